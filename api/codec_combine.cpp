/*
 * codec_combine.cpp - a question about a combination and its answer on the wire, both ways.
 *
 * The query's columns are counted against each other and against their arrays; what its numbers
 * mean together (which dates can be booked, whether days between are in order) is the engine's to
 * say. The answer is columns: a row of a booking each.
 */
#include "api/codec_wire.h"

/* ---- the question ---- */

#define STEP_PARTS_MAX (FASTI_COMBINE_STEPS_MAX * FASTI_COMBINE_PARTS_MAX)

static enum fasti_status steps_read(const wire::CombineQuery *from,
                                    struct fasti_combine_query *query,
                                    struct fasti_detail *detail) {
    const uint32_t steps = fasti_column_size(from->step_parts());
    if (steps < 1 || steps > FASTI_COMBINE_STEPS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "combine.step_parts: %u steps, not 1 to %d", steps,
                                FASTI_COMBINE_STEPS_MAX);
    if (!fasti_column_fits(from->step_days_min(), steps) ||
        !fasti_column_fits(from->step_days_max(), steps))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "combine.step_days_min or step_days_max: not one a step");
    query->step_count = static_cast<uint8_t>(steps);
    uint32_t parts = 0;
    for (uint32_t s = 0; s < steps; s++) {
        auto *step = &query->steps[s];
        step->part_count = from->step_parts()->Get(s);
        step->days_min = fasti_column_get<uint16_t>(from->step_days_min(), s, 0);
        step->days_max = fasti_column_get<uint16_t>(from->step_days_max(), s, 0);
        parts += step->part_count;
    }
    if (parts < 1 || parts > STEP_PARTS_MAX || fasti_column_size(from->part_choices()) != parts ||
        !fasti_column_fits(from->part_offsets(), parts))
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "combine.part_choices or part_offsets: not one of 1 to %d parts",
                                STEP_PARTS_MAX);
    query->part_count = static_cast<uint8_t>(parts);
    return FASTI_OK;
}

static enum fasti_status choices_read(const wire::CombineQuery *from,
                                      struct fasti_combine_query *query,
                                      struct fasti_detail *detail) {
    uint32_t choices = 0;
    for (uint32_t p = 0; p < query->part_count; p++) {
        query->parts[p].choice_count = from->part_choices()->Get(p);
        query->parts[p].offset_minutes = fasti_column_get<int16_t>(from->part_offsets(), p, 0);
        choices += query->parts[p].choice_count;
    }
    if (choices < 1 || choices > FASTI_COMBINE_CHOICES_MAX ||
        fasti_column_size(from->schedules()) != choices ||
        fasti_column_size(from->services()) != choices)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "combine.schedules or services: not one of 1 to %d choices",
                                FASTI_COMBINE_CHOICES_MAX);
    query->choice_count = static_cast<uint8_t>(choices);
    for (uint32_t c = 0; c < choices; c++) {
        query->choices[c].schedule.v = fasti_column_get<uint32_t>(from->schedules(), c, 0);
        query->choices[c].service.v = fasti_column_get<uint32_t>(from->services(), c, 0);
    }
    return FASTI_OK;
}

static enum fasti_status times_read(const wire::CombineQuery *from,
                                    struct fasti_combine_query *query,
                                    struct fasti_detail *detail) {
    FASTI_TRY(
        fasti_codec_read_date(from->first_date(), "combine.first_date", &query->first, detail));
    FASTI_TRY(fasti_codec_read_date(from->last_date(), "combine.last_date", &query->last, detail));
    if (query->last.v < query->first.v || query->last.v - query->first.v >= FASTI_COMBINE_DAYS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "combine.last_date: a combination lies in 1 to %d days",
                                FASTI_COMBINE_DAYS_MAX);
    query->from_minute = from->from_minute();
    query->to_minute = from->to_minute();
    query->weekdays = from->weekdays();
    query->limit = from->limit();
    if (query->from_minute >= FASTI_DAY_MINUTES || query->to_minute > FASTI_DAY_MINUTES)
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "combine.from_minute or to_minute: %u to %u is not in one day of "
                                "%d",
                                query->from_minute, query->to_minute, FASTI_DAY_MINUTES);
    if (query->weekdays > 0x7f)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "combine.weekdays: %u is not in 0 to 127", query->weekdays);
    FASTI_TRY(
        fasti_codec_read_kind(query->limit, FASTI_COMBINE_OFFERS_MAX, "combine.limit", detail));
    return fasti_codec_read_instant(from->after_utc_s(), "combine.after_utc_s", &query->after_utc_s,
                                    detail);
}

static enum fasti_status series_read(const wire::CombineQuery *from,
                                     struct fasti_combine_series *series,
                                     struct fasti_detail *detail) {
    series->count = from->series_count();
    series->near_days = from->series_near_days();
    series->every_days = from->series_every_days();
    series->minute = from->series_minute();
    if (series->count > FASTI_ITEMS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "combine.series_count: %u is not in 0 to %d", series->count,
                                FASTI_ITEMS_MAX);
    if (series->minute >= FASTI_DAY_MINUTES)
        return fasti_detail_set(detail, FASTI_INVALID_TIME,
                                "combine.series_minute: %u is not in one day of %d", series->minute,
                                FASTI_DAY_MINUTES);
    return fasti_codec_read_date(from->series_first_date(), "combine.series_first_date",
                                 &series->first, detail);
}

enum fasti_status fasti_codec_read_combine(const wire::CombineQuery *from,
                                           struct fasti_combine_query *query,
                                           struct fasti_detail *detail) {
    FASTI_TRY(fasti_codec_read_facts(from->facts(), &query->facts, detail));
    FASTI_TRY(times_read(from, query, detail));
    FASTI_TRY(steps_read(from, query, detail));
    FASTI_TRY(series_read(from, &query->series, detail));
    return choices_read(from, query, detail);
}

enum fasti_status fasti_codec_write_combine(FlatBufferBuilder &b,
                                            const struct fasti_combine_query *query,
                                            Offset<void> *body) {
    const uint32_t steps = query->step_count, parts = query->part_count;
    const uint32_t choices = query->choice_count;
    if (steps > FASTI_COMBINE_STEPS_MAX || parts > STEP_PARTS_MAX ||
        choices > FASTI_COMBINE_CHOICES_MAX)
        return FASTI_INVALID_RANGE;
    const wire::Facts facts = fasti_codec_write_facts(&query->facts);
#define ASKED_COLUMN(type, count, absent, expression) \
    fasti_column_write<type>(b, count, absent, [&](uint32_t i) { return expression; })
    uint32_t service_ids[FASTI_COMBINE_CHOICES_MAX], schedule_ids[FASTI_COMBINE_CHOICES_MAX];
    for (uint32_t i = 0; i < choices; i++) {
        service_ids[i] = query->choices[i].service.v;
        schedule_ids[i] = query->choices[i].schedule.v;
    }
    const auto services = b.CreateVector(service_ids, choices); /* zeros, too: they must be there */
    const auto schedules = b.CreateVector(schedule_ids, choices);
    const auto offsets = ASKED_COLUMN(int16_t, parts, 0, query->parts[i].offset_minutes);
    const auto part_choices = ASKED_COLUMN(uint8_t, parts, 0, query->parts[i].choice_count);
    const auto days_max = ASKED_COLUMN(uint16_t, steps, 0, query->steps[i].days_max);
    const auto days_min = ASKED_COLUMN(uint16_t, steps, 0, query->steps[i].days_min);
    const auto step_parts = ASKED_COLUMN(uint8_t, steps, 0, query->steps[i].part_count);
#undef ASKED_COLUMN
    wire::CombineQueryBuilder to(b);
    to.add_after_utc_s(query->after_utc_s);
    if (fasti_codec_has_facts(&query->facts))
        to.add_facts(&facts);
    to.add_first_date(query->first.v);
    to.add_last_date(query->last.v);
    to.add_step_parts(step_parts);
    to.add_step_days_min(days_min);
    to.add_step_days_max(days_max);
    to.add_part_choices(part_choices);
    to.add_part_offsets(offsets);
    to.add_schedules(schedules);
    to.add_services(services);
    to.add_from_minute(query->from_minute);
    to.add_to_minute(query->to_minute);
    to.add_weekdays(query->weekdays);
    to.add_limit(query->limit);
    to.add_series_first_date(query->series.first.v);
    to.add_series_every_days(query->series.every_days);
    to.add_series_minute(query->series.minute);
    to.add_series_count(query->series.count);
    to.add_series_near_days(query->series.near_days);
    *body = to.Finish().Union();
    return FASTI_OK;
}

/* ---- the answer ---- */

Offset<void> fasti_codec_write_combined(FlatBufferBuilder &b,
                                        const struct fasti_combine_answer *answer) {
    const uint32_t rows = answer->row_count;
    const auto *row = answer->rows;
    FASTI_ASSERT(rows <= FASTI_COMBINE_ROWS_MAX);
    FASTI_ASSERT(answer->choice_count <= FASTI_COMBINE_CHOICES_MAX);
    bool one_offset = true, one_length = true;
    for (uint32_t i = 1; i < rows; i++) {
        one_offset = one_offset && row[i].offset_minutes == row[0].offset_minutes;
        one_length = one_length && row[i].minutes == row[0].minutes;
    }
#define OFFER_COLUMN(type, count, absent, expression) \
    fasti_column_write<type>(b, count, absent, [&](uint32_t i) { return expression; })
    FASTI_ASSERT(answer->visit_count <= FASTI_ITEMS_MAX);
    const uint32_t visits = answer->visit_count;
    const auto wished_offsets =
        OFFER_COLUMN(int16_t, visits, 0, answer->visits[i].wished_offset_minutes);
    const auto wished = OFFER_COLUMN(int64_t, visits, 0, answer->visits[i].wished_utc_s);
    const auto fates = OFFER_COLUMN(uint8_t, visits, 0, answer->visits[i].fate);
    const auto reasons = fasti_column_copy(b, answer->reasons, answer->choice_count);
    const auto choices = OFFER_COLUMN(uint8_t, rows, 0, row[i].choice);
    const auto appointments = OFFER_COLUMN(uint8_t, rows, 0, row[i].appointment);
    const auto lengths = OFFER_COLUMN(uint16_t, one_length ? 0 : rows, 0, row[i].minutes);
    const auto offsets = OFFER_COLUMN(int16_t, one_offset ? 0 : rows, 0, row[i].offset_minutes);
    const auto starts = OFFER_COLUMN(int64_t, rows, INT64_MIN, row[i].start_utc_s);
    const auto services = OFFER_COLUMN(uint32_t, rows, 0, row[i].service.v);
    const auto schedules = OFFER_COLUMN(uint32_t, rows, 0, row[i].schedule.v);
#undef OFFER_COLUMN
    wire::CombineReplyBuilder reply(b);
    reply.add_next_utc_s(answer->next_utc_s);
    reply.add_schedules(schedules);
    reply.add_services(services);
    reply.add_starts_utc_s(starts);
    reply.add_offset_minutes(one_offset && rows > 0 ? row[0].offset_minutes : int16_t{0});
    reply.add_offsets_minutes(offsets);
    reply.add_length_minutes(one_length && rows > 0 ? row[0].minutes : uint16_t{0});
    reply.add_lengths_minutes(lengths);
    reply.add_appointments(appointments);
    reply.add_choices(choices);
    reply.add_reasons(reasons.o);
    reply.add_fates(fates.o);
    reply.add_wished_utc_s(wished);
    reply.add_wished_offsets_minutes(wished_offsets);
    reply.add_offers(answer->count);
    reply.add_more(answer->more);
    return reply.Finish().Union();
}

static enum fasti_status rows_read(const wire::CombineReply *reply,
                                   struct fasti_combine_answer *answer,
                                   struct fasti_detail *detail) {
    for (uint32_t i = 0; i < answer->row_count; i++) {
        auto *row = &answer->rows[i];
        row->schedule.v = reply->schedules()->Get(i);
        row->service.v = fasti_column_get<uint32_t>(reply->services(), i, 0);
        row->appointment = fasti_column_get<uint8_t>(reply->appointments(), i, 0);
        row->choice = fasti_column_get<uint8_t>(reply->choices(), i, 0);
        if (row->schedule.v == 0 || row->service.v == 0)
            return fasti_codec_wrong_answer("combine.schedules or services", detail);
        if (row->appointment >= FASTI_ITEMS_MAX || row->choice >= answer->choice_count)
            return fasti_codec_wrong_answer("combine.appointments or choices", detail);
        FASTI_TRY(fasti_codec_read_instant(reply->starts_utc_s()->Get(i), "combine.starts_utc_s",
                                           &row->start_utc_s, detail));
        row->offset_minutes =
            fasti_column_get<int16_t>(reply->offsets_minutes(), i, reply->offset_minutes());
        row->minutes =
            fasti_column_get<uint16_t>(reply->lengths_minutes(), i, reply->length_minutes());
    }
    return FASTI_OK;
}

static enum fasti_status visits_read(const wire::CombineReply *reply,
                                     struct fasti_combine_answer *answer,
                                     struct fasti_detail *detail) {
    const uint32_t visits = fasti_column_size(reply->fates());
    if (visits > FASTI_ITEMS_MAX || !fasti_column_fits(reply->wished_utc_s(), visits) ||
        !fasti_column_fits(reply->wished_offsets_minutes(), visits))
        return fasti_codec_wrong_answer("combine.fates, wished_utc_s or wished_offsets_minutes",
                                        detail);
    answer->visit_count = static_cast<uint8_t>(visits);
    for (uint32_t i = 0; i < visits; i++) {
        auto *visit = &answer->visits[i];
        visit->fate = static_cast<uint8_t>(reply->fates()->Get(i));
        if (visit->fate < FASTI_SERIES_WISHED || visit->fate > FASTI_SERIES_UNDECIDED)
            return fasti_codec_wrong_answer("combine.fates", detail);
        FASTI_TRY(fasti_codec_read_instant(fasti_column_get<int64_t>(reply->wished_utc_s(), i, 0),
                                           "combine.wished_utc_s", &visit->wished_utc_s, detail));
        visit->wished_offset_minutes =
            fasti_column_get<int16_t>(reply->wished_offsets_minutes(), i, 0);
    }
    return FASTI_OK;
}

enum fasti_status fasti_codec_read_combined(const wire::CombineReply *reply,
                                            struct fasti_combine_answer *answer,
                                            struct fasti_detail *detail) {
    const uint32_t rows = fasti_column_size(reply->schedules());
    const uint32_t offers = reply->offers(), choices = fasti_column_size(reply->reasons());
    if (rows > FASTI_COMBINE_ROWS_MAX || offers > FASTI_COMBINE_OFFERS_MAX ||
        (offers == 0 ? rows != 0 : rows == 0 || rows % offers != 0) ||
        !fasti_column_fits(reply->schedules(), rows) ||
        !fasti_column_fits(reply->services(), rows) ||
        fasti_column_size(reply->starts_utc_s()) != rows ||
        !fasti_column_fits(reply->starts_utc_s(), rows) ||
        !fasti_column_fits(reply->offsets_minutes(), rows) ||
        !fasti_column_fits(reply->lengths_minutes(), rows) ||
        !fasti_column_fits(reply->appointments(), rows) ||
        !fasti_column_fits(reply->choices(), rows))
        return fasti_codec_wrong_answer("combine's size", detail);
    if (choices > FASTI_COMBINE_CHOICES_MAX)
        return fasti_codec_wrong_answer("combine.reasons", detail);
    answer->count = static_cast<uint8_t>(offers);
    answer->row_count = static_cast<uint16_t>(rows);
    answer->choice_count = static_cast<uint8_t>(choices);
    for (uint32_t c = 0; c < choices; c++) {
        answer->reasons[c] = static_cast<uint8_t>(reply->reasons()->Get(c));
        if (answer->reasons[c] > FASTI_REASON_LAST)
            return fasti_codec_wrong_answer("combine.reasons", detail);
    }
    answer->more = reply->more();
    FASTI_TRY(fasti_codec_read_instant(reply->next_utc_s(), "combine.next_utc_s",
                                       &answer->next_utc_s, detail));
    FASTI_TRY(visits_read(reply, answer, detail));
    return rows_read(reply, answer, detail);
}
