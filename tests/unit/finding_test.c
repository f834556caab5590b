/* finding: a list with a ceiling that says what it dropped. */
#include "verifier/finding.h"

#include "tests/unit/check.h"

static void keeps_what_it_is_told(void **state)
{
    (void)state;
    struct findings f = {0};
    char name[] = "xen.sys";
    findings_add(&f, FINDING_WARNING, "member-mismatch", name, "byte %d differs", 7);
    findings_add(&f, FINDING_ERROR, "no-catalog", NULL, "none");
    name[0] = '?';
    assert_int_equal(f.count, 2);
    assert_string_equal(f.at[0].file, "xen.sys");
    assert_string_equal(f.at[0].message, "byte 7 differs");
    assert_int_equal(f.at[0].severity, FINDING_WARNING);
    assert_null(f.at[1].file);
    findings_release(&f);
    findings_release(&f);
    assert_int_equal(f.count, 0);
}

struct row {
    const char *sentence, *code, *file;
    bool found;
};

static const struct row rows[] = {
    {"by code alone", "altered", NULL, true},
    {"by code and file", "altered", "a.sys", true},
    {"another file", "altered", "b.sys", false},
    {"another code", "missing", "a.sys", false},
    {"part of a code", "alter", NULL, false},
    {"about no file", "loose", NULL, true},
    {"a file that it is not about", "loose", "a.sys", false},
};

static void finds_by_code_and_file(void **state)
{
    (void)state;
    struct findings f = {0};
    findings_add(&f, FINDING_ERROR, "altered", "a.sys", "x");
    findings_add(&f, FINDING_ERROR, "loose", NULL, "x");
    for (size_t i = 0; i < COUNT(rows); i++)
        CHECK(rows[i].sentence, (findings_have(&f, rows[i].code, rows[i].file) != NULL) == rows[i].found);
    findings_release(&f);
}

static void counts_what_it_drops(void **state)
{
    (void)state;
    enum { MORE = 7 };
    struct findings f = {0}, to = {0};
    for (size_t i = 0; i < FINDINGS_MAX + MORE; i++)
        findings_add(&f, FINDING_INFO, "many", NULL, "%zu", i);
    assert_int_equal(f.count, FINDINGS_MAX);
    assert_int_equal(f.dropped, MORE);
    findings_add(&to, FINDING_ERROR, "first", NULL, "x");
    findings_move(&to, &f);
    assert_int_equal(to.count, FINDINGS_MAX);
    assert_int_equal(to.dropped, MORE + 1);
    assert_string_equal(to.at[0].code, "first");
    assert_int_equal(f.count, 0);
    assert_null(f.at);
    findings_release(&f);
    findings_release(&to);
}

static void each_severity_has_a_name(void **state)
{
    (void)state;
    for (int s = FINDING_ERROR; s <= FINDING_INFO; s++)
        assert_true(strlen(finding_severity_name((enum finding_severity)s)) > 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_it_is_told),
        cmocka_unit_test(finds_by_code_and_file),
        cmocka_unit_test(counts_what_it_drops),
        cmocka_unit_test(each_severity_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
