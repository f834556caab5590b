#include "installer/shelf.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "installer/hashing.h"

#include <string.h>

static bool add_files(struct shelf *s, const char *folder, const char *release,
                      struct file_list *names, struct err *e)
{
    if (!file_list(folder, names, e))
        return false;
    for (size_t i = 0; i < names->count; i++) {
        if (names->at[i].kind != FILE_REGULAR)
            continue;
        struct shelf_file *f = shape_list_add(&s->files, sizeof *f);
        f->path = file_join(folder, names->at[i].name);
        f->release = release;
        f->size = names->at[i].size;
    }
    return true;
}

static const struct manifest_release *release_named(const struct manifest *m, const char *name)
{
    for (size_t i = 0; i < m->releases.count; i++)
        if (text_equal_nocase(m->releases.at[i].id, name))
            return &m->releases.at[i];
    return NULL;
}

bool shelf_add_folder(struct shelf *s, const char *folder, const struct manifest *m, struct err *e)
{
    struct file_list names = {0};
    bool ok = add_files(s, folder, NULL, &names, e);
    for (size_t i = 0; ok && m && i < names.count; i++) {
        const struct manifest_release *release =
            names.at[i].kind == FILE_FOLDER ? release_named(m, names.at[i].name) : NULL;
        if (!release)
            continue;
        struct file_list inside = {0};
        char *path = file_join(folder, names.at[i].name);
        ok = add_files(s, path, release->id, &inside, e);
        file_list_release(&inside);
        mem_free(path);
    }
    file_list_release(&names);
    return ok;
}

static bool digest_matches(const struct digest *d, const char *hex)
{
    char have[2 * DIGEST_SIZE_MAX + 1];
    digest_hex(d, have);
    return d->kind != DIGEST_NONE && text_equal_nocase(have, hex);
}

bool shelf_is_pinned(const struct digests *d, const struct manifest_file_pin *pin)
{
    if (!pin->sha256 && !pin->sha512)
        return false;
    return (!pin->sha256 || digest_matches(&d->of[DIGEST_SHA256], pin->sha256)) &&
           (!pin->sha512 || digest_matches(&d->of[DIGEST_SHA512], pin->sha512));
}

static void let_go(struct shelf *s, struct shelf_file *f)
{
    s->hold += f->content.size;
    bytes_release(&f->content);
}

/* One that cannot be read matches nothing. */
static void hash(struct shelf *s, struct shelf_file *f)
{
    const unsigned kinds = DIGEST_BIT(DIGEST_SHA256) | DIGEST_BIT(DIGEST_SHA512);
    struct err none = {0};
    f->hashed = true;
    if (f->size > s->hold) {
        hashing_file(f->path, kinds, &f->digests, &none);
    } else if (file_read(f->path, s->hold, &f->content, &none)) {
        struct span bytes = bytes_span(&f->content);
        digest_spans(kinds, (struct digest_input){.spans = &bytes, .count = 1}, &f->digests);
        s->hold -= f->content.size;
    }
}

static bool has_extension_of(const char *path, const char *name)
{
    const char *a = strrchr(path, '.'), *b = strrchr(name, '.');
    return a && b && text_equal_nocase(a, b);
}

/* Is it worth hashing this file for that pin? */
static bool may_match(const struct shelf_file *f, const struct manifest_file_pin *pin)
{
    if (!pin->sha256 && !pin->sha512)
        return false;
    if (pin->size.known)
        return f->size == pin->size.value;
    return has_extension_of(f->path, pin->name);
}

/* How well a file's name speaks for it: its release's own folder before none. */
static int name_counts(const struct shelf_file *f, const struct manifest_release *release,
                       const struct manifest_file_pin *pin)
{
    if (!text_equal_nocase(file_name(f->path), pin->name))
        return 0;
    if (!f->release)
        return 1;
    return strcmp(f->release, release->id) == 0 ? 2 : 0;
}

enum shelf_match shelf_find(struct shelf *s, const struct manifest_release *release,
                            const struct manifest_file_pin *pin, const char **path)
{
    int best = 0;
    for (size_t i = 0; i < s->files.count; i++) {
        struct shelf_file *f = &s->files.at[i];
        int counts = name_counts(f, release, pin);
        bool is_new = !f->hashed && may_match(f, pin);
        if (is_new)
            hash(s, f);
        if (f->hashed && shelf_is_pinned(&f->digests, pin)) {
            *path = f->path;
            return SHELF_PINNED;
        }
        if (is_new)
            let_go(s, f);
        if (counts > best)
            *path = f->path;
        best = counts > best ? counts : best;
    }
    return best ? SHELF_NAME_ONLY : SHELF_ABSENT;
}

const struct shelf_file *shelf_file_at(const struct shelf *s, const char *path)
{
    for (size_t i = 0; i < s->files.count; i++)
        if (strcmp(s->files.at[i].path, path) == 0)
            return &s->files.at[i];
    return NULL;
}

void shelf_release(struct shelf *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->files.count; i++) {
        let_go(s, &s->files.at[i]);
        mem_free(s->files.at[i].path);
    }
    mem_free(s->files.at);
    memset(s, 0, sizeof *s);
}
