/*
 * pipeline: many jobs on all processors, finished in the order in which they were given.
 *
 * Jobs are made one by one, worked on by several threads, and finished one by one in the order of
 * their making, so that the output is the same however many threads there are. Only so many jobs
 * are under way that memory stays bounded. pipeline knows nothing of what the jobs are.
 */
#ifndef XENPV_BASE_PIPELINE_H
#define XENPV_BASE_PIPELINE_H

enum { PIPELINE_THREADS_MAX = 16, PIPELINE_AHEAD = 4 /* jobs under way for each thread */ };

struct pipeline {
    void *context;
    void *(*make)(void *context); /* the next job, or NULL: there are no more; one call at a time */
    void (*work)(void *context,
                 void *job); /* several calls at a time, of different jobs, in any order */
    void (*finish)(
        void *context,
        void *job); /* one call at a time, in the order of make, in the caller's thread */
};

/* Run it to its end with this many threads (0: as many as there are processors; 1: all in the
 * caller's thread). */
void pipeline_run(const struct pipeline *p, unsigned threads);

#endif
