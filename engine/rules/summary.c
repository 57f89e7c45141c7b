/*
 * summary.c - the longest free run of a day, and its steps.
 */
#include "engine/rules/summary.h"

#include <string.h>

#include "engine/calendar/kernels.h"

#define STEP_END (FASTI_SUMMARY_STEP_FIRST + FASTI_SUMMARY_WORDS * 64)

_Static_assert(STEP_END *FASTI_SUMMARY_STEP_MINUTES == FASTI_DAY_MINUTES, "steps end at midnight");

const struct fasti_summary fasti_summary_unknown = {
    .steps = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}, .run = FASTI_PAGE_RUN_MAX};

/* May a visit of the day go on into the next one? */
static bool goes_on(const struct fasti_pattern *pattern) {
    for (uint32_t i = 0; i < pattern->span_count; i++)
        if (pattern->spans[i].over_ticks > 0)
            return true;
    return false;
}

/* A tick is a step: the words, moved. */
static void steps_move(const uint64_t *words, uint32_t first, uint32_t count, uint64_t *steps) {
    const uint32_t shift = FASTI_SUMMARY_STEP_FIRST;
    uint64_t day[FASTI_SUMMARY_WORDS + 1] = {0};
    for (uint32_t i = 0; i < count && first + i <= FASTI_SUMMARY_WORDS; i++)
        day[first + i] = words[i];
    for (uint32_t i = 0; i < FASTI_SUMMARY_WORDS; i++)
        steps[i] = day[i] >> shift | day[i + 1] << (64 - shift);
}

/* A tick is a part of a step, or some steps. */
static void steps_gather(const uint64_t *words, uint32_t first, uint32_t count, uint32_t resolution,
                         uint64_t *steps) {
    memset(steps, 0, FASTI_SUMMARY_WORDS * sizeof steps[0]);
    for (uint32_t i = 0; i < count; i++)
        for (uint64_t left = words[i]; left != 0; left &= left - 1) {
            const uint32_t tick = (first + i) * 64 + (uint32_t)__builtin_ctzll(left);
            const uint32_t from = tick * resolution / FASTI_SUMMARY_STEP_MINUTES;
            const uint32_t to = ((tick + 1) * resolution - 1) / FASTI_SUMMARY_STEP_MINUTES;
            fasti_bits_set(steps, from - FASTI_SUMMARY_STEP_FIRST, to - from + 1);
        }
}

struct fasti_summary fasti_summary_of(const struct fasti_patterns *patterns,
                                      const struct fasti_schedule_config *config,
                                      uint32_t pattern_id, const struct fasti_page *page) {
    struct fasti_summary summary = fasti_summary_unknown;
    if (pattern_id == FASTI_PATTERN_NONE)
        return summary;
    const struct fasti_pattern *pattern = fasti_pattern_get(patterns, pattern_id);
    if (goes_on(pattern))
        return summary;
    const uint32_t resolution = config->resolution_minutes;
    const uint32_t first = pattern->tick_first / 64, end = (pattern->tick_end + 63) / 64;
    uint64_t words[FASTI_DAY_WORDS_MAX];
    fasti_page_hope(page, fasti_schedule_seats(config), pattern->open, first, end - first, words);
    summary.run = fasti_page_run_steps(fasti_bits_run_longest(words, end - first), resolution);
    if (pattern->tick_end > 0 &&
        (pattern->tick_first * resolution < FASTI_SUMMARY_STEP_FIRST * FASTI_SUMMARY_STEP_MINUTES ||
         pattern->tick_end * resolution > FASTI_DAY_MINUTES))
        return summary;
    if (resolution == FASTI_SUMMARY_STEP_MINUTES)
        steps_move(words, first, end - first, summary.steps);
    else
        steps_gather(words, first, end - first, resolution, summary.steps);
    return summary;
}

uint8_t fasti_summary_needed(const struct fasti_schedule_config *config,
                             const struct fasti_service *service) {
    if (service->terms.capacity > 1 || service->terms.overbook > 0)
        return 0;
    for (uint32_t i = 0; i < config->opening_count; i++)
        if ((config->openings[i].flags & FASTI_OPENING_SINGLE) != 0)
            return 1; /* a visit takes the opening's length */
    const uint32_t steps =
        (service->duration_minutes + FASTI_SUMMARY_STEP_MINUTES - 1u) / FASTI_SUMMARY_STEP_MINUTES;
    return (uint8_t)(steps < FASTI_PAGE_RUN_MAX ? steps : FASTI_PAGE_RUN_MAX);
}
