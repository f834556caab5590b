/* Before windows.h, which would bring an older one. */
#include <winsock2.h>
#include <ws2ipdef.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/network.windows.h"
#include "installer/win.h"

#include <iphlpapi.h>
#include <netioapi.h>
#include <ntddndis.h>
#include <stdio.h>
#include <string.h>
#include <winioctl.h>

enum {
    MAC_SIZE = 6,
    ROWS_MAX = 65536,
    NETSH_LIMIT_MS = 60000,
    COMMAND_MAX = 2048, /* characters */
};

/* --- MAC addresses ---------------------------------------------------------------------------- */

static char *mac_text(const uint8_t *bytes, size_t size)
{
    struct text t = {0};
    if (size != MAC_SIZE)
        return NULL;
    text_add_hex(&t, span_of(bytes, size));
    char *mac = network_mac(text_str(&t));
    text_release(&t);
    return mac;
}

/* NDIS answers this of every started adapter, from Windows 2000 on. */
static char *ask_ndis(const char *guid, bool permanent)
{
    DWORD oid = permanent ? OID_802_3_PERMANENT_ADDRESS : OID_802_3_CURRENT_ADDRESS;
    uint8_t mac[MAC_SIZE] = {0};
    DWORD got = 0;
    struct text path = {0};
    text_addf(&path, "\\\\.\\%s", guid);
    wchar_t *wide = utf16_from(text_str(&path));
    text_release(&path);
    HANDLE adapter = wide ? CreateFileW(wide, 0, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                        OPEN_EXISTING, 0, NULL)
                          : INVALID_HANDLE_VALUE;
    mem_free(wide);
    if (adapter == INVALID_HANDLE_VALUE)
        return NULL;
    BOOL ok = DeviceIoControl(adapter, IOCTL_NDIS_QUERY_GLOBAL_STATS, &oid, sizeof oid, mac,
                              sizeof mac, &got, NULL);
    win_handle_close(&adapter);
    return ok ? mac_text(mac, got) : NULL;
}

/* --- the IP helper of Vista and later ----------------------------------------------------------
 */

struct helper {
    DWORD(WINAPI *luid)(const GUID *, NET_LUID *);
    DWORD(WINAPI *index)(const NET_LUID *, NET_IFINDEX *);
    DWORD(WINAPI *interface_row)(MIB_IF_ROW2 *);
    DWORD(WINAPI *addresses)(ADDRESS_FAMILY, MIB_UNICASTIPADDRESS_TABLE **);
    DWORD(WINAPI *routes)(ADDRESS_FAMILY, MIB_IPFORWARD_TABLE2 **);
    void(WINAPI *release)(void *);
};

static bool bind_helper(struct helper *h)
{
    static const wchar_t library[] = L"iphlpapi.dll";
    win_procedure luid = win_bind(library, "ConvertInterfaceGuidToLuid");
    win_procedure index = win_bind(library, "ConvertInterfaceLuidToIndex");
    win_procedure row = win_bind(library, "GetIfEntry2");
    win_procedure addresses = win_bind(library, "GetUnicastIpAddressTable");
    win_procedure routes = win_bind(library, "GetIpForwardTable2");
    win_procedure release = win_bind(library, "FreeMibTable");
    h->luid = (DWORD(WINAPI *)(const GUID *, NET_LUID *))luid;
    h->index = (DWORD(WINAPI *)(const NET_LUID *, NET_IFINDEX *))index;
    h->interface_row = (DWORD(WINAPI *)(MIB_IF_ROW2 *))row;
    h->addresses = (DWORD(WINAPI *)(ADDRESS_FAMILY, MIB_UNICASTIPADDRESS_TABLE **))addresses;
    h->routes = (DWORD(WINAPI *)(ADDRESS_FAMILY, MIB_IPFORWARD_TABLE2 **))routes;
    h->release = (void(WINAPI *)(void *))release;
    return luid && index && row && addresses && release;
}

/* The LUID of the interface; false when the stack does not have it now. */
static bool find_luid(const struct helper *h, const char *guid, NET_LUID *luid)
{
    GUID id = {0};
    unsigned bytes[8] = {0};
    unsigned long first = 0;
    unsigned second = 0, third = 0;
    if (sscanf(guid, "{%8lx-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x}", &first, &second, &third, &bytes[0],
               &bytes[1], &bytes[2], &bytes[3], &bytes[4], &bytes[5], &bytes[6], &bytes[7]) != 11)
        return false;
    id.Data1 = first;
    id.Data2 = (unsigned short)second;
    id.Data3 = (unsigned short)third;
    for (size_t i = 0; i < 8; i++)
        id.Data4[i] = (unsigned char)bytes[i];
    return h->luid(&id, luid) == NO_ERROR;
}

static char *ask_helper(const char *guid, bool permanent)
{
    struct helper h;
    MIB_IF_ROW2 row = {0};
    if (!bind_helper(&h) || !find_luid(&h, guid, &row.InterfaceLuid) ||
        h.interface_row(&row) != NO_ERROR)
        return NULL;
    return mac_text(permanent ? row.PermanentPhysicalAddress : row.PhysicalAddress,
                    row.PhysicalAddressLength);
}

char *network_ask_mac(const char *guid, bool permanent)
{
    char *mac = ask_ndis(guid, permanent);
    return mac ? mac : ask_helper(guid, permanent);
}

/* --- reading IPv6 ----------------------------------------------------------------------------- */

/* "2001:db8:0:0:0:0:0:5/64", in the one form that needs no rules. */
static char *address6_text(const SOCKADDR_INET *address, unsigned prefix_length, bool with_prefix)
{
    struct text t = {0};
    const unsigned char *at = address->Ipv6.sin6_addr.s6_addr;
    for (size_t i = 0; i < 16; i += 2)
        text_addf(&t, "%s%x", i ? ":" : "", (unsigned)(at[i] << 8 | at[i + 1]));
    if (with_prefix)
        text_addf(&t, "/%u", prefix_length);
    return text_steal(&t);
}

static bool read_addresses(const struct helper *h, const NET_LUID *luid,
                           struct network_settings *out)
{
    MIB_UNICASTIPADDRESS_TABLE *table = NULL;
    DWORD code = h->addresses(AF_INET6, &table);
    if (code != NO_ERROR || !table)
        return code == ERROR_NOT_FOUND; /* an interface without IPv6 */
    for (ULONG i = 0; i < table->NumEntries && i < ROWS_MAX; i++) {
        const MIB_UNICASTIPADDRESS_ROW *row = &table->Table[i];
        if (row->InterfaceLuid.Value != luid->Value || row->PrefixOrigin != IpPrefixOriginManual ||
            row->SuffixOrigin != IpSuffixOriginManual)
            continue;
        char *text = address6_text(&row->Address, row->OnLinkPrefixLength, true);
        texts_add(&out->addresses6, text);
        mem_free(text);
    }
    h->release(table);
    return true;
}

static bool is_made_by_hand(const MIB_IPFORWARD_ROW2 *row, const NET_LUID *luid)
{
    static const unsigned char none[16];
    return row->InterfaceLuid.Value == luid->Value && row->Protocol == MIB_IPPROTO_NETMGMT &&
           row->Origin == NlroManual &&
           memcmp(row->NextHop.Ipv6.sin6_addr.s6_addr, none, sizeof none) != 0;
}

static bool read_routes(const struct helper *h, const NET_LUID *luid, struct network_settings *out)
{
    MIB_IPFORWARD_TABLE2 *table = NULL;
    DWORD code = h->routes ? h->routes(AF_INET6, &table) : ERROR_NOT_FOUND;
    if (code != NO_ERROR || !table)
        return code == ERROR_NOT_FOUND;
    for (ULONG i = 0; i < table->NumEntries && i < ROWS_MAX; i++) {
        const MIB_IPFORWARD_ROW2 *row = &table->Table[i];
        if (!is_made_by_hand(row, luid) || out->routes6.count >= NETWORK_ROUTES_MAX)
            continue;
        struct network_route *route = shape_list_add(&out->routes6, sizeof *route);
        route->prefix = row->DestinationPrefix.PrefixLength
                            ? address6_text(&row->DestinationPrefix.Prefix,
                                            row->DestinationPrefix.PrefixLength, true)
                            : mem_strdup("::/0");
        route->next_hop = address6_text(&row->NextHop, 0, false);
        route->metric = number_of(row->Metric);
    }
    h->release(table);
    return true;
}

bool network_ip6_read(const char *guid, struct network_settings *out)
{
    struct helper h;
    NET_LUID luid;
    if (!bind_helper(&h) || !find_luid(&h, guid, &luid))
        return true;
    bool addresses = read_addresses(&h, &luid, out);
    bool routes = read_routes(&h, &luid, out);
    return addresses && routes;
}

/* --- writing IPv6 ----------------------------------------------------------------------------- */

/* netsh by its full path and without a window; its exit code is 0 when it did it. */
static bool run_netsh(const char *arguments, struct err *e)
{
    wchar_t command[COMMAND_MAX];
    STARTUPINFOW startup = {.cb = sizeof startup};
    PROCESS_INFORMATION process = {0};
    DWORD code = 1;
    char *windows = win_windows_folder();
    struct text path = {0}, line = {0};
    text_addf(&path, "%s\\System32\\netsh.exe", windows);
    char *native = win_native_path(text_str(&path), NULL);
    text_addf(&line, "\"%s\" interface ipv6 %s", native, arguments);
    wchar_t *file = utf16_from(native), *wide = utf16_from(text_str(&line));
    bool ok = file && wide && wcslen(wide) < COMMAND_MAX;
    if (ok)
        wcscpy(command, wide);
    ok = ok && CreateProcessW(file, command, NULL, NULL, FALSE, CREATE_NO_WINDOW, NULL, NULL,
                              &startup, &process);
    DWORD failure = ok ? ERROR_SUCCESS : GetLastError();
    if (ok && WaitForSingleObject(process.hProcess, NETSH_LIMIT_MS) != WAIT_OBJECT_0)
        failure = ERROR_TIMEOUT;
    if (ok && failure == ERROR_SUCCESS && !GetExitCodeProcess(process.hProcess, &code))
        failure = GetLastError();
    if (failure != ERROR_SUCCESS)
        win_fail(e, failure, "cannot run netsh interface ipv6 %s", arguments);
    else if (code)
        err_set(e, ERR_FAILED, "netsh interface ipv6 %s ended with %lu", arguments, code);
    win_handle_close(&process.hThread);
    win_handle_close(&process.hProcess);
    mem_free(windows);
    mem_free(native);
    mem_free(file);
    mem_free(wide);
    text_release(&path);
    text_release(&line);
    return failure == ERROR_SUCCESS && !code;
}

static bool netsh_address(const char *verb, NET_IFINDEX index, const char *address, struct err *e)
{
    struct text t = {0};
    bool add = strcmp(verb, "add") == 0;
    size_t size = add ? strlen(address) : strcspn(address, "/");
    text_addf(&t, "%s address interface=%lu address=", verb, (unsigned long)index);
    text_add_bytes(&t, address, size);
    text_add(&t, " store=persistent");
    bool ok = run_netsh(text_str(&t), e);
    text_release(&t);
    return ok;
}

static bool netsh_route(const char *verb, NET_IFINDEX index, const struct network_route *route,
                        struct err *e)
{
    struct text t = {0};
    text_addf(&t, "%s route prefix=%s interface=%lu nexthop=%s", verb, route->prefix,
              (unsigned long)index, route->next_hop);
    if (strcmp(verb, "add") == 0 && route->metric.known)
        text_addf(&t, " metric=%llu", (unsigned long long)route->metric.value);
    text_add(&t, " store=persistent");
    bool ok = run_netsh(text_str(&t), e);
    text_release(&t);
    return ok;
}

static bool has_route(const struct network_settings *s, const struct network_route *route)
{
    for (size_t i = 0; i < s->routes6.count; i++)
        if (text_equal_nocase(s->routes6.at[i].prefix, route->prefix) &&
            text_equal_nocase(s->routes6.at[i].next_hop, route->next_hop))
            return true;
    return false;
}

/* What is too much goes, routes first; then what is missing comes, routes last. */
static bool apply(NET_IFINDEX index, const struct network_settings *now,
                  const struct network_settings *after, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < now->routes6.count; i++)
        ok = has_route(after, &now->routes6.at[i]) ||
             netsh_route("delete", index, &now->routes6.at[i], e);
    for (size_t i = 0; ok && i < now->addresses6.count; i++)
        ok = texts_have_nocase(&after->addresses6, now->addresses6.at[i]) ||
             netsh_address("delete", index, now->addresses6.at[i], e);
    for (size_t i = 0; ok && i < after->addresses6.count; i++)
        ok = texts_have_nocase(&now->addresses6, after->addresses6.at[i]) ||
             netsh_address("add", index, after->addresses6.at[i], e);
    for (size_t i = 0; ok && i < after->routes6.count; i++)
        ok = has_route(now, &after->routes6.at[i]) ||
             netsh_route("add", index, &after->routes6.at[i], e);
    return ok;
}

bool network_ip6_write(const struct network_change *change, struct err *e)
{
    struct helper h;
    NET_LUID luid;
    NET_IFINDEX index = 0;
    struct network_settings now = {0};
    if (!change->before.addresses6.count && !change->before.routes6.count &&
        !change->after.addresses6.count && !change->after.routes6.count)
        return true;
    if (!bind_helper(&h) || !find_luid(&h, change->guid, &luid) ||
        h.index(&luid, &index) != NO_ERROR)
        return err_set(e, ERR_FAILED,
                       "the IPv6 addresses of '%s' cannot be set while it is not started",
                       change->guid);
    bool ok =
        read_addresses(&h, &luid, &now) && read_routes(&h, &luid, &now)
            ? apply(index, &now, &change->after, e)
            : err_set(e, ERR_FAILED, "the IPv6 addresses of '%s' cannot be read", change->guid);
    network_settings_release(&now);
    return ok;
}
