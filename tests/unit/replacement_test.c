/* replacement: a manifest from a file, with and without a signature, and everything that is wrong
 * with one or the other. */
#define _POSIX_C_SOURCE 200809L /* mkdtemp */

#include "installer/replacement.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "tests/unit/check.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>

static const char manifest[] =
    "{\"schema\": 1,\n"
    " \"families\": [{\"id\": \"f\", \"name\": \"F\", \"role\": \"recognised\",\n"
    "   \"providers\": [\"p\"], \"colour\": 1}],\n"
    " \"releases\": [{\"id\": \"r\", \"family\": \"f\", \"version\": \"1\", \"rank\": 1,\n"
    "   \"signing\": \"test\", \"drivers\": [{\"name\": \"d\", \"inf\": \"d.inf\",\n"
    "   \"hardware_ids\": [\"PCI\\\\VEN_5853&DEV_0001\"], \"platform\": true}],\n"
    "   \"sets\": [{\"id\": \"s\", \"architecture\": \"x64\",\n"
    "   \"files\": [{\"name\": \"d.tar\", \"no_hash_reason\": \"none\"}]}]}]}\n";

static EVP_PKEY *key, *other;
static X509 *certificate, *other_certificate;
static char folder[64], path[96], signature_path[104];
static uint8_t spki[1024];
static size_t spki_size;

static X509 *certificate_for(EVP_PKEY *k)
{
    X509 *x = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"Key", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_pubkey(x, k);
    return X509_sign(x, k, EVP_sha256()) > 0 ? x : NULL;
}

static int set_up(void **state)
{
    (void)state;
    unsigned char *der = spki;
    strcpy(folder, "/tmp/xenpv-replacement-XXXXXX");
    key = EVP_RSA_gen(2048);
    other = EVP_RSA_gen(2048);
    if (!key || !other || !mkdtemp(folder))
        return -1;
    certificate = certificate_for(key);
    other_certificate = certificate_for(other);
    int size = i2d_PUBKEY(key, NULL);
    if (size <= 0 || (size_t)size > sizeof spki || !certificate || !other_certificate)
        return -1;
    spki_size = (size_t)i2d_PUBKEY(key, &der);
    snprintf(path, sizeof path, "%s/m.json", folder);
    snprintf(signature_path, sizeof signature_path, "%s.p7s", path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    X509_free(certificate);
    X509_free(other_certificate);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    return file_remove_tree(folder, NULL) ? 0 : -1;
}

static void write_manifest(const char *text)
{
    assert_true(file_replace(path, span_text(text), NULL));
    assert_true(file_remove(signature_path, NULL));
}

/* Sign text with that key, and put the signature beside the file. */
static void write_signature(const char *text, X509 *x, EVP_PKEY *k)
{
    unsigned char *der = NULL;
    BIO *in = BIO_new_mem_buf(text, (int)strlen(text));
    CMS_ContentInfo *cms = CMS_sign(x, k, NULL, in, CMS_BINARY | CMS_DETACHED);
    int size = i2d_CMS_ContentInfo(cms, &der);
    assert_true(size > 0);
    assert_true(file_replace(signature_path, span_of(der, (size_t)size), NULL));
    OPENSSL_free(der);
    CMS_ContentInfo_free(cms);
    BIO_free(in);
}

/* Change one byte of a file, or add one when at is its size. */
static void spoil(const char *file, size_t at)
{
    struct bytes b = {0};
    assert_true(file_read(file, 1 << 20, &b, NULL));
    if (at >= b.size) {
        b.at = mem_resize(b.at, b.size + 1, 1);
        b.at[b.size++] = '\n';
    } else {
        b.at[at] ^= 1;
    }
    assert_true(file_replace(file, bytes_span(&b), NULL));
    bytes_release(&b);
}

struct answer {
    bool ok;
    struct replacement r;
    struct err e;
    size_t unknown;
    char first_unknown[200];
};

static struct answer read_with(struct span trusted)
{
    struct answer a = {0};
    struct manifest m = {0};
    struct texts unknown = {0};
    static const struct manifest zero;
    a.ok = replacement_read(path, trusted, &m, &unknown, &a.r, &a.e);
    a.unknown = unknown.count;
    if (unknown.count)
        snprintf(a.first_unknown, sizeof a.first_unknown, "%s", unknown.at[0]);
    if (a.ok)
        assert_int_equal(m.families.count, 1);
    else
        assert_memory_equal(&m, &zero, sizeof m);
    CHECK("a failure has its reason", a.ok == (a.e.kind == ERR_NONE));
    manifest_release_all(&m);
    texts_release(&unknown);
    return a;
}

static struct answer read_it(void)
{
    return read_with(span_of(spki, spki_size));
}

static void without_a_signature_it_is_unsigned(void **state)
{
    (void)state;
    write_manifest(manifest);
    struct answer a = read_it();
    assert_true(a.ok && a.r.trust == REPLACEMENT_UNSIGNED);
    CHECK_TEXT("why", a.r.why, "there is no signature beside it");
    assert_int_equal(a.unknown, 1);
    CHECK_HAS("an unknown field is told with its place", a.first_unknown,
              "m.json:3:24: warning: unknown-field: 'families[0].colour'");
    CHECK_TEXT("unsigned", replacement_trust_name(a.r.trust), "unsigned");
}

static void with_a_good_one_it_is_signed(void **state)
{
    (void)state;
    write_manifest(manifest);
    write_signature(manifest, certificate, key);
    struct answer a = read_it();
    assert_true(a.ok && a.r.trust == REPLACEMENT_SIGNED);
    CHECK_TEXT("signed", replacement_trust_name(a.r.trust), "signed");
}

/* A program without a key cannot know: it is unsigned, and not refused. */
static void without_a_key_nothing_is_signed(void **state)
{
    (void)state;
    write_manifest(manifest);
    write_signature(manifest, certificate, key);
    struct answer a = read_with(span_of(NULL, 0));
    assert_true(a.ok && a.r.trust == REPLACEMENT_UNSIGNED);
    CHECK_HAS("why", a.r.why, "built without a key");
}

static void a_signature_that_does_not_hold_is_refused(void **state)
{
    (void)state;
    struct answer a;
    write_manifest(manifest);
    write_signature(manifest, other_certificate, other);
    a = read_it();
    assert_true(!a.ok && a.e.kind == ERR_REFUSED);
    CHECK_HAS("another key", a.e.text, "m.json.p7s' is made with another key");

    write_signature(manifest, certificate, key);
    spoil(path, strlen(manifest)); /* a line feed more */
    a = read_it();
    assert_true(!a.ok && a.e.kind == ERR_REFUSED);
    CHECK_HAS("a byte behind the manifest", a.e.text, "one of the two was altered");

    for (size_t at = 0; at < strlen(manifest); at += 17) {
        write_manifest(manifest);
        write_signature(manifest, certificate, key);
        spoil(path, at);
        a = read_it();
        CHECK("a byte of the manifest", !a.ok && a.e.kind == ERR_REFUSED);
    }
    write_manifest(manifest);
    write_signature(manifest, certificate, key);
    spoil(signature_path, 1 << 20);
    a = read_it();
    CHECK("a byte behind the signature", !a.ok && a.e.kind == ERR_REFUSED);

    assert_true(file_replace(signature_path, span_text(""), NULL));
    a = read_it();
    CHECK("an empty signature is not a missing one", !a.ok && a.e.kind == ERR_REFUSED);
    assert_true(file_remove(signature_path, NULL));
    assert_true(file_make_folder(signature_path, NULL));
    a = read_it();
    CHECK("nor is one that cannot be read", !a.ok && a.e.kind == ERR_REFUSED);
    assert_true(file_remove_tree(signature_path, NULL));
}

static const struct {
    const char *sentence, *text, *says;
} wrong[] = {
    {"not JSON", "{\"schema\": 1,\n x}", "m.json: line 2, column 2: not JSON"},
    {"a key twice", "{\"schema\": 1,\n \"schema\": 1}", "line 2, column 2: duplicate"},
    {"a schema of the future", "{\"schema\": 9}", "line 1, column 12: schema 9"},
    {"a wrong type", "{\"schema\": 1, \"families\": {}}",
     "line 1, column 27: 'families' must be a list"},
    {"bytes that are not UTF-8", "{\"schema\": 1, \"x\": \"\xff\"}", "line 1, column 21: not JSON"},
    {"nothing that could be recognised", "{\"schema\": 1}", "'families'"},
    {"a fault of sense",
     "{\"schema\": 1, \"families\": [{\"id\": \"f\", \"name\": \"F\",\n"
     "\"role\": \"recognised\", \"providers\": [\"p\"], \"compatible_with\": [\"g\"]}]}",
     "line 2, column 63: there is no 'g'"},
};

static void a_wrong_manifest_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        write_manifest(wrong[i].text);
        struct answer a = read_it();
        CHECK(wrong[i].sentence, !a.ok && a.e.kind == ERR_USAGE);
        CHECK_HAS(wrong[i].sentence, a.e.text, wrong[i].says);
    }
}

/* The signature is looked at first: nothing of what nobody signed is read further. */
static void an_altered_one_is_not_read(void **state)
{
    (void)state;
    write_manifest("{");
    write_signature(manifest, certificate, key);
    struct answer a = read_it();
    assert_true(!a.ok && a.e.kind == ERR_REFUSED);
}

static void a_file_that_is_not_there_is_an_error(void **state)
{
    (void)state;
    assert_true(file_remove(path, NULL));
    struct answer a = read_it();
    assert_true(!a.ok && a.e.kind != ERR_USAGE && a.e.kind != ERR_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_signature_it_is_unsigned),
        cmocka_unit_test(with_a_good_one_it_is_signed),
        cmocka_unit_test(without_a_key_nothing_is_signed),
        cmocka_unit_test(a_signature_that_does_not_hold_is_refused),
        cmocka_unit_test(a_wrong_manifest_is_refused_with_its_place),
        cmocka_unit_test(an_altered_one_is_not_read),
        cmocka_unit_test(a_file_that_is_not_there_is_an_error),
    };
    return cmocka_run_group_tests_name("replacement", tests, set_up, tear_down);
}
