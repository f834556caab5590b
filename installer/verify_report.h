/*
 * verify_report: what `xenpv verify` says, as one struct behind text and JSON.
 *
 * Built from evidence and, when a Windows is given, predictions. The member names are the JSON's.
 */
#ifndef XENPV_INSTALLER_VERIFY_REPORT_H
#define XENPV_INSTALLER_VERIFY_REPORT_H

#include "installer/exit_code.h"
#include "verifier/policy.h"

struct report_signature {
    char *integrity, *signer, *issuer, *program, *digest, *root;
    char *timestamp, *timestamp_kind, *timestamp_integrity, *timestamp_authority;
};

struct report_signatures {
    struct report_signature *at;
    size_t count;
};

struct report_file {
    char *name, *integrity, *sha256;
    enum tri member;
    struct report_signatures signatures;
};

struct report_prediction {
    char *windows, *load, *install, *fit, *rule, *why;
};

struct report_package {
    char *inf, *catalog, *provider, *version, *integrity;
    struct report_signature *signature; /* NULL: none */
    struct { struct report_file *at; size_t count; } files;
    struct { struct report_prediction *at; size_t count; } predictions;
};

struct report_finding {
    char *code, *severity, *file, *message;
};

struct verify_result {
    char *path, *kind, *integrity, *sha256;
    struct report_signature *signature; /* NULL: none */
    struct { struct report_package *at; size_t count; } packages;
    struct { struct report_file *at; size_t count; } files;
    struct { struct report_finding *at; size_t count; } findings;
};

struct verify_report {
    struct number schema, exit_code;
    char *command;
    struct { struct verify_result *at; size_t count; } results;
};

extern const struct shape report_signature_shape;

/* An owned copy of what a signature says, or NULL for NULL. */
struct report_signature *report_signature_of(const struct signature *s);

/* Add what evidence says of one path; f and windows (its name) may be NULL: then nothing is predicted. */
void verify_report_add(struct verify_report *r, const char *path, const struct evidence *ev, const struct facts *f,
                       const char *windows);

/* Add a path that could not be looked at. */
void verify_report_add_failure(struct verify_report *r, const char *path, const char *message);

/* 0, 4 when anything is altered, unsigned or refused, 1 when something could not be looked at. */
enum exit_code verify_report_exit_code(const struct verify_report *r);

/* Both are the caller's: mem_free. details: every file, not only the verdicts. */
char *verify_report_json(const struct verify_report *r);
char *verify_report_text(const struct verify_report *r, bool details);

void verify_report_release(struct verify_report *r);

#endif
