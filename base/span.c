#include "base/span.h"

#include <string.h>

struct span span_of(const void *bytes, size_t size)
{
    return (struct span){.at = bytes, .size = size};
}

struct span span_text(const char *text)
{
    return span_of(text, strlen(text));
}

bool span_holds(struct span s, uint64_t offset, uint64_t size)
{
    return offset <= s.size && size <= s.size - offset;
}

bool span_part(struct span s, uint64_t offset, uint64_t size, struct span *out)
{
    if (!span_holds(s, offset, size))
        return false;
    *out = span_of(size ? s.at + offset : s.at, (size_t)size);
    return true;
}

struct span span_from(struct span s, uint64_t offset)
{
    struct span rest = {0};
    if (offset < s.size)
        span_part(s, offset, s.size - offset, &rest);
    return rest;
}

bool span_take(struct span *s, uint64_t size, struct span *out)
{
    struct span front;
    if (!span_part(*s, 0, size, &front))
        return false;
    *s = span_from(*s, size);
    *out = front;
    return true;
}

static bool little_endian(struct span s, uint64_t offset, unsigned width, uint64_t *out)
{
    uint64_t value = 0;
    if (!span_holds(s, offset, width))
        return false;
    for (unsigned i = width; i-- > 0;)
        value = value << 8 | s.at[offset + i];
    *out = value;
    return true;
}

bool span_u8(struct span s, uint64_t offset, uint8_t *out)
{
    uint64_t value;
    if (!little_endian(s, offset, 1, &value))
        return false;
    *out = (uint8_t)value;
    return true;
}

bool span_u16(struct span s, uint64_t offset, uint16_t *out)
{
    uint64_t value;
    if (!little_endian(s, offset, 2, &value))
        return false;
    *out = (uint16_t)value;
    return true;
}

bool span_u32(struct span s, uint64_t offset, uint32_t *out)
{
    uint64_t value;
    if (!little_endian(s, offset, 4, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

bool span_u64(struct span s, uint64_t offset, uint64_t *out)
{
    return little_endian(s, offset, 8, out);
}

bool span_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

bool span_starts(struct span s, struct span prefix)
{
    struct span front;
    return span_part(s, 0, prefix.size, &front) && span_equal(front, prefix);
}

size_t span_find(struct span s, size_t from, struct span needle)
{
    while (span_holds(s, from, needle.size)) {
        if (!needle.size)
            return from;
        size_t window = s.size - from - needle.size + 1;
        const uint8_t *hit = memchr(s.at + from, needle.at[0], window);
        if (!hit)
            break;
        from = (size_t)(hit - s.at);
        if (memcmp(hit, needle.at, needle.size) == 0)
            return from;
        from++;
    }
    return SIZE_MAX;
}
