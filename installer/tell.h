/*
 * tell: whom a run tells of its outcome, besides its caller: Windows' event log, and dom0.
 *
 * The log by default after what changes the machine, dom0 only when asked to. Whatever fails here
 * is a warning, and changes neither the outcome nor the exit code.
 */
#ifndef XENPV_INSTALLER_TELL_H
#define XENPV_INSTALLER_TELL_H

#include "installer/session.h"

/* Once the report is complete. */
void tell_outcome(struct session *s);

#endif
