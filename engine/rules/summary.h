/*
 * summary.h - what search knows of a day without its page: how long a visit it may still take, and
 * where.
 *
 *   pattern's open ticks & ~(ticks taken by all seats) --longest run--> steps of 5 minutes
 *                                                     \--by step-----> a bit a step, from 02:40 on
 *
 * A summary may promise too much, never too little: it is rounded up, held time counts as free, and
 * where a visit may go on over midnight or nobody knows, it is fasti_summary_unknown. A day that
 * opens before the first step or ends behind the last one has a run, but no steps.
 * Pure functions, any thread that is online in the epoch.
 */
#ifndef FASTI_RULES_SUMMARY_H
#define FASTI_RULES_SUMMARY_H

#include "engine/calendar/page.h"
#include "engine/directory/directory.h"

#define FASTI_SUMMARY_STEP_MINUTES 5
#define FASTI_SUMMARY_STEP_FIRST   32 /* of the local day, as elapsed time since it began */
#define FASTI_SUMMARY_WORDS        4  /* to 24:00 of an ordinary day */

struct fasti_summary {
    /* Bit i: step STEP_FIRST + i may be free, wholly or in part. All ones: nothing is known,
     * or all of it is free, which is no loss. */
    uint64_t steps[FASTI_SUMMARY_WORDS];
    uint8_t run; /* the longest, in steps; at most FASTI_PAGE_RUN_MAX, which is "or more" */
};

extern const struct fasti_summary fasti_summary_unknown;

/* Of a day whose compiled pattern (FASTI_PATTERN_NONE: none) and page are these. */
struct fasti_summary fasti_summary_of(const struct fasti_patterns *patterns,
                                      const struct fasti_schedule_config *config,
                                      uint32_t pattern_id, const struct fasti_page *page);

/* A day with a smaller run has no start for the service: 0 where summaries say nothing of it
 * (visits share starts). A start lies in a step from which on so many may be free. */
uint8_t fasti_summary_needed(const struct fasti_schedule_config *config,
                             const struct fasti_service *service);

#endif
