/*
 * series.c - places a series' visits one by one; see series.h.
 */
#include "engine/combine/series.h"

static const struct fasti_combine_query *query_of(const struct fasti_series *series) {
    return &series->command->body.combine;
}

static bool is_over(const struct fasti_series *series) {
    return series->lines->is_cut || series->lines->has_changed ||
           series->failed != FASTI_PROBE_FREE;
}

/* ---- one visit ---- */

static int32_t part_minute(const struct fasti_series *series, int32_t start, uint32_t part) {
    return start + query_of(series)->parts[part].offset_minutes;
}

/* Does it lie behind those that are placed before it, and before those behind it? */
static bool is_in_order(const struct fasti_series *series, uint32_t at) {
    const struct fasti_series_visit *visit = &series->visits[at];
    for (uint32_t v = 0; v < query_of(series)->series.count; v++) {
        const struct fasti_series_visit *other = &series->visits[v];
        if (other->is_placed &&
            ((v < at && other->end > visit->begin) || (v > at && other->begin < visit->end)))
            return false;
    }
    return true;
}

static void visit_measure(struct fasti_series *series, struct fasti_series_visit *visit) {
    visit->begin = INT32_MAX;
    visit->end = 0;
    for (uint32_t p = 0; p < query_of(series)->part_count; p++) {
        const int32_t minute = part_minute(series, visit->start, p);
        visit->begin = minute < visit->begin ? minute : visit->begin;
        visit->end =
            minute + visit->lengths[p] > visit->end ? minute + visit->lengths[p] : visit->end;
    }
}

/* The placed visits and the one at `at` as a booking, in order; returns how many rows. */
static uint32_t book_write(struct fasti_series *series, uint32_t at) {
    const struct fasti_combine_query *query = query_of(series);
    struct fasti_book *book = series->book;
    uint32_t rows = 0;
    book->appointment_count = 0;
    for (uint32_t v = 0; v < query->series.count; v++) {
        const struct fasti_series_visit *visit = &series->visits[v];
        if (!visit->is_placed && v != at)
            continue;
        for (uint32_t p = 0; p < query->part_count; p++)
            book->items[rows++] = (struct fasti_book_item){
                .schedule = query->choices[visit->choices[p]].schedule,
                .service = query->choices[visit->choices[p]].service,
                .start_utc_s =
                    fasti_lines_utc_s(series->lines, part_minute(series, visit->start, p)),
                .appointment = book->appointment_count,
            };
        book->appointments[book->appointment_count++].facts = query->facts;
    }
    book->item_count = (uint8_t)rows;
    return rows;
}

static bool visit_probe(struct fasti_series *series, uint32_t at) {
    visit_measure(series, &series->visits[at]);
    if (!is_in_order(series, at))
        return false;
    const uint32_t rows = book_write(series, at);
    if (!fasti_lines_look(series->lines, rows * FASTI_PROBE_ROW_LOOKS))
        return false;
    const enum fasti_probe_result result = fasti_probe(
        series->booking, series->command, series->pending, series->book, series->minutes);
    if (result == FASTI_PROBE_MEMORY || result == FASTI_PROBE_BUSY)
        series->failed = result;
    return result == FASTI_PROBE_FREE;
}

static bool is_named(const struct fasti_series *series, const struct fasti_series_visit *visit,
                     uint32_t part, uint32_t choice) {
    const struct fasti_combine_choice *choices = query_of(series)->choices;
    for (uint32_t p = 0; p < part; p++)
        if (choices[visit->choices[p]].schedule.v == choices[choice].schedule.v)
            return true;
    return false;
}

/* Tries a part's choices, as named, and behind each those of the parts behind it. */
static bool choices_try(struct fasti_series *series, uint32_t at, uint32_t part) {
    const struct fasti_combine_query *query = query_of(series);
    struct fasti_series_visit *visit = &series->visits[at];
    if (part == query->part_count || part == FASTI_COMBINE_PARTS_MAX) /* it has one step */
        return visit_probe(series, at);
    const int32_t minute = part_minute(series, visit->start, part);
    for (uint32_t i = 0; i < query->parts[part].choice_count && !is_over(series); i++) {
        const uint32_t choice = series->lines->choice_first[part] + i;
        if (!fasti_lines_look(series->lines, 1))
            return false;
        if (is_named(series, visit, part, choice) ||
            !fasti_lines_free(series->lines, choice, minute))
            continue;
        visit->choices[part] = (uint8_t)choice;
        visit->lengths[part] = (uint16_t)fasti_lines_length(series->lines, choice, minute);
        if (visit->lengths[part] != 0 && choices_try(series, at, part + 1))
            return true;
    }
    return false;
}

static bool visit_try(struct fasti_series *series, uint32_t at, int32_t minute) {
    series->visits[at].start = minute;
    series->visits[at].is_placed = choices_try(series, at, 0) && !is_over(series);
    return series->visits[at].is_placed;
}

/* ---- wishes and what is near ---- */

/* Which date of the lines the visit is wished on. */
static int32_t wished_day(const struct fasti_series *series, uint32_t at) {
    const struct fasti_combine_query *query = query_of(series);
    return query->series.first.v - query->first.v + (int32_t)(at * query->series.every_days);
}

/* The wished time of a date; in a gap of the clocks the first minute behind it. */
static int32_t wished_minute(const struct fasti_series *series, int32_t day) {
    const struct fasti_combine_query *query = query_of(series);
    const fasti_date date = {query->first.v + day};
    const int64_t utc_s =
        fasti_zone_utc(series->lines->steps[0].zone, date, query->series.minute, NULL);
    return (int32_t)((utc_s - series->lines->base_utc_s) / 60);
}

static bool is_start(struct fasti_series *series, int32_t minute) {
    return minute >= 0 && minute < FASTI_LINE_MINUTES &&
           (fasti_lines_word(series->lines, 0, (uint32_t)minute / 64) >> (minute % 64) & 1) != 0;
}

/* A start and how far it is from the wished time of its day. */
struct near {
    int32_t distance, minute;
};

static bool is_nearer(struct near a, struct near b) {
    return a.distance < b.distance || (a.distance == b.distance && a.minute < b.minute);
}

/* The nearest start of a day that is less near than `last`, if it is nearer than *best. */
static void day_look(struct fasti_series *series, int32_t day, struct near last,
                     struct near *best) {
    const struct fasti_lines *lines = series->lines;
    if (day < 0 || (uint32_t)day >= lines->day_count)
        return;
    const int32_t from = lines->steps[0].date_minutes[day];
    const int32_t end = lines->steps[0].date_minutes[day + 1];
    const int32_t wished = wished_minute(series, day);
    for (uint32_t w = (uint32_t)from / 64; (int32_t)(w * 64) < end && !is_over(series); w++) {
        uint64_t left = fasti_lines_word(series->lines, 0, w);
        if (left != 0)
            left &= fasti_bits_mask(w, (uint32_t)from, (uint32_t)end);
        for (; left != 0; left &= left - 1) {
            struct near here = {.minute = (int32_t)(w * 64) + __builtin_ctzll(left)};
            here.distance = here.minute > wished ? here.minute - wished : wished - here.minute;
            if (is_nearer(last, here) && is_nearer(here, *best))
                *best = here;
        }
    }
}

/* Tries the starts so many days from the wish, the nearest first. */
static bool near_try(struct fasti_series *series, uint32_t at, int32_t days) {
    const int32_t day = wished_day(series, at);
    struct near last = {.distance = -1};
    if (days == 0) /* the wish itself was tried */
        last = (struct near){.distance = 0, .minute = wished_minute(series, day)};
    while (fasti_lines_look(series->lines, 1) && !is_over(series)) {
        struct near best = {.distance = INT32_MAX};
        day_look(series, day - days, last, &best);
        if (days > 0)
            day_look(series, day + days, last, &best);
        if (best.distance == INT32_MAX || is_over(series))
            return false;
        if (visit_try(series, at, best.minute))
            return true;
        last = best;
    }
    return false;
}

/* ---- the answer ---- */

static void rows_write(struct fasti_series *series) {
    struct fasti_combine_answer *answer = series->answer;
    const struct fasti_combine_query *query = query_of(series);
    uint8_t appointment = 0;
    for (uint32_t v = 0; v < query->series.count; v++) {
        const struct fasti_series_visit *visit = &series->visits[v];
        for (uint32_t p = 0; p < query->part_count && visit->is_placed; p++) {
            const uint32_t choice = visit->choices[p];
            const int64_t utc_s =
                fasti_lines_utc_s(series->lines, part_minute(series, visit->start, p));
            answer->rows[answer->row_count++] = (struct fasti_combine_row){
                .schedule = query->choices[choice].schedule,
                .service = query->choices[choice].service,
                .start_utc_s = utc_s,
                .offset_minutes =
                    (int16_t)(fasti_zone_offset_at(series->lines->choices[choice].config->zone,
                                                   utc_s) /
                              60),
                .minutes = visit->lengths[p],
                .appointment = appointment,
                .choice = (uint8_t)choice,
            };
        }
        appointment = (uint8_t)(appointment + visit->is_placed);
    }
    answer->count = answer->row_count > 0;
}

static void wishes_write(struct fasti_series *series) {
    struct fasti_combine_answer *answer = series->answer;
    const struct fasti_zone *zone = series->lines->steps[0].zone;
    answer->visit_count = query_of(series)->series.count;
    for (uint32_t v = 0; v < answer->visit_count; v++) {
        struct fasti_combine_visit *visit = &answer->visits[v];
        *visit = (struct fasti_combine_visit){.fate = FASTI_SERIES_NONE};
        if (zone == NULL)
            continue;
        visit->wished_utc_s =
            fasti_lines_utc_s(series->lines, wished_minute(series, wished_day(series, v)));
        visit->wished_offset_minutes =
            (int16_t)(fasti_zone_offset_at(zone, visit->wished_utc_s) / 60);
    }
}

/* Tries to place what is not placed yet. */
static void visit_find(struct fasti_series *series, uint32_t at) {
    uint8_t *fate = &series->answer->visits[at].fate;
    const int32_t most = query_of(series)->series.near_days;
    for (int32_t days = 0; days <= most && *fate == FASTI_SERIES_NONE && !is_over(series); days++)
        if (near_try(series, at, days))
            *fate = FASTI_SERIES_NEAR;
    if (*fate == FASTI_SERIES_NONE && series->lines->is_cut)
        *fate = FASTI_SERIES_UNDECIDED;
}

void fasti_series_find(struct fasti_series *series) {
    const uint32_t count = query_of(series)->series.count;
    series->failed = FASTI_PROBE_FREE;
    wishes_write(series);
    if (series->lines->steps[0].zone == NULL)
        return;
    for (uint32_t v = 0; v < count && !is_over(series); v++) {
        const int32_t minute = wished_minute(series, wished_day(series, v));
        if (is_start(series, minute) && visit_try(series, v, minute))
            series->answer->visits[v].fate = FASTI_SERIES_WISHED;
    }
    for (uint32_t v = 0; v < count; v++)
        if (series->answer->visits[v].fate == FASTI_SERIES_NONE)
            visit_find(series, v);
    rows_write(series);
}
