#include "installer/spawn.windows.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/win.h"

#include <string.h>

enum { POLL_MS = 20 };

/* The ends of a pipe and the process behind it. */
struct child {
    HANDLE read, write, nothing, process;
};

static void child_release(struct child *c)
{
    win_handle_close(&c->read);
    win_handle_close(&c->write);
    win_handle_close(&c->nothing);
    win_handle_close(&c->process);
}

static bool open_pipes(struct child *c, struct err *e)
{
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    if (!CreatePipe(&c->read, &c->write, &inherited, 0) ||
        !SetHandleInformation(c->read, HANDLE_FLAG_INHERIT, 0))
        return win_fail(e, GetLastError(), "cannot make a pipe");
    c->nothing = CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherited,
                             OPEN_EXISTING, 0, NULL);
    return c->nothing != INVALID_HANDLE_VALUE || win_fail(e, GetLastError(), "cannot open NUL");
}

static bool start(struct child *c, const wchar_t *path, wchar_t *command, struct err *e)
{
    STARTUPINFOW how = {.cb = sizeof how,
                        .dwFlags = STARTF_USESTDHANDLES | STARTF_USESHOWWINDOW,
                        .wShowWindow = SW_HIDE,
                        .hStdInput = c->nothing,
                        .hStdOutput = c->write,
                        .hStdError = c->write};
    PROCESS_INFORMATION made = {0};
    if (!CreateProcessW(path, command, NULL, NULL, TRUE, CREATE_NO_WINDOW, NULL, NULL, &how, &made))
        return win_fail(e, GetLastError(), "cannot start it");
    c->process = made.hProcess;
    CloseHandle(made.hThread);
    win_handle_close(&c->write); /* so that the pipe ends with the process */
    return true;
}

/* What is in the pipe now; false at its end. */
static bool drain(HANDLE pipe, struct text *output)
{
    char part[4096];
    DWORD there = 0, size = 0;
    while (PeekNamedPipe(pipe, NULL, 0, NULL, &there, NULL)) {
        if (!there)
            return true;
        if (!ReadFile(pipe, part, there < sizeof part ? there : sizeof part, &size, NULL))
            return false;
        text_add_bytes(output, part, size);
    }
    return false;
}

/* An anonymous pipe cannot be waited for together with the process: looked at in turn, with the
 * process's end as the event that is waited for. */
static bool hear_out(struct child *c, const struct spawn_limits *limits, struct text *output,
                   struct err *e)
{
    DWORD begun = GetTickCount();
    for (;;) {
        bool ended = WaitForSingleObject(c->process, POLL_MS) == WAIT_OBJECT_0;
        bool open = drain(c->read, output);
        if (output->size > limits->bytes)
            return err_set(e, ERR_LIMIT, "it says more than %zu bytes", limits->bytes);
        if (ended || !open)
            break;
        if (GetTickCount() - begun >= limits->ms)
            return err_set(e, ERR_LIMIT, "it takes longer than %lu s", limits->ms / 1000);
    }
    DWORD elapsed = GetTickCount() - begun;
    return WaitForSingleObject(c->process, elapsed < limits->ms ? limits->ms - elapsed : 0) ==
               WAIT_OBJECT_0 ||
           err_set(e, ERR_LIMIT, "it takes longer than %lu s", limits->ms / 1000);
}

static bool run(const char *path, const char *arguments, const struct spawn_limits *limits,
                struct spawn_result *out, struct err *e)
{
    struct child c = {INVALID_HANDLE_VALUE, INVALID_HANDLE_VALUE, INVALID_HANDLE_VALUE,
                      INVALID_HANDLE_VALUE};
    struct text line = {0}, output = {0};
    text_addf(&line, "\"%s\" %s", path, arguments);
    wchar_t *wide = utf16_from(path), *command = utf16_from(text_str(&line));
    DWORD code = 0;
    bool ok = wide && command ? open_pipes(&c, e) && start(&c, wide, command, e)
                              : err_set(e, ERR_USAGE, "its command line is not UTF-8");
    if (ok && !hear_out(&c, limits, &output, e)) {
        TerminateProcess(c.process, 1);
        ok = false;
    }
    if (ok && !GetExitCodeProcess(c.process, &code))
        ok = win_fail(e, GetLastError(), "cannot get its exit code");
    child_release(&c);
    mem_free(wide);
    mem_free(command);
    text_release(&line);
    if (ok) {
        out->exit_code = code;
        out->output.size = output.size;
        out->output.at = (uint8_t *)text_steal(&output);
    }
    text_release(&output);
    return ok;
}

bool spawn_run(const char *program, const char *arguments, const struct spawn_limits *limits,
               struct spawn_result *out, struct err *e)
{
    char *windows = win_windows_folder();
    struct text name = {0};
    bool blind = false;
    text_addf(&name, "%s\\System32\\%s", windows, program);
    char *path = win_native_path(text_str(&name), &blind);
    bool ok = !blind && win_file_exists(text_str(&name)) == TRI_YES
                  ? run(path, arguments, limits, out, e)
                  : err_set(e, ERR_NOT_FOUND, "it is not on this Windows");
    if (!ok)
        err_wrap(e, "%s", program);
    mem_free(path);
    mem_free(windows);
    text_release(&name);
    return ok;
}

void spawn_result_release(struct spawn_result *r)
{
    bytes_release(&r->output);
    memset(r, 0, sizeof *r);
}
