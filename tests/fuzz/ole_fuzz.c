/*
 * ole: whatever the bytes are,
 *   - the pieces of a stream add up to its size and lie inside the file;
 *   - no byte belongs to two streams: chains neither cross nor bite their tails;
 *   - the directory is a tree, and each entry is found under its parent.
 */
#include "tests/fuzz/fuzz.h"
#include "base/mem.h"
#include "verifier/ole.h"

static void check_stream(const struct ole *o, size_t i, struct span file, uint8_t *used)
{
    struct span_list pieces = {0};
    struct err e = {0};
    bool ok = ole_spans(o, i, &pieces, &e);
    fuzz_answer(ok, &e);
    if (ok)
        MUST(spans_size(&pieces) == o->entries[i].size, "the pieces of a stream add up to its size");
    fuzz_all_inside(&pieces, file);
    for (size_t k = 0; k < pieces.count; k++)
        for (size_t at = (size_t)(pieces.at[k].at - file.at), n = 0; n < pieces.at[k].size; n++)
            MUST(!used[at + n]++, "no byte belongs to two streams");
    spans_release(&pieces);
}

static void check_storage(const struct ole *o, size_t i)
{
    for (size_t k = 0; k < o->entries[i].child_count; k++) {
        size_t child = o->entries[i].children[k];
        MUST(child < o->count && child != i && o->entries[child].parent == i, "a child knows its parent");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span file = span_of(data, size);
    struct ole o = {0};
    struct err e = {0};
    bool ok = ole_open(file, &o, &e);
    fuzz_answer(ok, &e);
    uint8_t *used = mem_zero(size, 1);
    for (size_t i = 0; i < o.count; i++) {
        fuzz_inside(o.entries[i].name, file);
        fuzz_inside(o.entries[i].clsid, file);
        check_storage(&o, i);
        if (o.entries[i].type == OLE_STREAM)
            check_stream(&o, i, file, used);
    }
    mem_free(used);
    ole_release(&o);
    return 0;
}
