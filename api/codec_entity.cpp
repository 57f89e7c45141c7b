/*
 * codec_entity.cpp - directory records on the wire: put and described ones share one table.
 *
 * Rows of openings are checked for what the codec must know (kinds, counts, that columns fit each
 * other); whether hours and dates make sense is fasti_opening_check's business in the engine.
 */
#include "api/codec_wire.h"

#include <cstring>

#define TEXTS Vector<Offset<String>>

/* ---- reading ---- */

static enum fasti_status texts_read(const TEXTS *texts, const char *field, uint32_t max,
                                    struct fasti_id_text *ids, uint8_t *count,
                                    struct fasti_detail *detail) {
    const uint32_t size = fasti_column_size(texts);
    *count = 0;
    if (size > max)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "%s: %u rows, at most %u", field, size,
                                max);
    for (uint32_t i = 0; i < size; i++)
        FASTI_TRY(fasti_codec_read_id(texts->Get(i), field, false, &ids[i], detail));
    *count = static_cast<uint8_t>(size);
    return FASTI_OK;
}

static enum fasti_status columns_fit(const wire::Openings *columns, uint32_t rows,
                                     struct fasti_detail *detail) {
    const char *field = nullptr;
    if (!fasti_column_fits(columns->kinds(), rows))
        field = "kinds";
    else if (!fasti_column_fits(columns->weekdays(), rows))
        field = "weekdays";
    else if (!fasti_column_fits(columns->flags(), rows))
        field = "flags";
    else if (!fasti_column_fits(columns->start_minutes(), rows))
        field = "start_minutes";
    else if (!fasti_column_fits(columns->end_minutes(), rows))
        field = "end_minutes";
    else if (!fasti_column_fits(columns->dates_first(), rows))
        field = "dates_first";
    else if (!fasti_column_fits(columns->dates_last(), rows))
        field = "dates_last";
    else if (!fasti_column_fits(columns->starts_utc_s(), rows))
        field = "starts_utc_s";
    else if (!fasti_column_fits(columns->ends_utc_s(), rows))
        field = "ends_utc_s";
    else if (!fasti_column_fits(columns->capacities(), rows))
        field = "capacities";
    else if (!fasti_column_fits(columns->sources(), rows))
        field = "sources";
    else if (!fasti_column_fits(columns->service_counts(), rows))
        field = "service_counts";
    if (field == nullptr)
        return FASTI_OK;
    return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                            "openings.%s: neither absent nor one value a row (%u rows)", field,
                            rows);
}

/* Of a row to be removed only the id must be there. */
static enum fasti_status opening_read(const wire::Openings *columns, uint32_t row, bool is_removal,
                                      struct fasti_opening *opening, struct fasti_detail *detail) {
    FASTI_TRY(
        fasti_codec_read_id(columns->ids()->Get(row), "openings.ids", false, &opening->id, detail));
    const unsigned kind = fasti_column_get<unsigned>(columns->kinds(), row, 0u);
    if (kind != 0 || !is_removal)
        FASTI_TRY(fasti_codec_read_kind(kind, FASTI_OPENING_INSTANT, "openings.kinds", detail));
    opening->kind = static_cast<uint8_t>(kind);
    opening->weekdays = fasti_column_get<uint8_t>(columns->weekdays(), row, 0);
    opening->flags = fasti_column_get<uint8_t>(columns->flags(), row, 0);
    opening->start_minute = fasti_column_get<uint16_t>(columns->start_minutes(), row, 0);
    opening->end_minute = fasti_column_get<uint16_t>(columns->end_minutes(), row, 0);
    FASTI_TRY(fasti_codec_read_date(fasti_column_get<int32_t>(columns->dates_first(), row, 0),
                                    "openings.dates_first", &opening->date_first, detail));
    FASTI_TRY(fasti_codec_read_date(fasti_column_get<int32_t>(columns->dates_last(), row, 0),
                                    "openings.dates_last", &opening->date_last, detail));
    FASTI_TRY(fasti_codec_read_instant(fasti_column_get<int64_t>(columns->starts_utc_s(), row, 0),
                                       "openings.starts_utc_s", &opening->start_utc_s, detail));
    FASTI_TRY(fasti_codec_read_instant(fasti_column_get<int64_t>(columns->ends_utc_s(), row, 0),
                                       "openings.ends_utc_s", &opening->end_utc_s, detail));
    opening->capacity =
        fasti_column_get<uint32_t>(columns->capacities(), row, FASTI_CAPACITY_UNLIMITED);
    if (opening->weekdays > 0x7f ||
        opening->flags > (FASTI_OPENING_SINGLE | FASTI_OPENING_FULL | FASTI_OPENING_ALL) ||
        opening->start_minute > FASTI_DAY_MINUTES || opening->end_minute > FASTI_OPENING_MINUTE_END)
        return fasti_detail_set(detail, FASTI_INVALID_OPENING,
                                "openings: row %u has weekdays, flags or minutes that do not exist",
                                row);
    return FASTI_OK;
}

enum fasti_status fasti_codec_read_openings(const wire::Openings *columns,
                                            enum fasti_openings_rows kind, uint32_t service_end,
                                            uint32_t source, struct fasti_opening *openings,
                                            uint32_t *count, struct fasti_detail *detail) {
    *count = 0;
    if (columns == nullptr)
        return FASTI_OK;
    const uint32_t rows = fasti_column_size(columns->ids());
    if (rows > FASTI_OPENINGS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "openings: %u rows, at most %d", rows,
                                FASTI_OPENINGS_MAX);
    FASTI_TRY(columns_fit(columns, rows, detail));
    const uint32_t service_total = fasti_column_size(columns->services());
    uint32_t service_at = 0;
    for (uint32_t row = 0; row < rows; row++) {
        struct fasti_opening *opening = &openings[row];
        std::memset(opening, 0, sizeof *opening);
        FASTI_TRY(opening_read(columns, row, kind == FASTI_ROWS_REMOVED, opening, detail));
        opening->source = kind == FASTI_ROWS_ANSWERED
                              ? fasti_column_get<uint32_t>(columns->sources(), row, 0)
                              : source;
        opening->service_count = fasti_column_get<uint8_t>(columns->service_counts(), row, 0);
        if (opening->service_count > FASTI_OPENING_SERVICES_MAX ||
            opening->service_count > service_total - service_at)
            return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                    "openings.service_counts: row %u names %u services, "
                                    "at most %d and as many as are listed",
                                    row, opening->service_count, FASTI_OPENING_SERVICES_MAX);
        for (uint32_t i = 0; i < opening->service_count; i++) {
            const uint32_t service = columns->services()->Get(service_at++);
            if (service == 0 || service >= service_end)
                return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                        "openings.services: row %u names service %u of %u", row,
                                        service, service_end - 1);
            opening->services[i].v = service;
        }
    }
    if (service_at != service_total)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "openings.services: %u are listed, the rows name %u", service_total,
                                service_at);
    *count = rows;
    return FASTI_OK;
}

static enum fasti_status location_read(const wire::Entity *entity, struct fasti_put *put,
                                       struct fasti_detail *detail) {
    FASTI_TRY(fasti_codec_read_id(entity->zone(), "zone", false, &put->body.location.zone, detail));
    put->body.location.has_position = entity->has_position();
    if (!entity->has_position())
        return FASTI_OK;
    put->body.location.latitude_e7 = entity->latitude_e7();
    put->body.location.longitude_e7 = entity->longitude_e7();
    if (entity->latitude_e7() < -FASTI_POSITION_LATITUDE ||
        entity->latitude_e7() > FASTI_POSITION_LATITUDE ||
        entity->longitude_e7() < -FASTI_POSITION_LONGITUDE ||
        entity->longitude_e7() > FASTI_POSITION_LONGITUDE)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "position: beyond 90 degrees north-south or 180 east-west");
    return FASTI_OK;
}

static enum fasti_status schedule_read(const wire::Entity *entity, struct fasti_put *put,
                                       struct fasti_detail *detail) {
    FASTI_TRY(fasti_codec_read_id(entity->location(), "location", false,
                                  &put->body.schedule.location, detail));
    FASTI_TRY(fasti_codec_read_id(entity->practitioner(), "practitioner", true,
                                  &put->body.schedule.practitioner, detail));
    put->body.schedule.resolution_minutes = entity->resolution_minutes();
    FASTI_TRY(fasti_codec_read_id(entity->substitute(), "substitute", true,
                                  &put->body.schedule.substitute, detail));
    fasti_codec_read_terms(entity->terms(), &put->body.schedule.terms);
    const uint32_t languages = fasti_column_size(entity->languages());
    if (languages > FASTI_SCHEDULE_LANGUAGES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "languages: %u of them, at most %d",
                                languages, FASTI_SCHEDULE_LANGUAGES_MAX);
    put->body.schedule.language_count = static_cast<uint8_t>(languages);
    for (uint32_t i = 0; i < languages; i++)
        put->body.schedule.languages[i] = entity->languages()->Get(i);
    FASTI_TRY(texts_read(entity->specialties(), "specialties", FASTI_SCHEDULE_SPECIALTIES_MAX,
                         put->body.schedule.specialties, &put->body.schedule.specialty_count,
                         detail));
    return texts_read(entity->services(), "services", FASTI_SCHEDULE_SERVICES_MAX,
                      put->body.schedule.services, &put->body.schedule.service_count, detail);
}

static enum fasti_status openings_read(struct fasti_opening *openings, const wire::Entity *entity,
                                       struct fasti_put *put, struct fasti_detail *detail) {
    const unsigned mode = static_cast<unsigned>(entity->openings_mode());
    FASTI_TRY(fasti_codec_read_kind(mode, FASTI_OPENINGS_REMOVE, "openings_mode", detail));
    put->body.openings.mode = static_cast<enum fasti_openings_mode>(mode);
    put->body.openings.source = entity->openings_source();
    FASTI_TRY(texts_read(entity->services(), "services", FASTI_SCHEDULE_SERVICES_MAX,
                         put->body.openings.service_names, &put->body.openings.service_name_count,
                         detail));
    put->body.openings.openings = openings;
    return fasti_codec_read_openings(
        entity->openings(), mode == FASTI_OPENINGS_REMOVE ? FASTI_ROWS_REMOVED : FASTI_ROWS_PUT,
        uint32_t{put->body.openings.service_name_count} + 1, put->body.openings.source, openings,
        &put->body.openings.count, detail);
}

/* Whether its changes make sense is the engine's business. */
static enum fasti_status zone_read(struct fasti_zone *zone, const wire::Entity *entity,
                                   struct fasti_put *put, struct fasti_detail *detail) {
    const uint32_t count = fasti_column_size(entity->changes_utc_s());
    if (count < 1 || count > FASTI_ZONE_TRANSITIONS_MAX ||
        fasti_column_size(entity->offsets_s()) != count ||
        !fasti_column_fits(entity->changes_utc_s(), count) ||
        !fasti_column_fits(entity->offsets_s(), count))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "zone: %u changes and %u offsets; one of each a change, 1 to %d",
                                count, fasti_column_size(entity->offsets_s()),
                                FASTI_ZONE_TRANSITIONS_MAX);
    std::memset(zone, 0, sizeof *zone);
    zone->change_count = count;
    for (uint32_t i = 0; i < count; i++) {
        zone->changes[i].utc_s = entity->changes_utc_s()->Get(i);
        zone->changes[i].offset_s = entity->offsets_s()->Get(i);
    }
    put->body.zone = zone;
    return FASTI_OK;
}

enum fasti_status fasti_codec_read_entity(struct fasti_opening *openings, struct fasti_zone *zone,
                                          const wire::Entity *entity, struct fasti_put *put,
                                          struct fasti_detail *detail) {
    std::memset(put, 0, sizeof *put);
    if (entity == nullptr)
        return fasti_detail_set(detail, FASTI_INVALID_MESSAGE, "entity: it is missing");
    const unsigned kind = static_cast<unsigned>(entity->kind());
    FASTI_TRY(fasti_codec_read_kind(kind, FASTI_ENTITY_ZONE, "entity.kind", detail));
    put->kind = static_cast<enum fasti_entity_kind>(kind);
    FASTI_TRY(fasti_codec_read_id(entity->id(), "entity.id", false, &put->id, detail));
    FASTI_TRY(fasti_codec_read_name(entity->name(), "entity.name", &put->name, detail));
    switch (entity->kind()) {
    case wire::EntityKind::LOCATION: return location_read(entity, put, detail);
    case wire::EntityKind::SERVICE:
        put->body.service.duration_minutes = entity->duration_minutes();
        put->body.service.grid_minutes = entity->grid_minutes();
        put->body.service.offset_minutes = entity->offset_minutes();
        fasti_codec_read_terms(entity->terms(), &put->body.service.terms);
        return fasti_codec_read_id(entity->code(), "code", true, &put->body.service.code, detail);
    case wire::EntityKind::SCHEDULE: return schedule_read(entity, put, detail);
    case wire::EntityKind::OPENINGS: return openings_read(openings, entity, put, detail);
    case wire::EntityKind::ZONE: return zone_read(zone, entity, put, detail);
    case wire::EntityKind::NONE:
    case wire::EntityKind::ORGANIZATION:
    case wire::EntityKind::PRACTITIONER: break;
    }
    return FASTI_OK;
}

/* ---- writing ---- */

static Offset<String> id_write(FlatBufferBuilder &builder, const struct fasti_id_text *id) {
    return fasti_codec_write_text(builder, id->bytes, id->length);
}

static Offset<TEXTS> ids_write(struct fasti_codec *codec, const struct fasti_id_text *ids,
                               uint32_t count) {
    if (count == 0)
        return Offset<TEXTS>();
    for (uint32_t i = 0; i < count; i++)
        codec->strings[i] = codec->builder.CreateString(ids[i].bytes, ids[i].length);
    return codec->builder.CreateVector(codec->strings, count);
}

/* The rows' services one after the other. */
static Offset<Vector<uint32_t>>
services_write(FlatBufferBuilder &builder, const struct fasti_opening *openings, uint32_t count) {
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; i++)
        total += openings[i].service_count;
    if (total == 0)
        return Offset<Vector<uint32_t>>();
    uint32_t *values = nullptr;
    const Offset<Vector<uint32_t>> column = builder.CreateUninitializedVector(total, &values);
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t s = 0; s < openings[i].service_count; s++)
            *values++ = openings[i].services[s].v;
    return column;
}

static enum fasti_status openings_write(struct fasti_codec *codec,
                                        const struct fasti_opening *openings, uint32_t count,
                                        bool is_answer, Offset<wire::Openings> *written) {
    FlatBufferBuilder &b = codec->builder;
    *written = Offset<wire::Openings>();
    if (count == 0)
        return FASTI_OK;
    if (count > FASTI_OPENINGS_MAX)
        return FASTI_INVALID_RANGE;
    for (uint32_t i = 0; i < count; i++) {
        if (openings[i].service_count > FASTI_OPENING_SERVICES_MAX)
            return FASTI_INVALID_RANGE;
        codec->strings[i] = b.CreateString(openings[i].id.bytes, openings[i].id.length);
    }
    const auto ids = b.CreateVector(codec->strings, count);
#define OPENING_COLUMN(type, field) \
    fasti_column_write<type>(b, count, 0, [&](uint32_t row) { return openings[row].field; })
    const auto kinds =
        fasti_column_write<uint8_t>(b, count, 0, [&](uint32_t row) { return openings[row].kind; });
    const auto weekdays = OPENING_COLUMN(uint8_t, weekdays);
    const auto flags = OPENING_COLUMN(uint8_t, flags);
    const auto start_minutes = OPENING_COLUMN(uint16_t, start_minute);
    const auto end_minutes = OPENING_COLUMN(uint16_t, end_minute);
    const auto dates_first = OPENING_COLUMN(int32_t, date_first.v);
    const auto dates_last = OPENING_COLUMN(int32_t, date_last.v);
    const auto starts = OPENING_COLUMN(int64_t, start_utc_s);
    const auto ends = OPENING_COLUMN(int64_t, end_utc_s);
    const auto capacities = fasti_column_write<uint32_t>(
        b, count, FASTI_CAPACITY_UNLIMITED, [&](uint32_t row) { return openings[row].capacity; });
    const auto sources = is_answer ? OPENING_COLUMN(uint32_t, source) : Offset<Vector<uint32_t>>();
    const auto service_counts = OPENING_COLUMN(uint8_t, service_count);
#undef OPENING_COLUMN
    const auto services = services_write(b, openings, count);
    *written = wire::CreateOpenings(b, ids, kinds.o, weekdays, flags, start_minutes, end_minutes,
                                    dates_first, dates_last, starts, ends, capacities, sources,
                                    service_counts, services);
    return FASTI_OK;
}

static enum fasti_status schedule_write(struct fasti_codec *codec, const struct fasti_put *put,
                                        Offset<wire::Openings> openings,
                                        Offset<wire::Entity> *entity) {
    FlatBufferBuilder &b = codec->builder;
    if (put->body.schedule.service_count > FASTI_SCHEDULE_SERVICES_MAX ||
        put->body.schedule.language_count > FASTI_SCHEDULE_LANGUAGES_MAX ||
        put->body.schedule.specialty_count > FASTI_SCHEDULE_SPECIALTIES_MAX)
        return FASTI_INVALID_RANGE;
    const auto id = id_write(b, &put->id);
    const auto name = fasti_codec_write_text(b, put->name.bytes, put->name.length);
    const auto location = id_write(b, &put->body.schedule.location);
    const auto practitioner = id_write(b, &put->body.schedule.practitioner);
    const auto services =
        ids_write(codec, put->body.schedule.services, put->body.schedule.service_count);
    const auto terms = fasti_codec_write_terms(b, &put->body.schedule.terms);
    const auto languages =
        fasti_column_copy(b, put->body.schedule.languages, put->body.schedule.language_count);
    const auto substitute = id_write(b, &put->body.schedule.substitute);
    const auto specialties =
        ids_write(codec, put->body.schedule.specialties, put->body.schedule.specialty_count);
    wire::EntityBuilder builder(b);
    builder.add_kind(wire::EntityKind::SCHEDULE);
    builder.add_id(id);
    builder.add_name(name);
    builder.add_location(location);
    builder.add_practitioner(practitioner);
    builder.add_resolution_minutes(put->body.schedule.resolution_minutes);
    builder.add_services(services);
    builder.add_openings(openings);
    builder.add_terms(terms);
    builder.add_languages(languages);
    builder.add_substitute(substitute);
    builder.add_specialties(specialties);
    *entity = builder.Finish();
    return FASTI_OK;
}

static enum fasti_status put_openings_write(struct fasti_codec *codec, const struct fasti_put *put,
                                            Offset<wire::Entity> *entity) {
    FlatBufferBuilder &b = codec->builder;
    if (put->body.openings.service_name_count > FASTI_SCHEDULE_SERVICES_MAX)
        return FASTI_INVALID_RANGE;
    Offset<wire::Openings> openings;
    FASTI_TRY(openings_write(codec, put->body.openings.openings, put->body.openings.count, false,
                             &openings));
    const auto id = id_write(b, &put->id);
    const auto name = fasti_codec_write_text(b, put->name.bytes, put->name.length);
    const auto services =
        ids_write(codec, put->body.openings.service_names, put->body.openings.service_name_count);
    wire::EntityBuilder builder(b);
    builder.add_kind(wire::EntityKind::OPENINGS);
    builder.add_id(id);
    builder.add_name(name);
    builder.add_services(services);
    builder.add_openings_mode(static_cast<wire::OpeningsMode>(put->body.openings.mode));
    builder.add_openings_source(put->body.openings.source);
    builder.add_openings(openings);
    *entity = builder.Finish();
    return FASTI_OK;
}

static enum fasti_status zone_write(struct fasti_codec *codec, const struct fasti_put *put,
                                    Offset<wire::Entity> *entity) {
    FlatBufferBuilder &b = codec->builder;
    const struct fasti_zone *zone = put->body.zone;
    if (zone == nullptr || zone->change_count < 1 ||
        zone->change_count > FASTI_ZONE_TRANSITIONS_MAX)
        return FASTI_INVALID_RANGE;
    const auto id = id_write(b, &put->id);
    int64_t *changes = nullptr;
    const auto changes_column = b.CreateUninitializedVector(zone->change_count, &changes);
    for (uint32_t i = 0; i < zone->change_count; i++)
        changes[i] = zone->changes[i].utc_s;
    int32_t *offsets = nullptr;
    const auto offsets_column = b.CreateUninitializedVector(zone->change_count, &offsets);
    for (uint32_t i = 0; i < zone->change_count; i++)
        offsets[i] = zone->changes[i].offset_s;
    wire::EntityBuilder builder(b);
    builder.add_kind(wire::EntityKind::ZONE);
    builder.add_id(id);
    builder.add_changes_utc_s(changes_column);
    builder.add_offsets_s(offsets_column);
    *entity = builder.Finish();
    return FASTI_OK;
}

/* ORGANIZATION, LOCATION, PRACTITIONER, SERVICE. */
static void simple_write(struct fasti_codec *codec, const struct fasti_put *put,
                         Offset<wire::Entity> *entity) {
    FlatBufferBuilder &b = codec->builder;
    const bool is_location = put->kind == FASTI_ENTITY_LOCATION;
    const bool is_service = put->kind == FASTI_ENTITY_SERVICE;
    const auto id = id_write(b, &put->id);
    const auto name = fasti_codec_write_text(b, put->name.bytes, put->name.length);
    const auto zone = is_location ? id_write(b, &put->body.location.zone) : Offset<String>();
    const auto terms =
        is_service ? fasti_codec_write_terms(b, &put->body.service.terms) : Offset<wire::Terms>();
    const auto code = is_service ? id_write(b, &put->body.service.code) : Offset<String>();
    wire::EntityBuilder builder(b);
    builder.add_kind(static_cast<wire::EntityKind>(put->kind));
    builder.add_id(id);
    builder.add_name(name);
    builder.add_zone(zone);
    if (is_location && put->body.location.has_position) {
        builder.add_has_position(true);
        builder.add_latitude_e7(put->body.location.latitude_e7);
        builder.add_longitude_e7(put->body.location.longitude_e7);
    }
    if (is_service) {
        builder.add_duration_minutes(put->body.service.duration_minutes);
        builder.add_grid_minutes(put->body.service.grid_minutes);
        builder.add_offset_minutes(put->body.service.offset_minutes);
        builder.add_terms(terms);
        builder.add_code(code);
    }
    *entity = builder.Finish();
}

enum fasti_status fasti_codec_write_entity(struct fasti_codec *codec, const struct fasti_put *put,
                                           Offset<wire::Entity> *entity) {
    switch (put->kind) {
    case FASTI_ENTITY_ORGANIZATION:
    case FASTI_ENTITY_LOCATION:
    case FASTI_ENTITY_PRACTITIONER:
    case FASTI_ENTITY_SERVICE: simple_write(codec, put, entity); return FASTI_OK;
    case FASTI_ENTITY_SCHEDULE: return schedule_write(codec, put, Offset<wire::Openings>(), entity);
    case FASTI_ENTITY_OPENINGS: return put_openings_write(codec, put, entity);
    case FASTI_ENTITY_ZONE: return zone_write(codec, put, entity);
    }
    return FASTI_INVALID_COMMAND;
}

enum fasti_status fasti_codec_write_described(struct fasti_codec *codec,
                                              const struct fasti_describe_answer *describe,
                                              Offset<wire::Entity> *entity) {
    if (describe->put.kind == FASTI_ENTITY_ZONE)
        return zone_write(codec, &describe->put, entity);
    if (describe->put.kind != FASTI_ENTITY_SCHEDULE) {
        simple_write(codec, &describe->put, entity);
        return FASTI_OK;
    }
    Offset<wire::Openings> openings;
    FASTI_TRY(openings_write(codec, describe->openings, describe->opening_count, true, &openings));
    return schedule_write(codec, &describe->put, openings, entity);
}
