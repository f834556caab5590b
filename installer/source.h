/*
 * source: the chosen release, opened and verified against this guest.
 *
 * From the files of a set on the shelf to the driver packages that would be installed: each
 * container must be the pinned bytes, each driver of the release is found as one driver package for
 * this Windows, its integrity must be whole and its prediction good. What speaks against is a
 * refusal that names container and file; nothing on the machine is touched. The bytes stay open and
 * in memory, so that what was verified is what will be written.
 *
 * Where the operator wishes it, the signers of packages that Windows would ask about are named as
 * publishers to be trusted, and the prediction is of a Windows that trusts them: only signers whose
 * signature is intact, and only where that helps. Nothing makes a root trusted.
 */
#ifndef XENPV_INSTALLER_SOURCE_H
#define XENPV_INSTALLER_SOURCE_H

#include "installer/shelf.h"
#include "drivers-manifest/select.h"
#include "verifier/policy.h"

/* One driver of the release and where it was found. */
struct source_driver {
    const struct manifest_driver *driver;
    size_t container; /* index in containers */
    size_t package;   /* index in that evidence's packages; SIZE_MAX: not found */
    struct prediction prediction;
};

struct source_container {
    const char *path; /* borrowed from the shelf */
    const struct manifest_file_pin *pin;
    bool pinned;
    struct evidence evidence;
};

/* Why it must not be installed. */
struct source_refusal {
    char *container, *file; /* file may be NULL */
    char *message;
};

struct source {
    const struct manifest_release *release;
    const struct manifest_set *set;
    struct {
        struct source_container *at;
        size_t count;
    } containers;
    struct {
        struct source_driver *at;
        size_t count;
    } drivers; /* as in the release, missing optional ones left out */
    struct {
        struct source_refusal *at;
        size_t count;
    } refusals;
    struct {
        const struct signature **at; /* borrowed from the containers */
        size_t count;
    } publishers; /* to be trusted, each certificate once */
};

/* Asked of the machine: as platform's publisher_has_root. */
struct source_trust {
    enum tri (*has_root)(void *context, struct span certificate, struct span catalog);
    void *context;
};

/* What is opened, and for whom. All are borrowed. */
struct source_case {
    const struct choice *choice;
    const struct manifest *manifest;
    const struct facts *facts;
    const struct source_trust *trust; /* NULL: nobody is to be trusted who is not already */
};

/*
 * Open and judge. False only when something could not be looked at (*e names it); refusals are in
 * *out, which must be zeroed. The shelf must outlive the source.
 */
bool source_open(struct shelf *shelf, const struct source_case *c, struct source *out,
                 struct err *e);

void source_release(struct source *s);

/* What would make Windows install a package without asking, as the rest of a sentence; "" where
 * nothing is known to. */
const char *source_advice(const struct prediction *p);

/* The evidence of a driver's package. */
const struct evidence_package *source_package(const struct source *s,
                                              const struct source_driver *d);
const struct evidence *source_evidence(const struct source *s, const struct source_driver *d);

#endif
