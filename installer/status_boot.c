/*
 * Will Windows start again, with the PV drivers and without them?
 *
 * bootsafe asks the machine before a restart; these rules ask the facts at any time, for drivers of
 * any family.
 */
#include "installer/status_inside.h"

#include "base/text.h"
#include "installer/bootsafe.h"
#include "installer/marks.h"

#include <string.h>

enum { START_BOOT = 0, START_DISABLED = 4 };

static bool starts_at_boot(const struct facts_service *s)
{
    return (!s->start.known || s->start.value == START_BOOT) && s->start_overridden != TRI_YES;
}

static void rest_on_start(struct status_finding *f, const struct facts_service *s)
{
    if (s->start.known)
        status_rests_on(f, "start type %llu, boot is 0", (unsigned long long)s->start.value);
    if (s->start_overridden == TRI_YES)
        status_rests_on(f, "a StartOverride key is there");
}

/* --- filters -----------------------------------------------------------------------------------
 */

/* Of Xen's families only: whether another service exists is not among the facts. */
static void judge_filter(struct status_judging *g, const struct facts_filter *list,
                         const char *service)
{
    const struct facts_service *s = facts_service_named(g->facts, service);
    struct status_finding *f;
    if (!marks_service(service) || g->facts->services_reading != READING_FULL)
        return;
    if (!s)
        f = status_note(g, CODE_ORPHAN_FILTER, service, "a class filter that is no service");
    else if (s->image_exists == TRI_NO)
        f = status_note(g, CODE_FILTER_FILE_MISSING, service, "the file of a class filter is gone");
    else
        return;
    status_rests_on(f, "%s of class %s", status_or_unknown(list->position),
                    status_or_unknown(list->class_guid));
    if (s)
        status_rests_on(f, "%s is not there", status_or_unknown(s->file ? s->file : s->image));
}

static bool is_in_some_list(const struct facts *f, const char *service)
{
    for (size_t i = 0; i < f->filters.count; i++)
        if (texts_have_nocase(&f->filters.at[i].services, service))
            return true;
    return false;
}

/* xenbus itself puts xenfilt into the lists when its device is added. */
static void rule_filter_missing(struct status_judging *g)
{
    static const char filter[] = "xenfilt";
    const struct facts_device *bus = status_device_of(g->facts, "xenbus");
    if (g->facts->filters_reading != READING_FULL || !bus || bus->started == TRI_NO ||
        (bus->problem.known && bus->problem.value) || !facts_service_named(g->facts, filter) ||
        is_in_some_list(g->facts, filter))
        return;
    struct status_finding *f =
        status_note(g, CODE_FILTER_MISSING, filter, "the filter is in no class's list any more");
    status_rests_on(f, "service %s is there", filter);
    status_rests_on(f, "%s: driver %s", status_or_unknown(bus->instance), bus->service);
}

static void rule_filters(struct status_judging *g)
{
    for (size_t i = 0; i < g->facts->filters.count; i++)
        for (size_t k = 0; k < g->facts->filters.at[i].services.count; k++)
            judge_filter(g, &g->facts->filters.at[i], g->facts->filters.at[i].services.at[k]);
    rule_filter_missing(g);
}

/* --- what has to start at boot ------------------------------------------------------------------
 */

/* The bus drivers and the disk's, which all families have below these names. */
static bool must_start_at_boot(const char *service)
{
    static const char *const names[] = {"xenbus", "xenfilt", "xenvbd", "XenPCI", "xenevtchn"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (text_equal_nocase(service, names[i]))
            return true;
    return false;
}

/* A removal switches the drivers off, and the emulated disk's on, before the restart after which it
 * takes them out. */
static bool is_switched_off(const struct status_judging *g, const struct facts_service *s)
{
    return g->journal->job == JOURNAL_REMOVAL && g->journal->state != JOURNAL_REMOVED &&
           s->start.known && s->start.value == START_DISABLED;
}

/* Installed is what a device is bound to, or a filter's list names. */
static void rule_drivers(struct status_judging *g)
{
    for (size_t i = 0; i < g->facts->services.count; i++) {
        const struct facts_service *s = &g->facts->services.at[i];
        if (!must_start_at_boot(s->name) || starts_at_boot(s) || is_switched_off(g, s) ||
            (!status_device_of(g->facts, s->name) && !is_in_some_list(g->facts, s->name)))
            continue;
        rest_on_start(status_note(g, CODE_DRIVER_NOT_AT_BOOT, s->name,
                                  "a driver that must start at boot does not"),
                      s);
    }
}

static void rule_storage(struct status_judging *g)
{
    struct texts names = {0};
    bootsafe_storage(g->facts, &names);
    for (size_t i = 0; i < names.count && g->installed.count; i++) {
        const struct facts_service *s = facts_service_named(g->facts, names.at[i]);
        if (s && !starts_at_boot(s))
            rest_on_start(status_note(g, CODE_STORAGE_NOT_AT_BOOT, s->name,
                                      "the emulated disk's driver does not start at boot"),
                          s);
    }
    texts_release(&names);
}

/* --- the platform device that the drivers wait for ----------------------------------------------
 */

static bool is_present(const struct facts *f, const char *id)
{
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (d->present != TRI_NO &&
            (text_starts_nocase(d->instance, id) || facts_device_has_id(d, id)))
            return true;
    }
    return false;
}

static void rule_active_device(struct status_judging *g)
{
    static const struct {
        const char *key, *name;
    } values[] = {
        {"HKLM\\SYSTEM\\CurrentControlSet\\Services\\xenfilt\\Parameters", "ActiveDeviceID"},
        {"HKLM\\SYSTEM\\CurrentControlSet\\Services\\xenbus\\Parameters", "ActiveDevice"},
    };
    if (g->facts->devices_reading != READING_FULL || !g->installed.count)
        return;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const struct facts_value *v = facts_value_of(g->facts, values[i].key, values[i].name);
        const char *id = v && v->texts.count ? v->texts.at[0] : NULL;
        if (!id || !text_starts_nocase(id, "PCI\\") || is_present(g->facts, id))
            continue;
        status_rests_on(status_note(g, CODE_ACTIVE_DEVICE_GONE, id,
                                    "the drivers work on a platform device that is not there"),
                        "%s: %s", values[i].key, values[i].name);
    }
}

/* --- how this and the next start go -------------------------------------------------------------
 */

/* Words that leave devices emulated: the releases tell which. */
static bool leaves_emulated(const struct manifest *m, const char *options, const char **word)
{
    static const char *const effects[] = {"NOGPLPV", "NOEJBPV", "XEN:BOOT_EMULATED=TRUE"};
    for (size_t i = 0; i < m->releases.count; i++)
        for (size_t k = 0; k < m->releases.at[i].boot_options.count; k++)
            for (size_t n = 0; n < sizeof effects / sizeof *effects; n++) {
                const char *name = m->releases.at[i].boot_options.at[k].name;
                if (!text_equal_nocase(name, effects[n]))
                    continue;
                for (const char *at = options; *at; at++)
                    if (text_starts_nocase(at, name)) {
                        *word = effects[n];
                        return true;
                    }
            }
    return false;
}

static void rule_start_options(struct status_judging *g)
{
    const char *options = g->facts->windows.start_options, *word;
    if (options && g->installed.count && leaves_emulated(g->manifest, options, &word))
        status_rests_on(status_note(g, CODE_STARTED_EMULATED, word,
                                    "Windows was started so that the disk stays emulated"),
                        "start options:%s", options);
}

static void rule_fallback(struct status_judging *g)
{
    const struct journal *j = g->journal;
    if (j->job != JOURNAL_INSTALLATION || j->state != JOURNAL_INSTALLED)
        return;
    for (size_t i = 0; i < j->steps.count; i++)
        if (j->steps.at[i].kind == STEP_FALLBACK && j->steps.at[i].state == STEP_DONE &&
            !j->boot.no_fallback)
            status_rests_on(status_note(g, CODE_FALLBACK_ENTRY, NULL,
                                        "a boot entry for emulated devices is there"),
                            "it starts Windows with %s", status_or_unknown(j->boot.option));
}

void status_judge_boot(struct status_judging *g)
{
    rule_filters(g);
    rule_drivers(g);
    rule_storage(g);
    rule_active_device(g);
    rule_start_options(g);
    rule_fallback(g);
    if (g->facts->windows.fast_startup == TRI_YES && g->installed.count)
        status_rests_on(status_note(g, CODE_FAST_STARTUP, NULL, "fast startup is on"),
                        "HiberbootEnabled is set");
}
