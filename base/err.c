#include "base/err.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Windows' facility codes read best in hexadecimal, small codes as the documents print them. */
enum { LARGEST_DECIMAL_CODE = 0xffff };

static void fill(char *text, size_t room, const char *format, va_list args)
{
    struct text safe = {0};
    vsnprintf(text, room, format, args);
    text_trim_partial(text, room);
    text_add_escaped(&safe, text);
    snprintf(text, room, "%s", text_str(&safe));
    text_trim_partial(text, room);
    text_release(&safe);
}

bool err_set(struct err *e, enum err_kind kind, const char *format, ...)
{
    va_list args;
    if (!e || e->kind != ERR_NONE)
        return false;
    e->kind = kind;
    va_start(args, format);
    fill(e->text, sizeof e->text, format, args);
    va_end(args);
    return false;
}

static enum err_kind kind_of_code(unsigned long code)
{
#ifdef _WIN32
    switch (code) {
    case 2:
    case 3: return ERR_NOT_FOUND;
    case 5:
    case 19:
    case 32:
    case 1314: return ERR_ACCESS;
    default: return ERR_FAILED;
    }
#else
    switch (code) {
    case 2:
    case 20: return ERR_NOT_FOUND;
    case 1:
    case 13:
    case 30: return ERR_ACCESS;
    default: return ERR_FAILED;
    }
#endif
}

bool err_set_os(struct err *e, unsigned long code, const char *format, ...)
{
    char ending[32];
    va_list args;
    if (!e || e->kind != ERR_NONE)
        return false;
    snprintf(ending, sizeof ending, code > LARGEST_DECIMAL_CODE ? " (code 0x%08lx)" : " (code %lu)",
             code);
    va_start(args, format);
    fill(e->text, sizeof e->text - strlen(ending), format, args);
    va_end(args);
    memcpy(e->text + strlen(e->text), ending, strlen(ending) + 1);
    e->kind = kind_of_code(code);
    e->code = code;
    return false;
}

bool err_wrap(struct err *e, const char *format, ...)
{
    char earlier[ERR_TEXT_MAX], doing[ERR_TEXT_MAX];
    va_list args;
    if (!e || e->kind == ERR_NONE)
        return false;
    memcpy(earlier, e->text, sizeof earlier);
    va_start(args, format);
    fill(doing, sizeof doing, format, args);
    va_end(args);
    int written = snprintf(e->text, sizeof e->text, "%s: %s", doing, earlier);
    if (written > 0)
        text_trim_partial(e->text, sizeof e->text);
    return false;
}

void err_clear(struct err *e)
{
    if (e)
        memset(e, 0, sizeof *e);
}
