/*
 * by_msi: an installation by Windows Installer instead of by us (--via-msi): may it be, and what is
 * its plan?
 *
 * The verified source must be one package of Windows Installer. What it will ask of this guest and
 * do to its trust is read from it before anything is changed: a launch condition that does not hold
 * is a refusal, and so is a certificate that it would put into a store, unless the operator takes
 * that upon himself (--accept msi-certificates). It is accepted by code, as an advisory is, and not
 * by an option of its own: it is one more thing that is known to be bad for this machine, the code
 * stands in the journal with the others, and what it does is in the report's `trust`.
 *
 * The plan is the one of plan_install with other steps: the package is stored and held, Windows
 * Installer installs it, and what it must have brought is what we would have.
 */
#ifndef XENPV_INSTALLER_BY_MSI_H
#define XENPV_INSTALLER_BY_MSI_H

#include "installer/journal.h"
#include "installer/source.h"
#include "verifier/msi_effects.h"

#define BY_MSI_ACCEPT "msi-certificates"

struct by_msi {
    char *file, *sha256; /* the package's base name, and its bytes' hash */
    struct msi_effects effects;
};

/* Read the source's package. ERR_USAGE with a sentence when the source is none. *out must be
 * zeroed. */
bool by_msi_open(const struct source *s, const struct facts *f, struct by_msi *out, struct err *e);

/* ERR_REFUSED with a sentence when it may not be installed here. accept: codes. */
bool by_msi_allowed(const struct by_msi *m, const struct texts *accept, struct err *e);

/* The planned journal j becomes one of an installation by Windows Installer. */
void by_msi_plan(const struct by_msi *m, const char *state_folder, struct journal *j);

void by_msi_release(struct by_msi *m);

#endif
