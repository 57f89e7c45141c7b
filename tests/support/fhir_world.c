/*
 * fhir_world.c - see fhir_world.h.
 */
#include "tests/support/fhir_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void die(const char *what, const char *more) {
    fprintf(stderr, "fhir_world: %s: %s\n", what, more);
    abort();
}

/* ---- the practice ---- */

static uint32_t must(struct fhir_world *world, const struct fasti_command *command) {
    const struct fasti_answer answer = engine_world_run(world->engine, 0, command);
    if (answer.status != FASTI_OK || !fasti_outcome_is_done(answer.outcome))
        die(fasti_status_name(answer.status), answer.detail.text);
    return answer.id;
}

/* By hand, and only the years of the messages: tests of the engine do not read zone files. */
static const struct change {
    const char *zone, *utc; /* NULL: from the beginning */
    int32_t offset_s;
} changes[] = {
    {"Europe/London", NULL, 0},
    {"Europe/London", "2016-03-27T01:00:00Z", 3600},
    {"Europe/London", "2016-10-30T01:00:00Z", 0},
    {"Europe/London", "2017-03-26T01:00:00Z", 3600},
    {"Europe/London", "2017-10-29T01:00:00Z", 0},
    {"Europe/Berlin", NULL, 3600},
    {"Europe/Berlin", "2022-03-27T01:00:00Z", 7200},
    {"Europe/Berlin", "2022-10-30T01:00:00Z", 3600},
    {"America/Los_Angeles", NULL, -8 * 3600},
    {"America/Los_Angeles", "2017-03-12T10:00:00Z", -7 * 3600},
    {"America/Los_Angeles", "2017-11-05T09:00:00Z", -8 * 3600},
    {"America/Los_Angeles", "2025-03-09T10:00:00Z", -7 * 3600},
    {"America/Los_Angeles", "2025-11-02T09:00:00Z", -8 * 3600},
};

static void zone_put(struct fhir_world *world, const char *name) {
    struct fasti_zone *zone = calloc(1, sizeof *zone);
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++)
        if (strcmp(changes[i].zone, name) == 0)
            zone->changes[zone->change_count++] = (struct fasti_zone_change){
                changes[i].utc == NULL ? FASTI_ZONE_FIRST_UTC_S : engine_utc_s(changes[i].utc),
                changes[i].offset_s};
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, name);
    command.body.put.body.zone = zone;
    (void)must(world, &command);
    free(zone);
}

void fhir_world_make(struct fhir_world *world, const char *now, const char *zone,
                     const char *organization, const char *location) {
    world->engine = engine_world_make(1, 2, now);
    zone_put(world, zone);
    struct fasti_command command = engine_put(FASTI_ENTITY_ORGANIZATION, 0, organization);
    if (must(world, &command) != 1)
        die("not the first organization", organization);
    command = engine_put(FASTI_ENTITY_LOCATION, 1, location);
    command.body.put.body.location.zone = engine_id(zone);
    (void)must(world, &command);
}

uint32_t fhir_service(struct fhir_world *world, const char *id, uint32_t minutes) {
    struct fasti_command command = engine_put(FASTI_ENTITY_SERVICE, 1, id);
    command.body.put.body.service.duration_minutes = (uint16_t)minutes;
    return must(world, &command);
}

uint32_t fhir_schedule(struct fhir_world *world, const char *id, const char *location,
                       const char *practitioner, const char *const *services) {
    struct fasti_command command;
    if (practitioner != NULL) {
        command = engine_put(FASTI_ENTITY_PRACTITIONER, 1, practitioner);
        (void)must(world, &command);
    }
    command = engine_put(FASTI_ENTITY_SCHEDULE, 1, id);
    command.body.put.body.schedule.location = engine_id(location);
    if (practitioner != NULL)
        command.body.put.body.schedule.practitioner = engine_id(practitioner);
    for (uint8_t i = 0; services[i] != NULL; i++) {
        command.body.put.body.schedule.services[i] = engine_id(services[i]);
        command.body.put.body.schedule.service_count = (uint8_t)(i + 1);
    }
    return must(world, &command);
}

void fhir_slot(struct fhir_world *world, const char *schedule, const char *id, int64_t start_utc_s,
               int64_t end_utc_s, const char *service, bool is_fixed) {
    const struct fasti_opening opening = {
        .id = engine_id(id),
        .kind = FASTI_OPENING_INSTANT,
        .flags = is_fixed ? FASTI_OPENING_SINGLE : 0,
        .start_utc_s = start_utc_s,
        .end_utc_s = end_utc_s,
        .capacity = FASTI_CAPACITY_UNLIMITED,
        .service_count = service != NULL,
        .services = {{service != NULL}}, /* 1 + its index in the names */
    };
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, 1, schedule);
    command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    command.body.put.body.openings.count = 1;
    command.body.put.body.openings.openings = &opening;
    if (service != NULL) {
        command.body.put.body.openings.service_name_count = 1;
        command.body.put.body.openings.service_names[0] = engine_id(service);
    }
    (void)must(world, &command);
}

/* ---- its life ---- */

const json_t *fhir_message(struct fhir_world *world, const char *name) {
    if (world->message_count == FHIR_MESSAGES_MAX)
        die("too many messages", name);
    world->messages[world->message_count] = fhir_read(name);
    return world->messages[world->message_count++];
}

void fhir_world_end(struct fhir_world *world) {
    if (world->engine != NULL) {
        engine_world_settle(world->engine);
        const struct fasti_hash128 before = engine_world_digest(world->engine);
        engine_world_crash(world->engine);
        if (engine_world_open(world->engine) != FASTI_OK)
            die("it does not open", world->engine->detail.text);
        if (!fasti_hash128_equal(engine_world_digest(world->engine), before))
            die("another state", "after a crash");
        engine_world_free(world->engine);
    }
    while (world->message_count > 0)
        json_decref(world->messages[--world->message_count]);
    *world = (struct fhir_world){0};
}

void fhir_pass_to(struct fhir_world *world, int64_t utc_s) {
    const int64_t ms = utc_s * 1000 - world->engine->now_ms;
    world->engine->now_ms += ms;
    fasti_engine_clock(world->engine->engine)->offset_ms += ms;
}

/* ---- calls ---- */

struct fasti_answer fhir_run(struct fhir_world *world, const struct fasti_command *command) {
    const struct fasti_answer answer = engine_world_run(world->engine, 0, command);
    if (answer.status != FASTI_OK)
        die(fasti_status_name(answer.status), answer.detail.text);
    return answer;
}

struct fasti_answer fhir_book(struct fhir_world *world, const struct fhir_visit *visit) {
    struct fasti_command command = {.kind = FASTI_COMMAND_BOOK, .organization = {1}};
    fhir_rows(&command.body.book, visit, world->schedule, world->service);
    return fhir_run(world, &command);
}

struct fasti_answer fhir_request(struct fhir_world *world, const struct fhir_visit *visit) {
    struct fasti_command command = {.kind = FASTI_COMMAND_BOOK, .organization = {1}};
    fhir_rows(&command.body.book, visit, world->schedule, world->service);
    command.body.book.is_request = true;
    return fhir_run(world, &command);
}

struct fasti_answer fhir_hold(struct fhir_world *world, const struct fhir_visit *visit) {
    struct fasti_command command = {.kind = FASTI_COMMAND_HOLD, .organization = {1}};
    fhir_rows(&command.body.hold.book, visit, world->schedule, world->service);
    command.body.hold.book.appointments[0] = (struct fasti_book_appointment){0};
    return fhir_run(world, &command);
}

static struct fasti_command held_command(enum fasti_command_kind kind,
                                         const struct fasti_answer *held) {
    struct fasti_command command = {.kind = kind, .organization = {1}};
    command.body.held.token = held->body.book.token;
    command.body.held.count = 1;
    command.body.held.records[0] = held->record;
    return command;
}

enum fasti_outcome fhir_confirm(struct fhir_world *world, const struct fasti_answer *held,
                                const char *patient) {
    struct fasti_command command = held_command(FASTI_COMMAND_CONFIRM, held);
    command.body.held.appointments[0] = (struct fasti_book_appointment){
        .patient = patient, .patient_length = (uint8_t)strlen(patient)};
    return fhir_run(world, &command).outcome;
}

enum fasti_outcome fhir_release(struct fhir_world *world, const struct fasti_answer *held) {
    const struct fasti_command command = held_command(FASTI_COMMAND_RELEASE, held);
    return fhir_run(world, &command).outcome;
}

struct fasti_answer fhir_move(struct fhir_world *world, uint64_t record,
                              const struct fhir_visit *visit) {
    struct fasti_command command = {.kind = FASTI_COMMAND_MOVE, .organization = {1}};
    command.body.move.record.v = record;
    fhir_rows(&command.body.move.book, visit, world->schedule, world->service);
    command.body.move.book.appointments[0] = (struct fasti_book_appointment){0};
    return fhir_run(world, &command);
}

enum fasti_outcome fhir_cancel(struct fhir_world *world, uint64_t record, uint8_t reason) {
    struct fasti_command command = engine_cancel(record);
    command.body.cancel.reason = reason;
    return fhir_run(world, &command).outcome;
}

enum fasti_outcome fhir_mark(struct fhir_world *world, uint64_t record,
                             enum fasti_record_state state) {
    struct fasti_command command = {.kind = FASTI_COMMAND_MARK, .organization = {1}};
    command.body.mark = (struct fasti_mark){.record = {record}, .state = (uint8_t)state};
    return fhir_run(world, &command).outcome;
}

/* ---- questions ---- */

struct fasti_answer fhir_show(struct fhir_world *world, uint64_t record) {
    struct fasti_command command = {.kind = FASTI_COMMAND_SHOW, .organization = {1}};
    command.body.show.v = record;
    const struct fasti_answer answer = fhir_run(world, &command);
    if (answer.outcome != FASTI_OUTCOME_FOUND)
        die("no such record", fasti_outcome_name(answer.outcome));
    return answer;
}

const char *fhir_status_of(struct fhir_world *world, uint64_t record) {
    return fhir_status(fhir_show(world, record).body.show.view.state);
}

uint32_t fhir_offered(struct fhir_world *world, uint32_t service, int64_t from_utc_s,
                      int64_t to_utc_s, int64_t starts[FHIR_STARTS_MAX]) {
    struct fasti_command command = engine_availability(world->schedule, service, "2000-01-01", 1);
    struct fasti_availability_query *query = &command.body.availability;
    query->first.v = fasti_date_of_utc(from_utc_s).v - 1;
    query->day_count = (uint16_t)((to_utc_s - from_utc_s) / 86400 + 3);
    const struct fasti_answer answer = fhir_run(world, &command);
    const struct fasti_availability_answer *found = answer.body.availability;
    uint32_t count = 0;
    for (uint32_t i = 0; i < found->total; i++) {
        const int64_t start = found->base_utc_s + found->starts[i];
        if (start < from_utc_s || start >= to_utc_s)
            continue;
        if (count == FHIR_STARTS_MAX)
            die("too many", "starts");
        starts[count++] = start;
    }
    return count;
}

bool fhir_is_offered(struct fhir_world *world, const struct fhir_visit *visit) {
    int64_t starts[FHIR_STARTS_MAX];
    const int64_t start = visit->start_utc_s;
    return fhir_offered(world, world->service, start, start + 60, starts) == 1;
}

const struct fasti_list_answer *fhir_listed(struct fhir_world *world, const char *patient,
                                            int64_t from_utc_s, int64_t to_utc_s,
                                            bool include_ended) {
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
    struct fasti_list_query *query = &command.body.list;
    *query = (struct fasti_list_query){.by = FASTI_LIST_BY_PATIENT,
                                       .patient_length = (uint8_t)strlen(patient),
                                       .include_ended = include_ended,
                                       .from_utc_s = from_utc_s,
                                       .to_utc_s = to_utc_s,
                                       .limit = FASTI_LIST_MAX};
    memcpy(query->patient, patient, strlen(patient));
    return fhir_run(world, &command).body.list;
}

const char *fhir_difference(struct fhir_world *world, uint64_t record,
                            const struct fhir_visit *visit) {
    const struct fasti_answer shown = fhir_show(world, record);
    const struct fasti_record_view *view = &shown.body.show.view;
    const struct fasti_item_view *last = &shown.body.show.items[view->item_count - 1];
    if (strcmp(fhir_status(view->state), visit->status) != 0)
        return "status";
    if (view->item_count != visit->slot_count)
        return "slot";
    if (view->start_utc_s != visit->start_utc_s ||
        (visit->has_offset && view->offset_s != visit->offset_s))
        return "start";
    if (last->start_utc_s + (int64_t)last->duration_minutes * 60 != visit->end_utc_s)
        return "end";
    if (visit->patient != NULL && (view->patient_length != strlen(visit->patient) ||
                                   memcmp(view->patient, visit->patient, view->patient_length)))
        return "participant";
    if (view->payload_length != visit->payload_length ||
        memcmp(shown.body.show.payload, visit->payload, visit->payload_length) != 0)
        return "text";
    return "";
}
