/*
 * thread_directory.c - readers find and read records while one writer creates 50,000 of them and
 * replaces configurations over and over.
 *
 *   no miss     what was created before a reader asks is found, also while the index grows
 *   no mix      a record's external id is the one asked for; a configuration is all of one put
 *   no stale    nothing is read after it was freed (ASan and TSan tell)
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/directory_world.h"
#include "tests/support/seed.h"

#define READERS   3
#define SERVICES  30000
#define SCHEDULES 20000
#define EDITS     400 /* of the first EDITED schedules */
#define EDITED    8
#define KEPT      16

static struct world *world;
static _Atomic uint32_t services_created, schedules_created, stop;
static _Atomic uint32_t faults, reads;

static void fault(const char *what) {
    fprintf(stderr, "fault: %s\n", what);
    fasti_add_relaxed(&faults, 1);
}

static struct fasti_id_text id_numbered(char letter, uint32_t number) {
    struct fasti_id_text id = {0};
    char text[16];
    id.length = (uint8_t)snprintf(text, sizeof text, "%c%u", letter, number);
    memcpy(id.bytes, text, id.length);
    return id;
}

static void service_read(uint32_t number) {
    const struct fasti_id_text name = id_numbered('v', number);
    const fasti_service_id id = {fasti_directory_find(world->directory, (fasti_organization_id){1},
                                                      FASTI_ENTITY_SERVICE, &name)};
    const struct fasti_service *service = fasti_service_get(world->directory, id);
    if (service == NULL)
        fault("a service that was created is not found");
    else if (!fasti_id_text_equal(&service->id, &name) ||
             service->duration_minutes != 1 + number % 1000)
        fault("a service is another one");
}

/* Every edit gives all openings of a schedule one and the same start. */
static void config_verify(const struct fasti_schedule_config *config,
                          const struct fasti_id_text *name) {
    if (!fasti_id_text_equal(&config->id, name) || config->zone->change_count == 0)
        fault("a schedule is another one");
    for (uint32_t i = 1; i < config->opening_count; i++)
        if (config->openings[i].start_minute != config->openings[0].start_minute)
            fault("a configuration is of two puts");
}

static const struct fasti_schedule_config *schedule_read(uint32_t number) {
    const struct fasti_id_text name = id_numbered('s', number);
    const uint32_t id = fasti_directory_find(world->directory, (fasti_organization_id){1},
                                             FASTI_ENTITY_SCHEDULE, &name);
    struct fasti_schedule *schedule = fasti_schedule_get(world->directory, (fasti_schedule_id){id});
    if (schedule == NULL) {
        fault("a schedule that was created is not found");
        return NULL;
    }
    const struct fasti_schedule_config *config = fasti_load_seq_cst(&schedule->config);
    config_verify(config, &name);
    const struct fasti_day_ref ref =
        fasti_days_find(&world->arena, &schedule->days, date_of(2023, 3, 6));
    const uint32_t pattern =
        ref.chunk == NULL ? FASTI_PATTERN_NONE : fasti_load_acquire(&ref.chunk->patterns[ref.at]);
    if (pattern != FASTI_PATTERN_NONE &&
        fasti_pattern_get(world->patterns, pattern)->span_count > 4)
        fault("a pattern is not of four openings");
    return config;
}

/* Reads a few records, keeps what it was given while the writer goes on, and looks again. */
static void round_read(struct fasti_prng *prng) {
    const struct fasti_schedule_config *kept[KEPT] = {NULL};
    uint32_t numbers[KEPT];
    for (uint32_t i = 0; i < KEPT; i++) {
        const uint32_t services = fasti_load_acquire(&services_created);
        const uint32_t schedules = fasti_load_acquire(&schedules_created);
        if (services > 0)
            service_read((uint32_t)fasti_prng_below(prng, services));
        if (schedules == 0)
            continue;
        numbers[i] = (uint32_t)fasti_prng_below(prng, i % 2 == 0 ? EDITED : schedules) % schedules;
        kept[i] = schedule_read(numbers[i]);
        fasti_add_relaxed(&reads, 1);
    }
    sched_yield();
    for (uint32_t i = 0; i < KEPT; i++) {
        if (kept[i] == NULL)
            continue;
        const struct fasti_id_text name = id_numbered('s', numbers[i]);
        config_verify(kept[i], &name);
    }
}

static void *reader(void *argument) {
    const size_t worker = (size_t)argument;
    struct fasti_arena_local local;
    struct fasti_limbo limbo;
    struct fasti_prng prng = {worker};
    fasti_arena_local_init(&local, &world->arena);
    if (!fasti_limbo_init(&limbo, &world->epoch, &local, (uint32_t)worker))
        abort();
    fasti_epoch_online(&limbo);
    while (fasti_load_acquire(&stop) == 0) {
        round_read(&prng);
        fasti_epoch_quiescent(&limbo);
    }
    fasti_epoch_offline(&limbo);
    fasti_limbo_deinit(&limbo);
    return NULL;
}

static void put_or_fault(const struct fasti_put *put) {
    enum fasti_put_result result;
    if (world_check(world, put, NULL, &result) != FASTI_OK)
        fault(world->detail.text);
    if (world_publish(world, put, NULL) != FASTI_OK)
        fault("publish");
}

static void edit(uint32_t number, uint16_t start) {
    struct fasti_opening openings[4];
    for (uint32_t i = 0; i < 4; i++) {
        const char id[] = {(char)('a' + i), '\0'};
        openings[i] = opening_weekly(id, (uint8_t)(1 + i), start, (uint16_t)(start + 30 + 5 * i));
    }
    struct fasti_put put = put_openings(1, "s", FASTI_OPENINGS_REPLACE, 0, openings, 4);
    put.id = id_numbered('s', number % EDITED);
    put_or_fault(&put);
}

static void writer(void) {
    const char *const none[] = {NULL};
    const struct fasti_zone utc = zone_fixed(0), new_york = zone_new_york();
    struct fasti_put first[] = {put_organization("o", ""), put_zone("Etc/UTC", &utc),
                                put_zone("America/New_York", &new_york),
                                put_location(1, "l", "Etc/UTC")};
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++)
        put_or_fault(&first[i]);
    struct fasti_put service = put_service(1, "v", 10, 1);
    struct fasti_put schedule = put_schedule(1, "s", "l", 5, none);
    uint32_t edits = 0;
    for (uint32_t i = 0; i < SERVICES; i++) {
        service.id = id_numbered('v', i);
        service.body.service.duration_minutes = (uint16_t)(1 + i % 1000);
        put_or_fault(&service);
        fasti_store_release(&services_created, i + 1);
        if (i < SCHEDULES) {
            schedule.id = id_numbered('s', i);
            put_or_fault(&schedule);
            fasti_store_release(&schedules_created, i + 1);
        }
        if (i >= EDITED && i % (SERVICES / EDITS) == 0)
            edit(edits++, (uint16_t)(60 + 5 * (i % 200)));
        if (i < 4000 && i % 100 == 0) { /* every configuration at once */
            const struct fasti_put move =
                put_location(1, "l", i % 200 == 0 ? "America/New_York" : "Etc/UTC");
            put_or_fault(&move);
        }
    }
}

int main(void) {
    pthread_t threads[READERS];
    world = world_make(1 + READERS);
    world->now_ms = INT64_C(1677672000000); /* 2023-03-01T12:00Z */
    for (size_t i = 0; i < READERS; i++)
        if (pthread_create(&threads[i], NULL, reader, (void *)(i + 1)) != 0)
            abort();
    writer();
    while (fasti_load_relaxed(&reads) < 1000)
        fasti_epoch_quiescent(&world->limbo);
    fasti_store_release(&stop, 1U);
    for (size_t i = 0; i < READERS; i++)
        pthread_join(threads[i], NULL);
    if (!fasti_hash128_equal(world->digest, fasti_directory_digest(world->directory)))
        fault("the digest is not the sum of the deltas");
    const uint32_t count = fasti_load_relaxed(&faults);
    printf("%u reads, %u faults\n", fasti_load_relaxed(&reads), count);
    world_free(world);
    return count == 0 ? 0 : 1;
}
