/*
 * finding: what the verifier noticed about one file, kept in a list.
 *
 * A bad package is a finding, not an error. Each finding has a stable code (lower case, hyphens;
 * scripts match on it), a severity, the file it is about, and one sentence for people. finding
 * knows nothing of formats and has no opinion on what follows.
 */
#ifndef XENPV_VERIFIER_FINDING_H
#define XENPV_VERIFIER_FINDING_H

#include "base/err.h"

#include <stddef.h>

enum finding_severity { FINDING_ERROR = 0, FINDING_WARNING, FINDING_INFO };

struct finding {
    enum finding_severity severity;
    const char *code; /* a string constant, such as "member-mismatch" */
    char *file;       /* name inside the package, UTF-8, may be NULL; owned */
    char *message;    /* one sentence without full stop, safe to print; owned */
};

enum { FINDINGS_MAX = 10000 }; /* more are counted in dropped */

/* Zeroed is an empty list. */
struct findings {
    struct finding *at;
    size_t count, room, dropped;
};

/*
 * Add a finding. code must be a string constant. file may come from outside: it is kept as it is,
 * and escaped when printed; the formatted message must already be safe (use "%s" only with
 * text_add_escaped text or our own words).
 */
void findings_add(struct findings *f, enum finding_severity severity, const char *code,
                  const char *file, const char *format, ...) ERR_PRINTF(5, 6);

/* Move all of from to the end of to; from is left empty. */
void findings_move(struct findings *to, struct findings *from);

/* Is there a finding with this code (and about this file, unless file is NULL)? */
const struct finding *findings_have(const struct findings *f, const char *code, const char *file);

const char *finding_severity_name(enum finding_severity severity);

void findings_release(struct findings *f);

#endif
