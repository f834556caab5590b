/*
 * der: a checked walk over ASN.1 in its distinguished encoding, and names for the object
 * identifiers that we meet.
 *
 * Knows tag, length and body, definite lengths only. Never recurses: it goes only as deep as its
 * caller asks, so depth bombs in the input cost nothing. Refuses indefinite lengths, lengths past
 * the end and tag numbers above 30, none of which occur in what Microsoft's tools write. Knows the
 * outer shape of PKCS#7, which catalogs, PE files, MSI and CAB share, but verifies nothing and
 * copies nothing: all spans point into the input.
 */
#ifndef XENPV_VERIFIER_DER_H
#define XENPV_VERIFIER_DER_H

#include "base/span.h"

/* Identifier octets, class and constructed bit included. */
enum der_tag {
    DER_NONE = 0x00,
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_UTF8_STRING = 0x0c,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT_0 = 0x80,             /* [0] primitive */
    DER_CONTEXT_1 = 0x81,
    DER_CONTEXT_2 = 0x82,
    DER_CONTEXT_CONSTRUCTED_0 = 0xa0, /* [0] constructed */
    DER_CONTEXT_CONSTRUCTED_1 = 0xa1,
    DER_CONTEXT_CONSTRUCTED_2 = 0xa2,
};

/* One element. */
struct der {
    uint8_t tag;       /* identifier octet; DER_NONE when zeroed */
    struct span whole; /* tag, length and body */
    struct span body;
};

/*
 * Cut the first element off *rest. False, with nothing moved, at the end and for anything
 * malformed.
 */
bool der_next(struct span *rest, struct der *out);

/* The same, when the element has this tag; false, with nothing moved, otherwise. */
bool der_take(struct span *rest, uint8_t tag, struct der *out);

/* As der_take, giving only the body, which is what is walked next: false leaves *body untouched. */
bool der_open(struct span *rest, uint8_t tag, struct span *body);

/* Skip one element with this tag if it is next; false only when what is next is malformed. */
bool der_skip_optional(struct span *rest, uint8_t tag);

/* A non-negative INTEGER body of at most 8 significant bytes. */
bool der_unsigned(struct span body, uint64_t *out);

/*
 * The body of a UTCTime or GeneralizedTime in UTC ("YYMMDDhhmm[ss]Z", "YYYYMMDDhhmmss[.f]Z",
 * offsets +hhmm allowed), as seconds since 1970. Years of UTCTime from 50 on are 19xx (RFC 5280).
 */
bool der_time(struct der time, int64_t *out);

/* The object identifiers that the verifier tells apart; dotted forms stand in der.c. */
enum oid {
    OID_UNKNOWN = 0,
    /* content types */
    OID_PKCS7_DATA, OID_SIGNED_DATA, OID_CTL, OID_TST_INFO,
    /* SignerInfo attributes */
    OID_CONTENT_TYPE, OID_MESSAGE_DIGEST, OID_SIGNING_TIME, OID_COUNTER_SIGNATURE,
    OID_SPC_STATEMENT_TYPE, OID_SPC_SP_OPUS_INFO, OID_NESTED_SIGNATURE, OID_RFC3161_TOKEN,
    /* SpcIndirectDataContent and what it is about */
    OID_SPC_INDIRECT_DATA, OID_SPC_PE_IMAGE_DATA, OID_SPC_CAB_DATA, OID_SPC_SIPINFO, OID_SPC_LINK,
    OID_SPC_PAGE_HASHES_V1, OID_SPC_PAGE_HASHES_V2,
    /* catalogs */
    OID_CATALOG_LIST, OID_CATALOG_MEMBER_V1, OID_CATALOG_MEMBER_V2, OID_CAT_NAME_VALUE,
    OID_CAT_MEMBER_INFO, OID_CAT_MEMBER_INFO_V2,
    /* key and signature algorithms */
    OID_RSA, OID_RSA_PSS, OID_RSA_MD2, OID_RSA_MD5, OID_RSA_SHA1, OID_RSA_SHA256, OID_RSA_SHA384,
    OID_RSA_SHA512, OID_OIW_RSA_SHA1, OID_ECDSA_SHA1, OID_ECDSA_SHA256, OID_ECDSA_SHA384,
    OID_ECDSA_SHA512, OID_EC_PUBLIC_KEY,
    /* certificate extensions and attributes of names */
    OID_CE_BASIC_CONSTRAINTS, OID_CE_KEY_USAGE, OID_CE_EXTENDED_KEY_USAGE, OID_CE_SUBJECT_KEY,
    OID_CE_AUTHORITY_KEY, OID_AT_COMMON_NAME, OID_AT_ORGANIZATION, OID_AT_UNIT,
    /* extended key usages */
    OID_EKU_ANY, OID_EKU_CODE_SIGNING, OID_EKU_TIME_STAMPING, OID_EKU_WHQL, OID_EKU_ATTESTATION,
    OID_EKU_NT5, OID_EKU_OEM_WHQL, OID_EKU_EMBEDDED_NT, OID_EKU_LIFETIME, OID_EKU_KITS, OID_EKU_PPL,
    OID_EKU_TCB, OID_EKU_FLIGHT, OID_EKU_EV_WHQL, OID_EKU_KMCS, OID_EKU_TRUSTED_BOOT,
    OID_EKU_HAL_EXTENSION, OID_EKU_STORE,
    OID_COUNT,
};

/* The identifier with this body, or OID_UNKNOWN. */
enum oid der_oid(struct span body);

/* Cut an OBJECT IDENTIFIER off *rest and name it; false when something else is next. */
bool der_take_oid(struct span *rest, enum oid *out);

/* Dotted form, for messages and tests; "" for OID_UNKNOWN. */
const char *oid_dotted(enum oid oid);

/*
 * The outer shape of a PKCS#7 or CMS SignedData, from its ContentInfo. Empty spans where an
 * optional part is absent. One walk for all who look at the same bytes, so that what is verified is
 * what is read.
 */
struct der_signed_data {
    struct span whole;             /* the ContentInfo, without what follows it in the input */
    struct span digest_algorithms; /* body of the SET */
    enum oid content_type;
    struct span type_body;         /* the identifier's bytes, for the unknown ones */
    struct der content;            /* the element inside [0]; zeroed when detached */
    struct span certificates;      /* body of [0] */
    struct span signers;           /* body of the SET of SignerInfo */
};

bool der_read_signed_data(struct span blob, struct der_signed_data *out);

#endif
