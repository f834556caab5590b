#define _POSIX_C_SOURCE 200809L

#include "verifier/unpack_locale.h"

#include "base/mem.h"

#include <errno.h>
#include <locale.h>

struct token {
    locale_t ours, before;
};

void *unpack_locale_enter(void)
{
    errno = 0;
    locale_t ours = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (!ours && errno == ENOMEM)
        mem_exhausted();
    if (!ours)
        return NULL;
    struct token *token = mem_zero(1, sizeof *token);
    token->ours = ours;
    token->before = uselocale(ours);
    return token;
}

void unpack_locale_leave(void *token)
{
    struct token *t = token;
    if (!t)
        return;
    uselocale(t->before);
    freelocale(t->ours);
    mem_free(t);
}
