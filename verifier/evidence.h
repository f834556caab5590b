/*
 * evidence: what is true of the files of a package. No opinion.
 *
 * An INF and the catalog that it names (or, where it names none that is there, the one catalog
 * beside it) are a driver package; the files that the INF copies belong to it. For each file: is it
 * there, is its hash in the catalog, is the catalog's signature intact, who signed, when, up to
 * which root. Membership is decided by hash and never by name. What a Windows makes of it is
 * policy's; this module has heard of no Windows but the target that it is given.
 *
 * Integrity of a file:
 *     intact      its hash is in the intact catalog, or it carries an intact signature of its own
 *     altered     there is a catalog, or a signature in the file, and it does not match
 *     unsigned    neither
 *     missing     the INF copies it and it is not there (for files only; the package is then
 * incomplete) unreadable  it could not be looked at Integrity of a driver package, the first that
 * holds: unreadable, altered (the catalog's signature does not match; the INF or a file that it
 * copies is not in the catalog), incomplete, unsigned (no catalog, or none but a placeholder),
 * intact. Sources: windows-driver-docs, install/catalog-files.md and inf-version-section.md.
 */
#ifndef XENPV_VERIFIER_EVIDENCE_H
#define XENPV_VERIFIER_EVIDENCE_H

#include "drivers-manifest/shape.h"
#include "verifier/authenticode.h"
#include "verifier/cat.h"
#include "verifier/inf.h"
#include "verifier/package.h"
#include "verifier/pe.h"

/* Worst first: the smaller of two is the verdict on both. */
enum integrity {
    INTEGRITY_UNREADABLE = 0,
    INTEGRITY_ALTERED,
    INTEGRITY_INCOMPLETE,
    INTEGRITY_MISSING,
    INTEGRITY_UNSIGNED,
    INTEGRITY_INTACT,
};

/* What was read of one entry of the package. */
struct evidence_entry {
    bool read; /* its bytes were seen, hashed and, of an INF, understood */
    uint64_t size;
    struct digest sha256; /* of all bytes; unless lean */
    struct digests flat; /* of all bytes, in the kinds that some catalog needs; lean: not when image
                            is listed */
    struct digests image;  /* Authenticode hash, when it is a PE file */
    bool is_pe, is_kernel; /* kernel: a kernel-mode driver */
    uint16_t machine;
    uint16_t file_version[4];
    uint16_t subsystem_version[2];
    struct authenticode signatures; /* its own: of a PE file, a CAB or an MSI */
    struct cat *catalog;            /* when it is one, whatever its state; else NULL */
    struct authenticode catalog_signature;
};

struct evidence_file {
    char *name;      /* in the package; for a missing one where it was expected */
    size_t entry;    /* index in package.entries, SIZE_MAX when missing */
    enum tri member; /* in the catalog, by hash; unknown when there is no readable catalog */
    char *os_attr;   /* of the catalog's entry, NULL where it has none */
    enum integrity integrity;
};

struct evidence_package {
    size_t inf_entry, catalog_entry; /* SIZE_MAX: no catalog */
    struct inf inf;
    enum integrity integrity;
    bool truncated; /* the INF leads to more than is followed: files is not all that it copies */
    struct {
        struct evidence_file *at;
        size_t count;
    } files; /* [0] is the INF itself */
};

struct evidence {
    struct package package;         /* as opened: entries can be loaded while this lives */
    struct evidence_entry *entries; /* as many as package.entries */
    enum integrity integrity;       /* the worst of all */
    struct authenticode signature;  /* of the container itself (MSI, CAB); count 0: it has none */
    bool has_signature;
    struct {
        struct evidence_package *at;
        size_t count;
    } packages;
    struct {
        struct evidence_file *at;
        size_t count;
    } files; /* in no driver package, catalogs left out */
    struct {
        size_t *at;
        size_t count;
    } catalogs; /* entries that have a catalog */
    struct findings findings;
    struct digests
        whole; /* SHA-256 and SHA-512 of the container file; none of a folder, nor when lean */
};

struct evidence_options {
    const struct roots *roots; /* NULL: roots_kernel() */
    const struct target
        *target; /* only files that this Windows needs are missed; NULL: any Windows */
    bool lean; /* leave out digests that decide nothing: entries' sha256 and whole are then of kind
                  DIGEST_NONE */
    bool parallel;               /* look at the files of the package in several threads */
    const struct digests *whole; /* of the container's bytes, where they are known: SHA-256 and
                                    SHA-512; else NULL */
};

/* Open and look at what is at path. False only when it could not be looked at at all. *out must be
 * zeroed. */
bool evidence_gather(const char *path, const struct evidence_options *o, struct evidence *out,
                     struct err *e);

/* The same for a package that is open already; it is out's afterwards, and opened is left empty. */
void evidence_gather_package(struct package *opened, const struct evidence_options *o,
                             struct evidence *out);

void evidence_release(struct evidence *ev);

/*
 * What is true of package p of ev for another target: its files, catalog and integrity. Adds no
 * finding. The view borrows from ev and p; free it with evidence_view_release. *out is overwritten.
 */
void evidence_view(const struct evidence *ev, const struct evidence_package *p,
                   const struct target *target, struct evidence_package *out);
void evidence_view_release(struct evidence_package *view);

/*
 * The verdict on what was gathered piece by piece. Zeroed is nothing yet. Loose files without a
 * signature are worth no verdict unless nothing else is there to be judged.
 */
struct evidence_tally {
    enum integrity worst; /* of packages, signatures of containers, and loose files that are not
                             just unsigned */
    bool any, judged, files, unsigned_files, damaged;
};

void evidence_tally_add(struct evidence_tally *t, const struct evidence *ev);
void evidence_tally_merge(struct evidence_tally *to, const struct evidence_tally *from);
enum integrity evidence_tally_verdict(const struct evidence_tally *t);

/* The entry's name, or "" for SIZE_MAX. */
const char *evidence_name(const struct evidence *ev, size_t entry);

/* The signature that speaks for a driver package: its catalog's; NULL when it has none. */
const struct signature *evidence_package_signature(const struct evidence *ev,
                                                   const struct evidence_package *p);

/* The embedded signature of a file; NULL when it has none. */
const struct signature *evidence_file_signature(const struct evidence *ev,
                                                const struct evidence_file *f);

/* "intact" "altered" "incomplete" "missing" "unsigned" "unreadable" */
const char *integrity_name(enum integrity i);

#endif
