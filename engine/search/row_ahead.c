/*
 * row_ahead.c - memory is asked for what rows will read.
 *
 *   schedule -> configuration, link to the chunk of days -> cells and patterns -> pages, plans
 *
 * Each arrow is a wait for memory, some 100 ns. Nothing here changes anything, nor is it wrong
 * about anything: what is read is there by then or not.
 */
#include "engine/base/panic.h"
#include "engine/calendar/claim.h"
#include "engine/search/row.h"
#include "engine/time/civil.h"

#define PLANS    16 /* of one row: more than a week has patterns */
#define DAYS_MAX 16 /* of one row: of a longer one the first days */

/* Days of one schedule and service. */
struct week {
    struct fasti_schedule *schedule; /* NULL: there is none */
    const struct fasti_schedule_config *config;
    const struct fasti_service *terms;
    fasti_service_id service;
    fasti_date first;
    uint32_t day_count;
};

static void page_prefetch(const struct fasti_search *search, struct fasti_day_ref ref) {
    const uint64_t word = fasti_load_acquire(&ref.chunk->cells[ref.at]);
    if (fasti_cell_index(word) != 0)
        __builtin_prefetch(fasti_arena_at(search->arena, fasti_cell_index(word)));
}

/* Pages and places of plans, whose keys it gives; returns how many. Two days have the same plan
 * mostly if they have the same pattern: it is asked for once. */
static uint32_t days_prefetch(const struct fasti_search *search, const struct week *week,
                              struct fasti_plan_key keys[PLANS]) {
    uint32_t key_count = 0;
    struct fasti_day_ref ref = {.chunk = NULL, .at = FASTI_CHUNK_DAYS};
    for (uint32_t d = 0; d < week->day_count; d++, ref.at++) {
        if (ref.at == FASTI_CHUNK_DAYS)
            ref = fasti_days_find(search->arena, &week->schedule->days,
                                  (fasti_date){week->first.v + (int32_t)d});
        if (ref.chunk == NULL)
            continue;
        page_prefetch(search, ref);
        const struct fasti_plan_key key =
            fasti_row_plan_key(week->config, week->service, week->terms, ref);
        if (key.pattern_id == FASTI_PATTERN_NONE || key_count == PLANS ||
            (key_count > 0 && keys[key_count - 1].pattern_id == key.pattern_id))
            continue;
        fasti_plan_prefetch(search->patterns, &key, 0);
        keys[key_count++] = key;
    }
    return key_count;
}

static void plans_prefetch(const struct fasti_search *search, const struct fasti_plan_key *keys,
                           uint32_t count) {
    for (uint32_t k = 0; k < count; k++)
        fasti_plan_prefetch(search->patterns, &keys[k], 1);
}

void fasti_row_prefetch(const struct fasti_search *search, const struct fasti_row *row,
                        fasti_date first, uint32_t day_count) {
    const struct week week = {.schedule = row->schedule,
                              .config = row->config,
                              .terms = row->terms,
                              .service = row->service,
                              .first = first,
                              .day_count = day_count};
    struct fasti_plan_key keys[PLANS];
    plans_prefetch(search, keys, days_prefetch(search, &week, keys));
}

/* ---- several at once ---- */

/* What of the dates can be asked for. */
static void week_begin(const struct fasti_search *search, const struct fasti_coming *coming,
                       struct week *week) {
    *week = (struct week){.service = coming->service, .first = coming->first};
    week->terms = fasti_service_get(search->directory, coming->service);
    if (week->terms == NULL || !fasti_date_is_bookable(coming->first))
        return;
    const uint32_t left = (uint32_t)(FASTI_DATE_LAST - coming->first.v) + 1;
    week->day_count = coming->day_count < left ? coming->day_count : left;
    week->day_count = week->day_count < DAYS_MAX ? week->day_count : DAYS_MAX;
    week->schedule =
        week->day_count == 0 ? NULL : fasti_schedule_get(search->directory, coming->schedule);
    if (week->schedule == NULL)
        return;
    __builtin_prefetch(week->schedule);
    fasti_days_prefetch(search->arena, &week->schedule->days, week->first, 0);
}

/* The chunk of its first day, and that of its last one if that is another. */
static void chunks_prefetch(const struct fasti_search *search, const struct week *week,
                            uint32_t level) {
    const fasti_date last = {week->first.v + (int32_t)week->day_count - 1};
    fasti_days_prefetch(search->arena, &week->schedule->days, week->first, level);
    if (fasti_days_chunk_of(last).v != fasti_days_chunk_of(week->first).v)
        fasti_days_prefetch(search->arena, &week->schedule->days, last, level);
}

void fasti_rows_prefetch(const struct fasti_search *search, const struct fasti_coming *coming,
                         uint32_t count) {
    struct week weeks[FASTI_COMING_MAX];
    struct fasti_plan_key keys[FASTI_COMING_MAX][PLANS];
    uint32_t key_counts[FASTI_COMING_MAX] = {0};
    FASTI_ASSERT(count <= FASTI_COMING_MAX);
    for (uint32_t i = 0; i < count; i++)
        week_begin(search, &coming[i], &weeks[i]);
    for (uint32_t i = 0; i < count; i++)
        if (weeks[i].schedule != NULL) {
            weeks[i].config = fasti_load_seq_cst(&weeks[i].schedule->config);
            fasti_row_config_prefetch(weeks[i].config);
            chunks_prefetch(search, &weeks[i], 1);
        }
    for (uint32_t i = 0; i < count; i++)
        if (weeks[i].schedule != NULL)
            chunks_prefetch(search, &weeks[i], 2);
    for (uint32_t i = 0; i < count; i++)
        if (weeks[i].schedule != NULL)
            key_counts[i] = days_prefetch(search, &weeks[i], keys[i]);
    for (uint32_t i = 0; i < count; i++)
        plans_prefetch(search, keys[i], key_counts[i]);
}
