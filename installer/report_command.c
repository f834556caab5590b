#include "installer/report_command.h"

#include "base/log.h"
#include "base/mem.h"
#include "installer/console.h"
#include "installer/report_html.h"
#include "installer/transaction.h"

#include <string.h>

static enum exit_code fail(struct session *s, const struct err *e)
{
    log_line(LOG_ERROR, "%s: %s", s->report.command, e->text);
    report_set_outcome(&s->report, exit_code_of_err(e), e->text);
    return exit_code_of_err(e);
}

enum exit_code report_fill(struct session *s)
{
    struct err e = {0}, journal = {0};
    if (!session_read_manifest(s, &e) || !session_read_facts(s, &e))
        return fail(s, &e);
    if (s->has_platform && !s->cli->facts && !transaction_load(&s->platform, &s->journal, &journal))
        log_line(LOG_WARNING, "journal: %s, continuing", journal.text);
    session_judge(s, false);
    if (s->facts.platform.hypervisor != HYPERVISOR_NONE &&
        s->facts.platform.hypervisor != HYPERVISOR_OTHER)
        session_choose(s, false);
    report_take_facts(&s->report, &s->facts);
    report_take_journal(&s->report, &s->journal);
    enum exit_code code = status_exit_code(s->report.status->word);
    report_set_outcome(&s->report, code, NULL);
    return code;
}

char *report_page(const struct session *s)
{
    struct stack stack = {0};
    if (s->report.facts)
        stack_build(s->report.facts, &s->manifest, &stack);
    char *page = report_html(&s->report, s->report.facts ? &stack : NULL);
    stack_release(&stack);
    return page;
}

/* The page to its file, or to standard output when it is called "-". */
static bool write_page(const struct session *s, struct err *e)
{
    char *page = report_page(s);
    bool ok = strcmp(s->cli->html, "-") == 0 ? console_write(span_text(page), e)
                                             : file_replace(s->cli->html, span_text(page), e);
    mem_free(page);
    return ok;
}

enum exit_code report_run(struct session *s)
{
    struct err e = {0};
    enum exit_code code = report_fill(s);
    bool page_alone = s->cli->html && strcmp(s->cli->html, "-") == 0;
    if (s->cli->html && !write_page(s, &e))
        return fail(s, &e);
    if (page_alone)
        return code;
    char *text = s->cli->json ? report_json(&s->report) : report_text(&s->report);
    bool ok = console_write(span_text(text), &e);
    mem_free(text);
    return ok ? code : fail(s, &e);
}
