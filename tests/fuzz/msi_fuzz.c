/*
 * msi: whatever the bytes are,
 *   - the signed content covers every stream of the root but the signatures, whole: it is no smaller than these together;
 *   - what a table gives is UTF-8, and outside of it there is nothing;
 *   - files have keys and, where they have a path, one within its limit;
 *   - what it asks of a machine and does to its trust is text, and no more of it than the limit.
 */
#include "tests/fuzz/fuzz.h"
#include "base/mem.h"
#include "verifier/msi.h"
#include "verifier/msi_effects.h"
#include "verifier/name.h"

#include <string.h>

enum { ROWS_MAX = 200 };

static void check_table(const struct msi *m, const char *name)
{
    struct msi_table t = {0};
    struct err e = {0};
    bool ok = msi_table_open(m, name, &t, &e);
    fuzz_answer(ok, &e);
    MUST(t.column_count <= MSI_COLUMNS_MAX, "columns keep to their limit");
    for (size_t row = 0; row < t.row_count && row < ROWS_MAX; row++)
        for (size_t column = 0; column < t.column_count; column++) {
            int32_t number = 0;
            fuzz_text(msi_text(&t, row, column));
            if (msi_integer(&t, row, column, &number))
                MUST(t.columns[column].type == MSI_INTEGER, "a number comes from a column of numbers");
        }
    MUST(!msi_text(&t, t.row_count, 0) && !msi_text(&t, 0, t.column_count), "outside of a table there is nothing");
    msi_table_release(&t);
}

static void check_signed(const struct msi *m, struct span file)
{
    struct span_list content = {0}, prehash = {0};
    struct err e = {0};
    uint64_t streams = 0;
    for (size_t i = 0; i < m->ole.count; i++)
        if (m->ole.entries[i].type == OLE_STREAM && i != msi_signature_stream(m) && i != msi_signature_ex_stream(m))
            streams += m->ole.entries[i].size;
    bool ok = msi_signed_content(m, &content, &e);
    fuzz_answer(ok, &e);
    if (ok)
        MUST(spans_size(&content) >= streams, "the digest covers all streams but the signatures");
    fuzz_all_inside(&content, file);
    struct err again = {0};
    fuzz_answer(msi_signed_prehash(m, &prehash, &again), &again);
    spans_release(&content);
    spans_release(&prehash);
}

static void check_names(const struct msi *m)
{
    for (size_t i = 0; i < m->ole.count; i++) {
        char *name = msi_stream_name(m, i);
        fuzz_text(name);
        mem_free(name);
    }
    for (size_t i = 0; i < m->file_count; i++) {
        fuzz_text(m->files[i].key);
        fuzz_text(m->files[i].path);
        MUST(!m->files[i].path || strlen(m->files[i].path) <= NAME_BYTES_MAX, "a path keeps to its limit");
    }
}

static void check_effects(struct span file)
{
    static char options[] = "NOEXECUTE=OPTIN TESTSIGNING";
    const struct facts f = {.windows = {.major = {6, true}, .minor = {1, true}, .start_options = options}};
    struct msi_effects m = {0};
    struct err e = {0};
    bool ok = msi_effects_read(file, &f, &m, &e);
    fuzz_answer(ok, &e);
    MUST(m.demands.count <= MSI_EFFECTS_MAX && m.certificates.count <= MSI_EFFECTS_MAX, "rows keep to their limit");
    for (size_t i = 0; i < m.demands.count; i++) {
        fuzz_text(m.demands.at[i].condition);
        fuzz_text(m.demands.at[i].message);
    }
    for (size_t i = 0; i < m.certificates.count; i++) {
        fuzz_text(m.certificates.at[i].store);
        fuzz_text(m.certificates.at[i].subject);
    }
    msi_effects_release(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const tables[] = {"_Tables", "_Columns", "Property", "File", "Component", "Directory", "Media",
                                         "Feature", "_Validation", "nonesuch"};
    struct span file = span_of(data, size);
    struct msi m = {0};
    struct err e = {0};
    bool ok = msi_open(file, &m, &e);
    fuzz_answer(ok, &e);
    MUST(!ok || msi_is(file), "only an installer database opens as one");
    if (ok) {
        for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
            check_table(&m, tables[i]);
        fuzz_text(msi_property(&m, "ProductCode"));
        check_names(&m);
        check_signed(&m, file);
        check_effects(file);
    }
    msi_release(&m);
    return 0;
}
