#include "installer/install.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/by_msi.h"
#include "installer/console.h"
#include "installer/moment.h"
#include "installer/plan.h"
#include "installer/plan_boot.h"
#include "installer/removal.h"
#include "installer/remove.h"
#include "installer/transaction.h"

#include <string.h>

static enum exit_code end(struct session *s, enum exit_code code, const char *message)
{
    report_set_outcome(&s->report, code, message);
    return code;
}

static enum exit_code end_err(struct session *s, const struct err *e)
{
    return end(s, exit_code_of_err(e), e->text);
}

/* What must hold before anything may be changed. EXIT_CODE_DONE: go on. */
static enum exit_code may_change(struct session *s)
{
    const struct facts *f = &s->facts;
    /* A guest that was moved to another hypervisor has all the more reason to be rid of them. */
    bool anywhere = s->cli->command == COMMAND_REMOVE;
    if (!anywhere &&
        (f->platform.hypervisor == HYPERVISOR_NONE || f->platform.hypervisor == HYPERVISOR_OTHER))
        return end(s, EXIT_CODE_NOT_XEN, "nothing was changed");
    if (!anywhere && f->platform.hypervisor != HYPERVISOR_XEN)
        return end(s, EXIT_CODE_FAILED,
                   "whether this is a Xen guest could not be read; nothing was changed");
    if (s->cli->handover.kind != ERR_NONE)
        return end_err(s, &s->cli->handover);
    if (f->windows.process == ARCHITECTURE_X86 && f->windows.architecture == ARCHITECTURE_X64)
        return end(s, EXIT_CODE_FAILED,
                   "a 32-bit program cannot install drivers on 64-bit Windows: run the x86_64 "
                   "xenpv.exe; nothing was changed");
    if (f->windows.elevated != TRI_YES && !s->cli->dry_run)
        return end(
            s, EXIT_CODE_NEEDS_ELEVATION,
            "run it again as an administrator (from an elevated prompt); nothing was changed");
    return EXIT_CODE_DONE;
}

enum exit_code install_restart(struct session *s, const char *command)
{
    struct err e = {0};
    struct text t = {0};
    enum exit_code code = EXIT_CODE_RESTART_NEEDED;
    if (s->cli->restart != RESTART_IF_NEEDED) {
        text_add(&t, "restart Windows");
    } else if (s->platform.restart(s->platform.context, &e)) {
        text_add(&t, "Windows restarts");
        code = EXIT_CODE_RESTART_STARTED;
    } else {
        log_line(LOG_ERROR, "restart: %s", e.text);
        text_add(&t, "the restart could not be started: restart Windows yourself");
    }
    /* Who goes on after it: the service, where there is one. */
    if (s->journal.boot.program)
        text_add(&t, "; xenpv goes on by itself after that");
    else
        text_addf(&t, ", then run xenpv %s again to confirm", command);
    end(s, code, text_str(&t));
    text_release(&t);
    return code;
}

static enum exit_code end_outcome(struct session *s, enum outcome outcome, const struct err *e)
{
    switch (outcome) {
    case OUTCOME_RESTART_NEEDED: return install_restart(s, "install");
    case OUTCOME_ROLLED_BACK:
        return end(s, EXIT_CODE_ROLLED_BACK, e->kind == ERR_NONE ? NULL : e->text);
    case OUTCOME_NEEDS_ATTENTION: return end(s, EXIT_CODE_NEEDS_ATTENTION, e->text);
    case OUTCOME_STUCK:
    case OUTCOME_REMOVED: return end(s, EXIT_CODE_FAILED, e->text);
    case OUTCOME_INSTALLED: break;
    }
    enum status_word word = s->report.status ? s->report.status->word : STATUS_UNKNOWN;
    enum exit_code code = status_exit_code(word);
    return end(s, code,
               code == EXIT_CODE_DONE
                   ? "the drivers are installed and confirmed"
                   : "the drivers are installed, and the status needs attention");
}

/* --- verification
 * ------------------------------------------------------------------------------------------------
 */

/* What is missing, said of the candidate that only lacks its files; else what would change it. */
static enum exit_code no_source(struct session *s)
{
    const struct decision *d = s->report.decision;
    struct text t = {0};
    for (size_t i = 0; i < s->report.choice.candidates.count && !t.size; i++) {
        const struct candidate *c = &s->report.choice.candidates.at[i];
        bool only_files = c->reasons.count > 0;
        for (size_t k = 0; k < c->reasons.count; k++)
            only_files = only_files && strcmp(c->reasons.at[k].code, SELECT_PACKAGE_NOT_FOUND) == 0;
        for (size_t k = 0; only_files && k < c->files.count; k++)
            text_addf(&t, "%s%s",
                      k ? ", " : "needed for this Windows, and not found: ", c->files.at[k]);
    }
    if (!t.size)
        text_addf(&t, "%s%s%s; nothing was changed", d->sentence, d->needs ? "; only with: " : "",
                  d->needs ? d->needs : "");
    enum exit_code code = end(s, EXIT_CODE_NO_SOURCE, text_str(&t));
    text_release(&t);
    return code;
}

/* What is there stays: nothing is done, and the status says how it is. */
static enum exit_code keep(struct session *s)
{
    struct text t = {0};
    session_judge(s, false);
    text_addf(&t, "nothing to do: %s", s->report.decision->sentence);
    enum exit_code code = end(s, status_exit_code(s->report.status->word), text_str(&t));
    text_release(&t);
    return code;
}

static void log_prompts(const struct source *source)
{
    for (size_t i = 0; i < source->publishers.count; i++)
        log_line(LOG_NOTE, "policy: '%s' becomes a trusted publisher (--trust-publisher)",
                 source->publishers.at[i]->signer ? source->publishers.at[i]->signer : "?");
    for (size_t i = 0; i < source->drivers.count; i++)
        if (source->drivers.at[i].prediction.install == INSTALL_PROMPTS)
            log_line(LOG_WARNING, "policy: Windows may ask about '%s': %s%s",
                     source->drivers.at[i].driver->inf,
                     source->drivers.at[i].prediction.install_why,
                     source_advice(&source->drivers.at[i].prediction));
}

char *install_continuation_arguments(const struct session *s, const char *state_folder)
{
    const struct cli *c = s->cli;
    struct text t = {0};
    text_addf(&t, "resume --service --quiet --log \"%s\\xenpv.log\"", state_folder);
    if (s->manifest_path)
        text_addf(&t, " --manifest \"%s\\" CONTINUATION_MANIFEST "\"%s", state_folder,
                  c->allow_unsigned_manifest ? " --allow-unsigned-manifest" : "");
    if (c->restart == RESTART_IF_NEEDED)
        text_add(&t, " --restart-if-needed");
    if (c->no_eventlog)
        text_add(&t, " --no-eventlog");
    return text_steal(&t);
}

static void plan_around(const struct session *s, const char *state_folder, struct journal *j)
{
    const struct cli *c = s->cli;
    char *arguments = install_continuation_arguments(s, state_folder);
    const struct plan_boot_wishes wishes = {.no_fallback = c->no_fallback,
                                            .require_fallback = c->require_fallback,
                                            .no_restore_point = c->no_restore_point,
                                            .no_continuation = c->no_continue,
                                            .state_folder = state_folder,
                                            .earlier_program = s->journal.boot.program,
                                            .arguments = arguments,
                                            .manifest_from = s->manifest_path,
                                            .manifest_sha256 = s->manifest_sha256};
    plan_boot(j, &s->facts, &wishes);
    mem_free(arguments);
}

/* What is to be installed, and by whom. */
struct chosen {
    struct source source;
    struct by_msi msi;
    bool via_msi;
};

static bool plan(struct session *s, const struct chosen *c, struct journal *j, struct err *e)
{
    struct platform *p = &s->platform;
    static const enum platform_folder wanted[] = {PLATFORM_FOLDER_STATE, PLATFORM_FOLDER_WINDOWS,
                                                  PLATFORM_FOLDER_SYSTEM, PLATFORM_FOLDER_DRIVERS,
                                                  PLATFORM_FOLDER_PROGRAM_FILES};
    char *folders[sizeof wanted / sizeof *wanted] = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof wanted / sizeof *wanted; i++)
        ok = (folders[i] = p->folder(p->context, wanted[i], e)) != NULL;
    if (ok) {
        const struct plan_folders where = {folders[0], folders[1], folders[2], folders[3],
                                           folders[4]};
        ok = plan_install(&c->source, &s->facts, &where, j, e);
        if (ok && c->via_msi)
            by_msi_plan(&c->msi, folders[0], j);
        if (ok)
            plan_around(s, folders[0], j);
    }
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        mem_free(folders[i]);
    return ok;
}

/* --- a fresh installation
 * ---------------------------------------------------------------------------------------- */

static bool open_content(void *context, const char *subject, const char *name, struct span *out,
                         struct err *e)
{
    return plan_content(context, subject, name, out, e);
}

/* What is installed by us is repaired, or upgraded: its journal is not forgotten. */
static bool follow(struct session *s, struct journal *j, struct err *e)
{
    const struct journal *earlier = &s->journal;
    j->generation = number_of(earlier->generation.known ? earlier->generation.value + 1 : 1);
    if (earlier->state != JOURNAL_INSTALLED && earlier->state != JOURNAL_REPAIRING)
        return true;
    if (!journal_same_source(j, earlier)) {
        journal_carry_trust(j, earlier);
        journal_carry_folders(j, earlier);
        return transaction_shelve(&s->platform, earlier, j, e);
    }
    journal_inherit(j, earlier);
    return true;
}

static enum exit_code carry_out(struct session *s, struct chosen *c)
{
    const struct transaction_content content = {
        .open = open_content, .context = &c->source, .facts = &s->facts};
    struct journal j = {0};
    struct err e = {0};
    enum exit_code code;
    if (!plan(s, c, &j, &e)) {
        code = end_err(s, &e);
    } else if (s->cli->dry_run) {
        j.state = JOURNAL_PLANNED;
        report_take_journal(&s->report, &j);
        code = end(s, EXIT_CODE_DONE, "nothing was changed (--dry-run)");
    } else {
        shape_set_text(&j.windows, s->report.windows);
        for (size_t i = 0; i < s->cli->accept.count; i++)
            texts_add(&j.accepted, s->cli->accept.at[i]);
        enum outcome outcome =
            follow(s, &j, &e) ? transaction_install(&s->platform, &j, &content, &e) : OUTCOME_STUCK;
        journal_release(&s->journal);
        s->journal = j;
        memset(&j, 0, sizeof j);
        session_judge(s, !s->facts.schema.known);
        code = end_outcome(s, outcome, &e);
    }
    journal_release(&j);
    return code;
}

/* A family that shares services and products with the one to be installed is no less in the way. */
static void find_in_the_way(const struct session *s, const char *family, const char *product,
                            struct texts *out)
{
    const struct decision *d = s->report.decision;
    remove_find_in_the_way(s, family, product, out);
    if (!out->count && s->cli->replace && d->word == DECISION_REPLACE && d->installed)
        removal_families(&s->manifest, d->installed, out);
}

/* Drivers that ours cannot live with, and products that were registered twice, or would be beside
 * the one that is to be installed (NULL: none is). DONE: there are none, or none any more. */
static enum exit_code clear_the_way(struct session *s, const char *family, const char *product)
{
    struct texts others = {0};
    struct text names = {0};
    enum exit_code code = EXIT_CODE_DONE;
    find_in_the_way(s, family, product, &others);
    for (size_t i = 0; i < others.count; i++)
        text_addf(&names, "%s%s", i ? ", " : "", others.at[i]);
    if (others.count && !s->cli->replace) {
        struct text t = {0};
        text_addf(&t,
                  "Windows Installer %s more than one product of '%s', which overwrite each "
                  "other: --replace uninstalls them first; nothing was changed",
                  product ? "would have" : "has", text_str(&names));
        code = end(s, EXIT_CODE_NEEDS_ATTENTION, text_str(&t));
        text_release(&t);
    } else if (others.count) {
        log_line(LOG_NOTE, "removal: '%s' %s removed first", text_str(&names),
                 s->cli->dry_run ? "would be" : "will be");
        if (!s->cli->dry_run)
            code = remove_families(s, &others, "install");
    }
    text_release(&names);
    texts_release(&others);
    return code;
}

/*
 * Is this a moment to begin? A restart that others wait for is refused with "needs attention" and
 * not with 3010: that code says that our part is done. EXIT_CODE_DONE: go on.
 */
static enum exit_code may_begin(struct session *s)
{
    const struct moment_wishes wishes = {.ignore_pending_restart =
                                             s->cli->ignore_pending_restart || s->cli->dry_run};
    struct moment m = {0};
    struct text t = {0};
    enum exit_code code = EXIT_CODE_DONE;
    moment_look(&s->facts, &wishes, &m);
    for (size_t i = 0; i < m.warnings.count; i++)
        log_line(LOG_WARNING, "%s, continuing", m.warnings.at[i]);
    if (m.refusal) {
        text_addf(&t, "%s; nothing was changed", m.refusal);
        code = end(s, EXIT_CODE_NEEDS_ATTENTION, text_str(&t));
    }
    text_release(&t);
    moment_release(&m);
    return code;
}

static enum exit_code refuse_source(struct session *s, const struct source *source)
{
    struct text t = {0};
    const struct source_refusal *r = &source->refusals.at[source->refusals.count > 1 ? 1 : 0];
    text_add_escaped(&t, r->container);
    if (r->file) {
        text_add(&t, ": ");
        text_add_escaped(&t, r->file);
    }
    text_addf(&t, ": %s; nothing was changed", r->message);
    enum exit_code code = end(s, EXIT_CODE_REFUSED, text_str(&t));
    text_release(&t);
    return code;
}

/* All that Windows Installer would refuse, or do besides, is found before anything is changed. */
static enum exit_code prepare_msi(struct session *s, struct chosen *c)
{
    struct err e = {0};
    struct text t = {0};
    if (!c->via_msi || (by_msi_open(&c->source, &s->facts, &c->msi, &e) &&
                        by_msi_allowed(&c->msi, &s->cli->accept, &e)))
        return EXIT_CODE_DONE;
    text_addf(&t, "%s; nothing was changed", e.text);
    enum exit_code code = end(s, exit_code_of_err(&e), text_str(&t));
    text_release(&t);
    return code;
}

static enum exit_code install_verified(struct session *s, struct chosen *c)
{
    enum exit_code code;
    log_line(LOG_NOTE, "verify: %zu driver packages are intact", c->source.drivers.count);
    log_prompts(&c->source);
    code = clear_the_way(s, c->source.release->family, c->via_msi ? c->msi.effects.code : NULL);
    return code == EXIT_CODE_DONE ? carry_out(s, c) : code;
}

/* via_msi is no question of the command line alone: a repair goes the way that the installation
 * went. */
static enum exit_code install_chosen(struct session *s, bool via_msi)
{
    const struct source_trust trust = {s->platform.publisher_has_root, s->platform.context};
    const struct source_case wanted = {&s->report.choice, &s->manifest, &s->facts,
                                       s->cli->trust_publisher ? &trust : NULL};
    struct chosen c = {.via_msi = via_msi};
    struct err e = {0};
    log_line(LOG_NOTE, "select: '%s' is right for this Windows",
             s->report.choice.candidates.at[0].release);
    if (!source_open(&s->shelf, &wanted, &c.source, &e))
        return end_err(s, &e);
    report_set_source(&s->report, &c.source);
    enum exit_code code =
        c.source.refusals.count ? refuse_source(s, &c.source) : prepare_msi(s, &c);
    if (code == EXIT_CODE_DONE)
        code = install_verified(s, &c);
    by_msi_release(&c.msi);
    source_release(&c.source);
    return code;
}

/* Of what would be kept: products that were registered twice. */
static bool has_doubles(const struct session *s)
{
    struct texts others = {0};
    remove_find_in_the_way(s, s->report.decision->installed, NULL, &others);
    bool some = others.count > 0;
    texts_release(&others);
    return some;
}

/* An installation of ours by Windows Installer is repaired and upgraded by it, too. */
static bool goes_via_msi(const struct session *s)
{
    const struct journal *j = &s->journal;
    bool ours = j->state == JOURNAL_INSTALLED || j->state == JOURNAL_REPAIRING;
    return s->cli->via_msi || (ours && j->product);
}

/* Do what was decided: nothing, an installation, or a refusal. */
static enum exit_code install_decided(struct session *s)
{
    const struct decision *d = s->report.decision;
    bool stays = d->word == DECISION_KEEP;
    if (stays && !has_doubles(s))
        return keep(s);
    if (stays && !s->cli->replace)
        return clear_the_way(s, d->installed, NULL);
    if (!s->report.choice.chosen.known || d->allowed != TRI_YES)
        return no_source(s);
    enum exit_code begin = may_begin(s);
    return begin == EXIT_CODE_DONE ? install_chosen(s, goes_via_msi(s)) : begin;
}

/* What is read of the packages to choose by them is kept for the installation, up to a limit. */
static bool choose_from_shelf(struct session *s, struct err *e)
{
    enum { HELD_MAX = 64 * 1024 * 1024 };
    s->shelf.hold = HELD_MAX;
    if (!session_open_shelf(s, e))
        return false;
    session_choose(s, true);
    return true;
}

static enum exit_code install_fresh(struct session *s)
{
    struct err e = {0};
    if (!choose_from_shelf(s, &e))
        return end_err(s, &e);
    return install_decided(s);
}

/* --- with a journal
 * ---------------------------------------------------------------------------------------------- */

static enum exit_code go_on(struct session *s)
{
    struct err e = {0};
    enum outcome outcome = transaction_continue(&s->platform, &s->journal, &e);
    session_judge(s, true);
    return end_outcome(s, outcome, &e);
}

static enum exit_code undo(struct session *s, const char *reason)
{
    struct err e = {0};
    enum outcome outcome = transaction_revert(&s->platform, &s->journal, reason, &e);
    if (outcome == OUTCOME_ROLLED_BACK)
        return EXIT_CODE_DONE;
    return end_outcome(s, outcome, &e);
}

/* Undo what an interrupted run left, and begin anew. */
static enum exit_code begin_anew(struct session *s)
{
    struct err e = {0};
    log_line(LOG_NOTE, "transaction: the last run was interrupted: undoing it first");
    enum exit_code code = undo(s, "the run was interrupted");
    if (code != EXIT_CODE_DONE)
        return code;
    facts_release(&s->facts);
    if (!session_read_facts(s, &e))
        return end_err(s, &e);
    return install_fresh(s);
}

/*
 * Is something else wanted than what is installed and well? Upwards by itself, downwards when that
 * is allowed; a source that was named is always an answer's worth, be it a refusal.
 */
static bool is_to_be_changed(struct session *s)
{
    struct err e = {0};
    if (!choose_from_shelf(s, &e)) {
        log_line(LOG_WARNING, "select: %s, continuing", e.text);
        return false;
    }
    const struct decision *d = s->report.decision;
    bool moves = d->word == DECISION_UPGRADE || d->word == DECISION_DOWNGRADE;
    return (moves && d->allowed == TRI_YES) || (s->cli->source && d->word != DECISION_KEEP);
}

/* Installed and confirmed before, or being repaired: all well means nothing to do, but for another
 * release; else the complete set is installed over what there is. */
static enum exit_code confirm_or_repair(struct session *s)
{
    struct texts wrong = {0};
    transaction_check(&s->platform, &s->journal, &s->facts, &wrong);
    for (size_t i = 0; i < wrong.count; i++)
        log_line(LOG_WARNING, "transaction: %s", wrong.at[i]);
    s->broken = wrong.count > 0;
    texts_release(&wrong);
    if (s->broken)
        return install_fresh(s);
    return is_to_be_changed(s) ? install_decided(s) : go_on(s);
}

static enum exit_code by_journal(struct session *s)
{
    switch (s->journal.state) {
    case JOURNAL_INSTALLING:
    case JOURNAL_REVERTING: return begin_anew(s);
    case JOURNAL_RESTART_NEEDED:
    case JOURNAL_NEEDS_ATTENTION: return go_on(s);
    case JOURNAL_REPAIRING:
    case JOURNAL_INSTALLED: return confirm_or_repair(s);
    case JOURNAL_NONE:
    case JOURNAL_PLANNED:
    case JOURNAL_REMOVING:
    case JOURNAL_REMOVED:
    case JOURNAL_ROLLED_BACK: break;
    }
    return install_fresh(s);
}

/* A removal that was begun, by remove or by --replace, comes to its end first. */
static enum exit_code after_removal(struct session *s)
{
    log_line(LOG_NOTE, "removal: going on with the one that was begun");
    enum exit_code code = remove_go_on(s, "install");
    return code == EXIT_CODE_DONE ? install_fresh(s) : code;
}

/* ERR_BUSY names who has it. */
static bool take_lock(struct session *s, struct err *e)
{
    struct platform *p = &s->platform;
    struct platform_lock_wish wish = {
        s->cli->service ? "resume, as a service" : cli_command_name(s->cli->command), 0};
    struct err first = {0};
    s->has_lock = p->lock(p->context, &wish, &s->lock, &first);
    if (s->has_lock)
        return true;
    if (first.kind != ERR_BUSY || !s->cli->wait) {
        *e = first;
        return false;
    }
    log_line(LOG_NOTE,
             "lock: another xenpv is changing this machine (%s): waiting for its end, "
             "%u s at most",
             first.text, s->cli->wait);
    wish.limit_ms = s->cli->wait * 1000;
    s->has_lock = p->lock(p->context, &wish, &s->lock, e);
    return s->has_lock;
}

static enum exit_code end_busy(struct session *s, const struct err *e)
{
    struct text t = {0};
    text_addf(&t, "another xenpv is changing this machine (%s)", e->text);
    if (s->cli->wait)
        text_addf(&t, " and has not ended within %u s", s->cli->wait);
    text_add(&t, ": let it finish; nothing was changed");
    enum exit_code code = end(s, EXIT_CODE_FAILED, text_str(&t));
    text_release(&t);
    return code;
}

/*
 * The lock comes before all that is read of the machine: what another run has changed meanwhile is
 * seen. Where it could not be had for lack of rights, what speaks against the run as such is told
 * first.
 */
static enum exit_code prepare(struct session *s)
{
    struct err e = {0}, lock = {0};
    if (!s->has_platform)
        return end(s, EXIT_CODE_USAGE, "this changes a Windows guest: run xenpv.exe there");
    if (!s->cli->dry_run && s->cli->handover.kind == ERR_NONE && !take_lock(s, &lock) &&
        lock.kind == ERR_BUSY)
        return end_busy(s, &lock);
    if (!session_read_manifest(s, &e) || !session_may_act_on_manifest(s, &e) ||
        !session_read_facts(s, &e))
        return end_err(s, &e);
    enum exit_code code = may_change(s);
    if (code != EXIT_CODE_DONE)
        return code;
    if (lock.kind != ERR_NONE)
        return end_err(s, &lock);
    return transaction_load(&s->platform, &s->journal, &e) ? EXIT_CODE_DONE : end_err(s, &e);
}

/* However it ends, unless a restart is still to come, Windows is not to start the service again. */
static void end_service(struct session *s, enum exit_code code)
{
    if (s->cli->service && code != EXIT_CODE_RESTART_NEEDED && code != EXIT_CODE_RESTART_STARTED)
        transaction_end_continuation(&s->platform, &s->journal);
}

enum exit_code install_alone(struct session *s, enum exit_code (*command)(struct session *s))
{
    enum exit_code code = prepare(s);
    if (code == EXIT_CODE_DONE)
        code = command(s);
    if (!s->has_lock)
        return code;
    end_service(s, code); /* not while another run may be about to need it */
    s->platform.unlock(s->platform.context, &s->lock);
    s->has_lock = false;
    return code;
}

static enum exit_code run(struct session *s)
{
    if (s->cli->dry_run)
        return install_fresh(s);
    return removal_is_open(&s->journal) ? after_removal(s) : by_journal(s);
}

static bool is_settled(const struct journal *j)
{
    return j->state == JOURNAL_NONE || j->state == JOURNAL_ROLLED_BACK ||
           j->state == JOURNAL_REMOVED;
}

static enum exit_code roll_back(struct session *s)
{
    if (removal_is_open(&s->journal))
        return end(s, EXIT_CODE_USAGE,
                   "a removal goes forward only: xenpv remove finishes it, xenpv install after "
                   "that brings drivers back");
    if (is_settled(&s->journal))
        return end(s, EXIT_CODE_DONE, "there is nothing to undo");
    if (s->cli->dry_run)
        return end(s, EXIT_CODE_DONE, "nothing was changed (--dry-run)");
    enum exit_code code = undo(s, "rolled back on request");
    session_judge(s, true);
    return code == EXIT_CODE_DONE
               ? end(s, code, "everything that was done has been undone; restart Windows")
               : code;
}

static enum exit_code resume(struct session *s)
{
    if (is_settled(&s->journal))
        return end(s, EXIT_CODE_DONE, "there is nothing to resume");
    if (removal_is_open(&s->journal) && !s->cli->dry_run)
        return remove_go_on(s, "resume");
    if (journal_is_interrupted(&s->journal))
        return roll_back(s);
    return s->cli->dry_run ? end(s, EXIT_CODE_DONE, "nothing was changed (--dry-run)") : go_on(s);
}

enum exit_code install_run(struct session *s)
{
    return install_alone(s, run);
}

/* Plug and Play has just started too: what it is at comes first. */
static enum exit_code resume_as_service(struct session *s)
{
    enum { SETTLE_MS = 120000 };
    struct err e = {0};
    s->platform.settle(s->platform.context, SETTLE_MS);
    facts_release(&s->facts);
    if (!session_read_facts(s, &e) || !transaction_count_run(&s->platform, &s->journal, &e))
        return end_err(s, &e);
    return resume(s);
}

enum exit_code install_resume(struct session *s)
{
    return install_alone(s, s->cli->service ? resume_as_service : resume);
}

enum exit_code install_rollback(struct session *s)
{
    return install_alone(s, roll_back);
}
