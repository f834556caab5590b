/*
 * transaction_loss: installations whose journal lies in a real file, on a disk that fails at each
 * of its system calls and loses power at each of them.
 *
 * transaction_test takes writing the journal for one durable call. Here it is file_replace, and
 * after a power cut the disk may have lost what was not synced (lossy_disk). The rest of the
 * machine is the one in memory. Whatever happens, the next start comes to the whole installation,
 * and whoever does not want it any more gets the machine as it was.
 */
#define _GNU_SOURCE
#include "tests/unit/lossy_disk.h"

#include "tests/unit/build_journal.h"

#include "installer/transaction.h"

#define SYSTEM_CLASS "{4d36e97d-e325-11ce-bfc1-08002be10318}"
#define BUS_ID "PCI\\VEN_5853&DEV_0001"
#define BUS "PCI\\VEN_5853&DEV_0001\\3&13C0B0C5&0&18"
#define VIF "XENBUS\\VIF\\0"
#define JOURNAL MACHINE_STATE "\\journal"

enum { OURS = 2, RUNS_MAX = 8 };

static const struct machine_driver drivers[] = {
    {.content = "inf of xenbus 9",
     .original = "xenbus.inf",
     .id = BUS_ID,
     .service = "xenbus",
     .file = "xenbus.sys",
     .bytes = "xenbus 9",
     .filter_class = SYSTEM_CLASS,
     .filter = "xenbus",
     .children = {VIF},
     .child_id = "XENBUS\\VIF"},
    {.content = "inf of xenvif 9",
     .original = "xenvif.inf",
     .id = "XENBUS\\VIF",
     .service = "xenvif",
     .start = 3,
     .file = "xenvif.sys",
     .bytes = "xenvif 9"},
};

static char folder[64];
static struct platform memory; /* the machine's own calls */

/* --- the machine's state folder, as far as journals go -------------------------------------------
 */

/* "C:\ProgramData\xenpv\journal.json" as a path of ours, or NULL for what stays in memory. */
static char *real_path(const char *path)
{
    return text_starts_nocase(path, JOURNAL) ? file_join(folder, path + strlen(MACHINE_STATE "\\"))
                                             : NULL;
}

/* Without power, nothing of the machine does anything any more. */
static bool powered(struct machine *m, struct err *e)
{
    m->dead = m->dead || lossy.dead;
    return !m->dead || err_set(e, ERR_ACCESS, "the power is gone");
}

static bool write_file(void *context, const char *path, struct span content, struct err *e)
{
    char *real = real_path(path);
    if (!real)
        return memory.write_file(context, path, content, e);
    bool ok = powered(context, e) && file_replace(real, content, e);
    mem_free(real);
    return powered(context, e) && ok;
}

static bool read_file(void *context, const char *path, uint64_t limit, uint8_t **bytes,
                      size_t *size, struct err *e)
{
    struct bytes b = {0};
    char *real = real_path(path);
    if (!real)
        return memory.read_file(context, path, limit, bytes, size, e);
    bool ok = powered(context, e) && file_read(real, limit, &b, e);
    mem_free(real);
    if (ok) {
        *bytes = b.at;
        *size = b.size;
    }
    return ok;
}

static bool remove_file(void *context, const char *path, struct err *e)
{
    char *real = real_path(path);
    if (!real)
        return memory.remove_file(context, path, e);
    bool ok = powered(context, e) && file_remove(real, e);
    mem_free(real);
    return powered(context, e) && ok;
}

static enum tri exists(void *context, const char *path)
{
    char *real = real_path(path);
    if (!real)
        return memory.exists(context, path);
    enum tri there = !powered(context, NULL)           ? TRI_UNKNOWN
                     : file_kind(real) == FILE_REGULAR ? TRI_YES
                                                       : TRI_NO;
    mem_free(real);
    return there;
}

static struct platform platform_of(struct machine *m)
{
    struct platform p = machine_platform(m);
    memory = p;
    p.write_file = write_file;
    p.read_file = read_file;
    p.remove_file = remove_file;
    p.exists = exists;
    return p;
}

/* --- runs of the program -------------------------------------------------------------------------
 */

static void start_machine(struct machine *m)
{
    machine_init(m, drivers, OURS);
    machine_put_node(m, BUS, BUS_ID);
    machine_put(m, MACHINE_INF "\\oem0.inf", span_text("inf of somebody else"));
    machine_put_service(m, "partmgr", 0, "partmgr.sys");
    machine_put_filter(m, SYSTEM_CLASS, "partmgr");
    lossy_begin(folder);
}

static void fill_journal(struct journal *j)
{
    static const enum step_kind kinds[] = {STEP_STORE, STEP_STAGE, STEP_BIND};
    *j = (struct journal){.schema = number_of(JOURNAL_SCHEMA),
                          .state = JOURNAL_INSTALLING,
                          .release = mem_strdup("release-9"),
                          .family = mem_strdup("xenproject"),
                          .version = mem_strdup("9.0.0"),
                          .generation = number_of(1),
                          .restarts = number_of(0),
                          .restart_limit = number_of(3)};
    for (size_t i = 0; i < OURS; i++)
        add_driver(j, &drivers[i]);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; i < OURS; i++)
            add_step(j, kinds[k], drivers[i].service);
}

static bool open_content(void *context, const char *subject, const char *name, struct span *out,
                         struct err *e)
{
    (void)context;
    for (size_t i = 0; i < OURS; i++)
        if (strcmp(drivers[i].service, subject) == 0)
            *out = span_text(strcmp(name, drivers[i].original) == 0 ? drivers[i].content
                                                                    : drivers[i].bytes);
    return e->kind == ERR_NONE;
}

static const struct transaction_content content = {.open = open_content};

static enum outcome install(struct machine *m, struct err *e)
{
    struct platform p = platform_of(m);
    struct journal j = {0};
    fill_journal(&j);
    enum outcome o = transaction_install(&p, &j, &content, e);
    assert_int_equal(m->held, 0);
    journal_release(&j);
    return o;
}

/* What the program does that is started again: by its journal, as installer/install.c. */
static enum outcome run_again(struct machine *m, struct err *e)
{
    struct platform p = platform_of(m);
    struct journal j = {0};
    enum outcome o = OUTCOME_STUCK;
    if (transaction_load(&p, &j, e)) {
        bool interrupted = journal_is_interrupted(&j);
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
    struct platform p = platform_of(m);
    struct journal j = {0};
    enum outcome o = OUTCOME_STUCK;
    if (transaction_load(&p, &j, e))
        o = j.state == JOURNAL_NONE ? OUTCOME_ROLLED_BACK
                                    : transaction_revert(&p, &j, "asked for", e);
    journal_release(&j);
    return o;
}

static void finish_from_here(struct machine *m, const char *sentence)
{
    for (unsigned run = 1; run <= RUNS_MAX; run++) {
        struct err e = {0};
        machine_start(m);
        enum outcome o = run_again(m, &e);
        if (o == OUTCOME_INSTALLED)
            return;
        if (o != OUTCOME_RESTART_NEEDED)
            FAIL("%s: run %u ended with outcome %d: %s", sentence, run, (int)o, e.text);
    }
    FAIL("%s: not done after %d starts", sentence, RUNS_MAX);
}

/* --- trials --------------------------------------------------------------------------------------
 */

enum phase { PHASE_INSTALL, PHASE_CONFIRM, PHASE_UNDO, PHASES };

static const char *const phase_names[] = {"installing", "confirming", "undoing"};

static char *before, *installed; /* pictures */

static void start_before_phase(struct machine *m, enum phase phase)
{
    struct err e = {0};
    start_machine(m);
    if (phase != PHASE_INSTALL && install(m, &e) != OUTCOME_RESTART_NEEDED)
        FAIL("the undisturbed installation failed: %s", e.text);
    if (phase != PHASE_INSTALL)
        machine_start(m);
}

static enum outcome do_phase(struct machine *m, enum phase phase, struct err *e)
{
    return phase == PHASE_INSTALL   ? install(m, e)
           : phase == PHASE_CONFIRM ? run_again(m, e)
                                    : roll_back(m, e);
}

/* How many system calls a phase makes. */
static size_t calls_of(enum phase phase)
{
    struct machine m;
    struct err e = {0};
    start_before_phase(&m, phase);
    size_t start = lossy.calls;
    do_phase(&m, phase, &e);
    machine_release(&m);
    return lossy.calls - start;
}

static void check_end(struct machine *m, enum phase phase, const char *sentence)
{
    struct err e = {0};
    machine_start(m);
    if (phase != PHASE_UNDO) {
        finish_from_here(m, sentence);
        expect_picture(m, installed, sentence);
    }
    enum outcome o = roll_back(m, &e);
    if (o != OUTCOME_ROLLED_BACK)
        FAIL("%s: then undone: outcome %d: %s", sentence, (int)o, e.text);
    expect_picture(m, before, sentence);
}

static void try_cut(enum phase phase, size_t at, enum lossy_keep keep)
{
    struct machine m;
    struct err e = {0};
    char sentence[160];
    enum lossy_fault fault = at % 2 ? LOSSY_CUT : LOSSY_CUT_AMID;
    snprintf(sentence, sizeof sentence, "the power goes at system call %zu of %s, and there is %s",
             at, phase_names[phase], lossy_keep_names[keep]);
    start_before_phase(&m, phase);
    lossy_fail(fault, at);
    do_phase(&m, phase, &e);
    lossy_cut(keep);
    expect_bootable(&m, sentence);
    check_end(&m, phase, sentence);
    machine_release(&m);
}

static void every_power_cut_comes_to_an_end(void **state)
{
    size_t points = 0;
    (void)state;
    quiet();
    for (enum phase phase = 0; phase < PHASES; phase++)
        for (size_t calls = calls_of(phase), at = 1; at <= calls; at++)
            for (enum lossy_keep keep = LOSSY_KEEP_SYNCED; keep < LOSSY_KEEPS; keep++, points++)
                try_cut(phase, at, keep);
    loud();
    print_message("%zu power cuts\n", points);
    assert_true(points >= 500);
}

/* The disk that fails does so while the program runs; the next run has a good one. */
static void try_fault(enum phase phase, enum lossy_fault fault, size_t at)
{
    struct machine m;
    struct err e = {0};
    char sentence[160];
    snprintf(sentence, sizeof sentence, "%s at system call %zu of %s", lossy_fault_names[fault], at,
             phase_names[phase]);
    start_before_phase(&m, phase);
    lossy_fail(fault, at);
    enum outcome o = do_phase(&m, phase, &e);
    lossy_mend();
    if (o == OUTCOME_ROLLED_BACK)
        expect_picture(&m, before, sentence);
    expect_bootable(&m, sentence);
    check_end(&m, phase, sentence);
    machine_release(&m);
}

static void every_failing_call_comes_to_an_end(void **state)
{
    size_t points = 0;
    (void)state;
    quiet();
    for (enum phase phase = 0; phase < PHASES; phase++)
        for (size_t calls = calls_of(phase), at = 1; at <= calls; at++)
            for (enum lossy_fault fault = LOSSY_EIO; fault < LOSSY_CUT; fault++, points++)
                try_fault(phase, fault, at);
    loud();
    print_message("%zu failed calls\n", points);
    assert_true(points >= 500);
}

/* --- all
 * ------------------------------------------------------------------------------------------ */

static int set_up(void **state)
{
    struct machine m;
    char *temp = file_temp_folder();
    (void)state;
    snprintf(folder, sizeof folder, "%s/xenpv-loss-XXXXXX", temp);
    mem_free(temp);
    if (!mkdtemp(folder))
        return -1;
    start_machine(&m);
    before = machine_picture(&m);
    quiet();
    finish_from_here(&m, "undisturbed");
    loud();
    installed = machine_picture(&m);
    machine_release(&m);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    lossy_begin(folder);
    lossy_forget();
    *lossy.root = '\0';
    mem_free(before);
    mem_free(installed);
    return file_remove(folder, NULL) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_power_cut_comes_to_an_end),
        cmocka_unit_test(every_failing_call_comes_to_an_end),
    };
    return cmocka_run_group_tests_name("transaction_loss", tests, set_up, tear_down);
}
