/*
 * driver: driver packages and device nodes of the running Windows, by SetupAPI, newdev and the
 * configuration manager.
 *
 * Each call asks the machine afterwards whether what it did is so: return values of these
 * interfaces are not believed (Windows reports a success where an older driver stayed; Wine reports
 * one always). A 32-bit program on a 64-bit Windows is refused where Windows would refuse it.
 * Failures carry Windows' code with words and what to do about it. driver knows nothing of
 * families, of order and of undo. The calls are those of platform.h, which says what they mean.
 */
#ifndef XENPV_INSTALLER_DRIVER_WINDOWS_H
#define XENPV_INSTALLER_DRIVER_WINDOWS_H

#include "installer/platform.h"

/* From now on no dialog may be shown, whoever is at the console. */
void driver_be_quiet(void);

bool driver_stage(const char *inf_path, char **published, struct err *e);

/* A package that is not there counts as unstaged. Devices that are bound to it keep running until
 * they are unbound. */
bool driver_unstage(const char *published, struct err *e);

/* ERR_NOT_FOUND when no present device has the id among its hardware and compatible ids. */
bool driver_bind(const char *hardware_id, const char *inf_path, bool *restart, struct err *e);

/*
 * The device node stays in the tree, without a driver. Where Windows defers that to the restart
 * (the device is in use), *restart is set and the binding still shows the driver until then. Before
 * Vista the node leaves the tree and comes back without a driver when its package is unstaged, at
 * once if it is already.
 */
bool driver_unbind(const char *instance, bool *restart, struct err *e);

/* Take the device node out of the tree and the registry, with its driver. One that is not there is
 * fine. */
bool driver_remove(const char *instance, bool *restart, struct err *e);

/* exists is TRI_NO for a ghost that only the registry remembers; its service and INF are reported
 * all the same. */
bool driver_binding(const char *instance, struct platform_binding *out, struct err *e);

void driver_settle(unsigned limit_ms);

#endif
