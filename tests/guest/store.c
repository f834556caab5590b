/*
 * store.c: a kernel driver that stands for xenstore: what xeniface.sys and GPLPV's xenpci.sys let a
 * program do, as far as writing goes.
 *
 * It answers under the names that the two device interfaces of check.sh have. XENIFACE takes the
 * control code 0x222004 with "path NUL value NUL", and refuses what win-xeniface's ioctl_store.c
 * refuses; WIRE takes messages of xenstored by IRP_MJ_WRITE and gives the answers by IRP_MJ_READ,
 * as win-pvdrivers' xenbus_device_interface.c. What was written stands in HKLM\Software\xenstore,
 * so that a test can read it; a path that does not begin with data/ is refused, as xenstored does.
 */
#include <ddk/wdm.h>

#define XENIFACE_LINK L"\\??\\ROOT#XENIFACE#0000#{b2cfb085-aa5e-47e1-8bf7-9793f3154565}"
#define WIRE_LINK L"\\??\\ROOT#XENPCI#0000#{14ce175a-3ee2-4fae-9252-00dbd84f018e}"
#define KEY L"\\Registry\\Machine\\Software\\xenstore"

enum { IOCTL_WRITE = 0x222004, WIRE_WRITE = 11, WIRE_ERROR = 16, HEADER = 16, TEXT_MAX = 600 };

static DEVICE_OBJECT *xeniface, *wire;
static UCHAR answer[64];
static ULONG answer_size;

DRIVER_INITIALIZE DriverEntry;

static NTSTATUS complete(IRP *irp, NTSTATUS status, ULONG_PTR size)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = size;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return status;
}

/* Bytes of a printable text with its NUL; 0: it is none. */
static ULONG valid_text(const UCHAR *text, ULONG size)
{
    for (ULONG i = 0; i < size; i++) {
        if (!text[i])
            return i + 1;
        if (text[i] < 0x20 || text[i] > 0x7e)
            break;
    }
    return 0;
}

static void widen(const UCHAR *text, ULONG size, WCHAR *out, UNICODE_STRING *string)
{
    for (ULONG i = 0; i < size; i++)
        out[i] = text[i];
    out[size] = 0;
    string->Buffer = out;
    string->Length = (USHORT)(size * sizeof(WCHAR));
    string->MaximumLength = (USHORT)((size + 1) * sizeof(WCHAR));
}

static NTSTATUS keep(const UCHAR *path, ULONG path_size, const UCHAR *value, ULONG value_size)
{
    static WCHAR wide_path[TEXT_MAX + 1], wide_value[TEXT_MAX + 1];
    UNICODE_STRING key_name, name, data;
    OBJECT_ATTRIBUTES attributes;
    HANDLE key;
    NTSTATUS status;

    if (path_size > TEXT_MAX || value_size > TEXT_MAX)
        return STATUS_INVALID_PARAMETER;
    if (path_size < 5 || path[0] != 'd' || path[1] != 'a' || path[2] != 't' || path[3] != 'a' ||
        path[4] != '/')
        return STATUS_ACCESS_DENIED;
    RtlInitUnicodeString(&key_name, KEY);
    InitializeObjectAttributes(&attributes, &key_name, OBJ_CASE_INSENSITIVE, NULL, NULL);
    status = ZwCreateKey(&key, KEY_SET_VALUE, &attributes, 0, NULL, 0, NULL);
    if (!NT_SUCCESS(status))
        return status;
    widen(path, path_size, wide_path, &name);
    widen(value, value_size, wide_value, &data);
    status = ZwSetValueKey(key, &name, 0, REG_SZ, data.Buffer, data.MaximumLength);
    ZwClose(key);
    return status;
}

static NTSTATUS NTAPI control(DEVICE_OBJECT *device, IRP *irp)
{
    IO_STACK_LOCATION *at = IoGetCurrentIrpStackLocation(irp);
    const UCHAR *buffer = irp->AssociatedIrp.SystemBuffer;
    ULONG size = at->Parameters.DeviceIoControl.InputBufferLength, path, value;

    if (device != xeniface || at->Parameters.DeviceIoControl.IoControlCode != IOCTL_WRITE)
        return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
    if (!size || at->Parameters.DeviceIoControl.OutputBufferLength)
        return complete(irp, STATUS_INVALID_BUFFER_SIZE, 0);
    path = valid_text(buffer, size);
    value = path ? valid_text(buffer + path, size - path) : 0;
    if (!value)
        return complete(irp, STATUS_INVALID_PARAMETER, 0);
    return complete(irp, keep(buffer, path - 1, buffer + path, value - 1), 0);
}

static void put_number(UCHAR *at, ULONG value)
{
    for (int i = 0; i < 4; i++)
        at[i] = (UCHAR)(value >> (8 * i));
}

static ULONG number_at(const UCHAR *at)
{
    return (ULONG)at[0] | (ULONG)at[1] << 8 | (ULONG)at[2] << 16 | (ULONG)at[3] << 24;
}

static NTSTATUS NTAPI write(DEVICE_OBJECT *device, IRP *irp)
{
    ULONG size = IoGetCurrentIrpStackLocation(irp)->Parameters.Write.Length, path;
    const UCHAR *buffer = irp->AssociatedIrp.SystemBuffer;
    const char *says = "EINVAL";

    if (device != wire || size < HEADER || number_at(buffer + 12) != size - HEADER)
        return complete(irp, STATUS_INVALID_PARAMETER, 0);
    path = valid_text(buffer + HEADER, size - HEADER);
    if (path && number_at(buffer) == WIRE_WRITE)
        says = NT_SUCCESS(
                   keep(buffer + HEADER, path - 1, buffer + HEADER + path, size - HEADER - path))
                   ? "OK"
                   : "EACCES";
    put_number(answer, says[0] == 'O' ? WIRE_WRITE : WIRE_ERROR);
    put_number(answer + 4, number_at(buffer + 4));
    put_number(answer + 8, 0);
    for (answer_size = 0; answer_size == 0 || says[answer_size - 1]; answer_size++)
        answer[HEADER + answer_size] = (UCHAR)says[answer_size];
    put_number(answer + 12, answer_size);
    answer_size += HEADER;
    return complete(irp, STATUS_SUCCESS, size);
}

static NTSTATUS NTAPI read(DEVICE_OBJECT *device, IRP *irp)
{
    ULONG room = IoGetCurrentIrpStackLocation(irp)->Parameters.Read.Length, size = answer_size;
    UCHAR *buffer = irp->AssociatedIrp.SystemBuffer;

    if (device != wire || size > room)
        return complete(irp, STATUS_INVALID_PARAMETER, 0);
    for (ULONG i = 0; i < size; i++)
        buffer[i] = answer[i];
    answer_size = 0;
    return complete(irp, STATUS_SUCCESS, size);
}

static NTSTATUS NTAPI open_or_close(DEVICE_OBJECT *device, IRP *irp)
{
    (void)device;
    return complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS serve(DRIVER_OBJECT *driver, const WCHAR *name, const WCHAR *link,
                      DEVICE_OBJECT **device)
{
    UNICODE_STRING device_name, link_name;
    NTSTATUS status;

    RtlInitUnicodeString(&device_name, name);
    RtlInitUnicodeString(&link_name, link);
    status = IoCreateDevice(driver, 0, &device_name, FILE_DEVICE_UNKNOWN, 0, FALSE, device);
    if (NT_SUCCESS(status)) {
        (*device)->Flags |= DO_BUFFERED_IO;
        (*device)->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
        status = IoCreateSymbolicLink(&link_name, &device_name);
    }
    return status;
}

NTSTATUS NTAPI DriverEntry(DRIVER_OBJECT *driver, UNICODE_STRING *registry_path)
{
    NTSTATUS status;

    (void)registry_path;
    driver->MajorFunction[IRP_MJ_CREATE] = open_or_close;
    driver->MajorFunction[IRP_MJ_CLOSE] = open_or_close;
    driver->MajorFunction[IRP_MJ_CLEANUP] = open_or_close;
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
    driver->MajorFunction[IRP_MJ_WRITE] = write;
    driver->MajorFunction[IRP_MJ_READ] = read;
    status = serve(driver, L"\\Device\\storexeniface", XENIFACE_LINK, &xeniface);
    return NT_SUCCESS(status) ? serve(driver, L"\\Device\\storewire", WIRE_LINK, &wire) : status;
}
