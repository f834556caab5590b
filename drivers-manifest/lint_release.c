/* lint: releases, their drivers, helpers, and files. */
#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/lint_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHA256_DIGITS = 64, SHA512_DIGITS = 128, CHAIN_MAX = 64 };

/* ---- files ---- */

static void check_hash(const struct lint_where *where, const char *member, const char *hash,
                       size_t digits)
{
    size_t lower = hash ? strspn(hash, "0123456789abcdef") : 0;
    if (!hash || (lower == digits && !hash[lower]))
        return;
    bool upper_case = strlen(hash) == digits && strspn(hash, "0123456789abcdefABCDEF") == digits;
    if (upper_case)
        lint_add(where, member, LINT_HASH_FORM, "hexadecimal digits are written in lower case");
    else
        lint_add(where, member, LINT_HASH_FORM, "%zu hexadecimal digits are needed, not '%.140s'",
                 digits, hash);
}

/* A name, not a way to somewhere else. */
static void check_name(const struct lint_where *where, const char *member, const char *name)
{
    lint_not_empty(where, member, name);
    if (name && (strpbrk(name, "/\\:*?\"<>|") || strcmp(name, "..") == 0 || strcmp(name, ".") == 0))
        lint_add(where, member, LINT_NAME_FORM, "'%.80s' is not the name of a file", name);
}

/* http://host/path or https://host/path, of the characters that RFC 3986 allows. */
static bool is_url(const char *url)
{
    const char *host = text_starts_nocase(url, "https://")  ? url + 8
                       : text_starts_nocase(url, "http://") ? url + 7
                                                            : NULL;
    if (!host)
        return false;
    size_t size = strcspn(host, "/?#");
    for (const char *c = url; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("\"<>\\^`{|}", *c))
            return false;
    return size > 0 && !memchr(host, '@', size) && host[size] == '/' && host[size + 1];
}

static void check_url(const struct lint_where *where, const struct manifest_file_pin *f)
{
    if (!f->url)
        return;
    if (!is_url(f->url))
        lint_add(where, "url", LINT_URL_FORM,
                 "'%.120s' is not an address such as https://HOST/FILE", f->url);
    else if (text_starts_nocase(f->url, "http:") && !f->sha256 && !f->sha512)
        lint_add(where, "url", LINT_URL_HTTP,
                 "fetched without encryption, and no hash to check it by");
}

static void check_file(const struct lint_where *where, const struct manifest_file_pin *f)
{
    check_name(where, "name", f->name);
    check_hash(where, "sha256", f->sha256, SHA256_DIGITS);
    check_hash(where, "sha512", f->sha512, SHA512_DIGITS);
    check_url(where, f);
    lint_guid(where, "product_code", f->product_code);
    lint_not_empty(where, "no_hash_reason", f->no_hash_reason);
    if (f->size.known && !f->size.value)
        lint_add(where, "size", LINT_SIZE, "no package is empty");
    if (!f->sha256 && !f->sha512 && !f->no_hash_reason)
        lint_add(where, NULL, LINT_HASH_MISSING, "'%.80s' has no hash and no 'no_hash_reason'",
                 f->name ? f->name : "");
    if (f->pinned && !f->sha256 && !f->sha512)
        lint_add(where, "pinned", LINT_HASH_MISSING, "pinned, but there is no hash");
    if ((f->sha256 || f->sha512) && f->no_hash_reason)
        lint_add(where, "no_hash_reason", LINT_HASH_REASON, "there is a hash");
}

static void check_files(const struct lint_where *where, const struct manifest_set *s)
{
    struct lint_ids names = {0};
    if (!s->files.count)
        lint_add(where, "files", LINT_EMPTY, "a set needs at least one file");
    for (size_t i = 0; i < s->files.count; i++) {
        struct lint_where file = lint_in(where, "files", i);
        check_file(&file, &s->files.at[i]);
        lint_ids_add(&names, s->files.at[i].name, where->part, i);
    }
    lint_twice(where, &names, &(struct lint_list){"files", "name", LINT_DUPLICATE_NAME});
    lint_ids_release(&names);
}

/* ---- sets ---- */

static void check_sets(const struct lint_where *where, const struct manifest_release *r)
{
    struct lint_ids names = {0};
    if (r->id && !r->sets.count)
        lint_add(where, "sets", LINT_EMPTY, "a release needs at least one set of files");
    for (size_t i = 0; i < r->sets.count; i++) {
        struct lint_where set = lint_in(where, "sets", i);
        lint_not_empty(&set, "id", r->sets.at[i].id);
        if (r->sets.at[i].architecture == ARCHITECTURE_UNKNOWN)
            lint_add(&set, "architecture", LINT_EMPTY, "a set is for one architecture");
        check_files(&set, &r->sets.at[i]);
        lint_ids_add(&names, r->sets.at[i].id, where->part, i);
    }
    lint_twice(where, &names, &(struct lint_list){"sets", "id", LINT_DUPLICATE_ID});
    lint_ids_release(&names);
}

/* ---- drivers and helpers ---- */

static bool has_pci_id(const struct manifest_driver *d)
{
    for (size_t i = 0; i < d->hardware_ids.count; i++)
        if (text_starts_nocase(d->hardware_ids.at[i], "PCI\\"))
            return true;
    return false;
}

static void check_driver(const struct lint_where *where, const struct manifest_driver *d)
{
    size_t size = d->inf ? strlen(d->inf) : 0;
    lint_not_empty(where, "name", d->name);
    check_name(where, "inf", d->inf);
    if (size && (size < 5 || !text_equal_nocase(d->inf + size - 4, ".inf")))
        lint_add(where, "inf", LINT_NAME_FORM, "'%.80s' is not the name of an INF", d->inf);
    if (d->name && d->inf && !d->hardware_ids.count)
        lint_add(where, "hardware_ids", LINT_EMPTY, "a driver without hardware ids binds nothing");
    lint_hardware_ids(where, "hardware_ids", &d->hardware_ids);
    lint_hardware_ids(where, "exports", &d->exports);
    if (d->platform == TRI_YES && d->hardware_ids.count && !has_pci_id(d))
        lint_add(where, "hardware_ids", LINT_PLATFORM_DRIVER,
                 "the platform device is a PCI device; none of these is");
}

static void check_drivers(const struct lint_where *where, const struct manifest_release *r)
{
    struct lint_ids names = {0}, infs = {0};
    size_t platforms = 0;
    for (size_t i = 0; i < r->drivers.count; i++) {
        const struct manifest_driver *d = &r->drivers.at[i];
        struct lint_where driver = lint_in(where, "drivers", i);
        platforms += d->platform == TRI_YES;
        check_driver(&driver, d);
        lint_ids_add(&names, d->name, where->part, i);
        lint_ids_add(&infs, d->inf, where->part, i);
    }
    if (r->id && platforms != 1)
        lint_add(where, "drivers", LINT_PLATFORM_DRIVER,
                 "exactly one driver must have 'platform', not %zu", platforms);
    lint_twice(where, &names, &(struct lint_list){"drivers", "name", LINT_DUPLICATE_NAME});
    lint_twice(where, &infs, &(struct lint_list){"drivers", "inf", LINT_DUPLICATE_NAME});
    lint_ids_release(&names);
    lint_ids_release(&infs);
}

static bool leads_outside(const char *folder)
{
    if (*folder == '/' || *folder == '\\' || strchr(folder, ':'))
        return true;
    for (const char *c = folder; c; c = strpbrk(c, "/\\")) {
        c += *c == '/' || *c == '\\';
        if (strncmp(c, "..", 2) == 0 && (!c[2] || c[2] == '/' || c[2] == '\\'))
            return true;
    }
    return false;
}

static void check_helpers(const struct lint_where *where, const struct manifest_release *r)
{
    struct lint_ids services = {0};
    for (size_t i = 0; i < r->helpers.count; i++) {
        const struct manifest_helper *h = &r->helpers.at[i];
        struct lint_where helper = lint_in(where, "helpers", i);
        lint_not_empty(&helper, "service", h->service);
        check_name(&helper, "file", h->file);
        if (h->folder && leads_outside(h->folder))
            lint_add(&helper, "folder", LINT_NAME_FORM, "'%.80s' leads out of Program Files",
                     h->folder);
        lint_ids_add(&services, h->service, where->part, i);
    }
    lint_twice(where, &services, &(struct lint_list){"helpers", "service", LINT_DUPLICATE_NAME});
    lint_ids_release(&services);
}

/* ---- releases ---- */

static void check_advisories(const struct lint_where *where, const struct manifest_release *r)
{
    struct lint_ids names = {0};
    for (size_t i = 0; i < r->advisories.count; i++) {
        struct lint_where one = lint_in(where, "advisories", i);
        lint_reference(&one, NULL, r->advisories.at[i], &where->l->advisories);
        lint_ids_add(&names, r->advisories.at[i], where->part, i);
    }
    lint_twice(where, &names, &(struct lint_list){"advisories", NULL, LINT_DUPLICATE_NAME});
    lint_ids_release(&names);
}

static void check_release(const struct lint_where *where, const struct manifest_release *r)
{
    const struct linting *l = where->l;
    lint_not_empty(where, "id", r->id);
    lint_not_empty(where, "version", r->version);
    lint_reference(where, "family", r->family, &l->families);
    lint_reference(where, "superseded_by", r->superseded_by, &l->releases);
    if (r->id && r->superseded_by && strcmp(r->id, r->superseded_by) == 0)
        lint_add(where, "superseded_by", LINT_REFERENCE, "'%s' is the release itself", r->id);
    lint_date_or_month(where, "date", r->date);
    lint_date(where, "issued", r->issued);
    lint_digest(where, r->digest);
    check_advisories(where, r);
    check_drivers(where, r);
    check_helpers(where, r);
    check_sets(where, r);
    for (size_t i = 0; i < r->boot_options.count; i++) {
        struct lint_where option = lint_in(where, "boot_options", i);
        lint_not_empty(&option, "name", r->boot_options.at[i].name);
    }
}

/* ---- what can be seen only in all releases together ---- */

struct rank {
    uint64_t value;
    size_t part, index;
};

static int compare_ranks(const void *a, const void *b)
{
    const struct rank *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static size_t count_releases(const struct linting *l)
{
    size_t count = 0;
    for (size_t part = 0; part < l->count; part++)
        count += l->parts[part].releases.count;
    return count;
}

/* Of two that are as good as each other, the one that stands first would be taken. */
static void check_ranks(struct linting *l)
{
    struct rank *ranks = mem_zero(count_releases(l) + 1, sizeof *ranks);
    size_t count = 0;
    for (size_t part = 0; part < l->count; part++)
        for (size_t i = 0; i < l->parts[part].releases.count; i++)
            if (l->parts[part].releases.at[i].rank.known)
                ranks[count++] = (struct rank){l->parts[part].releases.at[i].rank.value, part, i};
    qsort(ranks, count, sizeof *ranks, compare_ranks);
    for (size_t i = 1; i < count; i++) {
        if (ranks[i].value != ranks[i - 1].value)
            continue;
        const struct lint_where root = {.l = l, .part = ranks[i].part};
        struct lint_where where = lint_in(&root, "releases", ranks[i].index);
        const char *other = l->parts[ranks[i - 1].part].releases.at[ranks[i - 1].index].id;
        lint_add(&where, "rank", LINT_DUPLICATE_RANK, "'%s' has rank %llu too", other ? other : "",
                 (unsigned long long)ranks[i].value);
    }
    mem_free(ranks);
}

/* A pin and where it stands. */
struct pinned {
    const struct manifest_file_pin *pin;
    size_t part, release, set, file;
};

struct pins {
    struct pinned *at;
    size_t count, room;
};

static void collect_pins(const struct linting *l, struct pins *out)
{
    for (size_t part = 0; part < l->count; part++)
        for (size_t i = 0; i < l->parts[part].releases.count; i++) {
            const struct manifest_release *r = &l->parts[part].releases.at[i];
            for (size_t k = 0; k < r->sets.count; k++)
                for (size_t n = 0; n < r->sets.at[k].files.count; n++) {
                    const struct manifest_file_pin *f = &r->sets.at[k].files.at[n];
                    if (!f->sha256 || !f->name)
                        continue;
                    out->at = mem_grow(out->at, out->count, &out->room, sizeof *out->at);
                    out->at[out->count++] = (struct pinned){f, part, i, k, n};
                }
        }
}

static int compare_pins(const void *a, const void *b)
{
    const struct pinned *x = a, *y = b;
    const size_t place_x[] = {x->part, x->release, x->set, x->file};
    const size_t place_y[] = {y->part, y->release, y->set, y->file};
    int order = text_compare_nocase(x->pin->sha256, y->pin->sha256);
    for (size_t i = 0; !order && i < 4; i++)
        order = place_x[i] < place_y[i] ? -1 : place_x[i] > place_y[i];
    return order;
}

static bool differ(const struct manifest_file_pin *a, const struct manifest_file_pin *b)
{
    return strcmp(a->name, b->name) != 0 ||
           (a->size.known && b->size.known && a->size.value != b->size.value);
}

/* One hash is one file: with two names or two sizes it was copied from the other by mistake. */
static void check_copies(struct linting *l)
{
    struct pins pins = {0};
    collect_pins(l, &pins);
    if (pins.count)
        qsort(pins.at, pins.count, sizeof *pins.at, compare_pins);
    for (size_t i = 1; i < pins.count; i++) {
        const struct pinned *p = &pins.at[i];
        if (text_compare_nocase(p->pin->sha256, p[-1].pin->sha256) || !differ(p->pin, p[-1].pin))
            continue;
        const struct lint_where root = {.l = l, .part = p->part};
        struct lint_where release = lint_in(&root, "releases", p->release);
        struct lint_where set = lint_in(&release, "sets", p->set);
        struct lint_where file = lint_in(&set, "files", p->file);
        lint_add(&file, "sha256", LINT_HASH_COPIED, "this is the hash of '%.80s' too",
                 p[-1].pin->name);
    }
    mem_free(pins.at);
}

static const struct manifest_release *release_of(const struct linting *l, const char *id)
{
    const struct lint_id *found = id ? lint_ids_find(&l->releases, id) : NULL;
    return found ? &l->parts[found->part].releases.at[found->index] : NULL;
}

/* Who follows the successors must come to an end. */
static void check_successors(const struct lint_where *where, const struct manifest_release *first)
{
    const struct manifest_release *r = first;
    for (size_t steps = 0; r && r->superseded_by && steps < CHAIN_MAX; steps++) {
        r = release_of(where->l, r->superseded_by);
        if (r == first && steps) {
            lint_add(where, "superseded_by", LINT_REFERENCE, "its successors lead back to it");
            return;
        }
    }
}

void lint_releases(struct linting *l)
{
    for (size_t part = 0; part < l->count; part++) {
        const struct lint_where root = {.l = l, .part = part};
        for (size_t i = 0; i < l->parts[part].releases.count; i++) {
            struct lint_where where = lint_in(&root, "releases", i);
            check_release(&where, &l->parts[part].releases.at[i]);
            check_successors(&where, &l->parts[part].releases.at[i]);
        }
    }
    check_ranks(l);
    check_copies(l);
}
