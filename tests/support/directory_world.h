/*
 * directory_world.h - a directory with its arena, epoch and patterns, for tests of whatever stands
 * on it; builders of puts from C strings; a record of which days were touched.
 *
 * Threading: the world's worker 0 is the writer; more workers may be registered by a test.
 */
#ifndef FASTI_TESTS_SUPPORT_DIRECTORY_WORLD_H
#define FASTI_TESTS_SUPPORT_DIRECTORY_WORLD_H

#include "engine/directory/directory.h"

#define WORLD_TOUCHES_MAX 65536

struct world_touch {
    fasti_schedule_id schedule;
    fasti_date date;
};

struct world {
    struct fasti_arena arena;
    struct fasti_arena_local local;
    struct fasti_epoch epoch;
    struct fasti_limbo limbo;
    struct fasti_patterns *patterns;
    struct fasti_directory *directory;
    struct fasti_hash128 digest; /* sum of the deltas */
    int64_t now_ms;
    bool replay;
    uint32_t touch_count;
    struct world_touch touches[WORLD_TOUCHES_MAX]; /* of the last publish */
    struct fasti_detail detail;                    /* of the last check */
};

/* workers: at least 1. The writer is online. */
struct world *world_make(uint32_t workers);
void world_free(struct world *world);

/* check; its sentence is in world->detail. */
enum fasti_status world_check(struct world *world, const struct fasti_put *put,
                              const struct fasti_staged *staged, enum fasti_put_result *result);

/* publish; the dense id in *id (may be NULL). Adds to the digest; then a quiescent point. */
enum fasti_status world_publish(struct world *world, const struct fasti_put *put, uint32_t *id);

/* check and publish, both OK (aborts otherwise); returns the dense id. */
uint32_t world_put(struct world *world, const struct fasti_put *put);

struct fasti_id_text id_text(const char *text);

struct fasti_put put_organization(const char *id, const char *name);
struct fasti_put put_zone(const char *name, const struct fasti_zone *zone);
struct fasti_put put_location(uint32_t organization, const char *id, const char *zone);
struct fasti_put put_practitioner(uint32_t organization, const char *id, const char *name);
struct fasti_put put_service(uint32_t organization, const char *id, uint16_t duration,
                             uint16_t grid);
/* services: NULL-terminated. */
struct fasti_put put_schedule(uint32_t organization, const char *id, const char *location,
                              uint8_t resolution, const char *const *services);
struct fasti_put put_openings(uint32_t organization, const char *schedule,
                              enum fasti_openings_mode mode, uint32_t source,
                              const struct fasti_opening *openings, uint32_t count);

/* weekdays: bit 0 = Monday. Validity 2000 to 2199 unless set afterwards. */
struct fasti_opening opening_weekly(const char *id, uint8_t weekdays, uint16_t start, uint16_t end);
struct fasti_opening opening_on(const char *id, uint8_t kind, fasti_date date, uint16_t start,
                                uint16_t end);
struct fasti_opening opening_instant(const char *id, int64_t start_utc_s, int64_t end_utc_s);

fasti_date date_of(int32_t year, uint8_t month, uint8_t day);

/* UTC + offset for ever. */
struct fasti_zone zone_fixed(int32_t offset_s);
/* New York's summer time of 2023 and 2024; standard time otherwise. */
struct fasti_zone zone_new_york(void);

#endif
