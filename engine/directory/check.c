/*
 * check.c - would a put be valid, and what would it change?
 *
 *   shape -> scope -> references -> limits of this kind -> compare with what is published
 *
 * Comparison is by canonical encoding: what the digest would see. Runs under the configuration
 * lock and changes nothing but the writer's scratch memory.
 */
#include <string.h>

#include "engine/directory/agree.h"
#include "engine/directory/directory.h"
#include "engine/directory/encode.h"
#include "engine/directory/merge.h"
#include "engine/directory/resolve.h"
#include "engine/directory/shape.h"

/* A put alone leaves every schedule in agreement; those of an import do so together. */
static bool is_alone(const struct fasti_resolver *r) {
    return r->staged == NULL;
}

static uint32_t kind_max(enum fasti_entity_kind kind) {
    switch (kind) {
    case FASTI_ENTITY_ORGANIZATION: return FASTI_ORGANIZATIONS_MAX;
    case FASTI_ENTITY_LOCATION: return FASTI_LOCATIONS_MAX;
    case FASTI_ENTITY_PRACTITIONER: return FASTI_PRACTITIONERS_MAX;
    case FASTI_ENTITY_SERVICE: return FASTI_SERVICES_MAX;
    case FASTI_ENTITY_SCHEDULE:
    case FASTI_ENTITY_OPENINGS: return FASTI_SCHEDULES_MAX;
    case FASTI_ENTITY_ZONE: return FASTI_ZONES_MAX;
    }
    return 0;
}

/* The result for a record that is published as id (0: not) and would or would not stay the same. */
static enum fasti_status conclude(const struct fasti_resolver *r, uint32_t id, bool same,
                                  enum fasti_put_result *result) {
    const struct fasti_put *put = r->put;
    if (id == 0) {
        const bool is_staged = fasti_resolve_staged(r, put->kind, &put->id) != NULL;
        const bool is_counted = r->staged != NULL && r->staged->created != NULL;
        const uint32_t created = is_counted ? r->staged->created[put->kind] : 0;
        *result = is_staged ? FASTI_PUT_CHANGED : FASTI_PUT_CREATED;
        if (!is_staged &&
            fasti_directory_count(r->directory, put->kind) + created >= kind_max(put->kind))
            return fasti_detail_set(r->detail, FASTI_LIMIT_RECORDS,
                                    "there are %u records of this kind already",
                                    kind_max(put->kind));
        return FASTI_OK;
    }
    *result = same ? FASTI_PUT_UNCHANGED : FASTI_PUT_CHANGED;
    if (!same && put->create_only)
        return fasti_detail_set(r->detail, FASTI_EXISTS, "a record '%.*s' exists and differs",
                                put->id.length, put->id.bytes);
    return FASTI_OK;
}

/* conclude for a record that was resolved to next, where published is the one of that id. */
static enum fasti_status compare(const struct fasti_resolver *r, uint32_t id, const void *next,
                                 const void *published, enum fasti_put_result *result) {
    bool same = false;
    if (published != NULL && r->is_complete) {
        struct fasti_encoding before, after;
        fasti_encode_record(&before, r->put->kind, id, published);
        fasti_encode_record(&after, r->put->kind, id, next);
        same = fasti_encoding_equal(&before, &after);
    }
    return conclude(r, id, same, result);
}

static enum fasti_status organization_check(struct fasti_resolver *r, uint32_t id,
                                            enum fasti_put_result *result) {
    struct fasti_organization next;
    fasti_resolve_organization(r->put, &next);
    return compare(r, id, &next, fasti_organization_get(r->directory, (fasti_organization_id){id}),
                   result);
}

static enum fasti_status practitioner_check(struct fasti_resolver *r, uint32_t id,
                                            enum fasti_put_result *result) {
    struct fasti_practitioner next;
    fasti_resolve_practitioner(r->put, &next);
    return compare(r, id, &next, fasti_practitioner_get(r->directory, (fasti_practitioner_id){id}),
                   result);
}

static enum fasti_status location_check(struct fasti_resolver *r, uint32_t id,
                                        enum fasti_put_result *result) {
    struct fasti_location next;
    FASTI_TRY(fasti_resolve_location(r, &next));
    const struct fasti_location *published =
        fasti_location_get(r->directory, (fasti_location_id){id});
    const struct fasti_zone *zone = fasti_zone_get(r->directory, next.zone, NULL);
    const bool is_moved = published != NULL && zone != NULL && published->zone.v != next.zone.v;
    const uint32_t schedules = fasti_directory_count(r->directory, FASTI_ENTITY_SCHEDULE);
    for (uint32_t i = 1; is_alone(r) && is_moved && i <= schedules; i++) {
        const struct fasti_schedule_config *config =
            fasti_config_get(r->directory, (fasti_schedule_id){i});
        if (config->location.v == id)
            FASTI_TRY(fasti_resolution_check_zone(config->resolution_minutes, zone, &config->id,
                                                  r->detail));
    }
    return compare(r, id, &next, fasti_location_get(r->directory, (fasti_location_id){id}), result);
}

static enum fasti_status zone_check(struct fasti_resolver *r, uint32_t id,
                                    enum fasti_put_result *result) {
    const struct fasti_zone_record *published =
        fasti_table_get(&r->directory->tables[FASTI_ENTITY_ZONE], id);
    bool same =
        published != NULL && published->zone.change_count == r->put->body.zone->change_count;
    for (uint32_t i = 0; same && i < published->zone.change_count; i++) {
        const struct fasti_zone_change *before = &published->zone.changes[i];
        const struct fasti_zone_change *after = &r->put->body.zone->changes[i];
        same = before->utc_s == after->utc_s && before->offset_s == after->offset_s;
    }
    const uint32_t schedules = fasti_directory_count(r->directory, FASTI_ENTITY_SCHEDULE);
    for (uint32_t i = 1; is_alone(r) && published != NULL && !same && i <= schedules; i++) {
        const struct fasti_schedule_config *config =
            fasti_config_get(r->directory, (fasti_schedule_id){i});
        if (config->zone_id.v == id)
            FASTI_TRY(fasti_resolution_check_zone(config->resolution_minutes, r->put->body.zone,
                                                  &config->id, r->detail));
    }
    return conclude(r, id, same, result);
}

static enum fasti_status service_check(struct fasti_resolver *r, uint32_t id,
                                       enum fasti_put_result *result) {
    const fasti_service_id service = {id};
    const struct fasti_service *published = fasti_service_get(r->directory, service);
    struct fasti_service next;
    fasti_resolve_service(r->put, &next);
    const bool is_refit =
        published != NULL && (!fasti_service_terms_equal(published, &next) ||
                              published->terms.before_minutes != next.terms.before_minutes ||
                              published->terms.after_minutes != next.terms.after_minutes);
    const uint32_t schedules = fasti_directory_count(r->directory, FASTI_ENTITY_SCHEDULE);
    for (uint32_t i = 1; is_alone(r) && is_refit && i <= schedules; i++) {
        const struct fasti_schedule_config *config =
            fasti_config_get(r->directory, (fasti_schedule_id){i});
        if (fasti_schedule_offers(config, service))
            FASTI_TRY(
                fasti_agree_service(&next, config->resolution_minutes, &config->id, r->detail));
    }
    return compare(r, id, &next, published, result);
}

/* Every service of the schedule put, as it is staged or published, fits the resolution. */
static enum fasti_status services_fit_check(struct fasti_resolver *r,
                                            const struct fasti_schedule_config *next) {
    for (uint32_t i = 0; i < next->service_count; i++) {
        const struct fasti_id_text *name = &r->put->body.schedule.services[i];
        const struct fasti_put *staged = fasti_resolve_staged(r, FASTI_ENTITY_SERVICE, name);
        struct fasti_service service;
        if (staged != NULL)
            fasti_resolve_service(staged, &service);
        else
            service = *fasti_service_get(r->directory, next->services[i]);
        FASTI_TRY(fasti_agree_service(&service, next->resolution_minutes, &next->id, r->detail));
    }
    return FASTI_OK;
}

static bool put_offers(const struct fasti_put *schedule, const struct fasti_id_text *name) {
    for (uint32_t i = 0; i < schedule->body.schedule.service_count; i++)
        if (fasti_id_text_equal(&schedule->body.schedule.services[i], name))
            return true;
    return false;
}

/* The resolution is the unit of every taken bit: it changes only while no day holds anything, which
 * is not known here (booking/pause.h). */
static enum fasti_status schedule_check(struct fasti_resolver *r, uint32_t id,
                                        enum fasti_put_result *result) {
    const struct fasti_schedule_config *published =
        fasti_config_get(r->directory, (fasti_schedule_id){id});
    struct fasti_schedule_config next;
    FASTI_TRY(fasti_resolve_schedule(r, &next));
    FASTI_TRY(services_fit_check(r, &next));
    if (is_alone(r)) {
        FASTI_TRY(
            fasti_resolution_check_zone(next.resolution_minutes, next.zone, &next.id, r->detail));
        if (published != NULL)
            FASTI_TRY(fasti_agree_openings(r->directory, &next, published->openings,
                                           published->opening_count, r->detail));
    }
    return compare(r, id, &next, published, result);
}

/* Does the schedule, as it is staged or else published, offer a named service? */
static bool schedule_offers_name(const struct fasti_put *staged,
                                 const struct fasti_schedule_config *published,
                                 const struct fasti_id_text *name, fasti_service_id service) {
    if (staged != NULL)
        return put_offers(staged, name);
    return service.v != 0 && fasti_schedule_offers(published, service);
}

static uint32_t single_minutes(const struct fasti_opening *opening) {
    if (opening->kind != FASTI_OPENING_INSTANT)
        return (uint32_t)opening->end_minute - opening->start_minute;
    const int64_t minutes = (opening->end_utc_s - opening->start_utc_s) / 60;
    return minutes > FASTI_LOCAL_DAY_MINUTES_MAX ? 0 : (uint32_t)minutes; /* 0: more than a day */
}

/* Each length costs a mask in the plans of the days, which have room for so many. */
static enum fasti_status lengths_check(const struct fasti_resolver *r) {
    const struct fasti_merge *merge = r->directory->merge;
    bool is_seen[FASTI_LOCAL_DAY_MINUTES_MAX + 1] = {false};
    uint32_t count = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        if ((merge->openings[i].flags & FASTI_OPENING_SINGLE) == 0)
            continue;
        const uint32_t minutes = single_minutes(&merge->openings[i]);
        count += minutes != 0 && !is_seen[minutes];
        is_seen[minutes] = true;
    }
    if (count <= FASTI_SINGLE_LENGTHS_MAX)
        return FASTI_OK;
    return fasti_detail_set(r->detail, FASTI_LIMIT_RECORDS,
                            "schedule '%.*s' would have single openings of %u different lengths; "
                            "%d are possible",
                            r->put->id.length, r->put->id.bytes, count, FASTI_SINGLE_LENGTHS_MAX);
}

static enum fasti_status openings_check(struct fasti_resolver *r, uint32_t id,
                                        enum fasti_put_result *result) {
    const struct fasti_put *put = r->put;
    const struct fasti_schedule_config *published =
        fasti_config_get(r->directory, (fasti_schedule_id){id});
    const struct fasti_put *staged = fasti_resolve_staged(r, FASTI_ENTITY_SCHEDULE, &put->id);
    if (published == NULL && staged == NULL)
        return fasti_detail_set(r->detail, FASTI_INVALID_REFERENCE, "there is no schedule '%.*s'",
                                put->id.length, put->id.bytes);
    uint32_t resolution = published != NULL ? published->resolution_minutes : 5;
    if (staged != NULL && staged->body.schedule.resolution_minutes != 0)
        resolution = staged->body.schedule.resolution_minutes;
    fasti_service_id services[FASTI_SCHEDULE_SERVICES_MAX] = {{0}};
    FASTI_TRY(fasti_resolve_opening_services(r, services));
    for (uint32_t i = 0; i < put->body.openings.service_name_count; i++) {
        const struct fasti_id_text *name = &put->body.openings.service_names[i];
        if (!schedule_offers_name(staged, published, name, services[i]))
            return fasti_detail_set(r->detail, FASTI_INVALID_REFERENCE,
                                    "schedule '%.*s' does not offer service '%.*s', which its "
                                    "openings name",
                                    put->id.length, put->id.bytes, name->length, name->bytes);
    }
    FASTI_TRY(fasti_put_check_openings(put, resolution, r->detail));
    struct fasti_merge *merge = r->directory->merge;
    const bool is_restaged = r->staged != NULL && r->staged->openings != NULL;
    const struct fasti_schedule_config *before = is_restaged ? r->staged->openings : published;
    FASTI_TRY(fasti_openings_merge(merge, before, put, services, r->detail));
    FASTI_TRY(lengths_check(r));
    const bool is_new = published == NULL || is_restaged;
    *result =
        merge->is_changed || !r->is_complete || is_new ? FASTI_PUT_CHANGED : FASTI_PUT_UNCHANGED;
    return FASTI_OK;
}

const struct fasti_opening *
fasti_directory_checked_openings(const struct fasti_directory *directory, uint32_t *count) {
    *count = directory->merge->count;
    return directory->merge->openings;
}

const struct fasti_staged fasti_staged_nothing = {0};

enum fasti_status fasti_directory_check(const struct fasti_directory *directory,
                                        const struct fasti_put *put,
                                        const struct fasti_staged *staged,
                                        enum fasti_put_result *result,
                                        struct fasti_detail *detail) {
    struct fasti_resolver r = {.directory = directory,
                               .put = put,
                               .staged = staged,
                               .detail = detail,
                               .is_complete = true};
    *result = FASTI_PUT_UNCHANGED;
    FASTI_TRY(fasti_put_check_shape(put, detail));
    FASTI_TRY(fasti_put_check_texts(put, detail));
    FASTI_TRY(fasti_resolve_scope(&r));
    const uint32_t id = fasti_directory_find(directory, put->organization, put->kind, &put->id);
    switch (put->kind) {
    case FASTI_ENTITY_ORGANIZATION: return organization_check(&r, id, result);
    case FASTI_ENTITY_LOCATION: return location_check(&r, id, result);
    case FASTI_ENTITY_PRACTITIONER: return practitioner_check(&r, id, result);
    case FASTI_ENTITY_SERVICE: return service_check(&r, id, result);
    case FASTI_ENTITY_SCHEDULE: return schedule_check(&r, id, result);
    case FASTI_ENTITY_OPENINGS: return openings_check(&r, id, result);
    case FASTI_ENTITY_ZONE: return zone_check(&r, id, result);
    }
    return FASTI_INVALID_RANGE;
}
