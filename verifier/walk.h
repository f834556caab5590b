/*
 * walk: whatever is at a list of paths, cut into steps that can be looked at one by one, and by
 * several threads.
 *
 * A folder of any size becomes many small packages: the files of one folder (with those subfolders
 * that its INFs copy from) are one step, each container in it is another, and so on down. A driver
 * package is never cut apart. A single INF is a step with the catalog and the files beside it that
 * it names. Everything else is one step. Names in a step are relative to the path that was given.
 * walk lists and opens; it judges nothing.
 *
 * Beside package's findings: name-duplicate for folders that Windows takes for one, limit-depth,
 * limit-count, name-unsafe, entry-link and file-unreadable for what is met on the way.
 */
#ifndef XENPV_VERIFIER_WALK_H
#define XENPV_VERIFIER_WALK_H

#include "drivers-manifest/shape.h"
#include "verifier/package.h"

enum {
    WALK_BATCH = 256 /* files of one folder in a step, unless an INF binds more of them together */
};

struct walk;

struct walk_step {
    size_t path;            /* index in the list of paths */
    enum package_kind kind; /* of what is at the path */
    struct walk_inside *inside;
};

/* paths are borrowed until walk_free. */
struct walk *walk_new(const struct texts *paths);

/* The next step (walk_step_free), or NULL at the end. Each path has at least one, those of one path
 * follow each other. */
struct walk_step *walk_next(struct walk *w);

/* Open what belongs to a step. False only when the path could not be looked at at all. Any thread
 * may, at any time. */
bool walk_open(struct walk_step *s, struct package *out, struct err *e);

void walk_step_free(struct walk_step *s);
void walk_free(struct walk *w);

#endif
