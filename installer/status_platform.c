/* What the guest runs on, which Windows it is, and how much of it could be read. */
#include "installer/status_inside.h"

#include "base/text.h"

#include <string.h>

bool status_judge_platform(struct status_judging *g)
{
    const struct facts_platform *p = &g->facts->platform;
    struct status_finding *f;
    switch (p->hypervisor) {
    case HYPERVISOR_XEN: return true;
    case HYPERVISOR_NONE:
        f = status_note(g, CODE_NOT_XEN, NULL, "this is not a Xen HVM guest");
        status_rests_on(f, "CPUID says that there is no hypervisor");
        return false;
    case HYPERVISOR_OTHER:
        f = status_note(g, CODE_NOT_XEN, NULL, "this is not a Xen HVM guest");
        status_rests_on(f, "CPUID says '%s'", status_or_unknown(p->signature));
        return false;
    case HYPERVISOR_UNKNOWN: break;
    }
    f = status_note(g, CODE_PLATFORM_UNKNOWN, NULL,
                    "whether this is a Xen guest could not be read");
    status_rests_on(f, "platform: %s", facts_reading_names[p->reading]);
    return false;
}

/* --- Windows ---------------------------------------------------------------------------------- */

static bool is_said_against(const struct candidate *c, const char *code)
{
    for (size_t i = 0; i < c->reasons.count; i++)
        if (strcmp(c->reasons.at[i].code, code) == 0)
            return true;
    return false;
}

/* Nothing that anybody could change makes one of them fit. */
bool status_is_unsupported(const struct status_judging *g)
{
    const struct select_options none = {0};
    struct choice c = {0};
    bool all = true;
    select_source(g->facts, g->manifest, &none, &c);
    for (size_t i = 0; i < c.candidates.count; i++)
        all = all && (is_said_against(&c.candidates.at[i], SELECT_WRONG_ARCH) ||
                      is_said_against(&c.candidates.at[i], SELECT_OS_TOO_OLD) ||
                      is_said_against(&c.candidates.at[i], SELECT_OS_TOO_NEW));
    all = all && c.candidates.count > 0;
    choice_release(&c);
    return all;
}

static bool has_platform_device(const struct facts *f)
{
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (d->present != TRI_NO && d->instance && text_starts_nocase(d->instance, "PCI\\VEN_5853"))
            return true;
    }
    return false;
}

static void rule_version(struct status_judging *g)
{
    const struct facts_windows *w = &g->facts->windows;
    struct status_finding *f;
    if (!w->major.known || !w->build.known || w->architecture == ARCHITECTURE_UNKNOWN) {
        f = status_note(g, CODE_WINDOWS_UNKNOWN, NULL,
                        "which Windows this is could not be read, so nothing is sure");
        status_rests_on(f, "windows: %s", facts_reading_names[w->reading]);
        return;
    }
    if (!status_is_unsupported(g))
        return;
    f = status_note(g, CODE_WINDOWS_UNSUPPORTED, NULL,
                    "no PV drivers that we know are for this Windows");
    status_rests_on(f, "Windows %u.%u.%u, %s", (unsigned)w->major.value, (unsigned)w->minor.value,
                    (unsigned)w->build.value, architecture_name(w->architecture));
}

void status_judge_windows(struct status_judging *g)
{
    const struct facts_windows *w = &g->facts->windows;
    rule_version(g);
    if (w->safe_mode == TRI_YES)
        status_rests_on(status_note(g, CODE_SAFE_MODE, NULL,
                                    "Windows is in safe mode: what runs now is not what usually "
                                    "runs"),
                        "start options:%s", status_or_unknown(w->start_options));
    if (w->type == PRODUCT_TYPE_DOMAIN_CONTROLLER)
        status_rests_on(
            status_note(g, CODE_DOMAIN_CONTROLLER, NULL, "this Windows is a domain controller"),
            "product type: domain-controller");
    if (g->facts->devices_reading == READING_FULL && !has_platform_device(g->facts))
        status_rests_on(status_note(g, CODE_NO_PLATFORM_DEVICE, NULL,
                                    "the Xen platform device is not there, on which every PV "
                                    "driver rests"),
                        "no present PCI device of vendor 5853");
}

/* --- what could not be read ------------------------------------------------------------------- */

struct group {
    const char *name;
    enum reading reading;
};

static void rule_unread(struct status_judging *g, enum status_code code, const struct group *groups,
                        size_t count)
{
    struct status_finding *f = NULL;
    for (size_t i = 0; i < count; i++) {
        if (groups[i].reading == READING_FULL)
            continue;
        if (!f)
            f = status_note(g, code, NULL, "not all that decides could be read");
        status_rests_on(f, "%s: %s", groups[i].name,
                        groups[i].reading == READING_PARTIAL           ? "read in part"
                        : groups[i].reading == READING_NEEDS_ELEVATION ? "needs an administrator"
                                                                       : "not read");
    }
}

/* What of devices and services was not read at all decides alone, and has findings of its own. */
static enum reading unless_silent(enum reading r)
{
    return status_was_read(r) ? r : READING_FULL;
}

void status_judge_readings(struct status_judging *g)
{
    const struct facts *f = g->facts;
    const struct group deciding[] = {
        {"windows", f->windows.reading},
        {"integrity", f->integrity.reading},
        {"devices", unless_silent(f->devices_reading)},
        {"services", unless_silent(f->services_reading)},
        {"packages", f->packages_reading},
        {"products", f->products_reading},
        {"filters", f->filters_reading},
        {"networks", f->networks_reading},
        {"disks", f->disks_reading},
        {"values", f->values_reading},
        {"files", f->files_reading},
        {"signers", f->signers_reading},
        {"restarts", f->restart_reading},
    };
    const struct group telling[] = {
        {"events", f->events_reading},
        {"setup logs", f->logs_reading},
    };
    rule_unread(g, CODE_FACTS_UNREAD, deciding, sizeof deciding / sizeof *deciding);
    rule_unread(g, CODE_HISTORY_UNREAD, telling, sizeof telling / sizeof *telling);
}
