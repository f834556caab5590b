/*
 * recognise: whose drivers a guest has.
 *
 * By what a family alone has: the product code of one of its releases, its product's name or
 * upgrade code, and for drivers the INF's provider with the driver's version. Only where a device
 * tells no provider that any family claims do the ids of the devices that a family's bus creates
 * count, and then its descriptions. Service and file names never do: four families share them. A
 * ghost device tells nothing.
 *
 * GPLPV, Univention's build of it and EJBPV have the same provider and upgrade code; what cannot be
 * told apart is all of them.
 */
#ifndef XENPV_MANIFEST_RECOGNISE_H
#define XENPV_MANIFEST_RECOGNISE_H

#include "drivers-manifest/manifest.h"

/* Ids of the families that this guest has something of, in the order of the manifest. */
void recognise_families(const struct facts *f, const struct manifest *m, struct texts *out);

#endif
