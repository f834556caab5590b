#include "installer/http_system.h"

#include <stddef.h>

bool http_roots_read(struct http_roots *out, struct err *e)
{
    (void)e;
    out->pem = NULL;
    return true;
}

void http_roots_release(struct http_roots *r)
{
    r->pem = NULL;
}

char *http_system_proxy(const char *url)
{
    (void)url;
    return NULL;
}
