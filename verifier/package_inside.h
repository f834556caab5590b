/*
 * package_inside: what package's own files share while a package is being opened. Nobody else includes it.
 *
 * package.c keeps the list of entries, folders and nested containers; package_unpack.c fills it from archives,
 * cabinets and MSIs. Every file passes package_admit, every byte package_spend.
 */
#ifndef XENPV_VERIFIER_PACKAGE_INSIDE_H
#define XENPV_VERIFIER_PACKAGE_INSIDE_H

#include "verifier/package.h"

#include "base/text.h"

/* What may still be unpacked from one file on disk, all depths together. */
struct budget {
    uint64_t bytes;
    size_t entries;
    bool by_ratio; /* bytes was set by the ratio, not by the total */
};

/* A package in the making. */
struct opening {
    struct package *p;
    struct budget *budget;
    unsigned depth;
    size_t room; /* of p->entries */
};

/* A finding about the file of this name, or NULL for the package. Both are escaped here. */
void package_note(struct opening *o, enum finding_severity severity, const char *code, const char *name,
                  const char *words);

/* The same as an error: something is left out, and the package is damaged. */
void package_refuse(struct opening *o, const char *code, const char *name, const char *words);

/* The same for what a reader reported, as container-truncated or container-corrupt. */
void package_refuse_broken(struct opening *o, bool truncated, const char *name, const struct err *why);

/* May one more file of this name come in? Its safe name into *name; otherwise the reason has become a finding. */
bool package_admit(struct opening *o, const char *hostile, struct text *name);

/* Count these bytes of the file of that name against the limits; false, with a finding, when they are too many. */
bool package_spend(struct opening *o, uint64_t size, const char *name);

/* Let the package own these bytes, which must stay where they are. None are fine. */
void package_keep(struct opening *o, struct bytes blob);

/* A file whose bytes the package keeps. name must be safe. */
void package_add(struct opening *o, const char *name, struct span bytes);

/* Add what these containers hold. False when it is none of that kind after all: the caller takes it for a file. */
bool package_unpack_archive(struct opening *o, enum package_kind kind, struct span bytes);
bool package_unpack_cab(struct opening *o, struct span bytes);
bool package_unpack_msi(struct opening *o, struct span bytes);

#endif
