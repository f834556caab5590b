/* marks: names that were met in the field, and names that only look like them. */
#include "installer/marks.h"

#include "base/text.h"
#include "drivers-manifest/manifest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct row {
    const char *sentence;
    bool (*mark)(const char *);
    const char *name;
    bool marked;
};

static const struct row rows[] = {
    {"the platform device", marks_xen_device,
     "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01\\3&1", true},
    {"XCP-ng's vendor device, in lower case", marks_xen_device, "pci\\ven_5853&dev_c200", true},
    {"Red Hat's vendor id", marks_xen_device, "PCI\\VEN_fffd&DEV_0101", true},
    {"a child of GPLPV's bus", marks_xen_device, "XEN\\VBD\\4&1", true},
    {"a child of xenbus", marks_xen_device, "XENBUS\\VEN_XP0001&DEV_VIF&REV_0800000B\\_", true},
    {"a child of xenvif", marks_xen_device, "XENVIF\\VEN_XP0001&DEV_NET&REV_0800000D\\0", true},
    {"old Citrix drivers' root device", marks_xen_device, "ROOT\\XENEVTCHN\\0000", true},
    {"another vendor whose id ends alike", marks_xen_device, "PCI\\VEN_1585&DEV_5853", false},
    {"an emulated card is not Xen's", marks_xen_device, "PCI\\VEN_10EC&DEV_8139", false},
    {"a bus whose name only begins so", marks_xen_device, "XENON\\1", false},
    {"an empty id", marks_xen_device, "", false},
    {"the emulated network card", marks_replaced_device,
     "PCI\\VEN_10EC&DEV_8139&SUBSYS_11001AF4", true},
    {"the emulated IDE controller", marks_replaced_device, "PCI\\VEN_8086&DEV_7010&REV_00", true},
    {"QEMU's disk", marks_replaced_device, "IDE\\DISKQEMU_HARDDISK___\\5&1", true},
    {"the host bridge stays", marks_replaced_device, "PCI\\VEN_8086&DEV_1237", false},
    {"the emulated CD drive stays", marks_replaced_device, "IDE\\CDROMQEMU_QEMU_DVD-ROM", false},
    {"xenbus", marks_service, "xenbus", true},
    {"GPLPV's bus driver", marks_service, "XenPCI", true},
    {"a monitor of a version of its own", marks_service, "xenbus_monitor_9_1_0_5", true},
    {"GPLPV's shutdown service", marks_service, "ShutdownMon", true},
    {"old Citrix drivers' filter", marks_service, "SCSIFILT", true},
    {"a Windows driver", marks_service, "atapi", false},
    {"the inbox AHCI driver boots an emulated disk", marks_boot_service, "storahci", true},
    {"the inbox IDE driver does too", marks_boot_service, "Atapi", true},
    {"xenvbd boots no emulated disk", marks_boot_service, "xenvbd", false},
    {"Xen Project", marks_provider, "Xen Project", true},
    {"GPLPV", marks_provider, "GPL PV", true},
    {"Microsoft", marks_provider, "Microsoft", false},
    {"a driver file", marks_file, "XENVBD.SYS", true},
    {"old Citrix drivers' bus driver", marks_file, "xevtchn.sys", true},
    {"a program", marks_file, "shutdownmon.exe", true},
    {"a Windows driver file", marks_file, "atapi.sys", false},
    {"a service named in the middle of a sentence", marks_text, "The driver \\Driver\\xenvbd failed",
     true},
    {"a device id in lower case", marks_text, "pci\\ven_5853&dev_0001", true},
    {"something else", marks_text, "The driver \\Driver\\WudfRd failed to load", false},
    {"GPLPV's upgrade code in lower case", marks_product_code,
     "{4ede5dec-3208-4a1e-8e52-dac44f7d7062}", true},
    {"some other code", marks_product_code, "{4EDE5DEC-3208-4A1E-8E52-DAC44F7D7063}", false},
};

static bool is_value(const struct manifest_mark *mark)
{
    static const char root[] = "HKLM\\";
    for (size_t i = 0; marks_values[i].key; i++) {
        const struct mark_value *v = &marks_values[i];
        bool same_name = mark->value ? text_equal_nocase(v->name, mark->value) : !v->name;
        if (same_name && text_starts_nocase(mark->key, root)
            && text_equal_nocase(v->key, mark->key + sizeof root - 1))
            return true;
    }
    return false;
}

static void names_are_told_apart(void **state)
{
    (void)state;
    size_t failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].mark(rows[i].name) != rows[i].marked) {
            print_error("wrong: %s (%s)\n", rows[i].sentence, rows[i].name);
            failed++;
        }
    assert_int_equal(failed, 0);
}

static void products_are_told_apart(void **state)
{
    (void)state;
    assert_true(marks_product("GPL PV Drivers for Windows", "James Harper"));
    assert_true(marks_product("Citrix XenServer Windows Guest Agent", NULL));
    assert_true(marks_product(NULL, "XCP-ng"));
    assert_false(marks_product("Citrix XenApp 6.5", "Citrix Systems, Inc."));
    assert_false(marks_product("Xenon Player", NULL));
    assert_false(marks_product(NULL, NULL));
}

/* What the data names is of no use when detection does not look at it. */
static void what_the_manifest_names_is_looked_at(void **state)
{
    (void)state;
    struct manifest m = {0};
    size_t failed = 0, looked_at = 0;
    assert_true(manifest_embedded(&m, NULL));
    for (size_t i = 0; i < m.families.count; i++) {
        const struct manifest_family *family = &m.families.at[i];
        for (size_t k = 0; k < family->files.count; k++, looked_at++)
            if (!marks_file(family->files.at[k].name)) {
                print_error("not looked at: %s\n", family->files.at[k].name);
                failed++;
            }
        for (size_t k = 0; k < family->registry_marks.count; k++, looked_at++)
            if (!is_value(&family->registry_marks.at[k])) {
                print_error("not looked at: %s\n", family->registry_marks.at[k].key);
                failed++;
            }
    }
    assert_int_equal(failed, 0);
    assert_true(looked_at > 50);
    manifest_release_all(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_told_apart),
        cmocka_unit_test(what_the_manifest_names_is_looked_at),
        cmocka_unit_test(products_are_told_apart),
    };
    return cmocka_run_group_tests_name("marks", tests, NULL, NULL);
}
