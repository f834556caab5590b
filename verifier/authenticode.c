#include "verifier/authenticode.h"

#include "base/mem.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What belongs to one call of authenticode_add. */
struct reading {
    struct authenticode *a;
    const char *name;
    struct findings *f;
    unsigned budget; /* public-key operations */
};

/*
 * SignerInfo, version 1 ::= SEQUENCE { version, sid, digestAlgorithm, [0] attributes, algorithm,
 * signature, [1] unsigned }
 */
struct signer_info {
    struct span issuer, serial; /* DER */
    enum digest_kind digest;
    struct der attributes; /* the [0] element; tag DER_NONE when absent */
    struct signature_algorithm algorithm;
    struct span signature;
    struct span unsigned_attributes; /* body of [1] */
};

/* What the signed attributes say. */
struct attributes {
    struct span content_type, message_digest; /* bodies */
    struct span opus;                         /* body of the SET */
    int64_t signing_time;
    bool twice; /* an attribute that must be single is not */
};

/* SignedData with what is needed to judge its signers. */
struct envelope {
    struct der_signed_data data;
    struct certificates certificates;
};

/* What is signed: the content's value, and the type that the attributes must name. */
struct message {
    struct span bytes;
    struct span type;
    bool bare; /* accept a signature without DigestInfo */
};

/* The judgement of one SignerInfo. */
struct verdict {
    enum signature_integrity integrity;
    bool bare;
    size_t leaf; /* SIZE_MAX: not at hand */
    const char *why;
};

/* ---- parsing ---- */

/* AlgorithmIdentifier of a digest, off the front; parameters are NULL or absent. */
static bool take_digest(struct span *rest, enum digest_kind *kind)
{
    struct span algorithm, oid;
    if (!der_open(rest, DER_SEQUENCE, &algorithm) || !der_open(&algorithm, DER_OID, &oid))
        return false;
    *kind = digest_of_oid(oid);
    if (algorithm.size == 0)
        return true;
    return der_open(&algorithm, DER_NULL, &oid) && oid.size == 0 && algorithm.size == 0;
}

/* A body of SET OF AlgorithmIdentifier names this digest. */
static bool lists_digest(struct span set, enum digest_kind wanted)
{
    enum digest_kind kind;
    while (take_digest(&set, &kind))
        if (kind == wanted)
            return true;
    return false;
}

static bool read_signer(struct span *signers, struct signer_info *s)
{
    struct der part;
    struct span body, version, sid;
    uint64_t number;
    memset(s, 0, sizeof *s);
    if (!der_open(signers, DER_SEQUENCE, &body) || !der_open(&body, DER_INTEGER, &version) ||
        !der_unsigned(version, &number) || number != 1 || !der_open(&body, DER_SEQUENCE, &sid) ||
        !der_take(&sid, DER_SEQUENCE, &part))
        return false;
    s->issuer = part.whole;
    if (!der_take(&sid, DER_INTEGER, &part) || sid.size != 0)
        return false;
    s->serial = part.whole;
    if (!take_digest(&body, &s->digest))
        return false;
    if (body.size > 0 && body.at[0] == DER_CONTEXT_CONSTRUCTED_0 &&
        !der_take(&body, DER_CONTEXT_CONSTRUCTED_0, &s->attributes))
        return false;
    if (!signature_algorithm_read(&body, &s->algorithm) ||
        !der_open(&body, DER_OCTET_STRING, &s->signature))
        return false;
    return body.size == 0 ||
           (der_open(&body, DER_CONTEXT_CONSTRUCTED_1, &s->unsigned_attributes) && body.size == 0);
}

static bool read_attribute(struct span attribute, struct attributes *out)
{
    enum oid oid;
    struct span values;
    struct der value;
    if (!der_take_oid(&attribute, &oid) || !der_open(&attribute, DER_SET, &values))
        return false;
    struct span rest = values;
    bool single = der_next(&rest, &value) && rest.size == 0;
    switch (oid) {
    case OID_CONTENT_TYPE:
        out->twice = out->twice || out->content_type.size > 0 || !single;
        return der_open(&values, DER_OID, &out->content_type);
    case OID_MESSAGE_DIGEST:
        out->twice = out->twice || out->message_digest.size > 0 || !single;
        return der_open(&values, DER_OCTET_STRING, &out->message_digest);
    case OID_SIGNING_TIME:
        if (single)
            der_time(value, &out->signing_time);
        return true;
    case OID_SPC_SP_OPUS_INFO: out->opus = values; return true;
    default: return true;
    }
}

static bool read_attributes(struct span set, struct attributes *out)
{
    struct span attribute;
    memset(out, 0, sizeof *out);
    while (set.size > 0)
        if (!der_open(&set, DER_SEQUENCE, &attribute) || !read_attribute(attribute, out))
            return false;
    return true;
}

/* ---- judging one signer ---- */

/* The digest that is signed: of the attributes as a SET, or of the content when there are none. */
static struct digest signed_part(const struct signer_info *s, struct span content)
{
    static const uint8_t set_tag = DER_SET;
    if (s->attributes.tag == DER_NONE)
        return digest_one(s->digest, content);
    struct span parts[] = {span_of(&set_tag, 1), span_from(s->attributes.whole, 1)};
    struct digests all;
    digest_spans(DIGEST_BIT(s->digest), (struct digest_input){parts, 2, 0}, &all);
    return all.of[s->digest];
}

static enum check verify_signer(struct certificates *c, const struct signer_info *s,
                                const struct message *m, size_t *leaf)
{
    struct signed_digest what = {
        .digest = signed_part(s, m->bytes),
        .algorithm = s->algorithm,
        .signature = s->signature,
        .bare = m->bare,
    };
    enum check best = CHECK_CANNOT;
    size_t first = certificates_find(c, s->issuer, s->serial, 0);
    *leaf = first;
    for (size_t i = first; i != SIZE_MAX; i = certificates_find(c, s->issuer, s->serial, i + 1)) {
        enum check outcome = certificates_verify(c, i, &what);
        if (outcome <= best)
            continue;
        best = outcome;
        *leaf = i;
        if (outcome == CHECK_GOOD)
            break;
    }
    return best;
}

/* Do the signed attributes belong to this content? */
static struct verdict judge_attributes(const struct signer_info *s, const struct message *m)
{
    struct attributes attributes;
    struct verdict v = {.integrity = SIGNATURE_UNREADABLE, .leaf = SIZE_MAX};
    if (!read_attributes(s->attributes.body, &attributes) || attributes.twice ||
        attributes.message_digest.size == 0) {
        v.why = "its signed attributes are damaged";
        return v;
    }
    struct digest actual = digest_one(s->digest, m->bytes), claimed = {0};
    v.integrity = SIGNATURE_ALTERED;
    if (!digest_from(attributes.message_digest, s->digest, &claimed) ||
        !digest_equal(&actual, &claimed))
        v.why = "its content was altered";
    else if (attributes.content_type.size > 0 && !span_equal(attributes.content_type, m->type))
        v.why = "its content is of another type than was signed";
    else
        v.integrity = SIGNATURE_INTACT;
    return v;
}

static struct verdict unreadable(const char *why)
{
    return (struct verdict){.integrity = SIGNATURE_UNREADABLE, .leaf = SIZE_MAX, .why = why};
}

static struct verdict judge_signer(struct certificates *c, const struct signer_info *s,
                                   const struct message *m)
{
    struct verdict v = {.integrity = SIGNATURE_INTACT, .leaf = SIZE_MAX};
    if (s->digest == DIGEST_NONE)
        return unreadable("its digest algorithm is not known");
    if (s->attributes.tag != DER_NONE)
        v = judge_attributes(s, m);
    size_t leaf;
    enum check outcome = verify_signer(c, s, m, &leaf);
    v.leaf = leaf;
    if (v.integrity != SIGNATURE_INTACT)
        return v;
    v.bare = outcome == CHECK_GOOD_BARE;
    if (outcome == CHECK_BAD) {
        v.integrity = SIGNATURE_ALTERED;
        v.why = "the signature value does not match what was signed";
    } else if (outcome == CHECK_CANNOT) {
        v.integrity = SIGNATURE_UNREADABLE;
        v.why = leaf == SIZE_MAX ? "the signer's certificate is not in it"
                                 : "its signature algorithm or key is not known";
    }
    return v;
}

/* ---- envelopes ---- */

static struct envelope *envelope_open(struct reading *r, struct span blob)
{
    struct envelope *e = mem_zero(1, sizeof *e);
    if (!der_read_signed_data(blob, &e->data)) {
        mem_free(e);
        return NULL;
    }
    certificates_init(&e->certificates, r->a->roots, &r->budget);
    certificates_add(&e->certificates, e->data.certificates);
    return e;
}

static void envelope_close(struct envelope *e)
{
    certificates_release(&e->certificates);
    mem_free(e);
}

/* ---- time stamps ---- */

/* One signature value, and what its time stamps need to be judged. */
struct stamped {
    struct reading *r;
    struct envelope *outer;
    struct span value;
    bool seen[CERTIFICATES_MAX]; /* outer certificates that only the legacy time stamp uses */
};

/* Is a certificate that the time stamp rests on not what was issued? */
static bool stamp_altered(struct certificates *c, const struct chain *chain, size_t own)
{
    for (size_t i = 0; i < c->count; i++)
        if ((chain->seen[i] || i < own) && certificates_altered(c, i))
            return true;
    return false;
}

/* own: how many certificates at the front came with the time stamp itself. */
static void fill_stamp(struct timestamp *t, struct certificates *c, const struct verdict *v,
                       size_t own, struct chain *chain)
{
    memset(chain, 0, sizeof *chain);
    t->integrity = v->integrity;
    if (v->leaf == SIZE_MAX)
        return;
    const struct certificate *leaf = &c->at[v->leaf];
    t->authority = name_short(leaf->subject);
    t->issuer = name_short(leaf->issuer);
    t->usage_time_stamping = certificate_allows(&leaf->usage, PURPOSE_TIME);
    certificates_search(c, v->leaf, PURPOSE_TIME, chain);
    t->root = chain->root;
    if (t->integrity == SIGNATURE_INTACT && stamp_altered(c, chain, own))
        t->integrity = SIGNATURE_ALTERED;
}

/*
 * PKCS#9 counterSignature: a SignerInfo over the signature value; its certificates are outer ones.
 */
static void read_legacy(struct stamped *s, struct span values, struct timestamp *t)
{
    static const uint8_t data_type[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01};
    struct certificates *c = &s->outer->certificates;
    struct message m = {s->value, span_of(data_type, sizeof data_type), true};
    struct signer_info info;
    struct attributes attributes;
    struct chain chain;
    t->kind = TIMESTAMP_LEGACY;
    if (!read_signer(&values, &info) || values.size != 0)
        return;
    t->digest = info.digest;
    struct verdict v = judge_signer(c, &info, &m);
    if (v.bare)
        t->kind = TIMESTAMP_LEGACY_BARE;
    if (read_attributes(info.attributes.body, &attributes))
        t->time = attributes.signing_time;
    if (v.integrity == SIGNATURE_INTACT && t->time == 0)
        v.integrity = SIGNATURE_UNREADABLE;
    fill_stamp(t, c, &v, 0, &chain);
    for (size_t i = 0; i < c->count; i++)
        s->seen[i] = s->seen[i] || chain.seen[i];
}

/*
 * TSTInfo ::= SEQUENCE { version, policy, SEQUENCE { algorithm, imprint }, serial, genTime, ... }
 */
static bool read_tst_info(struct span info, struct digest *imprint, int64_t *time)
{
    struct span sequence, stamp, algorithm, oid, bytes;
    struct der part;
    return der_open(&info, DER_SEQUENCE, &sequence) && der_take(&sequence, DER_INTEGER, &part) &&
           der_take(&sequence, DER_OID, &part) && der_open(&sequence, DER_SEQUENCE, &stamp) &&
           der_open(&stamp, DER_SEQUENCE, &algorithm) && der_open(&algorithm, DER_OID, &oid) &&
           der_open(&stamp, DER_OCTET_STRING, &bytes) &&
           digest_from(bytes, digest_of_oid(oid), imprint) &&
           der_take(&sequence, DER_INTEGER, &part) &&
           der_take(&sequence, DER_GENERALIZED_TIME, &part) && der_time(part, time);
}

static struct verdict judge_token(struct envelope *token, struct span value, struct timestamp *t)
{
    struct signer_info s;
    struct digest imprint, actual;
    struct span signers = token->data.signers;
    struct message m = {token->data.content.body, token->data.type_body, false};
    if (token->data.content_type != OID_TST_INFO || token->data.content.tag != DER_OCTET_STRING ||
        !read_tst_info(m.bytes, &imprint, &t->time) || !read_signer(&signers, &s) ||
        signers.size != 0)
        return unreadable("the time stamp is damaged");
    t->digest = imprint.kind;
    struct verdict v = judge_signer(&token->certificates, &s, &m);
    actual = digest_one(imprint.kind, value);
    if (v.integrity == SIGNATURE_INTACT && !digest_equal(&actual, &imprint))
        v.integrity = SIGNATURE_ALTERED;
    return v;
}

/* RFC 3161: a token carries its own certificates; some leave them to the outer ones. */
static void read_token(struct stamped *s, struct span values, struct timestamp *t)
{
    struct chain chain;
    struct envelope *token = envelope_open(s->r, values);
    t->kind = TIMESTAMP_RFC3161;
    if (token == NULL)
        return;
    if (token->data.whole.size == values.size && token->certificates.malformed == 0) {
        size_t own = token->certificates.count;
        certificates_add(&token->certificates, s->outer->data.certificates);
        struct verdict v = judge_token(token, s->value, t);
        fill_stamp(t, &token->certificates, &v, own, &chain);
    }
    envelope_close(token);
}

static void timestamp_release(struct timestamp *t)
{
    mem_free(t->authority);
    mem_free(t->issuer);
    memset(t, 0, sizeof *t);
}

/* An intact one is better than any other, and what can be judged better than what cannot. */
static void keep_better(struct timestamp *kept, struct timestamp *other)
{
    if (kept->kind == TIMESTAMP_NONE || other->integrity > kept->integrity) {
        timestamp_release(kept);
        *kept = *other;
    } else {
        timestamp_release(other);
    }
}

static void read_timestamps(struct stamped *s, struct span unsigned_attributes,
                            struct timestamp *out)
{
    struct span attribute, values;
    enum oid oid;
    memset(out, 0, sizeof *out);
    while (der_open(&unsigned_attributes, DER_SEQUENCE, &attribute)) {
        struct timestamp t = {0};
        if (!der_take_oid(&attribute, &oid) || !der_open(&attribute, DER_SET, &values))
            continue;
        if (oid == OID_COUNTER_SIGNATURE)
            read_legacy(s, values, &t);
        else if (oid == OID_RFC3161_TOKEN)
            read_token(s, values, &t);
        if (t.kind != TIMESTAMP_NONE)
            keep_better(out, &t);
    }
    if (out->kind == TIMESTAMP_NONE)
        out->integrity = SIGNATURE_NONE;
}

/* ---- what was signed ---- */

/*
 * SpcSerializedObject { classId, SET { SEQUENCE { OID, SET { OCTET STRING } } } }: the page hashes.
 */
static void read_page_hashes(struct span moniker, struct signature *out)
{
    struct span serialized, set, entry, values, hashes, class_id;
    enum oid oid;
    if (!der_open(&moniker, DER_OCTET_STRING, &class_id) ||
        !der_open(&moniker, DER_OCTET_STRING, &serialized) ||
        !der_open(&serialized, DER_SET, &set) || !der_open(&set, DER_SEQUENCE, &entry) ||
        !der_take_oid(&entry, &oid) || !der_open(&entry, DER_SET, &values) ||
        !der_open(&values, DER_OCTET_STRING, &hashes))
        return;
    if (oid != OID_SPC_PAGE_HASHES_V1 && oid != OID_SPC_PAGE_HASHES_V2)
        return;
    out->page_hashes = true;
    out->page_hash_kind = oid == OID_SPC_PAGE_HASHES_V1 ? DIGEST_SHA1 : DIGEST_SHA256;
    out->page_hash = mem_zero(hashes.size, 1);
    out->page_hash_size = hashes.size;
    if (hashes.size > 0)
        memcpy(out->page_hash, hashes.at, hashes.size);
}

/*
 * SpcPeImageData ::= SEQUENCE { BIT STRING flags, [0] SpcLink }; SpcLink [1] is the serialized
 * object.
 */
static void read_image_data(struct span value, struct signature *out)
{
    struct span sequence, link, moniker;
    if (der_open(&value, DER_SEQUENCE, &sequence) && der_skip_optional(&sequence, DER_BIT_STRING) &&
        der_open(&sequence, DER_CONTEXT_CONSTRUCTED_0, &link) &&
        der_open(&link, DER_CONTEXT_CONSTRUCTED_1, &moniker))
        read_page_hashes(moniker, out);
}

static enum signature_subject subject_of(enum oid type)
{
    switch (type) {
    case OID_SPC_PE_IMAGE_DATA: return SUBJECT_PE;
    case OID_SPC_CAB_DATA:
    case OID_SPC_LINK: return SUBJECT_CAB;
    case OID_SPC_SIPINFO: return SUBJECT_MSI;
    default: return SUBJECT_UNKNOWN;
    }
}

/*
 * Body of SpcIndirectDataContent: SEQUENCE { type, value }, SEQUENCE { algorithm, OCTET STRING }.
 */
static void read_indirect_data(struct span content, struct signature *out)
{
    struct span data, info, algorithm, oid, bytes;
    enum oid type;
    if (!der_open(&content, DER_SEQUENCE, &data) || !der_take_oid(&data, &type) ||
        !der_open(&content, DER_SEQUENCE, &info) || !der_open(&info, DER_SEQUENCE, &algorithm) ||
        !der_open(&algorithm, DER_OID, &oid) || !der_open(&info, DER_OCTET_STRING, &bytes) ||
        content.size != 0)
        return;
    if (!digest_from(bytes, digest_of_oid(oid), &out->wanted))
        return;
    out->subject = subject_of(type);
    if (out->subject == SUBJECT_PE)
        read_image_data(data, out);
}

static void read_content(const struct der_signed_data *data, struct signature *out)
{
    if (data->content.tag != DER_SEQUENCE)
        return;
    if (data->content_type == OID_CTL)
        out->subject = SUBJECT_CATALOG;
    else if (data->content_type == OID_SPC_INDIRECT_DATA)
        read_indirect_data(data->content.body, out);
}

/* ---- who signed ---- */

/* SpcString ::= CHOICE { [0] BMPString, [1] IA5String }; a URL is [0] too, but of bytes. */
static char *spc_string(struct span choice, bool url)
{
    struct der value;
    struct text t = {0};
    if (!der_next(&choice, &value))
        return NULL;
    if (value.tag == DER_CONTEXT_0 && !url)
        text_add_utf16be(&t, value.body);
    else if (value.tag == DER_CONTEXT_0 || value.tag == DER_CONTEXT_1)
        text_add_cp1252(&t, value.body);
    if (t.size == 0) {
        text_release(&t);
        return NULL;
    }
    return text_steal(&t);
}

/* SpcSpOpusInfo ::= SEQUENCE { [0] SpcString programName, [1] SpcLink moreInfo }, both optional. */
static void read_opus(struct span values, struct signature *out)
{
    struct span sequence, part;
    if (!der_open(&values, DER_SEQUENCE, &sequence))
        return;
    if (der_open(&sequence, DER_CONTEXT_CONSTRUCTED_0, &part))
        out->program = spc_string(part, false);
    if (der_open(&sequence, DER_CONTEXT_CONSTRUCTED_1, &part))
        out->more_info = spc_string(part, true);
}

static char *serial_text(struct span serial)
{
    struct span body;
    struct text t = {0};
    if (!der_open(&serial, DER_INTEGER, &body))
        return NULL;
    if (body.size > 1 && body.at[0] == 0)
        body = span_from(body, 1);
    text_add_hex(&t, body);
    char *hex = text_steal(&t);
    for (char *p = hex; *p != '\0'; p++)
        if (*p >= 'a' && *p <= 'f')
            *p = (char)(*p - 'a' + 'A');
    return hex;
}

static void fill_leaf(struct signature *s, const struct certificate *c)
{
    struct digests prints;
    digest_spans(DIGEST_BIT(DIGEST_SHA1) | DIGEST_BIT(DIGEST_SHA256),
                 (struct digest_input){&c->whole, 1, 0}, &prints);
    memcpy(s->thumbprint, prints.of[DIGEST_SHA1].bytes, sizeof s->thumbprint);
    memcpy(s->thumbprint_sha256, prints.of[DIGEST_SHA256].bytes, sizeof s->thumbprint_sha256);
    s->signer = name_short(c->subject);
    s->issuer = name_short(c->issuer);
    s->subject_name = name_full(c->subject);
    s->issuer_name = name_full(c->issuer);
    s->serial = serial_text(c->serial);
    s->leaf = mem_zero(c->whole.size, 1);
    s->leaf_size = c->whole.size;
    memcpy(s->leaf, c->whole.at, c->whole.size);
    s->not_before = c->not_before;
    s->not_after = c->not_after;
    s->usage = c->usage;
}

static void fill_chain(struct signature *s, const struct certificates *c, const struct chain *chain)
{
    s->root = chain->root;
    s->roots = chain->roots;
    s->root_key = chain->key != NULL ? chain->key->name : NULL;
    s->cross_signed = (chain->roots & 1U << ROOT_CODE_VERIFICATION) != 0;
    s->chain_length = chain->length;
    for (size_t i = 0; i < chain->length; i++) {
        const struct certificate *from = &c->at[chain->path[i]];
        struct chain_link *link = &s->chain[i];
        struct digest print = digest_one(DIGEST_SHA1, from->whole);
        link->subject = name_short(from->subject);
        link->issuer = name_short(from->issuer);
        link->not_before = from->not_before;
        link->not_after = from->not_after;
        link->digest = from->algorithm.digest;
        memcpy(link->sha1, print.bytes, sizeof link->sha1);
        /* What a root says of itself is not looked at, so its own algorithm does not count. */
        bool is_root = span_equal(from->subject, from->issuer);
        s->md5 = s->md5 || (link->digest == DIGEST_MD5 && !is_root);
    }
}

static void fill_weakness(struct signature *s)
{
    enum digest_kind leaf = s->chain_length > 0 ? s->chain[0].digest : DIGEST_NONE;
    s->md5 = s->md5 || s->digest == DIGEST_MD5 || s->wanted.kind == DIGEST_MD5;
    if (s->digest == DIGEST_MD5 || leaf == DIGEST_MD5)
        s->weak = DIGEST_MD5;
    else if (s->digest == DIGEST_SHA1 || leaf == DIGEST_SHA1)
        s->weak = DIGEST_SHA1;
}

/* A lifetime-signing leaf is not kept alive by a time stamp (OID 1.3.6.1.4.1.311.10.3.13). */
static enum signature_validity validity_of(const struct signature *s)
{
    const struct timestamp *t = &s->timestamp;
    if (s->leaf == NULL)
        return VALIDITY_UNKNOWN;
    if (t->integrity != SIGNATURE_INTACT || s->usage.lifetime)
        return VALIDITY_UNTIL_EXPIRY;
    if (t->time < s->not_before || t->time > s->not_after)
        return VALIDITY_OUTSIDE;
    if (t->root == ROOT_UNKNOWN || t->root == ROOT_SELF || !t->usage_time_stamping)
        return VALIDITY_UNTRUSTED_TIMESTAMP;
    return VALIDITY_AT_TIMESTAMP;
}

/* ---- one signature ---- */

static struct signature *append(struct authenticode *a)
{
    if (a->count == AUTHENTICODE_SIGNATURES_MAX)
        return NULL;
    a->signatures = mem_grow(a->signatures, a->count, &a->room, sizeof a->signatures[0]);
    memset(&a->signatures[a->count], 0, sizeof a->signatures[0]);
    return &a->signatures[a->count++];
}

/*
 * A certificate that its issuer did not sign like this, other than those that only the time stamp
 * rests on: somebody changed it.
 */
static bool signer_altered(struct certificates *c, const struct chain *chain,
                           const struct stamped *stamped)
{
    for (size_t i = 0; i < c->count; i++)
        if ((chain->seen[i] || !stamped->seen[i]) && certificates_altered(c, i))
            return true;
    return false;
}

static void report_seal(struct reading *r, const struct signature *s, const char *why)
{
    if (s->seal == SIGNATURE_ALTERED)
        findings_add(r->f, FINDING_ERROR, "signature-altered", r->name,
                     "the signature does not hold: %s", why);
    else if (s->seal == SIGNATURE_UNREADABLE)
        findings_add(r->f, FINDING_ERROR, "signature-unreadable", r->name,
                     "the signature cannot be judged: %s", why);
    if (s->timestamp.integrity == SIGNATURE_ALTERED)
        findings_add(r->f, FINDING_ERROR, "timestamp-altered", r->name,
                     "the signature's time stamp does not hold");
    else if (s->timestamp.integrity == SIGNATURE_UNREADABLE)
        findings_add(r->f, FINDING_WARNING, "timestamp-unreadable", r->name,
                     "the signature's time stamp cannot be judged");
}

/*
 * Everything about one SignerInfo of an envelope; the time stamps first, since they explain some
 * certificates.
 */
static void fill_signature(struct reading *r, struct envelope *e, const struct signer_info *info,
                           struct signature *s)
{
    struct certificates *c = &e->certificates;
    struct stamped stamped = {.r = r, .outer = e, .value = info->signature};
    struct message m = {e->data.content.body, e->data.type_body, false};
    struct attributes attributes;
    struct chain chain;
    read_content(&e->data, s);
    s->digest = info->digest;
    struct verdict v = judge_signer(c, info, &m);
    if (e->data.content.tag == DER_NONE || !lists_digest(e->data.digest_algorithms, info->digest)) {
        v.integrity = SIGNATURE_UNREADABLE;
        v.why = e->data.content.tag == DER_NONE ? "its content is not in it"
                                                : "it does not announce its digest";
    }
    read_timestamps(&stamped, info->unsigned_attributes, &s->timestamp);
    certificates_search(c, v.leaf, PURPOSE_CODE, &chain);
    if (v.integrity == SIGNATURE_INTACT &&
        (c->malformed > 0 || signer_altered(c, &chain, &stamped))) {
        v.integrity = SIGNATURE_ALTERED;
        v.why = "a certificate in it was altered";
    }
    s->seal = v.integrity;
    if (v.leaf != SIZE_MAX) {
        fill_leaf(s, &c->at[v.leaf]);
        fill_chain(s, c, &chain);
        if (!certificate_allows(&s->usage, PURPOSE_CODE))
            findings_add(r->f, FINDING_WARNING, "signature-usage", r->name,
                         "the signer's certificate is not for signing code");
    }
    if (read_attributes(info->attributes.body, &attributes)) {
        read_opus(attributes.opus, s);
        s->signing_time = attributes.signing_time;
    }
    fill_weakness(s);
    s->validity = validity_of(s);
    report_seal(r, s, v.why != NULL ? v.why : "");
}

/* The content must be about the kind of file that the blob was found in. */
static void check_subject(struct reading *r, struct signature *s)
{
    if (s->subject == r->a->subject && s->subject != SUBJECT_UNKNOWN)
        return;
    if (s->seal == SIGNATURE_INTACT)
        s->seal = SIGNATURE_UNREADABLE;
    findings_add(r->f, s->nesting == 0 ? FINDING_ERROR : FINDING_WARNING, "signature-subject",
                 r->name, "%s is about another kind of file",
                 s->nesting == 0 ? "the signature" : "a signature inside the signature");
}

static size_t add_blob(struct reading *r, struct span blob, unsigned nesting);

/* Unsigned attribute 1.3.6.1.4.1.311.2.4.1: a SET of complete further signatures. */
static size_t add_nested(struct reading *r, struct span unsigned_attributes, unsigned nesting)
{
    struct span attribute, values;
    struct der blob;
    enum oid oid;
    size_t added = 0;
    while (der_open(&unsigned_attributes, DER_SEQUENCE, &attribute)) {
        if (!der_take_oid(&attribute, &oid) || oid != OID_NESTED_SIGNATURE ||
            !der_open(&attribute, DER_SET, &values))
            continue;
        while (der_take(&values, DER_SEQUENCE, &blob))
            added += add_blob(r, blob.whole, nesting);
    }
    return added;
}

static size_t add_signers(struct reading *r, struct envelope *e, unsigned nesting)
{
    struct span signers = e->data.signers;
    struct signer_info info;
    size_t added = 0;
    while (signers.size > 0) {
        struct signature *s;
        if (!read_signer(&signers, &info)) {
            findings_add(r->f, FINDING_ERROR, "signature-unreadable", r->name,
                         "a signer of the signature cannot be read");
            break;
        }
        if ((s = append(r->a)) == NULL) {
            findings_add(r->f, FINDING_WARNING, "signature-count", r->name,
                         "more than %d signatures", AUTHENTICODE_SIGNATURES_MAX);
            break;
        }
        s->nesting = nesting;
        s->blob = r->a->blobs;
        fill_signature(r, e, &info, s);
        check_subject(r, s);
        /* Only a catalog holds in itself what it signs. */
        s->integrity = s->subject == SUBJECT_CATALOG || s->seal != SIGNATURE_INTACT
                           ? s->seal
                           : SIGNATURE_UNREADABLE;
        added += 1 + add_nested(r, info.unsigned_attributes, nesting + 1);
    }
    return added;
}

static size_t add_blob(struct reading *r, struct span blob, unsigned nesting)
{
    struct envelope *e = nesting < AUTHENTICODE_NESTING_MAX ? envelope_open(r, blob) : NULL;
    if (e == NULL) {
        findings_add(r->f, FINDING_ERROR, "signature-unreadable", r->name,
                     nesting < AUTHENTICODE_NESTING_MAX ? "the signature is not PKCS#7 signed data"
                                                        : "signatures are nested too deeply");
        return 0;
    }
    if (e->data.signers.size == 0)
        findings_add(r->f, FINDING_ERROR, "signature-no-signer", r->name,
                     "the signature has no signer");
    if (e->certificates.dropped > 0)
        findings_add(r->f, FINDING_WARNING, "signature-certificates", r->name,
                     "more than %d certificates in a signature", CERTIFICATES_MAX);
    size_t added = add_signers(r, e, nesting);
    envelope_close(e);
    return added;
}

/* ---- the whole ---- */

void authenticode_init(struct authenticode *a, const struct roots *roots,
                       enum signature_subject subject)
{
    memset(a, 0, sizeof *a);
    a->roots = roots;
    a->subject = subject;
}

static bool is_padding(struct span s)
{
    if (s.size >= 8)
        return false;
    for (size_t i = 0; i < s.size; i++)
        if (s.at[i] != 0)
            return false;
    return true;
}

/* What stands behind the signature in its own blob is signed by nobody. */
static void check_rest(struct reading *r, struct span rest, size_t first)
{
    struct authenticode *a = r->a;
    if (rest.size == 0 || (a->subject != SUBJECT_CATALOG && is_padding(rest)))
        return;
    if (a->subject == SUBJECT_PE) {
        findings_add(r->f, FINDING_WARNING, "signature-padding", r->name,
                     "%zu bytes that nobody signed follow the signature (CVE-2013-3900)",
                     rest.size);
        return;
    }
    findings_add(r->f, FINDING_ERROR, "signature-trailing-bytes", r->name,
                 "%zu bytes that nobody signed follow the signature", rest.size);
    for (size_t i = first; i < a->count; i++)
        a->signatures[i].seal = a->signatures[i].integrity = SIGNATURE_ALTERED;
}

size_t authenticode_add(struct authenticode *a, struct span blob, const char *name,
                        struct findings *f)
{
    struct reading r = {a, name, f, AUTHENTICODE_VERIFY_MAX};
    struct span rest = blob;
    struct der outer;
    size_t first = a->count;
    if (blob.size > AUTHENTICODE_BLOB_MAX) {
        findings_add(f, FINDING_ERROR, "signature-size", name, "the signature is larger than %d MB",
                     AUTHENTICODE_BLOB_MAX >> 20);
        return 0;
    }
    size_t added = add_blob(&r, blob, 0);
    if (added > 0 && der_next(&rest, &outer))
        check_rest(&r, rest, first);
    a->blobs++;
    return added;
}

unsigned authenticode_wanted(const struct authenticode *a)
{
    unsigned set = 0;
    for (size_t i = 0; i < a->count; i++)
        if (a->signatures[i].wanted.kind != DIGEST_NONE)
            set |= DIGEST_BIT(a->signatures[i].wanted.kind);
    return set;
}

void authenticode_compare(struct authenticode *a, const struct digests *digests)
{
    for (size_t i = 0; i < a->count; i++) {
        struct signature *s = &a->signatures[i];
        if (s->subject == SUBJECT_CATALOG || s->seal != SIGNATURE_INTACT)
            continue;
        const struct digest *actual = &digests->of[s->wanted.kind];
        if (actual->kind == DIGEST_NONE)
            s->integrity = SIGNATURE_UNREADABLE;
        else
            s->integrity = digest_equal(actual, &s->wanted) ? SIGNATURE_INTACT : SIGNATURE_ALTERED;
    }
}

/* For authenticode_best: intact before all else, then the order of certificates_search. */
static unsigned rank_of(const struct signature *s)
{
    static const unsigned order[ROOT_COUNT] = {
        [ROOT_MS_2010] = 8,           [ROOT_MS_2001] = 7, [ROOT_MS_1997] = 6, [ROOT_MS_2011] = 5,
        [ROOT_CODE_VERIFICATION] = 4, [ROOT_MS_TEST] = 3, [ROOT_PUBLIC] = 2,  [ROOT_SELF] = 1,
    };
    return s->integrity == SIGNATURE_INTACT ? 1 + order[s->root] : 0;
}

const struct signature *authenticode_best(const struct authenticode *a)
{
    const struct signature *best = NULL;
    for (size_t i = 0; i < a->count; i++)
        if (best == NULL || rank_of(&a->signatures[i]) > rank_of(best))
            best = &a->signatures[i];
    return best;
}

const char *signature_integrity_name(enum signature_integrity integrity)
{
    switch (integrity) {
    case SIGNATURE_ALTERED: return "altered";
    case SIGNATURE_INTACT: return "intact";
    case SIGNATURE_NONE: return "none";
    case SIGNATURE_UNREADABLE: break;
    }
    return "unreadable";
}

const char *timestamp_kind_name(enum timestamp_kind kind)
{
    switch (kind) {
    case TIMESTAMP_LEGACY: return "legacy";
    case TIMESTAMP_LEGACY_BARE: return "legacy-bare";
    case TIMESTAMP_RFC3161: return "rfc3161";
    case TIMESTAMP_NONE: break;
    }
    return "none";
}

/* The inverse of the count of days in der_time. */
void authenticode_time_text(int64_t time, char out[AUTHENTICODE_TIME_TEXT])
{
    int64_t days = time / 86400, second = time % 86400;
    if (second < 0) {
        second += 86400;
        days--;
    }
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t in_era = days - era * 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * in_year + 2) / 153;
    int64_t day = in_year - (153 * month + 2) / 5 + 1;
    month += month < 10 ? 3 : -9;
    year += era * 400 + (month <= 2);
    snprintf(out, AUTHENTICODE_TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, (int)month,
             (int)day, (int)(second / 3600), (int)(second / 60 % 60), (int)(second % 60));
}

static void signature_release(struct signature *s)
{
    char *strings[] = {s->signer, s->issuer,  s->subject_name, s->issuer_name,
                       s->serial, s->program, s->more_info};
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++)
        mem_free(strings[i]);
    for (size_t i = 0; i < CHAIN_MAX; i++) {
        mem_free(s->chain[i].subject);
        mem_free(s->chain[i].issuer);
    }
    mem_free(s->leaf);
    mem_free(s->page_hash);
    timestamp_release(&s->timestamp);
}

void authenticode_release(struct authenticode *a)
{
    for (size_t i = 0; i < a->count; i++)
        signature_release(&a->signatures[i]);
    mem_free(a->signatures);
    memset(a, 0, sizeof *a);
}
