/*
 * eventlog: Windows' Application event log.
 *
 * Writes one event under our source, and registers the source, which tells the event viewer that
 * the sentences are in this program. Without that an event stands there too, its texts after a
 * sentence of the viewer's own. eventlog knows nothing of what an event means.
 */
#ifndef XENPV_INSTALLER_EVENTLOG_H
#define XENPV_INSTALLER_EVENTLOG_H

#include "installer/outcome_event.h"

/*
 * Set HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\xenpv, where it is not so yet:
 * EventMessageFile is the running program. Needs an administrator. It stays for good, since what is
 * in the log is read by it.
 */
bool eventlog_register(struct err *e);

bool eventlog_write(const struct outcome_event *event, struct err *e);

#endif
