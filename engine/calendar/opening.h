/*
 * opening.h - rules that open time on a schedule, and their expansion into one local day.
 *
 *   WEEKLY   every listed weekday of a validity range, from one civil time to another
 *   DATED    the same on single dates (an exception that opens)
 *   CLOSED   an exception that closes: cuts the hours of WEEKLY openings, never of DATED ones
 *   INSTANT  one span between two instants (imported slots)
 *
 * Any of them may cross midnights: each local day has its own span of it, whose grid begins where
 * the opening does, and a visit that starts before midnight may end after it.
 *
 * Openings do not merge: each keeps its own anchor for the grid, also when a closure cuts it or
 * when two touch or overlap. Local times follow zone.h's policy for gaps and folds.
 * A closure takes away whole ticks that it touches, and the whole of a SINGLE opening that it
 * touches. A SINGLE opening that crosses a midnight has its start on the first day and is FULL on
 * the next; one longer than a day is FULL on all.
 * An opening's places are for the visits that start in it, of its services, on one local day: a
 * weekly one has them anew each time, one that crosses a midnight on both sides of it. Places of
 * openings with the same hours and services add up; visits in what else overlaps count for each.
 * A span is half-open in ticks of the schedule's resolution since the local day's start. A start
 * that the resolution cannot express is refused when the opening is set, not rounded; after a
 * change of offset (always whole minutes) a start is rounded up and an end down to whole ticks.
 * Pure functions, any thread.
 */
#ifndef FASTI_CALENDAR_OPENING_H
#define FASTI_CALENDAR_OPENING_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/ids.h"
#include "engine/base/limits.h"
#include "engine/base/status.h"
#include "engine/base/text.h"
#include "engine/time/zone.h"

enum fasti_opening_kind {
    FASTI_OPENING_WEEKLY = 1,
    FASTI_OPENING_DATED = 2,
    FASTI_OPENING_CLOSED = 3,
    FASTI_OPENING_INSTANT = 4,
};

/* An opening's flags; a CLOSED one may have ALL and no other, only it has that one. */
enum {
    FASTI_OPENING_SINGLE = 1, /* one bookable start, at its own start; a visit takes all of it */
    FASTI_OPENING_FULL = 2,   /* open but with no place: makes a day FULL, not CLOSED */
    FASTI_OPENING_ALL = 4,    /* cuts dated openings and instants, too: nothing stays open */
};

#define FASTI_CAPACITY_UNLIMITED UINT32_MAX

struct fasti_opening {
    struct fasti_id_text id; /* unique in its schedule */
    uint8_t kind;            /* enum fasti_opening_kind */
    uint8_t weekdays;        /* bit 0 = Monday ... bit 6 = Sunday; 0 for INSTANT */
    uint8_t flags;
    uint8_t service_count; /* 0: every service of the schedule; 0 for CLOSED */
    uint16_t start_minute; /* civil, 0 to 1439; 0 for INSTANT */
    uint16_t end_minute;   /* civil, start_minute + 1 to start_minute + 1440; beyond 1440: on the
                              next date; 0 for INSTANT */
    fasti_date date_first; /* inclusive; 0 for INSTANT */
    fasti_date date_last;  /* inclusive; 0 for INSTANT */
    int64_t start_utc_s;   /* INSTANT only, whole minutes; else 0 */
    int64_t end_utc_s;
    uint32_t capacity; /* places: visits that may start in it on one local day; UNLIMITED */
    uint32_t source;   /* 0 = set by hand, else the import that brought it */
    fasti_service_id services[FASTI_OPENING_SERVICES_MAX]; /* named ones first: no two alike */
};

/* One open span of one local day. */
struct fasti_span {
    uint16_t start_tick, end_tick; /* start < end */
    int32_t anchor_tick;           /* where the grid starts; before start_tick when cut, and
                                      negative when the span began on the day before */
    uint16_t over_ticks; /* how far it goes on after this day's end, where it ends there: a visit
                            that starts in it may take them, of the next day; at most a day */
    uint16_t whole_end_tick; /* end of the opening's part of the day, before closures cut it */
    uint8_t flags;
    uint8_t service_count;
    uint32_t capacity; /* visits that may start in the opening's part of the day */
    fasti_service_id services[FASTI_OPENING_SERVICES_MAX]; /* ascending, rest 0 */
};

/* Where the opening's part of the day begins, before closures cut it. */
static inline uint32_t fasti_span_whole_start(const struct fasti_span *span) {
    return span->anchor_tick > 0 ? (uint32_t)span->anchor_tick : 0;
}

/* Until where a visit that starts in the span may last. */
static inline uint32_t fasti_span_visit_end(const struct fasti_span *span) {
    return (uint32_t)span->end_tick + span->over_ticks;
}

/* Does the span offer the service? */
bool fasti_span_offers(const struct fasti_span *span, fasti_service_id service);
/* Have both the same hours, before closures, and the same services? Then their places add up. */
bool fasti_span_is_alike(const struct fasti_span *a, const struct fasti_span *b);

/* A day before interning; big (13 KiB): keep one a worker. */
struct fasti_day_draft {
    uint32_t count;
    struct fasti_span spans[FASTI_SPANS_MAX]; /* by (start, end, anchor, services) */
};

/* Every field's range, and that start, end fit resolution_minutes. *detail says which and why. */
FASTI_MUST_USE enum fasti_status fasti_opening_check(const struct fasti_opening *opening,
                                                     uint32_t resolution_minutes,
                                                     struct fasti_detail *detail);

/* Expands the rules into one day. LIMIT_RECORDS when the day needs more than FASTI_SPANS_MAX. */
FASTI_MUST_USE enum fasti_status fasti_openings_expand(const struct fasti_opening *openings,
                                                       uint32_t opening_count,
                                                       const struct fasti_zone *zone,
                                                       uint32_t resolution_minutes, fasti_date date,
                                                       struct fasti_day_draft *draft);

/* First date after `after` on which any opening can open time; false if there is none. Used by
 * next_slot to skip empty days: may name a day that turns out closed, never skips an open one. */
bool fasti_openings_next_date(const struct fasti_opening *openings, uint32_t opening_count,
                              const struct fasti_zone *zone, fasti_date after, fasti_date *date);

#endif
