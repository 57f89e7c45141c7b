/*
 * test_bookings.c - bookings of several rows: all or nothing, every loser named, ended one by one.
 *
 *   practice      schedules "anna" (1), "raum" (2), "geraet" (3), "ben" (4), all open 08:00-12:00
 * and 13:00-17:00 from Monday to Friday, services "visit" (15 min) and "long" (40 min, grid 20)
 *   model         a bit a minute and schedule, taken or not; rows are tried in order
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

#define NOW       "2026-01-05T07:00:00Z"
#define SCHEDULES 4

static struct engine_world *world;

static struct fasti_answer run(const struct fasti_command *command) {
    return engine_world_run(world, 0, command);
}

static void schedule_add(const char *id) {
    struct fasti_command command = engine_schedule(1, id, 5, "visit", "long");
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_CREATED);
    const struct fasti_opening openings[2] = {
        engine_weekly("morning", 0x1f, "08:00", "12:00"),
        engine_weekly("afternoon", 0x1f, "13:00", "17:00"),
    };
    command = engine_put(FASTI_ENTITY_OPENINGS, 1, id);
    command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    command.body.put.body.openings.count = 2;
    command.body.put.body.openings.openings = openings;
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
}

static void setup(void) {
    world = engine_world_make(1, 2, NOW);
    engine_world_practice(world);
    schedule_add("raum");
    schedule_add("geraet");
    schedule_add("ben");
}

static void teardown(void) {
    cr_assert_not(fasti_engine_is_dead(world->engine));
    engine_world_free(world);
}

TestSuite(bookings, .init = setup, .fini = teardown);

/* ---- making bookings ---- */

static struct fasti_command begin(void) {
    return (struct fasti_command){.kind = FASTI_COMMAND_BOOK, .organization = {1}};
}

static void appointment(struct fasti_command *command, const char *patient) {
    struct fasti_book *book = &command->body.book;
    book->appointments[book->appointment_count++] = (struct fasti_book_appointment){
        .patient = patient, .patient_length = (uint8_t)strlen(patient)};
}

static struct fasti_book_item *row(struct fasti_command *command, uint32_t schedule,
                                   uint32_t service, const char *start) {
    struct fasti_book *book = &command->body.book;
    struct fasti_book_item *item = &book->items[book->item_count++];
    *item = (struct fasti_book_item){
        .schedule = {schedule},
        .service = {service},
        .start_utc_s = engine_utc_s(start),
        .appointment = (uint8_t)(book->appointment_count - 1),
    };
    return item;
}

static void or_row(struct fasti_command *command, uint32_t schedule, const char *start) {
    row(command, schedule, 1, start)->is_alternative = true;
}

static enum fasti_outcome book_one(uint32_t schedule, const char *start) {
    const struct fasti_command command = engine_book(schedule, 1, start, "p-1");
    return run(&command).outcome;
}

static struct fasti_answer show(uint64_t record) {
    struct fasti_command command = {.kind = FASTI_COMMAND_SHOW, .organization = {1}};
    command.body.show.v = record;
    return run(&command);
}

static uint16_t listed(enum fasti_list_by by, uint32_t schedule, const char *patient) {
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
    struct fasti_list_query *query = &command.body.list;
    *query = (struct fasti_list_query){.by = by,
                                       .schedule = {schedule},
                                       .patient_length = (uint8_t)strlen(patient),
                                       .include_blocks = true,
                                       .to_utc_s = INT64_MAX,
                                       .limit = FASTI_LIST_MAX};
    memcpy(query->patient, patient, strlen(patient));
    return run(&command).body.list->count;
}

/* The state after a kill is the state before it. */
static void restart(void) {
    engine_world_settle(world);
    const struct fasti_hash128 before = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), before));
}

/* ---- what one booking may be ---- */

Test(bookings, doctor_room_and_device_are_one_appointment) {
    struct fasti_command command = begin();
    appointment(&command, "p-7");
    row(&command, 1, 1, "2026-01-06T09:00:00+01:00");
    row(&command, 2, 1, "2026-01-06T09:00:00+01:00");
    row(&command, 3, 1, "2026-01-06T09:15:00+01:00");
    const struct fasti_answer booked = run(&command);
    cr_assert_eq(booked.outcome, FASTI_OUTCOME_BOOKED, "%s", booked.detail.text);
    cr_assert_eq(booked.body.book.appointment_count, 1);
    cr_assert_eq(book_one(1, "2026-01-06T09:00:00+01:00"), FASTI_OUTCOME_TAKEN);
    cr_assert_eq(book_one(2, "2026-01-06T09:00:00+01:00"), FASTI_OUTCOME_TAKEN);
    cr_assert_eq(book_one(3, "2026-01-06T09:15:00+01:00"), FASTI_OUTCOME_TAKEN);
    restart();
    const struct fasti_answer shown = show(booked.record.v);
    cr_assert_eq(shown.outcome, FASTI_OUTCOME_FOUND);
    cr_assert_eq(shown.body.show.view.item_count, 3);
    cr_assert_eq(shown.body.show.items[2].schedule.v, 3);
    cr_assert_eq(shown.body.show.items[2].start_utc_s, engine_utc_s("2026-01-06T09:15:00+01:00"));
    cr_assert_eq(show(booked.record.v + 1).outcome, FASTI_OUTCOME_NO_SUCH, "a part is no record");
    cr_assert_eq(listed(FASTI_LIST_BY_PATIENT, 0, "p-7"), 1);
    for (uint32_t schedule = 1; schedule <= 3; schedule++)
        cr_assert_eq(listed(FASTI_LIST_BY_SCHEDULE, schedule, ""), 1);
    const struct fasti_command part = engine_cancel(booked.record.v + 1);
    cr_assert_eq(run(&part).outcome, FASTI_OUTCOME_NO_SUCH);
    const struct fasti_command cancel = engine_cancel(booked.record.v);
    cr_assert_eq(run(&cancel).outcome, FASTI_OUTCOME_CANCELLED);
    restart();
    cr_assert_eq(book_one(1, "2026-01-06T09:00:00+01:00"), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(book_one(2, "2026-01-06T09:00:00+01:00"), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(book_one(3, "2026-01-06T09:15:00+01:00"), FASTI_OUTCOME_BOOKED);
}

Test(bookings, a_family_has_an_appointment_each) {
    struct fasti_command command = begin();
    appointment(&command, "mother");
    row(&command, 1, 1, "2026-01-06T09:00:00+01:00");
    appointment(&command, "child-1");
    row(&command, 1, 1, "2026-01-06T09:15:00+01:00");
    appointment(&command, "child-2");
    row(&command, 1, 2, "2026-01-06T10:00:00+01:00");
    const struct fasti_answer booked = run(&command);
    cr_assert_eq(booked.outcome, FASTI_OUTCOME_BOOKED);
    cr_assert_eq(booked.body.book.appointment_count, 3);
    const uint64_t second = booked.record.v + booked.body.book.offsets[1];
    cr_assert(memcmp(show(second).body.show.view.patient, "child-1", 7) == 0);
    const struct fasti_command cancel = engine_cancel(second);
    cr_assert_eq(run(&cancel).outcome, FASTI_OUTCOME_CANCELLED);
    restart();
    cr_assert_eq(book_one(1, "2026-01-06T09:00:00+01:00"), FASTI_OUTCOME_TAKEN);
    cr_assert_eq(book_one(1, "2026-01-06T09:15:00+01:00"), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(listed(FASTI_LIST_BY_PATIENT, 0, "mother"), 1);
    cr_assert_eq(listed(FASTI_LIST_BY_SCHEDULE, 1, ""), 3);
}

Test(bookings, a_refusal_names_every_loser_and_takes_nothing) {
    cr_assert_eq(book_one(2, "2026-01-06T09:00:00+01:00"), FASTI_OUTCOME_BOOKED);
    const struct fasti_hash128 before = engine_world_digest(world);
    struct fasti_command command = begin();
    appointment(&command, "p-1");
    row(&command, 1, 1, "2026-01-06T09:00:00+01:00");
    row(&command, 2, 1, "2026-01-06T09:00:00+01:00"); /* taken */
    row(&command, 3, 1, "2026-01-06T12:15:00+01:00"); /* closed */
    row(&command, 9, 1, "2026-01-06T09:00:00+01:00"); /* no such schedule */
    row(&command, 1, 9, "2026-01-06T09:00:00+01:00"); /* no such service */
    row(&command, 1, 2, "2026-01-06T10:10:00+01:00"); /* off the grid */
    row(&command, 1, 1, "2026-01-06T09:10:00+01:00"); /* taken by the first row */
    const struct fasti_answer refused = run(&command);
    static const enum fasti_outcome expected[] = {
        FASTI_OUTCOME_BOOKED,   FASTI_OUTCOME_TAKEN,       FASTI_OUTCOME_CLOSED,
        FASTI_OUTCOME_NO_SUCH,  FASTI_OUTCOME_NOT_OFFERED, FASTI_OUTCOME_OFF_GRID,
        FASTI_OUTCOME_OFF_GRID,
    };
    cr_assert_eq(refused.status, FASTI_OK, "%s", refused.detail.text);
    cr_assert_eq(refused.outcome, FASTI_OUTCOME_TAKEN, "the first one that is lost");
    cr_assert_eq(refused.record.v, 0);
    cr_assert_eq(refused.body.book.appointment_count, 0);
    for (uint32_t i = 0; i < 7; i++)
        cr_assert_eq(refused.body.book.outcomes[i], expected[i], "row %u: %s", i,
                     fasti_outcome_name((enum fasti_outcome)refused.body.book.outcomes[i]));
    cr_assert(fasti_hash128_equal(engine_world_digest(world), before));
    cr_assert_eq(book_one(1, "2026-01-06T09:00:00+01:00"), FASTI_OUTCOME_BOOKED,
                 "nothing was taken");
}

Test(bookings, rows_of_one_booking_never_get_one_time) {
    struct fasti_command command = begin();
    appointment(&command, "p-1");
    row(&command, 1, 1, "2026-01-06T09:00:00+01:00");
    appointment(&command, "p-2");
    row(&command, 1, 1, "2026-01-06T09:00:00+01:00");
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_TAKEN);
    command.body.book.items[1].start_utc_s += 900;
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_BOOKED);
}

Test(bookings, the_first_free_of_several_lanes) {
    cr_assert_eq(book_one(1, "2026-01-06T09:00:00+01:00"), FASTI_OUTCOME_BOOKED);
    struct fasti_command command = begin();
    appointment(&command, "p-1");
    row(&command, 1, 1, "2026-01-06T09:00:00+01:00");
    or_row(&command, 2, "2026-01-06T09:00:00+01:00");
    or_row(&command, 3, "2026-01-06T09:00:00+01:00");
    const struct fasti_answer first = run(&command);
    cr_assert_eq(first.outcome, FASTI_OUTCOME_BOOKED);
    cr_assert_eq(first.body.book.outcomes[0], FASTI_OUTCOME_TAKEN);
    cr_assert_eq(first.body.book.outcomes[1], FASTI_OUTCOME_BOOKED);
    cr_assert_eq(first.body.book.outcomes[2], FASTI_OUTCOME_NONE);
    cr_assert_eq(show(first.record.v).body.show.view.schedule.v, 2);
    cr_assert_eq(show(run(&command).record.v).body.show.view.schedule.v, 3);
    const struct fasti_answer none = run(&command);
    cr_assert_eq(none.outcome, FASTI_OUTCOME_TAKEN);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(none.body.book.outcomes[i], FASTI_OUTCOME_TAKEN);
    restart();
}

/* A block is no visit, however long. */
Test(bookings, fair_takes_the_schedule_with_the_fewest_visits) {
    cr_assert_eq(book_one(1, "2026-01-06T08:00:00+01:00"), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(book_one(1, "2026-01-06T08:15:00+01:00"), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(book_one(2, "2026-01-06T08:00:00+01:00"), FASTI_OUTCOME_BOOKED);
    struct fasti_command command =
        engine_block(3, "2026-01-06T08:00:00+01:00", "2026-01-06T09:30:00+01:00");
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_BLOCKED);
    command = begin();
    command.body.book.is_fair = true;
    appointment(&command, "p-1");
    row(&command, 1, 1, "2026-01-06T10:00:00+01:00");
    or_row(&command, 2, "2026-01-06T10:00:00+01:00");
    or_row(&command, 3, "2026-01-06T10:00:00+01:00");
    static const uint32_t expected[] = {3, 2, 1};
    for (uint32_t i = 0; i < 3; i++) {
        const struct fasti_answer answer = run(&command);
        cr_assert_eq(answer.outcome, FASTI_OUTCOME_BOOKED);
        cr_assert_eq(show(answer.record.v).body.show.view.schedule.v, expected[i], "the %u-th", i);
    }
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_TAKEN);
}

Test(bookings, shapes_that_mean_nothing_are_refused) {
    struct fasti_command command = begin();
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE, "no rows");
    appointment(&command, "p-1");
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE, "an appointment without rows");
    row(&command, 1, 1, "2026-01-06T09:00:00+01:00")->is_alternative = true;
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE, "an alternative to nothing");
    command.body.book.items[0].is_alternative = false;
    command.body.book.items[0].appointment = 1;
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE, "of no appointment");
    command.body.book.items[0].appointment = 0;
    command.body.book.item_count = FASTI_ITEMS_MAX + 1;
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE, "too many");
    command.body.book.item_count = 1;
    command.body.book.appointment_count = 2;
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE, "the second has no rows");
    command.body.book.appointment_count = 1;
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_BOOKED);
}

Test(bookings, as_many_rows_as_there_may_be) {
    struct fasti_command command = begin();
    char patients[FASTI_ITEMS_MAX][8];
    for (uint32_t i = 0; i < FASTI_ITEMS_MAX; i++) {
        char start[40];
        snprintf(patients[i], sizeof patients[i], "p-%u", i);
        /* Four schedules, 16 quarter hours of the morning. */
        snprintf(start, sizeof start, "2026-01-06T%02u:%02u:00+01:00", 8 + i / 4 % 16 / 4,
                 i / 4 % 4 * 15);
        appointment(&command, patients[i]);
        row(&command, 1 + i % 4, 1, start);
    }
    const struct fasti_answer booked = run(&command);
    cr_assert_eq(booked.outcome, FASTI_OUTCOME_BOOKED, "%s", booked.detail.text);
    cr_assert_eq(booked.body.book.appointment_count, FASTI_ITEMS_MAX);
    restart();
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_TAKEN);
    for (uint32_t i = 0; i < FASTI_ITEMS_MAX; i++) {
        const struct fasti_command cancel =
            engine_cancel(booked.record.v + booked.body.book.offsets[i]);
        cr_assert_eq(run(&cancel).outcome, FASTI_OUTCOME_CANCELLED);
    }
    restart();
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_BOOKED);
}

Test(bookings, a_block_may_lie_over_several_days) {
    cr_assert_eq(book_one(1, "2026-01-09T09:00:00+01:00"), FASTI_OUTCOME_BOOKED);
    struct fasti_command command =
        engine_block(1, "2026-01-06T10:00:00+01:00", "2026-01-10T00:00:00+01:00");
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_TAKEN);
    cr_assert_eq(book_one(1, "2026-01-06T11:00:00+01:00"), FASTI_OUTCOME_BOOKED, "nothing taken");
    command = engine_block(1, "2026-01-07T10:00:00+01:00", "2026-01-09T08:30:00+01:00");
    const struct fasti_answer blocked = run(&command);
    cr_assert_eq(blocked.outcome, FASTI_OUTCOME_BLOCKED);
    cr_assert_eq(book_one(1, "2026-01-07T09:45:00+01:00"), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(book_one(1, "2026-01-07T10:00:00+01:00"), FASTI_OUTCOME_TAKEN);
    cr_assert_eq(book_one(1, "2026-01-08T15:00:00+01:00"), FASTI_OUTCOME_TAKEN);
    cr_assert_eq(book_one(1, "2026-01-09T08:15:00+01:00"), FASTI_OUTCOME_TAKEN);
    cr_assert_eq(book_one(1, "2026-01-09T08:30:00+01:00"), FASTI_OUTCOME_BOOKED);
    restart();
    cr_assert_eq(show(blocked.record.v).body.show.view.item_count, 3);
    const struct fasti_command unblock = engine_unblock(blocked.record.v);
    cr_assert_eq(run(&unblock).outcome, FASTI_OUTCOME_UNBLOCKED);
    cr_assert_eq(book_one(1, "2026-01-08T15:00:00+01:00"), FASTI_OUTCOME_BOOKED);
    restart();
}

/* Two nights of the change of clocks: days of 23 and 25 hours. */
Test(bookings, blocks_around_the_change_of_clocks) {
    static const char *const spans[][2] = {
        {"2026-03-28T22:00:00+01:00", "2026-03-30T06:00:00+02:00"},
        {"2026-10-24T22:00:00+02:00", "2026-10-26T06:00:00+01:00"},
    };
    for (int i = 0; i < 2; i++) {
        const struct fasti_command block = engine_block(1, spans[i][0], spans[i][1]);
        const struct fasti_answer blocked = run(&block);
        cr_assert_eq(blocked.outcome, FASTI_OUTCOME_BLOCKED, "%s", blocked.detail.text);
        const struct fasti_answer shown = show(blocked.record.v);
        cr_assert_eq(shown.body.show.view.item_count, 3);
        cr_assert_eq(shown.body.show.items[1].duration_minutes, i == 0 ? 23 * 60 : 25 * 60);
        cr_assert_eq(run(&block).outcome, FASTI_OUTCOME_TAKEN);
        restart();
        const struct fasti_command unblock = engine_unblock(blocked.record.v);
        cr_assert_eq(run(&unblock).outcome, FASTI_OUTCOME_UNBLOCKED);
    }
}

/* ---- random bookings against a model ---- */

#define MODEL_DAYS    4
#define MODEL_RECORDS 4096

struct modelled {
    uint64_t record;
    uint32_t item_count;
    struct {
        uint32_t schedule, minute, minutes;
    } items[FASTI_ITEMS_MAX];
};

/* Minutes since Tuesday 2026-01-06 00:00 in Berlin. */
static bool taken[SCHEDULES + 1][MODEL_DAYS * 1440];
static struct modelled modelled[MODEL_RECORDS];
static uint32_t modelled_count;
static struct fasti_prng prng;

static uint32_t below(uint64_t bound) {
    return (uint32_t)fasti_prng_below(&prng, bound);
}

static bool is_free(uint32_t schedule, uint32_t minute, uint32_t minutes) {
    for (uint32_t m = minute; m < minute + minutes; m++)
        if (taken[schedule][m])
            return false;
    return true;
}

static void mark(uint32_t schedule, uint32_t minute, uint32_t minutes, bool value) {
    for (uint32_t m = minute; m < minute + minutes; m++)
        taken[schedule][m] = value;
}

static bool is_open(uint32_t minute, uint32_t minutes) {
    const uint32_t of_day = minute % 1440;
    return (of_day >= 480 && of_day + minutes <= 720) ||
           (of_day >= 780 && of_day + minutes <= 1020);
}

/* What becomes of a row as things stand. */
static enum fasti_outcome expected_of(uint32_t schedule, uint32_t service, uint32_t minute) {
    const uint32_t minutes = service == 1 ? 15 : 40, grid = service == 1 ? 15 : 20;
    const uint32_t of_day = minute % 1440;
    if (!is_open(minute, minutes))
        return FASTI_OUTCOME_CLOSED;
    if ((of_day - (of_day < 720 ? 480 : 780)) % grid != 0)
        return FASTI_OUTCOME_OFF_GRID;
    return is_free(schedule, minute, minutes) ? FASTI_OUTCOME_BOOKED : FASTI_OUTCOME_TAKEN;
}

static void rows_random(struct fasti_command *command, uint32_t *minutes_at) {
    struct fasti_book *book = &command->body.book;
    const int64_t base_s = engine_utc_s("2026-01-06T00:00:00+01:00");
    const uint32_t appointments = 1 + below(below(8) == 0 ? 12 : 3);
    for (uint32_t a = 0; a < appointments; a++) {
        appointment(command, "p-1");
        const uint32_t rows = 1 + below(3);
        for (uint32_t i = 0; i < rows; i++) {
            struct fasti_book_item *item =
                row(command, 1 + below(SCHEDULES), 1 + below(2), "2026-01-06T00:00:00+01:00");
            const uint32_t minute =
                below(MODEL_DAYS) * 1440 + 475 + below(115) * 5; /* around the opening hours */
            minutes_at[book->item_count - 1] = minute;
            item->start_utc_s = base_s + minute * INT64_C(60);
            item->is_alternative = i > 0 && below(3) == 0;
        }
    }
}

/* Books and compares every row with the model; the model follows. */
static void book_random(void) {
    struct fasti_command command = begin();
    const struct fasti_book *book = &command.body.book;
    uint32_t minutes_at[FASTI_ITEMS_MAX];
    rows_random(&command, minutes_at);
    const struct fasti_answer answer = engine_world_run(world, below(2), &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    struct {
        uint32_t schedule, minute, minutes, appointment;
    } won[FASTI_ITEMS_MAX];
    uint32_t won_count = 0;
    bool is_lost = false, is_served = false;
    for (uint32_t i = 0; i < book->item_count; i++) {
        const struct fasti_book_item *item = &book->items[i];
        enum fasti_outcome expected = FASTI_OUTCOME_NONE;
        if (!item->is_alternative) {
            is_lost = is_lost || (i > 0 && !is_served);
            is_served = false;
        }
        if (!is_served) {
            expected = expected_of(item->schedule.v, item->service.v, minutes_at[i]);
            is_served = expected == FASTI_OUTCOME_BOOKED;
        }
        if (expected == FASTI_OUTCOME_BOOKED) {
            const uint32_t minutes = item->service.v == 1 ? 15 : 40;
            mark(item->schedule.v, minutes_at[i], minutes, true);
            won[won_count].schedule = item->schedule.v;
            won[won_count].minute = minutes_at[i];
            won[won_count].minutes = minutes;
            won[won_count++].appointment = item->appointment;
        }
        cr_assert_eq(answer.body.book.outcomes[i], expected, "row %u of %u: %s, not %s", i,
                     book->item_count,
                     fasti_outcome_name((enum fasti_outcome)answer.body.book.outcomes[i]),
                     fasti_outcome_name(expected));
    }
    is_lost = is_lost || !is_served;
    cr_assert_eq(answer.outcome == FASTI_OUTCOME_BOOKED, !is_lost);
    for (uint32_t w = 0; w < won_count; w++) {
        if (is_lost) {
            mark(won[w].schedule, won[w].minute, won[w].minutes, false);
            continue;
        }
        if (w == 0 || won[w].appointment != won[w - 1].appointment) {
            struct modelled *m = &modelled[modelled_count++];
            cr_assert_leq(modelled_count, MODEL_RECORDS);
            *m = (struct modelled){.record = answer.record.v +
                                             answer.body.book.offsets[won[w].appointment]};
        }
        struct modelled *m = &modelled[modelled_count - 1];
        m->items[m->item_count].schedule = won[w].schedule;
        m->items[m->item_count].minute = won[w].minute;
        m->items[m->item_count++].minutes = won[w].minutes;
    }
}

static void cancel_random(void) {
    if (modelled_count == 0)
        return;
    const uint32_t at = below(modelled_count);
    const struct fasti_command cancel = engine_cancel(modelled[at].record);
    cr_assert_eq(engine_world_run(world, below(2), &cancel).outcome, FASTI_OUTCOME_CANCELLED);
    for (uint32_t i = 0; i < modelled[at].item_count; i++)
        mark(modelled[at].items[i].schedule, modelled[at].items[i].minute,
             modelled[at].items[i].minutes, false);
    modelled[at] = modelled[--modelled_count];
}

/* What availability offers is what the model has free. */
static void offers_compare(void) {
    for (uint32_t schedule = 1; schedule <= SCHEDULES; schedule++) {
        const struct fasti_command command =
            engine_availability(schedule, 1, "2026-01-06", MODEL_DAYS);
        const struct fasti_answer answer = run(&command);
        uint32_t expected = 0;
        for (uint32_t minute = 0; minute < MODEL_DAYS * 1440; minute += 5)
            expected += expected_of(schedule, 1, minute) == FASTI_OUTCOME_BOOKED;
        /* Friday is the fourth day: all four are working days. */
        cr_assert_eq(answer.body.availability->total, expected, "schedule %u", schedule);
    }
}

Test(bookings, random_bookings_and_cancels_are_as_in_the_model) {
    prng = fasti_test_prng("bookings.random");
    memset(taken, 0, sizeof taken);
    modelled_count = 0;
    for (int i = 0; i < 3000; i++) {
        if (below(3) == 0)
            cancel_random();
        else
            book_random();
        if (i % 250 == 249) {
            offers_compare();
            restart();
        }
    }
}
