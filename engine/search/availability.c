/*
 * availability.c - the columns of an agenda page.
 */
#include "engine/search/availability.h"

#include <string.h>

#include "engine/calendar/kernels.h"
#include "engine/search/pairs.h"
#include "engine/time/civil.h"

#define ROW_TRIES_MAX 16

/* The ticks of search->starts, counted from the first tick of the word where they begin. */
static uint32_t ticks_write(struct fasti_search *search, const struct fasti_day_view *view) {
    const uint32_t first = fasti_rule_word_first(view);
    return fasti_kernel_positions(search->starts + first, fasti_rule_word_end(view) - first,
                                  search->ticks);
}

/* Columns of a day on which neither the offset changes nor visits differ in length. */
static void columns_write_plain(const struct fasti_search *search,
                                const struct fasti_day_view *view, uint32_t count, uint32_t base_s,
                                uint32_t *starts, int16_t *offsets, uint16_t *lengths) {
    const uint32_t step_s = view->config->resolution_minutes * UINT32_C(60);
    const int16_t offset = (int16_t)(view->day.offset_s / 60);
    const uint16_t length =
        (uint16_t)(view->plan->groups[0].length_ticks * view->config->resolution_minutes);
    for (uint32_t i = 0; i < count; i++)
        starts[i] = base_s + search->ticks[i] * step_s;
    for (uint32_t i = 0; i < count; i++)
        offsets[i] = offset;
    for (uint32_t i = 0; i < count; i++)
        lengths[i] = length;
}

/* Appends the starts of search->starts to the answer's columns; returns how many, or
 * FASTI_QUERY_STARTS_MAX + 1 when they do not fit. */
static uint32_t starts_write(struct fasti_search *search, const struct fasti_day_view *view) {
    struct fasti_availability_answer *answer = &search->answer;
    const uint32_t count = ticks_write(search, view);
    if (answer->total + count > FASTI_QUERY_STARTS_MAX)
        return FASTI_QUERY_STARTS_MAX + 1;
    const uint32_t resolution = view->config->resolution_minutes;
    const uint32_t first_tick = fasti_rule_word_first(view) * 64;
    const uint32_t base_s =
        (uint32_t)(view->day.start_utc_s - answer->base_utc_s) + first_tick * resolution * 60;
    uint32_t *starts = answer->starts + answer->total;
    int16_t *offsets = answer->offsets_minutes + answer->total;
    uint16_t *lengths = answer->lengths_minutes + answer->total;
    answer->total += count;
    if (view->day.change_minute < 0 && view->plan->group_count == 1) {
        columns_write_plain(search, view, count, base_s, starts, offsets, lengths);
        return count;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t tick = first_tick + search->ticks[i];
        starts[i] = base_s + search->ticks[i] * resolution * 60;
        offsets[i] =
            (int16_t)(fasti_local_day_offset_s(&view->day, (int32_t)(tick * resolution)) / 60);
        lengths[i] = (uint16_t)(resolution * (view->plan->group_count == 1
                                                  ? view->plan->groups[0].length_ticks
                                                  : search->lengths[tick]));
    }
    return count;
}

/* The first start after the window, within FASTI_NEXT_SLOT_DAYS_MAX days. */
static void next_slot_find(struct fasti_search *search, struct fasti_row *row, fasti_date last,
                           uint32_t at) {
    struct fasti_availability_answer *answer = &search->answer;
    fasti_date date = last;
    while (fasti_openings_next_date(row->config->openings, row->config->opening_count,
                                    row->config->zone, date, &date) &&
           date.v - last.v <= FASTI_NEXT_SLOT_DAYS_MAX && fasti_date_is_bookable(date)) {
        if (fasti_row_starts(search, row, date, false) != FASTI_REASON_FREE)
            continue;
        (void)ticks_write(search, &row->view);
        const uint32_t tick = fasti_rule_word_first(&row->view) * 64 + search->ticks[0];
        const uint32_t minute = tick * row->config->resolution_minutes;
        answer->next_slot_utc_s[at] = fasti_day_view_utc_s(&row->view, tick);
        answer->next_slot_offset_s[at] = fasti_local_day_offset_s(&row->view.day, (int32_t)minute);
        return;
    }
}

/* The most hopeful day speaks for the window. Its first day is never OUTSIDE. */
static enum fasti_reason reason_join(enum fasti_reason window, enum fasti_reason day) {
    static const uint8_t hopes[] = {
#define REASON_HOPE(name, value, hope, text) [value] = hope,
        FASTI_REASON_TABLE(REASON_HOPE)
#undef REASON_HOPE
    };
    return hopes[day] > hopes[window] ? day : window;
}

/* How many days of the window, from its first on, are bookable: the others are OUTSIDE. */
static uint32_t days_inside(const struct fasti_availability_query *query) {
    const uint32_t left = (uint32_t)(FASTI_DATE_LAST - query->first.v) + 1;
    return query->day_count < left ? query->day_count : left;
}

/* One row under the configuration that row_load found; false: its starts do not fit. */
static bool row_fill_once(struct fasti_search *search, struct fasti_row *row,
                          const struct fasti_availability_query *query, uint32_t at) {
    struct fasti_availability_answer *answer = &search->answer;
    enum fasti_reason window = FASTI_REASON_CLOSED;
    const uint32_t total_before = answer->total;
    const uint32_t inside = days_inside(query);
    fasti_row_prefetch(search, row, query->first, inside);
    for (uint32_t d = inside; d < query->day_count; d++) {
        answer->counts[at * query->day_count + d] = 0;
        answer->day_reasons[at * query->day_count + d] = FASTI_REASON_OUTSIDE;
    }
    for (uint32_t d = 0; d < inside; d++) {
        const fasti_date date = {query->first.v + (int32_t)d};
        const enum fasti_reason reason = fasti_row_starts(search, row, date, d > 0);
        const uint32_t count = reason == FASTI_REASON_FREE ? starts_write(search, &row->view) : 0;
        if (count > FASTI_QUERY_STARTS_MAX)
            return false;
        answer->counts[at * query->day_count + d] = count;
        answer->day_reasons[at * query->day_count + d] = (uint8_t)reason;
        window = reason_join(window, reason);
    }
    answer->totals[at] = answer->total - total_before;
    answer->reasons[at] = (uint8_t)window;
    if (answer->totals[at] == 0 && inside == query->day_count)
        next_slot_find(search, row, (fasti_date){query->first.v + query->day_count - 1}, at);
    return true;
}

/* Why the pair cannot be asked at all; FREE: it can, and *row is filled. */
static enum fasti_reason row_load(const struct fasti_search *search,
                                  fasti_organization_id organization,
                                  const struct fasti_availability_query *query,
                                  const struct fasti_pair *pair, struct fasti_row *row) {
    const enum fasti_reason reason =
        fasti_row_load(search, organization, pair->schedule, pair->service, &query->facts, row);
    return reason != FASTI_REASON_UNKNOWN && !fasti_pairs_at(query, row->config->location)
               ? FASTI_REASON_ELSEWHERE
               : reason;
}

enum filled {
    FILLED,
    FILLED_TOO_MUCH, /* its starts do not fit any more */
    FILLED_BUSY,
};

/* The whole row says why the pair cannot be asked. */
static void row_refuse(struct fasti_availability_answer *answer, uint32_t at,
                       enum fasti_reason reason) {
    answer->reasons[at] = (uint8_t)reason;
    memset(&answer->counts[at * answer->day_count], 0,
           answer->day_count * sizeof answer->counts[0]);
    memset(&answer->day_reasons[at * answer->day_count], (int)reason, answer->day_count);
}

/* A row, all of it under one configuration: an edit that was published meanwhile may have given the
 * patterns that were read another meaning. */
static enum filled row_fill(struct fasti_search *search, fasti_organization_id organization,
                            const struct fasti_availability_query *query,
                            const struct fasti_pair *pair, int64_t now_ms) {
    struct fasti_availability_answer *answer = &search->answer;
    const uint32_t total_before = answer->total, at = answer->row_count;
    answer->schedules[at] = pair->schedule;
    answer->services[at] = pair->service;
    for (uint32_t tries = 0; tries < ROW_TRIES_MAX; tries++) {
        struct fasti_row row;
        row.scene = (struct fasti_rule_scene){.now_ms = now_ms};
        answer->total = total_before;
        answer->totals[at] = 0;
        answer->next_slot_utc_s[at] = 0;
        answer->next_slot_offset_s[at] = 0;
        const enum fasti_reason reason = row_load(search, organization, query, pair, &row);
        if (reason != FASTI_REASON_FREE) {
            row_refuse(answer, at, reason);
            return FILLED;
        }
        const bool fits = row_fill_once(search, &row, query, at);
        if (row.config == fasti_load_seq_cst(&row.schedule->config)) {
            if (!fits)
                answer->total = total_before;
            return fits ? FILLED : FILLED_TOO_MUCH;
        }
    }
    return FILLED_BUSY;
}

static enum fasti_status counts_check(const struct fasti_availability_query *query,
                                      struct fasti_detail *detail) {
    if (query->service_count == 0 || query->service_count > FASTI_QUERY_SERVICES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "ask for 1 to %d services, not %u",
                                FASTI_QUERY_SERVICES_MAX, (unsigned)query->service_count);
    if (query->location_count > FASTI_QUERY_LOCATIONS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "ask for at most %d locations, not %u",
                                FASTI_QUERY_LOCATIONS_MAX, (unsigned)query->location_count);
    if (query->schedule_count > FASTI_QUERY_SCHEDULES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "ask for at most %d schedules, not %u",
                                FASTI_QUERY_SCHEDULES_MAX, (unsigned)query->schedule_count);
    if (query->day_count == 0 || query->day_count > FASTI_QUERY_DAYS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "ask for 1 to %d days, not %u",
                                FASTI_QUERY_DAYS_MAX, (unsigned)query->day_count);
    return FASTI_OK;
}

static enum fasti_status query_check(const struct fasti_availability_query *query,
                                     struct fasti_detail *detail) {
    FASTI_TRY(counts_check(query, detail));
    for (uint32_t i = 1; i < query->service_count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (query->services[i].v == query->services[j].v)
                return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                        "service %u is asked for twice", query->services[i].v);
    if (!fasti_facts_are_sound(&query->facts) || query->facts.is_override)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "a fact about the patient is out of its range, or an override was "
                                "asked of a search");
    if (query->first.v < FASTI_DATE_FIRST || query->first.v > FASTI_DATE_LAST)
        return fasti_detail_set(detail, FASTI_INVALID_DATE,
                                "the first date must lie in 2000-01-01 to 2199-12-31");
    return FASTI_OK;
}

enum fasti_status fasti_availability(struct fasti_search *search,
                                     fasti_organization_id organization,
                                     const struct fasti_availability_query *query, int64_t now_ms,
                                     struct fasti_detail *detail) {
    FASTI_TRY(query_check(query, detail));
    struct fasti_availability_answer *answer = &search->answer;
    struct fasti_pairs pairs = {
        .directory = search->directory, .query = query, .organization = organization};
    if (query->schedule_count == 0) {
        pairs.roster = fasti_roster_current(search->roster);
        if (pairs.roster == NULL)
            return fasti_detail_set(detail, FASTI_LIMIT_MEMORY,
                                    "there is no memory for a search: list the schedules");
    }
    const uint32_t rows_max = FASTI_QUERY_CELLS_MAX / query->day_count < FASTI_QUERY_ROWS_MAX
                                  ? (uint32_t)FASTI_QUERY_CELLS_MAX / query->day_count
                                  : FASTI_QUERY_ROWS_MAX;
    answer->day_count = query->day_count;
    answer->row_count = 0;
    answer->total = 0;
    /* Local days start up to 26 hours before the UTC day of the same date. */
    answer->base_utc_s = ((int64_t)query->first.v - 2) * FASTI_DAY_SECONDS;
    struct fasti_pair pair;
    fasti_pairs_begin(&pairs);
    for (; fasti_pairs_next(&pairs, &pair) && answer->row_count < rows_max; answer->row_count++) {
        const enum filled filled = row_fill(search, organization, query, &pair, now_ms);
        if (filled == FILLED_BUSY)
            return fasti_detail_set(detail, FASTI_BUSY,
                                    "a schedule is edited all the time; try again");
        if (filled == FILLED_TOO_MUCH && answer->row_count > 0)
            break;
        if (filled == FILLED_TOO_MUCH)
            return fasti_detail_set(detail, FASTI_LIMIT_MESSAGE,
                                    "one row would have more than %d starts: ask for fewer days",
                                    FASTI_QUERY_STARTS_MAX);
    }
    answer->next = pair.place;
    return FASTI_OK;
}
