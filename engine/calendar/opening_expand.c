/*
 * opening_expand.c - from rules to the open spans of one local day.
 *
 *   WEEKLY    |----------------|        anchor: where the rule's own hours start
 *   CLOSED          |---|
 *   spans     |-----|   |------|        both pieces keep the anchor at the left end
 *
 *   INSTANT   ------------|  next day   the piece of the next day has a negative anchor
 *
 * Minutes are elapsed minutes of the local day, so a change of offset inside a span makes it
 * longer or shorter and the grid runs on undisturbed. A SINGLE opening is one visit that takes all
 * of it: what a closure touches is gone, and a piece cut by midnight is kept as FULL.
 * The spans are sorted by all their fields: the order of the rules does not matter.
 */
#include <string.h>

#include "engine/base/panic.h"
#include "engine/calendar/kernels.h"
#include "engine/calendar/opening.h"
#include "engine/time/civil.h"

struct expansion {
    const struct fasti_zone *zone;
    struct fasti_local_day day;
    fasti_date date;
    int64_t resolution; /* minutes a tick */
    int64_t tick_end;   /* whole ticks in the day */
    uint64_t closed[FASTI_DAY_WORDS_MAX];
    struct fasti_day_draft *draft;
};

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static int64_t ceil_divide(int64_t a, int64_t b) {
    return a / b + (a % b > 0);
}

static int span_compare(const struct fasti_span *a, const struct fasti_span *b) {
    if (a->start_tick != b->start_tick)
        return a->start_tick < b->start_tick ? -1 : 1;
    if (a->end_tick != b->end_tick)
        return a->end_tick < b->end_tick ? -1 : 1;
    if (a->anchor_tick != b->anchor_tick)
        return a->anchor_tick < b->anchor_tick ? -1 : 1;
    for (uint32_t i = 0; i < FASTI_OPENING_SERVICES_MAX; i++) {
        if (a->services[i].v != b->services[i].v)
            return a->services[i].v < b->services[i].v ? -1 : 1;
    }
    if (a->whole_end_tick != b->whole_end_tick)
        return a->whole_end_tick < b->whole_end_tick ? -1 : 1;
    if (a->capacity != b->capacity)
        return a->capacity < b->capacity ? -1 : 1;
    return (int)a->flags - (int)b->flags;
}

bool fasti_span_offers(const struct fasti_span *span, fasti_service_id service) {
    for (uint32_t i = 0; i < span->service_count; i++)
        if (span->services[i].v == service.v)
            return true;
    return span->service_count == 0;
}

bool fasti_span_is_alike(const struct fasti_span *a, const struct fasti_span *b) {
    bool is_alike = fasti_span_whole_start(a) == fasti_span_whole_start(b) &&
                    a->whole_end_tick == b->whole_end_tick && a->service_count == b->service_count;
    for (uint32_t i = 0; is_alike && i < a->service_count; i++)
        is_alike = a->services[i].v == b->services[i].v;
    return is_alike;
}

static void services_copy(const struct fasti_opening *opening, struct fasti_span *span) {
    FASTI_ASSERT(opening->service_count <= FASTI_OPENING_SERVICES_MAX);
    span->service_count = opening->service_count;
    for (uint32_t i = 0; i < opening->service_count; i++) {
        uint32_t at = i;
        for (; at > 0 && span->services[at - 1].v > opening->services[i].v; at--)
            span->services[at] = span->services[at - 1];
        span->services[at] = opening->services[i];
    }
}

/* Adds [start, end), which lies in the day and is not empty, in its place. */
static enum fasti_status span_add(struct fasti_day_draft *draft,
                                  const struct fasti_opening *opening, uint8_t flags, int64_t start,
                                  int64_t end, int64_t anchor, int64_t whole_end) {
    struct fasti_span span;
    FASTI_ASSERT(start >= 0 && start < end && end <= FASTI_TICKS_MAX);
    FASTI_ASSERT(anchor <= start && anchor >= INT32_MIN);
    if (draft->count == FASTI_SPANS_MAX)
        return FASTI_LIMIT_RECORDS;
    memset(&span, 0, sizeof span);
    span.start_tick = (uint16_t)start;
    span.end_tick = (uint16_t)end;
    span.anchor_tick = (int32_t)anchor;
    span.whole_end_tick = (uint16_t)whole_end;
    span.capacity = opening->capacity;
    span.flags = flags;
    services_copy(opening, &span);
    uint32_t at = draft->count++;
    for (; at > 0 && span_compare(&draft->spans[at - 1], &span) > 0; at--)
        draft->spans[at] = draft->spans[at - 1];
    draft->spans[at] = span;
    return FASTI_OK;
}

/* Does a rule with hours apply on this date? */
static bool applies(const struct expansion *expansion, const struct fasti_opening *opening) {
    return opening->date_first.v <= expansion->date.v &&
           expansion->date.v <= opening->date_last.v &&
           (opening->weekdays >> fasti_date_weekday(expansion->date) & 1) != 0;
}

static int64_t elapsed(const struct expansion *expansion, uint16_t civil_minute) {
    return fasti_zone_minute_of_day(expansion->zone, &expansion->day, expansion->date,
                                    civil_minute);
}

/* Marks every tick that a closure touches, wholly or in part. */
static void closure_mark(struct expansion *expansion, const struct fasti_opening *opening) {
    const int64_t start =
        floor_divide(elapsed(expansion, opening->start_minute), expansion->resolution);
    const int64_t end = ceil_divide(elapsed(expansion, opening->end_minute), expansion->resolution);
    if (start < end)
        fasti_bits_set(expansion->closed, (uint32_t)start, (uint32_t)(end - start));
}

/* Adds the parts of [start, end) that no closure touches. */
static enum fasti_status pieces_add(struct expansion *expansion,
                                    const struct fasti_opening *opening, int64_t start,
                                    int64_t end) {
    const uint64_t *closed = expansion->closed;
    if ((opening->flags & FASTI_OPENING_SINGLE) != 0 &&
        fasti_bits_any(closed, (uint32_t)start, (uint32_t)(end - start)))
        return FASTI_OK;
    for (int64_t tick = start; tick < end;) {
        int64_t piece_end = tick;
        while (piece_end < end && !fasti_bits_any(closed, (uint32_t)piece_end, 1))
            piece_end++;
        if (piece_end > tick)
            FASTI_TRY(
                span_add(expansion->draft, opening, opening->flags, tick, piece_end, start, end));
        tick = piece_end + 1; /* piece_end is closed, or the end */
    }
    return FASTI_OK;
}

static enum fasti_status hours_add(struct expansion *expansion,
                                   const struct fasti_opening *opening) {
    if (!applies(expansion, opening))
        return FASTI_OK;
    const int64_t start =
        ceil_divide(elapsed(expansion, opening->start_minute), expansion->resolution);
    const int64_t end =
        floor_divide(elapsed(expansion, opening->end_minute), expansion->resolution);
    if (start >= end) /* wholly in a gap, or less than a tick left of it */
        return FASTI_OK;
    if (opening->kind == FASTI_OPENING_WEEKLY)
        return pieces_add(expansion, opening, start, end);
    return span_add(expansion->draft, opening, opening->flags, start, end, start, end);
}

static enum fasti_status instant_add(struct expansion *expansion,
                                     const struct fasti_opening *opening) {
    const int64_t day_start = expansion->day.start_utc_s;
    const int64_t anchor =
        ceil_divide((opening->start_utc_s - day_start) / 60, expansion->resolution);
    const int64_t end_exact =
        floor_divide((opening->end_utc_s - day_start) / 60, expansion->resolution);
    const int64_t start = anchor > 0 ? anchor : 0;
    const int64_t end = end_exact < expansion->tick_end ? end_exact : expansion->tick_end;
    if (start >= end)
        return FASTI_OK;
    uint8_t flags = opening->flags;
    if ((flags & FASTI_OPENING_SINGLE) != 0 && (start != anchor || end != end_exact))
        flags |= FASTI_OPENING_FULL;
    return span_add(expansion->draft, opening, flags, start, end, anchor, end);
}

enum fasti_status fasti_openings_expand(const struct fasti_opening *openings,
                                        uint32_t opening_count, const struct fasti_zone *zone,
                                        uint32_t resolution_minutes, fasti_date date,
                                        struct fasti_day_draft *draft) {
    struct expansion expansion = {
        .zone = zone, .date = date, .resolution = resolution_minutes, .draft = draft};
    FASTI_ASSERT(opening_count <= FASTI_OPENINGS_MAX);
    FASTI_ASSERT(resolution_minutes >= 1);
    fasti_zone_day(zone, date, &expansion.day);
    expansion.tick_end = expansion.day.minutes / expansion.resolution;
    draft->count = 0;
    for (uint32_t i = 0; i < opening_count; i++) {
        if (openings[i].kind == FASTI_OPENING_CLOSED && applies(&expansion, &openings[i]))
            closure_mark(&expansion, &openings[i]);
    }
    for (uint32_t i = 0; i < opening_count; i++) {
        switch (openings[i].kind) {
        case FASTI_OPENING_WEEKLY:
        case FASTI_OPENING_DATED: FASTI_TRY(hours_add(&expansion, &openings[i])); break;
        case FASTI_OPENING_INSTANT: FASTI_TRY(instant_add(&expansion, &openings[i])); break;
        default: FASTI_ASSERT(openings[i].kind == FASTI_OPENING_CLOSED);
        }
    }
    return FASTI_OK;
}
