/*
 * manifest: whatever the bytes are, a manifest that is accepted is written and read back as it was; each thing in it is
 * found by its id; and a choice for a guest can be made with it. Lint tells of every manifest that is refused, and each
 * of its findings stands within the text.
 */
#include "tests/fuzz/fuzz.h"
#include "base/mem.h"
#include "drivers-manifest/lint.h"
#include "drivers-manifest/manifest.h"
#include "installer/assume.h"
#include "tests/fuzz/choosing.h"
#include "tests/fuzz/json.h"

#include <string.h>

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

static void check_finding(const struct lint_file *file, const struct lint_finding *f)
{
    size_t lines = 1;
    for (size_t i = 0; i < file->text.size; i++)
        lines += file->text.at[i] == '\n';
    MUST(f->file == 0 && f->offset <= file->text.size, "a finding is in the file");
    MUST(f->line >= 1 && f->line <= lines, "its line is one of the file");
    MUST(f->column >= 1 && f->column <= file->text.size + 1, "its column is one of the file");
    MUST(f->code && *f->code, "it has a code");
    char *line = lint_line(file, f);
    fuzz_text(line);
    MUST(!strchr(line, '\n'), "it is one line");
    mem_free(line);
}

/* That there is no family is no error of one file of several. */
static void check_lint(struct span text, bool accepted, const struct err *why)
{
    const struct lint_file file = {"fuzz.json", text};
    struct lint l = {0};
    struct err e = {0};
    lint_manifest(&file, 1, &l);
    size_t errors = 0;
    for (size_t i = 0; i < l.count; i++) {
        check_finding(&file, &l.at[i]);
        errors += l.at[i].severity == LINT_ERROR;
    }
    MUST(errors <= l.errors && l.count - errors <= l.warnings, "what is kept is counted");
    MUST(!l.errors == !errors, "an error is kept when there is one");
    MUST(accepted || l.errors || strstr(why->text, "'families'"), "lint knows why a manifest is refused");
    if (l.errors)
        fuzz_answer(lint_refuse(&file, &l, &e), &e);
    lint_release(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct manifest m = {0};
    struct texts unknown = {0};
    struct facts f = {0};
    struct err e = {0};
    bool ok = manifest_decode("fuzz.json", span_of(data, size), &m, &unknown, &e);
    fuzz_answer(ok, &e);
    check_lint(span_of(data, size), ok, &e);
    if (ok) {
        fuzz_encode_is_stable(&manifest_shape, &m);
        check_found(&m);
        MUST(assume_facts("win7sp1-x64", &f, &e), "Windows 7 has a name");
        const struct manifest_windows *w = manifest_windows_of(&m, &f.windows);
        int side = 0;
        MUST(!w || manifest_in_range(&f.windows, w->windows_from, w->windows_to, &side) == TRI_YES,
             "the row that is found holds this Windows");
        fuzz_choose(&f, &m);
        facts_release(&f);
    }
    texts_release(&unknown);
    manifest_release_all(&m);
    return 0;
}
