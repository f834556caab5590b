/* report: the JSON has every member and can be read; the text is narrow, and no name from outside
 * reaches the terminal raw. */
#include "installer/report.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <stdlib.h>

#include <jansson.h>

enum { COLUMNS_MAX = 80 };

/* A name that clears the screen, turns the line round, breaks it, and is not UTF-8 at its end. */
#define HOSTILE                                                                                    \
    "a\x1b[2Jb\xe2\x80\xae"                                                                        \
    "c\nd\x07"

/* What all names from outside are in this test. */
static const char *outside = HOSTILE;

static void fill_facts(struct facts *f)
{
    f->schema = number_of(FACTS_SCHEMA);
    f->platform.hypervisor = HYPERVISOR_XEN;
    f->platform.signature = mem_strdup(outside);
    f->platform.system_manufacturer = mem_strdup(outside);
    f->platform.system_product = mem_strdup(outside);
    f->windows.major = number_of(6);
    f->windows.minor = number_of(1);
    f->windows.build = number_of(7601);
    f->windows.product_name = mem_strdup(outside);
    struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
    d->instance = mem_strdup(outside);
    d->service = mem_strdup(outside);
    d->inf = mem_strdup(outside);
    d->driver_version = mem_strdup(outside);
    d->present = TRI_YES;
    struct facts_service *s = shape_list_add(&f->services, sizeof *s);
    s->name = mem_strdup(outside);
    struct facts_network *n = shape_list_add(&f->networks, sizeof *n);
    n->mac = mem_strdup(outside);
    n->connection = mem_strdup(outside);
    n->kind = FACTS_NETWORK_PV;
    n->present = TRI_NO;
    texts_add(&n->addresses, outside);
    texts_add(&n->gateways, outside);
    texts_add(&n->name_servers, outside);
}

static void fill_status(struct report *r)
{
    r->status = mem_zero(1, sizeof *r->status);
    r->status->word = STATUS_DEGRADED;
    struct status_finding *f = shape_list_add(&r->status->findings, sizeof *f);
    *f = (struct status_finding){.code = mem_strdup("device-problem"),
                                 .subject = mem_strdup(outside),
                                 .message = mem_strdup(outside),
                                 .cause = mem_strdup(outside),
                                 .remedy = mem_strdup("install it again"),
                                 .command = mem_strdup("xenpv install"),
                                 .source = mem_strdup(outside)};
    texts_add(&f->evidence, outside);
}

static void fill_choice(struct choice *c)
{
    struct candidate *one = shape_list_add(&c->candidates, sizeof *one);
    one->release = mem_strdup(outside);
    one->set = mem_strdup(outside);
    struct select_reason *r = shape_list_add(&one->reasons, sizeof *r);
    r->code = mem_strdup("advisory-x");
    r->sentence = mem_strdup(outside);
}

static void fill_package(struct report *r)
{
    struct report_container *c = shape_list_add(&r->containers, sizeof *c);
    *c = (struct report_container){
        .path = mem_strdup(outside), .sha256 = mem_strdup("00"), .pinned = TRI_NO};
    struct report_driver *d = shape_list_add(&r->drivers, sizeof *d);
    *d = (struct report_driver){.name = mem_strdup(outside),
                                .container = mem_strdup(outside),
                                .inf = mem_strdup(outside),
                                .version = mem_strdup(outside),
                                .integrity = mem_strdup("intact"),
                                .files = number_of(3),
                                .signer = mem_strdup(outside),
                                .root = mem_strdup("unknown"),
                                .load = mem_strdup("loads"),
                                .load_rule = mem_strdup("x86"),
                                .install = mem_strdup("prompts"),
                                .install_rule = mem_strdup("publisher"),
                                .fit = mem_strdup("yes")};
    struct report_refusal *f = shape_list_add(&r->refusals, sizeof *f);
    *f = (struct report_refusal){.container = mem_strdup(outside),
                                 .file = mem_strdup(outside),
                                 .message = mem_strdup(outside)};
}

static void fill_journal(struct journal *j)
{
    j->schema = number_of(JOURNAL_SCHEMA);
    j->state = JOURNAL_INSTALLED;
    j->release = mem_strdup("one-9");
    j->set = mem_strdup(outside);
    texts_add(&j->trust, outside);
    struct journal_helper *h = shape_list_add(&j->helpers, sizeof *h);
    h->service = mem_strdup(outside);
    h->file.path = mem_strdup(outside);
    struct journal_step *step = shape_list_add(&j->steps, sizeof *step);
    *step = (struct journal_step){STEP_HELPER, STEP_STARTED, mem_strdup(outside)};
    struct journal_source *s = shape_list_add(&j->sources, sizeof *s);
    s->path = mem_strdup(outside);
    s->sha256 = mem_strdup("00");
    s->signer = mem_strdup(outside);
    struct journal_driver *d = shape_list_add(&j->drivers, sizeof *d);
    d->name = mem_strdup("xenbus");
    d->inf = mem_strdup(outside);
    d->published = mem_strdup(outside);
    d->folder = mem_strdup("C:\\x");
    texts_add(&d->instances, outside);
}

static void fill(struct report *r)
{
    struct facts f = {0};
    struct journal j = {0};
    report_init(r, "install");
    fill_facts(&f);
    report_take_facts(r, &f);
    fill_journal(&j);
    report_take_journal(r, &j);
    assert_null(f.devices.at);
    assert_null(j.drivers.at);
    fill_status(r);
    fill_choice(&r->choice);
    fill_package(r);
    r->windows = mem_strdup("Windows 7 x64");
    report_set_outcome(r, EXIT_CODE_NEEDS_ATTENTION, outside);
}

static void no_hostile_byte_reaches_the_terminal(void **state)
{
    (void)state;
    struct report r;
    fill(&r);
    char *text = report_text(&r);
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 && *c != '\n')
            fail_msg("byte 0x%02x at %zu: ...%.60s", (unsigned char)*c, (size_t)(c - text),
                     c > text + 30 ? c - 30 : text);
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_null(strstr(text, "c\nd"));
    assert_non_null(strstr(text, "\\x1b"));
    assert_true(text_is_utf8(span_text(text)));
    mem_free(text);
    report_release(&r);
}

static void whose_xen_it_is_is_told_where_it_shows(void **state)
{
    (void)state;
    static const struct {
        const char *sentence, *version, *text, *json;
    } rows[] = {
        {"plain Xen has no line", "4.17.5", NULL, "\"flavour\": \"xen\""},
        {"XCP-ng has one, with its sign", "4.13.5-9.40.xcpng8.2",
         "the host is XCP-ng, by Xen's version in the SMBIOS tables", "\"flavour\": \"xcp-ng\""},
        {"EC2 has, too", "4.11.amazon", "the host is Amazon EC2, by", "\"flavour\": \"ec2\""},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct report r;
        struct facts f = {.platform.hypervisor = HYPERVISOR_XEN};
        f.platform.system_version = mem_strdup(rows[i].version);
        report_init(&r, "status");
        report_take_facts(&r, &f);
        char *text = report_text(&r), *json = report_json(&r);
        const char *line = strstr(text, "the host is");
        CHECK(rows[i].sentence, rows[i].text ? line && strstr(text, rows[i].text) : !line);
        CHECK(rows[i].sentence, strstr(json, rows[i].json) != NULL);
        mem_free(text);
        mem_free(json);
        report_release(&r);
    }
}

static void the_json_can_be_read_and_has_every_member(void **state)
{
    (void)state;
    static const char *const members[] = {"schema",       "command",  "program", "exit_code",
                                          "outcome",      "message",  "windows", "flavour",
                                          "flavour_sign", "status",   "choice",  "containers",
                                          "drivers",      "refusals", "journal", "facts"};
    for (int full = 0; full < 2; full++) {
        struct report r;
        json_error_t error;
        if (full)
            fill(&r);
        else
            report_init(&r, "status");
        char *text = report_json(&r);
        json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, &error);
        if (!j)
            fail_msg("%s in line %d", error.text, error.line);
        for (size_t i = 0; i < COUNT(members); i++)
            CHECK(members[i], json_object_get(j, members[i]));
        CHECK_TEXT("the command", json_string_value(json_object_get(j, "command")),
                   full ? "install" : "status");
        assert_int_equal(json_integer_value(json_object_get(j, "schema")), REPORT_SCHEMA);
        if (full) {
            assert_int_equal(json_integer_value(json_object_get(j, "exit_code")), 6);
            CHECK_TEXT("JSON keeps names as they are",
                       json_string_value(json_object_get(j, "message")), HOSTILE);
            assert_int_equal(json_array_size(json_object_get(j, "drivers")), 1);
            CHECK_TEXT("the word",
                       json_string_value(json_object_get(json_object_get(j, "status"), "word")),
                       "degraded");
        } else {
            assert_true(json_is_null(json_object_get(j, "facts")));
        }
        json_decref(j);
        mem_free(text);
        report_release(&r);
    }
}

/* With names of a usual length no line is wider than a page. */
static void the_text_is_narrow(void **state)
{
    (void)state;
    struct report r;
    outside = "xenbus_9.1.0.1.sys";
    fill(&r);
    outside = HOSTILE;
    char *text = report_text(&r);
    size_t lines = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        size_t width = strcspn(line, "\n");
        if (width > COLUMNS_MAX)
            fail_msg("%zu columns: %.*s", width, (int)width, line);
        assert_int_equal(line[width], '\n');
        lines++;
    }
    assert_true(lines > 10);
    mem_free(text);
    report_release(&r);
}

/* Colours are for terminals, and say nothing that the words do not. */
static void colour_is_asked_for(void **state)
{
    (void)state;
    struct report r;
    fill(&r);
    char *plain = report_text(&r);
    r.colour = true;
    char *painted = report_text(&r), *out = painted;
    CHECK_HAS("the word is red", painted, "\33[31mdegraded\33[0m");
    CHECK_HAS("so is the severity", painted, "\33[31merror\33[0m: ");
    for (const char *in = painted; *in; in++) {
        if (*in == '\33')
            in += strcspn(in, "m");
        else
            *out++ = *in;
    }
    *out = '\0';
    CHECK_TEXT("without the colours it is the same", painted, plain);
    mem_free(plain);
    mem_free(painted);
    report_release(&r);
}

/* What support staff look for first. */
static void the_text_names_what_matters(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "Xen HVM", "Windows 7 x64", "degraded", "device-problem",       "xenpv install",   "xenbus",
        "intact",  "one-9",         "Trust",    ", PV (not present): ", "    name server "};
    struct report r;
    fill(&r);
    char *text = report_text(&r);
    for (size_t i = 0; i < COUNT(parts); i++)
        CHECK_HAS("the text names it", text, parts[i]);
    mem_free(text);
    report_release(&r);
}

static void names_this_windows(void **state)
{
    (void)state;
    struct manifest m = {0};
    struct facts f = {0};
    char *name = report_windows_name(&m, &f.windows);
    assert_string_equal(name, "an unknown Windows unknown");
    mem_free(name);
    fill_facts(&f);
    f.windows.service_pack = number_of(1);
    f.windows.architecture = ARCHITECTURE_X64;
    name = report_windows_name(&m, &f.windows);
    assert_null(strchr(name, 0x1b));
    assert_non_null(strstr(name, "SP1 x64 (6.1.7601)"));
    mem_free(name);
    facts_release(&f);
}

static void a_journal_of_nothing_is_not_taken(void **state)
{
    (void)state;
    struct report r;
    struct journal j = {0};
    report_init(&r, "status");
    report_take_journal(&r, &j);
    assert_null(r.journal);
    report_release(&r);
    report_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_hostile_byte_reaches_the_terminal),
        cmocka_unit_test(whose_xen_it_is_is_told_where_it_shows),
        cmocka_unit_test(the_json_can_be_read_and_has_every_member),
        cmocka_unit_test(the_text_is_narrow),
        cmocka_unit_test(colour_is_asked_for),
        cmocka_unit_test(the_text_names_what_matters),
        cmocka_unit_test(names_this_windows),
        cmocka_unit_test(a_journal_of_nothing_is_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
