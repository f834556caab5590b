#include "drivers-manifest/shape.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/place.h"

#include <jansson.h>
#include <string.h>

static void *get(size_t size)
{
    return mem_resize(NULL, size, 1);
}

void shape_exhaustion_ends_program(void)
{
    json_set_alloc_funcs(get, mem_free);
}

struct number number_of(uint64_t value)
{
    return (struct number){.known = true, .value = value};
}

void texts_add(struct texts *t, const char *text)
{
    t->at = mem_resize(t->at, t->count + 1, sizeof *t->at);
    t->at[t->count++] = mem_strdup(text ? text : "");
}

bool number_same(const struct number *a, const struct number *b)
{
    return a->known && b->known && a->value == b->value;
}

bool texts_same(const struct texts *a, const struct texts *b)
{
    for (size_t i = 0; i < a->count && i < b->count; i++)
        if (strcmp(a->at[i], b->at[i]) != 0)
            return false;
    return a->count == b->count;
}

bool texts_have_nocase(const struct texts *t, const char *text)
{
    for (size_t i = 0; i < t->count; i++)
        if (text_equal_nocase(t->at[i], text))
            return true;
    return false;
}

void texts_release(struct texts *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->count; i++)
        mem_free(t->at[i]);
    mem_free(t->at);
    memset(t, 0, sizeof *t);
}

void shape_set_text(char **member, const char *value)
{
    char *copy = mem_strdup(value);
    mem_free(*member);
    *member = copy;
}

/* A list member seen without its element type: the pointer is copied by its bytes, so no type is
 * punned. */
struct list {
    void *at;
    size_t count;
};

static struct list list_of(const void *member)
{
    struct list l;
    memcpy(&l.at, member, sizeof l.at);
    memcpy(&l.count, (const char *)member + sizeof l.at, sizeof l.count);
    return l;
}

static void list_store(void *member, struct list l)
{
    memcpy(member, &l.at, sizeof l.at);
    memcpy((char *)member + sizeof l.at, &l.count, sizeof l.count);
}

void *shape_list_add(void *list, size_t size)
{
    struct list l = list_of(list);
    l.at = mem_resize(l.at, l.count + 1, size);
    void *element = (char *)l.at + l.count++ * size;
    memset(element, 0, size);
    list_store(list, l);
    return element;
}

/* Where we are in the document; each level lives on the C stack. */
struct level {
    const struct level *parent;
    const char *name; /* NULL for a list's element */
    size_t index;
};

/* "releases[3].rank", for people. */
static void add_name(struct text *t, const struct level *p)
{
    if (!p)
        return;
    add_name(t, p->parent);
    if (p->name) {
        if (t->size)
            text_add(t, ".");
        text_add_escaped(t, p->name);
    } else {
        text_addf(t, "[%zu]", p->index);
    }
}

/* "/releases/3/rank", for place_find. */
static void add_pointer(struct text *t, const struct level *p)
{
    if (!p)
        return;
    add_pointer(t, p->parent);
    if (p->name)
        place_add_segment(t, p->name);
    else
        text_addf(t, "/%zu", p->index);
}

/* One note; NULL when there are as many as are kept. The first error is kept always. */
static struct shape_note *add_note(struct shape_notes *notes, enum shape_note_kind kind)
{
    notes->errors += kind != SHAPE_NOTE_UNKNOWN_FIELD;
    bool first = notes->errors == 1 && kind != SHAPE_NOTE_UNKNOWN_FIELD;
    if (notes->count >= SHAPE_NOTES_MAX && !first) {
        notes->dropped++;
        return NULL;
    }
    notes->at = mem_grow(notes->at, notes->count, &notes->room, sizeof *notes->at);
    notes->at[notes->count] = (struct shape_note){.kind = kind};
    return &notes->at[notes->count++];
}

/* What a decoding run carries along. */
struct decoding {
    struct shape_notes *notes;
    struct texts *unknown;
};

static void refuse(const struct level *p, enum shape_note_kind kind, const char *wanted,
                   struct decoding *d)
{
    struct text name = {0}, sentence = {0}, pointer = {0};
    struct shape_note *n = add_note(d->notes, kind);
    if (!n)
        return;
    add_name(&name, p);
    add_pointer(&pointer, p);
    text_addf(&sentence, "'%s' must be %s", name.size ? text_str(&name) : "the document", wanted);
    n->sentence = text_steal(&sentence);
    n->pointer = text_steal(&pointer);
    text_release(&name);
}

static void decode_object(const json_t *j, const struct shape *shape, void *object,
                          const struct level *p, struct decoding *d);

/* An enum whose zero is the word "unknown": written as null. */
static bool has_unknown(const struct shape_field *f)
{
    return strcmp(f->names[0], "unknown") == 0;
}

/* What must be known is not known by the word "unknown" either. */
static void decode_enum(const json_t *j, const struct shape_field *f, int *out,
                        const struct level *p, struct decoding *d)
{
    const char *word = json_string_value(j);
    struct text wanted = {0};
    text_add(&wanted, "one of:");
    for (int i = f->required && has_unknown(f) ? 1 : 0; f->names[i]; i++) {
        if (word && strcmp(word, f->names[i]) == 0) {
            *out = i;
            text_release(&wanted);
            return;
        }
        text_addf(&wanted, " %s", f->names[i]);
    }
    refuse(p, SHAPE_NOTE_WRONG_TYPE, text_str(&wanted), d);
    text_release(&wanted);
}

static void decode_texts(const json_t *j, struct texts *out, const struct level *p,
                         struct decoding *d)
{
    if (!json_is_array(j)) {
        refuse(p, SHAPE_NOTE_WRONG_TYPE, "a list of texts", d);
        return;
    }
    for (size_t i = 0; i < json_array_size(j); i++) {
        struct level inner = {.parent = p, .index = i};
        const char *text = json_string_value(json_array_get(j, i));
        if (!text)
            refuse(&inner, SHAPE_NOTE_WRONG_TYPE, "a text", d);
        texts_add(out, text); /* "" for what is none, so that the others keep their numbers */
    }
}

static void decode_list(const json_t *j, const struct shape_field *f, void *member,
                        const struct level *p, struct decoding *d)
{
    if (!json_is_array(j)) {
        refuse(p, SHAPE_NOTE_WRONG_TYPE, "a list", d);
        return;
    }
    struct list l = {.at = json_array_size(j) ? mem_zero(json_array_size(j), f->shape->size) : NULL,
                     .count = json_array_size(j)};
    list_store(member, l);
    for (size_t i = 0; i < l.count; i++) {
        struct level inner = {.parent = p, .index = i};
        decode_object(json_array_get(j, i), f->shape, (char *)l.at + i * f->shape->size, &inner, d);
    }
}

/* The pointer is copied by its bytes: the member's own type is unknown here. */
static void *maybe_of(const void *member)
{
    void *object;
    memcpy(&object, member, sizeof object);
    return object;
}

static void decode_maybe(const json_t *j, const struct shape_field *f, void *member,
                         const struct level *p, struct decoding *d)
{
    void *object = mem_zero(1, f->shape->size);
    memcpy(member, &object, sizeof object);
    decode_object(j, f->shape, object, p, d);
}

static void decode_field(const json_t *j, const struct shape_field *f, void *member,
                         const struct level *p, struct decoding *d)
{
    switch (f->kind) {
    case SHAPE_TEXT:
        if (json_is_string(j))
            shape_set_text(member, json_string_value(j));
        else
            refuse(p, SHAPE_NOTE_WRONG_TYPE, "a text", d);
        break;
    case SHAPE_NUMBER:
        if (json_is_integer(j) && json_integer_value(j) >= 0)
            *(struct number *)member = number_of((uint64_t)json_integer_value(j));
        else
            refuse(p, SHAPE_NOTE_WRONG_TYPE, "a whole number, not negative", d);
        break;
    case SHAPE_TRI:
        if (json_is_boolean(j))
            *(enum tri *)member = json_is_true(j) ? TRI_YES : TRI_NO;
        else
            refuse(p, SHAPE_NOTE_WRONG_TYPE, "true, false or null", d);
        break;
    case SHAPE_ENUM: decode_enum(j, f, member, p, d); break;
    case SHAPE_TEXTS: decode_texts(j, member, p, d); break;
    case SHAPE_OBJECT: decode_object(j, f->shape, member, p, d); break;
    case SHAPE_MAYBE: decode_maybe(j, f, member, p, d); break;
    case SHAPE_LIST: decode_list(j, f, member, p, d); break;
    }
}

static bool shape_has(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->count; i++)
        if (strcmp(shape->fields[i].name, name) == 0)
            return true;
    return false;
}

static void note_unknown(const struct level *p, struct decoding *d)
{
    struct text name = {0}, pointer = {0};
    struct shape_note *n = add_note(d->notes, SHAPE_NOTE_UNKNOWN_FIELD);
    add_name(&name, p);
    if (d->unknown)
        texts_add(d->unknown, text_str(&name));
    if (n) {
        struct text sentence = {0};
        add_pointer(&pointer, p);
        text_addf(&sentence, "'%s' is not known to this program", text_str(&name));
        n->sentence = text_steal(&sentence);
        n->pointer = text_steal(&pointer);
    }
    text_release(&name);
}

static void decode_object(const json_t *j, const struct shape *shape, void *object,
                          const struct level *p, struct decoding *d)
{
    const char *name;
    json_t *value;
    if (!json_is_object(j)) {
        refuse(p, SHAPE_NOTE_WRONG_TYPE, "an object", d);
        return;
    }
    json_object_foreach((json_t *)j, name, value)
    {
        struct level inner = {.parent = p, .name = name};
        if (!shape_has(shape, name))
            note_unknown(&inner, d);
    }
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *f = &shape->fields[i];
        struct level inner = {.parent = p, .name = f->name};
        value = json_object_get(j, f->name);
        if (value && !json_is_null(value))
            decode_field(value, f, (char *)object + f->offset, &inner, d);
        else if (f->required)
            refuse(&inner, SHAPE_NOTE_MISSING, "there", d);
    }
}

/* jansson recurses with the text: refuse what is deeper than it must be before it is parsed. */
static bool is_too_deep(struct span text, size_t *where)
{
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.size; i++) {
        char c = (char)text.at[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > SHAPE_DEPTH_MAX) {
                *where = i;
                return true;
            }
        } else if ((c == '}' || c == ']') && depth) {
            depth--;
        }
    }
    return false;
}

/* The string that ends before end, from its first quote: what stands there may have quotes in it,
 * each behind an odd number of backslashes. */
static size_t string_before(struct span text, size_t end)
{
    for (size_t i = end > 1 ? end - 1 : 0; i-- > 0;) {
        size_t slashes = 0;
        while (slashes < i && text.at[i - 1 - slashes] == '\\')
            slashes++;
        if (text.at[i] == '"' && slashes % 2 == 0)
            return i;
    }
    return end;
}

/* jansson says how far it had read; the place is the last character of that, or the key. */
static void note_not_json(const json_error_t *where, struct span text, struct shape_notes *notes)
{
    struct text sentence = {0};
    size_t read = where->position > 0 ? (size_t)where->position : 0;
    read = read < text.size ? read : text.size;
    bool twice = json_error_code(where) == json_error_duplicate_key;
    struct shape_note *n = add_note(notes, twice ? SHAPE_NOTE_DUPLICATE_KEY : SHAPE_NOTE_NOT_JSON);
    if (!n)
        return;
    bool byte = json_error_code(where) == json_error_invalid_utf8; /* not read yet */
    n->offset = twice ? string_before(text, read) : byte || !read ? read : read - 1;
    text_add(&sentence, twice ? "" : "not JSON: ");
    text_add_escaped(&sentence, where->text);
    n->sentence = text_steal(&sentence);
}

static void note_limit(struct shape_notes *notes, size_t offset, char *sentence)
{
    struct shape_note *n = add_note(notes, SHAPE_NOTE_LIMIT);
    if (n) {
        n->offset = offset;
        n->sentence = sentence;
    } else {
        mem_free(sentence);
    }
}

/* The document, or NULL with a note. */
static json_t *load(struct span text, struct shape_notes *notes)
{
    json_error_t where;
    struct text sentence = {0};
    size_t deep;
    if (text.size > SHAPE_SIZE_MAX) {
        text_addf(&sentence, "%zu bytes of JSON; at most %d are read", text.size, SHAPE_SIZE_MAX);
        note_limit(notes, 0, text_steal(&sentence));
        return NULL;
    }
    if (is_too_deep(text, &deep)) {
        text_addf(&sentence, "the JSON is nested deeper than %d levels", SHAPE_DEPTH_MAX);
        note_limit(notes, deep, text_steal(&sentence));
        return NULL;
    }
    json_t *j = json_loadb((const char *)text.at, text.size, JSON_REJECT_DUPLICATES, &where);
    if (!j)
        note_not_json(&where, text, notes);
    return j;
}

static bool decode(struct span text, const struct shape *shape, void *object, struct decoding *d)
{
    json_t *j = load(text, d->notes);
    if (!j)
        return false;
    decode_object(j, shape, object, NULL, d);
    json_decref(j);
    return true;
}

bool shape_decode_noting(struct span text, const struct shape *shape, void *object,
                         struct shape_notes *notes)
{
    struct decoding d = {.notes = notes};
    return decode(text, shape, object, &d);
}

size_t shape_note_offset(struct span text, const struct shape_note *n)
{
    struct place p;
    if (!n->pointer)
        return n->offset;
    place_find_nearest(text, n->pointer, &p);
    return n->kind == SHAPE_NOTE_UNKNOWN_FIELD ? p.key : p.at;
}

static bool set_err(struct span text, const struct shape_note *n, struct err *e)
{
    struct position at = place_position(text, shape_note_offset(text, n));
    return err_set(e, n->kind == SHAPE_NOTE_LIMIT ? ERR_LIMIT : ERR_FORMAT,
                   "line %zu, column %zu: %s", at.line, at.column, n->sentence);
}

static bool first_error(struct span text, const struct shape_notes *notes, struct err *e)
{
    for (size_t i = 0; i < notes->count; i++)
        if (notes->at[i].kind != SHAPE_NOTE_UNKNOWN_FIELD)
            return set_err(text, &notes->at[i], e);
    return err_set(e, ERR_FORMAT, "cannot be read");
}

bool shape_decode(struct span text, const struct shape *shape, void *object, struct texts *unknown,
                  struct err *e)
{
    struct shape_notes notes = {0};
    struct decoding d = {.notes = &notes, .unknown = unknown};
    bool ok = decode(text, shape, object, &d) && !notes.errors;
    if (!ok) {
        first_error(text, &notes, e);
        shape_release(shape, object);
    }
    shape_notes_release(&notes);
    return ok;
}

bool shape_refuse(struct span text, const char *pointer, struct err *e, const char *sentence)
{
    struct place p;
    place_find_nearest(text, pointer, &p);
    struct position at = place_position(text, p.at);
    return err_set(e, ERR_FORMAT, "line %zu, column %zu: %s", at.line, at.column, sentence);
}

void shape_notes_release(struct shape_notes *notes)
{
    for (size_t i = 0; i < notes->count; i++) {
        mem_free(notes->at[i].pointer);
        mem_free(notes->at[i].sentence);
    }
    mem_free(notes->at);
    *notes = (struct shape_notes){0};
}

static json_t *encode_object(const struct shape *shape, const void *object);

static json_t *encode_enum(const struct shape_field *f, int value)
{
    return value == 0 && has_unknown(f) ? json_null() : json_string(f->names[value]);
}

/* JSON holds UTF-8 only; what is not (a file name on Linux) is escaped rather than lost. */
static json_t *encode_text(const char *text)
{
    json_t *j = json_string(text);
    if (j)
        return j;
    struct text safe = {0};
    text_add_escaped(&safe, text);
    j = json_string(text_str(&safe));
    text_release(&safe);
    return j;
}

static json_t *encode_texts(const struct texts *t)
{
    json_t *j = json_array();
    for (size_t i = 0; i < t->count; i++)
        json_array_append_new(j, encode_text(t->at[i]));
    return j;
}

static json_t *encode_list(const struct shape_field *f, const void *member)
{
    struct list l = list_of(member);
    json_t *j = json_array();
    for (size_t i = 0; i < l.count; i++)
        json_array_append_new(j, encode_object(f->shape, (const char *)l.at + i * f->shape->size));
    return j;
}

static json_t *encode_field(const struct shape_field *f, const void *member)
{
    switch (f->kind) {
    case SHAPE_TEXT: {
        const char *text = *(char *const *)member;
        return text ? encode_text(text) : json_null();
    }
    case SHAPE_NUMBER: {
        const struct number *n = member;
        return n->known ? json_integer((json_int_t)n->value) : json_null();
    }
    case SHAPE_TRI: {
        enum tri t = *(const enum tri *)member;
        return t == TRI_UNKNOWN ? json_null() : json_boolean(t == TRI_YES);
    }
    case SHAPE_ENUM: return encode_enum(f, *(const int *)member);
    case SHAPE_TEXTS: return encode_texts(member);
    case SHAPE_OBJECT: return encode_object(f->shape, member);
    case SHAPE_MAYBE:
        return maybe_of(member) ? encode_object(f->shape, maybe_of(member)) : json_null();
    case SHAPE_LIST: return encode_list(f, member);
    }
    return json_null();
}

static json_t *encode_object(const struct shape *shape, const void *object)
{
    json_t *j = json_object();
    for (size_t i = 0; i < shape->count; i++)
        json_object_set_new(
            j, shape->fields[i].name,
            encode_field(&shape->fields[i], (const char *)object + shape->fields[i].offset));
    return j;
}

char *shape_encode(const struct shape *shape, const void *object)
{
    struct text t = {0};
    json_t *j = encode_object(shape, object);
    char *dumped = json_dumps(j, JSON_INDENT(2));
    text_add(&t, dumped ? dumped : "{}");
    text_add(&t, "\n");
    mem_free(dumped);
    json_decref(j);
    return text_steal(&t);
}

char *shape_encode_line(const struct shape *shape, const void *object)
{
    json_t *j = encode_object(shape, object);
    char *dumped = json_dumps(j, 0);
    char *line = mem_strdup(dumped ? dumped : "{}");
    mem_free(dumped);
    json_decref(j);
    return line;
}

static void release_list(const struct shape_field *f, void *member)
{
    struct list l = list_of(member);
    for (size_t i = 0; i < l.count; i++)
        shape_release(f->shape, (char *)l.at + i * f->shape->size);
    mem_free(l.at);
}

void shape_release(const struct shape *shape, void *object)
{
    if (!object)
        return;
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *f = &shape->fields[i];
        void *member = (char *)object + f->offset;
        if (f->kind == SHAPE_TEXT)
            mem_free(*(char **)member);
        else if (f->kind == SHAPE_TEXTS)
            texts_release(member);
        else if (f->kind == SHAPE_OBJECT)
            shape_release(f->shape, member);
        else if (f->kind == SHAPE_MAYBE) {
            shape_release(f->shape, maybe_of(member));
            mem_free(maybe_of(member));
        } else if (f->kind == SHAPE_LIST)
            release_list(f, member);
    }
    memset(object, 0, shape->size);
}

void shape_edit_texts(const struct shape *shape, void *object,
                      void (*edit)(void *context, char **text), void *context)
{
    for (size_t i = 0; object && i < shape->count; i++) {
        const struct shape_field *f = &shape->fields[i];
        void *member = (char *)object + f->offset;
        if (f->kind == SHAPE_TEXT && *(char **)member) {
            edit(context, member);
        } else if (f->kind == SHAPE_TEXTS) {
            struct texts *texts = member;
            for (size_t k = 0; k < texts->count; k++)
                edit(context, &texts->at[k]);
        } else if (f->kind == SHAPE_OBJECT) {
            shape_edit_texts(f->shape, member, edit, context);
        } else if (f->kind == SHAPE_MAYBE) {
            shape_edit_texts(f->shape, maybe_of(member), edit, context);
        } else if (f->kind == SHAPE_LIST) {
            struct list l = list_of(member);
            for (size_t k = 0; k < l.count; k++)
                shape_edit_texts(f->shape, (char *)l.at + k * f->shape->size, edit, context);
        }
    }
}
