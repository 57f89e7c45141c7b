/*
 * explore.h - workers as coroutines of one thread, under schedules that are chosen.
 *
 * Code compiled with FASTI_EXPLORE calls fasti_explore_yield before every access to a shared word
 * (engine/base/atomics.h); there another worker may be let go on. A schedule is the sequence of
 * these choices: the same choices give the same run. Interleavings are sequentially consistent;
 * weaker orders are for threads under TSan.
 *
 *   worker 0   --a--b         c--d--|            |  done: any other goes on, that is free
 *   worker 1         \--e--f-/      |--g--|
 *                    ^      ^ two preemptions: the worker that was left could have gone on
 *
 *   random   a seed: switches at one yield in 2, 4, ... 64
 *   walk     all schedules of at most so many preemptions, depth first; each is run from its start
 *
 * No choice is offered where it could not matter: before a worker's first access (who starts was
 * just chosen), at words that never change during a run, and at loads of a word that only the
 * loading worker writes. Threading: one thread; one explorer a process.
 */
#ifndef FASTI_TESTS_SUPPORT_EXPLORE_H
#define FASTI_TESTS_SUPPORT_EXPLORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/prng.h"

#define FASTI_EXPLORE_WORKERS_MAX 3
#define FASTI_EXPLORE_STEPS_MAX   20000 /* yields of one run; more: a worker gets nowhere */

/* A walk over all schedules: the choices of the one that runs now, each the taken-th of count. */
struct fasti_explore_walk {
    uint32_t preemptions_max;
    uint32_t depth, at; /* choices on the stack; those that this run has made */
    uint32_t preemptions;
    uint64_t schedules; /* run so far */
    struct {
        uint8_t taken, count;
    } choices[FASTI_EXPLORE_STEPS_MAX];
};

/* Who runs: what each worker does, and the words at which there is nothing to choose. */
void fasti_explore_init(uint32_t worker_count, void (*work)(uint32_t worker));
void fasti_explore_constant(const volatile void *words, size_t bytes);
void fasti_explore_own(uint32_t worker, const volatile void *word);

/* One run of all workers to their end. */
void fasti_explore_run_random(uint64_t seed);
void fasti_explore_run_walk(struct fasti_explore_walk *walk);

void fasti_explore_walk_init(struct fasti_explore_walk *walk, uint32_t preemptions_max);
/* Moves on to the next schedule; false: there is none, the walk is complete. */
bool fasti_explore_walk_next(struct fasti_explore_walk *walk);

/* Between the two no worker is left: for looking at the state without changing the schedule. */
void fasti_explore_pause(void);
void fasti_explore_resume(void);

/* The schedule of the last run, as who was let on at which yield, on standard output. */
void fasti_explore_print(void);

uint64_t fasti_explore_switches(void);

#endif
