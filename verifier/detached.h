/*
 * detached: is a detached CMS signature (RFC 5652, DER, "FILE.p7s") one that a given key made over
 * these bytes?
 *
 * For files of our own, which one key signs: there is no chain, no time and no trust store here,
 * only the key that the program was built with, and it must be exactly that. Windows' driver
 * signatures are another matter (authenticode). One signer, SHA-256 or better, signed attributes,
 * the signer's certificate inside, no content inside, nothing behind: what `openssl cms -sign
 * -binary -outform DER` writes.
 */
#ifndef XENPV_VERIFIER_DETACHED_H
#define XENPV_VERIFIER_DETACHED_H

#include "base/span.h"

enum { DETACHED_SIZE_MAX = 64 * 1024 }; /* bytes of a signature; real ones have about 2000 */

enum detached {
    DETACHED_UNREADABLE = 0, /* of another form, or more than one signature */
    DETACHED_WEAK,           /* SHA-1, MD5 or a digest that we do not know */
    DETACHED_OTHER_KEY,      /* made with a key that is not the given one */
    DETACHED_ALTERED,        /* the bytes are not those that were signed */
    DETACHED_GOOD,
};

/* key is a DER SubjectPublicKeyInfo. An empty key never matches. */
enum detached detached_check(struct span content, struct span signature, struct span key);

/* What it means, as the rest of a sentence that begins with the signature's name. */
const char *detached_words(enum detached d);

#endif
