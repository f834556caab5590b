#include "installer/setup_drivers.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/assume.h"
#include "verifier/name.h"
#include "verifier/policy.h"

#include <string.h>

/* --- which Windows ---------------------------------------------------------------------------- */

/* The Windows of one processor that look into the folder. */
struct group {
    enum architecture architecture;
    struct facts *facts; /* as many as there are targets */
    size_t *targets;     /* indices */
    size_t count;
};

static const char *folder_of(enum architecture a)
{
    return a == ARCHITECTURE_X86 ? "x86" : "x64";
}

static void group_release(struct group *g)
{
    for (size_t i = 0; i < g->count; i++)
        facts_release(&g->facts[i]);
    mem_free(g->facts);
    mem_free(g->targets);
}

/* Setup of Windows before Vista has no such folder. */
static bool group_fill(struct group *g, const struct bundle *b, struct err *e)
{
    g->facts = mem_zero(b->targets.count + 1, sizeof *g->facts);
    g->targets = mem_zero(b->targets.count + 1, sizeof *g->targets);
    for (size_t i = 0; i < b->targets.count; i++) {
        struct facts f = {0};
        if (!assume_facts(b->targets.at[i].windows, &f, e))
            return false;
        if (f.windows.architecture != g->architecture ||
            facts_windows_at_least(&f.windows, 6, 0, 0) != TRI_YES) {
            facts_release(&f);
            continue;
        }
        g->facts[g->count] = f;
        g->targets[g->count++] = i;
    }
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static const char *words_of(const struct wanted_target *t)
{
    return t->release ? t->release : "none";
}

static bool one_release(const struct group *g, const struct bundle *b, struct err *e)
{
    for (size_t i = 1; i < g->count; i++) {
        const struct wanted_target *first = &b->targets.at[g->targets[0]];
        const struct wanted_target *t = &b->targets.at[g->targets[i]];
        if (!same_text(first->release, t->release) || !same_text(first->set, t->set))
            return err_set(e, ERR_USAGE,
                           "Windows Setup takes what fits the device, whatever Windows it "
                           "installs, and %s is for %s, %s for %s: with --winpe, name only "
                           "Windows that one release is for",
                           words_of(first), first->windows, words_of(t), t->windows);
    }
    return true;
}

/* --- which packages --------------------------------------------------------------------------- */

/* The classes SCSIAdapter, HDC and DiskDrive. */
static bool is_of_disks(const struct inf *inf)
{
    static const char *const classes[] = {"{4d36e97b-e325-11ce-bfc1-08002be10318}",
                                          "{4d36e96a-e325-11ce-bfc1-08002be10318}",
                                          "{4d36e967-e325-11ce-bfc1-08002be10318}"};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (text_equal_nocase(inf->version.class_guid, classes[i]))
            return true;
    return false;
}

/* Intact, and this Windows loads it. A warning stays one: install says it again. */
static bool fits(const struct policy_case *judged)
{
    struct prediction p = {0};
    policy_judge(judged, &p);
    bool yes = judged->package->integrity == INTEGRITY_INTACT && p.load == LOAD_LOADS &&
               (p.fit == FIT_YES || p.fit == FIT_WARN);
    prediction_release(&p);
    return yes;
}

static bool fits_all(const struct setup_drivers *from, const struct group *g,
                     const struct evidence *ev, const struct evidence_package *p)
{
    bool yes = true;
    for (size_t i = 0; yes && i < g->count; i++) {
        const struct target target = policy_target(&g->facts[i].windows);
        struct evidence_package view = {0};
        evidence_view(ev, p, &target, &view);
        yes = fits(&(struct policy_case){
            .evidence = ev, .package = &view, .facts = &g->facts[i], .manifest = from->manifest});
        evidence_view_release(&view);
    }
    return yes;
}

/* --- their files ------------------------------------------------------------------------------ */

/* "$WinPEDriver$/x64/RELEASE/xenbus" */
static char *folder_for(const struct wanted_file *w, const char *inf)
{
    struct text t = {0};
    text_addf(&t, SETUP_DRIVERS_FOLDER "/%s/%s/%.*s", folder_of(w->set->architecture),
              w->release->id, (int)strcspn(inf, "."), inf);
    return text_steal(&t);
}

static bool add_entry(struct bundle *b, struct evidence *ev, size_t entry, const char *folder,
                      struct err *e)
{
    if (!package_load(&ev->package, entry, e))
        return false;
    const struct package_entry *from = &ev->package.entries[entry];
    struct bytes copy = {mem_resize(NULL, from->bytes.size + 1, 1), from->bytes.size};
    memcpy(copy.at, from->bytes.at, copy.size);
    char *name = file_join(folder, name_base(from->name));
    bool ok = bundle_add_bytes(b, name, &copy, e);
    package_drop(&ev->package, entry);
    mem_free(name);
    return ok;
}

static bool add_package(struct bundle *b, struct evidence *ev, const struct evidence_package *p,
                        const char *folder, struct err *e)
{
    bool ok = add_entry(b, ev, p->catalog_entry, folder, e);
    for (size_t i = 0; ok && i < p->files.count; i++)
        ok = p->files.at[i].entry == SIZE_MAX || add_entry(b, ev, p->files.at[i].entry, folder, e);
    return ok;
}

static bool add_file(const struct setup_drivers *from, const struct group *g,
                     const struct wanted_file *w, struct bundle *b, struct err *e)
{
    struct evidence ev = {0};
    const char *path = NULL;
    const struct target target = policy_target(&g->facts[0].windows);
    const struct evidence_options o = {.target = &target, .parallel = true};
    if (shelf_find(from->shelf, w->release, w->pin, &path) == SHELF_ABSENT)
        return err_set(e, ERR_NOT_FOUND, "'%s' is not there", w->pin->name);
    bool ok = evidence_gather(path, &o, &ev, e);
    for (size_t i = 0; ok && i < ev.packages.count; i++) {
        const struct evidence_package *p = &ev.packages.at[i];
        const char *inf = name_base(evidence_name(&ev, p->inf_entry));
        if (!manifest_release_has_inf(w->release, inf))
            continue;
        const char *why = is_of_disks(&p->inf)         ? "it is a disk's, which install adds"
                          : !fits_all(from, g, &ev, p) ? "Windows would not load it"
                                                       : NULL;
        char *folder = folder_for(w, inf);
        if (why)
            log_line(LOG_NOTE, "bundle: '%s' is left out: %s", folder, why);
        else
            ok = add_package(b, &ev, p, folder, e);
        mem_free(folder);
    }
    evidence_release(&ev);
    return ok;
}

static bool add_group(const struct setup_drivers *from, struct group *g, struct bundle *b,
                      struct err *e)
{
    bool ok = group_fill(g, b, e) && one_release(g, b, e);
    const struct wanted_target *t = g->count ? &b->targets.at[g->targets[0]] : NULL;
    for (size_t i = 0; ok && t && i < from->wanted->files.count; i++) {
        const struct wanted_file *w = &from->wanted->files.at[i];
        if (same_text(t->release, w->release->id) && same_text(t->set, w->set->id))
            ok = add_file(from, g, w, b, e);
    }
    return ok;
}

bool setup_drivers_add(const struct setup_drivers *from, struct bundle *b, struct err *e)
{
    static const enum architecture architectures[] = {ARCHITECTURE_X86, ARCHITECTURE_X64};
    size_t before = b->files.count;
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof architectures / sizeof *architectures; i++) {
        struct group g = {.architecture = architectures[i]};
        ok = add_group(from, &g, b, e);
        group_release(&g);
    }
    return ok &&
           (b->files.count > before ||
            err_set(e, ERR_USAGE,
                    "Windows Setup would load none of these drivers (--winpe): Setup of Vista "
                    "and later looks for some, and loads what its Windows loads"));
}
