#include "verifier/certificates.h"

#include "base/mem.h"
#include "base/text.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

/* ---- extended key usage ---- */

bool certificate_allows(const struct certificate_usage *usage, enum certificate_purpose purpose)
{
    if (usage->none || usage->any)
        return true;
    if (purpose == PURPOSE_TIME)
        return usage->time_stamping;
    return usage->code_signing || usage->whql || usage->attestation || usage->nt5 ||
           usage->oem_whql || usage->embedded_nt || usage->ev_whql || usage->kmcs;
}

static void note_usage(struct certificate_usage *u, enum oid oid)
{
    switch (oid) {
    case OID_EKU_ANY: u->any = true; break;
    case OID_EKU_CODE_SIGNING: u->code_signing = true; break;
    case OID_EKU_TIME_STAMPING: u->time_stamping = true; break;
    case OID_EKU_WHQL: u->whql = true; break;
    case OID_EKU_ATTESTATION: u->attestation = true; break;
    case OID_EKU_NT5: u->nt5 = true; break;
    case OID_EKU_OEM_WHQL: u->oem_whql = true; break;
    case OID_EKU_EMBEDDED_NT: u->embedded_nt = true; break;
    case OID_EKU_LIFETIME: u->lifetime = true; break;
    case OID_EKU_KITS: u->kits = true; break;
    case OID_EKU_PPL: u->ppl = true; break;
    case OID_EKU_TCB: u->tcb = true; break;
    case OID_EKU_FLIGHT: u->flight = true; break;
    case OID_EKU_EV_WHQL: u->ev_whql = true; break;
    case OID_EKU_KMCS: u->kmcs = true; break;
    case OID_EKU_TRUSTED_BOOT: u->trusted_boot = true; break;
    case OID_EKU_HAL_EXTENSION: u->hal_extension = true; break;
    case OID_EKU_STORE: u->store = true; break;
    default: u->unknown++; break;
    }
}

static bool read_usage(struct certificate *c, struct span value)
{
    struct span list;
    enum oid oid;
    if (!c->usage.none || !der_open(&value, DER_SEQUENCE, &list))
        return false;
    c->usage.none = false;
    while (list.size > 0) {
        if (!der_take_oid(&list, &oid))
            return false;
        note_usage(&c->usage, oid);
    }
    return true;
}

/* ---- reading one certificate ---- */

/* BasicConstraints ::= SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLen INTEGER OPTIONAL } */
static bool read_constraints(struct certificate *c, struct span value)
{
    struct span sequence, flag;
    if (c->has_constraints || !der_open(&value, DER_SEQUENCE, &sequence))
        return false;
    c->has_constraints = true;
    if (der_open(&sequence, DER_BOOLEAN, &flag))
        c->authority = flag.size == 1 && flag.at[0] != 0;
    return true;
}

/* KeyUsage ::= BIT STRING; bit 5, counted from the most significant, is keyCertSign. */
static bool read_key_usage(struct certificate *c, struct span value)
{
    struct span bits;
    if (c->has_key_usage || !der_open(&value, DER_BIT_STRING, &bits) || bits.size < 1)
        return false;
    c->has_key_usage = true;
    c->may_sign_certificates = bits.size >= 2 && (bits.at[1] & 0x04) != 0;
    return true;
}

static bool read_extension(struct certificate *c, struct span extension)
{
    enum oid oid;
    struct span value, sequence;
    if (!der_take_oid(&extension, &oid) || !der_skip_optional(&extension, DER_BOOLEAN) ||
        !der_open(&extension, DER_OCTET_STRING, &value))
        return false;
    switch (oid) {
    case OID_CE_BASIC_CONSTRAINTS: return read_constraints(c, value);
    case OID_CE_KEY_USAGE: return read_key_usage(c, value);
    case OID_CE_EXTENDED_KEY_USAGE: return read_usage(c, value);
    case OID_CE_SUBJECT_KEY: der_open(&value, DER_OCTET_STRING, &c->subject_key); return true;
    case OID_CE_AUTHORITY_KEY: /* SEQUENCE { [0] keyIdentifier, ... } */
        if (der_open(&value, DER_SEQUENCE, &sequence))
            der_open(&sequence, DER_CONTEXT_0, &c->authority_key);
        return true;
    default: return true;
    }
}

static bool read_extensions(struct certificate *c, struct span tbs)
{
    struct span wrapped, list, extension;
    if (!der_skip_optional(&tbs, 0x81) || !der_skip_optional(&tbs, 0x82) ||
        !der_skip_optional(&tbs, DER_CONTEXT_CONSTRUCTED_1) ||
        !der_skip_optional(&tbs, DER_CONTEXT_CONSTRUCTED_2))
        return false;
    if (tbs.size == 0)
        return true;
    if (!der_open(&tbs, 0xa3, &wrapped) || !der_open(&wrapped, DER_SEQUENCE, &list))
        return false;
    while (list.size > 0)
        if (!der_open(&list, DER_SEQUENCE, &extension) || !read_extension(c, extension))
            return false;
    return true;
}

static enum digest_kind digest_of_algorithm(enum oid oid)
{
    switch (oid) {
    case OID_RSA_MD5: return DIGEST_MD5;
    case OID_RSA_SHA1:
    case OID_OIW_RSA_SHA1:
    case OID_ECDSA_SHA1: return DIGEST_SHA1;
    case OID_RSA_SHA256:
    case OID_ECDSA_SHA256: return DIGEST_SHA256;
    case OID_RSA_SHA384:
    case OID_ECDSA_SHA384: return DIGEST_SHA384;
    case OID_RSA_SHA512:
    case OID_ECDSA_SHA512: return DIGEST_SHA512;
    default: return DIGEST_NONE;
    }
}

/* RSASSA-PSS-params: [0] { AlgorithmIdentifier of the digest } DEFAULT SHA-1. */
static enum digest_kind digest_of_pss(struct span parameters)
{
    struct span sequence, wrapped, algorithm, oid;
    if (!der_open(&parameters, DER_SEQUENCE, &sequence))
        return DIGEST_NONE;
    if (!der_open(&sequence, DER_CONTEXT_CONSTRUCTED_0, &wrapped))
        return DIGEST_SHA1;
    return der_open(&wrapped, DER_SEQUENCE, &algorithm) && der_open(&algorithm, DER_OID, &oid)
               ? digest_of_oid(oid)
               : DIGEST_NONE;
}

/* Only PSS and elliptic curves have parameters; the others have NULL, or nothing. */
bool signature_algorithm_read(struct span *rest, struct signature_algorithm *out)
{
    struct span sequence;
    struct der parameters;
    if (!der_open(rest, DER_SEQUENCE, &sequence) || !der_take_oid(&sequence, &out->oid))
        return false;
    struct span after = sequence;
    bool plain = out->oid != OID_RSA_PSS && out->oid != OID_EC_PUBLIC_KEY;
    if (after.size > 0 && (!der_next(&after, &parameters) || after.size != 0))
        return false;
    if (plain && sequence.size > 0 && (parameters.tag != DER_NULL || parameters.body.size != 0))
        return false;
    out->digest = out->oid == OID_RSA_PSS ? digest_of_pss(sequence) : digest_of_algorithm(out->oid);
    return true;
}

/* Body of TBSCertificate. algorithm is the one outside, as DER. */
static bool read_tbs(struct certificate *c, struct span tbs, struct span algorithm)
{
    struct der part;
    struct span validity;
    if (!der_skip_optional(&tbs, DER_CONTEXT_CONSTRUCTED_0) || !der_take(&tbs, DER_INTEGER, &part))
        return false;
    c->serial = part.whole;
    /* RFC 5280 4.1.1.2: the algorithm stands inside what is signed too, and must be the same. */
    if (!der_take(&tbs, DER_SEQUENCE, &part) || !span_equal(part.whole, algorithm))
        return false;
    if (!der_take(&tbs, DER_SEQUENCE, &part))
        return false;
    c->issuer = part.whole;
    if (!der_open(&tbs, DER_SEQUENCE, &validity) || !der_next(&validity, &part) ||
        !der_time(part, &c->not_before) || !der_next(&validity, &part) ||
        !der_time(part, &c->not_after))
        return false;
    if (!der_take(&tbs, DER_SEQUENCE, &part))
        return false;
    c->subject = part.whole;
    if (!der_take(&tbs, DER_SEQUENCE, &part))
        return false;
    c->spki = part.whole;
    return read_extensions(c, tbs);
}

/* Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, BIT STRING } */
static bool read_certificate(struct der element, struct certificate *c)
{
    struct span body = element.body, after, bits;
    struct der tbs, algorithm;
    memset(c, 0, sizeof *c);
    c->whole = element.whole;
    c->usage.none = true;
    if (!der_take(&body, DER_SEQUENCE, &tbs))
        return false;
    after = body;
    if (!signature_algorithm_read(&body, &c->algorithm) ||
        !der_take(&after, DER_SEQUENCE, &algorithm) || !der_open(&body, DER_BIT_STRING, &bits) ||
        body.size != 0 || bits.size < 2 || bits.at[0] != 0)
        return false;
    c->tbs = tbs.whole;
    c->signature = span_from(bits, 1);
    return read_tbs(c, tbs.body, algorithm.whole);
}

void certificates_init(struct certificates *c, const struct roots *roots, unsigned *budget)
{
    memset(c, 0, sizeof *c);
    c->roots = roots;
    c->budget = budget;
}

static bool have(const struct certificates *c, struct span whole)
{
    for (size_t i = 0; i < c->count; i++)
        if (span_equal(c->at[i].whole, whole))
            return true;
    return false;
}

void certificates_add(struct certificates *c, struct span set)
{
    struct der element;
    while (set.size > 0) {
        if (!der_next(&set, &element)) {
            c->malformed++;
            return;
        }
        bool other = element.tag >= DER_CONTEXT_CONSTRUCTED_0 && element.tag <= 0xa3;
        if (other || have(c, element.whole))
            continue;
        if (element.tag != DER_SEQUENCE)
            c->malformed++;
        else if (c->count == CERTIFICATES_MAX)
            c->dropped++;
        else if (!read_certificate(element, &c->at[c->count]))
            c->malformed++;
        else
            c->count++;
    }
}

size_t certificates_find(const struct certificates *c, struct span issuer, struct span serial,
                         size_t from)
{
    for (size_t i = from; i < c->count; i++)
        if (span_equal(c->at[i].serial, serial) && span_equal(c->at[i].issuer, issuer))
            return i;
    return SIZE_MAX;
}

/* ---- public-key operations ---- */

/* A big-endian INTEGER's body as a parameter in the machine's order; storage has size bytes. */
static OSSL_PARAM number(const char *name, struct span body, uint8_t *storage)
{
    for (size_t i = 0; i < body.size; i++)
        storage[i] = body.at[body.size - 1 - i];
    return OSSL_PARAM_construct_BN(name, storage, body.size);
}

/* From numbers, since OpenSSL 3's decoders take longer for a key than the verification does. */
static EVP_PKEY *rsa_key(struct span bits)
{
    uint8_t n_bytes[KEY_BYTES_MAX + 1], e_bytes[8];
    struct span key, n, e;
    EVP_PKEY *made = NULL;
    if (!der_open(&bits, DER_SEQUENCE, &key) || !der_open(&key, DER_INTEGER, &n) ||
        !der_open(&key, DER_INTEGER, &e) || n.size == 0 || n.size > sizeof n_bytes || e.size == 0 ||
        e.size > sizeof e_bytes || n.at[0] >= 0x80 || e.at[0] >= 0x80)
        return NULL;
    OSSL_PARAM parameters[] = {number(OSSL_PKEY_PARAM_RSA_N, n, n_bytes),
                               number(OSSL_PKEY_PARAM_RSA_E, e, e_bytes),
                               OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        made = NULL;
    EVP_PKEY_CTX_free(context);
    return made;
}

static EVP_PKEY *ec_key(struct span spki)
{
    const unsigned char *at = spki.at;
    EVP_PKEY *key = d2i_PUBKEY(NULL, &at, (long)spki.size);
    if (key != NULL && EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

/* SubjectPublicKeyInfo ::= SEQUENCE { AlgorithmIdentifier, BIT STRING } */
static EVP_PKEY *key_of(struct span spki)
{
    struct span rest = spki, sequence, bits;
    struct signature_algorithm algorithm;
    if (!der_open(&rest, DER_SEQUENCE, &sequence) ||
        !signature_algorithm_read(&sequence, &algorithm) ||
        !der_open(&sequence, DER_BIT_STRING, &bits) || bits.size < 2 || bits.at[0] != 0)
        return NULL;
    if (algorithm.oid == OID_RSA)
        return rsa_key(span_from(bits, 1));
    return algorithm.oid == OID_EC_PUBLIC_KEY && spki.size <= KEY_BYTES_MAX ? ec_key(spki) : NULL;
}

static bool set_padding(EVP_PKEY_CTX *context, const struct signed_digest *what)
{
    if (what->algorithm.oid != OID_RSA_PSS)
        return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_AUTO) == 1;
}

/*
 * One operation. md NULL: the digest stands in the signature without a DigestInfo, as the VeriSign
 * and Symantec time stamps of 2001-2013 have it.
 */
static enum check verify_once(EVP_PKEY *key, const struct signed_digest *what, const EVP_MD *md)
{
    enum check outcome = CHECK_CANNOT;
    bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    if (context == NULL || EVP_PKEY_verify_init(context) != 1 ||
        (rsa && !set_padding(context, what)) ||
        (md != NULL && EVP_PKEY_CTX_set_signature_md(context, md) != 1))
        goto out;
    outcome = EVP_PKEY_verify(context, what->signature.at, what->signature.size, what->digest.bytes,
                              what->digest.size) == 1
                  ? CHECK_GOOD
                  : CHECK_BAD;
out:
    EVP_PKEY_CTX_free(context);
    return outcome;
}

static bool is_rsa(enum oid oid)
{
    switch (oid) {
    case OID_RSA:
    case OID_RSA_PSS:
    case OID_RSA_MD5:
    case OID_RSA_SHA1:
    case OID_OIW_RSA_SHA1:
    case OID_RSA_SHA256:
    case OID_RSA_SHA384:
    case OID_RSA_SHA512: return true;
    default: return false;
    }
}

static bool is_ec(enum oid oid)
{
    return oid == OID_ECDSA_SHA1 || oid == OID_ECDSA_SHA256 || oid == OID_ECDSA_SHA384 ||
           oid == OID_ECDSA_SHA512 || oid == OID_EC_PUBLIC_KEY;
}

static enum check verify_with(EVP_PKEY *key, const struct signed_digest *what, unsigned *budget)
{
    if (key == NULL || what->digest.kind == DIGEST_NONE || *budget == 0)
        return CHECK_CANNOT;
    bool rsa = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
    if (rsa ? !is_rsa(what->algorithm.oid) : !is_ec(what->algorithm.oid))
        return CHECK_CANNOT;
    if (what->algorithm.digest != DIGEST_NONE && what->algorithm.digest != what->digest.kind)
        return CHECK_CANNOT;
    (*budget)--;
    enum check outcome = verify_once(key, what, digest_algorithm(what->digest.kind));
    if (outcome != CHECK_GOOD && what->bare && rsa && what->algorithm.oid != OID_RSA_PSS &&
        verify_once(key, what, NULL) == CHECK_GOOD)
        return CHECK_GOOD_BARE;
    return outcome;
}

static EVP_PKEY *certificate_key(struct certificate *c)
{
    if (!c->key_tried)
        c->key = key_of(c->spki);
    c->key_tried = true;
    return c->key;
}

enum check certificates_verify(struct certificates *c, size_t signer,
                               const struct signed_digest *what)
{
    if (signer >= c->count)
        return CHECK_CANNOT;
    ERR_set_mark();
    enum check outcome = verify_with(certificate_key(&c->at[signer]), what, c->budget);
    ERR_pop_to_mark();
    return outcome;
}

/* The signature on a certificate. */
static struct signed_digest signed_by_issuer(const struct certificate *c)
{
    return (struct signed_digest){
        .digest = digest_one(c->algorithm.digest, c->tbs),
        .algorithm = c->algorithm,
        .signature = c->signature,
    };
}

/* ---- issuers ---- */

/* Does the signature on child hold under issuer's key? Remembered, since chains share edges. */
static enum check edge(struct certificates *c, size_t child, size_t issuer)
{
    uint8_t *known = &c->edges[child][issuer];
    if (*known == 0) {
        struct signed_digest what = signed_by_issuer(&c->at[child]);
        *known = (uint8_t)(1 + certificates_verify(c, issuer, &what));
    }
    return (enum check)(*known - 1);
}

/* Key identifiers, where both have one, tell authorities of the same name apart. */
static bool names_issuer(const struct certificate *child, const struct certificate *issuer)
{
    return span_equal(child->issuer, issuer->subject) &&
           (child->authority_key.size == 0 || issuer->subject_key.size == 0 ||
            span_equal(child->authority_key, issuer->subject_key));
}

static enum check verify_with_root(struct certificates *c, size_t child, struct span spki)
{
    struct signed_digest what = signed_by_issuer(&c->at[child]);
    ERR_set_mark();
    EVP_PKEY *key = key_of(spki);
    enum check outcome = verify_with(key, &what, c->budget);
    EVP_PKEY_free(key);
    ERR_pop_to_mark();
    return outcome;
}

/* Is the issuer's name that of a certificate at hand, or of a root? */
static bool issuer_is_known(const struct certificates *c, size_t child)
{
    for (size_t i = 0; i < c->count; i++)
        if (span_equal(c->at[child].issuer, c->at[i].subject))
            return true;
    for (size_t i = 0; i < c->roots->count; i++)
        if (span_equal(c->at[child].issuer, c->roots->keys[i].subject))
            return true;
    return false;
}

/*
 * The root key that signed child: one with the issuer's name; a root whose name we do not have is
 * tried when the issuer is nowhere else. CHECK_CANNOT when there is none to try.
 */
static enum check anchor(struct certificates *c, size_t child)
{
    if (c->anchors[child] != 0)
        return (enum check)(c->anchors[child] - 1);
    bool orphan = !issuer_is_known(c, child);
    enum check best = CHECK_CANNOT;
    for (size_t i = 0; i < c->roots->count && best != CHECK_GOOD; i++) {
        const struct root_key *key = &c->roots->keys[i];
        bool named = span_equal(c->at[child].issuer, key->subject);
        if (!named && !(orphan && key->subject.size == 0))
            continue;
        enum check outcome = verify_with_root(c, child, key->spki);
        if (outcome == CHECK_GOOD)
            c->anchor_key[child] = key;
        if (outcome == CHECK_GOOD || (named && outcome == CHECK_BAD))
            best = outcome;
    }
    c->anchors[child] = (uint8_t)(1 + best);
    return best;
}

/*
 * May it issue certificates for this purpose? Microsoft's authorities of 1997 have no
 * basicConstraints, which RFC 2459 of January 1999 made the mark: what is older and directly below
 * a root may do without.
 */
static bool may_issue(struct certificates *c, size_t i, enum certificate_purpose purpose)
{
    enum { RFC_2459 = 915148800 }; /* 1999-01-01 */
    const struct certificate *x = &c->at[i];
    if (roots_find_key(c->roots, x->spki) != NULL)
        return true;
    if (!certificate_allows(&x->usage, purpose))
        return false;
    if (x->has_constraints)
        return x->authority && (!x->has_key_usage || x->may_sign_certificates);
    return x->not_before < RFC_2459 && !x->has_key_usage && anchor(c, i) == CHECK_GOOD;
}

/* ---- the search ---- */

/* Breadth first, so that the path to any certificate is the shortest one. */
struct search {
    struct certificates *c;
    enum certificate_purpose purpose;
    size_t queue[CERTIFICATES_MAX], parent[CERTIFICATES_MAX], depth[CERTIFICATES_MAX];
    size_t head, tail;
    bool seen[CERTIFICATES_MAX];
    size_t end_of[ROOT_COUNT]; /* the certificate at the end of the path to each root */
    const struct root_key *key_of[ROOT_COUNT];
};

static void reach(struct search *s, const struct root_key *key, size_t at, struct chain *out)
{
    if ((unsigned)key->root >= ROOT_COUNT || (out->roots & 1U << key->root) != 0)
        return;
    out->roots |= 1U << key->root;
    s->end_of[key->root] = at;
    s->key_of[key->root] = key;
}

static void push(struct search *s, size_t i, size_t parent)
{
    if (s->seen[i])
        return;
    s->seen[i] = true;
    s->parent[i] = parent;
    s->depth[i] = parent == SIZE_MAX ? 1 : s->depth[parent] + 1;
    s->queue[s->tail++] = i;
}

static void visit(struct search *s, size_t i, struct chain *out)
{
    struct certificates *c = s->c;
    const struct root_key *own = roots_find_key(c->roots, c->at[i].spki);
    if (own != NULL)
        reach(s, own, i, out);
    if (anchor(c, i) == CHECK_GOOD)
        reach(s, c->anchor_key[i], i, out);
    if (s->depth[i] == CHAIN_MAX)
        return;
    for (size_t k = 0; k < c->count; k++)
        if (k != i && !s->seen[k] && names_issuer(&c->at[i], &c->at[k]) &&
            may_issue(c, k, s->purpose) && edge(c, i, k) == CHECK_GOOD)
            push(s, k, i);
}

static bool is_self_signed(struct certificates *c, size_t i)
{
    return span_equal(c->at[i].issuer, c->at[i].subject) && edge(c, i, i) == CHECK_GOOD;
}

static enum root best_root(unsigned roots)
{
    static const enum root order[] = {
        ROOT_MS_2010,           ROOT_MS_2001, ROOT_MS_1997, ROOT_MS_2011,
        ROOT_CODE_VERIFICATION, ROOT_MS_TEST, ROOT_PUBLIC,  ROOT_SELF};
    for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
        if ((roots & 1U << order[i]) != 0)
            return order[i];
    return ROOT_UNKNOWN;
}

/*
 * The path to the best root; for an unknown one, to the certificate that is farthest from the leaf.
 */
static void show_path(const struct search *s, struct chain *out)
{
    size_t at = out->root == ROOT_UNKNOWN || out->root == ROOT_SELF ? s->queue[s->tail - 1]
                                                                    : s->end_of[out->root];
    out->length = s->depth[at];
    for (size_t i = out->length; i > 0; i--, at = s->parent[at])
        out->path[i - 1] = at;
}

void certificates_search(struct certificates *c, size_t leaf, enum certificate_purpose purpose,
                         struct chain *out)
{
    struct search s = {.c = c, .purpose = purpose};
    memset(out, 0, sizeof *out);
    if (leaf >= c->count)
        return;
    push(&s, leaf, SIZE_MAX);
    while (s.head < s.tail && certificate_allows(&c->at[leaf].usage, purpose))
        visit(&s, s.queue[s.head++], out);
    if (is_self_signed(c, leaf))
        out->roots |= 1U << ROOT_SELF;
    out->root = best_root(out->roots);
    if (out->root != ROOT_SELF && out->root != ROOT_UNKNOWN)
        out->key = s.key_of[out->root];
    memcpy(out->seen, s.seen, sizeof out->seen);
    show_path(&s, out);
}

bool certificates_altered(struct certificates *c, size_t index)
{
    enum check outcome = anchor(c, index);
    bool bad = outcome == CHECK_BAD;
    if (outcome == CHECK_GOOD)
        return false;
    for (size_t k = 0; k < c->count; k++) {
        if (!names_issuer(&c->at[index], &c->at[k]))
            continue;
        outcome = edge(c, index, k);
        if (outcome == CHECK_GOOD)
            return false;
        bad = bad || outcome == CHECK_BAD;
    }
    return bad;
}

/* ---- names ---- */

/* The string types that names are made of. */
static char *string_of(struct der value)
{
    struct text t = {0};
    if (value.tag == DER_BMP_STRING)
        text_add_utf16be(&t, value.body);
    else if (text_is_utf8(value.body))
        text_add_bytes(&t, (const char *)value.body.at, value.body.size);
    else
        text_add_cp1252(&t, value.body);
    return text_steal(&t);
}

char *name_short(struct span name)
{
    static const enum oid wanted[] = {OID_AT_COMMON_NAME, OID_AT_UNIT, OID_AT_ORGANIZATION};
    struct der found[3] = {{0}}, value;
    struct span list, set, pair;
    enum oid oid;
    if (!der_open(&name, DER_SEQUENCE, &list))
        return NULL;
    while (der_open(&list, DER_SET, &set))
        while (der_open(&set, DER_SEQUENCE, &pair))
            if (der_take_oid(&pair, &oid) && der_next(&pair, &value))
                for (size_t i = 0; i < 3; i++)
                    if (oid == wanted[i])
                        found[i] = value;
    for (size_t i = 0; i < 3; i++)
        if (found[i].body.size > 0)
            return string_of(found[i]);
    return NULL;
}

char *name_full(struct span name)
{
    const unsigned char *at = name.at;
    char *full = NULL, *bytes;
    ERR_set_mark();
    X509_NAME *parsed = d2i_X509_NAME(NULL, &at, (long)name.size);
    BIO *memory = BIO_new(BIO_s_mem());
    if (parsed != NULL && memory != NULL &&
        X509_NAME_print_ex(memory, parsed, 0,
                           XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) > 0) {
        long size = BIO_get_mem_data(memory, &bytes);
        full = size > 0 ? mem_strndup(bytes, (size_t)size) : NULL;
    }
    BIO_free(memory);
    X509_NAME_free(parsed);
    ERR_pop_to_mark();
    return full;
}

void certificates_release(struct certificates *c)
{
    for (size_t i = 0; i < c->count; i++)
        EVP_PKEY_free(c->at[i].key);
    memset(c, 0, sizeof *c);
}
