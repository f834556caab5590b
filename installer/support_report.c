#include "installer/support_report.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

/* Both are borrowed from the table, but for windows: written, never released. */
struct json_row {
    char *group;
    struct support_row row;
    struct support_windows_list windows;
};

struct json_near {
    char *group, *id, *name;
};

struct json_report {
    struct number schema;
    char *query;
    int found_by;
    char *message;
    struct support groups; /* those of the rows, without rows */
    struct {
        struct json_row *at;
        size_t count;
    } rows;
    struct {
        struct json_near *at;
        size_t count;
    } near;
};

static const char *const by_names[] = {"unknown", "name", "version", "part", NULL};

static const struct shape_field json_row_fields[] = {
    FIELD(json_row, group, SHAPE_TEXT),
    FIELD_IN(json_row, row, SHAPE_OBJECT, support_row_shape),
    FIELD_IN(json_row, windows, SHAPE_LIST, support_windows_shape),
};
static const struct shape json_row_shape = SHAPE_OF(struct json_row, json_row_fields);

static const struct shape_field json_near_fields[] = {
    FIELD(json_near, group, SHAPE_TEXT),
    FIELD(json_near, id, SHAPE_TEXT),
    FIELD(json_near, name, SHAPE_TEXT),
};
static const struct shape json_near_shape = SHAPE_OF(struct json_near, json_near_fields);

static const struct shape_field json_report_fields[] = {
    FIELD(json_report, schema, SHAPE_NUMBER),
    FIELD(json_report, query, SHAPE_TEXT),
    FIELD_ENUM(json_report, found_by, by_names),
    FIELD(json_report, message, SHAPE_TEXT),
    FIELD_IN(json_report, groups, SHAPE_LIST, support_heading_shape),
    FIELD_IN(json_report, rows, SHAPE_LIST, json_row_shape),
    FIELD_IN(json_report, near, SHAPE_LIST, json_near_shape),
};
static const struct shape json_report_shape = SHAPE_OF(struct json_report, json_report_fields);

bool support_report_add(struct support_report *r, const struct support_match *match,
                        const struct support_windows_filter *filter, struct err *e)
{
    struct support_entry *entry = shape_list_add(&r->entries, sizeof *entry);
    entry->group = match->group;
    entry->row = match->row;
    return support_sources_of(r->manifest, match->row, filter, &entry->windows, e);
}

char *support_report_json(const struct support_report *r)
{
    struct json_report j = {.schema = number_of(SUPPORT_REPORT_SCHEMA),
                            .query = (char *)r->query,
                            .found_by = (int)r->by,
                            .message = (char *)r->message};
    for (size_t i = 0; i < r->entries.count; i++) {
        const struct support_entry *entry = &r->entries.at[i];
        if (!i || entry->group != entry[-1].group)
            *(struct support_group *)shape_list_add(&j.groups, sizeof *j.groups.at) = *entry->group;
        *(struct json_row *)shape_list_add(&j.rows, sizeof *j.rows.at) =
            (struct json_row){entry->group->id, *entry->row, entry->windows};
    }
    for (size_t i = 0; i < r->near.count; i++)
        *(struct json_near *)shape_list_add(&j.near, sizeof *j.near.at) = (struct json_near){
            r->near.at[i].group->id, r->near.at[i].row->id, r->near.at[i].row->name};
    char *text = shape_encode(&json_report_shape, &j);
    mem_free(j.groups.at);
    mem_free(j.rows.at);
    mem_free(j.near.at);
    return text;
}

void support_report_release(struct support_report *r)
{
    for (size_t i = 0; i < r->entries.count; i++)
        support_sources_release(&r->entries.at[i].windows);
    mem_free(r->entries.at);
    mem_free(r->near.at);
    memset(r, 0, sizeof *r);
}
