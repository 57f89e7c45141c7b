/*
 * test_holds.c - holds, moves and the life of a record, with a clock that the test turns.
 *
 *   practice   schedule "anna" (1), Monday to Friday 08:00-12:00 and 13:00-17:00, visits of 15
 * minutes model      a hold, an appointment or nothing a quarter of an hour, and until when it is
 * held
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

#define NOW   "2026-01-05T07:00:00Z"
#define START "2026-01-06T09:00:00+01:00"
#define LATER "2026-01-06T09:30:00+01:00"

static struct engine_world *world;

static void setup(void) {
    world = engine_world_make(1, 2, NOW);
    engine_world_practice(world);
}

static void teardown(void) {
    cr_assert_not(fasti_engine_is_dead(world->engine));
    engine_world_free(world);
}

TestSuite(holds, .init = setup, .fini = teardown);

static struct fasti_answer run(const struct fasti_command *command) {
    const struct fasti_answer answer = engine_world_run(world, 0, command);
    cr_assert_eq(answer.status, FASTI_OK, "%s: %s", fasti_status_name(answer.status),
                 answer.detail.text);
    return answer;
}

/* Time passes; nothing is polled. */
static void pass(int64_t seconds) {
    world->now_ms += seconds * 1000;
    fasti_engine_clock(world->engine)->offset_ms += seconds * 1000;
}

static void restart(void) {
    engine_world_settle(world);
    const struct fasti_hash128 before = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), before));
}

static struct fasti_command rows(enum fasti_command_kind kind, struct fasti_book *book,
                                 struct fasti_command *command, const char *start) {
    command->kind = kind;
    command->organization.v = 1;
    book->appointment_count = book->item_count = 1;
    book->items[0] = (struct fasti_book_item){
        .schedule = {1}, .service = {1}, .start_utc_s = engine_utc_s(start)};
    return *command;
}

static struct fasti_command hold_command(const char *start, uint32_t seconds) {
    struct fasti_command command = {0};
    command.body.hold.seconds = seconds;
    return rows(FASTI_COMMAND_HOLD, &command.body.hold.book, &command, start);
}

static struct fasti_command held_command(enum fasti_command_kind kind,
                                         const struct fasti_answer *hold) {
    struct fasti_command command = {.kind = kind, .organization = {1}};
    command.body.held.token = hold->body.book.token;
    command.body.held.count = 1;
    command.body.held.records[0] = hold->record;
    command.body.held.appointments[0] =
        (struct fasti_book_appointment){.patient = "p-1", .patient_length = 3};
    return command;
}

static struct fasti_answer hold(const char *start, uint32_t seconds) {
    const struct fasti_command command = hold_command(start, seconds);
    return run(&command);
}

static enum fasti_outcome confirm(const struct fasti_answer *held) {
    const struct fasti_command command = held_command(FASTI_COMMAND_CONFIRM, held);
    return run(&command).outcome;
}

static enum fasti_outcome release(const struct fasti_answer *held) {
    const struct fasti_command command = held_command(FASTI_COMMAND_RELEASE, held);
    return run(&command).outcome;
}

static enum fasti_outcome book(const char *start) {
    const struct fasti_command command = engine_book(1, 1, start, "p-2");
    return run(&command).outcome;
}

static struct fasti_record_view shown(uint64_t record) {
    struct fasti_command command = {.kind = FASTI_COMMAND_SHOW, .organization = {1}};
    command.body.show.v = record;
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_FOUND);
    return answer.body.show.view;
}

static uint32_t offered(void) {
    const struct fasti_command command = engine_availability(1, 1, "2026-01-06", 1);
    return run(&command).body.availability->total;
}

static enum fasti_outcome mark(uint64_t record, enum fasti_record_state state) {
    struct fasti_command command = {.kind = FASTI_COMMAND_MARK, .organization = {1}};
    command.body.mark =
        (struct fasti_mark){.record = {record}, .state = (uint8_t)state, .reason = 3};
    return run(&command).outcome;
}

static struct fasti_answer move(uint64_t record, const char *start) {
    struct fasti_command command = {0};
    command.body.move.record.v = record;
    command = rows(FASTI_COMMAND_MOVE, &command.body.move.book, &command, start);
    return run(&command);
}

/* ---- holds ---- */

Test(holds, a_hold_takes_its_time_and_becomes_an_appointment) {
    const uint32_t before = offered();
    const struct fasti_answer held = hold(START, 0);
    cr_assert_eq(held.outcome, FASTI_OUTCOME_HELD);
    cr_assert_eq(held.body.book.expires_ms, world->now_ms + 300 * 1000);
    cr_assert(held.body.book.token.low != 0 && held.body.book.token.high != 0);
    cr_assert_eq(book(START), FASTI_OUTCOME_TAKEN);
    cr_assert_eq(offered(), before - 1);
    cr_assert_eq(shown(held.record.v).state, FASTI_STATE_HELD);
    cr_assert_eq(shown(held.record.v).patient_length, 0);
    restart();
    cr_assert_eq(book(START), FASTI_OUTCOME_TAKEN);
    pass(299);
    cr_assert_eq(confirm(&held), FASTI_OUTCOME_BOOKED);
    pass(3600);
    cr_assert_eq(book(START), FASTI_OUTCOME_TAKEN, "confirmed for good");
    cr_assert_eq(shown(held.record.v).state, FASTI_STATE_BOOKED);
    cr_assert_eq(shown(held.record.v).patient_length, 3);
    cr_assert_eq(confirm(&held), FASTI_OUTCOME_NO_SUCH, "it is no hold any more");
    restart();
    cr_assert_eq(shown(held.record.v).state, FASTI_STATE_BOOKED);
    const struct fasti_command cancel = engine_cancel(held.record.v);
    cr_assert_eq(run(&cancel).outcome, FASTI_OUTCOME_CANCELLED);
    cr_assert_eq(offered(), before);
    restart();
}

Test(holds, how_long_is_the_servers_choice) {
    cr_assert_eq(hold(START, 1).body.book.expires_ms, world->now_ms + 10 * 1000);
    cr_assert_eq(hold(LATER, 100000).body.book.expires_ms, world->now_ms + 1800 * 1000);
    cr_assert_eq(hold("2026-01-06T10:00:00+01:00", 60).body.book.expires_ms,
                 world->now_ms + 60 * 1000);
}

Test(holds, an_expired_hold_is_free_for_everybody_at_once) {
    const uint32_t before = offered();
    const struct fasti_answer held = hold(START, 60);
    pass(59);
    cr_assert_eq(book(START), FASTI_OUTCOME_TAKEN);
    pass(1);
    cr_assert_eq(offered(), before, "by the clock, nobody wrote anything");
    cr_assert_eq(confirm(&held), FASTI_OUTCOME_EXPIRED);
    cr_assert_eq(book(START), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(confirm(&held), FASTI_OUTCOME_EXPIRED, "nothing is resurrected");
    cr_assert_eq(release(&held), FASTI_OUTCOME_EXPIRED);
    cr_assert_eq(shown(held.record.v).state, FASTI_STATE_EXPIRED);
    restart();
    cr_assert_eq(confirm(&held), FASTI_OUTCOME_EXPIRED);
    cr_assert_eq(offered(), before - 1);
}

Test(holds, the_timer_expires_what_nobody_needs) {
    const struct fasti_answer held = hold(START, 60);
    engine_world_settle(world);
    const struct fasti_hash128 before = engine_world_digest(world);
    pass(61);
    engine_world_settle(world);
    cr_assert_not(fasti_hash128_equal(engine_world_digest(world), before), "an EXPIRE was logged");
    cr_assert_eq(shown(held.record.v).state, FASTI_STATE_EXPIRED);
    restart();
    const struct fasti_answer again = hold(START, 60);
    restart(); /* worker 0 keeps the timers of what replay found */
    pass(61);
    engine_world_settle(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK);
    pass(-61); /* its state, not its clock, says so now */
    cr_assert_eq(shown(again.record.v).state, FASTI_STATE_EXPIRED);
}

/* ---- over, while somebody confirms ---- */

/* A confirm by worker 0 reads the clock a few times. At one of these reads another worker asks, at
 * a time when the hold is over; the confirm is told a time before. */
static struct {
    struct fasti_command question;
    uint32_t turn_at, reads;
    struct fasti_answer answer;
    bool is_asked, is_answered;
} meanwhile;

static int64_t turning_now_ms(const struct fasti_clock *clock) {
    if (meanwhile.is_asked)
        return clock->offset_ms + 60 * 1000;
    if (++meanwhile.reads == meanwhile.turn_at) {
        meanwhile.is_asked = true;
        meanwhile.is_answered =
            fasti_engine_submit(world->engine, 1, &meanwhile.question, 1, &meanwhile.answer);
    }
    return clock->offset_ms;
}

static enum fasti_outcome confirm_meanwhile(const struct fasti_answer *held) {
    const struct fasti_command command = held_command(FASTI_COMMAND_CONFIRM, held);
    struct fasti_clock *clock = fasti_engine_clock(world->engine);
    const struct fasti_clock before = *clock;
    struct fasti_answer answer;
    engine_world_settle(world);
    clock->now_ms = turning_now_ms;
    bool is_answered = fasti_engine_submit(world->engine, 0, &command, 1, &answer);
    *clock = before;
    pass(meanwhile.is_asked ? 60 : 0);
    for (uint32_t i = 0; i < 1000 && !(is_answered && meanwhile.is_answered); i++) {
        is_answered = is_answered || fasti_engine_poll(world->engine, 0, &answer, 1) == 1;
        if (meanwhile.is_asked && !meanwhile.is_answered)
            meanwhile.is_answered = fasti_engine_poll(world->engine, 1, &meanwhile.answer, 1) == 1;
        meanwhile.is_answered = meanwhile.is_answered || !meanwhile.is_asked;
    }
    cr_assert(is_answered && meanwhile.is_answered);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(meanwhile.answer.status, FASTI_OK, "%s", meanwhile.answer.detail.text);
    return answer.outcome;
}

static bool is_told_over(uint64_t record) {
    const struct fasti_answer *answer = &meanwhile.answer;
    if (!meanwhile.is_asked)
        return false;
    if (answer->kind == FASTI_COMMAND_SHOW)
        return answer->body.show.view.state == FASTI_STATE_EXPIRED;
    if (answer->kind == FASTI_COMMAND_HOLD)
        return answer->outcome == FASTI_OUTCOME_HELD; /* nothing was left to replace */
    if (answer->kind != FASTI_COMMAND_LIST)
        return answer->outcome == FASTI_OUTCOME_EXPIRED;
    cr_assert_eq(answer->body.list->records[0].record.v, record);
    return answer->body.list->records[0].state == FASTI_STATE_EXPIRED;
}

static struct fasti_command list_command(void) {
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
    command.body.list = (struct fasti_list_query){
        .by = FASTI_LIST_BY_SCHEDULE,
        .schedule = {1},
        .include_ended = true,
        .from_utc_s = INT64_MIN,
        .to_utc_s = INT64_MAX,
        .limit = 1,
    };
    return command;
}

static struct fasti_command question_of(enum fasti_command_kind kind,
                                        const struct fasti_answer *held) {
    struct fasti_command command = {.kind = kind, .organization = {1}};
    if (kind == FASTI_COMMAND_LIST)
        return list_command();
    if (kind == FASTI_COMMAND_SHOW) {
        command.body.show = held->record;
    } else if (kind == FASTI_COMMAND_HOLD) {
        command = hold_command(LATER, 60);
        command.body.hold.replaces = held->record;
        command.body.hold.token = held->body.book.token;
    } else {
        command = held_command(kind, held);
    }
    return command;
}

static void meet(enum fasti_command_kind kind) {
    static const uint32_t reads_max = 50;
    uint32_t over = 0;
    meanwhile.is_asked = true;
    for (uint32_t turn_at = 1; meanwhile.is_asked; turn_at++) {
        cr_assert_lt(turn_at, reads_max);
        const struct fasti_answer held = hold(START, 60);
        cr_assert_eq(held.outcome, FASTI_OUTCOME_HELD);
        memset(&meanwhile, 0, sizeof meanwhile);
        meanwhile.question = question_of(kind, &held);
        meanwhile.turn_at = turn_at;
        const enum fasti_outcome outcome = confirm_meanwhile(&held);
        const bool is_over = is_told_over(held.record.v);
        over += is_over;
        cr_assert_eq(outcome, is_over ? FASTI_OUTCOME_EXPIRED : FASTI_OUTCOME_BOOKED,
                     "command %d at the clock's read %u: %s", kind, turn_at,
                     fasti_outcome_name(outcome));
        const struct fasti_command cancel = engine_cancel(held.record.v);
        (void)run(&cancel);
        pass(600);
        engine_world_settle(world);
    }
    cr_assert_gt(over, 1, "the last read is made while the claim stands in all its cells");
}

Test(holds, what_was_told_to_be_over_is_over) {
    static const enum fasti_command_kind kinds[] = {FASTI_COMMAND_SHOW,    FASTI_COMMAND_LIST,
                                                    FASTI_COMMAND_CONFIRM, FASTI_COMMAND_EXTEND,
                                                    FASTI_COMMAND_RELEASE, FASTI_COMMAND_HOLD};
    for (uint32_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        meet(kinds[i]);
    restart();
}

Test(holds, only_the_owner_ends_and_extends_it) {
    const struct fasti_answer held = hold(START, 60);
    struct fasti_answer thief = held;
    thief.body.book.token.low++;
    cr_assert_eq(confirm(&thief), FASTI_OUTCOME_NOT_OWNER);
    cr_assert_eq(release(&thief), FASTI_OUTCOME_NOT_OWNER);
    const struct fasti_command cancel = engine_cancel(held.record.v);
    cr_assert_eq(run(&cancel).outcome, FASTI_OUTCOME_NO_SUCH, "a hold is no appointment");
    cr_assert_eq(mark(held.record.v, FASTI_STATE_BOOKED), FASTI_OUTCOME_NO_SUCH);
    struct fasti_command extend = held_command(FASTI_COMMAND_EXTEND, &held);
    extend.body.held.seconds = 1800;
    pass(30);
    const struct fasti_answer extended = run(&extend);
    cr_assert_eq(extended.outcome, FASTI_OUTCOME_EXTENDED);
    cr_assert_eq(extended.body.book.expires_ms, world->now_ms + 1800 * 1000);
    extend.body.held.seconds = 10;
    cr_assert_eq(run(&extend).body.book.expires_ms, world->now_ms + 1800 * 1000, "never shorter");
    restart();
    pass(1799);
    extend.body.held.seconds = 1800;
    cr_assert_eq(run(&extend).body.book.expires_ms, engine_utc_s(NOW) * 1000 + 3600 * 1000,
                 "no older than an hour");
    engine_world_settle(world);
    cr_assert_eq(book(START), FASTI_OUTCOME_TAKEN);
    pass(1771);
    cr_assert_eq(confirm(&held), FASTI_OUTCOME_EXPIRED);
    cr_assert_eq(book(START), FASTI_OUTCOME_BOOKED);
}

Test(holds, released_time_is_free) {
    const struct fasti_answer held = hold(START, 60);
    cr_assert_eq(release(&held), FASTI_OUTCOME_RELEASED);
    cr_assert_eq(release(&held), FASTI_OUTCOME_ALREADY);
    cr_assert_eq(confirm(&held), FASTI_OUTCOME_ALREADY);
    restart();
    cr_assert_eq(book(START), FASTI_OUTCOME_BOOKED);
}

Test(holds, a_hold_may_replace_another_one_of_its_owner) {
    const struct fasti_answer first = hold(START, 60);
    struct fasti_command command = hold_command(LATER, 60);
    command.body.hold.replaces = first.record;
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_NOT_OWNER);
    command.body.hold.token = first.body.book.token;
    cr_assert_eq(book(LATER), FASTI_OUTCOME_BOOKED);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_TAKEN);
    cr_assert_eq(book(START), FASTI_OUTCOME_TAKEN, "the old one stands");
    /* The same time again: it does not see itself as busy. */
    command.body.hold.book.items[0].start_utc_s = engine_utc_s(START);
    const struct fasti_answer second = run(&command);
    cr_assert_eq(second.outcome, FASTI_OUTCOME_HELD);
    cr_assert_eq(shown(first.record.v).state, FASTI_STATE_RELEASED);
    restart();
    cr_assert_eq(confirm(&second), FASTI_OUTCOME_BOOKED);
    restart();
}

Test(holds, several_holds_are_confirmed_together_or_not_at_all) {
    struct fasti_command command = hold_command(START, 60);
    struct fasti_book *book = &command.body.hold.book;
    book->items[1] = book->items[0];
    book->items[1].start_utc_s += 900;
    book->items[1].appointment = 1;
    book->item_count = book->appointment_count = 2;
    const struct fasti_answer held = run(&command);
    cr_assert_eq(held.outcome, FASTI_OUTCOME_HELD);
    cr_assert_eq(held.body.book.appointment_count, 2);
    struct fasti_command confirm_both = held_command(FASTI_COMMAND_CONFIRM, &held);
    confirm_both.body.held.count = 2;
    confirm_both.body.held.records[1].v = held.record.v + held.body.book.offsets[1];
    confirm_both.body.held.appointments[1] =
        (struct fasti_book_appointment){.patient = "child", .patient_length = 5};
    struct fasti_command wrong = confirm_both;
    wrong.body.held.records[1].v = 4711;
    cr_assert_eq(run(&wrong).outcome, FASTI_OUTCOME_NO_SUCH);
    cr_assert_eq(shown(held.record.v).state, FASTI_STATE_HELD);
    cr_assert_eq(run(&confirm_both).outcome, FASTI_OUTCOME_BOOKED);
    restart();
    cr_assert_eq(shown(held.record.v).state, FASTI_STATE_BOOKED);
    cr_assert_eq(shown(held.record.v + 1).patient_length, 5);
}

/* Of several holds that are extended together the answer tells when the first one ends. */
Test(holds, extending_several_tells_the_first_end) {
    struct fasti_command command = hold_command(START, 10);
    struct fasti_book *book = &command.body.hold.book;
    book->items[1] = book->items[0];
    book->items[1].start_utc_s += 900;
    book->items[1].appointment = 1;
    book->item_count = book->appointment_count = 2;
    const struct fasti_answer held = run(&command);
    struct fasti_command extend = held_command(FASTI_COMMAND_EXTEND, &held);
    extend.body.held.records[0].v++;
    extend.body.held.seconds = 60;
    cr_assert_eq(run(&extend).body.book.expires_ms, world->now_ms + 60 * 1000);
    extend.body.held.records[1] = held.record;
    extend.body.held.count = 2;
    extend.body.held.seconds = 20;
    cr_assert_eq(run(&extend).body.book.expires_ms, world->now_ms + 20 * 1000);
}

/* A confirm that is not durable yet: whoever is refused for it waits for it. */
Test(holds, a_refusal_waits_for_the_confirm_that_it_rests_on) {
    const struct fasti_answer held = hold(START, 60);
    const struct fasti_command command = held_command(FASTI_COMMAND_CONFIRM, &held);
    struct fasti_answer answer;
    cr_assert_not(fasti_engine_submit(world->engine, 0, &command, 1, &answer));
    cr_assert_not(fasti_engine_submit(world->engine, 1, &command, 2, &answer), "told too early");
    uint32_t answered = 0;
    for (int i = 0; i < 1000 && answered < 2; i++)
        if (fasti_engine_poll(world->engine, (uint32_t)i % 2, &answer, 1) == 1) {
            answered++;
            cr_assert_eq(answer.outcome,
                         answer.tag == 1 ? FASTI_OUTCOME_BOOKED : FASTI_OUTCOME_NO_SUCH);
        }
    cr_assert_eq(answered, 2);
}

/* ---- requests, marks and moves ---- */

Test(holds, a_request_holds_its_time_until_it_is_decided) {
    struct fasti_command command = engine_book(1, 1, START, "p-1");
    command.body.book.is_request = true;
    const struct fasti_answer asked = run(&command);
    cr_assert_eq(asked.outcome, FASTI_OUTCOME_REQUESTED);
    cr_assert_eq(book(START), FASTI_OUTCOME_TAKEN);
    restart();
    cr_assert_eq(mark(asked.record.v, FASTI_STATE_ARRIVED), FASTI_OUTCOME_WRONG_STATE);
    cr_assert_eq(mark(asked.record.v, FASTI_STATE_DECLINED), FASTI_OUTCOME_MARKED);
    cr_assert_eq(shown(asked.record.v).reason, 3);
    cr_assert_eq(mark(asked.record.v, FASTI_STATE_BOOKED), FASTI_OUTCOME_WRONG_STATE);
    const struct fasti_answer second = run(&command);
    cr_assert_eq(second.outcome, FASTI_OUTCOME_REQUESTED, "the time is free again");
    cr_assert_eq(mark(second.record.v, FASTI_STATE_BOOKED), FASTI_OUTCOME_MARKED);
    cr_assert_eq(mark(second.record.v, FASTI_STATE_BOOKED), FASTI_OUTCOME_ALREADY);
    restart();
    cr_assert_eq(shown(second.record.v).state, FASTI_STATE_BOOKED);
}

/* The table of ARCHITECTURE.md, once more. */
static enum fasti_outcome mark_expected(enum fasti_record_state from, enum fasti_record_state to) {
    static const struct {
        enum fasti_record_state from, to;
    } allowed[] = {
        {FASTI_STATE_PENDING, FASTI_STATE_BOOKED},   {FASTI_STATE_PENDING, FASTI_STATE_DECLINED},
        {FASTI_STATE_BOOKED, FASTI_STATE_ARRIVED},   {FASTI_STATE_BOOKED, FASTI_STATE_FULFILLED},
        {FASTI_STATE_BOOKED, FASTI_STATE_NOSHOW},    {FASTI_STATE_ARRIVED, FASTI_STATE_FULFILLED},
        {FASTI_STATE_ARRIVED, FASTI_STATE_NOSHOW},   {FASTI_STATE_NOSHOW, FASTI_STATE_ARRIVED},
        {FASTI_STATE_NOSHOW, FASTI_STATE_FULFILLED},
    };
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        if (allowed[i].from == from && allowed[i].to == to)
            return FASTI_OUTCOME_MARKED;
    return from == to ? FASTI_OUTCOME_ALREADY : FASTI_OUTCOME_WRONG_STATE;
}

Test(holds, every_change_of_state_is_as_the_table_says) {
    static const enum fasti_record_state marks[] = {FASTI_STATE_BOOKED, FASTI_STATE_DECLINED,
                                                    FASTI_STATE_ARRIVED, FASTI_STATE_FULFILLED,
                                                    FASTI_STATE_NOSHOW};
    struct fasti_prng prng = fasti_test_prng("holds.states");
    for (int round = 0; round < 200; round++) {
        struct fasti_command command = engine_book(1, 1, START, "p-1");
        command.body.book.is_request = fasti_prng_below(&prng, 2) == 0;
        const uint64_t record = run(&command).record.v;
        enum fasti_record_state state =
            command.body.book.is_request ? FASTI_STATE_PENDING : FASTI_STATE_BOOKED;
        cr_assert_neq(record, 0);
        while (state != FASTI_STATE_CANCELLED && state != FASTI_STATE_DECLINED) {
            if (fasti_prng_below(&prng, 4) == 0) {
                const struct fasti_command cancel = engine_cancel(record);
                const bool may = state != FASTI_STATE_FULFILLED && state != FASTI_STATE_NOSHOW;
                const enum fasti_outcome outcome = run(&cancel).outcome;
                cr_assert_eq(outcome, may ? FASTI_OUTCOME_CANCELLED : FASTI_OUTCOME_WRONG_STATE);
                if (may)
                    state = FASTI_STATE_CANCELLED;
                else if (state == FASTI_STATE_FULFILLED)
                    break;
                continue;
            }
            const enum fasti_record_state to = marks[fasti_prng_below(&prng, 5)];
            const enum fasti_outcome expected = mark_expected(state, to);
            cr_assert_eq(mark(record, to), expected, "%s to %s", fasti_record_state_name(state),
                         fasti_record_state_name(to));
            if (expected == FASTI_OUTCOME_MARKED)
                state = to;
        }
        cr_assert_eq(shown(record).state, state);
        if (state == FASTI_STATE_FULFILLED) {
            cr_assert_eq(book(START), FASTI_OUTCOME_TAKEN);
            teardown();
            setup();
        }
    }
    restart();
}

Test(holds, a_move_never_sees_itself_as_busy) {
    struct fasti_command command = engine_book(1, 2, "2026-01-06T09:00:00+01:00", "p-9");
    command.body.book.appointments[0].payload = (const uint8_t *)"sealed";
    command.body.book.appointments[0].payload_length = 6;
    const uint64_t old = run(&command).record.v; /* 40 minutes */
    struct fasti_command moved = {0};
    moved.body.move.record.v = old;
    moved = rows(FASTI_COMMAND_MOVE, &moved.body.move.book, &moved, "2026-01-06T09:20:00+01:00");
    moved.body.move.book.items[0].service.v = 2;
    const struct fasti_answer answer = run(&moved);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_MOVED);
    cr_assert_neq(answer.record.v, old);
    restart();
    cr_assert_eq(shown(old).state, FASTI_STATE_MOVED);
    const struct fasti_record_view now = shown(answer.record.v);
    cr_assert_eq(now.state, FASTI_STATE_BOOKED);
    cr_assert_eq(now.moved_from.v, old);
    cr_assert_eq(now.patient_length, 3);
    cr_assert_eq(now.payload_length, 6);
    cr_assert_eq(book("2026-01-06T09:00:00+01:00"), FASTI_OUTCOME_BOOKED, "the old time is free");
    cr_assert_eq(book("2026-01-06T09:30:00+01:00"), FASTI_OUTCOME_TAKEN);
    cr_assert_eq(move(old, LATER).outcome, FASTI_OUTCOME_WRONG_STATE, "moved once");
    const struct fasti_answer lost = move(answer.record.v, "2026-01-06T09:00:00+01:00");
    cr_assert_eq(lost.outcome, FASTI_OUTCOME_TAKEN);
    cr_assert_eq(shown(answer.record.v).state, FASTI_STATE_BOOKED, "it stays where it was");
    cr_assert_eq(book("2026-01-06T09:30:00+01:00"), FASTI_OUTCOME_TAKEN);
    restart();
}

/* ---- days that are full of holds ---- */

/* Two seats and open around the clock, on the 7th with as many holds as a day keeps. */
static void fill_with_holds(void) {
    struct fasti_command command = engine_schedule(1, "anna", 0, "visit", "long");
    command.body.put.body.schedule.terms.capacity = 2;
    run(&command);
    const struct fasti_opening openings[2] = {
        engine_weekly("all day", 0x7f, "00:00", "24:00"),
        {.id = engine_id("night"),
         .kind = FASTI_OPENING_WEEKLY,
         .weekdays = 0x7f,
         .capacity = FASTI_CAPACITY_UNLIMITED,
         .start_minute = 1320,
         .end_minute = 1560,
         .date_first = {FASTI_DATE_FIRST},
         .date_last = {FASTI_DATE_LAST}},
    };
    command = engine_put(FASTI_ENTITY_OPENINGS, 1, "anna");
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.count = 2;
    command.body.put.body.openings.openings = openings;
    run(&command);
    for (int64_t i = 0; i < FASTI_PAGE_HOLDS_MAX; i++) {
        command = hold_command("2026-01-07T01:00:00+01:00", 1000);
        command.body.hold.book.items[0].start_utc_s += i / 2 * 900;
        cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_HELD);
    }
}

/* 40 minutes from 23:40 on, or at noon. */
static struct fasti_answer over_midnight(enum fasti_command_kind kind, bool or_at_noon) {
    struct fasti_command command = {0};
    const bool is_hold = kind == FASTI_COMMAND_HOLD;
    struct fasti_book *rows_of = is_hold ? &command.body.hold.book : &command.body.book;
    rows(kind, rows_of, &command, "2026-01-06T23:40:00+01:00");
    if (!is_hold)
        rows_of->appointments[0] =
            (struct fasti_book_appointment){.patient = "p-1", .patient_length = 3};
    rows_of->items[0].service.v = 2;
    rows_of->items[1] = rows_of->items[0];
    rows_of->items[1].start_utc_s = engine_utc_s("2026-01-06T12:00:00+01:00");
    rows_of->items[1].is_alternative = true;
    rows_of->item_count += or_at_noon;
    return run(&command);
}

Test(holds, a_row_that_a_later_day_refuses_leaves_nothing_on_the_first) {
    fill_with_holds();
    const struct fasti_answer lost = over_midnight(FASTI_COMMAND_HOLD, false);
    cr_assert_eq(lost.outcome, FASTI_OUTCOME_TAKEN, "%s", lost.detail.text);
    cr_assert_neq(strstr(lost.detail.text, "keeps 144 holds"), NULL, "%s", lost.detail.text);
    const uint32_t before = offered();
    const struct fasti_answer held = over_midnight(FASTI_COMMAND_HOLD, true);
    cr_assert_eq(held.outcome, FASTI_OUTCOME_HELD);
    cr_assert_eq(shown(held.record.v).start_utc_s, engine_utc_s("2026-01-06T12:00:00+01:00"));
    cr_assert_eq(offered(), before, "two seats: 23:40 and 12:00 are still there");
    restart();
    cr_assert_eq(over_midnight(FASTI_COMMAND_BOOK, true).outcome, FASTI_OUTCOME_BOOKED,
                 "a day keeps more visits than holds");
    restart();
}

/* ---- random holds against a model ---- */

#define SLOTS 32 /* quarter hours of Tuesday 2026-01-06 */

struct slot {
    uint64_t record; /* 0: free */
    struct fasti_token token;
    int64_t expires_ms; /* 0: booked */
};

static struct slot slots[SLOTS];
static struct fasti_prng prng;

static uint32_t below(uint64_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}

static int64_t slot_utc_s(uint32_t at) {
    return engine_utc_s("2026-01-06T08:00:00+01:00") + at * 900 + (at >= 16 ? 3600 : 0);
}

static bool is_slot_free(const struct slot *slot) {
    return slot->record == 0 || (slot->expires_ms != 0 && slot->expires_ms <= world->now_ms);
}

static void hold_random(uint32_t at) {
    struct fasti_command command = hold_command(START, 10 + below(100));
    command.body.hold.book.items[0].start_utc_s = slot_utc_s(at);
    const struct fasti_answer answer = engine_world_run(world, below(2), &command);
    cr_assert_eq(answer.outcome,
                 is_slot_free(&slots[at]) ? FASTI_OUTCOME_HELD : FASTI_OUTCOME_TAKEN, "%s",
                 fasti_outcome_name(answer.outcome));
    if (answer.outcome == FASTI_OUTCOME_HELD)
        slots[at] =
            (struct slot){answer.record.v, answer.body.book.token, answer.body.book.expires_ms};
}

static void book_random(uint32_t at) {
    struct fasti_command command = engine_book(1, 1, START, "p-1");
    command.body.book.items[0].start_utc_s = slot_utc_s(at);
    const struct fasti_answer answer = engine_world_run(world, below(2), &command);
    cr_assert_eq(answer.outcome,
                 is_slot_free(&slots[at]) ? FASTI_OUTCOME_BOOKED : FASTI_OUTCOME_TAKEN);
    if (answer.outcome == FASTI_OUTCOME_BOOKED)
        slots[at] = (struct slot){.record = answer.record.v};
}

static void held_random(uint32_t at) {
    static const enum fasti_command_kind kinds[] = {FASTI_COMMAND_CONFIRM, FASTI_COMMAND_EXTEND,
                                                    FASTI_COMMAND_RELEASE};
    struct slot *slot = &slots[at];
    if (slot->record == 0 || slot->expires_ms == 0)
        return;
    struct fasti_answer hold = {.record = {slot->record}};
    hold.body.book.token = slot->token;
    const enum fasti_command_kind kind = kinds[below(3)];
    const struct fasti_command command = held_command(kind, &hold);
    const struct fasti_answer answer = engine_world_run(world, below(2), &command);
    if (slot->expires_ms <= world->now_ms) {
        cr_assert_eq(answer.outcome, FASTI_OUTCOME_EXPIRED);
        return;
    }
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s", fasti_outcome_name(answer.outcome));
    if (kind == FASTI_COMMAND_CONFIRM)
        slot->expires_ms = 0;
    else if (kind == FASTI_COMMAND_EXTEND)
        slot->expires_ms = answer.body.book.expires_ms;
    else
        slot->record = 0;
}

static void end_random(uint32_t at) {
    struct slot *slot = &slots[at];
    if (slot->record == 0 || slot->expires_ms != 0)
        return;
    const uint32_t to = below(SLOTS);
    struct fasti_command command = {0};
    command.body.move.record.v = slot->record;
    command = rows(FASTI_COMMAND_MOVE, &command.body.move.book, &command, START);
    command.body.move.book.items[0].start_utc_s = slot_utc_s(to);
    if (below(2) == 0)
        command = engine_cancel(slot->record);
    const struct fasti_answer answer = engine_world_run(world, below(2), &command);
    if (command.kind == FASTI_COMMAND_CANCEL) {
        cr_assert_eq(answer.outcome, FASTI_OUTCOME_CANCELLED);
        slot->record = 0;
        return;
    }
    const bool may = to == at || is_slot_free(&slots[to]);
    cr_assert_eq(answer.outcome, may ? FASTI_OUTCOME_MOVED : FASTI_OUTCOME_TAKEN);
    if (!may)
        return;
    slot->record = 0;
    slots[to] = (struct slot){.record = answer.record.v};
}

Test(holds, random_holds_bookings_and_moves_are_as_in_the_model) {
    prng = fasti_test_prng("holds.random");
    memset(slots, 0, sizeof slots);
    for (int i = 0; i < 6000; i++) {
        const uint32_t at = below(SLOTS);
        switch (below(8)) {
        case 0:
        case 1: hold_random(at); break;
        case 2: book_random(at); break;
        case 3:
        case 4: held_random(at); break;
        case 5: end_random(at); break;
        default: pass(below(8)); break;
        }
        if (i % 64 == 0) { /* what is offered is what is free */
            uint32_t expected = 0;
            for (uint32_t s = 0; s < SLOTS; s++)
                expected += is_slot_free(&slots[s]) && slot_utc_s(s) * 1000 >= world->now_ms;
            cr_assert_eq(offered(), expected);
        }
        if (i % 500 == 499)
            restart();
        if (world->now_ms > engine_utc_s("2026-01-06T06:00:00+01:00") * 1000)
            break; /* the day is about to begin */
    }
    restart();
}
