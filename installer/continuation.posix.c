#include "installer/continuation.h"

bool continuation_run(continuation_work work, const struct cli *c, enum exit_code *code,
                      struct err *e)
{
    (void)work;
    (void)c;
    (void)code;
    return err_set(e, ERR_USAGE, "--service is for Windows' service manager");
}
