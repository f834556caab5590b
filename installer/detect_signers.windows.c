#include "base/file.h"
#include "base/mem.h"
#include "installer/detect.windows.h"
#include "installer/signers.h"
#include "installer/win.h"

#define CATALOGS "System32\\CatRoot\\{F750E6C3-38EE-11D1-85E5-00C04FC295EE}"

/* NULL where a 32-bit program cannot see the file. */
static char *native(const char *path)
{
    bool blind = false;
    char *seen = win_native_path(path, &blind);
    if (!blind)
        return seen;
    mem_free(seen);
    return NULL;
}

void detect_signers(struct facts *f)
{
    char *windows = win_windows_folder();
    char *folder = file_join(windows, CATALOGS);
    char *catalogs = win_native_path(folder, NULL);
    const struct signers_places places = {.catalogs = catalogs, .native = native};
    signers_read(&places, f);
    mem_free(catalogs);
    mem_free(folder);
    mem_free(windows);
}
