/*
 * collect_command: `xenpv collect FILE.zip`: the report in all three forms, the facts, journals and
 * logs, as one file to send.
 *
 * Works from replayed facts too, as far as there is anything. Changes nothing but the file that it
 * writes, durably, and over another one only when asked to.
 */
#ifndef XENPV_INSTALLER_COLLECT_COMMAND_H
#define XENPV_INSTALLER_COLLECT_COMMAND_H

#include "installer/session.h"

enum exit_code collect_run(struct session *s);

#endif
