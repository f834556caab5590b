/*
 * policy_load, piece by piece: what decides between several signatures and several drivers, what
 * holds beside the answer, and which drivers of a package are asked about. Which Windows loads
 * which signature is policy_test's and policy_grid_test's.
 *
 * Sources of the rows: kernel-mode-code-signing-policy (2024-08-19), embedded-signatures-in-a-
 * driver-file, the-testsigning-boot-configuration-option, driver-signing (KB3081436),
 * deprecation-of-software-publisher-certificates.
 */
#include "tests/unit/build_judgement.h"

#define EXEMPT INT64_C(1438128000)  /* 2015-07-29T00:00:00Z */
#define EXPIRED INT64_C(1627776000) /* 2021-08-01T00:00:00Z */
#define CROSS ROOT_CODE_VERIFICATION

static void check_load(struct hand *h, const char *sentence, enum load_verdict load, enum rule rule)
{
    hand_forget(h);
    policy_load(&h->j);
    hand_expect(sentence, h->out.load_basis, rule);
    CHECK_TEXT(sentence, load_verdict_name(h->out.load), load_verdict_name(load));
}

static void set_up(struct hand *h, enum root root)
{
    hand_set_up(h);
    hand_copy(h, 1);
    hand_sign(h, 1);
    h->own[0].root = root;
    h->own[0].digest = DIGEST_SHA1;
}

/* --- test signing, and checks that are off */

static const struct {
    const char *sentence;
    enum root root;
    enum tri secure_boot, test_signing;
    struct number options;
    enum load_verdict load;
    enum rule rule;
} test_signing[] = {
    {"test signing accepts any certificate",
     ROOT_SELF,
     TRI_NO,
     TRI_YES,
     {0},
     LOAD_LOADS,
     RULE_TEST_SIGNING},
    {"with Secure Boot it cannot be on",
     ROOT_SELF,
     TRI_YES,
     TRI_YES,
     {0},
     LOAD_REFUSED,
     RULE_TEST_SIGNING_SECURE_BOOT},
    {"so that it need not be known",
     ROOT_SELF,
     TRI_YES,
     TRI_UNKNOWN,
     {0},
     LOAD_REFUSED,
     RULE_TEST_SIGNING_SECURE_BOOT},
    {"unless the kernel says that it is",
     ROOT_SELF,
     TRI_YES,
     TRI_YES,
     {true, 0x3},
     LOAD_LOADS,
     RULE_TEST_SIGNING},
    {"its other options say nothing of it",
     ROOT_SELF,
     TRI_YES,
     TRI_YES,
     {true, 0x1},
     LOAD_REFUSED,
     RULE_TEST_SIGNING_SECURE_BOOT},
    {"options that were not read say nothing",
     ROOT_SELF,
     TRI_YES,
     TRI_YES,
     {false, 0x2},
     LOAD_REFUSED,
     RULE_TEST_SIGNING_SECURE_BOOT},
    {"what is off does not help",
     ROOT_SELF,
     TRI_YES,
     TRI_NO,
     {0},
     LOAD_REFUSED,
     RULE_ROOT_NOT_TRUSTED},
    {"nor without Secure Boot",
     ROOT_SELF,
     TRI_NO,
     TRI_NO,
     {0},
     LOAD_REFUSED,
     RULE_ROOT_NOT_TRUSTED},
    {"whether it is on must be known",
     ROOT_SELF,
     TRI_NO,
     TRI_UNKNOWN,
     {0},
     LOAD_UNKNOWN,
     RULE_TEST_SIGNING_UNKNOWN},
    {"a cross-signed driver is refused for what it is",
     CROSS,
     TRI_YES,
     TRI_YES,
     {0},
     LOAD_REFUSED,
     RULE_CROSS_SIGNED_SECURE_BOOT},
    {"and loads where test signing is in force all the same",
     CROSS,
     TRI_YES,
     TRI_YES,
     {true, 0x3},
     LOAD_LOADS,
     RULE_TEST_SIGNING},
    {"Microsoft's needs no test signing",
     ROOT_MS_2010,
     TRI_NO,
     TRI_YES,
     {0},
     LOAD_LOADS,
     RULE_MICROSOFT_SIGNED},
};

static void test_signing_is_off_with_secure_boot(void **state)
{
    (void)state;
    struct hand h;
    for (size_t i = 0; i < COUNT(test_signing); i++) {
        set_up(&h, test_signing[i].root);
        h.own[0].not_before = EXEMPT;
        h.facts.integrity.secure_boot = test_signing[i].secure_boot;
        h.facts.integrity.test_signing = test_signing[i].test_signing;
        h.facts.integrity.options = test_signing[i].options;
        check_load(&h, test_signing[i].sentence, test_signing[i].load, test_signing[i].rule);
        hand_tear_down(&h);
    }
}

static void hvci_asks_even_with_checks_off(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, ROOT_SELF);
    hand_sign(&h, 0);
    h.facts.integrity.disabled = TRI_YES;
    check_load(&h, "checks that are off ask for nothing", LOAD_LOADS, RULE_CHECKS_OFF);
    h.facts.integrity.hvci = TRI_UNKNOWN;
    check_load(&h, "HVCI is rare in a guest", LOAD_LOADS, RULE_CHECKS_OFF);
    h.facts.integrity.hvci = TRI_YES;
    check_load(&h, "with HVCI unsigned ones are refused", LOAD_REFUSED, RULE_UNSIGNED);
    h.facts.integrity.disabled = TRI_NO;
    check_load(&h, "HVCI alone switches nothing off", LOAD_REFUSED, RULE_UNSIGNED);
    hand_tear_down(&h);
}

/* --- Microsoft's */

static const struct {
    const char *sentence;
    enum root root;
    struct certificate_usage usage;
    unsigned build;
    enum product_type type;
    enum tri secure_boot, whql;
    enum load_verdict load;
    enum rule rule;
} microsoft[] = {
    {"the root of 2011 is not among those of Secure Boot since 1607",
     ROOT_MS_2011,
     {0},
     14393,
     PRODUCT_TYPE_WORKSTATION,
     TRI_YES,
     TRI_NO,
     LOAD_UNKNOWN,
     RULE_ROOT_2011},
    {"before 1607 any of Microsoft's will do",
     ROOT_MS_2011,
     {0},
     14392,
     PRODUCT_TYPE_WORKSTATION,
     TRI_YES,
     TRI_NO,
     LOAD_LOADS,
     RULE_MICROSOFT_SIGNED},
    {"nor where the rule is in force without",
     ROOT_MS_2011,
     {0},
     14393,
     PRODUCT_TYPE_WORKSTATION,
     TRI_NO,
     TRI_YES,
     LOAD_UNKNOWN,
     RULE_ROOT_2011},
    {"nor where Secure Boot is not known",
     ROOT_MS_2011,
     {0},
     14393,
     PRODUCT_TYPE_WORKSTATION,
     TRI_UNKNOWN,
     TRI_NO,
     LOAD_UNKNOWN,
     RULE_ROOT_2011},
    {"without Secure Boot it will do",
     ROOT_MS_2011,
     {0},
     14393,
     PRODUCT_TYPE_WORKSTATION,
     TRI_NO,
     TRI_NO,
     LOAD_LOADS,
     RULE_MICROSOFT_SIGNED},
    {"the root of 2010 always does",
     ROOT_MS_2010,
     {0},
     14393,
     PRODUCT_TYPE_WORKSTATION,
     TRI_YES,
     TRI_YES,
     LOAD_LOADS,
     RULE_MICROSOFT_SIGNED},
    {"attestation is not supported on Server since 2016",
     ROOT_MS_2010,
     {.attestation = true},
     14393,
     PRODUCT_TYPE_SERVER,
     TRI_NO,
     TRI_NO,
     LOAD_LOADS,
     RULE_ATTESTATION_SERVER},
    {"a domain controller is one",
     ROOT_MS_2010,
     {.attestation = true},
     14393,
     PRODUCT_TYPE_DOMAIN_CONTROLLER,
     TRI_NO,
     TRI_NO,
     LOAD_LOADS,
     RULE_ATTESTATION_SERVER},
    {"no Server before 2016 says so",
     ROOT_MS_2010,
     {.attestation = true},
     14392,
     PRODUCT_TYPE_SERVER,
     TRI_NO,
     TRI_NO,
     LOAD_LOADS,
     RULE_MICROSOFT_SIGNED},
    {"a workstation is none",
     ROOT_MS_2010,
     {.attestation = true},
     14393,
     PRODUCT_TYPE_WORKSTATION,
     TRI_NO,
     TRI_NO,
     LOAD_LOADS,
     RULE_MICROSOFT_SIGNED},
    {"what has passed WHQL's tests is supported",
     ROOT_MS_2010,
     {.attestation = true, .whql = true},
     14393,
     PRODUCT_TYPE_SERVER,
     TRI_NO,
     TRI_NO,
     LOAD_LOADS,
     RULE_MICROSOFT_SIGNED},
};

static void microsofts_roots_and_kinds_differ(void **state)
{
    (void)state;
    struct hand h;
    for (size_t i = 0; i < COUNT(microsoft); i++) {
        set_up(&h, microsoft[i].root);
        hand_windows(&h, 10, 0, microsoft[i].build);
        h.own[0].usage = microsoft[i].usage;
        h.facts.windows.type = microsoft[i].type;
        h.facts.integrity.secure_boot = microsoft[i].secure_boot;
        h.facts.integrity.whql_enforced = microsoft[i].whql;
        check_load(&h, microsoft[i].sentence, microsoft[i].load, microsoft[i].rule);
        hand_tear_down(&h);
    }
}

/* --- the rule of 1607: with Secure Boot Microsoft's signatures only, and who is exempt */

static const struct {
    const char *sentence;
    unsigned build;
    int64_t not_before;
    enum tri secure_boot, whql, upgraded;
    enum load_verdict load;
    enum rule rule;
} rule_of_1607[] = {
    {"it came with 1607", 14393, EXEMPT, TRI_YES, TRI_NO, TRI_NO, LOAD_REFUSED,
     RULE_CROSS_SIGNED_SECURE_BOOT},
    {"not before", 14392, EXEMPT, TRI_YES, TRI_YES, TRI_NO, LOAD_LOADS, RULE_CROSS_SIGNED},
    {"it is for Secure Boot", 14393, EXEMPT, TRI_NO, TRI_NO, TRI_NO, LOAD_LOADS, RULE_CROSS_SIGNED},
    {"which must be known", 14393, EXEMPT, TRI_UNKNOWN, TRI_NO, TRI_NO, LOAD_UNKNOWN,
     RULE_SECURE_BOOT_UNKNOWN},
    {"unless the kernel says that the rule is in force", 14393, EXEMPT, TRI_UNKNOWN, TRI_YES,
     TRI_NO, LOAD_REFUSED, RULE_CROSS_SIGNED_SECURE_BOOT},
    {"exempt: a Windows upgraded from before", 14393, EXEMPT, TRI_YES, TRI_NO, TRI_YES, LOAD_LOADS,
     RULE_CROSS_SIGNED_UPGRADED},
    {"the kernel's word goes before", 14393, EXEMPT, TRI_YES, TRI_YES, TRI_YES, LOAD_REFUSED,
     RULE_CROSS_SIGNED_SECURE_BOOT},
    {"exempt: certificates from before 2015-07-29", 14393, EXEMPT - 1, TRI_YES, TRI_NO, TRI_NO,
     LOAD_LOADS, RULE_CROSS_SIGNED_BEFORE_2015},
    {"up to 1803", 17762, EXEMPT - 1, TRI_YES, TRI_NO, TRI_NO, LOAD_LOADS,
     RULE_CROSS_SIGNED_BEFORE_2015},
    {"since 1809 one document denies it", 17763, EXEMPT - 1, TRI_YES, TRI_NO, TRI_NO, LOAD_LOADS,
     RULE_CROSS_SIGNED_BEFORE_2015_1809},
    {"they need no Secure Boot to be known", 14393, EXEMPT - 1, TRI_UNKNOWN, TRI_NO, TRI_NO,
     LOAD_LOADS, RULE_CROSS_SIGNED_BEFORE_2015},
};

static void since_1607_secure_boot_takes_microsofts_only(void **state)
{
    (void)state;
    struct hand h;
    for (size_t i = 0; i < COUNT(rule_of_1607); i++) {
        set_up(&h, CROSS);
        hand_windows(&h, 10, 0, rule_of_1607[i].build);
        h.own[0].not_before = rule_of_1607[i].not_before;
        h.facts.integrity.secure_boot = rule_of_1607[i].secure_boot;
        h.facts.integrity.whql_enforced = rule_of_1607[i].whql;
        h.facts.integrity.upgraded = rule_of_1607[i].upgraded;
        check_load(&h, rule_of_1607[i].sentence, rule_of_1607[i].load, rule_of_1607[i].rule);
        hand_tear_down(&h);
    }
}

static void a_certificate_without_a_date_is_not_exempt(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, CROSS);
    h.facts.integrity.secure_boot = TRI_YES;
    check_load(&h, "its age is not known", LOAD_REFUSED, RULE_CROSS_SIGNED_SECURE_BOOT);
    h.own[0].not_before = 1;
    check_load(&h, "an old one is exempt", LOAD_LOADS, RULE_CROSS_SIGNED_BEFORE_2015_1809);
    hand_tear_down(&h);
}

static void attestation_is_for_10(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, ROOT_MS_2010);
    h.own[0].usage.attestation = true;
    hand_windows(&h, 10, 0, 0);
    check_load(&h, "any 10 takes it", LOAD_LOADS, RULE_MICROSOFT_SIGNED);
    hand_windows(&h, 6, 3, 9600);
    check_load(&h, "8.1 may not", LOAD_UNKNOWN, RULE_ATTESTATION_BEFORE_10);
    hand_tear_down(&h);
}

static void what_the_driver_policy_blocked_before_it_blocks_again(void **state)
{
    (void)state;
    static const struct {
        const char *sentence;
        struct number blocks;
        enum rule rule;
    } rows[] = {
        {"nothing is known of its blocks", {0}, RULE_DRIVER_POLICY},
        {"it has blocked none", {true, 0}, RULE_DRIVER_POLICY},
        {"a number that was not read is none", {false, 1}, RULE_DRIVER_POLICY},
        {"it has blocked one", {true, 1}, RULE_DRIVER_POLICY_BLOCKS},
    };
    struct hand h;
    for (size_t i = 0; i < COUNT(rows); i++) {
        set_up(&h, CROSS);
        hand_windows(&h, 10, 0, 26100);
        h.facts.integrity.driver_policy_blocks = rows[i].blocks;
        check_load(&h, rows[i].sentence, LOAD_REFUSED, rows[i].rule);
        hand_tear_down(&h);
    }
}

static void x86_asks_with_secure_boot_alone(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, CROSS);
    hand_sign(&h, 0);
    h.facts.windows.architecture = ARCHITECTURE_X86;
    hand_windows(&h, 6, 2, 0);
    check_load(&h, "without it nothing is asked", LOAD_LOADS, RULE_X86);
    h.facts.integrity.secure_boot = TRI_YES;
    check_load(&h, "with it 8 asks, whatever the build", LOAD_REFUSED, RULE_UNSIGNED);
    h.facts.integrity.secure_boot = TRI_UNKNOWN;
    check_load(&h, "it must be known", LOAD_UNKNOWN, RULE_X86_SECURE_BOOT_UNKNOWN);
    hand_sign(&h, 1);
    check_load(&h, "but not of what loads with it too", LOAD_LOADS, RULE_CROSS_SIGNED);
    hand_windows(&h, 6, 1, 7601);
    h.facts.integrity.secure_boot = TRI_YES;
    check_load(&h, "7 has none", LOAD_LOADS, RULE_X86);
    hand_tear_down(&h);
}

/* --- SHA-256, and catalogs of version 2, whose hashes are SHA-256 */

static void sha2_needs_an_update_before_8(void **state)
{
    (void)state;
    static const struct {
        const char *sentence;
        unsigned major, minor;
        enum tri sha2;
        enum load_verdict load;
        enum rule rule;
    } rows[] = {
        {"Vista without an update", 6, 0, TRI_NO, LOAD_REFUSED, RULE_SHA2},
        {"Vista with KB4474419", 6, 0, TRI_YES, LOAD_LOADS, RULE_CROSS_SIGNED},
        {"7 without KB3033929", 6, 1, TRI_NO, LOAD_REFUSED, RULE_SHA2},
        {"7 of which it is not known", 6, 1, TRI_UNKNOWN, LOAD_UNKNOWN, RULE_SHA2_UNKNOWN},
        {"8 needs none", 6, 2, TRI_NO, LOAD_LOADS, RULE_CROSS_SIGNED},
    };
    struct hand h;
    for (size_t i = 0; i < COUNT(rows); i++) {
        set_up(&h, CROSS);
        h.own[0].digest = DIGEST_SHA256;
        hand_windows(&h, rows[i].major, rows[i].minor, 0); /* from its first build on */
        h.facts.integrity.sha2 = rows[i].sha2;
        check_load(&h, rows[i].sentence, rows[i].load, rows[i].rule);
        hand_tear_down(&h);
    }
}

static void a_version_2_catalog_needs_sha2_as_well(void **state)
{
    (void)state;
    static const struct {
        const char *sentence;
        unsigned version, minor;
        enum tri sha2;
        enum load_verdict load;
        enum rule rule;
    } rows[] = {
        {"Vista reads no catalog of version 2", 2, 0, TRI_YES, LOAD_REFUSED, RULE_CATALOG_V2},
        {"it reads one of version 1", 1, 0, TRI_NO, LOAD_LOADS, RULE_CROSS_SIGNED},
        {"7 with KB3033929 reads it", 2, 1, TRI_YES, LOAD_LOADS, RULE_CROSS_SIGNED},
        {"7 without does not", 2, 1, TRI_NO, LOAD_REFUSED, RULE_SHA2},
        {"7 of which that is not known may", 2, 1, TRI_UNKNOWN, LOAD_UNKNOWN, RULE_SHA2_UNKNOWN},
        {"of version 1 it needs none", 1, 1, TRI_NO, LOAD_LOADS, RULE_CROSS_SIGNED},
        {"8 reads it", 2, 2, TRI_NO, LOAD_LOADS, RULE_CROSS_SIGNED},
    };
    struct hand h;
    for (size_t i = 0; i < COUNT(rows); i++) {
        set_up(&h, CROSS);
        hand_sign(&h, 0);
        hand_sign_catalog(&h, CROSS);
        h.listed.digest = DIGEST_SHA1;
        h.catalog.version = rows[i].version;
        hand_windows(&h, 6, rows[i].minor, 0); /* from its first build on */
        h.facts.integrity.sha2 = rows[i].sha2;
        check_load(&h, rows[i].sentence, rows[i].load, rows[i].rule);
        hand_tear_down(&h);
    }
}

static void a_catalog_counts_for_what_it_lists(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, ROOT_SELF);
    hand_sign_catalog(&h, ROOT_MS_2010);
    check_load(&h, "the catalog's signature is the better one", LOAD_LOADS, RULE_MICROSOFT_SIGNED);
    h.files[HAND_SYS].member = TRI_NO;
    check_load(&h, "it does not list the driver", LOAD_REFUSED, RULE_ROOT_NOT_TRUSTED);
    h.files[HAND_SYS].member = TRI_UNKNOWN;
    check_load(&h, "whether it does is not known", LOAD_REFUSED, RULE_ROOT_NOT_TRUSTED);
    h.files[HAND_SYS].member = TRI_YES;
    h.listed.integrity = SIGNATURE_ALTERED;
    hand_sign(&h, 0);
    check_load(&h, "an altered catalog", LOAD_REFUSED, RULE_ALTERED);
    h.listed.integrity = SIGNATURE_UNREADABLE;
    check_load(&h, "one that was not understood", LOAD_UNKNOWN, RULE_UNREADABLE_DRIVER);
    hand_tear_down(&h);
}

/* --- several signatures, several drivers */

static const struct {
    const char *sentence;
    enum root roots[2];
    enum tri test_signing;
    enum load_verdict load;
    enum rule rule;
} pairs[] = {
    {"the second loads", {ROOT_SELF, ROOT_MS_2010}, TRI_NO, LOAD_LOADS, RULE_MICROSOFT_SIGNED},
    {"the first does", {ROOT_MS_2010, ROOT_SELF}, TRI_NO, LOAD_LOADS, RULE_MICROSOFT_SIGNED},
    {"of two that load the first is told",
     {CROSS, ROOT_MS_2010},
     TRI_NO,
     LOAD_LOADS,
     RULE_CROSS_SIGNED},
    {"what may load goes before what is refused",
     {ROOT_MS_2001, ROOT_SELF},
     TRI_NO,
     LOAD_UNKNOWN,
     RULE_SHA2_UNKNOWN},
    {"in either order", {ROOT_SELF, ROOT_MS_2001}, TRI_NO, LOAD_UNKNOWN, RULE_SHA2_UNKNOWN},
    {"of two that are refused the first is told",
     {ROOT_SELF, ROOT_PUBLIC},
     TRI_NO,
     LOAD_REFUSED,
     RULE_ROOT_NOT_TRUSTED},
};

/* On 7, where a Microsoft signature of 2001 with SHA-256 may need an update. */
static void the_best_signature_decides(void **state)
{
    (void)state;
    struct hand h;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        set_up(&h, pairs[i].roots[0]);
        hand_sign(&h, 2);
        h.own[1].root = pairs[i].roots[1];
        for (size_t k = 0; k < 2; k++)
            h.own[k].digest = h.own[k].root == ROOT_MS_2001 ? DIGEST_SHA256 : DIGEST_SHA1;
        hand_windows(&h, 6, 1, 7601);
        h.facts.integrity.sha2 = TRI_UNKNOWN;
        check_load(&h, pairs[i].sentence, pairs[i].load, pairs[i].rule);
        hand_tear_down(&h);
    }
}

static void the_worst_driver_decides(void **state)
{
    (void)state;
    struct hand h;
    struct authenticode *second;
    set_up(&h, ROOT_MS_2010);
    hand_copy(&h, 2);
    second = &h.entries[HAND_SECOND].signatures;
    check_load(&h, "the second is not signed", LOAD_REFUSED, RULE_UNSIGNED);
    assert_int_equal(h.out.drivers.count, 2);
    assert_string_equal(h.out.drivers.at[0].file, "xen.sys");
    assert_string_equal(h.out.drivers.at[0].rule, "microsoft-signed");
    second->signatures = &h.own[1];
    second->count = 1;
    h.own[1].root = CROSS;
    check_load(&h, "of two that load the first is told", LOAD_LOADS, RULE_MICROSOFT_SIGNED);
    h.own[1].integrity = SIGNATURE_UNREADABLE;
    check_load(&h, "what is not known is worse", LOAD_UNKNOWN, RULE_UNREADABLE_DRIVER);
    h.own[0].integrity = SIGNATURE_ALTERED;
    check_load(&h, "what is refused is worse still", LOAD_REFUSED, RULE_ALTERED);
    h.own[0].integrity = h.own[1].integrity = SIGNATURE_INTACT;
    h.own[1].root = ROOT_MS_2010;
    h.own[1].usage.attestation = true;
    h.facts.windows.type = PRODUCT_TYPE_SERVER;
    check_load(&h, "what is less sure is worse", LOAD_LOADS, RULE_ATTESTATION_SERVER);
    h.own[0].usage.attestation = true;
    h.own[1].usage.attestation = false;
    check_load(&h, "in either order", LOAD_LOADS, RULE_ATTESTATION_SERVER);
    hand_tear_down(&h);
}

static void only_drivers_that_are_copied_count(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, ROOT_MS_2010);
    check_load(&h, "the second is not copied", LOAD_LOADS, RULE_MICROSOFT_SIGNED);
    hand_copy(&h, 2);
    h.entries[HAND_SECOND].is_kernel = false;
    check_load(&h, "the second is no driver", LOAD_LOADS, RULE_MICROSOFT_SIGNED);
    h.entries[HAND_SECOND].is_kernel = true;
    h.files[HAND_SECOND].entry = SIZE_MAX;
    check_load(&h, "the second is not there", LOAD_LOADS, RULE_MICROSOFT_SIGNED);
    h.entries[HAND_SYS].is_kernel = false;
    check_load(&h, "no driver at all", LOAD_UNKNOWN, RULE_NO_DRIVER);
    h.entries[HAND_SYS].is_kernel = true;
    hand_copy(&h, 0);
    check_load(&h, "nothing is copied", LOAD_UNKNOWN, RULE_NO_DRIVER);
    h.facts.windows.architecture = ARCHITECTURE_UNKNOWN;
    check_load(&h, "what an unknown processor gets cannot be told", LOAD_LOADS,
               RULE_MICROSOFT_SIGNED);
    h.facts.windows.architecture = ARCHITECTURE_X64;
    h.facts.windows.major = (struct number){0};
    check_load(&h, "nor an unknown Windows", LOAD_UNKNOWN, RULE_WINDOWS_UNKNOWN);
    hand_tear_down(&h);
}

static void what_was_not_read_is_unknown_even_on_2000(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, ROOT_MS_2010);
    hand_windows(&h, 5, 0, 2195);
    h.facts.windows.architecture = ARCHITECTURE_X86;
    check_load(&h, "2000 loads anything", LOAD_LOADS, RULE_NT5);
    h.files[HAND_SYS].integrity = INTEGRITY_UNREADABLE;
    check_load(&h, "it may be no driver", LOAD_UNKNOWN, RULE_UNREADABLE_DRIVER);
    hand_tear_down(&h);
}

/* --- drivers that start at boot */

static const struct {
    const char *sentence;
    bool remove;
    enum inf_start start;
    const char *path, *name; /* of the service's file, and of the copy at its destination */
    bool boot;
} services[] = {
    {"StartType 0", false, INF_START_BOOT, "xen.sys", "xen.sys", true},
    {"without case, in a folder", false, INF_START_BOOT, "Drivers\\XEN.SYS", "xen.sys", true},
    {"StartType 3", false, INF_START_DEMAND, "xen.sys", "xen.sys", false},
    {"another file", false, INF_START_BOOT, "other.sys", "xen.sys", false},
    {"a service that is taken away", true, INF_START_BOOT, "xen.sys", "xen.sys", false},
    {"a path that leads out", false, INF_START_BOOT, "..\\xen.sys", "xen.sys", false},
    {"named as at its destination", false, INF_START_BOOT, "renamed.sys", "renamed.sys", true},
    {"and not as in the package", false, INF_START_BOOT, "xen.sys", "renamed.sys", false},
};

static void a_service_starts_its_driver_at_boot(void **state)
{
    (void)state;
    struct hand h;
    for (size_t i = 0; i < COUNT(services); i++) {
        set_up(&h, ROOT_MS_2010);
        h.copies[0].name = services[i].name;
        struct inf_service two[] = {{.start = INF_START_BOOT, .binary_path = "none.sys"},
                                    {.remove = services[i].remove,
                                     .start = services[i].start,
                                     .binary_path = services[i].path}};
        h.installs[1] = (struct inf_install){.services = two, .service_count = COUNT(two)};
        h.here.count = 2;
        policy_load(&h.j);
        assert_int_equal(h.out.drivers.count, 1);
        CHECK(services[i].sentence, h.out.drivers.at[0].boot_start == services[i].boot);
        hand_tear_down(&h);
    }
}

static void start_at_boot(struct hand *h, bool boot)
{
    h->service = (struct inf_service){.start = boot ? INF_START_BOOT : INF_START_DEMAND,
                                      .binary_path = "xen.sys"};
    h->installs[0].services = &h->service;
    h->installs[0].service_count = 1;
}

static void the_boot_loader_asks_for_an_own_signature(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, ROOT_SELF);
    hand_sign_catalog(&h, CROSS);
    h.listed.digest = DIGEST_SHA1;
    start_at_boot(&h, true);
    hand_windows(&h, 6, 3, 9600);
    check_load(&h, "its own does not do before 10", LOAD_UNKNOWN, RULE_BOOT_START_EMBEDDED);
    h.own[0].root = CROSS;
    check_load(&h, "its own does", LOAD_LOADS, RULE_CROSS_SIGNED);
    h.own[0].root = ROOT_SELF;
    hand_windows(&h, 10, 0, 0);
    check_load(&h, "10 takes the catalog's", LOAD_LOADS, RULE_CROSS_SIGNED);
    hand_windows(&h, 6, 3, 9600);
    start_at_boot(&h, false);
    check_load(&h, "after boot nobody asks", LOAD_LOADS, RULE_CROSS_SIGNED);
    start_at_boot(&h, true);
    h.listed.root = ROOT_SELF;
    check_load(&h, "what is refused anyway is refused", LOAD_REFUSED, RULE_ROOT_NOT_TRUSTED);
    hand_tear_down(&h);
}

static void of_x86_at_boot_the_documents_differ(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, CROSS);
    start_at_boot(&h, true);
    hand_windows(&h, 6, 1, 7601);
    h.facts.windows.architecture = ARCHITECTURE_X86;
    check_load(&h, "a signed one is no question", LOAD_LOADS, RULE_X86);
    hand_sign(&h, 0);
    check_load(&h, "of an unsigned one they differ", LOAD_LOADS, RULE_X86_BOOT_START);
    start_at_boot(&h, false);
    check_load(&h, "which does not start at boot", LOAD_LOADS, RULE_X86);
    start_at_boot(&h, true);
    hand_windows(&h, 5, 2, 3790);
    check_load(&h, "before Vista nobody asks", LOAD_LOADS, RULE_NT5);
    hand_tear_down(&h);
}

static void at_boot_the_rule_of_1607_blocks_later(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, CROSS);
    h.own[0].not_before = EXEMPT;
    h.facts.integrity.secure_boot = TRI_YES;
    start_at_boot(&h, true);
    check_load(&h, "it is not blocked at boot, but taken out", LOAD_REFUSED,
               RULE_CROSS_SIGNED_SECURE_BOOT);
    assert_non_null(hand_note(&h, RULE_BOOT_START_REMOVED));
    assert_string_equal(hand_note(&h, RULE_BOOT_START_REMOVED)->file, "xen.sys");
    start_at_boot(&h, false);
    check_load(&h, "a later one is blocked", LOAD_REFUSED, RULE_CROSS_SIGNED_SECURE_BOOT);
    assert_null(hand_note(&h, RULE_BOOT_START_REMOVED));
    start_at_boot(&h, true);
    hand_sign(&h, 0);
    check_load(&h, "an unsigned one is blocked", LOAD_REFUSED, RULE_UNSIGNED);
    assert_null(hand_note(&h, RULE_BOOT_START_REMOVED));
    hand_tear_down(&h);
}

/* --- what else is to be said */

static const struct {
    const char *sentence;
    struct number build;
    size_t count;
    enum root first;
    enum digest_kind digests[2];
    bool note;
} dual[] = {
    {"both kinds on 1507", {true, 10240}, 2, CROSS, {DIGEST_SHA1, DIGEST_SHA256}, true},
    {"in either order", {true, 10240}, 2, CROSS, {DIGEST_SHA256, DIGEST_SHA1}, true},
    {"SHA-1 twice", {true, 10240}, 2, CROSS, {DIGEST_SHA1, DIGEST_SHA1}, false},
    {"SHA-256 twice", {true, 10240}, 2, CROSS, {DIGEST_SHA256, DIGEST_SHA256}, false},
    {"SHA-1 alone", {true, 10240}, 1, CROSS, {DIGEST_SHA1, DIGEST_SHA256}, false},
    {"Microsoft's own", {true, 10240}, 2, ROOT_MS_2010, {DIGEST_SHA1, DIGEST_SHA256}, false},
    {"a build that was not read is none",
     {false, 10240},
     2,
     CROSS,
     {DIGEST_SHA1, DIGEST_SHA256},
     false},
    {"1511 knows them", {true, 10586}, 2, CROSS, {DIGEST_SHA1, DIGEST_SHA256}, false},
};

static void dual_signed_ones_need_kb3081436_on_1507(void **state)
{
    (void)state;
    struct hand h;
    for (size_t i = 0; i < COUNT(dual); i++) {
        set_up(&h, dual[i].first);
        hand_windows(&h, 10, 0, 0);
        h.facts.windows.build = dual[i].build;
        hand_sign(&h, dual[i].count);
        h.own[1].root = CROSS;
        for (size_t k = 0; k < 2; k++)
            h.own[k].digest = dual[i].digests[k];
        policy_load(&h.j);
        CHECK(dual[i].sentence, h.out.load == LOAD_LOADS);
        CHECK(dual[i].sentence, !hand_note(&h, RULE_DUAL_SIGNED_1507) == !dual[i].note);
        hand_tear_down(&h);
    }
}

static const struct {
    const char *sentence;
    enum root root;
    enum signature_integrity stamp;
    int64_t time;
    bool note;
} late[] = {
    {"cross-signed when all cross-certificates had expired", CROSS, SIGNATURE_INTACT, EXPIRED,
     true},
    {"the second before", CROSS, SIGNATURE_INTACT, EXPIRED - 1, false},
    {"signed by Microsoft", ROOT_MS_2010, SIGNATURE_INTACT, EXPIRED, false},
    {"by a time stamp that is altered", CROSS, SIGNATURE_ALTERED, EXPIRED, false},
};

static void late_cross_signatures_are_told(void **state)
{
    (void)state;
    struct hand h;
    for (size_t i = 0; i < COUNT(late); i++) {
        set_up(&h, late[i].root);
        h.own[0].timestamp.integrity = late[i].stamp;
        h.own[0].timestamp.time = late[i].time;
        policy_load(&h.j);
        CHECK(late[i].sentence, h.out.load == LOAD_LOADS);
        CHECK(late[i].sentence, !hand_note(&h, RULE_CROSS_SIGNED_LATE) == !late[i].note);
        hand_tear_down(&h);
    }
}

static void what_lasts_until_expiry_is_told_with_the_day(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, CROSS);
    h.own[0].validity = VALIDITY_UNTIL_EXPIRY;
    h.own[0].not_after = EXPIRED;
    policy_load(&h.j);
    CHECK_HAS("the day stands there", hand_note(&h, RULE_UNTIL_EXPIRY)->why, " (2021-08-01)");
    hand_forget(&h);
    h.own[0].not_after = 0;
    policy_load(&h.j);
    assert_null(hand_note(&h, RULE_UNTIL_EXPIRY));
    h.own[0].not_after = EXPIRED;
    h.own[0].validity = VALIDITY_OUTSIDE;
    check_load(&h, "a time stamp outside the certificate's time", LOAD_UNKNOWN,
               RULE_OUTSIDE_VALIDITY);
    assert_null(hand_note(&h, RULE_UNTIL_EXPIRY));
    h.own[0].root = ROOT_SELF;
    check_load(&h, "what is refused anyway is refused", LOAD_REFUSED, RULE_ROOT_NOT_TRUSTED);
    hand_tear_down(&h);
}

static void every_rule_has_a_row(void **state)
{
    (void)state;
    hand_expect_all(QUESTION_LOAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signing_is_off_with_secure_boot),
        cmocka_unit_test(hvci_asks_even_with_checks_off),
        cmocka_unit_test(microsofts_roots_and_kinds_differ),
        cmocka_unit_test(since_1607_secure_boot_takes_microsofts_only),
        cmocka_unit_test(a_certificate_without_a_date_is_not_exempt),
        cmocka_unit_test(attestation_is_for_10),
        cmocka_unit_test(what_the_driver_policy_blocked_before_it_blocks_again),
        cmocka_unit_test(x86_asks_with_secure_boot_alone),
        cmocka_unit_test(sha2_needs_an_update_before_8),
        cmocka_unit_test(a_version_2_catalog_needs_sha2_as_well),
        cmocka_unit_test(a_catalog_counts_for_what_it_lists),
        cmocka_unit_test(the_best_signature_decides),
        cmocka_unit_test(the_worst_driver_decides),
        cmocka_unit_test(only_drivers_that_are_copied_count),
        cmocka_unit_test(what_was_not_read_is_unknown_even_on_2000),
        cmocka_unit_test(a_service_starts_its_driver_at_boot),
        cmocka_unit_test(the_boot_loader_asks_for_an_own_signature),
        cmocka_unit_test(of_x86_at_boot_the_documents_differ),
        cmocka_unit_test(at_boot_the_rule_of_1607_blocks_later),
        cmocka_unit_test(dual_signed_ones_need_kb3081436_on_1507),
        cmocka_unit_test(late_cross_signatures_are_told),
        cmocka_unit_test(what_lasts_until_expiry_is_told_with_the_day),
        cmocka_unit_test(every_rule_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
