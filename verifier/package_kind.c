#include "verifier/package.h"

#include "verifier/ole.h"

#include "base/text.h"

#include <string.h>

enum {
    TAR_HEADER = 512,
    TAR_CHECKSUM = 148,
    TAR_CHECKSUM_SIZE = 8,
    ISO_MAGIC = 0x8001,
    PE_HEADER_AT = 0x3c,
    CATALOG_FRONT = 128, /* bytes in which the two object identifiers of a catalog stand */
    INF_FRONT = PACKAGE_TEXT_HEAD,
};

const char *package_kind_name(enum package_kind kind)
{
    static const char *const names[] = {"other", "other", "folder", "tar", "zip",     "7z",
                                        "iso",   "cab",   "msi",    "pe",  "catalog", "inf"};
    return (size_t)kind < sizeof names / sizeof names[0] ? names[kind] : "other";
}

bool package_kind_holds_files(enum package_kind kind)
{
    return kind >= PACKAGE_FOLDER && kind <= PACKAGE_MSI;
}

static bool has_at(struct span s, uint64_t offset, const char *magic, size_t size)
{
    struct span part;
    return span_part(s, offset, size, &part) && memcmp(part.at, magic, size) == 0;
}

static bool is_compressed(struct span s)
{
    return has_at(s, 0, "\x1f\x8b\x08", 3) ||
           has_at(s, 0,
                  "\xfd"
                  "7zXZ\0",
                  6) ||
           (has_at(s, 0, "BZh", 3) && has_at(s, 4, "1AY&SY", 6));
}

/* A tar header's sum over its bytes, with spaces for the sum itself, is in it as octal digits. */
static bool is_tar(struct span s)
{
    unsigned sum = 0, stored = 0;
    if (!span_holds(s, 0, TAR_HEADER) || !s.at[0])
        return false;
    for (size_t i = 0; i < TAR_HEADER; i++)
        sum += i >= TAR_CHECKSUM && i < TAR_CHECKSUM + TAR_CHECKSUM_SIZE ? ' ' : s.at[i];
    size_t i = TAR_CHECKSUM, end = TAR_CHECKSUM + TAR_CHECKSUM_SIZE;
    while (i < end && s.at[i] == ' ')
        i++;
    for (; i < end && s.at[i] >= '0' && s.at[i] <= '7'; i++)
        stored = stored * 8 + (unsigned)(s.at[i] - '0');
    return stored == sum;
}

static bool is_pe(struct span s)
{
    uint32_t at = 0;
    return has_at(s, 0, "MZ", 2) && span_u32(s, PE_HEADER_AT, &at) && has_at(s, at, "PE\0\0", 4);
}

/* PKCS#7 SignedData whose content is a certificate trust list, 1.3.6.1.4.1.311.10.1. */
static bool is_catalog(struct span s)
{
    static const char signed_data[] = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
    static const char trust_list[] = "\x06\x09\x2b\x06\x01\x04\x01\x82\x37\x0a\x01";
    struct span front = s;
    if (s.size > CATALOG_FRONT)
        span_part(s, 0, CATALOG_FRONT, &front);
    return has_at(s, 0, "\x30", 1) && span_find(front, 0, span_text(signed_data)) < 32 &&
           span_find(front, 0, span_text(trust_list)) != SIZE_MAX;
}

/* The next character of ASCII text in one or two bytes per character. */
static int character_at(struct span s, size_t i, size_t width)
{
    if (width == 2 && (i * 2 + 1 >= s.size || s.at[i * 2 + 1]))
        return -1;
    return i * width < s.size ? s.at[i * width] : -1;
}

/* Does a line begin, after blanks, with "[Version]"? */
static bool has_version_section(struct span s, size_t width)
{
    static const char wanted[] = "[version]";
    bool line_start = true;
    for (size_t i = 0; i * width < s.size; i++) {
        int c = character_at(s, i, width);
        size_t k = 0;
        while (line_start && wanted[k]) {
            int have = character_at(s, i + k, width);
            if ((have >= 'A' && have <= 'Z' ? have + ('a' - 'A') : have) != wanted[k])
                break;
            k++;
        }
        if (line_start && !wanted[k])
            return true;
        line_start = c == '\n' || c == '\r' || (line_start && (c == ' ' || c == '\t'));
    }
    return false;
}

static bool is_inf(struct span s)
{
    struct span front = s;
    if (s.size > INF_FRONT)
        span_part(s, 0, INF_FRONT, &front);
    if (has_at(s, 0, "\xff\xfe", 2))
        return has_version_section(span_from(front, 2), 2);
    if (has_at(s, 0, "\xef\xbb\xbf", 3))
        front = span_from(front, 3);
    return (!front.size || !memchr(front.at, 0, front.size)) && has_version_section(front, 1);
}

enum package_kind package_kind_of(struct span s)
{
    if (is_pe(s))
        return PACKAGE_PE;
    if (ole_is(s))
        return PACKAGE_MSI;
    if (has_at(s, 0, "MSCF\0\0\0\0", 8))
        return PACKAGE_CAB;
    if (has_at(s, 0, "PK\3\4", 4) || has_at(s, 0, "PK\5\6", 4))
        return PACKAGE_ZIP;
    if (has_at(s, 0, "7z\xbc\xaf\x27\x1c", 6))
        return PACKAGE_7Z;
    if (is_compressed(s) || is_tar(s))
        return PACKAGE_TAR;
    if (has_at(s, ISO_MAGIC, "CD001", 5))
        return PACKAGE_ISO;
    if (is_catalog(s))
        return PACKAGE_CATALOG;
    return is_inf(s) ? PACKAGE_INF : PACKAGE_OTHER;
}
