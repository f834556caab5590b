/* matrix: every Windows has its row, each cell is what select says, and the text keeps its columns.
 */
#include "installer/matrix.h"

#include "base/mem.h"
#include "installer/assume.h"
#include "tests/unit/check.h"
#include "verifier/target.h"

#include <stdlib.h>

#include <jansson.h>

enum { COLUMNS_MAX = 80 };

struct world {
    struct manifest manifest;
    struct select_options options;
    struct matrix matrix;
};

static void make(struct world *w)
{
    struct err e = {0};
    if (!manifest_embedded(&w->manifest, &e) ||
        !matrix_make(&w->manifest, &w->options, &w->matrix, &e))
        fail_msg("%s", e.text);
}

static void release(struct world *w)
{
    matrix_release(&w->matrix);
    texts_release(&w->options.accept);
    manifest_release_all(&w->manifest);
}

static const struct matrix_row *row_of(const struct matrix *x, const char *windows)
{
    for (size_t i = 0; i < x->rows.count; i++)
        if (strcmp(x->rows.at[i].windows, windows) == 0)
            return &x->rows.at[i];
    return NULL;
}

static const struct matrix_cell *cell_of(const struct matrix *x, const char *windows,
                                         const char *family)
{
    const struct matrix_row *row = row_of(x, windows);
    for (size_t i = 0; row && i < row->cells.count; i++)
        if (strcmp(row->cells.at[i].family, family) == 0)
            return &row->cells.at[i];
    fail_msg("no cell for %s, %s", windows, family);
    return NULL;
}

static void every_windows_has_its_row(void **state)
{
    (void)state;
    struct world w = {0};
    size_t count, families = 0;
    const struct target *all = target_all(&count);
    make(&w);
    for (size_t i = 0; i < w.manifest.families.count; i++)
        families += w.manifest.families.at[i].role == FAMILY_INSTALLABLE;
    assert_true(families >= 3);
    for (size_t i = 0; i < count; i++) {
        char name[TARGET_NAME_MAX];
        target_name(&all[i], name, sizeof name);
        const struct matrix_row *row = row_of(&w.matrix, name);
        CHECK(name, row && row->cells.count == families);
    }
    release(&w);
}

/* The one marked is the one that plan would choose; where none is, nothing is eligible. */
static void what_is_marked_is_what_is_chosen(void **state)
{
    (void)state;
    struct world w = {0};
    make(&w);
    for (size_t i = 0; i < w.matrix.rows.count; i++) {
        const struct matrix_row *row = &w.matrix.rows.at[i];
        struct facts f = {0};
        struct choice c = {0};
        const char *marked = NULL;
        bool any = false;
        assert_true(assume_facts(row->windows, &f, NULL));
        select_source(&f, &w.manifest, &w.options, &c);
        const struct manifest_release *chosen = choice_chosen_release(&c, &w.manifest);
        for (size_t k = 0; k < row->cells.count; k++) {
            const struct matrix_cell *cell = &row->cells.at[k];
            any = any || cell->verdict == MATRIX_YES;
            if (cell->chosen == TRI_YES)
                marked = cell->release;
            CHECK(row->windows, (cell->verdict == MATRIX_YES) == (cell->reasons.count == 0));
        }
        CHECK_TEXT(row->windows, marked, chosen ? chosen->id : NULL);
        CHECK(row->windows, any == (chosen != NULL));
        choice_release(&c);
        facts_release(&f);
    }
    release(&w);
}

static const struct {
    const char *sentence, *windows, *family;
    enum matrix_verdict verdict;
    const char *reason; /* one of them; NULL: there is none */
} cells[] = {
    {"eligible", "win7sp1-x64", "univention-gplpv", MATRIX_YES, NULL},
    {"only an advisory", "win8-x64", "xenproject", MATRIX_ON_REQUEST, "advisory-xsn-1"},
    {"an update is missing", "win7sp1-x64", "xenproject", MATRIX_CHANGED, "needs-kb3033929"},
    {"with the update", "win7sp1-x64+sha2", "xenproject", MATRIX_ON_REQUEST, "advisory-xsn-1"},
    {"Secure Boot is on", "win10-22h2-x64+secureboot", "xenproject", MATRIX_CHANGED, "secure-boot"},
    {"too old", "winxp-x86", "xenproject", MATRIX_NO, "os-too-old"},
    {"another processor", "win11-24h2-arm64", "xenproject", MATRIX_NO, "wrong-arch"},
    {"the policy of 2026", "server2025-x64", "univention-gplpv", MATRIX_NO, "driver-policy-2026"},
};

static void cells_say_how_far_away_a_source_is(void **state)
{
    (void)state;
    struct world w = {0};
    make(&w);
    for (size_t i = 0; i < COUNT(cells); i++) {
        const struct matrix_cell *c = cell_of(&w.matrix, cells[i].windows, cells[i].family);
        CHECK(cells[i].sentence, c->verdict == cells[i].verdict);
        CHECK(cells[i].sentence, cells[i].reason ? texts_have_nocase(&c->reasons, cells[i].reason)
                                                 : c->reasons.count == 0);
        CHECK(cells[i].sentence, (c->verdict == MATRIX_ON_REQUEST ||
                                  c->verdict == MATRIX_CHANGED) == (c->changes.count > 0));
    }
    release(&w);
}

/* Where nothing would help, what could be helped is not said beside it. */
static void a_hopeless_cell_says_only_why(void **state)
{
    (void)state;
    struct world w = {0};
    make(&w);
    const struct matrix_cell *c = cell_of(&w.matrix, "winxp-x86", "xenproject");
    assert_int_equal(c->reasons.count, 1);
    release(&w);
}

static void a_variant_stands_only_where_it_differs(void **state)
{
    (void)state;
    struct world w = {0};
    make(&w);
    assert_non_null(row_of(&w.matrix, "win10-1607-x64+secureboot"));
    assert_null(row_of(&w.matrix, "win10-1709-arm64+secureboot"));
    assert_null(row_of(&w.matrix, "win7sp1-x86+sha2"));
    assert_null(row_of(&w.matrix, "winxp-x86+sha2"));
    release(&w);
}

static void options_count_here_too(void **state)
{
    (void)state;
    struct world w = {.options = {.source = "xenproject"}};
    texts_add(&w.options.accept, "xsn-1");
    texts_add(&w.options.accept, "xsa-468");
    make(&w);
    const struct matrix_cell *c = cell_of(&w.matrix, "win8-x64", "xenproject");
    assert_true(c->verdict == MATRIX_YES && c->chosen == TRI_YES);
    c = cell_of(&w.matrix, "win8-x64", "univention-gplpv");
    assert_true(c->verdict == MATRIX_CHANGED && texts_have_nocase(&c->reasons, "not-asked-for"));
    release(&w);
}

/* Every letter of the table is explained below it. */
static void the_text_keeps_its_columns_and_explains_itself(void **state)
{
    (void)state;
    struct world w = {0};
    make(&w);
    char *text = matrix_text(&w.matrix);
    size_t lines = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1, lines++)
        if (strcspn(line, "\n") > COLUMNS_MAX)
            fail_msg("too wide: %.100s", line);
    assert_true(lines > w.matrix.rows.count + 5);
    for (size_t i = 0; i < w.matrix.rows.count; i++)
        for (size_t k = 0; k < w.matrix.rows.at[i].cells.count; k++) {
            const struct texts *codes = &w.matrix.rows.at[i].cells.at[k].reasons;
            for (size_t n = 0; n < codes->count; n++)
                CHECK_HAS("each code is in the legend", strstr(text, "\n\n"), codes->at[n]);
        }
    assert_null(strchr(text, '?'));
    mem_free(text);
    release(&w);
}

static void the_json_has_all_rows(void **state)
{
    (void)state;
    struct world w = {0};
    make(&w);
    char *text = matrix_json(&w.matrix);
    json_t *j = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_array_size(json_object_get(j, "rows")), w.matrix.rows.count);
    assert_int_equal(json_integer_value(json_object_get(j, "schema")), MATRIX_SCHEMA);
    json_decref(j);
    mem_free(text);
    release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_windows_has_its_row),
        cmocka_unit_test(what_is_marked_is_what_is_chosen),
        cmocka_unit_test(cells_say_how_far_away_a_source_is),
        cmocka_unit_test(a_hopeless_cell_says_only_why),
        cmocka_unit_test(a_variant_stands_only_where_it_differs),
        cmocka_unit_test(options_count_here_too),
        cmocka_unit_test(the_text_keeps_its_columns_and_explains_itself),
        cmocka_unit_test(the_json_has_all_rows),
    };
    return cmocka_run_group_tests_name("matrix", tests, NULL, NULL);
}
