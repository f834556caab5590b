/*
 * disk_path: which way the input and output of a disk go, by the devices above it.
 *
 * A disk below a device of a Xen bus is on the PV path; one below a controller that QEMU shows is
 * emulated; everything else (passed-through hardware, iSCSI, USB) is other. Where the devices above
 * are not known (ghosts, and a Windows that does not tell), what the disk calls itself decides:
 * PV drivers and QEMU put their names into its inquiry data. disk_path asks the machine nothing.
 */
#ifndef XENPV_INSTALLER_DISK_PATH_H
#define XENPV_INSTALLER_DISK_PATH_H

#include "drivers-manifest/facts.h"

/*
 * FACTS_DISK_UNKNOWN where it cannot be told: also for a disk of an emulated controller while
 * EJBPV's XenVbdFilter is attached somewhere, which takes its input and output over unseen.
 * filters and devices of f are needed.
 */
enum facts_disk_path disk_path_of(const struct facts *f, const struct facts_disk *d);

#endif
