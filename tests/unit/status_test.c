/* status: each rule, each word, its exit code; and that nothing unread counts as good. */
#include "installer/status.h"

#include "base/mem.h"
#include "tests/unit/check.h"

enum { NOW = 77 };

/* --- a manifest of three families
 * -------------------------------------------------------------------------------------- */

static void add_family(struct manifest *m, const char *id, const char *provider,
                       const char *compatible)
{
    struct manifest_family *f = shape_list_add(&m->families, sizeof *f);
    f->id = mem_strdup(id);
    f->name = mem_strdup(id);
    f->role = FAMILY_INSTALLABLE;
    texts_add(&f->providers, provider);
    texts_add(&f->services, "xenbus");
    texts_add(&f->services, "xenvif");
    if (compatible)
        texts_add(&f->compatible_with, compatible);
}

static void fill_manifest(struct manifest *m)
{
    add_family(m, "one", "Xen Project", NULL);
    add_family(m, "kin", "Kin of one", "one");
    add_family(m, "foreign", "Somebody else", NULL);
    struct manifest_release *r = shape_list_add(&m->releases, sizeof *r);
    r->id = mem_strdup("one-9");
    r->family = mem_strdup("one");
    struct manifest_driver *d = shape_list_add(&r->drivers, sizeof *d);
    d->name = mem_strdup("xenbus");
    texts_add(&d->hardware_ids, "PCI\\VEN_5853&DEV_0001");
    texts_add(&d->hardware_ids, "XENBUS\\VIF");
}

/* --- a guest on which all is well
 * ----------------------------------------------------------------------------------------- */

struct guest {
    struct facts facts;
    struct journal journal;
};

static struct facts_device *add_device(struct facts *f, const char *id, const char *service)
{
    struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
    d->instance = mem_strdup(id);
    texts_add(&d->hardware_ids, id);
    d->service = mem_strdup(service);
    d->provider = mem_strdup(service ? "Xen Project" : NULL);
    d->present = TRI_YES;
    d->started = TRI_YES;
    d->problem = number_of(0);
    return d;
}

static struct facts_service *add_service(struct facts *f, const char *name, enum tri running)
{
    struct facts_service *s = shape_list_add(&f->services, sizeof *s);
    s->name = mem_strdup(name);
    s->running = running;
    return s;
}

static void fill_guest(struct guest *g)
{
    struct facts *f = &g->facts;
    f->schema = number_of(FACTS_SCHEMA);
    f->platform.hypervisor = HYPERVISOR_XEN;
    f->windows.boot_time = number_of(NOW);
    f->devices_reading = f->services_reading = f->packages_reading = f->filters_reading =
        f->products_reading = READING_FULL;
    add_device(f, "PCI\\VEN_5853&DEV_0001", "xenbus");
    add_device(f, "XENBUS\\VIF", "xenvif");
    add_service(f, "xenbus", TRI_YES);
    add_service(f, "xenvif", TRI_YES);
    g->journal.state = JOURNAL_INSTALLED;
    g->journal.release = mem_strdup("one-9");
}

static void drop_devices(struct guest *g)
{
    struct facts rest = {0};
    rest.devices.at = g->facts.devices.at;
    rest.devices.count = g->facts.devices.count;
    g->facts.devices.at = NULL;
    g->facts.devices.count = 0;
    facts_release(&rest);
}

/* --- what may be otherwise
 * ---------------------------------------------------------------------------------------------------
 */

static void leave(struct guest *g)
{
    (void)g;
}
static void no_hypervisor(struct guest *g)
{
    g->facts.platform.hypervisor = HYPERVISOR_NONE;
}
static void other_hypervisor(struct guest *g)
{
    g->facts.platform.hypervisor = HYPERVISOR_OTHER;
}
static void unknown_hypervisor(struct guest *g)
{
    g->facts.platform.hypervisor = HYPERVISOR_UNKNOWN;
}
static void installing(struct guest *g)
{
    g->journal.state = JOURNAL_INSTALLING;
}
static void reverting(struct guest *g)
{
    g->journal.state = JOURNAL_REVERTING;
}
static void test_signing(struct guest *g)
{
    g->facts.integrity.test_signing = TRI_YES;
}
static void unread_devices(struct guest *g)
{
    g->facts.devices_reading = READING_UNKNOWN;
}
static void needs_elevation(struct guest *g)
{
    g->facts.devices_reading = READING_NEEDS_ELEVATION;
}
static void no_journal(struct guest *g)
{
    g->journal.state = JOURNAL_NONE;
}
static void problem_14(struct guest *g)
{
    g->facts.devices.at[1].problem = number_of(14);
}
static void problem_52(struct guest *g)
{
    g->facts.devices.at[1].problem = number_of(52);
}
static void problem_28(struct guest *g)
{
    g->facts.devices.at[1].problem = number_of(28);
}
static void silent_device(struct guest *g)
{
    g->facts.devices.at[1].problem.known = false;
}
static void stopped_driver(struct guest *g)
{
    g->facts.services.at[1].running = TRI_NO;
}
static void unknown_driver(struct guest *g)
{
    g->facts.services.at[1].running = TRI_UNKNOWN;
}
static void rolled_back(struct guest *g)
{
    g->journal.state = JOURNAL_ROLLED_BACK;
}

static void waits_for_restart(struct guest *g)
{
    g->journal.state = JOURNAL_RESTART_NEEDED;
    g->journal.boot_time = number_of(NOW);
}

static void restarted(struct guest *g)
{
    g->journal.state = JOURNAL_RESTART_NEEDED;
    g->journal.boot_time = number_of(NOW - 1);
}

static void needs_attention(struct guest *g)
{
    g->journal.state = JOURNAL_NEEDS_ATTENTION;
    g->journal.reason = mem_strdup("it would not");
}

static void unbound(struct guest *g)
{
    shape_set_text(&g->facts.devices.at[1].service, NULL);
}

static void unbound_for_nobody(struct guest *g)
{
    add_device(&g->facts, "XENBUS\\CONSOLE", NULL);
}

static void ghost(struct guest *g)
{
    struct facts_device *d = add_device(&g->facts, "XENBUS\\VIF", "xenvif");
    d->present = TRI_NO;
    d->problem = number_of(45);
}

static void emulated_problem(struct guest *g)
{
    add_device(&g->facts, "PCI\\VEN_8086&DEV_7010", "intelide")->problem = number_of(10);
}

static void no_devices(struct guest *g)
{
    drop_devices(g);
    struct facts_product *p = shape_list_add(&g->facts.products, sizeof *p);
    p->name = mem_strdup("Xen");
    struct facts_package *k = shape_list_add(&g->facts.packages, sizeof *k);
    k->inf = mem_strdup("oem1.inf");
    k->provider = mem_strdup("Xen Project");
}

static void no_drivers(struct guest *g)
{
    for (size_t i = 0; i < g->facts.devices.count; i++) {
        shape_set_text(&g->facts.devices.at[i].service, NULL);
        shape_set_text(&g->facts.devices.at[i].provider, NULL);
        g->facts.devices.at[i].problem = number_of(28);
    }
    g->journal.state = JOURNAL_NONE;
}

static void add_package_of(struct guest *g, const char *provider)
{
    struct facts_package *k = shape_list_add(&g->facts.packages, sizeof *k);
    k->inf = mem_strdup("oem9.inf");
    k->provider = mem_strdup(provider);
}

static void kin_too(struct guest *g)
{
    add_package_of(g, "Kin of one");
}
static void foreign_too(struct guest *g)
{
    add_package_of(g, "Somebody else");
}

static void all_three(struct guest *g)
{
    kin_too(g);
    foreign_too(g);
}

static void add_filter(struct guest *g, const char *service)
{
    struct facts_filter *f = shape_list_add(&g->facts.filters, sizeof *f);
    f->class_guid = mem_strdup("{1}");
    f->position = mem_strdup("UpperFilters");
    texts_add(&f->services, service);
}

static void orphan_filter(struct guest *g)
{
    add_filter(g, "XENFILT");
}
static void others_filter(struct guest *g)
{
    add_filter(g, "partmgr");
}

static void served_filter(struct guest *g)
{
    add_filter(g, "xenfilt");
    add_service(&g->facts, "XenFilt", TRI_YES);
}

static void orphan_unread(struct guest *g)
{
    add_filter(g, "xenfilt");
    g->facts.services_reading = READING_PARTIAL;
}

static void add_helper(struct guest *g, enum tri running)
{
    struct journal_helper *h = shape_list_add(&g->journal.helpers, sizeof *h);
    h->service = mem_strdup("ShutdownMon");
    add_service(&g->facts, "ShutdownMon", running);
}

static void helper_runs(struct guest *g)
{
    add_helper(g, TRI_YES);
}
static void helper_stopped(struct guest *g)
{
    add_helper(g, TRI_NO);
}
static void helper_unknown(struct guest *g)
{
    add_helper(g, TRI_UNKNOWN);
}

struct row {
    const char *sentence;
    void (*change)(struct guest *g);
    enum status_word word;
    int exit;
    const char *code; /* of a finding; NULL: there is none at all */
};

static const struct row rows[] = {
    {"all is well", leave, STATUS_WORKING, 0, NULL},
    {"all is well without a journal: somebody else installed", no_journal, STATUS_WORKING, 0, NULL},
    {"no hypervisor", no_hypervisor, STATUS_NOT_XEN, 3, "not-xen"},
    {"another hypervisor", other_hypervisor, STATUS_NOT_XEN, 3, "not-xen"},
    {"the hypervisor could not be read", unknown_hypervisor, STATUS_UNKNOWN, 6, "platform-unknown"},
    {"an installation under way", installing, STATUS_BROKEN, 6, "interrupted"},
    {"an undo under way", reverting, STATUS_BROKEN, 6, "interrupted"},
    {"before the restart", waits_for_restart, STATUS_NEEDS_RESTART, 3010, "restart-needed"},
    {"after it, before it was confirmed", restarted, STATUS_WORKING_WITH_WARNINGS, 0,
     "not-confirmed"},
    {"an installation that a person has to look at", needs_attention, STATUS_DEGRADED, 6,
     "needs-attention"},
    {"drivers that work, and an update that was rolled back", rolled_back,
     STATUS_WORKING_WITH_WARNINGS, 0, "rolled-back"},
    {"test signing", test_signing, STATUS_WORKING_WITH_WARNINGS, 0, "test-signing-on"},
    {"devices that could not be read", unread_devices, STATUS_UNKNOWN, 6, "devices-unread"},
    {"devices that need an administrator", needs_elevation, STATUS_UNKNOWN, 6, "devices-unread"},
    {"a device that waits for a restart", problem_14, STATUS_NEEDS_RESTART, 3010,
     "device-needs-restart"},
    {"a device whose signature is refused", problem_52, STATUS_DEGRADED, 6, "device-problem"},
    {"a device without a driver, by its problem", problem_28, STATUS_DEGRADED, 6, "device-problem"},
    {"a device that tells no state", silent_device, STATUS_WORKING_WITH_WARNINGS, 0,
     "device-status-unknown"},
    {"a device that no driver is bound to", unbound, STATUS_DEGRADED, 6, "device-without-driver"},
    {"one that we have no driver for", unbound_for_nobody, STATUS_WORKING, 0, "device-not-needed"},
    {"a ghost is nobody's trouble", ghost, STATUS_WORKING, 0, NULL},
    {"nor is an emulated device", emulated_problem, STATUS_WORKING, 0, NULL},
    {"drivers and no device", no_devices, STATUS_DEGRADED, 6, "no-xen-device"},
    {"no drivers", no_drivers, STATUS_NOT_INSTALLED, 6, "no-pv-drivers"},
    {"a driver that does not run", stopped_driver, STATUS_DEGRADED, 6, "driver-not-running"},
    {"a driver of which that is not known", unknown_driver, STATUS_WORKING_WITH_WARNINGS, 0,
     "driver-state-unknown"},
    {"two families that go together", kin_too, STATUS_WORKING, 0, NULL},
    {"two that do not", foreign_too, STATUS_BROKEN, 6, "mixed-families"},
    {"three, of which two go together", all_three, STATUS_BROKEN, 6, "mixed-families"},
    {"a filter without its service", orphan_filter, STATUS_BROKEN, 6, "orphan-filter"},
    {"a filter with it", served_filter, STATUS_WORKING, 0, NULL},
    {"somebody else's filter", others_filter, STATUS_WORKING, 0, NULL},
    {"services that were not all read prove no orphan", orphan_unread, STATUS_WORKING, 0, NULL},
    {"a helper that runs", helper_runs, STATUS_WORKING, 0, NULL},
    {"one that does not", helper_stopped, STATUS_WORKING_WITH_WARNINGS, 0, "helper-not-running"},
    {"one of which that is not known", helper_unknown, STATUS_WORKING_WITH_WARNINGS, 0,
     "helper-not-running"},
};

static bool has_finding(const struct status *s, const char *code)
{
    for (size_t i = 0; i < s->findings.count; i++)
        if (strcmp(s->findings.at[i].code, code) == 0)
            return *s->findings.at[i].message != '\0';
    return false;
}

static void each_rule(void **state)
{
    (void)state;
    struct manifest m = {0};
    fill_manifest(&m);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        struct guest g = {0};
        struct status s = {0};
        fill_guest(&g);
        r->change(&g);
        status_judge(&g.facts, &g.journal, &m, &s);
        if (s.word != r->word)
            fail_msg("%s: '%s', not '%s'; %zu findings, the first '%s'", r->sentence,
                     status_word_name(s.word), status_word_name(r->word), s.findings.count,
                     s.findings.count ? s.findings.at[0].message : "");
        assert_int_equal(status_exit_code(s.word), r->exit);
        if (r->code ? !has_finding(&s, r->code) : s.findings.count > 0)
            fail_msg("%s: %s '%s'", r->sentence, r->code ? "no finding" : "a finding",
                     r->code ? r->code : s.findings.at[0].code);
        status_release(&s);
        facts_release(&g.facts);
        journal_release(&g.journal);
    }
    manifest_release_all(&m);
}

/* Two of them at once: the worse one is the word. */
static void the_worst_is_the_word(void **state)
{
    (void)state;
    struct manifest m = {0};
    struct guest g = {0};
    struct status s = {0};
    fill_manifest(&m);
    fill_guest(&g);
    problem_14(&g);
    orphan_filter(&g);
    test_signing(&g);
    status_judge(&g.facts, &g.journal, &m, &s);
    assert_int_equal(s.word, STATUS_BROKEN);
    assert_true(has_finding(&s, "device-needs-restart") && has_finding(&s, "orphan-filter") &&
                has_finding(&s, "test-signing-on"));
    status_release(&s);
    facts_release(&g.facts);
    journal_release(&g.journal);
    manifest_release_all(&m);
}

static void each_word_has_a_name_and_a_code(void **state)
{
    (void)state;
    for (int w = STATUS_UNKNOWN; w <= STATUS_WORKING; w++) {
        assert_non_null(status_word_name((enum status_word)w));
        for (int v = STATUS_UNKNOWN; v < w; v++)
            assert_string_not_equal(status_word_name((enum status_word)w),
                                    status_word_name((enum status_word)v));
    }
    assert_int_equal(status_exit_code(STATUS_UNSUPPORTED), EXIT_CODE_NO_SOURCE);
    assert_int_equal(status_exit_code(STATUS_UNKNOWN), EXIT_CODE_NEEDS_ATTENTION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule),
        cmocka_unit_test(the_worst_is_the_word),
        cmocka_unit_test(each_word_has_a_name_and_a_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
