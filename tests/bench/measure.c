/*
 * measure: runs commands by turns and says how long each took.
 *
 *     measure ROUNDS COMMAND [ARGUMENT]... [-- COMMAND [ARGUMENT]...]...
 *
 * Prints one line for each command: the least seconds, the least seconds of processor time, the most KB of memory of all
 * rounds, and the exit status of the last. By turns, so that a busy machine is busy for all of them. Output of the
 * commands is thrown away.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { COMMANDS_MAX = 16 };

struct measured {
    char **words;
    double wall, processor;
    long memory;
    int status;
};

static double seconds_of(struct timeval t)
{
    return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run(char **words)
{
    int nothing = open("/dev/null", O_RDWR);
    dup2(nothing, STDIN_FILENO);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    execvp(words[0], words);
    _exit(127);
}

static void measure(struct measured *m)
{
    struct rusage used;
    double from = now();
    pid_t child = fork();
    if (child == 0)
        run(m->words);
    if (child < 0 || wait4(child, &m->status, 0, &used) != child)
        exit(2);
    double wall = now() - from, processor = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
    if (m->wall == 0 || wall < m->wall)
        m->wall = wall;
    if (m->processor == 0 || processor < m->processor)
        m->processor = processor;
    if (used.ru_maxrss > m->memory)
        m->memory = used.ru_maxrss;
}

int main(int argc, char **argv)
{
    struct measured commands[COMMANDS_MAX] = {{0}};
    int count = 0, rounds = argc > 2 ? atoi(argv[1]) : 0;
    if (rounds <= 0) {
        fputs("usage: measure ROUNDS COMMAND [ARGUMENT]... [-- COMMAND...]...\n", stderr);
        return 2;
    }
    commands[count++].words = argv + 2;
    for (int i = 2; i < argc && count < COMMANDS_MAX; i++)
        if (strcmp(argv[i], "--") == 0) {
            argv[i] = NULL;
            commands[count++].words = argv + i + 1;
        }
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < count; i++)
            measure(&commands[i]);
    for (int i = 0; i < count; i++)
        printf("%.4f %.4f %ld %d\n", commands[i].wall, commands[i].processor, commands[i].memory,
               WIFEXITED(commands[i].status) ? WEXITSTATUS(commands[i].status) : -1);
    return 0;
}
