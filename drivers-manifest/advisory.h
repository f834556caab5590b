/*
 * advisory: does an advisory speak about this release or this driver file, on this guest?
 *
 * Pure. The conditions are the manifest's; all that one gives must hold. What is not known of the
 * guest makes no condition hold: other rules reject such a guest already.
 */
#ifndef XENPV_MANIFEST_ADVISORY_H
#define XENPV_MANIFEST_ADVISORY_H

#include "drivers-manifest/manifest.h"

/* One release as a whole, or, with a file, one driver file of whatever release. */
struct advisory_subject {
    const struct facts *facts;
    const struct manifest_release *release;
    const char *provider, *file; /* the INF's Provider; the file's name without folder */
    const char *version;         /* of the file: "9.1.0.1" */
};

/* The surest of the conditions that hold; CERTAINTY_UNKNOWN: it does not speak about this. */
enum certainty advisory_affects(const struct manifest_advisory *a,
                                const struct advisory_subject *s);

/* Is this a word for manifest_condition.unless: "sha2", "test-signing", "checks-off", "upgraded"?
 */
bool advisory_knows_state(const char *word);

#endif
