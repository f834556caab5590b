/*
 * quiet: tests that provoke thousands of failures, whose log would drown the one that counts.
 *
 * Between quiet() and loud() standard error goes nowhere; FAIL says what is wrong all the same.
 */
#ifndef XENPV_TESTS_QUIET_H
#define XENPV_TESTS_QUIET_H

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int kept_stderr = -1;

static void quiet(void)
{
    fflush(stderr);
    kept_stderr = dup(2);
    int null = open("/dev/null", O_WRONLY);
    dup2(null, 2);
    close(null);
}

static void loud(void)
{
    if (kept_stderr < 0)
        return;
    fflush(stderr);
    dup2(kept_stderr, 2);
    close(kept_stderr);
    kept_stderr = -1;
}

#define FAIL(...)                                                                                  \
    do {                                                                                           \
        loud();                                                                                    \
        fail_msg(__VA_ARGS__);                                                                     \
    } while (0)

#endif
