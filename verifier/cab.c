#include "verifier/cab.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* [MS-CAB] 2.1 to 2.3. */
enum {
    HEADER_SIZE = 36,
    HEADER_CABINET_SIZE = 8,
    HEADER_FILE_TABLE = 16,
    HEADER_FOLDERS = 26,
    HEADER_FILES = 28,
    HEADER_FLAGS = 30,
    HEADER_RESERVE = 36, /* cbCFHeader, cbCFFolder, cbCFData: 4 bytes, then the reserve itself */
    FLAG_PREVIOUS = 1,
    FLAG_NEXT = 2,
    FLAG_RESERVE = 4,
    FOLDER_SIZE = 8,
    FILE_SIZE = 16,
    FILE_NAME_MAX = 256,       /* bytes with the NUL */
    FOLDER_CONTINUED = 0xfffd, /* and above: the file goes on in another volume */
    BLOCK_SIZE_MAX = 0x8000,   /* uncompressed bytes of one CFDATA */
    ATTRIBUTE_UTF8 = 0x80,
    COMPRESSION_MASK = 0x0f,
    SIGNED_RESERVE = 20, /* bytes of the header's reserve in a signed cabinet */
    SIGNED_RESERVE_AT = 40,
    SIGNED_MARK = 0x00100000, /* its first four bytes; then offset and size of the signature */
    SIGNED_TABLES_AT = 60,
};

const char *cab_compression_name(enum cab_compression compression)
{
    switch (compression) {
    case CAB_STORED: return "none";
    case CAB_MSZIP: return "MSZIP";
    case CAB_QUANTUM: return "Quantum";
    case CAB_LZX: return "LZX";
    case CAB_COMPRESSION_UNKNOWN: break;
    }
    return "unknown";
}

static enum cab_compression compression_of(uint16_t type)
{
    static const enum cab_compression kinds[] = {CAB_STORED, CAB_MSZIP, CAB_QUANTUM, CAB_LZX};
    unsigned kind = type & COMPRESSION_MASK;
    return kind < sizeof kinds / sizeof kinds[0] ? kinds[kind] : CAB_COMPRESSION_UNKNOWN;
}

/* Where the tables are, for the time of opening. */
struct tables {
    uint64_t folders;
    unsigned folder_step; /* bytes of one CFFOLDER with its reserve */
    uint32_t files;
};

static bool read_header(struct cab *c, struct tables *t, struct err *e)
{
    uint16_t folders = 0, files = 0, reserve = 0;
    if (!span_starts(c->bytes, span_text("MSCF")) || !span_holds(c->bytes, 0, HEADER_SIZE))
        return err_set(e, ERR_FORMAT, "not a cabinet");
    span_u32(c->bytes, HEADER_CABINET_SIZE, &c->declared_size);
    span_u32(c->bytes, HEADER_FILE_TABLE, &t->files);
    span_u16(c->bytes, HEADER_FOLDERS, &folders);
    span_u16(c->bytes, HEADER_FILES, &files);
    span_u16(c->bytes, HEADER_FLAGS, &c->flags);
    c->folder_count = folders;
    c->file_count = files;
    t->folders = HEADER_SIZE;
    if (c->flags & (FLAG_PREVIOUS | FLAG_NEXT))
        return err_set(
            e, ERR_LIMIT,
            "the cabinet is one volume of several (multi-volume), which is not supported");
    if (c->flags & FLAG_RESERVE) {
        if (!span_u16(c->bytes, HEADER_RESERVE, &reserve) ||
            !span_u8(c->bytes, HEADER_RESERVE + 2, &c->folder_reserve) ||
            !span_u8(c->bytes, HEADER_RESERVE + 3, &c->data_reserve))
            return err_set(e, ERR_FORMAT, "the cabinet's header is cut short");
        t->folders = (uint64_t)SIGNED_RESERVE_AT + reserve;
    }
    t->folder_step = FOLDER_SIZE + (unsigned)c->folder_reserve;
    uint32_t mark = 0;
    if (reserve == SIGNED_RESERVE && span_u32(c->bytes, SIGNED_RESERVE_AT, &mark) &&
        mark == SIGNED_MARK) {
        span_u32(c->bytes, SIGNED_RESERVE_AT + 4, &c->signature_offset);
        span_u32(c->bytes, SIGNED_RESERVE_AT + 8, &c->signature_size);
    }
    return true;
}

static bool read_folders(struct cab *c, const struct tables *t, struct err *e)
{
    if (!span_holds(c->bytes, t->folders, (uint64_t)t->folder_step * c->folder_count))
        return err_set(e, ERR_FORMAT, "the cabinet's table of %zu folders is cut short",
                       c->folder_count);
    c->folders = mem_zero(c->folder_count, sizeof *c->folders);
    for (size_t i = 0; i < c->folder_count; i++) {
        struct cab_folder *f = &c->folders[i];
        uint64_t at = t->folders + (uint64_t)t->folder_step * i;
        span_u32(c->bytes, at, &f->data);
        span_u16(c->bytes, at + 4, &f->blocks);
        span_u16(c->bytes, at + 6, &f->type);
        f->compression = compression_of(f->type);
    }
    return true;
}

/* The name after a CFFILE, up to and with its NUL. */
static bool take_name(struct span *rest, struct cab_file *f, struct err *e)
{
    struct span name;
    size_t size = span_find(*rest, 0, span_of("", 1));
    if (size >= FILE_NAME_MAX || !span_take(rest, (uint64_t)size + 1, &name))
        return err_set(e, ERR_FORMAT, "the cabinet has a file name without an end");
    struct text t = {0};
    if (f->attributes & ATTRIBUTE_UTF8)
        text_add_bytes(&t, (const char *)name.at, size);
    else
        text_add_cp1252(&t, name);
    f->name = text_steal(&t);
    return true;
}

static bool take_file(struct cab *c, struct span *rest, struct cab_file *f, struct err *e)
{
    struct span head;
    if (!span_take(rest, FILE_SIZE, &head))
        return err_set(e, ERR_FORMAT, "the cabinet's table of files is cut short");
    span_u32(head, 0, &f->size);
    span_u32(head, 4, &f->offset);
    span_u16(head, 8, &f->folder);
    span_u16(head, 14, &f->attributes);
    if (!take_name(rest, f, e))
        return false;
    if (f->folder >= FOLDER_CONTINUED)
        return err_set(e, ERR_LIMIT,
                       "a file of the cabinet goes on in another volume, which is not supported");
    if (f->folder >= c->folder_count)
        return err_set(e, ERR_FORMAT, "a file of the cabinet is in folder %u of %zu", f->folder,
                       c->folder_count);
    struct cab_folder *folder = &c->folders[f->folder];
    uint64_t end = (uint64_t)f->offset + f->size;
    if (end > (uint64_t)folder->blocks * BLOCK_SIZE_MAX)
        return err_set(e, ERR_FORMAT, "a file of the cabinet lies outside its folder");
    if (end > folder->end)
        folder->end = end;
    return true;
}

static bool read_files(struct cab *c, const struct tables *t, struct err *e)
{
    struct span rest = span_from(c->bytes, t->files);
    size_t count = c->file_count;
    c->files = mem_zero(count, sizeof *c->files);
    for (size_t i = 0; i < count; i++)
        if (!take_file(c, &rest, &c->files[i], e))
            return false;
    return true;
}

bool cab_open(struct span bytes, struct cab *out, struct err *e)
{
    struct cab c = {.bytes = bytes};
    struct tables t = {0};
    if (read_header(&c, &t, e) && read_folders(&c, &t, e) && read_files(&c, &t, e)) {
        *out = c;
        return true;
    }
    cab_release(&c);
    return false;
}

static void add_number(struct text *t, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++, value >>= 8) {
        char byte = (char)(value & 0xff);
        text_add_bytes(t, &byte, 1);
    }
}

/* CFHEADER, one CFFOLDER and one CFFILE of the folder's size; the folder's CFDATA follow at once.
 */
static void build_head(const struct cab *c, const struct cab_folder *f, struct text *t)
{
    unsigned reserve = c->data_reserve ? 4 : 0;
    uint32_t file_table = HEADER_SIZE + reserve + FOLDER_SIZE;
    uint32_t size = file_table + FILE_SIZE + 2;
    text_add_bytes(t, "MSCF\0\0\0\0", 8);
    add_number(t, (uint64_t)size + (c->bytes.size - f->data), 4);
    add_number(t, 0, 4);
    add_number(t, file_table, 4);
    add_number(t, 0, 4);
    text_add_bytes(t, "\3\1", 2);
    add_number(t, 1, 2);
    add_number(t, 1, 2);
    add_number(t, reserve ? FLAG_RESERVE : 0, 2);
    add_number(t, 0, 4);
    if (reserve)
        add_number(t, (uint64_t)c->data_reserve << 24, 4);
    add_number(t, size, 4);
    add_number(t, f->blocks, 2);
    add_number(t, f->type, 2);
    add_number(t, f->end, 4);
    add_number(t, 0, 12);
    text_add_bytes(t, "f", 2);
}

bool cab_folder_alone(const struct cab *c, size_t i, struct bytes *head, struct span *tail,
                      struct err *e)
{
    if (i >= c->folder_count)
        return err_set(e, ERR_USAGE, "the cabinet has no folder %zu", i);
    const struct cab_folder *f = &c->folders[i];
    if (f->compression == CAB_QUANTUM || f->compression == CAB_COMPRESSION_UNKNOWN)
        return err_set(e, ERR_LIMIT,
                       "the cabinet is compressed with %s (type 0x%04x), which is not supported",
                       cab_compression_name(f->compression), f->type);
    if (f->data >= c->bytes.size)
        return err_set(e, ERR_FORMAT, "folder %zu of the cabinet begins past its end", i);
    struct text t = {0};
    build_head(c, f, &t);
    size_t size = t.size;
    *head = (struct bytes){.at = (uint8_t *)text_steal(&t), .size = size};
    *tail = span_from(c->bytes, f->data);
    return true;
}

bool cab_signature(const struct cab *c, struct span *out, struct err *e)
{
    if (!c->signature_size)
        return false;
    if (!span_part(c->bytes, c->signature_offset, c->signature_size, out))
        return err_set(e, ERR_FORMAT, "the cabinet's signature lies outside the file");
    return true;
}

bool cab_signed_spans(const struct cab *c, struct span_list *out, struct err *e)
{
    struct span magic, fixed = {0}, last = {0}, body = {0};
    span_part(c->bytes, 0, 4, &magic);
    if (c->signature_size && (c->folder_reserve || c->data_reserve))
        return err_set(e, ERR_FORMAT,
                       "the signed cabinet has reserves that its signature does not cover");
    if (c->signature_size) {
        if (c->signature_offset < SIGNED_TABLES_AT || !span_part(c->bytes, 8, 26, &fixed) ||
            !span_part(c->bytes, SIGNED_TABLES_AT - 4, 4, &last) ||
            !span_part(c->bytes, SIGNED_TABLES_AT, c->signature_offset - SIGNED_TABLES_AT, &body))
            return err_set(e, ERR_FORMAT, "the cabinet's signature lies outside the file");
    } else {
        body = span_from(c->bytes, 8);
    }
    struct span_list list = {0};
    spans_add(&list, magic);
    spans_add(&list, fixed);
    spans_add(&list, last);
    spans_add(&list, body);
    *out = list;
    return true;
}

void cab_release(struct cab *c)
{
    if (!c)
        return;
    for (size_t i = 0; c->files && i < c->file_count; i++)
        mem_free(c->files[i].name);
    mem_free(c->files);
    mem_free(c->folders);
    memset(c, 0, sizeof *c);
}
