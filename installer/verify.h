/*
 * verify: the command `xenpv verify`.
 *
 * Goes through paths of any size step by step, on all processors, and writes what it finds in the
 * order of the paths and of the names below them. Changes nothing and needs no elevation.
 */
#ifndef XENPV_INSTALLER_VERIFY_H
#define XENPV_INSTALLER_VERIFY_H

#include "installer/exit_code.h"
#include "installer/session.h"

/* Verify the paths of the command line and print the result to standard output. */
enum exit_code verify_run(struct session *s);

#endif
