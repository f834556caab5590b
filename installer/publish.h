/*
 * publish: what a guest tells dom0 of itself, through xenstore.
 *
 * Pure: report x families x time -> keys and values, all below data/xenpv, the part of its own path
 * that a guest may write (docs/misc/xenstore-paths.pandoc of Xen: ~/data). Nothing in it names the
 * machine or its users: the status, its worst findings' codes, drivers, Windows, program and time.
 * Values are short and printable ASCII, what is not becomes '?'. The time is written last: a reader
 * that sees it change sees all of the rest.
 */
#ifndef XENPV_INSTALLER_PUBLISH_H
#define XENPV_INSTALLER_PUBLISH_H

#include "drivers-manifest/inventory.h"
#include "installer/report.h"
#include "installer/xenstore.h"

#include <time.h>

#define PUBLISH_FOLDER "data/xenpv"

enum { PUBLISH_VALUE_MAX = 255, PUBLISH_KEYS = 8 };

struct publish {
    const char *path[PUBLISH_KEYS]; /* constants */
    char *value[PUBLISH_KEYS];      /* owned, never NULL; "" for what is not known */
};

/* *out must be zeroed (publish_release). */
void publish_of(const struct report *r, const struct inventory *drivers, time_t now,
                struct publish *out);

/* Write all of them, in order. */
bool publish_write(const struct publish *p, struct xenstore *x, struct err *e);

void publish_release(struct publish *p);

#endif
