/*
 * thread_claim.c - threads swap 1 to 8 of a few cells, and now and then up to 256 with many others,
 * with pages that are retired and used again.
 *
 *   cell -> page {the cell's number, its version, a count, a check over all three}
 *
 * A claim adds one to the count of each of its cells. At the end: version = count = the number of
 * won claims that named the cell, and a ledger kept by winners agrees. Meanwhile each read checks
 * that the page behind a word is the one that belongs to cell and version: a page or descriptor
 * freed too early shows as a wrong check (others write their pages there), and under ASan and TSan
 * as an access to freed memory or a race. Readers also see that a claim's cells move together:
 * cells PAIR and PAIR + 1 are always claimed both.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/calendar/claim.h"
#include "tests/support/seed.h"

#define WORKERS    6
#define HOT        12 /* cells of the small claims */
#define CELLS      (HOT + FASTI_CELLS_MAX)
#define PAIR       10 /* cells 10 and 11 are only claimed together */
#define CLAIMS     60000
#define WIDE_EVERY 128 /* claims of one worker */

struct test_page {
    uint64_t cell, version, count, check;
};

struct worker {
    struct fasti_arena_local local;
    struct fasti_limbo limbo;
    struct fasti_prng prng;
    uint64_t won[CELLS];
    uint64_t won_claims, lost_claims, refused_claims, won_wide, faults;
};

static struct fasti_arena arena;
static struct fasti_epoch epoch;
static _Atomic uint64_t cells[CELLS];
static struct worker workers[WORKERS];

static uint64_t check_of(const struct test_page *page) {
    return fasti_hash_mix(page->cell * 31 + fasti_hash_mix(page->version) + page->count * 7 + 1);
}

static uint32_t page_make(struct worker *worker, uint32_t cell, uint64_t version, uint64_t count) {
    const uint32_t index = fasti_arena_alloc(&worker->local, sizeof(struct test_page));
    if (index == 0)
        return 0;
    struct test_page *page = fasti_arena_at(&arena, index);
    *page = (struct test_page){.cell = cell, .version = version, .count = count};
    page->check = check_of(page);
    return index;
}

/* The count behind a word of a cell; counts a fault if the page is not that cell's. */
static uint64_t page_count(struct worker *worker, uint32_t cell, uint64_t word) {
    const struct test_page *page = fasti_arena_at(&arena, fasti_cell_index(word));
    if (page->cell != cell || page->version != fasti_cell_version(word) ||
        page->check != check_of(page))
        worker->faults++;
    return page->count;
}

/* 1 to 8 distinct cells in random order; the pair always together. */
static uint32_t cells_choose(struct fasti_prng *prng, uint32_t *chosen) {
    const uint32_t wanted = 1 + (uint32_t)fasti_prng_below(prng, 8);
    uint32_t order[HOT], count = 0;
    for (uint32_t i = 0; i < HOT; i++) {
        const uint32_t at = (uint32_t)fasti_prng_below(prng, i + 1);
        order[i] = order[at];
        order[at] = i;
    }
    for (uint32_t i = 0; i < HOT && count < wanted; i++) {
        if (order[i] == PAIR + 1)
            continue;
        chosen[count++] = order[i];
        if (order[i] == PAIR)
            chosen[count++] = PAIR + 1;
    }
    return count;
}

/* A run of 2 to 256 cells: parts of one item to four, among and beyond the few hot ones. */
static uint32_t cells_choose_wide(struct fasti_prng *prng, uint32_t *chosen) {
    const uint32_t sizes[] = {2, 63, 64, 65, 128, 129, 200, FASTI_CELLS_MAX};
    const uint32_t wanted = sizes[fasti_prng_below(prng, sizeof sizes / sizeof sizes[0])];
    uint32_t first = (uint32_t)fasti_prng_below(prng, CELLS - wanted + 1);
    if (first == PAIR + 1 || first + wanted == PAIR + 1)
        first++; /* the pair both or neither */
    const uint32_t end = first + wanted < CELLS ? first + wanted : CELLS;
    uint32_t count = 0;
    for (uint32_t i = first; i < end; i++)
        chosen[count++] = i;
    return count;
}

static void pages_drop(struct worker *worker, const struct fasti_claim_item *items, uint32_t count,
                       bool won) {
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t word = won ? items[i].old_word : items[i].new_word;
        if (won)
            fasti_limbo_retire(&worker->limbo, fasti_cell_index(word), sizeof(struct test_page));
        else /* nobody ever saw it */
            fasti_arena_free(&worker->local, fasti_cell_index(word), sizeof(struct test_page));
    }
}

static void claim_try(struct worker *worker, bool is_wide) {
    struct fasti_claim_item items[FASTI_CELLS_MAX];
    uint32_t chosen[FASTI_CELLS_MAX];
    const uint32_t count =
        is_wide ? cells_choose_wide(&worker->prng, chosen) : cells_choose(&worker->prng, chosen);
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t word = fasti_cell_read(&arena, &cells[chosen[i]]);
        const uint32_t version = fasti_cell_version(word) + 1;
        const uint32_t page =
            page_make(worker, chosen[i], version, page_count(worker, chosen[i], word) + 1);
        if (page == 0)
            abort();
        items[i] = (struct fasti_claim_item){
            .cell = &cells[chosen[i]],
            .cell_id = chosen[i],
            .old_word = word,
            .new_word = fasti_cell_word(FASTI_TAG_PAGE, version, page),
        };
    }
    const enum fasti_claim_result result = fasti_claim_swap(&worker->limbo, items, count);
    if (result == FASTI_CLAIM_MEMORY) { /* the limbo is full: another worker lost its core */
        worker->refused_claims++;
        sched_yield();
    }
    pages_drop(worker, items, count, result == FASTI_CLAIM_WON);
    for (uint32_t i = 0; i < count && result == FASTI_CLAIM_WON; i++)
        worker->won[items[i].cell_id]++;
    worker->won_claims += result == FASTI_CLAIM_WON;
    worker->won_wide += result == FASTI_CLAIM_WON && count > FASTI_CLAIM_PART;
    worker->lost_claims += result == FASTI_CLAIM_LOST;
}

/* Between two reads of the first cell that agree, the second cell had the same count. */
static void pair_read(struct worker *worker) {
    const uint64_t first = fasti_cell_read(&arena, &cells[PAIR]);
    const uint64_t second = fasti_cell_read(&arena, &cells[PAIR + 1]);
    if (fasti_cell_read(&arena, &cells[PAIR]) != first)
        return;
    if (page_count(worker, PAIR, first) != page_count(worker, PAIR + 1, second))
        worker->faults++;
}

static void *work(void *argument) {
    struct worker *worker = argument;
    fasti_epoch_online(&worker->limbo);
    for (int i = 0; i < CLAIMS; i++) {
        claim_try(worker, i % WIDE_EVERY == 0);
        pair_read(worker);
        if (i % 4 == 0)
            fasti_epoch_quiescent(&worker->limbo);
        if (i % 1000 == 0) { /* comes and goes, as around a blocking wait */
            fasti_epoch_offline(&worker->limbo);
            fasti_epoch_online(&worker->limbo);
        }
        fasti_limbo_collect(&worker->limbo, 64);
    }
    fasti_epoch_offline(&worker->limbo);
    return NULL;
}

static void set_up(struct fasti_prng *prng) {
    fasti_arena_init(&arena, UINT64_C(512) << 20);
    fasti_epoch_init(&epoch, WORKERS);
    for (uint32_t i = 0; i < WORKERS; i++) {
        fasti_arena_local_init(&workers[i].local, &arena);
        workers[i].prng.state = fasti_prng_next(prng);
        if (!fasti_limbo_init(&workers[i].limbo, &epoch, &workers[i].local, i))
            abort();
    }
    for (uint32_t i = 0; i < CELLS; i++)
        cells[i] = fasti_cell_word(FASTI_TAG_PAGE, 0, page_make(&workers[0], i, 0, 0));
}

/* The end state against the winners' ledger; returns the number of faults. */
static uint64_t results_check(void) {
    uint64_t faults = 0, won = 0, lost = 0, refused = 0, wide = 0;
    for (uint32_t i = 0; i < CELLS; i++) {
        const uint64_t word = cells[i];
        uint64_t expected = 0;
        for (uint32_t w = 0; w < WORKERS; w++)
            expected += workers[w].won[i];
        faults += fasti_cell_tag(word) != FASTI_TAG_PAGE; /* no descriptor is left behind */
        faults += fasti_cell_version(word) != expected;
        faults += page_count(&workers[0], i, word) != expected;
    }
    for (uint32_t w = 0; w < WORKERS; w++) {
        faults += workers[w].faults;
        won += workers[w].won_claims;
        lost += workers[w].lost_claims;
        refused += workers[w].refused_claims;
        wide += workers[w].won_wide;
    }
    printf("thread_claim: %" PRIu64 " won, of them %" PRIu64 " of more than %d cells, %" PRIu64
           " lost, %" PRIu64 " refused, %" PRIu64 " MiB, counter %" PRIu64 ", %" PRIu64 " faults\n",
           won, wide, FASTI_CLAIM_PART, lost, refused, fasti_arena_bytes(&arena) >> 20,
           (uint64_t)epoch.counter, faults);
    return faults + (won == 0) + (wide == 0);
}

int main(void) {
    struct fasti_prng prng = fasti_test_prng("thread_claim");
    pthread_t threads[WORKERS];
    set_up(&prng);
    for (uint32_t i = 0; i < WORKERS; i++) {
        if (pthread_create(&threads[i], NULL, work, &workers[i]) != 0)
            abort();
    }
    for (uint32_t i = 0; i < WORKERS; i++)
        pthread_join(threads[i], NULL);
    const uint64_t faults = results_check();
    for (uint32_t i = 0; i < WORKERS; i++)
        fasti_limbo_deinit(&workers[i].limbo);
    fasti_arena_deinit(&arena);
    return faults == 0 ? 0 : 1;
}
