#include "drivers-manifest/support.h"

#include "base/mem.h"

#include <string.h>

static const char *const answer_names[] = {"unknown", "not-known", "yes", "no", NULL};

static const struct shape_field footnote_fields[] = {
    FIELD_MUST(support_footnote, id, SHAPE_TEXT),
    FIELD_MUST(support_footnote, text, SHAPE_TEXT),
};
static const struct shape footnote_shape = SHAPE_OF(struct support_footnote, footnote_fields);

static const struct shape_field source_fields[] = {
    FIELD_MUST(support_source, id, SHAPE_TEXT),
    FIELD_MUST(support_source, title, SHAPE_TEXT),
    FIELD(support_source, footnote, SHAPE_TEXT),
    FIELD_MUST(support_source, families, SHAPE_TEXTS),
};
static const struct shape source_shape = SHAPE_OF(struct support_source, source_fields);

static const struct shape_field row_fields[] = {
    FIELD_MUST(support_row, id, SHAPE_TEXT),          FIELD_MUST(support_row, name, SHAPE_TEXT),
    FIELD(support_row, aliases, SHAPE_TEXTS),         FIELD(support_row, systems, SHAPE_TEXTS),
    FIELD(support_row, version_from, SHAPE_TEXT),     FIELD(support_row, version_to, SHAPE_TEXT),
    FIELD_ENUM_MUST(support_row, pv, answer_names),   FIELD_ENUM(support_row, pvhvm, answer_names),
    FIELD(support_row, name_footnotes, SHAPE_TEXTS),  FIELD(support_row, pv_footnotes, SHAPE_TEXTS),
    FIELD(support_row, pvhvm_footnotes, SHAPE_TEXTS), FIELD(support_row, windows, SHAPE_TEXTS),
};
const struct shape support_row_shape = SHAPE_OF(struct support_row, row_fields);

/* The rows come last, so that a heading is a group without its last field. */
static const struct shape_field group_fields[] = {
    FIELD_MUST(support_group, id, SHAPE_TEXT),
    FIELD_MUST(support_group, title, SHAPE_TEXT),
    FIELD_MUST(support_group, pv_title, SHAPE_TEXT),
    FIELD(support_group, pvhvm_title, SHAPE_TEXT),
    FIELD(support_group, pvhvm_title_footnotes, SHAPE_TEXTS),
    FIELD(support_group, note, SHAPE_TEXT),
    FIELD(support_group, source, SHAPE_TEXT),
    FIELD_IN(support_group, footnotes, SHAPE_LIST, footnote_shape),
    FIELD_IN(support_group, sources, SHAPE_LIST, source_shape),
    FIELD_IN(support_group, rows, SHAPE_LIST, support_row_shape),
};
const struct shape support_group_shape = SHAPE_OF(struct support_group, group_fields);
const struct shape support_heading_shape = {group_fields, SHAPE_FIELD_COUNT(group_fields) - 1,
                                            sizeof(struct support_group)};

const struct support_footnote *support_footnote_by_id(const struct support_group *g, const char *id)
{
    for (size_t i = 0; i < g->footnotes.count; i++)
        if (strcmp(g->footnotes.at[i].id, id) == 0)
            return &g->footnotes.at[i];
    return NULL;
}

const char *support_answer_words(enum support_answer a)
{
    static const char *const words[] = {"", "not known", "yes", "no"};
    return words[a];
}

static bool check_footnotes(const struct support_group *g, const struct texts *ids, struct err *e)
{
    for (size_t i = 0; i < ids->count; i++)
        if (!support_footnote_by_id(g, ids->at[i]))
            return err_set(e, ERR_FORMAT, "there is no footnote '%s' in '%s'", ids->at[i], g->id);
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "10", "2.3.4": the bytes of it, 0 when text does not begin so. */
static size_t version_size(const char *text)
{
    size_t size = 0;
    while (is_digit(text[size]))
        while (is_digit(text[size]) || (text[size] == '.' && is_digit(text[size + 1])))
            size++;
    return size;
}

static bool check_version(const char *version, struct err *e)
{
    size_t size = version ? version_size(version) : 0;
    return !version || (size && !version[size]) ||
           err_set(e, ERR_FORMAT, "'%s' is not a version such as 10 or 11.4", version);
}

static size_t rows_with_id(const struct support *s, const char *id)
{
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++)
        for (size_t j = 0; j < s->at[i].rows.count; j++)
            count += strcmp(s->at[i].rows.at[j].id, id) == 0;
    return count;
}

static bool check_row(const struct support *s, const struct support_group *g,
                      const struct support_row *r, struct err *e)
{
    if (rows_with_id(s, r->id) != 1)
        return err_set(e, ERR_FORMAT, "it is there twice");
    if (g->pvhvm_title && r->pvhvm == SUPPORT_UNSTATED)
        return err_set(e, ERR_FORMAT, "it needs 'pvhvm'");
    if (!g->pvhvm_title && r->pvhvm != SUPPORT_UNSTATED)
        return err_set(e, ERR_FORMAT, "'%s' has no column for 'pvhvm'", g->id);
    return check_version(r->version_from, e) && check_version(r->version_to, e) &&
           check_footnotes(g, &r->name_footnotes, e) && check_footnotes(g, &r->pv_footnotes, e) &&
           check_footnotes(g, &r->pvhvm_footnotes, e);
}

bool support_check(const struct support *s, struct err *e)
{
    for (size_t i = 0; i < s->count; i++) {
        const struct support_group *g = &s->at[i];
        if (!check_footnotes(g, &g->pvhvm_title_footnotes, e))
            return err_wrap(e, "support '%s'", g->id);
        for (size_t j = 0; j < g->sources.count; j++)
            if (g->sources.at[j].footnote && !support_footnote_by_id(g, g->sources.at[j].footnote))
                return err_set(e, ERR_FORMAT, "support '%s': there is no footnote '%s'", g->id,
                               g->sources.at[j].footnote);
        for (size_t j = 0; j < g->rows.count; j++)
            if (!check_row(s, g, &g->rows.at[j], e))
                return err_wrap(e, "support '%s'", g->rows.at[j].id);
    }
    return true;
}
