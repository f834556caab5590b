/*
 * bundle_command: `xenpv bundle`: both programs and what some Windows need, as one file or folder.
 */
#ifndef XENPV_INSTALLER_BUNDLE_COMMAND_H
#define XENPV_INSTALLER_BUNDLE_COMMAND_H

#include "installer/session.h"

/* Runs it and prints text or JSON: 0 it is made, 1 something is not there, 2 it cannot be meant,
 * 4 a package is not what it should be, 6 some Windows has no source, 8 none has. */
enum exit_code bundle_run(struct session *s);

#endif
