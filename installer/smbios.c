#include "installer/smbios.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

enum {
    HEADER_SIZE = 8, /* calling method, major, minor, revision (bytes), size of the table (u32) */
    STRUCTURE_HEADER_SIZE = 4,
    TYPE_BIOS = 0,
    TYPE_SYSTEM = 1,
    TYPE_OEM_STRINGS = 11,
    TYPE_END = 127,
    UUID_OFFSET = 8,
    UUID_SIZE = 16,
};

/* One structure: what is formatted, with the header, and the strings after it. */
struct structure {
    uint8_t type;
    struct span formatted, strings;
};

/* Strings end with a NUL each, the set with one more; an empty set is two NULs. */
static bool take_strings(struct span *table, struct span *strings)
{
    static const uint8_t end[2] = {0, 0};
    struct span rest;
    size_t size = span_find(*table, 0, span_of(end, sizeof end));
    return size != SIZE_MAX && span_take(table, (uint64_t)size + 1, strings) &&
           span_take(table, 1, &rest);
}

static bool next_structure(struct span *table, struct structure *out)
{
    uint8_t size = 0;
    return span_u8(*table, 0, &out->type) && span_u8(*table, 1, &size) &&
           size >= STRUCTURE_HEADER_SIZE && span_take(table, size, &out->formatted) &&
           take_strings(table, &out->strings);
}

/* String number index, from 1, or NULL. mem_free. */
static char *string_at(struct span strings, uint8_t index)
{
    static const uint8_t nul = 0;
    for (uint8_t i = 1; index && strings.size; i++) {
        size_t size = span_find(strings, 0, span_of(&nul, 1));
        struct span string = {0};
        if (size == SIZE_MAX || !size || !span_part(strings, 0, size, &string))
            return NULL;
        if (i == index) {
            struct text t = {0};
            text_add_cp1252(&t, string);
            return text_steal(&t);
        }
        strings = span_from(strings, (uint64_t)size + 1);
    }
    return NULL;
}

/* The string whose number stands at offset of the formatted part. */
static void set_string(char **member, const struct structure *s, uint64_t offset)
{
    uint8_t index = 0;
    if (!*member && span_u8(s->formatted, offset, &index))
        *member = string_at(s->strings, index);
}

/* The bytes in the order of the text: since SMBIOS 2.6 the first three fields are little-endian,
 * before it they were stored as they are read, and all zeros or all ones mean "not given". */
static void set_uuid(char **member, const struct structure *s, bool little_endian)
{
    static const uint8_t swapped[UUID_SIZE] = {3, 2, 1,  0,  5,  4,  7,  6,
                                               8, 9, 10, 11, 12, 13, 14, 15};
    struct span uuid;
    struct text t = {0};
    uint8_t all = 0xff, any = 0;
    if (*member || !span_part(s->formatted, UUID_OFFSET, UUID_SIZE, &uuid))
        return;
    for (size_t i = 0; i < UUID_SIZE; i++) {
        uint8_t byte = uuid.at[little_endian ? swapped[i] : i];
        all &= byte;
        any |= byte;
        text_addf(&t, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", byte);
    }
    if (any && all != 0xff)
        *member = text_steal(&t);
    text_release(&t);
}

static void add_oem_strings(struct texts *out, const struct structure *s)
{
    uint8_t count = 0;
    if (out->count || !span_u8(s->formatted, STRUCTURE_HEADER_SIZE, &count))
        return;
    for (uint8_t i = 1; i <= count && i <= SMBIOS_OEM_STRINGS_MAX; i++) {
        char *string = string_at(s->strings, i);
        if (!string)
            return;
        texts_add(out, string);
        mem_free(string);
    }
}

static void read_structure(const struct structure *s, bool little_endian, struct facts_platform *p)
{
    switch (s->type) {
    case TYPE_BIOS:
        set_string(&p->bios_vendor, s, 4);
        set_string(&p->bios_version, s, 5);
        break;
    case TYPE_SYSTEM:
        set_string(&p->system_manufacturer, s, 4);
        set_string(&p->system_product, s, 5);
        set_string(&p->system_version, s, 6);
        set_uuid(&p->system_uuid, s, little_endian);
        break;
    case TYPE_OEM_STRINGS: add_oem_strings(&p->oem_strings, s); break;
    default: break;
    }
}

bool smbios_platform(struct span block, struct facts_platform *p)
{
    uint8_t major = 0, minor = 0;
    uint32_t size = 0;
    struct span table;
    if (!span_u8(block, 1, &major) || !span_u8(block, 2, &minor) || !span_u32(block, 4, &size) ||
        !span_part(block, HEADER_SIZE, size, &table))
        return false;
    bool little_endian = major > 2 || (major == 2 && minor >= 6);
    for (int i = 0; i < SMBIOS_STRUCTURES_MAX && table.size; i++) {
        struct structure s;
        if (!next_structure(&table, &s))
            return false;
        read_structure(&s, little_endian, p);
        if (s.type == TYPE_END)
            return true;
    }
    /* Tables older than the end marker just stop. */
    return table.size == 0;
}
