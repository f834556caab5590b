/*
 * build_msi: makes MSIs for tests out of tables, on top of build_ole. static inline, for a test uses some of it.
 */
#ifndef XENPV_TESTS_BUILD_MSI_H
#define XENPV_TESTS_BUILD_MSI_H

#include "tests/unit/build_ole.h"

#include <stdlib.h>

enum { MSI_PLAN_COLUMNS = 8, MSI_PLAN_STRINGS = 900, MSI_S = 0x0d48, MSI_SN = 0x1d48, MSI_KEY = 0x2000, MSI_I2 = 0x0502,
       MSI_I4 = 0x0104 };

/* Cells are texts; "" is null. Columns of integer type take numbers in text. Rows end with a NULL in the first cell. */
struct msi_plan_table {
    const char *name;
    const char *columns[MSI_PLAN_COLUMNS];
    unsigned types[MSI_PLAN_COLUMNS];
    const char *const (*rows)[MSI_PLAN_COLUMNS];
};

struct msi_plan {
    struct ole_plan ole;
    const char *strings[MSI_PLAN_STRINGS];
    size_t string_count; /* [0] is null */
    unsigned width;      /* of references: 2 or 3 */
    unsigned code_page;
};

static inline void msi_number(struct text *t, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++, value >>= 8) {
        char byte = (char)(value & 0xff);
        text_add_bytes(t, &byte, 1);
    }
}

static inline uint32_t msi_intern(struct msi_plan *m, const char *string)
{
    if (!string || !string[0])
        return 0;
    for (size_t i = 1; i < m->string_count; i++)
        if (strcmp(m->strings[i], string) == 0)
            return (uint32_t)i;
    if (!m->string_count)
        m->string_count = 1;
    m->strings[m->string_count] = string;
    return (uint32_t)m->string_count++;
}

static inline unsigned msi_code(char c)
{
    static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";
    return (unsigned)(strchr(alphabet, c) - alphabet);
}

/* A stream whose name is encoded as MSIs do; a leading '!' makes a table of it. */
static inline size_t msi_add_stream(struct msi_plan *m, const char *name, const void *at, size_t size)
{
    uint16_t units[32] = {0};
    size_t count = 0;
    if (*name == '!') {
        units[count++] = 0x4840;
        name++;
    }
    for (; name[0] && name[1]; name += 2)
        units[count++] = (uint16_t)(0x3800 + msi_code(name[0]) + (msi_code(name[1]) << 6));
    if (name[0])
        units[count++] = (uint16_t)(0x4800 + msi_code(name[0]));
    size_t index = ole_add(&m->ole, OLE_ITEMS_MAX, units, count);
    struct ole_item *item = &m->ole.items[index];
    item->content = (struct bytes){mem_zero(size, 1), size};
    if (size)
        memcpy(item->content.at, at, size);
    return index;
}

static inline unsigned msi_cell_width(const struct msi_plan *m, unsigned type)
{
    return type & 0x800 ? m->width : (type & 0xff) == 4 ? 4 : 2;
}

static inline void msi_add_cell(struct msi_plan *m, struct text *t, unsigned type, const char *value)
{
    unsigned width = msi_cell_width(m, type);
    if (type & 0x800)
        msi_number(t, msi_intern(m, value), width);
    else if (!value || !value[0])
        msi_number(t, 0, width);
    else
        msi_number(t, (uint64_t)(strtol(value, NULL, 10) + (width == 4 ? 0x80000000L : 0x8000L)), width);
}

static inline void msi_add_table(struct msi_plan *m, const struct msi_plan_table *table)
{
    struct text t = {0}, name = {0};
    for (size_t c = 0; c < MSI_PLAN_COLUMNS && table->columns[c]; c++)
        for (size_t r = 0; table->rows && table->rows[r][0]; r++)
            msi_add_cell(m, &t, table->types[c], table->rows[r][c]);
    text_addf(&name, "!%s", table->name);
    if (t.size)
        msi_add_stream(m, text_str(&name), t.at, t.size);
    text_release(&t);
    text_release(&name);
}

/* _Columns, column by column. */
static inline void msi_add_columns(struct msi_plan *m, const struct msi_plan_table *tables, size_t count)
{
    struct text parts[4] = {{0}};
    for (size_t i = 0; i < count; i++)
        for (unsigned c = 0; c < MSI_PLAN_COLUMNS && tables[i].columns[c]; c++) {
            msi_number(&parts[0], msi_intern(m, tables[i].name), m->width);
            msi_number(&parts[1], 0x8000u + c + 1, 2);
            msi_number(&parts[2], msi_intern(m, tables[i].columns[c]), m->width);
            msi_number(&parts[3], 0x8000u ^ tables[i].types[c], 2);
        }
    for (size_t i = 1; i < 4; i++)
        text_add_bytes(&parts[0], text_str(&parts[i]), parts[i].size);
    msi_add_stream(m, "!_Columns", parts[0].at, parts[0].size);
    for (size_t i = 0; i < 4; i++)
        text_release(&parts[i]);
}

static inline void msi_add_strings(struct msi_plan *m)
{
    struct text pool = {0}, data = {0};
    msi_number(&pool, m->code_page, 2);
    msi_number(&pool, m->width == 3 ? 0x8000 : 0, 2);
    for (size_t i = 1; i < m->string_count; i++) {
        size_t size = strlen(m->strings[i]);
        if (size > 0xffff) {
            msi_number(&pool, 0, 2);
            msi_number(&pool, 1, 2);
            msi_number(&pool, size, 4);
        } else {
            msi_number(&pool, size, 2);
            msi_number(&pool, 1, 2);
        }
        text_add_bytes(&data, m->strings[i], size);
    }
    msi_add_stream(m, "!_StringPool", pool.at, pool.size);
    msi_add_stream(m, "!_StringData", text_str(&data), data.size);
    text_release(&pool);
    text_release(&data);
}

/* The MSI with these tables, in m->ole.out. Streams may be added before. width and code_page default to 2 and 1252. */
static inline void msi_build(struct msi_plan *m, const struct msi_plan_table *tables, size_t count)
{
    if (!m->width)
        m->width = 2;
    if (!m->code_page)
        m->code_page = 1252;
    if (!m->ole.shift)
        m->ole.shift = 9;
    for (size_t i = 0; i < count; i++)
        msi_add_table(m, &tables[i]);
    msi_add_columns(m, tables, count);
    msi_add_strings(m);
    ole_build(&m->ole);
}

#endif
