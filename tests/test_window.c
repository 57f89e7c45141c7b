/*
 * test_window.c - the days of a search: masks against a loop over steps, parts of days against
 * whole ones, and the heap that candidates wait in against a sort.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/search/heap.h"
#include "engine/search/window.h"
#include "engine/time/civil.h"
#include "tests/support/seed.h"

#define RANKS  64
#define MONDAY 20724 /* 2026-09-28 */

static struct fasti_prng prng;
static struct fasti_roster roster;
static struct fasti_window window;

static uint32_t below(uint32_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}

/* A roster of some ranks and no schedules, as far as windows read it. */
static void roster_make(void) {
    const size_t bytes = (size_t)FASTI_ROSTER_DAYS * RANKS + 64;
    roster = (struct fasti_roster){.rank_count = RANKS, .first = {MONDAY}, .offset_max_s = 7200};
    roster.matrix = malloc(bytes);
    roster.steps = malloc(FASTI_ROSTER_NEAR_DAYS * RANKS * sizeof *roster.steps);
    cr_assert(roster.matrix != NULL && roster.steps != NULL);
    for (size_t i = 0; i < bytes; i++)
        fasti_store_relaxed(&roster.matrix[i], (uint8_t)below(30));
    for (uint32_t i = 0; i < FASTI_ROSTER_NEAR_DAYS * RANKS; i++)
        for (uint32_t w = 0; w < FASTI_KERNEL_DAY_WORDS; w++)
            fasti_store_relaxed(&roster.steps[i].words[w],
                                fasti_prng_next(&prng) | fasti_prng_next(&prng));
    for (uint32_t d = 0; d < FASTI_ROSTER_DAYS; d++) {
        const int64_t start_s = (MONDAY + (int64_t)d) * FASTI_DAY_SECONDS;
        roster.days[d] = (struct fasti_roster_day){start_s - 7200, start_s + 3600, d % 5 != 0};
    }
}

static void roster_free(void) {
    free((void *)(uintptr_t)roster.matrix);
    free(roster.steps);
}

/* Is some minute of the step asked for, and some, perhaps another, not over in some zone? */
static bool step_is_meant(const struct fasti_search_query *query, uint16_t to_minute,
                          const struct fasti_roster_day *day, int64_t now_ms, uint32_t step) {
    const uint32_t first = (FASTI_SUMMARY_STEP_FIRST + step) * FASTI_SUMMARY_STEP_MINUTES;
    bool is_asked = !day->is_plain, is_ahead = false;
    for (uint32_t minute = first; minute < first + FASTI_SUMMARY_STEP_MINUTES; minute++) {
        is_asked |= minute >= query->from_minute && minute < to_minute;
        is_ahead |= (day->start_max_s + minute * INT64_C(60) + 59) * 1000 >= now_ms;
    }
    return is_asked && is_ahead;
}

Test(window, masks) {
    prng = fasti_test_prng("window.masks");
    roster_make();
    for (int round = 0; round < 500; round++) {
        const int32_t first = MONDAY + (int32_t)below(FASTI_ROSTER_DAYS);
        const struct fasti_search_query query = {.first = {first},
                                                 .last = {first + (int32_t)below(20)},
                                                 .weekdays = (uint8_t)below(128),
                                                 .from_minute = (uint16_t)below(1440)};
        const uint16_t to = (uint16_t)(query.from_minute + 1 + below(1440u - query.from_minute));
        const int64_t now_ms = (first * INT64_C(86400) + below(3 * 86400) - 86400) * 1000;
        uint32_t count = 0;
        fasti_window_set(&roster, &query, to, now_ms, &window);
        for (int32_t date = first; date <= query.last.v; date++) {
            if (query.weekdays != 0 &&
                (query.weekdays >> fasti_date_weekday((fasti_date){date}) & 1) == 0)
                continue;
            const struct fasti_window_day *day = &window.days[count++];
            const uint32_t at = (uint32_t)(date - MONDAY);
            cr_assert_eq(day->date.v, date);
            cr_assert_eq(day->runs != NULL, at < FASTI_ROSTER_DAYS);
            cr_assert_eq(day->steps != NULL, at < FASTI_ROSTER_NEAR_DAYS);
            for (uint32_t step = 0; step < 256 && day->steps != NULL; step++)
                cr_assert_eq(day->mask[step / 64] >> step % 64 & 1,
                             step_is_meant(&query, to, &roster.days[at], now_ms, step),
                             "%u to %u, step %u", query.from_minute, to, step);
        }
        cr_assert_eq(window.count, count);
    }
    roster_free();
}

Test(window, parts_are_the_whole_day) {
    prng = fasti_test_prng("window.parts");
    roster_make();
    for (int round = 0; round < 2000; round++) {
        const struct fasti_search_query query = {.first = {MONDAY + (int32_t)below(60)},
                                                 .last = {MONDAY + 60}};
        const uint8_t needed = (uint8_t)below(20);
        uint8_t whole[64], firsts[64];
        fasti_window_set(&roster, &query, 1440, 0, &window);
        const struct fasti_window_day *day = &window.days[0];
        uint64_t left = fasti_prng_next(&prng), found = 0;
        const uint64_t expected =
            fasti_window_day_may(day, FASTI_WINDOW_WHOLE, 0, RANKS, left, needed, whole);
        for (uint32_t part = 0; part < FASTI_WINDOW_PARTS; part++) {
            const uint64_t here = fasti_window_day_may(day, part, 0, RANKS, left, needed, firsts);
            for (uint32_t i = 0; i < RANKS; i++)
                if ((here >> i & 1) != 0)
                    cr_assert_eq(firsts[i], whole[i], "rank %u", i);
            found |= here;
            left &= ~here;
        }
        cr_assert_eq(found, expected);
    }
    roster_free();
}

static int hope_compare(const void *a, const void *b) {
    const struct fasti_hope *first = a, *second = b;
    if (first->key != second->key)
        return first->key < second->key ? -1 : 1;
    return first->candidate.schedule < second->candidate.schedule ? -1 : 1;
}

Test(window, heap_as_a_sort) {
    static struct fasti_heap heap;
    static struct fasti_hope hopes[FASTI_HEAP_MAX];
    prng = fasti_test_prng("window.heap");
    for (int round = 0; round < 200; round++) {
        const uint32_t count = 1 + below(FASTI_HEAP_MAX);
        for (uint32_t i = 0; i < count; i++) {
            hopes[i] = (struct fasti_hope){.key = below(round % 2 == 0 ? 10 : 1000000),
                                           .candidate = {.schedule = i, .rank = i * 3}};
            fasti_heap_put(&heap, &hopes[i]);
        }
        qsort(hopes, count, sizeof hopes[0], hope_compare);
        for (uint32_t i = 0; i < count; i++) {
            const struct fasti_hope least = fasti_heap_take(&heap);
            cr_assert_eq(least.key, hopes[i].key);
            cr_assert_eq(least.candidate.schedule, hopes[i].candidate.schedule);
            cr_assert_eq(least.candidate.rank, hopes[i].candidate.rank);
        }
        cr_assert_eq(heap.count, 0);
    }
}
