/*
 * flavour: whose Xen this guest runs on: plain Xen, XenServer, XCP-ng, Qubes or EC2.
 *
 * Concluded from the facts alone, so that it is the same in a replay: Xen's extra version as the
 * SMBIOS tables repeat it, the OEM strings that XAPI gives its guests, the ids of the platform
 * devices, the UUID, the product of Qubes. The host may hide or change each of them; what nothing
 * tells apart from plain Xen is plain Xen. flavour knows no driver families.
 */
#ifndef XENPV_MANIFEST_FLAVOUR_H
#define XENPV_MANIFEST_FLAVOUR_H

#include "drivers-manifest/facts.h"

enum flavour {
    FLAVOUR_UNKNOWN = 0, /* no Xen, or it is not known whether */
    FLAVOUR_XEN,
    FLAVOUR_XAPI, /* XenServer or XCP-ng, and nothing says which */
    FLAVOUR_XENSERVER,
    FLAVOUR_XCP_NG,
    FLAVOUR_QUBES,
    FLAVOUR_EC2,
};

/* *sign (may be NULL) is by what it is known, a static text, or NULL. */
enum flavour flavour_of(const struct facts *f, const char **sign);

/* "unknown" "xen" "xapi" "xenserver" "xcp-ng" "qubes" "ec2"; ended by NULL. */
extern const char *const flavour_names[];

/* For people: "not known" "plain Xen" "XenServer or XCP-ng" "XenServer" "XCP-ng" "Qubes OS"
 * "Amazon EC2". */
const char *flavour_words(enum flavour flavour);

#endif
