/*
 * msi_effects: what a Windows Installer package asks of a machine before it installs, and what it
 * does to that machine's trust.
 *
 * Reads LaunchCondition against what the facts say (with AppSearch's look-up of SystemStartOptions,
 * which is how packages ask for TESTSIGNING), and the Certificate table of the WiX toolset, whose
 * rows put certificates into stores. It predicts; nothing is run. What custom actions do that are
 * programs of the package is not known to it.
 *
 * Sources: Microsoft, "LaunchCondition Table", "RegLocator Table", "Property Reference"; WiX
 * toolset, iis extension (table Certificate).
 */
#ifndef XENPV_VERIFIER_MSI_EFFECTS_H
#define XENPV_VERIFIER_MSI_EFFECTS_H

#include "drivers-manifest/facts.h"
#include "verifier/msi.h"

enum {
    MSI_EFFECTS_MAX = 256,                /* rows of each table that are looked at */
    MSI_CERTIFICATE_SIZE_MAX = 64 * 1024, /* bytes of one certificate */
};

/* A row of LaunchCondition. */
struct msi_demand {
    char *condition;
    char *message; /* what Windows Installer would say; hostile text */
    enum tri met;  /* on this guest */
};

/* A certificate that goes into a store. */
struct msi_certificate {
    char *store;         /* "Root", "TrustedPublisher"; hostile text */
    enum tri of_machine; /* LocalMachine's, not CurrentUser's */
    char *sha1;          /* thumbprint in lower-case hexadecimal; NULL: it could not be read */
    char *subject;       /* CN, else OU, else O; hostile text; NULL: not known */
};

/* Zeroed is a package without either. */
struct msi_effects {
    char *code, *name, *version; /* ProductCode, ProductName, ProductVersion; NULL: it has none */
    struct {
        struct msi_demand *at;
        size_t count;
    } demands;
    struct {
        struct msi_certificate *at;
        size_t count;
    } certificates;
    bool truncated; /* it has more rows than are looked at */
};

/* Of the package in bytes. Fails with ERR_FORMAT when a table that decides is broken. *out must be
 * zeroed. */
bool msi_effects_read(struct span bytes, const struct facts *f, struct msi_effects *out,
                      struct err *e);

void msi_effects_release(struct msi_effects *m);

#endif
