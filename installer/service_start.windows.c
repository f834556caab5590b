#include "installer/service_start.windows.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/service.windows.h"
#include "installer/win.h"

#include <stdlib.h>
#include <string.h>

#define SERVICES "SYSTEM\\CurrentControlSet\\Services\\"

enum { OVERRIDES_MAX = 256, START_LAST = 4 };

static bool hand_on(const struct err *inner, bool ok, struct err *e)
{
    if (!ok)
        log_line(LOG_ERROR, "service: %s", inner->text);
    if (!ok && e && e->kind == ERR_NONE)
        *e = *inner;
    return ok;
}

/* A name or path below Services that leads nowhere else. */
static bool is_plain(const char *path)
{
    return *path && *path != '\\' && !strstr(path, "..") && !strstr(path, "\\\\") &&
           path[strlen(path) - 1] != '\\';
}

static DWORD open_below(const char *path, const char *child, REGSAM rights, HKEY *key)
{
    struct text t = {0};
    text_addf(&t, SERVICES "%s%s%s", path, child ? "\\" : "", child ? child : "");
    DWORD code = is_plain(path) ? win_key_open(HKEY_LOCAL_MACHINE, text_str(&t), rights, key)
                                : ERROR_INVALID_NAME;
    text_release(&t);
    return code;
}

/* --- start ------------------------------------------------------------------------------------ */

/* Name of the value at index, or NULL past the last one. mem_free. */
static char *value_name(HKEY key, DWORD index)
{
    wchar_t name[256];
    DWORD size = sizeof name / sizeof *name;
    if (index >= OVERRIDES_MAX ||
        RegEnumValueW(key, index, name, &size, NULL, NULL, NULL, NULL) != ERROR_SUCCESS)
        return NULL;
    return utf8_from(name);
}

/* Each value of StartOverride is a hardware profile and its start. What is no number is told by its
 * name, so that nobody takes it for none, and a key without values as "=": facts report the key. */
static DWORD read_overrides(const char *service, struct texts *out)
{
    HKEY key = NULL;
    DWORD code = open_below(service, "StartOverride", KEY_QUERY_VALUE, &key);
    if (code != ERROR_SUCCESS)
        return code == ERROR_FILE_NOT_FOUND ? ERROR_SUCCESS : code;
    for (DWORD i = 0;; i++) {
        char *name = value_name(key, i);
        if (!name)
            break;
        struct number value = win_key_number(key, name);
        struct text t = {0};
        if (value.known)
            text_addf(&t, "%s=%llu", name, (unsigned long long)value.value);
        else
            text_add(&t, name);
        texts_add(out, text_str(&t));
        text_release(&t);
        mem_free(name);
    }
    if (!out->count)
        texts_add(out, "=");
    win_key_close(&key);
    return ERROR_SUCCESS;
}

bool service_start_read(const char *service, struct platform_start *out, struct err *e)
{
    struct platform_start s = {0};
    HKEY key = NULL;
    DWORD code = open_below(service, NULL, KEY_QUERY_VALUE, &key);
    if (code == ERROR_FILE_NOT_FOUND)
        return err_set(e, ERR_NOT_FOUND, "there is no service '%s'", service);
    if (code != ERROR_SUCCESS)
        return win_fail(e, code, "cannot read service '%s'", service);
    struct number start = win_key_number(key, "Start"), flag = win_key_number(key, "DeleteFlag");
    win_key_close(&key);
    if (!start.known || start.value > START_LAST || (flag.known && flag.value))
        return err_set(e, ERR_NOT_FOUND, "'%s' is no service that starts", service);
    s.start = (uint32_t)start.value;
    code = read_overrides(service, &s.overrides);
    if (code != ERROR_SUCCESS) {
        platform_start_release(&s);
        return win_fail(e, code, "cannot read the StartOverride of service '%s'", service);
    }
    *out = s;
    return true;
}

/* What was no number cannot be given back: reading it again shows that. */
static DWORD write_override(HKEY key, const char *line)
{
    const char *equals = strrchr(line, '=');
    if (!equals)
        return ERROR_SUCCESS;
    char *name = mem_strndup(line, (size_t)(equals - line));
    wchar_t *wide = utf16_from(name);
    DWORD value = (DWORD)strtoul(equals + 1, NULL, 10);
    LONG code = wide ? RegSetValueExW(key, wide, 0, REG_DWORD, (const BYTE *)&value, sizeof value)
                     : ERROR_INVALID_NAME;
    mem_free(wide);
    mem_free(name);
    return (DWORD)code;
}

static DWORD write_overrides(HKEY service, const struct texts *overrides)
{
    HKEY key = NULL;
    DWORD code = win_key_delete(service, "StartOverride");
    if (code != ERROR_SUCCESS || !overrides->count)
        return code;
    code = (DWORD)RegCreateKeyExW(service, L"StartOverride", 0, NULL, 0, KEY_SET_VALUE, NULL, &key,
                                  NULL);
    for (size_t i = 0; code == ERROR_SUCCESS && i < overrides->count; i++)
        if (strcmp(overrides->at[i], "=") != 0)
            code = write_override(key, overrides->at[i]);
    win_key_close(&key);
    return code;
}

/* In the registry, where the loader and Plug and Play look for a driver's start type; the service
 * manager's own change would rewrite the rest of a driver's registration too. */
static DWORD write_start(const char *service, const struct platform_start *s)
{
    HKEY key = NULL;
    DWORD start = s->start;
    DWORD code = open_below(service, NULL, KEY_ALL_ACCESS, &key);
    if (code == ERROR_SUCCESS)
        code =
            (DWORD)RegSetValueExW(key, L"Start", 0, REG_DWORD, (const BYTE *)&start, sizeof start);
    if (code == ERROR_SUCCESS)
        code = write_overrides(key, &s->overrides);
    if (code == ERROR_SUCCESS)
        code = (DWORD)RegFlushKey(key);
    win_key_close(&key);
    return code;
}

/* The service manager has read a program's start type when it began, and goes by that until the
 * next restart. */
static bool tell_manager(const char *service, uint32_t start, struct err *e)
{
    HKEY key = NULL;
    if (open_below(service, NULL, KEY_QUERY_VALUE, &key) != ERROR_SUCCESS)
        return true;
    struct number type = win_key_number(key, "Type");
    win_key_close(&key);
    bool program = type.known && (type.value & SERVICE_WIN32);
    return !program || service_change_start(service, start, e);
}

static bool confirm_start(const char *service, const struct platform_start *s, struct err *e)
{
    struct platform_start now = {0};
    if (!service_start_read(service, &now, e))
        return false;
    bool same = now.start == s->start && now.overrides.count == s->overrides.count;
    platform_start_release(&now);
    return same || err_set(e, ERR_FAILED, "service '%s' does not start as it was told", service);
}

bool service_start_write(const char *service, const struct platform_start *s, struct err *e)
{
    struct err inner = {0};
    log_line(LOG_NOTE, "service: '%s' is to start as %u", service, (unsigned)s->start);
    DWORD code = write_start(service, s);
    bool ok = code == ERROR_SUCCESS
                  ? tell_manager(service, s->start, &inner) && confirm_start(service, s, &inner)
                  : win_fail(&inner, code, "cannot change the start of service '%s'", service);
    return hand_on(&inner, ok, e);
}

/* --- keys ------------------------------------------------------------------------------------- */

enum tri service_has_key(const char *path)
{
    struct text t = {0};
    text_addf(&t, SERVICES "%s", path);
    enum tri has = is_plain(path) ? win_machine_has_key(text_str(&t)) : TRI_UNKNOWN;
    text_release(&t);
    return has;
}

/* A key with these values is a service's, and goes by the service manager only. */
static bool is_service(const char *path)
{
    HKEY key = NULL;
    if (open_below(path, NULL, KEY_QUERY_VALUE, &key) != ERROR_SUCCESS)
        return false;
    bool is = win_key_number(key, "Type").known || win_key_number(key, "Start").known;
    win_key_close(&key);
    return is;
}

bool service_delete_key(const char *path, struct err *e)
{
    struct err inner = {0};
    HKEY services = NULL;
    log_line(LOG_NOTE, "service: deleting the key '%s'", path);
    if (!is_plain(path) || is_service(path))
        return hand_on(&inner,
                       err_set(&inner, ERR_USAGE, "'%s' is no key beside the services", path), e);
    DWORD code = win_key_open(HKEY_LOCAL_MACHINE, "SYSTEM\\CurrentControlSet\\Services",
                              KEY_ENUMERATE_SUB_KEYS, &services);
    if (code == ERROR_SUCCESS)
        code = win_key_delete(services, path);
    if (code == ERROR_SUCCESS)
        RegFlushKey(services);
    win_key_close(&services);
    bool ok = code == ERROR_SUCCESS || win_fail(&inner, code, "cannot delete the key '%s'", path);
    if (ok && service_has_key(path) != TRI_NO)
        ok = err_set(&inner, ERR_FAILED, "the key '%s' is still there", path);
    return hand_on(&inner, ok, e);
}
