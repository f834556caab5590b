/*
 * inf_install: what one install section does. Source of the directives and their fields:
 * Microsoft's windows-driver-docs, inf-ddinstall-section.md and the page of each directive.
 */
#include "verifier/inf_store.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* What a section is decides which directives mean something in it. */
enum kind {
    KIND_INSTALL = 1,
    KIND_COINSTALLERS = 2,
    KIND_HARDWARE = 4,
    KIND_SERVICES = 8,
    KIND_SERVICE = 16,
    KIND_EVENTLOG = 32,
    KIND_INTERFACES = 64,
    KIND_INTERFACE = 128,
    KIND_WITH_FILES = KIND_INSTALL | KIND_COINSTALLERS | KIND_INTERFACE,
    KIND_WITH_REGISTRY = KIND_WITH_FILES | KIND_HARDWARE | KIND_SERVICE | KIND_EVENTLOG,
    KIND_ANY = 255
};

enum { MARK_COPIED = 1, MARK_DELETED = 2, MARK_NEEDED = 4, MARK_SEEN = 8 };

/* One section being walked. */
struct walk {
    struct inf_job *job;
    size_t inf; /* index in job->infs */
    const struct inf_section *section;
    enum kind kind;
    enum inf_scope scope;
    const char *owner;
    int depth; /* of Needs */
};

static void walk(const struct walk *w);

static const struct inf *inf_of(const struct walk *w)
{
    return w->job->infs[w->inf];
}

static void add_missing(const struct walk *w, const char *name)
{
    struct inf_install *out = w->job->out;
    if (out->missing.count < INF_ITEMS_MAX)
        inf_names_add(&out->missing, name);
    else
        out->truncated = true;
}

/* Count one line; false when the job has seen enough. */
static bool step(struct inf_job *job)
{
    if (++job->steps > INF_STEPS_MAX)
        job->out->truncated = true;
    return !job->out->truncated;
}

/* Set a mark on a section of w's INF; false when it was set already. */
static bool mark(const struct walk *w, const struct inf_section *section, uint8_t which)
{
    const struct inf *inf = inf_of(w);
    uint8_t *marks = w->job->marks[w->inf] + (section - inf->sections);
    if (*marks & which)
        return false;
    *marks |= which;
    return true;
}

/* --- files --- */

/* The line for key in "base.<arch>", else in base. */
static const struct inf_line *line_for_arch(const struct walk *w, const char *base, const char *key)
{
    struct text suffix = {0};
    text_addf(&suffix, ".%s", target_arch_inf(w->job->arch));
    const struct inf *inf = inf_of(w);
    const struct inf_line *line = inf_line(inf, inf_section_of(inf, base, text_str(&suffix)), key);
    text_release(&suffix);
    return line ? line : inf_line(inf, inf_section(inf, base), key);
}

/*
 * Add the components of a Windows path, "/" between; empty ones and "." go, ".." stays for all to
 * see.
 */
static void add_path(struct text *t, const char *path)
{
    while (*path && !t->full) {
        size_t size = strcspn(path, "\\/");
        bool empty = size == 0 || (size == 1 && *path == '.');
        if (!empty) {
            if (t->size)
                text_add(t, "/");
            text_add_bytes(t, path, size);
        }
        path += size + (path[size] != '\0');
    }
}

/*
 * Where the package has file->source: SourceDisksFiles names disk and subdirectory,
 * SourceDisksNames the disk's path.
 */
static void find_source(const struct walk *w, struct inf_file *file)
{
    struct text path = {.ceiling = INF_PATH_MAX};
    const struct inf_line *line = line_for_arch(w, "SourceDisksFiles", file->source), *disk = NULL;
    if (line)
        disk = line_for_arch(w, "SourceDisksNames", inf_field(line, 0));
    file->origin = line                                 ? INF_SOURCE_PACKAGE
                   : inf_of(w)->version.has_layout_file ? INF_SOURCE_WINDOWS
                                                        : INF_SOURCE_UNKNOWN;
    file->cabinet = "";
    const char *tag = inf_field(disk, 1);
    size_t size = strlen(tag);
    if (size > 4 && text_equal_nocase(tag + size - 4, ".cab"))
        file->cabinet = tag;
    add_path(&path, inf_field(disk, 3));
    add_path(&path, inf_field(line, 1));
    add_path(&path, file->source);
    if (path.full) { /* no Windows could open it */
        file->origin = INF_SOURCE_UNKNOWN;
        path.size = 0;
        path.full = false;
        add_path(&path, file->source);
    }
    file->path = inf_texts_add(&w->job->out->texts, text_str(&path), path.size);
    text_release(&path);
}

/* dirid and subdirectory for the files of list, or for @file where list is NULL. */
static void find_destination(const struct walk *w, const char *list, struct inf_file *file)
{
    const struct inf *inf = inf_of(w);
    const struct inf_section *section = inf_section(inf, "DestinationDirs");
    const struct inf_line *line = list ? inf_line(inf, section, list) : NULL;
    if (!line)
        line = inf_line(inf, section, "DefaultDestDir");
    uint32_t dirid = INF_DIRID_SYSTEM; /* without any entry; as Wine's and ReactOS' setupapi, the
                                          documents are silent */
    inf_number(inf_field(line, 0), &dirid);
    file->dirid = dirid == 65535 ? -1 : (int32_t)dirid;
    file->subdir = inf_field(line, 1);
}

static void add_copied(const struct walk *w, const char *list, struct inf_file file)
{
    struct inf_install *out = w->job->out;
    if (out->file_count >= INF_ITEMS_MAX) {
        out->truncated = true;
        return;
    }
    find_source(w, &file);
    find_destination(w, list, &file);
    out->reboot = out->reboot || (file.flags & INF_COPY_REPLACE_BOOT_FILE);
    out->files = mem_grow(out->files, out->file_count, &out->file_room, sizeof *out->files);
    out->files[out->file_count++] = file;
}

static void add_deleted(const struct walk *w, const char *list, struct inf_file file)
{
    struct inf_install *out = w->job->out;
    if (out->deleted_count >= INF_ITEMS_MAX) {
        out->truncated = true;
        return;
    }
    find_destination(w, list, &file);
    file.source = file.path = file.cabinet = "";
    out->deleted =
        mem_grow(out->deleted, out->deleted_count, &out->deleted_room, sizeof *out->deleted);
    out->deleted[out->deleted_count++] = file;
}

/* The lines of one file list: "name,source,,flags". */
static void walk_files(const struct walk *w, const char *list, bool copy)
{
    const struct inf_section *section = inf_section(inf_of(w), list);
    if (!section) {
        add_missing(w, list);
        return;
    }
    if (!mark(w, section, copy ? MARK_COPIED : MARK_DELETED))
        return;
    for (size_t i = 0; i < section->count && step(w->job); i++) {
        const struct inf_line *line = &section->lines[i];
        struct inf_file file = {.name = inf_field(line, 0),
                                .source = inf_field(line, 1),
                                .flags = inf_number_or_0(inf_field(line, 3)),
                                .number = line->number};
        if (!*file.name)
            continue;
        if (!*file.source)
            file.source = file.name;
        if (copy)
            add_copied(w, list, file);
        else
            add_deleted(w, list, file);
    }
}

static void copy_files(const struct walk *w, const struct inf_line *line)
{
    for (size_t i = 0; i < line->count && step(w->job); i++) {
        const char *name = line->fields[i];
        if (*name == '@')
            add_copied(
                w, NULL,
                (struct inf_file){.name = name + 1, .source = name + 1, .number = line->number});
        else if (*name)
            walk_files(w, name, true);
    }
}

static void delete_files(const struct walk *w, const struct inf_line *line)
{
    for (size_t i = 0; i < line->count && step(w->job); i++) {
        const char *name = line->fields[i];
        if (*name == '@')
            add_deleted(w, NULL, (struct inf_file){.name = name + 1, .number = line->number});
        else if (*name)
            walk_files(w, name, false);
    }
}

static void copy_inf(const struct walk *w, const struct inf_line *line)
{
    if (w->job->target && target_compare(w->job->target, 5, 1) < 0)
        return; /* Windows 2000 does not know CopyINF */
    for (size_t i = 0; i < line->count && step(w->job); i++)
        if (*line->fields[i])
            inf_names_add(&w->job->out->copied_infs, line->fields[i]);
}

/* --- registry --- */

static enum inf_root root_of(const char *name)
{
    static const char *const names[] = {[INF_HKCR] = "HKCR",
                                        [INF_HKCU] = "HKCU",
                                        [INF_HKLM] = "HKLM",
                                        [INF_HKU] = "HKU",
                                        [INF_HKR] = "HKR"};
    for (int i = INF_HKCR; i <= INF_HKR; i++)
        if (text_equal_nocase(name, names[i]))
            return (enum inf_root)i;
    return INF_ROOT_UNKNOWN;
}

static bool ends_nocase(const char *text, const char *end)
{
    size_t size = strlen(text), cut = strlen(end);
    return size >= cut && text_equal_nocase(text + size - cut, end);
}

/* CoInstallers32 of the device, or a class' list in Control\CoDeviceInstallers. */
static void note_coinstallers(const struct walk *w, const struct inf_registry *value)
{
    bool device = text_equal_nocase(value->value, "CoInstallers32");
    bool whole_class = value->root == INF_HKLM && ends_nocase(value->key, "\\CoDeviceInstallers");
    for (size_t i = 0; (device || whole_class) && !value->remove && i < value->data_count; i++)
        if (*value->data[i])
            inf_names_add(&w->job->out->coinstallers, value->data[i]);
}

static void add_registry(const struct walk *w, const struct inf_line *line, bool remove)
{
    struct inf_install *out = w->job->out;
    struct inf_registry value = {.remove = remove,
                                 .scope = w->scope,
                                 .owner = w->owner,
                                 .number = line->number,
                                 .root = root_of(inf_field(line, 0)),
                                 .key = inf_field(line, 1),
                                 .value = inf_field(line, 2),
                                 .flags = inf_number_or_0(inf_field(line, 3))};
    if (out->registry_count >= INF_ITEMS_MAX) {
        out->truncated = true;
        return;
    }
    if (line->count > 4) {
        value.data = line->fields + 4;
        value.data_count = line->count - 4;
    }
    out->registry =
        mem_grow(out->registry, out->registry_count, &out->registry_room, sizeof *out->registry);
    out->registry[out->registry_count++] = value;
    note_coinstallers(w, &value);
}

static void walk_registry(const struct walk *w, const struct inf_line *directive, bool remove)
{
    for (size_t i = 0; i < directive->count && step(w->job); i++) {
        const char *name = directive->fields[i];
        const struct inf_section *section = *name ? inf_section(inf_of(w), name) : NULL;
        if (*name && !section)
            add_missing(w, name);
        for (size_t j = 0; section && !w->job->once && j < section->count && step(w->job); j++)
            add_registry(w, &section->lines[j], remove);
    }
}

static void add_reg(const struct walk *w, const struct inf_line *line)
{
    walk_registry(w, line, false);
}

static void del_reg(const struct walk *w, const struct inf_line *line)
{
    walk_registry(w, line, true);
}

/* --- services --- */

enum { SPSVCINST_ASSOCSERVICE = 2 };

/* "%12%\xenvbd.sys" is dirid 12 and "xenvbd.sys". */
static void split_binary(struct inf_service *service)
{
    const char *at = service->binary;
    size_t digits = *at == '%' ? strspn(at + 1, "0123456789") : 0;
    service->binary_path = at;
    service->binary_dirid = INF_DIRID_NONE;
    if (digits == 0 || digits > 5 || at[digits + 1] != '%')
        return;
    for (size_t i = 1; i <= digits; i++)
        service->binary_dirid = service->binary_dirid * 10 + (at[i] - '0');
    at += digits + 2;
    service->binary_path = at + (*at == '\\');
}

static void read_service(const struct inf *inf, const struct inf_section *section,
                         struct inf_service *service)
{
    uint32_t number = 0;
    const struct inf_line *depends = inf_line(inf, section, "Dependencies");
    service->display = inf_field(inf_line(inf, section, "DisplayName"), 0);
    service->description = inf_field(inf_line(inf, section, "Description"), 0);
    service->type = inf_number_or_0(inf_field(inf_line(inf, section, "ServiceType"), 0));
    if (inf_number(inf_field(inf_line(inf, section, "StartType"), 0), &number) && number <= 4)
        service->start = (enum inf_start)(INF_START_BOOT + number);
    if (inf_number(inf_field(inf_line(inf, section, "ErrorControl"), 0), &number) && number <= 3)
        service->error_control = (enum inf_error_control)(INF_ERROR_IGNORE + number);
    service->binary = inf_field(inf_line(inf, section, "ServiceBinary"), 0);
    service->group = inf_field(inf_line(inf, section, "LoadOrderGroup"), 0);
    service->start_name = inf_field(inf_line(inf, section, "StartName"), 0);
    service->section = section ? section->name : "";
    service->dependencies = depends ? depends->fields : NULL;
    service->dependency_count = depends ? depends->count : 0;
    split_binary(service);
}

static struct inf_service *new_service(const struct walk *w, const struct inf_line *line)
{
    struct inf_install *out = w->job->out;
    if (out->service_count >= INF_ITEMS_MAX) {
        out->truncated = true;
        return NULL;
    }
    out->services =
        mem_grow(out->services, out->service_count, &out->service_room, sizeof *out->services);
    struct inf_service *service = &out->services[out->service_count++];
    *service = (struct inf_service){.name = inf_field(line, 0),
                                    .flags = inf_number_or_0(inf_field(line, 1)),
                                    .number = line->number};
    return service;
}

static bool seen_before(const struct walk *w, const struct inf_section *section)
{
    return w->job->once && section && !mark(w, section, MARK_SEEN);
}

/* AddService = name,[flags],section[,event log section[,[type][,event name]]] */
static void add_service(const struct walk *w, const struct inf_line *line)
{
    const struct inf *inf = inf_of(w);
    const char *name = inf_field(line, 2), *log = inf_field(line, 3), *event = inf_field(line, 5);
    struct walk inside = *w;
    inside.section = *name ? inf_section(inf, name) : NULL;
    if (seen_before(w, inside.section))
        return;
    struct inf_service *service = new_service(w, line);
    if (!service)
        return;
    service->function_driver = (service->flags & SPSVCINST_ASSOCSERVICE) != 0;
    read_service(inf, inside.section, service);
    inside.kind = KIND_SERVICE;
    inside.scope = INF_SCOPE_SERVICE;
    inside.owner = service->name;
    if (*name && !inside.section)
        add_missing(w, name);
    walk(&inside);
    inside.section = *log ? inf_section(inf, log) : NULL;
    inside.kind = KIND_EVENTLOG;
    inside.scope = INF_SCOPE_EVENTLOG;
    inside.owner = *event ? event : inf_field(line, 0);
    if (*log && !inside.section)
        add_missing(w, log);
    walk(&inside);
}

static void delete_service(const struct walk *w, const struct inf_line *line)
{
    struct inf_service *service = w->job->once ? NULL : new_service(w, line);
    if (!service)
        return;
    read_service(inf_of(w), NULL, service);
    service->remove = true;
}

/* --- the rest of the directives --- */

/* AddInterface = {class},[reference],[flags],section */
static void add_interface(const struct walk *w, const struct inf_line *line)
{
    struct walk inside = *w;
    const char *name = inf_field(line, 3);
    inside.section = *name ? inf_section(inf_of(w), name) : NULL;
    inside.kind = KIND_INTERFACE;
    inside.scope = INF_SCOPE_INTERFACE;
    inside.owner = inf_field(line, 0);
    if (seen_before(w, inside.section))
        return;
    if (*name && !inside.section)
        add_missing(w, name);
    walk(&inside);
}

/* Only where it stands in the install section itself, and only the first. */
static void feature_score(const struct walk *w, const struct inf_line *line)
{
    uint32_t score = 0;
    bool first = inf_line(inf_of(w), w->section, "FeatureScore") == line;
    if (w->depth == 0 && first && inf_number(inf_field(line, 0), &score) && score <= 0xff)
        w->job->out->feature_score = score;
}

static void reboot(const struct walk *w, const struct inf_line *line)
{
    (void)line;
    if (w->depth == 0)
        w->job->out->reboot = true;
}

static void driver_ver(const struct walk *w, const struct inf_line *line)
{
    if (w->depth == 0)
        inf_driver_ver_parse(line, &w->job->out->driver_ver);
}

/* Join the INFs that Include names to the job, so that Needs finds their sections. */
static void include(const struct walk *w, const struct inf_line *line)
{
    struct inf_job *job = w->job;
    for (size_t i = 0; i < line->count && step(job); i++) {
        const char *name = line->fields[i];
        const struct inf *other =
            *name && job->inf->find ? job->inf->find(job->inf->context, name) : NULL;
        bool known = false;
        for (size_t j = 0; j < job->inf_count; j++)
            known = known || job->infs[j] == other;
        if (known || !*name)
            continue;
        if (!other || !other->store || job->inf_count > INF_INCLUDES_MAX) {
            inf_names_add(&job->out->not_looked_at, name);
            continue;
        }
        job->infs[job->inf_count] = other;
        job->marks[job->inf_count++] = mem_zero(other->section_count, 1);
    }
}

/* Go through section name of the first INF that has it, as if its lines stood here. */
static void need(const struct walk *w, const char *name)
{
    struct walk inside = *w;
    inside.depth++;
    for (inside.inf = 0; inside.inf < w->job->inf_count; inside.inf++) {
        inside.section = inf_section(inf_of(&inside), name);
        if (!inside.section)
            continue;
        if (inside.depth > INF_NEEDS_DEPTH_MAX)
            w->job->out->truncated = true;
        else if (mark(&inside, inside.section, MARK_NEEDED))
            walk(&inside);
        return;
    }
    if (!w->job->out->not_looked_at.count)
        add_missing(w, name);
}

static void needs(const struct walk *w, const struct inf_line *line)
{
    for (size_t i = 0; i < line->count && step(w->job); i++)
        if (*line->fields[i])
            need(w, line->fields[i]);
}

static const struct directive {
    const char *name;
    unsigned kinds;
    void (*handle)(const struct walk *w, const struct inf_line *line);
} directives[] = {
    {"CopyFiles", KIND_WITH_FILES, copy_files},    {"DelFiles", KIND_WITH_FILES, delete_files},
    {"AddReg", KIND_WITH_REGISTRY, add_reg},       {"DelReg", KIND_WITH_REGISTRY, del_reg},
    {"CopyINF", KIND_INSTALL, copy_inf},           {"AddService", KIND_SERVICES, add_service},
    {"DelService", KIND_SERVICES, delete_service}, {"AddInterface", KIND_INTERFACES, add_interface},
    {"FeatureScore", KIND_INSTALL, feature_score}, {"Reboot", KIND_INSTALL, reboot},
    {"DriverVer", KIND_INSTALL, driver_ver},       {"Needs", KIND_ANY, needs},
};

static void handle(const struct walk *w, const struct inf_line *line)
{
    for (size_t i = 0; i < sizeof directives / sizeof *directives; i++)
        if ((directives[i].kinds & (unsigned)w->kind)
            && text_equal_nocase(line->key, directives[i].name))
            directives[i].handle(w, line);
}

static void walk(const struct walk *w)
{
    for (size_t i = 0; w->section && i < w->section->count && step(w->job); i++)
        if (text_equal_nocase(w->section->lines[i].key, "Include"))
            include(w, &w->section->lines[i]);
    for (size_t i = 0; w->section && i < w->section->count && step(w->job); i++)
        if (w->section->lines[i].key)
            handle(w, &w->section->lines[i]);
}

/* --- jobs --- */

void inf_job_begin(struct inf_job *job)
{
    job->infs[0] = job->inf;
    job->marks[0] = mem_zero(job->inf->section_count, 1);
    job->inf_count = 1;
    job->out->feature_score = 0xff;
    job->out->driver_ver = job->inf->version.driver_ver;
}

bool inf_job_install(struct inf_job *job, const char *name)
{
    static const struct {
        const char *suffix;
        enum kind kind;
        enum inf_scope scope;
    } parts[] = {{"", KIND_INSTALL, INF_SCOPE_SOFTWARE},
                 {".CoInstallers", KIND_COINSTALLERS, INF_SCOPE_SOFTWARE},
                 {".HW", KIND_HARDWARE, INF_SCOPE_HARDWARE},
                 {".Interfaces", KIND_INTERFACES, INF_SCOPE_INTERFACE},
                 {".Services", KIND_SERVICES, INF_SCOPE_SERVICE}};
    const struct inf_section *section = inf_section_for_arch(job->inf, name, job->arch);
    if (!section)
        return false;
    job->out->section = section->name;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct walk w = {.job = job, .kind = parts[i].kind, .scope = parts[i].scope, .owner = ""};
        if (i == 0 && text_equal_nocase(name, "ClassInstall32"))
            w.scope = INF_SCOPE_CLASS;
        w.section = inf_section_of(job->inf, section->name, parts[i].suffix);
        walk(&w);
    }
    return true;
}

void inf_job_interface(struct inf_job *job, const char *section, const char *owner)
{
    struct walk w = {
        .job = job, .kind = KIND_INTERFACE, .scope = INF_SCOPE_INTERFACE, .owner = owner};
    w.section = inf_section(job->inf, section);
    walk(&w);
}

void inf_job_end(struct inf_job *job)
{
    for (size_t i = 0; i < job->inf_count; i++)
        mem_free(job->marks[i]);
    job->inf_count = 0;
    inf_names_unique(&job->out->missing);
    inf_names_unique(&job->out->not_looked_at);
    inf_names_unique(&job->out->copied_infs);
    inf_names_unique(&job->out->coinstallers);
}

bool inf_install(const struct inf *inf, const struct target *target, const char *name,
                 struct inf_install *out)
{
    if (!inf_section_for_arch(inf, name, target->arch))
        return false;
    struct inf_job job = {.inf = inf, .target = target, .arch = target->arch, .out = out};
    inf_job_begin(&job);
    inf_job_install(&job, name);
    inf_job_end(&job);
    return true;
}

void inf_install_release(struct inf_install *install)
{
    if (!install)
        return;
    mem_free(install->files);
    mem_free(install->deleted);
    mem_free(install->services);
    mem_free(install->registry);
    inf_names_release(&install->coinstallers);
    inf_names_release(&install->copied_infs);
    inf_names_release(&install->not_looked_at);
    inf_names_release(&install->missing);
    inf_texts_free(install->texts);
    memset(install, 0, sizeof *install);
}
