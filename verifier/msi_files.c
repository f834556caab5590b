#include "verifier/msi.h"

#include "verifier/msi_inside.h"
#include "verifier/name.h"

#include "base/mem.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* Rows of a table by the text of one column, sorted. */
struct key_row {
    const char *key;
    size_t row;
};

struct index {
    struct key_row *at;
    size_t count;
};

static int compare_key_rows(const void *a, const void *b)
{
    const struct key_row *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : x->row < y->row ? -1 : x->row > y->row;
}

/* Is text at most max bytes long? Looks no further: a hostile pool has strings of megabytes that
 * many rows share. */
static bool is_short(const char *text, size_t max)
{
    for (size_t i = 0; i <= max; i++)
        if (!text[i])
            return true;
    return false;
}

static struct index index_by(const struct msi_table *t, const char *column_name)
{
    struct index index = {.at = mem_zero(t->row_count, sizeof *index.at)};
    size_t column = msi_column(t, column_name);
    for (size_t row = 0; row < t->row_count; row++) {
        const char *key = msi_text(t, row, column);
        if (key && is_short(key, MSI_KEY_MAX))
            index.at[index.count++] = (struct key_row){key, row};
    }
    if (index.count)
        qsort(index.at, index.count, sizeof *index.at, compare_key_rows);
    return index;
}

/* The first row with this key, or SIZE_MAX. */
static size_t look_up(const struct index *index, const char *key)
{
    size_t low = 0, high = index->count;
    if (!key || !is_short(key, MSI_KEY_MAX))
        return SIZE_MAX;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(index->at[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < index->count && strcmp(index->at[low].key, key) == 0 ? index->at[low].row
                                                                      : SIZE_MAX;
}

/* A Media row: its cabinet has the files after the row before, up to this sequence number. */
struct cabinet_range {
    int32_t last;
    const char *cabinet;
};

static int compare_ranges(const void *a, const void *b)
{
    const struct cabinet_range *x = a, *y = b;
    return x->last < y->last ? -1 : x->last > y->last;
}

/* The tables that say where a file goes. */
struct layout {
    struct msi_table files, components, directories, media, drivers;
    struct index component_index, directory_index, driver_index;
    struct cabinet_range *ranges;
    size_t range_count;
};

static void layout_release(struct layout *l)
{
    msi_table_release(&l->files);
    msi_table_release(&l->components);
    msi_table_release(&l->directories);
    msi_table_release(&l->media);
    msi_table_release(&l->drivers);
    mem_free(l->component_index.at);
    mem_free(l->directory_index.at);
    mem_free(l->driver_index.at);
    mem_free(l->ranges);
}

static void read_ranges(struct layout *l)
{
    size_t last = msi_column(&l->media, "LastSequence"), cabinet = msi_column(&l->media, "Cabinet");
    l->ranges = mem_zero(l->media.row_count, sizeof *l->ranges);
    for (size_t row = 0; row < l->media.row_count; row++) {
        const char *name = msi_text(&l->media, row, cabinet);
        struct cabinet_range range = {.cabinet = name && is_short(name, MSI_KEY_MAX) ? name : NULL};
        if (msi_integer(&l->media, row, last, &range.last))
            l->ranges[l->range_count++] = range;
    }
    if (l->range_count)
        qsort(l->ranges, l->range_count, sizeof *l->ranges, compare_ranges);
}

static bool layout_open(const struct msi *m, struct layout *l, struct err *e)
{
    if (!msi_table_if_there(m, "File", &l->files, e) ||
        !msi_table_if_there(m, "Component", &l->components, e) ||
        !msi_table_if_there(m, "Directory", &l->directories, e) ||
        !msi_table_if_there(m, "Media", &l->media, e) ||
        !msi_table_if_there(m, "MsiDriverPackages", &l->drivers, e))
        return false;
    l->component_index = index_by(&l->components, "Component");
    l->directory_index = index_by(&l->directories, "Directory");
    l->driver_index = index_by(&l->drivers, "Component");
    read_ranges(l);
    return true;
}

/* "short|long" or one name for both: the long one. */
static struct span long_name(struct span names)
{
    size_t bar = span_find(names, 0, span_text("|"));
    return bar == SIZE_MAX ? names : span_from(names, bar + 1);
}

/* DefaultDir is "target:source"; "." means the parent itself. Source: Microsoft, "Directory Table".
 */
static struct span directory_name(const char *default_dir)
{
    struct span target = span_text(default_dir);
    size_t colon = span_find(target, 0, span_text(":"));
    if (colon != SIZE_MAX)
        span_part(target, 0, colon, &target);
    struct span name = long_name(target);
    return span_equal(name, span_text(".")) ? (struct span){0} : name;
}

/* The names from the root down to a directory. The root, TARGETDIR, has none. False when it cannot
 * be followed. */
static bool directory_parts(const struct layout *l, const char *key, struct span parts[],
                            size_t *count)
{
    size_t parent = msi_column(&l->directories, "Directory_Parent");
    size_t default_dir = msi_column(&l->directories, "DefaultDir");
    *count = 0;
    for (size_t deep = 0; deep < MSI_DIRECTORY_DEPTH_MAX; deep++) {
        size_t row = look_up(&l->directory_index, key);
        if (row == SIZE_MAX)
            return false;
        const char *up = msi_text(&l->directories, row, parent),
                   *name = msi_text(&l->directories, row, default_dir);
        if (!up || (is_short(up, MSI_KEY_MAX) && strcmp(up, key) == 0))
            return true;
        if (name && !is_short(name, NAME_BYTES_MAX))
            return false;
        parts[(*count)++] = directory_name(name ? name : "");
        key = up;
    }
    return false;
}

/* Where the file of this row goes; with_component puts "[Component]" between folder and name. */
static char *file_path(const struct layout *l, size_t row, bool with_component)
{
    struct span parts[MSI_DIRECTORY_DEPTH_MAX];
    size_t count = 0;
    const char *component = msi_text(&l->files, row, msi_column(&l->files, "Component_"));
    const char *name = msi_text(&l->files, row, msi_column(&l->files, "FileName"));
    size_t component_row = look_up(&l->component_index, component);
    const char *directory =
        msi_text(&l->components, component_row, msi_column(&l->components, "Directory_"));
    if (!name || !is_short(name, NAME_BYTES_MAX) || !directory ||
        !directory_parts(l, directory, parts, &count))
        return NULL;
    struct text t = {.ceiling = NAME_BYTES_MAX};
    while (count--) {
        text_add_bytes(&t, (const char *)parts[count].at, parts[count].size);
        text_add(&t, parts[count].size ? "/" : "");
    }
    if (with_component) {
        text_add(&t, "[");
        text_add(&t, component);
        text_add(&t, "]/");
    }
    struct span file = long_name(span_text(name));
    text_add_bytes(&t, (const char *)file.at, file.size);
    if (!t.full)
        return text_steal(&t);
    text_release(&t);
    return NULL;
}

/* The first range that reaches this sequence number. */
static const char *cabinet_of(const struct layout *l, int32_t sequence)
{
    size_t low = 0, high = l->range_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (l->ranges[middle].last < sequence)
            low = middle + 1;
        else
            high = middle;
    }
    return low < l->range_count ? l->ranges[low].cabinet : NULL;
}

static struct msi_file read_file_row(const struct layout *l, size_t row)
{
    struct msi_file f = {0};
    int32_t size = 0;
    f.key = msi_text(&l->files, row, msi_column(&l->files, "File"));
    f.component = msi_text(&l->files, row, msi_column(&l->files, "Component_"));
    msi_integer(&l->files, row, msi_column(&l->files, "FileSize"), &size);
    msi_integer(&l->files, row, msi_column(&l->files, "Sequence"), &f.sequence);
    f.size = size > 0 ? (uint32_t)size : 0;
    f.cabinet = cabinet_of(l, f.sequence);
    f.driver_package = look_up(&l->driver_index, f.component) != SIZE_MAX;
    f.path = file_path(l, row, false);
    return f;
}

/* A file's path with where it stands, to find those that share one. */
static int compare_paths(const void *a, const void *b)
{
    struct msi_file *const *x = a, *const *y = b;
    int order = name_compare((*x)->path, (*y)->path);
    return order ? order : *x < *y ? -1 : *x > *y;
}

static int compare_components(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

/*
 * Components that exclude each other by condition (one driver per Windows) may install to one path.
 * The files of such a component, all but the first, get a folder of their own, so that an INF stays
 * beside what it names.
 */
static void part_shared_paths(struct msi *m, const struct layout *l)
{
    size_t count = 0, moved = 0;
    struct msi_file **sorted = mem_zero(m->file_count, sizeof *sorted);
    const char **components = mem_zero(m->file_count, sizeof *components);
    for (size_t i = 0; i < m->file_count; i++)
        if (m->files[i].path && m->files[i].component)
            sorted[count++] = &m->files[i];
    if (count)
        qsort(sorted, count, sizeof *sorted, compare_paths);
    for (size_t i = 1; i < count; i++)
        if (name_compare(sorted[i]->path, sorted[i - 1]->path) == 0)
            components[moved++] = sorted[i]->component;
    if (moved)
        qsort(components, moved, sizeof *components, compare_components);
    for (size_t i = 0; moved && i < m->file_count; i++) {
        struct msi_file *f = &m->files[i];
        if (!f->component ||
            !bsearch(&f->component, components, moved, sizeof *components, compare_components))
            continue;
        mem_free(f->path);
        f->path = file_path(l, i, true);
        f->path_shared = true;
    }
    mem_free(sorted);
    mem_free(components);
}

bool msi_read_files(struct msi *m, struct err *e)
{
    struct layout l = {0};
    bool ok = layout_open(m, &l, e);
    if (ok && l.files.row_count > MSI_FILES_MAX)
        ok = err_set(e, ERR_LIMIT, "the MSI has more than %d files", MSI_FILES_MAX);
    if (ok) {
        m->files = mem_zero(l.files.row_count, sizeof *m->files);
        for (size_t row = 0; row < l.files.row_count; row++)
            m->files[m->file_count++] = read_file_row(&l, row);
        part_shared_paths(m, &l);
    }
    layout_release(&l);
    return ok;
}
