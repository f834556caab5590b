#include "drivers-manifest/flavour.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

const char *const flavour_names[] = {"unknown", "xen",   "xapi", "xenserver",
                                     "xcp-ng",  "qubes", "ec2",  NULL};

const char *flavour_words(enum flavour flavour)
{
    static const char *const words[] = {
        [FLAVOUR_UNKNOWN] = "not known",
        [FLAVOUR_XEN] = "plain Xen",
        [FLAVOUR_XAPI] = "XenServer or XCP-ng",
        [FLAVOUR_XENSERVER] = "XenServer",
        [FLAVOUR_XCP_NG] = "XCP-ng",
        [FLAVOUR_QUBES] = "Qubes OS",
        [FLAVOUR_EC2] = "Amazon EC2",
    };
    return words[flavour];
}

static bool holds(const char *text, const char *part)
{
    for (; text && *text; text++)
        if (text_starts_nocase(text, part))
            return true;
    return false;
}

/* Xen's version with what its builder added: "4.11.amazon", "4.17.5-15.xcpng8.3". */
static bool version_holds(const struct facts_platform *p, const char *part)
{
    return holds(p->system_version, part) || holds(p->bios_version, part);
}

static bool uuid_starts_ec2(const struct facts_platform *p)
{
    return p->system_uuid && text_starts_nocase(p->system_uuid, "ec2");
}

/* XAPI gives every guest this OEM string: the thumbprint of a Microsoft certificate (constants of
 * xen-api). */
static bool has_xapi_string(const struct facts_platform *p)
{
    for (size_t i = 0; i < p->oem_strings.count; i++)
        if (text_starts_nocase(p->oem_strings.at[i], "MS_VM_CERT/"))
            return true;
    return false;
}

/* The device number of a PCI device of XenSource, or 0. */
static unsigned long xen_pci_device(const struct facts_device *d)
{
    static const char start[] = "PCI\\VEN_5853&DEV_";
    char digits[5] = "";
    if (!d->instance || d->present == TRI_NO || !text_starts_nocase(d->instance, start) ||
        strlen(d->instance) < sizeof start + 3)
        return 0;
    memcpy(digits, d->instance + sizeof start - 1, 4);
    return strtoul(digits, NULL, 16);
}

/* xen-pci-device-reservations(7) gives each vendor a range. */
static bool has_pci_device(const struct facts *f, unsigned long first, unsigned long last)
{
    for (size_t i = 0; i < f->devices.count; i++) {
        unsigned long device = xen_pci_device(&f->devices.at[i]);
        if (device && device >= first && device <= last)
            return true;
    }
    return false;
}

/* The device alone tells of the guest's configuration only: xl gives it on any host (xl.cfg(5),
 * vendor_device). */
static bool has_xenserver_device(const struct facts *f)
{
    return has_pci_device(f, 0xc000, 0xc0ff) &&
           (has_xapi_string(&f->platform) || has_pci_device(f, 0x0002, 0x0002));
}

static bool has_product(const struct facts *f, const char *name)
{
    for (size_t i = 0; i < f->products.count; i++)
        if (holds(f->products.at[i].name, name))
            return true;
    return false;
}

enum flavour flavour_of(const struct facts *f, const char **sign)
{
    const struct facts_platform *p = &f->platform;
    const struct {
        bool is_so;
        enum flavour flavour;
        const char *sign;
    } rows[] = {
        {version_holds(p, "amazon"), FLAVOUR_EC2, "Xen's version in the SMBIOS tables"},
        {version_holds(p, "xcpng") || version_holds(p, "xcp-ng"), FLAVOUR_XCP_NG,
         "Xen's version in the SMBIOS tables"},
        {has_pci_device(f, 0xc200, 0xc2ff), FLAVOUR_XCP_NG, "XCP-ng's PCI device"},
        {has_xenserver_device(f), FLAVOUR_XENSERVER, "XenServer's PCI device"},
        {has_xapi_string(p), FLAVOUR_XAPI, "an OEM string of the SMBIOS tables"},
        {has_pci_device(f, 0x0002, 0x0002), FLAVOUR_XAPI, "the platform device 5853:0002"},
        {has_product(f, "Qubes Windows Tools"), FLAVOUR_QUBES, "Qubes Windows Tools"},
        {uuid_starts_ec2(p), FLAVOUR_EC2, "the UUID of the machine"},
    };
    const char *by = NULL;
    enum flavour flavour = p->hypervisor == HYPERVISOR_XEN ? FLAVOUR_XEN : FLAVOUR_UNKNOWN;
    for (size_t i = 0; flavour == FLAVOUR_XEN && i < sizeof rows / sizeof *rows; i++)
        if (rows[i].is_so) {
            flavour = rows[i].flavour;
            by = rows[i].sign;
        }
    if (sign)
        *sign = by;
    return flavour;
}
