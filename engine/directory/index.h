/*
 * index.h - external ids to dense ids: open addressing that readers walk without a lock.
 *
 *   entry (64 bits, atomic) = tag (32 bits of the key's hash) | dense id (32); 0 = empty
 *   place of the first probe = tag & mask, then the next ones; at most half of them are used
 *
 * The index keeps no texts: a reader compares the record behind every entry with its tag. Entries
 * are never removed, for dense ids never go. Growth publishes a table of twice the size, filled
 * from the tags, and retires the old one through the epoch; a reader that still walks the old one
 * misses only records younger than its own start.
 * Threading: one writer (init, reserve, insert, deinit); probes lock-free, any online thread.
 */
#ifndef FASTI_DIRECTORY_INDEX_H
#define FASTI_DIRECTORY_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/atomics.h"
#include "engine/base/epoch.h"

struct fasti_index_slots {
    uint32_t mask; /* slots - 1, a power of two less one */
    _Atomic uint64_t entries[];
};

struct fasti_index {
    _Atomic(struct fasti_index_slots *) slots;
    uint32_t used;
};

/* A walk over the dense ids whose keys may be the wanted one. */
struct fasti_index_probe {
    const struct fasti_index_slots *slots;
    uint32_t tag, place;
};

/* false when there is no memory. */
bool fasti_index_init(struct fasti_index *index);
void fasti_index_deinit(struct fasti_index *index);

/* The same entries; to is zeroed. An index that was never inited copies as such. false: no memory.
 */
bool fasti_index_copy(struct fasti_index *to, const struct fasti_index *from);

/* Makes sure that the next insert succeeds. May retire one pointer in limbo. false: no memory. */
bool fasti_index_reserve(struct fasti_index *index, struct fasti_limbo *limbo);

/* The record behind id was published before. The key must not be in the index. */
void fasti_index_insert(struct fasti_index *index, uint32_t tag, uint32_t id);

struct fasti_index_probe fasti_index_probe(const struct fasti_index *index, uint32_t tag);

/* The next candidate, 0 when there is none. */
uint32_t fasti_index_next(struct fasti_index_probe *probe);

#endif
