#include "installer/removal_seen.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/marks.h"
#include "verifier/digest.h"
#include "verifier/inf.h"
#include "verifier/pe.h"
#include "verifier/policy.h"

#include <string.h>

enum {
    DRIVER_TYPES = 3, /* SERVICE_KERNEL_DRIVER, SERVICE_FILE_SYSTEM_DRIVER */
    FILE_LIMIT = 64 * 1024 * 1024,
    INF_LIMIT = 8 * 1024 * 1024,
};

/* --- folders ---------------------------------------------------------------------------------- */

bool removal_folders_ask(struct platform *p, struct removal_folders *out, struct err *e)
{
    static const enum platform_folder wanted[] = {PLATFORM_FOLDER_STATE, PLATFORM_FOLDER_WINDOWS,
                                                  PLATFORM_FOLDER_SYSTEM, PLATFORM_FOLDER_DRIVERS,
                                                  PLATFORM_FOLDER_PROGRAM_FILES};
    struct removal_folders f = {.owned = {0}};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof wanted / sizeof *wanted; i++)
        ok = (f.owned[i] = p->folder(p->context, wanted[i], e)) != NULL;
    if (!ok) {
        removal_folders_release(&f);
        return false;
    }
    f.of = (struct plan_folders){f.owned[0], f.owned[1], f.owned[2], f.owned[3], f.owned[4]};
    *out = f;
    return true;
}

void removal_folders_release(struct removal_folders *f)
{
    for (size_t i = 0; i < sizeof f->owned / sizeof *f->owned; i++)
        mem_free(f->owned[i]);
    memset(f, 0, sizeof *f);
}

/* --- what a service runs ---------------------------------------------------------------------- */

static char *joined(const char *folder, const char *name)
{
    struct text t = {0};
    text_addf(&t, "%s\\%s", folder, name);
    return text_steal(&t);
}

char *removal_program_of(const char *command)
{
    if (*command == '"')
        return mem_strndup(command + 1, strcspn(command + 1, "\""));
    for (const char *c = command; *c; c++)
        if (text_starts_nocase(c, ".exe") && (!c[4] || c[4] == ' '))
            return mem_strndup(command, (size_t)(c - command) + 4);
    return mem_strdup(command);
}

/* The kernel's ways to write a path: \??\C:\x, \SystemRoot\x, and x relative to the folder of
 * Windows. */
static char *plain_path(const char *path, const struct plan_folders *folders)
{
    static const char *const roots[] = {"\\SystemRoot\\", "%SystemRoot%\\", "%windir%\\"};
    if (text_starts_nocase(path, "\\??\\"))
        path += strlen("\\??\\");
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
        if (text_starts_nocase(path, roots[i]))
            return joined(folders->windows, path + strlen(roots[i]));
    if (text_starts_nocase(path, "%ProgramFiles%\\"))
        return joined(folders->program_files, path + strlen("%ProgramFiles%\\"));
    if (path[0] && path[1] == ':')
        return mem_strdup(path);
    return *path == '\\' || *path == '%' ? NULL : joined(folders->windows, path);
}

char *removal_image_path(const struct facts_service *s, const struct plan_folders *folders)
{
    bool driver = s->type.known && s->type.value & DRIVER_TYPES;
    char *program = NULL, *path = NULL;
    if (s->image && *s->image) {
        program = driver ? mem_strdup(s->image) : removal_program_of(s->image);
        path = plain_path(program, folders);
    } else if (driver) {
        struct text t = {0};
        text_addf(&t, "%s\\%s.sys", folders->drivers, s->name);
        path = text_steal(&t);
    }
    mem_free(program);
    return path;
}

/* --- looking ---------------------------------------------------------------------------------- */

/* One look at the machine. */
struct looking {
    struct platform *p;
    const struct facts *facts;
    struct removal_folders folders;
    struct removal_seen *out;
    struct err failure; /* the first */
};

static void keep_error(struct looking *l, const struct err *e)
{
    if (l->failure.kind == ERR_NONE)
        l->failure = *e;
}

static char *sha256_of(struct span bytes)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    struct digest d = digest_one(DIGEST_SHA256, bytes);
    digest_hex(&d, hex);
    return mem_strdup(hex);
}

static char *company_of(struct span bytes)
{
    struct pe pe;
    struct findings findings = {0};
    pe_parse(&pe, pe_source_span(&bytes), "file", &findings);
    char *company = mem_strdup(pe.version.company);
    pe_release(&pe);
    findings_release(&findings);
    return company;
}

const struct removal_file *removal_file_at(const struct removal_seen *seen, const char *path)
{
    for (size_t i = 0; i < seen->files.count; i++)
        if (text_equal_nocase(seen->files.at[i].path, path))
            return &seen->files.at[i];
    return NULL;
}

/* Bytes of a file. False only when it is there and cannot be read: then whose it is stays unknown,
 * and with it what would have to go. */
static bool read_bytes(struct looking *l, const char *path, uint64_t limit, struct bytes *out)
{
    struct err inner = {0};
    if (l->p->read_file(l->p->context, path, limit, &out->at, &out->size, &inner))
        return true;
    if (inner.kind != ERR_NOT_FOUND && inner.kind != ERR_LIMIT)
        keep_error(l, &inner);
    return false;
}

/* The file at path, looked at once; NULL when it is not there. path is taken over. */
static struct removal_file *look_at(struct looking *l, char *path)
{
    struct bytes bytes = {0};
    struct removal_file *f = (struct removal_file *)removal_file_at(l->out, path);
    if (f || l->out->files.count >= REMOVAL_FILES_MAX || !read_bytes(l, path, FILE_LIMIT, &bytes)) {
        mem_free(path);
        return f;
    }
    f = shape_list_add(&l->out->files, sizeof *f);
    f->path = path;
    f->sha256 = sha256_of(bytes_span(&bytes));
    f->company = company_of(bytes_span(&bytes));
    bytes_release(&bytes);
    return f;
}

/* Windows' own drivers are nobody's to remove. */
static void look_at_service(struct looking *l, const struct facts_service *s)
{
    char *path = marks_boot_service(s->name) ? NULL : removal_image_path(s, &l->folders.of);
    struct removal_file *f = path ? look_at(l, path) : NULL;
    if (f && !f->service)
        f->service = mem_strdup(s->name);
}

static const char *folder_of_dirid(int32_t dirid, const struct plan_folders *folders)
{
    switch (dirid) {
    case INF_DIRID_WINDOWS: return folders->windows;
    case INF_DIRID_SYSTEM: return folders->system;
    case INF_DIRID_DRIVERS: return folders->drivers;
    default: return NULL; /* the driver store, which goes with the package */
    }
}

static void look_at_copies(struct looking *l, const struct inf *inf, const char *name)
{
    struct target target = policy_target(&l->facts->windows);
    struct inf_files files = {0};
    inf_packaged_files(inf, &target, &files);
    for (size_t i = 0; i < files.count; i++) {
        const struct inf_file *from = &files.at[i];
        const char *folder = folder_of_dirid(from->dirid, &l->folders.of);
        if (!folder || !*from->name)
            continue;
        char *inside = *from->subdir ? joined(folder, from->subdir) : mem_strdup(folder);
        struct removal_file *f = look_at(l, joined(inside, from->name));
        if (f && !texts_have_nocase(&f->infs, name))
            texts_add(&f->infs, name);
        mem_free(inside);
    }
    inf_files_release(&files);
}

static void look_at_package(struct looking *l, const char *folder, const char *name)
{
    struct bytes bytes = {0};
    struct inf inf = {0};
    struct findings findings = {0};
    char *path = joined(folder, name);
    if (read_bytes(l, path, INF_LIMIT, &bytes)) {
        struct removal_inf *to = shape_list_add(&l->out->infs, sizeof *to);
        to->name = mem_strdup(name);
        to->sha256 = sha256_of(bytes_span(&bytes));
        if (inf_parse(bytes_span(&bytes), &inf, &findings, NULL))
            look_at_copies(l, &inf, name);
    }
    bytes_release(&bytes);
    mem_free(path);
    findings_release(&findings);
    inf_release(&inf);
}

bool removal_look(struct platform *p, const struct facts *f, struct removal_seen *out,
                  struct err *e)
{
    struct looking l = {.p = p, .facts = f, .out = out};
    char *infs = p->folder(p->context, PLATFORM_FOLDER_INF, e);
    bool ok = infs && removal_folders_ask(p, &l.folders, e);
    for (size_t i = 0; ok && i < f->services.count; i++)
        look_at_service(&l, &f->services.at[i]);
    for (size_t i = 0; ok && i < f->packages.count; i++)
        if (f->packages.at[i].inf)
            look_at_package(&l, infs, f->packages.at[i].inf);
    removal_folders_release(&l.folders);
    mem_free(infs);
    if (ok && l.failure.kind != ERR_NONE) {
        if (e && e->kind == ERR_NONE)
            *e = l.failure;
        ok = err_wrap(e, "whose the installed drivers are could not be found out");
    }
    return ok;
}

void removal_seen_release(struct removal_seen *seen)
{
    for (size_t i = 0; i < seen->files.count; i++) {
        struct removal_file *f = &seen->files.at[i];
        mem_free(f->path);
        mem_free(f->sha256);
        mem_free(f->company);
        mem_free(f->service);
        texts_release(&f->infs);
    }
    for (size_t i = 0; i < seen->infs.count; i++) {
        mem_free(seen->infs.at[i].name);
        mem_free(seen->infs.at[i].sha256);
    }
    mem_free(seen->files.at);
    mem_free(seen->infs.at);
    memset(seen, 0, sizeof *seen);
}
