#include "base/output.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

bool output_open(const char *path, struct output *out, struct err *e)
{
    struct output o = {.path = mem_strdup(path)};
    struct text part = {0};
    enum file_kind kind = file_kind(path);
    text_addf(&part, "%s.part", path);
    if (kind == FILE_ABSENT || kind == FILE_REGULAR)
        o.part = text_steal(&part);
    text_release(&part);
    bool ok = file_open_output(o.part ? o.part : path, &o.file, e);
    if (ok) {
        *out = o;
    } else {
        mem_free(o.path);
        mem_free(o.part);
    }
    return ok;
}

static const char *written(const struct output *o)
{
    return o->part ? o->part : o->path;
}

/* False, with the name of what was written to. */
static bool failed(const struct output *o, struct err *why, struct err *e)
{
    err_wrap(why, "'%s'", written(o));
    if (e && e->kind == ERR_NONE)
        *e = *why;
    return false;
}

bool output_add(struct output *o, struct span bytes, struct err *e)
{
    struct err why = {0};
    return file_add(&o->file, bytes, &why) || failed(o, &why, e);
}

bool output_close(struct output *o, bool whole, struct err *e)
{
    struct err why = {0};
    bool ok = file_close(&o->file, &why) || failed(o, &why, e);
    ok = ok && whole && (!o->part || file_move(o->part, o->path, e));
    if (!ok && o->part)
        file_remove(o->part, NULL);
    ok = ok || !o->path;
    mem_free(o->path);
    mem_free(o->part);
    memset(o, 0, sizeof *o);
    return ok;
}
