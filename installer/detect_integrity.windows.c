#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/detect.windows.h"
#include "installer/win.h"

#include <stdio.h>
#include <string.h>

#define CONTROL "SYSTEM\\CurrentControlSet\\Control"
#define SECURE_BOOT_KEY CONTROL "\\SecureBoot\\State"
#define SIGNING_KEY "SOFTWARE\\Microsoft\\Driver Signing"

/* Classes of NtQuerySystemInformation. */
enum { CLASS_BOOT_ENVIRONMENT = 90, CLASS_CODE_INTEGRITY = 103, CLASS_SECURE_BOOT = 145 };

enum {
    CI_ENABLED = 0x1,
    CI_TEST_SIGNING = 0x2,
    CI_HVCI = 0x400,
    CI_WHQL_ENFORCED = 0x4000,
    CI_WHQL_AUDIT = 0x8000,
};

/* The policies by which Windows of April 2026 stops trusting cross-signed drivers. */
#define AUDIT_POLICY "{784C4414-79F4-4C32-A6A5-F0FB42A51D0D}"
#define ENFORCE_POLICY "{8F9CB695-5D48-48D6-A329-7202B44607E3}"
#define EVALUATION CONTROL "\\CI\\WhqlOnlyEvaluation"

enum { FIRMWARE_BIOS = 1, FIRMWARE_UEFI = 2 };

static bool query_system(ULONG class, void *out, ULONG size)
{
    typedef LONG(WINAPI * query_call)(ULONG, void *, ULONG, ULONG *);
    query_call query = (query_call)win_bind(L"ntdll.dll", "NtQuerySystemInformation");
    ULONG got = 0;
    return query && query(class, out, size, &got) >= 0;
}

static enum tri tri_of(bool yes)
{
    return yes ? TRI_YES : TRI_NO;
}

static enum tri has_bit(struct number options, uint64_t bit)
{
    return options.known ? tri_of(options.value & bit) : TRI_UNKNOWN;
}

/*
 * Vista is the first Windows with code integrity; what an older one says to class 103 means
 * nothing.
 */
static struct number code_integrity(void)
{
    struct {
        ULONG size, options;
    } answer = {sizeof answer, 0};
    struct number unknown = {0};
    return query_system(CLASS_CODE_INTEGRITY, &answer, sizeof answer) ? number_of(answer.options)
                                                                      : unknown;
}

/* Windows 8 and later; Vista and 7 answer with the shorter struct. */
static enum tri firmware_of_kernel(void)
{
    struct {
        GUID boot;
        ULONG firmware, padding;
        uint64_t flags;
    } answer;
    enum { SHORTER = sizeof(GUID) + sizeof(ULONG) };
    memset(&answer, 0, sizeof answer);
    if (!query_system(CLASS_BOOT_ENVIRONMENT, &answer, sizeof answer) &&
        !query_system(CLASS_BOOT_ENVIRONMENT, &answer, SHORTER))
        return TRI_UNKNOWN;
    if (answer.firmware != FIRMWARE_BIOS && answer.firmware != FIRMWARE_UEFI)
        return TRI_UNKNOWN;
    return tri_of(answer.firmware == FIRMWARE_UEFI);
}

/* A name that cannot exist: BIOS machines say that the function is invalid, others that there is no
 * such variable or that we lack the privilege (documented for GetFirmwareEnvironmentVariable). */
static enum tri firmware_of_variables(void)
{
    typedef DWORD(WINAPI * get_variable)(const wchar_t *, const wchar_t *, void *, DWORD);
    get_variable get = (get_variable)win_bind(L"kernel32.dll", "GetFirmwareEnvironmentVariableW");
    uint8_t value = 0;
    if (!get)
        return TRI_UNKNOWN;
    DWORD size = get(L"", L"{00000000-0000-0000-0000-000000000000}", &value, sizeof value);
    DWORD code = size ? ERROR_SUCCESS : GetLastError();
    switch (code) {
    case ERROR_INVALID_FUNCTION: return TRI_NO;
    case ERROR_NOACCESS:
    case ERROR_ENVVAR_NOT_FOUND: return TRI_YES;
    default: return TRI_UNKNOWN;
    }
}

/* Before Vista no Windows for x86 or x64 starts from UEFI. */
static enum tri is_uefi(const struct facts_windows *w)
{
    bool pc = w->architecture == ARCHITECTURE_X86 || w->architecture == ARCHITECTURE_X64;
    if (pc && facts_windows_at_least(w, 6, 0, 0) == TRI_NO)
        return TRI_NO;
    enum tri uefi = firmware_of_kernel();
    if (uefi != TRI_UNKNOWN)
        return uefi;
    struct number type = win_machine_number(CONTROL, "PEFirmwareType");
    if (type.known && (type.value == FIRMWARE_BIOS || type.value == FIRMWARE_UEFI))
        return tri_of(type.value == FIRMWARE_UEFI);
    return firmware_of_variables();
}

/* Windows before 8 knows no Secure Boot, and BIOS firmware has none. */
static enum tri is_secure_boot(const struct facts_windows *w, enum tri uefi)
{
    struct {
        uint8_t enabled, capable;
    } answer = {0, 0};
    if (facts_windows_at_least(w, 6, 2, 0) == TRI_NO)
        return TRI_NO;
    if (query_system(CLASS_SECURE_BOOT, &answer, sizeof answer))
        return tri_of(answer.enabled);
    struct number state = win_machine_number(SECURE_BOOT_KEY, "UEFISecureBootEnabled");
    if (state.known)
        return tri_of(state.value);
    return uefi == TRI_NO ? TRI_NO : TRI_UNKNOWN;
}

/* The kernel's own word, or the loader's; neither exists before Vista, which has no such mode. */
static enum tri is_test_signing(const struct facts_windows *w, struct number options)
{
    if (facts_windows_at_least(w, 6, 0, 0) == TRI_NO)
        return TRI_NO;
    enum tri kernel = has_bit(options, CI_TEST_SIGNING);
    enum tri loader = detect_start_option(w, "TESTSIGNING");
    return kernel == TRI_YES || loader == TRI_YES ? TRI_YES : kernel ? kernel : loader;
}

/* Start options alone do not tell: Windows 7 and 8 ignore the option for switching checks off, and
 * F8 switches them off without one. Before Vista there is nothing to switch off. */
static enum tri is_disabled(const struct facts_windows *w, struct number options)
{
    if (facts_windows_at_least(w, 6, 0, 0) == TRI_NO)
        return TRI_NO;
    return options.known ? tri_of(!(options.value & CI_ENABLED)) : TRI_UNKNOWN;
}

/* A bit of class 103 that older Windows than this cannot have set. */
static enum tri bit_since(const struct facts_windows *w, struct number options, unsigned build,
                          uint64_t bit)
{
    enum tri exists = facts_windows_at_least(w, 10, 0, build);
    return exists == TRI_YES ? has_bit(options, bit) : exists;
}

/* The rule that asks for it came with Windows 10 1607; an older Windows was not upgraded to it. */
static enum tri is_upgraded(const struct facts_windows *w)
{
    enum tri since = facts_windows_at_least(w, 10, 0, 14393);
    if (since != TRI_YES)
        return since;
    struct number upgraded = win_machine_number(CONTROL "\\CI\\Policy", "UpgradedSystem");
    return upgraded.known ? tri_of(upgraded.value) : TRI_UNKNOWN;
}

/*
 * Windows 7 and 2008 R2 check SHA-256 since KB3033929, whose wintrust.dll is 6.1.7601.18741. Files
 * of the other servicing branch (revision 20000 and up) carry numbers that tell only from 23000 on.
 */
static enum tri windows7_sha2(const char *version)
{
    enum { FIXED_BUILD = 7601, FIXED = 18741, BRANCH = 20000, BRANCH_FIXED = 23000 };
    unsigned major = 0, minor = 0, build = 0, revision = 0;
    if (!version || sscanf(version, "%5u.%5u.%5u.%5u", &major, &minor, &build, &revision) != 4 ||
        major != 6 || minor != 1)
        return TRI_UNKNOWN;
    if (build < FIXED_BUILD || (build == FIXED_BUILD && revision < FIXED))
        return TRI_NO;
    if (build == FIXED_BUILD && revision >= BRANCH && revision < BRANCH_FIXED)
        return TRI_UNKNOWN;
    return TRI_YES;
}

/* No update gives it to anything before Vista; which file of Vista shows KB4474419 is not known. */
static enum tri knows_sha2(const struct facts_windows *w)
{
    if (facts_windows_at_least(w, 6, 2, 0) != TRI_NO)
        return facts_windows_at_least(w, 6, 2, 0);
    if (facts_windows_at_least(w, 6, 1, 0) == TRI_NO)
        return facts_windows_at_least(w, 6, 0, 0) == TRI_NO ? TRI_NO : TRI_UNKNOWN;
    char *windows = win_windows_folder();
    char *file = file_join(windows, "System32\\wintrust.dll");
    char *version = win_file_version(file);
    enum tri knows = windows7_sha2(version);
    mem_free(version);
    mem_free(file);
    mem_free(windows);
    return knows;
}

/* The machine's setting and this person's: Windows follows the stricter one. */
static struct number signing_policy(const struct facts_windows *w)
{
    struct number machine = {0}, person = {0};
    HKEY key = NULL;
    if (facts_windows_at_least(w, 6, 0, 0) != TRI_NO)
        return machine;
    machine = win_machine_number(SIGNING_KEY, "Policy");
    if (win_key_open(HKEY_CURRENT_USER, SIGNING_KEY, KEY_QUERY_VALUE, &key) == ERROR_SUCCESS)
        person = win_key_number(key, "Policy");
    win_key_close(&key);
    return person.known && (!machine.known || person.value > machine.value) ? person : machine;
}

static enum tri has_policy_file(const struct facts_windows *w, const char *guid)
{
    struct text path = {0};
    char *windows = win_windows_folder();
    /* Windows 10 1903 is the first with several policies. */
    if (facts_windows_at_least(w, 10, 0, 18362) == TRI_NO) {
        mem_free(windows);
        return TRI_NO;
    }
    text_addf(&path, "%s\\System32\\CodeIntegrity\\CiPolicies\\Active\\%s.cip", windows, guid);
    enum tri there = win_file_exists(text_str(&path));
    text_release(&path);
    mem_free(windows);
    return there;
}

static enum tri number_tri(struct number n)
{
    return n.known ? tri_of(n.value) : TRI_UNKNOWN;
}

/* What Windows counts while it decides whether to stop trusting cross-signed drivers. */
static void read_driver_policy(const struct facts_windows *w, struct facts_integrity *i)
{
    i->driver_policy_audits = win_machine_number(EVALUATION, "NumAudits");
    i->driver_policy_blocks = win_machine_number(EVALUATION, "NumBlocks");
    i->driver_policy_boots = win_machine_number(EVALUATION, "NumBootSessions");
    i->driver_policy_uptime = win_machine_number(EVALUATION, "SystemUptime");
    i->driver_policy_audit_file = has_policy_file(w, AUDIT_POLICY);
    i->driver_policy_enforce_file = has_policy_file(w, ENFORCE_POLICY);
}

/* Settings, not states; a value that nobody wrote is not known. */
static void read_settings(struct facts_integrity *i)
{
    i->hvci_configured = number_tri(win_machine_number(
        CONTROL "\\DeviceGuard\\Scenarios\\HypervisorEnforcedCodeIntegrity", "Enabled"));
    i->vulnerable_blocklist =
        number_tri(win_machine_number(CONTROL "\\CI\\Config", "VulnerableDriverBlocklistEnable"));
    i->smart_app_control =
        win_machine_number(CONTROL "\\CI\\Policy", "VerifiedAndReputablePolicyState");
}

void detect_integrity(const struct facts_windows *w, struct facts_integrity *i)
{
    if (facts_windows_at_least(w, 6, 0, 0) == TRI_YES)
        i->options = code_integrity();
    i->test_signing = is_test_signing(w, i->options);
    i->disabled = is_disabled(w, i->options);
    i->whql_enforced = bit_since(w, i->options, 14393, CI_WHQL_ENFORCED);
    i->hvci = bit_since(w, i->options, 0, CI_HVCI);
    i->uefi = is_uefi(w);
    i->secure_boot = is_secure_boot(w, i->uefi);
    i->upgraded = is_upgraded(w);
    i->sha2 = knows_sha2(w);
    i->signing_policy = signing_policy(w);
    i->whql_audit = bit_since(w, i->options, 14393, CI_WHQL_AUDIT);
    read_driver_policy(w, i);
    read_settings(i);
    /* Windows need not say whether it was upgraded, and Vista does not say what it can check. */
    bool publishers = detect_publishers(i);
    bool whole = publishers && i->test_signing && i->disabled && i->whql_enforced && i->hvci &&
                 i->uefi && i->secure_boot;
    i->reading = whole ? READING_FULL : READING_PARTIAL;
}
