#include "installer/step.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/placed.h"

#include <string.h>

char *step_stored_inf(const struct journal_driver *d)
{
    struct text t = {0};
    text_addf(&t, "%s\\%s", d->folder, d->inf);
    return text_steal(&t);
}

static const char *sha256_of_inf(const struct journal_driver *d)
{
    char *path = step_stored_inf(d);
    const char *found = NULL;
    for (size_t i = 0; i < d->stored.count; i++)
        if (text_equal_nocase(d->stored.at[i].path, path))
            found = d->stored.at[i].sha256;
    mem_free(path);
    return found;
}

/* Where Windows keeps the INF; mem_free. */
char *step_published_path(struct step_run *r, const char *published, struct err *e)
{
    char *folder = r->p->folder(r->p->context, PLATFORM_FOLDER_INF, e);
    struct text t = {0};
    if (!folder)
        return NULL;
    text_addf(&t, "%s\\%s", folder, published);
    mem_free(folder);
    return text_steal(&t);
}

/* Is the INF, byte for byte, where Windows keeps the INFs that it knows? */
static bool stage_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_driver *d = journal_driver_named(r->j, s->subject);
    const char *sha256 = sha256_of_inf(d);
    char *path = d->published && sha256 ? step_published_path(r, d->published, e) : NULL;
    bool ok = path && placed_has_bytes(r->p, path, sha256) == TRI_YES;
    mem_free(path);
    return ok || err_set(e, ERR_FAILED, "Windows does not know '%s' after it was staged", d->inf);
}

static bool stage_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct journal_driver *d = journal_driver_named(r->j, s->subject);
    char *inf = step_stored_inf(d), *published = NULL;
    bool ok = r->p->stage(r->p->context, inf, &published, e);
    mem_free(inf);
    if (!ok)
        return false;
    d->published_existed = texts_have_nocase(&r->j->packages_before, published) ? TRI_YES : TRI_NO;
    mem_free(d->published);
    d->published = published;
    return true;
}

/* A published INF with our bytes that was, or was not, there before; NULL: none among the facts. */
static const char *published(struct step_run *r, const struct journal_driver *d, bool before)
{
    const char *sha256 = sha256_of_inf(d), *found = NULL;
    for (size_t i = 0; sha256 && !found && i < r->facts.packages.count; i++) {
        const char *name = r->facts.packages.at[i].inf;
        if (texts_have_nocase(&r->j->packages_before, name) != before)
            continue;
        char *path = step_published_path(r, name, NULL);
        if (path && placed_has_bytes(r->p, path, sha256) == TRI_YES)
            found = name;
        mem_free(path);
    }
    return found;
}

void step_stage_find(struct step_run *r, struct journal_driver *d)
{
    const char *earlier = published(r, d, true);
    const char *name = earlier ? earlier : published(r, d, false);
    if (d->published || !name)
        return;
    d->published = mem_strdup(name);
    d->published_existed = earlier ? TRI_YES : TRI_NO;
}

/*
 * A power cut can come between staging and knowing the name. Where the facts do not tell it,
 * staging again gives the same one; what cannot be staged again is not staged.
 */
static void stage_learn(struct step_run *r, struct journal_step *s)
{
    struct journal_driver *d = journal_driver_named(r->j, s->subject);
    if (s->state != STEP_STARTED || d->published)
        return;
    const char *name = published(r, d, false);
    if (name) {
        d->published = mem_strdup(name);
        d->published_existed = TRI_NO;
        return;
    }
    struct journal_step store = {.kind = STEP_STORE, .subject = s->subject};
    if (step_store_holds(r, &store, NULL))
        stage_do(r, s, NULL);
}

/* A name can have gone to another INF since: then it is not ours to remove. */
static bool stage_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_driver *d = journal_driver_named(r->j, s->subject);
    if (!d->published || d->published_existed == TRI_YES)
        return true;
    char *path = step_published_path(r, d->published, e);
    const char *sha256 = sha256_of_inf(d);
    enum tri ours = path && sha256 ? placed_has_bytes(r->p, path, sha256) : TRI_UNKNOWN;
    bool ok = path && (ours != TRI_NO || r->p->exists(r->p->context, path) == TRI_NO);
    if (ok)
        ok = r->p->unstage(r->p->context, d->published, e) &&
             (r->p->exists(r->p->context, path) == TRI_NO ||
              err_set(e, ERR_FAILED, "'%s' is still there", path));
    else if (path && ours == TRI_NO)
        ok = true;
    mem_free(path);
    return ok;
}

const struct step_work step_stage_work = {
    .holds = stage_holds, .act = stage_do, .undo = stage_undo, .learn = stage_learn};
