/*
 * report_command: `xenpv report`: all that can be said of a guest, for a support ticket.
 *
 * The status, which drivers would be right for this Windows, the journal and the facts, as text,
 * JSON and a page. Changes nothing, and needs no elevation: what could not be seen is said.
 */
#ifndef XENPV_INSTALLER_REPORT_COMMAND_H
#define XENPV_INSTALLER_REPORT_COMMAND_H

#include "installer/session.h"

/* Fill the session's report, facts and journal in it: the exit code is that of status. */
enum exit_code report_fill(struct session *s);

/* The page of a filled report; mem_free. */
char *report_page(const struct session *s);

/* The command with all that it writes. */
enum exit_code report_run(struct session *s);

#endif
