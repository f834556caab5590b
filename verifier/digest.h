/*
 * digest: message digests of bytes and of lists of byte ranges, several at once in one pass.
 *
 * Knows the five digests that Authenticode signatures and catalogs use, and their object
 * identifiers. Does not know which bytes of a file count: that is pe's, ole's and cab's. Whether a
 * digest is weak is for others to say: MD5 is here because genuine catalogs of 1997-2001 use it.
 */
#ifndef XENPV_VERIFIER_DIGEST_H
#define XENPV_VERIFIER_DIGEST_H

#include "base/span.h"

enum digest_kind {
    DIGEST_NONE = 0, /* no digest, or an algorithm that we do not know */
    DIGEST_MD5,
    DIGEST_SHA1,
    DIGEST_SHA256,
    DIGEST_SHA384,
    DIGEST_SHA512,
};

enum { DIGEST_KINDS = 6, DIGEST_SIZE_MAX = 64 };

/* A set of kinds is an unsigned with these bits; 0 is the empty set. */
#define DIGEST_BIT(kind) (1U << (unsigned)(kind))

/* One digest. Zeroed is "none"; two of kind DIGEST_NONE are never equal. */
struct digest {
    enum digest_kind kind;
    size_t size;
    uint8_t bytes[DIGEST_SIZE_MAX];
};

/*
 * What one pass gives: of[kind] for each kind that was asked for, the others of kind DIGEST_NONE.
 */
struct digests {
    struct digest of[DIGEST_KINDS];
};

/* Bytes of a digest of this kind; 0 for DIGEST_NONE. */
size_t digest_size(enum digest_kind kind);

/* OpenSSL's algorithm for a kind, for those who verify with it; NULL for DIGEST_NONE. */
const struct evp_md_st *digest_algorithm(enum digest_kind kind);

/*
 * The kind with this many bytes, as the tags of version 2 catalogs have it (20 or 32), or
 * DIGEST_NONE.
 */
enum digest_kind digest_kind_of_size(size_t size);

/* "md5" "sha1" "sha256" "sha384" "sha512", and "none". */
const char *digest_name(enum digest_kind kind);

/* The kind whose object identifier has this body (no tag, no length), or DIGEST_NONE. */
enum digest_kind digest_of_oid(struct span oid);

bool digest_equal(const struct digest *a, const struct digest *b);

/* Order for sorting and searching: by kind, then by bytes. */
int digest_compare(const struct digest *a, const struct digest *b);

/*
 * A digest of that kind from exactly digest_size(kind) bytes; false, and *out untouched, otherwise.
 */
bool digest_from(struct span bytes, enum digest_kind kind, struct digest *out);

/*
 * Both digits of each byte in lower case, and a NUL: 2 * DIGEST_SIZE_MAX + 1 bytes are always
 * enough.
 */
void digest_hex(const struct digest *d, char out[2 * DIGEST_SIZE_MAX + 1]);

/*
 * A running computation over bytes that come piece by piece. Zeroed is "not begun". Not to be
 * copied while it runs. digest_begin asks for a set of kinds; digest_end fills *out and releases;
 * digest_drop releases without a result. A kind that the library refuses to compute is left
 * DIGEST_NONE in *out: the caller then cannot judge.
 */
struct digest_run {
    unsigned set;
    void *context[DIGEST_KINDS];
};

void digest_begin(struct digest_run *run, unsigned set);
void digest_add(struct digest_run *run, struct span bytes);
void digest_add_zeros(struct digest_run *run, uint64_t count);
void digest_end(struct digest_run *run, struct digests *out);
void digest_drop(struct digest_run *run);

/*
 * All digests of set over count spans one after the other and then zeros bytes of zero, in one pass
 * over the memory. Right for bytes that are all at hand; use a run for what is streamed.
 */
struct digest_input {
    const struct span *spans;
    size_t count;
    uint64_t zeros;
};

void digest_spans(unsigned set, struct digest_input input, struct digests *out);

/* One digest of one span. */
struct digest digest_one(enum digest_kind kind, struct span bytes);

#endif
