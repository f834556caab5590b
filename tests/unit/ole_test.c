/* ole: good compound files of both versions, and one file per way of being bad. */
#include "verifier/ole.h"

#include "tests/unit/build_ole.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum {
    BIG = 9000,
    SMALL = 150,
    /* directory entries of the sample */
    E_BIG = 1,
    E_SMALL = 2,
    E_FOLDER = 3,
    E_INNER = 4,
    E_EMPTY = 5,
    /* fields of an entry */
    F_NAME_SIZE = 64,
    F_TYPE = 66,
    F_LEFT = 68,
    F_RIGHT = 72,
    F_CHILD = 76,
    F_START = 116,
    F_SIZE = 120,
    F_SIZE_HIGH = 124,
};

static void fill(uint8_t *at, size_t size, unsigned seed)
{
    for (size_t i = 0; i < size; i++)
        at[i] = (uint8_t)(i * 7 + (i >> 8) + seed);
}

/* A large stream, a small one, a storage with a small one, an empty one. */
static struct ole_plan *sample(unsigned shift)
{
    static uint8_t big[BIG], small[SMALL];
    struct ole_plan *p = mem_zero(1, sizeof *p);
    p->shift = shift;
    fill(big, sizeof big, 1);
    fill(small, sizeof small, 2);
    ole_add_ascii(p, OLE_ITEMS_MAX, "big", big, sizeof big);
    ole_add_ascii(p, OLE_ITEMS_MAX, "small", small, sizeof small);
    size_t folder = ole_add_ascii(p, OLE_ITEMS_MAX, "folder", NULL, 0);
    ole_add_ascii(p, folder, "inner", small + 50, 70);
    ole_add_ascii(p, OLE_ITEMS_MAX, "empty", "", 0);
    ole_build(p);
    return p;
}

static void sample_free(struct ole_plan *p)
{
    ole_plan_release(p);
    mem_free(p);
}

static void expect_stream(const struct ole *o, size_t i, struct span expected)
{
    struct bytes storage = {0};
    struct span out = {0};
    struct err e = {0};
    if (!ole_read(o, i, &storage, &out, &e))
        fail_msg("stream %zu: %s", i, e.text);
    assert_true(span_equal(out, expected));
    bytes_release(&storage);
}

static void test_reads_both_versions(void **state)
{
    static const unsigned shifts[] = {9, 12};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct ole_plan *p = sample(shifts[i]);
        struct ole o = {0};
        struct err e = {0};
        if (!ole_open(bytes_span(&p->out), &o, &e))
            fail_msg("shift %u: %s", shifts[i], e.text);
        size_t folder = ole_find(&o, 0, "FOLDER");
        assert_int_equal(folder, E_FOLDER);
        assert_int_equal(o.entries[0].child_count, 4);
        assert_int_equal(o.entries[folder].child_count, 1);
        assert_int_equal(ole_find(&o, folder, "inner"), E_INNER);
        assert_int_equal(ole_find(&o, 0, "inner"), SIZE_MAX);
        expect_stream(&o, ole_find(&o, 0, "big"), bytes_span(&p->items[0].content));
        expect_stream(&o, ole_find(&o, 0, "small"), bytes_span(&p->items[1].content));
        expect_stream(&o, E_INNER, bytes_span(&p->items[3].content));
        expect_stream(&o, E_EMPTY, (struct span){0});
        assert_int_equal(o.entries[E_BIG].clsid.at[15], 0x10 + E_BIG);
        assert_int_equal(o.entries[E_BIG].times.at[0], 0x40 + E_BIG);
        ole_release(&o);
        sample_free(p);
    }
}

/* Children come in the order of their names' bytes, whatever the tree. */
static void test_children_are_sorted(void **state)
{
    struct ole_plan *p = sample(9);
    struct ole o = {0};
    (void)state;
    assert_true(ole_open(bytes_span(&p->out), &o, NULL));
    static const size_t order[] = {E_BIG, E_EMPTY, E_FOLDER, E_SMALL};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(o.entries[0].children[i], order[i]);
    ole_release(&o);
    sample_free(p);
}

/* More than 109 FAT sectors: their list goes on in DIFAT sectors. */
static void test_difat_chain(void **state)
{
    enum { SIZE = 17 * 1024 * 1024 };
    struct ole_plan *p = mem_zero(1, sizeof *p);
    struct ole o = {0};
    struct err e = {0};
    (void)state;
    p->shift = 9;
    uint8_t *content = mem_zero(SIZE, 1);
    fill(content, SIZE, 3);
    ole_add_ascii(p, OLE_ITEMS_MAX, "huge", content, SIZE);
    ole_build(p);
    if (!ole_open(bytes_span(&p->out), &o, &e))
        fail_msg("%s", e.text);
    expect_stream(&o, 1, span_of(content, SIZE));
    ole_release(&o);

    uint32_t difat = 0; /* the second DIFAT sector names the first again */
    span_u32(bytes_span(&p->out), 68, &difat);
    put32(ole_at(p, difat) + 508, difat);
    assert_false(ole_open(bytes_span(&p->out), &o, &e));
    assert_int_equal(e.kind, ERR_FORMAT);
    mem_free(content);
    sample_free(p);
}

/* Each attack changes 4 (or 2, or 1) bytes somewhere in the sample. */
struct attack {
    const char *what;
    enum where { HEADER, ENTRY, FAT, MINI_FAT } where;
    size_t index;  /* entry, or sector in the FAT; START_OF(entry) for where a stream begins */
    size_t offset; /* in the header or the entry; sectors behind index in a FAT */
    uint32_t value;
    unsigned width;
};

#define START_OF(entry) (1000 + (entry))
#define SELF 0xfffffff0u /* the value is the very sector that is being changed */

static const struct attack attacks[] = {
    {"the header's sector size is of no version", HEADER, 0, 30, 10, 2},
    {"a version 3 file claims sectors of version 4", HEADER, 0, 30, 12, 2},
    {"the byte order is wrong", HEADER, 0, 28, 0xfeff, 2},
    {"the mini sector size is wrong", HEADER, 0, 32, 7, 2},
    {"the mini stream takes everything", HEADER, 0, 56, 0xffffffff, 4},
    {"4 G FAT sectors in a small file", HEADER, 0, 44, 0xffffffff, 4},
    {"more FAT sectors than are listed", HEADER, 0, 44, 3, 4},
    {"no FAT", HEADER, 0, 44, 0, 4},
    {"the FAT is past the end", HEADER, 0, 76, 0x00ffffff, 4},
    {"the FAT lies in the directory", HEADER, 0, 76, 0, 4},
    {"the directory is past the end", HEADER, 0, 48, 0x01000000, 4},
    {"there is no directory", HEADER, 0, 48, OLE_END, 4},
    {"the mini FAT lies in the directory", HEADER, 0, 60, 0, 4},
    {"the mini FAT is past the end", HEADER, 0, 60, 0x7fffffff, 4},
    {"the directory's chain bites its tail", FAT, 0, 0, 0, 4},
    {"the directory goes on into a stream", FAT, 0, 1, START_OF(E_BIG), 4},
    {"a stream's chain bites its tail", FAT, START_OF(E_BIG), 2, SELF, 4},
    {"a stream's chain goes back", FAT, START_OF(E_BIG), 2, START_OF(E_BIG), 4},
    {"a stream's chain ends early", FAT, START_OF(E_BIG), 1, OLE_END, 4},
    {"a stream's chain leaves the file", FAT, START_OF(E_BIG), 1, 0x00123456, 4},
    {"a small stream's chain bites its tail", MINI_FAT, START_OF(E_SMALL), 1, START_OF(E_SMALL), 4},
    {"a small stream's chain ends early", MINI_FAT, START_OF(E_SMALL), 0, OLE_END, 4},
    {"a small stream's chain leaves the mini FAT", MINI_FAT, START_OF(E_SMALL), 0, 0x10000, 4},
    {"two small streams share bytes", ENTRY, E_INNER, F_START, START_OF(E_SMALL), 4},
    {"a stream begins in the directory", ENTRY, E_BIG, F_START, 0, 4},
    {"a stream of 4 GB in a small file", ENTRY, E_BIG, F_SIZE, 0xfffffffe, 4},
    {"a stream a little larger than its chain", ENTRY, E_BIG, F_SIZE, 12000, 4},
    {"a small stream larger than its chain", ENTRY, E_SMALL, F_SIZE, 4000, 4},
    {"a mini stream of 4 GB", ENTRY, 0, F_SIZE, 0xffffffc0, 4},
    {"the first entry is no root", ENTRY, 0, F_TYPE, 1, 1},
    {"a child that is not there", ENTRY, 0, F_CHILD, 5000, 4},
    {"a child that is the root", ENTRY, E_FOLDER, F_CHILD, 0, 4},
    {"a storage that holds itself", ENTRY, E_FOLDER, F_CHILD, E_FOLDER, 4},
    {"an entry that is its own sister", ENTRY, E_BIG, F_LEFT, E_BIG, 4},
    {"sisters in a ring", ENTRY, E_EMPTY, F_RIGHT, E_BIG, 4},
    {"an entry in two storages", ENTRY, E_INNER, F_RIGHT, E_SMALL, 4},
    {"an entry of no type in the tree", ENTRY, E_SMALL, F_TYPE, 0, 1},
    {"a second root in the tree", ENTRY, E_SMALL, F_TYPE, 5, 1},
    {"a name longer than its field", ENTRY, E_SMALL, F_NAME_SIZE, 66, 2},
    {"a name of half a character", ENTRY, E_SMALL, F_NAME_SIZE, 7, 2},
};

static uint32_t resolve(const struct ole_plan *p, uint32_t value)
{
    return value >= 1000 && value < 1000 + OLE_ITEMS_MAX ? p->items[value - 1001].start : value;
}

static void strike(struct ole_plan *p, const struct attack *a)
{
    uint32_t index = resolve(p, (uint32_t)a->index), value = resolve(p, a->value);
    uint8_t *at = p->out.at + a->offset;
    if (a->where == ENTRY)
        at = ole_field(p, a->index, a->offset);
    if (a->where == FAT || a->where == MINI_FAT)
        at = p->out.at + (a->where == FAT ? p->fat : p->mini_fat) + (index + a->offset) * 4;
    if (a->value == SELF)
        value = index + (uint32_t)a->offset;
    if (a->width == 4)
        put32(at, value);
    else if (a->width == 2)
        put16(at, value);
    else
        *at = (uint8_t)value;
}

static void test_attacks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        struct ole_plan *p = sample(9);
        struct ole o = {0};
        struct err e = {0};
        strike(p, &attacks[i]);
        bool opened = ole_open(bytes_span(&p->out), &o, &e);
        if (opened || e.kind != ERR_FORMAT || o.entries)
            fail_msg("%s: opened %d, kind %d", attacks[i].what, opened, (int)e.kind);
        sample_free(p);
    }
}

static void test_two_streams_of_one_name(void **state)
{
    struct ole_plan *p = sample(9);
    struct ole o = {0};
    struct err e = {0};
    (void)state;
    memcpy(ole_field(p, E_EMPTY, 0), ole_field(p, E_SMALL, 0), 66);
    assert_false(ole_open(bytes_span(&p->out), &o, &e));
    assert_int_equal(e.kind, ERR_FORMAT);
    sample_free(p);
}

static void test_high_half_of_a_size(void **state)
{
    struct ole_plan *p3 = sample(9), *p4 = sample(12);
    struct ole o = {0};
    (void)state;
    put32(ole_field(p3, E_BIG, F_SIZE_HIGH), 0x1234);
    assert_true(ole_open(bytes_span(&p3->out), &o, NULL)); /* version 3: rubbish that Windows ignores */
    assert_int_equal(o.entries[E_BIG].size, BIG);
    ole_release(&o);
    put32(ole_field(p4, E_BIG, F_SIZE_HIGH), 0x1234);
    assert_false(ole_open(bytes_span(&p4->out), &o, NULL));
    sample_free(p3);
    sample_free(p4);
}

static void test_storages_too_deep(void **state)
{
    (void)state;
    for (size_t deep = OLE_DEPTH_MAX; deep <= OLE_DEPTH_MAX + 2; deep++) {
        struct ole_plan *p = mem_zero(1, sizeof *p);
        struct ole o = {0};
        struct err e = {0};
        size_t parent = OLE_ITEMS_MAX;
        p->shift = 9;
        for (size_t i = 0; i < deep; i++)
            parent = ole_add_ascii(p, parent, "s", NULL, 0);
        ole_build(p);
        bool opened = ole_open(bytes_span(&p->out), &o, &e);
        if (opened != (deep <= OLE_DEPTH_MAX))
            fail_msg("%zu storages deep: %s", deep, opened ? "opened" : e.text);
        ole_release(&o);
        sample_free(p);
    }
}

/* However a file is cut, what can still be read is right. */
static void test_every_cut(void **state)
{
    struct ole_plan *p = sample(9);
    size_t opened = 0;
    (void)state;
    for (size_t size = 0; size < p->out.size; size += 61) {
        struct ole o = {0};
        struct bytes copy = {mem_zero(size, 1), size}, storage = {0};
        struct span out = {0};
        memcpy(copy.at, p->out.at, size);
        if (ole_open(bytes_span(&copy), &o, NULL)) {
            opened++;
            if (ole_read(&o, E_BIG, &storage, &out, NULL))
                assert_true(span_equal(out, bytes_span(&p->items[0].content)));
        }
        bytes_release(&storage);
        ole_release(&o);
        bytes_release(&copy);
    }
    assert_true(opened < p->out.size / 61); /* the FAT comes last: a cut file mostly does not open */
    sample_free(p);
}

/* Every byte changed in turn: no fault, and no read outside (the sanitizers watch). */
static void test_every_byte(void **state)
{
    struct ole_plan *p = sample(9);
    (void)state;
    for (size_t i = 0; i < p->out.size; i += i < 512 ? 1 : 3) {
        struct ole o = {0};
        uint8_t before = p->out.at[i];
        p->out.at[i] = (uint8_t)(before ^ 0x81);
        if (ole_open(bytes_span(&p->out), &o, NULL)) {
            struct span_list list = {0};
            for (size_t k = 0; k < o.count; k++)
                if (ole_spans(&o, k, &list, NULL)) {
                    assert_int_equal(spans_size(&list), o.entries[k].size);
                    spans_release(&list);
                }
            ole_release(&o);
        }
        p->out.at[i] = before;
    }
    sample_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_both_versions), cmocka_unit_test(test_children_are_sorted),
        cmocka_unit_test(test_difat_chain),         cmocka_unit_test(test_attacks),
        cmocka_unit_test(test_two_streams_of_one_name), cmocka_unit_test(test_high_half_of_a_size),
        cmocka_unit_test(test_storages_too_deep),   cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_every_byte),
    };
    return cmocka_run_group_tests_name("ole", tests, NULL, NULL);
}
