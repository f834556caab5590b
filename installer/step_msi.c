#include "installer/step.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/msi_trust.h"
#include "installer/placed.h"
#include "installer/removal_seen.h"

/*
 * A product that Windows Installer installs for us: its drivers, services and helpers are the
 * journal's, and each is asked for as if we had installed it ourselves. What Windows Installer says
 * of its success counts for nothing.
 */

enum { SETTLE_MS = 120000 };

/* The step of another kind that is about one driver, or one helper. */
static struct journal_step part(const char *subject, enum step_state state)
{
    return (struct journal_step){.subject = (char *)subject, .state = state};
}

/* --- the package in our folder ---------------------------------------------------------------- */

static bool store_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    const struct journal_file *f = &r->j->product->file;
    (void)s;
    return placed_hold(r, f) || err_set(e, ERR_FAILED, "'%s' is not as it was verified", f->path);
}

static bool store_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    return placed_put(r, s->subject, &r->j->product->file, e);
}

static bool store_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    (void)s;
    return r->p->remove_tree(r->p->context, r->j->product->folder, e);
}

const struct step_work step_store_product_work = {
    .holds = store_holds, .act = store_do, .undo = store_undo};

/* --- what is there ---------------------------------------------------------------------------- */

static bool is_listed(const struct facts *f, const char *code)
{
    for (size_t i = 0; i < f->products.count; i++)
        if (f->products.at[i].product_code &&
            text_equal_nocase(f->products.at[i].product_code, code))
            return true;
    return false;
}

/* Both Windows Installer and the list of programs are asked. */
static bool is_registered(struct step_run *r, struct err *e)
{
    const struct journal_product *p = r->j->product;
    bool listed = r->facts.products_reading != READING_FULL || is_listed(&r->facts, p->code);
    return (listed && r->p->has_product(r->p->context, p->code) == TRI_YES) ||
           err_set(e, ERR_FAILED, "'%s' is not among the products of Windows Installer",
                   p->name ? p->name : p->code);
}

/* An optional driver that this package has not brought is none that is missed. */
static bool driver_holds(struct step_run *r, const struct journal_driver *d, struct err *e)
{
    const struct journal_step s = part(d->name, STEP_DONE);
    if (d->optional == TRI_YES && !d->published)
        return true;
    if (!step_stage_work.holds(r, &s, NULL))
        return err_set(e, ERR_FAILED,
                       "Windows Installer says that it is done, and Windows does not know '%s'",
                       d->inf);
    return step_bind_work.holds(r, &s, e);
}

/* A package of 32 bits goes below Program Files (x86), whatever its drivers are: the service says
 * where its program is. NULL with *e set when there is none; mem_free. */
static char *helper_path(struct step_run *r, const struct journal_helper *h, struct err *e)
{
    uint32_t start;
    char *image = NULL, *path = NULL;
    if (r->p->query_service(r->p->context, h->service, &start, &image, e) && image)
        path = removal_program_of(image);
    mem_free(image);
    return path;
}

static bool helper_holds(struct step_run *r, const struct journal_helper *h, struct err *e)
{
    char *path = helper_path(r, h, e);
    bool ok = path && placed_has_bytes(r->p, path, h->file.sha256) == TRI_YES;
    if (!ok)
        err_set(e, ERR_FAILED, "'%s' does not hold the verified bytes", path ? path : "nothing");
    mem_free(path);
    return ok || err_wrap(e, "service '%s'", h->service);
}

static bool install_holds(struct step_run *r, const struct journal_step *s, struct err *e)
{
    (void)s;
    if (!is_registered(r, e))
        return false;
    for (size_t i = 0; i < r->j->helpers.count; i++)
        if (!helper_holds(r, &r->j->helpers.at[i], e))
            return false;
    for (size_t i = 0; i < r->j->drivers.count; i++)
        if (!driver_holds(r, &r->j->drivers.at[i], e))
            return false;
    return true;
}

/* --- before and doing ------------------------------------------------------------------------- */

static bool survey_product(struct step_run *r, struct err *e)
{
    struct journal_product *p = r->j->product;
    if (p->existed == TRI_UNKNOWN)
        p->existed = r->p->has_product(r->p->context, p->code);
    for (size_t i = 0; i < p->certificates.count; i++) {
        struct journal_certificate *c = &p->certificates.at[i];
        if (c->existed == TRI_UNKNOWN && c->sha1 && c->of_machine == TRI_YES)
            c->existed = r->p->has_certificate(r->p->context, c->store, c->sha1);
    }
    return p->existed != TRI_UNKNOWN ||
           err_set(e, ERR_FAILED, "whether '%s' is installed cannot be told", p->code);
}

/* The same call for each driver, and each helper. */
static bool for_parts(struct step_run *r,
                      bool (*driver)(struct step_run *, struct journal_step *, struct err *),
                      bool (*helper)(struct step_run *, struct journal_step *, struct err *),
                      struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < r->j->helpers.count; i++) {
        struct journal_step s = part(r->j->helpers.at[i].service, STEP_PENDING);
        ok = helper(r, &s, e);
    }
    for (size_t i = 0; ok && i < r->j->drivers.count; i++) {
        struct journal_step s = part(r->j->drivers.at[i].name, STEP_PENDING);
        ok = driver(r, &s, e);
    }
    return ok;
}

static bool install_survey(struct step_run *r, struct journal_step *s, struct err *e)
{
    (void)s;
    return survey_product(r, e) && for_parts(r, step_bind_work.survey, step_helper_work.survey, e);
}

static bool keep_driver(struct step_run *r, struct journal_step *s, struct err *e)
{
    return step_bind_work.keep(r, s, e);
}

static bool keep_helper(struct step_run *r, struct journal_step *s, struct err *e)
{
    return step_helper_work.keep(r, s, e);
}

static bool install_keep(struct step_run *r, const struct journal_step *s, struct err *e)
{
    (void)s;
    return for_parts(r, keep_driver, keep_helper, e);
}

/* Device nodes and INFs that are there by now. */
static void note_drivers(struct step_run *r)
{
    for (size_t i = 0; i < r->j->drivers.count; i++) {
        struct journal_step s = part(r->j->drivers.at[i].name, STEP_PENDING);
        step_stage_find(r, &r->j->drivers.at[i]);
        step_bind_work.prepare(r, &s);
    }
}

/* Where the helpers are in truth. Of what was there before nothing is known: it is the
 * uninstaller's to take out. */
static void note_helpers(struct step_run *r)
{
    for (size_t i = 0; i < r->j->helpers.count; i++) {
        struct journal_file *f = &r->j->helpers.at[i].file;
        char *path = helper_path(r, &r->j->helpers.at[i], NULL);
        if (path && !text_equal_nocase(path, f->path)) {
            shape_set_text(&f->path, path);
            shape_set_text(&f->kept, NULL);
            f->existed = TRI_UNKNOWN;
        }
        mem_free(path);
    }
}

static void install_prepare(struct step_run *r, struct journal_step *s)
{
    (void)s;
    note_drivers(r);
}

/* What is in our folder is held and is what was verified: nothing else is given to Windows
 * Installer. */
static bool run_installer(struct step_run *r, struct err *e)
{
    const struct journal_product *p = r->j->product;
    const struct platform_product product = {.code = p->code,
                                             .name = p->name,
                                             .path = p->file.path,
                                             .again = r->p->has_product(r->p->context, p->code) ==
                                                      TRI_YES};
    return store_holds(r, NULL, e) &&
           r->p->install_product(r->p->context, &product, &r->restart, e);
}

/* Windows goes on by itself with what is staged: wait for it, then look. */
static bool look(struct step_run *r, struct err *e)
{
    r->p->settle(r->p->context, SETTLE_MS);
    if (!step_refresh(r, e))
        return false;
    note_drivers(r);
    note_helpers(r);
    msi_trust_look(r->p, r->j);
    return true;
}

/* After a restart only where Windows alone has not come to the end of it. */
static bool install_do(struct step_run *r, const struct journal_step *s, struct err *e)
{
    bool waited = !step_is_installing(r);
    if (waited && !look(r, e))
        return false;
    if (waited && install_holds(r, s, NULL))
        return true;
    return run_installer(r, e) && look(r, e);
}

/* --- undoing ---------------------------------------------------------------------------------- */

static bool undo_product(struct step_run *r, struct err *e)
{
    const struct journal_product *p = r->j->product;
    if (p->existed != TRI_NO || r->p->has_product(r->p->context, p->code) == TRI_NO)
        return true;
    return r->p->uninstall_product(r->p->context, p->code, &r->restart, e) &&
           (r->p->has_product(r->p->context, p->code) == TRI_NO ||
            err_set(e, ERR_FAILED, "'%s' is still installed", p->name ? p->name : p->code));
}

/* Its uninstaller takes out what it put in; what is left after that we do. */
static bool undo_certificates(struct step_run *r, struct err *e)
{
    struct journal_product *p = r->j->product;
    for (size_t i = 0; i < p->certificates.count; i++) {
        const struct journal_certificate *c = &p->certificates.at[i];
        if (c->existed != TRI_NO || !c->sha1 || c->of_machine != TRI_YES ||
            r->p->has_certificate(r->p->context, c->store, c->sha1) == TRI_NO)
            continue;
        if (!r->p->remove_certificate(r->p->context, c->store, c->sha1, e))
            return false;
        if (r->p->has_certificate(r->p->context, c->store, c->sha1) != TRI_NO)
            return err_set(e, ERR_FAILED, "certificate '%s' is still in '%s'", c->sha1, c->store);
    }
    msi_trust_forget(r->j);
    return true;
}

static bool undo_helpers(struct step_run *r, struct err *e)
{
    for (size_t i = 0; i < r->j->helpers.count; i++) {
        const struct journal_step s = part(r->j->helpers.at[i].service, STEP_STARTED);
        if (!step_helper_work.undo(r, &s, e))
            return false;
    }
    return true;
}

/*
 * Filters go before the services that they name, and both before the uninstaller runs: of GPLPV's
 * it is known that it leaves filters behind, and with them a Windows that does not start. The INFs
 * go last, for the uninstaller looks for its packages.
 */
static bool install_undo(struct step_run *r, const struct journal_step *s, struct err *e)
{
    (void)s;
    for (size_t i = r->j->drivers.count; i-- > 0;) {
        const struct journal_step bind = part(r->j->drivers.at[i].name, STEP_STARTED);
        if (!step_bind_work.undo(r, &bind, e))
            return false;
    }
    if (!undo_product(r, e) || !undo_helpers(r, e))
        return false;
    for (size_t i = r->j->drivers.count; i-- > 0;) {
        const struct journal_step stage = part(r->j->drivers.at[i].name, STEP_STARTED);
        if (!step_stage_work.undo(r, &stage, e))
            return false;
    }
    return undo_certificates(r, e);
}

/* A run that was cut off may have left any part of it. */
static void install_learn(struct step_run *r, struct journal_step *s)
{
    const struct journal_product *p = r->j->product;
    for (size_t i = 0; i < r->j->drivers.count; i++) {
        struct journal_driver *d = &r->j->drivers.at[i];
        struct journal_step bind = part(d->name, s->state);
        step_stage_find(r, d);
        step_bind_work.learn(r, &bind);
        if (bind.state == STEP_STARTED)
            s->state = STEP_STARTED;
    }
    if (p->existed == TRI_NO && r->p->has_product(r->p->context, p->code) != TRI_NO)
        s->state = STEP_STARTED;
}

const struct step_work step_install_product_work = {
    .survey = install_survey,
    .keep = install_keep,
    .prepare = install_prepare,
    .holds = install_holds,
    .act = install_do,
    .undo = install_undo,
    .learn = install_learn,
    .again_after_restart = true,
};
