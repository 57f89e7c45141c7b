/*
 * test_summary.c - what summaries say of random days, against a loop over their minutes; and what
 * they must not leave out: every start that the plan and the page have.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/calendar/kernels.h"
#include "engine/rules/summary.h"
#include "tests/support/seed.h"

#define ROUNDS     3000
#define DAY_ENDS   1500u /* minutes: some days are longer than 24 hours */
#define STEP_FIRST ((uint32_t)FASTI_SUMMARY_STEP_FIRST * FASTI_SUMMARY_STEP_MINUTES)

static struct fasti_patterns *patterns;
static struct fasti_arena *arena;
static struct fasti_arena_local local;
static struct fasti_prng prng;
static struct fasti_schedule_config config;
static struct fasti_day_draft draft;
static uint32_t page_index;

static uint32_t below(uint32_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}

static void set_up(void) {
    patterns = fasti_patterns_create();
    arena = malloc(sizeof *arena);
    fasti_arena_init(arena, 1);
    fasti_arena_local_init(&local, arena);
}

static void tear_down(void) {
    fasti_patterns_destroy(patterns);
    fasti_arena_deinit(arena);
    free(arena);
}

TestSuite(summary, .init = set_up, .fini = tear_down);

static const struct fasti_page *page(void) {
    return page_index == 0 ? &fasti_page_empty : fasti_arena_at(arena, page_index);
}

static uint32_t ticks_max(void) {
    return DAY_ENDS / config.resolution_minutes;
}

/* Up to three openings, one behind the other. */
static void openings_draw(void) {
    const uint32_t resolution = config.resolution_minutes;
    uint32_t tick = below(4) == 0 ? below((uint32_t)STEP_FIRST / resolution + 4) : 420 / resolution;
    draft.count = 0;
    for (uint32_t i = below(4); i > 0 && tick + 1 < ticks_max(); i--) {
        const uint32_t room = ticks_max() - tick;
        const uint32_t count = 1 + below(below(3) == 0 || room < 20 ? room : room / 3);
        struct fasti_span *span = &draft.spans[draft.count++];
        memset(span, 0, sizeof *span);
        span->start_tick = (uint16_t)tick;
        span->end_tick = (uint16_t)(tick + count);
        span->whole_end_tick = span->end_tick;
        span->anchor_tick = (int32_t)tick;
        span->flags = below(10) == 0 ? FASTI_OPENING_FULL : 0;
        span->over_ticks = below(20) == 0 ? 3 : 0;
        tick += count + below(20);
    }
}

/* Times that are taken, some of them held, by up to as many as the schedule has seats. */
static void visits_draw(void) {
    const uint32_t seats = fasti_schedule_seats(&config);
    page_index = 0;
    for (uint32_t i = below(20); i > 0; i--) {
        const uint32_t tick = below(ticks_max() - 12);
        const bool is_held = below(6) == 0;
        const struct fasti_page_change change = {
            .operation = FASTI_PAGE_TAKE,
            .tick = (uint16_t)tick,
            .count = (uint16_t)(1 + below(12)),
            .seats_max = (uint8_t)seats,
            .record = is_held ? i : 0,
            .expires_ms = is_held ? 1000 : 0,
        };
        if (!fasti_page_takes(page(), &change))
            continue;
        const uint32_t before = page_index;
        cr_assert(fasti_page_apply(&local, page(), &change, &page_index));
        if (before != 0)
            fasti_arena_free(&local, before, fasti_page_bytes(fasti_arena_at(arena, before)));
    }
}

/* Open, and not taken for good by all seats. */
static bool is_free(uint32_t tick) {
    bool is_open = false;
    for (uint32_t i = 0; i < draft.count; i++)
        is_open = is_open || ((draft.spans[i].flags & FASTI_OPENING_FULL) == 0 &&
                              draft.spans[i].start_tick <= tick && tick < draft.spans[i].end_tick);
    const uint32_t seats = fasti_schedule_seats(&config);
    return is_open && fasti_page_taken_at(page(), tick, 1, INT64_MAX).most < seats;
}

static bool is_unknown(const struct fasti_summary *summary) {
    return memcmp(summary->steps, fasti_summary_unknown.steps, sizeof summary->steps) == 0;
}

static void compare(const struct fasti_summary *summary) {
    const uint32_t resolution = config.resolution_minutes;
    bool goes_on = false;
    uint32_t run = 0, longest = 0, first = UINT32_MAX, end = 0;
    for (uint32_t i = 0; i < draft.count; i++) {
        goes_on = goes_on || draft.spans[i].over_ticks > 0;
        first = draft.spans[i].start_tick < first ? draft.spans[i].start_tick : first;
        end = draft.spans[i].end_tick > end ? draft.spans[i].end_tick : end;
    }
    for (uint32_t t = 0; t < ticks_max(); t++) {
        run = is_free(t) ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    longest = (longest * resolution + 4) / 5;
    cr_assert_eq(summary->run, goes_on || longest > 255 ? 255 : longest);
    if (goes_on || (end > 0 && (first * resolution < STEP_FIRST || end * resolution > 1440))) {
        cr_assert(is_unknown(summary));
        return;
    }
    uint64_t steps[FASTI_SUMMARY_WORDS] = {0};
    for (uint32_t minute = STEP_FIRST; minute < 1440; minute++)
        if (is_free(minute / resolution))
            fasti_bits_set(steps, (minute - STEP_FIRST) / FASTI_SUMMARY_STEP_MINUTES, 1);
    cr_assert_arr_eq(summary->steps, steps, sizeof steps);
}

Test(summary, as_a_loop_over_minutes) {
    static const uint8_t resolutions[] = {1, 5, 5, 5, 10, 15};
    uint32_t known = 0;
    prng = fasti_test_prng("summary.minutes");
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t id;
        config.resolution_minutes = resolutions[below(sizeof resolutions)];
        config.terms.capacity = (uint8_t)(below(4) == 0 ? 2 + below(3) : 0);
        openings_draw();
        visits_draw();
        cr_assert_eq(fasti_pattern_intern(patterns, &draft, &id), FASTI_OK);
        const struct fasti_summary summary = fasti_summary_of(patterns, &config, id, page());
        compare(&summary);
        known += !is_unknown(&summary);
        if (page_index != 0)
            fasti_arena_free(&local, page_index, fasti_page_bytes(page()));
    }
    cr_assert_gt(known, ROUNDS / 3);
}

/* Does the summary say of a start, which is at its tick, that it may be? */
static void start_is_promised(const struct fasti_summary *summary, uint32_t tick, uint32_t needed) {
    const uint32_t minute = tick * config.resolution_minutes;
    cr_assert_geq(summary->run, needed);
    for (uint32_t i = 0; i < needed && !is_unknown(summary); i++) {
        const uint32_t step = minute / FASTI_SUMMARY_STEP_MINUTES + i - FASTI_SUMMARY_STEP_FIRST;
        cr_assert_lt(step, FASTI_SUMMARY_WORDS * 64);
        cr_assert(summary->steps[step / 64] >> step % 64 & 1, "minute %u, step %u", minute, step);
    }
}

Test(summary, promises_every_start_of_a_plan) {
    static const uint8_t resolutions[] = {1, 5, 10, 15};
    static uint64_t scratch[(FASTI_PLAN_SCRATCH_BYTES + 7) / 8];
    struct fasti_plan *plan = (struct fasti_plan *)scratch;
    struct fasti_service service = {0};
    uint32_t start_count = 0;
    prng = fasti_test_prng("summary.plans");
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t id;
        config.resolution_minutes = resolutions[below(sizeof resolutions)];
        config.terms.capacity = (uint8_t)(below(4) == 0 ? 2 : 0);
        openings_draw();
        visits_draw();
        const uint32_t ticks = 1 + below(8);
        const struct fasti_plan_key key = {0, {1}, (uint16_t)ticks, (uint16_t)(1 + below(3)), 0};
        service.duration_minutes = (uint16_t)(ticks * config.resolution_minutes);
        const uint8_t needed = fasti_summary_needed(&config, &service);
        cr_assert_eq(fasti_pattern_intern(patterns, &draft, &id), FASTI_OK);
        cr_assert_eq(fasti_plan_compute(draft.spans, draft.count, NULL, &key, plan), FASTI_OK);
        const struct fasti_summary summary = fasti_summary_of(patterns, &config, id, page());
        for (uint32_t t = 0; t < ticks_max() && plan->group_count > 0; t++) {
            const bool is_planned = (plan->groups[0].starts[t / 64] >> t % 64 & 1) != 0;
            uint32_t free = 0;
            while (is_planned && free < ticks && is_free(t + free))
                free++;
            if (free < ticks)
                continue;
            start_is_promised(&summary, t, needed);
            start_count++;
        }
        if (page_index != 0)
            fasti_arena_free(&local, page_index, fasti_page_bytes(page()));
    }
    cr_assert_gt(start_count, ROUNDS);
}

Test(summary, of_a_day_that_nobody_compiled) {
    const struct fasti_summary summary =
        fasti_summary_of(patterns, &config, FASTI_PATTERN_NONE, &fasti_page_empty);
    cr_assert(is_unknown(&summary));
    cr_assert_eq(summary.run, FASTI_PAGE_RUN_MAX);
}

Test(summary, of_a_closed_day) {
    config.resolution_minutes = 5;
    const struct fasti_summary summary =
        fasti_summary_of(patterns, &config, FASTI_PATTERN_CLOSED, &fasti_page_empty);
    for (uint32_t w = 0; w < FASTI_SUMMARY_WORDS; w++)
        cr_assert_eq(summary.steps[w], 0);
    cr_assert_eq(summary.run, 0);
}
