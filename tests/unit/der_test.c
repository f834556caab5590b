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
        cmocka_unit_test(test_a_wrong_tag_moves_nothing),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_times),
        cmocka_unit_test_teardown(test_identifiers_are_what_their_dotted_forms_say, forget),
        cmocka_unit_test_teardown(test_signed_data_with_all_its_parts, forget),
        cmocka_unit_test_teardown(test_signed_data_without_its_optional_parts, forget),
        cmocka_unit_test_teardown(test_truncated_signed_data_is_refused_at_every_length, forget),
        cmocka_unit_test_teardown(test_other_shapes_are_refused, forget),
    };
    return cmocka_run_group_tests_name("der", tests, NULL, NULL);
}
