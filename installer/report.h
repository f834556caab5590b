/*
 * report: what a run of the program found and did: the one struct behind text, JSON and the exit
 * code.
 *
 * Filled by the commands as they go; what a command did not look at stays empty and is left out of
 * the text. The text is for people, at most 80 columns where names allow; the JSON has every
 * member, in the same order every time: docs/report.schema.json says what they are.
 */
#ifndef XENPV_INSTALLER_REPORT_H
#define XENPV_INSTALLER_REPORT_H

#include "drivers-manifest/decision.h"
#include "drivers-manifest/flavour.h"
#include "installer/replacement.h"
#include "installer/source.h"
#include "installer/status.h"
#include "installer/verify_report.h"

enum { REPORT_SCHEMA = 1 };

/* One driver package that was verified for installation. */
struct report_driver {
    char *name, *container, *inf, *version, *integrity;
    struct number files;
    char *signer, *root, *timestamp, *timestamp_kind;
    char *load, *load_rule, *install, *install_rule, *fit;
};

struct report_container {
    char *path, *sha256;
    enum tri pinned;
    struct report_signature *signature;
};

struct report_refusal {
    char *container, *file, *message;
};

/* The manifest of a file, where it is not the embedded one. */
struct report_manifest {
    char *file, *trust, *why; /* "signed" or "unsigned", and why it is not signed */
    enum tri allowed;         /* unsigned: was it allowed on the command line? */
};

struct report {
    struct number schema, exit_code;
    char *command, *program; /* "install", "xenpv 0.1.0" */
    char *outcome, *message; /* words of the exit code; what went wrong, or what comes next */
    struct report_manifest *manifest; /* owned; NULL: the embedded one */
    char *windows;                    /* name of this Windows */
    enum flavour flavour;             /* whose Xen it is, by the facts */
    char *flavour_sign;  /* by what it is told from plain Xen; NULL: by nothing, or it is plain */
    struct facts *facts; /* owned; NULL: not read */
    struct choice choice;
    struct decision *decision; /* owned; NULL: none was made */
    struct {
        struct report_container *at;
        size_t count;
    } containers;
    struct {
        struct report_driver *at;
        size_t count;
    } drivers;
    struct {
        struct report_refusal *at;
        size_t count;
    } refusals;
    struct journal *
        journal; /* owned; NULL: there is none. Its trust says what was changed in Windows' trust */
    struct status *status;   /* owned; NULL: not judged */
    enum tri all_candidates; /* print every candidate, not only those that could have been */
    bool colour;             /* the text is for a terminal that knows colours */
};

extern const struct shape report_shape;

void report_init(struct report *r, const char *command);

/* The name of this Windows for people, from the manifest's table and the facts; mem_free. */
char *report_windows_name(const struct manifest *m, const struct facts_windows *w);

void report_set_manifest(struct report *r, const char *file, const struct replacement *trust,
                         bool allowed);

void report_set_source(struct report *r, const struct source *s);

/* Take over what a journal or facts hold; they are left zeroed. A journal in state JOURNAL_NONE is
 * not taken. */
void report_take_journal(struct report *r, struct journal *j);
void report_take_facts(struct report *r, struct facts *f);

/* Code and message; the message may be NULL. */
void report_set_outcome(struct report *r, enum exit_code code, const char *message);

/* Is it worth a line? Sets for another processor or Windows are what nobody asks about unless all
 * are asked for. */
bool report_is_notable(const struct candidate *c);

/* As shape_edit_texts, of all of the report. */
void report_edit_texts(struct report *r, void (*edit)(void *context, char **text), void *context);

char *report_json(const struct report *r); /* mem_free */
char *report_text(const struct report *r); /* mem_free */

void report_release(struct report *r);

#endif
