/*
 * opening_model.h - what opening rules mean, said again minute by minute.
 *
 * The oracle of test_opening and fuzz_openings: arrays of minutes and ticks and nothing clever; it
 * shares no code with engine/calendar. It believes zone.h about where a local day lies.
 */
#ifndef FASTI_TESTS_SUPPORT_OPENING_MODEL_H
#define FASTI_TESTS_SUPPORT_OPENING_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/calendar/opening.h"
#include "engine/calendar/pattern.h"
#include "engine/rules/rule.h"

struct fasti_model_question {
    const struct fasti_opening *openings;
    uint32_t opening_count;
    const struct fasti_zone *zone;
    uint32_t resolution_minutes;
    fasti_date date;
    fasti_service_id service;
    uint32_t duration_ticks, grid_ticks;
    uint32_t offset_ticks; /* of the grid */
};

struct fasti_model_start {
    uint32_t tick, length;
};

/* What an opening that offers the service leaves open without a hole. */
struct fasti_model_piece {
    uint32_t start, end; /* ticks of the day */
    uint32_t visit_end;  /* until where a visit that starts in it may last; of the next day, too */
    bool is_full, is_single;
};

struct fasti_model_day {
    bool is_open;
    bool normal[FASTI_TICKS_MAX]; /* a visit of the service's duration may start at this tick */
    uint32_t single_count;        /* starts of SINGLE openings, which have their own lengths */
    struct fasti_model_start singles[FASTI_OPENINGS_MAX];
    uint32_t piece_count;
    struct fasti_model_piece pieces[FASTI_SPANS_MAX];
};

void fasti_model_answer(const struct fasti_model_question *question, struct fasti_model_day *day);

/* Why no visit starts from this tick on, if nothing of it is free: CLOSED when there is no opening,
 * PAST when all starts or all openings lie before it, else FULL. */
enum fasti_rule_verdict fasti_model_why_none(const struct fasti_model_day *day, uint32_t tick);

/* NULL if the plan says the same as the model, else a sentence (in text) that says what differs. */
const char *fasti_model_differs(const struct fasti_model_question *question,
                                const struct fasti_model_day *day, const struct fasti_plan *plan,
                                char text[128]);

/* Europe/Berlin as it is in 2026: +01:00, +02:00 from 29 March, +01:00 from 25 October. */
void fasti_test_zone_berlin(struct fasti_zone *zone);
void fasti_test_zone_utc(struct fasti_zone *zone);

/* First minute of the day at which the wall clock shows this local time (seconds since 1970-01-01
 * 00:00 there), or a later one; day->minutes: none. */
int32_t fasti_model_reached(const struct fasti_zone *zone, const struct fasti_local_day *day,
                            int64_t wanted_s);

#endif
