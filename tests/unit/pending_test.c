/* pending: lists of the session manager as Windows keeps them, broken ones, and what stops us. */
#include "installer/pending.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OWN "C:\\ProgramData\\xenpv"

/* UTF-16LE of a text in which '|' is a NUL. */
struct list {
    uint8_t at[1024];
    size_t size;
};

static struct list list_of(const char *text)
{
    struct list l = {.size = 0};
    for (; *text; text++, l.size += 2) {
        assert_true(l.size + 2 <= sizeof l.at);
        l.at[l.size] = *text == '|' ? 0 : (uint8_t)*text;
    }
    return l;
}

static const struct {
    const char *sentence, *value;
    size_t ours, drivers, others;
} rows[] = {
    {"no value", "", 0, 0, 0},
    {"an empty list", "||", 0, 0, 0},
    {"a file to be deleted", "\\??\\C:\\Temp\\a.tmp|||", 0, 0, 1},
    {"a file to be replaced", "\\??\\C:\\a.dll|!\\??\\C:\\b.dll||", 0, 0, 1},
    {"ours", "\\??\\C:\\ProgramData\\xenpv\\xenpv-resume.exe|||", 1, 0, 0},
    {"ours in another case", "\\??\\c:\\programdata\\XENPV\\xenpv-resume.exe|||", 1, 0, 0},
    {"a folder that only begins like ours", "\\??\\C:\\ProgramData\\xenpv2\\a|||", 0, 0, 1},
    {"a driver to be deleted", "\\??\\C:\\Windows\\System32\\drivers\\x.sys|||", 0, 1, 0},
    {"a driver to be replaced",
     "*1\\??\\C:\\t\\x.tmp|!\\??\\C:\\WINDOWS\\system32\\DRIVERS\\x.sys||", 0, 1, 0},
    {"a catalog", "\\??\\C:\\Windows\\System32\\CatRoot\\{F7}\\oem1.cat|||", 0, 1, 0},
    {"an INF", "\\??\\C:\\Windows\\inf\\oem1.inf|||", 0, 1, 0},
    {"the driver store", "\\??\\C:\\Windows\\System32\\DriverStore\\Temp\\a|||", 0, 1, 0},
    {"several", "\\??\\C:\\a||\\??\\C:\\b|!\\??\\C:\\c|\\??\\C:\\ProgramData\\xenpv\\x|||", 1, 0,
     2},
    {"no last NUL", "\\??\\C:\\a||", 0, 0, 1},
};

static void counts_what_waits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct list l = list_of(rows[i].value);
        struct pending_renames p = {9, 9, 9};
        struct err e = {0};
        if (!pending_read(span_of(l.at, l.size), OWN, &p, &e))
            fail_msg("%s: %s", rows[i].sentence, e.text);
        if (p.ours != rows[i].ours || p.drivers != rows[i].drivers || p.others != rows[i].others)
            fail_msg("%s: %zu ours, %zu drivers, %zu others", rows[i].sentence, p.ours, p.drivers,
                     p.others);
    }
}

static void refuses_what_is_no_list(void **state)
{
    static const char *const broken[] = {"abc", "a|b", "\\??\\C:\\a|", "|abc"};
    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct list l = list_of(broken[i]);
        struct pending_renames p = {9, 9, 9};
        struct err e = {0};
        if (pending_read(span_of(l.at, l.size), OWN, &p, &e) || e.kind != ERR_FORMAT || p.ours != 9)
            fail_msg("'%s' is accepted", broken[i]);
    }
    struct list odd = list_of("a||");
    struct pending_renames p = {0};
    odd.at[odd.size++] = 'x';
    assert_false(pending_read(span_of(odd.at, odd.size), OWN, &p, NULL));
}

static const struct {
    const char *sentence, *value, *wanted;
} replacements[] = {
    {"no value", "", NULL},
    {"another file", "\\??\\C:\\t\\x.tmp|!\\??\\C:\\d\\y.sys||", NULL},
    {"the file", "\\??\\C:\\t\\x.tmp|!\\??\\C:\\D\\X.sys||", "C:\\t\\x.tmp"},
    {"without marks", "\\??\\C:\\t\\x.tmp|\\??\\C:\\d\\x.sys||", "C:\\t\\x.tmp"},
    {"the last one counts",
     "\\??\\C:\\t\\1|!\\??\\C:\\d\\x.sys|\\??\\C:\\t\\2|!\\??\\C:\\d\\x.sys||", "C:\\t\\2"},
    {"it is deleted", "\\??\\C:\\d\\x.sys|||", NULL},
    {"it is replaced and then deleted", "\\??\\C:\\t\\1|!\\??\\C:\\d\\x.sys|\\??\\C:\\d\\x.sys|||",
     NULL},
    {"it is what another one is replaced by", "\\??\\C:\\d\\x.sys|!\\??\\C:\\d\\y.sys||", NULL},
    {"a list that breaks off", "\\??\\C:\\t\\1|!\\??\\C:\\d\\x.sys", NULL},
};

static void tells_what_takes_a_file_s_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof replacements / sizeof *replacements; i++) {
        struct list l = list_of(replacements[i].value);
        char *have = pending_replacement(span_of(l.at, l.size), "C:\\d\\x.sys");
        const char *wanted = replacements[i].wanted;
        if (wanted ? !have || strcmp(have, wanted) != 0 : have != NULL)
            fail_msg("%s: '%s'", replacements[i].sentence, have ? have : "none");
        mem_free(have);
    }
}

static void stops_at_what_changes_drivers(void **state)
{
    (void)state;
    assert_false(pending_blocks(PENDING_RENAMES));
    assert_false(pending_blocks(PENDING_COMPUTER_NAME));
    assert_true(pending_blocks(PENDING_DRIVER_RENAMES));
    assert_true(pending_blocks(PENDING_UPDATE));
    assert_true(pending_blocks(PENDING_SERVICING));
    assert_true(pending_blocks("xenbus_monitor\\Request\\xenvif"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_what_waits),
        cmocka_unit_test(refuses_what_is_no_list),
        cmocka_unit_test(tells_what_takes_a_file_s_place),
        cmocka_unit_test(stops_at_what_changes_drivers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
