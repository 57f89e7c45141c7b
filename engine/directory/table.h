/*
 * table.h - dense ids to pointers, growing without ever moving.
 *
 *   id - 1  =  chunk * 1024 + place       chunks[chunk] -> 1,024 pointers, made when needed
 *
 * A slot changes from NULL to a record once and then from record to record. The table owns
 * neither the records nor their retirement.
 * Threading: one writer (reserve, append, replace); get and count are lock-free, any thread.
 * replace and get are seq_cst: an editor replaces a service and then looks for a day's chunk, a
 * claimer makes the chunk and then gets the service; one of them sees the other (as in days.h).
 */
#ifndef FASTI_DIRECTORY_TABLE_H
#define FASTI_DIRECTORY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/atomics.h"
#include "engine/base/limits.h"

#define FASTI_TABLE_CHUNK 1024
#define FASTI_TABLE_MAX                                                      \
    (UINT32_C(1) << 20) /* records of one kind; limits.h has no larger bound \
                         */

struct fasti_table_chunk {
    _Atomic(void *) slots[FASTI_TABLE_CHUNK];
};

struct fasti_table {
    _Atomic uint32_t count; /* ids 1 to count are given */
    _Atomic(struct fasti_table_chunk *) chunks[FASTI_TABLE_MAX / FASTI_TABLE_CHUNK];
};

/* Makes sure that the next append succeeds; false when there is no memory. */
bool fasti_table_reserve(struct fasti_table *table);

/* Publishes record under the next id, which it returns. reserve was called before. */
uint32_t fasti_table_append(struct fasti_table *table, void *record);

/* Publishes another record under an id that was given; returns the old one. */
void *fasti_table_replace(struct fasti_table *table, uint32_t id, void *record);

/* NULL for an id that was never given. */
void *fasti_table_get(const struct fasti_table *table, uint32_t id);

static inline uint32_t fasti_table_count(const struct fasti_table *table) {
    return fasti_load_acquire(&table->count); /* T2: pairs with T1 in append */
}

/* The same records under the same ids; to is zeroed. false: no memory, to is to be deinited. */
bool fasti_table_copy(struct fasti_table *to, const struct fasti_table *from);

/* Frees the chunks, not the records. */
void fasti_table_deinit(struct fasti_table *table);

#endif
