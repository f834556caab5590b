/*
 * journal: whatever the bytes are, a journal that is accepted is written and read back as it was, and its drivers and
 * helpers are found by their names.
 */
#include "tests/fuzz/fuzz.h"
#include "installer/journal.h"
#include "tests/fuzz/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct journal j = {0};
    struct err e = {0};
    bool ok = journal_decode(span_of(data, size), &j, &e);
    fuzz_answer(ok, &e);
    if (ok) {
        fuzz_encode_is_stable(&journal_shape, &j);
        for (size_t i = 0; i < j.drivers.count; i++)
            if (j.drivers.at[i].name)
                MUST(journal_driver_named(&j, j.drivers.at[i].name), "a driver is found");
        for (size_t i = 0; i < j.helpers.count; i++)
            if (j.helpers.at[i].service)
                MUST(journal_helper_named(&j, j.helpers.at[i].service), "a helper is found");
        for (size_t i = 0; i < j.steps.count; i++)
            fuzz_text(step_kind_name(j.steps.at[i].kind));
        fuzz_text(journal_state_name(j.state));
    }
    journal_release(&j);
    return 0;
}
