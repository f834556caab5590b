#include "base/mem.h"
#include "base/text.h"
#include "base/utf16.windows.h"
#include "installer/detect.windows.h"
#include "installer/marks.h"
#include "installer/win.h"

#include <cfgmgr32.h>
#include <setupapi.h>
#include <stdlib.h>
#include <string.h>

#define CLASS_KEY "SYSTEM\\CurrentControlSet\\Control\\Class\\"

enum {
    INSTANCE_MAX = 512,     /* characters; Windows' own limit is 200 */
    NODES_MAX = 100000,     /* device nodes that are looked at */
    PROPERTY_MAX = 1 << 18, /* bytes of one property */
};

/* One device of a set. */
struct node {
    HDEVINFO set;
    SP_DEVINFO_DATA data;
};

static bool property(struct node *n, DWORD which, DWORD *type, struct bytes *out)
{
    SP_DEVINFO_DATA *data = &n->data;
    struct bytes value = {0};
    DWORD size = 0;
    bool ok = false;
    for (int i = 0; i < 3 && !ok && size <= PROPERTY_MAX; i++) {
        value.size = size;
        value.at = mem_resize(value.at, size ? size : 1, 1);
        DWORD need = 0;
        ok = SetupDiGetDeviceRegistryPropertyW(n->set, data, which, type, value.at, size, &need);
        if (ok && need <= size)
            value.size = need;
        if (!ok && GetLastError() != ERROR_INSUFFICIENT_BUFFER)
            break;
        size = need;
    }
    if (ok)
        *out = value;
    else
        bytes_release(&value);
    return ok;
}

static char *text_property(struct node *n, DWORD which)
{
    struct bytes value = {0};
    DWORD type = REG_NONE;
    char *text = NULL;
    if (property(n, which, &type, &value))
        text = win_value_text(type, bytes_span(&value));
    bytes_release(&value);
    return text;
}

static void texts_property(struct node *n, DWORD which, struct texts *out)
{
    struct bytes value = {0};
    DWORD type = REG_NONE;
    if (property(n, which, &type, &value))
        win_value_texts(type, bytes_span(&value), out);
    bytes_release(&value);
}

/* "@oem3.inf,%desc%;Xen PCI Device Driver" is how Vista and later keep what people may read. */
static char *readable(char *text)
{
    const char *plain = text && *text == '@' ? strrchr(text, ';') : NULL;
    if (!plain)
        return text;
    char *copy = mem_strdup(plain + 1);
    mem_free(text);
    return copy;
}

static char *instance_of(struct node *n)
{
    wchar_t wide[INSTANCE_MAX];
    if (!SetupDiGetDeviceInstanceIdW(n->set, &n->data, wide, INSTANCE_MAX, NULL))
        return NULL;
    wide[INSTANCE_MAX - 1] = L'\0';
    return utf8_from(wide);
}

/* Only a node that is in the tree of this boot has one. */
static char *parent_of(DEVINST node)
{
    wchar_t wide[INSTANCE_MAX] = L"";
    DEVINST parent = 0;
    if (CM_Get_Parent(&parent, node, 0) != CR_SUCCESS ||
        CM_Get_Device_IDW(parent, wide, INSTANCE_MAX - 1, 0) != CR_SUCCESS || !*wide)
        return NULL;
    return utf8_from(wide);
}

static HKEY driver_key(struct node *n)
{
    HKEY key = NULL;
    char *driver = text_property(n, SPDRP_DRIVER);
    if (driver && *driver) {
        struct text path = {0};
        text_addf(&path, CLASS_KEY "%s", driver);
        win_key_open(HKEY_LOCAL_MACHINE, text_str(&path), KEY_QUERY_VALUE, &key);
        text_release(&path);
    }
    mem_free(driver);
    return key;
}

static bool has_family_driver(struct node *n, const char *instance)
{
    char *service = text_property(n, SPDRP_SERVICE);
    bool ours = service && marks_service(service);
    mem_free(service);
    /* Asking every node for its provider would cost more than all the rest together. */
    if (ours || (!text_starts_nocase(instance, "PCI\\") && !text_starts_nocase(instance, "ROOT\\")))
        return ours;
    HKEY key = driver_key(n);
    char *provider = key ? win_key_text(key, "ProviderName") : NULL;
    ours = provider && marks_provider(provider);
    mem_free(provider);
    win_key_close(&key);
    return ours;
}

static bool is_ours(struct node *n, const char *instance)
{
    return marks_xen_device(instance) || marks_replaced_device(instance) ||
           has_family_driver(n, instance);
}

static void read_driver(struct node *n, struct facts_device *d)
{
    HKEY key = driver_key(n);
    if (!key)
        return;
    d->inf = win_key_text(key, "InfPath");
    d->provider = readable(win_key_text(key, "ProviderName"));
    d->driver_version = win_key_text(key, "DriverVersion");
    d->driver_date = win_key_text(key, "DriverDate");
    win_key_close(&key);
}

/* A device without a class has no such property; the null GUID that some write says the same. */
static char *class_guid(struct node *n)
{
    char *guid = text_property(n, SPDRP_CLASSGUID);
    if (!guid || strcmp(guid, "{00000000-0000-0000-0000-000000000000}") != 0)
        return guid;
    mem_free(guid);
    return NULL;
}

static void read_node(struct node *n, struct facts_device *d)
{
    texts_property(n, SPDRP_HARDWAREID, &d->hardware_ids);
    texts_property(n, SPDRP_COMPATIBLEIDS, &d->compatible_ids);
    d->description = readable(text_property(n, SPDRP_DEVICEDESC));
    d->class_name = text_property(n, SPDRP_CLASS);
    d->class_guid = class_guid(n);
    d->service = text_property(n, SPDRP_SERVICE);
    texts_property(n, SPDRP_UPPERFILTERS, &d->upper_filters);
    texts_property(n, SPDRP_LOWERFILTERS, &d->lower_filters);
    d->parent = parent_of(n->data.DevInst);
    read_driver(n, d);
}

static HDEVINFO open_set(DWORD flags)
{
    return SetupDiGetClassDevsW(NULL, NULL, NULL, DIGCF_ALLCLASSES | flags);
}

static bool next_node(struct node *n, DWORD index)
{
    memset(&n->data, 0, sizeof n->data);
    n->data.cbSize = sizeof n->data;
    return index < NODES_MAX && SetupDiEnumDeviceInfo(n->set, index, &n->data);
}

/* The instance ids of what is present, in order; read once, when somebody asks. */
struct present {
    HDEVINFO set;
    bool read;
    struct texts ids;
};

static int compare_ids(const void *a, const void *b)
{
    return text_compare_nocase(*(char *const *)a, *(char *const *)b);
}

static void read_present(struct present *p)
{
    struct node n = {.set = p->set};
    p->read = true;
    for (DWORD i = 0; next_node(&n, i); i++) {
        char *instance = instance_of(&n);
        if (instance)
            texts_add(&p->ids, instance);
        mem_free(instance);
    }
    qsort(p->ids.at, p->ids.count, sizeof *p->ids.at, compare_ids);
}

/* Is the instance among the present ones? Opening by id would add it to the set, so we look. */
static enum tri among_present(struct present *p, const char *instance)
{
    if (p->set == INVALID_HANDLE_VALUE)
        return TRI_UNKNOWN;
    if (!p->read)
        read_present(p);
    bool found =
        p->ids.count && bsearch(&instance, p->ids.at, p->ids.count, sizeof *p->ids.at, compare_ids);
    return found ? TRI_YES : TRI_NO;
}

/* Plug and Play's own answer first; where it gives none, the list of what is present. */
static void read_status(struct present *present, struct facts_device *d)
{
    struct win_device_status status;
    win_device_status(d->instance, &status);
    d->present = status.present ? status.present : among_present(present, d->instance);
    d->started = status.started;
    d->problem = status.problem;
}

static void read_all(HDEVINFO all, struct present *present, struct facts *f)
{
    struct node n = {.set = all};
    for (DWORD i = 0; next_node(&n, i); i++) {
        char *instance = instance_of(&n);
        if (!instance || !is_ours(&n, instance)) {
            mem_free(instance);
            continue;
        }
        if (f->devices.count >= DETECT_DEVICES_MAX) {
            f->devices_reading = READING_PARTIAL;
            mem_free(instance);
            return;
        }
        struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
        d->instance = instance;
        read_node(&n, d);
        read_status(present, d);
    }
}

void detect_devices(struct facts *f)
{
    HDEVINFO all = open_set(0);
    if (all == INVALID_HANDLE_VALUE)
        return;
    struct present present = {.set = open_set(DIGCF_PRESENT)};
    f->devices_reading = present.set == INVALID_HANDLE_VALUE ? READING_PARTIAL : READING_FULL;
    read_all(all, &present, f);
    texts_release(&present.ids);
    if (present.set != INVALID_HANDLE_VALUE)
        SetupDiDestroyDeviceInfoList(present.set);
    SetupDiDestroyDeviceInfoList(all);
}
