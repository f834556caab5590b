#define _GNU_SOURCE
#include "base/thread.h"

#include "base/mem.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

/* libarchive and OpenSSL are content with a fraction of this; the default takes 8 MB of address
 * space each. */
enum { STACK_BYTES = 1 << 20 };

struct thread {
    pthread_t id;
    void (*work)(void *context);
    void *context;
};

struct monitor {
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

unsigned thread_processors(void)
{
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count > 0 ? (unsigned)count : 1;
}

static void *run(void *argument)
{
    struct thread *t = argument;
    t->work(t->context);
    return NULL;
}

struct thread *thread_start(void (*work)(void *context), void *context, struct err *e)
{
    pthread_attr_t how;
    struct thread *t = mem_zero(1, sizeof *t);
    t->work = work;
    t->context = context;
    pthread_attr_init(&how);
    pthread_attr_setstacksize(&how, STACK_BYTES);
    int code = pthread_create(&t->id, &how, run, t);
    pthread_attr_destroy(&how);
    if (code == 0)
        return t;
    mem_free(t);
    err_set_os(e, (unsigned long)code, "cannot start a thread: %s", strerror(code));
    return NULL;
}

void thread_join(struct thread *t)
{
    if (!t)
        return;
    pthread_join(t->id, NULL);
    mem_free(t);
}

struct monitor *monitor_new(void)
{
    struct monitor *m = mem_zero(1, sizeof *m);
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->changed, NULL);
    return m;
}

void monitor_enter(struct monitor *m)
{
    pthread_mutex_lock(&m->lock);
}

void monitor_leave(struct monitor *m)
{
    pthread_mutex_unlock(&m->lock);
}

void monitor_wait(struct monitor *m)
{
    pthread_cond_wait(&m->changed, &m->lock);
}

void monitor_wake(struct monitor *m)
{
    pthread_cond_broadcast(&m->changed);
}

void monitor_free(struct monitor *m)
{
    if (!m)
        return;
    pthread_cond_destroy(&m->changed);
    pthread_mutex_destroy(&m->lock);
    mem_free(m);
}
