/* What we did here, by the journal, and what Windows' logs say happened since. */
#include "installer/status_inside.h"

#include "base/text.h"

#include <string.h>

enum { LINES_SHOWN_MAX = 10 };

static bool is_of_this_boot(const struct status_judging *g)
{
    return number_same(&g->facts->windows.boot_time, &g->journal->boot_time);
}

bool status_waits_for_restart(const struct status_judging *g)
{
    return g->journal->state == JOURNAL_RESTART_NEEDED && is_of_this_boot(g);
}

bool status_has_switched_off(const struct status_judging *g)
{
    const struct journal *j = g->journal;
    if (j->job != JOURNAL_REMOVAL || j->state == JOURNAL_REMOVED)
        return false;
    for (size_t i = 0; i < j->steps.count; i++)
        if (j->steps.at[i].kind == STEP_DISABLE && j->steps.at[i].state == STEP_DONE)
            return true;
    return false;
}

static void rest_on_journal(struct status_finding *f, const struct journal *j)
{
    size_t done = 0;
    for (size_t i = 0; i < j->steps.count; i++)
        done += j->steps.at[i].state == STEP_DONE;
    status_rests_on(f, "the journal says '%s', %zu of %zu steps done", journal_state_name(j->state),
                    done, j->steps.count);
    if (j->reason)
        status_rests_on(f, "reason: %s", j->reason);
}

static struct status_finding *note_removal(struct status_judging *g)
{
    const struct journal *j = g->journal;
    if (j->state == JOURNAL_REMOVED)
        return NULL;
    if (status_waits_for_restart(g))
        return status_note(g, CODE_REMOVAL_NEEDS_RESTART, j->family,
                           "the drivers are taken out after a restart");
    if (j->state == JOURNAL_NEEDS_ATTENTION)
        return status_note(g, CODE_REMOVAL_NEEDS_ATTENTION, j->family,
                           "the drivers could not be removed wholly");
    return status_note(g, CODE_REMOVAL_NOT_FINISHED, j->family,
                       "a removal was begun and is not finished");
}

static struct status_finding *note_installation(struct status_judging *g)
{
    const struct journal *j = g->journal;
    switch (j->state) {
    case JOURNAL_INSTALLING:
    case JOURNAL_REVERTING:
        return status_note(g, CODE_INTERRUPTED, j->release, "an installation was interrupted");
    case JOURNAL_REPAIRING:
        return status_note(g, CODE_INTERRUPTED, j->release, "a repair could not be finished");
    case JOURNAL_RESTART_NEEDED:
        if (is_of_this_boot(g))
            return status_note(g, CODE_RESTART_NEEDED, j->release,
                               "the drivers are installed and wait for a restart");
        return status_note(g, CODE_NOT_CONFIRMED, j->release,
                           "the installation has not been confirmed since the restart");
    case JOURNAL_NEEDS_ATTENTION:
        return status_note(g, CODE_NEEDS_ATTENTION, j->release,
                           "the installation could not be finished");
    case JOURNAL_ROLLED_BACK:
        return status_note(g, CODE_ROLLED_BACK, j->release,
                           "the last installation was rolled back");
    case JOURNAL_NONE:
    case JOURNAL_PLANNED:
    case JOURNAL_REMOVING:
    case JOURNAL_REMOVED:
    case JOURNAL_INSTALLED: break;
    }
    return NULL;
}

static void note_run(struct status_judging *g)
{
    status_rests_on(status_note(g, CODE_RUN_AT_WORK, NULL, "a run of xenpv is at work"), "%s",
                    g->facts->run_at_work);
}

void status_judge_journal(struct status_judging *g)
{
    if (g->facts->run_at_work) {
        note_run(g);
        return;
    }
    struct status_finding *f =
        g->journal->job == JOURNAL_REMOVAL ? note_removal(g) : note_installation(g);
    if (f)
        rest_on_journal(f, g->journal);
}

/* --- Windows' own logs --------------------------------------------------------------------------
 */

static bool is_refusal(const struct facts_event *e)
{
    static const unsigned ids[] = {3004, 3023, 3033, 3076, 3077};
    if (!e->log || !strstr(e->log, "CodeIntegrity") || !e->id.known)
        return false;
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        if (e->id.value == ids[i])
            return true;
    return false;
}

static bool is_failure(const struct facts_event *e)
{
    enum { LEVEL_WARNING = 3 };
    return e->level.known && e->level.value && e->level.value <= LEVEL_WARNING && !is_refusal(e);
}

static void rest_on_event(struct status_finding *f, const struct facts_event *e)
{
    struct text t = {0};
    text_addf(&t, "%s %s %llu", e->time ? e->time : "?", status_or_unknown(e->source),
              (unsigned long long)e->id.value);
    for (size_t i = 0; i < e->strings.count; i++)
        text_addf(&t, "%s%s", i ? ", " : ": ", e->strings.at[i]);
    status_rests_on(f, "%s", text_str(&t));
    text_release(&t);
}

static void rule_events(struct status_judging *g, enum status_code code,
                        bool (*matters)(const struct facts_event *), const char *sentence)
{
    struct status_finding *f = NULL;
    size_t count = 0;
    for (size_t i = 0; i < g->facts->events.count; i++) {
        const struct facts_event *e = &g->facts->events.at[i];
        if (!matters(e))
            continue;
        if (!f)
            f = status_note(g, code, NULL, "%s", sentence);
        if (count++ < LINES_SHOWN_MAX)
            rest_on_event(f, e);
    }
    if (count > LINES_SHOWN_MAX)
        status_rests_on(f, "and %zu older ones", count - LINES_SHOWN_MAX);
}

static bool has_failed(const struct facts_log_section *s)
{
    return text_starts_nocase(s->status, "FAIL") || (!s->status && s->lines.count);
}

static void rule_setup(struct status_judging *g)
{
    struct status_finding *f = NULL;
    size_t count = 0;
    for (size_t i = 0; i < g->facts->log_sections.count; i++) {
        const struct facts_log_section *s = &g->facts->log_sections.at[i];
        if (!has_failed(s) || count++ >= LINES_SHOWN_MAX)
            continue;
        if (!f)
            f = status_note(g, CODE_SETUP_FAILED, s->log, "an installation on a Xen device failed");
        status_rests_on(f, "%s, %s: %s", status_or_unknown(s->started), status_or_unknown(s->title),
                        s->status ? s->status : "no status");
        for (size_t k = 0; k < s->lines.count && k < LINES_SHOWN_MAX; k++)
            status_rests_on(f, "%s", s->lines.at[k]);
    }
    if (count > LINES_SHOWN_MAX)
        status_rests_on(f, "and %zu older ones", count - LINES_SHOWN_MAX);
}

void status_judge_history(struct status_judging *g)
{
    rule_events(g, CODE_EVENTS_OF_REFUSAL, is_refusal,
                "code integrity has refused files of PV drivers");
    rule_events(g, CODE_EVENTS_OF_FAILURE, is_failure, "PV drivers or their services have failed");
    rule_setup(g);
}
