/*
 * cab: the headers and tables of a cabinet, and which of its bytes its signature covers.
 *
 * Reads [MS-CAB]: header, folders, files. It decompresses nothing: for that it rewrites one folder
 * as a small cabinet with one file that spans the folder, so that a decompressor that insists on
 * contiguous files (libarchive does, and rejects what WiX writes: two files at one offset for
 * duplicates) can read it; the files are then slices. Cabinets over several volumes and Quantum
 * compression are recognised and refused by name.
 */
#ifndef XENPV_VERIFIER_CAB_H
#define XENPV_VERIFIER_CAB_H

#include "verifier/spans.h"

#include "base/err.h"

enum cab_compression {
    CAB_COMPRESSION_UNKNOWN = 0,
    CAB_STORED,
    CAB_MSZIP,
    CAB_QUANTUM, /* refused */
    CAB_LZX,
};

struct cab_folder {
    uint32_t data;   /* offset of its first CFDATA block in the cabinet */
    uint16_t blocks; /* how many */
    uint16_t type;   /* typeCompress as stored */
    enum cab_compression compression;
    uint64_t
        end; /* where its last file ends in the uncompressed folder: how much of it is wanted */
};

struct cab_file {
    char *name;      /* UTF-8, as stored otherwise: '\' between parts, not yet safe; owned */
    uint16_t folder; /* index; always one that is there */
    uint32_t offset; /* in the uncompressed folder */
    uint32_t size;
    uint16_t attributes;
};

/* Zeroed is an empty cabinet. bytes is borrowed. */
struct cab {
    struct span bytes;
    struct cab_folder *folders;
    size_t folder_count;
    struct cab_file *files;
    size_t file_count;
    uint16_t flags;
    uint8_t folder_reserve, data_reserve; /* bytes reserved in each CFFOLDER and CFDATA */
    uint32_t declared_size;               /* cbCabinet; more than bytes.size means cut short */
    uint32_t signature_offset,
        signature_size; /* from the header's reserve; 0 and 0 when unsigned */
};

/*
 * Read the tables of the cabinet in bytes. ERR_FORMAT when they are not whole or point outside;
 * ERR_LIMIT, with the reason in words, for several volumes. A folder compressed with Quantum is no
 * error here: see compression.
 */
bool cab_open(struct span bytes, struct cab *out, struct err *e);

/*
 * Folder i as a cabinet of its own: *head is to be followed by *tail, which points into the
 * cabinet. Its one file has folder.end bytes. ERR_LIMIT for Quantum and unknown compression,
 * ERR_FORMAT when its data is outside.
 */
bool cab_folder_alone(const struct cab *c, size_t i, struct bytes *head, struct span *tail,
                      struct err *e);

/* The words for a message: "MSZIP", "Quantum", ... */
const char *cab_compression_name(enum cab_compression compression);

/* The PKCS#7 blob of a signed cabinet; false when there is none, or it is not inside the file (then
 * *e is set). */
bool cab_signature(const struct cab *c, struct span *out, struct err *e);

/*
 * The bytes that the Authenticode digest covers, in order. For an unsigned cabinet: what it would
 * be if catalogued. Source: osslsigncode's cab.c. ERR_FORMAT when the header's reserve is not that
 * of a signed cabinet but flags say so, and when a signed cabinet has other reserves: the digest
 * does not cover their sizes, which move what is read.
 */
bool cab_signed_spans(const struct cab *c, struct span_list *out, struct err *e);

void cab_release(struct cab *c);

#endif
