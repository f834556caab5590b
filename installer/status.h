/*
 * status: is this guest all right, and if not, what is to be done?
 *
 * Pure: facts x journal x manifest -> one word and findings, each with a stable code, what it rests
 * on and a remedy. "Working" means that every Xen device node is bound and without a problem, and
 * the drivers' services run; what could not be read is a finding of its own and never counts as
 * good.
 */
#ifndef XENPV_INSTALLER_STATUS_H
#define XENPV_INSTALLER_STATUS_H

#include "drivers-manifest/select.h"
#include "installer/exit_code.h"
#include "installer/journal.h"

/* The zero is the safe answer. */
enum status_word {
    STATUS_UNKNOWN = 0,
    STATUS_NOT_XEN,
    STATUS_UNSUPPORTED,
    STATUS_NOT_INSTALLED,
    STATUS_BROKEN,
    STATUS_DEGRADED,
    STATUS_NEEDS_RESTART,
    STATUS_WORKING_WITH_WARNINGS,
    STATUS_WORKING,
};

enum status_severity { STATUS_ERROR = 0, STATUS_WARNING, STATUS_INFO };

struct status_finding {
    char *code, *subject, *message, *remedy; /* remedy may be NULL */
    enum status_severity severity;
};

struct status {
    enum status_word word;
    struct {
        struct status_finding *at;
        size_t count;
    } findings;
};

extern const struct shape status_shape;

/* *out must be zeroed. j may be in state JOURNAL_NONE. Cannot fail. */
void status_judge(const struct facts *f, const struct journal *j, const struct manifest *m,
                  struct status *out);

void status_release(struct status *s);

const char *status_word_name(
    enum status_word w); /* "supported-and-working", "not-installed", ... */

/* What `xenpv status` exits with. */
enum exit_code status_exit_code(enum status_word w);

#endif
