#include "installer/step.h"

#include "base/text.h"

/* One token out of one filter list, and nothing else. */

const char *step_filtered_class(const struct facts *f, const char *service)
{
    for (size_t i = 0; i < f->filters.count; i++)
        if (texts_have_nocase(&f->filters.at[i].services, service))
            return f->filters.at[i].class_guid;
    return NULL;
}

static bool is_listed(const struct facts *f, const struct journal_target *t)
{
    for (size_t i = 0; i < f->filters.count; i++)
        if (text_equal_nocase(f->filters.at[i].class_guid, t->class_guid) &&
            text_equal_nocase(f->filters.at[i].position, t->position) &&
            texts_have_nocase(&f->filters.at[i].services, t->service))
            return true;
    return false;
}

static bool filter_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_target *t = journal_target_named(r->j, s->subject);
    if (!step_refresh(r, e))
        return false;
    if (r->facts.filters_reading != READING_FULL && r->facts.filters_reading != READING_PARTIAL)
        return err_set(e, ERR_FAILED, "the filters of this Windows could not be read");
    return !is_listed(&r->facts, t) ||
           err_set(e, ERR_FAILED, "'%s' still stands in the %s of class %s", t->service,
                   t->position, t->class_guid);
}

static bool filter_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_target *t = journal_target_named(r->j, s->subject);
    const struct facts_filter where = {.class_guid = t->class_guid, .position = t->position};
    return r->p->remove_filter(r->p->context, &where, t->service, e);
}

const struct step_work step_filter_work = {.holds = filter_holds, .act = filter_do};
