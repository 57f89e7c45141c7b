/*
 * rule_model.h - what the rules mean, said again minute by minute over a plain list of visits.
 *
 * The oracle of agreement.h: whatever was booked, held or blocked stands in one list, and every
 * question is answered by walking it. It shares no code with engine/rules, engine/booking or the
 * pages; it believes zone.h about where local days lie and opening_model.h about what is open.
 */
#ifndef FASTI_TESTS_SUPPORT_RULE_MODEL_H
#define FASTI_TESTS_SUPPORT_RULE_MODEL_H

#include "engine/engine.h"
#include "tests/support/opening_model.h"

#define RULE_MODEL_VISITS    512
#define RULE_MODEL_SERVICES  3
#define RULE_MODEL_SCHEDULES 2
#define RULE_MODEL_OPENINGS  6

struct rule_model_visit {
    uint32_t schedule, service; /* service 0: a block */
    int64_t start_utc_s;
    int32_t minutes, before, after;
    uint32_t seats;
    uint8_t modality;              /* as asked for */
    int64_t expires_ms;            /* 0: not held */
    enum fasti_record_state state; /* a hold that expires stays HELD */
    uint64_t record;
    struct fasti_token token;
};

struct rule_model_service {
    uint32_t duration_minutes, grid_minutes, offset_minutes;
    struct fasti_terms terms;
};

struct rule_model_schedule {
    uint32_t resolution_minutes;
    struct fasti_terms terms;
    uint32_t language_count;
    uint16_t languages[FASTI_SCHEDULE_LANGUAGES_MAX];
    uint32_t opening_count;
    struct fasti_opening openings[RULE_MODEL_OPENINGS];
};

/* Both lists are by dense id, which begins with 1. */
struct rule_model {
    const struct fasti_zone *zone;
    int64_t now_ms;
    struct rule_model_service services[RULE_MODEL_SERVICES + 1];
    struct rule_model_schedule schedules[RULE_MODEL_SCHEDULES + 1];
    uint32_t visit_count;
    struct rule_model_visit visits[RULE_MODEL_VISITS];
};

struct rule_model_question {
    uint32_t schedule, service;
    int64_t start_utc_s;
    struct fasti_facts facts;
};

/* Does it take its time now? */
bool rule_model_counts(const struct rule_model *model, const struct rule_model_visit *visit);

/* As BOOK would decide it. BOOKED: *visit is what it takes, without a state. */
enum fasti_outcome rule_model_decide(const struct rule_model *model,
                                     const struct rule_model_question *question,
                                     struct rule_model_visit *visit);

/* May [start, end) be blocked? */
bool rule_model_is_free(const struct rule_model *model, uint32_t schedule, int64_t start_utc_s,
                        int64_t end_utc_s);

/* By how many a minute is taken now. */
uint32_t rule_model_taken(const struct rule_model *model, uint32_t schedule, int64_t utc_s);

/* Visits of the schedule that start on the local day of an instant, held ones too. */
uint32_t rule_model_visits_on(const struct rule_model *model, uint32_t schedule, int64_t utc_s);

#endif
