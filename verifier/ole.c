#include "verifier/ole.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* [MS-CFB] 2.2: the header, and the sector numbers that are none. */
enum {
    HEADER_SIZE = 512,
    HEADER_MAJOR = 26,
    HEADER_BYTE_ORDER = 28,
    HEADER_SECTOR_SHIFT = 30,
    HEADER_MINI_SHIFT = 32,
    HEADER_FAT_SECTORS = 44,
    HEADER_DIRECTORY = 48,
    HEADER_MINI_CUTOFF = 56,
    HEADER_MINI_FAT = 60,
    HEADER_DIFAT = 68,
    HEADER_DIFAT_ARRAY = 76,
    HEADER_DIFAT_COUNT = 109,
    MINI_SHIFT = 6,
    MINI_CUTOFF = 4096,
    ENTRY_SIZE = 128,
    NAME_SIZE_MAX = 64,
};

#define SECTOR_MAX 0xfffffffau
#define SECTOR_END 0xfffffffeu
#define SECTOR_FREE 0xffffffffu
#define NO_ENTRY 0xffffffffu

/* What is needed while opening only. */
struct walk {
    struct ole *o;
    uint8_t *taken; /* per sector: is it part of something already? */
    uint8_t *mini_taken;
    uint32_t *links; /* left, right, child of each directory entry */
};

bool ole_is(struct span bytes)
{
    static const uint8_t signature[] = {0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1};
    return span_starts(bytes, span_of(signature, sizeof signature));
}

static size_t sector_size(const struct ole *o)
{
    return (size_t)1 << o->sector_shift;
}

/* The first size bytes of a sector; the last sector of a file may be cut short by writers that do
 * not pad. */
static bool sector_part(const struct ole *o, uint32_t sector, size_t size, struct span *out)
{
    return span_part(o->bytes, ((uint64_t)sector + 1) << o->sector_shift, size, out);
}

/* A sector can be part of one thing only: this is what ends every cycle. */
static bool take(struct walk *w, uint32_t sector, struct err *e)
{
    if (sector >= w->o->sector_count)
        return err_set(e, ERR_FORMAT, "sector %lu of the compound file is past its end",
                       (unsigned long)sector);
    if (w->taken[sector])
        return err_set(e, ERR_FORMAT, "sector %lu of the compound file is used twice",
                       (unsigned long)sector);
    w->taken[sector] = 1;
    return true;
}

static bool read_header(struct ole *o, struct err *e)
{
    uint16_t major = 0, order = 0, shift = 0, mini = 0;
    if (!ole_is(o->bytes) || !span_holds(o->bytes, 0, HEADER_SIZE))
        return err_set(e, ERR_FORMAT, "not a compound file");
    span_u16(o->bytes, HEADER_MAJOR, &major);
    span_u16(o->bytes, HEADER_BYTE_ORDER, &order);
    span_u16(o->bytes, HEADER_SECTOR_SHIFT, &shift);
    span_u16(o->bytes, HEADER_MINI_SHIFT, &mini);
    span_u32(o->bytes, HEADER_MINI_CUTOFF, &o->mini_cutoff);
    bool known = (major == 3 && shift == 9) || (major == 4 && shift == 12);
    if (!known || order != 0xfffe || mini != MINI_SHIFT || o->mini_cutoff != MINI_CUTOFF)
        return err_set(e, ERR_FORMAT, "compound file header with version %u, sector shift %u",
                       major, shift);
    o->sector_shift = shift;
    uint64_t sectors = ((uint64_t)o->bytes.size + sector_size(o) - 1) >> shift;
    if (sectors > SECTOR_MAX)
        return err_set(e, ERR_LIMIT, "compound file has too many sectors");
    o->sector_count = sectors ? (size_t)sectors - 1 : 0;
    return true;
}

/* Append the numbers in a sector, all but the last `keep_back` of them, to an array. */
static bool append_numbers(struct walk *w, uint32_t sector, uint32_t **array, size_t *count,
                           struct err *e)
{
    struct span s;
    size_t numbers = sector_size(w->o) / 4;
    if (!take(w, sector, e))
        return false;
    if (!sector_part(w->o, sector, sector_size(w->o), &s))
        return err_set(e, ERR_FORMAT, "a table of the compound file is cut short");
    *array = mem_resize(*array, *count + numbers, sizeof **array);
    for (size_t i = 0; i < numbers; i++)
        span_u32(s, i * 4, *array + *count + i);
    *count += numbers;
    return true;
}

/* The sectors that hold the FAT: 109 in the header, the others in a chain of DIFAT sectors. */
static bool fat_sectors(struct walk *w, uint32_t **list, size_t *count, struct err *e)
{
    struct ole *o = w->o;
    uint32_t wanted = 0, next = 0;
    span_u32(o->bytes, HEADER_FAT_SECTORS, &wanted);
    span_u32(o->bytes, HEADER_DIFAT, &next);
    if (wanted > o->sector_count)
        return err_set(e, ERR_FORMAT,
                       "compound file header counts more FAT sectors than the file has");
    *list = mem_zero(HEADER_DIFAT_COUNT, sizeof **list);
    *count = HEADER_DIFAT_COUNT;
    for (size_t i = 0; i < HEADER_DIFAT_COUNT; i++)
        span_u32(o->bytes, HEADER_DIFAT_ARRAY + i * 4, *list + i);
    while (*count < wanted) {
        if (!append_numbers(w, next, list, count, e))
            return false;
        next = (*list)[--*count];
    }
    *count = wanted;
    return true;
}

static bool read_fat(struct walk *w, struct err *e)
{
    struct ole *o = w->o;
    uint32_t *sectors = NULL;
    size_t count = 0;
    bool ok = fat_sectors(w, &sectors, &count, e);
    for (size_t i = 0; ok && i < count; i++)
        ok = append_numbers(w, sectors[i], &o->fat, &o->fat_count, e);
    mem_free(sectors);
    return ok;
}

static bool next_sector(const struct ole *o, uint32_t sector, uint32_t *next, struct err *e)
{
    if (sector >= o->fat_count)
        return err_set(e, ERR_FORMAT, "sector %lu of the compound file is not in its FAT",
                       (unsigned long)sector);
    *next = o->fat[sector];
    return true;
}

static bool read_mini_fat(struct walk *w, struct err *e)
{
    struct ole *o = w->o;
    uint32_t sector = SECTOR_END;
    span_u32(o->bytes, HEADER_MINI_FAT, &sector);
    while (sector != SECTOR_END && sector != SECTOR_FREE)
        if (!append_numbers(w, sector, &o->mini_fat, &o->mini_fat_count, e) ||
            !next_sector(o, sector, &sector, e))
            return false;
    return true;
}

/* [MS-CFB] 2.6.1, one directory entry. False for one that cannot be what it says. */
static bool parse_entry(const struct ole *o, struct span s, struct ole_entry *out,
                        uint32_t links[3])
{
    uint16_t name_size = 0;
    uint8_t type = 0;
    uint32_t high = 0, low = 0;
    span_u16(s, 64, &name_size);
    span_u8(s, 66, &type);
    span_u32(s, 68, &links[0]);
    span_u32(s, 72, &links[1]);
    span_u32(s, 76, &links[2]);
    span_u32(s, 116, &out->start);
    span_u32(s, 120, &low);
    span_u32(s, 124, &high);
    if (name_size > NAME_SIZE_MAX || name_size % 2)
        return type == 0;
    out->type = type == 1   ? OLE_STORAGE
                : type == 2 ? OLE_STREAM
                : type == 5 ? OLE_ROOT
                            : OLE_UNUSED;
    out->size = low;
    if (o->sector_shift != 9) /* version 3 may leave rubbish in the high half: [MS-CFB] 2.6.1 */
        out->size |= (uint64_t)high << 32;
    return span_part(s, 0, name_size >= 2 ? name_size - 2u : 0, &out->name) &&
           span_part(s, 80, OLE_CLSID_SIZE, &out->clsid) && span_part(s, 96, 4, &out->state) &&
           span_part(s, 100, 16, &out->times) && span_part(s, 120, 4, &out->size_low);
}

static bool read_directory_sector(struct walk *w, uint32_t sector, struct err *e)
{
    struct ole *o = w->o;
    struct span s, one;
    size_t more = sector_size(o) / ENTRY_SIZE;
    if (!take(w, sector, e))
        return false;
    if (!sector_part(o, sector, sector_size(o), &s))
        return err_set(e, ERR_FORMAT, "the directory of the compound file is cut short");
    if (o->count + more > OLE_ENTRIES_MAX)
        return err_set(e, ERR_LIMIT, "compound file has more than %d directory entries",
                       OLE_ENTRIES_MAX);
    o->entries = mem_resize(o->entries, o->count + more, sizeof *o->entries);
    w->links = mem_resize(w->links, (o->count + more) * 3, sizeof *w->links);
    memset(o->entries + o->count, 0, more * sizeof *o->entries);
    for (size_t i = 0; i < more; i++, o->count++)
        if (!span_part(s, i * ENTRY_SIZE, ENTRY_SIZE, &one) ||
            !parse_entry(o, one, &o->entries[o->count], w->links + o->count * 3))
            return err_set(e, ERR_FORMAT, "directory entry %zu of the compound file is broken",
                           o->count);
    return true;
}

static bool read_directory(struct walk *w, struct err *e)
{
    uint32_t sector = SECTOR_END;
    span_u32(w->o->bytes, HEADER_DIRECTORY, &sector);
    while (sector != SECTOR_END)
        if (!read_directory_sector(w, sector, e) || !next_sector(w->o, sector, &sector, e))
            return false;
    if (!w->o->count || w->o->entries[0].type != OLE_ROOT)
        return err_set(e, ERR_FORMAT, "compound file without a root entry");
    return true;
}

static int compare_names(struct span a, struct span b)
{
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter ? memcmp(a.at, b.at, shorter) : 0;
    return order ? order : a.size < b.size ? -1 : a.size > b.size;
}

/* qsort has no context: the entries to compare are sorted by way of these. */
struct named {
    struct span name;
    size_t index;
};

static int compare_named(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    return compare_names(x->name, y->name);
}

/* Order the children of a storage by the bytes of their names. Two of one name hide each other:
 * refused. */
static bool sort_children(struct ole *o, struct ole_entry *storage, struct err *e)
{
    bool ok = true;
    struct named *list = mem_zero(storage->child_count, sizeof *list);
    for (size_t i = 0; i < storage->child_count; i++)
        list[i] = (struct named){o->entries[storage->children[i]].name, storage->children[i]};
    if (storage->child_count)
        qsort(list, storage->child_count, sizeof *list, compare_named);
    for (size_t i = 0; i < storage->child_count; i++) {
        storage->children[i] = list[i].index;
        if (i && span_equal(list[i].name, list[i - 1].name))
            ok = err_set(e, ERR_FORMAT, "two streams of the compound file have one name");
    }
    mem_free(list);
    return ok;
}

static size_t depth_of(const struct ole *o, size_t storage)
{
    size_t depth = 0;
    for (; storage && depth <= OLE_DEPTH_MAX; depth++)
        storage = o->entries[storage].parent;
    return depth;
}

/* An entry that a tree leads to: hang it under its storage, and note it for the walk. */
struct tree {
    size_t *pending;
    size_t pending_count;
    uint8_t *seen;
};

static bool hang(struct walk *w, struct tree *t, uint32_t link, size_t storage, struct err *e)
{
    struct ole *o = w->o;
    if (link == NO_ENTRY)
        return true;
    if (link >= o->count || t->seen[link])
        return err_set(e, ERR_FORMAT, "the directory of the compound file is not a tree");
    struct ole_entry *entry = &o->entries[link], *in = &o->entries[storage];
    if (entry->type != OLE_STORAGE && entry->type != OLE_STREAM)
        return err_set(e, ERR_FORMAT, "directory entry %lu of the compound file has no type",
                       (unsigned long)link);
    t->seen[link] = 1;
    t->pending[t->pending_count++] = link;
    entry->parent = storage;
    in->children = mem_grow(in->children, in->child_count, &in->child_room, sizeof *in->children);
    in->children[in->child_count++] = link;
    if (entry->type == OLE_STORAGE && depth_of(o, link) > OLE_DEPTH_MAX)
        return err_set(e, ERR_LIMIT, "storages of the compound file are more than %d deep",
                       OLE_DEPTH_MAX);
    return true;
}

/* Walk the trees from the root: each entry once, whatever the links say. */
static bool grow_tree(struct walk *w, struct err *e)
{
    struct ole *o = w->o;
    struct tree t = {.pending = mem_zero(o->count, sizeof *t.pending),
                     .seen = mem_zero(o->count, 1)};
    t.seen[0] = 1;
    bool ok = hang(w, &t, w->links[2], 0, e);
    while (ok && t.pending_count) {
        size_t i = t.pending[--t.pending_count];
        const uint32_t *links = w->links + i * 3;
        ok = hang(w, &t, links[0], o->entries[i].parent, e) &&
             hang(w, &t, links[1], o->entries[i].parent, e) &&
             (o->entries[i].type != OLE_STORAGE || hang(w, &t, links[2], i, e));
    }
    for (size_t i = 0; ok && i < o->count; i++) {
        if (!t.seen[i])
            o->entries[i].type = OLE_UNUSED;
        ok = sort_children(o, &o->entries[i], e);
    }
    mem_free(t.pending);
    mem_free(t.seen);
    return ok;
}

/* The mini stream: the root entry's chain. */
static bool read_mini_stream(struct walk *w, struct err *e)
{
    struct ole *o = w->o;
    uint32_t sector = o->entries[0].start;
    o->mini_size = o->entries[0].size;
    if (o->mini_size > o->bytes.size)
        return err_set(e, ERR_FORMAT,
                       "the mini stream of the compound file is larger than the file");
    o->mini_chain_count = (size_t)((o->mini_size + sector_size(o) - 1) >> o->sector_shift);
    o->mini_chain = mem_zero(o->mini_chain_count, sizeof *o->mini_chain);
    for (size_t i = 0; i < o->mini_chain_count; i++) {
        if (!take(w, sector, e))
            return false;
        o->mini_chain[i] = sector;
        if (!next_sector(o, sector, &sector, e))
            return false;
    }
    return true;
}

static bool is_mini(const struct ole *o, const struct ole_entry *entry)
{
    return entry->size < o->mini_cutoff;
}

/* Visit the sectors of a stream once when opening, so that no two streams share one and no chain
 * bites its tail. */
static bool check_stream(struct walk *w, const struct ole_entry *entry, struct err *e)
{
    struct ole *o = w->o;
    uint32_t sector = entry->start;
    if (entry->size > o->bytes.size)
        return err_set(e, ERR_FORMAT, "a stream of the compound file is larger than the file");
    if (!is_mini(o, entry)) {
        for (uint64_t done = 0; done < entry->size; done += sector_size(o))
            if (!take(w, sector, e) || !next_sector(o, sector, &sector, e))
                return false;
        return true;
    }
    for (uint64_t done = 0; done < entry->size; done += 1u << MINI_SHIFT) {
        if (sector >= o->mini_fat_count || w->mini_taken[sector])
            return err_set(e, ERR_FORMAT,
                           "mini sector %lu of the compound file is used twice or not there",
                           (unsigned long)sector);
        w->mini_taken[sector] = 1;
        sector = o->mini_fat[sector];
    }
    return true;
}

static bool check_streams(struct walk *w, struct err *e)
{
    w->mini_taken = mem_zero(w->o->mini_fat_count, 1);
    for (size_t i = 0; i < w->o->count; i++)
        if (w->o->entries[i].type == OLE_STREAM && !check_stream(w, &w->o->entries[i], e))
            return false;
    return true;
}

bool ole_open(struct span bytes, struct ole *out, struct err *e)
{
    struct ole o = {.bytes = bytes};
    struct walk w = {.o = &o};
    bool ok = read_header(&o, e);
    if (ok) {
        w.taken = mem_zero(o.sector_count, 1);
        ok = read_fat(&w, e) && read_directory(&w, e) && read_mini_fat(&w, e) && grow_tree(&w, e) &&
             read_mini_stream(&w, e) && check_streams(&w, e);
    }
    mem_free(w.taken);
    mem_free(w.mini_taken);
    mem_free(w.links);
    if (ok)
        *out = o;
    else
        ole_release(&o);
    return ok;
}

static bool is_named(struct span utf16, const char *name)
{
    size_t size = strlen(name);
    if (utf16.size != size * 2)
        return false;
    for (size_t i = 0; i < size; i++) {
        char a[2] = {(char)utf16.at[i * 2], 0}, b[2] = {name[i], 0};
        if (utf16.at[i * 2 + 1] || text_compare_nocase(a, b) != 0)
            return false;
    }
    return true;
}

size_t ole_find(const struct ole *o, size_t storage, const char *name)
{
    if (storage >= o->count)
        return SIZE_MAX;
    const struct ole_entry *in = &o->entries[storage];
    for (size_t i = 0; i < in->child_count; i++)
        if (is_named(o->entries[in->children[i]].name, name))
            return in->children[i];
    return SIZE_MAX;
}

/* Where mini sector n lies in the file. A mini sector never crosses a sector: 64 divides both
 * sizes. */
static bool mini_part(const struct ole *o, uint32_t n, size_t size, struct span *out)
{
    uint64_t offset = (uint64_t)n << MINI_SHIFT;
    size_t index = (size_t)(offset >> o->sector_shift);
    if (offset >= o->mini_size || size > o->mini_size - offset || index >= o->mini_chain_count)
        return false;
    uint64_t inside = offset & (sector_size(o) - 1);
    return span_part(o->bytes, (((uint64_t)o->mini_chain[index] + 1) << o->sector_shift) + inside,
                     size, out);
}

bool ole_spans(const struct ole *o, size_t stream, struct span_list *out, struct err *e)
{
    struct span_list list = {0};
    if (stream >= o->count || o->entries[stream].type != OLE_STREAM)
        return err_set(e, ERR_NOT_FOUND, "no such stream in the compound file");
    const struct ole_entry *entry = &o->entries[stream];
    bool mini = is_mini(o, entry), ok = true;
    size_t unit = mini ? (size_t)1 << MINI_SHIFT : sector_size(o);
    uint32_t sector = entry->start;
    for (uint64_t left = entry->size; ok && left;) {
        struct span part;
        size_t size = left < unit ? (size_t)left : unit;
        ok = mini ? mini_part(o, sector, size, &part) : sector_part(o, sector, size, &part);
        ok = ok && sector < (mini ? o->mini_fat_count : o->fat_count);
        if (!ok)
            break;
        spans_add(&list, part);
        left -= size;
        sector = mini ? o->mini_fat[sector] : o->fat[sector];
    }
    if (!ok) {
        spans_release(&list);
        return err_set(e, ERR_FORMAT, "a stream of the compound file is cut short");
    }
    *out = list;
    return true;
}

bool ole_read(const struct ole *o, size_t stream, struct bytes *storage, struct span *out,
              struct err *e)
{
    struct span_list list = {0};
    if (!ole_spans(o, stream, &list, e))
        return false;
    if (list.count > 1) {
        spans_join(&list, storage);
        *out = bytes_span(storage);
    } else {
        *storage = (struct bytes){0};
        *out = list.count ? list.at[0] : (struct span){0};
    }
    spans_release(&list);
    return true;
}

void ole_release(struct ole *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->count; i++)
        mem_free(o->entries[i].children);
    mem_free(o->entries);
    mem_free(o->fat);
    mem_free(o->mini_fat);
    mem_free(o->mini_chain);
    memset(o, 0, sizeof *o);
}
