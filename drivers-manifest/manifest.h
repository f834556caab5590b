/*
 * manifest: what is known of driver families, releases, advisories and Windows versions.
 *
 * The manifest says which release of which source is meant for which Windows, which files it
 * consists of and their hashes, how it is signed, and what is known against it. It is embedded in
 * the program; `--manifest FILE` replaces it as a whole. manifest checks form and references and
 * answers lookups; it chooses nothing (select does).
 *
 * A hash that nobody published is null, never invented: then no_hash_reason says why.
 */
#ifndef XENPV_MANIFEST_MANIFEST_H
#define XENPV_MANIFEST_MANIFEST_H

#include "drivers-manifest/facts.h"

enum { MANIFEST_SCHEMA = 1 };

enum family_role { FAMILY_UNKNOWN = 0, FAMILY_INSTALLABLE, FAMILY_RECOGNISED };

/* How the drivers of a release are signed, as Windows sees it. */
enum signing {
    SIGNING_UNKNOWN = 0,
    SIGNING_UNSIGNED,
    SIGNING_TEST,         /* by a certificate that only test signing accepts */
    SIGNING_CROSS_SIGNED, /* software publisher's certificate with a cross-certificate of
                             Microsoft's */
    SIGNING_ATTESTATION,
    SIGNING_WHQL,
};

struct manifest_family {
    char *id, *name;
    enum family_role role;
    struct texts providers; /* INF Provider and SetupAPI's ProviderName, compared without case */
    struct texts product_names; /* Uninstall\DisplayName, compared without case */
    struct texts upgrade_codes;
    struct texts services;        /* shared between families: never decides alone */
    struct texts compatible_with; /* ids of families that one of this family may replace in place */
};

struct manifest_driver {
    char *name;                /* "xenbus" */
    char *inf;                 /* file name */
    struct texts hardware_ids; /* that it binds, the best first */
    struct texts services;
    enum tri boot_start, platform, optional; /* platform: binds the Xen platform PCI device */
};

/* A program that runs as a service beside the drivers. */
struct manifest_helper {
    char *service, *display_name;
    char *file;   /* name in the package */
    char *folder; /* below Program Files */
};

struct manifest_file_pin {
    char *name, *url;
    struct number size;
    char *sha256, *sha512; /* lower-case hexadecimal, or NULL */
    char *no_hash_reason;
};

/* The files of a release for one range of Windows versions and one architecture. */
struct manifest_set {
    char *id;
    enum architecture architecture;
    char *windows_from, *windows_to; /* "6.1.7601"; both ends belong to it; NULL: open */
    struct {
        struct manifest_file_pin *at;
        size_t count;
    } files;
};

struct manifest_release {
    char *id, *family, *version;
    struct number rank; /* among what is eligible, the lowest is taken */
    enum signing signing;
    char *digest; /* "sha1" or "sha256": what the catalogs need Windows to understand */
    char *signer; /* CN of the leaf certificate, where it is known */
    char *issued; /* "2014-07-11": start of the leaf certificate's validity, where it is known */
    struct texts advisories;
    struct number restarts;
    struct {
        struct manifest_driver *at;
        size_t count;
    } drivers; /* in the order of installation */
    struct {
        struct manifest_helper *at;
        size_t count;
    } helpers;
    struct {
        struct manifest_set *at;
        size_t count;
    } sets;
    char *source;
};

struct manifest_advisory {
    char *id, *title, *date, *effect, *remedy, *source;
    enum tri overridable;
};

struct manifest_windows {
    char *id, *name, *windows_from, *windows_to;
    struct texts types;         /* words of enum product_type */
    struct texts architectures; /* words of enum architecture */
};

struct manifest {
    struct number schema;
    struct {
        struct manifest_family *at;
        size_t count;
    } families;
    struct {
        struct manifest_release *at;
        size_t count;
    } releases;
    struct {
        struct manifest_advisory *at;
        size_t count;
    } advisories;
    struct {
        struct manifest_windows *at;
        size_t count;
    } windows;
};

extern const struct shape manifest_shape;

/* The embedded manifest. Fails only if the build is broken. *m must be zeroed. */
bool manifest_embedded(struct manifest *m, struct err *e);

/* One file that holds a whole manifest. name is for messages. Unknown fields go to unknown (may be
 * NULL). */
bool manifest_decode(const char *name, struct span json, struct manifest *m, struct texts *unknown,
                     struct err *e);

void manifest_release_all(struct manifest *m);

const struct manifest_family *manifest_family_by_id(const struct manifest *m, const char *id);
const struct manifest_release *manifest_release_by_id(const struct manifest *m, const char *id);
const struct manifest_advisory *manifest_advisory_by_id(const struct manifest *m, const char *id);

/* The row of the Windows table for this guest, or NULL. */
const struct manifest_windows *manifest_windows_of(const struct manifest *m,
                                                   const struct facts_windows *w);

/* "6.1.7601" into three numbers; false when it is not of that form. */
bool manifest_version_parse(const char *text, unsigned out[3]);

/* Is the guest's version in [from, to]? TRI_UNKNOWN when the guest's is not known. *side: -1 older,
 * 1 newer. */
enum tri manifest_in_range(const struct facts_windows *w, const char *from, const char *to,
                           int *side);

const char *signing_name(enum signing s);

#endif
