/*
 * certificates: the X.509 certificates that one signature carries, and the paths from one of them
 * to the known roots.
 *
 * Searches all paths, as the kernel does, over the embedded certificates only: nothing is
 * downloaded, and the validity periods of authorities and roots count for nothing (Microsoft,
 * "Deprecation of Software Publisher Certificates and Cross-Certificates"), so OpenSSL's own path
 * building is of no use here. A path counts when every signature on it holds, every issuer may
 * issue, and no issuer's extended key usage forbids the purpose. Revocation is not known here. Work
 * is bounded: each certificate is visited once, and public-key operations come out of a budget.
 *
 * The certificates are borrowed from the blob and die with it.
 */
#ifndef XENPV_VERIFIER_CERTIFICATES_H
#define XENPV_VERIFIER_CERTIFICATES_H

#include "verifier/der.h"
#include "verifier/digest.h"
#include "verifier/roots.h"

enum {
    CERTIFICATES_MAX = 64, /* distinct ones considered; real blobs have up to 12 */
    CHAIN_MAX = 10,        /* certificates in a path, leaf included */
    KEY_BYTES_MAX = 1024,  /* RSA modulus */
};

/*
 * Extended key usages. none: the certificate has no such extension, and so may be used for
 * anything.
 */
struct certificate_usage {
    bool none, any, code_signing, time_stamping, whql, attestation, nt5, oem_whql, embedded_nt,
        lifetime, kits, ppl, tcb, flight, ev_whql, kmcs, trusted_boot, hal_extension, store;
    unsigned unknown; /* others, counted */
};

enum certificate_purpose { PURPOSE_CODE = 0, PURPOSE_TIME };

/* Does the usage allow it? WHQL and Windows component signing count as code signing. */
bool certificate_allows(const struct certificate_usage *usage, enum certificate_purpose purpose);

/* An algorithm identifier that signs: of a certificate or a SignerInfo. */
struct signature_algorithm {
    enum oid oid;
    enum digest_kind digest; /* DIGEST_NONE where the identifier does not tell */
};

/* Cut an AlgorithmIdentifier off *rest. */
bool signature_algorithm_read(struct span *rest, struct signature_algorithm *out);

/* Spans are DER and point into the blob. */
struct certificate {
    struct span whole, tbs, serial, issuer, subject, spki;
    struct span subject_key, authority_key; /* key identifiers; empty where absent */
    struct span signature;
    struct signature_algorithm algorithm; /* of the signature on it */
    int64_t not_before, not_after;
    struct certificate_usage usage;
    bool has_constraints, authority, has_key_usage, may_sign_certificates;
    void *key; /* the public key as OpenSSL has it, made when first needed */
    bool key_tried;
};

/* The outcome of a public-key operation. */
enum check {
    CHECK_CANNOT = 0, /* unknown algorithm, unusable key, budget spent */
    CHECK_BAD,
    CHECK_GOOD,
    CHECK_GOOD_BARE, /* PKCS#1 signature over the digest without a DigestInfo */
};

struct certificates {
    const struct roots *roots;
    unsigned *budget; /* public-key operations left; shared by all that belong to one blob */
    struct certificate at[CERTIFICATES_MAX];
    size_t count, dropped, malformed; /* dropped: more than CERTIFICATES_MAX */
    /* Remembered outcomes, of issuers and of root keys: 0 not tried, else 1 + enum check. */
    uint8_t edges[CERTIFICATES_MAX][CERTIFICATES_MAX];
    uint8_t anchors[CERTIFICATES_MAX];
    const struct root_key *anchor_key[CERTIFICATES_MAX];
};

/* The caller allocates (it is large) and releases. roots and budget are borrowed. */
void certificates_init(struct certificates *c, const struct roots *roots, unsigned *budget);

/*
 * Add the elements of a CertificateSet's body. Exact duplicates and attribute certificates are
 * skipped.
 */
void certificates_add(struct certificates *c, struct span set);

/*
 * Index of the first certificate from index from on with this issuer and serial (DER), or SIZE_MAX.
 */
size_t certificates_find(const struct certificates *c, struct span issuer, struct span serial,
                         size_t from);

/*
 * What can be said of one digest and its signature under a certificate's key. bare: accept
 * CHECK_GOOD_BARE too.
 */
struct signed_digest {
    struct digest digest;
    struct signature_algorithm algorithm;
    struct span signature;
    bool bare;
};

enum check certificates_verify(struct certificates *c, size_t signer,
                               const struct signed_digest *what);

/* Where the paths from one certificate lead. */
struct chain {
    enum root root;             /* the best for the kernel */
    unsigned roots;             /* bits 1 << enum root of all paths */
    const struct root_key *key; /* of root; NULL for ROOT_SELF and ROOT_UNKNOWN */
    size_t path[CHAIN_MAX];     /* indexes, leaf first, up to what the root's key signed or is in */
    size_t length;
    bool seen[CERTIFICATES_MAX]; /* on any path */
};

/* A leaf whose own usage forbids the purpose leads nowhere, or to ROOT_SELF. */
void certificates_search(struct certificates *c, size_t leaf, enum certificate_purpose purpose,
                         struct chain *out);

/*
 * Can the certificate not be what its issuer signed? So it is when its issuer is at hand, by name
 * and key identifier, and the signature holds under none of these. False for one whose issuer is
 * not at hand or cannot be judged.
 */
bool certificates_altered(struct certificates *c, size_t index);

/*
 * A Name's CN, else OU, else O (the most specific one), UTF-8; NULL when it has none. The caller
 * frees (mem_free).
 */
char *name_short(struct span name);

/* A Name in the form of RFC 2253; NULL when it cannot be read. The caller frees (mem_free). */
char *name_full(struct span name);

void certificates_release(struct certificates *c);

#endif
