#include "base/pipeline.h"

#include "base/thread.h"

#include <stdbool.h>
#include <stddef.h>

enum { JOBS_MAX = PIPELINE_THREADS_MAX * PIPELINE_AHEAD };

/* Jobs in a ring: made ones are made, numbers below finished are done with. */
struct running {
    const struct pipeline *p;
    struct monitor *monitor; /* of all below */
    struct {
        void *job;
        bool worked;
    } ring[JOBS_MAX];
    size_t room; /* of the ring that is used */
    size_t made, finished;
    bool making, dry; /* somebody is in make; make has returned NULL */
};

/* From inside the monitor: the number of a new job, or false when there are no more. make runs
 * outside. */
static bool take_job(struct running *r, size_t *number)
{
    while (!r->dry && (r->making || r->made - r->finished >= r->room))
        monitor_wait(r->monitor);
    if (r->dry)
        return false;
    r->making = true;
    monitor_leave(r->monitor);
    void *job = r->p->make(r->p->context);
    monitor_enter(r->monitor);
    r->making = false;
    r->dry = !job;
    if (job) {
        *number = r->made++;
        r->ring[*number % r->room].job = job;
        r->ring[*number % r->room].worked = false;
    }
    monitor_wake(r->monitor);
    return job != NULL;
}

static void worker(void *context)
{
    struct running *r = context;
    size_t number;
    monitor_enter(r->monitor);
    while (take_job(r, &number)) {
        void *job = r->ring[number % r->room].job;
        monitor_leave(r->monitor);
        r->p->work(r->p->context, job);
        monitor_enter(r->monitor);
        r->ring[number % r->room].worked = true;
        monitor_wake(r->monitor);
    }
    monitor_leave(r->monitor);
}

static void finish_all(struct running *r)
{
    monitor_enter(r->monitor);
    while (!(r->dry && r->finished == r->made)) {
        if (r->finished == r->made || !r->ring[r->finished % r->room].worked) {
            monitor_wait(r->monitor);
            continue;
        }
        void *job = r->ring[r->finished % r->room].job;
        monitor_leave(r->monitor);
        r->p->finish(r->p->context, job);
        monitor_enter(r->monitor);
        r->finished++;
        monitor_wake(r->monitor);
    }
    monitor_leave(r->monitor);
}

static void run_here(const struct pipeline *p)
{
    for (void *job; (job = p->make(p->context));) {
        p->work(p->context, job);
        p->finish(p->context, job);
    }
}

void pipeline_run(const struct pipeline *p, unsigned threads)
{
    struct running r = {.p = p};
    struct thread *workers[PIPELINE_THREADS_MAX];
    unsigned count = 0, wanted = threads ? threads : thread_processors();
    if (wanted > PIPELINE_THREADS_MAX)
        wanted = PIPELINE_THREADS_MAX;
    r.room = wanted * PIPELINE_AHEAD;
    r.monitor = wanted > 1 ? monitor_new() : NULL;
    while (wanted > 1 && count < wanted && (workers[count] = thread_start(worker, &r, NULL)))
        count++;
    if (count)
        finish_all(&r);
    else
        run_here(p);
    while (count)
        thread_join(workers[--count]);
    monitor_free(r.monitor);
}
