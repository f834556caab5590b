#include "tests/fuzz/choosing.h"

#include "drivers-manifest/decision.h"
#include "tests/fuzz/fuzz.h"

static void check_choice(const struct choice *c)
{
    for (size_t i = 0; i < c->candidates.count; i++) {
        const struct candidate *one = &c->candidates.at[i];
        MUST((one->verdict == CANDIDATE_REJECTED) == (one->reasons.count > 0), "who is rejected has a reason, and only they");
        MUST((one->verdict == CANDIDATE_CHOSEN) == (c->chosen.known && c->chosen.value == i), "one is chosen at most");
    }
    MUST(!c->chosen.known || !c->remedies.count, "nothing needs to be changed where something is chosen");
    for (size_t i = 0; i < c->remedies.count; i++)
        MUST(c->remedies.at[i].changes.count > 0, "a remedy changes something");
}

static void check_decision(const struct choice *c, const struct decision *d)
{
    bool done = d->allowed == TRI_YES;
    MUST(d->sentence, "a decision has a sentence");
    MUST(!done || (d->word != DECISION_NONE && d->word != DECISION_REPLACE), "what cannot be done is not allowed");
    MUST(!done || d->word == DECISION_KEEP || c->chosen.known, "nothing is done without a source");
    MUST(!done || d->word != DECISION_DOWNGRADE, "no downgrade unasked");
    MUST(d->word != DECISION_KEEP || !d->faults.count, "what is not whole is not kept");
    MUST(!d->needs || !done, "what is allowed needs nothing");
}

void fuzz_choose(const struct facts *f, const struct manifest *m)
{
    const struct select_options o = {0};
    const struct decision_options wish = {0};
    struct choice c = {0};
    struct decision d = {0};
    select_source(f, m, &o, &c);
    check_choice(&c);
    decide(f, m, &c, &wish, &d);
    check_decision(&c, &d);
    decision_release(&d);
    choice_release(&c);
}

const struct manifest *fuzz_manifest(void)
{
    static struct manifest m;
    struct err e = {0};
    if (!m.schema.known)
        MUST(manifest_embedded(&m, &e), "the embedded manifest is good");
    return &m;
}
