/* disk_path: which way disks go that were met, and some whose way cannot be told. */
#include "installer/disk_path.h"

#include "tests/unit/check.h"

#include <stdio.h>

#define PIIX3 "PCI\\VEN_8086&DEV_7010&SUBSYS_11001AF4&REV_00\\3&1&0&09"
#define PLATFORM "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01\\3&1&0&10"

/* parents: the nearest first, with commas between; "?" is one whose id is not known. */
static const struct {
    const char *sentence, *instance, *parents, *filter;
    enum facts_disk_path path;
} rows[] = {
    {"xenvbd's disk", "SCSI\\DISK&VEN_XENSRC&PROD_PVDISK\\5&1&0&000000",
     "XENBUS\\VEN_XP0001&DEV_VBD&REV_0900000B\\_," PLATFORM ",ACPI\\PNP0A03\\0", NULL,
     FACTS_DISK_PV},
    {"GPLPV's disk", "SCSI\\DISK&VEN_XEN&PROD_PV_DISK\\5&1&0&000000", "XEN\\VBD\\4&1&768," PLATFORM,
     NULL, FACTS_DISK_PV},
    {"QEMU's disk, behind an IDE channel", "IDE\\DISKQEMU_HARDDISK\\6&1&0&0.0.0",
     "PCIIDE\\IDECHANNEL\\4&1&0&0," PIIX3 ",ACPI\\PNP0A03\\0", NULL, FACTS_DISK_EMULATED},
    {"the way decides, not the name", "SCSI\\DISK&VEN_XENSRC&PROD_PVDISK\\5&1", PIIX3, NULL,
     FACTS_DISK_EMULATED},
    {"an NVMe disk that is passed through", "SCSI\\DISK&VEN_NVME\\5&1",
     "PCI\\VEN_144D&DEV_A808\\4&1,ACPI\\PNP0A03\\0", NULL, FACTS_DISK_OTHER},
    {"iSCSI", "SCSI\\DISK&VEN_LIO-ORG\\1&1", "ROOT\\ISCSIPRT\\0000", NULL, FACTS_DISK_OTHER},
    {"a ghost of a PV disk", "SCSI\\DISK&VEN_XEN&PROD_PV_DISK\\5&1", "", NULL, FACTS_DISK_PV},
    {"a ghost of an emulated disk", "IDE\\DISKQEMU_HARDDISK\\6&1", "", NULL, FACTS_DISK_EMULATED},
    {"a ghost of nobody knows what", "SCSI\\DISK&VEN_ACME\\5&1", "", NULL, FACTS_DISK_UNKNOWN},
    {"a disk without an id", NULL, "", NULL, FACTS_DISK_UNKNOWN},
    {"what stands behind a device without an id is not known", "SCSI\\DISK&VEN_ACME\\5&1",
     "?," PIIX3, NULL, FACTS_DISK_UNKNOWN},
    {"EJBPV's filter takes an emulated disk over, unseen", "IDE\\DISKQEMU_HARDDISK\\6&1",
     "PCIIDE\\IDECHANNEL\\4&1," PIIX3, "xenvbdfilter", FACTS_DISK_UNKNOWN},
    {"another filter does not", "IDE\\DISKQEMU_HARDDISK\\6&1", PIIX3, "xenfilt",
     FACTS_DISK_EMULATED},
    {"EJBPV's filter changes nothing of a PV disk", "SCSI\\DISK&VEN_XEN\\5&1", "XEN\\VBD\\4&1",
     "XenVbdFilter", FACTS_DISK_PV},
};

static void set_parents(struct facts_disk *d, const char *list)
{
    char room[512];
    snprintf(room, sizeof room, "%s", list);
    for (char *at = strtok(room, ","); at; at = strtok(NULL, ",")) {
        struct facts_parent *p = shape_list_add(&d->parents, sizeof *p);
        if (strcmp(at, "?") != 0)
            shape_set_text(&p->instance, at);
    }
}

static void check_row(size_t i, bool device_filter)
{
    struct facts f = {0};
    struct facts_disk *d = shape_list_add(&f.disks, sizeof *d);
    if (rows[i].instance)
        shape_set_text(&d->instance, rows[i].instance);
    set_parents(d, rows[i].parents);
    if (rows[i].filter && device_filter) {
        struct facts_device *device = shape_list_add(&f.devices, sizeof *device);
        texts_add(i % 2 ? &device->upper_filters : &device->lower_filters, rows[i].filter);
    } else if (rows[i].filter) {
        struct facts_filter *filter = shape_list_add(&f.filters, sizeof *filter);
        texts_add(&filter->services, rows[i].filter);
    }
    CHECK(rows[i].sentence, disk_path_of(&f, d) == rows[i].path);
    facts_release(&f);
}

static void disks_go_their_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_row(i, false);
        check_row(i, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(disks_go_their_way)};
    return cmocka_run_group_tests_name("disk_path", tests, NULL, NULL);
}
