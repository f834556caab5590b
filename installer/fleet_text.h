/*
 * fleet_text: the counts of a fleet for people on a terminal; the guests themselves are in the
 * page, the CSV and the JSON.
 */
#ifndef XENPV_INSTALLER_FLEET_TEXT_H
#define XENPV_INSTALLER_FLEET_TEXT_H

#include "installer/fleet.h"

enum { FLEET_TEXT_ROWS_MAX = 20 }; /* of one list; what is left out is counted */

char *fleet_text(const struct fleet *f); /* mem_free */

#endif
