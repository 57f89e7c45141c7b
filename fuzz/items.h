/*
 * items.h - a mutator for inputs that are a byte of flags and then items, each with its size.
 *
 *   flags | item | item | item ...      doubled, taken out, exchanged, or changed inside
 *
 * Bytes that libFuzzer moves across borders break every item behind them; these moves do not.
 */
#ifndef FASTI_FUZZ_ITEMS_H
#define FASTI_FUZZ_ITEMS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/prng.h"

#define FUZZ_ITEMS_MAX 512

/* libFuzzer's: changes data in place, returns its new size, at most max_size. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* How large is the item at bytes? 1 to left; what is no whole item counts as one. */
typedef size_t (*fuzz_item_size)(const uint8_t *bytes, size_t left);

struct fuzz_items {
    uint32_t count;
    size_t at[FUZZ_ITEMS_MAX + 1]; /* and the end */
};

static inline void fuzz_items_find(const uint8_t *data, size_t size, fuzz_item_size size_of,
                                   struct fuzz_items *items) {
    items->count = 0;
    for (size_t at = 1; at < size && items->count < FUZZ_ITEMS_MAX;) {
        items->at[items->count++] = at;
        at += size_of(data + at, size - at);
    }
    items->at[items->count] = size;
}

/* Puts a copy of the item before another one. */
static inline size_t fuzz_item_double(uint8_t *data, size_t size, size_t max_size, size_t from,
                                      size_t bytes, size_t to) {
    static uint8_t copy[1 << 16];
    if (bytes > sizeof copy || size + bytes > max_size)
        return size;
    memcpy(copy, data + from, bytes);
    memmove(data + to + bytes, data + to, size - to);
    memcpy(data + to, copy, bytes);
    return size + bytes;
}

static inline size_t fuzz_item_take(uint8_t *data, size_t size, size_t from, size_t bytes) {
    memmove(data + from, data + from + bytes, size - from - bytes);
    return size - bytes;
}

static inline size_t fuzz_items_mutate(uint8_t *data, size_t size, size_t max_size,
                                       unsigned int seed, fuzz_item_size size_of) {
    static struct fuzz_items items;
    struct fasti_prng prng = {seed};
    fuzz_items_find(data, size, size_of, &items);
    if (items.count == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    const uint32_t item = (uint32_t)fasti_prng_below(&prng, items.count);
    const size_t from = items.at[item], bytes = items.at[item + 1] - from;
    const size_t to = items.at[fasti_prng_below(&prng, items.count + UINT64_C(1))];
    switch (fasti_prng_below(&prng, 8)) {
    case 0: return LLVMFuzzerMutate(data, size, max_size);
    case 1: data[0] = (uint8_t)fasti_prng_next(&prng); return size;
    case 2: return fuzz_item_take(data, size, from, bytes);
    case 3: return fuzz_item_double(data, size, max_size, from, bytes, to);
    case 4: { /* moves */
        const size_t grown = fuzz_item_double(data, size, max_size, from, bytes, to);
        return grown == size ? size
                             : fuzz_item_take(data, grown, to <= from ? from + bytes : from, bytes);
    }
    default:
        (void)LLVMFuzzerMutate(data + from, bytes, bytes); /* a shorter one keeps its old end */
        return size;
    }
}

#endif
