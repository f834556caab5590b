#include "verifier/cab.h"
#include "verifier/msi.h"
#include "verifier/name.h"
#include "verifier/package_inside.h"
#include "verifier/unpack.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Archives: tar, zip, 7z, ISO 9660. */

/* Does passing over a member cost as much as reading it? */
static bool is_sequential(enum package_kind kind)
{
    return kind == PACKAGE_TAR || kind == PACKAGE_7Z;
}

/* ISO 9660 makers let files of the same content share their blocks; the library shows the later
 * ones as links. */
static void add_shared(struct opening *o, const char *name, const char *link)
{
    struct text target = {0};
    size_t found = SIZE_MAX;
    if (name_clean(link, &target) == NAME_SAFE)
        for (size_t i = 0; i < o->p->count && found == SIZE_MAX; i++)
            if (strcmp(o->p->entries[i].name, text_str(&target)) == 0)
                found = i;
    text_release(&target);
    if (found == SIZE_MAX)
        package_refuse(o, "entry-link", name,
                       "it is a link to a file that is not there; it is left out");
    else if (package_spend(o, o->p->entries[found].size, name))
        package_add(o, name, o->p->entries[found].bytes);
}

/* What was unpacked in vain has cost as much as what is kept, and counts as much: zips share bytes
 * between members. */
static void spend_in_vain(struct opening *o, uint64_t size)
{
    o->budget->bytes -= size < o->budget->bytes ? size : o->budget->bytes;
}

static void add_member(struct opening *o, struct unpack *u, const struct unpack_member *m,
                       const char *name)
{
    struct bytes storage = {0};
    struct span bytes = {0};
    struct err why = {0};
    uint64_t limit = o->budget->bytes < PACKAGE_ENTRY_MAX ? o->budget->bytes : PACKAGE_ENTRY_MAX;
    if (m->size > limit) {
        package_spend(o, m->size, name);
        return;
    }
    if (unpack_read(u, limit, &storage, &bytes, &why)) {
        if (package_spend(o, bytes.size, name)) {
            package_keep(o, storage);
            package_add(o, name, bytes);
            return;
        }
    } else if (why.kind == ERR_LIMIT) {
        package_spend(o, limit + 1, name);
        spend_in_vain(o, limit);
    } else {
        package_refuse_broken(o, unpack_truncated(u), name, &why);
        spend_in_vain(o, bytes.size);
    }
    bytes_release(&storage);
}

/* One member. False when reading on would cost more than is left. */
static bool take_member(struct opening *o, struct unpack *u, enum package_kind kind,
                        const struct unpack_member *m)
{
    struct text name = {0};
    bool is_file = m->type == UNPACK_FILE,
         shared = kind == PACKAGE_ISO && m->type == UNPACK_HARDLINK;
    if (m->type == UNPACK_FOLDER)
        return true;
    uint64_t before = o->budget->bytes;
    if (m->encrypted)
        package_refuse(o, "entry-encrypted", m->name, "it is encrypted; it is left out");
    else if (m->type == UNPACK_SPECIAL)
        package_note(o, FINDING_WARNING, "entry-special", m->name,
                     "it is a device or a pipe; it is left out");
    else if (!is_file && !shared)
        package_note(o, FINDING_WARNING, "entry-link", m->name, "it is a link; it is left out");
    else if (package_admit(o, m->name, &name)) {
        if (shared)
            add_shared(o, text_str(&name), m->link);
        else
            add_member(o, u, m, text_str(&name));
    }
    text_release(&name);
    bool passed_over = o->budget->bytes == before && m->size && is_sequential(kind);
    if (!passed_over)
        return true;
    if (m->size > o->budget->bytes)
        return false;
    o->budget->bytes -= m->size;
    return true;
}

/* Members that are passed over count too, so that no archive is walked for ever. */
static bool walk(struct opening *o, struct unpack *u, enum package_kind kind)
{
    struct unpack_member m;
    for (size_t i = 0; i < (size_t)PACKAGE_ENTRIES_MAX * 2; i++) {
        struct err why = {0};
        switch (unpack_next(u, &m, &why)) {
        case UNPACK_NOT_THIS: return false;
        case UNPACK_END: return true;
        case UNPACK_MEMBER:
            if (o->budget->entries && take_member(o, u, kind, &m))
                break;
            package_refuse(o, o->budget->entries ? "limit-total" : "limit-count", NULL,
                           "it holds more than is accepted; the rest is left out");
            return true;
        case UNPACK_BROKEN: package_refuse_broken(o, unpack_truncated(u), NULL, &why); return true;
        }
    }
    package_refuse(o, "limit-count", NULL, "it holds more than is accepted; the rest is left out");
    return true;
}

bool package_unpack_archive(struct opening *o, enum package_kind kind, struct span bytes)
{
    struct err why = {0};
    struct unpack *u = unpack_open(kind, (struct span){0}, bytes, &why);
    if (why.kind != ERR_NONE)
        package_refuse_broken(o, unpack_truncated(u), NULL, &why);
    bool is_it = walk(o, u, kind);
    unpack_close(u);
    return is_it;
}

/* Cabinets. */

/* A cabinet with its folders unpacked, as far as they could be. */
struct contents {
    struct cab cab;
    struct folder {
        struct span bytes;
        uint64_t spent; /* counted against the limits, and not yet given to a file */
        char *why;      /* it is not whole, in words */
        bool truncated;
    } * folders;
};

static void contents_release(struct contents *c)
{
    for (size_t i = 0; c->folders && i < c->cab.folder_count; i++)
        mem_free(c->folders[i].why);
    mem_free(c->folders);
    cab_release(&c->cab);
}

/* All of one folder, through a cabinet of one file that cab makes of it. */
static bool unpack_folder(struct opening *o, struct contents *c, size_t i, struct err *e)
{
    struct bytes head = {0}, storage = {0};
    struct span tail, bytes = {0};
    struct unpack_member m;
    uint64_t end = c->cab.folders[i].end;
    if (end > o->budget->bytes)
        return err_set(e, ERR_LIMIT, "it unpacks to more than is accepted");
    if (!cab_folder_alone(&c->cab, i, &head, &tail, e))
        return false;
    struct unpack *u = unpack_open(PACKAGE_CAB, bytes_span(&head), tail, e);
    bool ok = unpack_next(u, &m, e) == UNPACK_MEMBER && unpack_read(u, end, &storage, &bytes, e);
    if (ok && bytes.size < end)
        ok = err_set(e, ERR_FORMAT, "its data end early");
    o->budget->bytes -= bytes.size;
    c->folders[i].spent = bytes.size;
    c->folders[i].bytes = bytes;
    c->folders[i].truncated = unpack_truncated(u);
    package_keep(o, storage);
    unpack_close(u);
    bytes_release(&head);
    return ok;
}

static bool contents_open(struct opening *o, struct span bytes, struct contents *c, struct err *e)
{
    *c = (struct contents){0};
    if (!cab_open(bytes, &c->cab, e))
        return false;
    c->folders = mem_zero(c->cab.folder_count, sizeof *c->folders);
    for (size_t i = 0; i < c->cab.folder_count; i++) {
        struct err why = {0};
        if (c->cab.folders[i].end && !unpack_folder(o, c, i, &why))
            c->folders[i].why = mem_strdup(why.text);
    }
    return true;
}

/* Files may share the bytes of a folder: what a folder held is counted once, and every further use
 * again. */
static bool spend_slice(struct opening *o, struct folder *folder, uint64_t size, const char *name)
{
    uint64_t given = size < folder->spent ? size : folder->spent;
    if (size <= PACKAGE_ENTRY_MAX)
        folder->spent -= given;
    return package_spend(o, size <= PACKAGE_ENTRY_MAX ? size - given : size, name);
}

/* A file of the cabinet comes in under this name. */
static void add_slice(struct opening *o, struct contents *c, const struct cab_file *file,
                      const char *hostile)
{
    struct folder *folder = &c->folders[file->folder];
    struct span slice;
    struct text name = {0};
    if (package_admit(o, hostile, &name)) {
        struct err why = {0};
        if (!span_part(folder->bytes, file->offset, file->size, &slice)) {
            err_set(&why, ERR_FORMAT, "%s", folder->why ? folder->why : "its data end early");
            package_refuse_broken(o, folder->truncated, text_str(&name), &why);
        } else if (spend_slice(o, folder, file->size, text_str(&name))) {
            package_add(o, text_str(&name), slice);
        }
    }
    text_release(&name);
}

/* What is wrong with the cabinet as a whole. name is that of the cabinet, NULL for the package
 * itself. */
static void refuse_cab(struct opening *o, const char *name, const struct err *why)
{
    if (why->kind == ERR_LIMIT)
        package_refuse(o, "container-unsupported", name, why->text);
    else
        package_refuse_broken(o, false, name, why);
}

/* Say once, for the cabinet, why a folder could not be unpacked; its files then say that they are
 * missing. */
static void report_folders(struct opening *o, const struct contents *c, const char *name)
{
    const struct cab *cab = &c->cab;
    struct err why = {0};
    if (cab->declared_size > cab->bytes.size) {
        err_set(&why, ERR_FORMAT, "its header counts %lu bytes", (unsigned long)cab->declared_size);
        package_refuse_broken(o, true, name, &why);
    }
    for (size_t i = 0; i < cab->folder_count; i++)
        if (c->folders[i].why && cab->folders[i].compression != CAB_STORED &&
            cab->folders[i].compression != CAB_MSZIP && cab->folders[i].compression != CAB_LZX)
            package_refuse(o, "container-unsupported", name, c->folders[i].why);
}

bool package_unpack_cab(struct opening *o, struct span bytes)
{
    struct contents c;
    struct err why = {0};
    if (!contents_open(o, bytes, &c, &why)) {
        refuse_cab(o, NULL, &why);
        contents_release(&c);
        return true;
    }
    report_folders(o, &c, NULL);
    for (size_t i = 0; i < c.cab.file_count; i++)
        add_slice(o, &c, &c.cab.files[i], c.cab.files[i].name);
    contents_release(&c);
    return true;
}

/* MSIs. */

static const char *shown_path(const struct msi_file *f)
{
    return f->path ? f->path : f->key ? f->key : "";
}

static int compare_by_cabinet(const void *a, const void *b)
{
    const struct msi_file *const *x = a, *const *y = b;
    const char *of_x = (*x)->cabinet ? (*x)->cabinet : "",
               *of_y = (*y)->cabinet ? (*y)->cabinet : "";
    int order = strcmp(of_x, of_y);
    return order ? order : *x < *y ? -1 : *x > *y;
}

static int compare_cab_files(const void *a, const void *b)
{
    const struct cab_file *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* Bring in the files of one embedded cabinet, in which they have the names of their keys. */
static void add_cabinet_files(struct opening *o, struct contents *c, struct msi_file **files,
                              size_t count)
{
    size_t in_cab = c->cab.file_count;
    const struct cab_file **sorted = mem_zero(in_cab, sizeof *sorted);
    for (size_t i = 0; i < in_cab; i++)
        sorted[i] = &c->cab.files[i];
    if (in_cab)
        qsort(sorted, in_cab, sizeof *sorted, compare_cab_files);
    for (size_t i = 0; i < count; i++) {
        const struct cab_file wanted = {
            .name = (char *)(uintptr_t)(files[i]->key ? files[i]->key : "")};
        const struct cab_file *key = &wanted;
        const struct cab_file **found = NULL;
        if (in_cab)
            found = bsearch(&key, sorted, in_cab, sizeof *sorted, compare_cab_files);
        if (found)
            add_slice(o, c, *found, files[i]->path ? files[i]->path : "");
        else
            package_refuse(o, "msi-file-missing", shown_path(files[i]),
                           "no cabinet of the MSI holds it");
    }
    mem_free(sorted);
}

static void refuse_all(struct opening *o, struct msi_file **files, size_t count, const char *words)
{
    for (size_t i = 0; i < count && o->p->findings.count < FINDINGS_MAX; i++)
        package_refuse(o, "msi-file-missing", shown_path(files[i]), words);
}

/* The files that one Media row holds. */
static void add_media(struct opening *o, const struct msi *m, struct msi_file **files, size_t count)
{
    const char *cabinet = files[0]->cabinet;
    if (!cabinet || cabinet[0] != '#') {
        struct text words = {0};
        text_add(&words,
                 cabinet ? "its files lie in another file beside it: " : "its files lie beside it");
        text_add(&words, cabinet);
        package_refuse(o, "msi-external-cabinet", NULL, text_str(&words));
        text_release(&words);
        return;
    }
    struct bytes storage = {0};
    struct span bytes = {0};
    struct contents c = {0};
    struct err why = {0};
    size_t stream = msi_stream(m, cabinet + 1);
    if (stream == SIZE_MAX) {
        refuse_all(o, files, count, "the MSI does not hold its cabinet");
    } else if (!ole_read(&m->ole, stream, &storage, &bytes, &why) ||
               !contents_open(o, bytes, &c, &why)) {
        refuse_cab(o, cabinet, &why);
    } else {
        report_folders(o, &c, cabinet);
        add_cabinet_files(o, &c, files, count);
    }
    contents_release(&c);
    bytes_release(&storage);
}

static void add_msi_files(struct opening *o, const struct msi *m)
{
    struct msi_file **sorted = mem_zero(m->file_count, sizeof *sorted);
    for (size_t i = 0; i < m->file_count; i++) {
        sorted[i] = &m->files[i];
        if (m->files[i].path_shared)
            package_note(o, FINDING_INFO, "msi-path-shared", shown_path(sorted[i]),
                         "its component and another one install to the same path");
    }
    if (m->file_count)
        qsort(sorted, m->file_count, sizeof *sorted, compare_by_cabinet);
    size_t cabinets = 0;
    for (size_t from = 0, to; from < m->file_count; from = to) {
        if (cabinets++ >= PACKAGE_CABINETS_MAX) {
            package_refuse(o, "limit-count", NULL,
                           "it has more cabinets than are accepted; the rest is left out");
            break;
        }
        for (to = from + 1; to < m->file_count; to++) {
            const char *a = sorted[from]->cabinet, *b = sorted[to]->cabinet;
            if (strcmp(a ? a : "", b ? b : "") != 0)
                break;
        }
        add_media(o, m, sorted + from, to - from);
    }
    mem_free(sorted);
}

bool package_unpack_msi(struct opening *o, struct span bytes)
{
    struct msi m = {0};
    struct ole ole = {0};
    struct err why = {0};
    bool readable = ole_open(bytes, &ole, &why);
    ole_release(&ole);
    if (readable && !msi_is(bytes))
        return false;
    if (!readable || !msi_open(bytes, &m, &why)) {
        refuse_cab(o, NULL, &why);
        return true;
    }
    add_msi_files(o, &m);
    msi_release(&m);
    return true;
}
