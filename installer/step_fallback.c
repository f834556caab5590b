#include "installer/step.h"

#include "base/log.h"
#include "base/mem.h"

/*
 * Not every Windows lets a boot entry be added: bcdedit may be missing or forbidden, boot.ini full.
 * What makes the restart safe is the boot check; the entry is a second way out. So its lack is
 * noted and survived, unless the operator asked for it (--require-fallback).
 */
static bool give_up(struct journal_boot *b, const char *why, struct err *e)
{
    if (b->fallback_required == TRI_YES)
        return err_set(e, ERR_FAILED, "%s", why);
    log_line(LOG_WARNING, "boot: no fallback entry: %s, continuing", why);
    shape_set_text(&b->no_fallback, why);
    return true;
}

static bool fallback_survey(struct step_run *r, struct journal_step *s, struct err *e)
{
    struct journal_boot *b = &r->j->boot;
    struct platform_fallbacks now = {0};
    struct err why = {0};
    (void)s;
    (void)e; /* an entry is not needed: plan_boot's --require-fallback asks for it */
    /* What an earlier installation of ours made is not what was there before it. */
    if (b->no_fallback || b->fallbacks_known == TRI_YES)
        return true;
    b->fallbacks_known = r->p->fallbacks(r->p->context, b->option, &now, &why) ? TRI_YES : TRI_NO;
    for (size_t i = 0; i < now.all.count; i++)
        texts_add(&b->fallbacks_before, now.all.at[i]);
    if (b->fallbacks_known != TRI_YES)
        shape_set_text(&b->no_fallback, why.text);
    platform_fallbacks_release(&now);
    return true;
}

/* Once Windows has started from the PV disk, the administrator may take the entry out. */
static bool fallback_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_boot *b = &r->j->boot;
    struct platform_fallbacks now = {0};
    (void)s;
    if (!step_is_installing(r) || (b->no_fallback && b->fallback_required != TRI_YES))
        return true;
    if (b->no_fallback)
        return err_set(e, ERR_FAILED, "%s", b->no_fallback);
    bool ok = r->p->fallbacks(r->p->context, b->option, &now, e) &&
              (now.complete.count > 0 ||
               err_set(e, ERR_FAILED, "the boot entry is not there after it was added"));
    platform_fallbacks_release(&now);
    return ok;
}

/* Take out what was not there before us; how many there were. */
static bool remove_new(struct step_run *r, size_t *count, struct err *e)
{
    const struct journal_boot *b = &r->j->boot;
    struct platform_fallbacks now = {0};
    bool ok = r->p->fallbacks(r->p->context, b->option, &now, e);
    *count = 0;
    for (size_t i = 0; ok && i < now.all.count; i++) {
        if (texts_have_nocase(&b->fallbacks_before, now.all.at[i]))
            continue;
        *count += 1;
        ok = r->p->remove_fallback(r->p->context, now.all.at[i], e);
    }
    platform_fallbacks_release(&now);
    return ok;
}

static bool remove_ours(struct step_run *r, struct err *e)
{
    size_t count;
    return remove_new(r, &count, e) &&
           (!count || (remove_new(r, &count, e) &&
                       (!count || err_set(e, ERR_FAILED, "our boot entry is still there"))));
}

static bool fallback_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct journal_boot *b = &r->j->boot;
    struct platform_fallbacks now = {0};
    struct err inner = {0};
    if (b->fallbacks_known != TRI_YES)
        return give_up(b, b->no_fallback, e);
    bool known = r->p->fallbacks(r->p->context, b->option, &now, &inner);
    bool there = known && now.complete.count > 0;
    platform_fallbacks_release(&now);
    if (there)
        return true;
    if (known && r->p->add_fallback(r->p->context, b->option, &inner) &&
        fallback_holds(r, s, &inner))
        return true;
    return remove_ours(r, e) && give_up(b, inner.text, e);
}

static bool fallback_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    (void)s;
    return r->j->boot.fallbacks_known != TRI_YES || remove_ours(r, e);
}

/* Of a removal, whose journal has the entries that were there before the installation. */
static bool gone(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_boot *b = &r->j->boot;
    struct platform_fallbacks now = {0};
    (void)s;
    bool ok = r->p->fallbacks(r->p->context, b->option, &now, e);
    for (size_t i = 0; ok && i < now.all.count; i++)
        ok = texts_have_nocase(&b->fallbacks_before, now.all.at[i]) ||
             err_set(e, ERR_FAILED, "our boot entry is still there");
    platform_fallbacks_release(&now);
    return ok;
}

static bool take_out(struct step_run *r, const struct journal_step *s, struct err *e)
{
    (void)s;
    return remove_ours(r, e);
}

const struct step_work step_remove_fallback_work = {.holds = gone, .act = take_out};

const struct step_work step_fallback_work = {
    .survey = fallback_survey,
    .holds = fallback_holds,
    .act = fallback_do,
    .undo = fallback_undo,
};
