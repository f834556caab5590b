/*
 * archive_writer: files put together into one archive, in memory. The only writer that uses
 * libarchive.
 *
 * Names are relative, of printable ASCII with forward slashes, as drivers' files and ours have
 * them: what libarchive makes of other letters depends on the locale. The archive of the same
 * names, bytes and times is the same, byte for byte. What becomes of the bytes is the caller's
 * business: file_create and file_replace are durable.
 */
#ifndef XENPV_INSTALLER_ARCHIVE_WRITER_H
#define XENPV_INSTALLER_ARCHIVE_WRITER_H

#include "base/file.h"

enum archive_writer_format { ARCHIVE_WRITER_NONE = 0, ARCHIVE_WRITER_ZIP };

enum { ARCHIVE_WRITER_MAX = 256 << 20 }; /* bytes of an archive: ERR_LIMIT beyond */

struct archive_writer;

/* seconds: the time of all files, since 1970 in UTC. NULL with *e when it cannot begin. */
struct archive_writer *archive_writer_new(enum archive_writer_format format, int64_t seconds,
                                          struct err *e);

bool archive_writer_add(struct archive_writer *w, const char *name, struct span content,
                        struct err *e);

/* The whole archive into *out (bytes_release); nothing can be added afterwards. */
bool archive_writer_finish(struct archive_writer *w, struct bytes *out, struct err *e);

void archive_writer_free(struct archive_writer *w);

#endif
