#include "installer/volumes.h"

#include <windows.h>

/* A drive without a medium must not bring up a box that waits for somebody. */
static bool has_medium(const wchar_t *root)
{
    UINT before = SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX);
    BOOL there = GetVolumeInformationW(root, NULL, 0, NULL, NULL, NULL, NULL, 0);
    SetErrorMode(before);
    return there;
}

/* A: and B: are floppy drives, which are slow to say that they are empty. */
void volumes_list(struct texts *roots)
{
    enum { FIRST = 2, LETTERS = 26 };
    DWORD drives = GetLogicalDrives();
    for (unsigned i = FIRST; i < LETTERS; i++) {
        wchar_t root[] = {(wchar_t)(L'A' + i), L':', L'\\', 0};
        char name[] = {(char)('A' + i), ':', '\\', 0};
        UINT type;
        if (!(drives & 1u << i))
            continue;
        type = GetDriveTypeW(root);
        if ((type == DRIVE_CDROM || type == DRIVE_REMOVABLE) && has_medium(root))
            texts_add(roots, name);
    }
}
