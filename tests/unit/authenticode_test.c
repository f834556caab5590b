/*
 * authenticode: signatures, time stamps and chains made here, whole and altered in every way that
 * is known.
 */
#include "verifier/authenticode.h"

#include "build_cat.h"
#include "build_signed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/err.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Who has which key. */
enum {
    MS_KEY,
    CROSS_KEY,
    PUBLIC_KEY,
    CA_KEY,
    LEAF_KEY,
    TSA_KEY,
    OTHER_KEY,
    TEST_KEY,
    CURVE_KEY = 15
};

/* Serials, each the number of its key. */
#define MS_CA                                                                                      \
    {                                                                                              \
        .subject = "CA", .issuer = "MS root", .key = CA_KEY, .issuer_key = MS_KEY,                 \
        .serial = CA_KEY, .constraints = CONSTRAINTS_AUTHORITY                                     \
    }
#define LEAF_OF_CA                                                                                 \
    {                                                                                              \
        .subject = "Leaf", .issuer = "CA", .key = LEAF_KEY, .issuer_key = CA_KEY,                  \
        .serial = LEAF_KEY, .usages = {                                                            \
            EKU_CODE                                                                               \
        }                                                                                          \
    }
#define TSA                                                                                        \
    {                                                                                              \
        .subject = "TSA", .issuer = "Public root", .key = TSA_KEY, .issuer_key = PUBLIC_KEY,       \
        .serial = TSA_KEY, .usages = {                                                             \
            EKU_TIME                                                                               \
        }                                                                                          \
    }

static struct root_key test_keys[4];
static struct roots test_roots = {test_keys, COUNT(test_keys)};

static struct span certificate(struct certificate_recipe recipe)
{
    return make_certificate(&recipe);
}

/* Roots of this test; the storage dies with der_forget, so that each test begins with this. */
static int setup(void **state)
{
    (void)state;
    const struct root_key keys[] = {
        {ROOT_MS_2010, "test 2010", signed_name("MS root"), signed_spki(MS_KEY)},
        {ROOT_CODE_VERIFICATION, "test cross", signed_name("Cross root"), signed_spki(CROSS_KEY)},
        {ROOT_PUBLIC, "test public", signed_name("Public root"), signed_spki(PUBLIC_KEY)},
        {ROOT_MS_TEST, "test test", NOTHING, signed_spki(TEST_KEY)},
    };
    memcpy(test_keys, keys, sizeof test_keys);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    der_forget();
    return ERR_peek_error() != 0; /* nothing may be left in OpenSSL's queue */
}

/* ---- what is signed ---- */

static struct span catalog_content(void)
{
    struct digest d = digest_one(DIGEST_SHA1, span_text("driver"));
    return cat_list(1, cat_member_v1(&d, true, "driver.sys"), cat_extension_value("OS", "7X64"));
}

/* What counts of a content is its body. */
static struct span body_of(struct span element)
{
    struct der e = {0};
    assert_true(der_next(&element, &e));
    return e.body;
}

static struct span indirect_content(const char *type, struct span value, enum digest_kind kind)
{
    struct digest d = digest_one(kind, span_text("file"));
    return SEQUENCE(SEQUENCE(der_make_oid(type), value),
        SEQUENCE(der_make_algorithm(cat_digest_oid(kind)), OCTETS(span_of(d.bytes, d.size))));
}

/*
 * A whole blob: one signer, an optional time stamp. Zero: a catalog, signed by LEAF_KEY below CA
 * below the MS root.
 */
struct blob_recipe {
    struct signer_recipe signer;
    struct span content; /* element */
    const char *content_type;
    struct span certificates;
    enum timestamp_kind stamp;
    struct stamp_recipe stamp_recipe;
    struct span more; /* further unsigned attributes */
};

static struct span default_certificates(void)
{
    return JOIN(certificate((struct certificate_recipe)MS_CA),
        certificate((struct certificate_recipe)LEAF_OF_CA),
        certificate((struct certificate_recipe)TSA));
}

static void add_stamp(struct blob_recipe *r)
{
    struct stamp_recipe *stamp = &r->stamp_recipe;
    if (stamp->issuer == NULL) {
        stamp->key = stamp->serial = TSA_KEY;
        stamp->issuer = "Public root";
    }
    struct span value = make_signer(&r->signer).value;
    if (r->stamp == TIMESTAMP_RFC3161) {
        stamp->time = stamp->time != NULL ? stamp->time : "20140917141924Z";
        r->signer.unsigned_attributes = make_token(stamp, value);
    } else if (r->stamp != TIMESTAMP_NONE) {
        stamp->time = stamp->time != NULL ? stamp->time : "140917141924Z";
        stamp->bare = r->stamp == TIMESTAMP_LEGACY_BARE;
        r->signer.unsigned_attributes = make_counter_signature(stamp, value);
    }
    r->signer.unsigned_attributes = JOIN(r->signer.unsigned_attributes, r->more);
}

static struct span make_blob(struct blob_recipe r)
{
    if (r.content.size == 0)
        r.content = catalog_content();
    if (r.content_type == NULL)
        r.content_type = OID_TEXT_CTL;
    if (r.certificates.size == 0)
        r.certificates = default_certificates();
    if (r.signer.issuer == NULL) {
        r.signer.issuer = "CA";
        r.signer.key = r.signer.serial = LEAF_KEY;
    }
    if (r.signer.content_type == NULL)
        r.signer.content_type = r.content_type;
    if (r.signer.content.size == 0)
        r.signer.content = body_of(r.content);
    add_stamp(&r);
    return make_signed_data(r.content_type, r.content, r.certificates, make_signer(&r.signer).info);
}

static struct span pe_blob(struct blob_recipe r)
{
    r.content = indirect_content(CAT_SPC_PE, SEQUENCE(NOTHING), DIGEST_SHA256);
    r.content_type = OID_TEXT_INDIRECT;
    return make_blob(r);
}

/* ---- reading ---- */

struct read {
    struct authenticode a;
    struct findings f;
    size_t added;
};

static void read_blob(struct read *r, struct span blob, enum signature_subject subject)
{
    uint8_t *copy = der_copy(blob);
    memset(r, 0, sizeof *r);
    authenticode_init(&r->a, &test_roots, subject);
    r->added = authenticode_add(&r->a, span_of(copy, blob.size), "x", &r->f);
    mem_free(copy);
}

static void done(struct read *r)
{
    authenticode_release(&r->a);
    findings_release(&r->f);
}

static enum signature_integrity catalog_integrity(struct span blob)
{
    struct read r;
    read_blob(&r, blob, SUBJECT_CATALOG);
    enum signature_integrity integrity = r.a.count > 0 ? r.a.signatures[0].integrity
                                                       : SIGNATURE_NONE;
    done(&r);
    return integrity;
}

/* ---- whole signatures ---- */

static void test_a_catalog_says_who_signed_when_and_up_to_where(void **state)
{
    (void)state;
    struct read r;
    char time[AUTHENTICODE_TIME_TEXT];
    struct span opus = SEQUENCE(
        EXPLICIT_0(der_make(DER_CONTEXT_0, der_utf16("Winqual Test", false))),
        EXPLICIT_1(der_make(DER_CONTEXT_0, span_text("http://x.example/"))));
    read_blob(&r,
        make_blob((struct blob_recipe){.stamp = TIMESTAMP_LEGACY,
            .signer.attributes = signed_attribute("1.3.6.1.4.1.311.2.1.12", opus)}),
        SUBJECT_CATALOG);
    assert_int_equal(r.added, 1);
    assert_int_equal(r.f.count, 0);
    assert_int_equal(authenticode_wanted(&r.a), 0);
    const struct signature *s = authenticode_best(&r.a);
    assert_int_equal(s->integrity, SIGNATURE_INTACT);
    assert_int_equal(s->subject, SUBJECT_CATALOG);
    assert_int_equal(s->digest, DIGEST_SHA256);
    assert_int_equal(s->root, ROOT_MS_2010);
    assert_string_equal(s->root_key, "test 2010");
    assert_string_equal(s->signer, "Leaf");
    assert_string_equal(s->issuer, "CA");
    assert_string_equal(s->subject_name, "CN=Leaf,O=Test");
    assert_string_equal(s->serial, "04");
    assert_string_equal(s->program, "Winqual Test");
    assert_string_equal(s->more_info, "http://x.example/");
    assert_true(s->usage.code_signing);
    assert_false(s->usage.whql);
    assert_int_equal(s->chain_length, 2);
    assert_string_equal(s->chain[1].subject, "CA");
    assert_int_equal(s->timestamp.kind, TIMESTAMP_LEGACY);
    assert_int_equal(s->timestamp.integrity, SIGNATURE_INTACT);
    assert_int_equal(s->timestamp.root, ROOT_PUBLIC);
    assert_string_equal(s->timestamp.authority, "TSA");
    authenticode_time_text(s->timestamp.time, time);
    assert_string_equal(time, "2014-09-17T14:19:24Z");
    assert_int_equal(s->validity, VALIDITY_AT_TIMESTAMP);
    assert_int_equal(s->weak, DIGEST_NONE);
    done(&r);
}

static const struct {
    enum digest_kind digest, leaf_digest;
    unsigned key;
    bool no_attributes;
    enum digest_kind weak;
    bool md5;
    const char *why;
} algorithms[] = {
    {DIGEST_SHA256, DIGEST_SHA256, LEAF_KEY, false, DIGEST_NONE, false, "SHA-256"},
    {DIGEST_SHA1, DIGEST_SHA1, LEAF_KEY, false, DIGEST_SHA1, false, "SHA-1"},
    {DIGEST_MD5, DIGEST_SHA1, LEAF_KEY, false, DIGEST_MD5, true,
        "MD5: real catalogs of 1997-2001 have it"},
    {DIGEST_SHA1, DIGEST_MD5, LEAF_KEY, false, DIGEST_MD5, true, "MD5 in the certificate"},
    {DIGEST_SHA256, DIGEST_SHA256, CURVE_KEY, false, DIGEST_NONE, false, "an elliptic key"},
    {DIGEST_SHA256, DIGEST_SHA256, LEAF_KEY, true, DIGEST_NONE, false, "no signed attributes"},
};

static void test_algorithms(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(algorithms); i++) {
        struct certificate_recipe leaf = LEAF_OF_CA;
        struct read r;
        leaf.digest = algorithms[i].leaf_digest;
        leaf.key = algorithms[i].key;
        read_blob(&r,
            make_blob((struct blob_recipe){
                .certificates = JOIN(
                    certificate((struct certificate_recipe)MS_CA), make_certificate(&leaf)),
                .signer = {.key = algorithms[i].key,
                    .issuer = "CA",
                    .serial = LEAF_KEY,
                    .digest = algorithms[i].digest,
                    .no_attributes = algorithms[i].no_attributes}}),
            SUBJECT_CATALOG);
        const struct signature *s = authenticode_best(&r.a);
        if (s == NULL || s->integrity != SIGNATURE_INTACT || s->weak != algorithms[i].weak ||
            s->md5 != algorithms[i].md5 || s->root != ROOT_MS_2010)
            fail_msg("%s", algorithms[i].why);
        assert_int_equal(s->timestamp.kind, TIMESTAMP_NONE);
        assert_int_equal(s->timestamp.integrity, SIGNATURE_NONE);
        assert_int_equal(s->validity, VALIDITY_UNTIL_EXPIRY);
        done(&r);
    }
}

static void test_a_file_is_intact_only_when_its_digest_was_compared(void **state)
{
    (void)state;
    struct read r;
    struct digests right = {0}, wrong = {0}, none = {0};
    right.of[DIGEST_SHA256] = digest_one(DIGEST_SHA256, span_text("file"));
    wrong.of[DIGEST_SHA256] = digest_one(DIGEST_SHA256, span_text("another file"));
    read_blob(&r, pe_blob((struct blob_recipe){.stamp = TIMESTAMP_LEGACY}), SUBJECT_PE);
    const struct signature *s = authenticode_best(&r.a);
    assert_int_equal(s->seal, SIGNATURE_INTACT);
    assert_int_equal(s->integrity, SIGNATURE_UNREADABLE);
    assert_int_equal(authenticode_wanted(&r.a), DIGEST_BIT(DIGEST_SHA256));
    authenticode_compare(&r.a, &wrong);
    assert_int_equal(s->integrity, SIGNATURE_ALTERED);
    authenticode_compare(&r.a, &none);
    assert_int_equal(s->integrity, SIGNATURE_UNREADABLE);
    authenticode_compare(&r.a, &right);
    assert_int_equal(s->integrity, SIGNATURE_INTACT);
    done(&r);
}

static void test_a_right_digest_does_not_heal_a_broken_seal(void **state)
{
    (void)state;
    struct read r;
    struct digests right = {0};
    right.of[DIGEST_SHA256] = digest_one(DIGEST_SHA256, span_text("file"));
    read_blob(
        &r, pe_blob((struct blob_recipe){.signer.content = LITERAL("something else")}), SUBJECT_PE);
    authenticode_compare(&r.a, &right);
    assert_int_equal(r.a.signatures[0].integrity, SIGNATURE_ALTERED);
    assert_non_null(findings_have(&r.f, "signature-altered", "x"));
    done(&r);
}

static void test_a_signature_about_another_kind_of_file_is_not_judged(void **state)
{
    (void)state;
    struct digests right = {0};
    right.of[DIGEST_SHA256] = digest_one(DIGEST_SHA256, span_text("file"));
    static const struct {
        const char *type;
        enum signature_subject is, found_in;
        enum signature_integrity integrity;
    } rows[] = {
        {"1.3.6.1.4.1.311.2.1.15", SUBJECT_PE, SUBJECT_PE, SIGNATURE_INTACT},
        {"1.3.6.1.4.1.311.2.1.30", SUBJECT_MSI, SUBJECT_MSI, SIGNATURE_INTACT},
        {"1.3.6.1.4.1.311.2.1.25", SUBJECT_CAB, SUBJECT_CAB, SIGNATURE_INTACT},
        {"1.3.6.1.4.1.311.2.1.28", SUBJECT_CAB, SUBJECT_CAB, SIGNATURE_INTACT},
        {"1.3.6.1.4.1.311.2.1.30", SUBJECT_MSI, SUBJECT_PE, SIGNATURE_UNREADABLE},
        {"1.3.6.1.4.1.311.2.1.15", SUBJECT_PE, SUBJECT_CATALOG, SIGNATURE_UNREADABLE},
        {"1.3.6.1.4.1.311.2.1.99", SUBJECT_UNKNOWN, SUBJECT_PE, SIGNATURE_UNREADABLE},
        {"1.3.6.1.4.1.311.2.1.99", SUBJECT_UNKNOWN, SUBJECT_UNKNOWN, SIGNATURE_UNREADABLE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct read r;
        read_blob(&r,
            make_blob((struct blob_recipe){.content_type = OID_TEXT_INDIRECT,
                .content = indirect_content(rows[i].type, SEQUENCE(NOTHING), DIGEST_SHA256)}),
            rows[i].found_in);
        authenticode_compare(&r.a, &right);
        if (r.a.signatures[0].subject != rows[i].is ||
            r.a.signatures[0].integrity != rows[i].integrity)
            fail_msg("%s in a file of kind %d", rows[i].type, (int)rows[i].found_in);
        done(&r);
    }
    struct read r;
    read_blob(&r, make_blob((struct blob_recipe){0}), SUBJECT_PE);
    authenticode_compare(&r.a, &right);
    assert_int_equal(r.a.signatures[0].integrity, SIGNATURE_UNREADABLE);
    done(&r);
}

static void test_page_hashes_are_kept(void **state)
{
    (void)state;
    struct read r;
    struct span hashes = LITERAL("\0\0\0\0 twenty bytes of hash");
    struct span moniker = JOIN(
        OCTETS(LITERAL("\xa6\xb5\x86\xd5\xb4\xa1\x24\x66\xae\x05\xa2\x17\xda\x8e\x60\xd6")),
        OCTETS(SET_OF(SEQUENCE(der_make_oid("1.3.6.1.4.1.311.2.3.1"), SET_OF(OCTETS(hashes))))));
    struct span image = SEQUENCE(
        der_make(DER_BIT_STRING, LITERAL("\0")), EXPLICIT_0(EXPLICIT_1(moniker)));
    read_blob(&r,
        make_blob((struct blob_recipe){.content_type = OID_TEXT_INDIRECT,
            .content = indirect_content(CAT_SPC_PE, image, DIGEST_SHA256)}),
        SUBJECT_PE);
    const struct signature *s = &r.a.signatures[0];
    assert_true(s->page_hashes);
    assert_int_equal(s->page_hash_kind, DIGEST_SHA1);
    assert_true(span_equal(span_of(s->page_hash, s->page_hash_size), hashes));
    done(&r);
}

/* ---- time stamps ---- */

static void test_each_kind_of_time_stamp(void **state)
{
    (void)state;
    static const enum timestamp_kind kinds[] = {
        TIMESTAMP_LEGACY, TIMESTAMP_LEGACY_BARE, TIMESTAMP_RFC3161};
    static const char *const names[] = {"legacy", "legacy-bare", "rfc3161"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct read r;
        read_blob(&r, make_blob((struct blob_recipe){.stamp = kinds[i]}), SUBJECT_CATALOG);
        const struct timestamp *t = &r.a.signatures[0].timestamp;
        if (r.a.signatures[0].integrity != SIGNATURE_INTACT || t->kind != kinds[i] ||
            t->integrity != SIGNATURE_INTACT || t->time != 1410963564 || t->root != ROOT_PUBLIC)
            fail_msg("a %s time stamp", names[i]);
        assert_string_equal(timestamp_kind_name(t->kind), names[i]);
        done(&r);
    }
}

static void test_a_bare_digest_is_for_counter_signatures_only(void **state)
{
    (void)state;
    assert_int_equal(
        catalog_integrity(make_blob((struct blob_recipe){
            .signer = {.bare = true, .key = LEAF_KEY, .issuer = "CA", .serial = LEAF_KEY}})),
        SIGNATURE_ALTERED);
}

static void test_a_token_with_certificates_of_its_own_and_an_attribute_certificate(void **state)
{
    (void)state;
    struct read r;
    struct span own = JOIN(
        certificate((struct certificate_recipe)TSA), EXPLICIT_1(der_make_integer(5)));
    read_blob(&r,
        make_blob((struct blob_recipe){.stamp = TIMESTAMP_RFC3161,
            .certificates = JOIN(certificate((struct certificate_recipe)MS_CA),
                certificate((struct certificate_recipe)LEAF_OF_CA)),
            .stamp_recipe =
                {.key = TSA_KEY, .serial = TSA_KEY, .issuer = "Public root", .certificates = own}}),
        SUBJECT_CATALOG);
    assert_int_equal(r.a.signatures[0].timestamp.integrity, SIGNATURE_INTACT);
    done(&r);
}

static void test_a_time_stamp_of_another_signature_is_altered(void **state)
{
    (void)state;
    struct stamp_recipe stamp = {
        .key = TSA_KEY, .serial = TSA_KEY, .issuer = "Public root", .time = "140917141924Z"};
    struct span legacy = make_counter_signature(&stamp, LITERAL("another signature"));
    stamp.time = "20140917141924Z";
    struct span token = make_token(&stamp, LITERAL("another signature"));
    const struct span both[] = {legacy, token};
    for (size_t i = 0; i < COUNT(both); i++) {
        struct read r;
        read_blob(&r, make_blob((struct blob_recipe){.more = both[i]}), SUBJECT_CATALOG);
        assert_int_equal(r.a.signatures[0].integrity, SIGNATURE_INTACT);
        assert_int_equal(r.a.signatures[0].timestamp.integrity, SIGNATURE_ALTERED);
        assert_non_null(findings_have(&r.f, "timestamp-altered", "x"));
        assert_int_equal(r.a.signatures[0].validity, VALIDITY_UNTIL_EXPIRY);
        done(&r);
    }
}

static void test_an_intact_time_stamp_beside_a_bad_one_counts(void **state)
{
    (void)state;
    struct read r;
    struct stamp_recipe stamp = {
        .key = TSA_KEY, .serial = TSA_KEY, .issuer = "Public root", .time = "140101000000Z"};
    read_blob(&r,
        make_blob((struct blob_recipe){.stamp = TIMESTAMP_RFC3161,
            .more = make_counter_signature(&stamp, LITERAL("another signature"))}),
        SUBJECT_CATALOG);
    assert_int_equal(r.a.signatures[0].timestamp.kind, TIMESTAMP_RFC3161);
    assert_int_equal(r.a.signatures[0].timestamp.integrity, SIGNATURE_INTACT);
    done(&r);
}

static void test_validity_is_judged_at_the_time_stamp(void **state)
{
    (void)state;
    static const struct {
        const char *time, *not_after, *eku;
        const char *tsa_issuer;
        unsigned tsa_key;
        enum signature_validity validity;
        const char *why;
    } rows[] = {
        {"140917141924Z", "150101000000Z", EKU_CODE, "Public root", PUBLIC_KEY,
            VALIDITY_AT_TIMESTAMP, "signed while valid, expired since"},
        {"160917141924Z", "150101000000Z", EKU_CODE, "Public root", PUBLIC_KEY, VALIDITY_OUTSIDE,
            "signed after expiry"},
        {"040917141924Z", "150101000000Z", EKU_CODE, "Public root", PUBLIC_KEY, VALIDITY_OUTSIDE,
            "signed before the certificate was issued"},
        {"140917141924Z", "150101000000Z", EKU_LIFETIME, "Public root", PUBLIC_KEY,
            VALIDITY_UNTIL_EXPIRY, "lifetime signing: the time stamp does not extend it"},
        {"140917141924Z", "150101000000Z", EKU_CODE, "Nobody", OTHER_KEY,
            VALIDITY_UNTRUSTED_TIMESTAMP, "anybody can run a time stamping authority"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct certificate_recipe leaf = LEAF_OF_CA, tsa = TSA;
        struct read r;
        leaf.not_after = rows[i].not_after;
        leaf.usages[1] = rows[i].eku;
        tsa.issuer = rows[i].tsa_issuer;
        tsa.issuer_key = rows[i].tsa_key;
        read_blob(&r,
            make_blob((struct blob_recipe){.stamp = TIMESTAMP_LEGACY,
                .certificates = JOIN(certificate((struct certificate_recipe)MS_CA),
                    make_certificate(&leaf), make_certificate(&tsa)),
                .stamp_recipe = {.key = TSA_KEY,
                    .serial = TSA_KEY,
                    .issuer = rows[i].tsa_issuer,
                    .time = rows[i].time}}),
            SUBJECT_CATALOG);
        if (r.a.signatures[0].validity != rows[i].validity)
            fail_msg("%s: %d", rows[i].why, (int)r.a.signatures[0].validity);
        done(&r);
    }
}

/* ---- chains ---- */

/* Certificates for a leaf signed by LEAF_KEY whose issuer is "CA"; roots: bits; root: the best. */
static void check_chain(struct span certificates, enum root root, unsigned roots, const char *why)
{
    struct read r;
    read_blob(&r, make_blob((struct blob_recipe){.certificates = certificates}), SUBJECT_CATALOG);
    const struct signature *s = authenticode_best(&r.a);
    if (s == NULL || s->root != root || s->roots != roots || s->integrity != SIGNATURE_INTACT)
        fail_msg("%s: root %s, roots 0x%x, %s", why, s ? root_name(s->root) : "none",
            s ? s->roots : 0, s ? signature_integrity_name(s->integrity) : "none");
    assert_int_equal(s->cross_signed, (roots & 1U << ROOT_CODE_VERIFICATION) != 0);
    done(&r);
}

static void test_all_paths_are_searched(void **state)
{
    (void)state;
    struct span leaf = certificate((struct certificate_recipe)LEAF_OF_CA);
    struct certificate_recipe ca = MS_CA;
    ca.issuer = "Public root";
    ca.issuer_key = PUBLIC_KEY;
    struct span public_ca = make_certificate(&ca);
    struct certificate_recipe cross = {.subject = "Public root",
        .issuer = "Cross root",
        .key = PUBLIC_KEY,
        .issuer_key = CROSS_KEY,
        .serial = 9,
        .constraints = CONSTRAINTS_AUTHORITY};
    struct span cross_certificate = make_certificate(&cross);
    unsigned public = 1U << ROOT_PUBLIC, crossed = 1U << ROOT_CODE_VERIFICATION;
    check_chain(
        JOIN(leaf, public_ca), ROOT_PUBLIC, public, "up to a public root that is not in the blob");
    check_chain(JOIN(leaf, public_ca, cross_certificate), ROOT_CODE_VERIFICATION, public | crossed,
        "the cross-certificate counts more than the public root of the same key");
    check_chain(JOIN(cross_certificate, public_ca, leaf, leaf, cross_certificate),
        ROOT_CODE_VERIFICATION, public | crossed, "order and duplicates do not matter");
    check_chain(
        JOIN(leaf, public_ca, certificate((struct certificate_recipe)MS_CA), cross_certificate),
        ROOT_MS_2010, public | crossed | 1U << ROOT_MS_2010, "Microsoft's root counts most");
    check_chain(leaf, ROOT_UNKNOWN, 0, "without its issuer a chain leads nowhere");
}

static void test_a_root_is_known_by_its_key(void **state)
{
    (void)state;
    struct certificate_recipe fake = {.subject = "MS root",
        .key = OTHER_KEY,
        .issuer_key = OTHER_KEY,
        .serial = 1,
        .constraints = CONSTRAINTS_AUTHORITY};
    struct certificate_recipe ca = MS_CA, named = {.subject = "Test root",
                                              .key = TEST_KEY,
                                              .issuer_key = TEST_KEY,
                                              .serial = 2,
                                              .constraints = CONSTRAINTS_AUTHORITY};
    struct span leaf = certificate((struct certificate_recipe)LEAF_OF_CA);
    struct read r;
    ca.issuer_key = OTHER_KEY;
    read_blob(&r,
        make_blob((struct blob_recipe){
            .certificates = JOIN(leaf, make_certificate(&ca), make_certificate(&fake))}),
        SUBJECT_CATALOG);
    assert_int_equal(r.a.signatures[0].root, ROOT_UNKNOWN);
    done(&r);
    ca.issuer_key = TEST_KEY;
    ca.issuer = "Test root";
    check_chain(JOIN(leaf, make_certificate(&ca), make_certificate(&named)), ROOT_MS_TEST,
        1U << ROOT_MS_TEST, "a test root in the blob is recognised by its key");
    check_chain(JOIN(leaf, make_certificate(&ca)), ROOT_MS_TEST, 1U << ROOT_MS_TEST,
        "a root whose name is not known is tried where the issuer is nowhere else");
}

static void test_self_signed(void **state)
{
    (void)state;
    struct certificate_recipe self = {.subject = "CA",
        .key = LEAF_KEY,
        .issuer_key = LEAF_KEY,
        .serial = LEAF_KEY,
        .usages = {EKU_CODE}};
    check_chain(
        make_certificate(&self), ROOT_SELF, 1U << ROOT_SELF, "a leaf that is signed by itself");
}

static void test_who_may_not_issue(void **state)
{
    (void)state;
    static const struct {
        enum signed_constraints constraints;
        const char *not_before, *eku;
        enum root root;
        const char *why;
    } rows[] = {
        {CONSTRAINTS_AUTHORITY, NULL, NULL, ROOT_MS_2010, "an authority may"},
        {CONSTRAINTS_AUTHORITY, NULL, EKU_CODE, ROOT_MS_2010, "an authority for code may"},
        {CONSTRAINTS_AUTHORITY, NULL, EKU_WHQL, ROOT_MS_2010, "an authority for WHQL may"},
        {CONSTRAINTS_AUTHORITY, NULL, EKU_TIME, ROOT_UNKNOWN,
            "an authority for time stamps may not"},
        {CONSTRAINTS_LEAF, NULL, NULL, ROOT_UNKNOWN, "a leaf may not"},
        {CONSTRAINTS_ABSENT, NULL, NULL, ROOT_UNKNOWN, "without basicConstraints it may not"},
        {CONSTRAINTS_ABSENT, "990101000000Z", NULL, ROOT_UNKNOWN, "not even in January 1999"},
        {CONSTRAINTS_ABSENT, "971001000000Z", NULL, ROOT_MS_2010,
            "an intermediate of 1997 directly below a root may, as Microsoft's do"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct certificate_recipe ca = MS_CA;
        ca.constraints = rows[i].constraints;
        ca.not_before = rows[i].not_before;
        ca.usages[0] = rows[i].eku;
        check_chain(JOIN(make_certificate(&ca), certificate((struct certificate_recipe)LEAF_OF_CA)),
            rows[i].root, rows[i].root == ROOT_UNKNOWN ? 0 : 1U << rows[i].root, rows[i].why);
    }
}

static void test_a_leaf_that_may_not_sign_code_leads_nowhere(void **state)
{
    (void)state;
    struct certificate_recipe leaf = LEAF_OF_CA;
    struct read r;
    leaf.usages[0] = EKU_TIME;
    read_blob(&r,
        make_blob((struct blob_recipe){
            .certificates =
                JOIN(certificate((struct certificate_recipe)MS_CA), make_certificate(&leaf))}),
        SUBJECT_CATALOG);
    assert_int_equal(r.a.signatures[0].integrity, SIGNATURE_INTACT);
    assert_int_equal(r.a.signatures[0].root, ROOT_UNKNOWN);
    assert_non_null(findings_have(&r.f, "signature-usage", "x"));
    done(&r);
}

static void test_attestation_has_the_whql_usage_too(void **state)
{
    (void)state;
    static const struct {
        const char *usages[4];
        bool whql, attestation, none;
    } rows[] = {
        {{EKU_WHQL, EKU_ATTESTATION, EKU_CODE}, true, true, false},
        {{EKU_WHQL, EKU_CODE}, true, false, false},
        {{NULL}, false, false, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct certificate_recipe leaf = LEAF_OF_CA;
        struct read r;
        memcpy(leaf.usages, rows[i].usages, sizeof leaf.usages);
        read_blob(&r,
            make_blob((struct blob_recipe){
                .certificates = JOIN(
                    certificate((struct certificate_recipe)MS_CA), make_certificate(&leaf))}),
            SUBJECT_CATALOG);
        const struct certificate_usage *u = &r.a.signatures[0].usage;
        assert_int_equal(u->whql, rows[i].whql);
        assert_int_equal(u->attestation, rows[i].attestation);
        assert_int_equal(u->none, rows[i].none);
        done(&r);
    }
}

static void test_a_heap_of_certificates_is_bounded(void **state)
{
    (void)state;
    enum { HEAP = 100 };
    struct span heap[HEAP];
    struct read r;
    for (unsigned i = 0; i < HEAP; i++)
        heap[i] = certificate((struct certificate_recipe){.subject = "CA",
            .issuer = "CA",
            .key = CA_KEY,
            .issuer_key = OTHER_KEY,
            .serial = 1000 + i,
            .constraints = CONSTRAINTS_AUTHORITY});
    read_blob(&r,
        make_blob((struct blob_recipe){
            .certificates = JOIN(
                certificate((struct certificate_recipe)LEAF_OF_CA), der_join(heap, HEAP))}),
        SUBJECT_CATALOG);
    assert_non_null(findings_have(&r.f, "signature-certificates", "x"));
    assert_int_equal(r.a.signatures[0].root, ROOT_UNKNOWN);
    done(&r);
}

/* ---- several signatures ---- */

static void test_nested_signatures(void **state)
{
    (void)state;
    struct read r;
    struct digests right = {0};
    right.of[DIGEST_SHA256] = digest_one(DIGEST_SHA256, span_text("file"));
    struct span self = certificate((struct certificate_recipe){
        .subject = "Me", .key = OTHER_KEY, .issuer_key = OTHER_KEY, .serial = 3});
    struct span inner = pe_blob((struct blob_recipe){0});
    read_blob(&r,
        pe_blob((struct blob_recipe){.certificates = self,
            .signer = {.key = OTHER_KEY, .serial = 3, .issuer = "Me"},
            .more = signed_attribute(OID_TEXT_NESTED, inner)}),
        SUBJECT_PE);
    authenticode_compare(&r.a, &right);
    assert_int_equal(r.added, 2);
    assert_int_equal(r.a.signatures[0].root, ROOT_SELF);
    assert_int_equal(r.a.signatures[0].nesting, 0);
    assert_int_equal(r.a.signatures[1].root, ROOT_MS_2010);
    assert_int_equal(r.a.signatures[1].nesting, 1);
    assert_ptr_equal(authenticode_best(&r.a), &r.a.signatures[1]);
    done(&r);
}

static void test_several_blobs(void **state)
{
    (void)state;
    struct read r;
    struct span blob = pe_blob((struct blob_recipe){0});
    read_blob(&r, blob, SUBJECT_PE);
    assert_int_equal(authenticode_add(&r.a, blob, "x", &r.f), 1);
    assert_int_equal(r.a.count, 2);
    assert_int_equal(r.a.signatures[1].blob, 1);
    done(&r);
}

static void test_deep_nesting_is_bounded(void **state)
{
    (void)state;
    struct span blob = pe_blob((struct blob_recipe){0});
    struct read r;
    for (unsigned i = 0; i < 8; i++)
        blob = pe_blob((struct blob_recipe){.more = signed_attribute(OID_TEXT_NESTED, blob)});
    read_blob(&r, blob, SUBJECT_PE);
    assert_int_equal(r.added, AUTHENTICODE_NESTING_MAX);
    assert_non_null(findings_have(&r.f, "signature-unreadable", "x"));
    done(&r);
}

/*
 * SoftEther's catalogs nest a detached signature of type data: not judged, and the primary is none
 * the worse.
 */
static void test_an_unknown_form_inside_does_not_hurt(void **state)
{
    (void)state;
    struct read r;
    struct signed_info info = make_signer(&(struct signer_recipe){.key = LEAF_KEY,
        .serial = LEAF_KEY,
        .issuer = "CA",
        .content_type = OID_TEXT_DATA,
        .content = catalog_content()});
    struct span inner = make_signed_data(OID_TEXT_DATA, NOTHING, default_certificates(), info.info);
    read_blob(&r, make_blob((struct blob_recipe){.more = signed_attribute(OID_TEXT_NESTED, inner)}),
        SUBJECT_CATALOG);
    assert_int_equal(r.added, 2);
    assert_int_equal(r.a.signatures[0].integrity, SIGNATURE_INTACT);
    assert_int_equal(r.a.signatures[1].integrity, SIGNATURE_UNREADABLE);
    assert_ptr_equal(authenticode_best(&r.a), &r.a.signatures[0]);
    done(&r);
}

/* ---- damage ---- */

static void test_blobs_without_a_signature(void **state)
{
    (void)state;
    struct span list = catalog_content();
    const struct {
        struct span blob;
        const char *code, *why;
    } rows[] = {
        {NOTHING, "signature-unreadable", "nothing"},
        {LITERAL("hptmv\n"), "signature-unreadable", "text"},
        {make_signed_data(OID_TEXT_CTL, list, default_certificates(), NOTHING),
            "signature-no-signer", "a catalog with zero signers"},
        {make_signed_data(
             OID_TEXT_CTL, list, default_certificates(), SEQUENCE(der_make_integer(1))),
            "signature-unreadable", "a signer without anything"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct read r;
        read_blob(&r, rows[i].blob, SUBJECT_CATALOG);
        if (r.added != 0 || findings_have(&r.f, rows[i].code, "x") == NULL ||
            authenticode_best(&r.a) != NULL)
            fail_msg("%s", rows[i].why);
        done(&r);
    }
}

static void test_what_cannot_be_judged_is_unreadable(void **state)
{
    (void)state;
    struct span without_leaf = certificate((struct certificate_recipe)MS_CA);
    struct blob_recipe twice = {.signer.attributes = signed_attribute("1.2.840.113549.1.9.4",
                                    OCTETS(LITERAL("01234567890123456789012345678901")))};
    assert_int_equal(
        catalog_integrity(make_blob((struct blob_recipe){.certificates = without_leaf})),
        SIGNATURE_UNREADABLE);
    assert_int_equal(catalog_integrity(make_blob(twice)), SIGNATURE_UNREADABLE);
    struct signed_info info = make_signer(&(struct signer_recipe){.key = LEAF_KEY,
        .serial = LEAF_KEY,
        .issuer = "CA",
        .content_type = OID_TEXT_CTL,
        .content = body_of(catalog_content())});
    assert_int_equal(catalog_integrity(make_signed_data(
                         OID_TEXT_CTL, NOTHING, default_certificates(), info.info)),
        SIGNATURE_UNREADABLE);
    /* MD2, which nobody computes any more, in the place of SHA-256 */
    struct span blob = make_blob((struct blob_recipe){0});
    struct span sha256 = der_make_oid("2.16.840.1.101.3.4.2.1");
    uint8_t *bytes = der_copy(blob);
    size_t last = SIZE_MAX;
    for (size_t at = span_find(blob, 0, sha256); at != SIZE_MAX;
         at = span_find(blob, at + 1, sha256))
        last = at;
    assert_int_not_equal(last, SIZE_MAX);
    bytes[last + 10] = 0x44;
    assert_int_equal(catalog_integrity(span_of(bytes, blob.size)), SIGNATURE_UNREADABLE);
    mem_free(bytes);
}

static void test_the_digest_is_over_the_value_of_the_content(void **state)
{
    (void)state;
    struct span content = catalog_content();
    assert_int_equal(catalog_integrity(make_blob(
                         (struct blob_recipe){.content = content, .signer.content = content})),
        SIGNATURE_ALTERED);
}

static void test_bytes_behind_the_signature(void **state)
{
    (void)state;
    static const struct {
        enum signature_subject subject;
        const char *rest;
        size_t size;
        enum signature_integrity seal;
        const char *code, *why;
    } rows[] = {
        {SUBJECT_CATALOG, "x", 1, SIGNATURE_ALTERED, "signature-trailing-bytes",
            "a byte behind a catalog"},
        {SUBJECT_CATALOG, "\0", 1, SIGNATURE_ALTERED, "signature-trailing-bytes", "even a zero"},
        {SUBJECT_PE, "\0\0\0\0\0\0\0", 7, SIGNATURE_INTACT, NULL,
            "alignment in a certificate table"},
        {SUBJECT_PE, "\0\0\0\0\0\0\0\0", 8, SIGNATURE_INTACT, "signature-padding",
            "more than alignment: Windows accepts it (CVE-2013-3900)"},
        {SUBJECT_PE, "payload", 7, SIGNATURE_INTACT, "signature-padding", "a payload"},
        {SUBJECT_MSI, "payload", 7, SIGNATURE_ALTERED, "signature-trailing-bytes",
            "a payload in an MSI"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct read r;
        struct span content = indirect_content(
            rows[i].subject == SUBJECT_MSI ? "1.3.6.1.4.1.311.2.1.30" : CAT_SPC_PE,
            SEQUENCE(NOTHING), DIGEST_SHA1);
        struct span blob = rows[i].subject == SUBJECT_CATALOG
                               ? make_blob((struct blob_recipe){0})
                               : make_blob((struct blob_recipe){
                                     .content = content, .content_type = OID_TEXT_INDIRECT});
        read_blob(&r, JOIN(blob, span_of(rows[i].rest, rows[i].size)), rows[i].subject);
        bool told = rows[i].code == NULL ? r.f.count == 0
                                         : findings_have(&r.f, rows[i].code, "x") != NULL;
        if (r.a.signatures[0].seal != rows[i].seal || !told)
            fail_msg("%s", rows[i].why);
        done(&r);
    }
}

/* What a changed byte must take away, by the part of the blob that it is in. */
static void check_changed(struct span blob, struct span part, bool stamp_only, const char *why)
{
    size_t at = span_find(blob, 0, part);
    uint8_t *bytes = der_copy(blob);
    if (at == SIZE_MAX)
        fail_msg("%s is not in the blob", why);
    for (size_t i = at; i < at + part.size; i++) {
        struct read r;
        bytes[i] ^= 0x01;
        read_blob(&r, span_of(bytes, blob.size), SUBJECT_CATALOG);
        const struct signature *s = authenticode_best(&r.a);
        bool intact = s != NULL &&
                      (stamp_only ? s->timestamp.integrity : s->integrity) == SIGNATURE_INTACT;
        if (intact)
            fail_msg("byte %zu of %s was changed, and it is still intact", i - at, why);
        done(&r);
        bytes[i] ^= 0x01;
    }
    mem_free(bytes);
}

static void test_no_changed_byte_is_intact(void **state)
{
    (void)state;
    struct span content = catalog_content();
    struct span leaf = certificate((struct certificate_recipe)LEAF_OF_CA);
    struct span ca = certificate((struct certificate_recipe)MS_CA);
    struct signer_recipe signer = {.key = LEAF_KEY,
        .serial = LEAF_KEY,
        .issuer = "CA",
        .content_type = OID_TEXT_CTL,
        .content = body_of(content)};
    struct signed_info info = make_signer(&signer);
    struct span blob = make_signed_data(OID_TEXT_CTL, content, JOIN(ca, leaf), info.info);
    check_changed(blob, content, false, "the content");
    check_changed(blob, info.info, false, "the signer: attributes, algorithms, signature");
    check_changed(blob, leaf, false, "the signer's certificate");
    assert_int_equal(catalog_integrity(blob), SIGNATURE_INTACT);
}

static void test_no_changed_byte_of_a_time_stamp_is_intact(void **state)
{
    (void)state;
    struct span content = catalog_content(), tsa = certificate((struct certificate_recipe)TSA);
    struct span certificates = JOIN(certificate((struct certificate_recipe)MS_CA),
        certificate((struct certificate_recipe)LEAF_OF_CA));
    struct signer_recipe signer = {.key = LEAF_KEY,
        .serial = LEAF_KEY,
        .issuer = "CA",
        .content_type = OID_TEXT_CTL,
        .content = body_of(content)};
    struct span value = make_signer(&signer).value;
    struct stamp_recipe recipe = {
        .key = TSA_KEY, .serial = TSA_KEY, .issuer = "Public root", .certificates = tsa};
    for (unsigned kind = TIMESTAMP_LEGACY; kind <= TIMESTAMP_RFC3161; kind++) {
        recipe.time = kind == TIMESTAMP_RFC3161 ? "20140917141924Z" : "140917141924Z";
        recipe.bare = kind == TIMESTAMP_LEGACY_BARE;
        struct span stamp = kind == TIMESTAMP_RFC3161 ? make_token(&recipe, value)
                                                      : make_counter_signature(&recipe, value);
        signer.unsigned_attributes = stamp;
        struct span blob = make_signed_data(OID_TEXT_CTL, content,
            JOIN(certificates, kind == TIMESTAMP_RFC3161 ? NOTHING : tsa),
            make_signer(&signer).info);
        check_changed(blob, tsa, true, "the authority's certificate");
        if (kind != TIMESTAMP_RFC3161)
            check_changed(blob, stamp, true, "the counter-signature");
        else
            check_changed(blob, make_tst_info(recipe.time, value), true, "the token's content");
        struct read r;
        read_blob(&r, blob, SUBJECT_CATALOG);
        assert_int_equal(r.a.signatures[0].timestamp.integrity, SIGNATURE_INTACT);
        done(&r);
    }
}

static void test_a_changed_intermediate_is_altered(void **state)
{
    (void)state;
    struct certificate_recipe ca = MS_CA;
    struct span whole = make_certificate(&ca), blob = make_blob((struct blob_recipe){0});
    size_t at = span_find(blob, 0, whole);
    uint8_t *bytes = der_copy(blob);
    assert_int_not_equal(at, SIZE_MAX);
    bytes[at + whole.size - 1] ^= 1; /* the last byte of the root's signature on it */
    struct read r;
    read_blob(&r, span_of(bytes, blob.size), SUBJECT_CATALOG);
    assert_int_equal(r.a.signatures[0].integrity, SIGNATURE_ALTERED);
    assert_int_equal(r.a.signatures[0].root, ROOT_UNKNOWN);
    done(&r);
    mem_free(bytes);
}

static void test_no_truncation_is_a_signature(void **state)
{
    (void)state;
    static const enum timestamp_kind kinds[] = {TIMESTAMP_LEGACY_BARE, TIMESTAMP_RFC3161};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        struct span blob = make_blob((struct blob_recipe){.stamp = kinds[k]});
        for (size_t size = 0; size < blob.size; size++) {
            struct read r;
            read_blob(&r, span_of(blob.at, size), SUBJECT_CATALOG);
            if (r.added != 0)
                fail_msg("of %zu bytes the first %zu are a signature", blob.size, size);
            done(&r);
        }
    }
}

static void test_roots_that_are_compiled_in(void **state)
{
    (void)state;
    /* SHA-256 of the SubjectPublicKeyInfo, from the certificates with these names */
    static const struct {
        enum root root;
        const char *sha256;
    } rows[] = {
        {ROOT_MS_1997, "4462c107c485dd6a5443f5e7a1604416034a374c3f4d10875f1c3715027563af"},
        {ROOT_MS_2001, "df530bac9fcd914c252c2fbdceddc6183d4ae8c680ad65f03e204861dd7b1c73"},
        {ROOT_MS_2010, "c9905b0ee01202293ca026e64f08412442c5504c06e44ca7e9726d61f20e4089"},
        {ROOT_MS_2011, "02376d0908ac23041cc7d666d9daf192554f7fc36317aa9cb800908616b28af8"},
        {ROOT_CODE_VERIFICATION,
            "296b274011cfcbaaf337e9d7950e256a651aa5071a24e8a8393e87249b00d62f"},
    };
    const struct roots *roots = roots_kernel();
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t found = 0;
        for (size_t k = 0; k < roots->count; k++) {
            char hex[2 * DIGEST_SIZE_MAX + 1];
            struct digest d = digest_one(DIGEST_SHA256, roots->keys[k].spki);
            if (roots->keys[k].root != rows[i].root)
                continue;
            found++;
            digest_hex(&d, hex);
            assert_string_equal(hex, rows[i].sha256);
        }
        assert_int_equal(found, 1);
    }
    for (size_t k = 0; k < roots->count; k++) {
        const unsigned char *at = roots->keys[k].spki.at;
        EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)roots->keys[k].spki.size);
        if (key == NULL || roots_find_key(roots, roots->keys[k].spki) != &roots->keys[k])
            fail_msg("%s is no key, or there twice", roots->keys[k].name);
        EVP_PKEY_free(key);
    }
}

static int release(void **state)
{
    (void)state;
    signed_release();
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_catalog_says_who_signed_when_and_up_to_where),
        TEST(test_algorithms),
        TEST(test_a_file_is_intact_only_when_its_digest_was_compared),
        TEST(test_a_right_digest_does_not_heal_a_broken_seal),
        TEST(test_a_signature_about_another_kind_of_file_is_not_judged),
        TEST(test_page_hashes_are_kept),
        TEST(test_each_kind_of_time_stamp),
        TEST(test_a_bare_digest_is_for_counter_signatures_only),
        TEST(test_a_token_with_certificates_of_its_own_and_an_attribute_certificate),
        TEST(test_a_time_stamp_of_another_signature_is_altered),
        TEST(test_an_intact_time_stamp_beside_a_bad_one_counts),
        TEST(test_validity_is_judged_at_the_time_stamp),
        TEST(test_all_paths_are_searched),
        TEST(test_a_root_is_known_by_its_key),
        TEST(test_self_signed),
        TEST(test_who_may_not_issue),
        TEST(test_a_leaf_that_may_not_sign_code_leads_nowhere),
        TEST(test_attestation_has_the_whql_usage_too),
        TEST(test_a_heap_of_certificates_is_bounded),
        TEST(test_nested_signatures),
        TEST(test_several_blobs),
        TEST(test_deep_nesting_is_bounded),
        TEST(test_an_unknown_form_inside_does_not_hurt),
        TEST(test_blobs_without_a_signature),
        TEST(test_what_cannot_be_judged_is_unreadable),
        TEST(test_the_digest_is_over_the_value_of_the_content),
        TEST(test_bytes_behind_the_signature),
        TEST(test_no_changed_byte_is_intact),
        TEST(test_no_changed_byte_of_a_time_stamp_is_intact),
        TEST(test_a_changed_intermediate_is_altered),
        TEST(test_no_truncation_is_a_signature),
        TEST(test_roots_that_are_compiled_in),
    };
    return cmocka_run_group_tests_name("authenticode", tests, NULL, release);
}
