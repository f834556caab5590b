/*
 * spans: an ordered list of borrowed byte ranges, for what is hashed or read in pieces.
 *
 * A stream in a compound file lies in scattered sectors, and an Authenticode digest leaves out
 * parts of the file; both are such a list. Ranges that touch are merged. spans knows nothing of
 * formats; it owns the list, never the bytes.
 */
#ifndef XENPV_VERIFIER_SPANS_H
#define XENPV_VERIFIER_SPANS_H

#include "base/file.h"
#include "base/span.h"

/* Zeroed is an empty list. */
struct span_list {
    struct span *at;
    size_t count, room;
};

/* Append; an empty span adds nothing, one that follows the last one in memory lengthens it. */
void spans_add(struct span_list *l, struct span s);

/* Sum of the sizes. */
uint64_t spans_size(const struct span_list *l);

/* All of it in one owned piece (bytes_release). The caller has limited spans_size first. */
void spans_join(const struct span_list *l, struct bytes *out);

void spans_release(struct span_list *l);

#endif
