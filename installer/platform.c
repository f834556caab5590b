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

void platform_start_release(struct platform_start *s)
{
    texts_release(&s->overrides);
    memset(s, 0, sizeof *s);
}

void platform_fallbacks_release(struct platform_fallbacks *f)
{
    texts_release(&f->all);
    texts_release(&f->complete);
}
