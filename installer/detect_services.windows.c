#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/detect.windows.h"
#include "installer/marks.h"
#include "installer/win.h"

#include <string.h>

#define SERVICES "SYSTEM\\CurrentControlSet\\Services"

enum { DRIVER_TYPES = SERVICE_KERNEL_DRIVER | SERVICE_FILE_SYSTEM_DRIVER };

/* --- the file of a service -------------------------------------------------------------------- */

static bool is_driver(const struct facts_service *s)
{
    return s->type.known && s->type.value & DRIVER_TYPES;
}

/* The program of a command line: what is quoted, else up to the first ".exe" that ends a word. */
static char *program_of(const char *command)
{
    static const char ending[] = ".exe";
    if (*command == '"')
        return mem_strndup(command + 1, strcspn(command + 1, "\""));
    for (const char *c = command; *c; c++)
        if (text_starts_nocase(c, ending) && (!c[4] || c[4] == ' '))
            return mem_strndup(command, (size_t)(c - command) + 4);
    return mem_strdup(command);
}

/* The kernel's ways to write a path: \??\C:\x, \SystemRoot\x, and x relative to %SystemRoot%. Other
 * names of its own tree (\Device\...) are left alone: NULL. */
static char *plain_path(const char *path)
{
    static const char dos[] = "\\??\\", root[] = "\\SystemRoot\\", bare[] = "SystemRoot\\";
    char *windows = win_windows_folder();
    char *result = NULL;
    if (text_starts_nocase(path, dos))
        path += sizeof dos - 1;
    if (text_starts_nocase(path, root))
        result = file_join(windows, path + sizeof root - 1);
    else if (text_starts_nocase(path, bare))
        result = file_join(windows, path + sizeof bare - 1);
    else if (path[0] && path[1] == ':')
        result = mem_strdup(path);
    else if (path[0] != '\\')
        result = file_join(windows, path);
    mem_free(windows);
    return result;
}

/* A driver without an ImagePath is looked for by its name. */
char *detect_service_file(const struct facts_service *s)
{
    struct text usual = {0};
    char *path = NULL;
    if (s->image && *s->image) {
        char *expanded = win_expand(s->image);
        char *program = is_driver(s) ? mem_strdup(expanded) : program_of(expanded);
        path = plain_path(program);
        mem_free(program);
        mem_free(expanded);
    } else if (is_driver(s)) {
        text_addf(&usual, "System32\\drivers\\%s.sys", s->name);
        path = plain_path(text_str(&usual));
        text_release(&usual);
    }
    return path;
}

static void read_image(struct facts_service *s)
{
    s->file = detect_service_file(s);
    if (s->file) {
        s->image_exists = win_file_exists(s->file);
        s->file_version = s->image_exists == TRI_YES ? win_file_version(s->file) : NULL;
    }
}

/* --- services --------------------------------------------------------------------------------- */

/* running stays unknown where the service manager cannot be asked. */
static void read_state(SC_HANDLE manager, struct facts_service *s)
{
    SERVICE_STATUS status;
    memset(&status, 0, sizeof status);
    wchar_t *wide = utf16_from(s->name);
    SC_HANDLE service = manager && wide ? OpenServiceW(manager, wide, SERVICE_QUERY_STATUS) : NULL;
    bool asked = service && QueryServiceStatus(service, &status);
    mem_free(wide);
    win_service_close(&service);
    if (!asked)
        return;
    s->running = status.dwCurrentState == SERVICE_RUNNING ? TRI_YES : TRI_NO;
    s->state = number_of(status.dwCurrentState);
    s->exit_code = number_of(status.dwWin32ExitCode == ERROR_SERVICE_SPECIFIC_ERROR
                                 ? status.dwServiceSpecificExitCode
                                 : status.dwWin32ExitCode);
}

static enum tri has_child(HKEY key, const char *name)
{
    HKEY child = NULL;
    DWORD code = win_key_open(key, name, KEY_QUERY_VALUE, &child);
    win_key_close(&child);
    if (code == ERROR_SUCCESS)
        return TRI_YES;
    return code == ERROR_FILE_NOT_FOUND ? TRI_NO : TRI_UNKNOWN;
}

/* Keys that only hold settings, as Services\XEN of Xen Project's drivers, are no services. */
static bool is_service(HKEY key)
{
    static const char *const marks[] = {"Type", "Start", "ImagePath"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct bytes value = {0};
        DWORD code = win_key_bytes(key, marks[i], NULL, &value);
        bytes_release(&value);
        if (code == ERROR_SUCCESS)
            return true;
    }
    return false;
}

/* The service manager takes nothing but a REG_DWORD; what else stands there is not known. */
static struct number dword_of(HKEY key, const char *name)
{
    struct bytes value = {0};
    struct number unknown = {0};
    DWORD type = REG_NONE;
    if (win_key_bytes(key, name, &type, &value) != ERROR_SUCCESS)
        return unknown;
    bytes_release(&value);
    return type == REG_DWORD ? win_key_number(key, name) : unknown;
}

static void add_service(HKEY key, const char *name, SC_HANDLE manager, struct facts *f)
{
    struct facts_service *s = shape_list_add(&f->services, sizeof *s);
    s->name = mem_strdup(name);
    s->display_name = win_key_text(key, "DisplayName");
    s->image = win_key_text(key, "ImagePath");
    s->group = win_key_text(key, "Group");
    s->type = dword_of(key, "Type");
    s->start = dword_of(key, "Start");
    s->start_overridden = has_child(key, "StartOverride");
    read_state(manager, s);
    read_image(s);
    if (s->running == TRI_UNKNOWN && f->services_reading == READING_FULL)
        f->services_reading = READING_PARTIAL;
}

static void look_at(HKEY services, const char *name, SC_HANDLE manager, struct facts *f)
{
    HKEY key = NULL;
    DWORD code = win_key_open(services, name, KEY_READ, &key);
    if (code == ERROR_SUCCESS && is_service(key))
        add_service(key, name, manager, f);
    else if (code == ERROR_ACCESS_DENIED)
        f->services_reading = READING_NEEDS_ELEVATION;
    win_key_close(&key);
}

void detect_services(struct facts *f)
{
    HKEY services = NULL;
    DWORD code = win_key_open(HKEY_LOCAL_MACHINE, SERVICES, KEY_READ, &services);
    if (code == ERROR_ACCESS_DENIED)
        f->services_reading = READING_NEEDS_ELEVATION;
    if (code != ERROR_SUCCESS)
        return;
    SC_HANDLE manager = win_service_manager(&code);
    f->services_reading = READING_FULL;
    for (DWORD i = 0;; i++) {
        char *name = win_key_child(services, i);
        if (!name)
            break;
        bool wanted = marks_service(name) || marks_boot_service(name);
        if (wanted && f->services.count < DETECT_SERVICES_MAX)
            look_at(services, name, manager, f);
        else if (wanted)
            f->services_reading = READING_PARTIAL;
        mem_free(name);
    }
    win_key_close(&services);
}
