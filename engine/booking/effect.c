/*
 * effect.c - effects and puts to bytes and back.
 */
#include "engine/booking/effect.h"

#include <string.h>

const char *fasti_effect_kind_name(enum fasti_effect_kind kind) {
    switch (kind) {
    case FASTI_EFFECT_PUT: return "PUT";
    case FASTI_EFFECT_STAGE: return "STAGE";
    case FASTI_EFFECT_PUBLISH: return "PUBLISH";
    case FASTI_EFFECT_NOTHING: return "NOTHING";
    case FASTI_EFFECT_ABORT: return "ABORT";
    case FASTI_EFFECT_BOOK: return "BOOK";
    case FASTI_EFFECT_END: return "END";
    case FASTI_EFFECT_TOUCH: return "TOUCH";
    case FASTI_EFFECT_HOLD: return "HOLD";
    case FASTI_EFFECT_CONFIRM: return "CONFIRM";
    case FASTI_EFFECT_EXTEND: return "EXTEND";
    case FASTI_EFFECT_EXPIRE: return "EXPIRE";
    case FASTI_EFFECT_MOVE: return "MOVE";
    case FASTI_EFFECT_LOAD: return "LOAD";
    case FASTI_EFFECT_RETIRE: return "RETIRE";
    case FASTI_EFFECT_PURGE: return "PURGE";
    }
    return "?";
}

enum fasti_status fasti_effect_decode(const uint8_t *bytes, size_t size,
                                      struct fasti_effect *effect) {
    const struct fasti_effect_header *header =
        (const struct fasti_effect_header *)(const void *)bytes;
    if (size < sizeof *header || header->size_bytes < sizeof *header || header->size_bytes > size ||
        header->size_bytes % 8 != 0 || header->cell_count > FASTI_CELLS_MAX || header->flags != 0)
        return FASTI_CORRUPT_STATE;
    const size_t cells_bytes = header->cell_count * sizeof(struct fasti_effect_cell);
    if (cells_bytes > header->size_bytes - sizeof *header)
        return FASTI_CORRUPT_STATE;
    *effect = (struct fasti_effect){
        .header = header,
        .cells = (const struct fasti_effect_cell *)(const void *)(bytes + sizeof *header),
        .body = bytes + sizeof *header + cells_bytes,
        .body_bytes = (uint32_t)(header->size_bytes - sizeof *header - cells_bytes),
    };
    return FASTI_OK;
}

void fasti_effect_begin(struct fasti_writer *writer, const struct fasti_effect_header *header,
                        const struct fasti_effect_cell *cells) {
    fasti_write(writer, header, sizeof *header);
    fasti_write(writer, cells, header->cell_count * sizeof *cells);
}

bool fasti_effect_finish(struct fasti_writer *writer) {
    fasti_write_pad8(writer);
    if (writer->failed)
        return false;
    const uint32_t size = (uint32_t)writer->size;
    memcpy(writer->bytes, &size, sizeof size);
    return true;
}

/* ---- puts ---- */

static void id_write(struct fasti_writer *writer, const struct fasti_id_text *id) {
    fasti_write_u8(writer, id->length);
    fasti_write(writer, id->bytes, id->length);
}

static void id_read(struct fasti_reader *reader, struct fasti_id_text *id) {
    char bytes[UINT8_MAX];
    const uint8_t length = fasti_read_u8(reader);
    fasti_read(reader, bytes, length);
    if (length == 0)
        *id = (struct fasti_id_text){0};
    else if (fasti_id_text_set(id, bytes, length) != FASTI_OK)
        reader->failed = true;
}

/* 0 or 1: what is written again is what was read. */
static bool flag_read(struct fasti_reader *reader) {
    const uint8_t flag = fasti_read_u8(reader);
    if (flag > 1)
        reader->failed = true;
    return flag == 1;
}

static void name_read(struct fasti_reader *reader, struct fasti_name_text *name) {
    char bytes[UINT8_MAX];
    const uint8_t length = fasti_read_u8(reader);
    fasti_read(reader, bytes, length);
    if (fasti_name_text_set(name, bytes, length) != FASTI_OK)
        reader->failed = true;
}

#define OPENING_BYTES_MAX (1 + FASTI_ID_BYTES_MAX + 40 + 4 * FASTI_OPENING_SERVICES_MAX)
#define PUT_TEXTS_MAX     (FASTI_SCHEDULE_SERVICES_MAX + FASTI_SCHEDULE_SPECIALTIES_MAX + 4)
#define PUT_FIXED_BYTES   (1024 + PUT_TEXTS_MAX * (1 + FASTI_ID_BYTES_MAX))
_Static_assert(FASTI_OPENINGS_MAX *OPENING_BYTES_MAX + PUT_FIXED_BYTES + 64 <=
                   FASTI_EFFECT_BYTES_MAX,
               "the longest list of openings is one effect");
_Static_assert(FASTI_ZONE_TRANSITIONS_MAX * 12 + PUT_FIXED_BYTES <= FASTI_EFFECT_BYTES_MAX,
               "a zone is one effect");

size_t fasti_put_bytes_max(const struct fasti_put *put) {
    if (put->kind == FASTI_ENTITY_OPENINGS)
        return PUT_FIXED_BYTES + put->body.openings.count * (size_t)OPENING_BYTES_MAX;
    if (put->kind == FASTI_ENTITY_ZONE)
        return PUT_FIXED_BYTES + put->body.zone->change_count * (size_t)12;
    return PUT_FIXED_BYTES;
}

static void opening_write(struct fasti_writer *writer, const struct fasti_opening *opening) {
    id_write(writer, &opening->id);
    fasti_write_u8(writer, opening->kind);
    fasti_write_u8(writer, opening->weekdays);
    fasti_write_u8(writer, opening->flags);
    fasti_write_u8(writer, opening->service_count);
    fasti_write_u16(writer, opening->start_minute);
    fasti_write_u16(writer, opening->end_minute);
    fasti_write_i32(writer, opening->date_first.v);
    fasti_write_i32(writer, opening->date_last.v);
    fasti_write_i64(writer, opening->start_utc_s);
    fasti_write_i64(writer, opening->end_utc_s);
    fasti_write_u32(writer, opening->capacity);
    fasti_write_u32(writer, opening->source);
    for (uint32_t i = 0; i < opening->service_count; i++)
        fasti_write_u32(writer, opening->services[i].v);
}

static void opening_read(struct fasti_reader *reader, struct fasti_opening *opening) {
    memset(opening, 0, sizeof *opening);
    id_read(reader, &opening->id);
    opening->kind = fasti_read_u8(reader);
    opening->weekdays = fasti_read_u8(reader);
    opening->flags = fasti_read_u8(reader);
    opening->service_count = fasti_read_u8(reader);
    opening->start_minute = fasti_read_u16(reader);
    opening->end_minute = fasti_read_u16(reader);
    opening->date_first.v = fasti_read_i32(reader);
    opening->date_last.v = fasti_read_i32(reader);
    opening->start_utc_s = fasti_read_i64(reader);
    opening->end_utc_s = fasti_read_i64(reader);
    opening->capacity = fasti_read_u32(reader);
    opening->source = fasti_read_u32(reader);
    if (opening->service_count > FASTI_OPENING_SERVICES_MAX) {
        reader->failed = true;
        opening->service_count = 0;
    }
    for (uint32_t i = 0; i < opening->service_count; i++)
        opening->services[i].v = fasti_read_u32(reader);
}

static void body_write(struct fasti_writer *writer, const struct fasti_put *put) {
    switch (put->kind) {
    case FASTI_ENTITY_ORGANIZATION:
    case FASTI_ENTITY_PRACTITIONER: break;
    case FASTI_ENTITY_LOCATION:
        id_write(writer, &put->body.location.zone);
        fasti_write_u8(writer, put->body.location.has_position);
        fasti_write_i32(writer, put->body.location.latitude_e7);
        fasti_write_i32(writer, put->body.location.longitude_e7);
        break;
    case FASTI_ENTITY_SERVICE:
        fasti_write_u16(writer, put->body.service.duration_minutes);
        fasti_write_u16(writer, put->body.service.grid_minutes);
        fasti_write_u16(writer, put->body.service.offset_minutes);
        fasti_terms_write(writer, &put->body.service.terms);
        id_write(writer, &put->body.service.code);
        break;
    case FASTI_ENTITY_SCHEDULE:
        id_write(writer, &put->body.schedule.location);
        id_write(writer, &put->body.schedule.practitioner);
        fasti_write_u8(writer, put->body.schedule.resolution_minutes);
        fasti_write_u8(writer, put->body.schedule.service_count);
        for (uint32_t i = 0; i < put->body.schedule.service_count; i++)
            id_write(writer, &put->body.schedule.services[i]);
        fasti_write_u8(writer, put->body.schedule.language_count);
        for (uint32_t i = 0; i < put->body.schedule.language_count; i++)
            fasti_write_u16(writer, put->body.schedule.languages[i]);
        id_write(writer, &put->body.schedule.substitute);
        fasti_terms_write(writer, &put->body.schedule.terms);
        fasti_write_u8(writer, put->body.schedule.specialty_count);
        for (uint32_t i = 0; i < put->body.schedule.specialty_count; i++)
            id_write(writer, &put->body.schedule.specialties[i]);
        break;
    case FASTI_ENTITY_OPENINGS:
        fasti_write_u8(writer, (uint8_t)put->body.openings.mode);
        fasti_write_u32(writer, put->body.openings.source);
        fasti_write_u8(writer, put->body.openings.service_name_count);
        for (uint32_t i = 0; i < put->body.openings.service_name_count; i++)
            id_write(writer, &put->body.openings.service_names[i]);
        fasti_write_u32(writer, put->body.openings.count);
        for (uint32_t i = 0; i < put->body.openings.count; i++)
            opening_write(writer, &put->body.openings.openings[i]);
        break;
    case FASTI_ENTITY_ZONE:
        fasti_write_u32(writer, put->body.zone->change_count);
        for (uint32_t i = 0; i < put->body.zone->change_count; i++) {
            fasti_write_i64(writer, put->body.zone->changes[i].utc_s);
            fasti_write_i32(writer, put->body.zone->changes[i].offset_s);
        }
        break;
    }
}

void fasti_put_encode(struct fasti_writer *writer, const struct fasti_put *put) {
    fasti_write_u8(writer, (uint8_t)put->kind);
    fasti_write_u8(writer, put->create_only);
    fasti_write_u16(writer, 0);
    fasti_write_u32(writer, put->organization.v);
    id_write(writer, &put->id);
    fasti_write_u8(writer, put->name.length);
    fasti_write(writer, put->name.bytes, put->name.length);
    body_write(writer, put);
}

static uint8_t count_read(struct fasti_reader *reader) {
    const uint8_t count = fasti_read_u8(reader);
    if (count <= FASTI_SCHEDULE_SERVICES_MAX)
        return count;
    reader->failed = true;
    return 0;
}

static void languages_read(struct fasti_reader *reader, struct fasti_put *put) {
    const uint8_t count = fasti_read_u8(reader);
    if (count > FASTI_SCHEDULE_LANGUAGES_MAX)
        reader->failed = true;
    put->body.schedule.language_count = reader->failed ? 0 : count;
    for (uint32_t i = 0; i < put->body.schedule.language_count; i++)
        put->body.schedule.languages[i] = fasti_read_u16(reader);
}

static void specialties_read(struct fasti_reader *reader, struct fasti_put *put) {
    const uint8_t count = fasti_read_u8(reader);
    if (count > FASTI_SCHEDULE_SPECIALTIES_MAX)
        reader->failed = true;
    put->body.schedule.specialty_count = reader->failed ? 0 : count;
    for (uint32_t i = 0; i < put->body.schedule.specialty_count; i++)
        id_read(reader, &put->body.schedule.specialties[i]);
}

static void openings_read(struct fasti_reader *reader, struct fasti_put_scratch *scratch) {
    struct fasti_put *put = &scratch->put;
    put->body.openings.mode = (enum fasti_openings_mode)fasti_read_u8(reader);
    put->body.openings.source = fasti_read_u32(reader);
    put->body.openings.service_name_count = count_read(reader);
    for (uint32_t i = 0; i < put->body.openings.service_name_count; i++)
        id_read(reader, &put->body.openings.service_names[i]);
    const uint32_t count = fasti_read_u32(reader);
    if (count > FASTI_OPENINGS_MAX)
        reader->failed = true;
    put->body.openings.count = reader->failed ? 0 : count;
    put->body.openings.openings = scratch->openings;
    for (uint32_t i = 0; i < put->body.openings.count; i++)
        opening_read(reader, &scratch->openings[i]);
}

static void zone_read(struct fasti_reader *reader, struct fasti_put_scratch *scratch) {
    memset(&scratch->zone, 0, sizeof scratch->zone);
    const uint32_t count = fasti_read_u32(reader);
    if (count > FASTI_ZONE_TRANSITIONS_MAX)
        reader->failed = true;
    scratch->zone.change_count = reader->failed ? 0 : count;
    for (uint32_t i = 0; i < scratch->zone.change_count; i++) {
        scratch->zone.changes[i].utc_s = fasti_read_i64(reader);
        scratch->zone.changes[i].offset_s = fasti_read_i32(reader);
    }
    scratch->put.body.zone = &scratch->zone;
}

/* What is left fills an effect up to a multiple of 8. */
static bool is_padding(const struct fasti_reader *reader) {
    uint8_t any = 0;
    for (size_t at = reader->at; at < reader->size; at++)
        any |= reader->bytes[at];
    return any == 0 && reader->size - reader->at < 8;
}

enum fasti_status fasti_put_decode(const uint8_t *bytes, size_t size,
                                   struct fasti_put_scratch *scratch) {
    struct fasti_reader reader = {.bytes = bytes, .size = size};
    struct fasti_put *put = &scratch->put;
    memset(put, 0, sizeof *put);
    const uint8_t kind = fasti_read_u8(&reader);
    put->kind = (enum fasti_entity_kind)kind;
    put->create_only = flag_read(&reader);
    if (fasti_read_u16(&reader) != 0)
        return FASTI_CORRUPT_STATE;
    put->organization.v = fasti_read_u32(&reader);
    id_read(&reader, &put->id);
    name_read(&reader, &put->name);
    if (kind < FASTI_ENTITY_ORGANIZATION || kind > FASTI_ENTITY_ZONE)
        return FASTI_CORRUPT_STATE;
    switch (put->kind) {
    case FASTI_ENTITY_ORGANIZATION:
    case FASTI_ENTITY_PRACTITIONER: break;
    case FASTI_ENTITY_LOCATION:
        id_read(&reader, &put->body.location.zone);
        put->body.location.has_position = flag_read(&reader);
        put->body.location.latitude_e7 = fasti_read_i32(&reader);
        put->body.location.longitude_e7 = fasti_read_i32(&reader);
        break;
    case FASTI_ENTITY_SERVICE:
        put->body.service.duration_minutes = fasti_read_u16(&reader);
        put->body.service.grid_minutes = fasti_read_u16(&reader);
        put->body.service.offset_minutes = fasti_read_u16(&reader);
        fasti_terms_read(&reader, &put->body.service.terms);
        id_read(&reader, &put->body.service.code);
        break;
    case FASTI_ENTITY_SCHEDULE:
        id_read(&reader, &put->body.schedule.location);
        id_read(&reader, &put->body.schedule.practitioner);
        put->body.schedule.resolution_minutes = fasti_read_u8(&reader);
        put->body.schedule.service_count = count_read(&reader);
        for (uint32_t i = 0; i < put->body.schedule.service_count; i++)
            id_read(&reader, &put->body.schedule.services[i]);
        languages_read(&reader, put);
        id_read(&reader, &put->body.schedule.substitute);
        fasti_terms_read(&reader, &put->body.schedule.terms);
        specialties_read(&reader, put);
        break;
    case FASTI_ENTITY_OPENINGS: openings_read(&reader, scratch); break;
    case FASTI_ENTITY_ZONE: zone_read(&reader, scratch); break;
    }
    return reader.failed || !is_padding(&reader) ? FASTI_CORRUPT_STATE : FASTI_OK;
}
