/*
 * here: the machine that the program runs on, behind platform.h.
 */
#ifndef XENPV_INSTALLER_HERE_H
#define XENPV_INSTALLER_HERE_H

#include "installer/platform.h"

/*
 * What this machine, its domain and the user who runs the program are called; what is not known is
 * left out. Lists, since each has more than one name. Where no Windows is under us they stay empty:
 * the facts are of another machine.
 */
struct here_names {
    struct texts computers, users;
};

void here_names(struct here_names *out);

/* quiet: nobody may be asked anything. False, with what can be done instead, where there is no
 * Windows under us. */
bool platform_here(struct platform *p, bool quiet, struct err *e);

#endif
