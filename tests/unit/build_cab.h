/*
 * build_cab: makes cabinets for tests: any folders, files at any place in them, stored, MSZIP or LZX.
 *
 * MSZIP and LZX blocks are made of their formats' own uncompressed blocks. static inline, for a test uses some of it.
 */
#ifndef XENPV_TESTS_BUILD_CAB_H
#define XENPV_TESTS_BUILD_CAB_H

#include "base/text.h"

#include <string.h>

enum { CAB_PLAN_STORED = 0, CAB_PLAN_MSZIP = 1, CAB_PLAN_QUANTUM = 0x0722, CAB_PLAN_LZX = 0x0f03 };

struct cab_plan_file {
    const char *name;
    unsigned folder;
    uint32_t offset, size;
};

struct cab_plan_folder {
    const void *at;
    size_t size; /* below 32768: one block */
    unsigned type;
};

struct cab_plan {
    const struct cab_plan_folder *folders;
    size_t folder_count;
    const struct cab_plan_file *files;
    size_t file_count;
    bool signable; /* with the reserve that a signature needs */
};

static inline void cab_number(struct text *t, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++, value >>= 8) {
        char byte = (char)(value & 0xff);
        text_add_bytes(t, &byte, 1);
    }
}

/* A CFDATA block's bytes behind its header. */
static inline void cab_compress(struct text *t, const struct cab_plan_folder *f)
{
    uint32_t size = (uint32_t)f->size;
    if (f->type == CAB_PLAN_MSZIP) {
        text_add_bytes(t, "CK\1", 3);
        cab_number(t, size, 2);
        cab_number(t, ~size, 2);
    } else if (f->type == CAB_PLAN_LZX) {
        cab_number(t, 0x3000u | size >> 12, 2); /* no E8 translation, block type 3, the size's 24 bits */
        cab_number(t, (size & 0xfffu) << 4, 2);
        for (int i = 0; i < 3; i++)
            cab_number(t, 1, 4); /* R0, R1, R2 */
    }
    text_add_bytes(t, f->at, f->size);
    if (f->type == CAB_PLAN_LZX && size % 2)
        cab_number(t, 0, 1);
}

static inline void cab_block(struct text *t, const struct cab_plan_folder *f)
{
    struct text packed = {0};
    cab_compress(&packed, f);
    cab_number(t, 0, 4); /* no checksum */
    cab_number(t, packed.size, 2);
    cab_number(t, f->size, 2);
    text_add_bytes(t, packed.at, packed.size);
    text_release(&packed);
}

static inline void cab_put32(struct text *t, size_t at, uint64_t value)
{
    for (unsigned i = 0; i < 4; i++, value >>= 8)
        t->at[at + i] = (char)(value & 0xff);
}

/* The whole cabinet in *t. The header is 36 bytes (60 when signable), a CFFOLDER 8. */
static inline void cab_build(const struct cab_plan *p, struct text *t)
{
    size_t folders = p->signable ? 60 : 36;
    text_add_bytes(t, "MSCF", 4);
    cab_number(t, 0, 12);
    cab_number(t, folders + p->folder_count * 8, 4);
    cab_number(t, 0, 4);
    cab_number(t, 0x0103, 2);
    cab_number(t, p->folder_count, 2);
    cab_number(t, p->file_count, 2);
    cab_number(t, p->signable ? 4 : 0, 2);
    cab_number(t, 0x1234, 2);
    cab_number(t, 0, 2);
    if (p->signable) {
        cab_number(t, 20, 4); /* cbCFHeader, and no other reserves */
        cab_number(t, 0x00100000, 4);
        cab_number(t, 0, 8);
        cab_number(t, 0, 8);
    }
    for (size_t i = 0; i < p->folder_count; i++) {
        cab_number(t, 0, 4);
        cab_number(t, 1, 2);
        cab_number(t, p->folders[i].type, 2);
    }
    for (size_t i = 0; i < p->file_count; i++) {
        cab_number(t, p->files[i].size, 4);
        cab_number(t, p->files[i].offset, 4);
        cab_number(t, p->files[i].folder, 2);
        cab_number(t, 0, 4);
        cab_number(t, 0x20, 2);
        text_add_bytes(t, p->files[i].name, strlen(p->files[i].name) + 1);
    }
    for (size_t i = 0; i < p->folder_count; i++) {
        cab_put32(t, folders + i * 8, t->size);
        cab_block(t, &p->folders[i]);
    }
    cab_put32(t, 8, t->size);
}

#endif
