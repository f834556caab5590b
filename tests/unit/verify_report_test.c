/*
 * verify_report: what counts as accepted, what the exit code is, which columns the matrix has, and that each way of
 * writing keeps hostile names harmless and JSON whole.
 */
#include "installer/verify_report.h"

#include "base/mem.h"
#include "installer/verify_format.h"
#include "tests/unit/check.h"

#include <jansson.h>

/* --- building ----------------------------------------------------------------------------------------------------- */

static void add_prediction(struct report_package *p, const char *load, const char *install, const char *fit)
{
    struct report_prediction *to = shape_list_add(&p->predictions, sizeof *to);
    to->windows = mem_strdup("win7-x64");
    to->load = mem_strdup(load);
    to->install = mem_strdup(install);
    to->fit = mem_strdup(fit);
    to->rule = mem_strdup("rule");
    to->why = mem_strdup("why");
}

static struct report_package *add_package(struct verify_result *r, const char *inf, const char *integrity)
{
    struct report_package *p = shape_list_add(&r->packages, sizeof *p);
    p->inf = mem_strdup(inf);
    p->integrity = mem_strdup(integrity);
    p->version = mem_strdup("1.0");
    return p;
}

static struct report_file *add_file(struct verify_result *r, const char *name, const char *integrity)
{
    struct report_file *f = shape_list_add(&r->files, sizeof *f);
    f->name = mem_strdup(name);
    f->integrity = mem_strdup(integrity);
    return f;
}

static struct report_finding *add_finding(struct verify_result *r, const char *code)
{
    struct report_finding *f = shape_list_add(&r->findings, sizeof *f);
    f->code = mem_strdup(code);
    f->severity = mem_strdup("error");
    f->message = mem_strdup("it is so");
    return f;
}

/* --- acceptance --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *sentence, *load, *install, *fit;
    bool accepted;
    const char *cell;
} answers[] = {
    {"all is well", "loads", "silent", "yes", true, "silent"},
    {"a question is no refusal", "loads", "prompts", "yes", true, "prompts"},
    {"a warning is no refusal", "loads", "silent", "warn", true, "silent, warn"},
    {"a question and a warning", "loads", "prompts", "warn", true, "prompts, warn"},
    {"what is not known is no refusal", "unknown", "unknown", "unknown", true, "unknown"},
    {"whether it loads is not known", "unknown", "silent", "yes", true, "unknown"},
    {"a driver that does not load", "refused", "silent", "yes", false, "no load"},
    {"a package that is not installed", "loads", "refused", "yes", false, "no install"},
    {"a package for another Windows", "loads", "silent", "no", false, "-"},
    {"for another Windows counts before not loading", "refused", "refused", "no", false, "-"},
};

static void what_is_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct verify_result r = {0};
        struct report_package *p = add_package(&r, "x.inf", "intact");
        add_prediction(p, answers[i].load, answers[i].install, answers[i].fit);
        CHECK(answers[i].sentence, report_prediction_accepts(&p->predictions.at[0]) == answers[i].accepted);
        CHECK(answers[i].sentence, !report_package_refusal(p, false) == answers[i].accepted);
        CHECK_TEXT(answers[i].sentence, verify_matrix_cell(&p->predictions.at[0]), answers[i].cell);
        verify_result_release(&r);
    }
}

static void one_of_many_is_enough_for_all(void **state)
{
    struct verify_result r = {0};
    (void)state;
    struct report_package *p = add_package(&r, "x.inf", "intact");
    CHECK("without a prediction nothing speaks against it", !report_package_refusal(p, false));
    add_prediction(p, "refused", "silent", "yes");
    CHECK("one that refuses is a refusal", report_package_refusal(p, true) == &p->predictions.at[0]);
    add_prediction(p, "loads", "prompts", "yes");
    CHECK("with --for all one that accepts is enough", !report_package_refusal(p, true));
    CHECK("without it one that refuses is too many", report_package_refusal(p, false) == &p->predictions.at[0]);
    verify_result_release(&r);
}

/* --- exit code ---------------------------------------------------------------------------------------------------- */

static const struct {
    const char *sentence;
    enum integrity verdict;
    const char *load;    /* NULL: no prediction */
    const char *finding; /* NULL: none */
    enum exit_code code;
} codes[] = {
    {"intact", INTEGRITY_INTACT, NULL, NULL, EXIT_CODE_DONE},
    {"intact and accepted", INTEGRITY_INTACT, "loads", NULL, EXIT_CODE_DONE},
    {"intact and refused", INTEGRITY_INTACT, "refused", NULL, EXIT_CODE_REFUSED},
    {"altered", INTEGRITY_ALTERED, "loads", NULL, EXIT_CODE_REFUSED},
    {"unsigned", INTEGRITY_UNSIGNED, NULL, NULL, EXIT_CODE_REFUSED},
    {"incomplete", INTEGRITY_INCOMPLETE, NULL, NULL, EXIT_CODE_REFUSED},
    {"broken: it was looked at", INTEGRITY_UNREADABLE, NULL, "container-corrupt", EXIT_CODE_REFUSED},
    {"one file could not be looked at", INTEGRITY_INTACT, NULL, "file-unreadable", EXIT_CODE_FAILED},
    {"the path could not be looked at", INTEGRITY_UNREADABLE, NULL, "not-looked-at", EXIT_CODE_FAILED},
};

static void what_the_exit_code_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        struct verify_result r = {0};
        struct verify_sums sums = {0};
        struct verify_question q = {0};
        struct report_package *p = add_package(&r, "x.inf", integrity_name(codes[i].verdict));
        if (codes[i].load)
            add_prediction(p, codes[i].load, "silent", "yes");
        if (codes[i].finding)
            add_finding(&r, codes[i].finding);
        verify_sums_add(&sums, &r, &q);
        CHECK(codes[i].sentence, verify_sums_exit_code(&sums, codes[i].verdict) == codes[i].code);
        CHECK(codes[i].sentence, sums.packages == 1 && sums.bad_packages == (codes[i].verdict != INTEGRITY_INTACT));
        verify_result_release(&r);
    }
}

static void what_could_not_be_looked_at(void **state)
{
    struct verify_result r = {0};
    struct verify_sums sums = {0};
    struct verify_question q = {0};
    (void)state;
    verify_result_fail("no such file", &r);
    verify_sums_add(&sums, &r, &q);
    CHECK("it is exit code 1", verify_sums_exit_code(&sums, INTEGRITY_UNREADABLE) == EXIT_CODE_FAILED);
    CHECK_TEXT("with its reason", r.findings.at[0].message, "no such file");
    verify_result_release(&r);
}

/* --- matrix ------------------------------------------------------------------------------------------------------- */

static void packages_of_one_fate_share_a_column(void **state)
{
    struct verify_matrix m = {0};
    struct verify_result r = {0};
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        add_prediction(add_package(&r, "same.inf", "intact"), "loads", "silent", "yes");
    add_prediction(add_package(&r, "other.inf", "intact"), "refused", "silent", "yes");
    for (size_t i = 0; i < r.packages.count; i++)
        verify_matrix_add(&m, &r.packages.at[i]);
    CHECK("two fates are two columns", m.columns.count == 2);
    CHECK("all are counted", m.columns.at[0].packages == 20 && m.columns.at[1].packages == 1);
    CHECK("some are named", m.columns.at[0].names.count == MATRIX_NAMES_MAX);
    CHECK_TEXT("the second is the one that differs", m.columns.at[1].cells[0], "no load");
    verify_matrix_release(&m);
    verify_result_release(&r);
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

static const char hostile[] = "<script>\"&'\x1b[31m.sys";

static void hostile_names_stay_harmless(void **state)
{
    struct verify_result r = {0};
    struct verify_question q = {0};
    struct verify_style style = {.details = true, .question = &q};
    struct text text = {0}, html = {0};
    (void)state;
    struct report_file *f = add_file(&r, hostile, "altered");
    verify_format_text.file(&text, f, &style);
    verify_format_html.file(&html, f, &style);
    CHECK("text has no control characters", !strchr(text_str(&text), '\x1b'));
    CHECK("HTML has no control characters", !strchr(text_str(&html), '\x1b'));
    CHECK("HTML has no tag of the name", !strstr(text_str(&html), "<script"));
    CHECK_HAS("but shows it", text_str(&html), "&lt;script&gt;&quot;&amp;&#39;\\x1b[31m.sys");
    text_release(&text);
    text_release(&html);
    verify_result_release(&r);
}

/* A whole document of one result, as the command writes it. */
static char *document(const struct verify_result *r, const struct verify_style *style)
{
    const struct verify_format *f = &verify_format_json;
    struct verify_sums sums = {0};
    struct text t = {0};
    verify_sums_add(&sums, r, style->question);
    struct verify_head head = {.path = hostile, .kind = "folder", .integrity = INTEGRITY_ALTERED, .sums = &sums,
                               .question = style->question};
    f->open(&t);
    f->head(&t, &head);
    text_add(&t, f->begins[SECTION_PACKAGES]);
    for (size_t i = 0; i < r->packages.count; i++) {
        text_add(&t, i ? f->between[SECTION_PACKAGES] : "");
        f->package(&t, &r->packages.at[i], style);
    }
    text_add(&t, f->ends[SECTION_PACKAGES]);
    text_add(&t, f->begins[SECTION_FILES]);
    f->file(&t, &r->files.at[0], style);
    text_add(&t, f->ends[SECTION_FILES]);
    text_add(&t, f->begins[SECTION_FINDINGS]);
    f->finding(&t, &r->findings.at[0], style);
    text_add(&t, f->ends[SECTION_FINDINGS]);
    f->tail(&t, &head);
    f->close(&t, EXIT_CODE_REFUSED);
    return text_steal(&t);
}

static void json_is_whole(void **state)
{
    struct verify_result r = {0};
    struct verify_question q = {0};
    struct verify_style style = {.question = &q};
    json_error_t why;
    (void)state;
    add_prediction(add_package(&r, "a.inf", "intact"), "loads", "silent", "yes");
    add_package(&r, "b.inf", "altered");
    add_file(&r, "line\nend.sys", "unsigned");
    add_finding(&r, "not-in-catalog");
    char *json = document(&r, &style);
    json_t *j = json_loads(json, JSON_REJECT_DUPLICATES, &why);
    if (!j)
        fail_msg("the JSON cannot be read: %s at %d", why.text, why.line);
    json_t *result = json_array_get(json_object_get(j, "results"), 0);
    json_t *packages = json_object_get(result, "packages"), *files = json_object_get(result, "files");
    CHECK("schema", json_integer_value(json_object_get(j, "schema")) == 1);
    CHECK_TEXT("command", json_string_value(json_object_get(j, "command")), "verify");
    CHECK("exit code", json_integer_value(json_object_get(j, "exit_code")) == EXIT_CODE_REFUSED);
    CHECK_TEXT("the path as it is", json_string_value(json_object_get(result, "path")), hostile);
    CHECK_TEXT("the verdict", json_string_value(json_object_get(result, "integrity")), "altered");
    CHECK("no signature is null", json_is_null(json_object_get(result, "signature")));
    CHECK("both packages", json_array_size(packages) == 2);
    CHECK("a prediction", json_array_size(json_object_get(json_array_get(packages, 0), "predictions")) == 1);
    CHECK_TEXT("a line end in a name", json_string_value(json_object_get(json_array_get(files, 0), "name")),
               "line\nend.sys");
    CHECK("membership that is not known is null", json_is_null(json_object_get(json_array_get(files, 0), "member")));
    CHECK("the finding", json_array_size(json_object_get(result, "findings")) == 1);
    json_decref(j);
    mem_free(json);
    verify_result_release(&r);
}

static const struct {
    const char *sentence;
    enum integrity integrity;
    const char *windows;
    size_t refused;
    const char *want;
} verdicts[] = {
    {"intact", INTEGRITY_INTACT, NULL, 0, "intact"},
    {"intact and accepted", INTEGRITY_INTACT, "win7-x64", 0, "intact, and win7-x64 accepts it"},
    {"intact and refused", INTEGRITY_INTACT, "win7-x64", 1, "intact, but win7-x64 does not accept it"},
    {"altered", INTEGRITY_ALTERED, NULL, 0, "ALTERED: its bytes are not those that were signed"},
    {"altered, and yet taken", INTEGRITY_ALTERED, "winxp-x86", 0,
     "ALTERED: its bytes are not those that were signed; winxp-x86 accepts it"},
};

static void the_verdict_in_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(verdicts); i++) {
        struct verify_windows w = {.name = (char *)(uintptr_t)verdicts[i].windows};
        struct verify_question q = {.windows = &w, .count = verdicts[i].windows != NULL};
        struct verify_sums sums = {.packages = 1, .refused = verdicts[i].refused};
        struct verify_head head = {.integrity = verdicts[i].integrity, .sums = &sums, .question = &q};
        struct text t = {0};
        verify_verdict(&t, &head);
        CHECK_TEXT(verdicts[i].sentence, text_str(&t), verdicts[i].want);
        text_release(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_accepted),
        cmocka_unit_test(one_of_many_is_enough_for_all),
        cmocka_unit_test(what_the_exit_code_is),
        cmocka_unit_test(what_could_not_be_looked_at),
        cmocka_unit_test(packages_of_one_fate_share_a_column),
        cmocka_unit_test(hostile_names_stay_harmless),
        cmocka_unit_test(json_is_whole),
        cmocka_unit_test(the_verdict_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
