/*
 * window.h - the days that a search asks for, and from when on each may have a start.
 *
 *   weekdays, times of day, now --mask--> steps that are asked for
 *   a rank's run and steps of the day, what a visit needs --kernels--> its first step, or none
 *
 * Summaries may promise too much, never too little (rules/summary.h): so do days. Pure reading of a
 * roster, any thread that is online in the epoch.
 */
#ifndef FASTI_SEARCH_WINDOW_H
#define FASTI_SEARCH_WINDOW_H

#include "engine/booking/command.h"
#include "engine/search/roster.h"

struct fasti_window_day {
    fasti_date date;
    const _Atomic uint8_t *runs;           /* by rank; NULL: nothing is known of the day */
    const struct fasti_kernel_day *steps;  /* by rank; NULL: only runs are known */
    uint64_t mask[FASTI_KERNEL_DAY_WORDS]; /* steps that are asked for, in some zone */
    int64_t start_s;                       /* no local day of the date begins before it, UTC */
};

struct fasti_window {
    uint32_t count;
    struct fasti_window_day days[FASTI_SEARCH_DAYS_MAX]; /* ascending */
};

/* Is a date asked for? */
bool fasti_window_takes(const struct fasti_search_query *query, fasti_date date);

/* to_minute: the query's, 1440 where it says 0. */
void fasti_window_set(const struct fasti_roster *roster, const struct fasti_search_query *query,
                      uint16_t to_minute, int64_t now_ms, struct fasti_window *window);

/* A day is whole, or a part of it a word of steps long: a visit begins in one of them. Where
 * nothing is known of steps, or the visit needs none, it may be in each. */
#define FASTI_WINDOW_PARTS FASTI_KERNEL_DAY_WORDS
#define FASTI_WINDOW_WHOLE FASTI_WINDOW_PARTS

/* Bit i, i < count <= 64: bit i of `which` is set, and rank + i may have a start of so many steps
 * (rules/summary.h) that is asked for, in the part of the day; firsts[i] says where, for
 * fasti_window_earliest_s. */
uint64_t fasti_window_day_may(const struct fasti_window_day *day, uint32_t part, uint32_t rank,
                              uint32_t count, uint64_t which, uint8_t needed, uint8_t *firsts);

/* No start of the day from that place on is earlier, UTC. 0: from the day's beginning on. Grows
 * with the place. From one day to the next it need not, where one zone's day has 23 hours and
 * another's 24; but a schedule that may have a start at a place has none before it on any later
 * day: the place lies on its own day, which ends before its next one begins. */
static inline int64_t fasti_window_earliest_s(const struct fasti_window_day *day, uint8_t first) {
    const int64_t step_s = FASTI_SUMMARY_STEP_MINUTES * INT64_C(60);
    return first == 0 ? day->start_s : day->start_s + (FASTI_SUMMARY_STEP_FIRST + first) * step_s;
}

#endif
