#include "installer/removal.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/plan.h"
#include "installer/step.h"

#include <string.h>

enum {
    RESTART_LIMIT = 4, /* one before things are taken out, one for each product that asks for one */
    ROUNDS_MAX = 4,    /* of planning anew in one run: what comes up meanwhile is one more round */
};

bool removal_is_open(const struct journal *j)
{
    return j->job == JOURNAL_REMOVAL && j->state != JOURNAL_NONE && j->state != JOURNAL_REMOVED &&
           j->state != JOURNAL_PLANNED;
}

/* --- planning --------------------------------------------------------------------------------- */

/* Plan from the machine as it is now into j; how many steps are new. */
static bool plan_now(struct platform *p, struct removal_view *v, struct journal *j, size_t *added,
                     struct err *e)
{
    struct removal_seen seen = {.files = {0}};
    struct removal_folders folders;
    if (!removal_folders_ask(p, &folders, e))
        return false;
    bool ok = removal_look(p, v->facts, &seen, e);
    v->seen = &seen;
    v->folders = &folders.of;
    if (ok)
        *added = removal_plan(v, j);
    removal_seen_release(&seen);
    removal_folders_release(&folders);
    v->seen = NULL;
    v->folders = NULL;
    return ok;
}

static bool all_read(const struct facts *f, struct err *e)
{
    static const char words[] = "the %s of this Windows could not be read: what is there to be "
                                "removed is not known";
    if (f->devices_reading != READING_FULL)
        return err_set(e, ERR_FAILED, words, "devices");
    if (f->packages_reading != READING_FULL)
        return err_set(e, ERR_FAILED, words, "driver packages");
    if (f->filters_reading != READING_FULL)
        return err_set(e, ERR_FAILED, words, "class filters");
    return f->services_reading == READING_FULL || f->services_reading == READING_PARTIAL ||
           err_set(e, ERR_FAILED, words, "services");
}

/* A static address that could not be saved would be lost. */
static bool save_network(struct platform *p, struct journal *j, struct err *e)
{
    struct network_record record = {.schema = number_of(NETWORK_SCHEMA)};
    bool ok = p->read_networks(p->context, &record.saved, e) ||
              err_wrap(e, "the network settings could not be saved");
    if (ok)
        j->network = network_record_copy(&record);
    network_record_release(&record);
    return ok;
}

bool removal_prepare(struct platform *p, const struct manifest *m, const struct texts *families,
                     const struct journal *ours, struct journal *out, struct err *e)
{
    struct facts f = {0};
    struct removal_view v = {
        .facts = &f, .manifest = m, .families = families, .installation = ours};
    size_t added = 0;
    out->schema = number_of(JOURNAL_SCHEMA);
    out->job = JOURNAL_REMOVAL;
    out->state = JOURNAL_REMOVING;
    out->restarts = number_of(0);
    out->restart_limit = number_of(RESTART_LIMIT);
    for (size_t i = 0; i < families->count; i++)
        texts_add(&out->families, families->at[i]);
    if (ours) {
        out->release = mem_strdup(ours->release);
        out->family = mem_strdup(ours->family);
        out->version = mem_strdup(ours->version);
        out->set = mem_strdup(ours->set);
    } else if (families->count) {
        out->family = mem_strdup(families->at[0]);
    }
    bool ok = p->facts(p->context, &f, e) && all_read(&f, e) && removal_leaves_a_disk(&v, e) &&
              save_network(p, out, e) && plan_now(p, &v, out, &added, e);
    facts_release(&f);
    return ok;
}

/* --- running ---------------------------------------------------------------------------------- */

/* A driver that was switched off and runs all the same, or NULL. */
static const char *still_running(const struct step_run *r)
{
    for (size_t i = 0; i < r->j->steps.count; i++) {
        const struct journal_step *s = &r->j->steps.at[i];
        const struct facts_service *service =
            s->kind == STEP_DISABLE ? facts_service_named(&r->facts, s->subject) : NULL;
        if (service && service->running == TRI_YES)
            return service->name;
    }
    return NULL;
}

/* Begun in one boot, it holds in the next, when nothing of the family runs any more. */
static bool restart_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    bool begun = s->state == STEP_STARTED || s->state == STEP_DONE;
    const char *running = still_running(r);
    if (!begun || number_same(&r->j->boot_time, &r->facts.windows.boot_time))
        return err_set(e, ERR_FAILED, "Windows has not been restarted yet");
    return !running || err_set(e, ERR_FAILED, "'%s' is disabled and runs all the same", running);
}

const struct step_work step_restart_work = {.holds = restart_holds};

/* What became of a step, or of all of them. The zero is the safe answer. */
enum progress { PROGRESS_FAILED = 0, PROGRESS_RESTART, PROGRESS_DONE, PROGRESS_UNSAVED };

static enum progress begin_restart(struct step_run *r, struct journal_step *s, struct err *e)
{
    if (r->j->restarts.value >= r->j->restart_limit.value) {
        err_set(e, ERR_FAILED, "%llu restarts were not enough",
                (unsigned long long)r->j->restarts.value);
        return PROGRESS_FAILED;
    }
    if (s)
        s->state = STEP_STARTED;
    r->j->restarts = number_of(r->j->restarts.value + 1);
    r->j->boot_time = r->facts.windows.boot_time;
    r->j->state = JOURNAL_RESTART_NEEDED;
    return transaction_save(r->p, r->j, e) ? PROGRESS_RESTART : PROGRESS_UNSAVED;
}

/* The record before the effect; then the machine is asked. */
static enum progress act_on(struct step_run *r, struct journal_step *s, struct err *e)
{
    const struct step_work *work = step_work_of(s->kind);
    char *words = removal_step_words(r->j, s);
    if (work->prepare)
        work->prepare(r, s);
    s->state = STEP_STARTED;
    bool saved = transaction_save(r->p, r->j, e), ok = false;
    if (saved) {
        log_line(LOG_NOTE, "removal: %s", words);
        ok = work->act(r, s, e) && work->holds(r, s, e);
    }
    if (ok)
        s->state = STEP_DONE;
    else
        err_wrap(e, "cannot %s", words);
    mem_free(words);
    return !saved ? PROGRESS_UNSAVED : ok ? PROGRESS_DONE : PROGRESS_FAILED;
}

/* What was begun and not finished is done again: what holds of it may not be all of it. *redone is
 * set when something was done and does not hold any more. */
static enum progress do_step(struct step_run *r, struct journal_step *s, bool *redone,
                             struct err *e)
{
    const struct step_work *work = step_work_of(s->kind);
    if (s->state != STEP_STARTED && work->holds(r, s, NULL)) {
        s->state = STEP_DONE;
        return PROGRESS_DONE;
    }
    *redone = *redone || s->state == STEP_DONE;
    return act_on(r, s, e);
}

/* A restart that came before something was switched off again is none. */
static enum progress pass_restart(struct step_run *r, struct journal_step *s, bool redone,
                                  struct err *e)
{
    if (!redone && restart_holds(r, s, NULL)) {
        s->state = STEP_DONE;
        return PROGRESS_DONE;
    }
    return begin_restart(r, s, e);
}

/* Keep the first error. False always. */
static bool keep_first(struct err *e, const struct err *one)
{
    if (e && e->kind == ERR_NONE)
        *e = *one;
    return false;
}

/* All steps in their order. Those that may fail do so without keeping the others back. */
static enum progress do_steps(struct step_run *r, struct err *e)
{
    bool redone = false, whole = true;
    for (size_t i = 0; i < r->j->steps.count; i++) {
        struct journal_step *s = &r->j->steps.at[i];
        struct err one = {0};
        bool restart = s->kind == STEP_RESTART;
        if (restart && s->state == STEP_DONE && !redone)
            continue;
        enum progress progress =
            restart ? pass_restart(r, s, redone, &one) : do_step(r, s, &redone, &one);
        if (progress == PROGRESS_DONE)
            continue;
        whole = keep_first(e, &one);
        if (progress != PROGRESS_FAILED || !step_work_of(s->kind)->may_fail)
            return progress;
        log_line(LOG_WARNING, "removal: %s, continuing", one.text);
    }
    return whole ? PROGRESS_DONE : PROGRESS_FAILED;
}

/* Plan from what is there now; true with *added when that brought steps. */
static bool plan_again(struct step_run *r, const struct manifest *m, size_t *added, struct err *e)
{
    struct removal_view v = {.facts = &r->facts, .manifest = m, .families = &r->j->families};
    struct texts products = {0};
    if (!step_refresh(r, e) || !all_read(&r->facts, e) || !plan_now(r->p, &v, r->j, added, e))
        return false;
    removal_foreign_products(&v, &products);
    bool ok = !products.count ||
              err_set(e, ERR_FAILED,
                      "'%s' has an uninstaller of its own, which is no Windows Installer's: run "
                      "that from the list of programs",
                      products.at[0]);
    texts_release(&products);
    return ok;
}

/* What the adapters of the old drivers were in the way of. */
static enum progress network_again(struct step_run *r, struct err *e)
{
    bool redone = false;
    for (size_t i = 0; i < r->j->steps.count; i++)
        if (r->j->steps.at[i].kind == STEP_NETWORK)
            return do_step(r, &r->j->steps.at[i], &redone, e);
    return PROGRESS_DONE;
}

/* Not done, and nothing that could be done: the journal keeps what such an adapter should get. */
static void note_waiting(struct step_run *r, struct err *why)
{
    struct texts waiting = {0};
    step_network_waiting(r, &waiting);
    for (size_t i = 0; i < waiting.count; i++)
        log_line(LOG_WARNING, "removal: %s, continuing", waiting.at[i]);
    if (waiting.count)
        err_set(why, ERR_NOT_FOUND, "%s; its settings are kept in the journal", waiting.at[0]);
    texts_release(&waiting);
}

static bool is_known(const struct journal *j, struct err *e)
{
    for (size_t i = 0; i < j->steps.count; i++) {
        const struct journal_step *s = &j->steps.at[i];
        const struct step_work *work = step_work_of(s->kind);
        if (!work || !work->holds || (!work->act && s->kind != STEP_RESTART) ||
            !journal_step_has_subject(j, s))
            return err_set(e, ERR_FORMAT, "step %zu of the journal is none that can be done", i);
    }
    return true;
}

static enum outcome ended(struct step_run *r, enum journal_state state, const struct err *why,
                          struct err *e)
{
    if (r->j->boot.program)
        step_continuation_end(r);
    r->j->state = state;
    shape_set_text(&r->j->reason, why->kind == ERR_NONE ? NULL : why->text);
    if (e && e->kind == ERR_NONE)
        *e = *why;
    struct err unsaved = {0};
    if (!transaction_save(r->p, r->j, &unsaved)) {
        if (e && e->kind == ERR_NONE)
            *e = unsaved;
        return OUTCOME_STUCK;
    }
    return state == JOURNAL_REMOVED ? OUTCOME_REMOVED : OUTCOME_NEEDS_ATTENTION;
}

static enum progress do_all(struct step_run *r, const struct manifest *m, struct err *e)
{
    enum progress progress = PROGRESS_FAILED;
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        size_t added = 0;
        progress = do_steps(r, e);
        if (progress == PROGRESS_DONE)
            progress = network_again(r, e);
        if (progress != PROGRESS_DONE)
            return progress;
        if (r->restart)
            return begin_restart(r, NULL, e);
        if (!plan_again(r, m, &added, e))
            return PROGRESS_FAILED;
        if (!added)
            return PROGRESS_DONE;
    }
    err_set(e, ERR_FAILED, "drivers of the family come back as they are taken out");
    return PROGRESS_FAILED;
}

static bool begin(struct step_run *r, struct err *e)
{
    char *state = r->p->folder(r->p->context, PLATFORM_FOLDER_STATE, e);
    bool ok = state && step_refresh(r, e) && r->p->make_private_folder(r->p->context, state, e);
    mem_free(state);
    return ok;
}

enum outcome removal_run(struct platform *p, const struct manifest *m, struct journal *j,
                         struct err *e)
{
    struct step_run r = {.p = p, .j = j};
    struct err why = {0};
    enum outcome outcome = OUTCOME_STUCK;
    if (!is_known(j, e) || !begin(&r, e)) {
        facts_release(&r.facts);
        return OUTCOME_STUCK;
    }
    if (j->state == JOURNAL_RESTART_NEEDED &&
        number_same(&j->boot_time, &r.facts.windows.boot_time)) {
        facts_release(&r.facts);
        return OUTCOME_RESTART_NEEDED;
    }
    j->state = JOURNAL_REMOVING;
    switch (do_all(&r, m, &why)) {
    case PROGRESS_RESTART: outcome = OUTCOME_RESTART_NEEDED; break;
    case PROGRESS_DONE:
        note_waiting(&r, &why);
        outcome = ended(&r, JOURNAL_REMOVED, &why, e);
        break;
    case PROGRESS_FAILED: outcome = ended(&r, JOURNAL_NEEDS_ATTENTION, &why, e); break;
    case PROGRESS_UNSAVED:
        if (e && e->kind == ERR_NONE)
            *e = why;
        break;
    }
    facts_release(&r.facts);
    return outcome;
}
