/*
 * fleet_html: a fleet as one page: counts by status, finding, drivers and Windows, and a table of
 * all guests.
 *
 * Order and choice need no script: each row stands in the file once. A radio button gives the
 * rows' CSS `order` one of the numbers that a row carries (its rank by name, by Windows, ...); the
 * buttons beside the counts hide rows with :has(). So 10,000 guests times five orders cost some
 * bytes a row, not five tables. Browsers without custom properties or :has() show the plain table,
 * in the order of the file: the worst status first. A screen reader reads that order always.
 */
#ifndef XENPV_INSTALLER_FLEET_HTML_H
#define XENPV_INSTALLER_FLEET_HTML_H

#include "base/spool.h"
#include "installer/fleet.h"

enum {
    FLEET_HTML_FILTERS_MAX = 100, /* rows of one list of counts that can be chosen, and are shown */
    FLEET_HTML_CODES_MAX = 8,     /* findings named in a row; the others are counted */
    FLEET_HTML_REFUSALS_MAX = 1000,
};

void fleet_html(const struct fleet *f, struct spool *out);

#endif
