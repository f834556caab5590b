/* place: where values stand in a text, and that nothing is ever found outside it. */
#include "drivers-manifest/place.h"

#include "base/mem.h"
#include "tests/unit/check.h"

static const char json[] = "{\n"
                           "  \"a\": [1, [true, \"x]\\\"}\"], {}],\n"
                           "  \"b\" : {\"c/d\": null, \"e~f\": -1.5e3},\n"
                           "  \"\\u0067\\ud83d\\ude00\\n\": \"\xc3\xa4\xe2\x82\xac\", \"h\": 2\n"
                           "}\n";

static const struct {
    const char *sentence, *pointer;
    const char *value; /* as it is written; NULL: it is not there */
    const char *key;   /* as it is written; NULL: it has none */
    size_t line, column;
} rows[] = {
    {"a list", "/a", "[1, [true, \"x]\\\"}\"], {}]", "\"a\"", 2, 8},
    {"its first element", "/a/0", "1", NULL, 2, 9},
    {"a list in it", "/a/1", "[true, \"x]\\\"}\"]", NULL, 2, 12},
    {"a text with brackets and a quote", "/a/1/1", "\"x]\\\"}\"", NULL, 2, 19},
    {"an empty object", "/a/2", "{}", NULL, 2, 29},
    {"past the end of a list", "/a/3", NULL, NULL, 0, 0},
    {"a member of an empty object", "/a/2/x", NULL, NULL, 0, 0},
    {"a number that is none", "/a/x", NULL, NULL, 0, 0},
    {"a number too large", "/a/99999999999999999999999999", NULL, NULL, 0, 0},
    {"no number", "/a/", NULL, NULL, 0, 0},
    {"a blank in front of the colon", "/b", "{\"c/d\": null, \"e~f\": -1.5e3}", "\"b\"", 3, 9},
    {"a slash in a name", "/b/c~1d", "null", "\"c/d\"", 3, 17},
    {"a tilde in a name", "/b/e~0f", "-1.5e3", "\"e~f\"", 3, 30},
    {"a slash that is not written so", "/b/c/d", NULL, NULL, 0, 0},
    {"a name with escapes", "/g\xf0\x9f\x98\x80\n", "\"\xc3\xa4\xe2\x82\xac\"",
     "\"\\u0067\\ud83d\\ude00\\n\"", 4, 27},
    {"the column counts characters", "/h", "2", "\"h\"", 4, 38},
    {"a value has no members", "/h/x", NULL, NULL, 0, 0},
    {"a name that is not there", "/x", NULL, NULL, 0, 0},
    {"the start of a name", "/", NULL, NULL, 0, 0},
    {"no pointer", "a", NULL, NULL, 0, 0},
};

static void check_text(const char *sentence, size_t from, size_t to, const char *want)
{
    CHECK(sentence, to >= from && to - from == strlen(want));
    CHECK(sentence, memcmp(json + from, want, to - from) == 0);
}

static void values_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct place p = {7, 7, 7};
        bool there = place_find(span_text(json), rows[i].pointer, &p);
        CHECK(rows[i].sentence, there == (rows[i].value != NULL));
        if (!there) {
            CHECK("what is not found leaves the place alone", p.key == 7 && p.at == 7);
            continue;
        }
        struct position at = place_position(span_text(json), p.at);
        check_text(rows[i].sentence, p.at, p.end, rows[i].value);
        CHECK(rows[i].sentence, at.line == rows[i].line && at.column == rows[i].column);
        if (rows[i].key)
            check_text("the name", p.key, p.key + strlen(rows[i].key), rows[i].key);
        else
            CHECK("an element has no name", p.key == p.at);
    }
}

static void the_document_has_no_blanks_around_it(void **state)
{
    (void)state;
    struct place p;
    assert_true(place_find(span_text(" \r\n\t[1] \n"), "", &p));
    assert_true(p.at == 4 && p.end == 7 && p.key == 4);
}

static void what_is_absent_is_absent_from_something(void **state)
{
    (void)state;
    struct place p, want;
    assert_true(place_find(span_text(json), "/a/2", &want));
    place_find_nearest(span_text(json), "/a/2/x/y", &p);
    assert_true(p.at == want.at && p.end == want.end);
    place_find_nearest(span_text(json), "/x/y", &p);
    assert_true(p.at == 0);
    place_find_nearest(span_of(NULL, 0), "/x/y", &p);
    assert_true(p.at == 0 && p.end == 0);
}

/* place is asked of text that was accepted; of other text it must only not leave it. */
static void cut_texts_are_not_left(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof json; size++) {
        char *cut =
            mem_zero(size + 1, 1); /* of its own, so that the sanitizer sees a step outside */
        memcpy(cut, json, size);
        uint8_t *exact = mem_resize(NULL, size ? size : 1, 1);
        memcpy(exact, cut, size);
        for (size_t i = 0; i < COUNT(rows); i++) {
            struct place p = {0};
            if (place_find(span_of(exact, size), rows[i].pointer, &p))
                CHECK(rows[i].sentence, p.key <= p.at && p.at <= p.end && p.end <= size);
        }
        mem_free(exact);
        mem_free(cut);
    }
}

static void a_bomb_costs_no_stack(void **state)
{
    (void)state;
    enum { DEPTH = 1000000 };
    struct place p;
    char *bomb = mem_resize(NULL, 2 * DEPTH + 2, 1);
    memset(bomb, '[', DEPTH);
    memset(bomb + DEPTH, ']', DEPTH);
    assert_true(place_find(span_of(bomb, 2 * DEPTH), "/0/0", &p));
    assert_true(p.at == 2 && p.end == 2 * DEPTH - 2);
    assert_false(place_find(span_of(bomb, DEPTH), "", &p));
    mem_free(bomb);
}

static void positions_stay_in_the_text(void **state)
{
    (void)state;
    struct position end = place_position(span_text("a\nb"), 99), none;
    assert_true(end.line == 2 && end.column == 2);
    none = place_position(span_of(NULL, 0), 0);
    assert_true(none.line == 1 && none.column == 1);
}

static void segments_are_written_as_they_are_read(void **state)
{
    (void)state;
    struct text t = {0};
    struct place p;
    place_add_segment(&t, "b");
    place_add_segment(&t, "c/d");
    assert_string_equal(text_str(&t), "/b/c~1d");
    assert_true(place_find(span_text(json), text_str(&t), &p));
    text_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_found),
        cmocka_unit_test(the_document_has_no_blanks_around_it),
        cmocka_unit_test(what_is_absent_is_absent_from_something),
        cmocka_unit_test(cut_texts_are_not_left),
        cmocka_unit_test(a_bomb_costs_no_stack),
        cmocka_unit_test(positions_stay_in_the_text),
        cmocka_unit_test(segments_are_written_as_they_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
