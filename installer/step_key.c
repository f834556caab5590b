#include "installer/step.h"

/* Registry keys below Services that are no services: XEN\Unplug, which tells a PV driver at the
 * next start to take the emulated disk away. */

static bool key_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    return r->p->has_key(r->p->context, s->subject) == TRI_NO ||
           err_set(e, ERR_FAILED, "the registry still has 'Services\\%s'", s->subject);
}

static bool key_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    return r->p->delete_key(r->p->context, s->subject, e);
}

const struct step_work step_key_work = {.holds = key_holds, .act = key_do};
