#include "verifier/detached.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/x509.h>

/* A DER blob and nothing else; NULL otherwise. */
static CMS_ContentInfo *parse(struct span signature)
{
    const unsigned char *at = signature.at;
    if (!signature.size || signature.size > DETACHED_SIZE_MAX)
        return NULL;
    CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)signature.size);
    if (cms && at == signature.at + signature.size)
        return cms;
    CMS_ContentInfo_free(cms);
    return NULL;
}

static CMS_SignerInfo *only_signer(CMS_ContentInfo *cms)
{
    if (OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed || CMS_is_detached(cms) != 1 ||
        OBJ_obj2nid(CMS_get0_eContentType(cms)) != NID_pkcs7_data)
        return NULL;
    STACK_OF(CMS_SignerInfo) *all = CMS_get0_SignerInfos(cms);
    return sk_CMS_SignerInfo_num(all) == 1 ? sk_CMS_SignerInfo_value(all, 0) : NULL;
}

/* The digest of the content, and the algorithm of the signature where that names one of its own. */
static bool is_strong(CMS_SignerInfo *signer)
{
    X509_ALGOR *digest, *algorithm;
    CMS_SignerInfo_get0_algs(signer, NULL, NULL, &digest, &algorithm);
    switch (OBJ_obj2nid(digest->algorithm)) {
    case NID_sha256:
    case NID_sha384:
    case NID_sha512: break;
    default: return false;
    }
    switch (OBJ_obj2nid(algorithm->algorithm)) {
    case NID_rsaEncryption:
    case NID_rsassaPss: /* OpenSSL wants its digest to be the content's */
    case NID_sha256WithRSAEncryption:
    case NID_sha384WithRSAEncryption:
    case NID_sha512WithRSAEncryption:
    case NID_ecdsa_with_SHA256:
    case NID_ecdsa_with_SHA384:
    case NID_ecdsa_with_SHA512: return true;
    default: return false;
    }
}

static bool has_key(X509 *certificate, struct span key)
{
    unsigned char *der = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool same = size > 0 && span_equal(span_of(der, (size_t)size), key);
    OPENSSL_free(der);
    return same;
}

/* The signer's certificate, owned by certificates; NULL when it is not among them. */
static X509 *certificate_of(CMS_SignerInfo *signer, STACK_OF(X509) * certificates)
{
    for (int i = 0; i < sk_X509_num(certificates); i++)
        if (CMS_SignerInfo_cert_cmp(signer, sk_X509_value(certificates, i)) == 0)
            return sk_X509_value(certificates, i);
    return NULL;
}

/* With the signer's certificate alone: whatever else the blob carries counts for nothing. */
static enum detached verify(CMS_ContentInfo *cms, X509 *certificate, struct span content)
{
    enum detached outcome = DETACHED_ALTERED;
    STACK_OF(X509) *only = sk_X509_new_null();
    BIO *bytes = BIO_new_mem_buf(content.size ? (const void *)content.at : "", (int)content.size);
    if (only && bytes && sk_X509_push(only, certificate) > 0 &&
        CMS_verify(cms, only, NULL, bytes, NULL,
                   CMS_BINARY | CMS_NOINTERN | CMS_NO_SIGNER_CERT_VERIFY) == 1)
        outcome = DETACHED_GOOD;
    BIO_free(bytes);
    sk_X509_free(only);
    return outcome;
}

static enum detached check(CMS_ContentInfo *cms, struct span content, struct span key)
{
    CMS_SignerInfo *signer = only_signer(cms);
    enum detached outcome = DETACHED_UNREADABLE;
    if (!signer || CMS_signed_get_attr_count(signer) < 1)
        return DETACHED_UNREADABLE;
    if (!is_strong(signer))
        return DETACHED_WEAK;
    STACK_OF(X509) *certificates = CMS_get1_certs(cms);
    X509 *certificate = certificate_of(signer, certificates);
    if (certificate)
        outcome =
            has_key(certificate, key) ? verify(cms, certificate, content) : DETACHED_OTHER_KEY;
    sk_X509_pop_free(certificates, X509_free);
    return outcome;
}

enum detached detached_check(struct span content, struct span signature, struct span key)
{
    enum detached outcome = DETACHED_UNREADABLE;
    if (content.size > INT_MAX)
        return DETACHED_UNREADABLE;
    ERR_set_mark();
    CMS_ContentInfo *cms = parse(signature);
    if (cms)
        outcome = check(cms, content, key);
    CMS_ContentInfo_free(cms);
    ERR_pop_to_mark();
    return outcome;
}

const char *detached_words(enum detached d)
{
    switch (d) {
    case DETACHED_WEAK: return "is made with a digest that is too weak, or not known";
    case DETACHED_OTHER_KEY: return "is made with another key than this program trusts";
    case DETACHED_ALTERED: return "does not match: one of the two was altered";
    case DETACHED_GOOD: return "is good";
    case DETACHED_UNREADABLE: break;
    }
    return "is not a detached CMS signature of one signer with its certificate";
}
