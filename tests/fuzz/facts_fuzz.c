/*
 * facts: whatever the bytes are, facts that are accepted are written and read back as they were, and accepted again;
 * and the questions about them can be answered, up to the choice of a source, what is done with what is there, and
 * the guest's status.
 */
#include "tests/fuzz/fuzz.h"
#include "base/mem.h"
#include "drivers-manifest/facts.h"
#include "installer/status.h"
#include "tests/fuzz/choosing.h"
#include "tests/fuzz/json.h"

static void check_accepted_again(const struct facts *f)
{
    struct facts again = {0};
    struct err e = {0};
    char *text = facts_encode(f);
    MUST(facts_decode(span_text(text), &again, &e), "facts that were written are accepted");
    facts_release(&again);
    mem_free(text);
}

/* Whatever the facts are, there is a word for them, and each finding rests on something. */
static void judge(const struct facts *f)
{
    static const struct journal none;
    struct status s = {0};
    status_judge(f, &none, fuzz_manifest(), &s);
    MUST(s.word == STATUS_WORKING || s.findings.count > 0, "a word that is not good is explained");
    for (size_t i = 0; i < s.findings.count; i++)
        MUST(s.findings.at[i].evidence.count > 0, "a finding rests on something");
    fuzz_encode_is_stable(&status_shape, &s);
    status_release(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct facts f = {0};
    struct err e = {0};
    bool ok = facts_decode(span_of(data, size), &f, &e);
    fuzz_answer(ok, &e);
    if (ok) {
        fuzz_encode_is_stable(&facts_shape, &f);
        check_accepted_again(&f);
        for (size_t i = 0; i < f.devices.count; i++)
            for (size_t k = 0; k < f.devices.at[i].hardware_ids.count; k++)
                MUST(facts_device_has_id(&f.devices.at[i], f.devices.at[i].hardware_ids.at[k]), "a device has its ids");
        facts_device_with_id(&f, "XEN\\VBD");
        facts_service_named(&f, "xenvbd");
        if (facts_windows_at_least(&f.windows, 6, 1, 7601) == TRI_YES)
            MUST(facts_windows_at_least(&f.windows, 6, 0, 0) == TRI_YES, "what is newer than 7 is newer than Vista");
        fuzz_choose(&f, fuzz_manifest());
        judge(&f);
    }
    facts_release(&f);
    return 0;
}
