/*
 * epoch.h - when may memory that others might still read be used again?
 *
 * Quiescent-state reclamation: a global counter, and one slot a worker that holds the last value
 * the worker has seen (0 = offline). A worker announces between two commands that it holds no
 * reference; the counter advances when every online worker has seen it.
 *
 *   counter   g        g+1       g+2        an object retired while the counter was g may still
 *   worker A  seen g ------ seen g+1 --     be held by a worker that announced g before; when
 *   worker B  ---- seen g ---- seen g+1     the counter is g+2 everyone has announced g+1 since.
 *
 * Pages and records wait one such grace period, claim descriptors two: a late helper may install
 * a decided descriptor once more, and a reader may meet it there after the first period.
 * Progress: bounded, not lock-free: a worker that neither announces nor goes offline stops it.
 * Threading: each slot and its limbo belong to one worker.
 */
#ifndef FASTI_BASE_EPOCH_H
#define FASTI_BASE_EPOCH_H

#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/atomics.h"
#include "engine/base/limits.h"

#define FASTI_GRACE_PAGE       2
#define FASTI_GRACE_DESCRIPTOR 4

struct fasti_epoch_slot {
    _Alignas(FASTI_CACHE_LINE_BYTES) _Atomic uint64_t seen;
};

struct fasti_epoch {
    _Alignas(FASTI_CACHE_LINE_BYTES) _Atomic uint64_t counter; /* starts at 1 */
    _Alignas(FASTI_CACHE_LINE_BYTES) uint32_t worker_count;
    struct fasti_epoch_slot slots[FASTI_WORKERS_MAX];
};

/* What waits: an arena object (size > 0) or a malloc'ed pointer (size 0). */
struct fasti_limbo_entry {
    uint64_t free_at; /* counter value from which it may be freed */
    union {
        uint32_t index;
        void *pointer;
    } what;
    uint32_t size;
};

struct fasti_limbo_ring {
    struct fasti_limbo_entry *entries; /* FASTI_LIMBO_MAX of them, a power of two */
    uint32_t head, tail;               /* free-running: tail - head are waiting */
};

struct fasti_limbo {
    struct fasti_epoch *epoch;
    struct fasti_arena_local *arena;
    uint32_t worker;
    struct fasti_limbo_ring pages, descriptors;
};

void fasti_epoch_init(struct fasti_epoch *epoch, uint32_t worker_count);

/* false when there is no memory. */
bool fasti_limbo_init(struct fasti_limbo *limbo, struct fasti_epoch *epoch,
                      struct fasti_arena_local *arena, uint32_t worker);

/* Frees all that waits, without waiting: only when no other worker runs any more. */
void fasti_limbo_deinit(struct fasti_limbo *limbo);

/* "I hold no reference." Called between commands; also moves the counter when it can. */
void fasti_epoch_quiescent(struct fasti_limbo *limbo);

/* Around a blocking wait: an offline worker holds no reference and delays nobody. */
void fasti_epoch_offline(struct fasti_limbo *limbo);
void fasti_epoch_online(struct fasti_limbo *limbo);

/* Room for count more retired objects of each kind? Asked before a claim, so retiring never
 * fails. */
bool fasti_limbo_has_room(const struct fasti_limbo *limbo, uint32_t count);

/* The object was made unreachable for new readers just before. */
void fasti_limbo_retire(struct fasti_limbo *limbo, uint32_t index, size_t size);
void fasti_limbo_retire_descriptor(struct fasti_limbo *limbo, uint32_t index, size_t size);
void fasti_limbo_retire_pointer(struct fasti_limbo *limbo, void *pointer);

/* Frees up to max entries whose time has come; returns how many. */
uint32_t fasti_limbo_collect(struct fasti_limbo *limbo, uint32_t max);

#endif
