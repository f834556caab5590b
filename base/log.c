#include "base/log.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#ifdef _WIN32
#include "base/mem.h"
#include "base/utf16.windows.h"
#else
#include <errno.h>
#endif

enum { LINE_MAX_BYTES = 2048 };

static enum log_level shown = LOG_NOTE;
static FILE *file;

void log_set_level(enum log_level level)
{
    shown = level;
}

bool log_open(const char *path, struct err *e)
{
    log_close();
#ifdef _WIN32
    wchar_t *wide = utf16_path(path);
    file = wide ? _wfopen(wide, L"ab") : NULL;
    mem_free(wide);
    return file || err_set(e, ERR_FAILED, "cannot write the log file '%s'", path);
#else
    file = fopen(path, "ab");
    return file || err_set_os(e, (unsigned long)errno, "cannot write the log file '%s'", path);
#endif
}

void log_close(void)
{
    if (file)
        fclose(file);
    file = NULL;
}

static void to_file(const char *line)
{
    char stamp[32] = "";
    time_t now = time(NULL);
    struct tm *utc = gmtime(&now);
    if (utc)
        strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ ", utc);
    fprintf(file, "%s%s\r\n", stamp, line);
    fflush(file);
}

void log_line(enum log_level level, const char *format, ...)
{
    static const char *const prefixes[] = {"error: ", "warning: ", "", ""};
    char line[LINE_MAX_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (file)
        to_file(line);
    if (level <= shown) {
        fprintf(stderr, "%s%s\n", prefixes[level], line);
        fflush(stderr); /* it may have a buffer: see main */
    }
}
