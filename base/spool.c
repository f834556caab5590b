#include "base/spool.h"

#include "base/mem.h"

#include <string.h>

enum { PIECE = 64 * 1024 };

/* Move what is held into the file. */
static void spill(struct spool *s)
{
    if (s->failure.kind == ERR_NONE && (s->file.handle || file_open_scratch(&s->file, &s->failure)))
        file_add(&s->file, span_of(s->held.at, s->held.size), &s->failure);
    s->held.size = 0;
}

void spool_add(struct spool *s, struct span bytes)
{
    while (bytes.size) {
        size_t room = SPOOL_HELD_MAX - s->held.size;
        size_t part = bytes.size < room ? bytes.size : room;
        text_add_bytes(&s->held, (const char *)bytes.at, part);
        bytes = span_from(bytes, part);
        if (s->held.size == SPOOL_HELD_MAX)
            spill(s);
    }
}

bool spool_is_empty(const struct spool *s)
{
    return !s->held.size && !s->file.size && s->failure.kind == ERR_NONE;
}

bool spool_drain(struct spool *s, bool (*take)(void *context, struct span piece, struct err *e),
                 void *context, struct err *e)
{
    bool ok = s->failure.kind == ERR_NONE;
    uint8_t *piece = s->file.handle ? mem_resize(NULL, PIECE, 1) : NULL;
    if (!ok && e && e->kind == ERR_NONE)
        *e = s->failure;
    for (uint64_t at = 0; ok && at < s->file.size;) {
        size_t size = s->file.size - at < PIECE ? (size_t)(s->file.size - at) : PIECE;
        ok = file_part(&s->file, at, piece, size, e) && take(context, span_of(piece, size), e);
        at += size;
    }
    if (ok && s->held.size)
        ok = take(context, span_of(s->held.at, s->held.size), e);
    mem_free(piece);
    spool_release(s);
    return ok;
}

void spool_release(struct spool *s)
{
    if (!s)
        return;
    file_close(&s->file, NULL);
    text_release(&s->held);
    memset(s, 0, sizeof *s);
}
