/*
 * test_engine.c - the engine through its one face, on a simulated disk: outcomes, durability of
 * answers, restarts, and a kill at every write of a session.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "engine/storage/batch.h"
#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

/* Monday 2026-01-05, 08:00 in Berlin. */
#define NOW "2026-01-05T07:00:00Z"

static struct engine_world *world;

static void setup(void) {
    world = engine_world_make(1, 2, NOW);
    engine_world_practice(world);
}

static void teardown(void) {
    engine_world_free(world);
}

TestSuite(engine, .init = setup, .fini = teardown);

static struct fasti_answer run(const struct fasti_command *command) {
    return engine_world_run(world, 0, command);
}

static enum fasti_outcome book(uint32_t service, const char *start) {
    const struct fasti_command command = engine_book(1, service, start, "p-1");
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    return answer.outcome;
}

static const struct fasti_availability_answer *ask(uint32_t service, const char *first,
                                                   uint16_t days) {
    const struct fasti_command command = engine_availability(1, service, first, days);
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    return answer.body.availability;
}

Test(engine, agenda_page) {
    const struct fasti_availability_answer *page = ask(1, "2026-01-05", 7);
    cr_assert_eq(page->total, 5 * 32);
    cr_assert_eq(page->counts[0], 32);
    cr_assert_eq(page->counts[5], 0, "Saturday is listed and empty");
    cr_assert_eq(page->day_reasons[5], FASTI_REASON_CLOSED);
    cr_assert_eq(page->reasons[0], FASTI_REASON_FREE);
    cr_assert_eq(page->base_utc_s + page->starts[0], engine_utc_s("2026-01-05T08:00:00+01:00"));
    cr_assert_eq(page->offsets_minutes[0], 60);
    cr_assert_eq(page->lengths_minutes[0], 15);
    /* 40 minutes, every 20: 08:00 to 11:20 and 13:00 to 16:20. */
    cr_assert_eq(ask(2, "2026-01-06", 1)->total, 22);
    cr_assert_eq(ask(1, "2026-01-10", 2)->total, 0);
    page = ask(1, "2026-01-10", 2);
    cr_assert_eq(page->reasons[0], FASTI_REASON_CLOSED);
    cr_assert_eq(page->next_slot_utc_s[0], engine_utc_s("2026-01-12T08:00:00+01:00"));
    cr_assert_eq(page->next_slot_offset_s[0], 3600);
}

Test(engine, days_after_the_last_are_outside_and_the_others_are_answered) {
    /* 2199-12-30 is a Monday. */
    const struct fasti_availability_answer *page = ask(1, "2199-12-30", 5);
    cr_assert_eq(page->total, 2 * 32);
    cr_assert_eq(page->counts[1], 32, "the last day");
    cr_assert_eq(page->day_reasons[1], FASTI_REASON_FREE);
    for (uint32_t d = 2; d < 5; d++) {
        cr_assert_eq(page->counts[d], 0);
        cr_assert_eq(page->day_reasons[d], FASTI_REASON_OUTSIDE);
    }
    cr_assert_eq(page->reasons[0], FASTI_REASON_FREE);
    cr_assert_eq(page->base_utc_s + page->starts[32], engine_utc_s("2199-12-31T08:00:00+01:00"));
    const struct fasti_command block =
        engine_block(1, "2199-12-31T07:00:00Z", "2199-12-31T16:00:00Z");
    cr_assert_eq(run(&block).outcome, FASTI_OUTCOME_BLOCKED);
    page = ask(1, "2199-12-31", 60);
    cr_assert_eq(page->reasons[0], FASTI_REASON_FULL, "the most hopeful day is the one inside");
    cr_assert_eq(page->next_slot_utc_s[0], 0);
    struct fasti_command command = engine_availability(1, 1, "2199-12-31", 1);
    command.body.availability.first.v++;
    cr_assert_eq(run(&command).status, FASTI_INVALID_DATE);
}

Test(engine, past_and_full) {
    /* At 10:07 the next start of a quarter-hour grid is 10:15. */
    fasti_engine_clock(world->engine)->offset_ms = engine_utc_s("2026-01-05T09:07:00Z") * 1000;
    const struct fasti_availability_answer *page = ask(1, "2026-01-05", 1);
    cr_assert_eq(page->base_utc_s + page->starts[0], engine_utc_s("2026-01-05T10:15:00+01:00"));
    cr_assert_eq(page->total, 7 + 16);
    cr_assert_eq(book(1, "2026-01-05T10:00:00+01:00"), FASTI_OUTCOME_PAST);
    fasti_engine_clock(world->engine)->offset_ms = engine_utc_s("2026-01-05T18:00:00Z") * 1000;
    cr_assert_eq(ask(1, "2026-01-05", 1)->reasons[0], FASTI_REASON_PAST);
    const struct fasti_command block =
        engine_block(1, "2026-01-06T07:00:00Z", "2026-01-06T16:00:00Z");
    cr_assert_eq(run(&block).outcome, FASTI_OUTCOME_BLOCKED);
    page = ask(1, "2026-01-06", 1);
    cr_assert_eq(page->reasons[0], FASTI_REASON_FULL);
    cr_assert_eq(page->next_slot_utc_s[0], engine_utc_s("2026-01-07T08:00:00+01:00"));
}

Test(engine, book_and_cancel) {
    const struct fasti_command command = engine_book(1, 1, "2026-01-05T09:00:00+01:00", "p-1");
    const struct fasti_answer booked = run(&command);
    cr_assert_eq(booked.outcome, FASTI_OUTCOME_BOOKED);
    cr_assert_neq(booked.record.v, 0);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_TAKEN);
    cr_assert_eq(ask(1, "2026-01-05", 1)->total, 31);
    cr_assert_eq(ask(2, "2026-01-05", 1)->total, 22 - 2, "08:40 and 09:00 of the long visit");
    const struct fasti_command cancel = engine_cancel(booked.record.v);
    cr_assert_eq(run(&cancel).outcome, FASTI_OUTCOME_CANCELLED);
    cr_assert_eq(run(&cancel).outcome, FASTI_OUTCOME_ALREADY);
    cr_assert_eq(ask(1, "2026-01-05", 1)->total, 32);
    const struct fasti_answer again = run(&command);
    cr_assert_eq(again.outcome, FASTI_OUTCOME_BOOKED);
    cr_assert_eq(run(&cancel).outcome, FASTI_OUTCOME_ALREADY, "a late cancel frees nobody's time");
    cr_assert_eq(ask(1, "2026-01-05", 1)->total, 31);
}

Test(engine, refusals) {
    cr_assert_eq(book(1, "2026-01-05T12:00:00+01:00"), FASTI_OUTCOME_CLOSED);
    cr_assert_eq(book(1, "2026-01-10T09:00:00+01:00"), FASTI_OUTCOME_CLOSED);
    cr_assert_eq(book(1, "2026-01-05T09:05:00+01:00"), FASTI_OUTCOME_OFF_GRID);
    cr_assert_eq(book(1, "2026-01-05T09:03:00+01:00"), FASTI_OUTCOME_OFF_GRID);
    cr_assert_eq(book(2, "2026-01-05T11:40:00+01:00"), FASTI_OUTCOME_CLOSED);
    cr_assert_eq(book(3, "2026-01-05T09:00:00+01:00"), FASTI_OUTCOME_NOT_OFFERED);
    cr_assert_eq(book(1, "2026-01-02T09:00:00+01:00"), FASTI_OUTCOME_PAST);
    struct fasti_command command = engine_book(2, 1, "2026-01-05T09:00:00+01:00", "p-1");
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_NO_SUCH);
    command = engine_book(1, 1, "2026-01-05T09:00:00+01:00", "p-1");
    command.organization.v = 2;
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_NO_SUCH, "another organization's schedule");
    command.organization.v = 1;
    command.body.book.items[0].start_utc_s = INT64_MAX / 60 * 60;
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_OUTSIDE);
    command.body.book.items[0].start_utc_s = INT64_MIN / 60 * 60;
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_OUTSIDE);
    command.body.book.items[0].start_utc_s = engine_utc_s("2026-01-05T09:00:30+01:00");
    cr_assert_eq(run(&command).status, FASTI_INVALID_TIME);
    command.body.book.items[0].start_utc_s -= 30;
    command.body.book.appointments[0].patient_length = 0;
    cr_assert_eq(run(&command).status, FASTI_INVALID_ID);
    command = engine_cancel(4711);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_NO_SUCH);
    command = engine_block(1, "2026-01-05T10:00:00Z", "2026-01-05T09:00:00Z");
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE);
    command = engine_block(1, "2026-01-05T10:00:00Z", "2026-03-11T09:00:00Z");
    cr_assert_eq(run(&command).status, FASTI_INVALID_RANGE, "66 local days");
    command = engine_block(1, "2026-01-05T10:01:00Z", "2026-01-05T10:05:00Z");
    cr_assert_eq(run(&command).status, FASTI_INVALID_RESOLUTION);
}

Test(engine, block_and_unblock) {
    const struct fasti_command block =
        engine_block(1, "2026-01-05T09:00:00+01:00", "2026-01-05T10:00:00+01:00");
    const struct fasti_answer blocked = run(&block);
    cr_assert_eq(blocked.outcome, FASTI_OUTCOME_BLOCKED);
    cr_assert_eq(book(1, "2026-01-05T09:30:00+01:00"), FASTI_OUTCOME_TAKEN);
    const struct fasti_command cancel = engine_cancel(blocked.record.v);
    cr_assert_eq(run(&cancel).outcome, FASTI_OUTCOME_NO_SUCH, "a block is not an appointment");
    const struct fasti_command unblock = engine_unblock(blocked.record.v);
    cr_assert_eq(run(&unblock).outcome, FASTI_OUTCOME_UNBLOCKED);
    cr_assert_eq(run(&unblock).outcome, FASTI_OUTCOME_ALREADY);
    cr_assert_eq(book(1, "2026-01-05T09:30:00+01:00"), FASTI_OUTCOME_BOOKED);
}

Test(engine, show_and_list) {
    struct fasti_command command = engine_book(1, 1, "2026-01-05T09:00:00+01:00", "p-1");
    command.body.book.appointments[0].payload = (const uint8_t *)"sealed";
    command.body.book.appointments[0].payload_length = 6;
    const uint64_t first = run(&command).record.v;
    command = engine_book(1, 1, "2026-01-06T09:00:00+01:00", "p-2");
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_BOOKED);
    command = engine_book(1, 1, "2026-01-07T09:00:00+01:00", "p-1");
    const uint64_t third = run(&command).record.v;
    command = (struct fasti_command){.kind = FASTI_COMMAND_SHOW, .organization = {1}};
    command.body.show.v = first;
    struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_FOUND);
    cr_assert_eq(answer.body.show.view.payload_length, 6);
    cr_assert_arr_eq(answer.body.show.payload, "sealed", 6);
    cr_assert_eq(answer.body.show.view.start_utc_s, engine_utc_s("2026-01-05T09:00:00+01:00"));
    command.organization.v = 2;
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_NO_SUCH);
    command = (struct fasti_command){.kind = FASTI_COMMAND_LIST, .organization = {1}};
    command.body.list = (struct fasti_list_query){.by = FASTI_LIST_BY_PATIENT,
                                                  .patient_length = 3,
                                                  .patient = "p-1",
                                                  .to_utc_s = INT64_MAX,
                                                  .limit = 10};
    answer = run(&command);
    cr_assert_eq(answer.body.list->count, 2);
    cr_assert_eq(answer.body.list->records[0].record.v, third, "newest first");
    cr_assert_eq(answer.body.list->records[1].record.v, first);
    command.body.list.by = FASTI_LIST_BY_SCHEDULE;
    command.body.list.schedule.v = 1;
    command.body.list.limit = 2;
    answer = run(&command);
    cr_assert_eq(answer.body.list->count, 2);
    cr_assert(answer.body.list->more);
    command.body.list.before = answer.body.list->next;
    answer = run(&command);
    cr_assert_eq(answer.body.list->count, 1);
    cr_assert_not(answer.body.list->more);
    command.body.list.schedule.v = 2;
    cr_assert_eq(run(&command).status, FASTI_INVALID_REFERENCE, "a place of another list");
    command.body.list.before.v = 12345;
    cr_assert_eq(run(&command).status, FASTI_INVALID_REFERENCE, "no place at all");
}

/* What is sent must hold nothing that another command left behind. */
Test(engine, an_answer_without_a_body_has_an_empty_one) {
    static const struct fasti_answer empty;
    struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    for (int i = 0; i < 3; i++) /* the pool gives them out again */
        (void)run(&command);
    command = (struct fasti_command){.kind = FASTI_COMMAND_CIVIL, .organization = {1}};
    command.body.civil = (struct fasti_civil_query){.schedule = {9}, .date = {20458}};
    struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_NO_SUCH);
    cr_assert_arr_eq(&answer.body, &empty.body, sizeof empty.body);
    command = (struct fasti_command){.kind = FASTI_COMMAND_IMPORT_BEGIN, .organization = {1}};
    const uint32_t import = run(&command).body.import.import;
    command.kind = FASTI_COMMAND_IMPORT_ABORT;
    command.body.import = (struct fasti_import){.import = import};
    answer = run(&command);
    cr_assert_eq(answer.status, FASTI_OK);
    cr_assert_arr_eq(&answer.body, &empty.body, sizeof empty.body);
}

Test(engine, describe_ends_behind_the_last_id) {
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE, .organization = {1}};
    command.body.describe.kind = FASTI_ENTITY_SERVICE;
    command.body.describe.after = UINT32_MAX;
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_NO_SUCH);
    command.body.describe.after = 2;
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_NO_SUCH);
    command.body.describe.after = 1;
    cr_assert_eq(run(&command).id, 2);
}

/* A morning for one service and an afternoon for another: at noon the first one's day is over. */
Test(engine, a_day_is_past_for_each_service_alone) {
    struct fasti_opening openings[2] = {engine_weekly("morning", 0x1f, "08:00", "12:00"),
                                        engine_weekly("afternoon", 0x1f, "13:00", "17:00")};
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, 1, "anna");
    struct fasti_put *put = &command.body.put;
    put->body.openings.mode = FASTI_OPENINGS_REPLACE;
    put->body.openings.count = 2;
    put->body.openings.openings = openings;
    put->body.openings.service_name_count = 2;
    put->body.openings.service_names[0] = engine_id("visit");
    put->body.openings.service_names[1] = engine_id("long");
    for (uint32_t i = 0; i < 2; i++) {
        openings[i].service_count = 1;
        openings[i].services[0].v = i + 1;
    }
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_CHANGED);
    fasti_engine_clock(world->engine)->offset_ms = engine_utc_s("2026-01-05T11:30:00Z") * 1000;
    cr_assert_eq(ask(1, "2026-01-05", 1)->day_reasons[0], FASTI_REASON_PAST);
    cr_assert_eq(ask(2, "2026-01-05", 1)->day_reasons[0], FASTI_REASON_FREE);
}

/* ---- durability ---- */

Test(engine, refusal_waits_for_what_it_rests_on) {
    const struct fasti_command command = engine_book(1, 1, "2026-01-05T09:00:00+01:00", "p-1");
    struct fasti_answer answer;
    cr_assert_not(fasti_engine_submit(world->engine, 0, &command, 1, &answer));
    cr_assert_not(fasti_engine_submit(world->engine, 1, &command, 2, &answer),
                  "TAKEN by something that a crash could still take back");
    bool got[3] = {false};
    for (int i = 0; i < 64; i++)
        for (uint32_t w = 0; w < 2; w++)
            while (fasti_engine_poll(world->engine, w, &answer, 1) == 1) {
                got[answer.tag] = true;
                cr_assert_eq(answer.outcome,
                             answer.tag == 1 ? FASTI_OUTCOME_BOOKED : FASTI_OUTCOME_TAKEN);
                cr_assert(answer.tag == 1 || i > 0 || w > 0);
            }
    cr_assert(got[1] && got[2]);
}

Test(engine, dead_log_answers_unknown) {
    const struct fasti_sim_faults faults = {.fail_at_write = 1, .fail_error = -EIO};
    fasti_sim_disk_set_faults(world->disk, &faults);
    const struct fasti_command command = engine_book(1, 1, "2026-01-05T09:00:00+01:00", "p-1");
    cr_assert_eq(run(&command).status, FASTI_UNKNOWN);
    cr_assert(fasti_engine_is_dead(world->engine));
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.status, FASTI_UNKNOWN, "nothing is claimed any more");
}

Test(engine, restart_gives_the_same_state) {
    cr_assert_eq(book(1, "2026-01-05T09:00:00+01:00"), FASTI_OUTCOME_BOOKED);
    const struct fasti_command block =
        engine_block(1, "2026-01-05T10:00:00+01:00", "2026-01-05T11:00:00+01:00");
    cr_assert_eq(run(&block).outcome, FASTI_OUTCOME_BLOCKED);
    const struct fasti_hash128 digest = engine_world_digest(world);
    for (int i = 0; i < 3; i++) {
        if (i == 1)
            engine_world_close(world);
        else
            engine_world_crash(world);
        cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
        cr_assert_eq(world->recovery.clean, i == 1);
        cr_assert(fasti_hash128_equal(engine_world_digest(world), digest));
        cr_assert_eq(ask(1, "2026-01-05", 1)->total, 32 - 1 - 4);
        cr_assert_eq(book(1, "2026-01-05T09:00:00+01:00"), FASTI_OUTCOME_TAKEN);
    }
}

Test(engine, a_stop_may_come_at_any_time) {
    for (int polls = 0; polls < 24; polls++) {
        const struct fasti_sim_faults faults = {.delay_max = 6};
        fasti_sim_disk_set_faults(world->disk, &faults);
        cr_assert_eq(book(1, "2026-01-05T09:00:00+01:00"),
                     polls == 0 ? FASTI_OUTCOME_BOOKED : FASTI_OUTCOME_TAKEN);
        const struct fasti_command block =
            engine_block(1, "2026-01-06T07:00:00Z", "2026-01-06T07:05:00Z");
        const struct fasti_command unblock = engine_unblock(run(&block).record.v);
        cr_assert_eq(run(&unblock).outcome, FASTI_OUTCOME_UNBLOCKED);
        struct fasti_answer answer;
        for (int i = 0; i < polls; i++) /* the batch that states the watermark is on its way */
            (void)fasti_engine_poll(world->engine, 0, &answer, 1);
        engine_world_close(world);
        cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
        cr_assert(world->recovery.clean, "after %d polls", polls);
    }
}

Test(engine, a_log_without_its_beginning_is_refused) {
    char name[FASTI_IO_NAME_BYTES_MAX + 1];
    for (int i = 0; i < 2500; i++) { /* a batch of two blocks each: more than one segment */
        struct fasti_command command = engine_put(FASTI_ENTITY_PRACTITIONER, 1, "dr");
        command.body.put.name.length = 1;
        command.body.put.name.bytes[0] = (char)('a' + i % 26);
        cr_assert_eq(run(&command).status, FASTI_OK);
    }
    engine_world_close(world);
    struct fasti_io *io = fasti_sim_disk_open(world->disk);
    fasti_segment_name(name, 1);
    cr_assert_eq(io->operations->remove(io, name), FASTI_OK);
    struct fasti_inspect_report report;
    struct fasti_detail detail;
    cr_assert_eq(fasti_engine_inspect(io, FASTI_INSPECT_VERIFY, NULL, NULL, &report, &detail),
                 FASTI_CORRUPT_LOG);
    cr_assert(strstr(detail.text, "does not start at LSN 1") != NULL, "%s", detail.text);
    io->operations->close(io);
    cr_assert_eq(engine_world_open(world), FASTI_CORRUPT_LOG);
}

/* ---- a kill at every write ---- */

#define SESSION_STEPS 24

/* The same session for every kill: bookings, cancels, blocks and edits of one morning. */
static struct fasti_command session_step(int step) {
    static const char *const starts[] = {"2026-01-05T08:00:00+01:00", "2026-01-05T08:15:00+01:00",
                                         "2026-01-05T09:00:00+01:00", "2026-01-06T08:00:00+01:00"};
    if (step % 6 == 4)
        return engine_cancel((uint64_t)step / 2);
    if (step % 6 == 5)
        return engine_block(1, "2026-01-07T08:00:00+01:00", "2026-01-07T08:30:00+01:00");
    if (step == 12) {
        struct fasti_command command = engine_put(FASTI_ENTITY_SERVICE, 1, "short");
        command.body.put.body.service.duration_minutes = 10;
        return command;
    }
    return engine_book(1, 1 + (uint32_t)step % 2, starts[(step * 7 + step / 6) % 4], "p");
}

/* Runs the session; returns how many steps were acknowledged (status OK). */
static int session_run(struct fasti_hash128 *digests) {
    for (int step = 0; step < SESSION_STEPS; step++) {
        const struct fasti_command command = session_step(step);
        if (engine_world_run(world, (uint32_t)step % 2, &command).status != FASTI_OK)
            return step;
        if (digests != NULL)
            digests[step + 1] = engine_world_digest(world);
    }
    return SESSION_STEPS;
}

static bool is_acknowledged_state(const struct fasti_hash128 *digests, int acknowledged) {
    const struct fasti_hash128 digest = engine_world_digest(world);
    if (fasti_hash128_equal(digest, digests[acknowledged]))
        return true;
    /* The step in flight may have become durable unseen. */
    return acknowledged < SESSION_STEPS && fasti_hash128_equal(digest, digests[acknowledged + 1]);
}

Test(engine_kill, every_write_of_a_session) {
    struct fasti_hash128 digests[SESSION_STEPS + 1];
    setup();
    digests[0] = engine_world_digest(world);
    engine_world_settle(world);
    fasti_sim_disk_set_faults(world->disk, &(struct fasti_sim_faults){0}); /* counts from 0 */
    cr_assert_eq(session_run(digests), SESSION_STEPS);
    engine_world_settle(world);
    const uint64_t writes = fasti_sim_disk_write_count(world->disk);
    teardown();
    struct fasti_prng prng = fasti_test_prng("engine_kill");
    uint32_t unseen = 0;
    for (uint64_t n = 1; n <= writes; n++)
        for (int tear = 0; tear < 4; tear++) {
            world = engine_world_make(fasti_prng_next(&prng), 2, NOW);
            engine_world_practice(world);
            engine_world_settle(world);
            const struct fasti_sim_faults faults = {.kill_at_write = n, .tear = tear > 0};
            fasti_sim_disk_set_faults(world->disk, &faults);
            const int acknowledged = session_run(NULL);
            engine_world_crash(world);
            fasti_sim_disk_set_faults(world->disk, &(struct fasti_sim_faults){0});
            cr_assert_eq(engine_world_open(world), FASTI_OK, "write %lu: %s", n,
                         world->detail.text);
            cr_assert(is_acknowledged_state(digests, acknowledged),
                      "killed at write %lu, %d steps acknowledged: another state", n, acknowledged);
            unseen += acknowledged < SESSION_STEPS;
            engine_world_free(world);
        }
    cr_assert_gt(unseen, 0, "no kill hit the session");
}

/* ---- imports ---- */

static struct fasti_command import_command(enum fasti_command_kind kind, uint32_t import) {
    struct fasti_command command = {.kind = kind, .organization = {1}};
    command.body.import.import = import;
    return command;
}

/* Stages a service and a schedule that names it; returns the import. */
static uint32_t import_stage(void) {
    struct fasti_command command = import_command(FASTI_COMMAND_IMPORT_BEGIN, 0);
    const uint32_t import = run(&command).body.import.import;
    command = engine_put(FASTI_ENTITY_SERVICE, 1, "dose");
    command.body.put.body.service.duration_minutes = 5;
    command.import = import;
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_STAGED);
    command = engine_put(FASTI_ENTITY_SCHEDULE, 1, "lane");
    command.import = import;
    command.body.put.body.schedule.location = engine_id("haus");
    command.body.put.body.schedule.service_count = 1;
    command.body.put.body.schedule.services[0] = engine_id("dose");
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_STAGED);
    /* The opening names the staged service of the staged schedule. */
    struct fasti_opening opening = engine_weekly("all", 0x7f, "08:00", "09:00");
    opening.service_count = 1;
    opening.services[0].v = 1;
    command = engine_put(FASTI_ENTITY_OPENINGS, 1, "lane");
    command.import = import;
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.source = 9;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &opening;
    command.body.put.body.openings.service_name_count = 1;
    command.body.put.body.openings.service_names[0] = engine_id("dose");
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_STAGED, "%s", answer.detail.text);
    return import;
}

static uint32_t schedules(void) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    return run(&command).body.status.schedules;
}

Test(engine, import_is_all_or_nothing) {
    const struct fasti_hash128 before = engine_world_digest(world);
    import_stage();
    cr_assert_eq(schedules(), 1);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert_eq(schedules(), 1, "what was staged died with the process");
    cr_assert(fasti_hash128_equal(engine_world_digest(world), before));
    const uint32_t import = import_stage();
    const struct fasti_command commit = import_command(FASTI_COMMAND_IMPORT_COMMIT, import);
    const struct fasti_answer answer = run(&commit);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_PUBLISHED, "%s", answer.detail.text);
    cr_assert_eq(answer.body.import.created, 2);
    cr_assert_eq(run(&commit).status, FASTI_NOT_FOUND);
    cr_assert_eq(schedules(), 2);
    const struct fasti_hash128 after = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), after));
    const struct fasti_command command = engine_availability(2, 3, "2026-01-10", 1);
    cr_assert_eq(run(&command).body.availability->total, 12);
}

Test(engine, import_again_changes_nothing) {
    uint32_t import = import_stage();
    struct fasti_command command = import_command(FASTI_COMMAND_IMPORT_COMMIT, import);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_PUBLISHED);
    const struct fasti_hash128 digest = engine_world_digest(world);
    command = import_command(FASTI_COMMAND_IMPORT_BEGIN, 0);
    import = run(&command).body.import.import;
    command = engine_put(FASTI_ENTITY_SERVICE, 1, "dose");
    command.body.put.body.service.duration_minutes = 5;
    command.import = import;
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_UNCHANGED);
    command = import_command(FASTI_COMMAND_IMPORT_COMMIT, import);
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_UNCHANGED);
    cr_assert_eq(answer.body.import.unchanged, 1);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), digest));
}

Test(engine, import_sweeps_its_source) {
    uint32_t import = import_stage();
    struct fasti_command command = import_command(FASTI_COMMAND_IMPORT_COMMIT, import);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_PUBLISHED);
    command = engine_book(2, 3, "2026-01-06T08:00:00+01:00", "p-1");
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_BOOKED);
    command = import_command(FASTI_COMMAND_IMPORT_BEGIN, 0);
    import = run(&command).body.import.import;
    command = import_command(FASTI_COMMAND_IMPORT_COMMIT, import);
    command.body.import.source = 9;
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_PUBLISHED);
    cr_assert_eq(answer.body.import.changed, 1);
    cr_assert_eq(answer.body.import.conflicts, 1, "the appointment stays and is reported");
    command = engine_availability(2, 3, "2026-01-06", 7);
    cr_assert_eq(run(&command).body.availability->reasons[0], FASTI_REASON_CLOSED);
    command = engine_availability(1, 1, "2026-01-06", 1);
    cr_assert_eq(run(&command).body.availability->total, 32, "hand-made openings stay");
}

/* ---- availability = what book accepts ---- */

Test(engine, page_and_book_agree) {
    struct fasti_prng prng = fasti_test_prng("page_and_book_agree");
    for (int i = 0; i < 400; i++) {
        const uint32_t service = 1 + (uint32_t)fasti_prng_below(&prng, 2);
        const struct fasti_availability_answer *page = ask(service, "2026-01-05", 2);
        const int64_t minute = (int64_t)fasti_prng_below(&prng, 2 * 1440 / 5) * 5;
        const int64_t start = engine_utc_s("2026-01-05T00:00:00+01:00") + minute * 60;
        bool is_offered = false;
        for (uint32_t s = 0; s < page->total; s++)
            is_offered |= page->base_utc_s + page->starts[s] == start;
        struct fasti_command command = engine_book(1, service, NOW, "p-1");
        command.body.book.items[0].start_utc_s = start;
        const struct fasti_answer answer = run(&command);
        cr_assert_eq(answer.outcome == FASTI_OUTCOME_BOOKED, is_offered, "minute %ld: %s", minute,
                     fasti_outcome_name(answer.outcome));
        if (answer.outcome == FASTI_OUTCOME_BOOKED && fasti_prng_below(&prng, 2) == 0) {
            command = engine_cancel(answer.record.v);
            cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_CANCELLED);
        }
    }
}
