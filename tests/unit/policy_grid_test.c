/*
 * policy as one table: each Windows by each way of being signed, compared with
 * tests/golden/policy-grid.txt byte for byte. The borders between the versions are what it is for;
 * the rows of policy_test and policy_case_test say why.
 *
 * A cell is "load rule / install rule". After a change that is meant: POLICY_GRID_WRITE=1
 * build/asan/tests/policy_grid_test writes the file anew, and the difference is reviewed like code.
 */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include "verifier/policy.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/build_package.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char golden[] = "tests/golden/policy-grid.txt";

static const struct {
    const char *name;
    unsigned major, minor, build;
} windows[] = {
    {"2000", 5, 0, 2195},          {"xp", 5, 1, 2600},        {"2003", 5, 2, 3790},
    {"vista", 6, 0, 6002},         {"7", 6, 1, 7601},         {"8", 6, 2, 9200},
    {"8.1", 6, 3, 9600},           {"10-1507", 10, 0, 10240}, {"10-1511", 10, 0, 10586},
    {"before-1607", 10, 0, 14392}, {"10-1607", 10, 0, 14393}, {"10-1803", 10, 0, 17134},
    {"10-1809", 10, 0, 17763},     {"11-23h2", 10, 0, 22631}, {"before-24h2", 10, 0, 26099},
    {"11-24h2", 10, 0, 26100},
};

enum { EARLY = 1406851200, LAST_EXEMPT = 1438127999, FIRST_NOT_EXEMPT = 1438128000 };

static const struct {
    const char *name;
    enum root root;
    enum digest_kind digest;
    int64_t not_before;
    bool attestation, embedded;
} signers[] = {
    {"ms-1997 md5", ROOT_MS_1997, DIGEST_MD5, 0, false, true},
    {"ms-2001 sha1", ROOT_MS_2001, DIGEST_SHA1, 0, false, false},
    {"ms-2010 sha256", ROOT_MS_2010, DIGEST_SHA256, 0, false, true},
    {"attested", ROOT_MS_2010, DIGEST_SHA256, 0, true, true},
    {"ms-2011", ROOT_MS_2011, DIGEST_SHA256, 0, false, true},
    {"cross 2014 sha1", ROOT_CODE_VERIFICATION, DIGEST_SHA1, EARLY, false, true},
    {"cross last exempt", ROOT_CODE_VERIFICATION, DIGEST_SHA256, LAST_EXEMPT, false, true},
    {"cross first not", ROOT_CODE_VERIFICATION, DIGEST_SHA256, FIRST_NOT_EXEMPT, false, true},
    {"cross catalog only", ROOT_CODE_VERIFICATION, DIGEST_SHA1, EARLY, false, false},
    {"ms test root", ROOT_MS_TEST, DIGEST_SHA256, 0, false, true},
    {"public", ROOT_PUBLIC, DIGEST_SHA1, 0, false, true},
    {"self", ROOT_SELF, DIGEST_SHA256, 0, false, true},
};

/* The guest's settings: what is on beside the defaults (nothing on, all known). */
static const struct {
    const char *name;
    enum tri secure_boot, test_signing, sha2, upgraded, whql;
    enum architecture architecture;
    enum product_type type;
} settings[] = {
    {"x64", TRI_NO, TRI_NO, TRI_YES, TRI_NO, TRI_NO, ARCHITECTURE_X64, PRODUCT_TYPE_WORKSTATION},
    {"x64, no sha2", TRI_NO, TRI_NO, TRI_NO, TRI_NO, TRI_NO, ARCHITECTURE_X64,
     PRODUCT_TYPE_WORKSTATION},
    {"x64, Secure Boot", TRI_YES, TRI_NO, TRI_YES, TRI_NO, TRI_NO, ARCHITECTURE_X64,
     PRODUCT_TYPE_WORKSTATION},
    {"x64, Secure Boot, upgraded", TRI_YES, TRI_NO, TRI_YES, TRI_YES, TRI_NO, ARCHITECTURE_X64,
     PRODUCT_TYPE_WORKSTATION},
    {"x64, WHQL enforced", TRI_NO, TRI_NO, TRI_YES, TRI_NO, TRI_YES, ARCHITECTURE_X64,
     PRODUCT_TYPE_WORKSTATION},
    {"x64, test signing", TRI_NO, TRI_YES, TRI_YES, TRI_NO, TRI_NO, ARCHITECTURE_X64,
     PRODUCT_TYPE_WORKSTATION},
    {"x64, nothing known", TRI_UNKNOWN, TRI_UNKNOWN, TRI_UNKNOWN, TRI_UNKNOWN, TRI_UNKNOWN,
     ARCHITECTURE_X64, PRODUCT_TYPE_WORKSTATION},
    {"x64 server", TRI_NO, TRI_NO, TRI_YES, TRI_NO, TRI_NO, ARCHITECTURE_X64, PRODUCT_TYPE_SERVER},
    {"x86", TRI_NO, TRI_NO, TRI_YES, TRI_NO, TRI_NO, ARCHITECTURE_X86, PRODUCT_TYPE_WORKSTATION},
    {"x86, Secure Boot", TRI_YES, TRI_NO, TRI_YES, TRI_NO, TRI_NO, ARCHITECTURE_X86,
     PRODUCT_TYPE_WORKSTATION},
};

static void gather(struct evidence *ev)
{
    char *temp = file_temp_folder(), *folder = file_join(temp, "xenpv-grid-XXXXXX");
    struct made p;
    struct err e = {0};
    make_package(&p);
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < FILES; i++) {
        char *path = file_join(folder, file_names[i]);
        assert_true(file_replace(path, p.files[i], &e));
        mem_free(path);
    }
    assert_true(evidence_gather(folder, &(struct evidence_options){.target = NULL}, ev, &e));
    file_remove_tree(folder, NULL);
    mem_free(folder);
    mem_free(temp);
}

static void sign_as(struct signature *s, size_t signer)
{
    s->root = signers[signer].root;
    s->digest = signers[signer].digest;
    s->not_before = signers[signer].not_before;
    s->usage = (struct certificate_usage){.attestation = signers[signer].attestation,
                                          .code_signing = true};
    for (size_t i = 0; i < s->chain_length; i++)
        s->chain[i].digest = signers[signer].digest;
}

static void add_cell(struct text *t, struct evidence *ev, struct facts *f, size_t signer)
{
    struct evidence_package *p = &ev->packages.at[0];
    struct prediction out = {0};
    struct signature own = {0},
                     *catalog = &ev->entries[p->catalog_entry].catalog_signature.signatures[0];
    struct authenticode kept[8] = {{0}};
    sign_as(catalog, signer);
    own = *catalog;
    for (size_t i = 0; i < p->files.count && i < COUNT(kept); i++) {
        struct evidence_entry *x = &ev->entries[p->files.at[i].entry];
        kept[i] = x->signatures;
        if (x->is_kernel && signers[signer].embedded)
            x->signatures = (struct authenticode){.signatures = &own, .count = 1};
        else if (x->is_kernel)
            x->signatures = (struct authenticode){0};
    }
    policy_judge(&(struct policy_case){ev, p, f, NULL}, &out);
    for (size_t i = 0; i < p->files.count && i < COUNT(kept); i++)
        ev->entries[p->files.at[i].entry].signatures = kept[i];
    text_addf(t, "  %-19s %-8s %-32s %-8s %-26s %s\n", signers[signer].name,
              load_verdict_name(out.load), out.load_rule, install_verdict_name(out.install),
              out.install_rule, confidence_name(out.load_basis->confidence));
    prediction_release(&out);
}

static char *grid(void)
{
    struct evidence ev = {0};
    struct text t = {0};
    gather(&ev);
    for (size_t s = 0; s < COUNT(settings); s++)
        for (size_t w = 0; w < COUNT(windows); w++) {
            struct facts f = {0};
            f.windows.major = number_of(windows[w].major);
            f.windows.minor = number_of(windows[w].minor);
            f.windows.build = number_of(windows[w].build);
            f.windows.architecture = settings[s].architecture;
            f.windows.type = settings[s].type;
            f.integrity.secure_boot = settings[s].secure_boot;
            f.integrity.test_signing = settings[s].test_signing;
            f.integrity.sha2 = settings[s].sha2;
            f.integrity.upgraded = settings[s].upgraded;
            f.integrity.whql_enforced = settings[s].whql;
            f.integrity.signing_policy = number_of(1);
            text_addf(&t, "%s, %s\n", windows[w].name, settings[s].name);
            for (size_t k = 0; k < COUNT(signers); k++)
                add_cell(&t, &ev, &f, k);
        }
    evidence_release(&ev);
    return text_steal(&t);
}

static void the_grid_is_as_reviewed(void **state)
{
    (void)state;
    struct bytes file = {0};
    struct err e = {0};
    char *now = grid();
    if (getenv("POLICY_GRID_WRITE"))
        assert_true(file_replace(golden, span_text(now), &e));
    if (!file_read(golden, 16 << 20, &file, &e))
        fail_msg("%s", e.text);
    char *want = mem_strndup((const char *)file.at, file.size);
    size_t line = 1, at = 0;
    while (now[at] && now[at] == want[at])
        line += now[at++] == '\n';
    if (now[at] != want[at])
        fail_msg("line %zu differs: '%.120s'", line, now + at);
    assert_true(line > COUNT(settings) * COUNT(windows) * COUNT(signers));
    bytes_release(&file);
    mem_free(want);
    mem_free(now);
    der_forget();
}

/* The line of a cell in the grid, or the end of what it is looked for in. */
static const char *cell(const char *all, const char *window, const char *setting,
                        const char *signer)
{
    char head[96], row[32];
    snprintf(head, sizeof head, "%s, %s\n", window, setting);
    snprintf(row, sizeof row, "  %-19s ", signer);
    const char *block = strstr(all, head);
    while (block && block != all && block[-1] != '\n')
        block = strstr(block + 1, head);
    const char *line = block ? strstr(block, row) : NULL;
    if (!line)
        fail_msg("the grid has no %s, %s, %s", window, setting, signer);
    return line ? line + strlen(row) : all;
}

static bool begins(const char *cell, const char *verdict, const char *rule)
{
    char want[64];
    snprintf(want, sizeof want, "%-8s %s", verdict, rule);
    return strncmp(cell, want, strlen(want)) == 0;
}

/* Where the data of the kernels can be compared with a cell, it says the same. The package has no
 * 32-bit driver. */
static void the_data_says_the_same(void **state)
{
    (void)state;
    struct manifest m = {0};
    char *all = grid();
    size_t compared = 0;
    assert_true(manifest_embedded(&m, NULL));
    for (size_t i = 0; i < COUNT(windows); i++) {
        const char *name = windows[i].name;
        struct facts_windows w = {.major = number_of(windows[i].major),
                                  .minor = number_of(windows[i].minor),
                                  .build = number_of(windows[i].build)};
        const struct manifest_kernel *k = manifest_kernel_of(&m, &w);
        assert_non_null(k);
        if (begins(cell(all, name, "x64", "self"), "unknown", "no-driver"))
            continue;
        compared++;
        CHECK(name, begins(cell(all, name, "x64", "self"), "loads", "") ==
                        (k->signature_64 == DEMAND_NEVER));
        CHECK(name, begins(cell(all, name, "x64, no sha2", "cross last exempt"), "refused",
                           "sha2") == (k->sha2 == SHA2_UPDATE));
        CHECK(name, begins(cell(all, name, "x64, Secure Boot", "cross first not"), "refused", "") ==
                        (k->microsoft_only == TRI_YES));
        CHECK(name, begins(cell(all, name, "x64", "cross 2014 sha1"), "refused",
                           "driver-policy-2026") == (k->driver_policy == TRI_YES));
    }
    CHECK("the package has a driver for all but 2000", compared == COUNT(windows) - 1);
    manifest_release_all(&m);
    mem_free(all);
    der_forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_grid_is_as_reviewed),
                                       cmocka_unit_test(the_data_says_the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
