/*
 * rule.c - day views, starts and verdicts. See rule.h for the promise that search and reserve
 * cannot disagree: whatever one of them learns about a start, it learns in this file.
 */
#include "engine/rules/rule.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/calendar/kernels.h"

static bool span_offers(const struct fasti_span *span, fasti_service_id service) {
    if (span->service_count == 0)
        return true;
    for (uint32_t i = 0; i < span->service_count; i++)
        if (span->services[i].v == service.v)
            return true;
    return false;
}

/* The plan of a day that has no pattern or whose plan was never made: computed on the side. */
static const struct fasti_plan *plan_compute(const struct fasti_day_view *view,
                                             struct fasti_rules_scratch *scratch) {
    struct fasti_plan *plan = (struct fasti_plan *)(void *)scratch->plan;
    return fasti_plan_compute(view->spans, view->span_count, &view->key, plan) == FASTI_OK ? plan
                                                                                           : NULL;
}

/* The interned plan, looked up among the ones found lately first. */
static const struct fasti_plan *plan_find(const struct fasti_patterns *patterns,
                                          const struct fasti_plan_key *key,
                                          struct fasti_rules_scratch *scratch) {
    struct fasti_rules_plan *known = &scratch->plans[key->pattern_id % FASTI_RULES_PLANS];
    if (known->key.pattern_id == key->pattern_id && known->key.service.v == key->service.v &&
        known->key.duration_ticks == key->duration_ticks &&
        known->key.grid_ticks == key->grid_ticks)
        return known->plan;
    const struct fasti_plan *plan = fasti_plan_find(patterns, key);
    if (plan != NULL)
        *known = (struct fasti_rules_plan){*key, plan};
    return plan;
}

/* Spans and plan of a view whose day is set. */
static void day_view_fill(const struct fasti_patterns *patterns, uint32_t pattern_id,
                          struct fasti_rules_scratch *scratch, struct fasti_day_view *view) {
    const struct fasti_schedule_config *config = view->config;
    view->key.pattern_id = pattern_id;
    view->plan = NULL;
    view->spans = NULL;
    view->span_count = 0;
    if (pattern_id != FASTI_PATTERN_NONE) {
        const struct fasti_pattern *pattern = fasti_pattern_get(patterns, pattern_id);
        view->spans = pattern->spans;
        view->span_count = pattern->span_count;
        view->plan = view->has_plan ? plan_find(patterns, &view->key, scratch) : NULL;
    } else if (fasti_openings_expand(config->openings, config->opening_count, config->zone,
                                     config->resolution_minutes, view->date,
                                     &scratch->draft) == FASTI_OK) {
        view->spans = scratch->draft.spans;
        view->span_count = scratch->draft.count;
    }
    if (view->plan == NULL && view->has_plan)
        view->plan = plan_compute(view, scratch);
}

void fasti_day_view_load(const struct fasti_patterns *patterns,
                         const struct fasti_schedule_config *config, fasti_service_id service,
                         const struct fasti_service *terms, fasti_date date, uint32_t pattern_id,
                         struct fasti_rules_scratch *scratch, struct fasti_day_view *view) {
    *view =
        (struct fasti_day_view){.config = config, .terms = terms, .service = service, .date = date};
    view->has_plan = fasti_schedule_plan_key(config, service, terms, pattern_id, &view->key);
    fasti_zone_day(config->zone, date, &view->day);
    day_view_fill(patterns, pattern_id, scratch, view);
}

void fasti_day_view_next(const struct fasti_patterns *patterns, uint32_t pattern_id,
                         struct fasti_rules_scratch *scratch, struct fasti_day_view *view) {
    view->date.v++;
    fasti_zone_day_next(view->config->zone, view->date, &view->day);
    day_view_fill(patterns, pattern_id, scratch, view);
}

uint32_t fasti_rule_first_tick(const struct fasti_day_view *view, int64_t now_ms) {
    const int64_t tick_ms = (int64_t)view->config->resolution_minutes * 60000;
    const int64_t into_day_ms = now_ms - view->day.start_utc_s * 1000;
    if (into_day_ms <= 0)
        return 0;
    const int64_t tick = (into_day_ms + tick_ms - 1) / tick_ms;
    return tick < FASTI_TICKS_MAX ? (uint32_t)tick : FASTI_TICKS_MAX;
}

/* Clears the bits below tick in words [first, end). */
static void mask_before(uint64_t *words, uint32_t first, uint32_t end, uint32_t tick) {
    for (uint32_t word = first; word < end && word * 64 < tick; word++)
        words[word] &= tick - word * 64 < 64 ? UINT64_MAX << (tick - word * 64) : 0;
}

static void lengths_write(const uint64_t *words, uint32_t first, uint32_t end, uint16_t length,
                          uint16_t *lengths) {
    for (uint32_t word = first; word < end; word++)
        for (uint64_t bits = words[word]; bits != 0; bits &= bits - 1)
            lengths[word * 64 + (uint32_t)__builtin_ctzll(bits)] = length;
}

/* The free candidate starts of one group, in words [plan->word_first, plan->word_end). */
static void group_starts(const struct fasti_plan *plan, const struct fasti_plan_group *group,
                         const struct fasti_page *page, int64_t now_ms, uint64_t *starts) {
    const uint32_t first = plan->word_first;
    uint64_t taken[FASTI_DAY_WORDS_MAX];
    /* A visit may reach beyond the last word that has a start. */
    uint32_t reach = plan->word_end + (group->length_ticks + 63u) / 64u;
    reach = reach < FASTI_DAY_WORDS_MAX ? reach : FASTI_DAY_WORDS_MAX;
    uint64_t runs[FASTI_DAY_WORDS_MAX];
    for (uint32_t word = first; word < reach; word++)
        taken[word - first] = fasti_page_word(page, word);
    fasti_page_expired_clear(page, now_ms, first, reach - first, taken);
    fasti_kernel_runs(taken, reach - first, group->length_ticks, runs);
    for (uint32_t word = first; word < plan->word_end; word++)
        starts[word] = runs[word - first] & group->starts[word];
}

bool fasti_rule_starts(const struct fasti_day_view *view, const struct fasti_page *page,
                       int64_t now_ms, uint64_t *starts, uint16_t *lengths) {
    const struct fasti_plan *plan = view->plan;
    const uint32_t first = fasti_rule_word_first(view);
    const uint32_t end = fasti_rule_word_end(view);
    if (first == end)
        return false;
    group_starts(plan, &plan->groups[0], page, now_ms, starts);
    if (plan->group_count > 1)
        lengths_write(starts, first, end, plan->groups[0].length_ticks, lengths);
    for (uint32_t g = 1; g < plan->group_count; g++) {
        uint64_t own[FASTI_DAY_WORDS_MAX];
        group_starts(plan, &plan->groups[g], page, now_ms, own);
        for (uint32_t word = first; word < end; word++) {
            own[word] &= ~starts[word]; /* a start in two groups has the first one's length */
            starts[word] |= own[word];
        }
        lengths_write(own, first, end, plan->groups[g].length_ticks, lengths);
    }
    mask_before(starts, first, end, fasti_rule_first_tick(view, now_ms));
    uint64_t any = 0;
    for (uint32_t word = first; word < end; word++)
        any |= starts[word];
    return any != 0;
}

bool fasti_rule_is_ahead(const struct fasti_day_view *view, int64_t now_ms) {
    const uint32_t first_tick = fasti_rule_first_tick(view, now_ms);
    for (uint32_t i = 0; i < view->span_count; i++)
        if (view->spans[i].end_tick > first_tick && span_offers(&view->spans[i], view->service))
            return true;
    return false;
}

/* Why no candidate start stands at this tick. */
static enum fasti_rule_verdict verdict_without_candidate(const struct fasti_day_view *view,
                                                         uint32_t tick) {
    const uint32_t count =
        (uint32_t)view->terms->duration_minutes / view->config->resolution_minutes;
    enum fasti_rule_verdict verdict = FASTI_RULE_CLOSED;
    for (uint32_t i = 0; i < view->span_count; i++) {
        const struct fasti_span *span = &view->spans[i];
        if (!span_offers(span, view->service) || tick < span->start_tick || tick >= span->end_tick)
            continue;
        if ((span->flags & FASTI_OPENING_FULL) != 0)
            verdict = FASTI_RULE_FULL;
        else if (tick + count <= span->end_tick || (span->flags & FASTI_OPENING_SINGLE) != 0)
            return FASTI_RULE_OFF_GRID;
    }
    return verdict;
}

enum fasti_rule_verdict fasti_rule_check(const struct fasti_day_view *view,
                                         const struct fasti_page *page, int64_t now_ms,
                                         int64_t start_utc_s, struct fasti_rule_place *place) {
    const int64_t tick_s = (int64_t)view->config->resolution_minutes * 60;
    const int64_t into_day_s = start_utc_s - view->day.start_utc_s;
    FASTI_ASSERT(into_day_s >= 0 && into_day_s < (int64_t)view->day.minutes * 60);
    if (start_utc_s * 1000 < now_ms)
        return FASTI_RULE_PAST;
    const uint32_t tick = (uint32_t)(into_day_s / tick_s);
    if (into_day_s % tick_s != 0 || view->plan == NULL)
        return verdict_without_candidate(view, tick);
    bool is_candidate = false;
    for (uint32_t g = 0; g < view->plan->group_count; g++) {
        const struct fasti_plan_group *group = &view->plan->groups[g];
        if (!fasti_bits_any(group->starts, tick, 1))
            continue;
        is_candidate = true;
        if (fasti_page_any_at(page, tick, group->length_ticks, now_ms))
            continue;
        *place = (struct fasti_rule_place){(uint16_t)tick, group->length_ticks};
        return FASTI_RULE_FREE;
    }
    return is_candidate ? FASTI_RULE_TAKEN : verdict_without_candidate(view, tick);
}

bool fasti_rule_covers(const struct fasti_day_view *view, uint32_t tick, uint32_t count) {
    for (uint32_t i = 0; i < view->span_count; i++) {
        const struct fasti_span *span = &view->spans[i];
        if (span_offers(span, view->service) && tick >= span->start_tick &&
            tick + count <= span->end_tick)
            return true;
    }
    return false;
}
