/* der: elements taken and refused, times, identifiers, the outer shape of signed data. */
#include "verifier/der.h"

#include "build_der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))
#define ROW(literal) literal, sizeof(literal) - 1

static const struct {
    const char *bytes;
    size_t size;
    bool taken;
    size_t body;
    const char *why;
} elements[] = {
    {ROW("\x04\x02\x01\x02"), true, 2, "a short length"},
    {ROW("\x04\x00"), true, 0, "an empty body"},
    {ROW("\x04\x81\x02\x01\x02"), true, 2, "a length in one octet more"},
    {ROW("\x04\x84\x00\x00\x00\x01\x07"), true, 1, "a length in four octets"},
    {ROW("\x30\x03\x04\x01\x05\x99\x99"), true, 3, "what follows is not part of it"},
    {ROW(""), false, 0, "nothing is no element"},
    {ROW("\x04"), false, 0, "a tag alone is no element"},
    {ROW("\x04\x03\x01\x02"), false, 0, "a length past the end is refused"},
    {ROW("\x04\x81"), false, 0, "an announced length octet must be there"},
    {ROW("\x30\x80\x04\x00\x00\x00"), false, 0, "indefinite lengths are refused"},
    {ROW("\x04\x85\x00\x00\x00\x00\x01\x07"), false, 0, "five length octets are refused"},
    {ROW("\x04\x84\xff\xff\xff\xff\x07"), false, 0, "four gigabytes in seven bytes are refused"},
    {ROW("\x04\x84\x01\x00\x00\x00\x07"), false, 0, "each of the four octets counts"},
    {ROW("\x04\x82\x00\x02\x01\x02"), true, 2, "a length in more octets than it needs"},
    {ROW("\x04\x82\x00"), false, 0, "every announced length octet must be there"},
    {ROW("\x1e\x00"), true, 0, "tag number 30 is the last"},
    {ROW("\xbe\x00"), true, 0, "in any class"},
    {ROW("\x3f\x01\x00"), false, 0, "a larger one is refused in any class"},
    {ROW("\x1f\x81\x01\x00"), false, 0, "tag numbers above 30 are refused"},
    {ROW("\x00\x00"), false, 0, "end-of-contents octets are no element"},
};

static void test_elements(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(elements); i++) {
        uint8_t *copy = der_copy(span_of(elements[i].bytes, elements[i].size));
        struct span rest = span_of(copy, elements[i].size);
        struct der e = {0};
        bool taken = der_next(&rest, &e);
        if (taken != elements[i].taken || (taken && e.body.size != elements[i].body) ||
            (!taken && rest.size != elements[i].size))
            fail_msg("%s", elements[i].why);
        mem_free(copy);
    }
}

/* 127 octets are the most that one length octet says; 128 need a second. */
static void test_lengths_of_one_and_two_octets(void **state)
{
    (void)state;
    static const struct {
        const char *head;
        size_t head_size, body;
    } rows[] = {{ROW("\x04\x7f"), 127}, {ROW("\x04\x81\x80"), 128}, {ROW("\x04\x81\xff"), 255},
        {ROW("\x04\x82\x01\x00"), 256}, {ROW("\x04\x83\x01\x02\x03"), 0x10203}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t *bytes = mem_zero(rows[i].head_size + rows[i].body + 1, 1);
        memcpy(bytes, rows[i].head, rows[i].head_size);
        struct span rest = span_of(bytes, rows[i].head_size + rows[i].body + 1);
        struct der e = {0};
        assert_true(der_next(&rest, &e));
        assert_int_equal(e.tag, 4);
        assert_int_equal(e.body.size, rows[i].body);
        assert_ptr_equal(e.body.at, bytes + rows[i].head_size);
        assert_ptr_equal(e.whole.at, bytes);
        assert_int_equal(e.whole.size, rows[i].head_size + rows[i].body);
        assert_int_equal(rest.size, 1);
        mem_free(bytes);
    }
}

/* Also where as many bytes follow as the octet would say if it were a length. */
static void test_indefinite_lengths_are_no_lengths(void **state)
{
    (void)state;
    uint8_t bytes[2 + 0x80] = {DER_SEQUENCE, 0x80};
    struct span rest = span_of(bytes, sizeof bytes);
    struct der e = {0};
    assert_false(der_next(&rest, &e));
    assert_int_equal(rest.size, sizeof bytes);
}

static void test_a_wrong_tag_moves_nothing(void **state)
{
    (void)state;
    struct span rest = LITERAL("\x02\x01\x05\x04\x00"), body = NOTHING;
    struct der e = {0};
    assert_false(der_take(&rest, DER_OCTET_STRING, &e));
    assert_false(der_open(&rest, DER_SEQUENCE, &body));
    assert_int_equal(rest.size, 5);
    assert_true(der_skip_optional(&rest, DER_BOOLEAN));
    assert_int_equal(rest.size, 5);
    assert_true(der_skip_optional(&rest, DER_INTEGER));
    assert_int_equal(rest.size, 2);
    struct span cut = LITERAL("\x01\x05");
    assert_false(der_skip_optional(&cut, DER_BOOLEAN));
}

static const struct {
    const char *body;
    size_t size;
    bool ok;
    uint64_t value;
    const char *why;
} integers[] = {
    {ROW("\x00"), true, 0, "zero"},
    {ROW("\x7f"), true, 127, "one octet"},
    {ROW("\x00\x80"), true, 128, "a sign octet"},
    {ROW("\x01\x02"), true, 0x102, "two octets"},
    {ROW("\x7f\xff\xff\xff\xff\xff\xff\xff"), true, INT64_MAX, "eight octets"},
    {ROW("\x00\x00\x00\x00\x00\x00\x00\x00\x01"), true, 1, "nine, of which one is a sign"},
    {ROW("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01"), false, 0, "ten octets are refused"},
    {ROW("\x00\xff\xff\xff\xff\xff\xff\xff\xff"), true, UINT64_MAX, "the largest"},
    {ROW("\x80"), false, 0, "negative numbers are refused"},
    {ROW("\x01\x00\x00\x00\x00\x00\x00\x00\x00"), false, 0, "65 bits are refused"},
    {ROW(""), false, 0, "an empty body is refused"},
};

static void test_integers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(integers); i++) {
        uint64_t value = 0;
        bool ok = der_unsigned(span_of(integers[i].body, integers[i].size), &value);
        if (ok != integers[i].ok || value != integers[i].value)
            fail_msg("%s", integers[i].why);
    }
}

static const struct {
    uint8_t tag;
    const char *text;
    bool ok;
    int64_t seconds;
    const char *why;
} times[] = {
    {DER_UTC_TIME, "700101000000Z", true, 0, "the beginning of 1970"},
    {DER_UTC_TIME, "140917141924Z", true, 1410963564, "a day of 2014"},
    {DER_UTC_TIME, "500101000000Z", true, -631152000, "from 50 on the year is 19xx"},
    {DER_UTC_TIME, "491231235959Z", true, 2524607999, "up to 49 the year is 20xx"},
    {DER_UTC_TIME, "0002290000Z", true, 951782400, "a leap day, and no seconds"},
    {DER_UTC_TIME, "990101010000+0100", true, 915148800, "an offset to the east is taken off"},
    {DER_UTC_TIME, "981231230000-0100", true, 915148800, "an offset to the west is added"},
    {DER_GENERALIZED_TIME, "20251120213007Z", true, 1763674207, "four digits of the year"},
    {DER_GENERALIZED_TIME, "20251120213007.123Z", true, 1763674207, "fractions are dropped"},
    {DER_GENERALIZED_TIME, "21080714000000Z", true, 4371667200, "beyond 2106"},
    {DER_UTC_TIME, "140131000000Z", true, 1391126400, "the last day of January"},
    {DER_UTC_TIME, "141201000000Z", true, 1417392000, "the first day of December"},
    {DER_UTC_TIME, "140301000000Z", true, 1393632000, "the day after February"},
    {DER_UTC_TIME, "160301000000Z", true, 1456790400, "in a leap year"},
    {DER_UTC_TIME, "140917235960Z", true, 1410998400, "a leap second"},
    {DER_UTC_TIME, "140917000000", true, 1410912000, "no zone is UTC"},
    {DER_UTC_TIME, "140917000000+0130", true, 1410906600, "minutes of an offset"},
    {DER_UTC_TIME, "140917000000+2359", true, 1410825660, "the largest offset"},
    {DER_GENERALIZED_TIME, "21000301000000Z", true, 4107542400, "2100 is no leap year"},
    {DER_GENERALIZED_TIME, "20000301000000Z", true, 951868800, "2000 was one"},
    {DER_GENERALIZED_TIME, "19000301000000Z", true, -2203891200, "1900 was none"},
    {DER_GENERALIZED_TIME, "16010101000000Z", true, -11644473600, "where Windows' time begins"},
    {DER_GENERALIZED_TIME, "00000101000000Z", true, -62167219200, "the year 0"},
    {DER_GENERALIZED_TIME, "20140917000000,5Z", true, 1410912000, "a comma before a fraction"},
    {DER_GENERALIZED_TIME, "20140917000000.12+0100", true, 1410908400,
     "a fraction before an offset"},
    {DER_GENERALIZED_TIME, "20140917000000.Z", true, 1410912000, "a fraction without digits"},
    {DER_GENERALIZED_TIME, "20140917000000.5", true, 1410912000, "a fraction at the end"},
    {DER_UTC_TIME, "140017141924Z", false, 0, "month 0 is refused"},
    {DER_UTC_TIME, "141232141924Z", false, 0, "day 32 is refused"},
    {DER_UTC_TIME, "140917146024Z", false, 0, "minute 60 is refused"},
    {DER_UTC_TIME, "140917141961Z", false, 0, "second 61 is refused"},
    {DER_UTC_TIME, "14091714192/Z", false, 0, "the character before 0 is no digit"},
    {DER_UTC_TIME, "14091714192:Z", false, 0, "nor is the one behind 9"},
    {DER_UTC_TIME, "1409171419241Z", false, 0, "three digits of seconds are refused"},
    {DER_UTC_TIME, "140917141924ZZ", false, 0, "text behind the zone is refused"},
    {DER_UTC_TIME, "140917141924.5Z", false, 0, "UTCTime has no fractions"},
    {DER_UTC_TIME, "140917141924+2400", false, 0, "an offset of 24 hours is refused"},
    {DER_UTC_TIME, "140917141924+0060", false, 0, "one of 60 minutes is refused"},
    {DER_UTC_TIME, "140917141924+01", false, 0, "one without minutes is refused"},
    {DER_UTC_TIME, "140917141924+01000", false, 0, "one of five digits is refused"},
    {DER_UTC_TIME, "140917141924*0100", false, 0, "one without a sign is refused"},
    {DER_UTC_TIME, "1409171419", true, 1410963540, "no seconds and no zone"},
    {DER_UTC_TIME, "14091714", false, 0, "no minutes are refused"},
    {DER_UTC_TIME, "141317141924Z", false, 0, "month 13 is refused"},
    {DER_UTC_TIME, "140900141924Z", false, 0, "day 0 is refused"},
    {DER_UTC_TIME, "140917241924Z", false, 0, "hour 24 is refused"},
    {DER_UTC_TIME, "14091714192", false, 0, "half a number is refused"},
    {DER_UTC_TIME, "140917141924X", false, 0, "an unknown zone is refused"},
    {DER_UTC_TIME, "140917141924+9900", false, 0, "an offset of 99 hours is refused"},
    {DER_UTC_TIME, "", false, 0, "nothing is refused"},
    {DER_OCTET_STRING, "140917141924Z", false, 0, "another type is refused"},
};

static void test_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(times); i++) {
        struct der element = {.tag = times[i].tag, .body = span_text(times[i].text)};
        int64_t seconds = 0;
        bool ok = der_time(element, &seconds);
        if (ok != times[i].ok || seconds != times[i].seconds)
            fail_msg("%s: '%s' gives %lld", times[i].why, times[i].text, (long long)seconds);
    }
}

static void test_identifiers_are_what_their_dotted_forms_say(void **state)
{
    (void)state;
    for (unsigned oid = OID_UNKNOWN + 1; oid < OID_COUNT; oid++) {
        const char *dotted = oid_dotted((enum oid)oid);
        if (dotted == NULL || *dotted == '\0')
            fail_msg("identifier %u has no dotted form", oid);
        struct span made = der_make_oid(dotted), body = NOTHING;
        assert_true(der_open(&made, DER_OID, &body));
        if (der_oid(body) != (enum oid)oid)
            fail_msg("%s is not recognised as itself", dotted);
    }
    assert_int_equal(der_oid(NOTHING), OID_UNKNOWN);
    assert_string_equal(oid_dotted(OID_UNKNOWN), "");
    assert_string_equal(oid_dotted((enum oid)9999), "");
}

/* SignedData over a CTL that is empty, with optional parts. */
static struct span signed_data(struct span certificates, struct span content, struct span crls)
{
    return SEQUENCE(der_make_oid("1.2.840.113549.1.7.2"),
        EXPLICIT_0(SEQUENCE(der_make_integer(1), SET_OF(der_make_algorithm("1.3.14.3.2.26")),
            SEQUENCE(der_make_oid("1.3.6.1.4.1.311.10.1"), content), certificates, crls,
            SET_OF(SEQUENCE(der_make_integer(1))))));
}

static void test_signed_data_with_all_its_parts(void **state)
{
    (void)state;
    struct der_signed_data d;
    struct span blob = signed_data(EXPLICIT_0(SEQUENCE(NOTHING)),
        EXPLICIT_0(SEQUENCE(DER_NULL_VALUE)), EXPLICIT_1(SEQUENCE(NOTHING)));
    assert_true(der_read_signed_data(JOIN(blob, LITERAL("trailing")), &d));
    assert_int_equal(d.whole.size, blob.size);
    assert_int_equal(d.content_type, OID_CTL);
    assert_int_equal(d.type_body.size, 9);
    assert_int_equal(d.content.tag, DER_SEQUENCE);
    assert_int_equal(d.content.body.size, 2);
    assert_int_equal(d.certificates.size, 2);
    assert_int_equal(d.signers.size, 5);
}

static void test_signed_data_without_its_optional_parts(void **state)
{
    (void)state;
    struct der_signed_data d;
    assert_true(der_read_signed_data(signed_data(NOTHING, NOTHING, NOTHING), &d));
    assert_int_equal(d.content.tag, DER_NONE);
    assert_int_equal(d.certificates.size, 0);
}

static void test_truncated_signed_data_is_refused_at_every_length(void **state)
{
    (void)state;
    struct der_signed_data d;
    struct span blob = signed_data(EXPLICIT_0(SEQUENCE(NOTHING)),
        EXPLICIT_0(SEQUENCE(DER_NULL_VALUE)), EXPLICIT_1(SEQUENCE(NOTHING)));
    for (size_t size = 0; size < blob.size; size++) {
        uint8_t *copy = der_copy(span_of(blob.at, size));
        assert_false(der_read_signed_data(span_of(copy, size), &d));
        mem_free(copy);
    }
}

static void test_other_shapes_are_refused(void **state)
{
    (void)state;
    struct der_signed_data d;
    assert_false(der_read_signed_data(SEQUENCE(der_make_oid("1.2.840.113549.1.7.1")), &d));
    /* two contents where one belongs */
    assert_false(der_read_signed_data(
        signed_data(NOTHING, EXPLICIT_0(DER_NULL_VALUE, DER_NULL_VALUE), NOTHING), &d));
}

/* SignedData with one part after the other, each as it may or must not be. */
static void test_shapes_of_signed_data(void **state)
{
    (void)state;
    struct span id = der_make_oid("1.2.840.113549.1.7.2"), one = der_make_integer(1);
    struct span set = SET_OF(NOTHING), null = DER_NULL_VALUE, byte = LITERAL("\x30");
    struct span info = SEQUENCE(der_make_oid("1.2.3.4"), EXPLICIT_0(null));
    struct span certificates = EXPLICIT_0(null), crls = EXPLICIT_1(null);
    const struct {
        struct span blob;
        bool ok;
        const char *why;
    } rows[] = {
#define DATA(...) SEQUENCE(id, EXPLICIT_0(SEQUENCE(__VA_ARGS__)))
        {DATA(one, set, info, set), true, "what must be there"},
        {DATA(der_make_integer(5), set, info, set), true, "version 5"},
        {DATA(der_make_integer(6), set, info, set), false, "version 6"},
        {DATA(der_make_integer(0), set, info, set), false, "version 0"},
        {DATA(der_make(DER_INTEGER, LITERAL("\xff")), set, info, set), false, "version -1"},
        {DATA(set, info, set), false, "no version"},
        {DATA(one, info, set), false, "no algorithms"},
        {DATA(one, set, set), false, "no content"},
        {DATA(one, set, SEQUENCE(NOTHING), set), false, "content without a type"},
        {DATA(one, set, SEQUENCE(LITERAL("\x06\x00")), set), false, "with an empty one"},
        {DATA(one, set, SEQUENCE(der_make_oid("1.2.3.4"), null), set), false,
            "content that is not in [0]"},
        {DATA(one, set, SEQUENCE(der_make_oid("1.2.3.4"), EXPLICIT_0(null), null), set), false,
            "something behind the content"},
        {DATA(one, set, SEQUENCE(der_make_oid("1.2.3.4"), EXPLICIT_0(NOTHING)), set), false,
            "nothing in [0]"},
        {DATA(one, set, info, certificates, set), true, "certificates"},
        {DATA(one, set, info, certificates, crls, set), true, "certificates and CRLs"},
        {DATA(one, set, info, crls, set), true, "CRLs alone"},
        {DATA(one, set, info, crls, certificates, set), false, "in the other order"},
        {DATA(one, set, info, LITERAL("\xa0\x82"), set), false, "damaged certificates"},
        {DATA(one, set, info, certificates), false, "no signers"},
        {DATA(one, set, info, set, null), false, "something behind the signers"},
        {DATA(one, set, info, set, byte), false, "a byte behind the signers"},
#undef DATA
        {SEQUENCE(id, SEQUENCE(one, set, info, set)), false, "not in [0]"},
        {SEQUENCE(id, EXPLICIT_0(SEQUENCE(one, set, info, set)), null), false,
            "something behind the data"},
        {SEQUENCE(id, EXPLICIT_0(SEQUENCE(one, set, info, set), null)), false,
            "something beside the data"},
        {SEQUENCE(der_make_oid("1.2.840.113549.1.7.1"), EXPLICIT_0(SEQUENCE(one, set, info, set))),
            false, "another type of data"},
        {SEQUENCE(EXPLICIT_0(SEQUENCE(one, set, info, set))), false, "no type of data"},
        {SET_OF(id, EXPLICIT_0(SEQUENCE(one, set, info, set))), false, "no SEQUENCE"},
        {NOTHING, false, "nothing"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct der_signed_data d = {0};
        bool ok = der_read_signed_data(rows[i].blob, &d);
        if (ok != rows[i].ok || (ok && (d.content_type != OID_UNKNOWN || d.type_body.size != 3 ||
                                           d.content.tag != DER_NULL)))
            fail_msg("%s", rows[i].why);
        if (!ok)
            assert_null(d.whole.at); /* untouched */
    }
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
        cmocka_unit_test(test_elements),
        cmocka_unit_test(test_lengths_of_one_and_two_octets),
        cmocka_unit_test(test_indefinite_lengths_are_no_lengths),
        cmocka_unit_test(test_a_wrong_tag_moves_nothing),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_times),
        cmocka_unit_test_teardown(test_identifiers_are_what_their_dotted_forms_say, forget),
        cmocka_unit_test_teardown(test_signed_data_with_all_its_parts, forget),
        cmocka_unit_test_teardown(test_signed_data_without_its_optional_parts, forget),
        cmocka_unit_test_teardown(test_truncated_signed_data_is_refused_at_every_length, forget),
        cmocka_unit_test_teardown(test_other_shapes_are_refused, forget),
        cmocka_unit_test_teardown(test_shapes_of_signed_data, forget),
    };
    return cmocka_run_group_tests_name("der", tests, NULL, NULL);
}
