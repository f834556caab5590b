#include "installer/continuation.h"

#include "base/mem.h"
#include "base/utf16.windows.h"
#include "installer/service.windows.h"
#include "installer/step.h"
#include "installer/win.h"

/* The service manager's calls take no context. */
static struct {
    continuation_work work;
    const struct cli *cli;
    enum exit_code code;
    SERVICE_STATUS_HANDLE handle;
} one;

static void tell(DWORD state)
{
    SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS, .dwCurrentState = state};
    if (state == SERVICE_STOPPED && one.code != EXIT_CODE_DONE) {
        status.dwWin32ExitCode = ERROR_SERVICE_SPECIFIC_ERROR;
        status.dwServiceSpecificExitCode = (DWORD)one.code;
    }
    SetServiceStatus(one.handle, &status);
}

/* A step cannot be stopped half-way by others: it is told what state it is in, and that is all. */
static void WINAPI control(DWORD what)
{
    (void)what;
    tell(SERVICE_RUNNING);
}

static void WINAPI service_main(DWORD count, wchar_t **arguments)
{
    (void)count;
    (void)arguments;
    wchar_t *name = utf16_from(CONTINUATION_SERVICE);
    one.handle = RegisterServiceCtrlHandlerW(name, control);
    mem_free(name);
    if (!one.handle)
        return;
    tell(SERVICE_RUNNING);
    one.code = one.work(one.cli);
    tell(SERVICE_STOPPED);
}

bool continuation_run(continuation_work work, const struct cli *c, enum exit_code *code,
                      struct err *e)
{
    wchar_t *name = utf16_from(CONTINUATION_SERVICE);
    const SERVICE_TABLE_ENTRYW table[] = {{name, service_main}, {NULL, NULL}};
    one.work = work;
    one.cli = c;
    one.code = EXIT_CODE_FAILED;
    service_be(CONTINUATION_SERVICE);
    DWORD failure = StartServiceCtrlDispatcherW(table) ? ERROR_SUCCESS : GetLastError();
    mem_free(name);
    *code = one.code;
    if (failure == ERROR_FAILED_SERVICE_CONTROLLER_CONNECT)
        return err_set(e, ERR_USAGE,
                       "--service is for Windows' service manager: run xenpv resume without it");
    return failure == ERROR_SUCCESS || win_fail(e, failure, "cannot run as a service");
}
