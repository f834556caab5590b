/*
 * spool: text that is put aside until it is its turn, of any size in little memory.
 *
 * What is small stays in memory; the rest goes into a scratch file without a name. spool is text's
 * big brother: it has no ceiling, and can only be added to and read from its beginning.
 */
#ifndef XENPV_BASE_SPOOL_H
#define XENPV_BASE_SPOOL_H

#include "base/file.h"
#include "base/text.h"

enum { SPOOL_HELD_MAX = 2 << 20 }; /* bytes in memory */

/* Zeroed is empty. The first failure is kept, and what is added after it is lost. */
struct spool {
    struct text held; /* what is not in the file yet */
    struct file_opened file;
    struct err failure;
};

void spool_add(struct spool *s, struct span bytes);

bool spool_is_empty(const struct spool *s);

/* Give all of it to take, in pieces and in order; empty afterwards. False when take was, or when
 * something was lost. */
bool spool_drain(struct spool *s, bool (*take)(void *context, struct span piece, struct err *e),
                 void *context, struct err *e);

void spool_release(struct spool *s);

#endif
