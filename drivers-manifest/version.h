/*
 * version: the dotted numbers of releases and drivers, such as 8.2.2 and 0.11.0.373.
 *
 * A release is often named shorter than its drivers: "8.2.2" is the release whose xenbus says
 * 8.2.2.5. So numbers are compared from the left as far as both have them. version knows nothing of
 * dates, and of no letter: a text that is not dotted numbers compares to nothing.
 */
#ifndef XENPV_MANIFEST_VERSION_H
#define XENPV_MANIFEST_VERSION_H

#include <stdbool.h>

/* <0, 0, >0 in *order; false when one of the two is no version (or NULL). */
bool version_compare(const char *a, const char *b, int *order);

#endif
