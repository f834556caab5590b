#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/detect.windows.h"
#include "installer/marks.h"
#include "installer/win.h"
#include "verifier/inf.h"

#include <setupapi.h>
#include <stdio.h>
#include <string.h>

enum { INF_FILE_MAX = 8 << 20 }; /* bytes; no INF of a Xen driver comes near */

/* --- is it one of ours ------------------------------------------------------------------------ */

static bool ends_with_inf(const char *name)
{
    size_t size = strlen(name);
    return size > 4 && text_equal_nocase(name + size - 4, ".inf");
}

static bool a_device_uses(const struct facts *f, const char *name)
{
    for (size_t i = 0; i < f->devices.count; i++)
        if (f->devices.at[i].inf && text_equal_nocase(f->devices.at[i].inf, name))
            return marks_xen_device(f->devices.at[i].instance);
    return false;
}

/* Windows' own INFs bind no Xen device: reading a thousand of them would only cost time. What
 * others bring is published as oem<n>.inf, or keeps its name where somebody copied it by hand. */
static bool is_candidate(const struct facts *f, const char *name)
{
    return ends_with_inf(name) && (text_starts_nocase(name, "oem") ||
                                   text_starts_nocase(name, "xen") || a_device_uses(f, name));
}

/* Does the text hold mark, in any case, in bytes `step` apart (1: ANSI, 2: UTF-16)? */
static bool holds(struct span file, const char *mark, size_t step)
{
    size_t size = strlen(mark), need = (size - 1) * step + 1;
    for (size_t at = 0; file.size >= need && at <= file.size - need; at++) {
        size_t i = 0;
        while (i < size && (file.at[at + i * step] | 0x20) == (mark[i] | 0x20))
            i++;
        if (i == size)
            return true;
    }
    return false;
}

/* A quick look before the INF is parsed; what comes through is judged by its hardware ids. */
static bool may_bind_xen(struct span file)
{
    static const char *const marks[] = {"VEN_5853", "VEN_fffd", "XEN\\",
                                        "XENBUS\\", "XENVIF\\", "XENEVTCHN"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (holds(file, marks[i], 1) || holds(file, marks[i], 2))
            return true;
    return false;
}

/* --- what it says ----------------------------------------------------------------------------- */

static void add_ids(const struct inf *inf, const char *models, struct texts *out)
{
    const struct inf_section *section = inf_section(inf, models);
    for (size_t i = 0; section && i < section->count; i++)
        for (size_t j = 1; j < section->lines[i].count && out->count < DETECT_IDS_MAX; j++) {
            const char *id = section->lines[i].fields[j];
            if (*id && !texts_have_nocase(out, id))
                texts_add(out, id);
        }
}

/* The ids of all models, whatever Windows they are for: section, and section.decoration. */
static void read_ids(const struct inf *inf, struct texts *out)
{
    const struct inf_section *manufacturers = inf_section(inf, "Manufacturer");
    for (size_t i = 0; manufacturers && i < manufacturers->count; i++) {
        const struct inf_line *line = &manufacturers->lines[i];
        add_ids(inf, inf_field(line, 0), out);
        for (size_t j = 1; j < line->count; j++) {
            struct text name = {0};
            text_addf(&name, "%s.%s", inf_field(line, 0), line->fields[j]);
            add_ids(inf, text_str(&name), out);
            text_release(&name);
        }
    }
}

static bool has_xen_id(const struct texts *ids)
{
    for (size_t i = 0; i < ids->count; i++)
        if (marks_xen_device(ids->at[i]))
            return true;
    return false;
}

static void set_unless_empty(char **member, const char *text)
{
    if (text && *text)
        shape_set_text(member, text);
}

static const char *catalog_of(const struct inf *inf, enum architecture architecture)
{
    struct target target = {.major = 5};
    switch (architecture) {
    case ARCHITECTURE_X86: target.arch = TARGET_X86; break;
    case ARCHITECTURE_X64: target.arch = TARGET_AMD64; break;
    case ARCHITECTURE_ARM64: target.arch = TARGET_ARM64; break;
    case ARCHITECTURE_IA64: target.arch = TARGET_IA64; break;
    case ARCHITECTURE_UNKNOWN: return inf_catalog(inf, NULL);
    }
    return inf_catalog(inf, &target);
}

static char *version_text(const struct inf_driver_ver *v)
{
    struct text t = {0};
    if (!v->present || !v->version_valid)
        return NULL;
    text_addf(&t, "%u.%u.%u.%u", v->version[0], v->version[1], v->version[2], v->version[3]);
    return text_steal(&t);
}

/* The name it had before it became oem<n>.inf, which Windows keeps beside the INF. */
static char *original_name(const char *path)
{
    struct {
        SP_INF_INFORMATION head;
        BYTE room[16384];
    } info;
    SP_ORIGINAL_FILE_INFO_W original = {.cbSize = sizeof original};
    wchar_t *wide = utf16_from(path);
    bool found = wide &&
                 SetupGetInfInformationW(wide, INFINFO_INF_NAME_IS_ABSOLUTE, &info.head,
                                         sizeof info, NULL) &&
                 SetupQueryInfOriginalFileInformationW(&info.head, 0, NULL, &original);
    mem_free(wide);
    original.OriginalInfName[MAX_PATH - 1] = L'\0';
    return found && *original.OriginalInfName ? utf8_from(original.OriginalInfName) : NULL;
}

/* Where the class key says nothing, the INF that it names does. */
static void complete_devices(const struct inf *inf, const struct facts_package *p, struct facts *f)
{
    const struct inf_driver_ver ver = inf_driver_ver(inf);
    char date[sizeof "65535-65535-65535"];
    snprintf(date, sizeof date, "%u-%u-%u", ver.month, ver.day, ver.year);
    for (size_t i = 0; i < f->devices.count; i++) {
        struct facts_device *d = &f->devices.at[i];
        if (!d->inf || !text_equal_nocase(d->inf, p->inf))
            continue;
        if (!d->provider)
            d->provider = mem_strdup(p->provider);
        if (!d->driver_version)
            d->driver_version = mem_strdup(p->version);
        if (!d->driver_date && ver.present && ver.date_valid)
            d->driver_date = mem_strdup(date);
    }
}

static void add_package(const struct inf *inf, const char *path, struct texts *ids, struct facts *f)
{
    const struct inf_driver_ver ver = inf_driver_ver(inf);
    struct facts_package *p = shape_list_add(&f->packages, sizeof *p);
    p->inf = mem_strdup(file_name(path));
    p->original = original_name(path);
    set_unless_empty(&p->provider, inf_provider(inf));
    set_unless_empty(&p->catalog, catalog_of(inf, f->windows.architecture));
    set_unless_empty(&p->class_name, inf_class(inf));
    p->version = version_text(&ver);
    p->hardware_ids = *ids;
    memset(ids, 0, sizeof *ids);
    complete_devices(inf, p, f);
}

/* An INF that cannot be parsed binds nothing that we could name; one that cannot be read may. */
static void look_at(const char *path, struct facts *f)
{
    struct bytes file = {0};
    struct inf inf = {0};
    struct findings findings = {0};
    struct texts ids = {0};
    if (!file_read(path, INF_FILE_MAX, &file, NULL)) {
        f->packages_reading = READING_PARTIAL;
        return;
    }
    if (may_bind_xen(bytes_span(&file)) && inf_parse(bytes_span(&file), &inf, &findings, NULL)) {
        read_ids(&inf, &ids);
        if (has_xen_id(&ids))
            add_package(&inf, path, &ids, f);
    }
    texts_release(&ids);
    findings_release(&findings);
    inf_release(&inf);
    bytes_release(&file);
}

void detect_packages(struct facts *f)
{
    struct file_list names = {0};
    char *windows = win_windows_folder();
    char *folder = file_join(windows, "inf");
    if (file_list(folder, &names, NULL))
        f->packages_reading = READING_FULL;
    for (size_t i = 0; i < names.count; i++) {
        if (names.at[i].kind != FILE_REGULAR || !is_candidate(f, names.at[i].name))
            continue;
        if (f->packages.count >= DETECT_PACKAGES_MAX) {
            f->packages_reading = READING_PARTIAL;
            break;
        }
        char *path = file_join(folder, names.at[i].name);
        look_at(path, f);
        mem_free(path);
    }
    file_list_release(&names);
    mem_free(folder);
    mem_free(windows);
}
