/*
 * shape.c - checks of a put on its own.
 *
 * Texts are checked at the door only: what an older version let in stays readable when the rule for
 * texts grows stricter.
 */
#include "engine/directory/shape.h"

#include "engine/time/civil.h"

#define LATITUDE_E7_MAX  900000000
#define LONGITUDE_E7_MAX 1800000000

static enum fasti_status id_check(const struct fasti_id_text *id, const char *what,
                                  struct fasti_detail *detail) {
    if (id->length == 0)
        return fasti_detail_set(detail, FASTI_INVALID_ID, "the id of the %s is empty", what);
    if (id->length > FASTI_ID_BYTES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_ID,
                                "the id of the %s has %d bytes; at most %d are possible", what,
                                id->length, FASTI_ID_BYTES_MAX);
    return FASTI_OK;
}

static enum fasti_status name_check(const struct fasti_put *put, struct fasti_detail *detail) {
    if (put->name.length > FASTI_NAME_BYTES_MAX)
        return fasti_detail_set(
            detail, FASTI_INVALID_TEXT, "the name of '%.*s' has %d bytes; at most %d are possible",
            put->id.length, put->id.bytes, put->name.length, FASTI_NAME_BYTES_MAX);
    return FASTI_OK;
}

static enum fasti_status location_check(const struct fasti_put *put, struct fasti_detail *detail) {
    FASTI_TRY(id_check(&put->body.location.zone, "time zone", detail));
    if (!put->body.location.has_position)
        return FASTI_OK;
    const int32_t latitude = put->body.location.latitude_e7;
    const int32_t longitude = put->body.location.longitude_e7;
    if (latitude < -LATITUDE_E7_MAX || latitude > LATITUDE_E7_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "the latitude of location '%.*s' is %.7f; it must be -90 to 90",
                                put->id.length, put->id.bytes, latitude / 1e7);
    if (longitude < -LONGITUDE_E7_MAX || longitude > LONGITUDE_E7_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "the longitude of location '%.*s' is %.7f; it must be -180 to 180",
                                put->id.length, put->id.bytes, longitude / 1e7);
    return FASTI_OK;
}

static enum fasti_status service_check(const struct fasti_put *put, struct fasti_detail *detail) {
    const uint32_t duration = put->body.service.duration_minutes;
    const uint32_t grid = put->body.service.grid_minutes;
    if (duration < 1 || duration > FASTI_SERVICE_MINUTES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "the duration of service '%.*s' is %u minutes; it must be 1 to %d",
                                put->id.length, put->id.bytes, duration, FASTI_SERVICE_MINUTES_MAX);
    if (grid > FASTI_SERVICE_MINUTES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "the grid of service '%.*s' is %u minutes; it must be 1 to %d",
                                put->id.length, put->id.bytes, grid, FASTI_SERVICE_MINUTES_MAX);
    if (put->body.service.offset_minutes >= (grid == 0 ? duration : grid))
        return fasti_detail_set(
            detail, FASTI_INVALID_RANGE,
            "the offset of service '%.*s' is %u minutes; it must be less than its grid",
            put->id.length, put->id.bytes, put->body.service.offset_minutes);
    if (put->body.service.code.length > 0)
        FASTI_TRY(id_check(&put->body.service.code, "service's code", detail));
    return fasti_terms_check(&put->body.service.terms, "service", put->id.bytes, put->id.length,
                             detail);
}

static enum fasti_status languages_check(const struct fasti_put *put, struct fasti_detail *detail) {
    const uint32_t count = put->body.schedule.language_count;
    if (count > FASTI_SCHEDULE_LANGUAGES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "schedule '%.*s' lists %u languages; at most %d are possible",
                                put->id.length, put->id.bytes, count, FASTI_SCHEDULE_LANGUAGES_MAX);
    for (uint32_t i = 0; i < count; i++)
        if (!fasti_language_is_sound(put->body.schedule.languages[i]))
            return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                    "language %u of schedule '%.*s' is not a code of two or three "
                                    "lower-case letters",
                                    i + 1, put->id.length, put->id.bytes);
    return FASTI_OK;
}

static enum fasti_status specialties_check(const struct fasti_put *put,
                                           struct fasti_detail *detail) {
    const uint32_t count = put->body.schedule.specialty_count;
    const struct fasti_id_text *codes = put->body.schedule.specialties;
    if (count > FASTI_SCHEDULE_SPECIALTIES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "schedule '%.*s' lists %u specialties; at most %d are "
                                "possible",
                                put->id.length, put->id.bytes, count,
                                FASTI_SCHEDULE_SPECIALTIES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        FASTI_TRY(id_check(&codes[i], "schedule's specialty", detail));
        for (uint32_t j = 0; j < i; j++)
            if (fasti_id_text_equal(&codes[i], &codes[j]))
                return fasti_detail_set(
                    detail, FASTI_INVALID_REFERENCE, "schedule '%.*s' lists specialty '%.*s' twice",
                    put->id.length, put->id.bytes, codes[i].length, codes[i].bytes);
    }
    return FASTI_OK;
}

static enum fasti_status schedule_check(const struct fasti_put *put, struct fasti_detail *detail) {
    const uint32_t resolution = put->body.schedule.resolution_minutes;
    const uint32_t count = put->body.schedule.service_count;
    FASTI_TRY(languages_check(put, detail));
    FASTI_TRY(specialties_check(put, detail));
    FASTI_TRY(fasti_terms_check(&put->body.schedule.terms, "schedule", put->id.bytes,
                                put->id.length, detail));
    if (put->body.schedule.substitute.length > 0)
        FASTI_TRY(id_check(&put->body.schedule.substitute, "schedule's substitute", detail));
    if (fasti_id_text_equal(&put->body.schedule.substitute, &put->id))
        return fasti_detail_set(detail, FASTI_INVALID_REFERENCE,
                                "schedule '%.*s' cannot stand in for itself", put->id.length,
                                put->id.bytes);
    FASTI_TRY(id_check(&put->body.schedule.location, "schedule's location", detail));
    if (put->body.schedule.practitioner.length > 0)
        FASTI_TRY(id_check(&put->body.schedule.practitioner, "schedule's practitioner", detail));
    if (resolution != 0 && resolution != 1 && resolution != 5 && resolution != 10 &&
        resolution != 15)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "the resolution of schedule '%.*s' is %u minutes; it must be 1, 5, "
                                "10 or 15",
                                put->id.length, put->id.bytes, resolution);
    const uint32_t minutes = resolution == 0 ? 5 : resolution;
    const struct fasti_terms *terms = &put->body.schedule.terms;
    if (terms->before_minutes % minutes != 0 || terms->after_minutes % minutes != 0)
        return fasti_detail_set(detail, FASTI_INVALID_RESOLUTION,
                                "the buffers of schedule '%.*s', %u and %u minutes, are not "
                                "multiples of its resolution, %u minutes",
                                put->id.length, put->id.bytes, terms->before_minutes,
                                terms->after_minutes, minutes);
    if (count > FASTI_SCHEDULE_SERVICES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "schedule '%.*s' lists %u services; at most %d are possible",
                                put->id.length, put->id.bytes, count, FASTI_SCHEDULE_SERVICES_MAX);
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_id_text *service = &put->body.schedule.services[i];
        FASTI_TRY(id_check(service, "schedule's service", detail));
        for (uint32_t j = 0; j < i; j++)
            if (fasti_id_text_equal(service, &put->body.schedule.services[j]))
                return fasti_detail_set(
                    detail, FASTI_INVALID_REFERENCE, "schedule '%.*s' lists service '%.*s' twice",
                    put->id.length, put->id.bytes, service->length, service->bytes);
    }
    return FASTI_OK;
}

static enum fasti_status openings_check(const struct fasti_put *put, struct fasti_detail *detail) {
    const uint32_t names = put->body.openings.service_name_count;
    switch (put->body.openings.mode) {
    case FASTI_OPENINGS_UPSERT:
    case FASTI_OPENINGS_REPLACE:
    case FASTI_OPENINGS_REMOVE: break;
    default:
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "the mode of the openings is %d; it must be 1 to 3",
                                (int)put->body.openings.mode);
    }
    if (names > FASTI_SCHEDULE_SERVICES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "the openings name %u services; at most %d are possible", names,
                                FASTI_SCHEDULE_SERVICES_MAX);
    for (uint32_t i = 0; i < names; i++)
        FASTI_TRY(id_check(&put->body.openings.service_names[i], "openings' service", detail));
    if (put->body.openings.count > FASTI_OPENINGS_MAX)
        return fasti_detail_set(detail, FASTI_LIMIT_RECORDS,
                                "%u openings are listed; a schedule holds at most %d",
                                put->body.openings.count, FASTI_OPENINGS_MAX);
    return FASTI_OK;
}

static enum fasti_status zone_check(const struct fasti_put *put, struct fasti_detail *detail) {
    if (!fasti_zone_name_is_valid(put->id.bytes, put->id.length))
        return fasti_detail_set(detail, FASTI_INVALID_ZONE, "'%.*s' is not the name of a time zone",
                                put->id.length, put->id.bytes);
    if (put->body.zone == NULL || fasti_zone_check(put->body.zone) != FASTI_OK)
        return fasti_detail_set(detail, FASTI_INVALID_ZONE,
                                "the table of time zone '%.*s' is not valid", put->id.length,
                                put->id.bytes);
    return FASTI_OK;
}

enum fasti_status fasti_put_check_shape(const struct fasti_put *put, struct fasti_detail *detail) {
    FASTI_TRY(id_check(&put->id, "record", detail));
    FASTI_TRY(name_check(put, detail));
    switch (put->kind) {
    case FASTI_ENTITY_ORGANIZATION:
    case FASTI_ENTITY_PRACTITIONER: return FASTI_OK;
    case FASTI_ENTITY_LOCATION: return location_check(put, detail);
    case FASTI_ENTITY_SERVICE: return service_check(put, detail);
    case FASTI_ENTITY_SCHEDULE: return schedule_check(put, detail);
    case FASTI_ENTITY_OPENINGS: return openings_check(put, detail);
    case FASTI_ENTITY_ZONE: return zone_check(put, detail);
    }
    return fasti_detail_set(detail, FASTI_INVALID_RANGE, "the kind of the record is %d, not 1 to 7",
                            (int)put->kind);
}

/* ---- texts ---- */

static enum fasti_status id_check_text(const struct fasti_id_text *id, const char *what,
                                       struct fasti_detail *detail) {
    return fasti_text_is_plain(id->bytes, id->length)
               ? FASTI_OK
               : fasti_detail_set(detail, FASTI_INVALID_ID,
                                  "the id of the %s is not UTF-8 or has a control character", what);
}

static enum fasti_status ids_check_text(const struct fasti_id_text *ids, uint32_t count,
                                        const char *what, struct fasti_detail *detail) {
    for (uint32_t i = 0; i < count; i++)
        FASTI_TRY(id_check_text(&ids[i], what, detail));
    return FASTI_OK;
}

enum fasti_status fasti_put_check_texts(const struct fasti_put *put, struct fasti_detail *detail) {
    FASTI_TRY(id_check_text(&put->id, "record", detail));
    if (!fasti_text_is_plain(put->name.bytes, put->name.length))
        return fasti_detail_set(detail, FASTI_INVALID_TEXT,
                                "the name of '%.*s' is not UTF-8 or has a control character",
                                put->id.length, put->id.bytes);
    if (put->kind == FASTI_ENTITY_LOCATION)
        return id_check_text(&put->body.location.zone, "time zone", detail);
    if (put->kind == FASTI_ENTITY_SERVICE)
        return id_check_text(&put->body.service.code, "service's code", detail);
    if (put->kind == FASTI_ENTITY_SCHEDULE) {
        FASTI_TRY(id_check_text(&put->body.schedule.location, "schedule's location", detail));
        FASTI_TRY(
            id_check_text(&put->body.schedule.practitioner, "schedule's practitioner", detail));
        FASTI_TRY(id_check_text(&put->body.schedule.substitute, "schedule's substitute", detail));
        FASTI_TRY(ids_check_text(put->body.schedule.specialties, put->body.schedule.specialty_count,
                                 "schedule's specialty", detail));
        return ids_check_text(put->body.schedule.services, put->body.schedule.service_count,
                              "schedule's service", detail);
    }
    if (put->kind != FASTI_ENTITY_OPENINGS)
        return FASTI_OK;
    FASTI_TRY(ids_check_text(put->body.openings.service_names,
                             put->body.openings.service_name_count, "openings' service", detail));
    for (uint32_t i = 0; i < put->body.openings.count; i++) {
        FASTI_TRY(id_check(&put->body.openings.openings[i].id, "opening", detail));
        FASTI_TRY(id_check_text(&put->body.openings.openings[i].id, "opening", detail));
    }
    return FASTI_OK;
}

/* ---- openings ---- */

/* The services that one opening names: few, within the names, no two alike. */
static enum fasti_status opening_services_check(const struct fasti_put *put,
                                                const struct fasti_opening *opening,
                                                struct fasti_detail *detail) {
    if (opening->service_count > FASTI_OPENING_SERVICES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "opening '%.*s' names %d services; at most %d are possible",
                                opening->id.length, opening->id.bytes, opening->service_count,
                                FASTI_OPENING_SERVICES_MAX);
    for (uint32_t i = 0; i < opening->service_count; i++) {
        const uint32_t service = opening->services[i].v;
        if (service < 1 || service > put->body.openings.service_name_count)
            return fasti_detail_set(detail, FASTI_INVALID_REFERENCE,
                                    "opening '%.*s' refers to service name %u of %d",
                                    opening->id.length, opening->id.bytes, service,
                                    put->body.openings.service_name_count);
        for (uint32_t j = 0; j < i; j++)
            if (opening->services[j].v == service)
                return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                        "opening '%.*s' names a service twice", opening->id.length,
                                        opening->id.bytes);
    }
    return FASTI_OK;
}

/* Offsets are multiples of the resolution (resolution_check_zone), so an instant is a whole tick of
 * its local day when it is a multiple of the resolution in UTC. */
static enum fasti_status instants_check(const struct fasti_opening *opening,
                                        uint32_t resolution_minutes, struct fasti_detail *detail) {
    const int64_t tick_s = (int64_t)resolution_minutes * 60;
    if (opening->kind != FASTI_OPENING_INSTANT ||
        (opening->start_utc_s % tick_s == 0 && opening->end_utc_s % tick_s == 0))
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_INVALID_RESOLUTION,
                            "its instants (%lld to %lld) do not fit the schedule's resolution of "
                            "%u minutes",
                            (long long)opening->start_utc_s, (long long)opening->end_utc_s,
                            resolution_minutes);
}

static enum fasti_status opening_check(const struct fasti_opening *opening,
                                       uint32_t resolution_minutes, struct fasti_detail *detail) {
    struct fasti_detail why = {{0}};
    enum fasti_status status = fasti_opening_check(opening, resolution_minutes, &why);
    if (status == FASTI_OK)
        status = instants_check(opening, resolution_minutes, &why);
    if (status == FASTI_OK)
        return FASTI_OK;
    return fasti_detail_set(detail, status, "opening '%.*s': %.150s", opening->id.length,
                            opening->id.bytes, why.text);
}

enum fasti_status fasti_openings_check_resolution(const struct fasti_opening *openings,
                                                  uint32_t count, uint32_t resolution_minutes,
                                                  struct fasti_detail *detail) {
    for (uint32_t i = 0; i < count; i++)
        FASTI_TRY(opening_check(&openings[i], resolution_minutes, detail));
    return FASTI_OK;
}

/* Days from 1970 on in local time. */
static int64_t local_date(int64_t utc_s, int32_t offset_s) {
    const int64_t local_s = utc_s + offset_s;
    return local_s / FASTI_DAY_SECONDS - (local_s % FASTI_DAY_SECONDS < 0);
}

/* Does a day begin at this change, because clocks skip its midnight? Others begin at a 00:00. */
static bool skips_midnight(const struct fasti_zone *zone, uint32_t change) {
    const struct fasti_zone_change *to = &zone->changes[change];
    return change > 0 && local_date(to->utc_s - 1, zone->changes[change - 1].offset_s) <
                             local_date(to->utc_s, to->offset_s);
}

enum fasti_status fasti_resolution_check_zone(uint32_t resolution_minutes,
                                              const struct fasti_zone *zone,
                                              const struct fasti_id_text *schedule,
                                              struct fasti_detail *detail) {
    for (uint32_t i = 0; i < zone->change_count; i++) {
        const int32_t minutes = zone->changes[i].offset_s / 60;
        if (minutes % (int32_t)resolution_minutes != 0)
            return fasti_detail_set(detail, FASTI_INVALID_RESOLUTION,
                                    "schedule '%.*s' cannot have a resolution of %u minutes where "
                                    "local time is %d minutes off UTC: use 5 or 1",
                                    schedule->length, schedule->bytes, resolution_minutes, minutes);
        if (skips_midnight(zone, i) &&
            zone->changes[i].utc_s / 60 % (int64_t)resolution_minutes != 0)
            return fasti_detail_set(detail, FASTI_INVALID_RESOLUTION,
                                    "schedule '%.*s' cannot have a resolution of %u minutes where "
                                    "clocks skip a midnight between two of its ticks: use 1",
                                    schedule->length, schedule->bytes, resolution_minutes);
    }
    return FASTI_OK;
}

enum fasti_status fasti_put_check_openings(const struct fasti_put *put, uint32_t resolution_minutes,
                                           struct fasti_detail *detail) {
    for (uint32_t i = 0; i < put->body.openings.count; i++) {
        const struct fasti_opening *opening = &put->body.openings.openings[i];
        FASTI_TRY(id_check(&opening->id, "opening", detail));
        if (put->body.openings.mode == FASTI_OPENINGS_REMOVE)
            continue; /* only the id counts */
        FASTI_TRY(opening_services_check(put, opening, detail));
        FASTI_TRY(opening_check(opening, resolution_minutes, detail));
    }
    return FASTI_OK;
}
