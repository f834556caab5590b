#include "installer/hashing.h"

#include "base/file.h"
#include "base/mem.h"

#include <string.h>

/* Handing a piece over costs about as much as hashing some kilobytes. */
enum { PIECE = 256 * 1024, ROOMS = HASHING_AHEAD + 1 };

struct hashing {
    struct digest_run run;
    struct beside *beside;
    uint64_t size;
    uint8_t *rooms; /* one is filled while those before it are hashed; NULL: not needed so far */
    size_t turn, filled;
};

static void add(void *run, struct span piece)
{
    digest_add(run, piece);
}

struct hashing *hashing_begin(unsigned kinds)
{
    struct hashing *h = mem_zero(1, sizeof *h);
    digest_begin(&h->run, kinds);
    h->beside = beside_new(add, &h->run);
    return h;
}

static uint8_t *room_of(uint8_t *rooms, size_t turn)
{
    return rooms + turn % ROOMS * PIECE;
}

static void give_room(struct hashing *h)
{
    if (!h->filled)
        return;
    beside_give(h->beside, span_of(room_of(h->rooms, h->turn++), h->filled));
    h->filled = 0;
}

void hashing_give(struct hashing *h, struct span bytes)
{
    give_room(h);
    beside_give(h->beside, bytes);
    h->size += bytes.size;
}

void hashing_add(struct hashing *h, struct span bytes)
{
    if (!h->rooms)
        h->rooms = mem_resize(NULL, ROOMS, PIECE);
    for (size_t at = 0; at < bytes.size;) {
        size_t free_room = PIECE - h->filled;
        size_t size = bytes.size - at < free_room ? bytes.size - at : free_room;
        memcpy(room_of(h->rooms, h->turn) + h->filled, bytes.at + at, size);
        h->filled += size;
        at += size;
        if (h->filled == PIECE)
            give_room(h);
    }
    h->size += bytes.size;
}

uint64_t hashing_size(const struct hashing *h)
{
    return h->size;
}

static void release(struct hashing *h)
{
    mem_free(h->rooms);
    mem_free(h);
}

void hashing_end(struct hashing *h, struct digests *out)
{
    give_room(h);
    beside_end(h->beside);
    digest_end(&h->run, out);
    release(h);
}

void hashing_drop(struct hashing *h)
{
    if (!h)
        return;
    beside_end(h->beside);
    digest_drop(&h->run);
    release(h);
}

bool hashing_file(const char *path, unsigned kinds, struct digests *out, struct err *e)
{
    struct file_opened f = {0};
    struct err none = {0};
    bool ok = true;
    if (!file_open(path, &f, e))
        return false;
    struct hashing *h = hashing_begin(kinds);
    uint8_t *rooms = mem_resize(NULL, ROOMS, PIECE);
    size_t turn = 0;
    for (uint64_t at = 0; ok && at < f.size; at += PIECE) {
        uint8_t *piece = room_of(rooms, turn++); /* those before are being hashed */
        size_t size = f.size - at < PIECE ? (size_t)(f.size - at) : PIECE;
        ok = file_part(&f, at, piece, size, e);
        if (ok)
            hashing_give(h, span_of(piece, size));
    }
    if (ok)
        hashing_end(h, out);
    else
        hashing_drop(h);
    mem_free(rooms);
    file_close(&f, &none);
    return ok;
}
