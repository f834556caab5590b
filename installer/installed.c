#include "installer/installed.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/installed_catalogs.h"
#include "installer/marks.h"
#include "verifier/name.h"
#include "verifier/policy.h"

#include <string.h>

/* The catalogs of driver packages: the subsystem DRIVER_ACTION_VERIFY. */
#define CATALOGS "CatRoot/{F750E6C3-38EE-11D1-85E5-00C04FC295EE}"

enum {
    INF_FILE_MAX = 8 << 20,      /* bytes */
    DRIVER_FILE_MAX = 256 << 20, /* bytes of one file that is hashed */
    PARTS_MAX = 4096,
    SERVICE_KERNEL_TYPES = 0x3, /* kernel and file system drivers */
};

/* A file that goes into the package. */
struct part {
    char *name, *disk;
};

/* A published INF in use. */
struct used_inf {
    const char *published; /* borrowed from the facts */
    bool read;
    struct inf inf;
    struct catalog_want want; /* of the INF itself */
};

struct assembly {
    const struct facts *facts;
    const struct installed_places *places;
    struct target target;
    struct {
        struct used_inf *at;
        size_t count;
    } infs;
    struct {
        struct part *at;
        size_t count;
    } parts;
    struct findings findings;
};

/* --- parts
 * -----------------------------------------------------------------------------------------------------
 */

/* Takes both texts. What is not there is evidence's to miss. */
static void add_part(struct assembly *a, char *name, char *disk)
{
    if (a->parts.count >= PARTS_MAX || !disk || file_kind(disk) != FILE_REGULAR) {
        mem_free(name);
        mem_free(disk);
        return;
    }
    struct part *p = shape_list_add(&a->parts, sizeof *p);
    *p = (struct part){.name = name, .disk = disk};
}

/* "oem3/" + name for "oem3.inf". */
static char *name_in_folder(const char *inf, const char *name)
{
    struct text t = {0};
    text_add_bytes(&t, inf, strcspn(inf, "."));
    text_addf(&t, "/%s", name);
    return text_steal(&t);
}

static char *path_of(const char *folder, const char *subfolder, const char *name)
{
    char *in = *subfolder ? file_join(folder, subfolder) : mem_strdup(folder);
    char *path = file_join(in, name);
    mem_free(in);
    return path;
}

/* --- where an INF puts a file
 * ---------------------------------------------------------------------------------- */

/* What a service runs goes before what the INF says; *service may be NULL. */
static char *file_of_services(const struct assembly *a, const char *name)
{
    for (size_t i = 0; i < a->facts->services.count; i++) {
        const struct facts_service *s = &a->facts->services.at[i];
        char *file = s->type.known && s->type.value & SERVICE_KERNEL_TYPES
                         ? a->places->service_file(s)
                         : NULL;
        if (file && text_equal_nocase(file_name(file), name))
            return file;
        mem_free(file);
    }
    return NULL;
}

/* The folder of the driver store that holds this INF: "xenbus.inf_amd64_0123456789abcdef". */
static char *store_folder(const struct assembly *a, const char *original)
{
    char *store = file_join(a->places->system, "DriverStore");
    char *repository = file_join(store, "FileRepository"), *found = NULL;
    struct file_list list = {0};
    struct text start = {0};
    text_addf(&start, "%s_%s_", original, target_arch_inf(a->target.arch));
    if (file_list(repository, &list, NULL))
        for (size_t i = 0; i < list.count && !found; i++)
            if (text_starts_nocase(list.at[i].name, text_str(&start)))
                found = file_join(repository, list.at[i].name);
    text_release(&start);
    file_list_release(&list);
    mem_free(repository);
    mem_free(store);
    return found;
}

static char *in_store(const struct assembly *a, const char *original, const struct inf_file *f)
{
    char *folder = store_folder(a, original);
    char *path = folder ? file_join(folder, f->path) : NULL;
    mem_free(folder);
    return path;
}

static char *in_system(const struct assembly *a, const char *below, const struct inf_file *f)
{
    char *folder = *below ? file_join(a->places->system, below) : mem_strdup(a->places->system);
    char *path = path_of(folder, f->subdir, f->name);
    mem_free(folder);
    return path;
}

static char *destination(const struct assembly *a, const char *original, const struct inf_file *f)
{
    enum { DIRID_INF = 17, DIRID_PROGRAM_FILES = 16422 };
    char *used = file_of_services(a, f->name);
    if (used)
        return used;
    switch (f->dirid) {
    case INF_DIRID_WINDOWS: return path_of(a->places->windows, f->subdir, f->name);
    case INF_DIRID_SYSTEM: return in_system(a, "", f);
    case INF_DIRID_DRIVERS: return in_system(a, "drivers", f);
    case INF_DIRID_STORE: return in_store(a, original, f);
    case DIRID_INF: return path_of(a->places->windows, "inf", f->name);
    case DIRID_PROGRAM_FILES: return path_of(a->places->program_files, f->subdir, f->name);
    default: return NULL;
    }
}

/* --- one INF in use
 * -------------------------------------------------------------------------------------------- */

/* The name that it had before it was published: catalogs and folders of the driver store go by it.
 */
static const char *original_of(const struct facts *f, const char *published)
{
    for (size_t i = 0; i < f->packages.count; i++)
        if (f->packages.at[i].original && text_equal_nocase(f->packages.at[i].inf, published))
            return file_name(f->packages.at[i].original);
    return published;
}

static char *catalog_folder(const struct assembly *a)
{
    return file_join(a->places->system, CATALOGS);
}

/* Usually it is called as the INF was when it was published, or as the INF calls it. */
static void look_by_name(const struct assembly *a, struct used_inf *u)
{
    char *folder = catalog_folder(a);
    struct text usual = {0};
    text_add_bytes(&usual, u->published, strcspn(u->published, "."));
    text_add(&usual, ".cat");
    const char *names[] = {text_str(&usual), inf_catalog(&u->inf, &a->target)};
    for (size_t i = 0; i < 2 && !u->want.found; i++) {
        char *path = *names[i] ? file_join(folder, file_name(names[i])) : NULL;
        if (path)
            catalogs_look_in(path, &u->want, 1);
        mem_free(path);
    }
    text_release(&usual);
    mem_free(folder);
}

/* What look_by_name did not find, in one go over all catalogs. */
static void look_by_hash(struct assembly *a)
{
    struct catalog_want *wants = mem_zero(a->infs.count + 1, sizeof *wants);
    char *folder = catalog_folder(a);
    for (size_t i = 0; i < a->infs.count; i++)
        wants[i] = a->infs.at[i].want;
    catalogs_search(folder, wants, a->infs.count);
    for (size_t i = 0; i < a->infs.count; i++)
        a->infs.at[i].want = wants[i];
    mem_free(folder);
    mem_free(wants);
}

static void read_inf(struct assembly *a, struct used_inf *u)
{
    struct bytes file = {0};
    struct findings none = {0};
    char *path = path_of(a->places->windows, "inf", file_name(u->published));
    if (file_read(path, INF_FILE_MAX, &file, NULL) &&
        inf_parse(bytes_span(&file), &u->inf, &none, NULL)) {
        u->read = true;
        add_part(a, name_in_folder(u->published, original_of(a->facts, u->published)),
                 mem_strdup(path));
        catalog_want_of(bytes_span(&file), CATALOGS_DIGESTS, &u->want);
        look_by_name(a, u);
    } else {
        findings_add(&a->findings, FINDING_ERROR, "inf-missing", u->published,
                     "a device was installed from it, and it cannot be read");
        u->want.found = mem_strdup(""); /* nothing to be looked for */
    }
    findings_release(&none);
    bytes_release(&file);
    mem_free(path);
}

static void add_files(struct assembly *a, const struct used_inf *u)
{
    const char *named = inf_catalog(&u->inf, &a->target),
               *original = original_of(a->facts, u->published);
    struct inf_files files = {0};
    if (u->want.found)
        add_part(a, name_in_folder(u->published, *named ? named : file_name(u->want.found)),
                 mem_strdup(u->want.found));
    inf_packaged_files(&u->inf, &a->target, &files);
    for (size_t i = 0; i < files.count; i++)
        add_part(a, name_in_folder(u->published, files.at[i].path),
                 destination(a, original, &files.at[i]));
    inf_files_release(&files);
}

static bool is_used(const struct assembly *a, const char *published)
{
    for (size_t i = 0; i < a->infs.count; i++)
        if (text_equal_nocase(a->infs.at[i].published, published))
            return true;
    return false;
}

static void find_infs(struct assembly *a)
{
    const struct facts *f = a->facts;
    for (size_t i = 0; i < f->devices.count; i++) {
        const struct facts_device *d = &f->devices.at[i];
        if (d->inf && *d->inf && d->present != TRI_NO && marks_xen_device(d->instance) &&
            !is_used(a, d->inf))
            *(struct used_inf *)shape_list_add(&a->infs, sizeof(struct used_inf)) =
                (struct used_inf){.published = d->inf};
    }
    for (size_t i = 0; i < f->packages.count; i++)
        if (f->packages.at[i].inf && !is_used(a, f->packages.at[i].inf))
            findings_add(&a->findings, FINDING_INFO, "package-not-in-use", f->packages.at[i].inf,
                         "it binds Xen devices, and none that is present uses it");
}

static void add_infs(struct assembly *a)
{
    find_infs(a);
    for (size_t i = 0; i < a->infs.count; i++)
        read_inf(a, &a->infs.at[i]);
    look_by_hash(a);
    for (size_t i = 0; i < a->infs.count; i++)
        if (a->infs.at[i].read)
            add_files(a, &a->infs.at[i]);
}

/* --- services
 * --------------------------------------------------------------------------------------------------
 */

static bool is_part(const struct assembly *a, const char *disk)
{
    for (size_t i = 0; i < a->parts.count; i++)
        if (text_equal_nocase(a->parts.at[i].disk, disk))
            return true;
    return false;
}

static void add_service(struct assembly *a, const struct facts_service *s)
{
    char *file = a->places->service_file(s);
    struct text name = {0};
    if (!file)
        return;
    text_addf(&name, "services/%s/%s", s->name, file_name(file));
    if (file_kind(file) != FILE_REGULAR) {
        findings_add(&a->findings, FINDING_ERROR, "service-file-missing", text_str(&name),
                     "its file is not there");
    } else if (!is_part(a, file)) {
        findings_add(&a->findings, FINDING_WARNING, "service-without-inf", text_str(&name),
                     "it comes from no INF that a device uses");
        add_part(a, mem_strdup(text_str(&name)), mem_strdup(file));
    }
    text_release(&name);
    mem_free(file);
}

static void add_services(struct assembly *a)
{
    for (size_t i = 0; i < a->facts->services.count; i++) {
        const struct facts_service *s = &a->facts->services.at[i];
        if (marks_service(s->name) && s->type.known && s->type.value & SERVICE_KERNEL_TYPES)
            add_service(a, s);
    }
}

/* --- catalogs of what the INF's own does not list
 * -------------------------------------------------------------- */

/* Kernel drivers that no catalog of ours lists, and what is looked for. */
struct unlisted {
    struct {
        const char **at;
        size_t count;
    } names;
    struct {
        struct catalog_want *at;
        size_t count;
    } wants;
};

static void add_unlisted(struct unlisted *u, const struct evidence *ev,
                         const struct evidence_file *f)
{
    const char *disk = f->entry == SIZE_MAX ? NULL : ev->package.entries[f->entry].disk;
    struct bytes file = {0};
    if (!disk || f->member == TRI_YES || !ev->entries[f->entry].is_kernel ||
        !file_read(disk, DRIVER_FILE_MAX, &file, NULL))
        return;
    *(const char **)shape_list_add(&u->names, sizeof(const char *)) = f->name;
    catalog_want_of(bytes_span(&file), CATALOGS_DIGESTS,
                    shape_list_add(&u->wants, sizeof(struct catalog_want)));
    bytes_release(&file);
}

/* The kernel takes any catalog that lists a driver, whichever INF it belongs to. */
static void look_for_other_catalogs(struct assembly *a, const struct evidence *ev)
{
    struct unlisted u = {0};
    char *folder = catalog_folder(a);
    for (size_t i = 0; i < ev->packages.count; i++)
        for (size_t k = 0; k < ev->packages.at[i].files.count; k++)
            add_unlisted(&u, ev, &ev->packages.at[i].files.at[k]);
    for (size_t i = 0; i < ev->files.count; i++)
        add_unlisted(&u, ev, &ev->files.at[i]);
    catalogs_search(folder, u.wants.at, u.wants.count);
    for (size_t i = 0; i < u.wants.count; i++) {
        struct text safe = {0};
        if (u.wants.at[i].found) {
            text_add_escaped(&safe, file_name(u.wants.at[i].found));
            findings_add(&a->findings, FINDING_INFO, "in-other-catalog", u.names.at[i],
                         "its hash is in '%s'", text_str(&safe));
        }
        text_release(&safe);
        mem_free(u.wants.at[i].found);
    }
    mem_free(u.names.at);
    mem_free(u.wants.at);
    mem_free(folder);
}

/* --- the whole
 * -------------------------------------------------------------------------------------------------
 */

static void gather(struct assembly *a, struct evidence *out)
{
    struct package_part *parts = mem_zero(a->parts.count + 1, sizeof *parts);
    const struct evidence_options options = {.target = &a->target};
    struct package package = {0};
    for (size_t i = 0; i < a->parts.count; i++)
        parts[i] = (struct package_part){.name = a->parts.at[i].name, .disk = a->parts.at[i].disk};
    package_open_parts("installed", (struct package_parts){parts, a->parts.count}, &package);
    mem_free(parts);
    evidence_gather_package(&package, &options, out);
    look_for_other_catalogs(a, out);
    findings_move(&out->findings, &a->findings);
}

static void assembly_release(struct assembly *a)
{
    for (size_t i = 0; i < a->parts.count; i++) {
        mem_free(a->parts.at[i].name);
        mem_free(a->parts.at[i].disk);
    }
    mem_free(a->parts.at);
    for (size_t i = 0; i < a->infs.count; i++) {
        inf_release(&a->infs.at[i].inf);
        mem_free(a->infs.at[i].want.found);
    }
    mem_free(a->infs.at);
    findings_release(&a->findings);
}

bool installed_gather_at(const struct facts *f, const struct installed_places *places,
                         struct evidence *out, struct err *e)
{
    struct assembly a = {.facts = f, .places = places, .target = policy_target(&f->windows)};
    if (!f->windows.major.known || f->windows.architecture == ARCHITECTURE_UNKNOWN)
        return err_set(e, ERR_FAILED, "the version of this Windows could not be read");
    add_infs(&a);
    add_services(&a);
    gather(&a, out);
    assembly_release(&a);
    return true;
}
