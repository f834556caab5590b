/*
 * difx.c: the part of DIFxApp that a simulated guest needs, for MSIs with driver packages.
 *
 *     difx.exe FOLDER        stages the INFs of the folders directly below FOLDER
 *
 * Microsoft's DIFxApp is a custom action of the package's own, whose DLL Wine could not use: it has
 * no driver store. Staging is SetupCopyOEMInf here, as it is there. On what devices a driver is
 * installed is Plug and Play's, whose part pnp.exe plays.
 */
#include <windows.h>

#include <setupapi.h>
#include <stdio.h>
#include <wchar.h>

static int stage_all(const wchar_t *folder)
{
    wchar_t pattern[MAX_PATH], path[MAX_PATH];
    WIN32_FIND_DATAW found;
    int failed = 0;

    _snwprintf(pattern, MAX_PATH - 1, L"%ls\\*.inf", folder);
    pattern[MAX_PATH - 1] = 0;
    HANDLE search = FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return 0;
    do {
        _snwprintf(path, MAX_PATH - 1, L"%ls\\%ls", folder, found.cFileName);
        path[MAX_PATH - 1] = 0;
        if (!SetupCopyOEMInfW(path, folder, SPOST_PATH, 0, NULL, 0, NULL, NULL)) {
            fprintf(stderr, "difx: cannot stage '%ls' (error %lu)\n", path, GetLastError());
            failed = 1;
        }
    } while (FindNextFileW(search, &found));
    FindClose(search);
    return failed;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    wchar_t pattern[MAX_PATH], folder[MAX_PATH];
    WIN32_FIND_DATAW found;
    int failed = 0;

    if (argc != 2)
        return 2;
    _snwprintf(pattern, MAX_PATH - 1, L"%ls\\*", argv[1]);
    pattern[MAX_PATH - 1] = 0;
    HANDLE search = FindFirstFileW(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return 1;
    do {
        if (found.cFileName[0] == L'.')
            continue;
        _snwprintf(folder, MAX_PATH - 1, L"%ls\\%ls", argv[1], found.cFileName);
        folder[MAX_PATH - 1] = 0;
        if (found.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY)
            failed |= stage_all(folder);
    } while (FindNextFileW(search, &found));
    FindClose(search);
    return failed;
}
