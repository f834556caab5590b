/* lint: families and advisories. */
#include "drivers-manifest/advisory.h"
#include "drivers-manifest/lint_inside.h"

#include <string.h>

static void check_files(const struct lint_where *where, const struct manifest_family *f)
{
    for (size_t i = 0; i < f->files.count; i++) {
        struct lint_where file = lint_in(where, "files", i);
        lint_not_empty(&file, "name", f->files.at[i].name);
        lint_driver_range(&file, f->files.at[i].version_from, f->files.at[i].version_to);
    }
    for (size_t i = 0; i < f->registry_marks.count; i++) {
        struct lint_where mark = lint_in(where, "registry_marks", i);
        lint_not_empty(&mark, "key", f->registry_marks.at[i].key);
    }
    for (size_t i = 0; i < f->removal.count; i++) {
        struct lint_where step = lint_in(where, "removal", i);
        lint_not_empty(&step, "what", f->removal.at[i].what);
    }
}

/* What recognise.h goes by; names of services and files are shared, and tell nothing. */
static bool is_recognisable(const struct manifest_family *f)
{
    return f->providers.count || f->product_names.count || f->product_codes.count ||
           f->upgrade_codes.count || f->hardware_ids.count || f->descriptions.count;
}

static void check_family(const struct lint_where *where, const struct manifest_family *f)
{
    struct lint_range range;
    lint_not_empty(where, "id", f->id);
    lint_not_empty(where, "name", f->name);
    if (f->id && !is_recognisable(f))
        lint_add(where, NULL, LINT_EMPTY, "nothing is said by which '%.80s' could be recognised",
                 f->id);
    lint_guids(where, "product_codes", &f->product_codes);
    lint_guids(where, "upgrade_codes", &f->upgrade_codes);
    lint_hardware_ids(where, "platform_ids", &f->platform_ids);
    lint_hardware_ids(where, "hardware_ids", &f->hardware_ids);
    lint_words(where, "architectures", &f->architectures, architecture_names);
    lint_signings(where, &f->signings);
    lint_driver_range(where, f->version_from, f->version_to);
    lint_windows_range(where, f->windows_from, f->windows_to, &range);
    check_files(where, f);
    for (size_t i = 0; i < f->compatible_with.count; i++) {
        struct lint_where other = lint_in(where, "compatible_with", i);
        lint_reference(&other, NULL, f->compatible_with.at[i], &where->l->families);
        if (f->id && strcmp(f->compatible_with.at[i], f->id) == 0)
            lint_add(&other, NULL, LINT_REFERENCE, "'%s' is the family itself", f->id);
    }
}

void lint_families(struct linting *l)
{
    for (size_t part = 0; part < l->count; part++) {
        const struct lint_where root = {.l = l, .part = part};
        for (size_t i = 0; i < l->parts[part].families.count; i++) {
            struct lint_where where = lint_in(&root, "families", i);
            check_family(&where, &l->parts[part].families.at[i]);
        }
    }
}

/* A condition that asks for nothing is met by everybody. */
static bool asks_nothing(const struct manifest_condition *c)
{
    return !c->family && !c->release && !c->provider && !c->file && !c->version_from &&
           !c->version_to && !c->signings.count && !c->digest && !c->windows_from &&
           !c->windows_to && !c->architectures.count;
}

static void check_condition(const struct lint_where *where, const struct manifest_condition *c)
{
    struct lint_range range;
    if (asks_nothing(c))
        lint_add(where, NULL, LINT_EMPTY, "a condition that asks for nothing holds for everything");
    lint_reference(where, "family", c->family, &where->l->families);
    lint_reference(where, "release", c->release, &where->l->releases);
    lint_driver_range(where, c->version_from, c->version_to);
    lint_windows_range(where, c->windows_from, c->windows_to, &range);
    lint_words(where, "architectures", &c->architectures, architecture_names);
    lint_signings(where, &c->signings);
    lint_digest(where, c->digest);
    for (size_t i = 0; i < c->unless.count; i++) {
        struct lint_where word = lint_in(where, "unless", i);
        if (!advisory_knows_state(c->unless.at[i]))
            lint_add(&word, NULL, LINT_WORD, "'%.80s' is no state of a guest", c->unless.at[i]);
    }
}

void lint_advisories(struct linting *l)
{
    for (size_t part = 0; part < l->count; part++) {
        const struct lint_where root = {.l = l, .part = part};
        for (size_t i = 0; i < l->parts[part].advisories.count; i++) {
            const struct manifest_advisory *a = &l->parts[part].advisories.at[i];
            struct lint_where where = lint_in(&root, "advisories", i);
            lint_not_empty(&where, "id", a->id);
            lint_not_empty(&where, "title", a->title);
            lint_date_or_month(&where, "date", a->date);
            for (size_t k = 0; k < a->affects.count; k++) {
                struct lint_where condition = lint_in(&where, "affects", k);
                check_condition(&condition, &a->affects.at[k]);
            }
        }
    }
}
