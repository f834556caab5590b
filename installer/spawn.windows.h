/*
 * spawn: one of Windows' own console programs, run to its end.
 *
 * By full path from the native System32, without a window, with nothing on its standard input, its
 * output captured up to a limit, and ended when it takes too long. spawn knows no program.
 */
#ifndef XENPV_INSTALLER_SPAWN_WINDOWS_H
#define XENPV_INSTALLER_SPAWN_WINDOWS_H

#include "base/err.h"
#include "base/file.h"

struct spawn_result {
    struct bytes output; /* of standard output and error, in the console's code page */
    unsigned long exit_code;
};

/*
 * Run System32\program with these arguments, UTF-8. ERR_NOT_FOUND when there is no such program,
 * ERR_LIMIT when it says more than limit bytes or takes longer than limit_ms. An exit code that is
 * not 0 is no failure of spawn.
 */
struct spawn_limits {
    unsigned long ms;
    size_t bytes;
};
bool spawn_run(const char *program, const char *arguments, const struct spawn_limits *limits,
               struct spawn_result *out, struct err *e);

void spawn_result_release(struct spawn_result *r);

#endif
