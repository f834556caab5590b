#include "installer/removal_plan.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/recognise.h"
#include "installer/marks.h"

#include <stdlib.h>
#include <string.h>

enum { DRIVER_TYPES = 3 /* SERVICE_KERNEL_DRIVER, SERVICE_FILE_SYSTEM_DRIVER */ };

/* --- whose it is ------------------------------------------------------------------------------ */

/* What has been found to be the families'. */
struct proofs {
    const struct removal_view *view;
    struct texts packages, devices, services; /* names and instances */
    bool alone;                               /* no other family is on this machine */
};

static const struct manifest_family *family_at(const struct removal_view *v, size_t i)
{
    return manifest_family_by_id(v->manifest, v->families->at[i]);
}

static bool is_provider(const struct removal_view *v, const char *text)
{
    for (size_t i = 0; text && i < v->families->count; i++) {
        const struct manifest_family *f = family_at(v, i);
        if (f && texts_have_nocase(&f->providers, text))
            return true;
    }
    return false;
}

/* Can a file of this company have come with the families' packages? Makers of drivers do not all
 * write into VERSIONINFO what they write into the INF (GPLPV: James Harper), but what Microsoft or
 * another family made is not theirs. */
static bool may_be_maker(const struct removal_view *v, const char *company)
{
    if (!company || text_starts_nocase(company, "Microsoft"))
        return false;
    for (size_t i = 0; i < v->manifest->families.count; i++) {
        const struct manifest_family *f = &v->manifest->families.at[i];
        if (!texts_have_nocase(v->families, f->id) && texts_have_nocase(&f->providers, company))
            return is_provider(v, company);
    }
    return true;
}

static bool has_drivers_of(const struct manifest_release *r, const char *service)
{
    for (size_t i = 0; i < r->drivers.count; i++)
        if (texts_have_nocase(&r->drivers.at[i].services, service))
            return true;
    for (size_t i = 0; i < r->helpers.count; i++)
        if (text_equal_nocase(r->helpers.at[i].service, service))
            return true;
    return false;
}

/* Does a family use this name for a service? So may others. */
static bool is_service_name(const struct removal_view *v, const char *service)
{
    for (size_t i = 0; i < v->families->count; i++) {
        const struct manifest_family *f = family_at(v, i);
        if (f && texts_have_nocase(&f->services, service))
            return true;
    }
    for (size_t i = 0; i < v->manifest->releases.count; i++) {
        const struct manifest_release *r = &v->manifest->releases.at[i];
        if (texts_have_nocase(v->families, r->family) && has_drivers_of(r, service))
            return true;
    }
    return false;
}

/* Buses of all families begin like this: XEN\, XENBUS\, XENVIF\, XENHID\, XS\. */
static bool is_of_a_pv_bus(const char *id)
{
    return (text_starts_nocase(id, "XEN") && strchr(id, '\\')) || text_starts_nocase(id, "XS\\");
}

static bool is_xen_id(const char *id)
{
    return marks_xen_device(id) || is_of_a_pv_bus(id);
}

static bool is_xen_device(const struct facts_device *d)
{
    if (is_xen_id(d->instance))
        return true;
    for (size_t i = 0; i < d->hardware_ids.count; i++)
        if (is_xen_id(d->hardware_ids.at[i]))
            return true;
    return false;
}

/* Binds Xen's devices and no others: a package that somebody else's device needs too stays. */
static bool binds_xen_only(const struct facts_package *p)
{
    for (size_t i = 0; i < p->hardware_ids.count; i++)
        if (!is_xen_id(p->hardware_ids.at[i]))
            return false;
    return p->hardware_ids.count > 0;
}

static bool was_published_by_us(const struct removal_view *v, const struct facts_package *p)
{
    for (size_t i = 0; v->installation && i < v->installation->drivers.count; i++) {
        const struct journal_driver *d = &v->installation->drivers.at[i];
        if (d->published && text_equal_nocase(d->published, p->inf))
            return true;
    }
    return false;
}

static void prove_packages(struct proofs *g)
{
    const struct facts *f = g->view->facts;
    for (size_t i = 0; i < f->packages.count; i++) {
        const struct facts_package *p = &f->packages.at[i];
        if (p->inf && binds_xen_only(p) &&
            (is_provider(g->view, p->provider) || was_published_by_us(g->view, p)))
            texts_add(&g->packages, p->inf);
    }
}

static void prove_devices(struct proofs *g)
{
    const struct facts *f = g->view->facts;
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (is_xen_device(d) && !texts_have_nocase(&g->devices, d->instance) &&
            ((d->inf && texts_have_nocase(&g->packages, d->inf)) ||
             is_provider(g->view, d->provider) ||
             (d->service && texts_have_nocase(&g->services, d->service))))
            texts_add(&g->devices, d->instance);
    }
}

/* A file that our installation brought, with our bytes still. One that was there before is not
 * ours, whatever its bytes. */
static bool is_our_file(const struct removal_view *v, const struct removal_file *file)
{
    const struct journal *j = v->installation;
    for (size_t i = 0; j && file->sha256 && i < j->drivers.count; i++)
        for (size_t k = 0; k < j->drivers.at[i].installed.count; k++) {
            const struct journal_file *f = &j->drivers.at[i].installed.at[k];
            if (f->existed != TRI_YES && text_equal_nocase(f->path, file->path) &&
                strcmp(f->sha256, file->sha256) == 0)
                return true;
        }
    for (size_t i = 0; j && file->sha256 && i < j->helpers.count; i++)
        if (text_equal_nocase(j->helpers.at[i].file.path, file->path) &&
            strcmp(j->helpers.at[i].file.sha256, file->sha256) == 0)
            return true;
    return false;
}

/* A helper has no VERSIONINFO: its name and the place of its program, both as the release has them.
 */
static bool is_helper(const struct removal_view *v, const char *service, const char *path)
{
    for (size_t i = 0; i < v->manifest->releases.count; i++) {
        const struct manifest_release *r = &v->manifest->releases.at[i];
        for (size_t k = 0; texts_have_nocase(v->families, r->family) && k < r->helpers.count; k++) {
            struct text t = {0};
            text_addf(&t, "%s\\%s\\%s", v->folders->program_files, r->helpers.at[k].folder,
                      r->helpers.at[k].file);
            char *wanted = text_steal(&t);
            for (char *c = wanted; *c; c++)
                *c = *c == '/' ? '\\' : *c;
            bool same = text_equal_nocase(r->helpers.at[k].service, service) &&
                        text_equal_nocase(wanted, path);
            mem_free(wanted);
            if (same)
                return true;
        }
    }
    return false;
}

/* Does each device that uses the service belong to the families, and is there one? */
static bool drives_only_ours(const struct proofs *g, const char *service)
{
    const struct facts *f = g->view->facts;
    size_t used = 0;
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (!d->service || !text_equal_nocase(d->service, service))
            continue;
        if (!texts_have_nocase(&g->devices, d->instance))
            return false;
        used++;
    }
    return used > 0;
}

/* Is it copied by the families' packages, and by no other? */
static bool is_copied_by_ours(const struct proofs *g, const struct removal_file *f)
{
    for (size_t i = 0; i < f->infs.count; i++)
        if (!texts_have_nocase(&g->packages, f->infs.at[i]))
            return false;
    return f->infs.count && may_be_maker(g->view, f->company);
}

/* By what the service is the families', or NULL: it is not known to be. */
static const char *proof_of_service(const struct proofs *g, const struct facts_service *s)
{
    const struct removal_view *v = g->view;
    char *path = removal_image_path(s, v->folders);
    const struct removal_file *file = path ? removal_file_at(v->seen, path) : NULL;
    bool driver = s->type.known && s->type.value & DRIVER_TYPES;
    bool named = is_service_name(v, s->name);
    const char *proof = NULL;
    if (file && is_our_file(v, file))
        proof = "it runs a file that our journal names, unchanged";
    else if (file && is_provider(v, file->company) && (driver || named))
        proof = "its file names the family as its maker";
    else if (file && is_copied_by_ours(g, file))
        proof = "only the family's packages bring its file";
    else if (path && is_helper(v, s->name, path))
        proof = "it has the name and the program of the family's helper";
    else if (drives_only_ours(g, s->name))
        proof = "only devices of the family use it";
    mem_free(path);
    return proof;
}

static void prove_services(struct proofs *g)
{
    const struct facts *f = g->view->facts;
    for (size_t i = 0; i < f->services.count; i++) {
        const struct facts_service *s = &f->services.at[i];
        if (!marks_boot_service(s->name) && proof_of_service(g, s))
            texts_add(&g->services, s->name);
    }
}

static void prove(struct proofs *g)
{
    struct texts installed = {0};
    recognise_families(g->view->facts, g->view->manifest, &installed);
    g->alone = true;
    for (size_t i = 0; i < installed.count; i++)
        g->alone = g->alone && texts_have_nocase(g->view->families, installed.at[i]);
    texts_release(&installed);
    prove_packages(g);
    prove_devices(g);
    prove_services(g);
    prove_devices(g); /* those that only their service tells */
}

static void proofs_release(struct proofs *g)
{
    texts_release(&g->packages);
    texts_release(&g->devices);
    texts_release(&g->services);
}

/* --- targets and steps ------------------------------------------------------------------------ */

static struct journal_target *target(struct journal *j, const char *id, const char *proof)
{
    struct journal_target *t = journal_target_named(j, id);
    if (t)
        return t;
    t = shape_list_add(&j->targets, sizeof *t);
    t->id = mem_strdup(id);
    t->proof = mem_strdup(proof);
    return t;
}

static bool has_step(const struct journal *j, enum step_kind kind, const char *subject)
{
    for (size_t i = 0; i < j->steps.count; i++)
        if (j->steps.at[i].kind == kind && subject &&
            text_equal_nocase(j->steps.at[i].subject, subject))
            return true;
    return false;
}

static void add_step(struct journal *j, enum step_kind kind, const char *subject)
{
    if (has_step(j, kind, subject))
        return;
    struct journal_step *s = shape_list_add(&j->steps, sizeof *s);
    s->kind = kind;
    s->subject = mem_strdup(subject);
}

/* --- the disk is switched over ---------------------------------------------------------------- */

static bool is_driver(const struct facts_service *s)
{
    return s && s->type.known && s->type.value & DRIVER_TYPES;
}

static bool is_on(const struct facts_service *s)
{
    enum { DISABLED = 4 };
    return is_driver(s) && (!s->start.known || s->start.value != DISABLED);
}

static void enable_emulated(const struct facts *f, struct journal *j)
{
    for (size_t i = 0; i < f->services.count; i++) {
        const struct facts_service *s = &f->services.at[i];
        if (!marks_boot_service(s->name) || s->image_exists == TRI_NO)
            continue;
        target(j, s->name, "Windows' own driver of an emulated disk");
        add_step(j, STEP_ENABLE, s->name);
    }
}

/* Windows ends at a filter list's name that is no service; whose it was does not matter then. */
static bool goes_from_filters(const struct proofs *g, const char *token)
{
    const struct facts *f = g->view->facts;
    if (texts_have_nocase(&g->services, token))
        return true;
    return f->services_reading == READING_FULL && marks_service(token) &&
           is_service_name(g->view, token) && !facts_service_named(f, token);
}

static void drop_token(const struct facts_filter *f, const char *token, struct journal *j)
{
    struct text id = {0};
    text_addf(&id, "%s\\%s\\%s", f->class_guid, f->position, token);
    struct journal_target *t = target(j, text_str(&id), "a filter of the family's service");
    if (!t->service) {
        t->class_guid = mem_strdup(f->class_guid);
        t->position = mem_strdup(f->position);
        t->service = mem_strdup(token);
    }
    add_step(j, STEP_REMOVE_FILTER, text_str(&id));
    text_release(&id);
}

/* service NULL: all that go. */
static void drop_filters(const struct proofs *g, const char *service, struct journal *j)
{
    const struct facts *f = g->view->facts;
    for (size_t i = 0; i < f->filters.count; i++)
        for (size_t k = 0; k < f->filters.at[i].services.count; k++) {
            const char *token = f->filters.at[i].services.at[k];
            if (goes_from_filters(g, token) && (!service || text_equal_nocase(token, service)))
                drop_token(&f->filters.at[i], token, j);
        }
}

static void disable(const struct facts *f, const char *service, struct journal *j)
{
    const struct facts_service *s = facts_service_named(f, service);
    if (!is_on(s))
        return;
    target(j, s->name, "a driver of the family");
    add_step(j, STEP_DISABLE, s->name);
}

static bool is_on_the_machine(const struct facts_device *d)
{
    return !is_of_a_pv_bus(d->instance);
}

static void switch_bus_off(const struct proofs *g, struct journal *j)
{
    const struct facts *f = g->view->facts;
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (!d->service || !is_on_the_machine(d) || !texts_have_nocase(&g->devices, d->instance) ||
            !texts_have_nocase(&g->services, d->service))
            continue;
        drop_filters(g, d->service, j);
        disable(f, d->service, j);
    }
}

static bool runs(const struct facts *f, const struct facts_service *s)
{
    if (s->running != TRI_UNKNOWN)
        return s->running == TRI_YES;
    for (size_t i = 0; i < f->devices.count; i++)
        if (f->devices.at[i].present != TRI_NO && f->devices.at[i].service &&
            text_equal_nocase(f->devices.at[i].service, s->name))
            return true;
    return false;
}

static bool any_runs(const struct proofs *g)
{
    const struct facts *f = g->view->facts;
    for (size_t i = 0; i < f->services.count; i++) {
        const struct facts_service *s = &f->services.at[i];
        if (is_driver(s) && texts_have_nocase(&g->services, s->name) && runs(f, s))
            return true;
    }
    return false;
}

/* The key that holds Unplug is Xen Project's and its kin's; a PV bus of GPLPV's has none. */
static bool has_unplug_key(const struct proofs *g)
{
    return texts_have_nocase(&g->services, "xenbus") || texts_have_nocase(&g->services, "xenfilt");
}

static void switch_over(const struct proofs *g, struct journal *j)
{
    static const char *const unplug[] = {"XEN\\Unplug", "XEN\\ForceUnplug"};
    const struct facts *f = g->view->facts;
    bool any = false;
    for (size_t i = 0; i < f->services.count; i++)
        any = any || (is_on(&f->services.at[i]) &&
                      texts_have_nocase(&g->services, f->services.at[i].name));
    if (any)
        enable_emulated(f, j);
    for (size_t i = 0; any && has_unplug_key(g) && i < sizeof unplug / sizeof *unplug; i++) {
        target(j, unplug[i], "the family's request to unplug emulated devices");
        add_step(j, STEP_REMOVE_KEY, unplug[i]);
    }
    switch_bus_off(g, j);
    drop_filters(g, NULL, j);
    for (size_t i = 0; i < g->services.count; i++)
        disable(f, g->services.at[i], j);
    if (any && any_runs(g))
        add_step(j, STEP_RESTART, NULL);
}

/* As soon as the emulated adapters are at work: whatever fails after it, the machine can be
 * reached.
 */
static void give_network_back(struct journal *j)
{
    bool pv = false;
    for (size_t i = 0; j->network && i < j->network->saved.adapters.count; i++)
        pv = pv || j->network->saved.adapters.at[i].kind == FACTS_NETWORK_PV;
    for (size_t i = 0; i < j->steps.count; i++)
        pv = pv && j->steps.at[i].kind != STEP_NETWORK;
    if (pv)
        add_step(j, STEP_NETWORK, NULL);
}

/* --- and all of it goes ----------------------------------------------------------------------- */

static bool is_product_code(const char *code)
{
    enum { SIZE = 38 };
    return code && strlen(code) == SIZE && code[0] == '{' && code[SIZE - 1] == '}';
}

/* Families have shared upgrade codes: a name that is another one's decides. */
static bool is_product(const struct removal_view *v, const struct facts_product *p)
{
    bool ours = false, other = false;
    for (size_t i = 0; i < v->manifest->families.count; i++) {
        const struct manifest_family *f = &v->manifest->families.at[i];
        bool in = texts_have_nocase(v->families, f->id);
        bool named = manifest_patterns_match(&f->product_names, p->name);
        bool coded = (p->upgrade_code && texts_have_nocase(&f->upgrade_codes, p->upgrade_code)) ||
                     (p->product_code && texts_have_nocase(&f->product_codes, p->product_code));
        ours = ours || (in && (named || coded));
        other = other || (!in && named);
    }
    return ours && !other;
}

static void remove_products(const struct removal_view *v, struct journal *j)
{
    for (size_t i = 0; i < v->facts->products.count; i++) {
        const struct facts_product *p = &v->facts->products.at[i];
        if (!is_product(v, p) || !is_product_code(p->product_code))
            continue;
        struct journal_target *t =
            target(j, p->product_code, "a product of the family, by its name or upgrade code");
        if (!t->name)
            t->name = mem_strdup(p->name);
        add_step(j, STEP_REMOVE_PRODUCT, p->product_code);
    }
}

/* Of the product that we had installed: its uninstaller is to take them out, and may not have. */
static void remove_certificates(const struct journal *ours, struct journal *j)
{
    const struct journal_product *p = ours ? ours->product : NULL;
    for (size_t i = 0; p && i < p->certificates.count; i++) {
        const struct journal_certificate *c = &p->certificates.at[i];
        struct text id = {0};
        if (c->existed != TRI_NO || c->of_machine != TRI_YES || !c->sha1)
            continue;
        text_addf(&id, "%s\\%s", c->store, c->sha1);
        struct journal_target *t =
            target(j, text_str(&id), "the product brought it, and it was not there before");
        if (!t->sha1) {
            t->store = mem_strdup(c->store);
            t->sha1 = mem_strdup(c->sha1);
            t->name = mem_strdup(c->subject);
        }
        add_step(j, STEP_REMOVE_CERTIFICATE, text_str(&id));
        text_release(&id);
    }
}

static const char *sha256_of_inf(const struct removal_seen *seen, const char *name)
{
    for (size_t i = 0; i < seen->infs.count; i++)
        if (text_equal_nocase(seen->infs.at[i].name, name))
            return seen->infs.at[i].sha256;
    return NULL;
}

static void remove_package(const struct removal_view *v, const char *inf, struct journal *j)
{
    struct journal_target *t =
        target(j, inf, "it binds Xen's devices only, and names the family as its provider");
    if (!t->sha256)
        t->sha256 = mem_strdup(sha256_of_inf(v->seen, inf));
    add_step(j, STEP_REMOVE_PACKAGE, inf);
}

/* A package that binds a device of the machine itself is the bus's. */
static bool is_package_of_bus(const struct facts_package *p)
{
    for (size_t i = 0; i < p->hardware_ids.count; i++)
        if (!is_of_a_pv_bus(p->hardware_ids.at[i]))
            return true;
    return false;
}

static void remove_packages(const struct proofs *g, struct journal *j)
{
    const struct facts *f = g->view->facts;
    for (int bus = 1; bus >= 0; bus--)
        for (size_t i = 0; i < f->packages.count; i++)
            if (is_package_of_bus(&f->packages.at[i]) == (bus != 0) && f->packages.at[i].inf &&
                texts_have_nocase(&g->packages, f->packages.at[i].inf))
                remove_package(g->view, f->packages.at[i].inf, j);
}

/* How far from the machine's own buses: 0 none, 1 below a PV bus, 2 below xenvif and the like. */
static int depth_of(const struct facts_device *d)
{
    if (is_on_the_machine(d))
        return 0;
    return text_starts_nocase(d->instance, "XENBUS\\") || text_starts_nocase(d->instance, "XEN\\")
               ? 1
               : 2;
}

/* A child that no driver took is its bus's, and goes with it: if there is only one kind of bus. */
static bool goes_as_device(const struct proofs *g, const struct facts_device *d)
{
    if (texts_have_nocase(&g->devices, d->instance))
        return true;
    return g->alone && !is_on_the_machine(d) && !d->service && !d->inf;
}

static void remove_devices(const struct proofs *g, struct journal *j)
{
    enum { DEEPEST = 2 };
    const struct facts *f = g->view->facts;
    for (int depth = DEEPEST; depth >= 0; depth--)
        for (size_t i = 0; i < f->devices.count; i++) {
            const struct facts_device *d = &f->devices.at[i];
            bool bound = d->service || d->inf;
            if (depth_of(d) != depth || !goes_as_device(g, d) || (!depth && !bound))
                continue;
            struct journal_target *t =
                target(j, d->instance,
                       bound ? "its driver is the family's, by provider or package"
                             : "a bus of the family made it, and nobody drives it");
            if (!t->service && !t->inf) {
                t->service = mem_strdup(d->service);
                t->inf = mem_strdup(d->inf);
                t->node = depth || text_starts_nocase(d->instance, "ROOT\\") ? TRI_YES : TRI_NO;
            }
            add_step(j, STEP_REMOVE_DEVICE, d->instance);
        }
}

static void remove_services(const struct proofs *g, struct journal *j)
{
    static const char key[] = "XEN";
    const struct facts *f = g->view->facts;
    for (size_t i = 0; i < f->services.count; i++) {
        const struct facts_service *s = &f->services.at[i];
        if (!texts_have_nocase(&g->services, s->name))
            continue;
        struct journal_target *t = target(j, s->name, NULL);
        if (!t->image) {
            shape_set_text(&t->proof, proof_of_service(g, s));
            t->image = mem_strdup(s->image ? s->image : "");
        }
        add_step(j, STEP_REMOVE_SERVICE, s->name);
    }
    if (g->alone && has_unplug_key(g) && !facts_service_named(f, key)) {
        target(j, key, "settings of the family's bus driver");
        add_step(j, STEP_REMOVE_KEY, key);
    }
}

static bool is_named_by_others(const struct proofs *g, const struct removal_file *f)
{
    for (size_t i = 0; i < f->infs.count; i++)
        if (!texts_have_nocase(&g->packages, f->infs.at[i]))
            return true;
    return f->service && !texts_have_nocase(&g->services, f->service);
}

static const char *proof_of_file(const struct proofs *g, const struct removal_file *f)
{
    const struct removal_view *v = g->view;
    if (!f->sha256 || is_named_by_others(g, f))
        return NULL;
    if (is_our_file(v, f))
        return "our journal names it, and it is unchanged";
    if (f->service && is_helper(v, f->service, f->path))
        return "it is the program of the family's helper";
    if (is_copied_by_ours(g, f))
        return "only the family's packages bring it";
    return f->service && may_be_maker(v, f->company) ? "a service of the family runs it" : NULL;
}

static void remove_files(const struct proofs *g, struct journal *j)
{
    for (size_t i = 0; i < g->view->seen->files.count; i++) {
        const struct removal_file *f = &g->view->seen->files.at[i];
        const char *proof = proof_of_file(g, f);
        if (!proof)
            continue;
        struct journal_target *t = target(j, f->path, proof);
        if (!t->sha256)
            t->sha256 = mem_strdup(f->sha256);
        add_step(j, STEP_REMOVE_FILE, f->path);
    }
}

/* --- what only our journal knows -------------------------------------------------------------- */

static void remove_ours(const struct journal_file *f, const struct texts *folders,
                        struct journal *j)
{
    /* what was there in a folder that we made is of a release of ours that was upgraded */
    if (f->existed == TRI_YES && !(folders && folders->count))
        return;
    struct journal_target *t = target(j, f->path, "our journal names it");
    if (!t->sha256)
        t->sha256 = mem_strdup(f->sha256);
    bool first = !t->folders.count;
    for (size_t i = 0; folders && first && i < folders->count; i++)
        texts_add(&t->folders, folders->at[i]);
    add_step(j, STEP_REMOVE_FILE, f->path);
}

static void remove_store(const char *folder, struct journal *j)
{
    target(j, folder, "a folder of ours")->tree = TRI_YES;
    add_step(j, STEP_REMOVE_FILE, folder);
}

/* By path and hash: a file that has other bytes by now is not the one that we put there. */
static void remove_installation(const struct removal_view *v, struct journal *j)
{
    const struct journal *ours = v->installation;
    struct text packages = {0};
    if (!ours)
        return;
    text_addf(&packages, "%s\\packages\\", v->folders->state);
    for (size_t i = 0; i < ours->drivers.count; i++) {
        const struct journal_driver *d = &ours->drivers.at[i];
        for (size_t k = 0; k < d->installed.count; k++)
            remove_ours(&d->installed.at[k], NULL, j);
        if (text_starts_nocase(d->folder, text_str(&packages)) && !strstr(d->folder, ".."))
            remove_store(d->folder, j);
    }
    if (ours->product && text_starts_nocase(ours->product->folder, text_str(&packages)) &&
        !strstr(ours->product->folder, ".."))
        remove_store(ours->product->folder, j);
    for (size_t i = 0; i < ours->helpers.count; i++)
        remove_ours(&ours->helpers.at[i].file, &ours->helpers.at[i].new_folders, j);
    text_release(&packages);
}

/* Last of all: until then it is a way to start Windows on the emulated disk. */
static void remove_fallback(const struct journal *ours, struct journal *j)
{
    const struct journal_boot *from = ours ? &ours->boot : NULL;
    if (!from || from->fallbacks_known != TRI_YES || from->no_fallback ||
        j->boot.fallbacks_known == TRI_YES)
        return;
    j->boot.fallbacks_known = TRI_YES;
    shape_set_text(&j->boot.option, from->option);
    for (size_t i = 0; i < from->fallbacks_before.count; i++)
        texts_add(&j->boot.fallbacks_before, from->fallbacks_before.at[i]);
    add_step(j, STEP_REMOVE_FALLBACK, NULL);
}

/* Certificates that we had Windows trust; a machine without them is as it was. */
static void remove_trust(const struct journal *ours, struct journal *j)
{
    size_t had = j->publishers.count;
    if (ours)
        journal_carry_trust(j, ours);
    for (size_t i = had; i < j->publishers.count; i++)
        add_step(j, STEP_REMOVE_TRUST, j->publishers.at[i].sha1);
}

size_t removal_plan(const struct removal_view *v, struct journal *j)
{
    struct proofs g = {.view = v};
    size_t before = j->steps.count;
    prove(&g);
    switch_over(&g, j);
    if (j->steps.count > before)
        give_network_back(j);
    remove_products(v, j);
    remove_certificates(v->installation, j);
    remove_packages(&g, j);
    remove_devices(&g, j);
    remove_services(&g, j);
    remove_files(&g, j);
    remove_installation(v, j);
    remove_trust(v->installation, j);
    remove_fallback(v->installation, j);
    proofs_release(&g);
    return j->steps.count - before;
}

/* --- words ------------------------------------------------------------------------------------ */

char *removal_step_words(const struct journal *j, const struct journal_step *s)
{
    const struct journal_target *t = s->subject ? journal_target_named(j, s->subject) : NULL;
    const char *id = s->subject ? s->subject : "?";
    struct text words = {0};
    switch (s->kind) {
    case STEP_ENABLE: text_addf(&words, "let '%s' start at boot", id); break;
    case STEP_DISABLE: text_addf(&words, "disable the driver '%s'", id); break;
    case STEP_REMOVE_KEY: text_addf(&words, "delete the registry key 'Services\\%s'", id); break;
    case STEP_REMOVE_FILTER:
        text_addf(&words, "take '%s' out of the %s of class %s", t ? t->service : id,
                  t ? t->position : "filters", t ? t->class_guid : "?");
        break;
    case STEP_RESTART: text_add(&words, "restart Windows, and go on then"); break;
    case STEP_CONTINUATION:
        text_add(&words, "create the service that goes on after the restart");
        break;
    case STEP_NETWORK:
        text_add(&words, "give the network settings to the emulated adapters");
        break;
    case STEP_REMOVE_PRODUCT:
        text_addf(&words, "uninstall '%s'", t && t->name ? t->name : id);
        break;
    case STEP_REMOVE_CERTIFICATE:
        text_addf(&words, "see that the certificate '%s' is out of the store '%s'",
                  t && t->name ? t->name : id, t && t->store ? t->store : "?");
        break;
    case STEP_REMOVE_PACKAGE: text_addf(&words, "remove the driver package '%s'", id); break;
    case STEP_REMOVE_DEVICE:
        text_addf(&words,
                  t && t->node == TRI_YES ? "remove the device '%s'" : "take the driver off '%s'",
                  id);
        break;
    case STEP_REMOVE_SERVICE: text_addf(&words, "delete the service '%s'", id); break;
    case STEP_REMOVE_FILE: text_addf(&words, "delete '%s'", id); break;
    case STEP_REMOVE_FALLBACK: text_add(&words, "take our boot entry out"); break;
    case STEP_REMOVE_TRUST: {
        const struct journal_publisher *p = s->subject ? journal_publisher_of(j, s->subject) : NULL;
        text_addf(&words, "take the certificate of '%s' out of the trusted publishers",
                  p && p->name ? p->name : id);
        break;
    }
    default: text_add(&words, "do what this program does not know"); break;
    }
    return text_steal(&words);
}

/* --- questions -------------------------------------------------------------------------------- */

void removal_families(const struct manifest *m, const char *family, struct texts *out)
{
    const struct manifest_family *f = manifest_family_by_id(m, family);
    texts_add(out, family);
    for (size_t i = 0; i < m->families.count; i++) {
        const struct manifest_family *other = &m->families.at[i];
        if (f && strcmp(other->id, f->id) != 0 &&
            (texts_have_nocase(&f->compatible_with, other->id) ||
             texts_have_nocase(&other->compatible_with, f->id)))
            texts_add(out, other->id);
    }
}

static bool is_disk_class(const struct facts_device *d)
{
    return d->class_name && (text_equal_nocase(d->class_name, "SCSIAdapter") ||
                             text_equal_nocase(d->class_name, "hdc"));
}

bool removal_leaves_a_disk(const struct removal_view *v, struct err *e)
{
    const struct facts *f = v->facts;
    bool pv = false;
    for (size_t i = 0; i < f->devices.count; i++)
        pv = pv || (f->devices.at[i].present != TRI_NO && f->devices.at[i].service &&
                    is_disk_class(&f->devices.at[i]) && is_xen_device(&f->devices.at[i]));
    for (size_t i = 0; pv && i < f->services.count; i++)
        if (marks_boot_service(f->services.at[i].name) && f->services.at[i].image_exists != TRI_NO)
            pv = false;
    for (size_t i = 0; pv && i < f->devices.count; i++)
        if (marks_replaced_device(f->devices.at[i].instance) && f->devices.at[i].service)
            pv = false;
    return !pv || err_set(e, ERR_FAILED,
                          "the disk is the PV drivers', and Windows has no driver for an emulated "
                          "one: it would not start without them");
}

void removal_foreign_products(const struct removal_view *v, struct texts *out)
{
    for (size_t i = 0; i < v->facts->products.count; i++) {
        const struct facts_product *p = &v->facts->products.at[i];
        if (is_product(v, p) && !is_product_code(p->product_code))
            texts_add(out, p->name ? p->name : p->product_code);
    }
}

void removal_products(const struct removal_view *v, struct texts *codes)
{
    for (size_t i = 0; i < v->facts->products.count; i++) {
        const struct facts_product *p = &v->facts->products.at[i];
        if (is_product(v, p) && is_product_code(p->product_code))
            texts_add(codes, p->product_code);
    }
}
