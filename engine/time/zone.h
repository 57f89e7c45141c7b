/*
 * zone.h - a time zone as a table: TZif in, local days out.
 *
 * A zone is read once from a TZif file (RFC 8536, versions 1 to 4, fat or slim) into plain data:
 * every change of offset in the bookable range, the footer rule (POSIX TZ string) already written
 * out to FASTI_DATE_LAST. The table is what the log stores; nothing reads tzdata after that.
 *
 * Policy. L(t) = t + offset is the wall clock at instant t; civil(X) = the first t with L(t) >= X.
 *   civil time X  means civil(X). A time that clocks skip (gap) so means the first instant after
 *                 the gap; one that happens twice (fold) the first of the two (RFC 5545 3.3.5).
 *   local day d   [civil(d 00:00), civil(d+1 00:00)): days tile UTC without holes. 1,440 minutes,
 *                 or 21 to 27 hours around a change; 0 when clocks skip the whole date
 *                 (Pacific/Apia, 2011-12-30).
 *   midnight      in a gap: the day starts at the first instant of its date (Asia/Beirut, 01:00).
 *                 Twice, as clocks go back at 01:00 to 00:00 (America/Havana): the day starts at
 *                 the first. Going back at 00:00 to 23:00 (America/Sao_Paulo until 2019): the
 *                 repeated hour belongs to the old day, midnight happens once. Going back after
 *                 00:00 to before it (America/St_Johns until 2011, 00:01 to 23:01): the new day
 *                 starts at its first 00:00 and keeps the repeated hour, whose wall clock shows
 *                 the date before.
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

/* The table covers every bookable local day of every offset, and a day more at either end. */
#define FASTI_ZONE_FIRST_UTC_S        ((FASTI_DATE_FIRST - INT64_C(2)) * 86400)
#define FASTI_ZONE_END_UTC_S          ((FASTI_DATE_LAST + INT64_C(3)) * 86400)
#define FASTI_ZONE_OFFSET_SECONDS_MAX (24 * 3600 - 60) /* either way; RFC 3339 writes no more */
#define FASTI_ZONE_FOLD_SECONDS_MAX   ((FASTI_LOCAL_DAY_MINUTES_MAX - FASTI_DAY_MINUTES) * 60)

/* Changes lie at least this far apart (real ones: 6.9 days, Asia/Gaza 2040). Two offsets differ by
 * less than that, so only neighbouring segments can overlap in local time, and no local day has two
 * changes. */
#define FASTI_ZONE_CHANGE_SECONDS_MIN (48 * 3600)

struct fasti_zone_change {
    int64_t utc_s;    /* from this instant on ... */
    int32_t offset_s; /* ... local time = UTC + offset; a whole number of minutes */
};

/* changes[0].utc_s <= FASTI_ZONE_FIRST_UTC_S, and its offset also holds before it; the others are
 * whole minutes in (FASTI_ZONE_FIRST_UTC_S, FASTI_ZONE_END_UTC_S), ascending, at least
 * FASTI_ZONE_CHANGE_SECONDS_MIN apart, each with another offset than its neighbours, going back by
 * at most FASTI_ZONE_FOLD_SECONDS_MAX. */
struct fasti_zone {
    uint32_t change_count; /* 1 to FASTI_ZONE_TRANSITIONS_MAX */
    struct fasti_zone_change changes[FASTI_ZONE_TRANSITIONS_MAX];
};

struct fasti_local_day {
    int64_t start_utc_s;
    int32_t minutes;        /* elapsed minutes in the day, 0 to FASTI_LOCAL_DAY_MINUTES_MAX */
    int32_t offset_s;       /* at its start */
    int32_t change_minute;  /* in 1 ... minutes - 1: when the offset changes; -1 if it does not */
    int32_t offset_after_s; /* from change_minute on; = offset_s if none */
    uint32_t segment;       /* index of the change that the start's offset comes from */
};

/* Whether a civil time exists, and how often. */
enum fasti_civil_kind { FASTI_CIVIL_ONCE, FASTI_CIVIL_GAP, FASTI_CIVIL_FOLD };

/* Decodes the whole of a TZif file: the 64-bit block and its footer if there is one, else the
 * 32-bit block, whose last offset then stays. INVALID_ZONE with a sentence when the file is
 * damaged, truncated or counts leap seconds, when its table breaks an invariant above (offsets
 * that are not whole minutes, days of more than 27 hours ...), or has more changes than a zone
 * holds. *zone is unspecified then. Equal rules give equal bytes, unused entries are zero. */
FASTI_MUST_USE enum fasti_status fasti_zone_decode_tzif(const void *bytes, size_t size,
                                                        struct fasti_zone *zone,
                                                        struct fasti_detail *detail);

/* The invariants above, for tables that come from the log. INVALID_ZONE otherwise. */
FASTI_MUST_USE enum fasti_status fasti_zone_check(const struct fasti_zone *zone);

/* A name safe to look up: letters, digits, "_+-" in parts split by "/", no "..", <= 63 bytes. */
bool fasti_zone_name_is_valid(const char *name, size_t size);

int32_t fasti_zone_offset_at(const struct fasti_zone *zone, int64_t utc_s);

/* The local day that an instant lies in: the last one that starts at or before it. This is the
 * wall clock's date but for the hour that is repeated across a midnight (policy above). Total:
 * instants beyond 2^40 s count as that. */
fasti_date fasti_zone_date_at(const struct fasti_zone *zone, int64_t utc_s);

/* The local day of a bookable date (asserted). O(log n). */
void fasti_zone_day(const struct fasti_zone *zone, fasti_date date, struct fasti_local_day *day);

/* From the local day of a date (*day) to that of the next date, which is bookable (asserted): the
 * same as fasti_zone_day for it, in O(1) away from changes. */
void fasti_zone_day_next(const struct fasti_zone *zone, fasti_date next,
                         struct fasti_local_day *day);

/* Instant of a civil time under the policy above; civil_minute 0 to 1440 (1440: next day's
 * start) of a date in years -32767 to 32767. kind may be NULL. O(log n). */
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
