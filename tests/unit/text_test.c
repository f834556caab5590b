/* text: the builder's ceiling, decoding of what Windows files hold, and names that want to deceive.
 */
#include "base/text.h"

#include "base/mem.h"
#include "tests/unit/check.h"

#include <stdio.h>

static void adds_in_order(void **state)
{
    (void)state;
    struct text t = {0};
    assert_string_equal(text_str(&t), "");
    text_add(&t, "a");
    text_add(&t, NULL);
    text_add_bytes(&t, "bcd", 2);
    text_addf(&t, "%d-%s", 42, "e");
    text_addf(&t, "%s", "");
    assert_string_equal(text_str(&t), "abc42-e");
    assert_int_equal(t.size, 7);
    assert_false(t.full);
    text_release(&t);
    assert_null(t.at);
    text_release(&t);
    text_release(NULL);
}

static void grows_far_past_its_first_room(void **state)
{
    (void)state;
    struct text t = {0};
    for (int i = 0; i < 20000; i++)
        text_addf(&t, "%d,", i % 10);
    assert_int_equal(t.size, 40000);
    assert_memory_equal(t.at + 39980, "0,1,2,3,4,5,6,7,8,9,", 21);
    text_release(&t);
}

static void nothing_is_added_past_the_ceiling(void **state)
{
    (void)state;
    struct text t = {.ceiling = 5};
    text_add(&t, "abc");
    text_add(&t, "de");
    assert_false(t.full);
    text_add(&t, "f");
    assert_true(t.full);
    text_addf(&t, "%d", 1);
    text_add_bytes(&t, "", 0);
    assert_string_equal(text_str(&t), "abcde");
    assert_int_equal(t.size, 5);
    text_release(&t);
}

static void a_piece_that_does_not_fit_is_left_out_whole(void **state)
{
    (void)state;
    struct text t = {.ceiling = 5};
    text_add(&t, "abc");
    text_addf(&t, "%s", "defghi");
    text_add(&t, "x");
    assert_string_equal(text_str(&t), "abc");
    assert_true(t.full);
    text_release(&t);
}

static void no_half_character_at_the_ceiling(void **state)
{
    (void)state;
    struct text t = {.ceiling = 4};
    text_add_utf16le(&t, span_of("\xac\x20\xac\x20", 4));
    assert_string_equal(text_str(&t), "\xe2\x82\xac");
    assert_true(t.full);
    text_release(&t);
}

static void stealing_leaves_an_empty_builder(void **state)
{
    (void)state;
    struct text t = {0};
    char *nothing = text_steal(&t);
    text_add(&t, "abc");
    char *stolen = text_steal(&t);
    assert_string_equal(nothing, "");
    assert_string_equal(stolen, "abc");
    assert_null(t.at);
    assert_int_equal(t.size, 0);
    assert_string_equal(text_str(&t), "");
    mem_free(stolen);
    mem_free(nothing);
}

#define BYTES(literal)                                                                             \
    {                                                                                              \
        (const uint8_t *)(literal), sizeof(literal) - 1                                            \
    }

struct decode_row {
    const char *sentence;
    struct span bytes;
    const char *want;
};

#define FFFD "\xef\xbf\xbd"

/* Big-endian; the little-endian form is made from it. */
static const struct decode_row utf16_rows[] = {
    {"nothing", BYTES(""), ""},
    {"ASCII", BYTES("\0x\0e\0n"), "xen"},
    {"the last character of one byte", BYTES("\0\x7f"), "\x7f"},
    {"the first of two", BYTES("\0\x80"), "\xc2\x80"},
    {"the last of two", BYTES("\x07\xff"), "\xdf\xbf"},
    {"the first of three", BYTES("\x08\0"), "\xe0\xa0\x80"},
    {"the last before the surrogates", BYTES("\xd7\xff"), "\xed\x9f\xbf"},
    {"the first behind them", BYTES("\xe0\0"), "\xee\x80\x80"},
    {"the last of three", BYTES("\xff\xff"), "\xef\xbf\xbf"},
    {"the first pair", BYTES("\xd8\0\xdc\0"), "\xf0\x90\x80\x80"},
    {"the last pair", BYTES("\xdb\xff\xdf\xff"), "\xf4\x8f\xbf\xbf"},
    {"a high surrogate at the end", BYTES("\0a\xd8\0"), "a" FFFD},
    {"a high one before a letter keeps the letter", BYTES("\xd8\0\0a"), FFFD "a"},
    {"two high ones before a low one", BYTES("\xd8\0\xd8\0\xdc\0"), FFFD "\xf0\x90\x80\x80"},
    {"a low surrogate alone", BYTES("\xdc\0\0a"), FFFD "a"},
    {"two low surrogates", BYTES("\xdc\0\xdc\0"), FFFD FFFD},
    {"a pair the wrong way round", BYTES("\xdc\0\xd8\0"), FFFD FFFD},
    {"an odd byte at the end is dropped", BYTES("\0a\0"), "a"},
    {"a single byte is nothing", BYTES("a"), ""},
    {"a high surrogate and half a low one", BYTES("\xd8\0\xdc"), FFFD},
    {"a NUL ends the text", BYTES("\0a\0\0\0b"), "a"},
};

static struct span swapped(struct span s, uint8_t *storage)
{
    for (size_t i = 0; i + 1 < s.size; i += 2) {
        storage[i] = s.at[i + 1];
        storage[i + 1] = s.at[i];
    }
    if (s.size % 2)
        storage[s.size - 1] = s.at[s.size - 1];
    return span_of(storage, s.size);
}

static void decodes_utf16_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(utf16_rows); i++) {
        const struct decode_row *row = &utf16_rows[i];
        uint8_t storage[16];
        struct text big = {0}, little = {0};
        text_add_utf16be(&big, row->bytes);
        text_add_utf16le(&little, swapped(row->bytes, storage));
        CHECK_TEXT(row->sentence, text_str(&big), row->want);
        CHECK_TEXT(row->sentence, text_str(&little), row->want);
        text_release(&big);
        text_release(&little);
    }
}

static const struct decode_row cp1252_rows[] = {
    {"ASCII is itself", BYTES("Provider=%Xen%"), "Provider=%Xen%"},
    {"Latin letters", BYTES("M\xfcller \xdf"), "M\xc3\xbcller \xc3\x9f"},
    {"the euro sign", BYTES("\x80"), "\xe2\x82\xac"},
    {"quotation marks and a dash", BYTES("\x93\x94\x97"), "\xe2\x80\x9c\xe2\x80\x9d\xe2\x80\x94"},
    {"the last of the special ones", BYTES("\x9f"), "\xc5\xb8"},
    {"a no-break space", BYTES("\xa0"), "\xc2\xa0"},
    {"what the code page leaves undefined", BYTES("\x81\x8d\x8f\x90\x9d"),
     FFFD FFFD FFFD FFFD FFFD},
    {"a NUL ends the text", BYTES("a\0b"), "a"},
};

static void decodes_code_page_1252(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cp1252_rows); i++) {
        struct text t = {0};
        text_add_cp1252(&t, cp1252_rows[i].bytes);
        CHECK_TEXT(cp1252_rows[i].sentence, text_str(&t), cp1252_rows[i].want);
        text_release(&t);
    }
}

static const struct {
    const char *sentence, *hostile, *want;
} escape_rows[] = {
    {"no name at all", NULL, ""},
    {"a plain name", "xen vbd.sys", "xen vbd.sys"},
    {"a backslash stays itself", "C:\\x\\n", "C:\\x\\n"},
    {"letters of other languages stay", "M\xc3\xbcller \xe6\x97\xa5 \xf0\x9f\x92\xbe",
     "M\xc3\xbcller \xe6\x97\xa5 \xf0\x9f\x92\xbe"},
    {"a line feed", "a\nb", "a\\x0ab"},
    {"carriage return, tab, bell", "\r\t\a", "\\x0d\\x09\\x07"},
    {"an escape sequence of a terminal", "\x1b[31m", "\\x1b[31m"},
    {"delete", "\x7f", "\\x7f"},
    {"the second set of controls", "\xc2\x80\xc2\x9b\xc2\x9f", "\\x80\\x9b\\x9f"},
    {"and what follows them", "\xc2\xa1", "\xc2\xa1"},
    {"the first bidirectional override", "\xe2\x80\xaa", "\\u{202a}"},
    {"right-to-left override, as in gnp.exe", "\xe2\x80\xaegnp.exe", "\\u{202e}gnp.exe"},
    {"the first isolate", "\xe2\x81\xa6", "\\u{2066}"},
    {"the last isolate", "\xe2\x81\xa9", "\\u{2069}"},
    {"a byte that starts nothing", "a\x80z", "a\\x80z"},
    {"a byte that never occurs", "\xff\xfe", "\\xff\\xfe"},
    {"a character cut off at the end", "a\xe2\x82", "a\\xe2\\x82"},
    {"a character cut off by a letter", "\xe2\x82z", "\\xe2\\x82z"},
    {"an overlong slash", "\xc0\xaf", "\\xc0\\xaf"},
    {"an overlong slash of three bytes", "\xe0\x80\xaf", "\\xe0\\x80\\xaf"},
    {"a surrogate in UTF-8", "\xed\xa0\x80", "\\xed\\xa0\\x80"},
    {"one past the last character", "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
};

static void hostile_names_are_escaped(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(escape_rows); i++) {
        struct text t = {0};
        text_add_escaped(&t, escape_rows[i].hostile);
        CHECK_TEXT(escape_rows[i].sentence, text_str(&t), escape_rows[i].want);
        text_release(&t);
    }
}

/* Whatever comes in, what comes out is UTF-8 without a control character. */
static void what_is_escaped_is_safe(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (int round = 0; round < 5000; round++) {
        char name[12] = {0};
        struct text t = {0};
        for (size_t i = 0; i + 1 < sizeof name; i++) {
            seed = seed * 1664525u + 1013904223u;
            name[i] = (char)(seed >> 24);
        }
        text_add_escaped(&t, name);
        assert_true(text_is_utf8(span_text(text_str(&t))));
        for (const char *c = text_str(&t); *c; c++)
            assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
        text_release(&t);
    }
}

static const struct {
    const char *sentence;
    struct span bytes;
    bool valid;
} utf8_rows[] = {
    {"nothing is valid", BYTES(""), true},
    {"ASCII with a NUL is valid", BYTES("a\0b"), true},
    {"each width is valid", BYTES("\x7f\xc2\x80\xe0\xa0\x80\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
     true},
    {"an overlong NUL is not", BYTES("\xc0\x80"), false},
    {"an overlong letter is not", BYTES("\xc1\xbf"), false},
    {"an overlong form of three bytes is not", BYTES("\xe0\x9f\xbf"), false},
    {"an overlong form of four bytes is not", BYTES("\xf0\x8f\xbf\xbf"), false},
    {"the first surrogate is not", BYTES("\xed\xa0\x80"), false},
    {"the last surrogate is not", BYTES("\xed\xbf\xbf"), false},
    {"the neighbours of the surrogates are", BYTES("\xed\x9f\xbf\xee\x80\x80"), true},
    {"more than U+10FFFF is not", BYTES("\xf4\x90\x80\x80"), false},
    {"a lead byte of five is not", BYTES("\xf8\x88\x80\x80\x80"), false},
    {"a cut character is not", BYTES("a\xf0\x9f\x92"), false},
    {"a lone continuation is not", BYTES("\xbf"), false},
    {"a good start does not help", BYTES("abcdef\xff"), false},
};

static void tells_utf8_from_other_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(utf8_rows); i++)
        CHECK(utf8_rows[i].sentence, text_is_utf8(utf8_rows[i].bytes) == utf8_rows[i].valid);
}

static void case_is_ignored_for_ascii_only(void **state)
{
    (void)state;
    assert_true(text_equal_nocase("XenVbd", "xEnvBD"));
    assert_false(text_equal_nocase("xen", "xenvbd"));
    assert_false(text_equal_nocase("xenvbd", "xen"));
    assert_false(text_equal_nocase(NULL, "x"));
    assert_false(text_equal_nocase("x", NULL));
    assert_false(text_equal_nocase(NULL, NULL));
    assert_false(text_equal_nocase("\xc3\x84", "\xc3\xa4"));
    assert_false(text_equal_nocase("[", "{"));
    assert_false(text_equal_nocase("@", "`"));
    assert_true(text_equal_nocase("AZ", "az"));
}

static void order_is_the_same_both_ways(void **state)
{
    (void)state;
    static const char *const sorted[] = {"", "A", "ab", "ABC", "b", "z", "\xc3\xa4"};
    for (size_t i = 0; i < COUNT(sorted); i++)
        for (size_t j = 0; j < COUNT(sorted); j++) {
            int order = text_compare_nocase(sorted[i], sorted[j]);
            assert_true(i < j ? order < 0 : i > j ? order > 0 : order == 0);
        }
}

static void prefixes_ignore_case(void **state)
{
    (void)state;
    assert_true(text_starts_nocase("PCI\\VEN_5853", "pci\\ven"));
    assert_true(text_starts_nocase("x", ""));
    assert_true(text_starts_nocase("", ""));
    assert_false(text_starts_nocase("", "x"));
    assert_false(text_starts_nocase("pc", "pci"));
    assert_false(text_starts_nocase(NULL, "pci"));
    assert_false(text_starts_nocase(NULL, ""));
}

static void hex_goes_both_ways(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x0f, 0xa0, 0xff};
    struct text t = {0};
    uint8_t back[4] = {0};
    text_add_hex(&t, span_of(bytes, sizeof bytes));
    assert_string_equal(text_str(&t), "000fa0ff");
    assert_true(text_parse_hex(text_str(&t), back, sizeof back));
    assert_memory_equal(back, bytes, sizeof bytes);
    assert_true(text_parse_hex("000FA0fF", back, sizeof back));
    assert_memory_equal(back, bytes, sizeof bytes);
    text_release(&t);
}

static const struct {
    const char *sentence, *hex;
} bad_hex[] = {
    {"too short", "000fa0"},
    {"too long", "000fa0ff00"},
    {"odd", "000fa0f"},
    {"odd and longer", "000fa0ff0"},
    {"empty", ""},
    {"a letter past f", "000fa0fg"},
    {"a blank", "000fa0f "},
    {"a sign", "+00fa0ff"},
    {"a prefix", "0x0fa0ff"},
    {"a character below 0", "000fa0f/"},
    {"one above 9", "000fa0f:"},
    {"not ASCII", "000fa0\xc3\xa4"},
};

static void hex_that_is_none_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad_hex); i++) {
        uint8_t out[4] = {7, 7, 7, 7};
        CHECK(bad_hex[i].sentence, !text_parse_hex(bad_hex[i].hex, out, sizeof out));
        CHECK(bad_hex[i].sentence, memcmp(out, "\7\7\7\7", 4) == 0);
    }
}

/* Only a full buffer is trimmed, and only by what is not whole. */
static void partial_characters(void **state)
{
    (void)state;
    static const struct {
        const char *sentence, *text;
        size_t room;
        const char *trimmed;
    } rows[] = {
        {"nothing to trim", "", 1, ""},
        {"plain characters are whole", "abc", 4, "abc"},
        {"a whole one stays", "a\xc3\xa4", 4, "a\xc3\xa4"},
        {"half of two goes", "ab\xc3", 4, "ab"},
        {"two thirds of three go", "a\xe2\x82", 4, "a"},
        {"three quarters of four go", "\xf0\x9f\x98", 4, ""},
        {"a buffer that is not full was not cut", "a\xc3", 4, "a\xc3"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[8];
        snprintf(text, sizeof text, "%s", rows[i].text);
        text_trim_partial(text, rows[i].room);
        CHECK_TEXT(rows[i].sentence, text, rows[i].trimmed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partial_characters),
        cmocka_unit_test(adds_in_order),
        cmocka_unit_test(grows_far_past_its_first_room),
        cmocka_unit_test(nothing_is_added_past_the_ceiling),
        cmocka_unit_test(a_piece_that_does_not_fit_is_left_out_whole),
        cmocka_unit_test(no_half_character_at_the_ceiling),
        cmocka_unit_test(stealing_leaves_an_empty_builder),
        cmocka_unit_test(decodes_utf16_both_ways),
        cmocka_unit_test(decodes_code_page_1252),
        cmocka_unit_test(hostile_names_are_escaped),
        cmocka_unit_test(what_is_escaped_is_safe),
        cmocka_unit_test(tells_utf8_from_other_bytes),
        cmocka_unit_test(case_is_ignored_for_ascii_only),
        cmocka_unit_test(order_is_the_same_both_ways),
        cmocka_unit_test(prefixes_ignore_case),
        cmocka_unit_test(hex_goes_both_ways),
        cmocka_unit_test(hex_that_is_none_is_refused),
    };
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
