#include "verifier/pe.h"

#include "base/mem.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    COFF_SIZE = 24,            /* "PE\0\0" and the file header */
    NT_HEADERS_MAX = 24 + 240, /* the same and the largest optional header */
    SECTION_SIZE = 40,
    IMPORT_SIZE = 20,
    NAME_MAX_BYTES = 256,      /* of an imported DLL */
    RESOURCE_ENTRIES_MAX = 4096,
    VERSION_BYTES_MAX = 64 * 1024,
    VERSION_STRINGS_MAX = 256,
};

enum { MAGIC_PE32 = 0x10b, MAGIC_PE32_PLUS = 0x20b };
enum { DIRECTORY_IMPORT = 1, DIRECTORY_RESOURCE = 2, DIRECTORY_SECURITY = 4 };

/* What the functions of one parse share. */
struct reader {
    struct pe *p;
    struct pe_source source;
    const char *name;
    struct findings *f;
    uint64_t pe;          /* offset of "PE\0\0" */
    struct span nt;       /* the headers from there, as far as the file goes */
    uint8_t nt_bytes[NT_HEADERS_MAX];
    uint32_t headers_size; /* SizeOfHeaders */
    uint64_t sections_end; /* where the section table ends in the file */
    uint32_t directories; /* NumberOfRvaAndSizes */
};

static bool span_read(void *context, uint64_t offset, void *buffer, size_t size)
{
    const struct span *bytes = context;
    struct span part;
    if (!span_part(*bytes, offset, size, &part))
        return false;
    if (size > 0)
        memcpy(buffer, part.at, size);
    return true;
}

struct pe_source pe_source_span(const struct span *bytes)
{
    return (struct pe_source){bytes->size, span_read, (void *)(uintptr_t)bytes};
}

/* As much as size bytes at offset, or false when not all of them are inside the file. */
static bool get(struct reader *r, uint64_t offset, void *buffer, size_t size)
{
    return offset <= r->source.size && size <= r->source.size - offset &&
           r->source.read(r->source.context, offset, buffer, size);
}

static uint64_t directory_at(const struct reader *r, unsigned number)
{
    return (r->p->magic == MAGIC_PE32 ? 120U : 136U) + 8ULL * number;
}

/* Address and size of a data directory; false where there is none. */
static bool directory(const struct reader *r, unsigned number, uint32_t *address, uint32_t *size)
{
    uint64_t at = directory_at(r, number);
    return r->directories > number && span_u32(r->nt, at, address) &&
           span_u32(r->nt, at + 4, size);
}

/* ---- headers ---- */

static bool find_headers(struct reader *r)
{
    uint8_t dos[64];
    uint32_t at = 0;
    if (!get(r, 0, dos, sizeof dos) || dos[0] != 'M' || dos[1] != 'Z')
        return false;
    span_u32(span_of(dos, sizeof dos), 0x3c, &at);
    r->pe = at;
    if (r->pe >= r->source.size) {
        findings_add(r->f, FINDING_WARNING, "pe-header-outside", r->name,
            "the offset of the PE header at 0x3c, 0x%" PRIx64 ", is outside the file", r->pe);
        return false;
    }
    uint64_t left = r->source.size - r->pe;
    size_t size = left < NT_HEADERS_MAX ? (size_t)left : NT_HEADERS_MAX;
    if (!get(r, r->pe, r->nt_bytes, size))
        return false;
    r->nt = span_of(r->nt_bytes, size);
    return span_starts(r->nt, span_of("PE\0\0", 4));
}

static bool broken(struct reader *r, const char *code, const char *what, uint64_t offset)
{
    r->p->state = PE_BROKEN;
    findings_add(r->f, FINDING_ERROR, code, r->name, "%s (offset 0x%" PRIx64 ")", what, offset);
    return false;
}

/* The fields that PE32 and PE32+ have at the same place. */
static bool read_fields(struct reader *r)
{
    struct pe *p = r->p;
    struct span nt = r->nt;
    return span_u16(nt, 4, &p->machine) && span_u32(nt, 8, &p->timestamp) &&
           span_u16(nt, 22, &p->characteristics) && span_u16(nt, 24, &p->magic) &&
           span_u16(nt, 64, &p->os_version[0]) && span_u16(nt, 66, &p->os_version[1]) &&
           span_u16(nt, 72, &p->subsystem_version[0]) &&
           span_u16(nt, 74, &p->subsystem_version[1]) && span_u32(nt, 84, &r->headers_size) &&
           span_u32(nt, 88, &p->checksum) && span_u16(nt, 92, &p->subsystem);
}

static bool read_headers(struct reader *r)
{
    uint16_t optional = 0;
    r->p->state = PE_OK;
    if (!read_fields(r) || !span_u16(r->nt, 20, &optional))
        return broken(r, "pe-headers-truncated", "the file ends inside the PE headers", r->pe);
    if (r->p->magic != MAGIC_PE32 && r->p->magic != MAGIC_PE32_PLUS)
        return broken(r, "pe-magic", "the optional header is neither PE32 nor PE32+", r->pe + 24);
    uint64_t count_at = directory_at(r, 0) - 4;
    if (!span_u32(r->nt, count_at, &r->directories))
        return broken(r, "pe-headers-truncated", "the file ends inside the PE headers", r->pe);
    if (optional < count_at + 4 - COFF_SIZE)
        return broken(r, "pe-optional-header", "the optional header is too small", r->pe + 20);
    if (r->directories > (optional - (count_at + 4 - COFF_SIZE)) / 8) {
        r->directories = (uint32_t)((optional - (count_at + 4 - COFF_SIZE)) / 8);
        findings_add(r->f, FINDING_WARNING, "pe-directory-count", r->name,
            "more data directories than the optional header holds (offset 0x%" PRIx64 ")",
            r->pe + count_at);
    }
    if (r->directories > DIRECTORY_SECURITY &&
        !span_holds(r->nt, directory_at(r, DIRECTORY_SECURITY), 8))
        return broken(r, "pe-headers-truncated", "the file ends inside the PE headers", r->pe);
    return true;
}

/* ---- sections ---- */

static void read_section(struct span row, struct pe_section *s)
{
    memcpy(s->name, row.at, 8);
    span_u32(row, 8, &s->virtual_size);
    span_u32(row, 12, &s->virtual_address);
    span_u32(row, 16, &s->raw_size);
    span_u32(row, 20, &s->raw_offset);
    span_u32(row, 36, &s->characteristics);
}

static int by_raw_offset(const void *a, const void *b)
{
    const struct pe_section *const *x = a, *const *y = b;
    return ((*x)->raw_offset > (*y)->raw_offset) - ((*x)->raw_offset < (*y)->raw_offset);
}

static void check_sections(struct reader *r)
{
    struct pe_section *order[PE_SECTIONS_MAX];
    size_t count = 0;
    uint64_t end = 0;
    for (size_t i = 0; i < r->p->section_count; i++)
        if (r->p->sections[i].raw_size > 0)
            order[count++] = &r->p->sections[i];
    qsort(order, count, sizeof order[0], by_raw_offset);
    for (size_t i = 0; i < count; i++) {
        uint64_t begin = order[i]->raw_offset;
        if (begin < end)
            findings_add(r->f, FINDING_WARNING, "pe-sections-overlap", r->name,
                "two sections share bytes of the file (offset 0x%" PRIx64 ")", begin);
        end = begin + order[i]->raw_size;
        if (end > r->source.size)
            findings_add(r->f, FINDING_ERROR, "pe-section-outside", r->name,
                "a section's bytes from 0x%" PRIx64 " reach past the end of the file", begin);
    }
}

static void read_sections(struct reader *r)
{
    uint16_t count = 0, optional = 0;
    uint8_t row[SECTION_SIZE];
    span_u16(r->nt, 6, &count);
    span_u16(r->nt, 20, &optional);
    uint64_t at = r->pe + COFF_SIZE + optional;
    r->sections_end = at + (uint64_t)SECTION_SIZE * count;
    if (count > PE_SECTIONS_MAX) {
        findings_add(r->f, FINDING_ERROR, "pe-section-count", r->name,
            "%u sections, more than Windows loads (offset 0x%" PRIx64 ")", (unsigned)count,
            r->pe + 6);
        count = PE_SECTIONS_MAX;
    }
    r->p->sections = mem_zero(count, sizeof r->p->sections[0]);
    for (unsigned i = 0; i < count; i++, at += SECTION_SIZE) {
        if (!get(r, at, row, sizeof row)) {
            findings_add(r->f, FINDING_ERROR, "pe-section-table", r->name,
                "the file ends inside the section table (offset 0x%" PRIx64 ")", at);
            break;
        }
        read_section(span_of(row, sizeof row), &r->p->sections[r->p->section_count++]);
    }
    check_sections(r);
}

/*
 * Offset in the file of size bytes that are loaded at an address; false when no section backs them.
 */
static bool file_offset(const struct reader *r, uint32_t address, uint32_t size, uint64_t *offset)
{
    if (address < r->headers_size && size <= r->headers_size - address) {
        *offset = address;
        return true;
    }
    for (size_t i = 0; i < r->p->section_count; i++) {
        const struct pe_section *s = &r->p->sections[i];
        if (address < s->virtual_address || address - s->virtual_address >= s->raw_size)
            continue;
        uint32_t inside = address - s->virtual_address;
        if (size > s->raw_size - inside)
            return false;
        *offset = (uint64_t)s->raw_offset + inside;
        return true;
    }
    return false;
}

/* ---- certificate table and hashed ranges ---- */

static void add_range(struct pe *p, uint64_t begin, uint64_t end)
{
    if (begin < end)
        p->hashed[p->hashed_count++] = (struct pe_range){begin, end - begin};
}

/* Bytes of the file that follow a last, unaligned entry to make it end at a multiple of eight. */
static bool is_alignment(struct reader *r, uint64_t begin)
{
    uint8_t rest[8] = {0};
    static const uint8_t zeros[8];
    uint64_t size = r->source.size - begin;
    return size < 8 && r->p->table.size % 8 + size == 8 && get(r, begin, rest, (size_t)size) &&
           memcmp(rest, zeros, sizeof rest) == 0;
}

/* Does a section keep code in the bytes that the hash leaves out? */
static bool table_in_section(const struct reader *r)
{
    uint64_t begin = r->p->table.offset, end = begin + r->p->table.size;
    for (size_t i = 0; i < r->p->section_count; i++) {
        const struct pe_section *s = &r->p->sections[i];
        uint64_t section_end = (uint64_t)s->raw_offset + s->raw_size;
        if (s->raw_size > 0 && s->raw_offset < end && section_end > begin)
            return true;
    }
    return false;
}

static bool find_table(struct reader *r)
{
    uint32_t offset, size;
    struct pe *p = r->p;
    uint64_t at = r->pe + directory_at(r, DIRECTORY_SECURITY);
    if (!directory(r, DIRECTORY_SECURITY, &offset, &size) || size == 0)
        return true;
    if (offset > p->size || size > p->size - offset)
        return broken(r, "pe-certificate-table-outside",
            "the certificate table is not all inside the file", at);
    if (offset < at + 8 || offset < r->sections_end)
        return broken(r, "pe-certificate-table-in-headers",
            "the certificate table overlaps the headers", at);
    p->table = (struct pe_range){offset, size};
    if (table_in_section(r))
        return broken(r, "pe-certificate-table-in-section",
            "the certificate table overlaps a section, whose bytes would not be hashed", at);
    p->table_is_last = p->size - offset == size || is_alignment(r, (uint64_t)offset + size);
    if (!p->table_is_last)
        findings_add(r->f, FINDING_ERROR, "pe-certificate-table-not-last", r->name,
            "bytes follow the certificate table, so Windows ignores the signature "
            "(offset 0x%" PRIx64 ")", (uint64_t)offset + size);
    return true;
}

static void set_ranges(struct reader *r)
{
    struct pe *p = r->p;
    uint64_t checksum = r->pe + 88, entry = r->pe + directory_at(r, DIRECTORY_SECURITY);
    uint64_t begin = checksum + 4;
    uint64_t end = p->table.size > 0 ? p->table.offset : p->size;
    add_range(p, 0, checksum);
    if (r->directories > DIRECTORY_SECURITY) {
        add_range(p, begin, entry);
        begin = entry + 8;
    }
    add_range(p, begin, end);
    /* What follows the table was never signed: hashing it makes the digest differ, as it should. */
    if (p->table.size > 0 && !p->table_is_last)
        add_range(p, p->table.offset + p->table.size, p->size);
    if (p->table.size == 0)
        p->pad = (unsigned)((8 - p->size % 8) % 8);
}

/*
 * One WIN_CERTIFICATE off the front of the table's bytes: u32 length, u16 revision, u16 type, blob.
 */
static bool take_certificate(struct reader *r, struct span *rest, uint64_t offset)
{
    struct pe *p = r->p;
    struct pe_certificate *c = &p->certificates[p->certificate_count];
    uint32_t length;
    if (!span_u32(*rest, 0, &length) || length < 8 || !span_part(*rest, 8, length - 8, &c->blob)) {
        findings_add(r->f, FINDING_ERROR, "pe-certificate-entry", r->name,
            "an entry of the certificate table has a wrong length (offset 0x%" PRIx64 ")", offset);
        return false;
    }
    c->offset = offset;
    span_u16(*rest, 4, &c->revision);
    span_u16(*rest, 6, &c->type);
    if (c->type != 2 || (c->revision != 0x200 && c->revision != 0x100))
        findings_add(r->f, FINDING_WARNING, "pe-certificate-type", r->name,
            "an entry of the certificate table is of type %u, revision 0x%x (offset 0x%" PRIx64 ")",
            (unsigned)c->type, (unsigned)c->revision, offset);
    p->certificate_count++;
    *rest = span_from(*rest, ((uint64_t)length + 7) / 8 * 8);
    return true;
}

static bool all_zero(struct span s)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.at[i] != 0)
            return false;
    return true;
}

static void read_certificates(struct reader *r)
{
    struct pe *p = r->p;
    if (p->table.size == 0)
        return;
    if (p->table.size > PE_CERTIFICATE_BYTES_MAX) {
        findings_add(r->f, FINDING_ERROR, "pe-certificate-table-size", r->name,
            "the certificate table is larger than %d MB", PE_CERTIFICATE_BYTES_MAX >> 20);
        return;
    }
    p->table_bytes = mem_zero((size_t)p->table.size, 1);
    if (!get(r, p->table.offset, p->table_bytes, (size_t)p->table.size)) {
        p->state = PE_BROKEN;
        findings_add(r->f, FINDING_ERROR, "pe-unreadable", r->name,
            "the certificate table cannot be read");
        return;
    }
    p->certificates = mem_zero(PE_CERTIFICATES_MAX, sizeof p->certificates[0]);
    struct span all = span_of(p->table_bytes, (size_t)p->table.size), rest = all;
    while (rest.size > 0 && p->certificate_count < PE_CERTIFICATES_MAX) {
        if (p->certificate_count > 0 && all_zero(rest))
            break;
        if (!take_certificate(r, &rest, p->table.offset + (all.size - rest.size)))
            break;
    }
    if (p->certificate_count == PE_CERTIFICATES_MAX && !all_zero(rest))
        findings_add(r->f, FINDING_WARNING, "pe-certificate-count", r->name,
            "more than %d certificate entries", PE_CERTIFICATES_MAX);
}

/* ---- imports ---- */

/* A NUL-terminated name at an address. */
static bool read_name(struct reader *r, uint32_t address, char name[NAME_MAX_BYTES])
{
    uint64_t at;
    if (!file_offset(r, address, 1, &at) || at >= r->source.size)
        return false;
    uint64_t left = r->source.size - at;
    size_t size = left < NAME_MAX_BYTES ? (size_t)left : NAME_MAX_BYTES;
    return get(r, at, name, size) && memchr(name, '\0', size) != NULL && name[0] != '\0';
}

/* Import names are bytes; the ones outside ASCII are shown as in code page 1252. */
static void keep_import(struct pe *p, const char *name)
{
    struct text t = {0};
    if (text_is_utf8(span_text(name)))
        text_add(&t, name);
    else
        text_add_cp1252(&t, span_text(name));
    p->imports[p->import_count++] = text_steal(&t);
}

static void read_imports(struct reader *r)
{
    static const uint8_t end[IMPORT_SIZE];
    uint32_t address, size, name_address = 0;
    uint64_t at;
    char name[NAME_MAX_BYTES];
    uint8_t row[IMPORT_SIZE];
    if (!directory(r, DIRECTORY_IMPORT, &address, &size) || address == 0 || size == 0)
        return;
    r->p->imports = mem_zero(PE_IMPORTS_MAX, sizeof r->p->imports[0]);
    if (!file_offset(r, address, IMPORT_SIZE, &at))
        at = UINT64_MAX;
    for (; r->p->import_count < PE_IMPORTS_MAX; at += IMPORT_SIZE) {
        if (!get(r, at, row, sizeof row)) {
            findings_add(r->f, FINDING_WARNING, "pe-imports", r->name,
                "the import table at address 0x%x is not all in the file", (unsigned)address);
            return;
        }
        span_u32(span_of(row, sizeof row), 12, &name_address);
        if (memcmp(row, end, sizeof row) == 0 || name_address == 0)
            return;
        if (!read_name(r, name_address, name)) {
            findings_add(r->f, FINDING_WARNING, "pe-imports", r->name,
                "an import's name at address 0x%x is not in the file", (unsigned)name_address);
            return;
        }
        keep_import(r->p, name);
    }
}

/*
 * Native programs such as autochk.exe import ntdll.dll; drivers import the kernel or a port driver,
 * and the few that import nothing are drivers too.
 */
static bool is_kernel(const struct pe *p)
{
    static const char *const exporters[] = {"ntoskrnl.exe", "hal.dll", "ndis.sys", "storport.sys",
        "scsiport.sys", "wdfldr.sys", "tdi.sys", "videoprt.sys", "portcls.sys", "ks.sys",
        "fltmgr.sys", "netio.sys", "hidparse.sys", "hidclass.sys", "usbd.sys", "classpnp.sys"};
    bool native = p->subsystem == 1, ntdll = false;
    for (size_t i = 0; i < p->import_count; i++) {
        for (size_t k = 0; k < sizeof exporters / sizeof exporters[0]; k++)
            if (text_equal_nocase(p->imports[i], exporters[k]))
                return true;
        ntdll = ntdll || text_equal_nocase(p->imports[i], "ntdll.dll");
    }
    return native && !ntdll;
}

/* ---- version resource ---- */

/*
 * Entry of the resource directory at offset inside the resources: the one with this id, or the
 * first for id 0.
 */
static bool find_resource(struct reader *r, struct pe_range tree, uint32_t *offset, uint32_t id)
{
    uint8_t head[16], row[8];
    uint16_t named = 0, numbered = 0;
    if (*offset >= tree.size || !get(r, tree.offset + *offset, head, sizeof head))
        return false;
    span_u16(span_of(head, sizeof head), 12, &named);
    span_u16(span_of(head, sizeof head), 14, &numbered);
    uint32_t count = (uint32_t)named + numbered;
    for (uint32_t i = 0; i < count && i < RESOURCE_ENTRIES_MAX; i++) {
        uint32_t key = 0;
        if (!get(r, tree.offset + *offset + 16 + 8ULL * i, row, sizeof row))
            return false;
        span_u32(span_of(row, sizeof row), 0, &key);
        if (id != 0 && key != id)
            continue;
        span_u32(span_of(row, sizeof row), 4, offset);
        return true;
    }
    return false;
}

/*
 * One block of VERSIONINFO: length, length of the value, type, key, value, children; each aligned
 * to four.
 */
struct block {
    struct span key, value, children;
};

static struct span from_aligned(struct span s, size_t offset)
{
    return span_from(s, (offset + 3) / 4 * 4);
}

/*
 * Cut the first block off *rest. Lengths of text values count characters, but some tools count
 * bytes.
 */
static bool take_block(struct span *rest, struct block *b)
{
    uint16_t length, value, type, unit = 1;
    struct span whole;
    size_t end = 6;
    if (!span_u16(*rest, 0, &length) || !span_u16(*rest, 2, &value) || !span_u16(*rest, 4, &type) ||
        length < 6 || !span_part(*rest, 0, length, &whole))
        return false;
    while (unit != 0) {
        if (!span_u16(whole, end, &unit))
            return false;
        end += 2;
    }
    span_part(whole, 6, end - 6, &b->key);
    struct span after = from_aligned(whole, end);
    size_t size = type == 1 ? 2U * (size_t)value : value;
    if (size > after.size)
        size = after.size;
    span_part(after, 0, size, &b->value);
    b->children = from_aligned(after, size);
    *rest = from_aligned(*rest, length);
    return true;
}

static bool key_is(struct span key, const char *ascii)
{
    struct text t = {0};
    text_add_utf16le(&t, key);
    bool same = text_equal_nocase(text_str(&t), ascii);
    text_release(&t);
    return same;
}

static void keep_string(struct pe_version *v, const struct block *b)
{
    struct {
        const char *key;
        char **to;
    } const fields[] = {
        {"CompanyName", &v->company},         {"FileDescription", &v->description},
        {"FileVersion", &v->file_version},    {"InternalName", &v->internal_name},
        {"LegalCopyright", &v->copyright},    {"OriginalFilename", &v->original_name},
        {"ProductName", &v->product_name},    {"ProductVersion", &v->product_version},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (*fields[i].to != NULL || !key_is(b->key, fields[i].key))
            continue;
        struct text t = {0};
        text_add_utf16le(&t, b->value);
        *fields[i].to = text_steal(&t);
        return;
    }
}

/* StringFileInfo holds a table for each language; the first one that has a field wins. */
static void read_strings(struct pe_version *v, struct span tables)
{
    struct block table, string;
    unsigned budget = VERSION_STRINGS_MAX;
    while (budget > 0 && take_block(&tables, &table)) {
        budget--;
        while (budget > 0 && take_block(&table.children, &string)) {
            budget--;
            keep_string(v, &string);
        }
    }
}

static void read_fixed(struct pe_version *v, struct span fixed)
{
    uint32_t signature = 0;
    if (!span_u32(fixed, 0, &signature) || signature != 0xfeef04bdU || !span_holds(fixed, 0, 24))
        return;
    for (unsigned i = 0; i < 2; i++) { /* the more significant half of each pair stands second */
        span_u16(fixed, 8 + 4ULL * i + 2, &v->file[2 * i]);
        span_u16(fixed, 8 + 4ULL * i, &v->file[2 * i + 1]);
        span_u16(fixed, 16 + 4ULL * i + 2, &v->product[2 * i]);
        span_u16(fixed, 16 + 4ULL * i, &v->product[2 * i + 1]);
    }
    v->present = true;
}

static void read_version_info(struct pe_version *v, struct span bytes)
{
    struct block info, child;
    if (!take_block(&bytes, &info) || !key_is(info.key, "VS_VERSION_INFO"))
        return;
    read_fixed(v, info.value);
    for (unsigned i = 0; i < VERSION_STRINGS_MAX && take_block(&info.children, &child); i++)
        if (key_is(child.key, "StringFileInfo"))
            read_strings(v, child.children);
}

static void read_version(struct reader *r)
{
    enum { RT_VERSION_ID = 16 };
    const uint32_t subdirectory = 0x80000000U;
    uint32_t address, size, offset = 0, data_address = 0, data_size = 0;
    struct pe_range tree;
    uint8_t entry[16];
    uint64_t at;
    if (!directory(r, DIRECTORY_RESOURCE, &address, &size) || address == 0 ||
        !file_offset(r, address, 16, &tree.offset))
        return;
    tree.size = size;
    for (unsigned level = 0; level < 3; level++) {
        if (!find_resource(r, tree, &offset, level == 0 ? RT_VERSION_ID : 0))
            return;
        if (((offset & subdirectory) != 0) != (level < 2))
            return;
        offset &= ~subdirectory;
    }
    if (!get(r, tree.offset + offset, entry, sizeof entry))
        return;
    span_u32(span_of(entry, sizeof entry), 0, &data_address);
    span_u32(span_of(entry, sizeof entry), 4, &data_size);
    if (data_size > VERSION_BYTES_MAX || !file_offset(r, data_address, data_size, &at)) {
        findings_add(r->f, FINDING_WARNING, "pe-version", r->name,
            "the version resource at address 0x%x is not in the file", (unsigned)data_address);
        return;
    }
    uint8_t *bytes = mem_zero(data_size, 1);
    if (get(r, at, bytes, data_size))
        read_version_info(&r->p->version, span_of(bytes, data_size));
    mem_free(bytes);
}

/* ---- the whole ---- */

void pe_parse(struct pe *p, struct pe_source source, const char *name, struct findings *f)
{
    struct reader r = {.p = p, .source = source, .name = name, .f = f};
    memset(p, 0, sizeof *p);
    p->size = source.size;
    if (!find_headers(&r) || !read_headers(&r))
        return;
    read_sections(&r);
    read_imports(&r);
    p->kernel = is_kernel(p);
    read_version(&r);
    if (!find_table(&r))
        return;
    set_ranges(&r);
    read_certificates(&r);
}

size_t pe_hashed_spans(const struct pe *p, struct span file, struct span out[PE_RANGES_MAX])
{
    if (p->state != PE_OK || file.size != p->size)
        return 0;
    for (size_t i = 0; i < p->hashed_count; i++)
        if (!span_part(file, p->hashed[i].offset, p->hashed[i].size, &out[i]))
            return 0;
    return p->hashed_count;
}

const char *pe_machine_name(uint16_t machine)
{
    switch (machine) {
    case 0x014c: return "x86";
    case 0x8664: return "x64";
    case 0x01c0:
    case 0x01c4: return "arm";
    case 0xaa64: return "arm64";
    case 0x0200: return "ia64";
    default: return "unknown";
    }
}

void pe_release(struct pe *p)
{
    struct pe_version *v = &p->version;
    char *strings[] = {v->company, v->description, v->file_version, v->internal_name, v->copyright,
        v->original_name, v->product_name, v->product_version};
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        mem_free(strings[i]);
    for (size_t i = 0; i < p->import_count; i++)
        mem_free(p->imports[i]);
    mem_free(p->imports);
    mem_free(p->sections);
    mem_free(p->certificates);
    mem_free(p->table_bytes);
    memset(p, 0, sizeof *p);
}
