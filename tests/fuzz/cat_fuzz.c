/*
 * cat: whatever the bytes are,
 *   - no digest is invented: each one stands in the file, as bytes or as the hexadecimal text of an old tag;
 *   - each member is found again by its digest, and its kind is in the set of kinds;
 *   - all text is UTF-8, counts keep to their limits, and what is no catalog has no members.
 */
#include "tests/fuzz/fuzz.h"
#include "verifier/cat.h"

#include <ctype.h>

static bool is_hex_at(struct span file, size_t at, const char *hex)
{
    for (size_t i = 0; hex[i]; i++)
        if (tolower(file.at[at + 2 * i]) != hex[i] || file.at[at + 2 * i + 1] != 0)
            return false;
    return true;
}

static bool stands_in(struct span file, const struct digest *d)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    digest_hex(d, hex);
    if (span_find(file, 0, span_of(d->bytes, d->size)) != SIZE_MAX)
        return true;
    for (size_t at = 0; span_holds(file, at, 4 * d->size); at++)
        if (is_hex_at(file, at, hex))
            return true;
    return false;
}

static void check_member(const struct cat *c, const struct cat_member *m, struct span file)
{
    fuzz_text(m->file);
    fuzz_text(m->os);
    fuzz_text(m->guid);
    if (m->digest.kind == DIGEST_NONE)
        return;
    MUST(c->digests & DIGEST_BIT(m->digest.kind), "the kind of each digest is in the set");
    MUST(stands_in(file, &m->digest), "a digest stands in the file");
    const struct cat_member *found = cat_find(c, &m->digest);
    MUST(found && digest_equal(&found->digest, &m->digest), "a member is found by its digest");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span file = span_of(data, size);
    struct cat c;
    struct findings f = {0};
    cat_parse(&c, file, "fuzz.cat", &f);
    MUST(c.state == CAT_OK || !c.member_count, "what is no catalog has no members");
    MUST(c.member_count <= CAT_MEMBERS_MAX && c.extension_count <= CAT_EXTENSIONS_MAX, "counts keep to their limits");
    for (size_t i = 0; i < c.member_count && i < 64; i++)
        check_member(&c, &c.members[i], file);
    for (size_t i = 1; i < c.index_count; i++)
        MUST(digest_compare(&c.index[i - 1]->digest, &c.index[i]->digest) <= 0, "the index is in order");
    for (size_t i = 0; i < c.extension_count; i++) {
        fuzz_text(c.extensions[i].name);
        fuzz_text(c.extensions[i].value);
    }
    struct digest other = digest_one(DIGEST_SHA256, file);
    MUST(!cat_find(&c, &other), "a catalog cannot list its own digest");
    fuzz_findings(&f);
    cat_release(&c);
    findings_release(&f);
    return 0;
}
