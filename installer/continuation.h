/*
 * continuation: the program as a service of Windows, which goes on with a job after a restart.
 *
 * Windows' service manager starts it, with nobody logged on, and wants to be told that it runs and
 * that it has ended. What it does is the caller's; continuation knows no command.
 */
#ifndef XENPV_INSTALLER_CONTINUATION_H
#define XENPV_INSTALLER_CONTINUATION_H

#include "base/err.h"
#include "installer/cli.h"
#include "installer/exit_code.h"

/* Its name. */
#define CONTINUATION_SERVICE "xenpv-resume"

typedef enum exit_code (*continuation_work)(const struct cli *c);

/*
 * Run work as the service's. Returns when it has ended, with what it returned in *code. False when
 * it was not the service manager that started this process.
 */
bool continuation_run(continuation_work work, const struct cli *c, enum exit_code *code,
                      struct err *e);

#endif
