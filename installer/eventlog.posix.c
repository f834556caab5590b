#include "installer/eventlog.h"

bool eventlog_register(struct err *e)
{
    return err_set(e, ERR_USAGE, "only Windows has an event log");
}

bool eventlog_write(const struct outcome_event *event, struct err *e)
{
    (void)event;
    return err_set(e, ERR_USAGE, "only Windows has an event log");
}
