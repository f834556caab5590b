#include "installer/msi.windows.h"

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/msi_code.h"
#include "installer/win.h"

#include <string.h>

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
    UINT(WINAPI *install)(const wchar_t *, const wchar_t *);
};

static bool bind_calls(struct msi_calls *c)
{
    static const wchar_t dll[] = L"msi.dll";
    c->state = (int(WINAPI *)(const wchar_t *))win_bind(dll, "MsiQueryProductStateW");
    c->ui = (DWORD(WINAPI *)(DWORD, HWND *))win_bind(dll, "MsiSetInternalUI");
    c->log = (UINT(WINAPI *)(DWORD, const wchar_t *, DWORD))win_bind(dll, "MsiEnableLogW");
    c->configure = (UINT(WINAPI *)(const wchar_t *, int, int, const wchar_t *))win_bind(
        dll, "MsiConfigureProductExW");
    c->install =
        (UINT(WINAPI *)(const wchar_t *, const wchar_t *))win_bind(dll, "MsiInstallProductW");
    return c->state && c->ui && c->log && c->configure && c->install;
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

/* One thing that Windows Installer is asked to do. */
struct msi_job {
    const struct msi_calls *calls;
    const char *verb, *name; /* "install", for the log */
    const char *subject;     /* the path of a package, or a product code */
    const wchar_t *properties;
    UINT (*run)(const struct msi_job *job, const wchar_t *subject);
};

static UINT run_install(const struct msi_job *job, const wchar_t *subject)
{
    return job->calls->install(subject, job->properties);
}

static UINT run_uninstall(const struct msi_job *job, const wchar_t *subject)
{
    return job->calls->configure(subject, LEVEL_DEFAULT, STATE_ABSENT, job->properties);
}

static bool is_busy(UINT code)
{
    const struct msi_code *c = msi_code_of(code);
    return c && c->outcome == MSI_BUSY;
}

static UINT run_after_others(const struct msi_job *job, const wchar_t *subject)
{
    DWORD begun = GetTickCount();
    UINT code = job->run(job, subject);
    for (unsigned i = 1; i < TRIES_MAX && is_busy(code) && wait_for_others(begun); i++)
        code = job->run(job, subject);
    return code;
}

static bool fail(UINT code, const struct msi_job *job, const char *log, struct err *e)
{
    const struct msi_code *c = msi_code_of(code);
    const char *advice = c ? c->advice : NULL;
    return err_set_os(e, code, "cannot %s '%s': %s%s%s; see '%s'", job->verb, job->name,
                      c ? c->words : win_words(code), advice ? "; " : "", advice ? advice : "",
                      log);
}

static bool judge(UINT code, const struct msi_job *job, const char *log, struct err *e)
{
    const struct msi_code *c = msi_code_of(code);
    switch (c ? c->outcome : MSI_FAILED) {
    case MSI_NOT_THERE: return job->run == run_uninstall || fail(code, job, log, e);
    case MSI_RESTART_BEGUN:
        log_line(LOG_WARNING, "msi: '%s' has begun a restart of Windows by itself", job->name);
        return true;
    case MSI_DONE:
    case MSI_RESTART_NEEDED: return true;
    case MSI_BUSY:
    case MSI_FAILED: break;
    }
    return fail(code, job, log, e);
}

static bool needs_restart(UINT code)
{
    const struct msi_code *c = msi_code_of(code);
    return c && (c->outcome == MSI_RESTART_NEEDED || c->outcome == MSI_RESTART_BEGUN);
}

static char *log_of(const char *verb, const char *product_code, const char *folder)
{
    struct text name = {0};
    text_addf(&name, "%s-%.*s.log", verb, (int)strcspn(product_code + 1, "}"), product_code + 1);
    char *path = file_join(folder, text_str(&name));
    text_release(&name);
    return path;
}

/* No window, and a log of all that it does. */
static bool run_quietly(const struct msi_job *job, const char *log_path, bool *restart,
                        struct err *e)
{
    wchar_t *subject = utf16_from(job->subject), *log = utf16_path(log_path);
    bool ok = false;
    if (subject && log) {
        DWORD before = job->calls->ui(UI_NONE, NULL);
        job->calls->log(LOG_ALL_THERE_IS, log, 0);
        UINT code = run_after_others(job, subject);
        ok = judge(code, job, log_path, e);
        *restart = *restart || (ok && needs_restart(code));
        job->calls->log(0, NULL, 0);
        job->calls->ui(before, NULL);
    } else {
        err_set(e, ERR_USAGE, "'%s' cannot be named to Windows Installer", job->name);
    }
    mem_free(subject);
    mem_free(log);
    return ok;
}

/* code names the log. */
static bool do_job(struct msi_job *job, const char *code, const char *log_folder, bool *restart,
                   struct err *e)
{
    struct msi_calls calls;
    struct err inner = {0};
    if (*code != '{' || !bind_calls(&calls))
        return err_set(e, ERR_NOT_FOUND, "there is no Windows Installer for '%s'", job->name);
    char *log = log_of(job->verb, code, log_folder);
    job->calls = &calls;
    bool ok = run_quietly(job, log, restart, &inner);
    job->calls = NULL;
    mem_free(log);
    if (!ok)
        log_line(LOG_ERROR, "msi: %s", inner.text);
    if (!ok && e && e->kind == ERR_NONE)
        *e = inner;
    return ok;
}

/*
 * Each property is there for a reason: no restart and no question about one; for all users,
 * whatever the package's default is; and no other program is closed for files that are in use
 * (Windows Installer 4 does so by the Restart Manager). One that is registered already is installed
 * over itself, from this package and not from the one that Windows Installer keeps.
 */
#define NO_RESTART L"REBOOT=ReallySuppress REBOOTPROMPT=Suppress MSIRESTARTMANAGERCONTROL=Disable"
#define FOR_ALL_USERS NO_RESTART L" ALLUSERS=1"
#define OVER_ITSELF FOR_ALL_USERS L" REINSTALL=ALL REINSTALLMODE=vamus"

bool msi_install(const struct platform_product *product, const char *log_folder, bool *restart,
                 struct err *e)
{
    struct msi_job job = {.verb = "install",
                          .name = product->name ? product->name : product->code,
                          .subject = product->path,
                          .properties = product->again ? OVER_ITSELF : FOR_ALL_USERS,
                          .run = run_install};
    log_line(LOG_NOTE, "msi: installing '%s' from '%s'", job.name, job.subject);
    return do_job(&job, product->code, log_folder, restart, e);
}

bool msi_uninstall(const char *product_code, const char *log_folder, bool *restart, struct err *e)
{
    struct msi_job job = {.verb = "uninstall",
                          .name = product_code,
                          .subject = product_code,
                          .properties = NO_RESTART,
                          .run = run_uninstall};
    log_line(LOG_NOTE, "msi: uninstalling '%s'", product_code);
    return do_job(&job, product_code, log_folder, restart, e);
}
