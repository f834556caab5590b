/*
 * facts: all that is known about one guest.
 *
 * Filled by installer/detect on a live Windows, or read from JSON anywhere else, so that a
 * customer's report replays on Linux. facts draws no conclusions. What could not be read is unknown
 * (NULL, number not known, TRI_UNKNOWN, enum zero), never "no"; each group says how far it could be
 * read.
 *
 * Sources of the members: knowledge of the platform as in Xen's arch-x86/cpuid.h and hvmloader;
 * code-integrity values as in NtQuerySystemInformation's classes 103 and 145; everything else as
 * Windows' own registry and calls name it.
 */
#ifndef XENPV_MANIFEST_FACTS_H
#define XENPV_MANIFEST_FACTS_H

#include "drivers-manifest/shape.h"

enum { FACTS_SCHEMA = 1 };

/* How far a group of facts could be read. */
enum reading {
    READING_UNKNOWN = 0, /* not tried, or it failed */
    READING_FULL,
    READING_PARTIAL,
    READING_NEEDS_ELEVATION,
};

enum hypervisor {
    HYPERVISOR_UNKNOWN = 0,
    HYPERVISOR_NONE,  /* CPUID.1:ECX[31] is clear */
    HYPERVISOR_XEN,   /* a leaf from 0x40000000 up, in steps of 0x100, says XenVMMXenVMM */
    HYPERVISOR_OTHER, /* some other hypervisor, and no Xen leaf */
};

enum architecture {
    ARCHITECTURE_UNKNOWN = 0,
    ARCHITECTURE_X86,
    ARCHITECTURE_X64,
    ARCHITECTURE_ARM64,
    ARCHITECTURE_IA64,
};

/* As RtlGetVersion's wProductType. */
enum product_type {
    PRODUCT_TYPE_UNKNOWN = 0,
    PRODUCT_TYPE_WORKSTATION,
    PRODUCT_TYPE_DOMAIN_CONTROLLER,
    PRODUCT_TYPE_SERVER,
};

struct facts_platform {
    enum reading reading;
    enum hypervisor hypervisor;
    char *signature; /* of leaf 0x40000000: twelve characters, "Microsoft Hv" with Viridian on */
    struct number xen_leaf; /* 0x40000000, or 0x40000100 with Viridian */
    struct number xen_major, xen_minor;
    struct number domain_id; /* leaf base + 4, where it is given */
    enum tri viridian;
    char *bios_vendor, *bios_version, *system_manufacturer, *system_product, *system_version,
        *system_uuid;         /* SMBIOS */
    struct texts oem_strings; /* SMBIOS type 11 */
    char *acpi_oem, *acpi_table;
};

struct facts_windows {
    enum reading reading;
    struct number major, minor, build, revision; /* revision is UBR */
    struct number service_pack;
    enum product_type type;
    struct number suite;            /* RtlGetVersion's wSuiteMask */
    enum architecture architecture; /* of the machine, not of our process */
    enum architecture process;      /* of our process */
    char *product_name, *edition;   /* as the registry says; for people, not for decisions */
    char *start_options;            /* Control\SystemStartOptions */
    struct number
        boot_time; /* when this Windows started, in its own units: two equal ones are one boot */
    enum tri safe_mode, elevated;
};

struct facts_integrity {
    enum reading reading;
    struct number
        options; /* class 103: 1 enabled, 2 test signing, 0x400 HVCI, 0x4000 WHQL enforcement */
    enum tri test_signing;  /* in force in this boot */
    enum tri disabled;      /* integrity checks are off in this boot */
    enum tri whql_enforced; /* the rule of Windows 10 1607 is in force */
    enum tri hvci;
    enum tri secure_boot;
    enum tri uefi;
    enum tri upgraded; /* from a Windows before 1607 */
    enum tri
        sha2; /* this Windows can check SHA-256 signatures of drivers (KB3033929 and its like) */
    struct number signing_policy; /* before Vista: 0 ignore, 1 warn, 2 block */
    /*
     * SHA-1 thumbprints in lower-case hexadecimal. Of the machine's stores TrustedPublisher, of
     * those in it that lead to no root that this machine trusts, and Disallowed.
     */
    struct texts trusted_publishers, publishers_without_root, distrusted_publishers;
    struct number driver_policy_audits, driver_policy_blocks; /* CI\WhqlOnlyEvaluation */
};

struct facts_device {
    char *instance; /* device instance id */
    struct texts hardware_ids, compatible_ids;
    char *description, *class_name, *class_guid, *service;
    char *inf; /* published name, as oem3.inf */
    char *provider, *driver_version, *driver_date;
    enum tri present, started;
    struct number problem; /* CM_PROB_*, 0 none */
};

struct facts_service {
    char *name, *display_name, *image, *group;
    struct number type, start; /* as in the registry: start 0 is boot */
    enum tri start_overridden; /* a StartOverride key is there */
    enum tri running, image_exists;
    char *file_version;
};

struct facts_package {
    char *inf, *original, *provider, *catalog, *class_name, *version;
    struct texts hardware_ids;
};

struct facts_product {
    char *product_code, *upgrade_code, *name, *version, *publisher;
};

struct facts_filter {
    char *class_guid;
    char *position; /* UpperFilters or LowerFilters */
    struct texts services;
};

enum facts_network_kind {
    FACTS_NETWORK_UNKNOWN = 0,
    FACTS_NETWORK_EMULATED, /* on the PCI bus */
    FACTS_NETWORK_PV,       /* on a Xen bus */
    FACTS_NETWORK_OTHER,
};

/* A network adapter that is emulated or PV, or has settings that somebody made. */
struct facts_network {
    char *mac;      /* the permanent one, as "00:16:3e:01:02:03"; not known of an absent adapter */
    char *instance; /* device instance id */
    char *guid;     /* of the interface: NetCfgInstanceId */
    char *connection, *description;
    enum facts_network_kind kind;
    enum tri present;
    enum tri dhcp;
    struct texts addresses; /* static ones: "192.0.2.5/255.255.255.0", "2001:db8::5/64" */
    struct texts gateways, name_servers;
};

struct facts {
    struct number schema;
    struct facts_platform platform;
    struct facts_windows windows;
    struct facts_integrity integrity;
    enum reading devices_reading, services_reading, packages_reading, products_reading,
        filters_reading, networks_reading;
    struct {
        struct facts_device *at;
        size_t count;
    } devices; /* Xen's own, and those that Xen's drivers replace */
    struct {
        struct facts_service *at;
        size_t count;
    } services; /* of the families */
    struct {
        struct facts_package *at;
        size_t count;
    } packages; /* INFs in %windir%\inf that bind Xen devices */
    struct {
        struct facts_product *at;
        size_t count;
    } products;
    struct {
        struct facts_filter *at;
        size_t count;
    } filters;
    struct {
        struct facts_network *at;
        size_t count;
    } networks;
    enum tri restart_pending;
    struct texts restart_reasons;
};

extern const struct shape facts_shape;

/* Refuses a schema that is not FACTS_SCHEMA and facts that contradict themselves. *f must be
 * zeroed. */
bool facts_decode(struct span json, struct facts *f, struct err *e);

/* The same; the fields that this program does not know are added to unknown. */
bool facts_decode_noting(struct span json, struct facts *f, struct texts *unknown, struct err *e);

/* mem_free. */
char *facts_encode(const struct facts *f);

void facts_release(struct facts *f);

/* Is this Windows at least major.minor.build? TRI_UNKNOWN when what decides is not known. */
enum tri facts_windows_at_least(const struct facts_windows *w, unsigned major, unsigned minor,
                                unsigned build);

/* Does the device have this hardware or compatible id? PCI\VEN_v&DEV_d alone is a compatible one on
 * Windows. */
bool facts_device_has_id(const struct facts_device *d, const char *id);

/* The first device not known to be absent that has this hardware or compatible id, or NULL. */
const struct facts_device *facts_device_with_id(const struct facts *f, const char *hardware_id);

const struct facts_service *facts_service_named(const struct facts *f, const char *name);

/* The words of these enums, in their order, ended by NULL. */
extern const char *const architecture_names[];
extern const char *const product_type_names[];
extern const char *const facts_reading_names[];
extern const char *const facts_network_kind_names[];

const char *architecture_name(enum architecture a); /* "x86", "x64", ...; "unknown" */

#endif
