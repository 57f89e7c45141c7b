/*
 * test_directory.c - puts of every kind: what check says, what publish does, and the digest.
 * Compiled days and touches are in test_directory_days.c.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/directory/shape.h"
#include "engine/time/civil.h"
#include "tests/support/directory_world.h"
#include "tests/support/seed.h"

static const char *const services_visit[] = {"visit", NULL};
static const char *const services_both[] = {"visit", "scan", NULL};
static const char *const services_none[] = {NULL};

/* Organization 1 "acme", zones, location "main" in New York, services "visit" and "scan". */
static struct world *world_acme(void) {
    struct world *world = world_make(1);
    const struct fasti_zone new_york = zone_new_york(), utc = zone_fixed(0);
    struct fasti_put puts[] = {
        put_organization("acme", "Acme"),    put_zone("America/New_York", &new_york),
        put_zone("Etc/UTC", &utc),           put_location(1, "main", "America/New_York"),
        put_practitioner(1, "dr", "Doctor"), put_service(1, "visit", 15, 0),
        put_service(1, "scan", 30, 10),
    };
    world->now_ms = (int64_t)date_of(2023, 3, 1).v * FASTI_DAY_SECONDS * 1000;
    for (size_t i = 0; i < sizeof puts / sizeof puts[0]; i++)
        world_put(world, &puts[i]);
    return world;
}

static void digest_verify(struct world *world) {
    cr_assert(fasti_hash128_equal(world->digest, fasti_directory_digest(world->directory)),
              "the sum of the deltas is the digest of all records");
}

/* Asserts what check says, and that the sentence holds `word` when it refuses. */
static void expect(struct world *world, const struct fasti_put *put, enum fasti_status status,
                   const char *word) {
    enum fasti_put_result result;
    const enum fasti_status got = world_check(world, put, NULL, &result);
    cr_assert_eq(got, status, "%s, not %s: %s", fasti_status_name(got), fasti_status_name(status),
                 world->detail.text);
    if (status != FASTI_OK)
        cr_assert(strstr(world->detail.text, word) != NULL, "'%s' lacks '%s'", world->detail.text,
                  word);
}

static enum fasti_put_result result_of(struct world *world, const struct fasti_put *put) {
    enum fasti_put_result result;
    const enum fasti_status status = world_check(world, put, NULL, &result);
    cr_assert_eq(status, FASTI_OK, "%s: %s", fasti_status_name(status), world->detail.text);
    return result;
}

/* put, then the same again is UNCHANGED, also with create_only; `other` is EXISTS with it. */
static void life_of(struct world *world, struct fasti_put put, struct fasti_put other) {
    cr_assert_eq(result_of(world, &put), FASTI_PUT_CREATED);
    const uint32_t id = world_put(world, &put);
    digest_verify(world);
    cr_assert_eq(fasti_directory_find(world->directory, put.organization, put.kind, &put.id), id);
    cr_assert_eq(result_of(world, &put), FASTI_PUT_UNCHANGED);
    put.create_only = other.create_only = true;
    cr_assert_eq(result_of(world, &put), FASTI_PUT_UNCHANGED);
    expect(world, &other, FASTI_EXISTS, "exists");
    other.create_only = false;
    cr_assert_eq(result_of(world, &other), FASTI_PUT_CHANGED);
    cr_assert_eq(world_put(world, &other), id, "a change keeps the dense id");
    digest_verify(world);
    cr_assert_eq(result_of(world, &other), FASTI_PUT_UNCHANGED);
}

Test(directory, every_kind_is_created_repeated_and_changed) {
    struct world *world = world_acme();
    const struct fasti_zone one = zone_fixed(3600), two = zone_fixed(7200);
    life_of(world, put_organization("b", "B"), put_organization("b", "Bee"));
    life_of(world, put_zone("Etc/One", &one), put_zone("Etc/One", &two));
    life_of(world, put_location(1, "b", "Etc/UTC"), put_location(1, "b", "America/New_York"));
    life_of(world, put_practitioner(1, "b", "B"), put_practitioner(1, "b", "Bee"));
    life_of(world, put_service(1, "b", 15, 0), put_service(1, "b", 15, 5));
    life_of(world, put_schedule(1, "b", "main", 5, services_visit),
            put_schedule(1, "b", "main", 5, services_both));
    struct fasti_put coded = put_service(1, "c", 15, 0);
    coded.body.service.code = id_text("57");
    life_of(world, put_service(1, "c", 15, 0), coded);
    struct fasti_put special = put_schedule(1, "c", "main", 5, services_visit);
    special.body.schedule.specialty_count = 1;
    special.body.schedule.specialties[0] = id_text("eyes");
    life_of(world, put_schedule(1, "c", "main", 5, services_visit), special);
    const struct fasti_service *service = fasti_service_get(
        world->directory, (fasti_service_id){fasti_directory_find(
                              world->directory, (fasti_organization_id){1}, FASTI_ENTITY_SERVICE,
                              &(struct fasti_id_text){1, "b"})});
    cr_assert_eq(service->grid_minutes, 5);
    struct fasti_id_text name;
    cr_assert_not_null(fasti_zone_get(world->directory, (fasti_zone_id){3}, &name));
    cr_assert(fasti_id_text_equal(&name, &(struct fasti_id_text){7, "Etc/One"}));
    cr_assert_null(fasti_zone_get(world->directory, (fasti_zone_id){4}, &name));
    cr_assert_null(fasti_schedule_get(world->directory, (fasti_schedule_id){3}));
    cr_assert_null(fasti_organization_get(world->directory, (fasti_organization_id){0}));
    world_free(world);
}

Test(directory, the_order_of_services_matters_and_defaults_are_filled_in) {
    struct world *world = world_acme();
    const char *const reversed[] = {"scan", "visit", NULL};
    struct fasti_put put = put_schedule(1, "s", "main", 0, services_both);
    put.body.schedule.practitioner = id_text("dr");
    world_put(world, &put);
    const struct fasti_schedule_config *config =
        fasti_load_seq_cst(&fasti_schedule_get(world->directory, (fasti_schedule_id){1})->config);
    cr_assert_eq(config->resolution_minutes, 5);
    cr_assert_eq(config->practitioner.v, 1);
    cr_assert_eq(config->zone, fasti_zone_get(world->directory, (fasti_zone_id){1}, NULL));
    cr_assert(fasti_schedule_offers(config, (fasti_service_id){2}));
    cr_assert_not(fasti_schedule_offers(config, (fasti_service_id){3}));
    put.body.schedule.resolution_minutes = 5;
    cr_assert_eq(result_of(world, &put), FASTI_PUT_UNCHANGED, "0 means 5");
    put = put_schedule(1, "s", "main", 5, reversed);
    put.body.schedule.practitioner = id_text("dr");
    cr_assert_eq(result_of(world, &put), FASTI_PUT_CHANGED);
    struct fasti_put service = put_service(1, "visit", 15, 15);
    cr_assert_eq(result_of(world, &service), FASTI_PUT_UNCHANGED, "grid 0 means the duration");
    world_free(world);
}

Test(directory, ids_are_scoped_by_organization_and_kind) {
    struct world *world = world_acme();
    struct fasti_put other = put_organization("other", "");
    cr_assert_eq(world_put(world, &other), 2);
    struct fasti_put put = put_service(2, "visit", 20, 0);
    cr_assert_eq(result_of(world, &put), FASTI_PUT_CREATED);
    cr_assert_eq(world_put(world, &put), 3);
    const struct fasti_id_text visit = id_text("visit"), nobody = id_text("Visit");
    const fasti_organization_id first = {1}, second = {2}, none = {0};
    const struct fasti_directory *directory = world->directory;
    cr_assert_eq(fasti_directory_find(directory, first, FASTI_ENTITY_SERVICE, &visit), 1);
    cr_assert_eq(fasti_directory_find(directory, second, FASTI_ENTITY_SERVICE, &visit), 3);
    cr_assert_eq(fasti_directory_find(directory, none, FASTI_ENTITY_SERVICE, &visit), 0);
    cr_assert_eq(fasti_directory_find(directory, first, FASTI_ENTITY_LOCATION, &visit), 0);
    cr_assert_eq(fasti_directory_find(directory, first, FASTI_ENTITY_SERVICE, &nobody), 0);
    cr_assert_eq(fasti_directory_find(directory, first, (enum fasti_entity_kind)99, &visit), 0);
    cr_assert_eq(fasti_directory_count(directory, FASTI_ENTITY_SERVICE), 3);
    cr_assert_eq(fasti_directory_count(directory, FASTI_ENTITY_OPENINGS), 0);
    world_free(world);
}

/* The rule for texts may grow stricter: what a log holds already is read all the same. */
Test(directory, replay_takes_texts_that_are_refused_at_the_door) {
    struct world *world = world_acme();
    struct fasti_opening opening = opening_weekly("o", 1, 540, 600);
    struct fasti_put put = put_practitioner(1, "xy", "ab");
    memcpy(put.id.bytes, "\xc2\x85", 2);
    memcpy(put.name.bytes, "\xc2\x85", 2);
    expect(world, &put, FASTI_INVALID_ID, "control character");
    world->replay = true;
    cr_assert_eq(world_publish(world, &put, NULL), FASTI_OK);
    world->replay = false;
    const char *const services[] = {"visit", NULL};
    put = put_schedule(1, "s", "main", 5, services);
    world_put(world, &put);
    world->replay = true;
    opening.id.bytes[0] = 0x7f;
    put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, &opening, 1);
    expect(world, &put, FASTI_INVALID_ID, "control character");
    cr_assert_eq(world_publish(world, &put, NULL), FASTI_OK);
    world_free(world);
}

Test(directory, refusals_name_the_field_and_the_value) {
    struct world *world = world_acme();
    struct fasti_put put = put_practitioner(1, "x", "");
    put.id.length = 0;
    expect(world, &put, FASTI_INVALID_ID, "empty");
    put.id.length = 200;
    expect(world, &put, FASTI_INVALID_ID, "200");
    put = put_practitioner(1, "x", "ab");
    put.name.bytes[1] = '\n';
    expect(world, &put, FASTI_INVALID_TEXT, "'x'");
    memcpy(put.name.bytes, "\xc2\x80", 2); /* U+0080 */
    expect(world, &put, FASTI_INVALID_TEXT, "'x'");
    put = put_practitioner(1, "xy", "ab");
    memcpy(put.id.bytes, "\xc2\x85", 2);
    expect(world, &put, FASTI_INVALID_ID, "control character");
    put = put_practitioner(7, "x", "");
    expect(world, &put, FASTI_INVALID_REFERENCE, "organization 7");
    put = put_organization("x", "");
    put.organization.v = 1;
    expect(world, &put, FASTI_INVALID_REFERENCE, "no organization");
    put.kind = (enum fasti_entity_kind)9;
    expect(world, &put, FASTI_INVALID_RANGE, "9");
    put = put_service(1, "x", 0, 0);
    expect(world, &put, FASTI_INVALID_RANGE, "0 minutes");
    put.body.service.duration_minutes = 15;
    put.body.service.code = (struct fasti_id_text){.length = 2, .bytes = "a\x01"};
    expect(world, &put, FASTI_INVALID_ID, "code");
    put = put_service(1, "x", 1441, 0);
    expect(world, &put, FASTI_INVALID_RANGE, "1441");
    put = put_service(1, "x", 15, 1500);
    expect(world, &put, FASTI_INVALID_RANGE, "1500");
    put = put_location(1, "x", "Mars/Base");
    expect(world, &put, FASTI_INVALID_REFERENCE, "Mars/Base");
    put = put_location(1, "x", "Etc/UTC");
    put.body.location.has_position = true;
    put.body.location.latitude_e7 = 900000001;
    expect(world, &put, FASTI_INVALID_RANGE, "latitude");
    put.body.location.latitude_e7 = 0;
    put.body.location.longitude_e7 = INT32_MIN;
    expect(world, &put, FASTI_INVALID_RANGE, "longitude");
    struct fasti_zone broken = zone_fixed(0);
    broken.change_count = 0;
    put = put_zone("Etc/X", &broken);
    expect(world, &put, FASTI_INVALID_ZONE, "Etc/X");
    put = put_zone("x/../y", &broken);
    expect(world, &put, FASTI_INVALID_ZONE, "..");
    cr_assert_eq(fasti_directory_count(world->directory, FASTI_ENTITY_PRACTITIONER), 1);
    digest_verify(world);
    world_free(world);
}

Test(directory, refusals_of_schedules) {
    struct world *world = world_acme();
    const char *const twice[] = {"visit", "visit", NULL}, *const unknown[] = {"dance", NULL};
    struct fasti_put put = put_schedule(1, "s", "nowhere", 5, services_visit);
    expect(world, &put, FASTI_INVALID_REFERENCE, "location 'nowhere'");
    put = put_schedule(1, "s", "main", 7, services_visit);
    expect(world, &put, FASTI_INVALID_RANGE, "7 minutes");
    put = put_schedule(1, "s", "main", 5, unknown);
    expect(world, &put, FASTI_INVALID_REFERENCE, "service 'dance'");
    put = put_schedule(1, "s", "main", 5, twice);
    expect(world, &put, FASTI_INVALID_REFERENCE, "twice");
    put = put_schedule(1, "s", "main", 10, services_visit);
    expect(world, &put, FASTI_INVALID_RESOLUTION, "duration of service 'visit', 15");
    put = put_schedule(1, "s", "main", 15, services_both);
    expect(world, &put, FASTI_INVALID_RESOLUTION, "grid of service 'scan', 10");
    put.body.schedule.service_count = 65;
    expect(world, &put, FASTI_INVALID_RANGE, "65");
    put = put_schedule(1, "s", "main", 5, services_visit);
    for (int i = 0; i < 4; i++)
        put.body.schedule.specialties[i] = id_text((const char *[]){"a", "b", "c", "a"}[i]);
    put.body.schedule.specialty_count = 4;
    expect(world, &put, FASTI_INVALID_REFERENCE, "lists specialty 'a' twice");
    put.body.schedule.specialty_count = 5;
    expect(world, &put, FASTI_INVALID_RANGE, "lists 5 specialties; at most 4");
    put.body.schedule.specialty_count = 1;
    put.body.schedule.specialties[0].bytes[0] = '\x7f';
    expect(world, &put, FASTI_INVALID_ID, "specialty is not UTF-8 or has a control character");
    put.body.schedule.specialties[0].length = 0;
    expect(world, &put, FASTI_INVALID_ID, "specialty is empty");
    put = put_schedule(1, "s", "main", 5, services_visit);
    put.body.schedule.substitute = (struct fasti_id_text){.length = 1, .bytes = "\n"};
    expect(world, &put, FASTI_INVALID_ID, "substitute");
    put = put_schedule(1, "s", "main", 5, services_visit);
    put.body.schedule.practitioner = id_text("who");
    expect(world, &put, FASTI_INVALID_REFERENCE, "practitioner 'who'");
    put = put_schedule(1, "s", "main", 5, services_visit);
    world_put(world, &put);
    put.body.schedule.resolution_minutes = 15;
    cr_assert_eq(result_of(world, &put), FASTI_PUT_CHANGED, "no opening stands in the way");
    const struct fasti_opening odd = opening_weekly("odd", 1, 545, 720);
    struct fasti_put openings = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, &odd, 1);
    world_put(world, &openings);
    expect(world, &put, FASTI_INVALID_RESOLUTION, "opening 'odd'");
    put = put_service(1, "visit", 12, 0);
    expect(world, &put, FASTI_INVALID_RESOLUTION, "schedule 's'");
    world_free(world);
}

Test(directory, openings_merge_by_mode_and_source) {
    struct world *world = world_acme();
    struct fasti_put put = put_schedule(1, "s", "main", 5, services_both);
    world_put(world, &put);
    const struct fasti_opening listed[] = {opening_weekly("b", 1, 540, 720),
                                           opening_weekly("a", 2, 540, 720)};
    put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, listed, 2);
    cr_assert_eq(result_of(world, &put), FASTI_PUT_CHANGED);
    cr_assert_eq(world_put(world, &put), 1, "the schedule's id");
    const struct fasti_opening reversed[] = {listed[1], listed[0]};
    put.body.openings.openings = reversed;
    cr_assert_eq(result_of(world, &put), FASTI_PUT_UNCHANGED, "a set by id");
    cr_assert_eq(world_publish(world, &put, NULL), FASTI_OK);
    digest_verify(world);

    const struct fasti_opening feed[] = {opening_instant("f1", 1680000000, 1680003600),
                                         opening_instant("f2", 1680010200, 1680012000)};
    put = put_openings(1, "s", FASTI_OPENINGS_REPLACE, 77, feed, 2);
    world_put(world, &put);
    struct fasti_schedule *schedule = fasti_schedule_get(world->directory, (fasti_schedule_id){1});
    const struct fasti_schedule_config *config = fasti_load_seq_cst(&schedule->config);
    cr_assert_eq(config->opening_count, 4);
    cr_assert(fasti_id_text_equal(&config->openings[0].id, &listed[1].id), "sorted by id");
    cr_assert_eq(config->openings[3].source, 77);
    put.body.openings.count = 1; /* the next publication of the feed */
    world_put(world, &put);
    cr_assert_eq(fasti_load_seq_cst(&schedule->config)->opening_count, 3, "by hand ones stay");
    digest_verify(world);

    put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, feed, 1);
    expect(world, &put, FASTI_INVALID_OPENING, "'f1'");
    struct fasti_opening changed = opening_weekly("a", 2, 545, 720);
    put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, &changed, 1);
    put.create_only = true;
    expect(world, &put, FASTI_EXISTS, "'a'");
    put.create_only = false;
    cr_assert_eq(result_of(world, &put), FASTI_PUT_CHANGED);
    world_put(world, &put);
    struct fasti_opening control = changed;
    control.id.bytes[0] = '\n';
    put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, &control, 1);
    expect(world, &put, FASTI_INVALID_ID, "opening");
    const struct fasti_opening gone[] = {{.id = id_text("zzz")}, {.id = id_text("a")}};
    put = put_openings(1, "s", FASTI_OPENINGS_REMOVE, 0, gone, 1);
    cr_assert_eq(result_of(world, &put), FASTI_PUT_UNCHANGED, "nobody of that id");
    put.body.openings.count = 2;
    cr_assert_eq(result_of(world, &put), FASTI_PUT_CHANGED);
    world_put(world, &put);
    cr_assert_eq(fasti_load_seq_cst(&schedule->config)->opening_count, 2);
    digest_verify(world);
    world_free(world);
}

Test(directory, refusals_of_openings) {
    struct world *world = world_acme();
    struct fasti_put put = put_schedule(1, "s", "main", 5, services_visit);
    world_put(world, &put);
    struct fasti_opening twice[] = {opening_weekly("a", 1, 540, 720),
                                    opening_weekly("a", 2, 540, 720)};
    put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, twice, 2);
    expect(world, &put, FASTI_INVALID_OPENING, "'a' is listed twice");
    put = put_openings(1, "none", FASTI_OPENINGS_UPSERT, 0, twice, 1);
    expect(world, &put, FASTI_INVALID_REFERENCE, "schedule 'none'");
    put = put_openings(1, "s", (enum fasti_openings_mode)4, 0, twice, 1);
    expect(world, &put, FASTI_INVALID_RANGE, "4");
    put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, twice, FASTI_OPENINGS_MAX + 1);
    expect(world, &put, FASTI_LIMIT_RECORDS, "1025");
    twice[0].start_minute = 541;
    put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, twice, 1);
    expect(world, &put, FASTI_INVALID_RESOLUTION, "opening 'a'");
    struct fasti_opening odd = opening_instant("i", 1680000060, 1680003600);
    put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, &odd, 1);
    expect(world, &put, FASTI_INVALID_RESOLUTION, "opening 'i'");
    twice[0] = opening_weekly("a", 1, 540, 720);
    twice[0].service_count = 1;
    twice[0].services[0].v = 1;
    put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, twice, 1);
    expect(world, &put, FASTI_INVALID_REFERENCE, "service name 1 of 0");
    put.body.openings.service_name_count = 1;
    put.body.openings.service_names[0] = id_text("scan");
    expect(world, &put, FASTI_INVALID_REFERENCE, "does not offer service 'scan'");
    put.body.openings.service_names[0] = id_text("visit");
    world_put(world, &put);
    put = put_schedule(1, "s", "main", 5, services_none);
    expect(world, &put, FASTI_INVALID_REFERENCE, "cannot drop service 'visit'");
    world_free(world);
}

Test(directory, a_schedule_holds_1024_openings) {
    struct world *world = world_acme();
    struct fasti_put put = put_schedule(1, "s", "main", 5, services_visit);
    world_put(world, &put);
    struct fasti_opening *openings = calloc(FASTI_OPENINGS_MAX, sizeof *openings);
    for (uint32_t i = 0; i < FASTI_OPENINGS_MAX; i++) {
        char id[16];
        snprintf(id, sizeof id, "o%u", i);
        openings[i] = opening_instant(id, 1680000000 + i * 7200, 1680000000 + i * 7200 + 1800);
    }
    put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 5, openings, FASTI_OPENINGS_MAX);
    world_put(world, &put);
    digest_verify(world);
    struct fasti_opening more = opening_weekly("more", 1, 540, 720);
    put = put_openings(1, "s", FASTI_OPENINGS_UPSERT, 5, &more, 1);
    expect(world, &put, FASTI_LIMIT_RECORDS, "1024");
    more.id = openings[500].id;
    world_put(world, &put);
    digest_verify(world);
    free(openings);
    world_free(world);
}

/* ---- staged references ---- */

struct staged_puts {
    const struct fasti_put *puts;
    uint32_t count;
};

static bool staged_find(const void *context, fasti_organization_id organization,
                        enum fasti_entity_kind kind, const struct fasti_id_text *id,
                        const struct fasti_put **put) {
    const struct staged_puts *staged = context;
    for (uint32_t i = 0; i < staged->count; i++) {
        const struct fasti_put *other = &staged->puts[i];
        if (other->organization.v != organization.v || other->kind != kind ||
            !fasti_id_text_equal(&other->id, id))
            continue;
        if (put != NULL)
            *put = other;
        return true;
    }
    return false;
}

static const uint32_t none_created[FASTI_KIND_SLOTS];

Test(directory, a_staged_import_may_name_what_it_staged_before) {
    struct world *world = world_acme();
    struct fasti_opening opening = opening_weekly("a", 1, 540, 730);
    opening.service_count = 1;
    opening.services[0].v = 1;
    const char *const services[] = {"new", NULL};
    struct fasti_put puts[] = {
        put_location(1, "annex", "America/New_York"),
        put_service(1, "new", 10, 0),
        put_schedule(1, "s", "annex", 10, services),
        put_openings(1, "s", FASTI_OPENINGS_UPSERT, 9, &opening, 1),
    };
    puts[3].body.openings.service_name_count = 1;
    puts[3].body.openings.service_names[0] = id_text("new");
    expect(world, &puts[2], FASTI_INVALID_REFERENCE, "annex");
    for (uint32_t i = 0; i < 4; i++) {
        const struct staged_puts context = {puts, i};
        const struct fasti_staged staged = {
            .find = staged_find, .context = &context, .created = none_created};
        enum fasti_put_result result;
        const enum fasti_status status = world_check(world, &puts[i], &staged, &result);
        cr_assert_eq(status, FASTI_OK, "%u: %s", i, world->detail.text);
        cr_assert_eq(result, i == 3 ? FASTI_PUT_CHANGED : FASTI_PUT_CREATED);
    }
    const struct staged_puts context = {puts, 4};
    const struct fasti_staged staged = {
        .find = staged_find, .context = &context, .created = none_created};
    enum fasti_put_result result;
    cr_assert_eq(world_check(world, &puts[0], &staged, &result), FASTI_OK);
    cr_assert_eq(result, FASTI_PUT_CHANGED, "staged again");
    opening.start_minute = 545; /* fits 5 minutes but not the staged schedule's 10 */
    cr_assert_eq(world_check(world, &puts[3], &staged, &result), FASTI_INVALID_RESOLUTION);
    opening.start_minute = 540;
    for (uint32_t i = 0; i < 4; i++)
        world_put(world, &puts[i]);
    digest_verify(world);
    world_free(world);
}

Test(directory, replay_gives_the_same_ids_and_digest_and_refuses_contradictions) {
    struct world *first = world_acme(), *second = world_acme();
    struct fasti_opening opening = opening_weekly("a", 0x1f, 540, 720);
    struct fasti_put puts[] = {
        put_schedule(1, "s", "main", 5, services_visit),
        put_openings(1, "s", FASTI_OPENINGS_UPSERT, 0, &opening, 1),
        put_service(1, "visit", 20, 0),
        put_location(1, "main", "Etc/UTC"),
    };
    second->replay = true;
    for (size_t i = 0; i < sizeof puts / sizeof puts[0]; i++) {
        world_put(first, &puts[i]);
        world_put(second, &puts[i]);
        cr_assert_eq(second->touch_count, 0, "replay touches nothing");
    }
    cr_assert_gt(first->touch_count, 0);
    cr_assert(fasti_hash128_equal(first->digest, second->digest));
    const struct fasti_hash128 before = second->digest;
    struct fasti_put bad = put_schedule(1, "t", "nowhere", 5, services_visit);
    cr_assert_eq(world_publish(second, &bad, NULL), FASTI_CORRUPT_STATE);
    bad = put_practitioner(9, "x", "");
    cr_assert_eq(world_publish(second, &bad, NULL), FASTI_CORRUPT_STATE);
    opening.start_minute = 9999;
    cr_assert_eq(world_publish(second, &puts[1], NULL), FASTI_CORRUPT_STATE);
    cr_assert(fasti_hash128_equal(second->digest, before));
    digest_verify(second);
    world_free(first);
    world_free(second);
}

Test(directory, a_full_limbo_grows_for_an_edit) {
    struct world *world = world_acme();
    while (fasti_limbo_has_room(&world->limbo, 1))
        fasti_limbo_retire_pointer(&world->limbo, malloc(1));
    for (uint16_t minutes = 20; minutes < 60; minutes += 5) {
        struct fasti_put put = put_service(1, "visit", minutes, 0);
        cr_assert_eq(world_publish(world, &put, NULL), FASTI_OK, "claims stop, edits do not");
    }
    digest_verify(world);
    for (int i = 0; i < 8; i++) /* the grace period passes */
        fasti_epoch_quiescent(&world->limbo);
    cr_assert_geq(fasti_limbo_collect(&world->limbo, UINT32_MAX), FASTI_LIMBO_MAX - 1024,
                  "all but what the publishes collected themselves");
    world_free(world); /* LeakSanitizer sees what was lost, AddressSanitizer what was freed twice */
}

Test(directory, the_source_of_a_name_is_stable_and_never_0) {
    cr_assert_neq(fasti_source_of("feed", 4), 0);
    cr_assert_eq(fasti_source_of("feed", 4), fasti_source_of("feed", 4));
    cr_assert_neq(fasti_source_of("feed", 4), fasti_source_of("food", 4));
}

/* Random puts over few ids: the digest follows, and equal puts are UNCHANGED. */
Test(directory, random_puts_keep_the_digest) {
    struct fasti_prng prng = fasti_test_prng("random_puts_keep_the_digest");
    struct world *world = world_acme();
    for (int round = 0; round < 400; round++) {
        char id[8];
        snprintf(id, sizeof id, "x%u", (unsigned)fasti_prng_below(&prng, 6));
        struct fasti_opening openings[3];
        for (uint32_t i = 0; i < 3; i++) {
            char opening_id[8];
            snprintf(opening_id, sizeof opening_id, "%u%u", i,
                     (unsigned)fasti_prng_below(&prng, 4));
            openings[i] = opening_weekly(opening_id, (uint8_t)(1 + fasti_prng_below(&prng, 127)),
                                         600, (uint16_t)(605 + 5 * fasti_prng_below(&prng, 100)));
        }
        struct fasti_put put;
        switch (fasti_prng_below(&prng, 5)) {
        case 0: put = put_service(1, id, (uint16_t)(5 + 5 * fasti_prng_below(&prng, 5)), 0); break;
        case 1: put = put_practitioner(1, id, fasti_prng_below(&prng, 2) == 0 ? "A" : "B"); break;
        case 2:
            put = put_location(1, id,
                               fasti_prng_below(&prng, 2) == 0 ? "Etc/UTC" : "America/New_York");
            break;
        case 3: put = put_schedule(1, id, "main", 5, services_both); break;
        default:
            put = put_openings(1, id, (enum fasti_openings_mode)(1 + fasti_prng_below(&prng, 3)), 0,
                               openings, (uint32_t)fasti_prng_below(&prng, 4));
        }
        enum fasti_put_result result;
        if (world_check(world, &put, NULL, &result) != FASTI_OK)
            continue; /* openings of a schedule that is not there yet */
        cr_assert_eq(world_publish(world, &put, NULL), FASTI_OK);
        cr_assert_eq(result_of(world, &put), FASTI_PUT_UNCHANGED);
        digest_verify(world);
    }
    world_free(world);
}

/* Apia went from -10 to +14 at midnight; a made-up place did it two minutes later. */
Test(directory, ticks_fit_where_clocks_skip_a_midnight) {
    static struct fasti_zone zone;
    const struct fasti_id_text id = id_text("s");
    struct fasti_detail detail;
    zone.change_count = 2;
    zone.changes[0] = (struct fasti_zone_change){0, -10 * 3600};
    zone.changes[1] = (struct fasti_zone_change){INT64_C(1325239200), 14 * 3600};
    cr_assert_eq(fasti_zone_check(&zone), FASTI_OK);
    cr_assert_eq(fasti_resolution_check_zone(15, &zone, &id, &detail), FASTI_OK);
    zone.changes[1].utc_s += 120;
    cr_assert_eq(fasti_resolution_check_zone(1, &zone, &id, &detail), FASTI_OK);
    cr_assert_eq(fasti_resolution_check_zone(5, &zone, &id, &detail), FASTI_INVALID_RESOLUTION);
    cr_assert_neq(strstr(detail.text, "skip a midnight"), NULL, "%s", detail.text);
    zone.changes[1].offset_s = -9 * 3600; /* 00:02 becomes 01:02: no midnight is skipped */
    cr_assert_eq(fasti_resolution_check_zone(5, &zone, &id, &detail), FASTI_OK);
}
