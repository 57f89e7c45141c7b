/*
 * publish.c - does what check allowed.
 *
 *   memory for everything -> record visible -> index -> old one retired -> days compiled, touched
 *
 * Whatever can fail comes first, so LIMIT_MEMORY leaves everything as it was. Names that do not
 * resolve, and fields out of range, are refused here too: in replay they are CORRUPT_STATE. Old
 * records retire through the caller's limbo, one or two a put. A change of a time zone replaces
 * the configuration of every schedule in it, more than a limbo may hold: those wait in a list of
 * the directory with the counter value from which nobody can read them.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/directory/compile.h"
#include "engine/directory/directory.h"
#include "engine/directory/encode.h"
#include "engine/directory/later.h"
#include "engine/directory/merge.h"
#include "engine/directory/rehearse.h"
#include "engine/directory/resolve.h"
#include "engine/directory/shape.h"

/* The old record and the index's old slots. */
#define RETIRED_MAX 2

/* One publish under way. */
struct act {
    struct fasti_directory *directory;
    const struct fasti_put *put;
    const struct fasti_publish *publish;
    struct fasti_resolver resolver;
    uint32_t id; /* of the record; 0 until it is published for the first time */
    struct fasti_hash128 delta;
};

/* A rehearsal keeps no days, retires nothing that others read, and ends with all that it made. */
static bool is_rehearsal(const struct act *act) {
    return act->directory->made != NULL;
}

static void retire(const struct act *act, const void *record) {
    if (record != NULL && !is_rehearsal(act))
        fasti_limbo_retire_pointer(act->publish->limbo, (void *)(uintptr_t)record);
}

static void delta_add(struct act *act, struct fasti_hash128 before, struct fasti_hash128 after) {
    act->delta = fasti_hash128_add(act->delta, fasti_hash128_subtract(after, before));
}

/* ---- bulks ---- */

/* Frees the replaced configurations that nobody can read any more. */
static void bulks_collect(struct act *act) {
    const uint64_t counter = fasti_load_seq_cst(&act->publish->limbo->epoch->counter);
    struct fasti_bulk **link = &act->directory->bulks;
    while (*link != NULL) {
        struct fasti_bulk *bulk = *link;
        if (bulk->free_at > counter) {
            link = &bulk->next;
            continue;
        }
        *link = bulk->next;
        for (uint32_t i = 0; i < bulk->count; i++)
            free((void *)(uintptr_t)bulk->items[i].old);
        free(bulk);
    }
}

static bool is_moved(const struct fasti_schedule_config *config, fasti_location_id location,
                     fasti_zone_id zone) {
    return (location.v != 0 && config->location.v == location.v) ||
           (zone.v != 0 && config->zone_id.v == zone.v);
}

static void bulk_abandon(struct fasti_bulk *bulk) {
    for (uint32_t i = 0; i < bulk->count; i++)
        free(bulk->items[i].now);
    free(bulk);
}

/* Copies of the configurations of every schedule at a location, or in a zone (the other one is 0).
 * NULL: no memory. */
static struct fasti_bulk *bulk_make(const struct fasti_directory *directory,
                                    fasti_location_id location, fasti_zone_id zone) {
    const uint32_t schedules = fasti_directory_count(directory, FASTI_ENTITY_SCHEDULE);
    uint32_t count = 0;
    for (uint32_t i = 1; i <= schedules; i++)
        count += is_moved(fasti_config_get(directory, (fasti_schedule_id){i}), location, zone);
    struct fasti_bulk *bulk = calloc(1, sizeof *bulk + count * sizeof bulk->items[0]);
    for (uint32_t i = 1; bulk != NULL && i <= schedules; i++) {
        const fasti_schedule_id id = {i};
        const struct fasti_schedule_config *old = fasti_config_get(directory, id);
        if (!is_moved(old, location, zone))
            continue;
        struct fasti_schedule_config *now = malloc(fasti_config_bytes(old->opening_count));
        if (now == NULL) {
            bulk_abandon(bulk);
            return NULL;
        }
        memcpy(now, old, fasti_config_bytes(old->opening_count));
        bulk->items[bulk->count++] =
            (struct fasti_bulk_item){.schedule = id, .old = old, .now = now};
    }
    return bulk;
}

/* Lets a schedule have another configuration; false: no memory, in a rehearsal only. */
static bool config_store(struct act *act, fasti_schedule_id id, struct fasti_schedule_config *now) {
    struct fasti_schedule *schedule = fasti_schedule_get(act->directory, id);
    if (!is_rehearsal(act)) {
        fasti_store_seq_cst(&schedule->config, now);
        return true;
    }
    struct fasti_schedule *copy = calloc(1, sizeof *copy);
    if (copy == NULL || !fasti_made_keep(act->directory, copy))
        return false;
    fasti_store_seq_cst(&copy->config, now);
    (void)fasti_table_replace(&act->directory->tables[FASTI_ENTITY_SCHEDULE], id.v, copy);
    return true;
}

/* Publishes the copies with their new zone, then compiles their days (and touches those of
 * schedules that are not paused: the zone has another name only). */
static enum fasti_status bulk_publish(struct act *act, struct fasti_bulk *bulk,
                                      fasti_zone_id zone) {
    const struct fasti_zone *table = fasti_zone_get(act->directory, zone, NULL);
    bool is_stored = true;
    for (uint32_t i = 0; i < bulk->count; i++) {
        const struct fasti_bulk_item *item = &bulk->items[i];
        item->now->zone = table;
        item->now->zone_id = zone;
        if (!is_rehearsal(act))
            fasti_compile_forget(act->directory, item->schedule);
        is_stored = fasti_made_keep(act->directory, item->now) &&
                    config_store(act, item->schedule, item->now) && is_stored;
    }
    if (is_rehearsal(act)) {
        free(bulk);
        return is_stored ? FASTI_OK : FASTI_LIMIT_MEMORY;
    }
    bulk->free_at = fasti_load_seq_cst(&act->publish->limbo->epoch->counter) + FASTI_GRACE_PAGE;
    bulk->next = act->directory->bulks;
    act->directory->bulks = bulk;
    for (uint32_t i = 0; i < bulk->count; i++)
        fasti_compile_schedule(act->directory, bulk->items[i].schedule, bulk->items[i].old,
                               FASTI_TOUCH_USED, act->publish);
    return FASTI_OK;
}

/* ---- records ---- */

/* Room for one new record of the put's kind and its external id. */
static bool reserve(struct act *act) {
    const enum fasti_entity_kind kind = act->put->kind;
    return act->id != 0 ||
           (fasti_table_reserve(&act->directory->tables[kind]) &&
            fasti_index_reserve(&act->directory->indexes[kind], act->publish->limbo));
}

/* Publishes a first record; reserve was called. */
static void append(struct act *act, void *record) {
    const enum fasti_entity_kind kind = act->put->kind;
    act->id = fasti_table_append(&act->directory->tables[kind], record);
    fasti_index_insert(&act->directory->indexes[kind],
                       fasti_directory_tag(act->put->organization, &act->put->id), act->id);
}

/* Publishes a copy of record, first or next, and counts it in the digest. *replaced: the old one,
 * still to be retired; NULL if there was none. */
static enum fasti_status record_put(struct act *act, const void *record, size_t size,
                                    const void **replaced) {
    struct fasti_table *table = &act->directory->tables[act->put->kind];
    *replaced = NULL;
    if (!reserve(act))
        return FASTI_LIMIT_MEMORY;
    void *copy = malloc(size);
    if (copy == NULL || !fasti_made_keep(act->directory, copy))
        return FASTI_LIMIT_MEMORY;
    memcpy(copy, record, size);
    if (act->id == 0)
        append(act, copy);
    else
        *replaced = fasti_table_replace(table, act->id, copy);
    delta_add(act, fasti_digest_record(act->put->kind, act->id, *replaced),
              fasti_digest_record(act->put->kind, act->id, copy));
    return FASTI_OK;
}

static enum fasti_status organization_publish(struct act *act) {
    struct fasti_organization record;
    const void *replaced;
    fasti_resolve_organization(act->put, &record);
    FASTI_TRY(record_put(act, &record, sizeof record, &replaced));
    retire(act, replaced);
    return FASTI_OK;
}

static enum fasti_status practitioner_publish(struct act *act) {
    struct fasti_practitioner record;
    const void *replaced;
    fasti_resolve_practitioner(act->put, &record);
    FASTI_TRY(record_put(act, &record, sizeof record, &replaced));
    retire(act, replaced);
    return FASTI_OK;
}

static void service_compile(struct act *act) {
    const fasti_service_id id = {act->id};
    if (!fasti_later_service(act->publish->later, id))
        fasti_compile_service(act->directory, id, act->publish);
}

static enum fasti_status service_publish(struct act *act) {
    struct fasti_service record;
    const void *replaced;
    fasti_resolve_service(act->put, &record);
    FASTI_TRY(record_put(act, &record, sizeof record, &replaced));
    retire(act, replaced);
    const struct fasti_service *old = replaced;
    if (old != NULL && !is_rehearsal(act) && !fasti_service_terms_equal(old, &record))
        service_compile(act);
    return FASTI_OK;
}

static enum fasti_status location_publish(struct act *act) {
    struct fasti_location record;
    const fasti_location_id id = {act->id};
    FASTI_TRY(fasti_resolve_location(&act->resolver, &record));
    const struct fasti_location *old = fasti_location_get(act->directory, id);
    struct fasti_bulk *bulk = NULL;
    if (old != NULL && old->zone.v != record.zone.v) {
        bulk = bulk_make(act->directory, id, (fasti_zone_id){0});
        if (bulk == NULL)
            return FASTI_LIMIT_MEMORY;
    }
    const void *replaced;
    const enum fasti_status status = record_put(act, &record, sizeof record, &replaced);
    if (status != FASTI_OK) {
        if (bulk != NULL)
            bulk_abandon(bulk);
        return status;
    }
    retire(act, replaced);
    return bulk == NULL ? FASTI_OK : bulk_publish(act, bulk, record.zone);
}

static enum fasti_status zone_publish(struct act *act) {
    struct fasti_zone_record record = {.name = act->put->id, .zone = *act->put->body.zone};
    const fasti_zone_id id = {act->id};
    struct fasti_bulk *bulk = NULL;
    if (id.v != 0) {
        bulk = bulk_make(act->directory, (fasti_location_id){0}, id);
        if (bulk == NULL)
            return FASTI_LIMIT_MEMORY;
        /* Zones never go: whoever holds a pointer to the old table keeps a valid one. */
        record.older = fasti_table_get(&act->directory->tables[FASTI_ENTITY_ZONE], id.v);
    }
    const void *replaced;
    const enum fasti_status status = record_put(act, &record, sizeof record, &replaced);
    if (status != FASTI_OK) {
        if (bulk != NULL)
            bulk_abandon(bulk);
        return status;
    }
    return bulk == NULL ? FASTI_OK : bulk_publish(act, bulk, id);
}

/* ---- schedules ---- */

/* Replaces a schedule's configuration and brings its days up to date. */
static enum fasti_status config_replace(struct act *act, struct fasti_schedule_config *now,
                                        enum fasti_touch touch) {
    const fasti_schedule_id id = {act->id};
    const struct fasti_schedule_config *old = fasti_config_get(act->directory, id);
    if (touch == FASTI_TOUCH_USED && !is_rehearsal(act))
        fasti_compile_forget(act->directory, id);
    if (!config_store(act, id, now))
        return FASTI_LIMIT_MEMORY;
    if (is_rehearsal(act))
        return FASTI_OK;
    /* Retired before the days are compiled, while there is room for sure. Still readable here:
     * this worker announces nothing before it returns. */
    retire(act, old);
    /* Days that were forgotten are slow to read: those are compiled now. */
    if (touch == FASTI_TOUCH_USED || !fasti_later_schedule(act->publish->later, id, old, touch))
        fasti_compile_schedule(act->directory, id, old, touch, act->publish);
    return FASTI_OK;
}

static enum fasti_status schedule_create(struct act *act, struct fasti_schedule_config *now) {
    if (!reserve(act))
        return FASTI_LIMIT_MEMORY;
    struct fasti_schedule *schedule = calloc(1, sizeof *schedule);
    if (schedule == NULL || !fasti_made_keep(act->directory, schedule))
        return FASTI_LIMIT_MEMORY;
    fasti_store_seq_cst(&schedule->config, now);
    append(act, schedule);
    return FASTI_OK;
}

static enum fasti_touch touch_of(const struct fasti_schedule_config *old,
                                 const struct fasti_schedule_config *now) {
    if (old->zone != now->zone || old->resolution_minutes != now->resolution_minutes)
        return FASTI_TOUCH_USED;
    for (uint32_t i = 0; i < old->service_count; i++)
        if (!fasti_schedule_offers(now, old->services[i]))
            return FASTI_TOUCH_OPEN;
    return FASTI_TOUCH_CHANGED;
}

static enum fasti_status schedule_publish(struct act *act) {
    struct fasti_schedule_config next;
    FASTI_TRY(fasti_resolve_schedule(&act->resolver, &next));
    const struct fasti_schedule_config *old =
        fasti_config_get(act->directory, (fasti_schedule_id){act->id});
    next.opening_count = old == NULL ? 0 : old->opening_count;
    struct fasti_schedule_config *now = malloc(fasti_config_bytes(next.opening_count));
    if (now == NULL)
        return FASTI_LIMIT_MEMORY;
    memcpy(now, &next, sizeof next);
    const struct fasti_hash128 before = fasti_digest_record(FASTI_ENTITY_SCHEDULE, act->id, old);
    enum fasti_status status;
    if (!fasti_made_keep(act->directory, now))
        return FASTI_LIMIT_MEMORY;
    if (old == NULL) {
        status = schedule_create(act, now);
        if (status != FASTI_OK && !is_rehearsal(act))
            free(now);
    } else {
        memcpy(now->openings, old->openings, next.opening_count * sizeof now->openings[0]);
        status = config_replace(act, now, touch_of(old, now));
    }
    if (status == FASTI_OK)
        delta_add(act, before, fasti_digest_record(FASTI_ENTITY_SCHEDULE, act->id, now));
    return status;
}

static enum fasti_status openings_publish(struct act *act) {
    const fasti_schedule_id id = {act->id};
    const struct fasti_schedule_config *old = fasti_config_get(act->directory, id);
    if (old == NULL)
        return FASTI_INVALID_REFERENCE;
    fasti_service_id services[FASTI_SCHEDULE_SERVICES_MAX] = {{0}};
    struct fasti_merge *merge = act->directory->merge;
    FASTI_TRY(fasti_put_check_openings(act->put, old->resolution_minutes, NULL));
    FASTI_TRY(fasti_resolve_opening_services(&act->resolver, services));
    FASTI_TRY(fasti_openings_merge(merge, old, act->put, services, NULL));
    if (!merge->is_changed)
        return FASTI_OK;
    struct fasti_schedule_config *now = malloc(fasti_config_bytes(merge->count));
    if (now == NULL || !fasti_made_keep(act->directory, now))
        return FASTI_LIMIT_MEMORY;
    memcpy(now, old, sizeof *now);
    now->opening_count = (uint16_t)merge->count;
    memcpy(now->openings, merge->openings, merge->count * sizeof now->openings[0]);
    delta_add(act, fasti_digest_openings(id, old), fasti_digest_openings(id, now));
    return config_replace(act, now, FASTI_TOUCH_CHANGED);
}

static enum fasti_status act_run(struct act *act) {
    switch (act->put->kind) {
    case FASTI_ENTITY_ORGANIZATION: return organization_publish(act);
    case FASTI_ENTITY_LOCATION: return location_publish(act);
    case FASTI_ENTITY_PRACTITIONER: return practitioner_publish(act);
    case FASTI_ENTITY_SERVICE: return service_publish(act);
    case FASTI_ENTITY_SCHEDULE: return schedule_publish(act);
    case FASTI_ENTITY_OPENINGS: return openings_publish(act);
    case FASTI_ENTITY_ZONE: return zone_publish(act);
    }
    return FASTI_INVALID_RANGE;
}

enum fasti_status fasti_directory_publish(struct fasti_directory *directory,
                                          const struct fasti_put *put,
                                          const struct fasti_publish *publish, uint32_t *id,
                                          struct fasti_hash128 *delta) {
    struct act act = {
        .directory = directory,
        .put = put,
        .publish = publish,
        .resolver = {.directory = directory, .put = put, .is_complete = true},
    };
    *id = 0;
    *delta = act.delta;
    if (!is_rehearsal(&act))
        bulks_collect(&act);
    if (!fasti_limbo_reserve(publish->limbo, RETIRED_MAX))
        return FASTI_LIMIT_MEMORY;
    enum fasti_status status = fasti_put_check_shape(put, NULL);
    if (status == FASTI_OK)
        status = fasti_resolve_scope(&act.resolver);
    if (status == FASTI_OK) {
        act.id = fasti_directory_find(directory, put->organization, put->kind, &put->id);
        status = act_run(&act);
    }
    if (status == FASTI_OK && !is_rehearsal(&act))
        fasti_changed_add(directory, put->kind, act.id);
    if (status != FASTI_OK && status != FASTI_LIMIT_MEMORY && publish->replay)
        status = FASTI_CORRUPT_STATE;
    *id = act.id;
    *delta = act.delta;
    return status;
}
