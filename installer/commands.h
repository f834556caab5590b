/*
 * commands: what each word of the command line does.
 *
 * Each command fills a report and returns its exit code; the caller prints. Reading commands change
 * nothing and need no elevation.
 */
#ifndef XENPV_INSTALLER_COMMANDS_H
#define XENPV_INSTALLER_COMMANDS_H

#include "installer/cli.h"
#include "installer/exit_code.h"

/* Run the command of c, print its result to standard output, and return the exit code. */
enum exit_code commands_run(const struct cli *c);

#endif
