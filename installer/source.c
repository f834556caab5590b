#include "installer/source.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "verifier/name.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_MAX = 600 };

static void refuse(struct source *s, const char *container, const char *file, const char *format,
                   ...) ERR_PRINTF(4, 5);

static void refuse(struct source *s, const char *container, const char *file, const char *format,
                   ...)
{
    char message[MESSAGE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct source_refusal *r = shape_list_add(&s->refusals, sizeof *r);
    *r = (struct source_refusal){.container = mem_strdup(container),
                                 .file = mem_strdup(file),
                                 .message = mem_strdup(message)};
}

const struct evidence *source_evidence(const struct source *s, const struct source_driver *d)
{
    return &s->containers.at[d->container].evidence;
}

const struct evidence_package *source_package(const struct source *s, const struct source_driver *d)
{
    return d->package == SIZE_MAX ? NULL : &source_evidence(s, d)->packages.at[d->package];
}

static bool open_containers(struct source *s, struct shelf *shelf, const struct target *target,
                            struct err *e)
{
    const struct evidence_options options = {.target = target};
    for (size_t i = 0; i < s->set->files.count; i++) {
        const struct manifest_file_pin *pin = &s->set->files.at[i];
        const char *path = NULL;
        if (shelf_find(shelf, pin, &path) == SHELF_ABSENT)
            return err_set(e, ERR_NOT_FOUND, "'%s' was not found", pin->name);
        struct source_container *c = shape_list_add(&s->containers, sizeof *c);
        c->path = path;
        c->pin = pin;
        if (!evidence_gather(path, &options, &c->evidence, e))
            return false;
        c->pinned = shelf_is_pinned(&c->evidence.whole, pin);
    }
    return true;
}

/* Everything in the container that speaks for tampering; the first few are enough for a person. */
static void refuse_altered_files(struct source *s, const struct source_container *c)
{
    const struct findings *f = &c->evidence.findings;
    enum { SHOWN_MAX = 8 };
    size_t shown = 0;
    for (size_t i = 0; i < f->count && shown < SHOWN_MAX; i++) {
        if (f->at[i].severity != FINDING_ERROR)
            continue;
        refuse(s, file_name(c->path), f->at[i].file, "%s", f->at[i].message);
        shown++;
    }
}

static void judge_container(struct source *s, const struct source_container *c)
{
    const struct manifest_file_pin *pin = c->pin;
    char have[2 * DIGEST_SIZE_MAX + 1];
    bool has_pin = pin->sha256 || pin->sha512;
    if (has_pin && !c->pinned) {
        digest_hex(&c->evidence.whole.of[pin->sha256 ? DIGEST_SHA256 : DIGEST_SHA512], have);
        refuse(s, file_name(c->path), NULL,
               "it is not the file that the manifest names: expected %s %.16s..., found %.16s...",
               pin->sha256 ? "SHA-256" : "SHA-512", pin->sha256 ? pin->sha256 : pin->sha512, have);
    }
    if (c->evidence.package.damaged)
        refuse(s, file_name(c->path), NULL, "it is cut short or damaged");
    if ((has_pin && !c->pinned) || c->evidence.package.damaged)
        refuse_altered_files(s, c);
}

static bool binds_any_of(const struct evidence_package *p, const struct target *t,
                         const struct texts *ids)
{
    struct inf_models models = {0};
    bool found = false;
    inf_models(&p->inf, t, &models);
    for (size_t i = 0; i < ids->count && !found; i++) {
        size_t rank;
        found = inf_models_find(&models, ids->at[i], &rank) != NULL;
    }
    inf_models_release(&models);
    return found;
}

/* How well a package fits: an INF of this name that binds one of the ids here, and drivers for this
 * processor. */
static int worth_of(const struct source *s, const struct source_driver *d, const struct target *t)
{
    const struct evidence_package *p = source_package(s, d);
    const struct evidence *ev = source_evidence(s, d);
    if (!text_equal_nocase(name_base(evidence_name(ev, p->inf_entry)), d->driver->inf))
        return 0;
    if (!binds_any_of(p, t, &d->driver->hardware_ids))
        return 1;
    return d->prediction.fit == FIT_NO ? 2 : 3;
}

/* For whom a driver is looked for. */
struct wanted {
    const struct manifest *manifest;
    const struct facts *facts;
    const struct target *target;
};

static void find_driver(struct source *s, const struct manifest_driver *driver,
                        const struct wanted *w)
{
    struct source_driver best = {.driver = driver, .package = SIZE_MAX};
    int best_worth = 0;
    for (size_t c = 0; c < s->containers.count; c++) {
        const struct evidence *ev = &s->containers.at[c].evidence;
        for (size_t i = 0; i < ev->packages.count; i++) {
            struct source_driver d = {.driver = driver, .container = c, .package = i};
            policy_judge(&(struct policy_case){.evidence = ev,
                                               .package = &ev->packages.at[i],
                                               .facts = w->facts,
                                               .manifest = w->manifest},
                         &d.prediction);
            int worth = worth_of(s, &d, w->target);
            if (worth > best_worth) {
                prediction_release(&best.prediction);
                best = d;
                best_worth = worth;
            } else {
                prediction_release(&d.prediction);
            }
        }
    }
    if (best.package != SIZE_MAX)
        *(struct source_driver *)shape_list_add(&s->drivers, sizeof best) = best;
    else if (driver->optional != TRI_YES)
        refuse(s, s->release->id, driver->inf,
               "the release has no such driver package for this Windows");
}

static void refuse_files(struct source *s, const struct source_driver *d, const char *container)
{
    const struct evidence_package *p = source_package(s, d);
    for (size_t i = 0; i < p->files.count; i++) {
        const struct evidence_file *f = &p->files.at[i];
        if (f->integrity != INTEGRITY_INTACT || f->member == TRI_NO)
            refuse(s, container, f->name, "%s%s", integrity_name(f->integrity),
                   f->member == TRI_NO ? ": its hash is not in the catalog" : "");
    }
}

static void judge_driver(struct source *s, const struct source_driver *d)
{
    const char *container = file_name(s->containers.at[d->container].path);
    const struct evidence *ev = source_evidence(s, d);
    const struct evidence_package *p = source_package(s, d);
    const char *inf = evidence_name(ev, p->inf_entry);
    if (p->integrity != INTEGRITY_INTACT) {
        refuse(s, container, inf, "the driver package is %s", integrity_name(p->integrity));
        refuse_files(s, d, container);
        return;
    }
    if (d->prediction.fit == FIT_NO)
        refuse(s, container, inf, "it does not fit this Windows: %s", d->prediction.fit_why);
    for (size_t i = 0; i < d->prediction.drivers.count; i++) {
        const struct driver_prediction *one = &d->prediction.drivers.at[i];
        if (one->load != LOAD_LOADS)
            refuse(s, container, one->file, "this Windows %s: %s",
                   one->load == LOAD_REFUSED ? "would not load it" : "is not known to load it",
                   one->why);
    }
    if (d->prediction.install == INSTALL_REFUSED)
        refuse(s, container, inf, "this Windows would not install it: %s",
               d->prediction.install_why);
}

bool source_open(struct shelf *shelf, const struct choice *choice, const struct manifest *m,
                 const struct facts *f, struct source *out, struct err *e)
{
    struct source s = {.release = choice_chosen_release(choice, m),
                       .set = choice_chosen_set(choice, m)};
    struct target target = policy_target(&f->windows);
    if (!s.release || !s.set)
        return err_set(e, ERR_NOT_FOUND, "no source was chosen");
    if (!open_containers(&s, shelf, &target, e)) {
        source_release(&s);
        return false;
    }
    for (size_t i = 0; i < s.containers.count; i++)
        judge_container(&s, &s.containers.at[i]);
    for (size_t i = 0; i < s.release->drivers.count; i++)
        find_driver(&s, &s.release->drivers.at[i], &(struct wanted){m, f, &target});
    for (size_t i = 0; i < s.drivers.count; i++)
        judge_driver(&s, &s.drivers.at[i]);
    *out = s;
    return true;
}

void source_release(struct source *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->drivers.count; i++)
        prediction_release(&s->drivers.at[i].prediction);
    mem_free(s->drivers.at);
    for (size_t i = 0; i < s->containers.count; i++)
        evidence_release(&s->containers.at[i].evidence);
    mem_free(s->containers.at);
    for (size_t i = 0; i < s->refusals.count; i++) {
        mem_free(s->refusals.at[i].container);
        mem_free(s->refusals.at[i].file);
        mem_free(s->refusals.at[i].message);
    }
    mem_free(s->refusals.at);
    memset(s, 0, sizeof *s);
}
