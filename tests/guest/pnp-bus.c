/*
 * pnp-bus.c: which children each bus reports, and with which ids.
 *
 * It knows the id formats of the PCI bus and of the PV bus drivers, and which revisions which
 * version of them exports. A PV bus reports something only while its driver runs; the version is
 * that of the INF that is bound to it.
 */
#include "pnp.h"

/* A function on the PCI bus. class_name is NULL for a device that Windows has no driver for. */
struct pci_function {
    const wchar_t *name;
    unsigned vendor, device, subsystem, revision, class_code, slot, function;
    const wchar_t *description;
    const wchar_t *class_name, *class_guid, *service;
};

/* Read in an HVM guest of Xen 4.17 by lspci. */
static const struct pci_function pci_functions[] = {
    {L"platform", 0x5853, 0x0001, 0x00015853, 0x01, 0xff8000, 2, 0, L"PCI Device", NULL, NULL,
     NULL},
    {L"vendor", 0x5853, 0xc000, 0xc0005853, 0x01, 0x088000, 5, 0, L"Base System Device", NULL, NULL,
     NULL},
    {L"ide", 0x8086, 0x7010, 0x11001af4, 0x00, 0x010180, 1, 1,
     L"Intel(R) 82371SB PCI Bus Master IDE Controller", L"hdc",
     L"{4D36E96A-E325-11CE-BFC1-08002BE10318}", L"intelide"},
    {L"nic", 0x10ec, 0x8139, 0x11001af4, 0x20, 0x020000, 4, 0,
     L"Realtek RTL8139 Family PCI Fast Ethernet NIC", L"Net",
     L"{4D36E972-E325-11CE-BFC1-08002BE10318}", L"rtl8139"},
};

/* Revisions that a bus driver exports, from the version given on (src/<driver>/revision.h of the
 * Xen Project drivers; what stands there for 9.0 is the state before its tag). */
struct exports {
    struct version from;
    unsigned revisions[24]; /* ascending, ends with 0 */
};

#define REVISIONS_8_VIF \
    0x08000002, 0x08000003, 0x08000004, 0x08000005, 0x08000006, 0x08000007, 0x08000008, \
    0x08000009, 0x0800000a, 0x0800000b, 0x0800000c, 0x0800000d

static const struct exports xenbus_exports[] = {
    {{{8, 1, 0, 0}}, {0x08000009, 0x0800000a}},
    {{{8, 2, 0, 0}}, {0x08000009, 0x0800000a, 0x0800000b}},
    {{{8, 2, 1, 0}}, {0x08000009, 0x0800000a, 0x0800000b, 0x0800000c, 0x0800000d}},
    {{{9, 0, 0, 0}}, {0x08000009, 0x0800000a, 0x0800000b, 0x09000000, 0x09000001, 0x09000002,
                      0x09000003, 0x09000004, 0x09000005, 0x09000006, 0x09000007}},
    {{{9, 1, 0, 0}}, {0x09000000, 0x09000001, 0x09000002, 0x09000003, 0x09000004, 0x09000005,
                      0x09000006, 0x09000007, 0x09000008, 0x09000009, 0x0900000a, 0x0900000b}},
    {{{9, 1, 100, 0}}, {0x09000008, 0x09000009, 0x0900000a, 0x0900000b, 0x0900000c}},
};

static const struct exports xenvif_exports[] = {
    {{{8, 1, 0, 0}}, {0x08000002, 0x08000005, 0x08000007, 0x08000008, 0x0800000a}},
    {{{8, 2, 0, 0}}, {REVISIONS_8_VIF}},
    {{{9, 0, 0, 0}}, {0x0800000b, 0x0800000c, 0x0800000d, 0x09000000, 0x09000001}},
    {{{9, 1, 0, 0}}, {0x09000000, 0x09000001, 0x09000002, 0x09000003, 0x09000004, 0x09000005}},
    {{{9, 1, 100, 0}}, {0x09000001, 0x09000002, 0x09000003, 0x09000004, 0x09000005}},
};

/* ---- the PCI bus ---- */

/* Ids and their order: "Identifiers for PCI Devices" of the Windows driver documentation. */
static void pci_ids(const struct pci_function *f, struct child *child)
{
    unsigned v = f->vendor, d = f->device, sub = f->subsystem, rev = f->revision;
    unsigned full = f->class_code, base = f->class_code >> 8;
    wchar_t *hardware = child->hardware_ids, *compatible = child->compatible_ids;

    list_add(hardware, "PCI\\VEN_%04X&DEV_%04X&SUBSYS_%08X&REV_%02X", v, d, sub, rev);
    list_add(hardware, "PCI\\VEN_%04X&DEV_%04X&SUBSYS_%08X", v, d, sub);
    list_add(hardware, "PCI\\VEN_%04X&DEV_%04X&CC_%06X", v, d, full);
    list_add(hardware, "PCI\\VEN_%04X&DEV_%04X&CC_%04X", v, d, base);
    list_add(compatible, "PCI\\VEN_%04X&DEV_%04X&REV_%02X", v, d, rev);
    list_add(compatible, "PCI\\VEN_%04X&DEV_%04X", v, d);
    list_add(compatible, "PCI\\VEN_%04X&CC_%06X", v, full);
    list_add(compatible, "PCI\\VEN_%04X&CC_%04X", v, base);
    list_add(compatible, "PCI\\VEN_%04X", v);
    list_add(compatible, "PCI\\CC_%06X", full);
    list_add(compatible, "PCI\\CC_%04X", base);
}

static void bind_inbox(const struct pci_function *f, const wchar_t *id)
{
    wchar_t key[MAX_KEY];
    HKEY handle;

    node_key(id, key);
    if (RegOpenKeyExW(HKEY_LOCAL_MACHINE, key, 0, KEY_ALL_ACCESS, &handle))
        return;
    write_text(handle, L"Class", f->class_name);
    write_text(handle, L"ClassGUID", f->class_guid);
    write_text(handle, L"Service", f->service);
    write_number(handle, L"ConfigFlags", 0);
    RegCloseKey(handle);
}

static void report_pci(struct tree *tree, const struct pci_function *f)
{
    static struct child child;

    memset(&child, 0, sizeof(child));
    set_text(child.id, L"PCI\\VEN_%04X&DEV_%04X&SUBSYS_%08X&REV_%02X\\3&267A616A&0&%02X", f->vendor,
             f->device, f->subsystem, f->revision, f->slot << 3 | f->function);
    set_text(child.description, L"%ls", f->description);
    set_text(child.location, L"PCI bus 0, device %u, function %u", f->slot, f->function);
    pci_ids(f, &child);
    if (tree_report(tree, &child) && f->class_name)
        bind_inbox(f, child.id);
}

bool bus_report_pci(struct tree *tree, const wchar_t *name)
{
    for (size_t i = 0; i < COUNT(pci_functions); i++)
        if (wcscmp(pci_functions[i].name, name) == 0) {
            report_pci(tree, &pci_functions[i]);
            return true;
        }
    return false;
}

/* ---- the PV buses ---- */

static const unsigned *exported(const struct exports *table, size_t count,
                                const struct inf_identity *driver)
{
    const unsigned *found = NULL;

    for (size_t i = 0; i < count; i++)
        if (version_compare(&table[i].from, &driver->version) <= 0)
            found = table[i].revisions;
    return found;
}

/* The vendor prefix is compiled into a build of the drivers; its INF shows whose build it is. */
static const char *vendor_prefix(const struct inf_identity *driver)
{
    static const struct {
        const wchar_t *provider;
        const char *prefix;
    } vendors[] = {{L"XCP-ng", "XN"}, {L"XenServer", "XS"}, {L"Citrix", "XS"}};

    for (size_t i = 0; i < COUNT(vendors); i++)
        if (wcsstr(driver->provider, vendors[i].provider))
            return vendors[i].prefix;
    return "XP";
}

/* "XP0001": the vendor, and the PCI device that the platform device is. */
static void vendor_name(const struct node *bus, const struct inf_identity *driver, char *name)
{
    const wchar_t *device = wcsstr(bus->id, L"&DEV_");
    unsigned number = 1;

    if (device)
        swscanf(device, L"&DEV_%4x", &number);
    sprintf(name, "%s%04X", vendor_prefix(driver), number & 0xffff);
}

/* A child of xenbus or xenvif: "XENBUS\VEN_XP0001&DEV_VIF", without the revision. */
struct xen_child {
    const char *enumerator, *vendor, *name, *compatible_class, *instance;
};

/* Ids as PdoQueryId() of xenbus and xenvif build them: all revisions ascending, then the class. */
static void report_xen_child(struct tree *tree, const struct xen_child *what,
                             const unsigned *revisions)
{
    static struct child child;
    unsigned last = 0;

    memset(&child, 0, sizeof(child));
    for (const unsigned *r = revisions; *r; r++) {
        last = *r;
        list_add(child.hardware_ids, "%s\\VEN_%s&DEV_%s&REV_%08X", what->enumerator, what->vendor,
                 what->name, last);
        list_add(child.compatible_ids, "%s\\VEN_%s&DEV_%s&REV_%08X", what->enumerator,
                 what->vendor, what->name, last);
    }
    list_add(child.hardware_ids, "%s", what->compatible_class);
    list_add(child.compatible_ids, "%s", what->compatible_class);
    set_text(child.id, L"%hs\\VEN_%hs&DEV_%hs&REV_%08X\\%hs", what->enumerator, what->vendor,
             what->name, last, what->instance);
    set_text(child.description, L"%hs", what->name);
    set_text(child.location, L"%hs", what->name);
    tree_report(tree, &child);
}

static void report_xenbus(struct tree *tree, const struct node *bus)
{
    static const char *const names[] = {"VIF", "VBD", "IFACE"};
    struct inf_identity driver;
    const unsigned *revisions;
    char vendor[16];

    if (!node_identity(bus, &driver))
        return;
    revisions = exported(xenbus_exports, COUNT(xenbus_exports), &driver);
    vendor_name(bus, &driver, vendor);
    for (size_t i = 0; revisions && i < COUNT(names); i++) {
        struct xen_child child = {"XENBUS", vendor, names[i], "XENCLASS", "_"};

        report_xen_child(tree, &child, revisions);
    }
}

static void report_xenvif(struct tree *tree, const struct node *bus)
{
    char vendor[16] = {0};
    struct xen_child child = {"XENVIF", vendor, "NET", "XENDEVICE", "0"};
    struct inf_identity driver;
    const unsigned *revisions;

    if (!node_identity(bus, &driver) || swscanf(bus->id, L"XENBUS\\VEN_%15h[^&]", vendor) != 1)
        return;
    revisions = exported(xenvif_exports, COUNT(xenvif_exports), &driver);
    if (revisions)
        report_xen_child(tree, &child, revisions);
}

/* Ids as XenPci_EvtChildListCreateDevice() of GPLPV builds them. */
static void report_gplpv(struct tree *tree, const char *name)
{
    static struct child child;

    memset(&child, 0, sizeof(child));
    list_add(child.hardware_ids, "xen\\%s", name);
    list_add(child.compatible_ids, "xen\\%s", name);
    set_text(child.id, L"XEN\\%hs\\1&79F5D87&0&00", name);
    set_text(child.description, L"Xen %hs device #0", name);
    set_text(child.location, L"Xen Bus");
    tree_report(tree, &child);
}

static bool is_platform(const struct node *node)
{
    return _wcsnicmp(node->id, L"PCI\\VEN_5853&", 13) == 0;
}

void bus_enumerate(struct tree *tree, const struct node *bus)
{
    wchar_t service[MAX_ID];

    if (!node_text(bus, L"Service", service, MAX_ID) || node_disabled(bus) ||
        service_disabled(service) || !service_running(service))
        return;
    if (is_platform(bus) && _wcsicmp(service, L"xenbus") == 0) {
        report_xenbus(tree, bus);
    } else if (is_platform(bus) && _wcsicmp(service, L"XenPCI") == 0) {
        report_gplpv(tree, "vif");
        report_gplpv(tree, "vbd");
    } else if (wcsstr(bus->id, L"&DEV_VIF&") && _wcsicmp(service, L"xenvif") == 0) {
        report_xenvif(tree, bus);
    }
}
