#include "tests/fuzz/markup.h"

#include "base/text.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static bool is_ours(const char *tag, size_t size)
{
    static const char *const tags[] = {
        "!DOCTYPE", "html", "head",  "meta",   "title",   "style",   "body",    "header",
        "h1",       "h2",   "h3",    "p",      "dl",      "dt",      "dd",      "main",
        "footer",   "svg",  "desc",  "g",      "rect",    "path",    "text",    "circle",
        "div",      "span", "table", "tr",     "th",      "td",      "caption", "thead",
        "ol",       "ul",   "li",    "tbody",  "section", "details", "summary", "br",
        "i",        "pre",  "a",     "strong", "code",    "input",   "label"};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strlen(tags[i]) == size && strncmp(tag, tags[i], size) == 0)
            return true;
    return false;
}

static bool is_void(const char *tag, size_t size)
{
    return (size == 4 && strncmp(tag, "meta", 4) == 0) ||
           (size == 2 && strncmp(tag, "br", 2) == 0) ||
           (size == 5 && strncmp(tag, "input", 5) == 0) || *tag == '!';
}

void fuzz_markup(const char *page, enum fuzz_markup kind)
{
    long depth = 0;
    MUST(text_is_utf8(span_text(page)), "a page is UTF-8");
    for (const char *c = page; *c; c++)
        MUST((unsigned char)*c >= ' ' || *c == '\n', "a page has no control characters");
    for (const char *at = strchr(page, '<'); at; at = strchr(at + 1, '<')) {
        bool closes = at[1] == '/';
        const char *tag = at + 1 + closes, *end = strchr(at, '>');
        size_t size = strcspn(tag, " />");
        MUST(end, "a tag ends");
        MUST(is_ours(tag, size), "every tag is ours");
        if (closes)
            depth--;
        else if (!is_void(tag, size) && end[-1] != '/')
            depth++;
        MUST(depth >= 0, "nothing is closed that was not opened");
    }
    MUST(depth == 0 || kind == FUZZ_MARKUP_OPEN, "what was opened is closed");
}
