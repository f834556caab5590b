#include "installer/here.h"

#include "installer/platform.windows.h"

bool platform_here(struct platform *p, struct err *e)
{
    (void)e;
    platform_windows(p);
    return true;
}
