/*
 * policy: what this Windows will make of a driver package.
 *
 * Pure: evidence x facts (x manifest) -> prediction. Three answers that are never mixed: would the
 * kernel load the drivers, would Plug and Play install the package without asking, and is it fit to
 * be installed here. Each names the rule that decided; the rule names its source, and how sure one
 * can be of it. What the documents leave open, or what is not known of the guest, is "unknown", and
 * unknown is not yes. Rules that hold and do not decide are notes.
 *
 * Integrity is evidence's and is taken as it is; policy reads no file and knows no clock.
 */
#ifndef XENPV_VERIFIER_POLICY_H
#define XENPV_VERIFIER_POLICY_H

#include "drivers-manifest/manifest.h"
#include "verifier/evidence.h"

enum load_verdict { LOAD_UNKNOWN = 0, LOAD_REFUSED, LOAD_LOADS };
enum install_verdict { INSTALL_UNKNOWN = 0, INSTALL_REFUSED, INSTALL_PROMPTS, INSTALL_SILENT };
enum fit_verdict { FIT_UNKNOWN = 0, FIT_NO, FIT_WARN, FIT_YES };

/* How sure a rule is. A good verdict that is not firm is a warning as well. */
enum confidence {
    CONFIDENCE_INFERRED =
        0, /* our reading of what is documented; nobody says so in as many words */
    CONFIDENCE_CONTRADICTED, /* documents, or documents and reports from the field, say different
                                things */
    CONFIDENCE_FIRM,         /* documented, and nothing known speaks against it */
};

/* What a rule is about. */
enum question { QUESTION_UNKNOWN = 0, QUESTION_LOAD, QUESTION_INSTALL, QUESTION_FIT };

/* One rule. All texts are constants. The id is stable: scripts and tests match on it. */
struct policy_rule {
    const char *id;
    enum question question;
    enum confidence confidence;
    const char *sentence; /* without full stop */
    const char *source;   /* the document, or where the report is */
};

/* All rules there are, in the order in which one would read them. */
const struct policy_rule *policy_rules(size_t *count);

/* The rule with this id that is about this question (QUESTION_UNKNOWN: about any), or NULL. */
const struct policy_rule *policy_rule_find(enum question question, const char *id);

/* One kernel driver of the package. */
struct driver_prediction {
    char *file;      /* entry's name; owned */
    bool boot_start; /* some service of the INF starts it at boot */
    enum load_verdict load;
    const char *rule; /* stable id, such as "cross-signed": basis->id */
    char *why;        /* one sentence without full stop; owned */
    const struct policy_rule *basis;
};

/* A rule that holds here as well, and has not decided. */
struct policy_note {
    const struct policy_rule *rule;
    char *file; /* it is about; NULL: the package; owned */
    char *why;  /* owned */
};

/* Scores of SP_DRVINSTALL_PARAMS' rank, as Vista and later have them. */
enum { SCORE_SIGNED_MASK = 0xf0 }; /* of the score's highest byte: 0 is signed */
#define SCORE_WHQL UINT32_C(0x0d000005)
#define SCORE_AUTHENTICODE UINT32_C(0x0f000000)
#define SCORE_UNSIGNED UINT32_C(0x80000000)
#define SCORE_W9X_SUSPECT UINT32_C(0xc0000000)

struct prediction {
    enum load_verdict load; /* the worst of the drivers */
    enum install_verdict install;
    enum fit_verdict fit;
    const char *load_rule, *install_rule, *fit_rule; /* the ids of the bases */
    char *load_why, *install_why, *fit_why;          /* owned */
    const struct policy_rule *load_basis, *install_basis,
        *fit_basis;             /* never NULL after policy_judge */
    struct number signer_score; /* SCORE_*; not known before Vista, which has none, or when install
                                   is unknown */
    /*
     * 0xSSGGTHHH (before Vista 0xTHHH with 0x8000 for unsigned ones), lower wins: of the best match
     * of a model with a device that this guest has; not known when it has none.
     */
    struct number rank;
    struct {
        struct driver_prediction *at;
        size_t count;
    } drivers; /* those that the INF copies on this Windows */
    struct {
        struct policy_note *at;
        size_t count;
    } notes;
};

/* What is to be judged, and for whom. All are borrowed. */
struct policy_case {
    const struct evidence *evidence;
    const struct evidence_package
        *package; /* as gathered for the guest's target, or an evidence_view for it */
    const struct facts *facts;
    const struct manifest
        *manifest; /* NULL: releases are not recognised, and there are no advisories */
};

/* *out must be zeroed. Cannot fail. */
void policy_judge(const struct policy_case *c, struct prediction *out);

/* The same without a manifest. */
void policy_predict(const struct evidence *ev, const struct evidence_package *p,
                    const struct facts *f, struct prediction *out);

void prediction_release(struct prediction *p);

/* The release of the manifest that this package is one driver of, by provider, INF, version and
 * signer; or NULL. */
const struct manifest_release *policy_release(const struct policy_case *c);

/* The numbers that INF decorations compare, from the facts. What is not known stays 0. */
struct target policy_target(const struct facts_windows *w);

const char *load_verdict_name(enum load_verdict v); /* "loads" "refused" "unknown" */
const char *install_verdict_name(
    enum install_verdict v);                      /* "silent" "prompts" "refused" "unknown" */
const char *fit_verdict_name(enum fit_verdict v); /* "yes" "warn" "no" "unknown" */
const char *confidence_name(enum confidence c);   /* "firm" "documented-contradiction" "inferred" */
const char *question_name(enum question q);       /* "load" "install" "fit" "unknown" */

#endif
