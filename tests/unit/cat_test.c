/*
 * cat: members of both versions, look-up by hash only, extensions, files that are no catalogs,
 * damage.
 */
#include "verifier/cat.h"

#include "build_cat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct parsed {
    struct cat cat;
    struct findings findings;
};

/* The bytes are gone when this returns: the catalog must have kept copies. */
static void parse(struct parsed *p, struct span file)
{
    uint8_t *copy = der_copy(file);
    memset(p, 0, sizeof *p);
    cat_parse(&p->cat, span_of(copy, file.size), "x.cat", &p->findings);
    mem_free(copy);
}

static void done(struct parsed *p)
{
    cat_release(&p->cat);
    findings_release(&p->findings);
}

static struct digest sha1_of(const char *text)
{
    return digest_one(DIGEST_SHA1, span_text(text));
}

static void test_version_1(void **state)
{
    (void)state;
    struct digest sys = sha1_of("sys"), inf = sha1_of("inf"), other = sha1_of("other");
    struct parsed p;
    parse(&p,
        cat_unsigned(cat_list(1,
            JOIN(cat_member_v1(&sys, true, "xenvbd.sys"), cat_member_v1(&inf, false, "xenvbd.inf")),
            JOIN(cat_extension_value("HWID1", "root\\xenevtchn"),
                cat_extension_value("OS", "XPX86,7X64")))));
    assert_int_equal(p.cat.state, CAT_OK);
    assert_int_equal(p.findings.count, 0);
    assert_int_equal(p.cat.version, 1);
    assert_int_equal(p.cat.this_update, 1410963564);
    assert_memory_equal(p.cat.list_id, "0123456789abcdef", 16);
    assert_int_equal(p.cat.digests, DIGEST_BIT(DIGEST_SHA1));
    const struct cat_member *m = cat_find(&p.cat, &sys);
    assert_non_null(m);
    assert_int_equal(m->form, CAT_FORM_PE);
    assert_string_equal(m->file, "xenvbd.sys");
    assert_string_equal(m->os, "2:5.1,2:6.0");
    assert_string_equal(m->guid, CAT_GUID_PE);
    assert_false(m->tag_differs);
    m = cat_find(&p.cat, &inf);
    assert_non_null(m);
    assert_int_equal(m->form, CAT_FORM_FLAT);
    assert_null(cat_find(&p.cat, &other));
    assert_string_equal(cat_extension(&p.cat, "hwid1"), "root\\xenevtchn");
    assert_string_equal(cat_extension(&p.cat, "OS"), "XPX86,7X64");
    assert_null(cat_extension(&p.cat, "DTC"));
    done(&p);
}

static void test_version_2_has_two_entries_for_each_file(void **state)
{
    (void)state;
    struct digest one = sha1_of("sys"), two = digest_one(DIGEST_SHA256, span_text("sys"));
    struct digests both = {0};
    struct parsed p;
    parse(&p, cat_unsigned(cat_list(2,
                  JOIN(cat_member_v2(&one, true, "a.sys"), cat_member_v2(&two, true, "a.sys")),
                  NOTHING)));
    assert_int_equal(p.cat.state, CAT_OK);
    assert_int_equal(p.cat.version, 2);
    assert_int_equal(p.cat.digests, DIGEST_BIT(DIGEST_SHA1) | DIGEST_BIT(DIGEST_SHA256));
    assert_non_null(cat_find(&p.cat, &one));
    assert_int_equal(cat_find(&p.cat, &one)->form, CAT_FORM_PE);
    both.of[DIGEST_SHA1] = one;
    assert_ptr_equal(cat_find_any(&p.cat, &both), cat_find(&p.cat, &one));
    both.of[DIGEST_SHA256] = two;
    assert_ptr_equal(cat_find_any(&p.cat, &both), cat_find(&p.cat, &two));
    done(&p);
}

static void test_a_name_never_decides(void **state)
{
    (void)state;
    struct digest listed = sha1_of("driver of version 9"), ours = sha1_of("something else");
    struct parsed p;
    parse(&p, cat_unsigned(cat_list(
                  1, cat_member_v1(&listed, true, "xenbus_monitor_9_1_0_0.exe"), NOTHING)));
    assert_null(cat_find(&p.cat, &ours));
    assert_non_null(cat_find(&p.cat, &listed));
    done(&p);
}

/* Members with odd tags; the digest that a look-up must find, or DIGEST_NONE. */
static void test_tags(void **state)
{
    (void)state;
    struct digest real = sha1_of("real"), tagged = sha1_of("tagged");
    struct span indirect = cat_attribute("1.3.6.1.4.1.311.2.1.4", cat_indirect(CAT_SPC_PE, &real));
    const struct {
        unsigned version;
        struct span tag, attributes;
        const struct digest *found;
        bool differs;
        const char *why;
    } rows[] = {
        {1, JOIN(der_utf16("dm9pci.dos", true), LITERAL("\0\0")), indirect, &real, false,
            "a tag that is a file name does not matter: SpcIndirectData decides"},
        {1, cat_hex_tag(&tagged), indirect, &real, true,
            "a tag that is another hash is told, and SpcIndirectData decides"},
        {1, cat_hex_tag(&tagged), NOTHING, &tagged, false, "a tag alone is the hash"},
        {2, span_of(tagged.bytes, tagged.size), NOTHING, &tagged, false,
            "a raw tag alone is the hash in version 2"},
        {1, span_of(tagged.bytes, tagged.size), NOTHING, NULL, false,
            "a raw tag is no hash in version 1"},
        {2, cat_hex_tag(&tagged), NOTHING, NULL, false, "digits are no hash in version 2"},
        {1, der_utf16("XYZZY", true), NOTHING, NULL, false, "letters are no hash"},
        {1, NOTHING, NOTHING, NULL, false, "nothing is no hash"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct parsed p;
        parse(&p, cat_unsigned(cat_list(rows[i].version,
                      SEQUENCE(OCTETS(rows[i].tag), SET_OF(rows[i].attributes)), NOTHING)));
        bool told = findings_have(&p.findings, "catalog-tag-differs", NULL) != NULL;
        bool without = findings_have(&p.findings, "catalog-member-without-hash", NULL) != NULL;
        const struct cat_member *m = rows[i].found ? cat_find(&p.cat, rows[i].found) : NULL;
        if (p.cat.state != CAT_OK || p.cat.member_count != 1 || told != rows[i].differs ||
            (m == NULL) != (rows[i].found == NULL) || without != (rows[i].found == NULL) ||
            p.cat.index_count != (rows[i].found != NULL))
            fail_msg("%s", rows[i].why);
        if (rows[i].differs)
            assert_null(cat_find(&p.cat, &tagged));
        done(&p);
    }
}

static void test_many_members_are_all_found(void **state)
{
    (void)state;
    enum { MEMBERS = 400 };
    struct span members[MEMBERS];
    char text[16];
    for (unsigned i = 0; i < MEMBERS; i++) {
        snprintf(text, sizeof text, "file %u", i);
        struct digest d = sha1_of(text);
        members[i] = cat_member_v1(&d, i % 2 == 0, text);
    }
    struct parsed p;
    parse(&p, cat_unsigned(cat_list(1, der_join(members, MEMBERS), NOTHING)));
    assert_int_equal(p.cat.index_count, MEMBERS);
    for (unsigned i = 0; i < MEMBERS; i++) {
        snprintf(text, sizeof text, "file %u", i);
        struct digest d = sha1_of(text);
        const struct cat_member *m = cat_find(&p.cat, &d);
        assert_non_null(m);
        assert_string_equal(m->file, text);
        d.bytes[0] ^= 0x80;
        assert_null(cat_find(&p.cat, &d));
    }
    done(&p);
}

static void test_the_first_of_equal_members_is_found(void **state)
{
    (void)state;
    struct digest d = sha1_of("same");
    struct parsed p;
    parse(&p, cat_unsigned(cat_list(1,
                  JOIN(cat_member_v1(&d, true, "first.sys"), cat_member_v1(&d, true, "second.sys")),
                  NOTHING)));
    assert_string_equal(cat_find(&p.cat, &d)->file, "first.sys");
    done(&p);
}

static void test_files_that_are_no_catalogs(void **state)
{
    (void)state;
    struct digest d = sha1_of("sys");
    struct span good = cat_unsigned(cat_list(1, cat_member_v1(&d, true, "a.sys"), NOTHING));
    struct span deep = NOTHING;
    for (unsigned i = 0; i < 2000; i++)
        deep = SEQUENCE(deep);
    const struct {
        struct span file;
        enum cat_state state;
        const char *code, *why;
    } rows[] = {
        {NOTHING, CAT_EMPTY, "catalog-empty", "no bytes"},
        {LITERAL("\0\0\0\0\0\0"), CAT_EMPTY, "catalog-empty", "nothing but zeros"},
        {LITERAL("\r\n  \r\n"), CAT_EMPTY, "catalog-empty", "nothing but blanks"},
        {LITERAL("hptmv\n"), CAT_PLACEHOLDER, "catalog-placeholder", "a word"},
        {LITERAL("Please install WHQL driver"), CAT_PLACEHOLDER, "catalog-placeholder",
            "a sentence"},
        {LITERAL("0 bytes of catalog"), CAT_PLACEHOLDER, "catalog-placeholder",
            "text whose first letter is the tag of a SEQUENCE"},
        {LITERAL("\xff\xfep\0l\0a\0c\0e\0"), CAT_PLACEHOLDER, "catalog-placeholder", "UTF-16 text"},
        {LITERAL("MZ\x90\0\x03\0\0\0"), CAT_NOT, "catalog-not", "a program"},
        {LITERAL("\x30\x82\x10\x00\x06\x09\x01"), CAT_BROKEN, "catalog-broken",
            "seven bytes of one"},
        {span_of(good.at, good.size - 1), CAT_BROKEN, "catalog-broken", "a byte less"},
        {deep, CAT_BROKEN, "catalog-broken", "two thousand sequences inside each other"},
        {SEQUENCE(der_make_oid("1.2.840.113549.1.7.2"),
             EXPLICIT_0(SEQUENCE(der_make_integer(1), SET_OF(NOTHING),
                 SEQUENCE(der_make_oid("1.3.6.1.4.1.311.2.1.4"), EXPLICIT_0(SEQUENCE(NOTHING))),
                 SET_OF(NOTHING)))),
            CAT_NOT, "catalog-not", "the signature of a program"},
        {cat_unsigned(SEQUENCE(SEQUENCE(der_make_oid("1.3.6.1.5.5.7.3.3")))), CAT_BROKEN,
            "catalog-broken", "a trust list for something else"},
        {cat_unsigned(cat_list(1, SEQUENCE(der_make_integer(1)), NOTHING)), CAT_BROKEN,
            "catalog-broken", "an entry without a tag"},
        {cat_unsigned(
             cat_list(1, JOIN(cat_member_v1(&d, true, "a.sys"), LITERAL("\x30\x05\x04")), NOTHING)),
            CAT_BROKEN, "catalog-broken", "an entry that reaches past the list"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct parsed p;
        parse(&p, rows[i].file);
        if (p.cat.state != rows[i].state ||
            findings_have(&p.findings, rows[i].code, "x.cat") == NULL || p.cat.member_count != 0 ||
            cat_find(&p.cat, &d) != NULL)
            fail_msg("%s: %s", rows[i].why, cat_state_name(p.cat.state));
        done(&p);
    }
}

static void test_a_catalog_without_members_is_told(void **state)
{
    (void)state;
    struct digest d = sha1_of("sys");
    struct parsed p;
    parse(&p, cat_unsigned(cat_list(1, NOTHING, NOTHING)));
    assert_int_equal(p.cat.state, CAT_OK);
    assert_non_null(findings_have(&p.findings, "catalog-no-members", "x.cat"));
    assert_null(cat_find(&p.cat, &d));
    done(&p);
}

static void test_every_truncation_is_broken(void **state)
{
    (void)state;
    struct digest d = sha1_of("sys");
    struct span good = cat_unsigned(
        cat_list(1, cat_member_v1(&d, true, "a.sys"), cat_extension_value("OS", "7X64")));
    for (size_t size = 1; size < good.size; size++) {
        struct parsed p;
        parse(&p, span_of(good.at, size));
        if (p.cat.state == CAT_OK || cat_find(&p.cat, &d) != NULL)
            fail_msg("of %zu bytes the first %zu are taken for a catalog", good.size, size);
        done(&p);
    }
}

/* The hash of a changed member must not be found under its old value, whatever else happens. */
static void test_every_changed_byte_is_survived(void **state)
{
    (void)state;
    struct digest d = sha1_of("sys");
    struct span member = cat_member_v1(&d, true, "a.sys");
    struct span good = cat_unsigned(cat_list(1, member, cat_extension_value("OS", "7X64")));
    uint8_t *bytes = der_copy(good);
    size_t at = span_find(good, 0, span_of(d.bytes, d.size));
    assert_int_not_equal(at, SIZE_MAX);
    for (size_t i = 0; i < good.size; i++) {
        struct parsed p;
        bytes[i] ^= 0x41;
        parse(&p, span_of(bytes, good.size));
        if (i >= at && i < at + d.size)
            assert_null(cat_find(&p.cat, &d));
        done(&p);
        bytes[i] ^= 0x41;
    }
    mem_free(bytes);
}

static int forget(void **state)
{
    (void)state;
    der_forget();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_version_1, forget),
        cmocka_unit_test_teardown(test_version_2_has_two_entries_for_each_file, forget),
        cmocka_unit_test_teardown(test_a_name_never_decides, forget),
        cmocka_unit_test_teardown(test_tags, forget),
        cmocka_unit_test_teardown(test_many_members_are_all_found, forget),
        cmocka_unit_test_teardown(test_the_first_of_equal_members_is_found, forget),
        cmocka_unit_test_teardown(test_files_that_are_no_catalogs, forget),
        cmocka_unit_test_teardown(test_a_catalog_without_members_is_told, forget),
        cmocka_unit_test_teardown(test_every_truncation_is_broken, forget),
        cmocka_unit_test_teardown(test_every_changed_byte_is_survived, forget),
    };
    return cmocka_run_group_tests_name("cat", tests, NULL, NULL);
}
