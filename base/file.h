/*
 * file: the few things that the program does with files, the same on Windows and Linux.
 *
 * Paths are UTF-8; on Windows both slashes are understood and long paths are not cut. Reads are
 * capped, replacements are durable (all of the new bytes or all of the old ones after a power cut),
 * folders for secrets are closed to everyone but administrators and SYSTEM. file knows nothing of
 * what is in the files.
 */
#ifndef XENPV_BASE_FILE_H
#define XENPV_BASE_FILE_H

#include "base/err.h"
#include "base/span.h"

/* Owned bytes; zeroed is empty. */
struct bytes {
    uint8_t *at;
    size_t size;
};

struct span bytes_span(const struct bytes *b);
void bytes_release(struct bytes *b);

enum file_kind {
    FILE_KIND_UNKNOWN = 0, /* could not be asked: treat as neither there nor absent */
    FILE_ABSENT,
    FILE_REGULAR,
    FILE_FOLDER,
    FILE_OTHER, /* device, pipe, symbolic link or reparse point */
};

/* Links are not followed: a link is FILE_OTHER. */
enum file_kind file_kind(const char *path);

/* The whole file into *out (bytes_release). ERR_LIMIT when it is larger than limit. Links are
 * followed. */
bool file_read(const char *path, uint64_t limit, struct bytes *out, struct err *e);

/* The last bytes of a file that others may be writing, at most size of them. */
bool file_read_end(const char *path, size_t size, struct bytes *out, struct err *e);

/* A file that is held open, to be read or written in pieces. Zeroed is none. */
struct file_opened {
    void *handle;
    uint64_t size; /* when it was opened, and what was added since */
};

/* Open a file for file_part. Links are followed; what is no file is refused. */
bool file_open(const char *path, struct file_opened *out, struct err *e);

/* The same for a file that others may write to meanwhile. */
bool file_open_shared(const char *path, struct file_opened *out, struct err *e);

/* Exactly size bytes at offset into buffer. Several threads may read one opened file. */
bool file_part(const struct file_opened *f, uint64_t offset, void *buffer, size_t size,
               struct err *e);

/*
 * All bytes of an opened file that can be read, as they lie in the system's memory: nothing is
 * copied. Lives until file_unmap, also when f is closed before. Only for a file that nobody else
 * writes to: its bytes would change under the reader, and reading what was cut off ends the
 * program. False where there is no such thing (on Windows, and of an empty file): read it then.
 */
bool file_map(const struct file_opened *f, struct span *out, struct err *e);

/* Empty is fine. */
void file_unmap(struct span *map);

/* A file without a name in the folder for temporary files, gone when it is closed; for file_add and
 * file_part. */
bool file_open_scratch(struct file_opened *out, struct err *e);

/* Create or empty the file at path, for file_add, file_put and file_part. Not durable: for output
 * that can be made again. One process at a time: while another one has it open so, it is left as it
 * is (ERR_BUSY; on Windows a sharing violation). */
bool file_open_output(const char *path, struct file_opened *out, struct err *e);

/* The same, keeping what is there: file_add goes on behind it. Absent is created. */
bool file_open_end(const char *path, struct file_opened *out, struct err *e);

/* Add bytes at the end. */
bool file_add(struct file_opened *f, struct span bytes, struct err *e);

/* Write over what is there: all of bytes lies within the file. */
bool file_put(struct file_opened *f, uint64_t offset, struct span bytes, struct err *e);

/* False when what was added may not have arrived. */
bool file_close(struct file_opened *f, struct err *e);

/* One name in a folder. */
struct file_entry {
    char *name; /* without folder, UTF-8; owned */
    uint64_t size;
    enum file_kind kind;
};

struct file_list {
    struct file_entry *at;
    size_t count, room;
};

enum { FILE_LIST_MAX = 1000000 }; /* names in one folder */

/* The names in a folder without "." and "..", sorted by bytes. */
bool file_list(const char *folder, struct file_list *out, struct err *e);
void file_list_release(struct file_list *l);

/* Write a file that must not exist yet, through to the disk: it has its name once it is whole, also
 * after a power cut. */
bool file_create(const char *path, struct span content, struct err *e);

/* Replace or create: after a power cut the file holds all of the old bytes or all of the new ones.
 */
bool file_replace(const char *path, struct span content, struct err *e);

/* Rename within a volume, replacing what is there: what is in the file is on the disk first. */
bool file_move(const char *from, const char *to, struct err *e);

/* The same without waiting for the disk: after a power cut the name may be there and the content
 * not. For what is checked when it is read. */
bool file_rename(const char *from, const char *to, struct err *e);

/* Copy, replacing durably what is there. */
bool file_copy(const char *from, const char *to, struct err *e);

/* A folder and its missing parents. One that is there already is fine. */
bool file_make_folder(const char *path, struct err *e);

/*
 * A folder that only administrators and SYSTEM (on Linux: its owner) can open. One that exists is
 * taken only if it is a plain folder that an administrator (the owner) owns, and its access list is
 * set anew; else ERR_ACCESS.
 */
bool file_make_private_folder(const char *path, struct err *e);

/* A file that is absent counts as removed. */
bool file_remove(const char *path, struct err *e);

/* A folder with all that is in it; links are removed, not followed. Absent counts as removed. */
bool file_remove_tree(const char *path, struct err *e);

/*
 * A file held open so that nobody can write, rename or delete it until file_hold_release (on Linux:
 * an advisory lock only). Zeroed is "nothing held".
 */
struct file_hold {
    void *handle;
};

bool file_hold(const char *path, struct file_hold *out, struct err *e);
void file_hold_release(struct file_hold *h);

/*
 * A lock file that one process at a time can have; the lock goes with the process, and on Windows
 * the file too. ERR_BUSY when another one has it and has not let go of it after limit_ms (0: at
 * once). The waiting is the system's: it wakes when the lock is free, not now and then to look.
 */
bool file_lock(const char *path, unsigned limit_ms, struct file_hold *out, struct err *e);

/* "folder/name" with the separator of this system; the caller frees with mem_free. */
char *file_join(const char *folder, const char *name);

/* What stands after the last slash (either kind), within path. */
const char *file_name(const char *path);

/* The folder for this process's temporary files, without a slash at the end; the caller frees with
 * mem_free. */
char *file_temp_folder(void);

#endif
