/*
 * heap.h - candidates that wait for a look, the one that may be the earliest first.
 *
 * A binary heap by (key, schedule): put and take cost log2 of how many there are. One worker's.
 */
#ifndef FASTI_SEARCH_HEAP_H
#define FASTI_SEARCH_HEAP_H

#include "engine/search/candidates.h"

#define FASTI_HEAP_MAX 512

struct fasti_hope {
    uint64_t key; /* what it finds has no lesser one */
    struct fasti_candidate candidate;
};

struct fasti_heap {
    uint32_t count;
    struct fasti_hope hopes[FASTI_HEAP_MAX]; /* hopes[0]: the least */
};

/* There is room: count < FASTI_HEAP_MAX. */
void fasti_heap_put(struct fasti_heap *heap, const struct fasti_hope *hope);

/* There is one: count > 0. */
struct fasti_hope fasti_heap_take(struct fasti_heap *heap);

#endif
