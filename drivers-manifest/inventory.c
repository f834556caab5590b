#include "drivers-manifest/inventory.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/recognise.h"
#include "drivers-manifest/version.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { EVIDENCE_MAX = 300 };

static const struct shape_field fault_fields[] = {
    FIELD(inventory_fault, code, SHAPE_TEXT),
    FIELD(inventory_fault, sentence, SHAPE_TEXT),
    FIELD(inventory_fault, child, SHAPE_TEXT),
    FIELD(inventory_fault, parent, SHAPE_TEXT),
};
const struct shape inventory_fault_shape = SHAPE_OF(struct inventory_fault, fault_fields);

static const struct shape_field family_fields[] = {
    FIELD(inventory_family, id, SHAPE_TEXT),
    FIELD(inventory_family, version, SHAPE_TEXT),
    FIELD(inventory_family, evidence, SHAPE_TEXTS),
};
static const struct shape family_shape = SHAPE_OF(struct inventory_family, family_fields);

static const struct shape_field inventory_fields[] = {
    FIELD_IN(inventory, families, SHAPE_LIST, family_shape),
    FIELD_IN(inventory, faults, SHAPE_LIST, inventory_fault_shape),
};
static const struct shape inventory_shape = SHAPE_OF(struct inventory, inventory_fields);

/* What is looked at, for one family. */
struct looking {
    const struct facts *facts;
    const struct manifest *manifest;
    const struct manifest_family *family;
    struct inventory *out;
};

/* --- families ----------------------------------------------------------------------------------
 */

static bool has_version(const struct manifest_family *family, const char *version)
{
    return !version || manifest_version_between(version, family->version_from, family->version_to);
}

static bool is_device_of(const struct manifest_family *family, const struct facts_device *d)
{
    for (size_t i = 0; i < d->hardware_ids.count; i++)
        if (manifest_patterns_match(&family->hardware_ids, d->hardware_ids.at[i]))
            return true;
    return manifest_patterns_match(&family->descriptions, d->description);
}

static bool is_claimed(const struct manifest *m, const char *provider)
{
    for (size_t i = 0; provider && i < m->families.count; i++)
        if (texts_have_nocase(&m->families.at[i].providers, provider))
            return true;
    return false;
}

/* A provider that no family claims says nothing; then the device does. */
static bool is_driver_of(const struct manifest *m, const struct manifest_family *family,
                         const struct facts_device *d)
{
    if (d->present == TRI_NO)
        return false;
    if (is_claimed(m, d->provider))
        return texts_have_nocase(&family->providers, d->provider) &&
               has_version(family, d->driver_version);
    return d->service && is_device_of(family, d);
}

static bool is_package_of(const struct manifest_family *family, const struct facts_package *p)
{
    return p->provider && texts_have_nocase(&family->providers, p->provider) &&
           has_version(family, p->version);
}

static bool is_product_of(const struct manifest_family *family, const struct facts_product *p)
{
    if (manifest_patterns_match(&family->product_names, p->name))
        return has_version(family, p->version);
    return (p->upgrade_code && texts_have_nocase(&family->upgrade_codes, p->upgrade_code)) ||
           (p->product_code && texts_have_nocase(&family->product_codes, p->product_code));
}

static bool binds_platform(const struct manifest_family *family, const struct facts_device *d)
{
    for (size_t i = 0; i < family->platform_ids.count; i++)
        if (facts_device_has_id(d, family->platform_ids.at[i]))
            return true;
    return false;
}

static bool is_for_platform(const struct manifest_family *family, const struct facts_package *p)
{
    for (size_t i = 0; i < p->hardware_ids.count; i++)
        if (texts_have_nocase(&family->platform_ids, p->hardware_ids.at[i]))
            return true;
    return false;
}

static void add_evidence(struct texts *to, const char *format, ...) ERR_PRINTF(2, 3);

static void add_evidence(struct texts *to, const char *format, ...)
{
    char line[EVIDENCE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    text_trim_partial(line, sizeof line);
    texts_add(to, line);
}

static const char *or_unknown(const char *text)
{
    return text ? text : "?";
}

/* Versions by how much they say: of the bound bus driver, of any bound driver, of the staged bus
 * driver, of what else is staged or installed. */
struct versions {
    const char *platform, *bound, *staged, *other;
};

static void keep_highest(const char **have, const char *version)
{
    int order;
    if (version && (!*have || (version_compare(*have, version, &order) && order < 0)))
        *have = version;
}

static void look_at_devices(const struct looking *l, struct inventory_family *out,
                            struct versions *v)
{
    const struct manifest_family *family = l->family;
    for (size_t i = 0; i < l->facts->devices.count; i++) {
        const struct facts_device *d = &l->facts->devices.at[i];
        if (!is_driver_of(l->manifest, family, d))
            continue;
        add_evidence(&out->evidence, "%s: driver %s %s of '%s'", or_unknown(d->instance),
                     or_unknown(d->service), or_unknown(d->driver_version),
                     d->provider ? d->provider : or_unknown(d->description));
        keep_highest(binds_platform(family, d) ? &v->platform : &v->bound, d->driver_version);
    }
}

static void look_at_products(const struct looking *l, struct inventory_family *out,
                             struct versions *v)
{
    const struct facts *f = l->facts;
    const struct manifest_family *family = l->family;
    for (size_t i = 0; i < f->packages.count; i++) {
        const struct facts_package *p = &f->packages.at[i];
        if (!is_package_of(family, p))
            continue;
        add_evidence(&out->evidence, "%s: package %s %s of '%s'", or_unknown(p->inf),
                     or_unknown(p->original), or_unknown(p->version), p->provider);
        keep_highest(is_for_platform(family, p) ? &v->staged : &v->other, p->version);
    }
    for (size_t i = 0; i < f->products.count; i++) {
        const struct facts_product *p = &f->products.at[i];
        if (!is_product_of(family, p))
            continue;
        add_evidence(&out->evidence, "product '%s' %s",
                     p->name ? p->name : or_unknown(p->product_code), or_unknown(p->version));
        keep_highest(&v->other, p->version);
    }
}

static void take_family(const struct looking *l)
{
    struct inventory_family found = {.id = mem_strdup(l->family->id)};
    struct versions v = {0};
    look_at_devices(l, &found, &v);
    look_at_products(l, &found, &v);
    found.version = mem_strdup(v.platform ? v.platform
                               : v.bound  ? v.bound
                               : v.staged ? v.staged
                                          : v.other);
    *(struct inventory_family *)shape_list_add(&l->out->families, sizeof found) = found;
}

/* --- faults ------------------------------------------------------------------------------------
 */

static struct inventory_fault *add_fault(const struct looking *l, const char *code,
                                         const char *format, ...) ERR_PRINTF(3, 4);

static struct inventory_fault *add_fault(const struct looking *l, const char *code,
                                         const char *format, ...)
{
    char sentence[EVIDENCE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    text_trim_partial(sentence, sizeof sentence);
    for (size_t i = 0; i < l->out->faults.count; i++)
        if (strcmp(l->out->faults.at[i].sentence, sentence) == 0)
            return &l->out->faults.at[i];
    struct inventory_fault *fault = shape_list_add(&l->out->faults, sizeof *fault);
    fault->code = mem_strdup(code);
    fault->sentence = mem_strdup(sentence);
    return fault;
}

/* Where "&REV_..." begins, or NULL: an id of no revision. */
static const char *revision_of(const char *id)
{
    for (const char *c = id; *c; c++)
        if (text_starts_nocase(c, "&REV_"))
            return c;
    return NULL;
}

/* The same device in another revision? */
static bool differ_in_revision(const char *a, const char *b)
{
    const char *x = revision_of(a), *y = revision_of(b);
    if (!x || !y || x - a != y - b || text_equal_nocase(a, b))
        return false;
    char *head = mem_strndup(a, (size_t)(x - a));
    bool same = text_starts_nocase(b, head);
    mem_free(head);
    return same;
}

/* The id of the package that is of this device but for its revision; NULL when one fits, or none
 * is of it. */
static const char *id_of_other_revision(const struct facts_package *p, const struct texts *offered)
{
    const char *other = NULL;
    for (size_t i = 0; i < p->hardware_ids.count; i++) {
        if (texts_have_nocase(offered, p->hardware_ids.at[i]))
            return NULL;
        for (size_t k = 0; k < offered->count; k++)
            if (differ_in_revision(p->hardware_ids.at[i], offered->at[k]))
                other = p->hardware_ids.at[i];
    }
    return other;
}

/* Of whatever version: a child of another release is what a skew is made of. */
static bool is_of_family(const struct looking *l, const struct facts_package *p)
{
    return p->provider && texts_have_nocase(&l->family->providers, p->provider);
}

/* Is there a driver for the device that wants is of, in a revision that is offered? */
static bool some_package_fits(const struct looking *l, const struct texts *offered,
                              const char *wants)
{
    for (size_t i = 0; i < l->facts->packages.count; i++) {
        const struct facts_package *p = &l->facts->packages.at[i];
        for (size_t k = 0; k < p->hardware_ids.count; k++)
            if (differ_in_revision(p->hardware_ids.at[k], wants) &&
                texts_have_nocase(offered, p->hardware_ids.at[k]))
                return true;
    }
    return false;
}

/* The bus driver whose device this is: the part of the instance before the first backslash is the
 * enumerator, which bears its name. */
static const struct facts_device *parent_of(const struct facts *f, const struct facts_device *d)
{
    size_t size = d->instance ? strcspn(d->instance, "\\") : 0;
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *p = &f->devices.at[i];
        if (p->present != TRI_NO && p->service && strlen(p->service) == size && size &&
            text_starts_nocase(d->instance, p->service))
            return p;
    }
    return NULL;
}

static void add_revisions(struct text *t, const struct texts *offered, const char *wants)
{
    size_t shown = 0;
    for (size_t i = 0; i < offered->count; i++)
        if (differ_in_revision(offered->at[i], wants))
            text_addf(t, "%s%s", shown++ ? ", " : "", revision_of(offered->at[i]) + 1);
}

/* offered: the ids that the parent gives the device. */
struct under {
    const char *name, *version;
    const struct texts *offered;
};

static void add_skew(const struct looking *l, const struct under *u, const struct facts_package *p,
                     const char *wants)
{
    struct text revisions = {0}, child = {0}, parent = {0};
    add_revisions(&revisions, u->offered, wants);
    text_addf(&child, "%s %s", p->original ? p->original : or_unknown(p->inf),
              or_unknown(p->version));
    text_addf(&parent, "%s %s", u->name, or_unknown(u->version));
    struct inventory_fault *fault = add_fault(
        l, INVENTORY_REVISION_SKEW, "%s binds %s, and %s offers %s only", text_str(&child),
        revision_of(wants) + 1, text_str(&parent), text_str(&revisions));
    shape_set_text(&fault->child, text_str(&child));
    shape_set_text(&fault->parent, text_str(&parent));
    text_release(&revisions);
    text_release(&child);
    text_release(&parent);
}

/* No staged driver binds any revision that is offered, and one of the family binds another. */
static void look_for_skew(const struct looking *l, const struct under *u)
{
    for (size_t i = 0; i < l->facts->packages.count; i++) {
        const struct facts_package *p = &l->facts->packages.at[i];
        const char *wants = is_of_family(l, p) ? id_of_other_revision(p, u->offered) : NULL;
        if (wants && !some_package_fits(l, u->offered, wants))
            add_skew(l, u, p, wants);
    }
}

/* The devices that are there tell what their parents offer. */
static void rule_skew_of_devices(const struct looking *l)
{
    for (size_t i = 0; i < l->facts->devices.count; i++) {
        const struct facts_device *d = &l->facts->devices.at[i];
        if (d->present == TRI_NO || d->service)
            continue;
        const struct facts_device *parent = parent_of(l->facts, d);
        const struct under u = {parent ? parent->service : "its bus driver",
                                parent ? parent->driver_version : NULL, &d->hardware_ids};
        look_for_skew(l, &u);
    }
}

static bool seen_among_devices(const struct facts *f, const struct texts *exports)
{
    for (size_t i = 0; i < exports->count; i++)
        if (facts_device_with_id(f, exports->at[i]))
            return true;
    return false;
}

/* A device that this driver serves already, from another package: the staged one is nobody's. */
static bool is_bound_otherwise(const struct facts *f, const char *service,
                               const struct facts_package *p)
{
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (d->present != TRI_NO && d->service && text_equal_nocase(d->service, service) &&
            d->inf && p->inf && !text_equal_nocase(d->inf, p->inf))
            return true;
    }
    return false;
}

/* Before the restart no device is there yet: the manifest tells what the staged parent will offer.
 */
static void rule_skew_of_release(const struct looking *l, const struct manifest_release *r,
                                 const struct facts_package *parent)
{
    for (size_t i = 0; i < r->drivers.count; i++) {
        const struct manifest_driver *d = &r->drivers.at[i];
        if (!d->exports.count || !text_equal_nocase(d->inf, parent->original) ||
            seen_among_devices(l->facts, &d->exports) ||
            is_bound_otherwise(l->facts, d->name, parent))
            continue;
        const struct under u = {d->name, parent->version, &d->exports};
        look_for_skew(l, &u);
    }
}

/* Of several staged versions of one INF, Windows takes the highest. */
static bool is_highest(const struct facts *f, const struct facts_package *p)
{
    for (size_t i = 0; i < f->packages.count; i++) {
        const struct facts_package *o = &f->packages.at[i];
        int order;
        if (text_equal_nocase(o->original, p->original) &&
            version_compare(o->version, p->version, &order) && order > 0)
            return false;
    }
    return true;
}

static void rule_skew_of_packages(const struct looking *l)
{
    for (size_t i = 0; i < l->facts->packages.count; i++) {
        const struct facts_package *p = &l->facts->packages.at[i];
        int order;
        if (!p->original || !is_of_family(l, p) || !is_highest(l->facts, p))
            continue;
        for (size_t k = 0; k < l->manifest->releases.count; k++) {
            const struct manifest_release *r = &l->manifest->releases.at[k];
            if (strcmp(r->family, l->family->id) == 0 &&
                version_compare(r->version, p->version, &order) && order == 0)
                rule_skew_of_release(l, r, p);
        }
    }
}

/* The release of the family whose drivers have this version, or NULL. */
static const struct manifest_release *release_of(const struct looking *l, const char *version)
{
    for (size_t i = 0; i < l->manifest->releases.count; i++) {
        const struct manifest_release *r = &l->manifest->releases.at[i];
        int order;
        if (strcmp(r->family, l->family->id) == 0 && version_compare(r->version, version, &order) &&
            order == 0)
            return r;
    }
    return NULL;
}

/* Drivers of one release may differ in their last number: xenbus 8.2.2.5 beside xenvbd 8.2.2.3. */
static bool of_one_release(const struct looking *l, const char *a, const char *b)
{
    const struct manifest_release *x = release_of(l, a), *y = release_of(l, b);
    if (x || y)
        return x == y;
    const char *dot = strrchr(a, '.');
    char *head = mem_strndup(a, dot ? (size_t)(dot - a) : strlen(a));
    int order = 1;
    bool same = version_compare(head, b, &order) && order == 0;
    mem_free(head);
    return same;
}

static void rule_mixed_versions(const struct looking *l)
{
    const struct facts_device *first = NULL;
    for (size_t i = 0; i < l->facts->devices.count; i++) {
        const struct facts_device *d = &l->facts->devices.at[i];
        const char *a = first ? first->driver_version : NULL, *b = d->driver_version;
        if (!is_driver_of(l->manifest, l->family, d) || !b)
            continue;
        if (!first)
            first = d;
        else if (!of_one_release(l, a, b))
            add_fault(l, INVENTORY_MIXED_VERSIONS, "%s is %s, and %s is %s",
                      or_unknown(first->service), a, or_unknown(d->service), b);
    }
}

/* A device that one of the family's staged drivers binds, and none is bound to. */
static void rule_bound(const struct looking *l)
{
    enum { PROBLEM_NEED_RESTART = 14 };
    for (size_t i = 0; i < l->facts->devices.count; i++) {
        const struct facts_device *d = &l->facts->devices.at[i];
        uint64_t problem = d->problem.known ? d->problem.value : 0;
        if (d->present == TRI_NO)
            continue;
        if (is_driver_of(l->manifest, l->family, d) && problem && problem != PROBLEM_NEED_RESTART)
            add_fault(l, INVENTORY_DEVICE_PROBLEM, "%s: driver %s has problem %u",
                      or_unknown(d->instance), or_unknown(d->service), (unsigned)problem);
        if (d->service || problem == PROBLEM_NEED_RESTART || l->facts->restart_pending == TRI_YES)
            continue;
        for (size_t k = 0; k < l->facts->packages.count; k++) {
            const struct facts_package *p = &l->facts->packages.at[k];
            for (size_t n = 0; is_of_family(l, p) && n < p->hardware_ids.count; n++)
                if (facts_device_has_id(d, p->hardware_ids.at[n])) {
                    add_fault(l, INVENTORY_NOT_BOUND,
                              "%s has no driver, although %s is there for it",
                              or_unknown(d->instance), or_unknown(p->original));
                    break;
                }
        }
    }
}

/* What must start at boot, of a driver that is bound: else Windows does not start from a PV disk.
 */
static bool must_start_at_boot(const struct looking *l, const char *service)
{
    for (size_t i = 0; i < l->manifest->releases.count; i++) {
        const struct manifest_release *r = &l->manifest->releases.at[i];
        for (size_t k = 0; strcmp(r->family, l->family->id) == 0 && k < r->drivers.count; k++)
            if (r->drivers.at[k].boot_start == TRI_YES && r->drivers.at[k].services.count &&
                text_equal_nocase(r->drivers.at[k].services.at[0], service))
                return true;
    }
    return false;
}

static void rule_services(const struct looking *l)
{
    for (size_t i = 0; i < l->facts->devices.count; i++) {
        const struct facts_device *d = &l->facts->devices.at[i];
        const struct facts_service *s = is_driver_of(l->manifest, l->family, d) && d->service
                                            ? facts_service_named(l->facts, d->service)
                                            : NULL;
        if (!s)
            continue;
        if (s->image_exists == TRI_NO)
            add_fault(l, INVENTORY_FILE_MISSING, "the file of service %s is missing", s->name);
        bool off = (s->start.known && s->start.value != 0) || s->start_overridden == TRI_YES;
        if (off && must_start_at_boot(l, s->name))
            add_fault(l, INVENTORY_BOOT_START, "service %s must start at boot, and %s", s->name,
                      s->start_overridden == TRI_YES ? "StartOverride keeps it from that"
                                                     : "is set not to");
    }
}

static void rule_platform(const struct looking *l)
{
    if (l->facts->devices_reading != READING_FULL || l->facts->restart_pending == TRI_YES)
        return;
    for (size_t i = 0; i < l->facts->devices.count; i++)
        if (is_driver_of(l->manifest, l->family, &l->facts->devices.at[i]))
            return;
    /* One sentence for families that look alike. */
    add_fault(l, INVENTORY_NO_PLATFORM_DRIVER,
              "drivers are installed, and none of them is bound to a device");
}

static void look_for_faults(const struct looking *l)
{
    static void (*const rules[])(const struct looking *) = {
        rule_platform,       rule_skew_of_devices, rule_skew_of_packages,
        rule_mixed_versions, rule_bound,           rule_services,
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        rules[i](l);
}

void inventory_take(const struct facts *f, const struct manifest *m, struct inventory *out)
{
    struct texts ids = {0};
    recognise_families(f, m, &ids);
    for (size_t i = 0; i < ids.count; i++) {
        const struct looking l = {f, m, manifest_family_by_id(m, ids.at[i]), out};
        take_family(&l);
        if (l.family->role == FAMILY_INSTALLABLE)
            look_for_faults(&l);
    }
    texts_release(&ids);
}

void inventory_release(struct inventory *i)
{
    shape_release(&inventory_shape, i);
}

const struct inventory_family *inventory_family(const struct inventory *i, const char *id)
{
    for (size_t k = 0; k < i->families.count; k++)
        if (strcmp(i->families.at[k].id, id) == 0)
            return &i->families.at[k];
    return NULL;
}
