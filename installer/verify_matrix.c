#include "installer/verify_matrix.h"

#include "base/mem.h"

#include <string.h>

static bool is_word(const char *have, const char *word)
{
    return have && strcmp(have, word) == 0;
}

const char *verify_matrix_cell(const struct report_prediction *p)
{
    bool warn = is_word(p->fit, "warn");
    if (is_word(p->fit, "no"))
        return "-";
    if (is_word(p->load, "refused"))
        return "no load";
    if (is_word(p->install, "refused"))
        return "no install";
    if (!is_word(p->load, "loads") || is_word(p->install, "unknown"))
        return "unknown";
    if (is_word(p->install, "prompts"))
        return warn ? "prompts, warn" : "prompts";
    return warn ? "silent, warn" : "silent";
}

const char *verify_matrix_legend(void)
{
    return "silent: loads, and installs without a question    prompts: loads, and installs after a question\n"
           "warn: ... but see the advisories                   -: not for this Windows\n"
           "no load, no install: this Windows refuses it       unknown: depends on what is not known of it\n";
}

static bool same_cells(const struct matrix_column *c, const struct report_package *p)
{
    for (size_t i = 0; i < p->predictions.count; i++)
        if (c->cells[i] != verify_matrix_cell(&p->predictions.at[i]))
            return false;
    return true;
}

static struct matrix_column *column_of(struct verify_matrix *m, const struct report_package *p)
{
    for (size_t i = 0; i < m->columns.count; i++)
        if (same_cells(&m->columns.at[i], p))
            return &m->columns.at[i];
    if (m->columns.count == MATRIX_COLUMNS_MAX)
        return NULL;
    struct matrix_column *c = shape_list_add(&m->columns, sizeof *c);
    c->cells = mem_zero(p->predictions.count, sizeof *c->cells);
    for (size_t i = 0; i < p->predictions.count; i++)
        c->cells[i] = verify_matrix_cell(&p->predictions.at[i]);
    return c;
}

void verify_matrix_add(struct verify_matrix *m, const struct report_package *p)
{
    struct matrix_column *c = column_of(m, p);
    if (!c) {
        m->left_out++;
        return;
    }
    if (c->packages++ < MATRIX_NAMES_MAX)
        texts_add(&c->names, p->inf);
}

void verify_matrix_release(struct verify_matrix *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < m->columns.count; i++) {
        mem_free(m->columns.at[i].cells);
        texts_release(&m->columns.at[i].names);
    }
    mem_free(m->columns.at);
    memset(m, 0, sizeof *m);
}
