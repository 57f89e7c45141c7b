/*
 * directory.h - who and where: organizations, locations, practitioners, services, schedules.
 *
 *   external id (organization, kind, text) --index--> dense id --table--> immutable record
 *
 * A record is immutable once published; a put publishes a new one and retires the old through the
 * epoch. Schedules are stable objects (their day cells live here) that point to an immutable
 * configuration. Dense ids are given in log order, so replay gives the same ones.
 * A put is done in two steps under the configuration lock: check says what it would do, then
 * publish does it and cannot fail but for memory; the caller pushes the effect. Effects carry
 * external ids, so a staged import can name records that are staged before them.
 * Threading: check and publish hold the lock (one writer); everything else lock-free, any thread
 * that is online in the epoch.
 */
#ifndef FASTI_DIRECTORY_DIRECTORY_H
#define FASTI_DIRECTORY_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/epoch.h"
#include "engine/base/hash.h"
#include "engine/base/ids.h"
#include "engine/base/status.h"
#include "engine/base/text.h"
#include "engine/calendar/days.h"
#include "engine/calendar/opening.h"
#include "engine/calendar/pattern.h"
#include "engine/directory/put.h"
#include "engine/time/zone.h"

/* ---- records (immutable) ---- */

struct fasti_organization {
    struct fasti_id_text id;
    struct fasti_name_text name;
};

struct fasti_location {
    fasti_organization_id organization;
    struct fasti_id_text id;
    struct fasti_name_text name;
    fasti_zone_id zone;
    bool has_position;
    int32_t latitude_e7, longitude_e7; /* degrees x 10^7, WGS 84 */
};

struct fasti_practitioner {
    fasti_organization_id organization;
    struct fasti_id_text id;
    struct fasti_name_text name;
};

struct fasti_service {
    fasti_organization_id organization;
    uint16_t duration_minutes; /* 1 to FASTI_SERVICE_MINUTES_MAX */
    uint16_t grid_minutes;     /* 1 to FASTI_SERVICE_MINUTES_MAX */
    uint16_t offset_minutes;   /* below grid_minutes; starts are anchor + offset + n * grid */
    struct fasti_terms terms;
    struct fasti_id_text id;
    struct fasti_name_text name;
    struct fasti_id_text code; /* in a catalogue that organizations share; empty = none */
};

/* What a claimer and a query load once, after the cell: one pointer, never changing inside. First
 * what each question about a day reads, so that it is two or three lines of the cache. */
struct fasti_schedule_config {
    fasti_organization_id organization;
    fasti_location_id location;
    const struct fasti_zone *zone; /* of the location when published; zones never go */
    fasti_zone_id zone_id;
    uint8_t resolution_minutes; /* 1, 5, 10 or 15 */
    uint8_t service_count;
    uint16_t opening_count;
    struct fasti_terms terms;
    uint8_t language_count;
    uint8_t specialty_count;
    uint16_t languages[FASTI_SCHEDULE_LANGUAGES_MAX];
    fasti_practitioner_id practitioner;                     /* 0: a room, device or lane */
    fasti_service_id services[FASTI_SCHEDULE_SERVICES_MAX]; /* offered; in the order given */
    struct fasti_id_text id;
    struct fasti_name_text name;     /* may be empty */
    struct fasti_id_text substitute; /* a schedule's id, or empty: told while it is paused */
    struct fasti_id_text
        specialties[FASTI_SCHEDULE_SPECIALTIES_MAX]; /* codes; the main one first */
    struct fasti_opening openings[];                 /* by id (bytes, then length) */
};

struct fasti_schedule {
    _Atomic(const struct fasti_schedule_config *) config; /* seq_cst: see days.h */
    _Atomic bool is_paused; /* seq_cst: nothing is claimed while its ticks change their meaning */
    _Atomic uint32_t record_head; /* newest record of this schedule (booking's chain); 0 none */
    struct fasti_days days;
    struct fasti_days guards;     /* by week and month: see rules/period.h */
    _Atomic int32_t compiled_end; /* days before it are compiled; written under the lock */
};

struct fasti_directory;

/* NULL when there is no memory. patterns and arena are shared with the caller. */
struct fasti_directory *fasti_directory_create(struct fasti_arena *arena,
                                               struct fasti_patterns *patterns);
void fasti_directory_destroy(struct fasti_directory *directory);

#define FASTI_KIND_SLOTS 8 /* arrays by kind */

/* OPENINGS are found as their schedule. */
static inline enum fasti_entity_kind fasti_kind_stored(enum fasti_entity_kind kind) {
    return kind == FASTI_ENTITY_OPENINGS ? FASTI_ENTITY_SCHEDULE : kind;
}

/* What an import has staged before the put that is checked: a check against it and against what is
 * published says what publishing all of it in order will say. What records that others rest on owe
 * to those (the resolution of a schedule to its openings, the duration of a service or the zone of
 * a location to its schedules) may be made good by a later put, so in an import it is asked of all
 * together at the end: fasti_rehearsal_check. A put alone owes it at once. */
struct fasti_staged {
    /* true when (organization, kind, id) is staged, and then the newest put of it if asked for.
     * NULL: all that came before in the import is published. */
    bool (*find)(const void *context, fasti_organization_id organization,
                 enum fasti_entity_kind kind, const struct fasti_id_text *id,
                 const struct fasti_put **put);
    const void *context;
    const uint32_t *created; /* by kind: new records */
    /* OPENINGS: those that the schedule will have by then; NULL: no staged put changes them. */
    const struct fasti_schedule_config *openings;
};

/* In an import, with all that came before published. */
extern const struct fasti_staged fasti_staged_nothing;

/* Would this put be valid, and what would it change? Every range, every reference, every limit.
 * staged NULL: a put alone. UNCHANGED compares with what is published (for a
 * staged record: reports CHANGED). EXISTS, INVALID_*, LIMIT_RECORDS with a sentence in *detail. */
FASTI_MUST_USE enum fasti_status fasti_directory_check(const struct fasti_directory *directory,
                                                       const struct fasti_put *put,
                                                       const struct fasti_staged *staged,
                                                       enum fasti_put_result *result,
                                                       struct fasti_detail *detail);

/* After a check of OPENINGS that said OK, and before the next one: the openings that the schedule
 * would have, by id. Services that are only staged stand in them as 0. */
const struct fasti_opening *
fasti_directory_checked_openings(const struct fasti_directory *directory, uint32_t *count);

/* Who is told of each day whose cell must be touched because its openings changed: called after
 * the new configuration is published, only for days that exist as cells, that lie at or after
 * today - 1, and that were open before in another way than they are now. */
struct fasti_compile_later; /* days that wait for the last put of an import */

struct fasti_publish {
    struct fasti_limbo *limbo; /* of the calling worker: old records retire here */
    struct fasti_arena_local *arena;
    int64_t now_ms; /* the effect's decision time: days from the day before it are compiled */
    bool replay;    /* nothing is touched: the log has the touches */
    /* Several puts in a row: days are compiled and touched once, by fasti_publish_finish; those of
     * a schedule that moves are compiled at once, since they are slow to read until then. NULL: at
     * once. Of one schedule in between, claims lose or come before the edit, as always. */
    struct fasti_compile_later *later;
    void (*touch)(void *context, fasti_schedule_id schedule, fasti_date date);
    void *context;
};

/* Does what check allowed. *id: the record's dense id (the schedule's for OPENINGS). *delta: what
 * to add to the digest. LIMIT_MEMORY (nothing was changed). In replay an invalid put is
 * CORRUPT_STATE. */
FASTI_MUST_USE enum fasti_status fasti_directory_publish(struct fasti_directory *directory,
                                                         const struct fasti_put *put,
                                                         const struct fasti_publish *publish,
                                                         uint32_t *id, struct fasti_hash128 *delta);

/* Room for what a row of publishes leaves for its end; NULL: no memory, or a rehearsal wants none.
 */
struct fasti_compile_later *fasti_publish_begin(void);
/* Compiles and touches what was left, and frees it; NULL: nothing. */
void fasti_publish_finish(struct fasti_directory *directory, const struct fasti_publish *publish);

/* Is a day that should be compiled by now_ms not compiled yet? Any thread. */
bool fasti_directory_is_compile_due(const struct fasti_directory *directory, fasti_schedule_id id,
                                    int64_t now_ms);
/* Compiles the days that came nearer since: whole chunks, at the end of those that are. Nothing is
 * touched, since nothing of them changes. publish: replay. */
void fasti_directory_compile_ahead(struct fasti_directory *directory, fasti_schedule_id id,
                                   const struct fasti_publish *publish);

/* Schedules whose services, place or hours are other ones since fasti_directory_changes_end was
 * called last: *count of *ids (some twice), valid until the next publish; false: any may be. Under
 * the configuration lock. */
bool fasti_directory_changes(const struct fasti_directory *directory, const uint32_t **ids,
                             uint32_t *count);
void fasti_directory_changes_end(struct fasti_directory *directory);

/* A LOCATION, PRACTITIONER or SERVICE that may have another name, or a SCHEDULE that may be of
 * another practitioner. */
struct fasti_renamed {
    enum fasti_entity_kind kind;
    uint32_t id;
};

/* The same since fasti_directory_names_end was called last. */
bool fasti_directory_names(const struct fasti_directory *directory,
                           const struct fasti_renamed **changes, uint32_t *count);
void fasti_directory_names_end(struct fasti_directory *directory);

/* ---- reading ---- */

/* Dense id of an external id, 0 if there is none. ORGANIZATION and ZONE: organization 0. */
uint32_t fasti_directory_find(const struct fasti_directory *directory,
                              fasti_organization_id organization, enum fasti_entity_kind kind,
                              const struct fasti_id_text *id);

/* How many records of a kind were published: dense ids are 1 to count. */
uint32_t fasti_directory_count(const struct fasti_directory *directory,
                               enum fasti_entity_kind kind);

/* NULL for an id that was never given. Valid until the caller's next quiescent point. */
const struct fasti_organization *fasti_organization_get(const struct fasti_directory *directory,
                                                        fasti_organization_id id);
const struct fasti_location *fasti_location_get(const struct fasti_directory *directory,
                                                fasti_location_id id);
const struct fasti_practitioner *fasti_practitioner_get(const struct fasti_directory *directory,
                                                        fasti_practitioner_id id);
const struct fasti_service *fasti_service_get(const struct fasti_directory *directory,
                                              fasti_service_id id);
/* The stable object; its config is loaded with fasti_load_seq_cst. */
struct fasti_schedule *fasti_schedule_get(const struct fasti_directory *directory,
                                          fasti_schedule_id id);
const struct fasti_zone *fasti_zone_get(const struct fasti_directory *directory, fasti_zone_id id,
                                        struct fasti_id_text *name);

/* A number that another state of the record does not have (but for one chance in 2^64), never 0;
 * made of what the record says, so it survives a restart, and comes back when an edit is undone.
 * record: as the functions above give it; of a SCHEDULE its configuration, openings included.
 * Not of a ZONE, whose table does not know its name. */
uint64_t fasti_record_etag(enum fasti_entity_kind kind, uint32_t id, const void *record);

/* The etag of what is published under a dense id, the schedule's for OPENINGS; 0: nothing is. */
uint64_t fasti_directory_etag(const struct fasti_directory *directory, enum fasti_entity_kind kind,
                              uint32_t id);

/* Do both have the same duration, grid and offset? Then every start of one is one of the other. */
bool fasti_service_terms_equal(const struct fasti_service *a, const struct fasti_service *b);

/* Does the schedule offer the service? */
bool fasti_schedule_offers(const struct fasti_schedule_config *config, fasti_service_id service);

/* By so many a tick of the schedule may be taken at once, overbookings by staff included. */
uint32_t fasti_schedule_seats(const struct fasti_schedule_config *config);

/* The plan of a service on a pattern of this schedule. false when its duration or grid is not a
 * multiple of the resolution: such a service has no plan here (check refuses to make one). */
bool fasti_schedule_plan_key(const struct fasti_schedule_config *config, fasti_service_id id,
                             const struct fasti_service *service, uint32_t pattern_id,
                             struct fasti_plan_key *key);

/* The directory's part of the digest, computed anew from every record; the sum of all deltas.
 * Holds the configuration lock or runs alone. For checks: O(n). */
struct fasti_hash128 fasti_directory_digest(const struct fasti_directory *directory);

#endif
