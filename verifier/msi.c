#include "verifier/msi.h"

#include "verifier/msi_inside.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* How tables are stored: Wine dlls/msi/table.c and string.c, msitools libmsi; Microsoft documents
 * the rest. */
enum {
    CODE_PAGE_UTF8 = 65001,
    LONG_REFERENCES = 0x8000, /* in the second word of the pool: 3-byte references */
    TYPE_SIZE = 0x00ff,
    TYPE_STRING = 0x0800,
    TYPE_BINARY = 0x0900, /* the string and the valid bit without the localizable or text one */
    TYPE_BINARY_MASK = 0x0f00,
    TYPE_NULLABLE = 0x1000,
    TYPE_KEY = 0x2000,
    CODED_FIRST = 0x3800,  /* two characters in one UTF-16 unit */
    CODED_SINGLE = 0x4800, /* one */
    CODED_TABLE = 0x4840,  /* in front of a table's name */
    SUMMARY_SUBJECT = 3,
    SUMMARY_TEMPLATE = 7,
    SUMMARY_TEXT = 30, /* VT_LPSTR */
    SUMMARY_PROPERTIES_MAX = 64,
};

static const char coded_alphabet[] =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._";

static void add_coded(struct text *t, unsigned value)
{
    text_add_bytes(t, &coded_alphabet[value & 0x3f], 1);
}

static void decode_name(struct span utf16, struct text *t)
{
    for (size_t i = 0; i + 1 < utf16.size; i += 2) {
        unsigned unit = utf16.at[i] | (unsigned)utf16.at[i + 1] << 8;
        if (unit >= CODED_FIRST && unit < CODED_SINGLE) {
            add_coded(t, unit - CODED_FIRST);
            add_coded(t, (unit - CODED_FIRST) >> 6);
        } else if (unit >= CODED_SINGLE && unit < CODED_TABLE) {
            add_coded(t, unit - CODED_SINGLE);
        } else if (unit == CODED_TABLE && i == 0) {
            text_add(t, "!");
        } else {
            text_add_utf16le(t, span_of(utf16.at + i, 2));
        }
    }
}

char *msi_stream_name(const struct msi *m, size_t i)
{
    struct text t = {0};
    if (i < m->ole.count)
        decode_name(m->ole.entries[i].name, &t);
    return text_steal(&t);
}

/* Does the name in utf16 decode to this ASCII name? */
static bool stream_is(struct span utf16, const char *name)
{
    for (size_t i = 0; i + 1 < utf16.size; i += 2) {
        unsigned unit = utf16.at[i] | (unsigned)utf16.at[i + 1] << 8;
        char decoded[3] = {0};
        if (unit >= CODED_FIRST && unit < CODED_SINGLE) {
            decoded[0] = coded_alphabet[(unit - CODED_FIRST) & 0x3f];
            decoded[1] = coded_alphabet[(unit - CODED_FIRST) >> 6 & 0x3f];
        } else if (unit >= CODED_SINGLE && unit < CODED_TABLE) {
            decoded[0] = coded_alphabet[unit - CODED_SINGLE];
        } else if (unit == CODED_TABLE && i == 0) {
            decoded[0] = '!';
        } else if (unit && unit < 0x80) {
            decoded[0] = (char)unit;
        } else {
            return false;
        }
        size_t size = strlen(decoded);
        if (strncmp(name, decoded, size) != 0)
            return false;
        name += size;
    }
    return !*name;
}

static size_t find_stream(const struct ole *o, const char *name)
{
    const struct ole_entry *root = o->count ? &o->entries[0] : &(struct ole_entry){0};
    for (size_t i = 0; i < root->child_count; i++) {
        const struct ole_entry *child = &o->entries[root->children[i]];
        if (child->type == OLE_STREAM && stream_is(child->name, name))
            return root->children[i];
    }
    return SIZE_MAX;
}

size_t msi_stream(const struct msi *m, const char *name)
{
    return find_stream(&m->ole, name);
}

bool msi_is(struct span bytes)
{
    struct ole o = {0};
    if (!ole_is(bytes) || !ole_open(bytes, &o, NULL))
        return false;
    bool is = find_stream(&o, "!_StringPool") != SIZE_MAX;
    ole_release(&o);
    return is;
}

/* A stream that must be there, in one piece. */
static bool read_stream(const struct msi *m, const char *name, struct bytes *storage,
                        struct span *out, struct err *e)
{
    size_t i = find_stream(&m->ole, name);
    if (i == SIZE_MAX)
        return err_set(e, ERR_NOT_FOUND, "the MSI has no stream '%s'", name);
    return ole_read(&m->ole, i, storage, out, e);
}

static char *decode_string(const struct msi *m, struct span bytes)
{
    struct text t = {0};
    if (m->code_page == CODE_PAGE_UTF8 && text_is_utf8(bytes))
        text_add_bytes(&t, (const char *)bytes.at, bytes.size);
    else
        text_add_cp1252(&t, bytes);
    return text_steal(&t);
}

static bool add_string(struct msi *m, char *string, struct err *e)
{
    if (m->string_count >= MSI_STRINGS_MAX) {
        mem_free(string);
        return err_set(e, ERR_LIMIT, "the MSI has more than %d strings", MSI_STRINGS_MAX);
    }
    m->strings = mem_grow(m->strings, m->string_count, &m->string_room, sizeof *m->strings);
    m->strings[m->string_count++] = string;
    return true;
}

/* Each string has two words in the pool: length and number of uses. Over 64 KB: length 0, and the
 * next two hold it. */
static bool parse_strings(struct msi *m, struct span pool, struct span data, struct err *e)
{
    struct span item, string;
    uint32_t head = 0;
    if (!span_take(&pool, 4, &item))
        return err_set(e, ERR_FORMAT, "the MSI's string pool is empty");
    span_u32(item, 0, &head);
    m->string_width = head >> 16 & LONG_REFERENCES ? 3 : 2;
    m->code_page = head & 0x7fffffff;
    if (!add_string(m, NULL, e))
        return false;
    while (span_take(&pool, 4, &item)) {
        uint16_t size16 = 0, uses = 0;
        span_u16(item, 0, &size16);
        span_u16(item, 2, &uses);
        uint32_t size = size16;
        if (!size && uses && (!span_take(&pool, 4, &item) || !span_u32(item, 0, &size)))
            return err_set(e, ERR_FORMAT, "the MSI's string pool is cut short");
        if (!span_take(&data, size, &string))
            return err_set(e, ERR_FORMAT, "the MSI's string %zu is past the end of its pool",
                           m->string_count);
        if (!add_string(m, size ? decode_string(m, string) : NULL, e))
            return false;
    }
    return true;
}

static bool read_strings(struct msi *m, struct err *e)
{
    struct bytes pool_storage = {0}, data_storage = {0};
    struct span pool = {0}, data = {0};
    bool ok = read_stream(m, "!_StringPool", &pool_storage, &pool, e) &&
              read_stream(m, "!_StringData", &data_storage, &data, e) &&
              parse_strings(m, pool, data, e);
    bytes_release(&pool_storage);
    bytes_release(&data_storage);
    return ok;
}

static const char *string_at(const struct msi *m, uint32_t reference)
{
    return reference < m->string_count ? m->strings[reference] : NULL;
}

/* The stored form of a cell; 0 is null. False when there is no such cell. */
static bool cell(const struct msi_table *t, size_t row, size_t column, uint32_t *out)
{
    if (row >= t->row_count || column >= t->column_count)
        return false;
    const struct msi_column *c = &t->columns[column];
    uint64_t offset = c->offset + (uint64_t)row * c->width;
    uint16_t low = 0;
    uint8_t high = 0;
    if (c->width == 4)
        return span_u32(t->bytes, offset, out);
    if (!span_u16(t->bytes, offset, &low) ||
        (c->width == 3 && !span_u8(t->bytes, offset + 2, &high)))
        return false;
    *out = low | (uint32_t)high << 16;
    return true;
}

const char *msi_text(const struct msi_table *t, size_t row, size_t column)
{
    uint32_t reference = 0;
    if (!cell(t, row, column, &reference) || t->columns[column].type != MSI_TEXT)
        return NULL;
    return string_at(t->msi, reference);
}

bool msi_integer(const struct msi_table *t, size_t row, size_t column, int32_t *out)
{
    uint32_t value = 0;
    if (!cell(t, row, column, &value) || t->columns[column].type != MSI_INTEGER || !value)
        return false;
    int64_t bias = t->columns[column].width == 4 ? INT64_C(0x80000000) : 0x8000;
    *out = (int32_t)((int64_t)value - bias);
    return true;
}

static bool set_column(struct msi_column *c, const char *name, unsigned type, unsigned string_width)
{
    c->name = name;
    c->nullable = (type & TYPE_NULLABLE) != 0;
    c->key = (type & TYPE_KEY) != 0;
    if ((type & TYPE_BINARY_MASK) == TYPE_BINARY) {
        c->type = MSI_BINARY;
        c->width = 2;
    } else if (type & TYPE_STRING) {
        c->type = MSI_TEXT;
        c->width = string_width;
    } else {
        c->type = MSI_INTEGER;
        c->width = (type & TYPE_SIZE) <= 2 ? 2 : 4;
        return (type & TYPE_SIZE) <= 2 || (type & TYPE_SIZE) == 4;
    }
    return true;
}

/* Give each column its place and count the rows. Rows must fill the stream exactly: columns lie one
 * after another. */
static bool lay_out(struct msi_table *t, const char *name, struct err *e)
{
    uint64_t width = 0, offset = 0;
    for (size_t i = 0; i < t->column_count; i++)
        width += t->columns[i].width;
    if (!width || t->bytes.size % width)
        return err_set(e, ERR_FORMAT, "the MSI's table '%s' does not hold whole rows", name);
    t->row_count = (size_t)(t->bytes.size / width);
    if (t->row_count > MSI_CELLS_MAX / t->column_count)
        return err_set(e, ERR_LIMIT, "the MSI's table '%s' has more than %d cells", name,
                       MSI_CELLS_MAX);
    for (size_t i = 0; i < t->column_count; i++) {
        t->columns[i].offset = offset;
        offset += (uint64_t)t->columns[i].width * t->row_count;
    }
    return true;
}

/* Load a table's stream, "!Name". A table that is declared and has no stream has no rows. */
static bool load_rows(struct msi_table *t, const char *name, struct err *e)
{
    struct text stream = {0};
    struct err absent = {0};
    text_addf(&stream, "!%s", name);
    bool ok = read_stream(t->msi, text_str(&stream), &t->storage, &t->bytes, &absent);
    text_release(&stream);
    if (!ok && absent.kind != ERR_NOT_FOUND)
        return err_set(e, absent.kind, "%s", absent.text);
    return lay_out(t, name, e);
}

/* _Columns describes every table, itself not: Table, Number, Name, Type. */
static bool open_columns(const struct msi *m, struct msi_table *t, struct err *e)
{
    *t = (struct msi_table){.msi = m, .column_count = 4};
    set_column(&t->columns[0], "Table", TYPE_STRING, m->string_width);
    set_column(&t->columns[1], "Number", 2, m->string_width);
    set_column(&t->columns[2], "Name", TYPE_STRING, m->string_width);
    set_column(&t->columns[3], "Type", 2, m->string_width);
    return load_rows(t, "_Columns", e);
}

/* One row of _Columns that belongs to table t. */
static bool read_column(const struct msi_table *columns, size_t row, struct msi_table *t,
                        struct err *e)
{
    int32_t number = 0, type = 0;
    const char *name = msi_text(columns, row, 2);
    if (!msi_integer(columns, row, 1, &number) || !msi_integer(columns, row, 3, &type) || !name ||
        number < 1 || number > MSI_COLUMNS_MAX || t->columns[number - 1].name)
        return err_set(e, ERR_FORMAT, "the MSI describes a column that cannot be");
    if ((size_t)number > t->column_count)
        t->column_count = (size_t)number;
    if (!set_column(&t->columns[number - 1], name, (unsigned)type & 0xffff, t->msi->string_width))
        return err_set(e, ERR_FORMAT, "column %ld of an MSI's table has an unknown type",
                       (long)number);
    return true;
}

bool msi_table_open(const struct msi *m, const char *name, struct msi_table *out, struct err *e)
{
    struct msi_table columns, t = {.msi = m};
    if (!open_columns(m, &columns, e))
        return false;
    bool ok = true;
    for (size_t row = 0; ok && row < columns.row_count; row++) {
        const char *table = msi_text(&columns, row, 0);
        if (table && strcmp(table, name) == 0)
            ok = read_column(&columns, row, &t, e);
    }
    msi_table_release(&columns);
    if (ok && !t.column_count)
        ok = err_set(e, ERR_NOT_FOUND, "the MSI has no table '%s'", name);
    for (size_t i = 0; ok && i < t.column_count; i++)
        if (!t.columns[i].name)
            ok = err_set(e, ERR_FORMAT, "the MSI's table '%s' lacks a column", name);
    if (ok && !load_rows(&t, name, e))
        ok = false;
    if (ok)
        *out = t;
    else
        msi_table_release(&t);
    return ok;
}

void msi_table_release(struct msi_table *t)
{
    if (!t)
        return;
    bytes_release(&t->storage);
    memset(t, 0, sizeof *t);
}

size_t msi_column(const struct msi_table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (strcmp(t->columns[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

bool msi_table_if_there(const struct msi *m, const char *name, struct msi_table *out, struct err *e)
{
    struct err inner = {0};
    *out = (struct msi_table){.msi = m};
    if (msi_table_open(m, name, out, &inner) || inner.kind == ERR_NOT_FOUND)
        return true;
    return err_set(e, inner.kind, "%s", inner.text);
}

const char *msi_property(const struct msi *m, const char *name)
{
    struct msi_table t;
    const char *value = NULL;
    if (!msi_table_if_there(m, "Property", &t, NULL))
        return NULL;
    size_t key = msi_column(&t, "Property"), column = msi_column(&t, "Value");
    for (size_t row = 0; row < t.row_count && !value; row++) {
        const char *found = msi_text(&t, row, key);
        if (found && strcmp(found, name) == 0)
            value = msi_text(&t, row, column);
    }
    msi_table_release(&t);
    return value;
}

/* One text property of a property set, [MS-OLEPS] 2.20; NULL when it is not there or no text. */
static char *summary_text(const struct msi *m, struct span set, uint32_t wanted)
{
    uint32_t count = 0, id = 0, offset = 0, type = 0, size = 0;
    struct span value;
    span_u32(set, 4, &count);
    for (uint32_t i = 0; i < count && i < SUMMARY_PROPERTIES_MAX; i++) {
        if (!span_u32(set, 8 + (uint64_t)i * 8, &id) ||
            !span_u32(set, 12 + (uint64_t)i * 8, &offset))
            return NULL;
        if (id != wanted)
            continue;
        if (span_u32(set, offset, &type) && type == SUMMARY_TEXT &&
            span_u32(set, (uint64_t)offset + 4, &size) &&
            span_part(set, (uint64_t)offset + 8, size, &value))
            return decode_string(m, value);
        return NULL;
    }
    return NULL;
}

/* The summary says nothing that a signature or an install hangs on: a broken one is as none. */
static void read_summary(struct msi *m)
{
    struct bytes storage = {0};
    struct span stream = {0};
    uint32_t offset = 0;
    if (!read_stream(m, "\005SummaryInformation", &storage, &stream, NULL))
        return;
    if (span_u32(stream, 44, &offset)) {
        struct span set = span_from(stream, offset);
        m->summary_subject = summary_text(m, set, SUMMARY_SUBJECT);
        m->template_summary = summary_text(m, set, SUMMARY_TEMPLATE);
    }
    bytes_release(&storage);
}

bool msi_open(struct span bytes, struct msi *out, struct err *e)
{
    struct msi m = {0};
    if (!ole_open(bytes, &m.ole, e) || !read_strings(&m, e) || !msi_read_files(&m, e)) {
        msi_release(&m);
        return false;
    }
    read_summary(&m);
    m.signature = find_stream(&m.ole, "\005DigitalSignature");
    m.signature_ex = find_stream(&m.ole, "\005MsiDigitalSignatureEx");
    *out = m;
    return true;
}

size_t msi_signature_stream(const struct msi *m)
{
    return m->signature;
}

size_t msi_signature_ex_stream(const struct msi *m)
{
    return m->signature_ex;
}

/* Both digests pass over the signature's own streams, which are children of the root. */
static bool is_signature(const struct msi *m, size_t i)
{
    return i == m->signature || i == m->signature_ex;
}

static bool append_stream(const struct msi *m, size_t i, struct span_list *to, struct err *e)
{
    struct span_list stream = {0};
    if (!ole_spans(&m->ole, i, &stream, e))
        return false;
    for (size_t k = 0; k < stream.count; k++)
        spans_add(to, stream.at[k]);
    spans_release(&stream);
    return true;
}

/* ole refuses storages that are deeper than OLE_DEPTH_MAX: that bounds the recursion. */
static bool add_content(const struct msi *m, size_t storage, struct span_list *to, struct err *e)
{
    const struct ole_entry *in = &m->ole.entries[storage];
    for (size_t i = 0; i < in->child_count; i++) {
        size_t child = in->children[i];
        bool ok = m->ole.entries[child].type == OLE_STORAGE
                      ? add_content(m, child, to, e)
                      : is_signature(m, child) || append_stream(m, child, to, e);
        if (!ok)
            return false;
    }
    spans_add(to, in->clsid);
    return true;
}

static void add_metadata(const struct ole_entry *entry, struct span_list *to)
{
    if (entry->type != OLE_ROOT)
        spans_add(to, entry->name);
    spans_add(to, entry->type == OLE_STREAM ? entry->size_low : entry->clsid);
    spans_add(to, entry->state);
    if (entry->type != OLE_ROOT)
        spans_add(to, entry->times);
}

static void add_prehash(const struct msi *m, size_t storage, struct span_list *to)
{
    const struct ole_entry *in = &m->ole.entries[storage];
    add_metadata(in, to);
    for (size_t i = 0; i < in->child_count; i++) {
        size_t child = in->children[i];
        if (m->ole.entries[child].type == OLE_STORAGE)
            add_prehash(m, child, to);
        else if (!is_signature(m, child))
            add_metadata(&m->ole.entries[child], to);
    }
}

bool msi_signed_content(const struct msi *m, struct span_list *content, struct err *e)
{
    struct span_list list = {0};
    if (!add_content(m, 0, &list, e)) {
        spans_release(&list);
        return false;
    }
    *content = list;
    return true;
}

bool msi_signed_prehash(const struct msi *m, struct span_list *prehash, struct err *e)
{
    struct span_list list = {0};
    if (!m->ole.count)
        return err_set(e, ERR_USAGE, "no MSI is open");
    add_prehash(m, 0, &list);
    *prehash = list;
    return true;
}

void msi_release(struct msi *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->string_count; i++)
        mem_free(m->strings[i]);
    for (size_t i = 0; i < m->file_count; i++)
        mem_free(m->files[i].path);
    mem_free(m->strings);
    mem_free(m->files);
    mem_free(m->template_summary);
    mem_free(m->summary_subject);
    ole_release(&m->ole);
    memset(m, 0, sizeof *m);
}
