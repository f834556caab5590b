/* stack: which box a device becomes, of whichever family, and that nothing unread looks good. */
#include "installer/stack.h"

#include "base/mem.h"
#include "installer/stack_svg.h"
#include "tests/unit/check.h"

#define PLATFORM_ID "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01"

static struct facts_device *add_device(struct facts *f, const char *id, const char *service)
{
    struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
    texts_add(&d->hardware_ids, id);
    d->service = mem_strdup(service);
    d->driver_version = mem_strdup(service ? "9.1.0.1" : NULL);
    d->present = TRI_YES;
    d->problem = number_of(0);
    if (service && !facts_service_named(f, service)) {
        struct facts_service *s = shape_list_add(&f->services, sizeof *s);
        s->name = mem_strdup(service);
        s->running = TRI_YES;
    }
    return d;
}

static void fill_xen(struct facts *f)
{
    f->platform.hypervisor = HYPERVISOR_XEN;
    f->platform.xen_major = number_of(4);
    f->platform.xen_minor = number_of(17);
    f->devices_reading = f->services_reading = READING_FULL;
}

/* --- families
 * -------------------------------------------------------------------------------------- */

struct node {
    const char *id, *service;
};

static const struct family_row {
    const char *sentence;
    struct node nodes[7];
    const char *boxes; /* place letters in order: HPBdnoDN */
} families[] = {
    {"the Xen Project's",
     {{PLATFORM_ID, "xenbus"},
      {"XENBUS\\VEN_XP0001&DEV_VIF&REV_0900000B", "xenvif"},
      {"XENBUS\\VEN_XP0001&DEV_VBD&REV_0900000B", "xenvbd"},
      {"XENBUS\\VEN_XP0001&DEV_IFACE&REV_0900000B", "xeniface"},
      {"XENVIF\\VEN_XP0001&DEV_NET&REV_0900000B", "xennet"}},
     "HPBdnnoDN"},
    {"a vendor's",
     {{"PCI\\VEN_5853&DEV_0002", "xenbus"},
      {"XENBUS\\VEN_XN0002&DEV_VBD&REV_09", "xenvbd"},
      {"XENVIF\\VEN_XN0002&DEV_NET&REV_09", "xennet"}},
     "HPBdnDN"},
    {"GPLPV's",
     {{PLATFORM_ID, "XenPCI"}, {"XEN\\VBD", "XenVbd"}, {"XEN\\VIF", "XenNet"}},
     "HPBdnDN"},
    {"Citrix' for XP, whose bus is beside the platform device",
     {{PLATFORM_ID, NULL}, {"ROOT\\XENEVTCHN", "xenevtchn"}, {"XENBUS\\CLASS&VBD", "xenvbd"}},
     "HPBdDN"},
    {"none", {{PLATFORM_ID, NULL}}, "HPBDN"},
    {"emulated devices are no part of it",
     {{PLATFORM_ID, NULL}, {"PCI\\VEN_8086&DEV_7010", "intelide"}, {"PCI\\VEN_10EC", "rtl8139"}},
     "HPBDN"},
};

static void every_family_has_the_same_places(void **state)
{
    (void)state;
    static const struct manifest none;
    for (size_t i = 0; i < COUNT(families); i++) {
        struct facts f = {0};
        struct stack s = {0};
        char boxes[32] = "";
        fill_xen(&f);
        for (const struct node *n = families[i].nodes; n->id; n++)
            add_device(&f, n->id, n->service);
        stack_build(&f, &none, &s);
        assert_true(s.count < sizeof boxes);
        for (size_t k = 0; k < s.count; k++)
            boxes[k] = "HPBdnoDN"[s.at[k].place];
        CHECK_TEXT(families[i].sentence, boxes, families[i].boxes);
        stack_release(&s);
        facts_release(&f);
    }
}

/* --- health
 * ---------------------------------------------------------------------------------------- */

static const struct stack_box *box_at(const struct stack *s, enum stack_place place)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->at[i].place == place)
            return &s->at[i];
    fail_msg("no %s", stack_place_name(place));
    return NULL;
}

static void fill_gplpv(struct facts *f)
{
    fill_xen(f);
    add_device(f, PLATFORM_ID, "XenPCI");
    add_device(f, "XEN\\VBD", "XenVbd");
    add_device(f, "XEN\\VIF", "XenNet");
}

static void restart_needed(struct facts *f)
{
    f->devices.at[1].problem = number_of(14);
}
static void driver_refused(struct facts *f)
{
    f->devices.at[1].problem = number_of(52);
}
static void bus_refused(struct facts *f)
{
    f->devices.at[0].problem = number_of(52);
}
static void state_not_told(struct facts *f)
{
    f->devices.at[1].problem = (struct number){0};
}
static void service_stopped(struct facts *f)
{
    f->services.at[1].running = TRI_NO;
}
static void service_not_told(struct facts *f)
{
    f->services.at[1].running = TRI_UNKNOWN;
}
static void ghost(struct facts *f)
{
    f->devices.at[1].present = TRI_NO;
}
static void unread(struct facts *f)
{
    f->devices_reading = READING_NEEDS_ELEVATION;
    for (size_t i = 0; i < f->devices.count; i++)
        f->devices.at[i].present = TRI_NO;
}
static void emulated_disk(struct facts *f)
{
    struct facts_disk *d = shape_list_add(&f->disks, sizeof *d);
    d->system = TRI_YES;
    d->path = FACTS_DISK_EMULATED;
}
static void pv_disk(struct facts *f)
{
    driver_refused(f);
    emulated_disk(f);
    f->disks.at[0].path = FACTS_DISK_PV;
}
static void network_class_alone(struct facts *f)
{
    f->devices.at[2].present = TRI_NO;
    add_device(f, "XENBUS\\VEN_XP0001&DEV_VIF", "xenvif");
}
static void other_hypervisor(struct facts *f)
{
    f->platform.hypervisor = HYPERVISOR_OTHER;
}
static void nothing(struct facts *f)
{
    (void)f;
}

static const struct {
    const char *sentence;
    void (*change)(struct facts *f);
    enum stack_place place;
    enum stack_health health;
    const char *state;
} healths[] = {
    {"all is well", nothing, STACK_BUS, STACK_GOOD, "running"},
    {"all is well: disk", nothing, STACK_DISK, STACK_GOOD, "on the PV path"},
    {"all is well: network", nothing, STACK_NETWORK, STACK_GOOD, "on the PV path"},
    {"a restart is awaited", restart_needed, STACK_DISK_DRIVER, STACK_WARN,
     "problem 14: needs a restart"},
    {"and so the disk is not there yet", restart_needed, STACK_DISK, STACK_WARN,
     "not on the PV path yet"},
    {"a refused driver is broken", driver_refused, STACK_DISK_DRIVER, STACK_BAD,
     "problem 52: signature refused"},
    {"so is what it leads to", driver_refused, STACK_DISK, STACK_BAD, "not on the PV path"},
    {"and not what it does not lead to", driver_refused, STACK_NETWORK, STACK_GOOD,
     "on the PV path"},
    {"nothing is better than its bus", bus_refused, STACK_NETWORK, STACK_BAD, "not on the PV path"},
    {"a device whose state is not told is not good", state_not_told, STACK_DISK_DRIVER,
     STACK_UNKNOWN, "running; device not known"},
    {"nor is what it leads to", state_not_told, STACK_DISK, STACK_UNKNOWN, "not known"},
    {"a driver that does not run is broken", service_stopped, STACK_DISK_DRIVER, STACK_BAD,
     "not running"},
    {"a driver of which that is not told is unknown", service_not_told, STACK_DISK_DRIVER,
     STACK_UNKNOWN, "state not known"},
    {"a ghost is no device", ghost, STACK_DISK, STACK_WARN, "emulated: no PV device"},
    {"what was not read is not known", unread, STACK_BUS, STACK_UNKNOWN, "could not be read"},
    {"nor the disk", unread, STACK_DISK, STACK_UNKNOWN, "could not be read"},
    {"Windows' own word on the disk counts", emulated_disk, STACK_DISK, STACK_WARN, "emulated"},
    {"also where it is better", pv_disk, STACK_DISK, STACK_GOOD, "on the PV path"},
    {"a network class without adapters is no network", network_class_alone, STACK_NETWORK,
     STACK_UNKNOWN, "no PV adapter reported"},
    {"another hypervisor is not Xen", other_hypervisor, STACK_HYPERVISOR, STACK_BAD,
     "another hypervisor"},
};

static void health_is_what_windows_tells(void **state)
{
    (void)state;
    static const struct manifest none;
    for (size_t i = 0; i < COUNT(healths); i++) {
        struct facts f = {0};
        struct stack s = {0};
        fill_gplpv(&f);
        healths[i].change(&f);
        stack_build(&f, &none, &s);
        const struct stack_box *b = box_at(&s, healths[i].place);
        CHECK_TEXT(healths[i].sentence, b->state, healths[i].state);
        CHECK(healths[i].sentence, b->health == healths[i].health);
        stack_release(&s);
        facts_release(&f);
    }
}

static void zeroed_facts_are_unknown_everywhere(void **state)
{
    (void)state;
    static const struct manifest none;
    static const struct facts nothing_known;
    struct stack s = {0};
    stack_build(&nothing_known, &none, &s);
    for (size_t i = 0; i < s.count; i++)
        CHECK(stack_place_name(s.at[i].place), s.at[i].health == STACK_UNKNOWN);
    stack_release(&s);
}

static void a_device_that_a_release_drives_waits_for_it(void **state)
{
    (void)state;
    struct manifest m = {0};
    struct facts f = {0};
    struct stack s = {0};
    struct manifest_release *r = shape_list_add(&m.releases, sizeof *r);
    struct manifest_driver *d = shape_list_add(&r->drivers, sizeof *d);
    texts_add(&d->hardware_ids, "XEN\\VBD");
    fill_xen(&f);
    add_device(&f, PLATFORM_ID, "XenPCI");
    add_device(&f, "XEN\\VBD", NULL);
    add_device(&f, "XEN\\VFB", NULL);
    stack_build(&f, &m, &s);
    CHECK("no driver, and there is one", box_at(&s, STACK_DISK_DRIVER)->health == STACK_WARN);
    CHECK_TEXT("it is called as its bus calls it", box_at(&s, STACK_DISK_DRIVER)->name, "VBD");
    CHECK("no driver, and none known", box_at(&s, STACK_OTHER_DRIVER)->health == STACK_UNKNOWN);
    stack_release(&s);
    facts_release(&f);
    shape_release(&manifest_shape, &m);
}

static void many_devices_are_counted(void **state)
{
    (void)state;
    static const struct manifest none;
    struct facts f = {0};
    struct stack s = {0};
    fill_xen(&f);
    for (int i = 0; i < 3 * STACK_BOXES_MAX; i++)
        add_device(&f, "XEN\\VIF", "XenNet");
    stack_build(&f, &none, &s);
    assert_int_equal(s.left_out, 2 * STACK_BOXES_MAX);
    stack_release(&s);
    facts_release(&f);
}

/* --- the drawing
 * ----------------------------------------------------------------------------------- */

static void the_drawing_says_it_all_and_runs_nothing(void **state)
{
    (void)state;
    static const struct manifest none;
    struct facts f = {0};
    struct stack s = {0};
    struct text t = {0};
    fill_gplpv(&f);
    add_device(&f, "XEN\\<script>", "</svg><script>");
    bus_refused(&f);
    stack_build(&f, &none, &s);
    stack_svg_add(&t, &s);
    CHECK_HAS("it is one image", text_str(&t), "role=\"img\"");
    CHECK_HAS("with a title", text_str(&t), "<title>Driver stack</title>");
    CHECK_HAS("that describes each box", text_str(&t),
              "bus driver XenPCI, 9.1.0.1: problem 52: signature refused (does not work).");
    CHECK_HAS("its class is its health", text_str(&t), "<g class=\"bad\">");
    CHECK_HAS("which a good one has too", text_str(&t), "<g class=\"good\">");
    CHECK_HAS("what is neither disk nor network stands beside", text_str(&t), "Also on the bus");
    CHECK("a name is no tag", !strstr(text_str(&t), "<script"));
    CHECK("nor the end of the drawing",
          strstr(text_str(&t), "</svg>") + strlen("</svg>\n") == text_str(&t) + t.size);
    text_release(&t);
    stack_release(&s);
    facts_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_family_has_the_same_places),
        cmocka_unit_test(health_is_what_windows_tells),
        cmocka_unit_test(zeroed_facts_are_unknown_everywhere),
        cmocka_unit_test(a_device_that_a_release_drives_waits_for_it),
        cmocka_unit_test(many_devices_are_counted),
        cmocka_unit_test(the_drawing_says_it_all_and_runs_nothing),
    };
    return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
