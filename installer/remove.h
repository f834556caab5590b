/*
 * remove: the command that takes a family's PV drivers out, and the same inside install --replace.
 *
 * Which family is meant, what is said about it, and the exit code; planning and doing are
 * removal's. A removal that was begun is always gone on with first.
 */
#ifndef XENPV_INSTALLER_REMOVE_H
#define XENPV_INSTALLER_REMOVE_H

#include "installer/session.h"

enum exit_code remove_run(struct session *s);

/* Go on with the removal of the journal. The exit code is DONE when nothing of the families is
 * left; what comes after a restart is said with `command`. */
enum exit_code remove_go_on(struct session *s, const char *command);

/* Take these families out, and no others: from the plan on, as remove_go_on. */
enum exit_code remove_families(struct session *s, const struct texts *families,
                               const char *command);

/*
 * Installed families that the drivers of `family` cannot live with, and `family` itself when
 * Windows Installer has more than one product of it, or would have with the one of this code
 * (NULL: none comes); empty: nothing is in the way.
 */
void remove_find_in_the_way(const struct session *s, const char *family, const char *product,
                            struct texts *out);

#endif
