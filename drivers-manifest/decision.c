#include "drivers-manifest/decision.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/version.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { SENTENCE_MAX = 400 };

static const char *const word_names[] = {"none",      "install", "keep",   "upgrade",
                                         "downgrade", "replace", "repair", NULL};

static const struct shape_field decision_fields[] = {
    FIELD_ENUM(decision, word, word_names),
    FIELD(decision, allowed, SHAPE_TRI),
    FIELD(decision, sentence, SHAPE_TEXT),
    FIELD(decision, needs, SHAPE_TEXT),
    FIELD(decision, release, SHAPE_TEXT),
    FIELD(decision, installed, SHAPE_TEXT),
    FIELD(decision, from, SHAPE_TEXT),
    FIELD(decision, restart_first, SHAPE_TRI),
    FIELD_IN(decision, faults, SHAPE_LIST, inventory_fault_shape),
    FIELD(decision, evidence, SHAPE_TEXTS),
};
const struct shape decision_shape = SHAPE_OF(struct decision, decision_fields);

/* What is decided upon. */
struct deciding {
    const struct manifest *manifest;
    const struct choice *choice;
    const struct inventory *inventory;
    const struct candidate *candidate;   /* that would be installed; NULL: none is within reach */
    const struct inventory_family *have; /* the same family, or the one that counts, or NULL */
    bool whole;                          /* nothing is wrong with what is installed */
    struct decision *out;
};

static bool has_only(const struct candidate *c, const char *code, const char *other)
{
    for (size_t i = 0; i < c->reasons.count; i++)
        if (strcmp(c->reasons.at[i].code, code) != 0 &&
            (!other || strcmp(c->reasons.at[i].code, other) != 0))
            return false;
    return true;
}

static bool has_reason(const struct candidate *c, const char *code)
{
    for (size_t i = 0; i < c->reasons.count; i++)
        if (strcmp(c->reasons.at[i].code, code) == 0)
            return true;
    return false;
}

/* The best of which nothing else is amiss than that its files, or the room for it, are missing. */
static const struct candidate *within_reach(const struct choice *c)
{
    if (c->chosen.known)
        return &c->candidates.at[c->chosen.value];
    for (size_t i = 0; i < c->candidates.count; i++)
        if (has_only(&c->candidates.at[i], SELECT_PACKAGE_NOT_FOUND, SELECT_FOREIGN_FAMILY))
            return &c->candidates.at[i];
    return NULL;
}

static uint64_t rank_of(const struct deciding *d, const struct candidate *c)
{
    return manifest_release_by_id(d->manifest, c->release)->rank.value;
}

/* What is installed would be chosen, were its files at hand. */
static bool is_best_already(const struct deciding *d)
{
    for (size_t i = 0; i < d->choice->candidates.count; i++) {
        const struct candidate *c = &d->choice->candidates.at[i];
        const struct inventory_family *have = inventory_family(d->inventory, c->family);
        int order;
        if (have && has_only(c, SELECT_PACKAGE_NOT_FOUND, NULL) &&
            version_compare(have->version, c->version, &order) && order == 0 &&
            rank_of(d, c) <= rank_of(d, d->candidate))
            return true;
    }
    return false;
}

struct answer {
    enum decision_word word;
    bool allowed;
    const char *needs;
};

static void say(struct deciding *d, const struct answer *a, const char *format, ...)
    ERR_PRINTF(3, 4);

static void say(struct deciding *d, const struct answer *a, const char *format, ...)
{
    char sentence[SENTENCE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    d->out->word = a->word;
    d->out->allowed = a->allowed ? TRI_YES : TRI_NO;
    shape_set_text(&d->out->sentence, sentence);
    shape_set_text(&d->out->needs, a->allowed ? NULL : a->needs);
    shape_set_text(&d->out->release, d->candidate ? d->candidate->release : NULL);
}

/* "--accept xsn-1; Secure Boot off": mem_free. */
static char *joined(const struct texts *parts)
{
    struct text t = {0};
    for (size_t i = 0; i < parts->count; i++) {
        text_add(&t, i ? "; " : "");
        text_add(&t, parts->at[i]);
    }
    return text_steal(&t);
}

/* What would take the candidate's reasons with this code away (NULL: all reasons); mem_free. */
static char *changes_of(const struct candidate *c, const char *code)
{
    struct texts changes = {0};
    for (size_t i = 0; i < c->reasons.count; i++) {
        const struct select_reason *r = &c->reasons.at[i];
        if (r->change && (!code || strcmp(r->code, code) == 0) &&
            !texts_have_nocase(&changes, r->change))
            texts_add(&changes, r->change);
    }
    char *text = joined(&changes);
    texts_release(&changes);
    return text;
}

static const char *name_of(const struct deciding *d, const struct inventory_family *f)
{
    return manifest_family_by_id(d->manifest, f->id)->name;
}

static const char *version_of(const struct inventory_family *f)
{
    return f->version ? f->version : "of unknown version";
}

/* No source is within reach: what would change that, if anything would. */
static void decide_without_source(struct deciding *d)
{
    char *needs = d->choice->remedies.count ? joined(&d->choice->remedies.at[0].changes) : NULL;
    const struct answer none = {DECISION_NONE, false, needs};
    if (d->have)
        say(d, &none, "%s %s stay as they are: no source is eligible", name_of(d, d->have),
            version_of(d->have));
    else
        say(d, &none, "no source is eligible");
    mem_free(needs);
}

/* Of what we could install and is not whole, or NULL. */
static const struct inventory_family *broken_family(const struct deciding *d)
{
    for (size_t i = 0; !d->whole && i < d->inventory->families.count; i++)
        if (manifest_family_by_id(d->manifest, d->inventory->families.at[i].id)->role ==
            FAMILY_INSTALLABLE)
            return &d->inventory->families.at[i];
    return NULL;
}

/* What is broken can be mended by its own family only, and no release of that is eligible. */
static void decide_unmendable(struct deciding *d, const struct inventory_family *broken)
{
    const struct select_remedy *remedy = NULL;
    for (size_t i = 0; i < d->choice->remedies.count; i++)
        if (strcmp(d->choice->remedies.at[i].family, broken->id) == 0)
            remedy = &d->choice->remedies.at[i];
    char *needs = remedy ? joined(&remedy->changes) : NULL;
    const struct answer a = {DECISION_REPAIR, false, needs};
    say(d, &a, "of %s %s not all is well, and no complete set is eligible", name_of(d, broken),
        version_of(broken));
    shape_set_text(&d->out->release, remedy ? remedy->release : NULL);
    mem_free(needs);
}

static void decide_replace(struct deciding *d, bool allowed, const char *needs)
{
    const struct answer a = {DECISION_REPLACE, allowed, needs};
    say(d, &a, "%s %s are in the way of %s", manifest_family_by_id(d->manifest, d->have->id)->name,
        version_of(d->have), d->candidate->release);
}

/* A compatible family shares products and services with ours, and yet it is not ours; any other is
 * here only when it will be removed first. */
static void decide_other_family(struct deciding *d, const struct decision_options *o)
{
    char *files = changes_of(d->candidate, SELECT_PACKAGE_NOT_FOUND);
    struct text needs = {0};
    if (o->replace)
        text_add(&needs, files);
    else
        text_addf(&needs, "%s " CHANGE_REMOVED_FIRST, name_of(d, d->have));
    decide_replace(d, o->replace && !d->candidate->reasons.count, text_str(&needs));
    text_release(&needs);
    mem_free(files);
}

static void decide_by_version(struct deciding *d, const struct decision_options *o)
{
    const struct inventory_family *have = d->have;
    const char *release = d->candidate->release;
    char *files = changes_of(d->candidate, SELECT_PACKAGE_NOT_FOUND);
    bool at_hand = !has_reason(d->candidate, SELECT_PACKAGE_NOT_FOUND);
    int order = 0;
    bool known = version_compare(have->version, d->candidate->version, &order);
    if (known && order > 0)
        say(d,
            &(struct answer){DECISION_DOWNGRADE, o->allow_downgrade && at_hand,
                             o->allow_downgrade ? files : "--allow-downgrade"},
            "%s %s is installed, which is newer than %s", have->id, have->version, release);
    else if (known && order < 0)
        say(d, &(struct answer){DECISION_UPGRADE, at_hand, files},
            "%s %s is installed, which is older than %s", have->id, have->version, release);
    else if (known && d->whole)
        say(d, &(struct answer){DECISION_KEEP, true, NULL}, "%s is installed already", release);
    else
        say(d, &(struct answer){DECISION_REPAIR, at_hand, files},
            "of %s %s not all is well: the complete set of %s mends that", name_of(d, have),
            version_of(have), release);
    mem_free(files);
}

static void decide_word(struct deciding *d, const struct decision_options *o)
{
    const struct inventory_family *broken = broken_family(d);
    bool mends = broken && d->candidate &&
                 (o->replace || inventory_family(d->inventory, d->candidate->family));
    if (broken && !mends) {
        decide_unmendable(d, broken);
    } else if (!d->candidate) {
        decide_without_source(d);
    } else if (has_reason(d->candidate, SELECT_FOREIGN_FAMILY)) {
        char *needs = changes_of(d->candidate, NULL);
        decide_replace(d, false, needs);
        mem_free(needs);
    } else if (!d->have) {
        char *files = changes_of(d->candidate, NULL);
        const bool at_hand = !d->candidate->reasons.count;
        say(d, &(struct answer){DECISION_INSTALL, at_hand, files},
            "no PV drivers are installed, and %s is %s", d->candidate->release,
            at_hand ? "right for this Windows" : "what they would be");
        mem_free(files);
    } else if (strcmp(d->have->id, d->candidate->family) != 0) {
        decide_other_family(d, o);
    } else if (d->whole && is_best_already(d)) {
        say(d, &(struct answer){DECISION_KEEP, true, NULL},
            "%s %s is installed, and nothing better is eligible", d->have->id, d->have->version);
    } else {
        decide_by_version(d, o);
    }
}

/* The families in the candidate's way go first, then its own, then what we could install. */
static const struct inventory_family *family_that_counts(const struct deciding *d)
{
    const struct inventory *i = d->inventory;
    const struct inventory_family *own =
        d->candidate ? inventory_family(i, d->candidate->family) : NULL;
    const struct manifest_family *family =
        d->candidate ? manifest_family_by_id(d->manifest, d->candidate->family) : NULL;
    for (size_t k = 0; family && k < i->families.count; k++)
        if (&i->families.at[k] != own &&
            !texts_have_nocase(&family->compatible_with, i->families.at[k].id))
            return &i->families.at[k];
    return own ? own : i->families.count ? &i->families.at[0] : NULL;
}

/* Two families that look alike (one's builds of the other's drivers) have the same evidence. */
static void add_evidence(const struct inventory *i, struct texts *out)
{
    for (size_t k = 0; k < i->families.count; k++)
        for (size_t n = 0; n < i->families.at[k].evidence.count; n++)
            if (!texts_have_nocase(out, i->families.at[k].evidence.at[n]))
                texts_add(out, i->families.at[k].evidence.at[n]);
}

void decide(const struct facts *f, const struct manifest *m, const struct choice *c,
            const struct decision_options *o, struct decision *out)
{
    struct inventory inventory = {0};
    inventory_take(f, m, &inventory);
    struct deciding d = {.manifest = m,
                         .choice = c,
                         .inventory = &inventory,
                         .candidate = within_reach(c),
                         .whole = !inventory.faults.count && !o->broken,
                         .out = out};
    d.have = family_that_counts(&d);
    decide_word(&d, o);
    out->restart_first = f->restart_pending;
    if (d.have) {
        out->installed = mem_strdup(d.have->id);
        out->from = mem_strdup(d.have->version);
    }
    add_evidence(&inventory, &out->evidence);
    /* The faults move; what is left behind is released. */
    out->faults.at = inventory.faults.at;
    out->faults.count = inventory.faults.count;
    inventory.faults.at = NULL;
    inventory.faults.count = 0;
    inventory_release(&inventory);
}

void decision_release(struct decision *d)
{
    shape_release(&decision_shape, d);
}

const char *decision_name(enum decision_word w)
{
    return word_names[w];
}
