#include "installer/here.h"

bool platform_here(struct platform *p, bool quiet, struct err *e)
{
    (void)p;
    (void)quiet;
    return err_set(
        e, ERR_USAGE,
        "this is not Windows: give a guest's facts with --facts FILE, or run xenpv.exe there");
}

void here_names(struct here_names *out)
{
    (void)out;
}
