/*
 * starts: runs Windows programs by turns and says how long each took, from its start to its end.
 *
 *     starts.exe ROUNDS "COMMAND LINE"...
 *
 * Prints one line for each: the least and the median milliseconds, and the most KB of memory that it had at once. By
 * turns, so that a busy machine is busy for all of them. Output of the commands is thrown away.
 *
 * On a busy machine Wine's process can end before it is one of Windows', which CreateProcess calls an internal error:
 * nothing of the program has run then. It is started again, a few times in all, and standard error says how often.
 */
#include <windows.h>

#include <psapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

enum { ROUNDS_MAX = 1000, COMMANDS_MAX = 8, STILLBORN_MAX = 5 };

struct measured {
    wchar_t line[1024];
    double milliseconds[ROUNDS_MAX];
    SIZE_T memory;
};

static double now(void)
{
    LARGE_INTEGER count, frequency;
    QueryPerformanceCounter(&count);
    QueryPerformanceFrequency(&frequency);
    return (double)count.QuadPart * 1000 / (double)frequency.QuadPart;
}

static BOOL run_once(struct measured *m, int round, HANDLE nowhere)
{
    STARTUPINFOW startup = {.cb = sizeof(startup), .dwFlags = STARTF_USESTDHANDLES};
    PROCESS_MEMORY_COUNTERS memory = {.cb = sizeof(memory)};
    PROCESS_INFORMATION process;
    wchar_t line[1024];
    startup.hStdInput = startup.hStdOutput = startup.hStdError = nowhere;
    wcscpy(line, m->line);
    double from = now();
    if (!CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process))
        return FALSE;
    WaitForSingleObject(process.hProcess, INFINITE);
    m->milliseconds[round] = now() - from;
    if (GetProcessMemoryInfo(process.hProcess, &memory, sizeof(memory)) && memory.PeakWorkingSetSize > m->memory)
        m->memory = memory.PeakWorkingSetSize;
    CloseHandle(process.hThread);
    CloseHandle(process.hProcess);
    return TRUE;
}

static unsigned stillborn;

static BOOL run_somehow(struct measured *m, int round, HANDLE nowhere)
{
    while (!run_once(m, round, nowhere))
        if (GetLastError() != ERROR_INTERNAL_ERROR || ++stillborn > STILLBORN_MAX)
            return FALSE;
    return TRUE;
}

static int compare(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    static struct measured all[COMMANDS_MAX];
    SECURITY_ATTRIBUTES inherit = {.nLength = sizeof(inherit), .bInheritHandle = TRUE};
    int rounds = argc > 2 ? (int)wcstol(argv[1], NULL, 10) : 0, count = argc - 2;
    HANDLE nowhere = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inherit,
                                 OPEN_EXISTING, 0, NULL);
    if (rounds < 1 || rounds > ROUNDS_MAX || count > COMMANDS_MAX) {
        fputs("usage: starts ROUNDS \"COMMAND LINE\"...\n", stderr);
        return 2;
    }
    for (int i = 0; i < count; i++)
        swprintf(all[i].line, sizeof(all[i].line) / sizeof(*all[i].line), L"%ls", argv[i + 2]);
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < count; i++)
            if (!run_somehow(&all[i], round, nowhere)) {
                fprintf(stderr, "starts: cannot start '%ls': %lu\n", all[i].line, GetLastError());
                return 1;
            }
    if (stillborn)
        fprintf(stderr, "starts: %u processes ended before they began\n", stillborn);
    for (int i = 0; i < count; i++) {
        qsort(all[i].milliseconds, (size_t)rounds, sizeof(*all[i].milliseconds), compare);
        printf("%.1f %.1f %lu\n", all[i].milliseconds[0], all[i].milliseconds[rounds / 2],
               (unsigned long)(all[i].memory / 1024));
    }
    return 0;
}
