/*
 * setup_drivers: $WinPEDriver$, the folder of a bundle in which Windows Setup looks for drivers.
 *
 * Setup.exe of Vista and later searches the root of every drive for it, loads what fits a present
 * device into the Windows PE that it runs in, and puts the same packages into the Windows that it
 * installs (Microsoft, KB2686316). It asks nobody and goes by hardware ids alone. So what is in
 * there has to be right for every Windows of its processor that the bundle is for:
 *
 * - One release for each processor: INFs name no oldest Windows, and of two releases Setup would
 *   take the higher version, also for the Windows that cannot load it.
 * - Only packages that policy calls loadable and fit, for each of these Windows.
 * - No driver of the system's disk, though that is what others use the folder for. Setup reads the
 *   emulated disk, on which the PV one is not needed; and a Windows whose first start was with the
 *   PV disk would have had none of the checks, and none of the ways back, that install has. Without
 *   the disk driver the disk stays emulated: GPLPV's xenpci unplugs what "qemu_hide_flags" adds up
 *   to, and the bit of the disks is written by xenvbd.inf; Xen Project's xen.sys unplugs no disk
 *   while no XENBUS device names VBD. install then adds the driver that is missing.
 */
#ifndef XENPV_INSTALLER_SETUP_DRIVERS_H
#define XENPV_INSTALLER_SETUP_DRIVERS_H

#include "installer/bundle.h"
#include "installer/shelf.h"

#define SETUP_DRIVERS_FOLDER "$WinPEDriver$"

/* All borrowed. The bundle has its targets. */
struct setup_drivers {
    const struct manifest *manifest;
    struct shelf *shelf;
    const struct wanted *wanted;
};

/*
 * Adds them to the bundle. ERR_USAGE when two Windows of one processor want different packages or
 * one wants none, and when no Windows of the bundle would look there.
 */
bool setup_drivers_add(const struct setup_drivers *from, struct bundle *b, struct err *e);

#endif
