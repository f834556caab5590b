/*
 * http_system: what HTTP takes from the system it runs on: trusted roots, the proxy.
 */
#ifndef XENPV_INSTALLER_HTTP_SYSTEM_H
#define XENPV_INSTALLER_HTTP_SYSTEM_H

#include "base/err.h"

/*
 * Certificates that the system trusts for servers, PEM, one after the other. NULL: libcurl finds
 * the distribution's own. On Windows: what the machine's root store holds; Windows fetches some
 * roots only when its own programs first meet them, and an old one has none of today's: then a file
 * must be named.
 */
struct http_roots {
    char *pem;
};

bool http_roots_read(struct http_roots *out, struct err *e);
void http_roots_release(struct http_roots *r);

/*
 * The proxy that the system has for this address: "host:port"; "": none; NULL: not known, libcurl
 * then looks at the environment (https_proxy, no_proxy). mem_free. A script that has to be
 * evaluated is.
 */
char *http_system_proxy(const char *url);

/*
 * From a list as Windows keeps it, "host:port", or "http=a:1;https=b:2", the one for this address;
 * NULL: none of them. mem_free.
 */
char *http_proxy_of_list(const char *list, const char *url);

/*
 * Does a list of exceptions, "*.example.com;10.*;<local>", name the host of this address? <local>:
 * names without a dot.
 */
bool http_proxy_bypassed(const char *list, const char *url);

#endif
