/* digest: published vectors, several kinds in one pass, identifiers, order. */
#include "verifier/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

static const struct {
    enum digest_kind kind;
    const char *text, *hex, *why;
} vectors[] = {
    {DIGEST_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72", "RFC 1321, A.5"},
    {DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d", "FIPS 180-1, appendix A"},
    {DIGEST_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "FIPS 180-2, B.1"},
    {DIGEST_SHA384, "abc",
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134"
        "c825a7",
        "FIPS 180-2, D.1"},
    {DIGEST_SHA512, "abc",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3"
        "feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "FIPS 180-2, C.1"},
    {DIGEST_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "of nothing"},
};

static void test_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        char hex[2 * DIGEST_SIZE_MAX + 1];
        struct digest d = digest_one(vectors[i].kind, span_text(vectors[i].text));
        digest_hex(&d, hex);
        if (d.kind != vectors[i].kind || strcmp(hex, vectors[i].hex) != 0)
            fail_msg("%s: %s gives %s", vectors[i].why, digest_name(vectors[i].kind), hex);
    }
}

/* Kinds that are none, from below and above, and a set that asks for more than there is. */
static void test_kinds_that_are_none(void **state)
{
    (void)state;
    const int none[] = {DIGEST_NONE, DIGEST_KINDS, DIGEST_KINDS + 1, 1000};
    uint8_t bytes[DIGEST_SIZE_MAX] = {0};
    for (size_t i = 0; i < COUNT(none); i++) {
        enum digest_kind kind = (enum digest_kind)none[i];
        struct digest d = {0};
        assert_int_equal(digest_size(kind), 0);
        assert_string_equal(digest_name(kind), "none");
        for (size_t size = 0; size <= sizeof bytes; size++)
            assert_false(digest_from(span_of(bytes, size), kind, &d));
        assert_int_equal(digest_one(kind, span_of(bytes, 1)).kind, DIGEST_NONE);
    }
    struct digests all;
    digest_spans(~0U, (struct digest_input){NULL, 0, 0}, &all);
    assert_int_equal(all.of[DIGEST_NONE].kind, DIGEST_NONE);
    for (int kind = DIGEST_MD5; kind < DIGEST_KINDS; kind++)
        assert_int_equal(all.of[kind].kind, kind);
}

static void test_one_pass_gives_what_single_ones_give(void **state)
{
    (void)state;
    uint8_t bytes[40000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    struct span parts[] = {span_of(bytes, 3), span_of(bytes + 3, 0), span_of(bytes + 3, 33000)};
    uint8_t padded[33003 + 700] = {0};
    memcpy(padded, bytes, 33003);
    unsigned set = DIGEST_BIT(DIGEST_MD5) | DIGEST_BIT(DIGEST_SHA1) | DIGEST_BIT(DIGEST_SHA256) |
                   DIGEST_BIT(DIGEST_SHA512);
    struct digests all;
    digest_spans(set, (struct digest_input){parts, COUNT(parts), 700}, &all);
    for (unsigned kind = DIGEST_MD5; kind < DIGEST_KINDS; kind++) {
        struct digest one = digest_one((enum digest_kind)kind, span_of(padded, sizeof padded));
        if (kind == DIGEST_SHA384)
            assert_int_equal(all.of[kind].kind, DIGEST_NONE);
        else if (!digest_equal(&one, &all.of[kind]))
            fail_msg("%s in one pass differs", digest_name((enum digest_kind)kind));
    }
}

static void test_pieces_of_any_size(void **state)
{
    (void)state;
    uint8_t bytes[200];
    memset(bytes, 'x', sizeof bytes);
    struct digest whole = digest_one(DIGEST_SHA1, span_of(bytes, sizeof bytes));
    for (size_t cut = 0; cut <= sizeof bytes; cut += 13) {
        struct digest_run run;
        struct digests all;
        digest_begin(&run, DIGEST_BIT(DIGEST_SHA1));
        digest_add(&run, span_of(bytes, cut));
        digest_add(&run, span_of(bytes + cut, sizeof bytes - cut));
        digest_end(&run, &all);
        assert_true(digest_equal(&whole, &all.of[DIGEST_SHA1]));
    }
}

static void test_zeros_are_bytes(void **state)
{
    (void)state;
    static const uint8_t zeros[1025];
    const size_t counts[] = {0, 1, 511, 512, 513, 1024, 1025};
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct digest want = digest_one(DIGEST_SHA1, span_of(zeros, counts[i]));
        struct digests all;
        digest_spans(DIGEST_BIT(DIGEST_SHA1), (struct digest_input){NULL, 0, counts[i]}, &all);
        if (!digest_equal(&want, &all.of[DIGEST_SHA1]))
            fail_msg("%zu zeros", counts[i]);
    }
}

static void test_a_dropped_run_holds_nothing(void **state)
{
    (void)state;
    struct digest_run run = {0};
    digest_drop(&run);
    digest_begin(&run, DIGEST_BIT(DIGEST_SHA256));
    digest_add_zeros(&run, 5);
    digest_drop(&run);
    assert_int_equal(run.set, 0);
}

static void test_none_is_equal_to_nothing(void **state)
{
    (void)state;
    struct digest none = {0}, other = {0}, odd = {.kind = DIGEST_SHA1, .size = 19};
    assert_false(digest_equal(&none, &other));
    assert_false(digest_equal(&odd, &odd));
    struct digest unknown = digest_one(DIGEST_NONE, span_text("abc"));
    assert_int_equal(unknown.kind, DIGEST_NONE);
    assert_int_equal(digest_one((enum digest_kind)77, span_text("abc")).kind, DIGEST_NONE);
}

static void test_from_bytes_of_the_right_size_only(void **state)
{
    (void)state;
    uint8_t bytes[64] = {1, 2, 3};
    struct digest d = {.kind = DIGEST_MD5};
    assert_false(digest_from(span_of(bytes, 19), DIGEST_SHA1, &d));
    assert_false(digest_from(span_of(bytes, 20), DIGEST_NONE, &d));
    assert_int_equal(d.kind, DIGEST_MD5);
    assert_true(digest_from(span_of(bytes, 20), DIGEST_SHA1, &d));
    assert_int_equal(d.kind, DIGEST_SHA1);
    for (size_t i = 20; i < sizeof d.bytes; i++)
        assert_int_equal(d.bytes[i], 0);
    assert_int_equal(digest_kind_of_size(16), DIGEST_MD5);
    assert_int_equal(digest_kind_of_size(20), DIGEST_SHA1);
    assert_int_equal(digest_kind_of_size(32), DIGEST_SHA256);
    assert_int_equal(digest_kind_of_size(21), DIGEST_NONE);
    assert_int_equal(digest_kind_of_size(0), DIGEST_NONE);
}

static void test_identifiers(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t size;
        enum digest_kind kind;
    } rows[] = {
        {"\x2a\x86\x48\x86\xf7\x0d\x02\x05", 8, DIGEST_MD5},
        {"\x2a\x86\x48\x86\xf7\x0d\x02\x02", 8, DIGEST_NONE}, /* MD2 */
        {"\x2b\x0e\x03\x02\x1a", 5, DIGEST_SHA1},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x01", 9, DIGEST_SHA256},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x02", 9, DIGEST_SHA384},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x03", 9, DIGEST_SHA512},
        {"\x60\x86\x48\x01\x65\x03\x04\x02\x04", 9, DIGEST_NONE}, /* SHA-224 */
        {"", 0, DIGEST_NONE},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (digest_of_oid(span_of(rows[i].body, rows[i].size)) != rows[i].kind)
            fail_msg("identifier %zu is not %s", i, digest_name(rows[i].kind));
}

static void test_order_is_by_kind_then_bytes(void **state)
{
    (void)state;
    struct digest a = digest_one(DIGEST_SHA1, span_text("a"));
    struct digest b = digest_one(DIGEST_SHA256, span_text("a")), c = a;
    assert_true(digest_compare(&a, &b) < 0);
    assert_true(digest_compare(&b, &a) > 0);
    assert_int_equal(digest_compare(&a, &c), 0);
    c.bytes[19] ^= 1;
    assert_int_not_equal(digest_compare(&a, &c), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_kinds_that_are_none),
        cmocka_unit_test(test_one_pass_gives_what_single_ones_give),
        cmocka_unit_test(test_pieces_of_any_size),
        cmocka_unit_test(test_zeros_are_bytes),
        cmocka_unit_test(test_a_dropped_run_holds_nothing),
        cmocka_unit_test(test_none_is_equal_to_nothing),
        cmocka_unit_test(test_from_bytes_of_the_right_size_only),
        cmocka_unit_test(test_identifiers),
        cmocka_unit_test(test_order_is_by_kind_then_bytes),
    };
    return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
