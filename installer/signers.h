/*
 * signers: who signed the files that the families' services run, as a name and a thumbprint.
 *
 * Looks at the signature inside each file, then for its hash in the catalogs of the families'
 * published packages, which go by the INFs' names; other catalogs of Windows are not searched, so
 * that this stays cheap. The bytes must match what was signed; up to which root the signer leads,
 * and whether this Windows accepts it, is the verifier's to say (`xenpv verify --installed`).
 */
#ifndef XENPV_INSTALLER_SIGNERS_H
#define XENPV_INSTALLER_SIGNERS_H

#include "drivers-manifest/facts.h"

enum {
    SIGNERS_FILE_MAX = 8 << 20,    /* bytes; drivers of the families have less than one million */
    SIGNERS_CATALOG_MAX = 4 << 20, /* bytes of one catalog */
    SIGNERS_CATALOGS_MAX = 64,
    SIGNERS_SERVICES_MAX = 64,
};

struct signers_places {
    const char *catalogs; /* the folder of CatRoot, as this process can read it */
    /* A path of the machine as this process has to write it; mem_free. */
    char *(*native)(const char *path);
};

/* Needs services, devices and packages. Fills signature, signer, signer_sha1 and signed_in of the
 * families' services, and signers_reading. */
void signers_read(const struct signers_places *places, struct facts *f);

#endif
