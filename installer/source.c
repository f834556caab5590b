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

/* What was hashed when the release was chosen is what is opened now; it is read again only where
 * the shelf did not keep it. */
static bool gather(const struct shelf_file *f, struct evidence_options o, struct evidence *out,
                   struct err *e)
{
    struct package package = {0};
    if (!f->content.size)
        return evidence_gather(f->path, &o, out, e);
    if (!package_open_bytes(f->path, bytes_span(&f->content), &package, e))
        return false;
    o.whole = &f->digests;
    evidence_gather_package(&package, &o, out);
    return true;
}

static bool open_containers(struct source *s, struct shelf *shelf, const struct target *target,
                            struct err *e)
{
    const struct evidence_options options = {.target = target};
    for (size_t i = 0; i < s->set->files.count; i++) {
        const struct manifest_file_pin *pin = &s->set->files.at[i];
        const char *path = NULL;
        if (shelf_find(shelf, s->release, pin, &path) == SHELF_ABSENT)
            return err_set(e, ERR_NOT_FOUND, "'%s' was not found", pin->name);
        struct source_container *c = shape_list_add(&s->containers, sizeof *c);
        c->path = path;
        c->pin = pin;
        if (!gather(shelf_file_at(shelf, path), options, &c->evidence, e))
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

static void find_driver(struct source *s, const struct manifest_driver *driver,
                        const struct source_case *w, const struct target *target)
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
            int worth = worth_of(s, &d, target);
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

/* --- whom to trust ---------------------------------------------------------------------------- */

/* The signer of an intact package with an intact catalog, or NULL. */
static const struct signature *verified_signer(const struct source *s,
                                               const struct source_driver *d)
{
    const struct evidence_package *p = source_package(s, d);
    const struct signature *signature = evidence_package_signature(source_evidence(s, d), p);
    bool good = p->integrity == INTEGRITY_INTACT && signature &&
                signature->integrity == SIGNATURE_INTACT && signature->leaf_size;
    return good ? signature : NULL;
}

static bool is_publisher(const struct source *s, const struct signature *signer)
{
    for (size_t i = 0; i < s->publishers.count; i++)
        if (memcmp(s->publishers.at[i]->thumbprint, signer->thumbprint,
                   sizeof signer->thumbprint) == 0)
            return true;
    return false;
}

/* Does its chain end in a root of this machine? Its issuers are in the catalog. */
static enum tri has_root(struct source *s, const struct source_driver *d,
                         const struct source_trust *trust)
{
    const struct signature *signer = verified_signer(s, d);
    struct package *opened = &s->containers.at[d->container].evidence.package;
    size_t catalog = source_package(s, d)->catalog_entry;
    if (!signer || !package_load(opened, catalog, NULL))
        return TRI_UNKNOWN;
    return trust->has_root(trust->context, span_of(signer->leaf, signer->leaf_size),
                           opened->entries[catalog].bytes);
}

/* The list and one more text; texts_release. */
static struct texts with(const struct texts *list, const char *one)
{
    struct texts out = {0};
    for (size_t i = 0; i < list->count; i++)
        texts_add(&out, list->at[i]);
    if (one)
        texts_add(&out, one);
    return out;
}

/* As Windows would judge the driver's package if it trusted its signer. */
static void judge_trusting(struct source *s, const struct source_driver *d,
                           const struct source_case *c, struct prediction *out)
{
    const struct signature *signer = verified_signer(s, d);
    struct facts f = *c->facts; /* all but two lists of it stays borrowed */
    struct text hex = {0};
    text_add_hex(&hex, span_of(signer->thumbprint, sizeof signer->thumbprint));
    bool rooted = has_root(s, d, c->trust) == TRI_YES;
    f.integrity.trusted_publishers = with(&c->facts->integrity.trusted_publishers, text_str(&hex));
    f.integrity.publishers_without_root =
        with(&c->facts->integrity.publishers_without_root, rooted ? NULL : text_str(&hex));
    policy_judge(&(struct policy_case){.evidence = source_evidence(s, d),
                                       .package = source_package(s, d),
                                       .facts = &f,
                                       .manifest = c->manifest},
                 out);
    texts_release(&f.integrity.trusted_publishers);
    texts_release(&f.integrity.publishers_without_root);
    text_release(&hex);
}

/* Only where Windows would ask or refuse, and would know no reason to if it trusted the signer. */
static void trust_signer(struct source *s, struct source_driver *d, const struct source_case *c)
{
    const struct signature *signer = verified_signer(s, d);
    enum install_verdict before = d->prediction.install;
    struct prediction trusting = {0};
    if (!signer || (before != INSTALL_PROMPTS && before != INSTALL_REFUSED))
        return;
    judge_trusting(s, d, c, &trusting);
    if (trusting.install != INSTALL_SILENT && trusting.install != INSTALL_UNKNOWN) {
        prediction_release(&trusting);
        return;
    }
    prediction_release(&d->prediction);
    d->prediction = trusting;
    if (!is_publisher(s, signer))
        *(const struct signature **)shape_list_add(&s->publishers, sizeof signer) = signer;
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

/* What would make Windows install it without asking; "" where nothing is known to. */
const char *source_advice(const struct prediction *p)
{
    static const char *const advice[][2] = {
        {"publisher", "; --trust-publisher adds its certificate to the trusted publishers"},
        {"old-logo", "; --trust-publisher adds its certificate to the trusted publishers"},
        {"publisher-root", "; the root of its certificate is for the administrator to trust"},
        {"signing-policy-warn", "; set it to ignore (Control Panel, System, Hardware, Driver "
                                "Signing), or, from Windows XP on, give --trust-publisher"},
        {"signing-policy-block", "; set it to warn (Control Panel, System, Hardware, Driver "
                                 "Signing), or, from Windows XP on, give --trust-publisher"},
    };
    for (size_t i = 0; i < sizeof advice / sizeof *advice; i++)
        if (strcmp(advice[i][0], p->install_rule) == 0)
            return advice[i][1];
    return "";
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
        refuse(s, container, inf, "this Windows would not install it: %s%s",
               d->prediction.install_why, source_advice(&d->prediction));
}

bool source_open(struct shelf *shelf, const struct source_case *c, struct source *out,
                 struct err *e)
{
    struct source s = {.release = choice_chosen_release(c->choice, c->manifest),
                       .set = choice_chosen_set(c->choice, c->manifest)};
    struct target target = policy_target(&c->facts->windows);
    if (!s.release || !s.set)
        return err_set(e, ERR_NOT_FOUND, "no source was chosen");
    if (!open_containers(&s, shelf, &target, e)) {
        source_release(&s);
        return false;
    }
    for (size_t i = 0; i < s.containers.count; i++)
        judge_container(&s, &s.containers.at[i]);
    for (size_t i = 0; i < s.release->drivers.count; i++)
        find_driver(&s, &s.release->drivers.at[i], c, &target);
    for (size_t i = 0; c->trust && i < s.drivers.count; i++)
        trust_signer(&s, &s.drivers.at[i], c);
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
    mem_free(s->publishers.at);
    memset(s, 0, sizeof *s);
}
