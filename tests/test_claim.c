/*
 * test_claim.c - one thread: what a swap of k cells does, and what it does to descriptors of other
 * claims that it finds in every state (built here by hand, as a stalled thread leaves them).
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine/calendar/claim.h"
#include "tests/support/seed.h"

#define CELLS 300

static struct fasti_arena arena;
static struct fasti_arena_local local;
static struct fasti_epoch epoch;
static struct fasti_limbo limbo;
static _Atomic uint64_t cells[CELLS];

static void set_up(void) {
    fasti_arena_init(&arena, UINT64_C(8) << 20);
    fasti_arena_local_init(&local, &arena);
    fasti_epoch_init(&epoch, 1);
    cr_assert(fasti_limbo_init(&limbo, &epoch, &local, 0));
    fasti_epoch_online(&limbo);
    for (uint32_t i = 0; i < CELLS; i++)
        cells[i] = fasti_cell_word(FASTI_TAG_VALUE, 5, 100 + i);
}

static void tear_down(void) {
    fasti_limbo_deinit(&limbo);
    fasti_arena_deinit(&arena);
}

TestSuite(claim, .init = set_up, .fini = tear_down);

/* Cell i from its word now to the next version with index value. */
static struct fasti_claim_item item(uint32_t i, uint32_t value) {
    const uint64_t old = fasti_cell_read(&arena, &cells[i]);
    return (struct fasti_claim_item){
        .cell = &cells[i],
        .cell_id = 1000 + i,
        .old_word = old,
        .new_word = fasti_cell_word(FASTI_TAG_VALUE, fasti_cell_version(old) + 1, value),
    };
}

static uint64_t word(uint32_t version, uint32_t index) {
    return fasti_cell_word(FASTI_TAG_VALUE, version, index);
}

/* A claim of somebody who stalled: installed in the first `installed` of its items. */
static uint32_t stalled(const struct fasti_claim_item *items, uint32_t count, uint32_t installed,
                        enum fasti_claim_state state) {
    const uint32_t index = fasti_arena_alloc(&local, sizeof(struct fasti_claim_descriptor));
    struct fasti_claim_descriptor *descriptor = fasti_arena_at(&arena, index);
    *descriptor = (struct fasti_claim_descriptor){.state = state, .count = count};
    for (uint32_t at = 0; at < count; at += FASTI_CLAIM_PART) {
        const uint32_t part = count - at < FASTI_CLAIM_PART ? count - at : FASTI_CLAIM_PART;
        const uint32_t made = fasti_arena_alloc(&local, part * sizeof *items);
        memcpy(fasti_arena_at(&arena, made), items + at, part * sizeof *items);
        descriptor->parts[at / FASTI_CLAIM_PART] = made;
    }
    for (uint32_t i = 0; i < installed; i++)
        *items[i].cell =
            fasti_cell_word(FASTI_TAG_DESCRIPTOR, fasti_cell_version(items[i].old_word), index);
    return index;
}

static uint32_t state_of(uint32_t descriptor) {
    return ((struct fasti_claim_descriptor *)fasti_arena_at(&arena, descriptor))->state;
}

Test(claim, one_cell) {
    struct fasti_claim_item one = item(3, 7);
    cr_assert_eq(fasti_claim_swap(&limbo, &one, 1), FASTI_CLAIM_WON);
    cr_assert_eq(cells[3], word(6, 7));
    cr_assert_eq(fasti_claim_swap(&limbo, &one, 1), FASTI_CLAIM_LOST);
    cr_assert_eq(cells[3], word(6, 7));
}

Test(claim, all_or_nothing_for_every_count) {
    struct fasti_prng prng = fasti_test_prng("claim.all_or_nothing_for_every_count");
    for (uint32_t count = 1; count <= FASTI_CELLS_MAX; count += count < 70 ? 1 : 31) {
        struct fasti_claim_item items[FASTI_CELLS_MAX], stale[FASTI_CELLS_MAX];
        for (uint32_t i = 0; i < count; i++)
            items[i] = item(count - 1 - i, count); /* unsorted: swap sorts */
        memcpy(stale, items, sizeof stale);
        cr_assert_eq(fasti_claim_swap(&limbo, items, count), FASTI_CLAIM_WON);
        for (uint32_t i = 0; i < count; i++)
            cr_assert_eq(cells[items[i].cell_id - 1000], items[i].new_word);
        /* one stale item anywhere spoils all */
        for (uint32_t i = 0; i < count; i++)
            items[i] = item(i, 9000 + count);
        const uint32_t spoiled = (uint32_t)fasti_prng_below(&prng, count);
        items[spoiled] = stale[count - 1 - spoiled];
        cr_assert_eq(fasti_claim_swap(&limbo, items, count), FASTI_CLAIM_LOST);
        for (uint32_t i = 0; i < count; i++)
            cr_assert_eq(fasti_cell_index(cells[i]), count);
        fasti_epoch_quiescent(&limbo);
        fasti_limbo_collect(&limbo, 1000);
    }
}

Test(claim, read_resolves_and_never_writes) {
    struct fasti_claim_item items[70];
    for (uint32_t i = 0; i < 70; i++)
        items[i] = item(i, 7);
    const uint32_t descriptor = stalled(items, 70, 69, FASTI_CLAIM_UNDECIDED);
    const enum fasti_claim_state states[] = {FASTI_CLAIM_UNDECIDED, FASTI_CLAIM_FAILED,
                                             FASTI_CLAIM_SUCCEEDED};
    for (uint32_t s = 0; s < 3; s++) {
        ((struct fasti_claim_descriptor *)fasti_arena_at(&arena, descriptor))->state = states[s];
        for (uint32_t i = 0; i < 69; i++) {
            const uint64_t standing = cells[i];
            cr_assert_eq(fasti_cell_read(&arena, &cells[i]),
                         s == 2 ? items[i].new_word : items[i].old_word);
            cr_assert_eq(cells[i], standing);
        }
    }
}

Test(claim, one_cell_meets_an_undecided_claim) {
    struct fasti_claim_item other[3] = {item(1, 7), item(2, 7), item(3, 7)};
    struct fasti_claim_item mine = item(2, 8);
    const uint32_t descriptor = stalled(other, 3, 2, FASTI_CLAIM_UNDECIDED);
    cr_assert_eq(fasti_claim_swap(&limbo, &mine, 1), FASTI_CLAIM_LOST);
    cr_assert_eq(state_of(descriptor), FASTI_CLAIM_SUCCEEDED);
    for (uint32_t i = 1; i <= 3; i++)
        cr_assert_eq(cells[i], word(6, 7), "the helped claim is complete");
}

Test(claim, one_cell_meets_a_claim_that_cannot_win) {
    struct fasti_claim_item other[3] = {item(1, 7), item(2, 7), item(3, 7)};
    struct fasti_claim_item mine = item(2, 8);
    cells[3] = word(6, 50); /* moved on: the other claim must fail */
    const uint32_t descriptor = stalled(other, 3, 2, FASTI_CLAIM_UNDECIDED);
    cr_assert_eq(fasti_claim_swap(&limbo, &mine, 1), FASTI_CLAIM_WON,
                 "a claim that fails takes nothing from others");
    cr_assert_eq(state_of(descriptor), FASTI_CLAIM_FAILED);
    cr_assert_eq(cells[1], word(5, 101));
    cr_assert_eq(cells[2], word(6, 8));
    cr_assert_eq(cells[3], word(6, 50));
}

Test(claim, one_cell_meets_decided_claims) {
    struct fasti_claim_item failed[2] = {item(1, 7), item(2, 7)};
    struct fasti_claim_item mine = item(1, 8);
    stalled(failed, 2, 2, FASTI_CLAIM_FAILED);
    cr_assert_eq(fasti_claim_swap(&limbo, &mine, 1), FASTI_CLAIM_WON);
    cr_assert_eq(cells[1], word(6, 8));
    cr_assert_eq(cells[2], word(5, 102));
    struct fasti_claim_item succeeded[2] = {item(11, 7), item(12, 7)};
    mine = item(11, 8);
    stalled(succeeded, 2, 2, FASTI_CLAIM_SUCCEEDED);
    cr_assert_eq(fasti_claim_swap(&limbo, &mine, 1), FASTI_CLAIM_LOST);
    cr_assert_eq(cells[11], word(6, 7));
    cr_assert_eq(cells[12], word(6, 7));
    mine = item(12, 8);
    cr_assert_eq(fasti_claim_swap(&limbo, &mine, 1), FASTI_CLAIM_WON);
}

Test(claim, many_cells_meet_a_chain_of_claims) {
    /* mine waits for a in cell 2, a for b in cell 3, b for c in cell 4. c wins; b fails, because
     * cell 4 moved; a finds cell 3 as it was, and wins; so cell 2 moved, and mine loses. */
    struct fasti_claim_item mine[2] = {item(1, 1), item(2, 1)};
    struct fasti_claim_item a[2] = {item(2, 2), item(3, 2)};
    struct fasti_claim_item b[2] = {item(3, 3), item(4, 3)};
    struct fasti_claim_item c[2] = {item(4, 4), item(5, 4)};
    const uint32_t a_index = stalled(a, 2, 1, FASTI_CLAIM_UNDECIDED);
    const uint32_t b_index = stalled(b, 2, 1, FASTI_CLAIM_UNDECIDED);
    const uint32_t c_index = stalled(c, 2, 1, FASTI_CLAIM_UNDECIDED);
    cr_assert_eq(fasti_claim_swap(&limbo, mine, 2), FASTI_CLAIM_LOST);
    cr_assert_eq(state_of(c_index), FASTI_CLAIM_SUCCEEDED);
    cr_assert_eq(state_of(b_index), FASTI_CLAIM_FAILED);
    cr_assert_eq(state_of(a_index), FASTI_CLAIM_SUCCEEDED);
    const uint64_t expected[] = {word(5, 101), word(6, 2), word(6, 2), word(6, 4), word(6, 4)};
    for (uint32_t i = 0; i < 5; i++)
        cr_assert_eq(cells[i + 1], expected[i], "cell %u", i + 1);
}

/* A clock that looks at the cells when it is asked. */
struct deadline_look {
    int64_t now_ms;
    uint32_t cell_count, asked, installed;
    bool helps; /* another one settles cell 0 meanwhile, and by then it is late */
};

static int64_t look_now_ms(void *context) {
    struct deadline_look *look = context;
    const int64_t now_ms = look->now_ms;
    look->asked++;
    look->installed = 0;
    for (uint32_t i = 0; i < look->cell_count; i++)
        look->installed += fasti_cell_tag(cells[i]) == FASTI_TAG_DESCRIPTOR;
    if (look->helps && look->asked == 1) {
        look->now_ms = 60;
        cr_assert_eq(fasti_cell_settled(&arena, &cells[0]), word(5, 100));
    }
    return now_ms;
}

Test(claim, a_deadline_is_asked_for_when_all_cells_are_taken) {
    for (uint32_t count = 1; count <= 3; count++) {
        struct fasti_claim_item items[3] = {item(0, 1), item(1, 2), item(2, 3)};
        struct deadline_look look = {.now_ms = 59, .cell_count = count};
        const struct fasti_claim_deadline deadline = {look_now_ms, &look, 60};
        cr_assert_eq(fasti_claim_swap_before(&limbo, items, count, &deadline), FASTI_CLAIM_WON);
        cr_assert(look.asked == 1 && look.installed == count);
        cr_assert_eq(cells[count - 1], items[count - 1].new_word);
        look.now_ms = 60;
        for (uint32_t i = 0; i < count; i++)
            items[i] = item(i, 9);
        cr_assert_eq(fasti_claim_swap_before(&limbo, items, count, &deadline), FASTI_CLAIM_LOST);
        cr_assert(look.asked == 2 && look.installed == count);
        for (uint32_t i = 0; i < count; i++)
            cr_assert_eq(cells[i], items[i].old_word);
    }
}

Test(claim, who_settles_a_cell_after_the_deadline_ends_the_claim) {
    struct fasti_claim_item items[] = {item(0, 1), item(1, 2)};
    struct deadline_look look = {.now_ms = 59, .cell_count = 2, .helps = true};
    const struct fasti_claim_deadline deadline = {look_now_ms, &look, 60};
    cr_assert_eq(fasti_claim_swap_before(&limbo, items, 2, &deadline), FASTI_CLAIM_LOST);
    cr_assert_eq(look.asked, 2);
    cr_assert(cells[0] == items[0].old_word && cells[1] == items[1].old_word);
}

Test(claim, versions_count_swaps) {
    for (uint32_t i = 0; i < 1000; i++) {
        struct fasti_claim_item items[2] = {item(0, i), item(1, i)};
        cr_assert_eq(fasti_claim_swap(&limbo, items, 1 + i % 2), FASTI_CLAIM_WON);
        fasti_epoch_quiescent(&limbo);
        fasti_limbo_collect(&limbo, 8);
    }
    cr_assert_eq(fasti_cell_version(cells[0]), 1005);
    cr_assert_eq(fasti_cell_version(cells[1]), 505);
}

Test(claim, no_memory_changes_nothing) {
    while (fasti_arena_alloc(&local, 1024) != 0)
        continue;
    while (fasti_arena_alloc(&local, 16) != 0)
        continue;
    struct fasti_claim_item items[2] = {item(0, 1), item(1, 1)};
    cr_assert_eq(fasti_claim_swap(&limbo, items, 2), FASTI_CLAIM_MEMORY);
    cr_assert_eq(cells[0], word(5, 100));
    cr_assert_eq(fasti_claim_swap(&limbo, items, 1), FASTI_CLAIM_WON, "k = 1 needs no memory");
}

/* Bytes that this worker can still hand out. */
static uint64_t free_bytes(void) {
    return local.free_bytes + (uint64_t)(local.unit_end - local.unit) * FASTI_ARENA_UNIT_BYTES;
}

static const uint32_t part_edges[] = {63, 64, 65, 127, 128, 129, 192, 193, 255, 256};
enum { EDGES = sizeof part_edges / sizeof part_edges[0] };

static uint32_t edge_parts(uint32_t count) {
    return (count + FASTI_CLAIM_PART - 1) / FASTI_CLAIM_PART;
}

static size_t edge_bytes(uint32_t count, uint32_t part) {
    const uint32_t left = count - part * FASTI_CLAIM_PART;
    return (left < FASTI_CLAIM_PART ? left : FASTI_CLAIM_PART) * sizeof(struct fasti_claim_item);
}

/* Leaves memory for a descriptor if has_descriptor, and for the first `parts` parts of a claim. */
static void memory_leave(uint32_t count, bool has_descriptor, uint32_t parts) {
    uint32_t kept[FASTI_CLAIM_PARTS_MAX];
    const uint32_t descriptor = fasti_arena_alloc(&local, sizeof(struct fasti_claim_descriptor));
    for (uint32_t i = 0; i < parts; i++)
        kept[i] = fasti_arena_alloc(&local, edge_bytes(count, i));
    for (size_t size = FASTI_ARENA_SIZE_MAX; size > 0; size -= FASTI_ARENA_UNIT_BYTES)
        while (fasti_arena_alloc(&local, size) != 0)
            continue;
    for (uint32_t i = 0; i < parts; i++)
        fasti_arena_free(&local, kept[i], edge_bytes(count, i));
    if (has_descriptor)
        fasti_arena_free(&local, descriptor, sizeof(struct fasti_claim_descriptor));
}

/* Memory for the descriptor and its first `parts` parts only; -1: not even for the descriptor. */
static void swap_with_parts(uint32_t count, int parts) {
    struct fasti_claim_item items[FASTI_CELLS_MAX];
    uint64_t before[FASTI_CELLS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        before[i] = cells[i];
        items[i] = item(i, 7);
    }
    memory_leave(count, parts >= 0, parts < 0 ? 0 : (uint32_t)parts);
    const uint64_t bytes = free_bytes();
    const bool is_enough = parts == (int)edge_parts(count);
    cr_assert_eq(fasti_claim_swap(&limbo, items, count),
                 is_enough ? FASTI_CLAIM_WON : FASTI_CLAIM_MEMORY, "%u cells, %d parts", count,
                 parts);
    for (uint32_t i = 0; i < count; i++)
        cr_assert_eq(cells[i], is_enough ? items[i].new_word : before[i]);
    cr_assert_eq(free_bytes(), is_enough ? 0 : bytes, "%u cells, %d parts", count, parts);
    cr_assert_eq(limbo.descriptors.tail - limbo.descriptors.head,
                 is_enough ? 1 + edge_parts(count) : 0);
}

Test(claim, memory_that_ends_anywhere_in_a_descriptor_changes_nothing_and_leaks_nothing) {
    for (uint32_t edge = 0; edge < EDGES; edge++) {
        for (int parts = -1; parts <= (int)edge_parts(part_edges[edge]); parts++) {
            tear_down();
            set_up();
            swap_with_parts(part_edges[edge], parts);
        }
    }
}

Test(claim, what_a_claim_of_many_parts_took_comes_back) {
    struct fasti_claim_item items[FASTI_CELLS_MAX];
    (void)fasti_arena_alloc(&local, 16); /* the first chunk */
    const uint64_t bytes = free_bytes();
    for (uint32_t edge = 0; edge < EDGES; edge++) {
        for (uint32_t i = 0; i < part_edges[edge]; i++)
            items[i] = item(i, 7);
        cr_assert_eq(fasti_claim_swap(&limbo, items, part_edges[edge]), FASTI_CLAIM_WON);
        cr_assert_lt(free_bytes(), bytes);
        for (uint32_t step = 0; step < FASTI_GRACE_DESCRIPTOR; step++)
            fasti_epoch_quiescent(&limbo);
        cr_assert_eq(fasti_limbo_collect(&limbo, 100), 1 + edge_parts(part_edges[edge]));
        cr_assert_eq(free_bytes(), bytes, "%u cells", part_edges[edge]);
    }
}

/* Somebody stalled, installed in so many cells; I want the first of them, or the last. */
static void meet_stalled(uint32_t count, uint32_t installed, bool can_win, bool at_last) {
    struct fasti_claim_item other[FASTI_CELLS_MAX];
    for (uint32_t i = 0; i < count; i++)
        other[i] = item(i, 7);
    struct fasti_claim_item spoiler = item(count - 1, 8);
    if (!can_win)
        cr_assert_eq(fasti_claim_swap(&limbo, &spoiler, 1), FASTI_CLAIM_WON);
    const uint32_t index = stalled(other, count, installed, FASTI_CLAIM_UNDECIDED);
    struct fasti_claim_item mine = item(at_last ? installed - 1 : 0, 9);
    cr_assert_eq(fasti_claim_swap(&limbo, &mine, 1), can_win ? FASTI_CLAIM_LOST : FASTI_CLAIM_WON);
    cr_assert_eq(state_of(index), can_win ? FASTI_CLAIM_SUCCEEDED : FASTI_CLAIM_FAILED);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t expected = can_win ? other[i].new_word : other[i].old_word;
        if (!can_win && i == count - 1)
            expected = spoiler.new_word;
        if (!can_win && &cells[i] == mine.cell)
            expected = mine.new_word;
        cr_assert_eq(cells[i], expected, "cell %u of %u, %u installed", i, count, installed);
    }
}

Test(claim, claims_of_many_parts_are_helped_to_their_end) {
    for (uint32_t edge = 0; edge < EDGES; edge++) {
        const uint32_t count = part_edges[edge];
        const uint32_t stops[] = {1, count / 2, count - 1, count};
        for (uint32_t s = 0; s < 4; s++) {
            meet_stalled(count, stops[s], true, false);
            meet_stalled(count, stops[s], true, true);
            const uint32_t before_last = stops[s] < count ? stops[s] : count - 1;
            meet_stalled(count, before_last, false, false);
            meet_stalled(count, before_last, false, true);
        }
    }
}

Test(claim, a_limbo_with_room_for_fewer_refuses_more) {
    struct fasti_claim_item items[FASTI_CELLS_MAX];
    while (fasti_limbo_has_room(&limbo, 100))
        fasti_limbo_retire(&limbo, fasti_arena_alloc(&local, 16), 16);
    for (uint32_t i = 0; i < FASTI_CELLS_MAX; i++)
        items[i] = item(i, 1);
    cr_assert_eq(fasti_claim_swap(&limbo, items, FASTI_CELLS_MAX), FASTI_CLAIM_MEMORY);
    cr_assert_eq(fasti_claim_swap(&limbo, items, 100), FASTI_CLAIM_MEMORY);
    cr_assert_eq(cells[0], word(5, 100));
    cr_assert_eq(fasti_claim_swap(&limbo, items, 99), FASTI_CLAIM_WON);
    for (uint32_t i = 0; i < 99; i++) /* the caller's old pages */
        fasti_limbo_retire(&limbo, fasti_arena_alloc(&local, 16), 16);
}

Test(claim, no_room_in_the_limbo_changes_nothing) {
    while (fasti_limbo_has_room(&limbo, 1))
        fasti_limbo_retire_descriptor(&limbo, fasti_arena_alloc(&local, 16), 16);
    struct fasti_claim_item one = item(0, 1);
    cr_assert_eq(fasti_claim_swap(&limbo, &one, 1), FASTI_CLAIM_MEMORY);
    cr_assert_eq(cells[0], word(5, 100));
}

Test(claim, the_same_cell_twice_crashes, .signal = SIGABRT) {
    struct fasti_claim_item items[2] = {item(0, 1), item(0, 2)};
    fasti_claim_swap(&limbo, items, 2);
}

Test(claim, a_skipped_version_crashes, .signal = SIGABRT) {
    struct fasti_claim_item one = item(0, 1);
    one.new_word = word(8, 1);
    fasti_claim_swap(&limbo, &one, 1);
}
