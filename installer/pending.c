#include "installer/pending.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* Where the files of drivers lie, behind the Windows folder. */
static const char *const driver_folders[] = {
    "\\System32\\drivers\\",
    "\\System32\\DriverStore\\",
    "\\System32\\CatRoot\\",
    "\\inf\\",
};

/* "\??\C:\x" or "*1\??\C:\x" or "!\??\C:\x": the manager's marks stand in front. */
static const char *plain(const char *path)
{
    const char *dos = strstr(path, "\\??\\");
    return dos ? dos + 4 : path;
}

static bool is_below(const char *path, const char *folder)
{
    size_t size = strlen(folder);
    return size && text_starts_nocase(path, folder) && (!path[size] || path[size] == '\\');
}

static bool is_driver_file(const char *path)
{
    for (; *path; path++)
        for (size_t i = 0; i < sizeof driver_folders / sizeof *driver_folders; i++)
            if (text_starts_nocase(path, driver_folders[i]))
                return true;
    return false;
}

static void count_in(struct pending_renames *out, const char *from, const char *to, const char *own)
{
    if (is_below(plain(from), own))
        out->ours++;
    else if (is_driver_file(from) || is_driver_file(to))
        out->drivers++;
    else
        out->others++;
}

/* The next string off *rest into *t; false at the end. */
static bool take_string(struct span *rest, struct text *t)
{
    uint16_t unit = 1;
    size_t size = 0;
    while (span_u16(*rest, size, &unit) && unit)
        size += 2;
    if (unit)
        return false;
    struct span string;
    if (!span_take(rest, size + 2, &string))
        return false;
    text_release(t);
    text_add_utf16le(t, span_of(string.at, size));
    return true;
}

bool pending_read(struct span value, const char *own, struct pending_renames *out, struct err *e)
{
    struct pending_renames found = {0};
    struct text from = {0}, to = {0};
    size_t count = 0;
    bool ok = true;
    while (ok && take_string(&value, &from) && *text_str(&from)) {
        ok = count++ < PENDING_ENTRIES_MAX && take_string(&value, &to);
        if (ok)
            count_in(&found, text_str(&from), text_str(&to), own);
    }
    for (size_t i = 0; i < value.size; i++)
        ok = ok && value.at[i] == 0;
    text_release(&from);
    text_release(&to);
    if (!ok)
        return err_set(e, ERR_FORMAT, "this is no list of pending renames");
    *out = found;
    return true;
}

char *pending_replacement(struct span value, const char *path)
{
    struct text from = {0}, to = {0};
    char *found = NULL;
    for (size_t i = 0; i < PENDING_ENTRIES_MAX && take_string(&value, &from) && *text_str(&from) &&
                       take_string(&value, &to);
         i++) {
        const char *target = *text_str(&to) ? text_str(&to) : text_str(&from);
        if (!text_equal_nocase(plain(target), path))
            continue;
        mem_free(found);
        found = *text_str(&to) ? mem_strdup(plain(text_str(&from))) : NULL;
    }
    text_release(&from);
    text_release(&to);
    return found;
}

bool pending_blocks(const char *reason)
{
    return strcmp(reason, PENDING_RENAMES) != 0 && strcmp(reason, PENDING_COMPUTER_NAME) != 0;
}
