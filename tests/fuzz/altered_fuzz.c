/*
 * altered: an altered byte is never reported as signed.
 *
 * The input is a list of edits to a genuine package: a driver package of INF, catalog and signed driver, packed as a tar
 * here, or a signed MSI or cabinet. With the signers' root taken for the Code Verification Root, the genuine ones are intact, and
 * the first would load and be installed silently; that is asserted before the first input. Whatever the edits are,
 *   - if the verdict is intact then every byte of the INF is as it was, and so is every byte of the driver that its
 *     Authenticode digest covers (all but checksum, security entry and certificate table), and the list and the
 *     signature's value in the catalog;
 *   - if the signature of the MSI or cabinet is intact then it holds the same files with the same bytes as the genuine
 *     one, unless a finding says that it is damaged;
 *   - an altered driver package is not installed silently by a Windows that asks for signatures.
 */
#include "tests/fuzz/fuzz.h"
#include "base/mem.h"
#include "installer/assume.h"
#include "verifier/der.h"
#include "verifier/policy.h"

#include <stdio.h>
#include <string.h>

enum { INF, DRIVER, CATALOG, PARTS, MSI = PARTS, CABINET, GENUINE, EDITS_MAX = 16, TAR_BLOCK = 512 };

static const char *const names[GENUINE] = {"xenvbd.inf", "xenvbd.sys", "xenvbd.cat", "package.msi", "package.cab"};

static struct bytes genuine[GENUINE];
static struct evidence containers[GENUINE]; /* what is true of the genuine MSI and cabinet */
static struct root_key key = {.root = ROOT_CODE_VERIFICATION, .name = "the test authority"};
static struct roots roots = {.keys = &key, .count = 1};
static struct bytes root_certificate;
static struct facts guest;

/* A range of a genuine file. */
struct range {
    size_t from, to;
};

enum { RANGES_MAX = 8 };

/* What signatures cover of each of PARTS. */
static struct {
    struct range at[RANGES_MAX];
    size_t count;
} covered[PARTS];

static void cover(unsigned part, size_t from, size_t to)
{
    MUST(covered[part].count < RANGES_MAX && from <= to && to <= genuine[part].size, "a genuine file is in order");
    covered[part].at[covered[part].count++] = (struct range){from, to};
}

static uint32_t u32(const struct bytes *b, size_t at)
{
    uint32_t value = 0;
    MUST(span_u32(bytes_span(b), at, &value), "a genuine file is in order");
    return value;
}

/* Microsoft, "Windows Authenticode Portable Executable Signature Format"; not by way of pe, which is under test. */
static void cover_driver(void)
{
    const struct bytes *b = &genuine[DRIVER];
    size_t optional = (size_t)u32(b, 0x3c) + 24, checksum = optional + 64;
    bool plus = (u32(b, optional) & 0xffff) == 0x20b;
    size_t security = optional + (plus ? 112 : 96) + 4 * 8, table = u32(b, security);
    MUST(table + u32(b, security + 4) == b->size, "the genuine driver is signed, and its table is last");
    cover(DRIVER, 0, checksum);
    cover(DRIVER, checksum + 4, security);
    cover(DRIVER, security + 8, table);
}

static void cover_element(unsigned part, struct span element)
{
    size_t from = (size_t)(element.at - genuine[part].at);
    cover(part, from, from + element.size);
}

/* The list of hashes, and of each signer the signed attributes and the signature. */
static void cover_catalog(void)
{
    struct der_signed_data s = {0};
    struct der signer = {0}, d = {0};
    MUST(der_read_signed_data(bytes_span(&genuine[CATALOG]), &s), "the genuine catalog is one");
    cover_element(CATALOG, s.content.body);
    while (der_next(&s.signers, &signer))
        for (struct span rest = signer.body; der_next(&rest, &d);)
            if (d.tag == DER_CONTEXT_CONSTRUCTED_0 || d.tag == DER_OCTET_STRING)
                cover_element(CATALOG, d.body);
}

/* subject and key of the certificate that stands for the Code Verification Root */
static void read_root(void)
{
    struct der d = {0};
    root_certificate = fuzz_genuine("root.der");
    struct span certificate = bytes_span(&root_certificate), tbs = {0}, body = {0};
    bool ok = der_open(&certificate, DER_SEQUENCE, &body) && der_open(&body, DER_SEQUENCE, &tbs)
              && der_skip_optional(&tbs, DER_CONTEXT_CONSTRUCTED_0);
    for (size_t i = 0; ok && i < 6; i++) { /* serial, algorithm, issuer, validity, subject, key */
        ok = der_next(&tbs, &d);
        if (i == 4)
            key.subject = d.whole;
        if (i == 5)
            key.spki = d.whole;
    }
    MUST(ok, "the root's certificate is one");
}

static void add_tar_header(struct bytes *tar, const char *name, size_t size)
{
    char *h = (char *)tar->at + tar->size;
    unsigned sum = 8 * ' ';
    snprintf(h, 100, "%s", name);
    memcpy(h + 100, "0000644\0000000000\0000000000", 23);
    snprintf(h + 124, 12, "%011zo", size);
    memcpy(h + 136, "00000000000", 11);
    h[156] = '0';
    memcpy(h + 257, "ustar\00000", 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= 148 && i < 156 ? 0 : (uint8_t)h[i];
    snprintf(h + 148, 8, "%06o", sum);
    tar->size += TAR_BLOCK;
}

static struct bytes pack(const struct bytes parts[PARTS])
{
    struct bytes tar = {0};
    size_t room = 2 * TAR_BLOCK;
    for (size_t i = 0; i < PARTS; i++)
        room += 2 * TAR_BLOCK + parts[i].size;
    tar.at = mem_zero(room, 1);
    for (size_t i = 0; i < PARTS; i++) {
        add_tar_header(&tar, names[i], parts[i].size);
        memcpy(tar.at + tar.size, parts[i].at, parts[i].size);
        tar.size += (parts[i].size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    }
    tar.size += 2 * TAR_BLOCK;
    return tar;
}

static void gather(const struct bytes *file, struct evidence *ev)
{
    struct err e = {0};
    struct evidence_options options = {.roots = &roots};
    MUST(evidence_gather(fuzz_file(bytes_span(file)), &options, ev, &e), "a file can always be looked at");
    fuzz_findings(&ev->findings);
}

/* Is it a container whose own signature is intact? */
static bool is_signed(const struct evidence *ev)
{
    const struct signature *s = ev->has_signature ? authenticode_best(&ev->signature) : NULL;
    return s && s->integrity == SIGNATURE_INTACT;
}

static void predict(const struct evidence *ev, struct prediction *out)
{
    MUST(ev->packages.count == 1, "there is one driver package");
    policy_predict(ev, &ev->packages.at[0], &guest, out);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    struct err e = {0};
    struct evidence ev = {0};
    struct prediction p = {0};
    (void)count;
    (void)arguments;
    for (size_t i = 0; i < GENUINE; i++)
        genuine[i] = fuzz_genuine(names[i]);
    read_root();
    cover(INF, 0, genuine[INF].size);
    cover_driver();
    cover_catalog();
    MUST(assume_facts("win7sp1-x64+kb3033929", &guest, &e), "Windows 7 has a name");
    struct bytes tar = pack(genuine);
    gather(&tar, &ev);
    predict(&ev, &p);
    MUST(ev.integrity == INTEGRITY_INTACT && ev.packages.at[0].integrity == INTEGRITY_INTACT, "the genuine is intact");
    MUST(p.load == LOAD_LOADS, "and loads");
    prediction_release(&p);
    evidence_release(&ev);
    bytes_release(&tar);
    for (size_t i = MSI; i < GENUINE; i++) {
        gather(&genuine[i], &containers[i]);
        MUST(is_signed(&containers[i]) && containers[i].integrity == INTEGRITY_INTACT, "so are MSI and cabinet");
    }
    return 0;
}

static void copy(uint8_t *to, const uint8_t *from, size_t size)
{
    if (size)
        memcpy(to, from, size);
}

/* One edit: change, remove, insert or append some bytes. */
static void edit(struct span *rest, struct bytes *b)
{
    unsigned how = fuzz_take(rest, 6), at = fuzz_take(rest, 0x10000), size = fuzz_take(rest, 64);
    struct span with = {0};
    size_t from = b->size ? (how & 1 ? at : at * 4) % b->size : 0;
    if (!span_take(rest, size, &with))
        span_take(rest, rest->size, &with);
    size_t kept = b->size - from;
    if (how < 4) { /* over what is there */
        copy(b->at + from, with.at, with.size < kept ? with.size : kept);
    } else if (how == 4) { /* taken out */
        size_t out = size < kept ? size : kept;
        memmove(b->at + from, b->at + from + out, kept - out);
        b->size -= out;
    } else { /* put in, at the end when `at` says so */
        from = at == 0xffff ? b->size : from;
        kept = b->size - from;
        b->at = mem_resize(b->at, b->size + with.size, 1);
        memmove(b->at + from + with.size, b->at + from, kept);
        copy(b->at + from, with.at, with.size);
        b->size += with.size;
    }
}

/* Does some byte differ that a signature covers? One that follows the genuine end does, but in a certificate table. */
static bool is_altered(unsigned part, const struct bytes *b)
{
    const struct bytes *g = &genuine[part];
    for (size_t i = 0; i < covered[part].count; i++) {
        struct range r = covered[part].at[i];
        if (r.to > b->size || memcmp(b->at + r.from, g->at + r.from, r.to - r.from) != 0)
            return true;
    }
    return part == INF && b->size != g->size;
}

static void check_package(struct span rest)
{
    struct bytes parts[PARTS];
    struct evidence ev = {0};
    bool altered = false;
    for (unsigned i = 0; i < PARTS; i++)
        parts[i] = fuzz_copy(bytes_span(&genuine[i]));
    for (unsigned i = 0; rest.size && i < EDITS_MAX; i++)
        edit(&rest, &parts[fuzz_take(&rest, PARTS)]);
    for (unsigned i = 0; i < PARTS; i++)
        altered |= is_altered(i, &parts[i]);
    struct bytes tar = pack(parts);
    gather(&tar, &ev);
    if (altered) {
        MUST(ev.integrity != INTEGRITY_INTACT, "an altered package is not intact");
        for (size_t i = 0; i < ev.packages.count; i++) {
            struct prediction p = {0};
            MUST(ev.packages.at[i].integrity != INTEGRITY_INTACT, "nor is the driver package in it");
            policy_predict(&ev, &ev.packages.at[i], &guest, &p);
            MUST(p.install != INSTALL_SILENT, "and it is not installed silently");
            prediction_release(&p);
        }
    }
    evidence_release(&ev);
    bytes_release(&tar);
    for (unsigned i = 0; i < PARTS; i++)
        bytes_release(&parts[i]);
}

static void check_container(unsigned which, struct span rest)
{
    struct evidence ev = {0};
    const struct evidence *was = &containers[which];
    struct bytes b = fuzz_copy(bytes_span(&genuine[which]));
    for (unsigned i = 0; rest.size && i < EDITS_MAX; i++)
        edit(&rest, &b);
    gather(&b, &ev);
    if (is_signed(&ev) && !ev.package.damaged) {
        MUST(ev.package.count == was->package.count, "what is intact holds as many files as the genuine one");
        for (size_t i = 0; i < ev.package.count; i++)
            MUST(strcmp(ev.package.entries[i].name, was->package.entries[i].name) == 0
                     && digest_equal(&ev.entries[i].sha256, &was->entries[i].sha256),
                 "what is intact holds the same files");
    }
    evidence_release(&ev);
    bytes_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_of(data, size);
    unsigned which = fuzz_take(&rest, 8);
    if (which == MSI || which == CABINET)
        check_container(which, rest);
    else
        check_package(rest);
    return 0;
}
