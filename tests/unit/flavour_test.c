/* flavour: whose Xen it is, by what guests of each were seen to show, and by too little. */
#include "drivers-manifest/flavour.h"

#include "base/mem.h"
#include "tests/unit/check.h"

static const struct {
    const char *sentence;
    enum hypervisor hypervisor;
    const char *version, *uuid, *oem, *devices, *product; /* a space between two devices */
    enum flavour flavour;
} rows[] = {
    {"plain Xen", HYPERVISOR_XEN, "4.17.7", "3d1219c7-c4c5", NULL,
     "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01\\3&1", NULL, FLAVOUR_XEN},
    {"EC2 by its version", HYPERVISOR_XEN, "4.11.amazon", NULL, NULL, NULL, NULL, FLAVOUR_EC2},
    {"EC2 by its UUID", HYPERVISOR_XEN, "4.2", "EC2A1B2C-0000", NULL, NULL, NULL, FLAVOUR_EC2},
    {"XAPI's OEM string alone", HYPERVISOR_XEN, "4.13.5", NULL,
     "MS_VM_CERT/SHA1/bdbeb6e0a816d43fa6d3fe8aaef04c2bad9d3e3d", NULL, NULL, FLAVOUR_XAPI},
    {"the other platform device alone", HYPERVISOR_XEN, "4.13.5", NULL, NULL,
     "pci\\ven_5853&dev_0002&subsys_00015853\\3", NULL, FLAVOUR_XAPI},
    {"hvmloader's own OEM string", HYPERVISOR_XEN, "4.17.7", NULL, "Xen",
     "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01\\3&1", NULL, FLAVOUR_XEN},
    {"XenServer's device beside the string", HYPERVISOR_XEN, "4.13.5", NULL, "MS_VM_CERT/x",
     "PCI\\VEN_5853&DEV_C000\\3", NULL, FLAVOUR_XENSERVER},
    {"XenServer's device beside its platform device", HYPERVISOR_XEN, "4.13.5", NULL, NULL,
     "PCI\\VEN_5853&DEV_C000\\3 PCI\\VEN_5853&DEV_0002\\3", NULL, FLAVOUR_XENSERVER},
    {"XenServer's device on plain Xen, where xl was told to give it", HYPERVISOR_XEN, "4.17.7",
     NULL, "Xen", "PCI\\VEN_5853&DEV_C000&SUBSYS_C0005853\\3 PCI\\VEN_5853&DEV_0001\\3", NULL,
     FLAVOUR_XEN},
    {"XCP-ng's device", HYPERVISOR_XEN, "4.13.5", NULL, "MS_VM_CERT/x", "PCI\\VEN_5853&DEV_C200\\3",
     NULL, FLAVOUR_XCP_NG},
    {"a device behind the range is nobody's", HYPERVISOR_XEN, "4.13.5", NULL, NULL,
     "PCI\\VEN_5853&DEV_C300\\3", NULL, FLAVOUR_XEN},
    {"an id that is cut off", HYPERVISOR_XEN, "4.13.5", NULL, NULL, "PCI\\VEN_5853&DEV_C20", NULL,
     FLAVOUR_XEN},
    {"XCP-ng by its version", HYPERVISOR_XEN, "4.13.5-9.40.xcpng8.2", NULL, NULL, NULL, NULL,
     FLAVOUR_XCP_NG},
    {"Qubes by its tools", HYPERVISOR_XEN, "4.17.5", NULL, NULL, NULL, "Qubes Windows Tools 4.2.2",
     FLAVOUR_QUBES},
    {"nothing is known", HYPERVISOR_XEN, NULL, NULL, NULL, NULL, NULL, FLAVOUR_XEN},
    {"another hypervisor has no flavour of Xen", HYPERVISOR_OTHER, "4.11.amazon", "ec2", NULL, NULL,
     NULL, FLAVOUR_UNKNOWN},
    {"nor has a machine of which it is not known", HYPERVISOR_UNKNOWN, "4.11.amazon", NULL, NULL,
     NULL, NULL, FLAVOUR_UNKNOWN},
};

static void add_devices(struct facts *f, const char *instances)
{
    while (*instances) {
        size_t size = strcspn(instances, " ");
        struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
        d->instance = mem_strndup(instances, size);
        instances += size;
        instances += strspn(instances, " ");
    }
}

static struct facts facts_of(size_t i)
{
    struct facts f = {.platform.hypervisor = rows[i].hypervisor};
    if (rows[i].version)
        f.platform.system_version = mem_strdup(rows[i].version);
    if (rows[i].uuid)
        f.platform.system_uuid = mem_strdup(rows[i].uuid);
    if (rows[i].oem)
        texts_add(&f.platform.oem_strings, rows[i].oem);
    if (rows[i].devices)
        add_devices(&f, rows[i].devices);
    if (rows[i].product) {
        struct facts_product *p = shape_list_add(&f.products, sizeof *p);
        p->name = mem_strdup(rows[i].product);
    }
    return f;
}

static void each_xen_is_somebodys(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *sign = "unset";
        struct facts f = facts_of(i);
        CHECK(rows[i].sentence, flavour_of(&f, &sign) == rows[i].flavour);
        CHECK("what is not plain is known by something", !sign == (rows[i].flavour <= FLAVOUR_XEN));
        CHECK("it has words for people", *flavour_words(flavour_of(&f, NULL)));
        CHECK("nobody needs to ask by what", flavour_of(&f, NULL) == rows[i].flavour);
        facts_release(&f);
    }
}

static void a_ghost_tells_nothing(void **state)
{
    (void)state;
    struct facts f = {.platform.hypervisor = HYPERVISOR_XEN};
    add_devices(&f, "PCI\\VEN_5853&DEV_C200\\3");
    assert_int_equal(flavour_of(&f, NULL), FLAVOUR_XCP_NG);
    f.devices.at[0].present = TRI_NO;
    assert_int_equal(flavour_of(&f, NULL), FLAVOUR_XEN);
    facts_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_xen_is_somebodys),
        cmocka_unit_test(a_ghost_tells_nothing),
    };
    return cmocka_run_group_tests_name("flavour", tests, NULL, NULL);
}
