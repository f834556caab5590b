#include "installer/shelf.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "verifier/package.h"

#include <string.h>

bool shelf_add_folder(struct shelf *s, const char *folder, struct err *e)
{
    struct file_list names = {0};
    if (!file_list(folder, &names, e))
        return false;
    for (size_t i = 0; i < names.count; i++) {
        if (names.at[i].kind != FILE_REGULAR)
            continue;
        struct shelf_file *f = shape_list_add(&s->files, sizeof *f);
        f->path = file_join(folder, names.at[i].name);
        f->size = names.at[i].size;
    }
    file_list_release(&names);
    return true;
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

static void hash(struct shelf_file *f)
{
    struct bytes content = {0};
    if (f->hashed)
        return;
    f->hashed = true;
    if (!file_read(f->path, PACKAGE_FILE_MAX, &content, NULL))
        return;
    struct span span = bytes_span(&content);
    digest_spans(DIGEST_BIT(DIGEST_SHA256) | DIGEST_BIT(DIGEST_SHA512),
                 (struct digest_input){.spans = &span, .count = 1}, &f->digests);
    bytes_release(&content);
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

enum shelf_match shelf_find(struct shelf *s, const struct manifest_file_pin *pin, const char **path)
{
    enum shelf_match best = SHELF_ABSENT;
    for (size_t i = 0; i < s->files.count && best != SHELF_PINNED; i++) {
        struct shelf_file *f = &s->files.at[i];
        bool named = text_equal_nocase(file_name(f->path), pin->name);
        if (may_match(f, pin))
            hash(f);
        bool pinned = f->hashed && shelf_is_pinned(&f->digests, pin);
        if (!pinned && (!named || best != SHELF_ABSENT))
            continue;
        best = pinned ? SHELF_PINNED : SHELF_NAME_ONLY;
        *path = f->path;
    }
    return best;
}

void shelf_release(struct shelf *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->files.count; i++)
        mem_free(s->files.at[i].path);
    mem_free(s->files.at);
    memset(s, 0, sizeof *s);
}
