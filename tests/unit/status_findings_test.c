/* status' findings: each fires on a guest that has it, and not on one that only comes near. */
#include "installer/status_codes.h"

#include "base/text.h"
#include "tests/unit/check.h"

#include <stdio.h>

#include "tests/unit/status_guest.h"

/* --- platform and Windows ----------------------------------------------------------------------
 */

static void leave(struct guest *g)
{
    (void)g;
}
static void no_hypervisor(struct guest *g)
{
    g->facts.platform.hypervisor = HYPERVISOR_NONE;
}
static void unknown_hypervisor(struct guest *g)
{
    g->facts.platform.hypervisor = HYPERVISOR_UNKNOWN;
}
static void viridian(struct guest *g)
{
    g->facts.platform.viridian = TRI_YES;
}

static void drop_xen_devices(struct guest *g)
{
    for (size_t i = 0; i < g->facts.devices.count; i++)
        if (strstr(g->facts.devices.at[i].instance, "5853") ||
            strncmp(g->facts.devices.at[i].instance, "XEN", 3) == 0) {
            g->facts.devices.at[i].present = TRI_NO;
            g->facts.devices.at[i].started = TRI_NO;
        }
}
static void drop_xen_devices_partly_read(struct guest *g)
{
    drop_xen_devices(g);
    g->facts.devices_reading = READING_PARTIAL;
}
static void forget_version(struct guest *g)
{
    g->facts.windows.major.known = g->facts.windows.minor.known = g->facts.windows.build.known =
        false;
}
static void itanium(struct guest *g)
{
    g->facts.windows.architecture = g->facts.windows.process = ARCHITECTURE_IA64;
}
static void i386(struct guest *g)
{
    g->facts.windows.architecture = g->facts.windows.process = ARCHITECTURE_X86;
}
static void safe_mode(struct guest *g)
{
    g->facts.windows.safe_mode = TRI_YES;
}
static void unknown_mode(struct guest *g)
{
    g->facts.windows.safe_mode = TRI_UNKNOWN;
}
static void domain_controller(struct guest *g)
{
    g->facts.windows.type = PRODUCT_TYPE_DOMAIN_CONTROLLER;
}
static void member_server(struct guest *g)
{
    g->facts.windows.type = PRODUCT_TYPE_SERVER;
}
static void disks_unread(struct guest *g)
{
    g->facts.disks_reading = READING_NEEDS_ELEVATION;
}
static void events_unread(struct guest *g)
{
    g->facts.events_reading = READING_UNKNOWN;
}

/* --- families ----------------------------------------------------------------------------------
 */

static void drop_drivers(struct guest *g)
{
    struct facts *f = &g->facts, gone = {0};
    for (size_t i = 0; i < f->devices.count; i++) {
        if (!f->devices.at[i].provider)
            continue;
        shape_set_text(&f->devices.at[i].service, NULL);
        shape_set_text(&f->devices.at[i].provider, NULL);
        shape_set_text(&f->devices.at[i].driver_version, NULL);
        f->devices.at[i].problem = number_of(28);
    }
    memcpy(&gone.packages, &f->packages, sizeof gone.packages);
    memcpy(&gone.products, &f->products, sizeof gone.products);
    memset(&f->packages, 0, sizeof f->packages);
    memset(&f->products, 0, sizeof f->products);
    facts_release(&gone);
}
static void itanium_without_drivers(struct guest *g)
{
    drop_drivers(g);
    itanium(g);
}
static void xp_without_drivers(struct guest *g)
{
    drop_drivers(g);
    i386(g);
    set_windows(g, 5, 1, 2600);
}
static void drop_drivers_but_packages(struct guest *g)
{
    drop_drivers(g);
    add_package(&g->facts, GPLPV_PROVIDER, "xenpci.inf", "0.11.0.373", PLATFORM);
}
static void foreign_bound_too(struct guest *g)
{
    add_bound(&g->facts, "XENBUS\\VEN_XN0001&DEV_VIF&REV_09000001", "xenvif", XCPNG_PROVIDER,
              "9.1.100.0");
}
static void foreign_installed_too(struct guest *g)
{
    add_package(&g->facts, XCPNG_PROVIDER, "xenbus.inf", "9.1.100.0", PLATFORM);
    add_product(&g->facts, "XCP-ng Windows PV Drivers", "9.1.100.0");
}
static void foreign_ghost_too(struct guest *g)
{
    foreign_bound_too(g);
    device_of(g, "xenvif")->present = TRI_NO;
    device_of(g, "xenvif")->started = TRI_NO;
}
static void foreign_staged(struct guest *g)
{
    add_package(&g->facts, XCPNG_PROVIDER, "xenbus.inf", "9.1.100.0", PLATFORM);
}
static void kin_staged(struct guest *g)
{
    add_package(&g->facts, GPLPV_PROVIDER, "xenpci.inf", "1.0.1085.0", PLATFORM);
}
static void legacy_too(struct guest *g)
{
    add_device(&g->facts, "ROOT\\XENEVTCHN", "xenevtchn");
}
static void legacy_ghost(struct guest *g)
{
    legacy_too(g);
    device_of(g, "xenevtchn")->present = TRI_NO;
    device_of(g, "xenevtchn")->started = TRI_NO;
}
static void vendor_device(struct guest *g)
{
    add_device(&g->facts, "PCI\\VEN_5853&DEV_C000", NULL);
    add_package(&g->facts, "Citrix Systems, Inc.", "xenbus.inf", "7.4.0.0",
                "PCI\\VEN_5853&DEV_C000");
}
static void vendor_device_by_policy(struct guest *g)
{
    vendor_device(g);
    add_value(&g->facts, "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\WindowsUpdate",
              "ExcludeWUDriversInQualityUpdate", number_of(1));
}
static void xenserver_on_0001(struct guest *g)
{
    for (size_t i = 0; i < g->facts.devices.count; i++)
        if (g->facts.devices.at[i].provider)
            shape_set_text(&g->facts.devices.at[i].provider, "XenServer");
    vendor_device(g);
}
static void xenserver_on_c000(struct guest *g)
{
    xenserver_on_0001(g);
    shape_set_text(&g->facts.devices.at[g->facts.devices.count - 1].service, "xenbus");
}

static void skew(struct guest *g)
{
    drop_drivers(g);
    set_windows(g, 10, 0, 19045);
    g->facts.integrity.test_signing = TRI_YES;
    add_service(&g->facts, "xenbus", 0);
    struct facts_device *bus =
        facts_device_with_id(&g->facts, PLATFORM) ? &g->facts.devices.at[1] : NULL;
    assert_non_null(bus);
    shape_set_text(&bus->service, "xenbus");
    shape_set_text(&bus->provider, "Xen Project");
    shape_set_text(&bus->driver_version, "9.1.0.0");
    bus->problem = number_of(0);
    add_device(&g->facts, "XENBUS\\VEN_XP0001&DEV_VIF&REV_0900000B", NULL);
    add_package(&g->facts, "Xen Project", "xenvif.inf", "8.2.2.5",
                "XENBUS\\VEN_XP0001&DEV_VIF&REV_0800000B");
}
static void no_skew(struct guest *g)
{
    skew(g);
    add_package(&g->facts, "Xen Project", "xenvif.inf", "9.1.0.0",
                "XENBUS\\VEN_XP0001&DEV_VIF&REV_0900000B");
}
static void other_version(struct guest *g)
{
    shape_set_text(&device_of(g, "XenNet")->driver_version, "0.11.0.356");
}
static void product_only(struct guest *g)
{
    drop_drivers(g);
    add_product(&g->facts, "GPL PV Drivers for Windows", "0.11.0.373");
}
static void product_twice(struct guest *g)
{
    add_product(&g->facts, "GPL PV Drivers for Windows", "0.11.0.372");
}
static void other_product(struct guest *g)
{
    add_product(&g->facts, "Citrix VSS", "1.0");
}

/* --- releases ----------------------------------------------------------------------------------
 */

static void set_all(struct guest *g, const char *from, const char *to, const char *version)
{
    for (size_t i = 0; i < g->facts.devices.count; i++)
        if (g->facts.devices.at[i].provider && strcmp(g->facts.devices.at[i].provider, from) == 0) {
            shape_set_text(&g->facts.devices.at[i].provider, to);
            shape_set_text(&g->facts.devices.at[i].driver_version, version);
        }
    for (size_t i = 0; i < g->facts.packages.count; i++) {
        shape_set_text(&g->facts.packages.at[i].provider, to);
        shape_set_text(&g->facts.packages.at[i].version, version);
    }
    for (size_t i = 0; i < g->facts.products.count; i++)
        shape_set_text(&g->facts.products.at[i].version, version);
}
static void gplpv_version(struct guest *g, const char *version)
{
    set_all(g, GPLPV_PROVIDER, GPLPV_PROVIDER, version);
}
static void unheard_of(struct guest *g)
{
    gplpv_version(g, "0.11.0.360");
}
static void superseded(struct guest *g)
{
    gplpv_version(g, "0.11.0.356");
}

static void stop_drivers(struct guest *g)
{
    for (size_t i = 0; i < g->facts.services.count; i++)
        if (strncmp(g->facts.services.at[i].name, "xen", 3) == 0 ||
            strncmp(g->facts.services.at[i].name, "Xen", 3) == 0)
            g->facts.services.at[i].running = TRI_NO;
}
static void xenproject(struct guest *g, const char *version)
{
    set_all(g, XCPNG_PROVIDER, "Xen Project", version);
}
static void nine_on_seven(struct guest *g)
{
    xenproject(g, "9.1.0.0");
    set_windows(g, 6, 1, 7601);
    stop_drivers(g);
}
static void nine_on_ten(struct guest *g)
{
    xenproject(g, "9.1.0.0");
    stop_drivers(g);
}
static void nine_runs_on_seven(struct guest *g)
{
    xenproject(g, "9.1.0.0");
    set_windows(g, 6, 1, 7601);
}
static void sha256_on_seven(struct guest *g)
{
    xenproject(g, "8.2.2.5");
    set_windows(g, 6, 1, 7601);
    g->facts.integrity.sha2 = TRI_NO;
    stop_drivers(g);
}
static void sha256_understood(struct guest *g)
{
    sha256_on_seven(g);
    g->facts.integrity.sha2 = TRI_YES;
}
static void sha256_unknown(struct guest *g)
{
    sha256_on_seven(g);
    g->facts.integrity.sha2 = TRI_UNKNOWN;
}
static void secure_boot(struct guest *g)
{
    xenproject(g, "8.2.2.5");
    g->facts.integrity.secure_boot = g->facts.integrity.uefi = TRI_YES;
    stop_drivers(g);
}
static void secure_boot_upgraded(struct guest *g)
{
    secure_boot(g);
    g->facts.integrity.upgraded = TRI_YES;
}
static void driver_policy(struct guest *g)
{
    xenproject(g, "8.2.2.5");
    set_windows(g, 10, 0, 26100);
    g->facts.integrity.driver_policy_audits = number_of(3);
}
static void before_driver_policy(struct guest *g)
{
    xenproject(g, "8.2.2.5");
    set_windows(g, 10, 0, 22631);
}
static void test_signed(struct guest *g)
{
    xenproject(g, "9.1.0.0");
    stop_drivers(g);
}
static void test_signed_allowed(struct guest *g)
{
    test_signed(g);
    g->facts.integrity.test_signing = TRI_YES;
}
static void of_unknown_signing(struct guest *g)
{
    xenproject(g, "8.2.0.0");
    stop_drivers(g);
}
static void of_unknown_signing_on_x86(struct guest *g)
{
    of_unknown_signing(g);
    i386(g);
}

/* --- devices -----------------------------------------------------------------------------------
 */

static void devices_unread(struct guest *g)
{
    g->facts.devices_reading = READING_NEEDS_ELEVATION;
}
static void devices_partly_read(struct guest *g)
{
    g->facts.devices_reading = READING_PARTIAL;
}
static void set_problem(struct guest *g, unsigned problem)
{
    device_of(g, "XenNet")->problem = number_of(problem);
}
static void problem_14(struct guest *g)
{
    set_problem(g, 14);
}
static void problem_28(struct guest *g)
{
    set_problem(g, 28);
}
static void problem_39(struct guest *g)
{
    set_problem(g, 39);
}
static void problem_52(struct guest *g)
{
    set_problem(g, 52);
}
static void problem_10(struct guest *g)
{
    set_problem(g, 10);
}
static void problem_of_ghost(struct guest *g)
{
    struct facts_device *d =
        add_bound(&g->facts, "XEN\\VIF", "XenNet", GPLPV_PROVIDER, "0.11.0.373");
    d->present = d->started = TRI_NO;
    d->problem = number_of(45);
}
static void problem_of_emulated(struct guest *g)
{
    device_of(g, "intelide")->problem = number_of(10);
}
static void unbound(struct guest *g)
{
    shape_set_text(&device_of(g, "XenNet")->service, NULL);
}
static void unbound_for_nobody(struct guest *g)
{
    add_device(&g->facts, "XENBUS\\VEN_XP0001&DEV_FUTURE&REV_0A000000", NULL);
}
static void silent_device(struct guest *g)
{
    device_of(g, "XenNet")->problem.known = false;
}
static void silent_ghost(struct guest *g)
{
    problem_of_ghost(g);
    device_of(g, "XenNet")->problem.known = false;
}

/* --- services ----------------------------------------------------------------------------------
 */

static void services_unread(struct guest *g)
{
    g->facts.services_reading = READING_UNKNOWN;
}
static void services_partly_read(struct guest *g)
{
    g->facts.services_reading = READING_PARTIAL;
}
static void stopped_driver(struct guest *g)
{
    service_of(g, "XenNet")->running = TRI_NO;
}
static void stopped_before_restart(struct guest *g)
{
    stopped_driver(g);
    problem_14(g);
}
static void stopped_before_our_restart(struct guest *g)
{
    stopped_driver(g);
    g->journal.state = JOURNAL_RESTART_NEEDED;
    g->journal.boot_time = g->facts.windows.boot_time;
}
static void silent_driver(struct guest *g)
{
    service_of(g, "XenNet")->running = TRI_UNKNOWN;
}
static void missing_service(struct guest *g)
{
    shape_set_text(&service_of(g, "XenNet")->name, "XenOther");
}
static void missing_where_not_all_was_read(struct guest *g)
{
    missing_service(g);
    g->facts.services_reading = READING_PARTIAL;
}
static void missing_file(struct guest *g)
{
    service_of(g, "XenNet")->image_exists = TRI_NO;
}
static void missing_file_disabled(struct guest *g)
{
    missing_file(g);
    service_of(g, "XenNet")->start = number_of(4);
}
static void stopped_helper(struct guest *g)
{
    service_of(g, "ShutdownMon")->running = TRI_NO;
}
static void helper_on_demand(struct guest *g)
{
    stopped_helper(g);
    service_of(g, "ShutdownMon")->start = number_of(3);
}
static void add_journal_helper(struct guest *g)
{
    struct journal_helper *h = shape_list_add(&g->journal.helpers, sizeof *h);
    h->service = mem_strdup("ShutdownMon");
    g->journal.state = JOURNAL_INSTALLED;
}
static void silent_helper(struct guest *g)
{
    add_journal_helper(g);
    service_of(g, "ShutdownMon")->running = TRI_UNKNOWN;
}
static void prompt(struct guest *g)
{
    add_value(&g->facts, SERVICES_KEY "xenbus_monitor\\Parameters", "AutoReboot",
              (struct number){0});
}
static void no_prompt(struct guest *g)
{
    add_value(&g->facts, SERVICES_KEY "xenbus_monitor\\Parameters", "AutoReboot", number_of(3));
}
static void updates_refused(struct guest *g)
{
    add_value(&g->facts, SERVICES_KEY "xenfilt", "AllowUpdate", number_of(0));
}
static void updates_allowed(struct guest *g)
{
    add_value(&g->facts, SERVICES_KEY "xenfilt", "AllowUpdate", number_of(1));
}

/* --- paths -------------------------------------------------------------------------------------
 */

static void disk_emulated(struct guest *g)
{
    g->facts.disks.at[0].path = FACTS_DISK_EMULATED;
}
static void disk_emulated_before_restart(struct guest *g)
{
    disk_emulated(g);
    problem_14(g);
}
static void disk_unknown(struct guest *g)
{
    g->facts.disks.at[0].path = FACTS_DISK_UNKNOWN;
}
static void disk_other(struct guest *g)
{
    g->facts.disks.at[0].path = FACTS_DISK_OTHER;
}
static void emulated_card(struct guest *g)
{
    add_network(&g->facts, FACTS_NETWORK_EMULATED, "PCI\\VEN_10EC&DEV_8139&SUBSYS_1\\1");
}
static void silent_card(struct guest *g)
{
    shape_set_text(
        &add_network(&g->facts, FACTS_NETWORK_EMULATED, "PCI\\VEN_10EC&DEV_8139&SUBSYS_1\\1")->mac,
        NULL);
}
static void passed_through_card(struct guest *g)
{
    add_network(&g->facts, FACTS_NETWORK_EMULATED, "PCI\\VEN_8086&DEV_1521&SUBSYS_1\\1");
}
static void no_network(struct guest *g)
{
    g->facts.networks.at[0].present = TRI_NO;
}
static void never_a_network(struct guest *g)
{
    facts_release(&(struct facts){.networks = {g->facts.networks.at, g->facts.networks.count}});
    g->facts.networks.at = NULL;
    g->facts.networks.count = 0;
}
static void ghost_address(struct guest *g)
{
    struct facts_network *n =
        add_network(&g->facts, FACTS_NETWORK_EMULATED, "PCI\\VEN_10EC&DEV_8139&SUBSYS_1\\1");
    n->present = TRI_NO;
    n->dhcp = TRI_NO;
    texts_add(&n->addresses, "192.0.2.5/255.255.255.0");
}
static void ghost_without_address(struct guest *g)
{
    add_network(&g->facts, FACTS_NETWORK_EMULATED, "PCI\\VEN_10EC&DEV_8139&SUBSYS_1\\1")->present =
        TRI_NO;
}
static void force_unplug(struct guest *g, const char *name, uint64_t value)
{
    add_value(&g->facts, SERVICES_KEY "XEN\\ForceUnplug", name, number_of(value));
}
static void unplug_cards(struct guest *g)
{
    force_unplug(g, "NICS", 1);
}
static void unplug_nothing(struct guest *g)
{
    force_unplug(g, "NICS", 0);
}
static void unplug_nvme(struct guest *g)
{
    force_unplug(g, "DISKS", 9);
}
static void unplug_disks(struct guest *g)
{
    force_unplug(g, "DISKS", 5);
}

/* --- the next start ----------------------------------------------------------------------------
 */

static void orphan_filter(struct guest *g)
{
    add_filter(&g->facts, "XENFILT");
}
static void orphan_unread(struct guest *g)
{
    orphan_filter(g);
    g->facts.services_reading = READING_PARTIAL;
}
static void filter_without_file(struct guest *g)
{
    orphan_filter(g);
    add_service(&g->facts, "xenfilt", 0)->image_exists = TRI_NO;
}
static void filter_unknown_file(struct guest *g)
{
    orphan_filter(g);
    add_service(&g->facts, "xenfilt", 0)->image_exists = TRI_UNKNOWN;
}
static void filter_cleaned_up(struct guest *g)
{
    shape_set_text(&g->facts.filters.at[0].services.at[0], "partmgr");
}
static void filters_partly_read(struct guest *g)
{
    filter_cleaned_up(g);
    g->facts.filters_reading = READING_PARTIAL;
}
static void not_at_boot(struct guest *g)
{
    service_of(g, "XenVbd")->start = number_of(3);
}
static void overridden(struct guest *g)
{
    service_of(g, "xenbus")->start_overridden = TRI_YES;
}
static void net_not_at_boot(struct guest *g)
{
    service_of(g, "XenNet")->start = number_of(4);
}
static void storage_asleep(struct guest *g)
{
    service_of(g, "intelide")->start = number_of(3);
}
static void other_storage_asleep(struct guest *g)
{
    add_service(&g->facts, "storahci", 3);
}
static void set_active(struct guest *g, const char *id)
{
    struct facts_value *v = add_value(&g->facts, SERVICES_KEY "xenfilt\\Parameters",
                                      "ActiveDeviceID", (struct number){0});
    v->exists = TRI_YES;
    texts_add(&v->texts, id);
}
static void active_gone(struct guest *g)
{
    set_active(g, "PCI\\VEN_5853&DEV_0002&SUBSYS_00025853&REV_02");
}
static void active_there(struct guest *g)
{
    set_active(g, PLATFORM);
}
static void fast_startup(struct guest *g)
{
    g->facts.windows.fast_startup = TRI_YES;
}
static void unknown_startup(struct guest *g)
{
    g->facts.windows.fast_startup = TRI_UNKNOWN;
}
static void set_fallback(struct guest *g, enum step_state state)
{
    struct journal_step *s = shape_list_add(&g->journal.steps, sizeof *s);
    s->kind = STEP_FALLBACK;
    s->state = state;
    g->journal.boot.option = mem_strdup("NOGPLPV");
    g->journal.state = JOURNAL_INSTALLED;
}
static void fallback(struct guest *g)
{
    set_fallback(g, STEP_DONE);
}
static void fallback_undone(struct guest *g)
{
    set_fallback(g, STEP_REVERTED);
}
static void started_emulated(struct guest *g)
{
    shape_set_text(&g->facts.windows.start_options, " NOEXECUTE=OPTIN  NOGPLPV");
}
static void started_with_balloon(struct guest *g)
{
    shape_set_text(&g->facts.windows.start_options, " XEN:BALLOON=OFF");
}

/* --- security ----------------------------------------------------------------------------------
 */

static void test_signing(struct guest *g)
{
    g->facts.integrity.test_signing = TRI_YES;
}
static void checks_off(struct guest *g)
{
    g->facts.integrity.disabled = TRI_YES;
}
static void xenproject_9(struct guest *g)
{
    xenproject(g, "9.0.0.0");
    test_signing(g);
}
static void xenproject_91(struct guest *g)
{
    xenproject(g, "9.1.0.0");
    test_signing(g);
}
static void xenproject_92(struct guest *g)
{
    xenproject(g, "9.2.0.0");
}
static void altered(struct guest *g)
{
    service_of(g, "XenNet")->signature = FACTS_SIGNATURE_ALTERED;
}
static void unsigned_driver(struct guest *g)
{
    service_of(g, "XenNet")->signature = FACTS_SIGNATURE_NONE;
}
static void signature_unknown(struct guest *g)
{
    service_of(g, "XenNet")->signature = FACTS_SIGNATURE_UNKNOWN;
}
static void other_signer(struct guest *g)
{
    shape_set_text(&service_of(g, "XenNet")->signer, "Somebody");
}
static void right_signer(struct guest *g)
{
    shape_set_text(&service_of(g, "XenNet")->signer, "Univention GmbH");
}
static void trust_changed(struct guest *g)
{
    g->journal.state = JOURNAL_INSTALLED;
    texts_add(&g->journal.trust, "a certificate was added to TrustedPublisher");
}
static void trust_restored(struct guest *g)
{
    trust_changed(g);
    g->journal.state = JOURNAL_ROLLED_BACK;
}

/* --- restarts ----------------------------------------------------------------------------------
 */

static void add_reason(struct guest *g, const char *reason)
{
    g->facts.restart_pending = TRI_YES;
    texts_add(&g->facts.restart_reasons, reason);
}
static void update_waits(struct guest *g)
{
    add_reason(g, "WindowsUpdate\\Auto Update\\RebootRequired");
}
static void file_waits(struct guest *g)
{
    add_reason(g, "PendingFileRenameOperations");
}
static void driver_asks(struct guest *g)
{
    add_reason(g, "xenbus_monitor\\Request\\xenvif");
}

/* --- history -----------------------------------------------------------------------------------
 */

static void set_state(struct guest *g, enum journal_job job, enum journal_state state,
                      uint64_t boot)
{
    g->journal.job = job;
    g->journal.state = state;
    g->journal.boot_time = number_of(boot);
    g->journal.release = mem_strdup("univention-gplpv-0.11.0.373");
    g->journal.family = mem_strdup("univention-gplpv");
    g->journal.reason = mem_strdup("it would not");
}
static void installing(struct guest *g)
{
    set_state(g, JOURNAL_INSTALLATION, JOURNAL_INSTALLING, NOW);
}
static void at_work(struct guest *g)
{
    installing(g);
    shape_set_text(&g->facts.run_at_work, "process 120, xenpv install");
}
static void installed(struct guest *g)
{
    set_state(g, JOURNAL_INSTALLATION, JOURNAL_INSTALLED, NOW);
}
static void waits(struct guest *g)
{
    set_state(g, JOURNAL_INSTALLATION, JOURNAL_RESTART_NEEDED, NOW);
}
static void restarted(struct guest *g)
{
    set_state(g, JOURNAL_INSTALLATION, JOURNAL_RESTART_NEEDED, NOW - 1);
}
static void stuck(struct guest *g)
{
    set_state(g, JOURNAL_INSTALLATION, JOURNAL_NEEDS_ATTENTION, NOW);
}
static void rolled_back(struct guest *g)
{
    set_state(g, JOURNAL_INSTALLATION, JOURNAL_ROLLED_BACK, NOW);
}
static void removal_waits(struct guest *g)
{
    set_state(g, JOURNAL_REMOVAL, JOURNAL_RESTART_NEEDED, NOW);
}
static void removal_restarted(struct guest *g)
{
    set_state(g, JOURNAL_REMOVAL, JOURNAL_RESTART_NEEDED, NOW - 1);
}
static void removal_waits_switched_off(struct guest *g)
{
    removal_waits(g);
    for (size_t i = 0; i < g->facts.services.count; i++)
        if (strncmp(g->facts.services.at[i].name, "Xen", 3) == 0)
            g->facts.services.at[i].start = number_of(4);
}
static void removal_waits_half_switched_off(struct guest *g)
{
    removal_waits_switched_off(g);
    for (size_t i = 0; i < g->facts.services.count; i++)
        if (strcmp(g->facts.services.at[i].name, "XenPCI") == 0)
            g->facts.services.at[i].start = number_of(3);
}
static void removal_stuck(struct guest *g)
{
    set_state(g, JOURNAL_REMOVAL, JOURNAL_NEEDS_ATTENTION, NOW);
}
static void removed(struct guest *g)
{
    set_state(g, JOURNAL_REMOVAL, JOURNAL_REMOVED, NOW);
}
static void switched_off_by_us(struct guest *g)
{
    struct journal_step *s = shape_list_add(&g->journal.steps, sizeof *s);
    *s = (struct journal_step){STEP_DISABLE, STEP_DONE, mem_strdup("xenpci")};
    service_of(g, "XenPCI")->start = number_of(4);
    removal_waits(g);
}
static void stopped_by_us(struct guest *g)
{
    switched_off_by_us(g);
    stopped_driver(g);
    g->journal.boot_time = number_of(NOW - 1);
}
static void switched_off_after_our_removal(struct guest *g)
{
    switched_off_by_us(g);
    g->journal.state = JOURNAL_REMOVED;
}
static void add_event(struct guest *g, const char *log, uint64_t id, uint64_t level)
{
    struct facts_event *e = shape_list_add(&g->facts.events, sizeof *e);
    e->log = mem_strdup(log);
    e->source = mem_strdup("Source");
    e->id = number_of(id);
    e->level = number_of(level);
    texts_add(&e->strings, "XenNet.sys");
}
static void refused(struct guest *g)
{
    add_event(g, "Microsoft-Windows-CodeIntegrity/Operational", 3077, 2);
}
static void failed(struct guest *g)
{
    add_event(g, "System", 7000, 2);
}
static void started(struct guest *g)
{
    add_event(g, "System", 7036, 4);
}
static void add_section(struct guest *g, const char *status)
{
    struct facts_log_section *s = shape_list_add(&g->facts.log_sections, sizeof *s);
    s->log = mem_strdup("setupapi.dev.log");
    s->title = mem_strdup("Device Install - XEN\\VIF");
    s->status = mem_strdup(status);
    texts_add(&s->lines, "!!!  dvi: Default installer: failed!");
}
static void setup_failed(struct guest *g)
{
    add_section(g, "FAILURE(0xe0000203)");
}
static void setup_worked(struct guest *g)
{
    add_section(g, "SUCCESS");
}

/* --- the table ---------------------------------------------------------------------------------
 */

struct row {
    enum status_code code;
    void (*fill)(struct guest *g); /* the guest that is spoilt */
    void (*fires)(struct guest *g);
    enum status_word word;           /* then */
    void (*spares)(struct guest *g); /* comes near, and makes no such finding */
};

#define W(name) STATUS_##name

static const struct row rows[] = {
    {CODE_NOT_XEN, fill_gplpv, no_hypervisor, W(NOT_XEN), viridian},
    {CODE_PLATFORM_UNKNOWN, fill_gplpv, unknown_hypervisor, W(UNKNOWN), no_hypervisor},
    {CODE_NO_PLATFORM_DEVICE, fill_gplpv, drop_xen_devices, W(DEGRADED),
     drop_xen_devices_partly_read},
    {CODE_WINDOWS_UNKNOWN, fill_gplpv, forget_version, W(UNKNOWN), leave},
    {CODE_WINDOWS_UNSUPPORTED, fill_gplpv, itanium_without_drivers, W(UNSUPPORTED),
     xp_without_drivers},
    {CODE_SAFE_MODE, fill_gplpv, safe_mode, W(WORKING_WITH_WARNINGS), unknown_mode},
    {CODE_DOMAIN_CONTROLLER, fill_gplpv, domain_controller, W(WORKING), member_server},
    {CODE_FACTS_UNREAD, fill_gplpv, disks_unread, W(WORKING_WITH_WARNINGS), events_unread},
    {CODE_HISTORY_UNREAD, fill_gplpv, events_unread, W(WORKING), disks_unread},
    {CODE_NO_PV_DRIVERS, fill_gplpv, drop_drivers, W(NOT_INSTALLED), drop_drivers_but_packages},
    {CODE_MIXED_FAMILIES, fill_gplpv, foreign_bound_too, W(BROKEN), foreign_ghost_too},
    {CODE_MIXED_FAMILIES, fill_gplpv, foreign_installed_too, W(BROKEN), foreign_staged},
    {CODE_FOREIGN_FAMILY, fill_xcpng, leave, W(WORKING), xenproject_91},
    {CODE_FOREIGN_PACKAGE_STAGED, fill_gplpv, foreign_staged, W(WORKING_WITH_WARNINGS), kin_staged},
    {CODE_LEGACY_DRIVERS, fill_gplpv, legacy_too, W(BROKEN), legacy_ghost},
    {CODE_WINDOWS_UPDATE_DRIVERS, fill_gplpv, vendor_device, W(WORKING_WITH_WARNINGS),
     vendor_device_by_policy},
    {CODE_WRONG_ACTIVE_DEVICE, fill_xcpng, xenserver_on_0001, W(WORKING_WITH_WARNINGS),
     xenserver_on_c000},
    {CODE_REVISION_SKEW, fill_gplpv, skew, W(DEGRADED), no_skew},
    {CODE_MIXED_VERSIONS, fill_gplpv, other_version, W(WORKING_WITH_WARNINGS), leave},
    {CODE_PRODUCT_LEFT_OVER, fill_gplpv, product_only, W(NOT_INSTALLED), leave},
    {CODE_PRODUCT_TWICE, fill_gplpv, product_twice, W(WORKING_WITH_WARNINGS), other_product},
    {CODE_RELEASE_UNKNOWN, fill_gplpv, unheard_of, W(WORKING), superseded},
    {CODE_RELEASE_FAULTS, fill_gplpv, leave, W(WORKING), unheard_of},
    {CODE_NEWER_RELEASE, fill_gplpv, superseded, W(WORKING), leave},
    {CODE_WINDOWS_TOO_OLD, fill_xcpng, nine_on_seven, W(BROKEN), nine_on_ten},
    {CODE_WINDOWS_TOO_OLD, fill_xcpng, nine_on_seven, W(BROKEN), nine_runs_on_seven},
    {CODE_SHA2_NOT_UNDERSTOOD, fill_xcpng, sha256_on_seven, W(BROKEN), sha256_understood},
    {CODE_SHA2_NOT_UNDERSTOOD, fill_xcpng, sha256_on_seven, W(BROKEN), sha256_unknown},
    {CODE_SECURE_BOOT_REFUSES, fill_xcpng, secure_boot, W(BROKEN), secure_boot_upgraded},
    {CODE_DRIVER_POLICY, fill_xcpng, driver_policy, W(WORKING_WITH_WARNINGS), before_driver_policy},
    {CODE_NEEDS_TEST_SIGNING, fill_xcpng, test_signed, W(BROKEN), test_signed_allowed},
    {CODE_RELEASE_UNSIGNED, fill_xcpng, of_unknown_signing, W(BROKEN), of_unknown_signing_on_x86},
    {CODE_DEVICES_UNREAD, fill_gplpv, devices_unread, W(UNKNOWN), devices_partly_read},
    {CODE_NO_XEN_DEVICE, fill_gplpv, drop_xen_devices, W(DEGRADED), leave},
    {CODE_DEVICE_NEEDS_RESTART, fill_gplpv, problem_14, W(NEEDS_RESTART), problem_of_ghost},
    {CODE_DEVICE_WITHOUT_DRIVER, fill_gplpv, problem_28, W(DEGRADED), unbound_for_nobody},
    {CODE_DEVICE_WITHOUT_DRIVER, fill_gplpv, unbound, W(DEGRADED), problem_10},
    {CODE_DRIVER_REFUSED, fill_gplpv, problem_52, W(DEGRADED), problem_10},
    {CODE_DRIVER_REFUSED, fill_gplpv, problem_39, W(DEGRADED), problem_28},
    {CODE_DEVICE_PROBLEM, fill_gplpv, problem_10, W(DEGRADED), problem_of_emulated},
    {CODE_DEVICE_PROBLEM, fill_gplpv, problem_10, W(DEGRADED), problem_of_ghost},
    {CODE_DEVICE_NOT_NEEDED, fill_gplpv, unbound_for_nobody, W(WORKING), problem_28},
    {CODE_DEVICE_STATUS_UNKNOWN, fill_gplpv, silent_device, W(WORKING_WITH_WARNINGS), silent_ghost},
    {CODE_GHOST_DEVICES, fill_gplpv, problem_of_ghost, W(WORKING), problem_of_emulated},
    {CODE_SERVICES_UNREAD, fill_gplpv, services_unread, W(UNKNOWN), services_partly_read},
    {CODE_DRIVER_NOT_RUNNING, fill_gplpv, stopped_driver, W(DEGRADED), stopped_before_restart},
    {CODE_DRIVER_NOT_RUNNING, fill_gplpv, stopped_driver, W(DEGRADED), stopped_before_our_restart},
    {CODE_DRIVER_STATE_UNKNOWN, fill_gplpv, silent_driver, W(WORKING_WITH_WARNINGS),
     stopped_driver},
    {CODE_DRIVER_NOT_RUNNING, fill_gplpv, stopped_driver, W(DEGRADED), stopped_by_us},
    {CODE_DRIVER_SERVICE_MISSING, fill_gplpv, missing_service, W(BROKEN),
     missing_where_not_all_was_read},
    {CODE_DRIVER_FILE_MISSING, fill_gplpv, missing_file, W(BROKEN), missing_file_disabled},
    {CODE_HELPER_NOT_RUNNING, fill_gplpv, stopped_helper, W(WORKING_WITH_WARNINGS),
     helper_on_demand},
    {CODE_HELPER_STATE_UNKNOWN, fill_gplpv, silent_helper, W(WORKING_WITH_WARNINGS),
     add_journal_helper},
    {CODE_RESTART_PROMPT, fill_xcpng, prompt, W(WORKING), no_prompt},
    {CODE_UPDATES_REFUSED, fill_xcpng, updates_refused, W(WORKING_WITH_WARNINGS), updates_allowed},
    {CODE_DISK_EMULATED, fill_gplpv, disk_emulated, W(DEGRADED), disk_emulated_before_restart},
    {CODE_DISK_PATH_UNKNOWN, fill_gplpv, disk_unknown, W(WORKING_WITH_WARNINGS), disk_other},
    {CODE_NETWORK_EMULATED, fill_gplpv, emulated_card, W(DEGRADED), passed_through_card},
    {CODE_NETWORK_EMULATED, fill_gplpv, emulated_card, W(DEGRADED), silent_card},
    {CODE_NO_NETWORK, fill_gplpv, no_network, W(DEGRADED), never_a_network},
    {CODE_ADDRESS_ON_GHOST, fill_gplpv, ghost_address, W(WORKING_WITH_WARNINGS),
     ghost_without_address},
    {CODE_UNPLUG_FORCED, fill_xcpng, unplug_cards, W(WORKING), unplug_nothing},
    {CODE_UNPLUG_NVME, fill_xcpng, unplug_nvme, W(WORKING_WITH_WARNINGS), unplug_disks},
    {CODE_ORPHAN_FILTER, fill_gplpv, orphan_filter, W(BROKEN), orphan_unread},
    {CODE_FILTER_FILE_MISSING, fill_gplpv, filter_without_file, W(BROKEN), filter_unknown_file},
    {CODE_FILTER_MISSING, fill_xcpng, filter_cleaned_up, W(WORKING_WITH_WARNINGS),
     filters_partly_read},
    {CODE_DRIVER_NOT_AT_BOOT, fill_gplpv, not_at_boot, W(BROKEN), net_not_at_boot},
    {CODE_DRIVER_NOT_AT_BOOT, fill_xcpng, overridden, W(BROKEN), leave},
    {CODE_DRIVER_NOT_AT_BOOT, fill_gplpv, switched_off_after_our_removal, W(BROKEN),
     switched_off_by_us},
    {CODE_STORAGE_NOT_AT_BOOT, fill_gplpv, storage_asleep, W(WORKING_WITH_WARNINGS),
     other_storage_asleep},
    {CODE_ACTIVE_DEVICE_GONE, fill_xcpng, active_gone, W(WORKING_WITH_WARNINGS), active_there},
    {CODE_FAST_STARTUP, fill_gplpv, fast_startup, W(WORKING_WITH_WARNINGS), unknown_startup},
    {CODE_FALLBACK_ENTRY, fill_gplpv, fallback, W(WORKING), fallback_undone},
    {CODE_STARTED_EMULATED, fill_gplpv, started_emulated, W(DEGRADED), started_with_balloon},
    {CODE_TEST_SIGNING_ON, fill_gplpv, test_signing, W(WORKING_WITH_WARNINGS), checks_off},
    {CODE_INTEGRITY_CHECKS_OFF, fill_gplpv, checks_off, W(WORKING_WITH_WARNINGS), test_signing},
    {CODE_XSN_1, fill_xcpng, xenproject_9, W(WORKING_WITH_WARNINGS), xenproject_91},
    {CODE_XSA_468, fill_xcpng, xenproject_91, W(WORKING_WITH_WARNINGS), xenproject_92},
    {CODE_DRIVER_ALTERED, fill_gplpv, altered, W(BROKEN), signature_unknown},
    {CODE_DRIVER_UNSIGNED, fill_gplpv, unsigned_driver, W(WORKING_WITH_WARNINGS),
     signature_unknown},
    {CODE_UNEXPECTED_SIGNER, fill_gplpv, other_signer, W(WORKING_WITH_WARNINGS), right_signer},
    {CODE_TRUST_CHANGED, fill_gplpv, trust_changed, W(WORKING), trust_restored},
    {CODE_RESTART_PENDING, fill_gplpv, update_waits, W(WORKING_WITH_WARNINGS), file_waits},
    {CODE_RESTART_HARMLESS, fill_gplpv, file_waits, W(WORKING), update_waits},
    {CODE_DRIVER_ASKS_RESTART, fill_gplpv, driver_asks, W(NEEDS_RESTART), update_waits},
    {CODE_RUN_AT_WORK, fill_gplpv, at_work, W(UNKNOWN), installing},
    {CODE_INTERRUPTED, fill_gplpv, installing, W(BROKEN), at_work},
    {CODE_RESTART_NEEDED, fill_gplpv, waits, W(NEEDS_RESTART), restarted},
    {CODE_NOT_CONFIRMED, fill_gplpv, restarted, W(WORKING_WITH_WARNINGS), waits},
    {CODE_NEEDS_ATTENTION, fill_gplpv, stuck, W(DEGRADED), removal_stuck},
    {CODE_ROLLED_BACK, fill_gplpv, rolled_back, W(WORKING_WITH_WARNINGS), installed},
    {CODE_REMOVAL_NEEDS_RESTART, fill_gplpv, removal_waits, W(NEEDS_RESTART), removal_restarted},
    {CODE_REMOVAL_NEEDS_RESTART, fill_gplpv, removal_waits_switched_off, W(NEEDS_RESTART), removed},
    {CODE_DRIVER_NOT_AT_BOOT, fill_gplpv, removal_waits_half_switched_off, W(BROKEN),
     removal_waits_switched_off},
    {CODE_REMOVAL_NEEDS_ATTENTION, fill_gplpv, removal_stuck, W(DEGRADED), removed},
    {CODE_REMOVAL_NOT_FINISHED, fill_gplpv, removal_restarted, W(DEGRADED), removed},
    {CODE_EVENTS_OF_REFUSAL, fill_gplpv, refused, W(WORKING), failed},
    {CODE_EVENTS_OF_FAILURE, fill_gplpv, failed, W(WORKING), started},
    {CODE_SETUP_FAILED, fill_gplpv, setup_failed, W(WORKING), setup_worked},
};

/* Of the embedded manifest no data makes them; see the tests below. */
static const enum status_code elsewhere[] = {CODE_WINDOWS_TOO_NEW, CODE_ADVISORY};

static const struct status_finding *find(const struct status *s, enum status_code code)
{
    for (size_t i = 0; i < s->findings.count; i++)
        if (strcmp(s->findings.at[i].code, status_code_row(code)->code) == 0)
            return &s->findings.at[i];
    return NULL;
}

static void name_findings(const struct status *s, char *out, size_t size)
{
    size_t used = 0;
    *out = '\0';
    for (size_t i = 0; i < s->findings.count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, " %s", s->findings.at[i].code);
}

static struct manifest embedded;

static void judge(void (*fill)(struct guest *), void (*change)(struct guest *), struct status *s)
{
    struct guest g = {0};
    fill(&g);
    change(&g);
    status_judge(&g.facts, &g.journal, &embedded, s);
    release_guest(&g);
}

/* What is wrong with a row's judgement; false: nothing. */
static bool is_wrong(const struct row *r, const struct status *s, struct text *why)
{
    const struct status_code_row *code = status_code_row(r->code);
    const struct status_finding *f = find(s, r->code);
    size_t before = why->size;
    if (!f)
        text_addf(why, "'%s' does not fire; ", code->code);
    else if (!*f->message || !f->evidence.count || !*f->evidence.at[0])
        text_addf(why, "'%s' says nothing, or rests on nothing; ", code->code);
    else if (f->severity != code->severity)
        text_addf(why, "'%s' has another severity; ", code->code);
    if (s->word != r->word)
        text_addf(why, "'%s' makes it '%s', not '%s'; ", code->code, status_word_name(s->word),
                  status_word_name(r->word));
    return why->size > before;
}

static void each_fires(void **state)
{
    (void)state;
    struct text why = {0};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char names[1000];
        struct status s = {0};
        judge(rows[i].fill, rows[i].fires, &s);
        name_findings(&s, names, sizeof names);
        if (is_wrong(&rows[i], &s, &why))
            text_addf(&why, "row %zu has%s\n", i, names);
        status_release(&s);
    }
    if (why.size)
        fail_msg("%s", text_str(&why));
}

static void each_spares(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct status s = {0};
        judge(rows[i].fill, rows[i].spares, &s);
        if (find(&s, rows[i].code))
            fail_msg("row %zu: '%s' fires on a guest that has it not: %s", i,
                     status_code_row(rows[i].code)->code, find(&s, rows[i].code)->message);
        status_release(&s);
    }
}

static void each_code_is_tested(void **state)
{
    (void)state;
    for (int c = STATUS_CODE_NONE + 1; c < STATUS_CODES; c++) {
        bool tested = false;
        for (size_t i = 0; i < COUNT(rows); i++)
            tested = tested || rows[i].code == (enum status_code)c;
        for (size_t i = 0; i < COUNT(elsewhere); i++)
            tested = tested || elsewhere[i] == (enum status_code)c;
        CHECK(status_code_row((enum status_code)c)->code, tested);
    }
}

static void each_row_is_whole(void **state)
{
    (void)state;
    for (int c = STATUS_CODE_NONE + 1; c < STATUS_CODES; c++) {
        const struct status_code_row *r = status_code_row((enum status_code)c);
        assert_non_null(r->code);
        CHECK(r->code, r->cause && r->source);
        CHECK(r->code, r->remedy || r->severity == STATUS_INFO);
        CHECK(r->code,
              r->severity != STATUS_ERROR || !status_word_is_worse(STATUS_DEGRADED, r->word));
        CHECK(r->code, r->severity != STATUS_WARNING || r->word != STATUS_WORKING);
        CHECK(r->code, r->severity != STATUS_INFO || r->word == STATUS_WORKING);
        for (int o = STATUS_CODE_NONE + 1; o < c; o++)
            assert_string_not_equal(r->code, status_code_row((enum status_code)o)->code);
    }
    assert_null(status_code_row(STATUS_CODES)->code);
}

/* Releases that end with some Windows are of manifests to come. */
static void windows_too_new(void **state)
{
    (void)state;
    struct manifest m = {0};
    struct guest g = {0};
    struct status s = {0};
    assert_true(manifest_embedded(&m, NULL));
    for (size_t i = 0; i < m.releases.count; i++)
        if (strcmp(m.releases.at[i].id, "univention-gplpv-0.11.0.373") == 0)
            for (size_t k = 0; k < m.releases.at[i].sets.count; k++)
                shape_set_text(&m.releases.at[i].sets.at[k].windows_to, "6.0.6003");
    fill_gplpv(&g);
    status_judge(&g.facts, &g.journal, &m, &s);
    assert_non_null(find(&s, CODE_WINDOWS_TOO_NEW));
    assert_int_equal(s.word, STATUS_WORKING_WITH_WARNINGS);
    status_release(&s);
    set_windows(&g, 6, 0, 6002);
    status_judge(&g.facts, &g.journal, &m, &s);
    assert_null(find(&s, CODE_WINDOWS_TOO_NEW));
    status_release(&s);
    release_guest(&g);
    manifest_release_all(&m);
}

/* So are advisories that have no code of their own. */
static void other_advisory(void **state)
{
    (void)state;
    struct manifest m = {0};
    struct guest g = {0};
    struct status s = {0};
    assert_true(manifest_embedded(&m, NULL));
    struct manifest_advisory *a = shape_list_add(&m.advisories, sizeof *a);
    a->id = mem_strdup("xsa-999");
    a->title = mem_strdup("a title");
    a->effect = mem_strdup("an effect");
    a->remedy = mem_strdup("a remedy");
    struct manifest_condition *c = shape_list_add(&a->affects, sizeof *c);
    c->provider = mem_strdup(GPLPV_PROVIDER);
    c->file = mem_strdup("XenNet.sys");
    c->version_to = mem_strdup("0.11.0.373");
    c->certainty = CERTAINTY_POSSIBLE;
    fill_gplpv(&g);
    status_judge(&g.facts, &g.journal, &m, &s);
    const struct status_finding *f = find(&s, CODE_ADVISORY);
    assert_non_null(f);
    assert_string_equal(f->subject, "xsa-999");
    assert_string_equal(f->remedy, "a remedy");
    CHECK_HAS("a possible one says so", f->message, "not sure");
    CHECK_HAS("the file that it is about is named", f->evidence.at[1], "XenNet.sys 0.11.0.373");
    status_release(&s);
    gplpv_version(&g, "0.11.0.374");
    status_judge(&g.facts, &g.journal, &m, &s);
    assert_null(find(&s, CODE_ADVISORY));
    status_release(&s);
    release_guest(&g);
    manifest_release_all(&m);
}

static int load(void **state)
{
    (void)state;
    return manifest_embedded(&embedded, NULL) ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    manifest_release_all(&embedded);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fires),          cmocka_unit_test(each_spares),
        cmocka_unit_test(each_code_is_tested), cmocka_unit_test(each_row_is_whole),
        cmocka_unit_test(windows_too_new),     cmocka_unit_test(other_advisory),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
