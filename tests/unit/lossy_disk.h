/*
 * lossy_disk: a folder of real files whose system calls can fail, and whose power can go.
 *
 * The program's own open, write, fsync, rename, link, unlink and close are these here, for what is
 * below one folder. The n-th of them fails with an error, or is where the power goes: then it and
 * all later ones do nothing. What the disk had by then is more than what was synced and less than
 * all: each enum lossy_keep is one thing that a file system may make of it (data and names reach
 * the disk in any order until fsync says otherwise, POSIX and ext4's documentation of delayed
 * allocation). lossy_cut then leaves the folder so. It knows nothing of what the files mean. Only
 * for one thread.
 */
#ifndef XENPV_TESTS_LOSSY_DISK_H
#define XENPV_TESTS_LOSSY_DISK_H

#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LOSSY_FILES = 256, LOSSY_FDS = 256, LOSSY_NAME = 64 };

/* What is there once the power is back. */
enum lossy_keep {
    LOSSY_KEEP_SYNCED, /* names and data that were synced, and nothing else */
    LOSSY_KEEP_NAMES,  /* all names, but no data that was not synced */
    LOSSY_KEEP_HALF,   /* all names, half of the data that was not synced */
    LOSSY_KEEP_DATA,   /* all data, but no name that was not synced */
    LOSSY_KEEP_ALL,    /* it all had reached the disk */
    LOSSY_KEEPS,
};

static const char *const lossy_keep_names[LOSSY_KEEPS] = {"only what was synced", "the names alone",
                                                          "the names and half of the data",
                                                          "the data alone", "all that was written"};

enum lossy_fault {
    LOSSY_NONE = 0,
    LOSSY_EIO,   /* one call fails */
    LOSSY_FULL,  /* from here on nothing new has room: a write is done by half first */
    LOSSY_EROFS, /* from here on nothing can be changed */
    LOSSY_SHORT, /* a write writes one byte, and says so */
    LOSSY_EINTR, /* a write is interrupted before it wrote anything */
    LOSSY_CUT,   /* the power goes */
    LOSSY_CUT_AMID,
    LOSSY_FAULTS,
};

static const char *const lossy_fault_names[LOSSY_FAULTS] = {
    "nothing wrong",         "an error", "a full disk",           "a disk that is read-only",
    "a write that is short", "a signal", "the power gone before", "the power gone amid"};

/* What was in a file: now, and for certain. */
struct lossy_file {
    struct bytes now, synced;
};

struct lossy_name {
    char name[LOSSY_NAME];
    size_t file;
};

struct lossy_names {
    struct lossy_name at[LOSSY_FILES];
    size_t count;
};

struct lossy_fd {
    enum { LOSSY_FD_FOREIGN, LOSSY_FD_FILE, LOSSY_FD_FOLDER } kind;
    size_t file, position;
};

static struct {
    char root[128]; /* "": nothing is watched */
    struct lossy_file files[LOSSY_FILES];
    size_t file_count;
    struct lossy_names now, synced;
    struct lossy_fd fds[LOSSY_FDS];
    enum lossy_fault fault;
    size_t fault_at, calls; /* 1: the first call */
    bool struck, dead;
} lossy;

/* --- the model -------------------------------------------------------------------------------- */

/* The name below root, or NULL. */
static const char *lossy_below(const char *path)
{
    size_t size = strlen(lossy.root);
    return size && strncmp(path, lossy.root, size) == 0 && path[size] == '/' ? path + size + 1
                                                                             : NULL;
}

static bool lossy_is_root(const char *path)
{
    size_t size = strlen(lossy.root);
    return size && strncmp(path, lossy.root, size) == 0 &&
           (!path[size] || strcmp(path + size, "/") == 0);
}

static struct lossy_name *lossy_find(struct lossy_names *in, const char *name)
{
    for (size_t i = 0; i < in->count; i++)
        if (strcmp(in->at[i].name, name) == 0)
            return &in->at[i];
    return NULL;
}

static void lossy_set_name(struct lossy_names *in, const char *name, size_t file)
{
    struct lossy_name *n = lossy_find(in, name);
    if (!n && in->count < LOSSY_FILES) {
        n = &in->at[in->count++];
        snprintf(n->name, sizeof n->name, "%s", name);
    }
    if (n)
        n->file = file;
}

static void lossy_drop_name(struct lossy_names *in, const char *name)
{
    struct lossy_name *n = lossy_find(in, name);
    if (n)
        *n = in->at[--in->count];
}

static void lossy_copy(struct bytes *to, struct span from)
{
    bytes_release(to);
    to->at = mem_zero(from.size, 1);
    to->size = from.size;
    if (from.size)
        memcpy(to->at, from.at, from.size);
}

static size_t lossy_new_file(void)
{
    if (lossy.file_count == LOSSY_FILES)
        abort();
    lossy.files[lossy.file_count] = (struct lossy_file){0};
    return lossy.file_count++;
}

static void lossy_note_open(int fd, const char *name, int flags)
{
    struct lossy_name *there = lossy_find(&lossy.now, name);
    size_t file = there ? there->file : lossy_new_file();
    lossy_set_name(&lossy.now, name, file);
    if (flags & O_TRUNC)
        bytes_release(&lossy.files[file].now);
    lossy.fds[fd] =
        (struct lossy_fd){LOSSY_FD_FILE, file, flags & O_APPEND ? lossy.files[file].now.size : 0};
}

static void lossy_note_write(struct lossy_fd *f, const void *from, size_t size)
{
    struct bytes *b = &lossy.files[f->file].now;
    size_t end = f->position + size;
    if (end > b->size) {
        b->at = mem_resize(b->at, end, 1);
        b->size = end;
    }
    memcpy(b->at + f->position, from, size);
    f->position = end;
}

/* --- faults ----------------------------------------------------------------------------------- */

enum lossy_call { LOSSY_OPEN, LOSSY_WRITE, LOSSY_OTHER };

/* 0, or what this call fails with. */
static int lossy_fate(enum lossy_call call)
{
    bool now = ++lossy.calls == lossy.fault_at && lossy.fault != LOSSY_NONE;
    lossy.struck = lossy.struck || now;
    if (lossy.dead)
        return EIO;
    if (!lossy.struck)
        return 0;
    switch (lossy.fault) {
    case LOSSY_EIO: return now ? EIO : 0;
    case LOSSY_EINTR: return now && call == LOSSY_WRITE ? EINTR : 0;
    case LOSSY_FULL: return call == LOSSY_OTHER ? 0 : ENOSPC;
    case LOSSY_EROFS: return EROFS;
    case LOSSY_CUT: lossy.dead = true; return EIO;
    default: return 0;
    }
}

static bool lossy_turn(enum lossy_fault fault)
{
    return lossy.fault == fault && lossy.calls == lossy.fault_at;
}

static int lossy_failed(int code)
{
    errno = code;
    return -1;
}

/* --- the calls -------------------------------------------------------------------------------- */

int open(const char *path, int flags, ...)
{
    const char *name = lossy_below(path);
    bool writes = name && (flags & O_ACCMODE) != O_RDONLY;
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list list;
        va_start(list, flags);
        mode = va_arg(list, mode_t);
        va_end(list);
    }
    int code = writes ? lossy_fate(LOSSY_OPEN) : lossy.dead && name ? EIO : 0;
    if (code)
        return lossy_failed(code);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0 && fd < LOSSY_FDS && writes)
        lossy_note_open(fd, name, flags);
    else if (fd >= 0 && fd < LOSSY_FDS)
        lossy.fds[fd].kind = lossy_is_root(path)                    ? LOSSY_FD_FOLDER
                             : name && lossy_find(&lossy.now, name) ? LOSSY_FD_FILE
                                                                    : LOSSY_FD_FOREIGN;
    if (fd >= 0 && fd < LOSSY_FDS && !writes && lossy.fds[fd].kind == LOSSY_FD_FILE)
        lossy.fds[fd].file = lossy_find(&lossy.now, name)->file;
    return fd;
}

ssize_t write(int fd, const void *from, size_t size)
{
    struct lossy_fd *f = fd >= 0 && fd < LOSSY_FDS ? &lossy.fds[fd] : NULL;
    if (!f || f->kind != LOSSY_FD_FILE)
        return syscall(SYS_write, fd, from, size);
    int code = lossy_fate(LOSSY_WRITE);
    if (lossy_turn(LOSSY_FULL) && size > 1) {
        size /= 2;
        code = 0;
    }
    if (lossy_turn(LOSSY_SHORT) && size)
        size = 1;
    if (lossy_turn(LOSSY_CUT_AMID))
        size /= 2;
    if (code)
        return lossy_failed(code);
    ssize_t n = syscall(SYS_write, fd, from, size);
    if (n > 0)
        lossy_note_write(f, from, (size_t)n);
    if (!lossy_turn(LOSSY_CUT_AMID))
        return n;
    lossy.dead = true;
    return lossy_failed(EIO);
}

/* The system's own is not called: this disk is a model, and that takes its time. */
int fsync(int fd)
{
    struct lossy_fd *f = fd >= 0 && fd < LOSSY_FDS ? &lossy.fds[fd] : NULL;
    if (!f || f->kind == LOSSY_FD_FOREIGN)
        return (int)syscall(SYS_fsync, fd);
    int code = lossy_fate(LOSSY_OTHER);
    if (code)
        return lossy_failed(code);
    if (f->kind == LOSSY_FD_FOLDER)
        lossy.synced = lossy.now;
    else
        lossy_copy(&lossy.files[f->file].synced, bytes_span(&lossy.files[f->file].now));
    return 0;
}

int close(int fd)
{
    if (fd >= 0 && fd < LOSSY_FDS)
        lossy.fds[fd].kind = LOSSY_FD_FOREIGN;
    return (int)syscall(SYS_close, fd);
}

static int lossy_rename(const char *from, const char *to, unsigned flags)
{
    const char *name = lossy_below(from), *other = lossy_below(to);
    int code = name ? lossy_fate(LOSSY_OTHER) : 0;
    if (code)
        return lossy_failed(code);
    int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
    const struct lossy_name *n = name ? lossy_find(&lossy.now, name) : NULL;
    if (result == 0 && n && other) {
        size_t file = n->file;
        lossy_drop_name(&lossy.now, name);
        lossy_set_name(&lossy.now, other, file);
    }
    return result;
}

int rename(const char *from, const char *to)
{
    return lossy_rename(from, to, 0);
}

int renameat2(int folder, const char *from, int other, const char *to, unsigned flags)
{
    if (folder != AT_FDCWD || other != AT_FDCWD)
        return (int)syscall(SYS_renameat2, folder, from, other, to, flags);
    return lossy_rename(from, to, flags);
}

int link(const char *from, const char *to)
{
    const char *name = lossy_below(from), *other = lossy_below(to);
    int code = name ? lossy_fate(LOSSY_OTHER) : 0;
    if (code)
        return lossy_failed(code);
    int result = (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
    const struct lossy_name *n = name ? lossy_find(&lossy.now, name) : NULL;
    if (result == 0 && n && other)
        lossy_set_name(&lossy.now, other, n->file);
    return result;
}

int unlink(const char *path)
{
    const char *name = lossy_below(path);
    int code = name ? lossy_fate(LOSSY_OTHER) : 0;
    if (code)
        return lossy_failed(code);
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (result == 0 && name)
        lossy_drop_name(&lossy.now, name);
    return result;
}

/* --- for tests -------------------------------------------------------------------------------- */

/* Past the model, and past the disk that lies below: nothing waits for that one. */
static void lossy_write_real(const char *name, struct span content)
{
    char *path = file_join(lossy.root, name);
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || syscall(SYS_write, fd, content.at, content.size) != (ssize_t)content.size)
        abort();
    syscall(SYS_close, fd);
    mem_free(path);
}

/* A file that was there before, on the disk for certain. */
static inline void lossy_put(const char *name, const char *content)
{
    size_t file = lossy_new_file();
    lossy_write_real(name, span_text(content));
    lossy_copy(&lossy.files[file].now, span_text(content));
    lossy_copy(&lossy.files[file].synced, span_text(content));
    lossy_set_name(&lossy.now, name, file);
    lossy_set_name(&lossy.synced, name, file);
}

static void lossy_empty(void)
{
    char root[sizeof lossy.root];
    struct file_list l = {0};
    memcpy(root, lossy.root, sizeof root);
    *lossy.root = '\0'; /* now nobody watches */
    if (!file_list(root, &l, NULL))
        abort();
    for (size_t i = 0; i < l.count; i++) {
        char *path = file_join(root, l.at[i].name);
        file_remove(path, NULL);
        mem_free(path);
    }
    file_list_release(&l);
    memcpy(lossy.root, root, sizeof root);
}

static void lossy_forget(void)
{
    for (size_t i = 0; i < lossy.file_count; i++) {
        bytes_release(&lossy.files[i].now);
        bytes_release(&lossy.files[i].synced);
    }
    lossy.file_count = 0;
    lossy.now.count = lossy.synced.count = 0;
    lossy.calls = lossy.fault_at = 0;
    lossy.fault = LOSSY_NONE;
    lossy.struck = lossy.dead = false;
}

/* The folder is ours and empty, and its calls are counted from now on. */
static void lossy_begin(const char *folder)
{
    lossy_forget();
    snprintf(lossy.root, sizeof lossy.root, "%s", folder);
    lossy_empty();
}

static void lossy_fail(enum lossy_fault fault, size_t at)
{
    lossy.fault = fault;
    lossy.fault_at = lossy.calls + at;
    lossy.struck = false;
}

/* The faults are over; the files are as they are. */
static inline void lossy_mend(void)
{
    lossy_fail(LOSSY_NONE, 0);
    lossy.dead = false;
}

/* The end of the bytes that may have been on the disk. */
static struct span lossy_survives(const struct lossy_file *f, enum lossy_keep keep)
{
    struct span now = bytes_span(&f->now), synced = bytes_span(&f->synced);
    if (keep == LOSSY_KEEP_ALL || keep == LOSSY_KEEP_DATA || span_equal(now, synced))
        return now;
    return keep == LOSSY_KEEP_HALF ? span_of(now.at, now.size / 2) : synced;
}

/* The power is back: the folder holds what keep says, and that for certain. */
static void lossy_cut(enum lossy_keep keep)
{
    bool by_synced = keep == LOSSY_KEEP_SYNCED || keep == LOSSY_KEEP_DATA;
    struct lossy_names names = by_synced ? lossy.synced : lossy.now;
    lossy_empty();
    for (size_t i = 0; i < names.count; i++) {
        struct lossy_file *f = &lossy.files[names.at[i].file];
        struct bytes kept = {0};
        lossy_copy(&kept, lossy_survives(f, keep));
        lossy_write_real(names.at[i].name, bytes_span(&kept));
        lossy_copy(&f->now, bytes_span(&kept));
        lossy_copy(&f->synced, bytes_span(&kept));
        bytes_release(&kept);
    }
    lossy.now = lossy.synced = names;
    lossy_mend();
}

#endif
