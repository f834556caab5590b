#define _GNU_SOURCE
#include "installer/console.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool console_arguments(int argc, char **argv, const char *const **out, size_t *count, struct err *e)
{
    for (int i = 1; i < argc; i++)
        if (!text_is_utf8(span_text(argv[i])))
            return err_set(e, ERR_USAGE, "argument %d is not UTF-8", i);
    *out = (const char *const *)(argc > 0 ? argv + 1 : argv);
    *count = argc > 0 ? (size_t)(argc - 1) : 0;
    return true;
}

bool console_write(struct span text, struct err *e)
{
    if (fwrite(text.at, 1, text.size, stdout) == text.size && fflush(stdout) == 0)
        return true;
    return err_set_os(e, (unsigned long)errno, "cannot write to standard output: %s",
                      strerror(errno));
}

bool console_has_colour(void)
{
    const char *never = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(never && *never) && terminal && *terminal &&
           strcmp(terminal, "dumb") != 0;
}

bool console_has_progress(void)
{
    return isatty(STDERR_FILENO) != 0;
}

char *console_program(void)
{
    char path[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
    return size > 0 ? mem_strndup(path, (size_t)size) : NULL;
}

char *console_full_path(const char *path)
{
    char full[PATH_MAX];
    return mem_strdup(realpath(path, full) ? full : path);
}

char *console_program_folder(void)
{
    char *path = console_program();
    if (!path)
        return NULL;
    const char *name = file_name(path);
    char *folder = name - path > 1 ? mem_strndup(path, (size_t)(name - path - 1)) : mem_strdup("/");
    mem_free(path);
    return folder;
}
