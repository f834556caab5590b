/*
 * lint_inside: what the parts of lint share. For lint*.c only.
 *
 * A place in the data is a chain of levels on the C stack, from the element at hand up to its file;
 * it becomes a JSON Pointer, and that an offset, only when something is found there.
 */
#ifndef XENPV_MANIFEST_LINT_INSIDE_H
#define XENPV_MANIFEST_LINT_INSIDE_H

#include "drivers-manifest/lint.h"
#include "drivers-manifest/manifest.h"

enum lint_code {
    LINT_NOT_JSON = 0,
    LINT_DUPLICATE_KEY,
    LINT_LIMIT,
    LINT_WRONG_TYPE,
    LINT_MISSING,
    LINT_UNKNOWN_FIELD,
    LINT_SCHEMA,
    LINT_PART_ABSENT,
    LINT_DUPLICATE_ID,
    LINT_DUPLICATE_NAME,
    LINT_DUPLICATE_RANK,
    LINT_REFERENCE,
    LINT_WORD,
    LINT_EMPTY,
    LINT_VERSION_FORM,
    LINT_RANGE_REVERSED,
    LINT_RANGE_EDGE,
    LINT_SETS_OVERLAP,
    LINT_SETS_HOLE,
    LINT_WINDOWS_OVERLAP,
    LINT_WINDOWS_HOLE,
    LINT_WINDOWS_NO_RULE,
    LINT_WINDOWS_NO_SET,
    LINT_KERNEL_ORDER,
    LINT_HASH_FORM,
    LINT_HASH_MISSING,
    LINT_HASH_COPIED,
    LINT_HASH_REASON,
    LINT_SIZE,
    LINT_URL_FORM,
    LINT_URL_HTTP,
    LINT_DATE_FORM,
    LINT_NAME_FORM,
    LINT_HARDWARE_ID_FORM,
    LINT_GUID_FORM,
    LINT_PLATFORM_DRIVER,
    LINT_DIGEST,
    LINT_CODES,
};

/* A name, and the element that has it. */
struct lint_id {
    const char *text;
    size_t part, index;
};

struct lint_ids {
    struct lint_id *at;
    size_t count, room;
};

struct linting {
    const struct lint_file *files;
    struct manifest *parts; /* one for each file, zeroed where it could not be read */
    size_t count;
    struct lint_ids families, advisories, releases;
    struct lint *out;
};

struct lint_where {
    const struct lint_where *up; /* NULL: the file itself */
    struct linting *l;
    size_t part;
    const char *list;
    size_t index;
};

/* Element index of a list in what up is. up must outlive it. */
struct lint_where lint_in(const struct lint_where *up, const char *list, size_t index);

/* A finding about a member (NULL: the whole) of what where is. */
void lint_add(const struct lint_where *where, const char *member, enum lint_code code,
              const char *format, ...) ERR_PRINTF(4, 5);

/* ---- names ---- */

/* One with the text NULL or "" is left out. */
void lint_ids_add(struct lint_ids *ids, const char *text, size_t part, size_t index);
void lint_ids_sort(struct lint_ids *ids);
/* Sorted before; NULL when it is not there. */
const struct lint_id *lint_ids_find(const struct lint_ids *ids, const char *text);
void lint_ids_release(struct lint_ids *ids);

/* Where the elements of such a list are, and what their name is. */
struct lint_list {
    const char *list, *member;
    enum lint_code code;
};

/* Sort, and tell of each that is there again, without case. up is the file or the element that the
 * list is in. */
void lint_twice(const struct lint_where *up, struct lint_ids *ids, const struct lint_list *what);

/* Does id, when it is given, name one of ids? Nothing is said when ids is empty. */
void lint_reference(const struct lint_where *where, const char *member, const char *id,
                    const struct lint_ids *ids);

/* ---- forms ---- */

void lint_words(const struct lint_where *where, const char *list, const struct texts *words,
                const char *const *names);
void lint_signings(const struct lint_where *where, const struct texts *words);
void lint_date(const struct lint_where *where, const char *member, const char *date);
void lint_date_or_month(const struct lint_where *where, const char *member, const char *date);
void lint_digest(const struct lint_where *where, const char *digest);
void lint_hardware_ids(const struct lint_where *where, const char *list, const struct texts *ids);
void lint_guids(const struct lint_where *where, const char *list, const struct texts *guids);
void lint_guid(const struct lint_where *where, const char *member, const char *guid);
void lint_not_empty(const struct lint_where *where, const char *member, const char *text);
void lint_driver_range(const struct lint_where *where, const char *from, const char *to);

/* Windows versions as numbers in their order; both ends belong to it. */
struct lint_range {
    uint64_t from, to;
};

/* False, and said, when an end has another form or they are reversed. NULL is open. */
bool lint_windows_range(const struct lint_where *where, const char *from, const char *to,
                        struct lint_range *out);

/* ---- parts ---- */

void lint_families(struct linting *l);
void lint_advisories(struct linting *l);
void lint_releases(struct linting *l);
void lint_windows(struct linting *l);

#endif
