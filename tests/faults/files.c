/*
 * files: a library to be preloaded, in which one call to the file system goes wrong.
 *
 * Counted are the calls that change what is below FAULTS_ROOT (open for writing, write, fsync,
 * rename, link, unlink, mkdir, rmdir, ftruncate, close of what was written), or with
 * FAULTS_HOW=read those that read there. FAULTS_AT names the one that goes wrong, FAULTS_HOW how:
 *
 *   eio    this one fails, and no other       full   this and all later ones that need room: a
 * write by half first erofs  this and all later ones fail       end    the process is gone before
 * it torn   a write is done by half and the process is gone; of other calls, it is gone after them
 *   short  a write is done by one byte and says so        intr   this one is interrupted once
 *   read   this one fails, of those that read
 *
 * FAULTS_LOG is a file that gets each counted call and the bytes written, for tests/faults/files.py
 * to play back.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FDS = 1024, GONE = 99, LOG_FD = 1000 };
enum kind { OPEN, WRITE, SYNC, NAME, CLOSE };
enum use { UNUSED, READING, WRITING, FOLDER };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char uses[FDS];
static unsigned long seen, at;
static const char *how = "", *root;
static int logged = -1;
static bool struck;

__attribute__((constructor)) static void start(void)
{
    const char *n = getenv("FAULTS_AT"), *h = getenv("FAULTS_HOW"), *log = getenv("FAULTS_LOG");
    root = getenv("FAULTS_ROOT");
    at = n ? strtoul(n, NULL, 10) : 0;
    how = h ? h : "";
    if (log) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        logged = fd < 0 ? -1 : dup2(fd, LOG_FD);
        syscall(SYS_close, fd);
    }
}

static bool is(const char *word)
{
    return strcmp(how, word) == 0;
}

/* Paths are given whole, or below a working folder that is below root itself. */
static bool below(const char *path)
{
    char cwd[PATH_MAX];
    size_t size = root ? strlen(root) : 0;
    if (!size || !path)
        return false;
    if (*path != '/')
        return getcwd(cwd, sizeof cwd) && strncmp(cwd, root, size) == 0;
    return strncmp(path, root, size) == 0 && (path[size] == '/' || !path[size]);
}

static enum use use_of(int fd)
{
    return fd >= 0 && fd < FDS ? (enum use)uses[fd] : UNUSED;
}

static void put(const void *bytes, size_t size)
{
    const char *from = bytes;
    while (logged >= 0 && size) {
        long n = syscall(SYS_write, logged, from, size);
        if (n <= 0)
            _exit(98);
        from += n;
        size -= (size_t)n;
    }
}

/* "WORD NUMBER NUMBER\0PATH\0PATH\0BYTES": the second number is the count of bytes. */
static void record(const char *word, long number, const char *path, const char *to)
{
    char line[64];
    int size = snprintf(line, sizeof line, "%s %ld 0", word, number);
    put(line, (size_t)size + 1);
    put(path ? path : "", strlen(path ? path : "") + 1);
    put(to ? to : "", strlen(to ? to : "") + 1);
}

static void record_write(int fd, long offset, const void *bytes, size_t size)
{
    char line[64];
    int used = snprintf(line, sizeof line, "write %d %zu", fd, size);
    put(line, (size_t)used + 1);
    used = snprintf(line, sizeof line, "%ld", offset);
    put(line, (size_t)used + 1);
    put("", 1);
    put(bytes, size);
}

/* 0, or the error of this call. Its turn has come or is over. */
static int fate(enum kind kind)
{
    bool now = ++seen == at;
    struck = struck || now;
    if (!struck)
        return 0;
    if (now && is("end"))
        syscall(SYS_exit_group, GONE);
    if (is("eio") || is("read"))
        return now ? EIO : 0;
    if (is("intr"))
        return now && kind == WRITE ? EINTR : 0;
    if (is("erofs"))
        return kind == CLOSE ? 0 : EROFS;
    if (is("full"))
        return kind == OPEN || kind == WRITE ? ENOSPC : 0;
    return 0;
}

static bool turn(void)
{
    return seen == at;
}

/* After the call has been made. */
static long done(long result)
{
    int code = errno;
    if (turn() && is("torn"))
        syscall(SYS_exit_group, GONE);
    pthread_mutex_unlock(&lock);
    errno = code;
    return result;
}

static long fails(int code)
{
    pthread_mutex_unlock(&lock);
    errno = code;
    return -1;
}

/* --- opening
 * ------------------------------------------------------------------------------------------------------
 */

static int open_any(int folder, const char *path, int flags, mode_t mode)
{
    bool writes = (flags & O_ACCMODE) != O_RDONLY,
         counts = below(path) && (writes ? !is("read") : is("read"));
    int code = 0;
    pthread_mutex_lock(&lock);
    if (counts && (code = fate(OPEN)))
        return (int)fails(code);
    long fd = syscall(SYS_openat, folder, path, flags, mode);
    if (fd >= 0 && fd < FDS)
        uses[fd] = (char)(!below(path)          ? UNUSED
                          : writes              ? WRITING
                          : flags & O_DIRECTORY ? FOLDER
                                                : READING);
    code = errno;
    if (fd >= 0 && below(path)) {
        char text[32];
        snprintf(text, sizeof text, "%d", flags & (O_TRUNC | O_APPEND | O_CREAT));
        record(writes ? "open" : flags & O_DIRECTORY ? "folder" : "look", fd, path, text);
    }
    errno = code;
    return (int)(counts ? done(fd) : (pthread_mutex_unlock(&lock), fd));
}

#define MODE(last)                                                                                 \
    va_list list;                                                                                  \
    va_start(list, last);                                                                          \
    mode_t mode = last & O_CREAT ? va_arg(list, mode_t) : 0;                                       \
    va_end(list)

int open(const char *path, int flags, ...)
{
    MODE(flags);
    return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    MODE(flags);
    return open_any(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    MODE(flags);
    return open_any(folder, path, flags, mode);
}

/* --- reading
 * ------------------------------------------------------------------------------------------------------
 */

static long read_any(int fd, void *to, size_t size, off_t offset)
{
    int code = 0;
    if (use_of(fd) != READING || !is("read"))
        return offset < 0 ? syscall(SYS_read, fd, to, size)
                          : syscall(SYS_pread64, fd, to, size, offset);
    pthread_mutex_lock(&lock);
    if ((code = fate(WRITE)))
        return fails(code);
    return done(offset < 0 ? syscall(SYS_read, fd, to, size)
                           : syscall(SYS_pread64, fd, to, size, offset));
}

ssize_t read(int fd, void *to, size_t size)
{
    return read_any(fd, to, size, -1);
}

ssize_t pread(int fd, void *to, size_t size, off_t offset)
{
    return read_any(fd, to, size, offset);
}

ssize_t pread64(int fd, void *to, size_t size, off64_t offset)
{
    return read_any(fd, to, size, offset);
}

/* --- writing
 * ------------------------------------------------------------------------------------------------------
 */

static bool counts_fd(int fd, enum use use)
{
    return use_of(fd) == use && !is("read");
}

static long write_any(int fd, const void *from, size_t size, off_t offset)
{
    int code = 0;
    if (!counts_fd(fd, WRITING))
        return offset < 0 ? syscall(SYS_write, fd, from, size)
                          : syscall(SYS_pwrite64, fd, from, size, offset);
    pthread_mutex_lock(&lock);
    code = fate(WRITE);
    if (turn() && size > 1 && (is("full") || is("torn"))) {
        size /= 2;
        code = 0;
    }
    if (turn() && is("short")) {
        size = size ? 1 : 0;
        code = 0;
    }
    if (code)
        return fails(code);
    long n = offset < 0 ? syscall(SYS_write, fd, from, size)
                        : syscall(SYS_pwrite64, fd, from, size, offset);
    if (n > 0)
        record_write(fd, offset, from, (size_t)n);
    return done(n);
}

ssize_t write(int fd, const void *from, size_t size)
{
    return write_any(fd, from, size, -1);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t offset)
{
    return write_any(fd, from, size, offset);
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t offset)
{
    return write_any(fd, from, size, offset);
}

/* A call on an open file; it need not be open for writing. */
#define ON_FILE(kind, word, number, call)                                                          \
    int code = 0;                                                                                  \
    if (use_of(fd) == UNUSED || is("read"))                                                        \
        return (int)(call);                                                                        \
    pthread_mutex_lock(&lock);                                                                     \
    if ((code = fate(kind)))                                                                       \
        return (int)fails(code);                                                                   \
    long result = (call);                                                                          \
    if (result == 0)                                                                               \
        record(word, fd, number, NULL);                                                            \
    return (int)done(result)

int fsync(int fd)
{
    ON_FILE(SYNC, "sync", NULL, syscall(SYS_fsync, fd));
}

int fdatasync(int fd)
{
    ON_FILE(SYNC, "sync", NULL, syscall(SYS_fdatasync, fd));
}

int ftruncate(int fd, off_t size)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)size);
    ON_FILE(WRITE, "cut", text, syscall(SYS_ftruncate, fd, size));
}

/* A close that fails has closed all the same. */
int close(int fd)
{
    enum use use = use_of(fd);
    if (use == UNUSED || fd == LOG_FD)
        return fd == LOG_FD ? 0 : (int)syscall(SYS_close, fd);
    bool counts = use == WRITING && !is("read");
    int code = 0;
    pthread_mutex_lock(&lock);
    uses[fd] = UNUSED;
    if (counts)
        code = fate(CLOSE);
    record("close", fd, NULL, NULL);
    long result = syscall(SYS_close, fd);
    if (code)
        return (int)fails(code);
    return (int)(counts ? done(result) : (pthread_mutex_unlock(&lock), result));
}

/* --- names
 * --------------------------------------------------------------------------------------------------------
 */

static int name_any(const char *word, const char *path, const char *to,
                    long (*call)(const char *, const char *))
{
    int code = 0;
    if (!below(path) || is("read"))
        return (int)call(path, to);
    pthread_mutex_lock(&lock);
    if ((code = fate(NAME)))
        return (int)fails(code);
    long result = call(path, to);
    if (result == 0)
        record(word, 0, path, to);
    return (int)done(result);
}

static long do_rename(const char *path, const char *to)
{
    return syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, to, 0);
}

static long do_rename_new(const char *path, const char *to)
{
    return syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, to, RENAME_NOREPLACE);
}

static long do_link(const char *path, const char *to)
{
    return syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, to, 0);
}

static long do_unlink(const char *path, const char *to)
{
    (void)to;
    return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

static long do_rmdir(const char *path, const char *to)
{
    (void)to;
    return syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

static long do_mkdir(const char *path, const char *to)
{
    (void)to;
    return syscall(SYS_mkdirat, AT_FDCWD, path, 0755);
}

int rename(const char *path, const char *to)
{
    return name_any("rename", path, to, do_rename);
}

int renameat2(int folder, const char *path, int other, const char *to, unsigned flags)
{
    if (folder != AT_FDCWD || other != AT_FDCWD)
        return (int)syscall(SYS_renameat2, folder, path, other, to, flags);
    return name_any("rename", path, to, flags & RENAME_NOREPLACE ? do_rename_new : do_rename);
}

int link(const char *path, const char *to)
{
    return name_any("link", path, to, do_link);
}

int unlink(const char *path)
{
    return name_any("unlink", path, NULL, do_unlink);
}

int rmdir(const char *path)
{
    return name_any("unlink", path, NULL, do_rmdir);
}

int mkdir(const char *path, mode_t mode)
{
    (void)mode;
    return name_any("mkdir", path, NULL, do_mkdir);
}
