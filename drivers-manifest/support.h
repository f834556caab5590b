/*
 * support: the DomU support table: which systems run on Xen, as what kind of guest.
 *
 * Groups of rows (Linux, BSD and Unix, Windows) with their footnotes, as the source has them; what
 * the source marks with a "?" is SUPPORT_NOT_KNOWN, apart from yes and no. support finds a row by
 * what people call a system and suggests others where there is none. Which PV drivers a Windows can
 * use is not in the table: select says that.
 *
 * Source: https://wiki.xenproject.org/wiki/DomU_Support_for_Xen, and Windows since then.
 */
#ifndef XENPV_MANIFEST_SUPPORT_H
#define XENPV_MANIFEST_SUPPORT_H

#include "drivers-manifest/shape.h"

enum { SUPPORT_NAME_MAX = 200, SUPPORT_NEAR_MAX = 5 };

enum support_answer {
    SUPPORT_UNSTATED = 0, /* the source has no such column */
    SUPPORT_NOT_KNOWN,    /* the source says "?" */
    SUPPORT_YES,
    SUPPORT_NO,
};

struct support_footnote {
    char *id, *text;
};

/* A column of PV drivers: families that are one source to people. */
struct support_source {
    char *id, *title, *footnote;
    struct texts families;
};

struct support_row {
    char *id, *name;
    struct texts aliases;            /* other names of exactly this row */
    struct texts systems;            /* names that a version follows: "FreeBSD" in "FreeBSD 12" */
    char *version_from, *version_to; /* "6" as an end holds 6.4 too; NULL: open */
    enum support_answer pv, pvhvm;
    struct texts name_footnotes, pv_footnotes, pvhvm_footnotes; /* ids in the group */
    struct texts windows;                                       /* ids of the Windows table */
};

struct support_group {
    char *id, *title, *pv_title;
    char *pvhvm_title; /* NULL: the source has no such column */
    struct texts pvhvm_title_footnotes;
    char *note, *source;
    struct {
        struct support_footnote *at;
        size_t count;
    } footnotes;
    struct {
        struct support_source *at;
        size_t count;
    } sources;
    struct {
        struct support_row *at;
        size_t count;
    } rows;
};

/* A SHAPE_LIST of support_group_shape; the manifest holds it. */
struct support {
    struct support_group *at;
    size_t count;
};

extern const struct shape support_group_shape;
extern const struct shape support_heading_shape; /* a group without its rows */
extern const struct shape support_row_shape;

/* Names the row whose footnote is not there, whose version cannot be read, that is there twice. */
bool support_check(const struct support *s, struct err *e);

/* Borrowed from the table. */
struct support_match {
    const struct support_group *group;
    const struct support_row *row;
};

/* mem_free at. */
struct support_matches {
    struct support_match *at;
    size_t count;
};

/* How a name was understood, the surest first. */
enum support_by {
    SUPPORT_BY_NOTHING = 0,
    SUPPORT_BY_NAME,    /* a row's id, name or alias, or a group: all of its rows */
    SUPPORT_BY_VERSION, /* a system and a version inside a row's range */
    SUPPORT_BY_PART,    /* words of a row's name */
};

/*
 * The rows that are called so, in the order of the table. Case and punctuation do not count.
 * Writes *out, which must be zeroed.
 */
enum support_by support_find(const struct support *s, const char *name,
                             struct support_matches *out);

/*
 * Rows whose names are not far from this one, the nearest first, at most SUPPORT_NEAR_MAX: the same
 * system in another version, and what a few typing errors make of a name.
 */
void support_near(const struct support *s, const char *name, struct support_matches *out);

/* Are the two names the same, case and punctuation aside? */
bool support_same_name(const char *a, const char *b);

const struct support_footnote *support_footnote_by_id(const struct support_group *g,
                                                      const char *id);

const char *support_answer_words(enum support_answer a); /* "yes", "no", "not known"; "" */

#endif
