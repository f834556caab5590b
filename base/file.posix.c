#define _GNU_SOURCE
#include "base/file.h"

#include "base/mem.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PRIVATE_FOLDER_MODE = 0700, FOLDER_MODE = 0755, FILE_MODE = 0644, LARGEST_READ = 1 << 30 };

/* What could not be had for want of memory is not missing: not every caller tells the two apart. */
static bool failed(struct err *e, const char *doing, const char *path)
{
    int code = errno;
    struct text name = {0};
    if (code == ENOMEM)
        mem_exhausted();
    text_add_escaped(&name, path);
    err_set_os(e, (unsigned long)code, "cannot %s '%s': %s", doing, text_str(&name),
               strerror(code));
    text_release(&name);
    return false;
}

static enum file_kind kind_of_mode(mode_t mode)
{
    return S_ISREG(mode) ? FILE_REGULAR : S_ISDIR(mode) ? FILE_FOLDER : FILE_OTHER;
}

enum file_kind file_kind(const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0)
        return kind_of_mode(st.st_mode);
    return errno == ENOENT || errno == ENOTDIR ? FILE_ABSENT : FILE_KIND_UNKNOWN;
}

static bool read_all(int fd, const char *path, struct bytes *out, struct err *e)
{
    size_t got = 0;
    while (got < out->size) {
        size_t ask = out->size - got < LARGEST_READ ? out->size - got : LARGEST_READ;
        ssize_t n = read(fd, out->at + got, ask);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return failed(e, "read", path);
        if (n == 0)
            return err_set(e, ERR_FAILED, "'%s' became shorter while it was read", path);
        got += (size_t)n;
    }
    return true;
}

bool file_read(const char *path, uint64_t limit, struct bytes *out, struct err *e)
{
    struct stat st;
    struct bytes content = {0};
    bool ok = false;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return failed(e, "open", path);
    if (fstat(fd, &st) != 0) {
        failed(e, "ask about", path);
        goto out;
    }
    if (!S_ISREG(st.st_mode)) {
        err_set(e, ERR_FAILED, "'%s' is not a file", path);
        goto out;
    }
    if ((uint64_t)st.st_size > limit || (uint64_t)st.st_size > SIZE_MAX / 2) {
        err_set(e, ERR_LIMIT, "'%s' has %llu bytes; at most %llu are read", path,
                (unsigned long long)st.st_size, (unsigned long long)limit);
        goto out;
    }
    content.size = (size_t)st.st_size;
    content.at = mem_resize(NULL, content.size, 1);
    ok = read_all(fd, path, &content, e);
out:
    close(fd);
    if (ok)
        *out = content;
    else
        bytes_release(&content);
    return ok;
}

/* Descriptor 0 is a valid one, and a zeroed struct holds none. */
static int fd_of(const struct file_opened *f)
{
    return (int)(intptr_t)f->handle - 1;
}

static void set_fd(struct file_opened *f, int fd, uint64_t size)
{
    f->handle = (void *)(intptr_t)(fd + 1);
    f->size = size;
}

bool file_open(const char *path, struct file_opened *out, struct err *e)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return failed(e, "open", path);
    if (fstat(fd, &st) != 0)
        failed(e, "ask about", path);
    else if (!S_ISREG(st.st_mode))
        err_set(e, ERR_FAILED, "'%s' is not a file", path);
    else {
        set_fd(out, fd, (uint64_t)st.st_size);
        return true;
    }
    close(fd);
    return false;
}

/* Nobody is kept from writing to an open file here. */
bool file_open_shared(const char *path, struct file_opened *out, struct err *e)
{
    return file_open(path, out, e);
}

bool file_part(const struct file_opened *f, uint64_t offset, void *buffer, size_t size,
               struct err *e)
{
    char *at = buffer;
    while (size) {
        ssize_t n = pread(fd_of(f), at, size < LARGEST_READ ? size : LARGEST_READ, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_os(e, (unsigned long)errno, "cannot read: %s", strerror(errno));
        if (n == 0)
            return err_set(e, ERR_FAILED, "the file became shorter while it was read");
        at += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

bool file_map(const struct file_opened *f, struct span *out, struct err *e)
{
    struct stat st;
    if (fstat(fd_of(f), &st) != 0 || (uint64_t)st.st_size < f->size)
        return err_set(e, ERR_FAILED, "the file became shorter while it was read");
    void *at = f->size && f->size <= SIZE_MAX / 2
                   ? mmap(NULL, (size_t)f->size, PROT_READ, MAP_SHARED, fd_of(f), 0)
                   : MAP_FAILED;
    if (at == MAP_FAILED)
        return err_set(e, ERR_FAILED, "the file cannot be seen as memory");
    *out = span_of(at, (size_t)f->size);
    return true;
}

void file_unmap(struct span *map)
{
    if (map->size)
        munmap((void *)(uintptr_t)map->at, map->size);
    *map = (struct span){0};
}

bool file_open_scratch(struct file_opened *out, struct err *e)
{
    char *folder = file_temp_folder();
    char *path = file_join(folder, "xenpv-XXXXXX");
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        failed(e, "create a file in", folder);
    else {
        unlink(path);
        set_fd(out, fd, 0);
    }
    mem_free(path);
    mem_free(folder);
    return fd >= 0;
}

/* As Windows has it by itself: a file is written by one process at a time. A device is written by
 * whoever likes. File systems that know no locks go without. */
static bool open_alone(const char *path, int flags, struct stat *st, int *out, struct err *e)
{
    int fd = open(path, flags | O_CREAT | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return failed(e, "create", path);
    if (fstat(fd, st) != 0)
        failed(e, "ask about", path);
    else if (S_ISREG(st->st_mode) && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        err_set(e, ERR_BUSY, "'%s' is in use by another process", path);
    else {
        *out = fd;
        return true;
    }
    close(fd);
    return false;
}

/* Emptied only once it is ours, and only where there is something: what was cut and written anew is
 * sent to the disk by ext4 when it is closed, which takes a while. */
bool file_open_output(const char *path, struct file_opened *out, struct err *e)
{
    struct stat st;
    int fd;
    if (!open_alone(path, O_RDWR, &st, &fd, e))
        return false;
    if (S_ISREG(st.st_mode) && st.st_size && ftruncate(fd, 0) != 0) {
        failed(e, "create", path);
        close(fd);
        return false;
    }
    set_fd(out, fd, 0);
    return true;
}

bool file_open_end(const char *path, struct file_opened *out, struct err *e)
{
    struct stat st;
    int fd;
    if (!open_alone(path, O_WRONLY | O_APPEND, &st, &fd, e))
        return false;
    set_fd(out, fd, (uint64_t)st.st_size);
    return true;
}

static bool write_all(int fd, struct span content);

bool file_add(struct file_opened *f, struct span bytes, struct err *e)
{
    if (!write_all(fd_of(f), bytes))
        return err_set_os(e, (unsigned long)errno, "cannot write: %s", strerror(errno));
    f->size += bytes.size;
    return true;
}

bool file_put(struct file_opened *f, uint64_t offset, struct span bytes, struct err *e)
{
    if (offset > f->size || bytes.size > f->size - offset)
        return err_set(e, ERR_FAILED, "cannot write over the end of a file");
    while (bytes.size) {
        ssize_t n = pwrite(fd_of(f), bytes.at, bytes.size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return err_set_os(e, (unsigned long)errno, "cannot write: %s", strerror(errno));
        bytes = span_of(bytes.at + n, bytes.size - (size_t)n);
        offset += (uint64_t)n;
    }
    return true;
}

bool file_close(struct file_opened *f, struct err *e)
{
    bool ok = !f->handle || close(fd_of(f)) == 0 || errno == EINTR;
    if (!ok)
        err_set_os(e, (unsigned long)errno, "cannot write: %s", strerror(errno));
    memset(f, 0, sizeof *f);
    return ok;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct file_entry *)a)->name, ((const struct file_entry *)b)->name);
}

static void add_entry(struct file_list *l, int folder, const char *name)
{
    struct stat st;
    struct file_entry entry = {.name = mem_strdup(name)};
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        entry.kind = kind_of_mode(st.st_mode);
        entry.size = (uint64_t)st.st_size;
    }
    l->at = mem_grow(l->at, l->count, &l->room, sizeof *l->at);
    l->at[l->count++] = entry;
}

bool file_list(const char *folder, struct file_list *out, struct err *e)
{
    struct file_list l = {0};
    struct dirent *d;
    DIR *dir = opendir(folder);
    if (!dir)
        return failed(e, "list", folder);
    for (errno = 0; (d = readdir(dir)) && l.count < FILE_LIST_MAX; errno = 0)
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            add_entry(&l, dirfd(dir), d->d_name);
    int code = errno;
    closedir(dir);
    if (d || code) {
        file_list_release(&l);
        errno = code;
        return d ? err_set(e, ERR_LIMIT, "'%s' holds more than %d names", folder, FILE_LIST_MAX)
                 : failed(e, "list", folder);
    }
    if (l.count)
        qsort(l.at, l.count, sizeof *l.at, by_name);
    *out = l;
    return true;
}

static bool write_all(int fd, struct span content)
{
    while (content.size) {
        ssize_t n =
            write(fd, content.at, content.size < LARGEST_READ ? content.size : LARGEST_READ);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        content = span_from(content, (uint64_t)n);
    }
    return true;
}

static bool write_file(const char *path, struct span content, struct err *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return failed(e, "create", path);
    bool ok = write_all(fd, content) && fsync(fd) == 0;
    if (!ok)
        failed(e, "write", path);
    if (close(fd) != 0 && ok)
        ok = failed(e, "write", path);
    if (!ok)
        unlink(path);
    return ok;
}

/*
 * A rename is durable once the folder that holds the name is. A folder that may be written but not
 * read cannot be asked, and some file systems know no such call: neither is a failure.
 */
static bool sync_folder_of(const char *path, struct err *e)
{
    const char *name = file_name(path);
    char *folder = name == path ? mem_strdup(".") : mem_strndup(path, (size_t)(name - path));
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 ? fsync(fd) == 0 || errno == EINVAL : errno == EACCES;
    if (!ok)
        failed(e, "write the name of", path);
    if (fd >= 0)
        close(fd);
    mem_free(folder);
    return ok;
}

/* Fails when to is there. Network file systems know no such rename, but links. */
static int rename_new(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    return link(from, to) == 0 ? unlink(from) : -1;
}

/* Written beside its name, which it gets by call once it is whole. */
static bool write_and_name(const char *path, struct span content,
                           int (*call)(const char *from, const char *to), struct err *e)
{
    struct text beside = {0};
    text_addf(&beside, "%s.new", path);
    bool ok = write_file(text_str(&beside), content, e);
    if (ok && call(text_str(&beside), path) != 0) {
        ok = failed(e, call == rename_new ? "create" : "replace", path);
        unlink(text_str(&beside));
    }
    text_release(&beside);
    return ok && sync_folder_of(path, e);
}

bool file_create(const char *path, struct span content, struct err *e)
{
    struct stat st;
    if (lstat(path, &st) == 0) {
        errno = EEXIST;
        return failed(e, "create", path);
    }
    return write_and_name(path, content, rename_new, e);
}

bool file_replace(const char *path, struct span content, struct err *e)
{
    return write_and_name(path, content, rename, e);
}

bool file_rename(const char *from, const char *to, struct err *e)
{
    return rename(from, to) == 0 || failed(e, "replace", to);
}

bool file_move(const char *from, const char *to, struct err *e)
{
    int fd = open(from, O_RDONLY | O_CLOEXEC);
    bool written = fd >= 0 && fsync(fd) == 0;
    if (!written)
        failed(e, "write", from);
    if (fd >= 0)
        close(fd);
    if (!written || !file_rename(from, to, e))
        return false;
    return sync_folder_of(to, e);
}

static bool make_one(const char *path, mode_t mode, struct err *e)
{
    if (mkdir(path, mode) == 0 || (errno == EEXIST && file_kind(path) == FILE_FOLDER))
        return true;
    struct stat st;
    if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return true;
    return failed(e, "make folder", path);
}

bool file_make_folder(const char *path, struct err *e)
{
    char *parents = mem_strdup(path);
    bool ok = true;
    for (char *c = parents + 1; ok && parents[0] && *c; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        ok = make_one(parents, FOLDER_MODE, e);
        *c = '/';
    }
    mem_free(parents);
    return ok && make_one(path, FOLDER_MODE, e);
}

bool file_make_private_folder(const char *path, struct err *e)
{
    struct stat st;
    if (mkdir(path, PRIVATE_FOLDER_MODE) != 0 && errno != EEXIST)
        return failed(e, "make folder", path);
    if (lstat(path, &st) != 0)
        return failed(e, "ask about", path);
    if (!S_ISDIR(st.st_mode) || st.st_uid != geteuid())
        return err_set(e, ERR_ACCESS, "'%s' is not a folder of ours", path);
    return chmod(path, PRIVATE_FOLDER_MODE) == 0 || failed(e, "protect", path);
}

bool file_remove(const char *path, struct err *e)
{
    if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
        return true;
    if ((errno == EISDIR || errno == EPERM) && rmdir(path) == 0)
        return true;
    return failed(e, "remove", path);
}

/* A wait for a lock, in a thread of its own. */
struct waiting {
    int fd, code; /* code: 0 when fd has the lock, else errno */
    sem_t ended;
};

/* Ended from outside at any point, the lock goes with fd, which is not the thread's. */
static void *wait_for_lock(void *argument)
{
    struct waiting *w = argument;
    int old;
    /* flock is not told of a cancellation that waits: NOLINTNEXTLINE(cert-pos47-c) */
    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &old);
    w->code = flock(w->fd, LOCK_EX) == 0 ? 0 : errno;
    pthread_setcanceltype(old, &old);
    sem_post(&w->ended);
    return NULL;
}

static struct timespec from_now(unsigned ms)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    t.tv_sec += ms / 1000;
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

/* 0, or errno. No call waits for a lock with a limit: a thread waits, and is ended. */
static int lock_within(int fd, unsigned limit_ms)
{
    struct waiting w = {.fd = fd, .code = EWOULDBLOCK};
    struct timespec until = from_now(limit_ms);
    pthread_t thread;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    if (errno != EWOULDBLOCK || !limit_ms)
        return errno;
    sem_init(&w.ended, 0, 0);
    int code = pthread_create(&thread, NULL, wait_for_lock, &w);
    if (code == 0) {
        while (sem_timedwait(&w.ended, &until) != 0 && errno == EINTR)
            ;
        pthread_cancel(thread);
        pthread_join(thread, NULL);
        code = w.code;
    }
    sem_destroy(&w.ended);
    return code;
}

static bool hold(const char *path, int flags, unsigned limit_ms, struct file_hold *out,
                 struct err *e)
{
    int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
    if (fd < 0)
        return failed(e, "open", path);
    int code = lock_within(fd, limit_ms);
    if (code != 0) {
        close(fd);
        errno = code;
        return code == EWOULDBLOCK ? err_set(e, ERR_BUSY, "'%s' is in use by another process", path)
                                   : failed(e, "lock", path);
    }
    out->handle = (void *)(intptr_t)(fd + 1);
    return true;
}

bool file_hold(const char *path, struct file_hold *out, struct err *e)
{
    return hold(path, O_RDONLY, 0, out, e);
}

bool file_lock(const char *path, unsigned limit_ms, struct file_hold *out, struct err *e)
{
    return hold(path, O_RDWR | O_CREAT, limit_ms, out, e);
}

void file_hold_release(struct file_hold *h)
{
    if (h && h->handle) {
        close((int)((intptr_t)h->handle - 1));
        h->handle = NULL;
    }
}

char *file_temp_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return mem_strdup(folder && *folder ? folder : "/tmp");
}
