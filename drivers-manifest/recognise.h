/*
 * recognise: whose drivers a guest has.
 *
 * By what a family alone has: the product code of one of its releases, its product's name or
 * upgrade code, and for drivers the INF's provider with the driver's version. Only where a device
 * tells no provider that any family claims do the ids of the devices that a family's bus creates
 * count, and then its descriptions. A ghost device tells nothing.
 *
 * GPLPV, Univention's build of it and EJBPV have the same provider and upgrade code, Citrix and
 * XCP-ng one of theirs. Where such a shared sign carries no version, the versions of the files that
 * lie on the disk, and then the marks that a family leaves in the registry, narrow it down; what
 * cannot be told apart is all of them. Names of services and files alone never decide: four
 * families share them, and files and marks stay behind when drivers go. Only where nothing else
 * tells, a service that can start counts whose file, by name and version, no other family has.
 */
#ifndef XENPV_MANIFEST_RECOGNISE_H
#define XENPV_MANIFEST_RECOGNISE_H

#include "drivers-manifest/manifest.h"

/* Ids of the families that this guest has something of, in the order of the manifest. */
void recognise_families(const struct facts *f, const struct manifest *m, struct texts *out);

/* Has some release a driver for this device, in whatever revision? One that a release may leave out
 * is missed by nobody and does not count. */
bool recognise_has_driver(const struct manifest *m, const struct facts_device *d);

#endif
