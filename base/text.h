/*
 * text: a UTF-8 builder with a ceiling, decoding of what Windows files hold, and safe printing of
 * hostile names.
 *
 * All text inside the program is UTF-8. text decodes UTF-16LE and Windows code page 1252 on the way
 * in and escapes control characters, bidirectional overrides and broken UTF-8 on the way out. It
 * knows nothing of the locale.
 */
#ifndef XENPV_BASE_TEXT_H
#define XENPV_BASE_TEXT_H

#include "base/err.h"
#include "base/span.h"

enum { TEXT_CEILING = 64 * 1024 * 1024 }; /* bytes; more than any report of ours, less than hurts */

/*
 * Zeroed is an empty builder with the default ceiling. at is NUL-terminated once anything was
 * added, NULL before. Past the ceiling nothing more is added and full is set: a caller that cares
 * asks once, at the end.
 */
struct text {
    char *at;
    size_t size; /* bytes, without the NUL */
    size_t room;
    size_t ceiling; /* 0: TEXT_CEILING */
    bool full;
};

void text_add(struct text *t, const char *utf8);
void text_add_bytes(struct text *t, const char *utf8, size_t size);
void text_addf(struct text *t, const char *format, ...) ERR_PRINTF(2, 3);

/* Unpaired surrogates become U+FFFD; an odd last byte is dropped; a NUL ends the text, as it does
 * in Windows. */
void text_add_utf16le(struct text *t, struct span utf16);
void text_add_utf16be(struct text *t, struct span utf16);

/* Bytes of Windows code page 1252, the "ANSI" of most INFs; undefined bytes become U+FFFD. */
void text_add_cp1252(struct text *t, struct span ansi);

/*
 * A name from outside, made safe for a terminal and a log: control characters, U+202A..U+202E,
 * U+2066..U+2069 and invalid UTF-8 are written as \xNN or \u{N}; a backslash stays itself, since
 * Windows names are full of them.
 */
void text_add_escaped(struct text *t, const char *hostile);

void text_add_hex(struct text *t, struct span bytes);

/* The text, never NULL: "" when nothing was added. */
const char *text_str(const struct text *t);

/* Hand the storage to the caller (mem_free) and leave the builder empty. Never NULL. */
char *text_steal(struct text *t);

void text_release(struct text *t);

/* Is this valid UTF-8 (no overlong forms, no surrogates, at most U+10FFFF)? */
bool text_is_utf8(struct span bytes);

/* Drop a character of which a full buffer of room bytes, its NUL among them, holds a part only. */
void text_trim_partial(char *text, size_t room);

/* Compare ignoring the case of A-Z only: what PE, INF and registry names of drivers need, locale or
 * not. */
int text_compare_nocase(const char *a, const char *b);
bool text_equal_nocase(const char *a, const char *b);          /* false when one is NULL */
bool text_starts_nocase(const char *text, const char *prefix); /* false for a NULL text */

/* Hexadecimal digits, either case, into bytes; false unless exactly size bytes came of it. */
bool text_parse_hex(const char *hex, uint8_t *bytes, size_t size);

#endif
