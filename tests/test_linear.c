/*
 * test_linear.c - the checker of recorded runs, on histories written by hand: what it must accept
 * and what it must refuse.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/linear.h"

#define MONDAY_10 120
#define WEDNESDAY (2 * LINEAR_DAY_TICKS)

static struct linear_history history;

/* One schedule, one seat. */
static void begin(uint8_t day_limit, uint8_t week_limit) {
    memset(&history, 0, sizeof history);
    history.world.schedule_count = 1;
    history.world.schedules[0].capacity = 1;
    history.world.schedules[0].day_limit = day_limit;
    history.world.schedules[0].week_limit = week_limit;
    history.clock_ms = 1000000;
}

static struct linear_op *add(enum linear_kind kind, int64_t invoked, int64_t returned,
                             enum fasti_outcome outcome) {
    struct linear_op *op = &history.ops[history.op_count++];
    *op = (struct linear_op){
        .kind = kind, .invoked = invoked, .returned = returned, .outcome = outcome};
    op->clock_ms[0] = op->clock_ms[1] = history.clock_ms;
    return op;
}

static void row(struct linear_op *op, uint16_t first, enum fasti_outcome outcome) {
    op->row_outcomes[op->row_count] = (uint8_t)outcome;
    op->rows[op->row_count++] = (struct linear_span){0, first, (uint16_t)(first + 3)};
}

/* A record of the op's rows. */
static uint8_t made(struct linear_op *op) {
    struct linear_record *record = &history.records[history.record_count];
    record->is_block = op->kind == LINEAR_BLOCK;
    record->row_count = op->row_count;
    memcpy(record->rows, op->rows, sizeof op->rows);
    op->made[op->made_count++] = (uint8_t)history.record_count;
    return (uint8_t)history.record_count++;
}

static uint8_t booked(int64_t invoked, int64_t returned, uint16_t first) {
    struct linear_op *op = add(LINEAR_BOOK, invoked, returned, FASTI_OUTCOME_BOOKED);
    row(op, first, FASTI_OUTCOME_BOOKED);
    return made(op);
}

static void refused(int64_t invoked, int64_t returned, uint16_t first, enum fasti_outcome outcome) {
    row(add(LINEAR_BOOK, invoked, returned, outcome), first, outcome);
}

static uint8_t held(int64_t invoked, int64_t returned, uint16_t first) {
    struct linear_op *op = add(LINEAR_HOLD, invoked, returned, FASTI_OUTCOME_HELD);
    row(op, first, FASTI_OUTCOME_BOOKED);
    op->seconds = 10;
    op->expires_ms = history.clock_ms + 10000;
    return made(op);
}

static struct linear_op *aimed(enum linear_kind kind, int64_t invoked, int64_t returned,
                               uint8_t target, enum fasti_outcome outcome) {
    struct linear_op *op = add(kind, invoked, returned, outcome);
    op->targets[op->target_count++] = target;
    return op;
}

static uint8_t moved(int64_t invoked, int64_t returned, uint8_t target, uint16_t first) {
    struct linear_op *op = aimed(LINEAR_MOVE, invoked, returned, target, FASTI_OUTCOME_MOVED);
    row(op, first, FASTI_OUTCOME_BOOKED);
    return made(op);
}

static void stepped(int64_t invoked, int64_t returned, int64_t seconds) {
    struct linear_op *op = add(LINEAR_CLOCK, invoked, returned, FASTI_OUTCOME_NONE);
    op->clock_ms[1] += seconds * 1000;
}

/* From a command's clock on it had been stepped already, or while it ran. */
static void clocks(struct linear_op *op, int64_t from_s, int64_t to_s) {
    op->clock_ms[0] = history.clock_ms + from_s * 1000;
    op->clock_ms[1] = history.clock_ms + to_s * 1000;
}

static struct linear_op *last(void) {
    return &history.ops[history.op_count - 1];
}

#define EXACT 0
#define OVER  (LINEAR_OWN_TIME | LINEAR_TOLD_OVER)

static void expect(uint32_t loose, enum linear_verdict verdict) {
    const struct linear_result result = linear_check(&history, loose);
    if (result.verdict != verdict)
        linear_print(stderr, &history, &result);
    cr_assert_eq(result.verdict, verdict);
}

/* However much is asked for, torn refusals apart. */
static void expect_all(enum linear_verdict verdict) {
    expect(EXACT, verdict);
    expect(LINEAR_OWN_TIME, verdict);
    expect(OVER, verdict);
}
static void expect_explained(void) {
    expect_all(LINEAR_EXPLAINED);
}
static void expect_unexplained(void) {
    expect_all(LINEAR_UNEXPLAINED);
}

Test(linear, one_winner) {
    begin(0, 0);
    booked(1, 10, MONDAY_10);
    refused(2, 5, MONDAY_10, FASTI_OUTCOME_TAKEN); /* answered first, decided second */
    refused(3, 6, MONDAY_10 + 2, FASTI_OUTCOME_TAKEN);
    booked(4, 7, MONDAY_10 + 3);
    expect_explained();
}

Test(linear, double_booking) {
    begin(0, 0);
    booked(1, 10, MONDAY_10);
    booked(2, 9, MONDAY_10);
    expect_unexplained();
}

Test(linear, overlap_counts_as_double_booking) {
    begin(0, 0);
    booked(1, 10, MONDAY_10);
    booked(2, 9, MONDAY_10 + 2);
    expect_unexplained();
}

Test(linear, two_seats_have_two_winners) {
    begin(0, 0);
    history.world.schedules[0].capacity = 2;
    booked(1, 10, MONDAY_10);
    booked(2, 9, MONDAY_10);
    expect_explained();
    booked(3, 8, MONDAY_10);
    expect_unexplained();
}

Test(linear, stale_refusal) {
    begin(0, 0);
    const uint8_t record = booked(1, 2, MONDAY_10);
    aimed(LINEAR_CANCEL, 3, 6, record, FASTI_OUTCOME_CANCELLED);
    refused(4, 9, MONDAY_10, FASTI_OUTCOME_TAKEN); /* while it is cancelled: either way */
    expect_explained();
    refused(7, 8, MONDAY_10, FASTI_OUTCOME_TAKEN);
    expect_unexplained();
}

Test(linear, lost_cancel) {
    begin(0, 0);
    const uint8_t record = booked(1, 2, MONDAY_10);
    aimed(LINEAR_CANCEL, 3, 4, record, FASTI_OUTCOME_CANCELLED);
    struct linear_op *end = add(LINEAR_END, 9, 10, FASTI_OUTCOME_FOUND);
    end->end_states[record] = FASTI_STATE_CANCELLED;
    expect_explained();
    end->end_states[record] = FASTI_STATE_BOOKED;
    expect_unexplained();
}

Test(linear, the_end_tells_what_is_free) {
    begin(0, 0);
    history.world.start_count = 2;
    history.world.starts[0] = (struct linear_span){0, MONDAY_10, MONDAY_10 + 3};
    history.world.starts[1] = (struct linear_span){0, MONDAY_10 + 3, MONDAY_10 + 6};
    const uint8_t record = booked(1, 2, MONDAY_10);
    struct linear_op *end = add(LINEAR_END, 9, 10, FASTI_OUTCOME_FOUND);
    end->end_states[record] = FASTI_STATE_BOOKED;
    end->end_free[1] = true;
    expect_explained();
    end->end_free[0] = true;
    expect_unexplained();
}

Test(linear, cancelled_twice) {
    begin(0, 0);
    const uint8_t record = booked(1, 2, MONDAY_10);
    aimed(LINEAR_CANCEL, 3, 8, record, FASTI_OUTCOME_ALREADY);
    aimed(LINEAR_CANCEL, 4, 7, record, FASTI_OUTCOME_CANCELLED);
    expect_explained();
    aimed(LINEAR_CANCEL, 4, 9, record, FASTI_OUTCOME_CANCELLED);
    expect_unexplained();
}

Test(linear, move_frees_the_old_time_as_it_takes_the_new) {
    begin(0, 0);
    const uint8_t record = booked(1, 2, MONDAY_10);
    moved(3, 8, record, MONDAY_10 + 1); /* its own time is no obstacle */
    refused(4, 7, MONDAY_10, FASTI_OUTCOME_TAKEN);
    refused(4, 7, MONDAY_10 + 3, FASTI_OUTCOME_TAKEN);
    booked(4, 7, MONDAY_10 + 4);
    expect_explained();
}

Test(linear, move_that_takes_both_times) {
    begin(0, 0);
    const uint8_t record = booked(1, 2, MONDAY_10);
    moved(3, 4, record, WEDNESDAY);
    refused(5, 6, WEDNESDAY, FASTI_OUTCOME_TAKEN);
    expect_explained();
    refused(5, 6, MONDAY_10, FASTI_OUTCOME_TAKEN);
    expect_unexplained();
}

Test(linear, move_that_leaves_neither_time) {
    begin(0, 0);
    const uint8_t record = booked(1, 2, MONDAY_10);
    moved(3, 8, record, WEDNESDAY);
    booked(4, 5, MONDAY_10); /* after the move */
    booked(6, 7, WEDNESDAY); /* before it */
    expect_unexplained();
}

Test(linear, limit_counts_a_moved_visit_once) {
    begin(0, 2);
    const uint8_t record = booked(1, 2, MONDAY_10);
    moved(3, 8, record, WEDNESDAY);
    refused(4, 7, WEDNESDAY + 6, FASTI_OUTCOME_WEEK_LIMIT);
    expect_unexplained();
    expect(LINEAR_TORN, LINEAR_EXPLAINED);
    last()->invoked = 9, last()->returned = 10; /* nothing moves any more */
    expect(LINEAR_TORN, LINEAR_UNEXPLAINED);
}

/* Wednesday before the cancel, Monday after it: taken, though the limit came first all the time. */
Test(linear, taken_where_the_limit_comes_first) {
    begin(0, 2);
    struct linear_op *op = add(LINEAR_BOOK, 1, 2, FASTI_OUTCOME_BOOKED);
    row(op, MONDAY_10, FASTI_OUTCOME_BOOKED);
    row(op, WEDNESDAY, FASTI_OUTCOME_BOOKED);
    const uint8_t record = made(op);
    aimed(LINEAR_CANCEL, 3, 8, record, FASTI_OUTCOME_CANCELLED);
    refused(4, 7, WEDNESDAY, FASTI_OUTCOME_TAKEN);
    expect_unexplained();
    expect(LINEAR_TORN, LINEAR_EXPLAINED);
}

Test(linear, day_limit_is_exact) {
    begin(1, 0);
    booked(1, 8, MONDAY_10);
    refused(2, 7, MONDAY_10 + 6, FASTI_OUTCOME_DAY_LIMIT);
    booked(3, 6, WEDNESDAY);
    expect_explained();
    booked(4, 5, MONDAY_10 + 12);
    expect_unexplained();
}

Test(linear, rows_are_all_or_nothing) {
    begin(0, 0);
    const uint8_t record = booked(1, 2, MONDAY_10);
    struct linear_op *op = add(LINEAR_BOOK, 3, 4, FASTI_OUTCOME_TAKEN);
    row(op, WEDNESDAY, FASTI_OUTCOME_BOOKED);
    row(op, MONDAY_10, FASTI_OUTCOME_TAKEN);
    booked(5, 6, WEDNESDAY);
    expect_explained();
    moved(7, 8, record, MONDAY_10 + 3);
    op->row_outcomes[0] = FASTI_OUTCOME_TAKEN; /* no moment had both taken */
    expect_unexplained();
}

Test(linear, two_rows_never_seen_taken_together) {
    begin(0, 0);
    const uint8_t record = booked(1, 2, MONDAY_10);
    moved(3, 8, record, WEDNESDAY);
    struct linear_op *op = add(LINEAR_BOOK, 4, 7, FASTI_OUTCOME_TAKEN);
    row(op, MONDAY_10, FASTI_OUTCOME_TAKEN);
    row(op, WEDNESDAY, FASTI_OUTCOME_TAKEN);
    expect_unexplained();
    expect(LINEAR_TORN, LINEAR_EXPLAINED);
}

Test(linear, one_day_is_never_torn) {
    begin(2, 0);
    const uint8_t record = booked(1, 2, MONDAY_10);
    moved(3, 8, record, MONDAY_10 + 6);
    refused(4, 7, MONDAY_10 + 12, FASTI_OUTCOME_DAY_LIMIT);
    expect_unexplained();
    expect(LINEAR_TORN, LINEAR_UNEXPLAINED);
}

Test(linear, confirmed_before_its_end) {
    begin(0, 0);
    const uint8_t record = held(1, 2, MONDAY_10);
    stepped(3, 8, 10);
    clocks(aimed(LINEAR_CONFIRM, 4, 5, record, FASTI_OUTCOME_BOOKED), 0, 10);
    refused(6, 7, MONDAY_10, FASTI_OUTCOME_TAKEN);
    clocks(last(), 0, 10);
    expect_explained();
}

Test(linear, confirmed_after_its_end) {
    begin(0, 0);
    const uint8_t record = held(1, 2, MONDAY_10);
    stepped(3, 4, 10);
    clocks(aimed(LINEAR_CONFIRM, 5, 6, record, FASTI_OUTCOME_EXPIRED), 10, 10);
    expect_explained();
    last()->outcome = FASTI_OUTCOME_BOOKED;
    expect_unexplained();
}

Test(linear, confirmed_after_its_time_was_free_for_another) {
    begin(0, 0);
    const uint8_t record = held(1, 2, MONDAY_10);
    stepped(3, 8, 10);
    booked(4, 5, MONDAY_10);
    clocks(last(), 0, 10);
    clocks(aimed(LINEAR_CONFIRM, 6, 7, record, FASTI_OUTCOME_EXPIRED), 0, 10);
    expect_explained();
    last()->outcome = FASTI_OUTCOME_BOOKED;
    expect_unexplained();
}

/* Its own time: the last one counts a hold that the one before it did not count. */
Test(linear, an_old_clock_beside_a_new_one) {
    begin(2, 0);
    (void)held(1, 2, MONDAY_10);
    stepped(3, 4, 10);
    booked(5, 6, MONDAY_10 + 3);
    clocks(last(), 10, 10);
    refused(5, 8, MONDAY_10 + 6, FASTI_OUTCOME_DAY_LIMIT);
    clocks(last(), 0, 10);
    expect(EXACT, LINEAR_UNEXPLAINED);
    expect(LINEAR_OWN_TIME, LINEAR_EXPLAINED);
    clocks(last(), 10, 10);
    expect(OVER, LINEAR_UNEXPLAINED);
}

Test(linear, over_and_held_again) {
    begin(0, 0);
    const uint8_t record = held(1, 2, MONDAY_10);
    stepped(4, 5, 10);
    struct linear_op *extend = aimed(LINEAR_EXTEND, 3, 9, record, FASTI_OUTCOME_EXTENDED);
    extend->seconds = 30;
    extend->expires_ms = history.clock_ms + 30000;
    clocks(extend, 0, 10);
    clocks(aimed(LINEAR_CONFIRM, 6, 7, record, FASTI_OUTCOME_EXPIRED), 10, 10);
    clocks(aimed(LINEAR_CONFIRM, 10, 11, record, FASTI_OUTCOME_BOOKED), 10, 10);
    expect(EXACT, LINEAR_UNEXPLAINED);
    expect(LINEAR_OWN_TIME, LINEAR_UNEXPLAINED);
    expect(OVER, LINEAR_EXPLAINED);
}

Test(linear, a_hold_of_another_is_not_released) {
    begin(0, 0);
    const uint8_t record = held(1, 2, MONDAY_10);
    struct linear_op *op = aimed(LINEAR_RELEASE, 3, 4, record, FASTI_OUTCOME_NOT_OWNER);
    op->is_stranger = true;
    refused(5, 6, MONDAY_10, FASTI_OUTCOME_TAKEN);
    expect_explained();
    op->is_stranger = false;
    op->outcome = FASTI_OUTCOME_RELEASED;
    expect_unexplained();
}

Test(linear, extended_as_told) {
    begin(0, 0);
    const uint8_t record = held(1, 2, MONDAY_10);
    struct linear_op *op = aimed(LINEAR_EXTEND, 3, 4, record, FASTI_OUTCOME_EXTENDED);
    op->seconds = 30;
    op->expires_ms = history.clock_ms + 30000;
    stepped(5, 6, 20);
    clocks(aimed(LINEAR_CONFIRM, 7, 8, record, FASTI_OUTCOME_BOOKED), 20, 20);
    expect_explained();
    op->expires_ms -= 1000;
    expect_unexplained();
}

Test(linear, a_block_needs_free_time) {
    begin(0, 0);
    booked(1, 2, MONDAY_10);
    struct linear_op *op = add(LINEAR_BLOCK, 3, 4, FASTI_OUTCOME_TAKEN);
    op->rows[op->row_count++] = (struct linear_span){0, MONDAY_10 + 2, MONDAY_10 + 9};
    expect_explained();
    op->outcome = FASTI_OUTCOME_BLOCKED;
    (void)made(op);
    expect_unexplained();
}

Test(linear, too_late_to_come_before) {
    begin(0, 0);
    refused(1, 2, MONDAY_10, FASTI_OUTCOME_TAKEN);
    booked(2, 3, MONDAY_10); /* touching at one instant counts as beside each other */
    expect_explained();
    history.ops[1].invoked = 3;
    expect_unexplained();
}
