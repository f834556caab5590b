/*
 * bootini: whatever the bytes are,
 *   - what was written can be read;
 *   - taking out what was added gives the same bytes, when none of ours was there before;
 *   - adding twice is adding once, and what was added is counted;
 *   - adding loses no byte: the file is longer, and begins and ends as before;
 *   - taking out makes nothing longer, and leaves none of ours.
 */
#include "installer/bootini.h"
#include "tests/fuzz/fuzz.h"

static const char option[] = "/NOGPLPV";

static size_t count_of(struct span file)
{
    size_t count = 0;
    MUST(bootini_count(file, option, &count, NULL), "what was written can be read");
    return count;
}

static size_t common(struct span a, struct span b, bool from_end)
{
    size_t n = 0;
    while (n < a.size && n < b.size &&
           (from_end ? a.at[a.size - 1 - n] == b.at[b.size - 1 - n] : a.at[n] == b.at[n]))
        n++;
    return n;
}

static void check_added(struct span before, struct span after)
{
    struct bootini_edit again = {0}, back = {0};
    MUST(after.size > before.size, "a new entry has bytes");
    MUST(common(before, after, false) + common(before, after, true) >= before.size, "no byte is lost");
    MUST(count_of(after) == 1, "what was added is there");
    MUST(bootini_add(after, option, &again, NULL) && again.changed == 0, "adding again is understood");
    MUST(span_equal(after, bytes_span(&again.value)), "adding again changes nothing");
    MUST(bootini_remove(after, option, &back, NULL) && back.changed == 1, "what was added can be taken out");
    MUST(span_equal(before, bytes_span(&back.value)), "then the bytes are the same again");
    bootini_edit_release(&again);
    bootini_edit_release(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span file = span_of(data, size);
    struct bootini_edit added = {0}, removed = {0};
    struct err e = {0}, remove = {0};
    bool ok = bootini_add(file, option, &added, &e);
    fuzz_answer(ok, &e);
    if (ok && added.changed)
        check_added(file, bytes_span(&added.value));
    if (ok && !added.changed)
        MUST(span_equal(file, bytes_span(&added.value)), "nothing added is nothing changed");
    bool out = bootini_remove(file, option, &removed, &remove);
    fuzz_answer(out, &remove);
    if (out) {
        MUST(removed.value.size <= size, "taking out makes nothing longer");
        MUST(count_of(bytes_span(&removed.value)) == 0, "none of ours is left");
    }
    bootini_edit_release(&added);
    bootini_edit_release(&removed);
    return 0;
}
