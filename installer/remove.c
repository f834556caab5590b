#include "installer/remove.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/recognise.h"
#include "installer/install.h"
#include "installer/moment.h"
#include "installer/plan_boot.h"
#include "installer/removal.h"

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

static enum exit_code end_removed(struct session *s)
{
    struct text t = {0};
    text_add(&t, "the PV drivers are removed: nothing of them is left");
    if (s->journal.reason) {
        text_add(&t, "; ");
        text_add_escaped(&t, s->journal.reason);
    }
    enum exit_code code = end(s, EXIT_CODE_DONE, text_str(&t));
    text_release(&t);
    return code;
}

static enum exit_code end_outcome(struct session *s, enum outcome outcome, const char *command,
                                  const struct err *e)
{
    switch (outcome) {
    case OUTCOME_REMOVED: return end_removed(s);
    case OUTCOME_RESTART_NEEDED: return install_restart(s, command);
    case OUTCOME_NEEDS_ATTENTION: return end(s, EXIT_CODE_NEEDS_ATTENTION, e->text);
    case OUTCOME_STUCK:
    case OUTCOME_INSTALLED:
    case OUTCOME_ROLLED_BACK: break;
    }
    return end(s, EXIT_CODE_FAILED, e->text);
}

enum exit_code remove_go_on(struct session *s, const char *command)
{
    struct err e = {0};
    enum outcome outcome = removal_run(&s->platform, &s->manifest, &s->journal, &e);
    session_judge(s, true);
    return end_outcome(s, outcome, command, &e);
}

/* --- which family ----------------------------------------------------------------------------- */

static bool is_ours(const struct journal *j)
{
    switch (j->state) {
    case JOURNAL_RESTART_NEEDED:
    case JOURNAL_INSTALLED:
    case JOURNAL_REPAIRING:
    case JOURNAL_NEEDS_ATTENTION: return j->job == JOURNAL_INSTALLATION && j->family;
    default: return false;
    }
}

static bool all_in(const struct texts *some, const struct texts *all)
{
    for (size_t i = 0; i < some->count; i++)
        if (!texts_have_nocase(all, some->at[i]))
            return false;
    return true;
}

static bool refuse_family(const struct session *s, struct err *e)
{
    struct text ids = {0};
    for (size_t i = 0; i < s->manifest.families.count; i++)
        text_addf(&ids, "%s%s", i ? ", " : "", s->manifest.families.at[i].id);
    err_set(e, ERR_USAGE, "there is no family '%.60s'; there are: %s", s->cli->family,
            text_str(&ids));
    text_release(&ids);
    return false;
}

static bool refuse_several(const struct texts *installed, struct err *e)
{
    struct text ids = {0};
    for (size_t i = 0; i < installed->count; i++)
        text_addf(&ids, "%s%s", i ? ", " : "", installed->at[i]);
    err_set(e, ERR_USAGE, "drivers of several families are installed: say which with --family: %s",
            text_str(&ids));
    text_release(&ids);
    return false;
}

/* The one that was named, else what we installed, else the only one that is there. Empty: none. */
static bool which_families(const struct session *s, struct texts *out, struct err *e)
{
    struct texts installed = {0};
    bool ok = true;
    if (s->cli->family) {
        ok = manifest_family_by_id(&s->manifest, s->cli->family) || refuse_family(s, e);
        if (ok)
            removal_families(&s->manifest, s->cli->family, out);
        return ok;
    }
    if (is_ours(&s->journal)) {
        removal_families(&s->manifest, s->journal.family, out);
        return true;
    }
    recognise_families(&s->facts, &s->manifest, &installed);
    if (installed.count)
        removal_families(&s->manifest, installed.at[0], out);
    ok = all_in(&installed, out) || refuse_several(&installed, e);
    texts_release(&installed);
    return ok;
}

/* Has Windows Installer more than one product of these families, or would it have with this one? */
static bool has_doubles(const struct session *s, const struct texts *families, const char *product)
{
    const struct removal_view v = {
        .facts = &s->facts, .manifest = &s->manifest, .families = families};
    struct texts codes = {0};
    removal_products(&v, &codes);
    size_t count = codes.count + (product && !texts_have_nocase(&codes, product));
    texts_release(&codes);
    return count > 1;
}

void remove_find_in_the_way(const struct session *s, const char *family, const char *product,
                            struct texts *out)
{
    struct texts own = {0}, installed = {0};
    removal_families(&s->manifest, family, &own);
    recognise_families(&s->facts, &s->manifest, &installed);
    for (size_t i = 0; i < installed.count; i++)
        if (!texts_have_nocase(&own, installed.at[i]))
            texts_add(out, installed.at[i]);
    if (has_doubles(s, &own, product))
        for (size_t i = 0; i < own.count; i++)
            texts_add(out, own.at[i]);
    texts_release(&installed);
    texts_release(&own);
}

/* --- the run ---------------------------------------------------------------------------------- */

static void warn(const struct session *s)
{
    const struct moment_wishes wishes = {.removal = true};
    struct moment m = {0};
    moment_look(&s->facts, &wishes, &m);
    for (size_t i = 0; i < m.warnings.count; i++)
        log_line(LOG_WARNING, "%s, continuing", m.warnings.at[i]);
    moment_release(&m);
}

/* From here on the journal is the removal's. */
static enum exit_code carry_out(struct session *s, struct journal *plan, const char *command)
{
    if (s->cli->dry_run) {
        plan->state = JOURNAL_PLANNED;
        journal_release(&s->journal); /* the report shows the plan */
        report_take_journal(&s->report, plan);
        return end(s, EXIT_CODE_DONE, "nothing was changed (--dry-run)");
    }
    if (s->journal.boot.program) /* nobody goes on with what is taken out */
        transaction_end_continuation(&s->platform, &s->journal);
    shape_set_text(&plan->windows, s->report.windows);
    plan->generation = s->journal.generation; /* the next installation counts on from here */
    journal_release(&s->journal);
    s->journal = *plan;
    memset(plan, 0, sizeof *plan);
    warn(s);
    return remove_go_on(s, command);
}

/* Who removes drivers to install others runs the installation again, and so needs nobody to go on.
 */
static bool plan_continuation(const struct session *s, const char *command, struct journal *plan,
                              struct err *e)
{
    if (strcmp(command, "remove") != 0)
        return true;
    char *state = s->platform.folder(s->platform.context, PLATFORM_FOLDER_STATE, e);
    char *arguments = state ? install_continuation_arguments(s, state) : NULL;
    const struct plan_boot_wishes wishes = {.no_continuation = s->cli->no_continue,
                                            .state_folder = state,
                                            .earlier_program = s->journal.boot.program,
                                            .arguments = arguments,
                                            .manifest_from = s->manifest_path,
                                            .manifest_sha256 = s->manifest_sha256};
    if (arguments)
        plan_boot_removal(plan, &wishes);
    mem_free(arguments);
    mem_free(state);
    return state != NULL;
}

enum exit_code remove_families(struct session *s, const struct texts *families, const char *command)
{
    struct journal plan = {0};
    struct err e = {0};
    const struct journal *ours =
        is_ours(&s->journal) && texts_have_nocase(families, s->journal.family) ? &s->journal : NULL;
    enum exit_code code;
    if (!removal_prepare(&s->platform, &s->manifest, families, ours, &plan, &e) ||
        !plan_continuation(s, command, &plan, &e))
        code = end_err(s, &e);
    else if (!plan.steps.count)
        code = end(s, EXIT_CODE_DONE, "there is nothing of these drivers to remove");
    else
        code = carry_out(s, &plan, command);
    journal_release(&plan);
    return code;
}

/* What an installation left half done is undone first. */
static bool settle_installation(struct session *s, struct err *e)
{
    bool interrupted = journal_is_interrupted(&s->journal);
    if (!interrupted || s->cli->dry_run)
        return true;
    log_line(LOG_NOTE, "transaction: an installation was interrupted: undoing it first");
    if (transaction_revert(&s->platform, &s->journal, "the run was interrupted", e) !=
        OUTCOME_ROLLED_BACK)
        return false;
    facts_release(&s->facts);
    return session_read_facts(s, e);
}

static enum exit_code run(struct session *s)
{
    struct texts families = {0};
    struct err e = {0};
    enum exit_code code;
    if (removal_is_open(&s->journal)) {
        log_line(LOG_NOTE, "removal: going on with the one that was begun");
        return s->cli->dry_run ? end(s, EXIT_CODE_DONE, "nothing was changed (--dry-run)")
                               : remove_go_on(s, "remove");
    }
    if (!settle_installation(s, &e) || !which_families(s, &families, &e))
        code = end_err(s, &e);
    else if (!families.count)
        code = end(s, EXIT_CODE_DONE,
                   "no PV drivers are installed; left-overs of a family go with --family");
    else
        code = remove_families(s, &families, "remove");
    texts_release(&families);
    return code;
}

enum exit_code remove_run(struct session *s)
{
    return install_alone(s, run);
}
