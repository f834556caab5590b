/*
 * platform.windows: the running Windows behind platform.h.
 */
#ifndef XENPV_INSTALLER_PLATFORM_WINDOWS_H
#define XENPV_INSTALLER_PLATFORM_WINDOWS_H

#include "installer/platform.h"

/*
 * The platform of the Windows that we run on. One per process; it needs no release. quiet: Windows
 * may show no dialog, even where somebody sits at the console.
 */
void platform_windows(struct platform *p, bool quiet);

/* %ProgramData%\xenpv, where our state is; mem_free. NULL with *e set. */
char *platform_windows_state_folder(struct err *e);

/* All that can be read of this guest (detect.windows.c). Never fails as a whole: what cannot be
 * read is unknown. */
bool detect_facts(struct facts *f, struct err *e);

#endif
