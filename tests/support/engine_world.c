/*
 * engine_world.c - see engine_world.h.
 */
#include "tests/support/engine_world.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/storage/batch.h"

#define POLLS_MAX      10000
#define TAG_RUN        77
#define TAG_CHECKPOINT 78

static void die(const char *what) {
    fprintf(stderr, "engine_world: %s\n", what);
    abort();
}

int64_t engine_utc_s(const char *text) {
    struct fasti_instant_text instant;
    if (fasti_instant_parse(text, strlen(text), &instant) != FASTI_OK || !instant.has_offset)
        die(text);
    return fasti_instant_utc_s(&instant);
}

static struct engine_world *make(uint64_t seed, uint32_t worker_count, const char *now,
                                 uint64_t memory_bytes_max, uint64_t segment_bytes) {
    struct engine_world *world = calloc(1, sizeof *world);
    world->memory_bytes_max = memory_bytes_max;
    world->segment_bytes = segment_bytes;
    world->disk = fasti_sim_disk_create(seed);
    world->worker_count = worker_count;
    world->now_ms = engine_utc_s(now) * 1000;
    if (engine_world_open(world) != FASTI_OK)
        die(world->detail.text);
    return world;
}

struct engine_world *engine_world_make(uint64_t seed, uint32_t worker_count, const char *now) {
    return make(seed, worker_count, now, 0, 0);
}

struct engine_world *engine_world_make_small(uint64_t seed, uint32_t worker_count,
                                             const char *now) {
    return make(seed, worker_count, now, UINT64_C(32) << 20, 64 * FASTI_BLOCK_BYTES);
}

void engine_world_free(struct engine_world *world) {
    engine_world_crash(world);
    fasti_sim_disk_destroy(world->disk);
    free(world);
}

enum fasti_status engine_world_open(struct engine_world *world) {
    const struct fasti_engine_options options = {
        .worker_count = world->worker_count,
        .memory_bytes_max =
            world->memory_bytes_max != 0 ? world->memory_bytes_max : UINT64_C(256) << 20,
        .segment_bytes =
            world->segment_bytes != 0 ? world->segment_bytes : ENGINE_WORLD_SEGMENT_BYTES,
        .clock = fasti_clock_fixed(world->now_ms),
        .snapshot_log_bytes =
            world->snapshot_log_bytes != 0 ? world->snapshot_log_bytes : UINT64_MAX,
        .past_days = world->past_days,
        .retention_days = world->retention_days,
    };
    world->checkpoints_begun = world->checkpoints_done = 0;
    return fasti_engine_open(&options, fasti_sim_disk_open(world->disk), &world->engine,
                             &world->recovery, &world->detail);
}

void engine_world_pass(struct engine_world *world, int64_t ms) {
    world->now_ms += ms;
    fasti_engine_clock(world->engine)->offset_ms = world->now_ms;
}

void engine_world_crash(struct engine_world *world) {
    if (world->engine != NULL)
        fasti_engine_close(world->engine, false);
    world->engine = NULL;
}

void engine_world_close(struct engine_world *world) {
    engine_world_settle(world);
    fasti_engine_close(world->engine, true);
    world->engine = NULL;
}

/* false: it is a checkpoint's, which nobody waits for. */
static bool is_asked_for(struct engine_world *world, const struct fasti_answer *answer) {
    if (answer->tag != TAG_CHECKPOINT)
        return true;
    world->checkpoints_done++;
    world->checkpoint_status = answer->status;
    return false;
}

void engine_world_checkpoint(struct engine_world *world) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_CHECKPOINT};
    struct fasti_answer answer;
    if (world->checkpoints_done < world->checkpoints_begun)
        return;
    world->checkpoints_begun++;
    if (fasti_engine_submit(world->engine, 0, &command, TAG_CHECKPOINT, &answer))
        (void)is_asked_for(world, &answer);
}

bool engine_world_checkpoint_wait(struct engine_world *world, uint32_t rounds) {
    struct fasti_answer answer;
    for (uint32_t i = 0; i < rounds && world->checkpoints_done < world->checkpoints_begun; i++)
        for (uint32_t w = 0; w < world->worker_count; w++)
            if (fasti_engine_poll(world->engine, w, &answer, 1) != 0 &&
                is_asked_for(world, &answer))
                die("an answer that nobody asked for");
    return world->checkpoints_done == world->checkpoints_begun;
}

/* An edit may wait for those that are in a command. */
static void others_idle(struct engine_world *world, uint32_t worker) {
    for (uint32_t w = 0; w < world->worker_count; w++)
        if (w != worker)
            fasti_engine_idle_enter(world->engine, w);
}

struct fasti_answer engine_world_run(struct engine_world *world, uint32_t worker,
                                     const struct fasti_command *command) {
    struct fasti_answer answer;
    others_idle(world, worker);
    if (fasti_engine_submit(world->engine, worker, command, TAG_RUN, &answer))
        return answer;
    for (int i = 0; i < POLLS_MAX; i++)
        for (uint32_t w = 0; w < world->worker_count; w++) {
            struct pollfd event = {.fd = fasti_engine_event_fd(world->engine, w), .events = POLLIN};
            if (event.fd >= 0) /* a real disk takes its time */
                (void)poll(&event, 1, 1);
            if (fasti_engine_poll(world->engine, w, &answer, 1) == 1 &&
                is_asked_for(world, &answer)) {
                if (answer.tag != TAG_RUN)
                    die("an answer with another tag");
                return answer;
            }
        }
    die("a command was never answered");
    return answer;
}

void engine_world_settle(struct engine_world *world) {
    struct fasti_answer answer;
    for (int i = 0; i < 64; i++)
        for (uint32_t w = 0; w < world->worker_count; w++)
            if (fasti_engine_poll(world->engine, w, &answer, 1) != 0 &&
                is_asked_for(world, &answer))
                die("an answer that nobody asked for");
}

struct fasti_hash128 engine_world_digest(struct engine_world *world) {
    const struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    return engine_world_run(world, 0, &command).body.status.digest;
}

/* ---- commands ---- */

struct fasti_id_text engine_id(const char *text) {
    struct fasti_id_text id;
    if (fasti_id_text_set(&id, text, strlen(text)) != FASTI_OK)
        die(text);
    return id;
}

struct fasti_command engine_put(enum fasti_entity_kind kind, uint32_t organization,
                                const char *id) {
    struct fasti_command command = {.kind = FASTI_COMMAND_PUT, .organization = {organization}};
    command.body.put.kind = kind;
    command.body.put.organization.v = organization;
    command.body.put.id = engine_id(id);
    return command;
}

struct fasti_command engine_schedule(uint32_t organization, const char *id,
                                     uint8_t resolution_minutes, const char *service,
                                     const char *more) {
    struct fasti_command command = engine_put(FASTI_ENTITY_SCHEDULE, organization, id);
    command.body.put.body.schedule.location = engine_id("haus");
    command.body.put.body.schedule.resolution_minutes = resolution_minutes;
    command.body.put.body.schedule.service_count = more == NULL ? 1 : 2;
    command.body.put.body.schedule.services[0] = engine_id(service);
    if (more != NULL)
        command.body.put.body.schedule.services[1] = engine_id(more);
    return command;
}

struct fasti_command engine_book(uint32_t schedule, uint32_t service, const char *start,
                                 const char *patient) {
    struct fasti_command command = {.kind = FASTI_COMMAND_BOOK, .organization = {1}};
    struct fasti_book *book = &command.body.book;
    book->appointment_count = book->item_count = 1;
    book->items[0] = (struct fasti_book_item){
        .schedule = {schedule}, .service = {service}, .start_utc_s = engine_utc_s(start)};
    book->appointments[0] = (struct fasti_book_appointment){
        .patient = patient, .patient_length = (uint8_t)strlen(patient)};
    return command;
}

struct fasti_command engine_cancel(uint64_t record) {
    struct fasti_command command = {.kind = FASTI_COMMAND_CANCEL, .organization = {1}};
    command.body.cancel.record.v = record;
    return command;
}

struct fasti_command engine_block(uint32_t schedule, const char *start, const char *end) {
    struct fasti_command command = {.kind = FASTI_COMMAND_BLOCK, .organization = {1}};
    command.body.block = (struct fasti_block){
        .schedule = {schedule},
        .start_utc_s = engine_utc_s(start),
        .end_utc_s = engine_utc_s(end),
    };
    return command;
}

struct fasti_command engine_unblock(uint64_t record) {
    struct fasti_command command = engine_cancel(record);
    command.kind = FASTI_COMMAND_UNBLOCK;
    return command;
}

struct fasti_command engine_availability(uint32_t schedule, uint32_t service, const char *first,
                                         uint16_t days) {
    struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY, .organization = {1}};
    struct fasti_availability_query *query = &command.body.availability;
    query->service_count = 1;
    query->services[0].v = service;
    if (fasti_date_parse(first, strlen(first), &query->first) != FASTI_OK)
        die(first);
    query->day_count = days;
    query->schedule_count = 1;
    query->schedules[0].v = schedule;
    return command;
}

struct fasti_opening engine_weekly(const char *id, uint8_t weekdays, const char *start,
                                   const char *end) {
    struct fasti_opening opening = {
        .id = engine_id(id),
        .kind = FASTI_OPENING_WEEKLY,
        .weekdays = weekdays,
        .date_first = {FASTI_DATE_FIRST},
        .date_last = {FASTI_DATE_LAST},
        .capacity = FASTI_CAPACITY_UNLIMITED,
    };
    if (fasti_minutes_parse(start, strlen(start), &opening.start_minute) != FASTI_OK ||
        fasti_minutes_parse(end, strlen(end), &opening.end_minute) != FASTI_OK)
        die(start);
    return opening;
}

static void must(struct engine_world *world, const struct fasti_command *command) {
    const struct fasti_answer answer = engine_world_run(world, 0, command);
    if (answer.status != FASTI_OK || !fasti_outcome_is_done(answer.outcome))
        die(answer.detail.text);
}

void engine_world_practice(struct engine_world *world) {
    /* Europe/Berlin from 2025 to 2027, by hand: tests of the engine do not read zone files. */
    static const struct {
        const char *utc;
        int32_t offset_s;
    } changes[] = {
        {NULL, 3600},
        {"2025-03-30T01:00:00Z", 7200},
        {"2025-10-26T01:00:00Z", 3600},
        {"2026-03-29T01:00:00Z", 7200},
        {"2026-10-25T01:00:00Z", 3600},
        {"2027-03-28T01:00:00Z", 7200},
        {"2027-10-31T01:00:00Z", 3600},
    };
    struct fasti_zone *zone = calloc(1, sizeof *zone);
    zone->change_count = sizeof changes / sizeof changes[0];
    for (uint32_t i = 0; i < zone->change_count; i++)
        zone->changes[i] = (struct fasti_zone_change){
            changes[i].utc == NULL ? FASTI_ZONE_FIRST_UTC_S : engine_utc_s(changes[i].utc),
            changes[i].offset_s};
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, "Europe/Berlin");
    command.body.put.body.zone = zone;
    must(world, &command);
    free(zone);
    command = engine_put(FASTI_ENTITY_ORGANIZATION, 0, "praxis");
    must(world, &command);
    command = engine_put(FASTI_ENTITY_LOCATION, 1, "haus");
    command.body.put.body.location.zone = engine_id("Europe/Berlin");
    must(world, &command);
    command = engine_put(FASTI_ENTITY_SERVICE, 1, "visit");
    command.body.put.body.service.duration_minutes = 15;
    must(world, &command);
    command = engine_put(FASTI_ENTITY_SERVICE, 1, "long");
    command.body.put.body.service.duration_minutes = 40;
    command.body.put.body.service.grid_minutes = 20;
    must(world, &command);
    command = engine_schedule(1, "anna", 0, "visit", "long"); /* 0: the default, 5 */
    must(world, &command);
    const struct fasti_opening openings[2] = {
        engine_weekly("morning", 0x1f, "08:00", "12:00"),
        engine_weekly("afternoon", 0x1f, "13:00", "17:00"),
    };
    command = engine_put(FASTI_ENTITY_OPENINGS, 1, "anna");
    command.body.put.body.openings.mode = FASTI_OPENINGS_UPSERT;
    command.body.put.body.openings.count = 2;
    command.body.put.body.openings.openings = openings;
    must(world, &command);
}

struct fasti_engine *engine_open_or_exit(const char *path, uint32_t worker_count,
                                         uint64_t memory_bytes_max, struct fasti_clock clock,
                                         struct fasti_recovery *recovery) {
    struct fasti_io *io;
    struct fasti_engine *engine;
    struct fasti_detail detail;
    const enum fasti_status status =
        fasti_io_open_directory(path, worker_count, false, &io, &detail);
    if (status == FASTI_IO_RING) {
        fprintf(stderr, "skipped: %s\n", detail.text);
        exit(77);
    }
    const struct fasti_engine_options options = {
        .worker_count = worker_count,
        .memory_bytes_max = memory_bytes_max,
        .segment_bytes = ENGINE_WORLD_SEGMENT_BYTES,
        .clock = clock,
    };
    if (status != FASTI_OK ||
        fasti_engine_open(&options, io, &engine, recovery, &detail) != FASTI_OK) {
        fprintf(stderr, "cannot open %s: %s\n", path, detail.text);
        exit(1);
    }
    return engine;
}

void engine_directory_remove(const char *path) {
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", path);
    if (system(command) != 0)
        fprintf(stderr, "%s stays\n", path);
}
