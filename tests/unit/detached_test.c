/* detached: one key, its good signature, and every way of not being that. */
#include "verifier/detached.h"

#include "base/file.h"
#include "base/mem.h"
#include "tests/unit/check.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

enum { KEY_RSA, KEY_EC, KEY_OTHER, KEY_COUNT };

static EVP_PKEY *keys[KEY_COUNT];
static X509 *certificates[KEY_COUNT];
static const char content[] = "{\"schema\": 1, \"families\": []}\n";

static X509 *certificate_for(EVP_PKEY *key, long serial)
{
    X509 *x = X509_new();
    assert_non_null(x);
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -86400);
    X509_gmtime_adj(X509_getm_notAfter(x), -3600); /* expired: the key counts, not the time */
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"Manifest key", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_pubkey(x, key);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    return x;
}

static int make_keys(void **state)
{
    (void)state;
    keys[KEY_RSA] = EVP_RSA_gen(2048);
    keys[KEY_EC] = EVP_EC_gen("P-256");
    keys[KEY_OTHER] = EVP_RSA_gen(2048);
    for (int i = 0; i < KEY_COUNT; i++) {
        if (!keys[i])
            return -1;
        certificates[i] =
            certificate_for(keys[i], 7); /* the same name and serial: the key decides */
    }
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (int i = 0; i < KEY_COUNT; i++) {
        X509_free(certificates[i]);
        EVP_PKEY_free(keys[i]);
    }
    return 0;
}

static struct bytes key_bytes(int key)
{
    unsigned char *der = NULL;
    struct bytes b = {0};
    int size = i2d_PUBKEY(keys[key], &der);
    assert_true(size > 0);
    b.at = mem_resize(NULL, (size_t)size, 1);
    b.size = (size_t)size;
    memcpy(b.at, der, b.size);
    OPENSSL_free(der);
    return b;
}

/* How a signature is made; zero is the good one. */
struct recipe {
    int key;
    const EVP_MD *digest; /* NULL: SHA-256 */
    unsigned flags;
    bool two_signers, other_type, pss;
};

static struct bytes sign(const struct recipe *r)
{
    unsigned flags = CMS_BINARY | CMS_DETACHED | CMS_PARTIAL | r->flags;
    BIO *in = BIO_new_mem_buf(content, sizeof content - 1);
    CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, in, flags);
    assert_non_null(cms);
    if (r->other_type)
        CMS_set1_eContentType(cms, OBJ_nid2obj(NID_id_smime_ct_TSTInfo));
    for (int i = 0; i <= r->two_signers; i++) {
        int key = i ? KEY_EC : r->key;
        CMS_SignerInfo *signer =
            CMS_add1_signer(cms, certificates[key], keys[key], r->digest ? r->digest : EVP_sha256(),
                            flags | (r->pss ? CMS_KEY_PARAM : 0u));
        assert_non_null(signer);
        if (r->pss)
            assert_true(EVP_PKEY_CTX_set_rsa_padding(CMS_SignerInfo_get0_pkey_ctx(signer),
                                                     RSA_PKCS1_PSS_PADDING) > 0);
    }
    assert_int_equal(CMS_final(cms, in, NULL, flags), 1);
    unsigned char *der = NULL;
    int size = i2d_CMS_ContentInfo(cms, &der);
    assert_true(size > 0);
    struct bytes b = {.at = mem_resize(NULL, (size_t)size, 1), .size = (size_t)size};
    memcpy(b.at, der, b.size);
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    return b;
}

static enum detached check_with(const struct bytes *signature, int key)
{
    struct bytes k = key_bytes(key);
    enum detached d = detached_check(span_text(content), bytes_span(signature), bytes_span(&k));
    bytes_release(&k);
    return d;
}

static void forms_of_signatures(void **state)
{
    (void)state;
    const struct {
        const char *sentence;
        struct recipe recipe;
        int key;
        enum detached want;
    } rows[] = {
        {"RSA with SHA-256", {0}, KEY_RSA, DETACHED_GOOD},
        {"RSA with SHA-512", {.digest = EVP_sha512()}, KEY_RSA, DETACHED_GOOD},
        {"RSA-PSS", {.pss = true}, KEY_RSA, DETACHED_GOOD},
        {"an elliptic curve", {.key = KEY_EC}, KEY_EC, DETACHED_GOOD},
        {"SHA-1", {.digest = EVP_sha1()}, KEY_RSA, DETACHED_WEAK},
        {"MD5", {.digest = EVP_md5()}, KEY_RSA, DETACHED_WEAK},
        {"SHA-224", {.digest = EVP_sha224()}, KEY_RSA, DETACHED_WEAK},
        {"another key of the same name", {.key = KEY_OTHER}, KEY_RSA, DETACHED_OTHER_KEY},
        {"the other key, asked for", {.key = KEY_OTHER}, KEY_OTHER, DETACHED_GOOD},
        {"another kind of key", {.key = KEY_EC}, KEY_RSA, DETACHED_OTHER_KEY},
        {"no certificate inside", {.flags = CMS_NOCERTS}, KEY_RSA, DETACHED_UNREADABLE},
        {"no signed attributes", {.flags = CMS_NOATTR}, KEY_RSA, DETACHED_UNREADABLE},
        {"two signers", {.two_signers = true}, KEY_RSA, DETACHED_UNREADABLE},
        {"content of another type", {.other_type = true}, KEY_RSA, DETACHED_UNREADABLE},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bytes signature = sign(&rows[i].recipe);
        CHECK(rows[i].sentence, check_with(&signature, rows[i].key) == rows[i].want);
        CHECK("nothing is left in OpenSSL's queue", ERR_peek_error() == 0);
        bytes_release(&signature);
    }
}

/* The content is inside: what is signed there says nothing of the bytes beside it. */
static void content_inside_is_refused(void **state)
{
    (void)state;
    BIO *in = BIO_new_mem_buf(content, sizeof content - 1);
    CMS_ContentInfo *cms = CMS_sign(certificates[KEY_RSA], keys[KEY_RSA], NULL, in, CMS_BINARY);
    unsigned char *der = NULL;
    int size = i2d_CMS_ContentInfo(cms, &der);
    struct bytes b = {.at = der, .size = (size_t)size};
    assert_int_equal(check_with(&b, KEY_RSA), DETACHED_UNREADABLE);
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
}

static void every_flipped_byte_of_the_content_is_seen(void **state)
{
    (void)state;
    struct bytes signature = sign(&(struct recipe){0}), key = key_bytes(KEY_RSA);
    char changed[sizeof content];
    for (size_t i = 0; i < sizeof content - 1; i++) {
        memcpy(changed, content, sizeof content);
        changed[i] ^= 1;
        assert_int_equal(detached_check(span_of(changed, sizeof content - 1),
                                        bytes_span(&signature), bytes_span(&key)),
                         DETACHED_ALTERED);
    }
    for (size_t size = 0; size < sizeof content - 1; size++)
        assert_int_equal(
            detached_check(span_of(content, size), bytes_span(&signature), bytes_span(&key)),
            DETACHED_ALTERED);
    assert_int_equal(
        detached_check(span_of(content, sizeof content), bytes_span(&signature), bytes_span(&key)),
        DETACHED_ALTERED);
    bytes_release(&signature);
    bytes_release(&key);
}

/* A byte may be flipped where nothing depends on it (the certificate's own signature, its dates):
 * then the key still made this signature over these bytes. Within what the key signed it may not.
 */
static void flipped_bytes_of_the_signature_never_help(void **state)
{
    (void)state;
    struct bytes good = sign(&(struct recipe){0}), key = key_bytes(KEY_RSA);
    struct bytes other = key_bytes(KEY_OTHER);
    size_t tolerated = 0;
    for (size_t i = 0; i < good.size; i++) {
        good.at[i] ^= 1;
        tolerated += detached_check(span_text(content), bytes_span(&good), bytes_span(&key)) ==
                     DETACHED_GOOD;
        assert_int_not_equal(
            detached_check(span_text(content), bytes_span(&good), bytes_span(&other)),
            DETACHED_GOOD);
        good.at[i] ^= 1;
    }
    CHECK("only what the certificate says of itself is of no account", tolerated < good.size / 2);
    for (size_t i = good.size - 256; i < good.size; i++) { /* the RSA value */
        good.at[i] ^= 0x10;
        assert_int_equal(detached_check(span_text(content), bytes_span(&good), bytes_span(&key)),
                         DETACHED_ALTERED);
        good.at[i] ^= 0x10;
    }
    bytes_release(&good);
    bytes_release(&key);
    bytes_release(&other);
}

static void cut_and_longer_ones_are_refused(void **state)
{
    (void)state;
    struct bytes good = sign(&(struct recipe){0}), key = key_bytes(KEY_RSA);
    for (size_t size = 0; size < good.size; size++) {
        uint8_t *cut = mem_resize(NULL, size ? size : 1, 1);
        memcpy(cut, good.at, size);
        assert_int_equal(detached_check(span_text(content), span_of(cut, size), bytes_span(&key)),
                         DETACHED_UNREADABLE);
        mem_free(cut);
    }
    good.at = mem_resize(good.at, good.size + 1, 1);
    good.at[good.size++] = 0;
    CHECK("a byte behind it", check_with(&good, KEY_RSA) == DETACHED_UNREADABLE);
    size_t size = (size_t)DETACHED_SIZE_MAX + 1;
    uint8_t *large = mem_zero(size, 1);
    memcpy(large, good.at, good.size - 1);
    CHECK("a large one", detached_check(span_text(content), span_of(large, size),
                                        bytes_span(&key)) == DETACHED_UNREADABLE);
    mem_free(large);
    bytes_release(&good);
    bytes_release(&key);
}

static void no_key_matches_nothing(void **state)
{
    (void)state;
    struct bytes good = sign(&(struct recipe){0});
    assert_int_equal(detached_check(span_text(content), bytes_span(&good), span_of(NULL, 0)),
                     DETACHED_OTHER_KEY);
    bytes_release(&good);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_of_signatures),
        cmocka_unit_test(content_inside_is_refused),
        cmocka_unit_test(every_flipped_byte_of_the_content_is_seen),
        cmocka_unit_test(flipped_bytes_of_the_signature_never_help),
        cmocka_unit_test(cut_and_longer_ones_are_refused),
        cmocka_unit_test(no_key_matches_nothing),
    };
    return cmocka_run_group_tests_name("detached", tests, make_keys, free_keys);
}
