/*
 * thread: worker threads, and one kind of lock that can be waited on.
 *
 * Only what Windows 2000 has: no condition variables, no thread pools of the system. A monitor
 * protects whatever its users say that it protects; who waits in it must look again at what it
 * waited for.
 */
#ifndef XENPV_BASE_THREAD_H
#define XENPV_BASE_THREAD_H

#include "base/err.h"

/* Processors that this process may use; at least 1. */
unsigned thread_processors(void);

/* One running thread. */
struct thread;

/* Run work(context) in a thread of its own. NULL when there can be no more threads. */
struct thread *thread_start(void (*work)(void *context), void *context, struct err *e);

/* Wait for its end and free it. NULL is fine. */
void thread_join(struct thread *t);

/* A lock; free it when nobody is in it. */
struct monitor;

struct monitor *monitor_new(void);
void monitor_enter(struct monitor *m);
void monitor_leave(struct monitor *m);

/* From inside: leave, sleep until monitor_wake, enter again. */
void monitor_wait(struct monitor *m);

/* From inside: wake all who wait. */
void monitor_wake(struct monitor *m);

void monitor_free(struct monitor *m);

#endif
