/*
 * The pieces of policy that its answers are made of: names of verdicts, what of a chain counts,
 * notes that are made once, and which file of a package an INF means.
 */
#include "verifier/policy_inside.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <string.h>

static void verdicts_have_the_words_of_the_json(void **state)
{
    (void)state;
    assert_string_equal(load_verdict_name(LOAD_UNKNOWN), "unknown");
    assert_string_equal(load_verdict_name(LOAD_REFUSED), "refused");
    assert_string_equal(load_verdict_name(LOAD_LOADS), "loads");
    assert_string_equal(install_verdict_name(INSTALL_UNKNOWN), "unknown");
    assert_string_equal(install_verdict_name(INSTALL_REFUSED), "refused");
    assert_string_equal(install_verdict_name(INSTALL_PROMPTS), "prompts");
    assert_string_equal(install_verdict_name(INSTALL_SILENT), "silent");
    assert_string_equal(fit_verdict_name(FIT_UNKNOWN), "unknown");
    assert_string_equal(fit_verdict_name(FIT_NO), "no");
    assert_string_equal(fit_verdict_name(FIT_WARN), "warn");
    assert_string_equal(fit_verdict_name(FIT_YES), "yes");
}

static void facts_become_the_numbers_of_decorations(void **state)
{
    (void)state;
    static const struct {
        enum architecture have;
        enum target_arch want;
    } rows[] = {{ARCHITECTURE_UNKNOWN, TARGET_ARCH_UNKNOWN},
                {ARCHITECTURE_X86, TARGET_X86},
                {ARCHITECTURE_X64, TARGET_AMD64},
                {ARCHITECTURE_ARM64, TARGET_ARM64},
                {ARCHITECTURE_IA64, TARGET_IA64}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct facts_windows w = {.architecture = rows[i].have,
                                  .major = number_of(6),
                                  .minor = number_of(3),
                                  .build = number_of(9600),
                                  .service_pack = number_of(2),
                                  .type = PRODUCT_TYPE_SERVER,
                                  .suite = number_of(0x80)};
        struct target t = policy_target(&w);
        assert_int_equal(t.arch, rows[i].want);
        assert_true(t.major == 6 && t.minor == 3 && t.build == 9600 && t.service_pack == 2);
        assert_true(t.product == TARGET_SERVER && t.suite == TARGET_SUITE_DATACENTER);
    }
}

static void only_microsofts_own_roots_are_microsoft(void **state)
{
    (void)state;
    static const bool is[ROOT_COUNT] = {
        [ROOT_MS_1997] = true, [ROOT_MS_2001] = true, [ROOT_MS_2010] = true, [ROOT_MS_2011] = true};
    for (int r = 0; r < ROOT_COUNT; r++) {
        struct signature s = {.root = (enum root)r};
        CHECK(root_name((enum root)r), policy_is_microsoft(&s) == is[r]);
    }
}

static void all_rules_are_listed(void **state)
{
    (void)state;
    size_t count;
    const struct policy_rule *rules = policy_rules(&count);
    assert_int_equal(count, RULE_COUNT - 1);
    for (size_t i = 0; i < count; i++)
        CHECK(rules[i].id, &rules[i] == &policy_table[i + 1]);
}

struct link {
    const char *subject, *issuer;
    enum digest_kind digest;
};

static const struct {
    const char *sentence;
    enum digest_kind own;
    struct link chain[3];
    size_t length;
    bool own_sha2, chain_sha2;
} chains[] = {
    {"SHA-1 throughout",
     DIGEST_SHA1,
     {{"leaf", "ca", DIGEST_SHA1}, {"ca", "ca", DIGEST_SHA1}},
     2,
     false,
     false},
    {"no chain, SHA-256", DIGEST_SHA256, {{0}}, 0, true, true},
    {"no chain, MD5", DIGEST_MD5, {{0}}, 0, false, false},
    {"no chain, SHA-384", DIGEST_SHA384, {{0}}, 0, true, true},
    {"no chain, SHA-512", DIGEST_SHA512, {{0}}, 0, true, true},
    {"no chain, an unknown digest", DIGEST_NONE, {{0}}, 0, false, false},
    {"the leaf's certificate is made with SHA-256",
     DIGEST_SHA1,
     {{"leaf", "ca", DIGEST_SHA256}, {"ca", "ca", DIGEST_SHA1}},
     2,
     false,
     true},
    {"only the root's own signature is",
     DIGEST_SHA1,
     {{"leaf", "ca", DIGEST_SHA1}, {"ca", "ca", DIGEST_SHA256}},
     2,
     false,
     false},
    {"the one in the middle is",
     DIGEST_SHA1,
     {{"leaf", "sub", DIGEST_SHA1}, {"sub", "ca", DIGEST_SHA256}, {"ca", "ca", DIGEST_SHA1}},
     3,
     false,
     true},
    {"a last one that is no root counts",
     DIGEST_SHA1,
     {{"leaf", "sub", DIGEST_SHA1}, {"sub", "ca", DIGEST_SHA512}},
     2,
     false,
     true},
    {"what stands behind the chain is not of it",
     DIGEST_SHA1,
     {{"leaf", "ca", DIGEST_SHA1}, {"sub", "ca", DIGEST_SHA256}},
     1,
     false,
     false},
    {"one without names is no root", DIGEST_SHA1, {{NULL, "ca", DIGEST_SHA256}}, 1, false, true},
    {"nor is one without an issuer", DIGEST_SHA1, {{"ca", NULL, DIGEST_SHA256}}, 1, false, true},
};

static void a_chain_counts_below_its_root(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(chains); i++) {
        struct signature s = {.digest = chains[i].own, .chain_length = chains[i].length};
        for (size_t k = 0; k < COUNT(chains[i].chain); k++)
            s.chain[k] = (struct chain_link){.subject = (char *)chains[i].chain[k].subject,
                                             .issuer = (char *)chains[i].chain[k].issuer,
                                             .digest = chains[i].chain[k].digest};
        CHECK(chains[i].sentence, policy_uses_sha2(&s) == chains[i].own_sha2);
        CHECK(chains[i].sentence, policy_chain_uses_sha2(&s) == chains[i].chain_sha2);
    }
}

static void a_note_is_made_once_for_each_file(void **state)
{
    (void)state;
    struct prediction out = {0};
    struct judgement j = {.out = &out};
    char other_a[] = "a.sys";
    policy_note(&j, RULE_UNTIL_EXPIRY, NULL, NULL);
    policy_note(&j, RULE_UNTIL_EXPIRY, NULL, mem_strdup("again"));
    assert_int_equal(out.notes.count, 1);
    assert_string_equal(out.notes.at[0].why, policy_table[RULE_UNTIL_EXPIRY].sentence);
    policy_note(&j, RULE_UNTIL_EXPIRY, "a.sys", mem_strdup("own words"));
    assert_int_equal(out.notes.count, 2);
    assert_string_equal(out.notes.at[1].why, "own words");
    policy_note(&j, RULE_UNTIL_EXPIRY, other_a, NULL);
    assert_int_equal(out.notes.count, 2);
    policy_note(&j, RULE_UNTIL_EXPIRY, "b.sys", NULL);
    assert_int_equal(out.notes.count, 3);
    policy_note(&j, RULE_OS_ATTRIBUTE, "b.sys", NULL);
    assert_int_equal(out.notes.count, 4);
    policy_note(&j, RULE_OS_ATTRIBUTE, NULL, NULL);
    assert_int_equal(out.notes.count, 5);
    policy_note(&j, RULE_OS_ATTRIBUTE, NULL, NULL);
    assert_int_equal(out.notes.count, 5);
    prediction_release(&out);
}

/* Entries of a package: the INF stands in x64, and x86 has files of the same names. */
static const char *const entry_names[] = {"x64/xen.inf",      "x64/xen.sys", "x86/xen.sys",
                                          "x64/sub/tool.exe", "xen.sys",     "x64/xen.cat",
                                          "x86/xen.cat"};
enum { INF_ENTRY, CAT_HERE = 5, CAT_ELSEWHERE };

static const struct {
    const char *sentence, *path, *source, *entry;
    enum inf_source origin;
    bool found;
} copies[] = {
    {"beside the INF", "xen.sys", "xen.sys", "x64/xen.sys", INF_SOURCE_PACKAGE, true},
    {"in any case of letters", "XEN.SYS", "XEN.SYS", "x64/xen.sys", INF_SOURCE_PACKAGE, true},
    {"not the one of the other folder", "xen.sys", "xen.sys", "x86/xen.sys", INF_SOURCE_PACKAGE,
     false},
    {"not the one above", "xen.sys", "xen.sys", "xen.sys", INF_SOURCE_PACKAGE, false},
    {"in a folder below, by its path", "sub/tool.exe", "tool.exe", "x64/sub/tool.exe",
     INF_SOURCE_PACKAGE, true},
    {"where the path names no such file, by its name", "gone/xen.sys", "xen.sys", "x64/xen.sys",
     INF_SOURCE_PACKAGE, true},
    {"a path that leads out is none", "../x86/xen.sys", "../x86/xen.sys", "x86/xen.sys",
     INF_SOURCE_PACKAGE, false},
    {"Windows' own files are not the package's", "xen.sys", "xen.sys", "x64/xen.sys",
     INF_SOURCE_WINDOWS, false},
    {"another name", "other.sys", "other.sys", "x64/xen.sys", INF_SOURCE_PACKAGE, false},
};

static void an_inf_means_files_of_its_folder(void **state)
{
    (void)state;
    struct package_entry entries[COUNT(entry_names)] = {{0}};
    struct evidence ev = {.package = {.entries = entries, .count = COUNT(entry_names)}};
    struct evidence_package p = {.inf_entry = INF_ENTRY};
    struct policy_case c = {.evidence = &ev, .package = &p};
    for (size_t i = 0; i < COUNT(entry_names); i++)
        entries[i].name = entry_names[i];
    for (size_t i = 0; i < COUNT(copies); i++) {
        struct inf_file first = {
            .path = "none.txt", .source = "none.txt", .origin = INF_SOURCE_PACKAGE};
        struct inf_file files[] = {
            first,
            {.path = copies[i].path, .source = copies[i].source, .origin = copies[i].origin}};
        struct inf_install installs[] = {{0}, {.files = files, .file_count = COUNT(files)}};
        struct inf_here here = {.installs = installs, .count = COUNT(installs)};
        struct judgement j = {.c = &c, .here = &here};
        struct evidence_file f = {.name = (char *)copies[i].entry};
        CHECK(copies[i].sentence, policy_copy(&j, &f) == (copies[i].found ? &files[1] : NULL));
    }
}

static void check_catalog(const char *sentence, const char *line, size_t entry, bool named)
{
    struct package_entry entries[COUNT(entry_names)] = {{0}};
    struct evidence ev = {.package = {.entries = entries, .count = COUNT(entry_names)}};
    struct evidence_package p = {.inf_entry = INF_ENTRY, .catalog_entry = entry};
    struct policy_case c = {.evidence = &ev, .package = &p};
    struct inf_here here = {.target = {.major = 10, .build = 19045, .arch = TARGET_AMD64}};
    struct judgement j = {.c = &c, .here = &here};
    struct findings findings = {0};
    struct text file = {0};
    for (size_t i = 0; i < COUNT(entry_names); i++)
        entries[i].name = entry_names[i];
    text_addf(&file, "[Version]\r\nSignature=\"$WINDOWS NT$\"\r\n%s\r\n", line);
    assert_true(inf_parse(span_text(text_str(&file)), &p.inf, &findings, NULL));
    CHECK(sentence, policy_catalog_is_named(&j) == named);
    inf_release(&p.inf);
    findings_release(&findings);
    text_release(&file);
}

static void a_catalog_must_be_the_one_that_is_named(void **state)
{
    (void)state;
    check_catalog("the one beside the INF", "CatalogFile=xen.cat", CAT_HERE, true);
    check_catalog("of the same name elsewhere", "CatalogFile=xen.cat", CAT_ELSEWHERE, false);
    check_catalog("another name", "CatalogFile=other.cat", CAT_HERE, false);
    check_catalog("none is named", "", CAT_HERE, false);
    check_catalog("none is there", "CatalogFile=xen.cat", SIZE_MAX, false);
    check_catalog("for another processor", "CatalogFile.ntx86=xen.cat", CAT_HERE, false);
    check_catalog("for this one", "CatalogFile.ntamd64=xen.cat", CAT_HERE, true);
}

/* Two models of two sections, the second of which copies the driver. */
static void each_install_section_counts(void **state)
{
    (void)state;
    static const char text[] =
        "[Version]\r\nSignature=\"$Windows NT$\"\r\n[Manufacturer]\r\nX=M,NTamd64\r\n"
        "[M.NTamd64]\r\nX=I,PCI\\A\r\nX=J,PCI\\B\r\n[I]\r\nFeatureScore=1\r\n"
        "[J]\r\nCopyFiles=@xen.sys\r\n"
        "[SourceDisksNames]\r\n1=x\r\n[SourceDisksFiles]\r\nxen.sys=1\r\n";
    struct package_entry names[] = {{.name = "xen.inf"}, {.name = "xen.sys"}};
    struct evidence_entry entries[2] = {{0}, {.is_kernel = true}};
    struct evidence ev = {.package = {.entries = names, .count = 2}, .entries = entries};
    struct evidence_file files[] = {
        {.name = (char *)"xen.inf", .integrity = INTEGRITY_INTACT},
        {.name = (char *)"xen.sys", .entry = 1, .integrity = INTEGRITY_INTACT}};
    struct evidence_package p = {.catalog_entry = SIZE_MAX, .files = {files, 2}};
    struct facts f = {.windows = {.architecture = ARCHITECTURE_X64}};
    struct prediction out = {0};
    f.windows.major = number_of(10);
    f.windows.minor = number_of(0);
    f.windows.build = number_of(19045);
    assert_true(inf_parse(span_text(text), &p.inf, NULL, NULL));
    policy_predict(&ev, &p, &f, &out);
    assert_int_equal(out.drivers.count, 1);
    assert_string_equal(out.load_rule, "unsigned");
    prediction_release(&out);
    inf_release(&p.inf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verdicts_have_the_words_of_the_json),
        cmocka_unit_test(facts_become_the_numbers_of_decorations),
        cmocka_unit_test(only_microsofts_own_roots_are_microsoft),
        cmocka_unit_test(all_rules_are_listed),
        cmocka_unit_test(a_chain_counts_below_its_root),
        cmocka_unit_test(a_note_is_made_once_for_each_file),
        cmocka_unit_test(an_inf_means_files_of_its_folder),
        cmocka_unit_test(a_catalog_must_be_the_one_that_is_named),
        cmocka_unit_test(each_install_section_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
