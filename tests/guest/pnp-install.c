/*
 * pnp-install.c: finds the best of the INFs in %windir%\inf for a device, and installs it.
 *
 * SetupAPI matches, installs and creates the service. Ranking is done here: Wine takes the first of
 * its list. Each INF is looked at in a device information set of its own, since Wine keeps what it
 * listed before.
 */
#include "pnp.h"

#define NO_RANK ((unsigned)-1)

struct device {
    HDEVINFO set;
    SP_DEVINFO_DATA data;
};

/* Rank of a staged driver for a device: the lower the better, NO_RANK if it does not fit. */
struct candidate {
    wchar_t inf[MAX_PATH];
    unsigned rank;
    struct inf_identity identity;
};

union driver_detail {
    SP_DRVINFO_DETAIL_DATA_W data;
    BYTE room[sizeof(SP_DRVINFO_DETAIL_DATA_W) + MAX_IDS * sizeof(wchar_t)];
};

static unsigned id_rank(const wchar_t *list, const wchar_t *id, unsigned first)
{
    for (unsigned i = first; *list; list += wcslen(list) + 1, i++)
        if (_wcsicmp(list, id) == 0)
            return i;
    return NO_RANK;
}

static void device_ids(struct device *device, DWORD property, wchar_t *ids)
{
    memset(ids, 0, MAX_IDS * sizeof(wchar_t));
    SetupDiGetDeviceRegistryPropertyW(device->set, &device->data, property, NULL, (BYTE *)ids,
                                      (MAX_IDS - 2) * sizeof(wchar_t), NULL);
}

static bool driver_detail(struct device *device, SP_DRVINFO_DATA_W *driver,
                          union driver_detail *detail)
{
    memset(detail, 0, sizeof(*detail));
    detail->data.cbSize = sizeof(detail->data);
    return SetupDiGetDriverInfoDetailW(device->set, &device->data, driver, &detail->data,
                                       sizeof(*detail), NULL);
}

static unsigned device_rank(struct device *device, const wchar_t *id)
{
    static wchar_t ids[MAX_IDS];
    unsigned rank;

    device_ids(device, SPDRP_HARDWAREID, ids);
    rank = id_rank(ids, id, 0);
    if (rank != NO_RANK)
        return rank;
    device_ids(device, SPDRP_COMPATIBLEIDS, ids);
    return id_rank(ids, id, 0x2000);
}

static bool select_inf(struct device *device, const wchar_t *inf)
{
    SP_DEVINSTALL_PARAMS_W params = {.cbSize = sizeof(params)};

    if (!SetupDiGetDeviceInstallParamsW(device->set, &device->data, &params))
        return false;
    params.Flags |= DI_ENUMSINGLEINF | DI_QUIETINSTALL;
    wcscpy(params.DriverPath, inf);
    return SetupDiSetDeviceInstallParamsW(device->set, &device->data, &params) &&
           SetupDiBuildDriverInfoList(device->set, &device->data, SPDIT_COMPATDRIVER);
}

/* Opens a device with the list of the fitting models of one INF. Close it in any case. */
static bool device_open(struct device *device, const wchar_t *id, const wchar_t *inf)
{
    device->set = SetupDiCreateDeviceInfoList(NULL, NULL);
    memset(&device->data, 0, sizeof(device->data));
    device->data.cbSize = sizeof(device->data);
    return SetupDiOpenDeviceInfoW(device->set, id, NULL, 0, &device->data) &&
           select_inf(device, inf);
}

static void device_close(struct device *device)
{
    SetupDiDestroyDeviceInfoList(device->set);
}

/* The best rank among the ids of one line of a models section. */
static unsigned model_rank(struct device *device, INFCONTEXT *line)
{
    unsigned best = NO_RANK;
    wchar_t id[MAX_ID];

    for (DWORD field = 2; SetupGetStringFieldW(line, field, id, MAX_ID, NULL); field++) {
        unsigned rank = device_rank(device, id);

        if (rank < best)
            best = rank;
    }
    return best;
}

static unsigned models_rank(struct device *device, HINF inf, const wchar_t *models)
{
    wchar_t section[MAX_ID];
    INFCONTEXT line;
    unsigned best = NO_RANK;

    if (!SetupDiGetActualSectionToInstallW(inf, models, section, MAX_ID, NULL, NULL) ||
        !SetupFindFirstLineW(inf, section, NULL, &line))
        return NO_RANK;
    do {
        unsigned rank = model_rank(device, &line);

        if (rank < best)
            best = rank;
    } while (SetupFindNextLine(&line, &line));
    return best;
}

/* The rank of the best model of an INF that SetupAPI found to fit. SetupDiGetDriverInfoDetail
 * of Wine gives the ids of the first model of that description, so the INF itself is read. */
static unsigned inf_rank(struct device *device, const wchar_t *path)
{
    SP_DRVINFO_DATA_W driver = {.cbSize = sizeof(driver)};
    unsigned best = NO_RANK;
    wchar_t models[MAX_ID];
    INFCONTEXT line;
    bool more;
    HINF inf;

    if (!SetupDiEnumDriverInfoW(device->set, &device->data, SPDIT_COMPATDRIVER, 0, &driver))
        return NO_RANK;
    inf = SetupOpenInfFileW(path, NULL, INF_STYLE_WIN4, NULL);
    if (inf == INVALID_HANDLE_VALUE)
        return NO_RANK;
    more = SetupFindFirstLineW(inf, L"Manufacturer", NULL, &line);
    for (; more; more = SetupFindNextLine(&line, &line)) {
        unsigned rank = NO_RANK;

        if (SetupGetStringFieldW(&line, 1, models, MAX_ID, NULL))
            rank = models_rank(device, inf, models);
        if (rank < best)
            best = rank;
    }
    SetupCloseInfFile(inf);
    return best;
}

static unsigned day_number(const struct inf_identity *identity)
{
    return identity->year * 10000 + identity->month * 100 + identity->day;
}

static bool better(const struct candidate *a, const struct candidate *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (day_number(&a->identity) != day_number(&b->identity))
        return day_number(&a->identity) > day_number(&b->identity);
    return version_compare(&a->identity.version, &b->identity.version) > 0;
}

static unsigned inf_rank_for(const wchar_t *id, const wchar_t *inf)
{
    struct device device;
    unsigned rank = NO_RANK;

    if (device_open(&device, id, inf))
        rank = inf_rank(&device, inf);
    device_close(&device);
    return rank;
}

static bool best_inf(const wchar_t *id, struct candidate *best)
{
    struct candidate candidate;
    WIN32_FIND_DATAW file;
    wchar_t pattern[MAX_PATH];
    HANDLE search;

    best->rank = NO_RANK;
    inf_path(L"*.inf", pattern);
    search = FindFirstFileW(pattern, &file);
    if (search == INVALID_HANDLE_VALUE)
        return false;
    do {
        inf_path(file.cFileName, candidate.inf);
        candidate.rank = inf_rank_for(id, candidate.inf);
        inf_identify(candidate.inf, &candidate.identity);
        if (candidate.rank != NO_RANK && better(&candidate, best))
            *best = candidate;
    } while (FindNextFileW(search, &file));
    FindClose(search);
    return best->rank != NO_RANK;
}

static bool source_exists(const SOURCE_MEDIA_W *media)
{
    wchar_t path[2 * MAX_PATH];

    _snwprintf(path, 2 * MAX_PATH - 1, L"%ls\\%ls", media->SourcePath, media->SourceFile);
    path[2 * MAX_PATH - 1] = 0;
    return GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES;
}

/* A driver file in use is replaced at the next start, as SetupAPI does on Windows. */
static bool replace_at_restart(const FILEPATHS_W *copy)
{
    wchar_t pending[2 * MAX_PATH];

    _snwprintf(pending, 2 * MAX_PATH - 1, L"%ls.new", copy->Target);
    pending[2 * MAX_PATH - 1] = 0;
    return copy->Win32Error == ERROR_SHARING_VIOLATION &&
           CopyFileW(copy->Source, pending, FALSE) &&
           MoveFileExW(pending, copy->Target,
                       MOVEFILE_DELAY_UNTIL_REBOOT | MOVEFILE_REPLACE_EXISTING);
}

/* Answers SetupAPI's questions while files are copied, where Windows would show a dialogue. */
static UINT CALLBACK on_copy(void *context, UINT what, UINT_PTR first, UINT_PTR second)
{
    (void)context;
    (void)second;
    if (what == SPFILENOTIFY_NEEDMEDIA)
        return source_exists((const SOURCE_MEDIA_W *)first) ? FILEOP_DOIT : FILEOP_ABORT;
    if (what == SPFILENOTIFY_COPYERROR)
        return replace_at_restart((const FILEPATHS_W *)first) ? FILEOP_SKIP : FILEOP_ABORT;
    if (what == SPFILENOTIFY_RENAMEERROR || what == SPFILENOTIFY_DELETEERROR)
        return FILEOP_ABORT;
    return FILEOP_DOIT;
}

/* The work of DIF_INSTALLDEVICEFILES, which in Wine asks for a disk when a file is missing. */
static bool copy_files(HINF inf, const wchar_t *section)
{
    wchar_t actual[MAX_ID];
    HSPFILEQ queue = SetupOpenFileQueue();
    bool copied =
        SetupDiGetActualSectionToInstallW(inf, section, actual, MAX_ID, NULL, NULL) &&
        SetupInstallFilesFromInfSectionW(inf, NULL, queue, actual, NULL, SP_COPY_NEWER_OR_SAME) &&
        SetupCommitFileQueueW(NULL, queue, on_copy, NULL);
    DWORD error = GetLastError();

    SetupCloseFileQueue(queue);
    SetLastError(error);
    return copied;
}

static bool copy_selected(struct device *device)
{
    static union driver_detail detail;
    SP_DRVINFO_DATA_W driver = {.cbSize = sizeof(driver)};
    bool copied;
    DWORD error;
    HINF inf;

    if (!SetupDiGetSelectedDriverW(device->set, &device->data, &driver) ||
        !driver_detail(device, &driver, &detail))
        return false;
    inf = SetupOpenInfFileW(detail.data.InfFileName, NULL, INF_STYLE_WIN4, NULL);
    if (inf == INVALID_HANDLE_VALUE)
        return false;
    copied = copy_files(inf, detail.data.SectionName);
    error = GetLastError();
    SetupCloseInfFile(inf);
    SetLastError(error);
    return copied;
}

static bool call_installer(struct device *device, DI_FUNCTION what)
{
    return SetupDiCallClassInstaller(what, device->set, &device->data) ||
           GetLastError() == (DWORD)ERROR_DI_DO_DEFAULT;
}

static bool install_selected(struct device *device)
{
    return call_installer(device, DIF_SELECTBESTCOMPATDRV) &&
           call_installer(device, DIF_ALLOW_INSTALL) && copy_selected(device) &&
           call_installer(device, DIF_REGISTER_COINSTALLERS) &&
           call_installer(device, DIF_INSTALLINTERFACES) &&
           call_installer(device, DIF_INSTALLDEVICE);
}

/* Wine notes in the .pnf where a staged INF came from, and forgets it when it installs from it. */
static bool install_keeping_source(const wchar_t *id, const wchar_t *inf)
{
    wchar_t note[MAX_PATH], saved[MAX_PATH + 8];
    struct device device;
    bool installed, noted;
    DWORD error;

    wcscpy(note, inf);
    wcscpy(wcsrchr(note, L'.'), L".pnf");
    swprintf(saved, MAX_PATH + 8, L"%ls.saved", note);
    noted = CopyFileW(note, saved, FALSE);
    installed = device_open(&device, id, inf) && install_selected(&device);
    error = GetLastError();
    device_close(&device);
    if (noted)
        MoveFileExW(saved, note, MOVEFILE_REPLACE_EXISTING);
    SetLastError(error);
    return installed;
}

void node_install(struct tree *tree, struct node *node)
{
    struct candidate best;

    if (!best_inf(node->id, &best)) {
        node->failed = true;
        printf("pnp: no driver for '%ls'\n", node->id);
    } else if (!install_keeping_source(node->id, best.inf)) {
        node->failed = true;
        printf("pnp: cannot install '%ls' on '%ls' (0x%lx)\n", best.inf, node->id, GetLastError());
    } else {
        tree->changed = true;
        printf("pnp: installed '%ls' on '%ls'\n", best.inf, node->id);
    }
}
