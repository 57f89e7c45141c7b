/*
 * thread_world.h - an engine whose workers are threads, for plain programs: who asks, who edits,
 * and how they all end.
 *
 *   thread_world_make -> engine_world_run ... -> thread_world_run(roles) -> each thread_call ...,
 *   thread_leave -> thread_world_end(): the exit status
 *
 * One world a program. Threading: thread_call, thread_fault and thread_leave by the worker's
 * thread.
 */
#ifndef FASTI_TESTS_SUPPORT_THREAD_WORLD_H
#define FASTI_TESTS_SUPPORT_THREAD_WORLD_H

#include "tests/support/engine_world.h"

#define THREAD_WORKERS_MAX 8

/* On a simulated disk; now: "2026-01-05T07:00:00Z". */
struct engine_world *thread_world_make(uint32_t worker_count, const char *now);

/* A thread a worker; roles[i] gets &i's number (uint32_t). Until all of them returned; false: no
 * threads. */
bool thread_world_run(void *(*const *roles)(void *));

/* Says what went wrong in a line, and counts it. */
void thread_fault(uint32_t worker, uint32_t round, const char *what);
uint32_t thread_faults(void);

/* One command, until its answer is there. */
struct fasti_answer thread_call(uint32_t worker, const struct fasti_command *command);

/* Nothing to do just now: others may go on. */
void thread_rest(uint32_t worker);

/* The last thing of a role. The committer's role may be this worker's while somebody waits: goes on
 * until all are here. */
void thread_leave(uint32_t worker);

/* Frees the world. 0: there were no faults. */
int thread_world_end(void);

#endif
