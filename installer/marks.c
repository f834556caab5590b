#include "installer/marks.h"

#include "base/span.h"
#include "base/text.h"

#include <string.h>

/* XEN\ is GPLPV's bus, XENBUS\ and XENVIF\ Xen Project's; XENDISK\ and XENCLASS\ are theirs too. */
static const char *const xen_ids[] = {
    "PCI\\VEN_5853", "PCI\\VEN_FFFD",       "XEN\\",          "XENBUS\\",  "XENVIF\\",
    "XENDISK\\",     "XENCLASS\\",          "XS\\",           "ROOT\\XEN", "SCSI\\DISK&VEN_XEN",
    "SCSI\\DISKXEN", "SCSI\\CDROM&VEN_XEN", "SCSI\\CDROMXEN", NULL,
};

/* What QEMU shows to an HVM guest, by xl.cfg(5): hdtype, vif model, SCSI and NVMe controllers. */
static const char *const replaced_ids[] = {
    "PCI\\VEN_8086&DEV_7010", /* PIIX3 IDE */
    "PCI\\VEN_8086&DEV_2922", /* ICH9 AHCI */
    "PCI\\VEN_1000&DEV_0012", /* LSI 53C895A */
    "PCI\\VEN_1B36&DEV_0010", /* QEMU NVMe */
    "PCI\\VEN_8086&DEV_5845", /* QEMU NVMe, older */
    "PCI\\VEN_10EC&DEV_8139", /* rtl8139 */
    "PCI\\VEN_10EC&DEV_8029", /* ne2k_pci */
    "PCI\\VEN_8086&DEV_100E", /* e1000 */
    "PCI\\VEN_8086&DEV_10D3", /* e1000e */
    "IDE\\DISKQEMU",          "SCSI\\DISK&VEN_QEMU", "SCSI\\DISKQEMU", NULL,
};

/* Beside all that begins with "xen". */
static const char *const services[] = {"ShutdownMon", "scsifilt", "rhelnet", "rhelscsi", NULL};

static const char *const boot_services[] = {
    "atapi", "pciide", "intelide", "msahci", "storahci", "stornvme", NULL,
};

/* How their names begin. Not Citrix, Amazon and Red Hat, who make much else. */
static const char *const providers[] = {
    "Xen", "GPL PV", "EJB PV", "James Harper", "Univention", "XCP-ng", "Vates", NULL,
};

/* Not "Xen" alone: XenApp, XenDesktop and XenCenter are no drivers. */
static const char *const product_names[] = {
    "GPL PV Drivers",
    "GPLPV",
    "EJB PV Drivers",
    "Xen PV",
    "XenPV",
    "Xen Project",
    "Xen Windows",
    "XenServer",
    "Citrix Xen Windows",
    "Citrix Tools for Virtual Machines",
    "Citrix Hypervisor",
    "Citrix VSS",
    "XCP-ng",
    "XenTools",
    "AWS PV Driver",
    "Qubes Windows Tools",
    "Xen Guest Agent",
    "Xen Tools",
    NULL,
};

/* Products that say who they are only by their publisher. */
static const char *const product_publishers[] = {"James Harper", "Univention", "XCP-ng", NULL};

/* Upgrade codes and, where a product never changed its own, product codes. */
static const char *const product_codes[] = {
    "{4EDE5DEC-3208-4A1E-8E52-DAC44F7D7062}", /* GPLPV and EJBPV, upgrade */
    "{EE3B949D-C431-462B-B6DC-5BEDA078D772}", /* XCP-ng 8, x86 */
    "{48E5492C-6843-452E-97A2-A5FE2D24B141}", /* XCP-ng 8 x64, Citrix 7.1 */
    "{AF9B2559-3E91-4206-98C2-F560009FF7F1}", /* Citrix x64, XenServer 8 */
    "{21EF141F-9126-42DA-93CD-B50442047420}", /* Citrix XenServer Tools Installer */
    "{D8709720-65B7-4CD9-9F51-68DB592B604D}", /* Citrix VSS */
    "{53858014-F814-49A1-9D63-CA2578432E73}", /* Citrix x64 PV drivers */
    "{10828840-D8A9-4953-B44A-1F1D3CD7ECB0}", /* generic x86 */
    "{D60FED1E-316C-41B0-B7A5-E44951A82618}", /* generic x64 */
    NULL,
};

/* Beside all that begins with "xen". */
static const char *const files[] = {
    "shutdownmon.exe", "copyconfig.exe", "xevtchn.sys", "scsifilt.sys",
    "rhelnet.sys",     "rhelscsi.sys",   NULL,
};

/* Of ids, names and titles; "xen" stands in most of them. */
static const char *const words[] = {
    "xen",         "VEN_5853", "VEN_FFFD&DEV_0101", "GPLPV",    "GPL PV", "EJB PV",
    "shutdownmon", "scsifilt", "rhelnet",           "rhelscsi", "AWS PV", NULL,
};

#define SERVICES "SYSTEM\\CurrentControlSet\\Services\\"
#define CONTROL "SYSTEM\\CurrentControlSet\\Control\\"

/*
 * From the INFs and sources of the drivers: Unplug and ForceUnplug say what xen.sys takes away at
 * the start, Active* which platform device xenbus works on, AllowUpdate what its co-installer lets
 * pass, SupportedClasses which children there are, the monitor's what it does about restarts.
 */
const struct mark_value marks_values[] = {
    {SERVICES "XEN", "AllowUpdate"},
    {SERVICES "XEN\\Unplug", NULL},
    {SERVICES "XEN\\Unplug", "DISKS"},
    {SERVICES "XEN\\Unplug", "NICS"},
    {SERVICES "XEN\\ForceUnplug", NULL},
    {SERVICES "XEN\\ForceUnplug", "DISKS"},
    {SERVICES "XEN\\ForceUnplug", "NICS"},
    {SERVICES "xenbus", "AllowUpdate"},
    {SERVICES "xenbus\\Parameters", "SupportedClasses"},
    {SERVICES "xenbus\\Parameters", "SyntheticClasses"},
    {SERVICES "xenbus\\Parameters", "ActiveDevice"},
    {SERVICES "xenfilt", "AllowUpdate"},
    {SERVICES "xenfilt\\Parameters", "ActiveDeviceID"},
    {SERVICES "xenfilt\\Parameters", "ActiveInstanceID"},
    {SERVICES "xenfilt\\Parameters", "ActiveLocationInformation"},
    {SERVICES "xenfilt\\Parameters", "*PNP0A03"},
    {SERVICES "xenfilt\\Parameters", "Internal_IDE_Channel"},
    {SERVICES "xenfilt\\Parameters", "ACPI\\PNP0A03"},
    {SERVICES "xenfilt\\Parameters", "PCIIDE\\IDEChannel"},
    {SERVICES "xenbus_monitor\\Parameters", "AutoReboot"},
    {SERVICES "xenbus_monitor\\Parameters", "AutoRebootTimeout"},
    {SERVICES "xenbus_monitor\\Parameters", "PromptTimeout"},
    {SERVICES "xenbus_monitor\\Parameters", "RebootCount"},
    {SERVICES "XenPCI\\Parameters", "veto_devices"},
    {SERVICES "XenPCI\\Parameters", "hide_devices"},
    {SERVICES "XenPCI\\Parameters", "qemu_hide_flags"},
    {SERVICES "xenevtchn", "NoPVBoot"},
    {SERVICES "disk", "TimeOutValue"},
    {SERVICES "partmgr\\Parameters", "SanPolicy"},
    {CONTROL "Session Manager\\Power", "HiberbootEnabled"},
    {"SOFTWARE\\Amazon\\PVDriver", "Version"},
    {"SOFTWARE\\Citrix\\InstallAgent", NULL},
    {"SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate", "ExcludeWUDriversInQualityUpdate"},
    {NULL, NULL},
};

const char *const marks_filter_classes[] = {
    "{4d36e97d-e325-11ce-bfc1-08002be10318}", /* System */
    "{4d36e96a-e325-11ce-bfc1-08002be10318}", /* HDC */
    "{4d36e97b-e325-11ce-bfc1-08002be10318}", /* SCSIAdapter */
    "{4d36e972-e325-11ce-bfc1-08002be10318}", /* Net */
    "{4d36e967-e325-11ce-bfc1-08002be10318}", /* DiskDrive */
    "{71a27cdd-812a-11d0-bec7-08002be2092f}", /* Volume */
    NULL,
};

static bool starts_with_any(const char *text, const char *const *list)
{
    for (size_t i = 0; text && list[i]; i++)
        if (text_starts_nocase(text, list[i]))
            return true;
    return false;
}

static bool is_any(const char *text, const char *const *list)
{
    for (size_t i = 0; text && list[i]; i++)
        if (text_equal_nocase(text, list[i]))
            return true;
    return false;
}

static bool holds_any(const char *text, const char *const *list)
{
    for (; text && *text; text++)
        if (starts_with_any(text, list))
            return true;
    return false;
}

bool marks_xen_device(const char *id)
{
    return starts_with_any(id, xen_ids);
}

bool marks_replaced_device(const char *id)
{
    return starts_with_any(id, replaced_ids);
}

bool marks_service(const char *name)
{
    return text_starts_nocase(name, "xen") || is_any(name, services);
}

bool marks_boot_service(const char *name)
{
    return is_any(name, boot_services);
}

bool marks_provider(const char *provider)
{
    return starts_with_any(provider, providers);
}

bool marks_file(const char *name)
{
    return text_starts_nocase(name, "xen") || is_any(name, files);
}

bool marks_text(const char *text)
{
    return holds_any(text, words);
}

bool marks_product(const char *name, const char *publisher)
{
    return holds_any(name, product_names) || holds_any(publisher, product_publishers);
}

bool marks_product_code(const char *code)
{
    return is_any(code, product_codes);
}
