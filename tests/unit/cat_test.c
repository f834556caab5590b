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
    struct digest longest = digest_one(DIGEST_SHA512, span_text("longest"));
    struct digest legacy = digest_one(DIGEST_MD5, span_text("legacy"));
    char hex[2 * DIGEST_SIZE_MAX + 1];
    digest_hex(&tagged, hex);
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
        {1, cat_hex_tag(&longest), NOTHING, &longest, false, "a tag as long as SHA-512"},
        {1, cat_hex_tag(&legacy), NOTHING, &legacy, false, "a tag of MD5, as in 1998"},
        {1, JOIN(cat_hex_tag(&tagged), LITERAL("\0\0\0\0")), NOTHING, &tagged, false,
            "NULs behind the digits do not matter"},
        {1, der_utf16(hex, true), NOTHING, &tagged, false, "nor does a NUL that is missing"},
        {1, JOIN(der_utf16(hex, true), LITERAL("\0")), NOTHING, NULL, false,
            "half a character is no hash"},
        {1, der_utf16(hex + 1, true), NOTHING, NULL, false, "an odd number of digits is no hash"},
        {1, der_utf16(hex + 2, true), NOTHING, NULL, false, "19 bytes are no hash"},
        {1, JOIN(cat_hex_tag(&longest), der_utf16("00", true)), NOTHING, NULL, false,
            "nor is more than any hash has"},
        {1, JOIN(der_utf16(hex, true), LITERAL("\0\1")), NOTHING, NULL, false,
            "nor is one an end whose first byte is 0"},
        {1, JOIN(der_utf16(hex + 1, true), LITERAL("0\1")), NOTHING, NULL, false,
            "a character outside ASCII is no digit"},
        {1, JOIN(cat_hex_tag(&tagged), der_utf16("00", true)), NOTHING, NULL, false,
            "a NUL among the digits ends nothing"},
        {1, cat_hex_tag(&real), indirect, &real, false, "a tag that is the same hash is no news"},
        {2, span_of(real.bytes, real.size), indirect, &real, false, "nor is it in version 2"},
        {2, span_of(tagged.bytes, tagged.size), indirect, &real, true,
            "another hash is told in version 2 too"},
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

#define OID_NAME_VALUE "1.3.6.1.4.1.311.12.2.1"
#define OID_INFO "1.3.6.1.4.1.311.12.2.2"
#define OID_INFO_V2 "1.3.6.1.4.1.311.12.2.3"
#define OID_INDIRECT "1.3.6.1.4.1.311.2.1.4"
#define SPC_OTHER "1.3.6.1.4.1.311.2.1.30" /* as MSI and scripts have */

static struct span member_info(const char *guid)
{
    return cat_attribute(OID_INFO,
        SEQUENCE(der_make(DER_BMP_STRING, der_utf16(guid, false)), der_make_integer(0x200)));
}

static struct span bmp(const char *name)
{
    return der_make(DER_BMP_STRING, der_utf16(name, false));
}

/* What the attributes of one entry say about the form and the file; none of them breaks it. */
static void test_attributes(void **state)
{
    (void)state;
    struct digest d = sha1_of("sys");
    struct span flags = der_make(DER_INTEGER, LITERAL("\x10\x01\x00\x01"));
    struct span value = OCTETS(JOIN(der_utf16("a.sys", true), LITERAL("\0\0")));
    struct span pe = cat_attribute(OID_INDIRECT, cat_indirect(CAT_SPC_PE, &d));
    struct span flat = cat_attribute(OID_INDIRECT, cat_indirect(CAT_SPC_FLAT, &d));
    struct span other = cat_attribute(OID_INDIRECT, cat_indirect(SPC_OTHER, &d));
    const struct {
        struct span attributes;
        enum cat_form form;
        const char *file, *guid, *why;
    } rows[] = {
        {NOTHING, CAT_FORM_UNKNOWN, NULL, NULL, "nothing said, nothing known"},
        {pe, CAT_FORM_PE, NULL, NULL, "SpcPeImageData is a PE file's hash"},
        {flat, CAT_FORM_FLAT, NULL, NULL, "SpcCabData is a flat one"},
        {other, CAT_FORM_UNKNOWN, NULL, NULL, "another type says nothing"},
        {member_info(CAT_GUID_PE), CAT_FORM_PE, NULL, CAT_GUID_PE, "the GUID of PE files"},
        {member_info("{c689aab8-8e78-11d0-8c47-00c04fc295ee}"), CAT_FORM_PE, NULL,
            "{c689aab8-8e78-11d0-8c47-00c04fc295ee}", "the same in lower case"},
        {member_info(CAT_GUID_FLAT), CAT_FORM_FLAT, NULL, CAT_GUID_FLAT, "the GUID of flat files"},
        {member_info("{DE351A43-8E59-11D0-8C47-00C04FC295EE}"), CAT_FORM_FLAT, NULL,
            "{DE351A43-8E59-11D0-8C47-00C04FC295EE}", "the GUID of catalogs is of the same family"},
        {member_info("{9BA61D3F-E73A-11D0-8CD2-00C04FC295EE}"), CAT_FORM_UNKNOWN, NULL,
            "{9BA61D3F-E73A-11D0-8CD2-00C04FC295EE}", "a GUID that we do not know"},
        {JOIN(pe, member_info(CAT_GUID_FLAT)), CAT_FORM_PE, NULL, CAT_GUID_FLAT,
            "SpcIndirectData decides over a GUID behind it"},
        {JOIN(member_info(CAT_GUID_FLAT), pe), CAT_FORM_PE, NULL, CAT_GUID_FLAT,
            "and over one before it"},
        {JOIN(other, member_info(CAT_GUID_PE)), CAT_FORM_PE, NULL, CAT_GUID_PE,
            "but not with a type that says nothing"},
        {JOIN(member_info(CAT_GUID_PE), other), CAT_FORM_PE, NULL, CAT_GUID_PE, "in any order"},
        {cat_attribute(OID_INFO, NOTHING), CAT_FORM_UNKNOWN, NULL, NULL, "MemberInfo of nothing"},
        {cat_attribute(OID_INFO, SEQUENCE(der_make_integer(1))), CAT_FORM_UNKNOWN, NULL, NULL,
            "MemberInfo without a GUID"},
        {cat_attribute(OID_INFO_V2, LITERAL("\x80\x00")), CAT_FORM_PE, NULL, NULL, "[0] is PE"},
        {cat_attribute(OID_INFO_V2, LITERAL("\x82\x00")), CAT_FORM_FLAT, NULL, NULL,
            "[2] is flat"},
        {cat_attribute(OID_INFO_V2, LITERAL("\x81\x00")), CAT_FORM_UNKNOWN, NULL, NULL,
            "[1] we have never seen"},
        {cat_attribute(OID_INFO_V2, NOTHING), CAT_FORM_UNKNOWN, NULL, NULL, "no choice at all"},
        {JOIN(flat, cat_attribute(OID_INFO_V2, LITERAL("\x80\x00"))), CAT_FORM_FLAT, NULL, NULL,
            "SpcIndirectData decides in version 2 too"},
        {cat_attribute(OID_NAME_VALUE, cat_name_value("File", "a.sys")), CAT_FORM_UNKNOWN, "a.sys",
            NULL, "the name at the destination"},
        {cat_attribute(OID_NAME_VALUE, cat_name_value("Files", "a.sys")), CAT_FORM_UNKNOWN, NULL,
            NULL, "another name is not it"},
        {cat_attribute(OID_NAME_VALUE, SEQUENCE(bmp("File"), flags, value)), CAT_FORM_UNKNOWN,
            "a.sys", NULL, "the same built by hand"},
        {cat_attribute(OID_NAME_VALUE, SEQUENCE(bmp("File"), flags)), CAT_FORM_UNKNOWN, NULL, NULL,
            "a name without a value"},
        {cat_attribute(OID_NAME_VALUE, SEQUENCE(bmp("File"), value)), CAT_FORM_UNKNOWN, NULL, NULL,
            "a name without flags"},
        {cat_attribute(OID_NAME_VALUE, SEQUENCE(flags, value)), CAT_FORM_UNKNOWN, NULL, NULL,
            "a value without a name"},
        {cat_attribute(OID_NAME_VALUE, NOTHING), CAT_FORM_UNKNOWN, NULL, NULL, "neither"},
        {cat_attribute("1.2.3.4", der_make_integer(1)), CAT_FORM_UNKNOWN, NULL, NULL,
            "an attribute that we do not know"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct parsed p;
        parse(&p, cat_unsigned(cat_list(
                      1, SEQUENCE(OCTETS(cat_hex_tag(&d)), SET_OF(rows[i].attributes)), NOTHING)));
        const struct cat_member *m = cat_find(&p.cat, &d);
        if (p.cat.state != CAT_OK || m == NULL || m->form != rows[i].form ||
            (m->file == NULL) != (rows[i].file == NULL) ||
            (m->guid == NULL) != (rows[i].guid == NULL))
            fail_msg("%s", rows[i].why);
        if (rows[i].file != NULL)
            assert_string_equal(m->file, rows[i].file);
        if (rows[i].guid != NULL)
            assert_string_equal(m->guid, rows[i].guid);
        done(&p);
    }
}

/* SpcIndirectData without one of its parts is no hash: the tag stands alone then. */
static void test_indirect_data_that_lacks_a_part(void **state)
{
    (void)state;
    struct digest real = sha1_of("real"), tagged = sha1_of("tagged");
    struct span type = SEQUENCE(der_make_oid(CAT_SPC_PE), SEQUENCE(NOTHING));
    struct span sha1 = der_make_algorithm("1.3.14.3.2.26");
    struct span hash = OCTETS(span_of(real.bytes, real.size));
    const struct {
        struct span value;
        bool read;
        const char *why;
    } rows[] = {
        {SEQUENCE(type, SEQUENCE(sha1, hash)), true, "whole"},
        {NOTHING, false, "absent"},
        {SEQUENCE(SEQUENCE(sha1, hash)), false, "no type"},
        {SEQUENCE(SEQUENCE(NOTHING), SEQUENCE(sha1, hash)), false, "an empty type"},
        {SEQUENCE(type), false, "no digest info"},
        {SEQUENCE(type, SEQUENCE(hash)), false, "no algorithm"},
        {SEQUENCE(type, SEQUENCE(SEQUENCE(DER_NULL_VALUE), hash)), false,
            "an algorithm without identifier"},
        {SEQUENCE(type, SEQUENCE(sha1)), false, "no hash"},
        {SEQUENCE(type, SEQUENCE(sha1, OCTETS(span_of(real.bytes, 19)))), false,
            "a hash cut short"},
        {SEQUENCE(type, SEQUENCE(der_make_algorithm("1.2.3.4"), hash)), false,
            "an algorithm that we do not know"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct parsed p;
        parse(&p, cat_unsigned(cat_list(1,
                      SEQUENCE(OCTETS(cat_hex_tag(&tagged)),
                          SET_OF(cat_attribute(OID_INDIRECT, rows[i].value))),
                      NOTHING)));
        const struct cat_member *m = cat_find(&p.cat, rows[i].read ? &real : &tagged);
        if (m == NULL || m->tag_differs != rows[i].read ||
            m->form != (rows[i].read ? CAT_FORM_PE : CAT_FORM_UNKNOWN))
            fail_msg("%s", rows[i].why);
        done(&p);
    }
}

/* Neighbours share what they have in common, and only that. */
static void test_texts_of_neighbours(void **state)
{
    (void)state;
    static const struct {
        const char *os, *guid;
    } rows[] = {{"", ""}, {"2:5.1", CAT_GUID_PE}, {"2:5.1", CAT_GUID_PE}, {"2:6.0", CAT_GUID_FLAT},
        {"2:5.1", CAT_GUID_PE}};
    struct span members[COUNT(rows)];
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct digest d = digest_one(DIGEST_SHA1, span_of(&rows[i], sizeof rows[i]));
        d.bytes[0] = (uint8_t)i;
        members[i] = SEQUENCE(OCTETS(cat_hex_tag(&d)),
            SET_OF(cat_attribute(OID_NAME_VALUE, cat_name_value("OSAttr", rows[i].os)),
                member_info(rows[i].guid)));
    }
    struct parsed p;
    parse(&p, cat_unsigned(cat_list(1, der_join(members, COUNT(rows)), NOTHING)));
    assert_int_equal(p.cat.member_count, COUNT(rows));
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(p.cat.members[i].os, rows[i].os);
        assert_string_equal(p.cat.members[i].guid, rows[i].guid);
        assert_null(p.cat.members[i].file);
    }
    assert_ptr_equal(p.cat.members[1].os, p.cat.members[2].os);
    assert_ptr_equal(p.cat.members[1].guid, p.cat.members[2].guid);
    done(&p);
}

/* The parts of a list, each of which a row may replace. */
struct list {
    struct span usage, before, id, number, time, next, algorithm, rest;
};

static struct span list_of(const struct list *l)
{
    return SEQUENCE(l->before, l->usage, l->id, l->number, l->time, l->next, l->algorithm, l->rest);
}

static struct list usual_list(void)
{
    struct digest d = sha1_of("sys");
    struct list l = {.usage = SEQUENCE(der_make_oid("1.3.6.1.4.1.311.12.1.1")),
        .id = OCTETS(LITERAL("0123456789abcdef")),
        .time = der_make(DER_UTC_TIME, LITERAL("140917141924Z")),
        .algorithm = SEQUENCE(der_make_oid("1.3.6.1.4.1.311.12.1.2"), DER_NULL_VALUE),
        .rest = SEQUENCE(cat_member_v1(&d, true, "a.sys"))};
    return l;
}

/* How a list may be written, and what it must not lack. */
static void test_shapes_of_the_list(void **state)
{
    (void)state;
    struct list usual = usual_list(), l = usual;
    struct span members = usual.rest;
    struct span extensions = EXPLICIT_0(SEQUENCE(cat_extension_value("OS", "x")));
    struct span name_value = OCTETS(cat_name_value("OS", "x")), name = der_make_oid(OID_NAME_VALUE);
    struct span utc = usual.time;
    struct span general = der_make(DER_GENERALIZED_TIME, LITERAL("20140917141924Z"));
    const struct {
        struct span *part, value;
        bool ok;
        size_t members, extensions;
        const char *why;
    } rows[] = {
        {&l.rest, members, true, 1, 0, "as usual, without extensions"},
        {&l.before, der_make_integer(1), true, 1, 0, "a version may stand first"},
        {&l.usage, NOTHING, false, 0, 0, "the usage must be there"},
        {&l.usage, SEQUENCE(NOTHING), false, 0, 0, "and name something"},
        {&l.usage, SEQUENCE(der_make_oid("1.3.6.1.5.5.7.3.3")), false, 0, 0,
            "namely a catalog list"},
        {&l.id, NOTHING, true, 1, 0, "the identifier may be absent"},
        {&l.id, OCTETS(NOTHING), true, 1, 0, "or empty"},
        {&l.id, LITERAL("\x04\x82"), false, 0, 0, "but not damaged"},
        {&l.number, der_make_integer(7), true, 1, 0, "a sequence number may follow"},
        {&l.time, NOTHING, false, 0, 0, "the time must be there"},
        {&l.time, general, true, 1, 0, "it may have four digits of the year"},
        {&l.time, der_make(DER_UTC_TIME, LITERAL("149917141924Z")), false, 0, 0,
            "but must be a time"},
        {&l.next, utc, true, 1, 0, "the time of the next update may follow"},
        {&l.next, general, true, 1, 0, "in either form"},
        {&l.algorithm, NOTHING, false, 0, 0, "the algorithm must be there"},
        {&l.algorithm, SEQUENCE(DER_NULL_VALUE), false, 0, 0, "with an identifier"},
        {&l.algorithm, SEQUENCE(der_make_oid("1.3.6.1.4.1.311.12.1.9")), false, 0, 0,
            "of version 1 or 2"},
        {&l.algorithm, SEQUENCE(der_make_oid("1.3.6.1.4.1.311.12.1.2")), true, 1, 0,
            "its parameters may be absent"},
        {&l.rest, NOTHING, true, 0, 0, "a list may end before its entries"},
        {&l.rest, extensions, true, 0, 1, "or have extensions alone"},
        {&l.rest, JOIN(members, extensions), true, 1, 1, "or both"},
        {&l.rest, JOIN(members, extensions, DER_NULL_VALUE), false, 0, 0,
            "but nothing behind them"},
        {&l.rest, JOIN(members, members), false, 0, 0, "nor entries twice"},
        {&l.rest, JOIN(members, EXPLICIT_0(NOTHING)), false, 0, 0, "extensions are a SEQUENCE"},
        {&l.rest, JOIN(members, EXPLICIT_0(SEQUENCE(
            SEQUENCE(name, der_make(DER_BOOLEAN, LITERAL("\xff")), name_value)))), true, 1, 1,
            "an extension may say whether it is critical"},
        {&l.rest, JOIN(members, EXPLICIT_0(SEQUENCE(
            SEQUENCE(der_make_oid("1.2.3.4"), name_value), cat_extension_value("OS", "x")))), true,
            1, 1, "other extensions are passed over"},
        {&l.rest, JOIN(members, EXPLICIT_0(SEQUENCE(
            SEQUENCE(name, OCTETS(DER_NULL_VALUE)), cat_extension_value("OS", "x")))), true, 1, 1,
            "and those that are no name and value"},
        {&l.rest, JOIN(members, EXPLICIT_0(SEQUENCE(LITERAL("\x30")))), false, 0, 0,
            "and no byte alone"},
        {&l.rest, JOIN(members, EXPLICIT_0(SEQUENCE(SEQUENCE(name)))), false, 0, 0,
            "an extension has a value"},
        {&l.rest, JOIN(members, EXPLICIT_0(SEQUENCE(SEQUENCE(name_value)))), false, 0, 0,
            "and a type"},
        {&l.rest, JOIN(members, EXPLICIT_0(SEQUENCE(DER_NULL_VALUE))), false, 0, 0,
            "and both in a SEQUENCE"},
        {&l.rest, JOIN(members, EXPLICIT_0(SEQUENCE(SEQUENCE(name, LITERAL("\x01\x05"))))),
            false, 0, 0, "and is not damaged"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct parsed p;
        l = usual;
        *rows[i].part = rows[i].value;
        parse(&p, cat_unsigned(list_of(&l)));
        if ((p.cat.state == CAT_OK) != rows[i].ok || p.cat.member_count != rows[i].members ||
            p.cat.extension_count != rows[i].extensions ||
            (findings_have(&p.findings, "catalog-broken", "x.cat") != NULL) == rows[i].ok)
            fail_msg("%s: %s", rows[i].why, cat_state_name(p.cat.state));
        if (rows[i].ok)
            assert_int_equal(p.cat.this_update, 1410963564);
        if (rows[i].extensions > 0)
            assert_string_equal(cat_extension(&p.cat, "OS"), "x");
        done(&p);
    }
}

static void test_identifiers_of_lists(void **state)
{
    (void)state;
    static const struct {
        const char *given, *kept, *why;
    } rows[] = {
        {"", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "none"},
        {"s", "s\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "one byte"},
        {"short", "short\0\0\0\0\0\0\0\0\0\0\0", "a short one is filled up"},
        {"0123456789abcdef", "0123456789abcdef", "the usual size"},
        {"0123456789abcdefghi", "0123456789abcdef", "a longer one is cut"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct list l = usual_list();
        struct parsed p;
        l.id = OCTETS(span_text(rows[i].given));
        parse(&p, cat_unsigned(list_of(&l)));
        if (p.cat.state != CAT_OK || memcmp(p.cat.list_id, rows[i].kept, 16) != 0)
            fail_msg("%s", rows[i].why);
        done(&p);
    }
}

/* One entry in the list, written in ways that must or must not be taken. */
static void test_shapes_of_an_entry(void **state)
{
    (void)state;
    struct digest d = sha1_of("sys");
    struct span tag = OCTETS(cat_hex_tag(&d)), set = SET_OF(NOTHING);
    struct span attribute = cat_attribute("1.2.3.4", DER_NULL_VALUE);
    const struct {
        struct span entry;
        bool ok;
        const char *why;
    } rows[] = {
        {SEQUENCE(tag), true, "a tag alone"},
        {SEQUENCE(tag, set), true, "a tag and no attributes"},
        {SEQUENCE(tag, SET_OF(attribute, attribute)), true, "a tag and two attributes"},
        {SEQUENCE(set), false, "attributes alone"},
        {SEQUENCE(NOTHING), false, "nothing"},
        {DER_NULL_VALUE, false, "no SEQUENCE"},
        {SEQUENCE(tag, DER_NULL_VALUE), false, "something else where attributes belong"},
        {SEQUENCE(tag, set, set), false, "two sets of attributes"},
        {SEQUENCE(tag, LITERAL("\x31")), false, "a byte behind the tag"},
        {SEQUENCE(tag, SET_OF(LITERAL("\x30"))), false, "a byte where attributes belong"},
        {JOIN(SEQUENCE(tag), LITERAL("\x30")), false, "a byte behind the entry"},
        {SEQUENCE(tag, SET_OF(DER_NULL_VALUE)), false, "an attribute that is no SEQUENCE"},
        {SEQUENCE(tag, SET_OF(SEQUENCE(SET_OF(NOTHING)))), false, "an attribute without a type"},
        {SEQUENCE(tag, SET_OF(SEQUENCE(der_make_oid("1.2.3.4")))), false,
            "an attribute without a value"},
        {SEQUENCE(tag, SET_OF(attribute, SEQUENCE(NOTHING))), false, "a good one and a bad one"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct parsed p;
        parse(&p, cat_unsigned(cat_list(1, rows[i].entry, NOTHING)));
        if (p.cat.state != (rows[i].ok ? CAT_OK : CAT_BROKEN) ||
            (cat_find(&p.cat, &d) != NULL) != rows[i].ok)
            fail_msg("%s: %s", rows[i].why, cat_state_name(p.cat.state));
        done(&p);
    }
}

/* The same bytes count times. */
static struct span repeat(struct span unit, size_t count)
{
    uint8_t *all = der_storage(unit.size * count);
    for (size_t i = 0; i < count; i++)
        memcpy(all + i * unit.size, unit.at, unit.size);
    return span_of(all, unit.size * count);
}

static void test_limits(void **state)
{
    (void)state;
    struct span entry = SEQUENCE(OCTETS(NOTHING)), extension = cat_extension_value("n", "v");
    const struct {
        size_t members, extensions;
        enum cat_state state;
        const char *why;
    } rows[] = {
        {CAT_MEMBERS_MAX, 0, CAT_OK, "as many entries as we take"},
        {CAT_MEMBERS_MAX + 1, 0, CAT_BROKEN, "one more"},
        {0, CAT_EXTENSIONS_MAX, CAT_OK, "as many extensions as we take"},
        {0, CAT_EXTENSIONS_MAX + 1, CAT_BROKEN, "one more"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct parsed p;
        parse(&p, cat_unsigned(cat_list(1, repeat(entry, rows[i].members),
                      repeat(extension, rows[i].extensions))));
        bool ok = rows[i].state == CAT_OK;
        if (p.cat.state != rows[i].state || p.cat.member_count != (ok ? rows[i].members : 0) ||
            p.cat.extension_count != (ok ? rows[i].extensions : 0))
            fail_msg("%s: %s", rows[i].why, cat_state_name(p.cat.state));
        done(&p);
        der_forget();
        entry = SEQUENCE(OCTETS(NOTHING));
        extension = cat_extension_value("n", "v");
    }
}

/* Nobody reads the bytes of a file that is too large: there are none behind this span. */
static void test_a_file_over_the_limit_is_not_looked_at(void **state)
{
    (void)state;
    struct cat c;
    struct findings f = {0};
    cat_parse(&c, span_of(NULL, (size_t)CAT_FILE_MAX + 1), "x.cat", &f);
    assert_int_equal(c.state, CAT_BROKEN);
    assert_non_null(findings_have(&f, "catalog-size", "x.cat"));
    assert_non_null(strstr(f.at[0].message, "128 MB"));
    cat_release(&c);
    findings_release(&f);
    uint8_t *largest = mem_zero(CAT_FILE_MAX, 1);
    largest[0] = 'x';
    cat_parse(&c, span_of(largest, CAT_FILE_MAX), "x.cat", &f);
    assert_int_equal(c.state, CAT_NOT);
    assert_null(findings_have(&f, "catalog-size", NULL));
    cat_release(&c);
    findings_release(&f);
    mem_free(largest);
}

/* A placeholder is short; a longer text is some other file. */
static void test_how_long_a_placeholder_is(void **state)
{
    (void)state;
    static const struct {
        const char *begin;
        size_t size;
        enum cat_state state;
        const char *why;
    } rows[] = {
        {"text", 64 * 1024, CAT_PLACEHOLDER, "64 KB of text"},
        {"text", 64 * 1024 + 1, CAT_NOT, "one byte more"},
        {"\xff\xfet", 64 * 1024, CAT_PLACEHOLDER, "64 KB of UTF-16"},
        {"\xff\xfet", 64 * 1024 + 1, CAT_NOT, "one byte more"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct parsed p;
        uint8_t *bytes = mem_zero(rows[i].size, 1);
        memset(bytes, 'x', rows[i].size);
        memcpy(bytes, rows[i].begin, strlen(rows[i].begin));
        parse(&p, span_of(bytes, rows[i].size));
        mem_free(bytes);
        if (p.cat.state != rows[i].state)
            fail_msg("%s: %s", rows[i].why, cat_state_name(p.cat.state));
        done(&p);
    }
}

static void test_look_up_of_nothing(void **state)
{
    (void)state;
    struct digest none = {0}, d = sha1_of("sys");
    struct digests nothing = {0};
    struct cat empty = {0};
    struct parsed p;
    parse(&p, cat_unsigned(cat_list(1,
                  JOIN(SEQUENCE(OCTETS(NOTHING)), cat_member_v1(&d, true, "a.sys")), NOTHING)));
    assert_int_equal(p.cat.member_count, 2);
    assert_int_equal(p.cat.index_count, 1);
    assert_null(cat_find(&p.cat, &none));
    assert_null(cat_find_any(&p.cat, &nothing));
    assert_null(cat_find(&empty, &d));
    assert_null(cat_extension(&empty, "OS"));
    done(&p);
    cat_release(&empty);
}

static void test_members_that_contradict_themselves_are_counted(void **state)
{
    (void)state;
    struct digest d = sha1_of("sys"), other = sha1_of("other");
    struct span without = SEQUENCE(OCTETS(NOTHING)), good = cat_member_v1(&d, true, "a.sys");
    struct span differing = SEQUENCE(OCTETS(cat_hex_tag(&other)),
        SET_OF(cat_attribute(OID_INDIRECT, cat_indirect(CAT_SPC_PE, &d))));
    struct parsed p;
    parse(&p, cat_unsigned(cat_list(
                  1, JOIN(without, good, differing, without, differing, without), NOTHING)));
    const struct finding *f = findings_have(&p.findings, "catalog-member-without-hash", "x.cat");
    assert_non_null(f);
    assert_memory_equal(f->message, "3 of", 4);
    assert_int_equal(f->severity, FINDING_WARNING);
    f = findings_have(&p.findings, "catalog-tag-differs", "x.cat");
    assert_non_null(f);
    assert_memory_equal(f->message, "2 of", 4);
    assert_int_equal(p.findings.count, 2);
    done(&p);
}

static void test_names_of_states(void **state)
{
    (void)state;
    assert_string_equal(cat_state_name(CAT_OK), "ok");
    assert_string_equal(cat_state_name(CAT_EMPTY), "empty");
    assert_string_equal(cat_state_name(CAT_PLACEHOLDER), "placeholder");
    assert_string_equal(cat_state_name(CAT_NOT), "not a catalog");
    assert_string_equal(cat_state_name(CAT_BROKEN), "broken");
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
        {LITERAL("\xfe\xff\x30\x42\0\n"), CAT_PLACEHOLDER, "catalog-placeholder",
            "UTF-16 text in the other order"},
        {LITERAL("\xff\0p"), CAT_NOT, "catalog-not", "half a mark"},
        {LITERAL("x\r\n"), CAT_PLACEHOLDER, "catalog-placeholder", "a letter before blanks"},
        {LITERAL("\r\nx"), CAT_PLACEHOLDER, "catalog-placeholder", "a letter behind blanks"},
        {LITERAL("a \t\r\n\f~\x1a"), CAT_PLACEHOLDER, "catalog-placeholder",
            "tabs, form feeds and the mark of the end belong to text"},
        {LITERAL("gr\xfc\xdf" "e\x80"), CAT_PLACEHOLDER, "catalog-placeholder",
            "so do letters outside ASCII"},
        {LITERAL("a\x7f"), CAT_NOT, "catalog-not", "DEL does not"},
        {LITERAL("a\x1f"), CAT_NOT, "catalog-not", "nor other control characters"},
        {LITERAL("\x01" "a"), CAT_NOT, "catalog-not", "nor at the beginning"},
        {LITERAL("\x01\x01"), CAT_NOT, "catalog-not", "nor alone"},
        {LITERAL("a\0"), CAT_NOT, "catalog-not", "nor does a NUL"},
        {SEQUENCE(der_make_oid("1.2.840.113549.1.7.2"),
             EXPLICIT_0(SEQUENCE(der_make_integer(1), SET_OF(NOTHING),
                 SEQUENCE(der_make_oid("1.3.6.1.4.1.311.10.1")), SET_OF(NOTHING)))),
            CAT_NOT, "catalog-not", "a signature over a list that is elsewhere"},
        {cat_unsigned(OCTETS(NOTHING)), CAT_NOT, "catalog-not", "a list that is no SEQUENCE"},
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
        cmocka_unit_test_teardown(test_attributes, forget),
        cmocka_unit_test_teardown(test_indirect_data_that_lacks_a_part, forget),
        cmocka_unit_test_teardown(test_texts_of_neighbours, forget),
        cmocka_unit_test_teardown(test_shapes_of_the_list, forget),
        cmocka_unit_test_teardown(test_identifiers_of_lists, forget),
        cmocka_unit_test_teardown(test_shapes_of_an_entry, forget),
        cmocka_unit_test_teardown(test_limits, forget),
        cmocka_unit_test(test_a_file_over_the_limit_is_not_looked_at),
        cmocka_unit_test(test_how_long_a_placeholder_is),
        cmocka_unit_test_teardown(test_look_up_of_nothing, forget),
        cmocka_unit_test_teardown(test_members_that_contradict_themselves_are_counted, forget),
        cmocka_unit_test(test_names_of_states),
        cmocka_unit_test_teardown(test_many_members_are_all_found, forget),
        cmocka_unit_test_teardown(test_the_first_of_equal_members_is_found, forget),
        cmocka_unit_test_teardown(test_files_that_are_no_catalogs, forget),
        cmocka_unit_test_teardown(test_a_catalog_without_members_is_told, forget),
        cmocka_unit_test_teardown(test_every_truncation_is_broken, forget),
        cmocka_unit_test_teardown(test_every_changed_byte_is_survived, forget),
    };
    return cmocka_run_group_tests_name("cat", tests, NULL, NULL);
}
