/*
 * pe: headers, hashed ranges, certificate table, imports and version of images made byte by byte.
 */
#include "verifier/pe.h"

#include "base/mem.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/*
 * The image: headers up to 0x400, one section from there, at the same address, to 0x1000, whose
 * parts stand at fixed places, and a certificate table behind it.
 */
enum {
    NT = 0x80,
    SECTION = 0x400,
    SECTION_SIZE = 0xc00,
    IMPORTS = SECTION + 0x000,
    NAMES = SECTION + 0x100,
    RESOURCES = SECTION + 0x200,
    VERSION = SECTION + 0x300,
    TABLE = SECTION + SECTION_SIZE,
    IMAGE_MAX = 0x2000,
};

struct image {
    uint8_t at[IMAGE_MAX];
    size_t size;
    bool plus; /* PE32+ */
    size_t version_at;
};

static void put16(struct image *m, size_t at, unsigned value)
{
    assert_true(at + 2 <= sizeof m->at);
    m->at[at] = (uint8_t)value;
    m->at[at + 1] = (uint8_t)(value >> 8);
}

static void put32(struct image *m, size_t at, uint32_t value)
{
    put16(m, at, value & 0xffff);
    put16(m, at + 2, value >> 16);
}

static size_t optional_size(const struct image *m)
{
    return m->plus ? 240 : 224;
}

static size_t directory_at(const struct image *m, unsigned number)
{
    return (size_t)NT + (m->plus ? 136U : 120U) + 8U * number;
}

static size_t section_at(const struct image *m, unsigned number)
{
    return (size_t)NT + 24U + optional_size(m) + 40U * number;
}

static void put_section(struct image *m, unsigned number, uint32_t offset, uint32_t size)
{
    size_t at = section_at(m, number);
    memcpy(m->at + at, ".text\0\0", 8);
    put32(m, at + 8, size);
    put32(m, at + 12, offset);
    put32(m, at + 16, size);
    put32(m, at + 20, offset);
}

/* A driver without imports, version or signature. */
static void begin(struct image *m, bool plus)
{
    memset(m, 0, sizeof *m);
    m->plus = plus;
    m->size = TABLE;
    for (size_t i = SECTION + 0x800; i < TABLE; i++)
        m->at[i] = (uint8_t)(i * 13);
    memcpy(m->at, "MZ", 2);
    put32(m, 0x3c, NT);
    memcpy(m->at + NT, "PE\0\0", 4);
    put16(m, NT + 4, plus ? 0x8664 : 0x14c);
    put16(m, NT + 6, 1);
    put32(m, NT + 8, 0x5419aabb);
    put16(m, NT + 20, (unsigned)optional_size(m));
    put16(m, NT + 22, 0x102);
    put16(m, NT + 24, plus ? 0x20b : 0x10b);
    put16(m, NT + 64, 6);
    put16(m, NT + 66, 1);
    put16(m, NT + 72, 5);
    put16(m, NT + 74, 2);
    put32(m, NT + 84, SECTION);
    put32(m, NT + 88, 0xdeadbeef);
    put16(m, NT + 92, 1);
    put32(m, directory_at(m, 0) - 4, 16);
    put_section(m, 0, SECTION, SECTION_SIZE);
}

static void put_import(struct image *m, unsigned number, const char *name)
{
    size_t name_at = NAMES + 32U * number;
    put32(m, IMPORTS + 20U * number + 12, (uint32_t)name_at);
    put32(m, IMPORTS + 20U * number, 1);
    memcpy(m->at + name_at, name, strlen(name) + 1);
    put32(m, directory_at(m, 1), IMPORTS);
    put32(m, directory_at(m, 1) + 4, 20U * (number + 2));
}

static void put_directory(struct image *m, uint32_t offset, uint32_t size)
{
    put32(m, directory_at(m, 4), offset);
    put32(m, directory_at(m, 4) + 4, size);
}

/* Append one WIN_CERTIFICATE whose blob is size bytes of fill; the table grows by it. */
static void add_certificate(struct image *m, size_t size, uint8_t fill)
{
    size_t length = 8 + size, rounded = (length + 7) / 8 * 8;
    put32(m, m->size, (uint32_t)length);
    put16(m, m->size + 4, 0x200);
    put16(m, m->size + 6, 2);
    memset(m->at + m->size + 8, fill, size);
    m->size += rounded;
    put_directory(m, TABLE, (uint32_t)(m->size - TABLE));
}

/* ---- parsing with a copy of the exact size ---- */

struct parsed {
    struct pe pe;
    struct findings findings;
    uint8_t *bytes;
    struct span file;
};

static void parse(struct parsed *p, const struct image *m)
{
    memset(p, 0, sizeof *p);
    p->bytes = mem_zero(m->size, 1);
    memcpy(p->bytes, m->at, m->size);
    p->file = span_of(p->bytes, m->size);
    pe_parse(&p->pe, pe_source_span(&p->file), "x.sys", &p->findings);
}

static void done(struct parsed *p)
{
    pe_release(&p->pe);
    findings_release(&p->findings);
    mem_free(p->bytes);
}

static void expect(const struct image *m, enum pe_state state, const char *code, const char *why)
{
    struct parsed p;
    parse(&p, m);
    bool found = code == NULL ? p.findings.count == 0
                              : findings_have(&p.findings, code, "x.sys") != NULL;
    if (p.pe.state != state || !found)
        fail_msg("%s: state %d, first finding %s", why, (int)p.pe.state,
            p.findings.count > 0 ? p.findings.at[0].code : "none");
    done(&p);
}

/* ---- tests ---- */

static void test_headers(void **state)
{
    (void)state;
    for (unsigned plus = 0; plus < 2; plus++) {
        static struct image m;
        struct parsed p;
        begin(&m, plus != 0);
        parse(&p, &m);
        assert_int_equal(p.pe.state, PE_OK);
        assert_int_equal(p.findings.count, 0);
        assert_int_equal(p.pe.machine, plus ? 0x8664 : 0x14c);
        assert_string_equal(pe_machine_name(p.pe.machine), plus ? "x64" : "x86");
        assert_int_equal(p.pe.magic, plus ? 0x20b : 0x10b);
        assert_int_equal(p.pe.subsystem, 1);
        assert_int_equal(p.pe.os_version[0], 6);
        assert_int_equal(p.pe.os_version[1], 1);
        assert_int_equal(p.pe.subsystem_version[0], 5);
        assert_int_equal(p.pe.subsystem_version[1], 2);
        assert_int_equal(p.pe.timestamp, 0x5419aabb);
        assert_int_equal(p.pe.checksum, 0xdeadbeef);
        assert_int_equal(p.pe.section_count, 1);
        assert_string_equal(p.pe.sections[0].name, ".text");
        done(&p);
    }
}

/*
 * Which bytes are hashed: one letter for each byte of the file would be too much, so every byte is
 * asked.
 */
static bool is_hashed(const struct pe *pe, uint64_t offset)
{
    for (size_t i = 0; i < pe->hashed_count; i++)
        if (offset >= pe->hashed[i].offset && offset - pe->hashed[i].offset < pe->hashed[i].size)
            return true;
    return false;
}

static void check_hashed(const struct image *m, size_t end)
{
    struct parsed p;
    struct span spans[PE_RANGES_MAX];
    parse(&p, m);
    for (size_t i = 0; i < m->size; i++) {
        bool checksum = i >= NT + 88 && i < NT + 92;
        bool entry = i >= directory_at(m, 4) && i < directory_at(m, 4) + 8;
        if (is_hashed(&p.pe, i) != (!checksum && !entry && i < end))
            fail_msg("byte 0x%zx is %shashed", i, is_hashed(&p.pe, i) ? "" : "not ");
    }
    size_t total = 0, count = pe_hashed_spans(&p.pe, p.file, spans);
    assert_int_equal(count, p.pe.hashed_count);
    for (size_t i = 0; i < count; i++)
        total += spans[i].size;
    assert_int_equal(total, end - 12);
    assert_int_equal(pe_hashed_spans(&p.pe, span_of(p.bytes, m->size - 1), spans), 0);
    done(&p);
}

static void test_all_but_checksum_entry_and_table_is_hashed(void **state)
{
    (void)state;
    static struct image m;
    for (unsigned plus = 0; plus < 2; plus++) {
        begin(&m, plus != 0);
        check_hashed(&m, TABLE);
        add_certificate(&m, 61, 0x30);
        check_hashed(&m, TABLE);
    }
}

static void test_unsigned_files_are_padded_to_eight(void **state)
{
    (void)state;
    static struct image m;
    for (unsigned extra = 0; extra < 9; extra++) {
        struct parsed p;
        begin(&m, false);
        m.size += extra;
        parse(&p, &m);
        assert_int_equal(p.pe.pad, (8 - extra % 8) % 8);
        done(&p);
    }
    struct parsed p;
    begin(&m, false);
    add_certificate(&m, 8, 0x30);
    parse(&p, &m);
    assert_int_equal(p.pe.pad, 0);
    done(&p);
}

static void test_without_a_security_entry_nothing_is_left_out_for_it(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    put32(&m, directory_at(&m, 0) - 4, 4);
    parse(&p, &m);
    assert_int_equal(p.pe.state, PE_OK);
    assert_true(is_hashed(&p.pe, directory_at(&m, 4)));
    assert_false(is_hashed(&p.pe, NT + 88));
    done(&p);
}

static void test_several_certificates(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, true);
    add_certificate(&m, 61, 0x11);
    add_certificate(&m, 8, 0x22);
    parse(&p, &m);
    assert_int_equal(p.findings.count, 0);
    assert_true(p.pe.table_is_last);
    assert_int_equal(p.pe.certificate_count, 2);
    assert_int_equal(p.pe.certificates[0].blob.size, 61);
    assert_int_equal(p.pe.certificates[0].blob.at[60], 0x11);
    assert_int_equal(p.pe.certificates[1].offset, TABLE + 72);
    assert_int_equal(p.pe.certificates[1].blob.size, 8);
    assert_int_equal(p.pe.certificates[1].blob.at[0], 0x22);
    done(&p);
}

static void test_bytes_behind_the_table_are_hashed_and_named(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    add_certificate(&m, 16, 0x30);
    m.size += 8;
    m.at[m.size - 1] = 7;
    parse(&p, &m);
    assert_int_equal(p.pe.state, PE_OK);
    assert_false(p.pe.table_is_last);
    assert_non_null(findings_have(&p.findings, "pe-certificate-table-not-last", "x.sys"));
    assert_true(is_hashed(&p.pe, m.size - 1));
    assert_false(is_hashed(&p.pe, TABLE));
    done(&p);
}

static void test_alignment_of_the_last_entry_is_no_overlay(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    add_certificate(&m, 13, 0x30); /* 21 bytes, 24 with the alignment */
    put_directory(&m, TABLE, 21);
    parse(&p, &m);
    assert_true(p.pe.table_is_last);
    assert_int_equal(p.pe.certificate_count, 1);
    done(&p);
    m.at[m.size - 1] = 1;
    expect(&m, PE_OK, "pe-certificate-table-not-last", "alignment is zeros");
}

static void test_damaged_tables(void **state)
{
    (void)state;
    static struct image m;
    begin(&m, false);
    add_certificate(&m, 16, 0x30);
    m.size -= 8;
    expect(&m, PE_BROKEN, "pe-certificate-table-outside", "a truncated table leaves no hash");
    begin(&m, false);
    put_directory(&m, 0xfffffff8, 16);
    expect(&m, PE_BROKEN, "pe-certificate-table-outside", "offset and size must not wrap");
    begin(&m, false);
    put_directory(&m, NT, 16);
    expect(&m, PE_BROKEN, "pe-certificate-table-in-headers", "a table in the headers");
    begin(&m, false);
    put_directory(&m, TABLE - 16, 16);
    expect(&m, PE_BROKEN, "pe-certificate-table-in-section",
        "a table over a section would hide code from the hash");
    begin(&m, false);
    add_certificate(&m, 16, 0x30);
    put32(&m, TABLE, 7);
    expect(&m, PE_OK, "pe-certificate-entry", "an entry shorter than its own header");
    begin(&m, false);
    add_certificate(&m, 16, 0x30);
    put32(&m, TABLE, 0xffffffff);
    expect(&m, PE_OK, "pe-certificate-entry", "an entry of four gigabytes");
    begin(&m, false);
    add_certificate(&m, 16, 0x30);
    put16(&m, TABLE + 6, 1);
    expect(&m, PE_OK, "pe-certificate-type", "an entry of another type");
}

static void test_damaged_headers(void **state)
{
    (void)state;
    static struct image m;
    begin(&m, false);
    m.at[0] = 'Z';
    expect(&m, PE_NOT, NULL, "without MZ it is no PE file, and that is nothing to report");
    begin(&m, false);
    memcpy(m.at + NT, "NE\0\0", 4);
    expect(&m, PE_NOT, NULL, "a 16-bit program is no PE file");
    begin(&m, false);
    put32(&m, 0x3c, 0xfffffff0);
    expect(&m, PE_NOT, "pe-header-outside", "the header's offset lies outside");
    begin(&m, false);
    put16(&m, NT + 24, 0x107);
    expect(&m, PE_BROKEN, "pe-magic", "a ROM image has no Authenticode hash");
    begin(&m, false);
    m.size = NT + 40;
    expect(&m, PE_BROKEN, "pe-headers-truncated", "the file ends in the headers");
    begin(&m, false);
    put16(&m, NT + 20, 40);
    expect(&m, PE_BROKEN, "pe-optional-header", "an optional header of 40 bytes");
    begin(&m, false);
    put32(&m, directory_at(&m, 0) - 4, 0xffffffff);
    expect(&m, PE_OK, "pe-directory-count", "four thousand million directories");
    begin(&m, false);
    put16(&m, NT + 6, 0xffff);
    expect(&m, PE_OK, "pe-section-count", "65535 sections");
}

static void test_damaged_sections(void **state)
{
    (void)state;
    static struct image m;
    begin(&m, false);
    put16(&m, NT + 6, 2);
    put_section(&m, 1, SECTION + 0x200, 0x100);
    expect(&m, PE_OK, "pe-sections-overlap", "two sections over the same bytes");
    begin(&m, false);
    m.size -= 1;
    expect(&m, PE_OK, "pe-section-outside", "a truncated section");
    begin(&m, false);
    put16(&m, NT + 6, 2);
    put_section(&m, 1, 0xfffffff0, 0xfffffff0);
    expect(&m, PE_OK, "pe-section-outside", "offset and size must not wrap");
}

static void test_what_is_a_kernel_driver(void **state)
{
    (void)state;
    static const struct {
        unsigned subsystem;
        const char *imports[3];
        bool kernel;
        const char *why;
    } rows[] = {
        {1, {"ntoskrnl.exe", "HAL.dll"}, true,
            "a native image with the kernel's imports is a driver"},
        {1, {NULL}, true, "a native image without imports is a driver"},
        {1, {"ntdll.dll"}, false, "a native program such as autochk.exe is none"},
        {1, {"xen.sys"}, true, "a driver may import from another driver only"},
        {3, {"KERNEL32.dll"}, false, "a console program is none"},
        {2, {"KERNEL32.dll", "NTOSKRNL.EXE"}, true, "who imports the kernel runs in it"},
        {2, {NULL}, false, "a DLL without imports is none"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct image m;
        struct parsed p;
        size_t count = 0;
        begin(&m, false);
        put16(&m, NT + 92, rows[i].subsystem);
        for (; count < 3 && rows[i].imports[count] != NULL; count++)
            put_import(&m, (unsigned)count, rows[i].imports[count]);
        parse(&p, &m);
        if (p.pe.kernel != rows[i].kernel || p.pe.import_count != count)
            fail_msg("%s", rows[i].why);
        for (size_t k = 0; k < count; k++)
            assert_string_equal(p.pe.imports[k], rows[i].imports[k]);
        done(&p);
    }
}

static void test_imports_that_are_not_there(void **state)
{
    (void)state;
    static struct image m;
    begin(&m, false);
    put_import(&m, 0, "hal.dll");
    put32(&m, directory_at(&m, 1), 0x70000000);
    expect(&m, PE_OK, "pe-imports", "a table outside every section");
    begin(&m, false);
    put_import(&m, 0, "hal.dll");
    put32(&m, IMPORTS + 12, 0x70000000);
    expect(&m, PE_OK, "pe-imports", "a name outside every section");
    begin(&m, false);
    put_import(&m, 0, "hal.dll");
    memset(m.at + NAMES, 'x', TABLE - NAMES);
    expect(&m, PE_OK, "pe-imports", "a name without an end");
}

/* ---- version resource ---- */

/* Begin a block; returns where its length stands. */
static size_t open_block(struct image *m, const char *key, unsigned value, unsigned type)
{
    m->version_at = (m->version_at + 3) / 4 * 4;
    size_t at = m->version_at;
    put16(m, at + 2, value);
    put16(m, at + 4, type);
    m->version_at += 6;
    for (size_t i = 0; i <= strlen(key); i++, m->version_at += 2)
        put16(m, m->version_at, (unsigned char)key[i]);
    m->version_at = (m->version_at + 3) / 4 * 4;
    return at;
}

static void close_block(struct image *m, size_t at)
{
    put16(m, at, (unsigned)(m->version_at - at));
}

static void put_string(struct image *m, const char *key, const char *value)
{
    size_t block = open_block(m, key, (unsigned)strlen(value) + 1, 1);
    for (size_t i = 0; i <= strlen(value); i++, m->version_at += 2)
        put16(m, m->version_at, (unsigned char)value[i]);
    close_block(m, block);
}

/*
 * Three levels of directories with one entry each, 24 bytes apart, and the data entry behind them.
 */
static void put_resource(struct image *m, uint32_t data, uint32_t size)
{
    static const uint32_t ids[] = {16, 1, 1033};
    for (unsigned level = 0; level < 3; level++) {
        size_t at = RESOURCES + 24U * level;
        put16(m, at + 14, 1);
        put32(m, at + 16, ids[level]);
        put32(m, at + 20, 24 * (level + 1) | (level < 2 ? 0x80000000U : 0));
    }
    put32(m, RESOURCES + 72, data);
    put32(m, RESOURCES + 76, size);
    put32(m, directory_at(m, 2), RESOURCES);
    put32(m, directory_at(m, 2) + 4, 0x100);
}

static void put_version(struct image *m)
{
    m->version_at = VERSION;
    size_t info = open_block(m, "VS_VERSION_INFO", 52, 0);
    put32(m, m->version_at, 0xfeef04bd);
    put32(m, m->version_at + 8, 8 << 16 | 2);
    put32(m, m->version_at + 12, 1 << 16 | 65535);
    put32(m, m->version_at + 16, 9 << 16 | 1);
    m->version_at += 52;
    size_t strings = open_block(m, "StringFileInfo", 0, 1);
    size_t table = open_block(m, "040904b0", 0, 1);
    put_string(m, "CompanyName", "Xen Project");
    put_string(m, "FileVersion", "8.2.1.65535");
    put_string(m, "OriginalFilename", "xenvbd.sys");
    put_string(m, "Comments", "not kept");
    put_string(m, "ProductName", "XENVBD");
    close_block(m, table);
    close_block(m, strings);
    close_block(m, info);
    put_resource(m, VERSION, (uint32_t)(m->version_at - VERSION));
}

static void test_version(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, true);
    put_version(&m);
    parse(&p, &m);
    const struct pe_version *v = &p.pe.version;
    assert_true(v->present);
    assert_int_equal(v->file[0], 8);
    assert_int_equal(v->file[1], 2);
    assert_int_equal(v->file[2], 1);
    assert_int_equal(v->file[3], 65535);
    assert_int_equal(v->product[0], 9);
    assert_int_equal(v->product[1], 1);
    assert_string_equal(v->company, "Xen Project");
    assert_string_equal(v->file_version, "8.2.1.65535");
    assert_string_equal(v->original_name, "xenvbd.sys");
    assert_string_equal(v->product_name, "XENVBD");
    assert_null(v->copyright);
    done(&p);
}

static void test_damaged_versions(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, true);
    put_version(&m);
    put32(&m, RESOURCES + 72, 0x70000000);
    expect(&m, PE_OK, "pe-version", "a resource outside every section");
    begin(&m, true);
    put_version(&m);
    put32(&m, RESOURCES + 20, 0x80000000); /* the first directory holds itself */
    parse(&p, &m);
    assert_false(p.pe.version.present);
    done(&p);
    begin(&m, true);
    put_version(&m);
    put32(&m, VERSION + 40, 0x12345678);
    parse(&p, &m);
    assert_false(p.pe.version.present);
    done(&p);
    begin(&m, true);
    put_version(&m);
    put16(&m, VERSION, 0); /* a block of no length must end the walk */
    parse(&p, &m);
    assert_false(p.pe.version.present);
    done(&p);
}

static void test_any_truncation_and_any_byte_is_survived(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    put_import(&m, 0, "ntoskrnl.exe");
    put_version(&m);
    add_certificate(&m, 16, 0x30);
    size_t size = m.size;
    for (m.size = 0; m.size < size; m.size++) {
        parse(&p, &m);
        if (p.pe.state == PE_OK)
            fail_msg("truncated to 0x%zx the file still has a hash", m.size);
        done(&p);
    }
    for (size_t i = 0; i < size; i++) {
        if (i >= SECTION + 0x700 && i < TABLE)
            continue;
        uint8_t kept = m.at[i];
        m.at[i] = 0xff;
        parse(&p, &m);
        uint64_t total = 0;
        for (size_t k = 0; k < p.pe.hashed_count; k++)
            total += p.pe.hashed[k].size;
        assert_true(total <= m.size);
        done(&p);
        m.at[i] = kept;
    }
}

/* A source that gives nothing, as a disk that fails does. */
static bool refuse(void *context, uint64_t offset, void *buffer, size_t size)
{
    (void)context;
    (void)offset;
    (void)buffer;
    (void)size;
    return false;
}

static void test_a_source_that_fails(void **state)
{
    (void)state;
    struct pe p;
    struct findings f = {0};
    pe_parse(&p, (struct pe_source){4096, refuse, NULL}, "x.sys", &f);
    assert_int_equal(p.state, PE_NOT);
    pe_release(&p);
    findings_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_all_but_checksum_entry_and_table_is_hashed),
        cmocka_unit_test(test_unsigned_files_are_padded_to_eight),
        cmocka_unit_test(test_without_a_security_entry_nothing_is_left_out_for_it),
        cmocka_unit_test(test_several_certificates),
        cmocka_unit_test(test_bytes_behind_the_table_are_hashed_and_named),
        cmocka_unit_test(test_alignment_of_the_last_entry_is_no_overlay),
        cmocka_unit_test(test_damaged_tables),
        cmocka_unit_test(test_damaged_headers),
        cmocka_unit_test(test_damaged_sections),
        cmocka_unit_test(test_what_is_a_kernel_driver),
        cmocka_unit_test(test_imports_that_are_not_there),
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_damaged_versions),
        cmocka_unit_test(test_any_truncation_and_any_byte_is_survived),
        cmocka_unit_test(test_a_source_that_fails),
    };
    return cmocka_run_group_tests_name("pe", tests, NULL, NULL);
}
