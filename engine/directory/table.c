/*
 * table.c - chunks of pointers behind a fixed top level.
 *
 * The order that readers rely on: chunk linked, slot stored, count raised; the external id goes
 * into the index after that.
 */
#include "engine/directory/table.h"

#include <stdlib.h>

#include "engine/base/panic.h"

_Static_assert(FASTI_ORGANIZATIONS_MAX <= FASTI_TABLE_MAX && FASTI_LOCATIONS_MAX <= FASTI_TABLE_MAX,
               "the table holds every organization and location");
_Static_assert(FASTI_PRACTITIONERS_MAX <= FASTI_TABLE_MAX && FASTI_SERVICES_MAX <= FASTI_TABLE_MAX,
               "the table holds every practitioner and service");
_Static_assert(FASTI_SCHEDULES_MAX <= FASTI_TABLE_MAX && FASTI_ZONES_MAX <= FASTI_TABLE_MAX,
               "the table holds every schedule and zone");

static _Atomic(void *) *slot_of(const struct fasti_table *table, uint32_t id) {
    /* T4: pairs with T3 in reserve */
    struct fasti_table_chunk *chunk =
        fasti_load_acquire(&table->chunks[(id - 1) / FASTI_TABLE_CHUNK]);
    return chunk == NULL ? NULL : &chunk->slots[(id - 1) % FASTI_TABLE_CHUNK];
}

bool fasti_table_reserve(struct fasti_table *table) {
    const uint32_t next = fasti_load_relaxed(&table->count);
    if (next >= FASTI_TABLE_MAX)
        return false;
    if (slot_of(table, next + 1) != NULL)
        return true;
    struct fasti_table_chunk *chunk = calloc(1, sizeof *chunk);
    if (chunk == NULL)
        return false;
    fasti_store_release(&table->chunks[next / FASTI_TABLE_CHUNK], chunk); /* T3: pairs with T4 */
    return true;
}

uint32_t fasti_table_append(struct fasti_table *table, void *record) {
    const uint32_t id = fasti_load_relaxed(&table->count) + 1;
    _Atomic(void *) *slot = slot_of(table, id);
    FASTI_ASSERT(slot != NULL && record != NULL);
    fasti_store_release(slot, record);      /* T5: pairs with T6 in get */
    fasti_store_release(&table->count, id); /* T1: pairs with T2 in count */
    return id;
}

void *fasti_table_replace(struct fasti_table *table, uint32_t id, void *record) {
    FASTI_ASSERT(id >= 1 && id <= fasti_load_relaxed(&table->count) && record != NULL);
    _Atomic(void *) *slot = slot_of(table, id);
    void *old = fasti_load_relaxed(slot);
    fasti_store_seq_cst(slot, record); /* T5: pairs with T6 in get; see table.h */
    return old;
}

void *fasti_table_get(const struct fasti_table *table, uint32_t id) {
    if (id == 0 || id > FASTI_TABLE_MAX)
        return NULL;
    _Atomic(void *) *slot = slot_of(table, id);
    return slot == NULL ? NULL : fasti_load_seq_cst(slot); /* T6: pairs with T5 */
}

bool fasti_table_copy(struct fasti_table *to, const struct fasti_table *from) {
    const uint32_t count = fasti_table_count(from);
    for (uint32_t first = 0; first < count; first += FASTI_TABLE_CHUNK) {
        struct fasti_table_chunk *chunk = calloc(1, sizeof *chunk);
        if (chunk == NULL)
            return false;
        fasti_store_release(&to->chunks[first / FASTI_TABLE_CHUNK], chunk);
        for (uint32_t i = 0; i < FASTI_TABLE_CHUNK && first + i < count; i++)
            fasti_store_relaxed(&chunk->slots[i], fasti_table_get(from, first + i + 1));
    }
    fasti_store_release(&to->count, count);
    return true;
}

void fasti_table_deinit(struct fasti_table *table) {
    for (uint32_t i = 0; i < FASTI_TABLE_MAX / FASTI_TABLE_CHUNK; i++)
        free(fasti_load_relaxed(&table->chunks[i]));
}
