/* beside: every piece is worked on, in order, once, and none while its bytes may change. */
#include "base/beside.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <string.h>

enum { PIECES = 5000, SIZE = 64 };

struct seen {
    size_t pieces;
    bool in_order, whole;
};

/* Each piece is one number, over and over. */
static void look(void *context, struct span piece)
{
    struct seen *s = context;
    unsigned char wanted = (unsigned char)s->pieces;
    s->in_order = s->in_order && piece.size == SIZE && piece.at[0] == wanted;
    for (size_t i = 0; i < piece.size; i++)
        s->whole = s->whole && piece.at[i] == piece.at[0];
    s->pieces++;
}

static void every_piece_in_order(void **state)
{
    (void)state;
    uint8_t room[BESIDE_AHEAD + 1][SIZE];
    struct seen s = {.in_order = true, .whole = true};
    struct beside *b = beside_new(look, &s);
    for (size_t i = 0; i < PIECES; i++) {
        uint8_t *at = room[i % (BESIDE_AHEAD + 1)];
        memset(at, (unsigned char)i, SIZE); /* given BESIDE_AHEAD + 1 calls ago: done with */
        beside_give(b, span_of(at, SIZE));
    }
    beside_end(b);
    assert_int_equal(s.pieces, PIECES);
    assert_true(s.in_order);
    assert_true(s.whole);
}

static void nothing_is_fine(void **state)
{
    (void)state;
    struct seen s = {.in_order = true, .whole = true};
    beside_end(beside_new(look, &s));
    beside_end(NULL);
    assert_int_equal(s.pieces, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_piece_in_order),
        cmocka_unit_test(nothing_is_fine),
    };
    return cmocka_run_group_tests_name("beside", tests, NULL, NULL);
}
