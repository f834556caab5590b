/*
 * service: services and the filter lists of device classes that name them.
 *
 * Services are asked and changed through the service control manager only; filter lists are values
 * below Control\Class, edited by filters.h. service knows nothing of which services are ours. The
 * calls are those of platform.h, which says what they mean.
 */
#ifndef XENPV_INSTALLER_SERVICE_WINDOWS_H
#define XENPV_INSTALLER_SERVICE_WINDOWS_H

#include "installer/platform.h"

/* One that exists is set to what is asked for. */
bool service_create(const struct platform_service *s, struct err *e);

/* Start type and image; all else stays. */
bool service_change(const char *name, uint32_t start, const char *image, struct err *e);

/* Start type alone. */
bool service_change_start(const char *name, uint32_t start, struct err *e);

/*
 * Stopped first, within a limit. A driver that cannot stop is marked for deletion: Windows starts
 * it no more and drops it at the next restart; this is logged and counts as deleted.
 */
bool service_delete(const char *name, struct err *e);

/* Stopped within a limit; not there or not running is fine. */
bool service_stop(const char *name, struct err *e);

/* Runs already is fine. */
bool service_start_now(const char *name, struct err *e);

/* Running, starting or stopping is yes. */
enum tri service_runs(const char *name);

/* This process is the service of this name (a text that stays): it is deleted without being
 * stopped first. */
void service_be(const char *name);

/* One that is marked for deletion is ERR_NOT_FOUND: it does not start again. */
bool service_query(const char *name, uint32_t *start, char **image, struct err *e);

bool service_remove_filter(const struct facts_filter *filter, const char *service, struct err *e);

#endif
