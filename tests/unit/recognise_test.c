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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_guest_has_the_drivers_that_it_shows),
        cmocka_unit_test(what_the_data_says_is_found),
    };
    return cmocka_run_group_tests(tests, read_manifest, free_manifest);
}
