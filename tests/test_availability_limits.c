/*
 * test_availability_limits.c - where an agenda page ends: rows that hide nothing, the first start
 * after an empty window, and questions and answers that would be too large.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

/* Monday 2026-01-05, 08:00 in Berlin. */
#define NOW    "2026-01-05T07:00:00Z"
#define MONDAY 20458

static struct engine_world *world;

static void setup(void) {
    world = engine_world_make(4, 2, NOW);
    engine_world_practice(world);
}

static void teardown(void) {
    engine_world_free(world);
}

TestSuite(availability_limits, .init = setup, .fini = teardown);

static struct fasti_answer run(struct fasti_command command) {
    return engine_world_run(world, 0, &command);
}

static void must(struct fasti_command command) {
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s", fasti_outcome_name(answer.outcome));
}

static void schedule_put(uint32_t organization, const char *id, uint8_t resolution,
                         const char *service) {
    struct fasti_command command = engine_put(FASTI_ENTITY_SCHEDULE, organization, id);
    command.body.put.body.schedule.location = engine_id("haus");
    command.body.put.body.schedule.resolution_minutes = resolution;
    command.body.put.body.schedule.service_count = 1;
    command.body.put.body.schedule.services[0] = engine_id(service);
    must(command);
}

static void opening_put(uint32_t organization, const char *id,
                        const struct fasti_opening *opening) {
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, organization, id);
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = opening;
    must(command);
}

/* Starts of a schedule as it is asked for alone, and as one of many. */
static void rows_equal(const struct fasti_availability_answer *many, uint32_t at,
                       const struct fasti_availability_answer *alone) {
    uint32_t from = 0;
    for (uint32_t i = 0; i < at; i++)
        from += many->totals[i];
    cr_assert_eq(many->totals[at], alone->totals[0]);
    cr_assert_eq(many->reasons[at], alone->reasons[0]);
    cr_assert_eq(many->next_slot_utc_s[at], alone->next_slot_utc_s[0]);
    cr_assert_eq(many->next_slot_offset_s[at], alone->next_slot_offset_s[0]);
    cr_assert_arr_eq(&many->counts[at * many->day_count], alone->counts,
                     alone->day_count * sizeof alone->counts[0]);
    cr_assert_arr_eq(&many->day_reasons[at * many->day_count], alone->day_reasons,
                     alone->day_count);
    cr_assert_arr_eq(many->starts + from, alone->starts, alone->total * sizeof alone->starts[0]);
    cr_assert_arr_eq(many->offsets_minutes + from, alone->offsets_minutes,
                     alone->total * sizeof alone->offsets_minutes[0]);
    cr_assert_arr_eq(many->lengths_minutes + from, alone->lengths_minutes,
                     alone->total * sizeof alone->lengths_minutes[0]);
}

/* A second organization with the same names; its schedule gets the id 2, "empty" 3, "late" 4. */
static void neighbours_make(void) {
    must(engine_put(FASTI_ENTITY_ORGANIZATION, 0, "other"));
    struct fasti_command command = engine_put(FASTI_ENTITY_LOCATION, 2, "haus");
    command.body.put.body.location.zone = engine_id("Europe/Berlin");
    must(command);
    command = engine_put(FASTI_ENTITY_SERVICE, 2, "visit");
    command.body.put.body.service.duration_minutes = 15;
    must(command);
    const struct fasti_opening opening = engine_weekly("o", 0x7f, "00:00", "24:00");
    schedule_put(2, "anna", 5, "visit");
    opening_put(2, "anna", &opening);
    schedule_put(1, "empty", 5, "visit");
    schedule_put(1, "late", 5, "visit");
    const struct fasti_opening late = engine_weekly("o", 0x20, "20:00", "22:00");
    opening_put(1, "late", &late);
}

/* Closed, unknown, another tenant's, not offering, asked twice: whatever stands beside it and in
 * whatever order, a schedule's rows are what they are alone. */
Test(availability_limits, nothing_hides_a_schedule) {
    static struct fasti_availability_answer alone[6];
    const uint32_t ids[6] = {1, 2, 3, 4, 99, UINT32_MAX};
    struct fasti_prng prng = fasti_test_prng("availability.order");
    neighbours_make();
    must(engine_book(1, 1, "2026-01-06T09:00:00+01:00", "p"));
    for (uint32_t i = 0; i < 6; i++)
        alone[i] = *run(engine_availability(ids[i], 1, "2026-01-05", 7)).body.availability;
    cr_assert_eq(alone[0].totals[0], 159);
    cr_assert_eq(alone[1].reasons[0], FASTI_REASON_UNKNOWN, "another organization's schedule");
    cr_assert_eq(alone[2].reasons[0], FASTI_REASON_CLOSED);
    cr_assert_eq(alone[3].totals[0], 8);
    cr_assert_eq(alone[4].reasons[0], FASTI_REASON_UNKNOWN);
    for (int round = 0; round < 200; round++) {
        struct fasti_command command = engine_availability(1, 1, "2026-01-05", 7);
        struct fasti_availability_query *query = &command.body.availability;
        uint32_t order[64];
        query->schedule_count = (uint16_t)(1 + fasti_prng_below(&prng, 64));
        for (uint32_t i = 0; i < query->schedule_count; i++) {
            order[i] = (uint32_t)fasti_prng_below(&prng, 6);
            query->schedules[i].v = ids[order[i]];
        }
        const struct fasti_answer answer = run(command);
        cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
        uint32_t total = 0;
        for (uint32_t i = 0; i < query->schedule_count; i++) {
            rows_equal(answer.body.availability, i, &alone[order[i]]);
            total += alone[order[i]].total;
        }
        cr_assert_eq(answer.body.availability->total, total);
    }
    /* Services of another tenant are not offered, and neither are ones that nobody has. */
    cr_assert_eq(run(engine_availability(1, 3, "2026-01-05", 7)).body.availability->reasons[0],
                 FASTI_REASON_NOT_OFFERED);
    cr_assert_eq(run(engine_availability(1, 77, "2026-01-05", 7)).body.availability->reasons[0],
                 FASTI_REASON_NOT_OFFERED);
}

/* ---- the first start after the window ---- */

static int64_t next_slot(uint32_t schedule, const char *first, uint16_t days) {
    const struct fasti_answer answer = run(engine_availability(schedule, 1, first, days));
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(answer.body.availability->total, 0);
    return answer.body.availability->next_slot_utc_s[0];
}

static void open_on(const char *schedule, int32_t date) {
    struct fasti_opening opening = engine_weekly("o", 0x7f, "09:00", "09:15");
    opening.kind = FASTI_OPENING_DATED;
    opening.date_first.v = opening.date_last.v = date;
    opening_put(1, schedule, &opening);
}

Test(availability_limits, the_first_start_after_an_empty_window) {
    neighbours_make();
    /* The window ends on 2026-01-11; one date at 1 to 402 days after it. */
    const int32_t last = MONDAY + 6;
    static const int32_t after[] = {1, 2, 20, 21, 31, 59, 100, 399, 400, 401, 402};
    for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
        open_on("empty", last + after[i]);
        const int64_t slot = next_slot(3, "2026-01-05", 7);
        if (after[i] > FASTI_NEXT_SLOT_DAYS_MAX) {
            cr_assert_eq(slot, 0, "beyond the search");
            continue;
        }
        /* 09:00 in Berlin, in winter or in summer. */
        const int64_t nine_s = (last + after[i]) * FASTI_DAY_SECONDS + 8 * 3600;
        cr_assert(slot == nine_s || slot == nine_s - 3600, "%d days after: %ld", after[i],
                  (long)slot);
        struct fasti_command book = engine_book(3, 1, NOW, "p");
        book.body.book.items[0].start_utc_s = slot;
        must(book);
        cr_assert_eq(next_slot(3, "2026-01-05", 7), 0, "it is taken, and was the only one");
    }
}

/* Three months of full days, two of closed ones: the next start lies behind all of them. */
Test(availability_limits, the_first_start_after_months_of_full_days) {
    neighbours_make();
    const struct fasti_opening opening = engine_weekly("o", 0x7f, "09:00", "09:15");
    opening_put(1, "empty", &opening);
    for (int32_t d = 0; d < 90; d++) {
        struct fasti_command block =
            engine_block(3, "2026-01-05T00:00:00+01:00", "2026-01-05T23:00:00+01:00");
        block.body.block.start_utc_s += d * FASTI_DAY_SECONDS;
        block.body.block.end_utc_s += d * FASTI_DAY_SECONDS;
        must(block);
    }
    const int64_t slot = engine_utc_s("2026-04-05T09:00:00+02:00"); /* 90 days after Monday */
    cr_assert_eq(next_slot(3, "2026-01-05", 1), slot);
    cr_assert_eq(next_slot(3, "2026-01-05", 60), slot);
    struct fasti_opening late = engine_weekly("o", 0x7f, "09:00", "09:15");
    late.date_first.v = MONDAY + 150;
    opening_put(1, "empty", &late);
    const int64_t june = engine_utc_s("2026-06-04T09:00:00+02:00");
    cr_assert_eq(next_slot(3, "2026-01-05", 60), june);
    const struct fasti_answer answer = run(engine_availability(3, 1, "2026-06-04", 1));
    cr_assert_eq(answer.body.availability->next_slot_utc_s[0], 0, "the window is not empty");
    cr_assert_eq(answer.body.availability->total, 1);
}

/* ---- how much may be asked ---- */

Test(availability_limits, questions_are_bounded) {
    struct fasti_command command = engine_availability(1, 1, "2026-01-05", 7);
    struct fasti_availability_query *query = &command.body.availability;
    query->schedule_count = FASTI_QUERY_SCHEDULES_MAX + 1;
    cr_assert_eq(run(command).status, FASTI_INVALID_RANGE);
    query->schedule_count = 1;
    query->day_count = 0;
    cr_assert_eq(run(command).status, FASTI_INVALID_RANGE);
    query->day_count = FASTI_QUERY_DAYS_MAX + 1;
    cr_assert_eq(run(command).status, FASTI_INVALID_RANGE);
    query->day_count = 60;
    query->schedule_count = 18; /* 1,080 cells: the last row stands on a second page */
    struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK);
    cr_assert_eq(answer.body.availability->row_count, 17);
    query->after = answer.body.availability->next;
    answer = run(command);
    cr_assert_eq(answer.body.availability->row_count, 1);
    cr_assert_eq(answer.body.availability->next, 0);
    query->after = 0;
    query->schedule_count = 17;
    cr_assert_eq(run(command).status, FASTI_OK);
    query->first.v = FASTI_DATE_FIRST - 1;
    cr_assert_eq(run(command).status, FASTI_INVALID_DATE);
    query->first.v = FASTI_DATE_LAST + 1;
    cr_assert_eq(run(command).status, FASTI_INVALID_DATE);
    query->first.v = FASTI_DATE_LAST - 58;
    const struct fasti_availability_answer *page = run(command).body.availability;
    cr_assert_eq(page->reasons[0], FASTI_REASON_FREE, "the days inside are answered");
    cr_assert_gt(page->counts[58], 0);
    cr_assert_eq(page->day_reasons[59], FASTI_REASON_OUTSIDE);
    query->first.v = FASTI_DATE_LAST - 59;
    query->schedule_count = 1;
    answer = run(command);
    cr_assert_eq(answer.body.availability->reasons[0], FASTI_REASON_FREE);
    cr_assert_gt(answer.body.availability->counts[59], 0, "the last day can be booked");
    query->first.v = FASTI_DATE_FIRST;
    cr_assert_eq(run(command).body.availability->reasons[0], FASTI_REASON_PAST);
}

/* 64 schedules x 16 days x 64 starts are as many as an answer holds; with one more the last row
 * stands on a page of its own. One row that no page holds is refused. */
Test(availability_limits, answers_are_bounded) {
    struct fasti_command command = engine_put(FASTI_ENTITY_SERVICE, 1, "dose");
    command.body.put.body.service.duration_minutes = 1;
    must(command);
    struct fasti_opening opening = engine_weekly("o", 0x7f, "10:00", "11:04");
    struct fasti_command ask = engine_availability(1, 3, "2026-01-06", 16);
    for (uint32_t i = 0; i < FASTI_QUERY_SCHEDULES_MAX; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%u", i);
        schedule_put(1, name, 1, "dose");
        opening_put(1, name, &opening);
        ask.body.availability.schedules[i].v = 2 + i;
    }
    ask.body.availability.schedule_count = FASTI_QUERY_SCHEDULES_MAX;
    struct fasti_answer answer = run(ask);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    const struct fasti_availability_answer *page = answer.body.availability;
    cr_assert_eq(page->total, FASTI_QUERY_STARTS_MAX);
    cr_assert_eq(page->base_utc_s + page->starts[FASTI_QUERY_STARTS_MAX - 1],
                 engine_utc_s("2026-01-21T11:03:00+01:00"));
    opening.end_minute++;
    opening_put(1, "n63", &opening);
    answer = run(ask);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(answer.body.availability->row_count, 63);
    cr_assert_eq(answer.body.availability->total, 63 * 16 * 64);
    ask.body.availability.after = answer.body.availability->next;
    answer = run(ask);
    cr_assert_eq(answer.body.availability->row_count, 1);
    cr_assert_eq(answer.body.availability->next, 0);
    cr_assert_eq(answer.body.availability->schedules[0].v, 65);
    cr_assert_eq(answer.body.availability->total, 16 * 65);
    ask.body.availability.after = 0;
    ask.body.availability.day_count = 15;
    answer = run(ask);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(answer.body.availability->total, 64 * 15 * 64 + 15);
    /* Open day and night: 60 days have more starts than a page. */
    const struct fasti_opening whole = engine_weekly("o", 0x7f, "00:00", "24:00");
    opening_put(1, "n0", &whole);
    ask = engine_availability(2, 3, "2026-01-06", 60);
    answer = run(ask);
    cr_assert_eq(answer.status, FASTI_LIMIT_MESSAGE);
    cr_assert(strstr(answer.detail.text, "fewer days") != NULL, "%s", answer.detail.text);
    ask.body.availability.day_count = 45;
    answer = run(ask);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(answer.body.availability->total, 45 * 1440);
}
