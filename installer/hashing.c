#include "installer/hashing.h"

#include "base/beside.h"
#include "base/file.h"
#include "base/mem.h"

#include <string.h>

enum { PIECE = 64 * 1024, READ = 256 * 1024 };

struct hashing {
    struct digest_run run;
    struct beside *beside;
    uint64_t size;
    size_t turn;
    uint8_t room[2][PIECE]; /* one is hashed while the other one is filled */
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

void hashing_add(struct hashing *h, struct span bytes)
{
    for (size_t i = 0; i < bytes.size; i += PIECE) {
        size_t size = bytes.size - i < PIECE ? bytes.size - i : PIECE;
        uint8_t *piece = h->room[h->turn++ % 2];
        memcpy(piece, bytes.at + i, size);
        beside_give(h->beside, span_of(piece, size));
    }
    h->size += bytes.size;
}

uint64_t hashing_size(const struct hashing *h)
{
    return h->size;
}

void hashing_end(struct hashing *h, struct digests *out)
{
    beside_end(h->beside);
    digest_end(&h->run, out);
    mem_free(h);
}

void hashing_drop(struct hashing *h)
{
    if (!h)
        return;
    beside_end(h->beside);
    digest_drop(&h->run);
    mem_free(h);
}

bool hashing_file(const char *path, unsigned kinds, struct digests *out, struct err *e)
{
    struct file_opened f = {0};
    struct err none = {0};
    bool ok = true;
    if (!file_open(path, &f, e))
        return false;
    struct hashing *h = hashing_begin(kinds);
    uint8_t *piece = mem_zero(READ, 1);
    for (uint64_t at = 0; ok && at < f.size; at += READ) {
        size_t size = f.size - at < READ ? (size_t)(f.size - at) : READ;
        ok = file_part(&f, at, piece, size, e);
        if (ok)
            hashing_add(h, span_of(piece, size));
    }
    if (ok)
        hashing_end(h, out);
    else
        hashing_drop(h);
    mem_free(piece);
    file_close(&f, &none);
    return ok;
}
