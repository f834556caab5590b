/* plan_boot: which steps stand around an installation, what each release is told, and why not. */
#include "installer/plan_boot.h"

#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void each_release_has_its_option(void **state)
{
    static const struct {
        const char *family, *version, *option;
    } rows[] = {
        {"gplpv", "0.11.0.372", "NOGPLPV"},
        {"gplpv", "0.10.0.1", "NOGPLPV"},
        {"gplpv", "0.9.11", NULL}, /* active only with /GPLPV */
        {"gplpv", "1.0.1085", "NOGPLPV"},
        {"ejbpv", "1.1.0", "NOEJBPV"},
        {"univention-gplpv", "0.11.0.373", "NOGPLPV"},
        {"xenproject", "8.1.0", "XEN:BOOT_EMULATED=TRUE"},
        {"xenproject", "9.1.0", "XEN:BOOT_EMULATED=TRUE"},
        {"xenproject", "8.0.9", NULL},
        {"xenproject", "9", "XEN:BOOT_EMULATED=TRUE"},
        {"xcp-ng", "9.0.9065", NULL},
        {"gplpv", NULL, NULL},
        {NULL, "9.1.0", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *option = plan_boot_option(rows[i].family, rows[i].version);
        if ((option != NULL) != (rows[i].option != NULL) ||
            (option && strcmp(option, rows[i].option) != 0))
            fail_msg("row %zu: %s", i, option ? option : "none");
    }
}

struct plan_row {
    const char *sentence, *family;
    enum product_type type;
    struct plan_boot_wishes wishes;
    const char *steps, *no_fallback, *no_restore_point;
};

#define STATE "C:\\ProgramData\\xenpv"
#define WISHES .state_folder = STATE, .arguments = "resume --service"

static const struct plan_row rows[] = {
    {"a client",
     "xenproject",
     PRODUCT_TYPE_WORKSTATION,
     {WISHES},
     "restore-point storage fallback bind continuation boot-check ",
     NULL,
     NULL},
    {"a server makes no restore points",
     "xenproject",
     PRODUCT_TYPE_SERVER,
     {WISHES},
     "storage fallback bind continuation boot-check ",
     NULL,
     "only clients"},
    {"nor does a Windows of an unknown kind",
     "xenproject",
     PRODUCT_TYPE_UNKNOWN,
     {WISHES},
     "storage fallback bind continuation boot-check ",
     NULL,
     "only clients"},
    {"drivers without an option",
     "other",
     PRODUCT_TYPE_SERVER,
     {WISHES},
     "storage bind continuation boot-check ",
     "no boot option",
     "only clients"},
    {"an entry is required that cannot be",
     "other",
     PRODUCT_TYPE_SERVER,
     {.require_fallback = true, WISHES},
     "storage fallback bind continuation boot-check ",
     "no boot option",
     "only clients"},
    {"nothing that can be left out",
     "xenproject",
     PRODUCT_TYPE_WORKSTATION,
     {.no_fallback = true, .no_restore_point = true, .no_continuation = true, WISHES},
     "storage bind boot-check ",
     "--no-fallback",
     "--no-restore-point"},
};

static void expect_reason(const char *sentence, const char *wanted, const char *have)
{
    if ((wanted != NULL) != (have != NULL) || (wanted && !strstr(have, wanted)))
        fail_msg("%s: '%s'", sentence, have ? have : "no reason");
}

static void plans_what_is_wanted_and_can_be(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct plan_row *row = &rows[i];
        const struct facts f = {.windows = {.type = row->type}};
        struct journal j = {.family = mem_strdup(row->family), .version = mem_strdup("9.0.0")};
        struct journal_step *s = shape_list_add(&j.steps, sizeof *s);
        char steps[200] = "";
        s->kind = STEP_BIND;
        s->subject = mem_strdup("xenbus");
        plan_boot(&j, &f, &row->wishes);
        for (size_t k = 0; k < j.steps.count; k++) {
            strcat(steps, step_kind_name(j.steps.at[k].kind));
            strcat(steps, " ");
            assert_true((j.steps.at[k].kind == STEP_BIND) == (j.steps.at[k].subject != NULL));
            assert_int_equal(j.steps.at[k].state, STEP_PENDING);
        }
        if (strcmp(steps, row->steps) != 0)
            fail_msg("%s: %s", row->sentence, steps);
        expect_reason(row->sentence, row->no_fallback, j.boot.no_fallback);
        expect_reason(row->sentence, row->no_restore_point, j.boot.no_restore_point);
        assert_int_equal(j.boot.fallback_required, row->wishes.require_fallback ? TRI_YES : TRI_NO);
        if (row->wishes.no_continuation) {
            assert_null(j.boot.program);
        } else {
            assert_string_equal(j.boot.program, STATE "\\xenpv-resume.exe");
            assert_string_equal(j.boot.arguments, "resume --service");
        }
        journal_release(&j);
    }
}

/* Its program may be waiting for the next restart to be deleted. */
static void the_next_job_has_a_program_of_its_own(void **state)
{
    struct plan_boot_wishes wishes = {.state_folder = STATE, .arguments = "resume --service"};
    const struct facts f = {.windows = {.type = PRODUCT_TYPE_SERVER}};
    struct journal first = {.family = mem_strdup("other")},
                   second = {.family = mem_strdup("other")};
    struct journal third = {.family = mem_strdup("other")};
    (void)state;
    wishes.earlier_program = "D:\\somewhere\\else.exe";
    plan_boot(&first, &f, &wishes);
    wishes.earlier_program = first.boot.program;
    plan_boot(&second, &f, &wishes);
    wishes.earlier_program = second.boot.program;
    plan_boot(&third, &f, &wishes);
    assert_string_equal(first.boot.program, STATE "\\xenpv-resume.exe");
    assert_string_equal(second.boot.program, STATE "\\xenpv-resume-2.exe");
    assert_string_equal(third.boot.program, STATE "\\xenpv-resume.exe");
    journal_release(&first);
    journal_release(&second);
    journal_release(&third);
}

static void expect_steps(const char *sentence, const struct journal *j, const char *wanted)
{
    char steps[200] = "";
    for (size_t k = 0; k < j->steps.count; k++) {
        strcat(steps, step_kind_name(j->steps.at[k].kind));
        strcat(steps, " ");
    }
    if (strcmp(steps, wanted) != 0)
        fail_msg("%s: %s", sentence, steps);
}

static void a_removal_goes_on_by_itself_after_its_restart(void **state)
{
    struct plan_boot_wishes wishes = {.state_folder = STATE, .arguments = "resume --service"};
    (void)state;
    for (int row = 0; row < 3; row++) {
        static const enum step_kind kinds[] = {STEP_DISABLE, STEP_RESTART, STEP_REMOVE_SERVICE};
        struct journal j = {.job = JOURNAL_REMOVAL};
        for (size_t i = 0; i < 3; i++)
            if (row != 1 || kinds[i] != STEP_RESTART)
                ((struct journal_step *)shape_list_add(&j.steps, sizeof *j.steps.at))->kind =
                    kinds[i];
        wishes.no_continuation = row == 2;
        plan_boot_removal(&j, &wishes);
        expect_steps(row ? row == 1 ? "no restart" : "not wanted" : "before the restart", &j,
                     row ? row == 1 ? "disable remove-service " : "disable restart remove-service "
                         : "disable continuation restart remove-service ");
        assert_true((j.boot.program != NULL) == (row == 0));
        journal_release(&j);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_release_has_its_option),
        cmocka_unit_test(plans_what_is_wanted_and_can_be),
        cmocka_unit_test(the_next_job_has_a_program_of_its_own),
        cmocka_unit_test(a_removal_goes_on_by_itself_after_its_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
