/*
 * view.c - one local day as the rules see it: its plan and spans, and how far its visits reach.
 */
#include "engine/rules/rule.h"

#include "engine/base/panic.h"
#include "engine/time/civil.h"

/* The plan of a day that has no pattern or whose plan was never made: computed on the side. */
static const struct fasti_plan *plan_compute(const struct fasti_day_view *view,
                                             struct fasti_rules_scratch *scratch) {
    struct fasti_plan *plan = (struct fasti_plan *)(void *)scratch->plan;
    return fasti_plan_compute(view->spans, view->span_count, NULL, &view->key, plan) == FASTI_OK
               ? plan
               : NULL;
}

/* The interned plan, looked up among the ones found lately first. */
static const struct fasti_plan *plan_find(const struct fasti_patterns *patterns,
                                          const struct fasti_plan_key *key,
                                          struct fasti_rules_scratch *scratch) {
    struct fasti_rules_plan *known = &scratch->plans[key->pattern_id % FASTI_RULES_PLANS];
    if (known->key.pattern_id == key->pattern_id && known->key.service.v == key->service.v &&
        known->key.duration_ticks == key->duration_ticks &&
        known->key.grid_ticks == key->grid_ticks && known->key.offset_ticks == key->offset_ticks)
        return known->plan;
    const struct fasti_plan *plan = fasti_plan_find(patterns, key);
    if (plan != NULL)
        *known = (struct fasti_rules_plan){*key, plan};
    return plan;
}

/* The local day, looked up among the ones found lately first. */
static void zone_day_find(const struct fasti_zone *zone, fasti_date date,
                          struct fasti_rules_scratch *scratch, struct fasti_local_day *day) {
    struct fasti_rules_day *known = &scratch->days[(uint32_t)date.v % FASTI_RULES_DAYS];
    if (known->zone != zone || known->date.v != date.v) {
        fasti_zone_day(zone, date, &known->day);
        known->zone = zone;
        known->date = date;
    }
    *day = known->day;
}

/* How far visits of the day reach before its start and behind its end. */
static void reach_set(struct fasti_day_view *view) {
    const struct fasti_rules *rules = view->rules;
    const struct fasti_plan *plan = view->plan;
    view->reach_before = view->reach_after = 0;
    if (rules->is_override) { /* it may start at any tick, a single one be longer */
        view->reach_before = rules->before_ticks;
        view->reach_after =
            fasti_day_view_ticks(view, FASTI_SERVICE_MINUTES_MAX) + rules->after_ticks;
    } else if (plan != NULL && plan->tick_end != 0) {
        const uint32_t end = plan->tick_end + rules->after_ticks;
        if (plan->tick_first < rules->before_ticks)
            view->reach_before = rules->before_ticks - plan->tick_first;
        if (end > view->day_ticks)
            view->reach_after = end - view->day_ticks;
    }
}

/* Spans and plan of a view whose day is set. */
static void day_view_fill(const struct fasti_patterns *patterns, uint32_t pattern_id,
                          struct fasti_rules_scratch *scratch, struct fasti_day_view *view) {
    const struct fasti_schedule_config *config = view->config;
    view->key.pattern_id = pattern_id;
    view->plan = NULL;
    view->spans = NULL;
    view->span_count = 0;
    view->day_ticks = (uint32_t)view->day.minutes / config->resolution_minutes;
    if (pattern_id == FASTI_PATTERN_CLOSED) {
        static const struct fasti_plan closed; /* no groups, nothing is open */
        view->plan = view->has_plan ? &closed : NULL;
    } else if (pattern_id != FASTI_PATTERN_NONE) {
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
    reach_set(view);
}

void fasti_day_view_load(const struct fasti_patterns *patterns,
                         const struct fasti_schedule_config *config, fasti_service_id service,
                         const struct fasti_service *terms, const struct fasti_rules *rules,
                         fasti_date date, uint32_t pattern_id, struct fasti_rules_scratch *scratch,
                         struct fasti_day_view *view) {
    *view = (struct fasti_day_view){.config = config,
                                    .terms = terms,
                                    .rules = rules,
                                    .scratch = scratch,
                                    .service = service,
                                    .date = date};
    view->has_plan = fasti_schedule_plan_key(config, service, terms, pattern_id, &view->key);
    zone_day_find(config->zone, date, scratch, &view->day);
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

/* ---- the days around ---- */

uint32_t fasti_day_view_ticks_on(const struct fasti_day_view *view, fasti_date date) {
    struct fasti_local_day day;
    fasti_zone_day(view->config->zone, date, &day);
    return (uint32_t)day.minutes / view->config->resolution_minutes;
}

/* Days from the view's in one direction until so many ticks are covered. */
static uint32_t days_for(const struct fasti_day_view *view, uint32_t ticks, int32_t step,
                         uint32_t days_max) {
    uint32_t days = 0, covered = 0;
    while (covered < ticks && days < days_max) {
        const int32_t date = view->date.v + step * (int32_t)(days + 1);
        if (!fasti_date_is_bookable((fasti_date){date}))
            break;
        covered += fasti_day_view_ticks_on(view, (fasti_date){date});
        days++;
    }
    return days;
}

struct fasti_rule_around fasti_rule_around(const struct fasti_day_view *view) {
    return (struct fasti_rule_around){
        .before = days_for(view, view->reach_before, -1, FASTI_RULE_BEFORE_MAX),
        .after = days_for(view, view->reach_after, 1, FASTI_RULE_AFTER_MAX),
    };
}

bool fasti_rule_covers(const struct fasti_day_view *view, uint32_t tick, uint32_t count) {
    for (uint32_t i = 0; i < view->span_count; i++) {
        const struct fasti_span *span = &view->spans[i];
        if (fasti_span_offers(span, view->service) && tick >= span->start_tick &&
            tick < span->end_tick && tick + count <= fasti_span_visit_end(span))
            return true;
    }
    return false;
}
