#include "drivers-manifest/select_inside.h"

#include "base/mem.h"
#include "base/text.h"
#include "drivers-manifest/recognise.h"

#include <stdlib.h>
#include <string.h>

static const char *const verdict_names[] = {"rejected", "eligible", "chosen", NULL};

static const struct shape_field reason_fields[] = {
    FIELD(select_reason, code, SHAPE_TEXT),
    FIELD(select_reason, sentence, SHAPE_TEXT),
    FIELD(select_reason, change, SHAPE_TEXT),
    FIELD(select_reason, overridable, SHAPE_TRI),
};
static const struct shape reason_shape = SHAPE_OF(struct select_reason, reason_fields);

static const struct shape_field candidate_fields[] = {
    {.name = "verdict",
     .kind = SHAPE_ENUM,
     .offset = offsetof(struct candidate, verdict),
     .names = verdict_names},
    FIELD(candidate, release, SHAPE_TEXT),
    FIELD(candidate, family, SHAPE_TEXT),
    FIELD(candidate, version, SHAPE_TEXT),
    FIELD(candidate, set, SHAPE_TEXT),
    FIELD_IN(candidate, reasons, SHAPE_LIST, reason_shape),
    FIELD_IN(candidate, accepted, SHAPE_LIST, reason_shape),
    FIELD(candidate, files, SHAPE_TEXTS),
};
static const struct shape candidate_shape = SHAPE_OF(struct candidate, candidate_fields);

static const struct shape_field remedy_fields[] = {
    FIELD(select_remedy, family, SHAPE_TEXT),
    FIELD(select_remedy, release, SHAPE_TEXT),
    FIELD(select_remedy, set, SHAPE_TEXT),
    FIELD(select_remedy, changes, SHAPE_TEXTS),
};
static const struct shape remedy_shape = SHAPE_OF(struct select_remedy, remedy_fields);

static const struct shape_field choice_fields[] = {
    FIELD_IN(choice, candidates, SHAPE_LIST, candidate_shape),
    FIELD(choice, chosen, SHAPE_NUMBER),
    FIELD(choice, installed_families, SHAPE_TEXTS),
    FIELD_IN(choice, remedies, SHAPE_LIST, remedy_shape),
};
const struct shape choice_shape = SHAPE_OF(struct choice, choice_fields);

/* A candidate and what it is sorted by. */
struct ranked {
    struct candidate candidate;
    uint64_t rank;
    size_t order;
};

static int best_first(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->candidate.verdict != y->candidate.verdict)
        return x->candidate.verdict > y->candidate.verdict ? -1 : 1;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void add_candidate(struct ranked *to, struct select_case *c)
{
    to->rank = c->release->rank.value;
    to->candidate.release = mem_strdup(c->release->id);
    to->candidate.family = mem_strdup(c->release->family);
    to->candidate.version = mem_strdup(c->release->version);
    to->candidate.set = mem_strdup(c->set->id);
    for (size_t i = 0; i < c->set->files.count; i++)
        texts_add(&to->candidate.files, c->set->files.at[i].name);
    c->candidate = &to->candidate;
    select_judge(c);
}

/* All candidates, judged one by one; returns their number. */
static size_t judge_all(struct select_case *c, struct ranked **ranked)
{
    size_t count = 0, room = 0;
    for (size_t i = 0; i < c->manifest->releases.count; i++) {
        c->release = &c->manifest->releases.at[i];
        for (size_t j = 0; j < c->release->sets.count; j++) {
            c->set = &c->release->sets.at[j];
            *ranked = mem_grow(*ranked, count, &room, sizeof **ranked);
            (*ranked)[count] = (struct ranked){.order = count};
            add_candidate(&(*ranked)[count++], c);
        }
    }
    return count;
}

/* Is the release eligible, and better than one of this rank? */
static bool is_better(const struct ranked *ranked, size_t count, const char *release, uint64_t rank)
{
    for (size_t i = 0; i < count; i++)
        if (ranked[i].candidate.verdict == CANDIDATE_ELIGIBLE && ranked[i].rank < rank &&
            strcmp(ranked[i].candidate.release, release) == 0)
            return true;
    return false;
}

/*
 * The eligible release that took this one's place, maybe in several steps, or NULL. One that took
 * it and is ranked below is later, and yet not preferred. The number of steps is limited by the
 * number of releases, so that a circle ends.
 */
static const char *successor(const struct select_case *c, const struct ranked *ranked, size_t count)
{
    const char *id = c->release->superseded_by;
    for (size_t steps = 0; id && steps < c->manifest->releases.count; steps++) {
        if (is_better(ranked, count, id, c->release->rank.value))
            return id;
        const struct manifest_release *next = manifest_release_by_id(c->manifest, id);
        id = next ? next->superseded_by : NULL;
    }
    return NULL;
}

/* A superseded release is still a source where its successor is none. */
static void judge_superseded(struct select_case *c, struct ranked *ranked, size_t count)
{
    static const struct objection o = {SELECT_SUPERSEDED, TRI_YES, "--accept " SELECT_SUPERSEDED};
    const char **by = mem_zero(count, sizeof *by);
    for (size_t i = 0; i < count; i++) {
        c->release = manifest_release_by_id(c->manifest, ranked[i].candidate.release);
        if (ranked[i].candidate.verdict == CANDIDATE_ELIGIBLE)
            by[i] = successor(c, ranked, count);
    }
    for (size_t i = 0; i < count; i++) {
        if (!by[i])
            continue;
        c->candidate = &ranked[i].candidate;
        select_object(c, &o, "%s took its place, and is eligible here", by[i]);
        if (c->candidate->reasons.count)
            c->candidate->verdict = CANDIDATE_REJECTED;
    }
    mem_free(by);
}

void select_source(const struct facts *f, const struct manifest *m, const struct select_options *o,
                   struct choice *out)
{
    struct ranked *ranked = NULL;
    struct select_case c = {
        .facts = f, .manifest = m, .options = o, .installed = &out->installed_families};
    recognise_families(f, m, &out->installed_families);
    size_t count = judge_all(&c, &ranked);
    if (count) {
        judge_superseded(&c, ranked, count);
        qsort(ranked, count, sizeof *ranked, best_first);
    }
    for (size_t i = 0; i < count; i++)
        *(struct candidate *)shape_list_add(&out->candidates, sizeof(struct candidate)) =
            ranked[i].candidate;
    mem_free(ranked);
    if (count && out->candidates.at[0].verdict == CANDIDATE_ELIGIBLE) {
        out->candidates.at[0].verdict = CANDIDATE_CHOSEN;
        out->chosen = number_of(0);
    } else {
        select_remedies(out);
    }
}

void choice_release(struct choice *c)
{
    shape_release(&choice_shape, c);
}

const struct manifest_release *choice_chosen_release(const struct choice *c,
                                                     const struct manifest *m)
{
    return c->chosen.known ? manifest_release_by_id(m, c->candidates.at[c->chosen.value].release)
                           : NULL;
}

const struct manifest_set *choice_chosen_set(const struct choice *c, const struct manifest *m)
{
    const struct manifest_release *r = choice_chosen_release(c, m);
    for (size_t i = 0; r && i < r->sets.count; i++)
        if (strcmp(r->sets.at[i].id, c->candidates.at[c->chosen.value].set) == 0)
            return &r->sets.at[i];
    return NULL;
}
