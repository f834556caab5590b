/* The device nodes that PV drivers are for: each that is present is bound and without a problem. */
#include "installer/status_inside.h"

#include "base/text.h"
#include "drivers-manifest/recognise.h"

#include <string.h>

/* CM_PROB_* of cfg.h. */
enum {
    PROBLEM_NEED_RESTART = 14,
    PROBLEM_FAILED_INSTALL = 28,
    PROBLEM_FAILED_LOAD = 39,
    PROBLEM_BLOCKED = 48,
    PROBLEM_UNSIGNED = 52,
    GHOSTS_SHOWN_MAX = 10,
};

static void rest_on_device(struct status_finding *f, const struct facts_device *d)
{
    if (d->service)
        status_rests_on(f, "driver %s %s of '%s'", d->service, status_or_unknown(d->driver_version),
                        status_or_unknown(d->provider));
    if (d->problem.known)
        status_rests_on(f, "problem %llu", (unsigned long long)d->problem.value);
}

static void judge_problem(struct status_judging *g, const struct facts_device *d)
{
    struct status_finding *f;
    switch (d->problem.value) {
    case PROBLEM_NEED_RESTART:
        f = status_note(g, CODE_DEVICE_NEEDS_RESTART, d->instance, "it waits for a restart");
        break;
    case PROBLEM_FAILED_INSTALL:
        f = status_note(g, CODE_DEVICE_WITHOUT_DRIVER, d->instance,
                        "no driver is installed for it");
        break;
    case PROBLEM_FAILED_LOAD:
    case PROBLEM_BLOCKED:
    case PROBLEM_UNSIGNED:
        f = status_note(g, CODE_DRIVER_REFUSED, d->instance, "Windows does not load its driver");
        break;
    default:
        f = status_note(g, CODE_DEVICE_PROBLEM, d->instance, "Windows reports a problem with it");
        break;
    }
    rest_on_device(f, d);
}

static void judge_device(struct status_judging *g, const struct facts_device *d)
{
    if (!d->service && !recognise_has_driver(g->manifest, d))
        status_rests_on(status_note(g, CODE_DEVICE_NOT_NEEDED, d->instance,
                                    "no release of ours has a driver for it"),
                        "hardware id %s", d->hardware_ids.count ? d->hardware_ids.at[0] : "?");
    else if (d->problem.known && d->problem.value)
        judge_problem(g, d);
    else if (!d->service)
        status_rests_on(
            status_note(g, CODE_DEVICE_WITHOUT_DRIVER, d->instance, "no driver is bound to it"),
            "its node names no service");
}

static void rule_silent(struct status_judging *g)
{
    struct status_finding *f = NULL;
    for (size_t i = 0; i < g->facts->devices.count; i++) {
        const struct facts_device *d = &g->facts->devices.at[i];
        if (d->present == TRI_NO || !d->service || d->problem.known || !status_is_xen_device(d))
            continue;
        if (!f)
            f = status_note(g, CODE_DEVICE_STATUS_UNKNOWN, NULL,
                            "Windows did not tell the state of every Xen device");
        status_rests_on(f, "%s: driver %s", status_or_unknown(d->instance), d->service);
    }
}

static void rule_ghosts(struct status_judging *g)
{
    struct status_finding *f = NULL;
    size_t count = 0;
    for (size_t i = 0; i < g->facts->devices.count; i++) {
        const struct facts_device *d = &g->facts->devices.at[i];
        if (d->present != TRI_NO || !status_is_xen_device(d))
            continue;
        if (!f)
            f = status_note(g, CODE_GHOST_DEVICES, NULL,
                            "Windows remembers Xen devices that are not there");
        if (count++ < GHOSTS_SHOWN_MAX)
            status_rests_on(f, "%s: driver %s", status_or_unknown(d->instance),
                            d->service ? d->service : "none");
    }
    if (count > GHOSTS_SHOWN_MAX)
        status_rests_on(f, "and %zu more", count - GHOSTS_SHOWN_MAX);
}

/* What was not read cannot be working, and drivers without any device have nothing to work on. */
void status_judge_devices(struct status_judging *g)
{
    const struct facts *f = g->facts;
    size_t present = 0;
    if (!status_was_read(f->devices_reading)) {
        status_rests_on(status_note(g, CODE_DEVICES_UNREAD, NULL,
                                    "the devices of this Windows could not be read"),
                        "reading: %s", facts_reading_names[f->devices_reading]);
        return;
    }
    rule_ghosts(g);
    if (!g->installed.count)
        return;
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (d->present == TRI_NO || !status_is_xen_device(d))
            continue;
        present++;
        judge_device(g, d);
    }
    rule_silent(g);
    if (!present)
        status_rests_on(status_note(g, CODE_NO_XEN_DEVICE, NULL,
                                    "drivers are installed, and no Xen device is present"),
                        "%zu device nodes were read", f->devices.count);
}
