#include "verifier/walk.h"

#include "base/mem.h"
#include "verifier/inf.h"
#include "verifier/name.h"

#include <stdlib.h>
#include <string.h>

/* A file that was met, and where it goes. Texts are owned. */
struct met {
    char *name; /* relative to the path that was given */
    char *disk;
    enum package_kind kind;
    uint64_t size;
    bool taken; /* it is in some step already */
    bool open;  /* a container that is to be looked into in this step */
};

struct met_list {
    struct met *at;
    size_t count, room;
};

struct walk_inside {
    const char *path;
    struct met_list files; /* a step of parts; else the path is opened as it is */
    struct findings findings;
    bool parts, damaged;
};

/* One folder on the way down. */
struct frame {
    char *disk, *name;  /* name is "" for the path's own */
    struct texts below; /* subfolders still to go into, by name */
    size_t next;
};

struct walk {
    const struct texts *paths;
    size_t path; /* the next one to begin with */
    struct frame frames[PACKAGE_FOLDER_DEPTH_MAX + 1];
    size_t depth; /* frames in use */
    size_t left;  /* files that may still be met below this path */
    struct {
        struct walk_step **at;
        size_t count, room, next;
    } queue;
};

/* --- steps
 * -----------------------------------------------------------------------------------------------------
 */

static struct walk_step *step_new(struct walk *w, enum package_kind kind, bool parts)
{
    struct walk_step *s = mem_zero(1, sizeof *s);
    s->path = w->path - 1;
    s->kind = kind;
    s->inside = mem_zero(1, sizeof *s->inside);
    s->inside->path = w->paths->at[s->path];
    s->inside->parts = parts;
    w->queue.at = mem_grow(w->queue.at, w->queue.count, &w->queue.room, sizeof *w->queue.at);
    w->queue.at[w->queue.count++] = s;
    return s;
}

static void met_release(struct met *m)
{
    mem_free(m->name);
    mem_free(m->disk);
    memset(m, 0, sizeof *m);
}

static void list_release(struct met_list *l)
{
    for (size_t i = 0; i < l->count; i++)
        met_release(&l->at[i]);
    mem_free(l->at);
    memset(l, 0, sizeof *l);
}

void walk_step_free(struct walk_step *s)
{
    if (!s)
        return;
    list_release(&s->inside->files);
    findings_release(&s->inside->findings);
    mem_free(s->inside);
    mem_free(s);
}

static struct met *list_add(struct met_list *l, struct met m)
{
    l->at = mem_grow(l->at, l->count, &l->room, sizeof *l->at);
    l->at[l->count] = m;
    return &l->at[l->count++];
}

static struct met met_copy(const struct met *m)
{
    return (struct met){
        .name = mem_strdup(m->name), .disk = mem_strdup(m->disk), .kind = m->kind, .size = m->size};
}

static void note(struct walk_step *s, enum finding_severity severity, const char *code,
                 const char *name, const char *words)
{
    struct text safe = {0}, safe_words = {0};
    text_add_escaped(&safe, name);
    text_add_escaped(&safe_words, words);
    findings_add(&s->inside->findings, severity, code, text_str(&safe), "%s",
                 text_str(&safe_words));
    s->inside->damaged = s->inside->damaged || severity == FINDING_ERROR;
    text_release(&safe);
    text_release(&safe_words);
}

/* --- one folder
 * ------------------------------------------------------------------------------------------------
 */

/* What is directly in a folder, ordered as Windows orders names. */
struct folder {
    struct walk *w;
    struct walk_step *step; /* the folder's own, which always comes first */
    const char *disk, *name;
    struct met_list files;
    struct texts below;
    bool has_inf;
};

static int by_base(const void *a, const void *b)
{
    const struct met *x = a, *y = b;
    int order = name_compare(name_base(x->name), name_base(y->name));
    return order ? order : strcmp(x->name, y->name);
}

static int by_text(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    int order = name_compare(*x, *y);
    return order ? order : strcmp(*x, *y);
}

static char *inner_name(const char *folder, const char *name)
{
    struct text t = {0};
    text_addf(&t, "%s%s%s", folder, *folder ? "/" : "", name);
    return text_steal(&t);
}

static void meet_file(struct folder *f, const char *disk, const char *name)
{
    struct met m = {.name = mem_strdup(name), .disk = mem_strdup(disk)};
    struct err why = {0};
    if (!package_probe(disk, &m.kind, &m.size, &why)) {
        note(f->step, FINDING_ERROR, "file-unreadable", name, why.text);
        met_release(&m);
        return;
    }
    f->has_inf = f->has_inf || name_has_extension(name, ".inf");
    list_add(&f->files, m);
}

static void meet(struct folder *f, const struct file_entry *entry)
{
    char *disk = file_join(f->disk, entry->name), *name = inner_name(f->name, entry->name);
    struct text clean = {0};
    if (entry->kind != FILE_REGULAR && entry->kind != FILE_FOLDER) {
        note(f->step, FINDING_WARNING, "entry-link", name,
             "it is a link or a device; it is not followed");
    } else if (!f->w->left) {
        note(f->step, FINDING_ERROR, "limit-count", name,
             "there are more files than are accepted; it is left out");
    } else if (entry->kind == FILE_REGULAR) {
        f->w->left--;
        meet_file(f, disk, name);
    } else {
        enum name_fault fault = name_clean(name, &clean);
        f->w->left--;
        if (fault == NAME_SAFE)
            texts_add(&f->below, entry->name);
        else
            note(f->step, FINDING_ERROR, "name-unsafe", name, name_fault_words(fault));
    }
    text_release(&clean);
    mem_free(disk);
    mem_free(name);
}

static void drop_text(struct texts *t, size_t i)
{
    mem_free(t->at[i]);
    memmove(t->at + i, t->at + i + 1, (t->count - i - 1) * sizeof *t->at);
    t->count--;
}

static struct met *find_file(struct met_list *l, const char *base)
{
    size_t low = 0, high = l->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (name_compare(name_base(l->at[middle].name), base) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->count && name_compare(name_base(l->at[low].name), base) == 0 ? &l->at[low]
                                                                                 : NULL;
}

/* Folders that Windows takes for another one or for a file: the later one is left out. */
static void drop_clashes(struct folder *f)
{
    for (size_t i = 0; i < f->below.count;) {
        bool twice = i && name_compare(f->below.at[i - 1], f->below.at[i]) == 0;
        if (!twice && !find_file(&f->files, f->below.at[i])) {
            i++;
            continue;
        }
        char *name = inner_name(f->name, f->below.at[i]);
        note(f->step, FINDING_ERROR, "name-duplicate", name,
             "Windows takes its name for that of another file or folder; it is left out");
        mem_free(name);
        drop_text(&f->below, i);
    }
}

static bool read_folder(struct folder *f, struct err *e)
{
    struct file_list list = {0};
    if (!file_list(f->disk, &list, e))
        return false;
    for (size_t i = 0; i < list.count; i++)
        meet(f, &list.at[i]);
    file_list_release(&list);
    if (f->files.count)
        qsort(f->files.at, f->files.count, sizeof *f->files.at, by_base);
    if (f->below.count)
        qsort(f->below.at, f->below.count, sizeof *f->below.at, by_text);
    drop_clashes(f);
    return true;
}

/* --- what an INF binds together
 * ---------------------------------------------------------------------------------- */

static struct met *take(struct walk_step *s, struct met *m)
{
    m->taken = true;
    return list_add(&s->inside->files, met_copy(m));
}

static bool has_file(const struct walk_step *s, const char *name)
{
    for (size_t i = 0; i < s->inside->files.count; i++)
        if (strcmp(s->inside->files.at[i].name, name) == 0)
            return true;
    return false;
}

/* Put all of a subfolder into the step, and so keep it from being gone into. */
static void take_below(struct folder *f, struct walk_step *s, const char *base, unsigned depth)
{
    char *disk = file_join(f->disk, base), *name = inner_name(f->name, base);
    struct folder inner = {.w = f->w, .step = s, .disk = disk, .name = name};
    struct err why = {0};
    if (depth > PACKAGE_FOLDER_DEPTH_MAX)
        note(s, FINDING_ERROR, "limit-depth", name, "its folders are too deep; it is left out");
    else if (!read_folder(&inner, &why))
        note(s, FINDING_ERROR, "file-unreadable", name, why.text);
    for (size_t i = 0; i < inner.files.count; i++)
        take(s, &inner.files.at[i])->open = true;
    for (size_t i = 0; i < inner.below.count; i++)
        take_below(&inner, s, inner.below.at[i], depth + 1);
    list_release(&inner.files);
    texts_release(&inner.below);
    mem_free(disk);
    mem_free(name);
}

/* The part of a path before its first slash, when that is a subfolder here: taken. */
static void take_folder_of(struct folder *f, struct walk_step *s, const char *path)
{
    size_t size = strcspn(path, "/\\");
    if (!path[size])
        return;
    char *base = mem_strndup(path, size);
    for (size_t i = 0; i < f->below.count; i++)
        if (name_compare(f->below.at[i], base) == 0) {
            char *own = mem_strdup(f->below.at[i]);
            drop_text(&f->below, i);
            take_below(f, s, own, (unsigned)f->w->depth + 1);
            mem_free(own);
            break;
        }
    mem_free(base);
}

static void take_named(struct folder *f, struct walk_step *s, const char *name)
{
    struct met *m = find_file(&f->files, name);
    if (m && !has_file(s, m->name))
        take(s, m);
}

static bool read_inf(const struct met *m, struct inf *inf)
{
    struct bytes bytes = {0};
    struct findings unused = {0}; /* the same come again when the step is looked at */
    inf->name = m->name;
    bool ok = file_read(m->disk, PACKAGE_FILE_MAX, &bytes, NULL) &&
              inf_parse(bytes_span(&bytes), inf, &unused, NULL);
    findings_release(&unused);
    bytes_release(&bytes);
    return ok;
}

/* Into the step goes what the INF copies: whole subfolders, and, when whole, files beside it and
 * its catalogs. */
static void take_what_it_names(struct folder *f, struct walk_step *s, const struct met *m,
                               bool whole)
{
    struct inf inf = {0};
    struct inf_files files = {0};
    struct inf_names catalogs = {0};
    if (read_inf(m, &inf)) {
        inf_packaged_files(&inf, NULL, &files);
        inf_catalogs(&inf, &catalogs);
    }
    for (size_t i = 0; i < files.count; i++) {
        take_folder_of(f, s, files.at[i].path);
        if (whole) {
            take_named(f, s, files.at[i].path);
            take_named(f, s, files.at[i].source);
        }
    }
    for (size_t i = 0; whole && i < catalogs.count; i++)
        take_named(f, s, catalogs.at[i]);
    for (size_t i = 0; whole && !catalogs.count && i < f->files.count; i++)
        if (name_has_extension(f->files.at[i].name, ".cat") && !has_file(s, f->files.at[i].name))
            take(s, &f->files.at[i]);
    inf_names_release(&catalogs);
    inf_files_release(&files);
    inf_release(&inf);
}

/* --- folders into steps
 * ---------------------------------------------------------------------------------------- */

static bool is_inf(const struct met *m)
{
    return name_has_extension(m->name, ".inf");
}

/* Few files: all in one step, since any INF may need any of them. Containers also have a step each,
 * see below. */
static void cut_small(struct folder *f)
{
    struct walk_step *s = f->step;
    for (size_t i = 0; f->has_inf && f->below.count && i < f->files.count; i++)
        if (is_inf(&f->files.at[i]))
            take_what_it_names(f, s, &f->files.at[i], false);
    for (size_t i = 0; i < f->files.count; i++)
        take(s, &f->files.at[i]);
}

/* Many files: each INF with what it names, and the rest in batches. */
static void cut_large(struct folder *f)
{
    struct walk_step *s;
    for (size_t i = 0; i < f->files.count; i++) {
        if (!is_inf(&f->files.at[i]))
            continue;
        s = step_new(f->w, PACKAGE_FOLDER, true);
        take(s, &f->files.at[i]);
        take_what_it_names(f, s, &f->files.at[i], true);
    }
    s = f->step;
    for (size_t i = 0; i < f->files.count; i++) {
        if (f->files.at[i].taken)
            continue;
        if (s->inside->files.count >= WALK_BATCH)
            s = step_new(f->w, PACKAGE_FOLDER, true);
        take(s, &f->files.at[i]);
    }
}

/* Each container has a step of its own; in the steps above it is left out, or closed where an INF
 * may copy it. */
static void cut_containers(struct folder *f)
{
    for (size_t i = 0; i < f->files.count; i++)
        if (package_kind_holds_files(f->files.at[i].kind))
            take(step_new(f->w, PACKAGE_FOLDER, true), &f->files.at[i])->open = true;
}

static void push_folder(struct walk *w, const char *disk, const char *name)
{
    struct frame *frame = &w->frames[w->depth++];
    struct folder f = {
        .w = w, .step = step_new(w, PACKAGE_FOLDER, true), .disk = disk, .name = name};
    struct err why = {0};
    if (!read_folder(&f, &why))
        note(f.step, FINDING_ERROR, "file-unreadable", name, why.text);
    if (f.files.count <= WALK_BATCH)
        cut_small(&f);
    else
        cut_large(&f);
    cut_containers(&f);
    *frame = (struct frame){.disk = mem_strdup(disk), .name = mem_strdup(name), .below = f.below};
    list_release(&f.files);
}

static void pop_folder(struct walk *w)
{
    struct frame *frame = &w->frames[--w->depth];
    texts_release(&frame->below);
    mem_free(frame->disk);
    mem_free(frame->name);
    memset(frame, 0, sizeof *frame);
}

/* One folder further; false when this path is done. */
static bool go_on(struct walk *w)
{
    while (w->depth) {
        struct frame *top = &w->frames[w->depth - 1];
        if (top->next == top->below.count) {
            pop_folder(w);
            continue;
        }
        const char *base = top->below.at[top->next++];
        char *disk = file_join(top->disk, base), *name = inner_name(top->name, base);
        if (w->depth <= PACKAGE_FOLDER_DEPTH_MAX)
            push_folder(w, disk, name);
        else
            note(step_new(w, PACKAGE_FOLDER, true), FINDING_ERROR, "limit-depth", name,
                 "its folders are too deep; it is left out");
        mem_free(disk);
        mem_free(name);
        return true;
    }
    return false;
}

/* --- paths
 * -----------------------------------------------------------------------------------------------------
 */

/* The INF, and what of its folder it names. */
static void begin_inf(struct walk *w, const char *path)
{
    const char *base = file_name(path);
    char *disk = base == path ? mem_strdup(".") : mem_strndup(path, (size_t)(base - path));
    struct walk_step *s = step_new(w, PACKAGE_INF, true);
    struct walk_step unheard = {
        .inside = mem_zero(1, sizeof *unheard.inside)}; /* of no concern: the other files */
    struct folder f = {.w = w, .step = &unheard, .disk = disk, .name = ""};
    if (read_folder(&f, NULL)) {
        struct met *m = find_file(&f.files, base);
        if (m) {
            take(s, m);
            take_what_it_names(&f, s, m, true);
        }
    }
    s->inside->parts = s->inside->files.count > 0;
    findings_release(&unheard.inside->findings);
    mem_free(unheard.inside);
    list_release(&f.files);
    texts_release(&f.below);
    mem_free(disk);
}

/* A link that is named on the command line is followed; those met on the way are not. */
static bool is_folder(const char *path)
{
    struct file_list list = {0};
    enum file_kind kind = file_kind(path);
    bool folder = kind == FILE_FOLDER || (kind == FILE_OTHER && file_list(path, &list, NULL));
    file_list_release(&list);
    return folder;
}

static void begin_path(struct walk *w)
{
    const char *path = w->paths->at[w->path++];
    enum package_kind kind = PACKAGE_OTHER;
    uint64_t size;
    struct file_list probe = {0};
    w->left = PACKAGE_FOLDER_MAX;
    if (is_folder(path)) {
        bool can = file_list(path, &probe, NULL);
        file_list_release(&probe);
        if (can)
            push_folder(w, path, "");
        else /* one that cannot be listed at all fails when it is opened */
            step_new(w, PACKAGE_FOLDER, false);
    } else if (package_probe(path, &kind, &size, NULL) && kind == PACKAGE_INF) {
        begin_inf(w, path);
    } else {
        step_new(w, kind, false);
    }
}

struct walk *walk_new(const struct texts *paths)
{
    struct walk *w = mem_zero(1, sizeof *w);
    w->paths = paths;
    return w;
}

/* A step without files says something only when it is the first of its path, or has findings. */
static bool is_worth_it(const struct walk *w, const struct walk_step *s)
{
    bool first = w->depth == 1 && !w->queue.next;
    return !s->inside->parts || s->inside->files.count || s->inside->findings.count || first;
}

struct walk_step *walk_next(struct walk *w)
{
    for (;;) {
        while (w->queue.next < w->queue.count) {
            struct walk_step *s = w->queue.at[w->queue.next];
            bool worth = is_worth_it(w, s);
            w->queue.next++;
            if (worth)
                return s;
            walk_step_free(s);
        }
        w->queue.next = w->queue.count = 0;
        if (go_on(w))
            continue;
        if (w->path == w->paths->count)
            return NULL;
        begin_path(w);
    }
}

static bool holds_inf(const struct walk_step *s)
{
    for (size_t i = 0; i < s->inside->files.count; i++)
        if (is_inf(&s->inside->files.at[i]))
            return true;
    return false;
}

static void open_parts(struct walk_step *s, struct package *out)
{
    struct met_list *l = &s->inside->files;
    struct package_part *parts = mem_zero(l->count, sizeof *parts);
    bool inf = holds_inf(s);
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++) {
        bool closed = package_kind_holds_files(l->at[i].kind) && !l->at[i].open;
        if (!closed || inf)
            parts[count++] = (struct package_part){l->at[i].name, l->at[i].disk, l->at[i].kind,
                                                   l->at[i].size, closed};
    }
    package_open_parts(s->inside->path, (struct package_parts){parts, count}, out);
    mem_free(parts);
}

bool walk_open(struct walk_step *s, struct package *out, struct err *e)
{
    if (!s->inside->parts)
        return package_open(s->inside->path, out, e);
    open_parts(s, out);
    out->damaged = out->damaged || s->inside->damaged;
    findings_move(&out->findings, &s->inside->findings);
    return true;
}

void walk_free(struct walk *w)
{
    if (!w)
        return;
    for (size_t i = w->queue.next; i < w->queue.count; i++)
        walk_step_free(w->queue.at[i]);
    mem_free(w->queue.at);
    while (w->depth)
        pop_folder(w);
    mem_free(w);
}
