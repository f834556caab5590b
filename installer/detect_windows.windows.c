#include "base/mem.h"
#include "base/text.h"
#include "installer/detect.windows.h"
#include "installer/win.h"

#include <string.h>

#define CURRENT_VERSION "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion"
#define CONTROL "SYSTEM\\CurrentControlSet\\Control"

/* IMAGE_FILE_MACHINE_* that IsWow64Process2 gives. */
enum { MACHINE_I386 = 0x14c, MACHINE_IA64 = 0x200, MACHINE_AMD64 = 0x8664, MACHINE_ARM64 = 0xaa64 };

/* GetVersionEx tells programs without a manifest what they like to hear; RtlGetVersion does not. */
static bool read_version(OSVERSIONINFOEXW *v)
{
    typedef LONG(WINAPI * get_version)(OSVERSIONINFOEXW *);
    get_version rtl = (get_version)win_bind(L"ntdll.dll", "RtlGetVersion");
    memset(v, 0, sizeof *v);
    v->dwOSVersionInfoSize = sizeof *v;
    if (rtl && rtl(v) == 0)
        return true;
    return GetVersionExW((OSVERSIONINFOW *)v);
}

static enum product_type product_type(BYTE type)
{
    switch (type) {
    case VER_NT_WORKSTATION: return PRODUCT_TYPE_WORKSTATION;
    case VER_NT_DOMAIN_CONTROLLER: return PRODUCT_TYPE_DOMAIN_CONTROLLER;
    case VER_NT_SERVER: return PRODUCT_TYPE_SERVER;
    default: return PRODUCT_TYPE_UNKNOWN;
    }
}

static enum architecture of_machine(USHORT machine)
{
    switch (machine) {
    case MACHINE_I386: return ARCHITECTURE_X86;
    case MACHINE_AMD64: return ARCHITECTURE_X64;
    case MACHINE_ARM64: return ARCHITECTURE_ARM64;
    case MACHINE_IA64: return ARCHITECTURE_IA64;
    default: return ARCHITECTURE_UNKNOWN;
    }
}

static enum architecture of_processor(WORD processor)
{
    enum { PROCESSOR_ARM64 = 12 };
    switch (processor) {
    case PROCESSOR_ARCHITECTURE_INTEL: return ARCHITECTURE_X86;
    case PROCESSOR_ARCHITECTURE_AMD64: return ARCHITECTURE_X64;
    case PROCESSOR_ARM64: return ARCHITECTURE_ARM64;
    case PROCESSOR_ARCHITECTURE_IA64: return ARCHITECTURE_IA64;
    default: return ARCHITECTURE_UNKNOWN;
    }
}

/*
 * IsWow64Process2 (Windows 10 1511) is the only one that tells the truth on ARM64. Before XP there
 * is no GetNativeSystemInfo and no machine of another architecture either.
 */
static enum architecture native_architecture(void)
{
    typedef BOOL(WINAPI * is_wow64_2)(HANDLE, USHORT *, USHORT *);
    typedef void(WINAPI * get_system)(SYSTEM_INFO *);
    is_wow64_2 ask = (is_wow64_2)win_bind(L"kernel32.dll", "IsWow64Process2");
    get_system native = (get_system)win_bind(L"kernel32.dll", "GetNativeSystemInfo");
    USHORT process = 0, machine = 0;
    SYSTEM_INFO system;
    if (ask && ask(GetCurrentProcess(), &process, &machine) && of_machine(machine))
        return of_machine(machine);
    memset(&system, 0, sizeof system);
    if (native)
        native(&system);
    else
        GetSystemInfo(&system);
    return of_processor(system.wProcessorArchitecture);
}

static enum architecture own_architecture(void)
{
#if defined(__x86_64__)
    return ARCHITECTURE_X64;
#elif defined(__i386__)
    return ARCHITECTURE_X86;
#elif defined(__aarch64__)
    return ARCHITECTURE_ARM64;
#else
    return ARCHITECTURE_UNKNOWN;
#endif
}

enum tri detect_start_option(const struct facts_windows *w, const char *option)
{
    size_t size = strlen(option);
    if (!w->start_options)
        return TRI_UNKNOWN;
    for (const char *at = w->start_options; *at; at += strcspn(at, " ")) {
        at += strspn(at, " /");
        if (text_starts_nocase(at, option) && strchr(" =:", at[size]))
            return TRI_YES;
    }
    return TRI_NO;
}

/*
 * SystemTimeOfDayInformation. When the clock is set, Windows moves the boot time by as much and
 * counts it in the bias: without the bias it stays what it was at the start.
 */
static struct number boot_time(void)
{
    typedef LONG(WINAPI * query_call)(ULONG, void *, ULONG, ULONG *);
    query_call query = (query_call)win_bind(L"ntdll.dll", "NtQuerySystemInformation");
    enum { CLASS_TIME_OF_DAY = 3 };
    struct {
        int64_t boot, now, zone_bias;
        ULONG zone, reserved;
        uint64_t boot_bias, sleep_bias;
    } answer;
    struct number unknown = {0};
    memset(&answer, 0, sizeof answer);
    if (!query || query(CLASS_TIME_OF_DAY, &answer, sizeof answer, NULL) < 0)
        return unknown;
    uint64_t at = (uint64_t)answer.boot - answer.boot_bias;
    return at && at <= INT64_MAX ? number_of(at) : unknown;
}

static enum tri is_safe_mode(const struct facts_windows *w)
{
    struct number option = win_machine_number(CONTROL "\\SafeBoot\\Option", "OptionValue");
    if (option.known && option.value)
        return TRI_YES;
    return detect_start_option(w, "SAFEBOOT");
}

/* Windows 8 brought it; where nobody wrote the setting, its default depends on the machine. */
static enum tri is_fast_startup(const struct facts_windows *w)
{
    if (facts_windows_at_least(w, 6, 2, 0) == TRI_NO)
        return TRI_NO;
    struct number on = win_machine_number(CONTROL "\\Session Manager\\Power", "HiberbootEnabled");
    return !on.known ? TRI_UNKNOWN : on.value ? TRI_YES : TRI_NO;
}

void detect_windows(struct facts_windows *w)
{
    OSVERSIONINFOEXW v;
    if (read_version(&v)) {
        w->major = number_of(v.dwMajorVersion);
        w->minor = number_of(v.dwMinorVersion);
        w->build = number_of(v.dwBuildNumber);
        w->service_pack = number_of(v.wServicePackMajor);
        w->type = product_type(v.wProductType);
        w->suite = number_of(v.wSuiteMask);
    }
    w->revision = win_machine_number(CURRENT_VERSION, "UBR");
    w->product_name = win_machine_text(CURRENT_VERSION, "ProductName");
    w->edition = win_machine_text(CURRENT_VERSION, "EditionID");
    w->start_options = win_machine_text(CONTROL, "SystemStartOptions");
    w->boot_time = boot_time();
    w->architecture = native_architecture();
    w->process = own_architecture();
    w->safe_mode = is_safe_mode(w);
    w->fast_startup = is_fast_startup(w);
    w->elevated = win_is_elevated();
    w->reading = w->major.known && w->type && w->architecture && w->start_options &&
                         w->elevated != TRI_UNKNOWN
                     ? READING_FULL
                     : READING_PARTIAL;
}
