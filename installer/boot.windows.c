#include "installer/boot.windows.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/bcd.h"
#include "installer/bootini.h"
#include "installer/spawn.windows.h"
#include "installer/win.h"

#include <stdlib.h>
#include <string.h>

enum { BCDEDIT_LIMIT_MS = 60000, VISTA = 6 };

static const char boot_ini_id[] = "boot.ini:";

static bool has_boot_ini(void)
{
    OSVERSIONINFOW v = {.dwOSVersionInfoSize = sizeof v};
    typedef LONG(WINAPI * get_version)(OSVERSIONINFOW *);
    get_version call = (get_version)win_bind(L"ntdll.dll", "RtlGetVersion");
    return call && call(&v) == 0 && v.dwMajorVersion < VISTA;
}

/* --- bcdedit ---------------------------------------------------------------------------------- */

/* Frees arguments, which may be NULL with *e set. */
static bool bcdedit(char *arguments, struct spawn_result *out, struct err *e)
{
    static const struct spawn_limits limits = {BCDEDIT_LIMIT_MS, BCD_OUTPUT_MAX};
    bool ok = arguments && spawn_run("bcdedit.exe", arguments, &limits, out, e);
    if (ok) {
        log_line(LOG_DETAIL, "boot: bcdedit %s: exit %lu", arguments, out->exit_code);
        if (out->exit_code != 0) {
            ok = err_set_os(e, out->exit_code, "bcdedit refuses '%s'", arguments);
            spawn_result_release(out);
        }
    }
    mem_free(arguments);
    return ok;
}

/* Run it and forget what it says. */
static bool bcdedit_do(char *arguments, struct err *e)
{
    struct spawn_result said = {0};
    bool ok = bcdedit(arguments, &said, e);
    spawn_result_release(&said);
    return ok;
}

/* The entries of all Windows loaders, or of one; *all is to be freed. They borrow from *said. */
static bool enumerate(const char *which, struct spawn_result *said, struct bcd_entries **all,
                      struct err *e)
{
    struct text command = {0};
    text_addf(&command, "/enum %s /v", which);
    if (!bcdedit(text_steal(&command), said, e))
        return false;
    *all = mem_zero(1, sizeof **all);
    if (bcd_read(bytes_span(&said->output), *all, e))
        return true;
    mem_free(*all);
    *all = NULL;
    spawn_result_release(said);
    return false;
}

static bool bcd_fallbacks(const char *option, struct platform_fallbacks *out, struct err *e)
{
    struct spawn_result said = {0};
    struct bcd_entries *all = NULL;
    if (!enumerate("osloader", &said, &all, e))
        return false;
    for (size_t i = 0; i < all->count; i++) {
        if (!all->at[i].ours || !bcd_is_guid(all->at[i].id))
            continue;
        texts_add(&out->all, all->at[i].id);
        if (option && bcd_has_option(&all->at[i], option))
            texts_add(&out->complete, all->at[i].id);
    }
    mem_free(all);
    spawn_result_release(&said);
    return true;
}

/* The copy has the load options of the entry that it was made of: they stay. */
static bool set_option(const char *id, const char *option, struct err *e)
{
    struct spawn_result said = {0};
    struct bcd_entries *one = NULL;
    if (!enumerate(id, &said, &one, e))
        return false;
    bool ok = one->count == 1 && one->at[0].ours
                  ? bcdedit_do(bcd_set_command(id, one->at[0].load_options, option, e), e)
                  : err_set(e, ERR_FAILED, "bcdedit does not show the entry %s that it made", id);
    mem_free(one);
    spawn_result_release(&said);
    return ok;
}

static bool bcd_add(const char *option, struct err *e)
{
    char id[BCD_ID_MAX];
    struct spawn_result said = {0};
    bool ok = bcdedit(bcd_copy_command(), &said, e) &&
              bcd_read_copied(bytes_span(&said.output), id, e) && set_option(id, option, e);
    spawn_result_release(&said);
    return ok;
}

static bool bcd_remove(const char *id, struct err *e)
{
    struct platform_fallbacks now = {0};
    bool ok = bcd_fallbacks(NULL, &now, e);
    if (ok && texts_have_nocase(&now.all, id)) /* never an entry that is not marked as ours */
        ok = bcdedit_do(bcd_delete_command(id, e), e);
    platform_fallbacks_release(&now);
    return ok;
}

/* --- boot.ini --------------------------------------------------------------------------------- */

/* On the drive that the machine starts from, which setup remembers; C: where it does not. mem_free.
 */
static char *boot_ini_path(void)
{
    char *drive =
        win_machine_text("SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Setup", "BootDir");
    struct text t = {0};
    bool usable = drive && drive[0] && drive[1] == ':';
    text_addf(&t, "%.2s\\boot.ini", usable ? drive : "C:");
    mem_free(drive);
    return text_steal(&t);
}

static char *option_of_boot_ini(const char *option)
{
    struct text t = {0};
    text_addf(&t, "/%s", option);
    return text_steal(&t);
}

static bool read_boot_ini(const char *path, struct bytes *out, struct err *e)
{
    return file_read(path, BOOTINI_SIZE_MAX, out, e);
}

/* It is hidden, a system file and read-only: the last is in the way of replacing it, and all come
 * back afterwards, whatever came of it. */
static bool write_boot_ini(const char *path, struct span content, struct err *e)
{
    wchar_t *wide = utf16_from(path);
    DWORD attributes = wide ? GetFileAttributesW(wide) : INVALID_FILE_ATTRIBUTES;
    DWORD code = attributes == INVALID_FILE_ATTRIBUTES ? GetLastError() : ERROR_SUCCESS;
    if (code == ERROR_SUCCESS && !SetFileAttributesW(wide, FILE_ATTRIBUTE_NORMAL))
        code = GetLastError();
    bool ok = code == ERROR_SUCCESS || win_fail(e, code, "cannot make '%s' writable", path);
    if (ok) {
        ok = file_replace(path, content, e);
        if (!SetFileAttributesW(wide, attributes & ~(DWORD)FILE_ATTRIBUTE_COMPRESSED))
            log_line(LOG_WARNING, "boot: cannot give '%s' its attributes back (%lu), continuing",
                     path, GetLastError());
    }
    mem_free(wide);
    return ok;
}

static bool boot_ini_fallbacks(const char *option, struct platform_fallbacks *out, struct err *e)
{
    struct bytes file = {0};
    size_t count = 0;
    char *path = boot_ini_path(), *word = option_of_boot_ini(option);
    bool ok = read_boot_ini(path, &file, e) && bootini_count(bytes_span(&file), word, &count, e);
    if (ok && count) {
        struct text id = {0};
        text_addf(&id, "%s%s", boot_ini_id, option);
        texts_add(&out->all, text_str(&id));
        texts_add(&out->complete, text_str(&id));
        text_release(&id);
    }
    bytes_release(&file);
    mem_free(path);
    mem_free(word);
    return ok;
}

typedef bool (*boot_ini_edit)(struct span file, const char *option, struct bootini_edit *out,
                              struct err *e);

static bool edit_boot_ini(boot_ini_edit how, const char *option, struct err *e)
{
    struct bytes file = {0};
    struct bootini_edit edit = {0};
    char *path = boot_ini_path(), *word = option_of_boot_ini(option);
    bool ok = read_boot_ini(path, &file, e) && how(bytes_span(&file), word, &edit, e) &&
              (!edit.changed || write_boot_ini(path, bytes_span(&edit.value), e));
    bootini_edit_release(&edit);
    bytes_release(&file);
    mem_free(path);
    mem_free(word);
    return ok;
}

/* --- either ----------------------------------------------------------------------------------- */

bool boot_fallbacks(const char *option, struct platform_fallbacks *out, struct err *e)
{
    return has_boot_ini() ? boot_ini_fallbacks(option, out, e) : bcd_fallbacks(option, out, e);
}

bool boot_add_fallback(const char *option, struct err *e)
{
    log_line(LOG_NOTE, "boot: adding an entry with '%s'", option);
    return has_boot_ini() ? edit_boot_ini(bootini_add, option, e) : bcd_add(option, e);
}

bool boot_remove_fallback(const char *id, struct err *e)
{
    log_line(LOG_NOTE, "boot: removing the entry '%s'", id);
    if (strncmp(id, boot_ini_id, sizeof boot_ini_id - 1) == 0)
        return edit_boot_ini(bootini_remove, id + sizeof boot_ini_id - 1, e);
    return bcd_remove(id, e);
}

/* --- restore points --------------------------------------------------------------------------- */

/* SRRestorePtAPI.h, which the SDK has and mingw-w64 has not. */
enum { BEGIN_CHANGE = 100, DEVICE_DRIVER_INSTALL = 10, NAME_MAX_W = 256 };

#pragma pack(push, 1)
struct restore_point_info {
    DWORD event, type;
    INT64 number;
    WCHAR description[NAME_MAX_W];
};

struct restore_point_status {
    UINT code;
    INT64 number;
};
#pragma pack(pop)

bool boot_make_restore_point(const char *name, struct number *number, struct err *e)
{
    typedef BOOL(WINAPI * set_restore_point)(struct restore_point_info *,
                                             struct restore_point_status *);
    set_restore_point call = (set_restore_point)win_bind(L"srclient.dll", "SRSetRestorePointW");
    struct restore_point_info info = {.event = BEGIN_CHANGE, .type = DEVICE_DRIVER_INSTALL};
    struct restore_point_status status = {0};
    if (!call)
        return err_set(e, ERR_NOT_FOUND, "this Windows makes no restore points");
    wchar_t *wide = utf16_from(name);
    if (wide && wcslen(wide) < NAME_MAX_W)
        wcscpy(info.description, wide);
    mem_free(wide);
    SetLastError(ERROR_SUCCESS);
    bool ok = call(&info, &status);
    DWORD code = status.code ? status.code : GetLastError();
    if (!ok && code == ERROR_SUCCESS)
        return err_set(e, ERR_FAILED, "cannot make a restore point, and Windows gives no reason");
    if (!ok)
        return win_fail(e, code, "cannot make a restore point");
    if (status.number <= 0)
        return err_set(e, ERR_FAILED, "Windows says that it made a restore point, and names none");
    *number = number_of((uint64_t)status.number);
    return true;
}

bool boot_remove_restore_point(uint64_t number, struct err *e)
{
    typedef DWORD(WINAPI * remove_restore_point)(DWORD);
    remove_restore_point call =
        (remove_restore_point)win_bind(L"srclient.dll", "SRRemoveRestorePoint");
    if (!call)
        return err_set(e, ERR_NOT_FOUND, "this Windows removes no restore points");
    DWORD code = call((DWORD)number);
    return code == ERROR_SUCCESS ||
           win_fail(e, code, "cannot remove restore point %llu", (unsigned long long)number);
}
