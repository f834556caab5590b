/*
 * inventory: what of PV drivers this guest already has.
 *
 * Pure: facts x manifest -> families, each with its version and what shows it, and faults. Whose
 * drivers they are is recognise's to say.
 *
 * A fault is what is wrong with the set of drivers, such as a child driver that cannot bind under
 * its parent: each bus driver exports its devices in a range of revisions (REV_0800000B), each
 * child driver binds one of them. inventory does not say what is to be done (decision does), and
 * knows nothing of what was installed by us (the journal does).
 */
#ifndef XENPV_MANIFEST_INVENTORY_H
#define XENPV_MANIFEST_INVENTORY_H

#include "drivers-manifest/manifest.h"

/* Codes of faults. */
#define INVENTORY_REVISION_SKEW "revision-skew"
#define INVENTORY_MIXED_VERSIONS "mixed-versions"
#define INVENTORY_NOT_BOUND "not-bound"
#define INVENTORY_DEVICE_PROBLEM "device-problem"
#define INVENTORY_BOOT_START "not-boot-start"
#define INVENTORY_FILE_MISSING "file-missing"
#define INVENTORY_NO_PLATFORM_DRIVER "no-platform-driver"

struct inventory_family {
    char *id;
    char *version;         /* of the driver of the platform device, else the highest; or NULL */
    struct texts evidence; /* what shows it, for people */
};

struct inventory_fault {
    char *code, *sentence;
    char *child, *parent; /* of a skew: "xenvif.inf 8.2.2.5", "xenbus 9.1.0.1"; else NULL */
};

struct inventory {
    struct {
        struct inventory_family *at;
        size_t count;
    } families; /* in the manifest's order */
    struct {
        struct inventory_fault *at;
        size_t count;
    } faults; /* of installable families only: of others we do not know how they must be */
};

extern const struct shape inventory_fault_shape;

/* *out must be zeroed. Cannot fail. */
void inventory_take(const struct facts *f, const struct manifest *m, struct inventory *out);

void inventory_release(struct inventory *i);

const struct inventory_family *inventory_family(const struct inventory *i, const char *id);

#endif
