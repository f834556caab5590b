/*
 * transaction: three drivers and a helper on a machine in memory. Each call that the transaction
 * makes is refused, done by half, done and denied, or the last one before the power goes; each
 * success is a lie once. What comes of it is the whole installation or the machine as it was, and
 * in between never one that cannot start.
 */
#include "tests/unit/build_journal.h"
#include "tests/unit/build_publisher.h"

#include "installer/by_msi.h"
#include "installer/continuation.h"
#include "installer/plan_boot.h"
#include "installer/step.h"
#include "installer/transaction.h"

#define SYSTEM_CLASS "{4d36e97d-e325-11ce-bfc1-08002be10318}"
#define BUS_ID "PCI\\VEN_5853&DEV_0001"
#define BUS "PCI\\VEN_5853&DEV_0001\\3&13C0B0C5&0&18"
#define VIF "XENBUS\\VIF\\0"
#define NET0 "XENVIF\\NET\\0"
#define NET1 "XENVIF\\NET\\1"
#define NIC "PCI\\VEN_10EC&DEV_8139\\3&267A616A&0&20"
#define NIC_MAC "00:16:3e:00:00:0a"
#define HELPER_TOP MACHINE_PROGRAMS "\\Xen PV Drivers"
#define HELPER_FOLDER HELPER_TOP "\\bin"
#define HELPER_PATH HELPER_FOLDER "\\shutdownmon.exe"
#define IDE_ID "PCI\\VEN_8086&DEV_7010"
#define IDE IDE_ID "\\3&13C0B0C5&0&09"
#define OPTION "XEN:BOOT_EMULATED=TRUE"
#define PUBLISHER "signer"
#define UNPLUG "XEN\\Unplug"
#define OLD_INF "inf of xenbus 8"

static const struct machine_driver drivers[] = {
    {"inf of xenbus 9",
     "xenbus.inf",
     BUS_ID,
     "xenbus",
     0,
     "xenbus.sys",
     "xenbus 9",
     SYSTEM_CLASS,
     "xenbus",
     {VIF},
     "XENBUS\\VIF",
     MONITOR_SERVICE,
     UNPLUG},
    {"inf of xenvif 9",
     "xenvif.inf",
     "XENBUS\\VIF",
     "xenvif",
     3,
     "xenvif.sys",
     "xenvif 9",
     NULL,
     NULL,
     {NET0, NET1},
     "XENVIF\\NET",
     NULL,
     NULL},
    {"inf of xennet 9",
     "xennet.inf",
     "XENVIF\\NET",
     "xennet",
     3,
     "xennet.sys",
     "xennet 9",
     NULL,
     NULL,
     {NULL},
     NULL,
     NULL,
     NULL},
    {OLD_INF,
     "xenbus.inf",
     BUS_ID,
     "xenbus",
     0,
     "xenbus.sys",
     "xenbus 8",
     NULL,
     NULL,
     {NULL},
     NULL,
     NULL,
     NULL},
};

enum { OURS = 3, BASE = sizeof drivers / sizeof *drivers, RESTART_LIMIT = 3, RUNS_MAX = 12 };

static const char helper_bytes[] = "shutdownmon";

#define PRODUCT "{2A8D0500-8E7D-455A-8FFC-2714792F5637}"
#define THUMBPRINT "9e928ef63e104f072d49bc865b3ef3244a3c9df5"

/* The same drivers and helper, by Windows Installer. */
static const struct machine_package package = {.content = "package of drivers 9",
                                               .code = PRODUCT,
                                               .name = "PV Drivers for Windows",
                                               .drivers = OURS,
                                               .service = "ShutdownMon",
                                               .path = HELPER_PATH,
                                               .bytes = helper_bytes,
                                               .store = "Root",
                                               .sha1 = THUMBPRINT};

/* --- a machine and a journal
 * -------------------------------------------------------------------------------------- */

static void start_machine(struct machine *m)
{
    machine_init(m, drivers, BASE);
    machine_put_node(m, BUS, BUS_ID);
    machine_copy(machine_put_node(m, IDE, IDE_ID)->service, sizeof m->nodes[0].service, "intelide");
    machine_put_service(m, "intelide", 0, "intelide.sys");
    machine_put_service(m, "atapi", 0, "atapi.sys");
    machine_put_filter(m, SYSTEM_CLASS, "partmgr");
    machine_put_service(m, "partmgr", 0, "partmgr.sys");
    machine_put(m, MACHINE_INF "\\oem0.inf", span_text("inf of somebody else"));
    struct machine_adapter *nic = machine_put_adapter(m, NIC, NIC_MAC);
    nic->known = true;
    machine_set(nic, "EnableDHCP", "0");
    machine_set(nic, "IPAddress", "192.0.2.5");
    machine_set(nic, "NameServer", "192.0.2.2");
    machine_put_adapter(m, NET0, NIC_MAC);
    machine_put_adapter(m, NET1, "00:16:3e:00:00:0b");
}

static bool wants_fallback, trusts_nobody;

/* What stands around the drivers' steps, as an installation plans it on a client. */
static void plan_around(struct journal *j)
{
    const struct facts client = {.windows = {.type = PRODUCT_TYPE_WORKSTATION}};
    const struct plan_boot_wishes wishes = {.require_fallback = wants_fallback,
                                            .state_folder = MACHINE_STATE,
                                            .arguments = "resume --service",
                                            .manifest_from = MACHINE_MANIFEST,
                                            .manifest_sha256 = machine_manifest_sha256()};
    plan_boot(j, &client, &wishes);
}

/* Windows Installer instead of us, where the machine has the package. */
static void plan_product(struct journal *j)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    struct digest d = digest_one(DIGEST_SHA256, span_text(package.content));
    struct msi_certificate certificates[] = {
        {"Root", TRI_YES, THUMBPRINT, "a maker of drivers"},
        {"TrustedPublisher", TRI_NO, THUMBPRINT, "a maker of drivers"}};
    digest_hex(&d, hex);
    const struct by_msi msi = {.file = "drivers.msi",
                               .sha256 = hex,
                               .effects = {.code = PRODUCT,
                                           .name = "PV Drivers for Windows",
                                           .version = "9.0.0",
                                           .certificates = {certificates, 2}}};
    by_msi_plan(&msi, MACHINE_STATE, j);
}

static void fill_journal(const struct machine *m, struct journal *j)
{
    j->schema = number_of(JOURNAL_SCHEMA);
    j->state = JOURNAL_INSTALLING;
    j->release = mem_strdup("release-9");
    j->family = mem_strdup("xenproject");
    j->version = mem_strdup("9.0.0");
    j->restarts = number_of(0);
    j->restart_limit = number_of(RESTART_LIMIT);
    for (size_t i = 0; i < OURS; i++)
        add_driver(j, &drivers[i]);
    struct journal_helper *h = shape_list_add(&j->helpers, sizeof *h);
    char hex[2 * DIGEST_SIZE_MAX + 1];
    struct digest d = digest_one(DIGEST_SHA256, span_text(helper_bytes));
    digest_hex(&d, hex);
    h->service = mem_strdup("ShutdownMon");
    h->display_name = mem_strdup("Shutdown monitor");
    h->folder = mem_strdup(HELPER_FOLDER);
    h->file = (struct journal_file){.path = mem_strdup(HELPER_PATH),
                                    .source = mem_strdup("shutdownmon.exe"),
                                    .sha256 = mem_strdup(hex)};
    static const enum step_kind kinds[] = {STEP_STORE, STEP_STAGE, STEP_BIND};
    if (!trusts_nobody)
        add_step(j, STEP_TRUST, build_publisher(j, PUBLISHER)->sha1);
    add_step(j, STEP_MONITOR, NULL);
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < OURS; i++) {
            add_step(j, kinds[k], drivers[i].service);
            if (kinds[k] == STEP_BIND && drivers[i].monitor)
                add_step(j, STEP_MONITOR, NULL);
        }
    add_step(j, STEP_HELPER, "ShutdownMon");
    add_step(j, STEP_NETWORK, NULL);
    if (m->package)
        plan_product(j);
    plan_around(j);
}

static bool open_content(void *context, const char *subject, const char *name, struct span *out,
                         struct err *e)
{
    (void)context;
    *out = span_text(*subject == '{' ? package.content : helper_bytes);
    for (size_t i = 0; i < OURS; i++)
        if (strcmp(drivers[i].service, subject) == 0)
            *out = span_text(strcmp(name, drivers[i].original) == 0 ? drivers[i].content
                                                                    : drivers[i].bytes);
    return e->kind == ERR_NONE;
}

static const struct transaction_content content = {.open = open_content};

/* As installer/install.c: what was read to choose by is not read again. */
static enum outcome install_by_facts(struct platform *p, struct journal *j, struct err *e)
{
    struct facts f = {0};
    const struct transaction_content known = {.open = open_content, .facts = &f};
    enum outcome o =
        p->facts(p->context, &f, e) ? transaction_install(p, j, &known, e) : OUTCOME_STUCK;
    facts_release(&f);
    return o;
}

/* --- runs of the program
 * ------------------------------------------------------------------------------------------- */

static enum outcome install(struct machine *m, struct err *e)
{
    struct platform p = machine_platform(m);
    struct journal j = {0};
    fill_journal(m, &j);
    enum outcome o = install_by_facts(&p, &j, e);
    assert_int_equal(m->held, 0);
    journal_release(&j);
    return o;
}

/* What is installed is done again, as installer/install.c does when it finds that something is not
 * as it should be. */
static enum outcome repair(struct machine *m, const struct journal *earlier, struct err *e)
{
    struct platform p = machine_platform(m);
    struct journal j = {0};
    fill_journal(m, &j);
    j.generation = number_of(earlier->generation.value + 1);
    journal_inherit(&j, earlier);
    enum outcome o = transaction_install(&p, &j, &content, e);
    assert_int_equal(m->held, 0);
    journal_release(&j);
    return o;
}

/* What the program does that is started again: by its journal, as installer/install.c. */
static enum outcome run_again(struct machine *m, struct err *e)
{
    struct platform p = machine_platform(m);
    struct journal j = {0};
    enum outcome o = OUTCOME_STUCK;
    if (transaction_load(&p, &j, e)) {
        bool interrupted = journal_is_interrupted(&j);
        bool fresh = j.state == JOURNAL_NONE || j.state == JOURNAL_ROLLED_BACK;
        if (j.state == JOURNAL_REPAIRING)
            o = repair(m, &j, e);
        else if (interrupted)
            o = transaction_revert(&p, &j, "the run was interrupted", e);
        else if (!fresh)
            o = transaction_continue(&p, &j, e);
        if (fresh || (interrupted && o == OUTCOME_ROLLED_BACK))
            o = install(m, e);
    }
    journal_release(&j);
    return o;
}

static enum outcome roll_back(struct machine *m, struct err *e)
{
    struct platform p = machine_platform(m);
    struct journal j = {0};
    enum outcome o = OUTCOME_STUCK;
    if (transaction_load(&p, &j, e))
        o = j.state == JOURNAL_NONE ? OUTCOME_ROLLED_BACK
                                    : transaction_revert(&p, &j, "asked for", e);
    journal_release(&j);
    return o;
}

static enum journal_state state_on_disk(struct machine *m)
{
    struct platform p = machine_platform(m);
    struct journal j = {0};
    struct err e = {0};
    if (!transaction_load(&p, &j, &e))
        FAIL("the journal cannot be read: %s", e.text);
    enum journal_state state = j.state;
    journal_release(&j);
    return state;
}

/* Start Windows and the program until it says that all is done; the number of starts. */
static unsigned finish_from_here(struct machine *m, const char *sentence)
{
    for (unsigned run = 1; run <= RUNS_MAX; run++) {
        struct err e = {0};
        machine_start(m);
        enum outcome o = run_again(m, &e);
        if (o == OUTCOME_INSTALLED)
            return run;
        if (o != OUTCOME_RESTART_NEEDED)
            FAIL("%s: run %u ended with outcome %d: %s", sentence, run, (int)o, e.text);
    }
    FAIL("%s: not done after %d starts", sentence, RUNS_MAX);
    return 0;
}

static char *picture_when_installed(void (*prepare)(struct machine *m))
{
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    if (prepare)
        prepare(&m);
    enum outcome o = install(&m, &e);
    if (o != OUTCOME_RESTART_NEEDED)
        FAIL("the undisturbed installation ended with %d: %s", (int)o, e.text);
    finish_from_here(&m, "the undisturbed installation");
    char *picture = machine_picture(&m);
    machine_release(&m);
    return picture;
}

/* --- what may have been there before
 * ---------------------------------------------------------------------------------- */

static void prepare_nothing(struct machine *m)
{
    (void)m;
}

/* An older driver of the same name is bound: an upgrade in place. */
static void prepare_older(struct machine *m)
{
    machine_put(m, MACHINE_INF "\\oem1.inf", span_text(OLD_INF));
    machine_install(m, &drivers[BASE - 1], machine_node_at(m, BUS), "oem1.inf", false);
}

/* The same, and it runs: its file is in use. */
static void prepare_running(struct machine *m)
{
    prepare_older(m);
    m->locks = true;
    machine_service_named(m, "xenbus")->runs = true;
}

/* And Windows neither replaces it nor notes that it has to be. */
static void prepare_left_alone(struct machine *m)
{
    prepare_running(m);
    m->leaves_locked = true;
}

/* Left-overs: a service, its file with other bytes, the helper's service and program, other files
 * in its folder. */
static void prepare_leftovers(struct machine *m)
{
    machine_put_service(m, "xenvif", 4, MACHINE_DRIVERS "\\xenvif-of-old.sys");
    machine_put(m, MACHINE_DRIVERS "\\xenvif.sys", span_text("xenvif of old"));
    machine_put_service(m, "ShutdownMon", 2, "\"" HELPER_PATH "\"");
    machine_put_folder(m, HELPER_FOLDER);
    machine_put(m, HELPER_PATH, span_text("an older shutdownmon"));
    machine_put(m, HELPER_FOLDER "\\notes.txt", span_text("of the administrator"));
}

/* The helper of old runs: nobody can write to its program. */
static void prepare_running_helper(struct machine *m)
{
    prepare_leftovers(m);
    m->locks = true;
    machine_service_named(m, "ShutdownMon")->runs = true;
}

/* The very INF is staged, the filter and its service are there: somebody began before us. */
static void prepare_staged(struct machine *m)
{
    machine_put(m, MACHINE_INF "\\oem3.inf", span_text(drivers[1].content));
    machine_put_service(m, "xenbus", 0, MACHINE_DRIVERS "\\xenbus.sys");
    machine_put(m, MACHINE_DRIVERS "\\xenbus.sys", span_text("xenbus 9"));
    machine_put_filter(m, SYSTEM_CLASS, "xenbus");
    machine_put_folder(m, HELPER_TOP);
}

static void prepare_unreadable_filters(struct machine *m)
{
    m->filters_unreadable = true;
}

/* Somebody's drivers have left it, or the administrator made it. */
static void prepare_key(struct machine *m)
{
    machine_put_key(m, UNPLUG);
}

/* Windows saw no IDE controller at its last start: its drivers sleep. */
static void prepare_sleeping_disk(struct machine *m)
{
    machine_service_named(m, "atapi")->start = 3;
    machine_copy(machine_service_named(m, "intelide")->override, sizeof m->services[0].override,
                 "0=3");
}

/* An entry of an earlier installation, for other drivers. */
static void prepare_entry(struct machine *m)
{
    m->entries[m->entry_count++] = (struct machine_entry){"{old}", "NOGPLPV"};
}

/* An older monitor, which restarts by itself. */
static void prepare_monitor(struct machine *m)
{
    machine_put_service(m, MONITOR_SERVICE, 2, "monitor-of-old.exe");
    machine_service_named(m, MONITOR_SERVICE)->runs = true;
    machine_copy(m->auto_reboot, sizeof m->auto_reboot, "3");
}

/* The administrator will have none of it, and has a value waiting. */
static void prepare_monitor_off(struct machine *m)
{
    prepare_monitor(m);
    machine_service_named(m, MONITOR_SERVICE)->start = 4;
    machine_service_named(m, MONITOR_SERVICE)->runs = false;
}

static void prepare_monitor_to_come(struct machine *m)
{
    machine_copy(m->auto_reboot, sizeof m->auto_reboot, "2");
}

/* The administrator trusts the signer already, and another one. */
static void prepare_trusting(struct machine *m)
{
    machine_copy(m->publishers[0], sizeof m->publishers[0], "somebody");
    machine_copy(m->publishers[2], sizeof m->publishers[2], PUBLISHER);
}

static void prepare_no_entries(struct machine *m)
{
    m->no_boot_entries = true;
}

/* The MSI has the drivers and helper of the plan. */
static void prepare_package(struct machine *m)
{
    m->package = &package;
}

/* Its uninstaller leaves more than it might, and some of what it brings is there already. */
static void prepare_package_and_leftovers(struct machine *m)
{
    m->package = &package;
    m->keeps_certificates = true;
    machine_put_certificate(m, "Root", "of somebody else");
    machine_put(m, MACHINE_INF "\\oem3.inf", span_text(drivers[1].content));
    machine_put_service(m, "xenvif", 4, MACHINE_DRIVERS "\\xenvif-of-old.sys");
    machine_put(m, MACHINE_DRIVERS "\\xenvif.sys", span_text("xenvif of old"));
}

struct before_row {
    const char *sentence;
    void (*prepare)(struct machine *m);
};

static const struct before_row befores[] = {
    {"a machine without PV drivers", prepare_nothing},
    {"a machine with an older driver bound", prepare_older},
    {"a machine with an older driver that runs", prepare_running},
    {"a machine that leaves a running driver's file alone", prepare_left_alone},
    {"a machine with left-overs", prepare_leftovers},
    {"a machine with a helper of old that runs", prepare_running_helper},
    {"a machine with the same INF, service and filter", prepare_staged},
    {"a machine whose filters cannot be read", prepare_unreadable_filters},
    {"a machine whose emulated disk's drivers sleep", prepare_sleeping_disk},
    {"a machine with a boot entry of ours", prepare_entry},
    {"a machine that lets no boot entry be added", prepare_no_entries},
    {"a machine with Windows Installer's package", prepare_package},
    {"a machine with the package and left-overs", prepare_package_and_leftovers},
    {"a machine that trusts the signer", prepare_trusting},
    {"a machine with the key that the INF makes", prepare_key},
    {"a machine with a monitor that restarts", prepare_monitor},
    {"a machine whose monitor is to restart", prepare_monitor_to_come},
};

enum { BEFORES = sizeof befores / sizeof *befores };

/* --- tests
 * ------------------------------------------------------------------------------------------------------------
 */

static void installs_and_confirms_after_one_restart(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    assert_int_equal(install(&m, &e), OUTCOME_RESTART_NEEDED);
    assert_int_equal(state_on_disk(&m), JOURNAL_RESTART_NEEDED);
    assert_int_equal(finish_from_here(&m, "plain"), 1);
    assert_int_equal(state_on_disk(&m), JOURNAL_INSTALLED);
    expect_bootable(&m, "plain");
    for (size_t i = 0; i < OURS; i++)
        assert_non_null(machine_service_named(&m, drivers[i].service));
    assert_string_equal(machine_node_at(&m, NET0)->service, "xennet");
    assert_string_equal(machine_node_at(&m, NET1)->service, "xennet");
    assert_non_null(machine_find(&m, HELPER_PATH));
    assert_non_null(machine_service_named(&m, "ShutdownMon"));
    assert_false(m.worked_unheld);
    assert_int_equal(m.held, 0);
    assert_int_equal(m.entry_count, 1);
    assert_string_equal(m.entries[0].option, OPTION);
    assert_int_equal(m.restore_points, 1);
    machine_release(&m);
}

/* What an installation gives back are the machine's facts of that moment, or none. */
static void facts_are_read_once_and_are_of_the_end(void **state)
{
    (void)state;
    static const struct {
        const char *sentence;
        bool refused, unchecked; /* Windows refuses an INF; there is no boot check at the end */
        enum outcome outcome;
        size_t reads; /* with the caller's */
        bool known;
    } rows[] = {
        {"those of the boot check are of the end", false, false, OUTCOME_RESTART_NEEDED, 2, true},
        {"none were read since the last effect", false, true, OUTCOME_RESTART_NEEDED, 1, false},
        {"what was rolled back is asked anew", true, false, OUTCOME_ROLLED_BACK, 3, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct machine m;
        struct err e = {0};
        struct journal j = {0};
        struct facts known = {0}, now = {0};
        const struct transaction_content with_facts = {.open = open_content, .facts = &known};
        start_machine(&m);
        struct platform p = machine_platform(&m);
        fill_journal(&m, &j);
        m.refuses_to_stage = rows[i].refused;
        j.steps.count -= rows[i].unchecked; /* it is the last */
        assert_true(p.facts(p.context, &known, &e));
        enum outcome o = transaction_install(&p, &j, &with_facts, &e);
        if (o != rows[i].outcome || m.facts_read != rows[i].reads ||
            known.schema.known != rows[i].known)
            FAIL("%s: outcome %d, read %zu times, known %d", rows[i].sentence, (int)o, m.facts_read,
                 known.schema.known);
        assert_true(p.facts(p.context, &now, NULL));
        char *before = shape_encode(&facts_shape, &known),
             *after = shape_encode(&facts_shape, &now);
        if (rows[i].known && strcmp(before, after) != 0)
            FAIL("%s: they are not the machine's", rows[i].sentence);
        mem_free(before);
        mem_free(after);
        facts_release(&known);
        facts_release(&now);
        journal_release(&j);
        machine_release(&m);
    }
}

static void expect_monitor(struct machine *m, uint32_t start, bool runs, const char *value)
{
    const struct machine_service *s = machine_service_named(m, MONITOR_SERVICE);
    if (!s || s->start != start || s->runs != runs || strcmp(m->auto_reboot, value) != 0)
        fail_msg("the monitor starts %d, runs %d, AutoReboot '%s'", s ? (int)s->start : -1,
                 s ? s->runs : -1, m->auto_reboot);
}

/* Neither asked nor restarted by itself while the job is open; then what the administrator had. */
static void the_monitor_is_quiet_until_the_job_ends(void **state)
{
    static const struct {
        void (*prepare)(struct machine *m);
        uint32_t start;
        bool runs;
        const char *before, *during;
    } rows[] = {
        {prepare_nothing, 2, true, "", ""},
        {prepare_monitor, 2, true, "3", "0"},
        {prepare_monitor_off, 4, false, "3", "0"},
        {prepare_monitor_to_come, 2, true, "2", "0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct machine m;
        struct err e = {0};
        start_machine(&m);
        rows[i].prepare(&m);
        assert_int_equal(install(&m, &e), OUTCOME_RESTART_NEEDED);
        expect_monitor(&m, 4, false, rows[i].during);
        machine_start(&m);
        machine_node_at(&m, VIF)->problem = 14;
        assert_int_equal(run_again(&m, &e), OUTCOME_RESTART_NEEDED);
        expect_monitor(&m, 4, false, rows[i].during);
        finish_from_here(&m, "with a monitor");
        expect_monitor(&m, rows[i].start, rows[i].runs, rows[i].before);
        assert_int_equal(run_again(&m, &e), OUTCOME_INSTALLED);
        expect_monitor(&m, rows[i].start, rows[i].runs, rows[i].before);
        machine_release(&m);
    }
}

static void expect_continuation(struct machine *m, bool there, const char *sentence)
{
    const struct machine_service *s = machine_service_named(m, CONTINUATION_SERVICE);
    const struct machine_file *f = machine_find(m, MACHINE_CONTINUATION);
    if ((s != NULL) != there || (f != NULL) != there)
        fail_msg("%s: service %s, program %s", sentence, s ? "there" : "gone",
                 f ? "there" : "gone");
    if (s)
        assert_string_equal(s->image, "\"" MACHINE_CONTINUATION "\" resume --service");
    static const char *const copies[] = {MACHINE_CONTINUATION_MANIFEST,
                                         MACHINE_CONTINUATION_MANIFEST ".p7s"};
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++)
        if ((machine_find(m, copies[i]) != NULL) != there)
            fail_msg("%s: '%s' is %s", sentence, copies[i], there ? "gone" : "there");
}

/* What the manifest is read from may be changed meanwhile, by those who must not say what is done
 * with the rights of SYSTEM: then all is undone. */
static void the_continuation_has_the_manifest_that_was_read(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    machine_put(&m, MACHINE_MANIFEST, span_text("another"));
    assert_int_equal(install(&m, &e), OUTCOME_ROLLED_BACK);
    expect_continuation(&m, false, "with another manifest");
    machine_release(&m);
    /* Without a signature there is none beside the copy, either. */
    err_clear(&e);
    start_machine(&m);
    machine_drop(&m, machine_find(&m, MACHINE_MANIFEST ".p7s"));
    machine_put(&m, MACHINE_CONTINUATION_MANIFEST ".p7s", span_text("of an earlier job"));
    install(&m, &e);
    assert_non_null(machine_find(&m, MACHINE_CONTINUATION_MANIFEST));
    assert_null(machine_find(&m, MACHINE_CONTINUATION_MANIFEST ".p7s"));
    machine_release(&m);
}

static void the_continuation_goes_with_the_job(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    install(&m, &e);
    expect_continuation(&m, true, "before the restart");
    run_again(&m, &e);
    expect_continuation(&m, true, "while the restart is waited for");
    finish_from_here(&m, "the job");
    expect_continuation(&m, false, "when it is done");
    machine_release(&m);
    start_machine(&m);
    install(&m, &e);
    roll_back(&m, &e);
    expect_continuation(&m, false, "when it is undone");
    machine_release(&m);
    start_machine(&m);
    install(&m, &e);
    m.in_use = true;
    finish_from_here(&m, "run by the service itself");
    assert_null(machine_service_named(&m, CONTINUATION_SERVICE));
    assert_string_equal(m.later, MACHINE_CONTINUATION);
    machine_start(&m);
    expect_continuation(&m, false, "after one more start");
    machine_release(&m);
}

/* A machine on which it never comes to an end, or cannot be counted, is not to run it for ever. */
static void the_continuation_runs_so_often_and_no_more(void **state)
{
    enum { RUNS = 10 };
    (void)state;
    for (int counted = 0; counted < 2; counted++) {
        struct machine m;
        struct err e = {0};
        start_machine(&m);
        install(&m, &e);
        struct platform p = machine_platform(&m);
        for (int run = 0; run < (counted ? RUNS : 0); run++) {
            struct journal j = {0};
            assert_true(transaction_load(&p, &j, &e));
            assert_true(transaction_count_run(&p, &j, &e));
            journal_release(&j);
            expect_continuation(&m, true, "while it may run");
        }
        struct journal j = {0};
        assert_true(transaction_load(&p, &j, &e));
        m.fault = counted ? FAULT_NONE : FAULT_REFUSED;
        m.fault_at = m.calls + 2; /* the state folder is asked for first */
        assert_false(transaction_count_run(&p, &j, &e));
        assert_int_not_equal(e.kind, ERR_NONE);
        expect_continuation(&m, false,
                            counted ? "after too many runs" : "when it cannot be counted");
        journal_release(&j);
        machine_release(&m);
    }
}

static void an_entry_that_cannot_be_made_is_noted(void **state)
{
    (void)state;
    for (int required = 0; required < 2; required++)
        for (int lie = 0; lie < 2; lie++) {
            struct machine m;
            struct err e = {0};
            start_machine(&m);
            char *before = machine_picture(&m);
            m.no_boot_entries = !lie;
            m.lies.add_fallback = lie;
            wants_fallback = required;
            quiet();
            enum outcome o = install(&m, &e);
            loud();
            wants_fallback = false;
            assert_int_equal(o, required ? OUTCOME_ROLLED_BACK : OUTCOME_RESTART_NEEDED);
            assert_int_equal(m.entry_count, 0);
            if (required) {
                assert_non_null(strstr(e.text, lie ? "not there" : "no boot entries"));
                expect_picture(&m, before, "a required entry");
            }
            mem_free(before);
            machine_release(&m);
        }
}

/* Windows as it is after the drivers were bound, and what is wrong with it. */
struct boot_row {
    const char *sentence, *service;
    uint32_t start;
    const char *override, *code;
};

static const struct boot_row boot_rows[] = {
    {"an override keeps the bus from starting", "xenbus", 0, "0=3", "boot-service-overridden"},
    {"the emulated disk sleeps, and cannot be woken", "intelide", 0, "0=3", "start at boot"},
};

/* The service gets its override back whenever it is written: a machine that says yes and means no.
 */
static void a_machine_that_might_not_start_is_rolled_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof boot_rows / sizeof *boot_rows; i++) {
        const struct boot_row *row = &boot_rows[i];
        struct machine m;
        struct err e = {0};
        start_machine(&m);
        machine_put(&m, MACHINE_DRIVERS "\\xenbus.sys", span_text("xenbus 9"));
        machine_put_service(&m, row->service, row->start, MACHINE_DRIVERS "\\xenbus.sys");
        machine_copy(machine_service_named(&m, row->service)->override, 16, row->override);
        m.keeps_override = row->service;
        m.lies.write_start = true;
        char *before = machine_picture(&m);
        quiet();
        enum outcome o = install(&m, &e);
        loud();
        if (o != OUTCOME_ROLLED_BACK || !strstr(e.text, row->code))
            FAIL("%s: outcome %d, '%s'", row->sentence, (int)o, e.text);
        expect_picture(&m, before, row->sentence);
        expect_continuation(&m, false, row->sentence);
        mem_free(before);
        machine_release(&m);
    }
}

static void waits_for_the_restart(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    assert_int_equal(install(&m, &e), OUTCOME_RESTART_NEEDED);
    size_t effects = m.effects;
    for (int i = 0; i < 3; i++)
        assert_int_equal(run_again(&m, &e), OUTCOME_RESTART_NEEDED);
    assert_int_equal(m.effects, effects);
    assert_int_equal(e.kind, ERR_NONE);
    finish_from_here(&m, "after waiting");
    machine_release(&m);
}

static void asks_for_more_restarts_up_to_the_limit(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    m.pending_problem = 14;
    assert_int_equal(install(&m, &e), OUTCOME_RESTART_NEEDED);
    for (unsigned restarts = 1; restarts < RESTART_LIMIT; restarts++) {
        machine_start(&m);
        machine_node_at(&m, VIF)->problem = 14;
        assert_int_equal(run_again(&m, &e), OUTCOME_RESTART_NEEDED);
    }
    machine_start(&m);
    machine_node_at(&m, VIF)->problem = 14;
    assert_int_equal(run_again(&m, &e), OUTCOME_NEEDS_ATTENTION);
    assert_non_null(strstr(e.text, "restarts"));
    assert_int_equal(state_on_disk(&m), JOURNAL_NEEDS_ATTENTION);
    assert_int_equal(finish_from_here(&m, "once the problem is gone"), 1);
    machine_release(&m);
}

/* A second network card comes while the first is bound already. */
static void binds_a_device_that_came_later(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    install(&m, &e);
    finish_from_here(&m, "before the second card");
    machine_put_node(&m, "XENVIF\\NET\\2", "XENVIF\\NET");
    assert_int_equal(run_again(&m, &e), OUTCOME_INSTALLED);
    assert_string_equal(machine_node_at(&m, "XENVIF\\NET\\2")->service, "xennet");
    machine_release(&m);
}

/* From each kind of machine: install, confirm, and take it back as a whole. */
static void rollback_gives_back_what_was_there(void **state)
{
    (void)state;
    for (size_t b = 0; b < BEFORES; b++)
        for (int restarted = 0; restarted < 3; restarted++) {
            struct machine m;
            struct err e = {0};
            start_machine(&m);
            befores[b].prepare(&m);
            char *before = machine_picture(&m);
            quiet();
            enum outcome o = install(&m, &e);
            if (restarted)
                machine_start(&m);
            if (restarted == 2)
                o = run_again(&m, &e);
            enum outcome back = roll_back(&m, &e);
            loud();
            if (back != OUTCOME_ROLLED_BACK)
                FAIL("%s, %d: installed %d, rolled back %d: %s", befores[b].sentence, restarted,
                     (int)o, (int)back, e.text);
            expect_picture(&m, before, befores[b].sentence);
            expect_bootable(&m, befores[b].sentence);
            mem_free(before);
            machine_release(&m);
        }
}

static void expect_trusted(const struct machine *m, bool wanted, const char *sentence)
{
    bool there = false;
    for (size_t i = 0; i < sizeof m->publishers / sizeof *m->publishers; i++)
        there = there || strcmp(m->publishers[i], PUBLISHER) == 0;
    if (there != wanted)
        FAIL("%s: the publisher is%s trusted", sentence, there ? "" : " not");
}

/* The journal of an upgrade that was taken back is there, and the one that it leads to is not to be
 * read. */
static void load_the_newest_alone(struct machine *m)
{
    struct platform p = machine_platform(m);
    struct journal j = {0};
    struct err e = {0};
    m->fault = FAULT_REFUSED;
    m->fault_at = m->calls + 4; /* folder and file of the first one come before */
    assert_true(transaction_load(&p, &j, &e));
    assert_true(m->calls >= m->fault_at);
    assert_int_equal(j.state, JOURNAL_ROLLED_BACK);
    m->fault = FAULT_NONE;
    journal_release(&j);
}

/* An upgrade that is taken back leaves what it upgraded, and that one's journal: it can be taken
 * back too. */
static void rollback_of_an_upgrade_goes_back_one_release(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    struct journal earlier = {0}, j = {0};
    start_machine(&m);
    struct platform p = machine_platform(&m);
    char *before = machine_picture(&m);
    quiet();
    install(&m, &e);
    finish_from_here(&m, "the first release");
    char *first = machine_picture(&m);
    assert_true(transaction_load(&p, &earlier, &e));
    fill_journal(&m, &j);
    shape_set_text(&j.release, "release-10");
    j.generation = number_of(earlier.generation.value + 1);
    assert_false(journal_same_source(&j, &earlier));
    assert_true(transaction_shelve(&p, &earlier, &j, &e));
    journal_carry_trust(&j, &earlier);
    journal_carry_folders(&j, &earlier);
    assert_true(j.helpers.at[0].new_folders.count > 0);
    assert_int_equal(transaction_install(&p, &j, &content, &e), OUTCOME_RESTART_NEEDED);
    finish_from_here(&m, "the second release");
    assert_int_equal(roll_back(&m, &e), OUTCOME_ROLLED_BACK);
    loud();
    expect_picture(&m, first, "the upgrade is taken back");
    expect_trusted(&m, true, "the upgrade is taken back");
    load_the_newest_alone(&m);
    journal_release(&j);
    assert_true(transaction_load(&p, &j, &e));
    assert_int_equal(j.state, JOURNAL_INSTALLED);
    assert_string_equal(j.release, "release-9");
    assert_true(j.generation.value > earlier.generation.value);
    quiet();
    assert_int_equal(roll_back(&m, &e), OUTCOME_ROLLED_BACK);
    loud();
    expect_picture(&m, before, "and then the first release");
    journal_release(&j);
    journal_release(&earlier);
    mem_free(first);
    mem_free(before);
    machine_release(&m);
}

static void expect_bytes(struct machine *m, const char *path, const char *wanted)
{
    const struct machine_file *f = machine_find(m, path);
    assert_non_null(f);
    if (!span_equal(span_of(f->bytes, f->size), span_text(wanted)))
        FAIL("'%s' is '%.*s', not '%s'", path, (int)f->size, (const char *)f->bytes, wanted);
}

/* A file in use is replaced at the restart, which is asked for, and asked after. */
static void upgrade_over(void (*prepare)(struct machine *m))
{
    static const char file[] = MACHINE_DRIVERS "\\xenbus.sys";
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    prepare(&m);
    char *before = machine_picture(&m);
    assert_int_equal(install(&m, &e), OUTCOME_RESTART_NEEDED);
    expect_bytes(&m, file, "xenbus 8");
    assert_int_equal(run_again(&m, &e), OUTCOME_RESTART_NEEDED);
    machine_start(&m);
    expect_bytes(&m, file, "xenbus 9");
    assert_int_equal(run_again(&m, &e), OUTCOME_INSTALLED);
    assert_int_equal(roll_back(&m, &e), OUTCOME_ROLLED_BACK);
    expect_bytes(&m, file, "xenbus 9");
    machine_start(&m);
    expect_bytes(&m, file, "xenbus 8");
    expect_picture(&m, before, "an upgrade over a running driver, taken back");
    mem_free(before);
    machine_release(&m);
}

static void upgrades_a_driver_that_runs(void **state)
{
    (void)state;
    upgrade_over(prepare_running);
    quiet();
    upgrade_over(prepare_left_alone);
    loud();
}

/* Windows forgets about it, or somebody takes the new file away: no success. */
static void a_replacement_that_did_not_come_is_found(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    prepare_running(&m);
    quiet();
    assert_int_equal(install(&m, &e), OUTCOME_RESTART_NEEDED);
    for (size_t i = 0; i < MACHINE_REPLACED; i++)
        *m.replaced[i].from = *m.replaced[i].to = '\0';
    machine_start(&m);
    enum outcome again = run_again(&m, &e);
    bool done = again == OUTCOME_INSTALLED;
    bool old = !span_equal(span_of(machine_find(&m, MACHINE_DRIVERS "\\xenbus.sys")->bytes, 8),
                           span_text("xenbus 9"));
    for (int starts = 0; !done && starts < 3; starts++) {
        machine_start(&m);
        err_clear(&e);
        done = run_again(&m, &e) == OUTCOME_INSTALLED;
    }
    loud();
    assert_true(old && again != OUTCOME_INSTALLED);
    assert_true(done);
    expect_bytes(&m, MACHINE_DRIVERS "\\xenbus.sys", "xenbus 9");
    machine_release(&m);
}

/* The nodes that a bus driver brought go with it, but for one that was there before. */
static void rollback_takes_the_nodes_of_the_bus(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    machine_put_node(&m, NET1, "XENVIF\\NET")->present = false;
    quiet();
    install(&m, &e);
    finish_from_here(&m, "an installation");
    assert_true(machine_node_at(&m, VIF) && machine_node_at(&m, NET0));
    assert_int_equal(roll_back(&m, &e), OUTCOME_ROLLED_BACK);
    loud();
    assert_null(machine_node_at(&m, VIF));
    assert_null(machine_node_at(&m, NET0));
    assert_non_null(machine_node_at(&m, NET1));
    assert_non_null(machine_node_at(&m, BUS));
    machine_release(&m);
}

/* What the program is doing when the fault comes. */
enum phase { PHASE_INSTALL, PHASE_CONFIRM, PHASE_UNDO, PHASE_REPAIR };

static const char *const phase_names[] = {"installing", "confirming", "undoing", "repairing"};

/* After the installation was confirmed: a file has other bytes, a service another start type. */
static void damage(struct machine *m)
{
    machine_put(m, MACHINE_DRIVERS "\\xenbus.sys", span_text("xenbus 9, damaged"));
    machine_service_named(m, "xenvif")->start = 4;
}

static enum outcome repair_by_journal(struct machine *m, struct err *e)
{
    struct platform p = machine_platform(m);
    struct journal j = {0};
    enum outcome o = transaction_load(&p, &j, e) ? repair(m, &j, e) : OUTCOME_STUCK;
    journal_release(&j);
    return o;
}

static size_t lines_on_trust(struct machine *m)
{
    struct platform p = machine_platform(m);
    struct journal j = {0};
    struct err e = {0};
    assert_true(transaction_load(&p, &j, &e));
    size_t count = j.trust.count;
    journal_release(&j);
    return count;
}

/* Who repairs without asking for trust neither adds the certificate again, which somebody took out,
 * nor forgets that it goes with the installation. */
static void a_repair_leaves_trust_to_the_administrator(void **state)
{
    (void)state;
    for (int taken_out = 0; taken_out < 2; taken_out++) {
        struct machine m;
        struct err e = {0};
        start_machine(&m);
        char *before = machine_picture(&m);
        quiet();
        install(&m, &e);
        finish_from_here(&m, "an installation with a trusted publisher");
        assert_int_equal(lines_on_trust(&m), 1);
        if (taken_out)
            memset(m.publishers, 0, sizeof m.publishers);
        damage(&m);
        trusts_nobody = true;
        repair_by_journal(&m, &e);
        expect_trusted(&m, !taken_out, "repaired");
        finish_from_here(&m, "a repair without a word on trust");
        trusts_nobody = false;
        expect_trusted(&m, !taken_out, "confirmed");
        assert_int_equal(roll_back(&m, &e), OUTCOME_ROLLED_BACK);
        loud();
        expect_picture(&m, before, "a repair is taken back");
        assert_int_equal(lines_on_trust(&m), 0);
        mem_free(before);
        machine_release(&m);
    }
}

/* The journal names what it adds by its hash: other bytes are no signer that was verified. */
static void a_certificate_that_is_another_is_not_added(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    struct journal j = {0};
    start_machine(&m);
    struct platform p = machine_platform(&m);
    fill_journal(&m, &j);
    shape_set_text(&j.publishers.at[0].certificate, "00112233");
    assert_int_equal(transaction_install(&p, &j, &content, &e), OUTCOME_STUCK);
    assert_non_null(strstr(e.text, "not the one that it names"));
    assert_int_equal(m.effects, 0);
    journal_release(&j);
    machine_release(&m);
}

static enum outcome do_phase(struct machine *m, enum phase phase, struct err *e)
{
    return phase == PHASE_INSTALL   ? install(m, e)
           : phase == PHASE_CONFIRM ? run_again(m, e)
           : phase == PHASE_REPAIR  ? repair_by_journal(m, e)
                                    : roll_back(m, e);
}

/* A prepared machine just before the phase. */
static void start_before_phase(struct machine *m, const struct before_row *row, enum phase phase)
{
    struct err e = {0};
    start_machine(m);
    row->prepare(m);
    if (phase == PHASE_INSTALL)
        return;
    install(m, &e);
    machine_start(m);
    if (phase == PHASE_UNDO || phase == PHASE_REPAIR)
        run_again(m, &e);
    if (phase == PHASE_REPAIR)
        damage(m);
}

/* One fault at one call. A call that changes nothing can only be refused, and a cut there is one at
 * the next that does. */
struct trial {
    const struct before_row *row;
    enum phase phase;
    enum machine_fault fault;
    size_t at; /* 1: the first call of the phase */
    struct machine m;
    struct err e;
    enum outcome outcome;
    char *before;       /* picture of the machine before anything */
    const char *wanted; /* and after an undisturbed installation */
    char sentence[200];
};

static void trial_run(struct trial *t)
{
    snprintf(t->sentence, sizeof t->sentence, "%s, fault %d at call %zu of %s", t->row->sentence,
             (int)t->fault, t->at, phase_names[t->phase]);
    memset(&t->e, 0, sizeof t->e);
    start_machine(&t->m);
    t->row->prepare(&t->m);
    t->before = machine_picture(&t->m);
    machine_release(&t->m);
    start_before_phase(&t->m, t->row, t->phase);
    t->m.fault = t->fault;
    t->m.fault_at = t->m.calls + t->at;
    t->m.effects = 0;
    t->outcome = do_phase(&t->m, t->phase, &t->e);
}

typedef void (*trial_check)(struct trial *t);

/* With sanitizers, which take six times as long, one in thirteen calls is tried, without them every
 * one; XENPV_FAULT_STRIDE=N says otherwise. */
static size_t stride(void)
{
#ifdef __SANITIZE_ADDRESS__
    enum { STRIDE = 13 };
#else
    enum { STRIDE = 1 };
#endif
    const char *text = getenv("XENPV_FAULT_STRIDE");
    size_t n = text ? (size_t)strtoul(text, NULL, 10) : 0;
    return n ? n : STRIDE;
}

/* Every fault from first to last at every call of the phase where it makes a difference; how many
 * there were. */
static size_t try_all(const struct before_row *row, enum phase phase,
                      const enum machine_fault range[2], trial_check check)
{
    size_t points = 0;
    struct machine dry;
    struct err e = {0};
    char *wanted = picture_when_installed(row->prepare);
    start_before_phase(&dry, row, phase);
    size_t start = dry.calls;
    do_phase(&dry, phase, &e);
    machine_release(&dry);
    for (int fault = (int)range[0]; fault <= (int)range[1]; fault++)
        for (size_t at = 1; start + at <= dry.calls; at++) {
            struct trial t = {.row = row,
                              .phase = phase,
                              .fault = (enum machine_fault)fault,
                              .at = at,
                              .wanted = wanted};
            if ((fault != FAULT_REFUSED && !dry.changing[start + at]) || at % stride() != 0)
                continue;
            trial_run(&t);
            check(&t);
            expect_bootable(&t.m, t.sentence);
            machine_release(&t.m);
            mem_free(t.before);
            points++;
        }
    mem_free(wanted);
    return points;
}

static void try_everywhere(enum phase phase, enum machine_fault first, enum machine_fault last,
                           trial_check check)
{
    enum { FLOOR = 30 };
    /* which of each seventh call change something is chance */
    size_t points = 0, floor = stride() > 1 ? FLOOR / (2 * stride()) : FLOOR;
    for (size_t b = 0; b < BEFORES; b++) {
        quiet();
        size_t some = try_all(&befores[b], phase, (enum machine_fault[2]){first, last}, check);
        loud();
        if (some < floor)
            fail_msg("%s: only %zu faults while %s", befores[b].sentence, some, phase_names[phase]);
        points += some;
    }
    print_message("%zu faults while %s\n", points, phase_names[phase]);
}

static void check_rolled_back(struct trial *t)
{
    bool stuck = t->outcome == OUTCOME_STUCK && t->m.effects == 0;
    bool survived = t->outcome == OUTCOME_RESTART_NEEDED;
    if (!stuck && !survived && t->outcome != OUTCOME_ROLLED_BACK)
        FAIL("%s: outcome %d: %s", t->sentence, (int)t->outcome, t->e.text);
    if (!survived && t->e.kind == ERR_NONE)
        FAIL("%s: no reason is given", t->sentence);
    if (survived)
        finish_from_here(&t->m, t->sentence);
    else
        expect_picture(&t->m, t->before, t->sentence);
}

/* Every call of an installation fails in turn, in each way of failing without a power cut. */
static void every_refused_call_is_rolled_back(void **state)
{
    (void)state;
    try_everywhere(PHASE_INSTALL, FAULT_REFUSED, FAULT_ALL, check_rolled_back);
}

static void check_ends_installed(struct trial *t)
{
    finish_from_here(&t->m, t->sentence);
    expect_picture(&t->m, t->wanted, t->sentence);
}

/* The power goes at every call in turn, before, amid or after its effect; the program is started
 * again. */
static void every_power_cut_ends_installed(void **state)
{
    (void)state;
    try_everywhere(PHASE_INSTALL, FAULT_CUT_BEFORE, FAULT_CUT_AFTER, check_ends_installed);
}

static void check_taken_back(struct trial *t)
{
    machine_start(&t->m);
    err_clear(&t->e);
    enum outcome o = roll_back(&t->m, &t->e);
    if (o != OUTCOME_ROLLED_BACK)
        FAIL("%s: %d: %s", t->sentence, (int)o, t->e.text);
    expect_picture(&t->m, t->before, t->sentence);
}

/* The same, but nobody wants it any more: the next run takes it back. */
static void every_power_cut_can_be_taken_back(void **state)
{
    (void)state;
    try_everywhere(PHASE_INSTALL, FAULT_CUT_BEFORE, FAULT_CUT_AFTER, check_taken_back);
}

static void check_undone(struct trial *t)
{
    if (t->outcome == OUTCOME_ROLLED_BACK)
        expect_picture(&t->m, t->before, t->sentence);
    else
        check_taken_back(t);
    expect_picture(&t->m, t->before, t->sentence);
}

/* Faults while undoing: the next run comes to the end. */
static void faults_while_undoing_are_made_good(void **state)
{
    (void)state;
    try_everywhere(PHASE_UNDO, FAULT_REFUSED, FAULT_CUT_AFTER, check_undone);
}

/* Faults while confirming after the restart: the next runs confirm. */
static void faults_while_confirming_are_made_good(void **state)
{
    (void)state;
    try_everywhere(PHASE_CONFIRM, FAULT_REFUSED, FAULT_CUT_AFTER, check_ends_installed);
}

/* A repair that cannot be finished takes nothing away, and the next run goes on with it. */
static void check_ends_repaired(struct trial *t)
{
    if (t->outcome == OUTCOME_ROLLED_BACK)
        FAIL("%s: a repair was rolled back", t->sentence);
    check_ends_installed(t);
    check_taken_back(t);
}

/* However a repair went, taking it back is taking the installation back. */
static void check_repair_taken_back(struct trial *t)
{
    check_taken_back(t);
}

static void faults_while_repairing_are_made_good(void **state)
{
    (void)state;
    try_everywhere(PHASE_REPAIR, FAULT_REFUSED, FAULT_CUT_AFTER, check_ends_repaired);
    try_everywhere(PHASE_REPAIR, FAULT_REFUSED, FAULT_CUT_AFTER, check_repair_taken_back);
}

/* After the cut, one more call is refused in the run that undoes it: what is called rolled back is
 * as it was. */
static void check_second_fault(struct trial *t)
{
    enum { STRIDE = 5 };
    struct err e = {0};
    machine_start(&t->m);
    t->m.fault = FAULT_REFUSED;
    t->m.fault_at = t->m.calls + 1 + t->at * STRIDE % 61;
    if (roll_back(&t->m, &e) == OUTCOME_ROLLED_BACK)
        expect_picture(&t->m, t->before, t->sentence);
    check_taken_back(t);
}

static void no_outcome_is_a_lie_after_two_faults(void **state)
{
    (void)state;
    try_everywhere(PHASE_INSTALL, FAULT_CUT_HALF, FAULT_CUT_AFTER, check_second_fault);
}

/* The settings as "EnableDHCP IPAddress NameServer". */
static void expect_adapter(struct machine *m, const char *instance, const char *wanted)
{
    static const char *const names[] = {"EnableDHCP", "IPAddress", "NameServer"};
    struct text t = {0};
    for (size_t i = 0; i < m->adapter_count; i++)
        for (size_t n = 0; strcmp(m->adapters[i].instance, instance) == 0 && n < 3; n++)
            for (size_t k = 0; k < MACHINE_SETTINGS; k++)
                if (strcmp(m->adapters[i].settings[k].name, names[n]) == 0)
                    text_addf(&t, "%s%s", n ? " " : "", m->adapters[i].settings[k].value);
    assert_string_equal(text_str(&t), wanted);
    text_release(&t);
}

/* The address goes over to the PV adapter and back. What an administrator sets up stays. */
static void the_static_address_survives(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    install(&m, &e);
    expect_adapter(&m, NIC, "0 192.0.2.5 192.0.2.2");
    finish_from_here(&m, "with an address");
    expect_adapter(&m, NIC, "1");
    expect_adapter(&m, NET0, "0 192.0.2.5 192.0.2.2");
    expect_adapter(&m, NET1, "1");
    assert_int_equal(roll_back(&m, &e), OUTCOME_ROLLED_BACK);
    expect_adapter(&m, NIC, "0 192.0.2.5 192.0.2.2");
    expect_adapter(&m, NET0, "1");
    machine_start(&m);
    assert_int_equal(install(&m, &e), OUTCOME_RESTART_NEEDED);
    finish_from_here(&m, "again");
    machine_set(&m.adapters[1], "IPAddress", "198.51.100.7");
    assert_int_equal(run_again(&m, &e), OUTCOME_INSTALLED);
    expect_adapter(&m, NET0, "0 198.51.100.7 192.0.2.2");
    assert_int_equal(roll_back(&m, &e), OUTCOME_ROLLED_BACK);
    expect_adapter(&m, NET0, "0 198.51.100.7 192.0.2.2");
    expect_adapter(&m, NIC, "0 192.0.2.5 192.0.2.2");
    machine_release(&m);
}

/* Settings that were not written after all are no success. */
static void a_lie_about_the_address_is_found(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    quiet();
    install(&m, &e);
    machine_start(&m);
    m.lies.network = true;
    enum outcome confirmed = run_again(&m, &e);
    bool said = strstr(e.text, "has not the settings that were saved") != NULL;
    m.lies.network = false;
    err_clear(&e);
    enum outcome then = run_again(&m, &e);
    m.lies.network = true;
    enum outcome undone = roll_back(&m, &e);
    loud();
    assert_int_equal(confirmed, OUTCOME_NEEDS_ATTENTION);
    assert_true(said);
    assert_int_equal(then, OUTCOME_INSTALLED);
    assert_int_equal(undone, OUTCOME_NEEDS_ATTENTION);
    assert_non_null(strstr(e.text, "has not got its settings back"));
    machine_release(&m);
}

struct lie_row {
    const char *sentence;
    struct machine_lies lies;
    const char *says; /* part of the reason */
};

static const struct lie_row lies[] = {
    {"a file that is written and not there", {.write = true}, "xenbus"},
    {"an INF that is staged and not there", {.stage = true}, "does not know 'xenbus.inf'"},
    {"a driver that is installed and bound to nothing", {.bind = true}, "bound to 'nothing'"},
    {"a service that is created and not there", {.create = true}, "ShutdownMon"},
    {"a monitor that is stopped and still runs", {.stop = true}, "not switched off"},
    {"a certificate that is added and not there", {.add_publisher = true}, "not among"},
};

static void a_success_that_is_a_lie_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        struct machine m;
        struct err e = {0};
        start_machine(&m);
        char *before = machine_picture(&m);
        m.lies = lies[i].lies;
        quiet();
        enum outcome o = install(&m, &e);
        loud();
        if (o != OUTCOME_ROLLED_BACK || !strstr(e.text, lies[i].says))
            FAIL("%s: outcome %d, '%s'", lies[i].sentence, (int)o, e.text);
        expect_picture(&m, before, lies[i].sentence);
        mem_free(before);
        machine_release(&m);
    }
}

/* Windows Installer says that all is done, and it is not. */
static const struct lie_row product_lies[] = {
    {"nothing is installed", {.install = true}, "not among the products"},
    {"the product is registered without its drivers",
     {.install_drivers = true},
     "does not know 'xenbus.inf'"},
    {"the product is registered without its helper", {.install_helper = true}, "ShutdownMon"},
    {"the package is not what was stored", {.write = true}, "drivers.msi"},
};

static void a_success_of_windows_installer_is_not_believed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof product_lies / sizeof *product_lies; i++) {
        struct machine m;
        struct err e = {0};
        start_machine(&m);
        prepare_package(&m);
        char *before = machine_picture(&m);
        m.lies = product_lies[i].lies;
        quiet();
        enum outcome o = install(&m, &e);
        loud();
        if (o != OUTCOME_ROLLED_BACK || !strstr(e.text, product_lies[i].says))
            FAIL("%s: outcome %d, '%s'", product_lies[i].sentence, (int)o, e.text);
        expect_picture(&m, before, product_lies[i].sentence);
        expect_bootable(&m, product_lies[i].sentence);
        mem_free(before);
        machine_release(&m);
    }
}

/* Certificates and products that do not go are said to be there; the next run takes them back. */
static const struct lie_row product_undo_lies[] = {
    {"a product that is uninstalled and still there", {.uninstall = true}, "still installed"},
    {"a certificate that is removed and still there", {.remove_certificate = true}, "still in"},
};

static void an_uninstallation_is_not_believed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof product_undo_lies / sizeof *product_undo_lies; i++) {
        struct machine m;
        struct err e = {0};
        start_machine(&m);
        prepare_package(&m);
        m.keeps_certificates = true;
        char *before = machine_picture(&m);
        quiet();
        install(&m, &e);
        m.lies = product_undo_lies[i].lies;
        enum outcome o = roll_back(&m, &e);
        if (o == OUTCOME_ROLLED_BACK || !strstr(e.text, product_undo_lies[i].says))
            FAIL("%s: outcome %d, '%s'", product_undo_lies[i].sentence, (int)o, e.text);
        m.lies = (struct machine_lies){.write = false};
        machine_start(&m);
        err_clear(&e);
        o = roll_back(&m, &e);
        loud();
        if (o != OUTCOME_ROLLED_BACK)
            FAIL("%s: then %d, '%s'", product_undo_lies[i].sentence, (int)o, e.text);
        expect_picture(&m, before, product_undo_lies[i].sentence);
        mem_free(before);
        machine_release(&m);
    }
}

/* The report's trust: what the store has, no more and no less. */
static void expect_trust(struct machine *m, size_t count, const char *sentence)
{
    struct platform p = machine_platform(m);
    struct journal j = {0};
    struct err e = {0};
    assert_true(transaction_load(&p, &j, &e));
    if (j.trust.count != count)
        FAIL("%s: %zu lines of trust", sentence, j.trust.count);
    journal_release(&j);
}

/* The one in CurrentUser's store cannot be asked for, and is said to be there; the signer's own is
 * added in either case. */
static void certificates_are_told_and_taken_back(void **state)
{
    (void)state;
    for (int earlier = 0; earlier < 2; earlier++) {
        struct machine m;
        struct err e = {0};
        start_machine(&m);
        prepare_package(&m);
        m.keeps_certificates = true;
        if (earlier)
            machine_put_certificate(&m, "Root", THUMBPRINT);
        quiet();
        install(&m, &e);
        finish_from_here(&m, "with a certificate");
        expect_trust(&m, earlier ? 2 : 3, "installed");
        assert_int_equal(m.certificate_count, 1);
        assert_int_equal(roll_back(&m, &e), OUTCOME_ROLLED_BACK);
        loud();
        assert_int_equal(m.certificate_count, earlier);
        expect_trust(&m, 0, "rolled back");
        machine_release(&m);
    }
}

/* What somebody else had installed stays when we go. */
static void a_product_of_others_is_not_uninstalled(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    prepare_package(&m);
    m.products[m.product_count++] = (struct machine_product){PRODUCT, "PV Drivers for Windows"};
    char *before = machine_picture(&m);
    quiet();
    assert_int_equal(install(&m, &e), OUTCOME_RESTART_NEEDED);
    assert_int_equal(roll_back(&m, &e), OUTCOME_ROLLED_BACK);
    loud();
    assert_int_equal(m.product_count, 1);
    expect_picture(&m, before, "a product that was registered already");
    mem_free(before);
    machine_release(&m);
}

static const struct lie_row undo_lies[] = {
    {"an INF that is unstaged and still there", {.unstage = true}, "still"},
    {"a device that is unbound and still bound", {.unbind = true}, "still"},
    {"a service that is deleted and still there", {.delete_service = true}, "still"},
    {"a file that is removed and still there", {.remove_file = true}, "still"},
    {"a certificate that is removed and still there", {.remove_publisher = true}, "still among"},
};

static void an_undo_that_is_a_lie_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof undo_lies / sizeof *undo_lies; i++) {
        struct machine m;
        struct err e = {0};
        start_machine(&m);
        char *before = machine_picture(&m);
        quiet();
        install(&m, &e);
        m.lies = undo_lies[i].lies;
        enum outcome o = roll_back(&m, &e);
        if (o == OUTCOME_ROLLED_BACK || !strstr(e.text, undo_lies[i].says))
            FAIL("%s: outcome %d, '%s'", undo_lies[i].sentence, (int)o, e.text);
        m.lies = (struct machine_lies){.write = false};
        machine_start(&m);
        err_clear(&e);
        o = roll_back(&m, &e);
        loud();
        if (o != OUTCOME_ROLLED_BACK)
            FAIL("%s: then %d, '%s'", undo_lies[i].sentence, (int)o, e.text);
        expect_picture(&m, before, undo_lies[i].sentence);
        expect_bootable(&m, undo_lies[i].sentence);
        mem_free(before);
        machine_release(&m);
    }
}

/* Windows refuses an INF for good, such as for its signature: nothing of it is there, and that is
 * no open question. */
static void an_inf_that_windows_refuses_is_rolled_back(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    char *before = machine_picture(&m);
    m.refuses_to_stage = true;
    quiet();
    enum outcome o = install(&m, &e);
    loud();
    assert_int_equal(o, OUTCOME_ROLLED_BACK);
    assert_non_null(strstr(e.text, "stage 'xenbus.inf'"));
    expect_picture(&m, before, "a refused INF");
    mem_free(before);
    machine_release(&m);
}

/* A filter that cannot be taken out keeps its service: else Windows would not start. */
static void a_filter_that_stays_keeps_its_service(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    start_machine(&m);
    install(&m, &e);
    m.lies.remove_filter = true;
    quiet();
    enum outcome o = roll_back(&m, &e);
    loud();
    assert_int_not_equal(o, OUTCOME_ROLLED_BACK);
    machine_look_at_filters(&m);
    expect_bootable(&m, "the filter stays");
    machine_release(&m);
}

static void says_what_is_wrong_later(void **state)
{
    (void)state;
    struct machine m;
    struct err e = {0};
    struct journal j = {0};
    struct facts f = {0};
    struct texts wrong = {0};
    start_machine(&m);
    install(&m, &e);
    finish_from_here(&m, "before the damage");
    machine_put(&m, MACHINE_DRIVERS "\\xenvif.sys", span_text("xenvif, damaged"));
    struct platform p = machine_platform(&m);
    assert_true(transaction_load(&p, &j, &e));
    assert_true(p.facts(p.context, &f, &e));
    transaction_check(&p, &j, &f, &wrong);
    assert_int_equal(wrong.count, 1);
    assert_non_null(strstr(wrong.at[0], "xenvif.sys"));
    texts_release(&wrong);
    facts_release(&f);
    journal_release(&j);
    machine_release(&m);
}

static void refuses_a_step_that_it_does_not_know(void **state)
{
    (void)state;
    static const struct {
        const char *sentence;
        enum step_kind kind;
        const char *subject;
    } rows[] = {
        {"no kind", STEP_UNKNOWN, "xenbus"},
        {"a kind past the last", (enum step_kind)(STEP_REMOVE_TRUST + 1), "xenbus"},
        {"a subject that is not there", STEP_STAGE, "nobody"},
        {"no subject", STEP_BIND, NULL},
        {"a subject where there can be none", STEP_BOOT_CHECK, "xenbus"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct machine m;
        struct err e = {0};
        struct journal j = {0};
        start_machine(&m);
        struct platform p = machine_platform(&m);
        fill_journal(&m, &j);
        add_step(&j, rows[i].kind, rows[i].subject);
        enum outcome o = transaction_install(&p, &j, &content, &e);
        if (o != OUTCOME_STUCK || m.effects || e.kind != ERR_FORMAT)
            FAIL("%s: outcome %d, %zu effects, '%s'", rows[i].sentence, (int)o, m.effects, e.text);
        journal_release(&j);
        machine_release(&m);
    }
}

static void a_broken_journal_stops_the_run(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "{",
        "[]",
        "{\"schema\": 2}",
        "{\"schema\": 1, \"state\": \"half-way\"}",
        "{\"schema\": 1, \"state\": \"installing\", \"steps\": [{\"kind\": \"explode\", \"state\": \"done\", \"subject\": \"a\"}]}",
        "{\"schema\": 1, \"state\": \"installing\", \"steps\": [{\"kind\": \"bind\", \"state\": \"done\", \"subject\": \"a\"}]}",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct machine m;
        struct err e = {0};
        start_machine(&m);
        machine_put(&m, MACHINE_STATE "\\journal.json", span_text(broken[i]));
        enum outcome o = run_again(&m, &e);
        if (o != OUTCOME_STUCK || m.effects || !strstr(e.text, "journal"))
            FAIL("'%s': outcome %d, %zu effects, '%s'", broken[i], (int)o, m.effects, e.text);
        machine_release(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(installs_and_confirms_after_one_restart),
        cmocka_unit_test(facts_are_read_once_and_are_of_the_end),
        cmocka_unit_test(waits_for_the_restart),
        cmocka_unit_test(the_continuation_goes_with_the_job),
        cmocka_unit_test(the_continuation_has_the_manifest_that_was_read),
        cmocka_unit_test(the_monitor_is_quiet_until_the_job_ends),
        cmocka_unit_test(the_continuation_runs_so_often_and_no_more),
        cmocka_unit_test(an_entry_that_cannot_be_made_is_noted),
        cmocka_unit_test(a_machine_that_might_not_start_is_rolled_back),
        cmocka_unit_test(asks_for_more_restarts_up_to_the_limit),
        cmocka_unit_test(binds_a_device_that_came_later),
        cmocka_unit_test(rollback_gives_back_what_was_there),
        cmocka_unit_test(a_repair_leaves_trust_to_the_administrator),
        cmocka_unit_test(a_certificate_that_is_another_is_not_added),
        cmocka_unit_test(rollback_of_an_upgrade_goes_back_one_release),
        cmocka_unit_test(upgrades_a_driver_that_runs),
        cmocka_unit_test(rollback_takes_the_nodes_of_the_bus),
        cmocka_unit_test(a_replacement_that_did_not_come_is_found),
        cmocka_unit_test(every_refused_call_is_rolled_back),
        cmocka_unit_test(every_power_cut_ends_installed),
        cmocka_unit_test(every_power_cut_can_be_taken_back),
        cmocka_unit_test(faults_while_undoing_are_made_good),
        cmocka_unit_test(faults_while_confirming_are_made_good),
        cmocka_unit_test(faults_while_repairing_are_made_good),
        cmocka_unit_test(no_outcome_is_a_lie_after_two_faults),
        cmocka_unit_test(the_static_address_survives),
        cmocka_unit_test(a_lie_about_the_address_is_found),
        cmocka_unit_test(a_success_that_is_a_lie_is_found),
        cmocka_unit_test(a_success_of_windows_installer_is_not_believed),
        cmocka_unit_test(an_uninstallation_is_not_believed),
        cmocka_unit_test(certificates_are_told_and_taken_back),
        cmocka_unit_test(a_product_of_others_is_not_uninstalled),
        cmocka_unit_test(an_undo_that_is_a_lie_is_found),
        cmocka_unit_test(an_inf_that_windows_refuses_is_rolled_back),
        cmocka_unit_test(a_filter_that_stays_keeps_its_service),
        cmocka_unit_test(says_what_is_wrong_later),
        cmocka_unit_test(refuses_a_step_that_it_does_not_know),
        cmocka_unit_test(a_broken_journal_stops_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
