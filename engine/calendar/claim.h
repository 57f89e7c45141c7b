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
 * A claim may have a deadline: who has installed all of it reads the clock before he decides, and
 * it fails when its time has come. So who reads the clock, then a cell with fasti_cell_settled, and
 * finds that a deadline has passed, knows that no claim with that deadline swaps what he read any
 * more.
 *
 * Readers resolve a descriptor (undecided or failed: old word; succeeded: new word) and do not
 * help, but in fasti_cell_settled. Lock-free. The caller is online in the epoch, and retires old
 * pages and records after a success.
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

/* Until when a claim may be won, by a clock that goes on for all threads alike. now_ms NULL:
 * always. */
struct fasti_claim_deadline {
    int64_t (*now_ms)(void *context);
    void *context;
    int64_t end_ms; /* the claim fails at this time and later */
};

/* A claim of two or more cells in progress, or of one with a deadline: an arena object, named by
 * the descriptor words that stand in its cells. Items are never written after the first descriptor
 * word is installed; they are the caller's, sorted, in parts of FASTI_CLAIM_PART items so that each
 * fits in the arena. */
enum fasti_claim_state { FASTI_CLAIM_UNDECIDED, FASTI_CLAIM_SUCCEEDED, FASTI_CLAIM_FAILED };

#define FASTI_CLAIM_PART      64
#define FASTI_CLAIM_PARTS_MAX ((FASTI_CELLS_MAX + FASTI_CLAIM_PART - 1) / FASTI_CLAIM_PART)

struct fasti_claim_descriptor {
    _Atomic uint32_t state; /* enum fasti_claim_state; leaves UNDECIDED once */
    uint32_t count;
    uint32_t parts[FASTI_CLAIM_PARTS_MAX]; /* arena index of FASTI_CLAIM_PART items; the last part
                                              has the rest; 0 where count needs no part */
    struct fasti_claim_deadline deadline;
};

enum fasti_claim_result {
    FASTI_CLAIM_WON,
    FASTI_CLAIM_LOST,   /* some cell no longer held its old word, or the deadline has come; nothing
                           was changed */
    FASTI_CLAIM_MEMORY, /* no room for a descriptor or in the limbo; nothing was changed */
};

/* The cell's current word, a descriptor resolved to old or new. Any online thread; never writes. */
uint64_t fasti_cell_read(struct fasti_arena *arena, _Atomic uint64_t *cell);

/* The same once no claim is under way in the cell: those that are, it helps to their end. */
uint64_t fasti_cell_settled(struct fasti_arena *arena, _Atomic uint64_t *cell);

/* Swaps all cells or none, before the deadline (NULL: at any time). items: 1 to FASTI_CELLS_MAX,
 * sorted here by cell_id; no two alike and each new version = old version + 1 (asserted). Cells
 * must stay readable memory for ever. WON: every cell held its old word and holds the new one, or a
 * later one. The old pages are the caller's to retire, for which the limbo has room for count
 * objects. LOST, MEMORY: no cell was changed and nobody saw the new words, so what they name is
 * still private to the caller. */
enum fasti_claim_result fasti_claim_swap_before(struct fasti_limbo *limbo,
                                                struct fasti_claim_item *items, uint32_t count,
                                                const struct fasti_claim_deadline *deadline);
static inline enum fasti_claim_result
fasti_claim_swap(struct fasti_limbo *limbo, struct fasti_claim_item *items, uint32_t count) {
    return fasti_claim_swap_before(limbo, items, count, NULL);
}

#endif
