#include "installer/platform.windows.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/boot.windows.h"
#include "installer/console.h"
#include "installer/driver.windows.h"
#include "installer/lock.windows.h"
#include "installer/msi.windows.h"
#include "installer/network.windows.h"
#include "installer/pending.h"
#include "installer/publisher.windows.h"
#include "installer/reboot.windows.h"
#include "installer/service.windows.h"
#include "installer/service_parameter.windows.h"
#include "installer/service_start.windows.h"
#include "installer/store.windows.h"
#include "installer/win.h"

#include <shlobj.h>

static const char state_name[] = "xenpv";

/* --- folders ---------------------------------------------------------------------------------- */

/*
 * %ProgramData%, or its forerunner; mem_free. Shfolder has the call where shell32 is older than
 * Windows 2000's. Asked once: each answer costs a dozen reads of the registry, and we ask for every
 * file of ours.
 */
static char *common_data(struct err *e)
{
    typedef HRESULT(WINAPI * get_folder)(HWND, int, HANDLE, DWORD, wchar_t *);
    static wchar_t path[MAX_PATH + 1];
    if (*path)
        return utf8_from(path);
    get_folder call = (get_folder)win_bind(L"shell32.dll", "SHGetFolderPathW");
    if (!call)
        call = (get_folder)win_bind(L"shfolder.dll", "SHGetFolderPathW");
    HRESULT code =
        call ? call(NULL, CSIDL_COMMON_APPDATA, NULL, SHGFP_TYPE_CURRENT, path) : E_NOTIMPL;
    if (code == S_OK && *path)
        return utf8_from(path);
    *path = L'\0';
    win_fail(e, (DWORD)code, "cannot find the folder for the data of all users");
    return NULL;
}

/* The folder of the machine's own programs; a 32-bit program's own idea of it would be another. */
static char *program_files(struct err *e)
{
    char *path =
        win_machine_text("SOFTWARE\\Microsoft\\Windows\\CurrentVersion", "ProgramFilesDir");
    if (!path)
        err_set(e, ERR_NOT_FOUND, "cannot find the folder of the programs");
    return path;
}

static char *below(char *folder, const char *name)
{
    char *path = folder ? file_join(folder, name) : NULL;
    mem_free(folder);
    return path;
}

char *platform_windows_state_folder(struct err *e)
{
    return below(common_data(e), state_name);
}

static char *folder(void *context, enum platform_folder which, struct err *e)
{
    (void)context;
    switch (which) {
    case PLATFORM_FOLDER_STATE: return platform_windows_state_folder(e);
    case PLATFORM_FOLDER_WINDOWS: return win_windows_folder();
    case PLATFORM_FOLDER_SYSTEM: return below(win_windows_folder(), "System32");
    case PLATFORM_FOLDER_DRIVERS: return below(win_windows_folder(), "System32\\drivers");
    case PLATFORM_FOLDER_INF: return below(win_windows_folder(), "inf");
    case PLATFORM_FOLDER_PROGRAM_FILES: return program_files(e);
    case PLATFORM_FOLDER_UNKNOWN: break;
    }
    err_set(e, ERR_USAGE, "folder %d is not known", (int)which);
    return NULL;
}

#define SESSION_MANAGER "SYSTEM\\CurrentControlSet\\Control\\Session Manager"

/* --- files ------------------------------------------------------------------------------------ */

/* The machine's path as this process reaches it, or NULL with *e set; mem_free. */
static char *reach(const char *path, struct err *e)
{
    bool blind = false;
    char *native = win_native_path(path, &blind);
    if (!blind)
        return native;
    mem_free(native);
    err_set(e, ERR_ACCESS,
            "a 32-bit program cannot reach '%s' on this Windows; run the 64-bit xenpv.exe", path);
    return NULL;
}

typedef bool (*file_call)(const char *path, struct err *e);

static bool with_path(file_call call, const char *path, struct err *e)
{
    char *native = reach(path, e);
    bool ok = native && call(native, e);
    mem_free(native);
    return ok;
}

static bool make_private_folder(void *context, const char *path, struct err *e)
{
    (void)context;
    return with_path(file_make_private_folder, path, e);
}

static bool make_folder(void *context, const char *path, struct err *e)
{
    (void)context;
    return with_path(file_make_folder, path, e);
}

static bool remove_file(void *context, const char *path, struct err *e)
{
    (void)context;
    return with_path(file_remove, path, e);
}

static bool remove_tree(void *context, const char *path, struct err *e)
{
    (void)context;
    return with_path(file_remove_tree, path, e);
}

static bool write_file(void *context, const char *path, struct span content, struct err *e)
{
    (void)context;
    char *native = reach(path, e);
    bool ok = native && file_replace(native, content, e);
    mem_free(native);
    return ok;
}

static bool read_file(void *context, const char *path, uint64_t limit, uint8_t **bytes,
                      size_t *size, struct err *e)
{
    (void)context;
    struct bytes content = {0};
    char *native = reach(path, e);
    bool ok = native && file_read(native, limit, &content, e);
    mem_free(native);
    if (!ok)
        return false;
    *bytes = content.at;
    *size = content.size;
    return true;
}

static enum tri exists(void *context, const char *path)
{
    (void)context;
    char *native = reach(path, NULL);
    enum file_kind kind = native ? file_kind(native) : FILE_KIND_UNKNOWN;
    mem_free(native);
    if (kind == FILE_KIND_UNKNOWN)
        return TRI_UNKNOWN;
    return kind == FILE_ABSENT ? TRI_NO : TRI_YES;
}

static bool hold_file(void *context, const char *path, struct file_hold *out, struct err *e)
{
    (void)context;
    return file_hold(path, out, e);
}

static void release_file(void *context, struct file_hold *held)
{
    (void)context;
    file_hold_release(held);
}

static bool lock(void *context, const struct platform_lock_wish *wish, struct platform_lock *out,
                 struct err *e)
{
    if (win_is_elevated() != TRI_YES)
        return err_set(e, ERR_ACCESS, "only an administrator may change this machine");
    char *state = folder(context, PLATFORM_FOLDER_STATE, e);
    bool ok = state && lock_take(state, wish, out, e);
    mem_free(state);
    return ok;
}

static void unlock(void *context, struct platform_lock *held)
{
    char *state = folder(context, PLATFORM_FOLDER_STATE, NULL);
    lock_release(held);
    if (state)
        remove_file(context, state, NULL); /* not while something is in it */
    mem_free(state);
}

/* --- the rest stands in its own files --------------------------------------------------------- */

static bool facts(void *context, struct facts *f, struct err *e)
{
    (void)context;
    return detect_facts(f, e);
}

static bool stage(void *context, const char *inf_path, char **published, struct err *e)
{
    (void)context;
    return driver_stage(inf_path, published, e);
}

static bool unstage(void *context, const char *published, struct err *e)
{
    (void)context;
    return driver_unstage(published, e);
}

static bool bind_driver(void *context, const char *hardware_id, const char *inf_path, bool *restart,
                        struct err *e)
{
    (void)context;
    return driver_bind(hardware_id, inf_path, restart, e);
}

static bool unbind_driver(void *context, const char *instance, bool *restart, struct err *e)
{
    (void)context;
    return driver_unbind(instance, restart, e);
}

static bool remove_device(void *context, const char *instance, bool *restart, struct err *e)
{
    (void)context;
    return driver_remove(instance, restart, e);
}

static bool binding(void *context, const char *instance, struct platform_binding *out,
                    struct err *e)
{
    (void)context;
    return driver_binding(instance, out, e);
}

static void settle(void *context, unsigned limit_ms)
{
    (void)context;
    driver_settle(limit_ms);
}

static bool create_service(void *context, const struct platform_service *s, struct err *e)
{
    (void)context;
    return service_create(s, e);
}

static bool change_service(void *context, const char *name, uint32_t start, const char *image,
                           struct err *e)
{
    (void)context;
    return service_change(name, start, image, e);
}

static bool delete_service(void *context, const char *name, struct err *e)
{
    (void)context;
    return service_delete(name, e);
}

static bool query_service(void *context, const char *name, uint32_t *start, char **image,
                          struct err *e)
{
    (void)context;
    return service_query(name, start, image, e);
}

static bool remove_filter(void *context, const struct facts_filter *filter, const char *service,
                          struct err *e)
{
    (void)context;
    return service_remove_filter(filter, service, e);
}

static bool read_start(void *context, const char *service, struct platform_start *out,
                       struct err *e)
{
    (void)context;
    return service_start_read(service, out, e);
}

static bool write_start(void *context, const char *service, const struct platform_start *s,
                        struct err *e)
{
    (void)context;
    return service_start_write(service, s, e);
}

static bool fallbacks(void *context, const char *option, struct platform_fallbacks *out,
                      struct err *e)
{
    (void)context;
    return boot_fallbacks(option, out, e);
}

static bool add_fallback(void *context, const char *option, struct err *e)
{
    (void)context;
    return boot_add_fallback(option, e);
}

static bool remove_fallback(void *context, const char *id, struct err *e)
{
    (void)context;
    return boot_remove_fallback(id, e);
}

static bool make_restore_point(void *context, const char *name, struct number *number,
                               struct err *e)
{
    (void)context;
    return boot_make_restore_point(name, number, e);
}

static bool remove_restore_point(void *context, uint64_t number, struct err *e)
{
    (void)context;
    return boot_remove_restore_point(number, e);
}

static char *program(void *context, struct err *e)
{
    (void)context;
    char *path = console_program();
    if (!path)
        err_set(e, ERR_FAILED, "cannot tell where this program lies");
    return path;
}

static bool remove_file_later(void *context, const char *path, struct err *e)
{
    (void)context;
    wchar_t *wide = utf16_path(path);
    bool ok = wide && MoveFileExW(wide, NULL, MOVEFILE_DELAY_UNTIL_REBOOT);
    DWORD code = GetLastError();
    mem_free(wide);
    return ok || win_fail(e, code, "cannot have '%s' removed at the next restart", path);
}

static bool replaced_by(void *context, const char *path, char **from, struct err *e)
{
    static const char *const names[] = {"PendingFileRenameOperations2",
                                        "PendingFileRenameOperations"};
    HKEY key = NULL;
    char *found = NULL;
    (void)context;
    DWORD code = win_key_open(HKEY_LOCAL_MACHINE, SESSION_MANAGER, KEY_QUERY_VALUE, &key);
    for (size_t i = 0; code == ERROR_SUCCESS && !found && i < sizeof names / sizeof *names; i++) {
        struct bytes value = {0};
        code = win_key_bytes(key, names[i], NULL, &value);
        if (code == ERROR_SUCCESS)
            found = pending_replacement(bytes_span(&value), path);
        else if (code == ERROR_FILE_NOT_FOUND)
            code = ERROR_SUCCESS;
        bytes_release(&value);
    }
    win_key_close(&key);
    if (code != ERROR_SUCCESS)
        return win_fail(e, code, "what replaces '%s' at the next start cannot be read", path);
    *from = found;
    return true;
}

/* A driver that is loaded, or a file that is open: nobody can write to it. */
static bool is_in_use(const char *native)
{
    wchar_t *wide = utf16_path(native);
    HANDLE file =
        wide ? CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL)
             : INVALID_HANDLE_VALUE;
    DWORD code = GetLastError();
    bool in_use = file == INVALID_HANDLE_VALUE &&
                  (code == ERROR_SHARING_VIOLATION || code == ERROR_ACCESS_DENIED ||
                   code == ERROR_USER_MAPPED_FILE);
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    mem_free(wide);
    return in_use;
}

/* The new bytes lie beside the file, on the same volume, until then. */
static bool replace_later(const char *native, struct span content, struct err *e)
{
    struct text beside = {0};
    text_addf(&beside, "%s.xenpv", native);
    wchar_t *from = utf16_path(text_str(&beside)), *to = utf16_path(native);
    bool ok = from && to && file_replace(text_str(&beside), content, e);
    if (ok && !MoveFileExW(from, to, MOVEFILE_DELAY_UNTIL_REBOOT | MOVEFILE_REPLACE_EXISTING))
        ok = win_fail(e, GetLastError(), "cannot have '%s' replaced at the next restart", native);
    mem_free(from);
    mem_free(to);
    text_release(&beside);
    return ok;
}

static bool write_file_later(void *context, const char *path, struct span content, struct err *e)
{
    (void)context;
    char *native = reach(path, e);
    bool ok = native && (is_in_use(native) ||
                         err_set(e, ERR_FAILED, "'%s' cannot be written, and is not in use", path));
    ok = ok && replace_later(native, content, e);
    mem_free(native);
    return ok;
}

static bool read_networks(void *context, struct network *out, struct err *e)
{
    (void)context;
    return network_read(out, e);
}

static bool write_network(void *context, const struct network_change *change, struct err *e)
{
    (void)context;
    return network_write(change, e);
}

static bool restart_network(void *context, const char *instance, bool *restart, struct err *e)
{
    (void)context;
    return network_restart_adapter(instance, restart, e);
}

static bool read_parameter(void *context, const char *service, const char *name, struct number *out,
                           struct err *e)
{
    (void)context;
    return service_parameter_read(service, name, out, e);
}

static bool write_parameter(void *context, const char *service, const char *name,
                            const struct number *value, struct err *e)
{
    (void)context;
    return service_parameter_write(service, name, value, e);
}

static enum tri runs(void *context, const char *service)
{
    (void)context;
    return service_runs(service);
}

static bool stop(void *context, const char *service, struct err *e)
{
    (void)context;
    return service_stop(service, e);
}

static bool start(void *context, const char *service, struct err *e)
{
    (void)context;
    return service_start_now(service, e);
}

static enum tri has_publisher(void *context, struct span certificate)
{
    (void)context;
    return publisher_is_trusted(certificate);
}

static bool add_publisher(void *context, struct span certificate, struct err *e)
{
    (void)context;
    return publisher_add(certificate, e);
}

static bool remove_publisher(void *context, struct span certificate, struct err *e)
{
    (void)context;
    return publisher_remove(certificate, e);
}

static enum tri has_root(void *context, struct span certificate, struct span catalog)
{
    (void)context;
    return publisher_has_root(certificate, catalog);
}

static enum tri has_key(void *context, const char *path)
{
    (void)context;
    return service_has_key(path);
}

static bool delete_key(void *context, const char *path, struct err *e)
{
    (void)context;
    return service_delete_key(path, e);
}

static enum tri has_product(void *context, const char *product_code)
{
    (void)context;
    return msi_has_product(product_code);
}

static bool install_product(void *context, const struct platform_product *product, bool *needed,
                            struct err *e)
{
    char *state = folder(context, PLATFORM_FOLDER_STATE, e);
    bool ok = state && msi_install(product, state, needed, e);
    mem_free(state);
    return ok;
}

static bool uninstall_product(void *context, const char *product_code, bool *needed, struct err *e)
{
    char *state = folder(context, PLATFORM_FOLDER_STATE, e);
    bool ok = state && msi_uninstall(product_code, state, needed, e);
    mem_free(state);
    return ok;
}

static enum tri has_certificate(void *context, const char *store, const char *sha1)
{
    (void)context;
    return store_has(store, sha1);
}

static bool remove_certificate(void *context, const char *store, const char *sha1, struct err *e)
{
    (void)context;
    return store_remove(store, sha1, e);
}

static bool restart(void *context, struct err *e)
{
    (void)context;
    return reboot_begin(e);
}

void platform_windows(struct platform *p, bool quiet)
{
    if (quiet)
        driver_be_quiet();
    *p = (struct platform){
        .facts = facts,
        .folder = folder,
        .make_private_folder = make_private_folder,
        .make_folder = make_folder,
        .write_file = write_file,
        .read_file = read_file,
        .remove_file = remove_file,
        .remove_tree = remove_tree,
        .exists = exists,
        .lock = lock,
        .unlock = unlock,
        .hold_file = hold_file,
        .release_file = release_file,
        .stage = stage,
        .unstage = unstage,
        .bind = bind_driver,
        .unbind = unbind_driver,
        .remove_device = remove_device,
        .binding = binding,
        .settle = settle,
        .create_service = create_service,
        .change_service = change_service,
        .delete_service = delete_service,
        .query_service = query_service,
        .read_start = read_start,
        .write_start = write_start,
        .has_key = has_key,
        .delete_key = delete_key,
        .remove_filter = remove_filter,
        .fallbacks = fallbacks,
        .add_fallback = add_fallback,
        .remove_fallback = remove_fallback,
        .make_restore_point = make_restore_point,
        .remove_restore_point = remove_restore_point,
        .program = program,
        .remove_file_later = remove_file_later,
        .read_networks = read_networks,
        .write_network = write_network,
        .restart_network = restart_network,
        .read_parameter = read_parameter,
        .write_parameter = write_parameter,
        .service_runs = runs,
        .stop_service = stop,
        .start_service = start,
        .has_publisher = has_publisher,
        .add_publisher = add_publisher,
        .remove_publisher = remove_publisher,
        .publisher_has_root = has_root,
        .has_product = has_product,
        .install_product = install_product,
        .uninstall_product = uninstall_product,
        .has_certificate = has_certificate,
        .remove_certificate = remove_certificate,
        .restart = restart,
        .replaced_by = replaced_by,
        .write_file_later = write_file_later,
    };
}
