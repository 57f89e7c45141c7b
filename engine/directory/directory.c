/*
 * directory.c - making, taking down and reading the directory.
 *
 * Everything here but create and destroy is lock-free and may run on any online thread. A record
 * is reached through its table slot; the external id leads to the dense id by comparing the texts
 * of the records behind the matching index entries.
 */
#include "engine/directory/directory.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/directory/compile.h"
#include "engine/directory/encode.h"
#include "engine/directory/merge.h"
#include "engine/directory/state.h"

static const enum fasti_entity_kind stored_kinds[] = {
    FASTI_ENTITY_ORGANIZATION, FASTI_ENTITY_LOCATION, FASTI_ENTITY_PRACTITIONER,
    FASTI_ENTITY_SERVICE,      FASTI_ENTITY_SCHEDULE, FASTI_ENTITY_ZONE,
};
#define STORED_KINDS (sizeof stored_kinds / sizeof stored_kinds[0])

struct fasti_directory *fasti_directory_create(struct fasti_arena *arena,
                                               struct fasti_patterns *patterns) {
    struct fasti_directory *directory = calloc(1, sizeof *directory);
    if (directory == NULL)
        return NULL;
    directory->arena = arena;
    directory->patterns = patterns;
    directory->merge = calloc(1, sizeof *directory->merge);
    directory->compiler = fasti_compiler_create();
    bool complete = directory->merge != NULL && directory->compiler != NULL;
    for (size_t i = 0; i < STORED_KINDS; i++)
        complete = fasti_index_init(&directory->indexes[stored_kinds[i]]) && complete;
    if (!complete) {
        fasti_directory_destroy(directory);
        return NULL;
    }
    return directory;
}

static void record_free(enum fasti_entity_kind kind, void *record) {
    if (kind == FASTI_ENTITY_SCHEDULE) {
        struct fasti_schedule *schedule = record;
        free((void *)(uintptr_t)fasti_load_seq_cst(&schedule->config));
    }
    if (kind == FASTI_ENTITY_ZONE) {
        struct fasti_zone_record *zone = record;
        while (zone->older != NULL) {
            struct fasti_zone_record *older = zone->older;
            zone->older = older->older;
            free(older);
        }
    }
    free(record);
}

void fasti_directory_destroy(struct fasti_directory *directory) {
    if (directory == NULL)
        return;
    for (size_t i = 0; i < STORED_KINDS; i++) {
        const enum fasti_entity_kind kind = stored_kinds[i];
        struct fasti_table *table = &directory->tables[kind];
        for (uint32_t id = 1; id <= fasti_table_count(table); id++)
            record_free(kind, fasti_table_get(table, id));
        fasti_table_deinit(table);
        fasti_index_deinit(&directory->indexes[kind]);
    }
    while (directory->bulks != NULL) {
        struct fasti_bulk *bulk = directory->bulks;
        directory->bulks = bulk->next;
        for (uint32_t i = 0; i < bulk->count; i++)
            free((void *)(uintptr_t)bulk->items[i].old);
        free(bulk);
    }
    fasti_compiler_destroy(directory->compiler);
    free(directory->changed.ids);
    free(directory->changed.names);
    free(directory->merge);
    free(directory);
}

uint32_t fasti_source_of(const char *name, size_t size) {
    const uint32_t source = (uint32_t)fasti_hash64(name, size);
    return source == 0 ? 1 : source;
}

uint32_t fasti_directory_tag(fasti_organization_id organization, const struct fasti_id_text *id) {
    return (uint32_t)(fasti_hash64_seeded(id->bytes, id->length, organization.v) >> 32);
}

const struct fasti_schedule_config *fasti_config_get(const struct fasti_directory *directory,
                                                     fasti_schedule_id id) {
    struct fasti_schedule *schedule = fasti_schedule_get(directory, id);
    return schedule == NULL ? NULL : fasti_load_seq_cst(&schedule->config);
}

/* The key of a published record: its external id, and its organization in *organization. */
static const struct fasti_id_text *key_of(const struct fasti_directory *directory,
                                          enum fasti_entity_kind kind, uint32_t id,
                                          fasti_organization_id *organization) {
    const void *record = fasti_table_get(&directory->tables[kind], id);
    switch (kind) {
    case FASTI_ENTITY_ORGANIZATION:
        organization->v = 0;
        return &((const struct fasti_organization *)record)->id;
    case FASTI_ENTITY_LOCATION:
        *organization = ((const struct fasti_location *)record)->organization;
        return &((const struct fasti_location *)record)->id;
    case FASTI_ENTITY_PRACTITIONER:
        *organization = ((const struct fasti_practitioner *)record)->organization;
        return &((const struct fasti_practitioner *)record)->id;
    case FASTI_ENTITY_SERVICE:
        *organization = ((const struct fasti_service *)record)->organization;
        return &((const struct fasti_service *)record)->id;
    case FASTI_ENTITY_SCHEDULE: {
        const struct fasti_schedule_config *config =
            fasti_config_get(directory, (fasti_schedule_id){id});
        *organization = config->organization;
        return &config->id;
    }
    case FASTI_ENTITY_ZONE:
        organization->v = 0;
        return &((const struct fasti_zone_record *)record)->name;
    case FASTI_ENTITY_OPENINGS: break;
    }
    FASTI_UNREACHABLE_CODE();
}

uint32_t fasti_directory_find(const struct fasti_directory *directory,
                              fasti_organization_id organization, enum fasti_entity_kind kind,
                              const struct fasti_id_text *id) {
    if (!fasti_kind_is_known(kind) || id->length > FASTI_ID_BYTES_MAX)
        return 0;
    kind = fasti_kind_stored(kind);
    struct fasti_index_probe probe =
        fasti_index_probe(&directory->indexes[kind], fasti_directory_tag(organization, id));
    for (uint32_t found; (found = fasti_index_next(&probe)) != 0;) {
        fasti_organization_id other;
        const struct fasti_id_text *text = key_of(directory, kind, found, &other);
        if (other.v == organization.v && fasti_id_text_equal(text, id))
            return found;
    }
    return 0;
}

uint32_t fasti_directory_count(const struct fasti_directory *directory,
                               enum fasti_entity_kind kind) {
    return fasti_kind_is_known(kind) ? fasti_table_count(&directory->tables[kind]) : 0;
}

const struct fasti_organization *fasti_organization_get(const struct fasti_directory *directory,
                                                        fasti_organization_id id) {
    return fasti_table_get(&directory->tables[FASTI_ENTITY_ORGANIZATION], id.v);
}

const struct fasti_location *fasti_location_get(const struct fasti_directory *directory,
                                                fasti_location_id id) {
    return fasti_table_get(&directory->tables[FASTI_ENTITY_LOCATION], id.v);
}

const struct fasti_practitioner *fasti_practitioner_get(const struct fasti_directory *directory,
                                                        fasti_practitioner_id id) {
    return fasti_table_get(&directory->tables[FASTI_ENTITY_PRACTITIONER], id.v);
}

const struct fasti_service *fasti_service_get(const struct fasti_directory *directory,
                                              fasti_service_id id) {
    return fasti_table_get(&directory->tables[FASTI_ENTITY_SERVICE], id.v);
}

struct fasti_schedule *fasti_schedule_get(const struct fasti_directory *directory,
                                          fasti_schedule_id id) {
    return fasti_table_get(&directory->tables[FASTI_ENTITY_SCHEDULE], id.v);
}

const struct fasti_zone *fasti_zone_get(const struct fasti_directory *directory, fasti_zone_id id,
                                        struct fasti_id_text *name) {
    const struct fasti_zone_record *record =
        fasti_table_get(&directory->tables[FASTI_ENTITY_ZONE], id.v);
    if (record == NULL)
        return NULL;
    if (name != NULL)
        *name = record->name;
    return &record->zone;
}

bool fasti_service_terms_equal(const struct fasti_service *a, const struct fasti_service *b) {
    return a->duration_minutes == b->duration_minutes && a->grid_minutes == b->grid_minutes &&
           a->offset_minutes == b->offset_minutes;
}

bool fasti_schedule_offers(const struct fasti_schedule_config *config, fasti_service_id service) {
    for (uint32_t i = 0; i < config->service_count; i++)
        if (config->services[i].v == service.v)
            return true;
    return false;
}

uint32_t fasti_schedule_seats(const struct fasti_schedule_config *config) {
    const uint32_t capacity = config->terms.capacity == 0 ? 1 : config->terms.capacity;
    return capacity + config->terms.overbook;
}

bool fasti_schedule_plan_key(const struct fasti_schedule_config *config, fasti_service_id id,
                             const struct fasti_service *service, uint32_t pattern_id,
                             struct fasti_plan_key *key) {
    const uint32_t resolution = config->resolution_minutes;
    if (service->duration_minutes % resolution != 0 || service->grid_minutes % resolution != 0 ||
        service->offset_minutes % resolution != 0)
        return false;
    *key = (struct fasti_plan_key){
        .pattern_id = pattern_id,
        .service = id,
        .duration_ticks = (uint16_t)(service->duration_minutes / resolution),
        .grid_ticks = (uint16_t)(service->grid_minutes / resolution),
        .offset_ticks = (uint16_t)(service->offset_minutes / resolution),
    };
    return true;
}

/* ---- what a record says, as a number ---- */

/* What is published under a dense id; of a SCHEDULE its configuration. NULL: nothing. */
static const void *record_of(const struct fasti_directory *directory, enum fasti_entity_kind kind,
                             uint32_t id) {
    return kind == FASTI_ENTITY_SCHEDULE
               ? (const void *)fasti_config_get(directory, (fasti_schedule_id){id})
               : fasti_table_get(&directory->tables[kind], id);
}

/* What a record adds to the digest, a schedule's openings included. */
static struct fasti_hash128 digest_of(enum fasti_entity_kind kind, uint32_t id,
                                      const void *record) {
    const struct fasti_hash128 alone = fasti_digest_record(kind, id, record);
    return kind == FASTI_ENTITY_SCHEDULE
               ? fasti_hash128_add(alone, fasti_digest_openings((fasti_schedule_id){id}, record))
               : alone;
}

uint64_t fasti_record_etag(enum fasti_entity_kind kind, uint32_t id, const void *record) {
    const uint64_t low = digest_of(kind, id, record).low;
    return low == 0 ? 1 : low;
}

uint64_t fasti_directory_etag(const struct fasti_directory *directory, enum fasti_entity_kind kind,
                              uint32_t id) {
    if (!fasti_kind_is_known(kind))
        return 0;
    kind = fasti_kind_stored(kind);
    const void *record = record_of(directory, kind, id);
    return record == NULL ? 0 : fasti_record_etag(kind, id, record);
}

struct fasti_hash128 fasti_directory_digest(const struct fasti_directory *directory) {
    struct fasti_hash128 sum = {0, 0};
    for (size_t i = 0; i < STORED_KINDS; i++) {
        const enum fasti_entity_kind kind = stored_kinds[i];
        for (uint32_t id = 1; id <= fasti_directory_count(directory, kind); id++)
            sum = fasti_hash128_add(sum, digest_of(kind, id, record_of(directory, kind, id)));
    }
    return sum;
}
