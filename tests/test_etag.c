/*
 * test_etag.c - what tells one state of a record from another, and puts that rest on it.
 *
 *   describe -> etag -> put if_match: done if nobody put in between, else STALE and nothing changed
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/engine_world.h"

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

TestSuite(etag, .init = setup, .fini = teardown);

static struct fasti_answer run(const struct fasti_command *command) {
    return engine_world_run(world, 0, command);
}

static void done(struct fasti_command command, uint64_t if_match, enum fasti_outcome outcome) {
    command.if_match = if_match;
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert_eq(answer.outcome, outcome, "%s, not %s", fasti_outcome_name(answer.outcome),
                 fasti_outcome_name(outcome));
}

/* Refused, with a word of the sentence; nothing changed. */
static void refused(struct fasti_command command, uint64_t if_match, enum fasti_status status,
                    const char *word) {
    const struct fasti_hash128 before = engine_world_digest(world);
    command.if_match = if_match;
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.status, status, "%s, not %s: %s", fasti_status_name(answer.status),
                 fasti_status_name(status), answer.detail.text);
    cr_assert(strstr(answer.detail.text, word) != NULL, "'%s' lacks '%s'", answer.detail.text,
              word);
    engine_world_settle(world);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), before));
}

/* Of the first record of a kind, which is there. */
static uint64_t etag(enum fasti_entity_kind kind) {
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE, .organization = {1}};
    command.body.describe.kind = kind;
    command.body.describe.id = 1;
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_FOUND);
    cr_assert_neq(answer.body.describe->etag, 0);
    return answer.body.describe->etag;
}

static struct fasti_command named(enum fasti_entity_kind kind, const char *id, const char *name) {
    struct fasti_command command = engine_put(kind, kind == FASTI_ENTITY_ORGANIZATION ? 0 : 1, id);
    command.body.put.name.length = (uint8_t)strlen(name);
    memcpy(command.body.put.name.bytes, name, strlen(name));
    if (kind == FASTI_ENTITY_LOCATION)
        command.body.put.body.location.zone = engine_id("Europe/Berlin");
    if (kind == FASTI_ENTITY_SERVICE)
        command.body.put.body.service.duration_minutes = 15;
    if (kind == FASTI_ENTITY_SCHEDULE) {
        command.body.put.body.schedule.location = engine_id("haus");
        command.body.put.body.schedule.service_count = 1;
        command.body.put.body.schedule.services[0] = engine_id("visit");
    }
    return command;
}

/* One opening of "anna", at 18:00 until then; borrowed until the next call. */
static struct fasti_command evening(const char *id, const char *to) {
    static struct fasti_opening opening;
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, 1, "anna");
    opening = engine_weekly(id, 0x1f, "18:00", to);
    command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &opening;
    return command;
}

Test(etag, tells_each_state_of_a_record_from_the_others) {
    static const struct {
        enum fasti_entity_kind kind;
        const char *id;
    } records[] = {{FASTI_ENTITY_ORGANIZATION, "praxis"},
                   {FASTI_ENTITY_LOCATION, "haus"},
                   {FASTI_ENTITY_PRACTITIONER, "dr"},
                   {FASTI_ENTITY_SERVICE, "visit"},
                   {FASTI_ENTITY_SCHEDULE, "anna"}};
    done(named(FASTI_ENTITY_PRACTITIONER, "dr", ""), 0, FASTI_OUTCOME_CREATED);
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        const enum fasti_entity_kind kind = records[i].kind;
        const char *id = records[i].id;
        const uint64_t first = etag(kind);
        cr_assert_eq(etag(kind), first);
        done(named(kind, id, "Weber"), first, FASTI_OUTCOME_CHANGED);
        const uint64_t second = etag(kind);
        cr_assert_neq(second, first);
        refused(named(kind, id, "Huber"), first, FASTI_STALE, id);
        refused(named(kind, id, "Weber"), first, FASTI_STALE, id); /* also what changes nothing */
        done(named(kind, id, "Weber"), second, FASTI_OUTCOME_UNCHANGED);
        done(named(kind, id, "Huber"), second, FASTI_OUTCOME_CHANGED);
        done(named(kind, id, "Weber"), 0, FASTI_OUTCOME_CHANGED);
        cr_assert_eq(etag(kind), second, "what says the same has the same etag");
    }
}

Test(etag, is_that_of_the_state_after_a_crash) {
    uint64_t before[FASTI_ENTITY_ZONE + 1] = {0};
    done(named(FASTI_ENTITY_PRACTITIONER, "dr", ""), 0, FASTI_OUTCOME_CREATED);
    done(named(FASTI_ENTITY_SERVICE, "visit", "Weber"), etag(FASTI_ENTITY_SERVICE),
         FASTI_OUTCOME_CHANGED);
    done(evening("evening", "19:00"), etag(FASTI_ENTITY_SCHEDULE), FASTI_OUTCOME_CHANGED);
    for (int kind = FASTI_ENTITY_ORGANIZATION; kind <= FASTI_ENTITY_ZONE; kind++)
        if (kind != FASTI_ENTITY_OPENINGS)
            before[kind] = etag((enum fasti_entity_kind)kind);
    const struct fasti_hash128 digest = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), digest));
    for (int kind = FASTI_ENTITY_ORGANIZATION; kind <= FASTI_ENTITY_ZONE; kind++)
        if (kind != FASTI_ENTITY_OPENINGS)
            cr_assert_eq(etag((enum fasti_entity_kind)kind), before[kind], "kind %d", kind);
}

Test(etag, of_a_schedule_is_one_with_its_openings) {
    const uint64_t first = etag(FASTI_ENTITY_SCHEDULE);
    done(evening("evening", "19:00"), first, FASTI_OUTCOME_CHANGED);
    const uint64_t second = etag(FASTI_ENTITY_SCHEDULE);
    cr_assert_neq(second, first);
    refused(evening("evening", "20:00"), first, FASTI_STALE, "'anna'");
    refused(evening("other", "20:00"), first, FASTI_STALE, "'anna'");
    refused(named(FASTI_ENTITY_SCHEDULE, "anna", "Anna"), first, FASTI_STALE, "'anna'");
    done(named(FASTI_ENTITY_SCHEDULE, "anna", "Anna"), second, FASTI_OUTCOME_CHANGED);
    refused(evening("evening", "20:00"), second, FASTI_STALE, "'anna'");
    done(evening("evening", "20:00"), etag(FASTI_ENTITY_SCHEDULE), FASTI_OUTCOME_CHANGED);
    struct fasti_command away = evening("evening", "20:00");
    away.body.put.body.openings.mode = FASTI_OPENINGS_REMOVE;
    refused(away, second, FASTI_STALE, "'anna'");
    done(away, etag(FASTI_ENTITY_SCHEDULE), FASTI_OUTCOME_CHANGED);
    done(named(FASTI_ENTITY_SCHEDULE, "anna", ""), 0, FASTI_OUTCOME_CHANGED);
}

/* The refusal that helps is told, not what is wrong because the put is old. */
Test(etag, is_looked_at_before_the_rest_of_the_put) {
    const uint64_t first = etag(FASTI_ENTITY_SERVICE);
    struct fasti_command command = named(FASTI_ENTITY_SERVICE, "visit", "Weber");
    done(command, first, FASTI_OUTCOME_CHANGED);
    command.body.put.body.service.duration_minutes = 7; /* not on ticks of 5 */
    command.body.put.create_only = true;
    refused(command, first, FASTI_STALE, "'visit'");
    refused(command, etag(FASTI_ENTITY_SERVICE), FASTI_INVALID_RESOLUTION, "");
    command.body.put.body.service.duration_minutes = 20;
    refused(command, etag(FASTI_ENTITY_SERVICE), FASTI_EXISTS, "'visit'");
}

Test(etag, of_what_is_not_there_matches_nothing) {
    const uint64_t other = etag(FASTI_ENTITY_SERVICE);
    refused(named(FASTI_ENTITY_SERVICE, "new", ""), other, FASTI_STALE, "no such record");
    refused(named(FASTI_ENTITY_SERVICE, "new", ""), 1, FASTI_STALE, "no such record");
    struct fasti_command openings = evening("evening", "19:00");
    openings.body.put.id = engine_id("nobody");
    refused(openings, etag(FASTI_ENTITY_SCHEDULE), FASTI_STALE, "no such record");
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE, .organization = {1}};
    command.body.describe.kind = FASTI_ENTITY_SERVICE;
    command.body.describe.id = 1;
    cr_assert_neq(run(&command).body.describe->etag, 0);
    command.body.describe.id = 99;
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_NO_SUCH);
    cr_assert_eq(answer.body.describe->etag, 0, "not the one before");
}

/* By the commit others may have edited: a promise at the put would say nothing. */
Test(etag, is_not_for_puts_of_an_import) {
    const struct fasti_command begin = {.kind = FASTI_COMMAND_IMPORT_BEGIN, .organization = {1}};
    const uint64_t first = etag(FASTI_ENTITY_SERVICE);
    struct fasti_command command = named(FASTI_ENTITY_SERVICE, "visit", "Weber");
    command.import = run(&begin).body.import.import;
    refused(command, first, FASTI_INVALID_RANGE, "if_match");
    done(command, 0, FASTI_OUTCOME_STAGED);
    command.import = 0;
    done(command, first, FASTI_OUTCOME_CHANGED); /* what is only staged changes no etag */
}

/* Ten who each add to a name, turn and turn about: describe all, then put all, until all are in. */
Test(etag, nothing_is_lost_of_ten_who_read_and_put_again) {
    bool is_in[10] = {false};
    uint32_t rounds = 0;
    for (uint32_t missing = 10; missing > 0; rounds++) {
        char names[10][FASTI_NAME_BYTES_MAX];
        uint64_t etags[10];
        for (uint32_t i = 0; i < 10; i++) {
            struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE, .organization = {1}};
            command.body.describe.kind = FASTI_ENTITY_SERVICE;
            command.body.describe.id = 1;
            const struct fasti_describe_answer *described = run(&command).body.describe;
            snprintf(names[i], sizeof names[i], "%.*s%u", (int)described->put.name.length,
                     described->put.name.bytes, i);
            etags[i] = described->etag;
        }
        for (uint32_t i = 0; i < 10; i++) {
            if (is_in[i])
                continue;
            struct fasti_command command = named(FASTI_ENTITY_SERVICE, "visit", names[i]);
            command.if_match = etags[i];
            const struct fasti_answer answer = engine_world_run(world, i % 2, &command);
            cr_assert(answer.status == FASTI_OK || answer.status == FASTI_STALE);
            is_in[i] = answer.status == FASTI_OK;
            missing -= is_in[i];
        }
    }
    cr_assert_eq(rounds, 10, "one wins a round");
    done(named(FASTI_ENTITY_SERVICE, "visit", "0123456789"), 0, FASTI_OUTCOME_UNCHANGED);
}
