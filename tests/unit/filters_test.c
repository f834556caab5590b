/* filters: tables of lists by hand, and a property over random ones. */
#include "installer/filters.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { BYTES_MAX = 4096 };

/* A list as it stands in the registry. */
struct list {
    uint8_t at[BYTES_MAX];
    size_t size;
};

static void add_unit(struct list *l, unsigned unit)
{
    assert_true(l->size + 2 <= sizeof l->at);
    l->at[l->size++] = (uint8_t)(unit & 0xff);
    l->at[l->size++] = (uint8_t)(unit >> 8);
}

/* Text with '|' where a NUL stands. */
static struct list list_of(const char *text)
{
    struct list l = {.size = 0};
    for (; *text; text++)
        add_unit(&l, *text == '|' ? 0 : (unsigned char)*text);
    return l;
}

static bool same(const struct list *l, const struct bytes *b)
{
    return l->size == b->size && (!l->size || memcmp(l->at, b->at, l->size) == 0);
}

struct edit_row {
    const char *sentence;
    const char *before, *service, *after;
    size_t removed, left;
};

static const struct edit_row edits[] = {
    {"our only entry leaves an empty list", "xenfilt||", "xenfilt", "|", 1, 0},
    {"the first of several goes, the others stay in order", "xenfilt|partmgr|vhdparser||",
     "xenfilt", "partmgr|vhdparser||", 1, 2},
    {"the last of several goes", "partmgr|xenfilt||", "xenfilt", "partmgr||", 1, 1},
    {"one in the middle goes", "a|scsifilt|b||", "scsifilt", "a|b||", 1, 2},
    {"case does not matter", "XenFilt|b||", "xENfILT", "b||", 1, 1},
    {"an entry that stands twice goes twice", "xenfilt|b|XENFILT|xenfilt||", "xenfilt", "b||", 3,
     1},
    {"an entry that starts with our name is somebody else's", "xenfilt2|xenfil||", "xenfilt",
     "xenfilt2|xenfil||", 0, 2},
    {"an entry that ends with our name is somebody else's", "myxenfilt||", "xenfilt", "myxenfilt||",
     0, 1},
    {"an entry with a blank around our name is somebody else's", "xenfilt | xenfilt||", "xenfilt",
     "xenfilt | xenfilt||", 0, 2},
    {"entries of others that stand twice are kept twice", "b|xenfilt|b||", "xenfilt", "b|b||", 1,
     2},
    {"a list without us keeps its bytes", "partmgr||", "xenfilt", "partmgr||", 0, 1},
    {"a value of no bytes stays one", "", "xenfilt", "", 0, 0},
    {"a lone NUL is an empty list", "|", "xenfilt", "|", 0, 0},
    {"two NULs are an empty list", "||", "xenfilt", "||", 0, 0},
};

static void edits_only_our_entry(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        const struct edit_row *row = &edits[i];
        struct list before = list_of(row->before), after = list_of(row->after);
        struct filters_edit edit = {0};
        struct err e = {0};
        bool ok = filters_remove(span_of(before.at, before.size), row->service, &edit, &e);
        if (!ok || !same(&after, &edit.value) || edit.removed != row->removed
            || edit.left != row->left)
            fail_msg("%s: ok %d, removed %lu, left %lu, %lu bytes, %s", row->sentence, ok,
                     (unsigned long)edit.removed, (unsigned long)edit.left,
                     (unsigned long)edit.value.size, e.text);
        filters_edit_release(&edit);
    }
}

struct refused_row {
    const char *sentence;
    const char *list, *service;
    size_t cut; /* bytes taken off the end */
    enum err_kind kind;
};

static const struct refused_row refused[] = {
    {"a list without its last NUL", "xenfilt|partmgr|", "xenfilt", 0, ERR_FORMAT},
    {"an entry without its NUL", "xenfilt", "xenfilt", 0, ERR_FORMAT},
    {"a last entry without its NUL", "partmgr|xenfilt", "xenfilt", 0, ERR_FORMAT},
    {"half a character at the end", "xenfilt||", "xenfilt", 1, ERR_FORMAT},
    {"half a character only", "|", "xenfilt", 1, ERR_FORMAT},
    {"an entry behind the end of the list", "partmgr||xenfilt||", "xenfilt", 0, ERR_FORMAT},
    {"an empty entry at the start", "|xenfilt||", "xenfilt", 0, ERR_FORMAT},
    {"a third NUL at the end", "xenfilt|||", "xenfilt", 0, ERR_FORMAT},
    {"three NULs", "|||", "xenfilt", 0, ERR_FORMAT},
    {"no service name", "partmgr||", "", 0, ERR_USAGE},
    {"a service name with a blank", "partmgr||", "xen filt", 0, ERR_USAGE},
    {"a service name with a backslash", "partmgr||", "xen\\filt", 0, ERR_USAGE},
    {"a service name that is not ASCII", "partmgr||", "x\xc3\xa4n", 0, ERR_USAGE},
};

static void refuses_what_is_no_list(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const struct refused_row *row = &refused[i];
        struct list l = list_of(row->list);
        struct filters_edit edit = {0};
        struct err e = {0};
        bool ok = filters_remove(span_of(l.at, l.size - row->cut), row->service, &edit, &e);
        if (ok || e.kind != row->kind || edit.value.at)
            fail_msg("%s is not refused as it should be: ok %d, kind %d", row->sentence, ok,
                     (int)e.kind);
    }
}

static void refuses_a_list_past_the_limit(void **state)
{
    (void)state;
    size_t size = FILTERS_SIZE_MAX + 2;
    uint8_t *at = mem_zero(size, 1);
    struct filters_edit edit = {0};
    struct err e = {0};
    for (size_t i = 0; i < size - 4; i += 2)
        at[i] = 'a';
    assert_false(filters_remove(span_of(at, size), "xenfilt", &edit, &e));
    assert_int_equal(e.kind, ERR_LIMIT);
    mem_free(at);
}

/* --- property: whatever the list, exactly our entries go, and each other entry keeps its bytes and
 * its place  */

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Names that are ours in some spelling (even index) or nearly so (odd). */
static const char *const names[] = {
    "xenfilt", "xenfilt2", "XENFILT", "xenfil", "XenFilt", "partmgr", "xENFILt", "yenfilt",
};

enum { NAMES = sizeof names / sizeof *names, ENTRIES_MAX = 12, LISTS = 100000 };

/* An entry of another vendor with any characters, also ones that fold to ours in some locale
 * (dotless i, Kelvin). */
static void add_odd_name(struct list *l, uint32_t *seed)
{
    static const unsigned odd[] = {0x131, 0x130, 0x212a, 0xd800, 0xdc00, 0xffff,
                                   0x178, 0x258, 'x',    'e',    'N',    0x100};
    size_t size = 1 + next_random(seed) % 9;
    add_unit(l, 0x0400
                    + (unsigned)(next_random(seed)
                                 % 64)); /* makes it certain that the name is not ours */
    for (size_t i = 0; i < size; i++)
        add_unit(l, odd[next_random(seed) % (sizeof odd / sizeof *odd)]);
    add_unit(l, 0);
}

static void add_name(struct list *l, const char *name)
{
    for (; *name; name++)
        add_unit(l, (unsigned char)*name);
    add_unit(l, 0);
}

static void removes_only_ours_from_any_list(void **state)
{
    uint32_t seed = 20140211;
    size_t all_removed = 0;
    (void)state;
    for (size_t n = 0; n < LISTS; n++) {
        struct list before = {.size = 0}, expected = {.size = 0};
        size_t entries = next_random(&seed) % (ENTRIES_MAX + 1), removed = 0, left = 0;
        for (size_t i = 0; i < entries; i++) {
            size_t start = before.size, pick = next_random(&seed) % (NAMES + 2);
            if (pick < NAMES)
                add_name(&before, names[pick]);
            else
                add_odd_name(&before, &seed);
            if (pick < NAMES && pick % 2 == 0) {
                removed++;
                continue;
            }
            memcpy(expected.at + expected.size, before.at + start, before.size - start);
            expected.size += before.size - start;
            left++;
        }
        add_unit(&before, 0);
        add_unit(&expected, 0);
        struct filters_edit edit = {0};
        bool ok = filters_remove(span_of(before.at, before.size), "xenfilt", &edit, NULL);
        if (!ok || !same(&expected, &edit.value) || edit.removed != removed || edit.left != left)
            fail_msg("list %lu of %lu entries is not edited as it should be", (unsigned long)n,
                     (unsigned long)entries);
        all_removed += removed;
        filters_edit_release(&edit);
    }
    assert_true(all_removed > LISTS); /* the lists did hold entries of ours */
}

/* Any bytes at all: either refused, or the result is itself a list without us that another edit
 * leaves alone. */
static void any_bytes_are_refused_or_settled(void **state)
{
    uint32_t seed = 4711;
    size_t taken = 0;
    (void)state;
    for (size_t n = 0; n < LISTS; n++) {
        uint8_t at[24];
        static const uint8_t bytes[] = {0, 0, 0, 'x', 'X', 0};
        size_t size = next_random(&seed) % (sizeof at + 1);
        struct filters_edit edit = {0}, again = {0};
        for (size_t i = 0; i < size; i++)
            at[i] = i % 2 ? 0 : bytes[next_random(&seed) % sizeof bytes];
        if (!filters_remove(span_of(at, size), "x", &edit, NULL))
            continue;
        taken++;
        assert_true(edit.value.size <= size);
        assert_true(filters_remove(bytes_span(&edit.value), "x", &again, NULL));
        assert_int_equal(again.removed, 0);
        assert_int_equal(again.left, edit.left);
        assert_true(span_equal(bytes_span(&edit.value), bytes_span(&again.value)));
        filters_edit_release(&edit);
        filters_edit_release(&again);
    }
    assert_true(taken > 1000); /* and not everything was refused */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edits_only_our_entry),
        cmocka_unit_test(refuses_what_is_no_list),
        cmocka_unit_test(refuses_a_list_past_the_limit),
        cmocka_unit_test(removes_only_ours_from_any_list),
        cmocka_unit_test(any_bytes_are_refused_or_settled),
    };
    return cmocka_run_group_tests_name("filters", tests, NULL, NULL);
}
