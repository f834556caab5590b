#include "installer/step.h"

#include "installer/placed.h"

bool step_store_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_driver *d = journal_driver_named(r->j, s->subject);
    size_t held = r->held.count;
    for (size_t i = 0; i < d->stored.count; i++)
        if (!placed_hold(r, &d->stored.at[i])) {
            placed_release(r, held);
            return err_set(e, ERR_FAILED, "'%s' is not as it was verified", d->stored.at[i].path);
        }
    return d->stored.count > 0;
}

static bool store_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_driver *d = journal_driver_named(r->j, s->subject);
    for (size_t i = 0; i < d->stored.count; i++)
        if (!placed_put(r, d->name, &d->stored.at[i], e))
            return false;
    return true;
}

static bool store_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    return r->p->remove_tree(r->p->context, journal_driver_named(r->j, s->subject)->folder, e);
}

const struct step_work step_store_work = {
    .holds = step_store_holds, .act = store_do, .undo = store_undo};
