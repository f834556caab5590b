/*
 * shelf: the package files that are at hand, found by hash.
 *
 * Looks at the files directly in a few folders, and in the folders there that have a release's
 * name: releases whose files are called alike lie apart so. A file that the manifest pins is
 * recognised by its bytes, whatever it is called; one that has the pinned name and other bytes is
 * found too, and told apart, so that the verifier can say what is wrong with it. What was hashed
 * may be kept, so that nothing is read twice and nobody changes it in between. shelf opens no
 * container and believes no name.
 */
#ifndef XENPV_INSTALLER_SHELF_H
#define XENPV_INSTALLER_SHELF_H

#include "base/file.h"
#include "drivers-manifest/manifest.h"
#include "verifier/digest.h"

enum shelf_match {
    SHELF_ABSENT = 0,
    SHELF_NAME_ONLY, /* the name is right, the bytes are not; or nothing is pinned */
    SHELF_PINNED,    /* the bytes are the pinned ones */
};

struct shelf_file {
    char *path;
    const char *release; /* id of the release whose folder it is in; NULL: in none's; borrowed */
    uint64_t size;
    bool hashed;
    struct digests digests; /* SHA-256 and SHA-512, once asked for */
    struct bytes content;   /* of a pinned file; empty when it is not kept */
};

struct shelf {
    struct {
        struct shelf_file *at;
        size_t count;
    } files;
    uint64_t hold; /* so many bytes of pinned files are kept yet; whoever makes the shelf sets it */
};

/* Add the files of a folder, and of its folders that the manifest's releases name (NULL: of none);
 * one that cannot be listed is an error that names it. The shelf borrows from the manifest. */
bool shelf_add_folder(struct shelf *s, const char *folder, const struct manifest *m, struct err *e);

/* The best match for a pin of that release, and its path (borrowed) in *path unless SHELF_ABSENT.
 * By its name alone no file of another release's folder is taken, and one of its own comes first.
 * Hashes only what can match. */
enum shelf_match shelf_find(struct shelf *s, const struct manifest_release *release,
                            const struct manifest_file_pin *pin, const char **path);

/* The file at a path that shelf_find gave. Its content, where it is kept, lives as long as the
 * shelf and is what its digests are of. */
const struct shelf_file *shelf_file_at(const struct shelf *s, const char *path);

/* Do these digests match the pin? False also when nothing is pinned. */
bool shelf_is_pinned(const struct digests *d, const struct manifest_file_pin *pin);

void shelf_release(struct shelf *s);

#endif
