/*
 * join.c - what a service and a schedule ask together; and which of it holds for every start.
 */
#include <string.h>

#include "engine/base/mutant.h"
#include "engine/rules/rule.h"

static uint32_t most(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

/* The smaller one that says something; 0: neither does. */
static uint32_t least_said(uint32_t a, uint32_t b) {
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

/* A mask that says nothing allows all. */
static uint32_t allowed(uint32_t a, uint32_t b, uint32_t all) {
    return (a == 0 ? all : a) & (b == 0 ? all : b);
}

/* Is what is wished allowed? value 0: nothing is wished, anything that is allowed will do. */
static bool is_wish_met(uint32_t mask, uint32_t value) {
    return value == 0 ? mask != 0 : (mask >> (value - 1) & 1) != 0;
}

/* Is what is known allowed? value 0: not known, so all must be. */
static bool is_fact_met(uint32_t mask, uint32_t value, uint32_t all) {
    return value == 0 ? mask == all : (mask >> (value - 1) & 1) != 0;
}

static bool may_book(uint32_t audiences, uint32_t audience) {
    return audiences == 0 || audience == FASTI_AUDIENCE_STAFF ||
           (audiences & 1u << FASTI_AUDIENCE_PUBLIC) != 0 || (audiences >> audience & 1) != 0;
}

static bool speaks(const struct fasti_schedule_config *config, uint16_t language) {
    bool is_spoken = language == 0 || config->language_count == 0;
    for (uint32_t i = 0; i < config->language_count; i++)
        is_spoken = is_spoken || config->languages[i] == language;
    return is_spoken;
}

static bool age_fits(const struct fasti_terms *a, const struct fasti_terms *b,
                     const struct fasti_facts *facts) {
    const uint32_t from = most(a->age_min_months, b->age_min_months);
    const uint32_t to = least_said(a->age_max_months, b->age_max_months);
    if (from == 0 && to == 0)
        return true;
    return facts->has_age && facts->age_months >= from && (to == 0 || facts->age_months < to);
}

static enum fasti_rule_verdict whoever(const struct fasti_schedule_config *config,
                                       const struct fasti_service *service,
                                       const struct fasti_facts *facts) {
    const struct fasti_terms *a = &config->terms, *b = &service->terms;
    if (((a->flags | b->flags) & FASTI_TERMS_PAUSED) != 0)
        return FASTI_RULE_PAUSED;
    if (!may_book(a->audiences, facts->audience) || !may_book(b->audiences, facts->audience))
        return FASTI_RULE_AUDIENCE;
    if (!is_wish_met(allowed(a->modalities, b->modalities, 15), facts->modality))
        return FASTI_RULE_MODALITY;
    if (!is_fact_met(allowed(a->sectors, b->sectors, 3), facts->sector, 3))
        return FASTI_RULE_SECTOR;
    if (!speaks(config, facts->language))
        return FASTI_RULE_LANGUAGE;
    if (!is_fact_met(allowed(a->acquaintances, b->acquaintances, 3), facts->acquaintance, 3))
        return FASTI_RULE_ACQUAINTANCE;
    if (!age_fits(a, b, facts))
        return FASTI_RULE_AGE;
    if (((a->flags | b->flags) & FASTI_TERMS_REFERRAL) != 0 && !facts->has_referral)
        return FASTI_RULE_REFERRAL;
    return FASTI_RULE_FREE;
}

/* For staff as many more as the one whose seats they are says, and the other tolerates. */
static uint32_t more_for(const struct fasti_facts *facts, uint32_t own, uint32_t other) {
    const bool may = FASTI_MUTANT(OVERBOOK_FOR_ALL) || facts->audience == FASTI_AUDIENCE_STAFF;
    return may && own != 0 ? least_said(own, other) : 0;
}

static void seats_join(const struct fasti_terms *schedule, const struct fasti_terms *service,
                       const struct fasti_facts *facts, struct fasti_rules *rules) {
    const uint32_t capacity = most(schedule->capacity, 1) +
                              more_for(facts, schedule->overbook, service->overbook) +
                              (FASTI_MUTANT(SEAT_TOO_MANY) ? 1 : 0);
    const uint32_t group =
        service->capacity <= 1
            ? 1
            : service->capacity + more_for(facts, service->overbook, schedule->overbook);
    rules->capacity = (uint8_t)(capacity < FASTI_SEATS_MAX ? capacity : FASTI_SEATS_MAX);
    rules->group = (uint8_t)(group < FASTI_SEATS_MAX ? group : FASTI_SEATS_MAX);
}

_Static_assert(FASTI_BUFFER_MINUTES_MAX % 15 == 0 && FASTI_BUFFER_MINUTES_MAX % 10 == 0,
               "a buffer that is rounded up is not too long");

/* Whole ticks: a log may know of a buffer that no command would set. */
static void buffers_join(const struct fasti_schedule_config *config, const struct fasti_terms *a,
                         const struct fasti_terms *b, struct fasti_rules *rules) {
    const uint32_t resolution = config->resolution_minutes;
    const uint32_t before = most(a->before_minutes, b->before_minutes);
    const uint32_t after = most(a->after_minutes, b->after_minutes);
    if ((before | after) == 0)
        return;
    rules->before_ticks = (uint16_t)((before + resolution - 1) / resolution);
    rules->after_ticks = (uint16_t)((after + resolution - 1) / resolution);
    rules->before_minutes = (uint8_t)(rules->before_ticks * resolution);
    rules->after_minutes = (uint8_t)(rules->after_ticks * resolution);
}

/* What is asked of every day is settled once. */
static void settle(struct fasti_rules *rules) {
    const bool has_week = (rules->week_limits[0] | rules->week_limits[1]) != 0;
    const bool has_month = (rules->month_limits[0] | rules->month_limits[1]) != 0;
    rules->needs = (uint8_t)((has_week ? FASTI_RULE_NEEDS_WEEK : 0) |
                             (has_month ? FASTI_RULE_NEEDS_MONTH : 0));
    rules->has_limits = has_week || has_month || (rules->day_limits[0] | rules->day_limits[1]) != 0;
    rules->has_hours =
        rules->weekdays != 127 || rules->from_minute != 0 || rules->to_minute != FASTI_RULE_NO_END;
}

void fasti_rules_join(const struct fasti_schedule_config *config,
                      const struct fasti_service *service, const struct fasti_facts *facts,
                      struct fasti_rules *rules) {
    const struct fasti_terms *a = &config->terms, *b = &service->terms;
    memset(rules, 0, sizeof *rules);
    seats_join(a, b, facts, rules);
    rules->to_minute = FASTI_RULE_NO_END;
    rules->weekdays = 127;
    rules->is_override = facts->is_override;
    if (facts->is_override) /* it asks for no buffers, either */
        return;
    buffers_join(config, a, b, rules);
    rules->whoever = whoever(config, service, facts);
    rules->weekdays = (uint8_t)allowed(a->weekdays, b->weekdays, 127);
    rules->from_minute = (uint16_t)most(a->from_minute, b->from_minute);
    const uint32_t to = least_said(a->to_minute, b->to_minute);
    rules->to_minute = (uint16_t)(to == 0 ? FASTI_RULE_NO_END : to);
    rules->notice_minutes = most(a->notice_minutes, b->notice_minutes);
    const struct fasti_terms *both[2] = {a, b};
    for (uint32_t i = 0; i < 2; i++) {
        rules->horizons[i].days = both[i]->horizon_days;
        rules->horizons[i].minute = both[i]->horizon_minute;
        rules->day_limits[i] = both[i]->day_limit;
        rules->week_limits[i] = both[i]->week_limit;
        rules->month_limits[i] = both[i]->month_limit;
    }
    settle(rules);
}
