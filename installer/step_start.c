#include "installer/step.h"

/*
 * Steps that switch the disk over: a driver of the emulated disk that starts at boot whatever
 * Windows thought of it while its controller was unplugged, and a driver of the family that does
 * not start any more. Each is one durable write.
 */

enum { START_BOOT = 0, START_DISABLED = 4 };

static bool starts_as(struct step_run *r, const char *service, uint32_t wanted, struct err *e)
{
    struct platform_start s = {0};
    if (!r->p->read_start(r->p->context, service, &s, e))
        return false;
    bool ok = s.start == wanted && !s.overrides.count;
    if (!ok)
        err_set(e, ERR_FAILED, "service '%s' is to start as %u and starts as %u%s", service,
                (unsigned)wanted, (unsigned)s.start, s.overrides.count ? ", overridden" : "");
    platform_start_release(&s);
    return ok;
}

static bool make_start(struct step_run *r, const char *service, uint32_t start, struct err *e)
{
    const struct platform_start s = {.start = start};
    return r->p->write_start(r->p->context, service, &s, e);
}

static bool enable_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    return starts_as(r, s->subject, START_BOOT, e);
}

static bool enable_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    return make_start(r, s->subject, START_BOOT, e);
}

/* A service that is not there starts nothing. */
static bool disable_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct err inner = {0};
    if (starts_as(r, s->subject, START_DISABLED, &inner) || inner.kind == ERR_NOT_FOUND)
        return true;
    return err_set(e, inner.kind, "%s", inner.text);
}

/* A filter that names a disabled service keeps its devices from starting, the disk among them. */
static bool disable_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    if (!step_refresh(r, e))
        return false;
    const char *class_guid = step_filtered_class(&r->facts, s->subject);
    if (class_guid)
        return err_set(e, ERR_FAILED, "'%s' is still a filter of class %s", s->subject, class_guid);
    return make_start(r, s->subject, START_DISABLED, e);
}

const struct step_work step_enable_work = {.holds = enable_holds, .act = enable_do};
const struct step_work step_disable_work = {.holds = disable_holds, .act = disable_do};
