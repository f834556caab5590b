#include "drivers-manifest/recognise.h"

#include "base/text.h"

#include <string.h>

/* Is something of this family there? */
struct question {
    const struct facts *facts;
    const struct manifest *manifest;
    const struct manifest_family *family;
};

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
    return p->upgrade_code && texts_have_nocase(&q->family->upgrade_codes, p->upgrade_code);
}

/* Is this provider there for an MSI that is known exactly, and is another family's? */
static bool is_explained(const struct question *q, const char *provider)
{
    bool explained = false;
    for (size_t i = 0; i < q->facts->products.count; i++) {
        const struct manifest_family *exact =
            family_of(q->manifest, q->facts->products.at[i].product_code);
        if (exact == q->family)
            return false;
        explained = explained || (exact && texts_have_nocase(&exact->providers, provider));
    }
    return explained;
}

static bool is_provider(const struct question *q, const char *provider, const char *version)
{
    return texts_have_nocase(&q->family->providers, provider) && has_version(q->family, version) &&
           !is_explained(q, provider);
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

void recognise_families(const struct facts *f, const struct manifest *m, struct texts *out)
{
    for (size_t i = 0; i < m->families.count; i++) {
        const struct question q = {f, m, &m->families.at[i]};
        if (is_there(&q))
            texts_add(out, q.family->id);
    }
}
