/*
 * put_of.c - names for dense ids.
 */
#include "engine/directory/put_of.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/directory/state.h"

static const void *organization_put(const struct fasti_directory *directory, uint32_t id,
                                    struct fasti_put *put) {
    const struct fasti_organization *record =
        fasti_organization_get(directory, (fasti_organization_id){id});
    if (record == NULL)
        return NULL;
    put->id = record->id;
    put->name = record->name;
    return record;
}

static const void *location_put(const struct fasti_directory *directory, uint32_t id,
                                struct fasti_put *put) {
    const struct fasti_location *record = fasti_location_get(directory, (fasti_location_id){id});
    if (record == NULL)
        return NULL;
    put->organization = record->organization;
    put->id = record->id;
    put->name = record->name;
    (void)fasti_zone_get(directory, record->zone, &put->body.location.zone);
    put->body.location.has_position = record->has_position;
    put->body.location.latitude_e7 = record->latitude_e7;
    put->body.location.longitude_e7 = record->longitude_e7;
    return record;
}

static const void *practitioner_put(const struct fasti_directory *directory, uint32_t id,
                                    struct fasti_put *put) {
    const struct fasti_practitioner *record =
        fasti_practitioner_get(directory, (fasti_practitioner_id){id});
    if (record == NULL)
        return NULL;
    put->organization = record->organization;
    put->id = record->id;
    put->name = record->name;
    return record;
}

static const void *service_put(const struct fasti_directory *directory, uint32_t id,
                               struct fasti_put *put) {
    const struct fasti_service *record = fasti_service_get(directory, (fasti_service_id){id});
    if (record == NULL)
        return NULL;
    put->organization = record->organization;
    put->id = record->id;
    put->name = record->name;
    put->body.service.duration_minutes = record->duration_minutes;
    put->body.service.grid_minutes = record->grid_minutes;
    put->body.service.offset_minutes = record->offset_minutes;
    put->body.service.terms = record->terms;
    put->body.service.code = record->code;
    return record;
}

static const void *schedule_put(const struct fasti_directory *directory, uint32_t id,
                                struct fasti_put *put) {
    const struct fasti_schedule *schedule = fasti_schedule_get(directory, (fasti_schedule_id){id});
    if (schedule == NULL)
        return NULL;
    const struct fasti_schedule_config *config = fasti_load_seq_cst(&schedule->config);
    put->organization = config->organization;
    put->id = config->id;
    put->name = config->name;
    put->body.schedule.location = fasti_location_get(directory, config->location)->id;
    if (config->practitioner.v != 0)
        put->body.schedule.practitioner =
            fasti_practitioner_get(directory, config->practitioner)->id;
    put->body.schedule.resolution_minutes = config->resolution_minutes;
    put->body.schedule.service_count = config->service_count;
    for (uint32_t i = 0; i < config->service_count; i++)
        put->body.schedule.services[i] = fasti_service_get(directory, config->services[i])->id;
    put->body.schedule.language_count = config->language_count;
    memcpy(put->body.schedule.languages, config->languages, sizeof config->languages);
    put->body.schedule.substitute = config->substitute;
    put->body.schedule.terms = config->terms;
    put->body.schedule.specialty_count = config->specialty_count;
    memcpy(put->body.schedule.specialties, config->specialties, sizeof config->specialties);
    return config;
}

static const void *zone_put(const struct fasti_directory *directory, uint32_t id,
                            struct fasti_put *put) {
    put->body.zone = fasti_zone_get(directory, (fasti_zone_id){id}, &put->id);
    return put->body.zone;
}

const void *fasti_put_of(const struct fasti_directory *directory, enum fasti_entity_kind kind,
                         uint32_t id, struct fasti_put *put) {
    memset(put, 0, sizeof *put);
    put->kind = kind;
    switch (kind) {
    case FASTI_ENTITY_ORGANIZATION: return organization_put(directory, id, put);
    case FASTI_ENTITY_LOCATION: return location_put(directory, id, put);
    case FASTI_ENTITY_PRACTITIONER: return practitioner_put(directory, id, put);
    case FASTI_ENTITY_SERVICE: return service_put(directory, id, put);
    case FASTI_ENTITY_SCHEDULE: return schedule_put(directory, id, put);
    case FASTI_ENTITY_ZONE: return zone_put(directory, id, put);
    case FASTI_ENTITY_OPENINGS: break;
    }
    return NULL;
}

/* The place of a service's name in the put, added if it is not there; 0: there is no room. */
static uint32_t service_name(const struct fasti_directory *directory, fasti_service_id id,
                             fasti_service_id *named, struct fasti_put *put) {
    uint32_t i = 0;
    while (i < put->body.openings.service_name_count && named[i].v != id.v)
        i++;
    if (i == FASTI_SCHEDULE_SERVICES_MAX)
        return 0;
    if (i == put->body.openings.service_name_count) {
        named[i] = id;
        put->body.openings.service_names[i] = fasti_service_get(directory, id)->id;
        put->body.openings.service_name_count++;
    }
    return i + 1;
}

bool fasti_put_of_openings(const struct fasti_directory *directory, fasti_schedule_id id,
                           uint32_t *at, struct fasti_opening *openings, struct fasti_put *put) {
    const struct fasti_schedule_config *config = fasti_config_get(directory, id);
    fasti_service_id named[FASTI_SCHEDULE_SERVICES_MAX];
    if (config == NULL || *at >= config->opening_count)
        return false;
    memset(put, 0, sizeof *put);
    put->kind = FASTI_ENTITY_OPENINGS;
    put->organization = config->organization;
    put->id = config->id;
    put->body.openings.mode = FASTI_OPENINGS_UPSERT;
    put->body.openings.source = config->openings[*at].source;
    put->body.openings.openings = openings;
    uint32_t count = 0;
    for (; *at < config->opening_count; ++*at) {
        const struct fasti_opening *opening = &config->openings[*at];
        bool fits = opening->source == put->body.openings.source;
        openings[count] = *opening;
        for (uint32_t i = 0; fits && i < opening->service_count; i++) {
            openings[count].services[i].v =
                service_name(directory, opening->services[i], named, put);
            fits = openings[count].services[i].v != 0;
        }
        if (!fits)
            break; /* a name that it added alone does no harm */
        count++;
    }
    FASTI_ASSERT(count > 0);
    put->body.openings.count = count;
    return true;
}
