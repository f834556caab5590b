/*
 * fetch: one package file that the manifest names, from the network into a folder.
 *
 * Files of several releases may have one name: then each lies below its release's id.
 *
 * A file has its name only when it was checked: until then it is NAME.part beside it, from where an
 * interrupted transfer goes on. Checked means: the pinned bytes, where a hash is pinned; every
 * driver package of the release in it intact; and its signer the one that the manifest names. What
 * does not pass is removed, its place in the report says why. Without TLS, and from a mirror, only
 * a file whose hash is pinned is taken: then the bytes prove themselves.
 *
 * fetch decides which address to try and how often; http carries, the verifier judges.
 */
#ifndef XENPV_INSTALLER_FETCH_H
#define XENPV_INSTALLER_FETCH_H

#include "drivers-manifest/manifest.h"
#include "installer/http.h"

enum {
    FETCH_SIZE_MAX = 1 << 30, /* bytes of a file whose size nobody published */
    FETCH_TRIES = 5,          /* of each address, unless told otherwise */
    FETCH_PAUSE_MAX = 60,     /* seconds between two of them */
};

/* The zero is the worst. */
enum fetch_state {
    FETCH_FAILED = 0, /* could not be got */
    FETCH_REFUSED,    /* got, and not what it should be */
    FETCH_MISSING,    /* nobody may or can be asked for it */
    FETCH_PRESENT,    /* was there already */
    FETCH_FETCHED,
};

/* What is shown while it goes on; at: bytes so far, total: 0 not known. */
struct fetch_progress {
    void *context;
    void (*moved)(void *context, const char *name, uint64_t at, uint64_t total);
};

struct fetch {
    const char *folder;
    struct http_settings http;
    const struct texts *mirrors; /* addresses of folders, tried first; NULL: none */
    bool offline;                /* look at what is there, ask nobody */
    unsigned tries;              /* of each address; 0: FETCH_TRIES */
    struct fetch_progress progress;
    struct http *connection; /* made when it is first needed; fetch_close */
};

struct fetch_wanted {
    const struct manifest_release *release;
    const struct manifest_file_pin *pin;
    const char *below; /* the folder in the folder that it is for; NULL: none */
};

/* Owned. */
struct fetch_result {
    enum fetch_state state;
    char *path;        /* where it is now; NULL unless present or fetched */
    char *url;         /* that it came from */
    char *message;     /* why not */
    uint64_t received; /* bytes over the network */
};

/* *out must be zeroed. False only when the folder cannot be worked with; *e names it. */
bool fetch_file(struct fetch *f, const struct fetch_wanted *w, struct fetch_result *out,
                struct err *e);

/* Is the file at path what is wanted? ERR_REFUSED says why not. */
bool fetch_check(const char *path, const struct fetch_wanted *w, struct err *e);

void fetch_result_release(struct fetch_result *r);
void fetch_close(struct fetch *f);

const char *fetch_state_name(enum fetch_state s); /* "failed" "refused" "missing" ... */

#endif
