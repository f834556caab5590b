/*
 * select: which source is right for this guest, and why not the others.
 *
 * Pure: facts x manifest x options -> choice. Every candidate (a release's set of files) is kept,
 * with all reasons that speak against it, each a stable code and a sentence. What an operator knows
 * better (an advisory, a missing pin) can be accepted by its code; what Windows itself will refuse
 * cannot. "Nothing is eligible" is a normal answer, and says what would change it. A release that
 * a later one supersedes is left out only where the later one is eligible. select looks into no
 * file: whether the bytes are what the manifest says is the verifier's.
 *
 * Sources of the rules: Microsoft's kernel-mode code signing policy (1607 and its exceptions),
 * KB3033929 and KB4474419, "The Windows Driver Policy" (2026); for families the INFs and projects
 * of the drivers themselves.
 */
#ifndef XENPV_MANIFEST_SELECT_H
#define XENPV_MANIFEST_SELECT_H

#include "drivers-manifest/manifest.h"

/* Codes that a candidate can be rejected with; an advisory's code is "advisory-" and its id. */
#define SELECT_OS_TOO_OLD "os-too-old"
#define SELECT_OS_TOO_NEW "os-too-new"
#define SELECT_OS_UNKNOWN "os-unknown"
#define SELECT_WRONG_ARCH "wrong-arch"
#define SELECT_NEEDS_TEST_SIGNING "needs-test-signing"
#define SELECT_UNSIGNED "unsigned"
#define SELECT_NEEDS_KB3033929 "needs-kb3033929"
#define SELECT_NEEDS_KB4474419 "needs-kb4474419"
#define SELECT_SECURE_BOOT "secure-boot"
#define SELECT_DRIVER_POLICY "driver-policy-2026"
#define SELECT_SIGNING_POLICY "signing-policy-block"
#define SELECT_FOREIGN_FAMILY "foreign-family-present"
#define SELECT_NOT_PINNED "not-pinned"
#define SELECT_NOT_ASKED_FOR "not-asked-for"
#define SELECT_NO_PLATFORM_DEVICE "no-platform-device"
#define SELECT_PACKAGE_NOT_FOUND "package-not-found"
#define SELECT_SUPERSEDED "superseded"

/* What it takes to have a family out of the way, after its name. */
#define CHANGE_REMOVED_FIRST "removed first (xenpv remove), or --replace"

struct select_reason {
    char *code, *sentence;
    char *change; /* what would take it away, as "--accept xsn-1"; NULL: nothing would */
    enum tri
        overridable; /* --accept CODE takes it away (advisories are accepted by their id as well) */
};

enum candidate_verdict { CANDIDATE_REJECTED = 0, CANDIDATE_ELIGIBLE, CANDIDATE_CHOSEN };

struct candidate {
    enum candidate_verdict verdict;
    char *release, *family, *version, *set;
    struct {
        struct select_reason *at;
        size_t count;
    } reasons; /* against it */
    struct {
        struct select_reason *at;
        size_t count;
    } accepted;         /* what the operator took upon himself */
    struct texts files; /* that the set consists of */
};

/* What would have to be otherwise for a release to be eligible. */
struct select_remedy {
    char *family, *release, *set;
    struct texts changes; /* all of them */
    size_t order;         /* among equals: that of the candidates */
};

struct choice {
    struct {
        struct candidate *at;
        size_t count;
    } candidates;                    /* best first */
    struct number chosen;            /* index; not known: none */
    struct texts installed_families; /* as recognise_families says */
    struct {
        struct select_remedy *at;
        size_t count;
    } remedies; /* when none is chosen: for each family the smallest, the smallest of all first */
};

extern const struct shape choice_shape;

struct select_options {
    const char *source;   /* only this release or family; NULL: any */
    struct texts accept;  /* codes or advisory ids */
    bool replace;         /* families that are in the way will be removed first */
    bool trust_publisher; /* the verified signer will be trusted by this Windows */
    /* Is this file at hand? NULL: do not ask. */
    bool (*have)(void *context, const struct manifest_release *release,
                 const struct manifest_file_pin *pin);
    void *context;
};

/* Writes *out, which must be zeroed. Cannot fail: what is not known speaks against a candidate. */
void select_source(const struct facts *f, const struct manifest *m, const struct select_options *o,
                   struct choice *out);

void choice_release(struct choice *c);

/* The chosen candidate's release and set, or NULL. */
const struct manifest_release *choice_chosen_release(const struct choice *c,
                                                     const struct manifest *m);
const struct manifest_set *choice_chosen_set(const struct choice *c, const struct manifest *m);

#endif
