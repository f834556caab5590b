/*
 * build_package: a driver package made on the spot: an INF, a 64-bit kernel driver, a text file and
 * a catalog signed below a root of the test; and a tar of it. All storage is build_der's:
 * der_forget gives it back.
 */
#ifndef XENPV_TESTS_BUILD_PACKAGE_H
#define XENPV_TESTS_BUILD_PACKAGE_H

#include "tests/unit/build_cat.h"
#include "tests/unit/build_signed.h"
#include "verifier/der.h"

#include <stdio.h>

enum {
    ROOT_KEY = 1,
    LEAF_KEY = 2,
    PE_SIZE = 0x600,
    NT = 0x80,
    CHECKSUM = NT + 88,
    TABLE_ENTRY = NT + 168
};

static const char inf_crlf[] =
    "[Version]\r\nSignature=\"$Windows NT$\"\r\nClass=System\r\nClassGuid={4d36e97d-e325-11ce-bfc1-08002be10318}\r\n"
    "Provider=%P%\r\nCatalogFile=xen.cat\r\nDriverVer=01/01/2015,9.1.0.1\r\n"
    "[Manufacturer]\r\n%P%=M,NTamd64\r\n[M.NTamd64]\r\n%P%=I,PCI\\VEN_5853&DEV_0001\r\n"
    "[I]\r\nCopyFiles=F\r\n[I.Services]\r\nAddService=xen,2,S\r\n"
    "[S]\r\nServiceType=1\r\nStartType=3\r\nErrorControl=1\r\nServiceBinary=%12%\\xen.sys\r\n"
    "[F]\r\nxen.sys\r\nxen.txt\r\n[DestinationDirs]\r\nDefaultDestDir=12\r\n"
    "[SourceDisksNames]\r\n1=x\r\n[SourceDisksFiles]\r\nxen.sys=1\r\nxen.txt=1\r\n[Strings]\r\nP=\"Xen Project\"\r\n";

/* --- making a package
 * ------------------------------------------------------------------------------------------------
 */

enum { FILE_INF, FILE_SYS, FILE_TXT, FILE_CAT, FILES };

static const char *const file_names[FILES] = {"xen.inf", "xen.sys", "xen.txt", "xen.cat"};

struct made {
    struct span files[FILES]; /* empty: not there */
    const char *names[FILES];
};

static inline void put(uint8_t *image, size_t at, uint32_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        image[at + i] = (uint8_t)(value >> (8 * i));
}

/* A 64-bit kernel driver of one section, without imports and signature. */
static inline struct span make_driver(void)
{
    uint8_t *m = der_storage(PE_SIZE);
    memset(m, 0, PE_SIZE);
    memcpy(m, "MZ", 2);
    put(m, 0x3c, NT, 4);
    memcpy(m + NT, "PE\0\0", 4);
    put(m, NT + 4, 0x8664, 2);
    put(m, NT + 6, 1, 2);
    put(m, NT + 20, 240, 2);
    put(m, NT + 22, 0x102, 2);
    put(m, NT + 24, 0x20b, 2);
    put(m, NT + 72, 5, 2);
    put(m, NT + 84, 0x400, 4);
    put(m, NT + 92, 1, 2);
    put(m, NT + 24 + 108, 16, 4);
    memcpy(m + NT + 24 + 240, ".text\0\0", 8);
    put(m, NT + 24 + 240 + 8, 0x200, 4);
    put(m, NT + 24 + 240 + 12, 0x1000, 4);
    put(m, NT + 24 + 240 + 16, 0x200, 4);
    put(m, NT + 24 + 240 + 20, 0x400, 4);
    for (size_t i = 0x400; i < PE_SIZE; i++)
        m[i] = (uint8_t)(i * 7);
    return span_of(m, PE_SIZE);
}

/* What a catalog lists of a driver: all but the checksum and the certificate table's entry. */
static inline struct digest hash_driver(struct span driver, enum digest_kind kind)
{
    struct span part = JOIN(span_of(driver.at, CHECKSUM),
                            span_of(driver.at + CHECKSUM + 4, TABLE_ENTRY - CHECKSUM - 4),
                            span_of(driver.at + TABLE_ENTRY + 8, driver.size - TABLE_ENTRY - 8));
    return digest_one(kind, part);
}

static inline struct span make_leaf(void)
{
    return make_certificate(&(struct certificate_recipe){.subject = "Publisher",
                                                         .issuer = "Root",
                                                         .key = LEAF_KEY,
                                                         .issuer_key = ROOT_KEY,
                                                         .serial = 7,
                                                         .usages = {EKU_CODE}});
}

static inline struct span sign(const char *type, struct span content)
{
    struct span body = content;
    struct der e = {0};
    if (!der_next(&body, &e))
        return NOTHING;
    struct signer_recipe signer = {
        .key = LEAF_KEY, .issuer = "Root", .serial = 7, .content_type = type, .content = e.body};
    return make_signed_data(type, content, make_leaf(), make_signer(&signer).info);
}

static inline struct span make_catalog(struct span driver, struct span inf, struct span txt)
{
    struct digest sys = hash_driver(driver, DIGEST_SHA1), a = digest_one(DIGEST_SHA1, inf),
                  b = digest_one(DIGEST_SHA1, txt);
    return sign(OID_TEXT_CTL, cat_list(1,
                                       JOIN(cat_member_v1(&sys, true, "xen.sys"),
                                            cat_member_v1(&a, false, "xen.inf"),
                                            cat_member_v1(&b, false, "xen.txt")),
                                       NOTHING));
}

static inline void make_package(struct made *p)
{
    memset(p, 0, sizeof *p);
    p->files[FILE_INF] = span_text(inf_crlf);
    p->files[FILE_SYS] = make_driver();
    p->files[FILE_TXT] = span_text("Xen\r\n");
    p->files[FILE_CAT] = make_catalog(p->files[FILE_SYS], p->files[FILE_INF], p->files[FILE_TXT]);
    memcpy(p->names, file_names, sizeof p->names);
}

/* One bit of one byte. */
static inline struct span flipped(struct span from, size_t at)
{
    struct span copy = JOIN(from);
    uint8_t *bytes = der_storage(copy.size);
    memcpy(bytes, copy.at, copy.size);
    bytes[at] ^= 1;
    return span_of(bytes, copy.size);
}

/* The driver with a signature of its own: the root of the test is Microsoft's here. */
static inline struct span signed_driver(struct span driver)
{
    struct digest d = hash_driver(driver, DIGEST_SHA256);
    struct span content = SEQUENCE(SEQUENCE(der_make_oid(CAT_SPC_PE), SEQUENCE(NOTHING)),
                                   SEQUENCE(der_make_algorithm(cat_digest_oid(DIGEST_SHA256)),
                                            OCTETS(span_of(d.bytes, d.size))));
    struct span blob = sign(OID_TEXT_INDIRECT, content);
    size_t size = (8 + blob.size + 7) / 8 * 8;
    uint8_t *m = der_storage(driver.size + size);
    memset(m, 0, driver.size + size);
    memcpy(m, driver.at, driver.size);
    put(m, TABLE_ENTRY, (uint32_t)driver.size, 4);
    put(m, TABLE_ENTRY + 4, (uint32_t)size, 4);
    put(m, driver.size, (uint32_t)size, 4);
    put(m, driver.size + 4, 0x200, 2);
    put(m, driver.size + 6, 2, 2);
    memcpy(m + driver.size + 8, blob.at, blob.size);
    return span_of(m, driver.size + size);
}

/* --- a container
 * -----------------------------------------------------------------------------------------------------
 */

/* One file of a tar: header, content, zeros up to a whole block. */
static inline struct span tar_entry(const char *name, struct span content)
{
    enum { BLOCK = 512, SUM_AT = 148 };
    size_t padded = (content.size + BLOCK - 1) / BLOCK * BLOCK;
    uint8_t *m = der_storage(BLOCK + padded);
    unsigned sum = 0;
    memset(m, 0, BLOCK + padded);
    snprintf((char *)m, 100, "%s", name);
    snprintf((char *)m + 100, 8, "0000644");
    snprintf((char *)m + 108, 8, "0000000");
    snprintf((char *)m + 116, 8, "0000000");
    snprintf((char *)m + 124, 12, "%011o", (unsigned)content.size);
    snprintf((char *)m + 136, 12, "00000000000");
    memset(m + SUM_AT, ' ', 8);
    m[156] = '0';
    memcpy(m + 257, "ustar\00000", 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += m[i];
    snprintf((char *)m + SUM_AT, 8, "%06o", sum);
    if (content.size)
        memcpy(m + BLOCK, content.at, content.size);
    return span_of(m, BLOCK + padded);
}

static inline struct span tar_of(const struct made *p)
{
    struct span tar = NOTHING;
    for (size_t i = 0; i < FILES; i++)
        if (p->names[i])
            tar = JOIN(tar, tar_entry(p->names[i], p->files[i]));
    uint8_t *end = der_storage(1024);
    memset(end, 0, 1024);
    return JOIN(tar, span_of(end, 1024));
}

#endif
