/*
 * check.c - the ranges of a question; see check.h.
 */
#include "engine/combine/check.h"

#include "engine/search/row.h"
#include "engine/time/civil.h"

static enum fasti_status shape_check(const struct fasti_combine_query *query,
                                     struct fasti_detail *detail) {
    uint32_t parts = 0, choices = 0;
    if (query->step_count < 1 || query->step_count > FASTI_COMBINE_STEPS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "a chain has 1 to %d steps, not %u",
                                FASTI_COMBINE_STEPS_MAX, query->step_count);
    for (uint32_t s = 0; s < query->step_count; s++) {
        if (query->steps[s].part_count < 1 || query->steps[s].part_count > FASTI_COMBINE_PARTS_MAX)
            return fasti_detail_set(detail, FASTI_INVALID_RANGE, "a step has 1 to %d parts, not %u",
                                    FASTI_COMBINE_PARTS_MAX, query->steps[s].part_count);
        parts += query->steps[s].part_count;
    }
    if (query->part_count != parts)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "the steps have %u parts, not %u",
                                parts, query->part_count);
    for (uint32_t p = 0; p < parts; p++) {
        if (query->parts[p].choice_count < 1)
            return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                    "part %u names no schedule: each part has at least one", p + 1);
        choices += query->parts[p].choice_count;
    }
    if (choices > FASTI_COMBINE_CHOICES_MAX || query->choice_count != choices)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "all parts together name 1 to %d schedules",
                                FASTI_COMBINE_CHOICES_MAX);
    return FASTI_OK;
}

/* Offsets and days between. */
static enum fasti_status gaps_check(const struct fasti_combine_query *query,
                                    struct fasti_detail *detail) {
    for (uint32_t s = 0, p = 0; s < query->step_count; s++) {
        const struct fasti_combine_step *step = &query->steps[s];
        if (step->days_min > step->days_max || step->days_max > FASTI_COMBINE_DAYS_MAX ||
            (s == 0 && step->days_max != 0))
            return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                    "a step lies from a to b days behind the one before it, 0 <= a "
                                    "<= b <= %d; the first one behind none",
                                    FASTI_COMBINE_DAYS_MAX);
        for (uint32_t i = 0; i < step->part_count; i++, p++)
            if (query->parts[p].offset_minutes < -FASTI_DAY_MINUTES ||
                query->parts[p].offset_minutes > FASTI_DAY_MINUTES ||
                (i == 0 && query->parts[p].offset_minutes != 0))
                return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                        "a part starts at most %d minutes before or after its "
                                        "step, the first part with it",
                                        FASTI_DAY_MINUTES);
    }
    return FASTI_OK;
}

/* Its wishes in the dates, its rows in one booking. */
static enum fasti_status series_check(const struct fasti_combine_query *query,
                                      struct fasti_detail *detail) {
    const struct fasti_combine_series *series = &query->series;
    if (series->count == 0)
        return FASTI_OK;
    if (query->step_count != 1 || query->after_utc_s != 0)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "a series is one step, and is not paged");
    if (series->count * query->part_count > FASTI_ITEMS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "a series has 1 to %d visits, all their parts counted",
                                FASTI_ITEMS_MAX);
    if (series->every_days < 1 || series->every_days > FASTI_COMBINE_DAYS_MAX ||
        series->near_days > FASTI_SERIES_NEAR_DAYS_MAX || series->minute >= FASTI_DAY_MINUTES)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "a series is wished every 1 to %d days at a time of the day, and "
                                "looked for at most %d days around",
                                FASTI_COMBINE_DAYS_MAX, FASTI_SERIES_NEAR_DAYS_MAX);
    if (series->first.v < query->first.v || series->first.v > query->last.v ||
        (series->count - 1) * series->every_days > query->last.v - series->first.v)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "all visits of a series are wished from the first to the last "
                                "date: %d days at most",
                                FASTI_COMBINE_DAYS_MAX);
    return FASTI_OK;
}

enum fasti_status fasti_combine_check(const struct fasti_combine_query *query,
                                      struct fasti_detail *detail) {
    FASTI_TRY(shape_check(query, detail));
    FASTI_TRY(gaps_check(query, detail));
    if (query->limit < 1 || query->limit > FASTI_COMBINE_OFFERS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "ask for 1 to %d offers, not %u",
                                FASTI_COMBINE_OFFERS_MAX, query->limit);
    if (query->from_minute >= FASTI_DAY_MINUTES || query->to_minute > FASTI_DAY_MINUTES ||
        (query->to_minute != 0 && query->to_minute <= query->from_minute) || query->weekdays > 127)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "starts lie between two times of one day, on some weekday");
    FASTI_TRY(fasti_row_check(&query->facts, query->first, query->last, detail));
    if (query->last.v < query->first.v || query->last.v - query->first.v >= FASTI_COMBINE_DAYS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "a combination lies in 1 to %d days, from the first to the last",
                                FASTI_COMBINE_DAYS_MAX);
    return series_check(query, detail);
}
