/*
 * summary.h - one byte that says how long a visit a day may still take, for search.
 *
 *   pattern's open ticks & ~(ticks taken by all seats) --longest run--> steps of 5 minutes
 *
 * A summary may promise too much, never too little: it is rounded up, held time counts as free, and
 * where a visit may go on over midnight or nobody knows, it is FASTI_PAGE_RUN_MAX. Pure functions,
 * any thread that is online in the epoch.
 */
#ifndef FASTI_RULES_SUMMARY_H
#define FASTI_RULES_SUMMARY_H

#include "engine/calendar/page.h"
#include "engine/directory/directory.h"

/* Of a day whose compiled pattern (FASTI_PATTERN_NONE: none) and page are these. */
uint8_t fasti_summary_of(const struct fasti_patterns *patterns,
                         const struct fasti_schedule_config *config, uint32_t pattern_id,
                         const struct fasti_page *page);

/* A day with a smaller summary has no start for the service: 0 where summaries say nothing of it
 * (visits share starts). */
uint8_t fasti_summary_needed(const struct fasti_schedule_config *config,
                             const struct fasti_service *service);

#endif
