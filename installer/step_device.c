#include "installer/step.h"

#include "base/text.h"

/*
 * A device that the family drives. What a PV bus has made goes as a node; what the machine itself
 * shows, the Xen platform device, stays and is as newly found.
 */

static const struct facts_device *listed(const struct facts *f, const char *instance)
{
    for (size_t i = 0; i < f->devices.count; i++)
        if (text_equal_nocase(f->devices.at[i].instance, instance))
            return &f->devices.at[i];
    return NULL;
}

static bool same(const char *a, const char *b)
{
    return a && b && text_equal_nocase(a, b);
}

/* Another driver on it since: then it is not the one that was meant. */
static bool device_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_target *t = journal_target_named(r->j, s->subject);
    if (!step_refresh(r, e))
        return false;
    const struct facts_device *d = listed(&r->facts, t->id);
    bool bound = d && (same(d->service, t->service) || same(d->inf, t->inf));
    bool foreign = d && d->service && !bound;
    if (!d || foreign || (t->node != TRI_YES && !bound))
        return true;
    return err_set(e, ERR_FAILED, "'%s' %s", t->id,
                   bound ? "still has the family's driver" : "is still there");
}

static bool device_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_target *t = journal_target_named(r->j, s->subject);
    if (device_holds(r, s, NULL))
        return true;
    return t->node == TRI_YES ? r->p->remove_device(r->p->context, t->id, &r->restart, e)
                              : r->p->unbind(r->p->context, t->id, &r->restart, e);
}

const struct step_work step_device_work = {.holds = device_holds, .act = device_do};
