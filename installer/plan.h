/*
 * plan: from a verified source to ordered steps.
 *
 * Pure: source x facts -> journal whose steps are all pending. What each step will write where,
 * which services and filters it will leave, is taken from the INFs by the rules of this Windows, so
 * that the transaction can ask afterwards whether it came true, and undo it. plan touches no
 * machine; paths are the machine's, with backslashes.
 */
#ifndef XENPV_INSTALLER_PLAN_H
#define XENPV_INSTALLER_PLAN_H

#include "installer/journal.h"
#include "installer/source.h"

/* Absolute folders of the machine, without a slash at the end. */
struct plan_folders {
    const char *state, *windows, *system, *drivers, *program_files;
};

/* Build the journal of an installation. *out must be zeroed. */
bool plan_install(const struct source *s, const struct facts *f, const struct plan_folders *folders,
                  struct journal *out, struct err *e);

/* The bytes of a file to be stored or installed (journal_file.source) of a driver, a helper or a
 * product, which goes by its code; borrowed from the source. */
bool plan_content(struct source *s, const char *subject, const char *name, struct span *out,
                  struct err *e);

/* One line for people: "stage xenbus.inf". mem_free. */
char *plan_step_words(const struct journal *j, const struct journal_step *step);

#endif
