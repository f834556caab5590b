/*
 * span: borrowed bytes with checked reads.
 *
 * Bytes that come from outside are touched only through a span. Every read says whether the bytes
 * were there; lengths are checked by subtraction, never by sum, so that no offset can wrap. A span
 * owns nothing: it dies with what it points into. Integers are little-endian, as in PE, CAB,
 * compound files and UTF-16LE.
 */
#ifndef XENPV_BASE_SPAN_H
#define XENPV_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const uint8_t *at; /* may be NULL when size is 0 */
    size_t size;
};

struct span span_of(const void *bytes, size_t size);

/* The bytes of a C string without its NUL. */
struct span span_text(const char *text);

/* Is [offset, offset + size) inside? Written without a sum. */
bool span_holds(struct span s, uint64_t offset, uint64_t size);

/* The part [offset, offset + size) into *out; false (and *out untouched) unless all of it is
 * inside. */
bool span_part(struct span s, uint64_t offset, uint64_t size, struct span *out);

/* Everything from offset on; an empty span when offset is at or past the end. */
struct span span_from(struct span s, uint64_t offset);

/* Cut size bytes off the front of *s into *out; false and nothing moved when fewer are left. */
bool span_take(struct span *s, uint64_t size, struct span *out);

bool span_u8(struct span s, uint64_t offset, uint8_t *out);
bool span_u16(struct span s, uint64_t offset, uint16_t *out);
bool span_u32(struct span s, uint64_t offset, uint32_t *out);
bool span_u64(struct span s, uint64_t offset, uint64_t *out);

bool span_equal(struct span a, struct span b);
bool span_starts(struct span s, struct span prefix);

/* Offset of the first needle in s at or after from, or SIZE_MAX. */
size_t span_find(struct span s, size_t from, struct span needle);

#endif
