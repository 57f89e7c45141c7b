/*
 * claim.c - swaps k cells, all or nothing, with helping.
 *
 *   drive(descriptor)          install ... install   decide   settle
 *     cell 1   old -> D .......................................... D -> new (or old)
 *     cell 2           old -> D .................................. D -> new (or old)
 *     state    UNDECIDED .........................> SUCCEEDED (or FAILED)
 *
 * Any thread that meets D may drive it; every step is a compare-and-swap that only one thread wins
 * and that is harmless when late:
 *   install  cannot succeed in a cell of a claim that succeeded, because versions only grow; in a
 *            cell of a failed claim it can. So the installer reads the state again afterwards: if
 *            it is decided, it settles D itself; if not, the decider settles after this install.
 *            That is a store-then-load on both sides, hence seq_cst for cells and state in here.
 *   settle   D's word has the old version and D's index: it stands in no other claim's cell until
 *            the index is used again, which waits for the epoch (see epoch.h).
 * A thread may therefore leave a descriptor that it has not finished without leaving anything
 * behind that others do not know of: helping needs no recursion.
 */
#include "engine/calendar/claim.h"

#include <string.h>

#include "engine/base/mutant.h"
#include "engine/base/panic.h"

_Static_assert(sizeof(struct fasti_claim_item) * FASTI_CLAIM_PART <= FASTI_ARENA_SIZE_MAX,
               "a part of a descriptor fits in the arena");

static struct fasti_claim_descriptor *descriptor_at(struct fasti_arena *arena, uint32_t index) {
    return fasti_arena_at(arena, index);
}

static struct fasti_claim_item *
item_at(struct fasti_arena *arena, const struct fasti_claim_descriptor *descriptor, uint32_t i) {
    struct fasti_claim_item *part = fasti_arena_at(arena, descriptor->parts[i / FASTI_CLAIM_PART]);
    return &part[i % FASTI_CLAIM_PART];
}

static bool is_descriptor(uint64_t word) {
    return fasti_cell_tag(word) == FASTI_TAG_DESCRIPTOR;
}

/* What a claim in this state leaves in an item's cell. */
static uint64_t settled_word(const struct fasti_claim_item *item, uint32_t state) {
    if (FASTI_MUTANT(CLAIM_SAME_VERSION))
        return fasti_cell_word(fasti_cell_tag(item->new_word), fasti_cell_version(item->old_word),
                               fasti_cell_index(item->new_word));
    if (FASTI_MUTANT(CLAIM_READS_UNDECIDED))
        return state == FASTI_CLAIM_FAILED ? item->old_word : item->new_word;
    return state == FASTI_CLAIM_SUCCEEDED ? item->new_word : item->old_word;
}

/* What stands in an item's cell while the claim of descriptor `index` goes on. */
static uint64_t descriptor_word(const struct fasti_claim_item *item, uint32_t index) {
    return fasti_cell_word(FASTI_TAG_DESCRIPTOR, fasti_cell_version(item->old_word), index);
}

uint64_t fasti_cell_read(struct fasti_arena *arena, _Atomic uint64_t *cell) {
    /* C1: pairs with the swaps C2, C4, C5: the page, record or descriptor that the word names */
    const uint64_t word = fasti_load_acquire(cell);
    if (!is_descriptor(word))
        return word;
    struct fasti_claim_descriptor *descriptor = descriptor_at(arena, fasti_cell_index(word));
    /* C6: pairs with C3: whoever sees SUCCEEDED may follow the new words */
    const uint32_t state = fasti_load_acquire(&descriptor->state);
    for (uint32_t i = 0; i < descriptor->count; i++) {
        const struct fasti_claim_item *item = item_at(arena, descriptor, i);
        if (item->cell == cell)
            return FASTI_MUTANT(CLAIM_READS_OLD) ? item->old_word : settled_word(item, state);
    }
    FASTI_UNREACHABLE_CODE(); /* a descriptor stands only in cells that it lists */
}

/* Takes a decided claim out of every cell in which it still stands. */
static void settle(struct fasti_arena *arena, uint32_t index, uint32_t state) {
    struct fasti_claim_descriptor *descriptor = descriptor_at(arena, index);
    FASTI_ASSERT(state != FASTI_CLAIM_UNDECIDED);
    for (uint32_t i = 0; i < descriptor->count; i++) {
        const struct fasti_claim_item *item = item_at(arena, descriptor, i);
        uint64_t word = descriptor_word(item, index);
        if (FASTI_MUTANT(CLAIM_LEAVES_FIRST) && state == FASTI_CLAIM_FAILED && i == 0)
            continue;
        if (FASTI_MUTANT(CLAIM_SETTLES_BLINDLY))
            word = fasti_load_seq_cst(item->cell);
        /* C5: pairs with C1 */
        fasti_cas_seq_cst(item->cell, &word,
                          FASTI_MUTANT(CLAIM_SETTLES_OLD) ? item->old_word
                                                          : settled_word(item, state));
    }
}

enum install_result { INSTALLED, BLOCKED, MOVED, DECIDED };

/* Puts the descriptor into one cell. BLOCKED: another claim's word stands there, in *found. */
static enum install_result install(struct fasti_claim_descriptor *descriptor, uint32_t index,
                                   const struct fasti_claim_item *item, uint64_t *found) {
    const uint64_t wanted = descriptor_word(item, index);
    *found = item->old_word;
    /* C4: pairs with C1; publishes descriptor and items to whoever meets them */
    if (!fasti_cas_seq_cst(item->cell, found, wanted) && *found != wanted)
        return is_descriptor(*found) && !FASTI_MUTANT(CLAIM_GIVES_WAY) ? BLOCKED : MOVED;
    if (FASTI_MUTANT(CLAIM_NO_SECOND_LOOK))
        return INSTALLED;
    return fasti_load_seq_cst(&descriptor->state) == FASTI_CLAIM_UNDECIDED ? INSTALLED : DECIDED;
}

static uint32_t decide(struct fasti_claim_descriptor *descriptor, enum fasti_claim_state state) {
    uint32_t decided = FASTI_CLAIM_UNDECIDED;
    if (FASTI_MUTANT(CLAIM_DECIDES_TWICE))
        decided = fasti_load_seq_cst(&descriptor->state);
    /* C3: pairs with C6 */
    if (fasti_cas_seq_cst(&descriptor->state, &decided, (uint32_t)state))
        decided = state;
    return decided;
}

/* Has the deadline come? Read with every cell installed: see claim.h. */
static bool is_late(const struct fasti_claim_deadline *deadline) {
    return deadline->now_ms != NULL && deadline->now_ms(deadline->context) >= deadline->end_ms;
}

/* Brings a claim to its end and settles it: returns 0; or returns the index of the claim that
 * stands in its way. */
static uint32_t drive(struct fasti_arena *arena, uint32_t index) {
    struct fasti_claim_descriptor *descriptor = descriptor_at(arena, index);
    uint32_t state = fasti_load_seq_cst(&descriptor->state);
    for (uint32_t i = 0; state == FASTI_CLAIM_UNDECIDED; i++) {
        if (i == descriptor->count) {
            state = decide(descriptor, is_late(&descriptor->deadline) ? FASTI_CLAIM_FAILED
                                                                      : FASTI_CLAIM_SUCCEEDED);
            break;
        }
        uint64_t found;
        switch (install(descriptor, index, item_at(arena, descriptor, i), &found)) {
        case INSTALLED: break;
        case BLOCKED: return fasti_cell_index(found);
        case MOVED: state = decide(descriptor, FASTI_CLAIM_FAILED); break;
        case DECIDED:
            if (FASTI_MUTANT(CLAIM_LATE_HELPER))
                return 0;
            state = fasti_load_seq_cst(&descriptor->state);
            break;
        }
    }
    settle(arena, index, state);
    return 0;
}

/* Drives a claim, and whatever stands in its way, until it is decided and settled. Claims install
 * in ascending order of cell id, so a chain of claims that wait for each other has an end, and
 * each round decides a claim or follows the chain: some claim always gets on. */
static void help(struct fasti_arena *arena, uint32_t index) {
    uint32_t current = index;
    for (;;) {
        const uint32_t blocker = drive(arena, current);
        if (blocker == 0 && current == index)
            return;
        current = blocker == 0 || FASTI_MUTANT(CLAIM_NO_HELP) ? index : blocker;
    }
}

uint64_t fasti_cell_settled(struct fasti_arena *arena, _Atomic uint64_t *cell) {
    for (;;) {
        const uint64_t word = fasti_load_seq_cst(cell); /* as C1, and behind the reader's clock */
        if (!is_descriptor(word))
            return word;
        help(arena, fasti_cell_index(word));
    }
}

/* k = 1: no descriptor, but another claim's may be in the way. */
static enum fasti_claim_result swap_one(struct fasti_arena *arena,
                                        const struct fasti_claim_item *item) {
    for (;;) {
        uint64_t found = item->old_word;
        /* C2: pairs with C1 */
        if (fasti_cas_acq_rel(item->cell, &found, item->new_word))
            return FASTI_CLAIM_WON;
        if (!is_descriptor(found))
            return FASTI_CLAIM_LOST;
        help(arena, fasti_cell_index(found));
    }
}

static void items_sort(struct fasti_claim_item *items, uint32_t count) {
    for (uint32_t i = 1; i < count; i++) { /* insertion: few, and mostly in order already */
        const struct fasti_claim_item item = items[i];
        uint32_t at = i;
        for (; at > 0 && items[at - 1].cell_id > item.cell_id && !FASTI_MUTANT(CLAIM_UNSORTED);
             at--)
            items[at] = items[at - 1];
        items[at] = item;
    }
}

static void items_assert(const struct fasti_claim_item *items, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        FASTI_ASSERT(!is_descriptor(items[i].old_word) && !is_descriptor(items[i].new_word));
        FASTI_ASSERT(fasti_cell_version(items[i].new_word) ==
                     fasti_cell_version(items[i].old_word) + 1);
        FASTI_ASSERT(i == 0 || items[i].cell_id > items[i - 1].cell_id ||
                     FASTI_MUTANT(CLAIM_UNSORTED));
    }
}

static uint32_t part_count(uint32_t count) {
    return (count + FASTI_CLAIM_PART - 1) / FASTI_CLAIM_PART;
}

static size_t part_bytes(uint32_t count, uint32_t part) {
    const uint32_t left = count - part * FASTI_CLAIM_PART;
    return (left < FASTI_CLAIM_PART ? left : FASTI_CLAIM_PART) * sizeof(struct fasti_claim_item);
}

/* A private descriptor of the items, UNDECIDED; 0: no memory. */
static uint32_t descriptor_make(struct fasti_arena_local *local,
                                const struct fasti_claim_item *items, uint32_t count,
                                const struct fasti_claim_deadline *deadline) {
    const uint32_t index = fasti_arena_alloc(local, sizeof(struct fasti_claim_descriptor));
    if (index == 0)
        return 0;
    struct fasti_claim_descriptor *descriptor = descriptor_at(local->arena, index);
    *descriptor = (struct fasti_claim_descriptor){.count = count};
    if (deadline != NULL)
        descriptor->deadline = *deadline;
    for (uint32_t part = 0; part < part_count(count); part++) {
        const size_t bytes = part_bytes(count, part);
        descriptor->parts[part] = fasti_arena_alloc(local, bytes);
        if (descriptor->parts[part] == 0) {
            while (part-- > 0)
                fasti_arena_free(local, descriptor->parts[part], part_bytes(count, part));
            fasti_arena_free(local, index, sizeof *descriptor);
            return 0;
        }
        memcpy(fasti_arena_at(local->arena, descriptor->parts[part]),
               items + part * FASTI_CLAIM_PART, bytes);
    }
    return index;
}

static void descriptor_retire(struct fasti_limbo *limbo, uint32_t index) {
    const struct fasti_claim_descriptor *descriptor = descriptor_at(limbo->arena->arena, index);
    for (uint32_t part = 0; part < part_count(descriptor->count); part++)
        fasti_limbo_retire_descriptor(limbo, descriptor->parts[part],
                                      part_bytes(descriptor->count, part));
    fasti_limbo_retire_descriptor(limbo, index, sizeof *descriptor);
}

enum fasti_claim_result fasti_claim_swap_before(struct fasti_limbo *limbo,
                                                struct fasti_claim_item *items, uint32_t count,
                                                const struct fasti_claim_deadline *deadline) {
    struct fasti_arena *arena = limbo->arena->arena;
    FASTI_ASSERT(count >= 1 && count <= FASTI_CELLS_MAX);
    items_sort(items, count);
    items_assert(items, count);
    /* count old pages for the caller; a descriptor and its parts are no more objects than that */
    if (!fasti_limbo_has_room(limbo, count))
        return FASTI_CLAIM_MEMORY;
    if (count == 1 && deadline == NULL)
        return swap_one(arena, &items[0]);
    const uint32_t index = descriptor_make(limbo->arena, items, count, deadline);
    if (index == 0)
        return FASTI_CLAIM_MEMORY;
    help(arena, index);
    const uint32_t state = fasti_load_seq_cst(&descriptor_at(arena, index)->state);
    descriptor_retire(limbo, index);
    return state == FASTI_CLAIM_SUCCEEDED || FASTI_MUTANT(CLAIM_ALWAYS_WON) ? FASTI_CLAIM_WON
                                                                            : FASTI_CLAIM_LOST;
}
