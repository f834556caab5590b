#include "installer/archive_writer.h"

#include "base/mem.h"

#include <archive.h>
#include <archive_entry.h>

#include <string.h>

struct archive_writer {
    struct archive *archive;
    int64_t seconds;
    struct bytes out;
    size_t room;
    bool full;
};

/* libarchive frees not all that it has when a write fails, so none fails: what is too much is lost,
 * and told afterwards. */
static la_ssize_t take_block(struct archive *a, void *context, const void *block, size_t size)
{
    struct archive_writer *w = context;
    (void)a;
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
    if (w->full)
        return err_set(e, ERR_LIMIT, "cannot %s: an archive has at most %d bytes", doing,
                       ARCHIVE_WRITER_MAX);
    return err_set(e, ERR_FAILED, "cannot %s: %s", doing, words ? words : "no reason given");
}

struct archive_writer *archive_writer_new(enum archive_writer_format format, int64_t seconds,
                                          struct err *e)
{
    struct archive_writer *w = mem_zero(1, sizeof *w);
    w->archive = archive_write_new();
    w->seconds = seconds;
    if (format == ARCHIVE_WRITER_ZIP && w->archive &&
        archive_write_set_format_zip(w->archive) == ARCHIVE_OK &&
        archive_write_set_bytes_in_last_block(w->archive, 1) == ARCHIVE_OK &&
        archive_write_open2(w->archive, w, NULL, take_block, NULL, NULL) == ARCHIVE_OK)
        return w;
    if (w->archive)
        fail(w, "begin an archive", e);
    else
        err_set(e, ERR_FAILED, "cannot begin an archive");
    archive_writer_free(w);
    return NULL;
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

bool archive_writer_add(struct archive_writer *w, const char *name, struct span content,
                        struct err *e)
{
    struct archive_entry *entry;
    if (!is_safe_name(name))
        return err_set(e, ERR_USAGE, "'%s' is no name for a file of an archive", name);
    entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)content.size);
    archive_entry_set_mtime(entry, (time_t)w->seconds, 0);
    bool ok = archive_write_header(w->archive, entry) == ARCHIVE_OK &&
              (!content.size || archive_write_data(w->archive, content.at, content.size) ==
                                    (la_ssize_t)content.size);
    archive_entry_free(entry);
    return (ok && !w->full) || fail(w, "add a file to an archive", e);
}

bool archive_writer_finish(struct archive_writer *w, struct bytes *out, struct err *e)
{
    if (archive_write_close(w->archive) != ARCHIVE_OK || w->full)
        return fail(w, "finish an archive", e);
    *out = w->out;
    memset(&w->out, 0, sizeof w->out);
    return true;
}

void archive_writer_free(struct archive_writer *w)
{
    if (!w)
        return;
    archive_write_free(w->archive);
    bytes_release(&w->out);
    mem_free(w);
}
