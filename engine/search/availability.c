/*
 * availability.c - the columns of an agenda page.
 */
#include "engine/search/availability.h"

#include <string.h>

#include "engine/calendar/claim.h"
#include "engine/calendar/kernels.h"
#include "engine/time/civil.h"

/* One schedule of the question. */
struct row {
    const struct fasti_schedule_config *config;
    struct fasti_schedule *schedule;
    fasti_service_id service;
    const struct fasti_service *terms;
    int64_t now_ms;
};

/* Loads one day: the cell first, then the pattern, as claimers do. */
static const struct fasti_page *day_load(struct fasti_search *search, const struct row *row,
                                         fasti_date date, struct fasti_day_view *view) {
    const struct fasti_day_ref ref = fasti_days_find(search->arena, &row->schedule->days, date);
    const struct fasti_page *page = &fasti_page_empty;
    uint32_t pattern_id = FASTI_PATTERN_NONE;
    if (ref.chunk != NULL) {
        const uint64_t word = fasti_cell_read(search->arena, &ref.chunk->cells[ref.at]);
        if (fasti_cell_index(word) != 0)
            page = fasti_arena_at(search->arena, fasti_cell_index(word));
        pattern_id = fasti_load_acquire(&ref.chunk->patterns[ref.at]);
    }
    fasti_day_view_load(search->patterns, row->config, row->service, row->terms, date, pattern_id,
                        &search->scratch, view);
    return page;
}

/* Is some opening of the service on this day not wholly in the past? */
static bool is_ahead(const struct fasti_day_view *view, int64_t now_ms) {
    const uint32_t first_tick = fasti_rule_first_tick(view, now_ms);
    for (uint32_t i = 0; i < view->span_count; i++)
        if (view->spans[i].end_tick > first_tick)
            return true;
    return false;
}

static enum fasti_reason day_reason(const struct fasti_day_view *view, uint32_t count,
                                    int64_t now_ms) {
    if (count > 0)
        return FASTI_REASON_FREE;
    if (view->plan == NULL || !view->plan->is_open)
        return FASTI_REASON_CLOSED;
    return is_ahead(view, now_ms) ? FASTI_REASON_FULL : FASTI_REASON_PAST;
}

static uint32_t day_starts(struct fasti_search *search, const struct row *row, fasti_date date,
                           struct fasti_day_view *view, enum fasti_reason *reason) {
    const struct fasti_page *page = day_load(search, row, date, view);
    const uint32_t count =
        fasti_rule_starts(view, page, row->now_ms, search->starts, search->lengths);
    *reason = day_reason(view, count, row->now_ms);
    return count;
}

/* Appends the starts of search->starts to the answer's columns. */
static void starts_write(struct fasti_search *search, const struct fasti_day_view *view,
                         uint32_t count) {
    struct fasti_availability_answer *answer = &search->answer;
    (void)fasti_kernel_positions(search->starts, FASTI_DAY_WORDS_MAX, search->ticks,
                                 FASTI_TICKS_MAX);
    const uint32_t resolution = view->config->resolution_minutes;
    const uint32_t base_s = (uint32_t)(view->day.start_utc_s - answer->base_utc_s);
    uint32_t *starts = answer->starts + answer->total;
    int16_t *offsets = answer->offsets_minutes + answer->total;
    uint16_t *lengths = answer->lengths_minutes + answer->total;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t tick = search->ticks[i];
        starts[i] = base_s + tick * resolution * 60;
        offsets[i] =
            (int16_t)(fasti_local_day_offset_s(&view->day, (int32_t)(tick * resolution)) / 60);
        lengths[i] = (uint16_t)(search->lengths[tick] * resolution);
    }
    answer->total += count;
}

/* The first start after the window, within FASTI_NEXT_SLOT_DAYS_MAX days. */
static void next_slot_find(struct fasti_search *search, const struct row *row, fasti_date last,
                           uint32_t at) {
    struct fasti_availability_answer *answer = &search->answer;
    fasti_date date = last;
    while (fasti_openings_next_date(row->config->openings, row->config->opening_count,
                                    row->config->zone, date, &date) &&
           date.v - last.v <= FASTI_NEXT_SLOT_DAYS_MAX && fasti_date_is_bookable(date)) {
        struct fasti_day_view view;
        enum fasti_reason reason;
        if (day_starts(search, row, date, &view, &reason) == 0)
            continue;
        (void)fasti_kernel_positions(search->starts, FASTI_DAY_WORDS_MAX, search->ticks, 1);
        const uint32_t minute = search->ticks[0] * row->config->resolution_minutes;
        answer->next_slot_utc_s[at] = fasti_day_view_utc_s(&view, search->ticks[0]);
        answer->next_slot_offset_s[at] = fasti_local_day_offset_s(&view.day, (int32_t)minute);
        return;
    }
}

/* FREE beats FULL beats PAST beats CLOSED: the most hopeful day speaks for the window. */
static enum fasti_reason reason_join(enum fasti_reason window, enum fasti_reason day) {
    static const uint8_t rank[] = {
        [FASTI_REASON_FREE] = 3,
        [FASTI_REASON_FULL] = 2,
        [FASTI_REASON_PAST] = 1,
        [FASTI_REASON_CLOSED] = 0,
    };
    return rank[day] > rank[window] ? day : window;
}

/* Why the schedule cannot be asked at all; FREE: it can, and *row is filled. */
static enum fasti_reason row_load(const struct fasti_search *search,
                                  fasti_organization_id organization,
                                  const struct fasti_availability_query *query, uint32_t at,
                                  struct row *row) {
    row->schedule = fasti_schedule_get(search->directory, query->schedules[at]);
    row->config = row->schedule == NULL ? NULL : fasti_load_seq_cst(&row->schedule->config);
    if (row->config == NULL || row->config->organization.v != organization.v)
        return FASTI_REASON_UNKNOWN;
    row->service = query->service;
    row->terms = fasti_service_get(search->directory, query->service);
    if (row->terms == NULL || !fasti_schedule_offers(row->config, query->service))
        return FASTI_REASON_NOT_OFFERED;
    const fasti_date last = {query->first.v + query->day_count - 1};
    if (!fasti_date_is_bookable(query->first) || !fasti_date_is_bookable(last))
        return FASTI_REASON_OUTSIDE;
    return FASTI_REASON_FREE;
}

static enum fasti_status row_fill(struct fasti_search *search, const struct row *row,
                                  const struct fasti_availability_query *query, uint32_t at,
                                  struct fasti_detail *detail) {
    struct fasti_availability_answer *answer = &search->answer;
    enum fasti_reason window = FASTI_REASON_CLOSED;
    const uint32_t total_before = answer->total;
    for (uint32_t d = 0; d < query->day_count; d++) {
        const fasti_date date = {query->first.v + (int32_t)d};
        struct fasti_day_view view;
        enum fasti_reason reason;
        const uint32_t count = day_starts(search, row, date, &view, &reason);
        if (answer->total + count > FASTI_QUERY_STARTS_MAX)
            return fasti_detail_set(detail, FASTI_LIMIT_MESSAGE,
                                    "the answer would have more than %d starts: ask for fewer days "
                                    "or schedules",
                                    FASTI_QUERY_STARTS_MAX);
        if (count > 0)
            starts_write(search, &view, count);
        answer->counts[at * query->day_count + d] = count;
        answer->day_reasons[at * query->day_count + d] = (uint8_t)reason;
        window = reason_join(window, reason);
    }
    answer->totals[at] = answer->total - total_before;
    answer->reasons[at] = (uint8_t)window;
    if (answer->totals[at] == 0)
        next_slot_find(search, row, (fasti_date){query->first.v + query->day_count - 1}, at);
    return FASTI_OK;
}

static enum fasti_status query_check(const struct fasti_availability_query *query,
                                     struct fasti_detail *detail) {
    if (query->schedule_count == 0 || query->schedule_count > FASTI_QUERY_SCHEDULES_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "ask for 1 to %d schedules, not %u",
                                FASTI_QUERY_SCHEDULES_MAX, (unsigned)query->schedule_count);
    if (query->day_count == 0 || query->day_count > FASTI_QUERY_DAYS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE, "ask for 1 to %d days, not %u",
                                FASTI_QUERY_DAYS_MAX, (unsigned)query->day_count);
    if (query->schedule_count * query->day_count > FASTI_QUERY_CELLS_MAX)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "schedules x days is at most %d; this asks for %d",
                                FASTI_QUERY_CELLS_MAX, query->schedule_count * query->day_count);
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
    answer->schedule_count = query->schedule_count;
    answer->day_count = query->day_count;
    answer->total = 0;
    /* Local days start up to 26 hours before the UTC day of the same date. */
    answer->base_utc_s = ((int64_t)query->first.v - 2) * FASTI_DAY_SECONDS;
    for (uint32_t at = 0; at < query->schedule_count; at++) {
        struct row row = {.now_ms = now_ms};
        answer->totals[at] = 0;
        answer->next_slot_utc_s[at] = 0;
        answer->next_slot_offset_s[at] = 0;
        const enum fasti_reason reason = row_load(search, organization, query, at, &row);
        if (reason == FASTI_REASON_FREE) {
            FASTI_TRY(row_fill(search, &row, query, at, detail));
            continue;
        }
        answer->reasons[at] = (uint8_t)reason;
        memset(&answer->counts[at * query->day_count], 0,
               query->day_count * sizeof answer->counts[0]);
        memset(&answer->day_reasons[at * query->day_count], (int)reason, query->day_count);
    }
    return FASTI_OK;
}
