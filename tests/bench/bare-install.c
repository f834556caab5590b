/*
 * bare-install.c: the calls of Windows that an installation cannot do without, and nothing else.
 *
 *     bare-install.exe HARDWARE-ID BUS.INF OTHER.INF...
 *
 * Stages each package and installs the first one on its device, as xenpv does before the first restart. install.sh
 * measures it beside xenpv: what xenpv takes beyond it is xenpv's own.
 */
#include <windows.h>

#include <newdev.h>
#include <setupapi.h>
#include <stdio.h>

#define FLAGS (INSTALLFLAG_FORCE | INSTALLFLAG_NONINTERACTIVE)

static int failed(const wchar_t *doing, const wchar_t *what)
{
    fprintf(stderr, "bare-install: cannot %ls '%ls' (error %lu)\n", doing, what, GetLastError());
    return 1;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    wchar_t folder[MAX_PATH];
    BOOL restart = FALSE;

    if (argc < 3)
        return 2;
    for (int i = 2; i < argc; i++) {
        wchar_t *end;

        if (wcslen(argv[i]) >= MAX_PATH)
            return 2;
        wcscpy(folder, argv[i]);
        end = wcsrchr(folder, L'\\');
        if (!end)
            return 2;
        *end = 0;
        if (!SetupCopyOEMInfW(argv[i], folder, SPOST_PATH, 0, NULL, 0, NULL, NULL))
            return failed(L"stage", argv[i]);
    }
    if (!UpdateDriverForPlugAndPlayDevicesW(NULL, argv[1], argv[2], FLAGS, &restart))
        return failed(L"install", argv[2]);
    return 0;
}
