/* report_html: that a page has each part when there is something to say, and that nothing from
 * outside becomes markup, wherever it comes in. */
#include "installer/report_html.h"

#include "base/mem.h"
#include "tests/unit/check.h"

static char *page_of(const struct report *r)
{
    static const struct manifest none;
    struct stack s = {0};
    if (r->facts)
        stack_build(r->facts, &none, &s);
    char *page = report_html(r, r->facts ? &s : NULL);
    stack_release(&s);
    return page;
}

static void an_empty_report_says_that_nothing_was_judged(void **state)
{
    (void)state;
    struct report r;
    report_init(&r, "report");
    report_set_outcome(&r, EXIT_CODE_FAILED, "no facts");
    char *page = page_of(&r);
    CHECK_HAS("the title", page, "<title>not judged: a Xen guest</title>");
    CHECK_HAS("the reason", page, "could not finish: no facts");
    CHECK("no drawing", !strstr(page, "<svg"));
    CHECK("no evidence", !strstr(page, "<h2>Evidence"));
    mem_free(page);
    report_release(&r);
}

/* Every text of an object becomes the same hostile one: by its shape, so that none is forgotten. */
static void poison(const struct shape *shape, void *object, const char *hostile);

static void poison_field(const struct shape_field *f, void *member, const char *hostile)
{
    struct texts *texts = member;
    void *inner;
    switch (f->kind) {
    case SHAPE_TEXT: shape_set_text(member, hostile); break;
    case SHAPE_TEXTS:
        texts_release(texts);
        texts_add(texts, hostile);
        break;
    case SHAPE_OBJECT: poison(f->shape, member, hostile); break;
    case SHAPE_LIST:
        inner = shape_list_add(member, f->shape->size);
        poison(f->shape, inner, hostile);
        break;
    case SHAPE_MAYBE:
        memcpy(&inner, member, sizeof inner);
        if (!inner) {
            inner = mem_zero(1, f->shape->size);
            memcpy(member, &inner, sizeof inner);
        }
        poison(f->shape, inner, hostile);
        break;
    case SHAPE_NUMBER:
    case SHAPE_TRI:
    case SHAPE_ENUM: break;
    }
}

static void poison(const struct shape *shape, void *object, const char *hostile)
{
    for (size_t i = 0; i < shape->count; i++)
        poison_field(&shape->fields[i], (char *)object + shape->fields[i].offset, hostile);
}

static const char hostile[] = "</td></script><script src=//x>\"'&\x1b[2J\xe2\x80\xae";

static struct report *poisoned_report(void)
{
    struct report *r = mem_zero(1, sizeof *r);
    struct facts f = {.schema = {.known = true, .value = FACTS_SCHEMA}};
    struct journal j = {.state = JOURNAL_INSTALLED};
    report_init(r, "report");
    poison(&facts_shape, &f, hostile);
    poison(&journal_shape, &j, hostile);
    j.state = JOURNAL_INSTALLED;
    texts_add(&f.devices.at[0].hardware_ids, "XEN\\VBD</svg><script>");
    f.devices.at[0].present = TRI_YES;
    r->status = mem_zero(1, sizeof *r->status);
    poison(&status_shape, r->status, hostile);
    poison(&choice_shape, &r->choice, hostile);
    r->decision = mem_zero(1, sizeof *r->decision);
    poison(&decision_shape, r->decision, hostile);
    r->windows = mem_strdup(hostile);
    report_take_facts(r, &f);
    report_take_journal(r, &j);
    report_set_outcome(r, EXIT_CODE_NEEDS_ATTENTION, hostile);
    return r;
}

static size_t count_of(const char *page, const char *part)
{
    size_t count = 0;
    for (const char *at = page; (at = strstr(at, part)); at++)
        count++;
    return count;
}

static void nothing_from_outside_becomes_markup(void **state)
{
    (void)state;
    struct report *r = poisoned_report();
    char *page = page_of(r);
    CHECK("the hostile text is shown, and often", count_of(page, "&lt;script src=//x&gt;") > 40);
    CHECK("no script", !strstr(page, "<script"));
    CHECK("no escape sequence", !strchr(page, '\x1b'));
    CHECK("no override of direction", !strstr(page, "\xe2\x80\xae"));
    static const char *const tags[][2] = {{"<td", "</td>"},           {"<tr", "</tr>"},
                                          {"<table", "</table>"},     {"<section", "</section>"},
                                          {"<details", "</details>"}, {"<svg", "</svg>"},
                                          {"<dd", "</dd>"},           {"<main", "</main>"},
                                          {"<dl", "</dl>"},           {"<th ", "</th>"}};
    for (size_t i = 0; i < COUNT(tags); i++)
        CHECK(tags[i][0], count_of(page, tags[i][0]) == count_of(page, tags[i][1]));
    mem_free(page);
    report_release(r);
    mem_free(r);
}

static const char *const parts[] = {
    "<html lang=\"en\">",   "<h1>",           "<h2>Driver stack",  "<h2>Findings",
    "<h2>Drivers for this", "<h2>Journal",    "<h2>Evidence",      "<svg ",
    "<summary>Devices",     "<summary>Steps", "<summary>Disks",    "<summary>Network adapters",
    "<summary>Services",    "<summary>Event", "<summary>Platform", "<summary>All facts as JSON",
    "scope=\"col\"",        "scope=\"row\"",  "<footer>",          "role=\"region\"",
};

static void each_part_is_there(void **state)
{
    (void)state;
    struct report *r = poisoned_report();
    char *page = page_of(r);
    for (size_t i = 0; i < COUNT(parts); i++)
        CHECK_HAS("it is part of a whole report", page, parts[i]);
    CHECK("one first heading", count_of(page, "<h1") == 1);
    CHECK("all is folded", !strstr(page, "<details open"));
    mem_free(page);
    report_release(r);
    mem_free(r);
}

static void ten_thousand_devices_are_a_page_still(void **state)
{
    (void)state;
    struct report r;
    struct facts f = {.schema = {.known = true, .value = FACTS_SCHEMA}};
    report_init(&r, "report");
    f.devices.at = mem_zero(10000, sizeof *f.devices.at);
    f.devices.count = 10000;
    for (size_t i = 0; i < f.devices.count; i++) {
        f.devices.at[i].instance = mem_strdup("XEN\\VBD\\4&1CCB7CC7&0&00");
        f.devices.at[i].description = mem_strdup("Xen Block Device Driver of a name that is long");
        texts_add(&f.devices.at[i].hardware_ids, "XEN\\VBD");
    }
    report_take_facts(&r, &f);
    char *page = page_of(&r);
    CHECK_HAS("the rest is counted", page, "and 9500 more, which the JSON has");
    CHECK_HAS("the drawing counts too", page, "and 9968 more devices");
    CHECK_HAS("the facts are not taken along", page, "too many for a page");
    CHECK("it stays below a megabyte", strlen(page) < 1000000);
    mem_free(page);
    report_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_report_says_that_nothing_was_judged),
        cmocka_unit_test(nothing_from_outside_becomes_markup),
        cmocka_unit_test(each_part_is_there),
        cmocka_unit_test(ten_thousand_devices_are_a_page_still),
    };
    return cmocka_run_group_tests_name("report_html", tests, NULL, NULL);
}
