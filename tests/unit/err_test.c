/* err: what is kept, what is cut, and how the operating system's codes look. */
#include "base/err.h"

#include "base/span.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <stdio.h>

static void the_first_failure_is_kept(void **state)
{
    (void)state;
    struct err e = {0};
    assert_false(err_set(&e, ERR_FORMAT, "'%s' is %d bytes short", "xen.tar", 3));
    assert_false(err_set(&e, ERR_ACCESS, "second"));
    assert_false(err_set_os(&e, 5, "third"));
    assert_string_equal(e.text, "'xen.tar' is 3 bytes short");
    assert_int_equal(e.kind, ERR_FORMAT);
    assert_int_equal(e.code, 0);
}

static void the_code_of_the_first_failure_is_kept(void **state)
{
    (void)state;
    struct err e = {0};
    err_set_os(&e, 13, "cannot open");
    assert_false(err_set_os(&e, 2, "cannot open either"));
    assert_int_equal(e.code, 13);
    assert_string_equal(e.text, "cannot open (code 13)");
}

static void nowhere_to_write_is_survived(void **state)
{
    (void)state;
    assert_false(err_set(NULL, ERR_FAILED, "x"));
    assert_false(err_set_os(NULL, 2, "x"));
    assert_false(err_wrap(NULL, "x"));
    err_clear(NULL);
}

static void wrapping_puts_the_outer_in_front(void **state)
{
    (void)state;
    struct err e = {0};
    err_set_os(&e, 2, "cannot open 'a'");
    assert_false(err_wrap(&e, "package '%s'", "b"));
    assert_false(err_wrap(&e, "install"));
    assert_string_equal(e.text, "install: package 'b': cannot open 'a' (code 2)");
    assert_int_equal(e.kind, ERR_NOT_FOUND);
    assert_int_equal(e.code, 2);
}

static void names_from_outside_are_escaped(void **state)
{
    (void)state;
    struct err e = {0};
    err_set(&e, ERR_FORMAT, "'%s' is no table", "a\033[2J\nb\xff");
    err_wrap(&e, "%s", "c\td");
    assert_string_equal(e.text, "c\\x09d: 'a\\x1b[2J\\x0ab\\xff' is no table");
}

static void wrapping_nothing_stays_nothing(void **state)
{
    (void)state;
    struct err e = {0};
    assert_false(err_wrap(&e, "install"));
    assert_int_equal(e.kind, ERR_NONE);
    assert_string_equal(e.text, "");
}

static void clearing_makes_room_for_the_next(void **state)
{
    (void)state;
    struct err e = {0};
    err_set_os(&e, 13, "first");
    err_clear(&e);
    assert_int_equal(e.kind, ERR_NONE);
    assert_int_equal(e.code, 0);
    assert_string_equal(e.text, "");
    err_set(&e, ERR_LIMIT, "second");
    assert_string_equal(e.text, "second");
}

struct code_row {
    const char *sentence;
    unsigned long code;
    const char *ending;
};

static const struct code_row code_rows[] = {
    {"a small code is decimal, as the documents print it", 2, "(code 2)"},
    {"the largest decimal one", 0xffff, "(code 65535)"},
    {"one above is hexadecimal", 0x10000, "(code 0x00010000)"},
    {"a HRESULT is hexadecimal", 0x800b0100, "(code 0x800b0100)"},
    {"a SetupAPI error is hexadecimal", 0xe000024b, "(code 0xe000024b)"},
};

static void codes_look_as_is_usual(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(code_rows); i++) {
        char want[64];
        struct err e = {0};
        err_set_os(&e, code_rows[i].code, "cannot %s", "do");
        snprintf(want, sizeof want, "cannot do %s", code_rows[i].ending);
        CHECK_TEXT(code_rows[i].sentence, e.text, want);
        CHECK(code_rows[i].sentence, e.code == code_rows[i].code && e.kind != ERR_NONE);
    }
}

static const struct {
    const char *sentence;
    unsigned long code;
    enum err_kind kind;
} kind_rows[] = {
    {"ENOENT is not found", 2, ERR_NOT_FOUND}, {"ENOTDIR is not found", 20, ERR_NOT_FOUND},
    {"EPERM is access", 1, ERR_ACCESS},        {"EACCES is access", 13, ERR_ACCESS},
    {"EROFS is access", 30, ERR_ACCESS},       {"ENOSPC is a plain failure", 28, ERR_FAILED},
};

static void codes_have_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kind_rows); i++) {
        struct err e = {0};
        err_set_os(&e, kind_rows[i].code, "x");
        CHECK(kind_rows[i].sentence, e.kind == kind_rows[i].kind);
    }
}

/* count characters of one, two, three or four bytes after a prefix of some bytes: every way a cut
 * can fall. */
static void fill(char *text, size_t prefix, const char *character, size_t count)
{
    memset(text, 'a', prefix);
    text += prefix;
    for (size_t i = 0; i < count; i++, text += strlen(character))
        memcpy(text, character, strlen(character) + 1);
    *text = '\0';
}

static const char *const characters[] = {"b", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x92\xbe"};

static void long_text_is_cut_between_characters(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(characters); c++) {
        for (size_t prefix = 0; prefix < 4; prefix++) {
            char text[ERR_TEXT_MAX * 2];
            struct err e = {0}, wrapped = {0};
            fill(text, prefix, characters[c], ERR_TEXT_MAX / strlen(characters[c]) + 8);
            err_set(&e, ERR_FORMAT, "%s", text);
            size_t size = strlen(e.text);
            CHECK("a cut text is a start of the whole", strncmp(e.text, text, size) == 0);
            CHECK("a cut text is valid UTF-8", text_is_utf8(span_text(e.text)));
            CHECK("no more than a character is lost", size + strlen(characters[c]) >= ERR_TEXT_MAX);
            err_set(&wrapped, ERR_FORMAT, "%s", text);
            err_wrap(&wrapped, "xy");
            CHECK("a wrapped text is valid UTF-8", text_is_utf8(span_text(wrapped.text)));
            CHECK("a wrapped text starts with the outer", strncmp(wrapped.text, "xy: ", 4) == 0);
            CHECK("a wrapped text goes on with the earlier",
                  strncmp(wrapped.text + 4, text, 600) == 0);
        }
    }
}

static void text_that_just_fits_is_whole(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(characters); c++) {
        char text[ERR_TEXT_MAX + 8];
        struct err e = {0};
        size_t width = strlen(characters[c]), count = (ERR_TEXT_MAX - 1) / width;
        fill(text, (ERR_TEXT_MAX - 1) % width, characters[c], count);
        err_set(&e, ERR_FORMAT, "%s", text);
        CHECK_TEXT("what fits is not cut", e.text, text);
    }
}

static void the_code_stands_at_the_end_of_a_long_text_too(void **state)
{
    (void)state;
    for (size_t c = 0; c < COUNT(characters); c++) {
        char text[ERR_TEXT_MAX * 2];
        const char *ending = " (code 0x800b0100)";
        struct err e = {0};
        fill(text, 1, characters[c], ERR_TEXT_MAX / strlen(characters[c]) + 8);
        err_set_os(&e, 0x800b0100, "%s", text);
        size_t size = strlen(e.text);
        CHECK("it is long", size > ERR_TEXT_MAX / 2);
        CHECK_TEXT("it ends with the code", e.text + size - strlen(ending), ending);
        CHECK("it is valid UTF-8", text_is_utf8(span_text(e.text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_failure_is_kept),
        cmocka_unit_test(the_code_of_the_first_failure_is_kept),
        cmocka_unit_test(nowhere_to_write_is_survived),
        cmocka_unit_test(wrapping_puts_the_outer_in_front),
        cmocka_unit_test(names_from_outside_are_escaped),
        cmocka_unit_test(wrapping_nothing_stays_nothing),
        cmocka_unit_test(clearing_makes_room_for_the_next),
        cmocka_unit_test(codes_look_as_is_usual),
        cmocka_unit_test(codes_have_kinds),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(text_that_just_fits_is_whole),
        cmocka_unit_test(the_code_stands_at_the_end_of_a_long_text_too),
    };
    return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}
