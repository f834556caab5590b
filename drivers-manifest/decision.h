/*
 * decision: what is to be done on this guest: install, keep, upgrade, downgrade, replace, repair.
 *
 * Pure: inventory x choice -> one word, whether it may be done as asked, and what it rests on.
 * Only upwards by itself: a lower version is installed on request, another family's drivers are
 * never installed over, but removed first, on request too. What is installed is kept when it is
 * what would be chosen and nothing is wrong with it, also where the packages are no longer at hand.
 * decision changes nothing.
 */
#ifndef XENPV_MANIFEST_DECISION_H
#define XENPV_MANIFEST_DECISION_H

#include "drivers-manifest/inventory.h"
#include "drivers-manifest/select.h"

enum decision_word {
    DECISION_NONE = 0, /* nothing can be installed */
    DECISION_INSTALL,  /* there is nothing yet */
    DECISION_KEEP,     /* what is installed is what would be chosen */
    DECISION_UPGRADE,
    DECISION_DOWNGRADE, /* what is installed is newer */
    DECISION_REPLACE,   /* another family is in the way */
    DECISION_REPAIR,    /* the same release again, as a complete set */
};

struct decision {
    enum decision_word word;
    enum tri allowed; /* may it be done as things are? */
    char *sentence;
    char *needs;            /* what would allow it; NULL: nothing, or it is allowed */
    char *release;          /* that it is about, or NULL */
    char *installed, *from; /* family and version that are there, or NULL */
    enum tri restart_first; /* Windows waits for a restart: do that before anything is changed */
    struct texts evidence;
    struct {
        struct inventory_fault *at;
        size_t count;
    } faults;
};

extern const struct shape decision_shape;

struct decision_options {
    bool allow_downgrade;
    bool replace; /* as the choice was told: families that are in the way will be removed first */
    bool broken;  /* what is installed is known not to be whole, although the facts show no fault */
};

/* The choice was made of the same facts and manifest. *out must be zeroed. Cannot fail. */
void decide(const struct facts *f, const struct manifest *m, const struct choice *c,
            const struct decision_options *o, struct decision *out);

void decision_release(struct decision *d);

const char *decision_name(enum decision_word w); /* "none", "install", ... */

#endif
