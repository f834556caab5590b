/*
 * place: where a value stands in a JSON text.
 *
 * A JSON library tells what a value is, not where it was written; whoever has to say "line 12,
 * column 9", or to change one value and leave the rest as it is, asks here. A value is named by its
 * JSON Pointer (RFC 6901): "/releases/3/sets/1/files/0/sha256"; "" is the document. place scans
 * text that a parser has accepted; in other text it finds nothing, or something inside the text,
 * never anything outside. It judges nothing.
 */
#ifndef XENPV_MANIFEST_PLACE_H
#define XENPV_MANIFEST_PLACE_H

#include "base/span.h"
#include "base/text.h"

/* Offsets in the text. */
struct place {
    size_t key;     /* the member's name with its quotes; as at for an element and the document */
    size_t at, end; /* the value: [at, end), without blanks around it */
};

/* False when there is no such value. */
bool place_find(struct span json, const char *pointer, struct place *out);

/* The value, or the nearest one around it that is there: what an absent member is absent from. */
void place_find_nearest(struct span json, const char *pointer, struct place *out);

/* Add "/segment" to a pointer, with ~ and / written as RFC 6901 wants them. */
void place_add_segment(struct text *pointer, const char *segment);

/* Both from 1; the column counts characters, as editors do. */
struct position {
    size_t line, column;
};

/* Of a byte; an offset past the end is taken as the end. */
struct position place_position(struct span text, size_t offset);

#endif
