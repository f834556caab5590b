#include "installer/step.h"

#include "base/log.h"
#include "installer/network.h"

/* What an installation that was cut off and undone had saved knows adapters that are absent now. */
static bool remember_earlier(struct step_run *r, struct network *saved)
{
    struct journal earlier = {0};
    struct err e = {0};
    if (!transaction_load(r->p, &earlier, &e))
        return false;
    if (earlier.network)
        network_remember(saved, &earlier.network->saved);
    journal_release(&earlier);
    return true;
}

/* A repair goes on with what was saved before the installation. */
static bool network_survey(struct step_run *r, struct journal_step *s, struct err *e)
{
    struct network_record record = {.schema = number_of(NETWORK_SCHEMA)};
    (void)s;
    if (r->j->network)
        return true;
    /* A static address that could not be saved would be lost: without a record nothing is done. */
    bool ok = r->p->read_networks(r->p->context, &record.saved, e);
    ok = (ok && remember_earlier(r, &record.saved)) ||
         err_set(e, ERR_FAILED, "the network settings could not be saved");
    if (ok)
        r->j->network = network_record_copy(&record);
    network_record_release(&record);
    return ok;
}

/* After an installation the PV adapters are the ones at work, after a removal the emulated ones. */
static enum facts_network_kind kind_at_work(const struct step_run *r)
{
    return r->j->job == JOURNAL_REMOVAL ? FACTS_NETWORK_EMULATED : FACTS_NETWORK_PV;
}

static void log_all(const struct texts *sentences, const char *what)
{
    for (size_t i = 0; i < sentences->count; i++)
        log_line(LOG_NOTE, "network: %s: %s", sentences->at[i], what);
}

/* What is to be done now. False with *e when the adapters cannot be read. */
static bool look(struct step_run *r, bool undo, struct network_plan *out, struct err *e)
{
    struct network now = {0};
    bool ok = r->p->read_networks(r->p->context, &now, e);
    if (ok && undo)
        network_undo(&r->j->network->changes, &now, out);
    else if (ok)
        network_next(r->j->network, &now, kind_at_work(r), out);
    network_release(&now);
    return ok;
}

/* Windows installs an emulated adapter that it has never seen while it starts: this may take a
 * while. */
static bool look_and_wait(struct step_run *r, struct network_plan *out)
{
    enum { SETTLE_MS = 120000 };
    if (!look(r, false, out, NULL))
        return false;
    if (r->j->job != JOURNAL_REMOVAL || !out->waiting.count)
        return true;
    network_plan_release(out);
    r->p->settle(r->p->context, SETTLE_MS);
    return look(r, false, out, NULL);
}

static void network_prepare(struct step_run *r, struct journal_step *s)
{
    struct network_plan plan = {0};
    (void)s;
    if (!r->j->network || !look_and_wait(r, &plan))
        return;
    network_changes_note(&r->j->network->changes, &plan.changes);
    log_all(&plan.waiting, "waiting");
    log_all(&plan.left, "left as it is");
    network_plan_release(&plan);
}

static bool network_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct network_plan plan = {0};
    bool waits = r->j->job == JOURNAL_REMOVAL && s->state == STEP_PENDING;
    if (!r->j->network)
        return err_set(e, ERR_FAILED, "the network settings were not saved");
    bool ok = look(r, false, &plan, e);
    if (ok && plan.changes.count)
        ok = err_set(e, ERR_FAILED, "network adapter '%s' has not the settings that were saved",
                     plan.changes.at[0].instance ? plan.changes.at[0].instance
                                                 : plan.changes.at[0].guid);
    else if (ok && waits && plan.waiting.count)
        ok = err_set(e, ERR_FAILED, "%s", plan.waiting.at[0]);
    network_plan_release(&plan);
    return ok;
}

void step_network_waiting(struct step_run *r, struct texts *out)
{
    struct network_plan plan = {0};
    if (r->j->network && look(r, false, &plan, NULL))
        for (size_t i = 0; i < plan.waiting.count; i++)
            texts_add(out, plan.waiting.at[i]);
    network_plan_release(&plan);
}

/* Only what the journal has: the record comes before the effect. */
static bool network_act(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct network_plan plan = {0};
    (void)s;
    bool ok = look(r, false, &plan, e);
    for (size_t i = 0; ok && i < plan.changes.count; i++) {
        const struct network_change *c = &plan.changes.at[i];
        if (!network_change_of(&r->j->network->changes, c->guid))
            continue;
        ok = r->p->write_network(r->p->context, c, e);
        if (ok && c->purpose == NETWORK_RESTORE && c->instance)
            ok = r->p->restart_network(r->p->context, c->instance, &r->restart, e);
    }
    network_plan_release(&plan);
    return ok;
}

/* The emulated adapter comes back with the restart, and reads its settings then. */
static bool network_take_back(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct network_plan plan = {0}, rest = {0};
    (void)s;
    if (!r->j->network)
        return true;
    bool ok = look(r, true, &plan, e);
    for (size_t i = 0; ok && i < plan.changes.count; i++)
        ok = r->p->write_network(r->p->context, &plan.changes.at[i], e);
    log_all(&plan.left, "left as it is");
    ok = ok && look(r, true, &rest, e);
    if (ok && rest.changes.count)
        ok = err_set(e, ERR_FAILED, "network adapter '%s' has not got its settings back",
                     rest.changes.at[0].guid);
    network_plan_release(&plan);
    network_plan_release(&rest);
    return ok;
}

const struct step_work step_network_work = {
    .survey = network_survey,
    .prepare = network_prepare,
    .holds = network_holds,
    .act = network_act,
    .undo = network_take_back,
    .after_restart = true,
    .may_fail = true,
};
