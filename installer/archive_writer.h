/*
 * archive_writer: files put together into one archive, in memory or in a file. The only writer that
 * uses libarchive.
 *
 * Names are relative, of printable ASCII with forward slashes, as drivers' files and ours have
 * them: what libarchive makes of other letters depends on the locale. The archive of the same
 * names, bytes and times is the same, byte for byte: of an ISO image, whose writer puts the time of
 * day into it, archive_dates takes that out afterwards. What becomes of the bytes is the caller's
 * business: file_create, file_replace and file_move are durable.
 */
#ifndef XENPV_INSTALLER_ARCHIVE_WRITER_H
#define XENPV_INSTALLER_ARCHIVE_WRITER_H

#include "base/file.h"

enum archive_writer_format { ARCHIVE_WRITER_NONE = 0, ARCHIVE_WRITER_ZIP, ARCHIVE_WRITER_ISO };

enum {
    ARCHIVE_WRITER_MAX = 256 << 20, /* bytes of an archive in memory: ERR_LIMIT beyond */
    ARCHIVE_LABEL_MAX = 16,         /* letters of a label that every Windows shows whole */
    ARCHIVE_NAME_MAX = 103,         /* of one part of a name in an ISO image, as Joliet may have */
};

struct archive_writer;

/* In memory. seconds: the time of all files, since 1970 in UTC. NULL with *e when it cannot begin.
 */
struct archive_writer *archive_writer_new(enum archive_writer_format format, int64_t seconds,
                                          struct err *e);

/* Into a file, which stays open. label: of the volume of an ISO image, else NULL. */
struct archive_target {
    enum archive_writer_format format;
    struct file_opened *file;
    const char *label;
    int64_t seconds;
};
struct archive_writer *archive_writer_to(const struct archive_target *target, struct err *e);

/* Capital letters, digits and underscores, 1 to ARCHIVE_LABEL_MAX. */
bool archive_label_is_good(const char *label);

bool archive_writer_add(struct archive_writer *w, const char *name, struct span content,
                        struct err *e);

/* The same in pieces: one begin, then parts that are size bytes together. */
bool archive_writer_begin(struct archive_writer *w, const char *name, uint64_t size, struct err *e);
bool archive_writer_part(struct archive_writer *w, struct span part, struct err *e);

/* The whole archive into *out (bytes_release); nothing can be added afterwards. */
bool archive_writer_finish(struct archive_writer *w, struct bytes *out, struct err *e);

/* All that belongs to the archive is in the file; nothing can be added afterwards. */
bool archive_writer_close(struct archive_writer *w, struct err *e);

void archive_writer_free(struct archive_writer *w);

#endif
