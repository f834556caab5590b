#include "installer/bundle.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/archive_dates.h"
#include "installer/hashing.h"
#include "verifier/digest.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 256 * 1024 };

static const struct shape_field item_fields[] = {
    FIELD_MUST(bundle_item, name, SHAPE_TEXT),
    FIELD(bundle_item, size, SHAPE_NUMBER),
    FIELD(bundle_item, sha256, SHAPE_TEXT),
};
static const struct shape item_shape = SHAPE_OF(struct bundle_item, item_fields);

static const struct shape_field bundle_fields[] = {
    FIELD(bundle, schema, SHAPE_NUMBER),
    FIELD(bundle, program, SHAPE_TEXT),
    FIELD(bundle, label, SHAPE_TEXT),
    FIELD_IN(bundle, targets, SHAPE_LIST, wanted_target_shape),
    FIELD_IN(bundle, files, SHAPE_LIST, item_shape),
};
const struct shape bundle_shape = SHAPE_OF(struct bundle, bundle_fields);

void bundle_release(struct bundle *b)
{
    for (size_t i = 0; i < b->files.count; i++) {
        mem_free(b->files.at[i].from);
        bytes_release(&b->files.at[i].content);
    }
    shape_release(&bundle_shape, b);
}

/* --- the list --------------------------------------------------------------------------------- */

static struct bundle_item *add_item(struct bundle *b, const char *name, struct err *e)
{
    for (size_t i = 0; i < b->files.count; i++)
        if (text_equal_nocase(b->files.at[i].name, name)) {
            err_set(e, ERR_USAGE, "two files of the bundle would be called '%s'", name);
            return NULL;
        }
    if (b->files.count >= BUNDLE_ITEMS_MAX) {
        err_set(e, ERR_LIMIT, "a bundle has at most %d files", BUNDLE_ITEMS_MAX);
        return NULL;
    }
    struct bundle_item *item = shape_list_add(&b->files, sizeof *item);
    item->name = mem_strdup(name);
    return item;
}

static char *hex_of(const struct digests *d)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    digest_hex(&d->of[DIGEST_SHA256], hex);
    return mem_strdup(hex);
}

typedef bool (*take_piece)(void *context, struct span piece, struct err *e);

/* The bytes of a file in pieces, to take (NULL: to nobody); its size and hash. */
struct whole {
    uint64_t size;
    char *sha256;
};

static bool read_file(const char *path, take_piece take, void *context, struct whole *out,
                      struct err *e)
{
    struct file_opened f = {0};
    struct digests d;
    struct err none = {0};
    if (!file_open(path, &f, e))
        return false;
    uint8_t *piece = mem_zero(PIECE, 1);
    bool ok = true;
    struct hashing *h = hashing_begin(DIGEST_BIT(DIGEST_SHA256));
    for (uint64_t at = 0; ok && at < f.size;) {
        struct span part = span_of(piece, f.size - at < PIECE ? (size_t)(f.size - at) : PIECE);
        ok = file_part(&f, at, piece, part.size, e) || err_wrap(e, "'%s'", path);
        if (ok)
            hashing_add(h, part);
        ok = ok && (!take || take(context, part, e));
        at += part.size;
    }
    hashing_end(h, &d);
    *out = (struct whole){f.size, hex_of(&d)};
    mem_free(piece);
    file_close(&f, &none);
    return ok;
}

static bool read_size(const char *path, uint64_t *size, struct err *e)
{
    struct file_opened f = {0};
    struct err none = {0};
    if (!file_open(path, &f, e))
        return false;
    *size = f.size;
    file_close(&f, &none);
    return true;
}

bool bundle_add_file(struct bundle *b, const char *name, const struct bundle_source *from,
                     struct err *e)
{
    struct bundle_item *item = add_item(b, name, e);
    if (!item)
        return false;
    item->from = mem_strdup(from->path);
    item->sha256 = from->sha256 ? mem_strdup(from->sha256) : NULL;
    item->size.known = true;
    return read_size(from->path, &item->size.value, e);
}

bool bundle_add_bytes(struct bundle *b, const char *name, struct bytes *content, struct err *e)
{
    struct bundle_item *item = add_item(b, name, e);
    struct digests d;
    if (!item) {
        bytes_release(content);
        return false;
    }
    struct span bytes = bytes_span(content);
    digest_spans(DIGEST_BIT(DIGEST_SHA256), (struct digest_input){.spans = &bytes, .count = 1}, &d);
    item->content = *content;
    item->size = (struct number){true, content->size};
    item->sha256 = hex_of(&d);
    *content = (struct bytes){0};
    return true;
}

static bool add_text(struct bundle *b, const char *name, char *text, struct err *e)
{
    struct bytes content = {(uint8_t *)text, strlen(text)};
    return bundle_add_bytes(b, name, &content, e);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct bundle_item *)a)->name, ((const struct bundle_item *)b)->name);
}

/* bundle.json tells of what came before it, SHA256SUMS of bundle.json too. */
static bool add_records(struct bundle *b, struct err *e)
{
    struct text sums = {0};
    b->schema = (struct number){true, BUNDLE_SCHEMA};
    if (!b->program)
        b->program = mem_strdup("xenpv " XENPV_VERSION);
    if (!add_text(b, BUNDLE_MARK, shape_encode(&bundle_shape, b), e))
        return false;
    for (size_t i = 0; i < b->files.count; i++)
        text_addf(&sums, "%s  %s\n", b->files.at[i].sha256, b->files.at[i].name);
    return add_text(b, "SHA256SUMS", text_steal(&sums), e);
}

/* --- writing ---------------------------------------------------------------------------------- */

enum bundle_form bundle_form_of(const char *path)
{
    size_t size = strlen(path);
    if (size > 4 && text_equal_nocase(path + size - 4, ".iso"))
        return BUNDLE_ISO;
    return size > 4 && text_equal_nocase(path + size - 4, ".zip") ? BUNDLE_ZIP : BUNDLE_FOLDER;
}

/* The item's bytes: as many as there were, and those that its hash was taken of, where it has one
 * yet. */
static bool copy_item(struct bundle_item *item, take_piece take, void *context, struct err *e)
{
    struct whole r = {0};
    if (!item->from)
        return take(context, bytes_span(&item->content), e);
    bool ok = read_file(item->from, take, context, &r, e);
    bool same =
        ok && r.size == item->size.value && (!item->sha256 || strcmp(r.sha256, item->sha256) == 0);
    if (same && !item->sha256) {
        item->sha256 = r.sha256;
        r.sha256 = NULL;
    }
    mem_free(r.sha256);
    if (ok && !same)
        return err_set(e, ERR_FAILED, "'%s' was changed while the bundle was made", item->from);
    return ok;
}

static bool into_archive(void *context, struct span piece, struct err *e)
{
    return archive_writer_part(context, piece, e);
}

static bool into_file(void *context, struct span piece, struct err *e)
{
    return file_add(context, piece, e);
}

typedef bool (*write_one)(void *context, struct bundle_item *item, struct err *e);

/* In the order of their names, and then the records, which have the hashes of all before. */
static bool write_items(struct bundle *b, write_one write, void *context, struct err *e)
{
    size_t files = b->files.count;
    bool ok = true;
    qsort(b->files.at, files, sizeof *b->files.at, by_name);
    for (size_t i = 0; ok && i < files; i++)
        ok = write(context, &b->files.at[i], e);
    ok = ok && add_records(b, e);
    for (size_t i = files; ok && i < b->files.count; i++)
        ok = write(context, &b->files.at[i], e);
    return ok;
}

static bool write_to_archive(void *context, struct bundle_item *item, struct err *e)
{
    return archive_writer_begin(context, item->name, item->size.value, e) &&
           copy_item(item, into_archive, context, e);
}

static bool write_archive(struct bundle *b, const struct bundle_target *t, const char *part,
                          struct err *e)
{
    struct file_opened file = {0};
    struct err late = {0};
    if (!file_open_output(part, &file, e))
        return false;
    const struct archive_target target = {.format = t->form == BUNDLE_ISO ? ARCHIVE_WRITER_ISO
                                                                          : ARCHIVE_WRITER_ZIP,
                                          .file = &file,
                                          .label = b->label,
                                          .seconds = t->seconds};
    struct archive_writer *w = archive_writer_to(&target, e);
    bool ok = w != NULL && write_items(b, write_to_archive, w, e) && archive_writer_close(w, e);
    archive_writer_free(w);
    ok = ok && (t->form != BUNDLE_ISO || archive_dates_set(&file, t->seconds, e));
    ok = (file_close(&file, &late) || err_set(e, late.kind, "%s", late.text)) && ok;
    return ok || err_wrap(e, "'%s'", part);
}

struct folder_writer {
    const char *folder;
};

static bool write_to_folder(void *context, struct bundle_item *item, struct err *e)
{
    const struct folder_writer *w = context;
    char *path = file_join(w->folder, item->name);
    char *parent = mem_strndup(path, (size_t)(file_name(path) - path));
    struct file_opened file = {0};
    struct err late = {0};
    bool ok = file_make_folder(parent, e) && file_open_output(path, &file, e) &&
              copy_item(item, into_file, &file, e);
    ok = (file_close(&file, &late) || err_set(e, late.kind, "%s", late.text)) && ok;
    if (!ok)
        err_wrap(e, "'%s'", path);
    mem_free(parent);
    mem_free(path);
    return ok;
}

static bool write_folder(struct bundle *b, const char *folder, struct err *e)
{
    struct folder_writer w = {folder};
    struct err none = {0};
    bool ok = file_make_folder(folder, e) && write_items(b, write_to_folder, &w, e);
    if (!ok)
        file_remove_tree(folder, &none);
    return ok;
}

static bool is_empty(const char *folder)
{
    struct file_list names = {0};
    struct err none = {0};
    bool empty = file_list(folder, &names, &none) && !names.count;
    file_list_release(&names);
    return empty;
}

/* A folder that is no bundle is somebody's: never taken away. */
static bool may_replace(const struct bundle_target *t, struct err *e)
{
    struct bundle there = {0};
    struct err none = {0};
    if (!t->replace)
        return err_set(e, ERR_USAGE, "'%s' is there already; --force replaces it", t->path);
    bool ours = t->form != BUNDLE_FOLDER || bundle_read(t->path, &there, &none);
    bundle_release(&there);
    return ours ||
           err_set(e, ERR_USAGE, "the folder '%s' is no bundle: it is not replaced", t->path);
}

bool bundle_may_write(const struct bundle_target *t, struct err *e)
{
    enum file_kind kind = file_kind(t->path);
    bool folder = t->form == BUNDLE_FOLDER;
    if (kind == FILE_ABSENT || (folder && kind == FILE_FOLDER && is_empty(t->path)))
        return true;
    if (kind != (folder ? FILE_FOLDER : FILE_REGULAR))
        return err_set(e, ERR_USAGE, "'%s' is there already, and is something else", t->path);
    return may_replace(t, e);
}

bool bundle_write(struct bundle *b, const struct bundle_target *t, struct err *e)
{
    struct text part = {0};
    struct err none = {0};
    if (!bundle_may_write(t, e))
        return false;
    if (t->form == BUNDLE_FOLDER)
        return file_remove_tree(t->path, e) && write_folder(b, t->path, e);
    text_addf(&part, "%s.part", t->path);
    bool ok = write_archive(b, t, text_str(&part), e) && file_move(text_str(&part), t->path, e);
    if (!ok)
        file_remove(text_str(&part), &none);
    text_release(&part);
    return ok;
}

/* --- reading ---------------------------------------------------------------------------------- */

bool bundle_read(const char *folder, struct bundle *out, struct err *e)
{
    char *path = file_join(folder, BUNDLE_MARK);
    struct bytes json = {0};
    struct texts unknown = {0};
    bool ok;
    if (file_kind(path) == FILE_ABSENT)
        ok = err_set(e, ERR_NOT_FOUND, "there is no '%s'", path);
    else
        ok = file_read(path, BUNDLE_MARK_SIZE_MAX, &json, e) &&
             (shape_decode(bytes_span(&json), &bundle_shape, out, &unknown, e) ||
              err_wrap(e, "'%s'", path));
    if (ok && !(out->schema.known && out->schema.value == BUNDLE_SCHEMA)) {
        ok = err_set(e, ERR_FORMAT, "'%s' is of another schema", path);
        bundle_release(out);
    }
    texts_release(&unknown);
    bytes_release(&json);
    mem_free(path);
    return ok;
}

bool bundle_check(const struct bundle *b, const char *folder, const char *name, struct err *e)
{
    for (size_t i = 0; i < b->files.count; i++) {
        const struct bundle_item *item = &b->files.at[i];
        struct whole r = {0};
        char *path;
        if (!text_equal_nocase(item->name, name) || !item->sha256)
            continue;
        path = file_join(folder, item->name);
        bool read = read_file(path, NULL, NULL, &r, e);
        bool same = read && strcmp(r.sha256, item->sha256) == 0;
        if (read && !same)
            err_set(e, ERR_REFUSED, "'%s' is not the file that its bundle was made with", path);
        mem_free(r.sha256);
        mem_free(path);
        return same;
    }
    return err_set(e, ERR_REFUSED, "the bundle does not tell of '%s'", name);
}
