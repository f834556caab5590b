/*
 * manifest: whatever the bytes are, a manifest that is accepted is written and read back as it was; each thing in it is
 * found by its id; and a choice for a guest can be made with it.
 */
#include "tests/fuzz/fuzz.h"
#include "base/mem.h"
#include "drivers-manifest/manifest.h"
#include "installer/assume.h"
#include "tests/fuzz/json.h"

static void check_found(const struct manifest *m)
{
    for (size_t i = 0; i < m->families.count; i++)
        MUST(manifest_family_by_id(m, m->families.at[i].id), "a family is found");
    for (size_t i = 0; i < m->advisories.count; i++)
        MUST(manifest_advisory_by_id(m, m->advisories.at[i].id), "an advisory is found");
    for (size_t i = 0; i < m->releases.count; i++) {
        const struct manifest_release *r = &m->releases.at[i];
        MUST(manifest_release_by_id(m, r->id), "a release is found");
        MUST(manifest_family_by_id(m, r->family), "a release has a family");
        for (size_t k = 0; k < r->advisories.count; k++)
            MUST(manifest_advisory_by_id(m, r->advisories.at[k]), "an advisory that a release names is there");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest m = {0};
    struct texts unknown = {0};
    struct facts f = {0};
    struct err e = {0};
    bool ok = manifest_decode("fuzz.json", span_of(data, size), &m, &unknown, &e);
    fuzz_answer(ok, &e);
    if (ok) {
        fuzz_encode_is_stable(&manifest_shape, &m);
        check_found(&m);
        MUST(assume_facts("win7sp1-x64", &f, &e), "Windows 7 has a name");
        const struct manifest_windows *w = manifest_windows_of(&m, &f.windows);
        int side = 0;
        MUST(!w || manifest_in_range(&f.windows, w->windows_from, w->windows_to, &side) == TRI_YES,
             "the row that is found holds this Windows");
        facts_release(&f);
    }
    texts_release(&unknown);
    manifest_release_all(&m);
    return 0;
}
