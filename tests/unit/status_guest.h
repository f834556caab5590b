/*
 * status_guest: two guests on which all is well, to be spoilt by tests.
 *
 * One is a Windows 7 with Univention's GPLPV, which nothing is known against but old faults; the
 * other a Windows 10 with XCP-ng's drivers, which have the Xen Project's names.
 */
#ifndef XENPV_TESTS_STATUS_GUEST_H
#define XENPV_TESTS_STATUS_GUEST_H

#include "base/mem.h"
#include "installer/status.h"

enum { NOW = 77 };

#define GPLPV_PROVIDER "Xen GPL PV Driver Developers"
#define XCPNG_PROVIDER "XCP-ng"
#define PLATFORM "PCI\\VEN_5853&DEV_0001"
#define SERVICES_KEY "HKLM\\SYSTEM\\CurrentControlSet\\Services\\"

struct guest {
    struct facts facts;
    struct journal journal;
};

static inline struct facts_device *add_device(struct facts *f, const char *id, const char *service)
{
    struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
    d->instance = mem_strdup(id);
    texts_add(&d->hardware_ids, id);
    d->service = mem_strdup(service);
    d->present = TRI_YES;
    d->started = TRI_YES;
    d->problem = number_of(0);
    return d;
}

static inline struct facts_device *add_bound(struct facts *f, const char *id, const char *service,
                                             const char *provider, const char *version)
{
    struct facts_device *d = add_device(f, id, service);
    d->provider = mem_strdup(provider);
    d->driver_version = mem_strdup(version);
    return d;
}

static inline struct facts_service *add_service(struct facts *f, const char *name, uint64_t start)
{
    struct facts_service *s = shape_list_add(&f->services, sizeof *s);
    s->name = mem_strdup(name);
    s->file = mem_zero(64, 1);
    snprintf(s->file, 64, "C:\\Windows\\system32\\drivers\\%s.sys", name);
    s->type = number_of(1);
    s->start = number_of(start);
    s->running = s->image_exists = TRI_YES;
    s->start_overridden = TRI_NO;
    s->signature = FACTS_SIGNATURE_INTACT;
    return s;
}

static inline struct facts_package *add_package(struct facts *f, const char *provider,
                                                const char *original, const char *version,
                                                const char *id)
{
    struct facts_package *p = shape_list_add(&f->packages, sizeof *p);
    p->inf = mem_strdup("oem9.inf");
    p->original = mem_strdup(original);
    p->provider = mem_strdup(provider);
    p->version = mem_strdup(version);
    texts_add(&p->hardware_ids, id);
    return p;
}

static inline struct facts_product *add_product(struct facts *f, const char *name,
                                                const char *version)
{
    struct facts_product *p = shape_list_add(&f->products, sizeof *p);
    p->name = mem_strdup(name);
    p->version = mem_strdup(version);
    return p;
}

static inline void add_filter(struct facts *f, const char *service)
{
    struct facts_filter *to = shape_list_add(&f->filters, sizeof *to);
    to->class_guid = mem_strdup("{4d36e96a-e325-11ce-bfc1-08002be10318}");
    to->position = mem_strdup("UpperFilters");
    texts_add(&to->services, service);
}

static inline struct facts_network *add_network(struct facts *f, enum facts_network_kind kind,
                                                const char *instance)
{
    struct facts_network *n = shape_list_add(&f->networks, sizeof *n);
    n->instance = mem_strdup(instance);
    n->mac = mem_strdup("00:16:3e:01:02:03");
    n->kind = kind;
    n->present = TRI_YES;
    n->dhcp = TRI_YES;
    return n;
}

static inline struct facts_value *add_value(struct facts *f, const char *key, const char *name,
                                            struct number number)
{
    struct facts_value *v = shape_list_add(&f->values, sizeof *v);
    v->key = mem_strdup(key);
    v->name = mem_strdup(name);
    v->exists = number.known ? TRI_YES : TRI_NO;
    v->number = number;
    return v;
}

static inline void fill_common(struct guest *g)
{
    struct facts *f = &g->facts;
    f->schema = number_of(FACTS_SCHEMA);
    f->platform.reading = f->windows.reading = f->integrity.reading = READING_FULL;
    f->devices_reading = f->services_reading = f->packages_reading = f->products_reading =
        f->filters_reading = f->networks_reading = f->disks_reading = f->values_reading =
            f->files_reading = f->signers_reading = f->events_reading = f->logs_reading =
                f->restart_reading = READING_FULL;
    f->platform.hypervisor = HYPERVISOR_XEN;
    f->platform.xen_major = number_of(4);
    f->platform.xen_minor = number_of(17);
    f->windows.type = PRODUCT_TYPE_WORKSTATION;
    f->windows.architecture = f->windows.process = ARCHITECTURE_X64;
    f->windows.boot_time = number_of(NOW);
    f->windows.safe_mode = f->windows.fast_startup = TRI_NO;
    f->windows.start_options = mem_strdup(" NOEXECUTE=OPTIN");
    f->integrity.test_signing = f->integrity.disabled = f->integrity.secure_boot = TRI_NO;
    f->integrity.whql_enforced = f->integrity.upgraded = TRI_NO;
    f->integrity.sha2 = TRI_YES;
    f->restart_pending = TRI_NO;
    add_device(f, "PCI\\VEN_8086&DEV_7010", "intelide");
    add_service(f, "intelide", 0);
    add_service(f, "atapi", 0);
    struct facts_disk *disk = shape_list_add(&f->disks, sizeof *disk);
    disk->instance = mem_strdup("SCSI\\DISK\\1");
    disk->present = disk->system = TRI_YES;
    disk->path = FACTS_DISK_PV;
}

static inline void set_windows(struct guest *g, unsigned major, unsigned minor, unsigned build)
{
    g->facts.windows.major = number_of(major);
    g->facts.windows.minor = number_of(minor);
    g->facts.windows.build = number_of(build);
}

static inline void fill_gplpv(struct guest *g)
{
    static const char version[] = "0.11.0.373";
    struct facts *f = &g->facts;
    fill_common(g);
    set_windows(g, 6, 1, 7601);
    add_bound(f, PLATFORM, "XenPCI", GPLPV_PROVIDER, version);
    add_bound(f, "XEN\\VBD", "XenVbd", GPLPV_PROVIDER, version);
    add_bound(f, "XEN\\VIF", "XenNet", GPLPV_PROVIDER, version);
    add_service(f, "XenPCI", 0);
    add_service(f, "XenVbd", 0);
    add_service(f, "XenNet", 3);
    add_service(f, "ShutdownMon", 2)->type = number_of(16);
    add_package(f, GPLPV_PROVIDER, "xenpci.inf", version, PLATFORM);
    add_package(f, GPLPV_PROVIDER, "xenvbd.inf", version, "XEN\\VBD");
    add_package(f, GPLPV_PROVIDER, "xennet.inf", version, "XEN\\VIF");
    add_product(f, "GPL PV Drivers for Windows", version);
    add_filter(f, "XenPCI");
    add_network(f, FACTS_NETWORK_PV, "XEN\\VIF");
}

static inline void fill_xcpng(struct guest *g)
{
    static const char version[] = "9.1.100.0";
    struct facts *f = &g->facts;
    fill_common(g);
    set_windows(g, 10, 0, 19045);
    add_bound(f, PLATFORM, "xenbus", XCPNG_PROVIDER, version);
    add_bound(f, "XENBUS\\VEN_XN0001&DEV_VBD&REV_0900000B", "xenvbd", XCPNG_PROVIDER, version);
    add_bound(f, "XENVIF\\VEN_XN0001&DEV_NET&REV_0900000B", "xennet", XCPNG_PROVIDER, version);
    add_service(f, "xenbus", 0);
    add_service(f, "xenfilt", 0);
    add_service(f, "xenvbd", 0);
    add_service(f, "xennet", 3);
    add_service(f, "xenbus_monitor", 2)->type = number_of(16);
    add_package(f, XCPNG_PROVIDER, "xenbus.inf", version, PLATFORM);
    add_filter(f, "XENFILT");
    add_network(f, FACTS_NETWORK_PV, "XENVIF\\VEN_XN0001&DEV_NET&REV_0900000B");
}

static inline void release_guest(struct guest *g)
{
    facts_release(&g->facts);
    journal_release(&g->journal);
}

/* The last device or service of that name. */
static inline struct facts_device *device_of(struct guest *g, const char *service)
{
    for (size_t i = g->facts.devices.count; i--;)
        if (g->facts.devices.at[i].service && strcmp(g->facts.devices.at[i].service, service) == 0)
            return &g->facts.devices.at[i];
    fail_msg("the guest has no device of '%s'", service);
    return NULL;
}

static inline struct facts_service *service_of(struct guest *g, const char *name)
{
    for (size_t i = g->facts.services.count; i--;)
        if (strcmp(g->facts.services.at[i].name, name) == 0)
            return &g->facts.services.at[i];
    fail_msg("the guest has no service '%s'", name);
    return NULL;
}

#endif
