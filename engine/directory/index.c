/*
 * index.c - probing and growth of the external id tables.
 */
#include "engine/directory/index.h"

#include <stdlib.h>

#include "engine/base/panic.h"

#define SLOTS_FIRST 64

static struct fasti_index_slots *slots_make(uint32_t count) {
    struct fasti_index_slots *slots =
        calloc(1, sizeof *slots + (size_t)count * sizeof slots->entries[0]);
    if (slots != NULL)
        slots->mask = count - 1;
    return slots;
}

static void slots_insert(struct fasti_index_slots *slots, uint64_t entry) {
    uint32_t place = (uint32_t)(entry >> 32) & slots->mask;
    while (fasti_load_relaxed(&slots->entries[place]) != 0)
        place = (place + 1) & slots->mask;
    fasti_store_release(&slots->entries[place], entry); /* X3: pairs with X4 in next */
}

bool fasti_index_init(struct fasti_index *index) {
    struct fasti_index_slots *slots = slots_make(SLOTS_FIRST);
    index->used = 0;
    fasti_store_release(&index->slots, slots);
    return slots != NULL;
}

void fasti_index_deinit(struct fasti_index *index) {
    free(fasti_load_relaxed(&index->slots));
}

bool fasti_index_copy(struct fasti_index *to, const struct fasti_index *from) {
    const struct fasti_index_slots *old = fasti_load_relaxed(&from->slots);
    if (old == NULL)
        return true;
    struct fasti_index_slots *slots = slots_make(old->mask + 1);
    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i <= old->mask; i++)
        fasti_store_relaxed(&slots->entries[i], fasti_load_relaxed(&old->entries[i]));
    to->used = from->used;
    fasti_store_release(&to->slots, slots);
    return true;
}

bool fasti_index_reserve(struct fasti_index *index, struct fasti_limbo *limbo) {
    struct fasti_index_slots *old = fasti_load_relaxed(&index->slots);
    if ((uint64_t)index->used + 1 <= ((uint64_t)old->mask + 1) / 2)
        return true;
    struct fasti_index_slots *slots = slots_make((old->mask + 1) * 2);
    if (slots == NULL)
        return false;
    for (uint32_t i = 0; i <= old->mask; i++) {
        const uint64_t entry = fasti_load_relaxed(&old->entries[i]);
        if (entry != 0)
            slots_insert(slots, entry);
    }
    fasti_store_release(&index->slots, slots); /* X1: pairs with X2 in probe */
    fasti_limbo_retire_pointer(limbo, old);
    return true;
}

void fasti_index_insert(struct fasti_index *index, uint32_t tag, uint32_t id) {
    struct fasti_index_slots *slots = fasti_load_relaxed(&index->slots);
    FASTI_ASSERT(id != 0 && index->used < slots->mask);
    slots_insert(slots, (uint64_t)tag << 32 | id);
    index->used++;
}

struct fasti_index_probe fasti_index_probe(const struct fasti_index *index, uint32_t tag) {
    /* X2: pairs with X1 in reserve */
    const struct fasti_index_slots *slots = fasti_load_acquire(&index->slots);
    return (struct fasti_index_probe){.slots = slots, .tag = tag, .place = tag & slots->mask};
}

uint32_t fasti_index_next(struct fasti_index_probe *probe) {
    const struct fasti_index_slots *slots = probe->slots;
    for (;;) { /* ends: at least half of the slots are empty */
        /* X4: pairs with X3 in slots_insert */
        const uint64_t entry = fasti_load_acquire(&slots->entries[probe->place]);
        if (entry == 0)
            return 0;
        probe->place = (probe->place + 1) & slots->mask;
        if ((uint32_t)(entry >> 32) == probe->tag)
            return (uint32_t)entry;
    }
}
