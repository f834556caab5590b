#include "installer/journal.h"

#include <string.h>

static const char *const state_names[] = {"none",      "installing",  "restart-needed",  "installed",
                                          "reverting", "rolled-back", "needs-attention",
                                          "planned",   NULL};
static const char *const kind_names[] = {"unknown", "store", "stage", "bind", "helper", NULL};
static const char *const step_names[] = {"pending", "started", "done", "reverted", NULL};

#define F(owner, member, kind_) {.name = #member, .kind = kind_, .offset = offsetof(struct owner, member)}
#define F_NEEDED(owner, member, kind_) \
    {.name = #member, .kind = kind_, .offset = offsetof(struct owner, member), .required = true}
#define F_ENUM(owner, member, words) \
    {.name = #member, .kind = SHAPE_ENUM, .offset = offsetof(struct owner, member), .names = words}
#define F_IN(owner, member, kind_, shape_) \
    {.name = #member, .kind = kind_, .offset = offsetof(struct owner, member), .shape = &shape_}

static const struct shape_field file_fields[] = {
    F_NEEDED(journal_file, path, SHAPE_TEXT),
    F(journal_file, source, SHAPE_TEXT),
    F_NEEDED(journal_file, sha256, SHAPE_TEXT),
    F(journal_file, existed, SHAPE_TRI),
    F(journal_file, kept, SHAPE_TEXT),
};
static const struct shape file_shape = SHAPE_OF(struct journal_file, file_fields);

static const struct shape_field binding_fields[] = {
    F_NEEDED(journal_binding, instance, SHAPE_TEXT),
    F(journal_binding, id, SHAPE_TEXT),
    F(journal_binding, service, SHAPE_TEXT),
    F(journal_binding, inf, SHAPE_TEXT),
};
static const struct shape binding_shape = SHAPE_OF(struct journal_binding, binding_fields);

static const struct shape_field service_fields[] = {
    F_NEEDED(journal_service, name, SHAPE_TEXT),
    F(journal_service, start, SHAPE_NUMBER),
    F(journal_service, existed, SHAPE_TRI),
};
static const struct shape service_shape = SHAPE_OF(struct journal_service, service_fields);

static const struct shape_field filter_fields[] = {
    F_NEEDED(journal_filter, class_guid, SHAPE_TEXT),
    F_NEEDED(journal_filter, position, SHAPE_TEXT),
    F_NEEDED(journal_filter, service, SHAPE_TEXT),
    F(journal_filter, existed, SHAPE_TRI),
};
static const struct shape filter_shape = SHAPE_OF(struct journal_filter, filter_fields);

static const struct shape_field driver_fields[] = {
    F_NEEDED(journal_driver, name, SHAPE_TEXT),
    F_NEEDED(journal_driver, folder, SHAPE_TEXT),
    F_NEEDED(journal_driver, inf, SHAPE_TEXT),
    F(journal_driver, published, SHAPE_TEXT),
    F(journal_driver, published_existed, SHAPE_TRI),
    F(journal_driver, hardware_ids, SHAPE_TEXTS),
    F(journal_driver, platform, SHAPE_TRI),
    F(journal_driver, optional, SHAPE_TRI),
    F(journal_driver, instances, SHAPE_TEXTS),
    F_IN(journal_driver, before, SHAPE_LIST, binding_shape),
    F_IN(journal_driver, stored, SHAPE_LIST, file_shape),
    F_IN(journal_driver, installed, SHAPE_LIST, file_shape),
    F_IN(journal_driver, services, SHAPE_LIST, service_shape),
    F_IN(journal_driver, filters, SHAPE_LIST, filter_shape),
};
static const struct shape driver_shape = SHAPE_OF(struct journal_driver, driver_fields);

static const struct shape_field helper_fields[] = {
    F_NEEDED(journal_helper, service, SHAPE_TEXT),
    F(journal_helper, display_name, SHAPE_TEXT),
    F_NEEDED(journal_helper, folder, SHAPE_TEXT),
    {.name = "file", .kind = SHAPE_OBJECT, .offset = offsetof(struct journal_helper, file), .shape = &file_shape, .required = true},
    F(journal_helper, existed, SHAPE_TRI),
    F(journal_helper, new_folders, SHAPE_TEXTS),
};
static const struct shape helper_shape = SHAPE_OF(struct journal_helper, helper_fields);

static const struct shape_field step_fields[] = {
    F_ENUM(journal_step, kind, kind_names),
    F_ENUM(journal_step, state, step_names),
    F_NEEDED(journal_step, subject, SHAPE_TEXT),
};
static const struct shape step_shape = SHAPE_OF(struct journal_step, step_fields);

static const struct shape_field source_fields[] = {
    F(journal_source, path, SHAPE_TEXT),
    F(journal_source, sha256, SHAPE_TEXT),
    F(journal_source, signer, SHAPE_TEXT),
    F(journal_source, timestamp, SHAPE_TEXT),
};
static const struct shape source_shape = SHAPE_OF(struct journal_source, source_fields);

static const struct shape_field journal_fields[] = {
    F(journal, schema, SHAPE_NUMBER),
    F_ENUM(journal, state, state_names),
    F(journal, release, SHAPE_TEXT),
    F(journal, family, SHAPE_TEXT),
    F(journal, version, SHAPE_TEXT),
    F(journal, set, SHAPE_TEXT),
    F(journal, windows, SHAPE_TEXT),
    F(journal, reason, SHAPE_TEXT),
    F(journal, boot_time, SHAPE_NUMBER),
    F(journal, restarts, SHAPE_NUMBER),
    F(journal, restart_limit, SHAPE_NUMBER),
    F(journal, packages_before, SHAPE_TEXTS),
    F(journal, accepted, SHAPE_TEXTS),
    F(journal, trust, SHAPE_TEXTS),
    F_IN(journal, sources, SHAPE_LIST, source_shape),
    F_IN(journal, drivers, SHAPE_LIST, driver_shape),
    F_IN(journal, helpers, SHAPE_LIST, helper_shape),
    F_IN(journal, steps, SHAPE_LIST, step_shape),
};
const struct shape journal_shape = SHAPE_OF(struct journal, journal_fields);

bool journal_step_has_subject(const struct journal *j, const struct journal_step *s)
{
    if (!s->subject || s->kind == STEP_UNKNOWN)
        return false;
    return s->kind == STEP_HELPER ? journal_helper_named(j, s->subject) != NULL : journal_driver_named(j, s->subject) != NULL;
}

static bool subjects_exist(const struct journal *j, struct err *e)
{
    for (size_t i = 0; i < j->steps.count; i++)
        if (!journal_step_has_subject(j, &j->steps.at[i]))
            return err_set(e, ERR_FORMAT, "step %zu is of no known kind or about nothing that the journal knows", i);
    return true;
}

bool journal_decode(struct span json, struct journal *j, struct err *e)
{
    if (!shape_decode(json, &journal_shape, j, NULL, e))
        return err_wrap(e, "the journal");
    if (j->schema.known && j->schema.value == JOURNAL_SCHEMA ? subjects_exist(j, e)
                                                             : err_set(e, ERR_FORMAT, "it has another schema"))
        return true;
    journal_release(j);
    return err_wrap(e, "the journal");
}

void journal_release(struct journal *j)
{
    shape_release(&journal_shape, j);
}

struct journal_driver *journal_driver_named(const struct journal *j, const char *name)
{
    for (size_t i = 0; i < j->drivers.count; i++)
        if (j->drivers.at[i].name && strcmp(j->drivers.at[i].name, name) == 0)
            return &j->drivers.at[i];
    return NULL;
}

struct journal_helper *journal_helper_named(const struct journal *j, const char *service)
{
    for (size_t i = 0; i < j->helpers.count; i++)
        if (j->helpers.at[i].service && strcmp(j->helpers.at[i].service, service) == 0)
            return &j->helpers.at[i];
    return NULL;
}

const char *step_kind_name(enum step_kind k)
{
    return kind_names[k];
}

const char *journal_state_name(enum journal_state s)
{
    return state_names[s];
}
