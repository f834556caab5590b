/*
 * select_inside: what select's own files share: one candidate under judgement.
 *
 * Not for others: they include select.h.
 */
#ifndef XENPV_MANIFEST_SELECT_INSIDE_H
#define XENPV_MANIFEST_SELECT_INSIDE_H

#include "drivers-manifest/select.h"

/* What the rules look at for one candidate. */
struct select_case {
    const struct facts *facts;
    const struct manifest *manifest;
    const struct select_options *options;
    const struct texts *installed; /* ids of families */
    const struct manifest_release *release;
    const struct manifest_set *set;
    struct candidate *candidate;
};

/* What is said against a candidate. change: what would take it away, NULL: nothing would. */
struct objection {
    const char *code;
    enum tri overridable;
    const char *change;
};

/* Puts it among the reasons, or among what was accepted, if it can be and was. */
void select_object(const struct select_case *c, const struct objection *o, const char *format, ...)
    ERR_PRINTF(3, 4);

/* All rules that look at one candidate alone; sets its verdict. */
void select_judge(const struct select_case *c);

/* What would make something eligible, for each family the least; into choice->remedies. */
void select_remedies(struct choice *choice);

#endif
