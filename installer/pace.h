/*
 * pace: a clock that only goes forward, and waiting by it.
 */
#ifndef XENPV_INSTALLER_PACE_H
#define XENPV_INSTALLER_PACE_H

#include <stdint.h>

/* Since some moment before the program started. On Windows before Vista it begins anew after 49
 * days: for what is shown, not for what is decided. */
uint64_t pace_milliseconds(void);

/* Do nothing for so long. */
void pace_wait(unsigned seconds);

#endif
