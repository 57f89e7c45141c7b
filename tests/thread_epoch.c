/*
 * thread_epoch.c - readers hold objects while writers replace, retire and use their memory again.
 *
 *   board[i] -> object {stamp, words derived from the stamp}
 *
 * A reader takes references to some objects, does other things, and then reads them again: they
 * must be as they were until it announces. Objects come as pages, as descriptors (which wait
 * longer) and as malloc'ed memory; workers go offline and online in between. An object given back
 * too early is overwritten by its next user (here), is a race (TSan) or is poisoned (ASan).
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/epoch.h"
#include "tests/support/seed.h"

#define WORKERS 6
#define BOARD   16
#define ROUNDS  40000
#define HELD    4

struct object {
    uint64_t stamp, count;
    uint64_t words[]; /* stamp + 1, stamp + 2, ... */
};

struct worker {
    struct fasti_arena_local local;
    struct fasti_limbo limbo;
    struct fasti_prng prng;
    uint64_t faults, freed, replaced;
};

static struct fasti_arena arena;
static struct fasti_epoch epoch;
static struct worker workers[WORKERS];
static _Atomic uint32_t board[BOARD]; /* arena indexes: even pages, odd descriptors */
static _Atomic(struct object *) pointers[BOARD / 4]; /* malloc'ed */

static size_t object_bytes(uint64_t count) {
    return sizeof(struct object) + count * sizeof(uint64_t);
}

static void object_fill(struct object *object, struct fasti_prng *prng, uint64_t count) {
    object->stamp = fasti_prng_next(prng);
    object->count = count;
    for (uint64_t i = 0; i < count; i++)
        object->words[i] = object->stamp + 1 + i;
}

static bool object_is_whole(const struct object *object) {
    if (object->count > 40)
        return false;
    for (uint64_t i = 0; i < object->count; i++) {
        if (object->words[i] != object->stamp + 1 + i)
            return false;
    }
    return true;
}

static void board_replace(struct worker *worker, uint32_t at) {
    const uint64_t count = 1 + fasti_prng_below(&worker->prng, 40);
    const uint32_t made = fasti_arena_alloc(&worker->local, object_bytes(count));
    if (made == 0)
        abort();
    object_fill(fasti_arena_at(&arena, made), &worker->prng, count);
    /* pairs with the acquires in hold */
    const uint32_t old = fasti_exchange_acq_rel(&board[at], made);
    worker->replaced++;
    if (old == 0)
        return;
    const struct object *object = fasti_arena_at(&arena, old);
    if (at % 2 == 0)
        fasti_limbo_retire(&worker->limbo, old, object_bytes(object->count));
    else
        fasti_limbo_retire_descriptor(&worker->limbo, old, object_bytes(object->count));
}

static void pointer_replace(struct worker *worker, uint32_t at) {
    const uint64_t count = 1 + fasti_prng_below(&worker->prng, 40);
    struct object *made = malloc(object_bytes(count));
    if (made == NULL)
        abort();
    object_fill(made, &worker->prng, count);
    /* pairs with the acquires in hold */
    struct object *old = fasti_exchange_acq_rel(&pointers[at], made);
    if (old != NULL)
        fasti_limbo_retire_pointer(&worker->limbo, old);
}

static const struct object *hold(struct fasti_prng *prng) {
    if (fasti_prng_below(prng, 4) == 0)
        return fasti_load_acquire(&pointers[fasti_prng_below(prng, BOARD / 4)]);
    const uint32_t index = fasti_load_acquire(&board[fasti_prng_below(prng, BOARD)]);
    return index == 0 ? NULL : fasti_arena_at(&arena, index);
}

/* One "command": takes references, replaces something, looks at the references again. */
static void command(struct worker *worker) {
    const struct object *held[HELD];
    uint64_t stamps[HELD];
    for (int i = 0; i < HELD; i++) {
        held[i] = hold(&worker->prng);
        stamps[i] = held[i] == NULL ? 0 : held[i]->stamp;
    }
    if (fasti_limbo_has_room(&worker->limbo, 2)) {
        board_replace(worker, (uint32_t)fasti_prng_below(&worker->prng, BOARD));
        pointer_replace(worker, (uint32_t)fasti_prng_below(&worker->prng, BOARD / 4));
    }
    worker->freed += fasti_limbo_collect(&worker->limbo, 8);
    for (int i = 0; i < HELD; i++) {
        if (held[i] != NULL && (held[i]->stamp != stamps[i] || !object_is_whole(held[i])))
            worker->faults++;
    }
}

static void *work(void *argument) {
    struct worker *worker = argument;
    fasti_epoch_online(&worker->limbo);
    for (int round = 0; round < ROUNDS; round++) {
        command(worker);
        if (fasti_prng_below(&worker->prng, 3) == 0)
            fasti_epoch_quiescent(&worker->limbo);
        if (fasti_prng_below(&worker->prng, 50) == 0) {
            fasti_epoch_offline(&worker->limbo);
            fasti_epoch_online(&worker->limbo);
        }
    }
    fasti_epoch_offline(&worker->limbo);
    return NULL;
}

int main(void) {
    struct fasti_prng prng = fasti_test_prng("thread_epoch");
    pthread_t threads[WORKERS];
    uint64_t faults = 0, freed = 0, replaced = 0;
    fasti_arena_init(&arena, UINT64_C(512) << 20);
    fasti_epoch_init(&epoch, WORKERS);
    for (uint32_t i = 0; i < WORKERS; i++) {
        fasti_arena_local_init(&workers[i].local, &arena);
        workers[i].prng.state = fasti_prng_next(&prng);
        if (!fasti_limbo_init(&workers[i].limbo, &epoch, &workers[i].local, i))
            abort();
    }
    for (uint32_t i = 0; i < WORKERS; i++) {
        if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
            abort();
    }
    for (uint32_t i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    for (uint32_t i = 0; i < WORKERS; i++) {
        faults += workers[i].faults;
        freed += workers[i].freed;
        replaced += workers[i].replaced;
        fasti_limbo_deinit(&workers[i].limbo);
    }
    for (uint32_t i = 0; i < BOARD / 4; i++)
        free(fasti_load_relaxed(&pointers[i]));
    printf("thread_epoch: %" PRIu64 " replaced, %" PRIu64 " freed meanwhile, %" PRIu64
           " MiB, %" PRIu64 " faults\n",
           replaced, freed, fasti_arena_bytes(&arena) >> 20, faults);
    fasti_arena_deinit(&arena);
    return faults == 0 && freed > 0 ? 0 : 1;
}
