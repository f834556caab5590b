/*
 * support_command: the command `xenpv support [NAME]`.
 *
 * Finds the rows that are meant and prints them. Looks at no machine, changes nothing and needs no
 * elevation.
 */
#ifndef XENPV_INSTALLER_SUPPORT_COMMAND_H
#define XENPV_INSTALLER_SUPPORT_COMMAND_H

#include "installer/exit_code.h"
#include "installer/session.h"
#include "installer/support_report.h"

/*
 * Fill *r, which must be zeroed, with the rows that name means; NULL is the whole table. A name
 * that no row has is ERR_USAGE, and r->near what may have been meant. r borrows from m and name.
 */
bool support_ask(const struct manifest *m, const char *name, struct support_report *r,
                 struct err *e);

/*
 * Print the rows that the words of the command line name, or the table. EXIT_CODE_USAGE: there is
 * no such row; near ones are suggested.
 */
enum exit_code support_run(struct session *s);

#endif
