/*
 * codec_names.cpp - a question for names and its answer on the wire, both ways.
 *
 * What is a text to look for is the engine's to say; here its bytes and the numbers are checked.
 * The answer is columns, a row a record.
 */
#include "api/codec_wire.h"

/* ---- the question ---- */

enum fasti_status fasti_codec_read_names(const wire::NamesQuery *from,
                                         struct fasti_names_query *query,
                                         struct fasti_detail *detail) {
    const unsigned kind = static_cast<unsigned>(from->after_kind());
    FASTI_TRY(fasti_codec_read_name(from->text(), "names.text", &query->text, detail));
    FASTI_TRY(
        fasti_codec_read_name(from->after_name(), "names.after_name", &query->after.name, detail));
    query->kinds = from->kinds();
    query->limit = from->limit();
    if (query->kinds > FASTI_NAMES_ALL)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "names.kinds: %u is not in 0 to %d",
                                query->kinds, FASTI_NAMES_ALL);
    FASTI_TRY(fasti_codec_read_kind(query->limit, FASTI_NAMES_RESULTS_MAX, "names.limit", detail));
    query->after.id = from->after_id();
    query->after.prefixes = from->after_prefixes();
    if (query->after.id != 0)
        FASTI_TRY(fasti_codec_read_kind(kind, FASTI_ENTITY_SERVICE, "names.after_kind", detail));
    query->after.kind = static_cast<enum fasti_entity_kind>(query->after.id == 0 ? 0 : kind);
    return FASTI_OK;
}

Offset<void> fasti_codec_write_names(FlatBufferBuilder &b, const struct fasti_names_query *query) {
    const auto text = fasti_codec_write_text(b, query->text.bytes, query->text.length);
    const auto name = fasti_codec_write_text(b, query->after.name.bytes, query->after.name.length);
    return wire::CreateNamesQuery(b, text, query->kinds, query->limit, query->after.prefixes,
                                  static_cast<wire::EntityKind>(query->after.kind), query->after.id,
                                  name)
        .Union();
}

/* ---- the answer ---- */

template <typename F>
static Offset<Vector<Offset<String>>> texts_write(struct fasti_codec *codec, uint32_t rows, F get) {
    for (uint32_t i = 0; i < rows; i++) {
        const auto &text = get(i);
        codec->strings[i] = codec->builder.CreateString(text.bytes, text.length);
    }
    return codec->builder.CreateVector(codec->strings, rows);
}

Offset<void> fasti_codec_write_named(struct fasti_codec *codec,
                                     const struct fasti_names_answer *answer) {
    FlatBufferBuilder &b = codec->builder;
    const uint32_t rows = answer->count;
    const auto *row = answer->rows;
    FASTI_ASSERT(rows <= FASTI_NAMES_RESULTS_MAX);
    const auto ids = texts_write(codec, rows, [&](uint32_t i) { return row[i].text; });
    const auto names = texts_write(codec, rows, [&](uint32_t i) { return row[i].name; });
    const auto location_names =
        texts_write(codec, rows, [&](uint32_t i) { return row[i].location_name; });
#define NAMED_COLUMN(type, expression) \
    fasti_column_write<type>(b, rows, type{0}, [&](uint32_t i) { return expression; })
    const auto kinds = NAMED_COLUMN(uint8_t, row[i].kind);
    const auto entities = NAMED_COLUMN(uint32_t, row[i].id);
    const auto prefixes = NAMED_COLUMN(uint8_t, row[i].prefixes);
    const auto schedules = NAMED_COLUMN(uint32_t, row[i].schedule.v);
    const auto locations = NAMED_COLUMN(uint32_t, row[i].location.v);
    const auto positions = NAMED_COLUMN(uint8_t, row[i].has_position);
    const auto latitudes = NAMED_COLUMN(int32_t, row[i].latitude_e7);
    const auto longitudes = NAMED_COLUMN(int32_t, row[i].longitude_e7);
#undef NAMED_COLUMN
    wire::NamesReplyBuilder reply(b);
    reply.add_kinds(kinds.o);
    reply.add_entities(entities);
    reply.add_prefixes(prefixes);
    reply.add_ids(ids);
    reply.add_names(names);
    reply.add_schedules(schedules);
    reply.add_locations(locations);
    reply.add_location_names(location_names);
    reply.add_has_positions(positions);
    reply.add_latitudes_e7(latitudes);
    reply.add_longitudes_e7(longitudes);
    reply.add_total(answer->total);
    reply.add_more(answer->more);
    return reply.Finish().Union();
}

template <typename T> static bool texts_fit(const T *texts, uint32_t rows) {
    return texts != nullptr && texts->size() == rows;
}

static bool sizes_fit(const wire::NamesReply *reply, uint32_t rows) {
    return rows <= FASTI_NAMES_RESULTS_MAX && fasti_column_fits(reply->entities(), rows) &&
           fasti_column_fits(reply->prefixes(), rows) && texts_fit(reply->ids(), rows) &&
           texts_fit(reply->names(), rows) && texts_fit(reply->location_names(), rows) &&
           fasti_column_fits(reply->schedules(), rows) &&
           fasti_column_fits(reply->locations(), rows) &&
           fasti_column_fits(reply->has_positions(), rows) &&
           fasti_column_fits(reply->latitudes_e7(), rows) &&
           fasti_column_fits(reply->longitudes_e7(), rows);
}

static enum fasti_status row_read(const wire::NamesReply *reply, uint32_t i,
                                  struct fasti_names_answer::fasti_names_row *row,
                                  struct fasti_detail *detail) {
    const unsigned kind = static_cast<unsigned>(reply->kinds()->Get(i));
    row->kind = static_cast<enum fasti_entity_kind>(kind);
    row->id = fasti_column_get<uint32_t>(reply->entities(), i, 0);
    row->prefixes = fasti_column_get<uint8_t>(reply->prefixes(), i, 0);
    row->schedule.v = fasti_column_get<uint32_t>(reply->schedules(), i, 0);
    row->location.v = fasti_column_get<uint32_t>(reply->locations(), i, 0);
    row->has_position = fasti_column_get<uint8_t>(reply->has_positions(), i, 0) != 0;
    row->latitude_e7 = fasti_column_get<int32_t>(reply->latitudes_e7(), i, 0);
    row->longitude_e7 = fasti_column_get<int32_t>(reply->longitudes_e7(), i, 0);
    if (kind < FASTI_ENTITY_LOCATION || kind > FASTI_ENTITY_SERVICE || row->id == 0)
        return fasti_codec_wrong_answer("names.kinds or entities", detail);
    FASTI_TRY(fasti_codec_read_id(reply->ids()->Get(i), "names.ids", false, &row->text, detail));
    FASTI_TRY(fasti_codec_read_name(reply->names()->Get(i), "names.names", &row->name, detail));
    return fasti_codec_read_name(reply->location_names()->Get(i), "names.location_names",
                                 &row->location_name, detail);
}

enum fasti_status fasti_codec_read_named(const wire::NamesReply *reply,
                                         struct fasti_names_answer *answer,
                                         struct fasti_detail *detail) {
    const uint32_t rows = fasti_column_size(reply->kinds());
    answer->count = static_cast<uint16_t>(rows);
    answer->total = reply->total();
    answer->more = reply->more();
    if (rows > 0 && !sizes_fit(reply, rows))
        return fasti_codec_wrong_answer("names' size", detail);
    for (uint32_t i = 0; i < rows; i++)
        FASTI_TRY(row_read(reply, i, &answer->rows[i], detail));
    return FASTI_OK;
}
