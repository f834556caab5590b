/*
 * lock: one process at a time may change this machine.
 *
 * The lock is a file in our private folder that its holder opens for itself alone; it goes with the
 * process, however that ends. A second file beside it, which lives as long, says to others who the
 * holder is. lock knows nothing of what is done under it.
 */
#ifndef XENPV_INSTALLER_LOCK_WINDOWS_H
#define XENPV_INSTALLER_LOCK_WINDOWS_H

#include "installer/platform.h"

/* As platform's lock; the folder is made where it is not there. */
bool lock_take(const char *folder, const struct platform_lock_wish *wish, struct platform_lock *out,
               struct err *e);

void lock_release(struct platform_lock *held);

/* Which other process has the lock, in the words of its own note: "process 120, xenpv install"; NULL
 * when none has, or none is known. mem_free. Disturbs nobody who wants the lock. */
char *lock_other(const char *folder);

#endif
