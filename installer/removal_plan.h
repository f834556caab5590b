/*
 * removal_plan: from what a machine has to the ordered steps that take a family's PV drivers out.
 *
 * Pure: facts x files seen x our journal x manifest -> targets and steps. Only what is proven the
 * family's becomes a target, each with its proof; names of services and files prove nothing.
 *
 * The order is such that Windows starts from every state in between:
 *  1. the emulated disk's drivers start at boot, so that either disk can be started from;
 *  2. the request to unplug the emulated disk at the next start goes (Services\XEN\Unplug): with
 * it, and without its PV disk, a machine has no disk. Without it the PV drivers leave the disk be;
 *  3. the bus driver is disabled, which switches the PV devices off as one write. Where the bus
 *     driver is a filter as well (GPLPV's XenPci) it leaves the filters first: a filter that is
 *     disabled, or not there, keeps the disk controller's devices from starting. In between it
 *     still hides the emulated disk by the unplug port and starts from the PV disk;
 *  4. the other filters go, and only then are their services disabled;
 *  5. a restart, if a driver of the family runs: afterwards nothing of it is in use;
 *  6. the emulated network adapters, which are at work again, get the settings that the PV ones had
 *     (journal.network, saved before the first step);
 *  7. then products, packages, devices from the leaves to the bus, services, files. All of it is
 *     out of the way of a start already. Packages go before devices, the bus's first, so that
 *     Windows finds no driver for a node that has just lost its own.
 *
 * A restore point that the installation made stays: it is Windows' own, leads back to where a
 * removal leads, and goes with age. Only undoing the installation takes it away.
 *
 * Not known: whether GPLPV without its filters, where Xen is too old for the unplug port, shows one
 * disk twice at a start between 3's two writes.
 */
#ifndef XENPV_INSTALLER_REMOVAL_PLAN_H
#define XENPV_INSTALLER_REMOVAL_PLAN_H

#include "drivers-manifest/manifest.h"
#include "installer/journal.h"
#include "installer/removal_seen.h"

/* What a removal is planned from; all borrowed. */
struct removal_view {
    const struct facts *facts;
    const struct manifest *manifest;
    const struct texts *families;       /* ids, which are removed together */
    const struct journal *installation; /* ours; NULL: there is none */
    const struct removal_seen *seen;
    const struct plan_folders *folders;
};

/*
 * Add to the journal of a removal what is there to be taken out and is not in it yet. How many
 * steps were added: none, and nothing of the families is left.
 */
size_t removal_plan(const struct removal_view *v, struct journal *j);

/* Would Windows find a disk without the PV drivers? False with a sentence when nothing says so. */
bool removal_leaves_a_disk(const struct removal_view *v, struct err *e);

/* One line for people: "take 'xenfilt' out of the UpperFilters of class ...". mem_free. */
char *removal_step_words(const struct journal *j, const struct journal_step *s);

/* The families that go when this one goes: it, and those that cannot be told from it. */
void removal_families(const struct manifest *m, const char *family, struct texts *out);

/* Products of the families that no Windows Installer can take out, by name. */
void removal_foreign_products(const struct removal_view *v, struct texts *out);

/* The codes of the families' products that Windows Installer has; more than one is a fault of
 * theirs. */
void removal_products(const struct removal_view *v, struct texts *codes);

#endif
