#include "installer/tell.h"

#include "base/log.h"
#include "installer/eventlog.h"
#include "installer/publish.h"

static bool wants_event(const struct session *s)
{
    switch (s->cli->command) {
    case COMMAND_INSTALL:
    case COMMAND_RESUME:
    case COMMAND_ROLLBACK:
    case COMMAND_REMOVE: return !s->cli->no_eventlog && !s->cli->dry_run && s->has_platform;
    default: return s->cli->eventlog;
    }
}

/* A run that was refused changes nothing, not even this: the source is
 * registered where there is a journal of ours; and not by the service, whose
 * program goes with it. */
static void tell_windows(struct session *s)
{
    struct outcome_event event = {0};
    struct err e = {0}, unregistered = {0};
    bool has_journal = s->report.journal || s->journal.state != JOURNAL_NONE;
    bool lasts = s->cli->command != COMMAND_STATUS && !s->cli->service;
    if (has_journal && lasts && !eventlog_register(&unregistered))
        log_line(LOG_DETAIL, "eventlog: %s, continuing", unregistered.text);
    outcome_event_of(&s->report, &event);
    if (eventlog_write(&event, &e))
        log_line(LOG_DETAIL, "eventlog: wrote event %u", (unsigned)event.number);
    else
        log_line(LOG_WARNING, "eventlog: %s, continuing", e.text);
    outcome_event_release(&event);
}

static void tell_dom0(struct session *s)
{
    struct inventory drivers = {0};
    struct publish keys = {0};
    struct xenstore x = {0};
    struct err e = {0};
    if (s->report.facts)
        inventory_take(s->report.facts, &s->manifest, &drivers);
    publish_of(&s->report, &drivers, time(NULL), &keys);
    if (xenstore_open(&x, &e) && publish_write(&keys, &x, &e))
        log_line(LOG_DETAIL, "publish: wrote the status to %s", PUBLISH_FOLDER);
    else
        log_line(LOG_WARNING, "publish: %s, continuing", e.text);
    xenstore_close(&x);
    publish_release(&keys);
    inventory_release(&drivers);
}

void tell_outcome(struct session *s)
{
    if (wants_event(s))
        tell_windows(s);
    if (s->cli->publish)
        tell_dom0(s);
}
