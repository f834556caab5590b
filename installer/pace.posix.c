#define _POSIX_C_SOURCE 200809L /* clock_gettime, nanosleep */
#include "installer/pace.h"

#include <errno.h>
#include <time.h>

uint64_t pace_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void pace_wait(unsigned seconds)
{
    struct timespec left = {.tv_sec = (time_t)seconds};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        continue;
}
