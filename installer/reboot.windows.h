/*
 * reboot: beginning a planned restart of the running Windows. It knows nothing of why.
 */
#ifndef XENPV_INSTALLER_REBOOT_WINDOWS_H
#define XENPV_INSTALLER_REBOOT_WINDOWS_H

#include "base/err.h"

/* Returns at once; programs that refuse to end are asked, not killed. A restart that has begun
 * already is fine. */
bool reboot_begin(struct err *e);

#endif
