#include "drivers-manifest/recognise.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* Is something of this family there? */
struct question {
    const struct facts *facts;
    const struct manifest *manifest;
    const struct manifest_family *family;
};

/* --- files and registry marks ----------------------------------------------------------------- */

static const char *base_name(const char *path)
{
    const char *name = path;
    for (; path && *path; path++)
        if (*path == '\\' || *path == '/')
            name = path + 1;
    return name;
}

/* The family's entry for a file of this name, or NULL. */
static const struct manifest_family_file *file_entry(const struct manifest_family *family,
                                                     const char *name)
{
    for (size_t i = 0; i < family->files.count; i++)
        if (text_equal_nocase(family->files.at[i].name, name))
            return &family->files.at[i];
    return NULL;
}

static bool may_have_file(const struct manifest_family *family, const char *name,
                          const char *version)
{
    const struct manifest_family_file *entry = file_entry(family, name);
    return entry && manifest_version_between(version, entry->version_from, entry->version_to);
}

static bool has_mark(const struct facts *f, const struct manifest_family *family)
{
    for (size_t i = 0; i < family->registry_marks.count; i++) {
        const struct manifest_mark *mark = &family->registry_marks.at[i];
        const struct facts_value *v = facts_value_of(f, mark->key, mark->value);
        if (v && v->exists == TRI_YES)
            return true;
    }
    return false;
}

/* What one file says of a family that claims its name: for it, against it, or nothing. */
enum word { WORD_NONE = 0, WORD_AGAINST, WORD_FOR };

static enum word file_says(const struct manifest_family *family, const char *path,
                           const char *version)
{
    const char *name = base_name(path);
    if (!name || !version || !file_entry(family, name))
        return WORD_NONE;
    return may_have_file(family, name, version) ? WORD_FOR : WORD_AGAINST;
}

/* Are there files of its names, and none of a version that is the family's? */
static bool files_speak_against(const struct question *q)
{
    const struct facts *f = q->facts;
    enum word word = WORD_NONE;
    for (size_t i = 0; i < f->files.count; i++) {
        enum word says = file_says(q->family, f->files.at[i].path, f->files.at[i].version);
        word = says > word ? says : word;
    }
    for (size_t i = 0; i < f->services.count; i++) {
        const struct facts_service *s = &f->services.at[i];
        enum word says = file_says(q->family, s->file ? s->file : s->image, s->file_version);
        word = says > word ? says : word;
    }
    return word == WORD_AGAINST;
}

/* A sign that families share, and that carries no version. */
struct shared_sign {
    const char *provider, *upgrade_code;
};

static bool has_sign(const struct manifest_family *family, const struct shared_sign *sign)
{
    return (sign->provider && texts_have_nocase(&family->providers, sign->provider)) ||
           (sign->upgrade_code && texts_have_nocase(&family->upgrade_codes, sign->upgrade_code));
}

/* Among those that share the sign: has another one left a mark in the registry, and this one none?
 */
static bool marks_speak_for_another(const struct question *q, const struct shared_sign *sign)
{
    if (has_mark(q->facts, q->family))
        return false;
    for (size_t i = 0; i < q->manifest->families.count; i++)
        if (has_sign(&q->manifest->families.at[i], sign) &&
            has_mark(q->facts, &q->manifest->families.at[i]))
            return true;
    return false;
}

static bool may_own(const struct question *q, const struct shared_sign *sign)
{
    return has_sign(q->family, sign) && !files_speak_against(q) &&
           !marks_speak_for_another(q, sign);
}

/* --- products --------------------------------------------------------------------------------- */

static bool has_product_code(const struct manifest_set *set, const char *code)
{
    for (size_t i = 0; i < set->files.count; i++)
        if (set->files.at[i].product_code && text_equal_nocase(set->files.at[i].product_code, code))
            return true;
    return false;
}

/* The family whose release has an MSI with this product code, or NULL. */
static const struct manifest_family *family_of(const struct manifest *m, const char *product_code)
{
    for (size_t i = 0; product_code && i < m->releases.count; i++) {
        const struct manifest_release *r = &m->releases.at[i];
        for (size_t j = 0; j < r->sets.count; j++)
            if (has_product_code(&r->sets.at[j], product_code))
                return manifest_family_by_id(m, r->family);
    }
    return NULL;
}

static bool name_is_claimed(const struct manifest *m, const char *name)
{
    for (size_t i = 0; i < m->families.count; i++)
        if (manifest_patterns_match(&m->families.at[i].product_names, name))
            return true;
    return false;
}

static bool provider_is_claimed(const struct manifest *m, const char *provider)
{
    for (size_t i = 0; provider && i < m->families.count; i++)
        if (texts_have_nocase(&m->families.at[i].providers, provider))
            return true;
    return false;
}

static bool has_version(const struct manifest_family *family, const char *version)
{
    return !version || manifest_version_between(version, family->version_from, family->version_to);
}

/* A name says more than an upgrade code, which successors keep. */
static bool is_product(const struct question *q, const struct facts_product *p)
{
    const struct manifest_family *exact = family_of(q->manifest, p->product_code);
    if (exact)
        return exact == q->family;
    if (p->product_code && texts_have_nocase(&q->family->product_codes, p->product_code))
        return true;
    if (name_is_claimed(q->manifest, p->name))
        return manifest_patterns_match(&q->family->product_names, p->name) &&
               has_version(q->family, p->version);
    return may_own(q, &(struct shared_sign){.upgrade_code = p->upgrade_code});
}

/* --- drivers ---------------------------------------------------------------------------------- */

/* Is this provider there for an MSI that is known exactly, and is another family's? The family's
 * own has answered before. */
static bool is_explained(const struct question *q, const char *provider)
{
    for (size_t i = 0; i < q->facts->products.count; i++) {
        const struct manifest_family *exact =
            family_of(q->manifest, q->facts->products.at[i].product_code);
        if (exact && texts_have_nocase(&exact->providers, provider))
            return true;
    }
    return false;
}

static bool is_provider(const struct question *q, const char *provider, const char *version)
{
    bool owns = version ? texts_have_nocase(&q->family->providers, provider) &&
                              has_version(q->family, version)
                        : may_own(q, &(struct shared_sign){.provider = provider});
    return owns && !is_explained(q, provider);
}

static bool has_id(const struct manifest_family *family, const struct facts_device *d)
{
    for (size_t i = 0; i < d->hardware_ids.count; i++)
        if (manifest_patterns_match(&family->hardware_ids, d->hardware_ids.at[i]))
            return true;
    return false;
}

/* Has one family both the provider and the id? */
static bool is_claimed_whole(const struct manifest *m, const struct facts_device *d)
{
    for (size_t i = 0; i < m->families.count; i++)
        if (texts_have_nocase(&m->families.at[i].providers, d->provider) &&
            has_id(&m->families.at[i], d))
            return true;
    return false;
}

static bool is_device(const struct question *q, const struct facts_device *d)
{
    if (d->present == TRI_NO)
        return false;
    if (!d->provider)
        return has_id(q->family, d) ||
               manifest_patterns_match(&q->family->descriptions, d->description);
    if (!provider_is_claimed(q->manifest, d->provider))
        return has_id(q->family, d);
    if (!q->family->providers.count)
        return has_id(q->family, d) && !is_claimed_whole(q->manifest, d);
    return is_provider(q, d->provider, d->driver_version);
}

static bool is_there(const struct question *q)
{
    const struct facts *f = q->facts;
    for (size_t i = 0; i < f->products.count; i++)
        if (is_product(q, &f->products.at[i]))
            return true;
    for (size_t i = 0; i < f->devices.count; i++)
        if (is_device(q, &f->devices.at[i]))
            return true;
    for (size_t i = 0; i < f->packages.count; i++)
        if (f->packages.at[i].provider &&
            is_provider(q, f->packages.at[i].provider, f->packages.at[i].version))
            return true;
    return false;
}

/* --- services, where nothing else tells ------------------------------------------------------- */

/* A driver or program that Windows starts, or would if it were asked. */
static bool is_in_use(const struct facts_service *s)
{
    enum { START_DISABLED = 4 };
    bool can_start = s->start.known && s->start.value < START_DISABLED;
    return s->image_exists == TRI_YES && (can_start || s->running == TRI_YES);
}

/* The only family that a file of this name and version may be of, or NULL. */
static const struct manifest_family *only_owner(const struct manifest *m, const char *name,
                                                const char *version)
{
    const struct manifest_family *owner = NULL;
    for (size_t i = 0; name && version && i < m->families.count; i++) {
        if (!may_have_file(&m->families.at[i], name, version))
            continue;
        if (owner)
            return NULL;
        owner = &m->families.at[i];
    }
    return owner;
}

static bool has_service(const struct question *q)
{
    for (size_t i = 0; i < q->facts->services.count; i++) {
        const struct facts_service *s = &q->facts->services.at[i];
        const char *name = base_name(s->file ? s->file : s->image);
        if (is_in_use(s) && only_owner(q->manifest, name, s->file_version) == q->family)
            return true;
    }
    return false;
}

static void add_families(const struct facts *f, const struct manifest *m,
                         bool (*has)(const struct question *), struct texts *out)
{
    for (size_t i = 0; i < m->families.count; i++) {
        const struct question q = {f, m, &m->families.at[i]};
        if (has(&q))
            texts_add(out, q.family->id);
    }
}

void recognise_families(const struct facts *f, const struct manifest *m, struct texts *out)
{
    size_t before = out->count;
    add_families(f, m, is_there, out);
    if (out->count == before)
        add_families(f, m, has_service, out);
}

/* The same device, in whatever revision? A bus that is newer than its children offers others. */
static bool is_same_device(const char *a, const char *b)
{
    const char *x = strstr(a, "&REV_"), *y = strstr(b, "&REV_");
    if (!x || !y || x - a != y - b)
        return text_equal_nocase(a, b);
    char *head = mem_strndup(a, (size_t)(x - a));
    bool same = text_starts_nocase(b, head);
    mem_free(head);
    return same;
}

static bool is_one_of(const struct facts_device *d, const struct texts *ids)
{
    for (size_t i = 0; i < ids->count; i++)
        for (size_t k = 0; k < d->hardware_ids.count; k++)
            if (is_same_device(d->hardware_ids.at[k], ids->at[i]) ||
                facts_device_has_id(d, ids->at[i]))
                return true;
    return false;
}

bool recognise_has_driver(const struct manifest *m, const struct facts_device *d)
{
    for (size_t i = 0; i < m->releases.count; i++)
        for (size_t k = 0; k < m->releases.at[i].drivers.count; k++) {
            const struct manifest_driver *driver = &m->releases.at[i].drivers.at[k];
            if (driver->optional != TRI_YES && is_one_of(d, &driver->hardware_ids))
                return true;
        }
    return false;
}
