#include "base/utf16.windows.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>
#include <windows.h>

wchar_t *utf16_from(const char *text)
{
    if (!text || !text_is_utf8(span_text(text)))
        return NULL;
    int units = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    if (units <= 0)
        return NULL;
    wchar_t *wide = mem_zero((size_t)units, sizeof *wide);
    if (MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, units) == units)
        return wide;
    mem_free(wide);
    return NULL;
}

static bool is_drive_path(const wchar_t *p)
{
    return p[0] && p[1] == L':' && p[2] == L'\\';
}

wchar_t *utf16_path(const char *path)
{
    static const wchar_t prefix[] = L"\\\\?\\";
    enum { PREFIX = sizeof prefix / sizeof *prefix - 1 };
    wchar_t *wide = utf16_from(path);
    if (!wide)
        return NULL;
    for (wchar_t *c = wide; *c; c++)
        if (*c == L'/')
            *c = L'\\';
    /* Short paths keep their plain form: some file systems behind redirectors know no other. */
    if (wcslen(wide) < MAX_PATH - 12 || !is_drive_path(wide))
        return wide;
    wchar_t *full = mem_zero(wcslen(wide) + PREFIX + 1, sizeof *full);
    wcscpy(full, prefix);
    wcscat(full, wide);
    mem_free(wide);
    return full;
}

char *utf8_from_sized(const wchar_t *wide, size_t units)
{
    struct text t = {0};
    text_add_utf16le(&t, span_of(wide, units * sizeof *wide));
    return text_steal(&t);
}

char *utf8_from(const wchar_t *wide)
{
    return wide ? utf8_from_sized(wide, wcslen(wide)) : NULL;
}
