#include "installer/pace.h"

#include <windows.h>

uint64_t pace_milliseconds(void)
{
    return GetTickCount();
}

void pace_wait(unsigned seconds)
{
    Sleep(seconds * 1000);
}
