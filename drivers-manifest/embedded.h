/*
 * embedded: the manifest's files as the build put them into the program (generated from
 * drivers-manifest/ *.json).
 */
#ifndef XENPV_MANIFEST_EMBEDDED_H
#define XENPV_MANIFEST_EMBEDDED_H

#include <stddef.h>

struct manifest_file {
    const char *name; /* "releases.json" */
    const unsigned char *bytes;
    size_t size;
};

extern const struct manifest_file manifest_files[];
extern const size_t manifest_file_count;

#endif
