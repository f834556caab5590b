#include "verifier/roots.h"

#include "verifier/roots_data.h"

const struct roots *roots_kernel(void)
{
    return &roots_data;
}

const struct root_key *roots_find_key(const struct roots *roots, struct span spki)
{
    for (size_t i = 0; i < roots->count; i++)
        if (span_equal(roots->keys[i].spki, spki))
            return &roots->keys[i];
    return NULL;
}

const char *root_name(enum root root)
{
    switch (root) {
    case ROOT_MS_1997: return "ms-1997";
    case ROOT_MS_2001: return "ms-2001";
    case ROOT_MS_2010: return "ms-2010";
    case ROOT_MS_2011: return "ms-2011";
    case ROOT_CODE_VERIFICATION: return "code-verification-root";
    case ROOT_MS_TEST: return "ms-test-root";
    case ROOT_PUBLIC: return "public";
    case ROOT_SELF: return "self";
    case ROOT_UNKNOWN: break;
    }
    return "unknown";
}
