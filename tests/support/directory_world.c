/*
 * directory_world.c - see directory_world.h.
 */
#include "tests/support/directory_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/time/civil.h"

struct world *world_make(uint32_t workers) {
    struct world *world = calloc(1, sizeof *world);
    FASTI_ASSERT(world != NULL);
    fasti_arena_init(&world->arena, UINT64_C(1) << 30);
    fasti_arena_local_init(&world->local, &world->arena);
    fasti_epoch_init(&world->epoch, workers);
    FASTI_ASSERT(fasti_limbo_init(&world->limbo, &world->epoch, &world->local, 0));
    world->patterns = fasti_patterns_create();
    FASTI_ASSERT(world->patterns != NULL);
    world->directory = fasti_directory_create(&world->arena, world->patterns);
    FASTI_ASSERT(world->directory != NULL);
    fasti_epoch_online(&world->limbo);
    return world;
}

void world_free(struct world *world) {
    fasti_limbo_deinit(&world->limbo);
    fasti_directory_destroy(world->directory);
    fasti_patterns_destroy(world->patterns);
    fasti_arena_deinit(&world->arena);
    free(world);
}

enum fasti_status world_check(struct world *world, const struct fasti_put *put,
                              const struct fasti_staged *staged, enum fasti_put_result *result) {
    memset(&world->detail, 0, sizeof world->detail);
    return fasti_directory_check(world->directory, put, staged, result, &world->detail);
}

static void touch(void *context, fasti_schedule_id schedule, fasti_date date) {
    struct world *world = context;
    FASTI_ASSERT(world->touch_count < WORLD_TOUCHES_MAX);
    world->touches[world->touch_count++] = (struct world_touch){schedule, date};
}

enum fasti_status world_publish(struct world *world, const struct fasti_put *put, uint32_t *id) {
    const struct fasti_publish publish = {
        .limbo = &world->limbo,
        .arena = &world->local,
        .now_ms = world->now_ms,
        .replay = world->replay,
        .touch = touch,
        .context = world,
    };
    uint32_t unused;
    struct fasti_hash128 delta;
    world->touch_count = 0;
    const enum fasti_status status =
        fasti_directory_publish(world->directory, put, &publish, id == NULL ? &unused : id, &delta);
    world->digest = fasti_hash128_add(world->digest, delta);
    fasti_epoch_quiescent(&world->limbo);
    fasti_limbo_collect(&world->limbo, 64);
    return status;
}

uint32_t world_put(struct world *world, const struct fasti_put *put) {
    enum fasti_put_result result;
    const enum fasti_status status = world_check(world, put, NULL, &result);
    if (status != FASTI_OK)
        fprintf(stderr, "put '%.*s': %s: %s\n", put->id.length, put->id.bytes,
                fasti_status_name(status), world->detail.text);
    FASTI_ASSERT(status == FASTI_OK);
    uint32_t id;
    FASTI_ASSERT(world_publish(world, put, &id) == FASTI_OK);
    return id;
}

struct fasti_id_text id_text(const char *text) {
    struct fasti_id_text id;
    FASTI_ASSERT(fasti_id_text_set(&id, text, strlen(text)) == FASTI_OK);
    return id;
}

static struct fasti_put put_of(enum fasti_entity_kind kind, uint32_t organization, const char *id,
                               const char *name) {
    struct fasti_put put;
    memset(&put, 0, sizeof put);
    put.kind = kind;
    put.organization.v = organization;
    put.id = id_text(id);
    FASTI_ASSERT(fasti_name_text_set(&put.name, name, strlen(name)) == FASTI_OK);
    return put;
}

struct fasti_put put_organization(const char *id, const char *name) {
    return put_of(FASTI_ENTITY_ORGANIZATION, 0, id, name);
}

struct fasti_put put_zone(const char *name, const struct fasti_zone *zone) {
    struct fasti_put put = put_of(FASTI_ENTITY_ZONE, 0, name, "");
    put.body.zone = zone;
    return put;
}

struct fasti_put put_location(uint32_t organization, const char *id, const char *zone) {
    struct fasti_put put = put_of(FASTI_ENTITY_LOCATION, organization, id, "a place");
    put.body.location.zone = id_text(zone);
    return put;
}

struct fasti_put put_practitioner(uint32_t organization, const char *id, const char *name) {
    return put_of(FASTI_ENTITY_PRACTITIONER, organization, id, name);
}

struct fasti_put put_service(uint32_t organization, const char *id, uint16_t duration,
                             uint16_t grid) {
    struct fasti_put put = put_of(FASTI_ENTITY_SERVICE, organization, id, "a visit");
    put.body.service.duration_minutes = duration;
    put.body.service.grid_minutes = grid;
    return put;
}

struct fasti_put put_schedule(uint32_t organization, const char *id, const char *location,
                              uint8_t resolution, const char *const *services) {
    struct fasti_put put = put_of(FASTI_ENTITY_SCHEDULE, organization, id, "");
    put.body.schedule.location = id_text(location);
    put.body.schedule.resolution_minutes = resolution;
    for (; *services != NULL; services++)
        put.body.schedule.services[put.body.schedule.service_count++] = id_text(*services);
    return put;
}

struct fasti_put put_openings(uint32_t organization, const char *schedule,
                              enum fasti_openings_mode mode, uint32_t source,
                              const struct fasti_opening *openings, uint32_t count) {
    struct fasti_put put = put_of(FASTI_ENTITY_OPENINGS, organization, schedule, "");
    put.body.openings.mode = mode;
    put.body.openings.source = source;
    put.body.openings.openings = openings;
    put.body.openings.count = count;
    return put;
}

struct fasti_opening opening_weekly(const char *id, uint8_t weekdays, uint16_t start,
                                    uint16_t end) {
    return (struct fasti_opening){
        .id = id_text(id),
        .kind = FASTI_OPENING_WEEKLY,
        .weekdays = weekdays,
        .start_minute = start,
        .end_minute = end,
        .date_first = {FASTI_DATE_FIRST},
        .date_last = {FASTI_DATE_LAST},
        .capacity = FASTI_CAPACITY_UNLIMITED,
    };
}

struct fasti_opening opening_on(const char *id, uint8_t kind, fasti_date date, uint16_t start,
                                uint16_t end) {
    struct fasti_opening opening = opening_weekly(id, 0x7f, start, end);
    opening.kind = kind;
    opening.date_first = opening.date_last = date;
    return opening;
}

struct fasti_opening opening_instant(const char *id, int64_t start_utc_s, int64_t end_utc_s) {
    return (struct fasti_opening){
        .id = id_text(id),
        .kind = FASTI_OPENING_INSTANT,
        .start_utc_s = start_utc_s,
        .end_utc_s = end_utc_s,
        .capacity = FASTI_CAPACITY_UNLIMITED,
    };
}

fasti_date date_of(int32_t year, uint8_t month, uint8_t day) {
    return fasti_date_of_civil((struct fasti_civil){year, month, day});
}

struct fasti_zone zone_fixed(int32_t offset_s) {
    struct fasti_zone zone;
    memset(&zone, 0, sizeof zone);
    zone.change_count = 1;
    zone.changes[0] = (struct fasti_zone_change){0, offset_s};
    return zone;
}

static int64_t utc_of(fasti_date date, int64_t hour) {
    return (int64_t)date.v * FASTI_DAY_SECONDS + hour * 3600;
}

struct fasti_zone zone_new_york(void) {
    struct fasti_zone zone = zone_fixed(-5 * 3600);
    const struct fasti_zone_change changes[] = {
        {utc_of(date_of(2023, 3, 12), 7), -4 * 3600},
        {utc_of(date_of(2023, 11, 5), 6), -5 * 3600},
        {utc_of(date_of(2024, 3, 10), 7), -4 * 3600},
        {utc_of(date_of(2024, 11, 3), 6), -5 * 3600},
    };
    memcpy(&zone.changes[1], changes, sizeof changes);
    zone.change_count = 5;
    return zone;
}
