/*
 * beside: work on one piece of bytes after the other in a thread beside the caller's.
 *
 * The caller gives a piece and goes on with it, or with the next ones, while it is worked on: a
 * file is hashed while it is written. The pieces are worked on in their order, one at a time. Some
 * may wait, so that neither thread stands still while the other one has much to do at once. beside
 * knows nothing of what the work is.
 */
#ifndef XENPV_BASE_BESIDE_H
#define XENPV_BASE_BESIDE_H

#include "base/span.h"

/* Pieces that were given and are not done with, at most: of 256 kB, as many as Linux lets a socket
 * have received, which come all at once. */
enum { BESIDE_AHEAD = 24 };

struct beside;

typedef void (*beside_work)(void *context, struct span piece);

/* Where there is no thread to be had, or one processor only, beside_give does the work itself. */
struct beside *beside_new(beside_work work, void *context);

/* Waits until there is room for one more. The bytes have to stay as they are until BESIDE_AHEAD
 * further calls have returned: BESIDE_AHEAD + 1 buffers, used in turn, are enough. */
void beside_give(struct beside *b, struct span piece);

/* Waits until all is done with, and frees. */
void beside_end(struct beside *b);

#endif
