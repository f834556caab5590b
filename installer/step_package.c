#include "installer/step.h"

#include "base/mem.h"
#include "installer/placed.h"

/* A published INF of the family. The name can have gone to another INF since: then it stays. */

static bool package_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_target *t = journal_target_named(r->j, s->subject);
    char *path = step_published_path(r, t->id, e);
    bool ok = path && (r->p->exists(r->p->context, path) == TRI_NO ||
                       (t->sha256 && placed_has_bytes(r->p, path, t->sha256) == TRI_NO));
    mem_free(path);
    return ok || err_set(e, ERR_FAILED, "Windows still knows '%s'", t->id);
}

static bool package_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    if (package_holds(r, s, NULL))
        return true;
    return r->p->unstage(r->p->context, s->subject, e);
}

const struct step_work step_package_work = {.holds = package_holds, .act = package_do};
