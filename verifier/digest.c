#include "verifier/digest.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>

/*
 * Bytes given to one digest before the next has its turn: small enough to stay in the first-level
 * cache.
 */
enum { BLOCK = 16 * 1024 };

static const struct {
    const char *name;
    size_t size;
    uint8_t oid[9];
    size_t oid_size;
} kinds[DIGEST_KINDS] = {
    [DIGEST_NONE] = {"none", 0, {0}, 0},
    [DIGEST_MD5] = {"md5", 16, {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05}, 8},
    [DIGEST_SHA1] = {"sha1", 20, {0x2b, 0x0e, 0x03, 0x02, 0x1a}, 5},
    [DIGEST_SHA256] = {"sha256", 32, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01}, 9},
    [DIGEST_SHA384] = {"sha384", 48, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02}, 9},
    [DIGEST_SHA512] = {"sha512", 64, {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03}, 9},
};

static bool known(enum digest_kind kind)
{
    return kind > DIGEST_NONE && (unsigned)kind < DIGEST_KINDS;
}

size_t digest_size(enum digest_kind kind)
{
    return known(kind) ? kinds[kind].size : 0;
}

enum digest_kind digest_kind_of_size(size_t size)
{
    for (unsigned kind = DIGEST_NONE + 1; kind < DIGEST_KINDS; kind++)
        if (kinds[kind].size == size)
            return (enum digest_kind)kind;
    return DIGEST_NONE;
}

const char *digest_name(enum digest_kind kind)
{
    return kinds[known(kind) ? kind : DIGEST_NONE].name;
}

enum digest_kind digest_of_oid(struct span oid)
{
    for (unsigned kind = DIGEST_NONE + 1; kind < DIGEST_KINDS; kind++)
        if (span_equal(oid, span_of(kinds[kind].oid, kinds[kind].oid_size)))
            return (enum digest_kind)kind;
    return DIGEST_NONE;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return known(a->kind) && a->kind == b->kind && a->size == b->size &&
           a->size == kinds[a->kind].size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

int digest_compare(const struct digest *a, const struct digest *b)
{
    if (a->kind != b->kind)
        return (int)a->kind - (int)b->kind;
    return memcmp(a->bytes, b->bytes, digest_size(a->kind));
}

bool digest_from(struct span bytes, enum digest_kind kind, struct digest *out)
{
    if (!known(kind) || bytes.size != kinds[kind].size)
        return false;
    memset(out, 0, sizeof *out);
    out->kind = kind;
    out->size = bytes.size;
    memcpy(out->bytes, bytes.at, bytes.size);
    return true;
}

void digest_hex(const struct digest *d, char out[2 * DIGEST_SIZE_MAX + 1])
{
    static const char digits[] = "0123456789abcdef";
    size_t size = d->size <= DIGEST_SIZE_MAX ? d->size : DIGEST_SIZE_MAX;
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[d->bytes[i] >> 4];
        out[2 * i + 1] = digits[d->bytes[i] & 15];
    }
    out[2 * size] = '\0';
}

const EVP_MD *digest_algorithm(enum digest_kind kind)
{
    switch (kind) {
    case DIGEST_MD5: return EVP_md5();
    case DIGEST_SHA1: return EVP_sha1();
    case DIGEST_SHA256: return EVP_sha256();
    case DIGEST_SHA384: return EVP_sha384();
    case DIGEST_SHA512: return EVP_sha512();
    case DIGEST_NONE: break;
    }
    return NULL;
}

static void drop_one(struct digest_run *run, unsigned kind)
{
    EVP_MD_CTX_free(run->context[kind]);
    run->context[kind] = NULL;
    run->set &= ~DIGEST_BIT(kind);
}

void digest_begin(struct digest_run *run, unsigned set)
{
    memset(run, 0, sizeof *run);
    ERR_set_mark();
    for (unsigned kind = DIGEST_NONE + 1; kind < DIGEST_KINDS; kind++) {
        if ((set & DIGEST_BIT(kind)) == 0)
            continue;
        run->set |= DIGEST_BIT(kind);
        run->context[kind] = EVP_MD_CTX_new();
        if (run->context[kind] == NULL ||
            EVP_DigestInit_ex(run->context[kind], digest_algorithm((enum digest_kind)kind), NULL) != 1)
            drop_one(run, kind);
    }
    ERR_pop_to_mark();
}

void digest_add(struct digest_run *run, struct span bytes)
{
    for (size_t done = 0; done < bytes.size;) {
        size_t block = bytes.size - done < BLOCK ? bytes.size - done : BLOCK;
        for (unsigned kind = DIGEST_NONE + 1; kind < DIGEST_KINDS; kind++)
            if (run->context[kind] != NULL &&
                EVP_DigestUpdate(run->context[kind], bytes.at + done, block) != 1)
                drop_one(run, kind);
        done += block;
    }
}

void digest_add_zeros(struct digest_run *run, uint64_t count)
{
    static const uint8_t zeros[512];
    while (count > 0) {
        size_t block = count < sizeof zeros ? (size_t)count : sizeof zeros;
        digest_add(run, span_of(zeros, block));
        count -= block;
    }
}

void digest_end(struct digest_run *run, struct digests *out)
{
    memset(out, 0, sizeof *out);
    for (unsigned kind = DIGEST_NONE + 1; kind < DIGEST_KINDS; kind++) {
        struct digest *d = &out->of[kind];
        if (run->context[kind] != NULL &&
            EVP_DigestFinal_ex(run->context[kind], d->bytes, NULL) == 1) {
            d->kind = (enum digest_kind)kind;
            d->size = kinds[kind].size;
        }
    }
    digest_drop(run);
}

void digest_drop(struct digest_run *run)
{
    for (unsigned kind = DIGEST_NONE + 1; kind < DIGEST_KINDS; kind++)
        drop_one(run, kind);
}

void digest_spans(unsigned set, struct digest_input input, struct digests *out)
{
    struct digest_run run;
    digest_begin(&run, set);
    for (size_t i = 0; i < input.count; i++)
        digest_add(&run, input.spans[i]);
    digest_add_zeros(&run, input.zeros);
    digest_end(&run, out);
}

struct digest digest_one(enum digest_kind kind, struct span bytes)
{
    struct digests all;
    if (!known(kind))
        return (struct digest){0};
    digest_spans(DIGEST_BIT(kind), (struct digest_input){&bytes, 1, 0}, &all);
    return all.of[kind];
}
