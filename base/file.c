#include "base/file.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

struct span bytes_span(const struct bytes *b)
{
    return span_of(b->at, b->size);
}

void bytes_release(struct bytes *b)
{
    if (!b)
        return;
    mem_free(b->at);
    memset(b, 0, sizeof *b);
}

void file_list_release(struct file_list *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->count; i++)
        mem_free(l->at[i].name);
    mem_free(l->at);
    memset(l, 0, sizeof *l);
}

static bool is_slash(char c)
{
#ifdef _WIN32
    return c == '/' || c == '\\';
#else
    return c == '/';
#endif
}

char *file_join(const char *folder, const char *name)
{
#ifdef _WIN32
    const char *slash = "\\";
#else
    const char *slash = "/";
#endif
    struct text t = {0};
    size_t size = strlen(folder);
    text_add(&t, folder);
    if (size && !is_slash(folder[size - 1]))
        text_add(&t, slash);
    text_add(&t, name);
    return text_steal(&t);
}

const char *file_name(const char *path)
{
    const char *name = path;
    for (const char *c = path; *c; c++)
        if (is_slash(*c) && c[1])
            name = c + 1;
    return name;
}

bool file_copy(const char *from, const char *to, struct err *e)
{
    struct bytes content = {0};
    bool ok =
        file_read(from, SIZE_MAX / 2, &content, e) && file_replace(to, bytes_span(&content), e);
    bytes_release(&content);
    return ok;
}

bool file_remove_tree(const char *path, struct err *e)
{
    struct file_list names = {0};
    bool ok = true;
    if (file_kind(path) != FILE_FOLDER)
        return file_remove(path, e);
    if (!file_list(path, &names, e))
        return false;
    for (size_t i = 0; i < names.count; i++) {
        char *inner = file_join(path, names.at[i].name);
        ok = file_remove_tree(inner, e) && ok;
        mem_free(inner);
    }
    file_list_release(&names);
    return ok && file_remove(path, e);
}

bool file_read_end(const char *path, size_t size, struct bytes *out, struct err *e)
{
    struct file_opened f = {0};
    struct bytes end = {0};
    if (!file_open_shared(path, &f, e))
        return false;
    end.size = f.size < size ? (size_t)f.size : size;
    end.at = mem_resize(NULL, end.size, 1);
    bool ok = file_part(&f, f.size - end.size, end.at, end.size, e);
    file_close(&f, NULL);
    if (ok)
        *out = end;
    else
        bytes_release(&end);
    return ok;
}
