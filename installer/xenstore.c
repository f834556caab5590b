#include "installer/xenstore.h"

#include <string.h>

enum { HEADER = 16, WIRE_WRITE = 11, WIRE_ERROR = 16, REQUEST_MAX = 1024 };

struct request {
    uint8_t at[REQUEST_MAX];
    size_t size;
};

static bool is_plain(const char *text, size_t most)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++)
        if (text[i] < 0x20 || text[i] > 0x7e)
            return false;
    return size <= most;
}

static void put(struct request *r, const void *bytes, size_t size)
{
    memcpy(r->at + r->size, bytes, size);
    r->size += size;
}

static void put_u32(struct request *r, uint32_t value)
{
    const uint8_t bytes[] = {(uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                             (uint8_t)(value >> 24)};
    put(r, bytes, sizeof bytes);
}

static void make_xeniface(struct request *r, const char *path, const char *value)
{
    put(r, path, strlen(path) + 1);
    put(r, value, strlen(value) + 1);
    put(r, "", 1);
}

/* The value of the wire is counted, and has no NUL. */
static void make_wire(struct request *r, uint32_t number, const char *path, const char *value)
{
    put_u32(r, WIRE_WRITE);
    put_u32(r, number);
    put_u32(r, 0); /* no transaction */
    put_u32(r, (uint32_t)(strlen(path) + 1 + strlen(value)));
    put(r, path, strlen(path) + 1);
    put(r, value, strlen(value));
}

static bool read_wire(struct span reply, uint32_t number, struct err *e)
{
    uint32_t type = 0, request = 0, size = 0;
    if (!span_u32(reply, 0, &type) || !span_u32(reply, 4, &request) ||
        !span_u32(reply, 12, &size) || !span_holds(reply, HEADER, size))
        return err_set(e, ERR_FORMAT, "the answer is no message of xenstore");
    if (request != number)
        return err_set(e, ERR_FORMAT, "the answer is to request %u, not to %u", (unsigned)request,
                       (unsigned)number);
    if (type == WIRE_ERROR)
        return err_set(e, ERR_FAILED, "xenstore says %.*s", (int)size,
                       (const char *)reply.at + HEADER);
    return type == WIRE_WRITE ||
           err_set(e, ERR_FORMAT, "the answer has type %u, not %d", (unsigned)type, WIRE_WRITE);
}

bool xenstore_write(struct xenstore *x, const char *path, const char *value, struct err *e)
{
    struct request r = {.size = 0};
    uint8_t reply[XENSTORE_REPLY_MAX];
    size_t got = 0;
    uint32_t number = x->requests++;
    if (!*path || !is_plain(path, XENSTORE_PATH_MAX) || !is_plain(value, XENSTORE_VALUE_MAX))
        return err_set(e, ERR_LIMIT, "'%s' cannot be written: not plain, or too long", path);
    if (x->dialect == XENSTORE_XENIFACE)
        make_xeniface(&r, path, value);
    else if (x->dialect == XENSTORE_WIRE)
        make_wire(&r, number, path, value);
    else
        return err_set(e, ERR_NOT_FOUND, "no way to xenstore");
    bool ok = x->exchange(x->context, span_of(r.at, r.size), reply, &got, e) &&
              (x->dialect != XENSTORE_WIRE || read_wire(span_of(reply, got), number, e));
    return ok || err_wrap(e, "'%s'", path);
}

void xenstore_close(struct xenstore *x)
{
    if (!x)
        return;
    if (x->close)
        x->close(x->context);
    memset(x, 0, sizeof *x);
}
