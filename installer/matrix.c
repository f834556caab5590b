#include "installer/matrix.h"

#include "base/mem.h"
#include "base/text.h"
#include "installer/assume.h"
#include "verifier/target.h"

#include <stdio.h>
#include <string.h>

enum { NAME_WIDTH = 28, CELL_WIDTH = 17, NAME_MAX = 64 };

static const char *const verdict_names[] = {"no", "changed", "on-request", "yes", NULL};

static const struct shape_field cell_fields[] = {
    FIELD(matrix_cell, family, SHAPE_TEXT),   FIELD_ENUM(matrix_cell, verdict, verdict_names),
    FIELD(matrix_cell, chosen, SHAPE_TRI),    FIELD(matrix_cell, release, SHAPE_TEXT),
    FIELD(matrix_cell, version, SHAPE_TEXT),  FIELD(matrix_cell, set, SHAPE_TEXT),
    FIELD(matrix_cell, reasons, SHAPE_TEXTS), FIELD(matrix_cell, changes, SHAPE_TEXTS),
};
static const struct shape cell_shape = SHAPE_OF(struct matrix_cell, cell_fields);

static const struct shape_field row_fields[] = {
    FIELD(matrix_row, windows, SHAPE_TEXT),
    FIELD_IN(matrix_row, cells, SHAPE_LIST, cell_shape),
};
static const struct shape row_shape = SHAPE_OF(struct matrix_row, row_fields);

static const struct shape_field matrix_fields[] = {
    FIELD(matrix, schema, SHAPE_NUMBER),
    FIELD(matrix, program, SHAPE_TEXT),
    FIELD_IN(matrix, rows, SHAPE_LIST, row_shape),
};
static const struct shape matrix_shape = SHAPE_OF(struct matrix, matrix_fields);

/* --- cells -------------------------------------------------------------------------------------
 */

static enum matrix_verdict verdict_of(const struct candidate *c)
{
    enum matrix_verdict v = c->reasons.count ? MATRIX_ON_REQUEST : MATRIX_YES;
    for (size_t i = 0; i < c->reasons.count; i++) {
        const struct select_reason *r = &c->reasons.at[i];
        if (!r->change)
            return MATRIX_NO;
        if (r->overridable != TRI_YES)
            v = MATRIX_CHANGED;
    }
    return v;
}

/* Candidates come by rank, so that of two equally good ones the first stays. */
static bool is_better(const struct candidate *a, const struct candidate *b)
{
    enum matrix_verdict x = verdict_of(a), y = verdict_of(b);
    return x != y ? x > y : a->reasons.count < b->reasons.count;
}

static const struct candidate *best_of(const struct choice *c, const char *family)
{
    const struct candidate *best = NULL;
    for (size_t i = 0; i < c->candidates.count; i++) {
        const struct candidate *one = &c->candidates.at[i];
        if (strcmp(one->family, family) == 0 && (!best || is_better(one, best)))
            best = one;
    }
    return best;
}

static void add_once(struct texts *to, const char *text)
{
    if (text && !texts_have_nocase(to, text))
        texts_add(to, text);
}

static void fill_cell(struct matrix_cell *cell, const struct candidate *best)
{
    if (!best)
        return;
    cell->verdict = verdict_of(best);
    cell->chosen = best->verdict == CANDIDATE_CHOSEN ? TRI_YES : TRI_NO;
    cell->release = mem_strdup(best->release);
    cell->version = mem_strdup(best->version);
    cell->set = mem_strdup(best->set);
    /* Where nothing would help, only what cannot be changed is worth saying. */
    for (size_t i = 0; i < best->reasons.count; i++) {
        const struct select_reason *r = &best->reasons.at[i];
        if (cell->verdict == MATRIX_NO && r->change)
            continue;
        add_once(&cell->reasons, r->code);
        add_once(&cell->changes, r->change);
    }
}

/* --- rows --------------------------------------------------------------------------------------
 */

struct making {
    const struct manifest *manifest;
    const struct select_options *options;
    struct matrix *out;
};

static bool make_row(const struct making *k, const char *windows, struct matrix_row *row,
                     struct err *e)
{
    struct facts f = {0};
    struct choice choice = {0};
    if (!assume_facts(windows, &f, e))
        return false;
    select_source(&f, k->manifest, k->options, &choice);
    row->windows = mem_strdup(windows);
    for (size_t i = 0; i < k->manifest->families.count; i++) {
        const struct manifest_family *family = &k->manifest->families.at[i];
        if (family->role != FAMILY_INSTALLABLE)
            continue;
        struct matrix_cell *cell = shape_list_add(&row->cells, sizeof *cell);
        cell->family = mem_strdup(family->id);
        fill_cell(cell, best_of(&choice, family->id));
    }
    choice_release(&choice);
    facts_release(&f);
    return true;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_answers(const struct matrix_row *a, const struct matrix_row *b)
{
    if (a->cells.count != b->cells.count)
        return false;
    for (size_t i = 0; i < a->cells.count; i++) {
        const struct matrix_cell *x = &a->cells.at[i], *y = &b->cells.at[i];
        if (x->verdict != y->verdict || x->chosen != y->chosen ||
            !same_text(x->release, y->release) || !same_text(x->set, y->set) ||
            !texts_same(&x->reasons, &y->reasons))
            return false;
    }
    return true;
}

static bool add_variant(const struct making *k, const char *name, const char *word, struct err *e)
{
    char whole[NAME_MAX];
    struct matrix_row row = {0};
    snprintf(whole, sizeof whole, "%s%s", name, word);
    if (!make_row(k, whole, &row, e))
        return false;
    const struct matrix_row *plain = &k->out->rows.at[k->out->rows.count - 1];
    if (same_answers(plain, &row))
        shape_release(&row_shape, &row);
    else
        *(struct matrix_row *)shape_list_add(&k->out->rows, sizeof row) = row;
    return true;
}

/* Secure Boot came with 8; SHA-2 came with it too, and to Vista and 7 by an update. */
static bool add_target(const struct making *k, const struct target *t, struct err *e)
{
    char name[TARGET_NAME_MAX];
    struct matrix_row row = {0};
    target_name(t, name, sizeof name);
    if (!make_row(k, name, &row, e))
        return false;
    *(struct matrix_row *)shape_list_add(&k->out->rows, sizeof row) = row;
    if (target_compare(t, 6, 2) >= 0)
        return add_variant(k, name, "+secureboot", e);
    return target_compare(t, 6, 0) < 0 || add_variant(k, name, "+sha2", e);
}

bool matrix_make(const struct manifest *m, const struct select_options *o, struct matrix *out,
                 struct err *e)
{
    const struct select_options asked = {.source = o->source, .accept = o->accept};
    const struct making k = {m, &asked, out};
    size_t count;
    const struct target *all = target_all(&count);
    out->schema = number_of(MATRIX_SCHEMA);
    out->program = mem_strdup("xenpv " XENPV_VERSION);
    for (size_t i = 0; i < count; i++)
        if (!add_target(&k, &all[i], e)) {
            matrix_release(out);
            return false;
        }
    return true;
}

/* --- text --------------------------------------------------------------------------------------
 */

static const struct {
    const char *code;
    char letter;
} letters[] = {
    {SELECT_OS_TOO_OLD, 'O'},         {SELECT_OS_TOO_NEW, 'N'},
    {SELECT_OS_UNKNOWN, 'U'},         {SELECT_WRONG_ARCH, 'W'},
    {SELECT_NEEDS_TEST_SIGNING, 'T'}, {SELECT_UNSIGNED, 'S'},
    {SELECT_NEEDS_KB3033929, 'K'},    {SELECT_NEEDS_KB4474419, 'L'},
    {SELECT_SECURE_BOOT, 'B'},        {SELECT_DRIVER_POLICY, 'D'},
    {SELECT_SIGNING_POLICY, 'G'},     {SELECT_FOREIGN_FAMILY, 'F'},
    {SELECT_NOT_PINNED, 'P'},         {SELECT_NOT_ASKED_FOR, 'Q'},
    {SELECT_NO_PLATFORM_DEVICE, 'X'}, {SELECT_PACKAGE_NOT_FOUND, 'M'},
    {SELECT_SUPERSEDED, 'E'},
};

/* The letter of a code; an advisory gets a small one, in the order in which they are seen. */
static char letter_of(const char *code, struct texts *seen)
{
    size_t advisory = 0;
    if (!texts_have_nocase(seen, code))
        texts_add(seen, code);
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (strcmp(letters[i].code, code) == 0)
            return letters[i].letter;
    for (size_t i = 0; i < seen->count && strcmp(seen->at[i], code) != 0; i++)
        advisory += text_starts_nocase(seen->at[i], "advisory-");
    return advisory < 26 ? (char)('a' + advisory) : '?';
}

static void pad_to(struct text *t, size_t column, size_t line_start)
{
    do {
        text_add(t, " ");
    } while (t->size - line_start < column && !t->full);
}

static void add_cell(struct text *t, const struct matrix_cell *c, struct texts *seen)
{
    static const char *const words[] = {"no", "if", "ask", "yes"};
    text_addf(t, "%s%s", words[c->verdict], c->chosen == TRI_YES ? "*" : "");
    if (!c->release)
        return;
    text_add(t, " ");
    text_add_escaped(t, c->version);
    if (c->reasons.count)
        text_add(t, " ");
    for (size_t i = 0; i < c->reasons.count; i++) {
        const char letter[] = {letter_of(c->reasons.at[i], seen), '\0'};
        text_add(t, letter);
    }
}

static void add_row(struct text *t, const struct matrix_row *row, struct texts *seen)
{
    size_t start = t->size;
    text_add_escaped(t, row->windows);
    for (size_t i = 0; i < row->cells.count; i++) {
        pad_to(t, NAME_WIDTH + i * CELL_WIDTH, start);
        add_cell(t, &row->cells.at[i], seen);
    }
    text_add(t, "\n");
}

static void add_header(struct text *t, const struct matrix_row *row)
{
    size_t start = t->size;
    text_add(t, "Windows");
    for (size_t i = 0; i < row->cells.count; i++) {
        pad_to(t, NAME_WIDTH + i * CELL_WIDTH, start);
        text_add_escaped(t, row->cells.at[i].family);
    }
    text_add(t, "\n");
}

/* What the letters mean, those of the table first. */
static void add_letters(struct text *t, struct texts *seen)
{
    enum { WIDTH = 26, IN_LINE = 3 };
    struct texts codes = {0};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++)
        if (texts_have_nocase(seen, letters[i].code))
            texts_add(&codes, letters[i].code);
    for (size_t i = 0; i < seen->count; i++)
        add_once(&codes, seen->at[i]);
    size_t start = t->size;
    for (size_t i = 0; i < codes.count; i++) {
        if (i % IN_LINE)
            pad_to(t, i % IN_LINE * WIDTH, start);
        text_addf(t, "%c ", letter_of(codes.at[i], seen));
        text_add_escaped(t, codes.at[i]);
        if (i % IN_LINE == IN_LINE - 1 || i + 1 == codes.count) {
            text_add(t, "\n");
            start = t->size;
        }
    }
    texts_release(&codes);
}

static void add_legend(struct text *t, struct texts *seen)
{
    text_add(t, "\nyes: eligible, * the one that is chosen    ask: eligible with --accept\n"
                "if: eligible once the guest is changed     no: not on this Windows\n"
                "+secureboot, +sha2: where Secure Boot, or the update for SHA-2, changes it\n");
    add_letters(t, seen);
}

char *matrix_text(const struct matrix *x)
{
    struct text t = {0};
    struct texts seen = {0};
    if (x->rows.count)
        add_header(&t, &x->rows.at[0]);
    for (size_t i = 0; i < x->rows.count; i++)
        add_row(&t, &x->rows.at[i], &seen);
    add_legend(&t, &seen);
    texts_release(&seen);
    return text_steal(&t);
}

char *matrix_json(const struct matrix *x)
{
    return shape_encode(&matrix_shape, x);
}

void matrix_release(struct matrix *x)
{
    shape_release(&matrix_shape, x);
}
