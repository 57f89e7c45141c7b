/*
 * claim.h - the one primitive: swap k cells, all or nothing.
 *
 * Multi-word compare-and-swap with helping after Harris, Fraser and Pratt, "A Practical Multi-word
 * Compare-and-Swap Operation" (2002). Versions only grow, so the inner RDCSS is not needed: a late
 * helper can install a descriptor again only into a cell of a claim that failed; it then sees the
 * decision and takes out what it put in before it leaves. k = 1 is a plain compare-and-swap.
 *
 *   undecided --install in every cell, in order of cell id--> all in place: SUCCEEDED
 *            \--a cell holds something else-----------------> FAILED
 *   then every installed descriptor is replaced by the new word or the old one.
 *
 * Readers resolve a descriptor (undecided or failed: old word; succeeded: new word), never help.
 * Lock-free. The caller is online in the epoch, and retires old pages and records after a success.
 */
#ifndef FASTI_CALENDAR_CLAIM_H
#define FASTI_CALENDAR_CLAIM_H

#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/epoch.h"
#include "engine/calendar/cell.h"

struct fasti_claim_item {
    _Atomic uint64_t *cell;
    uint64_t cell_id;  /* the order of installation */
    uint64_t old_word; /* as fasti_cell_read returned it: never a descriptor */
    uint64_t new_word; /* version of old_word + 1 */
};

enum fasti_claim_result {
    FASTI_CLAIM_WON,
    FASTI_CLAIM_LOST,   /* some cell no longer held its old word; nothing was changed */
    FASTI_CLAIM_MEMORY, /* no room for a descriptor or in the limbo; nothing was changed */
};

/* The cell's current word, a descriptor resolved to old or new. Any online thread; never writes. */
uint64_t fasti_cell_read(struct fasti_arena *arena, _Atomic uint64_t *cell);

/* items: 1 to FASTI_CELLS_MAX, sorted here by cell_id; no two alike (asserted). */
enum fasti_claim_result fasti_claim_swap(struct fasti_limbo *limbo, struct fasti_claim_item *items,
                                         uint32_t count);

#endif
