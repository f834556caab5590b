#include "drivers-manifest/shape.h"

#include "base/mem.h"
#include "base/text.h"

#include <jansson.h>
#include <string.h>

struct number number_of(uint64_t value)
{
    return (struct number){.known = true, .value = value};
}

void texts_add(struct texts *t, const char *text)
{
    t->at = mem_resize(t->at, t->count + 1, sizeof *t->at);
    t->at[t->count++] = mem_strdup(text ? text : "");
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

void *shape_list_add(void *member, size_t size)
{
    struct list l = list_of(member);
    l.at = mem_resize(l.at, l.count + 1, size);
    void *element = (char *)l.at + l.count++ * size;
    memset(element, 0, size);
    list_store(member, l);
    return element;
}

/* Where we are in the document, for messages; each level lives on the C stack. */
struct place {
    const struct place *parent;
    const char *name; /* NULL for a list's element */
    size_t index;
};

static void add_place(struct text *t, const struct place *p)
{
    if (!p)
        return;
    add_place(t, p->parent);
    if (p->name) {
        if (t->size)
            text_add(t, ".");
        text_add_escaped(t, p->name);
    } else {
        text_addf(t, "[%zu]", p->index);
    }
}

static bool refuse(const struct place *p, const char *wanted, struct err *e)
{
    struct text t = {0};
    add_place(&t, p);
    err_set(e, ERR_FORMAT, "'%s' must be %s", t.size ? text_str(&t) : "the document", wanted);
    text_release(&t);
    return false;
}

/* What a decoding run carries along. */
struct decoding {
    struct texts *unknown;
    struct err *e;
};

static bool decode_object(const json_t *j, const struct shape *shape, void *object,
                          const struct place *p, struct decoding *d);

static bool decode_enum(const json_t *j, const struct shape_field *f, int *out,
                        const struct place *p, struct err *e)
{
    const char *word = json_string_value(j);
    struct text wanted = {0};
    text_add(&wanted, "one of:");
    for (int i = 0; f->names[i]; i++) {
        if (word && strcmp(word, f->names[i]) == 0) {
            *out = i;
            text_release(&wanted);
            return true;
        }
        text_addf(&wanted, " %s", f->names[i]);
    }
    refuse(p, text_str(&wanted), e);
    text_release(&wanted);
    return false;
}

static bool decode_texts(const json_t *j, struct texts *out, const struct place *p, struct err *e)
{
    if (!json_is_array(j))
        return refuse(p, "a list of texts", e);
    for (size_t i = 0; i < json_array_size(j); i++) {
        struct place inner = {.parent = p, .index = i};
        const char *text = json_string_value(json_array_get(j, i));
        if (!text)
            return refuse(&inner, "a text", e);
        texts_add(out, text);
    }
    return true;
}

static bool decode_list(const json_t *j, const struct shape_field *f, void *member,
                        const struct place *p, struct decoding *d)
{
    if (!json_is_array(j))
        return refuse(p, "a list", d->e);
    struct list l = {.at = json_array_size(j) ? mem_zero(json_array_size(j), f->shape->size) : NULL,
                     .count = json_array_size(j)};
    list_store(member, l);
    for (size_t i = 0; i < l.count; i++) {
        struct place inner = {.parent = p, .index = i};
        if (!decode_object(json_array_get(j, i), f->shape, (char *)l.at + i * f->shape->size,
                           &inner, d))
            return false;
    }
    return true;
}

/* The pointer is copied by its bytes: the member's own type is unknown here. */
static void *maybe_of(const void *member)
{
    void *object;
    memcpy(&object, member, sizeof object);
    return object;
}

static bool decode_maybe(const json_t *j, const struct shape_field *f, void *member,
                         const struct place *p, struct decoding *d)
{
    void *object = mem_zero(1, f->shape->size);
    memcpy(member, &object, sizeof object);
    return decode_object(j, f->shape, object, p, d);
}

static bool decode_field(const json_t *j, const struct shape_field *f, void *member,
                         const struct place *p, struct decoding *d)
{
    switch (f->kind) {
    case SHAPE_TEXT:
        if (!json_is_string(j))
            return refuse(p, "a text", d->e);
        shape_set_text(member, json_string_value(j));
        return true;
    case SHAPE_NUMBER:
        if (!json_is_integer(j) || json_integer_value(j) < 0)
            return refuse(p, "a whole number, not negative", d->e);
        *(struct number *)member = number_of((uint64_t)json_integer_value(j));
        return true;
    case SHAPE_TRI:
        if (!json_is_boolean(j))
            return refuse(p, "true, false or null", d->e);
        *(enum tri *)member = json_is_true(j) ? TRI_YES : TRI_NO;
        return true;
    case SHAPE_ENUM: return decode_enum(j, f, member, p, d->e);
    case SHAPE_TEXTS: return decode_texts(j, member, p, d->e);
    case SHAPE_OBJECT: return decode_object(j, f->shape, member, p, d);
    case SHAPE_MAYBE: return decode_maybe(j, f, member, p, d);
    case SHAPE_LIST: return decode_list(j, f, member, p, d);
    }
    return refuse(p, "of a kind that is known", d->e);
}

static bool shape_has(const struct shape *shape, const char *name)
{
    for (size_t i = 0; i < shape->count; i++)
        if (strcmp(shape->fields[i].name, name) == 0)
            return true;
    return false;
}

static void note_unknown(const json_t *j, const struct shape *shape, const struct place *p,
                         struct texts *unknown)
{
    const char *name;
    json_t *value;
    if (!unknown)
        return;
    json_object_foreach((json_t *)j, name, value)
    {
        struct place inner = {.parent = p, .name = name};
        struct text t = {0};
        if (!shape_has(shape, name)) {
            add_place(&t, &inner);
            texts_add(unknown, text_str(&t));
        }
        text_release(&t);
    }
}

static bool decode_object(const json_t *j, const struct shape *shape, void *object,
                          const struct place *p, struct decoding *d)
{
    if (!json_is_object(j))
        return refuse(p, "an object", d->e);
    note_unknown(j, shape, p, d->unknown);
    for (size_t i = 0; i < shape->count; i++) {
        const struct shape_field *f = &shape->fields[i];
        const json_t *value = json_object_get(j, f->name);
        struct place inner = {.parent = p, .name = f->name};
        if (!value || json_is_null(value)) {
            if (f->required)
                return refuse(&inner, "there", d->e);
            continue;
        }
        if (!decode_field(value, f, (char *)object + f->offset, &inner, d))
            return false;
    }
    return true;
}

/* jansson recurses with the text: refuse what is deeper than it must be before it is parsed. */
static bool is_too_deep(struct span text)
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
            if (++depth > SHAPE_DEPTH_MAX)
                return true;
        } else if ((c == '}' || c == ']') && depth) {
            depth--;
        }
    }
    return false;
}

bool shape_decode(struct span text, const struct shape *shape, void *object, struct texts *unknown,
                  struct err *e)
{
    json_error_t where;
    struct decoding d = {.unknown = unknown, .e = e};
    if (text.size > SHAPE_SIZE_MAX)
        return err_set(e, ERR_LIMIT, "%zu bytes of JSON; at most %d are read", text.size,
                       SHAPE_SIZE_MAX);
    if (is_too_deep(text))
        return err_set(e, ERR_LIMIT, "the JSON is nested deeper than %d levels", SHAPE_DEPTH_MAX);
    json_t *j = json_loadb((const char *)text.at, text.size, JSON_REJECT_DUPLICATES, &where);
    if (!j) {
        struct text reason = {0};
        text_add_escaped(&reason, where.text);
        err_set(e, ERR_FORMAT, "not JSON: line %d, column %d: %s", where.line, where.column,
                text_str(&reason));
        text_release(&reason);
        return false;
    }
    bool ok = decode_object(j, shape, object, NULL, &d);
    json_decref(j);
    if (!ok)
        shape_release(shape, object);
    return ok;
}

static json_t *encode_object(const struct shape *shape, const void *object);

static json_t *encode_enum(const struct shape_field *f, int value)
{
    return value == 0 && strcmp(f->names[0], "unknown") == 0 ? json_null()
                                                             : json_string(f->names[value]);
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
    free(dumped);
    json_decref(j);
    return text_steal(&t);
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
