/*
 * ole: compound files ([MS-CFB]), the file system inside an MSI.
 *
 * Version 3 (512-byte sectors) and 4 (4096), mini stream, DIFAT chain. Every chain and tree is
 * walked with a guard, so that cycles, shared sectors and false counts end in an error in time and
 * memory proportional to the file. ole knows storages and streams; it knows nothing of what they
 * mean.
 */
#ifndef XENPV_VERIFIER_OLE_H
#define XENPV_VERIFIER_OLE_H

#include "verifier/spans.h"

#include "base/err.h"

enum {
    OLE_ENTRIES_MAX = 65536, /* directory entries */
    OLE_DEPTH_MAX = 16,      /* storages in storages */
    OLE_CLSID_SIZE = 16,
};

enum ole_type {
    OLE_UNUSED = 0, /* unknown types too */
    OLE_STORAGE,
    OLE_STREAM,
    OLE_ROOT,
};

/* One directory entry; spans point into the file. */
struct ole_entry {
    enum ole_type type;
    struct span name;     /* UTF-16LE without the NUL, 0 to 62 bytes */
    struct span clsid;    /* 16 bytes */
    struct span state;    /* the 4 state bytes */
    struct span times;    /* 16 bytes: creation, modification (FILETIME each) */
    struct span size_low; /* the 4 low bytes of the size as stored */
    uint64_t size;        /* of a stream; at most 4 GB in version 3 */
    uint32_t start;       /* first sector */
    size_t parent;        /* index of the storage it is in; the root is its own */
    size_t *children;     /* indices, in the order of name bytes; of a storage */
    size_t child_count, child_room;
};

/* Zeroed is an empty file. bytes is borrowed. Entry 0 is the root. Entries that nothing leads to
 * are OLE_UNUSED. */
struct ole {
    struct span bytes;
    unsigned sector_shift; /* 9 or 12 */
    struct ole_entry *entries;
    size_t count;
    uint32_t *fat, *mini_fat;
    size_t fat_count, mini_fat_count;
    uint32_t *mini_chain; /* the sectors of the mini stream, in order */
    size_t mini_chain_count;
    uint64_t mini_size;   /* bytes of the mini stream */
    uint32_t mini_cutoff; /* streams below this size are in the mini stream */
    size_t sector_count;  /* that fit the file */
};

/* Has bytes the signature of a compound file? */
bool ole_is(struct span bytes);

/* Read the tables. ERR_FORMAT for anything that is not right; nothing is guessed. */
bool ole_open(struct span bytes, struct ole *out, struct err *e);

/* The child of a storage by its name (ASCII, A-Z in any case), or SIZE_MAX. */
size_t ole_find(const struct ole *o, size_t storage, const char *name);

/* The bytes of a stream, in order. ERR_FORMAT when its chain is too short, cyclic or leaves the
 * file. */
bool ole_spans(const struct ole *o, size_t stream, struct span_list *out, struct err *e);

/* The same in one piece: *out points into the file where it lies in one run, else into *storage
 * (bytes_release). */
bool ole_read(const struct ole *o, size_t stream, struct bytes *storage, struct span *out,
              struct err *e);

void ole_release(struct ole *o);

#endif
