/*
 * removal_plan: machines as facts, one difference a row, and which steps come of it in which order.
 * What is another family's, nobody's or the machine's own is in no step, whatever it is called.
 */
#include "tests/unit/check.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/removal_plan.h"

#define SYSTEM_CLASS "{4d36e97d-e325-11ce-bfc1-08002be10318}"
#define DISK_CLASS "{4d36e96a-e325-11ce-bfc1-08002be10318}"
#define BUS "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853&REV_01\\3&267A616A&0&10"
#define VBD "XENBUS\\VEN_XP0001&DEV_VBD&REV_0900000B\\_"
#define VIF "XENBUS\\VEN_XP0001&DEV_VIF&REV_0900000B\\_"
#define NET "XENVIF\\VEN_XP0001&DEV_NET&REV_09000005\\0"
#define CONS "XENBUS\\VEN_XP0001&DEV_CONS&REV_0900000B\\_"
#define DRIVERS "C:\\Windows\\System32\\drivers\\"
#define HASH "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct manifest manifest;

static const struct plan_folders folders = {"C:\\ProgramData\\xenpv", "C:\\Windows",
                                            "C:\\Windows\\System32",
                                            "C:\\Windows\\System32\\drivers", "C:\\Program Files"};

/* --- a machine -------------------------------------------------------------------------------- */

struct machine {
    struct facts facts;
    struct removal_seen seen;
    struct journal ours;
    struct texts families;
};

static struct facts_device *add_device(struct machine *m, const char *instance, const char *service,
                                       const char *provider)
{
    struct facts_device *d = shape_list_add(&m->facts.devices, sizeof *d);
    d->instance = mem_strdup(instance);
    d->service = mem_strdup(service);
    d->provider = mem_strdup(provider);
    d->present = TRI_YES;
    return d;
}

static struct facts_service *add_service(struct machine *m, const char *name, unsigned start)
{
    struct facts_service *s = shape_list_add(&m->facts.services, sizeof *s);
    s->name = mem_strdup(name);
    s->type = number_of(1);
    s->start = number_of(start);
    s->running = TRI_YES;
    return s;
}

static struct facts_package *add_package(struct machine *m, const char *inf, const char *provider,
                                         const char *id)
{
    struct facts_package *p = shape_list_add(&m->facts.packages, sizeof *p);
    struct removal_inf *seen = shape_list_add(&m->seen.infs, sizeof *seen);
    p->inf = mem_strdup(inf);
    p->provider = mem_strdup(provider);
    texts_add(&p->hardware_ids, id);
    *seen = (struct removal_inf){mem_strdup(inf), mem_strdup(HASH)};
    return p;
}

static struct removal_file *add_file(struct machine *m, const char *path, const char *company,
                                     const char *service)
{
    struct removal_file *f = shape_list_add(&m->seen.files, sizeof *f);
    f->path = mem_strdup(path);
    f->company = mem_strdup(company);
    f->service = mem_strdup(service);
    f->sha256 = mem_strdup(HASH);
    return f;
}

static void add_filter(struct machine *m, const char *class_guid, const char *first,
                       const char *second)
{
    struct facts_filter *f = shape_list_add(&m->facts.filters, sizeof *f);
    f->class_guid = mem_strdup(class_guid);
    f->position = mem_strdup("UpperFilters");
    texts_add(&f->services, first);
    if (second)
        texts_add(&f->services, second);
}

static void add_product(struct machine *m, const char *code, const char *name, const char *upgrade)
{
    struct facts_product *p = shape_list_add(&m->facts.products, sizeof *p);
    p->product_code = mem_strdup(code);
    p->name = mem_strdup(name);
    p->upgrade_code = mem_strdup(upgrade);
}

/* Xen Project's drivers, installed by hand: there is no journal. */
static void fill(struct machine *m)
{
    static const char provider[] = "Xen Project";
    m->facts.services_reading = READING_FULL;
    add_device(m, BUS, "xenbus", provider);
    add_device(m, VBD, "xenvbd", provider);
    add_device(m, NET, "xennet", provider);
    add_device(m, VIF, "xenvif", provider);
    add_service(m, "storahci", 0)->running = TRI_NO;
    add_service(m, "xenbus", 0);
    add_service(m, "xenfilt", 0);
    add_service(m, "xennet", 3);
    add_service(m, "xenvbd", 0);
    add_service(m, "xenvif", 3);
    add_package(m, "oem1.inf", provider, "XENBUS\\VEN_XP0001&DEV_VBD&REV_0900000B");
    add_package(m, "oem2.inf", provider, "PCI\\VEN_5853&DEV_0001");
    add_file(m, DRIVERS "xenfilt.sys", provider, "xenfilt");
    texts_add(&add_file(m, DRIVERS "xen.sys", provider, NULL)->infs, "oem2.inf");
    add_filter(m, SYSTEM_CLASS, "partmgr", "XENFILT");
    texts_add(&m->families, "xenproject");
}

static void release(struct machine *m)
{
    facts_release(&m->facts);
    removal_seen_release(&m->seen);
    journal_release(&m->ours);
    texts_release(&m->families);
}

static struct removal_view view_of(struct machine *m)
{
    return (struct removal_view){.facts = &m->facts,
                                 .manifest = &manifest,
                                 .families = &m->families,
                                 .installation = m->ours.drivers.count ? &m->ours : NULL,
                                 .seen = &m->seen,
                                 .folders = &folders};
}

/* The steps as lines of words. */
static char *plan_words(struct machine *m)
{
    struct journal j = {.job = JOURNAL_REMOVAL};
    struct text t = {0};
    const struct removal_view v = view_of(m);
    size_t added = removal_plan(&v, &j);
    assert_int_equal(added, j.steps.count);
    for (size_t i = 0; i < added; i++) {
        char *words = removal_step_words(&j, &j.steps.at[i]);
        text_addf(&t, "%s\n", words);
        mem_free(words);
    }
    for (size_t i = 0; i < j.targets.count; i++)
        if (!j.targets.at[i].proof)
            fail_msg("'%s' has no proof", j.targets.at[i].id);
    journal_release(&j);
    return text_steal(&t);
}

/* --- what changes the machine ----------------------------------------------------------------- */

static struct facts_device *device(struct machine *m, const char *instance)
{
    for (size_t i = 0; i < m->facts.devices.count; i++)
        if (strcmp(m->facts.devices.at[i].instance, instance) == 0)
            return &m->facts.devices.at[i];
    return NULL;
}

static struct facts_service *service(struct machine *m, const char *name)
{
    return (struct facts_service *)facts_service_named(&m->facts, name);
}

static void as_it_is(struct machine *m)
{
    (void)m;
}

static void nothing_runs(struct machine *m)
{
    for (size_t i = 0; i < m->facts.services.count; i++)
        m->facts.services.at[i].running = TRI_NO;
}

static void another_company(struct machine *m)
{
    shape_set_text(&m->seen.files.at[0].company, "Citrix Systems, Inc.");
}

/* A program of the family's, whose service's name no list has. */
static void a_service_that_the_package_brings(struct machine *m)
{
    struct facts_service *s = add_service(m, "xenanything", 2);
    s->type = number_of(0x10);
    s->image = mem_strdup("C:\\Windows\\System32\\xenanything.exe");
    texts_add(&add_file(m, s->image, "Xen Project", "xenanything")->infs, "oem2.inf");
}

static void a_service_of_the_same_maker(struct machine *m)
{
    a_service_that_the_package_brings(m);
    shape_set_text(&m->seen.files.at[2].infs.at[0], "oem9.inf");
}

static void another_provider(struct machine *m)
{
    for (size_t i = 0; i < m->facts.devices.count; i++)
        shape_set_text(&m->facts.devices.at[i].provider, "XCP-ng");
    for (size_t i = 0; i < m->facts.packages.count; i++)
        shape_set_text(&m->facts.packages.at[i].provider, "XCP-ng");
    for (size_t i = 0; i < m->seen.files.count; i++)
        shape_set_text(&m->seen.files.at[i].company, "XCP-ng");
}

static void a_shared_package(struct machine *m)
{
    texts_add(&m->facts.packages.at[1].hardware_ids, "PCI\\VEN_1AF4&DEV_1000");
}

static void a_shared_service(struct machine *m)
{
    add_device(m, "PCI\\VEN_1234&DEV_5678\\1", "xennet", "Somebody Else");
}

static void a_shared_file(struct machine *m)
{
    texts_add(&m->seen.files.at[1].infs, "oem9.inf");
}

static void an_orphan_filter(struct machine *m)
{
    add_filter(m, DISK_CLASS, "xenfilt", NULL);
    struct facts_service *s = service(m, "xenfilt");
    shape_set_text(&s->name, "xenother");
    s->type = number_of(0x10);
}

static void the_bus_is_a_filter(struct machine *m)
{
    add_filter(m, DISK_CLASS, "xenbus", NULL);
}

static void an_unbound_child(struct machine *m)
{
    add_device(m, CONS, NULL, NULL);
}

static void an_unbound_child_beside_another_family(struct machine *m)
{
    an_unbound_child(m);
    add_package(m, "oem7.inf", "XCP-ng", "XENBUS\\VEN_XN0001&DEV_VIF&REV_0900000B");
}

static void an_unbound_platform_device(struct machine *m)
{
    struct facts_device *d = device(m, BUS);
    shape_set_text(&d->service, NULL);
    shape_set_text(&d->provider, NULL);
}

static void two_products(struct machine *m)
{
    texts_release(&m->families);
    texts_add(&m->families, "gplpv");
    texts_add(&m->families, "univention-gplpv");
    add_product(m, "{11111111-2222-3333-4444-555555555555}", "GPL PV Drivers for Windows",
                "{4EDE5DEC-3208-4a1e-8E52-DAC44F7D7062}");
    add_product(m, "{66666666-2222-3333-4444-555555555555}", "renamed",
                "{4EDE5DEC-3208-4A1E-8E52-DAC44F7D7062}");
}

/* XCP-ng 8 and Citrix 7.1 have the same upgrade code. */
static void a_product_with_a_shared_code(struct machine *m)
{
    texts_release(&m->families);
    texts_add(&m->families, "xcp-ng");
    add_product(m, "{11111111-2222-3333-4444-555555555555}", "Citrix XenServer Tools",
                "{48E5492C-6843-452E-97A2-A5FE2D24B141}");
}

static void a_product_that_is_no_installer_s(struct machine *m)
{
    texts_release(&m->families);
    texts_add(&m->families, "xenserver");
    add_product(m, "Citrix XenTools", "Citrix XenServer Tools", NULL);
}

static struct journal_driver *our_driver(struct machine *m)
{
    struct journal_driver *d = shape_list_add(&m->ours.drivers, sizeof *d);
    d->name = mem_strdup("xenbus");
    d->inf = mem_strdup("xenbus.inf");
    d->folder = mem_strdup("C:\\ProgramData\\xenpv\\packages\\9\\xenbus");
    struct journal_file *f = shape_list_add(&d->installed, sizeof *f);
    f->path = mem_strdup(DRIVERS "WdfCoInstaller01009.dll");
    f->sha256 = mem_strdup(HASH);
    f->existed = TRI_NO;
    return d;
}

static void ours(struct machine *m)
{
    our_driver(m);
}

static void ours_over_a_file_that_was_there(struct machine *m)
{
    our_driver(m)->installed.at[0].existed = TRI_YES;
}

static void ours_in_a_folder_that_is_not(struct machine *m)
{
    shape_set_text(&our_driver(m)->folder, "C:\\ProgramData\\xenpv\\packages\\..\\..\\..\\Windows");
}

static void ours_with_a_boot_entry(struct machine *m)
{
    our_driver(m);
    m->ours.boot.fallbacks_known = TRI_YES;
    shape_set_text(&m->ours.boot.option, "NOGPLPV");
}

static void ours_that_made_no_boot_entry(struct machine *m)
{
    ours_with_a_boot_entry(m);
    shape_set_text(&m->ours.boot.no_fallback, "there is no bcdedit");
}

static void add_certificate(struct journal_product *p, const char *store, enum tri existed)
{
    struct journal_certificate *c = shape_list_add(&p->certificates, sizeof *c);
    *c = (struct journal_certificate){.store = mem_strdup(store),
                                      .sha1 = mem_strdup("00"),
                                      .subject = mem_strdup("a maker"),
                                      .of_machine = TRI_YES,
                                      .existed = existed};
}

static void ours_by_windows_installer(struct machine *m)
{
    struct journal_product *p = mem_zero(1, sizeof *p);
    two_products(m);
    our_driver(m);
    p->code = mem_strdup("{00000000-0000-0000-0000-000000000001}");
    p->folder = mem_strdup("C:\\ProgramData\\xenpv\\packages\\9\\msi");
    p->file.path = mem_strdup("C:\\ProgramData\\xenpv\\packages\\9\\msi\\a.msi");
    p->file.sha256 = mem_strdup(HASH);
    add_certificate(p, "Root", TRI_NO);
    add_certificate(p, "TrustedPublisher", TRI_YES);
    add_certificate(p, "Disallowed", TRI_UNKNOWN);
    m->ours.product = p;
}

static void ours_in_another_folder(struct machine *m)
{
    ours_by_windows_installer(m);
    shape_set_text(&m->ours.product->folder, "C:\\Windows\\Installer");
}

/* --- rows ------------------------------------------------------------------------------------- */

struct row {
    const char *sentence;
    void (*change)(struct machine *m);
    const char *has, *lacks; /* NULL: anything goes */
};

static const struct row rows[] = {
    {"the emulated disk's driver is asked to start first", as_it_is,
     "let 'storahci' start at boot\ndelete the registry key 'Services\\XEN\\Unplug'\n", NULL},
    {"the bus goes off before its filter, which is another service", as_it_is,
     "ForceUnplug'\ndisable the driver 'xenbus'\ntake 'XENFILT' out of the UpperFilters of class " SYSTEM_CLASS
     "\ndisable the driver 'xenfilt'\n",
     "take 'partmgr'"},
    {"what runs is taken out after a restart", as_it_is,
     "restart Windows, and go on then\nremove the driver package 'oem2.inf'\n"
     "remove the driver package 'oem1.inf'\n",
     NULL},
    {"devices go from the leaves to the bus, whose node stays", as_it_is,
     "remove the device '" NET "'\nremove the device '" VBD "'\nremove the device '" VIF
     "'\ntake the driver off '" BUS "'\ndelete the service 'xenbus'\n",
     NULL},
    {"a file that no service runs goes by its package and its maker", as_it_is,
     "delete '" DRIVERS "xen.sys'\n", NULL},
    {"Windows' own driver is not deleted", as_it_is, NULL, "delete the service 'storahci'"},
    {"nothing runs: no restart", nothing_runs, "disable the driver 'xenbus'\n", "restart"},
    {"a service that another company's file runs stays", another_company,
     "delete the service 'xenbus'\n", "xenfilt'"},
    {"and so does its filter", another_company, NULL, "UpperFilters"},
    {"a program that the family's package copies is the family's",
     a_service_that_the_package_brings, "delete the service 'xenanything'\n",
     "disable the driver 'xenanything'"},
    {"one that only has the same maker is not", a_service_of_the_same_maker, NULL, "xenanything"},
    {"drivers of another family with the same names stay, all of them", another_provider, NULL,
     "x"},
    {"a package that binds somebody else's device too stays", a_shared_package,
     "remove the driver package 'oem1.inf'\n", "package 'oem2.inf'"},
    {"a service that somebody else's device uses stays", a_shared_service,
     "delete the service 'xenbus'\n", "delete the service 'xennet'"},
    {"a file that another INF copies too stays", a_shared_file, NULL, "xen.sys"},
    {"a filter that names no service goes", an_orphan_filter,
     "take 'xenfilt' out of the UpperFilters of class " DISK_CLASS "\n", NULL},
    {"a bus that is a filter leaves the filters before it is disabled", the_bus_is_a_filter,
     "take 'xenbus' out of the UpperFilters of class " DISK_CLASS "\ndisable the driver 'xenbus'\n",
     NULL},
    {"a child that nobody drives goes with the only bus", an_unbound_child,
     "remove the device '" CONS "'\n", NULL},
    {"and stays where another family may have made it", an_unbound_child_beside_another_family,
     NULL, "DEV_CONS"},
    {"settings of the bus stay where another family may read them",
     an_unbound_child_beside_another_family, NULL, "'Services\\XEN'\n"},
    {"a platform device without a driver is left alone", an_unbound_platform_device, NULL,
     "the driver off"},
    {"two products side by side are both uninstalled, by name and by upgrade code", two_products,
     "uninstall 'GPL PV Drivers for Windows'\nuninstall 'renamed'\n", NULL},
    {"an upgrade code that families share is not enough against the name",
     a_product_with_a_shared_code, NULL, "uninstall"},
    {"what is not Windows Installer's is not uninstalled by it", a_product_that_is_no_installer_s,
     NULL, "uninstall"},
    {"a file that only our journal names goes, with our copy of the package", ours,
     "delete '" DRIVERS "WdfCoInstaller01009.dll'\n"
     "delete 'C:\\ProgramData\\xenpv\\packages\\9\\xenbus'\n",
     NULL},
    {"one that was there before us stays", ours_over_a_file_that_was_there, NULL, "WdfCoInstaller"},
    {"our boot entry goes last of all", ours_with_a_boot_entry,
     "packages\\9\\xenbus'\ntake our boot entry out\n", NULL},
    {"where the installation added none, none is taken out", ours_that_made_no_boot_entry, NULL,
     "boot entry"},
    {"a journal that was tampered with leads nowhere else", ours_in_a_folder_that_is_not, NULL,
     "..\\"},
    {"a certificate that our product brought goes after the products", ours_by_windows_installer,
     "uninstall 'renamed'\nsee that the certificate 'a maker' is out of the store 'Root'\n",
     "TrustedPublisher"},
    {"one of which nobody knows whether it was there stays", ours_by_windows_installer, NULL,
     "Disallowed"},
    {"our copy of the package goes", ours_by_windows_installer,
     "delete 'C:\\ProgramData\\xenpv\\packages\\9\\msi'\n", NULL},
    {"and no other folder, whatever the journal says", ours_in_another_folder, NULL,
     "C:\\Windows\\Installer"},
};

static void plans_what_is_proven_and_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct machine m = {.seen = {.files = {0}}};
        fill(&m);
        rows[i].change(&m);
        char *words = plan_words(&m);
        if (rows[i].has && !strstr(words, rows[i].has))
            fail_msg("%s; but not so:\n%s", rows[i].sentence, words);
        if (rows[i].lacks && strstr(words, rows[i].lacks))
            fail_msg("%s; but there is '%s':\n%s", rows[i].sentence, rows[i].lacks, words);
        mem_free(words);
        release(&m);
    }
}

static void no_storage_driver(struct machine *m)
{
    struct facts_service *s = service(m, "storahci");
    shape_set_text(&s->name, "printer");
    shape_set_text(&device(m, VBD)->class_name, "SCSIAdapter");
}

static void an_emulated_controller_has_a_driver(struct machine *m)
{
    no_storage_driver(m);
    add_device(m, "PCI\\VEN_8086&DEV_7010\\1", "lsi_sas", "Microsoft")->present = TRI_NO;
}

static void the_storage_driver_s_file_is_gone(struct machine *m)
{
    service(m, "storahci")->image_exists = TRI_NO;
    shape_set_text(&device(m, VBD)->class_name, "SCSIAdapter");
}

static void the_disk_is_emulated(struct machine *m)
{
    no_storage_driver(m);
    device(m, VBD)->present = TRI_NO;
}

static void refuses_to_leave_no_disk(void **state)
{
    static const struct {
        const char *sentence;
        void (*change)(struct machine *m);
        bool ok;
    } disks[] = {
        {"a driver of an emulated disk is there", as_it_is, true},
        {"no driver of an emulated disk is there, and the disk is PV", no_storage_driver, false},
        {"a controller that is unplugged now has one", an_emulated_controller_has_a_driver, true},
        {"the driver has no file", the_storage_driver_s_file_is_gone, false},
        {"the disk is emulated already", the_disk_is_emulated, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(disks); i++) {
        struct machine m = {.seen = {.files = {0}}};
        struct err e = {0};
        fill(&m);
        disks[i].change(&m);
        const struct removal_view v = view_of(&m);
        CHECK(disks[i].sentence, removal_leaves_a_disk(&v, &e) == disks[i].ok);
        CHECK(disks[i].sentence, disks[i].ok == (e.kind == ERR_NONE));
        release(&m);
    }
}

static void tells_products_apart(void **state)
{
    (void)state;
    struct machine m = {.seen = {.files = {0}}};
    struct texts foreign = {0}, codes = {0};
    a_product_that_is_no_installer_s(&m);
    struct removal_view v = view_of(&m);
    removal_foreign_products(&v, &foreign);
    assert_int_equal(foreign.count, 1);
    assert_string_equal(foreign.at[0], "Citrix XenServer Tools");
    removal_products(&v, &codes);
    assert_int_equal(codes.count, 0);
    two_products(&m);
    v = view_of(&m);
    removal_products(&v, &codes);
    assert_int_equal(codes.count, 2);
    texts_release(&codes);
    texts_release(&foreign);
    release(&m);
}

static void groups_families_that_cannot_be_told_apart(void **state)
{
    (void)state;
    struct texts ids = {0};
    removal_families(&manifest, "gplpv", &ids);
    assert_int_equal(ids.count, 3);
    assert_true(texts_have_nocase(&ids, "univention-gplpv"));
    assert_true(texts_have_nocase(&ids, "ejbpv"));
    texts_release(&ids);
    removal_families(&manifest, "xcp-ng", &ids);
    assert_int_equal(ids.count, 1);
    texts_release(&ids);
}

static void finds_the_file_of_a_service(void **state)
{
    static const struct {
        const char *image;
        unsigned type;
        const char *path;
    } images[] = {
        {"System32\\drivers\\a.sys", 1, "C:\\Windows\\System32\\drivers\\a.sys"},
        {"\\SystemRoot\\System32\\drivers\\a.sys", 1, "C:\\Windows\\System32\\drivers\\a.sys"},
        {"\\??\\D:\\x\\a.sys", 1, "D:\\x\\a.sys"},
        {NULL, 1, "C:\\Windows\\System32\\drivers\\name.sys"},
        {"", 1, "C:\\Windows\\System32\\drivers\\name.sys"},
        {"\\Device\\a.sys", 1, NULL},
        {NULL, 0x10, NULL},
        {"\"C:\\Program Files\\a b.exe\" -x", 0x10, "C:\\Program Files\\a b.exe"},
        {"C:\\Program Files\\a b.exe -x", 0x10, "C:\\Program Files\\a b.exe"},
        {"%SystemRoot%\\System32\\a.exe", 0x10, "C:\\Windows\\System32\\a.exe"},
        {"%ProgramFiles%\\a.exe", 0x10, "C:\\Program Files\\a.exe"},
        {"%NOBODY%\\a.exe", 0x10, NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(images); i++) {
        char name[] = "name";
        const struct facts_service s = {
            .name = name, .image = (char *)images[i].image, .type = number_of(images[i].type)};
        char *path = removal_image_path(&s, &folders);
        CHECK_TEXT(images[i].image ? images[i].image : "no image", path, images[i].path);
        mem_free(path);
    }
}

static int read_manifest(void **state)
{
    struct err e = {0};
    (void)state;
    return manifest_embedded(&manifest, &e) ? 0 : -1;
}

static int release_manifest(void **state)
{
    (void)state;
    manifest_release_all(&manifest);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans_what_is_proven_and_no_more),
        cmocka_unit_test(refuses_to_leave_no_disk),
        cmocka_unit_test(tells_products_apart),
        cmocka_unit_test(groups_families_that_cannot_be_told_apart),
        cmocka_unit_test(finds_the_file_of_a_service),
    };
    return cmocka_run_group_tests(tests, read_manifest, release_manifest);
}
