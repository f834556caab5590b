/*
 * support: what is computed of each Windows agrees with plan, and the whole answer, text and JSON,
 * is as reviewed: tests/golden/support.txt, and two rows
 * in support.json, byte for byte.
 *
 * After a change that is meant: SUPPORT_WRITE=1 build/asan/tests/support_report_test writes both
 * anew, and the difference is reviewed like code.
 */
#include "installer/support_command.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/assume.h"
#include "tests/unit/check.h"

#include <stdlib.h>

enum { GOLDEN_MAX = 16 << 20 };

static struct manifest manifest;
static struct support_report whole;

static int load(void **state)
{
    struct err e = {0};
    (void)state;
    return manifest_embedded(&manifest, &e) && support_ask(&manifest, NULL, &whole, &e) ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    support_report_release(&whole);
    manifest_release_all(&manifest);
    return 0;
}

/* Would plan take this release for this Windows, with these words and these codes accepted? */
static bool plan_takes(const struct support_windows *w, const char *words, const char *release,
                       const struct texts *accept)
{
    struct select_options o = {.accept = *accept};
    struct choice c = {0};
    struct facts f = {0};
    struct text name = {0};
    struct err e = {0};
    bool takes = false;
    text_addf(&name, "%s%s", w->plan_for, words);
    if (!assume_facts(text_str(&name), &f, &e))
        fail_msg("%s", e.text);
    select_source(&f, &manifest, &o, &c);
    for (size_t i = 0; i < c.candidates.count; i++)
        takes = takes || (strcmp(c.candidates.at[i].release, release) == 0 &&
                          c.candidates.at[i].verdict != CANDIDATE_REJECTED);
    choice_release(&c);
    facts_release(&f);
    text_release(&name);
    return takes;
}

static bool has_condition(const struct support_release *r, const char *code)
{
    for (size_t i = 0; i < r->conditions.count; i++)
        if (strcmp(r->conditions.at[i].code, code) == 0)
            return true;
    return false;
}

/* Each condition is needed, and all together are enough. */
static void check_usable(const struct support_windows *w, const struct support_release *r)
{
    struct texts none = {0};
    CHECK(r->release, plan_takes(w, r->words, r->release, &r->accept));
    if (*r->words)
        CHECK(r->release, !plan_takes(w, "", r->release, &r->accept));
    if (r->accept.count)
        CHECK(r->release, !plan_takes(w, r->words, r->release, &none));
    for (size_t i = 0; i < r->accept.count; i++) {
        struct texts but_one = {0};
        for (size_t j = 0; j < r->accept.count; j++)
            if (j != i)
                texts_add(&but_one, r->accept.at[j]);
        CHECK(r->accept.at[i], !plan_takes(w, r->words, r->release, &but_one));
        texts_release(&but_one);
    }
    struct text secure = {0};
    text_addf(&secure, "%s+secureboot", r->words);
    if (!has_condition(r, "testsigning"))
        CHECK(r->release, plan_takes(w, text_str(&secure), r->release, &r->accept) !=
                              has_condition(r, "secure-boot-off"));
    text_release(&secure);
}

/* Nothing that an operator can change or accept makes it usable. */
static void check_unusable(const struct support_windows *w, const struct support_release *r)
{
    static const char *const words[] = {
        "", "+sha2", "+testsigning", "+sha2+testsigning", "+upgraded", "+secureboot+upgraded",
    };
    struct texts all = {0};
    for (size_t i = 0; i < manifest.advisories.count; i++)
        texts_add(&all, manifest.advisories.at[i].id);
    texts_add(&all, SELECT_NOT_PINNED);
    for (size_t i = 0; i < COUNT(words); i++)
        CHECK(r->release, !plan_takes(w, words[i], r->release, &all));
    CHECK("what cannot be used says why", r->objections.count > 0);
    texts_release(&all);
}

static void each_answer_is_what_plan_says(void **state)
{
    size_t usable = 0, unusable = 0;
    (void)state;
    for (size_t i = 0; i < whole.entries.count; i++)
        for (size_t j = 0; j < whole.entries.at[i].windows.count; j++) {
            const struct support_windows *w = &whole.entries.at[i].windows.at[j];
            for (size_t k = 0; k < w->releases.count; k++) {
                const struct support_release *r = &w->releases.at[k];
                assert_true(r->eligible != TRI_UNKNOWN);
                if (r->eligible == TRI_YES)
                    check_usable(w, r);
                else
                    check_unusable(w, r);
                usable += r->eligible == TRI_YES;
                unusable += r->eligible == TRI_NO;
            }
        }
    assert_true(usable > 0 && unusable > 0);
}

/* No Windows of ours is left out, on none of its processors, and each is asked about all sources.
 */
static void each_windows_has_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < manifest.windows.count; i++)
        for (size_t a = 0; a < manifest.windows.at[i].architectures.count; a++) {
            size_t found = 0;
            for (size_t j = 0; j < whole.entries.count; j++)
                for (size_t k = 0; k < whole.entries.at[j].windows.count; k++) {
                    const struct support_windows *w = &whole.entries.at[j].windows.at[k];
                    found +=
                        texts_have_nocase(&w->windows, manifest.windows.at[i].id) &&
                        strcmp(w->architecture, manifest.windows.at[i].architectures.at[a]) == 0;
                }
            CHECK(manifest.windows.at[i].id, found == 1);
        }
}

static void check_golden(const char *path, const char *now)
{
    struct bytes file = {0};
    struct err e = {0};
    if (getenv("SUPPORT_WRITE"))
        assert_true(file_replace(path, span_text(now), &e));
    if (!file_read(path, GOLDEN_MAX, &file, &e))
        fail_msg("%s", e.text);
    char *want = mem_strndup((const char *)file.at, file.size);
    size_t line = 1, at = 0;
    while (now[at] && now[at] == want[at])
        line += now[at++] == '\n';
    if (now[at] != want[at])
        fail_msg("%s, line %zu differs: '%.120s'", path, line, now + at);
    bytes_release(&file);
    mem_free(want);
}

static void the_text_is_as_reviewed(void **state)
{
    (void)state;
    char *now = support_report_text(&whole);
    check_golden("tests/golden/support.txt", now);
    mem_free(now);
}

/* Of the first row that answers for no Windows, and of the first that does: the whole table is more
 * than anybody would review. */
static void the_json_is_as_reviewed(void **state)
{
    (void)state;
    size_t with = 0;
    while (with < whole.entries.count && !whole.entries.at[with].windows.count)
        with++;
    assert_true(with > 0 && with < whole.entries.count);
    struct support_entry picked[] = {whole.entries.at[0], whole.entries.at[with]};
    struct support_report two = whole;
    two.entries.at = picked;
    two.entries.count = 2;
    char *now = support_report_json(&two);
    check_golden("tests/golden/support.json", now);
    mem_free(now);
}

static void check_lines(const char *what, const char *text)
{
    for (const char *line = text; *line;) {
        size_t size = strcspn(line, "\n");
        if (size > SUPPORT_REPORT_WIDTH || (size && line[size - 1] == ' '))
            fail_msg("%s: wider than the page, or blanks at the end: '%.*s'", what, (int)size,
                     line);
        line += size + (line[size] == '\n');
    }
}

/* The table, and each row by itself with every footnote that it refers to. */
static void texts_fit_the_page(void **state)
{
    (void)state;
    char *text = support_report_text(&whole);
    check_lines("the table", text);
    mem_free(text);
    for (size_t i = 0; i < whole.entries.count; i++) {
        const struct support_row *row = whole.entries.at[i].row;
        struct support_report r = {0};
        struct err e = {0};
        CHECK(row->id, support_ask(&manifest, row->id, &r, &e));
        text = support_report_text(&r);
        check_lines(row->name, text);
        CHECK_HAS("a row shows its name", text, row->name);
        for (size_t j = 0; j < row->pv_footnotes.count; j++) {
            struct text mark = {0};
            text_addf(&mark, "\n  [%s] ", row->pv_footnotes.at[j]);
            CHECK_HAS("a row shows its footnotes", text, text_str(&mark));
            text_release(&mark);
        }
        mem_free(text);
        support_report_release(&r);
    }
}

static const struct {
    const char *sentence, *name, *has, *has_not;
} answers[] = {
    {"a range holds a version", "FreeBSD 12", "FreeBSD >= 10 (BSD and Unix)", "NetBSD"},
    {"a question mark is told apart", "Debian 6", "support for PVHVM: not known", "unknown"},
    {"several rows are a table", "ubuntu", "Ubuntu 11.04 ", "Debian"},
    {"only the footnotes of these rows", "fedora", "Fedora 14", "[1]"},
    {"one version of Windows", "Windows 10 22H2", "--for win10-22h2-x64", "1507"},
    {"by its id", "win10-1507", "--for win10-1507-x64", "1607"},
    {"as plan calls it, on its processor", "win7sp1-x64", "--for win7sp1-x64", "win7sp1-x86"},
    {"Windows 7 needs an update for SHA-256", "win7sp1-x64", "KB3033929", "Secure Boot"},
    {"32-bit Windows 7 does not", "win7sp1-x86", "xenproject-8.2.2", "KB3033929"},
    {"Windows 2000 is too old for Xen Project's", "Windows 2000", "os-too-old", "test signing"},
    {"the policy of 2026", "Windows Server 2025", "driver-policy-2026", "os-too-old"},
    {"the rule of 1607", "win10-1607-x64", "Secure Boot off, or upgraded", "driver-policy-2026"},
    {"before 1607 it does not hold", "win10-1511-x64", "xsn-1", "or upgraded"},
};

static void answers_say_what_is_asked(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct support_report r = {0};
        struct err e = {0};
        CHECK(answers[i].sentence, support_ask(&manifest, answers[i].name, &r, &e));
        char *text = support_report_text(&r);
        CHECK_HAS(answers[i].sentence, text, answers[i].has);
        if (strstr(text, answers[i].has_not))
            fail_msg("%s; but '%s' is in '%s'", answers[i].sentence, answers[i].has_not, text);
        mem_free(text);
        support_report_release(&r);
    }
}

static const struct {
    const char *sentence, *name, *message;
    size_t near;
} refused[] = {
    {"no row, and near ones", "Debian 12", "no row for 'Debian 12'; near are: Debian 7 (Wheezy)",
     3},
    {"no row, and nothing near", "plan 9 from bell labs", "no row for", 0},
    {"an empty name", "", "is empty", 0},
    {"blanks", " \t ", "is empty", 0},
    {"only punctuation", "--", "no row for '--'", 0},
    {"control characters are escaped", "x\x1b[31m\nDebian", "'x\\x1b[31m\\x0aDebian'", 0},
    {"not UTF-8", "Debian\xff", "is not UTF-8", 0},
    {"settings are plan's", "win7sp1-x64+testsigning", "no row for", 0},
};

static void wrong_names_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct support_report r = {0};
        struct err e = {0};
        CHECK(refused[i].sentence, !support_ask(&manifest, refused[i].name, &r, &e));
        CHECK(refused[i].sentence, e.kind == ERR_USAGE);
        CHECK_HAS(refused[i].sentence, e.text, refused[i].message);
        CHECK(refused[i].sentence, r.near.count == refused[i].near && !r.entries.count);
        support_report_release(&r);
    }
}

static void a_long_name_is_refused_in_short(void **state)
{
    enum { LONG = 10000 };
    char *name = mem_zero(LONG + 1, 1);
    struct support_report r = {0};
    struct err e = {0};
    (void)state;
    memset(name, 'a', LONG);
    assert_false(support_ask(&manifest, name, &r, &e));
    CHECK("it is the caller's fault", e.kind == ERR_USAGE);
    CHECK_HAS("its length is told", e.text, "10000 characters");
    CHECK("and not the name", !strstr(e.text, "aaaa"));
    support_report_release(&r);
    mem_free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_is_what_plan_says),
        cmocka_unit_test(each_windows_has_its_answer),
        cmocka_unit_test(the_text_is_as_reviewed),
        cmocka_unit_test(the_json_is_as_reviewed),
        cmocka_unit_test(texts_fit_the_page),
        cmocka_unit_test(answers_say_what_is_asked),
        cmocka_unit_test(wrong_names_are_refused),
        cmocka_unit_test(a_long_name_is_refused_in_short),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
