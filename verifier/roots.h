/*
 * roots: the public keys that a chain can end in.
 *
 * The Microsoft keys are the ones that Windows' kernel has compiled in; so do we, and nothing adds
 * one at run time. The public ones are commercial authorities whose key lets us say "public"
 * instead of "unknown"; the kernel does not know them. Keys only: a root's own validity and
 * signature mean nothing to the kernel. Tests make their own set. The keys and where they are from:
 * drivers-manifest/roots.json, which the build turns into C.
 */
#ifndef XENPV_VERIFIER_ROOTS_H
#define XENPV_VERIFIER_ROOTS_H

#include "base/span.h"

enum root {
    ROOT_UNKNOWN = 0,
    ROOT_MS_1997,           /* Microsoft Root Authority */
    ROOT_MS_2001,           /* Microsoft Root Certificate Authority */
    ROOT_MS_2010,           /* Microsoft Root Certificate Authority 2010 */
    ROOT_MS_2011,           /* Microsoft Root Certificate Authority 2011 */
    ROOT_CODE_VERIFICATION, /* Microsoft Code Verification Root: commercial, cross-signed */
    ROOT_MS_TEST,           /* Microsoft's test roots: TESTSIGNING only */
    ROOT_PUBLIC,            /* a commercial authority: not enough for a 64-bit kernel */
    ROOT_SELF,              /* the signer's certificate is signed by itself */
};

enum { ROOT_COUNT = 9 };

/*
 * One key. spki and subject are DER: SubjectPublicKeyInfo, and the Name that issued certificates
 * carry as issuer.
 */
struct root_key {
    enum root root;
    const char *name; /* for people */
    struct span subject;
    struct span spki;
};

struct roots {
    const struct root_key *keys;
    size_t count;
};

/* The compiled-in set, for everything but unit tests. */
const struct roots *roots_kernel(void);

/* The key with exactly this SubjectPublicKeyInfo, or NULL. */
const struct root_key *roots_find_key(const struct roots *roots, struct span spki);

/*
 * "ms-1997" "ms-2001" "ms-2010" "ms-2011" "code-verification-root" "ms-test-root" "public" "self"
 * "unknown"
 */
const char *root_name(enum root root);

#endif
