#include "verifier/der.h"

#include <string.h>

enum { OID_BYTES_MAX = 16 };

static const struct {
    const char *dotted;
    char bytes[OID_BYTES_MAX];
    uint8_t size;
} oids[OID_COUNT] = {
    [OID_UNKNOWN] = {"", "", 0},
    [OID_PKCS7_DATA] = {"1.2.840.113549.1.7.1", "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", 9},
    [OID_SIGNED_DATA] = {"1.2.840.113549.1.7.2", "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02", 9},
    [OID_CTL] = {"1.3.6.1.4.1.311.10.1", "\x2b\x06\x01\x04\x01\x82\x37\x0a\x01", 9},
    [OID_TST_INFO] = {"1.2.840.113549.1.9.16.1.4",
        "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04", 11},
    [OID_CONTENT_TYPE] = {"1.2.840.113549.1.9.3", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03", 9},
    [OID_MESSAGE_DIGEST] = {"1.2.840.113549.1.9.4", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04", 9},
    [OID_SIGNING_TIME] = {"1.2.840.113549.1.9.5", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05", 9},
    [OID_COUNTER_SIGNATURE] = {"1.2.840.113549.1.9.6", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06", 9},
    [OID_SPC_STATEMENT_TYPE] = {"1.3.6.1.4.1.311.2.1.11",
        "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0b", 10},
    [OID_SPC_SP_OPUS_INFO] = {"1.3.6.1.4.1.311.2.1.12",
        "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0c", 10},
    [OID_NESTED_SIGNATURE] = {"1.3.6.1.4.1.311.2.4.1",
        "\x2b\x06\x01\x04\x01\x82\x37\x02\x04\x01", 10},
    [OID_RFC3161_TOKEN] = {"1.3.6.1.4.1.311.3.3.1", "\x2b\x06\x01\x04\x01\x82\x37\x03\x03\x01", 10},
    [OID_SPC_INDIRECT_DATA] = {"1.3.6.1.4.1.311.2.1.4",
        "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04", 10},
    [OID_SPC_PE_IMAGE_DATA] = {"1.3.6.1.4.1.311.2.1.15",
        "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f", 10},
    [OID_SPC_CAB_DATA] = {"1.3.6.1.4.1.311.2.1.25", "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x19", 10},
    [OID_SPC_SIPINFO] = {"1.3.6.1.4.1.311.2.1.30", "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e", 10},
    [OID_SPC_LINK] = {"1.3.6.1.4.1.311.2.1.28", "\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1c", 10},
    [OID_SPC_PAGE_HASHES_V1] = {"1.3.6.1.4.1.311.2.3.1",
        "\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x01", 10},
    [OID_SPC_PAGE_HASHES_V2] = {"1.3.6.1.4.1.311.2.3.2",
        "\x2b\x06\x01\x04\x01\x82\x37\x02\x03\x02", 10},
    [OID_CATALOG_LIST] = {"1.3.6.1.4.1.311.12.1.1", "\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x01", 10},
    [OID_CATALOG_MEMBER_V1] = {"1.3.6.1.4.1.311.12.1.2",
        "\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x02", 10},
    [OID_CATALOG_MEMBER_V2] = {"1.3.6.1.4.1.311.12.1.3",
        "\x2b\x06\x01\x04\x01\x82\x37\x0c\x01\x03", 10},
    [OID_CAT_NAME_VALUE] = {"1.3.6.1.4.1.311.12.2.1",
        "\x2b\x06\x01\x04\x01\x82\x37\x0c\x02\x01", 10},
    [OID_CAT_MEMBER_INFO] = {"1.3.6.1.4.1.311.12.2.2",
        "\x2b\x06\x01\x04\x01\x82\x37\x0c\x02\x02", 10},
    [OID_CAT_MEMBER_INFO_V2] = {"1.3.6.1.4.1.311.12.2.3",
        "\x2b\x06\x01\x04\x01\x82\x37\x0c\x02\x03", 10},
    [OID_RSA] = {"1.2.840.113549.1.1.1", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01", 9},
    [OID_RSA_PSS] = {"1.2.840.113549.1.1.10", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a", 9},
    [OID_RSA_MD2] = {"1.2.840.113549.1.1.2", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x02", 9},
    [OID_RSA_MD5] = {"1.2.840.113549.1.1.4", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04", 9},
    [OID_RSA_SHA1] = {"1.2.840.113549.1.1.5", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05", 9},
    [OID_RSA_SHA256] = {"1.2.840.113549.1.1.11", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b", 9},
    [OID_RSA_SHA384] = {"1.2.840.113549.1.1.12", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c", 9},
    [OID_RSA_SHA512] = {"1.2.840.113549.1.1.13", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d", 9},
    [OID_OIW_RSA_SHA1] = {"1.3.14.3.2.29", "\x2b\x0e\x03\x02\x1d", 5},
    [OID_ECDSA_SHA1] = {"1.2.840.10045.4.1", "\x2a\x86\x48\xce\x3d\x04\x01", 7},
    [OID_ECDSA_SHA256] = {"1.2.840.10045.4.3.2", "\x2a\x86\x48\xce\x3d\x04\x03\x02", 8},
    [OID_ECDSA_SHA384] = {"1.2.840.10045.4.3.3", "\x2a\x86\x48\xce\x3d\x04\x03\x03", 8},
    [OID_ECDSA_SHA512] = {"1.2.840.10045.4.3.4", "\x2a\x86\x48\xce\x3d\x04\x03\x04", 8},
    [OID_EC_PUBLIC_KEY] = {"1.2.840.10045.2.1", "\x2a\x86\x48\xce\x3d\x02\x01", 7},
    [OID_CE_BASIC_CONSTRAINTS] = {"2.5.29.19", "\x55\x1d\x13", 3},
    [OID_CE_KEY_USAGE] = {"2.5.29.15", "\x55\x1d\x0f", 3},
    [OID_CE_EXTENDED_KEY_USAGE] = {"2.5.29.37", "\x55\x1d\x25", 3},
    [OID_CE_SUBJECT_KEY] = {"2.5.29.14", "\x55\x1d\x0e", 3},
    [OID_CE_AUTHORITY_KEY] = {"2.5.29.35", "\x55\x1d\x23", 3},
    [OID_AT_COMMON_NAME] = {"2.5.4.3", "\x55\x04\x03", 3},
    [OID_AT_ORGANIZATION] = {"2.5.4.10", "\x55\x04\x0a", 3},
    [OID_AT_UNIT] = {"2.5.4.11", "\x55\x04\x0b", 3},
    [OID_EKU_ANY] = {"2.5.29.37.0", "\x55\x1d\x25\x00", 4},
    [OID_EKU_CODE_SIGNING] = {"1.3.6.1.5.5.7.3.3", "\x2b\x06\x01\x05\x05\x07\x03\x03", 8},
    [OID_EKU_TIME_STAMPING] = {"1.3.6.1.5.5.7.3.8", "\x2b\x06\x01\x05\x05\x07\x03\x08", 8},
    [OID_EKU_WHQL] = {"1.3.6.1.4.1.311.10.3.5", "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x05", 10},
    [OID_EKU_ATTESTATION] = {"1.3.6.1.4.1.311.10.3.5.1",
        "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x05\x01", 11},
    [OID_EKU_NT5] = {"1.3.6.1.4.1.311.10.3.6", "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x06", 10},
    [OID_EKU_OEM_WHQL] = {"1.3.6.1.4.1.311.10.3.7", "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x07", 10},
    [OID_EKU_EMBEDDED_NT] = {"1.3.6.1.4.1.311.10.3.8",
        "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x08", 10},
    [OID_EKU_LIFETIME] = {"1.3.6.1.4.1.311.10.3.13",
        "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x0d", 10},
    [OID_EKU_KITS] = {"1.3.6.1.4.1.311.10.3.20", "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x14", 10},
    [OID_EKU_PPL] = {"1.3.6.1.4.1.311.10.3.22", "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x16", 10},
    [OID_EKU_TCB] = {"1.3.6.1.4.1.311.10.3.23", "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x17", 10},
    [OID_EKU_FLIGHT] = {"1.3.6.1.4.1.311.10.3.27", "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x1b", 10},
    [OID_EKU_EV_WHQL] = {"1.3.6.1.4.1.311.10.3.39", "\x2b\x06\x01\x04\x01\x82\x37\x0a\x03\x27", 10},
    [OID_EKU_KMCS] = {"1.3.6.1.4.1.311.61.1.1", "\x2b\x06\x01\x04\x01\x82\x37\x3d\x01\x01", 10},
    [OID_EKU_TRUSTED_BOOT] = {"1.3.6.1.4.1.311.61.4.1",
        "\x2b\x06\x01\x04\x01\x82\x37\x3d\x04\x01", 10},
    [OID_EKU_HAL_EXTENSION] = {"1.3.6.1.4.1.311.61.5.1",
        "\x2b\x06\x01\x04\x01\x82\x37\x3d\x05\x01", 10},
    [OID_EKU_STORE] = {"1.3.6.1.4.1.311.76.3.1", "\x2b\x06\x01\x04\x01\x82\x37\x4c\x03\x01", 10},
};

/* The length octets behind the identifier octet: definite, at most four octets. */
static bool read_length(struct span s, size_t *header, size_t *length)
{
    uint8_t first;
    if (!span_u8(s, 1, &first))
        return false;
    *header = 2;
    *length = first;
    if (first < 0x80)
        return true;
    size_t octets = first & 0x7fU;
    if (octets == 0 || octets > 4)
        return false;
    size_t value = 0;
    for (size_t i = 0; i < octets; i++) {
        uint8_t octet;
        if (!span_u8(s, 2 + i, &octet))
            return false;
        value = value << 8 | octet;
    }
    *header += octets;
    *length = value;
    return true;
}

bool der_next(struct span *rest, struct der *out)
{
    size_t header, length;
    uint8_t tag;
    if (!span_u8(*rest, 0, &tag) || tag == DER_NONE || (tag & 0x1f) == 0x1f)
        return false;
    if (!read_length(*rest, &header, &length) || !span_part(*rest, header, length, &out->body))
        return false;
    out->tag = tag;
    return span_take(rest, (uint64_t)header + length, &out->whole);
}

bool der_take(struct span *rest, uint8_t tag, struct der *out)
{
    struct der element;
    struct span after = *rest;
    if (!der_next(&after, &element) || element.tag != tag)
        return false;
    *rest = after;
    *out = element;
    return true;
}

bool der_open(struct span *rest, uint8_t tag, struct span *body)
{
    struct der element;
    if (!der_take(rest, tag, &element))
        return false;
    *body = element.body;
    return true;
}

bool der_skip_optional(struct span *rest, uint8_t tag)
{
    uint8_t next;
    struct der element;
    if (!span_u8(*rest, 0, &next) || next != tag)
        return true;
    return der_take(rest, tag, &element);
}

bool der_unsigned(struct span body, uint64_t *out)
{
    uint64_t value = 0;
    if (body.size == 0 || body.at[0] >= 0x80 || body.size > 9 ||
        (body.size == 9 && body.at[0] != 0))
        return false;
    for (size_t i = 0; i < body.size; i++)
        value = value << 8 | body.at[i];
    *out = value;
    return true;
}

static bool is_digit(struct span s, size_t i)
{
    return s.size > i && s.at[i] >= '0' && s.at[i] <= '9';
}

/* Two decimal digits off the front. */
static bool take_two(struct span *digits, unsigned *out)
{
    struct span two;
    if (!is_digit(*digits, 0) || !is_digit(*digits, 1) || !span_take(digits, 2, &two))
        return false;
    *out = (unsigned)(two.at[0] - '0') * 10 + (unsigned)(two.at[1] - '0');
    return true;
}

/*
 * Days since 1970-01-01 of a Gregorian date; the year begins in March, so that the leap day is
 * last.
 */
static int64_t days_of(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t in_era = year - era * 400;
    int64_t in_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
    return era * 146097 + in_era * 365 + in_era / 4 - in_era / 100 + in_year - 719468;
}

/* "Z", "+hhmm", "-hhmm" or nothing, as seconds to take off. */
static bool read_zone(struct span rest, int64_t *seconds)
{
    unsigned hour, minute;
    struct span sign;
    *seconds = 0;
    if (rest.size == 0 || (rest.size == 1 && rest.at[0] == 'Z'))
        return true;
    if (!span_take(&rest, 1, &sign) || (sign.at[0] != '+' && sign.at[0] != '-'))
        return false;
    if (!take_two(&rest, &hour) || !take_two(&rest, &minute) || rest.size != 0)
        return false;
    *seconds = (int64_t)(hour * 3600 + minute * 60) * (sign.at[0] == '-' ? -1 : 1);
    return hour < 24 && minute < 60;
}

/* Fractions of a second are dropped. */
static void skip_fraction(struct span *rest)
{
    if (rest->size == 0 || (rest->at[0] != '.' && rest->at[0] != ','))
        return;
    do
        *rest = span_from(*rest, 1);
    while (is_digit(*rest, 0));
}

bool der_time(struct der time, int64_t *out)
{
    struct span rest = time.body;
    unsigned century = 0, year, month, day, hour, minute, second = 0;
    bool general = time.tag == DER_GENERALIZED_TIME;
    int64_t zone;
    if (!general && time.tag != DER_UTC_TIME)
        return false;
    if (general && !take_two(&rest, &century))
        return false;
    if (!take_two(&rest, &year) || !take_two(&rest, &month) || !take_two(&rest, &day) ||
        !take_two(&rest, &hour) || !take_two(&rest, &minute))
        return false;
    if (is_digit(rest, 0) && !take_two(&rest, &second))
        return false;
    if (general)
        skip_fraction(&rest);
    else
        century = year >= 50 ? 19 : 20;
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60 ||
        !read_zone(rest, &zone))
        return false;
    *out = days_of((int64_t)century * 100 + year, month, day) * 86400 +
           (int64_t)(hour * 3600 + minute * 60 + second) - zone;
    return true;
}

enum oid der_oid(struct span body)
{
    for (unsigned oid = OID_UNKNOWN + 1; oid < OID_COUNT; oid++)
        if (oids[oid].size == body.size && memcmp(oids[oid].bytes, body.at, body.size) == 0)
            return (enum oid)oid;
    return OID_UNKNOWN;
}

bool der_take_oid(struct span *rest, enum oid *out)
{
    struct span body;
    if (!der_open(rest, DER_OID, &body) || body.size == 0)
        return false;
    *out = der_oid(body);
    return true;
}

const char *oid_dotted(enum oid oid)
{
    return (unsigned)oid < OID_COUNT ? oids[oid].dotted : "";
}

/* ContentInfo ::= SEQUENCE { contentType, [0] content OPTIONAL }: the content that was signed. */
static bool read_content(struct span info, struct der_signed_data *out)
{
    struct span type = info, wrapped;
    if (!der_take_oid(&info, &out->content_type) || !der_open(&type, DER_OID, &out->type_body))
        return false;
    if (info.size == 0)
        return true;
    return der_open(&info, DER_CONTEXT_CONSTRUCTED_0, &wrapped) && info.size == 0 &&
           der_next(&wrapped, &out->content) && wrapped.size == 0;
}

/* SEQUENCE { version, digestAlgorithms, contentInfo, [0] certificates, [1] crls, signerInfos }. */
static bool read_signed(struct span data, struct der_signed_data *out)
{
    struct span version, info;
    uint64_t number;
    if (!der_open(&data, DER_INTEGER, &version) || !der_unsigned(version, &number) ||
        number < 1 || number > 5 || !der_open(&data, DER_SET, &out->digest_algorithms) ||
        !der_open(&data, DER_SEQUENCE, &info) || !read_content(info, out))
        return false;
    /* Damaged certificates stay where they are, in the way of the signers. */
    der_open(&data, DER_CONTEXT_CONSTRUCTED_0, &out->certificates);
    return der_skip_optional(&data, DER_CONTEXT_CONSTRUCTED_1) &&
           der_open(&data, DER_SET, &out->signers) && data.size == 0;
}

bool der_read_signed_data(struct span blob, struct der_signed_data *out)
{
    struct der_signed_data read = {0};
    struct der outer;
    struct span body, wrapped, data;
    enum oid type;
    if (!der_take(&blob, DER_SEQUENCE, &outer))
        return false;
    body = outer.body;
    read.whole = outer.whole;
    if (!der_take_oid(&body, &type) || type != OID_SIGNED_DATA ||
        !der_open(&body, DER_CONTEXT_CONSTRUCTED_0, &wrapped) || body.size != 0 ||
        !der_open(&wrapped, DER_SEQUENCE, &data) || wrapped.size != 0 || !read_signed(data, &read))
        return false;
    *out = read;
    return true;
}
