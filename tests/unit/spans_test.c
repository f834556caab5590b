/* spans: pieces that touch become one, and all of them together are what they were. */
#include "verifier/spans.h"

#include "tests/unit/check.h"

static const char text[] = "0123456789";

static struct span piece(size_t from, size_t size)
{
    return span_of(text + from, size);
}

/* Three pieces, the second of which follows the first. */
static void add_some(struct span_list *l)
{
    spans_add(l, piece(8, 0));
    spans_add(l, piece(1, 2));
    spans_add(l, piece(3, 0));
    spans_add(l, piece(3, 1));
    spans_add(l, piece(7, 3));
    spans_add(l, piece(0, 1));
}

static void pieces_that_touch_are_one(void **state)
{
    (void)state;
    struct span_list l = {0};
    add_some(&l);
    assert_int_equal(l.count, 3);
    CHECK("the first and what follows it", span_equal(l.at[0], piece(1, 3)));
    CHECK("what lies behind a gap", span_equal(l.at[1], piece(7, 3)));
    CHECK("what lies before it all, though the first follows it there",
          span_equal(l.at[2], piece(0, 1)));
    spans_release(&l);
}

static void nothing_is_no_piece(void **state)
{
    (void)state;
    struct span_list l = {0};
    spans_add(&l, piece(0, 0));
    assert_int_equal(l.count, 0);
    assert_int_equal(spans_size(&l), 0);
    spans_release(&l);
}

static void the_size_is_that_of_all(void **state)
{
    (void)state;
    struct span_list l = {0};
    add_some(&l);
    assert_int_equal(spans_size(&l), 7);
    spans_release(&l);
}

static void joined_they_stand_in_their_order(void **state)
{
    (void)state;
    struct span_list l = {0};
    struct bytes joined = {0};
    add_some(&l);
    spans_join(&l, &joined);
    assert_int_equal(joined.size, 7);
    assert_memory_equal(joined.at, "1237890", 7);
    bytes_release(&joined);
    spans_release(&l);
    assert_int_equal(l.count, 0);
    spans_join(&l, &joined);
    CHECK("of none nothing comes", joined.size == 0);
    bytes_release(&joined);
    spans_release(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_that_touch_are_one),
        cmocka_unit_test(nothing_is_no_piece),
        cmocka_unit_test(the_size_is_that_of_all),
        cmocka_unit_test(joined_they_stand_in_their_order),
    };
    return cmocka_run_group_tests_name("spans", tests, NULL, NULL);
}
