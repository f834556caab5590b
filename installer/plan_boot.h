/*
 * plan_boot: the steps around an installation that keep the machine bootable and let the job go on.
 *
 * Pure: the journal of a planned installation gets, in front, a restore point, the emulated disk's
 * drivers and a fallback entry, and behind, the continuation and the boot check. What is not done
 * gets its reason in the journal.
 */
#ifndef XENPV_INSTALLER_PLAN_BOOT_H
#define XENPV_INSTALLER_PLAN_BOOT_H

#include "installer/journal.h"

/* In the state folder: the manifest that was named may be on a medium that is gone by then. */
#define CONTINUATION_MANIFEST "xenpv-resume.json"

/* What the operator wants. Texts are borrowed. */
struct plan_boot_wishes {
    bool no_fallback, require_fallback, no_restore_point, no_continuation;
    const char *state_folder;    /* without a slash at the end */
    const char *earlier_program; /* of the continuation of the job before this one, or NULL: it may
                                    be about to go with the next restart */
    const char *arguments;       /* of the continuation's program */
    const char *manifest_from,
        *manifest_sha256; /* the manifest that it needs, to be kept at
                             CONTINUATION_MANIFEST; NULL: the program's own */
};

void plan_boot(struct journal *j, const struct facts *f, const struct plan_boot_wishes *wishes);

/*
 * The same for a planned removal: the continuation, before the first restart. Without a restart
 * there is none.
 */
void plan_boot_removal(struct journal *j, const struct plan_boot_wishes *wishes);

/*
 * The word on the boot loader's command line at which the family's release leaves the disk to the
 * emulated controller; NULL: it knows none. Sources: GPLPV xenpci.c (NOGPLPV; NOEJBPV from 1.0 on),
 * Xen Project xenbus README.md, "System Start Options", in every release from 8.1.0 on.
 */
const char *plan_boot_option(const char *family, const char *version);

#endif
