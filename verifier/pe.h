/*
 * pe: Portable Executable files: which bytes Authenticode hashes, where the signatures lie, and
 * what the headers, imports and version resource say.
 *
 * Pure: no cryptography, no file access of its own. Reads through a pe_source and asks it only for
 * the headers, the certificate table, the import names and the version resource, so a file of any
 * size can be streamed past the hash. Whatever is wrong with the file is a finding that names the
 * offset. Whether a digest matches is not known here.
 *
 * Sources: Microsoft, "PE Format" and "Windows Authenticode Portable Executable Signature Format"
 * (2008).
 */
#ifndef XENPV_VERIFIER_PE_H
#define XENPV_VERIFIER_PE_H

#include "base/span.h"
#include "verifier/finding.h"

enum {
    PE_RANGES_MAX = 4,                            /* around checksum, security entry and table */
    PE_SECTIONS_MAX = 96,                         /* Windows' own loader limit */
    PE_CERTIFICATES_MAX = 32,                     /* entries of the certificate table */
    PE_CERTIFICATE_BYTES_MAX = 16 * 1024 * 1024,  /* the whole table; real ones are under 100 KB */
    PE_IMPORTS_MAX = 256,                         /* DLLs */
};

/* Where the bytes come from. read gives exactly size bytes at offset, or false. */
struct pe_source {
    uint64_t size;
    bool (*read)(void *context, uint64_t offset, void *buffer, size_t size);
    void *context;
};

/* A source over bytes at hand; *bytes must outlive the call of pe_parse. */
struct pe_source pe_source_span(const struct span *bytes);

enum pe_state {
    PE_NOT = 0, /* not a PE file at all: catalogs list such files by flat hash */
    PE_BROKEN,  /* says that it is one, but has no Authenticode hash: see the findings */
    PE_OK,      /* has an Authenticode hash; there may still be findings */
};

struct pe_range {
    uint64_t offset, size;
};

/*
 * One WIN_CERTIFICATE. blob points into what struct pe owns; it may end in alignment or other
 * padding.
 */
struct pe_certificate {
    uint64_t offset;         /* of the entry in the file */
    uint16_t revision, type; /* type 2 is PKCS#7 SignedData, the only one of use */
    struct span blob;
};

struct pe_section {
    char name[9];
    uint32_t virtual_size, virtual_address, raw_size, raw_offset, characteristics;
};

/* The fixed and the textual part of VERSIONINFO; text is UTF-8, owned, NULL where absent. */
struct pe_version {
    bool present;
    uint16_t file[4], product[4]; /* most significant first: 8.2.1.0 is {8, 2, 1, 0} */
    char *company, *description, *file_version, *internal_name, *copyright;
    char *original_name, *product_name, *product_version;
};

struct pe {
    enum pe_state state;
    uint64_t size; /* of the file */
    uint16_t machine;         /* 0x014c i386, 0x8664 amd64, 0xaa64 arm64 */
    uint16_t magic;           /* 0x10b PE32, 0x20b PE32+ */
    uint16_t characteristics; /* 0x2000: DLL */
    uint16_t subsystem;       /* 1 native, 2 GUI, 3 console */
    uint16_t subsystem_version[2], os_version[2];
    uint32_t timestamp, checksum;

    /*
     * Authenticode hash: these ranges in this order, then pad zero bytes. Valid when state is
     * PE_OK.
     */
    struct pe_range hashed[PE_RANGES_MAX];
    size_t hashed_count;
    unsigned pad;

    struct pe_range table; /* the certificate table; size 0: none */
    bool table_is_last;    /* Windows ignores a signature when bytes follow the table (MS12-024) */
    struct pe_certificate *certificates;
    size_t certificate_count;

    struct pe_section *sections;
    size_t section_count;
    char **imports; /* DLL names as the file spells them, UTF-8, not escaped */
    size_t import_count;
    bool kernel; /* a driver: native subsystem, or imports ntoskrnl.exe, hal.dll, ndis.sys ... */
    struct pe_version version;

    uint8_t *table_bytes; /* what the certificates' blobs point into */
};

/*
 * Read what the source holds into *p, which is overwritten. name is only for the findings. Never
 * fails: what could not be read is a finding and a state. The caller releases *p whatever the
 * state.
 */
void pe_parse(struct pe *p, struct pe_source source, const char *name, struct findings *f);

/*
 * The hashed ranges as spans into the whole file at hand, for digest_spans with p->pad zeros.
 * Returns their number; 0 when the state is not PE_OK or the span is not that file's size.
 */
size_t pe_hashed_spans(const struct pe *p, struct span file, struct span out[PE_RANGES_MAX]);

/* "x86", "x64", "arm", "arm64", "ia64"; "unknown" for any other. */
const char *pe_machine_name(uint16_t machine);

void pe_release(struct pe *p);

#endif
