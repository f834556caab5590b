/*
 * cab: whatever the bytes are,
 *   - each file is in a folder that is there, and ends where that folder is wanted to at the latest;
 *   - a folder alone points into the cabinet, and its head is a cabinet of one file of the folder's size;
 *   - what the signature covers, and the signature, lie inside the file and share no byte.
 */
#include "tests/fuzz/fuzz.h"
#include "verifier/cab.h"

static void check_folder(const struct cab *c, size_t i, struct span file)
{
    struct bytes head = {0};
    struct span tail = {0};
    struct err e = {0};
    struct cab alone = {0};
    bool ok = cab_folder_alone(c, i, &head, &tail, &e);
    fuzz_answer(ok, &e);
    fuzz_inside(tail, file);
    if (ok && cab_open(bytes_span(&head), &alone, &e)) {
        MUST(alone.folder_count == 1 && alone.file_count == 1, "a folder alone has one file");
        MUST(alone.files[0].size == c->folders[i].end, "which is as long as the folder is wanted");
    }
    cab_release(&alone);
    bytes_release(&head);
}

static void check_signed(const struct cab *c, struct span file)
{
    struct span_list covered = {0};
    struct span blob = {0};
    struct err e = {0}, again = {0};
    bool has = cab_signature(c, &blob, &e);
    bool ok = cab_signed_spans(c, &covered, &again);
    fuzz_answer(ok, &again);
    fuzz_inside(blob, file);
    fuzz_all_inside(&covered, file);
    for (size_t i = 0; has && i < covered.count; i++)
        MUST(covered.at[i].at + covered.at[i].size <= blob.at || blob.at + blob.size <= covered.at[i].at,
             "a signature does not cover itself");
    MUST(!ok || spans_size(&covered) <= file.size, "no byte is covered twice");
    spans_release(&covered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span file = span_of(data, size);
    struct cab c = {0};
    struct err e = {0};
    bool ok = cab_open(file, &c, &e);
    fuzz_answer(ok, &e);
    for (size_t i = 0; i < c.file_count; i++) {
        const struct cab_file *f = &c.files[i];
        MUST(f->folder < c.folder_count, "a file is in a folder that is there");
        MUST((uint64_t)f->offset + f->size <= c.folders[f->folder].end, "a folder is wanted up to its last file's end");
    }
    for (size_t i = 0; i < c.folder_count; i++)
        check_folder(&c, i, file);
    if (ok)
        check_signed(&c, file);
    cab_release(&c);
    return 0;
}
