#include "installer/step.h"

#include "base/log.h"
#include "base/text.h"

#include <string.h>

/*
 * Xen Project's xenbus_monitor waits for drivers that ask for a restart. Then it asks whoever is
 * logged on (for ever, where PromptTimeout is not set), or, where Parameters\AutoReboot is more
 * than the restarts so far, restarts Windows by itself after a minute (win-xenbus,
 * src/monitor/monitor.c, 8.2 to 9.1). No value keeps it from both: so AutoReboot is 0 and the
 * service disabled and stopped until the job has ended. The INF of xenbus enables and starts it, so
 * that this is done once before its driver is installed and once right after. In between it may
 * ask, should a driver want a restart at once; nothing that is documented keeps it from that.
 */
enum { DISABLED = 4, AUTOMATIC = 2 };

static const char auto_reboot[] = "AutoReboot";

bool step_is_monitor(const struct step_run *r, const char *service)
{
    for (size_t i = 0; text_equal_nocase(service, MONITOR_SERVICE) && i < r->j->steps.count; i++)
        if (r->j->steps.at[i].kind == STEP_MONITOR)
            return true;
    return false;
}

static bool read_auto(struct step_run *r, struct number *out, struct err *e)
{
    return r->p->read_parameter(r->p->context, MONITOR_SERVICE, auto_reboot, out, e);
}

static bool monitor_survey(struct step_run *r, struct journal_step *s, struct err *e)
{
    struct journal_monitor *m = &r->j->monitor;
    struct platform_start now = {0};
    (void)s;
    if (m->existed != TRI_UNKNOWN)
        return true;
    enum tri there = TRI_UNKNOWN;
    if (!read_auto(r, &m->auto_reboot, e) || !step_survey_service(r->p, MONITOR_SERVICE, &there, e))
        return false;
    if (there == TRI_YES) {
        if (!r->p->read_start(r->p->context, MONITOR_SERVICE, &now, e))
            return false;
        m->start = number_of(now.start);
        m->running = r->p->service_runs(r->p->context, MONITOR_SERVICE);
        platform_start_release(&now);
    }
    m->existed = there;
    return true;
}

/* How it starts; *there is false when there is no such service. */
static bool ask_start(struct step_run *r, uint32_t *start, bool *there, struct err *e)
{
    struct platform_start now = {0};
    struct err inner = {0};
    *there = r->p->read_start(r->p->context, MONITOR_SERVICE, &now, &inner);
    *start = now.start;
    platform_start_release(&now);
    return *there || inner.kind == ERR_NOT_FOUND || err_set(e, inner.kind, "%s", inner.text);
}

/* Only until the job has ended; then it is the administrator's again. */
static bool monitor_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct number value = {0};
    uint32_t start;
    bool there;
    (void)s;
    if (!step_is_installing(r))
        return true;
    if (!read_auto(r, &value, e) || !ask_start(r, &start, &there, e))
        return false;
    if (value.known && value.value)
        return err_set(e, ERR_FAILED, "'%s' is set to restart Windows by itself", MONITOR_SERVICE);
    return !there ||
           (start == DISABLED && r->p->service_runs(r->p->context, MONITOR_SERVICE) == TRI_NO) ||
           err_set(e, ERR_FAILED, "'%s' is not switched off", MONITOR_SERVICE);
}

static bool monitor_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    static const struct platform_start off = {.start = DISABLED};
    const struct number never = number_of(0);
    struct number value = {0};
    uint32_t start;
    bool there;
    (void)s;
    if (!read_auto(r, &value, e) || !ask_start(r, &start, &there, e))
        return false;
    if (value.known && value.value &&
        !r->p->write_parameter(r->p->context, MONITOR_SERVICE, auto_reboot, &never, e))
        return false;
    return !there ||
           ((start == DISABLED || r->p->write_start(r->p->context, MONITOR_SERVICE, &off, e)) &&
            r->p->stop_service(r->p->context, MONITOR_SERVICE, e));
}

static bool wants_restart(const struct facts *f)
{
    for (size_t i = 0; i < f->restart_reasons.count; i++)
        if (text_starts_nocase(f->restart_reasons.at[i], MONITOR_SERVICE "\\"))
            return true;
    return false;
}

static bool give_back_value(struct step_run *r, struct err *e)
{
    const struct number *before = &r->j->monitor.auto_reboot;
    struct number value = {0};
    if (!before->known)
        return true;
    return read_auto(r, &value, e) &&
           (number_same(&value, before) ||
            r->p->write_parameter(r->p->context, MONITOR_SERVICE, auto_reboot, before, e));
}

/* As it was before us; as its INF has it where it was not there. What it would ask about now it is
 * left to find at the next start. */
static bool give_back_service(struct step_run *r, struct err *e)
{
    const struct journal_monitor *m = &r->j->monitor;
    const struct platform_start wanted = {.start = m->existed == TRI_YES ? (uint32_t)m->start.value
                                                                         : AUTOMATIC};
    uint32_t start;
    bool there;
    if (!ask_start(r, &start, &there, e))
        return false;
    if (!there)
        return true;
    if (start != wanted.start && !r->p->write_start(r->p->context, MONITOR_SERVICE, &wanted, e))
        return false;
    bool runs = m->existed == TRI_YES ? m->running == TRI_YES : true;
    return !runs || wanted.start == DISABLED || wants_restart(&r->facts) ||
           r->p->start_service(r->p->context, MONITOR_SERVICE, e);
}

/* The step that came first is undone last, when the service is what it was before the INF. */
static bool monitor_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct err inner = {0};
    for (const struct journal_step *before = r->j->steps.at; before < s; before++)
        if (before->kind == STEP_MONITOR &&
            (before->state == STEP_STARTED || before->state == STEP_DONE))
            return true;
    if (r->j->monitor.existed == TRI_UNKNOWN)
        return true;
    /* One that was not there goes with its driver, and stays switched off until then. */
    bool ok = give_back_value(r, &inner) &&
              (r->j->monitor.existed == TRI_NO || give_back_service(r, &inner));
    return ok || err_set(e, inner.kind, "%s", inner.text);
}

void step_monitor_end(struct step_run *r)
{
    struct err e = {0};
    if (r->j->monitor.existed == TRI_UNKNOWN || !step_is_monitor(r, MONITOR_SERVICE))
        return;
    if (!give_back_value(r, &e) || !give_back_service(r, &e))
        log_line(LOG_WARNING, "service: cannot give '%s' back its settings: %s, continuing",
                 MONITOR_SERVICE, e.text);
}

const struct step_work step_monitor_work = {
    .survey = monitor_survey,
    .holds = monitor_holds,
    .act = monitor_do,
    .undo = monitor_undo,
};
