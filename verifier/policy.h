/*
 * policy: what this Windows will make of a driver package.
 *
 * Pure: evidence x facts -> prediction. Three answers that are never mixed: would the kernel load the drivers, would
 * Plug and Play install the package without asking, and is it fit to be installed here. Each names the rule that
 * decided. What the documents leave open, or what is not known of the guest, is "unknown", and unknown is not yes.
 *
 * Sources: windows-driver-docs, install/kernel-mode-code-signing-policy (2024-08-19), signature-categories-and-driver-
 * installation, inf-manufacturer-section; support.microsoft.com, "The Windows Driver Policy" (2026); KB3033929, KB4474419.
 */
#ifndef XENPV_VERIFIER_POLICY_H
#define XENPV_VERIFIER_POLICY_H

#include "drivers-manifest/facts.h"
#include "verifier/evidence.h"

enum load_verdict { LOAD_UNKNOWN = 0, LOAD_REFUSED, LOAD_LOADS };
enum install_verdict { INSTALL_UNKNOWN = 0, INSTALL_REFUSED, INSTALL_PROMPTS, INSTALL_SILENT };
enum fit_verdict { FIT_UNKNOWN = 0, FIT_NO, FIT_WARN, FIT_YES };

/* One kernel driver of the package. Texts of rule and why are constants or owned, see below. */
struct driver_prediction {
    char *file;            /* entry's name; owned */
    bool boot_start;       /* some service of the INF starts it at boot */
    enum load_verdict load;
    const char *rule;      /* stable id, such as "cross-signed" */
    char *why;             /* one sentence without full stop; owned */
};

struct prediction {
    enum load_verdict load; /* the worst of the drivers */
    enum install_verdict install;
    enum fit_verdict fit;
    const char *load_rule, *install_rule, *fit_rule;
    char *load_why, *install_why, *fit_why; /* owned */
    struct { struct driver_prediction *at; size_t count; } drivers;
};

/* *out must be zeroed. Cannot fail. */
void policy_predict(const struct evidence *ev, const struct evidence_package *p, const struct facts *f,
                    struct prediction *out);

void prediction_release(struct prediction *p);

/* The numbers that INF decorations compare, from the facts. What is not known stays 0. */
struct target policy_target(const struct facts_windows *w);

const char *load_verdict_name(enum load_verdict v);       /* "loads" "refused" "unknown" */
const char *install_verdict_name(enum install_verdict v); /* "silent" "prompts" "refused" "unknown" */
const char *fit_verdict_name(enum fit_verdict v);         /* "yes" "warn" "no" "unknown" */

#endif
