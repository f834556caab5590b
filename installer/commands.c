#include "installer/commands.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/assume.h"
#include "installer/console.h"
#include "installer/here.h"
#include "installer/install.h"
#include "installer/transaction.h"

#include <string.h>

bool session_read_manifest(struct session *s, struct err *e)
{
    struct bytes file = {0};
    struct texts unknown = {0};
    const char *path = s->cli->manifest;
    if (!path)
        return manifest_embedded(&s->manifest, e);
    if (!file_read(path, SHAPE_SIZE_MAX, &file, e))
        return err_wrap(e, "the manifest");
    bool ok = manifest_decode(path, bytes_span(&file), &s->manifest, &unknown, e);
    for (size_t i = 0; ok && i < unknown.count; i++)
        log_line(LOG_WARNING, "manifest: '%s' does not know '%s', continuing", path, unknown.at[i]);
    if (!ok && e->kind == ERR_FORMAT)
        e->kind = ERR_USAGE;
    texts_release(&unknown);
    bytes_release(&file);
    return ok;
}

static bool facts_from_file(struct session *s, struct err *e)
{
    struct bytes file = {0};
    bool ok = file_read(s->cli->facts, SHAPE_SIZE_MAX, &file, e) && facts_decode(bytes_span(&file), &s->facts, e);
    bytes_release(&file);
    return ok || err_wrap(e, "facts '%s'", s->cli->facts);
}

bool session_read_facts(struct session *s, struct err *e)
{
    bool ok;
    if (s->cli->windows)
        ok = assume_facts(s->cli->windows, &s->facts, e);
    else if (s->cli->facts)
        ok = facts_from_file(s, e);
    else if (s->has_platform)
        ok = s->platform.facts(s->platform.context, &s->facts, e);
    else
        ok = platform_here(&s->platform, s->cli->quiet, e);
    if (ok && s->manifest.schema.known) {
        mem_free(s->report.windows);
        s->report.windows = report_windows_name(&s->manifest, &s->facts.windows);
    }
    return ok;
}

static bool add_default_folders(struct session *s, struct err *e)
{
    char *program = console_program_folder();
    if (!program)
        return err_set(e, ERR_NOT_FOUND, "where are the packages? Give --packages FOLDER");
    char *packages = file_join(program, "packages");
    bool ok = shelf_add_folder(&s->shelf, program, e)
              && (file_kind(packages) != FILE_FOLDER || shelf_add_folder(&s->shelf, packages, e));
    mem_free(packages);
    mem_free(program);
    return ok;
}

bool session_open_shelf(struct session *s, struct err *e)
{
    if (!s->cli->packages.count)
        return add_default_folders(s, e);
    for (size_t i = 0; i < s->cli->packages.count; i++)
        if (!shelf_add_folder(&s->shelf, s->cli->packages.at[i], e))
            return err_wrap(e, "packages");
    return true;
}

static bool is_on_shelf(void *context, const struct manifest_file_pin *pin)
{
    const char *path;
    return shelf_find(context, pin, &path) != SHELF_ABSENT;
}

void session_choose(struct session *s, bool with_files)
{
    struct select_options o = {.source = s->cli->source, .accept = s->cli->accept};
    if (with_files) {
        o.have = is_on_shelf;
        o.context = &s->shelf;
    }
    choice_release(&s->report.choice);
    select_source(&s->facts, &s->manifest, &o, &s->report.choice);
    s->report.all_candidates = s->cli->all ? TRI_YES : TRI_NO;
}

void session_judge(struct session *s, bool anew)
{
    struct err e = {0};
    if (anew) {
        facts_release(&s->facts);
        if (!session_read_facts(s, &e))
            log_line(LOG_WARNING, "detect: %s, continuing", e.text);
    }
    if (!s->report.status)
        s->report.status = mem_zero(1, sizeof *s->report.status);
    status_release(s->report.status);
    status_judge(&s->facts, &s->journal, &s->manifest, s->report.status);
}

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

static enum exit_code run_plan(struct session *s)
{
    struct err e = {0};
    bool with_files = s->cli->packages.count > 0;
    if (!session_read_manifest(s, &e) || !session_read_facts(s, &e) || (with_files && !session_open_shelf(s, &e)))
        return end(s, exit_code_of_err(&e), e.text);
    if (s->facts.platform.hypervisor == HYPERVISOR_NONE || s->facts.platform.hypervisor == HYPERVISOR_OTHER)
        return end(s, EXIT_CODE_NOT_XEN, NULL);
    session_choose(s, with_files);
    return s->report.choice.chosen.known ? end(s, EXIT_CODE_DONE, s->report.choice.candidates.at[0].release)
                                         : end(s, EXIT_CODE_NO_SOURCE, "the reasons stand above");
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

static void verify_one(struct session *s, const char *path, const struct evidence_options *o, struct verify_report *r)
{
    struct evidence ev = {0};
    struct err e = {0};
    bool predict = s->facts.schema.known;
    log_line(LOG_DETAIL, "verify: '%s'", path);
    if (evidence_gather(path, o, &ev, &e)) {
        verify_report_add(r, path, &ev, predict ? &s->facts : NULL, s->cli->windows ? s->cli->windows : "the guest");
        evidence_release(&ev);
    } else {
        verify_report_add_failure(r, path, e.text);
    }
}

static enum exit_code run_verify(struct session *s)
{
    struct verify_report r = {.schema = number_of(REPORT_SCHEMA), .command = mem_strdup("verify")};
    struct err e = {0};
    struct target target;
    struct evidence_options o = {0};
    if (s->cli->windows || s->cli->facts) {
        if (!session_read_facts(s, &e)) {
            log_line(LOG_ERROR, "%s", e.text);
            verify_report_release(&r);
            return exit_code_of_err(&e);
        }
        target = policy_target(&s->facts.windows);
        o.target = &target;
    }
    for (size_t i = 0; i < s->cli->paths.count; i++)
        verify_one(s, s->cli->paths.at[i], &o, &r);
    enum exit_code code = verify_report_exit_code(&r);
    r.exit_code = number_of((uint64_t)code);
    enum exit_code printed = print(s->cli->json ? verify_report_json(&r) : verify_report_text(&r, s->cli->details));
    verify_report_release(&r);
    return printed == EXIT_CODE_DONE ? code : printed;
}

/* detect's JSON is the facts alone, so that they can be given back with --facts. */
static enum exit_code print_report(struct session *s, enum exit_code code)
{
    char *text;
    if (s->cli->command == COMMAND_DETECT && s->cli->json && s->facts.schema.known)
        text = facts_encode(&s->facts);
    else {
        if (s->facts.schema.known)
            report_take_facts(&s->report, &s->facts);
        report_take_journal(&s->report, &s->journal);
        text = s->cli->json ? report_json(&s->report) : report_text(&s->report);
    }
    enum exit_code printed = print(text);
    return printed == EXIT_CODE_DONE ? code : printed;
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
    default: code = run_status(s); break;
    }
    if (code != EXIT_CODE_DONE && s->report.message && code != EXIT_CODE_RESTART_NEEDED && code != EXIT_CODE_RESTART_STARTED)
        log_line(LOG_ERROR, "%s: %s", s->report.command, s->report.message);
    return print_report(s, code);
}

enum exit_code commands_run(const struct cli *c)
{
    struct session s = {.cli = c};
    enum exit_code code;
    if (c->command == COMMAND_HELP)
        return print(cli_help(c->help_for));
    if (c->command == COMMAND_VERSION)
        return print(mem_strdup("xenpv " XENPV_VERSION "\n"));
    code = c->command == COMMAND_VERIFY ? run_verify(&s) : run_reporting(&s);
    manifest_release_all(&s.manifest);
    facts_release(&s.facts);
    shelf_release(&s.shelf);
    journal_release(&s.journal);
    report_release(&s.report);
    return code;
}
