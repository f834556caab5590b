#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/detect.windows.h"
#include "installer/disk_path.h"
#include "installer/win.h"

#include <cfgmgr32.h>
#include <setupapi.h>
#include <string.h>
#include <winioctl.h>

enum {
    INSTANCE_MAX = 512, /* characters; Windows' own limit is 200 */
    PARENTS_MAX = 32,   /* devices above one disk */
    EXTENTS_MAX = 64,   /* disks that one volume may lie on */
    INTERFACE_MAX = 4096,
};

static const GUID disk_class = {
    0x4d36e967, 0xe325, 0x11ce, {0xbf, 0xc1, 0x08, 0x00, 0x2b, 0xe1, 0x03, 0x18}};
static const GUID disk_interface = {
    0x53f56307, 0xb6bf, 0x11d0, {0x94, 0xf2, 0x00, 0xa0, 0xc9, 0x1e, 0xfb, 0x8b}};

/* --- which disks Windows is on ---------------------------------------------------------------- */

struct numbers {
    DWORD at[EXTENTS_MAX];
    size_t count;
};

/* No rights to its content are needed to ask a disk or a volume what it is. */
static HANDLE open_to_ask(const wchar_t *path)
{
    return CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, 0, NULL);
}

static bool ask_number(HANDLE device, DWORD *number)
{
    STORAGE_DEVICE_NUMBER answer;
    DWORD got = 0;
    memset(&answer, 0, sizeof answer);
    if (device == INVALID_HANDLE_VALUE ||
        !DeviceIoControl(device, IOCTL_STORAGE_GET_DEVICE_NUMBER, NULL, 0, &answer, sizeof answer,
                         &got, NULL) ||
        got < sizeof answer || answer.DeviceType != FILE_DEVICE_DISK)
        return false;
    *number = answer.DeviceNumber;
    return true;
}

static void ask_extents(HANDLE volume, struct numbers *out)
{
    struct {
        VOLUME_DISK_EXTENTS head;
        DISK_EXTENT more[EXTENTS_MAX - 1];
    } answer;
    DWORD got = 0;
    memset(&answer, 0, sizeof answer);
    if (volume == INVALID_HANDLE_VALUE ||
        !DeviceIoControl(volume, IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, NULL, 0, &answer,
                         sizeof answer, &got, NULL))
        return;
    const DISK_EXTENT *extents = answer.head.Extents;
    for (DWORD i = 0; i < answer.head.NumberOfDiskExtents && i < EXTENTS_MAX; i++)
        out->at[out->count++] = extents[i].DiskNumber;
}

/* A volume of one partition tells its disk's number, too. */
static void system_disks(struct numbers *out)
{
    wchar_t volume[] = L"\\\\.\\C:";
    char *windows = win_windows_folder();
    out->count = 0;
    volume[4] = (wchar_t)windows[0];
    HANDLE handle = windows[1] == ':' ? open_to_ask(volume) : INVALID_HANDLE_VALUE;
    ask_extents(handle, out);
    if (!out->count && ask_number(handle, &out->at[0]))
        out->count = 1;
    win_handle_close(&handle);
    mem_free(windows);
}

static enum tri is_system(const struct facts_disk *d, const struct numbers *system)
{
    if (!system->count || !d->number.known)
        return TRI_UNKNOWN;
    for (size_t i = 0; i < system->count; i++)
        if (system->at[i] == d->number.value)
            return TRI_YES;
    return TRI_NO;
}

/* --- one disk --------------------------------------------------------------------------------- */

static char *node_id(DEVINST node)
{
    wchar_t wide[INSTANCE_MAX] = L"";
    if (CM_Get_Device_IDW(node, wide, INSTANCE_MAX - 1, 0) != CR_SUCCESS || !*wide)
        return NULL;
    return utf8_from(wide);
}

static char *node_service(DEVINST node)
{
    wchar_t wide[INSTANCE_MAX] = L"";
    ULONG size = (INSTANCE_MAX - 1) * sizeof *wide, type = REG_NONE;
    if (CM_Get_DevNode_Registry_PropertyW(node, CM_DRP_SERVICE, &type, wide, &size, 0) !=
            CR_SUCCESS ||
        type != REG_SZ)
        return NULL;
    return utf8_from(wide);
}

/* All above it but the root of the tree, which tells nothing. */
static void read_parents(DEVINST node, struct facts_disk *d)
{
    DEVINST parent = 0;
    while (d->parents.count < PARENTS_MAX && CM_Get_Parent(&parent, node, 0) == CR_SUCCESS) {
        char *instance = node_id(parent);
        if (!instance || text_starts_nocase(instance, "HTREE\\")) {
            mem_free(instance);
            return;
        }
        struct facts_parent *p = shape_list_add(&d->parents, sizeof *p);
        p->instance = instance;
        p->service = node_service(parent);
        node = parent;
    }
}

static char *text_property(HDEVINFO set, SP_DEVINFO_DATA *node, DWORD which)
{
    wchar_t wide[INSTANCE_MAX] = L"";
    DWORD type = REG_NONE;
    if (!SetupDiGetDeviceRegistryPropertyW(set, node, which, &type, (BYTE *)wide,
                                           (INSTANCE_MAX - 1) * sizeof *wide, NULL) ||
        type != REG_SZ)
        return NULL;
    return utf8_from(wide);
}

static char *instance_of(HDEVINFO set, SP_DEVINFO_DATA *node)
{
    wchar_t wide[INSTANCE_MAX] = L"";
    if (!SetupDiGetDeviceInstanceIdW(set, node, wide, INSTANCE_MAX - 1, NULL))
        return NULL;
    return utf8_from(wide);
}

static bool next_node(HDEVINFO set, DWORD index, SP_DEVINFO_DATA *node)
{
    memset(node, 0, sizeof *node);
    node->cbSize = sizeof *node;
    return SetupDiEnumDeviceInfo(set, index, node);
}

/* Where Plug and Play gives no answer, what was found when the devices were read. */
static enum tri present_device(const struct facts *f, const char *instance)
{
    for (size_t i = 0; i < f->devices.count; i++)
        if (text_equal_nocase(f->devices.at[i].instance, instance))
            return f->devices.at[i].present;
    return TRI_UNKNOWN;
}

static void read_disk(HDEVINFO set, SP_DEVINFO_DATA *node, struct facts *f)
{
    struct win_device_status status;
    char *instance = instance_of(set, node);
    if (!instance) {
        f->disks_reading = READING_PARTIAL;
        return;
    }
    struct facts_disk *d = shape_list_add(&f->disks, sizeof *d);
    d->instance = instance;
    d->description = text_property(set, node, SPDRP_FRIENDLYNAME);
    if (!d->description)
        d->description = text_property(set, node, SPDRP_DEVICEDESC);
    win_device_status(instance, &status);
    d->present = status.present ? status.present : present_device(f, instance);
    read_parents(node->DevInst, d);
}

static void read_disks(struct facts *f)
{
    SP_DEVINFO_DATA node;
    HDEVINFO all = SetupDiGetClassDevsW(&disk_class, NULL, NULL, 0);
    if (all == INVALID_HANDLE_VALUE) {
        f->disks_reading = READING_UNKNOWN;
        return;
    }
    for (DWORD i = 0; next_node(all, i, &node); i++) {
        if (f->disks.count >= DETECT_DISKS_MAX) {
            f->disks_reading = READING_PARTIAL;
            break;
        }
        read_disk(all, &node, f);
    }
    SetupDiDestroyDeviceInfoList(all);
}

/* --- numbers ---------------------------------------------------------------------------------- */

static struct facts_disk *disk_of(struct facts *f, const char *instance)
{
    for (size_t i = 0; i < f->disks.count; i++)
        if (text_equal_nocase(f->disks.at[i].instance, instance))
            return &f->disks.at[i];
    return NULL;
}

/* The path by which the disk at index can be asked; node is the device that it belongs to. */
static bool next_interface(HDEVINFO set, DWORD index, wchar_t path[INTERFACE_MAX],
                           SP_DEVINFO_DATA *node)
{
    struct {
        SP_DEVICE_INTERFACE_DETAIL_DATA_W head;
        wchar_t room[INTERFACE_MAX];
    } detail;
    SP_DEVICE_INTERFACE_DATA found = {.cbSize = sizeof found};
    memset(&detail, 0, sizeof detail);
    memset(node, 0, sizeof *node);
    detail.head.cbSize = sizeof detail.head;
    node->cbSize = sizeof *node;
    *path = L'\0';
    if (!SetupDiEnumDeviceInterfaces(set, NULL, &disk_interface, index, &found))
        return false;
    if (SetupDiGetDeviceInterfaceDetailW(set, &found, &detail.head,
                                         sizeof detail.head + (INTERFACE_MAX - 1) * sizeof *path,
                                         NULL, node)) {
        const wchar_t *from = detail.head.DevicePath;
        size_t units = wcsnlen(from, INTERFACE_MAX - 1);
        memcpy(path, from, units * sizeof *path);
        path[units] = L'\0';
    }
    return true;
}

static void read_numbers(struct facts *f)
{
    static wchar_t path[INTERFACE_MAX];
    SP_DEVINFO_DATA node;
    HDEVINFO set =
        SetupDiGetClassDevsW(&disk_interface, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    for (DWORD i = 0;
         set != INVALID_HANDLE_VALUE && i < DETECT_DISKS_MAX && next_interface(set, i, path, &node);
         i++) {
        char *instance = instance_of(set, &node);
        struct facts_disk *d = instance ? disk_of(f, instance) : NULL;
        HANDLE handle = d && *path ? open_to_ask(path) : INVALID_HANDLE_VALUE;
        DWORD number;
        if (ask_number(handle, &number))
            d->number = number_of(number);
        win_handle_close(&handle);
        mem_free(instance);
    }
    if (set != INVALID_HANDLE_VALUE)
        SetupDiDestroyDeviceInfoList(set);
}

/* A present disk without a number, or without anything above it, was not read whole. */
static void judge_reading(struct facts *f)
{
    for (size_t i = 0; i < f->disks.count; i++) {
        const struct facts_disk *d = &f->disks.at[i];
        if (d->present != TRI_NO && (!d->number.known || !d->parents.count))
            f->disks_reading = READING_PARTIAL;
    }
}

void detect_disks(struct facts *f)
{
    struct numbers system;
    f->disks_reading = READING_FULL;
    read_disks(f);
    read_numbers(f);
    system_disks(&system);
    for (size_t i = 0; i < f->disks.count; i++) {
        struct facts_disk *d = &f->disks.at[i];
        d->system = is_system(d, &system);
        d->path = disk_path_of(f, d);
    }
    if (f->disks_reading == READING_FULL)
        judge_reading(f);
}
