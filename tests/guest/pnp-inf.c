/*
 * pnp-inf.c: what an INF says of itself, and what the registry notes of the INF that is bound.
 */
#include "pnp.h"

void inf_path(const wchar_t *name, wchar_t *path)
{
    wchar_t windows[MAX_PATH];

    GetWindowsDirectoryW(windows, MAX_PATH);
    _snwprintf(path, MAX_PATH - 1, L"%ls\\inf\\%ls", windows, name);
    path[MAX_PATH - 1] = 0;
}

static void inf_field(HINF inf, const wchar_t *key, DWORD field, wchar_t *text)
{
    INFCONTEXT line;

    text[0] = 0;
    if (SetupFindFirstLineW(inf, L"Version", key, &line))
        SetupGetStringFieldW(&line, field, text, MAX_ID, NULL);
}

bool inf_identify(const wchar_t *path, struct inf_identity *identity)
{
    unsigned *part = identity->version.part;
    wchar_t text[MAX_ID];
    INFCONTEXT line;
    HINF inf = SetupOpenInfFileW(path, NULL, INF_STYLE_WIN4, NULL);

    memset(identity, 0, sizeof(*identity));
    if (inf == INVALID_HANDLE_VALUE)
        return false;
    inf_field(inf, L"Provider", 1, identity->provider);
    inf_field(inf, L"DriverVer", 1, text);
    swscanf(text, L"%u/%u/%u", &identity->month, &identity->day, &identity->year);
    inf_field(inf, L"DriverVer", 2, text);
    swscanf(text, L"%u.%u.%u.%u", &part[0], &part[1], &part[2], &part[3]);
    if (SetupFindFirstLineW(inf, L"Manufacturer", NULL, &line))
        SetupGetStringFieldW(&line, 0, identity->manufacturer, MAX_ID, NULL);
    SetupCloseInfFile(inf);
    return identity->year != 0;
}

int version_compare(const struct version *a, const struct version *b)
{
    for (int i = 0; i < 4; i++)
        if (a->part[i] != b->part[i])
            return a->part[i] < b->part[i] ? -1 : 1;
    return 0;
}

/* The key under Control\Class that describes the driver of a device. */
static bool driver_key(const struct node *node, wchar_t *key, size_t characters)
{
    wchar_t driver[MAX_ID];

    if (!node_text(node, L"Driver", driver, MAX_ID))
        return false;
    _snwprintf(key, characters - 1, CLASS_KEY L"%ls", driver);
    key[characters - 1] = 0;
    return true;
}

bool node_identity(const struct node *node, struct inf_identity *identity)
{
    wchar_t key[MAX_KEY], name[MAX_PATH], path[MAX_PATH];

    if (!driver_key(node, key, MAX_KEY) || !read_text(key, L"InfPath", name, MAX_PATH))
        return false;
    inf_path(name, path);
    return inf_identify(path, identity);
}

static void version_text(const struct inf_identity *identity, wchar_t *text)
{
    const unsigned *part = identity->version.part;

    set_text(text, L"%u.%u.%u.%u", part[0], part[1], part[2], part[3]);
}

static void write_identity(HKEY driver, const struct inf_identity *identity)
{
    wchar_t text[MAX_ID];

    version_text(identity, text);
    write_text(driver, L"DriverVersion", text);
    set_text(text, L"%u-%u-%u", identity->month, identity->day, identity->year);
    write_text(driver, L"DriverDate", text);
    write_text(driver, L"ProviderName", identity->provider);
}

void node_complete(const struct node *node)
{
    wchar_t key[MAX_KEY], text[MAX_ID], version[MAX_ID];
    struct inf_identity identity;
    HKEY handle;

    if (!driver_key(node, key, MAX_KEY) || !node_identity(node, &identity))
        return;
    version_text(&identity, version);
    /* There it stands already; another driver over the first one leaves the old version. */
    if (read_text(key, L"DriverVersion", text, MAX_ID) && wcscmp(text, version) == 0)
        return;
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, key, 0, KEY_ALL_ACCESS, &handle) == 0) {
        write_identity(handle, &identity);
        RegCloseKey(handle);
    }
    node_key(node->id, key);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, key, 0, KEY_ALL_ACCESS, &handle) == 0) {
        write_text(handle, L"Mfg", identity.manufacturer);
        RegCloseKey(handle);
    }
}
