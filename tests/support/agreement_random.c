/*
 * agreement_random.c - random terms, patients, openings and questions.
 */
#include <stdio.h>
#include <string.h>

#include "tests/support/agreement.h"

#define TIGHT_DAYS 5

/* ---- rules ---- */

/* Nothing but time and numbers, and nearly always some of it. */
static void terms_tight(struct agreement *a, struct fasti_terms *terms) {
    memset(terms, 0, sizeof *terms);
    terms->before_minutes = agreement_one_in(a, 4) ? 15 : 0;
    terms->after_minutes = agreement_one_in(a, 4) ? 15 : 0;
    terms->capacity = (uint8_t)(agreement_one_in(a, 3) ? 2 : 0);
    terms->day_limit = (uint16_t)(agreement_one_in(a, 4) ? 1 + agreement_below(a, 3) : 0);
    terms->week_limit = (uint16_t)(agreement_one_in(a, 2) ? 1 + agreement_below(a, 4) : 0);
    terms->month_limit = (uint16_t)(agreement_one_in(a, 6) ? 2 + agreement_below(a, 5) : 0);
}

/* Mostly few rules at once: with all of them nothing could ever be booked. */
void agreement_terms_random(struct agreement *a, struct fasti_terms *terms) {
    static const uint8_t buffers[] = {15, 30, 45};
    if (a->is_tight) {
        terms_tight(a, terms);
        return;
    }
    memset(terms, 0, sizeof *terms);
    terms->before_minutes = agreement_one_in(a, 3) ? buffers[agreement_below(a, 3)] : 0;
    terms->after_minutes = agreement_one_in(a, 3) ? buffers[agreement_below(a, 3)] : 0;
    terms->capacity = (uint8_t)(agreement_one_in(a, 3) ? 1 + agreement_below(a, 3) : 0);
    terms->overbook = (uint8_t)(agreement_one_in(a, 4) ? 1 + agreement_below(a, 2) : 0);
    terms->notice_minutes = agreement_one_in(a, 4) ? agreement_below(a, 3000) : 0;
    terms->horizon_days = (uint16_t)(agreement_one_in(a, 4) ? 1 + agreement_below(a, 10) : 0);
    terms->horizon_minute =
        (uint16_t)(terms->horizon_days != 0 && agreement_one_in(a, 2) ? agreement_below(a, 1440)
                                                                      : 0);
    terms->day_limit = (uint16_t)(agreement_one_in(a, 5) ? 1 + agreement_below(a, 3) : 0);
    terms->week_limit = (uint16_t)(agreement_one_in(a, 5) ? 1 + agreement_below(a, 5) : 0);
    terms->month_limit = (uint16_t)(agreement_one_in(a, 5) ? 1 + agreement_below(a, 7) : 0);
    terms->from_minute = (uint16_t)(agreement_one_in(a, 6) ? agreement_below(a, 900) : 0);
    terms->to_minute =
        (uint16_t)(agreement_one_in(a, 6) ? terms->from_minute + 60 + agreement_below(a, 480) : 0);
    terms->weekdays = (uint8_t)(agreement_one_in(a, 6) ? 1 + agreement_below(a, 127) : 0);
    terms->modalities = (uint8_t)(agreement_one_in(a, 12) ? 1 + agreement_below(a, 15) : 0);
    terms->sectors = (uint8_t)(agreement_one_in(a, 12) ? 1 + agreement_below(a, 3) : 0);
    terms->audiences = (uint8_t)(agreement_one_in(a, 8) ? 1 + agreement_below(a, 7) : 0);
    terms->acquaintances = (uint8_t)(agreement_one_in(a, 8) ? 1 + agreement_below(a, 3) : 0);
    terms->age_min_months = (uint16_t)(agreement_one_in(a, 10) ? agreement_below(a, 300) : 0);
    terms->age_max_months =
        (uint16_t)(agreement_one_in(a, 10) ? terms->age_min_months + 1 + agreement_below(a, 600)
                                           : 0);
    terms->flags = (uint8_t)((agreement_one_in(a, 20) ? 1 : 0) | (agreement_one_in(a, 12) ? 2 : 0));
}

struct fasti_facts agreement_facts_random(struct agreement *a) {
    struct fasti_facts facts = {0};
    if (a->is_tight || agreement_one_in(a, 2)) { /* somebody whom few rules exclude */
        facts.audience = FASTI_AUDIENCE_STAFF;
        facts.sector = FASTI_SECTOR_PUBLIC;
        facts.acquaintance = FASTI_ACQUAINTANCE_KNOWN;
        facts.has_age = facts.has_referral = true;
        facts.age_months = 400;
        return facts;
    }
    facts.audience = (uint8_t)agreement_below(a, 4);
    facts.modality = (uint8_t)(agreement_one_in(a, 2) ? agreement_below(a, 5) : 0);
    facts.sector = (uint8_t)agreement_below(a, 3);
    facts.acquaintance = (uint8_t)agreement_below(a, 3);
    facts.language =
        agreement_one_in(a, 3) ? fasti_language_pack(agreement_one_in(a, 2) ? "de" : "fr", 2) : 0;
    facts.has_age = !agreement_one_in(a, 4);
    facts.age_months = (uint16_t)(facts.has_age ? agreement_below(a, 900) : 0);
    facts.has_referral = agreement_one_in(a, 2);
    facts.is_override = facts.audience == FASTI_AUDIENCE_STAFF && agreement_one_in(a, 4);
    return facts;
}

static void opening_tight(struct agreement *a, struct fasti_opening *opening) {
    opening->kind = FASTI_OPENING_WEEKLY;
    opening->weekdays = 127;
    opening->start_minute = 480;
    opening->end_minute = 720;
    opening->date_first.v = a->first_date.v - 1;
    opening->date_last.v = a->first_date.v + AGREEMENT_DAYS;
    if (agreement_one_in(a, 4))
        opening->capacity = 1 + agreement_below(a, 3);
}

void agreement_opening_random(struct agreement *a, struct fasti_opening *opening, uint32_t at) {
    char id[16];
    snprintf(id, sizeof id, "o%u", at);
    *opening = (struct fasti_opening){.id = engine_id(id),
                                      .kind = (uint8_t)(1 + agreement_below(a, 4)),
                                      .capacity = FASTI_CAPACITY_UNLIMITED};
    if (a->is_tight) {
        opening_tight(a, opening);
        return;
    }
    const uint32_t start = agreement_below(a, 80) * 15, length = 15 * (4 + agreement_below(a, 32));
    const uint32_t end = start + length < 1440 ? start + length : 1440;
    if (opening->kind == FASTI_OPENING_INSTANT) {
        opening->start_utc_s =
            (a->first_date.v + (int64_t)agreement_below(a, AGREEMENT_DAYS)) * FASTI_DAY_SECONDS +
            start * INT64_C(60);
        opening->end_utc_s = opening->start_utc_s + length * INT64_C(60);
    } else {
        opening->weekdays = (uint8_t)(agreement_one_in(a, 2) ? 127 : 1 + agreement_below(a, 127));
        opening->start_minute = (uint16_t)start;
        opening->end_minute =
            (uint16_t)(agreement_one_in(a, 2) ? end : start + length); /* over midnight */
        opening->date_first.v = a->first_date.v - 1 + (int32_t)agreement_below(a, 3);
        opening->date_last.v = a->first_date.v + 3 + (int32_t)agreement_below(a, AGREEMENT_DAYS);
    }
    if (opening->kind == FASTI_OPENING_CLOSED)
        return;
    opening->flags = (uint8_t)(agreement_one_in(a, 5) ? 1 : agreement_one_in(a, 8) ? 2 : 0);
    if (agreement_one_in(a, 3))
        opening->capacity = agreement_below(a, 4);
    if (agreement_one_in(a, 3))
        opening->services[opening->service_count++].v = 1 + agreement_below(a, RULE_MODEL_SERVICES);
}

/* ---- questions ---- */

static struct rule_model_question question_tight(struct agreement *a) {
    const fasti_date date = {a->first_date.v + 1 + (int32_t)agreement_below(a, TIGHT_DAYS)};
    return (struct rule_model_question){
        .schedule = 1,
        .service = 1 + agreement_below(a, 2),
        .start_utc_s = fasti_zone_utc(&a->zone, date, 480, NULL) + agreement_below(a, 16) * 900,
        .facts = agreement_facts_random(a),
    };
}

static struct rule_model_question question_anywhere(struct agreement *a) {
    if (a->is_tight)
        return question_tight(a);
    const uint32_t minutes = agreement_one_in(a, 8) ? 5 : 15;
    return (struct rule_model_question){
        .schedule = 1 + agreement_below(a, RULE_MODEL_SCHEDULES),
        .service = 1 + agreement_below(a, RULE_MODEL_SERVICES),
        .start_utc_s =
            (a->first_date.v + (int64_t)agreement_below(a, AGREEMENT_DAYS)) * FASTI_DAY_SECONDS +
            agreement_below(a, 1440 / minutes) * minutes * INT64_C(60),
        .facts = agreement_facts_random(a),
    };
}

struct rule_model_question agreement_question_random(struct agreement *a) {
    const struct rule_model *model = &a->model;
    struct rule_model_question question = question_anywhere(a);
    if (!a->is_tight && agreement_one_in(a, 5)) /* soon */
        question.start_utc_s =
            model->now_ms / 900000 * 900 + (1 + (int64_t)agreement_below(a, 200)) * 900;
    if (model->visit_count == 0 || agreement_one_in(a, 3))
        return question;
    const struct rule_model_visit *visit = &model->visits[agreement_below(a, model->visit_count)];
    question.schedule = visit->schedule;
    question.start_utc_s = visit->start_utc_s + ((int64_t)agreement_below(a, 9) - 4) * 900;
    if (visit->service != 0 && agreement_one_in(a, 2))
        question.service = visit->service;
    return question;
}

struct rule_model_question agreement_question_hopeful(struct agreement *a) {
    struct rule_model_visit visit;
    struct rule_model_question question = agreement_question_random(a);
    for (int i = 0;
         i < 60 && rule_model_decide(&a->model, &question, &visit) != FASTI_OUTCOME_BOOKED; i++)
        question = agreement_question_random(a);
    return question;
}

const char *agreement_instant(const struct agreement *a, int64_t utc_s) {
    static char text[FASTI_INSTANT_TEXT_BYTES];
    fasti_instant_format(utc_s, fasti_zone_offset_at(&a->zone, utc_s), text);
    return text;
}
