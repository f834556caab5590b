/*
 * inf_files: every file that an INF wants beside it, for one target or for all of them at once.
 */
#include "verifier/inf_store.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* Need a name not tell the processor, on some Windows? On Itanium until Server 2003 SP1. */
static bool may_be_unnamed(enum target_arch arch)
{
    return arch == TARGET_X86 || arch == TARGET_IA64;
}

/* Models of the undecorated section and of each decoration that arch can take on some Windows. */
static void add_models_of_line(const struct inf *inf, const struct inf_line *line,
                               enum target_arch arch, struct inf_models *out)
{
    for (size_t i = 0; i < line->count; i++) {
        struct inf_decoration d = {0};
        const char *decoration = i ? line->fields[i] : "";
        if (i && (!*decoration || !inf_decoration_parse(decoration, &d)))
            continue;
        if (d.arch ? d.arch == arch : may_be_unnamed(arch))
            inf_models_of_section(inf_models_section(inf, line, decoration), line->key, out);
    }
}

void inf_installs(const struct inf *inf, const struct target *target, enum target_arch arch,
                  struct inf_names *out)
{
    struct inf_models models = {0};
    const struct inf_section *manufacturers = inf_section(inf, "Manufacturer");
    if (target)
        inf_models(inf, target, &models);
    for (size_t i = 0; !target && manufacturers && i < manufacturers->count && !models.truncated;
         i++)
        if (manufacturers->lines[i].key)
            add_models_of_line(inf, &manufacturers->lines[i], arch, &models);
    inf_models_installs(&models, out);
    inf_models_release(&models);
}

void inf_job_all(struct inf_job *job, const struct inf_names *installs)
{
    const struct inf_section *interfaces = inf_section(job->inf, "InterfaceInstall32");
    for (size_t i = 0; i < installs->count; i++)
        if (!inf_job_install(job, installs->at[i]) && job->out->missing.count < INF_ITEMS_MAX)
            inf_names_add(&job->out->missing, installs->at[i]);
    inf_job_install(job, "ClassInstall32");
    inf_job_install(job, "DefaultInstall");
    for (size_t i = 0; interfaces && i < interfaces->count; i++)
        inf_job_interface(job, inf_field(&interfaces->lines[i], 0), interfaces->lines[i].key);
}

static void add_files(const struct inf_install *from, struct inf_files *out)
{
    for (size_t i = 0; i < from->file_count; i++) {
        struct inf_file file = from->files[i];
        if (file.origin == INF_SOURCE_WINDOWS)
            continue;
        if (out->count >= INF_ITEMS_MAX) {
            out->truncated = true;
            return;
        }
        file.path = inf_texts_add(&out->texts, file.path, strlen(file.path));
        out->at = mem_grow(out->at, out->count, &out->room, sizeof *out->at);
        out->at[out->count++] = file;
    }
    out->truncated = out->truncated || from->truncated;
}

static int compare_paths(const void *context, uint32_t a, uint32_t b)
{
    const struct inf_files *files = context;
    return text_compare_nocase(files->at[a].path, files->at[b].path);
}

/* By source; those with a known place first. */
static int compare_sources(const void *context, uint32_t a, uint32_t b)
{
    const struct inf_files *files = context;
    int order = text_compare_nocase(files->at[a].source, files->at[b].source);
    if (order)
        return order;
    return (files->at[b].origin == INF_SOURCE_PACKAGE)
           - (files->at[a].origin == INF_SOURCE_PACKAGE);
}

/*
 * Keep each path once. A file that one processor's SourceDisksFiles does not list and another's
 * does is listed: over all processors nobody copies it for the one that lacks it.
 */
static void make_unique(struct inf_files *files)
{
    uint32_t *order = mem_zero(files->count, sizeof *order);
    bool *drop = mem_zero(files->count, sizeof *drop);
    size_t kept = 0;
    for (uint32_t i = 0; i < files->count; i++)
        order[i] = i;
    inf_sort(order, files->count, compare_sources, files);
    for (size_t i = 1, head = 0; i < files->count; i++) {
        const struct inf_file *file = &files->at[order[i]], *first = &files->at[order[head]];
        if (!text_equal_nocase(file->source, first->source))
            head = i;
        else
            drop[order[i]] =
                file->origin != INF_SOURCE_PACKAGE && first->origin == INF_SOURCE_PACKAGE;
    }
    for (uint32_t i = 0; i < files->count; i++)
        order[i] = i;
    inf_sort(order, files->count, compare_paths, files);
    for (size_t i = 1, head = 0; i < files->count; i++) {
        if (compare_paths(files, order[head], order[i]) != 0 || drop[order[head]])
            head = i;
        else
            drop[order[i]] = true;
    }
    for (size_t i = 0; i < files->count; i++)
        if (!drop[i])
            files->at[kept++] = files->at[i];
    files->count = kept;
    mem_free(order);
    mem_free(drop);
}

/* Does the INF install something on arch, on whatever Windows? */
static bool is_for_arch(const struct inf *inf, enum target_arch arch)
{
    struct inf_names installs = {0};
    inf_installs(inf, NULL, arch, &installs);
    bool any = installs.count || inf_section_for_arch(inf, "DefaultInstall", arch);
    inf_names_release(&installs);
    return any;
}

static void add_for_arch(const struct inf *inf, const struct target *target, enum target_arch arch,
                         struct inf_files *out)
{
    struct inf_names installs = {0};
    struct inf_install all = {0};
    struct inf_job job = {.inf = inf, .target = target, .arch = arch, .out = &all, .once = true};
    inf_installs(inf, target, arch, &installs);
    inf_job_begin(&job);
    inf_job_all(&job, &installs);
    inf_job_end(&job);
    add_files(&all, out);
    inf_names_release(&installs);
    inf_install_release(&all);
}

void inf_packaged_files(const struct inf *inf, const struct target *target, struct inf_files *out)
{
    bool is_for[TARGET_ARCH_COUNT] = {0}, for_none = true;
    for (int arch = TARGET_ARCH_UNKNOWN + 1; arch < TARGET_ARCH_COUNT; arch++) {
        is_for[arch] = is_for_arch(inf, (enum target_arch)arch);
        for_none = for_none && !is_for[arch];
    }
    /* An INF of classes or interfaces alone has nothing that names a processor. */
    for (int arch = TARGET_ARCH_UNKNOWN + 1; arch < TARGET_ARCH_COUNT; arch++)
        if ((is_for[arch] || for_none) && (!target || target->arch == (enum target_arch)arch))
            add_for_arch(inf, target, (enum target_arch)arch, out);
    make_unique(out);
}

void inf_files_release(struct inf_files *files)
{
    if (!files)
        return;
    mem_free(files->at);
    inf_texts_free(files->texts);
    memset(files, 0, sizeof *files);
}
