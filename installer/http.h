/*
 * http: one file over HTTP or HTTPS, handed on in pieces. The only user of libcurl.
 *
 * HTTPS is asked of every redirect that leaves an HTTPS address; certificates are checked against
 * Windows' own root store (on Linux: the distribution's), or the file that is named. http keeps no
 * file, knows no hash, and tries once: whether it is worth trying again is part of the answer.
 */
#ifndef XENPV_INSTALLER_HTTP_H
#define XENPV_INSTALLER_HTTP_H

#include "base/err.h"
#include "base/span.h"

enum {
    HTTP_REDIRECTS_MAX = 5,
    HTTP_VALIDATOR_MAX = 256, /* a longer ETag is not used */
    HTTP_RETRY_AFTER_MAX = 3600,
};

/* For all requests of one connection; texts are borrowed and must outlive it. */
struct http_settings {
    const char *proxy;                       /* URL; "": none; NULL: the system's */
    const char *ca_file;                     /* PEM; NULL: the system's */
    unsigned connect_seconds, stall_seconds; /* without a byte; 0: 30 and 60 */
};

struct http;

/* What is asked for, and who takes it. */
struct http_request {
    const char *url;
    uint64_t from;         /* first byte that is wanted; 0: all */
    const char *validator; /* ETag of the bytes before from; NULL: not known */
    uint64_t limit;        /* of the whole file, in bytes */
    void *context;
    /* The bytes to come begin at `at`, which is from or, when the server starts over, 0. total: of
     * the whole file, 0: not said. False ends the transfer with *e. */
    bool (*begin)(void *context, uint64_t at, uint64_t total, struct err *e);
    bool (*take)(void *context, struct span bytes, struct err *e);
};

struct http_answer {
    long status;    /* 0: there was none */
    bool again;     /* another try may do better */
    bool from_zero; /* but not from where this one began */
    unsigned
        retry_after; /* seconds that the server asked for, at most HTTP_RETRY_AFTER_MAX; 0: none */
    char validator[HTTP_VALIDATOR_MAX + 1]; /* strong ETag; "": none */
};

/* *out is closed with http_close. */
bool http_open(const struct http_settings *settings, struct http **out, struct err *e);
void http_close(struct http *h);

/*
 * True: all of the file from where begin said has been taken. False: *e says what was in the way, a
 * names what can be done; what was taken before stays taken. *a is overwritten.
 */
bool http_get(struct http *h, const struct http_request *r, struct http_answer *a, struct err *e);

/* Is it one of ours: http:// or https:// with a host? */
bool http_is_url(const char *url);
bool http_is_secure(const char *url);

#endif
