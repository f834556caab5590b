/*
 * policy on a whole made package: publishers, ranks, catalogs of other kinds, releases of the
 * manifest, and the table of rules itself. Which Windows loads which signature is policy_test's.
 *
 * Sources of the rows: signature-categories-and-driver-installation, how-setup-ranks-drivers,
 * lowerlogoversion, trusted-publishers-certificate-store, KB2921916.
 */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include "verifier/policy.h"

#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/build_package.h"
#include "tests/unit/check.h"

#include <stdlib.h>
#include <unistd.h>

/* A package in a folder, its evidence, and a guest: Windows 10 x64 without Secure Boot, with the
 * device. */
struct fixture {
    struct evidence ev;
    struct facts facts;
    struct signature *s; /* of the catalog */
    struct prediction out;
};

static void write_package(const char *folder, struct span inf)
{
    struct made p;
    struct err e = {0};
    make_package(&p);
    if (inf.size) {
        p.files[FILE_INF] = inf;
        p.files[FILE_CAT] = make_catalog(p.files[FILE_SYS], inf, p.files[FILE_TXT]);
    }
    for (size_t i = 0; i < FILES; i++) {
        char *path = file_join(folder, file_names[i]);
        if (!file_replace(path, p.files[i], &e))
            fail_msg("%s", e.text);
        mem_free(path);
    }
}

static void set_up(struct fixture *t, struct span inf)
{
    char *temp = file_temp_folder(), *folder = file_join(temp, "xenpv-policy-XXXXXX");
    struct err e = {0};
    memset(t, 0, sizeof *t);
    assert_non_null(mkdtemp(folder));
    write_package(folder, inf);
    if (!evidence_gather(folder, &(struct evidence_options){.target = NULL}, &t->ev, &e))
        fail_msg("%s", e.text);
    file_remove_tree(folder, NULL);
    mem_free(folder);
    mem_free(temp);
    assert_int_equal(t->ev.packages.count, 1);
    assert_int_equal(t->ev.packages.at[0].integrity, INTEGRITY_INTACT);
    t->s = &t->ev.entries[t->ev.packages.at[0].catalog_entry].catalog_signature.signatures[0];
    t->facts.windows.major = number_of(10);
    t->facts.windows.minor = number_of(0);
    t->facts.windows.build = number_of(19045);
    t->facts.windows.architecture = ARCHITECTURE_X64;
    t->facts.windows.type = PRODUCT_TYPE_WORKSTATION;
    t->facts.windows.reading = t->facts.devices_reading = READING_FULL;
    t->facts.integrity.secure_boot = TRI_NO;
    struct facts_device *d = shape_list_add(&t->facts.devices, sizeof *d);
    d->instance = mem_strdup("PCI\\VEN_5853&DEV_0001\\0");
    texts_add(&d->hardware_ids, "PCI\\VEN_5853&DEV_0001&SUBSYS_00015853");
    texts_add(&d->compatible_ids, "PCI\\VEN_5853&DEV_0001&REV_01");
    texts_add(&d->compatible_ids, "PCI\\VEN_5853&DEV_0001");
}

static void judge(struct fixture *t, const struct manifest *m)
{
    prediction_release(&t->out);
    policy_judge(&(struct policy_case){&t->ev, &t->ev.packages.at[0], &t->facts, m}, &t->out);
}

static void tear_down(struct fixture *t)
{
    prediction_release(&t->out);
    evidence_release(&t->ev);
    facts_release(&t->facts);
    der_forget();
}

static void set_windows(struct fixture *t, unsigned major, unsigned minor, unsigned build)
{
    t->facts.windows.major = number_of(major);
    t->facts.windows.minor = number_of(minor);
    t->facts.windows.build = number_of(build);
}

/* As publishers signed before SHA-256, the chain too. */
static void sign_with_sha1(struct fixture *t)
{
    t->s->digest = DIGEST_SHA1;
    for (size_t i = 0; i < t->s->chain_length; i++)
        t->s->chain[i].digest = DIGEST_SHA1;
}

static bool has_note(const struct prediction *p, const char *id)
{
    for (size_t i = 0; i < p->notes.count; i++)
        if (strcmp(p->notes.at[i].rule->id, id) == 0)
            return *p->notes.at[i].why != '\0';
    return false;
}

/* --- the table
 * -------------------------------------------------------------------------------------------------
 */

static void every_rule_is_whole(void **state)
{
    (void)state;
    size_t count;
    const struct policy_rule *rules = policy_rules(&count);
    assert_true(count > 50);
    for (size_t i = 0; i < count; i++) {
        const struct policy_rule *r = &rules[i];
        CHECK("each rule has an id", r->id && *r->id);
        CHECK(r->id, r->question != QUESTION_UNKNOWN && r->sentence && *r->sentence && r->source &&
                         *r->source);
        CHECK(r->id, r->sentence[strlen(r->sentence) - 1] != '.');
        CHECK(r->id, strspn(r->id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(r->id));
        CHECK(r->id, strcmp(policy_rule_find(r->question, r->id)->id, r->id) == 0);
    }
    assert_null(policy_rule_find(QUESTION_UNKNOWN, "no-such-rule"));
    assert_null(policy_rule_find(QUESTION_FIT, "nt5"));
}

/* Two rows with one id must differ in what they tell. */
static void one_id_is_told_apart(void **state)
{
    (void)state;
    size_t count;
    const struct policy_rule *r = policy_rules(&count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = i + 1; k < count; k++)
            CHECK(r[i].id, r[i].question != r[k].question || strcmp(r[i].id, r[k].id) != 0 ||
                               strcmp(r[i].sentence, r[k].sentence) != 0);
}

/* --- publishers
 * ------------------------------------------------------------------------------------------------
 */

static void a_trusted_publisher_is_silent(void **state)
{
    (void)state;
    struct fixture t;
    struct text hex = {0};
    set_up(&t, NOTHING);
    text_add_hex(&hex, span_of(t.s->thumbprint, sizeof t.s->thumbprint));
    judge(&t, NULL);
    CHECK_TEXT("an unknown publisher is asked about", t.out.install_rule, "publisher");
    texts_add(&t.facts.integrity.trusted_publishers, "00112233445566778899aabbccddeeff00112233");
    judge(&t, NULL);
    assert_int_equal(t.out.install, INSTALL_PROMPTS);
    texts_add(&t.facts.integrity.trusted_publishers, text_str(&hex));
    judge(&t, NULL);
    assert_int_equal(t.out.install, INSTALL_SILENT);
    CHECK_TEXT("one in the store is trusted", t.out.install_rule, "trusted-publisher");
    texts_add(&t.facts.integrity.publishers_without_root, text_str(&hex));
    judge(&t, NULL);
    assert_int_equal(t.out.install, INSTALL_PROMPTS);
    CHECK_TEXT("but not without a root", t.out.install_rule, "publisher-root");
    texts_add(&t.facts.integrity.distrusted_publishers, text_str(&hex));
    judge(&t, NULL);
    assert_int_equal(t.out.install, INSTALL_REFUSED);
    CHECK_TEXT("distrust goes before trust", t.out.install_rule, "distrusted-publisher");
    text_release(&hex);
    tear_down(&t);
}

static void windows_7_needs_kb2921916(void **state)
{
    (void)state;
    struct fixture t;
    struct text hex = {0};
    set_up(&t, NOTHING);
    text_add_hex(&hex, span_of(t.s->thumbprint, sizeof t.s->thumbprint));
    texts_add(&t.facts.integrity.trusted_publishers, text_str(&hex));
    set_windows(&t, 6, 1, 7601);
    t.facts.integrity.sha2 = TRI_YES;
    t.s->digest = DIGEST_SHA256;
    judge(&t, NULL);
    assert_int_equal(t.out.install, INSTALL_UNKNOWN);
    CHECK_TEXT("7 may ask for a trusted SHA-256 publisher", t.out.install_rule, "kb2921916");
    set_windows(&t, 6, 2, 9200);
    judge(&t, NULL);
    assert_int_equal(t.out.install, INSTALL_SILENT);
    set_windows(&t, 5, 2, 3790);
    sign_with_sha1(&t);
    t.facts.integrity.signing_policy = number_of(2);
    judge(&t, NULL);
    CHECK("Server 2003 knows trusted publishers",
          t.out.install == INSTALL_SILENT && t.out.install_basis->confidence == CONFIDENCE_FIRM);
    set_windows(&t, 5, 1, 2600);
    judge(&t, NULL);
    CHECK("of XP the documents differ",
          t.out.install == INSTALL_SILENT &&
              t.out.install_basis->confidence == CONFIDENCE_CONTRADICTED);
    set_windows(&t, 5, 0, 2195);
    judge(&t, NULL);
    CHECK_TEXT("2000 does not know them", t.out.install_rule, "signing-policy-block");
    text_release(&hex);
    tear_down(&t);
}

/* --- scores
 * ----------------------------------------------------------------------------------------------------
 */

static void check_rank(struct fixture *t, const char *sentence, uint64_t score, uint64_t rank)
{
    judge(t, NULL);
    if (t->out.signer_score.value != score || !t->out.rank.known || t->out.rank.value != rank)
        fail_msg("%s; but score %llx, rank %llx", sentence,
                 (unsigned long long)t->out.signer_score.value,
                 (unsigned long long)t->out.rank.value);
}

static void ranks_are_as_documented(void **state)
{
    (void)state;
    struct fixture t;
    set_up(&t, NOTHING);
    sign_with_sha1(&t);
    check_rank(&t, "since 7 all signatures count the same", 0x0f000000, 0x00ff2001);
    set_windows(&t, 6, 0, 6002);
    check_rank(&t, "Vista ranks by who signed", 0x0f000000, 0x0fff2001);
    t.s->root = ROOT_MS_2001;
    check_rank(&t, "Microsoft's before others'", 0x0d000005, 0x0dff2001);
    t.ev.packages.at[0].integrity = INTEGRITY_ALTERED;
    check_rank(&t, "what is altered comes last", 0x80000000, 0x80ff2001);
    set_windows(&t, 5, 1, 2600);
    judge(&t, NULL);
    CHECK("XP has no scores", !t.out.signer_score.known);
    assert_int_equal(t.out.rank.value, 0xa001);
    texts_add(&t.facts.devices.at[0].hardware_ids, "PCI\\VEN_5853&DEV_0001");
    t.ev.packages.at[0].integrity = INTEGRITY_INTACT;
    judge(&t, NULL);
    assert_int_equal(t.out.rank.value, 1);
    t.facts.devices.at[0].present = TRI_NO;
    judge(&t, NULL);
    CHECK("a ghost has no rank", !t.out.rank.known);
    tear_down(&t);
}

static void old_microsoft_signatures_are_a_publishers(void **state)
{
    (void)state;
    struct fixture t;
    set_up(&t, NOTHING);
    t.s->root = ROOT_MS_2001;
    judge(&t, NULL);
    assert_int_equal(t.out.install, INSTALL_SILENT);
    CHECK("a catalog for XP and Vista does not list 10", has_note(&t.out, "os-attribute"));
    mem_free(t.ev.packages.at[0].files.at[0].os_attr);
    t.ev.packages.at[0].files.at[0].os_attr = mem_strdup("1:4.10,2:5.0");
    judge(&t, NULL);
    CHECK_TEXT("2000's logo is none", t.out.install_rule, "old-logo");
    assert_int_equal(t.out.signer_score.value, SCORE_AUTHENTICODE);
    mem_free(t.ev.packages.at[0].files.at[0].os_attr);
    t.ev.packages.at[0].files.at[0].os_attr = mem_strdup("2:5.x,2:10.0");
    judge(&t, NULL);
    CHECK("any minor version counts, and this one is listed",
          t.out.install == INSTALL_SILENT && !has_note(&t.out, "os-attribute"));
    tear_down(&t);
}

/* --- catalogs
 * --------------------------------------------------------------------------------------------------
 */

static void an_inf_must_name_its_catalog(void **state)
{
    (void)state;
    static const char named[] = "CatalogFile=xen.cat\r\n";
    struct fixture t;
    char text[sizeof inf_crlf];
    const char *at = strstr(inf_crlf, named);
    size_t front = (size_t)(at - inf_crlf);
    memcpy(text, inf_crlf, front);
    strcpy(text + front, at + sizeof named - 1);
    set_up(&t, span_text(text));
    judge(&t, NULL);
    assert_int_equal(t.out.install, INSTALL_REFUSED);
    CHECK_TEXT("Plug and Play does not look for others", t.out.install_rule, "no-catalog-file");
    t.s->root = ROOT_MS_2010;
    judge(&t, NULL);
    CHECK("the kernel takes any catalog", t.out.load == LOAD_LOADS);
    tear_down(&t);
}

static void version_2_catalogs_are_for_7_and_later(void **state)
{
    (void)state;
    struct fixture t;
    set_up(&t, NOTHING);
    sign_with_sha1(&t);
    t.s->root = ROOT_MS_2010;
    t.ev.entries[t.ev.packages.at[0].catalog_entry].catalog->version = 2;
    set_windows(&t, 6, 0, 6002);
    judge(&t, NULL);
    CHECK_TEXT("Vista reads none", t.out.load_rule, "catalog-v2");
    CHECK_TEXT("nor does its Plug and Play", t.out.install_rule, "catalog-v2");
    set_windows(&t, 6, 1, 7601);
    judge(&t, NULL);
    CHECK_TEXT("7 may need KB3033929 for it", t.out.load_rule, "sha2-unknown");
    CHECK_TEXT("and its Plug and Play", t.out.install_rule, "sha2");
    t.facts.integrity.sha2 = TRI_YES;
    judge(&t, NULL);
    CHECK("with it 7 reads them", t.out.load == LOAD_LOADS && t.out.install == INSTALL_SILENT);
    tear_down(&t);
}

static void what_is_not_sure_says_so(void **state)
{
    (void)state;
    struct fixture t;
    set_up(&t, NOTHING);
    t.s->root = ROOT_MS_2010;
    t.s->usage = (struct certificate_usage){.attestation = true};
    t.facts.windows.type = PRODUCT_TYPE_SERVER;
    judge(&t, NULL);
    CHECK("attestation loads on Server, unsupported", t.out.load == LOAD_LOADS);
    CHECK_TEXT("it says so", t.out.load_rule, "attestation-server");
    assert_int_equal(t.out.load_basis->confidence, CONFIDENCE_CONTRADICTED);
    t.s->root = ROOT_CODE_VERIFICATION;
    t.s->not_before = 1;
    t.facts.integrity.secure_boot = TRI_YES;
    judge(&t, NULL);
    CHECK("an exempt one is a warning since 1809",
          t.out.load == LOAD_LOADS && t.out.load_basis->confidence == CONFIDENCE_CONTRADICTED);
    set_windows(&t, 10, 0, 14393);
    judge(&t, NULL);
    CHECK("and firm before",
          t.out.load == LOAD_LOADS && t.out.load_basis->confidence == CONFIDENCE_FIRM);
    t.s->validity = VALIDITY_OUTSIDE;
    judge(&t, NULL);
    CHECK_TEXT("a time stamp outside the certificate's time", t.out.load_rule, "outside-validity");
    t.s->validity = VALIDITY_UNTIL_EXPIRY;
    judge(&t, NULL);
    CHECK("without one it lasts until expiry",
          t.out.load == LOAD_LOADS && has_note(&t.out, "until-expiry"));
    tear_down(&t);
}

/* --- releases
 * --------------------------------------------------------------------------------------------------
 */

static const char manifest_text[] =
    "{\"schema\":1,\"families\":[{\"id\":\"xp\",\"name\":\"X\",\"role\":\"installable\",\"providers\":[\"Xen Project\"],"
    "\"product_names\":[],\"upgrade_codes\":[],\"services\":[],\"compatible_with\":[]}],"
    "\"advisories\":[{\"id\":\"xsn-1\",\"title\":\"A title\",\"date\":\"2023-07-24\",\"overridable\":true,\"effect\":\"e\","
    "\"remedy\":\"r\",\"source\":\"s\"}],\"windows\":[],\"releases\":[";
#define RELEASE(id, version, advisories, from)                                                                       \
    "{\"id\":\"" id "\",\"family\":\"xp\",\"version\":\"" version "\",\"rank\":" from                                \
    ",\"signing\":\"test\",\"digest\":\"sha1\","                                                                     \
    "\"advisories\":[" advisories                                                                                    \
    "],\"restarts\":1,\"drivers\":[{\"name\":\"xen\",\"inf\":\"xen.inf\",\"hardware_ids\":"                          \
    "[\"PCI\\\\VEN_5853&DEV_0001\"],\"services\":[\"xen\"],\"boot_start\":false,\"platform\":true}],\"helpers\":[]," \
    "\"sets\":[{\"id\":\"a\",\"architecture\":\"x64\",\"windows_from\":\"" from                                      \
    ".0.6000\",\"windows_to\":null,\"files\":"                                                                       \
    "[{\"name\":\"" id                                                                                               \
    ".tar\",\"url\":null,\"size\":null,\"sha256\":null,\"sha512\":null,\"no_hash_reason\":\"test\"}]}],"             \
    "\"source\":\"test\"}"

static void judge_with(struct fixture *t, const char *releases)
{
    struct manifest m = {0};
    struct text json = {0};
    struct err e = {0};
    text_addf(&json, "%s%s]}", manifest_text, releases);
    if (!manifest_decode("test", span_text(text_str(&json)), &m, NULL, &e))
        fail_msg("%s", e.text);
    judge(t, &m);
    manifest_release_all(&m);
    text_release(&json);
}

static void releases_are_recognised(void **state)
{
    (void)state;
    struct fixture t;
    set_up(&t, NOTHING);
    judge_with(&t, RELEASE("r-910", "9.1.0", "", "6"));
    CHECK_TEXT("nothing speaks against it", t.out.fit_rule, "fits");
    judge_with(&t, RELEASE("r-910", "9.1.0", "\"xsn-1\"", "6"));
    assert_int_equal(t.out.fit, FIT_WARN);
    CHECK_TEXT("an advisory of the release is found", t.out.fit_rule, "xsn-1");
    CHECK_TEXT("in the manifest's words", t.out.fit_why, "r-910: A title");
    judge_with(&t, RELEASE("r-911", "9.1.1", "\"xsn-1\"", "6"));
    CHECK_TEXT("another version is another release", t.out.fit_rule, "fits");
    judge_with(&t, RELEASE("r-910", "9.1.0", "", "6") "," RELEASE("r-92", "9.2.0", "", "7"));
    CHECK_TEXT("a later one supersedes it", t.out.fit_rule, "superseded");
    judge_with(&t,
               RELEASE("r-910", "9.1.0", "\"xsn-1\"", "6") "," RELEASE("r-92", "9.2.0", "", "7"));
    CHECK("the first reason decides, the second is a note",
          strcmp(t.out.fit_rule, "xsn-1") == 0 && has_note(&t.out, "superseded"));
    set_windows(&t, 6, 1, 7601);
    judge_with(&t, RELEASE("r-910", "9.1.0", "", "6") "," RELEASE("r-92", "9.2.0", "", "10"));
    CHECK_TEXT("not where that is not meant for this Windows", t.out.fit_rule, "fits");
    judge_with(&t, RELEASE("r-910", "9.1.0", "", "10"));
    CHECK_TEXT("nor is this one", t.out.fit_rule, "wrong-windows");
    tear_down(&t);
}

static void a_guest_may_lack_the_device(void **state)
{
    (void)state;
    struct fixture t;
    set_up(&t, NOTHING);
    t.facts.devices.at[0].present = TRI_NO;
    judge(&t, NULL);
    assert_int_equal(t.out.fit, FIT_WARN);
    CHECK_TEXT("PCI devices do not come with a driver", t.out.fit_rule, "no-device");
    t.facts.devices_reading = READING_PARTIAL;
    judge(&t, NULL);
    CHECK_TEXT("what was not read may be there", t.out.fit_rule, "fits");
    tear_down(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_is_whole),
        cmocka_unit_test(one_id_is_told_apart),
        cmocka_unit_test(a_trusted_publisher_is_silent),
        cmocka_unit_test(windows_7_needs_kb2921916),
        cmocka_unit_test(ranks_are_as_documented),
        cmocka_unit_test(old_microsoft_signatures_are_a_publishers),
        cmocka_unit_test(an_inf_must_name_its_catalog),
        cmocka_unit_test(version_2_catalogs_are_for_7_and_later),
        cmocka_unit_test(what_is_not_sure_says_so),
        cmocka_unit_test(releases_are_recognised),
        cmocka_unit_test(a_guest_may_lack_the_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
