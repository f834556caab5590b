/*
 * build_der: ASN.1 values made byte by byte for the tests of der, cat and authenticode.
 *
 * Every value is a span over storage that lives until der_forget, so that recipes can be nested
 * like the values.
 */
#ifndef XENPV_TESTS_BUILD_DER_H
#define XENPV_TESTS_BUILD_DER_H

#include "base/mem.h"
#include "base/span.h"
#include "verifier/der.h"

#include <stdlib.h>
#include <string.h>

static struct {
    void **at;
    size_t count, room;
} der_kept;

/* Storage that lives until der_forget. */
static inline uint8_t *der_storage(size_t size)
{
    der_kept.at = mem_grow(der_kept.at, der_kept.count, &der_kept.room, sizeof der_kept.at[0]);
    return der_kept.at[der_kept.count++] = mem_zero(size, 1);
}

static inline void der_forget(void)
{
    for (size_t i = 0; i < der_kept.count; i++)
        mem_free(der_kept.at[i]);
    mem_free(der_kept.at);
    memset(&der_kept, 0, sizeof der_kept);
}

static inline struct span der_join(const struct span *parts, size_t count)
{
    size_t size = 0, at = 0;
    for (size_t i = 0; i < count; i++)
        size += parts[i].size;
    uint8_t *all = der_storage(size);
    for (size_t i = 0; i < count; i++) {
        if (parts[i].size > 0)
            memcpy(all + at, parts[i].at, parts[i].size);
        at += parts[i].size;
    }
    return span_of(all, size);
}

#define JOIN(...)                              \
    der_join((const struct span[]){__VA_ARGS__}, \
        sizeof((const struct span[]){__VA_ARGS__}) / sizeof(struct span))

/* Bytes of a string literal, NULs inside included. */
#define LITERAL(text) span_of(text, sizeof(text) - 1)
#define NOTHING span_of(NULL, 0)

static inline struct span der_make(unsigned tag, struct span body)
{
    uint8_t head[6] = {(uint8_t)tag, (uint8_t)body.size};
    size_t size = 2;
    if (body.size >= 0x80) {
        size_t octets = body.size > 0xffff ? 3 : body.size > 0xff ? 2 : 1;
        head[1] = (uint8_t)(0x80 | octets);
        for (size_t i = 0; i < octets; i++)
            head[2 + i] = (uint8_t)(body.size >> 8 * (octets - 1 - i));
        size = 2 + octets;
    }
    return JOIN(span_of(head, size), body);
}

#define SEQUENCE(...) der_make(DER_SEQUENCE, JOIN(__VA_ARGS__))
#define SET_OF(...) der_make(DER_SET, JOIN(__VA_ARGS__))
#define EXPLICIT_0(...) der_make(DER_CONTEXT_CONSTRUCTED_0, JOIN(__VA_ARGS__))
#define EXPLICIT_1(...) der_make(DER_CONTEXT_CONSTRUCTED_1, JOIN(__VA_ARGS__))
#define OCTETS(body) der_make(DER_OCTET_STRING, body)
#define DER_NULL_VALUE der_make(DER_NULL, NOTHING)

/* An OBJECT IDENTIFIER from its dotted form. */
static inline struct span der_make_oid(const char *dotted)
{
    uint8_t body[32];
    size_t size = 0;
    char *end;
    unsigned long first = strtoul(dotted, &end, 10), next = strtoul(end + 1, &end, 10);
    for (unsigned long value = first * 40 + next;; value = strtoul(end + 1, &end, 10)) {
        unsigned shift = 0;
        while (value >> shift >= 0x80)
            shift += 7;
        for (; shift > 0; shift -= 7)
            body[size++] = (uint8_t)(0x80 | (value >> shift & 0x7f));
        body[size++] = (uint8_t)(value & 0x7f);
        if (*end == '\0')
            break;
    }
    return der_make(DER_OID, span_of(body, size));
}

static inline struct span der_make_integer(unsigned value)
{
    uint8_t body[3] = {(uint8_t)(value >> 16 & 0x7f), (uint8_t)(value >> 8), (uint8_t)value};
    size_t skip = 0;
    while (skip < 2 && body[skip] == 0 && body[skip + 1] < 0x80)
        skip++;
    return der_make(DER_INTEGER, span_of(body + skip, 3 - skip));
}

/* AlgorithmIdentifier with NULL parameters. */
static inline struct span der_make_algorithm(const char *dotted)
{
    return SEQUENCE(der_make_oid(dotted), DER_NULL_VALUE);
}

/* ASCII as UTF-16, either order, without a NUL. */
static inline struct span der_utf16(const char *ascii, bool little)
{
    size_t length = strlen(ascii);
    uint8_t *units = der_storage(2 * length);
    for (size_t i = 0; i < length; i++)
        units[2 * i + (little ? 0 : 1)] = (uint8_t)ascii[i];
    return span_of(units, 2 * length);
}

/* A copy of its own exact size, so that a checker sees any read past it. The caller frees. */
static inline uint8_t *der_copy(struct span s)
{
    uint8_t *copy = mem_zero(s.size, 1);
    if (s.size > 0)
        memcpy(copy, s.at, s.size);
    return copy;
}

#endif
