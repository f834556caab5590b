/*
 * verify_matrix: packages against Windows, in little memory.
 *
 * Packages of the same fate share a column. Each cell is what a support person asks first: would it
 * do here?
 */
#ifndef XENPV_INSTALLER_VERIFY_MATRIX_H
#define XENPV_INSTALLER_VERIFY_MATRIX_H

#include "installer/verify_report.h"

enum {
    MATRIX_COLUMNS_MAX = 100, /* different fates of one path that are told apart */
    MATRIX_NAMES_MAX = 6,     /* packages of one column that are named */
};

/* All cells of the packages with one fate. */
struct matrix_column {
    const char **cells; /* one for each Windows; constants */
    struct texts names;
    size_t packages;
};

/* Zeroed is empty. */
struct verify_matrix {
    struct {
        struct matrix_column *at;
        size_t count;
    } columns;
    size_t left_out; /* packages beyond MATRIX_COLUMNS_MAX */
};

void verify_matrix_add(struct verify_matrix *m, const struct report_package *p);

/* "silent", "prompts", "silent, warn", "refused", "-", "unknown": see verify_matrix_legend. A
 * constant. */
const char *verify_matrix_cell(const struct report_prediction *p);

/* What the cells mean, one line each. */
const char *verify_matrix_legend(void);

void verify_matrix_release(struct verify_matrix *m);

#endif
