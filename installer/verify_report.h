/*
 * verify_report: what `xenpv verify` has to say about one step, as plain structs, and the sums over
 * a path.
 *
 * Built from evidence and, where Windows are given, predictions. The member names are the JSON's.
 * How it is written is verify_format's.
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

/* One of the three answers, and on what it rests. */
struct report_answer {
    char *rule, *why, *source, *confidence;
};

struct report_driver_load {
    char *file, *load, *rule, *why;
    enum tri boot_start;
};

struct report_note {
    char *rule, *file, *why, *source, *confidence;
};

struct report_prediction {
    char *windows, *load, *install, *fit;
    char *rule, *why, *source, *confidence; /* of the answer that decided */
    struct report_answer load_basis, install_basis, fit_basis;
    struct number signer_score, rank;
    struct {
        struct report_driver_load *at;
        size_t count;
    } drivers;
    struct {
        struct report_note *at;
        size_t count;
    } notes;
};

struct report_package {
    char *inf, *catalog, *provider, *version, *integrity;
    struct report_signature *signature; /* NULL: none */
    struct {
        struct report_file *at;
        size_t count;
    } files;
    struct {
        struct report_prediction *at;
        size_t count;
    } predictions;
};

struct report_finding {
    char *code, *severity, *file, *message;
};

/* One step: what it adds to the result of its path. */
struct verify_result {
    char *sha256;                       /* of the container */
    struct report_signature *signature; /* of the container itself; NULL: none */
    struct {
        struct report_package *at;
        size_t count;
    } packages;
    struct {
        struct report_file *at;
        size_t count;
    } files;
    struct {
        struct report_finding *at;
        size_t count;
    } findings;
};

extern const struct shape report_signature_shape, report_file_shape, report_package_shape,
    report_finding_shape;

/* Packages with predictions of few words: for when there are many. */
extern const struct shape report_package_short_shape;

/* A Windows to predict for. */
struct verify_windows {
    char *name;
    struct facts facts;
    struct target target;
};

/* What to find out beside the evidence. */
struct verify_question {
    struct verify_windows *windows;
    size_t count; /* 0: nothing is predicted */
    bool all;     /* the whole table was asked for: one Windows that accepts a package is enough */
    const struct manifest *manifest; /* NULL: releases are not recognised */
};

/* An owned copy of what a signature says, or NULL for NULL. */
struct report_signature *report_signature_of(const struct signature *s);

/* What evidence says, with the predictions that were asked for. *to must be zeroed;
 * verify_result_release. */
void verify_result_fill(const struct evidence *ev, const struct verify_question *q,
                        struct verify_result *to);

/* The same for what could not be looked at. */
void verify_result_fail(const char *message, struct verify_result *to);

void verify_result_release(struct verify_result *r);

/* Would this Windows take it: nothing refused, and something of it is for that Windows? */
bool report_prediction_accepts(const struct report_prediction *p);

/* The first prediction that speaks against the package (with all: when none accepts it), or NULL.
 */
const struct report_prediction *report_package_refusal(const struct report_package *p, bool all);

/* Sums over the steps of one path. Zeroed is none. */
struct verify_sums {
    size_t packages, files, findings;
    size_t bad_packages; /* not intact */
    size_t bad_files;    /* altered, missing or unreadable, in packages or not */
    size_t refused;      /* packages that are not accepted */
    bool unseen;         /* something could not be looked at */
};

void verify_sums_add(struct verify_sums *s, const struct verify_result *r,
                     const struct verify_question *q);

/* 0 all intact and accepted; 4 something is altered, unsigned or refused; 1 something could not be
 * looked at. */
enum exit_code verify_sums_exit_code(const struct verify_sums *s, enum integrity verdict);

#endif
