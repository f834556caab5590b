/*
 * inventory: what shows a family and in which version, and each fault of a set of drivers, by a
 * manifest made for it. In each list what matters stands once before what does not, once behind.
 */
#include "drivers-manifest/inventory.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"
#include "tests/unit/guest_drivers.h"

/* clang-format off */
/* JSON, with ' for the quotation mark and / for the backslash. */
#define RELEASE(id, family, version, drivers)                                                      \
    "{'id': '" id "', 'family': '" family "', 'version': '" version "', 'rank': 1, 'drivers': ["   \
    drivers "], 'sets': [{'id': 'one', 'architecture': 'x64',"                                     \
    " 'files': [{'name': 'a.tar', 'no_hash_reason': 'none'}]}]}"
#define DISK "{'name': 'disk', 'inf': 'disk.inf', 'hardware_ids': ['BUS/DISK'], "                  \
    "'services': ['disk', 'helper'], 'boot_start': true}"
#define NET "{'name': 'net', 'inf': 'net.inf', 'hardware_ids': ['BUS/NET&REV_02'], "               \
    "'services': ['net'], 'boot_start': false}"
#define BUS(exports) "{'name': 'bus', 'inf': 'bus.inf', 'platform': true, "                        \
    "'hardware_ids': ['PCI/BUS'], 'exports': [" exports "], 'services': ['bus'], 'boot_start': true}"

static const char made[] =
    "{'schema': 1, 'families': ["
    " {'id': 'theirs', 'name': 'Theirs', 'role': 'recognised', 'providers': ['They'],"
    "  'hardware_ids': ['THEIR/*']},"
    " {'id': 'others', 'name': 'Others', 'role': 'installable', 'providers': ['Others'],"
    "  'product_codes': ['{0}', '{O}']},"
    " {'id': 'ours', 'name': 'Ours', 'role': 'installable', 'providers': ['We', 'Ours'],"
    "  'platform_ids': ['PCI/OLD', 'PCI/BUS'], 'hardware_ids': ['OLD/*', 'BUS/*'],"
    "  'descriptions': ['Old *', 'Our *'], 'version_from': '2.0.0.0', 'version_to': '9.0.0.0',"
    "  'product_names': ['Old Tools', 'Our Tools'], 'upgrade_codes': ['{0}', '{U}']}],"
    " 'releases': ["
    RELEASE("others-2", "others", "2.1", BUS("'BUS/NET&REV_07'")) ","
    RELEASE("ours-2", "ours", "2.1", NET ", " DISK ", " BUS("'BUS/DISK', 'BUS/NET&REV_01', 'BUS/NET&REV_02'")) ","
    RELEASE("ours-3", "ours", "3.0", NET ", " DISK ", " BUS("'BUS/DISK', 'BUS/NET&REV_03', 'BUS/NET&REV_04'")) ","
    RELEASE("ours-5", "ours", "5.0.0.1", NET ", " DISK ", " BUS("'BUS/DISK'")) "]}";
/* clang-format on */

static struct manifest manifest;

static int read_manifest(void **state)
{
    (void)state;
    struct err e = {0};
    char *json = mem_strdup(made), *escaped = mem_zero(2, sizeof made), *to = escaped;
    for (const char *c = json; *c; c++) {
        if (*c == '/')
            *to++ = '\\';
        *to++ = *c == '\'' ? '"' : *c == '/' ? '\\' : *c;
    }
    bool ok = manifest_decode("made", span_text(escaped), &manifest, NULL, &e);
    mem_free(escaped);
    mem_free(json);
    if (!ok)
        print_error("%s\n", e.text);
    return ok ? 0 : -1;
}

static int free_manifest(void **state)
{
    (void)state;
    manifest_release_all(&manifest);
    return 0;
}

#define BY(who, version)                                                                           \
    &(const struct driver_of)                                                                      \
    {                                                                                              \
        who, version                                                                               \
    }

/* --- guests ------------------------------------------------------------------------------------
 */

static struct facts_device *bound(struct facts *f, const char *id, const char *service,
                                  const struct driver_of *by)
{
    struct text instance = {0};
    text_addf(&instance, "%s\\1", id);
    struct facts_device *d = add_device(f, text_str(&instance), "GENERIC");
    texts_add(&d->hardware_ids, id);
    bind(d, service, by);
    text_release(&instance);
    return d;
}

/* Somebody else's device, package and service stand first in every guest, then last. */
static void strangers(struct facts *f)
{
    const struct driver_of by = {"Microsoft", "6.1.7601.0"};
    bound(f, "PCI\\VEN_8086", "ide", &by);
    add_package(f, "ide.inf", "PCI\\VEN_8086", &by);
    add_service(f, "ide", 0);
}

static void ours(struct facts *f)
{
    bound(f, "BUS\\DISK", "disk", BY("Ours", "2.1.0.3"));
    bound(f, "PCI\\BUS", "bus", BY("Ours", "2.1.0.1"));
    add_service(f, "disk", 0);
    add_service(f, "bus", 0);
}

static void a_child_alone(struct facts *f)
{
    bound(f, "BUS\\DISK", "disk", BY("Ours", "2.1.0.3"));
    bound(f, "BUS\\TAPE", "tape", BY("Ours", "2.1.0.4"));
    add_package(f, "tape.inf", "BUS\\TAPE", BY("Ours", "2.5.0.0"));
}

static void staged_beside_a_product(struct facts *f)
{
    struct facts_product *p;
    add_package(f, "tape.inf", "BUS\\TAPE", BY("Ours", "2.7.0.0"));
    struct facts_package *bus = add_package(f, "other.inf", "GENERIC", BY("Ours", "2.5.0.0"));
    texts_add(&bus->hardware_ids, "PCI\\BUS");
    p = shape_list_add(&f->products, sizeof *p);
    shape_set_text(&p->name, "Our Tools");
    shape_set_text(&p->version, "2.8.0.0");
}

static void a_product_alone(struct facts *f)
{
    struct facts_product *p = shape_list_add(&f->products, sizeof *p);
    shape_set_text(&p->name, "Unheard of");
    shape_set_text(&p->upgrade_code, "{X}");
    shape_set_text(&p->product_code, "{Y}");
    shape_set_text(&p->version, "8.8.0.0");
    p = shape_list_add(&f->products, sizeof *p);
    shape_set_text(&p->name, "Our Tools");
    shape_set_text(&p->version, "2.8.0.0");
}

static void a_product_by_its_code(struct facts *f)
{
    struct facts_product *p = shape_list_add(&f->products, sizeof *p);
    shape_set_text(&p->upgrade_code, "{u}");
    shape_set_text(&p->product_code, "{2}");
    shape_set_text(&p->version, "1.0.0.0");
}

static void a_driver_that_tells_no_version(struct facts *f)
{
    bound(f, "BUS\\DISK", "disk", BY("Ours", NULL));
    add_package(f, "disk.inf", "BUS\\DISK", BY("Ours", NULL));
}

static void beside_what_is_too_old(struct facts *f)
{
    ours(f);
    bound(f, "BUS\\TAPE", "tape", BY("Ours", "1.9.0.0"));
    add_package(f, "tape.inf", "BUS\\TAPE", BY("Ours", "1.9.0.0"));
    add_package(f, "nobody.inf", "BUS\\TAPE", BY(NULL, "2.1.0.9"));
}

static void by_its_devices_alone(struct facts *f)
{
    bound(f, "BUS\\DISK", "disk", BY("Nobody", "2.1.0.3"));
    bound(f, "BUS\\TAPE", NULL, BY("Nobody", "2.1.0.4"));
    shape_set_text(&bound(f, "SCSI\\X", "x", BY(NULL, "2.1.0.2"))->description, "Our disk");
    bound(f, "BUS\\NET", "net", BY("Ours", "2.1.0.9"))->present = TRI_NO;
}

static void by_the_first_id_of_a_device(struct facts *f)
{
    struct facts_device *d = add_device(f, "BUS\\TAPE\\1", "BUS\\TAPE");
    texts_add(&d->hardware_ids, "GENERIC");
    bind(d, "tape", BY("Nobody", "2.1.0.4"));
}

static void the_older_bus(struct facts *f)
{
    bound(f, "PCI\\OLD", "bus", BY("Ours", "2.1.0.1"));
    bound(f, "BUS\\DISK", "disk", BY("Ours", "2.1.0.3"));
}

/* Its provider is the first family's. */
static void driven_by_another_family(struct facts *f)
{
    ours(f);
    bound(f, "BUS\\TAPE", "tape", BY("They", "7.1.0.3"));
}

static void of_two_families(struct facts *f)
{
    ours(f);
    bound(f, "THEIR\\BUS", "they", BY("They", "1.0.0.0"))->problem = number_of(52);
}

/* --- guests with a fault --------------------------------------------------------------------- */

static void mixed(struct facts *f)
{
    ours(f);
    bound(f, "BUS\\TAPE", "tape", BY("Ours", "3.0.0.1"));
    bound(f, "BUS\\PLAY", "play", BY("Ours", "2.1.7.1")); /* of the same release */
}

static void mixed_beyond_the_manifest(struct facts *f)
{
    bound(f, "BUS\\DISK", "disk", BY("Ours", "4.1.0.3"));
    bound(f, "BUS\\TAPE", "tape", BY("Ours", "4.1.0.9"));
    bound(f, "BUS\\NET", "net", BY("Ours", "4.1.1.3"));
}

static void one_beyond_the_manifest(struct facts *f)
{
    bound(f, "BUS\\DISK", "disk", BY("Ours", "2.1.0.3"));
    bound(f, "BUS\\TAPE", "tape", BY("Ours", "2.2.0.3"));
}

static void one_known_to_its_last_number(struct facts *f)
{
    bound(f, "BUS\\DISK", "disk", BY("Ours", "5.0.0.1"));
    bound(f, "BUS\\TAPE", "tape", BY("Ours", "5.0.0.2"));
}

static void no_version_is_mixed_with_nothing(struct facts *f)
{
    bound(f, "BUS\\TAPE", "tape", BY("Ours", NULL));
    ours(f);
}

static void refused(struct facts *f)
{
    ours(f);
    bound(f, "BUS\\NET", "net", BY("Ours", "2.1.0.1"))->problem = number_of(52);
    bound(f, "BUS\\TAPE", "tape", BY("Ours", "2.1.0.1"))->problem = number_of(14);
    bound(f, "BUS\\GONE", "gone", BY("Ours", "2.1.0.1"))->present = TRI_NO;
    f->devices.at[f->devices.count - 1].problem = number_of(45);
}

static void tape_without_a_driver(struct facts *f)
{
    ours(f);
    struct facts_package *p = add_package(f, "tape.inf", "OTHER", BY("Ours", "2.1.0.1"));
    texts_add(&p->hardware_ids, "BUS\\TAPE");
    texts_add(&p->hardware_ids, "GENERIC");
    bound(f, "BUS\\TAPE", NULL, BY(NULL, NULL));
    bound(f, "BUS\\GHOST", NULL, BY(NULL, NULL))->present = TRI_NO;
}

static void tape_that_waits(struct facts *f)
{
    tape_without_a_driver(f);
    f->devices.at[f->devices.count - 2].problem = number_of(14);
}

static void tape_before_the_restart(struct facts *f)
{
    tape_without_a_driver(f);
    f->restart_pending = TRI_YES;
}

static void tape_of_strangers(struct facts *f)
{
    ours(f);
    add_package(f, "tape.inf", "BUS\\TAPE", BY("Microsoft", "2.1.0.1"));
    add_package(f, "tape.inf", "BUS\\TAPE", BY(NULL, "2.1.0.1"));
    bound(f, "BUS\\TAPE", NULL, BY(NULL, NULL));
}

static void services_broken(struct facts *f)
{
    ours(f);
    struct facts_service *disk = &f->services.at[f->services.count - 2], *bus = disk + 1;
    disk->start = number_of(1);
    bus->start_overridden = TRI_YES;
    bus->image_exists = TRI_NO;
}

static void service_of_the_first_release(struct facts *f)
{
    bound(f, "PCI\\BUS", "bus", BY("Others", "2.1.0.0"));
    add_service(f, "bus", 3);
}

static void services_that_may_be_so(struct facts *f)
{
    ours(f);
    f->services.at[f->services.count - 1].start = (struct number){0};
    bound(f, "BUS\\NET", "net", BY("Ours", "2.1.0.1"));
    bound(f, "BUS\\TAPE", "helper", BY("Ours", "2.1.0.1"));
    add_service(f, "net", 3);
    add_service(f, "helper", 3);
    bound(f, "PCI\\AHCI", "ahci", BY("Microsoft", "2.1.0.1"));
    add_service(f, "ahci", 3)->image_exists = TRI_NO;
}

static void staged_alone(struct facts *f)
{
    add_package(f, "tape.inf", "BUS\\TAPE", BY("Ours", "2.1.0.0"));
}

static void staged_before_the_restart(struct facts *f)
{
    staged_alone(f);
    f->restart_pending = TRI_YES;
}

static void staged_and_devices_not_seen(struct facts *f)
{
    staged_alone(f);
    f->devices_reading = READING_PARTIAL;
}

/* --- revisions ------------------------------------------------------------------------------- */

/* A network device without a driver, in the two revisions that the bus of 3.0 offers. */
static struct facts_device *offered_3_and_4(struct facts *f)
{
    bound(f, "PCI\\BUS", "bus", BY("Ours", "3.0.0.0"));
    struct facts_device *d = add_device(f, "BUS\\NET\\1", "BUS\\NET&REV_03");
    texts_add(&d->hardware_ids, "BUS\\NET&REV_04");
    return d;
}

static void child_of_another_revision(struct facts *f)
{
    offered_3_and_4(f);
    struct facts_package *p = add_package(f, "net.inf", "BUS\\TAPE&REV_01", BY("Ours", "2.1.0.0"));
    texts_add(&p->hardware_ids, "BUS\\NET&REV_02");
    texts_add(&p->hardware_ids, "BUS\\DISK&REV_01");
}

static void child_under_an_unknown_bus(struct facts *f)
{
    texts_add(&add_device(f, "ROOT\\NET\\1", "BUS\\NET&REV_03")->hardware_ids, "BUS\\NET&REV_04");
    bound(f, "PCI\\BUS", "bus", BY("Ours", "3.0.0.0"));
    add_package(f, NULL, "BUS\\NET&REV_02", BY("Ours", "2.1.0.0"));
}

static void child_that_fits_as_well(struct facts *f)
{
    offered_3_and_4(f);
    struct facts_package *p = add_package(f, "net.inf", "BUS\\NET&REV_02", BY("Ours", "3.0.0.0"));
    texts_add(&p->hardware_ids, "bus\\net&rev_04");
}

static void another_child_fits(struct facts *f)
{
    offered_3_and_4(f);
    add_package(f, "net.inf", "BUS\\NET&REV_02", BY("Ours", "2.1.0.0"));
    struct facts_package *p = add_package(f, "net.inf", "BUS\\TAPE", BY("Ours", "3.0.0.0"));
    texts_add(&p->hardware_ids, "BUS\\NET&REV_04");
}

static void another_child_fits_by_its_first_id(struct facts *f)
{
    offered_3_and_4(f);
    add_package(f, "net.inf", "BUS\\NET&REV_02", BY("Ours", "2.1.0.0"));
    struct facts_package *p = add_package(f, "net.inf", "BUS\\NET&REV_03", BY("Ours", "3.0.0.0"));
    texts_add(&p->hardware_ids, "BUS\\TAPE");
}

static void child_of_strangers(struct facts *f)
{
    offered_3_and_4(f);
    add_package(f, "net.inf", "BUS\\NET&REV_02", BY("Microsoft", "2.1.0.0"));
    add_package(f, "net.inf", "BUS\\NET&REV_02", BY(NULL, "2.1.0.0"));
}

static void child_of_another_device(struct facts *f)
{
    offered_3_and_4(f);
    add_package(f, "vif.inf", "BUS\\VIF&REV_02", BY("Ours", "2.1.0.0"));
    add_package(f, "long.inf", "BUS\\NETS&REV_02", BY("Ours", "2.1.0.0"));
    add_package(f, "none.inf", "BUS\\NET", BY("Ours", "2.1.0.0"));
}

static void child_bound_already(struct facts *f)
{
    bind(offered_3_and_4(f), "net", BY("Ours", "3.0.0.0"));
    add_package(f, "net.inf", "BUS\\NET&REV_02", BY("Ours", "2.1.0.0"));
}

static void child_of_a_ghost(struct facts *f)
{
    offered_3_and_4(f)->present = TRI_NO;
    add_package(f, "net.inf", "BUS\\NET&REV_02", BY("Ours", "2.1.0.0"));
}

/* Before the restart: no device of the bus is there, and the staged bus will offer what its release
 * says. */
static void staged_bus_of_3(struct facts *f)
{
    f->restart_pending = TRI_YES;
    add_package(f, "net.inf", "BUS\\NET&REV_02", BY("Ours", "2.1.0.0"));
    shape_set_text(&add_package(f, "BUS.inf", "PCI\\BUS", BY("Ours", "3.0.0.2"))->inf, "oem2.inf");
}

static void staged_bus_of_2(struct facts *f)
{
    f->restart_pending = TRI_YES;
    add_package(f, "net.inf", "BUS\\NET&REV_02", BY("Ours", "2.1.0.0"));
    add_package(f, "bus.inf", "PCI\\BUS", BY("Ours", "2.1.0.2"));
}

static void staged_bus_of_3_beside_an_older(struct facts *f)
{
    staged_bus_of_3(f);
    add_package(f, "bus.inf", "PCI\\BUS", BY("Ours", "2.1.0.2"));
}

static void staged_bus_of_3_below_a_newer(struct facts *f)
{
    staged_bus_of_3(f);
    add_package(f, "bus.inf", "PCI\\BUS", BY("Ours", "4.0.0.2"));
}

static void staged_bus_of_3_and_its_devices(struct facts *f)
{
    staged_bus_of_3(f);
    bound(f, "BUS\\NET&REV_04", "net", BY("Ours", "3.0.0.2"));
}

static void staged_bus_of_3_beside_a_bound_one(struct facts *f)
{
    staged_bus_of_3(f);
    struct facts_device *d = bound(f, "PCI\\BUS", "bus", BY("Ours", "3.0.0.7"));
    shape_set_text(&d->inf, "oem7.inf");
}

static void staged_bus_of_3_that_is_bound(struct facts *f)
{
    staged_bus_of_3(f);
    struct facts_device *d = bound(f, "PCI\\BUS", "bus", BY("Ours", "3.0.0.2"));
    shape_set_text(&d->inf, "OEM2.inf");
    d = bound(f, "PCI\\BUS", "bus", BY("Ours", "3.0.0.2"));
    shape_set_text(&d->inf, "oem7.inf");
    d->present = TRI_NO;
}

#define SKEW_OF_3 "net.inf 2.1.0.0 binds REV_02, and bus 3.0.0.0 offers REV_03, REV_04 only\n"
#define SKEW_STAGED "net.inf 2.1.0.0 binds REV_02, and bus 3.0.0.2 offers REV_03, REV_04 only\n"
#define NONE_BOUND "drivers are installed, and none of them is bound to a device\n"

/* versions: of each family as "id version"; faults: their sentences, each on its line. */
static const struct row {
    const char *sentence;
    void (*has)(struct facts *f);
    const char *versions, *faults;
} rows[] = {
    {"strangers alone are nothing of ours", NULL, "", ""},
    /* versions */
    {"the bound bus driver says which version it is", ours, "ours 2.1.0.1", ""},
    {"of bound children the highest, whatever is staged", a_child_alone, "ours 2.1.0.4", ""},
    {"of what is staged the bus driver", staged_beside_a_product, "ours 2.5.0.0", NONE_BOUND},
    {"a product, when there is nothing else", a_product_alone, "ours 2.8.0.0", NONE_BOUND},
    {"a code needs no version of ours", a_product_by_its_code, "ours 1.0.0.0", NONE_BOUND},
    {"a driver that tells no version is there all the same", a_driver_that_tells_no_version,
     "ours ?", ""},
    {"a version that is not the family's counts for nothing", beside_what_is_too_old,
     "ours 2.1.0.1", ""},
    {"by its devices, when nobody claims the provider; not by a ghost", by_its_devices_alone,
     "ours 2.1.0.3", ""},
    {"the same by the first id", by_the_first_id_of_a_device, "ours 2.1.0.4", ""},
    {"by the bus driver, whichever platform device it has", the_older_bus, "ours 2.1.0.1", ""},
    {"a device of ours that another family drives", driven_by_another_family,
     "theirs 7.1.0.3, ours 2.1.0.1", ""},
    {"of a family that we do not install no fault is known", of_two_families,
     "theirs 1.0.0.0, ours 2.1.0.1", ""},
    /* faults */
    {"a driver of another release", mixed, "ours 2.1.0.1",
     "disk is 2.1.0.3, and tape is 3.0.0.1\n"},
    {"of releases nobody knows, all but the last number", mixed_beyond_the_manifest, "ours 4.1.1.3",
     "disk is 4.1.0.3, and net is 4.1.1.3\n"},
    {"a release that is known beside one that is not", one_beyond_the_manifest, "ours 2.2.0.3",
     "disk is 2.1.0.3, and tape is 2.2.0.3\n"},
    {"a release that is known to its last number", one_known_to_its_last_number, "ours 5.0.0.2",
     "disk is 5.0.0.1, and tape is 5.0.0.2\n"},
    {"a driver that tells no version is mixed with none", no_version_is_mixed_with_nothing,
     "ours 2.1.0.1", ""},
    {"a driver that Windows refuses, one that waits, and a ghost", refused, "ours 2.1.0.1",
     "BUS\\NET\\1: driver net has problem 52\n"},
    {"a device whose driver is there, and not bound; told once", tape_without_a_driver,
     "ours 2.1.0.1", "BUS\\TAPE\\1 has no driver, although tape.inf is there for it\n"},
    {"the same while the device waits for a restart", tape_that_waits, "ours 2.1.0.1", ""},
    {"the same while Windows does", tape_before_the_restart, "ours 2.1.0.1", ""},
    {"a device that somebody else's driver would bind", tape_of_strangers, "ours 2.1.0.1", ""},
    {"a disk driver that is not started at boot, a bus that is kept from it and has no file",
     services_broken, "ours 2.1.0.1",
     "service disk must start at boot, and is set not to\n"
     "the file of service bus is missing\n"
     "service bus must start at boot, and StartOverride keeps it from that\n"},
    {"the same of the first release's family", service_of_the_first_release, "others 2.1.0.0",
     "service bus must start at boot, and is set not to\n"},
    {"services that start later, or of which the start is not known", services_that_may_be_so,
     "ours 2.1.0.1", ""},
    {"staged, and nothing bound", staged_alone, "ours 2.1.0.0", NONE_BOUND},
    {"staged, and a restart is waited for", staged_before_the_restart, "ours 2.1.0.0", ""},
    {"staged, and not all devices were seen", staged_and_devices_not_seen, "ours 2.1.0.0", ""},
    /* revisions */
    {"a child that binds another revision", child_of_another_revision, "ours 3.0.0.0", SKEW_OF_3},
    {"the same where the bus is not known", child_under_an_unknown_bus, "ours 3.0.0.0",
     "oem1.inf 2.1.0.0 binds REV_02, and its bus driver ? offers REV_03, REV_04 only\n"},
    {"a child that binds an offered revision as well", child_that_fits_as_well, "ours 3.0.0.0",
     "BUS\\NET\\1 has no driver, although net.inf is there for it\n"},
    {"a child that does not bind beside one that does", another_child_fits, "ours 3.0.0.0",
     "BUS\\NET\\1 has no driver, although net.inf is there for it\n"},
    {"the same by the first id of several", another_child_fits_by_its_first_id, "ours 3.0.0.0",
     "BUS\\NET\\1 has no driver, although net.inf is there for it\n"},
    {"a stranger's child of another revision", child_of_strangers, "ours 3.0.0.0", ""},
    {"another device's driver", child_of_another_device, "ours 3.0.0.0", ""},
    {"a device that has a driver misses none", child_bound_already, "ours 3.0.0.0", ""},
    {"a ghost offers nothing", child_of_a_ghost, "ours 3.0.0.0", ""},
    {"a staged bus will offer what the child does not bind", staged_bus_of_3, "ours 3.0.0.2",
     SKEW_STAGED},
    {"a staged bus will offer what the child binds", staged_bus_of_2, "ours 2.1.0.2", ""},
    {"of two staged buses the newer one will offer", staged_bus_of_3_beside_an_older,
     "ours 3.0.0.2", SKEW_STAGED},
    {"of two staged buses the older one will not", staged_bus_of_3_below_a_newer, "ours 4.0.0.2",
     ""},
    {"where devices are there, they tell", staged_bus_of_3_and_its_devices, "ours 3.0.0.2", ""},
    {"a bus of another package is bound: the staged one is nobody's",
     staged_bus_of_3_beside_a_bound_one, "ours 3.0.0.7", ""},
    {"the staged bus is the bound one, but for a ghost", staged_bus_of_3_that_is_bound,
     "ours 3.0.0.2", SKEW_STAGED},
};

static char *versions_of(const struct inventory *i)
{
    struct text t = {0};
    for (size_t k = 0; k < i->families.count; k++)
        text_addf(&t, "%s%s %s", k ? ", " : "", i->families.at[k].id,
                  i->families.at[k].version ? i->families.at[k].version : "?");
    return text_steal(&t);
}

static char *faults_of(const struct inventory *i)
{
    struct text t = {0};
    for (size_t k = 0; k < i->faults.count; k++)
        text_addf(&t, "%s\n", i->faults.at[k].sentence);
    return text_steal(&t);
}

enum place { STRANGERS_FIRST, STRANGERS_LAST };

static void check_row(const struct row *row, enum place place)
{
    struct facts f = {.devices_reading = READING_FULL};
    struct inventory i = {0};
    if (place == STRANGERS_FIRST)
        strangers(&f);
    if (row->has)
        row->has(&f);
    if (place == STRANGERS_LAST)
        strangers(&f);
    inventory_take(&f, &manifest, &i);
    char *versions = versions_of(&i), *faults = faults_of(&i);
    CHECK_TEXT(row->sentence, versions, row->versions);
    CHECK_TEXT(row->sentence, faults, row->faults);
    mem_free(faults);
    mem_free(versions);
    inventory_release(&i);
    facts_release(&f);
}

static void each_guest_has_its_versions_and_faults(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_row(&rows[i], STRANGERS_FIRST);
        check_row(&rows[i], STRANGERS_LAST);
    }
}

static void a_family_is_found_by_its_id(void **state)
{
    (void)state;
    struct facts f = {0};
    struct inventory i = {0};
    of_two_families(&f);
    inventory_take(&f, &manifest, &i);
    CHECK_TEXT("the first", inventory_family(&i, "theirs")->version, "1.0.0.0");
    CHECK_TEXT("the second", inventory_family(&i, "ours")->version, "2.1.0.1");
    assert_null(inventory_family(&i, "others"));
    inventory_release(&i);
    facts_release(&f);
}

/* What people read of a family: which device, package and product it was told by. */
static void the_evidence_names_what_was_seen(void **state)
{
    (void)state;
    struct facts f = {0};
    struct inventory i = {0};
    a_child_alone(&f);
    a_product_alone(&f);
    inventory_take(&f, &manifest, &i);
    const struct texts *e = &inventory_family(&i, "ours")->evidence;
    assert_int_equal(e->count, 4);
    assert_string_equal(e->at[0], "BUS\\DISK\\1: driver disk 2.1.0.3 of 'Ours'");
    assert_string_equal(e->at[2], "oem1.inf: package tape.inf 2.5.0.0 of 'Ours'");
    assert_string_equal(e->at[3], "product 'Our Tools' 2.8.0.0");
    inventory_release(&i);
    facts_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_guest_has_its_versions_and_faults),
        cmocka_unit_test(a_family_is_found_by_its_id),
        cmocka_unit_test(the_evidence_names_what_was_seen),
    };
    return cmocka_run_group_tests_name("inventory", tests, read_manifest, free_manifest);
}
