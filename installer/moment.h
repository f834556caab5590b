/*
 * moment: may drivers be changed on this Windows now, and what should its administrator know first?
 *
 * Pure: facts x what is to be done -> a reason to wait, or warnings. A driver that is put into a
 * Windows in safe mode, or into one that is half-way through somebody else's installation, is
 * installed by half; so that is refused. Taking drivers out is a way back from a Windows that does
 * not start otherwise: it is warned of, and never refused. moment says nothing and changes nothing.
 */
#ifndef XENPV_INSTALLER_MOMENT_H
#define XENPV_INSTALLER_MOMENT_H

#include "drivers-manifest/facts.h"

struct moment_wishes {
    bool removal;
    bool ignore_pending_restart;
};

/* Sentences for people. */
struct moment {
    char *refusal; /* NULL: go on */
    struct texts warnings;
};

/* *out must be zeroed. */
void moment_look(const struct facts *f, const struct moment_wishes *wishes, struct moment *out);

void moment_release(struct moment *m);

#endif
