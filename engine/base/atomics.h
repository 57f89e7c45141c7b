/*
 * atomics.h - the only way to touch shared words: the memory order stands in the name.
 *
 * Every acquire and release in the code names its partner in a comment. FASTI_YIELD is where a
 * test build may switch to another simulated thread, before the access to the word (the
 * interleaving explorer defines FASTI_EXPLORE and supplies fasti_explore_yield); elsewhere it is
 * nothing. A value to store holds no access itself: it would yield before both, not in between.
 */
#ifndef FASTI_BASE_ATOMICS_H
#define FASTI_BASE_ATOMICS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FASTI_CACHE_LINE_BYTES 64

#ifdef FASTI_EXPLORE
void fasti_explore_yield(const volatile void *word, bool writes);
#define FASTI_YIELD(p, writes) fasti_explore_yield((p), (writes))
#else
#define FASTI_YIELD(p, writes) ((void)0)
#endif

#define fasti_load_relaxed(p) \
    (FASTI_YIELD(p, false), atomic_load_explicit((p), memory_order_relaxed))
#define fasti_load_acquire(p) \
    (FASTI_YIELD(p, false), atomic_load_explicit((p), memory_order_acquire))
#define fasti_load_seq_cst(p) \
    (FASTI_YIELD(p, false), atomic_load_explicit((p), memory_order_seq_cst))
#define fasti_store_relaxed(p, v) \
    (FASTI_YIELD(p, true), atomic_store_explicit((p), (v), memory_order_relaxed))
#define fasti_store_release(p, v) \
    (FASTI_YIELD(p, true), atomic_store_explicit((p), (v), memory_order_release))
#define fasti_store_seq_cst(p, v) \
    (FASTI_YIELD(p, true), atomic_store_explicit((p), (v), memory_order_seq_cst))
#define fasti_exchange_acq_rel(p, v) \
    (FASTI_YIELD(p, true), atomic_exchange_explicit((p), (v), memory_order_acq_rel))
#define fasti_exchange_seq_cst(p, v) \
    (FASTI_YIELD(p, true), atomic_exchange_explicit((p), (v), memory_order_seq_cst))
#define fasti_add_relaxed(p, v) \
    (FASTI_YIELD(p, true), atomic_fetch_add_explicit((p), (v), memory_order_relaxed))
#define fasti_add_seq_cst(p, v) \
    (FASTI_YIELD(p, true), atomic_fetch_add_explicit((p), (v), memory_order_seq_cst))

/* Strong compare-and-swap; on failure *expected receives what stood there. */
#define fasti_cas_acq_rel(p, expected, desired)                                                \
    (FASTI_YIELD(p, true),                                                                     \
     atomic_compare_exchange_strong_explicit((p), (expected), (desired), memory_order_acq_rel, \
                                             memory_order_acquire))
#define fasti_cas_seq_cst(p, expected, desired)                                                \
    (FASTI_YIELD(p, true),                                                                     \
     atomic_compare_exchange_strong_explicit((p), (expected), (desired), memory_order_seq_cst, \
                                             memory_order_seq_cst))

#endif
