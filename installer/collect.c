#include "installer/collect.h"

#include "base/mem.h"
#include "installer/archive_writer.h"
#include "installer/journal.h"

#include <string.h>

static const struct shape_field item_fields[] = {
    FIELD(collect_item, name, SHAPE_TEXT),
    FIELD(collect_item, what, SHAPE_TEXT),
    FIELD(collect_item, size, SHAPE_NUMBER),
};
static const struct shape item_shape = SHAPE_OF(struct collect_item, item_fields);

static const struct shape_field collection_fields[] = {
    FIELD(collection, schema, SHAPE_NUMBER),
    FIELD(collection, program, SHAPE_TEXT),
    FIELD(collection, file, SHAPE_TEXT),
    FIELD(collection, names_kept, SHAPE_TRI),
    FIELD_IN(collection, items, SHAPE_LIST, item_shape),
    FIELD(collection, left_out, SHAPE_TEXTS),
};
static const struct shape collection_shape = SHAPE_OF(struct collection, collection_fields);

void collect_add(struct collect *c, const char *name, const char *what, char *content)
{
    struct collect_item *item = shape_list_add(&c->list.items, sizeof *item);
    item->name = mem_strdup(name);
    item->what = mem_strdup(what);
    item->size = number_of(strlen(content));
    item->content = content;
}

void collect_leave_out(struct collect *c, const char *what)
{
    texts_add(&c->list.left_out, what);
}

static void leave_out_file(struct collect *c, const char *name, const char *why)
{
    struct text t = {0};
    text_add_escaped(&t, name);
    text_add(&t, ": ");
    text_add(&t, why);
    collect_leave_out(c, text_str(&t));
    text_release(&t);
}

/* Windows Installer writes UTF-16, SetupAPI the code page of its Windows, we UTF-8. */
static void add_decoded(struct text *t, struct span bytes)
{
    static const uint8_t utf16_mark[] = {0xff, 0xfe};
    if (span_starts(bytes, span_of(utf16_mark, sizeof utf16_mark)))
        text_add_utf16le(t, span_from(bytes, sizeof utf16_mark));
    else if (text_is_utf8(bytes))
        text_add_bytes(t, (const char *)bytes.at, bytes.size);
    else
        text_add_cp1252(t, bytes);
}

/* Without the line that the cut went through. */
static struct span whole_lines(struct span bytes)
{
    if (bytes.size <= COLLECT_LOG_MAX)
        return bytes;
    size_t end = span_find(bytes, 0, span_text("\n"));
    return end == SIZE_MAX ? bytes : span_from(bytes, end + 1);
}

/* UTF-16 that was cut has no mark in front any more. */
static void add_log_text(struct text *t, const struct bytes *b)
{
    struct span all = bytes_span(b);
    if (all.size > COLLECT_LOG_MAX && memchr(all.at, 0, all.size)) {
        text_add_utf16le(t, span_from(all, all.size % 2));
        return;
    }
    add_decoded(t, whole_lines(all));
}

/* "logs/setupapi.dev.log"; letters that an archive of ours cannot have become '_'. */
static char *item_name(const char *folder, const char *name)
{
    struct text t = {0};
    text_addf(&t, "%s/", folder);
    for (; *name; name++) {
        bool fits = *name > ' ' && *name <= '~' && !strchr("\\/:*?\"<>|", *name);
        text_add_bytes(&t, fits ? name : "_", 1);
    }
    return text_steal(&t);
}

static void add_masked(struct collect *c, const char *folder, const char *path, const char *what,
                       const char *content)
{
    struct text masked = {0};
    char *name = item_name(folder, file_name(path));
    mask_add(&c->mask, &masked, content);
    collect_add(c, name, what, text_steal(&masked));
    mem_free(name);
}

void collect_add_log(struct collect *c, const char *path, const char *what)
{
    struct bytes b = {0};
    struct text decoded = {0};
    struct err e = {0};
    if (file_kind(path) == FILE_ABSENT)
        return;
    if (!file_read_end(path, COLLECT_LOG_MAX + 1, &b, &e)) {
        leave_out_file(c, file_name(path), e.text);
        return;
    }
    add_log_text(&decoded, &b);
    add_masked(c, "logs", path, what, text_str(&decoded));
    text_release(&decoded);
    bytes_release(&b);
}

/* Names are taken out of its texts, not of its words: those are the journal's own. */
static char *masked_journal(const struct collect *c, struct span json)
{
    struct journal j = {0};
    struct mask mask = c->mask;
    if (!journal_decode(json, &j, NULL))
        return NULL;
    shape_edit_texts(&journal_shape, &j, mask_edit, &mask);
    char *text = shape_encode(&journal_shape, &j);
    journal_release(&j);
    return text;
}

static void add_journal(struct collect *c, const char *path)
{
    struct bytes b = {0};
    struct err e = {0};
    if (!file_read(path, JOURNAL_SIZE_MAX, &b, &e)) {
        leave_out_file(c, file_name(path), e.text);
        return;
    }
    char *text = masked_journal(c, bytes_span(&b));
    char *name = item_name("journal", file_name(path));
    if (text) {
        collect_add(c, name, "what xenpv has done here", text);
    } else {
        struct text decoded = {0};
        add_decoded(&decoded, bytes_span(&b));
        add_masked(c, "journal", path, "a journal that cannot be read as one", text_str(&decoded));
        text_release(&decoded);
    }
    mem_free(name);
    bytes_release(&b);
}

static bool ends_with(const char *name, const char *end)
{
    size_t size = strlen(name), part = strlen(end);
    return size >= part && text_equal_nocase(name + size - part, end);
}

void collect_add_state(struct collect *c, const char *folder)
{
    struct file_list files = {0};
    struct err e = {0};
    if (file_kind(folder) == FILE_ABSENT)
        return;
    if (!file_list(folder, &files, &e))
        leave_out_file(c, "our folder", e.text);
    for (size_t i = 0; i < files.count; i++) {
        const struct file_entry *f = &files.at[i];
        char *path = file_join(folder, f->name);
        if (i >= COLLECT_FILES_MAX)
            leave_out_file(c, f->name, "there are too many files in our folder");
        else if (f->kind == FILE_REGULAR && ends_with(f->name, ".json"))
            add_journal(c, path);
        else if (f->kind == FILE_REGULAR && ends_with(f->name, ".log"))
            collect_add_log(c, path, "what xenpv, or Windows Installer for it, said");
        else
            leave_out_file(c, f->name,
                           f->kind == FILE_FOLDER ? "a folder of driver files and copies"
                                                  : "neither a journal nor a log");
        mem_free(path);
    }
    file_list_release(&files);
}

static void add_kept_and_masked(struct text *t, const struct collect *c)
{
    if (c->list.names_kept == TRI_YES) {
        text_add(t, "\nNames of users and of the computer are in it (--with-names).\n");
        return;
    }
    text_add(t,
             "\nNot in it: users' folders in paths, the computer's and the user's name, account\n"
             "ids, SMBIOS OEM strings (which may hold secrets of provisioning).\n"
             "In it: addresses, MACs, the machine's UUID; dom0 knows a guest by them. Logs may\n"
             "hold what nobody foresaw: look at them before you give this away.\n");
}

char *collect_contents(const struct collect *c)
{
    struct text t = {0};
    text_addf(&t, "Collected by %s\n\n", c->list.program ? c->list.program : "xenpv");
    for (size_t i = 0; i < c->list.items.count; i++) {
        const struct collect_item *item = &c->list.items.at[i];
        text_addf(&t, "  %-28s %8llu  %s\n", item->name, (unsigned long long)item->size.value,
                  item->what);
    }
    if (c->list.left_out.count)
        text_add(&t, "\nLeft out:\n");
    for (size_t i = 0; i < c->list.left_out.count; i++)
        text_addf(&t, "  %s\n", c->list.left_out.at[i]);
    add_kept_and_masked(&t, c);
    return text_steal(&t);
}

char *collect_json(const struct collect *c)
{
    return shape_encode(&collection_shape, &c->list);
}

bool collect_zip(const struct collect *c, int64_t seconds, struct bytes *out, struct err *e)
{
    struct archive_writer *w = archive_writer_new(ARCHIVE_WRITER_ZIP, seconds, e);
    char *contents = collect_contents(c);
    bool ok = w && archive_writer_add(w, "CONTENTS.txt", span_text(contents), e);
    for (size_t i = 0; ok && i < c->list.items.count; i++)
        ok = archive_writer_add(w, c->list.items.at[i].name, span_text(c->list.items.at[i].content),
                                e);
    ok = ok && archive_writer_finish(w, out, e);
    archive_writer_free(w);
    mem_free(contents);
    return ok;
}

void collect_release(struct collect *c)
{
    for (size_t i = 0; i < c->list.items.count; i++)
        mem_free(c->list.items.at[i].content);
    shape_release(&collection_shape, &c->list);
    mask_release(&c->mask);
}
