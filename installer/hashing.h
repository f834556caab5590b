/*
 * hashing: the digests of bytes that go by, taken beside those who write them, and of whole files.
 *
 * Small pieces are copied, so that their owner may do with them what he likes; large ones need not
 * be. hashing knows no pin and no manifest.
 */
#ifndef XENPV_INSTALLER_HASHING_H
#define XENPV_INSTALLER_HASHING_H

#include "base/beside.h"
#include "base/err.h"
#include "verifier/digest.h"

enum { HASHING_AHEAD = BESIDE_AHEAD };

struct hashing;

/* kinds: DIGEST_BIT of each that is wanted. */
struct hashing *hashing_begin(unsigned kinds);

void hashing_add(struct hashing *h, struct span bytes);

/*
 * The same for a piece that is large enough by itself, some 100 kB. Not copied: the bytes have to
 * stay as they are until HASHING_AHEAD further calls have returned.
 */
void hashing_give(struct hashing *h, struct span bytes);

/* How many bytes were added and given. */
uint64_t hashing_size(const struct hashing *h);

/* What was added so far is all: its digests into *out, and h is freed. */
void hashing_end(struct hashing *h, struct digests *out);

/* Freed, and nobody wants to know. NULL is fine. */
void hashing_drop(struct hashing *h);

/* Of a file, in little memory. */
bool hashing_file(const char *path, unsigned kinds, struct digests *out, struct err *e);

#endif
