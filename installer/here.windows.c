#include "installer/here.h"

#include "installer/platform.windows.h"

bool platform_here(struct platform *p, bool quiet, struct err *e)
{
    (void)e;
    platform_windows(p, quiet);
    return true;
}
