#include "installer/installed.h"

#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/detect.windows.h"
#include "installer/win.h"
#include "verifier/policy.h"

/* --- asking the kernel
 * ----------------------------------------------------------------------------------------- */

/*
 * Class 183, SystemCodeIntegrityCertificateInformation, since Windows 10; Type since 1803. The
 * status is the verdict. Source: phnt, ntexapi.h.
 */
enum { CLASS_CERTIFICATE = 183, BUILD_WITH_TYPE = 17134, TYPE_KERNEL = 1, TYPE_BOOT = 2 };

struct certificate_query {
    HANDLE image;
    ULONG type;
};

/* Statuses by which a Windows says that it cannot be asked so, or not by us. */
static bool is_no_verdict(LONG status)
{
    static const ULONG codes[] = {
        0xc0000002, /* not implemented */
        0xc0000003, /* invalid information class */
        0xc0000004, /* information length mismatch */
        0xc000000d, /* invalid parameter */
        0xc0000022, /* access denied */
        0xc0000061, /* privilege not held */
        0xc00000bb, /* not supported */
    };
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if ((ULONG)status == codes[i])
            return true;
    return false;
}

/* Would the kernel take this file? TRI_UNKNOWN when it cannot be asked; *status is what it said. */
static enum tri ask_kernel(const struct facts *f, const char *path, bool boot, LONG *status)
{
    typedef LONG(WINAPI * query_call)(ULONG, void *, ULONG, ULONG *);
    query_call query = (query_call)win_bind(L"ntdll.dll", "NtQuerySystemInformation");
    bool with_type = facts_windows_at_least(&f->windows, 10, 0, BUILD_WITH_TYPE) == TRI_YES;
    wchar_t *wide = utf16_from(path);
    ULONG got = 0;
    *status = 0;
    if (!query || !wide || facts_windows_at_least(&f->windows, 10, 0, 0) != TRI_YES) {
        mem_free(wide);
        return TRI_UNKNOWN;
    }
    struct certificate_query q = {.type = boot ? TYPE_BOOT : TYPE_KERNEL};
    q.image = CreateFileW(wide, GENERIC_READ | GENERIC_EXECUTE, FILE_SHARE_READ | FILE_SHARE_DELETE,
                          NULL, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    mem_free(wide);
    if (q.image == INVALID_HANDLE_VALUE)
        return TRI_UNKNOWN;
    *status = query(CLASS_CERTIFICATE, &q, with_type ? sizeof q : sizeof q.image, &got);
    win_handle_close(&q.image);
    return *status >= 0 ? TRI_YES : is_no_verdict(*status) ? TRI_UNKNOWN : TRI_NO;
}

static const char *disk_of(const struct evidence *ev, const char *name)
{
    size_t entry = package_find(&ev->package, name);
    return entry == SIZE_MAX ? NULL : ev->package.entries[entry].disk;
}

/* One driver: does the kernel agree? False when it cannot be asked. */
static bool compare(const struct facts *f, struct evidence *ev, const struct driver_prediction *d)
{
    const char *disk = disk_of(ev, d->file);
    LONG status;
    enum tri kernel = disk ? ask_kernel(f, disk, d->boot_start, &status) : TRI_UNKNOWN;
    if (kernel == TRI_UNKNOWN)
        return false;
    if (kernel == TRI_YES && d->load == LOAD_REFUSED)
        findings_add(&ev->findings, FINDING_WARNING, "kernel-disagrees", d->file,
                     "this Windows' kernel accepts it, against the rule '%s'", d->rule);
    if (kernel == TRI_NO && d->load == LOAD_LOADS)
        findings_add(&ev->findings, FINDING_WARNING, "kernel-disagrees", d->file,
                     "this Windows' kernel refuses it (status 0x%08lx), against the rule '%s'",
                     (unsigned long)status, d->rule);
    return true;
}

static void ask_about_all(const struct facts *f, struct evidence *ev)
{
    size_t asked = 0;
    for (size_t i = 0; i < ev->packages.count; i++) {
        struct prediction p = {0};
        policy_predict(ev, &ev->packages.at[i], f, &p);
        for (size_t k = 0; k < p.drivers.count; k++)
            asked += compare(f, ev, &p.drivers.at[k]);
        prediction_release(&p);
    }
    if (!asked)
        findings_add(&ev->findings, FINDING_INFO, "kernel-not-asked", NULL,
                     "this Windows' kernel does not offer to judge its drivers");
}

/* --- places
 * ----------------------------------------------------------------------------------------------------
 */

static char *service_file(const struct facts_service *s)
{
    char *path = detect_service_file(s);
    char *native = path ? win_native_path(path, NULL) : NULL;
    mem_free(path);
    return native;
}

bool installed_gather(const struct facts *f, struct evidence *out, struct err *e)
{
    char *windows = win_windows_folder();
    char *machine = file_join(windows, "System32");
    bool blind = false;
    char *system = win_native_path(machine, &blind);
    char *programs = win_expand("%ProgramW6432%");
    if (*programs == '%') {
        mem_free(programs);
        programs = win_expand("%ProgramFiles%");
    }
    const struct installed_places places = {.windows = windows,
                                            .system = system,
                                            .program_files = programs,
                                            .service_file = service_file};
    bool ok =
        blind
            ? err_set(e, ERR_FAILED,
                      "a 32-bit program cannot see the drivers of this Windows; use the 64-bit one")
            : installed_gather_at(f, &places, out, e);
    if (ok)
        ask_about_all(f, out);
    mem_free(programs);
    mem_free(system);
    mem_free(machine);
    mem_free(windows);
    return ok;
}
