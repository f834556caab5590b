/* html: what is escaped, what is cut, what becomes a link, and what a page must have. */
#include "installer/html.h"

#include "tests/unit/check.h"

static const struct {
    const char *sentence, *hostile, *page;
} escapes[] = {
    {"plain text stays", "xenvbd 9.1.0", "xenvbd 9.1.0"},
    {"a tag is no tag", "<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
    {"neither quote ends an attribute", "a\"b'c", "a&quot;b&#39;c"},
    {"an entity is not an entity", "&lt;", "&amp;lt;"},
    {"a backslash stays, Windows names are full of them", "PCI\\VEN_5853&DEV_0001",
     "PCI\\VEN_5853&amp;DEV_0001"},
    {"a control character shows", "a\x1b[31mb", "a\\x1b[31mb"},
    {"a line end shows", "a\nb", "a\\x0ab"},
    {"a right-to-left override shows",
     "a\xe2\x80\xae"
     "b",
     "a\\u{202e}b"},
    {"a broken character shows", "a\xff", "a\\xff"},
    {"letters of others stay", "Gr\xc3\xbc\xc3\x9f", "Gr\xc3\xbc\xc3\x9f"},
    {"nothing is nothing", NULL, ""},
};

static void what_comes_from_outside_is_text_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(escapes); i++) {
        struct text t = {0};
        html_add(&t, escapes[i].hostile);
        CHECK_TEXT(escapes[i].sentence, text_str(&t), escapes[i].page);
        text_release(&t);
    }
}

static const struct {
    const char *sentence, *hostile;
    size_t characters;
    const char *page;
} shorts[] = {
    {"what fits is not cut", "abcd", 4, "abcd"},
    {"what does not fit ends with an ellipsis", "abcde", 4, "abc\xe2\x80\xa6"},
    {"an escape counts as one character", "a<<<e", 4, "a&lt;&lt;\xe2\x80\xa6"},
    {"a letter of two bytes is one character", "\xc3\xbc\xc3\xbc\xc3\xbc", 3,
     "\xc3\xbc\xc3\xbc\xc3\xbc"},
    {"no letter is cut in two", "\xc3\xbc\xc3\xbc\xc3\xbc", 2, "\xc3\xbc\xe2\x80\xa6"},
    {"nothing is nothing", NULL, 4, ""},
};

static void long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(shorts); i++) {
        struct text t = {0};
        html_add_short(&t, shorts[i].hostile, shorts[i].characters);
        CHECK_TEXT(shorts[i].sentence, text_str(&t), shorts[i].page);
        text_release(&t);
    }
}

static void lines_stay_lines(void **state)
{
    (void)state;
    struct text t = {0};
    html_add_lines(&t, "{\n  \"a\": \"<b>\"\n}\n");
    CHECK_TEXT("line ends stay, all else is escaped", text_str(&t),
               "{\n  &quot;a&quot;: &quot;&lt;b&gt;&quot;\n}\n");
    text_release(&t);
}

static void an_element_closes_its_tag(void **state)
{
    (void)state;
    struct text t = {0};
    html_element(&t, "td class=\"bad\"", "<i>");
    html_element(&t, "td", NULL);
    CHECK_TEXT("the end has no attributes", text_str(&t),
               "<td class=\"bad\">&lt;i&gt;</td><td></td>");
    text_release(&t);
}

static const struct {
    const char *sentence, *hostile;
    bool is_link;
} links[] = {
    {"an address is a link", "https://xenbits.xen.org/xsa/advisory-468.html", true},
    {"a script is none", "javascript:alert(1)", false},
    {"nor what is not encrypted", "http://example.org/", false},
    {"nor words that begin with an address", "https://example.org/ says so", false},
    {"nor a document", "Microsoft, KB3033929", false},
    {"a quote does not end the address", "https://a/\" onclick=\"x", false},
    {"nor without a blank", "https://a/\"onclick", true},
};

static void only_addresses_are_links(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(links); i++) {
        struct text t = {0};
        html_add_link(&t, links[i].hostile);
        CHECK(links[i].sentence, !strstr(text_str(&t), "<a ") == !links[i].is_link);
        CHECK(links[i].sentence, !strstr(text_str(&t), "\"onclick"));
        text_release(&t);
    }
}

static void a_page_loads_nothing(void **state)
{
    (void)state;
    struct text t = {0};
    html_open(&t, "</title><b>");
    html_close(&t);
    static const char *const wanted[] = {
        "<!DOCTYPE html>\n<html lang=\"en\">",
        "<meta charset=\"utf-8\">",
        "name=\"viewport\" content=\"width=device-width, initial-scale=1\"",
        "default-src 'none'; style-src 'unsafe-inline'",
        "<title>&lt;/title&gt;&lt;b&gt;</title>",
        "@media print",
        "</body>\n</html>\n"};
    static const char *const unwanted[] = {"<script", "src=", "url(", "@import", "http:", "<link"};
    for (size_t i = 0; i < COUNT(wanted); i++)
        CHECK_HAS("each page has it", text_str(&t), wanted[i]);
    for (size_t i = 0; i < COUNT(unwanted); i++)
        CHECK(unwanted[i], !strstr(text_str(&t), unwanted[i]));
    text_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_from_outside_is_text_only),
        cmocka_unit_test(long_text_is_cut_at_a_character),
        cmocka_unit_test(lines_stay_lines),
        cmocka_unit_test(an_element_closes_its_tag),
        cmocka_unit_test(only_addresses_are_links),
        cmocka_unit_test(a_page_loads_nothing),
    };
    return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
