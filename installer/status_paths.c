/* Do disk and network take the PV path, and did the settings of the network come along? */
#include "installer/status_inside.h"

#include "base/text.h"
#include "installer/marks.h"

#include <string.h>

#define XEN_KEY "HKLM\\SYSTEM\\CurrentControlSet\\Services\\XEN\\"
#define UNPLUG XEN_KEY "Unplug"
#define FORCE_UNPLUG XEN_KEY "ForceUnplug"

/* What a driver that waits for a restart does not do yet is no fault. */
static bool waits_for_restart(const struct status_judging *g)
{
    return g->out->word == STATUS_NEEDS_RESTART || g->out->word == STATUS_BROKEN ||
           status_waits_for_restart(g);
}

static void rest_on_unplug(struct status_finding *f, const struct facts *facts, const char *name)
{
    const struct facts_value *v = facts_value_of(facts, UNPLUG, name);
    if (v && v->number.known)
        status_rests_on(f, "XEN\\Unplug: %s is %llu", name, (unsigned long long)v->number.value);
    else if (v && v->exists == TRI_NO)
        status_rests_on(f, "XEN\\Unplug: %s is not there", name);
}

/* --- disk --------------------------------------------------------------------------------------
 */

static void rule_disk(struct status_judging *g)
{
    const struct facts_disk *d = facts_system_disk(g->facts);
    struct status_finding *f;
    if (!status_was_read(g->facts->disks_reading))
        return;
    if (!d || d->path == FACTS_DISK_UNKNOWN) {
        f = status_note(g, CODE_DISK_PATH_UNKNOWN, d ? d->instance : NULL,
                        "whether Windows' disk takes the PV path could not be read");
        status_rests_on(f, d ? "its controller is not known" : "no disk is known to hold Windows");
        return;
    }
    if (d->path != FACTS_DISK_EMULATED || waits_for_restart(g))
        return;
    f = status_note(g, CODE_DISK_EMULATED, d->instance,
                    "Windows' disk is reached through an emulated controller");
    status_rests_on(f, "disk %s, on the emulated path", status_or_unknown(d->instance));
    for (size_t i = 0; i < d->parents.count; i++)
        status_rests_on(f, "below %s, driver %s", status_or_unknown(d->parents.at[i].instance),
                        status_or_unknown(d->parents.at[i].service));
    rest_on_unplug(f, g->facts, "DISKS");
}

/* --- network -----------------------------------------------------------------------------------
 */

/* Is the adapter's device known not to have started? */
static bool has_not_started(const struct facts *f, const struct facts_network *n)
{
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (n->instance && text_equal_nocase(d->instance, n->instance))
            return d->started == TRI_NO || (d->problem.known && d->problem.value);
    }
    return false;
}

/* A card that was passed through is on the PCI bus, too: only what QEMU shows counts. One that does
 * not tell its address is not known to be at work: that the adapters were read in part only is a
 * finding of its own. */
static bool is_emulated(const struct facts_network *n)
{
    return n->kind == FACTS_NETWORK_EMULATED && n->present != TRI_NO && n->mac &&
           marks_replaced_device(n->instance);
}

static bool is_ghost(const struct facts_network *n)
{
    return n->present == TRI_NO;
}

static void rule_emulated_network(struct status_judging *g)
{
    for (size_t i = 0; i < g->facts->networks.count; i++) {
        const struct facts_network *n = &g->facts->networks.at[i];
        if (!is_emulated(n))
            continue;
        struct status_finding *f =
            status_note(g, CODE_NETWORK_EMULATED, n->instance,
                        "an emulated network card is in use beside or instead of a PV one");
        status_rests_on(f, "MAC address %s, %s", status_or_unknown(n->mac),
                        status_or_unknown(n->connection ? n->connection : n->description));
        rest_on_unplug(f, g->facts, "NICS");
    }
}

static bool has_network_that_works(const struct facts *f)
{
    for (size_t i = 0; i < f->networks.count; i++)
        if (!is_ghost(&f->networks.at[i]) && !has_not_started(f, &f->networks.at[i]))
            return true;
    return false;
}

/* A guest may have no network on purpose: only what once had one, or was unplugged, misses it. */
static void rule_no_network(struct status_judging *g)
{
    const struct facts *f = g->facts;
    struct number nics = facts_value_number(f, UNPLUG, "NICS");
    if (has_network_that_works(f) || (!f->networks.count && !(nics.known && nics.value)))
        return;
    struct status_finding *to =
        status_note(g, CODE_NO_NETWORK, NULL, "no network adapter is present and started");
    for (size_t i = 0; i < f->networks.count; i++)
        status_rests_on(to, "%s: %s", status_or_unknown(f->networks.at[i].instance),
                        is_ghost(&f->networks.at[i]) ? "not present" : "not started");
    rest_on_unplug(to, f, "NICS");
}

/* Does some adapter that is there have this address, or settings of its own? */
static bool is_served(const struct facts *f, const char *address)
{
    for (size_t i = 0; i < f->networks.count; i++)
        if (!is_ghost(&f->networks.at[i]) &&
            texts_have_nocase(&f->networks.at[i].addresses, address))
            return true;
    return false;
}

static void rule_ghost_addresses(struct status_judging *g)
{
    const struct facts *f = g->facts;
    bool has_pv = false;
    for (size_t i = 0; i < f->networks.count; i++)
        has_pv =
            has_pv || (!is_ghost(&f->networks.at[i]) && f->networks.at[i].kind == FACTS_NETWORK_PV);
    for (size_t i = 0; has_pv && i < f->networks.count; i++) {
        const struct facts_network *n = &f->networks.at[i];
        if (!is_ghost(n) || !n->addresses.count || n->kind == FACTS_NETWORK_OTHER)
            continue;
        bool served = true;
        for (size_t k = 0; k < n->addresses.count; k++)
            served = served && is_served(f, n->addresses.at[k]);
        struct status_finding *to =
            status_note(g, CODE_ADDRESS_ON_GHOST, n->instance,
                        served ? "an adapter that is not there holds an address that is in use"
                               : "the static address stayed with an adapter that is not there");
        for (size_t k = 0; k < n->addresses.count; k++)
            status_rests_on(to, "%s, %s", n->addresses.at[k],
                            is_served(f, n->addresses.at[k]) ? "also on an adapter that is there"
                                                             : "on no adapter that is there");
    }
}

static void rule_network(struct status_judging *g)
{
    if (!status_was_read(g->facts->networks_reading))
        return;
    if (!waits_for_restart(g)) {
        rule_emulated_network(g);
        rule_no_network(g);
    }
    rule_ghost_addresses(g);
}

/* --- what is unplugged whatever comes -----------------------------------------------------------
 */

/* The flags of the unplug protocol: 1 IDE and SCSI disks, 2 network cards, 4 auxiliary disks, 8
 * NVMe. */
static void rule_force_unplug(struct status_judging *g)
{
    enum { UNPLUG_NVME = 8 };
    static const char *const names[] = {"DISKS", "NICS"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct number n = facts_value_number(g->facts, FORCE_UNPLUG, names[i]);
        if (!n.known || !n.value)
            continue;
        struct status_finding *f =
            i == 0 && n.value & UNPLUG_NVME
                ? status_note(g, CODE_UNPLUG_NVME, names[i], "NVMe disks are unplugged by force")
                : status_note(g, CODE_UNPLUG_FORCED, names[i],
                              "emulated devices are unplugged by force");
        status_rests_on(f, "XEN\\ForceUnplug: %s is %llu", names[i], (unsigned long long)n.value);
    }
}

void status_judge_paths(struct status_judging *g)
{
    rule_force_unplug(g);
    if (!g->installed.count)
        return;
    rule_disk(g);
    rule_network(g);
}
