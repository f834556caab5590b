/*
 * status_inside: what status' own files share: one judgement under way, and its groups of rules.
 *
 * A rule looks at the facts and notes findings; each note may lower the word, none raises it. Not
 * for others: they include status.h.
 */
#ifndef XENPV_INSTALLER_STATUS_INSIDE_H
#define XENPV_INSTALLER_STATUS_INSIDE_H

#include "drivers-manifest/inventory.h"
#include "installer/status_codes.h"

struct status_judging {
    const struct facts *facts;
    const struct journal *journal;
    const struct manifest *manifest;
    struct inventory inventory; /* what of PV drivers is there */
    /* Ids of families: what a bound device, a staged package and a product alone show, and which
     * of them count as installed. */
    struct texts bound, staged, products, installed;
    struct status *out;
};

/*
 * A finding with its row's severity, cause, remedy and source; lowers the word as the row says. The
 * result is for status_rests_on, and lasts until the next note.
 */
struct status_finding *status_note(struct status_judging *g, enum status_code code,
                                   const char *subject, const char *format, ...) ERR_PRINTF(4, 5);

/* Add a fact that the finding rests on. */
void status_rests_on(struct status_finding *f, const char *format, ...) ERR_PRINTF(2, 3);

/* The text, or "?" for one that is not known. */
const char *status_or_unknown(const char *text);

/* Was enough of the group read to judge what is in it? */
bool status_was_read(enum reading r);

/* Is the device present, and one that PV drivers are for: the platform device or a bus's child? */
bool status_is_xen_device(const struct facts_device *d);

/* Does a present Xen device's node name this service? */
const struct facts_device *status_device_of(const struct facts *f, const char *service);

/* Has an installed family this service, whose names families share? */
bool status_is_installed_service(const struct status_judging *g, const char *service);

/* Does what we did wait for a restart that has not been yet? What a driver does not do before it is
 * no fault. */
bool status_waits_for_restart(const struct status_judging *g);

/* Has a removal of ours that is not finished switched drivers off? That those do not run is what
 * was meant. */
bool status_has_switched_off(const struct status_judging *g);

/* The release of the manifest that this family's version is, or NULL. */
const struct manifest_release *status_release_of(const struct status_judging *g,
                                                 const struct inventory_family *family);

/* The groups. False: nothing else can be judged. */
bool status_judge_platform(struct status_judging *g);
void status_judge_windows(struct status_judging *g);
void status_judge_readings(struct status_judging *g);
void status_judge_families(struct status_judging *g);
void status_judge_releases(struct status_judging *g);
void status_judge_devices(struct status_judging *g);
void status_judge_services(struct status_judging *g);
void status_judge_paths(struct status_judging *g);
void status_judge_boot(struct status_judging *g);
void status_judge_security(struct status_judging *g);
void status_judge_restarts(struct status_judging *g);
void status_judge_journal(struct status_judging *g);
void status_judge_history(struct status_judging *g);

/* Does nothing that we know a release of fit this Windows? */
bool status_is_unsupported(const struct status_judging *g);

#endif
