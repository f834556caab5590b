/*
 * transaction: three drivers and a helper on a machine in memory. Each call that the transaction makes is refused, done
 * by half, done and denied, or the last one before the power goes; each success is a lie once. What comes of it is the
 * whole installation or the machine as it was, and in between never one that cannot start.
 */
#include "tests/unit/fake_machine.h"

#include "installer/plan.h"
#include "installer/transaction.h"
#include "verifier/digest.h"

#include <fcntl.h>
#include <unistd.h>

#define SYSTEM_CLASS "{4d36e97d-e325-11ce-bfc1-08002be10318}"
#define BUS_ID "PCI\\VEN_5853&DEV_0001"
#define BUS "PCI\\VEN_5853&DEV_0001\\3&13C0B0C5&0&18"
#define VIF "XENBUS\\VIF\\0"
#define NET0 "XENVIF\\NET\\0"
#define NET1 "XENVIF\\NET\\1"
#define HELPER_TOP MACHINE_PROGRAMS "\\Xen PV Drivers"
#define HELPER_FOLDER HELPER_TOP "\\bin"
#define HELPER_PATH HELPER_FOLDER "\\shutdownmon.exe"
#define OLD_INF "inf of xenbus 8"

static const struct machine_driver drivers[] = {
    {"inf of xenbus 9", "xenbus.inf", BUS_ID, "xenbus", 0, "xenbus.sys", "xenbus 9", SYSTEM_CLASS, "xenbus", {VIF}, "XENBUS\\VIF"},
    {"inf of xenvif 9", "xenvif.inf", "XENBUS\\VIF", "xenvif", 3, "xenvif.sys", "xenvif 9", NULL, NULL, {NET0, NET1}, "XENVIF\\NET"},
    {"inf of xennet 9", "xennet.inf", "XENVIF\\NET", "xennet", 3, "xennet.sys", "xennet 9", NULL, NULL, {NULL}, NULL},
    {OLD_INF, "xenbus.inf", BUS_ID, "xenbus", 0, "xenbus.sys", "xenbus 8", NULL, NULL, {NULL}, NULL},
};

enum { OURS = 3, BASE = sizeof drivers / sizeof *drivers, RESTART_LIMIT = 3, RUNS_MAX = 12 };

static const char helper_bytes[] = "shutdownmon";

/* --- a machine and a journal -------------------------------------------------------------------------------------- */

static void start_machine(struct machine *m)
{
    machine_init(m, drivers, BASE);
    machine_put_node(m, BUS, BUS_ID);
    machine_put_filter(m, SYSTEM_CLASS, "partmgr");
    machine_put_service(m, "partmgr", 0, "partmgr.sys");
    machine_put(m, MACHINE_INF "\\oem0.inf", span_text("inf of somebody else"));
}

static void add_file(void *list, const char *folder, const char *name, const char *content)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    struct digest d = digest_one(DIGEST_SHA256, span_text(content));
    struct text path = {0};
    digest_hex(&d, hex);
    struct journal_file *f = shape_list_add(list, sizeof *f);
    text_addf(&path, "%s\\%s", folder, name);
    f->path = text_steal(&path);
    f->source = mem_strdup(name);
    f->sha256 = mem_strdup(hex);
}

static void add_driver(struct journal *j, const struct machine_driver *from)
{
    struct journal_driver *d = shape_list_add(&j->drivers, sizeof *d);
    struct text folder = {0};
    d->name = mem_strdup(from->service);
    text_addf(&folder, MACHINE_STATE "\\packages\\9\\%s", from->service);
    d->folder = text_steal(&folder);
    d->inf = mem_strdup(from->original);
    d->platform = from->start == 0 ? TRI_YES : TRI_NO;
    texts_add(&d->hardware_ids, from->id);
    add_file(&d->stored, d->folder, from->original, from->content);
    add_file(&d->stored, d->folder, from->file, from->bytes);
    add_file(&d->installed, MACHINE_DRIVERS, from->file, from->bytes);
    struct journal_service *s = shape_list_add(&d->services, sizeof *s);
    s->name = mem_strdup(from->service);
    s->start = number_of(from->start);
    if (from->filter) {
        struct journal_filter *f = shape_list_add(&d->filters, sizeof *f);
        f->class_guid = mem_strdup(from->filter_class);
        f->position = mem_strdup("UpperFilters");
        f->service = mem_strdup(from->filter);
    }
}

static void add_step(struct journal *j, enum step_kind kind, const char *subject)
{
    struct journal_step *s = shape_list_add(&j->steps, sizeof *s);
    s->kind = kind;
    s->subject = mem_strdup(subject);
}

static void fill_journal(struct journal *j)
{
    j->schema = number_of(JOURNAL_SCHEMA);
    j->state = JOURNAL_INSTALLING;
    j->release = mem_strdup("release-9");
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
    h->file = (struct journal_file){.path = mem_strdup(HELPER_PATH), .source = mem_strdup("shutdownmon.exe"),
                                    .sha256 = mem_strdup(hex)};
    static const enum step_kind kinds[] = {STEP_STORE, STEP_STAGE, STEP_BIND};
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; i < OURS; i++)
            add_step(j, kinds[k], drivers[i].service);
    add_step(j, STEP_HELPER, "ShutdownMon");
}

static bool open_content(void *context, const char *subject, const char *name, struct span *out, struct err *e)
{
    (void)context;
    *out = span_text(helper_bytes);
    for (size_t i = 0; i < OURS; i++)
        if (strcmp(drivers[i].service, subject) == 0)
            *out = span_text(strcmp(name, drivers[i].original) == 0 ? drivers[i].content : drivers[i].bytes);
    return e->kind == ERR_NONE;
}

static const struct transaction_content content = {.open = open_content};

/* --- runs of the program ------------------------------------------------------------------------------------------- */

static enum outcome install(struct machine *m, struct err *e)
{
    struct platform p = machine_platform(m);
    struct journal j = {0};
    fill_journal(&j);
    enum outcome o = transaction_install(&p, &j, &content, e);
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
        bool interrupted = j.state == JOURNAL_INSTALLING || j.state == JOURNAL_REVERTING;
        bool fresh = j.state == JOURNAL_NONE || j.state == JOURNAL_ROLLED_BACK;
        if (interrupted)
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
    enum outcome o = transaction_load(&p, &j, e) ? transaction_revert(&p, &j, "asked for", e) : OUTCOME_STUCK;
    journal_release(&j);
    return o;
}

static enum journal_state state_on_disk(struct machine *m)
{
    struct platform p = machine_platform(m);
    struct journal j = {0};
    struct err e = {0};
    if (!transaction_load(&p, &j, &e))
        fail_msg("the journal cannot be read: %s", e.text);
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
            fail_msg("%s: run %u ended with outcome %d: %s", sentence, run, (int)o, e.text);
    }
    fail_msg("%s: not done after %d starts", sentence, RUNS_MAX);
    return 0;
}

/* The many expected failures would drown the few that count. */
static int quiet(void)
{
    fflush(stderr);
    int kept = dup(2), null = open("/dev/null", O_WRONLY);
    dup2(null, 2);
    close(null);
    return kept;
}

static void loud(int kept)
{
    fflush(stderr);
    dup2(kept, 2);
    close(kept);
}

static void expect_picture(const struct machine *m, const char *wanted, const char *sentence)
{
    char *now = machine_picture(m);
    if (strcmp(now, wanted) != 0)
        fail_msg("%s: the machine is\n%snot\n%s", sentence, now, wanted);
    mem_free(now);
}

static void expect_bootable(const struct machine *m, const char *sentence)
{
    if (*m->unbootable)
        fail_msg("%s: Windows would not start: %s", sentence, m->unbootable);
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
        fail_msg("the undisturbed installation ended with %d: %s", (int)o, e.text);
    finish_from_here(&m, "the undisturbed installation");
    char *picture = machine_picture(&m);
    machine_release(&m);
    return picture;
}

/* --- what may have been there before ---------------------------------------------------------------------------------- */

static void prepare_nothing(struct machine *m)
{
    (void)m;
}

/* An older driver of the same name is bound: a upgrade in place. */
static void prepare_older(struct machine *m)
{
    machine_put(m, MACHINE_INF "\\oem1.inf", span_text(OLD_INF));
    machine_install(m, &drivers[BASE - 1], machine_node_at(m, BUS), "oem1.inf", false);
}

/* Left-overs: a service, its file with other bytes, the helper's service and program, other files in its folder. */
static void prepare_leftovers(struct machine *m)
{
    machine_put_service(m, "xenvif", 3, "C:\\elsewhere\\xenvif.sys");
    machine_put(m, MACHINE_DRIVERS "\\xenvif.sys", span_text("xenvif of old"));
    machine_put_service(m, "ShutdownMon", 2, "\"" HELPER_PATH "\"");
    machine_put_folder(m, HELPER_FOLDER);
    machine_put(m, HELPER_PATH, span_text("an older shutdownmon"));
    machine_put(m, HELPER_FOLDER "\\notes.txt", span_text("of the administrator"));
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

struct before_row {
    const char *sentence;
    void (*prepare)(struct machine *m);
};

static const struct before_row befores[] = {
    {"a machine without PV drivers", prepare_nothing},
    {"a machine with an older driver bound", prepare_older},
    {"a machine with left-overs", prepare_leftovers},
    {"a machine with the same INF, service and filter", prepare_staged},
    {"a machine whose filters cannot be read", prepare_unreadable_filters},
};

enum { BEFORES = sizeof befores / sizeof *befores };

/* --- tests ------------------------------------------------------------------------------------------------------------ */

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
    machine_release(&m);
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
            int kept = quiet();
            enum outcome o = install(&m, &e);
            if (restarted)
                machine_start(&m);
            if (restarted == 2)
                o = run_again(&m, &e);
            enum outcome back = roll_back(&m, &e);
            loud(kept);
            if (back != OUTCOME_ROLLED_BACK)
                fail_msg("%s, %d: installed %d, rolled back %d: %s", befores[b].sentence, restarted, (int)o, (int)back, e.text);
            expect_picture(&m, before, befores[b].sentence);
            expect_bootable(&m, befores[b].sentence);
            mem_free(before);
            machine_release(&m);
        }
}

/* Fresh machine, prepared, with the fault in its hand. */
static void start_faulty(struct machine *m, const struct before_row *row, enum machine_fault fault, size_t at)
{
    start_machine(m);
    row->prepare(m);
    m->fault = fault;
    m->fault_at = at;
}

/* Every call of an installation fails in turn, in each way of failing without a power cut. */
static void every_refused_call_is_rolled_back(void **state)
{
    (void)state;
    size_t points = 0;
    for (size_t b = 0; b < BEFORES; b++)
        for (int fault = FAULT_REFUSED; fault < FAULT_CUT_BEFORE; fault++) {
            bool reached = true;
            for (size_t at = 1; reached; at++) {
                struct machine m;
                struct err e = {0};
                char sentence[160];
                start_faulty(&m, &befores[b], (enum machine_fault)fault, at);
                char *before = machine_picture(&m);
                int kept = quiet();
                enum outcome o = install(&m, &e);
                loud(kept);
                reached = m.calls >= at;
                snprintf(sentence, sizeof sentence, "%s, fault %d at call %zu, outcome %d", befores[b].sentence, fault, at, (int)o);
                bool stuck = o == OUTCOME_STUCK && m.effects == 0;
                bool survived = o == OUTCOME_RESTART_NEEDED;
                if (!stuck && !survived && o != OUTCOME_ROLLED_BACK)
                    fail_msg("%s: %s", sentence, e.text);
                if (!survived && e.kind == ERR_NONE)
                    fail_msg("%s: no reason is given", sentence);
                if (!survived)
                    expect_picture(&m, before, sentence);
                expect_bootable(&m, sentence);
                if (survived)
                    finish_from_here(&m, sentence);
                points += reached;
                mem_free(before);
                machine_release(&m);
            }
        }
    print_message("refused, by half and denied: %zu points\n", points);
    assert_true(points > 1000);
}

/* The power goes at every call in turn, before, amid or after its effect; the program is started again. */
static void every_power_cut_ends_installed(void **state)
{
    (void)state;
    size_t points = 0;
    for (size_t b = 0; b < BEFORES; b++) {
        char *wanted = picture_when_installed(befores[b].prepare);
        for (int fault = FAULT_CUT_BEFORE; fault < FAULT_COUNT; fault++) {
            bool reached = true;
            for (size_t at = 1; reached; at++) {
                struct machine m;
                struct err e = {0};
                char sentence[160];
                snprintf(sentence, sizeof sentence, "%s, cut %d at call %zu", befores[b].sentence, fault, at);
                start_faulty(&m, &befores[b], (enum machine_fault)fault, at);
                int kept = quiet();
                install(&m, &e);
                reached = m.dead;
                finish_from_here(&m, sentence);
                loud(kept);
                expect_picture(&m, wanted, sentence);
                expect_bootable(&m, sentence);
                points += reached;
                machine_release(&m);
            }
        }
        mem_free(wanted);
    }
    print_message("power cut while installing: %zu points\n", points);
    assert_true(points > 1000);
}

/* The same, but nobody wants it any more: the next run takes it back. */
static void every_power_cut_can_be_taken_back(void **state)
{
    (void)state;
    size_t points = 0;
    for (size_t b = 0; b < BEFORES; b++)
        for (int fault = FAULT_CUT_BEFORE; fault < FAULT_COUNT; fault++) {
            bool reached = true;
            for (size_t at = 1; reached; at++) {
                struct machine m;
                struct err e = {0};
                char sentence[160];
                snprintf(sentence, sizeof sentence, "%s, cut %d at call %zu", befores[b].sentence, fault, at);
                start_faulty(&m, &befores[b], (enum machine_fault)fault, at);
                char *before = machine_picture(&m);
                int kept = quiet();
                install(&m, &e);
                reached = m.dead;
                machine_start(&m);
                err_clear(&e);
                enum outcome o = state_on_disk(&m) == JOURNAL_NONE ? OUTCOME_ROLLED_BACK : roll_back(&m, &e);
                loud(kept);
                if (o != OUTCOME_ROLLED_BACK)
                    fail_msg("%s: %d: %s", sentence, (int)o, e.text);
                expect_picture(&m, before, sentence);
                expect_bootable(&m, sentence);
                points += reached;
                mem_free(before);
                machine_release(&m);
            }
        }
    print_message("power cut, then taken back: %zu points\n", points);
    assert_true(points > 1000);
}

/* Faults while undoing, and while confirming after the restart: the next runs come to an end all the same. */
static void faults_while_undoing_are_made_good(void **state)
{
    (void)state;
    size_t points = 0;
    for (size_t b = 0; b < BEFORES; b++)
        for (int fault = FAULT_REFUSED; fault < FAULT_COUNT; fault++) {
            bool reached = true;
            for (size_t at = 1; reached; at++) {
                struct machine m;
                struct err e = {0};
                char sentence[160];
                snprintf(sentence, sizeof sentence, "%s, fault %d at call %zu of undoing", befores[b].sentence, fault, at);
                start_faulty(&m, &befores[b], FAULT_NONE, 0);
                char *before = machine_picture(&m);
                int kept = quiet();
                install(&m, &e);
                machine_start(&m);
                run_again(&m, &e);
                m.fault = (enum machine_fault)fault;
                m.fault_at = m.calls + at;
                size_t calls = m.calls;
                enum outcome o = roll_back(&m, &e);
                reached = m.calls - calls >= at;
                if (o == OUTCOME_ROLLED_BACK)
                    expect_picture(&m, before, sentence);
                machine_start(&m);
                err_clear(&e);
                if (o != OUTCOME_ROLLED_BACK)
                    o = roll_back(&m, &e);
                loud(kept);
                if (o != OUTCOME_ROLLED_BACK)
                    fail_msg("%s: %d: %s", sentence, (int)o, e.text);
                expect_picture(&m, before, sentence);
                expect_bootable(&m, sentence);
                points += reached;
                mem_free(before);
                machine_release(&m);
            }
        }
    print_message("faults while undoing: %zu points\n", points);
    assert_true(points > 500);
}

static void faults_while_confirming_are_made_good(void **state)
{
    (void)state;
    size_t points = 0;
    for (size_t b = 0; b < BEFORES; b++) {
        char *wanted = picture_when_installed(befores[b].prepare);
        for (int fault = FAULT_REFUSED; fault < FAULT_COUNT; fault++) {
            bool reached = true;
            for (size_t at = 1; reached; at++) {
                struct machine m;
                struct err e = {0};
                char sentence[160];
                snprintf(sentence, sizeof sentence, "%s, fault %d at call %zu of confirming", befores[b].sentence, fault, at);
                start_faulty(&m, &befores[b], FAULT_NONE, 0);
                int kept = quiet();
                install(&m, &e);
                machine_start(&m);
                m.fault = (enum machine_fault)fault;
                m.fault_at = m.calls + at;
                size_t calls = m.calls;
                run_again(&m, &e);
                reached = m.calls - calls >= at;
                finish_from_here(&m, sentence);
                loud(kept);
                expect_picture(&m, wanted, sentence);
                expect_bootable(&m, sentence);
                points += reached;
                machine_release(&m);
            }
        }
        mem_free(wanted);
    }
    print_message("faults while confirming: %zu points\n", points);
    assert_true(points > 200);
}

/* A cut, and then one more fault in the run that undoes it: what is called rolled back is as it was. */
static void no_outcome_is_a_lie_after_two_faults(void **state)
{
    (void)state;
    enum { STRIDE = 7 };
    size_t points = 0;
    for (size_t b = 0; b < 2; b++)
        for (size_t at = 1, first = true; first; at += STRIDE) {
            for (size_t second = 1, reached = true; reached; second += 3) {
                struct machine m;
                struct err e = {0};
                char sentence[160];
                snprintf(sentence, sizeof sentence, "%s, cut at %zu, then refused at %zu", befores[b].sentence, at, second);
                start_faulty(&m, &befores[b], FAULT_CUT_AFTER, at);
                char *before = machine_picture(&m);
                int kept = quiet();
                install(&m, &e);
                first = m.dead;
                machine_start(&m);
                m.fault = FAULT_REFUSED;
                m.fault_at = m.calls + second;
                size_t calls = m.calls;
                err_clear(&e);
                enum outcome o = roll_back(&m, &e);
                reached = m.calls - calls >= second;
                if (o == OUTCOME_ROLLED_BACK)
                    expect_picture(&m, before, sentence);
                machine_start(&m);
                if (state_on_disk(&m) != JOURNAL_NONE && roll_back(&m, &e) != OUTCOME_ROLLED_BACK)
                    fail_msg("%s: %s", sentence, e.text);
                loud(kept);
                expect_picture(&m, before, sentence);
                expect_bootable(&m, sentence);
                points++;
                mem_free(before);
                machine_release(&m);
            }
        }
    print_message("two faults: %zu points\n", points);
    assert_true(points > 500);
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
        int kept = quiet();
        enum outcome o = install(&m, &e);
        loud(kept);
        if (o != OUTCOME_ROLLED_BACK || !strstr(e.text, lies[i].says))
            fail_msg("%s: outcome %d, '%s'", lies[i].sentence, (int)o, e.text);
        expect_picture(&m, before, lies[i].sentence);
        mem_free(before);
        machine_release(&m);
    }
}

static const struct lie_row undo_lies[] = {
    {"an INF that is unstaged and still there", {.unstage = true}, "xen"},
    {"a device that is unbound and still bound", {.unbind = true}, "still"},
    {"a service that is deleted and still there", {.delete_service = true}, "still"},
    {"a file that is removed and still there", {.remove_file = true}, "still"},
};

static void an_undo_that_is_a_lie_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof undo_lies / sizeof *undo_lies; i++) {
        struct machine m;
        struct err e = {0};
        start_machine(&m);
        char *before = machine_picture(&m);
        int kept = quiet();
        install(&m, &e);
        m.lies = undo_lies[i].lies;
        enum outcome o = roll_back(&m, &e);
        if (o == OUTCOME_ROLLED_BACK || !strstr(e.text, undo_lies[i].says))
            fail_msg("%s: outcome %d, '%s'", undo_lies[i].sentence, (int)o, e.text);
        m.lies = (struct machine_lies){.write = false};
        machine_start(&m);
        err_clear(&e);
        o = roll_back(&m, &e);
        loud(kept);
        if (o != OUTCOME_ROLLED_BACK)
            fail_msg("%s: then %d, '%s'", undo_lies[i].sentence, (int)o, e.text);
        expect_picture(&m, before, undo_lies[i].sentence);
        expect_bootable(&m, undo_lies[i].sentence);
        mem_free(before);
        machine_release(&m);
    }
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
    int kept = quiet();
    enum outcome o = roll_back(&m, &e);
    loud(kept);
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
    static const struct { const char *sentence; enum step_kind kind; const char *subject; } rows[] = {
        {"no kind", STEP_UNKNOWN, "xenbus"},
        {"a kind past the last", (enum step_kind)(STEP_HELPER + 1), "xenbus"},
        {"a subject that is not there", STEP_STAGE, "nobody"},
        {"no subject", STEP_BIND, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct machine m;
        struct err e = {0};
        struct journal j = {0};
        start_machine(&m);
        struct platform p = machine_platform(&m);
        fill_journal(&j);
        add_step(&j, rows[i].kind, rows[i].subject);
        enum outcome o = transaction_install(&p, &j, &content, &e);
        if (o != OUTCOME_STUCK || m.effects || e.kind != ERR_FORMAT)
            fail_msg("%s: outcome %d, %zu effects, '%s'", rows[i].sentence, (int)o, m.effects, e.text);
        journal_release(&j);
        machine_release(&m);
    }
}

static void a_broken_journal_stops_the_run(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "", "{", "[]", "{\"schema\": 2}", "{\"schema\": 1, \"state\": \"half-way\"}",
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
            fail_msg("'%s': outcome %d, %zu effects, '%s'", broken[i], (int)o, m.effects, e.text);
        machine_release(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(installs_and_confirms_after_one_restart),
        cmocka_unit_test(waits_for_the_restart),
        cmocka_unit_test(asks_for_more_restarts_up_to_the_limit),
        cmocka_unit_test(binds_a_device_that_came_later),
        cmocka_unit_test(rollback_gives_back_what_was_there),
        cmocka_unit_test(every_refused_call_is_rolled_back),
        cmocka_unit_test(every_power_cut_ends_installed),
        cmocka_unit_test(every_power_cut_can_be_taken_back),
        cmocka_unit_test(faults_while_undoing_are_made_good),
        cmocka_unit_test(faults_while_confirming_are_made_good),
        cmocka_unit_test(no_outcome_is_a_lie_after_two_faults),
        cmocka_unit_test(a_success_that_is_a_lie_is_found),
        cmocka_unit_test(an_undo_that_is_a_lie_is_found),
        cmocka_unit_test(a_filter_that_stays_keeps_its_service),
        cmocka_unit_test(says_what_is_wrong_later),
        cmocka_unit_test(refuses_a_step_that_it_does_not_know),
        cmocka_unit_test(a_broken_journal_stops_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
