/*
 * shape: plain structs to and from JSON, by tables of fields. The only user of jansson.
 *
 * Every arrow in the program's flow (facts, manifest, journal, report) is a plain struct; a `struct
 * shape` says which members it has and how they look in JSON. What is not known stays not known: a
 * NULL text, a number that is not `known`, TRI_UNKNOWN and an enum's zero are written as null, and
 * null or absence is read back as such.
 *
 * shape refuses text that is not UTF-8 JSON, has duplicate keys, is nested deeper than
 * SHAPE_DEPTH_MAX or has a value of the wrong type, naming line, column and place
 * ("releases[3].files[0].sha256"). Fields that a shape does not know are noted, not refused, so
 * that newer files can be read. It knows nothing of meaning.
 */
#ifndef XENPV_MANIFEST_SHAPE_H
#define XENPV_MANIFEST_SHAPE_H

#include "base/err.h"
#include "base/span.h"

#include <stddef.h>
#include <stdint.h>

enum { SHAPE_DEPTH_MAX = 64, SHAPE_SIZE_MAX = 64 * 1024 * 1024 };

/*
 * Memory that runs out inside jansson ends the program, as it does in mem: else a member would be
 * missing of what is written, and nobody told. Before anything else of shape is called.
 */
void shape_exhaustion_ends_program(void);

/* Yes, no, or not known. */
enum tri { TRI_UNKNOWN = 0, TRI_NO, TRI_YES };

/* A number that may not be known. */
struct number {
    bool known;
    uint64_t value;
};

struct number number_of(uint64_t value);

/* Are both known, and the same? */
bool number_same(const struct number *a, const struct number *b);

/* A list of owned strings. */
struct texts {
    char **at;
    size_t count;
};

void texts_add(struct texts *t, const char *text); /* keeps a copy */
bool texts_have_nocase(const struct texts *t, const char *text);

/* The same texts, case and order too. */
bool texts_same(const struct texts *a, const struct texts *b);
void texts_release(struct texts *t);

enum shape_kind {
    SHAPE_TEXT,   /* char *, owned */
    SHAPE_NUMBER, /* struct number; integers from 0 to 2^63 - 1 */
    SHAPE_TRI,    /* enum tri, written true, false or null */
    SHAPE_ENUM,   /* int; names[] holds the words, index 0 is written as null when its word is
                     "unknown" */
    SHAPE_TEXTS,  /* struct texts */
    SHAPE_OBJECT, /* a struct inside the struct, of another shape */
    SHAPE_MAYBE,  /* a pointer to a struct of another shape, or NULL; owned */
    SHAPE_LIST,   /* struct { T *at; size_t count; }, T of another shape; owned */
};

struct shape;

struct shape_field {
    const char *name;
    enum shape_kind kind;
    size_t offset;
    const char *const *names;  /* SHAPE_ENUM: the words, ended by NULL */
    const struct shape *shape; /* SHAPE_OBJECT, SHAPE_MAYBE, SHAPE_LIST */
    bool required;             /* null or absent is an error */
};

struct shape {
    const struct shape_field *fields;
    size_t count;
    size_t size; /* of the struct */
};

/* Read text into *object, which must be zeroed. Unknown fields are added to unknown (may be NULL)
 * as places. On failure *object is zeroed again. */
bool shape_decode(struct span text, const struct shape *shape, void *object, struct texts *unknown,
                  struct err *e);

/* What is wrong with a text, one thing each. */
enum shape_note_kind {
    SHAPE_NOTE_NONE = 0,
    SHAPE_NOTE_NOT_JSON,
    SHAPE_NOTE_DUPLICATE_KEY,
    SHAPE_NOTE_LIMIT, /* too large or too deep to be read */
    SHAPE_NOTE_WRONG_TYPE,
    SHAPE_NOTE_MISSING,
    SHAPE_NOTE_UNKNOWN_FIELD, /* the only one that is no error */
};

struct shape_note {
    enum shape_note_kind kind;
    char *pointer; /* JSON Pointer, owned; NULL: offset says where */
    size_t offset;
    char *sentence; /* owned, safe to print */
};

enum { SHAPE_NOTES_MAX = 200 };

struct shape_notes {
    struct shape_note *at;
    size_t count, room;
    size_t errors, dropped; /* dropped: seen, and not kept */
};

/*
 * The same for one who wants to hear of everything at once: reads what can be read into *object
 * (shape_release), whatever is wrong with the rest. False when text is no JSON, or too much of it.
 */
bool shape_decode_noting(struct span text, const struct shape *shape, void *object,
                         struct shape_notes *notes);

/* Where in text a note belongs: the value, the key of an unknown field, or what a member is missing
 * from. */
size_t shape_note_offset(struct span text, const struct shape_note *n);

void shape_notes_release(struct shape_notes *notes);

/* Refuse what was read for what it means: "line 3, column 9: SENTENCE" of the value at pointer, or
 * of what it is missing from. False always. */
bool shape_refuse(struct span text, const char *pointer, struct err *e, const char *sentence);

/* JSON text of the object, indented by two, members in the order of the shape, ended by a newline.
 * mem_free. */
char *shape_encode(const struct shape *shape, const void *object);

/* The same on one line, without the newline. */
char *shape_encode_line(const struct shape *shape, const void *object);

/* Free what the members own and zero the object. */
void shape_release(const struct shape *shape, void *object);

/* Let edit see, and replace (mem_free the old one), every text of the object that is not NULL,
 * those in lists too. */
void shape_edit_texts(const struct shape *shape, void *object,
                      void (*edit)(void *context, char **text), void *context);

/* The element at index of a SHAPE_LIST member grown by one zeroed element; returns that element.
 * list points to the member, size is the element's. */
void *shape_list_add(void *list, size_t size);

/* Give a text member a copy of value, freeing the old one. */
void shape_set_text(char **member, const char *value);

/* The rows of a shape's table: struct tag, member, and what kind of member it is. */
#define FIELD(owner, member, kind_)                                                                \
    {                                                                                              \
        .name = #member, .kind = kind_, .offset = offsetof(struct owner, member)                   \
    }
#define FIELD_MUST(owner, member, kind_)                                                           \
    {                                                                                              \
        .name = #member, .kind = kind_, .offset = offsetof(struct owner, member), .required = true \
    }
#define FIELD_ENUM(owner, member, words)                                                           \
    {                                                                                              \
        .name = #member, .kind = SHAPE_ENUM, .offset = offsetof(struct owner, member),             \
        .names = words                                                                             \
    }
#define FIELD_ENUM_MUST(owner, member, words)                                                      \
    {                                                                                              \
        .name = #member, .kind = SHAPE_ENUM, .offset = offsetof(struct owner, member),             \
        .names = words, .required = true                                                           \
    }
#define FIELD_IN(owner, member, kind_, shape_)                                                     \
    {                                                                                              \
        .name = #member, .kind = kind_, .offset = offsetof(struct owner, member), .shape = &shape_ \
    }

#define SHAPE_FIELD_COUNT(fields) (sizeof(fields) / sizeof *(fields))
#define SHAPE_OF(type, fields)                                                                     \
    {                                                                                              \
        fields, SHAPE_FIELD_COUNT(fields), sizeof(type)                                            \
    }

#endif
