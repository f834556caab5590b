#include "installer/service_parameter.windows.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/win.h"

#include <string.h>

/* The key's path; mem_free. NULL for a name that leads elsewhere. */
static char *path_of(const char *service)
{
    struct text t = {0};
    if (!*service || strpbrk(service, "\\/"))
        return NULL;
    text_addf(&t, "SYSTEM\\CurrentControlSet\\Services\\%s\\Parameters", service);
    return text_steal(&t);
}

bool service_parameter_read(const char *service, const char *name, struct number *out,
                            struct err *e)
{
    HKEY key = NULL;
    struct number value = {0};
    char *path = path_of(service);
    DWORD code =
        path ? win_key_open(HKEY_LOCAL_MACHINE, path, KEY_QUERY_VALUE, &key) : ERROR_INVALID_NAME;
    mem_free(path);
    if (code == ERROR_SUCCESS)
        value = win_key_number(key, name);
    win_key_close(&key);
    if (code != ERROR_SUCCESS && code != ERROR_FILE_NOT_FOUND)
        return win_fail(e, code, "cannot read '%s' of service '%s'", name, service);
    *out = value;
    return true;
}

static DWORD write(HKEY key, const char *name, DWORD value)
{
    wchar_t *wide = utf16_from(name);
    DWORD code =
        wide ? (DWORD)RegSetValueExW(key, wide, 0, REG_DWORD, (const BYTE *)&value, sizeof value)
             : ERROR_INVALID_NAME;
    mem_free(wide);
    return code == ERROR_SUCCESS ? (DWORD)RegFlushKey(key) : code;
}

bool service_parameter_write(const char *service, const char *name, const struct number *value,
                             struct err *e)
{
    HKEY key = NULL;
    struct number now = {0};
    char *path = path_of(service);
    log_line(LOG_NOTE, "service: '%s' of '%s' is to be %lu", name, service,
             (unsigned long)value->value);
    wchar_t *wide = path ? utf16_from(path) : NULL;
    DWORD code = wide ? (DWORD)RegCreateKeyExW(HKEY_LOCAL_MACHINE, wide, 0, NULL, 0, KEY_SET_VALUE,
                                               NULL, &key, NULL)
                      : ERROR_INVALID_NAME;
    mem_free(wide);
    mem_free(path);
    if (code == ERROR_SUCCESS)
        code = write(key, name, (DWORD)value->value);
    win_key_close(&key);
    if (code != ERROR_SUCCESS)
        return win_fail(e, code, "cannot write '%s' of service '%s'", name, service);
    return service_parameter_read(service, name, &now, e) &&
           (number_same(&now, value) ||
            err_set(e, ERR_FAILED, "'%s' of service '%s' is not what was written", name, service));
}
