/*
 * test_upkeep.c - a calendar that lives for years, a day at a time.
 *
 *   bookings, cancels, marks, blocks of each day -> midnight -> what is past retires, what is older
 *   than its retention is purged          beside it: crashes, snapshots, damage to none of them
 *
 * A list of all that was ever made says what must still be there, and what must be gone.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/prng.h"
#include "engine/booking/record.h"
#include "engine/time/civil.h"
#include "tests/support/engine_world.h"
#include "tests/support/seed.h"

#define START          "2026-01-05T07:00:00Z"
#define DAY_MS         INT64_C(86400000)
#define PAST_DAYS      FASTI_PAST_DAYS_MIN
#define RETENTION_DAYS 90
#define MADE_MAX       40000
#define PATIENTS       50
/* A chunk of days retires when its last one is past; a pass is made every hour. */
#define LATEST_DAYS (PAST_DAYS + FASTI_CHUNK_DAYS + 4)

struct made {
    uint64_t record;
    int64_t end_s, changed_ms;
    enum fasti_record_kind kind;
    enum fasti_record_state state;
};

struct life {
    struct engine_world *world;
    struct fasti_prng prng;
    struct made *made;
    uint32_t made_count;
    uint32_t schedules; /* dense ids 1 to this */
};

static uint32_t below(struct life *life, uint32_t end) {
    return (uint32_t)fasti_prng_below(&life->prng, end);
}

static struct fasti_answer run(struct life *life, const struct fasti_command *command) {
    return engine_world_run(life->world, below(life, life->world->worker_count), command);
}

/* ---- a day's acts ---- */

static void made_add(struct life *life, const struct fasti_answer *answer, int64_t end_s,
                     enum fasti_record_kind kind) {
    cr_assert_lt(life->made_count, MADE_MAX);
    life->made[life->made_count++] = (struct made){
        .record = answer->record.v,
        .end_s = end_s,
        .changed_ms = life->world->now_ms,
        .kind = kind,
        .state = FASTI_STATE_BOOKED,
    };
}

/* A quarter of an hour, `days` from now at most. */
static int64_t start_random(struct life *life, uint32_t days) {
    const int64_t day_s = life->world->now_ms / DAY_MS * 86400;
    return day_s + below(life, days + 1) * INT64_C(86400) + 7 * 3600 + below(life, 36) * 900;
}

static void book_step(struct life *life) {
    char patient[16];
    const int length = snprintf(patient, sizeof patient, "p-%u", below(life, PATIENTS));
    struct fasti_command command = engine_book(1 + below(life, life->schedules), 1, START, patient);
    struct fasti_book *book = &command.body.book;
    book->items[0].start_utc_s = start_random(life, 40);
    book->appointments[0].patient_length = (uint8_t)length;
    const struct fasti_answer answer = run(life, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    if (answer.outcome == FASTI_OUTCOME_BOOKED)
        made_add(life, &answer, book->items[0].start_utc_s + 15 * 60, FASTI_RECORD_APPOINTMENT);
}

/* Of one day or of several. */
static void block_step(struct life *life) {
    struct fasti_command command =
        engine_block(1 + below(life, life->schedules), START, "2026-01-05T08:00:00Z");
    struct fasti_block *block = &command.body.block;
    block->start_utc_s = start_random(life, 20);
    block->end_utc_s = block->start_utc_s + (below(life, 2) == 0 ? 900 : 2 * 86400 + 900);
    const struct fasti_answer answer = run(life, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    if (answer.outcome == FASTI_OUTCOME_BLOCKED)
        made_add(life, &answer, block->end_utc_s, FASTI_RECORD_BLOCK);
}

static bool is_kept(const struct life *life, const struct made *made) {
    const int64_t retained_ms = life->world->now_ms - RETENTION_DAYS * DAY_MS;
    return made->end_s * 1000 >= retained_ms || made->changed_ms >= retained_ms;
}

/* Some record that is surely there, of the last ones mostly. */
static struct made *made_random(struct life *life) {
    if (life->made_count == 0)
        return NULL;
    const uint32_t near = life->made_count < 3000 ? life->made_count : 3000;
    struct made *made = &life->made[life->made_count - 1 - below(life, near)];
    return is_kept(life, made) ? made : NULL;
}

/* Cancelled or unblocked, also long after its day; an appointment may be marked instead. */
static void change_step(struct life *life) {
    struct made *made = made_random(life);
    if (made == NULL || made->state != FASTI_STATE_BOOKED)
        return;
    struct fasti_command command = made->kind == FASTI_RECORD_BLOCK ? engine_unblock(made->record)
                                                                    : engine_cancel(made->record);
    enum fasti_record_state state = FASTI_STATE_CANCELLED;
    if (made->kind == FASTI_RECORD_APPOINTMENT && below(life, 2) == 0) {
        command.kind = FASTI_COMMAND_MARK;
        state = FASTI_STATE_NOSHOW;
        command.body.mark = (struct fasti_mark){.record = {made->record}, .state = (uint8_t)state};
    }
    const struct fasti_answer answer = run(life, &command);
    cr_assert(answer.status == FASTI_OK && fasti_outcome_is_done(answer.outcome),
              "record %" PRIu64 ": %s", made->record, answer.detail.text);
    made->state = state;
    made->changed_ms = life->world->now_ms;
}

/* Some appointments are marked every few weeks, for years: they stay, older than all around them.
 */
#define PET_EACH 300
#define PETS_END 1500
static void pets_step(struct life *life) {
    for (uint32_t i = 0; i < life->made_count && i < PETS_END; i += PET_EACH) {
        struct made *pet = &life->made[i];
        if (pet->kind != FASTI_RECORD_APPOINTMENT || pet->state == FASTI_STATE_CANCELLED ||
            pet->changed_ms > life->world->now_ms - 40 * DAY_MS || !is_kept(life, pet))
            continue;
        struct fasti_command command = {.kind = FASTI_COMMAND_MARK, .organization = {1}};
        const enum fasti_record_state state =
            pet->state == FASTI_STATE_NOSHOW ? FASTI_STATE_ARRIVED : FASTI_STATE_NOSHOW;
        command.body.mark = (struct fasti_mark){.record = {pet->record}, .state = (uint8_t)state};
        const struct fasti_answer answer = run(life, &command);
        cr_assert_eq(answer.outcome, FASTI_OUTCOME_MARKED, "%s", answer.detail.text);
        pet->state = state;
        pet->changed_ms = life->world->now_ms;
    }
}

/* A day that retired is closed for ever. */
static void past_step(struct life *life) {
    struct fasti_command command =
        engine_block(1 + below(life, life->schedules), START, "2026-01-05T08:00:00Z");
    struct fasti_block *block = &command.body.block;
    block->start_utc_s =
        life->world->now_ms / DAY_MS * 86400 - (LATEST_DAYS + below(life, 200)) * INT64_C(86400);
    block->end_utc_s = block->start_utc_s + 900;
    if (life->world->now_ms - engine_utc_s(START) * 1000 < 2 * DAY_MS)
        return; /* the first pass is under way */
    const struct fasti_answer answer = run(life, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_PAST);
}

/* ---- what must hold ---- */

static void show_check(struct life *life, const struct made *made) {
    const struct fasti_command command = {
        .kind = FASTI_COMMAND_SHOW, .organization = {1}, .body.show = {made->record}};
    const struct fasti_answer answer = run(life, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    if (is_kept(life, made)) {
        cr_assert_eq(answer.outcome, FASTI_OUTCOME_FOUND, "record %" PRIu64 " is gone too early",
                     made->record);
        cr_assert_eq(answer.body.show.view.state, made->state);
        return;
    }
    const int64_t late_ms = life->world->now_ms - (RETENTION_DAYS + LATEST_DAYS) * DAY_MS;
    if (made->end_s * 1000 < late_ms && made->changed_ms < late_ms)
        cr_assert_eq(answer.outcome, FASTI_OUTCOME_NO_SUCH,
                     "record %" PRIu64 " should have been purged", made->record);
}

static struct made *made_find(struct life *life, uint64_t record) {
    for (uint32_t i = life->made_count; i > 0; i--)
        if (life->made[i - 1].record == record)
            return &life->made[i - 1];
    return NULL;
}

/* Marks in seen what a list has, page by page; each once, and none that was never made. */
static void list_read(struct life *life, struct fasti_list_query query, bool *seen) {
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
    query.include_ended = true;
    query.from_utc_s = INT64_MIN;
    query.to_utc_s = INT64_MAX;
    query.limit = 100;
    command.body.list = query;
    bool more;
    do {
        const struct fasti_answer answer = run(life, &command);
        cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
        const struct fasti_list_answer *list = answer.body.list;
        for (uint32_t i = 0; i < list->count; i++) {
            const struct made *made = made_find(life, list->records[i].record.v);
            cr_assert_not_null(made);
            cr_assert_eq(made->state, list->records[i].state);
            if (list->records[i].item != 0)
                continue; /* a block's later days */
            cr_assert_not(seen[made - life->made], "record %" PRIu64 " is listed twice",
                          made->record);
            seen[made - life->made] = true;
        }
        command.body.list.before = list->next;
        more = list->more;
    } while (more);
}

/* All that must be there is in the list of its schedule, appointments in their patient's, too. */
static void lists_check(struct life *life) {
    bool *seen = calloc(life->made_count + 1, sizeof *seen);
    bool *of_patients = calloc(life->made_count + 1, sizeof *seen);
    for (uint32_t schedule = 1; schedule <= life->schedules; schedule++)
        list_read(life,
                  (struct fasti_list_query){
                      .by = FASTI_LIST_BY_SCHEDULE, .schedule = {schedule}, .include_blocks = true},
                  seen);
    for (uint32_t i = 0; i < PATIENTS; i++) {
        struct fasti_list_query query = {.by = FASTI_LIST_BY_PATIENT};
        query.patient_length = (uint8_t)snprintf(query.patient, sizeof query.patient, "p-%u", i);
        list_read(life, query, of_patients);
    }
    for (uint32_t i = 0; i < life->made_count; i++) {
        const struct made *made = &life->made[i];
        cr_assert(seen[i] || !is_kept(life, made), "record %" PRIu64 " is in no list",
                  made->record);
        cr_assert(of_patients[i] || !is_kept(life, made) || made->kind == FASTI_RECORD_BLOCK,
                  "record %" PRIu64 " is in no patient's list", made->record);
    }
    free(seen);
    free(of_patients);
}

/* A crash and a start: the log, or what is left of it with its oldest snapshot, says the same. */
static void reopen(struct life *life) {
    struct fasti_inspect_report report;
    const struct fasti_hash128 digest = engine_world_digest(life->world);
    engine_world_crash(life->world);
    struct fasti_io *io = fasti_sim_disk_open(life->world->disk);
    const enum fasti_status status =
        fasti_engine_inspect(io, FASTI_INSPECT_DIGEST, NULL, NULL, &report, &life->world->detail);
    io->operations->close(io);
    cr_assert_eq(status, FASTI_OK, "%s", life->world->detail.text);
    cr_assert(fasti_hash128_equal(report.digest_computed, digest));
    cr_assert_eq(engine_world_open(life->world), FASTI_OK, "%s", life->world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(life->world), digest));
    engine_world_settle(life->world); /* days that held nothing retire without a word in the log */
}

/* ---- lives ---- */

static struct life life_begin(const char *test, uint32_t schedules) {
    struct life life = {.prng = fasti_test_prng(test), .schedules = schedules};
    life.world = engine_world_make(life.prng.state, 2, START);
    life.made = calloc(MADE_MAX, sizeof *life.made);
    engine_world_practice(life.world);
    for (uint32_t i = 2; i <= schedules; i++) {
        char name[16];
        snprintf(name, sizeof name, "s-%u", i);
        struct fasti_command command = engine_schedule(1, name, 15, "visit", NULL);
        command.body.put.body.schedule.terms.week_limit = i % 2 == 0 ? 60 : 0; /* guards */
        cr_assert_eq(run(&life, &command).outcome, FASTI_OUTCOME_CREATED);
        const struct fasti_opening opening = engine_weekly("day", 0x7f, "07:00", "18:00");
        command = engine_put(FASTI_ENTITY_OPENINGS, 1, name);
        command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
        command.body.put.body.openings.count = 1;
        command.body.put.body.openings.openings = &opening;
        cr_assert_eq(run(&life, &command).outcome, FASTI_OUTCOME_CHANGED);
    }
    engine_world_crash(life.world);
    life.world->past_days = PAST_DAYS;
    life.world->retention_days = RETENTION_DAYS;
    life.world->segment_bytes = 64 * FASTI_BLOCK_BYTES;
    cr_assert_eq(engine_world_open(life.world), FASTI_OK, "%s", life.world->detail.text);
    return life;
}

static void life_end(struct life *life) {
    free(life->made);
    engine_world_free(life->world);
}

static void day_pass(struct life *life, uint32_t acts) {
    for (uint32_t i = 0; i < acts; i++)
        switch (below(life, 8)) {
        case 0: change_step(life); break;
        case 1: block_step(life); break;
        case 2: past_step(life); break;
        default: book_step(life); break;
        }
    pets_step(life);
    engine_world_pass(life->world, DAY_MS);
    engine_world_settle(life->world);
    engine_world_settle(life->world); /* a pass is over before the next day */
    for (uint32_t i = 0; i < 4 && life->made_count > 0; i++)
        show_check(life, &life->made[below(life, life->made_count)]);
}

static uint64_t arena_bytes(struct life *life) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    return run(life, &command).body.status.arena_bytes;
}

/* ---- two years ---- */

Test(upkeep, two_years_of_days) {
    struct life life = life_begin("two_years_of_days", 4);
    uint64_t bytes_first_year = 0;
    for (uint32_t day = 0; day < 730; day++) {
        day_pass(&life, 40);
        if (day % 61 == 60)
            engine_world_checkpoint(life.world);
        if (day % 47 == 46)
            reopen(&life);
        if (day % 90 == 89)
            lists_check(&life);
        if (day == 364)
            bytes_first_year = arena_bytes(&life);
    }
    cr_assert_leq(arena_bytes(&life), bytes_first_year);
    cr_assert_gt(life.made_count, 3 * FASTI_RECORD_CHUNK, "there are chunks that can go");
    life_end(&life);
}

/* Nothing is snapshotted: the log from LSN 1 says all of it. */
Test(upkeep, the_log_alone_knows_what_went) {
    struct life life = life_begin("the_log_alone_knows_what_went", 2);
    for (uint32_t day = 0; day < 300; day++)
        day_pass(&life, 12);
    reopen(&life);
    lists_check(&life);
    for (uint32_t i = 0; i < life.made_count; i++)
        show_check(&life, &life.made[i]);
    life_end(&life);
}

/* A snapshot whose walk falls on any moment of a pass, then a crash, each day. */
Test(upkeep, snapshots_beside_passes) {
    struct life life = life_begin("snapshots_beside_passes", 3);
    for (uint32_t day = 0; day < 240; day++) {
        day_pass(&life, 10);
        engine_world_pass(life.world, 0);
        if (day > 100)
            engine_world_checkpoint(life.world);
        struct fasti_answer answer;
        for (uint32_t polls = below(&life, 60); polls > 0; polls--)
            (void)fasti_engine_poll(life.world->engine, polls % 2, &answer, 0);
        if (day > 100 && day % 3 == 0)
            reopen(&life);
        if (day > 100 && day % 6 == 0) { /* of purged ones that replay left in their chains */
            engine_world_checkpoint(life.world);
            (void)engine_world_checkpoint_wait(life.world, 1 + below(&life, 400));
            reopen(&life);
        }
        if (day % 40 == 39)
            lists_check(&life);
    }
    lists_check(&life);
    reopen(&life);
    life_end(&life);
}

/* A clock that leaps a year: everything retires in one pass, and is purged in one. */
Test(upkeep, a_leap_of_a_year) {
    struct life life = life_begin("a_leap_of_a_year", 3);
    for (uint32_t day = 0; day < 60; day++)
        day_pass(&life, 20);
    engine_world_pass(life.world, 365 * DAY_MS);
    engine_world_settle(life.world);
    engine_world_settle(life.world);
    for (uint32_t i = 0; i < life.made_count; i++)
        show_check(&life, &life.made[i]);
    reopen(&life);
    const struct fasti_command command = engine_availability(1, 1, "2027-03-08", 5);
    const struct fasti_answer answer = run(&life, &command);
    cr_assert_gt(answer.body.availability->total, 0);
    life_end(&life);
}

/* Loads every record of one life into another, whose days of that time retired long ago. */
static void records_move(struct life *from, struct life *to) {
    struct fasti_command ask = {.kind = FASTI_COMMAND_EXPORT};
    bool more;
    do {
        static _Alignas(8) uint8_t bytes[FASTI_EXPORT_BYTES_MAX];
        const struct fasti_answer answer = engine_world_run(from->world, 0, &ask);
        cr_assert_eq(answer.outcome, FASTI_OUTCOME_FOUND, "%s", answer.detail.text);
        const struct fasti_export_answer *page = &answer.body.exported;
        memcpy(bytes, page->bytes, page->size);
        for (uint32_t at = 0; at < page->size;) {
            const struct fasti_record *record = (const void *)(bytes + at);
            struct fasti_command load = {.kind = FASTI_COMMAND_LOAD};
            load.body.load.bytes = bytes + at;
            load.body.load.size = (uint32_t)fasti_record_bytes(record);
            at += load.body.load.size;
            const struct fasti_answer loaded = run(to, &load);
            cr_assert_eq(loaded.outcome, FASTI_OUTCOME_LOADED, "record %" PRIu32 ": %s", record->id,
                         loaded.detail.text);
        }
        ask.body.export_after = page->next;
        more = page->more;
    } while (more);
}

/* A server's history of years goes to another one, where its days are past already. */
Test(upkeep, history_is_loaded_where_its_days_retired) {
    struct life from = life_begin("history_is_loaded_where_its_days_retired", 3);
    struct life to = life_begin("beside it", 3);
    for (uint32_t day = 0; day < 150; day++)
        day_pass(&from, 15);
    engine_world_pass(to.world, from.world->now_ms - to.world->now_ms);
    engine_world_settle(to.world);
    records_move(&from, &to);
    cr_assert(fasti_hash128_equal(engine_world_digest(from.world), engine_world_digest(to.world)));
    reopen(&to);
    /* Cancelled at once, before a pass has seen again which days retired. */
    for (uint32_t i = 0; i < from.made_count; i++) {
        const struct made *made = &from.made[i];
        if (made->state != FASTI_STATE_BOOKED || made->kind != FASTI_RECORD_APPOINTMENT ||
            !is_kept(&from, made))
            continue;
        if (i % 7 == 0) {
            engine_world_crash(to.world);
            cr_assert_eq(engine_world_open(to.world), FASTI_OK, "%s", to.world->detail.text);
        }
        const struct fasti_command command = engine_cancel(made->record);
        const struct fasti_answer answer = run(&to, &command);
        cr_assert_eq(answer.outcome, FASTI_OUTCOME_CANCELLED, "record %" PRIu64 ": %s",
                     made->record, answer.detail.text);
    }
    reopen(&to);
    life_end(&from);
    life_end(&to);
}

/* The numbers of what was purged are not loaded again. */
Test(upkeep, numbers_of_purged_records_do_not_come_again) {
    struct life from = life_begin("numbers_of_purged_records_do_not_come_again", 2);
    static _Alignas(8) uint8_t bytes[FASTI_EXPORT_BYTES_MAX];
    for (uint32_t day = 0; day < 3; day++)
        day_pass(&from, 20);
    const struct fasti_command ask = {.kind = FASTI_COMMAND_EXPORT};
    const struct fasti_answer answer = engine_world_run(from.world, 0, &ask);
    memcpy(bytes, answer.body.exported.bytes, answer.body.exported.size);
    struct fasti_command load = {.kind = FASTI_COMMAND_LOAD};
    load.body.load.bytes = bytes;
    load.body.load.size = (uint32_t)fasti_record_bytes((const void *)bytes);
    cr_assert_eq(run(&from, &load).outcome, FASTI_OUTCOME_UNCHANGED);
    for (uint32_t i = 0; i < 3; i++) { /* as it is, after a replay, after a snapshot */
        engine_world_pass(from.world, 300 * DAY_MS);
        engine_world_settle(from.world);
        cr_assert_eq(run(&from, &load).status, FASTI_EXISTS);
        engine_world_checkpoint(from.world);
        cr_assert(i == 0 || engine_world_checkpoint_wait(from.world, 10000));
        reopen(&from);
        cr_assert_eq(run(&from, &load).status, FASTI_EXISTS);
    }
    life_end(&from);
}

/* ---- midnights ---- */

/* Berlin's midnights around the nights of 23 and of 25 hours; days are as long as the clocks say.
 */
static const struct night {
    const char *midnight; /* begins this date */
    fasti_date date;
    uint32_t past_days; /* with which a chunk of days retires just then */
} nights[] = {
    {"2026-03-28T23:00:00Z", {20541}, 48}, /* 2026-03-29, which has 23 hours */
    {"2026-03-29T22:00:00Z", {20542}, 49},
    {"2026-10-24T22:00:00Z", {20751}, 66},
    {"2026-10-25T23:00:00Z", {20752}, 35}, /* after 2026-10-25, which has 25 */
};

static void now_set(struct engine_world *world, int64_t now_ms) {
    engine_world_pass(world, now_ms - world->now_ms);
}

/* Free starts of schedule 2 on a date. */
static uint32_t starts_on(struct engine_world *world, fasti_date date) {
    struct fasti_command command = engine_availability(2, 1, "2026-01-05", 1);
    command.body.availability.first = date;
    const struct fasti_answer answer = engine_world_run(world, 0, &command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    return answer.body.availability->total;
}

/* The horizon moves on at the place's own midnight, to the millisecond. */
Test(upkeep, the_horizon_moves_at_the_places_midnight) {
    struct life life = life_begin("the_horizon_moves_at_the_places_midnight", 2);
    struct fasti_command command = engine_schedule(1, "s-2", 15, "visit", NULL);
    command.body.put.body.schedule.terms.horizon_days = 7;
    cr_assert_eq(run(&life, &command).outcome, FASTI_OUTCOME_CHANGED);
    for (uint32_t i = 0; i < sizeof nights / sizeof nights[0]; i++) {
        const int64_t midnight_ms = engine_utc_s(nights[i].midnight) * 1000;
        const fasti_date last = {nights[i].date.v + 7};
        now_set(life.world, midnight_ms - 1);
        cr_assert_eq(starts_on(life.world, last), 0, "%s", nights[i].midnight);
        cr_assert_gt(starts_on(life.world, (fasti_date){last.v - 1}), 0);
        now_set(life.world, midnight_ms);
        cr_assert_gt(starts_on(life.world, last), 0, "%s", nights[i].midnight);
        cr_assert_eq(starts_on(life.world, (fasti_date){last.v + 1}), 0);
    }
    life_end(&life);
}

static enum fasti_outcome block_on(struct engine_world *world, fasti_date date) {
    struct fasti_command command = engine_block(2, START, START);
    command.body.block.start_utc_s = date.v * INT64_C(86400) + 10 * 3600;
    command.body.block.end_utc_s = command.body.block.start_utc_s + 900;
    return engine_world_run(world, 0, &command).outcome;
}

/* A pass asks what day it is where the schedule is. */
Test(upkeep, days_retire_at_the_places_midnight) {
    for (uint32_t i = 0; i < sizeof nights / sizeof nights[0]; i++) {
        struct life life = life_begin("days_retire_at_the_places_midnight", 2);
        const int64_t midnight_ms = engine_utc_s(nights[i].midnight) * 1000;
        const fasti_date last = {nights[i].date.v - (int32_t)nights[i].past_days - 1};
        life.world->past_days = nights[i].past_days;
        for (int64_t late_ms = -1; late_ms <= 0; late_ms++) {
            engine_world_crash(life.world);
            life.world->now_ms = midnight_ms + late_ms;
            cr_assert_eq(engine_world_open(life.world), FASTI_OK);
            engine_world_settle(life.world);
            cr_assert_eq(block_on(life.world, last),
                         late_ms < 0 ? FASTI_OUTCOME_BLOCKED : FASTI_OUTCOME_PAST, "%s",
                         nights[i].midnight);
            cr_assert_eq(block_on(life.world, (fasti_date){last.v + 1 + (int32_t)(late_ms + 1)}),
                         FASTI_OUTCOME_BLOCKED);
        }
        life_end(&life);
    }
}

static void put_done(struct engine_world *world, const struct fasti_command *command) {
    const struct fasti_answer answer = engine_world_run(world, 0, command);
    cr_assert(answer.status == FASTI_OK && fasti_outcome_is_done(answer.outcome), "%s",
              answer.detail.text);
}

/* Of so many schedules only the last has days: the first slice of a pass does not come to it. */
static struct engine_world *world_of_many(uint32_t schedules) {
    struct engine_world *world = engine_world_make(1, 2, START);
    struct fasti_zone zone = {.change_count = 1, .changes = {{FASTI_ZONE_FIRST_UTC_S, 0}}};
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, "UTC");
    command.body.put.body.zone = &zone;
    put_done(world, &command);
    command = engine_put(FASTI_ENTITY_ORGANIZATION, 0, "praxis");
    put_done(world, &command);
    command = engine_put(FASTI_ENTITY_LOCATION, 1, "haus");
    command.body.put.body.location.zone = engine_id("UTC");
    put_done(world, &command);
    command = engine_put(FASTI_ENTITY_SERVICE, 1, "visit");
    command.body.put.body.service.duration_minutes = 15;
    put_done(world, &command);
    char name[16];
    for (uint32_t i = 0; i < schedules; i++) {
        snprintf(name, sizeof name, "s-%u", i);
        command = engine_schedule(1, name, 15, "visit", NULL);
        put_done(world, &command);
    }
    const struct fasti_opening opening = engine_weekly("day", 0x7f, "07:00", "18:00");
    command = engine_put(FASTI_ENTITY_OPENINGS, 1, name);
    command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &opening;
    put_done(world, &command);
    return world;
}

/* A clock that is wrong when a pass begins, and set right in the middle of it: what retires then is
 * logged with a time at which it was past. */
Test(upkeep, a_clock_is_set_back_in_a_pass) {
    struct fasti_answer answer;
    struct engine_world *world = world_of_many(400);
    engine_world_close(world);
    world->past_days = PAST_DAYS;
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    engine_world_settle(world);
    engine_world_pass(world, 100 * DAY_MS);
    (void)fasti_engine_poll(world->engine, 0, &answer, 1);
    engine_world_pass(world, -99 * DAY_MS);
    engine_world_settle(world);
    const struct fasti_command status = {.kind = FASTI_COMMAND_STATUS};
    answer = engine_world_run(world, 0, &status);
    cr_assert_gt(answer.body.status.retired_days, 0);
    cr_assert_gt(answer.body.status.now_ms, world->now_ms, "the engine's time does not go back");
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    engine_world_free(world);
}

/* Where memory is full, what is past makes room again. */
Test(upkeep, a_full_memory_is_freed) {
    struct life life = life_begin("a_full_memory_is_freed", 3);
    static uint8_t payload[FASTI_PAYLOAD_BYTES_MAX];
    engine_world_crash(life.world);
    life.world->memory_bytes_max = UINT64_C(12) << 20;
    cr_assert_eq(engine_world_open(life.world), FASTI_OK, "%s", life.world->detail.text);
    engine_world_settle(life.world);
    enum fasti_status status = FASTI_OK;
    for (uint32_t i = 0; i < 30000 && status == FASTI_OK; i++) {
        struct fasti_command command = engine_book(3, 1, START, "p-1");
        struct fasti_book *book = &command.body.book;
        book->items[0].start_utc_s = (20459 + i / 40) * INT64_C(86400) + 7 * 3600 + i % 40 * 900;
        book->appointments[0].payload = payload;
        book->appointments[0].payload_length = sizeof payload;
        status = run(&life, &command).status;
    }
    cr_assert_eq(status, FASTI_LIMIT_MEMORY);
    engine_world_pass(life.world, 1500 * DAY_MS);
    for (uint32_t i = 0; i < 8; i++)
        engine_world_settle(life.world);
    const struct fasti_command ask = {.kind = FASTI_COMMAND_STATUS};
    cr_assert_gt(run(&life, &ask).body.status.purged_records, 1000);
    struct fasti_command command = engine_book(3, 1, START, "p-1");
    command.body.book.items[0].start_utc_s = life.world->now_ms / DAY_MS * 86400 + 30 * 3600 + 3600;
    /* It went to the worker that let it go, whose own it is. */
    bool is_booked = false;
    for (uint32_t w = 0; w < life.world->worker_count && !is_booked; w++)
        is_booked = engine_world_run(life.world, w, &command).outcome == FASTI_OUTCOME_BOOKED;
    cr_assert(is_booked);
    life_end(&life);
}

Test(upkeep, options_that_make_no_sense_are_refused) {
    struct engine_world *world = engine_world_make_small(1, 1, START);
    engine_world_crash(world);
    world->past_days = FASTI_PAST_DAYS_MIN - 1;
    cr_assert_eq(engine_world_open(world), FASTI_INVALID_OPTION);
    world->past_days = 0;
    world->retention_days = 10;
    cr_assert_eq(engine_world_open(world), FASTI_INVALID_OPTION);
    engine_world_free(world);
}
