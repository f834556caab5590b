#include "verifier/name.h"

#include <string.h>

static bool is_slash(char c)
{
    return c == '/' || c == '\\';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* One character of UTF-8 at *s, which moves on. Broken bytes stand for themselves, so that every
 * text has an order. */
static uint32_t next_character(const char **s)
{
    const unsigned char *u = (const unsigned char *)*s;
    size_t n = u[0] < 0xc2 ? 1 : u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : u[0] < 0xf5 ? 4 : 1;
    uint32_t c = n == 1 ? u[0] : u[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((u[i] & 0xc0) != 0x80) {
            *s += 1;
            return u[0];
        }
        c = c << 6 | (u[i] & 0x3fu);
    }
    *s += n;
    return c;
}

/* Upper case as in NTFS's $UpCase table, for the scripts that driver packages are named in. */
static uint32_t upper(uint32_t c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 0xe0 && c <= 0xfe && c != 0xf7) ||
        (c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2) || (c >= 0x430 && c <= 0x44f) ||
        (c >= 0xff41 && c <= 0xff5a))
        return c - 0x20;
    if (c == 0xff)
        return 0x178;
    if (c == 0x3c2)
        return 0x3a3;
    if (c >= 0x450 && c <= 0x45f)
        return c - 0x50;
    bool even_is_upper = (c >= 0x100 && c <= 0x12f) || (c >= 0x132 && c <= 0x137) ||
                         (c >= 0x14a && c <= 0x177) || (c >= 0x460 && c <= 0x481);
    bool odd_is_upper = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e);
    if (even_is_upper)
        return c & ~1u;
    return odd_is_upper && c % 2 == 0 ? c - 1 : c;
}

/* "COM" or "LPT" and one digit, where Windows takes the superscripts 1, 2 and 3 for digits too. */
static bool is_port(const char *stem, size_t size)
{
    if (size < 4 || !(text_starts_nocase(stem, "COM") || text_starts_nocase(stem, "LPT")))
        return false;
    if (size == 4)
        return stem[3] >= '0' && stem[3] <= '9';
    return size == 5 &&
           (memcmp(stem + 3, "\xc2\xb9", 2) == 0 || memcmp(stem + 3, "\xc2\xb2", 2) == 0 ||
            memcmp(stem + 3, "\xc2\xb3", 2) == 0);
}

/* Windows opens the device whatever extension follows, and whatever spaces stand before it. */
static bool is_device(const char *part, size_t size)
{
    static const char *const devices[] = {"CON",    "PRN",    "AUX",    "NUL",
                                          "CLOCK$", "CONIN$", "CONOUT$"};
    const char *dot = memchr(part, '.', size);
    size_t stem = dot ? (size_t)(dot - part) : size;
    while (stem && part[stem - 1] == ' ')
        stem--;
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
        if (strlen(devices[i]) == stem && text_starts_nocase(part, devices[i]))
            return true;
    return is_port(part, stem);
}

static size_t utf16_units(const char *part, size_t size)
{
    size_t units = 0;
    for (const char *at = part; at < part + size;)
        units += next_character(&at) > 0xffff ? 2 : 1;
    return units;
}

static enum name_fault part_fault(const char *part, size_t size)
{
    if (size == 2 && part[0] == '.' && part[1] == '.')
        return NAME_PARENT;
    if (memchr(part, ':', size))
        return NAME_STREAM;
    for (size_t i = 0; i < size; i++)
        if (strchr("<>\"|?*", part[i]))
            return NAME_CHARACTER;
    if (part[size - 1] == '.' || part[size - 1] == ' ')
        return NAME_TRAILING;
    if (is_device(part, size))
        return NAME_DEVICE;
    return utf16_units(part, size) > NAME_PART_UNITS_MAX ? NAME_TOO_LONG : NAME_SAFE;
}

/* Faults that show in the name as a whole. */
static enum name_fault whole_fault(const char *hostile)
{
    size_t size = strlen(hostile);
    if (size > NAME_BYTES_MAX)
        return NAME_TOO_LONG;
    if (!text_is_utf8(span_of(hostile, size)))
        return NAME_NOT_TEXT;
    if (is_slash(hostile[0]))
        return NAME_ABSOLUTE;
    if (is_letter(hostile[0]) && hostile[1] == ':')
        return NAME_DRIVE;
    struct text escaped = {0};
    text_add_escaped(&escaped, hostile);
    bool same = strcmp(text_str(&escaped), hostile) == 0;
    text_release(&escaped);
    return same ? NAME_SAFE : NAME_CHARACTER;
}

static enum name_fault clean_parts(const char *hostile, struct text *out)
{
    size_t parts = 0;
    for (const char *at = hostile; *at;) {
        size_t size = 0;
        while (at[size] && !is_slash(at[size]))
            size++;
        if (size && !(size == 1 && at[0] == '.')) {
            enum name_fault fault = part_fault(at, size);
            if (fault == NAME_SAFE && at[size - 1] == '!' && at[size])
                fault = NAME_MARK;
            if (fault != NAME_SAFE)
                return fault;
            if (++parts > NAME_PARTS_MAX)
                return NAME_TOO_DEEP;
            if (out->size)
                text_add(out, "/");
            text_add_bytes(out, at, size);
        }
        at += size;
        if (*at)
            at++;
    }
    return parts ? NAME_SAFE : NAME_EMPTY;
}

enum name_fault name_clean(const char *hostile, struct text *out)
{
    text_release(out);
    enum name_fault fault = whole_fault(hostile);
    if (fault == NAME_SAFE)
        fault = clean_parts(hostile, out);
    if (fault != NAME_SAFE)
        text_release(out);
    return fault;
}

const char *name_fault_words(enum name_fault fault)
{
    switch (fault) {
    case NAME_SAFE: return "is safe";
    case NAME_EMPTY: return "is empty";
    case NAME_NOT_TEXT: return "is not text that can be read";
    case NAME_ABSOLUTE: return "begins with a slash";
    case NAME_DRIVE: return "begins with a drive letter";
    case NAME_PARENT: return "has a '..' part";
    case NAME_STREAM: return "has a ':'";
    case NAME_DEVICE: return "is that of a device";
    case NAME_TRAILING: return "has a part that ends in a dot or a space";
    case NAME_CHARACTER: return "has a character that Windows or a terminal does not take";
    case NAME_MARK: return "has a folder that ends in '!', which marks a file in a container here";
    case NAME_TOO_LONG: return "is too long";
    case NAME_TOO_DEEP: return "has too many folders";
    case NAME_UNKNOWN: break;
    }
    return "has not been looked at";
}

/* The end of a name comes first, then a separator, then everything else: folders stay together. */
static uint32_t rank(const char **s)
{
    if (!**s)
        return 0;
    uint32_t c = next_character(s);
    return c == '/' || c == '\\' ? 1 : upper(c) + 2;
}

int name_compare(const char *a, const char *b)
{
    uint32_t from_a, from_b;
    size_t same = 0;
    while (a[same] && a[same] == b[same])
        same++;
    while (same && ((unsigned char)a[same - 1] & 0x80)) /* back to where a character begins */
        same--;
    a += same;
    b += same;
    do {
        from_a = rank(&a);
        from_b = rank(&b);
    } while (from_a && from_a == from_b);
    return from_a < from_b ? -1 : from_a > from_b;
}

const char *name_base(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

bool name_has_extension(const char *name, const char *extension)
{
    size_t size = strlen(name), wanted = strlen(extension);
    return size > wanted && text_equal_nocase(name + size - wanted, extension);
}
