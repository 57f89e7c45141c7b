/*
 * explore.c - coroutines by ucontext, and the two ways to choose among them.
 *
 * Coroutines are made once and run for every schedule again: each goes round, waiting at the end
 * of its work for the next run. Replaying a choice asserts that the same workers stand to choice
 * as when it was made: if the explored code or the test depended on anything else than the
 * schedule, the walk would not be complete, and says so here.
 */
#include "tests/support/explore.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "tests/support/check.h"

#define NONE         UINT32_MAX
#define STACK_BYTES  (256 * 1024)
#define SWITCHES_MAX 4096 /* of one run, kept for printing */

struct explorer {
    uint32_t worker_count;
    void (*work)(uint32_t worker);
    ucontext_t main, contexts[FASTI_EXPLORE_WORKERS_MAX];
    bool has_contexts;
    uint32_t running; /* NONE: main, which never yields */
    uint32_t ready;   /* a bit a worker that is not done */
    uint32_t fresh;   /* a bit a worker that has accessed nothing yet */
    bool is_paused;
    uint32_t steps;                  /* yields of this run */
    struct fasti_explore_walk *walk; /* NULL: random */
    struct fasti_prng prng;
    uint64_t switch_every; /* one yield in so many */
    uintptr_t constant, constant_end;
    const volatile void *own[FASTI_EXPLORE_WORKERS_MAX];
    uint32_t switch_count;
    uint64_t switches_total;
    struct {
        uint32_t step, worker;
    } switches[SWITCHES_MAX];
};

static struct explorer explorer = {.running = NONE};
static char stacks[FASTI_EXPLORE_WORKERS_MAX][STACK_BYTES];

void fasti_explore_yield(const volatile void *word, bool writes);

/* ---- choosing ---- */

static bool is_ready(uint32_t worker) {
    return (explorer.ready >> worker & 1) != 0;
}

/* The running worker first, if it can go on, then the others. */
static uint32_t candidates(uint32_t running, uint32_t *workers) {
    uint32_t count = 0;
    if (running != NONE)
        workers[count++] = running;
    for (uint32_t i = 0; i < explorer.worker_count; i++) {
        if (i != running && is_ready(i))
            workers[count++] = i;
    }
    return count;
}

static uint32_t choose_walk(struct fasti_explore_walk *walk, uint32_t running) {
    uint32_t workers[FASTI_EXPLORE_WORKERS_MAX];
    if (running != NONE && walk->preemptions == walk->preemptions_max)
        return running;
    const uint32_t count = candidates(running, workers);
    if (count == 1)
        return workers[0];
    const uint32_t at = walk->at++;
    if (at == walk->depth) {
        walk->choices[at].taken = 0;
        walk->choices[at].count = (uint8_t)count;
        walk->depth++;
    }
    CHECK(walk->choices[at].count == count, "the run depends on more than its schedule");
    const uint32_t chosen = workers[walk->choices[at].taken];
    walk->preemptions += running != NONE && chosen != running;
    return chosen;
}

static uint32_t choose_random(uint32_t running) {
    uint32_t workers[FASTI_EXPLORE_WORKERS_MAX];
    if (running != NONE && fasti_prng_below(&explorer.prng, explorer.switch_every) != 0)
        return running;
    return workers[fasti_prng_below(&explorer.prng, candidates(running, workers))];
}

static uint32_t choose(uint32_t running) {
    const uint32_t chosen =
        explorer.walk == NULL ? choose_random(running) : choose_walk(explorer.walk, running);
    if (chosen != running) {
        if (explorer.switch_count < SWITCHES_MAX) {
            explorer.switches[explorer.switch_count].step = explorer.steps;
            explorer.switches[explorer.switch_count].worker = chosen;
        }
        explorer.switch_count++;
    }
    return chosen;
}

/* ---- switching ---- */

static void switch_to(ucontext_t *from, uint32_t worker) {
    explorer.running = worker;
    if (swapcontext(from, worker == NONE ? &explorer.main : &explorer.contexts[worker]) != 0)
        abort();
}

static bool is_indifferent(uint32_t worker, const volatile void *word, bool writes) {
    const uintptr_t address = (uintptr_t)word;
    return (address >= explorer.constant && address < explorer.constant_end) ||
           (!writes && word == explorer.own[worker]);
}

/* There is no way back out of the coroutines. */
static _Noreturn void give_up(uint32_t worker) {
    printf("fault: worker %u gets nowhere in %u steps\n", worker, explorer.steps);
    fasti_explore_print();
    _exit(1);
}

void fasti_explore_yield(const volatile void *word, bool writes) {
    const uint32_t worker = explorer.running;
    if (worker == NONE || explorer.is_paused || is_indifferent(worker, word, writes))
        return;
    if ((explorer.fresh >> worker & 1) != 0) {
        explorer.fresh &= ~(UINT32_C(1) << worker);
        return;
    }
    explorer.steps++;
    if (explorer.steps == FASTI_EXPLORE_STEPS_MAX)
        give_up(worker);
    const uint32_t chosen = choose(worker);
    if (chosen != worker)
        switch_to(&explorer.contexts[worker], chosen);
}

/* A coroutine: one round a run. */
static void rounds(void) {
    const uint32_t worker = explorer.running;
    for (;;) {
        explorer.work(worker);
        explorer.ready &= ~(UINT32_C(1) << worker);
        switch_to(&explorer.contexts[worker], explorer.ready == 0 ? NONE : choose(NONE));
    }
}

static void run(void) {
    explorer.ready = explorer.fresh = (UINT32_C(1) << explorer.worker_count) - 1;
    explorer.steps = explorer.switch_count = 0;
    switch_to(&explorer.main, choose(NONE));
    explorer.switches_total += explorer.switch_count;
}

/* ---- the face ---- */

static void contexts_make(void) {
    for (uint32_t i = 0; i < FASTI_EXPLORE_WORKERS_MAX; i++) {
        ucontext_t *context = &explorer.contexts[i];
        if (getcontext(context) != 0)
            abort();
        context->uc_stack.ss_sp = stacks[i];
        context->uc_stack.ss_size = STACK_BYTES;
        makecontext(context, rounds, 0);
    }
    explorer.has_contexts = true;
}

void fasti_explore_init(uint32_t worker_count, void (*work)(uint32_t worker)) {
    CHECK(worker_count <= FASTI_EXPLORE_WORKERS_MAX && explorer.running == NONE, "too many");
    if (!explorer.has_contexts)
        contexts_make();
    explorer.worker_count = worker_count;
    explorer.work = work;
    explorer.constant = explorer.constant_end = 0;
    memset(explorer.own, 0, sizeof explorer.own);
}

void fasti_explore_constant(const volatile void *words, size_t bytes) {
    explorer.constant = (uintptr_t)words;
    explorer.constant_end = explorer.constant + bytes;
}

void fasti_explore_own(uint32_t worker, const volatile void *word) {
    explorer.own[worker] = word;
}

void fasti_explore_run_random(uint64_t seed) {
    explorer.walk = NULL;
    explorer.prng.state = seed;
    explorer.switch_every = UINT64_C(1) << (1 + fasti_prng_below(&explorer.prng, 6));
    run();
}

void fasti_explore_run_walk(struct fasti_explore_walk *walk) {
    explorer.walk = walk;
    walk->at = walk->preemptions = 0;
    walk->schedules++;
    run();
    CHECK(walk->at == walk->depth, "the run depends on more than its schedule");
}

void fasti_explore_walk_init(struct fasti_explore_walk *walk, uint32_t preemptions_max) {
    walk->preemptions_max = preemptions_max;
    walk->depth = 0;
    walk->schedules = 0;
}

bool fasti_explore_walk_next(struct fasti_explore_walk *walk) {
    while (walk->depth > 0) {
        const uint32_t last = walk->depth - 1;
        if (++walk->choices[last].taken < walk->choices[last].count)
            return true;
        walk->depth--;
    }
    return false;
}

void fasti_explore_pause(void) {
    explorer.is_paused = true;
}

void fasti_explore_resume(void) {
    explorer.is_paused = false;
}

void fasti_explore_print(void) {
    printf("schedule (worker@yield):");
    for (uint32_t i = 0; i < explorer.switch_count && i < SWITCHES_MAX; i++)
        printf(" %u@%u", explorer.switches[i].worker, explorer.switches[i].step);
    printf("%s\n", explorer.switch_count > SWITCHES_MAX ? " ..." : "");
    fflush(stdout);
}

uint64_t fasti_explore_switches(void) {
    return explorer.switches_total;
}
