#include "installer/step.h"

#include "base/mem.h"
#include "base/text.h"

/* A service of the family, when nothing names it any more. */

static bool is_another(const char *image, const char *planned)
{
    return planned && image && !text_equal_nocase(image, planned);
}

static bool service_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_target *t = journal_target_named(r->j, s->subject);
    struct err inner = {0};
    uint32_t start;
    char *image = NULL;
    bool there = r->p->query_service(r->p->context, t->id, &start, &image, &inner);
    bool ok = there ? is_another(image, t->image) : inner.kind == ERR_NOT_FOUND;
    mem_free(image);
    if (ok)
        return true;
    return there ? err_set(e, ERR_FAILED, "service '%s' is still there", t->id)
                 : err_set(e, inner.kind, "%s", inner.text);
}

static const char *user_of(const struct facts *f, const char *service)
{
    for (size_t i = 0; i < f->devices.count; i++)
        if (f->devices.at[i].service && text_equal_nocase(f->devices.at[i].service, service))
            return f->devices.at[i].instance;
    return NULL;
}

/* Windows does not start with a filter that names no service, and a device does not without its
 * own. */
static bool service_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    if (service_holds(r, s, NULL))
        return true;
    if (!step_refresh(r, e))
        return false;
    const char *class_guid = step_filtered_class(&r->facts, s->subject);
    const char *device = user_of(&r->facts, s->subject);
    if (class_guid)
        return err_set(e, ERR_FAILED, "'%s' is still a filter of class %s", s->subject, class_guid);
    if (device)
        return err_set(e, ERR_FAILED, "'%s' still uses service '%s'", device, s->subject);
    return r->p->delete_service(r->p->context, s->subject, e);
}

const struct step_work step_service_work = {.holds = service_holds, .act = service_do};
