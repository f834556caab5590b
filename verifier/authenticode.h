/*
 * authenticode: PKCS#7 signatures of PE files, catalogs, CAB and MSI files: are they intact, who
 * signed, when, and up to which root?
 *
 * The only user of OpenSSL's X.509 and signature verification. Three answers are kept apart:
 * integrity (do the bytes match what was signed?), identity (signer, chain, time), and nothing on
 * policy: what a Windows makes of it is for others, and expiry is reported, not judged. "Cannot
 * judge" (an unknown algorithm, an unknown form) is UNREADABLE, never INTACT.
 *
 * Use: authenticode_init; authenticode_add for each blob (each certificate of a PE file, a catalog,
 * an MSI's or CAB's signature); authenticode_wanted tells which digests of the file are needed;
 * hash once; authenticode_compare. A catalog signs itself and needs no comparison. Nothing in
 * OpenSSL's error queue is left behind.
 *
 * A certificate that may not sign code (one for time stamps, say, below the same Microsoft root)
 * leads to no root: its signature may be intact, its root is unknown, and a finding says why.
 *
 * Sources: Microsoft, "Windows Authenticode Portable Executable Signature Format" (2008); RFC 2315
 * for PKCS#7, RFC 2985 for counter-signatures, RFC 3161 for tokens. The bare-digest
 * counter-signatures, and the digest over the value of the content only, are as in files that
 * Microsoft and VeriSign signed.
 */
#ifndef XENPV_VERIFIER_AUTHENTICODE_H
#define XENPV_VERIFIER_AUTHENTICODE_H

#include "verifier/digest.h"
#include "verifier/finding.h"
#include "verifier/certificates.h"

enum {
    AUTHENTICODE_BLOB_MAX = 128 * 1024 * 1024, /* bytes; the largest catalogs have a few MB */
    AUTHENTICODE_SIGNATURES_MAX = 32,          /* per file, nested ones included */
    AUTHENTICODE_NESTING_MAX = 4,
    AUTHENTICODE_VERIFY_MAX = 512, /* public-key operations per blob */
};

enum signature_integrity {
    SIGNATURE_UNREADABLE = 0, /* cannot be judged: malformed, unknown, or not compared yet */
    SIGNATURE_ALTERED,        /* something does not match what was signed */
    SIGNATURE_INTACT,
    SIGNATURE_NONE, /* there is none; only for time stamps */
};

/* What the blob is expected to sign; it decides which content is acceptable. */
enum signature_subject {
    SUBJECT_UNKNOWN = 0, /* nothing is acceptable: UNREADABLE */
    SUBJECT_PE,
    SUBJECT_CATALOG,
    SUBJECT_CAB,
    SUBJECT_MSI,
};

enum timestamp_kind {
    TIMESTAMP_NONE = 0,
    TIMESTAMP_LEGACY,      /* PKCS#9 counter-signature */
    TIMESTAMP_LEGACY_BARE, /* over the bare digest, as VeriSign and Symantec made them 2001-2013 */
    TIMESTAMP_RFC3161,
};

/* When the leaf's validity counts: at the time stamp if there is an intact one. */
enum signature_validity {
    VALIDITY_UNKNOWN = 0,
    VALIDITY_AT_TIMESTAMP, /* valid at an intact time stamp, which proves it for ever */
    VALIDITY_OUTSIDE,      /* an intact time stamp lies outside the leaf's validity */
    VALIDITY_UNTIL_EXPIRY, /* none intact, or lifetime signing: compare not_after with the clock */
    VALIDITY_UNTRUSTED_TIMESTAMP, /* valid at an intact one of an authority that we do not know */
};

struct timestamp {
    enum timestamp_kind kind;
    enum signature_integrity integrity; /* SIGNATURE_NONE when kind is TIMESTAMP_NONE */
    int64_t time;                       /* seconds since 1970; true only when intact; 0 unknown */
    enum digest_kind digest;
    char *authority; /* CN, else OU, else O of its certificate, UTF-8, not escaped; NULL unknown */
    char *issuer;
    enum root root; /* where its chain ends; ROOT_PUBLIC covers the commercial services */
    bool usage_time_stamping;
};

/* One certificate of the chain that is shown, leaf first. Text is UTF-8, not escaped. */
struct chain_link {
    char *subject; /* CN, else OU, else O */
    char *issuer;
    int64_t not_before, not_after;
    uint8_t sha1[20];        /* thumbprint */
    enum digest_kind digest; /* of the signature on it; DIGEST_NONE unknown */
};

/* One signature. All text is UTF-8 from the certificate, not escaped, NULL where absent; owned. */
struct signature {
    enum signature_integrity integrity; /* the verdict; UNREADABLE until authenticode_compare */
    enum signature_integrity seal;      /* only the blob itself, without the file */
    enum signature_subject subject;     /* what the content says that it is about */
    struct digest wanted;               /* the file's digest as signed; DIGEST_NONE for catalogs */
    enum digest_kind digest;            /* of the signer: what the signature is made with */
    unsigned nesting;                   /* 0 primary; 1.. inside another signature */
    size_t blob;                        /* number of the authenticode_add call, from 0 */

    char *signer, *issuer;            /* CN, else OU, else O */
    char *subject_name, *issuer_name; /* full, RFC 2253 */
    char *serial;                     /* hexadecimal, upper case */
    uint8_t thumbprint[20];           /* SHA-1 of the leaf */
    uint8_t thumbprint_sha256[32];
    uint8_t *leaf; /* the leaf's DER, for TrustedPublisher */
    size_t leaf_size;
    int64_t not_before, not_after;
    char *program;                  /* SpcSpOpusInfo: the submitting vendor, on WHQL ones */
    char *more_info;                /* its URL */
    int64_t signing_time;           /* signed attribute, unproven; 0 unknown */
    struct certificate_usage usage; /* of the leaf */

    enum root root;       /* the best for the kernel: Microsoft, cross, test, public, self */
    unsigned roots;       /* every root that some chain reaches: bits 1 << enum root */
    const char *root_key; /* name of that key, borrowed from roots; NULL for self and unknown */
    bool cross_signed;    /* reaches the Code Verification Root through a cross-certificate */
    struct chain_link chain[CHAIN_MAX]; /* the chain to root, leaf first */
    size_t chain_length;

    enum digest_kind weak; /* MD5 or SHA-1, of the signature or its leaf; or none */
    bool md5;              /* somewhere: digest, signature, a certificate of the chain */
    enum signature_validity validity;
    struct timestamp timestamp;
    bool page_hashes; /* SpcPeImageData carries page hashes (kept, not verified) */
    enum digest_kind page_hash_kind;
    uint8_t *page_hash; /* array of {u32 file offset, hash} as signed; owned */
    size_t page_hash_size;
};

struct authenticode {
    const struct roots *roots;
    enum signature_subject subject;
    struct signature *signatures; /* primary first, each followed by the ones nested in it */
    size_t count, room;
    size_t blobs;
};

/* roots is borrowed; production passes roots_kernel(). */
void authenticode_init(struct authenticode *a, const struct roots *roots,
                       enum signature_subject subject);

/*
 * Read one PKCS#7 blob and append its signatures. Returns how many were appended: 0 for what is no
 * PKCS#7 or has no signer, each with a finding. name is for findings only. Bytes behind the blob
 * are a warning for SUBJECT_PE (the format allows padding there) and make the signature ALTERED for
 * the others.
 */
size_t authenticode_add(struct authenticode *a, struct span blob, const char *name,
                        struct findings *f);

/* The set of digest kinds of the file that the signatures need; 0 for catalogs. */
unsigned authenticode_wanted(const struct authenticode *a);

/*
 * Judge each signature against the digests of the file (the PE, CAB or MSI kind, not the flat one).
 * A kind that is not in digests leaves its signatures UNREADABLE.
 */
void authenticode_compare(struct authenticode *a, const struct digests *digests);

/*
 * The signature that speaks for the file: the first intact one with the best root, else the
 * primary; NULL if none.
 */
const struct signature *authenticode_best(const struct authenticode *a);

/* "intact" "altered" "unreadable" "none" */
const char *signature_integrity_name(enum signature_integrity integrity);

/* "legacy" "legacy-bare" "rfc3161" "none" */
const char *timestamp_kind_name(enum timestamp_kind kind);

/* "2014-09-17T10:00:00Z" of seconds since 1970. */
enum { AUTHENTICODE_TIME_TEXT = 32 };
void authenticode_time_text(int64_t time, char out[AUTHENTICODE_TIME_TEXT]);

void authenticode_release(struct authenticode *a);

#endif
