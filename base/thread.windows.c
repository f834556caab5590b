#include "base/thread.h"

#include "base/mem.h"

#include <errno.h>
#include <process.h>
#include <stdint.h>
#include <windows.h>

struct thread {
    HANDLE handle;
    void (*work)(void *context);
    void *context;
};

/* One who waits, on its own stack; condition variables came with Vista. */
struct waiter {
    HANDLE woken;
    struct waiter *next;
};

struct monitor {
    CRITICAL_SECTION lock;
    struct waiter *waiters;
};

unsigned thread_processors(void)
{
    DWORD_PTR ours = 0, all = 0;
    unsigned count = 0;
    if (GetProcessAffinityMask(GetCurrentProcess(), &ours, &all))
        for (; ours; ours &= ours - 1)
            count++;
    return count ? count : 1;
}

static unsigned __stdcall run(void *argument)
{
    struct thread *t = argument;
    t->work(t->context);
    return 0;
}

/* _beginthreadex, since the C runtime keeps something for each thread that CreateThread would leak.
 */
struct thread *thread_start(void (*work)(void *context), void *context, struct err *e)
{
    struct thread *t = mem_zero(1, sizeof *t);
    t->work = work;
    t->context = context;
    t->handle = (HANDLE)_beginthreadex(NULL, 0, run, t, 0, NULL);
    if (t->handle)
        return t;
    err_set(e, ERR_FAILED, "cannot start a thread (error %d of the C runtime)", errno);
    mem_free(t);
    return NULL;
}

void thread_join(struct thread *t)
{
    if (!t)
        return;
    WaitForSingleObject(t->handle, INFINITE);
    CloseHandle(t->handle);
    mem_free(t);
}

struct monitor *monitor_new(void)
{
    struct monitor *m = mem_zero(1, sizeof *m);
    InitializeCriticalSection(&m->lock);
    return m;
}

void monitor_enter(struct monitor *m)
{
    EnterCriticalSection(&m->lock);
}

void monitor_leave(struct monitor *m)
{
    LeaveCriticalSection(&m->lock);
}

/* Without an event there is only looking again a little later. */
void monitor_wait(struct monitor *m)
{
    struct waiter w = {CreateEventW(NULL, TRUE, FALSE, NULL), m->waiters};
    if (w.woken)
        m->waiters = &w;
    LeaveCriticalSection(&m->lock);
    if (w.woken) {
        WaitForSingleObject(w.woken, INFINITE);
        CloseHandle(w.woken);
    } else {
        Sleep(1);
    }
    EnterCriticalSection(&m->lock);
}

/* A waiter is gone once its event is set: its next is read before. */
void monitor_wake(struct monitor *m)
{
    for (struct waiter *w = m->waiters, *next; w; w = next) {
        next = w->next;
        SetEvent(w->woken);
    }
    m->waiters = NULL;
}

void monitor_free(struct monitor *m)
{
    if (!m)
        return;
    DeleteCriticalSection(&m->lock);
    mem_free(m);
}
