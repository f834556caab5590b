#include "installer/step.h"

/* A certificate that a product brought and its uninstaller has left. */

static bool certificate_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_target *t = journal_target_named(r->j, s->subject);
    return r->p->has_certificate(r->p->context, t->store, t->sha1) == TRI_NO ||
           err_set(e, ERR_FAILED, "the certificate '%s' is still in '%s'", t->sha1, t->store);
}

static bool certificate_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_target *t = journal_target_named(r->j, s->subject);
    return r->p->remove_certificate(r->p->context, t->store, t->sha1, e);
}

const struct step_work step_certificate_work = {
    .holds = certificate_holds, .act = certificate_do, .may_fail = true};
