#include "base/mem.h"
#include "base/text.h"
#include "installer/cpuid.h"
#include "installer/detect.windows.h"
#include "installer/smbios.h"
#include "installer/win.h"

#include <string.h>

#define MSSMBIOS "SYSTEM\\CurrentControlSet\\Services\\mssmbios\\Data"

enum {
    PROVIDER_RSMB = 0x52534d42, /* 'RSMB' */
    PROVIDER_ACPI = 0x41435049, /* 'ACPI' */
    TABLE_FADT = 0x50434146,    /* "FACP", the FADT's signature, as it lies in memory */
    FIRMWARE_TABLE_MAX = 1 << 20,
    ACPI_OEM = 10,
    ACPI_OEM_SIZE = 6,
    ACPI_TABLE = 16,
    ACPI_TABLE_SIZE = 8,
};

/* XP x64, 2003 SP1 and later. */
static bool firmware_table(DWORD provider, DWORD table, struct bytes *out)
{
    typedef UINT(WINAPI * get_table)(DWORD, DWORD, void *, DWORD);
    get_table get = (get_table)win_bind(L"kernel32.dll", "GetSystemFirmwareTable");
    UINT size = get ? get(provider, table, NULL, 0) : 0;
    if (!size || size > FIRMWARE_TABLE_MAX)
        return false;
    struct bytes b = {.at = mem_zero(size, 1), .size = size};
    UINT got = get(provider, table, b.at, size);
    if (got && got <= size) {
        b.size = got;
        *out = b;
        return true;
    }
    bytes_release(&b);
    return false;
}

/* What the mssmbios driver keeps: the only SMBIOS that XP and 2003 show. */
static bool registry_smbios(struct bytes *out)
{
    HKEY key = NULL;
    bool ok = win_key_open(HKEY_LOCAL_MACHINE, MSSMBIOS, KEY_QUERY_VALUE, &key) == ERROR_SUCCESS &&
              win_key_bytes(key, "SMBiosData", NULL, out) == ERROR_SUCCESS;
    win_key_close(&key);
    return ok;
}

static void set_if_missing(char **member, HKEY key, const char *name)
{
    char *value = *member ? NULL : win_key_text(key, name);
    if (value && *value)
        *member = value;
    else
        mem_free(value);
}

/* The copies that Windows itself keeps since Vista; before it, only SystemBiosVersion. */
static void read_description(struct facts_platform *p)
{
    HKEY key = NULL;
    if (win_key_open(HKEY_LOCAL_MACHINE, "HARDWARE\\DESCRIPTION\\System\\BIOS", KEY_QUERY_VALUE,
                     &key) == ERROR_SUCCESS) {
        set_if_missing(&p->bios_vendor, key, "BIOSVendor");
        set_if_missing(&p->bios_version, key, "BIOSVersion");
        set_if_missing(&p->system_manufacturer, key, "SystemManufacturer");
        set_if_missing(&p->system_product, key, "SystemProductName");
        set_if_missing(&p->system_version, key, "SystemVersion");
    }
    win_key_close(&key);
    if (win_key_open(HKEY_LOCAL_MACHINE, "HARDWARE\\DESCRIPTION\\System", KEY_QUERY_VALUE, &key) ==
        ERROR_SUCCESS)
        set_if_missing(&p->bios_version, key, "SystemBiosVersion");
    win_key_close(&key);
}

static bool read_smbios(struct facts_platform *p)
{
    struct bytes table = {0};
    bool whole = false;
    if (firmware_table(PROVIDER_RSMB, 0, &table) || registry_smbios(&table))
        whole = smbios_platform(bytes_span(&table), p);
    bytes_release(&table);
    read_description(p);
    return whole;
}

/* Windows writes an id of fewer characters than its field with '_' for what is not a letter. */
static char *without_padding(char *id)
{
    size_t size = id ? strlen(id) : 0;
    while (size && (id[size - 1] == '_' || id[size - 1] == ' '))
        id[--size] = '\0';
    return id;
}

/* HARDWARE\ACPI\<table>\<OEM id>\<OEM table id>\<revision>, on every Windows with ACPI. */
static bool read_acpi_registry(struct facts_platform *p)
{
    static const char *const tables[] = {"DSDT", "FADT", "RSDT"};
    for (size_t i = 0; i < sizeof tables / sizeof *tables && !p->acpi_oem; i++) {
        HKEY table = NULL, oem = NULL;
        struct text path = {0};
        text_addf(&path, "HARDWARE\\ACPI\\%s", tables[i]);
        win_key_open(HKEY_LOCAL_MACHINE, text_str(&path), KEY_READ, &table);
        char *name = table ? win_key_child(table, 0) : NULL;
        if (name && win_key_open(table, name, KEY_READ, &oem) == ERROR_SUCCESS)
            p->acpi_table = without_padding(win_key_child(oem, 0));
        p->acpi_oem = without_padding(name);
        win_key_close(&oem);
        win_key_close(&table);
        text_release(&path);
    }
    return p->acpi_oem != NULL;
}

static char *fixed_text(struct span table, uint64_t offset, uint64_t size)
{
    struct span field;
    struct text t = {0};
    if (!span_part(table, offset, size, &field))
        return NULL;
    text_add_cp1252(&t, field);
    return without_padding(text_steal(&t));
}

static void read_acpi_table(struct facts_platform *p)
{
    struct bytes table = {0};
    if (firmware_table(PROVIDER_ACPI, TABLE_FADT, &table)) {
        p->acpi_oem = fixed_text(bytes_span(&table), ACPI_OEM, ACPI_OEM_SIZE);
        p->acpi_table = fixed_text(bytes_span(&table), ACPI_TABLE, ACPI_TABLE_SIZE);
    }
    bytes_release(&table);
}

void detect_platform(struct facts_platform *p)
{
    cpuid_platform(cpuid_processor, p);
    bool whole = read_smbios(p);
    if (!read_acpi_registry(p))
        read_acpi_table(p);
    whole = whole && p->hypervisor != HYPERVISOR_UNKNOWN && p->acpi_oem;
    p->reading = whole ? READING_FULL : READING_PARTIAL;
}
