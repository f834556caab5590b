/*
 * installed_catalogs: which of a Windows' catalogs list some files, by their hashes.
 *
 * Reads each catalog of a folder at most once and keeps none. Whether its signature is any good is
 * evidence's to say.
 */
#ifndef XENPV_INSTALLER_INSTALLED_CATALOGS_H
#define XENPV_INSTALLER_INSTALLED_CATALOGS_H

#include "base/file.h"
#include "verifier/digest.h"

enum {
    CATALOGS_FILES_MAX = 50000,
    CATALOGS_FILE_MAX = 64 << 20, /* bytes of one */
    /* the kinds of hashes that a catalog may list */
    CATALOGS_DIGESTS = DIGEST_BIT(DIGEST_SHA1) | DIGEST_BIT(DIGEST_SHA256) | DIGEST_BIT(DIGEST_MD5),
};

/* One file that is looked for. */
struct catalog_want {
    struct digests flat, image; /* image: of PE files */
    char *found;                /* path of the first catalog that lists it, or NULL; owned */
};

/* Take the hashes of these kinds of a file's bytes, as catalogs have them. */
void catalog_want_of(struct span file, unsigned kinds, struct catalog_want *out);

/* Look in this one catalog for what is not found yet. One that cannot be read lists nothing. */
void catalogs_look_in(const char *path, struct catalog_want *wants, size_t count);

/* Look in all catalogs of the folder, in the order of their names, until all is found. */
void catalogs_search(const char *folder, struct catalog_want *wants, size_t count);

#endif
