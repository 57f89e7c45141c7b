/*
 * thread_pattern.c - readers look plans up while one writer interns patterns and makes plans.
 *
 * Plan i has exactly one start, at tick i % TICKS. A reader that knows from `ready` that plan i is
 * made must find it, whatever tables the writer grows meanwhile, and find it complete.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/atomics.h"
#include "engine/calendar/kernels.h"
#include "engine/calendar/pattern.h"
#include "tests/support/seed.h"

#define READERS 4
#define PLANS   6000
#define TICKS   1000

static struct fasti_patterns *patterns;
static uint32_t ids[PLANS]; /* ids[i] is written before ready > i */
static _Atomic uint32_t ready;
static _Atomic uint32_t faults;

static void *write_plans(void *argument) {
    static struct fasti_day_draft draft;
    (void)argument;
    for (uint32_t i = 0; i < PLANS; i++) {
        const struct fasti_plan *plan;
        const uint32_t tick = i % TICKS;
        draft.count = 1;
        draft.spans[0] = (struct fasti_span){.start_tick = (uint16_t)tick,
                                             .end_tick = (uint16_t)(tick + 1 + i / TICKS),
                                             .anchor_tick = (int32_t)tick};
        if (fasti_pattern_intern(patterns, &draft, &ids[i]) != FASTI_OK)
            abort();
        const struct fasti_plan_key key = {ids[i], {1}, (uint16_t)(1 + i / TICKS), 1, 0};
        if (fasti_plan_make(patterns, &key, &plan) != FASTI_OK)
            abort();
        fasti_store_release(&ready, i + 1); /* pairs with the acquire in plan_check */
    }
    return NULL;
}

static bool plan_check(uint32_t i) {
    const struct fasti_plan_key key = {ids[i], {1}, (uint16_t)(1 + i / TICKS), 1, 0};
    const struct fasti_plan *plan = fasti_plan_find(patterns, &key);
    return plan != NULL && plan->group_count == 1 &&
           plan->groups[0].length_ticks == 1 + i / TICKS &&
           fasti_bits_all(plan->groups[0].starts, i % TICKS, 1);
}

static void *read_plans(void *argument) {
    struct fasti_prng prng = {(uint64_t)(size_t)argument};
    for (uint32_t known = 0; known < PLANS;) {
        known = fasti_load_acquire(&ready);
        for (int i = 0; known > 0 && i < 50; i++) {
            if (!plan_check((uint32_t)fasti_prng_below(&prng, known)) || !plan_check(known - 1))
                fasti_add_relaxed(&faults, 1);
        }
    }
    return NULL;
}

int main(void) {
    pthread_t threads[READERS + 1];
    patterns = fasti_patterns_create();
    if (patterns == NULL)
        abort();
    for (size_t i = 0; i <= READERS; i++) {
        if (pthread_create(&threads[i], NULL, i == 0 ? write_plans : read_plans, (void *)i) != 0)
            abort();
    }
    for (size_t i = 0; i <= READERS; i++)
        pthread_join(threads[i], NULL);
    const uint32_t found = fasti_load_relaxed(&faults);
    printf("thread_pattern: %u plans, %u faults\n", fasti_plans_count(patterns), found);
    fasti_patterns_destroy(patterns);
    return found == 0 ? 0 : 1;
}
