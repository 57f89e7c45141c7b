/*
 * row.c - one schedule's days, as the rules see them.
 */
#include "engine/search/row.h"

#include <string.h>

#include "engine/calendar/claim.h"

enum fasti_status fasti_row_check(const struct fasti_facts *facts, fasti_date first,
                                  fasti_date last, struct fasti_detail *detail) {
    if (!fasti_facts_are_sound(facts) || facts->is_override)
        return fasti_detail_set(detail, FASTI_INVALID_RANGE,
                                "a fact about the patient is out of its range, or an override was "
                                "asked of a search");
    if (!fasti_date_is_bookable(first) || !fasti_date_is_bookable(last))
        return fasti_detail_set(detail, FASTI_INVALID_DATE,
                                "both dates must lie in 2000-01-01 to 2199-12-31");
    return FASTI_OK;
}

static const struct fasti_page *page_of(const struct fasti_search *search,
                                        struct fasti_day_ref ref) {
    const uint64_t word =
        ref.chunk == NULL ? 0 : fasti_cell_read(search->arena, &ref.chunk->cells[ref.at]);
    return fasti_cell_index(word) == 0 ? &fasti_page_empty
                                       : fasti_arena_at(search->arena, fasti_cell_index(word));
}

static const struct fasti_page *page_on(const struct fasti_search *search,
                                        const struct fasti_row *row, fasti_date date) {
    if (!fasti_date_is_bookable(date))
        return &fasti_page_empty;
    return page_of(search, fasti_days_find(search->arena, &row->schedule->days, date));
}

/* Visits of a period, counted once for all of its days. */
static void period_count(const struct fasti_search *search, const struct fasti_row *row,
                         struct fasti_period period, struct counted *counted) {
    if (counted->period.first.v == period.first.v && counted->period.last.v == period.last.v)
        return;
    *counted = (struct counted){.period = period};
    for (fasti_date date = period.first; date.v <= period.last.v; date.v++) {
        const struct fasti_page *page = page_on(search, row, date);
        for (uint32_t i = 0; i < 2; i++)
            counted->used[i] += fasti_page_visits_count(page, 0, FASTI_TICKS_MAX, &row->service, i,
                                                        row->scene.now_ms);
    }
}

static void around_load(const struct fasti_search *search, struct fasti_row *row) {
    const struct fasti_rule_around around = fasti_rule_around(&row->view);
    const int32_t date = row->view.date.v;
    memset(row->scene.before, 0, sizeof row->scene.before); /* the day before may have had more */
    memset(row->scene.after, 0, sizeof row->scene.after);
    for (uint32_t d = 0; d < around.before; d++)
        row->scene.before[d] = page_on(search, row, (fasti_date){date - 1 - (int32_t)d});
    for (uint32_t d = 0; d < around.after; d++)
        row->scene.after[d] = page_on(search, row, (fasti_date){date + 1 + (int32_t)d});
}

/* What the rules need beside the day's own page. */
static void scene_load(const struct fasti_search *search, struct fasti_row *row) {
    const uint32_t needs = fasti_rule_needs(&row->view);
    struct fasti_rule_scene *scene = &row->scene;
    if (needs == 0)
        return;
    if ((needs & FASTI_RULE_NEEDS_AROUND) != 0)
        around_load(search, row);
    if ((needs & FASTI_RULE_NEEDS_WEEK) != 0)
        period_count(search, row, fasti_period_week(row->view.date), &row->week);
    if ((needs & FASTI_RULE_NEEDS_MONTH) != 0)
        period_count(search, row, fasti_period_month(row->view.date), &row->month);
    memcpy(scene->week_used, row->week.used, sizeof scene->week_used);
    memcpy(scene->month_used, row->month.used, sizeof scene->month_used);
}

/* Loads the view's day: the cell first, then the pattern, as claimers do. is_next: the view holds
 * the day before. */
static void day_load(struct fasti_search *search, struct fasti_row *row, fasti_date date,
                     bool is_next) {
    if (is_next && row->ref.at + 1 < FASTI_CHUNK_DAYS)
        row->ref.at++;
    else
        row->ref = fasti_days_find(search->arena, &row->schedule->days, date);
    row->scene.page = page_of(search, row->ref);
    const uint32_t pattern_id = row->ref.chunk == NULL
                                    ? FASTI_PATTERN_NONE
                                    : fasti_load_acquire(&row->ref.chunk->patterns[row->ref.at]);
    if (is_next)
        fasti_day_view_next(search->patterns, pattern_id, &search->scratch, &row->view);
    else
        fasti_day_view_load(search->patterns, row->config, row->service, row->terms, &row->rules,
                            date, pattern_id, &search->scratch, &row->view);
    scene_load(search, row);
}

/* TAKEN and the like are of single starts: the rules never say them of a day. */
enum fasti_reason fasti_row_reason(enum fasti_rule_verdict verdict) {
    switch (verdict) {
    case FASTI_RULE_FREE: return FASTI_REASON_FREE;
    case FASTI_RULE_PAST: return FASTI_REASON_PAST;
    case FASTI_RULE_PAUSED: return FASTI_REASON_PAUSED;
    case FASTI_RULE_AUDIENCE: return FASTI_REASON_AUDIENCE;
    case FASTI_RULE_MODALITY: return FASTI_REASON_MODALITY;
    case FASTI_RULE_SECTOR: return FASTI_REASON_SECTOR;
    case FASTI_RULE_LANGUAGE: return FASTI_REASON_LANGUAGE;
    case FASTI_RULE_ACQUAINTANCE: return FASTI_REASON_ACQUAINTANCE;
    case FASTI_RULE_AGE: return FASTI_REASON_AGE;
    case FASTI_RULE_REFERRAL: return FASTI_REASON_REFERRAL;
    case FASTI_RULE_CLOSED: return FASTI_REASON_CLOSED;
    case FASTI_RULE_HOURS: return FASTI_REASON_HOURS;
    case FASTI_RULE_NOTICE: return FASTI_REASON_NOTICE;
    case FASTI_RULE_HORIZON: return FASTI_REASON_HORIZON;
    case FASTI_RULE_DAY_LIMIT: return FASTI_REASON_DAY_LIMIT;
    case FASTI_RULE_WEEK_LIMIT: return FASTI_REASON_WEEK_LIMIT;
    case FASTI_RULE_MONTH_LIMIT: return FASTI_REASON_MONTH_LIMIT;
    case FASTI_RULE_FULL:
    case FASTI_RULE_OFF_GRID:
    case FASTI_RULE_TAKEN:
    case FASTI_RULE_BUFFER: break;
    }
    return FASTI_REASON_FULL;
}

bool fasti_row_free(struct fasti_search *search, struct fasti_row *row, fasti_date date,
                    bool is_next) {
    day_load(search, row, date, is_next);
    return fasti_rule_starts(&row->view, &row->scene, search->starts, search->lengths);
}

/* The day's free starts, in search->starts. */
enum fasti_reason fasti_row_starts(struct fasti_search *search, struct fasti_row *row,
                                   fasti_date date, bool is_next) {
    return fasti_row_free(search, row, date, is_next)
               ? FASTI_REASON_FREE
               : fasti_row_reason(fasti_rule_day(&row->view, &row->scene));
}

enum fasti_reason fasti_row_load(const struct fasti_search *search,
                                 fasti_organization_id organization, fasti_schedule_id schedule,
                                 fasti_service_id service, const struct fasti_facts *facts,
                                 struct fasti_row *row) {
    row->schedule = fasti_schedule_get(search->directory, schedule);
    row->config = row->schedule == NULL ? NULL : fasti_load_seq_cst(&row->schedule->config);
    if (row->config == NULL || row->config->organization.v != organization.v)
        return FASTI_REASON_UNKNOWN;
    row->service = service;
    row->terms = fasti_service_get(search->directory, service);
    if (row->terms == NULL || !fasti_schedule_offers(row->config, service))
        return FASTI_REASON_NOT_OFFERED;
    fasti_rules_join(row->config, row->terms, facts, &row->rules);
    row->week.period.first.v = row->month.period.first.v = 0;
    return fasti_row_reason(row->rules.whoever);
}
