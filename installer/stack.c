#include "installer/stack.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/recognise.h"

#include <string.h>

enum {
    PROBLEM_NONE = 0,
    PROBLEM_NEED_RESTART = 14,
    PROBLEM_FAILED_INSTALL = 28,
    PROBLEM_UNSIGNED = 52
};

const char *stack_place_name(enum stack_place p)
{
    static const char *const names[] = {"hypervisor",  "platform device", "bus driver",
                                        "disk driver", "network driver",  "other driver",
                                        "disk",        "network"};
    return names[p];
}

const char *stack_health_words(enum stack_health h)
{
    static const char *const words[] = {"not known", "does not work", "needs attention", "works"};
    return words[h];
}

static struct stack_box *add_box(struct stack *s, enum stack_place place, enum stack_health health,
                                 const char *name)
{
    s->at = mem_grow(s->at, s->count, &s->room, sizeof *s->at);
    struct stack_box *b = &s->at[s->count++];
    *b = (struct stack_box){.place = place, .health = health, .name = mem_strdup(name)};
    return b;
}

static void set_state(struct stack_box *b, enum stack_health health, const char *state)
{
    b->health = health;
    shape_set_text(&b->state, state);
}

static void add_hypervisor(struct stack *s, const struct facts_platform *p)
{
    struct stack_box *b = add_box(s, STACK_HYPERVISOR, STACK_UNKNOWN, "Xen");
    struct text t = {0};
    if (p->xen_major.known && p->xen_minor.known)
        text_addf(&t, "version %llu.%llu", (unsigned long long)p->xen_major.value,
                  (unsigned long long)p->xen_minor.value);
    if (p->domain_id.known)
        text_addf(&t, "%sdomain %llu", t.size ? ", " : "", (unsigned long long)p->domain_id.value);
    b->detail = t.size ? text_steal(&t) : NULL;
    text_release(&t);
    switch (p->hypervisor) {
    case HYPERVISOR_XEN:
        set_state(b, STACK_GOOD,
                  p->viridian == TRI_YES ? "found behind Hyper-V's interface" : "found");
        return;
    case HYPERVISOR_NONE: set_state(b, STACK_BAD, "no hypervisor"); return;
    case HYPERVISOR_OTHER: set_state(b, STACK_BAD, "another hypervisor"); return;
    case HYPERVISOR_UNKNOWN: break;
    }
    set_state(b, STACK_UNKNOWN, "could not be read");
}

static bool has_id_that_starts(const struct facts_device *d, const char *prefix)
{
    for (size_t i = 0; i < d->hardware_ids.count; i++)
        if (text_starts_nocase(d->hardware_ids.at[i], prefix))
            return true;
    return false;
}

static bool is_platform_device(const struct facts_device *d)
{
    return has_id_that_starts(d, "PCI\\VEN_5853&DEV_0001") ||
           has_id_that_starts(d, "PCI\\VEN_5853&DEV_0002");
}

/* Citrix' drivers for XP have their bus beside the platform device. */
static bool is_root_bus(const struct facts_device *d)
{
    return has_id_that_starts(d, "ROOT\\XENEVTCHN");
}

/* What stands in some hardware id, without case: "VBD". */
static bool has_word(const struct facts_device *d, const char *word)
{
    for (size_t i = 0; i < d->hardware_ids.count; i++)
        for (const char *at = d->hardware_ids.at[i]; *at; at++)
            if (text_starts_nocase(at, word))
                return true;
    return false;
}

/* Which place a device of a Xen bus has; STACK_PLACES: it is none. */
static enum stack_place place_of(const struct facts_device *d)
{
    static const char *const buses[] = {"XENBUS\\", "XEN\\", "XENVIF\\", "XENVKBD\\", "XENCONS\\"};
    bool is_child = false;
    for (size_t i = 0; i < sizeof buses / sizeof *buses; i++)
        is_child = is_child || has_id_that_starts(d, buses[i]);
    if (!is_child)
        return STACK_PLACES;
    if (has_id_that_starts(d, "XENVIF\\") || has_word(d, "VIF"))
        return STACK_NETWORK_DRIVER;
    return has_word(d, "VBD") || has_word(d, "VSCSI") ? STACK_DISK_DRIVER : STACK_OTHER_DRIVER;
}

static void set_problem(struct stack_box *b, uint64_t problem)
{
    struct text t = {0};
    text_addf(&t, "problem %llu%s", (unsigned long long)problem,
              problem == PROBLEM_NEED_RESTART     ? ": needs a restart"
              : problem == PROBLEM_FAILED_INSTALL ? ": no driver"
              : problem == PROBLEM_UNSIGNED       ? ": signature refused"
                                                  : "");
    set_state(b, problem == PROBLEM_NEED_RESTART ? STACK_WARN : STACK_BAD, text_str(&t));
    text_release(&t);
}

static void set_device_state(struct stack_box *b, const struct facts *f, const struct manifest *m,
                             const struct facts_device *d)
{
    const struct facts_service *s = d->service ? facts_service_named(f, d->service) : NULL;
    if (d->problem.known && d->problem.value != PROBLEM_NONE)
        set_problem(b, d->problem.value);
    else if (!d->service && recognise_has_driver(m, d))
        set_state(b, STACK_WARN, "no driver");
    else if (!d->service)
        set_state(b, STACK_UNKNOWN, "no driver, and none known");
    else if (s && s->running == TRI_NO)
        set_state(b, STACK_BAD, "not running");
    else if (!s || s->running == TRI_UNKNOWN)
        set_state(b, STACK_UNKNOWN, "state not known");
    else if (!d->problem.known)
        set_state(b, STACK_UNKNOWN, "running; device not known");
    else
        set_state(b, STACK_GOOD, "running");
}

/* "VBD" of XENBUS\VEN_XP0001&DEV_VBD&REV_0900000B, and of XEN\VBD. */
static char *short_id(const struct facts_device *d)
{
    const char *id = d->hardware_ids.count ? d->hardware_ids.at[0] : d->instance;
    const char *from = id ? strchr(id, '\\') : NULL, *dev = id ? strstr(id, "DEV_") : NULL;
    if (!id)
        return NULL;
    from = dev ? dev + 4 : from ? from + 1 : id;
    return mem_strndup(from, strcspn(from, "&\\"));
}

static void add_device(struct stack *s, enum stack_place place, const struct facts *f,
                       const struct manifest *m, const struct facts_device *d)
{
    char *id = short_id(d);
    struct stack_box *b = add_box(s, place, STACK_UNKNOWN, d->service ? d->service : id);
    if (d->service)
        shape_set_text(&b->detail, d->driver_version ? d->driver_version : "version not known");
    else
        shape_set_text(&b->detail, "device without a driver");
    set_device_state(b, f, m, d);
    mem_free(id);
}

static bool devices_were_read(const struct facts *f)
{
    return f->devices_reading == READING_FULL || f->devices_reading == READING_PARTIAL;
}

/* Of several, the one with a driver. */
static const struct facts_device *find_device(const struct facts *f,
                                              bool (*is)(const struct facts_device *d))
{
    const struct facts_device *first = NULL;
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (d->present != TRI_NO && is(d) && (!first || (!first->service && d->service)))
            first = d;
    }
    return first;
}

static void add_platform_and_bus(struct stack *s, const struct facts *f, const struct manifest *m)
{
    const struct facts_device *platform = find_device(f, is_platform_device),
                              *root = find_device(f, is_root_bus);
    struct stack_box *b = add_box(s, STACK_PLATFORM, STACK_UNKNOWN, "Xen platform device");
    if (platform && platform->hardware_ids.count)
        b->detail = mem_strndup(platform->hardware_ids.at[0], strlen("PCI\\VEN_5853&DEV_0001"));
    if (platform)
        set_state(b, STACK_GOOD, "present");
    else if (devices_were_read(f))
        set_state(b, STACK_BAD, "not present");
    else
        set_state(b, STACK_UNKNOWN, "could not be read");
    const struct facts_device *bus = platform && platform->service ? platform : root;
    if (bus) {
        add_device(s, STACK_BUS, f, m, bus);
        return;
    }
    b = add_box(s, STACK_BUS, STACK_UNKNOWN, "No bus driver");
    if (platform && platform->problem.known && platform->problem.value)
        set_problem(b, platform->problem.value);
    else if (devices_were_read(f))
        set_state(b, STACK_WARN, "not installed");
    else
        set_state(b, STACK_UNKNOWN, "could not be read");
}

static void add_children(struct stack *s, enum stack_place place, const struct facts *f,
                         const struct manifest *m)
{
    size_t count = 0;
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (d->present == TRI_NO || place_of(d) != place)
            continue;
        if (count++ < STACK_BOXES_MAX)
            add_device(s, place, f, m, d);
        else
            s->left_out++;
    }
}

/* The end of a path is as good as the weakest driver that leads to it, the bus too. False: no
 * driver does. */
static bool weakest(const struct stack *s, enum stack_place drivers, enum stack_health *out)
{
    /* from the worst to the best */
    static const int order[] = {
        [STACK_BAD] = 0, [STACK_UNKNOWN] = 1, [STACK_WARN] = 2, [STACK_GOOD] = 3};
    bool any = false;
    *out = STACK_GOOD;
    for (size_t i = 0; i < s->count; i++) {
        any = any || s->at[i].place == drivers;
        if ((s->at[i].place == drivers || s->at[i].place == STACK_BUS) &&
            order[s->at[i].health] < order[*out])
            *out = s->at[i].health;
    }
    return any;
}

/* The Xen Project's network class driver reports adapters of its own; without one there is no
 * network behind it, whatever its driver does. */
static bool lacks_adapter(const struct facts *f)
{
    bool has_class = false, has_adapter = false;
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (d->present == TRI_NO)
            continue;
        has_class = has_class || (has_id_that_starts(d, "XENBUS\\") && has_word(d, "VIF"));
        has_adapter = has_adapter || has_id_that_starts(d, "XENVIF\\");
    }
    return has_class && !has_adapter;
}

/* What Windows tells of the way that its own disk takes outranks what its drivers make likely. */
static bool set_disk_path(struct stack_box *b, const struct facts *f)
{
    const struct facts_disk *d = facts_system_disk(f);
    if (!d || (d->path != FACTS_DISK_PV && d->path != FACTS_DISK_EMULATED))
        return false;
    shape_set_text(&b->detail, d->description);
    if (d->path == FACTS_DISK_PV)
        set_state(b, STACK_GOOD, "on the PV path");
    else
        set_state(b, STACK_WARN, "emulated");
    return true;
}

static void add_end(struct stack *s, enum stack_place drivers, enum stack_place place,
                    const struct facts *f)
{
    enum stack_health health = STACK_UNKNOWN;
    bool disk = place == STACK_DISK;
    struct stack_box *b = add_box(s, place, STACK_UNKNOWN, disk ? "Disk" : "Network");
    if (disk && set_disk_path(b, f))
        return;
    if (!weakest(s, drivers, &health)) {
        if (devices_were_read(f))
            set_state(b, STACK_WARN, "emulated: no PV device");
        else
            set_state(b, STACK_UNKNOWN, "could not be read");
        return;
    }
    if (!disk && health == STACK_GOOD && lacks_adapter(f)) {
        set_state(b, STACK_UNKNOWN, "no PV adapter reported");
        return;
    }
    static const char *const states[] = {[STACK_UNKNOWN] = "not known",
                                         [STACK_BAD] = "not on the PV path",
                                         [STACK_WARN] = "not on the PV path yet",
                                         [STACK_GOOD] = "on the PV path"};
    set_state(b, health, states[health]);
}

static size_t count_networks(const struct facts *f, enum facts_network_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < f->networks.count; i++)
        count += f->networks.at[i].kind == kind && f->networks.at[i].present != TRI_NO;
    return count;
}

/* How many adapters of which kind Windows has, where it told. */
static void count_adapters(struct stack *s, const struct facts *f)
{
    struct stack_box *b = &s->at[s->count - 1];
    size_t pv = count_networks(f, FACTS_NETWORK_PV),
           emulated = count_networks(f, FACTS_NETWORK_EMULATED);
    struct text t = {0};
    if (!pv && !emulated)
        return;
    text_addf(&t, "%zu PV, %zu emulated", pv, emulated);
    b->detail = text_steal(&t);
}

void stack_build(const struct facts *f, const struct manifest *m, struct stack *out)
{
    add_hypervisor(out, &f->platform);
    add_platform_and_bus(out, f, m);
    add_children(out, STACK_DISK_DRIVER, f, m);
    add_children(out, STACK_NETWORK_DRIVER, f, m);
    add_children(out, STACK_OTHER_DRIVER, f, m);
    add_end(out, STACK_DISK_DRIVER, STACK_DISK, f);
    add_end(out, STACK_NETWORK_DRIVER, STACK_NETWORK, f);
    count_adapters(out, f);
}

void stack_release(struct stack *s)
{
    for (size_t i = 0; i < s->count; i++) {
        mem_free(s->at[i].name);
        mem_free(s->at[i].detail);
        mem_free(s->at[i].state);
    }
    mem_free(s->at);
    memset(s, 0, sizeof *s);
}
