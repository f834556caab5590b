/*
 * msi_trust: what a product of Windows Installer does to this machine's trust, in the journal.
 *
 * Each certificate that the package puts into a store is one line of the journal's `trust`: before
 * the installation as what it will do, afterwards only where the store has it. msi_trust changes no
 * store.
 */
#ifndef XENPV_INSTALLER_MSI_TRUST_H
#define XENPV_INSTALLER_MSI_TRUST_H

#include "installer/journal.h"
#include "installer/platform.h"

/* "certificate 'Univention GmbH' (SHA-1 2f0e...) in LocalMachine\\Root"; mem_free. */
char *msi_trust_words(const struct journal_certificate *c);

/* All of the product's certificates become lines. */
void msi_trust_expect(struct journal *j);

/* Only those that the machine has now, or that cannot be asked for. */
void msi_trust_look(struct platform *p, struct journal *j);

/* None of them any more. */
void msi_trust_forget(struct journal *j);

#endif
