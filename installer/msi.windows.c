#include "installer/msi.windows.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/win.h"

#include <string.h>

/* Windows Installer's codes that have a meaning of their own here. */
enum {
    MSI_SUCCESS = 0,
    MSI_SERVICE_FAILURE = 1601,
    MSI_USER_EXIT = 1602,
    MSI_FAILURE = 1603,
    MSI_UNKNOWN_PRODUCT = 1605,
    MSI_ALREADY_RUNNING = 1618,
    MSI_POLICY = 1625,
    MSI_RESTART_BEGUN = 1641,
    MSI_RESTART_NEEDED = 3010,
};

/* msi.h's numbers. */
enum {
    STATE_UNKNOWN = -1,
    STATE_ABSENT = 2,
    UI_NONE = 2,
    LEVEL_DEFAULT = 0,
    LOG_ALL_THERE_IS = 0x1fff, /* each INSTALLLOGMODE of a file */
    WAIT_LIMIT_MS = 600000, /* for another installation: an MSI of Windows Update takes minutes */
    TRIES_MAX = 20,
};

struct msi_calls {
    int(WINAPI *state)(const wchar_t *);
    DWORD(WINAPI *ui)(DWORD, HWND *);
    UINT(WINAPI *log)(DWORD, const wchar_t *, DWORD);
    UINT(WINAPI *configure)(const wchar_t *, int, int, const wchar_t *);
};

static bool bind_calls(struct msi_calls *c)
{
    static const wchar_t dll[] = L"msi.dll";
    c->state = (int(WINAPI *)(const wchar_t *))win_bind(dll, "MsiQueryProductStateW");
    c->ui = (DWORD(WINAPI *)(DWORD, HWND *))win_bind(dll, "MsiSetInternalUI");
    c->log = (UINT(WINAPI *)(DWORD, const wchar_t *, DWORD))win_bind(dll, "MsiEnableLogW");
    c->configure = (UINT(WINAPI *)(const wchar_t *, int, int, const wchar_t *))win_bind(
        dll, "MsiConfigureProductExW");
    return c->state && c->ui && c->log && c->configure;
}

/* Without Windows Installer nothing is installed by it. */
enum tri msi_has_product(const char *product_code)
{
    struct msi_calls calls;
    wchar_t *code = utf16_from(product_code);
    enum tri has = TRI_UNKNOWN;
    if (!bind_calls(&calls))
        has = TRI_NO;
    else if (code)
        has = calls.state(code) <= STATE_UNKNOWN ? TRI_NO : TRI_YES;
    mem_free(code);
    return has;
}

/* Until the other installation is through: it holds this mutex meanwhile. False: the limit is
 * reached. */
static bool wait_for_others(DWORD begun)
{
    DWORD spent = GetTickCount() - begun;
    HANDLE mutex = OpenMutexW(SYNCHRONIZE, FALSE, L"Global\\_MSIExecute");
    if (spent >= WAIT_LIMIT_MS) {
        win_handle_close(&mutex);
        return false;
    }
    if (!mutex) /* it has just ended */
        return true;
    log_line(LOG_NOTE, "msi: another installation runs: waiting for it");
    DWORD code = WaitForSingleObject(mutex, WAIT_LIMIT_MS - spent);
    if (code == WAIT_OBJECT_0 || code == WAIT_ABANDONED)
        ReleaseMutex(mutex);
    win_handle_close(&mutex);
    return code != WAIT_TIMEOUT;
}

static UINT uninstall(const struct msi_calls *calls, const wchar_t *product)
{
    DWORD begun = GetTickCount();
    UINT code = MSI_ALREADY_RUNNING;
    for (unsigned i = 0; i < TRIES_MAX && code == MSI_ALREADY_RUNNING; i++) {
        if (i && !wait_for_others(begun))
            break;
        code = calls->configure(product, LEVEL_DEFAULT, STATE_ABSENT, L"REBOOT=ReallySuppress");
    }
    return code;
}

static const char *words_of(UINT code)
{
    switch (code) {
    case MSI_SERVICE_FAILURE:
        return "the Windows Installer service cannot be reached (in safe mode it does not run)";
    case MSI_USER_EXIT: return "somebody cancelled it";
    case MSI_FAILURE: return "its uninstaller failed";
    case MSI_ALREADY_RUNNING: return "another installation runs, and did not end in time";
    case MSI_POLICY: return "a policy of this Windows forbids it";
    default: return win_words(code);
    }
}

static bool judge(UINT code, const char *product, const char *log, bool *restart, struct err *e)
{
    switch (code) {
    case MSI_SUCCESS:
    case MSI_UNKNOWN_PRODUCT: return true;
    case MSI_RESTART_BEGUN:
        log_line(LOG_WARNING, "msi: '%s' has begun a restart of Windows by itself", product);
        *restart = true;
        return true;
    case MSI_RESTART_NEEDED: *restart = true; return true;
    default:
        return err_set_os(e, code, "cannot uninstall '%s': %s; see '%s'", product, words_of(code),
                          log);
    }
}

static char *log_of(const char *product_code, const char *folder)
{
    struct text name = {0};
    text_addf(&name, "uninstall-%.*s.log", (int)strcspn(product_code + 1, "}"), product_code + 1);
    char *path = file_join(folder, text_str(&name));
    text_release(&name);
    return path;
}

bool msi_uninstall(const char *product_code, const char *log_folder, bool *restart, struct err *e)
{
    struct msi_calls calls;
    struct err inner = {0};
    log_line(LOG_NOTE, "msi: uninstalling '%s'", product_code);
    if (*product_code != '{' || !bind_calls(&calls))
        return err_set(e, ERR_NOT_FOUND, "there is no Windows Installer for '%s'", product_code);
    char *path = log_of(product_code, log_folder);
    wchar_t *product = utf16_from(product_code), *log = utf16_path(path);
    bool ok = false;
    if (product && log) {
        DWORD before = calls.ui(UI_NONE, NULL);
        calls.log(LOG_ALL_THERE_IS, log, 0);
        ok = judge(uninstall(&calls, product), product_code, path, restart, &inner);
        calls.log(0, NULL, 0);
        calls.ui(before, NULL);
    } else {
        err_set(&inner, ERR_USAGE, "'%s' is no product code", product_code);
    }
    mem_free(product);
    mem_free(log);
    mem_free(path);
    if (!ok)
        log_line(LOG_ERROR, "msi: %s", inner.text);
    if (!ok && e && e->kind == ERR_NONE)
        *e = inner;
    return ok;
}
