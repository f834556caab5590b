#include "installer/transaction.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/plan.h"
#include "verifier/digest.h"

#include <string.h>

enum { SETTLE_MS = 120000, FILE_LIMIT = 256 * 1024 * 1024, PROBLEM_NEED_RESTART = 14 };

/* A stored file that nobody can change between its verification and the end of the run. */
struct held_file {
    const char *path; /* the journal's */
    struct file_hold hold;
};

/* What every step's functions look at. */
struct run {
    struct platform *p;
    struct journal *j;
    const struct transaction_content *content; /* NULL when nothing may be stored any more */
    struct facts facts;
    bool restart;
    size_t kept; /* files that a copy may be kept of */
    struct {
        struct held_file *at;
        size_t count, room;
    } held;
};

/* --- the journal on disk
 * ----------------------------------------------------------------------------------------- */

static char *in_state_folder(struct platform *p, const char *name, struct err *e)
{
    char *folder = p->folder(p->context, PLATFORM_FOLDER_STATE, e);
    struct text t = {0};
    if (!folder)
        return NULL;
    text_addf(&t, "%s\\%s", folder, name);
    mem_free(folder);
    return text_steal(&t);
}

static bool save(struct run *r, struct err *e)
{
    char *path = in_state_folder(r->p, "journal.json", e);
    if (!path)
        return false;
    char *json = shape_encode(&journal_shape, r->j);
    bool ok = r->p->write_file(r->p->context, path, span_text(json), e);
    mem_free(json);
    mem_free(path);
    return ok || err_wrap(e, "cannot write the journal");
}

bool transaction_load(struct platform *p, struct journal *j, struct err *e)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct err inner = {0};
    char *path = in_state_folder(p, "journal.json", e);
    if (!path)
        return false;
    bool there = p->read_file(p->context, path, JOURNAL_SIZE_MAX, &bytes, &size, &inner);
    mem_free(path);
    if (!there) {
        if (inner.kind == ERR_NOT_FOUND)
            return true;
        *e = inner;
        return err_wrap(e, "cannot read the journal");
    }
    bool ok = journal_decode(span_of(bytes, size), j, e);
    mem_free(bytes);
    return ok;
}

static bool refresh(struct run *r, struct err *e)
{
    facts_release(&r->facts);
    return r->p->facts(r->p->context, &r->facts, e);
}

/* --- files
 * --------------------------------------------------------------------------------------------------------
 */

/* Does the file at path hold these bytes? TRI_UNKNOWN when it cannot be read. */
static enum tri has_bytes(struct platform *p, const char *path, const char *sha256)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct err e = {0};
    char hex[2 * DIGEST_SIZE_MAX + 1];
    if (!p->read_file(p->context, path, FILE_LIMIT, &bytes, &size, &e))
        return e.kind == ERR_NOT_FOUND ? TRI_NO : TRI_UNKNOWN;
    struct digest d = digest_one(DIGEST_SHA256, span_of(bytes, size));
    mem_free(bytes);
    digest_hex(&d, hex);
    return strcmp(hex, sha256) == 0 ? TRI_YES : TRI_NO;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '\\');
    return slash ? mem_strndup(path, (size_t)(slash - path)) : mem_strdup(path);
}

static bool put_file(struct run *r, const char *subject, const struct journal_file *f,
                     struct err *e)
{
    struct span bytes;
    if (!r->content)
        return err_set(e, ERR_FAILED, "'%s' is gone, and the package is not at hand", f->path);
    if (!r->content->open(r->content->context, subject, f->source, &bytes, e))
        return false;
    char *folder = folder_of(f->path);
    bool ok = r->p->make_folder(r->p->context, folder, e) &&
              r->p->write_file(r->p->context, f->path, bytes, e);
    mem_free(folder);
    return ok;
}

/* A file that was there and is to get other bytes: a copy of it in our folder. */
static bool keep_file(struct run *r, const struct journal_file *f, struct err *e)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (!f->kept || has_bytes(r->p, f->path, f->sha256) == TRI_YES)
        return true;
    char *folder = folder_of(f->kept);
    bool ok = r->p->read_file(r->p->context, f->path, FILE_LIMIT, &bytes, &size, e) &&
              r->p->make_folder(r->p->context, folder, e) &&
              r->p->write_file(r->p->context, f->kept, span_of(bytes, size), e);
    mem_free(folder);
    mem_free(bytes);
    return ok || err_wrap(e, "cannot keep a copy of '%s'", f->path);
}

/* The file as it was: away, or with the bytes that were kept. */
static bool undo_file(struct run *r, const struct journal_file *f, struct err *e)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    struct err inner = {0};
    if (f->existed == TRI_NO)
        return (r->p->remove_file(r->p->context, f->path, e) &&
                r->p->exists(r->p->context, f->path) == TRI_NO) ||
               err_set(e, ERR_FAILED, "'%s' is still there", f->path);
    if (!f->kept)
        return true;
    if (!r->p->read_file(r->p->context, f->kept, FILE_LIMIT, &bytes, &size, &inner))
        return inner.kind == ERR_NOT_FOUND ||
               err_set(e, inner.kind, "%s", inner.text); /* never kept: never touched */
    bool ok = r->p->write_file(r->p->context, f->path, span_of(bytes, size), e);
    mem_free(bytes);
    return ok;
}

static bool undo_service(struct run *r, const char *name, struct err *e)
{
    struct err gone = {0};
    uint32_t start;
    if (!r->p->delete_service(r->p->context, name, e))
        return false;
    if (r->p->query_service(r->p->context, name, &start, NULL, &gone))
        return r->restart || err_set(e, ERR_FAILED, "service '%s' is still there", name);
    return gone.kind == ERR_NOT_FOUND || err_set(e, gone.kind, "%s", gone.text);
}

static bool is_held(const struct run *r, const char *path)
{
    for (size_t i = 0; i < r->held.count; i++)
        if (strcmp(r->held.at[i].path, path) == 0)
            return true;
    return false;
}

/* Hold the file, then look at its bytes: what is held and right stays right. */
static bool hold_verified(struct run *r, const struct journal_file *f)
{
    struct held_file h = {.path = f->path};
    if (is_held(r, f->path))
        return true;
    if (!r->p->hold_file(r->p->context, f->path, &h.hold, NULL))
        return false;
    if (has_bytes(r->p, f->path, f->sha256) != TRI_YES) {
        r->p->release_file(r->p->context, &h.hold);
        return false;
    }
    r->held.at = mem_grow(r->held.at, r->held.count, &r->held.room, sizeof *r->held.at);
    r->held.at[r->held.count++] = h;
    return true;
}

/* Let go of those held since there were `count`. */
static void release_held(struct run *r, size_t count)
{
    while (r->held.count > count)
        r->p->release_file(r->p->context, &r->held.at[--r->held.count].hold);
    if (count)
        return;
    mem_free(r->held.at);
    memset(&r->held, 0, sizeof r->held);
}

static void end_run(struct run *r)
{
    release_held(r, 0);
    facts_release(&r->facts);
}

/* --- store
 * --------------------------------------------------------------------------------------------------------
 */

static bool store_holds(struct run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_driver *d = journal_driver_named(r->j, s->subject);
    size_t held = r->held.count;
    for (size_t i = 0; i < d->stored.count; i++)
        if (!hold_verified(r, &d->stored.at[i])) {
            release_held(r, held);
            return err_set(e, ERR_FAILED, "'%s' is not as it was verified", d->stored.at[i].path);
        }
    return d->stored.count > 0;
}

static bool store_do(struct run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_driver *d = journal_driver_named(r->j, s->subject);
    for (size_t i = 0; i < d->stored.count; i++)
        if (!put_file(r, d->name, &d->stored.at[i], e))
            return false;
    return true;
}

static bool store_undo(struct run *r, const struct journal_step *s, struct err *e)
{
    return r->p->remove_tree(r->p->context, journal_driver_named(r->j, s->subject)->folder, e);
}

/* --- stage
 * --------------------------------------------------------------------------------------------------------
 */

static char *stored_inf(const struct journal_driver *d)
{
    struct text t = {0};
    text_addf(&t, "%s\\%s", d->folder, d->inf);
    return text_steal(&t);
}

static const char *sha256_of_inf(const struct journal_driver *d)
{
    char *path = stored_inf(d);
    const char *found = NULL;
    for (size_t i = 0; i < d->stored.count; i++)
        if (text_equal_nocase(d->stored.at[i].path, path))
            found = d->stored.at[i].sha256;
    mem_free(path);
    return found;
}

/* Where Windows keeps the INF; mem_free. */
static char *published_path(struct run *r, const struct journal_driver *d, struct err *e)
{
    char *folder = r->p->folder(r->p->context, PLATFORM_FOLDER_INF, e);
    struct text t = {0};
    if (!folder)
        return NULL;
    text_addf(&t, "%s\\%s", folder, d->published);
    mem_free(folder);
    return text_steal(&t);
}

/* Is the INF, byte for byte, where Windows keeps the INFs that it knows? */
static bool stage_holds(struct run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_driver *d = journal_driver_named(r->j, s->subject);
    const char *sha256 = sha256_of_inf(d);
    char *path = d->published && sha256 ? published_path(r, d, e) : NULL;
    bool ok = path && has_bytes(r->p, path, sha256) == TRI_YES;
    mem_free(path);
    return ok || err_set(e, ERR_FAILED, "Windows does not know '%s' after it was staged", d->inf);
}

static bool stage_do(struct run *r, const struct journal_step *s, struct err *e)
{
    struct journal_driver *d = journal_driver_named(r->j, s->subject);
    char *inf = stored_inf(d), *published = NULL;
    bool ok = r->p->stage(r->p->context, inf, &published, e);
    mem_free(inf);
    if (!ok)
        return false;
    d->published_existed = texts_have_nocase(&r->j->packages_before, published) ? TRI_YES : TRI_NO;
    mem_free(d->published);
    d->published = published;
    return true;
}

/* A published INF with our bytes that was not there before; NULL: none among the facts. */
static const char *published_since(struct run *r, const struct journal_driver *d)
{
    const char *sha256 = sha256_of_inf(d), *found = NULL;
    for (size_t i = 0; sha256 && !found && i < r->facts.packages.count; i++) {
        const char *name = r->facts.packages.at[i].inf;
        const struct journal_driver named = {.published = r->facts.packages.at[i].inf};
        if (texts_have_nocase(&r->j->packages_before, name))
            continue;
        char *path = published_path(r, &named, NULL);
        if (path && has_bytes(r->p, path, sha256) == TRI_YES)
            found = name;
        mem_free(path);
    }
    return found;
}

/*
 * A power cut can come between staging and knowing the name. Where the facts do not tell it,
 * staging again gives the same one; what cannot be staged again is not staged.
 */
static void learn_published(struct run *r, struct journal_step *s)
{
    struct journal_driver *d = journal_driver_named(r->j, s->subject);
    if (s->kind != STEP_STAGE || s->state != STEP_STARTED || d->published)
        return;
    const char *name = published_since(r, d);
    if (name) {
        d->published = mem_strdup(name);
        d->published_existed = TRI_NO;
        return;
    }
    struct journal_step store = {.kind = STEP_STORE, .subject = s->subject};
    if (store_holds(r, &store, NULL))
        stage_do(r, s, NULL);
}

/* A name can have gone to another INF since: then it is not ours to remove. */
static bool stage_undo(struct run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_driver *d = journal_driver_named(r->j, s->subject);
    if (!d->published || d->published_existed == TRI_YES)
        return true;
    char *path = published_path(r, d, e);
    const char *sha256 = sha256_of_inf(d);
    enum tri ours = path && sha256 ? has_bytes(r->p, path, sha256) : TRI_UNKNOWN;
    bool ok = path && (ours != TRI_NO || r->p->exists(r->p->context, path) == TRI_NO);
    if (ok)
        ok = r->p->unstage(r->p->context, d->published, e) &&
             (r->p->exists(r->p->context, path) == TRI_NO ||
              err_set(e, ERR_FAILED, "'%s' is still there", path));
    else if (path && ours == TRI_NO)
        ok = true;
    mem_free(path);
    return ok;
}

/* --- bind
 * ---------------------------------------------------------------------------------------------------------
 */

static bool is_for(const struct journal_driver *d, const struct facts_device *device,
                   const char **id)
{
    if (device->present == TRI_NO)
        return false;
    for (size_t i = 0; i < d->hardware_ids.count; i++)
        if (facts_device_has_id(device, d->hardware_ids.at[i])) {
            *id = d->hardware_ids.at[i];
            return true;
        }
    return false;
}

static bool is_service_of(const struct journal_driver *d, const char *service)
{
    for (size_t i = 0; service && i < d->services.count; i++)
        if (text_equal_nocase(d->services.at[i].name, service))
            return true;
    return false;
}

/* Is this device node bound to the driver, from our INF? */
static bool is_bound(struct run *r, const struct journal_driver *d, const char *instance,
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

static bool services_hold(struct run *r, const struct journal_driver *d, struct err *e)
{
    for (size_t i = 0; i < d->services.count; i++) {
        const struct journal_service *s = &d->services.at[i];
        uint32_t start;
        if (!r->p->query_service(r->p->context, s->name, &start, NULL, e))
            return err_wrap(e, "service '%s'", s->name);
        if (s->start.known && s->start.value != start)
            return err_set(e, ERR_FAILED, "service '%s' has start type %u, not %u", s->name,
                           (unsigned)start, (unsigned)s->start.value);
    }
    return true;
}

static bool files_hold(struct run *r, const struct journal_driver *d, struct err *e)
{
    for (size_t i = 0; i < d->installed.count; i++)
        if (has_bytes(r->p, d->installed.at[i].path, d->installed.at[i].sha256) != TRI_YES)
            return err_set(e, ERR_FAILED, "'%s' does not hold the verified bytes",
                           d->installed.at[i].path);
    return true;
}

/* Every present device of the driver is bound; where there is one, services and files are as the
 * INF says. */
static bool bind_holds(struct run *r, const struct journal_step *s, struct err *e)
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

static void remember_instances(struct journal_driver *d, const struct facts *f)
{
    const char *id;
    for (size_t i = 0; i < f->devices.count; i++)
        if (is_for(d, &f->devices.at[i], &id) &&
            !texts_have_nocase(&d->instances, f->devices.at[i].instance))
            texts_add(&d->instances, f->devices.at[i].instance);
}

static bool bind_do(struct run *r, const struct journal_step *s, struct err *e)
{
    struct journal_driver *d = journal_driver_named(r->j, s->subject);
    struct texts done = {0};
    char *inf = stored_inf(d);
    bool ok = true;
    for (size_t i = 0; ok && i < r->facts.devices.count; i++) {
        const char *id;
        if (!is_for(d, &r->facts.devices.at[i], &id) || texts_have_nocase(&done, id) ||
            is_bound(r, d, r->facts.devices.at[i].instance, NULL))
            continue;
        texts_add(&done, id);
        ok = store_holds(r, &(struct journal_step){.kind = STEP_STORE, .subject = s->subject}, e) &&
             r->p->bind(r->p->context, id, inf, &r->restart, e);
    }
    if (ok && done.count)
        r->p->settle(r->p->context, SETTLE_MS);
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

static bool undo_filters(struct run *r, const struct journal_driver *d, struct err *e)
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
    if (removed && !refresh(r, e))
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

static bool undo_binding(struct run *r, const struct journal_driver *d, const char *instance,
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
static bool rebind_before(struct run *r, const struct journal_driver *d,
                          const struct journal_binding *before, struct err *e)
{
    const struct journal_driver old = {.published = before->inf};
    struct platform_binding now = {0};
    if (!r->p->binding(r->p->context, before->instance, &now, e))
        return false;
    bool ok = !before->inf || !before->id || same_text(now.inf, before->inf);
    platform_binding_release(&now);
    char *path = ok ? NULL : published_path(r, &old, e);
    if (path)
        ok = r->p->bind(r->p->context, before->id, path, &r->restart, e);
    mem_free(path);
    return ok || err_wrap(e, "cannot give '%s' the driver back that it had before '%s'",
                          before->instance, d->name);
}

/*
 * In this order, each only after the one before: a filter without its service keeps Windows from
 * starting, and a device without its driver's file does not work.
 */
static bool bind_undo(struct run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_driver *d = journal_driver_named(r->j, s->subject);
    bool ok = undo_filters(r, d, e);
    for (size_t i = 0; ok && i < d->instances.count; i++)
        ok = undo_binding(r, d, d->instances.at[i], e);
    if (!ok || !d->instances.count)
        return ok;
    for (size_t i = 0; ok && i < d->services.count; i++)
        ok = d->services.at[i].existed != TRI_NO || undo_service(r, d->services.at[i].name, e);
    for (size_t i = 0; ok && i < d->before.count; i++)
        ok = rebind_before(r, d, &d->before.at[i], e);
    for (size_t i = 0; ok && i < d->installed.count; i++)
        ok = undo_file(r, &d->installed.at[i], e);
    return ok;
}

/* --- helper
 * -------------------------------------------------------------------------------------------------------
 */

static bool helper_holds(struct run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_helper *h = journal_helper_named(r->j, s->subject);
    uint32_t start;
    if (has_bytes(r->p, h->file.path, h->file.sha256) != TRI_YES)
        return err_set(e, ERR_FAILED, "'%s' does not hold the verified bytes", h->file.path);
    return r->p->query_service(r->p->context, h->service, &start, NULL, e);
}

static bool helper_do(struct run *r, const struct journal_step *s, struct err *e)
{
    enum { OWN_PROCESS = 0x10, AUTOMATIC = 2 };
    const struct journal_helper *h = journal_helper_named(r->j, s->subject);
    struct text image = {0};
    text_addf(&image, "\"%s\"", h->file.path);
    const struct platform_service service = {.name = h->service,
                                             .display_name = h->display_name,
                                             .image = text_str(&image),
                                             .type = OWN_PROCESS,
                                             .start = AUTOMATIC};
    bool ok = put_file(r, h->service, &h->file, e) &&
              (h->existed == TRI_YES || r->p->create_service(r->p->context, &service, e));
    text_release(&image);
    return ok;
}

static bool helper_undo(struct run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_helper *h = journal_helper_named(r->j, s->subject);
    if ((h->existed != TRI_YES && !undo_service(r, h->service, e)) || !undo_file(r, &h->file, e))
        return false;
    for (size_t i = 0; i < h->new_folders.count; i++)
        r->p->remove_file(r->p->context, h->new_folders.at[i],
                          NULL); /* not while others' files are in it */
    return true;
}

/* --- all steps
 * ----------------------------------------------------------------------------------------------------
 */

struct step_work {
    bool (*holds)(struct run *r, const struct journal_step *s, struct err *e);
    bool (*act)(struct run *r, const struct journal_step *s, struct err *e);
    bool (*undo)(struct run *r, const struct journal_step *s, struct err *e);
};

static const struct step_work works[] = {
    [STEP_STORE] = {store_holds, store_do, store_undo},
    [STEP_STAGE] = {stage_holds, stage_do, stage_undo},
    [STEP_BIND] = {bind_holds, bind_do, bind_undo},
    [STEP_HELPER] = {helper_holds, helper_do, helper_undo},
};

static const struct step_work *work_of(const struct journal_step *s)
{
    return s->kind > STEP_UNKNOWN && s->kind <= STEP_HELPER ? &works[s->kind] : NULL;
}

static enum tri was_there(struct platform *p, const char *path)
{
    enum tri there = p->exists(p->context, path);
    return there == TRI_NO ? TRI_NO : TRI_YES; /* what cannot be asked is never removed */
}

static enum tri service_was_there(struct platform *p, const char *name)
{
    struct err e = {0};
    uint32_t start;
    if (p->query_service(p->context, name, &start, NULL, &e))
        return TRI_YES;
    return e.kind == ERR_NOT_FOUND ? TRI_NO : TRI_YES;
}

/* Where the filters cannot be read, one that names a service which is not there cannot be meant to
 * stay. */
static enum tri filter_was_there(struct platform *p, const struct facts *f,
                                 const struct journal_filter *filter)
{
    if (filter_is_listed(f, filter))
        return TRI_YES;
    return f->filters_reading == READING_FULL ? TRI_NO : service_was_there(p, filter->service);
}

static void survey_file(struct run *r, struct journal_file *f, const char *kept_folder)
{
    struct text kept = {0};
    f->existed = was_there(r->p, f->path);
    if (f->existed != TRI_YES)
        return;
    text_addf(&kept, "%s\\%zu", kept_folder, r->kept++);
    mem_free(f->kept);
    f->kept = text_steal(&kept);
}

static void survey_devices(struct run *r, struct journal_driver *d)
{
    const char *id;
    for (size_t i = 0; i < r->facts.devices.count; i++) {
        const struct facts_device *device = &r->facts.devices.at[i];
        if (!is_for(d, device, &id) || (!device->service && !device->inf))
            continue;
        struct journal_binding *b = shape_list_add(&d->before, sizeof *b);
        b->instance = mem_strdup(device->instance);
        b->id = mem_strdup(id);
        b->service = mem_strdup(device->service);
        b->inf = mem_strdup(device->inf);
    }
}

static void note_new_folders(struct platform *p, struct journal_helper *h)
{
    char *folder = mem_strdup(h->folder);
    while (strchr(folder, '\\') && p->exists(p->context, folder) == TRI_NO) {
        char *outer = folder_of(folder);
        texts_add(&h->new_folders, folder);
        mem_free(folder);
        folder = outer;
    }
    mem_free(folder);
}

/* Note what is there before anything is done: undoing must not take away what was not ours. */
static void survey(struct run *r, const char *kept_folder)
{
    for (size_t i = 0; i < r->facts.packages.count; i++)
        texts_add(&r->j->packages_before, r->facts.packages.at[i].inf);
    for (size_t i = 0; i < r->j->drivers.count; i++) {
        struct journal_driver *d = &r->j->drivers.at[i];
        survey_devices(r, d);
        for (size_t k = 0; k < d->installed.count; k++)
            survey_file(r, &d->installed.at[k], kept_folder);
        for (size_t k = 0; k < d->services.count; k++)
            d->services.at[k].existed = service_was_there(r->p, d->services.at[k].name);
        for (size_t k = 0; k < d->filters.count; k++)
            d->filters.at[k].existed = filter_was_there(r->p, &r->facts, &d->filters.at[k]);
    }
    for (size_t i = 0; i < r->j->helpers.count; i++) {
        struct journal_helper *h = &r->j->helpers.at[i];
        h->existed = service_was_there(r->p, h->service);
        survey_file(r, &h->file, kept_folder);
        note_new_folders(r->p, h);
    }
}

static bool run_step(struct run *r, struct journal_step *s, struct err *e)
{
    const struct step_work *work = work_of(s);
    char *words = plan_step_words(r->j, s);
    if (!work) {
        mem_free(words);
        return err_set(e, ERR_FORMAT, "the journal has a step of an unknown kind");
    }
    if (s->kind == STEP_BIND)
        remember_instances(journal_driver_named(r->j, s->subject), &r->facts);
    s->state = STEP_STARTED;
    bool ok = save(r, e);
    if (ok && work->holds(r, s, NULL)) {
        log_line(LOG_DETAIL, "transaction: %s: is so already", words);
    } else if (ok) {
        log_line(LOG_NOTE, "transaction: %s", words);
        ok = work->act(r, s, e) && work->holds(r, s, e);
    }
    if (ok)
        s->state = STEP_DONE;
    else
        err_wrap(e, "cannot %s", words);
    mem_free(words);
    return ok;
}

static enum outcome finish(struct run *r, enum journal_state state, enum outcome outcome,
                           struct err *e)
{
    r->j->state = state;
    if (!save(r, e))
        outcome = OUTCOME_STUCK;
    end_run(r);
    return outcome;
}

/*
 * Windows binds by itself what comes up and has a staged INF: with its bus, after a restart, even
 * after an undo that was cut short. A device that our driver is for and that is bound to its
 * service now, and was not before, is ours to undo.
 */
static void notice_bound(struct run *r)
{
    const char *id;
    for (size_t i = 0; i < r->j->steps.count; i++) {
        struct journal_step *s = &r->j->steps.at[i];
        struct journal_driver *d =
            s->kind == STEP_BIND ? journal_driver_named(r->j, s->subject) : NULL;
        for (size_t k = 0; d && k < r->facts.devices.count; k++) {
            const struct facts_device *device = &r->facts.devices.at[k];
            const struct journal_binding *before = binding_before(d, device->instance);
            bool was_so = before && same_text(before->inf, device->inf) &&
                          same_text(before->service, device->service);
            if (was_so || !is_for(d, device, &id) || !is_service_of(d, device->service))
                continue;
            s->state = STEP_STARTED;
            if (!texts_have_nocase(&d->instances, device->instance))
                texts_add(&d->instances, device->instance);
        }
    }
}

static bool may_be_there(const struct journal_step *s)
{
    return s->state == STEP_STARTED || s->state == STEP_DONE;
}

/* What a later step of the same subject stands on is kept while that could not be undone. */
static bool is_needed(const struct run *r, const struct journal_step *s)
{
    for (const struct journal_step *later = s + 1; later < r->j->steps.at + r->j->steps.count;
         later++)
        if (may_be_there(later) && strcmp(later->subject, s->subject) == 0)
            return true;
    return false;
}

static bool undo_step(struct run *r, struct journal_step *s, struct err *e)
{
    const struct step_work *work = work_of(s);
    if (!may_be_there(s) || is_needed(r, s))
        return true;
    char *words = plan_step_words(r->j, s);
    log_line(LOG_NOTE, "transaction: undoing: %s", words);
    bool ok = work->undo(r, s, e);
    if (ok)
        s->state = STEP_REVERTED;
    else
        log_line(LOG_ERROR, "transaction: cannot undo: %s: %s", words, e->text);
    mem_free(words);
    return ok;
}

/* What may be there, the journal's word and what Windows did meanwhile. Without it an undo would
 * leave things behind. */
static bool look_again(struct run *r, struct err *e)
{
    if (!refresh(r, e))
        return false;
    for (size_t i = 0; i < r->j->steps.count; i++)
        learn_published(r, &r->j->steps.at[i]);
    notice_bound(r);
    return true;
}

/* A journal that cannot be written on the way is not in the way: each undo can be done again. Only
 * the last word counts. */
static enum outcome revert(struct run *r, const char *reason, struct err *e)
{
    struct err failure = {0};
    release_held(r, 0);
    shape_set_text(&r->j->reason, reason);
    r->j->state = JOURNAL_REVERTING;
    save(r, NULL);
    bool known = look_again(r, &failure);
    release_held(r, 0); /* looking held what is to be removed */
    save(r, NULL);
    for (size_t i = r->j->steps.count; known && i-- > 0;) {
        struct err one = {0};
        if (!undo_step(r, &r->j->steps.at[i], &one) && failure.kind == ERR_NONE)
            failure = one;
        save(r, NULL);
    }
    if (failure.kind == ERR_NONE)
        return finish(r, JOURNAL_ROLLED_BACK, OUTCOME_ROLLED_BACK, e);
    if (e && e->kind == ERR_NONE)
        *e = failure;
    return finish(r, JOURNAL_REVERTING, OUTCOME_NEEDS_ATTENTION, NULL);
}

/* Is each step one that we can do and undo? Asked before the first. */
static bool steps_are_known(const struct journal *j, struct err *e)
{
    for (size_t i = 0; i < j->steps.count; i++) {
        const struct journal_step *s = &j->steps.at[i];
        if (!work_of(s))
            return err_set(e, ERR_FORMAT, "step %zu of the journal is of an unknown kind", i);
        if (!journal_step_has_subject(j, s))
            return err_set(e, ERR_FORMAT, "step %zu is about nothing that the journal knows", i);
    }
    return true;
}

/* All at once and first: Windows may bind by itself as soon as an INF is staged. */
static bool keep_files(struct run *r, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < r->j->drivers.count; i++)
        for (size_t k = 0; ok && k < r->j->drivers.at[i].installed.count; k++)
            ok = keep_file(r, &r->j->drivers.at[i].installed.at[k], e);
    for (size_t i = 0; ok && i < r->j->helpers.count; i++)
        ok = keep_file(r, &r->j->helpers.at[i].file, e);
    return ok;
}

/* The first record, before any effect; copies that an earlier transaction kept are of no use after
 * it. */
static bool begin(struct run *r, struct err *e)
{
    char *state = r->p->folder(r->p->context, PLATFORM_FOLDER_STATE, e);
    char *kept = state ? in_state_folder(r->p, "kept", e) : NULL;
    bool ok = kept && refresh(r, e) && r->p->make_private_folder(r->p->context, state, e);
    if (ok)
        survey(r, kept);
    r->j->state = JOURNAL_INSTALLING;
    ok = ok && save(r, e) && r->p->remove_tree(r->p->context, kept, e) && keep_files(r, e);
    mem_free(kept);
    mem_free(state);
    return ok;
}

enum outcome transaction_install(struct platform *p, struct journal *j,
                                 const struct transaction_content *content, struct err *e)
{
    struct run r = {.p = p, .j = j, .content = content};
    if (!steps_are_known(j, e) || !begin(&r, e)) {
        end_run(&r);
        return OUTCOME_STUCK;
    }
    bool ok = true;
    for (size_t i = 0; ok && i < j->steps.count; i++)
        ok = run_step(&r, &j->steps.at[i], e);
    if (ok) {
        j->boot_time = r.facts.windows.boot_time;
        j->restarts = number_of(j->restarts.value + 1);
        j->state = JOURNAL_RESTART_NEEDED;
        ok = save(&r, e);
    }
    if (!ok) {
        log_line(LOG_ERROR, "transaction: %s", e->text);
        return revert(&r, e->text, e);
    }
    end_run(&r);
    return OUTCOME_RESTART_NEEDED;
}

/* Bind what has come up since the restart. */
static bool bind_again(struct run *r, struct err *e)
{
    for (size_t i = 0; i < r->j->steps.count; i++)
        if (r->j->steps.at[i].kind == STEP_BIND && !run_step(r, &r->j->steps.at[i], e))
            return false;
    return true;
}

static enum outcome one_more_restart(struct run *r, struct err *e)
{
    if (r->j->restarts.value >= r->j->restart_limit.value) {
        err_set(e, ERR_FAILED, "%llu restarts were not enough",
                (unsigned long long)r->j->restarts.value);
        shape_set_text(&r->j->reason, e->text);
        return finish(r, JOURNAL_NEEDS_ATTENTION, OUTCOME_NEEDS_ATTENTION, NULL);
    }
    r->j->restarts = number_of(r->j->restarts.value + 1);
    r->j->boot_time = r->facts.windows.boot_time;
    return finish(r, JOURNAL_RESTART_NEEDED, OUTCOME_RESTART_NEEDED, e);
}

static bool same_boot(const struct number *a, const struct number *b)
{
    return a->known && b->known && a->value == b->value;
}

enum outcome transaction_continue(struct platform *p, struct journal *j, struct err *e)
{
    struct run r = {.p = p, .j = j};
    struct texts wrong = {0};
    if (!refresh(&r, e)) {
        end_run(&r);
        return OUTCOME_STUCK;
    }
    if (j->state == JOURNAL_RESTART_NEEDED &&
        same_boot(&j->boot_time, &r.facts.windows.boot_time)) {
        end_run(&r);
        return OUTCOME_RESTART_NEEDED;
    }
    bool ok = bind_again(&r, e);
    if (ok && r.restart)
        return one_more_restart(&r, e);
    if (ok)
        transaction_check(p, j, &r.facts, &wrong);
    if (ok && wrong.count)
        ok = err_set(e, ERR_FAILED, "%s", wrong.at[0]);
    texts_release(&wrong);
    if (ok)
        return finish(&r, JOURNAL_INSTALLED, OUTCOME_INSTALLED, e);
    shape_set_text(&j->reason, e->text);
    return finish(&r, JOURNAL_NEEDS_ATTENTION, OUTCOME_NEEDS_ATTENTION, NULL);
}

enum outcome transaction_revert(struct platform *p, struct journal *j, const char *reason,
                                struct err *e)
{
    struct run r = {.p = p, .j = j};
    if (!steps_are_known(j, e))
        return OUTCOME_STUCK;
    return revert(&r, reason, e);
}

void transaction_check(struct platform *p, const struct journal *j, const struct facts *f,
                       struct texts *wrong)
{
    struct journal copy = *j; /* the steps only read it */
    struct run r = {.p = p, .j = &copy, .facts = *f};
    for (size_t i = 0; i < j->steps.count; i++) {
        const struct step_work *work = work_of(&j->steps.at[i]);
        struct err e = {0};
        if (work && !work->holds(&r, &j->steps.at[i], &e))
            texts_add(wrong, e.kind == ERR_NONE ? "a step of the journal does not hold" : e.text);
    }
    release_held(&r, 0);
}
