/* span: reads at every edge of short spans, and at offsets and sizes that would wrap a sum. */
#include "base/span.h"

#include "tests/unit/check.h"

static const uint8_t ten[10] = {0x10, 0x21, 0x32, 0x43, 0x54, 0x65, 0x76, 0x87, 0x98, 0xa9};

struct part_row {
    const char *sentence;
    uint64_t offset, size;
    bool inside;
};

static const struct part_row parts[] = {
    {"the whole", 0, 10, true},
    {"the last byte", 9, 1, true},
    {"nothing at the start", 0, 0, true},
    {"nothing at the end", 10, 0, true},
    {"a part in the middle", 3, 4, true},
    {"one byte too many", 0, 11, false},
    {"one byte past the end", 10, 1, false},
    {"nothing behind the end", 11, 0, false},
    {"an end one past the last byte", 9, 2, false},
    {"the largest size", 0, UINT64_MAX, false},
    {"the largest size behind the first byte", 1, UINT64_MAX, false},
    {"a size that wraps to 0", 5, UINT64_MAX - 4, false},
    {"a size that wraps into the span", 5, UINT64_MAX - 2, false},
    {"the largest offset", UINT64_MAX, 0, false},
    {"the largest offset and one byte", UINT64_MAX, 1, false},
    {"offset and size that both wrap", UINT64_MAX, UINT64_MAX, false},
    {"half and half of all offsets", UINT64_C(1) << 63, UINT64_C(1) << 63, false},
    {"an offset above 32 bits", UINT64_C(0x100000000), 1, false},
    {"a size above 32 bits", 0, UINT64_C(0x100000001), false},
};

static void only_what_is_inside_is_a_part(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(parts); i++) {
        const struct part_row *row = &parts[i];
        struct span s = span_of(ten, sizeof ten), out = {.at = ten + 1, .size = 77};
        CHECK(row->sentence, span_holds(s, row->offset, row->size) == row->inside);
        CHECK(row->sentence, span_part(s, row->offset, row->size, &out) == row->inside);
        CHECK(row->sentence, out.size == (row->inside ? row->size : 77));
        CHECK(row->sentence, row->inside || out.at == ten + 1);
        CHECK(row->sentence, !row->inside || !row->size || out.at == ten + row->offset);
    }
}

static void from_is_the_rest_or_empty(void **state)
{
    (void)state;
    struct span s = span_of(ten, sizeof ten);
    assert_int_equal(span_from(s, 0).size, 10);
    assert_ptr_equal(span_from(s, 9).at, ten + 9);
    assert_int_equal(span_from(s, 9).size, 1);
    assert_int_equal(span_from(s, 10).size, 0);
    assert_int_equal(span_from(s, 11).size, 0);
    assert_int_equal(span_from(s, UINT64_MAX).size, 0);
    assert_int_equal(span_from(span_of(NULL, 0), 0).size, 0);
}

static void take_moves_only_when_all_is_there(void **state)
{
    (void)state;
    struct span s = span_of(ten, sizeof ten), out = {0};
    assert_true(span_take(&s, 4, &out));
    assert_true(out.at == ten && out.size == 4);
    assert_true(s.at == ten + 4 && s.size == 6);
    assert_false(span_take(&s, 7, &out));
    assert_false(span_take(&s, UINT64_MAX, &out));
    assert_true(out.at == ten && out.size == 4);
    assert_true(s.at == ten + 4 && s.size == 6);
    assert_true(span_take(&s, 6, &out));
    assert_true(out.at == ten + 4 && out.size == 6);
    assert_int_equal(s.size, 0);
    assert_true(span_take(&s, 0, &out));
    assert_int_equal(out.size, 0);
    assert_false(span_take(&s, 1, &out));
}

static void take_may_write_over_its_own_span(void **state)
{
    (void)state;
    struct span s = span_of(ten, sizeof ten);
    assert_true(span_take(&s, 3, &s));
    assert_true(s.at == ten && s.size == 3);
}

static void integers_are_little_endian(void **state)
{
    (void)state;
    struct span s = span_of(ten, sizeof ten);
    uint8_t a;
    uint16_t b;
    uint32_t c;
    uint64_t d;
    assert_true(span_u8(s, 9, &a) && span_u16(s, 8, &b) && span_u32(s, 6, &c) &&
                span_u64(s, 2, &d));
    assert_int_equal(a, 0xa9);
    assert_int_equal(b, 0xa998);
    assert_int_equal(c, 0xa9988776);
    assert_true(d == UINT64_C(0xa998877665544332));
}

static void an_integer_that_is_not_whole_is_not_read(void **state)
{
    (void)state;
    static const uint64_t offsets[] = {10, 11, UINT64_MAX, UINT64_MAX - 1, UINT64_MAX - 7};
    struct span s = span_of(ten, sizeof ten);
    uint8_t a = 1;
    uint16_t b = 2;
    uint32_t c = 3;
    uint64_t d = 4;
    assert_false(span_u16(s, 9, &b));
    assert_false(span_u32(s, 7, &c));
    assert_false(span_u64(s, 3, &d));
    for (size_t i = 0; i < COUNT(offsets); i++) {
        assert_false(span_u8(s, offsets[i], &a));
        assert_false(span_u16(s, offsets[i], &b));
        assert_false(span_u32(s, offsets[i], &c));
        assert_false(span_u64(s, offsets[i], &d));
    }
    assert_true(a == 1 && b == 2 && c == 3 && d == 4);
}

static void equal_is_by_size_and_bytes(void **state)
{
    (void)state;
    assert_true(span_equal(span_of(NULL, 0), span_of(ten, 0)));
    assert_true(span_equal(span_text("abc"), span_of("abcd", 3)));
    assert_false(span_equal(span_text("abc"), span_text("abd")));
    assert_false(span_equal(span_text("abc"), span_text("ab")));
    assert_true(span_equal(span_of("a\0b", 3), span_of("a\0b", 3)));
    assert_false(span_equal(span_of("a\0b", 3), span_of("a\0c", 3)));
}

static void starts_is_a_whole_prefix(void **state)
{
    (void)state;
    assert_true(span_starts(span_text("MZ..."), span_text("MZ")));
    assert_true(span_starts(span_text("MZ"), span_text("MZ")));
    assert_true(span_starts(span_text("MZ"), span_of(NULL, 0)));
    assert_false(span_starts(span_text("M"), span_text("MZ")));
    assert_false(span_starts(span_text("ZM"), span_text("MZ")));
    assert_false(span_starts(span_of(NULL, 0), span_text("M")));
}

static const struct {
    const char *sentence, *hay;
    size_t from;
    const char *needle;
    size_t at;
} finds[] = {
    {"the first of two", "abcabc", 0, "abc", 0},
    {"the next one from behind the first", "abcabc", 1, "abc", 3},
    {"one that starts where the search does", "abcabc", 3, "abc", 3},
    {"the end of a longer run", "aaab", 0, "aab", 1},
    {"the last byte", "abc", 0, "c", 2},
    {"one cut off by the end", "ababab", 0, "aba_", SIZE_MAX},
    {"one longer than the span", "ab", 0, "abc", SIZE_MAX},
    {"a start at the end finds nothing", "abc", 3, "a", SIZE_MAX},
    {"a start behind the end finds nothing", "abc", 4, "a", SIZE_MAX},
    {"the largest start finds nothing", "abc", SIZE_MAX, "a", SIZE_MAX},
    {"nothing is found where the search starts", "abc", 2, "", 2},
    {"nothing is found at the end too", "abc", 3, "", 3},
    {"but not behind it", "abc", 4, "", SIZE_MAX},
};

static void find_gives_the_first_at_or_after(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(finds); i++) {
        size_t at = span_find(span_text(finds[i].hay), finds[i].from, span_text(finds[i].needle));
        CHECK(finds[i].sentence, at == finds[i].at);
    }
    assert_true(span_find(span_of(NULL, 0), 0, span_text("a")) == SIZE_MAX);
    assert_int_equal(span_find(span_of("x\0y\0z", 5), 0, span_of("\0z", 2)), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_is_inside_is_a_part),
        cmocka_unit_test(from_is_the_rest_or_empty),
        cmocka_unit_test(take_moves_only_when_all_is_there),
        cmocka_unit_test(take_may_write_over_its_own_span),
        cmocka_unit_test(integers_are_little_endian),
        cmocka_unit_test(an_integer_that_is_not_whole_is_not_read),
        cmocka_unit_test(equal_is_by_size_and_bytes),
        cmocka_unit_test(starts_is_a_whole_prefix),
        cmocka_unit_test(find_gives_the_first_at_or_after),
    };
    return cmocka_run_group_tests_name("span", tests, NULL, NULL);
}
