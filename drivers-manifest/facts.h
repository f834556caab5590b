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
    struct texts signatures; /* of all hypervisor leaves, in steps of 0x100, the first one first */
    struct number xen_leaf;  /* 0x40000000, or 0x40000100 with Viridian */
    struct number xen_major, xen_minor;
    struct number domain_id;    /* leaf base + 4, where it is given */
    struct number xen_features; /* leaf base + 4, EAX */
    enum tri viridian;
    enum tri own_hypervisor; /* Hyper-V's leaf 3 says that this Windows may create partitions */
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
    enum tri fast_startup; /* HiberbootEnabled: a start may be half a resume */
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
    /* CI\WhqlOnlyEvaluation; the uptime in the unit that Windows keeps it in. */
    struct number driver_policy_audits, driver_policy_blocks, driver_policy_boots,
        driver_policy_uptime;
    /* Are the Windows Driver Policy's two files there? Neither says that it is in force. */
    enum tri driver_policy_audit_file, driver_policy_enforce_file;
    enum tri whql_audit;             /* class 103: 0x8000, the rule of 1607 only watches */
    enum tri hvci_configured;        /* the setting, which need not be in force */
    enum tri vulnerable_blocklist;   /* the setting */
    struct number smart_app_control; /* 0 off, 1 on, 2 evaluation */
};

struct facts_device {
    char *instance; /* device instance id */
    char *parent;   /* device instance id; not known of a ghost */
    struct texts hardware_ids, compatible_ids;
    struct texts upper_filters, lower_filters; /* of this device alone, beside its class's */
    char *description, *class_name, *class_guid, *service;
    char *inf; /* published name, as oem3.inf */
    char *provider, *driver_version, *driver_date;
    enum tri present, started;
    struct number problem; /* CM_PROB_*, 0 none */
};

/* What the bytes of a file say to the signature that is meant for them. */
enum facts_signature {
    FACTS_SIGNATURE_UNKNOWN = 0, /* not looked at, or it cannot be judged */
    FACTS_SIGNATURE_NONE,        /* no embedded one, and no catalog of its package lists it */
    FACTS_SIGNATURE_INTACT,
    FACTS_SIGNATURE_ALTERED, /* an embedded one is about other bytes, or a catalog's own seal broke
                              */
};

struct facts_service {
    char *name, *display_name, *image, *group;
    char *file;                /* the absolute path that the image means */
    struct number type, start; /* as in the registry: start 0 is boot */
    enum tri start_overridden; /* a StartOverride key is there */
    enum tri running, image_exists;
    struct number state;     /* SERVICE_*: 1 stopped, 4 running */
    struct number exit_code; /* what it ended with; 0 good, 1077 not started since this boot */
    char *file_version;
    enum facts_signature signature;
    char *signer;      /* name of the leaf certificate */
    char *signer_sha1; /* its thumbprint, lower-case hexadecimal */
    char *signed_in;   /* "embedded", or the catalog's file name */
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

/* How disk input and output go: the way that is in use now. */
enum facts_disk_path {
    FACTS_DISK_UNKNOWN = 0,
    FACTS_DISK_EMULATED, /* through a controller on the PCI bus */
    FACTS_DISK_PV,       /* below a device of a Xen bus */
    FACTS_DISK_OTHER,
};

/* One device on the way from a disk to the root of the tree. */
struct facts_parent {
    char *instance; /* device instance id */
    char *service;
};

struct facts_disk {
    char *instance; /* device instance id */
    char *description;
    struct number number; /* as in \\.\PhysicalDrive0 */
    enum tri present;
    enum tri system; /* Windows' own folder is on it */
    enum facts_disk_path path;
    struct {
        struct facts_parent *at;
        size_t count;
    } parents; /* the nearest first */
};

/*
 * One registry value that the families' drivers or installers write, or that switches them. Which
 * are looked for stands in installer/marks.h. Those that are not there are in the list too.
 */
struct facts_value {
    char *key;  /* "HKLM\SYSTEM\CurrentControlSet\Services\XEN\Unplug" */
    char *name; /* NULL: the key itself */
    enum tri exists;
    struct number number; /* REG_DWORD, REG_QWORD and short REG_BINARY */
    struct texts texts;   /* REG_SZ, REG_EXPAND_SZ, REG_MULTI_SZ */
};

/* A driver or program file of a family, wherever it lies, whether something uses it or not. */
struct facts_file {
    char *path, *version;
};

/* An entry of an event log, in no language: what it is about stands in its strings. */
struct facts_event {
    char *log;    /* "System", "Microsoft-Windows-CodeIntegrity/Operational" */
    char *source; /* "Service Control Manager" */
    struct number id, record;
    struct number level;  /* 1 critical, 2 error, 3 warning, 4 information */
    char *time;           /* UTC: "2026-04-14T08:15:30Z" */
    struct texts strings; /* user names left out */
};

/* What one section of SetupAPI's log says that concerns us. */
struct facts_log_section {
    char *log;          /* file name: "setupapi.dev.log", "setupapi.log" */
    char *title;        /* "Device Install (Hardware initiated) - XENBUS\..." */
    char *started;      /* as the log says it, in the machine's own time */
    char *status;       /* "SUCCESS", "FAILURE(0xe0000203)"; before Vista not said */
    struct texts lines; /* its warnings and errors, user names left out */
};

struct facts {
    struct number schema;
    struct facts_platform platform;
    struct facts_windows windows;
    struct facts_integrity integrity;
    enum reading devices_reading, services_reading, packages_reading, products_reading,
        filters_reading, networks_reading, disks_reading, values_reading, files_reading,
        signers_reading, events_reading, logs_reading, restart_reading;
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
    struct {
        struct facts_disk *at;
        size_t count;
    } disks;
    struct {
        struct facts_value *at;
        size_t count;
    } values;
    struct {
        struct facts_file *at;
        size_t count;
    } files;
    struct {
        struct facts_event *at;
        size_t count;
    } events; /* the newest first */
    struct {
        struct facts_log_section *at;
        size_t count;
    } log_sections; /* the newest first */
    enum tri restart_pending;
    struct texts restart_reasons;
    char *run_at_work; /* "process 120, xenpv resume": it changes this machine now; NULL: none is
                          known */
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

/*
 * What is known of a registry value, compared without case; name NULL asks for the key itself. NULL
 * when it was not looked for.
 */
const struct facts_value *facts_value_of(const struct facts *f, const char *key, const char *name);

/* Its number; not known where there is none. */
struct number facts_value_number(const struct facts *f, const char *key, const char *name);

/* The disk that Windows itself is on, or NULL: not known. */
const struct facts_disk *facts_system_disk(const struct facts *f);

/* The words of these enums, in their order, ended by NULL. */
extern const char *const architecture_names[];
extern const char *const product_type_names[];
extern const char *const facts_reading_names[];
extern const char *const facts_network_kind_names[];
extern const char *const facts_disk_path_names[];
extern const char *const facts_signature_names[];

const char *architecture_name(enum architecture a); /* "x86", "x64", ...; "unknown" */

#endif
