#include "installer/step.h"

#include "installer/placed.h"

/* A file of the family, by the bytes that it had, or a folder that only we write into. */

static bool file_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_target *t = journal_target_named(r->j, s->subject);
    if (r->p->exists(r->p->context, t->id) == TRI_NO)
        return true;
    if (t->sha256 && placed_has_bytes(r->p, t->id, t->sha256) == TRI_NO)
        return true; /* another file by now */
    return err_set(e, ERR_FAILED, "'%s' is still there", t->id);
}

static bool file_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_target *t = journal_target_named(r->j, s->subject);
    if (t->tree == TRI_YES)
        return r->p->remove_tree(r->p->context, t->id, e);
    if (!file_holds(r, s, NULL) && !r->p->remove_file(r->p->context, t->id, e))
        return false;
    for (size_t i = 0; i < t->folders.count; i++)
        r->p->remove_file(r->p->context, t->folders.at[i], NULL); /* not while something is in it */
    return true;
}

const struct step_work step_file_work = {.holds = file_holds, .act = file_do};
