#include "installer/transaction.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/placed.h"
#include "installer/plan.h"
#include "installer/step.h"

#include <string.h>

static const char journal_name[] = "journal.json";

/* --- the journal on disk
 * ----------------------------------------------------------------------------------------- */

static char *in_state_folder(struct platform *p, const char *name, struct err *e)
{
    char *folder = p->folder(p->context, PLATFORM_FOLDER_STATE, e);
    struct text t = {0};
    if (!folder)
        return NULL;
    text_addf(&t, "%s\\%s", folder, name);
    mem_free(folder);
    return text_steal(&t);
}

bool transaction_save(struct platform *p, const struct journal *j, struct err *e)
{
    char *path = in_state_folder(p, journal_name, e);
    if (!path)
        return false;
    char *json = shape_encode(&journal_shape, j);
    bool ok = p->write_file(p->context, path, span_text(json), e);
    mem_free(json);
    mem_free(path);
    return ok || err_wrap(e, "cannot write the journal");
}

static bool save(struct step_run *r, struct err *e)
{
    return transaction_save(r->p, r->j, e);
}

static bool load(struct platform *p, const char *name, struct journal *j, struct err *e)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct err inner = {0};
    char *path = in_state_folder(p, name, e);
    if (!path)
        return false;
    bool there = p->read_file(p->context, path, JOURNAL_SIZE_MAX, &bytes, &size, &inner);
    mem_free(path);
    if (!there) {
        if (inner.kind == ERR_NOT_FOUND)
            return true;
        if (e)
            *e = inner;
        return err_wrap(e, "cannot read the journal");
    }
    bool ok = journal_decode(span_of(bytes, size), j, e);
    mem_free(bytes);
    return ok;
}

/* An upgrade that was rolled back has left what it upgraded: that one's journal counts again. */
bool transaction_load(struct platform *p, struct journal *j, struct err *e)
{
    struct journal newest = {0}, older = {0};
    if (!load(p, journal_name, &newest, e))
        return false;
    if (newest.state != JOURNAL_ROLLED_BACK || !newest.previous ||
        !load(p, newest.previous, &older, NULL) || older.state == JOURNAL_NONE) {
        *j = newest;
        journal_release(&older);
        return true;
    }
    older.generation = newest.generation; /* the next one counts on from here */
    journal_release(&newest);
    *j = older;
    return true;
}

bool transaction_shelve(struct platform *p, const struct journal *earlier, struct journal *j,
                        struct err *e)
{
    struct text name = {0};
    text_addf(&name, "journal-%llu.json", (unsigned long long)earlier->generation.value);
    char *path = in_state_folder(p, text_str(&name), e);
    char *json = shape_encode(&journal_shape, earlier);
    bool ok = path && p->write_file(p->context, path, span_text(json), e);
    if (ok)
        shape_set_text(&j->previous, text_str(&name));
    text_release(&name);
    mem_free(json);
    mem_free(path);
    return ok || err_wrap(e, "cannot keep the journal of what is installed");
}

static void end_run(struct step_run *r)
{
    placed_release(r, 0);
    facts_release(&r->facts);
}

/* Those of the caller are the run's from now on, where it has any. */
static bool take_facts(struct step_run *r, struct err *e)
{
    struct facts *known = r->content->facts;
    if (!known || !known->schema.known)
        return step_refresh(r, e);
    r->facts = *known;
    r->current = true;
    memset(known, 0, sizeof *known);
    return true;
}

/* What became of the machine is not asked twice. */
static void give_facts(struct step_run *r)
{
    if (!r->content->facts || !r->current)
        return;
    *r->content->facts = r->facts;
    memset(&r->facts, 0, sizeof r->facts);
}

/* Note what is there before anything is done: undoing must not take away what was not ours. */
static bool survey(struct step_run *r, const char *kept_folder, struct err *e)
{
    bool ok = true;
    r->kept_folder = kept_folder;
    for (size_t i = 0; r->j->state != JOURNAL_REPAIRING && i < r->facts.packages.count; i++)
        texts_add(&r->j->packages_before, r->facts.packages.at[i].inf);
    for (size_t i = 0; ok && i < r->j->steps.count; i++) {
        const struct step_work *work = step_work_of(r->j->steps.at[i].kind);
        ok = !work->survey || work->survey(r, &r->j->steps.at[i], e);
    }
    r->kept_folder = NULL;
    return ok;
}

static bool run_step(struct step_run *r, struct journal_step *s, struct err *e)
{
    const struct step_work *work = step_work_of(s->kind);
    char *words = plan_step_words(r->j, s);
    if (!work) {
        mem_free(words);
        return err_set(e, ERR_FORMAT, "the journal has a step of an unknown kind");
    }
    if (work->prepare)
        work->prepare(r, s);
    s->state = STEP_STARTED;
    bool ok = save(r, e);
    if (ok && work->holds(r, s, NULL)) {
        log_line(LOG_DETAIL, "transaction: %s: is so already", words);
    } else if (ok) {
        log_line(LOG_NOTE, "transaction: %s", words);
        ok = work->act(r, s, e);
        r->current = false;
        ok = ok && work->holds(r, s, e);
    }
    if (ok)
        s->state = STEP_DONE;
    else
        err_wrap(e, "cannot %s", words);
    mem_free(words);
    return ok;
}

static enum outcome finish(struct step_run *r, enum journal_state state, enum outcome outcome,
                           struct err *e)
{
    if (state == JOURNAL_INSTALLED || state == JOURNAL_NEEDS_ATTENTION)
        step_monitor_end(r);
    if (state != JOURNAL_RESTART_NEEDED)
        step_continuation_end(r);
    r->j->state = state;
    if (!save(r, e))
        outcome = OUTCOME_STUCK;
    end_run(r);
    return outcome;
}

static bool may_be_there(const struct journal_step *s)
{
    return s->state == STEP_STARTED || s->state == STEP_DONE;
}

/* What a later step of the same subject stands on is kept while that could not be undone. */
static bool is_needed(const struct step_run *r, const struct journal_step *s)
{
    for (const struct journal_step *later = s + 1; later < r->j->steps.at + r->j->steps.count;
         later++)
        if (may_be_there(later) && s->subject && later->subject &&
            strcmp(later->subject, s->subject) == 0)
            return true;
    return false;
}

static bool undo_step(struct step_run *r, struct journal_step *s, struct err *e)
{
    const struct step_work *work = step_work_of(s->kind);
    if (!may_be_there(s) || is_needed(r, s))
        return true;
    char *words = plan_step_words(r->j, s);
    log_line(LOG_NOTE, "transaction: undoing: %s", words);
    bool ok = work->undo(r, s, e);
    if (ok)
        s->state = STEP_REVERTED;
    else
        log_line(LOG_ERROR, "transaction: cannot undo: %s: %s", words, e->text);
    mem_free(words);
    return ok;
}

/* What may be there, the journal's word and what Windows did meanwhile. Without it an undo
 * would leave things behind. */
static bool look_again(struct step_run *r, struct err *e)
{
    if (!step_refresh(r, e))
        return false;
    for (size_t i = 0; i < r->j->steps.count; i++) {
        const struct step_work *work = step_work_of(r->j->steps.at[i].kind);
        if (work->learn)
            work->learn(r, &r->j->steps.at[i]);
    }
    return true;
}

static void undo_all(struct step_run *r, struct err *failure)
{
    for (size_t i = r->j->steps.count; i-- > 0;) {
        struct err one = {0};
        if (!undo_step(r, &r->j->steps.at[i], &one) && failure->kind == ERR_NONE)
            *failure = one;
        save(r, NULL);
    }
}

static bool anything_left(const struct step_run *r)
{
    for (size_t i = 0; i < r->j->steps.count; i++)
        if (may_be_there(&r->j->steps.at[i]))
            return true;
    return false;
}

/*
 * Windows can bind a device again that has just been let go, as long as its INF is staged; once all
 * are unstaged it cannot any more. So what is there after all was undone is undone once more.
 */
static void undo_until_gone(struct step_run *r, struct err *failure)
{
    enum { PASSES = 2 };
    bool known = look_again(r, failure);
    for (unsigned pass = 0; known && pass < PASSES && (pass == 0 || anything_left(r)); pass++) {
        placed_release(r, 0); /* looking held what is to be removed */
        save(r, NULL);
        *failure = (struct err){0};
        undo_all(r, failure);
        known = look_again(r, failure);
    }
    placed_release(r, 0);
    if (failure->kind == ERR_NONE && anything_left(r))
        err_set(failure, ERR_FAILED, "Windows has bound a device again that was let go");
}

/* A journal that cannot be written on the way is not in the way: each undo can be done again. Only
 * the first word counts, where the disk may say yet that all is well, and the last one. */
static enum outcome revert(struct step_run *r, const char *reason, struct err *e)
{
    struct err failure = {0}, unsaved = {0};
    bool known = journal_is_interrupted(r->j); /* the next run would undo it, too */
    placed_release(r, 0);
    shape_set_text(&r->j->reason, reason);
    r->j->state = JOURNAL_REVERTING;
    if (!save(r, &unsaved) && !known) {
        err_set(e, unsaved.kind, "%s", unsaved.text);
        end_run(r);
        return OUTCOME_STUCK;
    }
    undo_until_gone(r, &failure);
    if (failure.kind == ERR_NONE)
        return finish(r, JOURNAL_ROLLED_BACK, OUTCOME_ROLLED_BACK, e);
    if (e && e->kind == ERR_NONE)
        *e = failure;
    return finish(r, JOURNAL_REVERTING, OUTCOME_NEEDS_ATTENTION, NULL);
}

/* Is each step one that we can do and undo? Asked before the first. */
static bool steps_are_known(const struct journal *j, struct err *e)
{
    for (size_t i = 0; i < j->steps.count; i++) {
        const struct journal_step *s = &j->steps.at[i];
        if (!step_work_of(s->kind))
            return err_set(e, ERR_FORMAT, "step %zu of the journal is of an unknown kind", i);
        if (!journal_step_has_subject(j, s))
            return err_set(e, ERR_FORMAT, "step %zu is about nothing that the journal knows", i);
    }
    return true;
}

/* All at once and first: Windows may bind by itself as soon as an INF is staged. */
static bool keep_files(struct step_run *r, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < r->j->steps.count; i++) {
        const struct step_work *work = step_work_of(r->j->steps.at[i].kind);
        ok = !work->keep || work->keep(r, &r->j->steps.at[i], e);
    }
    return ok;
}

/* Where this journal's copies of overwritten files go; mem_free. */
static char *kept_folder(struct step_run *r, struct err *e)
{
    struct text name = {0};
    text_addf(&name, "kept\\%llu", (unsigned long long)r->j->generation.value);
    char *path = in_state_folder(r->p, text_str(&name), e);
    text_release(&name);
    return path;
}

/* The first record, before any effect; copies that a run before this one may have left in our
 * folder are of no use. */
static bool begin(struct step_run *r, struct err *e)
{
    char *state = r->p->folder(r->p->context, PLATFORM_FOLDER_STATE, e);
    char *kept = state ? kept_folder(r, e) : NULL;
    bool ok = kept && take_facts(r, e) && r->p->make_private_folder(r->p->context, state, e);
    ok = ok && survey(r, kept, e);
    if (r->j->state != JOURNAL_REPAIRING)
        r->j->state = JOURNAL_INSTALLING;
    ok = ok && save(r, e) && r->p->remove_tree(r->p->context, kept, e) && keep_files(r, e);
    mem_free(kept);
    mem_free(state);
    return ok;
}

/* What was repaired so far stays: undoing it would take away what worked before. */
static enum outcome give_up_repair(struct step_run *r, struct err *e)
{
    shape_set_text(&r->j->reason, e->text);
    return finish(r, JOURNAL_REPAIRING, OUTCOME_NEEDS_ATTENTION, NULL);
}

enum outcome transaction_install(struct platform *p, struct journal *j,
                                 const struct transaction_content *content, struct err *e)
{
    struct step_run r = {.p = p, .j = j, .content = content};
    bool repairs = j->state == JOURNAL_REPAIRING;
    if (!steps_are_known(j, e) || !begin(&r, e)) {
        end_run(&r);
        return OUTCOME_STUCK;
    }
    bool ok = true;
    for (size_t i = 0; ok && i < j->steps.count; i++)
        ok = step_work_of(j->steps.at[i].kind)->after_restart || run_step(&r, &j->steps.at[i], e);
    if (ok) {
        j->boot_time = r.facts.windows.boot_time;
        j->restarts = number_of(j->restarts.value + 1);
        j->state = JOURNAL_RESTART_NEEDED;
        ok = save(&r, e);
    }
    if (!ok) {
        log_line(LOG_ERROR, "transaction: %s", e->text);
        return repairs ? give_up_repair(&r, e) : revert(&r, e->text, e);
    }
    give_facts(&r);
    end_run(&r);
    return OUTCOME_RESTART_NEEDED;
}

/* Do what had to wait for the restart, and again what the restart may have brought devices for.
 */
static bool run_after_restart(struct step_run *r, struct err *e)
{
    for (size_t i = 0; i < r->j->steps.count; i++) {
        const struct step_work *work = step_work_of(r->j->steps.at[i].kind);
        if ((work->again_after_restart || work->after_restart) &&
            !run_step(r, &r->j->steps.at[i], e))
            return false;
    }
    return true;
}

static enum outcome one_more_restart(struct step_run *r, struct err *e)
{
    if (r->j->restarts.value >= r->j->restart_limit.value) {
        err_set(e, ERR_FAILED, "%llu restarts were not enough",
                (unsigned long long)r->j->restarts.value);
        shape_set_text(&r->j->reason, e->text);
        return finish(r, JOURNAL_NEEDS_ATTENTION, OUTCOME_NEEDS_ATTENTION, NULL);
    }
    r->j->restarts = number_of(r->j->restarts.value + 1);
    r->j->boot_time = r->facts.windows.boot_time;
    return finish(r, JOURNAL_RESTART_NEEDED, OUTCOME_RESTART_NEEDED, e);
}

/* The first start after an upgrade may have loaded the old driver once more, as its file was in
 * use: what the new one brings comes with the next. */
static bool old_one_may_run(const struct journal *j)
{
    enum { STARTS = 2 };
    return j->previous && j->restarts.value < STARTS;
}

enum outcome transaction_continue(struct platform *p, struct journal *j, struct err *e)
{
    struct step_run r = {.p = p, .j = j};
    struct texts wrong = {0};
    if (!step_refresh(&r, e)) {
        end_run(&r);
        return OUTCOME_STUCK;
    }
    if (j->state == JOURNAL_RESTART_NEEDED &&
        number_same(&j->boot_time, &r.facts.windows.boot_time)) {
        end_run(&r);
        return OUTCOME_RESTART_NEEDED;
    }
    bool ok = run_after_restart(&r, e);
    if (ok && r.restart)
        return one_more_restart(&r, e);
    if (ok)
        transaction_check(p, j, &r.facts, &wrong);
    if (ok && wrong.count)
        ok = err_set(e, ERR_FAILED, "%s", wrong.at[0]);
    texts_release(&wrong);
    if (ok)
        return finish(&r, JOURNAL_INSTALLED, OUTCOME_INSTALLED, e);
    if (old_one_may_run(j)) {
        log_line(LOG_NOTE, "transaction: %s: restarting once more", e->text);
        err_clear(e);
        return one_more_restart(&r, e);
    }
    shape_set_text(&j->reason, e->text);
    return finish(&r, JOURNAL_NEEDS_ATTENTION, OUTCOME_NEEDS_ATTENTION, NULL);
}

enum outcome transaction_revert(struct platform *p, struct journal *j, const char *reason,
                                struct err *e)
{
    struct step_run r = {.p = p, .j = j};
    if (!steps_are_known(j, e))
        return OUTCOME_STUCK;
    return revert(&r, reason, e);
}

void transaction_check(struct platform *p, const struct journal *j, const struct facts *f,
                       struct texts *wrong)
{
    struct journal copy = *j; /* the steps only read it */
    struct step_run r = {.p = p, .j = &copy, .facts = *f, .confirming = true};
    for (size_t i = 0; i < j->steps.count; i++) {
        const struct journal_step *s = &j->steps.at[i];
        const struct step_work *work = step_work_of(s->kind);
        struct err e = {0};
        if (!work || (work->after_restart && s->state == STEP_PENDING))
            continue;
        if (!work->holds(&r, s, &e))
            texts_add(wrong, e.kind == ERR_NONE ? "a step of the journal does not hold" : e.text);
    }
    placed_release(&r, 0);
}

void transaction_end_continuation(struct platform *p, struct journal *j)
{
    struct step_run r = {.p = p, .j = j};
    step_continuation_end(&r);
}

bool transaction_count_run(struct platform *p, struct journal *j, struct err *e)
{
    enum { RUNS_MAX = 10 }; /* more than any family's restarts */
    struct step_run r = {.p = p, .j = j};
    j->boot.runs = number_of(j->boot.runs.value + 1);
    if (j->boot.runs.value > RUNS_MAX)
        err_set(e, ERR_LIMIT, "the continuation has run %d times without an end", RUNS_MAX);
    else if (save(&r, e))
        return true;
    step_continuation_end(&r);
    return false;
}
