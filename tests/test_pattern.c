/*
 * test_pattern.c - interning of patterns and plans, and what a plan says of FULL and SINGLE spans.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/calendar/kernels.h"
#include "engine/calendar/pattern.h"
#include "tests/support/seed.h"

static struct fasti_patterns *patterns;
static struct fasti_day_draft draft;

static void set_up(void) {
    patterns = fasti_patterns_create();
    cr_assert_not_null(patterns);
    draft.count = 0;
}

static void tear_down(void) {
    fasti_patterns_destroy(patterns);
}

TestSuite(pattern, .init = set_up, .fini = tear_down);

/* Appends a span to the draft; the caller keeps them in order. */
static struct fasti_span *span(uint32_t start, uint32_t end, int32_t anchor) {
    struct fasti_span *added = &draft.spans[draft.count++];
    memset(added, 0xa5, sizeof *added); /* padding must not matter */
    *added = (struct fasti_span){
        .start_tick = (uint16_t)start, .end_tick = (uint16_t)end, .anchor_tick = anchor};
    return added;
}

static uint32_t intern(void) {
    uint32_t id = 0;
    cr_assert_eq(fasti_pattern_intern(patterns, &draft, &id), FASTI_OK);
    return id;
}

static const struct fasti_plan *make(uint32_t id, uint32_t service, uint32_t duration,
                                     uint32_t grid) {
    const struct fasti_plan_key key = {id, {service}, (uint16_t)duration, (uint16_t)grid, 0};
    const struct fasti_plan *plan = NULL;
    cr_assert_eq(fasti_plan_make(patterns, &key, &plan), FASTI_OK);
    cr_assert_eq(fasti_plan_find(patterns, &key), plan);
    return plan;
}

static uint32_t start_count(const struct fasti_plan *plan, uint32_t group) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < FASTI_DAY_WORDS_MAX; i++)
        count += (uint32_t)__builtin_popcountll(plan->groups[group].starts[i]);
    return count;
}

Test(pattern, the_closed_day_is_one) {
    cr_assert_eq(intern(), FASTI_PATTERN_CLOSED);
    cr_assert_eq(fasti_patterns_count(patterns), 1);
    const struct fasti_pattern *closed = fasti_pattern_get(patterns, FASTI_PATTERN_CLOSED);
    cr_assert_eq(closed->span_count, 0);
    cr_assert_eq(closed->tick_end, 0);
    const struct fasti_plan *plan = make(FASTI_PATTERN_CLOSED, 7, 3, 3);
    cr_assert_not(plan->is_open);
    cr_assert_eq(plan->group_count, 0);
    cr_assert_eq(plan->word_end, 0);
}

Test(pattern, equal_drafts_are_one_pattern) {
    span(108, 150, 108);
    span(156, 204, 156)->flags = FASTI_OPENING_FULL;
    const uint32_t id = intern();
    cr_assert_neq(id, FASTI_PATTERN_CLOSED);
    cr_assert_eq(intern(), id);
    const struct fasti_pattern *pattern = fasti_pattern_get(patterns, id);
    cr_assert_eq(pattern->id, id);
    cr_assert_eq(pattern->tick_first, 108);
    cr_assert_eq(pattern->tick_end, 204);
    cr_assert(fasti_bits_all(pattern->open, 108, 42));
    cr_assert_eq(fasti_bits_run_longest(pattern->open, FASTI_DAY_WORDS_MAX), 42,
                 "a FULL span is not open time");
    /* any field makes another pattern */
    const struct fasti_day_draft same = draft;
    draft.spans[0].anchor_tick = 107;
    cr_assert_eq(intern(), id + 1);
    draft = same;
    draft.spans[0].flags = FASTI_OPENING_SINGLE;
    cr_assert_eq(intern(), id + 2);
    draft = same;
    draft.spans[1].service_count = 1;
    draft.spans[1].services[0].v = 5;
    cr_assert_eq(intern(), (id + 3) | FASTI_PATTERN_NAMES);
    draft.spans[1].services[0].v = 6;
    cr_assert_eq(intern(), (id + 4) | FASTI_PATTERN_NAMES);
    draft = same;
    draft.count = 1;
    cr_assert_eq(intern(), id + 5);
    draft = same;
    cr_assert_eq(intern(), id);
    cr_assert_eq(fasti_patterns_count(patterns), 7);
}

Test(pattern, services_share_plans_unless_a_span_names_some) {
    span(108, 150, 108);
    const uint32_t id = intern();
    const struct fasti_plan *plan = make(id, 1, 3, 3);
    cr_assert_eq(make(id, 2, 3, 3), plan);
    cr_assert_eq(fasti_plans_count(patterns), 1);
    cr_assert_neq(make(id, 1, 4, 3), plan);
    cr_assert_neq(make(id, 1, 3, 4), plan);
    draft.spans[0].service_count = 2;
    draft.spans[0].services[0].v = 2;
    draft.spans[0].services[1].v = 4;
    const uint32_t named = intern();
    cr_assert_not(make(named, 1, 3, 3)->is_open);
    cr_assert_eq(make(named, 1, 3, 3)->group_count, 0);
    cr_assert(make(named, 2, 3, 3)->is_open);
    cr_assert_eq(start_count(make(named, 2, 3, 3), 0), 14);
    cr_assert_neq(make(named, 2, 3, 3), make(named, 4, 3, 3));
}

Test(pattern, full_is_open_without_starts) {
    span(108, 150, 108)->flags = FASTI_OPENING_FULL;
    const struct fasti_plan *plan = make(intern(), 1, 3, 3);
    cr_assert(plan->is_open);
    cr_assert_eq(plan->group_count, 0);
}

Test(pattern, single_spans_have_one_start_and_their_own_length) {
    span(96, 100, 96)->flags = FASTI_OPENING_SINGLE;
    span(100, 103, 100)->flags = FASTI_OPENING_SINGLE;
    span(110, 114, 108)->flags = FASTI_OPENING_SINGLE; /* cut at its start: no start left */
    span(120, 129, 120);
    const struct fasti_plan *plan = make(intern(), 1, 3, 3);
    cr_assert_eq(plan->group_count, 2);
    cr_assert_eq(plan->groups[0].length_ticks, 3, "the span of 100 and the normal ones");
    cr_assert_eq(start_count(plan, 0), 4);
    cr_assert(fasti_bits_all(plan->groups[0].starts, 100, 1));
    cr_assert_eq(plan->groups[1].length_ticks, 4);
    cr_assert_eq(start_count(plan, 1), 1);
    cr_assert(fasti_bits_all(plan->groups[1].starts, 96, 1));
    cr_assert_eq(plan->word_first, 1);
    cr_assert_eq(plan->word_end, 2);
}

Test(pattern, too_many_lengths_is_a_limit) {
    for (uint32_t i = 0; i <= FASTI_PLAN_GROUPS_MAX; i++) /* descending, to shift the groups */
        span(i * 5, i * 5 + FASTI_PLAN_GROUPS_MAX + 1 - i, (int32_t)i * 5)->flags =
            FASTI_OPENING_SINGLE;
    const struct fasti_plan_key key = {intern(), {1}, 3, 3, 0};
    const struct fasti_plan *plan;
    cr_assert_eq(fasti_plan_make(patterns, &key, &plan), FASTI_LIMIT_RECORDS);
    cr_assert_null(fasti_plan_find(patterns, &key));
    draft.count = FASTI_PLAN_GROUPS_MAX;
    plan = make(intern(), 1, 3, 3);
    cr_assert_eq(plan->group_count, FASTI_PLAN_GROUPS_MAX);
    for (uint32_t g = 0; g < plan->group_count; g++)
        cr_assert_eq(plan->groups[g].length_ticks, 2 + g);
}

/* One normal span against the definition: anchor + n * grid, inside the span. */
Test(pattern, plans_against_the_definition) {
    struct fasti_prng prng = fasti_test_prng("pattern.plans_against_the_definition");
    _Alignas(8) char scratch[FASTI_PLAN_SCRATCH_BYTES];
    struct fasti_plan *plan = (struct fasti_plan *)scratch;
    for (int round = 0; round < 20000; round++) {
        const uint32_t start = (uint32_t)fasti_prng_below(&prng, FASTI_TICKS_MAX);
        const uint32_t end = start + 1 + (uint32_t)fasti_prng_below(&prng, FASTI_TICKS_MAX - start);
        const int64_t anchor = (int64_t)start - (int64_t)fasti_prng_below(&prng, 3000);
        const struct fasti_plan_key key = {
            0,
            {1},
            (uint16_t)(1 + fasti_prng_below(&prng, round % 2 ? FASTI_TICKS_MAX : 12)),
            (uint16_t)(1 + fasti_prng_below(&prng, round % 3 ? FASTI_TICKS_MAX : 12)),
            0};
        uint64_t expected[FASTI_DAY_WORDS_MAX] = {0};
        uint32_t count = 0;
        draft.count = 0;
        span(start, end, (int32_t)anchor);
        for (int64_t tick = anchor; tick + key.duration_ticks <= end; tick += key.grid_ticks) {
            if (tick < start)
                continue;
            fasti_bits_set(expected, (uint32_t)tick, 1);
            count++;
        }
        cr_assert_eq(fasti_plan_compute(draft.spans, 1, NULL, &key, plan), FASTI_OK);
        cr_assert_eq(plan->group_count, count > 0);
        if (count > 0)
            cr_assert_arr_eq(plan->groups[0].starts, expected, sizeof expected);
    }
}

Test(pattern, stores_grow) {
    static uint32_t ids[4000];
    for (uint32_t i = 0; i < 4000; i++) {
        draft.count = 0;
        span(i % 1000, i % 1000 + 100, (int32_t)(i % 1000) - (int32_t)(i / 1000));
        ids[i] = intern();
        cr_assert_eq(ids[i], i + 2);
        make(ids[i], 1, 3, 3);
    }
    cr_assert_eq(fasti_plans_count(patterns), 4000);
    for (uint32_t i = 0; i < 4000; i++) {
        const struct fasti_plan_key key = {ids[i], {2}, 3, 3, 0};
        draft.count = 0;
        span(i % 1000, i % 1000 + 100, (int32_t)(i % 1000) - (int32_t)(i / 1000));
        cr_assert_eq(intern(), ids[i]);
        const struct fasti_plan *plan = fasti_plan_find(patterns, &key);
        cr_assert_not_null(plan);
        cr_assert(fasti_bits_any(plan->groups[0].starts, i % 1000, 3));
    }
}
