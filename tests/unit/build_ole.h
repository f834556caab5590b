/*
 * build_ole: makes compound files and MSIs for tests, and says where their parts lie so that tests can break them.
 *
 * Only what tests need: sectors in one run each, siblings as a chain to the right. static inline, for a test uses some.
 */
#ifndef XENPV_TESTS_BUILD_OLE_H
#define XENPV_TESTS_BUILD_OLE_H

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define OLE_NONE 0xffffffffu
#define OLE_END 0xfffffffeu
#define OLE_FAT 0xfffffffdu
#define OLE_DIFAT 0xfffffffcu

enum { OLE_ITEMS_MAX = 96 };

struct ole_item {
    uint16_t name[32];
    size_t units;
    struct bytes content;
    bool storage;
    size_t parent; /* item, or OLE_ITEMS_MAX for the root */
    uint32_t start;
};

/* Zeroed, with shift 9 or 12 set, is an empty file. Item i is directory entry i + 1. */
struct ole_plan {
    unsigned shift;
    struct ole_item items[OLE_ITEMS_MAX];
    size_t count;
    struct bytes out;
    size_t directory, fat, mini_fat; /* offsets in out */
    uint32_t mini_start, mini_size;
};

static inline void put16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value & 0xff);
    at[1] = (uint8_t)(value >> 8 & 0xff);
}

static inline void put32(uint8_t *at, uint32_t value)
{
    put16(at, value & 0xffff);
    put16(at + 2, value >> 16);
}

static inline size_t ole_add(struct ole_plan *p, size_t parent, const uint16_t *name, size_t units)
{
    struct ole_item *item = &p->items[p->count];
    memcpy(item->name, name, units * sizeof *name);
    item->units = units;
    item->parent = parent;
    return p->count++;
}

/* A stream (or, with no content, a storage) with an ASCII name under a parent. */
static inline size_t ole_add_ascii(struct ole_plan *p, size_t parent, const char *name, const void *at, size_t size)
{
    uint16_t units[32] = {0};
    size_t count = strlen(name);
    for (size_t i = 0; i < count; i++)
        units[i] = (uint8_t)name[i];
    size_t index = ole_add(p, parent, units, count);
    struct ole_item *item = &p->items[index];
    item->storage = !at;
    item->content = (struct bytes){mem_zero(size, 1), size};
    if (size)
        memcpy(item->content.at, at, size);
    return index;
}

static inline size_t ole_sectors(const struct ole_plan *p, uint64_t size)
{
    return (size_t)((size + ((uint64_t)1 << p->shift) - 1) >> p->shift);
}

/* What follows what while the sectors are dealt out. */
struct ole_layout {
    uint32_t *fat;
    size_t next, fat_sectors, difat_sectors, total;
};

static inline uint32_t ole_deal(struct ole_layout *l, size_t sectors)
{
    uint32_t start = sectors ? (uint32_t)l->next : OLE_END;
    for (size_t i = 0; i < sectors; i++, l->next++)
        l->fat[l->next] = i + 1 < sectors ? (uint32_t)l->next + 1 : OLE_END;
    return start;
}

static inline uint8_t *ole_at(struct ole_plan *p, uint32_t sector)
{
    return p->out.at + (((size_t)sector + 1) << p->shift);
}

static inline void ole_write_entry(struct ole_plan *p, size_t index, const struct ole_item *item, uint32_t size)
{
    uint8_t *at = p->out.at + p->directory + index * 128;
    for (size_t i = 0; i < item->units; i++)
        put16(at + i * 2, item->name[i]);
    put16(at + 64, (unsigned)item->units * 2 + 2);
    at[66] = index == 0 ? 5 : item->storage ? 1 : 2;
    put32(at + 68, OLE_NONE);
    put32(at + 72, OLE_NONE);
    put32(at + 76, OLE_NONE);
    memset(at + 80, (int)(0x10 + index), 16); /* CLSID */
    put32(at + 96, (uint32_t)index);          /* state */
    memset(at + 100, (int)(0x40 + index), 16); /* times */
    put32(at + 116, item->start);
    put32(at + 120, size);
}

static inline void ole_write_directory(struct ole_plan *p)
{
    struct ole_item root = {.name = {'R', 'o', 'o', 't'}, .units = 4, .start = p->mini_start};
    uint32_t last[OLE_ITEMS_MAX + 1] = {0};
    ole_write_entry(p, 0, &root, p->mini_size);
    for (size_t i = 0; i < p->count; i++)
        ole_write_entry(p, i + 1, &p->items[i], (uint32_t)p->items[i].content.size);
    for (size_t i = 0; i < p->count; i++) {
        size_t parent = p->items[i].parent == OLE_ITEMS_MAX ? 0 : p->items[i].parent + 1;
        size_t link = last[parent] ? last[parent] * 128 + 72 : parent * 128 + 76;
        put32(p->out.at + p->directory + link, (uint32_t)i + 1);
        last[parent] = (uint32_t)i + 1;
    }
}

static inline void ole_write_header(struct ole_plan *p, const struct ole_layout *l, uint32_t fat, uint32_t difat)
{
    static const uint8_t magic[] = {0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1};
    uint8_t *at = p->out.at;
    memcpy(at, magic, sizeof magic);
    put16(at + 24, 0x3e);
    put16(at + 26, p->shift == 9 ? 3 : 4);
    put16(at + 28, 0xfffe);
    put16(at + 30, p->shift);
    put16(at + 32, 6);
    put32(at + 44, (uint32_t)l->fat_sectors);
    put32(at + 48, 0);
    put32(at + 56, 4096);
    put32(at + 60, p->mini_fat ? (uint32_t)((p->mini_fat >> p->shift) - 1) : OLE_END);
    put32(at + 68, l->difat_sectors ? difat : OLE_END);
    put32(at + 72, (uint32_t)l->difat_sectors);
    for (size_t i = 0; i < 109; i++)
        put32(at + 76 + i * 4, i < l->fat_sectors ? fat + (uint32_t)i : OLE_NONE);
}

static inline void ole_write_difat(struct ole_plan *p, const struct ole_layout *l, uint32_t fat, uint32_t difat)
{
    size_t each = ((size_t)1 << p->shift) / 4 - 1, next = 109;
    for (size_t i = 0; i < l->difat_sectors; i++) {
        uint8_t *at = ole_at(p, difat + (uint32_t)i);
        for (size_t k = 0; k < each; k++, next++)
            put32(at + k * 4, next < l->fat_sectors ? fat + (uint32_t)next : OLE_NONE);
        put32(at + each * 4, i + 1 < l->difat_sectors ? difat + (uint32_t)i + 1 : OLE_END);
    }
}

/* Sum up what is small, and give each small stream its place in the mini stream. */
static inline uint32_t ole_place_mini(struct ole_plan *p)
{
    uint32_t at = 0;
    for (size_t i = 0; i < p->count; i++) {
        struct ole_item *item = &p->items[i];
        if (item->storage || item->content.size >= 4096)
            continue;
        item->start = item->content.size ? at / 64 : OLE_END;
        at += ((uint32_t)item->content.size + 63) / 64 * 64;
    }
    return at;
}

static inline void ole_write_mini(struct ole_plan *p)
{
    uint8_t *fat = p->out.at + p->mini_fat, *stream = p->mini_size ? ole_at(p, p->mini_start) : NULL;
    for (size_t i = 0; i < p->count; i++) {
        const struct ole_item *item = &p->items[i];
        if (item->storage || item->content.size >= 4096 || !item->content.size)
            continue;
        size_t units = (item->content.size + 63) / 64;
        memcpy(stream + (size_t)item->start * 64, item->content.at, item->content.size);
        for (size_t k = 0; k < units; k++)
            put32(fat + (item->start + k) * 4, k + 1 < units ? item->start + (uint32_t)k + 1 : OLE_END);
    }
}

static inline void ole_count(const struct ole_plan *p, struct ole_layout *l, size_t content)
{
    size_t per_fat = ((size_t)1 << p->shift) / 4;
    for (l->fat_sectors = 1;; l->fat_sectors++) {
        l->difat_sectors = l->fat_sectors > 109 ? (l->fat_sectors - 109 + per_fat - 2) / (per_fat - 1) : 0;
        l->total = content + l->fat_sectors + l->difat_sectors;
        if (l->total <= l->fat_sectors * per_fat)
            break;
    }
    l->fat = mem_zero(l->fat_sectors * per_fat, sizeof *l->fat);
    for (size_t i = 0; i < l->fat_sectors * per_fat; i++)
        l->fat[i] = OLE_NONE;
}

/* Make the file: directory, mini FAT, mini stream, streams, DIFAT, FAT. */
static inline void ole_build(struct ole_plan *p)
{
    struct ole_layout l = {0};
    p->mini_size = ole_place_mini(p);
    size_t directory = ole_sectors(p, (p->count + 1) * 128), mini = ole_sectors(p, p->mini_size);
    size_t mini_fat = ole_sectors(p, p->mini_size / 64 * 4), content = directory + mini + mini_fat;
    for (size_t i = 0; i < p->count; i++)
        if (p->items[i].content.size >= 4096)
            content += ole_sectors(p, p->items[i].content.size);
    ole_count(p, &l, content);
    p->out = (struct bytes){mem_zero((l.total + 1) << p->shift, 1), (l.total + 1) << p->shift};
    p->directory = ((size_t)ole_deal(&l, directory) + 1) << p->shift;
    uint32_t first_mini_fat = ole_deal(&l, mini_fat);
    p->mini_fat = mini_fat ? ((size_t)first_mini_fat + 1) << p->shift : 0;
    p->mini_start = ole_deal(&l, mini);
    for (size_t i = 0; i < p->count; i++) {
        struct ole_item *item = &p->items[i];
        if (item->content.size < 4096)
            continue;
        item->start = ole_deal(&l, ole_sectors(p, item->content.size));
        memcpy(ole_at(p, item->start), item->content.at, item->content.size);
    }
    uint32_t difat = (uint32_t)l.next, fat = difat + (uint32_t)l.difat_sectors;
    for (size_t i = 0; i < l.difat_sectors; i++)
        l.fat[difat + i] = OLE_DIFAT;
    for (size_t i = 0; i < l.fat_sectors; i++)
        l.fat[fat + i] = OLE_FAT;
    p->fat = ((size_t)fat + 1) << p->shift;
    for (size_t i = 0; i < l.fat_sectors * (((size_t)1 << p->shift) / 4); i++)
        put32(p->out.at + p->fat + i * 4, l.fat[i]);
    if (mini_fat)
        memset(p->out.at + p->mini_fat, 0xff, mini_fat << p->shift);
    ole_write_mini(p);
    ole_write_directory(p);
    ole_write_header(p, &l, fat, difat);
    ole_write_difat(p, &l, fat, difat);
    mem_free(l.fat);
}

/* Where entry i's field lies in the file. */
static inline uint8_t *ole_field(struct ole_plan *p, size_t entry, size_t field)
{
    return p->out.at + p->directory + entry * 128 + field;
}

static inline void ole_plan_release(struct ole_plan *p)
{
    for (size_t i = 0; i < p->count; i++)
        bytes_release(&p->items[i].content);
    bytes_release(&p->out);
    memset(p, 0, sizeof *p);
}

#endif
