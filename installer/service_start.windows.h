/*
 * service_start: how services are registered to start, and the keys beside them.
 *
 * Start type and StartOverride key together say when Windows loads a driver: Windows 8 and later
 * put a StartOverride below storage drivers whose controller they do not see, and an emulated
 * controller is unseen while PV drivers have it unplugged. Each change is flushed to the disk and
 * read back. Keys of HKLM\SYSTEM\CurrentControlSet\Services only. The calls are those of
 * platform.h, which says what they mean.
 */
#ifndef XENPV_INSTALLER_SERVICE_START_WINDOWS_H
#define XENPV_INSTALLER_SERVICE_START_WINDOWS_H

#include "installer/platform.h"

bool service_start_read(const char *service, struct platform_start *out, struct err *e);
bool service_start_write(const char *service, const struct platform_start *s, struct err *e);

enum tri service_has_key(const char *path);

/* The key with all that is below it; a service's own key is refused. */
bool service_delete_key(const char *path, struct err *e);

#endif
