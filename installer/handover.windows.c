#include "installer/handover.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/console.h"
#include "installer/partner.h"
#include "installer/win.h"

/* The other program has the same console, and decides. */
static BOOL WINAPI leave_it_to_the_other(DWORD event)
{
    return event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT;
}

/* Our command line with the other program's name; mem_free. NULL: not Unicode. */
static wchar_t *command_line_for(const char *path)
{
    struct text t = {0};
    char *ours = utf8_from(GetCommandLineW());
    text_addf(&t, "\"%s\"%s", path, handover_tail(ours));
    wchar_t *wide = utf16_from(text_str(&t));
    text_release(&t);
    mem_free(ours);
    return wide;
}

/* Nothing of ours is open yet: what it inherits is what we have inherited. */
static bool start(const char *path, HANDLE *process, struct err *e)
{
    STARTUPINFOW how = {.cb = sizeof how,
                        .dwFlags = STARTF_USESTDHANDLES,
                        .hStdInput = GetStdHandle(STD_INPUT_HANDLE),
                        .hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE),
                        .hStdError = GetStdHandle(STD_ERROR_HANDLE)};
    PROCESS_INFORMATION made = {0};
    wchar_t *program = utf16_from(path), *line = command_line_for(path);
    bool ok = CreateProcessW(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &how, &made);
    DWORD code = GetLastError();
    mem_free(program);
    mem_free(line);
    if (!ok) {
        win_fail(e, code, "cannot start '%s'", path);
        return err_wrap(e, "nothing was changed");
    }
    CloseHandle(made.hThread);
    *process = made.hProcess;
    return true;
}

static bool run(const char *path, int *code, struct err *e)
{
    HANDLE process = INVALID_HANDLE_VALUE;
    DWORD ended = 0;
    SetConsoleCtrlHandler(leave_it_to_the_other, TRUE);
    bool ok = start(path, &process, e);
    if (ok) {
        WaitForSingleObject(process, INFINITE);
        ok = GetExitCodeProcess(process, &ended) ||
             win_fail(e, GetLastError(), "cannot get the exit code of '%s'", path);
        win_handle_close(&process);
    }
    SetConsoleCtrlHandler(leave_it_to_the_other, FALSE);
    if (ok)
        *code = (int)ended;
    return ok;
}

bool handover_run(int *code, struct err *e)
{
    struct handover_program other = {0};
    if (!partner_digest_size || !win_is_wow64())
        return false;
    char *folder = console_program_folder();
    bool ok = folder
                  ? handover_find(folder, span_of(partner_digest, partner_digest_size), &other, e)
                  : err_set(e, ERR_FAILED, "cannot tell where this program is");
    mem_free(folder);
    if (!ok)
        return false;
    log_line(LOG_NOTE, "handover: to '%s', as this Windows has 64 bits", other.path);
    ok = run(other.path, code, e);
    handover_program_release(&other);
    return ok;
}
