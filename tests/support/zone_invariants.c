/*
 * zone_invariants.c - what every valid zone promises, as assertions for tests and fuzzers.
 */
#include "engine/base/panic.h"
#include "engine/base/prng.h"
#include "engine/time/civil.h"
#include "tests/support/zone_files.h"

/* Every civil time of a date lies between the starts of it and the next one, in order. */
static void civil_times_verify(const struct fasti_zone *zone, fasti_date date,
                               const struct fasti_local_day *day, int32_t step) {
    int64_t before_s = day->start_utc_s;
    for (int32_t minute = 0; minute <= FASTI_DAY_MINUTES; minute += step) {
        enum fasti_civil_kind kind;
        const int64_t utc_s = fasti_zone_utc(zone, date, minute, &kind);
        const int64_t local_s = utc_s + fasti_zone_offset_at(zone, utc_s);
        const int64_t wanted_s = date.v * FASTI_DAY_SECONDS + minute * INT64_C(60);
        FASTI_ASSERT(utc_s >= before_s && utc_s <= day->start_utc_s + day->minutes * INT64_C(60));
        FASTI_ASSERT(kind == FASTI_CIVIL_GAP ? local_s > wanted_s : local_s == wanted_s);
        FASTI_ASSERT(fasti_zone_minute_of_day(zone, day, date, minute) ==
                     (utc_s - day->start_utc_s) / 60);
        before_s = utc_s;
    }
}

static void day_verify(const struct fasti_zone *zone, fasti_date date) {
    struct fasti_local_day day;
    fasti_zone_day(zone, date, &day);
    const int64_t end_s = day.start_utc_s + day.minutes * INT64_C(60);
    FASTI_ASSERT(day.minutes >= 0 && day.minutes <= FASTI_LOCAL_DAY_MINUTES_MAX);
    FASTI_ASSERT(fasti_zone_utc(zone, date, 0, NULL) == day.start_utc_s);
    FASTI_ASSERT(fasti_zone_utc(zone, date, FASTI_DAY_MINUTES, NULL) == end_s);
    FASTI_ASSERT(fasti_zone_date_at(zone, day.start_utc_s - 1).v < date.v);
    FASTI_ASSERT(fasti_zone_date_at(zone, end_s).v > date.v);
    FASTI_ASSERT(fasti_zone_offset_at(zone, day.start_utc_s) == day.offset_s);
    if (day.minutes > 0) {
        FASTI_ASSERT(fasti_zone_date_at(zone, day.start_utc_s).v == date.v);
        FASTI_ASSERT(fasti_zone_date_at(zone, end_s - 1).v == date.v);
        FASTI_ASSERT(fasti_zone_offset_at(zone, end_s - 1) == day.offset_after_s);
    }
    if (day.change_minute >= 0) {
        const int64_t change_s = day.start_utc_s + day.change_minute * INT64_C(60);
        FASTI_ASSERT(day.change_minute > 0 && day.change_minute < day.minutes);
        FASTI_ASSERT(fasti_zone_offset_at(zone, change_s - 1) == day.offset_s);
        FASTI_ASSERT(fasti_zone_offset_at(zone, change_s) == day.offset_after_s);
        FASTI_ASSERT(day.offset_s != day.offset_after_s);
    } else {
        FASTI_ASSERT(day.offset_s == day.offset_after_s);
    }
    if (date.v < FASTI_DATE_LAST) {
        struct fasti_local_day next;
        fasti_zone_day(zone, (fasti_date){date.v + 1}, &next);
        FASTI_ASSERT(next.start_utc_s == end_s);
        struct fasti_local_day walked = day;
        fasti_zone_day_next(zone, (fasti_date){date.v + 1}, &walked);
        FASTI_ASSERT(walked.start_utc_s == next.start_utc_s && walked.minutes == next.minutes &&
                     walked.offset_s == next.offset_s && walked.segment == next.segment &&
                     walked.change_minute == next.change_minute &&
                     walked.offset_after_s == next.offset_after_s);
    }
    civil_times_verify(zone, date, &day, 45);
}

void zone_invariants_verify(const struct fasti_zone *zone, uint64_t seed, uint32_t count) {
    struct fasti_prng prng = {seed};
    FASTI_ASSERT(fasti_zone_check(zone) == FASTI_OK);
    day_verify(zone, (fasti_date){FASTI_DATE_FIRST});
    day_verify(zone, (fasti_date){FASTI_DATE_LAST});
    for (uint32_t i = 0; i < count; i++) {
        const int32_t drawn = (int32_t)fasti_prng_below(&prng, FASTI_DAYS_MAX);
        day_verify(zone, (fasti_date){FASTI_DATE_FIRST + drawn});
    }
    for (uint32_t i = 1; i < zone->change_count && i <= count; i++) {
        const uint32_t drawn = (uint32_t)fasti_prng_below(&prng, zone->change_count - 1) + 1;
        const int32_t near = fasti_date_of_utc(zone->changes[drawn].utc_s).v;
        for (int32_t date = near - 1; date <= near + 1; date++)
            if (fasti_date_is_bookable((fasti_date){date}))
                day_verify(zone, (fasti_date){date});
    }
}
