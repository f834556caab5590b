#include "base/beside.h"

#include "base/mem.h"
#include "base/thread.h"

#include <stdbool.h>
#include <stddef.h>

struct beside {
    beside_work work;
    void *context;
    struct thread *thread; /* NULL: there is none */
    struct monitor *monitor;
    /* In the monitor. */
    struct span pieces[BESIDE_AHEAD]; /* a ring: those from done to given wait or are worked on */
    size_t given, done;
    bool ended;
};

static void worker(void *context)
{
    struct beside *b = context;
    monitor_enter(b->monitor);
    for (;;) {
        while (b->done == b->given && !b->ended)
            monitor_wait(b->monitor);
        if (b->done == b->given)
            break;
        struct span piece = b->pieces[b->done % BESIDE_AHEAD];
        monitor_leave(b->monitor);
        b->work(b->context, piece);
        monitor_enter(b->monitor);
        if (b->given - b->done++ == BESIDE_AHEAD) /* else nobody waits for room */
            monitor_wake(b->monitor);
    }
    monitor_leave(b->monitor);
}

struct beside *beside_new(beside_work work, void *context)
{
    struct beside *b = mem_zero(1, sizeof *b);
    struct err none = {0};
    b->work = work;
    b->context = context;
    b->monitor = monitor_new();
    if (thread_processors() > 1)
        b->thread = thread_start(worker, b, &none);
    return b;
}

void beside_give(struct beside *b, struct span piece)
{
    if (!b->thread) {
        b->work(b->context, piece);
        return;
    }
    monitor_enter(b->monitor);
    while (b->given - b->done == BESIDE_AHEAD)
        monitor_wait(b->monitor);
    b->pieces[b->given % BESIDE_AHEAD] = piece;
    if (b->given++ == b->done) /* else the other thread is not waiting */
        monitor_wake(b->monitor);
    monitor_leave(b->monitor);
}

void beside_end(struct beside *b)
{
    if (!b)
        return;
    monitor_enter(b->monitor);
    b->ended = true;
    monitor_wake(b->monitor);
    monitor_leave(b->monitor);
    thread_join(b->thread);
    monitor_free(b->monitor);
    mem_free(b);
}
