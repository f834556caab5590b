/*
 * boot: how the running Windows is started: its boot entries and restore points.
 *
 * Boot entries are bcdedit.exe's of the native System32 on Vista and later, and the text of
 * boot.ini before; what is written is asked for again afterwards. Every bcdedit runs hidden, by its
 * full path, with a time limit, and its words go to the log. boot knows nothing of families and of
 * undo. The calls are those of platform.h, which says what they mean.
 */
#ifndef XENPV_INSTALLER_BOOT_WINDOWS_H
#define XENPV_INSTALLER_BOOT_WINDOWS_H

#include "installer/platform.h"

bool boot_fallbacks(const char *option, struct platform_fallbacks *out, struct err *e);
bool boot_add_fallback(const char *option, struct err *e);
bool boot_remove_fallback(const char *id, struct err *e);

bool boot_make_restore_point(const char *name, struct number *number, struct err *e);
bool boot_remove_restore_point(uint64_t number, struct err *e);

#endif
