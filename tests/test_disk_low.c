/*
 * test_disk_low.c - the engine on a disk that fills up: what takes room is refused before anything
 * is claimed, cancels go on from the reserve, and at its very end they are refused too instead of
 * left without an answer; a restart at any point finds the same state; room brings all of it back.
 */
#include <criterion/criterion.h>

#include "tests/support/server_world.h"

#define POLLS_MAX 100
#define KEPT      4 /* bookings that stay until they are cancelled on the low disk */

static const struct fasti_sim_faults FULL = {.capacity_bytes = 1};
static const struct fasti_sim_faults ROOM = {.capacity_bytes = 0};

static struct engine_world *world;

static void setup(void) {
    world = engine_world_make(1, 2, SERVER_WORLD_NOW);
    engine_world_practice(world);
}

static void teardown(void) {
    engine_world_free(world);
}

TestSuite(disk_low, .init = setup, .fini = teardown);

static struct fasti_answer run(const struct fasti_command *command) {
    return engine_world_run(world, 0, command);
}

static struct fasti_answer book(uint32_t i) {
    const struct fasti_command command = server_world_book(i);
    return run(&command);
}

static struct fasti_answer cancel(uint64_t record) {
    const struct fasti_command command = engine_cancel(record);
    return run(&command);
}

static uint64_t booked(uint32_t i) {
    const struct fasti_answer answer = book(i);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_BOOKED, "%s", answer.detail.text);
    return answer.record.v;
}

static bool is_low(void) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    return run(&command).body.status.disk_low;
}

/* Books and cancels until a booking is refused; what was refused is not claimed. */
static void fill_until_low(void) {
    struct fasti_answer answer;
    while ((answer = book(1000)).status == FASTI_OK)
        cr_assert_eq(cancel(answer.record.v).outcome, FASTI_OUTCOME_CANCELLED);
    cr_assert_eq(answer.status, FASTI_DISK_LOW);
    cr_assert_neq(answer.detail.text[0], '\0');
}

static void expect_room(void) {
    fasti_sim_disk_set_faults(world->disk, &ROOM);
    for (int i = 0; i < POLLS_MAX && is_low(); i++)
        engine_world_settle(world);
    cr_assert_not(is_low(), "room has come back");
}

static void restart(bool is_clean, const char *when) {
    const struct fasti_hash128 digest = engine_world_digest(world);
    if (is_clean)
        engine_world_close(world);
    else
        engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s: %s", when, world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), digest), "%s", when);
}

Test(disk_low, bookings_are_refused_and_cancels_served) {
    uint64_t kept[KEPT];
    for (uint32_t i = 0; i < KEPT; i++)
        kept[i] = booked(i);
    cr_assert_not(is_low());
    fasti_sim_disk_set_faults(world->disk, &FULL);
    fill_until_low();
    cr_assert(is_low());
    const struct fasti_hash128 digest = engine_world_digest(world);
    const struct fasti_command refused[] = {
        server_world_book(100),
        engine_block(1, "2026-02-02T08:00:00Z", "2026-02-02T09:00:00Z"),
        engine_put(FASTI_ENTITY_PRACTITIONER, 1, "berta"),
        {.kind = FASTI_COMMAND_IMPORT_BEGIN, .organization = {1}},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        cr_assert_eq(run(&refused[i]).status, FASTI_DISK_LOW, "command %zu", i);
    const struct fasti_command ask = engine_availability(1, 1, "2026-02-02", 1);
    cr_assert_eq(run(&ask).body.availability->total, 32, "nothing was claimed");
    cr_assert(fasti_hash128_equal(engine_world_digest(world), digest));
    cr_assert_eq(cancel(kept[0]).outcome, FASTI_OUTCOME_CANCELLED);
    for (int clean = 0; clean < 2; clean++) {
        restart(clean == 1, "low");
        cr_assert(is_low(), "known from the start on");
        cr_assert_eq(book(100).status, FASTI_DISK_LOW, "refused from the start on");
        cr_assert_eq(cancel(kept[1 + clean]).outcome, FASTI_OUTCOME_CANCELLED);
    }
    expect_room();
    (void)booked(100);
    (void)booked(0);
    cr_assert_eq(cancel(kept[3]).outcome, FASTI_OUTCOME_CANCELLED);
    restart(false, "room again");
}

/* Their time is free by the clock; the reserve is for cancels. */
Test(disk_low, holds_that_are_over_wait_for_room) {
    const struct fasti_command visit = server_world_book(100);
    struct fasti_command hold = {.kind = FASTI_COMMAND_HOLD, .organization = visit.organization};
    hold.body.hold.seconds = 60;
    hold.body.hold.book = visit.body.book;
    hold.body.hold.book.appointments[0].patient_length = 0;
    const uint64_t kept = booked(0);
    const struct fasti_answer held = run(&hold);
    cr_assert_eq(held.outcome, FASTI_OUTCOME_HELD);
    fasti_sim_disk_set_faults(world->disk, &FULL);
    fill_until_low();
    engine_world_settle(world);
    const struct fasti_hash128 digest = engine_world_digest(world);
    engine_world_pass(world, 61 * 1000);
    engine_world_settle(world);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), digest), "nothing was written");
    const struct fasti_command show = server_world_show(held.record.v);
    cr_assert_eq(run(&show).body.show.view.state, FASTI_STATE_EXPIRED);
    cr_assert_eq(cancel(kept).outcome, FASTI_OUTCOME_CANCELLED);
    const struct fasti_hash128 low = engine_world_digest(world);
    expect_room();
    engine_world_settle(world);
    cr_assert_not(fasti_hash128_equal(engine_world_digest(world), low), "an EXPIRE was logged");
    (void)booked(100);
    restart(false, "room again");
}

Test(disk_low, the_end_of_the_reserve_is_a_refusal_too) {
    enum { MANY = 6000 };
    static uint64_t records[MANY];
    uint32_t at = 0, restarts = 0;
    for (uint32_t i = 0; i < MANY; i++)
        records[i] = booked(i);
    fasti_sim_disk_set_faults(world->disk, &FULL);
    struct fasti_answer answer;
    while ((answer = cancel(records[at])).status == FASTI_OK) {
        cr_assert_eq(answer.outcome, FASTI_OUTCOME_CANCELLED);
        cr_assert_lt(++at, MANY, "the disk never fills up");
    }
    cr_assert_eq(answer.status, FASTI_DISK_LOW);
    cr_assert_gt(at, 200, "cancels are served from the reserve");
    for (; restarts < 10; restarts++) {
        restart(restarts % 2 == 0, "full");
        cr_assert_eq(cancel(records[at]).status, FASTI_DISK_LOW);
        cr_assert_eq(book(MANY).status, FASTI_DISK_LOW);
    }
    const struct fasti_command show = server_world_show(records[at]);
    cr_assert_eq(run(&show).body.show.view.state, FASTI_STATE_BOOKED, "nothing was claimed");
    expect_room();
    cr_assert_eq(cancel(records[at]).outcome, FASTI_OUTCOME_CANCELLED);
    (void)booked(MANY);
    restart(false, "room again");
}
