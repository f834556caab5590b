#include "installer/commands.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/bundle_command.h"
#include "installer/collect_command.h"
#include "installer/console.h"
#include "installer/fetch_command.h"
#include "installer/here.h"
#include "installer/install.h"
#include "installer/manifest_command.h"
#include "installer/matrix.h"
#include "installer/merge_command.h"
#include "installer/moment.h"
#include "installer/remove.h"
#include "installer/report_command.h"
#include "installer/support_command.h"
#include "installer/tell.h"
#include "installer/transaction.h"
#include "installer/verify.h"

#include <string.h>

static enum exit_code end(struct session *s, enum exit_code code, const char *message)
{
    report_set_outcome(&s->report, code, message);
    return code;
}

static enum exit_code run_status(struct session *s)
{
    struct err e = {0}, journal = {0};
    if (!session_read_manifest(s, &e) || !session_read_facts(s, &e))
        return end(s, exit_code_of_err(&e), e.text);
    if (s->has_platform && !s->cli->facts && !transaction_load(&s->platform, &s->journal, &journal))
        log_line(LOG_WARNING, "journal: %s, continuing", journal.text);
    session_judge(s, false);
    return end(s, status_exit_code(s->report.status->word), NULL);
}

static enum exit_code run_detect(struct session *s)
{
    struct err e = {0};
    if (!session_read_manifest(s, &e) || !session_read_facts(s, &e))
        return end(s, exit_code_of_err(&e), e.text);
    switch (s->facts.platform.hypervisor) {
    case HYPERVISOR_XEN: return end(s, EXIT_CODE_DONE, NULL);
    case HYPERVISOR_NONE:
    case HYPERVISOR_OTHER: return end(s, EXIT_CODE_NOT_XEN, NULL);
    case HYPERVISOR_UNKNOWN: break;
    }
    return end(s, EXIT_CODE_FAILED, "whether this is a Xen guest could not be read");
}

/* A plan that could be carried out, or that has nothing to do, is one that ends well. */
static enum exit_code end_decided(struct session *s)
{
    const struct decision *d = s->report.decision;
    const struct choice *c = &s->report.choice;
    struct text t = {0};
    if (d->allowed == TRI_YES) {
        text_add(&t, d->word == DECISION_KEEP ? "nothing to do" : d->release);
    } else if (d->word == DECISION_NONE && c->remedies.count) {
        text_addf(&t, "the nearest is %s, with: ", c->remedies.at[0].release);
        text_add(&t, d->needs);
    } else {
        text_add(&t, d->sentence);
    }
    enum exit_code code =
        end(s, d->allowed == TRI_YES ? EXIT_CODE_DONE : EXIT_CODE_NO_SOURCE, text_str(&t));
    text_release(&t);
    return code;
}

/* What an installation would say of this moment. */
static void warn_of_moment(const struct session *s)
{
    const struct moment_wishes wishes = {.removal = false};
    struct moment m = {0};
    moment_look(&s->facts, &wishes, &m);
    if (m.refusal)
        log_line(LOG_WARNING, "plan: install would wait: %s", m.refusal);
    for (size_t i = 0; i < m.warnings.count; i++)
        log_line(LOG_WARNING, "%s", m.warnings.at[i]);
    moment_release(&m);
}

static enum exit_code run_plan(struct session *s)
{
    struct err e = {0};
    bool with_files = s->cli->packages.count > 0;
    if (!session_read_manifest(s, &e) || !session_read_facts(s, &e) ||
        (with_files && !session_open_shelf(s, &e)))
        return end(s, exit_code_of_err(&e), e.text);
    if (s->facts.platform.hypervisor == HYPERVISOR_NONE ||
        s->facts.platform.hypervisor == HYPERVISOR_OTHER)
        return end(s, EXIT_CODE_NOT_XEN, NULL);
    session_choose(s, with_files);
    warn_of_moment(s);
    return end_decided(s);
}

static enum exit_code print(char *text)
{
    struct err e = {0};
    bool ok = console_write(span_text(text), &e);
    mem_free(text);
    if (ok)
        return EXIT_CODE_DONE;
    log_line(LOG_ERROR, "%s", e.text);
    return EXIT_CODE_FAILED;
}

/* A service has no standard output: its log is where people look. */
static enum exit_code log_outcome(struct session *s, enum exit_code code)
{
    log_line(LOG_NOTE, "%s: %s%s%s (exit %d)", s->report.command, exit_code_words((int)code),
             s->report.message ? ": " : "", s->report.message ? s->report.message : "", (int)code);
    return code;
}

/* detect's JSON is the facts alone, so that they can be given back with --facts. */
static enum exit_code print_report(struct session *s, enum exit_code code)
{
    char *text;
    if (s->cli->service)
        return log_outcome(s, code);
    if (s->cli->command == COMMAND_DETECT && s->cli->json && s->facts.schema.known)
        text = facts_encode(&s->facts);
    else {
        if (s->facts.schema.known)
            report_take_facts(&s->report, &s->facts);
        report_take_journal(&s->report, &s->journal);
        s->report.colour = console_has_colour();
        text = s->cli->json ? report_json(&s->report) : report_text(&s->report);
    }
    enum exit_code printed = print(text);
    return printed == EXIT_CODE_DONE ? code : printed;
}

/* plan --for all: no guest, so no report, but the table. */
static enum exit_code run_matrix(struct session *s)
{
    const struct select_options o = {.source = s->cli->source, .accept = s->cli->accept};
    struct matrix x = {0};
    struct err e = {0};
    if (!session_read_manifest(s, &e) || !matrix_make(&s->manifest, &o, &x, &e)) {
        log_line(LOG_ERROR, "plan: %s", e.text);
        return exit_code_of_err(&e);
    }
    enum exit_code code = print(s->cli->json ? matrix_json(&x) : matrix_text(&x));
    matrix_release(&x);
    return code;
}

static enum exit_code run_delivery(struct session *s)
{
    struct err none = {0};
    s->has_platform = platform_here(&s->platform, s->cli->quiet, &none);
    return s->cli->command == COMMAND_FETCH ? fetch_run(s) : bundle_run(s);
}

static enum exit_code run_reporting(struct session *s)
{
    struct err none = {0};
    enum exit_code code;
    s->has_platform = platform_here(&s->platform, s->cli->quiet, &none);
    report_init(&s->report, cli_command_name(s->cli->command));
    switch (s->cli->command) {
    case COMMAND_DETECT: code = run_detect(s); break;
    case COMMAND_PLAN: code = run_plan(s); break;
    case COMMAND_INSTALL: code = install_run(s); break;
    case COMMAND_RESUME: code = install_resume(s); break;
    case COMMAND_ROLLBACK: code = install_rollback(s); break;
    case COMMAND_REMOVE: code = remove_run(s); break;
    default: code = run_status(s); break;
    }
    if (code != EXIT_CODE_DONE && s->report.message && code != EXIT_CODE_RESTART_NEEDED &&
        code != EXIT_CODE_RESTART_STARTED)
        log_line(LOG_ERROR, "%s: %s", s->report.command, s->report.message);
    code = print_report(s, code);
    tell_outcome(s);
    return code;
}

static enum exit_code run_report(struct session *s)
{
    struct err none = {0};
    s->has_platform = platform_here(&s->platform, s->cli->quiet, &none);
    report_init(&s->report, cli_command_name(s->cli->command));
    return s->cli->command == COMMAND_COLLECT ? collect_run(s) : report_run(s);
}

enum exit_code commands_run(const struct cli *c)
{
    struct session s = {.cli = c};
    enum exit_code code;
    if (c->command == COMMAND_HELP)
        return print(cli_help(c->help_for));
    if (c->command == COMMAND_VERSION)
        return print(mem_strdup("xenpv " XENPV_VERSION "\n"));
    if (c->command == COMMAND_MANIFEST)
        return manifest_command_run(c);
    if (c->command == COMMAND_VERIFY)
        code = verify_run(&s);
    else if (c->command == COMMAND_FETCH || c->command == COMMAND_BUNDLE)
        code = run_delivery(&s);
    else if (c->command == COMMAND_SUPPORT)
        code = support_run(&s);
    else if (c->command == COMMAND_PLAN && text_equal_nocase(c->windows, "all"))
        code = run_matrix(&s);
    else if (c->merge)
        code = merge_run(&s);
    else if (c->command == COMMAND_REPORT || c->command == COMMAND_COLLECT)
        code = run_report(&s);
    else
        code = run_reporting(&s);
    manifest_release_all(&s.manifest);
    facts_release(&s.facts);
    shelf_release(&s.shelf);
    journal_release(&s.journal);
    report_release(&s.report);
    mem_free(s.manifest_path);
    mem_free(s.manifest_sha256);
    mem_free(s.own_bundle);
    return code;
}
