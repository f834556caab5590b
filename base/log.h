/*
 * log: one line per event, to standard error and, when asked, to a file.
 *
 * Lines read `driver: staging 'xenvbd.inf'`: lower case, no full stop, subject quoted, code last.
 * Standard output is never touched: it carries results. Used by the installer only; base,
 * drivers-manifest and verifier do not log.
 */
#ifndef XENPV_BASE_LOG_H
#define XENPV_BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_ERROR = 0, LOG_WARNING, LOG_NOTE, LOG_DETAIL };

/* Lines above this level are dropped on standard error; the file gets them all. The default is
 * LOG_NOTE. */
void log_set_level(enum log_level level);

/* Also append to this file, with the time in UTC before each line. At most one file; it is closed
 * by log_close. */
bool log_open(const char *path, struct err *e);
void log_close(void);

void log_line(enum log_level level, const char *format, ...) ERR_PRINTF(2, 3);

#endif
