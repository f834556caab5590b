/*
 * lint: what is wrong with a manifest, all of it, each with file, line and column.
 *
 * Loading a manifest (manifest.h) stops at the first thing that cannot be; lint reads one file or
 * the several that make up a manifest together, goes on as far as it can, and also says what loads
 * and is wrong all the same: a range that leaves out a Windows, two hashes where one was copied, an
 * address without a hash. It knows the form and the sense of the data, not the files it speaks of:
 * whether a hash is true is the verifier's business. Errors are what no program should act on;
 * warnings are for the one who writes the file.
 *
 * The codes are stable; see the table in lint.c.
 */
#ifndef XENPV_MANIFEST_LINT_H
#define XENPV_MANIFEST_LINT_H

#include "base/err.h"
#include "base/span.h"

enum {
    LINT_FINDINGS_MAX = 200,          /* kept; more are counted */
    LINT_SIZE_MAX = 16 * 1024 * 1024, /* bytes of one file; our own data has a hundredth of it */
};

enum lint_severity { LINT_ERROR = 0, LINT_WARNING };

struct lint_file {
    const char *name; /* for messages */
    struct span text;
};

struct lint_finding {
    enum lint_severity severity;
    const char *code; /* "duplicate-id" */
    char *sentence;   /* owned, safe to print */
    size_t file;      /* index */
    size_t offset;    /* in its text */
    size_t line, column;
};

/* By file, then by place. Zeroed is empty. */
struct lint {
    struct lint_finding *at;
    size_t count, room;
    size_t errors, warnings; /* all, those that were not kept too */
};

/* The files together are the manifest; names and texts are borrowed and must outlive *out. */
void lint_manifest(const struct lint_file *files, size_t count, struct lint *out);

/* "error" "warning" */
const char *lint_severity_name(enum lint_severity s);

/* "FILE:LINE:COLUMN: error: CODE: SENTENCE" without a line feed; mem_free. */
char *lint_line(const struct lint_file *files, const struct lint_finding *f);

/* One error as the reason to refuse the files: "FILE: line L, column C: SENTENCE", and how many
 * more there are. False always; ERR_USAGE. There must be an error. */
bool lint_refuse(const struct lint_file *files, const struct lint *l, struct err *e);

void lint_release(struct lint *l);

#endif
