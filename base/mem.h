/*
 * mem: allocation that never returns NULL.
 *
 * Every allocation of ours goes through here. Exhaustion ends the program with one line on standard
 * error: the named limits elsewhere make it unreachable from input, and the installer's journal
 * makes it survivable. mem knows nothing of what it holds.
 */
#ifndef XENPV_BASE_MEM_H
#define XENPV_BASE_MEM_H

#include <stddef.h>

/* Zeroed storage for count objects of size bytes each; the product is checked. The caller frees
 * with mem_free. */
void *mem_zero(size_t count, size_t size);

/* As realloc for count objects of size bytes; what is new is not zeroed. Frees nothing when it
 * cannot: it ends. */
void *mem_resize(void *old, size_t count, size_t size);

/* A copy of text, or NULL for NULL. The caller frees with mem_free. */
char *mem_strdup(const char *text);

/* A NUL-terminated copy of the size bytes at bytes. The caller frees with mem_free. */
char *mem_strndup(const char *bytes, size_t size);

void mem_free(void *storage);

/* Ends the program as mem does by itself: for a library that has its own allocations and tells of
 * one that failed. */
_Noreturn void mem_exhausted(void);

/* What such a library has made, or the same end where it is NULL. */
void *mem_checked(void *storage);

/*
 * Room for one more element in a growing array: returns the array, moved if it had to grow, with
 * *room updated. count is the number of elements in use. Growth is by doubling. One call makes
 * room for one element: where AddressSanitizer watches, touching what lies behind it is an error.
 */
void *mem_grow(void *array, size_t count, size_t *room, size_t size);

#endif
