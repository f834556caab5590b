/*
 * policy: what each Windows makes of each kind of signature, row by row, and just beside each
 * border.
 *
 * The evidence is made by hand: one INF, one driver, one catalog. Sources of the rows:
 * kernel-mode-code-signing-policy (2024-08-19), "The Windows Driver Policy" (2026), KB3033929 and
 * KB4474419, signature-categories-and-driver- installation.
 */
#include "verifier/policy.h"

#include "tests/unit/check.h"

#include <stdio.h>

enum { DAY = 86400, ENTRIES = 3, RULES_MAX = 64 };

#define EXEMPT INT64_C(1438128000) /* 2015-07-29T00:00:00Z */

#define INF_FORMAT                                                                                                                       \
    "[Version]\r\nSignature=\"$Windows NT$\"\r\nProvider=%%P%%\r\nCatalogFile=a.cat\r\nDriverVer=01/01/2015,9.1.0.1\r\n"                 \
    "[Manufacturer]\r\n%%P%%=M,NTx86,NTamd64,NTarm64\r\n"                                                                                \
    "[M]\r\n%%P%%=I,PCI\\VEN_5853&DEV_0001\r\n[M.NTx86]\r\n%%P%%=I,PCI\\VEN_5853&DEV_0001\r\n"                                           \
    "[M.NTamd64]\r\n%%P%%=I,PCI\\VEN_5853&DEV_0001\r\n"                                                                                  \
    "[I]\r\nCopyFiles=F\r\n[I.Services]\r\nAddService=xenbus,2,S\r\n"                                                                    \
    "[S]\r\nServiceType=1\r\nStartType=%%START%%\r\nErrorControl=1\r\nServiceBinary=%%12%%\\xenbus.sys\r\n"                              \
    "[F]\r\nxenbus.sys\r\n[DestinationDirs]\r\nDefaultDestDir=12\r\n[SourceDisksNames]\r\n1=x\r\n[SourceDisksFiles]\r\nxenbus.sys=1\r\n" \
    "[Strings]\r\nP=\"Xen Project\"\r\nSTART=%c\r\n"

/* Where the driver's signature is. */
enum place { EMBEDDED, LISTED, BOTH, NOWHERE };

/* One kind of driver. Left out: an intact SHA-1 signature of an old certificate, up to the Code
 * Verification Root. */
struct driver {
    enum place place;
    enum root root;
    enum digest_kind digest;
    int64_t not_before;
    bool attestation, altered, boot;
};

/* One machine. 10.0.19045 x64 and so on. */
struct guest {
    unsigned major, minor, build;
    enum architecture arch;
    struct facts_integrity integrity;
};

struct made {
    struct evidence ev;
    struct evidence_entry entries[ENTRIES];
    struct package_entry names[ENTRIES];
    struct evidence_file files[2];
    struct evidence_package package;
    struct signature signature;
    struct facts facts;
    struct prediction out;
};

static uint16_t machine_of(enum architecture a)
{
    return a == ARCHITECTURE_X86 ? 0x14c : a == ARCHITECTURE_ARM64 ? 0xaa64 : 0x8664;
}

static void make_signature(struct made *m, const struct driver *d)
{
    m->signature =
        (struct signature){.integrity = d->altered ? SIGNATURE_ALTERED : SIGNATURE_INTACT,
                           .seal = SIGNATURE_INTACT,
                           .digest = d->digest ? d->digest : DIGEST_SHA1,
                           .not_before = d->not_before ? d->not_before : EXEMPT - DAY,
                           .root = d->root};
    m->signature.usage.attestation = d->attestation;
    if (d->place == EMBEDDED || d->place == BOTH) {
        m->entries[1].signatures.signatures = &m->signature;
        m->entries[1].signatures.count = 1;
    }
    if (d->place == LISTED || d->place == BOTH) {
        m->entries[2].catalog_signature.signatures = &m->signature;
        m->entries[2].catalog_signature.count = 1;
    }
}

static void make_package(struct made *m, const struct driver *d, const struct guest *g)
{
    char text[sizeof INF_FORMAT + 8];
    struct err e = {0};
    static char names[ENTRIES][16] = {"xenbus.inf", "xenbus.sys", "a.cat"};
    snprintf(text, sizeof text, INF_FORMAT, d->boot ? '0' : '3');
    for (size_t i = 0; i < ENTRIES; i++)
        m->names[i].name = names[i];
    m->ev.package.entries = m->names;
    m->ev.package.count = ENTRIES;
    m->ev.entries = m->entries;
    m->entries[1].is_pe = m->entries[1].is_kernel = true;
    m->entries[1].machine = machine_of(g->arch);
    m->entries[1].subsystem_version[0] = 5;
    m->entries[1].file_version[0] = 9;
    m->entries[1].file_version[1] = 2;
    bool listed = d->place == LISTED || d->place == BOTH;
    for (size_t i = 0; i < 2; i++)
        m->files[i] =
            (struct evidence_file){.name = names[i],
                                   .entry = i,
                                   .member = listed ? TRI_YES : TRI_NO,
                                   .integrity = d->altered ? INTEGRITY_ALTERED : INTEGRITY_INTACT};
    m->package.files.at = m->files;
    m->package.files.count = 2;
    m->package.catalog_entry = listed ? 2 : SIZE_MAX;
    m->package.integrity = d->altered ? INTEGRITY_ALTERED
                           : listed   ? INTEGRITY_INTACT
                                      : INTEGRITY_UNSIGNED;
    if (!inf_parse(span_text(text), &m->package.inf, NULL, &e))
        fail_msg("the INF of the test: %s", e.text);
}

static void make(struct made *m, const struct driver *d, const struct guest *g)
{
    memset(m, 0, sizeof *m);
    make_package(m, d, g);
    make_signature(m, d);
    m->facts.integrity = g->integrity;
    m->facts.windows.architecture = g->arch;
    m->facts.windows.type = PRODUCT_TYPE_WORKSTATION;
    if (g->major) {
        m->facts.windows.major = number_of(g->major);
        m->facts.windows.minor = number_of(g->minor);
        m->facts.windows.build = number_of(g->build);
    }
}

static struct manifest manifest;

static int read_manifest(void **state)
{
    (void)state;
    return manifest_embedded(&manifest, NULL) ? 0 : -1;
}

static int free_manifest(void **state)
{
    (void)state;
    manifest_release_all(&manifest);
    return 0;
}

static void predict(struct made *m)
{
    policy_judge(&(struct policy_case){&m->ev, &m->package, &m->facts, &manifest}, &m->out);
}

static void unmake(struct made *m)
{
    prediction_release(&m->out);
    inf_release(&m->package.inf);
}

#define X86 ARCHITECTURE_X86
#define X64 ARCHITECTURE_X64
#define CROSS ROOT_CODE_VERIFICATION
#define SB_ON .secure_boot = TRI_YES
#define SB_OFF .secure_boot = TRI_NO

struct load_row {
    const char *sentence;
    struct driver driver;
    struct guest guest;
    enum load_verdict load;
    const char *rule;
};

static const struct load_row load_rows[] = {
    {"nothing is known of a Windows without a version",
     {.root = ROOT_MS_2010},
     {.arch = X64},
     LOAD_UNKNOWN,
     "windows-unknown"},
    {"2000 loads unsigned drivers", {.place = NOWHERE}, {5, 0, 2195, X86, {0}}, LOAD_LOADS, "nt5"},
    {"XP loads drivers with an altered signature",
     {.root = CROSS, .altered = true},
     {5, 1, 2600, X86, {0}},
     LOAD_LOADS,
     "nt5"},
    {"Server 2003 x64 loads unsigned drivers",
     {.place = NOWHERE},
     {5, 2, 3790, X64, {0}},
     LOAD_LOADS,
     "nt5"},
    {"Vista x86 loads unsigned drivers",
     {.place = NOWHERE},
     {6, 0, 6002, X86, {0}},
     LOAD_LOADS,
     "x86"},
    {"7 x86 does, Secure Boot unknown or not: it has none",
     {.place = NOWHERE},
     {6, 1, 7601, X86, {0}},
     LOAD_LOADS,
     "x86"},
    {"8 x86 without Secure Boot does",
     {.place = NOWHERE},
     {6, 2, 9200, X86, {SB_OFF}},
     LOAD_LOADS,
     "x86"},
    {"8 x86 with Secure Boot does not",
     {.place = NOWHERE},
     {6, 2, 9200, X86, {SB_ON}},
     LOAD_REFUSED,
     "unsigned"},
    {"10 1511 x86 with Secure Boot does not",
     {.place = NOWHERE},
     {10, 0, 10586, X86, {SB_ON}},
     LOAD_REFUSED,
     "unsigned"},
    {"10 x86, Secure Boot unknown: cannot be told",
     {.place = NOWHERE},
     {10, 0, 19045, X86, {0}},
     LOAD_UNKNOWN,
     "x86-secure-boot-unknown"},
    {"10 x86 without Secure Boot does",
     {.place = NOWHERE},
     {10, 0, 19045, X86, {SB_OFF}},
     LOAD_LOADS,
     "x86"},
    {"10 x86 with Secure Boot asks for Microsoft's from 1607 on",
     {.root = CROSS, .not_before = EXEMPT},
     {10, 0, 14393, X86, {SB_ON}},
     LOAD_REFUSED,
     "cross-signed-secure-boot"},
    {"Vista x64 refuses unsigned drivers",
     {.place = NOWHERE},
     {6, 0, 6002, X64, {0}},
     LOAD_REFUSED,
     "unsigned"},
    {"11 x64 without Secure Boot refuses unsigned drivers",
     {.place = NOWHERE},
     {10, 0, 22631, X64, {SB_OFF}},
     LOAD_REFUSED,
     "unsigned"},
    {"checks that are off in this boot ask for nothing",
     {.place = NOWHERE},
     {10, 0, 19045, X64, {.disabled = TRI_YES}},
     LOAD_LOADS,
     "checks-off"},
    {"checks that may be off still ask",
     {.place = NOWHERE},
     {10, 0, 19045, X64, {.disabled = TRI_UNKNOWN}},
     LOAD_REFUSED,
     "unsigned"},
    {"an altered signature is refused",
     {.root = ROOT_MS_2010, .altered = true},
     {10, 0, 19045, X64, {SB_OFF}},
     LOAD_REFUSED,
     "altered"},
    {"test signing does not help an altered one",
     {.root = ROOT_SELF, .altered = true},
     {10, 0, 19045, X64, {SB_OFF, .test_signing = TRI_YES}},
     LOAD_REFUSED,
     "altered"},
    {"Vista x64 loads cross-signed drivers",
     {.root = CROSS},
     {6, 0, 6002, X64, {0}},
     LOAD_LOADS,
     "cross-signed"},
    {"7 x64 loads them by the catalog alone",
     {.root = CROSS, .place = LISTED},
     {6, 1, 7601, X64, {0}},
     LOAD_LOADS,
     "cross-signed"},
    {"8.1 x64 with Secure Boot loads them",
     {.root = CROSS, .not_before = EXEMPT},
     {6, 3, 9600, X64, {SB_ON}},
     LOAD_LOADS,
     "cross-signed"},
    {"10 build 14392 with Secure Boot loads them",
     {.root = CROSS, .not_before = EXEMPT},
     {10, 0, 14392, X64, {SB_ON}},
     LOAD_LOADS,
     "cross-signed"},
    {"10 build 14393 with Secure Boot does not",
     {.root = CROSS, .not_before = EXEMPT},
     {10, 0, 14393, X64, {SB_ON}},
     LOAD_REFUSED,
     "cross-signed-secure-boot"},
    {"without Secure Boot it does",
     {.root = CROSS, .not_before = EXEMPT},
     {10, 0, 14393, X64, {SB_OFF}},
     LOAD_LOADS,
     "cross-signed"},
    {"unless the kernel says that the rule is in force",
     {.root = CROSS, .not_before = EXEMPT},
     {10, 0, 14393, X64, {SB_OFF, .whql_enforced = TRI_YES}},
     LOAD_REFUSED,
     "cross-signed-secure-boot"},
    {"Secure Boot unknown: cannot be told",
     {.root = CROSS, .not_before = EXEMPT},
     {10, 0, 19045, X64, {0}},
     LOAD_UNKNOWN,
     "secure-boot-unknown"},
    {"Secure Boot unknown, rule not seen: cannot be told",
     {.root = CROSS, .not_before = EXEMPT},
     {10, 0, 19045, X64, {.whql_enforced = TRI_NO}},
     LOAD_UNKNOWN,
     "secure-boot-unknown"},
    {"Secure Boot unknown, rule in force: refused",
     {.root = CROSS, .not_before = EXEMPT},
     {10, 0, 19045, X64, {.whql_enforced = TRI_YES}},
     LOAD_REFUSED,
     "cross-signed-secure-boot"},
    {"a Windows from before 1607 that was upgraded loads them",
     {.root = CROSS, .not_before = EXEMPT},
     {10, 0, 19045, X64, {SB_ON, .upgraded = TRI_YES}},
     LOAD_LOADS,
     "cross-signed-upgraded"},
    {"unless the kernel says that the rule is in force there",
     {.root = CROSS, .not_before = EXEMPT},
     {10, 0, 19045, X64, {SB_ON, .upgraded = TRI_YES, .whql_enforced = TRI_YES}},
     LOAD_REFUSED,
     "cross-signed-secure-boot"},
    {"a certificate of 2015-07-28 is exempt",
     {.root = CROSS, .not_before = EXEMPT - 1},
     {10, 0, 14393, X64, {SB_ON}},
     LOAD_LOADS,
     "cross-signed-before-2015-07-29"},
    {"one of 2015-07-29 is not",
     {.root = CROSS, .not_before = EXEMPT},
     {10, 0, 17762, X64, {SB_ON}},
     LOAD_REFUSED,
     "cross-signed-secure-boot"},
    {"an exempt one up to build 17762",
     {.root = CROSS},
     {10, 0, 17762, X64, {SB_ON}},
     LOAD_LOADS,
     "cross-signed-before-2015-07-29"},
    {"from 17763 on the documents differ: a warning",
     {.root = CROSS},
     {10, 0, 17763, X64, {SB_ON}},
     LOAD_LOADS,
     "cross-signed-before-2015-07-29"},
    {"build 26099 without Secure Boot knows no driver policy",
     {.root = CROSS},
     {10, 0, 26099, X64, {SB_OFF}},
     LOAD_LOADS,
     "cross-signed"},
    {"build 26100 may have it in force",
     {.root = CROSS},
     {10, 0, 26100, X64, {SB_OFF}},
     LOAD_REFUSED,
     "driver-policy-2026"},
    {"audits do not prove it",
     {.root = CROSS},
     {10, 0, 26100, X64, {SB_OFF, .driver_policy_audits = {true, 3}}},
     LOAD_REFUSED,
     "driver-policy-2026"},
    {"a block does",
     {.root = CROSS},
     {10, 0, 26100, X64, {SB_OFF, .driver_policy_blocks = {true, 1}}},
     LOAD_REFUSED,
     "driver-policy-2026"},
    {"no block does not",
     {.root = CROSS},
     {10, 0, 26100, X64, {SB_OFF, .driver_policy_blocks = {true, 0}}},
     LOAD_REFUSED,
     "driver-policy-2026"},
    {"Microsoft's is not its business",
     {.root = ROOT_MS_2010, .digest = DIGEST_SHA256},
     {10, 0, 26100, X64, {SB_ON}},
     LOAD_LOADS,
     "microsoft-signed"},
    {"the root of 1997 is Microsoft's",
     {.root = ROOT_MS_1997},
     {10, 0, 19045, X64, {SB_ON}},
     LOAD_LOADS,
     "microsoft-signed"},
    {"that of 2001 too",
     {.root = ROOT_MS_2001},
     {6, 1, 7601, X64, {0}},
     LOAD_LOADS,
     "microsoft-signed"},
    {"that of 2011 too, without Secure Boot",
     {.root = ROOT_MS_2011},
     {10, 0, 19045, X64, {SB_OFF}},
     LOAD_LOADS,
     "microsoft-signed"},
    {"with it the documents do not name it from 1607 on",
     {.root = ROOT_MS_2011},
     {10, 0, 19045, X64, {SB_ON}},
     LOAD_UNKNOWN,
     "root-2011"},
    {"attestation is for Windows 10",
     {.root = ROOT_MS_2010, .attestation = true},
     {10, 0, 10240, X64, {SB_ON}},
     LOAD_LOADS,
     "microsoft-signed"},
    {"before it the documents promise nothing",
     {.root = ROOT_MS_2010, .attestation = true},
     {6, 3, 9600, X64, {0}},
     LOAD_UNKNOWN,
     "attestation-before-10"},
    {"7 with the update takes SHA-256",
     {.root = CROSS, .digest = DIGEST_SHA256},
     {6, 1, 7601, X64, {.sha2 = TRI_YES}},
     LOAD_LOADS,
     "cross-signed"},
    {"7 without it does not",
     {.root = CROSS, .digest = DIGEST_SHA256},
     {6, 1, 7601, X64, {.sha2 = TRI_NO}},
     LOAD_REFUSED,
     "sha2"},
    {"7 of which that is not known: cannot be told",
     {.root = CROSS, .digest = DIGEST_SHA256},
     {6, 1, 7601, X64, {0}},
     LOAD_UNKNOWN,
     "sha2-unknown"},
    {"8 takes it natively",
     {.root = CROSS, .digest = DIGEST_SHA256},
     {6, 2, 9200, X64, {.sha2 = TRI_NO}},
     LOAD_LOADS,
     "cross-signed"},
    {"a signature of one's own is refused",
     {.root = ROOT_SELF},
     {6, 1, 7601, X64, {.test_signing = TRI_NO}},
     LOAD_REFUSED,
     "root-not-trusted"},
    {"so is one of a public authority without a cross-certificate",
     {.root = ROOT_PUBLIC},
     {10, 0, 19045, X64, {.test_signing = TRI_NO}},
     LOAD_REFUSED,
     "root-not-trusted"},
    {"so is an unknown root",
     {.root = ROOT_UNKNOWN},
     {10, 0, 19045, X64, {.test_signing = TRI_NO}},
     LOAD_REFUSED,
     "root-not-trusted"},
    {"and Microsoft's test root",
     {.root = ROOT_MS_TEST},
     {10, 0, 19045, X64, {.test_signing = TRI_NO}},
     LOAD_REFUSED,
     "root-not-trusted"},
    {"test signing unknown: cannot be told",
     {.root = ROOT_SELF},
     {10, 0, 19045, X64, {SB_OFF}},
     LOAD_UNKNOWN,
     "test-signing-unknown"},
    {"test signing takes any certificate",
     {.root = ROOT_SELF},
     {10, 0, 19045, X64, {SB_OFF, .test_signing = TRI_YES}},
     LOAD_LOADS,
     "test-signing"},
    {"and cross-signed ones on 24H2 too",
     {.root = CROSS},
     {10, 0, 26100, X64, {SB_OFF, .test_signing = TRI_YES}},
     LOAD_LOADS,
     "test-signing"},
    {"but not unsigned ones",
     {.place = NOWHERE},
     {10, 0, 19045, X64, {SB_OFF, .test_signing = TRI_YES}},
     LOAD_REFUSED,
     "unsigned"},
    {"a boot driver has its own signature on 7",
     {.root = CROSS, .boot = true},
     {6, 1, 7601, X64, {0}},
     LOAD_LOADS,
     "cross-signed"},
    {"with the catalog's alone it cannot be told",
     {.root = CROSS, .boot = true, .place = LISTED},
     {6, 1, 7601, X64, {0}},
     LOAD_UNKNOWN,
     "boot-start-embedded"},
    {"nor on 8.1",
     {.root = CROSS, .boot = true, .place = LISTED},
     {6, 3, 9600, X64, {0}},
     LOAD_UNKNOWN,
     "boot-start-embedded"},
    {"from 10 on the catalog is enough",
     {.root = CROSS, .boot = true, .place = LISTED},
     {10, 0, 10240, X64, {0}},
     LOAD_LOADS,
     "cross-signed"},
    {"on x86 nobody asks",
     {.root = CROSS, .boot = true, .place = LISTED},
     {6, 1, 7601, X86, {0}},
     LOAD_LOADS,
     "x86"},
};

static bool seen_rule(const char **rules, size_t *count, const char *rule)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(rules[i], rule) == 0)
            return true;
    assert_true(*count < RULES_MAX);
    rules[(*count)++] = rule;
    return false;
}

static void loads_what_it_loads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(load_rows); i++) {
        const struct load_row *r = &load_rows[i];
        static struct made m;
        make(&m, &r->driver, &r->guest);
        predict(&m);
        if (m.out.load != r->load || strcmp(m.out.load_rule, r->rule) != 0)
            fail_msg("%s; but '%s' by rule '%s': %s", r->sentence, load_verdict_name(m.out.load),
                     m.out.load_rule, m.out.load_why);
        assert_int_equal(m.out.drivers.count, 1);
        CHECK(r->sentence, m.out.drivers.at[0].boot_start == r->driver.boot);
        CHECK(r->sentence, *m.out.load_why);
        unmake(&m);
    }
}

/* A rule that no row reaches is a rule that nobody has seen work. */
static void every_rule_has_a_row(void **state)
{
    (void)state;
    static const char *const all[] = {"windows-unknown",
                                      "nt5",
                                      "x86",
                                      "x86-secure-boot-unknown",
                                      "checks-off",
                                      "driver-policy-2026",
                                      "cross-signed",
                                      "cross-signed-upgraded",
                                      "cross-signed-before-2015-07-29",
                                      "secure-boot-unknown",
                                      "cross-signed-secure-boot",
                                      "attestation-before-10",
                                      "microsoft-signed",
                                      "test-signing",
                                      "test-signing-unknown",
                                      "root-not-trusted",
                                      "altered",
                                      "sha2",
                                      "sha2-unknown",
                                      "unsigned",
                                      "boot-start-embedded",
                                      "root-2011"};
    const char *seen[RULES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < COUNT(load_rows); i++)
        seen_rule(seen, &count, load_rows[i].rule);
    for (size_t i = 0; i < COUNT(all); i++)
        CHECK(all[i], seen_rule(seen, &count, all[i]));
    assert_int_equal(count, COUNT(all));
}

static void the_best_signature_counts(void **state)
{
    (void)state;
    static struct made m;
    static struct signature two[2];
    make(&m, &(struct driver){.root = ROOT_SELF},
         &(struct guest){10, 0, 19045, X64, {SB_OFF, .test_signing = TRI_NO}});
    two[0] = two[1] = m.signature;
    two[1].root = ROOT_MS_2010;
    m.entries[1].signatures.signatures = two;
    m.entries[1].signatures.count = 2;
    predict(&m);
    assert_int_equal(m.out.load, LOAD_LOADS);
    assert_string_equal(m.out.load_rule, "microsoft-signed");
    unmake(&m);
}

static void what_was_not_read_is_not_judged(void **state)
{
    (void)state;
    static struct made m;
    make(&m, &(struct driver){.root = ROOT_MS_2010}, &(struct guest){10, 0, 19045, X64, {SB_ON}});
    m.files[1].integrity = INTEGRITY_UNREADABLE;
    m.package.integrity = INTEGRITY_UNREADABLE;
    predict(&m);
    assert_int_equal(m.out.load, LOAD_UNKNOWN);
    assert_string_equal(m.out.load_rule, "unreadable");
    assert_int_equal(m.out.install, INSTALL_UNKNOWN);
    assert_string_equal(m.out.install_rule, "unreadable");
    unmake(&m);
}

static void a_package_without_a_driver_loads_nothing(void **state)
{
    (void)state;
    static struct made m;
    make(&m, &(struct driver){.root = ROOT_MS_2010}, &(struct guest){10, 0, 19045, X64, {SB_ON}});
    m.entries[1].is_kernel = false;
    predict(&m);
    assert_int_equal(m.out.load, LOAD_UNKNOWN);
    assert_string_equal(m.out.load_rule, "no-driver");
    unmake(&m);
}

struct install_row {
    const char *sentence;
    struct driver driver;
    struct guest guest;
    enum install_verdict install;
    const char *rule;
};

#define CAT .place = LISTED

static const struct install_row install_rows[] = {
    {"nothing is known without a version",
     {.root = ROOT_MS_2010, CAT},
     {.arch = X64},
     INSTALL_UNKNOWN,
     "windows-unknown"},
    {"XP takes Microsoft's silently",
     {.root = ROOT_MS_1997, CAT},
     {5, 1, 2600, X86, {0}},
     INSTALL_SILENT,
     "whql"},
    {"XP whose policy is not known",
     {.root = CROSS, CAT},
     {5, 1, 2600, X86, {0}},
     INSTALL_UNKNOWN,
     "signing-policy-unknown"},
    {"XP that ignores",
     {.root = CROSS, CAT},
     {5, 1, 2600, X86, {.signing_policy = {true, 0}}},
     INSTALL_SILENT,
     "signing-policy-ignore"},
    {"XP that warns",
     {.root = CROSS, CAT},
     {5, 1, 2600, X86, {.signing_policy = {true, 1}}},
     INSTALL_PROMPTS,
     "signing-policy-warn"},
    {"XP that blocks",
     {.root = CROSS, CAT},
     {5, 1, 2600, X86, {.signing_policy = {true, 2}}},
     INSTALL_REFUSED,
     "signing-policy-block"},
    {"an altered Microsoft signature is none",
     {.root = ROOT_MS_1997, CAT, .altered = true},
     {5, 2, 3790, X86, {.signing_policy = {true, 2}}},
     INSTALL_REFUSED,
     "signing-policy-block"},
    {"Vista and later take Microsoft's silently",
     {.root = ROOT_MS_2010, CAT},
     {6, 0, 6002, X64, {0}},
     INSTALL_SILENT,
     "microsoft-signed"},
    {"they ask for an unknown publisher",
     {.root = CROSS, CAT},
     {6, 1, 7601, X64, {0}},
     INSTALL_PROMPTS,
     "publisher"},
    {"10 too", {.root = ROOT_SELF, CAT}, {10, 0, 19045, X64, {0}}, INSTALL_PROMPTS, "publisher"},
    {"7 x64 warns of an unsigned package",
     {.place = NOWHERE},
     {6, 1, 7601, X64, {0}},
     INSTALL_PROMPTS,
     "altered-or-unsigned"},
    {"a driver's own signature does not sign the package",
     {.root = ROOT_MS_2010},
     {6, 1, 7601, X64, {0}},
     INSTALL_PROMPTS,
     "altered-or-unsigned"},
    {"8 x64 refuses it",
     {.place = NOWHERE},
     {6, 2, 9200, X64, {0}},
     INSTALL_REFUSED,
     "altered-or-unsigned"},
    {"8 x86 warns",
     {.place = NOWHERE},
     {6, 2, 9200, X86, {0}},
     INSTALL_PROMPTS,
     "altered-or-unsigned"},
    {"8 ARM64 refuses it",
     {.place = NOWHERE},
     {10, 0, 22000, ARCHITECTURE_ARM64, {0}},
     INSTALL_REFUSED,
     "altered-or-unsigned"},
    {"10 x64 refuses an altered one",
     {.root = ROOT_MS_2010, CAT, .altered = true},
     {10, 0, 19045, X64, {0}},
     INSTALL_REFUSED,
     "altered-or-unsigned"},
    {"7 asks where it cannot read SHA-256",
     {.root = ROOT_MS_2010, CAT, .digest = DIGEST_SHA256},
     {6, 1, 7601, X64, {0}},
     INSTALL_PROMPTS,
     "sha2"},
    {"7 with the update does not",
     {.root = ROOT_MS_2010, CAT, .digest = DIGEST_SHA256},
     {6, 1, 7601, X64, {.sha2 = TRI_YES}},
     INSTALL_SILENT,
     "microsoft-signed"},
    {"8 reads it",
     {.root = ROOT_MS_2010, CAT, .digest = DIGEST_SHA256},
     {6, 2, 9200, X64, {0}},
     INSTALL_SILENT,
     "microsoft-signed"},
};

static void installs_what_it_installs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(install_rows); i++) {
        const struct install_row *r = &install_rows[i];
        static struct made m;
        make(&m, &r->driver, &r->guest);
        predict(&m);
        if (m.out.install != r->install || strcmp(m.out.install_rule, r->rule) != 0)
            fail_msg("%s; but '%s' by rule '%s'", r->sentence, install_verdict_name(m.out.install),
                     m.out.install_rule);
        unmake(&m);
    }
}

static void an_incomplete_package_is_refused(void **state)
{
    (void)state;
    static struct made m;
    make(&m, &(struct driver){.root = ROOT_MS_2010, CAT}, &(struct guest){6, 1, 7601, X64, {0}});
    m.package.integrity = INTEGRITY_INCOMPLETE;
    predict(&m);
    assert_int_equal(m.out.install, INSTALL_REFUSED);
    assert_string_equal(m.out.install_rule, "incomplete");
    unmake(&m);
}

struct fit_row {
    const char *sentence;
    struct guest guest;
    uint16_t machine, subsystem[2], version[4];
    enum fit_verdict fit;
    const char *rule;
};

static const struct fit_row fit_rows[] = {
    {"nothing fits an unknown Windows",
     {.arch = X64},
     0x8664,
     {5, 2},
     {9, 2, 0, 0},
     FIT_UNKNOWN,
     "windows-unknown"},
    {"nor an unknown processor",
     {10, 0, 19045, ARCHITECTURE_UNKNOWN, {0}},
     0x8664,
     {5, 2},
     {9, 2, 0, 0},
     FIT_UNKNOWN,
     "windows-unknown"},
    {"a driver for this processor fits",
     {6, 1, 7601, X64, {0}},
     0x8664,
     {6, 1},
     {9, 2, 0, 0},
     FIT_YES,
     "fits"},
    {"one for another does not",
     {6, 1, 7601, X64, {0}},
     0x14c,
     {5, 1},
     {9, 2, 0, 0},
     FIT_NO,
     "driver-unfit"},
    {"nor one that is linked for a later Windows",
     {6, 1, 7601, X64, {0}},
     0x8664,
     {6, 2},
     {9, 2, 0, 0},
     FIT_NO,
     "driver-unfit"},
    {"nor by major version",
     {6, 3, 9600, X64, {0}},
     0x8664,
     {10, 0},
     {9, 2, 0, 0},
     FIT_NO,
     "driver-unfit"},
    {"an INF without models for this processor offers nothing",
     {10, 0, 22000, ARCHITECTURE_ARM64, {0}},
     0xaa64,
     {10, 0},
     {9, 2, 0, 0},
     FIT_NO,
     "binds-nothing"},
    {"the last version with the hole",
     {10, 0, 19045, X64, {0}},
     0x8664,
     {6, 1},
     {9, 1, 0, 1},
     FIT_WARN,
     "xsa-468"},
    {"the first one without",
     {10, 0, 19045, X64, {0}},
     0x8664,
     {6, 1},
     {9, 1, 0, 2},
     FIT_YES,
     "fits"},
};

static void fits_where_it_fits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(fit_rows); i++) {
        const struct fit_row *r = &fit_rows[i];
        static struct made m;
        make(&m, &(struct driver){.root = ROOT_MS_2010, CAT}, &r->guest);
        m.entries[1].machine = r->machine;
        memcpy(m.entries[1].subsystem_version, r->subsystem, sizeof r->subsystem);
        memcpy(m.entries[1].file_version, r->version, sizeof r->version);
        predict(&m);
        if (m.out.fit != r->fit || strcmp(m.out.fit_rule, r->rule) != 0)
            fail_msg("%s; but '%s' by rule '%s': %s", r->sentence, fit_verdict_name(m.out.fit),
                     m.out.fit_rule, m.out.fit_why);
        unmake(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_what_it_loads),
        cmocka_unit_test(every_rule_has_a_row),
        cmocka_unit_test(the_best_signature_counts),
        cmocka_unit_test(what_was_not_read_is_not_judged),
        cmocka_unit_test(a_package_without_a_driver_loads_nothing),
        cmocka_unit_test(installs_what_it_installs),
        cmocka_unit_test(an_incomplete_package_is_refused),
        cmocka_unit_test(fits_where_it_fits),
    };
    return cmocka_run_group_tests(tests, read_manifest, free_manifest);
}
