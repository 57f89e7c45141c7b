/*
 * rooms_compile.c - what an import costs after its last put: days of weekly openings to patterns.
 *
 *   50,000 schedules, each: mornings and afternoons of five weekdays around a lunch break, one
 *   afternoon off, two services; six closures (a summer, a winter, four single days) and a Saturday
 *
 * Schedules open at one of 5 times, have one of 3 lunch breaks and lie on their own dates, so that
 * days differ as those of practices do. All of it is published first; the figure is the compiling
 * alone, of the 400 days ahead that an edit compiles, in days without any cell and in days that
 * are there. The zone changes its clocks twice a year.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/rooms.h"
#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/base/prng.h"
#include "engine/directory/compile.h"
#include "engine/directory/directory.h"
#include "engine/time/civil.h"

#define SCHEDULES    UINT32_C(50000)
#define OPENINGS_MAX 16
#define ZONE_YEARS   200
#define NOW_DATE     20600 /* 2026-05-27 */

struct site {
    struct fasti_arena arena;
    struct fasti_arena_local local;
    struct fasti_epoch epoch;
    struct fasti_limbo limbo;
    struct fasti_patterns *patterns;
    struct fasti_directory *directory;
    struct fasti_publish publish;
    struct fasti_prng prng;
};

static void touch(void *context, fasti_schedule_id schedule, fasti_date date) {
    (void)context, (void)schedule, (void)date; /* a booking's part, not this room's */
}

static struct site *site_open(void) {
    struct site *site = aligned_alloc(FASTI_CACHE_LINE_BYTES, (sizeof *site + 63) / 64 * 64);
    FASTI_ASSERT(site != NULL);
    memset(site, 0, sizeof *site);
    fasti_arena_init(&site->arena, UINT64_C(2) << 30);
    fasti_arena_local_init(&site->local, &site->arena);
    fasti_epoch_init(&site->epoch, 1);
    const bool has_limbo = fasti_limbo_init(&site->limbo, &site->epoch, &site->local, 0);
    FASTI_ASSERT(has_limbo);
    fasti_epoch_online(&site->limbo);
    site->patterns = fasti_patterns_create();
    site->directory = fasti_directory_create(&site->arena, site->patterns);
    FASTI_ASSERT(site->patterns != NULL && site->directory != NULL);
    site->prng = (struct fasti_prng){1};
    site->publish = (struct fasti_publish){
        .limbo = &site->limbo,
        .arena = &site->local,
        .now_ms = (int64_t)NOW_DATE * FASTI_DAY_SECONDS * 1000,
        .touch = touch,
    };
    return site;
}

static void site_close(struct site *site) {
    fasti_epoch_offline(&site->limbo);
    fasti_limbo_deinit(&site->limbo);
    fasti_directory_destroy(site->directory);
    fasti_patterns_destroy(site->patterns);
    fasti_arena_deinit(&site->arena);
    free(site);
}

static void put(struct site *site, const struct fasti_put *record) {
    struct fasti_detail detail = {""};
    enum fasti_put_result result;
    struct fasti_hash128 delta;
    uint32_t id;
    enum fasti_status status =
        fasti_directory_check(site->directory, record, NULL, &result, &detail);
    if (status == FASTI_OK)
        status = fasti_directory_publish(site->directory, record, &site->publish, &id, &delta);
    if (status != FASTI_OK)
        fprintf(stderr, "fasti-bench-rooms: %s: %s\n", fasti_status_name(status), detail.text);
    FASTI_ASSERT(status == FASTI_OK);
}

/* Not while days wait for the end of a row: they need the old configurations. */
static void collect(struct site *site) {
    fasti_epoch_quiescent(&site->limbo);
    (void)fasti_limbo_collect(&site->limbo, 64);
}

static struct fasti_id_text id_of(const char *prefix, uint32_t number) {
    struct fasti_id_text id;
    char text[32];
    snprintf(text, sizeof text, "%s-%u", prefix, number);
    const enum fasti_status status = fasti_id_text_set(&id, text, strlen(text));
    FASTI_ASSERT(status == FASTI_OK);
    return id;
}

/* The last Sunday of a month, 01:00 UTC: clocks change in most of Europe. */
static int64_t change_of(int32_t year, uint8_t month) {
    const fasti_date last = fasti_date_of_civil((struct fasti_civil){year, month, 31});
    const int32_t back = (fasti_date_weekday(last) + 1) % 7;
    return (int64_t)(last.v - back) * FASTI_DAY_SECONDS + 3600;
}

static void zone_make(struct fasti_zone *zone) {
    memset(zone, 0, sizeof *zone);
    zone->changes[zone->change_count++] = (struct fasti_zone_change){0, 3600};
    for (int32_t year = 2000; year < 2000 + ZONE_YEARS; year++) {
        zone->changes[zone->change_count++] =
            (struct fasti_zone_change){change_of(year, 3), 2 * 3600};
        zone->changes[zone->change_count++] = (struct fasti_zone_change){change_of(year, 10), 3600};
    }
}

/* Whose schedules they are, where, and for what. */
static void site_found(struct site *site) {
    struct fasti_zone zone;
    zone_make(&zone);
    struct fasti_put record = {.kind = FASTI_ENTITY_ORGANIZATION, .id = id_of("clinic", 1)};
    put(site, &record);
    record = (struct fasti_put){.kind = FASTI_ENTITY_ZONE, .id = id_of("zone", 1)};
    record.body.zone = &zone;
    put(site, &record);
    record = (struct fasti_put){
        .kind = FASTI_ENTITY_LOCATION, .organization = {1}, .id = id_of("place", 1)};
    record.body.location.zone = id_of("zone", 1);
    put(site, &record);
    for (uint16_t i = 1; i <= 2; i++) {
        record = (struct fasti_put){
            .kind = FASTI_ENTITY_SERVICE, .organization = {1}, .id = id_of("visit", i)};
        record.body.service.duration_minutes = (uint16_t)(20 * i);
        record.body.service.grid_minutes = 20;
        put(site, &record);
    }
    for (uint32_t i = 1; i <= SCHEDULES; i++) {
        record = (struct fasti_put){
            .kind = FASTI_ENTITY_SCHEDULE, .organization = {1}, .id = id_of("schedule", i)};
        record.body.schedule.location = id_of("place", 1);
        record.body.schedule.service_count = 2;
        record.body.schedule.services[0] = id_of("visit", 1);
        record.body.schedule.services[1] = id_of("visit", 2);
        put(site, &record);
        collect(site);
    }
}

struct openings {
    struct fasti_opening rows[OPENINGS_MAX];
    uint32_t count;
};

static void row_add(struct openings *openings, enum fasti_opening_kind kind, uint8_t weekdays,
                    uint32_t first, uint32_t last, uint32_t start, uint32_t end) {
    FASTI_ASSERT(openings->count < OPENINGS_MAX);
    openings->rows[openings->count] = (struct fasti_opening){
        .id = id_of("hours", openings->count),
        .kind = (uint8_t)kind,
        .weekdays = weekdays,
        .start_minute = (uint16_t)start,
        .end_minute = (uint16_t)end,
        .date_first = {(int32_t)first},
        .date_last = {(int32_t)last},
        .capacity = FASTI_CAPACITY_UNLIMITED,
    };
    openings->count++;
}

static void openings_make(struct site *site, struct openings *openings) {
    const uint32_t opens = 420 + 15 * (uint32_t)fasti_prng_below(&site->prng, 5);
    const uint32_t lunch = 720 + 15 * (uint32_t)fasti_prng_below(&site->prng, 3);
    const uint32_t off = (uint32_t)fasti_prng_below(&site->prng, 5); /* a free afternoon */
    const uint32_t summer = NOW_DATE + 30 + (uint32_t)fasti_prng_below(&site->prng, 60);
    openings->count = 0;
    row_add(openings, FASTI_OPENING_WEEKLY, 0x1f, FASTI_DATE_FIRST, FASTI_DATE_LAST, opens, lunch);
    row_add(openings, FASTI_OPENING_WEEKLY, (uint8_t)(0x1f & ~(1u << off)), FASTI_DATE_FIRST,
            FASTI_DATE_LAST, lunch + 60, 1080);
    row_add(openings, FASTI_OPENING_CLOSED, 0x7f, summer, summer + 20, 0, 1440);
    row_add(openings, FASTI_OPENING_CLOSED, 0x7f, NOW_DATE + 211, NOW_DATE + 219, 0, 1440);
    for (uint32_t i = 0; i < 4; i++) {
        const uint32_t date = NOW_DATE + 10 + (uint32_t)fasti_prng_below(&site->prng, 360);
        row_add(openings, FASTI_OPENING_CLOSED, 0x7f, date, date, 0, 1440);
    }
    const uint32_t saturday = NOW_DATE + 3 + 7 * (uint32_t)fasti_prng_below(&site->prng, 50);
    row_add(openings, FASTI_OPENING_DATED, 0x7f, saturday, saturday, 540, 720);
}

/* All schedules get their openings as one row of puts; returns how long its end took. */
static int64_t row_publish(struct site *site) {
    struct openings openings;
    site->publish.later = fasti_publish_begin();
    FASTI_ASSERT(site->publish.later != NULL);
    for (uint32_t i = 1; i <= SCHEDULES; i++) {
        struct fasti_put record = {
            .kind = FASTI_ENTITY_OPENINGS, .organization = {1}, .id = id_of("schedule", i)};
        openings_make(site, &openings);
        record.body.openings.mode = FASTI_OPENINGS_REPLACE;
        record.body.openings.openings = openings.rows;
        record.body.openings.count = openings.count;
        put(site, &record);
    }
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    fasti_publish_finish(site->directory, &site->publish);
    const int64_t elapsed_ns = fasti_clock_monotonic_ns() - begin_ns;
    site->publish.later = NULL;
    for (uint32_t i = 0; i < SCHEDULES / 32; i++)
        collect(site);
    return elapsed_ns;
}

void rooms_compile(const struct rooms_options *options) {
    static const char *const names[] = {"schedule compiled, new", "schedule compiled, again"};
    struct site *site = site_open();
    site_found(site);
    for (uint32_t round = 0; round < 2; round++) {
        const int64_t elapsed_ns = row_publish(site);
        rooms_report(options, names[round], SCHEDULES, elapsed_ns);
        if (!options->json)
            printf("%-28s %14.2f s for %u schedules of %d days, %u patterns, %u plans\n", "",
                   (double)elapsed_ns / 1e9, SCHEDULES, FASTI_COMPILE_DAYS_MAX,
                   fasti_patterns_count(site->patterns), fasti_plans_count(site->patterns));
    }
    site_close(site);
}
