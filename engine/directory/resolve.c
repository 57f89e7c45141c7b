/*
 * resolve.c - from names to dense ids, with the defaults of absent fields filled in.
 */
#include "engine/directory/resolve.h"

#include <string.h>

static const char *kind_name(enum fasti_entity_kind kind) {
    switch (kind) {
    case FASTI_ENTITY_ORGANIZATION: return "organization";
    case FASTI_ENTITY_LOCATION: return "location";
    case FASTI_ENTITY_PRACTITIONER: return "practitioner";
    case FASTI_ENTITY_SERVICE: return "service";
    case FASTI_ENTITY_SCHEDULE:
    case FASTI_ENTITY_OPENINGS: return "schedule";
    case FASTI_ENTITY_ZONE: return "time zone";
    }
    return "record";
}

const struct fasti_put *fasti_resolve_staged(const struct fasti_resolver *resolver,
                                             enum fasti_entity_kind kind,
                                             const struct fasti_id_text *name) {
    const struct fasti_staged *staged = resolver->staged;
    const fasti_organization_id organization =
        kind == FASTI_ENTITY_ZONE ? (fasti_organization_id){0} : resolver->put->organization;
    const struct fasti_put *put = NULL;
    if (staged == NULL || staged->find == NULL ||
        !staged->find(staged->context, organization, kind, name, &put))
        return NULL;
    return put;
}

enum fasti_status fasti_resolve_name(struct fasti_resolver *resolver, enum fasti_entity_kind kind,
                                     const struct fasti_id_text *name, uint32_t *id) {
    const fasti_organization_id organization =
        kind == FASTI_ENTITY_ZONE ? (fasti_organization_id){0} : resolver->put->organization;
    *id = fasti_directory_find(resolver->directory, organization, kind, name);
    if (*id != 0)
        return FASTI_OK;
    if (fasti_resolve_staged(resolver, kind, name) != NULL) {
        resolver->is_complete = false;
        return FASTI_OK;
    }
    const int length = name->length <= FASTI_ID_BYTES_MAX ? name->length : FASTI_ID_BYTES_MAX;
    return fasti_detail_set(resolver->detail, FASTI_INVALID_REFERENCE, "there is no %s '%.*s'",
                            kind_name(kind), length, name->bytes);
}

enum fasti_status fasti_resolve_scope(const struct fasti_resolver *resolver) {
    const struct fasti_put *put = resolver->put;
    if (put->kind == FASTI_ENTITY_ORGANIZATION || put->kind == FASTI_ENTITY_ZONE) {
        if (put->organization.v != 0)
            return fasti_detail_set(resolver->detail, FASTI_INVALID_REFERENCE,
                                    "organizations and time zones belong to no organization");
        return FASTI_OK;
    }
    if (resolver->staged != NULL && (put->organization.v & FASTI_ORGANIZATION_STAGED) != 0)
        return FASTI_OK;
    if (fasti_organization_get(resolver->directory, put->organization) == NULL)
        return fasti_detail_set(resolver->detail, FASTI_INVALID_REFERENCE,
                                "there is no organization %u", put->organization.v);
    return FASTI_OK;
}

void fasti_resolve_organization(const struct fasti_put *put, struct fasti_organization *record) {
    *record = (struct fasti_organization){.id = put->id, .name = put->name};
}

void fasti_resolve_practitioner(const struct fasti_put *put, struct fasti_practitioner *record) {
    *record = (struct fasti_practitioner){
        .organization = put->organization, .id = put->id, .name = put->name};
}

void fasti_resolve_service(const struct fasti_put *put, struct fasti_service *record) {
    const uint16_t duration = put->body.service.duration_minutes;
    const uint16_t grid = put->body.service.grid_minutes;
    *record = (struct fasti_service){
        .organization = put->organization,
        .id = put->id,
        .name = put->name,
        .duration_minutes = duration,
        .grid_minutes = grid == 0 ? duration : grid,
        .offset_minutes = put->body.service.offset_minutes,
        .terms = put->body.service.terms,
        .code = put->body.service.code,
    };
}

enum fasti_status fasti_resolve_location(struct fasti_resolver *resolver,
                                         struct fasti_location *record) {
    const struct fasti_put *put = resolver->put;
    const bool has_position = put->body.location.has_position;
    *record = (struct fasti_location){
        .organization = put->organization,
        .id = put->id,
        .name = put->name,
        .has_position = has_position,
        .latitude_e7 = has_position ? put->body.location.latitude_e7 : 0,
        .longitude_e7 = has_position ? put->body.location.longitude_e7 : 0,
    };
    return fasti_resolve_name(resolver, FASTI_ENTITY_ZONE, &put->body.location.zone,
                              &record->zone.v);
}

enum fasti_status fasti_resolve_schedule(struct fasti_resolver *resolver,
                                         struct fasti_schedule_config *record) {
    const struct fasti_put *put = resolver->put;
    const uint8_t resolution = put->body.schedule.resolution_minutes;
    memset(record, 0, sizeof *record);
    record->organization = put->organization;
    record->id = put->id;
    record->name = put->name;
    record->resolution_minutes = resolution == 0 ? 5 : resolution;
    record->substitute = put->body.schedule.substitute;
    record->terms = put->body.schedule.terms;
    record->specialty_count = put->body.schedule.specialty_count;
    memcpy(record->specialties, put->body.schedule.specialties,
           record->specialty_count * sizeof record->specialties[0]);
    record->language_count = put->body.schedule.language_count;
    memcpy(record->languages, put->body.schedule.languages,
           record->language_count * sizeof record->languages[0]);
    FASTI_TRY(fasti_resolve_name(resolver, FASTI_ENTITY_LOCATION, &put->body.schedule.location,
                                 &record->location.v));
    const struct fasti_location *location =
        fasti_location_get(resolver->directory, record->location);
    if (location != NULL) {
        record->zone_id = location->zone;
        record->zone = fasti_zone_get(resolver->directory, location->zone, NULL);
    }
    if (put->body.schedule.practitioner.length > 0)
        FASTI_TRY(fasti_resolve_name(resolver, FASTI_ENTITY_PRACTITIONER,
                                     &put->body.schedule.practitioner, &record->practitioner.v));
    if (put->body.schedule.service_count > FASTI_SCHEDULE_SERVICES_MAX)
        return fasti_detail_set(resolver->detail, FASTI_INVALID_RANGE,
                                "a schedule offers at most %d services, not %d",
                                FASTI_SCHEDULE_SERVICES_MAX, put->body.schedule.service_count);
    record->service_count = put->body.schedule.service_count;
    for (uint32_t i = 0; i < record->service_count; i++)
        FASTI_TRY(fasti_resolve_name(resolver, FASTI_ENTITY_SERVICE,
                                     &put->body.schedule.services[i], &record->services[i].v));
    return FASTI_OK;
}

enum fasti_status
fasti_resolve_opening_services(struct fasti_resolver *resolver,
                               fasti_service_id services[FASTI_SCHEDULE_SERVICES_MAX]) {
    const struct fasti_put *put = resolver->put;
    const uint32_t count = put->body.openings.service_name_count;
    if (count > FASTI_SCHEDULE_SERVICES_MAX)
        return fasti_detail_set(resolver->detail, FASTI_INVALID_RANGE,
                                "the openings name %u services; at most %d are possible", count,
                                FASTI_SCHEDULE_SERVICES_MAX);
    for (uint32_t i = 0; i < count; i++)
        FASTI_TRY(fasti_resolve_name(resolver, FASTI_ENTITY_SERVICE,
                                     &put->body.openings.service_names[i], &services[i].v));
    return FASTI_OK;
}
