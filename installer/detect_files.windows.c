#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/detect.windows.h"
#include "installer/marks.h"
#include "installer/win.h"

static bool is_known(const struct facts *f, const char *path)
{
    for (size_t i = 0; i < f->files.count; i++)
        if (text_equal_nocase(f->files.at[i].path, path))
            return true;
    return false;
}

static void add_file(const char *path, const char *version, struct facts *f)
{
    if (is_known(f, path))
        return;
    if (f->files.count >= DETECT_FILES_MAX) {
        f->files_reading = READING_PARTIAL;
        return;
    }
    struct facts_file *file = shape_list_add(&f->files, sizeof *file);
    file->path = mem_strdup(path);
    file->version = version ? mem_strdup(version) : win_file_version(path);
}

/* Theirs may lie anywhere, and their names carry their versions. */
static void add_files_of_services(struct facts *f)
{
    for (size_t i = 0; i < f->services.count; i++) {
        const struct facts_service *s = &f->services.at[i];
        if (s->file && s->image_exists == TRI_YES && marks_file(file_name(s->file)))
            add_file(s->file, s->file_version, f);
    }
}

static void look_in(const char *folder, struct facts *f)
{
    struct file_list names = {0};
    bool blind = false;
    char *native = win_native_path(folder, &blind);
    enum file_kind kind = blind ? FILE_KIND_UNKNOWN : file_kind(native);
    bool listed = kind == FILE_FOLDER && file_list(native, &names, NULL);
    if (!listed && kind != FILE_ABSENT)
        f->files_reading = READING_PARTIAL;
    for (size_t i = 0; i < names.count; i++) {
        if (names.at[i].kind != FILE_REGULAR || !marks_file(names.at[i].name))
            continue;
        char *path = file_join(folder, names.at[i].name);
        add_file(path, NULL, f);
        mem_free(path);
    }
    file_list_release(&names);
    mem_free(native);
}

static void look_in_drivers(struct facts *f)
{
    char *windows = win_windows_folder();
    char *folder = file_join(windows, "System32\\drivers");
    look_in(folder, f);
    mem_free(folder);
    mem_free(windows);
}

/* GPLPV's MSI puts its programs there. A 32-bit program on a 64-bit Windows finds the machine's own
 * folder in another variable. */
static void look_in_programs(struct facts *f)
{
    char *programs = win_expand(win_is_wow64() ? "%ProgramW6432%" : "%ProgramFiles%");
    char *folder = file_join(programs, "Xen PV Drivers\\bin");
    if (*programs != '%')
        look_in(folder, f);
    mem_free(folder);
    mem_free(programs);
}

void detect_files(struct facts *f)
{
    f->files_reading = READING_FULL;
    add_files_of_services(f);
    look_in_drivers(f);
    look_in_programs(f);
}
