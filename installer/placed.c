#include "installer/placed.h"

#include "base/mem.h"
#include "base/text.h"
#include "verifier/digest.h"

#include <string.h>

enum { FILE_LIMIT = 256 * 1024 * 1024 };

bool placed_are_bytes(struct span bytes, const char *sha256)
{
    struct digest d = digest_one(DIGEST_SHA256, bytes);
    char hex[2 * DIGEST_SIZE_MAX + 1];
    digest_hex(&d, hex);
    return strcmp(hex, sha256) == 0;
}

/* Does the file at path hold these bytes? TRI_UNKNOWN when it cannot be read. */
enum tri placed_has_bytes(struct platform *p, const char *path, const char *sha256)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct err e = {0};
    if (!p->read_file(p->context, path, FILE_LIMIT, &bytes, &size, &e))
        return e.kind == ERR_NOT_FOUND ? TRI_NO : TRI_UNKNOWN;
    bool has = placed_are_bytes(span_of(bytes, size), sha256);
    mem_free(bytes);
    return has ? TRI_YES : TRI_NO;
}

bool placed_will_have(struct platform *p, const char *path, const char *sha256)
{
    char *from = NULL;
    bool will = p->replaced_by(p->context, path, &from, NULL) && from &&
                placed_has_bytes(p, from, sha256) == TRI_YES;
    mem_free(from);
    return will;
}

char *placed_folder(const char *path)
{
    const char *slash = strrchr(path, '\\');
    return slash ? mem_strndup(path, (size_t)(slash - path)) : mem_strdup(path);
}

bool placed_put(struct step_run *r, const char *subject, const struct journal_file *f,
                struct err *e)
{
    struct span bytes;
    if (!r->content)
        return err_set(e, ERR_FAILED, "'%s' is gone, and the package is not at hand", f->path);
    if (!r->content->open(r->content->context, subject, f->source, &bytes, e))
        return false;
    char *folder = placed_folder(f->path);
    bool ok = r->p->make_folder(r->p->context, folder, e) &&
              r->p->write_file(r->p->context, f->path, bytes, e);
    mem_free(folder);
    return ok;
}

/* A file that was there and is to get other bytes: a copy of it in our folder. */
bool placed_keep(struct step_run *r, const struct journal_file *f, struct err *e)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (!f->kept)
        return true;
    enum tri kept = r->p->exists(r->p->context, f->kept);
    if (kept == TRI_UNKNOWN)
        return err_set(e, ERR_FAILED, "whether there is a copy of '%s' cannot be told", f->path);
    if (kept == TRI_YES) /* by the installation that is repaired: what is there now is not older */
        return true;
    char *folder = placed_folder(f->kept);
    bool ok = r->p->read_file(r->p->context, f->path, FILE_LIMIT, &bytes, &size, e) &&
              r->p->make_folder(r->p->context, folder, e) &&
              r->p->write_file(r->p->context, f->kept, span_of(bytes, size), e);
    mem_free(folder);
    mem_free(bytes);
    return ok || err_wrap(e, "cannot keep a copy of '%s'", f->path);
}

/* What was to take its place at the next start does not any more: a copy without its source is
 * none. One that lies elsewhere is not a copy that was made for this. */
static bool call_off(struct step_run *r, const char *path, const char *from, struct err *e)
{
    char *folder = placed_folder(path), *of_from = placed_folder(from);
    bool beside = text_equal_nocase(folder, of_from) && !text_equal_nocase(path, from);
    mem_free(folder);
    mem_free(of_from);
    return beside ? r->p->remove_file(r->p->context, from, e)
                  : err_set(e, ERR_FAILED, "'%s' is to be replaced by '%s' at the next start", path,
                            from);
}

/* Now, or at the next start when the file is in use. */
static bool put_somehow(struct step_run *r, const char *path, struct span bytes, struct err *e)
{
    struct err inner = {0};
    if (r->p->write_file(r->p->context, path, bytes, &inner))
        return true;
    if (!r->p->write_file_later(r->p->context, path, bytes, NULL))
        return err_set(e, inner.kind, "%s", inner.text);
    r->restart = true;
    return true;
}

static bool put_back(struct step_run *r, const char *path, struct span bytes, struct err *e)
{
    struct digest d = digest_one(DIGEST_SHA256, bytes);
    char hex[2 * DIGEST_SIZE_MAX + 1];
    digest_hex(&d, hex);
    char *from = NULL;
    if (!r->p->replaced_by(r->p->context, path, &from, e))
        return false;
    bool has = placed_has_bytes(r->p, path, hex) == TRI_YES, ok = true;
    bool gone = from && r->p->exists(r->p->context, from) == TRI_NO;
    bool will = from && !gone && placed_has_bytes(r->p, from, hex) == TRI_YES;
    if (has && from && !gone && !will)
        ok = call_off(r, path, from, e);
    else if (will)
        r->restart = true;
    else if (!has)
        ok = put_somehow(r, path, bytes, e);
    mem_free(from);
    return ok;
}

bool placed_copy(struct step_run *r, const char *stored, const struct journal_file *f,
                 struct err *e)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (!r->p->read_file(r->p->context, stored, FILE_LIMIT, &bytes, &size, e))
        return false;
    bool ok = placed_are_bytes(span_of(bytes, size), f->sha256)
                  ? put_somehow(r, f->path, span_of(bytes, size), e)
                  : err_set(e, ERR_FAILED, "'%s' is not what was verified any more", stored);
    mem_free(bytes);
    return ok;
}

/* The file as it was: away, or with the bytes that were kept. */
bool placed_undo(struct step_run *r, const struct journal_file *f, struct err *e)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct err inner = {0};
    if (f->existed == TRI_NO)
        return (r->p->remove_file(r->p->context, f->path, e) &&
                r->p->exists(r->p->context, f->path) == TRI_NO) ||
               err_set(e, ERR_FAILED, "'%s' is still there", f->path);
    if (!f->kept)
        return true;
    if (!r->p->read_file(r->p->context, f->kept, FILE_LIMIT, &bytes, &size, &inner))
        return inner.kind == ERR_NOT_FOUND ||
               err_set(e, inner.kind, "%s", inner.text); /* never kept: never touched */
    bool ok = put_back(r, f->path, span_of(bytes, size), e);
    mem_free(bytes);
    return ok;
}

static bool is_held(const struct step_run *r, const char *path)
{
    for (size_t i = 0; i < r->held.count; i++)
        if (strcmp(r->held.at[i].path, path) == 0)
            return true;
    return false;
}

/* Hold the file, then look at its bytes: what is held and right stays right. */
bool placed_hold(struct step_run *r, const struct journal_file *f)
{
    struct step_held h = {.path = f->path};
    if (is_held(r, f->path))
        return true;
    if (!r->p->hold_file(r->p->context, f->path, &h.hold, NULL))
        return false;
    if (placed_has_bytes(r->p, f->path, f->sha256) != TRI_YES) {
        r->p->release_file(r->p->context, &h.hold);
        return false;
    }
    r->held.at = mem_grow(r->held.at, r->held.count, &r->held.room, sizeof *r->held.at);
    r->held.at[r->held.count++] = h;
    return true;
}

/* Let go of those held since there were `count`. */
void placed_release(struct step_run *r, size_t count)
{
    while (r->held.count > count)
        r->p->release_file(r->p->context, &r->held.at[--r->held.count].hold);
    if (count)
        return;
    mem_free(r->held.at);
    memset(&r->held, 0, sizeof r->held);
}

bool placed_survey(struct step_run *r, struct journal_file *f, struct err *e)
{
    struct text kept = {0};
    if (f->existed != TRI_UNKNOWN) /* known from the installation that is repaired */
        return true;
    f->existed = r->p->exists(r->p->context, f->path);
    if (f->existed == TRI_UNKNOWN)
        return err_set(e, ERR_FAILED, "whether '%s' is there cannot be told", f->path);
    if (f->existed == TRI_NO)
        return true;
    text_addf(&kept, "%s\\%zu", r->kept_folder, r->kept++);
    mem_free(f->kept);
    f->kept = text_steal(&kept);
    return true;
}
