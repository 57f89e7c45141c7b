/*
 * claim_world.c - the workers, their ledger, and the checks.
 *
 * Every run starts from the same state: the epoch's counter at 1, all workers online, empty limbos,
 * every cell at version 1, and arenas cut from the same first unit, so that a schedule repeats
 * exactly, down to the indexes of what is freed and used again.
 */
#include "tests/support/claim_world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/calendar/claim.h"
#include "tests/support/check.h"

#define WORKERS       FASTI_EXPLORE_WORKERS_MAX
#define CELLS         FASTI_CLAIM_WORLD_CELLS
#define STEPS         FASTI_CLAIM_WORLD_STEPS
#define VERSION_FIRST 1
#define VERSIONS      (VERSION_FIRST + WORKERS * STEPS + 2)
#define COLLECT_MAX   16

enum action { CLAIM, REST, LEAVE, LOOK };

struct step {
    enum action action;
    uint16_t cells, stale; /* a bit a cell */
};

struct test_page {
    uint32_t cell, version, id;
};

struct sighting { /* of a word that a read returned */
    uint32_t cell, version, id;
};

struct look { /* versions that cells 0 and 1 had at the same time */
    uint32_t first, second;
};

struct worker {
    struct fasti_arena_local local, local_first; /* as every run finds it */
    struct fasti_limbo limbo;
    struct step steps[STEPS];
    uint32_t step_count;
    uint32_t seen[CELLS];                     /* the highest version that this worker read */
    uint64_t counter;                         /* the highest that it saw of the epoch's */
    struct sighting sightings[STEPS * CELLS]; /* of one step: CELLS, or 3 by LOOK */
    struct look looks[STEPS];
    uint32_t sighting_count, look_count;
};

static struct fasti_arena arena;
static struct fasti_epoch epoch;
static _Atomic uint64_t cells[CELLS];
static struct worker workers[WORKERS];
static uint32_t worker_count, cell_count, claim_count; /* of the program */
static bool has_pages;
static uint32_t winners[CELLS][VERSIONS]; /* the claim that made the version; 0: none */
static struct fasti_claim_world_counts counts;
static const char *fault; /* the first of this run */
static char program[FASTI_CLAIM_WORLD_TEXT_BYTES];

static void expect(bool holds, const char *text) {
    if (!holds && fault == NULL)
        fault = text;
}

/* ---- words ---- */

/* Which claim published the word. */
static uint32_t id_of(uint32_t cell, uint64_t word) {
    if (!has_pages)
        return fasti_cell_index(word);
    const struct test_page *page = fasti_arena_at(&arena, fasti_cell_index(word));
    expect(page->cell == cell && page->version == fasti_cell_version(word),
           "a page was used again while somebody could see it");
    return page->id;
}

static uint64_t word_make(struct fasti_arena_local *local, uint32_t cell, uint32_t version,
                          uint32_t id) {
    if (!has_pages)
        return fasti_cell_word(FASTI_TAG_VALUE, version, id);
    const uint32_t index = fasti_arena_alloc(local, sizeof(struct test_page));
    CHECK(index != 0, "the arena is too small");
    *(struct test_page *)fasti_arena_at(&arena, index) =
        (struct test_page){.cell = cell, .version = version, .id = id};
    return fasti_cell_word(FASTI_TAG_PAGE, version, index);
}

static uint64_t cell_peek(uint32_t cell) {
    fasti_explore_pause();
    const uint64_t word = fasti_cell_read(&arena, &cells[cell]);
    fasti_explore_resume();
    return word;
}

/* ---- workers ---- */

static uint64_t cell_see(struct worker *worker, uint32_t cell) {
    const uint64_t word = fasti_cell_read(&arena, &cells[cell]);
    const uint32_t version = fasti_cell_version(word);
    CHECK(version < VERSIONS - 1, "a read saw version %u", version);
    expect(version >= worker->seen[cell], "a read went back");
    worker->seen[cell] = version;
    worker->sightings[worker->sighting_count++] =
        (struct sighting){cell, version, id_of(cell, word)};
    return word;
}

/* While the first cell stands still, the second is looked at. */
static void look(struct worker *worker) {
    const uint64_t first = cell_see(worker, 0);
    const uint64_t second = cell_see(worker, 1);
    if (cell_see(worker, 0) == first)
        worker->looks[worker->look_count++] =
            (struct look){fasti_cell_version(first), fasti_cell_version(second)};
}

static struct fasti_claim_item item_make(struct worker *worker, uint32_t cell, uint32_t id,
                                         bool is_stale) {
    const uint64_t word =
        is_stale ? fasti_cell_word(FASTI_TAG_VALUE, VERSION_FIRST - 1, 0) : cell_see(worker, cell);
    const uint32_t version = fasti_cell_version(word) + 1;
    return (struct fasti_claim_item){
        .cell = &cells[cell],
        .cell_id = cell,
        .old_word = word,
        .new_word = word_make(&worker->local, cell, version, id),
    };
}

static uint32_t items_make(struct worker *worker, const struct step *step, uint32_t id,
                           struct fasti_claim_item *items) {
    uint32_t count = 0;
    const bool descends = (worker - workers) % 2 != 0; /* claim.c sorts */
    for (uint32_t i = 0; i < cell_count; i++) {
        const uint32_t cell = descends ? cell_count - 1 - i : i;
        if ((step->cells >> cell & 1) != 0)
            items[count++] = item_make(worker, cell, id, (step->stale >> cell & 1) != 0);
    }
    return count;
}

static void items_won(struct worker *worker, const struct fasti_claim_item *items, uint32_t count,
                      uint32_t id) {
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t cell = (uint32_t)items[i].cell_id;
        const uint32_t version = fasti_cell_version(items[i].new_word);
        expect(winners[cell][version] == 0, "two claims won one version of a cell");
        winners[cell][version] = id;
        expect(fasti_cell_version(cell_peek(cell)) >= version, "WON, but a cell has not moved");
        if (has_pages)
            fasti_limbo_retire(&worker->limbo, fasti_cell_index(items[i].old_word),
                               sizeof(struct test_page));
    }
    counts.won++;
}

static void items_lost(struct worker *worker, const struct fasti_claim_item *items,
                       uint32_t count) {
    bool has_moved = false;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t version = fasti_cell_version(items[i].old_word);
        has_moved =
            has_moved || fasti_cell_version(cell_peek((uint32_t)items[i].cell_id)) > version;
        if (has_pages) /* nobody ever saw it */
            fasti_arena_free(&worker->local, fasti_cell_index(items[i].new_word),
                             sizeof(struct test_page));
    }
    expect(has_moved, "LOST, but no cell moved");
    counts.lost++;
}

static void claim(struct worker *worker, const struct step *step) {
    struct fasti_claim_item items[CELLS];
    const uint32_t id = 1 + (uint32_t)(worker - workers) * STEPS + (uint32_t)(step - worker->steps);
    const uint32_t count = items_make(worker, step, id, items);
    const enum fasti_claim_result result = fasti_claim_swap(&worker->limbo, items, count);
    expect(result != FASTI_CLAIM_MEMORY, "no memory");
    expect(result != FASTI_CLAIM_WON || step->stale == 0, "WON with a stale word");
    for (uint32_t i = 0; i < count && has_pages; i++) { /* held since it was read */
        if (fasti_cell_tag(items[i].old_word) == FASTI_TAG_PAGE)
            (void)id_of((uint32_t)items[i].cell_id, items[i].old_word);
    }
    if (result == FASTI_CLAIM_WON)
        items_won(worker, items, count, id);
    else
        items_lost(worker, items, count);
}

static void rest(struct worker *worker) {
    fasti_epoch_quiescent(&worker->limbo);
    counts.freed += fasti_limbo_collect(&worker->limbo, COLLECT_MAX);
    const uint64_t counter = fasti_load_seq_cst(&epoch.counter); /* not compiled to yield */
    expect(counter >= worker->counter, "the epoch's counter went back");
    worker->counter = counter;
}

static void work(uint32_t which) {
    struct worker *worker = &workers[which];
    for (uint32_t i = 0; i < worker->step_count; i++) {
        switch (worker->steps[i].action) {
        case CLAIM: claim(worker, &worker->steps[i]); break;
        case REST: rest(worker); break;
        case LOOK: look(worker); break;
        case LEAVE:
            fasti_epoch_offline(&worker->limbo);
            fasti_epoch_online(&worker->limbo);
            break;
        }
    }
    fasti_epoch_offline(&worker->limbo);
}

/* ---- one run ---- */

static void run_begin(void) {
    memset(winners, 0, cell_count * sizeof winners[0]);
    fault = NULL;
    fasti_epoch_init(&epoch, worker_count);
    for (uint32_t i = 0; i < worker_count; i++) {
        struct worker *worker = &workers[i];
        worker->local = worker->local_first;
        memset(worker->seen, 0, sizeof worker->seen);
        worker->counter = 0;
        worker->sighting_count = worker->look_count = 0;
        fasti_epoch_online(&worker->limbo);
    }
    for (uint32_t cell = 0; cell < cell_count; cell++)
        cells[cell] = word_make(&workers[0].local, cell, VERSION_FIRST, 0);
}

/* The words of a cell are what the winners say, version by version. */
static void cell_check(uint32_t cell) {
    const uint64_t word = cells[cell];
    const uint32_t version = fasti_cell_version(word);
    if (fasti_cell_tag(word) == FASTI_TAG_DESCRIPTOR) {
        expect(false, "a descriptor is left in a cell");
        return;
    }
    for (uint32_t i = VERSION_FIRST + 1; i <= VERSION_FIRST + claim_count; i++)
        expect((winners[cell][i] != 0) == (i <= version), "versions do not count the won claims");
    if (fault == NULL)
        expect(id_of(cell, word) == winners[cell][version], "a cell holds another claim's word");
}

static void sightings_check(const struct worker *worker) {
    for (uint32_t i = 0; i < worker->sighting_count; i++) {
        const struct sighting *sighting = &worker->sightings[i];
        expect(winners[sighting->cell][sighting->version] == sighting->id,
               "a read saw a word that was never published");
    }
}

static uint32_t version_of(uint32_t cell, uint32_t id) {
    for (uint32_t i = VERSION_FIRST + 1; i <= VERSION_FIRST + claim_count; i++) {
        if (winners[cell][i] == id)
            return i;
    }
    return 0;
}

/* A claim that won both cells was seen in both or in none. */
static void looks_check(const struct worker *worker) {
    for (uint32_t i = 0; i < worker->look_count; i++) {
        for (uint32_t first = VERSION_FIRST + 1; winners[0][first] != 0; first++) {
            const uint32_t second = version_of(1, winners[0][first]);
            expect(second == 0 ||
                       (first <= worker->looks[i].first) == (second <= worker->looks[i].second),
                   "half of a claim was seen");
        }
    }
}

static uint64_t bytes_missing(const struct worker *worker) {
    const uint64_t cut = worker->local.unit - worker->local_first.unit;
    return cut * FASTI_ARENA_UNIT_BYTES + worker->local_first.free_bytes - worker->local.free_bytes;
}

/* Frees all that waits and what the cells name: then nothing is missing, nothing there twice. */
static void memory_check(void) {
    uint64_t missing = 0;
    fasti_store_seq_cst(&epoch.counter, UINT64_MAX);
    for (uint32_t i = 0; i < worker_count; i++)
        fasti_limbo_collect(&workers[i].limbo, UINT32_MAX);
    for (uint32_t cell = 0; cell < cell_count && has_pages; cell++)
        fasti_arena_free(&workers[0].local, fasti_cell_index(cells[cell]),
                         sizeof(struct test_page));
    for (uint32_t i = 0; i < worker_count; i++)
        missing += bytes_missing(&workers[i]);
    expect(missing == 0, "memory was not given back, or twice");
}

static bool run_end(void) {
    for (uint32_t cell = 0; cell < cell_count; cell++)
        cell_check(cell);
    for (uint32_t i = 0; i < worker_count; i++) {
        sightings_check(&workers[i]);
        looks_check(&workers[i]);
    }
    if (fault == NULL)
        memory_check();
    if (fault == NULL)
        return true;
    printf("fault: %s\nprogram: %s\n", fault, program);
    fasti_explore_print();
    return false;
}

bool fasti_claim_world_run_random(uint64_t seed) {
    run_begin();
    fasti_explore_run_random(seed);
    return run_end();
}

bool fasti_claim_world_run_walk(struct fasti_explore_walk *walk) {
    run_begin();
    fasti_explore_run_walk(walk);
    return run_end();
}

/* ---- programs ---- */

static bool is_digit(char byte) {
    return byte >= '0' && byte < '0' + CELLS;
}

/* One step of a worker; returns what follows it. */
static const char *step_parse(struct worker *worker, const char *text) {
    CHECK(worker->step_count < STEPS, "too many steps: %s", text);
    struct step *step = &worker->steps[worker->step_count++];
    *step = (struct step){.action = *text == '~'   ? REST
                                    : *text == '^' ? LEAVE
                                    : *text == '?' ? LOOK
                                                   : CLAIM};
    if (step->action != CLAIM)
        return text + 1;
    CHECK(is_digit(*text), "not a step: %s", text);
    claim_count++;
    for (; is_digit(*text); text++) {
        const uint32_t cell = (uint32_t)(*text - '0');
        const uint16_t bit = (uint16_t)(1 << cell);
        cell_count = cell < cell_count ? cell_count : cell + 1;
        step->cells |= bit;
        if (text[1] == '*') {
            step->stale |= bit;
            text++;
        }
    }
    return *text == '.' ? text + 1 : text;
}

void fasti_claim_world_program(const char *text) {
    CHECK(strlen(text) < sizeof program, "too long: %s", text);
    strcpy(program, text);
    has_pages = strncmp(text, "p ", 2) == 0;
    const char *at = has_pages ? text + 2 : text;
    cell_count = 2; /* that LOOK looks at */
    claim_count = 0;
    for (worker_count = 0; *at != '\0'; worker_count++) {
        CHECK(worker_count < WORKERS, "too many workers: %s", text);
        struct worker *worker = &workers[worker_count];
        for (worker->step_count = 0; *at != '\0' && *at != ' ';)
            at = step_parse(worker, at);
        at += *at == ' ';
    }
    fasti_explore_init(worker_count, work);
    fasti_explore_constant(arena.chunks, sizeof arena.chunks);
    for (uint32_t i = 0; i < worker_count; i++)
        fasti_explore_own(i, &epoch.slots[i].seen);
}

/* A claim of 1 to cells_max of the cells before end, one in eight with a stale word; returns the
 * place behind it. */
static char *claim_text(struct fasti_prng *prng, uint32_t cells_max, uint32_t end, char *at) {
    uint32_t left = 1 + (uint32_t)fasti_prng_below(prng, cells_max);
    left = left < end ? left : end;
    const bool is_stale = fasti_prng_below(prng, 8) == 0;
    for (uint32_t cell = 0; cell < end; cell++) {
        if (fasti_prng_below(prng, end - cell) >= left)
            continue;
        *at++ = (char)('0' + cell);
        if (--left == 0 && is_stale)
            *at++ = '*';
    }
    return at;
}

void fasti_claim_world_text_random(struct fasti_prng *prng, uint32_t cells_max,
                                   char text[FASTI_CLAIM_WORLD_TEXT_BYTES]) {
    /* few cells: many meet; many cells: long claims meet in parts of them */
    const uint32_t end = 2 + (uint32_t)fasti_prng_below(prng, CELLS - 1);
    char *at = text;
    if (fasti_prng_below(prng, 2) == 0) {
        *at++ = 'p';
        *at++ = ' ';
    }
    for (uint32_t worker = 0; worker < WORKERS; worker++) {
        for (uint32_t i = 0; i < 3; i++) {
            at = claim_text(prng, cells_max, end, at);
            for (uint64_t rests = 1 + fasti_prng_below(prng, 3); rests > 0; rests--)
                *at++ = '~';
            if (fasti_prng_below(prng, 8) == 0)
                *at++ = fasti_prng_below(prng, 2) == 0 ? '^' : '?';
        }
        *at++ = worker + 1 < WORKERS ? ' ' : '\0';
    }
    CHECK(at <= text + FASTI_CLAIM_WORLD_TEXT_BYTES, "too long");
}

/* ---- the world ---- */

void fasti_claim_world_open(void) {
    fasti_arena_init(&arena, UINT64_C(16) << 20);
    fasti_epoch_init(&epoch, WORKERS);
    for (uint32_t i = 0; i < WORKERS; i++) {
        struct worker *worker = &workers[i];
        fasti_arena_local_init(&worker->local, &arena);
        const uint32_t first = fasti_arena_alloc(&worker->local, 16); /* takes the chunk */
        CHECK(first != 0 && fasti_limbo_init(&worker->limbo, &epoch, &worker->local, i),
              "no memory");
        worker->local_first = worker->local;
    }
}

void fasti_claim_world_close(void) {
    for (uint32_t i = 0; i < WORKERS; i++)
        fasti_limbo_deinit(&workers[i].limbo);
    fasti_arena_deinit(&arena);
}

struct fasti_claim_world_counts fasti_claim_world_counts(void) {
    return counts;
}
