/*
 * rehearse.c - copies of the tables, and which schedules an edit moves.
 */
#include "engine/directory/rehearse.h"

#include <stdlib.h>
#include <string.h>

#include "engine/calendar/claim.h"
#include "engine/calendar/page.h"
#include "engine/directory/agree.h"
#include "engine/directory/resolve.h"
#include "engine/directory/state.h"

bool fasti_made_keep(struct fasti_directory *directory, void *memory) {
    struct fasti_made *made = directory->made;
    if (made == NULL)
        return true;
    if (made->count == made->capacity) {
        const uint32_t capacity = made->capacity == 0 ? 64 : made->capacity * 2;
        void **items = realloc(made->items, capacity * sizeof *items);
        if (items == NULL) {
            free(memory);
            return false;
        }
        made->items = items;
        made->capacity = capacity;
    }
    made->items[made->count++] = memory;
    return true;
}

struct fasti_directory *fasti_rehearsal_begin(const struct fasti_directory *directory) {
    struct fasti_directory *rehearsal = calloc(1, sizeof *rehearsal);
    if (rehearsal == NULL)
        return NULL;
    rehearsal->arena = directory->arena;
    rehearsal->patterns = directory->patterns;
    rehearsal->merge = directory->merge; /* scratch, used by one at a time */
    rehearsal->made = calloc(1, sizeof *rehearsal->made);
    bool is_complete = rehearsal->made != NULL;
    for (uint32_t kind = 0; is_complete && kind < FASTI_KIND_SLOTS; kind++)
        is_complete = fasti_table_copy(&rehearsal->tables[kind], &directory->tables[kind]) &&
                      fasti_index_copy(&rehearsal->indexes[kind], &directory->indexes[kind]);
    if (is_complete)
        return rehearsal;
    fasti_rehearsal_end(rehearsal);
    return NULL;
}

void fasti_rehearsal_end(struct fasti_directory *rehearsal) {
    for (uint32_t kind = 0; kind < FASTI_KIND_SLOTS; kind++) {
        fasti_table_deinit(&rehearsal->tables[kind]);
        fasti_index_deinit(&rehearsal->indexes[kind]);
    }
    struct fasti_made *made = rehearsal->made;
    for (uint32_t i = 0; made != NULL && i < made->count; i++)
        free(made->items[i]);
    if (made != NULL)
        free(made->items);
    free(made);
    free(rehearsal);
}

/* A schedule is looked at where its configuration or the record of a service is another one. */
static bool is_changed(const struct fasti_schedule_config *config,
                       const struct fasti_schedule_config *before,
                       const struct fasti_directory *rehearsal,
                       const struct fasti_directory *published) {
    bool is_same = config == before;
    for (uint32_t i = 0; is_same && i < config->service_count; i++)
        is_same = fasti_service_get(rehearsal, config->services[i]) ==
                  fasti_service_get(published, config->services[i]);
    return !is_same;
}

enum fasti_status fasti_rehearsal_check(const struct fasti_directory *rehearsal,
                                        const struct fasti_directory *published,
                                        fasti_schedule_id *schedule, struct fasti_detail *detail) {
    const uint32_t count = fasti_directory_count(rehearsal, FASTI_ENTITY_SCHEDULE);
    for (schedule->v = 1; schedule->v <= count; schedule->v++) {
        const struct fasti_schedule_config *config = fasti_config_get(rehearsal, *schedule);
        if (is_changed(config, fasti_config_get(published, *schedule), rehearsal, published))
            FASTI_TRY(fasti_agree_schedule(rehearsal, config, detail));
    }
    return FASTI_OK;
}

/* ---- moved ---- */

static bool zones_equal(const struct fasti_zone *a, const struct fasti_zone *b) {
    bool same = a->change_count == b->change_count;
    for (uint32_t i = 0; same && i < a->change_count; i++)
        same = a->changes[i].utc_s == b->changes[i].utc_s &&
               a->changes[i].offset_s == b->changes[i].offset_s;
    return same;
}

/* Every schedule for which the zone's table would be `now`; location or zone is 0. */
static void all_moved(const struct fasti_directory *directory, uint32_t location, uint32_t zone,
                      const struct fasti_zone *now,
                      void (*visit)(void *context, fasti_schedule_id schedule), void *context) {
    const uint32_t count = fasti_directory_count(directory, FASTI_ENTITY_SCHEDULE);
    for (uint32_t i = 1; i <= count; i++) {
        const struct fasti_schedule_config *config =
            fasti_config_get(directory, (fasti_schedule_id){i});
        const bool is_there =
            location != 0 ? config->location.v == location : config->zone_id.v == zone;
        if (is_there && !zones_equal(config->zone, now))
            visit(context, (fasti_schedule_id){i});
    }
}

void fasti_directory_moved(const struct fasti_directory *directory, const struct fasti_put *put,
                           void (*visit)(void *context, fasti_schedule_id schedule),
                           void *context) {
    const bool is_candidate = put->kind == FASTI_ENTITY_LOCATION ||
                              put->kind == FASTI_ENTITY_SCHEDULE || put->kind == FASTI_ENTITY_ZONE;
    const uint32_t id =
        is_candidate ? fasti_directory_find(directory, put->organization, put->kind, &put->id) : 0;
    if (id == 0)
        return; /* a new record moves nothing */
    struct fasti_resolver resolver = {.directory = directory, .put = put, .is_complete = true};
    struct fasti_location location;
    struct fasti_schedule_config next;
    if (put->kind == FASTI_ENTITY_ZONE) {
        all_moved(directory, 0, id, put->body.zone, visit, context);
    } else if (put->kind == FASTI_ENTITY_LOCATION) {
        /* Most puts of locations keep the zone: all schedules are not looked at for each. */
        if (fasti_resolve_location(&resolver, &location) == FASTI_OK &&
            location.zone.v != fasti_location_get(directory, (fasti_location_id){id})->zone.v)
            all_moved(directory, id, 0, fasti_zone_get(directory, location.zone, NULL), visit,
                      context);
    } else if (fasti_resolve_schedule(&resolver, &next) == FASTI_OK) {
        const struct fasti_schedule_config *config =
            fasti_config_get(directory, (fasti_schedule_id){id});
        if (config->resolution_minutes != next.resolution_minutes ||
            !zones_equal(config->zone, next.zone))
            visit(context, (fasti_schedule_id){id});
    }
}

/* ---- limited ---- */

static bool is_first_limit(const struct fasti_terms *before, const struct fasti_terms *next) {
    return (fasti_terms_guard_week(next) && !fasti_terms_guard_week(before)) ||
           (fasti_terms_guard_month(next) && !fasti_terms_guard_month(before));
}

void fasti_directory_limited(const struct fasti_directory *directory, const struct fasti_put *put,
                             void (*visit)(void *context, fasti_schedule_id schedule),
                             void *context) {
    const uint32_t id = fasti_directory_find(directory, put->organization, put->kind, &put->id);
    if (id == 0)
        return;
    if (put->kind == FASTI_ENTITY_SCHEDULE) {
        const struct fasti_schedule_config *config =
            fasti_config_get(directory, (fasti_schedule_id){id});
        if (is_first_limit(&config->terms, &put->body.schedule.terms))
            visit(context, (fasti_schedule_id){id});
        return;
    }
    const fasti_service_id service = {id};
    if (put->kind != FASTI_ENTITY_SERVICE ||
        !is_first_limit(&fasti_service_get(directory, service)->terms, &put->body.service.terms))
        return;
    const uint32_t count = fasti_directory_count(directory, FASTI_ENTITY_SCHEDULE);
    for (uint32_t i = 1; i <= count; i++)
        if (fasti_schedule_offers(fasti_config_get(directory, (fasti_schedule_id){i}), service))
            visit(context, (fasti_schedule_id){i});
}

/* ---- reach ---- */

/* A touch: its effect, and the copy of a page that may come in the meantime. */
#define TOUCH_BYTES 512
#define AHEAD_BYTES \
    ((FASTI_COMPILE_DAYS_MAX / FASTI_CHUNK_DAYS + 2) * (uint64_t)sizeof(struct fasti_day_chunk))

/* Of the pages that a chunk's days have: each is copied. */
static uint64_t pages_bytes(struct fasti_arena *arena, struct fasti_schedule *schedule,
                            fasti_date first) {
    uint64_t bytes = 0;
    const struct fasti_day_ref ref = fasti_days_find(arena, &schedule->days, first);
    for (uint32_t at = 0; ref.chunk != NULL && at < FASTI_CHUNK_DAYS; at++) {
        const uint32_t index = fasti_cell_index(fasti_cell_read(arena, &ref.chunk->cells[at]));
        if (index != 0)
            bytes += fasti_page_bytes(fasti_arena_at(arena, index));
    }
    return bytes;
}

static uint64_t schedule_reach(const struct fasti_directory *directory, fasti_schedule_id id) {
    struct fasti_schedule *schedule = fasti_schedule_get(directory, id);
    uint64_t bytes = AHEAD_BYTES;
    fasti_date date = {FASTI_DATE_FIRST};
    while (schedule != NULL &&
           fasti_days_next_chunk(directory->arena, &schedule->days, date, &date)) {
        bytes += FASTI_CHUNK_DAYS * TOUCH_BYTES + pages_bytes(directory->arena, schedule, date);
        date.v += FASTI_CHUNK_DAYS;
    }
    return bytes;
}

struct reach {
    const struct fasti_directory *directory;
    uint64_t bytes;
};

/* A moved schedule is paused and not touched. */
static void reach_moved(void *context, fasti_schedule_id schedule) {
    (void)schedule;
    ((struct reach *)context)->bytes += AHEAD_BYTES;
}

static void reach_add(void *context, fasti_schedule_id schedule) {
    struct reach *reach = context;
    reach->bytes += schedule_reach(reach->directory, schedule);
}

/* Every schedule that offers a service whose terms change. */
static void service_reach(const struct fasti_put *put, uint32_t id, struct reach *reach) {
    const fasti_service_id service = {id};
    const struct fasti_service *published = fasti_service_get(reach->directory, service);
    struct fasti_service next;
    fasti_resolve_service(put, &next);
    if (published == NULL || fasti_service_terms_equal(published, &next))
        return;
    const uint32_t count = fasti_directory_count(reach->directory, FASTI_ENTITY_SCHEDULE);
    for (uint32_t i = 1; i <= count; i++)
        if (fasti_schedule_offers(fasti_config_get(reach->directory, (fasti_schedule_id){i}),
                                  service))
            reach_add(reach, (fasti_schedule_id){i});
}

uint64_t fasti_directory_reach_bytes(const struct fasti_directory *directory,
                                     const struct fasti_put *put) {
    struct reach reach = {.directory = directory};
    const uint32_t id = fasti_directory_find(directory, put->organization, put->kind, &put->id);
    switch (put->kind) {
    case FASTI_ENTITY_SCHEDULE:
        fasti_directory_moved(directory, put, reach_moved, &reach);
        if (id != 0 && reach.bytes == 0)
            reach_add(&reach, (fasti_schedule_id){id});
        break;
    case FASTI_ENTITY_OPENINGS: reach_add(&reach, (fasti_schedule_id){id}); break;
    case FASTI_ENTITY_SERVICE: service_reach(put, id, &reach); break;
    case FASTI_ENTITY_LOCATION:
    case FASTI_ENTITY_ZONE: fasti_directory_moved(directory, put, reach_moved, &reach); break;
    case FASTI_ENTITY_ORGANIZATION:
    case FASTI_ENTITY_PRACTITIONER: break;
    }
    return reach.bytes;
}
