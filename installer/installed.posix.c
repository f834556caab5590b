#include "installer/installed.h"

bool installed_gather(const struct facts *f, struct evidence *out, struct err *e)
{
    (void)f;
    (void)out;
    return err_set(e, ERR_USAGE,
                   "which drivers are installed can only be seen on that Windows itself");
}
