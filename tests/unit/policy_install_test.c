/*
 * policy_install, piece by piece: the catalog's list of Windows versions, ranks, the driver signing
 * policy of 2000, XP and 2003, and what makes a signature count for nothing.
 *
 * Sources of the rows: how-setup-ranks-drivers, lowerlogoversion, allsigningequal,
 * digital-signatures-and-pnp-device-installation, signature-categories-and-driver-installation,
 * driver-store, KB3033929; the grammar of OSAttr is that of 1,533 real catalogs.
 */
#include "tests/unit/build_judgement.h"

#include <stdio.h>

#define CROSS ROOT_CODE_VERIFICATION

static const char thumbprint[] = "0102030000000000000000000000000000000000";

static void set_up(struct hand *h, enum root root)
{
    hand_set_up(h);
    hand_copy(h, 1);
    hand_sign_catalog(h, root);
    h->listed.digest = DIGEST_SHA1;
    memcpy(h->listed.thumbprint, "\1\2\3", 3);
}

static void tear_down(struct hand *h)
{
    hand_tear_down(h);
    facts_release(&h->facts);
}

static void check_install(struct hand *h, const char *sentence, enum install_verdict install,
                          enum rule rule)
{
    hand_forget(h);
    policy_install(&h->j);
    hand_expect(sentence, h->out.install_basis, rule);
    CHECK_TEXT(sentence, install_verdict_name(h->out.install), install_verdict_name(install));
    CHECK_TEXT(sentence, h->out.install_why, policy_table[rule].sentence);
}

/* --- which Windows a catalog lists: platform:major.minor, platform 2 is NT */

static const struct {
    const char *sentence, *list;
    unsigned major, minor;
    bool here, logo; /* this Windows is listed; Microsoft's signature counts as Microsoft's */
} os_lists[] = {
    {"this one", "2:6.1", 6, 1, true, true},
    {"among others", "2:5.1,2:5.2,2:6.0,2:6.1", 6, 1, true, true},
    {"the first of several", "2:6.1,2:6.2", 6, 1, true, true},
    {"another minor version", "2:6.0", 6, 1, false, true},
    {"another major version", "2:10.1", 6, 1, false, true},
    {"any minor version", "2:6.x", 6, 1, true, true},
    {"in capitals", "2:6.X", 6, 1, true, true},
    {"any other letter is none", "2:6.1,2:10.y", 10, 0, false, true},
    {"any minor version of another", "2:5.x", 6, 1, false, true},
    {"two digits", "2:10.0", 10, 0, true, true},
    {"two digits of the minor version", "2:5.00,2:5.01", 5, 1, true, true},
    {"blanks before it", " 2:5.1, 2:6.1", 6, 1, true, true},
    {"Windows 9x is another platform", "1:4.10,1:6.1,2:5.1", 6, 1, false, true},
    {"nothing between commas", ",,2:6.1,", 6, 1, true, true},
    {"what is no version is passed over", "NT,2:6.1", 6, 1, true, true},
    {"half a version too", "2:6,2:7.0", 6, 1, false, true},
    {"what is longer than any version too", "                           2:6.1,2:5.1", 6, 1, false,
     true},
    {"what is nearly so is read", "                          2:6.1", 6, 1, true, true},
    {"what is for 2000 is older than the logo", "2:5.0", 6, 1, false, false},
    {"2000 and 9x", "1:4.90,2:5.00", 6, 1, false, false},
    {"NT 4", "2:4.0,2:4.x", 6, 1, false, false},
    {"9x's own versions do not count for it", "1:6.1", 6, 1, false, false},
    {"XP and later is not", "2:5.0,2:5.1", 6, 1, false, true},
    {"of any 5 some are later", "2:5.x", 6, 1, false, true},
    {"Vista alone", "2:6.0", 10, 0, false, true},
    {"XP last of all", "2:4.0,2:5.0,2:5.2", 6, 1, false, true},
    {"XP first of all", "2:5.1,2:5.0", 6, 1, false, true},
};

static void the_catalog_lists_windows_versions(void **state)
{
    (void)state;
    struct hand h;
    for (size_t i = 0; i < COUNT(os_lists); i++) {
        set_up(&h, ROOT_MS_2010);
        hand_windows(&h, os_lists[i].major, os_lists[i].minor, 9999);
        h.files[HAND_INF].os_attr = (char *)os_lists[i].list;
        policy_install(&h.j);
        CHECK(os_lists[i].sentence,
              h.out.install == INSTALL_SILENT
                  ? os_lists[i].logo || os_lists[i].major == 5
                  : !os_lists[i].logo && h.out.install_basis == &policy_table[RULE_OLD_LOGO]);
        CHECK(os_lists[i].sentence, !hand_note(&h, RULE_OS_ATTRIBUTE) == os_lists[i].here);
        tear_down(&h);
    }
}

static void the_infs_entry_goes_before_the_whole_catalog(void **state)
{
    (void)state;
    char name[] = "OSAttr", list[] = "2:10.0", empty[] = "";
    struct cat_extension extension = {.name = name, .value = list};
    struct hand h;
    set_up(&h, ROOT_MS_2010);
    check_install(&h, "no list at all", INSTALL_SILENT, RULE_INSTALL_MICROSOFT);
    assert_null(hand_note(&h, RULE_OS_ATTRIBUTE));
    h.catalog.extensions = &extension;
    h.catalog.extension_count = 1;
    check_install(&h, "the catalog's own", INSTALL_SILENT, RULE_INSTALL_MICROSOFT);
    assert_null(hand_note(&h, RULE_OS_ATTRIBUTE));
    hand_windows(&h, 6, 1, 7601);
    check_install(&h, "which is not this one's", INSTALL_SILENT, RULE_INSTALL_MICROSOFT);
    assert_non_null(hand_note(&h, RULE_OS_ATTRIBUTE));
    h.files[HAND_INF].os_attr = (char *)"2:6.1";
    check_install(&h, "the INF's entry", INSTALL_SILENT, RULE_INSTALL_MICROSOFT);
    assert_null(hand_note(&h, RULE_OS_ATTRIBUTE));
    h.files[HAND_INF].os_attr = empty;
    check_install(&h, "an empty list says nothing", INSTALL_SILENT, RULE_INSTALL_MICROSOFT);
    assert_null(hand_note(&h, RULE_OS_ATTRIBUTE));
    h.files[HAND_INF].os_attr = (char *)"2:5.0";
    h.package.integrity = INTEGRITY_ALTERED;
    check_install(&h, "what is altered has no list", INSTALL_PROMPTS, RULE_UNSIGNED_PROMPTS);
    assert_null(hand_note(&h, RULE_OS_ATTRIBUTE));
    tear_down(&h);
}

static void an_old_logo_is_any_publishers(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, ROOT_MS_2001);
    h.files[HAND_INF].os_attr = (char *)"2:5.0";
    check_install(&h, "Microsoft's of 2000 is asked about", INSTALL_PROMPTS, RULE_OLD_LOGO);
    texts_add(&h.facts.integrity.trusted_publishers, thumbprint);
    check_install(&h, "unless it is trusted", INSTALL_SILENT, RULE_TRUSTED_PUBLISHER);
    h.listed.root = CROSS;
    check_install(&h, "the logo is Microsoft's alone", INSTALL_SILENT, RULE_TRUSTED_PUBLISHER);
    texts_release(&h.facts.integrity.trusted_publishers);
    check_install(&h, "others were never asked for it", INSTALL_PROMPTS, RULE_PUBLISHER);
    tear_down(&h);
}

/* --- before Vista */

static const struct {
    const char *sentence;
    unsigned minor;
    enum root root;
    bool trusted, rootless, distrusted;
    struct number policy;
    enum install_verdict install;
    enum rule rule;
} nt5[] = {
    {"Microsoft's is silent whatever the policy",
     0,
     ROOT_MS_1997,
     false,
     false,
     false,
     {true, 2},
     INSTALL_SILENT,
     RULE_NT5_WHQL},
    {"policy 0 ignores",
     1,
     CROSS,
     false,
     false,
     false,
     {true, 0},
     INSTALL_SILENT,
     RULE_SIGNING_POLICY_IGNORE},
    {"policy 1 warns",
     1,
     CROSS,
     false,
     false,
     false,
     {true, 1},
     INSTALL_PROMPTS,
     RULE_SIGNING_POLICY_WARN},
    {"policy 2 blocks",
     1,
     CROSS,
     false,
     false,
     false,
     {true, 2},
     INSTALL_REFUSED,
     RULE_SIGNING_POLICY_BLOCK},
    {"there is no policy 3",
     1,
     CROSS,
     false,
     false,
     false,
     {true, 3},
     INSTALL_UNKNOWN,
     RULE_SIGNING_POLICY_UNKNOWN},
    {"a policy that was not read is none",
     1,
     CROSS,
     false,
     false,
     false,
     {false, 0},
     INSTALL_UNKNOWN,
     RULE_SIGNING_POLICY_UNKNOWN},
    {"2000 knows no publishers",
     0,
     CROSS,
     true,
     false,
     false,
     {true, 2},
     INSTALL_REFUSED,
     RULE_SIGNING_POLICY_BLOCK},
    {"nor does it distrust them",
     0,
     CROSS,
     false,
     false,
     true,
     {true, 0},
     INSTALL_SILENT,
     RULE_SIGNING_POLICY_IGNORE},
    {"of XP the documents differ",
     1,
     CROSS,
     true,
     false,
     false,
     {true, 2},
     INSTALL_SILENT,
     RULE_XP_TRUSTED_PUBLISHER},
    {"2003 trusts publishers",
     2,
     CROSS,
     true,
     false,
     false,
     {true, 2},
     INSTALL_SILENT,
     RULE_NT5_TRUSTED_PUBLISHER},
    {"not without their root",
     2,
     CROSS,
     true,
     true,
     false,
     {true, 2},
     INSTALL_REFUSED,
     RULE_SIGNING_POLICY_BLOCK},
    {"distrust goes before the policy",
     1,
     CROSS,
     true,
     false,
     true,
     {true, 0},
     INSTALL_REFUSED,
     RULE_DISTRUSTED},
};

static void before_vista_the_signing_policy_decides(void **state)
{
    (void)state;
    struct hand h;
    for (size_t i = 0; i < COUNT(nt5); i++) {
        struct facts_integrity *f = &h.facts.integrity;
        set_up(&h, nt5[i].root);
        hand_windows(&h, 5, nt5[i].minor, 0);
        f->signing_policy = nt5[i].policy;
        f->sha2 = TRI_NO;
        if (nt5[i].trusted)
            texts_add(&f->trusted_publishers, thumbprint);
        if (nt5[i].rootless)
            texts_add(&f->publishers_without_root, thumbprint);
        if (nt5[i].distrusted)
            texts_add(&f->distrusted_publishers, thumbprint);
        check_install(&h, nt5[i].sentence, nt5[i].install, nt5[i].rule);
        tear_down(&h);
    }
}

static void before_vista_sha2_counts_for_nothing(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, ROOT_MS_2010);
    h.listed.digest = DIGEST_SHA256;
    h.facts.integrity.signing_policy = number_of(2);
    hand_windows(&h, 5, 2, 3790);
    check_install(&h, "no update gives it to 2003", INSTALL_REFUSED, RULE_SIGNING_POLICY_BLOCK);
    hand_windows(&h, 6, 0, 0);
    check_install(&h, "one does to Vista", INSTALL_SILENT, RULE_INSTALL_MICROSOFT);
    tear_down(&h);
}

/* --- Vista and later */

static const struct {
    const char *sentence;
    unsigned major, minor, version; /* of Windows, and of the catalog */
    enum digest_kind digest;
    enum tri sha2;
    enum install_verdict install;
    enum rule rule;
} sha2[] = {
    {"SHA-1 needs nothing", 6, 1, 1, DIGEST_SHA1, TRI_NO, INSTALL_SILENT, RULE_INSTALL_MICROSOFT},
    {"SHA-256 needs KB3033929 on 7", 6, 1, 1, DIGEST_SHA256, TRI_NO, INSTALL_PROMPTS,
     RULE_INSTALL_SHA2},
    {"which must be known", 6, 1, 1, DIGEST_SHA256, TRI_UNKNOWN, INSTALL_PROMPTS,
     RULE_INSTALL_SHA2},
    {"with it, it counts", 6, 1, 1, DIGEST_SHA256, TRI_YES, INSTALL_SILENT, RULE_INSTALL_MICROSOFT},
    {"8 has it", 6, 2, 1, DIGEST_SHA256, TRI_NO, INSTALL_SILENT, RULE_INSTALL_MICROSOFT},
    {"a catalog of version 2 has SHA-256 in it", 6, 1, 2, DIGEST_SHA1, TRI_NO, INSTALL_PROMPTS,
     RULE_INSTALL_SHA2},
    {"with KB3033929 7 reads it", 6, 1, 2, DIGEST_SHA1, TRI_YES, INSTALL_SILENT,
     RULE_INSTALL_MICROSOFT},
    {"Vista never does", 6, 0, 2, DIGEST_SHA1, TRI_YES, INSTALL_PROMPTS, RULE_INSTALL_CATALOG_V2},
    {"8 does", 6, 2, 2, DIGEST_SHA1, TRI_NO, INSTALL_SILENT, RULE_INSTALL_MICROSOFT},
};

/* Of each Windows any build. */
static void sha2_needs_an_update_before_8(void **state)
{
    (void)state;
    struct hand h;
    for (size_t i = 0; i < COUNT(sha2); i++) {
        set_up(&h, ROOT_MS_2010);
        hand_windows(&h, sha2[i].major, sha2[i].minor, 0);
        h.catalog.version = sha2[i].version;
        h.listed.digest = sha2[i].digest;
        h.facts.integrity.sha2 = sha2[i].sha2;
        check_install(&h, sha2[i].sentence, sha2[i].install, sha2[i].rule);
        tear_down(&h);
    }
}

static void a_publisher_is_trusted_or_not(void **state)
{
    (void)state;
    struct hand h;
    struct facts_integrity *f = &h.facts.integrity;
    set_up(&h, CROSS);
    texts_add(&f->trusted_publishers, "0000000000000000000000000000000000000000");
    check_install(&h, "one that is not in the store is asked about", INSTALL_PROMPTS,
                  RULE_PUBLISHER);
    texts_add(&f->trusted_publishers, thumbprint);
    check_install(&h, "one in TrustedPublisher is silent", INSTALL_SILENT, RULE_TRUSTED_PUBLISHER);
    texts_add(&f->publishers_without_root, thumbprint);
    check_install(&h, "its root must be trusted as well", INSTALL_PROMPTS, RULE_PUBLISHER_ROOT);
    texts_add(&f->distrusted_publishers, thumbprint);
    check_install(&h, "one in Disallowed is refused", INSTALL_REFUSED, RULE_DISTRUSTED);
    h.listed.root = ROOT_MS_2010;
    check_install(&h, "Microsoft is in no store", INSTALL_SILENT, RULE_INSTALL_MICROSOFT);
    tear_down(&h);
}

static void windows_7_may_ask_for_trusted_sha2_publishers(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, CROSS);
    texts_add(&h.facts.integrity.trusted_publishers, thumbprint);
    h.listed.digest = DIGEST_SHA256;
    hand_windows(&h, 6, 1, 7601);
    check_install(&h, "KB2921916 is on no Windows Update", INSTALL_UNKNOWN, RULE_KB2921916);
    h.listed.digest = DIGEST_SHA1;
    check_install(&h, "SHA-1 does not need it", INSTALL_SILENT, RULE_TRUSTED_PUBLISHER);
    h.listed.chain_length = 1;
    h.listed.chain[0].digest = DIGEST_SHA256;
    check_install(&h, "a certificate with SHA-256 does", INSTALL_UNKNOWN, RULE_KB2921916);
    hand_windows(&h, 6, 2, 0);
    check_install(&h, "8 does not", INSTALL_SILENT, RULE_TRUSTED_PUBLISHER);
    tear_down(&h);
}

static const struct {
    const char *sentence;
    unsigned minor;
    enum architecture architecture;
    bool named; /* the INF names the catalog */
    enum install_verdict install;
    enum rule rule;
} unsigned_ones[] = {
    {"7 x64 warns", 1, ARCHITECTURE_X64, true, INSTALL_PROMPTS, RULE_UNSIGNED_PROMPTS},
    {"8 x64 refuses", 2, ARCHITECTURE_X64, true, INSTALL_REFUSED, RULE_UNSIGNED_REFUSED},
    {"8 x86 warns", 2, ARCHITECTURE_X86, true, INSTALL_PROMPTS, RULE_UNSIGNED_PROMPTS},
    {"a catalog that is not named is none: 7", 1, ARCHITECTURE_X64, false, INSTALL_PROMPTS,
     RULE_NO_CATALOG_FILE},
    {"8 x64 refuses for it", 2, ARCHITECTURE_X64, false, INSTALL_REFUSED, RULE_NO_CATALOG_FILE},
    {"8 x86 asks for it", 2, ARCHITECTURE_X86, false, INSTALL_PROMPTS, RULE_NO_CATALOG_FILE},
};

static void from_8_on_x64_takes_signed_packages_only(void **state)
{
    (void)state;
    struct hand h;
    for (size_t i = 0; i < COUNT(unsigned_ones); i++) {
        set_up(&h, ROOT_MS_2010);
        hand_windows(&h, 6, unsigned_ones[i].minor, 0);
        h.facts.windows.architecture = unsigned_ones[i].architecture;
        if (unsigned_ones[i].named)
            h.package.integrity = INTEGRITY_UNSIGNED;
        else
            hand_inf(&h, "[Version]\r\nSignature=\"$Windows NT$\"\r\n");
        check_install(&h, unsigned_ones[i].sentence, unsigned_ones[i].install,
                      unsigned_ones[i].rule);
        tear_down(&h);
    }
}

static void other_processors_take_microsofts_only(void **state)
{
    (void)state;
    static const struct {
        const char *sentence;
        enum architecture architecture;
        enum root root;
        enum install_verdict install;
        enum rule rule;
    } rows[] = {
        {"x86 takes a trusted publisher's", ARCHITECTURE_X86, CROSS, INSTALL_SILENT,
         RULE_TRUSTED_PUBLISHER},
        {"x64 too", ARCHITECTURE_X64, CROSS, INSTALL_SILENT, RULE_TRUSTED_PUBLISHER},
        {"ARM64 does not", ARCHITECTURE_ARM64, CROSS, INSTALL_REFUSED,
         RULE_OTHER_ARCHITECTURE_WHQL},
        {"ARM64 takes Microsoft's", ARCHITECTURE_ARM64, ROOT_MS_2010, INSTALL_SILENT,
         RULE_INSTALL_MICROSOFT},
    };
    struct hand h;
    for (size_t i = 0; i < COUNT(rows); i++) {
        set_up(&h, rows[i].root);
        h.facts.windows.architecture = rows[i].architecture;
        texts_add(&h.facts.integrity.trusted_publishers, thumbprint);
        check_install(&h, rows[i].sentence, rows[i].install, rows[i].rule);
        tear_down(&h);
    }
}

static void what_is_not_whole_is_not_installed(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, ROOT_MS_2010);
    h.package.integrity = INTEGRITY_INCOMPLETE;
    hand_windows(&h, 6, 0, 0);
    check_install(&h, "Vista imports whole packages only", INSTALL_REFUSED, RULE_INCOMPLETE);
    hand_windows(&h, 5, 2, 3790);
    check_install(&h, "2003 asks for the file", INSTALL_PROMPTS, RULE_INCOMPLETE_NT5);
    h.package.integrity = INTEGRITY_UNREADABLE;
    check_install(&h, "what was not read is not known", INSTALL_UNKNOWN, RULE_UNREADABLE_PACKAGE);
    h.facts.windows.major = (struct number){0};
    check_install(&h, "nor is it of an unknown Windows", INSTALL_UNKNOWN,
                  RULE_INSTALL_WINDOWS_UNKNOWN);
    tear_down(&h);
}

static void a_catalog_must_be_intact_to_count(void **state)
{
    (void)state;
    struct hand h;
    set_up(&h, ROOT_MS_2010);
    h.listed.integrity = SIGNATURE_ALTERED;
    check_install(&h, "an altered signature", INSTALL_REFUSED, RULE_UNSIGNED_REFUSED);
    h.listed.integrity = SIGNATURE_INTACT;
    h.entries[HAND_CAT].catalog_signature.count = 0;
    check_install(&h, "no signature", INSTALL_REFUSED, RULE_UNSIGNED_REFUSED);
    tear_down(&h);
}

/* --- rank: 0xSSGGTHHH */

/* One device with a hardware id and a compatible id, and models for some ids. */
static const char *const hardware[] = {"PCI\\VEN_5853&DEV_0001&SUBSYS_00015853", "PCI\\HW1"};
static const char *const compatible[] = {"PCI\\CC_FF80", "PCI\\C1"};

static struct facts_device *add_device(struct hand *h, enum tri present)
{
    struct facts_device *d = shape_list_add(&h->facts.devices, sizeof *d);
    d->present = present;
    for (size_t i = 0; i < 2; i++) {
        texts_add(&d->hardware_ids, hardware[i]);
        texts_add(&d->compatible_ids, compatible[i]);
    }
    return d;
}

static const struct {
    const char *sentence;
    const char *ids[2]; /* of the model */
    uint32_t match;     /* 0xTHHH; 0xffff: none */
} matches[] = {
    {"a hardware id with the model's hardware id", {"PCI\\VEN_5853&DEV_0001&SUBSYS_00015853"}, 0},
    {"the device's second", {"PCI\\HW1"}, 0x0001},
    {"in any case of letters", {"pci\\hw1"}, 0x0001},
    {"with the model's compatible id", {"", "PCI\\HW1"}, 0x1001},
    {"a compatible id with the model's hardware id", {"PCI\\CC_FF80"}, 0x2000},
    {"the device's second compatible id", {"PCI\\C1"}, 0x2001},
    {"both compatible", {"", "PCI\\C1"}, 0x3001},
    {"the better of two ids", {"PCI\\C1", "PCI\\HW1"}, 0x1001},
    {"the better of two hardware ids",
     {"PCI\\HW1", "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853"},
     0x0001},
    {"none", {"PCI\\OTHER"}, 0xffff},
};

static void a_match_is_ranked_by_its_ids(void **state)
{
    (void)state;
    struct hand h;
    for (size_t i = 0; i < COUNT(matches); i++) {
        set_up(&h, CROSS);
        h.models[0] = (struct inf_model){
            .install = "I", .ids = matches[i].ids, .id_count = matches[i].ids[1] ? 2 : 1};
        h.here.models.count = 1;
        h.installs[0].feature_score = 0xfe;
        add_device(&h, TRI_YES);
        policy_install(&h.j);
        CHECK(matches[i].sentence, h.out.rank.known == (matches[i].match != 0xffff));
        if (h.out.rank.known)
            assert_int_equal(h.out.rank.value, 0x00fe0000 | matches[i].match);
        tear_down(&h);
    }
}

static const struct {
    const char *sentence;
    unsigned major, minor;
    enum root root;
    const char *signature, *section; /* of the INF */
    uint64_t score, rank;
} ranks[] = {
    {"from 7 on all that is signed counts the same", 6, 1, CROSS, "Windows NT", "I.NTamd64",
     0x0f000000, 0x00fe0000},
    {"Microsoft's too", 6, 1, ROOT_MS_2010, "Windows NT", "I.NTamd64", 0x0d000005, 0x00fe0000},
    {"Vista puts Microsoft's first", 6, 0, ROOT_MS_2010, "Windows NT", "I.NTamd64", 0x0d000005,
     0x0dfe0000},
    {"and then publishers'", 6, 0, CROSS, "Windows NT", "I.NTamd64", 0x0f000000, 0x0ffe0000},
    {"what is not signed comes behind", 6, 1, ROOT_UNKNOWN, "Windows NT", "I", 0x80000000,
     0x80fe0000},
    {"what is of Windows 9x last", 6, 1, ROOT_UNKNOWN, "Chicago", "I", 0xc0000000, 0xc0fe0000},
    {"a section for NT is not of 9x", 6, 1, ROOT_UNKNOWN, "Chicago", "I.NT", 0x80000000,
     0x80fe0000},
    {"nor is one for NT on x64", 6, 1, ROOT_UNKNOWN, "Chicago", "I.ntamd64", 0x80000000,
     0x80fe0000},
    {"another ending says nothing", 6, 1, ROOT_UNKNOWN, "Chicago", "I.Inst", 0xc0000000,
     0xc0ff0000},
    {"before Vista a rank has 16 bits", 5, 2, CROSS, "Windows NT", "I", 0, 0x0000},
    {"0x8000 is not signed", 5, 2, ROOT_UNKNOWN, "Windows NT", "I", 0, 0x8000},
    {"0xc000 is of Windows 9x", 5, 2, ROOT_UNKNOWN, "Chicago", "I", 0, 0xc000},
};

/* A root of unknown stands for a package that is not signed. */
static void ranks_are_as_documented(void **state)
{
    (void)state;

    struct hand h;
    for (size_t i = 0; i < COUNT(ranks); i++) {
        char inf[100];
        set_up(&h, ranks[i].root);
        snprintf(inf, sizeof inf, "[Version]\r\nSignature=\"$%s$\"\r\nCatalogFile=xen.cat\r\n",
                 ranks[i].signature);
        hand_inf(&h, inf);
        hand_windows(&h, ranks[i].major, ranks[i].minor, 0);
        h.package.integrity = ranks[i].root == ROOT_UNKNOWN ? INTEGRITY_UNSIGNED : INTEGRITY_INTACT;
        h.models[0] = (struct inf_model){.install = "I", .ids = hardware, .id_count = 1};
        h.here.models.count = 1;
        h.installs[0].section = "J";
        h.installs[1] = (struct inf_install){.section = ranks[i].section, .feature_score = 0xfe};
        h.here.count = 2;
        add_device(&h, TRI_UNKNOWN);
        policy_install(&h.j);
        CHECK(ranks[i].sentence, h.out.signer_score.known == (ranks[i].major >= 6));
        if (h.out.signer_score.value != ranks[i].score || h.out.rank.value != ranks[i].rank)
            fail_msg("%s; but score %llx, rank %llx", ranks[i].sentence,
                     (unsigned long long)h.out.signer_score.value,
                     (unsigned long long)h.out.rank.value);
        tear_down(&h);
    }
}

static void one_section_for_nt_makes_an_inf_of_nt(void **state)
{
    (void)state;
    static const char *const sections[][2] = {{"I.NT", "J"}, {"J", "I.NT"}};
    struct hand h;
    for (size_t i = 0; i < COUNT(sections); i++) {
        set_up(&h, ROOT_UNKNOWN);
        h.package.integrity = INTEGRITY_UNSIGNED;
        hand_inf(&h, "[Version]\r\nSignature=\"$Chicago$\"\r\n");
        for (size_t k = 0; k < 2; k++)
            h.installs[k] = (struct inf_install){.section = sections[i][k]};
        h.here.count = 2;
        policy_install(&h.j);
        assert_int_equal(h.out.signer_score.value, SCORE_UNSIGNED);
        tear_down(&h);
    }
}

static void the_feature_score_is_of_the_models_section(void **state)
{
    (void)state;
    static const char *const ids[] = {"PCI\\HW1"};
    static const struct {
        const char *sentence, *install, *sections[2];
        uint32_t feature;
    } rows[] = {
        {"the section itself", "I", {"I", "J"}, 0x10},
        {"the second one", "J", {"I", "J"}, 0x20},
        {"decorated", "J", {"I.NTx86", "J.ntamd64"}, 0x20},
        {"not one that only begins so", "I", {"I2", "I.NT"}, 0x20},
        {"without case", "i", {"I.NT", "J"}, 0x10},
        {"none: the worst", "K", {"I", "J"}, 0xff},
    };
    struct hand h;
    for (size_t i = 0; i < COUNT(rows); i++) {
        set_up(&h, CROSS);
        h.models[0] = (struct inf_model){.install = rows[i].install, .ids = ids, .id_count = 1};
        h.here.models.count = 1;
        for (size_t k = 0; k < 2; k++)
            h.installs[k] = (struct inf_install){.section = rows[i].sections[k],
                                                 .feature_score = 0x10 * ((uint32_t)k + 1)};
        h.here.count = 2;
        add_device(&h, TRI_YES);
        policy_install(&h.j);
        CHECK(rows[i].sentence, h.out.rank.value == (rows[i].feature << 16 | 1));
        tear_down(&h);
    }
}

static void the_best_device_ranks(void **state)
{
    (void)state;
    static const char *const ids[] = {"PCI\\BEST"}, *const others[] = {"PCI\\C1"};
    struct hand h;
    set_up(&h, CROSS);
    h.models[0] = (struct inf_model){.install = "I", .ids = others, .id_count = 1};
    h.models[1] = (struct inf_model){.install = "I", .ids = ids, .id_count = 1};
    h.here.models.count = 2;
    add_device(&h, TRI_YES);
    add_device(&h, TRI_YES);
    texts_add(&h.facts.devices.at[1].hardware_ids, "PCI\\BEST");
    add_device(&h, TRI_YES);
    policy_install(&h.j);
    CHECK("the second of three", h.out.rank.known && h.out.rank.value == 0x0002);
    hand_forget(&h);
    h.facts.devices.at[1].present = TRI_NO;
    policy_install(&h.j);
    CHECK("a ghost has no rank", h.out.rank.known && h.out.rank.value == 0x2001);
    tear_down(&h);
}

/* HHH is the place in a list, which may be longer than that. */
static void a_rank_has_12_bits_for_the_place(void **state)
{
    (void)state;
    static const char *const ids[] = {"PCI\\LAST"};
    struct hand h;
    set_up(&h, CROSS);
    h.models[0] = (struct inf_model){.install = "I", .ids = ids, .id_count = 1};
    h.here.models.count = 1;
    struct facts_device *d = shape_list_add(&h.facts.devices, sizeof *d);
    for (size_t i = 0; i < 0xffe; i++)
        texts_add(&d->hardware_ids, "PCI\\OTHER");
    texts_add(&d->hardware_ids, ids[0]);
    policy_install(&h.j);
    assert_int_equal(h.out.rank.value, 0x0ffe);
    for (size_t i = 0; i < 2; i++) {
        memcpy(d->hardware_ids.at[0xffe + i], "PCI\\NONE", 9);
        texts_add(&d->hardware_ids, ids[0]);
        hand_forget(&h);
        policy_install(&h.j);
        CHECK("no further than 0xfff", h.out.rank.value == 0x0fff);
    }
    tear_down(&h);
}

static void every_rule_has_a_row(void **state)
{
    (void)state;
    hand_expect_all(QUESTION_INSTALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_catalog_lists_windows_versions),
        cmocka_unit_test(the_infs_entry_goes_before_the_whole_catalog),
        cmocka_unit_test(an_old_logo_is_any_publishers),
        cmocka_unit_test(before_vista_the_signing_policy_decides),
        cmocka_unit_test(before_vista_sha2_counts_for_nothing),
        cmocka_unit_test(sha2_needs_an_update_before_8),
        cmocka_unit_test(a_publisher_is_trusted_or_not),
        cmocka_unit_test(windows_7_may_ask_for_trusted_sha2_publishers),
        cmocka_unit_test(from_8_on_x64_takes_signed_packages_only),
        cmocka_unit_test(other_processors_take_microsofts_only),
        cmocka_unit_test(what_is_not_whole_is_not_installed),
        cmocka_unit_test(a_catalog_must_be_intact_to_count),
        cmocka_unit_test(a_match_is_ranked_by_its_ids),
        cmocka_unit_test(ranks_are_as_documented),
        cmocka_unit_test(one_section_for_nt_makes_an_inf_of_nt),
        cmocka_unit_test(the_feature_score_is_of_the_models_section),
        cmocka_unit_test(the_best_device_ranks),
        cmocka_unit_test(a_rank_has_12_bits_for_the_place),
        cmocka_unit_test(every_rule_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
