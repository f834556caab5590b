/* msi: tables, paths and signed bytes of MSIs made for it, and one MSI per way of being bad. */
#include "verifier/msi.h"

#include "verifier/name.h"

#include "tests/unit/build_msi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const property_rows[][MSI_PLAN_COLUMNS] = {
    {"ProductCode", "{FB49475E-42A6-4EC6-8A94-F5F4BCEF7FC0}"},
    {"ProductName", "Xen PV Drivers"},
    {"ProductVersion", "9.1.0.0"},
    {NULL},
};

static const char *const directory_rows[][MSI_PLAN_COLUMNS] = {
    {"TARGETDIR", "", "SourceDir"},
    {"ProgramFilesFolder", "TARGETDIR", "PFiles"},
    {"ROOT", "ProgramFilesFolder", "lpuslkci|Xen PV Drivers:src|source name"},
    {"SAME", "ROOT", "."},
    {"BUS", "SAME", "xenbus"},
    {"RING1", "RING2", "a"},
    {"RING2", "RING1", "b"},
    {"LOST", "NOWHERE", "c"},
    {NULL},
};

static const char *const component_rows[][MSI_PLAN_COLUMNS] = {
    {"Bus", "BUS"}, {"BusOld", "BUS"}, {"Tool", "ROOT"}, {"Ring", "RING1"}, {"Lost", "LOST"}, {NULL},
};

static const char *const file_rows[][MSI_PLAN_COLUMNS] = {
    {"fil1", "Bus", "xenbus.inf", "10", "1"},
    {"fil2", "Bus", "xenb~1.sys|xenbus.sys", "20", "2"},
    {"fil3", "Tool", "tool.exe", "30", "3"},
    {"fil4", "BusOld", "XENBUS.SYS", "40", "4"},
    {"fil5", "BusOld", "old.inf", "50", "5"},
    {"fil6", "Ring", "ring.sys", "60", "6"},
    {"fil7", "Lost", "lost.sys", "70", "7"},
    {"fil8", "NoSuchComponent", "x.sys", "80", "9"},
    {NULL},
};

static const char *const media_rows[][MSI_PLAN_COLUMNS] = {
    {"2", "8", "disk2.cab"}, {"1", "3", "#first.cab"}, {NULL},
};

static const char *const driver_rows[][MSI_PLAN_COLUMNS] = {{"Bus", "6"}, {NULL}};

enum { T_PROPERTY, T_DIRECTORY, T_COMPONENT, T_FILE, T_MEDIA, T_DRIVERS, T_COUNT };

static const struct msi_plan_table tables[T_COUNT] = {
    {"Property", {"Property", "Value"}, {MSI_S | MSI_KEY, MSI_S}, property_rows},
    {"Directory", {"Directory", "Directory_Parent", "DefaultDir"}, {MSI_S | MSI_KEY, MSI_SN, MSI_S}, directory_rows},
    {"Component", {"Component", "Directory_"}, {MSI_S | MSI_KEY, MSI_S}, component_rows},
    {"File",
     {"File", "Component_", "FileName", "FileSize", "Sequence"},
     {MSI_S | MSI_KEY, MSI_S, MSI_S, MSI_I4, MSI_I2},
     file_rows},
    {"Media", {"DiskId", "LastSequence", "Cabinet"}, {MSI_I2 | MSI_KEY, MSI_I4, MSI_SN}, media_rows},
    {"MsiDriverPackages", {"Component", "Flags"}, {MSI_S | MSI_KEY, MSI_I4}, driver_rows},
};

static void expect_files(const struct msi *m)
{
    static const struct {
        const char *path, *cabinet;
        uint32_t size;
        bool driver, shared;
    } rows[] = {
        {"PFiles/Xen PV Drivers/xenbus/xenbus.inf", "#first.cab", 10, true, false},
        {"PFiles/Xen PV Drivers/xenbus/xenbus.sys", "#first.cab", 20, true, false},
        {"PFiles/Xen PV Drivers/tool.exe", "#first.cab", 30, false, false},
        {"PFiles/Xen PV Drivers/xenbus/[BusOld]/XENBUS.SYS", "disk2.cab", 40, false, true},
        {"PFiles/Xen PV Drivers/xenbus/[BusOld]/old.inf", "disk2.cab", 50, false, true},
        {NULL, "disk2.cab", 60, false, false}, /* its directories go round in a ring */
        {NULL, "disk2.cab", 70, false, false}, /* its directory has no parent */
        {NULL, NULL, 80, false, false},        /* past the last Media row; no component */
    };
    assert_int_equal(m->file_count, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < m->file_count; i++) {
        const struct msi_file *f = &m->files[i];
        bool same = f->path && rows[i].path ? strcmp(f->path, rows[i].path) == 0 : !f->path && !rows[i].path;
        bool cabinet = f->cabinet && rows[i].cabinet ? strcmp(f->cabinet, rows[i].cabinet) == 0
                                                     : !f->cabinet && !rows[i].cabinet;
        if (!same || !cabinet || f->size != rows[i].size || f->driver_package != rows[i].driver
            || f->path_shared != rows[i].shared)
            fail_msg("file %zu: '%s' in '%s'", i, f->path ? f->path : "-", f->cabinet ? f->cabinet : "-");
    }
}

static void test_reads_database(void **state)
{
    (void)state;
    for (unsigned width = 2; width <= 3; width++)
        for (unsigned shift = 9; shift <= 12; shift += 3) {
            struct msi_plan plan = {.width = width, .ole.shift = shift};
            struct msi m = {0};
            struct err e = {0};
            msi_build(&plan, tables, T_COUNT);
            assert_true(msi_is(bytes_span(&plan.ole.out)));
            if (!msi_open(bytes_span(&plan.ole.out), &m, &e))
                fail_msg("width %u, shift %u: %s", width, shift, e.text);
            assert_string_equal(msi_property(&m, "ProductName"), "Xen PV Drivers");
            assert_string_equal(msi_property(&m, "ProductVersion"), "9.1.0.0");
            assert_null(msi_property(&m, "UpgradeCode"));
            expect_files(&m);
            msi_release(&m);
            ole_plan_release(&plan.ole);
        }
}

static void test_tables_are_generic(void **state)
{
    struct msi_plan plan = {0};
    struct msi m = {0};
    struct msi_table t = {0};
    struct err e = {0};
    int32_t number = 0;
    (void)state;
    msi_build(&plan, tables, T_COUNT);
    assert_true(msi_open(bytes_span(&plan.ole.out), &m, NULL));
    assert_true(msi_table_open(&m, "Media", &t, NULL));
    assert_int_equal(t.row_count, 2);
    assert_int_equal(t.column_count, 3);
    assert_true(t.columns[0].key);
    assert_true(t.columns[2].nullable);
    assert_true(msi_integer(&t, 0, msi_column(&t, "LastSequence"), &number));
    assert_int_equal(number, 8);
    assert_false(msi_integer(&t, 0, msi_column(&t, "Cabinet"), &number));
    assert_false(msi_integer(&t, 2, 0, &number));
    assert_null(msi_text(&t, 0, 0));
    assert_null(msi_text(&t, 0, SIZE_MAX));
    assert_string_equal(msi_text(&t, 1, 2), "#first.cab");
    msi_table_release(&t);
    assert_false(msi_table_open(&m, "NoSuch", &t, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    msi_release(&m);
    ole_plan_release(&plan.ole);
}

static void test_long_and_utf8_strings(void **state)
{
    static char big[70001];
    const char *const rows[][MSI_PLAN_COLUMNS] = {{"Long", big}, {"After", "Stra\xc3\x9f" "e"}, {NULL}};
    const struct msi_plan_table one = {"Property", {"Property", "Value"}, {MSI_S | MSI_KEY, MSI_S}, rows};
    static const struct {
        unsigned code_page;
        const char *text;
    } pages[] = {{65001, "Stra\xc3\x9f" "e"}, {1252, "Stra\xc3\x83\xc5\xb8" "e"}};
    (void)state;
    memset(big, 'x', sizeof big - 1);
    for (size_t i = 0; i < 2; i++) {
        struct msi_plan plan = {.code_page = pages[i].code_page};
        struct msi m = {0};
        msi_build(&plan, &one, 1);
        assert_true(msi_open(bytes_span(&plan.ole.out), &m, NULL));
        assert_string_equal(msi_property(&m, "Long"), big);
        assert_string_equal(msi_property(&m, "After"), pages[i].text);
        msi_release(&m);
        ole_plan_release(&plan.ole);
    }
}

static void test_summary(void **state)
{
    static const uint32_t set[] = {48 /* size */, 2, 3, 24, 7, 40, 30, 7};
    struct msi_plan plan = {0};
    struct msi m = {0};
    uint8_t stream[48 + 64] = {0};
    (void)state;
    put32(stream + 44, 48);
    for (size_t i = 0; i < sizeof set / sizeof set[0]; i++)
        put32(stream + 48 + i * 4, set[i]);
    memcpy(stream + 48 + 32, "Subject", 7);
    put32(stream + 48 + 40, 30);
    put32(stream + 48 + 44, 9);
    memcpy(stream + 48 + 48, "x64;1033", 9);
    ole_add_ascii(&plan.ole, OLE_ITEMS_MAX, "\005SummaryInformation", stream, sizeof stream);
    msi_build(&plan, tables, T_COUNT);
    assert_true(msi_open(bytes_span(&plan.ole.out), &m, NULL));
    assert_string_equal(m.template_summary, "x64;1033");
    assert_string_equal(m.summary_subject, "Subject");
    msi_release(&m);
    ole_plan_release(&plan.ole);
}

/* Signed bytes: streams by name, the shorter first, a storage's before its CLSID; the signature itself not. */
static void test_signed_spans(void **state)
{
    struct msi_plan plan = {0};
    struct msi m = {0};
    struct span_list content = {0}, prehash = {0};
    struct bytes joined = {0}, meta = {0};
    (void)state;
    ole_add_ascii(&plan.ole, OLE_ITEMS_MAX, "zz", "last", 4);
    ole_add_ascii(&plan.ole, OLE_ITEMS_MAX, "\005DigitalSignature", "PKCS7", 5);
    ole_add_ascii(&plan.ole, OLE_ITEMS_MAX, "\005MsiDigitalSignatureEx", "EX", 2);
    size_t storage = ole_add_ascii(&plan.ole, OLE_ITEMS_MAX, "b", NULL, 0);
    ole_add_ascii(&plan.ole, storage, "\005DigitalSignature", "inside", 6);
    ole_add_ascii(&plan.ole, OLE_ITEMS_MAX, "a", "first", 5);
    ole_add_ascii(&plan.ole, OLE_ITEMS_MAX, "ab", "second", 6);
    plan.width = 2;
    msi_add_strings(&plan);
    plan.ole.shift = 9;
    msi_add_stream(&plan, "!_Columns", "", 0);
    ole_build(&plan.ole);
    struct err e = {0};
    if (!msi_open(bytes_span(&plan.ole.out), &m, &e))
        fail_msg("%s", e.text);
    assert_int_equal(msi_signature_stream(&m), 2);
    assert_int_equal(msi_signature_ex_stream(&m), 3);
    assert_true(msi_signed_content(&m, &content, NULL));
    spans_join(&content, &joined);
    struct text want = {0};
    text_add_bytes(&want, "\0\0\0\0", 4); /* the string pool's head; tables' names begin with 0x4840 */
    text_add(&want, "firstsecondinside");
    for (int i = 0; i < 16; i++)
        text_addf(&want, "%c", 0x10 + 4); /* the storage's CLSID */
    text_add(&want, "last");
    for (int i = 0; i < 16; i++)
        text_addf(&want, "%c", 0x10);
    assert_true(span_equal(bytes_span(&joined), span_of(want.at, want.size)));

    assert_true(msi_signed_prehash(&m, &prehash, NULL));
    spans_join(&prehash, &meta);
    struct span all = bytes_span(&meta);
    size_t root = 16 + 4, first = span_find(all, 0, span_of("a\0\5\0\0\0\6", 7));
    assert_true(first != SIZE_MAX && first > root);
    assert_int_equal(span_find(all, 0, span_of("a\0b\0\6\0\0\0\7", 9)), first + 2 + 4 + 4 + 16);
    assert_int_equal(span_find(all, 0, span_of("M\0s\0i\0D\0i\0g", 11)), SIZE_MAX);
    assert_int_equal(span_find(all, 0, span_of("D\0i\0g\0i\0t\0a\0l\0S\0i\0g\0n\0a\0t\0u\0r\0e\0\5", 33)), SIZE_MAX);
    assert_true(span_find(all, 0, span_of("D\0i\0g\0i\0t\0a\0l\0S\0i\0g\0n\0a\0t\0u\0r\0e\0\6", 33)) != SIZE_MAX);
    text_release(&want);
    bytes_release(&joined);
    bytes_release(&meta);
    spans_release(&content);
    spans_release(&prehash);
    msi_release(&m);
    ole_plan_release(&plan.ole);
}

/* One stream of the sample replaced by these bytes. */
struct attack {
    const char *what;
    const char *stream;
    const char *bytes;
    size_t size;
    enum err_kind kind;
};

static const struct attack attacks[] = {
    {"the string pool is empty", "!_StringPool", "", 0, ERR_FORMAT},
    {"a string past the end of its data", "!_StringPool", "\xe4\4\0\0\xff\xff\1\0", 8, ERR_FORMAT},
    {"a string of 4 GB", "!_StringPool", "\xe4\4\0\0\0\0\1\0\xff\xff\xff\xff", 12, ERR_FORMAT},
    {"the length of a long string is cut off", "!_StringPool", "\xe4\4\0\0\0\0\1\0", 8, ERR_FORMAT},
    {"columns that do not fill whole rows", "!_Columns", "1234567", 7, ERR_FORMAT},
    {"a table that does not fill whole rows", "!File", "123456789", 9, ERR_FORMAT},
};

static void replace(struct msi_plan *plan, const char *name, const struct attack *a)
{
    struct msi_plan probe = {0};
    size_t at = msi_add_stream(&probe, name, "", 0);
    for (size_t i = 0; i < plan->ole.count; i++) {
        struct ole_item *item = &plan->ole.items[i];
        if (item->units != probe.ole.items[at].units
            || memcmp(item->name, probe.ole.items[at].name, item->units * 2) != 0)
            continue;
        bytes_release(&item->content);
        item->content = (struct bytes){mem_zero(a->size, 1), a->size};
        memcpy(item->content.at, a->bytes, a->size);
    }
    ole_plan_release(&probe.ole);
}

static void test_attacks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attacks / sizeof attacks[0]; i++) {
        struct msi_plan plan = {0};
        struct msi m = {0};
        struct err e = {0};
        msi_build(&plan, tables, T_COUNT);
        bytes_release(&plan.ole.out);
        replace(&plan, attacks[i].stream, &attacks[i]);
        ole_build(&plan.ole);
        if (msi_open(bytes_span(&plan.ole.out), &m, &e) || e.kind != attacks[i].kind || m.ole.entries)
            fail_msg("%s: kind %d '%s'", attacks[i].what, (int)e.kind, e.text);
        ole_plan_release(&plan.ole);
    }
}

/* Columns as _Columns may describe them wrongly. */
static void test_bad_columns(void **state)
{
    static const struct {
        const char *what;
        struct msi_plan_table table;
    } rows[] = {
        {"a column of an unknown type", {"File", {"File"}, {0x0103}, NULL}},
        {"a column without a name", {"File", {""}, {MSI_S}, NULL}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct msi_plan plan = {0};
        struct msi m = {0};
        struct err e = {0};
        msi_build(&plan, &rows[i].table, 1);
        if (msi_open(bytes_span(&plan.ole.out), &m, &e) || e.kind != ERR_FORMAT)
            fail_msg("%s: kind %d '%s'", rows[i].what, (int)e.kind, e.text);
        ole_plan_release(&plan.ole);
    }
    struct msi_plan plan = {0};
    struct msi m = {0};
    const struct msi_plan_table twice[] = {rows[0].table, rows[0].table};
    struct msi_plan_table fixed[2] = {twice[0], twice[1]};
    fixed[0].types[0] = fixed[1].types[0] = MSI_S;
    msi_build(&plan, fixed, 2); /* the same column described twice */
    assert_false(msi_open(bytes_span(&plan.ole.out), &m, NULL));
    ole_plan_release(&plan.ole);
}

/* Directories in directories beyond any sense, and names that would make a path of megabytes. */
static void test_paths_have_limits(void **state)
{
    static char keys[60][8], name[300];
    const char *rows[62][MSI_PLAN_COLUMNS] = {{NULL}};
    static const char *const components[][MSI_PLAN_COLUMNS] = {
        {"Near", "d5"}, {"Far", "d59"}, {"Wide", "d20"}, {NULL}};
    static const char *const files[][MSI_PLAN_COLUMNS] = {
        {"f1", "Near", "a.sys", "1", "1"}, {"f2", "Far", "b.sys", "1", "2"}, {"f3", "Wide", "c.sys", "1", "3"}, {NULL}};
    (void)state;
    memset(name, 'n', 90);
    for (size_t i = 0; i < 60; i++) {
        snprintf(keys[i], sizeof keys[i], "d%zu", i);
        rows[i][0] = keys[i];
        rows[i][1] = i ? keys[i - 1] : "";
        rows[i][2] = name;
    }
    struct msi_plan_table three[] = {tables[T_DIRECTORY], tables[T_COMPONENT], tables[T_FILE]};
    three[0].rows = (const char *const(*)[MSI_PLAN_COLUMNS])rows;
    three[1].rows = components;
    three[2].rows = files;
    struct msi_plan plan = {0};
    struct msi m = {0};
    msi_build(&plan, three, 3);
    assert_true(msi_open(bytes_span(&plan.ole.out), &m, NULL));
    assert_int_equal(strlen(m.files[0].path), 5 * 91 + 5);
    assert_null(m.files[1].path); /* 59 directories deep */
    assert_null(m.files[2].path); /* 20 names of 90 characters */
    msi_release(&m);
    ole_plan_release(&plan.ole);
}

static void test_not_an_msi(void **state)
{
    struct msi_plan plan = {.ole.shift = 9};
    struct msi m = {0};
    struct err e = {0};
    (void)state;
    ole_add_ascii(&plan.ole, OLE_ITEMS_MAX, "WordDocument", "text", 4);
    ole_build(&plan.ole);
    assert_false(msi_is(bytes_span(&plan.ole.out)));
    assert_false(msi_open(bytes_span(&plan.ole.out), &m, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_false(msi_is(span_text("MZ")));
    ole_plan_release(&plan.ole);
}

/* Every byte changed in turn, every table read: no fault (the sanitizers watch), and sums that stay true. */
static void test_every_byte(void **state)
{
    struct msi_plan plan = {0};
    size_t opened = 0;
    (void)state;
    msi_build(&plan, tables, T_COUNT);
    struct bytes *b = &plan.ole.out;
    for (size_t i = 512; i < b->size; i += 1) {
        struct msi m = {0};
        uint8_t before = b->at[i];
        b->at[i] = (uint8_t)(before ^ 0x83);
        if (msi_open(bytes_span(b), &m, NULL)) {
            struct span_list l = {0};
            opened++;
            if (msi_signed_content(&m, &l, NULL))
                assert_true(spans_size(&l) <= b->size);
            spans_release(&l);
            for (size_t k = 0; k < m.file_count; k++)
                assert_true(!m.files[k].path || strlen(m.files[k].path) <= NAME_BYTES_MAX);
            msi_release(&m);
        }
        b->at[i] = before;
    }
    assert_true(opened > 0);
    ole_plan_release(&plan.ole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_database),        cmocka_unit_test(test_tables_are_generic),
        cmocka_unit_test(test_long_and_utf8_strings), cmocka_unit_test(test_summary),
        cmocka_unit_test(test_signed_spans),          cmocka_unit_test(test_attacks),
        cmocka_unit_test(test_bad_columns),           cmocka_unit_test(test_paths_have_limits),
        cmocka_unit_test(test_not_an_msi),            cmocka_unit_test(test_every_byte),
    };
    return cmocka_run_group_tests_name("msi", tests, NULL, NULL);
}
