#include "installer/network.windows.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/win.h"

#include <setupapi.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NET_CLASS "{4D36E972-E325-11CE-BFC1-08002BE10318}"
#define CONTROL "SYSTEM\\CurrentControlSet\\Control\\"
#define SERVICES "SYSTEM\\CurrentControlSet\\Services\\"

enum {
    INSTANCE_MAX = 512,   /* characters; Windows' own limit is 200 */
    VALUE_NAME_MAX = 512, /* characters of a value's name that we read */
    DRIVER_KEY_MAX = 256, /* characters of "{class}\0007" */
    NODES_MAX = 65536,
    VALUES_LOOKED_AT = 65536, /* of one key */
};

static const GUID net_class = {
    0x4d36e972, 0xe325, 0x11ce, {0xbf, 0xc1, 0x08, 0x00, 0x2b, 0xe1, 0x03, 0x18}};

/* --- reading values --------------------------------------------------------------------------- */

static void ERR_PRINTF(2, 3) miss(struct network *n, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    n->reading = READING_PARTIAL;
    if (n->missed.count < NETWORK_ADAPTERS_MAX)
        texts_add(&n->missed, text);
}

/* Name of the value at index; mem_free. NULL with the system's code. */
static char *value_name(HKEY key, DWORD index, DWORD *code)
{
    wchar_t name[VALUE_NAME_MAX];
    DWORD units = VALUE_NAME_MAX;
    *code = (DWORD)RegEnumValueW(key, index, name, &units, NULL, NULL, NULL, NULL);
    return *code == ERROR_SUCCESS ? utf8_from_sized(name, units) : NULL;
}

static void read_value(HKEY key, const char *path, const char *name, struct network *n,
                       struct network_values *out)
{
    struct network_value v = {0};
    struct bytes bytes = {0};
    DWORD type = REG_NONE;
    bool unusual = false;
    DWORD code = win_key_bytes(key, name, &type, &bytes);
    if (code != ERROR_SUCCESS)
        miss(n, "cannot read '%s' of '%s': %s", name, path, win_words(code));
    else if (!network_value_from(name, type, bytes_span(&bytes), &v, &unusual))
        miss(n, "'%s' of '%s' is of type %lu and %lu bytes, and was left out", name, path, type,
             (unsigned long)bytes.size);
    else
        *(struct network_value *)shape_list_add(out, sizeof v) = v;
    if (unusual)
        miss(n, "'%s' of '%s' is not what its type says, and is kept as bytes", name, path);
    bytes_release(&bytes);
}

static void read_values(const char *path, struct network *n, struct network_values *out)
{
    HKEY key = NULL;
    DWORD code = win_key_open(HKEY_LOCAL_MACHINE, path, KEY_QUERY_VALUE, &key);
    if (code != ERROR_SUCCESS) {
        if (code != ERROR_FILE_NOT_FOUND && code != ERROR_PATH_NOT_FOUND)
            miss(n, "cannot read '%s': %s", path, win_words(code));
        return;
    }
    for (DWORD i = 0; i < VALUES_LOOKED_AT; i++) {
        char *name = value_name(key, i, &code);
        if (!name && code != ERROR_MORE_DATA)
            break;
        if (!name || out->count >= NETWORK_VALUES_MAX)
            miss(n, "'%s' has more values than are read, or longer names", path);
        else if (network_is_setting(name))
            read_value(key, path, name, n, out);
        mem_free(name);
        if (out->count >= NETWORK_VALUES_MAX)
            break;
    }
    win_key_close(&key);
}

/* Where the settings of an interface stand; mem_free. */
static char *settings_path(const char *service, const char *prefix, const char *guid)
{
    struct text t = {0};
    text_addf(&t, SERVICES "%s\\Parameters\\Interfaces\\%s%s", service, prefix, guid);
    return text_steal(&t);
}

struct place {
    const char *service, *prefix;
    size_t member; /* of struct network_settings */
};

static const struct place places[] = {
    {"Tcpip", "", offsetof(struct network_settings, tcpip)},
    {"Tcpip6", "", offsetof(struct network_settings, tcpip6)},
    {"NetBT", "Tcpip_", offsetof(struct network_settings, netbt)},
};

static void read_settings(struct network *n, struct network_adapter *a)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        char *path = settings_path(places[i].service, places[i].prefix, a->guid);
        read_values(path, n, (struct network_values *)((char *)&a->settings + places[i].member));
        mem_free(path);
    }
    if (!network_ip6_read(a->guid, &a->settings))
        miss(n, "the IPv6 addresses of '%s' cannot be read", a->guid);
}

/* --- reading adapters ------------------------------------------------------------------------- */

/* xenvif writes the permanent addresses of its devices to Services\xenvif\Addresses, by the last
 * part of the instance id (PdoSetPermanentAddress in its pdo.c). */
static char *xenvif_mac(const char *instance)
{
    const char *name = instance ? strrchr(instance, '\\') : NULL;
    if (!name || !text_starts_nocase(instance, "XENVIF\\"))
        return NULL;
    char *text = win_machine_text(SERVICES "xenvif\\Addresses", name + 1);
    char *mac = network_mac(text);
    mem_free(text);
    return mac;
}

static void read_addresses(struct network_adapter *a)
{
    a->mac = network_ask_mac(a->guid, true);
    a->current_mac = network_ask_mac(a->guid, false);
    if (!a->mac)
        a->mac = xenvif_mac(a->instance);
}

static char *connection_name(const char *guid)
{
    struct text t = {0};
    text_addf(&t, CONTROL "Network\\" NET_CLASS "\\%s\\Connection", guid);
    char *name = win_machine_text(text_str(&t), "Name");
    text_release(&t);
    return name;
}

/* Text that stands in JSON, from a registry that promises nothing. NULL stays NULL. */
static char *cut(char *text)
{
    enum { LONGEST = 1024 };
    if (text && strlen(text) > LONGEST) {
        mem_free(text);
        return NULL;
    }
    return text;
}

static char *instance_of(HDEVINFO set, SP_DEVINFO_DATA *node)
{
    wchar_t wide[INSTANCE_MAX] = L"";
    if (!SetupDiGetDeviceInstanceIdW(set, node, wide, INSTANCE_MAX, NULL))
        return NULL;
    wide[INSTANCE_MAX - 1] = L'\0';
    return utf8_from(wide);
}

/* "0007" of the node's "{class}\0007"; mem_free. NULL: it has no driver. */
static char *class_key_of(HDEVINFO set, SP_DEVINFO_DATA *node)
{
    wchar_t wide[DRIVER_KEY_MAX + 1] = L"";
    DWORD type = REG_NONE;
    if (!SetupDiGetDeviceRegistryPropertyW(set, node, SPDRP_DRIVER, &type, (BYTE *)wide,
                                           DRIVER_KEY_MAX * sizeof *wide, NULL) ||
        type != REG_SZ)
        return NULL;
    const wchar_t *slash = wcsrchr(wide, L'\\');
    return slash ? utf8_from(slash + 1) : NULL;
}

/* The parts that say that this is a network adapter of TCP/IP. False when it is none. */
static bool read_class_key(struct network_adapter *a)
{
    HKEY key = NULL;
    struct text path = {0};
    text_addf(&path, CONTROL "Class\\" NET_CLASS "\\%s", a->class_key);
    if (win_key_open(HKEY_LOCAL_MACHINE, text_str(&path), KEY_QUERY_VALUE, &key) == ERROR_SUCCESS) {
        a->guid = cut(win_key_text(key, "NetCfgInstanceId"));
        a->description = cut(win_key_text(key, "DriverDesc"));
    }
    win_key_close(&key);
    text_release(&path);
    return a->guid && network_is_guid(a->guid);
}

/* The present ones, for what says nothing itself: opening by id would change the set. */
static void list_present(struct texts *out)
{
    SP_DEVINFO_DATA node = {.cbSize = sizeof node};
    HDEVINFO set = SetupDiGetClassDevsW(&net_class, NULL, NULL, DIGCF_PRESENT);
    for (DWORD i = 0; set != INVALID_HANDLE_VALUE && i < NODES_MAX; i++) {
        if (!SetupDiEnumDeviceInfo(set, i, &node))
            break;
        char *instance = instance_of(set, &node);
        if (instance)
            texts_add(out, instance);
        mem_free(instance);
    }
    if (set != INVALID_HANDLE_VALUE)
        SetupDiDestroyDeviceInfoList(set);
}

static enum tri is_present(const char *instance, const struct texts *present)
{
    struct win_device_status status;
    win_device_status(instance, &status);
    if (status.present)
        return status.present;
    return texts_have_nocase(present, instance) ? TRI_YES : TRI_NO;
}

static bool read_adapter(HDEVINFO set, SP_DEVINFO_DATA *node, const struct texts *present,
                         struct network_adapter *a)
{
    a->instance = instance_of(set, node);
    a->class_key = class_key_of(set, node);
    if (!a->instance || !a->class_key || !read_class_key(a))
        return false;
    a->kind = network_kind_of(a->instance);
    a->present = is_present(a->instance, present);
    a->connection = cut(connection_name(a->guid));
    read_addresses(a);
    return true;
}

static void read_adapters(HDEVINFO set, struct network *n)
{
    SP_DEVINFO_DATA node = {.cbSize = sizeof node};
    struct texts present = {0};
    list_present(&present);
    for (DWORD i = 0; i < NODES_MAX && SetupDiEnumDeviceInfo(set, i, &node); i++) {
        struct network_adapter a = {0};
        if (n->adapters.count >= NETWORK_ADAPTERS_MAX) {
            miss(n, "there are more than %d network adapters", NETWORK_ADAPTERS_MAX);
            break;
        }
        if (!read_adapter(set, &node, &present, &a)) {
            network_adapter_release(&a);
            continue;
        }
        read_settings(n, &a);
        *(struct network_adapter *)shape_list_add(&n->adapters, sizeof a) = a;
    }
    texts_release(&present);
}

/* The names of the values are the routes: "10.0.0.0,255.0.0.0,192.0.2.1,1". */
static void read_routes(struct network *n)
{
    HKEY key = NULL;
    DWORD code;
    if (win_key_open(HKEY_LOCAL_MACHINE, SERVICES "Tcpip\\Parameters\\PersistentRoutes",
                     KEY_QUERY_VALUE, &key) != ERROR_SUCCESS)
        return;
    for (DWORD i = 0; i < NETWORK_ROUTES_MAX; i++) {
        char *name = value_name(key, i, &code);
        if (!name)
            break;
        if (*name)
            texts_add(&n->routes, name);
        mem_free(name);
    }
    win_key_close(&key);
}

bool network_read(struct network *out, struct err *e)
{
    HDEVINFO set = SetupDiGetClassDevsW(&net_class, NULL, NULL, 0);
    if (set == INVALID_HANDLE_VALUE)
        return win_fail(e, GetLastError(), "cannot list the network adapters");
    out->reading = READING_FULL;
    read_adapters(set, out);
    read_routes(out);
    SetupDiDestroyDeviceInfoList(set);
    return true;
}

/* --- writing ---------------------------------------------------------------------------------- */

static DWORD set_value(HKEY key, const struct network_value *v)
{
    struct bytes bytes = {0};
    wchar_t *name = utf16_from(v->name);
    DWORD code = ERROR_INVALID_DATA;
    if (name && network_value_bytes(v, &bytes))
        code = (DWORD)RegSetValueExW(key, name, 0, (DWORD)v->type, bytes.at, (DWORD)bytes.size);
    mem_free(name);
    bytes_release(&bytes);
    return code;
}

static DWORD delete_value(HKEY key, const char *value)
{
    wchar_t *name = utf16_from(value);
    DWORD code = name ? (DWORD)RegDeleteValueW(key, name) : ERROR_INVALID_DATA;
    mem_free(name);
    return code == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : code;
}

/* What the change takes away goes first, so that no moment has more than both. */
static DWORD write_to(HKEY key, const struct network_values *before,
                      const struct network_values *after)
{
    DWORD code = ERROR_SUCCESS;
    for (size_t i = 0; code == ERROR_SUCCESS && i < before->count; i++)
        if (!network_value_named(after, before->at[i].name))
            code = delete_value(key, before->at[i].name);
    for (size_t i = 0; code == ERROR_SUCCESS && i < after->count; i++)
        code = set_value(key, &after->at[i]);
    return code == ERROR_SUCCESS ? (DWORD)RegFlushKey(key) : code;
}

/* The key is there once TCP/IP has seen the adapter; before its first start it is made. */
static DWORD make_key(const char *path, HKEY *key)
{
    wchar_t *wide = utf16_from(path);
    REGSAM rights = KEY_QUERY_VALUE | KEY_SET_VALUE | (win_is_wow64() ? KEY_WOW64_64KEY : 0);
    DWORD code = wide ? (DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, wide, 0, NULL,
                                               REG_OPTION_NON_VOLATILE, rights, NULL, key, NULL)
                      : ERROR_INVALID_PARAMETER;
    mem_free(wide);
    return code;
}

static bool write_place(const struct place *place, const struct network_change *change,
                        struct err *e)
{
    const struct network_values *before =
        (const struct network_values *)((const char *)&change->before + place->member);
    const struct network_values *after =
        (const struct network_values *)((const char *)&change->after + place->member);
    HKEY key = NULL;
    if (!before->count && !after->count)
        return true;
    char *path = settings_path(place->service, place->prefix, change->guid);
    DWORD code = make_key(path, &key);
    if (code == ERROR_SUCCESS)
        code = write_to(key, before, after);
    win_key_close(&key);
    if (code != ERROR_SUCCESS)
        win_fail(e, code, "cannot write the network settings to '%s'", path);
    mem_free(path);
    return code == ERROR_SUCCESS;
}

bool network_write(const struct network_change *change, struct err *e)
{
    if (!network_is_guid(change->guid))
        return err_set(e, ERR_USAGE, "'%s' is no interface GUID", change->guid);
    log_line(LOG_NOTE, "network: writing the settings of '%s'",
             change->instance ? change->instance : change->guid);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (!write_place(&places[i], change, e))
            return false;
    return network_ip6_write(change, e);
}

/* --- telling the adapter ---------------------------------------------------------------------- */

static bool change_properties(HDEVINFO set, SP_DEVINFO_DATA *node, bool *restart)
{
    SP_PROPCHANGE_PARAMS params = {
        .ClassInstallHeader = {.cbSize = sizeof params.ClassInstallHeader,
                               .InstallFunction = DIF_PROPERTYCHANGE},
        .StateChange = DICS_PROPCHANGE,
        .Scope = DICS_FLAG_CONFIGSPECIFIC,
    };
    SP_DEVINSTALL_PARAMS_W install = {.cbSize = sizeof install};
    if (!SetupDiSetClassInstallParamsW(set, node, &params.ClassInstallHeader, sizeof params) ||
        !SetupDiCallClassInstaller(DIF_PROPERTYCHANGE, set, node))
        return false;
    if (SetupDiGetDeviceInstallParamsW(set, node, &install) &&
        install.Flags & (DI_NEEDREBOOT | DI_NEEDRESTART))
        *restart = true;
    return true;
}

bool network_restart_adapter(const char *instance, bool *restart, struct err *e)
{
    SP_DEVINFO_DATA node = {.cbSize = sizeof node};
    HDEVINFO set = SetupDiCreateDeviceInfoList(NULL, NULL);
    wchar_t *wide = utf16_from(instance);
    if (set == INVALID_HANDLE_VALUE || !wide) {
        mem_free(wide);
        return win_fail(e, GetLastError(), "cannot open '%s'", instance);
    }
    bool done =
        SetupDiOpenDeviceInfoW(set, wide, NULL, 0, &node) && change_properties(set, &node, restart);
    DWORD code = done ? ERROR_SUCCESS : GetLastError();
    mem_free(wide);
    SetupDiDestroyDeviceInfoList(set);
    /* The stack reads its settings at each start of the adapter: the restart does it too. */
    if (!done) {
        log_line(LOG_WARNING, "network: cannot restart '%s': %s (0x%08lx), continuing", instance,
                 win_words(code), code);
        *restart = true;
    }
    return true;
}
