#include "base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* AddressSanitizer knows where an array ends, but not how much of it is in use until it is told. */
#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#ifdef WATCHED
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

enum { FIRST_ROOM = 8 };

/* Without what a library has left for the end: it may wait for what the caller holds. */
void mem_exhausted(void)
{
    fputs("xenpv: out of memory\n", stderr);
    fflush(stderr);
    _Exit(1);
}

void *mem_checked(void *storage)
{
    if (!storage)
        mem_exhausted();
    return storage;
}

static size_t product(size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        mem_exhausted();
    size_t bytes = count * size;
    return bytes ? bytes : 1;
}

void *mem_zero(size_t count, size_t size)
{
    return mem_checked(calloc(1, product(count, size)));
}

void *mem_resize(void *old, size_t count, size_t size)
{
    return mem_checked(realloc(old, product(count, size)));
}

char *mem_strdup(const char *text)
{
    return text ? mem_strndup(text, strlen(text)) : NULL;
}

char *mem_strndup(const char *bytes, size_t size)
{
    if (size == SIZE_MAX)
        mem_exhausted();
    char *copy = mem_zero(size + 1, 1);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

void mem_free(void *storage)
{
    free(storage);
}

void *mem_grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count >= *room) {
        if (*room > SIZE_MAX / 2)
            mem_exhausted();
        *room = *room ? *room * 2 : FIRST_ROOM;
        array = mem_resize(array, *room, size);
        ASAN_POISON_MEMORY_REGION((char *)array + count * size, (*room - count) * size);
    }
    ASAN_UNPOISON_MEMORY_REGION((char *)array + count * size, size);
    return array;
}
