/*
 * utf16: UTF-8 to and from the wide strings of Windows' calls.
 *
 * Used on the line of the W call and nowhere else. A conversion that fails is an error, never '?'.
 */
#ifndef XENPV_BASE_UTF16_WINDOWS_H
#define XENPV_BASE_UTF16_WINDOWS_H

#include "base/err.h"

#include <stddef.h>
#include <wchar.h>

/* NULL when text is NULL or not valid UTF-8; the caller frees with mem_free. */
wchar_t *utf16_from(const char *text);

/* A path for the W calls: slashes turned, and the \\?\ form for absolute paths, so that long ones
 * work. */
wchar_t *utf16_path(const char *path);

/* Unpaired surrogates become U+FFFD. NULL gives NULL; the caller frees with mem_free. */
char *utf8_from(const wchar_t *wide);
char *utf8_from_sized(const wchar_t *wide, size_t units);

#endif
