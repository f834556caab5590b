/*
 * exit_code: what the program's exit status means. One enum, which also prints the README's table.
 *
 * Unattended set-ups read these numbers; 1641 and 3010 are Windows Installer's own. A Linux caller
 * sees the low eight bits only: 3010 arrives as 194, 1641 as 105.
 */
#ifndef XENPV_INSTALLER_EXIT_CODE_H
#define XENPV_INSTALLER_EXIT_CODE_H

#include "base/err.h"

#include <stddef.h>

enum exit_code {
    EXIT_CODE_DONE = 0,
    EXIT_CODE_FAILED = 1,
    EXIT_CODE_USAGE = 2,
    EXIT_CODE_NOT_XEN = 3,
    EXIT_CODE_REFUSED = 4,
    EXIT_CODE_ROLLED_BACK = 5,
    EXIT_CODE_NEEDS_ATTENTION = 6,
    EXIT_CODE_NEEDS_ELEVATION = 7,
    EXIT_CODE_NO_SOURCE = 8,
    EXIT_CODE_RESTART_STARTED = 1641,
    EXIT_CODE_RESTART_NEEDED = 3010,
};

/* "done or healthy"; NULL for a number that is none of them. */
const char *exit_code_words(int code);

/* The codes in ascending order; count of them. */
const enum exit_code *exit_code_all(size_t *count);

/* What a failure without a better meaning exits with. */
enum exit_code exit_code_of_err(const struct err *e);

#endif
