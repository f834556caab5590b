#include "drivers-manifest/lint.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/lint_inside.h"
#include "drivers-manifest/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE_MAX = 512 };

static const struct {
    const char *name;
    enum lint_severity severity;
} codes[LINT_CODES] = {
    [LINT_NOT_JSON] = {"not-json", LINT_ERROR},
    [LINT_DUPLICATE_KEY] = {"duplicate-key", LINT_ERROR},
    [LINT_LIMIT] = {"limit", LINT_ERROR},
    [LINT_WRONG_TYPE] = {"wrong-type", LINT_ERROR},
    [LINT_MISSING] = {"missing", LINT_ERROR},
    [LINT_UNKNOWN_FIELD] = {"unknown-field", LINT_WARNING},
    [LINT_SCHEMA] = {"schema", LINT_ERROR},
    [LINT_PART_ABSENT] = {"part-absent", LINT_WARNING},
    [LINT_DUPLICATE_ID] = {"duplicate-id", LINT_ERROR},
    [LINT_DUPLICATE_NAME] = {"duplicate-name", LINT_ERROR},
    [LINT_DUPLICATE_RANK] = {"duplicate-rank", LINT_ERROR},
    [LINT_REFERENCE] = {"reference", LINT_ERROR},
    [LINT_WORD] = {"word", LINT_ERROR},
    [LINT_EMPTY] = {"empty", LINT_ERROR},
    [LINT_VERSION_FORM] = {"version-form", LINT_ERROR},
    [LINT_RANGE_REVERSED] = {"range-reversed", LINT_ERROR},
    [LINT_RANGE_EDGE] = {"range-edge", LINT_WARNING},
    [LINT_SETS_OVERLAP] = {"sets-overlap", LINT_ERROR},
    [LINT_SETS_HOLE] = {"sets-hole", LINT_WARNING},
    [LINT_WINDOWS_OVERLAP] = {"windows-overlap", LINT_ERROR},
    [LINT_WINDOWS_HOLE] = {"windows-hole", LINT_WARNING},
    [LINT_WINDOWS_NO_RULE] = {"windows-no-rule", LINT_ERROR},
    [LINT_WINDOWS_NO_SET] = {"windows-no-set", LINT_WARNING},
    [LINT_KERNEL_ORDER] = {"kernel-order", LINT_ERROR},
    [LINT_HASH_FORM] = {"hash-form", LINT_ERROR},
    [LINT_HASH_MISSING] = {"hash-missing", LINT_ERROR},
    [LINT_HASH_COPIED] = {"hash-copied", LINT_WARNING},
    [LINT_HASH_REASON] = {"hash-reason", LINT_WARNING},
    [LINT_SIZE] = {"size", LINT_ERROR},
    [LINT_URL_FORM] = {"url-form", LINT_ERROR},
    [LINT_URL_HTTP] = {"url-http", LINT_WARNING},
    [LINT_DATE_FORM] = {"date-form", LINT_ERROR},
    [LINT_NAME_FORM] = {"name-form", LINT_ERROR},
    [LINT_HARDWARE_ID_FORM] = {"hardware-id-form", LINT_ERROR},
    [LINT_GUID_FORM] = {"guid-form", LINT_ERROR},
    [LINT_PLATFORM_DRIVER] = {"platform-driver", LINT_ERROR},
    [LINT_DIGEST] = {"digest", LINT_ERROR},
};

const char *lint_severity_name(enum lint_severity s)
{
    return s == LINT_WARNING ? "warning" : "error";
}

/* ---- findings ---- */

/* The first error is kept always. */
static struct lint_finding *keep(struct lint *out, enum lint_code code)
{
    enum lint_severity severity = codes[code].severity;
    bool first = severity == LINT_ERROR && !out->errors;
    *(severity == LINT_ERROR ? &out->errors : &out->warnings) += 1;
    if (out->count >= LINT_FINDINGS_MAX && !first)
        return NULL;
    out->at = mem_grow(out->at, out->count, &out->room, sizeof *out->at);
    struct lint_finding *f = &out->at[out->count++];
    *f = (struct lint_finding){.severity = severity, .code = codes[code].name};
    return f;
}

static void set_place(struct linting *l, struct lint_finding *f, size_t part, size_t offset)
{
    struct position at = place_position(l->files[part].text, offset);
    f->file = part;
    f->offset = offset;
    f->line = at.line;
    f->column = at.column;
}

static void add_pointer(struct text *t, const struct lint_where *where)
{
    if (!where->up)
        return;
    add_pointer(t, where->up);
    place_add_segment(t, where->list);
    text_addf(t, "/%zu", where->index);
}

void lint_add(const struct lint_where *where, const char *member, enum lint_code code,
              const char *format, ...)
{
    struct lint_finding *f = keep(where->l->out, code);
    struct text pointer = {0}, safe = {0};
    struct place p;
    char sentence[SENTENCE_MAX];
    va_list arguments;
    if (!f)
        return;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    text_add_escaped(&safe, sentence);
    f->sentence = text_steal(&safe);
    add_pointer(&pointer, where);
    if (member)
        place_add_segment(&pointer, member);
    place_find_nearest(where->l->files[where->part].text, text_str(&pointer), &p);
    set_place(where->l, f, where->part, p.at);
    text_release(&pointer);
}

struct lint_where lint_in(const struct lint_where *up, const char *list, size_t index)
{
    return (struct lint_where){
        .up = up, .l = up->l, .part = up->part, .list = list, .index = index};
}

static int compare_places(const void *a, const void *b)
{
    const struct lint_finding *x = a, *y = b;
    if (x->file != y->file)
        return x->file < y->file ? -1 : 1;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return strcmp(x->code, y->code);
}

/* ---- names ---- */

void lint_ids_add(struct lint_ids *ids, const char *text, size_t part, size_t index)
{
    if (!text || !*text)
        return;
    ids->at = mem_grow(ids->at, ids->count, &ids->room, sizeof *ids->at);
    ids->at[ids->count++] = (struct lint_id){.text = text, .part = part, .index = index};
}

static int compare_texts(const char *a, const char *b)
{
    int order = text_compare_nocase(a, b);
    return order ? order : strcmp(a, b);
}

/* What is alike stays in the order of the files. */
static int compare_ids(const void *a, const void *b)
{
    const struct lint_id *x = a, *y = b;
    int order = text_compare_nocase(x->text, y->text);
    if (order)
        return order;
    if (x->part != y->part)
        return x->part < y->part ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static int compare_ids_exactly(const void *a, const void *b)
{
    const struct lint_id *x = a, *y = b;
    int order = compare_texts(x->text, y->text);
    return order ? order : compare_ids(a, b);
}

static void sort(struct lint_ids *ids, int (*compare)(const void *, const void *))
{
    if (ids->count)
        qsort(ids->at, ids->count, sizeof *ids->at, compare);
}

void lint_ids_sort(struct lint_ids *ids)
{
    sort(ids, compare_ids_exactly);
}

const struct lint_id *lint_ids_find(const struct lint_ids *ids, const char *text)
{
    size_t low = 0, high = ids->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_texts(text, ids->at[middle].text);
        if (order == 0)
            return &ids->at[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

void lint_ids_release(struct lint_ids *ids)
{
    mem_free(ids->at);
    *ids = (struct lint_ids){0};
}

void lint_twice(const struct lint_where *up, struct lint_ids *ids, const struct lint_list *what)
{
    sort(ids, compare_ids);
    for (size_t i = 1; i < ids->count; i++) {
        const struct lint_id *id = &ids->at[i];
        if (!text_equal_nocase(id->text, ids->at[i - 1].text))
            continue;
        struct lint_where above = *up;
        if (!above.up)
            above.part = id->part;
        struct lint_where where = lint_in(&above, what->list, id->index);
        lint_add(&where, what->member, what->code, "'%s' is there already in '%s'", id->text,
                 what->list);
    }
    lint_ids_sort(ids);
}

void lint_reference(const struct lint_where *where, const char *member, const char *id,
                    const struct lint_ids *ids)
{
    if (id && ids->count && !lint_ids_find(ids, id))
        lint_add(where, member, LINT_REFERENCE, "there is no '%s' that this could mean", id);
}

/* ---- the run ---- */

static enum lint_code code_of_note(enum shape_note_kind kind)
{
    switch (kind) {
    case SHAPE_NOTE_DUPLICATE_KEY: return LINT_DUPLICATE_KEY;
    case SHAPE_NOTE_LIMIT: return LINT_LIMIT;
    case SHAPE_NOTE_WRONG_TYPE: return LINT_WRONG_TYPE;
    case SHAPE_NOTE_MISSING: return LINT_MISSING;
    case SHAPE_NOTE_UNKNOWN_FIELD: return LINT_UNKNOWN_FIELD;
    case SHAPE_NOTE_NONE:
    case SHAPE_NOTE_NOT_JSON: break;
    }
    return LINT_NOT_JSON;
}

static void take_notes(struct linting *l, size_t part, struct shape_notes *notes)
{
    size_t errors = 0;
    for (size_t i = 0; i < notes->count; i++) {
        struct shape_note *n = &notes->at[i];
        struct lint_finding *f = keep(l->out, code_of_note(n->kind));
        errors += n->kind != SHAPE_NOTE_UNKNOWN_FIELD;
        if (!f)
            continue;
        set_place(l, f, part, shape_note_offset(l->files[part].text, n));
        f->sentence = n->sentence;
        n->sentence = NULL;
    }
    l->out->errors += notes->errors - errors;
    l->out->warnings += notes->dropped - (notes->errors - errors);
}

/* What a program of another schema means by the same words is not ours to judge. */
static void read_part(struct linting *l, size_t part)
{
    struct shape_notes notes = {0};
    struct manifest *m = &l->parts[part];
    const struct lint_where where = {.l = l, .part = part};
    if (l->files[part].text.size > LINT_SIZE_MAX) {
        lint_add(&where, NULL, LINT_LIMIT, "%zu bytes; at most %d are read",
                 l->files[part].text.size, LINT_SIZE_MAX);
        return;
    }
    bool read = shape_decode_noting(l->files[part].text, &manifest_shape, m, &notes);
    if (read && m->schema.known && m->schema.value != MANIFEST_SCHEMA) {
        lint_add(&where, "schema", LINT_SCHEMA, "schema %llu; this program reads schema %d",
                 (unsigned long long)m->schema.value, MANIFEST_SCHEMA);
        manifest_release_all(m);
    } else {
        take_notes(l, part, &notes);
    }
    shape_notes_release(&notes);
}

#define COLLECT(l, ids, list)                                                                      \
    do {                                                                                           \
        for (size_t p_ = 0; p_ < (l)->count; p_++)                                                 \
            for (size_t i_ = 0; i_ < (l)->parts[p_].list.count; i_++)                              \
                lint_ids_add(ids, (l)->parts[p_].list.at[i_].id, p_, i_);                          \
    } while (0)

static void collect(struct linting *l)
{
    static const struct lint_list families = {"families", "id", LINT_DUPLICATE_ID},
                                  advisories = {"advisories", "id", LINT_DUPLICATE_ID},
                                  releases = {"releases", "id", LINT_DUPLICATE_ID};
    const struct lint_where root = {.l = l};
    COLLECT(l, &l->families, families);
    COLLECT(l, &l->advisories, advisories);
    COLLECT(l, &l->releases, releases);
    lint_twice(&root, &l->families, &families);
    lint_twice(&root, &l->advisories, &advisories);
    lint_twice(&root, &l->releases, &releases);
}

static void check_parts(struct linting *l)
{
    size_t windows = 0;
    const struct lint_where root = {.l = l};
    for (size_t i = 0; i < l->count; i++)
        windows += l->parts[i].windows.count;
    const struct {
        const char *name;
        size_t count;
    } lists[] = {{"families", l->families.count},
                 {"releases", l->releases.count},
                 {"advisories", l->advisories.count},
                 {"windows", windows}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (!lists[i].count)
            lint_add(&root, NULL, LINT_PART_ABSENT,
                     "there are no '%s' here: what refers to them was not checked", lists[i].name);
}

void lint_manifest(const struct lint_file *files, size_t count, struct lint *out)
{
    struct linting l = {.files = files, .count = count, .out = out};
    if (!count)
        return;
    l.parts = mem_zero(count, sizeof *l.parts);
    for (size_t i = 0; i < count; i++)
        read_part(&l, i);
    collect(&l);
    if (!out->errors || l.families.count || l.releases.count)
        check_parts(&l);
    lint_families(&l);
    lint_advisories(&l);
    lint_releases(&l);
    lint_windows(&l);
    if (out->count)
        qsort(out->at, out->count, sizeof *out->at, compare_places);
    lint_ids_release(&l.families);
    lint_ids_release(&l.advisories);
    lint_ids_release(&l.releases);
    for (size_t i = 0; i < count; i++)
        manifest_release_all(&l.parts[i]);
    mem_free(l.parts);
}

char *lint_line(const struct lint_file *files, const struct lint_finding *f)
{
    struct text t = {0};
    text_add_escaped(&t, files[f->file].name);
    text_addf(&t, ":%zu:%zu: %s: %s: %s", f->line, f->column, lint_severity_name(f->severity),
              f->code, f->sentence);
    return text_steal(&t);
}

bool lint_refuse(const struct lint_file *files, const struct lint *l, struct err *e)
{
    const struct lint_finding *f = l->at;
    while (f->severity != LINT_ERROR)
        f++;
    char more[64] = "";
    if (l->errors > 1)
        snprintf(more, sizeof more, " (and %zu more: xenpv manifest check)", l->errors - 1);
    return err_set(e, ERR_USAGE, "%s: line %zu, column %zu: %s%s", files[f->file].name, f->line,
                   f->column, f->sentence, more);
}

void lint_release(struct lint *l)
{
    for (size_t i = 0; i < l->count; i++)
        mem_free(l->at[i].sentence);
    mem_free(l->at);
    *l = (struct lint){0};
}
