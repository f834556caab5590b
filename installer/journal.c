#include "installer/journal.h"

#include "base/mem.h"
#include "base/text.h"

#include <string.h>

static const char *const job_names[] = {"installation", "removal", NULL};
static const char *const state_names[] = {
    "none",      "installing",  "restart-needed",  "installed",
    "reverting", "rolled-back", "needs-attention", "planned",
    "repairing", "removing",    "removed",         NULL};
static const char *const kind_names[] = {"unknown",
                                         "store",
                                         "stage",
                                         "bind",
                                         "helper",
                                         "restore-point",
                                         "storage",
                                         "fallback",
                                         "continuation",
                                         "boot-check",
                                         "network",
                                         "store-product",
                                         "install-product",
                                         "trust",
                                         "monitor",
                                         "enable",
                                         "disable",
                                         "remove-key",
                                         "remove-filter",
                                         "restart",
                                         "remove-product",
                                         "remove-certificate",
                                         "remove-package",
                                         "remove-device",
                                         "remove-service",
                                         "remove-file",
                                         "remove-fallback",
                                         "remove-trust",
                                         NULL};
static const char *const load_names[] = {"unknown", "refused", "loads", NULL};
static const char *const step_names[] = {"pending", "started", "done", "reverted", NULL};

static const struct shape_field file_fields[] = {
    FIELD_MUST(journal_file, path, SHAPE_TEXT),   FIELD(journal_file, source, SHAPE_TEXT),
    FIELD_MUST(journal_file, sha256, SHAPE_TEXT), FIELD(journal_file, existed, SHAPE_TRI),
    FIELD(journal_file, kept, SHAPE_TEXT),
};
static const struct shape file_shape = SHAPE_OF(struct journal_file, file_fields);

static const struct shape_field binding_fields[] = {
    FIELD_MUST(journal_binding, instance, SHAPE_TEXT),
    FIELD(journal_binding, id, SHAPE_TEXT),
    FIELD(journal_binding, service, SHAPE_TEXT),
    FIELD(journal_binding, inf, SHAPE_TEXT),
};
static const struct shape binding_shape = SHAPE_OF(struct journal_binding, binding_fields);

static const struct shape_field service_fields[] = {
    FIELD_MUST(journal_service, name, SHAPE_TEXT),
    FIELD(journal_service, start, SHAPE_NUMBER),
    FIELD(journal_service, existed, SHAPE_TRI),
    FIELD(journal_service, before_start, SHAPE_NUMBER),
    FIELD(journal_service, before_image, SHAPE_TEXT),
};
static const struct shape service_shape = SHAPE_OF(struct journal_service, service_fields);

static const struct shape_field filter_fields[] = {
    FIELD_MUST(journal_filter, class_guid, SHAPE_TEXT),
    FIELD_MUST(journal_filter, position, SHAPE_TEXT),
    FIELD_MUST(journal_filter, service, SHAPE_TEXT),
    FIELD(journal_filter, existed, SHAPE_TRI),
};
static const struct shape filter_shape = SHAPE_OF(struct journal_filter, filter_fields);

static const struct shape_field key_fields[] = {
    FIELD_MUST(journal_key, path, SHAPE_TEXT),
    FIELD(journal_key, existed, SHAPE_TRI),
};
static const struct shape key_shape = SHAPE_OF(struct journal_key, key_fields);

static const struct shape_field driver_fields[] = {
    FIELD_MUST(journal_driver, name, SHAPE_TEXT),
    FIELD_MUST(journal_driver, folder, SHAPE_TEXT),
    FIELD_MUST(journal_driver, inf, SHAPE_TEXT),
    FIELD(journal_driver, published, SHAPE_TEXT),
    FIELD(journal_driver, published_existed, SHAPE_TRI),
    FIELD(journal_driver, hardware_ids, SHAPE_TEXTS),
    FIELD(journal_driver, platform, SHAPE_TRI),
    FIELD(journal_driver, optional, SHAPE_TRI),
    FIELD_ENUM(journal_driver, load, load_names),
    FIELD(journal_driver, instances, SHAPE_TEXTS),
    FIELD_IN(journal_driver, before, SHAPE_LIST, binding_shape),
    FIELD(journal_driver, nodes_before, SHAPE_TEXTS),
    FIELD_IN(journal_driver, stored, SHAPE_LIST, file_shape),
    FIELD_IN(journal_driver, installed, SHAPE_LIST, file_shape),
    FIELD_IN(journal_driver, services, SHAPE_LIST, service_shape),
    FIELD_IN(journal_driver, filters, SHAPE_LIST, filter_shape),
    FIELD_IN(journal_driver, keys, SHAPE_LIST, key_shape),
};
static const struct shape driver_shape = SHAPE_OF(struct journal_driver, driver_fields);

static const struct shape_field helper_fields[] = {
    FIELD_MUST(journal_helper, service, SHAPE_TEXT),
    FIELD(journal_helper, display_name, SHAPE_TEXT),
    FIELD_MUST(journal_helper, folder, SHAPE_TEXT),
    {.name = "file",
     .kind = SHAPE_OBJECT,
     .offset = offsetof(struct journal_helper, file),
     .shape = &file_shape,
     .required = true},
    FIELD(journal_helper, existed, SHAPE_TRI),
    FIELD(journal_helper, new_folders, SHAPE_TEXTS),
};
static const struct shape helper_shape = SHAPE_OF(struct journal_helper, helper_fields);

static const struct shape_field certificate_fields[] = {
    FIELD_MUST(journal_certificate, store, SHAPE_TEXT),
    FIELD(journal_certificate, sha1, SHAPE_TEXT),
    FIELD(journal_certificate, subject, SHAPE_TEXT),
    FIELD(journal_certificate, of_machine, SHAPE_TRI),
    FIELD(journal_certificate, existed, SHAPE_TRI),
};
static const struct shape certificate_shape =
    SHAPE_OF(struct journal_certificate, certificate_fields);

static const struct shape_field product_fields[] = {
    FIELD_MUST(journal_product, code, SHAPE_TEXT),
    FIELD(journal_product, name, SHAPE_TEXT),
    FIELD(journal_product, version, SHAPE_TEXT),
    FIELD_MUST(journal_product, folder, SHAPE_TEXT),
    {.name = "file",
     .kind = SHAPE_OBJECT,
     .offset = offsetof(struct journal_product, file),
     .shape = &file_shape,
     .required = true},
    FIELD(journal_product, existed, SHAPE_TRI),
    FIELD_IN(journal_product, certificates, SHAPE_LIST, certificate_shape),
};
static const struct shape product_shape = SHAPE_OF(struct journal_product, product_fields);
static const struct shape_field publisher_fields[] = {
    FIELD_MUST(journal_publisher, sha1, SHAPE_TEXT),
    FIELD_MUST(journal_publisher, sha256, SHAPE_TEXT),
    FIELD(journal_publisher, name, SHAPE_TEXT),
    FIELD_MUST(journal_publisher, certificate, SHAPE_TEXT),
    FIELD(journal_publisher, existed, SHAPE_TRI),
    FIELD(journal_publisher, carried, SHAPE_TRI),
};
static const struct shape publisher_shape = SHAPE_OF(struct journal_publisher, publisher_fields);

static const struct shape_field target_fields[] = {
    FIELD_MUST(journal_target, id, SHAPE_TEXT),    FIELD(journal_target, proof, SHAPE_TEXT),
    FIELD(journal_target, sha256, SHAPE_TEXT),     FIELD(journal_target, service, SHAPE_TEXT),
    FIELD(journal_target, inf, SHAPE_TEXT),        FIELD(journal_target, image, SHAPE_TEXT),
    FIELD(journal_target, class_guid, SHAPE_TEXT), FIELD(journal_target, position, SHAPE_TEXT),
    FIELD(journal_target, store, SHAPE_TEXT),      FIELD(journal_target, sha1, SHAPE_TEXT),
    FIELD(journal_target, name, SHAPE_TEXT),       FIELD(journal_target, node, SHAPE_TRI),
    FIELD(journal_target, tree, SHAPE_TRI),        FIELD(journal_target, folders, SHAPE_TEXTS),
};
static const struct shape target_shape = SHAPE_OF(struct journal_target, target_fields);

static const struct shape_field step_fields[] = {
    FIELD_ENUM(journal_step, kind, kind_names),
    FIELD_ENUM(journal_step, state, step_names),
    FIELD(journal_step, subject, SHAPE_TEXT),
};
static const struct shape step_shape = SHAPE_OF(struct journal_step, step_fields);

static const struct shape_field start_fields[] = {
    FIELD_MUST(journal_start, service, SHAPE_TEXT),
    FIELD(journal_start, start, SHAPE_NUMBER),
    FIELD(journal_start, overrides, SHAPE_TEXTS),
};
static const struct shape start_shape = SHAPE_OF(struct journal_start, start_fields);

static const struct shape_field boot_fields[] = {
    FIELD_IN(journal_boot, storage, SHAPE_LIST, start_shape),
    FIELD(journal_boot, option, SHAPE_TEXT),
    FIELD(journal_boot, fallbacks_before, SHAPE_TEXTS),
    FIELD(journal_boot, fallbacks_known, SHAPE_TRI),
    FIELD(journal_boot, no_fallback, SHAPE_TEXT),
    FIELD(journal_boot, fallback_required, SHAPE_TRI),
    FIELD(journal_boot, restore_point, SHAPE_NUMBER),
    FIELD(journal_boot, no_restore_point, SHAPE_TEXT),
    FIELD(journal_boot, program, SHAPE_TEXT),
    FIELD(journal_boot, arguments, SHAPE_TEXT),
    FIELD(journal_boot, manifest, SHAPE_TEXT),
    FIELD(journal_boot, manifest_from, SHAPE_TEXT),
    FIELD(journal_boot, manifest_sha256, SHAPE_TEXT),
    FIELD(journal_boot, runs, SHAPE_NUMBER),
};
static const struct shape boot_shape = SHAPE_OF(struct journal_boot, boot_fields);

static const struct shape_field monitor_fields[] = {
    FIELD(journal_monitor, existed, SHAPE_TRI),
    FIELD(journal_monitor, running, SHAPE_TRI),
    FIELD(journal_monitor, start, SHAPE_NUMBER),
    FIELD(journal_monitor, auto_reboot, SHAPE_NUMBER),
};
static const struct shape monitor_shape = SHAPE_OF(struct journal_monitor, monitor_fields);

static const struct shape_field source_fields[] = {
    FIELD(journal_source, path, SHAPE_TEXT),
    FIELD(journal_source, sha256, SHAPE_TEXT),
    FIELD(journal_source, signer, SHAPE_TEXT),
    FIELD(journal_source, timestamp, SHAPE_TEXT),
};
static const struct shape source_shape = SHAPE_OF(struct journal_source, source_fields);

static const struct shape_field journal_fields[] = {
    FIELD(journal, schema, SHAPE_NUMBER),
    FIELD_ENUM(journal, job, job_names),
    FIELD_ENUM(journal, state, state_names),
    FIELD(journal, release, SHAPE_TEXT),
    FIELD(journal, family, SHAPE_TEXT),
    FIELD(journal, version, SHAPE_TEXT),
    FIELD(journal, set, SHAPE_TEXT),
    FIELD(journal, windows, SHAPE_TEXT),
    FIELD(journal, reason, SHAPE_TEXT),
    FIELD(journal, generation, SHAPE_NUMBER),
    FIELD(journal, previous, SHAPE_TEXT),
    FIELD(journal, boot_time, SHAPE_NUMBER),
    FIELD(journal, restarts, SHAPE_NUMBER),
    FIELD(journal, restart_limit, SHAPE_NUMBER),
    FIELD_IN(journal, boot, SHAPE_OBJECT, boot_shape),
    FIELD_IN(journal, monitor, SHAPE_OBJECT, monitor_shape),
    FIELD(journal, packages_before, SHAPE_TEXTS),
    FIELD(journal, accepted, SHAPE_TEXTS),
    FIELD(journal, trust, SHAPE_TEXTS),
    FIELD_IN(journal, sources, SHAPE_LIST, source_shape),
    FIELD_IN(journal, drivers, SHAPE_LIST, driver_shape),
    FIELD_IN(journal, helpers, SHAPE_LIST, helper_shape),
    FIELD_IN(journal, product, SHAPE_MAYBE, product_shape),
    FIELD_IN(journal, publishers, SHAPE_LIST, publisher_shape),
    FIELD_IN(journal, network, SHAPE_MAYBE, network_record_shape),
    FIELD(journal, families, SHAPE_TEXTS),
    FIELD_IN(journal, targets, SHAPE_LIST, target_shape),
    FIELD_IN(journal, steps, SHAPE_LIST, step_shape),
};
const struct shape journal_shape = SHAPE_OF(struct journal, journal_fields);

enum step_about step_kind_about(enum step_kind k)
{
    switch (k) {
    case STEP_STORE:
    case STEP_STAGE:
    case STEP_BIND: return STEP_ABOUT_DRIVER;
    case STEP_HELPER: return STEP_ABOUT_HELPER;
    case STEP_STORE_PRODUCT:
    case STEP_INSTALL_PRODUCT: return STEP_ABOUT_PRODUCT;
    case STEP_TRUST:
    case STEP_REMOVE_TRUST: return STEP_ABOUT_PUBLISHER;
    case STEP_RESTORE_POINT:
    case STEP_STORAGE:
    case STEP_FALLBACK:
    case STEP_CONTINUATION:
    case STEP_BOOT_CHECK:
    case STEP_NETWORK:
    case STEP_MONITOR:
    case STEP_REMOVE_FALLBACK:
    case STEP_RESTART: return STEP_ABOUT_MACHINE;
    case STEP_ENABLE:
    case STEP_DISABLE:
    case STEP_REMOVE_KEY:
    case STEP_REMOVE_FILTER:
    case STEP_REMOVE_PRODUCT:
    case STEP_REMOVE_CERTIFICATE:
    case STEP_REMOVE_PACKAGE:
    case STEP_REMOVE_DEVICE:
    case STEP_REMOVE_SERVICE:
    case STEP_REMOVE_FILE: return STEP_ABOUT_TARGET;
    case STEP_UNKNOWN: break;
    }
    return STEP_ABOUT_UNKNOWN;
}

bool journal_is_interrupted(const struct journal *j)
{
    return j->state == JOURNAL_INSTALLING || j->state == JOURNAL_REVERTING;
}

bool journal_step_has_subject(const struct journal *j, const struct journal_step *s)
{
    switch (step_kind_about(s->kind)) {
    case STEP_ABOUT_DRIVER: return s->subject && journal_driver_named(j, s->subject);
    case STEP_ABOUT_HELPER: return s->subject && journal_helper_named(j, s->subject);
    case STEP_ABOUT_PUBLISHER: return s->subject && journal_publisher_of(j, s->subject);
    case STEP_ABOUT_TARGET: return s->subject && journal_target_named(j, s->subject);
    case STEP_ABOUT_PRODUCT:
        return s->subject && j->product && text_equal_nocase(s->subject, j->product->code);
    case STEP_ABOUT_MACHINE: return !s->subject;
    case STEP_ABOUT_UNKNOWN: break;
    }
    return false;
}

static bool subjects_exist(const struct journal *j, struct err *e)
{
    for (size_t i = 0; i < j->steps.count; i++)
        if (!journal_step_has_subject(j, &j->steps.at[i]))
            return err_set(
                e, ERR_FORMAT,
                "step %zu is of no known kind, or its subject is nothing that the journal knows",
                i);
    return true;
}

bool journal_decode(struct span json, struct journal *j, struct err *e)
{
    if (!shape_decode(json, &journal_shape, j, NULL, e))
        return err_wrap(e, "the journal");
    if (j->schema.known && j->schema.value == JOURNAL_SCHEMA
            ? subjects_exist(j, e) && (!j->network || network_record_check(j->network, e))
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

struct journal_publisher *journal_publisher_of(const struct journal *j, const char *sha1)
{
    for (size_t i = 0; i < j->publishers.count; i++)
        if (j->publishers.at[i].sha1 && text_equal_nocase(j->publishers.at[i].sha1, sha1))
            return &j->publishers.at[i];
    return NULL;
}

bool journal_same_source(const struct journal *a, const struct journal *b)
{
    return a->release && b->release && strcmp(a->release, b->release) == 0 && a->set && b->set &&
           strcmp(a->set, b->set) == 0 && !a->product == !b->product;
}

static void inherit_texts(struct texts *to, const struct texts *from)
{
    for (size_t i = 0; i < from->count; i++)
        if (!texts_have_nocase(to, from->at[i]))
            texts_add(to, from->at[i]);
}

static void inherit_file(struct journal_file *to, const struct journal_file *from)
{
    to->existed = from->existed;
    shape_set_text(&to->kept, from->kept);
}

static void inherit_services(struct journal_driver *to, const struct journal_driver *from)
{
    for (size_t i = 0; i < to->services.count; i++)
        for (size_t k = 0; k < from->services.count; k++) {
            struct journal_service *a = &to->services.at[i];
            const struct journal_service *b = &from->services.at[k];
            if (!text_equal_nocase(a->name, b->name))
                continue;
            a->existed = b->existed;
            a->before_start = b->before_start;
            shape_set_text(&a->before_image, b->before_image);
        }
}

static void inherit_filters(struct journal_driver *to, const struct journal_driver *from)
{
    for (size_t i = 0; i < to->filters.count; i++)
        for (size_t k = 0; k < from->filters.count; k++) {
            struct journal_filter *a = &to->filters.at[i];
            const struct journal_filter *b = &from->filters.at[k];
            if (text_equal_nocase(a->class_guid, b->class_guid) &&
                text_equal_nocase(a->position, b->position) &&
                text_equal_nocase(a->service, b->service))
                a->existed = b->existed;
        }
}

static void inherit_keys(struct journal_driver *to, const struct journal_driver *from)
{
    for (size_t i = 0; i < to->keys.count; i++)
        for (size_t k = 0; k < from->keys.count; k++)
            if (text_equal_nocase(to->keys.at[i].path, from->keys.at[k].path))
                to->keys.at[i].existed = from->keys.at[k].existed;
}

static void inherit_driver(struct journal_driver *to, const struct journal_driver *from)
{
    shape_set_text(&to->published, from->published);
    to->published_existed = from->published_existed;
    inherit_texts(&to->instances, &from->instances);
    inherit_texts(&to->nodes_before, &from->nodes_before);
    for (size_t i = 0; i < from->before.count; i++) {
        struct journal_binding *b = shape_list_add(&to->before, sizeof *b);
        b->instance = mem_strdup(from->before.at[i].instance);
        b->id = mem_strdup(from->before.at[i].id);
        b->service = mem_strdup(from->before.at[i].service);
        b->inf = mem_strdup(from->before.at[i].inf);
    }
    for (size_t i = 0; i < to->installed.count; i++)
        for (size_t k = 0; k < from->installed.count; k++)
            if (text_equal_nocase(to->installed.at[i].path, from->installed.at[k].path))
                inherit_file(&to->installed.at[i], &from->installed.at[k]);
    inherit_services(to, from);
    inherit_filters(to, from);
    inherit_keys(to, from);
}

static void inherit_product(struct journal_product *to, const struct journal_product *from)
{
    to->existed = from->existed;
    for (size_t i = 0; i < to->certificates.count && i < from->certificates.count; i++)
        to->certificates.at[i].existed = from->certificates.at[i].existed;
}

/* What the earlier steps did may be there, although the new ones have not begun. */
static void inherit_steps(struct journal *to, const struct journal *from)
{
    for (size_t i = 0; i < to->steps.count; i++)
        for (size_t k = 0; k < from->steps.count; k++) {
            struct journal_step *a = &to->steps.at[i];
            const struct journal_step *b = &from->steps.at[k];
            bool same = a->kind == b->kind &&
                        (a->subject && b->subject ? strcmp(a->subject, b->subject) == 0
                                                  : a->subject == b->subject);
            if (same && (b->state == STEP_STARTED || b->state == STEP_DONE))
                a->state = STEP_STARTED;
        }
}

static void inherit_boot(struct journal_boot *to, const struct journal_boot *from)
{
    for (size_t i = 0; i < from->storage.count; i++) {
        struct journal_start *s = shape_list_add(&to->storage, sizeof *s);
        s->service = mem_strdup(from->storage.at[i].service);
        s->start = from->storage.at[i].start;
        inherit_texts(&s->overrides, &from->storage.at[i].overrides);
    }
    inherit_texts(&to->fallbacks_before, &from->fallbacks_before);
    to->fallbacks_known = from->fallbacks_known;
    to->restore_point = from->restore_point;
}

static struct journal_publisher *copy_publisher(struct journal *to,
                                                const struct journal_publisher *from)
{
    struct journal_publisher *p = shape_list_add(&to->publishers, sizeof *p);
    p->sha1 = mem_strdup(from->sha1);
    p->sha256 = mem_strdup(from->sha256);
    p->name = mem_strdup(from->name);
    p->certificate = mem_strdup(from->certificate);
    p->existed = from->existed;
    p->carried = TRI_YES;
    return p;
}

static bool is_ours(const struct journal_publisher *p)
{
    return p->existed == TRI_NO || p->carried == TRI_YES;
}

/* In front of all others, as begun: undoing comes by it last. */
static void put_trust_in_front(struct journal *j, const char *sha1)
{
    shape_list_add(&j->steps, sizeof *j->steps.at);
    memmove(j->steps.at + 1, j->steps.at, (j->steps.count - 1) * sizeof *j->steps.at);
    j->steps.at[0] = (struct journal_step){
        .kind = STEP_TRUST, .state = STEP_STARTED, .subject = mem_strdup(sha1)};
}

static bool has_trust_step(const struct journal *j, const char *sha1)
{
    for (size_t i = 0; i < j->steps.count; i++)
        if (j->steps.at[i].kind == STEP_TRUST && text_equal_nocase(j->steps.at[i].subject, sha1))
            return true;
    return false;
}

/* What the repair does not ask for itself is only undone with it. */
static void inherit_publishers(struct journal *j, const struct journal *earlier)
{
    for (size_t i = 0; i < earlier->publishers.count; i++) {
        const struct journal_publisher *from = &earlier->publishers.at[i];
        struct journal_publisher *to = journal_publisher_of(j, from->sha1);
        if (to) {
            to->existed = from->existed;
            continue;
        }
        copy_publisher(j, from);
        if (has_trust_step(earlier, from->sha1))
            put_trust_in_front(j, from->sha1);
    }
}

void journal_carry_trust(struct journal *j, const struct journal *earlier)
{
    for (size_t i = 0; i < earlier->publishers.count; i++) {
        const struct journal_publisher *from = &earlier->publishers.at[i];
        struct journal_publisher *to = journal_publisher_of(j, from->sha1);
        if (!is_ours(from))
            continue;
        if (to)
            to->carried = TRI_YES; /* unless it is not there any more: the survey tells */
        else
            copy_publisher(j, from)->existed = TRI_YES;
    }
}

void journal_carry_folders(struct journal *j, const struct journal *earlier)
{
    for (size_t i = 0; i < j->helpers.count; i++) {
        struct journal_helper *to = &j->helpers.at[i];
        const struct journal_helper *from = journal_helper_named(earlier, to->service);
        if (from && text_equal_nocase(to->folder, from->folder))
            inherit_texts(&to->new_folders, &from->new_folders);
    }
}

void journal_inherit(struct journal *j, const struct journal *earlier)
{
    inherit_steps(j, earlier);
    inherit_publishers(j, earlier);
    inherit_texts(&j->trust, &earlier->trust);
    if (earlier->state == JOURNAL_REPAIRING) /* it has not been given back yet */
        j->monitor = earlier->monitor;
    j->network = network_record_copy(earlier->network);
    inherit_texts(&j->packages_before, &earlier->packages_before);
    for (size_t i = 0; i < j->drivers.count; i++) {
        const struct journal_driver *from = journal_driver_named(earlier, j->drivers.at[i].name);
        if (from)
            inherit_driver(&j->drivers.at[i], from);
    }
    for (size_t i = 0; i < j->helpers.count; i++) {
        struct journal_helper *to = &j->helpers.at[i];
        const struct journal_helper *from = journal_helper_named(earlier, to->service);
        if (!from)
            continue;
        to->existed = from->existed;
        inherit_file(&to->file, &from->file);
        inherit_texts(&to->new_folders, &from->new_folders);
    }
    if (j->product && earlier->product)
        inherit_product(j->product, earlier->product);
    inherit_boot(&j->boot, &earlier->boot);
    shape_set_text(&j->previous, earlier->previous);
    j->state = JOURNAL_REPAIRING;
}

struct journal_target *journal_target_named(const struct journal *j, const char *id)
{
    for (size_t i = 0; i < j->targets.count; i++)
        if (j->targets.at[i].id && text_equal_nocase(j->targets.at[i].id, id))
            return &j->targets.at[i];
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
