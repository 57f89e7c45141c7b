/*
 * test_opening.c - rules into open spans: by hand for what a reader should see, and against the
 * minute-by-minute model for random rules around both changes of the clock in Berlin, 2026.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/calendar/opening.h"
#include "engine/calendar/pattern.h"
#include "engine/time/civil.h"
#include "tests/support/opening_model.h"
#include "tests/support/seed.h"

#define WEEKDAYS_ALL  0x7f
#define MINUTES(h, m) ((h)*60 + (m))

static struct fasti_zone berlin, utc;
static struct fasti_day_draft draft;

static void set_up(void) {
    fasti_test_zone_berlin(&berlin);
    fasti_test_zone_utc(&utc);
    cr_assert_eq(fasti_zone_check(&berlin), FASTI_OK);
    cr_assert_eq(fasti_zone_check(&utc), FASTI_OK);
}

TestSuite(opening, .init = set_up);

static fasti_date date_of(int32_t year, uint8_t month, uint8_t day) {
    return fasti_date_of_civil((struct fasti_civil){year, month, day});
}

static struct fasti_opening hours(enum fasti_opening_kind kind, uint16_t start, uint16_t end) {
    struct fasti_opening opening = {
        .kind = (uint8_t)kind,
        .weekdays = WEEKDAYS_ALL,
        .start_minute = start,
        .end_minute = end,
        .date_first = {FASTI_DATE_FIRST},
        .date_last = {FASTI_DATE_LAST},
        .capacity = FASTI_CAPACITY_UNLIMITED,
    };
    cr_assert_eq(fasti_id_text_set(&opening.id, "o1", 2), FASTI_OK);
    return opening;
}

static struct fasti_opening instants(int64_t start_utc_s, int64_t end_utc_s) {
    struct fasti_opening opening = hours(FASTI_OPENING_INSTANT, 0, 0);
    opening.weekdays = 0;
    opening.date_first.v = opening.date_last.v = 0;
    opening.start_utc_s = start_utc_s;
    opening.end_utc_s = end_utc_s;
    return opening;
}

static void expand(const struct fasti_opening *openings, uint32_t count,
                   const struct fasti_zone *zone, uint32_t resolution, fasti_date date) {
    for (uint32_t i = 0; i < count; i++)
        cr_assert_eq(fasti_opening_check(&openings[i], resolution, NULL), FASTI_OK);
    cr_assert_eq(fasti_openings_expand(openings, count, zone, resolution, date, &draft), FASTI_OK);
}

static void span_expect(uint32_t i, int start, int end, int anchor) {
    cr_assert_lt(i, draft.count);
    cr_assert_eq(draft.spans[i].start_tick, start, "span %u starts at %d, not %d", i,
                 draft.spans[i].start_tick, start);
    cr_assert_eq(draft.spans[i].end_tick, end, "span %u ends at %d, not %d", i,
                 draft.spans[i].end_tick, end);
    cr_assert_eq(draft.spans[i].anchor_tick, anchor, "span %u has anchor %d, not %d", i,
                 draft.spans[i].anchor_tick, anchor);
}

Test(opening, weekly_on_its_weekdays_and_dates) {
    struct fasti_opening o = hours(FASTI_OPENING_WEEKLY, MINUTES(9, 0), MINUTES(12, 30));
    o.weekdays = 1 << 0 | 1 << 4; /* Monday, Friday */
    o.date_first = date_of(2026, 5, 4);
    o.date_last = date_of(2026, 5, 15);
    const bool expected[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};
    for (int32_t i = 0; i < 18; i++) { /* from Friday 1 May */
        expand(&o, 1, &berlin, 5, (fasti_date){date_of(2026, 5, 1).v + i});
        cr_assert_eq(draft.count, expected[i], "1 May + %d", i);
        if (draft.count == 1)
            span_expect(0, 108, 150, 108);
    }
}

Test(opening, exceptions_both_ways) {
    struct fasti_opening o[3] = {hours(FASTI_OPENING_WEEKLY, MINUTES(9, 0), MINUTES(17, 0)),
                                 hours(FASTI_OPENING_CLOSED, MINUTES(11, 5), MINUTES(13, 0)),
                                 hours(FASTI_OPENING_DATED, MINUTES(12, 0), MINUTES(12, 30))};
    const fasti_date date = date_of(2026, 5, 6);
    o[0].weekdays = 1 << 2;
    o[1].date_first = o[1].date_last = o[2].date_first = o[2].date_last = date;
    expand(o, 3, &berlin, 5, date);
    cr_assert_eq(draft.count, 3);
    span_expect(0, 108, 133, 108); /* 09:00 to 11:05 */
    span_expect(1, 144, 150, 144); /* the date opens inside the closure */
    span_expect(2, 156, 204, 108); /* 13:00 to 17:00 on the grid of 09:00 */
    expand(o, 3, &berlin, 5, (fasti_date){date.v + 7});
    cr_assert_eq(draft.count, 1);
    span_expect(0, 108, 204, 108);
    o[1].start_minute = 0;
    o[1].end_minute = 1440;
    expand(o, 3, &berlin, 5, date);
    cr_assert_eq(draft.count, 1, "closed all day, but for the date's own hours");
    span_expect(0, 144, 150, 144);
}

Test(opening, a_closure_of_all_cuts_dated_openings_and_instants) {
    const fasti_date date = date_of(2026, 5, 6);
    const int64_t noon = date.v * FASTI_DAY_SECONDS + 12 * 3600;
    struct fasti_opening o[4] = {hours(FASTI_OPENING_WEEKLY, MINUTES(9, 0), MINUTES(10, 0)),
                                 hours(FASTI_OPENING_DATED, MINUTES(9, 0), MINUTES(11, 0)),
                                 instants(noon, noon + 14 * 3600), /* until 02:00 of the next day */
                                 hours(FASTI_OPENING_CLOSED, MINUTES(0, 0), 1440)};
    struct fasti_detail detail;
    o[1].date_first = o[1].date_last = o[3].date_first = o[3].date_last = date;
    expand(o, 4, &utc, 5, date);
    cr_assert_eq(draft.count, 2, "weekly hours alone are closed");
    o[3].flags = FASTI_OPENING_ALL;
    cr_assert_eq(fasti_opening_check(&o[3], 5, &detail), FASTI_OK);
    expand(o, 4, &utc, 5, date);
    cr_assert_eq(draft.count, 0);
    expand(o, 4, &utc, 5, (fasti_date){date.v + 1});
    cr_assert_eq(draft.count, 2, "the next day keeps its hours and the rest of the instant");
    o[3].date_first = o[3].date_last = (fasti_date){date.v + 1};
    o[2].flags = FASTI_OPENING_SINGLE;
    expand(o, 4, &utc, 5, date);
    cr_assert_eq(draft.count, 2, "a single one that the next day's closure touches is gone");
    o[0].flags = FASTI_OPENING_ALL;
    cr_assert_eq(fasti_opening_check(&o[0], 5, &detail), FASTI_INVALID_OPENING);
}

Test(opening, adjacent_and_overlapping_do_not_merge) {
    struct fasti_opening o[3] = {hours(FASTI_OPENING_WEEKLY, MINUTES(10, 0), MINUTES(11, 0)),
                                 hours(FASTI_OPENING_WEEKLY, MINUTES(9, 0), MINUTES(10, 0)),
                                 hours(FASTI_OPENING_WEEKLY, MINUTES(9, 40), MINUTES(10, 20))};
    expand(o, 3, &utc, 5, date_of(2026, 5, 6));
    cr_assert_eq(draft.count, 3);
    span_expect(0, 108, 120, 108);
    span_expect(1, 116, 124, 116);
    span_expect(2, 120, 132, 120);
}

Test(opening, a_single_opening_that_a_closure_touches_is_gone) {
    struct fasti_opening o[2] = {hours(FASTI_OPENING_WEEKLY, MINUTES(9, 0), MINUTES(10, 0)),
                                 hours(FASTI_OPENING_CLOSED, MINUTES(9, 55), MINUTES(11, 0))};
    expand(o, 2, &utc, 5, date_of(2026, 5, 6));
    cr_assert_eq(draft.count, 1);
    o[0].flags = FASTI_OPENING_SINGLE;
    expand(o, 2, &utc, 5, date_of(2026, 5, 6));
    cr_assert_eq(draft.count, 0);
}

Test(opening, nine_minute_clinic_at_one_minute) {
    const struct fasti_opening o = hours(FASTI_OPENING_WEEKLY, MINUTES(9, 1), MINUTES(10, 0));
    const struct fasti_plan_key key = {.duration_ticks = 9, .grid_ticks = 9};
    _Alignas(8) char scratch[FASTI_PLAN_SCRATCH_BYTES];
    struct fasti_plan *plan = (struct fasti_plan *)scratch;
    expand(&o, 1, &berlin, 1, date_of(2026, 5, 6));
    cr_assert_eq(fasti_plan_compute(draft.spans, draft.count, NULL, &key, plan), FASTI_OK);
    cr_assert_eq(plan->group_count, 1);
    for (uint32_t tick = 0; tick < FASTI_TICKS_MAX; tick++) {
        const bool expected = tick >= 541 && tick + 9 <= 600 && (tick - 541) % 9 == 0;
        cr_assert_eq(plan->groups[0].starts[tick / 64] >> (tick % 64) & 1, expected);
    }
}

Test(opening, berlin_gap) { /* 2026-03-29: 02:00 becomes 03:00; 23 hours */
    const fasti_date date = date_of(2026, 3, 29);
    struct fasti_opening o = hours(FASTI_OPENING_WEEKLY, MINUTES(1, 0), MINUTES(4, 0));
    expand(&o, 1, &berlin, 5, date);
    span_expect(0, 12, 36, 12); /* two elapsed hours */
    o = hours(FASTI_OPENING_WEEKLY, MINUTES(2, 30), MINUTES(3, 30));
    expand(&o, 1, &berlin, 5, date);
    span_expect(0, 24, 30, 24); /* from the first instant after the gap */
    o = hours(FASTI_OPENING_WEEKLY, MINUTES(2, 0), MINUTES(2, 45));
    expand(&o, 1, &berlin, 5, date);
    cr_assert_eq(draft.count, 0, "wholly in the gap");
    o = hours(FASTI_OPENING_WEEKLY, MINUTES(0, 0), MINUTES(24, 0));
    expand(&o, 1, &berlin, 5, date);
    span_expect(0, 0, 23 * 12, 0);
    o = hours(FASTI_OPENING_WEEKLY, MINUTES(9, 0), MINUTES(17, 0));
    expand(&o, 1, &berlin, 15, date);
    span_expect(0, 8 * 4, 16 * 4, 8 * 4);
}

Test(opening, berlin_fold) { /* 2026-10-25: 03:00 becomes 02:00; 25 hours */
    const fasti_date date = date_of(2026, 10, 25);
    struct fasti_opening o = hours(FASTI_OPENING_WEEKLY, MINUTES(1, 0), MINUTES(4, 0));
    expand(&o, 1, &berlin, 5, date);
    span_expect(0, 12, 60, 12); /* four elapsed hours */
    o = hours(FASTI_OPENING_WEEKLY, MINUTES(2, 0), MINUTES(2, 30));
    expand(&o, 1, &berlin, 5, date);
    cr_assert_eq(draft.count, 1);
    span_expect(0, 24, 30, 24); /* the first of the two */
    o = hours(FASTI_OPENING_WEEKLY, MINUTES(2, 30), MINUTES(3, 0));
    expand(&o, 1, &berlin, 5, date);
    span_expect(0, 30, 48, 30); /* to the only 03:00 */
    o = hours(FASTI_OPENING_WEEKLY, MINUTES(0, 0), MINUTES(24, 0));
    expand(&o, 1, &berlin, 1, date);
    span_expect(0, 0, 1500, 0);
}

Test(opening, instants_across_midnight) {
    /* 22:00 on 5 May to 03:00 on 6 May, Berlin (UTC+2) */
    const int64_t midnight = date_of(2026, 5, 5).v * FASTI_DAY_SECONDS;
    struct fasti_opening o = instants(midnight + 20 * 3600, midnight + 25 * 3600);
    expand(&o, 1, &berlin, 5, date_of(2026, 5, 5));
    span_expect(0, 264, 288, 264);
    cr_assert_eq(draft.spans[0].flags, 0);
    cr_assert_eq(draft.spans[0].over_ticks, 36);
    expand(&o, 1, &berlin, 5, date_of(2026, 5, 6));
    span_expect(0, 0, 36, -24);
    expand(&o, 1, &berlin, 5, date_of(2026, 5, 7));
    cr_assert_eq(draft.count, 0);
    expand(&o, 1, &berlin, 5, date_of(2026, 5, 4));
    cr_assert_eq(draft.count, 0);
    o.flags = FASTI_OPENING_SINGLE; /* it starts on the 5th and takes all of it */
    expand(&o, 1, &berlin, 5, date_of(2026, 5, 5));
    cr_assert_eq(draft.spans[0].flags, FASTI_OPENING_SINGLE);
    cr_assert_eq(draft.spans[0].over_ticks, 36);
    expand(&o, 1, &berlin, 5, date_of(2026, 5, 6));
    cr_assert_eq(draft.spans[0].flags, FASTI_OPENING_SINGLE | FASTI_OPENING_FULL);
}

Test(opening, hours_go_on_over_midnight) {
    const fasti_date fifth = date_of(2026, 5, 5), sixth = date_of(2026, 5, 6);
    struct fasti_opening o[2] = {hours(FASTI_OPENING_WEEKLY, MINUTES(22, 0), MINUTES(26, 0)),
                                 hours(FASTI_OPENING_CLOSED, MINUTES(1, 0), MINUTES(3, 0))};
    o[0].date_first = o[0].date_last = fifth;
    expand(o, 1, &berlin, 5, fifth);
    cr_assert_eq(draft.count, 1);
    span_expect(0, 264, 288, 264);
    cr_assert_eq(draft.spans[0].over_ticks, 24);
    expand(o, 1, &berlin, 5, sixth);
    cr_assert_eq(draft.count, 1);
    span_expect(0, 0, 24, -24);
    cr_assert_eq(draft.spans[0].over_ticks, 0);
    /* Closed from one o'clock on: until then it goes on. */
    expand(o, 2, &berlin, 5, fifth);
    cr_assert_eq(draft.spans[0].over_ticks, 12);
    expand(o, 2, &berlin, 5, sixth);
    span_expect(0, 0, 12, -24);
    o[1].start_minute = MINUTES(23, 0); /* one that goes on itself */
    o[1].end_minute = MINUTES(24, 30);
    o[1].date_first = o[1].date_last = fifth;
    expand(o, 2, &berlin, 5, fifth);
    span_expect(0, 264, 276, 264);
    cr_assert_eq(draft.spans[0].over_ticks, 0);
    expand(o, 2, &berlin, 5, sixth);
    span_expect(0, 6, 24, -24);
    fasti_date next;
    cr_assert(fasti_openings_next_date(o, 1, &berlin, fifth, &next));
    cr_assert_eq(next.v, sixth.v);
    cr_assert_not(fasti_openings_next_date(o, 1, &berlin, sixth, &next));
}

Test(opening, instants_round_inwards) {
    const int64_t midnight = date_of(2026, 5, 5).v * FASTI_DAY_SECONDS;
    struct fasti_opening o = instants(midnight + 7 * 60, midnight + 59 * 60);
    expand(&o, 1, &utc, 15, date_of(2026, 5, 5));
    span_expect(0, 1, 3, 1); /* 00:15 to 00:45 */
    o = instants(midnight - 7 * 60, midnight + 61 * 60);
    expand(&o, 1, &utc, 15, date_of(2026, 5, 5));
    span_expect(0, 0, 4, 0);
    o = instants(midnight + 61 * 60, midnight + 74 * 60);
    expand(&o, 1, &utc, 15, date_of(2026, 5, 5));
    cr_assert_eq(draft.count, 0, "less than a tick");
}

Test(opening, a_skipped_date_is_closed) {
    struct fasti_zone zone = {.change_count = 2};
    const fasti_date date = date_of(2026, 6, 10);
    zone.changes[0] = (struct fasti_zone_change){0, -10 * 3600};
    zone.changes[1] = (struct fasti_zone_change){date.v * FASTI_DAY_SECONDS + 10 * 3600, 14 * 3600};
    cr_assert_eq(fasti_zone_check(&zone), FASTI_OK);
    const struct fasti_opening o[2] = {
        hours(FASTI_OPENING_WEEKLY, 0, 1440),
        instants(date.v * FASTI_DAY_SECONDS, (date.v + 1) * FASTI_DAY_SECONDS)};
    expand(o, 2, &zone, 5, date);
    cr_assert_eq(draft.count, 0);
    expand(o, 1, &zone, 5, (fasti_date){date.v + 1});
    span_expect(0, 0, 288, 0);
}

Test(opening, too_many_spans_is_a_limit) {
    static struct fasti_opening o[FASTI_OPENINGS_MAX];
    const fasti_date date = date_of(2026, 5, 6);
    for (uint16_t i = 0; i < FASTI_OPENINGS_MAX; i++)
        o[i] = hours(FASTI_OPENING_WEEKLY, i, (uint16_t)(i + 10));
    expand(o, FASTI_OPENINGS_MAX, &utc, 1, date);
    cr_assert_eq(draft.count, FASTI_OPENINGS_MAX, "every opening may lie on one day");
    /* A closure cuts those around it in two. */
    o[FASTI_OPENINGS_MAX - 1] = hours(FASTI_OPENING_CLOSED, 100, 101);
    cr_assert_eq(fasti_openings_expand(o, FASTI_OPENINGS_MAX, &utc, 1, date, &draft),
                 FASTI_LIMIT_RECORDS);
}

static enum fasti_status check(const struct fasti_opening *opening) {
    struct fasti_detail detail = {.text = ""};
    const enum fasti_status status = fasti_opening_check(opening, 5, &detail);
    cr_assert_eq(status == FASTI_OK, detail.text[0] == '\0', "a refusal has a sentence");
    return status;
}

#define REFUSED(status, field, value)                                 \
    do {                                                              \
        struct fasti_opening o = good;                                \
        o.field = value;                                              \
        cr_expect_eq(check(&o), FASTI_##status, #field " = " #value); \
    } while (0)

Test(opening, check_of_hours) {
    struct fasti_opening good = hours(FASTI_OPENING_WEEKLY, 540, 600);
    good.service_count = 2;
    good.services[0].v = 9;
    good.services[1].v = 3;
    cr_assert_eq(check(&good), FASTI_OK);
    REFUSED(INVALID_ID, id.length, 0);
    REFUSED(INVALID_ID, id.length, 65);
    REFUSED(INVALID_OPENING, kind, 0);
    REFUSED(INVALID_OPENING, kind, 5);
    REFUSED(INVALID_OPENING, weekdays, 0);
    REFUSED(INVALID_OPENING, weekdays, 128);
    REFUSED(INVALID_OPENING, flags, 4);
    REFUSED(INVALID_OPENING, service_count, 9);
    REFUSED(INVALID_REFERENCE, services[1].v, 0);
    REFUSED(INVALID_OPENING, services[1].v, 9);
    REFUSED(INVALID_OPENING, start_minute, 600);
    REFUSED(INVALID_OPENING, end_minute, 0);
    REFUSED(INVALID_TIME, start_minute, 1440);
    REFUSED(INVALID_OPENING, end_minute, 540 + 1441);
    REFUSED(INVALID_TIME, end_minute, 2881);
    REFUSED(INVALID_RESOLUTION, start_minute, 541);
    REFUSED(INVALID_RESOLUTION, end_minute, 601);
    REFUSED(INVALID_DATE, date_first.v, FASTI_DATE_FIRST - 1);
    REFUSED(INVALID_DATE, date_last.v, FASTI_DATE_LAST + 1);
    good.date_first.v = 20000;
    REFUSED(INVALID_OPENING, date_last.v, 19999);
    REFUSED(INVALID_OPENING, start_utc_s, 60);
    REFUSED(INVALID_OPENING, kind, FASTI_OPENING_CLOSED); /* it names services */
}

Test(opening, check_of_instants) {
    const int64_t start = 20000 * FASTI_DAY_SECONDS;
    const struct fasti_opening good = instants(start, start + 3600);
    cr_assert_eq(check(&good), FASTI_OK);
    REFUSED(INVALID_OPENING, weekdays, 1);
    REFUSED(INVALID_OPENING, start_minute, 5);
    REFUSED(INVALID_OPENING, date_last.v, 20000);
    REFUSED(INVALID_RESOLUTION, start_utc_s, start + 1);
    REFUSED(INVALID_RESOLUTION, end_utc_s, start + 61);
    REFUSED(INVALID_OPENING, end_utc_s, start);
    REFUSED(INVALID_DATE, start_utc_s, -60);
    REFUSED(INVALID_DATE, end_utc_s, INT64_MAX - 7);
    REFUSED(INVALID_DATE, start_utc_s, INT64_MIN);
}

Test(opening, next_date) {
    struct fasti_opening o[3] = {hours(FASTI_OPENING_WEEKLY, 540, 600),
                                 hours(FASTI_OPENING_CLOSED, 0, 1440),
                                 instants(date_of(2026, 6, 1).v * FASTI_DAY_SECONDS + 22 * 3600,
                                          date_of(2026, 6, 3).v * FASTI_DAY_SECONDS - 2 * 3600)};
    fasti_date date;
    o[0].weekdays = 1 << 1; /* Tuesdays, last on 12 May */
    o[0].date_first = date_of(2026, 5, 1);
    o[0].date_last = date_of(2026, 5, 15);
    const int32_t expected[] = {date_of(2026, 5, 5).v, date_of(2026, 5, 12).v,
                                date_of(2026, 6, 2).v};
    date.v = 0;
    for (int i = 0; i < 3; i++) {
        cr_assert(fasti_openings_next_date(o, 3, &berlin, date, &date));
        cr_assert_eq(date.v, expected[i]); /* 22:00 UTC is the next day's midnight in Berlin */
    }
    cr_assert_not(fasti_openings_next_date(o, 3, &berlin, date, &date));
    cr_assert_not(fasti_openings_next_date(o, 0, &berlin, (fasti_date){0}, &date));
    cr_assert_not(fasti_openings_next_date(o, 3, &berlin, (fasti_date){INT32_MAX}, &date));
    cr_assert(fasti_openings_next_date(o, 3, &berlin, (fasti_date){INT32_MIN}, &date));
}

static struct fasti_opening opening_random(struct fasti_prng *prng, uint32_t resolution,
                                           fasti_date date, bool has_nights) {
    const uint32_t ticks = 1440 / resolution;
    const uint32_t start = (uint32_t)fasti_prng_below(prng, ticks);
    const uint32_t room = has_nights && fasti_prng_below(prng, 2) == 0 ? ticks : ticks - start;
    const uint32_t end = start + 1 + (uint32_t)fasti_prng_below(prng, room);
    const enum fasti_opening_kind kind = (enum fasti_opening_kind)(1 + fasti_prng_below(prng, 4));
    struct fasti_opening o =
        hours(kind, (uint16_t)(start * resolution), (uint16_t)(end * resolution));
    if (kind == FASTI_OPENING_INSTANT) {
        const int64_t from =
            date.v * FASTI_DAY_SECONDS + 60 * ((int64_t)fasti_prng_below(prng, 3000) - 1500);
        o = instants(from, from + 60 * (1 + (int64_t)fasti_prng_below(prng, 2000)));
    } else {
        o.weekdays = (uint8_t)(1 + fasti_prng_below(prng, 127));
        o.date_first.v = date.v - (int32_t)fasti_prng_below(prng, 3) + 1;
        o.date_last.v = o.date_first.v + (int32_t)fasti_prng_below(prng, 4);
    }
    if (kind == FASTI_OPENING_CLOSED) {
        o.flags = fasti_prng_below(prng, 2) == 0 ? FASTI_OPENING_ALL : 0;
        return o;
    }
    o.flags = (uint8_t)(fasti_prng_below(prng, 4) == 0 ? fasti_prng_below(prng, 4) : 0);
    o.service_count = (uint8_t)(fasti_prng_below(prng, 2) * fasti_prng_below(prng, 3));
    for (uint32_t i = 0; i < o.service_count; i++)
        o.services[i].v = 2 - i;
    return o;
}

Test(opening, random_rules_against_the_model) {
    struct fasti_prng prng = fasti_test_prng("opening.random_rules_against_the_model");
    const uint32_t resolutions[] = {1, 5, 10, 15};
    const fasti_date days[] = {date_of(2026, 3, 29), date_of(2026, 10, 25), date_of(2026, 5, 6)};
    _Alignas(8) char scratch[FASTI_PLAN_SCRATCH_BYTES];
    struct fasti_plan *plan = (struct fasti_plan *)scratch;
    struct fasti_model_day *model = malloc(sizeof *model);
    struct fasti_zone odd = berlin; /* changes that no resolution but one minute divides */
    uint32_t open = 0;
    odd.changes[1].offset_s = 3600 + 7 * 60;
    for (int round = 0; round < 20000; round++) {
        struct fasti_opening openings[6];
        struct fasti_model_question q = {
            .openings = openings,
            .opening_count = 1 + (uint32_t)fasti_prng_below(&prng, 6),
            .zone = fasti_prng_below(&prng, 3) == 0 ? &odd : &berlin,
            .resolution_minutes = resolutions[fasti_prng_below(&prng, 4)],
            .date = {days[fasti_prng_below(&prng, 3)].v + (int32_t)fasti_prng_below(&prng, 2)},
            .service = {1 + (uint32_t)fasti_prng_below(&prng, 3)},
            .duration_ticks = 1 + (uint32_t)fasti_prng_below(&prng, 24),
            .grid_ticks = 1 + (uint32_t)fasti_prng_below(&prng, 12),
        };
        for (uint32_t i = 0; i < q.opening_count; i++)
            openings[i] = opening_random(&prng, q.resolution_minutes, q.date,
                                         q.zone == &berlin || q.resolution_minutes == 1);
        const struct fasti_plan_key key = {.service = q.service,
                                           .duration_ticks = (uint16_t)q.duration_ticks,
                                           .grid_ticks = (uint16_t)q.grid_ticks};
        char text[128];
        expand(openings, q.opening_count, q.zone, q.resolution_minutes, q.date);
        cr_assert_eq(fasti_plan_compute(draft.spans, draft.count, NULL, &key, plan), FASTI_OK);
        fasti_model_answer(&q, model);
        const char *difference = fasti_model_differs(&q, model, plan, text);
        cr_assert_null(difference, "round %d: %s", round, difference);
        open += model->is_open;
        fasti_date next;
        cr_assert(draft.count == 0 ||
                      (fasti_openings_next_date(openings, q.opening_count, q.zone,
                                                (fasti_date){q.date.v - 1}, &next) &&
                       next.v == q.date.v),
                  "next_date never skips an open day");
    }
    cr_assert_gt(open, 4000, "the test looks at open days");
    free(model);
}
