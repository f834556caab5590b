#include "installer/handover.h"

bool handover_run(int *code, struct err *e)
{
    (void)code;
    (void)e;
    return false;
}
