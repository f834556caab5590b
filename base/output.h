/*
 * output: a file that is written in pieces and gets its name once it is whole.
 *
 * What had the name before keeps it until then, and whatever happens meanwhile. A device or a pipe
 * is written to as it is. output knows nothing of what it writes, and is not for what many small
 * files add up to.
 */
#ifndef XENPV_BASE_OUTPUT_H
#define XENPV_BASE_OUTPUT_H

#include "base/file.h"

/* Zeroed is none. */
struct output {
    struct file_opened file;
    char *path, *part; /* part is NULL when path itself is written to */
};

bool output_open(const char *path, struct output *out, struct err *e);

/* Add bytes at the end. Errors name the file. */
bool output_add(struct output *o, struct span bytes, struct err *e);

/* Give it its name when it is whole, through to the disk; else it is removed. True when it was
 * whole and has its name. Of none: true. */
bool output_close(struct output *o, bool whole, struct err *e);

#endif
