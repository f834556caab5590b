#include "installer/xenstore.h"

#include "base/mem.h"
#include "installer/win.h"

#include <setupapi.h>

enum { WAIT_MS = 5000, DETAIL_MAX = 64 * 1024 };

static const GUID xeniface_guid = {
    0xb2cfb085, 0xaa5e, 0x47e1, {0x8b, 0xf7, 0x97, 0x93, 0xf3, 0x15, 0x45, 0x65}};
static const GUID gplpv_guid = {
    0x14ce175a, 0x3ee2, 0x4fae, {0x92, 0x52, 0x00, 0xdb, 0xd8, 0x4f, 0x01, 0x8e}};

struct channel {
    HANDLE device, done; /* done is signalled when a request has ended */
    enum xenstore_dialect dialect;
};

/* A driver that never answers must not hang us: after a while the request is called back. */
static bool wait_for(struct channel *c, OVERLAPPED *o, BOOL started, size_t *got, struct err *e)
{
    DWORD code = started ? ERROR_SUCCESS : GetLastError(), size = 0;
    if (code == ERROR_IO_PENDING || code == ERROR_SUCCESS) {
        bool late = WaitForSingleObject(c->done, WAIT_MS) != WAIT_OBJECT_0;
        if (late)
            CancelIo(c->device);
        code = GetOverlappedResult(c->device, o, &size, TRUE) ? ERROR_SUCCESS : GetLastError();
        if (late && code != ERROR_SUCCESS)
            code = ERROR_TIMEOUT;
    }
    *got = size;
    return code == ERROR_SUCCESS || win_fail(e, code, "the driver refuses it");
}

static bool exchange(void *context, struct span request, uint8_t reply[XENSTORE_REPLY_MAX],
                     size_t *got, struct err *e)
{
    struct channel *c = context;
    OVERLAPPED o = {.hEvent = c->done}, answer = {.hEvent = c->done};
    uint8_t *bytes = mem_resize(NULL, request.size, 1);
    memcpy(bytes, request.at, request.size);
    bool ok;
    if (c->dialect == XENSTORE_XENIFACE)
        ok = wait_for(c, &o,
                      DeviceIoControl(c->device, XENSTORE_IOCTL_WRITE, bytes, (DWORD)request.size,
                                      NULL, 0, NULL, &o),
                      got, e);
    else
        ok = wait_for(c, &o, WriteFile(c->device, bytes, (DWORD)request.size, NULL, &o), got, e) &&
             wait_for(c, &answer, ReadFile(c->device, reply, XENSTORE_REPLY_MAX, NULL, &answer),
                      got, e);
    mem_free(bytes);
    return ok;
}

static void close_channel(void *context)
{
    struct channel *c = context;
    win_handle_close(&c->device);
    win_handle_close(&c->done);
    mem_free(c);
}

static HANDLE open_interface(HDEVINFO set, SP_DEVICE_INTERFACE_DATA *which)
{
    DWORD size = 0;
    HANDLE device = INVALID_HANDLE_VALUE;
    SetupDiGetDeviceInterfaceDetailW(set, which, NULL, 0, &size, NULL);
    if (size < sizeof(SP_DEVICE_INTERFACE_DETAIL_DATA_W) || size > DETAIL_MAX) {
        SetLastError(ERROR_INVALID_DATA);
        return device;
    }
    SP_DEVICE_INTERFACE_DETAIL_DATA_W *detail = mem_zero(1, size);
    detail->cbSize = sizeof *detail;
    if (SetupDiGetDeviceInterfaceDetailW(set, which, detail, size, NULL, NULL))
        device = CreateFileW(detail->DevicePath, GENERIC_READ | GENERIC_WRITE,
                             FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                             FILE_FLAG_OVERLAPPED, NULL);
    DWORD code = GetLastError();
    mem_free(detail);
    SetLastError(code);
    return device;
}

/* The first that is there and can be opened. */
static bool open_one(const GUID *guid, HANDLE *device, struct err *e)
{
    DWORD code = ERROR_FILE_NOT_FOUND;
    HDEVINFO set = SetupDiGetClassDevsW(guid, NULL, NULL, DIGCF_PRESENT | DIGCF_DEVICEINTERFACE);
    SP_DEVICE_INTERFACE_DATA which = {.cbSize = sizeof which};
    *device = INVALID_HANDLE_VALUE;
    for (DWORD i = 0; set != INVALID_HANDLE_VALUE && *device == INVALID_HANDLE_VALUE &&
                      SetupDiEnumDeviceInterfaces(set, NULL, guid, i, &which);
         i++) {
        *device = open_interface(set, &which);
        code = *device == INVALID_HANDLE_VALUE ? GetLastError() : ERROR_SUCCESS;
    }
    if (set != INVALID_HANDLE_VALUE)
        SetupDiDestroyDeviceInfoList(set);
    return code == ERROR_SUCCESS || win_fail(e, code, "cannot open the driver's interface");
}

bool xenstore_open(struct xenstore *out, struct err *e)
{
    static const struct {
        enum xenstore_dialect dialect;
        const GUID *guid;
    } drivers[] = {{XENSTORE_XENIFACE, &xeniface_guid}, {XENSTORE_WIRE, &gplpv_guid}};
    struct err failure = {0};
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        HANDLE device;
        struct err one = {0};
        if (!open_one(drivers[i].guid, &device, &one)) {
            if (one.code != ERROR_FILE_NOT_FOUND && failure.kind == ERR_NONE)
                failure = one;
            continue;
        }
        struct channel *c = mem_zero(1, sizeof *c);
        c->device = device;
        c->done = CreateEventW(NULL, TRUE, FALSE, NULL);
        c->dialect = drivers[i].dialect;
        *out = (struct xenstore){
            .dialect = c->dialect, .context = c, .exchange = exchange, .close = close_channel};
        return true;
    }
    if (failure.kind != ERR_NONE)
        return err_set(e, failure.kind, "%s", failure.text);
    return err_set(e, ERR_NOT_FOUND, "no driver here lets a program write to xenstore");
}
