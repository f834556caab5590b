#include "drivers-manifest/version.h"

#include <stddef.h>
#include <stdint.h>

enum { NUMBERS_MAX = 8 };

/* The number of parts, or 0 when text is not one to NUMBERS_MAX numbers of 32 bits with dots. */
static size_t parse(const char *text, uint32_t out[NUMBERS_MAX])
{
    size_t count = 0;
    for (const char *c = text; c && count < NUMBERS_MAX; c++) {
        uint64_t value = 0;
        if (*c < '0' || *c > '9')
            return 0;
        for (; *c >= '0' && *c <= '9'; c++) {
            value = value * 10 + (uint64_t)(*c - '0');
            if (value > UINT32_MAX)
                return 0;
        }
        out[count++] = (uint32_t)value;
        if (*c != '.')
            return *c ? 0 : count;
    }
    return 0;
}

bool version_compare(const char *a, const char *b, int *order)
{
    uint32_t x[NUMBERS_MAX], y[NUMBERS_MAX];
    size_t xs = parse(a, x), ys = parse(b, y), i = 0;
    if (!xs || !ys)
        return false;
    while (i < xs && i < ys && x[i] == y[i])
        i++;
    *order = i == xs || i == ys ? 0 : x[i] < y[i] ? -1 : 1;
    return true;
}
