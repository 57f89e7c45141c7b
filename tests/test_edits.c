/*
 * test_edits.c - edits of the directory beside bookings, through the engine's face: what changes
 * the meaning of ticks, and imports that others' edits have overtaken.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/engine_world.h"

/* Monday 2026-01-05, 08:00 in Berlin. */
#define NOW "2026-01-05T07:00:00Z"

static struct engine_world *world;

static void setup(void) {
    world = engine_world_make(1, 2, NOW);
    engine_world_practice(world);
}

static void teardown(void) {
    cr_assert_not(fasti_engine_is_dead(world->engine));
    engine_world_free(world);
}

TestSuite(edits, .init = setup, .fini = teardown);

static struct fasti_answer run(struct fasti_command command) {
    return engine_world_run(world, 0, &command);
}

static uint64_t done(struct fasti_command command, enum fasti_outcome outcome) {
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(answer.outcome, outcome, "%s, not %s", fasti_outcome_name(answer.outcome),
                 fasti_outcome_name(outcome));
    return answer.record.v;
}

static void refused(struct fasti_command command, enum fasti_status status, const char *word) {
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, status, "%s, not %s: %s", fasti_status_name(answer.status),
                 fasti_status_name(status), answer.detail.text);
    cr_assert(strstr(answer.detail.text, word) != NULL, "'%s' lacks '%s'", answer.detail.text,
              word);
}

/* ---- zone, place, resolution ---- */

static void zone_put(const char *name, int32_t offset_s) {
    struct fasti_zone *zone = calloc(1, sizeof *zone);
    zone->change_count = 1;
    zone->changes[0] = (struct fasti_zone_change){FASTI_ZONE_FIRST_UTC_S, offset_s};
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, name);
    command.body.put.body.zone = zone;
    done(command, FASTI_OUTCOME_CREATED);
    free(zone);
}

static struct fasti_command location(const char *zone) {
    struct fasti_command command = engine_put(FASTI_ENTITY_LOCATION, 1, "haus");
    command.body.put.body.location.zone = engine_id(zone);
    return command;
}

/* Schedule "anna" as engine_world_practice makes it, with another resolution. */
static struct fasti_command anna(uint8_t resolution_minutes) {
    return engine_schedule(1, "anna", resolution_minutes, "visit", "long");
}

Test(edits, a_zone_waits_until_no_day_holds_time) {
    zone_put("Etc/Two", 7200);
    const struct fasti_command first = engine_book(1, 1, "2026-01-06T09:00:00Z", "p-1");
    const uint64_t record = done(first, FASTI_OUTCOME_BOOKED);
    const struct fasti_hash128 before = engine_world_digest(world);
    refused(location("Etc/Two"), FASTI_INVALID_STATE,
            "schedule 'anna' has time taken on 2026-01-06");
    cr_assert(fasti_hash128_equal(engine_world_digest(world), before), "nothing changed");
    done(first, FASTI_OUTCOME_TAKEN);
    done(engine_book(1, 1, "2026-01-06T08:00:00Z", "p-2"), FASTI_OUTCOME_BOOKED);

    engine_world_free(world);
    setup();
    zone_put("Etc/Two", 7200);
    cr_assert_eq(done(first, FASTI_OUTCOME_BOOKED), record);
    done(engine_cancel(record), FASTI_OUTCOME_CANCELLED);
    done(location("Etc/Two"), FASTI_OUTCOME_CHANGED);
    /* 08:00 to 12:00 is now 06:00Z to 10:00Z. */
    done(engine_book(1, 1, "2026-01-06T06:00:00Z", "p-3"), FASTI_OUTCOME_BOOKED);
    done(engine_book(1, 1, "2026-01-06T10:00:00Z", "p-4"), FASTI_OUTCOME_CLOSED);
    const struct fasti_hash128 after = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), after));
    done(engine_book(1, 1, "2026-01-06T06:00:00Z", "p-5"), FASTI_OUTCOME_TAKEN);
    refused(location("Europe/Berlin"), FASTI_INVALID_STATE, "anna");
}

Test(edits, equal_zones_under_two_names_move_nothing) {
    struct fasti_command command = {.kind = FASTI_COMMAND_RESOLVE};
    zone_put("Etc/One", 3600);
    zone_put("Etc/Uno", 3600);
    done(location("Etc/One"), FASTI_OUTCOME_CHANGED);
    done(engine_book(1, 1, "2026-01-06T09:00:00Z", "p-1"), FASTI_OUTCOME_BOOKED);
    done(location("Etc/Uno"), FASTI_OUTCOME_CHANGED);
    done(engine_book(1, 1, "2026-01-06T09:00:00Z", "p-2"), FASTI_OUTCOME_TAKEN);
    command.body.resolve.kind = FASTI_ENTITY_ZONE;
    command.body.resolve.id = engine_id("Etc/Uno");
    cr_assert_eq(run(command).outcome, FASTI_OUTCOME_FOUND);
}

Test(edits, a_resolution_waits_too_and_every_day_follows) {
    const uint64_t record =
        done(engine_book(1, 1, "2026-01-06T09:00:00Z", "p-1"), FASTI_OUTCOME_BOOKED);
    refused(anna(1), FASTI_INVALID_STATE, "2026-01-06");
    done(engine_cancel(record), FASTI_OUTCOME_CANCELLED);
    done(anna(1), FASTI_OUTCOME_CHANGED);
    struct fasti_command seven = engine_put(FASTI_ENTITY_SERVICE, 1, "visit");
    seven.body.put.body.service.duration_minutes = 7;
    done(seven, FASTI_OUTCOME_CHANGED);
    done(engine_book(1, 1, "2026-01-06T07:07:00Z", "p-2"), FASTI_OUTCOME_BOOKED);
    done(engine_book(1, 1, "2026-01-06T07:00:00Z", "p-3"), FASTI_OUTCOME_BOOKED);
    done(engine_book(1, 1, "2026-01-06T07:05:00Z", "p-4"), FASTI_OUTCOME_OFF_GRID);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    done(engine_book(1, 1, "2026-01-06T07:07:00Z", "p-5"), FASTI_OUTCOME_TAKEN);
    done(engine_book(1, 1, "2026-01-06T07:14:00Z", "p-6"), FASTI_OUTCOME_BOOKED);
}

Test(edits, a_block_holds_time_like_a_booking) {
    done(engine_block(1, "2026-01-06T01:00:00Z", "2026-01-06T02:00:00Z"), FASTI_OUTCOME_BLOCKED);
    refused(anna(1), FASTI_INVALID_STATE, "anna");
}

Test(edits, a_resolution_must_divide_the_offsets_of_its_zone) {
    zone_put("Asia/Kathmandu", 20700);
    done(location("Asia/Kathmandu"), FASTI_OUTCOME_CHANGED);
    refused(anna(10), FASTI_INVALID_RESOLUTION, "visit");
    struct fasti_command lane = anna(10);
    lane.body.put.id = engine_id("lane");
    lane.body.put.body.schedule.service_count = 1;
    lane.body.put.body.schedule.services[0] = engine_id("long");
    refused(lane, FASTI_INVALID_RESOLUTION, "345 minutes off UTC");
}

/* The table of a zone in use may change with tzdata: it is refused like a move to such a zone. */
Test(edits, a_zone_in_use_keeps_to_the_resolutions_of_its_schedules) {
    static struct fasti_zone zone;
    zone_put("Etc/Own", 3600);
    done(location("Etc/Own"), FASTI_OUTCOME_CHANGED);
    struct fasti_command lane = anna(10);
    lane.body.put.id = engine_id("lane");
    lane.body.put.body.schedule.service_count = 1;
    lane.body.put.body.schedule.services[0] = engine_id("long");
    done(lane, FASTI_OUTCOME_CREATED);
    zone.change_count = 1;
    zone.changes[0] = (struct fasti_zone_change){FASTI_ZONE_FIRST_UTC_S, 20700};
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, "Etc/Own");
    command.body.put.body.zone = &zone;
    refused(command, FASTI_INVALID_RESOLUTION, "345 minutes off UTC");
    zone.changes[0].offset_s = 7200;
    done(command, FASTI_OUTCOME_CHANGED);
}

/* ---- codes ---- */

static struct fasti_put described(enum fasti_entity_kind kind) {
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE, .organization = {1}};
    command.body.describe.kind = kind;
    command.body.describe.id = 1;
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_FOUND);
    return answer.body.describe->put;
}

static void codes_are(const char *code, const char *main_specialty, const char *second) {
    const struct fasti_put service = described(FASTI_ENTITY_SERVICE);
    const struct fasti_put schedule = described(FASTI_ENTITY_SCHEDULE);
    const struct fasti_id_text texts[] = {engine_id(code), engine_id(main_specialty),
                                          engine_id(second)};
    cr_assert(fasti_id_text_equal(&service.body.service.code, &texts[0]));
    cr_assert_eq(schedule.body.schedule.specialty_count, 2);
    cr_assert(fasti_id_text_equal(&schedule.body.schedule.specialties[0], &texts[1]));
    cr_assert(fasti_id_text_equal(&schedule.body.schedule.specialties[1], &texts[2]));
}

Test(edits, codes_change_alone_and_stay_over_a_crash) {
    struct fasti_command visit = engine_put(FASTI_ENTITY_SERVICE, 1, "visit"), lane = anna(5);
    const struct fasti_hash128 bare = engine_world_digest(world);
    visit.body.put.body.service.duration_minutes = 15;
    done(visit, FASTI_OUTCOME_UNCHANGED);
    visit.body.put.body.service.code = engine_id("checkup");
    done(visit, FASTI_OUTCOME_CHANGED);
    done(visit, FASTI_OUTCOME_UNCHANGED);
    done(lane, FASTI_OUTCOME_UNCHANGED);
    lane.body.put.body.schedule.specialties[0] = engine_id("skin");
    lane.body.put.body.schedule.specialties[1] = engine_id("eyes");
    lane.body.put.body.schedule.specialty_count = 1;
    done(lane, FASTI_OUTCOME_CHANGED);
    lane.body.put.body.schedule.specialty_count = 2;
    done(lane, FASTI_OUTCOME_CHANGED);
    done(lane, FASTI_OUTCOME_UNCHANGED);
    codes_are("checkup", "skin", "eyes");
    lane.body.put.body.schedule.specialties[0] = engine_id("eyes");
    refused(lane, FASTI_INVALID_REFERENCE, "lists specialty 'eyes' twice");
    lane.body.put.body.schedule.specialties[1] = engine_id("skin");
    done(lane, FASTI_OUTCOME_CHANGED); /* the main one is another */
    const struct fasti_hash128 digest = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), digest));
    codes_are("checkup", "eyes", "skin");
    engine_world_checkpoint(world);
    cr_assert(engine_world_checkpoint_wait(world, 100000));
    engine_world_close(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), digest));
    codes_are("checkup", "eyes", "skin");
    visit.body.put.body.service.code.length = 0;
    lane.body.put.body.schedule.specialty_count = 0;
    done(visit, FASTI_OUTCOME_CHANGED);
    done(lane, FASTI_OUTCOME_CHANGED);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), bare), "as if there had been none");
}

/* ---- imports ---- */

static uint32_t import_begin(void) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_IMPORT_BEGIN, .organization = {1}};
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK);
    return answer.body.import.import;
}

static void stage(uint32_t import, struct fasti_command command) {
    command.import = import;
    done(command, FASTI_OUTCOME_STAGED);
}

static struct fasti_command commit(uint32_t import) {
    struct fasti_command command = {.kind = FASTI_COMMAND_IMPORT_COMMIT, .organization = {1}};
    command.body.import.import = import;
    return command;
}

static struct fasti_command practitioner(const char *name, bool create_only) {
    struct fasti_command command = engine_put(FASTI_ENTITY_PRACTITIONER, 1, "dr");
    command.body.put.create_only = create_only;
    command.body.put.name.length = (uint8_t)strlen(name);
    memcpy(command.body.put.name.bytes, name, strlen(name));
    return command;
}

/* The commit is refused, nothing of the import is there, and the engine lives on. */
static void commit_refused(uint32_t import, enum fasti_status status, const char *word) {
    const struct fasti_hash128 before = engine_world_digest(world);
    refused(commit(import), status, word);
    engine_world_settle(world);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), before), "nothing changed");
    refused(commit(import), FASTI_NOT_FOUND, "");
    done(engine_book(1, 1, "2026-01-07T09:00:00Z", "p-1"), FASTI_OUTCOME_BOOKED);
    const struct fasti_hash128 after = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), after));
}

Test(edits, an_import_that_another_edit_overtook_is_refused) {
    const uint32_t import = import_begin();
    stage(import, engine_put(FASTI_ENTITY_PRACTITIONER, 1, "before"));
    stage(import, practitioner("", true));
    done(practitioner("Weber", false), FASTI_OUTCOME_CREATED);
    commit_refused(import, FASTI_EXISTS, "'dr'");
}

Test(edits, an_import_that_an_edit_of_its_schedule_overtook_is_refused) {
    const uint32_t import = import_begin();
    struct fasti_opening opening = engine_weekly("all", 0x7f, "18:00", "19:00");
    opening.service_count = 1;
    opening.services[0].v = 1;
    struct fasti_command openings = engine_put(FASTI_ENTITY_OPENINGS, 1, "anna");
    openings.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    openings.body.put.body.openings.count = 1;
    openings.body.put.body.openings.openings = &opening;
    openings.body.put.body.openings.service_name_count = 1;
    openings.body.put.body.openings.service_names[0] = engine_id("long");
    stage(import, engine_put(FASTI_ENTITY_PRACTITIONER, 1, "before"));
    stage(import, openings);
    struct fasti_command narrow = anna(5);
    narrow.body.put.body.schedule.service_count = 1;
    done(narrow, FASTI_OUTCOME_CHANGED);
    commit_refused(import, FASTI_INVALID_REFERENCE, "does not offer service 'long'");
}

Test(edits, an_import_that_moves_held_time_is_refused) {
    zone_put("Etc/Two", 7200);
    done(engine_book(1, 1, "2026-01-06T09:00:00Z", "p-0"), FASTI_OUTCOME_BOOKED);
    const uint32_t import = import_begin();
    /* "anna" goes to a new place in the same zone, which then gets another zone. */
    struct fasti_command annex = location("Europe/Berlin");
    annex.body.put.id = engine_id("annex");
    stage(import, annex);
    struct fasti_command moved = anna(5);
    moved.body.put.body.schedule.location = engine_id("annex");
    stage(import, moved);
    annex.body.put.body.location.zone = engine_id("Etc/Two");
    stage(import, annex);
    commit_refused(import, FASTI_INVALID_STATE, "time taken on 2026-01-06");
}

/* Days are compiled once at the end of an import: they are those of the same puts one by one. */
Test(edits, an_import_of_many_edits_opens_the_same_days) {
    static const uint8_t weekdays[] = {0x01, 0x7f, 0x04, 0x60};
    uint32_t totals[2][14];
    for (int staged = 0; staged < 2; staged++) {
        const uint32_t import = staged ? import_begin() : 0;
        for (uint8_t i = 0; i < 4; i++) {
            struct fasti_opening opening = engine_weekly("x", weekdays[i], "18:00", "20:00");
            opening.id.bytes[0] = (char)('a' + i % 3); /* the last one replaces the first */
            struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, 1, "anna");
            command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
            command.body.put.body.openings.count = 1;
            command.body.put.body.openings.openings = &opening;
            if (staged)
                stage(import, command);
            else
                done(command, FASTI_OUTCOME_CHANGED);
        }
        if (staged)
            done(commit(import), FASTI_OUTCOME_PUBLISHED);
        const struct fasti_answer answer = run(engine_availability(1, 1, "2026-01-05", 14));
        memcpy(totals[staged], answer.body.availability->counts, sizeof totals[staged]);
        engine_world_free(world);
        setup();
    }
    cr_assert_arr_eq(totals[0], totals[1], sizeof totals[0]);
    cr_assert_gt(totals[0][5], 0, "Saturday");
}

Test(edits, an_import_may_move_what_is_empty) {
    zone_put("Etc/Two", 7200);
    const uint32_t import = import_begin();
    stage(import, location("Etc/Two"));
    stage(import, anna(1));
    done(commit(import), FASTI_OUTCOME_PUBLISHED);
    done(engine_book(1, 1, "2026-01-06T06:00:00Z", "p-1"), FASTI_OUTCOME_BOOKED);
    const struct fasti_hash128 after = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), after));
    done(engine_book(1, 1, "2026-01-06T06:00:00Z", "p-2"), FASTI_OUTCOME_TAKEN);
}
