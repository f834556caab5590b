/*
 * replacement: the manifest of a file (--manifest FILE) in place of the embedded one.
 *
 * The embedded manifest is trusted as the program is. A replacement says which files are installed
 * with the rights of SYSTEM, so that it is trusted only with a detached signature beside it
 * (FILE.p7s) by the key that the program was built with. Without one it is unsigned: good for
 * reading, and for changing a machine only when the operator says so. A signature that does not
 * hold is no missing one: the file is refused, and no option helps.
 *
 * The file is read once: what is checked is what is decoded.
 */
#ifndef XENPV_INSTALLER_REPLACEMENT_H
#define XENPV_INSTALLER_REPLACEMENT_H

#include "drivers-manifest/manifest.h"
#include "verifier/digest.h"

enum replacement_trust {
    REPLACEMENT_UNSIGNED = 0,
    REPLACEMENT_SIGNED,
};

struct replacement {
    enum replacement_trust trust;
    const char *why;      /* unsigned: what is missing; constant */
    struct digest sha256; /* of the file's bytes */
};

/*
 * Read the manifest at path. key is the trusted DER SubjectPublicKeyInfo, empty: there is none, and
 * every replacement is unsigned. Fields that this program does not know are added to unknown as
 * "FILE:LINE:COLUMN: ...". Fails with ERR_USAGE and a place for what is no good manifest, with
 * ERR_REFUSED for a signature that does not hold, else as file_read does. *m must be zeroed.
 */
bool replacement_read(const char *path, struct span key, struct manifest *m, struct texts *unknown,
                      struct replacement *out, struct err *e);

/* "signed" "unsigned" */
const char *replacement_trust_name(enum replacement_trust t);

#endif
