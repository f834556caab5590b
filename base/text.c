#include "base/text.h"

#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REPLACEMENT = 0xfffd, LAST_CODE_POINT = 0x10ffff };

static size_t ceiling_of(const struct text *t)
{
    return t->ceiling ? t->ceiling : TEXT_CEILING;
}

/* Make room for size more bytes and the NUL; false once the ceiling is hit. */
static bool reserve(struct text *t, size_t size)
{
    size_t ceiling = ceiling_of(t);
    if (t->full || size > ceiling - t->size) {
        t->full = true;
        return false;
    }
    size_t need = t->size + size + 1;
    if (need <= t->room)
        return true;
    size_t room = t->room ? t->room : 64;
    while (room < need)
        room *= 2;
    t->at = mem_resize(t->at, room, 1);
    t->room = room;
    return true;
}

void text_add_bytes(struct text *t, const char *utf8, size_t size)
{
    if (!reserve(t, size))
        return;
    if (size)
        memcpy(t->at + t->size, utf8, size);
    t->size += size;
    t->at[t->size] = '\0';
}

void text_add(struct text *t, const char *utf8)
{
    if (utf8)
        text_add_bytes(t, utf8, strlen(utf8));
}

void text_addf(struct text *t, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (size >= 0 && reserve(t, (size_t)size)) {
        vsnprintf(t->at + t->size, (size_t)size + 1, format, again);
        t->size += (size_t)size;
    }
    va_end(again);
}

static void add_code_point(struct text *t, uint32_t c)
{
    char b[4];
    size_t n;
    if (c < 0x80) {
        b[0] = (char)c;
        n = 1;
    } else if (c < 0x800) {
        b[0] = (char)(0xc0 | c >> 6);
        b[1] = (char)(0x80 | (c & 0x3f));
        n = 2;
    } else if (c < 0x10000) {
        b[0] = (char)(0xe0 | c >> 12);
        b[1] = (char)(0x80 | (c >> 6 & 0x3f));
        b[2] = (char)(0x80 | (c & 0x3f));
        n = 3;
    } else {
        b[0] = (char)(0xf0 | c >> 18);
        b[1] = (char)(0x80 | (c >> 12 & 0x3f));
        b[2] = (char)(0x80 | (c >> 6 & 0x3f));
        b[3] = (char)(0x80 | (c & 0x3f));
        n = 4;
    }
    text_add_bytes(t, b, n);
}

static uint32_t unit_at(struct span s, size_t i, bool big)
{
    uint8_t first = s.at[i * 2], second = s.at[i * 2 + 1];
    return big ? (uint32_t)first << 8 | second : (uint32_t)second << 8 | first;
}

static void add_utf16(struct text *t, struct span s, bool big)
{
    size_t units = s.size / 2;
    for (size_t i = 0; i < units; i++) {
        uint32_t c = unit_at(s, i, big);
        if (!c)
            return;
        if (c >= 0xd800 && c < 0xdc00 && i + 1 < units) {
            uint32_t low = unit_at(s, i + 1, big);
            if (low >= 0xdc00 && low < 0xe000) {
                c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
                i++;
            }
        }
        add_code_point(t, c >= 0xd800 && c < 0xe000 ? (uint32_t)REPLACEMENT : c);
    }
}

void text_add_utf16le(struct text *t, struct span utf16)
{
    add_utf16(t, utf16, false);
}

void text_add_utf16be(struct text *t, struct span utf16)
{
    add_utf16(t, utf16, true);
}

/* Code page 1252 differs from Latin-1 only here. Source: Unicode's CP1252.TXT. */
static const uint16_t cp1252_80_to_9f[32] = {
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178,
};

void text_add_cp1252(struct text *t, struct span ansi)
{
    for (size_t i = 0; i < ansi.size; i++) {
        uint8_t c = ansi.at[i];
        if (!c)
            return;
        add_code_point(t, c >= 0x80 && c < 0xa0 ? cp1252_80_to_9f[c - 0x80] : c);
    }
}

/* Decode one character at s; 0 bytes when it is not valid UTF-8. */
static size_t decode(struct span s, uint32_t *out)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (!s.size)
        return 0;
    uint8_t lead = s.at[0];
    size_t n = lead < 0x80                   ? 1
               : lead >= 0xc2 && lead < 0xe0 ? 2
               : lead >= 0xe0 && lead < 0xf0 ? 3
               : lead >= 0xf0 && lead < 0xf5 ? 4
                                             : 0;
    if (!n || n > s.size)
        return 0;
    uint32_t c = n == 1 ? lead : lead & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s.at[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s.at[i] & 0x3fu);
    }
    if (c < smallest[n] || c > LAST_CODE_POINT || (c >= 0xd800 && c < 0xe000))
        return 0;
    *out = c;
    return n;
}

static bool is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200e && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void text_add_escaped(struct text *t, const char *hostile)
{
    struct span s = span_text(hostile ? hostile : "");
    while (s.size) {
        uint32_t c = 0;
        size_t n = decode(s, &c);
        if (!n)
            text_addf(t, "\\x%02x", s.at[0]);
        else if (is_unsafe(c))
            text_addf(t, c < 0x100 ? "\\x%02x" : "\\u{%x}", (unsigned)c);
        else
            text_add_bytes(t, (const char *)s.at, n);
        s = span_from(s, n ? n : 1);
    }
}

void text_add_hex(struct text *t, struct span bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes.size; i++) {
        char pair[2] = {digits[bytes.at[i] >> 4], digits[bytes.at[i] & 15]};
        text_add_bytes(t, pair, sizeof pair);
    }
}

const char *text_str(const struct text *t)
{
    return t->at ? t->at : "";
}

char *text_steal(struct text *t)
{
    char *storage = t->at ? t->at : mem_strdup("");
    memset(t, 0, sizeof *t);
    return storage;
}

void text_release(struct text *t)
{
    if (!t)
        return;
    mem_free(t->at);
    memset(t, 0, sizeof *t);
}

bool text_is_utf8(struct span bytes)
{
    while (bytes.size) {
        uint32_t c;
        size_t n = decode(bytes, &c);
        if (!n)
            return false;
        bytes = span_from(bytes, n);
    }
    return true;
}

static int lower(char c)
{
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : (unsigned char)c;
}

static size_t width_by_lead(unsigned char lead)
{
    return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}

void text_trim_partial(char *text, size_t room)
{
    size_t size = strlen(text), back = 0;
    if (size + 1 < room)
        return;
    while (back < 3 && back < size && ((unsigned char)text[size - 1 - back] & 0xc0) == 0x80)
        back++;
    if (back < size && width_by_lead((unsigned char)text[size - 1 - back]) > back + 1)
        text[size - 1 - back] = '\0';
}

int text_compare_nocase(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) - lower(*b);
}

bool text_equal_nocase(const char *a, const char *b)
{
    return a && b && text_compare_nocase(a, b) == 0;
}

bool text_starts_nocase(const char *text, const char *prefix)
{
    for (; text && *prefix; text++, prefix++)
        if (lower(*text) != lower(*prefix))
            return false;
    return text != NULL;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    int low = lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

bool text_parse_hex(const char *hex, uint8_t *bytes, size_t size)
{
    if (strlen(hex) / 2 != size || strlen(hex) % 2)
        return false;
    for (size_t i = 0; i < size * 2; i++)
        if (digit_of(hex[i]) < 0)
            return false;
    for (size_t i = 0; i < size; i++)
        bytes[i] =
            (uint8_t)((unsigned)digit_of(hex[i * 2]) << 4 | (unsigned)digit_of(hex[i * 2 + 1]));
    return true;
}
