#include "drivers-manifest/facts.h"

#include "base/text.h"

#include <string.h>

const char *const facts_reading_names[] = {"unknown", "full", "partial", "needs-elevation", NULL};
static const char *const hypervisor_names[] = {"unknown", "none", "xen", "other", NULL};
const char *const facts_network_kind_names[] = {"unknown", "emulated", "pv", "other", NULL};
const char *const facts_disk_path_names[] = {"unknown", "emulated", "pv", "other", NULL};
const char *const facts_signature_names[] = {"unknown", "none", "intact", "altered", NULL};
const char *const architecture_names[] = {"unknown", "x86", "x64", "arm64", "ia64", NULL};
const char *const product_type_names[] = {"unknown", "workstation", "domain-controller", "server",
                                          NULL};

static const struct shape_field platform_fields[] = {
    FIELD_ENUM(facts_platform, reading, facts_reading_names),
    FIELD_ENUM(facts_platform, hypervisor, hypervisor_names),
    FIELD(facts_platform, signature, SHAPE_TEXT),
    FIELD(facts_platform, signatures, SHAPE_TEXTS),
    FIELD(facts_platform, xen_leaf, SHAPE_NUMBER),
    FIELD(facts_platform, xen_major, SHAPE_NUMBER),
    FIELD(facts_platform, xen_minor, SHAPE_NUMBER),
    FIELD(facts_platform, domain_id, SHAPE_NUMBER),
    FIELD(facts_platform, xen_features, SHAPE_NUMBER),
    FIELD(facts_platform, viridian, SHAPE_TRI),
    FIELD(facts_platform, own_hypervisor, SHAPE_TRI),
    FIELD(facts_platform, bios_vendor, SHAPE_TEXT),
    FIELD(facts_platform, bios_version, SHAPE_TEXT),
    FIELD(facts_platform, system_manufacturer, SHAPE_TEXT),
    FIELD(facts_platform, system_product, SHAPE_TEXT),
    FIELD(facts_platform, system_version, SHAPE_TEXT),
    FIELD(facts_platform, system_uuid, SHAPE_TEXT),
    FIELD(facts_platform, oem_strings, SHAPE_TEXTS),
    FIELD(facts_platform, acpi_oem, SHAPE_TEXT),
    FIELD(facts_platform, acpi_table, SHAPE_TEXT),
};
static const struct shape platform_shape = SHAPE_OF(struct facts_platform, platform_fields);

static const struct shape_field windows_fields[] = {
    FIELD_ENUM(facts_windows, reading, facts_reading_names),
    FIELD(facts_windows, major, SHAPE_NUMBER),
    FIELD(facts_windows, minor, SHAPE_NUMBER),
    FIELD(facts_windows, build, SHAPE_NUMBER),
    FIELD(facts_windows, revision, SHAPE_NUMBER),
    FIELD(facts_windows, service_pack, SHAPE_NUMBER),
    FIELD_ENUM(facts_windows, type, product_type_names),
    FIELD(facts_windows, suite, SHAPE_NUMBER),
    FIELD_ENUM(facts_windows, architecture, architecture_names),
    FIELD_ENUM(facts_windows, process, architecture_names),
    FIELD(facts_windows, product_name, SHAPE_TEXT),
    FIELD(facts_windows, edition, SHAPE_TEXT),
    FIELD(facts_windows, start_options, SHAPE_TEXT),
    FIELD(facts_windows, boot_time, SHAPE_NUMBER),
    FIELD(facts_windows, safe_mode, SHAPE_TRI),
    FIELD(facts_windows, elevated, SHAPE_TRI),
    FIELD(facts_windows, fast_startup, SHAPE_TRI),
};
static const struct shape windows_shape = SHAPE_OF(struct facts_windows, windows_fields);

static const struct shape_field integrity_fields[] = {
    FIELD_ENUM(facts_integrity, reading, facts_reading_names),
    FIELD(facts_integrity, options, SHAPE_NUMBER),
    FIELD(facts_integrity, test_signing, SHAPE_TRI),
    FIELD(facts_integrity, disabled, SHAPE_TRI),
    FIELD(facts_integrity, whql_enforced, SHAPE_TRI),
    FIELD(facts_integrity, hvci, SHAPE_TRI),
    FIELD(facts_integrity, secure_boot, SHAPE_TRI),
    FIELD(facts_integrity, uefi, SHAPE_TRI),
    FIELD(facts_integrity, upgraded, SHAPE_TRI),
    FIELD(facts_integrity, sha2, SHAPE_TRI),
    FIELD(facts_integrity, signing_policy, SHAPE_NUMBER),
    FIELD(facts_integrity, trusted_publishers, SHAPE_TEXTS),
    FIELD(facts_integrity, publishers_without_root, SHAPE_TEXTS),
    FIELD(facts_integrity, distrusted_publishers, SHAPE_TEXTS),
    FIELD(facts_integrity, driver_policy_audits, SHAPE_NUMBER),
    FIELD(facts_integrity, driver_policy_blocks, SHAPE_NUMBER),
    FIELD(facts_integrity, driver_policy_boots, SHAPE_NUMBER),
    FIELD(facts_integrity, driver_policy_uptime, SHAPE_NUMBER),
    FIELD(facts_integrity, driver_policy_audit_file, SHAPE_TRI),
    FIELD(facts_integrity, driver_policy_enforce_file, SHAPE_TRI),
    FIELD(facts_integrity, whql_audit, SHAPE_TRI),
    FIELD(facts_integrity, hvci_configured, SHAPE_TRI),
    FIELD(facts_integrity, vulnerable_blocklist, SHAPE_TRI),
    FIELD(facts_integrity, smart_app_control, SHAPE_NUMBER),
};
static const struct shape integrity_shape = SHAPE_OF(struct facts_integrity, integrity_fields);

static const struct shape_field device_fields[] = {
    FIELD(facts_device, instance, SHAPE_TEXT),
    FIELD(facts_device, parent, SHAPE_TEXT),
    FIELD(facts_device, hardware_ids, SHAPE_TEXTS),
    FIELD(facts_device, compatible_ids, SHAPE_TEXTS),
    FIELD(facts_device, upper_filters, SHAPE_TEXTS),
    FIELD(facts_device, lower_filters, SHAPE_TEXTS),
    FIELD(facts_device, description, SHAPE_TEXT),
    FIELD(facts_device, class_name, SHAPE_TEXT),
    FIELD(facts_device, class_guid, SHAPE_TEXT),
    FIELD(facts_device, service, SHAPE_TEXT),
    FIELD(facts_device, inf, SHAPE_TEXT),
    FIELD(facts_device, provider, SHAPE_TEXT),
    FIELD(facts_device, driver_version, SHAPE_TEXT),
    FIELD(facts_device, driver_date, SHAPE_TEXT),
    FIELD(facts_device, present, SHAPE_TRI),
    FIELD(facts_device, started, SHAPE_TRI),
    FIELD(facts_device, problem, SHAPE_NUMBER),
};
static const struct shape device_shape = SHAPE_OF(struct facts_device, device_fields);

static const struct shape_field service_fields[] = {
    FIELD(facts_service, name, SHAPE_TEXT),
    FIELD(facts_service, display_name, SHAPE_TEXT),
    FIELD(facts_service, image, SHAPE_TEXT),
    FIELD(facts_service, file, SHAPE_TEXT),
    FIELD(facts_service, group, SHAPE_TEXT),
    FIELD(facts_service, type, SHAPE_NUMBER),
    FIELD(facts_service, start, SHAPE_NUMBER),
    FIELD(facts_service, start_overridden, SHAPE_TRI),
    FIELD(facts_service, running, SHAPE_TRI),
    FIELD(facts_service, image_exists, SHAPE_TRI),
    FIELD(facts_service, state, SHAPE_NUMBER),
    FIELD(facts_service, exit_code, SHAPE_NUMBER),
    FIELD(facts_service, file_version, SHAPE_TEXT),
    FIELD_ENUM(facts_service, signature, facts_signature_names),
    FIELD(facts_service, signer, SHAPE_TEXT),
    FIELD(facts_service, signer_sha1, SHAPE_TEXT),
    FIELD(facts_service, signed_in, SHAPE_TEXT),
};
static const struct shape service_shape = SHAPE_OF(struct facts_service, service_fields);

static const struct shape_field package_fields[] = {
    FIELD(facts_package, inf, SHAPE_TEXT),           FIELD(facts_package, original, SHAPE_TEXT),
    FIELD(facts_package, provider, SHAPE_TEXT),      FIELD(facts_package, catalog, SHAPE_TEXT),
    FIELD(facts_package, class_name, SHAPE_TEXT),    FIELD(facts_package, version, SHAPE_TEXT),
    FIELD(facts_package, hardware_ids, SHAPE_TEXTS),
};
static const struct shape package_shape = SHAPE_OF(struct facts_package, package_fields);

static const struct shape_field product_fields[] = {
    FIELD(facts_product, product_code, SHAPE_TEXT), FIELD(facts_product, upgrade_code, SHAPE_TEXT),
    FIELD(facts_product, name, SHAPE_TEXT),         FIELD(facts_product, version, SHAPE_TEXT),
    FIELD(facts_product, publisher, SHAPE_TEXT),
};
static const struct shape product_shape = SHAPE_OF(struct facts_product, product_fields);

static const struct shape_field filter_fields[] = {
    FIELD(facts_filter, class_guid, SHAPE_TEXT),
    FIELD(facts_filter, position, SHAPE_TEXT),
    FIELD(facts_filter, services, SHAPE_TEXTS),
};
static const struct shape filter_shape = SHAPE_OF(struct facts_filter, filter_fields);

static const struct shape_field network_fields[] = {
    FIELD(facts_network, mac, SHAPE_TEXT),
    FIELD(facts_network, instance, SHAPE_TEXT),
    FIELD(facts_network, guid, SHAPE_TEXT),
    FIELD(facts_network, connection, SHAPE_TEXT),
    FIELD(facts_network, description, SHAPE_TEXT),
    FIELD_ENUM(facts_network, kind, facts_network_kind_names),
    FIELD(facts_network, present, SHAPE_TRI),
    FIELD(facts_network, dhcp, SHAPE_TRI),
    FIELD(facts_network, addresses, SHAPE_TEXTS),
    FIELD(facts_network, gateways, SHAPE_TEXTS),
    FIELD(facts_network, name_servers, SHAPE_TEXTS),
};
static const struct shape network_shape = SHAPE_OF(struct facts_network, network_fields);

static const struct shape_field parent_fields[] = {
    FIELD(facts_parent, instance, SHAPE_TEXT),
    FIELD(facts_parent, service, SHAPE_TEXT),
};
static const struct shape parent_shape = SHAPE_OF(struct facts_parent, parent_fields);

static const struct shape_field disk_fields[] = {
    FIELD(facts_disk, instance, SHAPE_TEXT),
    FIELD(facts_disk, description, SHAPE_TEXT),
    FIELD(facts_disk, number, SHAPE_NUMBER),
    FIELD(facts_disk, present, SHAPE_TRI),
    FIELD(facts_disk, system, SHAPE_TRI),
    FIELD_ENUM(facts_disk, path, facts_disk_path_names),
    FIELD_IN(facts_disk, parents, SHAPE_LIST, parent_shape),
};
static const struct shape disk_shape = SHAPE_OF(struct facts_disk, disk_fields);

static const struct shape_field value_fields[] = {
    FIELD(facts_value, key, SHAPE_TEXT),    FIELD(facts_value, name, SHAPE_TEXT),
    FIELD(facts_value, exists, SHAPE_TRI),  FIELD(facts_value, number, SHAPE_NUMBER),
    FIELD(facts_value, texts, SHAPE_TEXTS),
};
static const struct shape value_shape = SHAPE_OF(struct facts_value, value_fields);

static const struct shape_field file_fields[] = {
    FIELD(facts_file, path, SHAPE_TEXT),
    FIELD(facts_file, version, SHAPE_TEXT),
};
static const struct shape file_shape = SHAPE_OF(struct facts_file, file_fields);

static const struct shape_field event_fields[] = {
    FIELD(facts_event, log, SHAPE_TEXT),      FIELD(facts_event, source, SHAPE_TEXT),
    FIELD(facts_event, id, SHAPE_NUMBER),     FIELD(facts_event, record, SHAPE_NUMBER),
    FIELD(facts_event, level, SHAPE_NUMBER),  FIELD(facts_event, time, SHAPE_TEXT),
    FIELD(facts_event, strings, SHAPE_TEXTS),
};
static const struct shape event_shape = SHAPE_OF(struct facts_event, event_fields);

static const struct shape_field log_section_fields[] = {
    FIELD(facts_log_section, log, SHAPE_TEXT),     FIELD(facts_log_section, title, SHAPE_TEXT),
    FIELD(facts_log_section, started, SHAPE_TEXT), FIELD(facts_log_section, status, SHAPE_TEXT),
    FIELD(facts_log_section, lines, SHAPE_TEXTS),
};
static const struct shape log_section_shape =
    SHAPE_OF(struct facts_log_section, log_section_fields);

static const struct shape_field facts_fields[] = {
    FIELD(facts, schema, SHAPE_NUMBER),
    FIELD_IN(facts, platform, SHAPE_OBJECT, platform_shape),
    FIELD_IN(facts, windows, SHAPE_OBJECT, windows_shape),
    FIELD_IN(facts, integrity, SHAPE_OBJECT, integrity_shape),
    FIELD_ENUM(facts, devices_reading, facts_reading_names),
    FIELD_IN(facts, devices, SHAPE_LIST, device_shape),
    FIELD_ENUM(facts, services_reading, facts_reading_names),
    FIELD_IN(facts, services, SHAPE_LIST, service_shape),
    FIELD_ENUM(facts, packages_reading, facts_reading_names),
    FIELD_IN(facts, packages, SHAPE_LIST, package_shape),
    FIELD_ENUM(facts, products_reading, facts_reading_names),
    FIELD_IN(facts, products, SHAPE_LIST, product_shape),
    FIELD_ENUM(facts, filters_reading, facts_reading_names),
    FIELD_IN(facts, filters, SHAPE_LIST, filter_shape),
    FIELD_ENUM(facts, networks_reading, facts_reading_names),
    FIELD_IN(facts, networks, SHAPE_LIST, network_shape),
    FIELD_ENUM(facts, disks_reading, facts_reading_names),
    FIELD_IN(facts, disks, SHAPE_LIST, disk_shape),
    FIELD_ENUM(facts, values_reading, facts_reading_names),
    FIELD_IN(facts, values, SHAPE_LIST, value_shape),
    FIELD_ENUM(facts, files_reading, facts_reading_names),
    FIELD_IN(facts, files, SHAPE_LIST, file_shape),
    FIELD_ENUM(facts, signers_reading, facts_reading_names),
    FIELD_ENUM(facts, events_reading, facts_reading_names),
    FIELD_IN(facts, events, SHAPE_LIST, event_shape),
    FIELD_ENUM(facts, logs_reading, facts_reading_names),
    FIELD_IN(facts, log_sections, SHAPE_LIST, log_section_shape),
    FIELD_ENUM(facts, restart_reading, facts_reading_names),
    FIELD(facts, restart_pending, SHAPE_TRI),
    FIELD(facts, restart_reasons, SHAPE_TEXTS),
    FIELD(facts, run_at_work, SHAPE_TEXT),
};
const struct shape facts_shape = SHAPE_OF(struct facts, facts_fields);

/* A machine that says two things at once was not detected by us: no choice may be built on it. */
static bool device_contradicts(const struct facts *f, size_t *which)
{
    for (size_t i = 0; i < f->devices.count; i++)
        if (f->devices.at[i].present == TRI_NO && f->devices.at[i].started == TRI_YES) {
            *which = i;
            return true;
        }
    return false;
}

struct contradiction {
    bool is_there;
    const char *pointer, *sentence;
};

#define CONTRADICT "the facts contradict themselves: "

static bool check_platform(struct span json, const struct facts *f, struct err *e)
{
    const struct facts_platform *p = &f->platform;
    const struct facts_windows *w = &f->windows;
    const struct facts_integrity *g = &f->integrity;
    const struct contradiction all[] = {
        {p->xen_leaf.known && p->hypervisor != HYPERVISOR_XEN, "/platform/xen_leaf",
         CONTRADICT "'platform.xen_leaf' without Xen"},
        {w->process == ARCHITECTURE_X64 && w->architecture == ARCHITECTURE_X86, "/windows/process",
         CONTRADICT "an x64 process on an x86 Windows"},
        {w->minor.known && !w->major.known, "/windows/minor",
         CONTRADICT "'windows.minor' without 'windows.major'"},
        {w->build.known && !w->minor.known, "/windows/build",
         CONTRADICT "'windows.build' without 'windows.minor'"},
        {g->secure_boot == TRI_YES && g->uefi == TRI_NO, "/integrity/secure_boot",
         CONTRADICT "Secure Boot without UEFI"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].is_there)
            return shape_refuse(json, all[i].pointer, e, all[i].sentence);
    return true;
}

static bool check(struct span json, const struct facts *f, struct err *e)
{
    struct text t = {0};
    size_t which;
    bool ok = true;
    if (!f->schema.known || f->schema.value != FACTS_SCHEMA) {
        text_addf(&t, "the facts have schema %s%llu; this program reads schema %d",
                  f->schema.known ? "" : "unknown or ", (unsigned long long)f->schema.value,
                  FACTS_SCHEMA);
        ok = shape_refuse(json, "/schema", e, text_str(&t));
    } else if (device_contradicts(f, &which)) {
        text_addf(&t, "/devices/%zu/started", which);
        ok = shape_refuse(json, text_str(&t), e, CONTRADICT "a device runs that is not present");
    }
    text_release(&t);
    return ok && check_platform(json, f, e);
}

bool facts_decode_noting(struct span json, struct facts *f, struct texts *unknown, struct err *e)
{
    if (!shape_decode(json, &facts_shape, f, unknown, e))
        return false;
    if (check(json, f, e))
        return true;
    facts_release(f);
    return false;
}

bool facts_decode(struct span json, struct facts *f, struct err *e)
{
    return facts_decode_noting(json, f, NULL, e);
}

char *facts_encode(const struct facts *f)
{
    return shape_encode(&facts_shape, f);
}

void facts_release(struct facts *f)
{
    shape_release(&facts_shape, f);
}

enum tri facts_windows_at_least(const struct facts_windows *w, unsigned major, unsigned minor,
                                unsigned build)
{
    const struct number *have[] = {&w->major, &w->minor, &w->build};
    const unsigned want[] = {major, minor, build};
    for (size_t i = 0; i < 3; i++) {
        if (!have[i]->known)
            return TRI_UNKNOWN;
        if (have[i]->value != want[i])
            return have[i]->value > want[i] ? TRI_YES : TRI_NO;
    }
    return TRI_YES;
}

bool facts_device_has_id(const struct facts_device *d, const char *id)
{
    return texts_have_nocase(&d->hardware_ids, id) || texts_have_nocase(&d->compatible_ids, id);
}

const struct facts_device *facts_device_with_id(const struct facts *f, const char *hardware_id)
{
    for (size_t i = 0; i < f->devices.count; i++)
        if (f->devices.at[i].present != TRI_NO &&
            facts_device_has_id(&f->devices.at[i], hardware_id))
            return &f->devices.at[i];
    return NULL;
}

const struct facts_service *facts_service_named(const struct facts *f, const char *name)
{
    for (size_t i = 0; i < f->services.count; i++)
        if (text_equal_nocase(f->services.at[i].name, name))
            return &f->services.at[i];
    return NULL;
}

const struct facts_value *facts_value_of(const struct facts *f, const char *key, const char *name)
{
    for (size_t i = 0; i < f->values.count; i++) {
        const struct facts_value *v = &f->values.at[i];
        bool same_name = name ? text_equal_nocase(v->name, name) : !v->name;
        if (same_name && text_equal_nocase(v->key, key))
            return v;
    }
    return NULL;
}

struct number facts_value_number(const struct facts *f, const char *key, const char *name)
{
    const struct facts_value *v = facts_value_of(f, key, name);
    struct number unknown = {0};
    return v ? v->number : unknown;
}

const struct facts_disk *facts_system_disk(const struct facts *f)
{
    for (size_t i = 0; i < f->disks.count; i++)
        if (f->disks.at[i].system == TRI_YES)
            return &f->disks.at[i];
    return NULL;
}

const char *architecture_name(enum architecture a)
{
    return architecture_names[a];
}
