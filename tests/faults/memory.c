/*
 * memory: a library to be preloaded, in which each allocation of the program fails once.
 *
 * At each allocation the process forks: in the child that one returns NULL (and every later one,
 * with FAULTS_MEMORY_LATER=1), the parent waits for it, writes down how it ended, and goes on. So
 * one run of the program tries all of them; only its main thread does so, which is alone when the
 * process may use one processor. A call that has been tried FAULTS_MEMORY_SAME times from the same
 * place in the program, by the addresses of its callers, is passed over (0: never). With
 * FAULTS_MEMORY_EVERY=N so are all but about one of N of the others, chosen by FAULTS_MEMORY_SEED.
 *
 * With FAULTS_MEMORY_AT=N the process does not fork: its N-th allocation fails, for a debugger.
 *
 * FAULTS_MEMORY is the file to write to, one line for each child: "N EXIT SIGNAL SAME ERRORS LINE":
 * its exit code and signal, whether standard output is byte for byte that of a run without a fault
 * (FAULTS_MEMORY_OUTPUT names a file with that), the count of lines on standard error, the first.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <locale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

enum { PLACES = 1 << 16, DEPTH = 24, SECONDS = 20, HELD_MAX = 4096, OUTPUT_MAX = 1 << 20 };

static struct {
    uint64_t hash;
    unsigned count;
} places[PLACES];
static unsigned long n, same_max, only, every, seed;
static pid_t parent;
static int report = -1, wanted = -1;
static bool on, later, failing, busy;

/*
 * What glibc loads of a locale it loads under a lock that knows its writer by the number of the
 * thread. The child has another one: there the lock would stay taken, and the child wait for
 * itself, as no program does. So these allocations fail without a fork only (FAULTS_MEMORY_AT).
 */
locale_t newlocale(int mask, const char *name, locale_t base)
{
    locale_t (*real)(int, const char *, locale_t);
    bool before = busy;
    *(void **)&real = dlsym(RTLD_NEXT, "newlocale");
    busy = before || !only;
    locale_t made = real(mask, name, base);
    busy = before;
    return made;
}

/* The same for what the first conversion of a locale loads. */
static void load_conversions(void)
{
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0), before = uselocale(utf8);
    mbrtowc(NULL, "x", 1, &(mbstate_t){0});
    uselocale(before);
    mbrtowc(NULL, "x", 1, &(mbstate_t){0});
}

static unsigned long number_in(const char *variable)
{
    const char *value = getenv(variable);
    return value ? strtoul(value, NULL, 10) : 0;
}

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("FAULTS_MEMORY"), *output = getenv("FAULTS_MEMORY_OUTPUT");
    void *warm[1];
    if (!path)
        return;
    backtrace(warm, 1); /* loads what it needs, once */
    load_conversions();
    later = getenv("FAULTS_MEMORY_LATER") != NULL;
    same_max = number_in("FAULTS_MEMORY_SAME");
    every = number_in("FAULTS_MEMORY_EVERY");
    seed = number_in("FAULTS_MEMORY_SEED");
    only = number_in("FAULTS_MEMORY_AT");
    report = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    wanted = output ? open(output, O_RDONLY | O_CLOEXEC) : -1;
    parent = getpid();
    on = report >= 0;
}

/* Has this place been tried often enough? */
static bool is_known(void)
{
    void *callers[DEPTH];
    uint64_t hash = 14695981039346656037u;
    if (!same_max)
        return false;
    int depth = backtrace(callers, DEPTH);
    for (int i = 0; i < depth; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)callers[i]) * 1099511628211u;
    for (size_t i = hash % PLACES, tries = 0; tries < PLACES; i = (i + 1) % PLACES, tries++) {
        if (places[i].hash && places[i].hash != hash)
            continue;
        places[i].hash = hash;
        return places[i].count++ >= same_max;
    }
    return false;
}

static bool is_chosen(void)
{
    uint64_t mixed = (n + seed * 1000003u) * 0x9e3779b97f4a7c15u;
    return !every || (mixed >> 32) % every == 0;
}

/* --- the child ---------------------------------------------------------------------------------
 */

/* What was written by then has to stand before what the child writes. */
static void redirect(int fd, int to)
{
    char block[4096];
    off_t at = 0;
    ssize_t size;
    while ((size = pread(fd, block, sizeof block, at)) > 0 &&
           write(to, block, (size_t)size) == size)
        at += size;
    dup2(to, fd);
}

/* --- the parent --------------------------------------------------------------------------------
 */

static bool same_content(int a, int b)
{
    static char one[OUTPUT_MAX], other[OUTPUT_MAX];
    ssize_t size = pread(a, one, sizeof one, 0);
    return b >= 0 && size >= 0 && pread(b, other, sizeof other, 0) == size &&
           memcmp(one, other, (size_t)size) == 0;
}

static void write_down(int status, int out, int err)
{
    char held[HELD_MAX], line[HELD_MAX + 64];
    ssize_t size = pread(err, held, sizeof held - 1, 0);
    unsigned lines = 0;
    held[size > 0 ? size : 0] = '\0';
    for (const char *c = held; *c; c++)
        lines += *c == '\n';
    held[strcspn(held, "\n")] = '\0';
    int used = snprintf(
        line, sizeof line, "%lu %d %d %d %u %s\n", n, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
        WIFSIGNALED(status) ? WTERMSIG(status) : 0, same_content(out, wanted), lines, held);
    if (write(report, line, (size_t)used) != used)
        _exit(97);
}

/* True in the child. */
static bool try_one(void)
{
    int out = memfd_create("out", 0), err = memfd_create("err", 0), status = 0;
    pid_t child = out < 0 || err < 0 ? -1 : fork();
    if (child < 0)
        _exit(98);
    if (child == 0) {
        redirect(STDOUT_FILENO, out);
        redirect(STDERR_FILENO, err);
        alarm(SECONDS);
        return true;
    }
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    write_down(status, out, err);
    close(out);
    close(err);
    return false;
}

/* Does this allocation fail? */
static bool fails(void)
{
    if (!on || busy)
        return failing && later;
    if (syscall(SYS_gettid) != parent)
        return false;
    busy = true;
    n++;
    if (only ? n == only : !is_known() && is_chosen() && try_one()) {
        on = false;
        failing = true;
        busy = false;
        return true;
    }
    busy = false;
    return false;
}

static void *none(void)
{
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t size)
{
    return fails() ? none() : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails() ? none() : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails() ? none() : __libc_realloc(old, size);
}
