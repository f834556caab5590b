/*
 * fleet_csv: the rows of a fleet as a table for spreadsheets and scripts.
 *
 * RFC 4180 in UTF-8: a header line, lines ended by CR LF, quotes where they are needed. What comes
 * from guests is made safe as on a terminal, and a field that begins with =, +, - or @, which a
 * spreadsheet would take for a formula, gets an apostrophe in front (OWASP, "CSV Injection"; tab
 * and line ends, the others of its list, are escaped already).
 */
#ifndef XENPV_INSTALLER_FLEET_CSV_H
#define XENPV_INSTALLER_FLEET_CSV_H

#include "base/spool.h"
#include "installer/fleet.h"

/* One field, without its comma. NULL is an empty one. */
void fleet_csv_field(struct text *t, const char *hostile);

void fleet_csv(const struct fleet *f, struct spool *out);

#endif
