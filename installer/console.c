#include "installer/console.h"

#include <stdarg.h>
#include <stdio.h>

void console_progress(const char *format, ...)
{
    enum { WIDTH = 78 };
    char line[WIDTH + 1] = "";
    va_list args;
    va_start(args, format);
    if (format)
        vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fprintf(stderr, "\r%-*s%s", WIDTH, line, format ? "" : "\r");
    fflush(stderr);
}
