/*
 * setuplog: what SetupAPI wrote to its log about some devices and INFs.
 *
 * Reads both forms: setupapi.log of Windows 2000 to 2003 ("[2005/03/14 12:11:11 ...]" and lines
 * that begin with "#E" or "#W") and setupapi.dev.log since Vista (">>>  [title]", "!!!  text",
 * "<<<  [Exit status: ...]"), as Microsoft's "SetupAPI Text Logs" describes. The bytes are believed
 * nothing; only sections that concern us are kept, without the names of users. setuplog knows
 * nothing of files.
 */
#ifndef XENPV_INSTALLER_SETUPLOG_H
#define XENPV_INSTALLER_SETUPLOG_H

#include "base/span.h"
#include "drivers-manifest/facts.h"

enum {
    SETUPLOG_SECTIONS_MAX = 16, /* the newest ones of a log */
    SETUPLOG_LINES_MAX = 12,    /* the last warnings and errors of a section */
    SETUPLOG_TEXT_MAX = 400,    /* bytes of a title or line; more is cut */
};

struct setuplog_source {
    const char *log;           /* its name, for the facts */
    struct span bytes;         /* all of it, or its end */
    const struct texts *names; /* published INFs that concern us, beside all that speaks of Xen */
};

/* Add the sections that concern us to f->log_sections, the newest first. */
void setuplog_read(const struct setuplog_source *source, struct facts *f);

#endif
