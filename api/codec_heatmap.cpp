/*
 * codec_heatmap.cpp - a question for a heat map and its answer on the wire, both ways.
 *
 * The query's numbers are checked one by one; what they mean together is the engine's to say. The
 * answer is columns of cells, and behind them of the days of all cells.
 */
#include "api/codec_wire.h"

/* ---- the question ---- */

static enum fasti_status area_read(const wire::HeatmapQuery *from,
                                   struct fasti_heatmap_query *query, struct fasti_detail *detail) {
    const unsigned area = static_cast<unsigned>(from->area());
    FASTI_TRY(fasti_codec_read_kind(area, FASTI_SEARCH_BOX, "heatmap.area", detail));
    FASTI_TRY(fasti_codec_read_area(from, "heatmap", query, detail));
    query->cell_e7 = from->cell_e7();
    if (query->cell_e7 < FASTI_HEATMAP_CELL_MIN_E7 || query->cell_e7 > FASTI_HEATMAP_CELL_MAX_E7)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "heatmap.cell_e7: %u is not in %d to %d", query->cell_e7,
                                FASTI_HEATMAP_CELL_MIN_E7, FASTI_HEATMAP_CELL_MAX_E7);
    return FASTI_OK;
}

enum fasti_status fasti_codec_read_heatmap(const wire::HeatmapQuery *from,
                                           struct fasti_heatmap_query *query,
                                           struct fasti_detail *detail) {
    FASTI_TRY(fasti_codec_read_id(from->specialty(), "heatmap.specialty", true, &query->specialty,
                                  detail));
    FASTI_TRY(fasti_codec_read_id(from->code(), "heatmap.code", true, &query->code, detail));
    query->duration_minutes = from->duration_minutes();
    if (query->duration_minutes > FASTI_SERVICE_MINUTES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "heatmap.duration_minutes: %u is not in 0 to %d",
                                query->duration_minutes, FASTI_SERVICE_MINUTES_MAX);
    FASTI_TRY(area_read(from, query, detail));
    FASTI_TRY(fasti_codec_read_facts(from->facts(), &query->facts, detail));
    FASTI_TRY(
        fasti_codec_read_date(from->first_date(), "heatmap.first_date", &query->first, detail));
    FASTI_TRY(fasti_codec_read_date(from->last_date(), "heatmap.last_date", &query->last, detail));
    if (query->last.v < query->first.v || query->last.v - query->first.v >= FASTI_HEATMAP_DAYS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "heatmap.last_date: a heat map is of 1 to %d days",
                                FASTI_HEATMAP_DAYS_MAX);
    return FASTI_OK;
}

Offset<void> fasti_codec_write_heatmap(FlatBufferBuilder &b,
                                       const struct fasti_heatmap_query *query) {
    const auto specialty =
        fasti_codec_write_text(b, query->specialty.bytes, query->specialty.length);
    const auto code = fasti_codec_write_text(b, query->code.bytes, query->code.length);
    const wire::Facts facts = fasti_codec_write_facts(&query->facts);
    return wire::CreateHeatmapQuery(b, specialty, code, query->duration_minutes,
                                    static_cast<wire::SearchArea>(query->area), query->latitude_e7,
                                    query->longitude_e7, query->north_e7, query->east_e7,
                                    query->radius_m, query->cell_e7,
                                    fasti_codec_has_facts(&query->facts) ? &facts : nullptr,
                                    query->first.v, query->last.v)
        .Union();
}

/* ---- the answer ---- */

Offset<void> fasti_codec_write_heat(FlatBufferBuilder &b,
                                    const struct fasti_heatmap_answer *answer) {
    const uint32_t cells = answer->cell_count, rows = cells * answer->day_count;
    FASTI_ASSERT(cells <= FASTI_HEATMAP_CELLS_MAX);
    FASTI_ASSERT(answer->day_count <= FASTI_HEATMAP_DAYS_MAX);
    const auto starts = fasti_column_write<uint32_t>(
        b, rows, 0, [&](uint32_t i) { return answer->days[i].starts; });
    const auto free_schedules = fasti_column_write<uint32_t>(
        b, rows, 0, [&](uint32_t i) { return answer->days[i].schedules; });
    const auto schedules = fasti_column_write<uint32_t>(
        b, cells, 0, [&](uint32_t i) { return answer->cells[i].schedules; });
    const auto wests = fasti_column_write<int32_t>(
        b, cells, 0, [&](uint32_t i) { return answer->cells[i].west_e7; });
    const auto souths = fasti_column_write<int32_t>(
        b, cells, 0, [&](uint32_t i) { return answer->cells[i].south_e7; });
    return wire::CreateHeatmapReply(b, answer->day_count, answer->candidates, souths, wests,
                                    schedules, free_schedules, starts)
        .Union();
}

enum fasti_status fasti_codec_read_heat(const wire::HeatmapReply *reply,
                                        struct fasti_heatmap_answer *answer,
                                        struct fasti_detail *detail) {
    const uint32_t cells = fasti_column_size(reply->schedules()), days = reply->day_count();
    if (cells > FASTI_HEATMAP_CELLS_MAX || days > FASTI_HEATMAP_DAYS_MAX ||
        !fasti_column_fits(reply->schedules(), cells) ||
        !fasti_column_fits(reply->souths_e7(), cells) ||
        !fasti_column_fits(reply->wests_e7(), cells) ||
        !fasti_column_fits(reply->free_schedules(), cells * days) ||
        !fasti_column_fits(reply->starts(), cells * days))
        return fasti_codec_wrong_answer("heatmap's size", detail);
    answer->cell_count = static_cast<uint16_t>(cells);
    answer->day_count = static_cast<uint16_t>(days);
    answer->candidates = reply->candidates();
    for (uint32_t i = 0; i < cells; i++) {
        answer->cells[i].south_e7 = fasti_column_get<int32_t>(reply->souths_e7(), i, 0);
        answer->cells[i].west_e7 = fasti_column_get<int32_t>(reply->wests_e7(), i, 0);
        answer->cells[i].schedules = reply->schedules()->Get(i);
        if (answer->cells[i].schedules == 0)
            return fasti_codec_wrong_answer("heatmap.schedules", detail);
    }
    for (uint32_t i = 0; i < cells * days; i++) {
        answer->days[i].schedules = fasti_column_get<uint32_t>(reply->free_schedules(), i, 0);
        answer->days[i].starts = fasti_column_get<uint32_t>(reply->starts(), i, 0);
    }
    return FASTI_OK;
}
