#include "installer/archive_writer.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/shape.h"

#include <archive.h>
#include <archive_entry.h>

#include <errno.h>
#include <string.h>

enum { BLOCK = 256 * 1024 }; /* bytes that are written at once */

struct archive_writer {
    struct archive *archive;
    int64_t seconds;
    struct bytes out;
    size_t room;
    bool full;
    struct file_opened *file; /* NULL: in memory */
    struct err why;           /* the first write that failed */
    struct texts folders;     /* that were added */
};

/* libarchive frees not all that it has when a write fails, so none fails: what is too much is lost,
 * and told afterwards. */
static la_ssize_t take_block(struct archive *a, void *context, const void *block, size_t size)
{
    struct archive_writer *w = context;
    (void)a;
    if (w->file) {
        if (w->why.kind == ERR_NONE)
            file_add(w->file, span_of(block, size), &w->why);
        return (la_ssize_t)size;
    }
    w->full = w->full || size > ARCHIVE_WRITER_MAX - w->out.size;
    if (w->full)
        return (la_ssize_t)size;
    if (size > w->room - w->out.size) {
        w->room = 2 * w->room > w->out.size + size ? 2 * w->room : w->out.size + size;
        w->out.at = mem_resize(w->out.at, w->room, 1);
    }
    memcpy(w->out.at + w->out.size, block, size);
    w->out.size += size;
    return (la_ssize_t)size;
}

static bool fail(const struct archive_writer *w, const char *doing, struct err *e)
{
    const char *words = archive_error_string(w->archive);
    if (archive_errno(w->archive) == ENOMEM)
        mem_exhausted();
    if (w->full)
        return err_set(e, ERR_LIMIT, "cannot %s: an archive has at most %d bytes", doing,
                       ARCHIVE_WRITER_MAX);
    if (w->why.kind != ERR_NONE)
        return err_set(e, w->why.kind, "cannot %s: %s", doing, w->why.text);
    return err_set(e, ERR_FAILED, "cannot %s: %s", doing, words ? words : "no reason given");
}

bool archive_label_is_good(const char *label)
{
    size_t size = strlen(label);
    return size && size <= ARCHIVE_LABEL_MAX &&
           strspn(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == size;
}

/* Joliet for Windows; Rock Ridge would only add what Windows does not read. */
static bool set_iso(struct archive_writer *w, const char *label)
{
    struct text options = {0};
    text_addf(&options, "volume-id=%s,joliet=long,!rockridge,!pad,iso-level=3", label);
    bool ok = archive_write_set_format_iso9660(w->archive) == ARCHIVE_OK &&
              archive_write_set_options(w->archive, text_str(&options)) == ARCHIVE_OK;
    text_release(&options);
    return ok;
}

static bool set_format(struct archive_writer *w, enum archive_writer_format format,
                       const char *label)
{
    if (format == ARCHIVE_WRITER_ISO)
        return label && archive_label_is_good(label) && set_iso(w, label);
    return format == ARCHIVE_WRITER_ZIP && archive_write_set_format_zip(w->archive) == ARCHIVE_OK;
}

static struct archive_writer *begin(struct archive_writer *w, enum archive_writer_format format,
                                    const char *label, struct err *e)
{
    w->archive = mem_checked(archive_write_new());
    if (set_format(w, format, label) &&
        archive_write_set_bytes_per_block(w->archive, BLOCK) == ARCHIVE_OK &&
        archive_write_set_bytes_in_last_block(w->archive, 1) == ARCHIVE_OK &&
        archive_write_open2(w->archive, w, NULL, take_block, NULL, NULL) == ARCHIVE_OK)
        return w;
    fail(w, "begin an archive", e);
    archive_writer_free(w);
    return NULL;
}

struct archive_writer *archive_writer_new(enum archive_writer_format format, int64_t seconds,
                                          struct err *e)
{
    struct archive_writer *w = mem_zero(1, sizeof *w);
    w->seconds = seconds;
    return begin(w, format, NULL, e);
}

struct archive_writer *archive_writer_to(const struct archive_target *target, struct err *e)
{
    struct archive_writer *w = mem_zero(1, sizeof *w);
    w->seconds = target->seconds;
    w->file = target->file;
    return begin(w, target->format, target->label, e);
}

/* No part is empty, "." or "..". */
static bool is_safe_name(const char *name)
{
    for (const char *part = name;; part += strcspn(part, "/") + 1) {
        size_t size = strcspn(part, "/");
        if (!size || (size <= 2 && strncmp(part, "..", size) == 0))
            return false;
        for (size_t i = 0; i < size; i++)
            if (part[i] < ' ' || part[i] > '~' || strchr("\\:*?\"<>|", part[i]))
                return false;
        if (!part[size])
            return true;
    }
}

static struct archive_entry *new_entry(const struct archive_writer *w, const char *name,
                                       unsigned type)
{
    struct archive_entry *entry = mem_checked(archive_entry_new());
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, type);
    archive_entry_set_perm(entry, type == AE_IFDIR ? 0755 : 0644);
    archive_entry_set_size(entry, 0);
    archive_entry_set_mtime(entry, (time_t)w->seconds, 0);
    return entry;
}

/* A folder that nobody adds would get the time of day. */
static bool add_folders(struct archive_writer *w, const char *name)
{
    bool ok = true;
    for (const char *slash = strchr(name, '/'); ok && slash; slash = strchr(slash + 1, '/')) {
        char *folder = mem_strndup(name, (size_t)(slash - name));
        if (!texts_have_nocase(&w->folders, folder)) {
            struct archive_entry *entry = new_entry(w, folder, AE_IFDIR);
            ok = archive_write_header(w->archive, entry) == ARCHIVE_OK;
            archive_entry_free(entry);
            texts_add(&w->folders, folder);
        }
        mem_free(folder);
    }
    return ok;
}

bool archive_writer_begin(struct archive_writer *w, const char *name, uint64_t size, struct err *e)
{
    struct archive_entry *entry;
    if (!is_safe_name(name))
        return err_set(e, ERR_USAGE, "'%s' is no name for a file of an archive", name);
    if (w->file && !add_folders(w, name))
        return fail(w, "add a folder to an archive", e);
    entry = new_entry(w, name, AE_IFREG);
    archive_entry_set_size(entry, (la_int64_t)size);
    bool ok = archive_write_header(w->archive, entry) == ARCHIVE_OK;
    archive_entry_free(entry);
    return (ok && !w->full) || fail(w, "add a file to an archive", e);
}

bool archive_writer_part(struct archive_writer *w, struct span content, struct err *e)
{
    bool ok = !content.size ||
              archive_write_data(w->archive, content.at, content.size) == (la_ssize_t)content.size;
    return (ok && !w->full && w->why.kind == ERR_NONE) || fail(w, "add a file to an archive", e);
}

bool archive_writer_add(struct archive_writer *w, const char *name, struct span content,
                        struct err *e)
{
    return archive_writer_begin(w, name, content.size, e) && archive_writer_part(w, content, e);
}

bool archive_writer_finish(struct archive_writer *w, struct bytes *out, struct err *e)
{
    if (archive_write_close(w->archive) != ARCHIVE_OK || w->full)
        return fail(w, "finish an archive", e);
    *out = w->out;
    memset(&w->out, 0, sizeof w->out);
    return true;
}

bool archive_writer_close(struct archive_writer *w, struct err *e)
{
    return (archive_write_close(w->archive) == ARCHIVE_OK && w->why.kind == ERR_NONE) ||
           fail(w, "finish an archive", e);
}

void archive_writer_free(struct archive_writer *w)
{
    if (!w)
        return;
    archive_write_free(w->archive);
    bytes_release(&w->out);
    texts_release(&w->folders);
    mem_free(w);
}
