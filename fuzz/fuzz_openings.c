/*
 * fuzz_openings.c - bytes -> a zone, rules and a question -> check, expand, plan = the model?
 *
 *   zone      offset, then up to 4 changes within three days of DATE, that fit the resolution
 *   rules     up to 12, from fields that are mostly in range
 *   question  resolution, service, duration and grid of at most a day, date within 3 days of DATE
 *
 * Rules that the check refuses are left out; what it lets through must expand without a crash and
 * give the starts that the minute-by-minute model of tests/support gives, whatever their order.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/calendar/opening.h"
#include "engine/calendar/pattern.h"
#include "engine/directory/shape.h"
#include "engine/time/civil.h"
#include "tests/support/opening_model.h"

#define DATE      20600 /* 2026-05-27, a Wednesday */
#define RULES_MAX 12

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    const uint8_t *bytes;
    size_t left;
};

static uint32_t take(struct input *input, uint32_t end) {
    uint32_t value = 0;
    for (int i = 0; i < 2 && input->left > 0; i++, input->left--)
        value = value << 8 | *input->bytes++;
    return value % end;
}

/* Whole quarters of an hour, -12:00 to +14:00. */
static int32_t offset_take(struct input *input) {
    return ((int32_t)take(input, 105) - 48) * 900;
}

static void zone_take(struct input *input, struct fasti_zone *zone) {
    memset(zone, 0, sizeof *zone);
    zone->change_count = 1 + take(input, 5);
    int64_t utc_s = (DATE - 3) * FASTI_DAY_SECONDS;
    for (uint32_t i = 0; i < zone->change_count; i++) {
        zone->changes[i].utc_s = i == 0 ? 0 : utc_s;
        zone->changes[i].offset_s = offset_take(input);
        utc_s += 60 * (1 + (int64_t)take(input, 3000));
    }
}

static void rule_take(struct input *input, uint32_t resolution, struct fasti_opening *rule) {
    memset(rule, 0, sizeof *rule);
    rule->id.length = 1;
    rule->id.bytes[0] = 'o';
    rule->kind = (uint8_t)(1 + take(input, 4));
    rule->flags = (uint8_t)(take(input, 4) == 0 ? take(input, 5) : 0);
    if (rule->kind == FASTI_OPENING_INSTANT) {
        rule->start_utc_s = DATE * FASTI_DAY_SECONDS + 60 * ((int64_t)take(input, 8000) - 4000);
        rule->end_utc_s = rule->start_utc_s + 60 * (int64_t)take(input, 3000);
    } else {
        rule->weekdays = (uint8_t)take(input, 129);
        rule->start_minute = (uint16_t)(take(input, 1441 / resolution) * resolution);
        rule->end_minute =
            (uint16_t)(take(input, FASTI_OPENING_MINUTE_END / resolution + 2) * resolution);
        rule->date_first.v = DATE - 3 + (int32_t)take(input, 7);
        rule->date_last.v = DATE - 3 + (int32_t)take(input, 7);
    }
    rule->service_count = (uint8_t)take(input, 3);
    if (rule->kind == FASTI_OPENING_CLOSED)
        rule->service_count = 0;
    for (uint32_t i = 0; i < rule->service_count; i++)
        rule->services[i].v = 1 + take(input, 3);
}

static void rules_reverse(struct fasti_opening *rules, uint32_t count) {
    for (uint32_t i = 0; i < count / 2; i++) {
        const struct fasti_opening rule = rules[i];
        rules[i] = rules[count - 1 - i];
        rules[count - 1 - i] = rule;
    }
}

static void answer_compare(const struct fasti_model_question *question,
                           struct fasti_opening *rules) {
    static struct fasti_day_draft draft, again;
    static struct fasti_model_day model;
    _Alignas(8) char scratch[FASTI_PLAN_SCRATCH_BYTES];
    struct fasti_plan *plan = (struct fasti_plan *)scratch;
    const struct fasti_plan_key key = {.service = question->service,
                                       .duration_ticks = (uint16_t)question->duration_ticks,
                                       .grid_ticks = (uint16_t)question->grid_ticks};
    char text[128];
    memset(&draft, 0, sizeof draft);
    memset(&again, 0, sizeof again);
    if (fasti_openings_expand(rules, question->opening_count, question->zone,
                              question->resolution_minutes, question->date, &draft) != FASTI_OK)
        return; /* more than FASTI_SPANS_MAX pieces */
    if (fasti_plan_compute(draft.spans, draft.count, NULL, &key, plan) == FASTI_OK) {
        fasti_model_answer(question, &model);
        const char *difference = fasti_model_differs(question, &model, plan, text);
        if (difference != NULL)
            fasti_panic(__FILE__, __LINE__, difference);
    }
    fasti_date next;
    if (draft.count > 0)
        FASTI_ASSERT(fasti_openings_next_date(rules, question->opening_count, question->zone,
                                              (fasti_date){question->date.v - 1}, &next) &&
                     next.v == question->date.v);
    rules_reverse(rules, question->opening_count);
    FASTI_ASSERT(fasti_openings_expand(rules, question->opening_count, question->zone,
                                       question->resolution_minutes, question->date,
                                       &again) == FASTI_OK);
    FASTI_ASSERT(memcmp(&draft, &again, sizeof draft) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint32_t resolutions[] = {1, 5, 10, 15};
    static struct fasti_zone zone;
    struct fasti_opening rules[RULES_MAX];
    struct input input = {data, size};
    struct fasti_model_question question = {.openings = rules, .zone = &zone};
    zone_take(&input, &zone);
    if (fasti_zone_check(&zone) != FASTI_OK)
        return 0;
    question.resolution_minutes = resolutions[take(&input, 4)];
    static const struct fasti_id_text schedule;
    struct fasti_detail detail;
    if (fasti_resolution_check_zone(question.resolution_minutes, &zone, &schedule, &detail) !=
        FASTI_OK)
        return 0;
    question.date.v = DATE - 3 + (int32_t)take(&input, 7);
    question.service.v = 1 + take(&input, 3);
    const uint32_t ticks_max = FASTI_SERVICE_MINUTES_MAX / question.resolution_minutes;
    question.duration_ticks = 1 + take(&input, take(&input, 2) == 0 ? 12 : ticks_max);
    question.grid_ticks = 1 + take(&input, take(&input, 2) == 0 ? 12 : ticks_max);
    while (question.opening_count < RULES_MAX && input.left > 0) {
        struct fasti_opening *rule = &rules[question.opening_count];
        rule_take(&input, question.resolution_minutes, rule);
        if (fasti_opening_check(rule, question.resolution_minutes, &detail) == FASTI_OK)
            question.opening_count++;
    }
    answer_compare(&question, rules);
    return 0;
}
