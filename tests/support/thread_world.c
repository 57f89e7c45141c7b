/*
 * thread_world.c - see thread_world.h.
 */
#include "tests/support/thread_world.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>

#include "engine/base/atomics.h"
#include "tests/support/check.h"

static struct engine_world *world;
static _Atomic uint32_t left, faults;

struct engine_world *thread_world_make(uint32_t worker_count, const char *now) {
    CHECK(worker_count <= THREAD_WORKERS_MAX, "%u workers", worker_count);
    world = engine_world_make(1, worker_count, now);
    fasti_store_seq_cst(&left, worker_count);
    return world;
}

bool thread_world_run(void *(*const *roles)(void *)) {
    uint32_t numbers[THREAD_WORKERS_MAX];
    pthread_t threads[THREAD_WORKERS_MAX];
    engine_world_settle(world);
    for (uint32_t i = 0; i < world->worker_count; i++) {
        numbers[i] = i;
        if (pthread_create(&threads[i], NULL, roles[i], &numbers[i]) != 0)
            return false;
    }
    for (uint32_t i = 0; i < world->worker_count; i++)
        pthread_join(threads[i], NULL);
    return true;
}

void thread_fault(uint32_t worker, uint32_t round, const char *what) {
    fprintf(stderr, "worker %u, round %u: %s\n", worker, round, what);
    (void)fasti_add_seq_cst(&faults, UINT32_C(1));
}

uint32_t thread_faults(void) {
    return fasti_load_seq_cst(&faults);
}

void thread_rest(uint32_t worker) {
    fasti_engine_idle_enter(world->engine, worker);
    sched_yield();
}

struct fasti_answer thread_call(uint32_t worker, const struct fasti_command *command) {
    struct fasti_answer answer;
    if (fasti_engine_submit(world->engine, worker, command, 1, &answer))
        return answer;
    while (fasti_engine_poll(world->engine, worker, &answer, 1) == 0)
        thread_rest(worker);
    return answer;
}

void thread_leave(uint32_t worker) {
    (void)fasti_add_seq_cst(&left, UINT32_MAX);
    while (fasti_load_seq_cst(&left) > 0) {
        struct fasti_answer none;
        (void)fasti_engine_poll(world->engine, worker, &none, 1);
        thread_rest(worker);
    }
}

int thread_world_end(void) {
    engine_world_free(world);
    return thread_faults() == 0 ? 0 : 1;
}
