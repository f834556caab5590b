#include "verifier/package.h"

#include "verifier/name.h"
#include "verifier/package_inside.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A container inside a package: a package of its own, whose entries the outer one shows under its
 * name. */
struct package_store {
    char *disk; /* where it can be opened again; NULL: it lies in memory and stays open */
    struct package child;
    bool open;
    size_t loads;
};

/* What a package owns beside its entries. */
struct package_inside {
    struct bytes file;   /* behind package.bytes, when package_open read it */
    struct bytes *blobs; /* unpacked bytes that entries point into */
    size_t blob_count, blob_room;
    struct package_store **stores;
    size_t store_count, store_room;
    uint64_t held;              /* bytes of containers on disk that stay open */
    struct package_store *last; /* the one that package_load opened again */
};

static bool open_in_memory(struct opening *o, const char *name, struct span bytes);
static bool open_disk(const char *path, unsigned depth, struct package *out, struct err *e);

/* Findings and limits, as package_inside.h says. */

static struct budget budget_for(uint64_t size)
{
    uint64_t by_ratio =
        size > PACKAGE_TOTAL_MAX / PACKAGE_RATIO_MAX ? PACKAGE_TOTAL_MAX : size * PACKAGE_RATIO_MAX;
    struct budget b = {.bytes = PACKAGE_TOTAL_MAX, .entries = PACKAGE_ENTRIES_MAX};
    if (by_ratio < PACKAGE_RATIO_FLOOR)
        by_ratio = PACKAGE_RATIO_FLOOR;
    b.by_ratio = by_ratio < b.bytes;
    if (b.by_ratio)
        b.bytes = by_ratio;
    return b;
}

void package_note(struct opening *o, enum finding_severity severity, const char *code,
                  const char *name, const char *words)
{
    struct text safe = {0}, safe_words = {0};
    text_add_escaped(&safe, name);
    text_add_escaped(&safe_words, words);
    findings_add(&o->p->findings, severity, code, name ? text_str(&safe) : NULL, "%s",
                 text_str(&safe_words));
    text_release(&safe);
    text_release(&safe_words);
}

void package_refuse(struct opening *o, const char *code, const char *name, const char *words)
{
    package_note(o, FINDING_ERROR, code, name, words);
    o->p->damaged = true;
}

void package_refuse_broken(struct opening *o, bool truncated, const char *name,
                           const struct err *why)
{
    char words[ERR_TEXT_MAX + 64];
    snprintf(words, sizeof words, "%s: %s", truncated ? "it is cut short" : "it cannot be read",
             why->text);
    package_refuse(o, truncated ? "container-truncated" : "container-corrupt", name, words);
}

bool package_admit(struct opening *o, const char *hostile, struct text *name)
{
    char words[128];
    if (!o->budget->entries) {
        package_refuse(o, "limit-count", hostile,
                       "there are more files than are accepted; it is left out");
        return false;
    }
    o->budget->entries--;
    enum name_fault fault = name_clean(hostile, name);
    if (fault == NAME_SAFE)
        return true;
    snprintf(words, sizeof words, "its name %s; it is left out", name_fault_words(fault));
    package_refuse(o, "name-unsafe", hostile, words);
    return false;
}

bool package_spend(struct opening *o, uint64_t size, const char *name)
{
    struct budget *b = o->budget;
    char words[128];
    if (size > PACKAGE_ENTRY_MAX) {
        snprintf(words, sizeof words, "it unpacks to more than %llu MB; it is left out",
                 (unsigned long long)(PACKAGE_ENTRY_MAX >> 20));
        package_refuse(o, "limit-entry", name, words);
        return false;
    }
    if (size > b->bytes) {
        snprintf(words, sizeof words, "with it the package unpacks to more than %s; it is left out",
                 b->by_ratio ? "its own size explains" : "is accepted");
        package_refuse(o, b->by_ratio ? "limit-ratio" : "limit-total", name, words);
        return false;
    }
    b->bytes -= size;
    return true;
}

void package_keep(struct opening *o, struct bytes blob)
{
    struct package_inside *in = o->p->inside;
    if (!blob.at)
        return;
    in->blobs = mem_grow(in->blobs, in->blob_count, &in->blob_room, sizeof *in->blobs);
    in->blobs[in->blob_count++] = blob;
}

/* The list of entries. */

static struct package_entry *append(struct opening *o, const char *name)
{
    struct package *p = o->p;
    p->entries = mem_grow(p->entries, p->count, &o->room, sizeof *p->entries);
    struct package_entry *entry = &p->entries[p->count];
    *entry = (struct package_entry){.name = mem_strdup(name), .private = {.order = p->count}};
    p->count++;
    return entry;
}

void package_add(struct opening *o, const char *name, struct span bytes)
{
    struct package_entry *entry = append(o, name);
    entry->size = bytes.size;
    entry->bytes = bytes;
    entry->loaded = true;
    entry->kind = package_kind_of(bytes);
}

static void entry_release(struct package_entry *entry)
{
    mem_free((char *)(uintptr_t)entry->name);
    mem_free((char *)(uintptr_t)entry->disk);
    bytes_release(&entry->private.own);
}

static int compare_entries(const void *a, const void *b)
{
    const struct package_entry *x = a, *y = b;
    int order = name_compare(x->name, y->name);
    return order                                 ? order
           : x->private.order < y->private.order ? -1
                                                 : x->private.order > y->private.order;
}

/* Is name inside what path would be if it were a folder? */
static bool is_below(const char *name, const char *path)
{
    size_t size = strlen(path);
    char *front = strlen(name) > size && name[size] == '/' ? mem_strndup(name, size) : NULL;
    bool below = front && name_compare(front, path) == 0;
    mem_free(front);
    return below;
}

/* Windows would write the second of these over the first, or could not write it. */
static bool clashes(struct opening *o, const struct package_entry *first,
                    const struct package_entry *second)
{
    if (is_below(second->name, first->name)) {
        package_refuse(o, "name-duplicate", second->name,
                       "its folder is the name of a file; it is left out");
        return true;
    }
    if (name_compare(first->name, second->name) != 0)
        return false;
    if (first->loaded && second->loaded && span_equal(first->bytes, second->bytes) &&
        strcmp(first->name, second->name) == 0)
        package_note(o, FINDING_WARNING, "name-duplicate", second->name,
                     "it is there twice, with the same content");
    else
        package_refuse(
            o, "name-duplicate", second->name,
            "Windows takes its name for that of another file; the later one is left out");
    return true;
}

/* Order the entries and leave out what clashes. What is below a file stands right behind it in this
 * order. */
static void settle(struct opening *o)
{
    struct package *p = o->p;
    size_t kept = 0;
    if (p->count)
        qsort(p->entries, p->count, sizeof *p->entries, compare_entries);
    for (size_t i = 0; i < p->count; i++) {
        if (kept && clashes(o, &p->entries[kept - 1], &p->entries[i]))
            entry_release(&p->entries[i]);
        else
            p->entries[kept++] = p->entries[i];
    }
    p->count = kept;
}

/* Containers in the package. */

static void store_close(struct package_store *s)
{
    package_release(&s->child);
    s->open = false;
}

static struct package_store *store_new(struct package *p, const char *disk)
{
    struct package_inside *in = p->inside;
    struct package_store *s = mem_zero(1, sizeof *s);
    s->disk = mem_strdup(disk);
    in->stores = mem_grow(in->stores, in->store_count, &in->store_room, sizeof *in->stores);
    in->stores[in->store_count++] = s;
    return s;
}

static uint64_t held_by(const struct package *p)
{
    uint64_t size = p->bytes.size;
    for (size_t i = 0; i < p->count; i++)
        size += p->entries[i].bytes.size;
    return size;
}

/* Show the child's findings as the outer package's, each file under the container's name. */
static void adopt_findings(struct opening *o, const char *container, struct package *child)
{
    for (size_t i = 0; i < child->findings.count; i++) {
        const struct finding *f = &child->findings.at[i];
        struct text name = {0};
        text_add_escaped(&name, container);
        if (f->file)
            text_addf(&name, "!/%s", f->file);
        findings_add(&o->p->findings, f->severity, f->code, text_str(&name), "%s", f->message);
        text_release(&name);
    }
    o->p->findings.dropped += child->findings.dropped;
    findings_release(&child->findings);
}

/* Show the child's entries as "container!/name". */
static void adopt_entries(struct opening *o, const char *container, struct package_store *s)
{
    for (size_t i = 0; i < s->child.count; i++) {
        const struct package_entry *from = &s->child.entries[i];
        struct text name = {0};
        if (s->disk && !o->budget->entries) {
            package_refuse(o, "limit-count", container,
                           "there are more files than are accepted; the rest is left out");
            return;
        }
        o->budget->entries -=
            s->disk != NULL; /* one in memory has counted its files in the same budget */
        text_addf(&name, "%s!/%s", container, from->name);
        if (name.size > NAME_BYTES_MAX) {
            package_refuse(o, "name-unsafe", text_str(&name),
                           "its name is too long; it is left out");
        } else {
            struct package_entry *entry = append(o, text_str(&name));
            entry->size = from->size;
            entry->kind = from->kind;
            entry->damaged = from->damaged;
            entry->bytes = from->bytes;
            entry->loaded = from->loaded;
            entry->private.store = s;
            entry->private.inner = i;
        }
        text_release(&name);
    }
}

/* Keep a folder's container open as long as there is room; its entries are loaded by opening it
 * again otherwise. */
static void keep_or_close(struct opening *o, struct package_store *s, size_t first)
{
    uint64_t size = held_by(&s->child);
    struct package_inside *in = o->p->inside;
    if (!s->disk)
        return;
    if (in->held <= PACKAGE_HOLD_MAX && size <= PACKAGE_HOLD_MAX - in->held) {
        in->held += size;
        return;
    }
    for (size_t i = first; i < o->p->count; i++) {
        o->p->entries[i].bytes = (struct span){0};
        o->p->entries[i].loaded = false;
    }
    store_close(s);
}

static void adopt(struct opening *o, size_t container, struct package_store *s)
{
    struct package *p = o->p;
    size_t first = p->count;
    char *name = mem_strdup(p->entries[container].name);
    p->entries[container].kind = s->child.kind;
    p->entries[container].damaged = s->child.damaged;
    p->damaged = p->damaged || s->child.damaged;
    adopt_findings(o, name, &s->child);
    if (package_kind_holds_files(s->child.kind)) {
        adopt_entries(o, name, s);
        keep_or_close(o, s, first);
    } else {
        store_close(s); /* it only looked like a container */
    }
    mem_free(name);
}

/* Open entry i, which looks like a container. */
static void open_nested(struct opening *o, size_t i)
{
    struct package_entry *entry = &o->p->entries[i];
    struct err why = {0};
    if (o->depth + 1 >= PACKAGE_DEPTH_MAX) {
        package_refuse(o, "limit-depth", entry->name,
                       "it is a container too deep inside others; not looked into");
        entry->damaged = true;
        return;
    }
    struct package_store *s = store_new(o->p, entry->disk);
    if (entry->disk) {
        s->open = open_disk(entry->disk, o->depth + 1, &s->child, &why);
    } else {
        struct opening inner = {.p = &s->child, .budget = o->budget, .depth = o->depth + 1};
        s->open = open_in_memory(&inner, name_base(entry->name), entry->bytes);
    }
    if (s->open)
        adopt(o, i, s);
    else
        package_refuse(o, "file-unreadable", entry->name, why.text);
}

/* Open what was found to be containers, and put their entries where they belong. */
static void open_all_nested(struct opening *o)
{
    size_t count = o->p->count;
    for (size_t i = 0; i < count; i++)
        if (package_kind_holds_files(o->p->entries[i].kind) && !o->p->entries[i].closed)
            open_nested(o, i);
    if (o->p->count != count)
        settle(o);
}

/* Opening. */

static bool unpack(struct opening *o, enum package_kind kind, struct span bytes)
{
    switch (kind) {
    case PACKAGE_TAR:
    case PACKAGE_ZIP:
    case PACKAGE_7Z:
    case PACKAGE_ISO: return package_unpack_archive(o, kind, bytes);
    case PACKAGE_CAB: return package_unpack_cab(o, bytes);
    case PACKAGE_MSI: return package_unpack_msi(o, bytes);
    default: return false;
    }
}

/* Fill the package from bytes: a container's files, or the one file that it is. Always true, for
 * the caller's sake. */
static bool open_in_memory(struct opening *o, const char *name, struct span bytes)
{
    struct package *p = o->p;
    p->inside = mem_zero(1, sizeof *p->inside);
    p->kind = package_kind_of(bytes);
    if (unpack(o, p->kind, bytes)) {
        p->bytes = bytes;
        settle(o);
        open_all_nested(o);
        return true;
    }
    struct text safe = {0};
    bool named = name_clean(name, &safe) == NAME_SAFE;
    package_add(o, named ? text_str(&safe) : "unnamed", bytes);
    text_release(&safe);
    if (package_kind_holds_files(
            p->kind)) /* a compressed file that is no tar, a compound file that is no MSI */
        p->kind = p->entries[0].kind = PACKAGE_OTHER;
    else
        p->kind = p->entries[0].kind;
    return true;
}

bool package_open_bytes(const char *name, struct span bytes, struct package *out, struct err *e)
{
    struct package p = {.path = mem_strdup(name)};
    struct budget budget = budget_for(bytes.size);
    struct opening o = {.p = &p, .budget = &budget};
    if (!name)
        return err_set(e, ERR_USAGE, "a package in memory needs a name");
    open_in_memory(&o, file_name(name), bytes);
    *out = p;
    return true;
}

/* A single file is not held: its bytes come back with package_load. */
static void let_go(struct package *p, struct bytes *file)
{
    struct package_entry *entry = &p->entries[0];
    entry->disk = mem_strdup(p->path);
    entry->bytes = (struct span){0};
    entry->loaded = false;
    bytes_release(file);
}

/* What stands beyond the front that decides: an INF's opening comment, a PE header that lies far
 * back. */
static enum package_kind look_further(const struct file_opened *f, struct span front, struct err *e)
{
    uint8_t mark[4];
    uint32_t at = 0;
    bool text = !memchr(front.at, 0, front.size) || span_starts(front, span_of("\xff\xfe", 2));
    if (span_starts(front, span_text("MZ")) && span_u32(front, 0x3c, &at) &&
        at <= f->size - sizeof mark && file_part(f, at, mark, sizeof mark, e) &&
        memcmp(mark, "PE\0\0", sizeof mark) == 0)
        return PACKAGE_PE;
    if (!text)
        return PACKAGE_OTHER;
    size_t size = f->size < PACKAGE_TEXT_HEAD ? (size_t)f->size : PACKAGE_TEXT_HEAD;
    uint8_t *longer = mem_resize(NULL, size, 1);
    enum package_kind kind = PACKAGE_OTHER;
    if (file_part(f, 0, longer, size, e))
        kind = package_kind_of(span_of(longer, size));
    mem_free(longer);
    return kind;
}

bool package_probe(const char *path, enum package_kind *kind, uint64_t *size, struct err *e)
{
    struct file_opened f = {0};
    struct err why = {0};
    if (!file_open(path, &f, e))
        return false;
    size_t front_size = f.size < PACKAGE_HEAD ? (size_t)f.size : PACKAGE_HEAD;
    uint8_t *front = mem_resize(NULL, front_size, 1);
    enum package_kind found = PACKAGE_UNKNOWN;
    if (file_part(&f, 0, front, front_size, &why)) {
        found = package_kind_of(span_of(front, front_size));
        if (found == PACKAGE_OTHER && f.size > front_size)
            found = look_further(&f, span_of(front, front_size), &why);
    }
    mem_free(front);
    uint64_t whole = f.size;
    file_close(&f, NULL);
    if (why.kind != ERR_NONE)
        return err_set(e, why.kind, "'%s': %s", path, why.text);
    *kind = found;
    *size = whole;
    return true;
}

/* A file that holds no others is not read: its bytes are to be had one by one. */
static void open_alone(const char *path, enum package_kind kind, uint64_t size, struct package *out)
{
    struct package p = {.path = mem_strdup(path), .kind = kind};
    struct opening o = {.p = &p};
    struct text safe = {0};
    p.inside = mem_zero(1, sizeof *p.inside);
    bool named = name_clean(file_name(path), &safe) == NAME_SAFE;
    struct package_entry *entry = append(&o, named ? text_str(&safe) : "unnamed");
    text_release(&safe);
    entry->disk = mem_strdup(path);
    entry->size = size;
    entry->kind = kind;
    *out = p;
}

static bool open_disk(const char *path, unsigned depth, struct package *out, struct err *e)
{
    struct bytes file = {0};
    enum package_kind kind;
    uint64_t size;
    if (!package_probe(path, &kind, &size, e))
        return false;
    if (!package_kind_holds_files(kind)) {
        open_alone(path, kind, size, out);
        return true;
    }
    if (!file_read(path, PACKAGE_FILE_MAX, &file, e))
        return false;
    struct package p = {.path = mem_strdup(path)};
    struct budget budget = budget_for(file.size);
    struct opening o = {.p = &p, .budget = &budget, .depth = depth};
    open_in_memory(&o, file_name(path), bytes_span(&file));
    if (package_kind_holds_files(p.kind))
        p.inside->file = file;
    else
        let_go(&p, &file);
    *out = p;
    return true;
}

/* Folders. */

/* One folder being listed. */
struct listing {
    struct opening *o;
    const char *disk;
    const char *name; /* "" for the package's own folder */
    unsigned depth;
};

static void list_folder(struct listing l);

static void add_on_disk(struct opening *o, const struct package_part *part, const char *name)
{
    enum package_kind kind = part->kind;
    uint64_t size = part->size;
    struct err why = {0};
    if (kind == PACKAGE_UNKNOWN && !package_probe(part->disk, &kind, &size, &why)) {
        package_refuse(o, "file-unreadable", name, why.text);
        return;
    }
    struct package_entry *entry = append(o, name);
    entry->disk = mem_strdup(part->disk);
    entry->size = size;
    entry->kind = kind;
    entry->closed = part->closed;
}

static void list_one(const struct listing *l, const struct file_entry *file)
{
    struct opening *o = l->o;
    struct text hostile = {0}, name = {0};
    text_addf(&hostile, "%s%s%s", l->name, l->name[0] ? "/" : "", file->name);
    char *disk = file_join(l->disk, file->name);
    if (file->kind != FILE_REGULAR && file->kind != FILE_FOLDER)
        package_note(o, FINDING_WARNING, "entry-link", text_str(&hostile),
                     "it is a link or a device; it is not followed");
    else if (package_admit(o, text_str(&hostile), &name)) {
        if (file->kind == FILE_FOLDER)
            list_folder((struct listing){o, disk, text_str(&name), l->depth + 1});
        else
            add_on_disk(o, &(struct package_part){.disk = disk}, text_str(&name));
    }
    mem_free(disk);
    text_release(&hostile);
    text_release(&name);
}

/* name_clean refuses names with more than NAME_PARTS_MAX parts: that, too, bounds the recursion. */
static void list_folder(struct listing l)
{
    struct file_list list = {0};
    struct err why = {0};
    if (l.depth > PACKAGE_FOLDER_DEPTH_MAX) {
        package_refuse(l.o, "limit-depth", l.name, "its folders are too deep; it is left out");
        return;
    }
    if (!file_list(l.disk, &list, &why)) {
        package_refuse(l.o, "file-unreadable", l.name, why.text);
        return;
    }
    for (size_t i = 0; i < list.count; i++)
        list_one(&l, &list.at[i]);
    file_list_release(&list);
}

static bool open_folder(const char *path, struct package *out, struct err *e)
{
    struct file_list probe = {0};
    if (!file_list(path, &probe,
                   e)) /* one that cannot be listed at all is an error, not a finding */
        return false;
    file_list_release(&probe);
    struct package p = {.path = mem_strdup(path), .kind = PACKAGE_FOLDER};
    struct budget budget = {.bytes = PACKAGE_TOTAL_MAX, .entries = PACKAGE_FOLDER_MAX};
    struct opening o = {.p = &p, .budget = &budget};
    p.inside = mem_zero(1, sizeof *p.inside);
    list_folder((struct listing){&o, path, "", 0});
    settle(&o);
    open_all_nested(&o);
    *out = p;
    return true;
}

void package_open_parts(const char *label, struct package_parts parts, struct package *out)
{
    struct package p = {.path = mem_strdup(label), .kind = PACKAGE_FOLDER};
    struct budget budget = {.bytes = PACKAGE_TOTAL_MAX, .entries = PACKAGE_FOLDER_MAX};
    struct opening o = {.p = &p, .budget = &budget};
    p.inside = mem_zero(1, sizeof *p.inside);
    for (size_t i = 0; i < parts.count; i++) {
        struct text name = {0};
        if (package_admit(&o, parts.at[i].name, &name))
            add_on_disk(&o, &parts.at[i], text_str(&name));
        text_release(&name);
    }
    settle(&o);
    open_all_nested(&o);
    *out = p;
}

bool package_open(const char *path, struct package *out, struct err *e)
{
    return file_kind(path) == FILE_FOLDER ? open_folder(path, out, e) : open_disk(path, 0, out, e);
}

/* Loading. */

static bool load_from_disk(struct package_entry *entry, struct err *e)
{
    struct bytes file = {0};
    if (!file_read(entry->disk, PACKAGE_FILE_MAX, &file, e))
        return false;
    if (file.size != entry->size) {
        bytes_release(&file);
        return err_set(e, ERR_FORMAT, "it has changed while being looked at");
    }
    entry->private.own = file;
    entry->bytes = bytes_span(&entry->private.own);
    return true;
}

/* Open a container again. The one that was opened so before is closed, unless something of it is in
 * use. */
static bool store_open(struct package_inside *in, struct package_store *s, struct err *e)
{
    if (s->open)
        return true;
    if (in->last && !in->last->loads)
        store_close(in->last);
    in->last = NULL;
    s->open = open_disk(s->disk, 1, &s->child, e);
    if (s->open)
        in->last = s;
    return s->open;
}

/* The entry's container, opened again, may not be what was listed: then its file has changed. */
static bool load_from_store(struct package *p, struct package_entry *entry, struct err *e)
{
    struct package_store *s = entry->private.store;
    size_t inner = entry->private.inner;
    if (!store_open(p->inside, s, e))
        return false;
    size_t outer_size = strlen(entry->name), size = 0;
    if (inner < s->child.count)
        size = strlen(s->child.entries[inner].name);
    bool same = inner < s->child.count && size < outer_size &&
                s->child.entries[inner].size == entry->size &&
                strcmp(entry->name + outer_size - size, s->child.entries[inner].name) == 0;
    if (!same)
        return err_set(e, ERR_FORMAT, "its container has changed while being looked at");
    if (!package_load(&s->child, inner, e))
        return false;
    s->loads++;
    entry->bytes = s->child.entries[inner].bytes;
    return true;
}

bool package_load(struct package *p, size_t i, struct err *e)
{
    if (i >= p->count)
        return err_set(e, ERR_USAGE, "the package has no file %zu", i);
    struct package_entry *entry = &p->entries[i];
    if (entry->loaded) {
        entry->private.loads += entry->private.loads != 0;
        return true;
    }
    bool ok = entry->disk ? load_from_disk(entry, e) : load_from_store(p, entry, e);
    if (!ok) {
        struct text safe = {0};
        text_add_escaped(&safe, entry->name);
        err_wrap(e, "%s", text_str(&safe));
        text_release(&safe);
        return false;
    }
    entry->loaded = true;
    entry->private.loads = 1;
    return true;
}

/* Entries with loads of 0 that are loaded are held by the package all the time. */
void package_drop(struct package *p, size_t i)
{
    struct package_entry *entry = i < p->count ? &p->entries[i] : NULL;
    if (!entry || !entry->private.loads || --entry->private.loads)
        return;
    entry->loaded = false;
    entry->bytes = (struct span){0};
    bytes_release(&entry->private.own);
    if (!entry->disk) {
        package_drop(&entry->private.store->child, entry->private.inner);
        entry->private.store->loads--;
    }
}

size_t package_find(const struct package *p, const char *name)
{
    size_t low = 0, high = p->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (name_compare(p->entries[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < p->count && name_compare(p->entries[low].name, name) == 0 ? low : SIZE_MAX;
}

static void inside_free(struct package_inside *in)
{
    for (size_t i = 0; i < in->store_count; i++) {
        store_close(in->stores[i]);
        mem_free(in->stores[i]->disk);
        mem_free(in->stores[i]);
    }
    for (size_t i = 0; i < in->blob_count; i++)
        bytes_release(&in->blobs[i]);
    mem_free(in->stores);
    mem_free(in->blobs);
    bytes_release(&in->file);
    mem_free(in);
}

void package_release(struct package *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->count; i++)
        entry_release(&p->entries[i]);
    mem_free(p->entries);
    findings_release(&p->findings);
    if (p->inside)
        inside_free(p->inside);
    mem_free(p->path);
    memset(p, 0, sizeof *p);
}
