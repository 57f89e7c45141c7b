/*
 * test_memory.c - an engine at its memory bound: bookings and edits are refused before anything is
 * claimed or published, cancels are served, and what they free is used again.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "engine/base/limits.h"
#include "tests/support/engine_world.h"

#define RECORDS_MAX 40000

static struct engine_world *world;
static uint64_t records[RECORDS_MAX];

static void setup(void) {
    world = engine_world_make(1, 2, "2026-01-05T07:00:00Z");
    engine_world_practice(world);
    engine_world_close(world);
    world->memory_bytes_max = 6 * FASTI_ARENA_CHUNK_BYTES;
    cr_assert_eq(engine_world_open(world), FASTI_OK);
}

static void teardown(void) {
    engine_world_free(world);
}

TestSuite(memory, .init = setup, .fini = teardown);

static struct fasti_answer run(uint32_t worker, struct fasti_command command) {
    return engine_world_run(world, worker, &command);
}

/* The i-th quarter hour of the working days from 2026-01-06 on, as far as there are any. */
static struct fasti_command nth_booking(uint32_t i) {
    struct fasti_command command = engine_book(1, 1, "2026-01-06T07:00:00Z", "p-1");
    const uint32_t visit = i % 32, day = i / 32 % 4, week = i / 128;
    command.body.book.items[0].start_utc_s +=
        ((int64_t)week * 7 + day) * 86400 + visit * 900 + (visit >= 16 ? 3600 : 0);
    static const uint8_t payload[FASTI_PAYLOAD_BYTES_MAX];
    command.body.book.appointments[0].payload = payload;
    /* The sizes on both sides of a step of the arena, which a time of change takes some over. */
    command.body.book.appointments[0].payload_length = (uint16_t)(sizeof payload - i % 8);
    return command;
}

/* Books with large payloads on either worker until memory is short; returns how many. */
static uint32_t fill(void) {
    for (uint32_t i = 0; i < RECORDS_MAX; i++) {
        struct fasti_answer answer = run(i % 2, nth_booking(i));
        if (answer.status == FASTI_LIMIT_MEMORY)
            answer = run(1 - i % 2, nth_booking(i));
        if (answer.status == FASTI_LIMIT_MEMORY)
            return i;
        cr_assert(answer.outcome == FASTI_OUTCOME_BOOKED ||
                      answer.outcome == FASTI_OUTCOME_CLOSED ||
                      answer.outcome == FASTI_OUTCOME_OFF_GRID,
                  "%u: %s %s", i, fasti_outcome_name(answer.outcome), answer.detail.text);
        records[i] = answer.record.v;
    }
    cr_assert(false, "memory never ran short");
    return 0;
}

Test(memory, too_little_for_the_workers_is_refused) {
    engine_world_close(world);
    world->memory_bytes_max = 5 * FASTI_ARENA_CHUNK_BYTES;
    cr_assert_eq(engine_world_open(world), FASTI_INVALID_OPTION);
    cr_assert(strstr(world->detail.text, "2 workers") != NULL, "%s", world->detail.text);
    world->memory_bytes_max = 0;
    cr_assert_eq(engine_world_open(world), FASTI_OK);
}

Test(memory, cancels_are_served_at_the_bound) {
    const uint32_t count = fill();
    struct fasti_opening opening = engine_weekly("late", 0x1f, "18:00", "19:00");
    struct fasti_command edit = engine_put(FASTI_ENTITY_OPENINGS, 1, "anna");
    edit.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    edit.body.put.body.openings.count = 1;
    edit.body.put.body.openings.openings = &opening;
    for (uint16_t i = 0; i < 100; i++) { /* each touches every working day of a year */
        opening.end_minute = (uint16_t)(1140 + 5 * (i % 12));
        const struct fasti_hash128 before = engine_world_digest(world);
        const struct fasti_answer answer = run(i % 2, edit);
        cr_assert(answer.status == FASTI_OK || answer.status == FASTI_LIMIT_MEMORY, "%s",
                  answer.detail.text);
        cr_assert(answer.status == FASTI_OK ||
                      fasti_hash128_equal(engine_world_digest(world), before),
                  "nothing changed");
    }
    uint32_t cancelled = 0;
    for (uint32_t i = 0; i < count; i++)
        if (records[i] != 0) {
            const struct fasti_answer answer = run(i % 2, engine_cancel(records[i]));
            cr_assert_eq(answer.outcome, FASTI_OUTCOME_CANCELLED, "%u of %u: %s", i, count,
                         answer.detail.text);
            cancelled++;
        }
    cr_assert_gt(cancelled, 1000);
    cr_assert_not(fasti_engine_is_dead(world->engine));
    const struct fasti_hash128 after = engine_world_digest(world);
    engine_world_crash(world);
    world->memory_bytes_max = 0;
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), after));
    cr_assert_eq(run(0, nth_booking(0)).outcome, FASTI_OUTCOME_BOOKED);
}

/* Bookings and cancels by turns at the bound, until the bookings are refused; then all is ended. */
Test(memory, cancels_are_served_after_a_long_mix) {
    const uint32_t count = fill();
    uint32_t next = count, held = count;
    for (uint32_t round = 0; round < 200; round++) {
        for (uint32_t i = 0; i < 12; i++) {
            const uint32_t at = (round * 12 + i) * 7919 % count;
            if (records[at] == 0)
                continue;
            const struct fasti_answer answer = run(i % 2, engine_cancel(records[at]));
            cr_assert_eq(answer.outcome, FASTI_OUTCOME_CANCELLED, "round %u: %s", round,
                         answer.detail.text);
            records[at] = 0;
        }
        for (uint32_t i = 0; i < 64 && next < RECORDS_MAX; i++, next++)
            records[next] = run(i % 2, nth_booking(next)).record.v;
    }
    for (uint32_t i = 0; i < next; i++)
        if (records[i] != 0) {
            const struct fasti_answer answer = run(i % 2, engine_cancel(records[i]));
            cr_assert_eq(answer.outcome, FASTI_OUTCOME_CANCELLED, "%u of %u: %s", i, next,
                         answer.detail.text);
            held++;
        }
    cr_assert_gt(held, count);
}

Test(memory, what_was_acknowledged_loads_at_the_same_bound) {
    const uint32_t count = fill();
    for (uint32_t i = 0; i < count; i += 9)
        if (records[i] != 0)
            cr_assert_eq(run(i % 2, engine_cancel(records[i])).outcome, FASTI_OUTCOME_CANCELLED);
    for (uint32_t i = count; i < count + 2000; i++)
        records[i] = run(i % 2, nth_booking(i)).record.v;
    const struct fasti_hash128 before = engine_world_digest(world);
    for (uint32_t start = 0; start < 3; start++) {
        engine_world_crash(world);
        cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
        cr_assert(fasti_hash128_equal(engine_world_digest(world), before));
    }
    const struct fasti_answer answer = run(1, engine_cancel(records[1]));
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_CANCELLED, "%s", answer.detail.text);
}
