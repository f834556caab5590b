/*
 * service_parameter: numbers below a service's Parameters key.
 *
 * A key that is not there is made: what an administrator has set for a service that is to come is
 * lost with the service. A write is flushed to the disk and read back. The calls are those of
 * platform.h, which says what they mean.
 */
#ifndef XENPV_INSTALLER_SERVICE_PARAMETER_WINDOWS_H
#define XENPV_INSTALLER_SERVICE_PARAMETER_WINDOWS_H

#include "installer/platform.h"

bool service_parameter_read(const char *service, const char *name, struct number *out,
                            struct err *e);
bool service_parameter_write(const char *service, const char *name, const struct number *value,
                             struct err *e);

#endif
