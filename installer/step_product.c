#include "installer/step.h"

#include "base/text.h"

/* A product that Windows Installer knows, by its own uninstaller. */

static bool is_registered(const struct facts *f, const char *product_code)
{
    for (size_t i = 0; i < f->products.count; i++)
        if (f->products.at[i].product_code &&
            text_equal_nocase(f->products.at[i].product_code, product_code))
            return true;
    return false;
}

/* Both are asked: a success of Windows Installer is not taken for the effect, and an entry under
 * Uninstall that no installer stands behind is no product that it could take out. */
static bool product_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_target *t = journal_target_named(r->j, s->subject);
    const char *name = t->name ? t->name : t->id;
    if (!step_refresh(r, e))
        return false;
    enum tri there = r->p->has_product(r->p->context, t->id);
    if (there == TRI_NO && !is_registered(&r->facts, t->id))
        return true;
    if (there == TRI_NO)
        return err_set(e, ERR_FAILED,
                       "'%s' is listed among the programs, and Windows Installer does not know it: "
                       "uninstall it by hand",
                       name);
    return err_set(e, ERR_FAILED, "'%s' is %s installed", name,
                   there == TRI_YES ? "still" : "perhaps still");
}

static bool product_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    return r->p->uninstall_product(r->p->context, s->subject, &r->restart, e);
}

const struct step_work step_product_work = {
    .holds = product_holds, .act = product_do, .may_fail = true};
