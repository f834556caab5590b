/*
 * install: the whole job, from facts to outcome, and its undoing.
 *
 * Refusals come before any effect. A journal that is there decides how a run begins: half-done
 * effects are reverted, a pending restart is waited for, an installation is confirmed. Logs each
 * step; prints nothing.
 */
#ifndef XENPV_INSTALLER_INSTALL_H
#define XENPV_INSTALLER_INSTALL_H

#include "installer/session.h"

enum exit_code install_run(struct session *s);
enum exit_code install_resume(struct session *s);
enum exit_code install_rollback(struct session *s);

/* A command that changes the machine: manifest, facts and journal are read, rights and the lock are
 * there while it runs. */
enum exit_code install_alone(struct session *s, enum exit_code (*command)(struct session *s));

/* What the service is told that goes on after the restart; mem_free. */
char *install_continuation_arguments(const struct session *s, const char *state_folder);

/* Begin the restart if that was asked for, else say that one is needed, and that `command` comes
 * after it. */
enum exit_code install_restart(struct session *s, const char *command);

#endif
