/*
 * status: is this guest all right, and if not, what is to be done?
 *
 * Pure: facts x journal x manifest -> one word and findings. "Working" means what the field's own
 * tests mean: every Xen device node that is present is bound and without a problem, the drivers and
 * their services run, disk and network take the PV path, and no family is mixed with another. What
 * could not be read is a finding of its own and never counts as good; ghost devices are told apart
 * and count for nothing.
 *
 * status looks at nothing but what it is given, so that a report judges the same anywhere. What may
 * be found is listed in status_codes.h, and explained in docs/findings.md.
 */
#ifndef XENPV_INSTALLER_STATUS_H
#define XENPV_INSTALLER_STATUS_H

#include "drivers-manifest/select.h"
#include "installer/exit_code.h"
#include "installer/journal.h"

/* The zero is the safe answer. Their order is of no meaning: see status_word_is_worse. */
enum status_word {
    STATUS_UNKNOWN = 0, /* what decides could not be read */
    STATUS_NOT_XEN,
    STATUS_UNSUPPORTED, /* no release that we know is for this Windows */
    STATUS_NOT_INSTALLED,
    STATUS_BROKEN,   /* the next start of Windows may fail, or a job stopped half-way */
    STATUS_DEGRADED, /* Windows starts, and something that the drivers are for does not work */
    STATUS_NEEDS_RESTART,
    STATUS_WORKING_WITH_WARNINGS,
    STATUS_WORKING,
};

enum status_severity { STATUS_ERROR = 0, STATUS_WARNING, STATUS_INFO };

/* All texts are owned; they may hold names from outside, and are escaped by who prints them. */
struct status_finding {
    char *code; /* stable: scripts and docs/findings.md go by it */
    enum status_severity severity;
    char *subject;         /* a device, service, file, family or group of facts; or NULL */
    char *message;         /* a sentence without a full stop */
    struct texts evidence; /* the facts that it rests on */
    char *cause;           /* what brings it about */
    char *remedy;          /* what to do; NULL: nothing has to be done */
    char *command;         /* of ours, that does it; NULL: there is none */
    char *source;          /* where this failure, or the rule, is described */
};

struct status {
    enum status_word word;
    struct {
        struct status_finding *at;
        size_t count;
    } findings; /* errors first, then warnings, then notes */
};

extern const struct shape status_shape;

/* *out must be zeroed. j may be in state JOURNAL_NONE. Cannot fail. */
void status_judge(const struct facts *f, const struct journal *j, const struct manifest *m,
                  struct status *out);

void status_release(struct status *s);

const char *status_word_name(
    enum status_word w); /* "supported-and-working", "not-installed", ... */

const char *status_severity_name(enum status_severity s); /* "error", "warning", "info" */

/* Of two words that both hold, is a the one to say? */
bool status_word_is_worse(enum status_word a, enum status_word b);

/* What `xenpv status` exits with. */
enum exit_code status_exit_code(enum status_word w);

#endif
