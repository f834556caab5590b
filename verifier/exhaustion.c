#include "verifier/exhaustion.h"

#include "base/mem.h"

#include <openssl/crypto.h>

static void *get(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return size ? mem_resize(NULL, size, 1) : NULL;
}

static void *resize(void *old, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    if (size)
        return mem_resize(old, size, 1);
    mem_free(old);
    return NULL;
}

static void release(void *storage, const char *file, int line)
{
    (void)file;
    (void)line;
    mem_free(storage);
}

bool exhaustion_ends_program(void)
{
    return CRYPTO_set_mem_functions(get, resize, release) == 1;
}
