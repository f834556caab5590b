/*
 * bundle: what guests need, put together as an ISO image, a zip file or a folder.
 *
 * The plan of a bundle is a list of names and where their bytes are; bundle.json and SHA256SUMS,
 * which tell of all the others, are written last. The same list, with the same time, is the same
 * archive byte for byte. A bundle gets its name when it is whole: until then it is NAME.part.
 *
 *     bundle.json          what is in it and for which Windows; the mark by which install finds it
 *     README.txt
 *     SHA256SUMS           for sha256sum -c
 *     x86/xenpv.exe  x64/xenpv.exe
 *     packages/NAME        as the manifest names them
 *     NAME                 a file of --add, such as autounattend.xml
 *     manifest.json        (and .p7s) where the program's own was replaced
 *     $WinPEDriver$/...    with --winpe, for Windows Setup: see setup_drivers.h
 */
#ifndef XENPV_INSTALLER_BUNDLE_H
#define XENPV_INSTALLER_BUNDLE_H

#include "installer/archive_writer.h"
#include "installer/wanted.h"

#define BUNDLE_MARK "bundle.json"
#define BUNDLE_LABEL "XENPV"
#define BUNDLE_PACKAGES "packages"
#define BUNDLE_MANIFEST "manifest.json"

enum { BUNDLE_SCHEMA = 1, BUNDLE_MARK_SIZE_MAX = 16 << 20, BUNDLE_ITEMS_MAX = 10000 };

enum bundle_form { BUNDLE_FOLDER = 0, BUNDLE_ISO, BUNDLE_ZIP };

/* One file of it. */
struct bundle_item {
    char *name; /* with forward slashes */
    char *from; /* path of its bytes; NULL: content */
    struct bytes content;
    struct number size;
    char *sha256;
};

struct bundle {
    struct number schema;
    char *program, *label;
    struct {
        struct wanted_target *at;
        size_t count;
    } targets;
    struct {
        struct bundle_item *at;
        size_t count;
    } files;
};

extern const struct shape bundle_shape; /* the JSON of bundle.json */

/*
 * A file as it is now: its size is read, and its hash is taken when it is written, or is one that
 * somebody has checked just now (sha256, else NULL). One that is changed before bundle_write is
 * done with it is an error there, by its size at least. ERR_USAGE for a name that is there already,
 * as Windows compares.
 */
struct bundle_source {
    const char *path, *sha256;
};
bool bundle_add_file(struct bundle *b, const char *name, const struct bundle_source *from,
                     struct err *e);

/* content is taken over. */
bool bundle_add_bytes(struct bundle *b, const char *name, struct bytes *content, struct err *e);

/* Where it goes. */
struct bundle_target {
    enum bundle_form form;
    const char *path;
    int64_t seconds;
    bool replace; /* what is at path already; of folders only such as are a bundle */
};

/* Is path free, or may what is there be replaced? */
bool bundle_may_write(const struct bundle_target *target, struct err *e);

/* Adds bundle.json and SHA256SUMS and writes it all. Nothing is left at path when it fails, but
 * what was there. */
bool bundle_write(struct bundle *b, const struct bundle_target *target, struct err *e);

/* By the ending of a path: .iso, .zip, else a folder. */
enum bundle_form bundle_form_of(const char *path);

/* The bundle that has this folder as its own; false with ERR_NOT_FOUND when there is no mark. */
bool bundle_read(const char *folder, struct bundle *out, struct err *e);

/* Is the file of this name what the bundle says? ERR_REFUSED when not. */
bool bundle_check(const struct bundle *b, const char *folder, const char *name, struct err *e);

void bundle_release(struct bundle *b);

#endif
