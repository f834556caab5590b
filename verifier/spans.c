#include "verifier/spans.h"

#include "base/mem.h"

#include <string.h>

void spans_add(struct span_list *l, struct span s)
{
    if (!s.size)
        return;
    if (l->count) {
        struct span *last = &l->at[l->count - 1];
        if (last->at + last->size == s.at) {
            last->size += s.size;
            return;
        }
    }
    l->at = mem_grow(l->at, l->count, &l->room, sizeof *l->at);
    l->at[l->count++] = s;
}

uint64_t spans_size(const struct span_list *l)
{
    uint64_t size = 0;
    for (size_t i = 0; i < l->count; i++)
        size += l->at[i].size;
    return size;
}

void spans_join(const struct span_list *l, struct bytes *out)
{
    size_t size = 0;
    uint8_t *at = mem_resize(NULL, (size_t)spans_size(l), 1);
    for (size_t i = 0; i < l->count; i++) {
        memcpy(at + size, l->at[i].at, l->at[i].size);
        size += l->at[i].size;
    }
    *out = (struct bytes){.at = at, .size = size};
}

void spans_release(struct span_list *l)
{
    if (!l)
        return;
    mem_free(l->at);
    memset(l, 0, sizeof *l);
}
