/*
 * recur_model.c - a naive expansion of recurrence rules: loops over days, arrays of a period.
 */
#include "tests/support/recur_model.h"

#include <stdlib.h>

#define PERIOD_MAX 65536 /* instances of one period */

/* What is known of a day. */
struct day {
    fasti_date date;
    struct fasti_civil civil;
    int32_t weekday;
    int32_t month_days, year_days, year_day; /* year_day from 1 */
    int32_t week, week_count, week_year;     /* with the rule's first day of a week */
};

static fasti_date date_of(int32_t year, int32_t month, int32_t day) {
    return fasti_date_of_civil((struct fasti_civil){year, (uint8_t)month, (uint8_t)day});
}

/* Day 1 of week 1: that week has at least four days of the year. */
static int32_t first_week(int32_t year, int32_t week_start) {
    const int32_t new_year = date_of(year, 1, 1).v;
    const int32_t into = (fasti_date_weekday((fasti_date){new_year}) - week_start + 7) % 7;
    return into <= 3 ? new_year - into : new_year - into + 7;
}

static struct day day_of(const struct fasti_ical_rule *rule, fasti_date date) {
    struct day day = {.date = date, .civil = fasti_civil_of_date(date)};
    const int32_t year = day.civil.year, month = day.civil.month;
    day.weekday = fasti_date_weekday(date);
    day.month_days = (month == 12 ? date_of(year + 1, 1, 1) : date_of(year, month + 1, 1)).v -
                     date_of(year, month, 1).v;
    day.year_days = date_of(year + 1, 1, 1).v - date_of(year, 1, 1).v;
    day.year_day = date.v - date_of(year, 1, 1).v + 1;
    day.week_year = year;
    if (date.v >= first_week(year + 1, rule->week_start))
        day.week_year++;
    else if (date.v < first_week(year, rule->week_start))
        day.week_year--;
    const int32_t first = first_week(day.week_year, rule->week_start);
    day.week = (date.v - first) / 7 + 1;
    day.week_count = (first_week(day.week_year + 1, rule->week_start) - first) / 7;
    return day;
}

static bool is_listed(const struct fasti_ical_rule *rule, enum fasti_ical_part part, int32_t value,
                      int32_t last) {
    for (uint32_t i = 0; i < rule->counts[part]; i++) {
        const int32_t listed = rule->values[part][i];
        if (listed == value || (listed < 0 && last + 1 + listed == value))
            return true;
    }
    return false;
}

static bool is_weekday_listed(const struct fasti_ical_rule *rule, const struct day *day) {
    const bool in_month =
        rule->frequency == FASTI_ICAL_MONTHLY ||
        (rule->frequency == FASTI_ICAL_YEARLY && rule->counts[FASTI_ICAL_BYMONTH] > 0);
    const int32_t at = in_month ? day->civil.day : day->year_day;
    const int32_t days = in_month ? day->month_days : day->year_days;
    for (uint32_t i = 0; i < rule->counts[FASTI_ICAL_BYDAY]; i++) {
        const int32_t listed = rule->values[FASTI_ICAL_BYDAY][i];
        if (fasti_ical_day_weekday((int16_t)listed) != day->weekday)
            continue;
        const int32_t nth = fasti_ical_day_nth((int16_t)listed);
        if (nth == 0 || nth == (at + 6) / 7 || nth == -((days - at + 7) / 7))
            return true;
    }
    return false;
}

/* A number for the period that the day lies in. */
static int32_t period_of(const struct fasti_ical_rule *rule, const struct day *day) {
    switch (rule->frequency) {
    case FASTI_ICAL_DAILY: return day->date.v;
    case FASTI_ICAL_WEEKLY:
        /* 1969-12-29 was a Monday; 400,000 weeks keep it positive. */
        return (day->date.v + 3 - rule->week_start + 7 * 400000) / 7;
    case FASTI_ICAL_MONTHLY: return day->civil.year * 12 + day->civil.month;
    case FASTI_ICAL_YEARLY:
        return rule->counts[FASTI_ICAL_BYWEEKNO] > 0 ? day->week_year : day->civil.year;
    }
    abort();
}

static bool is_named(const struct fasti_ical_rule *rule, const struct day *start,
                     const struct day *day) {
    const uint8_t *counts = rule->counts;
    if (counts[FASTI_ICAL_BYMONTH] > 0 &&
        !is_listed(rule, FASTI_ICAL_BYMONTH, day->civil.month, 12))
        return false;
    if (counts[FASTI_ICAL_BYWEEKNO] > 0 &&
        !is_listed(rule, FASTI_ICAL_BYWEEKNO, day->week, day->week_count))
        return false;
    if (counts[FASTI_ICAL_BYYEARDAY] > 0 &&
        !is_listed(rule, FASTI_ICAL_BYYEARDAY, day->year_day, day->year_days))
        return false;
    if (counts[FASTI_ICAL_BYMONTHDAY] > 0 &&
        !is_listed(rule, FASTI_ICAL_BYMONTHDAY, day->civil.day, day->month_days))
        return false;
    if (counts[FASTI_ICAL_BYDAY] > 0 && !is_weekday_listed(rule, day))
        return false;
    if (counts[FASTI_ICAL_BYDAY] + counts[FASTI_ICAL_BYMONTHDAY] + counts[FASTI_ICAL_BYYEARDAY] > 0)
        return true;
    if (rule->frequency == FASTI_ICAL_DAILY)
        return true;
    if (rule->frequency == FASTI_ICAL_WEEKLY || counts[FASTI_ICAL_BYWEEKNO] > 0)
        return day->weekday == start->weekday;
    if (rule->frequency == FASTI_ICAL_YEARLY && counts[FASTI_ICAL_BYMONTH] == 0 &&
        day->civil.month != start->civil.month)
        return false;
    return day->civil.day == start->civil.day;
}

/* The times of one day, ascending, onto the period's. */
static uint32_t add_times(const struct fasti_ical_rule *rule, int64_t start_wall_s, fasti_date date,
                          int64_t *out, uint32_t count) {
    const int64_t start_second = ((start_wall_s % 86400) + 86400) % 86400;
    for (int32_t second = 0; second < 86400; second++) {
        const int32_t now[] = {second / 3600, second / 60 % 60, second % 60};
        const int64_t start[] = {start_second / 3600, start_second / 60 % 60, start_second % 60};
        bool is_in = true;
        for (uint32_t i = 0; i < 3 && is_in; i++) {
            const enum fasti_ical_part part = (enum fasti_ical_part)(FASTI_ICAL_BYHOUR + i);
            is_in = rule->counts[part] > 0 ? is_listed(rule, part, now[i], 0) : now[i] == start[i];
            if (!is_in) /* nothing else begins before the next hour, minute or second */
                second += (i == 0 ? 3600 : i == 1 ? 60 : 1) - 1;
        }
        if (is_in && count < PERIOD_MAX)
            out[count++] = date.v * FASTI_DAY_SECONDS + second;
    }
    return count;
}

/* BYSETPOS, the start, COUNT and the last moment; false: it is over. */
static bool take_period(const struct fasti_ical_rule *rule, int64_t start_wall_s,
                        int64_t last_wall_s, const int64_t *set, uint32_t count,
                        struct recur_model_instances *instances) {
    for (uint32_t i = 0; i < count; i++) {
        if (rule->counts[FASTI_ICAL_BYSETPOS] > 0 &&
            !is_listed(rule, FASTI_ICAL_BYSETPOS, (int32_t)i + 1, (int32_t)count))
            continue;
        if (set[i] < start_wall_s)
            continue;
        if (set[i] > last_wall_s || instances->count == RECUR_MODEL_MAX ||
            (rule->count > 0 && instances->count == rule->count))
            return false;
        instances->wall_s[instances->count++] = set[i];
    }
    return true;
}

void recur_model_expand(const struct fasti_ical_rule *rule, int64_t start_wall_s,
                        int64_t last_wall_s, struct recur_model_instances *instances) {
    static _Thread_local int64_t set[PERIOD_MAX];
    const struct day start = day_of(rule, fasti_date_of_utc(start_wall_s));
    const int32_t start_period = period_of(rule, &start);
    /* Some days more on both sides: the first and the last period are whole. */
    const int32_t end = fasti_date_of_utc(last_wall_s).v + 400;
    uint32_t count = 0;
    int32_t period = INT32_MIN;
    bool goes_on = true;
    instances->count = 0;
    for (int32_t v = start.date.v - 400; v < end && goes_on; v++) {
        const struct day day = day_of(rule, (fasti_date){v});
        const int32_t now = period_of(rule, &day);
        if (now != period) {
            goes_on = take_period(rule, start_wall_s, last_wall_s, set, count, instances);
            count = 0;
            period = now;
        }
        if (now >= start_period && (now - start_period) % rule->interval == 0 &&
            is_named(rule, &start, &day))
            count = add_times(rule, start_wall_s, day.date, set, count);
    }
}
