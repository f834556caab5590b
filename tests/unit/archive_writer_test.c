/* archive_writer: what was put in comes out again, byte for byte, and no name can leave its folder.
 */
#include "installer/archive_writer.h"

#include "base/mem.h"
#include "tests/unit/check.h"
#include "verifier/package.h"

enum { TIME = 1767225600, LARGE = 3 << 20 }; /* 2026-01-01 */

static struct span large(void)
{
    static uint8_t bytes[LARGE];
    uint32_t x = 1;
    for (size_t i = 0; i < LARGE; i++, x = x * 1664525 + 1013904223)
        bytes[i] = (uint8_t)(x >> 24);
    return span_of(bytes, LARGE);
}

static void make(struct bytes *out)
{
    struct err e = {0};
    struct archive_writer *w = archive_writer_new(ARCHIVE_WRITER_ZIP, TIME, &e);
    assert_non_null(w);
    assert_true(archive_writer_add(w, "CONTENTS.txt", span_text("what is in it\n"), &e));
    assert_true(archive_writer_add(w, "empty", span_of(NULL, 0), &e));
    assert_true(archive_writer_add(w, "logs/a b.log", large(), &e));
    assert_true(archive_writer_finish(w, out, &e));
    archive_writer_free(w);
}

static void what_went_in_comes_out(void **state)
{
    (void)state;
    static const char *const names[] = {"CONTENTS.txt", "empty", "logs/a b.log"};
    const struct span contents[] = {span_text("what is in it\n"), span_of(NULL, 0), large()};
    struct bytes zip = {0};
    struct package p = {0};
    struct err e = {0};
    make(&zip);
    assert_true(package_open_bytes("a.zip", bytes_span(&zip), &p, &e));
    assert_int_equal(p.kind, PACKAGE_ZIP);
    assert_false(p.damaged);
    assert_int_equal(p.count, COUNT(names));
    for (size_t i = 0; i < COUNT(names); i++) {
        CHECK_TEXT("names stay", p.entries[i].name, names[i]);
        assert_true(package_load(&p, i, &e));
        CHECK(names[i], span_equal(p.entries[i].bytes, contents[i]));
        package_drop(&p, i);
    }
    package_release(&p);
    bytes_release(&zip);
}

static void the_same_is_the_same(void **state)
{
    (void)state;
    struct bytes a = {0}, b = {0};
    make(&a);
    make(&b);
    assert_true(span_equal(bytes_span(&a), bytes_span(&b)));
    bytes_release(&a);
    bytes_release(&b);
}

static void unsafe_names_are_refused(void **state)
{
    (void)state;
    static const char *const names[] = {"",         "/a",  "a/",    "a//b", "..",   "../a",
                                        "a/../b",   ".",   "a\\b",  "C:/a", "a\nb", "a\x7f",
                                        "\xc3\xbc", "a*b", "a/./b", "a\"b"};
    struct err e = {0};
    struct archive_writer *w = archive_writer_new(ARCHIVE_WRITER_ZIP, TIME, &e);
    for (size_t i = 0; i < COUNT(names); i++) {
        err_clear(&e);
        CHECK(names[i], !archive_writer_add(w, names[i], span_text("x"), &e));
        CHECK(names[i], e.kind == ERR_USAGE);
    }
    err_clear(&e);
    CHECK("dots are fine in a name", archive_writer_add(w, "...a/..b", span_text("x"), &e));
    archive_writer_free(w);
}

static void what_is_too_large_is_refused(void **state)
{
    (void)state;
    struct err e = {0};
    struct archive_writer *w = archive_writer_new(ARCHIVE_WRITER_ZIP, TIME, &e);
    char name[] = "a00";
    bool ok = true;
    for (int i = 0; ok && i < 100; i++) {
        name[1] = (char)('0' + i / 10);
        name[2] = (char)('0' + i % 10);
        ok = archive_writer_add(w, name, large(), &e);
    }
    CHECK("a hundred times 3 MB of noise is too much", !ok && e.kind == ERR_LIMIT);
    archive_writer_free(w);
}

static void no_format_is_none(void **state)
{
    (void)state;
    struct err e = {0};
    assert_null(archive_writer_new(ARCHIVE_WRITER_NONE, TIME, &e));
    assert_int_equal(e.kind, ERR_FAILED);
    archive_writer_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_went_in_comes_out),   cmocka_unit_test(the_same_is_the_same),
        cmocka_unit_test(unsafe_names_are_refused), cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(no_format_is_none),
    };
    return cmocka_run_group_tests_name("archive_writer", tests, NULL, NULL);
}
