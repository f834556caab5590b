/*
 * bootsafe: a machine on which all is well, and each fault once.
 */
#include "installer/bootsafe.h"

#include "base/mem.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HDC "{4d36e96a-e325-11ce-bfc1-08002be10318}"
#define NET "{4d36e972-e325-11ce-bfc1-08002be10318}"
#define IDE "PCI\\VEN_8086&DEV_7010&SUBSYS_11001AF4&REV_00\\3&267A616A&0&09"
#define FILE_PATH "C:\\Windows\\System32\\drivers\\xenbus.sys"

enum { SERVICES = 6 };

struct fake_service {
    const char *name;
    enum tri there;
    uint32_t start;
    const char *override;
};

/* What a row makes of the sound machine. */
struct world {
    struct facts facts;
    struct journal journal;
    struct fake_service services[SERVICES];
    enum tri file;
};

static enum tri service(void *context, const char *name, struct platform_start *out)
{
    const struct world *w = context;
    for (size_t i = 0; i < SERVICES; i++) {
        const struct fake_service *s = &w->services[i];
        if (!s->name || !text_equal_nocase(s->name, name))
            continue;
        if (s->there == TRI_YES) {
            out->start = s->start;
            if (s->override)
                texts_add(&out->overrides, s->override);
        }
        return s->there;
    }
    return TRI_NO;
}

static enum tri has_bytes(void *context, const char *path, const char *sha256)
{
    assert_string_equal(path, FILE_PATH);
    assert_string_equal(sha256, "abcd");
    return ((const struct world *)context)->file;
}

static void add_device(struct world *w, const char *instance, const char *name)
{
    struct facts_device *d = shape_list_add(&w->facts.devices, sizeof *d);
    d->instance = mem_strdup(instance);
    d->service = mem_strdup(name);
}

static void add_filter(struct world *w, const char *guid, const char *name)
{
    struct facts_filter *f = shape_list_add(&w->facts.filters, sizeof *f);
    f->class_guid = mem_strdup(guid);
    f->position = mem_strdup("UpperFilters");
    texts_add(&f->services, name);
}

static struct journal_driver *add_driver(struct world *w, const char *name, uint64_t start)
{
    struct journal_driver *d = shape_list_add(&w->journal.drivers, sizeof *d);
    struct journal_service *s = shape_list_add(&d->services, sizeof *s);
    d->name = mem_strdup(name);
    d->load = LOAD_LOADS;
    s->name = mem_strdup(name);
    s->start = number_of(start);
    return d;
}

static void make_sound(struct world *w)
{
    static const struct fake_service sound[SERVICES] = {
        {"xenbus", TRI_YES, 0, NULL}, {"xenfilt", TRI_YES, 0, NULL}, {"intelide", TRI_YES, 0, NULL},
        {"atapi", TRI_YES, 0, "0=0"}, {"partmgr", TRI_YES, 0, NULL},
    };
    *w = (struct world){.file = TRI_YES};
    memcpy(w->services, sound, sizeof sound);
    w->facts.devices_reading = w->facts.filters_reading = READING_FULL;
    add_device(w, "PCI\\VEN_5853&DEV_0001\\0", "xenbus");
    add_device(w, IDE, "intelide");
    add_device(w, "PCI\\VEN_8086&DEV_100E\\0", "e1000"); /* no storage: never asked for */
    add_filter(w, HDC, "xenfilt");
    add_filter(w, HDC, "partmgr");
    struct journal_driver *bus = add_driver(w, "xenbus", 0);
    texts_add(&bus->instances, "PCI\\VEN_5853&DEV_0001\\0");
    struct journal_file *file = shape_list_add(&bus->installed, sizeof *file);
    file->path = mem_strdup(FILE_PATH);
    file->sha256 = mem_strdup("abcd");
    add_driver(w, "xenvbd", 0)->load = LOAD_LOADS; /* its device comes with the restart */
    add_driver(w, "xennet", 3)->load = LOAD_UNKNOWN;
}

static void release(struct world *w)
{
    facts_release(&w->facts);
    journal_release(&w->journal);
}

static struct fake_service *named(struct world *w, const char *name)
{
    for (size_t i = 0; i < SERVICES; i++)
        if (w->services[i].name && strcmp(w->services[i].name, name) == 0)
            return &w->services[i];
    fail_msg("no '%s'", name);
    return NULL;
}

static void bus_missing(struct world *w)
{
    named(w, "xenbus")->there = TRI_NO;
}
static void bus_unread(struct world *w)
{
    named(w, "xenbus")->there = TRI_UNKNOWN;
}
static void bus_demand(struct world *w)
{
    named(w, "xenbus")->start = 3;
}
static void bus_override(struct world *w)
{
    named(w, "xenbus")->override = "0=3";
}
static void bus_override_odd(struct world *w)
{
    named(w, "xenbus")->override = "rubbish";
}
static void file_wrong(struct world *w)
{
    w->file = TRI_NO;
}
static void file_unread(struct world *w)
{
    w->file = TRI_UNKNOWN;
}
static void bus_refused(struct world *w)
{
    w->journal.drivers.at[0].load = LOAD_REFUSED;
}
static void disk_unknown(struct world *w)
{
    w->journal.drivers.at[1].load = LOAD_UNKNOWN;
}
static void filter_orphan(struct world *w)
{
    named(w, "xenfilt")->there = TRI_NO;
}
static void filter_others(struct world *w)
{
    named(w, "partmgr")->there = TRI_NO;
}
static void filter_unread(struct world *w)
{
    named(w, "partmgr")->there = TRI_UNKNOWN;
}
static void filter_net_xen(struct world *w)
{
    add_filter(w, NET, "xennet_filter");
}
static void ide_missing(struct world *w)
{
    named(w, "intelide")->there = TRI_NO;
}
static void ide_unread(struct world *w)
{
    named(w, "intelide")->there = TRI_UNKNOWN;
}
static void ide_demand(struct world *w)
{
    named(w, "intelide")->start = 3;
}
static void ide_override(struct world *w)
{
    named(w, "intelide")->override = "0=3";
}
static void channel_asleep(struct world *w)
{
    named(w, "atapi")->override = "0=3";
}
static void devices_unread(struct world *w)
{
    w->facts.devices_reading = READING_PARTIAL;
}

/* The lists are out of sight, but what we wrote into one is known. */
static void filters_unread(struct world *w)
{
    struct journal_filter *f = shape_list_add(&w->journal.drivers.at[0].filters, sizeof *f);
    f->class_guid = mem_strdup(HDC);
    f->position = mem_strdup("UpperFilters");
    f->service = mem_strdup("xenfilt");
    named(w, "xenfilt")->there = TRI_NO;
    w->facts.filters_reading = READING_NEEDS_ELEVATION;
}

static void ide_file_missing(struct world *w)
{
    struct facts_service *s = shape_list_add(&w->facts.services, sizeof *s);
    s->name = mem_strdup("IntelIde");
    s->image_exists = TRI_NO;
}

struct fault_row {
    const char *sentence;
    void (*make)(struct world *w);
    const char *code, *subject;
};

static const struct fault_row rows[] = {
    {"a service of ours is gone", bus_missing, BOOTSAFE_SERVICE_MISSING, "xenbus"},
    {"a service of ours cannot be asked for", bus_unread, BOOTSAFE_SERVICE_UNREAD, "xenbus"},
    {"it starts on demand", bus_demand, BOOTSAFE_SERVICE_NOT_BOOT, "xenbus"},
    {"an override keeps it from starting", bus_override, BOOTSAFE_SERVICE_OVERRIDDEN, "xenbus"},
    {"an override that cannot be read as one", bus_override_odd, BOOTSAFE_SERVICE_OVERRIDDEN,
     "xenbus"},
    {"its file has other bytes", file_wrong, BOOTSAFE_FILE_WRONG, FILE_PATH},
    {"its file cannot be read", file_unread, BOOTSAFE_FILE_UNREAD, FILE_PATH},
    {"Windows would refuse it", bus_refused, BOOTSAFE_NOT_PREDICTED, "xenbus"},
    {"nobody knows of the disk's driver, which comes later", disk_unknown, BOOTSAFE_NOT_PREDICTED,
     "xenvbd"},
    {"our filter names no service", filter_orphan, BOOTSAFE_FILTER_ORPHAN, "xenfilt"},
    {"somebody else's filter of disks names none", filter_others, BOOTSAFE_FILTER_ORPHAN,
     "partmgr"},
    {"a filter's service cannot be asked for", filter_unread, BOOTSAFE_FILTER_ORPHAN, "partmgr"},
    {"our filter of network cards names none", filter_net_xen, BOOTSAFE_FILTER_ORPHAN,
     "xennet_filter"},
    {"the emulated disk's driver is gone", ide_missing, BOOTSAFE_STORAGE_MISSING, "intelide"},
    {"it cannot be asked for", ide_unread, BOOTSAFE_STORAGE_UNREAD, "intelide"},
    {"it starts on demand", ide_demand, BOOTSAFE_STORAGE_ASLEEP, "intelide"},
    {"Windows has put it to sleep", ide_override, BOOTSAFE_STORAGE_ASLEEP, "intelide"},
    {"the driver of IDE channels sleeps", channel_asleep, BOOTSAFE_STORAGE_ASLEEP, "atapi"},
    {"its file is gone", ide_file_missing, BOOTSAFE_STORAGE_FILE, "intelide"},
    {"devices could not be read", devices_unread, BOOTSAFE_FACTS_UNREAD, "devices"},
    {"filters could not be read, and ours names no service", filters_unread, BOOTSAFE_FILTER_ORPHAN,
     "xenfilt"},
};

static struct bootsafe judged(struct world *w)
{
    const struct bootsafe_machine machine = {service, has_bytes, w};
    struct bootsafe b = {0};
    bootsafe_judge(&w->facts, &w->journal, &machine, &b);
    return b;
}

static void each_fault_is_found_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        make_sound(&w);
        rows[i].make(&w);
        struct bootsafe b = judged(&w);
        if (b.faults.count != 1)
            fail_msg("%s: %zu faults", rows[i].sentence, b.faults.count);
        const struct bootsafe_finding *f = &b.faults.at[0];
        if (strcmp(f->code, rows[i].code) != 0 || strcmp(f->subject, rows[i].subject) != 0 ||
            !strstr(f->message, rows[i].subject))
            fail_msg("%s: %s '%s': %s", rows[i].sentence, f->code, f->subject, f->message);
        bootsafe_release(&b);
        release(&w);
    }
}

static void a_sound_machine_has_none(void **state)
{
    struct world w;
    (void)state;
    make_sound(&w);
    add_filter(&w, NET, "somebody_gone"); /* his network card fails, Windows starts */
    struct bootsafe b = judged(&w);
    if (b.faults.count)
        fail_msg("%s", b.faults.at[0].message);
    release(&w);
}

/* Unplugged controllers are ghosts, and what the machine falls back to. */
static void names_the_storage_that_may_be_needed(void **state)
{
    struct facts f = {0};
    struct texts names = {0};
    struct world w = {.facts = f};
    (void)state;
    add_device(&w, IDE, "intelide");
    w.facts.devices.at[0].present = TRI_NO;
    add_device(&w, "pci\\ven_8086&dev_2922\\1", "storahci");
    add_device(&w, "PCI\\VEN_1B36&DEV_0010\\1", "stornvme");
    add_device(&w, "PCI\\VEN_1B36&DEV_0010\\2", "STORNVME");
    add_device(&w, "PCI\\VEN_1000&DEV_0012\\2", NULL);
    add_device(&w, "PCI\\VEN_10EC&DEV_8139\\2", "rtl8139");
    bootsafe_storage(&w.facts, &names);
    assert_int_equal(names.count, 4);
    assert_string_equal(names.at[0], "intelide");
    assert_string_equal(names.at[1], "atapi");
    assert_string_equal(names.at[2], "storahci");
    assert_string_equal(names.at[3], "stornvme");
    texts_release(&names);
    release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_found_alone),
        cmocka_unit_test(a_sound_machine_has_none),
        cmocka_unit_test(names_the_storage_that_may_be_needed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
