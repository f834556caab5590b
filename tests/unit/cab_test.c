/* cab: tables of cabinets, good ones and one per way of being bad, and what a cabinet's signature covers. */
#include "verifier/cab.h"

#include "base/mem.h"
#include "base/text.h"

#include "tests/unit/build_cab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static const char content[] = "the quick brown fox jumps over the lazy dog";

static const struct cab_plan_folder folders[] = {
    {content, sizeof content, CAB_PLAN_STORED},
    {content, 10, CAB_PLAN_MSZIP},
};

/* The second and third are one content under two names, as WiX writes duplicates; the last is empty. */
static const struct cab_plan_file files[] = {
    {"xenbus.sys", 0, 0, 9},
    {"xenbus_monitor.exe", 0, 9, 20},
    {"dir\\alias.exe", 0, 9, 20},
    {"other.inf", 1, 2, 8},
    {"empty", 1, 0, 0},
};

static const struct cab_plan sample = {folders, 2, files, 5, false};

static struct span text_span(const struct text *t)
{
    return span_of(t->at, t->size);
}

static void test_reads_tables(void **state)
{
    struct text t = {0};
    struct cab c = {0};
    struct err e = {0};
    (void)state;
    cab_build(&sample, &t);
    if (!cab_open(text_span(&t), &c, &e))
        fail_msg("%s", e.text);
    assert_int_equal(c.folder_count, 2);
    assert_int_equal(c.file_count, 5);
    assert_int_equal(c.folders[0].end, 29);
    assert_int_equal(c.folders[1].end, 10);
    assert_int_equal(c.folders[1].compression, CAB_MSZIP);
    assert_string_equal(c.files[2].name, "dir\\alias.exe");
    assert_int_equal(c.files[2].offset, 9);
    assert_int_equal(c.files[3].folder, 1);
    assert_int_equal(c.declared_size, t.size);
    cab_release(&c);
    text_release(&t);
}

/* A folder alone is a cabinet with one file that is all of the folder, followed by the folder's own data. */
static void test_folder_alone(void **state)
{
    struct text t = {0}, joined = {0};
    struct cab c = {0}, alone = {0};
    struct bytes head = {0};
    struct span tail = {0};
    (void)state;
    cab_build(&sample, &t);
    assert_true(cab_open(text_span(&t), &c, NULL));
    assert_true(cab_folder_alone(&c, 1, &head, &tail, NULL));
    text_add_bytes(&joined, (const char *)head.at, head.size);
    text_add_bytes(&joined, (const char *)tail.at, tail.size);
    assert_true(cab_open(text_span(&joined), &alone, NULL));
    assert_int_equal(alone.file_count, 1);
    assert_int_equal(alone.folder_count, 1);
    assert_int_equal(alone.files[0].size, 10);
    assert_int_equal(alone.folders[0].data, head.size);
    assert_int_equal(alone.folders[0].compression, CAB_MSZIP);
    assert_int_equal(alone.declared_size, joined.size);
    cab_release(&alone);
    cab_release(&c);
    bytes_release(&head);
    text_release(&joined);
    text_release(&t);
}

static void test_unsigned_digest(void **state)
{
    struct text t = {0};
    struct cab c = {0};
    struct span_list l = {0};
    struct span blob = {0};
    struct err e = {0};
    (void)state;
    cab_build(&sample, &t);
    assert_true(cab_open(text_span(&t), &c, NULL));
    assert_false(cab_signature(&c, &blob, &e));
    assert_int_equal(e.kind, ERR_NONE);
    assert_true(cab_signed_spans(&c, &l, NULL));
    assert_int_equal(l.count, 2);
    assert_true(span_equal(l.at[0], span_of(t.at, 4)));
    assert_true(span_equal(l.at[1], span_of(t.at + 8, t.size - 8)));
    spans_release(&l);
    cab_release(&c);
    text_release(&t);
}

static void test_signed_digest(void **state)
{
    struct cab_plan plan = sample;
    struct text t = {0};
    struct cab c = {0};
    struct span_list l = {0};
    struct span blob = {0};
    (void)state;
    plan.signable = true;
    cab_build(&plan, &t);
    size_t end = t.size;
    cab_put32(&t, 44, end);
    cab_put32(&t, 48, 9);
    text_add(&t, "SIGNATURE");
    assert_true(cab_open(text_span(&t), &c, NULL));
    assert_true(cab_signature(&c, &blob, NULL));
    assert_true(span_equal(blob, span_text("SIGNATURE")));
    assert_true(cab_signed_spans(&c, &l, NULL));
    assert_int_equal(l.count, 3);
    assert_true(span_equal(l.at[0], span_of(t.at, 4)));
    assert_true(span_equal(l.at[1], span_of(t.at + 8, 26)));
    assert_true(span_equal(l.at[2], span_of(t.at + 56, end - 56)));
    spans_release(&l);
    cab_release(&c);
    text_release(&t);
}

struct attack {
    const char *what;
    size_t offset;
    uint32_t value;
    unsigned width;
    enum err_kind kind;
};

enum { FILE0 = 36 + 16 }; /* the first CFFILE */

static const struct attack attacks[] = {
    {"first volume of several", 30, 2, 2, ERR_LIMIT},
    {"last volume of several", 30, 1, 2, ERR_LIMIT},
    {"a file that goes on in the next volume", FILE0 + 8, 0xfffe, 2, ERR_LIMIT},
    {"a file that began in the volume before", FILE0 + 8, 0xfffd, 2, ERR_LIMIT},
    {"65,535 folders in a small file", 26, 0xffff, 2, ERR_FORMAT},
    {"65,535 files in a small file", 28, 0xffff, 2, ERR_FORMAT},
    {"a table of files past the end", 16, 0x7fffffff, 4, ERR_FORMAT},
    {"a file in a folder that is not there", FILE0 + 8, 2, 2, ERR_FORMAT},
    {"a file of 4 GB in one block", FILE0, 0xffffffff, 4, ERR_FORMAT},
    {"a file whose offset and size wrap", FILE0 + 4, 0xfffffff8, 4, ERR_FORMAT},
    {"a folder of no blocks that has files", 36 + 4, 0, 2, ERR_FORMAT},
    {"not a cabinet", 0, 0x4643534e, 4, ERR_FORMAT},
    {"a reserve larger than the file", 30, 4, 2, ERR_FORMAT},
};

static void strike(struct text *t, size_t offset, uint32_t value, unsigned width)
{
    for (unsigned i = 0; i < width; i++, value >>= 8)
        t->at[offset + i] = (char)(value & 0xff);
}

static void test_attacks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        const struct attack *a = &attacks[i];
        struct text t = {0};
        struct cab c = {0};
        struct err e = {0};
        cab_build(&sample, &t);
        strike(&t, a->offset, a->value, a->width);
        if (cab_open(text_span(&t), &c, &e) || e.kind != a->kind || c.files || c.folders)
            fail_msg("%s: kind %d '%s'", a->what, (int)e.kind, e.text);
        text_release(&t);
    }
}

static void test_refused_folders(void **state)
{
    static const struct attack rows[] = {
        {"Quantum is refused by name", 36 + 6, CAB_PLAN_QUANTUM, 2, ERR_LIMIT},
        {"an unknown compression", 36 + 6, 9, 2, ERR_LIMIT},
        {"data past the end", 36, 0x7fffffff, 4, ERR_FORMAT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text t = {0};
        struct cab c = {0};
        struct bytes head = {0};
        struct span tail = {0};
        struct err e = {0};
        cab_build(&sample, &t);
        strike(&t, rows[i].offset, rows[i].value, rows[i].width);
        assert_true(cab_open(text_span(&t), &c, NULL));
        if (cab_folder_alone(&c, 0, &head, &tail, &e) || e.kind != rows[i].kind)
            fail_msg("%s: kind %d '%s'", rows[i].what, (int)e.kind, e.text);
        assert_true(i != 0 || strstr(e.text, "Quantum"));
        cab_release(&c);
        text_release(&t);
    }
}

static void test_signature_outside(void **state)
{
    static const uint32_t places[][2] = {{0x7fffffff, 9}, {60, 0xffffffff}, {8, 9}, {0xffffffff, 0xffffffff}};
    struct cab_plan plan = sample;
    (void)state;
    plan.signable = true;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct text t = {0};
        struct cab c = {0};
        struct span blob = {0};
        struct span_list l = {0};
        cab_build(&plan, &t);
        cab_put32(&t, 44, places[i][0]);
        cab_put32(&t, 48, places[i][1]);
        assert_true(cab_open(text_span(&t), &c, NULL));
        bool has = cab_signature(&c, &blob, NULL), covers = cab_signed_spans(&c, &l, NULL);
        if (has && covers)
            fail_msg("signature %zu outside the file is taken", i);
        spans_release(&l);
        cab_release(&c);
        text_release(&t);
    }
}

static void test_name_without_end(void **state)
{
    struct text t = {0};
    struct cab c = {0};
    struct err e = {0};
    (void)state;
    cab_build(&sample, &t);
    memset(t.at + FILE0 + 16, 'x', t.size - FILE0 - 16);
    assert_false(cab_open(text_span(&t), &c, &e));
    assert_int_equal(e.kind, ERR_FORMAT);
    text_release(&t);
}

static void test_every_cut_and_byte(void **state)
{
    struct text t = {0};
    (void)state;
    cab_build(&sample, &t);
    for (size_t size = 0; size < t.size; size++) {
        struct cab c = {0};
        char *copy = mem_strndup(t.at, size);
        bool whole_tables = size >= 36 + 2 * 8 + 5 * 16 + 60; /* 60: the names */
        assert_int_equal(cab_open(span_of(copy, size), &c, NULL), whole_tables);
        cab_release(&c);
        mem_free(copy);
    }
    for (size_t i = 0; i < t.size; i++) {
        struct cab c = {0};
        t.at[i] = (char)(t.at[i] ^ 0x81);
        if (cab_open(text_span(&t), &c, NULL)) {
            struct span_list l = {0};
            if (cab_signed_spans(&c, &l, NULL))
                assert_true(spans_size(&l) <= t.size - 4);
            spans_release(&l);
            cab_release(&c);
        }
        t.at[i] = (char)(t.at[i] ^ 0x81);
    }
    text_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_tables),      cmocka_unit_test(test_folder_alone),
        cmocka_unit_test(test_unsigned_digest),   cmocka_unit_test(test_signed_digest),
        cmocka_unit_test(test_attacks),           cmocka_unit_test(test_refused_folders),
        cmocka_unit_test(test_signature_outside), cmocka_unit_test(test_name_without_end),
        cmocka_unit_test(test_every_cut_and_byte),
    };
    return cmocka_run_group_tests_name("cab", tests, NULL, NULL);
}
