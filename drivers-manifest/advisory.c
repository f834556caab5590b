#include "drivers-manifest/advisory.h"

#include "base/text.h"

#include <string.h>

/* What may be known to be so of a guest. */
static const struct {
    const char *word;
    size_t offset; /* of an enum tri in struct facts_integrity */
} states[] = {
    {"sha2", offsetof(struct facts_integrity, sha2)},
    {"test-signing", offsetof(struct facts_integrity, test_signing)},
    {"checks-off", offsetof(struct facts_integrity, disabled)},
    {"upgraded", offsetof(struct facts_integrity, upgraded)},
};

enum { STATES = sizeof states / sizeof *states };

bool advisory_knows_state(const char *word)
{
    for (size_t i = 0; i < STATES; i++)
        if (strcmp(states[i].word, word) == 0)
            return true;
    return false;
}

static bool is_in_one_of(const struct texts *words, const struct facts *f)
{
    for (size_t i = 0; i < STATES; i++) {
        enum tri is;
        memcpy(&is, (const char *)&f->integrity + states[i].offset, sizeof is);
        if (is == TRI_YES && texts_have_nocase(words, states[i].word))
            return true;
    }
    return false;
}

static bool holds_for_guest(const struct manifest_condition *c, const struct facts *f)
{
    int side;
    if ((c->windows_from || c->windows_to) &&
        manifest_in_range(&f->windows, c->windows_from, c->windows_to, &side) != TRI_YES)
        return false;
    if (c->architectures.count &&
        !texts_have_nocase(&c->architectures, architecture_name(f->windows.architecture)))
        return false;
    return !is_in_one_of(&c->unless, f);
}

static bool is_same(const char *wanted, const char *have)
{
    return !wanted || (have && text_equal_nocase(wanted, have));
}

static bool holds_for_release(const struct manifest_condition *c, const struct manifest_release *r)
{
    if (!c->family && !c->release && !c->signings.count && !c->digest)
        return true;
    return r && is_same(c->family, r->family) && is_same(c->release, r->id) &&
           is_same(c->digest, r->digest) &&
           (!c->signings.count || texts_have_nocase(&c->signings, signing_name(r->signing)));
}

static bool holds(const struct manifest_condition *c, const struct advisory_subject *s)
{
    const char *version = s->file ? s->version : s->release ? s->release->version : NULL;
    return !c->file == !s->file && is_same(c->file, s->file) && is_same(c->provider, s->provider) &&
           holds_for_release(c, s->release) &&
           manifest_version_between(version, c->version_from, c->version_to) &&
           holds_for_guest(c, s->facts);
}

enum certainty advisory_affects(const struct manifest_advisory *a, const struct advisory_subject *s)
{
    enum certainty surest = CERTAINTY_UNKNOWN;
    for (size_t i = 0; i < a->affects.count; i++)
        if (a->affects.at[i].certainty > surest && holds(&a->affects.at[i], s))
            surest = a->affects.at[i].certainty;
    return surest;
}
