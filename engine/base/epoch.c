/*
 * epoch.c - the counter, the slots and the limbo rings.
 *
 * All accesses to counter and slots are sequentially consistent: they are few (once a loop turn),
 * and the argument in epoch.h then needs no fence (TSan does not model standalone fences).
 */
#include "engine/base/epoch.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/mutant.h"
#include "engine/base/panic.h"

_Static_assert((FASTI_LIMBO_MAX & (FASTI_LIMBO_MAX - 1)) == 0, "ring positions are masked");

void fasti_epoch_init(struct fasti_epoch *epoch, uint32_t worker_count) {
    FASTI_ASSERT(worker_count >= 1 && worker_count <= FASTI_WORKERS_MAX);
    memset(epoch, 0, sizeof *epoch);
    epoch->worker_count = worker_count;
    fasti_store_seq_cst(&epoch->counter, UINT64_C(1));
}

bool fasti_limbo_init(struct fasti_limbo *limbo, struct fasti_epoch *epoch,
                      struct fasti_arena_local *arena, uint32_t worker) {
    FASTI_ASSERT(worker < epoch->worker_count);
    *limbo = (struct fasti_limbo){.epoch = epoch, .arena = arena, .worker = worker};
    limbo->pages.capacity = limbo->descriptors.capacity = FASTI_LIMBO_MAX;
    limbo->pages.entries = malloc(FASTI_LIMBO_MAX * sizeof *limbo->pages.entries);
    limbo->descriptors.entries = malloc(FASTI_LIMBO_MAX * sizeof *limbo->descriptors.entries);
    if (limbo->pages.entries == NULL || limbo->descriptors.entries == NULL) {
        free(limbo->pages.entries);
        free(limbo->descriptors.entries);
        memset(limbo, 0, sizeof *limbo); /* deinit finds nothing */
        return false;
    }
    return true;
}

static void entry_free(struct fasti_limbo *limbo, const struct fasti_limbo_entry *entry) {
    if (entry->size == 0)
        free(entry->what.pointer);
    else
        fasti_arena_free(limbo->arena, entry->what.index, entry->size);
}

static uint32_t ring_collect(struct fasti_limbo *limbo, struct fasti_limbo_ring *ring,
                             uint64_t counter, uint32_t max) {
    uint32_t freed = 0;
    while (freed < max && ring->head != ring->tail) {
        const struct fasti_limbo_entry *entry = &ring->entries[ring->head & (ring->capacity - 1)];
        if (entry->free_at > counter && !FASTI_MUTANT(LIMBO_HASTY))
            break;
        entry_free(limbo, entry);
        ring->head++;
        freed++;
    }
    return freed;
}

void fasti_limbo_deinit(struct fasti_limbo *limbo) {
    if (limbo->epoch == NULL)
        return;
    ring_collect(limbo, &limbo->pages, UINT64_MAX, UINT32_MAX);
    ring_collect(limbo, &limbo->descriptors, UINT64_MAX, UINT32_MAX);
    free(limbo->pages.entries);
    free(limbo->descriptors.entries);
    memset(limbo, 0, sizeof *limbo);
}

/* Moves the counter from seen to seen + 1 if every online worker has seen it. */
static void counter_advance(struct fasti_epoch *epoch, uint64_t seen) {
    for (uint32_t i = 0; i < epoch->worker_count; i++) {
        const uint64_t other = fasti_load_seq_cst(&epoch->slots[i].seen);
        if (FASTI_MUTANT(EPOCH_HASTY) ||
            (FASTI_MUTANT(EPOCH_SKIPS_LAST) && i == epoch->worker_count - 1))
            continue;
        if (other != 0 && other != seen)
            return;
    }
    fasti_cas_seq_cst(&epoch->counter, &seen, seen + 1);
}

/* An offline worker that announced would skip the second round of fasti_epoch_online. */
static bool is_online(const struct fasti_limbo *limbo) {
    return fasti_load_relaxed(&limbo->epoch->slots[limbo->worker].seen) != 0;
}

void fasti_epoch_quiescent(struct fasti_limbo *limbo) {
    struct fasti_epoch *epoch = limbo->epoch;
    FASTI_ASSERT(is_online(limbo));
    const uint64_t counter = fasti_load_seq_cst(&epoch->counter);
    fasti_store_seq_cst(&epoch->slots[limbo->worker].seen, counter);
    counter_advance(epoch, counter);
}

void fasti_epoch_announce(struct fasti_limbo *limbo) {
    struct fasti_epoch *epoch = limbo->epoch;
    FASTI_ASSERT(is_online(limbo));
    const uint64_t counter = fasti_load_seq_cst(&epoch->counter);
    if (fasti_load_relaxed(&epoch->slots[limbo->worker].seen) != counter) /* ours alone to write */
        fasti_store_seq_cst(&epoch->slots[limbo->worker].seen, counter);
}

void fasti_epoch_offline(struct fasti_limbo *limbo) {
    fasti_store_seq_cst(&limbo->epoch->slots[limbo->worker].seen, UINT64_C(0));
}

void fasti_epoch_online(struct fasti_limbo *limbo) {
    /* Two rounds: the counter may move between load and store, and a worker that published an
     * old value late would hold nothing older than it; reading again keeps the lag to one. */
    struct fasti_epoch *epoch = limbo->epoch;
    for (int round = 0; round < 2; round++) {
        const uint64_t counter = fasti_load_seq_cst(&epoch->counter);
        fasti_store_seq_cst(&epoch->slots[limbo->worker].seen, counter);
    }
}

/* The counter leaves g + 1, which it reached after this call began, when all that are online have
 * announced g + 1. */
bool fasti_epoch_wait(struct fasti_limbo *limbo) {
    struct fasti_epoch *epoch = limbo->epoch;
    const int64_t started_ns = fasti_clock_monotonic_ns();
    fasti_epoch_offline(limbo);
    const uint64_t end = fasti_load_seq_cst(&epoch->counter) + 2;
    bool is_over = false;
    for (;;) {
        const uint64_t counter = fasti_load_seq_cst(&epoch->counter);
        is_over = counter >= end;
        if (is_over ||
            fasti_clock_monotonic_ns() - started_ns > FASTI_EPOCH_WAIT_MS * INT64_C(1000000))
            break;
        counter_advance(epoch, counter);
        sched_yield();
    }
    fasti_epoch_online(limbo);
    return is_over;
}

static bool ring_has_room(const struct fasti_limbo_ring *ring, uint32_t count) {
    return ring->capacity - (ring->tail - ring->head) >= count;
}

/* Doubles a ring until there is room; what waits keeps its order. */
static bool ring_grow(struct fasti_limbo_ring *ring, uint32_t count) {
    uint32_t capacity = ring->capacity;
    const uint32_t used = ring->tail - ring->head;
    while (capacity - used < count && capacity < UINT32_MAX / 2)
        capacity *= 2;
    struct fasti_limbo_entry *entries =
        capacity - used < count ? NULL : malloc(capacity * sizeof *entries);
    if (entries == NULL)
        return false;
    for (uint32_t i = 0; i < used; i++)
        entries[i] = ring->entries[(ring->head + i) & (ring->capacity - 1)];
    free(ring->entries);
    *ring = (struct fasti_limbo_ring){entries, capacity, 0, used};
    return true;
}

bool fasti_limbo_has_room(const struct fasti_limbo *limbo, uint32_t count) {
    return ring_has_room(&limbo->pages, count) && ring_has_room(&limbo->descriptors, count);
}

bool fasti_limbo_reserve(struct fasti_limbo *limbo, uint32_t count) {
    if (fasti_limbo_has_room(limbo, count))
        return true;
    (void)fasti_limbo_collect(limbo, UINT32_MAX);
    return (ring_has_room(&limbo->pages, count) || ring_grow(&limbo->pages, count)) &&
           (ring_has_room(&limbo->descriptors, count) || ring_grow(&limbo->descriptors, count));
}

static void ring_push(struct fasti_limbo *limbo, struct fasti_limbo_ring *ring, uint64_t grace,
                      struct fasti_limbo_entry entry) {
    FASTI_ASSERT(ring_has_room(ring, 1));
    FASTI_ASSERT(is_online(limbo)); /* else the counter could run on before free_at is known */
    entry.free_at = fasti_load_seq_cst(&limbo->epoch->counter) + grace;
    ring->entries[ring->tail++ & (ring->capacity - 1)] = entry;
}

void fasti_limbo_retire(struct fasti_limbo *limbo, uint32_t index, size_t size) {
    FASTI_ASSERT(index != 0 && size != 0);
    ring_push(limbo, &limbo->pages, FASTI_MUTANT(LIMBO_PAGE_EARLY) ? 1 : FASTI_GRACE_PAGE,
              (struct fasti_limbo_entry){.what.index = index, .size = (uint32_t)size});
}

void fasti_limbo_retire_descriptor(struct fasti_limbo *limbo, uint32_t index, size_t size) {
    FASTI_ASSERT(index != 0 && size != 0);
    ring_push(limbo, &limbo->descriptors,
              FASTI_MUTANT(LIMBO_DESCRIPTOR_EARLY) ? 2 : FASTI_GRACE_DESCRIPTOR,
              (struct fasti_limbo_entry){.what.index = index, .size = (uint32_t)size});
}

void fasti_limbo_retire_pointer(struct fasti_limbo *limbo, void *pointer) {
    ring_push(limbo, &limbo->pages, FASTI_GRACE_PAGE,
              (struct fasti_limbo_entry){.what.pointer = pointer, .size = 0});
}

uint32_t fasti_limbo_collect(struct fasti_limbo *limbo, uint32_t max) {
    const uint64_t counter = fasti_load_seq_cst(&limbo->epoch->counter);
    return ring_collect(limbo, &limbo->pages, counter, max) +
           ring_collect(limbo, &limbo->descriptors, counter, max);
}

void fasti_limbo_drain(struct fasti_limbo *limbo) {
    for (int round = 0; round < FASTI_GRACE_DESCRIPTOR; round++) {
        fasti_epoch_quiescent(limbo);
        (void)fasti_limbo_collect(limbo, UINT32_MAX);
    }
}
