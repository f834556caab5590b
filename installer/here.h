/*
 * here: the machine that the program runs on, behind platform.h.
 */
#ifndef XENPV_INSTALLER_HERE_H
#define XENPV_INSTALLER_HERE_H

#include "installer/platform.h"

/* quiet: nobody may be asked anything. False, with what can be done instead, where there is no
 * Windows under us. */
bool platform_here(struct platform *p, bool quiet, struct err *e);

#endif
