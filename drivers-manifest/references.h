/*
 * references: do the parts of a manifest agree with each other?
 *
 * What one part says of another is there (families, releases, advisories), words are known ones,
 * versions and dates have their form, ranges begin before they end, and the kernels ascend. It
 * knows nothing of what the parts are for.
 */
#ifndef XENPV_MANIFEST_REFERENCES_H
#define XENPV_MANIFEST_REFERENCES_H

#include "drivers-manifest/manifest.h"

/* The first thing that is wrong, with the part that it is in. */
bool references_check(const struct manifest *m, struct err *e);

#endif
