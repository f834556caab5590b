/*
 * detect: the parts of detect_facts, one per group of facts.
 *
 * Each fills its group and says in its `reading` how far it could be read. None of them fails,
 * changes anything or draws a conclusion: what could not be read stays unknown. A fact is "no"
 * where this Windows cannot have the thing at all (Secure Boot before Windows 8); the code says
 * where.
 */
#ifndef XENPV_INSTALLER_DETECT_WINDOWS_H
#define XENPV_INSTALLER_DETECT_WINDOWS_H

#include "drivers-manifest/facts.h"

/* Limits of what one report holds; more is cut and the reading is partial. */
enum {
    DETECT_DEVICES_MAX = 1024,
    DETECT_SERVICES_MAX = 512,
    DETECT_PACKAGES_MAX = 512,
    DETECT_PRODUCTS_MAX = 256,
    DETECT_IDS_MAX = 256, /* hardware ids of one package */
    DETECT_FILES_MAX = 512,
    DETECT_DISKS_MAX = 1024,  /* ghosts included */
    DETECT_EVENTS_MAX = 40,   /* of all logs together */
    DETECT_EVENT_DAYS = 30,   /* older ones are not looked for */
    DETECT_EVENTS_TIME = 300, /* milliseconds for all logs together */
};

void detect_platform(struct facts_platform *p);
void detect_windows(struct facts_windows *w);
void detect_integrity(const struct facts_windows *w, struct facts_integrity *i);
void detect_devices(struct facts *f);

/* The part of detect_integrity that is in the certificate stores. False when not all could be read.
 */
bool detect_publishers(struct facts_integrity *i);
void detect_services(struct facts *f);
void detect_products(struct facts *f);
void detect_filters(struct facts *f);
void detect_networks(struct facts *f);
/* Needs devices and filters. */
void detect_disks(struct facts *f);
void detect_values(struct facts *f);
void detect_files(struct facts *f);
/* Needs services, devices and packages. */
void detect_signers(struct facts *f);
/* Needs packages. */
void detect_logs(struct facts *f);
/* Needs windows, services and packages. */
void detect_events(struct facts *f);
/* own: our folder; files of it that wait to be removed are no reason for a restart. */
void detect_restart(struct facts *f, const char *own);

/*
 * Needs windows and devices: INFs of other names are looked at when a device was installed from
 * one. Gives provider, version and date to devices whose class key does not name them.
 */
void detect_packages(struct facts *f);

/*
 * The file that a service's ImagePath means, an absolute path of the machine; NULL when it cannot
 * be told. mem_free.
 */
char *detect_service_file(const struct facts_service *s);

/* Does SystemStartOptions hold this option: "TESTSIGNING", also as "/TESTSIGNING" or "NAME=..."? */
enum tri detect_start_option(const struct facts_windows *w, const char *option);

#endif
