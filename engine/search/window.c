/*
 * window.c - masks of days.
 */
#include "engine/search/window.h"

#include <string.h>

#include "engine/time/civil.h"

#define STEPS   (FASTI_KERNEL_DAY_WORDS * 64)
#define RUN_MAX 64 /* what the kernel looks for at most: a visit that needs more needs that too */

bool fasti_window_takes(const struct fasti_search_query *query, fasti_date date) {
    return fasti_date_is_bookable(date) &&
           (query->weekdays == 0 || (query->weekdays >> fasti_date_weekday(date) & 1) != 0);
}

/* Leaves of the mask the steps [first, end) of the local day. */
static void mask_take(uint64_t *mask, int64_t first, int64_t end) {
    const int64_t from = first - FASTI_SUMMARY_STEP_FIRST, to = end - FASTI_SUMMARY_STEP_FIRST;
    for (uint32_t w = 0; w < FASTI_KERNEL_DAY_WORDS; w++) {
        const int64_t base = (int64_t)w * 64;
        mask[w] &= to <= base || from >= base + 64
                       ? 0
                       : fasti_bits_mask(w, (uint32_t)(from < base ? base : from),
                                         (uint32_t)(to > STEPS ? STEPS : to));
    }
}

/* What is asked of the near day, and what of it is not over yet in the zone that is last. */
static void mask_set(const struct fasti_search_query *query, uint16_t to_minute,
                     const struct fasti_roster_day *known, int64_t now_ms, uint64_t *mask) {
    const int64_t step_s = FASTI_SUMMARY_STEP_MINUTES * INT64_C(60);
    const int64_t passed_s = now_ms / 1000 - known->start_max_s;
    memset(mask, 0xff, FASTI_KERNEL_DAY_WORDS * sizeof mask[0]);
    if (known->is_plain) /* else the time of day is not the time since it began */
        mask_take(mask, query->from_minute / FASTI_SUMMARY_STEP_MINUTES,
                  (to_minute + FASTI_SUMMARY_STEP_MINUTES - 1) / FASTI_SUMMARY_STEP_MINUTES);
    if (passed_s > 0)
        mask_take(mask, passed_s / step_s, INT32_MAX);
}

void fasti_window_set(const struct fasti_roster *roster, const struct fasti_search_query *query,
                      uint16_t to_minute, int64_t now_ms, struct fasti_window *window) {
    window->count = 0;
    for (fasti_date date = query->first; date.v <= query->last.v; date.v++) {
        if (!fasti_window_takes(query, date))
            continue;
        struct fasti_window_day *day = &window->days[window->count++];
        const uint32_t at = (uint32_t)(date.v - roster->first.v);
        day->date = date;
        day->runs = fasti_roster_day(roster, date);
        day->steps = fasti_roster_steps_on(roster, date);
        day->start_s = at < FASTI_ROSTER_DAYS
                           ? roster->days[at].start_min_s
                           : date.v * (int64_t)FASTI_DAY_SECONDS - roster->offset_max_s;
        if (day->steps != NULL)
            mask_set(query, to_minute, &roster->days[at], now_ms, day->mask);
    }
}

uint64_t fasti_window_day_may(const struct fasti_window_day *day, uint32_t part, uint32_t rank,
                              uint32_t count, uint64_t which, uint8_t needed, uint8_t *firsts) {
    const bool has_steps = day->steps != NULL && needed > 0;
    uint64_t mask[FASTI_KERNEL_DAY_WORDS] = {0};
    if (day->runs != NULL)
        which &= fasti_kernel_at_least(day->runs + rank, count, needed);
    if (which == 0)
        return 0;
    if (!has_steps) {
        memset(firsts, 0, count);
        return which;
    }
    if (part != FASTI_WINDOW_WHOLE)
        mask[part] = day->mask[part];
    return fasti_kernel_first_runs(day->steps + rank, count, which,
                                   needed < RUN_MAX ? needed : RUN_MAX,
                                   part == FASTI_WINDOW_WHOLE ? day->mask : mask, firsts);
}
