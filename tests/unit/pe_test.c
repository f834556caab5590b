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
    IMAGE_MAX = 0xa000,
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
    put32(m, at + 36, 0x68000020);
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

/* A source need not expect to be asked for what it does not have: that would be a failure. */
static bool read_inside(void *context, uint64_t offset, void *buffer, size_t size)
{
    const struct span *bytes = context;
    assert_true(offset <= bytes->size && size <= bytes->size - offset);
    memcpy(buffer, bytes->at + offset, size);
    return true;
}

static void parse(struct parsed *p, const struct image *m)
{
    memset(p, 0, sizeof *p);
    p->bytes = mem_zero(m->size, 1);
    memcpy(p->bytes, m->at, m->size);
    p->file = span_of(p->bytes, m->size);
    struct pe_source source = {p->file.size, read_inside, &p->file};
    pe_parse(&p->pe, source, "x.sys", &p->findings);
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

/* The finding code of this image must say words. */
static void expect_words(const struct image *m, const char *code, const char *words)
{
    struct parsed p;
    parse(&p, m);
    const struct finding *f = findings_have(&p.findings, code, "x.sys");
    if (f == NULL || strstr(f->message, words) == NULL)
        fail_msg("%s: '%s' does not say '%s'", code, f != NULL ? f->message : "", words);
    done(&p);
}

/* ---- tests ---- */

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
        assert_int_equal(p.pe.sections[0].virtual_size, SECTION_SIZE);
        assert_int_equal(p.pe.sections[0].virtual_address, SECTION);
        assert_int_equal(p.pe.sections[0].raw_size, SECTION_SIZE);
        assert_int_equal(p.pe.sections[0].raw_offset, SECTION);
        assert_int_equal(p.pe.sections[0].characteristics, 0x68000020);
        assert_int_equal(p.pe.characteristics, 0x102);
        assert_int_equal(p.pe.size, m.size);
        assert_int_equal(p.pe.table.size, 0);
        assert_int_equal(p.pe.certificate_count, 0);
        done(&p);
    }
}

static void test_names_of_machines(void **state)
{
    (void)state;
    static const struct {
        uint16_t machine;
        const char *name;
    } rows[] = {{0x14c, "x86"}, {0x8664, "x64"}, {0x1c0, "arm"}, {0x1c4, "arm"}, {0xaa64, "arm64"},
        {0x200, "ia64"}, {0, "unknown"}, {0x14d, "unknown"}};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(pe_machine_name(rows[i].machine), rows[i].name);
}

/* How short the headers of an unsigned image without sections may be, each with one byte less. */
static void test_shortest_headers(void **state)
{
    (void)state;
    static const struct {
        bool plus;
        unsigned directories, optional;
        size_t size; /* the last that is enough, from NT on */
        const char *why;
    } rows[] = {
        {false, 0, 96, 120, "PE32 without directories"},
        {false, 4, 128, 120, "four directories, none of which is the signatures'"},
        {false, 5, 136, 160, "five: the entry of the signatures must be there"},
        {false, 16, 224, 160, "and nothing behind it"},
        {true, 0, 112, 136, "PE32+ without directories"},
        {true, 5, 152, 176, "and with five"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct image m;
        struct parsed p;
        begin(&m, rows[i].plus);
        put16(&m, NT + 6, 0);
        put16(&m, NT + 20, rows[i].optional);
        put32(&m, directory_at(&m, 0) - 4, rows[i].directories);
        m.size = NT + rows[i].size;
        parse(&p, &m);
        if (p.pe.state != PE_OK || p.findings.count != 0)
            fail_msg("%s: too short", rows[i].why);
        size_t end = p.pe.hashed_count - 1;
        assert_int_equal(p.pe.hashed[end].size > 0, 1);
        assert_int_equal(p.pe.hashed[end].offset + p.pe.hashed[end].size,
            rows[i].directories > 4 ? directory_at(&m, 4) : m.size);
        done(&p);
        m.size--;
        expect(&m, PE_BROKEN, "pe-headers-truncated", rows[i].why);
        m.size++;
        put16(&m, NT + 20, rows[i].optional - (rows[i].directories > 0 ? 8 : 1));
        expect(&m, rows[i].directories > 0 ? PE_OK : PE_BROKEN,
            rows[i].directories > 0 ? "pe-directory-count" : "pe-optional-header", rows[i].why);
    }
}

/* A count that is too large is cut to what the optional header holds. */
static void test_directories_past_the_optional_header_do_not_count(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    put16(&m, NT + 6, 0);
    put16(&m, NT + 20, 96 + 4 * 8);
    parse(&p, &m);
    assert_true(is_hashed(&p.pe, directory_at(&m, 4)));
    done(&p);
    put16(&m, NT + 20, 96 + 5 * 8);
    parse(&p, &m);
    assert_false(is_hashed(&p.pe, directory_at(&m, 4)));
    done(&p);
}

static void test_where_the_headers_may_be(void **state)
{
    (void)state;
    static struct image m;
    begin(&m, false);
    m.at[1] = 'z';
    expect(&m, PE_NOT, NULL, "both letters count");
    begin(&m, false);
    m.size = 63;
    expect(&m, PE_NOT, NULL, "a file of 63 bytes is no PE file");
    begin(&m, false);
    put32(&m, 0x3c, (uint32_t)m.size);
    expect(&m, PE_NOT, "pe-header-outside", "a header at the end lies outside");
    begin(&m, false);
    m.size = 64;
    expect(&m, PE_NOT, "pe-header-outside", "one of 64 bytes says where its header were");
    begin(&m, false);
    put32(&m, 0x3c, (uint32_t)m.size - 1);
    expect(&m, PE_NOT, NULL, "a header of one byte is none");
}

/* The section table stands behind the optional header, however large that is. */
static void test_where_the_sections_are(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    memmove(m.at + section_at(&m, 0) + 8, m.at + section_at(&m, 0), 40);
    memcpy(m.at + section_at(&m, 0) + 8, "12345678", 8);
    put16(&m, NT + 20, (unsigned)optional_size(&m) + 8);
    parse(&p, &m);
    assert_int_equal(p.pe.section_count, 1);
    assert_string_equal(p.pe.sections[0].name, "12345678");
    assert_int_equal(p.pe.sections[0].raw_offset, SECTION);
    done(&p);
}

static void test_a_cut_section_table(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    put16(&m, NT + 6, 2);
    memset(m.at + section_at(&m, 0), 0, 80);
    m.size = section_at(&m, 1) + 40;
    parse(&p, &m);
    assert_int_equal(p.pe.section_count, 2);
    assert_int_equal(p.findings.count, 0);
    done(&p);
    m.size--;
    parse(&p, &m);
    assert_int_equal(p.pe.section_count, 1);
    assert_non_null(findings_have(&p.findings, "pe-section-table", "x.sys"));
    done(&p);
}

static void test_as_many_sections_as_windows_loads(void **state)
{
    (void)state;
    for (unsigned count = PE_SECTIONS_MAX; count <= PE_SECTIONS_MAX + 1; count++) {
        static struct image m;
        struct parsed p;
        begin(&m, false);
        memset(m.at + section_at(&m, 0), 0, 40U * (count + 1));
        m.size = 0x2000;
        put16(&m, NT + 6, count);
        put_section(&m, PE_SECTIONS_MAX - 1, 0x1800, 8);
        parse(&p, &m);
        assert_int_equal(p.pe.section_count, PE_SECTIONS_MAX);
        assert_int_equal(p.pe.sections[PE_SECTIONS_MAX - 1].raw_size, 8);
        assert_int_equal(findings_have(&p.findings, "pe-section-count", NULL) != NULL,
            count > PE_SECTIONS_MAX);
        done(&p);
    }
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

static void test_what_is_alignment_of_the_last_entry(void **state)
{
    (void)state;
    static const struct {
        size_t table, behind;
        bool last;
        const char *why;
    } rows[] = {
        {21, 0, true, "nothing behind the table"},
        {21, 3, true, "zeros up to a multiple of eight"},
        {21, 2, false, "fewer"},
        {21, 4, false, "more"},
        {21, 11, false, "eight more"},
        {24, 8, false, "eight zeros behind an aligned table"},
        {17, 7, true, "seven zeros"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct image m;
        struct parsed p;
        begin(&m, false);
        add_certificate(&m, rows[i].table - 8, 0x30);
        put_directory(&m, TABLE, (uint32_t)rows[i].table);
        m.size = TABLE + rows[i].table + rows[i].behind;
        parse(&p, &m);
        if (p.pe.table_is_last != rows[i].last || p.pe.state != PE_OK ||
            is_hashed(&p.pe, m.size - 1) != (!rows[i].last && rows[i].behind > 0))
            fail_msg("%s", rows[i].why);
        assert_int_equal(p.pe.pad, 0);
        done(&p);
    }
}

/* The table between headers and sections: what it covers would not be hashed. */
static void test_where_the_table_may_be(void **state)
{
    (void)state;
    static const struct {
        uint32_t section, section_size, table, table_size;
        const char *code, *why;
    } rows[] = {
        {0x400, 0xc00, 0x1000, 16, NULL, "behind the last section"},
        {0x400, 0xc01, 0x1000, 16, "pe-certificate-table-in-section", "a byte in common"},
        {0x400, 0xc00, 0x3f0, 16, "pe-certificate-table-not-last", "before the first section"},
        {0x400, 0xc00, 0x3f0, 17, "pe-certificate-table-in-section", "a byte in common"},
        {0x1000, 0x10, 0x800, 0x2000, "pe-certificate-table-outside", "past the end"},
        {0x1004, 4, 0x1000, 16, "pe-certificate-table-in-section", "all around a section"},
        {0x1004, 0, 0x1000, 16, NULL, "a section that holds nothing"},
        {0x400, 0xc00, 0x178 + 40, 16, "pe-certificate-table-not-last", "behind the section table"},
        {0x400, 0xc00, 0x178 + 39, 16, "pe-certificate-table-in-headers", "over its last byte"},
        {0x400, 0xc00, 0x118 + 8, 16, "pe-certificate-table-in-headers", "over its own directory"},
        {0x400, 0xc00, 0x1010, 0, NULL, "no table at all, wherever it is"},
        {0x400, 0xc00, 0x1010, 1, "pe-certificate-table-outside", "at the end of the file"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct image m;
        struct parsed p;
        begin(&m, false);
        m.size = 0x1010;
        put_section(&m, 0, rows[i].section, rows[i].section_size);
        put32(&m, rows[i].table, 16); /* one entry */
        put32(&m, rows[i].table + 4, 0x00020200);
        put_directory(&m, rows[i].table, rows[i].table_size);
        parse(&p, &m);
        bool hash = rows[i].code == NULL || strstr(rows[i].code, "not-last") != NULL;
        if ((p.pe.state == PE_OK) != hash || (rows[i].code == NULL && p.findings.count > 0) ||
            (rows[i].code != NULL && findings_have(&p.findings, rows[i].code, NULL) == NULL))
            fail_msg("%s: state %d", rows[i].why, (int)p.pe.state);
        done(&p);
    }
    /* Without a section the directory's own place is the limit. */
    static struct image m;
    begin(&m, false);
    put16(&m, NT + 6, 0);
    put16(&m, NT + 20, 136);
    put32(&m, directory_at(&m, 0) - 4, 5);
    put32(&m, directory_at(&m, 4) + 8, 16);
    put32(&m, directory_at(&m, 4) + 12, 0x00020200);
    m.size = directory_at(&m, 4) + 8 + 16;
    put_directory(&m, (uint32_t)directory_at(&m, 4) + 8, 16);
    expect(&m, PE_OK, NULL, "a table right behind its entry");
    put_directory(&m, (uint32_t)directory_at(&m, 4) + 7, 16);
    expect(&m, PE_BROKEN, "pe-certificate-table-in-headers", "over the last byte of its entry");
}

static void test_entries_of_the_table(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    add_certificate(&m, 0, 0);
    expect(&m, PE_OK, NULL, "an entry of nothing but its header");
    begin(&m, false);
    add_certificate(&m, 16, 0x30);
    put16(&m, TABLE + 4, 0x100);
    expect(&m, PE_OK, NULL, "revision 1 is genuine too");
    put16(&m, TABLE + 4, 0x101);
    expect(&m, PE_OK, "pe-certificate-type", "other revisions are not");
    begin(&m, false);
    add_certificate(&m, 16, 0x30);
    put32(&m, TABLE, 25);
    expect(&m, PE_OK, "pe-certificate-entry", "an entry one byte longer than the table");
    begin(&m, false);
    add_certificate(&m, 16, 0x30);
    m.size += 16;
    put_directory(&m, TABLE, 40);
    parse(&p, &m);
    assert_int_equal(p.pe.certificate_count, 1); /* zeros behind the last entry are nothing */
    assert_int_equal(p.findings.count, 0);
    assert_int_equal(p.pe.certificates[0].type, 2);
    assert_int_equal(p.pe.certificates[0].revision, 0x200);
    assert_int_equal(p.pe.certificates[0].offset, TABLE);
    done(&p);
    m.at[m.size - 1] = 1;
    expect(&m, PE_OK, "pe-certificate-entry", "other bytes are");
    begin(&m, false);
    m.size += 16;
    put_directory(&m, TABLE, 16);
    expect(&m, PE_OK, "pe-certificate-entry", "a table of zeros has no entry");
}

static void test_as_many_entries_as_we_take(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    for (unsigned i = 0; i < PE_CERTIFICATES_MAX; i++)
        add_certificate(&m, 8, (uint8_t)i);
    parse(&p, &m);
    assert_int_equal(p.pe.certificate_count, PE_CERTIFICATES_MAX);
    assert_int_equal(p.pe.certificates[PE_CERTIFICATES_MAX - 1].blob.at[0],
        PE_CERTIFICATES_MAX - 1);
    assert_int_equal(p.findings.count, 0);
    done(&p);
    add_certificate(&m, 8, 1);
    parse(&p, &m);
    assert_int_equal(p.pe.certificate_count, PE_CERTIFICATES_MAX);
    assert_non_null(findings_have(&p.findings, "pe-certificate-count", "x.sys"));
    done(&p);
}

/* An image whose bytes past its own are zeros up to size; it fails at fails_at and behind. */
struct endless {
    const struct image *image;
    uint64_t size, fails_at;
};

static bool read_endless(void *context, uint64_t offset, void *buffer, size_t size)
{
    const struct endless *e = context;
    if (offset >= e->fails_at)
        return false;
    memset(buffer, 0, size);
    for (size_t i = 0; i < size && offset + i < e->image->size; i++)
        ((uint8_t *)buffer)[i] = e->image->at[offset + i];
    return true;
}

static void test_how_large_a_table_may_be(void **state)
{
    (void)state;
    static struct image m;
    for (uint32_t more = 0; more <= 8; more += 8) {
        struct pe p;
        struct findings f = {0};
        begin(&m, false);
        add_certificate(&m, 16, 0x30);
        put_directory(&m, TABLE, PE_CERTIFICATE_BYTES_MAX + more);
        struct endless e = {&m, TABLE + (uint64_t)PE_CERTIFICATE_BYTES_MAX + more, UINT64_MAX};
        pe_parse(&p, (struct pe_source){e.size, read_endless, &e}, "x.sys", &f);
        assert_int_equal(p.state, PE_OK);
        assert_int_equal(p.certificate_count, more == 0);
        assert_int_equal(f.count, more > 0);
        if (more > 0)
            assert_non_null(strstr(f.at[0].message, "16 MB"));
        pe_release(&p);
        findings_release(&f);
    }
}

static void test_a_source_that_fails_later(void **state)
{
    (void)state;
    static const struct {
        uint64_t fails_at;
        enum pe_state state;
        const char *code, *why;
    } rows[] = {
        {UINT64_MAX, PE_OK, NULL, "it does not fail"},
        {0, PE_NOT, NULL, "before anything was read"},
        {NT, PE_NOT, NULL, "at the headers"},
        {0x178, PE_BROKEN, "pe-section-table", "at the section table, and so at all behind it"},
        {TABLE, PE_BROKEN, "pe-unreadable", "at the certificate table"},
    };
    static struct image m;
    begin(&m, false);
    add_certificate(&m, 16, 0x30);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pe p;
        struct findings f = {0};
        struct span spans[PE_RANGES_MAX];
        struct endless e = {&m, m.size, rows[i].fails_at};
        pe_parse(&p, (struct pe_source){m.size, read_endless, &e}, "x.sys", &f);
        if (p.state != rows[i].state)
            fail_msg("%s: state %d", rows[i].why, (int)p.state);
        if (rows[i].code != NULL && findings_have(&f, rows[i].code, "x.sys") == NULL)
            fail_msg("%s: no finding", rows[i].why);
        if (p.state != PE_OK)
            assert_int_equal(pe_hashed_spans(&p, span_of(m.at, m.size), spans), 0);
        pe_release(&p);
        findings_release(&f);
    }
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

static void test_sections_side_by_side(void **state)
{
    (void)state;
    static const struct {
        uint32_t first, first_size, second, second_size;
        const char *code, *why;
    } rows[] = {
        {0x400, 0x200, 0x600, 0x200, NULL, "one behind the other"},
        {0x600, 0x200, 0x400, 0x200, NULL, "in any order"},
        {0x400, 0x201, 0x600, 0x200, "pe-sections-overlap", "a byte in common"},
        {0x600, 0x200, 0x400, 0x201, "pe-sections-overlap", "in any order"},
        {0, 0x200, 0x200, 0x200, NULL, "one at the beginning of the file"},
        {0x400, 0x200, 0x500, 0, NULL, "one that holds nothing shares nothing"},
        {0x400, 0, 0x400, 0x200, NULL, "nor if it is the first"},
        {0x400, 0x200, 0x600, 0xa00, NULL, "up to the end of the file"},
        {0x400, 0x200, 0x600, 0xa01, "pe-section-outside", "one byte further"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct image m;
        begin(&m, false);
        put16(&m, NT + 6, 2);
        put_section(&m, 0, rows[i].first, rows[i].first_size);
        put_section(&m, 1, rows[i].second, rows[i].second_size);
        expect(&m, PE_OK, rows[i].code, rows[i].why);
    }
}

/* Whatever is wrong is told with the place in the file. */
static void test_findings_name_the_place(void **state)
{
    (void)state;
    static struct image m;
    begin(&m, false);
    put32(&m, 0x3c, 0x12345);
    expect_words(&m, "pe-header-outside", "0x12345,");
    begin(&m, false);
    put16(&m, NT + 24, 0x107);
    expect_words(&m, "pe-magic", "0x98)");
    begin(&m, false);
    put16(&m, NT + 20, 40);
    expect_words(&m, "pe-optional-header", "0x94)");
    begin(&m, false);
    m.size = NT + 40;
    expect_words(&m, "pe-headers-truncated", "0x80)");
    begin(&m, false);
    put32(&m, directory_at(&m, 0) - 4, 17);
    expect_words(&m, "pe-directory-count", "0xf4)");
    begin(&m, false);
    put16(&m, NT + 6, 500);
    expect_words(&m, "pe-section-count", "500 sections");
    expect_words(&m, "pe-section-count", "0x86)");
    begin(&m, false);
    m.size = section_at(&m, 0) + 8;
    expect_words(&m, "pe-section-table", "0x178)");
    begin(&m, false);
    put16(&m, NT + 6, 2);
    put_section(&m, 1, SECTION + 0x200, 0x100);
    expect_words(&m, "pe-sections-overlap", "0x600)");
    begin(&m, false);
    m.size--;
    expect_words(&m, "pe-section-outside", "0x400 ");
    begin(&m, false);
    put_directory(&m, 0x5000, 16);
    expect_words(&m, "pe-certificate-table-outside", "0x118)");
    begin(&m, true);
    put_directory(&m, 0x5000, 16);
    expect_words(&m, "pe-certificate-table-outside", "0x128)");
    begin(&m, false);
    add_certificate(&m, 16, 0x30);
    m.size += 8;
    expect_words(&m, "pe-certificate-table-not-last", "0x1018)");
    begin(&m, false);
    add_certificate(&m, 16, 0x30);
    add_certificate(&m, 16, 0x30);
    put32(&m, TABLE + 24, 7);
    expect_words(&m, "pe-certificate-entry", "0x1018)");
    begin(&m, false);
    add_certificate(&m, 16, 0x30);
    put16(&m, TABLE + 4, 0x300);
    expect_words(&m, "pe-certificate-type", "type 2, revision 0x300 (offset 0x1000)");
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
        {1, {"ntdll.dll", "x.dll"}, false, "wherever ntdll.dll stands"},
        {1, {"x.dll", "NTDLL.DLL"}, false, "in any case"},
        {3, {"x.dll", "classpnp.sys"}, true, "who imports a class driver runs in the kernel"},
        {2, {"ndis.sys"}, true, "so does who imports NDIS"},
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

/*
 * An import table without entries at some address: the section is loaded at 0x3000, the headers end
 * at 0x400. Whoever does not find the table says so.
 */
static void test_where_addresses_lead(void **state)
{
    (void)state;
    static const struct {
        uint32_t address;
        bool found;
        const char *why;
    } rows[] = {
        {0x300, true, "in the headers"},
        {0x400 - 20, true, "in the last bytes of the headers"},
        {0x400 - 19, false, "a byte past them"},
        {0x400, false, "behind the headers"},
        {0x2fff, false, "before the section"},
        {0x3000, true, "in its first bytes"},
        {0x3c00 - 20, true, "in its last bytes"},
        {0x3c00 - 19, false, "a byte past it"},
        {0x3c00, true, "in the next section, which follows at once"},
        {0x3c10, true, "in its middle"},
        {0x3d00 - 20, true, "in its last bytes"},
        {0x3d00, false, "behind the last section"},
        {0xffffffff, false, "at the end of all addresses"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct image m;
        begin(&m, false);
        memset(m.at + SECTION, 0, IMAGE_MAX - SECTION);
        put16(&m, NT + 6, 2);
        put32(&m, section_at(&m, 0) + 12, 0x3000);
        put_section(&m, 1, TABLE, 0x100);
        put32(&m, section_at(&m, 1) + 12, 0x3c00);
        m.size = TABLE + 0x100;
        put32(&m, directory_at(&m, 1), rows[i].address);
        put32(&m, directory_at(&m, 1) + 4, 20);
        expect(&m, PE_OK, rows[i].found ? NULL : "pe-imports", rows[i].why);
    }
}

/* What is read is what stands in the file where the address leads. */
static void test_addresses_are_not_offsets(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    put_import(&m, 0, "hal.dll");
    put32(&m, section_at(&m, 0) + 12, 0x3000);
    put32(&m, directory_at(&m, 1), IMPORTS - SECTION + 0x3000);
    put32(&m, IMPORTS + 12, NAMES - SECTION + 0x3000);
    parse(&p, &m);
    assert_int_equal(p.pe.import_count, 1);
    assert_string_equal(p.pe.imports[0], "hal.dll");
    done(&p);
}

static void test_which_directories_are_read(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    put_import(&m, 0, "hal.dll");
    put32(&m, directory_at(&m, 0) - 4, 2);
    parse(&p, &m);
    assert_int_equal(p.pe.import_count, 1);
    done(&p);
    put32(&m, directory_at(&m, 0) - 4, 1);
    parse(&p, &m);
    assert_int_equal(p.pe.import_count, 0);
    done(&p);
    put32(&m, directory_at(&m, 0) - 4, 16);
    put32(&m, directory_at(&m, 1) + 4, 0);
    expect(&m, PE_OK, NULL, "a directory of no size is none");
    parse(&p, &m);
    assert_int_equal(p.pe.import_count, 0);
    done(&p);
    put32(&m, directory_at(&m, 1) + 4, 40);
    put32(&m, directory_at(&m, 1), 0);
    expect(&m, PE_OK, NULL, "nor is one at address 0");
    parse(&p, &m);
    assert_int_equal(p.pe.import_count, 0);
    done(&p);
}

static void test_where_the_imports_end(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    put_import(&m, 0, "a.dll");
    put_import(&m, 1, "b.dll");
    put32(&m, IMPORTS + 20 + 12, 0);
    parse(&p, &m);
    assert_int_equal(p.pe.import_count, 1); /* an entry without a name is the last */
    assert_int_equal(p.findings.count, 0);
    done(&p);
    begin(&m, false);
    put_import(&m, 0, "a.dll");
    memcpy(m.at + TABLE - 20, m.at + IMPORTS, 20);
    put32(&m, directory_at(&m, 1), TABLE - 20);
    parse(&p, &m);
    assert_int_equal(p.pe.import_count, 1); /* the file ends before the table does */
    assert_non_null(findings_have(&p.findings, "pe-imports", "x.sys"));
    done(&p);
}

static void test_more_imports_than_we_take(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    m.size = SECTION + 0x3000;
    put_section(&m, 0, SECTION, 0x3000);
    for (unsigned i = 0; i <= PE_IMPORTS_MAX; i++)
        put32(&m, IMPORTS + 20U * i + 12, SECTION + 0x2000);
    memcpy(m.at + SECTION + 0x2000, "a.dll", 6);
    put32(&m, directory_at(&m, 1), IMPORTS);
    put32(&m, directory_at(&m, 1) + 4, 20);
    for (unsigned i = 0; i <= PE_IMPORTS_MAX; i++)
        memset(m.at + IMPORTS + 20U * i, 1, 12);
    parse(&p, &m);
    assert_int_equal(p.pe.import_count, PE_IMPORTS_MAX);
    done(&p);
}

static void test_names_of_imports(void **state)
{
    (void)state;
    static const struct {
        size_t at;       /* where the name begins */
        size_t letters;  /* this many before the NUL */
        const char *name; /* or this one */
        const char *read;
        const char *why;
    } rows[] = {
        {NAMES, 255, NULL, "", "255 letters"},
        {NAMES, 256, NULL, NULL, "256 letters"},
        {TABLE - 6, 0, "a.dll", "a.dll", "a name that ends with the file"},
        {TABLE - 5, 0, "a.dll", NULL, "one whose NUL is missing there"},
        {TABLE - 1, 0, "", NULL, "an empty name"},
        {NAMES, 0, "caf\xe9.dll", "caf\xc3\xa9.dll", "a letter of code page 1252"},
        {NAMES, 0, "caf\xc3\xa9.dll", "caf\xc3\xa9.dll", "the same in UTF-8"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct image m;
        struct parsed p;
        begin(&m, false);
        put_import(&m, 0, "x");
        put32(&m, IMPORTS + 12, (uint32_t)rows[i].at);
        memset(m.at + NAMES, 'x', rows[i].letters);
        m.at[NAMES + rows[i].letters] = 0;
        if (rows[i].name != NULL)
            memcpy(m.at + rows[i].at, rows[i].name, strlen(rows[i].name) + 1);
        parse(&p, &m);
        bool told = findings_have(&p.findings, "pe-imports", "x.sys") != NULL;
        if (p.pe.import_count != (rows[i].read != NULL) || told != (rows[i].read == NULL))
            fail_msg("%s", rows[i].why);
        if (rows[i].letters > 0 && rows[i].read != NULL)
            assert_int_equal(strlen(p.pe.imports[0]), rows[i].letters);
        else if (rows[i].read != NULL)
            assert_string_equal(p.pe.imports[0], rows[i].read);
        done(&p);
    }
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
    put32(m, m->version_at + 20, 7 << 16 | 5);
    m->version_at += 52;
    size_t strings = open_block(m, "StringFileInfo", 0, 1);
    size_t table = open_block(m, "040904b0", 0, 1);
    put_string(m, "CompanyName", "Xen Project");
    put_string(m, "FileDescription", "Xen PV Disk");
    put_string(m, "FileVersion", "8.2.1.65535");
    put_string(m, "InternalName", "XENVBD.SYS");
    put_string(m, "OriginalFilename", "xenvbd.sys");
    put_string(m, "Comments", "not kept");
    put_string(m, "ProductName", "XENVBD");
    put_string(m, "ProductVersion", "9.1");
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
    assert_int_equal(v->product[2], 7);
    assert_int_equal(v->product[3], 5);
    assert_string_equal(v->description, "Xen PV Disk");
    assert_string_equal(v->internal_name, "XENVBD.SYS");
    assert_string_equal(v->product_version, "9.1");
    assert_int_equal(p.findings.count, 0);
    done(&p);
}

/* Two languages, each with a company and a text of its own. */
static void put_languages(
    struct image *m, const char *info_key, unsigned fixed, unsigned per_letter)
{
    static const char *const tables[][2] = {{"LegalCopyright", "c"}, {"ProductName", "p"}};
    m->version_at = VERSION;
    size_t info = open_block(m, info_key, fixed, 0);
    put32(m, m->version_at, 0xfeef04bd);
    put32(m, m->version_at + 8, 3 << 16);
    m->version_at += (fixed + 3) / 4 * 4;
    size_t var = open_block(m, "VarFileInfo", 0, 1);
    size_t none = open_block(m, "040904b0", 0, 1);
    put_string(m, "CompanyName", "not of StringFileInfo");
    close_block(m, none);
    close_block(m, var);
    size_t strings = open_block(m, "stringfileinfo", 0, 1);
    for (unsigned i = 0; i < 2; i++) {
        size_t table = open_block(m, i == 0 ? "040904b0" : "040704b0", 0, 1);
        size_t company = m->version_at = (m->version_at + 3) / 4 * 4;
        const char *name = i == 0 ? "first" : "second";
        put_string(m, "COMPANYNAME", name);
        put16(m, company + 2, ((unsigned)strlen(name) + 1) * per_letter);
        put_string(m, tables[i][0], tables[i][1]);
        close_block(m, table);
    }
    close_block(m, strings);
    close_block(m, info);
    put_resource(m, VERSION, (uint32_t)(m->version_at - VERSION));
}

static void test_versions_written_otherwise(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        unsigned fixed, per_letter;
        bool present, strings;
        const char *why;
    } rows[] = {
        {"VS_VERSION_INFO", 52, 1, true, true, "lengths of text in letters"},
        {"vs_version_info", 52, 1, true, true, "keys in any case"},
        {"VS_VERSION_INFO", 24, 1, true, true, "as much of the fixed part as we read"},
        {"VS_VERSION_INFO", 20, 1, false, true, "less of it: only the strings are there"},
        {"VS_VERSION_INFO", 0, 1, false, true, "none of it"},
        {"VS_VERSION_INF0", 52, 1, false, false, "another key is no version"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct image m;
        struct parsed p;
        begin(&m, false);
        put_languages(&m, rows[i].key, rows[i].fixed, rows[i].per_letter);
        parse(&p, &m);
        const struct pe_version *v = &p.pe.version;
        if (v->present != rows[i].present || v->file[0] != (rows[i].present ? 3 : 0) ||
            (v->company != NULL) != rows[i].strings)
            fail_msg("%s", rows[i].why);
        if (rows[i].strings) {
            assert_string_equal(v->company, "first"); /* the first language's */
            assert_string_equal(v->copyright, "c");
            assert_string_equal(v->product_name, "p"); /* the second's, which alone has it */
        }
        done(&p);
    }
}

/* Some tools count the bytes of a text: what goes past the block is not read. */
static void test_text_lengths_in_bytes(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    begin(&m, false);
    put_languages(&m, "VS_VERSION_INFO", 52, 2);
    parse(&p, &m);
    assert_string_equal(p.pe.version.company, "first");
    assert_string_equal(p.pe.version.product_name, "p");
    done(&p);
}

/*
 * A resource directory with the version among others. Root, the two directories below it and the
 * data entry stand 0x40 apart; entries of the root are given as id and place.
 */
struct tree {
    unsigned named, numbered;
    uint32_t root[3][2];
    uint32_t second, third; /* where the others lead */
    uint32_t size;
};

static void put_tree(struct image *m, const struct tree *t)
{
    uint32_t data = (uint32_t)(m->version_at - VERSION);
    memset(m->at + RESOURCES, 0, VERSION - RESOURCES);
    put16(m, RESOURCES + 12, t->named);
    put16(m, RESOURCES + 14, t->numbered);
    for (unsigned i = 0; i < 3; i++) {
        put32(m, RESOURCES + 16 + 8 * i, t->root[i][0]);
        put32(m, RESOURCES + 20 + 8 * i, t->root[i][1]);
    }
    put16(m, RESOURCES + 0x40 + 14, 1);
    put32(m, RESOURCES + 0x40 + 16, 7);
    put32(m, RESOURCES + 0x40 + 20, t->second);
    put16(m, RESOURCES + 0x80 + 14, 1);
    put32(m, RESOURCES + 0x80 + 16, 1033);
    put32(m, RESOURCES + 0x80 + 20, t->third);
    put32(m, RESOURCES + 0xc0, VERSION);
    put32(m, RESOURCES + 0xc4, data);
    put32(m, directory_at(m, 2) + 4, t->size);
}

static void test_where_the_version_is_among_the_resources(void **state)
{
    (void)state;
    const uint32_t d = 0x80000000U; /* leads to a directory */
    const struct {
        struct tree tree;
        bool present;
        const char *why;
    } rows[] = {
        {{0, 1, {{16, d | 0x40}}, d | 0x80, 0xc0, 0x100}, true, "alone"},
        {{0, 2, {{3, d | 0xc0}, {16, d | 0x40}}, d | 0x80, 0xc0, 0x100}, true, "behind icons"},
        {{1, 1, {{d | 0xf0, d | 0xc0}, {16, d | 0x40}}, d | 0x80, 0xc0, 0x100}, true,
            "behind a type with a name"},
        {{1, 2, {{d | 0xf0, d | 0xc0}, {3, d | 0xc0}, {16, d | 0x40}}, d | 0x80, 0xc0, 0x100}, true,
            "behind both"},
        {{0, 1, {{3, d | 0xc0}, {16, d | 0x40}}, d | 0x80, 0xc0, 0x100}, false,
            "behind the last entry"},
        {{0, 1, {{15, d | 0x40}}, d | 0x80, 0xc0, 0x100}, false, "another type"},
        {{0, 0, {{16, d | 0x40}}, d | 0x80, 0xc0, 0x100}, false, "no entry at all"},
        {{0, 1, {{16, 0x40}}, d | 0x80, 0xc0, 0x100}, false, "data where a directory belongs"},
        {{0, 1, {{16, d | 0x40}}, 0x80, 0xc0, 0x100}, false, "the same one level below"},
        {{0, 1, {{16, d | 0x40}}, d | 0x80, d | 0xc0, 0x100}, false,
            "a directory where data belongs"},
        {{0, 1, {{16, d | 0x40}}, d | 0x80, 0xc0, 0x81}, true, "directories begin inside"},
        {{0, 1, {{16, d | 0x40}}, d | 0x80, 0xc0, 0x80}, false, "one begins behind the resources"},
        {{0, 1, {{16, d | 0x7ffffff0}}, d | 0x80, 0xc0, 0xffffffff}, false, "or behind the file"},
        {{0, 1, {{16, d | 0x40}}, d | 0x80, 0x7ffffff0, 0x100}, false, "data behind the file"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct image m;
        struct parsed p;
        begin(&m, true);
        put_version(&m);
        put_tree(&m, &rows[i].tree);
        parse(&p, &m);
        if (p.pe.version.present != rows[i].present || p.findings.count != 0)
            fail_msg("%s", rows[i].why);
        done(&p);
    }
}

/* The last directory, with its one entry, ends with the file, or one byte of it is missing. */
static void test_a_resource_directory_that_ends_with_the_file(void **state)
{
    (void)state;
    for (size_t less = 0; less <= 1; less++) {
        static struct image m;
        struct parsed p;
        const size_t last = TABLE - 24;
        begin(&m, false);
        put_version(&m);
        memset(m.at + last, 0, 24);
        put32(&m, RESOURCES + 24 + 20, 0x80000000U | (uint32_t)(last - RESOURCES));
        put32(&m, last, VERSION); /* as if it were the data entry */
        put32(&m, last + 4, (uint32_t)(m.version_at - VERSION));
        put16(&m, last + 14, 1);
        put32(&m, last + 20, 72);
        put32(&m, directory_at(&m, 2) + 4, TABLE - RESOURCES);
        m.size -= less;
        parse(&p, &m);
        assert_int_equal(p.pe.version.present, less == 0);
        done(&p);
    }
}

/* Of more entries than any real file has, the first are looked at. */
static void test_as_many_resources_as_we_look_at(void **state)
{
    (void)state;
    enum { LOOKED_AT = 4096 };
    for (unsigned place = LOOKED_AT - 1; place <= LOOKED_AT; place++) {
        static struct image m;
        struct parsed p;
        const size_t root = SECTION + 0xc00, entry = root + 16 + 8U * place;
        begin(&m, false);
        put_version(&m);
        m.size = IMAGE_MAX;
        put_section(&m, 0, SECTION, IMAGE_MAX - SECTION);
        put16(&m, root + 14, LOOKED_AT + 1);
        put32(&m, entry, 16);
        put32(&m, entry + 4, 0x80000000U | (uint32_t)(IMAGE_MAX - 0x100 - root));
        put16(&m, IMAGE_MAX - 0x100 + 14, 1);
        put32(&m, IMAGE_MAX - 0x100 + 20, 0x80000000U | (uint32_t)(IMAGE_MAX - 0xc0 - root));
        put16(&m, IMAGE_MAX - 0xc0 + 14, 1);
        put32(&m, IMAGE_MAX - 0xc0 + 20, (uint32_t)(IMAGE_MAX - 0x80 - root));
        put32(&m, IMAGE_MAX - 0x80, VERSION);
        put32(&m, IMAGE_MAX - 0x7c, (uint32_t)(m.version_at - VERSION));
        put32(&m, directory_at(&m, 2), (uint32_t)root);
        put32(&m, directory_at(&m, 2) + 4, (uint32_t)(IMAGE_MAX - root));
        parse(&p, &m);
        assert_int_equal(p.pe.version.present, place < LOOKED_AT);
        done(&p);
    }
}

static void test_how_large_a_version_may_be(void **state)
{
    (void)state;
    static const struct {
        uint32_t section, size;
        bool told;
        const char *why;
    } rows[] = {
        {0x20000, 64 * 1024, false, "64 KB"},
        {0x20000, 64 * 1024 + 1, true, "one byte more"},
        {0xc00, 0xc00 - (VERSION - SECTION), false, "to the end of its section"},
        {0xc00, 0xc00 - (VERSION - SECTION) + 1, true, "one byte past it"},
        {0xc00, 0, false, "nothing at all"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct image m;
        struct pe p;
        struct findings f = {0};
        begin(&m, false);
        put_version(&m);
        put_section(&m, 0, SECTION, rows[i].section);
        put32(&m, RESOURCES + 76, rows[i].size);
        struct endless e = {&m, 0x30000, UINT64_MAX};
        pe_parse(&p, (struct pe_source){e.size, read_endless, &e}, "x.sys", &f);
        if ((findings_have(&f, "pe-version", "x.sys") != NULL) != rows[i].told ||
            p.version.present != (!rows[i].told && rows[i].size > 0))
            fail_msg("%s", rows[i].why);
        pe_release(&p);
        findings_release(&f);
    }
}

/*
 * A version with one company behind many blocks of one kind: 'b' beside StringFileInfo, 't' tables
 * of other languages, 's' strings. Is the company found?
 */
static bool company_behind(char kind, unsigned before)
{
    static struct image m;
    struct parsed p;
    begin(&m, false);
    m.size = SECTION + 0x8000;
    put_section(&m, 0, SECTION, 0x8000);
    m.version_at = VERSION;
    size_t info = open_block(&m, "VS_VERSION_INFO", 0, 0);
    for (unsigned i = 0; kind == 'b' && i < before; i++)
        close_block(&m, open_block(&m, "VarFileInfo", 0, 1));
    size_t strings = open_block(&m, "StringFileInfo", 0, 1);
    for (unsigned i = 0; kind == 't' && i < before; i++)
        close_block(&m, open_block(&m, "040904b0", 0, 1));
    size_t table = open_block(&m, "040904b0", 0, 1);
    for (unsigned i = 0; kind == 's' && i < before; i++)
        put_string(&m, "x", "");
    put_string(&m, "CompanyName", "c");
    close_block(&m, table);
    close_block(&m, strings);
    close_block(&m, info);
    put_resource(&m, VERSION, (uint32_t)(m.version_at - VERSION));
    parse(&p, &m);
    bool found = p.pe.version.company != NULL;
    done(&p);
    return found;
}

/* Blocks without end, of each kind: the walk stops where we said, at 256 of tables and strings. */
static void test_as_many_strings_as_we_look_at(void **state)
{
    (void)state;
    assert_true(company_behind('s', 254));
    assert_false(company_behind('s', 255));
    assert_true(company_behind('t', 254));
    assert_false(company_behind('t', 255));
    assert_false(company_behind('t', 256));
    assert_true(company_behind('b', 255));
    assert_false(company_behind('b', 256));
}

static void test_a_source_over_bytes_at_hand(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset;
        size_t size;
        bool ok;
        const char *why;
    } rows[] = {{0, 4, true, "all"}, {1, 3, true, "the end"}, {4, 0, true, "nothing at the end"},
        {1, 4, false, "a byte too many"}, {5, 0, false, "behind the end"},
        {UINT64_MAX, 2, false, "offset and size must not wrap"}};
    struct span bytes = span_of("abcd", 4), none = {0};
    struct pe_source source = pe_source_span(&none);
    uint8_t byte;
    assert_int_equal(source.size, 0);
    assert_true(source.read(source.context, 0, &byte, 0));
    assert_false(source.read(source.context, 0, &byte, 1));
    source = pe_source_span(&bytes);
    assert_int_equal(source.size, 4);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[4] = "";
        bool ok = source.read(source.context, rows[i].offset, out, rows[i].size);
        if (ok != rows[i].ok || (ok && memcmp(out, "abcd" + rows[i].offset, rows[i].size) != 0))
            fail_msg("%s", rows[i].why);
    }
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

/* The usual source over bytes gives the same as any other. */
static void test_bytes_at_hand_are_read_alike(void **state)
{
    (void)state;
    static struct image m;
    struct parsed p;
    struct pe other;
    struct findings f = {0};
    begin(&m, true);
    add_certificate(&m, 61, 0x11);
    parse(&p, &m);
    pe_parse(&other, pe_source_span(&p.file), "x.sys", &f);
    assert_int_equal(other.state, PE_OK);
    assert_int_equal(other.certificate_count, 1);
    assert_memory_equal(other.hashed, p.pe.hashed, sizeof other.hashed);
    assert_memory_equal(other.certificates[0].blob.at, p.pe.certificates[0].blob.at, 61);
    pe_release(&other);
    findings_release(&f);
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
        cmocka_unit_test(test_names_of_machines),
        cmocka_unit_test(test_shortest_headers),
        cmocka_unit_test(test_directories_past_the_optional_header_do_not_count),
        cmocka_unit_test(test_where_the_headers_may_be),
        cmocka_unit_test(test_where_the_sections_are),
        cmocka_unit_test(test_a_cut_section_table),
        cmocka_unit_test(test_as_many_sections_as_windows_loads),
        cmocka_unit_test(test_sections_side_by_side),
        cmocka_unit_test(test_findings_name_the_place),
        cmocka_unit_test(test_what_is_alignment_of_the_last_entry),
        cmocka_unit_test(test_where_the_table_may_be),
        cmocka_unit_test(test_entries_of_the_table),
        cmocka_unit_test(test_as_many_entries_as_we_take),
        cmocka_unit_test(test_how_large_a_table_may_be),
        cmocka_unit_test(test_a_source_that_fails_later),
        cmocka_unit_test(test_where_addresses_lead),
        cmocka_unit_test(test_addresses_are_not_offsets),
        cmocka_unit_test(test_which_directories_are_read),
        cmocka_unit_test(test_where_the_imports_end),
        cmocka_unit_test(test_more_imports_than_we_take),
        cmocka_unit_test(test_names_of_imports),
        cmocka_unit_test(test_versions_written_otherwise),
        cmocka_unit_test(test_text_lengths_in_bytes),
        cmocka_unit_test(test_where_the_version_is_among_the_resources),
        cmocka_unit_test(test_as_many_resources_as_we_look_at),
        cmocka_unit_test(test_how_large_a_version_may_be),
        cmocka_unit_test(test_a_resource_directory_that_ends_with_the_file),
        cmocka_unit_test(test_a_source_over_bytes_at_hand),
        cmocka_unit_test(test_bytes_at_hand_are_read_alike),
        cmocka_unit_test(test_as_many_strings_as_we_look_at),
    };
    return cmocka_run_group_tests_name("pe", tests, NULL, NULL);
}
