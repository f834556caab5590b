/*
 * build_cat: catalogs made byte by byte: members, attributes and extensions of both versions,
 * unsigned.
 *
 * Shapes as genuine catalogs have them; see verifier/cat.c for the grammar.
 */
#ifndef XENPV_TESTS_BUILD_CAT_H
#define XENPV_TESTS_BUILD_CAT_H

#include "verifier/digest.h"

#include "build_der.h"

#define CAT_GUID_PE "{C689AAB8-8E78-11D0-8C47-00C04FC295EE}"
#define CAT_GUID_FLAT "{DE351A42-8E59-11D0-8C47-00C04FC295EE}"
#define CAT_SPC_PE "1.3.6.1.4.1.311.2.1.15"
#define CAT_SPC_FLAT "1.3.6.1.4.1.311.2.1.25"

static inline const char *cat_digest_oid(enum digest_kind kind)
{
    return kind == DIGEST_SHA256 ? "2.16.840.1.101.3.4.2.1"
           : kind == DIGEST_MD5  ? "1.2.840.113549.2.5"
                                 : "1.3.14.3.2.26";
}

/* SEQUENCE { BMPString name, INTEGER flags, OCTET STRING value } */
static inline struct span cat_name_value(const char *name, const char *value)
{
    return SEQUENCE(der_make(DER_BMP_STRING, der_utf16(name, false)),
        der_make(DER_INTEGER, LITERAL("\x10\x01\x00\x01")),
        OCTETS(JOIN(der_utf16(value, true), LITERAL("\0\0"))));
}

static inline struct span cat_attribute(const char *oid, struct span value)
{
    return SEQUENCE(der_make_oid(oid), SET_OF(value));
}

/* SpcIndirectData of one of the two types. */
static inline struct span cat_indirect(const char *type, const struct digest *d)
{
    return SEQUENCE(SEQUENCE(der_make_oid(type), SEQUENCE(NOTHING)),
        SEQUENCE(der_make_algorithm(cat_digest_oid(d->kind)), OCTETS(span_of(d->bytes, d->size))));
}

/* Hexadecimal digits in upper case, UTF-16LE, with a NUL: the tag of version 1. */
static inline struct span cat_hex_tag(const struct digest *d)
{
    char hex[2 * DIGEST_SIZE_MAX + 1];
    digest_hex(d, hex);
    for (char *p = hex; *p != '\0'; p++)
        if (*p >= 'a')
            *p = (char)(*p - 'a' + 'A');
    return JOIN(der_utf16(hex, true), LITERAL("\0\0"));
}

/* A member of version 1, as makecat writes it; tag NULL.at: the digest's own. */
static inline struct span cat_member_v1(const struct digest *d, bool pe, const char *file)
{
    return SEQUENCE(OCTETS(cat_hex_tag(d)),
        SET_OF(cat_attribute("1.3.6.1.4.1.311.12.2.1", cat_name_value("File", file)),
            cat_attribute("1.3.6.1.4.1.311.12.2.1", cat_name_value("OSAttr", "2:5.1,2:6.0")),
            cat_attribute("1.3.6.1.4.1.311.2.1.4", cat_indirect(pe ? CAT_SPC_PE : CAT_SPC_FLAT, d)),
            cat_attribute("1.3.6.1.4.1.311.12.2.2",
                SEQUENCE(
                    der_make(DER_BMP_STRING, der_utf16(pe ? CAT_GUID_PE : CAT_GUID_FLAT, false)),
                    der_make_integer(0x200)))));
}

/* A member of version 2: raw tag; SpcIndirectData with SHA-256 only. */
static inline struct span cat_member_v2(const struct digest *d, bool pe, const char *file)
{
    struct span indirect = d->kind == DIGEST_SHA256
                               ? cat_attribute("1.3.6.1.4.1.311.2.1.4",
                                     cat_indirect(pe ? CAT_SPC_PE : CAT_SPC_FLAT, d))
                               : NOTHING;
    return SEQUENCE(OCTETS(span_of(d->bytes, d->size)),
        SET_OF(cat_attribute("1.3.6.1.4.1.311.12.2.1", cat_name_value("File", file)), indirect,
            cat_attribute(
                "1.3.6.1.4.1.311.12.2.3", pe ? LITERAL("\x80\x00") : LITERAL("\x82\x00"))));
}

static inline struct span cat_extension_value(const char *name, const char *value)
{
    return SEQUENCE(der_make_oid("1.3.6.1.4.1.311.12.2.1"), OCTETS(cat_name_value(name, value)));
}

/* The list itself: what a signature covers is its body. */
static inline struct span cat_list(unsigned version, struct span members, struct span extensions)
{
    return SEQUENCE(SEQUENCE(der_make_oid("1.3.6.1.4.1.311.12.1.1")),
        OCTETS(LITERAL("0123456789abcdef")), der_make(DER_UTC_TIME, LITERAL("140917141924Z")),
        SEQUENCE(der_make_oid(version == 2 ? "1.3.6.1.4.1.311.12.1.3" : "1.3.6.1.4.1.311.12.1.2"),
            DER_NULL_VALUE),
        SEQUENCE(members), EXPLICIT_0(SEQUENCE(extensions)));
}

/* The same in an envelope without certificates and signers. */
static inline struct span cat_unsigned(struct span list)
{
    return SEQUENCE(der_make_oid("1.2.840.113549.1.7.2"),
        EXPLICIT_0(SEQUENCE(der_make_integer(1), SET_OF(der_make_algorithm("1.3.14.3.2.26")),
            SEQUENCE(der_make_oid("1.3.6.1.4.1.311.10.1"), EXPLICIT_0(list)), SET_OF(NOTHING))));
}

#endif
