/*
 * inf_check: what an INF's own text shows to be wrong on every Windows that it is for. Nothing here
 * stops a query.
 */
#include "verifier/inf_store.h"

#include "base/text.h"

#include <string.h>

static void check_version(struct inf_report *r)
{
    const struct inf *inf = r->inf;
    const struct inf_version *v = &inf->version;
    const struct inf_section *section = inf_section(inf, "Version");
    struct inf_names catalogs = {0};
    size_t number = section ? section->number : 0;
    if (v->signature == INF_SIGNATURE_NONE)
        inf_report(r, FINDING_ERROR, "inf-signature", number,
                   "[Version] has no Signature of \"$Windows NT$\" or \"$Chicago$\": Windows "
                   "refuses the file");
    inf_catalogs(inf, &catalogs);
    if (section && !catalogs.count)
        inf_report(r, FINDING_INFO, "inf-no-catalog", number,
                   "names no CatalogFile: Windows takes the package for unsigned");
    inf_names_release(&catalogs);
    if (!v->driver_ver.present)
        inf_report(r, FINDING_INFO, "inf-driver-ver", number, "no DriverVer: ranks as 00/00/0000");
    else if (!v->driver_ver.date_valid)
        inf_report(r, FINDING_WARNING, "inf-driver-ver", number,
                   "DriverVer has no valid date: ranks as 00/00/0000");
    else if (!v->driver_ver.version_valid)
        inf_report(r, FINDING_INFO, "inf-driver-ver", number,
                   "DriverVer has no version, or none that is valid: ranks as 0.0.0.0");
}

static void check_manufacturer(struct inf_report *r, const struct inf_line *line)
{
    const struct inf *inf = r->inf;
    bool any = inf_models_section(inf, line, "") != NULL;
    for (size_t i = 1; i < line->count; i++) {
        struct inf_decoration d;
        const char *text = line->fields[i];
        if (!*text)
            continue;
        if (!inf_decoration_parse(text, &d)) {
            inf_report(r, FINDING_WARNING, "inf-decoration", line->number,
                       "'%s' is no valid TargetOSVersion", inf_shown(r, text));
        } else if (inf_models_section(inf, line, text)) {
            any = true;
        } else {
            inf_report(
                r, FINDING_WARNING, "inf-section-missing", line->number,
                "there is no models section [%s.%s]: nothing is installed where it would be taken",
                inf_shown(r, inf_field(line, 0)), inf_shown(r, text));
            any = true;
        }
    }
    if (!any)
        inf_report(r, FINDING_WARNING, "inf-section-missing", line->number,
                   "there is no models section [%s]", inf_shown(r, inf_field(line, 0)));
}

static bool leaves_package(const char *path)
{
    for (const char *at = path; at; at = strchr(at, '/')) {
        at += *at == '/';
        size_t size = strcspn(at, "/");
        if ((size == 2 && strncmp(at, "..", 2) == 0) || memchr(at, ':', size))
            return true;
    }
    return false;
}

static void check_files(struct inf_report *r, const struct inf_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        const struct inf_file *file = &files->at[i];
        if (file->origin == INF_SOURCE_UNKNOWN)
            inf_report(r, FINDING_WARNING, "inf-file-unlisted", file->number,
                       "'%s' is copied but is in no [SourceDisksFiles]",
                       inf_shown(r, file->source));
        if (leaves_package(file->path))
            inf_report(r, FINDING_ERROR, "inf-path-outside", file->number,
                       "'%s' is outside the package", inf_shown(r, file->path));
    }
}

/* What is seen on several processors and told once. */
struct seen {
    struct inf_names missing, no_binary, no_type;
    size_t installs;
};

static void check_service(const struct inf_service *service, struct seen *seen)
{
    if (!*service->section)
        return;
    if (!*service->binary)
        inf_names_add(&seen->no_binary, service->name);
    if (service->start == INF_START_UNKNOWN || !service->type)
        inf_names_add(&seen->no_type, service->name);
}

static void tell(struct inf_report *r, struct inf_names *names, const char *code, const char *what)
{
    inf_names_unique(names);
    for (size_t i = 0; i < names->count; i++)
        inf_report(r, FINDING_WARNING, code, 0, "'%s' %s", inf_shown(r, names->at[i]), what);
    inf_names_release(names);
}

/* [X.NTamd64] is taken, so [X.Services] is not: the services go with the section's full name. */
static void check_parts(struct inf_report *r, const char *name, enum target_arch arch)
{
    const struct inf_section *chosen = inf_section_for_arch(r->inf, name, arch);
    if (!chosen || text_equal_nocase(chosen->name, name)
        || inf_section_of(r->inf, chosen->name, ".Services"))
        return;
    const struct inf_section *passed = inf_section_of(r->inf, name, ".Services");
    if (passed)
        inf_report(r, FINDING_WARNING, "inf-services-passed-over", passed->number,
                   "[%s] is not used on %s: [%s] is taken, and its services go with that name",
                   inf_shown(r, passed->name), target_arch_name(arch), inf_shown(r, chosen->name));
}

static void check_arch(struct inf_report *r, enum target_arch arch, struct seen *seen)
{
    struct inf_names installs = {0};
    struct inf_install all = {0};
    struct inf_job job = {.inf = r->inf, .arch = arch, .out = &all, .once = true};
    inf_installs(r->inf, NULL, arch, &installs);
    seen->installs += installs.count;
    for (size_t i = 0; i < installs.count; i++)
        check_parts(r, installs.at[i], arch);
    if (installs.count) {
        inf_job_begin(&job);
        inf_job_all(&job, &installs);
        inf_job_end(&job);
    }
    for (size_t i = 0; i < all.service_count; i++)
        check_service(&all.services[i], seen);
    for (size_t i = 0; i < all.missing.count; i++)
        inf_names_add(&seen->missing, all.missing.at[i]);
    inf_names_release(&installs);
    inf_install_release(&all);
}

void inf_check(struct inf_report *r)
{
    const struct inf_section *manufacturers = inf_section(r->inf, "Manufacturer");
    struct inf_files files = {0};
    struct seen seen = {0};
    check_version(r);
    for (size_t i = 0; manufacturers && i < manufacturers->count; i++)
        if (manufacturers->lines[i].key)
            check_manufacturer(r, &manufacturers->lines[i]);
    for (int arch = TARGET_ARCH_UNKNOWN + 1; arch < TARGET_ARCH_COUNT; arch++)
        check_arch(r, (enum target_arch)arch, &seen);
    if (manufacturers && !seen.installs)
        inf_report(r, FINDING_WARNING, "inf-no-models", manufacturers->number,
                   "offers no device model on any Windows");
    tell(r, &seen.missing, "inf-section-missing", "is named as a section, but there is none");
    tell(r, &seen.no_binary, "inf-service", "is a service without ServiceBinary");
    tell(r, &seen.no_type, "inf-service", "is a service without a valid ServiceType and StartType");
    inf_packaged_files(r->inf, NULL, &files);
    check_files(r, &files);
    inf_files_release(&files);
}
