/* package: every kind of container, good, nested and bad in each way that we know of. */
#define _POSIX_C_SOURCE 200809L

#include "verifier/package.h"

#include "verifier/name.h"

#include "tests/unit/build_cab.h"
#include "tests/unit/build_msi.h"

#include <archive.h>
#include <archive_entry.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { ARCHIVE_ROOM = 96 << 20 };

/* One member to put into an archive. */
struct member {
    const char *name;
    const char *content;
    size_t size;      /* 0: that of content as text */
    const char *link; /* target of a symbolic link, with type AE_IFLNK; of a hard link otherwise */
    unsigned type;    /* 0: a file */
};

static const struct member sample[] = {
    {.name = "xenbus/xenbus.inf", .content = "; comment\r\n[Version]\r\nSignature=\"$Windows NT$\"\r\n"},
    {.name = "xenbus/x64/xenbus.sys", .content = "a driver, more or less"},
    {.name = "xenbus/x64/xenbus_monitor.exe", .content = "a second file, of other content and of another length"},
};

enum { SAMPLE = sizeof sample / sizeof sample[0] };

static size_t member_size(const struct member *m)
{
    return m->size ? m->size : m->content ? strlen(m->content) : 0;
}

struct recipe {
    const char *what;
    int (*format)(struct archive *);
    int (*filter)(struct archive *);
    const char *options, *passphrase;
    enum package_kind kind;
};

static void check(struct archive *a, int result)
{
    if (result != ARCHIVE_OK)
        fail_msg("libarchive cannot write: %s", archive_error_string(a));
}

static void write_member(struct archive *a, const struct member *m)
{
    struct archive_entry *entry = archive_entry_new();
    size_t size = m->link || (m->type && m->type != AE_IFREG) ? 0 : member_size(m);
    archive_entry_set_pathname(entry, m->name);
    archive_entry_set_filetype(entry, m->type ? m->type : AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    if (m->link && m->type == AE_IFLNK)
        archive_entry_set_symlink(entry, m->link);
    else if (m->link)
        archive_entry_set_hardlink(entry, m->link);
    check(a, archive_write_header(a, entry));
    if (size)
        assert_int_equal(archive_write_data(a, m->content, size), size);
    archive_entry_free(entry);
}

static struct bytes make(const struct recipe *r, const struct member *members, size_t count)
{
    struct archive *a = archive_write_new();
    size_t used = 0;
    uint8_t *room = malloc(ARCHIVE_ROOM);
    assert_non_null(room);
    check(a, r->format(a));
    check(a, r->filter ? r->filter(a) : ARCHIVE_OK);
    check(a, r->options ? archive_write_set_options(a, r->options) : ARCHIVE_OK);
    check(a, r->passphrase ? archive_write_set_passphrase(a, r->passphrase) : ARCHIVE_OK);
    archive_write_set_bytes_in_last_block(a, 1);
    check(a, archive_write_open_memory(a, room, ARCHIVE_ROOM, &used));
    for (size_t i = 0; i < count; i++)
        write_member(a, &members[i]);
    check(a, archive_write_close(a));
    archive_write_free(a);
    return (struct bytes){mem_resize(room, used, 1), used};
}

static const struct recipe recipes[] = {
    {"tar", archive_write_set_format_ustar, NULL, NULL, NULL, PACKAGE_TAR},
    {"pax tar", archive_write_set_format_pax, NULL, NULL, NULL, PACKAGE_TAR},
    {"tar.gz", archive_write_set_format_ustar, archive_write_add_filter_gzip, NULL, NULL, PACKAGE_TAR},
    {"tar.bz2", archive_write_set_format_ustar, archive_write_add_filter_bzip2, NULL, NULL, PACKAGE_TAR},
    {"tar.xz", archive_write_set_format_ustar, archive_write_add_filter_xz, NULL, NULL, PACKAGE_TAR},
    {"zip", archive_write_set_format_zip, NULL, NULL, NULL, PACKAGE_ZIP},
    {"7z", archive_write_set_format_7zip, NULL, NULL, NULL, PACKAGE_7Z},
    {"iso", archive_write_set_format_iso9660, NULL, NULL, NULL, PACKAGE_ISO},
};

enum { TAR = 0, TAR_GZ = 2, ZIP = 5, ISO = 7, RECIPES = sizeof recipes / sizeof recipes[0] };

static void expect_open(const char *name, struct span bytes, struct package *p)
{
    struct err e = {0};
    if (!package_open_bytes(name, bytes, p, &e))
        fail_msg("%s: %s", name, e.text);
}

static const char *first_finding(const struct package *p)
{
    return p->findings.count ? p->findings.at[0].message : "no finding";
}

static void expect_entry(const struct package *p, const char *name, const char *content, size_t size)
{
    size_t i = package_find(p, name);
    if (i == SIZE_MAX)
        fail_msg("'%s' is not there; %s", name, first_finding(p));
    const struct package_entry *entry = &p->entries[i];
    if (!entry->loaded || !span_equal(entry->bytes, span_of(content, size)))
        fail_msg("'%s' has other bytes", name);
    assert_int_equal(entry->size, size);
}

static void expect_sample(const struct package *p, const char *prefix)
{
    for (size_t i = 0; i < SAMPLE; i++) {
        struct text name = {0};
        text_addf(&name, "%s%s", prefix, sample[i].name);
        expect_entry(p, text_str(&name), sample[i].content, member_size(&sample[i]));
        text_release(&name);
    }
}

static void test_archives(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECIPES; i++) {
        struct bytes b = make(&recipes[i], sample, SAMPLE);
        struct package p = {0};
        expect_open(recipes[i].what, bytes_span(&b), &p);
        if (p.kind != recipes[i].kind || p.count != SAMPLE || p.damaged || p.findings.count)
            fail_msg("%s: kind %d, %zu files, %s", recipes[i].what, (int)p.kind, p.count, first_finding(&p));
        expect_sample(&p, "");
        assert_int_equal(p.entries[package_find(&p, "XENBUS\\XENBUS.INF")].kind, PACKAGE_INF);
        assert_true(span_equal(p.bytes, bytes_span(&b)));
        package_release(&p);
        bytes_release(&b);
    }
}

/* Nothing is copied out of an archive that is not compressed: a large one is in memory once. */
static void test_stored_members_stay_in_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECIPES; i++) {
        bool plain = strcmp(recipes[i].what, "tar") == 0 || recipes[i].kind == PACKAGE_ISO;
        bool packed = recipes[i].kind == PACKAGE_TAR && recipes[i].filter;
        struct bytes b = make(&recipes[i], sample, SAMPLE);
        struct package p = {0};
        expect_open(recipes[i].what, bytes_span(&b), &p);
        for (size_t k = 0; k < p.count && (plain || packed); k++) {
            struct span bytes = p.entries[k].bytes;
            bool inside = bytes.at >= b.at && bytes.at < b.at + b.size;
            if (bytes.size && inside != plain)
                fail_msg("%s: '%s' lies %s the archive", recipes[i].what, p.entries[k].name,
                         inside ? "in" : "outside of");
        }
        package_release(&p);
        bytes_release(&b);
    }
}

static void test_kinds(void **state)
{
    static const struct {
        const char *what, *bytes;
        size_t size;
        enum package_kind kind;
    } rows[] = {
        {"nothing", "", 0, PACKAGE_OTHER},
        {"MZ without PE", "MZ-----------------------------------------------------------------", 64, PACKAGE_OTHER},
        {"PE header past the end",
         "MZ----------------------------------------------------------\xff\xff\xff\xff", 64, PACKAGE_OTHER},
        {"PE", "MZ----------------------------------------------------------\x40\0\0\0PE\0\0", 68, PACKAGE_PE},
        {"a placeholder catalog", "hptmv\n", 6, PACKAGE_OTHER},
        {"a catalog",
         "\x30\x82\x10\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x82\x10\x00\x30\x82\x10\x00\x02\x01\x01\x31"
         "\x00\x30\x82\x10\x00\x06\x09\x2b\x06\x01\x04\x01\x82\x37\x0a\x01", 44, PACKAGE_CATALOG},
        {"another PKCS#7",
         "\x30\x82\x10\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x82\x10\x00\x30\x82\x10\x00\x02\x01\x01\x31"
         "\x00\x30\x82\x10\x00\x06\x09\x2b\x06\x01\x04\x01\x82\x37\x02\x01", 44, PACKAGE_OTHER},
        {"an INF", "; x\n  [VERSION]\nSignature", 25, PACKAGE_INF},
        {"an INF in UTF-16", "\xff\xfe;\0\r\0\n\0[\0V\0e\0r\0s\0i\0o\0n\0]\0", 26, PACKAGE_INF},
        {"an INF in UTF-8 with its mark", "\xef\xbb\xbf[Version]\r\n", 14, PACKAGE_INF},
        {"a section that is not at a line's start", "see [Version]", 13, PACKAGE_OTHER},
        {"a binary that mentions a section", "\0\n[Version]\n", 12, PACKAGE_OTHER},
        {"a word that is cut at the end", "[Versio", 7, PACKAGE_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum package_kind kind = package_kind_of(span_of(rows[i].bytes, rows[i].size));
        if (kind != rows[i].kind)
            fail_msg("%s: taken for %s", rows[i].what, package_kind_name(kind));
    }
    assert_string_equal(package_kind_name(PACKAGE_7Z), "7z");
    assert_string_equal(package_kind_name(PACKAGE_INF), "inf");
    assert_false(package_kind_holds_files(PACKAGE_PE));
}

/* Not ASCII: the names must come through in the C locale as well, which this test runs in. */
static void test_names_beyond_ascii(void **state)
{
    static const struct member members[] = {{.name = "Treiber-\xc3\xbc.inf", .content = "x"}};
    static const char stored_zip[] = /* libarchive writes UTF-8 names in a UTF-8 locale only */
        "PK\3\4\24\0\0\10\0\0\0\0\0\0\x83\x16\xdc\x8c\1\0\0\0\1\0\0\0\x06\0\0\0\xc3\xbc.infx"
        "PK\1\2\24\3\24\0\0\10\0\0\0\0\0\0\x83\x16\xdc\x8c\1\0\0\0\1\0\0\0\x06\0\0\0\0\0"
        "\0\0\0\0\0\0\0\0\0\0\0\0\xc3\xbc.inf"
        "PK\5\6\0\0\0\0\1\0\1\0\x34\0\0\0\x25\0\0\0\0";
    struct bytes tar = make(&recipes[TAR], members, 1);
    struct package p = {0};
    (void)state;
    expect_open("tar", bytes_span(&tar), &p);
    expect_entry(&p, members[0].name, "x", 1);
    package_release(&p);
    expect_open("zip", span_of(stored_zip, sizeof stored_zip), &p);
    expect_entry(&p, "\xc3\x9c.INF", "x", 1);
    package_release(&p);
    bytes_release(&tar);
}

static const char folder_text[] = "the uncompressed bytes of the one folder in this cabinet";

/* Files out of order, two at one place, one inside another, one empty: all that libarchive alone refuses. */
static const struct cab_plan_file cab_files[] = {
    {"last.sys", 0, 20, 10}, {"first.sys", 0, 0, 9}, {"alias.sys", 0, 20, 10}, {"part\\inside.sys", 0, 2, 3},
    {"empty.txt", 0, 5, 0},
};

static void test_cabinets(void **state)
{
    static const unsigned types[] = {CAB_PLAN_STORED, CAB_PLAN_MSZIP, CAB_PLAN_LZX};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const struct cab_plan_folder folder = {folder_text, sizeof folder_text, types[i]};
        const struct cab_plan plan = {&folder, 1, cab_files, 5, false};
        struct text t = {0};
        struct package p = {0};
        cab_build(&plan, &t);
        expect_open("cab", span_of(t.at, t.size), &p);
        if (p.kind != PACKAGE_CAB || p.damaged || p.count != 5)
            fail_msg("compression 0x%x: %zu files, %s", types[i], p.count, first_finding(&p));
        for (size_t k = 0; k < 5; k++)
            expect_entry(&p, cab_files[k].name, folder_text + cab_files[k].offset, cab_files[k].size);
        package_release(&p);
        text_release(&t);
    }
}

static bool has(const struct package *p, const char *code)
{
    return findings_have(&p->findings, code, NULL) != NULL;
}

static void expect_refused(const char *what, const struct package *p, const char *code)
{
    if (!has(p, code) || !p->damaged)
        fail_msg("%s: no %s, but %s (damaged %d)", what, code, first_finding(p), p->damaged);
}

static void test_cabinets_refused(void **state)
{
    static const struct {
        const char *what;
        size_t offset;
        unsigned value;
        const char *code;
    } rows[] = {
        {"Quantum", 36 + 6, CAB_PLAN_QUANTUM, "container-unsupported"},
        {"one volume of several", 30, 2, "container-unsupported"},
        {"a file outside its folder", 36 + 8 + 6, 0x7fff, "container-corrupt"},
        {"more bytes in its header than there are", 10, 1, "container-truncated"},
        {"a block larger than the file", 36 + 8 + 16 * 5 + 55 + 4, 0x7000, "container-truncated"},
        {"a block larger than any", 36 + 8 + 16 * 5 + 55 + 4, 0xffff, "container-corrupt"},
    };
    const struct cab_plan_folder folder = {folder_text, sizeof folder_text, CAB_PLAN_MSZIP};
    const struct cab_plan plan = {&folder, 1, cab_files, 5, false};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text t = {0};
        struct package p = {0};
        cab_build(&plan, &t);
        put16((uint8_t *)t.at + rows[i].offset, rows[i].value);
        expect_open("cab", span_of(t.at, t.size), &p);
        expect_refused(rows[i].what, &p, rows[i].code);
        package_release(&p);
        text_release(&t);
    }
}

/* 3,000 names for the same 30,000 bytes: each use counts. */
static void test_cabinet_of_aliases(void **state)
{
    enum { ALIASES = 3000, SIZE = 30000 };
    static struct cab_plan_file files[ALIASES];
    static char names[ALIASES][12], content[SIZE];
    const struct cab_plan_folder folder = {content, SIZE, CAB_PLAN_STORED};
    const struct cab_plan plan = {&folder, 1, files, ALIASES, false};
    struct text t = {0};
    struct package p = {0};
    uint64_t total = 0;
    (void)state;
    for (size_t i = 0; i < ALIASES; i++) {
        snprintf(names[i], sizeof names[i], "f%zu", i);
        files[i] = (struct cab_plan_file){names[i], 0, 0, SIZE};
    }
    cab_build(&plan, &t);
    expect_open("cab", span_of(t.at, t.size), &p);
    expect_refused("aliases", &p, "limit-ratio");
    for (size_t i = 0; i < p.count; i++)
        total += p.entries[i].size;
    assert_true(total <= PACKAGE_RATIO_FLOOR);
    package_release(&p);
    text_release(&t);
}

static const char *const no_rows[][MSI_PLAN_COLUMNS] = {
    {"TARGETDIR", "", "SourceDir"}, {"D", "TARGETDIR", "short|drivers"}, {NULL}};
static const char *const components[][MSI_PLAN_COLUMNS] = {{"C", "D"}, {NULL}};
static const char *const msi_files[][MSI_PLAN_COLUMNS] = {
    {"first.sys", "C", "F~1.SYS|first.sys", "9", "1"}, {"last.sys", "C", "last.sys", "10", "2"},
    {"alias.sys", "C", "ALIAS.SYS|alias.sys", "10", "3"}, {"gone", "C", "gone.sys", "10", "4"},
    {"away", "C", "away.sys", "10", "5"}, {NULL}};
static const char *const media[][MSI_PLAN_COLUMNS] = {{"1", "4", "#in.cab"}, {"2", "9", "out.cab"}, {NULL}};

static const struct msi_plan_table msi_tables[] = {
    {"Directory", {"Directory", "Directory_Parent", "DefaultDir"}, {MSI_S | MSI_KEY, MSI_SN, MSI_S}, no_rows},
    {"Component", {"Component", "Directory_"}, {MSI_S | MSI_KEY, MSI_S}, components},
    {"File",
     {"File", "Component_", "FileName", "FileSize", "Sequence"},
     {MSI_S | MSI_KEY, MSI_S, MSI_S, MSI_I4, MSI_I2},
     msi_files},
    {"Media", {"DiskId", "LastSequence", "Cabinet"}, {MSI_I2 | MSI_KEY, MSI_I4, MSI_SN}, media},
};

static void build_sample_msi(struct msi_plan *plan, bool with_cabinet)
{
    const struct cab_plan_folder folder = {folder_text, sizeof folder_text, CAB_PLAN_LZX};
    const struct cab_plan cab = {&folder, 1, cab_files, 5, false};
    struct text t = {0};
    cab_build(&cab, &t);
    if (with_cabinet)
        msi_add_stream(plan, "in.cab", t.at, t.size);
    text_release(&t);
    msi_build(plan, msi_tables, 4);
}

static void test_msi(void **state)
{
    struct msi_plan plan = {0};
    struct package p = {0};
    (void)state;
    build_sample_msi(&plan, true);
    expect_open("x.msi", bytes_span(&plan.ole.out), &p);
    assert_int_equal(p.kind, PACKAGE_MSI);
    assert_int_equal(p.count, 3);
    expect_entry(&p, "drivers/first.sys", folder_text, 9);
    expect_entry(&p, "drivers/last.sys", folder_text + 20, 10);
    expect_entry(&p, "drivers/alias.sys", folder_text + 20, 10);
    assert_non_null(findings_have(&p.findings, "msi-file-missing", "drivers/gone.sys"));
    expect_refused("msi", &p, "msi-external-cabinet");
    package_release(&p);
    ole_plan_release(&plan.ole);
}

static void test_msi_without_its_cabinet(void **state)
{
    struct msi_plan plan = {0};
    struct package p = {0};
    (void)state;
    build_sample_msi(&plan, false);
    expect_open("x.msi", bytes_span(&plan.ole.out), &p);
    assert_int_equal(p.count, 0);
    assert_non_null(findings_have(&p.findings, "msi-file-missing", "drivers/first.sys"));
    package_release(&p);
    put32(plan.ole.out.at + 44, 0xffffffff);
    expect_open("x.msi", bytes_span(&plan.ole.out), &p);
    assert_int_equal(p.kind, PACKAGE_MSI);
    expect_refused("a compound file with 4 G FAT sectors", &p, "container-corrupt");
    package_release(&p);
    ole_plan_release(&plan.ole);
}

/* An MSI with a cabinet per file, and more of them than makes sense. */
static void test_msi_of_many_cabinets(void **state)
{
    enum { COUNT = PACKAGE_CABINETS_MAX + 20 };
    static char keys[COUNT][8], cabinets[COUNT][8], numbers[COUNT][8];
    const char *files[COUNT + 1][MSI_PLAN_COLUMNS] = {{NULL}}, *rows[COUNT + 1][MSI_PLAN_COLUMNS] = {{NULL}};
    struct msi_plan_table many[4];
    struct msi_plan plan = {0};
    struct package p = {0};
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(keys[i], sizeof keys[i], "f%zu", i);
        snprintf(cabinets[i], sizeof cabinets[i], "#c%zu", i);
        snprintf(numbers[i], sizeof numbers[i], "%zu", i + 1);
        const char *const file[] = {keys[i], "C", keys[i], "1", numbers[i]};
        const char *const row[] = {numbers[i], numbers[i], cabinets[i]};
        memcpy(files[i], file, sizeof file);
        memcpy(rows[i], row, sizeof row);
    }
    memcpy(many, msi_tables, sizeof many);
    many[2].rows = (const char *const(*)[MSI_PLAN_COLUMNS])files;
    many[3].rows = (const char *const(*)[MSI_PLAN_COLUMNS])rows;
    msi_build(&plan, many, 4);
    expect_open("x.msi", bytes_span(&plan.ole.out), &p);
    expect_refused("many cabinets", &p, "limit-count");
    assert_int_equal(p.findings.count, PACKAGE_CABINETS_MAX + 1);
    package_release(&p);
    ole_plan_release(&plan.ole);
}

/* A document is a compound file too, and a compressed file need not be a tar: both are files, and nothing is wrong. */
static void test_only_looks_like_a_container(void **state)
{
    static const unsigned char hello_gz[] = {0x1f, 0x8b, 8,    0,    0,    0,    0,    0,    0, 3, 0xcb, 0x48, 0xcd,
                                             0xc9, 0xc9, 0xe7, 0x02, 0x00, 0x20, 0x30, 0x3a, 0x36, 6,    0,    0, 0};
    struct ole_plan plan = {.shift = 9};
    struct package p = {0};
    (void)state;
    ole_add_ascii(&plan, OLE_ITEMS_MAX, "WordDocument", "text", 4);
    ole_build(&plan);
    expect_open("folder/a.doc", bytes_span(&plan.out), &p);
    assert_int_equal(p.kind, PACKAGE_OTHER);
    assert_int_equal(p.count, 1);
    assert_string_equal(p.entries[0].name, "a.doc");
    assert_false(p.damaged);
    package_release(&p);
    expect_open("hello.gz", span_of(hello_gz, sizeof hello_gz), &p);
    assert_int_equal(p.kind, PACKAGE_OTHER);
    assert_false(p.damaged);
    package_release(&p);
    ole_plan_release(&plan);
}

static void test_nested(void **state)
{
    struct msi_plan plan = {0};
    struct package p = {0};
    (void)state;
    build_sample_msi(&plan, true);
    struct bytes tar = make(&recipes[TAR_GZ], sample, SAMPLE);
    const struct member outer[] = {
        {.name = "drivers/xenbus.tar.gz", .content = (const char *)tar.at, .size = tar.size},
        {.name = "setup.msi", .content = (const char *)plan.ole.out.at, .size = plan.ole.out.size},
        {.name = "readme.txt", .content = "hello"},
    };
    struct bytes zip = make(&recipes[ZIP], outer, 3);
    expect_open("all.zip", bytes_span(&zip), &p);
    assert_int_equal(p.count, 3 + SAMPLE + 3);
    expect_sample(&p, "drivers/xenbus.tar.gz!/");
    expect_entry(&p, "setup.msi!/drivers/last.sys", folder_text + 20, 10);
    assert_int_equal(p.entries[package_find(&p, "drivers/xenbus.tar.gz")].kind, PACKAGE_TAR);
    assert_false(p.entries[package_find(&p, "drivers/xenbus.tar.gz")].damaged);
    assert_true(p.entries[package_find(&p, "setup.msi")].damaged);
    assert_true(p.damaged);
    assert_non_null(findings_have(&p.findings, "msi-file-missing", "setup.msi!/drivers/gone.sys"));
    package_release(&p);
    bytes_release(&zip);
    bytes_release(&tar);
    ole_plan_release(&plan.ole);
}

static void test_nested_too_deep(void **state)
{
    (void)state;
    for (size_t deep = PACKAGE_DEPTH_MAX - 1; deep <= PACKAGE_DEPTH_MAX + 1; deep++) {
        struct bytes inner = make(&recipes[TAR], sample, 1);
        struct package p = {0};
        for (size_t i = 1; i < deep; i++) {
            const struct member m = {.name = "in.tar", .content = (const char *)inner.at, .size = inner.size};
            struct bytes outer = make(&recipes[TAR], &m, 1);
            bytes_release(&inner);
            inner = outer;
        }
        expect_open("out.tar", bytes_span(&inner), &p);
        bool refused = has(&p, "limit-depth");
        if (refused != (deep > PACKAGE_DEPTH_MAX) || refused != p.damaged)
            fail_msg("%zu containers deep: %s", deep, first_finding(&p));
        package_release(&p);
        bytes_release(&inner);
    }
}

/* One bad member among good ones: it alone is left out. */
static void test_bad_members(void **state)
{
    static const struct {
        const char *what;
        struct member member;
        const char *code;
        bool damaged;
    } rows[] = {
        {"a name that leaves the folder", {.name = "../../evil.sys", .content = "x"}, "name-unsafe", true},
        {"an absolute name", {.name = "/evil.sys", .content = "x"}, "name-unsafe", true},
        {"a device", {.name = "xenbus/nul.sys", .content = "x"}, "name-unsafe", true},
        {"a stream", {.name = "xenbus/xenbus.inf:evil", .content = "x"}, "name-unsafe", true},
        {"a trailing dot", {.name = "xenbus/xenbus.inf.", .content = "x"}, "name-unsafe", true},
        {"another case", {.name = "XENBUS/XENBUS.INF", .content = "evil"}, "name-duplicate", true},
        {"another slash", {.name = "xenbus\\xenbus.inf", .content = "evil"}, "name-duplicate", true},
        {"the same once more", {.name = sample[0].name, .content = "other"}, "name-duplicate", true},
        {"a file where a folder is", {.name = "xenbus", .content = "x"}, "name-duplicate", true},
        {"a folder where a file is", {.name = "xenbus/xenbus.inf/x", .content = "x"}, "name-duplicate", true},
        {"a symbolic link", {.name = "evil.sys", .link = "/etc/passwd", .type = AE_IFLNK}, "entry-link", false},
        {"a hard link", {.name = "evil.sys", .link = "xenbus/xenbus.inf"}, "entry-link", false},
        {"a pipe", {.name = "pipe", .type = AE_IFIFO}, "entry-special", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct member members[SAMPLE + 1];
        struct package p = {0};
        memcpy(members, sample, sizeof sample);
        members[SAMPLE] = rows[i].member;
        struct bytes b = make(&recipes[TAR], members, SAMPLE + 1);
        expect_open(rows[i].what, bytes_span(&b), &p);
        if (!has(&p, rows[i].code) || p.findings.count > SAMPLE || p.damaged != rows[i].damaged)
            fail_msg("%s: %zu findings, %s", rows[i].what, p.findings.count, first_finding(&p));
        if (strcmp(rows[i].what, "a file where a folder is") != 0) {
            assert_int_equal(p.count, SAMPLE);
            expect_sample(&p, "");
        }
        package_release(&p);
        bytes_release(&b);
    }
}

static void test_same_file_twice(void **state)
{
    const struct member twice[] = {sample[0], sample[0]};
    struct bytes b = make(&recipes[TAR], twice, 2);
    struct package p = {0};
    (void)state;
    expect_open("tar", bytes_span(&b), &p);
    assert_int_equal(p.count, 1);
    assert_true(has(&p, "name-duplicate"));
    assert_false(p.damaged);
    package_release(&p);
    bytes_release(&b);
}

static void test_encrypted(void **state)
{
    const struct recipe secret = {"zip", archive_write_set_format_zip, NULL, "zip:encryption=zipcrypt", "secret",
                                  PACKAGE_ZIP};
    struct bytes b = make(&secret, sample, 1);
    struct package p = {0};
    (void)state;
    expect_open("zip", bytes_span(&b), &p);
    assert_int_equal(p.count, 0);
    expect_refused("encrypted", &p, "entry-encrypted");
    package_release(&p);
    bytes_release(&b);
}

/* Sizes in a tar header are 11 octal digits at 124; the sum of the header stands at 148. */
static void set_tar_size(struct bytes *b, const char *octal)
{
    unsigned sum = 0;
    memcpy(b->at + 124, octal, 11);
    memset(b->at + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += b->at[i];
    snprintf((char *)b->at + 148, 8, "%06o", sum);
}

static void test_size_limits(void **state)
{
    (void)state;
    struct bytes tar = make(&recipes[TAR], sample, 1);
    struct package p = {0};
    set_tar_size(&tar, "77777777777"); /* 8 GB, in a file of 2 KB */
    expect_open("tar", bytes_span(&tar), &p);
    expect_refused("8 GB declared", &p, "limit-entry");
    assert_int_equal(p.count, 0);
    package_release(&p);

    size_t size = (size_t)PACKAGE_RATIO_FLOOR + 1;
    char *zeros = mem_zero(size, 1);
    const struct member bomb[] = {{.name = "bomb", .content = zeros, .size = size}, sample[0]};
    static const int with[] = {TAR_GZ, ZIP};
    for (size_t i = 0; i < 2; i++) {
        struct bytes b = make(&recipes[with[i]], bomb, 2);
        expect_open("bomb", bytes_span(&b), &p);
        expect_refused(recipes[with[i]].what, &p, "limit-ratio");
        assert_int_equal(package_find(&p, "bomb"), SIZE_MAX);
        package_release(&p);
        bytes_release(&b);
    }
    mem_free(zeros);
    bytes_release(&tar);
}

static void test_count_limit(void **state)
{
    size_t count = PACKAGE_ENTRIES_MAX + 1;
    struct member *members = mem_zero(count, sizeof *members);
    char (*names)[16] = mem_zero(count, sizeof *names);
    struct package p = {0};
    (void)state;
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "%zu", i);
        members[i].name = names[i];
    }
    struct bytes b = make(&recipes[TAR_GZ], members, count);
    expect_open("tar", bytes_span(&b), &p);
    assert_int_equal(p.count, PACKAGE_ENTRIES_MAX);
    expect_refused("too many", &p, "limit-count");
    assert_int_equal(p.findings.count, 1);
    package_release(&p);
    bytes_release(&b);
    mem_free(names);
    mem_free(members);
}

static bool is_tar_of(size_t recipe)
{
    return recipes[recipe].kind == PACKAGE_TAR;
}

/* Cut anywhere: what comes out is right, and unless everything came out the package is damaged. */
static void test_cut_archives(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECIPES; i++) {
        struct bytes b = make(&recipes[i], sample, SAMPLE);
        for (size_t percent = 5; percent < 100; percent += 5) {
            size_t size = b.size / 100 * percent;
            struct bytes copy = {mem_zero(size, 1), size};
            struct package p = {0};
            memcpy(copy.at, b.at, size);
            expect_open(recipes[i].what, bytes_span(&copy), &p);
            bool complete = p.count == SAMPLE;
            for (size_t k = 0; k < p.count && p.kind == recipes[i].kind; k++) {
                bool known = false;
                for (size_t s = 0; s < SAMPLE; s++)
                    known = known || (strcmp(p.entries[k].name, sample[s].name) == 0
                                      && span_equal(p.entries[k].bytes, span_text(sample[s].content)));
                if (!known)
                    fail_msg("%s cut at %zu%%: '%s' is not what went in", recipes[i].what, percent, p.entries[k].name);
            }
            if (p.kind == recipes[i].kind && !complete && !p.damaged)
                fail_msg("%s cut at %zu%%: nobody notices", recipes[i].what, percent);
            package_release(&p);
            bytes_release(&copy);
        }
        bytes_release(&b);
    }
}

/* Cut between members, where a tar without its end is still well-formed. */
static void test_cut_between_members(void **state)
{
    struct bytes b = make(&recipes[TAR], sample, SAMPLE);
    struct package p = {0};
    (void)state;
    expect_open("tar", span_of(b.at, 2 * 1024), &p); /* two headers, two blocks of content */
    assert_int_equal(p.count, 2);
    expect_refused("tar", &p, "container-truncated");
    package_release(&p);
    bytes_release(&b);
}

/* A header that is broken in the middle: nothing behind it is believed. */
static void test_broken_header(void **state)
{
    struct bytes b = make(&recipes[TAR], sample, SAMPLE);
    struct package p = {0};
    (void)state;
    b.at[1024] ^= 1;
    expect_open("tar", bytes_span(&b), &p);
    assert_int_equal(p.count, 1);
    expect_refused("tar", &p, "container-corrupt");
    assert_int_equal(p.findings.count, 1);
    package_release(&p);
    bytes_release(&b);
}

/* Bytes changed in turn: no fault, and names that stay safe, ordered and unique. */
static void test_changed_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < RECIPES; i++) {
        struct bytes b = make(&recipes[i], sample, SAMPLE);
        size_t step = b.size > 4000 ? b.size / 997 + 1 : is_tar_of(i) ? 3 : 1;
        for (size_t at = 0; at < b.size; at += step) {
            struct package p = {0};
            uint8_t before = b.at[at];
            b.at[at] = (uint8_t)(before ^ 0x81);
            expect_open(recipes[i].what, bytes_span(&b), &p);
            for (size_t k = 0; k < p.count; k++) {
                struct text clean = {0};
                assert_int_equal(name_clean(p.entries[k].name, &clean), NAME_SAFE);
                assert_true(k == 0 || name_compare(p.entries[k - 1].name, p.entries[k].name) < 0);
                text_release(&clean);
            }
            package_release(&p);
            b.at[at] = before;
        }
        bytes_release(&b);
    }
}

/* Folders. */

struct place {
    char *folder;
};

static char *place_path(const struct place *place, const char *name)
{
    return file_join(place->folder, name);
}

static int make_place(void **state)
{
    static unsigned serial;
    struct place *place = mem_zero(1, sizeof *place);
    struct text name = {0};
    struct err e = {0};
    char *temp = file_temp_folder();
    text_addf(&name, "xenpv-package-test-%ld-%u", (long)getpid(), serial++);
    place->folder = file_join(temp, text_str(&name));
    text_release(&name);
    mem_free(temp);
    *state = place;
    return file_make_folder(place->folder, &e) ? 0 : -1;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    bool removed = file_remove_tree(place->folder, NULL);
    mem_free(place->folder);
    mem_free(place);
    return removed ? 0 : -1;
}

static void put(const struct place *place, const char *name, struct span content)
{
    struct err e = {0};
    char *path = place_path(place, name);
    if (!file_replace(path, content, &e))
        fail_msg("%s", e.text);
    mem_free(path);
}

static void expect_package(const struct place *place, struct package *p)
{
    struct err e = {0};
    if (!package_open(place->folder, p, &e))
        fail_msg("%s", e.text);
}

static void expect_loads(struct package *p, const char *name, struct span content)
{
    struct err e = {0};
    size_t i = package_find(p, name);
    assert_int_not_equal(i, SIZE_MAX);
    if (!package_load(p, i, &e))
        fail_msg("%s", e.text);
    assert_true(span_equal(p->entries[i].bytes, content));
    package_drop(p, i);
}

static void test_folder(void **state)
{
    struct place *place = *state;
    struct package p = {0};
    struct bytes tar = make(&recipes[TAR], sample, SAMPLE);
    char *sub = place_path(place, "sub");
    assert_true(file_make_folder(sub, NULL));
    put(place, "a.inf", span_text("[Version]\r\n"));
    put(place, "sub/b.sys", span_text("driver"));
    put(place, "sub/c.tar", bytes_span(&tar));
    expect_package(place, &p);
    assert_int_equal(p.kind, PACKAGE_FOLDER);
    assert_int_equal(p.count, 3 + SAMPLE);
    assert_false(p.damaged);
    size_t inf = package_find(&p, "A.INF");
    assert_int_equal(p.entries[inf].kind, PACKAGE_INF);
    assert_false(p.entries[inf].loaded);
    assert_non_null(p.entries[inf].disk);
    assert_true(package_load(&p, inf, NULL));
    assert_true(package_load(&p, inf, NULL));
    package_drop(&p, inf);
    assert_true(p.entries[inf].loaded); /* the first load still holds */
    package_drop(&p, inf);
    assert_false(p.entries[inf].loaded);
    package_drop(&p, inf);
    expect_loads(&p, "sub/b.sys", span_text("driver"));
    expect_loads(&p, "sub/c.tar", bytes_span(&tar));
    expect_loads(&p, "sub/c.tar!/xenbus/x64/xenbus.sys", span_text(sample[1].content));
    package_release(&p);
    mem_free(sub);
    bytes_release(&tar);
}

/* Two containers that together are too large to be kept: they are opened again, and a change is noticed. */
static void test_large_containers_are_opened_again(void **state)
{
    struct place *place = *state;
    struct package p = {0};
    struct err e = {0};
    size_t size = (size_t)PACKAGE_HOLD_MAX / 2 + 1;
    char *content = mem_zero(size, 1);
    memset(content, 'x', size);
    const struct member members[] = {{.name = "large.bin", .content = content, .size = size}, sample[1]};
    struct bytes tar = make(&recipes[TAR], members, 2);
    put(place, "one.tar", bytes_span(&tar));
    put(place, "two.tar", bytes_span(&tar));
    expect_package(place, &p);
    assert_int_equal(p.count, 6);
    size_t one = package_find(&p, "one.tar!/large.bin"), two = package_find(&p, "two.tar!/large.bin");
    assert_false(p.entries[one].loaded && p.entries[two].loaded);
    expect_loads(&p, "one.tar!/large.bin", span_of(content, size));
    assert_true(package_load(&p, two, NULL));
    expect_loads(&p, "one.tar!/xenbus/x64/xenbus.sys", span_text(sample[1].content));
    expect_loads(&p, "two.tar!/xenbus/x64/xenbus.sys", span_text(sample[1].content));
    assert_true(span_equal(p.entries[two].bytes, span_of(content, size)));
    package_drop(&p, two);
    package_release(&p);

    put(place, "zero.tar", bytes_span(&tar));
    expect_package(place, &p);
    struct bytes other = make(&recipes[TAR], sample, 2);
    put(place, "one.tar", bytes_span(&other));
    put(place, "two.tar", bytes_span(&other));
    bool noticed = false;
    for (size_t i = 0; i < p.count; i++) {
        noticed = noticed || !package_load(&p, i, &e);
        package_drop(&p, i);
    }
    assert_true(noticed);
    assert_int_equal(e.kind, ERR_FORMAT);
    package_release(&p);
    bytes_release(&other);
    bytes_release(&tar);
    mem_free(content);
}

static void test_folder_findings(void **state)
{
    struct place *place = *state;
    struct package p = {0};
    struct err e = {0};
    char *link = place_path(place, "link.sys");
    assert_int_equal(symlink("/etc/passwd", link), 0);
    put(place, "nul.txt", span_text("x"));
    put(place, "Twice.sys", span_text("x"));
    put(place, "twice.SYS", span_text("y"));
    put(place, "broken.msi", span_of("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8));
    expect_package(place, &p);
    assert_int_equal(p.count, 2);
    assert_non_null(findings_have(&p.findings, "entry-link", "link.sys"));
    assert_non_null(findings_have(&p.findings, "name-unsafe", "nul.txt"));
    assert_non_null(findings_have(&p.findings, "name-duplicate", "twice.SYS"));
    assert_non_null(findings_have(&p.findings, "container-corrupt", "broken.msi"));
    assert_true(p.entries[package_find(&p, "broken.msi")].damaged);
    size_t i = package_find(&p, "twice.sys");
    put(place, "Twice.sys", span_text("longer"));
    assert_false(package_load(&p, i, &e));
    assert_int_equal(e.kind, ERR_FORMAT);
    package_release(&p);
    mem_free(link);
}

static void test_single_file(void **state)
{
    struct place *place = *state;
    struct package p = {0};
    struct err e = {0};
    char *path = place_path(place, "xenbus.sys"), *absent = place_path(place, "absent");
    put(place, "xenbus.sys", span_text("MZ"));
    assert_true(package_open(path, &p, NULL));
    assert_int_equal(p.kind, PACKAGE_OTHER);
    assert_int_equal(p.count, 1);
    assert_string_equal(p.entries[0].name, "xenbus.sys");
    assert_string_equal(p.entries[0].disk, path);
    expect_loads(&p, "xenbus.sys", span_text("MZ"));
    package_release(&p);
    assert_false(package_open(absent, &p, &e));
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    mem_free(path);
    mem_free(absent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_archives),
        cmocka_unit_test(test_stored_members_stay_in_place),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_names_beyond_ascii),
        cmocka_unit_test(test_cabinets),
        cmocka_unit_test(test_cabinets_refused),
        cmocka_unit_test(test_cabinet_of_aliases),
        cmocka_unit_test(test_msi),
        cmocka_unit_test(test_msi_without_its_cabinet),
        cmocka_unit_test(test_msi_of_many_cabinets),
        cmocka_unit_test(test_only_looks_like_a_container),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_nested_too_deep),
        cmocka_unit_test(test_bad_members),
        cmocka_unit_test(test_same_file_twice),
        cmocka_unit_test(test_encrypted),
        cmocka_unit_test(test_size_limits),
        cmocka_unit_test(test_count_limit),
        cmocka_unit_test(test_cut_archives),
        cmocka_unit_test(test_cut_between_members),
        cmocka_unit_test(test_broken_header),
        cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test_setup_teardown(test_folder, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_large_containers_are_opened_again, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_folder_findings, make_place, remove_place),
        cmocka_unit_test_setup_teardown(test_single_file, make_place, remove_place),
    };
    return cmocka_run_group_tests_name("package", tests, NULL, NULL);
}
