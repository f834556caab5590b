/* The part of support that finds rows by name. */
#include "drivers-manifest/support.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_ROOM = SUPPORT_NAME_MAX + 1 };

/*
 * A name as it is compared: lower case, what is neither letter nor digit nor a point becomes one
 * blank. A point that no digit follows is none: "11.4." is 11.4.
 */
struct key {
    char text[KEY_ROOM];
    size_t size;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(const char *c)
{
    return is_digit(*c) || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
           (unsigned char)*c >= 0x80 || (*c == '.' && is_digit(c[1]));
}

/* A name that is too long is cut: no row is called so. */
static void key_init(struct key *k, const char *name)
{
    bool gap = false;
    k->size = 0;
    for (const char *c = name; *c && k->size + 2 < KEY_ROOM; c++) {
        if (!is_word(c)) {
            gap = k->size > 0;
            continue;
        }
        if (gap)
            k->text[k->size++] = ' ';
        gap = false;
        k->text[k->size++] = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    }
    k->text[k->size] = '\0';
}

bool support_same_name(const char *a, const char *b)
{
    struct key x, y;
    key_init(&x, a);
    key_init(&y, b);
    return x.size && strcmp(x.text, y.text) == 0;
}

/* The next number of a dotted version; false at its end. Digits past nine say "very large". */
static bool next_number(const char **version, unsigned long *out)
{
    enum { DIGITS_MAX = 9 };
    const char *c = *version;
    size_t digits = 0;
    if (*c == '.')
        c++;
    if (!is_digit(*c))
        return false;
    for (*out = 0; is_digit(*c); c++)
        if (++digits <= DIGITS_MAX)
            *out = *out * 10 + (unsigned long)(*c - '0');
    if (digits > DIGITS_MAX)
        *out = 0xffffffff;
    *version = c;
    return true;
}

/* <0, 0, >0, as far as limit goes: 6.4 is at 6, and 6 is at 6.0. */
static int version_beside(const char *version, const char *limit)
{
    unsigned long have, want;
    while (next_number(&limit, &want)) {
        if (!next_number(&version, &have))
            have = 0;
        if (have != want)
            return have < want ? -1 : 1;
    }
    return 0;
}

/* "6.4" after a system's name, and after it "sp2", "lts", "x" (of "2.3.x") or nothing. */
static bool version_fits(const struct support_row *r, const char *rest)
{
    const char *after = rest;
    unsigned long number;
    while (next_number(&after, &number))
        ;
    bool versioned = after > rest;
    if (*after == ' ')
        after++;
    if (strncmp(after, "sp", 2) == 0 && is_digit(after[2]) && !after[3])
        after += 3;
    else if (strcmp(after, "lts") == 0 || strcmp(after, "x") == 0)
        after += strlen(after);
    if (*after || (!versioned && after == rest))
        return false;
    if (!versioned || (!r->version_from && !r->version_to))
        return versioned != (r->windows.count > 0) && !r->version_from && !r->version_to;
    return (!r->version_from || version_beside(rest, r->version_from) >= 0) &&
           (!r->version_to || version_beside(rest, r->version_to) <= 0);
}

/* What follows the name of one of the row's systems in k; NULL: k does not begin with one. */
static const char *after_system(const struct key *k, const char *system)
{
    struct key s;
    key_init(&s, system);
    if (!s.size || strncmp(k->text, s.text, s.size) != 0)
        return NULL;
    const char *rest = k->text + s.size;
    if (*rest == ' ')
        return rest + 1;
    return !*rest || (is_digit(*rest) && !is_digit(rest[-1])) ? rest : NULL;
}

static bool row_by_name(const struct support_group *g, const struct support_row *r,
                        const struct key *k)
{
    bool same = support_same_name(g->id, k->text) || support_same_name(g->title, k->text) ||
                support_same_name(r->id, k->text) || support_same_name(r->name, k->text);
    for (size_t i = 0; i < r->aliases.count; i++)
        same = same || support_same_name(r->aliases.at[i], k->text);
    return same;
}

static bool row_by_version(const struct support_group *g, const struct support_row *r,
                           const struct key *k)
{
    (void)g;
    for (size_t i = 0; i < r->systems.count; i++) {
        const char *rest = after_system(k, r->systems.at[i]);
        if (rest && *rest && version_fits(r, rest))
            return true;
    }
    return false;
}

/* Does name have the words of k, the last of which may go on with letters or a point? */
static bool has_words(const char *name, const struct key *k)
{
    struct key whole;
    key_init(&whole, name);
    for (const char *at = whole.text; (at = strstr(at, k->text)); at++) {
        bool begins = at == whole.text || at[-1] == ' ';
        if (begins && !(is_digit(k->text[k->size - 1]) && is_digit(at[k->size])))
            return true;
    }
    return false;
}

static bool row_by_part(const struct support_group *g, const struct support_row *r,
                        const struct key *k)
{
    (void)g;
    bool has = has_words(r->name, k) || has_words(r->id, k);
    for (size_t i = 0; i < r->aliases.count; i++)
        has = has || has_words(r->aliases.at[i], k);
    for (size_t i = 0; i < r->systems.count; i++)
        has = has || has_words(r->systems.at[i], k);
    return has;
}

static void add_match(struct support_matches *m, const struct support_group *g,
                      const struct support_row *r)
{
    *(struct support_match *)shape_list_add(m, sizeof *m->at) = (struct support_match){g, r};
}

enum support_by support_find(const struct support *s, const char *name, struct support_matches *out)
{
    static bool (*const ways[])(const struct support_group *, const struct support_row *,
                                const struct key *) = {
        [SUPPORT_BY_NAME] = row_by_name,
        [SUPPORT_BY_VERSION] = row_by_version,
        [SUPPORT_BY_PART] = row_by_part,
    };
    struct key k;
    key_init(&k, name);
    if (!k.size || strlen(name) > SUPPORT_NAME_MAX)
        return SUPPORT_BY_NOTHING;
    for (enum support_by by = SUPPORT_BY_NAME; by <= SUPPORT_BY_PART; by++) {
        for (size_t i = 0; i < s->count; i++)
            for (size_t j = 0; j < s->at[i].rows.count; j++)
                if (ways[by](&s->at[i], &s->at[i].rows.at[j], &k))
                    add_match(out, &s->at[i], &s->at[i].rows.at[j]);
        if (out->count)
            return by;
    }
    return SUPPORT_BY_NOTHING;
}

/* Levenshtein's distance, in one row of the table. */
static size_t distance(const struct key *a, const char *name)
{
    struct key b;
    size_t line[KEY_ROOM];
    key_init(&b, name);
    for (size_t j = 0; j <= b.size; j++)
        line[j] = j;
    for (size_t i = 0; i < a->size; i++) {
        size_t corner = line[0];
        line[0] = i + 1;
        for (size_t j = 0; j < b.size; j++) {
            size_t change = corner + (a->text[i] != b.text[j]), least = line[j] + 1;
            corner = line[j + 1];
            if (corner + 1 < least)
                least = corner + 1;
            line[j + 1] = change < least ? change : least;
        }
    }
    return line[b.size];
}

/* A system in another version is near, whatever the version. */
static size_t row_distance(const struct support_row *r, const struct key *k)
{
    size_t least = distance(k, r->id), d;
    for (size_t i = 0; i < r->systems.count; i++) {
        if (after_system(k, r->systems.at[i]))
            return 0;
        if ((d = distance(k, r->systems.at[i])) < least)
            least = d;
    }
    if ((d = distance(k, r->name)) < least)
        least = d;
    for (size_t i = 0; i < r->aliases.count; i++)
        if ((d = distance(k, r->aliases.at[i])) < least)
            least = d;
    return least;
}

struct near {
    struct support_match match;
    size_t distance, order;
};

/* At the same distance the later row: newer versions come later. */
static int nearest_first(const void *a, const void *b)
{
    const struct near *x = a, *y = b;
    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return x->order > y->order ? -1 : x->order < y->order;
}

void support_near(const struct support *s, const char *name, struct support_matches *out)
{
    struct near *all = NULL;
    size_t count = 0, room = 0;
    struct key k;
    key_init(&k, name);
    if (!k.size || strlen(name) > SUPPORT_NAME_MAX)
        return;
    size_t limit = k.size < 3 ? 0 : k.size < 6 ? 1 : k.size / 4;
    for (size_t i = 0; i < s->count; i++)
        for (size_t j = 0; j < s->at[i].rows.count; j++) {
            const struct support_row *r = &s->at[i].rows.at[j];
            size_t d = row_distance(r, &k);
            if (d > limit)
                continue;
            all = mem_grow(all, count, &room, sizeof *all);
            all[count] = (struct near){{&s->at[i], r}, d, count};
            count++;
        }
    if (count)
        qsort(all, count, sizeof *all, nearest_first);
    for (size_t i = 0; i < count && i < SUPPORT_NEAR_MAX; i++)
        add_match(out, all[i].match.group, all[i].match.row);
    mem_free(all);
}
