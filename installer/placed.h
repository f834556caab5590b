/*
 * placed: files that a step puts on the machine, and takes away again.
 *
 * A file counts as there only when it holds the verified bytes. What was there before is noted and
 * kept, so that undoing gives it back; what was not there is removed. placed knows no step.
 */
#ifndef XENPV_INSTALLER_PLACED_H
#define XENPV_INSTALLER_PLACED_H

#include "installer/step.h"

/* Are these the bytes with that SHA-256, in hexadecimal of small letters? */
bool placed_are_bytes(struct span bytes, const char *sha256);

/* Does the file at path hold these bytes? TRI_UNKNOWN when it cannot be read. */
enum tri placed_has_bytes(struct platform *p, const char *path, const char *sha256);

/* Will it hold them after the next start of Windows, as the old bytes are in use? */
bool placed_will_have(struct platform *p, const char *path, const char *sha256);

/* The folder that path is in; mem_free. */
char *placed_folder(const char *path);

/* Note whether the file is there now, and where a copy of it would be kept. */
bool placed_survey(struct step_run *r, struct journal_file *f, struct err *e);

/* A file that was there and is to get other bytes: a copy of it in our folder, made once. */
bool placed_keep(struct step_run *r, const struct journal_file *f, struct err *e);

/* Write the verified bytes of subject's file, its folder too. */
bool placed_put(struct step_run *r, const char *subject, const struct journal_file *f,
                struct err *e);

/* The file gets the bytes of the one at `stored`, which has been verified: now, or at the next
 * start of Windows when it is in use. */
bool placed_copy(struct step_run *r, const char *stored, const struct journal_file *f,
                 struct err *e);

/* The file as it was: away, or with the bytes that were kept. */
bool placed_undo(struct step_run *r, const struct journal_file *f, struct err *e);

/* Hold the file, then look at its bytes: what is held and right stays right until it is released.
 */
bool placed_hold(struct step_run *r, const struct journal_file *f);

/* Let go of those held since there were `count`. */
void placed_release(struct step_run *r, size_t count);

#endif
