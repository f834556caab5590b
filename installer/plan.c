#include "installer/plan.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/removal_plan.h"
#include "installer/step.h"
#include "verifier/name.h"

#include <string.h>

/* "folder\name", all slashes turned the way the machine writes them. */
static char *join(const char *folder, const char *name)
{
    struct text t = {0};
    text_addf(&t, "%s\\%s", folder, name);
    char *path = text_steal(&t);
    for (char *c = path; *c; c++)
        if (*c == '/')
            *c = '\\';
    return path;
}

static char *hex_of(const struct digest *d)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    digest_hex(d, hex);
    return mem_strdup(hex);
}

/* The entry's name below the folder of its INF; a file from elsewhere in the container goes by its
 * base name. */
static const char *below_inf(const char *entry, const char *inf)
{
    size_t folder = (size_t)(name_base(inf) - inf);
    return strncmp(entry, inf, folder) == 0 ? entry + folder : name_base(entry);
}

static void add_stored(struct journal_driver *d, const struct evidence *ev, size_t entry,
                       const char *inf)
{
    const char *name = evidence_name(ev, entry);
    struct journal_file *f = shape_list_add(&d->stored, sizeof *f);
    f->path = join(d->folder, below_inf(name, inf));
    f->source = mem_strdup(name);
    f->sha256 = hex_of(&ev->entries[entry].sha256);
}

static void plan_stored(struct journal_driver *d, const struct evidence *ev,
                        const struct evidence_package *p)
{
    const char *inf = evidence_name(ev, p->inf_entry);
    for (size_t i = 0; i < p->files.count; i++)
        if (p->files.at[i].entry != SIZE_MAX)
            add_stored(d, ev, p->files.at[i].entry, inf);
    if (p->catalog_entry != SIZE_MAX)
        add_stored(d, ev, p->catalog_entry, inf);
}

static const char *folder_of_dirid(int32_t dirid, const struct plan_folders *folders)
{
    switch (dirid) {
    case INF_DIRID_WINDOWS: return folders->windows;
    case INF_DIRID_SYSTEM: return folders->system;
    case INF_DIRID_DRIVERS: return folders->drivers;
    default: return NULL; /* the driver store, or a place that differs from Windows to Windows */
    }
}

static const struct evidence_file *file_of(const struct evidence_package *p, const char *inf,
                                           const struct inf_file *f)
{
    for (size_t i = 0; i < p->files.count; i++) {
        const struct evidence_file *have = &p->files.at[i];
        if (have->entry != SIZE_MAX && (text_equal_nocase(below_inf(have->name, inf), f->path) ||
                                        text_equal_nocase(name_base(have->name), f->source)))
            return have;
    }
    return NULL;
}

static void plan_installed(struct journal_driver *d, const struct evidence *ev,
                           const struct evidence_package *p, const struct inf_install *install,
                           const struct plan_folders *folders)
{
    const char *inf = evidence_name(ev, p->inf_entry);
    for (size_t i = 0; i < install->file_count; i++) {
        const struct inf_file *f = &install->files[i];
        const char *folder = folder_of_dirid(f->dirid, folders);
        const struct evidence_file *have = file_of(p, inf, f);
        if (!folder || !have || f->flags & INF_COPY_REPLACE_ONLY)
            continue;
        char *inside = *f->subdir ? join(folder, f->subdir) : mem_strdup(folder);
        struct journal_file *to = shape_list_add(&d->installed, sizeof *to);
        to->path = join(inside, f->name);
        to->source = mem_strdup(have->name);
        to->sha256 = hex_of(&ev->entries[have->entry].sha256);
        mem_free(inside);
    }
}

static void plan_services(struct journal_driver *d, const struct inf_install *install)
{
    for (size_t i = 0; i < install->service_count; i++) {
        const struct inf_service *s = &install->services[i];
        if (s->remove || !*s->name)
            continue;
        struct journal_service *to = shape_list_add(&d->services, sizeof *to);
        to->name = mem_strdup(s->name);
        if (s->start != INF_START_UNKNOWN)
            to->start = number_of((uint64_t)(s->start - INF_START_BOOT));
    }
}

/* "...\Control\Class\{guid}" ends in the class. */
static const char *class_of_key(const char *key)
{
    const char *brace = strrchr(key, '{');
    return brace && strchr(brace, '}') &&
                   text_starts_nocase(key, "SYSTEM\\CurrentControlSet\\Control\\Class\\")
               ? brace
               : NULL;
}

static void plan_filters(struct journal_driver *d, const struct inf_install *install)
{
    for (size_t i = 0; i < install->registry_count; i++) {
        const struct inf_registry *r = &install->registry[i];
        const char *guid = r->root == INF_HKLM ? class_of_key(r->key) : NULL;
        bool filters = text_equal_nocase(r->value, "UpperFilters") ||
                       text_equal_nocase(r->value, "LowerFilters");
        if (r->remove || !guid || !filters)
            continue;
        for (size_t k = 0; k < r->data_count; k++) {
            struct journal_filter *to = shape_list_add(&d->filters, sizeof *to);
            to->class_guid = mem_strdup(guid);
            to->position = mem_strdup(r->value);
            to->service = mem_strdup(r->data[k]);
        }
    }
}

static void plan_key(struct journal_driver *d, const char *path, size_t size)
{
    char *key = mem_strndup(path, size);
    bool planned = false;
    for (size_t i = 0; i < d->keys.count; i++)
        planned = planned || text_equal_nocase(d->keys.at[i].path, key);
    if (!planned) {
        struct journal_key *to = shape_list_add(&d->keys, sizeof *to);
        to->path = key;
        key = NULL;
    }
    mem_free(key);
}

/* "SYSTEM\\CurrentControlSet\\Services\\XEN\\Unplug", and XEN after it. What stands below a service
 * of Windows is there already, and so is not ours to take out. */
static void plan_keys(struct journal_driver *d, const struct inf_install *install)
{
    static const char services[] = "SYSTEM\\CurrentControlSet\\Services\\";
    for (size_t i = 0; i < install->registry_count; i++) {
        const struct inf_registry *r = &install->registry[i];
        if (r->remove || r->root != INF_HKLM || !text_starts_nocase(r->key, services))
            continue;
        const char *path = r->key + strlen(services), *slash = strchr(path, '\\');
        if (!slash)
            continue;
        plan_key(d, path, strlen(path));
        plan_key(d, path, (size_t)(slash - path));
    }
}

/* The model that binds the best of the driver's ids; the first one when none does (cannot be:
 * source asked). */
static const struct inf_model *model_for(const struct inf_models *models, const struct texts *ids)
{
    for (size_t i = 0; i < ids->count; i++) {
        size_t rank;
        const struct inf_model *m = inf_models_find(models, ids->at[i], &rank);
        if (m)
            return m;
    }
    return models->count ? &models->at[0] : NULL;
}

static bool plan_from_inf(struct journal_driver *d, const struct source *s,
                          const struct source_driver *from, const struct target *t,
                          const struct plan_folders *folders)
{
    const struct evidence_package *p = source_package(s, from);
    struct inf_models models = {0};
    struct inf_install install = {0};
    inf_models(&p->inf, t, &models);
    const struct inf_model *model = model_for(&models, &from->driver->hardware_ids);
    bool ok = model && inf_install(&p->inf, t, model->install, &install);
    if (ok) {
        plan_installed(d, source_evidence(s, from), p, &install, folders);
        plan_services(d, &install);
        plan_filters(d, &install);
        plan_keys(d, &install);
    }
    inf_install_release(&install);
    inf_models_release(&models);
    return ok;
}

static bool plan_driver(const struct source *s, const struct source_driver *from,
                        const struct target *t, const struct plan_folders *folders,
                        struct journal *j)
{
    const struct evidence *ev = source_evidence(s, from);
    const struct evidence_package *p = source_package(s, from);
    struct journal_driver *d = shape_list_add(&j->drivers, sizeof *d);
    struct text folder = {0};
    text_addf(&folder, "%s\\packages\\%s\\%s", folders->state, s->release->id, from->driver->name);
    d->folder = text_steal(&folder);
    d->name = mem_strdup(from->driver->name);
    d->inf = mem_strdup(name_base(evidence_name(ev, p->inf_entry)));
    d->platform = from->driver->platform;
    d->optional = from->driver->optional;
    d->load = from->prediction.load;
    for (size_t i = 0; i < from->driver->hardware_ids.count; i++)
        texts_add(&d->hardware_ids, from->driver->hardware_ids.at[i]);
    plan_stored(d, ev, p);
    return plan_from_inf(d, s, from, t, folders);
}

static void add_step(struct journal *j, enum step_kind kind, const char *subject)
{
    struct journal_step *step = shape_list_add(&j->steps, sizeof *step);
    step->kind = kind;
    step->subject = mem_strdup(subject);
}

/* Which container holds the helper's program, by base name. */
static const struct evidence *find_helper(const struct source *s, const char *file, size_t *entry)
{
    for (size_t c = 0; c < s->containers.count; c++) {
        const struct evidence *ev = &s->containers.at[c].evidence;
        for (size_t i = 0; i < ev->package.count; i++)
            if (text_equal_nocase(name_base(evidence_name(ev, i)), file)) {
                *entry = i;
                return ev;
            }
    }
    return NULL;
}

static void plan_helper(const struct source *s, const struct manifest_helper *from,
                        const struct plan_folders *folders, struct journal *j)
{
    size_t entry;
    const struct evidence *ev = find_helper(s, from->file, &entry);
    if (!ev)
        return;
    struct journal_helper *h = shape_list_add(&j->helpers, sizeof *h);
    h->service = mem_strdup(from->service);
    h->display_name = mem_strdup(from->display_name);
    h->folder = join(folders->program_files, from->folder);
    h->file.path = join(h->folder, from->file);
    h->file.source = mem_strdup(evidence_name(ev, entry));
    h->file.sha256 = hex_of(&ev->entries[entry].sha256);
}

static void plan_sources(const struct source *s, struct journal *j)
{
    for (size_t i = 0; i < s->containers.count; i++) {
        const struct source_container *c = &s->containers.at[i];
        const struct signature *signature =
            c->evidence.has_signature ? authenticode_best(&c->evidence.signature) : NULL;
        struct journal_source *to = shape_list_add(&j->sources, sizeof *to);
        to->path = mem_strdup(c->path);
        to->sha256 = hex_of(&c->evidence.whole.of[DIGEST_SHA256]);
        to->signer = mem_strdup(signature ? signature->signer : NULL);
        if (signature && signature->timestamp.integrity == SIGNATURE_INTACT) {
            char time[AUTHENTICODE_TIME_TEXT];
            authenticode_time_text(signature->timestamp.time, time);
            to->timestamp = mem_strdup(time);
        }
    }
}

/* Each signer's leaf, and no certificate above it. */
static void plan_publishers(const struct source *s, struct journal *j)
{
    for (size_t i = 0; i < s->publishers.count; i++) {
        const struct signature *from = s->publishers.at[i];
        struct journal_publisher *p = shape_list_add(&j->publishers, sizeof *p);
        struct text sha1 = {0}, sha256 = {0}, certificate = {0};
        text_add_hex(&sha1, span_of(from->thumbprint, sizeof from->thumbprint));
        text_add_hex(&sha256, span_of(from->thumbprint_sha256, sizeof from->thumbprint_sha256));
        text_add_hex(&certificate, span_of(from->leaf, from->leaf_size));
        p->sha1 = text_steal(&sha1);
        p->sha256 = text_steal(&sha256);
        p->certificate = text_steal(&certificate);
        p->name = mem_strdup(from->signer);
    }
}

/* Does the driver bring the service that asks for restarts? */
static bool brings_monitor(const struct journal_driver *d)
{
    for (size_t i = 0; i < d->services.count; i++)
        if (text_equal_nocase(d->services.at[i].name, MONITOR_SERVICE))
            return true;
    return false;
}

/* All packages are stored and known to Windows before the first driver is bound: what a restart
 * brings finds its INF. */
static void plan_steps(struct journal *j)
{
    static const enum step_kind kinds[] = {STEP_STORE, STEP_STAGE, STEP_BIND};
    for (size_t i = 0; i < j->publishers.count; i++)
        add_step(j, STEP_TRUST, j->publishers.at[i].sha1);
    for (size_t i = 0; i < j->drivers.count; i++)
        if (brings_monitor(&j->drivers.at[i]))
            add_step(j, STEP_MONITOR, NULL);
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (size_t i = 0; i < j->drivers.count; i++) {
            add_step(j, kinds[k], j->drivers.at[i].name);
            if (kinds[k] == STEP_BIND && brings_monitor(&j->drivers.at[i]))
                add_step(j, STEP_MONITOR, NULL);
        }
    for (size_t i = 0; i < j->helpers.count; i++)
        add_step(j, STEP_HELPER, j->helpers.at[i].service);
    add_step(j, STEP_NETWORK, NULL);
}

bool plan_install(const struct source *s, const struct facts *f, const struct plan_folders *folders,
                  struct journal *out, struct err *e)
{
    struct target t = policy_target(&f->windows);
    enum { EXTRA_RESTARTS = 2 };
    out->schema = number_of(JOURNAL_SCHEMA);
    out->state = JOURNAL_INSTALLING;
    out->release = mem_strdup(s->release->id);
    out->family = mem_strdup(s->release->family);
    out->version = mem_strdup(s->release->version);
    out->set = mem_strdup(s->set->id);
    out->boot_time = f->windows.boot_time;
    out->restarts = number_of(0);
    out->restart_limit =
        number_of((s->release->restarts.known ? s->release->restarts.value : 1) + EXTRA_RESTARTS);
    for (size_t i = 0; i < s->drivers.count; i++)
        if (!plan_driver(s, &s->drivers.at[i], &t, folders, out))
            return err_set(e, ERR_FAILED, "'%s' has no install section for this Windows",
                           s->drivers.at[i].driver->inf);
    for (size_t i = 0; i < s->release->helpers.count; i++)
        plan_helper(s, &s->release->helpers.at[i], folders, out);
    plan_sources(s, out);
    plan_publishers(s, out);
    plan_steps(out);
    return true;
}

static struct evidence *evidence_of(struct source *s, const char *subject, const char *name,
                                    size_t *entry)
{
    for (size_t i = 0; i < s->drivers.count; i++)
        if (strcmp(s->drivers.at[i].driver->name, subject) == 0) {
            struct evidence *ev = &s->containers.at[s->drivers.at[i].container].evidence;
            *entry = package_find(&ev->package, name);
            return ev;
        }
    for (size_t c = 0; c < s->containers.count; c++) {
        struct evidence *ev = &s->containers.at[c].evidence;
        *entry = package_find(&ev->package, name);
        if (*entry != SIZE_MAX)
            return ev;
    }
    return NULL;
}

/* A container as a whole. */
static bool container_content(const struct source *s, const char *name, struct span *out,
                              struct err *e)
{
    for (size_t c = 0; c < s->containers.count; c++) {
        const struct evidence *ev = &s->containers.at[c].evidence;
        if (strcmp(file_name(s->containers.at[c].path), name) != 0)
            continue;
        struct digest now = digest_one(DIGEST_SHA256, ev->package.bytes);
        if (!digest_equal(&now, &ev->whole.of[DIGEST_SHA256]))
            return err_set(e, ERR_FORMAT, "'%s' has changed since it was verified", name);
        *out = ev->package.bytes;
        return true;
    }
    return err_set(e, ERR_NOT_FOUND, "'%s' is no file of this release", name);
}

bool plan_content(struct source *s, const char *subject, const char *name, struct span *out,
                  struct err *e)
{
    size_t entry = SIZE_MAX;
    if (*subject == '{')
        return container_content(s, name, out, e);
    struct evidence *ev = evidence_of(s, subject, name, &entry);
    if (!ev || entry == SIZE_MAX)
        return err_set(e, ERR_NOT_FOUND, "'%s' is in no package", name);
    if (!package_load(&ev->package, entry, e))
        return false;
    *out = ev->package.entries[entry].bytes;
    struct digest now = digest_one(DIGEST_SHA256, *out);
    if (!digest_equal(&now, &ev->entries[entry].sha256))
        return err_set(e, ERR_FORMAT, "'%s' has changed since it was verified", name);
    return true;
}

char *plan_step_words(const struct journal *j, const struct journal_step *step)
{
    if (j->job == JOURNAL_REMOVAL)
        return removal_step_words(j, step);
    static const struct journal_driver none;
    struct text t = {0};
    const struct journal_driver *d = step_kind_about(step->kind) == STEP_ABOUT_DRIVER
                                         ? journal_driver_named(j, step->subject)
                                         : &none;
    switch (step->kind) {
    case STEP_STORE: text_addf(&t, "store the files of '%s' in '%s'", d->name, d->folder); break;
    case STEP_STAGE: text_addf(&t, "stage '%s'", d->inf); break;
    case STEP_BIND: text_addf(&t, "install '%s' on its devices", d->name); break;
    case STEP_HELPER: text_addf(&t, "create the service '%s'", step->subject); break;
    case STEP_STORE_PRODUCT: text_addf(&t, "store the package '%s'", j->product->file.path); break;
    case STEP_INSTALL_PRODUCT:
        text_addf(&t, "let Windows Installer install '%s'",
                  j->product->name ? j->product->name : j->product->code);
        break;
    case STEP_RESTORE_POINT: text_add(&t, "make a restore point"); break;
    case STEP_STORAGE: text_add(&t, "let the emulated disk's drivers start at boot"); break;
    case STEP_FALLBACK:
        text_addf(&t, "add a boot entry with '%s'", j->boot.option ? j->boot.option : "none");
        break;
    case STEP_CONTINUATION:
        text_add(&t, "create the service that goes on after the restart");
        break;
    case STEP_BOOT_CHECK: text_add(&t, "check that Windows will start again"); break;
    case STEP_NETWORK:
        text_add(&t, "save the network settings, and give them to the PV adapters");
        break;
    case STEP_MONITOR: text_add(&t, "keep '" MONITOR_SERVICE "' from asking for restarts"); break;
    case STEP_TRUST: {
        const struct journal_publisher *p = journal_publisher_of(j, step->subject);
        text_addf(&t, "trust the publisher '%s' (certificate %s)", p->name ? p->name : "?",
                  p->sha1);
        break;
    }
    default: text_add(&t, "unknown"); break;
    }
    return text_steal(&t);
}
