/*
 * test_page.c - pages against an array of one bool a tick, through random takes and releases.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "engine/calendar/kernels.h"
#include "engine/calendar/page.h"
#include "tests/support/seed.h"

struct fixture {
    struct fasti_arena *arena;
    struct fasti_arena_local local;
};

static struct fixture fixture_make(void) {
    struct fixture fixture = {.arena = malloc(sizeof *fixture.arena)};
    fasti_arena_init(fixture.arena, 1);
    fasti_arena_local_init(&fixture.local, fixture.arena);
    return fixture;
}

static void fixture_free(struct fixture *fixture) {
    fasti_arena_deinit(fixture->arena);
    free(fixture->arena);
}

static const struct fasti_page *page_at(struct fixture *fixture, uint32_t index) {
    return index == 0 ? &fasti_page_empty : fasti_arena_at(fixture->arena, index);
}

/* Applies and frees the old page; returns the new index. */
static uint32_t step(struct fixture *fixture, uint32_t old, bool take, uint32_t tick,
                     uint32_t count) {
    const struct fasti_page_change change = {
        .operation = take ? FASTI_PAGE_TAKE : FASTI_PAGE_RELEASE,
        .tick = (uint16_t)tick,
        .count = (uint16_t)count,
    };
    const struct fasti_page *page = page_at(fixture, old);
    uint32_t index = UINT32_MAX;
    cr_assert(fasti_page_apply(&fixture->local, page, &change, &index));
    if (old != 0) {
        cr_assert_neq(index, old, "always a new object");
        fasti_arena_free(&fixture->local, old, fasti_page_bytes(page));
    }
    return index;
}

static void page_compare(const struct fasti_page *page, const bool *taken,
                         struct fasti_prng *prng) {
    uint32_t first = UINT32_MAX, last = 0;
    for (uint32_t t = 0; t < FASTI_TICKS_MAX; t++) {
        cr_assert_eq(fasti_page_word(page, t / 64) >> (t % 64) & 1, taken[t], "tick %u", t);
        if (taken[t]) {
            first = first == UINT32_MAX ? t : first;
            last = t;
        }
    }
    if (first != UINT32_MAX) { /* only the hull is stored */
        cr_assert_eq(page->word_first, first / 64);
        cr_assert_eq(page->word_count, last / 64 - first / 64 + 1);
    }
    for (int i = 0; i < 8; i++) {
        const uint32_t tick = (uint32_t)fasti_prng_below(prng, FASTI_TICKS_MAX);
        const uint32_t count = 1 + (uint32_t)fasti_prng_below(prng, FASTI_TICKS_MAX - tick);
        bool any = false, all = true;
        for (uint32_t t = tick; t < tick + count; t++) {
            any = any || taken[t];
            all = all && taken[t];
        }
        cr_assert_eq(fasti_page_any(page, tick, count), any);
        cr_assert_eq(fasti_page_all(page, tick, count), all);
    }
}

Test(page, random_takes_and_releases) {
    struct fasti_prng prng = fasti_test_prng("page.random_takes_and_releases");
    struct fixture fixture = fixture_make();
    for (int round = 0; round < 20; round++) {
        bool taken[FASTI_TICKS_MAX] = {0};
        uint32_t index = 0;
        const uint64_t longest = round % 3 == 0 ? 400 : 12;
        for (int i = 0; i < 150; i++) {
            const uint32_t tick = (uint32_t)fasti_prng_below(&prng, FASTI_TICKS_MAX);
            uint32_t count = 1;
            const uint64_t wanted = 1 + fasti_prng_below(&prng, longest);
            while (count < wanted && tick + count < FASTI_TICKS_MAX &&
                   taken[tick + count] == taken[tick])
                count++;
            const bool take = !taken[tick];
            index = step(&fixture, index, take, tick, count);
            for (uint32_t t = tick; t < tick + count; t++)
                taken[t] = take;
            page_compare(page_at(&fixture, index), taken, &prng);
        }
        for (uint32_t t = 0; t < FASTI_TICKS_MAX; t++) {
            if (taken[t])
                index = step(&fixture, index, false, t, 1);
        }
        cr_assert_eq(index, 0, "an empty day has no page");
    }
    cr_assert_eq(fasti_arena_bytes(fixture.arena), FASTI_ARENA_CHUNK_BYTES);
    fixture_free(&fixture);
}

Test(page, empty_change_keeps_the_content) {
    struct fixture fixture = fixture_make();
    cr_assert_eq(step(&fixture, 0, true, 0, 0), 0);
    uint32_t index = step(&fixture, 0, true, 90, 12);
    index = step(&fixture, index, true, 0, 0);
    const struct fasti_page *page = page_at(&fixture, index);
    cr_assert(fasti_page_all(page, 90, 12));
    cr_assert_not(fasti_page_any(page, 0, 90));
    cr_assert_not(fasti_page_any(page, 102, FASTI_TICKS_MAX - 102));
    cr_assert_eq(page->run_longest, 255);
    fixture_free(&fixture);
}

Test(page, run_longest) {
    struct fixture fixture = fixture_make();
    uint64_t open[FASTI_DAY_WORDS_MAX] = {0};
    fasti_bits_set(open, 90, 120); /* 07:30 to 17:30 at 5 minutes */
    cr_assert_eq(fasti_page_run_longest_ticks(&fasti_page_empty, 1, open), 120);
    uint32_t index = step(&fixture, 0, true, 100, 3);
    cr_assert_eq(fasti_page_run_longest_ticks(page_at(&fixture, index), 1, open), 107);
    index = step(&fixture, index, true, 180, 30);
    cr_assert_eq(fasti_page_run_longest_ticks(page_at(&fixture, index), 1, open), 77);
    fixture_free(&fixture);
}

Test(page, run_steps_round_up_and_cap) {
    cr_assert_eq(fasti_page_run_steps(0, 1), 0);
    cr_assert_eq(fasti_page_run_steps(1, 1), 1);
    cr_assert_eq(fasti_page_run_steps(5, 1), 1);
    cr_assert_eq(fasti_page_run_steps(6, 1), 2);
    cr_assert_eq(fasti_page_run_steps(7, 15), 21);
    cr_assert_eq(fasti_page_run_steps(255, 5), 255);
    cr_assert_eq(fasti_page_run_steps(256, 5), 255);
    cr_assert_eq(fasti_page_run_steps(FASTI_TICKS_MAX, 1), 255);
}

Test(page, no_memory_changes_nothing) {
    struct fixture fixture = fixture_make();
    while (fasti_arena_alloc(&fixture.local, FASTI_ARENA_SIZE_MAX) != 0)
        continue;
    while (fasti_arena_alloc(&fixture.local, 16) != 0)
        continue;
    uint32_t index = 77;
    const struct fasti_page_change change = {.operation = FASTI_PAGE_TAKE, .tick = 5, .count = 1};
    cr_assert_not(fasti_page_apply(&fixture.local, &fasti_page_empty, &change, &index));
    cr_assert_eq(index, 77);
    fixture_free(&fixture);
}

Test(page, taking_a_taken_tick_crashes, .signal = SIGABRT) {
    struct fixture fixture = fixture_make();
    const uint32_t index = step(&fixture, 0, true, 5, 2);
    step(&fixture, index, true, 6, 2);
}

Test(page, releasing_a_free_tick_crashes, .signal = SIGABRT) {
    struct fixture fixture = fixture_make();
    const uint32_t index = step(&fixture, 0, true, 5, 2);
    step(&fixture, index, false, 6, 2);
}
