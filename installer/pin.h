/*
 * pin: fills in the hashes that a manifest has not, from package files that verified.
 *
 * Where nobody published a hash, the next best is the one of a file that proves itself: every
 * driver package in it is intact, signed by the signer that the release names, up to a root that
 * fits the way it is signed, and of the release's version. A file that the manifest pins by one
 * hash already proves itself by that. What was filled in this way says so ("pinned": when, from
 * what, by which proof), and nothing else of the text is changed: not its order, not its form.
 *
 * pin reads package files and makes a text; writing it is the caller's business.
 */
#ifndef XENPV_INSTALLER_PIN_H
#define XENPV_INSTALLER_PIN_H

#include "base/text.h"
#include "installer/shelf.h"

/* What became of one file of the manifest that has no hash, or whose other hash or size could be
 * filled in from a file that was found. */
struct pin_result {
    char *release, *set, *file;
    char *path;      /* the package file; NULL: none was found */
    enum tri filled; /* never unknown */
    char *message;   /* the proof, or why not */
};

struct pin_results {
    struct pin_result *at;
    size_t count;
};

struct pin_job {
    const char *name; /* of the manifest, for messages */
    struct span text; /* a manifest, or one of the files that make one up */
    struct shelf *shelf;
    int64_t now; /* seconds since 1970 */
};

/* The new text into *out, and what was done into *results, both zeroed before. Fails when text is
 * no manifest. Safe to do again: what is complete is left alone. */
bool pin_manifest(const struct pin_job *job, struct text *out, struct pin_results *results,
                  struct err *e);

extern const struct shape pin_result_shape;

void pin_results_release(struct pin_results *r);

#endif
