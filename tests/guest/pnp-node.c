/*
 * pnp-node.c: device nodes, which are keys of the registry, and the list of those that are present.
 */
#include "pnp.h"

#define NULL_GUID L"{00000000-0000-0000-0000-000000000000}"

bool read_text(const wchar_t *key, const wchar_t *name, wchar_t *text, DWORD characters)
{
    DWORD size = (characters - 2) * (DWORD)sizeof(wchar_t), type;
    HKEY handle;
    LONG failed;

    memset(text, 0, characters * sizeof(wchar_t));
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, key, 0, KEY_QUERY_VALUE, &handle))
        return false;
    failed = RegQueryValueExW(handle, name, NULL, &type, (BYTE *)text, &size);
    RegCloseKey(handle);
    return !failed && (type == REG_SZ || type == REG_EXPAND_SZ || type == REG_MULTI_SZ);
}

bool read_number(const wchar_t *key, const wchar_t *name, DWORD *number)
{
    DWORD size = sizeof(*number), type, value = 0;
    HKEY handle;
    LONG failed;

    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, key, 0, KEY_QUERY_VALUE, &handle))
        return false;
    failed = RegQueryValueExW(handle, name, NULL, &type, (BYTE *)&value, &size);
    RegCloseKey(handle);
    if (failed || type != REG_DWORD)
        return false;
    *number = value;
    return true;
}

void write_number(HKEY key, const wchar_t *name, DWORD number)
{
    RegSetValueExW(key, name, 0, REG_DWORD, (const BYTE *)&number, sizeof(number));
}

void write_text(HKEY key, const wchar_t *name, const wchar_t *text)
{
    RegSetValueExW(key, name, 0, REG_SZ, (const BYTE *)text,
                   (DWORD)((wcslen(text) + 1) * sizeof(wchar_t)));
}

static size_t list_length(const wchar_t *list)
{
    const wchar_t *at = list;

    while (*at)
        at += wcslen(at) + 1;
    return (size_t)(at - list);
}

static void write_list(HKEY key, const wchar_t *name, const wchar_t *list)
{
    if (*list)
        RegSetValueExW(key, name, 0, REG_MULTI_SZ, (const BYTE *)list,
                       (DWORD)((list_length(list) + 1) * sizeof(wchar_t)));
}

void list_add(wchar_t *list, const char *format, ...)
{
    char id[MAX_ID];
    size_t used = list_length(list);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(id, sizeof(id), format, arguments);
    va_end(arguments);
    if (used + strlen(id) + 2 > MAX_IDS)
        return;
    for (size_t i = 0; id[i]; i++)
        list[used++] = (wchar_t)id[i];
    list[used] = list[used + 1] = 0;
}

void node_key(const wchar_t *id, wchar_t *key)
{
    _snwprintf(key, MAX_KEY - 1, ENUM_KEY L"%ls", id);
    key[MAX_KEY - 1] = 0;
}

bool node_text(const struct node *node, const wchar_t *name, wchar_t *text, DWORD characters)
{
    wchar_t key[MAX_KEY];

    node_key(node->id, key);
    return read_text(key, name, text, characters);
}

void set_text(wchar_t *target, const wchar_t *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    _vsnwprintf(target, MAX_ID - 1, format, arguments);
    va_end(arguments);
    target[MAX_ID - 1] = 0;
}

bool node_disabled(const struct node *node)
{
    wchar_t key[MAX_KEY];
    DWORD flags = 0;

    node_key(node->id, key);
    read_number(key, L"ConfigFlags", &flags);
    return flags & CONFIGFLAG_DISABLED;
}

struct node *tree_find(struct tree *tree, const wchar_t *id)
{
    for (size_t i = 0; i < tree->count; i++)
        if (_wcsicmp(tree->nodes[i].id, id) == 0)
            return &tree->nodes[i];
    return NULL;
}

static void create_node(const struct child *child, const wchar_t *key)
{
    HKEY handle;

    if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, key, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &handle, NULL))
        return;
    write_text(handle, L"DeviceDesc", child->description);
    write_text(handle, L"LocationInformation", child->location);
    write_list(handle, L"HardwareID", child->hardware_ids);
    write_list(handle, L"CompatibleIDs", child->compatible_ids);
    /* Windows leaves ClassGUID out for an unknown device; Wine's SetupAPI would not list it. */
    write_text(handle, L"ClassGUID", NULL_GUID);
    write_number(handle, L"Capabilities", 0);
    write_number(handle, L"ConfigFlags", CONFIGFLAG_FAILEDINSTALL);
    RegCloseKey(handle);
}

bool tree_report(struct tree *tree, const struct child *child)
{
    wchar_t key[MAX_KEY], ids[MAX_IDS];
    bool known;

    if (tree_find(tree, child->id) || tree->count == MAX_NODES)
        return false;
    node_key(child->id, key);
    known = read_text(key, L"HardwareID", ids, MAX_IDS);
    if (!known) {
        create_node(child, key);
        printf("pnp: new device '%ls'\n", child->id);
    }
    wcscpy(tree->nodes[tree->count++].id, child->id);
    tree->changed = true;
    return !known;
}
