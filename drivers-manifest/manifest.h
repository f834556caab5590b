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
#include "drivers-manifest/support.h"

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

/* A driver file of a family, and the versions of it that are the family's (VERSIONINFO). */
struct manifest_family_file {
    char *name, *version_from, *version_to; /* both ends belong to it; NULL: open */
};

/* A registry value that its drivers or installer write; value NULL: the key itself. */
struct manifest_mark {
    char *key, *value;
};

enum removal_kind {
    REMOVAL_UNKNOWN = 0,
    REMOVAL_PRODUCT,  /* by Windows Installer; what: a product's name or upgrade code */
    REMOVAL_INF,      /* the staged package; what: its original name */
    REMOVAL_FILTER,   /* our own token in a class's UpperFilters; what: the token */
    REMOVAL_SERVICE,  /* what: its name */
    REMOVAL_REGISTRY, /* what: the key, or key and value */
};

struct manifest_removal {
    enum removal_kind kind;
    char *what;
};

/*
 * How the drivers of one source are told from those of others. In descriptions, product_names and
 * hardware_ids a "*" at the end stands for anything; all are compared without case. An empty list
 * or NULL: nobody wrote it down.
 */
struct manifest_family {
    char *id, *name;
    enum family_role role;
    struct texts providers; /* INF Provider and SetupAPI's ProviderName, compared without case */
    struct texts product_names; /* Uninstall\DisplayName, compared without case */
    struct texts product_codes, upgrade_codes;
    struct texts descriptions;    /* of its devices: DriverDesc */
    struct texts platform_ids;    /* PCI ids that its bus driver binds; shared between families */
    struct texts hardware_ids;    /* of the devices that its bus drivers create */
    struct texts services;        /* shared between families: never decides alone */
    struct texts compatible_with; /* ids of families that one of this family may replace in place */
    char *version_from, *version_to; /* of its drivers; both ends belong to it; NULL: open */
    struct {
        struct manifest_family_file *at;
        size_t count;
    } files;
    struct {
        struct manifest_mark *at;
        size_t count;
    } registry_marks;
    struct {
        struct manifest_removal *at;
        size_t count;
    } removal;                       /* in this order */
    char *windows_from, *windows_to; /* that some release of it is for */
    struct texts architectures;      /* words of enum architecture */
    struct texts signings;           /* words of enum signing: ways its releases are signed */
    char *source;
};

struct manifest_driver {
    char *name;                /* "xenbus" */
    char *inf;                 /* file name */
    struct texts hardware_ids; /* that it binds, the best first */
    struct texts exports;      /* hardware ids of the devices that it creates */
    struct texts services;
    struct texts files;                      /* that its INF copies, where they are known */
    enum tri boot_start, platform, optional; /* platform: binds the Xen platform PCI device */
};

/* A program that runs as a service beside the drivers. */
struct manifest_helper {
    char *service, *display_name;
    char *file;   /* name in the package */
    char *folder; /* below Program Files */
};

/* Hashes that nobody published, taken from a file that verified (xenpv manifest pin). */
struct manifest_pinned {
    char *date; /* "2026-03-09T10:00:00Z" */
    char *from; /* the file, as it was named */
    char *program;
    char *proof; /* what was verified, in words */
};

struct manifest_file_pin {
    char *name, *url;
    struct number size;
    char *sha256, *sha512; /* lower-case hexadecimal, or NULL */
    char *no_hash_reason;
    struct manifest_pinned *pinned; /* NULL: the hashes are published ones */
    char *product_code;             /* of an MSI, where somebody looked into it */
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

/* A word of the boot options (Control\SystemStartOptions) that the drivers of a release know. */
struct manifest_boot_option {
    char *name, *effect;
};

struct manifest_fault {
    char *what, *source;
};

struct manifest_release {
    char *id, *family, *version;
    char *date;         /* "2012-10-22", where it is known */
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
    struct {
        struct manifest_boot_option *at;
        size_t count;
    } boot_options;
    struct {
        struct manifest_fault *at;
        size_t count;
    } faults;
    char *superseded_by; /* id of the release that took its place */
    char *source;
};

/* How sure it is that what a condition describes is affected. */
enum certainty { CERTAINTY_UNKNOWN = 0, CERTAINTY_POSSIBLE, CERTAINTY_CERTAIN };

/*
 * Who is affected: all that is given must hold, what is NULL or empty holds for anything. One with
 * a file is about a driver file; one without is about a release as a whole. See advisory.h.
 */
struct manifest_condition {
    char *family, *release;          /* ids */
    char *provider, *file;           /* INF Provider; name of the driver file */
    char *version_from, *version_to; /* of the file, else of the release; both ends belong to it */
    struct texts signings;           /* words of enum signing */
    char *digest;
    char *windows_from, *windows_to;
    struct texts architectures; /* words of enum architecture */
    struct texts unless; /* words of enum guest_state: not when one of them is known to hold */
    enum certainty certainty;
};

struct manifest_advisory {
    char *id, *title, *date, *effect, *remedy, *source;
    char
        *rule; /* code of the rule of select that Windows itself enforces; NULL: an advisory only */
    enum tri overridable;
    struct {
        struct manifest_condition *at;
        size_t count;
    } affects; /* any of them */
};

/* When a kernel asks for signatures of drivers. */
enum demand { DEMAND_UNKNOWN = 0, DEMAND_NEVER, DEMAND_SECURE_BOOT, DEMAND_ALWAYS };

/* Can its kernel check SHA-256 signatures of drivers? */
enum sha2_support { SHA2_UNKNOWN = 0, SHA2_NEVER, SHA2_UPDATE, SHA2_NATIVE };

struct manifest_windows {
    char *id, *name, *windows_from, *windows_to;
    struct texts types;         /* words of enum product_type */
    struct texts architectures; /* words of enum architecture */
};

/*
 * What kernels ask of drivers, from this version on until the next row's: rows ascend, so that they
 * neither overlap nor leave a hole.
 */
struct manifest_kernel {
    char *windows_from;
    enum demand signature_x86, signature_64; /* of the 32-bit kernel, and of the others */
    enum sha2_support sha2;
    struct texts sha2_updates; /* any of them gives it: "KB3033929" */
    enum tri microsoft_only;   /* the rule of 1607: with Secure Boot only Microsoft's signature */
    enum tri driver_policy;    /* the Windows Driver Policy of April 2026 */
    enum tri signing_policy;   /* "Driver Signing\\Policy" decides what may be installed */
    char *source;
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
    struct {
        struct manifest_kernel *at;
        size_t count;
    } kernels;
    struct support support; /* the DomU support table; a replacement may have none */
};

extern const struct shape manifest_shape, manifest_pinned_shape;

/* The embedded manifest. Fails only if the build is broken. *m must be zeroed. */
bool manifest_embedded(struct manifest *m, struct err *e);

/* One file that holds a whole manifest. name is for messages. Unknown fields go to unknown (may be
 * NULL). */
bool manifest_decode(const char *name, struct span json, struct manifest *m, struct texts *unknown,
                     struct err *e);

void manifest_release_all(struct manifest *m);

const struct manifest_family *manifest_family_by_id(const struct manifest *m, const char *id);
const struct manifest_release *manifest_release_by_id(const struct manifest *m, const char *id);

/* Has the release a driver whose INF has this name? */
bool manifest_release_has_inf(const struct manifest_release *r, const char *inf);

const struct manifest_advisory *manifest_advisory_by_id(const struct manifest *m, const char *id);

/* The row of the Windows table for this guest, or NULL. */
const struct manifest_windows *manifest_windows_of(const struct manifest *m,
                                                   const struct facts_windows *w);

/* The last row of the kernels that begins at or below this guest's version, or NULL. */
const struct manifest_kernel *manifest_kernel_of(const struct manifest *m,
                                                 const struct facts_windows *w);

/* "6.1.7601" into three numbers; false when it is not of that form. */
bool manifest_version_parse(const char *text, unsigned out[3]);

/* Is the guest's version in [from, to]? TRI_UNKNOWN when the guest's is not known. *side: -1 older,
 * 1 newer. */
enum tri manifest_in_range(const struct facts_windows *w, const char *from, const char *to,
                           int *side);

/* "0.11.0.373" into up to four numbers, the rest 0; how many there were, 0: it is no such text. */
int manifest_driver_version_parse(const char *text, unsigned out[4]);

/* Is it in [from, to]? NULL is open; a version that cannot be read is in no range. */
bool manifest_version_between(const char *version, const char *from, const char *to);

/* Does text match pattern, whose "*" at the end stands for anything? Without case. */
bool manifest_pattern_matches(const char *pattern, const char *text);
bool manifest_patterns_match(const struct texts *patterns, const char *text);

const char *signing_name(enum signing s);

#endif
