#include "installer/step.h"

#include "base/log.h"
#include "installer/bootsafe.h"
#include "installer/placed.h"

static enum tri service(void *context, const char *name, struct platform_start *out)
{
    struct platform *p = context;
    struct err e = {0};
    if (p->read_start(p->context, name, out, &e))
        return TRI_YES;
    return e.kind == ERR_NOT_FOUND ? TRI_NO : TRI_UNKNOWN;
}

/* A file in use that will be replaced is what Windows has started with, and starts with once more.
 */
static enum tri has_bytes(void *context, const char *path, const char *sha256)
{
    enum tri has = placed_has_bytes(context, path, sha256);
    return has != TRI_YES && placed_will_have(context, path, sha256) ? TRI_YES : has;
}

/* What was done since the facts were read last is what the check is about. */
static void boot_check_prepare(struct step_run *r, struct journal_step *s)
{
    struct err e = {0};
    (void)s;
    if (!step_refresh(r, &e))
        log_line(LOG_ERROR, "boot: %s", e.text);
}

/* After success Windows may put the emulated disk's drivers to sleep again: it has another one. */
static bool boot_check_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct bootsafe_machine machine = {service, has_bytes, r->p};
    struct bootsafe b = {0};
    (void)s;
    if (r->j->state == JOURNAL_INSTALLED)
        return true;
    bootsafe_judge(&r->facts, r->j, &machine, &b);
    bool ok = b.faults.count == 0;
    for (size_t i = 0; e && i < b.faults.count; i++)
        log_line(LOG_ERROR, "boot: %s: %s", b.faults.at[i].code, b.faults.at[i].message);
    if (!ok)
        err_set(e, ERR_FAILED, "Windows might not start again: %s (%s)", b.faults.at[0].message,
                b.faults.at[0].code);
    bootsafe_release(&b);
    return ok;
}

/* What is wrong here was made by the steps before: undoing them is the repair. */
static bool boot_check_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    (void)r;
    (void)s;
    (void)e;
    return true;
}

static bool boot_check_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    return boot_check_do(r, s, e);
}

const struct step_work step_boot_check_work = {
    .prepare = boot_check_prepare,
    .holds = boot_check_holds,
    .act = boot_check_do,
    .undo = boot_check_undo,
    .again_after_restart = true,
};
