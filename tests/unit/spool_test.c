/*
 * spool: what goes in comes out, in memory or through a scratch file; and the parts of files that it rests on.
 */
#define _GNU_SOURCE
#include "base/spool.h"

#include "base/mem.h"
#include "tests/unit/check.h"

#include <stdlib.h>

/* --- spool -------------------------------------------------------------------------------------------------------- */

struct taken {
    uint64_t size, sum;
    size_t refuse_after; /* pieces; 0: none is refused */
    size_t pieces;
};

static uint64_t add_up(uint64_t sum, struct span s)
{
    for (size_t i = 0; i < s.size; i++)
        sum = sum * 31 + s.at[i];
    return sum;
}

static bool take(void *context, struct span piece, struct err *e)
{
    struct taken *t = context;
    t->size += piece.size;
    t->sum = add_up(t->sum, piece);
    return ++t->pieces != t->refuse_after || err_set(e, ERR_FAILED, "enough");
}

static const struct {
    const char *sentence;
    size_t piece, count;
} fills[] = {
    {"nothing", 0, 0},
    {"one byte", 1, 1},
    {"what stays in memory", 1000, 100},
    {"exactly what is held", SPOOL_HELD_MAX, 1},
    {"one byte more than is held", SPOOL_HELD_MAX + 1, 1},
    {"several times what is held, in pieces that do not divide it", 70001, 150},
};

static void what_goes_in_comes_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fills); i++) {
        struct spool s = {0};
        struct taken t = {0};
        struct err e = {0};
        uint64_t sum = 0;
        uint8_t *piece = mem_zero(fills[i].piece, 1);
        for (size_t k = 0; k < fills[i].count; k++) {
            for (size_t b = 0; b < fills[i].piece; b++)
                piece[b] = (uint8_t)(b * 7 + k);
            spool_add(&s, span_of(piece, fills[i].piece));
            sum = add_up(sum, span_of(piece, fills[i].piece));
        }
        CHECK(fills[i].sentence, spool_is_empty(&s) == (fills[i].count == 0));
        CHECK(fills[i].sentence, s.held.size <= SPOOL_HELD_MAX);
        CHECK(fills[i].sentence, spool_drain(&s, take, &t, &e));
        CHECK(fills[i].sentence, t.size == (uint64_t)fills[i].count * fills[i].piece && t.sum == sum);
        CHECK("a drained spool is empty", spool_is_empty(&s));
        mem_free(piece);
    }
}

static void a_reader_that_has_enough_is_heard(void **state)
{
    struct spool s = {0};
    struct taken t = {.refuse_after = 2};
    struct err e = {0};
    uint8_t *bytes = mem_zero(2 * SPOOL_HELD_MAX, 1);
    (void)state;
    spool_add(&s, span_of(bytes, 2 * SPOOL_HELD_MAX));
    CHECK("the refusal is passed on", !spool_drain(&s, take, &t, &e) && t.pieces == 2);
    CHECK_TEXT("with its words", e.text, "enough");
    mem_free(bytes);
}

static void a_scratch_file_that_cannot_be_is_an_error(void **state)
{
    struct spool s = {0};
    struct taken t = {0};
    struct err e = {0};
    uint8_t *bytes = mem_zero(SPOOL_HELD_MAX, 1);
    const char *before = getenv("TMPDIR");
    char *kept = mem_strdup(before);
    (void)state;
    setenv("TMPDIR", "/nowhere/at/all", 1);
    spool_add(&s, span_of(bytes, SPOOL_HELD_MAX));
    spool_add(&s, span_of(bytes, 1));
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    CHECK("what is lost is an error", !spool_drain(&s, take, &t, &e) && e.kind != ERR_NONE);
    mem_free(kept);
    mem_free(bytes);
}

/* --- parts of files ----------------------------------------------------------------------------------------------- */

static void parts_of_a_file(void **state)
{
    struct file_opened f = {0};
    struct err e = {0};
    char got[4] = "";
    (void)state;
    CHECK("a scratch file", file_open_scratch(&f, &e) && f.size == 0);
    CHECK("is added to", file_add(&f, span_text("0123456789"), &e) && f.size == 10);
    CHECK("read in the middle", file_part(&f, 3, got, 4, &e) && memcmp(got, "3456", 4) == 0);
    CHECK("and added to behind what is there", file_add(&f, span_text("ab"), &e) && file_part(&f, 8, got, 4, &e)
                                                  && memcmp(got, "89ab", 4) == 0);
    CHECK("what is past the end is an error", !file_part(&f, 10, got, 4, &e) && e.kind != ERR_NONE);
    err_clear(&e);
    CHECK("closed", file_close(&f, &e) && !f.handle);
    CHECK("closed twice is fine", file_close(&f, &e));
    CHECK("a folder is no file", !file_open("/", &f, &e) && e.kind != ERR_NONE);
    err_clear(&e);
    CHECK("what is not there is not opened", !file_open("/nowhere/at/all", &f, &e) && e.kind == ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_comes_out),
        cmocka_unit_test(a_reader_that_has_enough_is_heard),
        cmocka_unit_test(a_scratch_file_that_cannot_be_is_an_error),
        cmocka_unit_test(parts_of_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
