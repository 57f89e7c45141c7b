/*
 * thread_explore.c - claims under chosen interleavings: the rare ones that threads hardly ever
 * meet.
 *
 * claim.c is compiled into this program with FASTI_EXPLORE: before every access to a shared word it
 * calls fasti_explore_yield, which here may switch to another worker. Workers are coroutines in one
 * thread (ucontext), so a seed is a schedule and runs again exactly. Interleavings are sequentially
 * consistent ones; weaker orders are thread_claim's business, under TSan.
 *
 *   each run    3 workers, 3 claims each, of 1 to 4 cells out of 4, switching often or rarely
 *   checked     no descriptor is left in a cell; version = won claims of the cell; a read sees
 *               only words that were published; LOST only if a cell has really moved on
 *   memory      each descriptor that the epoch frees is poisoned (ASan) and used again
 *
 * Skipped under TSan, which does not know these coroutines.
 */
#define FASTI_EXPLORE
#include "engine/calendar/claim.c"

#include <ucontext.h>

#include "tests/support/seed.h"

#define WORKERS     3
#define CELLS       4
#define CLAIMS      3
#define RUNS        20000
#define STACK_BYTES (256 * 1024)

struct worker {
    ucontext_t context;
    struct fasti_arena_local local;
    struct fasti_limbo limbo;
    bool done;
    uint32_t won[CELLS];
};

static struct fasti_arena arena;
static struct fasti_epoch epoch;
static _Atomic uint64_t cells[CELLS];
static struct worker workers[WORKERS];
static char stacks[WORKERS][STACK_BYTES];
static ucontext_t main_context;
static struct fasti_prng prng;
static uint32_t running = WORKERS; /* WORKERS: main, which never yields */
static uint64_t switch_every;      /* one yield in so many switches */
static uint64_t faults, won_total, lost_total, switches;

/* Another worker that is not done, or the running one. */
static uint32_t worker_choose(void) {
    const uint32_t first = (uint32_t)fasti_prng_below(&prng, WORKERS);
    for (uint32_t i = 0; i < WORKERS; i++) {
        const uint32_t chosen = (first + i) % WORKERS;
        if (!workers[chosen].done)
            return chosen;
    }
    return running;
}

void fasti_explore_yield(void) {
    if (running == WORKERS || fasti_prng_below(&prng, switch_every) != 0)
        return;
    const uint32_t from = running;
    const uint32_t to = worker_choose();
    if (to == from)
        return;
    switches++;
    running = to;
    if (swapcontext(&workers[from].context, &workers[to].context) != 0)
        abort();
}

static void expect(bool condition, const char *text) {
    if (condition)
        return;
    faults++;
    printf("thread_explore: %s\n", text);
}

static struct fasti_claim_item item_read(uint32_t cell) {
    const uint64_t word = fasti_cell_read(&arena, &cells[cell]);
    const uint32_t version = fasti_cell_version(word);
    expect(fasti_cell_tag(word) == FASTI_TAG_VALUE && fasti_cell_index(word) == version,
           "a read saw a word that was never published");
    return (struct fasti_claim_item){
        .cell = &cells[cell],
        .cell_id = cell,
        .old_word = word,
        .new_word = fasti_cell_word(FASTI_TAG_VALUE, version + 1, version + 1),
    };
}

static bool some_cell_moved(const struct fasti_claim_item *items, uint32_t count) {
    bool moved = false;
    for (uint32_t i = 0; i < count; i++)
        moved = moved || fasti_cell_read(&arena, items[i].cell) != items[i].old_word;
    return moved;
}

static void claim_random(struct worker *worker) {
    struct fasti_claim_item items[CELLS];
    uint32_t count = 0;
    const uint64_t chosen = 1 + fasti_prng_below(&prng, (1 << CELLS) - 1);
    for (uint32_t cell = 0; cell < CELLS; cell++) {
        if ((chosen >> cell & 1) != 0)
            items[count++] = item_read(cell);
    }
    const enum fasti_claim_result result = fasti_claim_swap(&worker->limbo, items, count);
    if (result == FASTI_CLAIM_LOST) {
        lost_total++;
        expect(some_cell_moved(items, count), "LOST, but no cell moved");
        return;
    }
    expect(result == FASTI_CLAIM_WON, "no memory");
    won_total++;
    for (uint32_t i = 0; i < count; i++)
        worker->won[items[i].cell_id]++;
}

static void work(void) {
    struct worker *worker = &workers[running];
    fasti_epoch_online(&worker->limbo);
    for (int i = 0; i < CLAIMS; i++) {
        claim_random(worker);
        fasti_epoch_quiescent(&worker->limbo);
        fasti_limbo_collect(&worker->limbo, 16);
    }
    fasti_epoch_offline(&worker->limbo);
    worker->done = true;
    const uint32_t next = worker_choose();
    const bool all_done = workers[next].done;
    running = all_done ? WORKERS : next;
    setcontext(all_done ? &main_context : &workers[next].context);
    abort();
}

static void run_check(void) {
    for (uint32_t cell = 0; cell < CELLS; cell++) {
        const uint64_t word = cells[cell];
        uint32_t won = 0;
        for (uint32_t i = 0; i < WORKERS; i++)
            won += workers[i].won[cell];
        expect(fasti_cell_tag(word) == FASTI_TAG_VALUE, "a descriptor is left in a cell");
        expect(fasti_cell_version(word) == won, "the version is not the number of won claims");
    }
}

static void worker_prepare(uint32_t i) {
    struct worker *worker = &workers[i];
    worker->done = false;
    memset(worker->won, 0, sizeof worker->won);
    if (getcontext(&worker->context) != 0)
        abort();
    worker->context.uc_stack.ss_sp = stacks[i];
    worker->context.uc_stack.ss_size = STACK_BYTES;
    makecontext(&worker->context, work, 0);
}

static void run(void) {
    for (uint32_t cell = 0; cell < CELLS; cell++)
        cells[cell] = fasti_cell_word(FASTI_TAG_VALUE, 0, 0);
    switch_every = UINT64_C(1) << (1 + fasti_prng_below(&prng, 5));
    for (uint32_t i = 0; i < WORKERS; i++)
        worker_prepare(i);
    running = worker_choose();
    if (swapcontext(&main_context, &workers[running].context) != 0)
        abort();
    run_check();
}

int main(void) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    puts("thread_explore: skipped under TSan");
    return 77;
#endif
#endif
    struct fasti_prng seeds = fasti_test_prng("thread_explore");
    fasti_arena_init(&arena, UINT64_C(64) << 20);
    fasti_epoch_init(&epoch, WORKERS);
    for (uint32_t i = 0; i < WORKERS; i++) {
        fasti_arena_local_init(&workers[i].local, &arena);
        if (!fasti_limbo_init(&workers[i].limbo, &epoch, &workers[i].local, i))
            abort();
    }
    for (int i = 0; i < RUNS && faults == 0; i++) {
        prng.state = fasti_prng_next(&seeds);
        run();
    }
    for (uint32_t i = 0; i < WORKERS; i++)
        fasti_limbo_deinit(&workers[i].limbo);
    fasti_arena_deinit(&arena);
    printf("thread_explore: %" PRIu64 " won, %" PRIu64 " lost, %" PRIu64 " switches, %" PRIu64
           " faults\n",
           won_total, lost_total, switches, faults);
    return faults == 0 ? 0 : 1;
}
