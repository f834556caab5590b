#include "installer/bootsafe.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/marks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { START_BOOT = 0 };

/* What looks at one machine. */
struct judge {
    const struct facts *f;
    const struct journal *j;
    const struct bootsafe_machine *machine;
    struct bootsafe *out;
};

ERR_PRINTF(4, 5)
static void fault(struct judge *g, const char *code, const char *subject, const char *format, ...)
{
    char message[ERR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    struct bootsafe_finding *to = shape_list_add(&g->out->faults, sizeof *to);
    to->code = code;
    to->subject = mem_strdup(subject);
    to->message = mem_strdup(message);
}

/* --- starting at boot ------------------------------------------------------------------------- */

/* "0=3": in the hardware profile 0 it starts as 3. */
static bool is_override(const char *text)
{
    const char *equals = strchr(text, '=');
    return !equals || strtoul(equals + 1, NULL, 10) != START_BOOT;
}

static const char *override_of(const struct platform_start *s)
{
    for (size_t i = 0; i < s->overrides.count; i++)
        if (is_override(s->overrides.at[i]))
            return s->overrides.at[i];
    return NULL;
}

bool bootsafe_starts_at_boot(const struct platform_start *s)
{
    return s->start == START_BOOT && !override_of(s);
}

/* --- our drivers ------------------------------------------------------------------------------ */

static void judge_service(struct judge *g, const char *name)
{
    struct platform_start s = {0};
    switch (g->machine->service(g->machine->context, name, &s)) {
    case TRI_NO:
        fault(g, BOOTSAFE_SERVICE_MISSING, name, "service '%s' is not there", name);
        return;
    case TRI_UNKNOWN:
        fault(g, BOOTSAFE_SERVICE_UNREAD, name, "how service '%s' starts could not be read", name);
        return;
    case TRI_YES: break;
    }
    if (s.start != START_BOOT)
        fault(g, BOOTSAFE_SERVICE_NOT_BOOT, name, "service '%s' has start type %u, not 0", name,
              (unsigned)s.start);
    else if (override_of(&s))
        fault(g, BOOTSAFE_SERVICE_OVERRIDDEN, name,
              "StartOverride of service '%s' keeps it from starting at boot (%s)", name,
              override_of(&s));
    platform_start_release(&s);
}

static void judge_files(struct judge *g, const struct journal_driver *d)
{
    for (size_t i = 0; i < d->installed.count; i++) {
        const struct journal_file *file = &d->installed.at[i];
        enum tri right = g->machine->has_bytes(g->machine->context, file->path, file->sha256);
        if (right == TRI_NO)
            fault(g, BOOTSAFE_FILE_WRONG, file->path, "'%s' does not hold the verified bytes",
                  file->path);
        else if (right == TRI_UNKNOWN)
            fault(g, BOOTSAFE_FILE_UNREAD, file->path, "'%s' could not be read", file->path);
    }
}

static bool at_boot(const struct journal_service *s)
{
    return s->start.known && s->start.value == START_BOOT;
}

/* A driver that no device has been bound to yet has neither services nor files: Windows makes them
 * with the device. Whether it would load counts for it too. */
static void judge_driver(struct judge *g, const struct journal_driver *d)
{
    bool boots = false;
    for (size_t i = 0; i < d->services.count; i++)
        boots = boots || at_boot(&d->services.at[i]);
    if (!boots)
        return;
    if (d->load != LOAD_LOADS)
        fault(g, BOOTSAFE_NOT_PREDICTED, d->name,
              "it was not shown that this Windows loads '%s', which starts at boot", d->name);
    if (!d->instances.count)
        return;
    for (size_t i = 0; i < d->services.count; i++)
        if (at_boot(&d->services.at[i]))
            judge_service(g, d->services.at[i].name);
    judge_files(g, d);
}

/* --- filters ---------------------------------------------------------------------------------- */

/* A network card whose filter is missing does not work, but Windows starts: only ours count there.
 */
static bool matters(const struct facts_filter *filter, const char *service)
{
    static const char net[] = "{4d36e972-e325-11ce-bfc1-08002be10318}";
    return !text_equal_nocase(filter->class_guid, net) || marks_service(service);
}

static void judge_filter(struct judge *g, const char *name, const char *position, const char *guid)
{
    struct platform_start s = {0};
    enum tri there = g->machine->service(g->machine->context, name, &s);
    platform_start_release(&s);
    if (there == TRI_NO)
        fault(g, BOOTSAFE_FILTER_ORPHAN, name,
              "'%s' stands in the %s of class %s and is no service", name, position, guid);
    else if (there == TRI_UNKNOWN)
        fault(g, BOOTSAFE_FILTER_ORPHAN, name, "'%s' in the %s of class %s could not be looked up",
              name, position, guid);
}

/* Where the lists cannot be read, those that we wrote are known all the same; Windows has started
 * with the others before. */
static void judge_our_filters(struct judge *g)
{
    for (size_t i = 0; i < g->j->drivers.count; i++) {
        const struct journal_driver *d = &g->j->drivers.at[i];
        for (size_t k = 0; d->instances.count && k < d->filters.count; k++)
            judge_filter(g, d->filters.at[k].service, d->filters.at[k].position,
                         d->filters.at[k].class_guid);
    }
}

static void judge_filters(struct judge *g)
{
    if (g->f->filters_reading != READING_FULL) {
        judge_our_filters(g);
        return;
    }
    for (size_t i = 0; i < g->f->filters.count; i++) {
        const struct facts_filter *filter = &g->f->filters.at[i];
        for (size_t k = 0; k < filter->services.count; k++)
            if (matters(filter, filter->services.at[k]))
                judge_filter(g, filter->services.at[k], filter->position, filter->class_guid);
    }
}

/* --- emulated storage ------------------------------------------------------------------------- */

/* The controllers that QEMU shows to an HVM guest (xl.cfg(5): hdtype, and NVMe). An IDE channel is
 * a device of its own: atapi's. */
static const struct {
    const char *id, *also;
} controllers[] = {
    {"PCI\\VEN_8086&DEV_7010", "atapi"}, {"PCI\\VEN_8086&DEV_2922", NULL},
    {"PCI\\VEN_1000&DEV_0012", NULL},    {"PCI\\VEN_1B36&DEV_0010", NULL},
    {"PCI\\VEN_8086&DEV_5845", NULL},
};

static void add_once(struct texts *out, const char *name)
{
    if (name && !texts_have_nocase(out, name))
        texts_add(out, name);
}

void bootsafe_storage(const struct facts *f, struct texts *out)
{
    for (size_t i = 0; i < f->devices.count; i++)
        for (size_t k = 0; k < sizeof controllers / sizeof *controllers; k++) {
            const struct facts_device *d = &f->devices.at[i];
            if (!d->instance || !text_starts_nocase(d->instance, controllers[k].id) || !d->service)
                continue;
            add_once(out, d->service);
            add_once(out, controllers[k].also);
        }
}

static void judge_storage(struct judge *g)
{
    struct texts names = {0};
    bootsafe_storage(g->f, &names);
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.at[i];
        const struct facts_service *known = facts_service_named(g->f, name);
        struct platform_start s = {0};
        enum tri there = g->machine->service(g->machine->context, name, &s);
        if (there == TRI_NO)
            fault(g, BOOTSAFE_STORAGE_MISSING, name,
                  "'%s', which starts the emulated disk, is no service", name);
        else if (there == TRI_UNKNOWN)
            fault(g, BOOTSAFE_STORAGE_UNREAD, name, "how '%s' starts could not be read", name);
        else if (!bootsafe_starts_at_boot(&s))
            fault(g, BOOTSAFE_STORAGE_ASLEEP, name,
                  "'%s', which starts the emulated disk, does not start at boot", name);
        else if (known && known->image_exists == TRI_NO)
            fault(g, BOOTSAFE_STORAGE_FILE, name, "the driver file of '%s' is not there", name);
        platform_start_release(&s);
    }
    texts_release(&names);
}

/* --- all of it -------------------------------------------------------------------------------- */

void bootsafe_judge(const struct facts *f, const struct journal *j,
                    const struct bootsafe_machine *machine, struct bootsafe *out)
{
    struct judge g = {.f = f, .j = j, .machine = machine, .out = out};
    if (f->devices_reading != READING_FULL)
        fault(&g, BOOTSAFE_FACTS_UNREAD, "devices", "the devices could not be read");
    for (size_t i = 0; i < j->drivers.count; i++)
        judge_driver(&g, &j->drivers.at[i]);
    judge_filters(&g);
    judge_storage(&g);
}

void bootsafe_release(struct bootsafe *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->faults.count; i++) {
        mem_free(b->faults.at[i].subject);
        mem_free(b->faults.at[i].message);
    }
    mem_free(b->faults.at);
    memset(b, 0, sizeof *b);
}
