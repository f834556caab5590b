/*
 * outcome_event: what the outcome of a run is in Windows' Application event log.
 *
 * Pure: report -> number, kind and texts. The numbers are stable, one for each exit code, so that
 * filters and subscriptions can name them: 100 and the exit code, but 1641 and 3010 for themselves.
 * installer/events.mc has the sentence of each. outcome_event writes nothing (eventlog does).
 */
#ifndef XENPV_INSTALLER_OUTCOME_EVENT_H
#define XENPV_INSTALLER_OUTCOME_EVENT_H

#include "installer/report.h"

#define OUTCOME_EVENT_SOURCE "xenpv"

enum outcome_event_kind {
    OUTCOME_EVENT_KIND_ERROR = 0,
    OUTCOME_EVENT_KIND_WARNING,
    OUTCOME_EVENT_KIND_INFORMATION
};

enum {
    OUTCOME_EVENT_FIRST = 100,      /* of exit code 0 */
    OUTCOME_EVENT_TEXT_MAX = 8192,  /* bytes of a text; Windows takes 31,839 characters */
    OUTCOME_EVENT_FINDINGS_MAX = 40 /* named in a text; the others are counted */
};

/* The texts are those that the message has places for. */
struct outcome_event {
    uint16_t number;
    enum outcome_event_kind kind;
    char *command; /* "install" */
    char *details; /* what went wrong or comes next, the status and its findings; lines end in \n */
};

/* *out must be zeroed (outcome_event_release). */
void outcome_event_of(const struct report *r, struct outcome_event *out);

/* The identifier in the message table: the number, and the kind in its two highest bits. */
uint32_t outcome_event_identifier(const struct outcome_event *e);

void outcome_event_release(struct outcome_event *e);

#endif
