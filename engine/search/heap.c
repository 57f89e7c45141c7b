/*
 * heap.c - up and down a binary heap.
 */
#include "engine/search/heap.h"

#include "engine/base/panic.h"

static bool is_before(const struct fasti_hope *a, const struct fasti_hope *b) {
    return a->key < b->key || (a->key == b->key && a->candidate.schedule < b->candidate.schedule);
}

void fasti_heap_put(struct fasti_heap *heap, const struct fasti_hope *hope) {
    FASTI_ASSERT(heap->count < FASTI_HEAP_MAX);
    uint32_t at = heap->count++;
    for (uint32_t up; at > 0 && is_before(hope, &heap->hopes[up = (at - 1) / 2]); at = up)
        heap->hopes[at] = heap->hopes[up];
    heap->hopes[at] = *hope;
}

struct fasti_hope fasti_heap_take(struct fasti_heap *heap) {
    FASTI_ASSERT(heap->count > 0);
    const struct fasti_hope least = heap->hopes[0], *last = &heap->hopes[--heap->count];
    uint32_t at = 0;
    for (uint32_t down = 1; down < heap->count; down = 2 * at + 1) {
        if (down + 1 < heap->count && is_before(&heap->hopes[down + 1], &heap->hopes[down]))
            down++;
        if (!is_before(&heap->hopes[down], last))
            break;
        heap->hopes[at] = heap->hopes[down];
        at = down;
    }
    heap->hopes[at] = *last;
    return least;
}
