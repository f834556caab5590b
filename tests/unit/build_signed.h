/*
 * build_signed: certificates and PKCS#7 signatures made byte by byte, with keys made on the spot.
 *
 * Everything that can be wrong in a signature is a field of a recipe, so that a test says only what
 * differs.
 */
#ifndef XENPV_TESTS_BUILD_SIGNED_H
#define XENPV_TESTS_BUILD_SIGNED_H

#include "verifier/digest.h"

#include "build_der.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define OID_TEXT_SIGNED_DATA "1.2.840.113549.1.7.2"
#define OID_TEXT_DATA "1.2.840.113549.1.7.1"
#define OID_TEXT_CTL "1.3.6.1.4.1.311.10.1"
#define OID_TEXT_INDIRECT "1.3.6.1.4.1.311.2.1.4"
#define OID_TEXT_COUNTER "1.2.840.113549.1.9.6"
#define OID_TEXT_TOKEN "1.3.6.1.4.1.311.3.3.1"
#define OID_TEXT_NESTED "1.3.6.1.4.1.311.2.4.1"
#define EKU_CODE "1.3.6.1.5.5.7.3.3"
#define EKU_TIME "1.3.6.1.5.5.7.3.8"
#define EKU_WHQL "1.3.6.1.4.1.311.10.3.5"
#define EKU_ATTESTATION "1.3.6.1.4.1.311.10.3.5.1"
#define EKU_LIFETIME "1.3.6.1.4.1.311.10.3.13"

/* ---- keys ---- */

enum { SIGNED_KEYS = 16 };
static EVP_PKEY *signed_keys[SIGNED_KEYS];

/* Key number n; 15 is an elliptic one, the others RSA. Made once, kept until signed_release. */
static inline EVP_PKEY *signed_key(unsigned n)
{
    if (signed_keys[n] == NULL)
        signed_keys[n] = n == 15 ? EVP_EC_gen("P-256") : EVP_RSA_gen(1024);
    return signed_keys[n];
}

static inline void signed_release(void)
{
    for (unsigned i = 0; i < SIGNED_KEYS; i++)
        EVP_PKEY_free(signed_keys[i]);
    memset(signed_keys, 0, sizeof signed_keys);
}

static inline struct span signed_spki(unsigned key)
{
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(signed_key(key), &der);
    struct span kept = JOIN(span_of(der, size > 0 ? (size_t)size : 0));
    OPENSSL_free(der);
    return kept;
}

static inline const EVP_MD *signed_md(enum digest_kind kind)
{
    return kind == DIGEST_MD5 ? EVP_md5() : kind == DIGEST_SHA256 ? EVP_sha256() : EVP_sha1();
}

/*
 * A signature over bytes; bare: without the DigestInfo. Empty when OpenSSL refuses, which no test
 * survives.
 */
static inline struct span signed_sign(
    unsigned key, enum digest_kind kind, struct span bytes, bool bare)
{
    struct digest d = digest_one(kind, bytes);
    size_t size = 512;
    uint8_t *value = der_storage(size);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(signed_key(key), NULL);
    bool ok = c != NULL && EVP_PKEY_sign_init(c) == 1 &&
              (key == 15 || EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1) &&
              (bare || EVP_PKEY_CTX_set_signature_md(c, signed_md(kind)) == 1) &&
              EVP_PKEY_sign(c, value, &size, d.bytes, d.size) == 1;
    EVP_PKEY_CTX_free(c);
    return span_of(value, ok ? size : 0);
}

static inline const char *signed_digest_oid(enum digest_kind kind)
{
    return kind == DIGEST_MD5      ? "1.2.840.113549.2.5"
           : kind == DIGEST_SHA256 ? "2.16.840.1.101.3.4.2.1"
                                   : "1.3.14.3.2.26";
}

static inline const char *signed_algorithm_oid(unsigned key, enum digest_kind kind)
{
    if (key == 15)
        return kind == DIGEST_SHA256 ? "1.2.840.10045.4.3.2" : "1.2.840.10045.4.1";
    return kind == DIGEST_MD5      ? "1.2.840.113549.1.1.4"
           : kind == DIGEST_SHA256 ? "1.2.840.113549.1.1.11"
                                   : "1.2.840.113549.1.1.5";
}

/* ---- certificates ---- */

/* Is it an authority? Zero: a leaf, with basicConstraints that say so. */
enum signed_constraints { CONSTRAINTS_LEAF = 0, CONSTRAINTS_AUTHORITY, CONSTRAINTS_ABSENT };

struct certificate_recipe {
    const char *subject, *issuer; /* CN; issuer NULL: itself */
    unsigned key, issuer_key;
    unsigned serial;
    enum digest_kind digest;            /* 0: SHA-256 */
    const char *not_before, *not_after; /* UTCTime; NULL: 2005 and 2030 */
    enum signed_constraints constraints;
    const char *usages[4]; /* none: no extension */
};

static inline struct span signed_name(const char *cn)
{
    return SEQUENCE(SET_OF(SEQUENCE(der_make_oid("2.5.4.10"), der_make(0x13, span_text("Test")))),
        SET_OF(SEQUENCE(der_make_oid("2.5.4.3"), der_make(DER_UTF8_STRING, span_text(cn)))));
}

static inline struct span signed_extension(const char *oid, struct span value)
{
    return SEQUENCE(der_make_oid(oid), OCTETS(value));
}

static inline struct span signed_extensions(const struct certificate_recipe *r)
{
    struct span usages = NOTHING, list = NOTHING;
    if (r->constraints != CONSTRAINTS_ABSENT)
        list = signed_extension("2.5.29.19",
            SEQUENCE(r->constraints == CONSTRAINTS_AUTHORITY ? LITERAL("\x01\x01\xff") : NOTHING));
    for (size_t i = 0; i < 4 && r->usages[i] != NULL; i++)
        usages = JOIN(usages, der_make_oid(r->usages[i]));
    if (usages.size > 0)
        list = JOIN(list, signed_extension("2.5.29.37", SEQUENCE(usages)));
    return list.size > 0 ? der_make(0xa3, SEQUENCE(list)) : NOTHING;
}

static inline struct span make_certificate(const struct certificate_recipe *r)
{
    enum digest_kind digest = r->digest != DIGEST_NONE ? r->digest : DIGEST_SHA256;
    struct span algorithm = der_make_algorithm(signed_algorithm_oid(r->issuer_key, digest));
    struct span tbs = SEQUENCE(EXPLICIT_0(der_make_integer(2)), der_make_integer(r->serial),
        algorithm, signed_name(r->issuer != NULL ? r->issuer : r->subject),
        SEQUENCE(der_make(DER_UTC_TIME, span_text(r->not_before ? r->not_before : "050101000000Z")),
            der_make(DER_UTC_TIME, span_text(r->not_after ? r->not_after : "300101000000Z"))),
        signed_name(r->subject), signed_spki(r->key), signed_extensions(r));
    struct span value = signed_sign(r->issuer_key, digest, tbs, false);
    return SEQUENCE(tbs, algorithm, der_make(DER_BIT_STRING, JOIN(LITERAL("\0"), value)));
}

/* ---- signatures ---- */

struct signer_recipe {
    unsigned key;
    const char *issuer; /* CN of the signer's issuer */
    unsigned serial;
    enum digest_kind digest;  /* 0: SHA-256 */
    const char *content_type; /* dotted */
    struct span content;      /* the bytes that count */
    struct span attributes;   /* more signed ones */
    struct span unsigned_attributes;
    bool bare, no_attributes;
};

static inline struct span signed_attribute(const char *oid, struct span value)
{
    return SEQUENCE(der_make_oid(oid), SET_OF(value));
}

/* Two values that the caller may want: the SignerInfo, and the signature value in it. */
struct signed_info {
    struct span info, value;
};

/* The signature first, as a time stamp needs it, then the whole with its unsigned attributes. */
static inline struct signed_info make_signer(const struct signer_recipe *r)
{
    enum digest_kind digest = r->digest != DIGEST_NONE ? r->digest : DIGEST_SHA256;
    struct digest d = digest_one(digest, r->content);
    struct span attributes = JOIN(
        signed_attribute("1.2.840.113549.1.9.3", der_make_oid(r->content_type)), r->attributes,
        signed_attribute("1.2.840.113549.1.9.4", OCTETS(span_of(d.bytes, d.size))));
    struct signed_info made;
    made.value = signed_sign(
        r->key, digest, r->no_attributes ? r->content : der_make(DER_SET, attributes), r->bare);
    made.info = SEQUENCE(der_make_integer(1),
        SEQUENCE(signed_name(r->issuer), der_make_integer(r->serial)),
        der_make_algorithm(signed_digest_oid(digest)),
        r->no_attributes ? NOTHING : EXPLICIT_0(attributes),
        der_make_algorithm(
            r->key == 15 ? signed_algorithm_oid(15, digest) : "1.2.840.113549.1.1.1"),
        OCTETS(made.value),
        r->unsigned_attributes.size > 0 ? EXPLICIT_1(r->unsigned_attributes) : NOTHING);
    return made;
}

/* A ContentInfo. content is the element inside [0]; empty: detached. */
static inline struct span make_signed_data(
    const char *type, struct span content, struct span certificates, struct span signers)
{
    return SEQUENCE(der_make_oid(OID_TEXT_SIGNED_DATA),
        EXPLICIT_0(SEQUENCE(der_make_integer(1),
            SET_OF(der_make_algorithm("2.16.840.1.101.3.4.2.1"),
                der_make_algorithm("1.3.14.3.2.26"), der_make_algorithm("1.2.840.113549.2.5")),
            SEQUENCE(der_make_oid(type), content.size > 0 ? EXPLICIT_0(content) : NOTHING),
            certificates.size > 0 ? EXPLICIT_0(certificates) : NOTHING, SET_OF(signers))));
}

/* ---- time stamps ---- */

struct stamp_recipe {
    unsigned key;
    const char *issuer;
    unsigned serial;
    const char *time; /* UTCTime, or GeneralizedTime in a token */
    bool bare;
    struct span certificates; /* of a token */
};

/* Unsigned attribute with a PKCS#9 counter-signature over a signature value. */
static inline struct span make_counter_signature(const struct stamp_recipe *r, struct span value)
{
    struct signed_info info = make_signer(&(struct signer_recipe){.key = r->key,
        .issuer = r->issuer,
        .serial = r->serial,
        .digest = DIGEST_SHA1,
        .content_type = OID_TEXT_DATA,
        .content = value,
        .bare = r->bare,
        .attributes = signed_attribute(
            "1.2.840.113549.1.9.5", der_make(DER_UTC_TIME, span_text(r->time)))});
    return signed_attribute(OID_TEXT_COUNTER, info.info);
}

static inline struct span make_tst_info(const char *time, struct span value)
{
    struct digest imprint = digest_one(DIGEST_SHA256, value);
    return SEQUENCE(der_make_integer(1), der_make_oid("1.3.6.1.4.1.601.10.3.1"),
        SEQUENCE(der_make_algorithm("2.16.840.1.101.3.4.2.1"),
            OCTETS(span_of(imprint.bytes, imprint.size))),
        der_make_integer(77), der_make(DER_GENERALIZED_TIME, span_text(time)));
}

/* Unsigned attribute with an RFC 3161 token. */
static inline struct span make_token(const struct stamp_recipe *r, struct span value)
{
    struct span info = make_tst_info(r->time, value);
    struct signed_info signer = make_signer(&(struct signer_recipe){.key = r->key,
        .issuer = r->issuer,
        .serial = r->serial,
        .content_type = "1.2.840.113549.1.9.16.1.4",
        .content = info});
    return signed_attribute(OID_TEXT_TOKEN,
        make_signed_data("1.2.840.113549.1.9.16.1.4", OCTETS(info), r->certificates, signer.info));
}

#endif
