/*
 * encode.c - canonical encodings: little-endian, no padding, one logical record each.
 *
 *   id text, name    length (1 byte), bytes
 *   head             kind (1), dense id (4)
 *
 *   ORGANIZATION  1  head, id text, name
 *   LOCATION      2  head, organization (4), id text, name, zone (4), has position (1),
 *                    latitude (4), longitude (4); both 0 without a position
 *   PRACTITIONER  3  head, organization (4), id text, name
 *   SERVICE       4  head, organization (4), id text, name, duration minutes (2), grid minutes (2),
 *                    offset minutes (2), terms (terms.h: FASTI_TERMS_BYTES), code as id text
 *   SCHEDULE      5  head, organization (4), id text, name, location (4), practitioner (4),
 *                    resolution minutes (1), service count (1), services (4 each, in order given),
 *                    language count (1), languages (2 each), substitute as id text, terms,
 *                    specialty count (1), each as id text
 *   OPENINGS      6  one record an opening: kind (1), dense id of its schedule (4), id text,
 *                    opening kind (1), weekdays (1), flags (1), start minute (2), end minute (2),
 *                    first date (4), last date (4), start UTC s (8), end UTC s (8), capacity (4),
 *                    source (4), service count (1), services (4 each, ascending)
 *   ZONE          7  head, name as id text, change count (4), then UTC s (8), offset s (4) each
 *
 * The digest is the sum of XXH3-128 over these, modulo 2^128. References are dense ids, which
 * follow from the log's order. A schedule's zone is its location's and is not repeated.
 */
#include "engine/directory/encode.h"

#include <string.h>

#include "engine/base/panic.h"

static void add_uint(struct fasti_encoding *e, uint64_t value, uint32_t size) {
    FASTI_ASSERT(e->size + size <= sizeof e->bytes);
    for (uint32_t i = 0; i < size; i++)
        e->bytes[e->size++] = (uint8_t)(value >> (8 * i));
}

static void add_text(struct fasti_encoding *e, const char *bytes, uint8_t length) {
    add_uint(e, length, 1);
    FASTI_ASSERT(e->size + length <= sizeof e->bytes);
    memcpy(e->bytes + e->size, bytes, length);
    e->size += length;
}

static void add_signed(struct fasti_encoding *e, int64_t value, uint32_t size) {
    add_uint(e, (uint64_t)value, size);
}

static void add_id(struct fasti_encoding *e, const struct fasti_id_text *id) {
    add_text(e, id->bytes, id->length);
}

static void add_name(struct fasti_encoding *e, const struct fasti_name_text *name) {
    add_text(e, name->bytes, name->length);
}

static void add_services(struct fasti_encoding *e, const fasti_service_id *services,
                         uint32_t count) {
    add_uint(e, count, 1);
    for (uint32_t i = 0; i < count; i++)
        add_uint(e, services[i].v, 4);
}

static void add_terms(struct fasti_encoding *e, const struct fasti_terms *terms) {
    struct fasti_writer writer = {.bytes = e->bytes + e->size,
                                  .capacity = sizeof e->bytes - e->size};
    fasti_terms_write(&writer, terms);
    FASTI_ASSERT(!writer.failed);
    e->size += (uint32_t)writer.size;
}

static void encode_organization(struct fasti_encoding *e, const struct fasti_organization *record) {
    add_id(e, &record->id);
    add_name(e, &record->name);
}

static void encode_location(struct fasti_encoding *e, const struct fasti_location *record) {
    add_uint(e, record->organization.v, 4);
    add_id(e, &record->id);
    add_name(e, &record->name);
    add_uint(e, record->zone.v, 4);
    add_uint(e, record->has_position, 1);
    add_signed(e, record->has_position ? record->latitude_e7 : 0, 4);
    add_signed(e, record->has_position ? record->longitude_e7 : 0, 4);
}

static void encode_practitioner(struct fasti_encoding *e, const struct fasti_practitioner *record) {
    add_uint(e, record->organization.v, 4);
    add_id(e, &record->id);
    add_name(e, &record->name);
}

static void encode_service(struct fasti_encoding *e, const struct fasti_service *record) {
    add_uint(e, record->organization.v, 4);
    add_id(e, &record->id);
    add_name(e, &record->name);
    add_uint(e, record->duration_minutes, 2);
    add_uint(e, record->grid_minutes, 2);
    add_uint(e, record->offset_minutes, 2);
    add_terms(e, &record->terms);
    add_id(e, &record->code);
}

static void encode_schedule(struct fasti_encoding *e, const struct fasti_schedule_config *record) {
    add_uint(e, record->organization.v, 4);
    add_id(e, &record->id);
    add_name(e, &record->name);
    add_uint(e, record->location.v, 4);
    add_uint(e, record->practitioner.v, 4);
    add_uint(e, record->resolution_minutes, 1);
    add_services(e, record->services, record->service_count);
    add_uint(e, record->language_count, 1);
    for (uint32_t i = 0; i < record->language_count; i++)
        add_uint(e, record->languages[i], 2);
    add_id(e, &record->substitute);
    add_terms(e, &record->terms);
    add_uint(e, record->specialty_count, 1);
    for (uint32_t i = 0; i < record->specialty_count; i++)
        add_id(e, &record->specialties[i]);
}

static void encode_zone(struct fasti_encoding *e, const struct fasti_zone_record *record) {
    add_id(e, &record->name);
    add_uint(e, record->zone.change_count, 4);
    for (uint32_t i = 0; i < record->zone.change_count; i++) {
        add_signed(e, record->zone.changes[i].utc_s, 8);
        add_signed(e, record->zone.changes[i].offset_s, 4);
    }
}

void fasti_encode_record(struct fasti_encoding *e, enum fasti_entity_kind kind, uint32_t id,
                         const void *record) {
    e->size = 0;
    add_uint(e, (uint64_t)kind, 1);
    add_uint(e, id, 4);
    switch (kind) {
    case FASTI_ENTITY_ORGANIZATION: encode_organization(e, record); break;
    case FASTI_ENTITY_LOCATION: encode_location(e, record); break;
    case FASTI_ENTITY_PRACTITIONER: encode_practitioner(e, record); break;
    case FASTI_ENTITY_SERVICE: encode_service(e, record); break;
    case FASTI_ENTITY_SCHEDULE: encode_schedule(e, record); break;
    case FASTI_ENTITY_ZONE: encode_zone(e, record); break;
    case FASTI_ENTITY_OPENINGS: FASTI_UNREACHABLE_CODE();
    }
}

void fasti_encode_opening(struct fasti_encoding *e, fasti_schedule_id schedule,
                          const struct fasti_opening *opening) {
    e->size = 0;
    add_uint(e, FASTI_ENTITY_OPENINGS, 1);
    add_uint(e, schedule.v, 4);
    add_id(e, &opening->id);
    add_uint(e, opening->kind, 1);
    add_uint(e, opening->weekdays, 1);
    add_uint(e, opening->flags, 1);
    add_uint(e, opening->start_minute, 2);
    add_uint(e, opening->end_minute, 2);
    add_signed(e, opening->date_first.v, 4);
    add_signed(e, opening->date_last.v, 4);
    add_signed(e, opening->start_utc_s, 8);
    add_signed(e, opening->end_utc_s, 8);
    add_uint(e, opening->capacity, 4);
    add_uint(e, opening->source, 4);
    add_services(e, opening->services, opening->service_count);
}

bool fasti_encoding_equal(const struct fasti_encoding *a, const struct fasti_encoding *b) {
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

bool fasti_opening_equal(const struct fasti_opening *a, const struct fasti_opening *b) {
    struct fasti_encoding first, second;
    fasti_encode_opening(&first, (fasti_schedule_id){0}, a);
    fasti_encode_opening(&second, (fasti_schedule_id){0}, b);
    return fasti_encoding_equal(&first, &second);
}

struct fasti_hash128 fasti_digest_record(enum fasti_entity_kind kind, uint32_t id,
                                         const void *record) {
    if (record == NULL)
        return (struct fasti_hash128){0, 0};
    struct fasti_encoding encoding;
    fasti_encode_record(&encoding, kind, id, record);
    return fasti_hash128(encoding.bytes, encoding.size);
}

struct fasti_hash128 fasti_digest_openings(fasti_schedule_id schedule,
                                           const struct fasti_schedule_config *config) {
    struct fasti_hash128 sum = {0, 0};
    for (uint32_t i = 0; config != NULL && i < config->opening_count; i++) {
        struct fasti_encoding encoding;
        fasti_encode_opening(&encoding, schedule, &config->openings[i]);
        sum = fasti_hash128_add(sum, fasti_hash128(encoding.bytes, encoding.size));
    }
    return sum;
}
