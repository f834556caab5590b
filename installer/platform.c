#include "installer/platform.h"

#include "base/mem.h"

#include <string.h>

void platform_binding_release(struct platform_binding *b)
{
    if (!b)
        return;
    mem_free(b->service);
    mem_free(b->inf);
    memset(b, 0, sizeof *b);
}
