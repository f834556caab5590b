/*
 * replay: a guest out of a file, to be judged anywhere as it would judge itself.
 *
 * The file holds facts, as `detect --json` writes them, or a whole report, as `status --json` does:
 * then the journal comes along, without which the guest's own word cannot be repeated. replay
 * checks both as if they were read alone, and draws no conclusion.
 */
#ifndef XENPV_INSTALLER_REPLAY_H
#define XENPV_INSTALLER_REPLAY_H

#include "installer/journal.h"

struct replay {
    struct facts *facts;     /* owned */
    struct journal *journal; /* owned; NULL: the file has none */
};

/* Fields of the facts that this program does not know are added to unknown (may be NULL). *r must
 * be zeroed. */
bool replay_decode(struct span json, struct replay *r, struct texts *unknown, struct err *e);

void replay_release(struct replay *r);

#endif
