/*
 * summary.c - the longest free run of a day.
 */
#include "engine/rules/summary.h"

/* May a visit of the day go on into the next one? */
static bool goes_on(const struct fasti_pattern *pattern) {
    for (uint32_t i = 0; i < pattern->span_count; i++)
        if (pattern->spans[i].over_ticks > 0)
            return true;
    return false;
}

uint8_t fasti_summary_of(const struct fasti_patterns *patterns,
                         const struct fasti_schedule_config *config, uint32_t pattern_id,
                         const struct fasti_page *page) {
    if (pattern_id == FASTI_PATTERN_NONE)
        return FASTI_PAGE_RUN_MAX;
    const struct fasti_pattern *pattern = fasti_pattern_get(patterns, pattern_id);
    if (goes_on(pattern))
        return FASTI_PAGE_RUN_MAX;
    const uint32_t first = pattern->tick_first / 64, end = (pattern->tick_end + 63) / 64;
    return fasti_page_run_steps(fasti_page_run_longest_ticks(page, fasti_schedule_seats(config),
                                                             pattern->open, first, end - first),
                                config->resolution_minutes);
}

uint8_t fasti_summary_needed(const struct fasti_schedule_config *config,
                             const struct fasti_service *service) {
    if (service->terms.capacity > 1 || service->terms.overbook > 0)
        return 0;
    for (uint32_t i = 0; i < config->opening_count; i++)
        if ((config->openings[i].flags & FASTI_OPENING_SINGLE) != 0)
            return 1; /* a visit takes the opening's length */
    const uint32_t steps = (service->duration_minutes + 4u) / 5u;
    return (uint8_t)(steps < FASTI_PAGE_RUN_MAX ? steps : FASTI_PAGE_RUN_MAX);
}
