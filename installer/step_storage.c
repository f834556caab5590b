#include "installer/step.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/bootsafe.h"

#include <string.h>

/*
 * Windows 8 and later put the drivers of controllers to sleep that they did not see at the last
 * start: after the first start from the PV disk those are the emulated ones. A machine without a
 * driver for its emulated disk cannot fall back to it (failure 0x7B).
 */
static bool is_noted(const struct step_run *r, const char *name)
{
    for (size_t i = 0; i < r->j->boot.storage.count; i++)
        if (text_equal_nocase(r->j->boot.storage.at[i].service, name))
            return true;
    return false;
}

static bool storage_survey(struct step_run *r, struct journal_step *s, struct err *e)
{
    struct texts names = {0};
    bool ok = true;
    (void)s;
    bootsafe_storage(&r->facts, &names);
    for (size_t i = 0; ok && i < names.count; i++) {
        struct platform_start now = {0};
        struct err why = {0};
        if (is_noted(r, names.at[i]))
            continue;
        if (!r->p->read_start(r->p->context, names.at[i], &now, &why)) {
            /* Of one that is not there the boot check says so. */
            ok = why.kind == ERR_NOT_FOUND ||
                 err_set(e, why.kind, "how '%s' starts cannot be told: %s", names.at[i], why.text);
            continue;
        }
        struct journal_start *to = shape_list_add(&r->j->boot.storage, sizeof *to);
        to->service = mem_strdup(names.at[i]);
        to->start = number_of(now.start);
        to->overrides = now.overrides;
    }
    texts_release(&names);
    return ok;
}

/* As the journal says that it was before us, or as it should be. */
static bool is_as_before(const struct journal_start *before, const struct platform_start *now)
{
    bool same =
        before->start.value == now->start && before->overrides.count == now->overrides.count;
    for (size_t i = 0; same && i < now->overrides.count; i++)
        same = texts_have_nocase(&before->overrides, now->overrides.at[i]);
    return same;
}

/* Does the service start at boot? False when it cannot be asked. */
static bool read_at_boot(struct step_run *r, const char *name, bool *at_boot, struct err *e)
{
    struct platform_start now = {0};
    if (!r->p->read_start(r->p->context, name, &now, e))
        return err_wrap(e, "service '%s'", name);
    *at_boot = bootsafe_starts_at_boot(&now);
    platform_start_release(&now);
    return true;
}

static bool storage_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    (void)s;
    for (size_t i = 0; r->j->state != JOURNAL_INSTALLED && i < r->j->boot.storage.count; i++) {
        const char *name = r->j->boot.storage.at[i].service;
        bool ok;
        if (!read_at_boot(r, name, &ok, e))
            return false;
        if (!ok)
            return err_set(e, ERR_FAILED, "'%s' does not start at boot", name);
    }
    return true;
}

static bool storage_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    static const struct platform_start at_boot = {.start = 0};
    (void)s;
    for (size_t i = 0; i < r->j->boot.storage.count; i++) {
        const char *name = r->j->boot.storage.at[i].service;
        bool ok;
        if (!read_at_boot(r, name, &ok, e))
            return false;
        if (!ok && !r->p->write_start(r->p->context, name, &at_boot, e))
            return false;
    }
    return true;
}

/* True when it is as before; a service that is gone has nothing to be given back. */
static bool look(struct step_run *r, const struct journal_start *before, bool *same, struct err *e)
{
    struct platform_start now = {0};
    struct err inner = {0};
    *same = true;
    if (!r->p->read_start(r->p->context, before->service, &now, &inner))
        return inner.kind == ERR_NOT_FOUND || err_set(e, inner.kind, "%s", inner.text);
    *same = is_as_before(before, &now);
    platform_start_release(&now);
    return true;
}

static bool storage_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    (void)s;
    for (size_t i = 0; i < r->j->boot.storage.count; i++) {
        const struct journal_start *before = &r->j->boot.storage.at[i];
        const struct platform_start wanted = {.start = (uint32_t)before->start.value,
                                              .overrides = before->overrides};
        bool same;
        if (!look(r, before, &same, e))
            return false;
        if (!same && (!r->p->write_start(r->p->context, before->service, &wanted, e) ||
                      !look(r, before, &same, e)))
            return false;
        if (!same)
            return err_set(e, ERR_FAILED, "'%s' still starts as we had set it", before->service);
    }
    return true;
}

const struct step_work step_storage_work = {
    .survey = storage_survey,
    .holds = storage_holds,
    .act = storage_do,
    .undo = storage_undo,
    .again_after_restart = true,
};
