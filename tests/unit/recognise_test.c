/* recognise: what a guest shows, and whose drivers it has; by the embedded data. */
#include "drivers-manifest/recognise.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

static struct manifest manifest;

static int read_manifest(void **state)
{
    (void)state;
    return manifest_embedded(&manifest, NULL) ? 0 : -1;
}

static int free_manifest(void **state)
{
    (void)state;
    manifest_release_all(&manifest);
    return 0;
}

#define GPL "Xen GPL PV Driver Developers"
#define GPL_UPGRADE "{4EDE5DEC-3208-4A1E-8E52-DAC44F7D7062}"
#define AGENT_UPGRADE "{48E5492C-6843-452E-97A2-A5FE2D24B141}"
#define U373_X64 "{4dc71dde-93b8-4ef5-be09-f43743ed4dfa}"

/* Up to two things that the guest has; families: the ids that must come of it, with blanks between.
 */
static const struct {
    const char *sentence;
    struct facts_device device;
    const char *hardware_id;
    struct facts_product product;
    const char *families;
} rows[] = {
    {"an empty guest has nothing", .families = ""},
    /* by product */
    {"an MSI that is known exactly", .product = {.product_code = (char *)U373_X64},
     .families = "univention-gplpv"},
    {"an MSI that nobody knows, by its name",
     .product = {.product_code = (char *)"{00000000-0000-0000-0000-000000000001}",
                 .name = (char *)"EJB PV Drivers for Windows"},
     .families = "ejbpv"},
    {"another MSI of the same name may be either's",
     .product = {.name = (char *)"GPL PV Drivers for Windows", .version = (char *)"0.11.0.372"},
     .families = "univention-gplpv gplpv"},
    {"a version that Univention did not build",
     .product = {.name = (char *)"GPL PV Drivers for Windows", .version = (char *)"0.11.0.420"},
     .families = "gplpv"},
    {"EJBPV has its own name, whatever the upgrade code",
     .product = {.name = (char *)"EJB PV Drivers for Windows", .upgrade_code = (char *)GPL_UPGRADE},
     .families = "ejbpv"},
    {"the upgrade code alone is of all three", .product = {.upgrade_code = (char *)GPL_UPGRADE},
     .families = "univention-gplpv gplpv ejbpv"},
    {"an upgrade code that Citrix and XCP-ng share",
     .product = {.upgrade_code = (char *)AGENT_UPGRADE}, .families = "xcp-ng xenserver"},
    {"with a name it is one's",
     .product = {.name = (char *)"Citrix XenServer Windows Guest Agent",
                 .upgrade_code = (char *)AGENT_UPGRADE},
     .families = "xenserver"},
    {"Qubes, whose name has its version",
     .product = {.name = (char *)"Qubes Windows Tools v4.2.2.0"}, .families = "qubes"},
    {"a name that only begins so", .product = {.name = (char *)"GPL PV Drivers for Windows 2"},
     .families = ""},
    /* by provider */
    {"a provider and a version that Univention did not build",
     .device = {.provider = (char *)GPL, .driver_version = (char *)"0.11.0.399"},
     .families = "gplpv"},
    {"a provider and a version after the new name",
     .device = {.provider = (char *)GPL, .driver_version = (char *)"1.0.1089.0"},
     .families = "ejbpv"},
    {"a provider that the known MSI explains",
     .device = {.provider = (char *)GPL, .driver_version = (char *)"0.11.0.373"},
     .product = {.product_code = (char *)U373_X64}, .families = "univention-gplpv"},
    {"a provider that the known MSI does not explain", .device = {.provider = (char *)"XCP-ng"},
     .product = {.product_code = (char *)U373_X64}, .families = "univention-gplpv xcp-ng"},
    {"the provider decides, whatever the bus", .device = {.provider = (char *)"Xen Project"},
     .hardware_id = "XENBUS\\VEN_XN0001&DEV_VIF&REV_08000009", .families = "xenproject"},
    /* by the device */
    {"a device of XCP-ng's bus without a driver", .hardware_id = "XENBUS\\VEN_XN0001&DEV_CONS",
     .families = "xcp-ng"},
    {"one with a driver of nobody we know", .device = {.provider = (char *)"Nobody"},
     .hardware_id = "XENBUS\\VEN_XN0001&DEV_CONS", .families = "xcp-ng"},
    {"a device of Xen Project's bus", .hardware_id = "XENVIF\\VEN_XP0002&DEV_NET&REV_0800000D",
     .families = "xenproject"},
    {"Citrix before xenbus, and the provider of its successor",
     .device = {.provider = (char *)"Citrix Systems, Inc."}, .hardware_id = "ROOT\\XENEVTCHN",
     .families = "xenserver citrix-legacy"},
    {"the same device of OpenXT", .device = {.provider = (char *)"OpenXT"},
     .hardware_id = "root\\xenevtchn", .families = "openxt"},
    {"an AWS device that tells no provider",
     .device = {.description = (char *)"AWS PV Network Device #0"}, .families = "aws"},
    {"a description says nothing beside a provider",
     .device = {.description = (char *)"AWS PV Network Device", .provider = (char *)"Nobody"},
     .families = ""},
    {"a platform device without a driver is nobody's",
     .hardware_id = "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01", .families = ""},
    {"nor is the one that Windows Update looks for",
     .hardware_id = "PCI\\VEN_5853&DEV_C000&SUBSYS_C0005853&REV_01", .families = ""},
    {"a ghost tells nothing", .device = {.provider = (char *)"XCP-ng", .present = TRI_NO},
     .families = ""},
    {"nor by its id", .device = {.present = TRI_NO}, .hardware_id = "XENBUS\\VEN_XN0001&DEV_CONS",
     .families = ""},
};

static char *recognised(struct facts_device device, const char *hardware_id,
                        struct facts_product product)
{
    struct texts families = {0};
    struct text joined = {0};
    char *ids[] = {(char *)hardware_id};
    struct facts f = {0};
    device.hardware_ids.at = ids;
    device.hardware_ids.count = hardware_id ? 1 : 0;
    f.devices.at = &device;
    f.devices.count = 1;
    f.products.at = &product;
    f.products.count = 1;
    recognise_families(&f, &manifest, &families);
    for (size_t i = 0; i < families.count; i++)
        text_addf(&joined, "%s%s", i ? " " : "", families.at[i]);
    texts_release(&families);
    return text_steal(&joined);
}

static void each_guest_has_the_drivers_that_it_shows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char *have = recognised(rows[i].device, rows[i].hardware_id, rows[i].product);
        CHECK_TEXT(rows[i].sentence, have ? have : "", rows[i].families);
        mem_free(have);
    }
}

/* Every family is found by each thing that the data says it is found by. */
static void what_the_data_says_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < manifest.families.count; i++) {
        const struct manifest_family *f = &manifest.families.at[i];
        size_t signs = 0;
        for (size_t k = 0; k < f->providers.count; k++, signs++) {
            char *have = recognised((struct facts_device){.provider = f->providers.at[k]}, NULL,
                                    (struct facts_product){0});
            CHECK_HAS(f->id, have, f->id);
            mem_free(have);
        }
        for (size_t k = 0; k < f->upgrade_codes.count; k++, signs++) {
            char *have = recognised((struct facts_device){0}, NULL,
                                    (struct facts_product){.upgrade_code = f->upgrade_codes.at[k]});
            CHECK_HAS(f->id, have, f->id);
            mem_free(have);
        }
        for (size_t k = 0; k < f->hardware_ids.count; k++, signs++) {
            char *have = recognised((struct facts_device){0}, f->hardware_ids.at[k],
                                    (struct facts_product){0});
            CHECK_HAS(f->id, have, f->id);
            mem_free(have);
        }
        CHECK(f->id, signs > 0);
    }
}

/* What lies on the disk, and stands in the registry. */
struct trace {
    const char *sentence, *provider, *upgrade_code;
    const char *file, *version;      /* of a service */
    unsigned start;                  /* of the service */
    enum tri exists;                 /* the service's file */
    const char *left, *left_version; /* a file that nothing uses */
    const char *key, *value;         /* a value that is there */
    const char *families;
};

#define PCI_PARAMETERS "HKLM\\SYSTEM\\CurrentControlSet\\Services\\XenPCI\\Parameters"
#define FORCE_UNPLUG "hklm\\system\\CurrentControlSet\\Services\\XEN\\ForceUnplug"
#define INSTALL_AGENT "HKLM\\SOFTWARE\\Citrix\\InstallAgent"

static const struct trace traces[] = {
    /* a shared sign is narrowed down by the versions of files */
    {"the provider of three, and a driver that only GPLPV built", .provider = GPL,
     .file = "C:\\windows\\System32\\drivers\\XENPCI.SYS", .version = "0.11.0.399",
     .families = "gplpv"},
    {"and one of after the new name", .provider = GPL, .file = "system32\\drivers\\xenpci.sys",
     .version = "1.0.1089.0", .families = "ejbpv"},
    {"one that two of them built", .provider = GPL, .file = "xenpci.sys", .version = "0.11.0.372",
     .families = "univention-gplpv gplpv"},
    {"a file that nothing uses tells, too", .upgrade_code = GPL_UPGRADE,
     .left = "C:\\Program Files\\Xen PV Drivers\\bin\\shutdownmon.exe",
     .left_version = "1.0.1089.0", .families = "ejbpv"},
    {"one file that fits is enough", .upgrade_code = GPL_UPGRADE, .file = "xenvbd.sys",
     .version = "0.11.0.399", .left = "xenpci.sys", .left_version = "1.0.1090.0",
     .families = "gplpv ejbpv"},
    {"a version that cannot be read says nothing", .provider = GPL, .file = "xenpci.sys",
     .families = "univention-gplpv gplpv ejbpv"},
    {"a file of another name says nothing", .provider = GPL, .file = "xenbus.sys",
     .version = "9.1.0.0", .families = "univention-gplpv gplpv ejbpv"},
    /* and by marks */
    {"an upgrade code of two, and the mark of one", .upgrade_code = AGENT_UPGRADE,
     .key = FORCE_UNPLUG, .families = "xcp-ng"},
    {"and of the other", .upgrade_code = AGENT_UPGRADE, .key = INSTALL_AGENT,
     .families = "xenserver"},
    {"a mark of all that share the sign leaves all", .provider = GPL, .key = PCI_PARAMETERS,
     .value = "veto_devices", .families = "univention-gplpv gplpv ejbpv"},
    {"a mark of somebody else says nothing", .provider = GPL, .key = INSTALL_AGENT,
     .families = "univention-gplpv gplpv ejbpv"},
    /* services, where nothing else tells */
    {"a driver that starts, and one family alone has", .file = "\\SystemRoot\\rhelscsi.sys",
     .version = "5.0.0.1", .families = "redhat"},
    {"by its version alone", .file = "xenpci.sys", .version = "1.0.1089.0", .families = "ejbpv"},
    {"one that cannot start", .file = "rhelscsi.sys", .version = "5.0.0.1", .start = 4,
     .families = ""},
    {"one whose file is gone", .file = "rhelscsi.sys", .version = "5.0.0.1", .exists = TRI_NO,
     .families = ""},
    {"one that several have", .file = "xenbus.sys", .version = "9.1.0.0", .families = ""},
    {"one whose version says which, if it could be read", .file = "xenpci.sys", .families = ""},
    {"a name alone, though no other family has it", .file = "rhelscsi.sys", .families = ""},
    {"beside a provider it says nothing", .provider = "XCP-ng", .file = "rhelscsi.sys",
     .version = "5.0.0.1", .families = "xcp-ng"},
    {"a file that nothing uses is no driver", .left = "rhelscsi.sys", .left_version = "5.0.0.1",
     .families = ""},
    {"a mark that stayed behind is no driver", .key = INSTALL_AGENT, .families = ""},
};

static void add_driver(const struct trace *t, struct facts *f)
{
    if (t->provider) {
        struct facts_package *p = shape_list_add(&f->packages, sizeof *p);
        p->provider = mem_strdup(t->provider);
    }
    if (t->upgrade_code) {
        struct facts_product *p = shape_list_add(&f->products, sizeof *p);
        p->upgrade_code = mem_strdup(t->upgrade_code);
    }
    if (t->file) {
        struct facts_service *s = shape_list_add(&f->services, sizeof *s);
        s->file = mem_strdup(t->file);
        s->file_version = t->version ? mem_strdup(t->version) : NULL;
        s->start = number_of(t->start);
        s->image_exists = t->exists ? t->exists : TRI_YES;
    }
}

static void add_traces(const struct trace *t, struct facts *f)
{
    if (t->left) {
        struct facts_file *file = shape_list_add(&f->files, sizeof *file);
        file->path = mem_strdup(t->left);
        file->version = mem_strdup(t->left_version);
    }
    if (t->key) {
        struct facts_value *v = shape_list_add(&f->values, sizeof *v);
        v->key = mem_strdup(t->key);
        v->name = t->value ? mem_strdup(t->value) : NULL;
        v->exists = TRI_YES;
    }
}

static void files_and_marks_tell_families_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(traces); i++) {
        struct facts f = {0};
        struct texts families = {0};
        struct text joined = {0};
        add_driver(&traces[i], &f);
        add_traces(&traces[i], &f);
        recognise_families(&f, &manifest, &families);
        for (size_t k = 0; k < families.count; k++)
            text_addf(&joined, "%s%s", k ? " " : "", families.at[k]);
        CHECK_TEXT(traces[i].sentence, text_str(&joined), traces[i].families);
        text_release(&joined);
        texts_release(&families);
        facts_release(&f);
    }
}

static struct facts_device *bare_device(struct facts *f, const char *hardware_id)
{
    struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
    texts_add(&d->hardware_ids, hardware_id);
    return d;
}

static void file_behind_another_family_s(struct facts *f)
{
    const struct trace first = {
        .provider = GPL, .left = "xenpci.sys", .left_version = "1.0.1089.0"};
    const struct trace second = {.left = "xenvbd.sys", .left_version = "0.11.0.399"};
    add_driver(&first, f);
    add_traces(&first, f);
    add_traces(&second, f);
}

static void service_behind_another_family_s(struct facts *f)
{
    const struct trace first = {.provider = GPL, .file = "xenpci.sys", .version = "1.0.1089.0"};
    const struct trace second = {.file = "xenvbd.sys", .version = "0.11.0.399"};
    add_driver(&first, f);
    add_driver(&second, f);
}

static void service_that_alone_tells(struct facts *f)
{
    const struct trace first = {.file = "disk.sys", .version = "6.1.7601.0"};
    const struct trace second = {.file = "rhelscsi.sys", .version = "5.0.0.1"};
    add_driver(&first, f);
    add_driver(&second, f);
}

static void id_behind_another(struct facts *f)
{
    texts_add(&bare_device(f, "ROOT\\X")->hardware_ids, "XENBUS\\VEN_XN0001&DEV_CONS");
}

static void device_behind_another(struct facts *f)
{
    bare_device(f, "ROOT\\X");
    bare_device(f, "XENBUS\\VEN_XN0001&DEV_CONS");
}

static void known_product_behind_another(struct facts *f)
{
    const struct trace driver = {.provider = GPL};
    add_driver(&driver, f);
    struct facts_product *p = shape_list_add(&f->products, sizeof *p);
    p->name = mem_strdup("Unheard of");
    p = shape_list_add(&f->products, sizeof *p);
    p->product_code = mem_strdup(U373_X64);
}

static const struct {
    const char *sentence;
    void (*has)(struct facts *f);
    const char *families;
} seconds[] = {
    {"a file of one family, then of another", file_behind_another_family_s, "gplpv ejbpv"},
    {"a service of one family, then of another", service_behind_another_family_s, "gplpv ejbpv"},
    {"a service of Windows, then one that tells", service_that_alone_tells, "redhat"},
    {"an id that says nothing, then one that does", id_behind_another, "xcp-ng"},
    {"a device that says nothing, then one that does", device_behind_another, "xcp-ng"},
    {"a product that nobody knows, then one that explains the provider",
     known_product_behind_another, "univention-gplpv"},
};

static void what_tells_may_stand_second(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(seconds); i++) {
        struct facts f = {0};
        struct texts families = {0};
        struct text joined = {0};
        seconds[i].has(&f);
        recognise_families(&f, &manifest, &families);
        for (size_t k = 0; k < families.count; k++)
            text_addf(&joined, "%s%s", k ? " " : "", families.at[k]);
        CHECK_TEXT(seconds[i].sentence, text_str(&joined), seconds[i].families);
        text_release(&joined);
        texts_release(&families);
        facts_release(&f);
    }
}

/* What nobody's release has a driver for may stay without one. */
static const struct {
    const char *sentence, *first, *second; /* hardware ids */
    bool has;
} drivers[] = {
    {"the platform device", "PCI\\VEN_5853&DEV_0001", NULL, true},
    {"by its second id", "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01", "pci\\ven_5853&dev_0001",
     true},
    {"by its first id", "XEN\\VIF", "XEN\\OTHER", true},
    {"a device in a revision that no release has", "XENBUS\\VEN_XP0001&DEV_VIF&REV_7F00000B", NULL,
     true},
    {"another device in a revision that one has", "XENBUS\\VEN_XP0001&DEV_VIFS&REV_0800000B", NULL,
     false},
    {"a device whose name is as long", "XENBUS\\VEN_XP0001&DEV_FIV&REV_0800000B", NULL, false},
    {"a device of a revision, where the release tells none", "XEN\\VIF&REV_01", NULL, false},
    {"what a release may leave out", "XEN\\VSCSI", NULL, false},
    {"what only others have drivers for", "XENBUS\\VEN_XN0001&DEV_VIF&REV_0800000B", NULL, false},
    {"a device of nobody", "PCI\\VEN_8086&DEV_7010", "PCI\\VEN_8086", false},
    {"a device without an id", NULL, NULL, false},
};

static void a_device_is_missed_where_a_release_has_its_driver(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(drivers); i++) {
        char *ids[] = {(char *)drivers[i].first, (char *)drivers[i].second};
        struct facts_device d = {0};
        d.hardware_ids.at = ids;
        d.hardware_ids.count = drivers[i].second ? 2 : drivers[i].first ? 1 : 0;
        CHECK(drivers[i].sentence, recognise_has_driver(&manifest, &d) == drivers[i].has);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_guest_has_the_drivers_that_it_shows),
        cmocka_unit_test(what_the_data_says_is_found),
        cmocka_unit_test(files_and_marks_tell_families_apart),
        cmocka_unit_test(what_tells_may_stand_second),
        cmocka_unit_test(a_device_is_missed_where_a_release_has_its_driver),
    };
    return cmocka_run_group_tests(tests, read_manifest, free_manifest);
}
