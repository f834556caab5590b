/*
 * exhaustion: memory that runs out inside OpenSSL ends the program, as it does in mem.
 *
 * OpenSSL 3.0 does not stand it: where an allocation fails, it calls a good signature bad, waits
 * for itself, or crashes. A verdict must not come of that. What a file makes it ask for is bounded
 * by the file's own size.
 */
#ifndef XENPV_VERIFIER_EXHAUSTION_H
#define XENPV_VERIFIER_EXHAUSTION_H

#include <stdbool.h>

/* Before anything else of OpenSSL or libcurl is called; false when it was too late. */
bool exhaustion_ends_program(void);

#endif
