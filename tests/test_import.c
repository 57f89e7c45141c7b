/*
 * test_import.c - staged imports: a bad put is refused where it is put, publishing cannot fail, an
 * import may make its organizations, and what was staged and not published was never there.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/engine_world.h"

#define NOW "2026-01-05T07:00:00Z"

static struct engine_world *world;

static void set_up(void) {
    world = engine_world_make(7, 2, NOW);
    engine_world_practice(world);
}

static void tear_down(void) {
    engine_world_free(world);
}

TestSuite(import, .init = set_up, .fini = tear_down);

static struct fasti_answer run(const struct fasti_command *command) {
    return engine_world_run(world, 0, command);
}

static uint32_t begin(uint32_t organization) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_IMPORT_BEGIN,
                                          .organization = {organization}};
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    return answer.body.import.import;
}

static struct fasti_answer end(enum fasti_command_kind kind, uint32_t organization,
                               uint32_t import) {
    const struct fasti_command command = {
        .kind = kind, .organization = {organization}, .body.import.import = import};
    return run(&command);
}

static struct fasti_answer commit(uint32_t organization, uint32_t import) {
    return end(FASTI_COMMAND_IMPORT_COMMIT, organization, import);
}

static struct fasti_answer stage(uint32_t import, struct fasti_command command) {
    command.import = import;
    return run(&command);
}

static void staged(uint32_t import, struct fasti_command command) {
    const struct fasti_answer answer = stage(import, command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_STAGED, "%s", answer.detail.text);
}

static void refused(uint32_t import, struct fasti_command command, enum fasti_status status,
                    const char *names) {
    const struct fasti_answer answer = stage(import, command);
    cr_expect_eq(answer.status, status, "%d: %s", answer.status, answer.detail.text);
    cr_expect(strstr(answer.detail.text, names) != NULL, "no \"%s\" in: %s", names,
              answer.detail.text);
}

static struct fasti_command organization(const char *id) {
    struct fasti_command command = engine_put(FASTI_ENTITY_ORGANIZATION, 0, id);
    return command;
}

static struct fasti_command location(uint32_t organization_id, const char *id) {
    struct fasti_command command = engine_put(FASTI_ENTITY_LOCATION, organization_id, id);
    command.body.put.body.location.zone = engine_id("Europe/Berlin");
    return command;
}

static struct fasti_command service(uint32_t organization_id, const char *id, uint16_t minutes) {
    struct fasti_command command = engine_put(FASTI_ENTITY_SERVICE, organization_id, id);
    command.body.put.body.service.duration_minutes = minutes;
    return command;
}

/* Offers "a" and, if there is one, "b". */
/* The opening must live as long as the command. */
static struct fasti_command openings(uint32_t organization_id, const char *id,
                                     const struct fasti_opening *opening, const char *named) {
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, organization_id, id);
    command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    command.body.put.body.openings.source = 9;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = opening;
    if (named != NULL) {
        command.body.put.body.openings.service_name_count = 1;
        command.body.put.body.openings.service_names[0] = engine_id(named);
    }
    return command;
}

static struct fasti_status_answer status(void) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    return run(&command).body.status;
}

static bool is_digest(struct fasti_hash128 expected) {
    return fasti_hash128_equal(engine_world_digest(world), expected);
}

/* What is in memory is what the log says. */
static void reopen(void) {
    const struct fasti_hash128 before = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(is_digest(before), "another state after a restart");
}

static void publishes(uint32_t organization_id, uint32_t import) {
    const struct fasti_answer answer = commit(organization_id, import);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_PUBLISHED, "%s", answer.detail.text);
    reopen();
}

/* ---- bad puts are refused where they are put ---- */

Test(import, a_schedule_put_twice_is_what_it_was_put_last) {
    const struct fasti_hash128 before = engine_world_digest(world);
    const uint32_t import = begin(1);
    staged(import, engine_schedule(1, "lane", 5, "visit", NULL));
    staged(import, engine_schedule(1, "lane", 1, "visit", NULL));
    cr_assert_eq(stage(import, engine_schedule(1, "lane", 1, "visit", NULL)).outcome,
                 FASTI_OUTCOME_UNCHANGED, "the same again");
    struct fasti_opening opening = engine_weekly("odd", 0x7f, "08:00", "09:00");
    opening.start_minute += 3;
    staged(import, openings(1, "lane", &opening, NULL));
    cr_assert(is_digest(before));
    publishes(1, import);
    cr_assert_eq(status().schedules, 2);
}

/* Commits and is refused with status and a sentence that holds part, for the staged put of this
 * number; nothing changes. */
static void refuses(uint32_t import, uint32_t number, enum fasti_status status, const char *part) {
    const struct fasti_hash128 before = engine_world_digest(world);
    const struct fasti_answer answer = commit(1, import);
    cr_assert_eq(answer.status, status, "%d: %s", answer.status, answer.detail.text);
    cr_assert(strstr(answer.detail.text, part) != NULL, "%s", answer.detail.text);
    cr_assert_eq(answer.id, number, "put %u: %s", answer.id, answer.detail.text);
    cr_assert_not(fasti_engine_is_dead(world->engine));
    cr_assert(is_digest(before));
    reopen();
}

Test(import, what_contradicts_a_record_before_it_is_refused_at_once) {
    struct fasti_opening opening = engine_weekly("all", 0x7f, "08:00", "09:00");
    const uint32_t import = begin(1);
    staged(import, service(1, "dose", 7));
    refused(import, engine_schedule(1, "lane", 5, "dose", NULL), FASTI_INVALID_RESOLUTION, "dose");
    staged(import, service(1, "dose", 15));
    staged(import, engine_schedule(1, "lane", 5, "dose", NULL));
    opening.start_minute += 3;
    refused(import, openings(1, "lane", &opening, NULL), FASTI_INVALID_RESOLUTION, "08:03");
    opening.start_minute -= 3;
    opening.service_count = 1;
    opening.services[0].v = 1;
    refused(import, openings(1, "lane", &opening, "visit"), FASTI_INVALID_REFERENCE, "visit");
    staged(import, openings(1, "lane", &opening, "dose"));
    publishes(1, import);
}

Test(import, what_does_not_agree_at_the_end_is_refused_at_the_commit) {
    struct fasti_opening opening = engine_weekly("all", 0x7f, "08:00", "09:00");
    uint32_t import = begin(1);
    staged(import, engine_schedule(1, "lane", 5, "visit", NULL));
    staged(import, service(1, "visit", 7));
    refuses(import, 2, FASTI_INVALID_RESOLUTION, "visit");
    import = begin(1);
    staged(import, service(1, "visit", 7)); /* anna offers it, and the import says nothing of her */
    refuses(import, 1, FASTI_INVALID_RESOLUTION, "anna");
    import = begin(1);
    staged(import, engine_schedule(1, "lane", 5, "visit", "long"));
    opening.service_count = 1;
    opening.services[0].v = 1;
    staged(import, openings(1, "lane", &opening, "long"));
    staged(import, engine_schedule(1, "lane", 5, "visit", NULL));
    refuses(import, 3, FASTI_INVALID_REFERENCE, "cannot drop service 'long'");
    import = begin(1);
    opening.start_minute += 5;
    staged(import, service(1, "dose", 30));
    staged(import, engine_schedule(1, "lane", 5, "dose", NULL));
    staged(import, openings(1, "lane", &opening, "dose"));
    staged(import, engine_schedule(1, "lane", 15, "dose", NULL));
    refuses(import, 4, FASTI_INVALID_RESOLUTION, "schedule 'lane': opening 'all'");
    const struct fasti_command booking = engine_book(1, 1, "2026-01-06T09:00:00Z", "p-1");
    cr_assert_eq(run(&booking).outcome, FASTI_OUTCOME_BOOKED);
    import = begin(1);
    staged(import, service(1, "dose", 30));
    staged(import, engine_schedule(1, "anna", 1, "visit", NULL));
    refuses(import, 2, FASTI_INVALID_STATE, "'anna' has time taken on 2026-01-06");
}

/* What stands in the way alone goes together: neither the service nor the resolution could change
 * first. */
Test(import, services_resolution_and_openings_change_together) {
    struct fasti_opening opening = engine_weekly("all", 0x7f, "08:15", "09:45");
    opening.service_count = 1;
    opening.services[0].v = 1;
    uint32_t import = begin(1);
    staged(import, service(1, "dose", 15));
    staged(import, engine_schedule(1, "lane", 15, "dose", NULL));
    staged(import, openings(1, "lane", &opening, "dose"));
    publishes(1, import);
    import = begin(1);
    staged(import, service(1, "dose", 20));
    staged(import, service(1, "shot", 10));
    staged(import, engine_schedule(1, "lane", 10, "shot", NULL));
    opening.start_minute -= 15;
    opening.end_minute += 15;
    staged(import, openings(1, "lane", &opening, "shot"));
    publishes(1, import);
    struct fasti_command ask = engine_availability(2, 4, "2026-01-06", 1);
    cr_assert_eq(run(&ask).body.availability->total, 12);
    import = begin(1);
    staged(import, engine_schedule(1, "lane", 10, "shot", "dose"));
    staged(import, service(1, "shot", 15));
    staged(import, engine_schedule(1, "lane", 15, "shot", NULL));
    publishes(1, import);
    cr_assert_eq(run(&ask).body.availability->total, 8);
}

/* Under a hash that mixes kind and id by exclusive or, the openings of 110 and the schedule 111
 * were one key; so were the 8- and 16-byte ids. */
Test(import, ids_that_differ_in_a_byte_are_different_records) {
    static const char *const ids[] = {"110",
                                      "111",
                                      "d10",
                                      "d11",
                                      "11111111",
                                      "11120111",
                                      "dr-1636",
                                      "dr-3636",
                                      "1111111111111111",
                                      "0111111101111111"};
    struct fasti_opening opening = engine_weekly("all", 0x7f, "08:00", "09:00");
    opening.service_count = 1;
    opening.services[0].v = 1;
    const uint32_t import = begin(1);
    staged(import, service(1, "dr-1636", 5));
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        staged(import, engine_schedule(1, ids[i], 5, "visit", NULL));
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        staged(import, openings(1, ids[i], &opening, "visit"));
    publishes(1, import);
    /* The second import names all but one of them: only that one is swept. */
    const uint32_t next = begin(1);
    for (size_t i = 1; i < sizeof ids / sizeof ids[0]; i++) {
        cr_assert_eq(stage(next, engine_schedule(1, ids[i], 5, "visit", NULL)).outcome,
                     FASTI_OUTCOME_UNCHANGED);
        cr_assert_eq(stage(next, openings(1, ids[i], &opening, "visit")).outcome,
                     FASTI_OUTCOME_UNCHANGED);
    }
    struct fasti_command command = {.kind = FASTI_COMMAND_IMPORT_COMMIT, .organization = {1}};
    command.body.import.import = next;
    command.body.import.source = 9;
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_PUBLISHED, "%s", answer.detail.text);
    cr_assert_eq(answer.body.import.changed, 1);
}

Test(import, openings_put_one_by_one_are_counted_together) {
    const uint32_t import = begin(1);
    staged(import, engine_schedule(1, "lane", 5, "visit", NULL));
    for (uint32_t i = 0; i <= FASTI_OPENINGS_MAX; i++) {
        char id[16];
        snprintf(id, sizeof id, "o%u", i);
        struct fasti_opening opening = engine_weekly(id, 0x7f, "08:00", "09:00");
        opening.date_first.v = opening.date_last.v = FASTI_DATE_FIRST + (int32_t)i;
        if (i < FASTI_OPENINGS_MAX)
            staged(import, openings(1, "lane", &opening, NULL));
        else
            refused(import, openings(1, "lane", &opening, NULL), FASTI_LIMIT_RECORDS, "lane");
    }
    struct fasti_opening again = engine_weekly("o7", 0x7f, "10:00", "11:00");
    staged(import, openings(1, "lane", &again, NULL));
    struct fasti_command other = openings(1, "lane", &again, NULL);
    other.body.put.body.openings.source = 10;
    refused(import, other, FASTI_INVALID_OPENING, "another source");
    const struct fasti_answer answer = commit(1, import);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_PUBLISHED, "%s", answer.detail.text);
    cr_assert_not(fasti_engine_is_dead(world->engine));
}

/* ---- edits of others between staging and publishing ---- */

Test(import, an_edit_that_contradicts_what_was_staged_refuses_the_commit) {
    const uint32_t import = begin(1);
    staged(import, engine_schedule(1, "lane", 15, "visit", NULL));
    const struct fasti_command edit = service(1, "visit", 20);
    cr_assert_eq(run(&edit).outcome, FASTI_OUTCOME_CHANGED);
    refuses(import, 1, FASTI_INVALID_RESOLUTION, "lane");
    cr_assert_eq(commit(1, import).status, FASTI_NOT_FOUND, "a refused commit ends the import");
}

Test(import, an_edit_beside_what_was_staged_does_no_harm) {
    struct fasti_opening first = engine_weekly("first", 0x7f, "08:00", "09:00");
    struct fasti_opening second = engine_weekly("second", 0x7f, "10:00", "11:00");
    const uint32_t import = begin(1);
    staged(import, service(1, "dose", 5));
    staged(import, engine_schedule(1, "lane", 5, "dose", NULL));
    staged(import, openings(1, "lane", &first, NULL));
    staged(import, openings(1, "lane", &second, "dose"));
    const struct fasti_command edit = service(1, "other", 20);
    cr_assert_eq(run(&edit).outcome, FASTI_OUTCOME_CREATED);
    publishes(1, import);
    cr_assert_eq(status().services, 4);
    const struct fasti_command ask = engine_availability(2, 4, "2026-01-06", 1);
    cr_assert_eq(run(&ask).body.availability->total, 24);
}

Test(import, what_was_unchanged_and_is_not_any_more_refuses_the_commit) {
    struct fasti_command visit = service(1, "dose", 20);
    cr_assert_eq(run(&visit).outcome, FASTI_OUTCOME_CREATED);
    uint32_t import = begin(1);
    cr_assert_eq(stage(import, visit).outcome, FASTI_OUTCOME_UNCHANGED);
    staged(import, service(1, "other", 20));
    visit = service(1, "dose", 40);
    cr_assert_eq(run(&visit).outcome, FASTI_OUTCOME_CHANGED);
    refuses(import, 0, FASTI_STALE, "'dose' was changed");
    import = begin(1);
    cr_assert_eq(stage(import, visit).outcome, FASTI_OUTCOME_UNCHANGED);
    staged(import, service(1, "other", 20));
    publishes(1, import);
}

Test(import, the_number_is_of_the_put_that_is_at_fault) {
    uint32_t import = begin(1);
    staged(import, service(1, "visit", 25)); /* fits */
    staged(import, service(1, "long", 33));
    staged(import, service(1, "other", 25));
    refuses(import, 2, FASTI_INVALID_RESOLUTION, "'long'");
    static struct fasti_zone zone;
    zone.change_count = 1;
    zone.changes[0] = (struct fasti_zone_change){FASTI_ZONE_FIRST_UTC_S, 7200};
    struct fasti_command etc = engine_put(FASTI_ENTITY_ZONE, 0, "Etc/Two");
    etc.organization.v = 1; /* whose import it is */
    etc.body.put.body.zone = &zone;
    const struct fasti_command booking = engine_book(1, 1, "2026-01-06T09:00:00Z", "p-1");
    cr_assert_eq(run(&booking).outcome, FASTI_OUTCOME_BOOKED);
    import = begin(1);
    struct fasti_command moved = location(1, "haus");
    moved.body.put.body.location.zone = engine_id("Etc/Two");
    staged(import, engine_put(FASTI_ENTITY_PRACTITIONER, 1, "before"));
    staged(import, etc); /* not counted: servers stage those by themselves */
    staged(import, moved);
    staged(import, service(1, "visit", 25));
    refuses(import, 2, FASTI_INVALID_STATE, "has time taken");
}

/* ---- imports that make organizations ---- */

/* Stages a whole practice of a new organization; returns what the import calls it. */
static uint32_t stage_practice(uint32_t import, const char *id) {
    static struct fasti_opening opening;
    opening = engine_weekly("all", 0x7f, "08:00", "09:00");
    const struct fasti_answer answer = stage(import, organization(id));
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_STAGED, "%s", answer.detail.text);
    cr_assert_neq(answer.id & FASTI_ORGANIZATION_STAGED, 0);
    staged(import, location(answer.id, "haus"));
    staged(import, service(answer.id, "dose", 5));
    staged(import, engine_schedule(answer.id, "lane", 5, "dose", NULL));
    staged(import, openings(answer.id, "lane", &opening, "dose"));
    return answer.id;
}

Test(import, an_organization_comes_with_all_that_is_its_own_or_not_at_all) {
    const struct fasti_hash128 before = engine_world_digest(world);
    uint32_t import = begin(0);
    const uint32_t first = stage_practice(import, "first");
    cr_assert_eq(stage(import, organization("first")).id, first, "the same again");
    cr_assert_eq(status().organizations, 1, "not before the commit");
    cr_assert_eq(end(FASTI_COMMAND_IMPORT_ABORT, 0, import).status, FASTI_OK);
    cr_assert_eq(status().organizations, 1);
    cr_assert(is_digest(before));
    import = begin(0);
    stage_practice(import, "first");
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(is_digest(before), "staged and lost");
    import = begin(0);
    stage_practice(import, "first");
    stage_practice(import, "second"); /* the same ids, somebody else's */
    staged(import, service(1, "published", 5));
    const struct fasti_answer answer = commit(0, import);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_PUBLISHED, "%s", answer.detail.text);
    cr_assert_eq(answer.body.import.created, 2 * 4 + 1);
    cr_assert_eq(answer.body.import.changed, 2, "the openings of two schedules");
    reopen();
    cr_assert_eq(status().organizations, 3);
    cr_assert_eq(status().schedules, 3);
    for (uint32_t i = 2; i <= 3; i++) {
        struct fasti_command ask = engine_availability(i, i + 1, "2026-01-06", 1);
        ask.organization.v = i;
        cr_assert_eq(run(&ask).body.availability->total, 12);
    }
}

Test(import, an_organization_that_somebody_else_made_meanwhile_is_the_one) {
    const uint32_t import = begin(0);
    stage_practice(import, "first");
    const struct fasti_command made = organization("first");
    cr_assert_eq(run(&made).id, 2);
    const struct fasti_command theirs = location(2, "haus");
    cr_assert_eq(run(&theirs).outcome, FASTI_OUTCOME_CREATED);
    publishes(0, import);
    cr_assert_eq(status().organizations, 2);
    cr_assert_eq(status().locations, 2);
    const struct fasti_answer again = stage(begin(0), organization("first"));
    cr_assert_eq(again.outcome, FASTI_OUTCOME_UNCHANGED);
    cr_assert_eq(again.id, 2, "one that is there is called by its own id");
}

Test(import, an_organization_that_the_import_does_not_make_is_refused) {
    const uint32_t import = begin(0);
    staged(import, organization("first"));
    const uint32_t other = begin(0);
    refused(other, service(FASTI_ORGANIZATION_STAGED | 1, "dose", 5), FASTI_INVALID_REFERENCE,
            "makes no organization");
    refused(import, service(FASTI_ORGANIZATION_STAGED | 2, "dose", 5), FASTI_INVALID_REFERENCE,
            "makes no organization");
    refused(import, service(FASTI_ORGANIZATION_STAGED, "dose", 5), FASTI_INVALID_REFERENCE,
            "makes no organization");
    refused(0, service(FASTI_ORGANIZATION_STAGED | 1, "dose", 5), FASTI_INVALID_REFERENCE,
            "organization");
    staged(import, service(FASTI_ORGANIZATION_STAGED | 1, "dose", 5));
    /* Number 2 is a service: nobody's maker. */
    refused(import, service(FASTI_ORGANIZATION_STAGED | 2, "more", 5), FASTI_INVALID_REFERENCE,
            "makes no organization");
    refused(begin(1), service(FASTI_ORGANIZATION_STAGED | 1, "dose", 5), FASTI_NOT_FOUND,
            "not open in this organization");
    publishes(0, import);
}

/* ---- crowded days ---- */

/* Puts count single openings one after the other on 2026-01-06, of `minutes` or of 1, 2, 3 ... */
static struct fasti_answer put_singles(uint32_t count, int64_t minutes) {
    static struct fasti_opening singles[FASTI_OPENINGS_MAX];
    int64_t at = engine_utc_s("2026-01-05T23:00:00Z"); /* midnight in Berlin */
    for (uint32_t i = 0; i < count; i++) {
        char id[16];
        snprintf(id, sizeof id, "o%u", i);
        const int64_t end = at + 60 * (minutes != 0 ? minutes : i + 1);
        singles[i] = (struct fasti_opening){.id = engine_id(id),
                                            .kind = FASTI_OPENING_INSTANT,
                                            .flags = FASTI_OPENING_SINGLE,
                                            .capacity = 1,
                                            .start_utc_s = at,
                                            .end_utc_s = end};
        at = minutes != 0 ? end : at + 60;
    }
    struct fasti_command command = openings(1, "lane", singles, NULL);
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.count = count;
    return run(&command);
}

static uint32_t starts_of_the_day(void) {
    const struct fasti_command ask = engine_availability(2, 3, "2026-01-06", 1);
    return run(&ask).body.availability->total;
}

Test(import, a_day_holds_as_many_single_visits_as_there_are_minutes_and_lengths) {
    struct fasti_command command = service(1, "dose", 1);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_CREATED);
    command = engine_schedule(1, "lane", 1, "dose", NULL);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_CREATED);
    cr_assert_eq(put_singles(288, 5).outcome, FASTI_OUTCOME_CHANGED);
    cr_assert_eq(starts_of_the_day(), 288);
    cr_assert_eq(put_singles(FASTI_OPENINGS_MAX, 1).outcome, FASTI_OUTCOME_CHANGED);
    cr_assert_eq(starts_of_the_day(), FASTI_OPENINGS_MAX);
    cr_assert_eq(put_singles(FASTI_SINGLE_LENGTHS_MAX, 0).outcome, FASTI_OUTCOME_CHANGED);
    cr_assert_eq(starts_of_the_day(), FASTI_SINGLE_LENGTHS_MAX);
    const struct fasti_answer answer = put_singles(FASTI_SINGLE_LENGTHS_MAX + 1, 0);
    cr_assert_eq(answer.status, FASTI_LIMIT_RECORDS, "refused, not closed without a word");
    cr_assert(strstr(answer.detail.text, "64 different lengths") != NULL, "%s", answer.detail.text);
    reopen();
}
