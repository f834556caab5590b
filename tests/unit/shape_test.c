/* shape: every kind to and from JSON, and all that is refused, with the place that is named. */
#include "drivers-manifest/shape.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <stdio.h>

enum colour { COLOUR_UNKNOWN = 0, COLOUR_RED, COLOUR_BLUE };
enum verdict { VERDICT_NO = 0, VERDICT_YES };

struct leaf {
    char *name;
    struct number size;
};

struct tree {
    char *title;
    struct number count;
    enum tri known;
    enum colour colour;
    enum verdict verdict;
    struct texts words;
    struct leaf inside;
    struct leaf *maybe;
    struct {
        struct leaf *at;
        size_t count;
    } leaves;
};

struct strict {
    char *must;
    struct {
        struct leaf *at;
        size_t count;
    } leaves;
};

static const char *const colours[] = {"unknown", "red", "blue", NULL};
static const char *const verdicts[] = {"no", "yes", NULL};

static const struct shape_field leaf_fields[] = {
    {.name = "name", .kind = SHAPE_TEXT, .offset = offsetof(struct leaf, name)},
    {.name = "size", .kind = SHAPE_NUMBER, .offset = offsetof(struct leaf, size)},
};
static const struct shape leaf_shape = SHAPE_OF(struct leaf, leaf_fields);

static const struct shape_field tree_fields[] = {
    {.name = "title", .kind = SHAPE_TEXT, .offset = offsetof(struct tree, title)},
    {.name = "count", .kind = SHAPE_NUMBER, .offset = offsetof(struct tree, count)},
    {.name = "known", .kind = SHAPE_TRI, .offset = offsetof(struct tree, known)},
    {.name = "colour",
     .kind = SHAPE_ENUM,
     .offset = offsetof(struct tree, colour),
     .names = colours},
    {.name = "verdict",
     .kind = SHAPE_ENUM,
     .offset = offsetof(struct tree, verdict),
     .names = verdicts},
    {.name = "words", .kind = SHAPE_TEXTS, .offset = offsetof(struct tree, words)},
    {.name = "inside",
     .kind = SHAPE_OBJECT,
     .offset = offsetof(struct tree, inside),
     .shape = &leaf_shape},
    {.name = "maybe",
     .kind = SHAPE_MAYBE,
     .offset = offsetof(struct tree, maybe),
     .shape = &leaf_shape},
    {.name = "leaves",
     .kind = SHAPE_LIST,
     .offset = offsetof(struct tree, leaves),
     .shape = &leaf_shape},
};
static const struct shape tree_shape = SHAPE_OF(struct tree, tree_fields);

static const struct shape_field strict_fields[] = {
    {.name = "must", .kind = SHAPE_TEXT, .offset = offsetof(struct strict, must), .required = true},
    {.name = "leaves",
     .kind = SHAPE_LIST,
     .offset = offsetof(struct strict, leaves),
     .shape = &leaf_shape},
};
static const struct shape strict_shape = SHAPE_OF(struct strict, strict_fields);

static const char full[] = "{\n"
                           "  \"title\": \"M\xc3\xbcller \\\"x\\\" \\\\ \\n\",\n"
                           "  \"count\": 9223372036854775807,\n"
                           "  \"known\": true,\n"
                           "  \"colour\": \"blue\",\n"
                           "  \"verdict\": \"yes\",\n"
                           "  \"words\": [\n"
                           "    \"a\",\n"
                           "    \"\"\n"
                           "  ],\n"
                           "  \"inside\": {\n"
                           "    \"name\": \"in\",\n"
                           "    \"size\": 0\n"
                           "  },\n"
                           "  \"maybe\": {\n"
                           "    \"name\": null,\n"
                           "    \"size\": 7\n"
                           "  },\n"
                           "  \"leaves\": [\n"
                           "    {\n"
                           "      \"name\": \"first\",\n"
                           "      \"size\": null\n"
                           "    },\n"
                           "    {\n"
                           "      \"name\": \"second\",\n"
                           "      \"size\": 2\n"
                           "    }\n"
                           "  ]\n"
                           "}\n";

static const char empty[] = "{\n"
                            "  \"title\": null,\n"
                            "  \"count\": null,\n"
                            "  \"known\": null,\n"
                            "  \"colour\": null,\n"
                            "  \"verdict\": \"no\",\n"
                            "  \"words\": [],\n"
                            "  \"inside\": {\n"
                            "    \"name\": null,\n"
                            "    \"size\": null\n"
                            "  },\n"
                            "  \"maybe\": null,\n"
                            "  \"leaves\": []\n"
                            "}\n";

static bool is_zero(const void *object, size_t size)
{
    const unsigned char *byte = object;
    for (size_t i = 0; i < size; i++)
        if (byte[i])
            return false;
    return true;
}

static void read_tree(const char *json, struct tree *t)
{
    struct err e = {0};
    struct texts unknown = {0};
    if (!shape_decode(span_text(json), &tree_shape, t, &unknown, &e))
        fail_msg("%s", e.text);
    assert_int_equal(unknown.count, 0);
}

static void check_written(const struct tree *t, const char *want)
{
    char *json = shape_encode(&tree_shape, t);
    assert_string_equal(json, want);
    mem_free(json);
}

static void every_kind_is_read(void **state)
{
    (void)state;
    struct tree t = {0};
    read_tree(full, &t);
    assert_string_equal(t.title, "M\xc3\xbcller \"x\" \\ \n");
    assert_true(t.count.known && t.count.value == INT64_MAX);
    assert_true(t.known == TRI_YES && t.colour == COLOUR_BLUE && t.verdict == VERDICT_YES);
    assert_int_equal(t.words.count, 2);
    assert_string_equal(t.words.at[0], "a");
    assert_string_equal(t.words.at[1], "");
    assert_string_equal(t.inside.name, "in");
    assert_true(t.inside.size.known && t.inside.size.value == 0);
    assert_non_null(t.maybe);
    assert_true(!t.maybe->name && t.maybe->size.value == 7);
    assert_int_equal(t.leaves.count, 2);
    assert_true(!t.leaves.at[0].size.known && t.leaves.at[1].size.value == 2);
    check_written(&t, full);
    shape_release(&tree_shape, &t);
    assert_true(is_zero(&t, sizeof t));
}

static void what_is_not_known_stays_not_known(void **state)
{
    (void)state;
    static const char *const texts[] = {empty, "{}",
                                        "{\"verdict\": null, \"maybe\": null, \"leaves\": null}"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct tree t = {0};
        read_tree(texts[i], &t);
        assert_true(is_zero(&t, sizeof t));
        check_written(&t, empty);
    }
}

static void no_is_not_the_same_as_unknown(void **state)
{
    (void)state;
    struct tree t = {0};
    read_tree("{\"known\": false, \"colour\": \"red\", \"words\": [], \"maybe\": {}}", &t);
    assert_true(t.known == TRI_NO && t.colour == COLOUR_RED);
    assert_non_null(t.maybe);
    shape_release(&tree_shape, &t);
}

static const struct {
    const char *sentence, *json, *place, *must;
} wrong_types[] = {
    {"a number where a text belongs", "{\"title\": 5}", "'title'", "must be a text"},
    {"a list where a text belongs", "{\"title\": [\"x\"]}", "'title'", "must be a text"},
    {"a text where a number belongs", "{\"count\": \"5\"}", "'count'", "whole number"},
    {"a fraction", "{\"count\": 1.5}", "'count'", "whole number"},
    {"a whole number written as a fraction", "{\"count\": 1.0}", "'count'", "whole number"},
    {"a negative number", "{\"count\": -1}", "'count'", "not negative"},
    {"true where a number belongs", "{\"count\": true}", "'count'", "whole number"},
    {"a number where true or false belongs", "{\"known\": 1}", "'known'", "true, false or null"},
    {"a text where true or false belongs", "{\"known\": \"yes\"}", "'known'",
     "true, false or null"},
    {"a word that is none of them", "{\"colour\": \"green\"}", "'colour'",
     "one of: unknown red blue"},
    {"the start of a word", "{\"colour\": \"re\"}", "'colour'", "one of:"},
    {"a word in another case", "{\"colour\": \"Red\"}", "'colour'", "one of:"},
    {"a number where a word belongs", "{\"colour\": 1}", "'colour'", "one of:"},
    {"a text where a list of texts belongs", "{\"words\": \"a\"}", "'words'", "a list of texts"},
    {"a number in a list of texts", "{\"words\": [\"a\", 5]}", "'words[1]'", "a text"},
    {"null in a list of texts", "{\"words\": [null]}", "'words[0]'", "a text"},
    {"a list where an object belongs", "{\"inside\": []}", "'inside'", "an object"},
    {"a wrong member of an object", "{\"inside\": {\"size\": \"x\"}}", "'inside.size'",
     "whole number"},
    {"a text where an object may be", "{\"maybe\": \"x\"}", "'maybe'", "an object"},
    {"a wrong member of what may be", "{\"maybe\": {\"name\": 1}}", "'maybe.name'", "a text"},
    {"an object where a list belongs", "{\"leaves\": {}}", "'leaves'", "a list"},
    {"a text in a list of objects", "{\"leaves\": [{}, \"x\"]}", "'leaves[1]'", "an object"},
    {"null in a list of objects", "{\"leaves\": [null]}", "'leaves[0]'", "an object"},
    {"a wrong member in a list of objects", "{\"leaves\": [{}, {}, {\"name\": false}]}",
     "'leaves[2].name'", "a text"},
    {"a list as the document", "[]", "'the document'", "an object"},
};

static void wrong_types_are_refused_with_their_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong_types); i++) {
        struct tree t = {0};
        struct err e = {0};
        bool ok = shape_decode(span_text(wrong_types[i].json), &tree_shape, &t, NULL, &e);
        CHECK(wrong_types[i].sentence, !ok && e.kind == ERR_FORMAT);
        CHECK_HAS(wrong_types[i].sentence, e.text, wrong_types[i].place);
        CHECK_HAS(wrong_types[i].sentence, e.text, wrong_types[i].must);
        CHECK("what was read before is released", is_zero(&t, sizeof t));
    }
}

static const struct {
    const char *sentence, *json, *why;
} not_json[] = {
    {"nothing", "", "not JSON"},
    {"white space", " \n", "not JSON"},
    {"words", "xenpv", "line 1"},
    {"a lone text", "\"x\"", "line 1"},
    {"an object without its end", "{\"title\": \"x\"", "not JSON"},
    {"a text without its end", "{\"title\": \"x", "not JSON"},
    {"a comma too many", "{\"title\": \"x\",}", "not JSON"},
    {"something behind the end", "{} {}", "not JSON"},
    {"a comment", "{ /* x */ }", "not JSON"},
    {"a number with a leading 0", "{\"count\": 01}", "not JSON"},
    {"a number past 2^63 - 1", "{\"count\": 9223372036854775808}", "not JSON"},
    {"an endless number", "{\"count\": 1e999}", "not JSON"},
    {"the line is named", "{\n\n\"title\" \"x\"}", "line 3"},
    {"a key twice", "{\"title\": \"a\", \"title\": \"b\"}", "duplicate"},
    {"a key twice, the second escaped", "{\"title\": \"a\", \"t\\u0069tle\": \"b\"}", "duplicate"},
    {"a key twice deeper down", "{\"inside\": {\"size\": 1, \"size\": 1}}", "duplicate"},
    {"an unknown key twice", "{\"x\": 1, \"x\": 1}", "duplicate"},
    {"a byte that is not UTF-8", "{\"title\": \"\xff\"}", "not JSON"},
    {"an overlong form", "{\"title\": \"\xc0\xaf\"}", "not JSON"},
    {"a surrogate in UTF-8", "{\"title\": \"\xed\xa0\x80\"}", "not JSON"},
    {"a cut character", "{\"title\": \"\xe2\x82\"}", "not JSON"},
    {"a key that is not UTF-8", "{\"\xff\": 1}", "not JSON"},
    {"an unpaired surrogate as an escape", "{\"title\": \"\\ud800\"}", "not JSON"},
    {"a NUL as an escape", "{\"title\": \"a\\u0000b\"}", "not JSON"},
    {"a raw line feed in a text", "{\"title\": \"a\nb\"}", "not JSON"},
    {"a byte order mark", "\xef\xbb\xbf{}", "not JSON"},
};

static void what_is_not_json_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(not_json); i++) {
        struct tree t = {0};
        struct err e = {0};
        bool ok = shape_decode(span_text(not_json[i].json), &tree_shape, &t, NULL, &e);
        CHECK(not_json[i].sentence, !ok && e.kind == ERR_FORMAT);
        CHECK_HAS(not_json[i].sentence, e.text, not_json[i].why);
        CHECK("the reason is safe to print", text_is_utf8(span_text(e.text)));
        CHECK("a line is never negative", !strstr(e.text, "line -"));
        CHECK("nothing is left", is_zero(&t, sizeof t));
    }
}

static void raw_bytes_are_refused(void **state)
{
    (void)state;
    struct tree t = {0};
    struct err e = {0};
    static const char nul[] = "{\"title\": \"a\0b\"}";
    assert_false(shape_decode(span_of(nul, sizeof nul - 1), &tree_shape, &t, NULL, &e));
    err_clear(&e);
    assert_false(shape_decode(span_of(NULL, 0), &tree_shape, &t, NULL, &e));
    assert_int_equal(e.kind, ERR_FORMAT);
    assert_true(is_zero(&t, sizeof t));
}

/* opener count times, in an unknown member and closed again when closer is given. */
static char *nested(const char *opener, const char *closer, size_t count)
{
    struct text t = {0};
    text_add(&t, "{\"x\": ");
    for (size_t i = 0; i < count; i++)
        text_add(&t, opener);
    text_add(&t, "1");
    for (size_t i = 0; i < count; i++)
        text_add(&t, closer);
    text_add(&t, "}");
    return text_steal(&t);
}

static const struct {
    const char *sentence, *opener, *closer;
    size_t count;
    enum err_kind kind;
} depths[] = {
    {"as deep as it may be", "[", "]", SHAPE_DEPTH_MAX - 1, ERR_NONE},
    {"one deeper", "[", "]", SHAPE_DEPTH_MAX, ERR_LIMIT},
    {"a bomb of lists", "[", "]", 1000000, ERR_LIMIT},
    {"a bomb without its end", "[", "", 1000000, ERR_LIMIT},
    {"a bomb of objects", "{\"x\":", "}", 100000, ERR_LIMIT},
    {"brackets in texts are not deep",
     "[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\",", "]", 2,
     ERR_NONE},
    {"an escaped backslash ends with its text", "[\"\\\\\", ", "]", SHAPE_DEPTH_MAX, ERR_LIMIT},
};

static void what_is_too_deep_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(depths); i++) {
        char *json = nested(depths[i].opener, depths[i].closer, depths[i].count);
        struct tree t = {0};
        struct err e = {0};
        bool ok = shape_decode(span_text(json), &tree_shape, &t, NULL, &e);
        CHECK(depths[i].sentence, e.kind == depths[i].kind && ok == !depths[i].kind);
        mem_free(json);
    }
}

static void what_is_too_large_is_refused(void **state)
{
    (void)state;
    size_t size = (size_t)SHAPE_SIZE_MAX + 1;
    char *spaces = mem_zero(size, 1);
    struct tree t = {0};
    struct err e = {0};
    memset(spaces, ' ', size);
    memcpy(spaces + SHAPE_SIZE_MAX - 2, "{}", 2);
    assert_true(shape_decode(span_of(spaces, SHAPE_SIZE_MAX), &tree_shape, &t, NULL, &e));
    assert_false(shape_decode(span_of(spaces, size), &tree_shape, &t, NULL, &e));
    assert_int_equal(e.kind, ERR_LIMIT);
    mem_free(spaces);
}

static void unknown_fields_are_noted(void **state)
{
    (void)state;
    static const char json[] = "{\"new\": {\"size\": [1, {}]}, \"inside\": {\"nam\": 1},"
                               " \"leaves\": [{}, {\"a\\u001bb\": null, \"name\": \"kept\"}],"
                               " \"maybe\": {\"more\": 1}}";
    static const char *const want[] = {"new", "inside.nam", "maybe.more", "leaves[1].a\\x1bb"};
    struct tree t = {0};
    struct texts unknown = {0};
    assert_true(shape_decode(span_text(json), &tree_shape, &t, &unknown, NULL));
    assert_int_equal(unknown.count, COUNT(want));
    for (size_t i = 0; i < COUNT(want); i++)
        CHECK(want[i], texts_have_nocase(&unknown, want[i]));
    assert_string_equal(t.leaves.at[1].name, "kept");
    texts_release(&unknown);
    shape_release(&tree_shape, &t);
    assert_true(shape_decode(span_text(json), &tree_shape, &t, NULL, NULL));
    shape_release(&tree_shape, &t);
}

static void a_required_field_must_be_there(void **state)
{
    (void)state;
    static const char *const without[] = {"{}", "{\"must\": null}", "\n {\"Must\": \"x\"}"};
    static const char *const places[] = {
        "line 1, column 1: ", "line 1, column 10: ", "line 2, column 2: "};
    struct strict s = {0};
    for (size_t i = 0; i < COUNT(without); i++) {
        struct err e = {0};
        CHECK(without[i], !shape_decode(span_text(without[i]), &strict_shape, &s, NULL, &e));
        CHECK_HAS(without[i], e.text, places[i]);
        CHECK_HAS(without[i], e.text, ": 'must' must be there");
    }
    assert_true(shape_decode(span_text("{\"must\": \"\"}"), &strict_shape, &s, NULL, NULL));
    assert_string_equal(s.must, "");
    shape_release(&strict_shape, &s);
}

/* "unknown" would be written as null, which is not there. */
static void what_must_be_known_is_not_the_word_unknown(void **state)
{
    (void)state;
    static const struct shape_field fields[] = {
        {.name = "colour", .kind = SHAPE_ENUM, .offset = 0, .names = colours, .required = true},
    };
    static const struct shape shape = {.fields = fields, .count = 1, .size = sizeof(enum colour)};
    enum colour c = COLOUR_UNKNOWN;
    struct err e = {0};
    assert_false(shape_decode(span_text("{\"colour\": \"unknown\"}"), &shape, &c, NULL, &e));
    CHECK_HAS("the words that may stand there are named", e.text, "one of: red blue");
    assert_true(shape_decode(span_text("{\"colour\": \"blue\"}"), &shape, &c, NULL, NULL));
    assert_int_equal(c, COLOUR_BLUE);
}

static void lists_grow_by_zeroed_elements(void **state)
{
    (void)state;
    struct tree t = {0};
    for (size_t i = 0; i < 100; i++) {
        struct leaf *l = shape_list_add(&t.leaves, sizeof *l);
        assert_true(is_zero(l, sizeof *l));
        assert_ptr_equal(l, &t.leaves.at[i]);
        assert_int_equal(t.leaves.count, i + 1);
        shape_set_text(&l->name, "x");
        l->size = number_of(i);
    }
    for (size_t i = 0; i < 100; i++)
        assert_true(t.leaves.at[i].size.value == i);
    t.maybe = mem_zero(1, sizeof *t.maybe);
    shape_set_text(&t.maybe->name, "maybe");
    shape_release(&tree_shape, &t);
    assert_true(is_zero(&t, sizeof t));
    shape_release(&tree_shape, &t);
    shape_release(&tree_shape, NULL);
}

static void add_mark(void *context, char **text)
{
    struct text t = {0};
    text_addf(&t, "%s%s", *text, (const char *)context);
    mem_free(*text);
    *text = text_steal(&t);
}

static void every_text_can_be_edited(void **state)
{
    (void)state;
    static const char json[] =
        "{\"title\":\"a\",\"count\":1,\"known\":true,\"colour\":\"red\",\"verdict\":\"yes\","
        "\"words\":[\"b\",\"c\"],\"inside\":{\"name\":\"d\"},\"maybe\":{\"name\":\"e\"},"
        "\"leaves\":[{\"name\":\"f\"},{\"name\":null}]}";
    struct tree t = {0};
    struct err e = {0};
    char mark[] = "!";
    assert_true(shape_decode(span_text(json), &tree_shape, &t, NULL, &e));
    shape_edit_texts(&tree_shape, &t, add_mark, mark);
    CHECK_TEXT("a member", t.title, "a!");
    CHECK_TEXT("a text of a list", t.words.at[1], "c!");
    CHECK_TEXT("inside", t.inside.name, "d!");
    CHECK_TEXT("behind a pointer", t.maybe->name, "e!");
    CHECK_TEXT("of a list's element", t.leaves.at[0].name, "f!");
    CHECK("what is not known stays so", !t.leaves.at[1].name);
    CHECK("words of ours are no texts", t.colour == COLOUR_RED && t.verdict == VERDICT_YES);
    shape_release(&tree_shape, &t);
    shape_edit_texts(&tree_shape, NULL, add_mark, mark);
}

static void texts_are_copies(void **state)
{
    (void)state;
    char word[] = "XenVbd", *member = NULL;
    struct texts t = {0};
    texts_add(&t, word);
    texts_add(&t, NULL);
    shape_set_text(&member, word);
    word[0] = '!';
    assert_string_equal(t.at[0], "XenVbd");
    assert_string_equal(t.at[1], "");
    assert_string_equal(member, "XenVbd");
    assert_true(texts_have_nocase(&t, "xenvbd"));
    assert_false(texts_have_nocase(&t, "xenvb"));
    assert_false(texts_have_nocase(&t, NULL));
    shape_set_text(&member, member);
    assert_string_equal(member, "XenVbd");
    shape_set_text(&member, NULL);
    assert_null(member);
    texts_release(&t);
    assert_true(!t.at && !t.count);
    texts_release(NULL);
}

static void a_text_that_is_not_utf8_is_written_escaped(void **state)
{
    (void)state;
    struct tree t = {0}, back = {0};
    struct err e = {0};
    shape_set_text(&t.title, "a\xff");
    texts_add(&t.words, "\xc3");
    char *json = shape_encode(&tree_shape, &t);
    if (!shape_decode(span_text(json), &tree_shape, &back, NULL, &e))
        fail_msg("%s", e.text);
    CHECK_TEXT("a text is not lost", back.title, "a\\xff");
    CHECK("a text in a list is not lost",
          back.words.count == 1 && !strcmp(back.words.at[0], "\\xc3"));
    mem_free(json);
    shape_release(&tree_shape, &t);
    shape_release(&tree_shape, &back);
}

/* Every start of a document and every byte of it changed is refused or read, and leaks nothing. */
static void cut_and_changed_documents_are_settled(void **state)
{
    (void)state;
    char json[sizeof full];
    size_t refused = 0;
    for (size_t i = 0; i < sizeof full - 2; i++) {
        struct tree t = {0};
        struct err e = {0};
        assert_false(shape_decode(span_of(full, i), &tree_shape, &t, NULL, &e));
        assert_true(e.kind == ERR_FORMAT && is_zero(&t, sizeof t));
        memcpy(json, full, sizeof full);
        json[i] = (char)(json[i] ^ 0x01);
        if (shape_decode(span_of(json, sizeof full - 1), &tree_shape, &t, NULL, NULL))
            shape_release(&tree_shape, &t);
        else
            refused++;
        assert_true(is_zero(&t, sizeof t));
    }
    assert_true(refused > 100);
}

/* Unknown is not the same as unknown; lists are the same in order and case. */
static void sameness(void **state)
{
    (void)state;
    const struct number unknown = {0}, zero = number_of(0), one = number_of(1);
    struct texts none = {0}, a = {0}, b = {0};
    assert_true(number_same(&zero, &zero));
    assert_false(number_same(&zero, &one));
    assert_false(number_same(&unknown, &unknown));
    assert_false(number_same(&unknown, &zero) || number_same(&zero, &unknown));
    texts_add(&a, "x");
    texts_add(&a, "y");
    texts_add(&b, "x");
    assert_true(texts_same(&none, &none) && texts_same(&a, &a));
    assert_false(texts_same(&a, &b) || texts_same(&b, &a) || texts_same(&none, &a));
    texts_add(&b, "Y");
    assert_false(texts_same(&a, &b));
    texts_release(&a);
    texts_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sameness),
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(what_is_not_known_stays_not_known),
        cmocka_unit_test(no_is_not_the_same_as_unknown),
        cmocka_unit_test(wrong_types_are_refused_with_their_place),
        cmocka_unit_test(what_is_not_json_is_refused),
        cmocka_unit_test(raw_bytes_are_refused),
        cmocka_unit_test(what_is_too_deep_is_refused),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(unknown_fields_are_noted),
        cmocka_unit_test(a_required_field_must_be_there),
        cmocka_unit_test(what_must_be_known_is_not_the_word_unknown),
        cmocka_unit_test(lists_grow_by_zeroed_elements),
        cmocka_unit_test(every_text_can_be_edited),
        cmocka_unit_test(texts_are_copies),
        cmocka_unit_test(a_text_that_is_not_utf8_is_written_escaped),
        cmocka_unit_test(cut_and_changed_documents_are_settled),
    };
    return cmocka_run_group_tests_name("shape", tests, NULL, NULL);
}
