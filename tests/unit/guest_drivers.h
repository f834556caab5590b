/*
 * guest_drivers: facts of a guest that has drivers, for tests: what detection writes of devices,
 * staged packages, services and products.
 */
#ifndef XENPV_TESTS_GUEST_DRIVERS_H
#define XENPV_TESTS_GUEST_DRIVERS_H

#include "drivers-manifest/facts.h"

#define GPLPV_PROVIDER "Xen GPL PV Driver Developers"
#define XP_VIF "XENBUS\\VEN_XP0001&DEV_VIF&REV_"
#define XP_VBD "XENBUS\\VEN_XP0001&DEV_VBD&REV_"

struct driver_of {
    const char *provider, *version;
};

static inline struct facts_device *add_device(struct facts *f, const char *instance, const char *id)
{
    struct facts_device *d = shape_list_add(&f->devices, sizeof *d);
    shape_set_text(&d->instance, instance);
    texts_add(&d->hardware_ids, id);
    d->present = TRI_YES;
    return d;
}

static inline void bind(struct facts_device *d, const char *service, const struct driver_of *driver)
{
    shape_set_text(&d->service, service);
    shape_set_text(&d->provider, driver->provider);
    shape_set_text(&d->driver_version, driver->version);
}

static inline struct facts_package *add_package(struct facts *f, const char *original,
                                                const char *id, const struct driver_of *driver)
{
    struct facts_package *p = shape_list_add(&f->packages, sizeof *p);
    shape_set_text(&p->inf, "oem1.inf");
    shape_set_text(&p->original, original);
    shape_set_text(&p->provider, driver->provider);
    shape_set_text(&p->version, driver->version);
    texts_add(&p->hardware_ids, id);
    return p;
}

static inline struct facts_service *add_service(struct facts *f, const char *name, uint64_t start)
{
    struct facts_service *s = shape_list_add(&f->services, sizeof *s);
    shape_set_text(&s->name, name);
    s->start = number_of(start);
    s->image_exists = TRI_YES;
    return s;
}

/* The platform device is the first that assume gives. */
static inline void gplpv_of(struct facts *f, const char *version)
{
    const struct driver_of by = {GPLPV_PROVIDER, version};
    bind(&f->devices.at[0], "XenPCI", &by);
    bind(add_device(f, "XEN\\VBD\\1", "XEN\\VBD"), "XenVbd", &by);
    bind(add_device(f, "XEN\\VIF\\1", "XEN\\VIF"), "XenNet", &by);
    add_package(f, "xenpci.inf", "PCI\\VEN_5853&DEV_0001", &by);
    add_package(f, "xenvbd.inf", "XEN\\VBD", &by);
    add_package(f, "xennet.inf", "XEN\\VIF", &by);
    add_service(f, "XenPCI", 0);
    add_service(f, "XenVbd", 0);
    add_service(f, "XenNet", 3);
}

static inline void bus_of(struct facts *f, const char *version)
{
    const struct driver_of by = {"Xen Project", version};
    bind(&f->devices.at[0], "xenbus", &by);
    add_package(f, "xenbus.inf", "PCI\\VEN_5853&DEV_0001", &by);
    add_service(f, "xenbus", 0);
}

/* A network device of that revision, for which a driver that binds the other one is there. */
static inline void vif_of(struct facts *f, const char *exported, const char *version,
                          const char *bound)
{
    const struct driver_of by = {"Xen Project", version};
    add_device(f, "XENBUS\\VEN_XP0001&DEV_VIF&REV_X\\_", exported);
    add_package(f, "xenvif.inf", bound, &by);
}

#endif
