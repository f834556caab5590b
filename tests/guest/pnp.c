/*
 * pnp.c: plays the parts of Windows' Plug and Play manager that Wine lacks.
 *
 *     pnp.exe FUNCTION...        FUNCTION: one of the names in pci_functions[] of pnp-bus.c
 *
 * Run once after each start of the simulated guest. In rounds, until nothing changes any more:
 *
 *   enumerate   each bus reports its children: the PCI bus the functions of the command line, and
 *               a PV bus driver its own, but only if the service bound to the bus device is
 *               RUNNING. A reported child without a key under Enum gets one; an old key stays.
 *   install     a reported device without a driver gets the best of the INFs in %windir%\inf.
 *               Matching, copying files and creating the service are SetupAPI's work.
 *   start       the service of each reported device is started, unless it is disabled.
 *
 * At the end Services\<name>\Enum lists the present devices of each service, and device nodes of
 * our buses that nobody reported are named.
 *
 * It knows how the buses build their ids (sources are at the tables). It knows nothing of the
 * program under test and never does its work: it stages no package and changes no driver that is
 * bound. What Windows would do and this does not is in README.md.
 */
#include "pnp.h"

enum { MAX_ROUNDS = 8 }; /* depth of the device tree, with room to spare */

static void install_nodes(struct tree *tree)
{
    wchar_t text[MAX_ID];

    for (size_t i = 0; i < tree->count; i++) {
        struct node *node = &tree->nodes[i];

        if (!node->failed && !node_text(node, L"Service", text, MAX_ID) &&
            !node_text(node, L"Driver", text, MAX_ID))
            node_install(tree, node);
    }
}

static void start_node(struct tree *tree, struct node *node)
{
    wchar_t service[MAX_ID];
    bool running;
    DWORD error;

    if (node->failed || !node_text(node, L"Service", service, MAX_ID) ||
        node_disabled(node) || !service_exists(service))
        return;
    running = service_running(service);
    if (service_disabled(service)) {
        node->failed = true;
        printf("pnp: '%ls' is disabled%s\n", service,
               running && service_stop(service) ? ", stopped" : "");
        return;
    }
    if (running)
        return;
    error = service_start(service);
    if (error) {
        node->failed = true;
        printf("pnp: cannot start '%ls' of '%ls' (error %lu)\n", service, node->id, error);
    } else {
        tree->changed = true;
        printf("pnp: started '%ls' of '%ls'\n", service, node->id);
    }
}

/* ---- what Windows notes of a start ---- */

static void note_instance(const wchar_t *service, const struct node *node)
{
    wchar_t key[MAX_KEY], name[16];
    DWORD count = 0;
    HKEY handle;

    _snwprintf(key, MAX_KEY - 1, SERVICES_KEY L"%ls\\Enum", service);
    key[MAX_KEY - 1] = 0;
    read_number(key, L"Count", &count);
    if (RegCreateKeyExW(HKEY_LOCAL_MACHINE, key, 0, NULL, REG_OPTION_VOLATILE, KEY_ALL_ACCESS, NULL,
                        &handle, NULL))
        return;
    _snwprintf(name, 16, L"%lu", count);
    write_text(handle, name, node->id);
    write_number(handle, L"Count", count + 1);
    write_number(handle, L"NextInstance", count + 1);
    if (node->failed)
        write_number(handle, L"INITSTARTFAILED", 1);
    RegCloseKey(handle);
}

/* Services\<name>\Enum, which lasts until shutdown, lists the present devices of a service. */
static void note_instances(const struct tree *tree)
{
    wchar_t service[MAX_ID], key[MAX_KEY];

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < tree->count; i++) {
            if (!node_text(&tree->nodes[i], L"Service", service, MAX_ID) ||
                !service_exists(service))
                continue;
            _snwprintf(key, MAX_KEY - 1, SERVICES_KEY L"%ls\\Enum", service);
            if (pass == 0)
                RegDeleteKeyW(HKEY_LOCAL_MACHINE, key);
            else
                note_instance(service, &tree->nodes[i]);
        }
}

/* ---- devices that are gone ---- */

static void say_absent(struct tree *tree, const wchar_t *id)
{
    wchar_t key[MAX_KEY], ids[MAX_IDS];

    /* VEN_0000 is the adapter that Wine's display driver registers by itself. */
    if (_wcsnicmp(id, L"PCI\\VEN_0000&", 13) == 0 || tree_find(tree, id))
        return;
    node_key(id, key);
    if (read_text(key, L"HardwareID", ids, MAX_IDS))
        printf("pnp: '%ls' is not present\n", id);
}

/* Walks down from an enumerator's key; instances are two levels below it. */
static void say_absent_below(struct tree *tree, const wchar_t *prefix, int levels)
{
    wchar_t key[MAX_KEY], name[MAX_ID], id[2 * MAX_ID];
    DWORD size = MAX_ID;
    HKEY handle;

    node_key(prefix, key);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, key, 0, KEY_READ, &handle))
        return;
    for (DWORD i = 0; !RegEnumKeyExW(handle, i, name, &size, NULL, NULL, NULL, NULL); i++) {
        _snwprintf(id, 2 * MAX_ID - 1, L"%ls\\%ls", prefix, name);
        size = MAX_ID;
        if (wcslen(id) >= MAX_ID)
            continue;
        if (levels == 1)
            say_absent(tree, id);
        else
            say_absent_below(tree, id, levels - 1);
    }
    RegCloseKey(handle);
}

static void say_all_absent(struct tree *tree)
{
    static const wchar_t *const enumerators[] = {L"PCI", L"XENBUS", L"XENVIF", L"XEN"};

    for (size_t i = 0; i < sizeof(enumerators) / sizeof(enumerators[0]); i++)
        say_absent_below(tree, enumerators[i], 2);
}

static void round_once(struct tree *tree)
{
    tree->changed = false;
    for (size_t i = 0; i < tree->count; i++)
        bus_enumerate(tree, &tree->nodes[i]);
    install_nodes(tree);
    for (size_t i = 0; i < tree->count; i++) {
        node_complete(&tree->nodes[i]);
        start_node(tree, &tree->nodes[i]);
    }
}

/*
 * Windows has CMP_WaitNoPendingInstallEvents for who starts while devices are being installed; Wine's returns at once.
 * So the session lets our service wait (session.sh sets it to start on demand), and here it starts, as it would on
 * Windows, when Plug and Play has come to rest.
 */
static void start_what_waited(const wchar_t *name)
{
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_CONNECT);
    SC_HANDLE service = manager ? OpenServiceW(manager, name, SERVICE_CHANGE_CONFIG | SERVICE_START) : NULL;
    if (service && ChangeServiceConfigW(service, SERVICE_NO_CHANGE, SERVICE_AUTO_START, SERVICE_NO_CHANGE, NULL, NULL,
                                        NULL, NULL, NULL, NULL, NULL))
        StartServiceW(service, 0, NULL);
    if (service)
        CloseServiceHandle(service);
    if (manager)
        CloseServiceHandle(manager);
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    static struct tree tree;

    for (int i = 1; i < argc; i++)
        if (!bus_report_pci(&tree, argv[i])) {
            fprintf(stderr, "pnp: no PCI function is named '%ls'\n", argv[i]);
            return 2;
        }
    for (int i = 0; i < MAX_ROUNDS && (i == 0 || tree.changed); i++)
        round_once(&tree);
    note_instances(&tree);
    say_all_absent(&tree);
    start_what_waited(L"xenpv-resume");
    return 0;
}
