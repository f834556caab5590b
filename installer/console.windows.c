#include "installer/console.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"

#include <string.h>
#include <windows.h>

#include <shellapi.h>

enum { PATH_UNITS = 32768, CHUNK = 8192 };

bool console_arguments(int argc, char **argv, const char *const **out, size_t *count, struct err *e)
{
    (void)argc;
    (void)argv;
    int wide_count = 0;
    wchar_t **wide = CommandLineToArgvW(GetCommandLineW(), &wide_count);
    if (!wide)
        return err_set_os(e, GetLastError(), "cannot read the command line");
    char **list = mem_zero((size_t)wide_count, sizeof *list);
    for (int i = 1; i < wide_count; i++)
        list[i - 1] = utf8_from(wide[i]);
    LocalFree(wide);
    *out = (const char *const *)list;
    *count = wide_count > 0 ? (size_t)(wide_count - 1) : 0;
    return true;
}

/* ENABLE_VIRTUAL_TERMINAL_PROCESSING, which consoles know since Windows 10 1511. */
enum { KNOWS_COLOURS = 0x4 };

static bool write_console(HANDLE console, struct span text, struct err *e)
{
    char *copy = mem_strndup((const char *)text.at, text.size);
    wchar_t *wide = utf16_from(copy);
    mem_free(copy);
    size_t left = wide ? wcslen(wide) : 0;
    bool ok = wide != NULL;
    for (const wchar_t *at = wide; ok && left;) {
        DWORD n = 0;
        ok = WriteConsoleW(console, at, left < CHUNK ? (DWORD)left : CHUNK, &n, NULL) && n;
        at += n;
        left -= n;
    }
    mem_free(wide);
    return ok || err_set_os(e, GetLastError(), "cannot write to the console");
}

bool console_write(struct span text, struct err *e)
{
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD mode;
    if (GetConsoleMode(out, &mode)) {
        bool changed = SetConsoleMode(out, mode | KNOWS_COLOURS);
        bool ok = write_console(out, text, e);
        if (changed)
            SetConsoleMode(out, mode);
        return ok;
    }
    while (text.size) {
        DWORD n = 0;
        if (!WriteFile(out, text.at, text.size < CHUNK ? (DWORD)text.size : CHUNK, &n, NULL) || !n)
            return err_set_os(e, GetLastError(), "cannot write to standard output");
        text = span_from(text, n);
    }
    return true;
}

bool console_has_colour(void)
{
    HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
    DWORD mode;
    wchar_t value[2];
    if (GetEnvironmentVariableW(L"NO_COLOR", value, 2) || !GetConsoleMode(out, &mode) ||
        !SetConsoleMode(out, mode | KNOWS_COLOURS))
        return false;
    SetConsoleMode(out, mode);
    return true;
}

bool console_has_progress(void)
{
    DWORD mode;
    return GetConsoleMode(GetStdHandle(STD_ERROR_HANDLE), &mode) != 0;
}

char *console_program(void)
{
    wchar_t *wide = mem_zero(PATH_UNITS, sizeof *wide);
    DWORD units = GetModuleFileNameW(NULL, wide, PATH_UNITS);
    char *path = units && units < PATH_UNITS ? utf8_from(wide) : NULL;
    mem_free(wide);
    return path;
}

char *console_full_path(const char *path)
{
    wchar_t *wide = utf16_from(path), *full = mem_zero(PATH_UNITS, sizeof *full);
    DWORD units = wide ? GetFullPathNameW(wide, PATH_UNITS, full, NULL) : 0;
    char *result = units && units < PATH_UNITS ? utf8_from(full) : mem_strdup(path);
    mem_free(wide);
    mem_free(full);
    return result;
}

char *console_program_folder(void)
{
    char *path = console_program();
    if (!path)
        return NULL;
    const char *name = file_name(path);
    char *folder = name > path ? mem_strndup(path, (size_t)(name - path - 1)) : NULL;
    mem_free(path);
    return folder;
}
