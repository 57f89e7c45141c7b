/*
 * zone.c - lookups in a zone's table: offsets, local days, gaps and folds.
 *
 *   segment i   [changes[i].utc_s, changes[i + 1].utc_s) in UTC, offset changes[i].offset_s
 *   local end   changes[i + 1].utc_s + changes[i].offset_s: where the wall clock would be at the
 *               segment's end; ascends with i (FASTI_ZONE_CHANGE_SECONDS_MIN)
 *
 * So the first segment whose wall clock reaches a civil time is found by halves, and a local day
 * is two such searches. The table is valid (fasti_zone_check); nothing here can fail.
 */
#include "engine/time/zone.h"

#include "engine/base/panic.h"
#include "engine/time/civil.h"

#define UTC_S_BOUND (INT64_C(1) << 40)

bool fasti_zone_name_is_valid(const char *name, size_t size) {
    if (size == 0 || size > FASTI_ZONE_NAME_BYTES_MAX)
        return false;
    char before = '/';
    for (size_t i = 0; i < size; i++) {
        const char c = name[i];
        const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool is_other = (c >= '0' && c <= '9') || c == '_' || c == '+' || c == '-';
        if (!is_letter && !is_other && !(c == '/' && before != '/'))
            return false;
        before = c;
    }
    return before != '/';
}

/* The segment that holds an instant; the first one also holds everything before it. */
static uint32_t segment_at(const struct fasti_zone *zone, int64_t utc_s) {
    uint32_t low = 0;
    uint32_t end = zone->change_count;
    while (end - low > 1) {
        const uint32_t middle = low + (end - low) / 2;
        if (zone->changes[middle].utc_s <= utc_s)
            low = middle;
        else
            end = middle;
    }
    return low;
}

/* The first segment in which the wall clock reaches local_s; the last one reaches everything. */
static uint32_t segment_reaching(const struct fasti_zone *zone, int64_t local_s) {
    uint32_t low = 0;
    uint32_t last = zone->change_count - 1;
    while (low < last) {
        const uint32_t middle = low + (last - low) / 2;
        if (zone->changes[middle + 1].utc_s + zone->changes[middle].offset_s > local_s)
            last = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* civil(local_s) of the policy, and the segment it lies in. */
static int64_t instant_reaching(const struct fasti_zone *zone, int64_t local_s, uint32_t *segment) {
    const uint32_t i = segment_reaching(zone, local_s);
    const int64_t utc_s = local_s - zone->changes[i].offset_s;
    *segment = i;
    return i > 0 && utc_s < zone->changes[i].utc_s ? zone->changes[i].utc_s : utc_s;
}

int32_t fasti_zone_offset_at(const struct fasti_zone *zone, int64_t utc_s) {
    return zone->changes[segment_at(zone, utc_s)].offset_s;
}

fasti_date fasti_zone_date_at(const struct fasti_zone *zone, int64_t utc_s) {
    const int64_t kept_s = utc_s > UTC_S_BOUND    ? UTC_S_BOUND
                           : utc_s < -UTC_S_BOUND ? -UTC_S_BOUND
                                                  : utc_s;
    const uint32_t i = segment_at(zone, kept_s);
    const fasti_date date = fasti_date_of_utc(kept_s + zone->changes[i].offset_s);
    if (i == 0)
        return date;
    /* The last second before the change may already have shown a later date. */
    const fasti_date seen =
        fasti_date_of_utc(zone->changes[i].utc_s - 1 + zone->changes[i - 1].offset_s);
    return seen.v > date.v ? seen : date;
}

void fasti_zone_day(const struct fasti_zone *zone, fasti_date date, struct fasti_local_day *day) {
    FASTI_ASSERT(fasti_date_is_bookable(date));
    uint32_t first;
    uint32_t unused;
    const int64_t local_s = date.v * FASTI_DAY_SECONDS;
    const int64_t start_s = instant_reaching(zone, local_s, &first);
    const int64_t end_s = instant_reaching(zone, local_s + FASTI_DAY_SECONDS, &unused);

    day->start_utc_s = start_s;
    day->minutes = (int32_t)((end_s - start_s) / 60);
    day->offset_s = zone->changes[first].offset_s;
    day->change_minute = -1;
    day->offset_after_s = day->offset_s;
    day->segment = first;
    if (first + 1 < zone->change_count && zone->changes[first + 1].utc_s < end_s) {
        day->change_minute = (int32_t)((zone->changes[first + 1].utc_s - start_s) / 60);
        day->offset_after_s = zone->changes[first + 1].offset_s;
    }
    FASTI_ASSERT(day->minutes >= 0 && day->minutes <= FASTI_LOCAL_DAY_MINUTES_MAX);
}

void fasti_zone_day_next(const struct fasti_zone *zone, fasti_date next,
                         struct fasti_local_day *day) {
    const uint32_t i = day->segment;
    const int32_t offset_s = zone->changes[i].offset_s;
    const int64_t end_local_s = (next.v + INT64_C(1)) * FASTI_DAY_SECONDS;
    const bool is_plain = day->change_minute < 0 && day->minutes > 0 &&
                          (i + 1 == zone->change_count ||
                           zone->changes[i + 1].utc_s + (int64_t)offset_s > end_local_s);
    if (!is_plain) {
        fasti_zone_day(zone, next, day);
        return;
    }
    /* Its end, the start of `next`, and the end of `next` all lie inside segment i. */
    FASTI_ASSERT(fasti_date_is_bookable(next));
    day->start_utc_s = end_local_s - FASTI_DAY_SECONDS - offset_s;
    day->minutes = FASTI_DAY_MINUTES;
}

int64_t fasti_zone_utc(const struct fasti_zone *zone, fasti_date date, int32_t civil_minute,
                       enum fasti_civil_kind *kind) {
    FASTI_ASSERT(civil_minute >= 0 && civil_minute <= FASTI_DAY_MINUTES);
    uint32_t i;
    const int64_t local_s = date.v * FASTI_DAY_SECONDS + civil_minute * INT64_C(60);
    const int64_t utc_s = instant_reaching(zone, local_s, &i);
    if (kind == NULL)
        return utc_s;
    if (utc_s + zone->changes[i].offset_s != local_s)
        *kind = FASTI_CIVIL_GAP;
    else if (i + 1 < zone->change_count &&
             zone->changes[i + 1].utc_s + zone->changes[i + 1].offset_s <= local_s)
        *kind = FASTI_CIVIL_FOLD;
    else
        *kind = FASTI_CIVIL_ONCE;
    return utc_s;
}

int32_t fasti_zone_minute_of_day(const struct fasti_zone *zone, const struct fasti_local_day *day,
                                 fasti_date date, int32_t civil_minute) {
    const bool is_plain = day->change_minute < 0 && day->minutes == FASTI_DAY_MINUTES &&
                          day->start_utc_s + day->offset_s == date.v * FASTI_DAY_SECONDS;
    if (is_plain) /* midnight to midnight in one offset; before it the clock shows less */
        return civil_minute;
    const int64_t utc_s = fasti_zone_utc(zone, date, civil_minute, NULL);
    const int64_t minute = (utc_s - day->start_utc_s) / 60;
    return minute < 0 ? 0 : minute > day->minutes ? day->minutes : (int32_t)minute;
}
