#include "installer/reboot.windows.h"

#include "base/log.h"
#include "installer/win.h"

/* "Hardware: driver installation (planned)", as the event log will read. */
static const DWORD restart_reason =
    SHTDN_REASON_MAJOR_HARDWARE | SHTDN_REASON_MINOR_HARDWARE_DRIVER | SHTDN_REASON_FLAG_PLANNED;

static bool enable_shutdown_privilege(struct err *e)
{
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1,
                               .Privileges = {{.Attributes = SE_PRIVILEGE_ENABLED}}};
    HANDLE token = INVALID_HANDLE_VALUE;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token))
        return win_fail(e, GetLastError(), "cannot open our own token");
    bool ok = LookupPrivilegeValueW(NULL, L"SeShutdownPrivilege", &wanted.Privileges[0].Luid) &&
              AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    DWORD code = GetLastError(); /* ERROR_NOT_ALL_ASSIGNED comes with a success */
    win_handle_close(&token);
    return (ok && code == ERROR_SUCCESS) ||
           win_fail(e, code, "cannot get the right to restart Windows");
}

/* Windows 2000 has no reasons for a shutdown, so no InitiateSystemShutdownEx. */
static DWORD initiate(void)
{
    typedef BOOL(WINAPI * initiate_with_reason)(wchar_t *, wchar_t *, DWORD, BOOL, BOOL, DWORD);
    initiate_with_reason initiate_ex =
        (initiate_with_reason)win_bind(L"advapi32.dll", "InitiateSystemShutdownExW");
    SetLastError(ERROR_SUCCESS);
    BOOL ok = initiate_ex ? initiate_ex(NULL, NULL, 0, FALSE, TRUE, restart_reason)
                          : InitiateSystemShutdownW(NULL, NULL, 0, FALSE, TRUE);
    return ok ? ERROR_SUCCESS : GetLastError();
}

bool reboot_begin(struct err *e)
{
    log_line(LOG_NOTE, "restart: asking Windows to restart");
    if (!enable_shutdown_privilege(e))
        return false;
    DWORD code = initiate();
    if (code == ERROR_SUCCESS || code == ERROR_SHUTDOWN_IN_PROGRESS)
        return true;
    return win_fail(e, code, "cannot restart Windows");
}
