/* outcome_event: each exit code has its number and level for good; the texts say what the report
 * says, in bounds, and hold nothing that Windows would take for a place of its own. */
#include "installer/outcome_event.h"

#include "base/mem.h"
#include "tests/unit/check.h"

static const struct {
    const char *sentence;
    enum exit_code code;
    uint32_t identifier;
} numbers[] = {
    {"done is information", EXIT_CODE_DONE, 0x40000064},
    {"a failure is an error", EXIT_CODE_FAILED, 0xc0000065},
    {"so is wrong usage", EXIT_CODE_USAGE, 0xc0000066},
    {"not Xen is a warning", EXIT_CODE_NOT_XEN, 0x80000067},
    {"a refusal is an error", EXIT_CODE_REFUSED, 0xc0000068},
    {"so is what was rolled back", EXIT_CODE_ROLLED_BACK, 0xc0000069},
    {"needing attention is a warning", EXIT_CODE_NEEDS_ATTENTION, 0x8000006a},
    {"so is needing elevation", EXIT_CODE_NEEDS_ELEVATION, 0x8000006b},
    {"so is no source", EXIT_CODE_NO_SOURCE, 0x8000006c},
    {"a restart is information, under its own number", EXIT_CODE_RESTART_STARTED, 0x40000669},
    {"so is one that is needed", EXIT_CODE_RESTART_NEEDED, 0x40000bc2},
};

static void each_exit_code_has_its_number(void **state)
{
    size_t count;
    (void)state;
    exit_code_all(&count);
    CHECK("this test knows every exit code", count == COUNT(numbers));
    for (size_t i = 0; i < COUNT(numbers); i++) {
        struct report r;
        struct outcome_event e = {0};
        report_init(&r, "install");
        report_set_outcome(&r, numbers[i].code, NULL);
        outcome_event_of(&r, &e);
        CHECK(numbers[i].sentence, outcome_event_identifier(&e) == numbers[i].identifier);
        CHECK_TEXT("the command is the first text", e.command, "install");
        outcome_event_release(&e);
        report_release(&r);
    }
}

static void a_report_without_outcome_is_a_failure(void **state)
{
    struct report r;
    struct outcome_event e = {0};
    (void)state;
    report_init(&r, "remove");
    outcome_event_of(&r, &e);
    CHECK("what is not known did not go well",
          e.number == 101 && e.kind == OUTCOME_EVENT_KIND_ERROR);
    outcome_event_release(&e);
    report_release(&r);
}

static void add_finding(struct report *r, const char *subject, const char *message)
{
    struct status_finding *f = shape_list_add(&r->status->findings, sizeof *f);
    f->code = mem_strdup("mixed-families");
    f->severity = STATUS_WARNING;
    f->subject = mem_strdup(subject);
    f->message = mem_strdup(message);
}

static void the_details_say_what_the_report_says(void **state)
{
    struct report r;
    struct outcome_event e = {0};
    (void)state;
    report_init(&r, "status");
    report_set_outcome(&r, EXIT_CODE_NEEDS_ATTENTION, "it is 100%1 broken\x1b[2J");
    r.windows = mem_strdup("Windows 7");
    r.status = mem_zero(1, sizeof *r.status);
    r.status->word = STATUS_BROKEN;
    add_finding(&r, "fe80::1%12", "two of them: 50%");
    add_finding(&r, NULL, "alone");
    outcome_event_of(&r, &e);
    CHECK_TEXT("a line for each thing, and no place for a text, nor control character", e.details,
               "it is 100\\x251 broken\\x1b[2J\n"
               "Windows: Windows 7\n"
               "Status: broken\n"
               "warning, mixed-families, fe80::1\\x2512: two of them: 50%\n"
               "warning, mixed-families: alone\n"
               "xenpv " XENPV_VERSION "\n");
    outcome_event_release(&e);
    report_release(&r);
}

static void many_findings_have_bounds(void **state)
{
    char message[1000];
    struct report r;
    struct outcome_event e = {0};
    (void)state;
    memset(message, 'm', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    report_init(&r, "status");
    r.status = mem_zero(1, sizeof *r.status);
    for (size_t i = 0; i < OUTCOME_EVENT_FINDINGS_MAX + 2; i++)
        add_finding(&r, NULL, "short");
    outcome_event_of(&r, &e);
    CHECK_HAS("those that are left out are counted", e.details, "\nand 2 more\n");
    outcome_event_release(&e);
    for (size_t i = 0; i < OUTCOME_EVENT_FINDINGS_MAX; i++)
        shape_set_text(&r.status->findings.at[i].message, message);
    outcome_event_of(&r, &e);
    CHECK("the text is within what Windows takes", strlen(e.details) <= OUTCOME_EVENT_TEXT_MAX);
    outcome_event_release(&e);
    report_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_exit_code_has_its_number),
        cmocka_unit_test(a_report_without_outcome_is_a_failure),
        cmocka_unit_test(the_details_say_what_the_report_says),
        cmocka_unit_test(many_findings_have_bounds),
    };
    return cmocka_run_group_tests_name("outcome_event", tests, NULL, NULL);
}
