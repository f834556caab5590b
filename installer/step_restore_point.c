#include "installer/step.h"

#include "base/log.h"
#include "base/mem.h"

/*
 * A convenience of Windows' clients, and no part of our own undo: neither making nor removing one
 * stops an installation.
 */
static bool restore_point_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_boot *b = &r->j->boot;
    (void)s;
    return b->restore_point.known || b->no_restore_point ||
           err_set(e, ERR_FAILED, "there is no restore point");
}

static bool restore_point_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct journal_boot *b = &r->j->boot;
    struct err inner = {0};
    (void)s;
    (void)e;
    if (r->p->make_restore_point(r->p->context, "xenpv: PV drivers", &b->restore_point, &inner))
        return true;
    log_line(LOG_NOTE, "boot: no restore point: %s, continuing", inner.text);
    shape_set_text(&b->no_restore_point, inner.text);
    return true;
}

static bool restore_point_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_boot *b = &r->j->boot;
    struct err inner = {0};
    (void)s;
    (void)e;
    if (b->restore_point.known &&
        !r->p->remove_restore_point(r->p->context, b->restore_point.value, &inner))
        log_line(LOG_NOTE, "boot: the restore point stays: %s, continuing", inner.text);
    return true;
}

const struct step_work step_restore_point_work = {
    .holds = restore_point_holds,
    .act = restore_point_do,
    .undo = restore_point_undo,
};
