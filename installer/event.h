/*
 * event: one entry of a Windows event log, out of the bytes that Windows gives.
 *
 * Two forms: the XML that EvtRender writes since Vista, and the EVENTLOGRECORD of ReadEventLog,
 * which is all that older ones have. The words that people read come from message files in the
 * machine's language and are not looked for: id, source and strings say the same everywhere. Names
 * of users and of the machine are left out. event believes the bytes nothing and calls nothing.
 */
#ifndef XENPV_INSTALLER_EVENT_H
#define XENPV_INSTALLER_EVENT_H

#include "base/span.h"
#include "drivers-manifest/facts.h"

enum {
    EVENT_STRINGS_MAX = 24,
    EVENT_TEXT_MAX = 400, /* bytes of one string; more is cut */
};

/* UTF-8. False when it is no event with a provider and an id; *out must be zeroed, and is then. */
bool event_from_xml(const char *xml, struct facts_event *out);

/* One EVENTLOGRECORD of this log, of exactly its own length. The same. */
bool event_from_record(const char *log, struct span record, struct facts_event *out);

/* Does it speak of Xen's drivers, or of one of these names? */
bool event_concerns(const struct facts_event *e, const struct texts *names);

void event_release(struct facts_event *e);

#endif
