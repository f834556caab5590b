/*
 * thread: the monitor and the pipeline: with any number of threads each job is made, worked on and finished once, and
 * finished in the order of its making; no more are under way than the pipeline says.
 */
#include "base/thread.h"

#include "base/mem.h"
#include "base/pipeline.h"
#include "tests/unit/check.h"

enum { JOBS = 500 };

/* --- pipeline ----------------------------------------------------------------------------------------------------- */

struct count {
    struct monitor *monitor; /* of under_way and most */
    size_t jobs, made, finished, under_way, most;
    unsigned char worked[JOBS];
    bool out_of_order, unworked, made_together, making;
};

struct job {
    size_t number;
};

static void *make(void *context)
{
    struct count *c = context;
    c->made_together = c->made_together || c->making;
    c->making = true;
    struct job *j = c->made < c->jobs ? mem_zero(1, sizeof *j) : NULL;
    if (j)
        j->number = c->made++;
    c->making = false;
    if (!j)
        return NULL;
    monitor_enter(c->monitor);
    c->under_way++;
    c->most = c->under_way > c->most ? c->under_way : c->most;
    monitor_leave(c->monitor);
    return j;
}

/* Early jobs take longest, so that later ones are ready before them. */
static void work(void *context, void *job)
{
    struct count *c = context;
    struct job *j = job;
    volatile unsigned sum = 0;
    for (unsigned i = 0; i < (unsigned)(JOBS - j->number) * 40; i++)
        sum += i;
    c->worked[j->number]++;
}

static void finish(void *context, void *job)
{
    struct count *c = context;
    struct job *j = job;
    c->out_of_order = c->out_of_order || j->number != c->finished;
    c->unworked = c->unworked || c->worked[j->number] != 1;
    c->finished++;
    monitor_enter(c->monitor);
    c->under_way--;
    monitor_leave(c->monitor);
    mem_free(j);
}

static const struct {
    const char *sentence;
    unsigned threads;
    size_t jobs, most;
} runs[] = {
    {"one thread works in the caller, one job at a time", 1, JOBS, 1},
    {"two threads keep their order", 2, JOBS, 2 * PIPELINE_AHEAD},
    {"more threads than processors keep their order", 8, JOBS, 8 * PIPELINE_AHEAD},
    {"more threads than are allowed are as many as are allowed", 1000, JOBS, PIPELINE_THREADS_MAX * PIPELINE_AHEAD},
    {"as many as there are processors", 0, JOBS, PIPELINE_THREADS_MAX * PIPELINE_AHEAD},
    {"no job at all comes to an end", 4, 0, 0},
    {"one job for many threads", 4, 1, 1},
};

static void jobs_are_finished_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(runs); i++) {
        struct count c = {.jobs = runs[i].jobs, .monitor = monitor_new()};
        pipeline_run(&(struct pipeline){&c, make, work, finish}, runs[i].threads);
        CHECK(runs[i].sentence, c.finished == runs[i].jobs && c.made == runs[i].jobs);
        CHECK(runs[i].sentence, !c.out_of_order && !c.unworked && !c.made_together);
        CHECK(runs[i].sentence, c.most <= runs[i].most && c.under_way == 0);
        monitor_free(c.monitor);
    }
}

/* --- monitor ------------------------------------------------------------------------------------------------------ */

struct turns {
    struct monitor *monitor;
    unsigned turn, taken;
};

struct player {
    struct turns *turns;
    unsigned number, players, rounds;
};

/* Each waits for its turn and passes it on: a wake-up that is lost stops all of them. */
static void play(void *context)
{
    struct player *p = context;
    monitor_enter(p->turns->monitor);
    for (unsigned round = 0; round < p->rounds; round++) {
        while (p->turns->turn % p->players != p->number)
            monitor_wait(p->turns->monitor);
        p->turns->turn++;
        p->turns->taken++;
        monitor_wake(p->turns->monitor);
    }
    monitor_leave(p->turns->monitor);
}

static void no_wake_up_is_lost(void **state)
{
    enum { PLAYERS = 5, ROUNDS = 200 };
    struct turns turns = {.monitor = monitor_new()};
    struct player players[PLAYERS];
    struct thread *threads[PLAYERS];
    struct err e = {0};
    (void)state;
    for (unsigned i = 0; i < PLAYERS; i++) {
        players[i] = (struct player){&turns, i, PLAYERS, ROUNDS};
        threads[i] = thread_start(play, &players[i], &e);
        CHECK("a thread can be started", threads[i]);
    }
    for (unsigned i = 0; i < PLAYERS; i++)
        thread_join(threads[i]);
    CHECK("every player has had every turn", turns.taken == PLAYERS * ROUNDS);
    monitor_free(turns.monitor);
}

static void nothing_is_fine(void **state)
{
    (void)state;
    thread_join(NULL);
    monitor_free(NULL);
    CHECK("there is a processor", thread_processors() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_are_finished_in_order),
        cmocka_unit_test(no_wake_up_is_lost),
        cmocka_unit_test(nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
