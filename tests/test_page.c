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

static uint32_t run_longest(const struct fasti_page *page, const uint64_t *open, uint32_t first,
                            uint32_t count) {
    uint64_t words[FASTI_DAY_WORDS_MAX];
    fasti_page_hope(page, 1, open, first, count, words);
    return fasti_bits_run_longest(words, count);
}

Test(page, run_longest) {
    struct fixture fixture = fixture_make();
    uint64_t open[FASTI_DAY_WORDS_MAX] = {0};
    fasti_bits_set(open, 90, 120); /* 07:30 to 17:30 at 5 minutes */
    cr_assert_eq(run_longest(&fasti_page_empty, open, 0, FASTI_DAY_WORDS_MAX), 120);
    uint32_t index = step(&fixture, 0, true, 100, 3);
    cr_assert_eq(run_longest(page_at(&fixture, index), open, 1, 3), 107);
    index = step(&fixture, index, true, 180, 30);
    cr_assert_eq(run_longest(page_at(&fixture, index), open, 1, 3), 77);
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

/* ---- seats, holds and visits ---- */

#define THINGS 60

/* What a page should hold, as a list. */
struct thing {
    struct fasti_page_change taken;
    bool is_live, is_held;
};

static bool is_counted(const struct thing *thing, int64_t now_ms) {
    return thing->is_live && (!thing->is_held || thing->taken.expires_ms > now_ms);
}

static uint32_t taken_by(const struct thing *things, uint32_t tick, int64_t now_ms) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < THINGS; i++)
        if (is_counted(&things[i], now_ms) && tick >= things[i].taken.tick &&
            tick < (uint32_t)things[i].taken.tick + things[i].taken.count)
            count += things[i].taken.visit.seats;
    return count;
}

static void things_compare(const struct fasti_page *page, const struct thing *things,
                           struct fasti_prng *prng) {
    const int64_t now_ms = (int64_t)fasti_prng_below(prng, 1000);
    const uint32_t capacity = 1 + (uint32_t)fasti_prng_below(prng, 6);
    uint64_t full[FASTI_DAY_WORDS_MAX];
    fasti_page_full(page, capacity, now_ms, 0, FASTI_DAY_WORDS_MAX, full);
    for (uint32_t tick = 0; tick < 300; tick++) {
        const uint32_t count = taken_by(things, tick, now_ms);
        const struct fasti_page_taken at = fasti_page_taken_at(page, tick, 1, now_ms);
        cr_assert_eq(at.least, count, "tick %u: %u, not %u", tick, at.least, count);
        cr_assert_eq(at.most, count);
        cr_assert_eq(full[tick / 64] >> (tick % 64) & 1, count >= capacity);
    }
    const fasti_service_id service = {1 + (uint32_t)fasti_prng_below(prng, 3)};
    const uint32_t first = (uint32_t)fasti_prng_below(prng, 200);
    const uint32_t end = first + (uint32_t)fasti_prng_below(prng, 100);
    uint32_t all = 0, own = 0, here = 0;
    for (uint32_t i = 0; i < THINGS; i++) {
        const struct fasti_page_change *taken = &things[i].taken;
        if (!is_counted(&things[i], now_ms) || taken->visit.service == 0 ||
            taken->visit.tick < first || taken->visit.tick >= end)
            continue;
        all++;
        own += taken->visit.service == service.v;
    }
    for (uint32_t i = 0; i < THINGS; i++)
        here += is_counted(&things[i], now_ms) && things[i].taken.visit.service == service.v &&
                things[i].taken.visit.tick == first;
    struct fasti_page_visit visits[FASTI_SEATS_MAX];
    cr_assert_eq(fasti_page_visits_at(page, first, service, now_ms, visits), here);
    for (uint32_t v = 0; v < here; v++)
        cr_assert(visits[v].tick == first && visits[v].service == service.v &&
                  visits[v].count == 100 + visits[v].before);
    cr_assert_eq(fasti_page_visits_count(page, first, end, NULL, 0, now_ms), all);
    cr_assert_eq(fasti_page_visits_count(page, first, end, &service, 1, now_ms), own);
}

/* A change of one thing: taken if it is not live, else settled, extended or released. */
static struct fasti_page_change change_random(struct thing *thing, uint32_t number,
                                              struct fasti_prng *prng) {
    struct fasti_page_change change = thing->taken;
    if (!thing->is_live) {
        const uint32_t count = 1 + (uint32_t)fasti_prng_below(prng, 40);
        change = (struct fasti_page_change){
            .operation = FASTI_PAGE_TAKE,
            .tick = (uint16_t)fasti_prng_below(prng, 200),
            .count = (uint16_t)count,
            .seats_max = (uint8_t)(3 + fasti_prng_below(prng, 6)),
            .record = fasti_prng_below(prng, 2) == 0 ? 1000 + number : 0,
            .visit.seats = (uint8_t)(1 + fasti_prng_below(prng, 3)),
            .visit.service = (uint32_t)fasti_prng_below(prng, 4) & 3,
        };
        if (change.visit.service != 0) {
            change.visit.tick = (change.tick + (uint32_t)fasti_prng_below(prng, count)) & 2047;
            change.visit.before = (uint8_t)fasti_prng_below(prng, 5);
            change.visit.count = (uint16_t)(100 + change.visit.before);
        }
        if (change.record != 0)
            change.expires_ms = (int64_t)fasti_prng_below(prng, 1000);
        return change;
    }
    change.operation = FASTI_PAGE_RELEASE;
    if (!thing->is_held || fasti_prng_below(prng, 2) == 0)
        return change;
    change.operation = fasti_prng_below(prng, 2) == 0 ? FASTI_PAGE_SETTLE : FASTI_PAGE_EXTEND;
    change.tick = change.count = 0;
    change.visit = (struct fasti_page_visit){0};
    change.expires_ms = (int64_t)fasti_prng_below(prng, 1000);
    return change;
}

static void thing_change(struct thing *thing, const struct fasti_page_change *change) {
    switch (change->operation) {
    case FASTI_PAGE_TAKE: *thing = (struct thing){*change, true, change->record != 0}; break;
    case FASTI_PAGE_RELEASE: thing->is_live = false; break;
    case FASTI_PAGE_SETTLE:
        thing->is_held = false;
        thing->taken.record = 0;
        break;
    case FASTI_PAGE_EXTEND: thing->taken.expires_ms = change->expires_ms; break;
    }
}

Test(page, seats_holds_and_visits_are_those_of_a_list) {
    struct fasti_prng prng = fasti_test_prng("page.seats");
    struct fixture fixture = fixture_make();
    uint32_t done = 0, refused = 0;
    for (int round = 0; round < 20; round++) {
        struct thing things[THINGS] = {{{0}, false, false}};
        uint32_t index = 0;
        for (int i = 0; i < 300; i++) {
            const uint32_t number = (uint32_t)fasti_prng_below(&prng, THINGS);
            const struct fasti_page *page = page_at(&fixture, index);
            const struct fasti_page_change change = change_random(&things[number], number, &prng);
            bool is_possible = true;
            for (uint32_t t = change.tick;
                 change.operation == FASTI_PAGE_TAKE && t < (uint32_t)change.tick + change.count;
                 t++)
                is_possible = is_possible && taken_by(things, t, INT64_MIN) + change.visit.seats <=
                                                 change.seats_max;
            cr_assert_eq(fasti_page_takes(page, &change), is_possible);
            if (!is_possible) {
                refused++;
                continue;
            }
            uint32_t next;
            cr_assert(fasti_page_apply(&fixture.local, page, &change, &next));
            if (index != 0)
                fasti_arena_free(&fixture.local, index, fasti_page_bytes(page));
            index = next;
            thing_change(&things[number], &change);
            things_compare(page_at(&fixture, index), things, &prng);
            done++;
        }
        if (index != 0)
            fasti_arena_free(&fixture.local, index, fasti_page_bytes(page_at(&fixture, index)));
    }
    cr_assert_gt(done, 2000);
    cr_assert_gt(refused, 200);
    fixture_free(&fixture);
}

/* Two seats of one start: a release gives one of them back. */
Test(page, a_record_may_hold_two_seats_of_one_start) {
    struct fixture fixture = fixture_make();
    struct fasti_page_change change = {.operation = FASTI_PAGE_TAKE,
                                       .tick = 90,
                                       .count = 3,
                                       .visit = {.service = 1, .tick = 90, .count = 3},
                                       .seats_max = 2,
                                       .record = 7,
                                       .expires_ms = 1000};
    uint32_t one, two, after;
    cr_assert(fasti_page_apply(&fixture.local, &fasti_page_empty, &change, &one));
    cr_assert(fasti_page_apply(&fixture.local, page_at(&fixture, one), &change, &two));
    change.operation = FASTI_PAGE_RELEASE;
    cr_assert(fasti_page_apply(&fixture.local, page_at(&fixture, two), &change, &after));
    cr_assert_eq(page_at(&fixture, after)->hold_count, 1);
    cr_assert(fasti_page_takes(page_at(&fixture, after), &change));
    cr_assert(fasti_page_apply(&fixture.local, page_at(&fixture, after), &change, &after));
    cr_assert_eq(after, 0);
    fixture_free(&fixture);
}

/* A claim that must lose may release a stranger's time: its page is private and breaks nothing. */
Test(page, a_block_that_is_gone_releases_a_visit) {
    struct fixture fixture = fixture_make();
    struct fasti_page_change change = {
        .operation = FASTI_PAGE_TAKE,
        .tick = 90,
        .count = 3,
        .visit = {.service = 1, .tick = 90, .count = 3},
    };
    uint32_t index, next;
    cr_assert(fasti_page_apply(&fixture.local, &fasti_page_empty, &change, &index));
    change = (struct fasti_page_change){.operation = FASTI_PAGE_RELEASE, .tick = 90, .count = 3};
    cr_assert(fasti_page_takes(page_at(&fixture, index), &change));
    cr_assert(fasti_page_apply(&fixture.local, page_at(&fixture, index), &change, &next));
    cr_assert_eq(page_at(&fixture, next)->visit_count, 1);
    fixture_free(&fixture);
}
