/* The drivers and helpers as services: they run, their files are there, and updates may come. */
#include "installer/status_inside.h"

#include "base/text.h"
#include "installer/marks.h"

#include <string.h>

#define SERVICES "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"

enum {
    SERVICE_PROCESS = 0x30, /* SERVICE_WIN32_OWN_PROCESS and _SHARE_PROCESS */
    START_AUTOMATIC = 2,
    START_DISABLED = 4,
};

static void rest_on_service(struct status_finding *f, const struct facts_service *s)
{
    if (!s) {
        status_rests_on(f, "it is not among the services that were read");
        return;
    }
    static const char *const running[] = {"not known", "no", "yes"};
    status_rests_on(f, "running: %s", running[s->running]);
    if (s->start.known)
        status_rests_on(f, "start type %llu", (unsigned long long)s->start.value);
    if (s->exit_code.known && s->exit_code.value)
        status_rests_on(f, "it ended with %llu", (unsigned long long)s->exit_code.value);
}

/* A device that has a problem of its own says why its driver does not run. */
static bool is_explained(const struct facts_device *d)
{
    return d->problem.known && d->problem.value;
}

/* Whether a service of another name exists is not among the facts. */
static bool is_gone(const struct status_judging *g, const char *service)
{
    return g->facts->services_reading == READING_FULL && marks_service(service) &&
           !facts_service_named(g->facts, service);
}

static void judge_driver(struct status_judging *g, const struct facts_device *d)
{
    const struct facts_service *s = facts_service_named(g->facts, d->service);
    bool stopped = s && s->running == TRI_NO;
    struct status_finding *f;
    if (s && s->running == TRI_YES)
        return;
    if (stopped && (status_waits_for_restart(g) || status_has_switched_off(g)))
        return;
    if (is_gone(g, d->service))
        f = status_note(g, CODE_DRIVER_SERVICE_MISSING, d->service, "the driver's service is gone");
    else if (stopped)
        f = status_note(g, CODE_DRIVER_NOT_RUNNING, d->service, "the driver does not run");
    else
        f = status_note(g, CODE_DRIVER_STATE_UNKNOWN, d->service,
                        "whether the driver runs could not be read");
    status_rests_on(f, "it is bound to %s", status_or_unknown(d->instance));
    rest_on_service(f, s);
}

/* A driver that some present device node names must run. */
static void rule_drivers(struct status_judging *g)
{
    for (size_t i = 0; i < g->facts->devices.count; i++) {
        const struct facts_device *d = &g->facts->devices.at[i];
        if (d->present != TRI_NO && d->service && status_is_xen_device(d) && !is_explained(d) &&
            status_device_of(g->facts, d->service) == d &&
            status_is_installed_service(g, d->service))
            judge_driver(g, d);
    }
}

static void rule_files(struct status_judging *g)
{
    for (size_t i = 0; i < g->facts->services.count; i++) {
        const struct facts_service *s = &g->facts->services.at[i];
        bool off = s->start.known && s->start.value == START_DISABLED;
        if (s->image_exists != TRI_NO || off || !status_is_installed_service(g, s->name))
            continue;
        status_rests_on(
            status_note(g, CODE_DRIVER_FILE_MISSING, s->name, "the file of this service is gone"),
            "%s is not there", status_or_unknown(s->file ? s->file : s->image));
    }
}

/* --- helpers -----------------------------------------------------------------------------------
 */

static bool is_journal_helper(const struct journal *j, const char *service)
{
    for (size_t i = 0; i < j->helpers.count; i++)
        if (text_equal_nocase(j->helpers.at[i].service, service))
            return true;
    return false;
}

static void judge_helper(struct status_judging *g, const char *name, const struct facts_service *s)
{
    if (s && s->running == TRI_YES)
        return;
    rest_on_service(
        s && s->running == TRI_NO
            ? status_note(g, CODE_HELPER_NOT_RUNNING, name, "it does not run")
            : status_note(g, CODE_HELPER_STATE_UNKNOWN, name, "whether it runs could not be read"),
        s);
}

/* Without its helper dom0 cannot shut the guest down, and nothing else is amiss. */
static void rule_helpers(struct status_judging *g)
{
    const struct journal *j = g->journal;
    if (j->job == JOURNAL_INSTALLATION && j->state == JOURNAL_INSTALLED)
        for (size_t i = 0; i < j->helpers.count; i++)
            judge_helper(g, j->helpers.at[i].service,
                         facts_service_named(g->facts, j->helpers.at[i].service));
    for (size_t i = 0; i < g->facts->services.count; i++) {
        const struct facts_service *s = &g->facts->services.at[i];
        bool starts = s->type.known && s->type.value & SERVICE_PROCESS && s->start.known &&
                      s->start.value == START_AUTOMATIC;
        if (starts && s->running == TRI_NO && status_is_installed_service(g, s->name) &&
            !is_journal_helper(j, s->name))
            judge_helper(g, s->name, s);
    }
}

/* --- what the drivers are told ------------------------------------------------------------------
 */

static void rule_prompt(struct status_judging *g)
{
    static const char key[] = SERVICES "xenbus_monitor\\Parameters";
    const struct facts_service *s = facts_service_named(g->facts, "xenbus_monitor");
    const struct facts_value *v = facts_value_of(g->facts, key, "AutoReboot");
    bool automatic = v && v->number.known && v->number.value;
    if (!s || s->running == TRI_NO || !v || v->exists == TRI_UNKNOWN || automatic ||
        !g->installed.count)
        return;
    status_rests_on(status_note(g, CODE_RESTART_PROMPT, s->name,
                                "it asks on the desktop before it restarts Windows"),
                    v->exists == TRI_YES ? "AutoReboot is 0" : "AutoReboot is not there");
}

static void rule_updates(struct status_judging *g)
{
    static const char *const services[] = {"XEN", "XENBUS", "XENFILT"};
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        struct text key = {0};
        text_addf(&key, SERVICES "%s", services[i]);
        struct number n = facts_value_number(g->facts, text_str(&key), "AllowUpdate");
        if (n.known && !n.value)
            status_rests_on(status_note(g, CODE_UPDATES_REFUSED, services[i],
                                        "its drivers are told to refuse other versions"),
                            "%s: AllowUpdate is 0", text_str(&key));
        text_release(&key);
    }
}

void status_judge_services(struct status_judging *g)
{
    enum reading r = g->facts->services_reading;
    if (!status_was_read(r)) {
        status_rests_on(status_note(g, CODE_SERVICES_UNREAD, NULL,
                                    "the services of this Windows could not be read"),
                        "reading: %s", facts_reading_names[r]);
        return;
    }
    rule_drivers(g);
    rule_files(g);
    rule_helpers(g);
    rule_prompt(g);
    rule_updates(g);
}
