/* Whose drivers are there, and whether they are one complete set of one vendor. */
#include "installer/status_inside.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { COMMAND_MAX = 120, EVIDENCE_LINES_MAX = 12 };

static bool are_compatible(const struct manifest *m, const char *a, const char *b)
{
    return strcmp(a, b) == 0 ||
           texts_have_nocase(&manifest_family_by_id(m, a)->compatible_with, b) ||
           texts_have_nocase(&manifest_family_by_id(m, b)->compatible_with, a);
}

static const char *name_of(const struct status_judging *g, const char *family)
{
    return manifest_family_by_id(g->manifest, family)->name;
}

static void rest_on_family(const struct status_judging *g, struct status_finding *f,
                           const char *family)
{
    const struct inventory_family *i = inventory_family(&g->inventory, family);
    for (size_t k = 0; i && k < i->evidence.count && k < EVIDENCE_LINES_MAX; k++)
        status_rests_on(f, "%s", i->evidence.at[k]);
}

static void remove_by(struct status_finding *f, const char *family)
{
    char command[COMMAND_MAX];
    snprintf(command, sizeof command, "xenpv remove --family %s", family);
    shape_set_text(&f->command, command);
}

/* --- how many ----------------------------------------------------------------------------------
 */

/* Is all that shows family a shown by something that shows b as well? */
static bool is_shown_by(const struct status_judging *g, const char *a, const char *b)
{
    const struct inventory_family *x = inventory_family(&g->inventory, a);
    const struct inventory_family *y = inventory_family(&g->inventory, b);
    for (size_t i = 0; x && i < x->evidence.count; i++)
        if (!y || !texts_have_nocase(&y->evidence, x->evidence.at[i]))
            return false;
    return true;
}

/* Kin, or what cannot be told apart: the same drivers under two names are no mixture. */
static bool are_alike(const struct status_judging *g, const char *a, const char *b)
{
    return are_compatible(g->manifest, a, b) || is_shown_by(g, a, b) || is_shown_by(g, b, a);
}

static bool was_told(const struct status_judging *g, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (are_alike(g, g->installed.at[i], g->installed.at[index]))
            return true;
    return false;
}

static void rule_mixed(struct status_judging *g)
{
    for (size_t i = 0; i < g->installed.count; i++)
        for (size_t k = i + 1; k < g->installed.count; k++) {
            const char *a = g->installed.at[i], *b = g->installed.at[k];
            if (are_alike(g, a, b) || was_told(g, i) || was_told(g, k))
                continue;
            struct status_finding *f =
                status_note(g, CODE_MIXED_FAMILIES, NULL, "%s and %s are both installed",
                            name_of(g, a), name_of(g, b));
            rest_on_family(g, f, a);
            rest_on_family(g, f, b);
        }
}

static void rule_foreign(struct status_judging *g)
{
    for (size_t i = 0; i < g->installed.count; i++) {
        const struct manifest_family *family =
            manifest_family_by_id(g->manifest, g->installed.at[i]);
        bool twin = false; /* drivers that may as well be a family's that we install */
        for (size_t k = 0; k < g->installed.count; k++)
            twin = twin || (are_compatible(g->manifest, family->id, g->installed.at[k]) &&
                            manifest_family_by_id(g->manifest, g->installed.at[k])->role ==
                                FAMILY_INSTALLABLE);
        if (family->role == FAMILY_INSTALLABLE || twin || was_told(g, i))
            continue;
        struct status_finding *f = status_note(
            g, CODE_FOREIGN_FAMILY, family->id,
            "%s are installed, which xenpv recognises and does not install", family->name);
        rest_on_family(g, f, family->id);
        remove_by(f, family->id);
    }
}

static bool is_kin_of_installed(const struct status_judging *g, const char *family)
{
    for (size_t i = 0; i < g->installed.count; i++)
        if (are_compatible(g->manifest, family, g->installed.at[i]))
            return true;
    return false;
}

static bool is_kin_of_earlier(const struct status_judging *g, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (are_compatible(g->manifest, g->inventory.families.at[index].id,
                           g->inventory.families.at[i].id))
            return true;
    return false;
}

/* Has it packages that nothing installed uses? */
static bool is_staged(const struct status_judging *g, const char *family)
{
    return texts_have_nocase(&g->staged, family) && !is_kin_of_installed(g, family);
}

static void rule_staged(struct status_judging *g)
{
    for (size_t i = 0; i < g->inventory.families.count; i++) {
        const char *family = g->inventory.families.at[i].id;
        if (!is_staged(g, family) || is_kin_of_earlier(g, i))
            continue;
        struct status_finding *f = status_note(
            g, CODE_FOREIGN_PACKAGE_STAGED, family,
            "packages of %s are staged, and may be taken for a device", name_of(g, family));
        rest_on_family(g, f, family);
        remove_by(f, family);
    }
}

static void rule_none(struct status_judging *g)
{
    if (g->installed.count || !g->facts->windows.build.known || status_is_unsupported(g))
        return;
    status_rests_on(status_note(g, CODE_NO_PV_DRIVERS, NULL, "no PV drivers are installed"),
                    "no driver of a family is bound to a present device");
}

/* --- kinds of old -------------------------------------------------------------------------------
 */

/* Of those that cannot be told apart the first. */
static void rule_legacy(struct status_judging *g)
{
    for (size_t i = 0; i < g->installed.count; i++) {
        const struct manifest_family *family =
            manifest_family_by_id(g->manifest, g->installed.at[i]);
        if (!texts_have_nocase(&family->services, "xenevtchn"))
            continue;
        struct status_finding *f =
            status_note(g, CODE_LEGACY_DRIVERS, family->id, "%s are installed", family->name);
        rest_on_family(g, f, family->id);
        remove_by(f, family->id);
        return;
    }
}

/* A product whose drivers nobody can tell from others' is left alone while any are installed. */
static bool is_left_over(const struct status_judging *g, const char *family)
{
    bool untold = !manifest_family_by_id(g->manifest, family)->providers.count;
    return texts_have_nocase(&g->products, family) && !texts_have_nocase(&g->staged, family) &&
           !is_kin_of_installed(g, family) && !(untold && g->installed.count);
}

static void rule_left_over(struct status_judging *g)
{
    for (size_t i = 0; i < g->inventory.families.count; i++) {
        const char *family = g->inventory.families.at[i].id;
        if (!is_left_over(g, family) || is_kin_of_earlier(g, i))
            continue;
        struct status_finding *f =
            status_note(g, CODE_PRODUCT_LEFT_OVER, family,
                        "the product is registered, and no driver of it is there");
        rest_on_family(g, f, family);
        remove_by(f, family);
    }
}

static void rule_twice(struct status_judging *g)
{
    for (size_t i = 0; i < g->facts->products.count; i++)
        for (size_t k = i + 1; k < g->facts->products.count; k++) {
            const struct facts_product *a = &g->facts->products.at[i],
                                       *b = &g->facts->products.at[k];
            if (!a->name || !b->name || !text_equal_nocase(a->name, b->name))
                continue;
            struct status_finding *f = status_note(g, CODE_PRODUCT_TWICE, a->name,
                                                   "the product is registered more than once");
            status_rests_on(f, "'%s' %s, product code %s", a->name, status_or_unknown(a->version),
                            status_or_unknown(a->product_code));
            status_rests_on(f, "'%s' %s, product code %s", b->name, status_or_unknown(b->version),
                            status_or_unknown(b->product_code));
        }
}

/* --- the vendor's own PCI device ----------------------------------------------------------------
 */

static const char vendor_device[] = "PCI\\VEN_5853&DEV_C000";

static bool names_vendor_device(const struct texts *ids)
{
    for (size_t i = 0; i < ids->count; i++)
        if (text_starts_nocase(ids->at[i], vendor_device))
            return true;
    return false;
}

static const struct facts_device *platform_device_bound(const struct facts *f)
{
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (d->present != TRI_NO && d->service && text_starts_nocase(d->instance, "PCI\\VEN_5853"))
            return d;
    }
    return NULL;
}

/* Has some installed family drivers for C000 as well? */
static bool could_be_active(const struct status_judging *g)
{
    for (size_t i = 0; i < g->installed.count; i++)
        if (names_vendor_device(
                &manifest_family_by_id(g->manifest, g->installed.at[i])->platform_ids))
            return true;
    return false;
}

/* The administrator's own policy keeps Windows Update's hands off drivers. */
static bool leaves_drivers_to_others(const struct facts *f)
{
    static const char key[] = "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate";
    struct number n = facts_value_number(f, key, "ExcludeWUDriversInQualityUpdate");
    return n.known && n.value;
}

static void rule_vendor_device(struct status_judging *g)
{
    const struct facts_device *c000 = facts_device_with_id(g->facts, vendor_device);
    const struct facts_device *bound = platform_device_bound(g->facts);
    struct status_finding *f;
    if (!c000 || c000->service)
        return;
    if (bound && could_be_active(g)) {
        f = status_note(g, CODE_WRONG_ACTIVE_DEVICE, bound->instance,
                        "the drivers are bound to this device, and the vendor's C000 is present");
        status_rests_on(f, "%s: driver %s", status_or_unknown(bound->instance), bound->service);
        status_rests_on(f, "%s: no driver", status_or_unknown(c000->instance));
        return;
    }
    if (leaves_drivers_to_others(g->facts))
        return;
    f = status_note(g, CODE_WINDOWS_UPDATE_DRIVERS, c000->instance,
                    "Windows Update may put the vendor's drivers in the place of these");
    status_rests_on(f, "%s is present", status_or_unknown(c000->instance));
    for (size_t i = 0; i < g->facts->packages.count; i++) {
        const struct facts_package *p = &g->facts->packages.at[i];
        if (names_vendor_device(&p->hardware_ids))
            status_rests_on(f, "%s: package %s %s of '%s' is for it", status_or_unknown(p->inf),
                            status_or_unknown(p->original), status_or_unknown(p->version),
                            status_or_unknown(p->provider));
    }
}

/* --- the set ------------------------------------------------------------------------------------
 */

/* Device problems, missing files and start types have findings of their own, for every family. */
static void rule_set(struct status_judging *g)
{
    for (size_t i = 0; i < g->inventory.faults.count; i++) {
        const struct inventory_fault *fault = &g->inventory.faults.at[i];
        if (strcmp(fault->code, INVENTORY_REVISION_SKEW) == 0) {
            status_rests_on(status_note(g, CODE_REVISION_SKEW, fault->child,
                                        "it binds no revision that %s offers",
                                        status_or_unknown(fault->parent)),
                            "%s", fault->sentence);
        } else if (strcmp(fault->code, INVENTORY_MIXED_VERSIONS) == 0) {
            status_rests_on(
                status_note(g, CODE_MIXED_VERSIONS, NULL, "the drivers are not of one release"),
                "%s", fault->sentence);
        }
    }
}

void status_judge_families(struct status_judging *g)
{
    if (!status_was_read(g->facts->devices_reading))
        return;
    rule_none(g);
    rule_mixed(g);
    rule_foreign(g);
    rule_staged(g);
    rule_legacy(g);
    rule_left_over(g);
    rule_twice(g);
    rule_vendor_device(g);
    rule_set(g);
}
