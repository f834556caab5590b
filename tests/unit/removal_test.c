/*
 * removal: drivers of two families on a machine in memory, with a disk that it starts from. Each
 * call that a removal makes is refused, done by half, done and denied, or the last one before the
 * power goes; each success is a lie once. The next runs come to the end, nothing of a running
 * driver is taken away, and in between there is never a machine that cannot start.
 */
#include "tests/unit/build_publisher.h"
#include "tests/unit/fake_machine.h"
#include "tests/unit/quiet.h"

#include "installer/plan_boot.h"
#include "installer/removal.h"
#include "verifier/digest.h"

#define SYSTEM_CLASS "{4d36e97d-e325-11ce-bfc1-08002be10318}"
#define DISK_CLASS "{4d36e96a-e325-11ce-bfc1-08002be10318}"
#define NET_CLASS "{4d36e972-e325-11ce-bfc1-08002be10318}"
#define BUS_ID "PCI\\VEN_5853&DEV_0001"
#define BUS BUS_ID "\\3&13C0B0C5&0&18"
#define HELPER_FOLDER MACHINE_PROGRAMS "\\Xen PV Drivers\\bin"
#define HELPER_PATH HELPER_FOLDER "\\shutdownmon.exe"
#define PRODUCT_A "{11111111-2222-3333-4444-555555555555}"
#define PRODUCT_B "{66666666-7777-8888-9999-AAAAAAAAAAAA}"
#define NIC "PCI\\VEN_10EC&DEV_8139\\3&267A616A&0&20"
#define NIC_MAC "00:16:3e:00:00:0a"
#define STORE MACHINE_STATE "\\packages\\9\\"

enum { RUNS_MAX = 8, DRIVERS_MAX = 4 };

/* --- families --------------------------------------------------------------------------------- */

/* A driver in a package, and a filter that it puts itself into while it runs. */
struct family {
    const char *sentence, *id, *provider, *instances[DRIVERS_MAX];
    const char *adapter; /* instance of the PV one */
    const struct machine_driver *drivers;
    size_t count;
    struct machine_disk disk;
    void (*finish)(struct machine *m);
};

static const struct machine_driver xen[] = {
    {.content = "inf of xenbus",
     .original = "xenbus.inf",
     .id = BUS_ID,
     .service = "xenbus",
     .file = "xenbus.sys",
     .bytes = "xenbus 9",
     .child_id = "XENBUS\\VBD",
     .children = {"XENBUS\\VIF\\0", "XENBUS\\VBD\\0", "XENBUS\\CONS\\0"}},
    {.content = "inf of xenvif",
     .original = "xenvif.inf",
     .id = "XENBUS\\VIF",
     .service = "xenvif",
     .start = 3,
     .file = "xenvif.sys",
     .bytes = "xenvif 9",
     .child_id = "XENVIF\\NET",
     .children = {"XENVIF\\NET\\0"}},
    {.content = "inf of xenvbd",
     .original = "xenvbd.inf",
     .id = "XENBUS\\VBD",
     .service = "xenvbd",
     .file = "xenvbd.sys",
     .bytes = "xenvbd 9"},
    {.content = "inf of xennet",
     .original = "xennet.inf",
     .id = "XENVIF\\NET",
     .service = "xennet",
     .start = 3,
     .file = "xennet.sys",
     .bytes = "xennet 9"},
};

static const struct machine_driver gplpv[] = {
    {.content = "inf of xenpci",
     .original = "xenpci.inf",
     .id = BUS_ID,
     .service = "XenPCI",
     .file = "xenpci.sys",
     .bytes = "xenpci 373",
     .child_id = "XEN\\VBD",
     .filter_class = DISK_CLASS,
     .filter = "XenPCI",
     .children = {"XEN\\VBD\\0", "XEN\\VIF\\0"}},
    {.content = "inf of xenvbd",
     .original = "xenvbd.inf",
     .id = "XEN\\VBD",
     .service = "XenVbd",
     .file = "xenvbd.sys",
     .bytes = "xenvbd 373"},
    {.content = "inf of xennet",
     .original = "xennet.inf",
     .id = "XEN\\VIF",
     .service = "XenNet",
     .start = 3,
     .file = "xennet.sys",
     .bytes = "xennet 373"},
};

/* xenfilt is in no device, and gets into the filters by the driver that runs. */
static void finish_xen(struct machine *m)
{
    machine_put(m, MACHINE_DRIVERS "\\xenfilt.sys", span_text("xenfilt 9"));
    machine_put_service(m, "xenfilt", 0, MACHINE_DRIVERS "\\xenfilt.sys");
    machine_put_filter(m, SYSTEM_CLASS, "xenfilt");
    machine_put_filter(m, DISK_CLASS, "xenfilt");
    machine_copy(m->keys[0], sizeof m->keys[0], "XEN\\Unplug");
    machine_copy(m->keys[1], sizeof m->keys[1], "XEN");
    machine_put_node(m, "XENBUS\\CONS\\0", "XENBUS\\CONS");
}

/* Two products side by side, a helper, a filter in a second class. */
static void finish_gplpv(struct machine *m)
{
    machine_put_filter(m, NET_CLASS, "XenPCI");
    machine_put_folder(m, HELPER_FOLDER);
    machine_put(m, HELPER_PATH, span_text("shutdownmon"));
    machine_put_service(m, "ShutdownMon", 2, "\"" HELPER_PATH "\"");
    m->products[0] = (struct machine_product){PRODUCT_A, "GPL PV Drivers for Windows"};
    m->products[1] = (struct machine_product){PRODUCT_B, "GPL PV Drivers for Windows"};
    m->product_count = 2;
}

static const struct family families[] = {
    {"Xen Project",
     "xenproject",
     "Xen Project",
     {BUS, "XENBUS\\VIF\\0", "XENBUS\\VBD\\0", "XENVIF\\NET\\0"},
     "XENVIF\\NET\\0",
     xen,
     sizeof xen / sizeof *xen,
     {"atapi", "xenbus", "xenvbd", "XEN\\Unplug", "xenfilt"},
     finish_xen},
    {"GPLPV",
     "gplpv",
     "Xen GPL PV Driver Developers",
     {BUS, "XEN\\VBD\\0", "XEN\\VIF\\0"},
     "XEN\\VIF\\0",
     gplpv,
     sizeof gplpv / sizeof *gplpv,
     {"atapi", "XenPCI", "XenVbd", NULL, NULL},
     finish_gplpv},
};

enum { FAMILIES = sizeof families / sizeof *families };

/* --- a machine -------------------------------------------------------------------------------- */

static struct manifest manifest;

static void set_address(struct machine_adapter *a, const char *dhcp, const char *address)
{
    a->known = true;
    machine_set(a, "EnableDHCP", dhcp);
    machine_unset(a, "IPAddress");
    machine_unset(a, "NameServer");
    if (*address) {
        machine_set(a, "IPAddress", address);
        machine_set(a, "NameServer", "192.0.2.2");
    }
}

static void start_bare(struct machine *m, const struct family *f)
{
    machine_init(m, f->drivers, f->count);
    machine_put_node(m, BUS, BUS_ID);
    machine_put_filter(m, SYSTEM_CLASS, "partmgr");
    machine_put_filter(m, DISK_CLASS, "backup");
    machine_put_service(m, "partmgr", 0, "partmgr.sys");
    machine_put_service(m, "backup", 0, "backup.sys");
    machine_put_service(m, "atapi", 0, "atapi.sys");
    machine_put_service(m, "storahci", 0, "storahci.sys");
    machine_put(m, MACHINE_INF "\\oem0.inf", span_text("inf of somebody else"));
    machine_copy(m->publishers[0], sizeof m->publishers[0], "somebody");
    set_address(machine_put_adapter(m, NIC, NIC_MAC), "0", "192.0.2.5");
    m->disk = f->disk;
    m->provider = f->provider;
}

static void add_journal_file(void *list, const char *path, const char *content)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    struct digest d = digest_one(DIGEST_SHA256, span_text(content));
    digest_hex(&d, hex);
    struct journal_file *f = shape_list_add(list, sizeof *f);
    *f = (struct journal_file){.path = mem_strdup(path), .sha256 = mem_strdup(hex)};
    f->existed = TRI_NO;
}

static void add_journal_driver(struct journal *j, const struct machine_driver *from)
{
    struct journal_driver *d = shape_list_add(&j->drivers, sizeof *d);
    struct text t = {0};
    d->name = mem_strdup(from->service);
    d->inf = mem_strdup(from->original);
    text_addf(&t, STORE "%s", from->service);
    d->folder = text_steal(&t);
    text_addf(&t, MACHINE_DRIVERS "\\%s", from->file);
    add_journal_file(&d->installed, text_str(&t), from->bytes);
    text_release(&t);
    if (strcmp(from->service, "xenbus") == 0)
        add_journal_file(&d->installed, MACHINE_DRIVERS "\\xenfilt.sys", "xenfilt 9");
}

/* As install left it. */
static void write_journal(struct machine *m, const struct family *f)
{
    struct platform p = machine_platform(m);
    struct journal j = {.schema = number_of(JOURNAL_SCHEMA), .state = JOURNAL_INSTALLED};
    struct err e = {0};
    j.family = mem_strdup(f->id);
    for (size_t i = 0; i < f->count; i++)
        add_journal_driver(&j, &f->drivers[i]);
    if (machine_service_named(m, "ShutdownMon")) {
        struct {
            struct journal_file *at;
            size_t count;
        } one = {0};
        add_journal_file(&one, HELPER_PATH, "shutdownmon");
        struct journal_helper *h = shape_list_add(&j.helpers, sizeof *h);
        h->service = mem_strdup("ShutdownMon");
        h->folder = mem_strdup(HELPER_FOLDER);
        h->file = *one.at;
        texts_add(&h->new_folders, HELPER_FOLDER);
        texts_add(&h->new_folders, MACHINE_PROGRAMS "\\Xen PV Drivers");
        mem_free(one.at);
    }
    build_publisher(&j, "signer")->existed = TRI_NO;
    build_publisher(&j, "somebody")->existed = TRI_YES;
    machine_copy(m->publishers[1], sizeof m->publishers[1], "signer");
    assert_true(transaction_save(&p, &j, &e));
    journal_release(&j);
}

/* The PV one has the address, and the emulated one has let go of it. */
static void move_address(struct machine *m, const struct family *f)
{
    set_address(&m->adapters[0], "1", "");
    set_address(machine_put_adapter(m, f->adapter, NIC_MAC), "0", "192.0.2.5");
}

/* Installed, restarted, in use; the emulated disk's driver put to sleep by Windows meanwhile. */
static void start_installed(struct machine *m, const struct family *f)
{
    start_bare(m, f);
    for (size_t i = 0; i < f->count; i++) {
        struct text path = {0};
        char published[32];
        snprintf(published, sizeof published, "oem%zu.inf", i + 1);
        text_addf(&path, MACHINE_INF "\\%s", published);
        machine_put(m, text_str(&path), span_text(f->drivers[i].content));
        text_release(&path);
        text_addf(&path, STORE "%s", f->drivers[i].service);
        machine_put_folder(m, text_str(&path));
        text_release(&path);
        text_addf(&path, STORE "%s\\%s", f->drivers[i].service, f->drivers[i].file);
        machine_put(m, text_str(&path), span_text(f->drivers[i].bytes));
        text_release(&path);
        machine_install(m, &f->drivers[i], machine_put_node(m, f->instances[i], f->drivers[i].id),
                        published, false);
    }
    f->finish(m);
    m->restore_points = 1;
    move_address(m, f);
    write_journal(m, f);
    machine_service_named(m, "atapi")->start = 3;
    machine_copy(machine_service_named(m, "storahci")->override, sizeof m->services->override,
                 "0=3");
    machine_start(m);
    m->calls = m->effects = 0;
    *m->unbootable = '\0';
}

/* The service starts with Windows, sees that all is done, and goes. */
static void run_continuation(struct machine *m, struct platform *p, struct journal *j)
{
    bool open = removal_is_open(j) || j->state == JOURNAL_INSTALLED;
    if (!open && machine_service_named(m, "xenpv-resume"))
        transaction_end_continuation(p, j);
}

/* What the program does, by its journal: installer/remove.c without its words. */
static enum outcome run(struct machine *m, const struct family *f, struct err *e)
{
    struct platform p = machine_platform(m);
    struct journal j = {0}, plan = {0};
    struct texts ids = {0};
    enum outcome o = OUTCOME_STUCK;
    const struct plan_boot_wishes wishes = {.state_folder = MACHINE_STATE,
                                            .arguments = "resume --service",
                                            .manifest_from = MACHINE_MANIFEST,
                                            .manifest_sha256 = machine_manifest_sha256()};
    removal_families(&manifest, f->id, &ids);
    if (!transaction_load(&p, &j, e))
        goto out;
    run_continuation(m, &p, &j);
    if (removal_is_open(&j))
        o = removal_run(&p, &manifest, &j, e);
    else if (removal_prepare(&p, &manifest, &ids, j.state == JOURNAL_INSTALLED ? &j : NULL, &plan,
                             e)) {
        plan_boot_removal(&plan, &wishes);
        o = plan.steps.count ? removal_run(&p, &manifest, &plan, e) : OUTCOME_REMOVED;
    }
out:
    texts_release(&ids);
    journal_release(&plan);
    journal_release(&j);
    return o;
}

/* Start Windows and the program until nothing is left; the number of starts. */
static unsigned finish(struct machine *m, const struct family *f, const char *sentence)
{
    for (unsigned starts = 1; starts <= RUNS_MAX; starts++) {
        struct err e = {0};
        machine_start(m);
        enum outcome o = run(m, f, &e);
        if (o == OUTCOME_REMOVED)
            return starts;
        if (o != OUTCOME_RESTART_NEEDED)
            FAIL("%s: start %u ended with outcome %d: %s", sentence, starts, (int)o, e.text);
    }
    FAIL("%s: not done after %d starts", sentence, RUNS_MAX);
    return 0;
}

static void add_missing(struct text *t, const char *mark, const char *from, const char *in)
{
    while (*from) {
        struct text line = {0};
        const char *end = strchr(from, '\n');
        text_add_bytes(&line, from, (size_t)(end - from) + 1);
        if (!strstr(in, text_str(&line)))
            text_addf(t, "%s%s", mark, text_str(&line));
        text_release(&line);
        from = end + 1;
    }
}

/* Bare, and such that Windows starts. */
static void expect_removed(struct machine *m, const struct family *f, const char *sentence)
{
    struct machine bare;
    struct text t = {0};
    start_bare(&bare, f);
    char *wanted = machine_picture(&bare), *now = machine_picture(m);
    add_missing(&t, "+ ", now, wanted);
    add_missing(&t, "- ", wanted, now);
    if (strcmp(now, wanted) != 0)
        FAIL("%s, %s: the machine differs:\n%s", f->sentence, sentence, text_str(&t));
    for (size_t i = 1; i < DRIVERS_MAX && f->instances[i]; i++)
        if (machine_node_at(m, f->instances[i]))
            FAIL("%s, %s: '%s' is still there", f->sentence, sentence, f->instances[i]);
    if (machine_find(m, STORE "xenbus") || machine_find(m, STORE "xenvbd\\xenvbd.sys"))
        FAIL("%s, %s: our copies of the packages are still there", f->sentence, sentence);
    text_release(&t);
    mem_free(wanted);
    mem_free(now);
    machine_release(&bare);
}

static void expect_harmless(struct machine *m, const struct family *f, const char *sentence)
{
    machine_look_at_filters(m);
    if (*m->unbootable)
        FAIL("%s, %s: Windows would not start: %s", f->sentence, sentence, m->unbootable);
    if (m->took_in_use)
        FAIL("%s, %s: something was taken away that was in use", f->sentence, sentence);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void removes_with_one_restart(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAMILIES; i++) {
        const struct family *f = &families[i];
        struct machine m;
        struct err e = {0};
        quiet();
        start_installed(&m, f);
        enum outcome first = run(&m, f, &e);
        enum outcome waiting = run(&m, f, &e);
        size_t effects = m.effects;
        if (first != OUTCOME_RESTART_NEEDED || waiting != OUTCOME_RESTART_NEEDED)
            FAIL("%s: outcomes %d, %d: %s", f->sentence, (int)first, (int)waiting, e.text);
        if (!machine_service_named(&m, "xenpv-resume"))
            FAIL("%s: nobody goes on after the restart", f->sentence);
        if (!machine_service_named(&m, f->disk.pv) || machine_node_at(&m, BUS)->service[0] == '\0')
            FAIL("%s: something was taken out before the restart", f->sentence);
        unsigned starts = finish(&m, f, "undisturbed");
        loud();
        assert_int_equal(starts, 1);
        assert_true(effects > 0);
        expect_removed(&m, f, "undisturbed");
        expect_harmless(&m, f, "undisturbed");
        assert_int_equal(m.restore_points, 1); /* Windows' own: it stays */
        effects = m.effects;
        assert_int_equal(run(&m, f, &e), OUTCOME_REMOVED);
        assert_int_equal(m.effects, effects);
        machine_release(&m);
    }
}

/* Drivers that never ran are out at once. */
static void removes_at_once_what_does_not_run(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAMILIES; i++) {
        const struct family *f = &families[i];
        struct machine m;
        struct err e = {0};
        quiet();
        start_installed(&m, f);
        for (size_t k = 0; k < m.service_count; k++)
            m.services[k].runs = false;
        set_address(&m.adapters[0], "0", "192.0.2.5"); /* it is at work */
        set_address(&m.adapters[1], "1", "");
        enum outcome o = run(&m, f, &e);
        loud();
        if (o != OUTCOME_REMOVED)
            FAIL("%s: outcome %d: %s", f->sentence, (int)o, e.text);
        expect_removed(&m, f, "not running");
        expect_harmless(&m, f, "not running");
        machine_release(&m);
    }
}

enum phase { PHASE_SWITCH, PHASE_TAKE_OUT, PHASES };

static void start_before(struct machine *m, const struct family *f, enum phase phase)
{
    struct err e = {0};
    start_installed(m, f);
    if (phase == PHASE_SWITCH)
        return;
    run(m, f, &e);
    machine_start(m);
}

/* One fault at one call of one phase, then whatever is needed to come to the end. */
static void try_one(const struct family *f, enum phase phase, enum machine_fault fault, size_t at)
{
    struct machine m;
    struct err e = {0};
    char sentence[96];
    snprintf(sentence, sizeof sentence, "fault %d at call %zu of phase %d", (int)fault, at,
             (int)phase);
    start_before(&m, f, phase);
    m.fault = fault;
    m.fault_at = m.calls + at;
    enum outcome o = run(&m, f, &e);
    if (fault >= FAULT_CUT_BEFORE && o == OUTCOME_REMOVED)
        FAIL("%s, %s: done without power", f->sentence, sentence);
    if (o != OUTCOME_REMOVED && o != OUTCOME_RESTART_NEEDED && e.kind == ERR_NONE)
        FAIL("%s, %s: no reason is given", f->sentence, sentence);
    expect_harmless(&m, f, sentence);
    finish(&m, f, sentence);
    expect_removed(&m, f, sentence);
    expect_harmless(&m, f, sentence);
    machine_release(&m);
}

static size_t calls_of(const struct family *f, enum phase phase, bool changing[MACHINE_CALLS])
{
    struct machine m;
    struct err e = {0};
    start_before(&m, f, phase);
    size_t start = m.calls;
    memset(m.changing, 0, sizeof m.changing);
    run(&m, f, &e);
    size_t count = m.calls - start;
    for (size_t i = 1; i <= count; i++)
        changing[i] = m.changing[start + i];
    machine_release(&m);
    return count;
}

static void every_fault_at_every_call_is_made_good(void **state)
{
    enum { FLOOR = 100 };
    (void)state;
    for (size_t i = 0; i < FAMILIES; i++)
        for (int phase = 0; phase < PHASES; phase++) {
            static bool changing[MACHINE_CALLS];
            size_t points = 0;
            quiet();
            size_t count = calls_of(&families[i], (enum phase)phase, changing);
            for (int fault = FAULT_REFUSED; fault < FAULT_COUNT; fault++)
                for (size_t at = 1; at <= count; at++) {
                    if (fault != FAULT_REFUSED && !changing[at])
                        continue;
                    try_one(&families[i], (enum phase)phase, (enum machine_fault)fault, at);
                    points++;
                }
            loud();
            if (points < FLOOR)
                fail_msg("%s: only %zu faults in phase %d", families[i].sentence, points, phase);
            print_message("%s: %zu faults in phase %d\n", families[i].sentence, points, phase);
        }
}

struct lie_row {
    const char *sentence;
    struct machine_lies lies;
    bool only_gplpv, only_xen;
};

static const struct lie_row lies[] = {
    {"a start type that is written and is not so", {.write_start = true}, false, false},
    {"a filter that is taken out and still there", {.remove_filter = true}, false, false},
    {"a key that is deleted and still there", {.delete_key = true}, false, true},
    {"a package that is unstaged and still there", {.unstage = true}, false, false},
    {"a bus device that is unbound and still bound", {.unbind = true}, false, false},
    {"a device that is removed and still there", {.remove_device = true}, false, false},
    {"a service that is deleted and still there", {.delete_service = true}, false, false},
    {"a file that is removed and still there", {.remove_file = true}, false, false},
    {"a product that is uninstalled and still there", {.uninstall = true}, true, false},
    {"a certificate that is removed and still there", {.remove_publisher = true}, false, false},
    {"network settings that are written and are not so", {.network = true}, false, false},
};

static void a_success_that_is_a_lie_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAMILIES; i++)
        for (size_t k = 0; k < sizeof lies / sizeof *lies; k++) {
            const struct family *f = &families[i];
            bool is_xen = f->disk.unplug != NULL;
            struct machine m;
            struct err e = {0};
            if ((lies[k].only_gplpv && is_xen) || (lies[k].only_xen && !is_xen))
                continue;
            quiet();
            start_installed(&m, f);
            m.lies = lies[k].lies;
            enum outcome o = run(&m, f, &e);
            if (o == OUTCOME_RESTART_NEEDED) {
                machine_start(&m);
                o = run(&m, f, &e);
            }
            if (o != OUTCOME_NEEDS_ATTENTION || !*e.text)
                FAIL("%s, %s: outcome %d: '%s'", f->sentence, lies[k].sentence, (int)o, e.text);
            expect_harmless(&m, f, lies[k].sentence);
            m.lies = (struct machine_lies){.write = false};
            finish(&m, f, lies[k].sentence);
            loud();
            expect_removed(&m, f, lies[k].sentence);
            machine_release(&m);
        }
}

/* Something, such as Windows Update, switches the bus on again before the restart. */
static void a_bus_that_is_on_again_is_switched_off_again(void **state)
{
    (void)state;
    const struct family *f = &families[0];
    struct machine m;
    struct err e = {0};
    quiet();
    start_installed(&m, f);
    assert_int_equal(run(&m, f, &e), OUTCOME_RESTART_NEEDED);
    machine_service_named(&m, "xenbus")->start = 0;
    machine_start(&m);
    machine_node_at(&m, "XENBUS\\VBD\\0")->present = true;
    enum outcome o = run(&m, f, &e);
    assert_non_null(machine_service_named(&m, "xenbus"));
    unsigned starts = finish(&m, f, "switched on again");
    loud();
    assert_int_equal(o, OUTCOME_RESTART_NEEDED);
    assert_int_equal(starts, 1);
    expect_removed(&m, f, "switched on again");
    expect_harmless(&m, f, "switched on again");
    machine_release(&m);
}

/* A product's uninstaller asks for a restart of its own. */
static void a_restart_that_a_product_wants_comes_at_the_end(void **state)
{
    (void)state;
    const struct family *f = &families[1];
    struct machine m;
    struct err e = {0};
    quiet();
    start_installed(&m, f);
    m.product_wants_restart = true;
    assert_int_equal(run(&m, f, &e), OUTCOME_RESTART_NEEDED);
    machine_start(&m);
    enum outcome o = run(&m, f, &e);
    loud();
    assert_int_equal(o, OUTCOME_RESTART_NEEDED);
    assert_non_null(machine_service_named(&m, "xenpv-resume"));
    quiet();
    unsigned starts = finish(&m, f, "a product's restart");
    loud();
    assert_int_equal(starts, 1);
    expect_removed(&m, f, "after the last restart");
    machine_release(&m);
}

/* The settings as "EnableDHCP IPAddress". */
static void expect_address(const char *sentence, const struct machine_adapter *a,
                           const char *wanted)
{
    char have[MACHINE_PATH] = "";
    const char *dhcp = "", *address = "";
    for (size_t k = 0; k < MACHINE_SETTINGS; k++) {
        if (strcmp(a->settings[k].name, "EnableDHCP") == 0)
            dhcp = a->settings[k].value;
        if (strcmp(a->settings[k].name, "IPAddress") == 0)
            address = a->settings[k].value;
    }
    snprintf(have, sizeof have, "%s %s", dhcp, address);
    if (strcmp(have, wanted) != 0)
        FAIL("%s: %s has '%s', not '%s'", sentence, a->instance, have, wanted);
}

struct address_row {
    const char *sentence;
    const char *emulated[2], *pv[2]; /* before: EnableDHCP, IPAddress */
    const char *wanted;              /* of the emulated one, afterwards */
};

static const struct address_row addresses[] = {
    {"a static address goes back", {"1", ""}, {"0", "192.0.2.5"}, "0 192.0.2.5"},
    {"DHCP stays DHCP", {"1", ""}, {"1", ""}, "1 "},
    {"an address that was given to the PV adapter", {"1", ""}, {"0", "192.0.2.77"}, "0 192.0.2.77"},
    {"what the emulated one kept from earlier gives way",
     {"0", "192.0.2.5"},
     {"0", "192.0.2.77"},
     "0 192.0.2.77"},
    {"also to DHCP", {"0", "192.0.2.5"}, {"1", ""}, "1 "},
};

static void the_emulated_adapter_gets_the_settings(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAMILIES; i++)
        for (size_t k = 0; k < sizeof addresses / sizeof *addresses; k++) {
            const struct address_row *row = &addresses[k];
            struct machine m;
            struct err e = {0};
            quiet();
            start_installed(&m, &families[i]);
            set_address(&m.adapters[0], row->emulated[0], row->emulated[1]);
            set_address(&m.adapters[1], row->pv[0], row->pv[1]);
            assert_int_equal(run(&m, &families[i], &e), OUTCOME_RESTART_NEEDED);
            expect_address("before the restart", &m.adapters[1],
                           row->pv[1][0] ? row->wanted : "1 ");
            finish(&m, &families[i], row->sentence);
            loud();
            expect_address(row->sentence, &m.adapters[0], row->wanted);
            machine_release(&m);
        }
}

/* Somebody sets the emulated adapter up between the restart and the run after it. */
static void an_administrator_comes_first(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    quiet();
    start_installed(&m, &families[0]);
    assert_int_equal(run(&m, &families[0], &e), OUTCOME_RESTART_NEEDED);
    machine_start(&m);
    set_address(&m.adapters[0], "0", "198.51.100.7");
    assert_int_equal(run(&m, &families[0], &e), OUTCOME_REMOVED);
    loud();
    expect_address("an administrator", &m.adapters[0], "0 198.51.100.7");
    machine_release(&m);
}

/* A card that Xen emulates no more: the rest is removed, and its settings are not lost. */
static void settings_for_an_adapter_that_does_not_come_are_kept(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    struct journal j = {0};
    quiet();
    start_installed(&m, &families[0]);
    machine_copy(m.adapters[0].mac, sizeof m.adapters[0].mac, "00:16:3e:00:00:0b");
    assert_int_equal(run(&m, &families[0], &e), OUTCOME_RESTART_NEEDED);
    unsigned starts = finish(&m, &families[0], "without its adapter");
    loud();
    struct platform p = machine_platform(&m);
    assert_true(transaction_load(&p, &j, &e));
    assert_int_equal(starts, 1);
    assert_int_equal(j.state, JOURNAL_REMOVED);
    assert_non_null(j.reason);
    assert_non_null(strstr(j.reason, "not there yet; its settings are kept"));
    assert_non_null(j.network);
    assert_non_null(strstr(m.adapters[1].instance, "XENVIF"));
    const struct network_value *v =
        network_value_named(&j.network->saved.adapters.at[1].settings.tcpip, "IPAddress");
    assert_non_null(v);
    assert_string_equal(v->text, "192.0.2.5");
    journal_release(&j);
    machine_release(&m);
}

/* Without the settings in the journal nothing is taken out. */
static void settings_that_cannot_be_saved_keep_it_from_beginning(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    struct platform p;
    struct texts ids = {0};
    size_t refused = 0;
    quiet();
    texts_add(&ids, "xenproject");
    for (size_t at = 1; at < 200 && refused == 0; at++) {
        struct journal plan = {0};
        start_installed(&m, &families[0]);
        p = machine_platform(&m);
        m.fault = FAULT_REFUSED;
        m.fault_at = m.calls + at;
        err_clear(&e);
        if (!removal_prepare(&p, &manifest, &ids, NULL, &plan, &e) &&
            strstr(e.text, "network settings could not be saved"))
            refused = at;
        assert_int_equal(m.effects, 0);
        journal_release(&plan);
        machine_release(&m);
    }
    loud();
    texts_release(&ids);
    assert_true(refused > 0);
}

static void a_file_with_other_bytes_stays(void **state)
{
    (void)state;
    const struct family *f = &families[0];
    struct machine m;
    struct err e = {0};
    quiet();
    start_installed(&m, f);
    run(&m, f, &e);
    machine_start(&m);
    machine_put(&m, MACHINE_DRIVERS "\\xennet.sys", span_text("somebody else's xennet"));
    enum outcome o = run(&m, f, &e);
    loud();
    assert_int_equal(o, OUTCOME_REMOVED);
    assert_non_null(machine_find(&m, MACHINE_DRIVERS "\\xennet.sys"));
    machine_release(&m);
}

/* The name that an INF had has gone to another one since it was planned. */
static void a_published_name_of_another_inf_stays(void **state)
{
    (void)state;
    const struct family *f = &families[0];
    struct machine m;
    struct err e = {0};
    quiet();
    start_installed(&m, f);
    run(&m, f, &e);
    machine_start(&m);
    machine_put(&m, MACHINE_INF "\\oem4.inf", span_text("inf of a printer"));
    enum outcome o = run(&m, f, &e);
    loud();
    assert_int_equal(o, OUTCOME_REMOVED);
    assert_non_null(machine_find(&m, MACHINE_INF "\\oem4.inf"));
    machine_release(&m);
}

/* Unlike an old one, a machine whose filters cannot be read is not touched. */
static void what_cannot_be_read_is_not_begun(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    quiet();
    start_installed(&m, &families[0]);
    m.filters_unreadable = true;
    enum outcome o = run(&m, &families[0], &e);
    loud();
    assert_int_equal(o, OUTCOME_STUCK);
    assert_int_equal(m.effects, 0);
    assert_non_null(strstr(e.text, "filters"));
    machine_release(&m);
}

static void a_step_that_is_none_of_a_removal_is_refused(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    struct journal j = {.job = JOURNAL_REMOVAL, .state = JOURNAL_REMOVING};
    struct journal_step *s = shape_list_add(&j.steps, sizeof *s);
    s->kind = STEP_REMOVE_FILE;
    s->subject = mem_strdup("C:\\Windows\\explorer.exe");
    start_bare(&m, &families[0]);
    struct platform p = machine_platform(&m);
    assert_int_equal(removal_run(&p, &manifest, &j, &e), OUTCOME_STUCK);
    assert_int_equal(e.kind, ERR_FORMAT);
    assert_int_equal(m.effects, 0);
    journal_release(&j);
    machine_release(&m);
}

static int read_manifest(void **state)
{
    struct err e = {0};
    (void)state;
    return manifest_embedded(&manifest, &e) ? 0 : -1;
}

static int release_manifest(void **state)
{
    (void)state;
    manifest_release_all(&manifest);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removes_with_one_restart),
        cmocka_unit_test(removes_at_once_what_does_not_run),
        cmocka_unit_test(every_fault_at_every_call_is_made_good),
        cmocka_unit_test(a_success_that_is_a_lie_is_found),
        cmocka_unit_test(a_bus_that_is_on_again_is_switched_off_again),
        cmocka_unit_test(a_restart_that_a_product_wants_comes_at_the_end),
        cmocka_unit_test(the_emulated_adapter_gets_the_settings),
        cmocka_unit_test(an_administrator_comes_first),
        cmocka_unit_test(settings_for_an_adapter_that_does_not_come_are_kept),
        cmocka_unit_test(settings_that_cannot_be_saved_keep_it_from_beginning),
        cmocka_unit_test(a_file_with_other_bytes_stays),
        cmocka_unit_test(a_published_name_of_another_inf_stays),
        cmocka_unit_test(what_cannot_be_read_is_not_begun),
        cmocka_unit_test(a_step_that_is_none_of_a_removal_is_refused),
    };
    return cmocka_run_group_tests(tests, read_manifest, release_manifest);
}
