/*
 * codec_search.cpp - a search and its answer on the wire, both ways.
 *
 * The query's numbers are checked one by one; what they mean together (a box's corners, whether a
 * circle is needed, which dates can be booked) is the engine's to say. The answer is columns: a row
 * a result, and behind them the starts of all rows.
 */
#include "api/codec_wire.h"

using wire::ReplyBody;

/* ---- the question ---- */

static enum fasti_status area_read(const wire::SearchQuery *from, struct fasti_search_query *query,
                                   struct fasti_detail *detail) {
    const unsigned area = static_cast<unsigned>(from->area());
    if (area > FASTI_SEARCH_BOX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "search.area: %u is not in 0 to %d",
                                area, FASTI_SEARCH_BOX);
    return fasti_codec_read_area(from, "search", query, detail);
}

static enum fasti_status times_read(const wire::SearchQuery *from, struct fasti_search_query *query,
                                    struct fasti_detail *detail) {
    FASTI_TRY(
        fasti_codec_read_date(from->first_date(), "search.first_date", &query->first, detail));
    FASTI_TRY(fasti_codec_read_date(from->last_date(), "search.last_date", &query->last, detail));
    if (query->last.v < query->first.v || query->last.v - query->first.v >= FASTI_SEARCH_DAYS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "search.last_date: a search goes over 1 to %d days",
                                FASTI_SEARCH_DAYS_MAX);
    query->from_minute = from->from_minute();
    query->to_minute = from->to_minute();
    query->weekdays = from->weekdays();
    if (query->from_minute >= FASTI_DAY_MINUTES || query->to_minute > FASTI_DAY_MINUTES)
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "search.from_minute or to_minute: %u to %u is not in one day of %d",
                                query->from_minute, query->to_minute, FASTI_DAY_MINUTES);
    if (query->weekdays > 0x7f)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "search.weekdays: %u is not in 0 to 127", query->weekdays);
    return FASTI_OK;
}

static enum fasti_status page_read(const wire::SearchQuery *from, struct fasti_search_query *query,
                                   struct fasti_detail *detail) {
    const unsigned order = static_cast<unsigned>(from->order());
    FASTI_TRY(fasti_codec_read_kind(order, FASTI_SEARCH_BY_DAY, "search.order", detail));
    query->order = static_cast<enum fasti_search_order>(order);
    query->limit = from->limit();
    query->start_limit = from->start_limit();
    FASTI_TRY(
        fasti_codec_read_kind(query->limit, FASTI_SEARCH_RESULTS_MAX, "search.limit", detail));
    FASTI_TRY(fasti_codec_read_kind(query->start_limit, FASTI_SEARCH_STARTS_MAX,
                                    "search.start_limit", detail));
    query->after.key = from->after_key();
    query->after.schedule = from->after_schedule();
    return FASTI_OK;
}

enum fasti_status fasti_codec_read_search(const wire::SearchQuery *from,
                                          struct fasti_search_query *query,
                                          struct fasti_detail *detail) {
    FASTI_TRY(fasti_codec_read_id(from->specialty(), "search.specialty", true, &query->specialty,
                                  detail));
    FASTI_TRY(fasti_codec_read_id(from->code(), "search.code", true, &query->code, detail));
    query->duration_minutes = from->duration_minutes();
    if (query->duration_minutes > FASTI_SERVICE_MINUTES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "search.duration_minutes: %u is not in 0 to %d",
                                query->duration_minutes, FASTI_SERVICE_MINUTES_MAX);
    FASTI_TRY(area_read(from, query, detail));
    FASTI_TRY(fasti_codec_read_facts(from->facts(), &query->facts, detail));
    FASTI_TRY(times_read(from, query, detail));
    return page_read(from, query, detail);
}

Offset<void> fasti_codec_write_search(FlatBufferBuilder &b,
                                      const struct fasti_search_query *query) {
    const auto specialty =
        fasti_codec_write_text(b, query->specialty.bytes, query->specialty.length);
    const auto code = fasti_codec_write_text(b, query->code.bytes, query->code.length);
    const wire::Facts facts = fasti_codec_write_facts(&query->facts);
    wire::SearchQueryBuilder to(b);
    to.add_after_key(query->after.key);
    to.add_after_schedule(query->after.schedule);
    to.add_specialty(specialty);
    to.add_code(code);
    to.add_duration_minutes(query->duration_minutes);
    to.add_area(static_cast<wire::SearchArea>(query->area));
    to.add_latitude_e7(query->latitude_e7);
    to.add_longitude_e7(query->longitude_e7);
    to.add_north_e7(query->north_e7);
    to.add_east_e7(query->east_e7);
    to.add_radius_m(query->radius_m);
    if (fasti_codec_has_facts(&query->facts))
        to.add_facts(&facts);
    to.add_first_date(query->first.v);
    to.add_last_date(query->last.v);
    to.add_from_minute(query->from_minute);
    to.add_to_minute(query->to_minute);
    to.add_limit(query->limit);
    to.add_start_limit(query->start_limit);
    to.add_weekdays(query->weekdays);
    to.add_order(static_cast<wire::SearchOrder>(query->order));
    return to.Finish().Union();
}

/* ---- the answer ---- */

Offset<void> fasti_codec_write_found(FlatBufferBuilder &b,
                                     const struct fasti_search_answer *answer) {
    const uint32_t rows = answer->count, total = answer->starts_total;
    const auto *results = answer->results;
    const auto *starts = answer->starts;
    FASTI_ASSERT(rows <= FASTI_SEARCH_RESULTS_MAX);
    FASTI_ASSERT(total <= rows * FASTI_SEARCH_STARTS_MAX);
    bool one_offset = true, one_length = true;
    for (uint32_t i = 1; i < total; i++) {
        one_offset = one_offset && starts[i].offset_minutes == starts[0].offset_minutes;
        one_length = one_length && starts[i].minutes == starts[0].minutes;
    }
#define FOUND_COLUMN(type, count, absent, expression) \
    fasti_column_write<type>(b, count, absent, [&](uint32_t i) { return expression; })
    const auto lengths = FOUND_COLUMN(uint16_t, one_length ? 0 : total, 0, starts[i].minutes);
    const auto offsets = FOUND_COLUMN(int16_t, one_offset ? 0 : total, 0, starts[i].offset_minutes);
    const auto starts_utc_s = FOUND_COLUMN(int64_t, total, INT64_MIN, starts[i].utc_s);
    const auto start_counts = FOUND_COLUMN(uint16_t, rows, 0, results[i].start_count);
    const auto distances =
        FOUND_COLUMN(uint32_t, rows, FASTI_SEARCH_NO_DISTANCE, results[i].distance_m);
    const auto locations = FOUND_COLUMN(uint32_t, rows, 0, results[i].location.v);
    const auto services = FOUND_COLUMN(uint32_t, rows, 0, results[i].service.v);
    const auto organizations = FOUND_COLUMN(uint32_t, rows, 0, results[i].organization.v);
    const auto schedules = FOUND_COLUMN(uint32_t, rows, 0, results[i].schedule.v);
#undef FOUND_COLUMN
    wire::SearchReplyBuilder reply(b);
    reply.add_next_key(answer->next.key);
    reply.add_next_schedule(answer->next.schedule);
    reply.add_candidates(answer->candidates);
    reply.add_schedules(schedules);
    reply.add_organizations(organizations);
    reply.add_services(services);
    reply.add_locations(locations);
    reply.add_distances_m(distances);
    reply.add_start_counts(start_counts);
    reply.add_starts_utc_s(starts_utc_s);
    reply.add_offset_minutes(one_offset && total > 0 ? starts[0].offset_minutes : int16_t{0});
    reply.add_offsets_minutes(offsets);
    reply.add_length_minutes(one_length && total > 0 ? starts[0].minutes : uint16_t{0});
    reply.add_lengths_minutes(lengths);
    reply.add_more(answer->more);
    return reply.Finish().Union();
}

/* Rows, and in starts_total how many starts they have. */
static enum fasti_status results_read(const wire::SearchReply *reply,
                                      struct fasti_search_answer *answer,
                                      struct fasti_detail *detail) {
    const uint32_t rows = fasti_column_size(reply->schedules());
    if (rows > FASTI_SEARCH_RESULTS_MAX || !fasti_column_fits(reply->organizations(), rows) ||
        !fasti_column_fits(reply->services(), rows) ||
        !fasti_column_fits(reply->locations(), rows) ||
        !fasti_column_fits(reply->distances_m(), rows) ||
        !fasti_column_fits(reply->start_counts(), rows))
        return fasti_codec_wrong_answer("search's size", detail);
    answer->count = static_cast<uint16_t>(rows);
    answer->starts_total = 0;
    for (uint32_t i = 0; i < rows; i++) {
        auto *result = &answer->results[i];
        result->schedule.v = reply->schedules()->Get(i);
        result->organization.v = fasti_column_get<uint32_t>(reply->organizations(), i, 0);
        result->service.v = fasti_column_get<uint32_t>(reply->services(), i, 0);
        result->location.v = fasti_column_get<uint32_t>(reply->locations(), i, 0);
        result->distance_m =
            fasti_column_get<uint32_t>(reply->distances_m(), i, FASTI_SEARCH_NO_DISTANCE);
        result->start_count = fasti_column_get<uint16_t>(reply->start_counts(), i, 0);
        if (result->schedule.v == 0 || result->organization.v == 0 || result->service.v == 0 ||
            result->location.v == 0)
            return fasti_codec_wrong_answer("search.schedules, organizations, services or "
                                            "locations",
                                            detail);
        if (result->start_count < 1 || result->start_count > FASTI_SEARCH_STARTS_MAX)
            return fasti_codec_wrong_answer("search.start_counts", detail);
        answer->starts_total += result->start_count;
    }
    return FASTI_OK;
}

enum fasti_status fasti_codec_read_found(const wire::SearchReply *reply,
                                         struct fasti_search_answer *answer,
                                         struct fasti_detail *detail) {
    FASTI_TRY(results_read(reply, answer, detail));
    const uint32_t total = answer->starts_total;
    if (fasti_column_size(reply->starts_utc_s()) != total ||
        !fasti_column_fits(reply->starts_utc_s(), total) ||
        !fasti_column_fits(reply->offsets_minutes(), total) ||
        !fasti_column_fits(reply->lengths_minutes(), total))
        return fasti_codec_wrong_answer("search.starts_utc_s, offsets_minutes or lengths_minutes",
                                        detail);
    for (uint32_t i = 0; i < total; i++) {
        auto *start = &answer->starts[i];
        FASTI_TRY(fasti_codec_read_instant(reply->starts_utc_s()->Get(i), "search.starts_utc_s",
                                           &start->utc_s, detail));
        start->offset_minutes =
            fasti_column_get<int16_t>(reply->offsets_minutes(), i, reply->offset_minutes());
        start->minutes =
            fasti_column_get<uint16_t>(reply->lengths_minutes(), i, reply->length_minutes());
    }
    answer->candidates = reply->candidates();
    answer->more = reply->more();
    answer->next.key = reply->next_key();
    answer->next.schedule = reply->next_schedule();
    return FASTI_OK;
}

/* ---- whatever was looked for ---- */

ReplyBody fasti_codec_write_finding(struct fasti_codec *codec, const struct fasti_answer *answer,
                                    Offset<void> *body) {
    switch (answer->kind) {
    case FASTI_COMMAND_NAMES:
        *body = fasti_codec_write_named(codec, answer->body.names);
        return ReplyBody::NamesReply;
    case FASTI_COMMAND_HEATMAP:
        *body = fasti_codec_write_heat(codec->builder, answer->body.heatmap);
        return ReplyBody::HeatmapReply;
    case FASTI_COMMAND_COMBINE:
        *body = fasti_codec_write_combined(codec->builder, answer->body.combine);
        return ReplyBody::CombineReply;
    default:
        *body = fasti_codec_write_found(codec->builder, answer->body.search);
        return ReplyBody::SearchReply;
    }
}

enum fasti_status fasti_codec_read_finding(const wire::Reply *reply,
                                           struct fasti_answer_space *space,
                                           struct fasti_answer *answer,
                                           struct fasti_detail *detail) {
    switch (reply->body_type()) {
    case ReplyBody::NamesReply:
        answer->body.names = &space->names;
        return fasti_codec_read_named(reply->body_as_NamesReply(), &space->names, detail);
    case ReplyBody::HeatmapReply:
        answer->body.heatmap = &space->heatmap;
        return fasti_codec_read_heat(reply->body_as_HeatmapReply(), &space->heatmap, detail);
    case ReplyBody::CombineReply:
        answer->body.combine = &space->combine;
        return fasti_codec_read_combined(reply->body_as_CombineReply(), &space->combine, detail);
    default:
        answer->body.search = &space->search;
        return fasti_codec_read_found(reply->body_as_SearchReply(), &space->search, detail);
    }
}
