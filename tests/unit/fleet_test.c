/* fleet: what is a report and what is not, whose drivers a guest has, how guests are put in order
 * and counted; and that neither the page nor the CSV lets through what guests may have put there.
 */
#include "installer/fleet.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/fleet_csv.h"
#include "installer/fleet_html.h"
#include "installer/fleet_text.h"
#include "tests/unit/check.h"

#include <jansson.h>
#include <stdlib.h>

static struct manifest manifest;

static int load(void **state)
{
    struct err e = {0};
    (void)state;
    return manifest_embedded(&manifest, &e) ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    manifest_release_all(&manifest);
    return 0;
}

#define HEAD "{\"schema\":1,\"command\":\"status\",\"program\":\"xenpv 0.1.0\",\"exit_code\":0"
#define XENPCI                                                                                         \
    "{\"instance\":\"PCI\\\\VEN_5853&DEV_0001\\\\1\",\"hardware_ids\":[\"PCI\\\\VEN_5853&DEV_0001\"]," \
    "\"service\":\"xenbus\",\"provider\":\"Xen Project\",\"driver_version\":\"8.2.2.5\","              \
    "\"present\":true}"

/* What is refused, and the words that say why. */
static const struct {
    const char *sentence, *json, *why;
} refused[] = {
    {"nothing is no report", "", "not JSON"},
    {"half a report is none", HEAD, "not JSON"},
    {"a list is none", "[]", "'the document' must be an object"},
    {"an object of others is none", "{\"schema\":1}", "'command' must be there"},
    {"another program's is none",
     "{\"schema\":1,\"command\":\"a\",\"program\":\"b\",\"exit_code\":0}", "'program' is 'b'"},
    {"a schema from the future is refused",
     "{\"schema\":2,\"command\":\"status\",\"program\":\"xenpv 9\",\"exit_code\":0}", "schema 2"},
    {"a status of the wrong type is refused", HEAD ",\"status\":[]}", "'status' must be an object"},
    {"a finding without code is refused", HEAD ",\"status\":{\"findings\":[{}]}}",
     "'status.findings[0].code' must be there"},
    {"a device of the wrong type is refused", HEAD ",\"facts\":{\"devices\":[1]}}",
     "'facts.devices[0]' must be an object"},
};

static void what_is_no_report_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct fleet_guest g = {0};
        struct err e = {0};
        CHECK(refused[i].sentence, !fleet_read(span_text(refused[i].json), &manifest, &g, &e));
        CHECK(refused[i].sentence, e.kind == ERR_FORMAT);
        CHECK_HAS(refused[i].sentence, e.text, refused[i].why);
        CHECK("nothing is kept of it", !g.status && !g.families.count);
    }
}

/* Add a report under a name; it must be one. */
static void add(struct fleet *f, const char *name, const char *json)
{
    struct fleet_guest g = {0};
    struct err e = {0};
    if (!fleet_read(span_text(json), &manifest, &g, &e))
        fail_msg("%s: %s", name, e.text);
    fleet_add(f, name, &g);
}

static void a_row_has_what_the_report_says(void **state)
{
    struct fleet f;
    (void)state;
    fleet_init(&f);
    add(&f, "web1",
        HEAD
        ",\"windows\":\"Windows 7\",\"newer\":{\"a\":[1]},\"status\":{\"word\":\"broken\",\"findings\":["
        "{\"code\":\"c1\",\"severity\":\"error\"},{\"code\":\"c2\",\"severity\":\"warning\"}]},"
        "\"facts\":{\"platform\":{\"xen_major\":4,\"xen_minor\":17,\"system_uuid\":\"u\","
        "\"hypervisor\":\"a newer word\"},\"devices\":[" XENPCI "]}}");
    const struct fleet_guest *g = &f.guests.at[0];
    CHECK_TEXT("its name is the caller's", g->name, "web1");
    CHECK_TEXT("the status is the report's", g->status, "broken");
    CHECK_TEXT("the UUID is SMBIOS'", g->uuid, "u");
    CHECK("the version of Xen is known", g->xen_major.value == 4 && g->xen_minor.value == 17);
    CHECK("the drivers are recognised by the facts", g->families.count == 1);
    CHECK_TEXT("by their family", g->families.at[0].id, "xenproject");
    CHECK_TEXT("and version", g->families.at[0].version, "8.2.2.5");
    CHECK("findings are counted by severity", fleet_findings_of(g, "error") == 1);
    add(&f, "web2", HEAD ",\"status\":{\"word\":null}}");
    CHECK_TEXT("a word that is not known is unknown", f.guests.at[1].status, "unknown");
    add(&f, "web3", HEAD ",\"status\":null}");
    CHECK_TEXT("no status is no judgement", f.guests.at[2].status, FLEET_NOT_JUDGED);
    fleet_release(&f);
}

static const struct {
    const char *sentence, *before, *after;
} names[] = {
    {"numbers are numbers", "web2", "web10"},
    {"also behind zeros", "web009", "web10"},
    {"and however long", "a99999999999999999998", "a99999999999999999999"},
    {"letters without case", "Alpha", "beta"},
    {"a beginning comes first", "web", "web1"},
    {"the same but for zeros or case is still two names", "web01", "web1"},
    {"a digit comes before a letter", "1", "a"},
};

static void names_are_ordered_as_people_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        CHECK(names[i].sentence, fleet_compare_names(names[i].before, names[i].after) < 0);
        CHECK(names[i].sentence, fleet_compare_names(names[i].after, names[i].before) > 0);
        CHECK("a name is itself", fleet_compare_names(names[i].after, names[i].after) == 0);
    }
}

#define STATUS(word, findings)                                                                     \
    HEAD ",\"status\":{\"word\":\"" word "\",\"findings\":[" findings "]}"
#define FINDING(code, severity) "{\"code\":\"" code "\",\"severity\":\"" severity "\"}"

/* Four guests, the second and third of one machine. */
static void fill(struct fleet *f)
{
    fleet_init(f);
    add(f, "b10", STATUS("supported-and-working", "") ",\"windows\":\"W10\"}");
    add(f, "b9",
        STATUS(
            "broken",
            FINDING("x", "error") "," FINDING("x", "error") "," FINDING(
                "y",
                "info")) ",\"windows\":\"W7\",\"facts\":{\"platform\":{\"system_uuid\":\"1\"},\"devices\":[" XENPCI
                         "]}}");
    add(f, "a",
        STATUS("broken",
               FINDING("x", "error")) ",\"facts\":{\"platform\":{\"system_uuid\":\"1\"}}}");
    add(f, "c", STATUS("a-newer-word", "") ",\"windows\":\"W7\"}");
    fleet_refuse(f, "bad.json", "no report");
    fleet_sum(f);
}

static void guests_are_ordered_and_counted(void **state)
{
    static const char *const order[] = {"c", "a", "b9", "b10"};
    struct fleet f;
    (void)state;
    fill(&f);
    for (size_t i = 0; i < COUNT(order); i++)
        CHECK_TEXT("the worst first, then by name", f.guests.at[i].name, order[i]);
    CHECK("reports and refusals are counted", f.reports.value == 4 && f.refused.value == 1);
    CHECK("a UUID that was there before is counted", f.duplicates.value == 1);
    const struct fleet_count *x = fleet_count_of(&f.findings, "x", "error");
    CHECK("a guest with a finding twice is one guest", x && x->guests.value == 2);
    CHECK("another severity is another row", !fleet_count_of(&f.findings, "x", "info"));
    CHECK("a family has its version", fleet_count_of(&f.families, "xenproject", "8.2.2.5"));
    CHECK("what is not known is not counted", f.windows.count == 2);
    const struct fleet_count **ranked = fleet_counts_ranked(&f, &f.windows);
    CHECK_TEXT("the most guests first", ranked[0]->name, "W7");
    mem_free(ranked);
    ranked = fleet_counts_ranked(&f, &f.statuses);
    CHECK_TEXT("but statuses from the worst", ranked[2]->name, "supported-and-working");
    mem_free(ranked);
    fleet_release(&f);
}

static void json_has_counts_and_guests(void **state)
{
    struct fleet f;
    (void)state;
    fill(&f);
    char *text = fleet_json(&f);
    json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    CHECK("it is JSON", j);
    CHECK("the guests are there", json_array_size(json_object_get(j, "guests")) == 4);
    json_t *finding = json_array_get(json_object_get(j, "findings"), 0);
    CHECK_TEXT("counts have names that fit", json_string_value(json_object_get(finding, "code")),
               "x");
    CHECK("and the number of guests", json_integer_value(json_object_get(finding, "guests")) == 2);
    json_t *refusal = json_array_get(json_object_get(j, "refusals"), 0);
    CHECK_TEXT("refusals too", json_string_value(json_object_get(refusal, "file")), "bad.json");
    json_decref(j);
    mem_free(text);
    fleet_release(&f);
}

static const struct {
    const char *sentence, *field, *want;
} fields[] = {
    {"a plain field", "web1", "web1"},
    {"nothing", "", ""},
    {"no text", NULL, ""},
    {"a comma", "a,b", "\"a,b\""},
    {"a quote", "a\"b", "\"a\"\"b\""},
    {"a space at an end", "a ", "\"a \""},
    {"an equals sign is no formula", "=1+1", "'=1+1"},
    {"nor is a plus", "+1", "'+1"},
    {"nor a minus", "-1", "'-1"},
    {"nor an at", "@SUM(A1)", "'@SUM(A1)"},
    {"nor a formula that needs quotes", "=A1,B1", "\"'=A1,B1\""},
    {"nor one behind a tab", "\t=1", "\\x09=1"},
    {"nor one behind a line end", "\r\n=1", "\\x0d\\x0a=1"},
    {"a sign within is left alone", "a=b", "a=b"},
};

static void csv_fields_are_quoted_and_defused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fields); i++) {
        struct text t = {0};
        fleet_csv_field(&t, fields[i].field);
        CHECK_TEXT(fields[i].sentence, text_str(&t), fields[i].want);
        text_release(&t);
    }
}

static bool collect(void *context, struct span piece, struct err *e)
{
    (void)e;
    text_add_bytes(context, (const char *)piece.at, piece.size);
    return true;
}

static char *written(const struct fleet *f, void (*write)(const struct fleet *f, struct spool *out))
{
    struct spool s = {0};
    struct text t = {0};
    struct err e = {0};
    write(f, &s);
    CHECK("it can be written", spool_drain(&s, collect, &t, &e));
    return text_steal(&t);
}

static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

static void csv_has_a_line_for_each_guest(void **state)
{
    struct fleet f;
    (void)state;
    fill(&f);
    char *csv = written(&f, fleet_csv);
    CHECK("a header and four lines", occurrences(csv, "\r\n") == 5);
    CHECK_HAS("with all columns", csv,
              "\r\nb9,broken,W7,,xenproject,8.2.2.5,2,0,x; x; y,0,status,xenpv 0.1.0,1,\r\n");
    for (const char *line = csv; *line; line = strstr(line, "\r\n") + 2) {
        size_t commas = 0;
        for (const char *c = line; *c != '\r'; c++)
            commas += *c == ',';
        CHECK("each line has as many fields as the header", commas == 13);
    }
    mem_free(csv);
    fleet_release(&f);
}

static void the_page_lets_nothing_through(void **state)
{
    struct fleet f;
    struct text json = {0};
    (void)state;
    fleet_init(&f);
    text_add(&json,
             HEAD ",\"windows\":\"<script>'&</style>\",\"status\":{\"word\":\"<script>\\u202e\","
                  "\"findings\":[{\"code\":\"<script>\\u001b[2J\",\"severity\":\"<script>\"}]}}");
    add(&f, "<script>\"'&\x1b[2J", text_str(&json));
    text_release(&json);
    fleet_refuse(&f, "<script>", "<script>");
    fleet_sum(&f);
    char *page = written(&f, fleet_html), *csv = written(&f, fleet_csv), *text = fleet_text(&f);
    CHECK("no tag", !strstr(page, "<script") && occurrences(page, "</style") == 1);
    CHECK("no control character", !strchr(page, 0x1b) && !strchr(csv, 0x1b) && !strchr(text, 0x1b));
    CHECK("no reversal of the line",
          !strstr(page, "\xe2\x80\xae") && !strstr(text, "\xe2\x80\xae"));
    CHECK_HAS("the name is there to be read", page, "&lt;script&gt;&quot;&#39;&amp;");
    mem_free(page);
    mem_free(csv);
    mem_free(text);
    fleet_release(&f);
}

/* The number that a row carries under a name: --n:3 */
static long carried(const char *page, const char *guest, const char *name)
{
    struct text key = {0}, cell = {0};
    text_addf(&cell, "scope=row>%s<", guest);
    text_addf(&key, "--%s:", name);
    const char *at = strstr(page, text_str(&cell));
    CHECK("the guest has a row", at);
    while (at > page && strncmp(at, "<tr ", 4) != 0)
        at--;
    long value = strtol(strstr(at, text_str(&key)) + key.size, NULL, 10);
    text_release(&key);
    text_release(&cell);
    return value;
}

static void rows_carry_their_ranks(void **state)
{
    struct fleet f;
    (void)state;
    fill(&f);
    char *page = written(&f, fleet_html);
    CHECK("each guest stands in the page once", occurrences(page, "scope=row>") == 4);
    CHECK("a before b9", carried(page, "a", "n") < carried(page, "b9", "n"));
    CHECK("b9 before b10", carried(page, "b9", "n") < carried(page, "b10", "n"));
    CHECK("b10 before c", carried(page, "b10", "n") < carried(page, "c", "n"));
    CHECK("Windows by its name", carried(page, "b9", "w") < carried(page, "b10", "w"));
    CHECK("the same Windows is the same rank", carried(page, "b9", "w") == carried(page, "c", "w"));
    CHECK("no Windows comes last", carried(page, "a", "w") > carried(page, "b10", "w"));
    CHECK("no drivers come last", carried(page, "b9", "d") < carried(page, "a", "d"));
    CHECK("more errors come first", carried(page, "b9", "f") < carried(page, "a", "f"));
    CHECK("none at the end", carried(page, "a", "f") < carried(page, "c", "f"));
    CHECK_HAS("a choice hides what was not chosen", page,
              ":root:has(#s0:checked) .guests tbody tr:not(.s0){display:none}");
    CHECK("no resource is loaded", !strstr(page, "src=") && !strstr(page, "http:"));
    mem_free(page);
    fleet_release(&f);
}

static void nobody_is_a_fleet_too(void **state)
{
    struct fleet f;
    (void)state;
    fleet_init(&f);
    fleet_sum(&f);
    char *page = written(&f, fleet_html), *csv = written(&f, fleet_csv), *text = fleet_text(&f);
    CHECK_HAS("the page says so", page, "PV drivers of 0 Xen guests");
    CHECK("the CSV has its header", occurrences(csv, "\r\n") == 1);
    CHECK_HAS("the text says so", text, "0 reports, 0 files");
    mem_free(page);
    mem_free(csv);
    mem_free(text);
    fleet_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_report_is_refused),
        cmocka_unit_test(a_row_has_what_the_report_says),
        cmocka_unit_test(names_are_ordered_as_people_do),
        cmocka_unit_test(guests_are_ordered_and_counted),
        cmocka_unit_test(json_has_counts_and_guests),
        cmocka_unit_test(csv_fields_are_quoted_and_defused),
        cmocka_unit_test(csv_has_a_line_for_each_guest),
        cmocka_unit_test(the_page_lets_nothing_through),
        cmocka_unit_test(rows_carry_their_ranks),
        cmocka_unit_test(nobody_is_a_fleet_too),
    };
    return cmocka_run_group_tests_name("fleet", tests, load, unload);
}
