/* lint: the table of Windows versions, the rules of their kernels, and what is meant for them. */
#include "base/mem.h"
#include "drivers-manifest/lint_inside.h"

#include <stdlib.h>
#include <string.h>

enum { ARCHITECTURES = ARCHITECTURE_IA64 + 1, TYPES = PRODUCT_TYPE_SERVER + 1, VERSION_10 = 10 };

/* One row of the table for one type and one architecture, or one set of a release. */
struct stretch {
    struct lint_range range;
    unsigned type, architecture;
    size_t part, index;
    const char *name;
};

struct stretches {
    struct stretch *at;
    size_t count, room;
};

static void stretch_add(struct stretches *s, const struct stretch *one)
{
    s->at = mem_grow(s->at, s->count, &s->room, sizeof *s->at);
    s->at[s->count++] = *one;
}

static void stretches_release(struct stretches *s)
{
    mem_free(s->at);
    *s = (struct stretches){0};
}

static int compare_numbers(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* By architecture, type and version. */
static int compare_stretches(const void *a, const void *b)
{
    const struct stretch *x = a, *y = b;
    int order = compare_numbers(x->architecture, y->architecture);
    order = order ? order : compare_numbers(x->type, y->type);
    order = order ? order : compare_numbers(x->range.from, y->range.from);
    order = order ? order : compare_numbers(x->part, y->part);
    return order ? order : compare_numbers(x->index, y->index);
}

/* By architecture, major and minor version, type and version. */
static int compare_generations(const void *a, const void *b)
{
    const struct stretch *x = a, *y = b;
    int order = compare_numbers(x->architecture, y->architecture);
    order = order ? order : compare_numbers(x->range.from >> 24, y->range.from >> 24);
    return order ? order : compare_stretches(a, b);
}

static void stretches_sort(struct stretches *s, int (*compare)(const void *, const void *))
{
    if (s->count)
        qsort(s->at, s->count, sizeof *s->at, compare);
}

/* ---- what is covered ---- */

/* Ranges for each architecture, sorted; reach is the highest end up to here. */
struct cover {
    struct {
        struct {
            struct lint_range range;
            uint64_t reach;
        } * at;
        size_t count, room;
    } of[ARCHITECTURES];
};

static int compare_ranges(const void *a, const void *b)
{
    const struct lint_range *x = a, *y = b; /* the first member of what is sorted */
    return compare_numbers(x->from, y->from);
}

static void cover_add(struct cover *c, unsigned architecture, struct lint_range range)
{
    size_t count = c->of[architecture].count++;
    c->of[architecture].at = mem_grow(c->of[architecture].at, count, &c->of[architecture].room,
                                      sizeof *c->of[architecture].at);
    c->of[architecture].at[count].range = range;
}

static void cover_finish(struct cover *c)
{
    for (unsigned a = 0; a < ARCHITECTURES; a++) {
        uint64_t reach = 0;
        if (c->of[a].count)
            qsort(c->of[a].at, c->of[a].count, sizeof *c->of[a].at, compare_ranges);
        for (size_t i = 0; i < c->of[a].count; i++) {
            if (c->of[a].at[i].range.to > reach)
                reach = c->of[a].at[i].range.to;
            c->of[a].at[i].reach = reach;
        }
    }
}

/* Is some version of range in it? */
static bool cover_meets(const struct cover *c, unsigned architecture, struct lint_range range)
{
    size_t low = 0, high = c->of[architecture].count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->of[architecture].at[middle].range.from <= range.to)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && c->of[architecture].at[low - 1].reach >= range.from;
}

static void cover_release(struct cover *c)
{
    for (unsigned a = 0; a < ARCHITECTURES; a++)
        mem_free(c->of[a].at);
    memset(c, 0, sizeof *c);
}

/* ---- the table ---- */

static void check_row(const struct lint_where *where, const struct manifest_windows *w)
{
    lint_not_empty(where, "id", w->id);
    lint_not_empty(where, "name", w->name);
    if (!w->types.count)
        lint_add(where, "types", LINT_EMPTY, "a Windows is a workstation or a server");
    if (!w->architectures.count)
        lint_add(where, "architectures", LINT_EMPTY, "a Windows is for some architecture");
    lint_words(where, "types", &w->types, product_type_names);
    lint_words(where, "architectures", &w->architectures, architecture_names);
}

static void add_row(struct stretches *rows, const struct manifest_windows *w, struct stretch one)
{
    one.name = w->name ? w->name : "";
    for (one.architecture = 1; one.architecture < ARCHITECTURES; one.architecture++) {
        if (!texts_have_nocase(&w->architectures, architecture_names[one.architecture]))
            continue;
        for (one.type = 1; one.type < TYPES; one.type++)
            if (texts_have_nocase(&w->types, product_type_names[one.type]))
                stretch_add(rows, &one);
    }
}

static void read_rows(struct linting *l, struct stretches *rows, struct lint_ids *names)
{
    for (size_t part = 0; part < l->count; part++) {
        const struct lint_where root = {.l = l, .part = part};
        for (size_t i = 0; i < l->parts[part].windows.count; i++) {
            const struct manifest_windows *w = &l->parts[part].windows.at[i];
            struct lint_where where = lint_in(&root, "windows", i);
            struct stretch one = {.part = part, .index = i};
            check_row(&where, w);
            lint_ids_add(names, w->name, part, i);
            if (lint_windows_range(&where, w->windows_from, w->windows_to, &one.range))
                add_row(rows, w, one);
        }
    }
}

static bool is_one_build(struct lint_range r)
{
    return r.from == r.to;
}

static struct lint_where where_of(const struct lint_where *root, const struct stretch *s)
{
    return lint_in(root, "windows", s->index);
}

/*
 * Two rows of one Windows for the same type and architecture. Between rows of a single build there
 * are builds that were never released; a row of many builds is meant to reach up to the next one of
 * its generation.
 */
static void check_neighbours(struct linting *l, const struct stretch *a, const struct stretch *b)
{
    const struct lint_where root = {.l = l, .part = b->part};
    struct lint_where where = where_of(&root, b);
    bool wide = !is_one_build(a->range) || !is_one_build(b->range);
    if (b->range.from <= a->range.to)
        lint_add(&where, "windows_from", LINT_WINDOWS_OVERLAP, "overlaps '%.80s' (%s, %s)", a->name,
                 product_type_names[b->type], architecture_names[b->architecture]);
    else if (wide && a->range.to >> 24 == b->range.from >> 24 && b->range.from - a->range.to > 1)
        lint_add(&where, "windows_from", LINT_WINDOWS_HOLE,
                 "there are builds between '%.80s' and this (%s, %s)", a->name,
                 product_type_names[b->type], architecture_names[b->architecture]);
}

static void check_overlaps(struct linting *l, struct stretches *rows)
{
    const struct stretch *highest = NULL;
    stretches_sort(rows, compare_stretches);
    for (size_t i = 0; i < rows->count; i++) {
        const struct stretch *s = &rows->at[i];
        if (highest && highest->type == s->type && highest->architecture == s->architecture) {
            check_neighbours(l, highest, s);
            if (s->range.to <= highest->range.to)
                continue;
        }
        highest = s;
    }
}

/* Before Windows 10, workstation and server of one version were built from one source: their
 * service packs, and so their last builds, are the same. */
static void check_last_builds(struct linting *l, struct stretches *rows)
{
    stretches_sort(rows, compare_generations);
    for (size_t i = 0; i < rows->count;) {
        const struct stretch *last[TYPES] = {0};
        uint64_t generation = rows->at[i].range.from >> 24;
        unsigned architecture = rows->at[i].architecture;
        for (; i < rows->count && rows->at[i].architecture == architecture &&
               rows->at[i].range.from >> 24 == generation;
             i++) {
            const struct stretch **slot = &last[rows->at[i].type];
            if (!*slot || rows->at[i].range.to > (*slot)->range.to)
                *slot = &rows->at[i];
        }
        const struct stretch *a = last[PRODUCT_TYPE_WORKSTATION], *b = last[PRODUCT_TYPE_SERVER];
        if (!a || !b || generation >> 24 >= VERSION_10 || a->range.to == b->range.to)
            continue;
        const struct stretch *shorter = a->range.to < b->range.to ? a : b;
        const struct lint_where root = {.l = l, .part = shorter->part};
        struct lint_where where = where_of(&root, shorter);
        lint_add(&where, "windows_to", LINT_WINDOWS_HOLE,
                 "'%.80s' has later builds, and is of the same version",
                 (shorter == a ? b : a)->name);
    }
}

/* ---- kernels ---- */

/* The rules ascend; the lowest version that has one goes into *first. */
static bool check_kernels(struct linting *l, uint64_t *first)
{
    bool any = false;
    uint64_t last = 0;
    for (size_t part = 0; part < l->count; part++) {
        const struct lint_where root = {.l = l, .part = part};
        for (size_t i = 0; i < l->parts[part].kernels.count; i++) {
            struct lint_where where = lint_in(&root, "kernels", i);
            struct lint_range r;
            if (!lint_windows_range(&where, l->parts[part].kernels.at[i].windows_from, NULL, &r))
                continue;
            if (any && r.from <= last)
                lint_add(&where, "windows_from", LINT_KERNEL_ORDER,
                         "the rules of kernels ascend by version");
            else
                last = r.from;
            *first = any ? *first : r.from;
            any = true;
        }
    }
    return any;
}

static void check_rules(struct linting *l, const struct stretches *rows)
{
    uint64_t first = 0;
    if (!check_kernels(l, &first))
        return;
    for (size_t i = 0; i < rows->count; i++) {
        const struct stretch *s = &rows->at[i];
        bool again = i && s->part == s[-1].part && s->index == s[-1].index;
        if (s->range.from >= first || again)
            continue;
        const struct lint_where root = {.l = l, .part = s->part};
        struct lint_where where = where_of(&root, s);
        lint_add(&where, "windows_from", LINT_WINDOWS_NO_RULE,
                 "it is older than the first rule of 'kernels'");
    }
}

/* ---- sets ---- */

/* An end that is no Windows is most likely a slip. */
static void check_edge(const struct lint_where *set, const char *member, const char *version,
                       const struct cover *table)
{
    unsigned v[3];
    if (!version || !manifest_version_parse(version, v))
        return;
    uint64_t number = (uint64_t)v[0] << 48 | (uint64_t)v[1] << 24 | v[2];
    bool known = false;
    for (unsigned a = 1; a < ARCHITECTURES; a++)
        known = known || cover_meets(table, a, (struct lint_range){number, number});
    if (!known)
        lint_add(set, member, LINT_RANGE_EDGE, "the table knows no Windows %s", version);
}

static void check_gap(const struct lint_where *release, const struct stretch *a,
                      const struct stretch *b, const struct cover *table)
{
    struct lint_where where = lint_in(release, "sets", b->index);
    if (b->range.from <= a->range.to)
        lint_add(&where, NULL, LINT_SETS_OVERLAP, "overlaps set '%.80s' of the same architecture",
                 a->name);
    else if (b->range.from - a->range.to > 1 &&
             cover_meets(table, b->architecture,
                         (struct lint_range){a->range.to + 1, b->range.from - 1}))
        lint_add(&where, "windows_from", LINT_SETS_HOLE,
                 "between set '%.80s' and this one there is a Windows that has none", a->name);
}

static void check_sets(const struct lint_where *release, struct stretches *sets,
                       const struct cover *table)
{
    const struct stretch *highest = NULL;
    stretches_sort(sets, compare_stretches);
    for (size_t i = 0; i < sets->count; i++) {
        const struct stretch *s = &sets->at[i];
        if (highest && highest->architecture == s->architecture) {
            check_gap(release, highest, s, table);
            if (s->range.to <= highest->range.to)
                continue;
        }
        highest = s;
    }
}

static void read_sets(const struct lint_where *release, const struct manifest_release *r,
                      struct stretches *sets, const struct cover *table)
{
    for (size_t i = 0; i < r->sets.count; i++) {
        const struct manifest_set *set = &r->sets.at[i];
        struct lint_where where = lint_in(release, "sets", i);
        struct stretch one = {.architecture = (unsigned)set->architecture,
                              .index = i,
                              .name = set->id ? set->id : ""};
        if (!lint_windows_range(&where, set->windows_from, set->windows_to, &one.range))
            continue;
        stretch_add(sets, &one);
        if (table) {
            check_edge(&where, "windows_from", set->windows_from, table);
            check_edge(&where, "windows_to", set->windows_to, table);
        }
    }
}

static void check_release(const struct lint_where *where, const struct manifest_release *r,
                          const struct cover *table, struct cover *offered)
{
    static const struct cover nothing;
    struct stretches sets = {0};
    read_sets(where, r, &sets, table);
    check_sets(where, &sets, table ? table : &nothing);
    for (size_t i = 0; i < sets.count; i++)
        cover_add(offered, sets.at[i].architecture, sets.at[i].range);
    stretches_release(&sets);
}

/* A Windows that no release is meant for, though some are for its architecture. */
static void check_offers(struct linting *l, const struct stretches *rows,
                         const struct cover *offered)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct stretch *s = &rows->at[i];
        bool again = i && s->part == s[-1].part && s->index == s[-1].index &&
                     s->architecture == s[-1].architecture;
        if (again || !offered->of[s->architecture].count ||
            cover_meets(offered, s->architecture, s->range))
            continue;
        const struct lint_where root = {.l = l, .part = s->part};
        struct lint_where where = where_of(&root, s);
        lint_add(&where, NULL, LINT_WINDOWS_NO_SET, "no release has files for '%.80s' on %s",
                 s->name, architecture_names[s->architecture]);
    }
}

void lint_windows(struct linting *l)
{
    struct stretches rows = {0};
    struct lint_ids names = {0};
    struct cover table = {0}, offered = {0};
    const struct lint_where top = {.l = l};
    read_rows(l, &rows, &names);
    lint_twice(&top, &names, &(struct lint_list){"windows", "name", LINT_DUPLICATE_NAME});
    for (size_t i = 0; i < rows.count; i++)
        cover_add(&table, rows.at[i].architecture, rows.at[i].range);
    cover_finish(&table);
    for (size_t part = 0; part < l->count; part++) {
        const struct lint_where root = {.l = l, .part = part};
        for (size_t i = 0; i < l->parts[part].releases.count; i++) {
            struct lint_where where = lint_in(&root, "releases", i);
            check_release(&where, &l->parts[part].releases.at[i], rows.count ? &table : NULL,
                          &offered);
        }
    }
    cover_finish(&offered);
    check_rules(l, &rows);
    if (l->releases.count)
        check_offers(l, &rows, &offered);
    check_overlaps(l, &rows);
    check_last_builds(l, &rows);
    stretches_release(&rows);
    lint_ids_release(&names);
    cover_release(&table);
    cover_release(&offered);
}
