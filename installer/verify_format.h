/*
 * verify_format: how the results of `xenpv verify` are written: as text, as JSON, as one
 * self-contained page of HTML.
 *
 * A document is its opening, the results one after another, and its end. A result is its head
 * (which holds the verdict, and so is written when all is known) and three sections, whose items
 * are written one by one as they become known and put aside until then. The writers keep nothing
 * between two calls.
 */
#ifndef XENPV_INSTALLER_VERIFY_FORMAT_H
#define XENPV_INSTALLER_VERIFY_FORMAT_H

#include "base/text.h"
#include "installer/verify_matrix.h"

enum { VERIFY_SHOWN_MAX = 40 };

enum verify_section { SECTION_PACKAGES, SECTION_FILES, SECTION_FINDINGS, SECTIONS };

/* What is known of a path when all of it was looked at. Borrowed. */
struct verify_head {
    const char *path, *kind;
    enum integrity integrity;
    const char *sha256;                       /* of a container, or NULL */
    const struct report_signature *signature; /* of a container, or NULL */
    const struct verify_sums *sums;
    const struct verify_question *question;
    const char *refusal; /* one sentence: which package is not accepted, and why; NULL: none */
    const struct verify_matrix *matrix; /* with question->all */
    size_t left_out;                    /* items that are not shown, since there are many of them */
};

/* How the reader wants it. */
struct verify_style {
    bool details;
    const struct verify_question *question;
};

/* Texts between the parts are constants; "" where there is nothing. */
struct verify_format {
    enum verify_section order[SECTIONS];
    const char *begins[SECTIONS], *between[SECTIONS], *ends[SECTIONS]; /* by section */
    const char *between_results;
    void (*open)(struct text *t);
    void (*close)(struct text *t, enum exit_code code);
    void (*head)(struct text *t, const struct verify_head *h);
    void (*tail)(struct text *t, const struct verify_head *h);
    /*
     * Each may add nothing: then the item is not shown. False: the item may be left out when there
     * are more than VERIFY_SHOWN_MAX in its section.
     */
    bool (*package)(struct text *t, const struct report_package *p, const struct verify_style *s);
    bool (*file)(struct text *t, const struct report_file *f, const struct verify_style *s);
    bool (*finding)(struct text *t, const struct report_finding *f, const struct verify_style *s);
};

extern const struct verify_format verify_format_text, verify_format_json, verify_format_html;

/* "intact, and win7sp1-x64 accepts it", "ALTERED", ...: the verdict in words. */
void verify_verdict(struct text *t, const struct verify_head *h);

/* "5 driver packages, 23 files, 2 of them altered or missing". */
void verify_counts(struct text *t, const struct verify_head *h);

#endif
