/*
 * package: whatever a driver comes in, opened as one list of safely named, size-capped files.
 *
 * Opens a folder, a tar (plain, gzip, bzip2, xz), zip, 7z, ISO 9660, cabinet, MSI or single file,
 * told apart by their content. A container inside a container is opened too, PACKAGE_DEPTH_MAX
 * deep: the container stays an entry (it may carry a signature of its own), and its files follow as
 * "drivers/xenbus.tar!/xenbus/x64/xenbus.sys". package knows names, sizes and limits; it knows
 * nothing of signatures, and writes nothing to disk: names are safe for that.
 *
 * What is wrong with a package is a finding in `findings`, and the file that it is about is left
 * out: container-truncated, container-corrupt   cannot be read to its end; what could be read is
 * there container-unsupported                    of a kind that we know and refuse by name
 * (Quantum, multi-volume, ...) name-unsafe, name-duplicate              see name.h; of names that
 * Windows takes for one, the first stays entry-link, entry-special (warnings)     links, devices,
 * pipes; these alone do not make a package damaged entry-encrypted limit-entry, limit-total,
 * limit-count, limit-depth, limit-ratio file-unreadable                          a file of a folder
 * that could not be opened msi-file-missing, msi-external-cabinet   a file that the File table
 * names and no embedded cabinet holds msi-path-shared (information)            components that
 * install to the same path: see msi.h
 *
 * Only what could not be looked at at all (no such file, not allowed, a container larger than
 * PACKAGE_FILE_MAX) is an error.
 */
#ifndef XENPV_VERIFIER_PACKAGE_H
#define XENPV_VERIFIER_PACKAGE_H

#include "base/file.h"
#include "verifier/finding.h"

/* Limits in bytes. A 32-bit program has to fit the file, what is unpacked from it and their growth
 * in 2 GB. */
#if SIZE_MAX > UINT32_MAX
#define PACKAGE_FILE_MAX (UINT64_C(1) << 30) /* one file on disk that is read into memory */
#define PACKAGE_TOTAL_MAX                                                                          \
    (UINT64_C(768) << 20) /* unpacked from one file on disk, all depths together */
#else
#define PACKAGE_FILE_MAX (UINT64_C(256) << 20)
#define PACKAGE_TOTAL_MAX (UINT64_C(384) << 20)
#endif
#define PACKAGE_ENTRY_MAX (UINT64_C(256) << 20) /* one unpacked file */
#define PACKAGE_RATIO_FLOOR                                                                        \
    (UINT64_C(64) << 20) /* always allowed, however small the file on disk */

enum {
    PACKAGE_RATIO_MAX = 200,       /* unpacked bytes per byte of the file on disk */
    PACKAGE_ENTRIES_MAX = 100000,  /* files unpacked from one file on disk */
    PACKAGE_FOLDER_MAX = 1000000,  /* files in a folder, its subfolders and their containers */
    PACKAGE_FOLDER_DEPTH_MAX = 32, /* folders in folders */
    PACKAGE_DEPTH_MAX = 4,      /* containers in containers: an MSI's own cabinets do not count */
    PACKAGE_CABINETS_MAX = 256, /* cabinets of one MSI */
    PACKAGE_HOLD_MAX =
        32 << 20, /* bytes of a folder's containers that are kept unpacked; see package_load */
};

/* What bytes are, by their content. */
enum package_kind {
    PACKAGE_UNKNOWN = 0, /* not looked at yet */
    PACKAGE_OTHER,
    PACKAGE_FOLDER,
    PACKAGE_TAR, /* whichever way compressed */
    PACKAGE_ZIP,
    PACKAGE_7Z,
    PACKAGE_ISO,
    PACKAGE_CAB,
    PACKAGE_MSI,
    PACKAGE_PE,
    PACKAGE_CATALOG, /* PKCS#7 that holds a certificate trust list; a placeholder .cat is
                        PACKAGE_OTHER */
    PACKAGE_INF,     /* text with a [Version] section */
};

/* Enough of the front of a file for package_kind_of. */
enum { PACKAGE_HEAD = 36 * 1024 };

/* What these bytes are; the first PACKAGE_HEAD of them suffice but for an INF with a longer opening
 * comment. */
enum package_kind package_kind_of(struct span bytes);

/* As much of the front of a text file as an INF's opening comment may take. */
enum { PACKAGE_TEXT_HEAD = 256 * 1024 };

/* What the file at path is by as little of its content as tells, and how many bytes it has. */
bool package_probe(const char *path, enum package_kind *kind, uint64_t *size, struct err *e);

/* The JSON's word: "folder", "tar", ..., "pe", "catalog", "inf", "other". */
const char *package_kind_name(enum package_kind kind);

/* Folder, tar, zip, 7z, ISO, cabinet, MSI. */
bool package_kind_holds_files(enum package_kind kind);

/* One file. Everything is owned by the package; only package_load and package_drop change it. */
struct package_entry {
    const char *name; /* safe (name.h), unique as Windows compares, at most NAME_BYTES_MAX */
    const char *disk; /* its path, when it is a file on disk by itself, else NULL: such a one may be
                         read in pieces */
    uint64_t size;    /* bytes; as listed, until loaded */
    enum package_kind kind; /* PACKAGE_UNKNOWN until it has been looked into */
    struct span bytes;      /* empty unless loaded */
    bool loaded;
    bool damaged; /* a container that is damaged in the sense of struct package */
    bool closed;  /* a container that was not to be looked into: see package_part */
    struct package_private {
        size_t order, loads, inner;
        struct package_store *store;
        struct bytes own;
    } private; /* package's own business */
};

/* Zeroed is an empty package. */
struct package {
    enum package_kind kind;
    char *path;        /* as given to package_open */
    struct span bytes; /* the file itself where it is a container, for its own signature; empty for
                          folder and file */
    bool damaged; /* it or a container in it was cut short or corrupt, or a file was left out: never
                     install from it */
    struct package_entry *entries; /* ordered by name_compare */
    size_t count;
    struct findings findings;      /* `file` is the entry's name, or NULL for the package itself */
    struct package_inside *inside; /* private to package */
};

/*
 * Open what is at path. A single file that holds no others is a package with one entry of its own
 * name, and the kind of its content. True also for a broken package: look at damaged and findings.
 * The caller releases *out.
 */
bool package_open(const char *path, struct package *out, struct err *e);

/* The same for bytes in memory, which stay the caller's and must live as long as the package. name
 * as for a file. */
bool package_open_bytes(const char *name, struct span bytes, struct package *out, struct err *e);

/* One file on disk, and the name that it is to have in a package that is put together from files of
 * many folders. */
struct package_part {
    const char *name; /* hostile, as any other */
    const char *disk;
    enum package_kind kind; /* where it is known already, with size; else PACKAGE_UNKNOWN */
    uint64_t size;
    bool closed; /* do not look into it, though it be a container */
};

struct package_parts {
    const struct package_part *at;
    size_t count;
};

/* The same for files that lie apart, as a PACKAGE_FOLDER; label stands for its path. The parts are
 * copied. */
void package_open_parts(const char *label, struct package_parts parts, struct package *out);

/*
 * Have the bytes of entry i in entries[i].bytes. Files in an archive mostly are there at once. A
 * file on disk is read; a file of a container in a folder may have its container unpacked again
 * (package keeps PACKAGE_HOLD_MAX of those and the last one used, so go through entries in order).
 * Each load is paired with a drop. Fails when the file has changed since it was listed (ERR_FORMAT)
 * or cannot be read; the entry is then not loaded. Threads: entries with a `disk` may be loaded and
 * dropped by several threads, one entry by one thread at a time.
 */
bool package_load(struct package *p, size_t i, struct err *e);
void package_drop(struct package *p, size_t i);

/* Index of the entry that Windows takes for this name ('/' between parts), or SIZE_MAX. */
size_t package_find(const struct package *p, const char *name);

void package_release(struct package *p);

#endif
