/*
 * epoch.h - when may memory that others might still read be used again?
 *
 * Quiescent-state reclamation: a global counter, and one slot a worker that holds the last value
 * the worker has seen (0 = offline). A worker announces between two commands that it holds no
 * reference; the counter advances when every online worker has seen it.
 *
 *   counter    g              g+1             g+2             g+3
 *   retirer    unlink, retire      announces g+1
 *   reader     holds it ..................... announces g+2: holds nothing, and sees the unlink
 *
 * An object retired at g may be freed at g+3. The counter leaves g+1 when the retirer has announced
 * it, which is after the unlink; so whoever announces g+2 has seen the unlink, and the counter
 * leaves g+2 when everybody has. (Freeing at g+2 needs more than acquire and release: a reader
 * that announced g+1 might still find the object, on machines weaker than x86.)
 *
 * Claim descriptors wait one step more. A helper that has not seen the decision (it announced g+1
 * at the latest) may install one again, and takes it out before it announces g+2. A reader that
 * met it there, having announced g+2 at the latest, announces g+3 before the counter is g+4.
 * (Under sequential consistency one step less is enough for both, pages and descriptors; two less
 * are not: tests/thread_mutants.c.)
 *
 * Progress: bounded, not lock-free: a worker that neither announces nor goes offline stops it.
 * Threading: each slot and its limbo belong to one worker.
 */
#ifndef FASTI_BASE_EPOCH_H
#define FASTI_BASE_EPOCH_H

#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/atomics.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"

#define FASTI_GRACE_PAGE       3
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
    struct fasti_limbo_entry *entries;
    uint32_t capacity;   /* FASTI_LIMBO_MAX, more after a reserve; a power of two */
    uint32_t head, tail; /* free-running: tail - head are waiting */
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

/* "I hold no reference." Called between commands, online; also moves the counter when it can. */
void fasti_epoch_quiescent(struct fasti_limbo *limbo);

/* The same without moving it: while nobody does, a word is read and none is written. */
void fasti_epoch_announce(struct fasti_limbo *limbo);

/* Around a blocking wait: an offline worker holds no reference and delays nobody. */
void fasti_epoch_offline(struct fasti_limbo *limbo);
void fasti_epoch_online(struct fasti_limbo *limbo);

/* Waits until every other worker was between two commands, or offline, since the call: whatever one
 * of them had loaded before the call, it is done with. The caller is offline meanwhile, so only
 * references that something else protects stay valid. false: somebody did not come out of a command
 * for FASTI_EPOCH_WAIT_MS. Two callers never wait for each other: both are offline. */
FASTI_MUST_USE bool fasti_epoch_wait(struct fasti_limbo *limbo);

/* Room for count more retired objects of each kind? Asked before a claim, so retiring never
 * fails. */
bool fasti_limbo_has_room(const struct fasti_limbo *limbo, uint32_t count);

/* The same, but makes room: for edits, which retire more than any claim and cannot stop halfway.
 * false: no memory. */
bool fasti_limbo_reserve(struct fasti_limbo *limbo, uint32_t count);

/* The object was made unreachable for new readers just before. The caller is online. */
void fasti_limbo_retire(struct fasti_limbo *limbo, uint32_t index, size_t size);
void fasti_limbo_retire_descriptor(struct fasti_limbo *limbo, uint32_t index, size_t size);
void fasti_limbo_retire_pointer(struct fasti_limbo *limbo, void *pointer);

/* By a thread that is alone, and holds no reference: all that waits is freed. */
void fasti_limbo_drain(struct fasti_limbo *limbo);

/* Frees up to max entries whose time has come; returns how many. */
uint32_t fasti_limbo_collect(struct fasti_limbo *limbo, uint32_t max);

#endif
