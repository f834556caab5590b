/*
 * transaction, on machines that nobody thought of: random trees of devices and drivers, random
 * things that were there before, a random fault at a random call, perhaps another one in the run
 * that follows. Whatever comes, the machine can start at every moment, and in the end it has the
 * whole installation or is as it was.
 *
 * XENPV_MACHINES=N tries so many machines, XENPV_SEED=N begins with another one.
 */
#include "tests/unit/build_journal.h"

#include "installer/transaction.h"

enum { MACHINES = 25000, DRIVERS = 4, RUNS = 14, RESTARTS = 3, NAME = 48 };

#define CLASS "{4d36e97d-e325-11ce-bfc1-08002be10318}"

/* --- randomness that can be had again -------------------------------------------------------- */

static uint64_t random_state;

static uint64_t random_next(void)
{
    /* splitmix64: each seed is a good one */
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static size_t below(size_t limit)
{
    return (size_t)(random_next() % limit);
}

static bool one_in(size_t n)
{
    return below(n) == 0;
}

/* --- a random plan ---------------------------------------------------------------------------- */

/* The texts of one driver; the new one and the one that may have been there before it. */
struct names {
    char service[NAME], old_service[NAME], id[NAME], child_id[NAME], file[NAME], inf[NAME];
    char bytes[NAME], old_bytes[NAME], content[NAME], old_content[NAME];
    char children[3][NAME];
};

struct shape_of_machine {
    size_t count;        /* drivers to install */
    bool older[DRIVERS]; /* an older driver is bound */
    struct names names[DRIVERS];
    struct machine_driver drivers[2 * DRIVERS]; /* ours, then the older ones */
};

#define PRINT(to, ...) snprintf((to), sizeof(to), __VA_ARGS__)

static void name_driver(struct names *n, size_t i)
{
    PRINT(n->service, "xen%zu", i);
    PRINT(n->old_service, one_in(2) ? "xen%zu" : "old%zu", i);
    PRINT(n->id, "XEN\\DEV_%zu", i);
    PRINT(n->file, "xen%zu.sys", i);
    PRINT(n->inf, "xen%zu.inf", i);
    PRINT(n->bytes, "new driver %zu", i);
    PRINT(n->old_bytes, "old driver %zu", i);
    PRINT(n->content, "new inf %zu", i);
    PRINT(n->old_content, "old inf %zu", i);
}

/* Each driver but the first hangs below an earlier one, or its devices are there from the start. */
static void shape_make(struct shape_of_machine *s)
{
    memset(s, 0, sizeof *s);
    s->count = 1 + below(DRIVERS);
    for (size_t i = 0; i < DRIVERS; i++)
        name_driver(&s->names[i], i);
    for (size_t i = 0; i < DRIVERS; i++) {
        struct names *n = &s->names[i];
        bool filters = one_in(2);
        uint32_t start = one_in(2) ? 0 : 3;
        s->drivers[i] = (struct machine_driver){n->content,
                                                n->inf,
                                                n->id,
                                                n->service,
                                                start,
                                                n->file,
                                                n->bytes,
                                                filters ? CLASS : NULL,
                                                filters ? n->service : NULL,
                                                {NULL},
                                                NULL,
                                                NULL,
                                                one_in(4) ? "XEN\\Unplug" : NULL};
        s->drivers[DRIVERS + i] =
            (struct machine_driver){n->old_content, n->inf, n->id, n->old_service, 3,    n->file,
                                    n->old_bytes,   NULL,   NULL,  {NULL},         NULL, NULL, NULL};
        s->older[i] = one_in(4);
    }
    /* A bus has children of one kind only, as the fake machine has it. */
    for (size_t i = 1; i < s->count; i++) {
        size_t parent = below(i);
        struct machine_driver *bus = &s->drivers[parent];
        if (bus->child_id)
            continue;
        bus->child_id = s->names[i].id;
        for (size_t k = 0, last = below(3); k <= last; k++) {
            PRINT(s->names[i].children[k], "XEN\\%zu\\%zu", i, k);
            bus->children[k] = s->names[i].children[k];
        }
    }
}

static bool is_child(const struct shape_of_machine *s, size_t i)
{
    for (size_t k = 0; k < s->count; k++)
        if (s->drivers[k].child_id == s->names[i].id)
            return true;
    return false;
}

static const char *driver_path(const struct names *n)
{
    static char path[MACHINE_PATH];
    PRINT(path, "%s\\%s", MACHINE_DRIVERS, n->file);
    return path;
}

/* Things that somebody left: a service, its file, the very INF, a filter. */
static void put_leftovers(struct machine *m, const struct shape_of_machine *s, size_t i)
{
    const struct names *n = &s->names[i];
    char inf[MACHINE_PATH];
    if (one_in(5)) {
        uint32_t start = (uint32_t)below(5);
        machine_put_service(m, n->service, start, one_in(2) ? driver_path(n) : "old");
        /* one that is disabled would keep Windows from starting before we come */
        if (one_in(2) && start < 4 && s->drivers[i].filter)
            machine_put_filter(m, CLASS, n->service);
    }
    if (one_in(5))
        machine_put(m, driver_path(n), span_text(one_in(2) ? n->bytes : "of somebody else"));
    if (one_in(6)) {
        PRINT(inf, "%s\\oem%zu.inf", MACHINE_INF, 5 + i);
        machine_put(m, inf, span_text(n->content));
    }
}

/* With filters that cannot be read and a service that is there nothing can be told, and nothing is
 * begun. */
static bool can_be_told(const struct machine *m, const struct shape_of_machine *s)
{
    for (size_t i = 0; i < s->count; i++)
        for (size_t k = 0; s->drivers[i].filter && k < m->service_count; k++)
            if (text_equal_nocase(m->services[k].name, s->drivers[i].filter))
                return false;
    return true;
}

/* The machine of a seed, always the same one; the drivers point into s. */
static void machine_make(struct machine *m, const struct shape_of_machine *s, uint64_t seed)
{
    char instance[64], published[16], inf[MACHINE_PATH];
    random_state = seed;
    machine_init(m, s->drivers, 2 * DRIVERS);
    machine_put_service(m, "partmgr", 0, "partmgr.sys");
    machine_put_filter(m, CLASS, "partmgr");
    machine_put(m, MACHINE_INF "\\oem0.inf", span_text("inf of somebody else"));
    m->pending_problem = one_in(4) ? 14 : 0;
    for (size_t i = 0; i < s->count; i++) {
        PRINT(instance, "ROOT\\%zu", i);
        if (!is_child(s, i))
            machine_put_node(m, instance, s->names[i].id);
        put_leftovers(m, s, i);
        if (!s->older[i] || is_child(s, i))
            continue;
        PRINT(published, "oem%zu.inf", 10 + i);
        PRINT(inf, "%s\\%s", MACHINE_INF, published);
        machine_put(m, inf, span_text(s->names[i].old_content));
        machine_install(m, &s->drivers[DRIVERS + i], machine_node_at(m, instance), published,
                        false);
    }
    machine_plug_and_play(m); /* what is staged and has its device is bound already */
    m->filters_unreadable = one_in(10) && can_be_told(m, s);
}

static void journal_make(struct journal *j, const struct shape_of_machine *s)
{
    static const enum step_kind kinds[] = {STEP_STORE, STEP_STAGE, STEP_BIND};
    *j = (struct journal){.schema = number_of(JOURNAL_SCHEMA),
                          .state = JOURNAL_INSTALLING,
                          .release = mem_strdup("random"),
                          .set = mem_strdup("random"),
                          .generation = number_of(1),
                          .restarts = number_of(0),
                          .restart_limit = number_of(RESTARTS)};
    for (size_t i = 0; i < s->count; i++)
        add_driver(j, &s->drivers[i]);
    for (size_t i = 0; i < s->count; i++)
        j->drivers.at[i].platform = i == 0 ? TRI_YES : TRI_NO;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; i < s->count; i++)
            add_step(j, kinds[k], s->names[i].service);
}

/* --- runs ------------------------------------------------------------------------------------- */

static bool open_content(void *context, const char *subject, const char *name, struct span *out,
                         struct err *e)
{
    const struct shape_of_machine *s = context;
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->names[i].service, subject) == 0) {
            *out = span_text(strcmp(name, s->names[i].inf) == 0 ? s->names[i].content
                                                                : s->names[i].bytes);
            return true;
        }
    return err_set(e, ERR_NOT_FOUND, "no '%s'", subject);
}

static enum outcome install(struct machine *m, struct shape_of_machine *s, struct err *e)
{
    const struct transaction_content content = {.open = open_content, .context = s};
    struct platform p = machine_platform(m);
    struct journal j;
    journal_make(&j, s);
    enum outcome o = transaction_install(&p, &j, &content, e);
    journal_release(&j);
    return o;
}

/* By the journal, as installer/install.c; undo: take it back instead. */
static enum outcome run_again(struct machine *m, struct shape_of_machine *s, bool undo,
                              struct err *e)
{
    struct platform p = machine_platform(m);
    struct journal j = {0};
    enum outcome o = OUTCOME_STUCK;
    if (!transaction_load(&p, &j, e))
        return o;
    bool none = j.state == JOURNAL_NONE || j.state == JOURNAL_ROLLED_BACK;
    bool interrupted = journal_is_interrupted(&j);
    if (none)
        o = undo ? OUTCOME_ROLLED_BACK : install(m, s, e);
    else if (interrupted || undo)
        o = transaction_revert(&p, &j, "again", e);
    else
        o = transaction_continue(&p, &j, e);
    if (!undo && interrupted && o == OUTCOME_ROLLED_BACK)
        o = install(m, s, e);
    journal_release(&j);
    return o;
}

/* Start Windows and the program until it is done; the first of these runs may have a fault. */
static enum outcome finish(struct machine *m, struct shape_of_machine *s, bool undo, bool fault)
{
    enum outcome o = OUTCOME_STUCK;
    for (size_t run = 0; run < RUNS; run++) {
        struct err e = {0};
        machine_start(m);
        if (fault && run == 0) {
            m->fault = (enum machine_fault)(FAULT_REFUSED + below(FAULT_COUNT - FAULT_REFUSED));
            m->fault_at = m->calls + 1 + below(60);
        }
        o = run_again(m, s, undo, &e);
        if (o == (undo ? OUTCOME_ROLLED_BACK : OUTCOME_INSTALLED))
            return o;
    }
    return o;
}

static char *picture_when_done(struct shape_of_machine *s, uint64_t seed, size_t *calls)
{
    struct machine m;
    struct err e = {0};
    machine_make(&m, s, seed);
    enum outcome o = install(&m, s, &e);
    *calls = m.calls;
    if (o != OUTCOME_RESTART_NEEDED || finish(&m, s, false, false) != OUTCOME_INSTALLED)
        FAIL("machine %llu: undisturbed, the installation ended with %d: %s",
             (unsigned long long)seed, (int)o, e.text);
    char *picture = machine_picture(&m);
    machine_release(&m);
    return picture;
}

/* One machine, one fault, and what is wished afterwards. */
static enum outcome try_machine(uint64_t seed)
{
    struct shape_of_machine s;
    struct machine m;
    struct err e = {0};
    char sentence[64];
    size_t calls;
    PRINT(sentence, "machine %llu", (unsigned long long)seed);
    random_state = seed;
    shape_make(&s);
    char *wanted = picture_when_done(&s, seed, &calls);
    machine_make(&m, &s, seed);
    char *before = machine_picture(&m);
    m.fault = (enum machine_fault)(FAULT_REFUSED + below(FAULT_COUNT - FAULT_REFUSED));
    m.fault_at = m.calls + 1 + below(calls);
    enum outcome o = install(&m, &s, &e);
    expect_bootable(&m, sentence);
    if (o == OUTCOME_ROLLED_BACK && !m.dead)
        expect_picture(&m, before, sentence);
    bool undo = one_in(2);
    o = finish(&m, &s, undo, one_in(3));
    expect_bootable(&m, sentence);
    if (o != (undo ? OUTCOME_ROLLED_BACK : OUTCOME_INSTALLED))
        FAIL("%s: ended with %d", sentence, (int)o);
    expect_picture(&m, undo ? before : wanted, sentence);
    machine_release(&m);
    mem_free(before);
    mem_free(wanted);
    return o;
}

static unsigned long long number_from(const char *variable, unsigned long long otherwise)
{
    const char *text = getenv(variable);
    return text && *text ? strtoull(text, NULL, 10) : otherwise;
}

static void no_machine_has_a_third_outcome(void **state)
{
    (void)state;
    size_t installed = 0, taken_back = 0;
    uint64_t first = number_from("XENPV_SEED", 1), count = number_from("XENPV_MACHINES", MACHINES);
    quiet();
    for (uint64_t seed = first; seed < first + count; seed++)
        *(try_machine(seed) == OUTCOME_INSTALLED ? &installed : &taken_back) += 1;
    loud();
    print_message("%zu machines installed, %zu as they were\n", installed, taken_back);
    assert_true(count < 100 || (installed > count / 4 && taken_back > count / 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_machine_has_a_third_outcome),
    };
    return cmocka_run_group_tests_name("transaction_random", tests, NULL, NULL);
}
