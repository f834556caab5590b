/*
 * matrix: which source for which Windows, all of them at once, for `plan --for all`.
 *
 * For every Windows that has a name, with every processor it ran on, and every family that can be
 * installed: the best release, whether it would be eligible on a fresh guest, and the codes of what
 * speaks against it. A second row follows where Secure Boot, or the update that teaches SHA-2,
 * changes an answer. matrix asks select and rules on nothing itself.
 */
#ifndef XENPV_INSTALLER_MATRIX_H
#define XENPV_INSTALLER_MATRIX_H

#include "drivers-manifest/select.h"

enum { MATRIX_SCHEMA = 1 };

/* In the order of preference, the worst first. */
enum matrix_verdict {
    MATRIX_NO = 0,     /* nothing would change it */
    MATRIX_CHANGED,    /* eligible on a guest on which "changes" were made */
    MATRIX_ON_REQUEST, /* eligible with --accept */
    MATRIX_YES,
};

struct matrix_cell {
    char *family;
    enum matrix_verdict verdict;
    enum tri chosen;
    char *release, *version, *set; /* of the best release; NULL: the family has none */
    struct texts reasons;          /* codes */
    struct texts changes;
};

struct matrix_row {
    char *windows; /* as --for takes it */
    struct {
        struct matrix_cell *at;
        size_t count;
    } cells; /* one for each family that can be installed, in the manifest's order */
};

struct matrix {
    struct number schema;
    char *program;
    struct {
        struct matrix_row *at;
        size_t count;
    } rows;
};

/* *out must be zeroed. The options' packages are not asked for. */
bool matrix_make(const struct manifest *m, const struct select_options *o, struct matrix *out,
                 struct err *e);

char *matrix_json(const struct matrix *x); /* mem_free */

/* 80 columns with a legend below; mem_free. */
char *matrix_text(const struct matrix *x);

void matrix_release(struct matrix *x);

#endif
