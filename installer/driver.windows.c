#include "installer/driver.windows.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/win.h"

#include <cfgmgr32.h>
#include <newdev.h>
#include <regstr.h>
#include <setupapi.h>
#include <string.h>

enum {
    INF_SIZE_MAX = 4 * 1024 * 1024, /* bytes; the largest INFs of Windows have one */
    NODES_MAX = 65536,              /* device nodes that we look at */
    SETTLE_MS = 30000,              /* for the changes that one call of ours sets off */
    INSTALL_NULL_DRIVER = 4,  /* DIIDFLAG_INSTALLNULLDRIVER, in headers for Vista and later only */
    ELEVATION_REQUIRED = 740, /* ERROR_ELEVATION_REQUIRED, likewise */
};

/* --- codes in words --------------------------------------------------------------------------- */

/* What to do about a code of SetupAPI. words: where win_words has none. */
struct remedy {
    DWORD code;
    const char *words, *advice;
};

static const char download_again[] = "fetch the package again and verify it";
static const char trust_publisher[] =
    "put the publisher's certificate into the machine's TrustedPublisher store, or install from an "
    "interactive session and confirm";

static const struct remedy remedies[] = {
    {ERROR_ACCESS_DENIED, NULL, "run as an administrator"},
    {ELEVATION_REQUIRED, "administrator rights are needed", "run as an administrator"},
    {ERROR_FILE_NOT_FOUND, "the INF, its catalog or a file that it names is missing",
     download_again},
    {ERROR_INVALID_DATA, "the INF lacks something or is for another Windows",
     "use the package that is made for this Windows"},
    {ERROR_GENERAL_SYNTAX, "the INF's syntax is wrong", download_again},
    {ERROR_WRONG_INF_STYLE, "the INF is not one for this kind of Windows", download_again},
    {ERROR_SECTION_NOT_FOUND, "the INF lacks a section", download_again},
    {ERROR_LINE_NOT_FOUND, "the INF lacks a line", download_again},
    {ERROR_BAD_SERVICE_INSTALLSECT, "the INF's service section is not usable", download_again},
    {ERROR_NO_DRIVER_SELECTED, "the INF has no driver for this device on this Windows",
     "use the package that is made for this Windows and processor"},
    {ERROR_NO_SUCH_DEVINST, "no device has this hardware id",
     "check that the domain's configuration gives the guest its Xen platform device"},
    {ERROR_NO_COMPAT_DRIVERS, "the INF has no driver for this device",
     "use the package that is made for this Windows and processor"},
    {ERROR_NON_WINDOWS_NT_DRIVER, "the driver is not for Windows NT", download_again},
    {ERROR_DRIVER_NONNATIVE, "the driver is not for this processor",
     "use the package for this processor"},
    {ERROR_DEVINSTALL_QUEUE_NONNATIVE, "the device installation is for another processor",
     "run the xenpv.exe that is made for this processor"},
    {ERROR_IN_WOW64, NULL, "run the 64-bit xenpv.exe"},
    {ERROR_NO_CATALOG_FOR_OEM_INF, "the package is unsigned and this Windows refuses such ones",
     "use a signed package"},
    {ERROR_NO_AUTHENTICODE_CATALOG, NULL, "use a signed package"},
    {ERROR_AUTHENTICODE_DISALLOWED, NULL,
     "an administrator has put the publisher among the untrusted certificates: ask why"},
    {ERROR_AUTHENTICODE_TRUST_NOT_ESTABLISHED, NULL, trust_publisher},
    {ERROR_AUTHENTICODE_PUBLISHER_NOT_TRUSTED, NULL, trust_publisher},
    {ERROR_SIGNATURE_OSATTRIBUTE_MISMATCH, NULL, "use the package that is made for this Windows"},
    {ERROR_ONLY_VALIDATE_VIA_AUTHENTICODE, "the signature is not one of Microsoft's",
     "allow packages that their publishers signed, in the driver signing policy"},
    {ERROR_NOT_AN_INSTALLED_OEM_INF, "this is not a driver package of a third party",
     "leave it: it belongs to Windows"},
    {ERROR_INF_IN_USE_BY_DEVICES, "a device still uses the package",
     "take the driver off its devices first, or restart and try again"},
    {ERROR_DI_DONT_INSTALL, "an installer of this class of devices refused",
     "remove the other vendor's drivers first"},
    {0xe0000246, "the device installer is not ready yet", "wait a minute and try again"},
    {0xe0000247, "Windows could not add the package to the driver store, or the user declined",
     "see setupapi.dev.log in the inf folder"},
    {0xe0000248, "a policy forbids to install this device",
     "ask for the group policy 'Device Installation Restrictions'"},
    {0xe0000249, "a policy forbids to install this driver",
     "ask for the group policy 'Device Installation Restrictions'"},
    {0xe000024b, NULL, download_again},
    {0x800b0100, NULL, "use a signed package"},
    {0x800b0101, "a certificate has expired and the signature has no time stamp",
     "check the guest's clock, or use a newer package"},
    {0x800b0109, "the signer's root certificate is not known to this Windows",
     "install the updates for root certificates"},
    {0x80096010, NULL, download_again},
};

static const struct remedy *remedy_for(DWORD code)
{
    /* The same codes stand in an HRESULT as 0x800F0xxx. */
    DWORD plain = (code & 0xffff0000) == 0x800f0000 ? 0xe0000000 | (code & 0xffff) : code;
    for (size_t i = 0; i < sizeof remedies / sizeof *remedies; i++)
        if (remedies[i].code == plain)
            return &remedies[i];
    return NULL;
}

/* Log what went wrong inside and hand it to the caller, who may not want it. True when nothing went
 * wrong. */
static bool hand_on(const struct err *inner, bool ok, struct err *e)
{
    if (!ok)
        log_line(LOG_ERROR, "driver: %s", inner->text);
    if (!ok && e && e->kind == ERR_NONE)
        *e = *inner;
    return ok;
}

/* "cannot stage 'x.inf': words; advice (code)". code was saved by the caller. False always. */
static bool failed(struct err *e, DWORD code, const char *doing, const char *subject)
{
    const struct remedy *r = remedy_for(code);
    if (r)
        err_set_os(e, code, "cannot %s '%s': %s; %s", doing, subject,
                   r->words ? r->words : win_words(code), r->advice);
    else
        win_fail(e, code, "cannot %s '%s'", doing, subject);
    return false;
}

/* Windows refuses device work to a 32-bit program on a 64-bit Windows, partly after it has begun.
 */
static bool native_only(struct err *e, const char *doing, const char *subject)
{
    return !win_is_wow64() || failed(e, ERROR_IN_WOW64, doing, subject);
}

/* Device problems that a driver of ours can have after it was bound. */
static const char *problem_words(uint64_t problem)
{
    switch (problem) {
    case CM_PROB_FAILED_START: return "it could not start";
    case CM_PROB_NEED_RESTART: return "it needs a restart";
    case CM_PROB_REINSTALL: return "its driver has to be installed again";
    case CM_PROB_REGISTRY: return "its registry entries are damaged";
    case CM_PROB_DISABLED: return "it is disabled";
    case CM_PROB_DEVICE_NOT_THERE: return "it is not there or not working";
    case CM_PROB_FAILED_INSTALL: return "it has no driver";
    case CM_PROB_FAILED_ADD: return "its driver refused the device";
    case CM_PROB_DISABLED_SERVICE: return "its driver's service is disabled";
    case CM_PROB_FAILED_DRIVER_ENTRY: return "its driver could not initialise";
    case CM_PROB_DRIVER_FAILED_LOAD: return "its driver is missing, damaged or blocked";
    case CM_PROB_FAILED_POST_START: return "its driver reported a failure";
    case CM_PROB_DRIVER_BLOCKED: return "Windows blocks its driver";
    case CM_PROB_UNSIGNED_DRIVER: return "Windows cannot verify its driver's signature";
    default: return "see Windows' list of device problems";
    }
}

/* --- quiet or not ----------------------------------------------------------------------------- */

static bool quiet_was_asked_for;

void driver_be_quiet(void)
{
    quiet_was_asked_for = true;
}

/* Windows may ask somebody only where somebody is: input from a console, and no /quiet. */
static bool may_ask(void)
{
    DWORD mode;
    return !quiet_was_asked_for && GetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), &mode) != 0;
}

/* SetupAPI's dialogs off or on again; returns what was before. Windows 2000 has no such switch. */
static BOOL set_noninteractive(BOOL quiet)
{
    typedef BOOL(WINAPI * set_mode)(BOOL);
    set_mode set = (set_mode)win_bind(L"setupapi.dll", "SetupSetNonInteractiveMode");
    return set ? set(quiet) : FALSE;
}

/* --- device tree ------------------------------------------------------------------------------ */

/* Every Windows finds the root. Wine has no device tree, and there some calls of newdev abort. */
static bool find_root(DEVINST *root)
{
    return CM_Locate_DevNodeW(root, NULL, CM_LOCATE_DEVNODE_NORMAL) == CR_SUCCESS;
}

/* Let the buses look for devices that are not in the tree, as the device manager does. */
static bool rescan(void)
{
    DEVINST root = 0;
    return find_root(&root) && CM_Reenumerate_DevNode(root, CM_REENUMERATE_NORMAL) == CR_SUCCESS;
}

typedef BOOL(WINAPI *install_device)(HWND, HDEVINFO, SP_DEVINFO_DATA *, void *, DWORD, BOOL *);

/* DiInstallDevice of Vista and later; NULL where there is none. */
static install_device find_install_device(void)
{
    return (install_device)win_bind(L"newdev.dll", "DiInstallDevice");
}

/* --- packages --------------------------------------------------------------------------------- */

/* The path as SetupAPI takes it: backslashes, and shorter than MAX_PATH. mem_free. */
static wchar_t *setup_path(const char *path, struct err *e)
{
    wchar_t *wide = utf16_path(path);
    if (wide && wcslen(wide) < MAX_PATH)
        return wide;
    err_set(e, ERR_LIMIT, "'%s' is too long for Windows' device installation", path);
    mem_free(wide);
    return NULL;
}

static char *inf_folder(void)
{
    char *windows = win_windows_folder();
    char *folder = file_join(windows, "inf");
    mem_free(windows);
    return folder;
}

static char *published_path(const char *published)
{
    char *folder = inf_folder();
    char *path = file_join(folder, published);
    mem_free(folder);
    return path;
}

/* A name in the INF folder and nothing that leads out of it. */
static bool is_inf_name(const char *name)
{
    size_t size = strlen(name);
    return size > 4 && !strpbrk(name, "\\/:*?\"<>|") && text_equal_nocase(name + size - 4, ".inf");
}

/* oem3.inf and its like: the name that Windows gives to a third party's INF. */
static bool is_oem_name(const char *name)
{
    return text_starts_nocase(name, "oem") &&
           text_equal_nocase(name + 3 + strspn(name + 3, "0123456789"), ".inf") && name[3] != '.';
}

/* Does the published INF hold the bytes of the one at inf_path? */
static bool published_is(const char *published, const char *inf_path, struct err *e)
{
    struct bytes given = {0}, there = {0};
    char *path = published_path(published);
    bool ok =
        file_read(inf_path, INF_SIZE_MAX, &given, e) && file_read(path, INF_SIZE_MAX, &there, e);
    if (ok && !span_equal(bytes_span(&given), bytes_span(&there)))
        ok = err_set(e, ERR_FAILED, "'%s' is not the INF '%s'", path, inf_path);
    bytes_release(&given);
    bytes_release(&there);
    mem_free(path);
    return ok;
}

/* The INF and its folder, as wide paths. */
struct inf_source {
    wchar_t *file, *folder;
};

static bool inf_source_init(struct inf_source *s, const char *inf_path, struct err *e)
{
    s->file = setup_path(inf_path, e);
    s->folder = s->file ? mem_zero(wcslen(s->file) + 1, sizeof *s->folder) : NULL;
    if (!s->file)
        return false;
    wcscpy(s->folder, s->file);
    wchar_t *slash = wcsrchr(s->folder, L'\\');
    if (!slash)
        return err_set(e, ERR_USAGE, "'%s' is not an absolute path", inf_path);
    *slash = L'\0';
    return true;
}

static void inf_source_release(struct inf_source *s)
{
    mem_free(s->file);
    mem_free(s->folder);
}

/* The name that the INF has in the INF folder now, or NULL with *code set. mem_free. */
static char *copy_inf(const struct inf_source *s, DWORD *code)
{
    wchar_t copied[MAX_PATH] = L"";
    bool quiet = !may_ask();
    BOOL before = quiet ? set_noninteractive(TRUE) : FALSE;
    BOOL ok = SetupCopyOEMInfW(s->file, s->folder, SPOST_PATH, 0, copied, MAX_PATH, NULL, NULL);
    *code = ok ? ERROR_SUCCESS : GetLastError();
    if (quiet)
        set_noninteractive(before);
    /* An INF that is there already is named all the same. */
    if ((!ok && *code != ERROR_FILE_EXISTS) || !*copied)
        return NULL;
    char *path = utf8_from(copied);
    char *name = mem_strdup(file_name(path));
    mem_free(path);
    return name;
}

static bool stage(const char *inf_path, char **published, struct err *e)
{
    struct inf_source source = {0};
    DWORD code = ERROR_SUCCESS;
    bool ok = native_only(e, "stage", file_name(inf_path)) && inf_source_init(&source, inf_path, e);
    char *name = ok ? copy_inf(&source, &code) : NULL;
    if (ok && !name)
        failed(e, code, "stage", file_name(inf_path));
    if (name && !published_is(name, inf_path, e)) {
        err_wrap(e, "cannot stage '%s'", file_name(inf_path));
        mem_free(name);
        name = NULL;
    }
    inf_source_release(&source);
    if (name)
        *published = name;
    return name != NULL;
}

bool driver_stage(const char *inf_path, char **published, struct err *e)
{
    struct err inner = {0};
    log_line(LOG_NOTE, "driver: staging '%s'", file_name(inf_path));
    bool ok = stage(inf_path, published, &inner);
    if (ok)
        log_line(LOG_DETAIL, "driver: '%s' is staged as '%s'", file_name(inf_path), *published);
    return hand_on(&inner, ok, e);
}

/* --- taking packages out again ---------------------------------------------------------------- */

/* The catalog's name in CatRoot: Windows names it as it names the INF; where that kept its own
 * name, so did it. */
static char *catalog_of(const char *published)
{
    wchar_t name[MAX_PATH] = L"";
    char *path = published_path(published);
    wchar_t *wide = utf16_path(path);
    HINF inf = wide && !is_oem_name(published) ? SetupOpenInfFileW(wide, NULL, INF_STYLE_WIN4, NULL)
                                               : INVALID_HANDLE_VALUE;
    struct text catalog = {0};
    if (inf != INVALID_HANDLE_VALUE) {
        if (!SetupGetLineTextW(NULL, inf, L"Version", L"CatalogFile", name, MAX_PATH, NULL))
            *name = L'\0';
        SetupCloseInfFile(inf);
    }
    if (*name) {
        char *own = utf8_from(name);
        text_add(&catalog, own);
        mem_free(own);
    } else {
        text_add_bytes(&catalog, published, strlen(published) - strlen(".inf"));
        text_add(&catalog, ".cat");
    }
    mem_free(wide);
    mem_free(path);
    return text_steal(&catalog);
}

/* Take a driver catalog out of the system's catalogs. One that is not there is fine. */
static void remove_catalog(const char *catalog)
{
    typedef BOOL(WINAPI * acquire)(HANDLE *, const GUID *, DWORD);
    typedef BOOL(WINAPI * remove)(HANDLE, const wchar_t *, DWORD);
    typedef BOOL(WINAPI * release)(HANDLE, DWORD);
    /* DRIVER_ACTION_VERIFY, the subsystem of driver catalogs */
    static const GUID drivers = {
        0xf750e6c3, 0x38ee, 0x11d1, {0x85, 0xe5, 0x00, 0xc0, 0x4f, 0xc2, 0x95, 0xee}};
    acquire open = (acquire)win_bind(L"wintrust.dll", "CryptCATAdminAcquireContext");
    remove drop = (remove)win_bind(L"wintrust.dll", "CryptCATAdminRemoveCatalog");
    release close = (release)win_bind(L"wintrust.dll", "CryptCATAdminReleaseContext");
    wchar_t *wide = utf16_from(catalog);
    HANDLE admin = NULL;
    if (wide && open && drop && close && open(&admin, &drivers, 0)) {
        drop(admin, wide, 0);
        close(admin, 0);
    }
    mem_free(wide);
}

/* The compiled INF beside the published one. */
static void remove_compiled(const char *published)
{
    struct text pnf = {0};
    struct err e = {0};
    text_add_bytes(&pnf, published, strlen(published) - strlen(".inf"));
    text_add(&pnf, ".pnf");
    char *path = published_path(text_str(&pnf));
    if (!file_remove(path, &e))
        log_line(LOG_WARNING, "driver: %s, continuing", e.text);
    mem_free(path);
    text_release(&pnf);
}

/* Windows 2000 has no SetupUninstallOEMInf: there the INF is the package, and removing it is
 * removing the package. */
static DWORD uninstall_inf(const char *published)
{
    typedef BOOL(WINAPI * uninstall)(const wchar_t *, DWORD, void *);
    uninstall call = (uninstall)win_bind(L"setupapi.dll", "SetupUninstallOEMInfW");
    char *path = published_path(published);
    wchar_t *wide = utf16_from(call ? published : path);
    SetLastError(ERROR_SUCCESS);
    BOOL ok = wide && (call ? call(wide, SUOI_FORCEDELETE, NULL) : DeleteFileW(wide));
    DWORD code = ok ? ERROR_SUCCESS : GetLastError();
    mem_free(wide);
    mem_free(path);
    return code;
}

static bool unstage(const char *published, struct err *e)
{
    if (!is_inf_name(published))
        return err_set(e, ERR_USAGE, "'%s' is not the name of a published INF", published);
    if (!native_only(e, "unstage", published))
        return false;
    char *catalog = catalog_of(published), *path = published_path(published);
    DWORD code = file_kind(path) == FILE_ABSENT ? ERROR_SUCCESS : uninstall_inf(published);
    bool gone = file_kind(path) == FILE_ABSENT;
    if (gone) {
        remove_compiled(published);
        remove_catalog(catalog);
        if (!find_install_device()) /* before Vista: see the ways to take a driver off a node */
            rescan();
    } else if (code != ERROR_SUCCESS) {
        failed(e, code, "unstage", published);
    } else {
        err_set(e, ERR_FAILED,
                "cannot unstage '%s': Windows said that it did, but '%s' is still there", published,
                path);
    }
    mem_free(catalog);
    mem_free(path);
    return gone;
}

bool driver_unstage(const char *published, struct err *e)
{
    struct err inner = {0};
    log_line(LOG_NOTE, "driver: unstaging '%s'", published);
    bool ok = unstage(published, &inner);
    return hand_on(&inner, ok, e);
}

/* --- device nodes ----------------------------------------------------------------------------- */

/* A list of device nodes of SetupAPI; zeroed is none. */
struct nodes {
    HDEVINFO set;
};

static void nodes_release(struct nodes *n)
{
    if (n->set && n->set != INVALID_HANDLE_VALUE)
        SetupDiDestroyDeviceInfoList(n->set);
    n->set = NULL;
}

/* A property's bytes with two NULs behind them, or NULL when there is none. mem_free. */
static wchar_t *node_property(const struct nodes *n, SP_DEVINFO_DATA *node, DWORD property)
{
    DWORD size = 0, type = REG_NONE;
    SetupDiGetDeviceRegistryPropertyW(n->set, node, property, &type, NULL, 0, &size);
    if (!size || size > WIN_VALUE_MAX)
        return NULL;
    wchar_t *value = mem_zero(size / sizeof *value + 3, sizeof *value);
    if (SetupDiGetDeviceRegistryPropertyW(n->set, node, property, &type, (BYTE *)value, size,
                                          NULL) &&
        (type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ))
        return value;
    mem_free(value);
    return NULL;
}

/* Text of a property; NULL where it is empty or absent. mem_free. */
static char *node_text(const struct nodes *n, SP_DEVINFO_DATA *node, DWORD property)
{
    wchar_t *value = node_property(n, node, property);
    char *text = value && *value ? utf8_from(value) : NULL;
    mem_free(value);
    return text;
}

static bool property_names(const struct nodes *n, SP_DEVINFO_DATA *node, DWORD property,
                           const char *id)
{
    wchar_t *ids = node_property(n, node, property);
    bool named = false;
    for (const wchar_t *one = ids; one && *one && !named; one += wcslen(one) + 1) {
        char *text = utf8_from(one);
        named = text_equal_nocase(text, id);
        mem_free(text);
    }
    mem_free(ids);
    return named;
}

/* Instance id of a node; mem_free. */
static char *node_instance(const struct nodes *n, SP_DEVINFO_DATA *node)
{
    wchar_t id[MAX_DEVICE_ID_LEN + 1] = L"";
    return SetupDiGetDeviceInstanceIdW(n->set, node, id, MAX_DEVICE_ID_LEN, NULL) ? utf8_from(id)
                                                                                  : NULL;
}

/* All present nodes. */
static bool nodes_open_present(struct nodes *n, struct err *e)
{
    n->set = SetupDiGetClassDevsW(NULL, NULL, NULL, DIGCF_ALLCLASSES | DIGCF_PRESENT);
    return n->set != INVALID_HANDLE_VALUE || win_fail(e, GetLastError(), "cannot list the devices");
}

static bool nodes_at(const struct nodes *n, DWORD index, SP_DEVINFO_DATA *node)
{
    node->cbSize = sizeof *node;
    return index < NODES_MAX && SetupDiEnumDeviceInfo(n->set, index, node);
}

/* Instance ids of the present nodes that have this hardware or compatible id. */
static bool nodes_with_id(const char *id, struct texts *instances, struct err *e)
{
    struct nodes n = {0};
    SP_DEVINFO_DATA node;
    if (!nodes_open_present(&n, e))
        return false;
    for (DWORD i = 0; nodes_at(&n, i, &node); i++) {
        if (!property_names(&n, &node, SPDRP_HARDWAREID, id) &&
            !property_names(&n, &node, SPDRP_COMPATIBLEIDS, id))
            continue;
        char *instance = node_instance(&n, &node);
        if (instance)
            texts_add(instances, instance);
        mem_free(instance);
    }
    nodes_release(&n);
    return true;
}

/* Is the node among the present ones? For a Windows whose configuration manager does not tell. */
static enum tri is_listed(const char *instance)
{
    struct nodes n = {0};
    SP_DEVINFO_DATA node;
    enum tri listed = TRI_NO;
    if (!nodes_open_present(&n, NULL))
        return TRI_UNKNOWN;
    for (DWORD i = 0; listed == TRI_NO && nodes_at(&n, i, &node); i++) {
        char *one = node_instance(&n, &node);
        if (one && text_equal_nocase(one, instance))
            listed = TRI_YES;
        mem_free(one);
    }
    nodes_release(&n);
    return listed;
}

/* A list of the one node with this instance id, ghosts too. False with *code ERROR_NO_SUCH_DEVINST
 * when there is none. */
static bool nodes_open_one(struct nodes *n, const char *instance, SP_DEVINFO_DATA *node,
                           DWORD *code)
{
    wchar_t *wide = utf16_from(instance);
    node->cbSize = sizeof *node;
    n->set = SetupDiCreateDeviceInfoList(NULL, NULL);
    *code = n->set == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
    if (*code == ERROR_SUCCESS && !wide)
        *code = ERROR_NO_SUCH_DEVINST;
    if (*code == ERROR_SUCCESS && !SetupDiOpenDeviceInfoW(n->set, wide, NULL, 0, node))
        *code = GetLastError();
    mem_free(wide);
    return *code == ERROR_SUCCESS;
}

/* --- binding ---------------------------------------------------------------------------------- */

/* The published INF that the node's driver came from; NULL where none is noted. mem_free. */
static char *node_inf(const struct nodes *n, SP_DEVINFO_DATA *node)
{
    char *driver = node_text(n, node, SPDRP_DRIVER); /* "{class guid}\0001" */
    struct text key = {0};
    if (!driver)
        return NULL;
    text_addf(&key, "SYSTEM\\CurrentControlSet\\Control\\Class\\%s", driver);
    char *inf = win_machine_text(text_str(&key), "InfPath");
    text_release(&key);
    mem_free(driver);
    return inf;
}

bool driver_binding(const char *instance, struct platform_binding *out, struct err *e)
{
    struct nodes n = {0};
    SP_DEVINFO_DATA node;
    DWORD code;
    struct win_device_status status;
    struct platform_binding b = {.exists = TRI_NO};
    bool there = nodes_open_one(&n, instance, &node, &code);
    if (there) {
        win_device_status(instance, &status);
        b.exists = status.present != TRI_UNKNOWN ? status.present : is_listed(instance);
        b.service = node_text(&n, &node, SPDRP_SERVICE);
        b.inf = node_inf(&n, &node);
        b.started = status.started;
        b.problem = status.problem;
    }
    nodes_release(&n);
    if (!there && code != ERROR_NO_SUCH_DEVINST && code != ERROR_INVALID_DEVINST_NAME)
        return failed(e, code, "look at device", instance);
    *out = b;
    return true;
}

/* --- bind ------------------------------------------------------------------------------------- */

/* UpdateDriverForPlugAndPlayDevices, and what it left. */
static DWORD update_drivers(const wchar_t *hardware_id, const wchar_t *inf, bool *restart)
{
    typedef BOOL(WINAPI * update)(HWND, const wchar_t *, const wchar_t *, DWORD, BOOL *);
    update call = (update)win_bind(L"newdev.dll", "UpdateDriverForPlugAndPlayDevicesW");
    BOOL needed = FALSE;
    DWORD flags = INSTALLFLAG_FORCE | (may_ask() ? 0 : INSTALLFLAG_NONINTERACTIVE);
    if (!call)
        return ERROR_CALL_NOT_IMPLEMENTED;
    SetLastError(ERROR_SUCCESS);
    BOOL ok = call(NULL, hardware_id, inf, flags, &needed);
    DWORD code = ok ? ERROR_SUCCESS : GetLastError();
    if (!ok && code == ERROR_INVALID_FLAGS && flags & INSTALLFLAG_NONINTERACTIVE) {
        /* Windows 2000 knows FORCE only. */
        ok = call(NULL, hardware_id, inf, INSTALLFLAG_FORCE, &needed);
        code = ok ? ERROR_SUCCESS : GetLastError();
    }
    *restart |= needed != FALSE;
    return code;
}

/* Did this node get the driver of this INF? Byte for byte: names of published INFs prove nothing.
 */
static bool is_bound_from(const char *instance, const char *inf_path, bool *restart, struct err *e)
{
    struct platform_binding b = {0};
    bool ok = driver_binding(instance, &b, e);
    if (ok && (!b.service || !b.inf || !is_inf_name(b.inf)))
        ok = err_set(e, ERR_FAILED,
                     "device '%s' has no driver afterwards: '%s' is not for it, or not for this "
                     "Windows and processor",
                     instance, file_name(inf_path));
    if (ok && !published_is(b.inf, inf_path, e))
        ok = err_wrap(e, "device '%s' has another driver afterwards", instance);
    if (ok && b.problem.known && b.problem.value == CM_PROB_NEED_RESTART)
        *restart = true;
    else if (ok && b.problem.known && b.problem.value)
        log_line(LOG_WARNING, "driver: device '%s' has problem %u: %s", instance,
                 (unsigned)b.problem.value, problem_words(b.problem.value));
    if (ok)
        log_line(LOG_DETAIL, "driver: device '%s' is bound to service '%s' of '%s'", instance,
                 b.service, b.inf);
    platform_binding_release(&b);
    return ok;
}

/* Install on the nodes with this id, as far as Windows finds any: each node is asked afterwards. */
static bool install_on(const char *id, const char *inf_path, bool *restart, struct err *e)
{
    wchar_t *wide_id = utf16_from(id), *inf = setup_path(inf_path, e);
    DWORD code = wide_id && inf ? update_drivers(wide_id, inf, restart) : ERROR_INVALID_PARAMETER;
    mem_free(wide_id);
    mem_free(inf);
    switch (code) {
    case ERROR_SUCCESS:
    case ERROR_NO_MORE_ITEMS: /* no better driver */
    case ERROR_NO_SUCH_DEVINST: return true;
    default: return failed(e, code, "install", file_name(inf_path));
    }
}

/* The most special hardware id of a node; mem_free. */
static char *first_id(const char *instance)
{
    struct nodes n = {0};
    SP_DEVINFO_DATA node;
    DWORD code;
    char *id =
        nodes_open_one(&n, instance, &node, &code) ? node_text(&n, &node, SPDRP_HARDWAREID) : NULL;
    nodes_release(&n);
    return id;
}

/*
 * Whether the id may be one of the node's compatible ids (PCI\VEN_5853&DEV_0001 is) is not
 * documented, and Wine looks at the hardware ids only: a node that was left out is asked for by its
 * own first id.
 */
static bool confirm_bound(const char *instance, const char *inf_path, bool *restart, struct err *e)
{
    if (is_bound_from(instance, inf_path, restart, NULL))
        return true;
    char *id = first_id(instance);
    bool ok = !id || install_on(id, inf_path, restart, e);
    mem_free(id);
    return ok && is_bound_from(instance, inf_path, restart, e);
}

static bool bind_present(const char *id, const char *inf_path, bool *restart, struct err *e)
{
    struct texts instances = {0};
    if (file_kind(inf_path) != FILE_REGULAR)
        return err_set(e, ERR_NOT_FOUND, "there is no INF '%s'", inf_path);
    bool ok = native_only(e, "install", file_name(inf_path)) && nodes_with_id(id, &instances, e);
    if (ok && !instances.count && rescan()) {
        driver_settle(SETTLE_MS);
        ok = nodes_with_id(id, &instances, e);
    }
    if (ok && !instances.count)
        ok = err_set(e, ERR_NOT_FOUND, "no present device has the hardware id '%s'", id);
    ok = ok && install_on(id, inf_path, restart, e);
    for (size_t i = 0; ok && i < instances.count; i++)
        ok = confirm_bound(instances.at[i], inf_path, restart, e);
    texts_release(&instances);
    return ok;
}

bool driver_bind(const char *hardware_id, const char *inf_path, bool *restart, struct err *e)
{
    struct err inner = {0};
    log_line(LOG_NOTE, "driver: installing '%s' on '%s'", file_name(inf_path), hardware_id);
    bool ok = bind_present(hardware_id, inf_path, restart, &inner);
    return hand_on(&inner, ok, e);
}

/* --- unbind ----------------------------------------------------------------------------------- */

/*
 * Three ways to take a driver off a node, the best that this Windows has:
 *
 * 1. The null driver (DiInstallDevice with DIIDFLAG_INSTALLNULLDRIVER, Vista and later): the node
 *    never leaves the tree, and Windows does not search for a driver again, so it works before and
 *    after unstaging. It is what the WDK names for taking a package out of use ("How devices and
 *    driver packages are uninstalled").
 * 2. DIF_REMOVE and a rescan (2000 to 2003), the device manager's "uninstall" and "scan for
 * hardware changes": the node comes back as a newly found device. While its package is staged
 * Windows would bind it again at once, so the rescan then waits for driver_unstage or the next
 * driver_bind; the next start of Windows does it too.
 * 3. In the registry, where there is no Plug and Play manager at all: Wine, whose rescan fails and
 *    where a removed node would be lost for good. This can go once Wine implements
 *    CM_Reenumerate_DevNode and DiInstallDevice.
 */

static DWORD install_null_driver(install_device call, const struct nodes *n, SP_DEVINFO_DATA *node,
                                 bool *restart)
{
    BOOL needed = FALSE;
    BOOL ok = call(NULL, n->set, node, NULL, INSTALL_NULL_DRIVER, &needed);
    DWORD code = ok ? ERROR_SUCCESS : GetLastError();
    *restart |= needed != FALSE;
    return code;
}

static DWORD remove_node(const struct nodes *n, SP_DEVINFO_DATA *node, bool *restart)
{
    SP_REMOVEDEVICE_PARAMS how = {
        .ClassInstallHeader = {sizeof how.ClassInstallHeader, DIF_REMOVE},
        .Scope = DI_REMOVEDEVICE_GLOBAL,
    };
    SP_DEVINSTALL_PARAMS_W after = {.cbSize = sizeof after};
    if (!SetupDiSetClassInstallParamsW(n->set, node, &how.ClassInstallHeader, sizeof how) ||
        !SetupDiCallClassInstaller(DIF_REMOVE, n->set, node))
        return GetLastError();
    if (SetupDiGetDeviceInstallParamsW(n->set, node, &after) &&
        after.Flags & (DI_NEEDRESTART | DI_NEEDREBOOT))
        *restart = true;
    return ERROR_SUCCESS;
}

/* Is the package that a node was bound from still staged? */
static bool is_staged(const char *inf)
{
    char *path = inf && is_inf_name(inf) ? published_path(inf) : NULL;
    bool staged = path && file_kind(path) != FILE_ABSENT;
    mem_free(path);
    return staged;
}

static void bring_back(const char *inf, bool *restart)
{
    if (is_staged(inf)) {
        log_line(LOG_DETAIL, "driver: the device comes back when '%s' is unstaged", inf);
    } else if (!rescan()) {
        log_line(
            LOG_WARNING,
            "driver: the rescan failed: the device comes back at the next restart, continuing");
        *restart = true;
    }
}

static DWORD delete_values(HKEY key, const wchar_t *const *names)
{
    for (; *names; names++) {
        LONG code = RegDeleteValueW(key, *names);
        if (code != ERROR_SUCCESS && code != ERROR_FILE_NOT_FOUND)
            return (DWORD)code;
    }
    return ERROR_SUCCESS;
}

/* Keys of an enumerator that have no device left; what has keys below it is not deleted so. */
static void delete_empty_parents(HKEY enumerators, const char *instance)
{
    char *path = mem_strdup(instance);
    for (char *slash; (slash = strrchr(path, '\\')) != NULL;) {
        *slash = '\0';
        wchar_t *wide = utf16_from(path);
        LONG code = wide && strchr(path, '\\') ? RegDeleteKeyW(enumerators, wide) : ERROR_NO_MATCH;
        mem_free(wide);
        if (code != ERROR_SUCCESS)
            break;
    }
    mem_free(path);
}

static DWORD delete_below_system(const char *key, const char *path, bool parents)
{
    HKEY top = NULL;
    DWORD code = win_key_open(HKEY_LOCAL_MACHINE, key, KEY_ENUMERATE_SUB_KEYS, &top);
    if (code == ERROR_SUCCESS)
        code = win_key_delete(top, path);
    if (code == ERROR_SUCCESS && parents)
        delete_empty_parents(top, path);
    win_key_close(&top);
    return code;
}

/* A node's key below Class ("{guid}\\0001"), with all below it: SetupAPI of Wine leaves a key that
 * has keys. */
static DWORD delete_class_key(const char *driver)
{
    return driver && strchr(driver, '\\')
               ? delete_below_system("SYSTEM\\CurrentControlSet\\Control\\Class", driver, false)
               : ERROR_SUCCESS;
}

/*
 * What an installation writes goes, what the bus wrote stays. DeviceDesc is both; it keeps the
 * driver's words. The class becomes the one of unknown devices, since Wine lists no node without a
 * class.
 */
static DWORD detach_in_registry(const struct nodes *n, SP_DEVINFO_DATA *node, const char *instance)
{
    static const wchar_t *const written[] = {L"Service",      L"Driver",       L"Class", L"Mfg",
                                             L"UpperFilters", L"LowerFilters", NULL};
    static const wchar_t no_class[] = L"{00000000-0000-0000-0000-000000000000}";
    static const DWORD no_driver =
        CONFIGFLAG_FAILEDINSTALL; /* as Windows marks a node that it finds no driver for */
    struct text path = {0};
    HKEY key = NULL;
    char *driver = node_text(n, node, SPDRP_DRIVER);
    SetupDiDeleteDevRegKey(n->set, node, DICS_FLAG_GLOBAL, 0, DIREG_BOTH);
    DWORD code = delete_class_key(driver);
    mem_free(driver);
    text_addf(&path, "SYSTEM\\CurrentControlSet\\Enum\\%s", instance);
    if (code == ERROR_SUCCESS)
        code = win_key_open(HKEY_LOCAL_MACHINE, text_str(&path), KEY_QUERY_VALUE | KEY_SET_VALUE,
                            &key);
    text_release(&path);
    if (code == ERROR_SUCCESS)
        code = delete_values(key, written);
    if (code == ERROR_SUCCESS)
        code = (DWORD)RegSetValueExW(key, L"ClassGUID", 0, REG_SZ, (const BYTE *)no_class,
                                     sizeof no_class);
    if (code == ERROR_SUCCESS)
        code = (DWORD)RegSetValueExW(key, L"ConfigFlags", 0, REG_DWORD, (const BYTE *)&no_driver,
                                     sizeof no_driver);
    win_key_close(&key);
    return code;
}

static bool take_off(const char *instance, const char *inf, bool *restart, struct err *e)
{
    struct nodes n = {0};
    SP_DEVINFO_DATA node;
    DEVINST root = 0;
    DWORD code;
    if (nodes_open_one(&n, instance, &node, &code)) {
        install_device install = find_install_device();
        if (!find_root(&root))
            code = detach_in_registry(&n, &node, instance);
        else if (install)
            code = install_null_driver(install, &n, &node, restart);
        else if ((code = remove_node(&n, &node, restart)) == ERROR_SUCCESS)
            bring_back(inf, restart);
    }
    nodes_release(&n);
    return code == ERROR_SUCCESS || failed(e, code, "take the driver off device", instance);
}

/* Does the node still, or again, have the driver that it had before? */
static bool confirm_off(const char *instance, const struct platform_binding *before, bool restart,
                        struct err *e)
{
    struct platform_binding after = {0};
    bool ok = driver_binding(instance, &after, e);
    bool same =
        ok && after.service && before->service && text_equal_nocase(after.service, before->service);
    if (same && restart)
        log_line(LOG_NOTE, "driver: device '%s' is in use: its driver goes at the next restart",
                 instance);
    else if (same)
        ok = err_set(e, ERR_FAILED, "device '%s' still has, or has again, service '%s' of '%s'",
                     instance, after.service, after.inf ? after.inf : "no INF");
    platform_binding_release(&after);
    return ok;
}

/* A class without a driver is what an installation leaves that failed half-way. */
static bool has_class(const char *instance)
{
    struct nodes n = {0};
    SP_DEVINFO_DATA node;
    DWORD code;
    char *class_name =
        nodes_open_one(&n, instance, &node, &code) ? node_text(&n, &node, SPDRP_CLASS) : NULL;
    bool has = class_name != NULL;
    nodes_release(&n);
    mem_free(class_name);
    return has;
}

static bool unbind(const char *instance, bool *restart, struct err *e)
{
    struct platform_binding before = {0};
    bool needed = false;
    bool ok = native_only(e, "take the driver off device", instance) &&
              driver_binding(instance, &before, e);
    if (ok && (before.service || before.inf || has_class(instance))) {
        ok = take_off(instance, before.inf, &needed, e);
        driver_settle(SETTLE_MS);
        ok = ok && confirm_off(instance, &before, needed, e);
    }
    *restart |= needed;
    platform_binding_release(&before);
    return ok;
}

bool driver_unbind(const char *instance, bool *restart, struct err *e)
{
    struct err inner = {0};
    log_line(LOG_NOTE, "driver: taking the driver off '%s'", instance);
    bool ok = unbind(instance, restart, &inner);
    return hand_on(&inner, ok, e);
}

/* --- remove ----------------------------------------------------------------------------------- */

/* Where there is no Plug and Play manager: Wine's DIF_REMOVE leaves what has keys below it. */
static DWORD delete_in_registry(const struct nodes *n, SP_DEVINFO_DATA *node, const char *instance)
{
    char *driver = node_text(n, node, SPDRP_DRIVER);
    DWORD code = delete_class_key(driver);
    mem_free(driver);
    return code == ERROR_SUCCESS
               ? delete_below_system("SYSTEM\\CurrentControlSet\\Enum", instance, true)
               : code;
}

static bool remove_device(const char *instance, bool *restart, struct err *e)
{
    struct nodes n = {0};
    SP_DEVINFO_DATA node;
    DWORD code;
    bool needed = false;
    if (!native_only(e, "remove device", instance))
        return false;
    DEVINST root = 0;
    if (nodes_open_one(&n, instance, &node, &code))
        code = find_root(&root) ? remove_node(&n, &node, &needed)
                                : delete_in_registry(&n, &node, instance);
    else if (code == ERROR_NO_SUCH_DEVINST || code == ERROR_INVALID_DEVINST_NAME)
        code = ERROR_SUCCESS;
    nodes_release(&n);
    if (code != ERROR_SUCCESS)
        return failed(e, code, "remove device", instance);
    driver_settle(SETTLE_MS);
    bool there = nodes_open_one(&n, instance, &node, &code);
    nodes_release(&n);
    *restart |= needed;
    if (there && needed)
        log_line(LOG_NOTE, "driver: device '%s' is in use: it goes at the next restart", instance);
    return !there || needed ||
           err_set(e, ERR_FAILED, "device '%s' is still there, or there again", instance);
}

bool driver_remove(const char *instance, bool *restart, struct err *e)
{
    struct err inner = {0};
    log_line(LOG_NOTE, "driver: removing the device '%s'", instance);
    bool ok = remove_device(instance, restart, &inner);
    return hand_on(&inner, ok, e);
}

/* --- settle ----------------------------------------------------------------------------------- */

void driver_settle(unsigned limit_ms)
{
    typedef DWORD(WINAPI * wait)(DWORD);
    /* cfgmgr32 from Windows 7 on, setupapi before; Windows 2000 installs while the caller waits. */
    wait call = (wait)win_bind(L"cfgmgr32.dll", "CMP_WaitNoPendingInstallEvents");
    if (!call)
        call = (wait)win_bind(L"setupapi.dll", "CMP_WaitNoPendingInstallEvents");
    if (call && call(limit_ms) == WAIT_TIMEOUT)
        log_line(LOG_WARNING, "driver: Windows still installs devices after %u ms, continuing",
                 limit_ms);
}
