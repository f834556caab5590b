/*
 * authenticode: the first two bytes choose what the rest, a PKCS#7 blob, is to sign. Whatever the bytes are,
 *   - nothing here leads to a root that Windows' kernel or the public knows, since no seed is signed below one: a
 *     signature that is intact ends in itself or in the unknown;
 *   - a signature is intact for a file only when its digest is the one that was signed;
 *   - elements of DER lie inside the one that holds them, and what is read of SignedData inside the blob;
 *   - the work is bounded: libFuzzer's time limit is part of the property.
 */
#include "tests/fuzz/fuzz.h"
#include "verifier/authenticode.h"
#include "verifier/der.h"

#include <string.h>

enum { WALK_DEPTH = 40, WALK_STEPS = 10000 };

/* Open every constructed element, a few levels deep. */
static void walk(struct span body, unsigned depth, unsigned *steps)
{
    struct span rest = body;
    struct der d = {0};
    while (*steps && der_next(&rest, &d)) {
        (*steps)--;
        fuzz_inside(d.whole, body);
        fuzz_inside(d.body, d.whole);
        MUST(d.whole.size > d.body.size, "an element is more than its body");
        fuzz_inside(rest, body);
        if ((d.tag & 0x20) && depth)
            walk(d.body, depth - 1, steps);
    }
}

static void check_der(struct span blob)
{
    unsigned steps = WALK_STEPS;
    struct der_signed_data s = {0};
    walk(blob, WALK_DEPTH, &steps);
    if (!der_read_signed_data(blob, &s))
        return;
    fuzz_inside(s.whole, blob);
    fuzz_inside(s.digest_algorithms, s.whole);
    fuzz_inside(s.content.whole, s.whole);
    fuzz_inside(s.certificates, s.whole);
    fuzz_inside(s.signers, s.whole);
}

static void check_signature(const struct signature *s, enum signature_subject subject)
{
    fuzz_text(s->signer);
    fuzz_text(s->issuer);
    fuzz_text(s->subject_name);
    fuzz_text(s->program);
    fuzz_text(s->more_info);
    fuzz_text(s->timestamp.authority);
    MUST(s->chain_length <= CHAIN_MAX && s->nesting <= AUTHENTICODE_NESTING_MAX, "depths keep to their limits");
    if (s->integrity == SIGNATURE_INTACT) {
        MUST(s->seal == SIGNATURE_INTACT, "an intact signature has an intact seal");
        MUST(s->subject == subject && subject != SUBJECT_UNKNOWN, "an intact signature signs what was asked for");
        MUST(s->root == ROOT_UNKNOWN || s->root == ROOT_SELF, "no seed leads to a root that is known");
    }
    if (s->timestamp.integrity == SIGNATURE_INTACT)
        MUST(s->timestamp.root == ROOT_UNKNOWN || s->timestamp.root == ROOT_SELF, "nor does a time stamp");
}

/* With digests of some other file nothing is intact; with those that were signed, what is sealed is. */
static void check_compare(struct authenticode *a)
{
    struct digests other = {0}, none = {0};
    struct span text = span_text("no file that anybody signed");
    digest_spans(authenticode_wanted(a), (struct digest_input){.spans = &text, .count = 1}, &other);
    authenticode_compare(a, &none);
    for (size_t i = 0; i < a->count; i++)
        MUST(a->subject == SUBJECT_CATALOG || a->signatures[i].integrity != SIGNATURE_INTACT,
             "without a digest nothing is intact");
    authenticode_compare(a, &other);
    for (size_t i = 0; i < a->count; i++)
        MUST(a->subject == SUBJECT_CATALOG || a->signatures[i].integrity != SIGNATURE_INTACT,
             "with another file's digest nothing is intact");
    for (size_t i = 0; i < a->count; i++)
        other.of[a->signatures[i].wanted.kind] = a->signatures[i].wanted;
    authenticode_compare(a, &other);
    for (size_t i = 0; i < a->count; i++)
        check_signature(&a->signatures[i], a->subject);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_of(data, size);
    enum signature_subject subject = (enum signature_subject)fuzz_take(&rest, SUBJECT_MSI + 1);
    struct bytes blob = fuzz_copy(rest);
    struct authenticode a;
    struct findings f = {0};
    check_der(bytes_span(&blob));
    authenticode_init(&a, roots_kernel(), subject);
    size_t added = authenticode_add(&a, bytes_span(&blob), "fuzz", &f);
    MUST(added == a.count && a.count <= AUTHENTICODE_SIGNATURES_MAX, "as many as it says, and no more than the limit");
    MUST(added || f.count, "a blob without a signature comes with a finding");
    for (size_t i = 0; i < a.count && subject != SUBJECT_CATALOG; i++)
        MUST(a.signatures[i].integrity != SIGNATURE_INTACT, "nothing is intact before it is compared");
    check_compare(&a);
    const struct signature *best = authenticode_best(&a);
    MUST(best ? best >= a.signatures && best < a.signatures + a.count : !a.count, "the best is one of them");
    fuzz_findings(&f);
    authenticode_release(&a);
    findings_release(&f);
    bytes_release(&blob);
    return 0;
}
