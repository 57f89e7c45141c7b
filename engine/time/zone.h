/*
 * zone.h - a time zone as a table: TZif in, local days out.
 *
 * A zone is read once from a TZif file (RFC 8536, versions 1 to 4, fat or slim) into plain data:
 * every change of offset in the bookable range, the footer rule (POSIX TZ string) already written
 * out to FASTI_DATE_LAST. The table is what the log stores; nothing reads tzdata after that.
 *
 *   local day  [day start, next day start) in UTC; 1,440 minutes, or 21 to 27 hours around a
 *              change; 0 when the date was skipped (Pacific/Apia, 2011-12-30)
 *   gap        a civil time that clocks skip: it means the first instant after the gap
 *   fold       a civil time that happens twice: it means the first of the two (as RFC 5545 3.3.5)
 *   midnight   a day whose 00:00 is in a gap starts at the first instant of that date; a day whose
 *              00:00 happens twice starts at the first one of that date
 * Minutes of a local day are elapsed minutes since its start, not wall-clock readings.
 * Pure functions over immutable data, any thread.
 */
#ifndef FASTI_TIME_ZONE_H
#define FASTI_TIME_ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/base/text.h"

struct fasti_zone_change {
    int64_t utc_s;    /* from this instant on ... */
    int32_t offset_s; /* ... local time = UTC + offset; a whole number of minutes */
};

/* changes[0].utc_s lies before the first bookable day; ascending; neighbours differ in offset. */
struct fasti_zone {
    uint32_t change_count; /* 1 to FASTI_ZONE_TRANSITIONS_MAX */
    struct fasti_zone_change changes[FASTI_ZONE_TRANSITIONS_MAX];
};

struct fasti_local_day {
    int64_t start_utc_s;
    int32_t minutes;        /* elapsed minutes in the day, 0 to FASTI_LOCAL_DAY_MINUTES_MAX */
    int32_t offset_s;       /* at its start */
    int32_t change_minute;  /* elapsed minute of the change of offset inside the day; -1 if none */
    int32_t offset_after_s; /* from change_minute on; = offset_s if none */
};

/* Whether a civil time exists, and how often. */
enum fasti_civil_kind { FASTI_CIVIL_ONCE, FASTI_CIVIL_GAP, FASTI_CIVIL_FOLD };

/* Decodes the whole of a TZif file. INVALID_ZONE with a sentence when it is damaged, truncated,
 * has offsets that are not whole minutes or days of more than 27 hours in the bookable range, or
 * has more changes than a zone holds. *zone is unspecified then. */
FASTI_MUST_USE enum fasti_status fasti_zone_decode_tzif(const void *bytes, size_t size,
                                                        struct fasti_zone *zone,
                                                        struct fasti_detail *detail);

/* The invariants above, for tables that come from the log. INVALID_ZONE otherwise. */
FASTI_MUST_USE enum fasti_status fasti_zone_check(const struct fasti_zone *zone);

/* A name safe to look up: letters, digits, "_+-" in parts split by "/", no "..", <= 63 bytes. */
bool fasti_zone_name_is_valid(const char *name, size_t size);

int32_t fasti_zone_offset_at(const struct fasti_zone *zone, int64_t utc_s);

/* The local date at an instant. */
fasti_date fasti_zone_date_at(const struct fasti_zone *zone, int64_t utc_s);

/* date must be bookable. */
void fasti_zone_day(const struct fasti_zone *zone, fasti_date date, struct fasti_local_day *day);

/* Instant of a civil time under the policy above; civil_minute 0 to 1440 (1440: next day's
 * start). *kind may be NULL. */
int64_t fasti_zone_utc(const struct fasti_zone *zone, fasti_date date, int32_t civil_minute,
                       enum fasti_civil_kind *kind);

/* Elapsed minutes since the day's start of a civil time, clamped to 0 ... day->minutes. */
int32_t fasti_zone_minute_of_day(const struct fasti_zone *zone, const struct fasti_local_day *day,
                                 fasti_date date, int32_t civil_minute);

/* Local offset at an elapsed minute of a day. */
static inline int32_t fasti_local_day_offset_s(const struct fasti_local_day *day, int32_t minute) {
    return day->change_minute >= 0 && minute >= day->change_minute ? day->offset_after_s
                                                                   : day->offset_s;
}

#endif
