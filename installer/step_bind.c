#include "installer/step.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/placed.h"

#include <string.h>

enum { SETTLE_MS = 120000, PROBLEM_NEED_RESTART = 14 };

static bool binds(const struct journal_driver *d, const struct facts_device *device,
                  const char **id)
{
    for (size_t i = 0; i < d->hardware_ids.count; i++)
        if (facts_device_has_id(device, d->hardware_ids.at[i])) {
            *id = d->hardware_ids.at[i];
            return true;
        }
    return false;
}

/* Is the device there for the driver to be installed on? */
static bool is_for(const struct journal_driver *d, const struct facts_device *device,
                   const char **id)
{
    return device->present != TRI_NO && binds(d, device, id);
}

static bool is_service_of(const struct journal_driver *d, const char *service)
{
    for (size_t i = 0; service && i < d->services.count; i++)
        if (text_equal_nocase(d->services.at[i].name, service))
            return true;
    return false;
}

/* Is this device node bound to the driver, from our INF? */
static bool is_bound(struct step_run *r, const struct journal_driver *d, const char *instance,
                     struct err *e)
{
    struct platform_binding b = {0};
    if (!r->p->binding(r->p->context, instance, &b, e))
        return false;
    bool ok = is_service_of(d, b.service) &&
              (!b.inf || !d->published || text_equal_nocase(b.inf, d->published));
    if (b.problem.known && b.problem.value == PROBLEM_NEED_RESTART)
        r->restart = true;
    if (!ok)
        err_set(e, ERR_FAILED, "'%s' is bound to '%s' of '%s', not to '%s'", instance,
                b.service ? b.service : "nothing", b.inf ? b.inf : "no INF", d->name);
    platform_binding_release(&b);
    return ok;
}

static bool services_hold(struct step_run *r, const struct journal_driver *d, struct err *e)
{
    for (size_t i = 0; i < d->services.count; i++) {
        const struct journal_service *s = &d->services.at[i];
        uint32_t start;
        if (!r->p->query_service(r->p->context, s->name, &start, NULL, e))
            return err_wrap(e, "service '%s'", s->name);
        if (s->start.known && s->start.value != start && !step_is_monitor(r, s->name))
            return err_set(e, ERR_FAILED, "service '%s' has start type %u, not %u", s->name,
                           (unsigned)start, (unsigned)s->start.value);
    }
    return true;
}

/* Windows replaces a file in use at its next start: then a restart is wanted, and asked after. */
static bool file_holds(struct step_run *r, const struct journal_file *f, struct err *e)
{
    if (placed_has_bytes(r->p, f->path, f->sha256) == TRI_YES)
        return true;
    if (!r->confirming && placed_will_have(r->p, f->path, f->sha256)) {
        r->restart = true;
        return true;
    }
    return err_set(e, ERR_FAILED, "'%s' does not hold the verified bytes", f->path);
}

static bool files_hold(struct step_run *r, const struct journal_driver *d, struct err *e)
{
    for (size_t i = 0; i < d->installed.count; i++)
        if (!file_holds(r, &d->installed.at[i], e))
            return false;
    return true;
}

/* Every present device of the driver is bound; where there is one, services and files are as the
 * INF says. */
static bool bind_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_driver *d = journal_driver_named(r->j, s->subject);
    size_t present = 0;
    const char *id;
    for (size_t i = 0; i < r->facts.devices.count; i++) {
        if (!is_for(d, &r->facts.devices.at[i], &id))
            continue;
        present++;
        if (!is_bound(r, d, r->facts.devices.at[i].instance, e))
            return false;
    }
    if (!present && d->platform == TRI_YES)
        return err_set(e, ERR_FAILED, "no device of '%s' is present", d->name);
    return !present || (services_hold(r, d, e) && files_hold(r, d, e));
}

static void bind_prepare(struct step_run *r, struct journal_step *s)
{
    struct journal_driver *d = journal_driver_named(r->j, s->subject);
    const struct facts *f = &r->facts;
    const char *id;
    for (size_t i = 0; i < f->devices.count; i++)
        if (is_for(d, &f->devices.at[i], &id) &&
            !texts_have_nocase(&d->instances, f->devices.at[i].instance))
            texts_add(&d->instances, f->devices.at[i].instance);
}

static const char *stored_as(const struct journal_driver *d, const char *sha256)
{
    for (size_t i = 0; i < d->stored.count; i++)
        if (strcmp(d->stored.at[i].sha256, sha256) == 0)
            return d->stored.at[i].path;
    return NULL;
}

/*
 * Windows copies a driver's files whatever is there, and those in use at its next start. Where it
 * has left one as it was, and noted nothing, that is done here, with the verified bytes: a set of
 * which some files are new is what no release was tested with.
 */
static bool complete_files(struct step_run *r, const struct journal_driver *d, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < d->installed.count; i++) {
        const struct journal_file *f = &d->installed.at[i];
        const char *stored = stored_as(d, f->sha256);
        if (!stored || file_holds(r, f, NULL))
            continue;
        log_line(LOG_WARNING, "driver: Windows has left '%s' as it was: replacing it, continuing",
                 f->path);
        ok = placed_copy(r, stored, f, e);
    }
    return ok;
}

static bool bind_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    struct journal_driver *d = journal_driver_named(r->j, s->subject);
    struct texts done = {0};
    char *inf = step_stored_inf(d);
    bool ok = true;
    bool intact = services_hold(r, d, NULL) && files_hold(r, d, NULL);
    for (size_t i = 0; ok && i < r->facts.devices.count; i++) {
        const char *id;
        if (!is_for(d, &r->facts.devices.at[i], &id) || texts_have_nocase(&done, id) ||
            (intact && is_bound(r, d, r->facts.devices.at[i].instance, NULL)))
            continue;
        texts_add(&done, id);
        ok = step_store_holds(r, &(struct journal_step){.kind = STEP_STORE, .subject = s->subject},
                              e) &&
             r->p->bind(r->p->context, id, inf, &r->restart, e);
    }
    if (ok && done.count) {
        r->p->settle(r->p->context, SETTLE_MS);
        ok = complete_files(r, d, e);
    }
    texts_release(&done);
    mem_free(inf);
    return ok;
}

static bool filter_is_listed(const struct facts *f, const struct journal_filter *filter)
{
    for (size_t i = 0; i < f->filters.count; i++)
        if (text_equal_nocase(f->filters.at[i].class_guid, filter->class_guid) &&
            text_equal_nocase(f->filters.at[i].position, filter->position) &&
            texts_have_nocase(&f->filters.at[i].services, filter->service))
            return true;
    return false;
}

static bool undo_filters(struct step_run *r, const struct journal_driver *d, struct err *e)
{
    size_t removed = 0;
    for (size_t i = 0; i < d->filters.count; i++) {
        const struct journal_filter *f = &d->filters.at[i];
        const struct facts_filter where = {.class_guid = f->class_guid, .position = f->position};
        if (f->existed != TRI_NO)
            continue;
        if (!r->p->remove_filter(r->p->context, &where, f->service, e))
            return false;
        removed++;
    }
    if (removed && !step_refresh(r, e))
        return false;
    for (size_t i = 0; i < d->filters.count; i++)
        if (d->filters.at[i].existed == TRI_NO && filter_is_listed(&r->facts, &d->filters.at[i]))
            return err_set(e, ERR_FAILED, "filter '%s' of class %s is still there",
                           d->filters.at[i].service, d->filters.at[i].class_guid);
    return true;
}

static const struct journal_binding *binding_before(const struct journal_driver *d,
                                                    const char *instance)
{
    for (size_t i = 0; i < d->before.count; i++)
        if (text_equal_nocase(d->before.at[i].instance, instance))
            return &d->before.at[i];
    return NULL;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? text_equal_nocase(a, b) : a == b;
}

static bool undo_binding(struct step_run *r, const struct journal_driver *d, const char *instance,
                         struct err *e)
{
    const struct journal_binding *before = binding_before(d, instance);
    struct platform_binding now = {0};
    bool restart = false;
    if (!r->p->binding(r->p->context, instance, &now, e))
        return false;
    bool done =
        before && same_text(now.service, before->service) && same_text(now.inf, before->inf);
    platform_binding_release(&now);
    if (done)
        return true;
    if (!r->p->unbind(r->p->context, instance, &restart, e) ||
        !r->p->binding(r->p->context, instance, &now, e))
        return false;
    bool still = !restart && is_service_of(d, now.service);
    r->restart = r->restart || restart;
    platform_binding_release(&now);
    return !still || err_set(e, ERR_FAILED, "'%s' is still bound to '%s'", instance, d->name);
}

/* Give the device the driver that it had, from the INF that Windows still has. */
static bool rebind_before(struct step_run *r, const struct journal_driver *d,
                          const struct journal_binding *before, struct err *e)
{
    struct platform_binding now = {0};
    if (!r->p->binding(r->p->context, before->instance, &now, e))
        return false;
    bool ok = !before->inf || !before->id || same_text(now.inf, before->inf);
    platform_binding_release(&now);
    char *path = ok ? NULL : step_published_path(r, before->inf, e);
    if (path)
        ok = r->p->bind(r->p->context, before->id, path, &r->restart, e);
    mem_free(path);
    return ok || err_wrap(e, "cannot give '%s' the driver back that it had before '%s'",
                          before->instance, d->name);
}

/* Not a driver, which cannot be stopped while its device is there. */
static bool is_program(const char *image)
{
    return strstr(image, ".exe") || strstr(image, ".EXE");
}

/*
 * A service that was there before starts as it did, from the image that it had. A program that runs
 * from another one holds that file, which may be ours to remove; what runs then is the old one.
 */
static bool restore_service(struct step_run *r, const struct journal_service *s, struct err *e)
{
    uint32_t start = 0;
    char *image = NULL;
    if (!s->before_start.known || !s->before_image)
        return true;
    if (!r->p->query_service(r->p->context, s->name, &start, &image, e))
        return err_wrap(e, "service '%s'", s->name);
    bool moves = strcmp(image, s->before_image) != 0;
    bool same = start == s->before_start.value && !moves;
    bool runs = moves && is_program(image) && r->p->service_runs(r->p->context, s->name) != TRI_NO;
    mem_free(image);
    if (same)
        return true;
    struct err inner = {0};
    bool ok = (!runs || r->p->stop_service(r->p->context, s->name, e)) &&
              r->p->change_service(r->p->context, s->name, (uint32_t)s->before_start.value,
                                   s->before_image, e);
    if (ok && runs && !r->p->start_service(r->p->context, s->name, &inner))
        log_line(LOG_WARNING, "service: %s, continuing", inner.text);
    return ok;
}

/*
 * A bus driver has reported devices, whose nodes Windows keeps for ever. Those that were not there
 * before it was installed are its, and go with it, the innermost first; one that somebody else has
 * bound since stays. A node that is left has no driver and does nothing: no reason to fail.
 */
static void remove_children(struct step_run *r, const struct journal_driver *d)
{
    for (size_t i = 0; i < d->instances.count; i++) {
        const char *instance = d->instances.at[i];
        struct platform_binding now = {0};
        struct err e = {0};
        bool free_node = !texts_have_nocase(&d->nodes_before, instance) &&
                         !binding_before(d, instance) &&
                         r->p->binding(r->p->context, instance, &now, &e) && !now.service;
        platform_binding_release(&now);
        if (free_node && !r->p->remove_device(r->p->context, instance, &r->restart, &e))
            log_line(LOG_WARNING, "driver: %s, continuing", e.text);
    }
}

static void remove_nodes_of_bus(struct step_run *r)
{
    for (size_t i = r->j->drivers.count; i-- > 0;)
        if (r->j->drivers.at[i].platform != TRI_YES)
            remove_children(r, &r->j->drivers.at[i]);
}

/* A service's own key goes with it, by the service manager only. */
static bool undo_key(struct step_run *r, const struct journal_key *key, struct err *e)
{
    enum tri service = TRI_NO;
    if (key->existed != TRI_NO || r->p->has_key(r->p->context, key->path) == TRI_NO)
        return true;
    if (!strchr(key->path, '\\') && !step_survey_service(r->p, key->path, &service, e))
        return false;
    return service == TRI_YES || r->p->delete_key(r->p->context, key->path, e);
}

/* What an INF put beside its services: unlike those, Windows has no call that takes it out. */
static bool undo_keys(struct step_run *r, const struct journal_driver *d, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < d->keys.count; i++)
        ok = undo_key(r, &d->keys.at[i], e);
    return ok;
}

/*
 * In this order, each only after the one before: a filter without its service keeps Windows from
 * starting, and a device without its driver's file does not work.
 */
static bool bind_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_driver *d = journal_driver_named(r->j, s->subject);
    bool ok = undo_filters(r, d, e);
    for (size_t i = 0; ok && i < d->instances.count; i++)
        ok = undo_binding(r, d, d->instances.at[i], e);
    if (!ok || !d->instances.count)
        return ok;
    for (size_t i = 0; ok && i < d->services.count; i++)
        ok = d->services.at[i].existed == TRI_NO ? step_undo_service(r, d->services.at[i].name, e)
                                                 : restore_service(r, &d->services.at[i], e);
    for (size_t i = 0; ok && i < d->before.count; i++)
        ok = rebind_before(r, d, &d->before.at[i], e);
    for (size_t i = 0; ok && i < d->installed.count; i++)
        ok = placed_undo(r, &d->installed.at[i], e);
    ok = ok && undo_keys(r, d, e);
    if (ok && d->platform == TRI_YES)
        remove_nodes_of_bus(r);
    return ok;
}

/* Where the filters cannot be read, one that names a service which is not there cannot be meant to
 * stay; of one that is there nothing can be told. */
static bool survey_filter(struct step_run *r, struct journal_filter *filter, struct err *e)
{
    if (filter->existed != TRI_UNKNOWN)
        return true;
    if (filter_is_listed(&r->facts, filter) || r->facts.filters_reading == READING_FULL) {
        filter->existed = filter_is_listed(&r->facts, filter) ? TRI_YES : TRI_NO;
        return true;
    }
    enum tri service;
    if (!step_survey_service(r->p, filter->service, &service, e))
        return false;
    if (service == TRI_YES)
        return err_set(e, ERR_FAILED, "whether '%s' filters class %s cannot be told",
                       filter->service, filter->class_guid);
    filter->existed = TRI_NO;
    return true;
}

static void survey_devices(struct step_run *r, struct journal_driver *d)
{
    const char *id;
    for (size_t i = 0; i < r->facts.devices.count; i++) {
        const struct facts_device *device = &r->facts.devices.at[i];
        if (binds(d, device, &id) && !texts_have_nocase(&d->instances, device->instance) &&
            !texts_have_nocase(&d->nodes_before, device->instance))
            texts_add(&d->nodes_before, device->instance);
        if (!is_for(d, device, &id) || (!device->service && !device->inf) ||
            binding_before(d, device->instance) ||
            texts_have_nocase(&d->instances, device->instance))
            continue;
        struct journal_binding *b = shape_list_add(&d->before, sizeof *b);
        b->instance = mem_strdup(device->instance);
        b->id = mem_strdup(id);
        b->service = mem_strdup(device->service);
        b->inf = mem_strdup(device->inf);
    }
}
/*
 * Windows binds by itself what comes up and has a staged INF: with its bus, after a restart, even
 * after an undo that was cut short. A device that our driver is for and that is bound to its
 * service now, and was not before, is ours to undo; also one that has gone meanwhile with its bus.
 */
static void bind_learn(struct step_run *r, struct journal_step *s)
{
    struct journal_driver *d = journal_driver_named(r->j, s->subject);
    const char *id;
    for (size_t i = 0; i < r->facts.devices.count; i++) {
        const struct facts_device *device = &r->facts.devices.at[i];
        const struct journal_binding *before = binding_before(d, device->instance);
        bool was_so = before && same_text(before->inf, device->inf) &&
                      same_text(before->service, device->service);
        if (was_so || !binds(d, device, &id) || !is_service_of(d, device->service))
            continue;
        s->state = STEP_STARTED;
        if (!texts_have_nocase(&d->instances, device->instance))
            texts_add(&d->instances, device->instance);
    }
}

static bool survey_service(struct platform *p, struct journal_service *s, struct err *e)
{
    uint32_t start = 0;
    if (s->existed != TRI_UNKNOWN)
        return true;
    if (!step_survey_service(p, s->name, &s->existed, e))
        return false;
    if (s->existed == TRI_NO)
        return true;
    if (!p->query_service(p->context, s->name, &start, &s->before_image, e))
        return err_wrap(e, "service '%s'", s->name);
    s->before_start = number_of(start);
    return true;
}

static bool survey_key(struct platform *p, struct journal_key *key, struct err *e)
{
    if (key->existed == TRI_UNKNOWN)
        key->existed = p->has_key(p->context, key->path);
    return key->existed != TRI_UNKNOWN ||
           err_set(e, ERR_FAILED, "it cannot be told whether the key '%s' is there", key->path);
}

static bool bind_survey(struct step_run *r, struct journal_step *s, struct err *e)
{
    struct journal_driver *d = journal_driver_named(r->j, s->subject);
    bool ok = true;
    survey_devices(r, d);
    for (size_t i = 0; ok && i < d->installed.count; i++)
        ok = placed_survey(r, &d->installed.at[i], e);
    for (size_t i = 0; ok && i < d->services.count; i++)
        ok = survey_service(r->p, &d->services.at[i], e);
    for (size_t i = 0; ok && i < d->filters.count; i++)
        ok = survey_filter(r, &d->filters.at[i], e);
    for (size_t i = 0; ok && i < d->keys.count; i++)
        ok = survey_key(r->p, &d->keys.at[i], e);
    return ok;
}

static bool bind_keep(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_driver *d = journal_driver_named(r->j, s->subject);
    bool ok = true;
    for (size_t i = 0; ok && i < d->installed.count; i++)
        ok = placed_keep(r, &d->installed.at[i], e);
    return ok;
}

const struct step_work step_bind_work = {
    .survey = bind_survey,
    .keep = bind_keep,
    .prepare = bind_prepare,
    .holds = bind_holds,
    .act = bind_do,
    .undo = bind_undo,
    .learn = bind_learn,
    .again_after_restart = true,
};
