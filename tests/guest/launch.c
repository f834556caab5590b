/*
 * launch.c: starts a Windows program in the simulated guest and keeps its true exit code.
 *
 *     launch.exe [--user] [--seconds N] [--kill-after MS] [--cwd FOLDER] STATUS PROGRAM
 *                ARGUMENTS...
 *
 * Linux sees only eight bits of what a Windows program returns (3010 becomes 194), so the code is
 * written to the file STATUS, as one line: "exit N" in decimal, "timeout", "killed", or
 * "cannot start: N" with the Windows error. Before anything is started it says "starting": where it
 * is empty afterwards, nothing was. --user takes the Administrators group and all
 * privileges away from the program. --seconds ends the program and all that it started when it
 * takes longer;
 * --kill-after ends the program alone, in the middle of whatever it does.
 *
 * The command line after STATUS is handed on byte for byte: quoting is the caller's.
 */
#include <windows.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

struct options {
    bool user;
    DWORD milliseconds;
    bool kill;                /* then milliseconds are meant to be too few */
    wchar_t folder[MAX_PATH]; /* empty: the launcher's own */
    wchar_t status[MAX_PATH];
    wchar_t *command; /* borrowed from the process's own command line */
};

static wchar_t *skip_word(wchar_t *at, wchar_t *word, size_t capacity)
{
    bool quoted = false;
    size_t length = 0;

    for (; *at && (quoted || (*at != L' ' && *at != L'\t')); at++) {
        if (*at == L'"')
            quoted = !quoted;
        else if (length < capacity - 1)
            word[length++] = *at;
    }
    word[length] = 0;
    while (*at == L' ' || *at == L'\t')
        at++;
    return at;
}

static bool parse(struct options *options)
{
    wchar_t word[MAX_PATH];
    wchar_t *at = skip_word(GetCommandLineW(), word, MAX_PATH);

    options->milliseconds = INFINITE;
    for (;;) {
        wchar_t *next = skip_word(at, word, MAX_PATH);

        if (wcscmp(word, L"--user") == 0) {
            options->user = true;
        } else if (wcscmp(word, L"--seconds") == 0) {
            next = skip_word(next, word, MAX_PATH);
            options->milliseconds = (DWORD)wcstoul(word, NULL, 10) * 1000;
        } else if (wcscmp(word, L"--kill-after") == 0) {
            next = skip_word(next, word, MAX_PATH);
            options->milliseconds = (DWORD)wcstoul(word, NULL, 10);
            options->kill = true;
        } else if (wcscmp(word, L"--cwd") == 0) {
            next = skip_word(next, options->folder, MAX_PATH);
        } else {
            wcscpy(options->status, word);
            options->command = next;
            return *word && *next;
        }
        at = next;
    }
}

static bool write_status(const wchar_t *path, const char *line)
{
    FILE *file = _wfopen(path, L"wb");
    bool written = file && fprintf(file, "%s\n", line) > 0;

    return file && fclose(file) == 0 && written;
}

static bool write_number(const wchar_t *path, const char *word, DWORD number)
{
    char line[64];

    snprintf(line, sizeof(line), "%s %lu", word, (unsigned long)number);
    return write_status(path, line);
}

/* A token as UAC makes it: Administrators only denies, and no privilege but change-notify. */
static HANDLE user_token(void)
{
    SID_IDENTIFIER_AUTHORITY authority = {SECURITY_NT_AUTHORITY};
    SID_AND_ATTRIBUTES disable = {NULL, 0};
    HANDLE own = NULL, restricted = NULL;

    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, &own))
        return NULL;
    if (AllocateAndInitializeSid(&authority, 2, SECURITY_BUILTIN_DOMAIN_RID,
                                 DOMAIN_ALIAS_RID_ADMINS, 0, 0, 0, 0, 0, 0, &disable.Sid)) {
        CreateRestrictedToken(own, DISABLE_MAX_PRIVILEGE, 1, &disable, 0, NULL, 0, NULL,
                              &restricted);
        FreeSid(disable.Sid);
    }
    CloseHandle(own);
    return restricted;
}

static bool start(const struct options *options, PROCESS_INFORMATION *process)
{
    STARTUPINFOW startup = {.cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES};
    const wchar_t *folder = *options->folder ? options->folder : NULL;
    HANDLE token;
    BOOL started;

    startup.hStdInput = GetStdHandle(STD_INPUT_HANDLE);
    startup.hStdOutput = GetStdHandle(STD_OUTPUT_HANDLE);
    startup.hStdError = GetStdHandle(STD_ERROR_HANDLE);
    if (!options->user)
        return CreateProcessW(NULL, options->command, NULL, NULL, TRUE, CREATE_SUSPENDED, NULL,
                              folder, &startup, process);
    token = user_token();
    if (!token)
        return false;
    started = CreateProcessAsUserW(token, NULL, options->command, NULL, NULL, TRUE,
                                   CREATE_SUSPENDED, NULL, folder, &startup, process);
    CloseHandle(token);
    return started;
}

int wmain(void);

int wmain(void)
{
    struct options options = {0};
    PROCESS_INFORMATION process;
    HANDLE job = CreateJobObjectW(NULL, NULL);
    DWORD code = 0;

    if (!parse(&options)) {
        fputs("launch: usage: launch.exe [OPTIONS] STATUS PROGRAM ARGUMENTS\n", stderr);
        return 2;
    }
    if (!write_status(options.status, "starting"))
        return 3;
    if (!start(&options, &process)) {
        write_number(options.status, "cannot start:", GetLastError());
        return 1;
    }
    AssignProcessToJobObject(job, process.hProcess);
    ResumeThread(process.hThread);
    if (WaitForSingleObject(process.hProcess, options.milliseconds) != WAIT_OBJECT_0) {
        if (options.kill)
            TerminateProcess(process.hProcess, ERROR_TIMEOUT);
        else
            TerminateJobObject(job, ERROR_TIMEOUT);
        WaitForSingleObject(process.hProcess, INFINITE);
        write_status(options.status, options.kill ? "killed" : "timeout");
        return 1;
    }
    GetExitCodeProcess(process.hProcess, &code);
    return write_number(options.status, "exit", code) ? 0 : 4;
}
