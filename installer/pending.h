/*
 * pending: what Windows' own lists say of a restart that others are waiting for.
 *
 * Pure. A driver installation in a Windows that is half-way through another one is applied to files
 * and a registry that the restart changes again; so those reasons stop an installation. Files of
 * other programs that wait to be replaced are usual and stop nothing, unless they are drivers'.
 * What we left to be removed ourselves is no reason at all.
 */
#ifndef XENPV_INSTALLER_PENDING_H
#define XENPV_INSTALLER_PENDING_H

#include "base/err.h"
#include "base/span.h"

/* The words that stand in facts.restart_reasons. */
#define PENDING_RENAMES "PendingFileRenameOperations"
#define PENDING_DRIVER_RENAMES "PendingFileRenameOperations of driver files"
#define PENDING_UPDATE "WindowsUpdate\\Auto Update\\RebootRequired"
#define PENDING_SERVICING "Component Based Servicing\\RebootPending"
#define PENDING_COMPUTER_NAME "ComputerName"

enum { PENDING_ENTRIES_MAX = 100000 };

struct pending_renames {
    size_t ours, drivers, others;
};

/*
 * Count the operations of the session manager's value: strings of UTF-16LE in pairs, each ended by
 * a NUL, the second of a pair empty when the first is to be deleted (documented under MoveFileEx).
 * own is our folder without a slash at the end. ERR_FORMAT when it is no such list.
 */
bool pending_read(struct span value, const char *own, struct pending_renames *out, struct err *e);

/*
 * The file that takes the place of `path` at the next start, by the last entry that is about it;
 * mem_free. NULL: nothing does, or it is deleted then, or this is no such list.
 */
char *pending_replacement(struct span value, const char *path);

/* Does this reason stop an installation? Reasons that are not known do. */
bool pending_blocks(const char *reason);

#endif
