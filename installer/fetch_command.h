/*
 * fetch_command: `xenpv fetch`: the package files that some Windows need, into a folder.
 */
#ifndef XENPV_INSTALLER_FETCH_COMMAND_H
#define XENPV_INSTALLER_FETCH_COMMAND_H

#include "installer/session.h"

enum { FETCH_REPORT_SCHEMA = 1 };

/* Runs it and prints text or JSON: 0 all is there, 4 a file is not what it should be, 1 one could
 * not be got, 8 there is nothing to get, 6 some Windows has no source. */
enum exit_code fetch_run(struct session *s);

#endif
