/*
 * thread_days.c - threads race to make the same chunks of one schedule's tree of days.
 *
 *   one chunk   everyone gets the same chunk, and it is zero when first seen
 *   the rule    an editor stores a configuration and then looks for the chunk; a claimer makes the
 *               chunk and then loads the configuration: at least one of them sees the other
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/calendar/days.h"
#include "tests/support/seed.h"

#define THREADS 6
#define ROUNDS  300
#define DATES   8

static struct fasti_arena arena;
static struct fasti_days days[ROUNDS];
static _Atomic uint32_t configuration[ROUNDS];
static struct fasti_day_chunk *chunks[THREADS][ROUNDS][DATES];
static bool editor_saw_chunk[ROUNDS];
static bool claimer_saw_edit[THREADS][ROUNDS];
static pthread_barrier_t barrier;
static _Atomic uint32_t faults;

static fasti_date date_at(int i) {
    return (fasti_date){FASTI_DATE_FIRST + 5000 + i * FASTI_CHUNK_DAYS};
}

static void *claimer(void *argument) {
    const size_t thread = (size_t)argument;
    struct fasti_arena_local local;
    fasti_arena_local_init(&local, &arena);
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < DATES; i++) {
            const struct fasti_day_ref ref = fasti_days_get(&local, &days[round], date_at(i));
            if (i == 0) /* what the editor looks for */
                claimer_saw_edit[thread][round] = fasti_load_seq_cst(&configuration[round]) != 0;
            if (ref.chunk == NULL) {
                fasti_add_relaxed(&faults, 1);
                continue;
            }
            chunks[thread][round][i] = ref.chunk;
            /* version 0 or what other threads have added: never rubbish */
            if (fasti_load_acquire(&ref.chunk->cells[thread]) != 0)
                fasti_add_relaxed(&faults, 1);
            fasti_store_release(&ref.chunk->cells[thread], UINT64_C(1));
        }
    }
    return NULL;
}

static void *editor(void *argument) {
    (void)argument;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&barrier);
        fasti_store_seq_cst(&configuration[round], UINT32_C(1));
        editor_saw_chunk[round] = fasti_days_find(&arena, &days[round], date_at(0)).chunk != NULL;
    }
    return NULL;
}

static uint32_t results_check(void) {
    uint32_t wrong = 0, seen = 0, unseen = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int thread = 0; thread < THREADS; thread++) {
            wrong += memcmp(chunks[0][round], chunks[thread][round], sizeof chunks[0][0]) != 0;
            wrong += !editor_saw_chunk[round] && !claimer_saw_edit[thread][round];
        }
        seen += editor_saw_chunk[round];
        unseen += !editor_saw_chunk[round];
    }
    printf("thread_days: editor saw the chunk in %u rounds, not in %u\n", seen, unseen);
    return wrong;
}

int main(void) {
    pthread_t threads[THREADS + 1];
    fasti_arena_init(&arena, UINT64_C(64) << 20);
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (size_t i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, claimer, (void *)i) != 0)
            abort();
    }
    if (pthread_create(&threads[THREADS], NULL, editor, NULL) != 0)
        abort();
    for (size_t i = 0; i <= THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    const uint32_t wrong = results_check() + fasti_load_relaxed(&faults);
    fasti_arena_deinit(&arena);
    printf("thread_days: %u faults\n", wrong);
    return wrong == 0 ? 0 : 1;
}
