/*
 * verify: the whole of `xenpv verify`, evidence and policy, on any bytes as a file. Whatever they are,
 *   - the verdict on the whole is none better than what was found: not intact when something was left out, when a driver
 *     package or a signature is not, or when there is nothing that anybody signed;
 *   - an intact driver package has a catalog that is intact, its INF and every file that it copies are members of it and
 *     were read;
 *   - nothing leads to a root that is known, so a Windows that asks for signatures (Windows 7 x64, test signing off)
 *     installs nothing silently and loads no driver;
 *   - each prediction names its rule.
 */
#include "tests/fuzz/fuzz.h"
#include "installer/assume.h"
#include "verifier/policy.h"

static const char *const windows[] = {"win2000-x86", "winxp-x86", "win7sp1-x64", "win10-22h2-x64"};

enum { WINDOWS = sizeof windows / sizeof *windows, ENFORCING = 2 };

static struct facts guests[WINDOWS];

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    for (size_t i = 0; i < WINDOWS; i++) {
        struct err e = {0};
        MUST(assume_facts(windows[i], &guests[i], &e), "each of these Windows has a name");
    }
    return 0;
}

static void check_intact(const struct evidence *ev, const struct evidence_package *p)
{
    const struct signature *s = evidence_package_signature(ev, p);
    MUST(s && s->integrity == SIGNATURE_INTACT, "an intact package has an intact catalog");
    for (size_t i = 0; i < p->files.count; i++) {
        const struct evidence_file *f = &p->files.at[i];
        MUST(f->member == TRI_YES && f->entry < ev->package.count && ev->entries[f->entry].read,
             "each file of an intact package was read and is a member");
        MUST(f->integrity == INTEGRITY_INTACT, "and is intact itself");
    }
}

static void check_whole(const struct evidence *ev)
{
    bool anything = ev->has_signature || ev->packages.count;
    for (size_t i = 0; i < ev->files.count; i++)
        anything |= ev->files.at[i].integrity == INTEGRITY_INTACT;
    for (size_t i = 0; i < ev->packages.count; i++) {
        if (ev->packages.at[i].integrity == INTEGRITY_INTACT)
            check_intact(ev, &ev->packages.at[i]);
        MUST(ev->integrity <= ev->packages.at[i].integrity, "the whole is no better than a package in it");
    }
    if (ev->integrity != INTEGRITY_INTACT)
        return;
    MUST(!ev->package.damaged, "what is damaged is not intact");
    MUST(anything, "what nobody signed is not intact");
}

static void check_predictions(const struct evidence *ev, const struct evidence_package *p)
{
    for (size_t i = 0; i < WINDOWS; i++) {
        struct prediction out = {0};
        policy_predict(ev, p, &guests[i], &out);
        MUST(out.load_rule && out.install_rule && out.fit_rule, "each prediction names its rule");
        if (i >= ENFORCING) {
            MUST(out.install != INSTALL_SILENT, "what leads to no known root is not installed silently");
            MUST(!out.drivers.count || out.load != LOAD_LOADS, "and not loaded");
        }
        prediction_release(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct evidence ev = {0};
    struct evidence_options options = {0};
    struct err e = {0};
    MUST(evidence_gather(fuzz_file(span_of(data, size)), &options, &ev, &e), "a file can always be looked at");
    check_whole(&ev);
    for (size_t i = 0; i < ev.packages.count; i++)
        check_predictions(&ev, &ev.packages.at[i]);
    fuzz_findings(&ev.findings);
    evidence_release(&ev);
    return 0;
}
