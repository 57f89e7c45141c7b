/*
 * test_lookup.c - resolve, describe, civil and show through the engine's face: what was put is
 * found and told again, local times against a walk over minutes, tenants apart.
 *
 * Lists are in test_lookup_list.c.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/engine_world.h"
#include "tests/support/opening_model.h"
#include "tests/support/seed.h"

/* Monday 2026-01-05, 08:00 in Berlin. */
#define NOW       "2026-01-05T07:00:00Z"
#define PUTS_MAX  256
#define NAMES_MAX 40 /* ids a kind: so few that tenants share them */

/* A directory record that the test has put; the newest of each key counts. */
struct known {
    struct fasti_put put;
    uint32_t id;
    struct fasti_opening opening; /* of a schedule that has one */
    bool has_opening;
};

static struct engine_world *world;
static struct fasti_prng prng;
static struct known known[PUTS_MAX];
static uint32_t known_count;

static uint32_t below(uint32_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}

static struct fasti_answer run(struct fasti_command command) {
    return engine_world_run(world, below(2), &command);
}

static struct fasti_answer must(struct fasti_command command) {
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK, "%s", answer.detail.text);
    cr_assert(fasti_outcome_is_done(answer.outcome), "%s", fasti_outcome_name(answer.outcome));
    return answer;
}

static void setup(void) {
    prng = fasti_test_prng("lookup");
    world = engine_world_make(6, 2, NOW);
    known_count = 0;
}

static void teardown(void) {
    engine_world_free(world);
}

TestSuite(lookup, .init = setup, .fini = teardown);

/* ---- what was put ---- */

static struct known *known_find(enum fasti_entity_kind kind, uint32_t organization,
                                const struct fasti_id_text *id) {
    for (uint32_t i = 0; i < known_count; i++)
        if (known[i].put.kind == kind && known[i].put.organization.v == organization &&
            fasti_id_text_equal(&known[i].put.id, id))
            return &known[i];
    return NULL;
}

static struct known *put(struct fasti_command command) {
    const struct fasti_put *it = &command.body.put;
    struct known *k = known_find(it->kind, it->organization.v, &it->id);
    const struct fasti_answer answer = must(command);
    if (k == NULL) {
        cr_assert_lt(known_count, PUTS_MAX);
        k = &known[known_count++];
        memset(k, 0, sizeof *k);
        k->id = answer.id;
    }
    cr_assert_eq(answer.id, k->id);
    k->put = *it;
    return k;
}

static struct fasti_command named(enum fasti_entity_kind kind, uint32_t organization) {
    char id[16];
    snprintf(id, sizeof id, "n%u", below(NAMES_MAX));
    struct fasti_command command = engine_put(kind, organization, id);
    command.body.put.name.length = (uint8_t)below(12);
    memset(command.body.put.name.bytes, 'x', command.body.put.name.length);
    return command;
}

/* Some record of a kind and organization; NULL: there is none yet. */
static struct known *some(enum fasti_entity_kind kind, uint32_t organization) {
    for (uint32_t i = 0, at = below(known_count + 1); i < known_count; i++) {
        struct known *k = &known[(at + i) % known_count];
        if (k->put.kind == kind && k->put.organization.v == organization)
            return k;
    }
    return NULL;
}

static void opening_random(struct known *schedule) {
    schedule->opening = engine_weekly("w", (uint8_t)(1 + below(127)), "08:00", "12:00");
    struct fasti_command command =
        engine_put(FASTI_ENTITY_OPENINGS, schedule->put.organization.v, "x");
    command.body.put.id = schedule->put.id;
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &schedule->opening;
    must(command);
    schedule->has_opening = true;
}

static void schedule_random(uint32_t organization) {
    struct known *location = some(FASTI_ENTITY_LOCATION, organization);
    struct known *practitioner = some(FASTI_ENTITY_PRACTITIONER, organization);
    struct known *service = some(FASTI_ENTITY_SERVICE, organization);
    if (location == NULL || practitioner == NULL || service == NULL)
        return;
    struct fasti_command command = named(FASTI_ENTITY_SCHEDULE, organization);
    command.body.put.body.schedule.location = location->put.id;
    if (below(2) == 0)
        command.body.put.body.schedule.practitioner = practitioner->put.id;
    command.body.put.body.schedule.resolution_minutes = 5;
    command.body.put.body.schedule.service_count = 1;
    command.body.put.body.schedule.services[0] = service->put.id;
    struct known *k = put(command);
    if (below(2) == 0)
        opening_random(k);
}

static void directory_random(void) {
    const uint32_t organization = 1 + below(2);
    struct fasti_command command;
    switch (below(5)) {
    case 0:
        command = named(FASTI_ENTITY_LOCATION, organization);
        command.body.put.body.location.zone = engine_id("Europe/Berlin");
        command.body.put.body.location.has_position = below(2) == 0;
        if (command.body.put.body.location.has_position) {
            command.body.put.body.location.latitude_e7 = (int32_t)below(1800000001) - 900000000;
            command.body.put.body.location.longitude_e7 = (int32_t)below(1800000000);
        }
        (void)put(command);
        return;
    case 1: (void)put(named(FASTI_ENTITY_PRACTITIONER, organization)); return;
    case 2:
        command = named(FASTI_ENTITY_SERVICE, organization);
        command.body.put.body.service.duration_minutes = (uint16_t)(5 * (1 + below(20)));
        command.body.put.body.service.grid_minutes = (uint16_t)(5 * (1 + below(20)));
        (void)put(command);
        return;
    default: schedule_random(organization); return;
    }
}

static void directory_make(void) {
    static struct fasti_zone zone;
    fasti_test_zone_berlin(&zone);
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, "Europe/Berlin");
    command.body.put.body.zone = &zone;
    (void)put(command);
    (void)put(engine_put(FASTI_ENTITY_ORGANIZATION, 0, "first"));
    (void)put(engine_put(FASTI_ENTITY_ORGANIZATION, 0, "second"));
    for (int i = 0; i < 250; i++)
        directory_random();
}

/* ---- resolve ---- */

static const enum fasti_entity_kind kinds[] = {
    FASTI_ENTITY_ORGANIZATION, FASTI_ENTITY_LOCATION, FASTI_ENTITY_PRACTITIONER,
    FASTI_ENTITY_SERVICE,      FASTI_ENTITY_SCHEDULE, FASTI_ENTITY_ZONE,
};

static bool is_global(enum fasti_entity_kind kind) {
    return kind == FASTI_ENTITY_ORGANIZATION || kind == FASTI_ENTITY_ZONE;
}

static void resolve_compare(enum fasti_entity_kind kind, uint32_t organization, const char *id) {
    struct fasti_command command = {.kind = FASTI_COMMAND_RESOLVE, .organization = {organization}};
    command.body.resolve = (struct fasti_resolve_query){kind, engine_id(id)};
    const struct known *k =
        known_find(kind, is_global(kind) ? 0 : organization, &command.body.resolve.id);
    const struct fasti_answer answer = run(command);
    cr_assert_eq(answer.status, FASTI_OK);
    cr_assert_eq(answer.outcome, k == NULL ? FASTI_OUTCOME_NO_SUCH : FASTI_OUTCOME_FOUND);
    cr_assert_eq(answer.id, k == NULL ? 0 : k->id, "%s of %u: %u", id, organization, answer.id);
}

Test(lookup, names_are_resolved_in_their_organization) {
    directory_make();
    for (int restart = 0; restart < 2; restart++) {
        for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
            for (uint32_t organization = 0; organization < 4; organization++) {
                for (uint32_t n = 0; n < NAMES_MAX; n++) {
                    char id[16];
                    snprintf(id, sizeof id, "n%u", n);
                    resolve_compare(kinds[kind], organization, id);
                }
                resolve_compare(kinds[kind], organization, "first");
                resolve_compare(kinds[kind], organization, "second");
                resolve_compare(kinds[kind], organization, "Europe/Berlin");
                resolve_compare(kinds[kind], organization, "N1");
            }
        engine_world_crash(world);
        cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    }
    struct fasti_command command = {.kind = FASTI_COMMAND_RESOLVE, .organization = {1}};
    for (int kind = 0; kind < 300; kind++) {
        command.body.resolve =
            (struct fasti_resolve_query){(enum fasti_entity_kind)kind, engine_id("nobody")};
        cr_assert_eq(run(command).outcome, FASTI_OUTCOME_NO_SUCH);
    }
}

/* ---- describe ---- */

static void openings_compare(const struct fasti_describe_answer *described, const struct known *k) {
    cr_assert_eq(described->opening_count, k->has_opening);
    if (!k->has_opening)
        return;
    cr_assert(fasti_id_text_equal(&described->openings[0].id, &k->opening.id));
    cr_assert_eq(described->openings[0].weekdays, k->opening.weekdays);
    cr_assert_eq(described->openings[0].start_minute, k->opening.start_minute);
    cr_assert_eq(described->openings[0].end_minute, k->opening.end_minute);
}

static void described_compare(const struct fasti_describe_answer *described,
                              const struct known *k) {
    const struct fasti_put *a = &described->put, *b = &k->put;
    cr_assert_eq(described->id, k->id);
    cr_assert_eq(described->kind, b->kind);
    cr_assert_eq(a->kind, b->kind);
    cr_assert(fasti_id_text_equal(&a->id, &b->id));
    cr_assert_eq(a->name.length, b->name.length);
    cr_assert_arr_eq(a->name.bytes, b->name.bytes, b->name.length);
    if (b->kind == FASTI_ENTITY_LOCATION) {
        cr_assert(fasti_id_text_equal(&a->body.location.zone, &b->body.location.zone));
        cr_assert_eq(a->body.location.has_position, b->body.location.has_position);
        cr_assert_eq(a->body.location.latitude_e7, b->body.location.latitude_e7);
        cr_assert_eq(a->body.location.longitude_e7, b->body.location.longitude_e7);
    } else if (b->kind == FASTI_ENTITY_SERVICE) {
        cr_assert_eq(a->body.service.duration_minutes, b->body.service.duration_minutes);
        cr_assert_eq(a->body.service.grid_minutes, b->body.service.grid_minutes);
    } else if (b->kind == FASTI_ENTITY_SCHEDULE) {
        cr_assert(fasti_id_text_equal(&a->body.schedule.location, &b->body.schedule.location));
        cr_assert(
            fasti_id_text_equal(&a->body.schedule.practitioner, &b->body.schedule.practitioner));
        cr_assert_eq(a->body.schedule.resolution_minutes, b->body.schedule.resolution_minutes);
        cr_assert_eq(a->body.schedule.service_count, 1);
        cr_assert(
            fasti_id_text_equal(&a->body.schedule.services[0], &b->body.schedule.services[0]));
        openings_compare(described, k);
    }
}

static const struct known *known_of_id(enum fasti_entity_kind kind, uint32_t id) {
    for (uint32_t i = 0; i < known_count; i++)
        if (known[i].put.kind == kind && known[i].id == id)
            return &known[i];
    return NULL;
}

/* May an organization look at it? Organization 0 sees all there is, everybody all zones. */
static bool may_see(uint32_t organization, const struct known *k) {
    if (k == NULL)
        return false;
    if (k->put.kind == FASTI_ENTITY_ZONE || organization == 0)
        return true;
    if (k->put.kind == FASTI_ENTITY_ORGANIZATION)
        return organization == k->id;
    return organization == k->put.organization.v;
}

Test(lookup, what_was_put_is_described) {
    directory_make();
    uint32_t found = 0;
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
        for (uint32_t organization = 0; organization < 4; organization++) {
            struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE,
                                            .organization = {organization}};
            struct fasti_describe_query *query = &command.body.describe;
            uint32_t walked = 0, visible = 0;
            query->kind = kinds[kind];
            for (query->id = 1; query->id < PUTS_MAX; query->id++) {
                const struct known *k = known_of_id(kinds[kind], query->id);
                const struct fasti_answer answer = run(command);
                cr_assert_eq(answer.outcome == FASTI_OUTCOME_FOUND, may_see(organization, k),
                             "kind %d, id %u of %u", kinds[kind], query->id, organization);
                visible += may_see(organization, k);
                if (may_see(organization, k))
                    described_compare(answer.body.describe, k);
                else
                    cr_assert_eq(answer.id, 0);
            }
            query->id = 0; /* the same ones, in order, by walking on */
            for (struct fasti_answer answer = run(command); answer.outcome == FASTI_OUTCOME_FOUND;
                 answer = run(command), walked++) {
                cr_assert_gt(answer.id, query->after);
                described_compare(answer.body.describe, known_of_id(kinds[kind], answer.id));
                cr_assert(may_see(organization, known_of_id(kinds[kind], answer.id)));
                query->after = answer.id;
            }
            cr_assert_eq(walked, visible);
            found += visible;
        }
    cr_assert_gt(found, 80);
    struct fasti_command command = {.kind = FASTI_COMMAND_DESCRIBE, .organization = {1}};
    for (int kind = 0; kind < 300; kind++)
        for (uint32_t id = 0; id < 3; id++) {
            const enum fasti_entity_kind it = (enum fasti_entity_kind)kind;
            command.body.describe = (struct fasti_describe_query){.kind = it, .id = id};
            if (kind == FASTI_ENTITY_OPENINGS || kind < 1 || kind > FASTI_ENTITY_ZONE)
                cr_assert_eq(run(command).outcome, FASTI_OUTCOME_NO_SUCH, "kind %d", kind);
        }
}

/* ---- civil ---- */

/* Minutes of UTC, one by one: when does the wall clock show this, and how often? */
static void civil_walk(const struct fasti_zone *zone, fasti_date date, int32_t minute,
                       struct fasti_civil_answer *civil) {
    const int64_t wanted_s = date.v * FASTI_DAY_SECONDS + minute * 60;
    uint32_t times = 0;
    int64_t first_s = INT64_MAX, after_s = INT64_MAX;
    for (int64_t utc_s = wanted_s - 6 * 3600; utc_s < wanted_s + 6 * 3600; utc_s += 60) {
        const int64_t local_s = utc_s + fasti_zone_offset_at(zone, utc_s);
        times += local_s == wanted_s;
        first_s = local_s == wanted_s && first_s == INT64_MAX ? utc_s : first_s;
        after_s = local_s >= wanted_s && after_s == INT64_MAX ? utc_s : after_s;
    }
    civil->kind = times == 0 ? FASTI_CIVIL_GAP : times == 1 ? FASTI_CIVIL_ONCE : FASTI_CIVIL_FOLD;
    civil->utc_s = times == 0 ? after_s : first_s;
    civil->offset_s = fasti_zone_offset_at(zone, civil->utc_s);
}

Test(lookup, every_minute_of_days_with_gaps_and_folds) {
    static const int32_t dates[] = {20540, 20541, 20542, 20600, 20750, 20751, 20752};
    static struct fasti_zone zone;
    uint32_t seen[3] = {0};
    fasti_test_zone_berlin(&zone);
    engine_world_practice(world);
    struct fasti_command command = {.kind = FASTI_COMMAND_CIVIL, .organization = {1}};
    for (size_t d = 0; d < sizeof dates / sizeof dates[0]; d++)
        for (uint16_t minute = 0; minute <= 1440; minute++) {
            struct fasti_civil_answer civil;
            command.body.civil =
                (struct fasti_civil_query){.schedule = {1}, .date = {dates[d]}, .minute = minute};
            const struct fasti_answer answer = run(command);
            cr_assert_eq(answer.outcome, FASTI_OUTCOME_FOUND);
            civil_walk(&zone, command.body.civil.date, minute, &civil);
            cr_assert_eq(answer.body.civil.kind, civil.kind, "date %d, minute %u", dates[d],
                         minute);
            cr_assert_eq(answer.body.civil.utc_s, civil.utc_s);
            cr_assert_eq(answer.body.civil.offset_s, civil.offset_s);
            seen[civil.kind]++;
        }
    cr_assert_eq(seen[FASTI_CIVIL_GAP], 60);
    cr_assert_eq(seen[FASTI_CIVIL_FOLD], 60);
    command.body.civil.minute = 1441;
    cr_assert_eq(run(command).status, FASTI_INVALID_TIME);
    command.body.civil.date.v = FASTI_DATE_LAST + 1;
    cr_assert_eq(run(command).outcome, FASTI_OUTCOME_OUTSIDE);
    command.body.civil.date.v = FASTI_DATE_FIRST - 1;
    cr_assert_eq(run(command).outcome, FASTI_OUTCOME_OUTSIDE);
    command.organization.v = 2;
    cr_assert_eq(run(command).outcome, FASTI_OUTCOME_NO_SUCH, "another tenant's schedule");
    command.organization.v = 1;
    command.body.civil.schedule.v = 2;
    cr_assert_eq(run(command).outcome, FASTI_OUTCOME_NO_SUCH);
}

/* ---- show ---- */

static struct fasti_answer show(uint32_t organization, uint64_t record) {
    struct fasti_command command = {.kind = FASTI_COMMAND_SHOW, .organization = {organization}};
    command.body.show.v = record;
    return run(command);
}

Test(lookup, a_record_is_shown_through_its_life) {
    engine_world_practice(world);
    must(engine_put(FASTI_ENTITY_ORGANIZATION, 0, "other"));
    struct fasti_command book = engine_book(1, 2, "2026-01-06T15:00:00+01:00", "p-1");
    uint8_t payload[FASTI_PAYLOAD_BYTES_MAX];
    char patient[FASTI_PATIENT_BYTES_MAX];
    for (uint32_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 7);
    memset(patient, 0xff, sizeof patient);
    book.body.book.appointments[0] = (struct fasti_book_appointment){
        .patient = patient,
        .payload = payload,
        .payload_length = sizeof payload,
        .patient_length = sizeof patient,
    };
    const uint64_t record = must(book).record.v;
    const int64_t made_ms = fasti_engine_clock(world->engine)->offset_ms;
    struct fasti_answer answer = show(1, record);
    cr_assert_eq(answer.outcome, FASTI_OUTCOME_FOUND);
    cr_assert_eq(answer.record.v, record);
    const struct fasti_record_view *view = &answer.body.show.view;
    cr_assert_eq(view->kind, FASTI_RECORD_APPOINTMENT);
    cr_assert_eq(view->state, FASTI_STATE_BOOKED);
    cr_assert_not(view->is_conflict);
    cr_assert_eq(view->service.v, 2);
    cr_assert_eq(view->duration_minutes, 40);
    cr_assert_eq(view->offset_s, 3600);
    cr_assert_eq(view->created_ms, made_ms);
    cr_assert_eq(view->patient_length, FASTI_PATIENT_BYTES_MAX);
    cr_assert_arr_eq(view->patient, book.body.book.appointments[0].patient,
                     FASTI_PATIENT_BYTES_MAX);
    cr_assert_arr_eq(answer.body.show.payload, book.body.book.appointments[0].payload,
                     FASTI_PAYLOAD_BYTES_MAX);
    const uint64_t others[] = {0, record + 1, record + 5000, UINT64_C(1) << 40, UINT64_MAX};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        cr_assert_eq(show(1, others[i]).outcome, FASTI_OUTCOME_NO_SUCH);
    cr_assert_eq(show(2, record).outcome, FASTI_OUTCOME_NO_SUCH, "another tenant's record");
    cr_assert_eq(show(0, record).outcome, FASTI_OUTCOME_NO_SUCH);
    /* The afternoon is closed: it stands, and conflicts. */
    const struct fasti_opening opening = engine_weekly("afternoon", 0x1f, "13:00", "15:35");
    struct fasti_command edit = engine_put(FASTI_ENTITY_OPENINGS, 1, "anna");
    edit.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    edit.body.put.body.openings.count = 1;
    edit.body.put.body.openings.openings = &opening;
    must(edit);
    cr_assert(show(1, record).body.show.view.is_conflict);
    fasti_engine_clock(world->engine)->offset_ms += 12345;
    world->now_ms = fasti_engine_clock(world->engine)->offset_ms;
    struct fasti_command cancel = engine_cancel(record);
    cancel.body.cancel.reason = FASTI_CANCEL_REASON_PROV_HOSP;
    must(cancel);
    for (int restart = 0; restart < 2; restart++) {
        answer = show(1, record);
        cr_assert_eq(answer.body.show.view.state, FASTI_STATE_CANCELLED);
        cr_assert_eq(answer.body.show.view.reason, FASTI_CANCEL_REASON_PROV_HOSP);
        cr_assert_eq(answer.body.show.view.created_ms, made_ms);
        cr_assert_eq(answer.body.show.view.changed_ms, made_ms + 12345);
        cr_assert_not(answer.body.show.view.is_conflict, "what has ended is in nobody's way");
        cr_assert_arr_eq(answer.body.show.payload, book.body.book.appointments[0].payload,
                         FASTI_PAYLOAD_BYTES_MAX);
        engine_world_crash(world);
        cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    }
}
