/*
 * opening_expand.c - from rules to the open spans of one local day.
 *
 *   WEEKLY    |----------------|        anchor: where the rule's own hours start
 *   CLOSED          |---|               with ALL: dated openings and instants are cut, too
 *   spans     |-----|   |------|        both pieces keep the anchor at the left end
 *
 *   INSTANT   ------------|  next day   the piece of the next day has a negative anchor
 *
 * Minutes are elapsed minutes of the local day, so a change of offset inside a span makes it
 * longer or shorter and the grid runs on undisturbed. A SINGLE opening is one visit that takes all
 * of it: what a closure touches is gone; over midnight it starts on the first day and is FULL on
 * the next.
 * The spans are sorted by all their fields: the order of the rules does not matter.
 */
#include <string.h>

#include "engine/base/panic.h"
#include "engine/calendar/kernels.h"
#include "engine/calendar/opening.h"
#include "engine/time/civil.h"

/* Which closures cut an opening: weekly hours every one, exceptions and instants those with ALL. */
enum layer { LAYER_WEEKLY, LAYER_OTHERS, LAYERS };

/* A date with its closures. */
struct side {
    fasti_date date;
    struct fasti_local_day day;
    int64_t ticks; /* whole ones in the day */
    bool is_there; /* false: outside the bookable dates */
    uint64_t closed[LAYERS][FASTI_DAY_WORDS_MAX];
};

struct expansion {
    const struct fasti_zone *zone;
    int64_t resolution; /* minutes a tick */
    const struct fasti_opening *openings;
    uint32_t opening_count;
    struct side here, before, after; /* the last two only where needs_sides */
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
    if (a->over_ticks != b->over_ticks)
        return a->over_ticks < b->over_ticks ? -1 : 1;
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
                                  const struct fasti_opening *opening,
                                  const struct fasti_span *parts) {
    FASTI_ASSERT(parts->start_tick < parts->end_tick && parts->end_tick <= FASTI_TICKS_MAX);
    FASTI_ASSERT(parts->anchor_tick <= parts->start_tick);
    if (draft->count == FASTI_SPANS_MAX)
        return FASTI_LIMIT_RECORDS;
    struct fasti_span span;
    memset(&span, 0, sizeof span);
    span.start_tick = parts->start_tick;
    span.end_tick = parts->end_tick;
    span.anchor_tick = parts->anchor_tick;
    span.over_ticks = parts->over_ticks;
    span.whole_end_tick = parts->whole_end_tick;
    span.flags = parts->flags;
    span.capacity = opening->capacity;
    services_copy(opening, &span);
    uint32_t at = draft->count++;
    for (; at > 0 && span_compare(&draft->spans[at - 1], &span) > 0; at--)
        draft->spans[at] = draft->spans[at - 1];
    draft->spans[at] = span;
    return FASTI_OK;
}

/* Does a rule with hours apply on this date? */
static bool applies(const struct fasti_opening *opening, fasti_date date) {
    return opening->date_first.v <= date.v && date.v <= opening->date_last.v &&
           (opening->weekdays >> fasti_date_weekday(date) & 1) != 0;
}

static int64_t elapsed(const struct expansion *expansion, const struct side *side,
                       uint32_t civil_minute) {
    return fasti_zone_minute_of_day(expansion->zone, &side->day, side->date, (int32_t)civil_minute);
}

static enum layer layer_of(const struct fasti_opening *opening) {
    return opening->kind == FASTI_OPENING_WEEKLY ? LAYER_WEEKLY : LAYER_OTHERS;
}

/* Marks every tick that a closure touches, wholly or in part: elapsed minutes [from, to). */
static void closure_mark(const struct expansion *expansion, struct side *side,
                         const struct fasti_opening *closure, int64_t from, int64_t to) {
    const int64_t start = floor_divide(from, expansion->resolution);
    const int64_t end = ceil_divide(to, expansion->resolution);
    if (start >= end)
        return;
    fasti_bits_set(side->closed[LAYER_WEEKLY], (uint32_t)start, (uint32_t)(end - start));
    if ((closure->flags & FASTI_OPENING_ALL) != 0)
        fasti_bits_set(side->closed[LAYER_OTHERS], (uint32_t)start, (uint32_t)(end - start));
}

/* A date's closures, its own and the rest of those of the day before. */
static void side_load(struct expansion *expansion, struct side *side, fasti_date date) {
    memset(side, 0, sizeof *side);
    side->date = date;
    side->is_there = fasti_date_is_bookable(date);
    if (!side->is_there)
        return;
    fasti_zone_day(expansion->zone, date, &side->day);
    side->ticks = side->day.minutes / expansion->resolution;
    for (uint32_t i = 0; i < expansion->opening_count; i++) {
        const struct fasti_opening *closure = &expansion->openings[i];
        if (closure->kind != FASTI_OPENING_CLOSED)
            continue;
        const uint32_t end = closure->end_minute;
        if (applies(closure, date))
            closure_mark(
                expansion, side, closure, elapsed(expansion, side, closure->start_minute),
                elapsed(expansion, side, end < FASTI_DAY_MINUTES ? end : FASTI_DAY_MINUTES));
        if (end > FASTI_DAY_MINUTES && applies(closure, (fasti_date){date.v - 1}))
            closure_mark(expansion, side, closure, 0,
                         elapsed(expansion, side, end - FASTI_DAY_MINUTES));
    }
}

static bool is_closed(const struct side *side, enum layer layer, int64_t start, int64_t end) {
    return start < end &&
           fasti_bits_any(side->closed[layer], (uint32_t)start, (uint32_t)(end - start));
}

/* The first tick of [start, end) that is closed, or (is_wanted false) that is not; end: none is. */
static int64_t tick_find(const struct side *side, enum layer layer, int64_t start, int64_t end,
                         bool is_wanted) {
    const uint64_t *closed = side->closed[layer];
    for (int64_t tick = start; tick < end; tick = (tick / 64 + 1) * 64) {
        const uint64_t word = is_wanted ? closed[tick / 64] : ~closed[tick / 64];
        const uint64_t rest = word >> tick % 64;
        if (rest != 0) {
            const int64_t found = tick + __builtin_ctzll(rest);
            return found < end ? found : end;
        }
    }
    return end;
}

/* ---- rules with hours ---- */

/* The ticks of an occurrence, which begins on one date and may end on the next. */
struct occurrence {
    int64_t start, end; /* on its first day */
    int64_t rest;       /* ticks of the next day, from 0 on */
    bool is_touched;    /* by a closure, on either day: matters to a SINGLE one */
};

static struct occurrence occurrence_of(const struct expansion *expansion,
                                       const struct fasti_opening *opening,
                                       const struct side *first, const struct side *next) {
    const enum layer layer = layer_of(opening);
    const uint32_t end_minute = opening->end_minute;
    const bool is_over = end_minute > FASTI_DAY_MINUTES;
    struct occurrence o = {
        .start =
            ceil_divide(elapsed(expansion, first, opening->start_minute), expansion->resolution),
        .end = is_over ? first->ticks
                       : floor_divide(elapsed(expansion, first, end_minute), expansion->resolution),
    };
    if (is_over && next->is_there)
        o.rest = floor_divide(elapsed(expansion, next, end_minute - FASTI_DAY_MINUTES),
                              expansion->resolution);
    o.is_touched = is_closed(first, layer, o.start, o.end) || is_closed(next, layer, 0, o.rest);
    return o;
}

/* Adds the parts of [start, end) of this day that no closure touches. over: how far what ends at
 * the day's end goes on: up to the next day's first closure. */
static enum fasti_status pieces_add(struct expansion *expansion,
                                    const struct fasti_opening *opening, uint8_t flags,
                                    int64_t start, int64_t end, int64_t anchor, int64_t over) {
    const enum layer layer = layer_of(opening);
    for (int64_t tick = start; tick < end;) {
        const int64_t piece_end = tick_find(&expansion->here, layer, tick, end, true);
        const bool is_last = piece_end == end && end == expansion->here.ticks;
        const struct fasti_span parts = {
            .start_tick = (uint16_t)tick,
            .end_tick = (uint16_t)piece_end,
            .anchor_tick = (int32_t)anchor,
            .over_ticks = (uint16_t)(is_last ? over : 0),
            .whole_end_tick = (uint16_t)end,
            .flags = flags,
        };
        if (piece_end > tick)
            FASTI_TRY(span_add(expansion->draft, opening, &parts));
        tick = tick_find(&expansion->here, layer, piece_end, end, false);
    }
    return FASTI_OK;
}

/* What a rule opens on this day by the occurrence that begins on it. */
static enum fasti_status own_add(struct expansion *expansion, const struct fasti_opening *opening) {
    const struct occurrence o =
        occurrence_of(expansion, opening, &expansion->here, &expansion->after);
    const bool is_single = (opening->flags & FASTI_OPENING_SINGLE) != 0;
    if (o.start >= o.end || (is_single && o.is_touched))
        return FASTI_OK; /* wholly in a gap, or less than a tick left of it */
    return pieces_add(expansion, opening, opening->flags, o.start, o.end, o.start,
                      tick_find(&expansion->after, layer_of(opening), 0, o.rest, true));
}

/* The rest of the one that began on the day before. */
static enum fasti_status rest_add(struct expansion *expansion,
                                  const struct fasti_opening *opening) {
    const struct occurrence o =
        occurrence_of(expansion, opening, &expansion->before, &expansion->here);
    const bool is_single = (opening->flags & FASTI_OPENING_SINGLE) != 0;
    if (o.rest == 0 || (is_single && o.is_touched))
        return FASTI_OK;
    const uint8_t flags = opening->flags | (is_single ? FASTI_OPENING_FULL : 0);
    return pieces_add(expansion, opening, flags, 0, o.rest, o.start - expansion->before.ticks, 0);
}

static enum fasti_status hours_add(struct expansion *expansion,
                                   const struct fasti_opening *opening) {
    if (applies(opening, expansion->here.date))
        FASTI_TRY(own_add(expansion, opening));
    if (opening->end_minute > FASTI_DAY_MINUTES && expansion->before.is_there &&
        applies(opening, expansion->before.date))
        return rest_add(expansion, opening);
    return FASTI_OK;
}

/* ---- instants ---- */

/* Does a closure touch an instant of ticks [anchor, end) of this day, on it or the days beside it?
 */
static bool instant_is_touched(const struct expansion *expansion, int64_t anchor, int64_t end) {
    const struct side *here = &expansion->here, *before = &expansion->before;
    const int64_t over = end - here->ticks, ahead = before->ticks + anchor;
    return is_closed(here, LAYER_OTHERS, anchor > 0 ? anchor : 0,
                     end < here->ticks ? end : here->ticks) ||
           is_closed(&expansion->after, LAYER_OTHERS, 0,
                     over < expansion->after.ticks ? over : expansion->after.ticks) ||
           (anchor < 0 && is_closed(before, LAYER_OTHERS, ahead > 0 ? ahead : 0, before->ticks));
}

static enum fasti_status instant_add(struct expansion *expansion,
                                     const struct fasti_opening *opening) {
    const int64_t day_start = expansion->here.day.start_utc_s, ticks = expansion->here.ticks;
    const int64_t day_ticks = FASTI_DAY_MINUTES / expansion->resolution;
    const int64_t anchor =
        ceil_divide((opening->start_utc_s - day_start) / 60, expansion->resolution);
    const int64_t end_exact =
        floor_divide((opening->end_utc_s - day_start) / 60, expansion->resolution);
    const int64_t start = anchor > 0 ? anchor : 0;
    const int64_t end = end_exact < ticks ? end_exact : ticks;
    const bool is_single = (opening->flags & FASTI_OPENING_SINGLE) != 0;
    if (start >= end || (is_single && instant_is_touched(expansion, anchor, end_exact)))
        return FASTI_OK;
    int64_t over =
        end_exact > ticks && fasti_date_is_bookable((fasti_date){expansion->here.date.v + 1})
            ? end_exact - ticks
            : 0;
    uint8_t flags = opening->flags;
    if (is_single && (start != anchor || end_exact - anchor > day_ticks || end + over != end_exact))
        flags |= FASTI_OPENING_FULL;
    over = tick_find(&expansion->after, LAYER_OTHERS, 0, over < day_ticks ? over : day_ticks, true);
    return pieces_add(expansion, opening, flags, start, end, anchor, over);
}

/* Do the days beside this one matter: hours cross a midnight, or a closure may cut an instant? */
static bool needs_sides(const struct fasti_opening *openings, uint32_t count) {
    bool needs = false;
    for (uint32_t i = 0; i < count; i++)
        needs = needs || openings[i].end_minute > FASTI_DAY_MINUTES ||
                (openings[i].flags & FASTI_OPENING_ALL) != 0;
    return needs;
}

enum fasti_status fasti_openings_expand(const struct fasti_opening *openings,
                                        uint32_t opening_count, const struct fasti_zone *zone,
                                        uint32_t resolution_minutes, fasti_date date,
                                        struct fasti_day_draft *draft) {
    struct expansion expansion = {.zone = zone,
                                  .resolution = resolution_minutes,
                                  .openings = openings,
                                  .opening_count = opening_count,
                                  .draft = draft};
    FASTI_ASSERT(opening_count <= FASTI_OPENINGS_MAX);
    FASTI_ASSERT(resolution_minutes >= 1);
    side_load(&expansion, &expansion.here, date);
    if (needs_sides(openings, opening_count)) {
        side_load(&expansion, &expansion.before, (fasti_date){date.v - 1});
        side_load(&expansion, &expansion.after, (fasti_date){date.v + 1});
    }
    draft->count = 0;
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
