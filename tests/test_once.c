/*
 * test_once.c - commands with a request id act once, whatever happens to their answers.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

#define NOW   "2026-01-05T07:00:00Z"
#define START "2026-01-06T09:00:00+01:00"

static struct engine_world *world;
static uint64_t next_id;

static void setup(void) {
    world = engine_world_make(1, 2, NOW);
    engine_world_practice(world);
    next_id = 1;
}

static void teardown(void) {
    cr_assert_not(fasti_engine_is_dead(world->engine));
    engine_world_free(world);
}

TestSuite(once, .init = setup, .fini = teardown);

static fasti_request_id id_at(int64_t ms) {
    next_id++;
    return fasti_request_id_make(ms, next_id, next_id * 4);
}

static struct fasti_command with_id(struct fasti_command command) {
    command.request = id_at(world->now_ms);
    return command;
}

static struct fasti_answer run(const struct fasti_command *command) {
    return engine_world_run(world, 0, command);
}

static void restart(void) {
    engine_world_settle(world);
    const struct fasti_hash128 before = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), before));
}

/* The same answer again, now and after a restart, from either worker; and nothing happens. */
static struct fasti_answer repeated(const struct fasti_command *command) {
    const struct fasti_answer first = run(command);
    cr_assert_eq(first.status, FASTI_OK, "%s", first.detail.text);
    cr_assert(fasti_outcome_is_done(first.outcome), "%s", fasti_outcome_name(first.outcome));
    engine_world_settle(world);
    const struct fasti_hash128 digest = engine_world_digest(world);
    for (uint32_t i = 0; i < 4; i++) {
        const struct fasti_answer again = engine_world_run(world, i % 2, command);
        cr_assert_eq(again.status, FASTI_OK, "%s", again.detail.text);
        cr_assert_eq(again.outcome, first.outcome, "%s", fasti_outcome_name(again.outcome));
        cr_assert_eq(again.record.v, first.record.v);
        cr_assert_eq(again.body.book.appointment_count, first.body.book.appointment_count);
        cr_assert_eq(again.body.book.expires_ms, first.body.book.expires_ms);
        cr_assert(again.body.book.token.low == first.body.book.token.low);
        for (uint32_t row = 0; row < first.body.book.item_count; row++)
            cr_assert_eq(again.body.book.outcomes[row], first.body.book.outcomes[row]);
        for (uint32_t a = 0; a < first.body.book.appointment_count; a++)
            cr_assert_eq(again.body.book.offsets[a], first.body.book.offsets[a]);
        cr_assert(fasti_hash128_equal(engine_world_digest(world), digest));
        if (i == 1)
            restart();
    }
    return first;
}

Test(once, every_command_acts_once) {
    struct fasti_command command = with_id(engine_book(1, 1, START, "p-1"));
    const uint64_t booked = repeated(&command).record.v;
    command = with_id((struct fasti_command){.kind = FASTI_COMMAND_MOVE, .organization = {1}});
    command.body.move.record.v = booked;
    command.body.move.book = engine_book(1, 1, "2026-01-06T10:00:00+01:00", "x").body.book;
    const uint64_t moved = repeated(&command).record.v;
    command = with_id((struct fasti_command){.kind = FASTI_COMMAND_MARK, .organization = {1}});
    command.body.mark = (struct fasti_mark){.record = {moved}, .state = FASTI_STATE_ARRIVED};
    (void)repeated(&command);
    command = with_id(engine_cancel(moved));
    (void)repeated(&command);
    command = with_id(engine_block(1, "2026-01-07T09:00:00+01:00", "2026-01-09T10:00:00+01:00"));
    command = with_id(engine_unblock(repeated(&command).record.v));
    (void)repeated(&command);
    command = with_id((struct fasti_command){.kind = FASTI_COMMAND_HOLD, .organization = {1}});
    command.body.hold.book = engine_book(1, 1, START, "x").body.book;
    const struct fasti_answer held = repeated(&command);
    static const enum fasti_command_kind kinds[] = {FASTI_COMMAND_EXTEND, FASTI_COMMAND_CONFIRM};
    for (int i = 0; i < 2; i++) {
        command = with_id((struct fasti_command){.kind = kinds[i], .organization = {1}});
        command.body.held.token = held.body.book.token;
        command.body.held.count = 1;
        command.body.held.records[0] = held.record;
        command.body.held.appointments[0] =
            (struct fasti_book_appointment){.patient = "p-1", .patient_length = 3};
        (void)repeated(&command);
    }
}

Test(once, a_booking_of_several_rows_is_told_again_as_it_was) {
    const struct fasti_command taken = engine_book(1, 1, START, "p-1");
    cr_assert_eq(run(&taken).outcome, FASTI_OUTCOME_BOOKED);
    struct fasti_command command = with_id(taken);
    struct fasti_book *book = &command.body.book;
    book->items[1] = book->items[0];
    book->items[1].start_utc_s += 900;
    book->items[1].is_alternative = true;
    book->items[2] = book->items[1];
    book->items[2].start_utc_s += 900;
    book->items[2].is_alternative = false;
    book->items[2].appointment = 1;
    book->appointments[1] =
        (struct fasti_book_appointment){.patient = "child", .patient_length = 5};
    book->item_count = 3;
    book->appointment_count = 2;
    const struct fasti_answer first = run(&command);
    cr_assert_eq(first.outcome, FASTI_OUTCOME_BOOKED);
    restart();
    const struct fasti_answer again = run(&command);
    cr_assert_eq(again.outcome, FASTI_OUTCOME_BOOKED);
    cr_assert_eq(again.record.v, first.record.v);
    cr_assert_eq(again.body.book.offsets[1], first.body.book.offsets[1]);
    cr_assert_eq(again.body.book.outcomes[0], FASTI_OUTCOME_NONE,
                 "what was taken then is not known");
    cr_assert_eq(again.body.book.outcomes[1], FASTI_OUTCOME_BOOKED);
    cr_assert_eq(again.body.book.outcomes[2], FASTI_OUTCOME_BOOKED);
}

Test(once, another_body_under_the_same_id_is_a_mismatch) {
    struct fasti_command command = with_id(engine_book(1, 1, START, "p-1"));
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_BOOKED);
    command.body.book.appointments[0].patient = "p-2";
    cr_assert_eq(run(&command).status, FASTI_MISMATCH);
    restart();
    cr_assert_eq(run(&command).status, FASTI_MISMATCH);
    command.kind = FASTI_COMMAND_MARK;
    cr_assert_eq(run(&command).status, FASTI_MISMATCH);
}

Test(once, ids_that_cannot_be_remembered_are_refused) {
    struct fasti_command command = engine_book(1, 1, START, "p-1");
    command.request = (fasti_request_id){1, 2};
    cr_assert_eq(run(&command).status, FASTI_INVALID_ID, "no time");
    command.request = id_at(world->now_ms + FASTI_REQUESTS_AHEAD_MS + 1);
    cr_assert_eq(run(&command).status, FASTI_INVALID_ID, "ahead");
    command.request = id_at(world->now_ms - FASTI_REQUESTS_AGE_MS - 1);
    cr_assert_eq(run(&command).status, FASTI_STALE_REQUEST);
    command.request = id_at(world->now_ms - FASTI_REQUESTS_AGE_MS + 1000);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_BOOKED);
}

Test(once, a_refusal_is_told_again_while_the_server_runs) {
    struct fasti_command command = engine_book(1, 1, START, "p-1");
    const uint64_t booked = run(&command).record.v;
    command = with_id(command);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_TAKEN);
    const struct fasti_command cancel = engine_cancel(booked);
    cr_assert_eq(run(&cancel).outcome, FASTI_OUTCOME_CANCELLED);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_TAKEN, "it was refused");
    restart();
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_BOOKED, "nothing was done under this id");
}

/* Two workers take the same command at the same time: one decides, the other is told to ask again,
 * and then gets the same answer. */
Test(once, two_workers_with_one_id_act_once) {
    struct fasti_prng prng = fasti_test_prng("once.two");
    for (int i = 0; i < 200; i++) {
        struct fasti_command command = with_id(engine_book(1, 1, START, "p-1"));
        command.body.book.items[0].start_utc_s += (int64_t)fasti_prng_below(&prng, 12) * 900;
        struct fasti_answer first, second;
        const bool is_refused = fasti_engine_submit(world->engine, 0, &command, 1, &first);
        const bool is_answered = fasti_engine_submit(world->engine, 1, &command, 2, &second);
        cr_assert(is_answered);
        if (!is_refused)
            cr_assert_eq(second.status, FASTI_BUSY, "%s", second.detail.text);
        for (int poll = 0; !is_refused && poll < 1000; poll++)
            if (fasti_engine_poll(world->engine, (uint32_t)poll % 2, &first, 1) == 1)
                break;
        second = engine_world_run(world, 1, &command);
        cr_assert_eq(second.outcome, first.outcome);
        cr_assert_eq(second.record.v, first.record.v);
        if (first.outcome == FASTI_OUTCOME_BOOKED && fasti_prng_below(&prng, 2) == 0) {
            const struct fasti_command cancel = engine_cancel(first.record.v);
            cr_assert_eq(run(&cancel).outcome, FASTI_OUTCOME_CANCELLED);
        }
    }
    restart();
}
