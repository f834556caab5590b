/*
 * package: whatever the bytes are, opened as a package in memory,
 *   - names are safe, unique as Windows compares them, in order, and found again;
 *   - what is unpacked keeps to the limits of size, ratio and count;
 *   - each entry can be loaded, with as many bytes as it says and of the kind that it says;
 *   - damaged and a finding of severity error go together: nothing is left out in silence.
 */
#include "tests/fuzz/fuzz.h"
#include "base/text.h"
#include "verifier/name.h"
#include "verifier/package.h"

#include <string.h>

static void check_name(const struct package *p, size_t i)
{
    const char *name = p->entries[i].name;
    struct text clean = {0};
    MUST(strlen(name) <= NAME_BYTES_MAX, "a name keeps to its limit");
    for (const char *part = name; part; part = strstr(part, "!/"), part = part ? part + 2 : NULL) {
        const char *end = strstr(part, "!/");
        struct text one = {0};
        text_add_bytes(&one, part, end ? (size_t)(end - part) : strlen(part));
        MUST(name_clean(text_str(&one), &clean) == NAME_SAFE, "a name is safe, in each container");
        MUST(strcmp(text_str(&clean), text_str(&one)) == 0, "a name is clean already");
        text_release(&one);
    }
    text_release(&clean);
    MUST(!i || name_compare(p->entries[i - 1].name, name) < 0, "names are in order, and no two are one for Windows");
    MUST(package_find(p, name) == i, "an entry is found by its name");
}

static uint64_t check_entry(struct package *p, size_t i)
{
    struct err e = {0};
    uint64_t size = p->entries[i].size;
    bool ok = package_load(p, i, &e);
    fuzz_answer(ok, &e);
    MUST(ok, "an entry of a package in memory can be loaded");
    struct bytes copy = fuzz_copy(p->entries[i].bytes);
    MUST(copy.size == size, "an entry has as many bytes as it says");
    MUST(!package_kind_holds_files(package_kind_of(bytes_span(&copy)))
             || p->entries[i].kind == package_kind_of(bytes_span(&copy)) || p->entries[i].kind == PACKAGE_OTHER,
         "a container is of the kind that it says");
    bytes_release(&copy);
    package_drop(p, i);
    return size;
}

static bool has_error(const struct findings *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->at[i].severity == FINDING_ERROR)
            return true;
    return f->dropped != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct package p = {0};
    struct err e = {0};
    uint64_t total = 0, floor = PACKAGE_RATIO_FLOOR, by_ratio = (uint64_t)size * PACKAGE_RATIO_MAX;
    MUST(package_open_bytes("fuzz.bin", span_of(data, size), &p, &e), "bytes in memory can always be looked at");
    MUST(p.count <= PACKAGE_ENTRIES_MAX, "files keep to their limit");
    for (size_t i = 0; i < p.count; i++) {
        check_name(&p, i);
        total += check_entry(&p, i);
    }
    MUST(total <= size + (by_ratio > floor ? by_ratio : floor), "what is unpacked keeps to the limits");
    MUST(p.damaged == has_error(&p.findings), "damaged means that a finding says why");
    fuzz_findings(&p.findings);
    package_release(&p);
    return 0;
}
