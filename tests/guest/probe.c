/*
 * probe.c: prints what a Windows program sees in the simulated guest, one "name=value" a line.
 *
 *     probe.exe                everything below
 *     probe.exe echo WORDS...  the words as they arrived, each followed by |
 *     probe.exe exit N         ends with N
 *     probe.exe write FILE     writes a file; prints the Windows error, 0 for none
 *     probe.exe read           prints how many bytes standard input has
 *     probe.exe stage INF      copies an INF to %windir%\inf (SetupCopyOEMInf); prints the error
 *     probe.exe guard KEY SDDL   this key of HKLM is for whom the text names, until the guest is off
 *     probe.exe message FILE ID  the text of a program's message table, as the event viewer shows it
 *     probe.exe sleep SECONDS
 *
 * It is the eye of selftest.sh, and looks by ways of its own: nothing is shared with the program
 * that is under test in the guest.
 */
#include <windows.h>

#include <cpuid.h>
#include <sddl.h>
#include <setupapi.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define NT_KEY L"SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
#define CONTROL_KEY L"SYSTEM\\CurrentControlSet\\Control"
#define RSMB 0x52534d42u
#define MAX_SMBIOS 65536u

static FARPROC function(const wchar_t *library, const char *name)
{
    return GetProcAddress(GetModuleHandleW(library), name);
}

static void print_version(void)
{
    typedef LONG(WINAPI * get_version)(OSVERSIONINFOEXW *);
    get_version rtl = (get_version)(void *)function(L"ntdll.dll", "RtlGetVersion");
    OSVERSIONINFOEXW v = {.dwOSVersionInfoSize = sizeof(v)};
    SYSTEM_INFO system;

    rtl(&v);
    GetNativeSystemInfo(&system);
    printf("version=%lu.%lu.%lu\n", v.dwMajorVersion, v.dwMinorVersion, v.dwBuildNumber);
    printf("service_pack=%u.%u\nservice_pack_name=%ls\n", v.wServicePackMajor,
           v.wServicePackMinor, v.szCSDVersion);
    printf("product_type=%u\n", v.wProductType);
    printf("native=%s\n", system.wProcessorArchitecture == 9 ? "x64" : "x86");
    printf("process=%u\n", (unsigned)sizeof(void *) * 8);
}

static void print_value(const char *label, const wchar_t *key, const wchar_t *name, REGSAM view)
{
    union {
        wchar_t text[256];
        DWORD number;
    } data = {{0}};
    DWORD size = sizeof(data) - sizeof(wchar_t), type = 0;
    HKEY handle;
    LONG failed = RegOpenKeyExW(HKEY_LOCAL_MACHINE, key, 0, KEY_READ | view, &handle);

    if (!failed) {
        failed = RegQueryValueExW(handle, name, NULL, &type, (BYTE *)&data, &size);
        RegCloseKey(handle);
    }
    if (failed)
        printf("%s%ls=-\n", label, name);
    else if (type == REG_DWORD)
        printf("%s%ls=%lu\n", label, name, data.number);
    else
        printf("%s%ls=%ls\n", label, name, data.text);
}

static void print_registry(void)
{
    static const wchar_t *const names[] = {L"ProductName", L"EditionID", L"InstallationType",
                                           L"CurrentVersion", L"CurrentBuild",
                                           L"CurrentBuildNumber", L"UBR", L"CSDVersion",
                                           L"CurrentMajorVersionNumber"};
    const wchar_t *bios = L"HARDWARE\\DESCRIPTION\\System\\BIOS";

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        print_value("native.", NT_KEY, names[i], KEY_WOW64_64KEY);
        print_value("wow.", NT_KEY, names[i], KEY_WOW64_32KEY);
    }
    print_value("", CONTROL_KEY L"\\ProductOptions", L"ProductType", 0);
    print_value("", CONTROL_KEY, L"SystemStartOptions", 0);
    print_value("bios.", bios, L"SystemManufacturer", 0);
    print_value("bios.", bios, L"SystemProductName", 0);
    print_value("bios.", bios, L"BIOSVersion", 0);
}

static void print_leaf(uint32_t leaf, uint32_t subleaf)
{
    uint32_t a, b, c, d;

    __cpuid_count(leaf, subleaf, a, b, c, d);
    printf("cpuid.%08x.%u=%08x %08x %08x %08x\n", leaf, subleaf, a, b, c, d);
}

static void print_cpuid(void)
{
    uint32_t a, b, c, d;

    __cpuid(1, a, b, c, d);
    printf("cpuid.hypervisor=%u\n", c >> 31);
    for (uint32_t base = 0x40000000; base <= 0x40000200; base += 0x100)
        for (uint32_t n = 0; n <= 6; n++)
            print_leaf(base + n, 0);
    print_leaf(0x40000003, 1);
    print_leaf(0x40000003, 2);
}

static void print_smbios(void)
{
    typedef UINT(WINAPI * get_table)(DWORD, DWORD, void *, DWORD);
    static unsigned char table[MAX_SMBIOS];
    get_table get = (get_table)(void *)function(L"kernel32.dll", "GetSystemFirmwareTable");
    UINT size = get ? get(RSMB, 0, table, sizeof(table)) : 0;

    printf("smbios.bytes=%u\n", size);
    /* Every string of the table, in order: enough to see whose it is. */
    printf("smbios.strings=");
    for (UINT i = 8; i < size; i++)
        if (table[i] >= 0x20 && table[i] < 0x7f)
            putchar(table[i]);
        else if (i > 8 && table[i - 1] >= 0x20 && table[i - 1] < 0x7f)
            putchar('|');
    putchar('\n');
}

static void print_acpi(void)
{
    static const wchar_t *const tables[] = {L"DSDT", L"FADT", L"RSDT"};

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        wchar_t path[80];
        HKEY key;
        bool there;

        swprintf(path, 80, L"HARDWARE\\ACPI\\%ls\\Xen\\HVM", tables[i]);
        there = RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key) == 0;
        if (there)
            RegCloseKey(key);
        printf("acpi.%ls=%s\n", tables[i], there ? "Xen HVM" : "-");
    }
}

static void print_device(HDEVINFO set, SP_DEVINFO_DATA *device)
{
    static wchar_t ids[2048], service[256];
    wchar_t instance[300];

    memset(ids, 0, sizeof(ids));
    memset(service, 0, sizeof(service));
    SetupDiGetDeviceInstanceIdW(set, device, instance, 300, NULL);
    SetupDiGetDeviceRegistryPropertyW(set, device, SPDRP_HARDWAREID, NULL, (BYTE *)ids,
                                      sizeof(ids) - 2 * sizeof(wchar_t), NULL);
    SetupDiGetDeviceRegistryPropertyW(set, device, SPDRP_SERVICE, NULL, (BYTE *)service,
                                      sizeof(service) - sizeof(wchar_t), NULL);
    printf("device=%ls service=%ls ids=", instance, *service ? service : L"-");
    for (wchar_t *id = ids; *id; id += wcslen(id) + 1)
        printf("%s%ls", id == ids ? "" : "|", id);
    putchar('\n');
}

static void print_devices(void)
{
    SP_DEVINFO_DATA device = {.cbSize = sizeof(device)};
    HDEVINFO set = SetupDiGetClassDevsW(NULL, NULL, NULL, DIGCF_ALLCLASSES | DIGCF_PRESENT);

    for (DWORD i = 0; SetupDiEnumDeviceInfo(set, i, &device); i++)
        print_device(set, &device);
    SetupDiDestroyDeviceInfoList(set);
}

static void print_token(void)
{
    SID_IDENTIFIER_AUTHORITY authority = {SECURITY_NT_AUTHORITY};
    TOKEN_ELEVATION elevation = {0};
    HANDLE token;
    DWORD size;
    BOOL member = FALSE;
    PSID sid;

    AllocateAndInitializeSid(&authority, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, 0,
                             0, 0, 0, 0, 0, &sid);
    CheckTokenMembership(NULL, sid, &member);
    FreeSid(sid);
    if (OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token)) {
        GetTokenInformation(token, TokenElevation, &elevation, sizeof(elevation), &size);
        CloseHandle(token);
    }
    printf("administrator=%d\nelevated=%lu\n", member, elevation.TokenIsElevated);
}

static int write_file(const wchar_t *path)
{
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
    DWORD written, error = 0;

    if (file == INVALID_HANDLE_VALUE || !WriteFile(file, "probe\r\n", 7, &written, NULL))
        error = GetLastError();
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    printf("write=%lu\n", error);
    return error != 0;
}

static int count_input(void)
{
    unsigned count = 0;

    while (getchar() != EOF)
        count++;
    printf("read=%u\n", count);
    return 0;
}

static int stage(const wchar_t *path)
{
    DWORD error = SetupCopyOEMInfW(path, NULL, SPOST_PATH, 0, NULL, 0, NULL, NULL) ? 0
                                                                                   : GetLastError();

    printf("stage=%lu\n", error);
    return error != 0;
}

/* Wine's server asks a key's descriptor at each opening, and keeps it in memory only. */
static int guard(const wchar_t *path, const wchar_t *sddl)
{
    PSECURITY_DESCRIPTOR descriptor = NULL;
    HKEY key = NULL;
    LONG error = ConvertStringSecurityDescriptorToSecurityDescriptorW(sddl, SDDL_REVISION_1,
                                                                      &descriptor, NULL)
                     ? RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, WRITE_DAC | KEY_WOW64_64KEY, &key)
                     : (LONG)GetLastError();

    if (error == ERROR_SUCCESS)
        error = RegSetKeySecurity(key, DACL_SECURITY_INFORMATION, descriptor);
    printf("guard=%ld\n", error);
    return error != ERROR_SUCCESS;
}

/* With the places for texts filled with one and two. */
static int message(const wchar_t *path, const wchar_t *id)
{
    static const wchar_t *const texts[] = {L"one", L"two"};
    HMODULE module = LoadLibraryExW(path, NULL, LOAD_LIBRARY_AS_DATAFILE);
    wchar_t text[400];
    DWORD size = FormatMessageW(FORMAT_MESSAGE_FROM_HMODULE | FORMAT_MESSAGE_ARGUMENT_ARRAY, module,
                                (DWORD)wcstoul(id, NULL, 0), 0, text, 400, (va_list *)texts);

    for (DWORD i = 0; i < size; i++)
        if (text[i] != L'\r')
            putchar(text[i] == L'\n' ? '|' : (int)text[i]);
    putchar('\n');
    return size == 0;
}

int wmain(int argc, wchar_t **argv);

int wmain(int argc, wchar_t **argv)
{
    if (argc > 1 && wcscmp(argv[1], L"echo") == 0) {
        for (int i = 2; i < argc; i++)
            printf("%ls|", argv[i]);
        return 0;
    }
    if (argc == 2 && wcscmp(argv[1], L"read") == 0)
        return count_input();
    if (argc == 3 && wcscmp(argv[1], L"exit") == 0)
        return (int)wcstoul(argv[2], NULL, 0);
    if (argc == 3 && wcscmp(argv[1], L"write") == 0)
        return write_file(argv[2]);
    if (argc == 3 && wcscmp(argv[1], L"stage") == 0)
        return stage(argv[2]);
    if (argc == 4 && wcscmp(argv[1], L"guard") == 0)
        return guard(argv[2], argv[3]);
    if (argc == 4 && wcscmp(argv[1], L"message") == 0)
        return message(argv[2], argv[3]);
    if (argc == 3 && wcscmp(argv[1], L"sleep") == 0) {
        Sleep((DWORD)wcstoul(argv[2], NULL, 0) * 1000);
        return 0;
    }
    print_version();
    print_registry();
    print_cpuid();
    print_smbios();
    print_acpi();
    print_devices();
    print_token();
    return 0;
}
