/*
 * agreement.c - the world of agreement.h and its random steps.
 */
#include "tests/support/agreement.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/check.h"

#define MINUTE_MS INT64_C(60000)

static const char *service_id(uint32_t service) {
    static const char *const ids[] = {NULL, "s1", "s2", "s3"};
    return ids[service];
}
static const char *schedule_id(uint32_t schedule) {
    static const char *const ids[] = {NULL, "fine", "coarse"};
    return ids[schedule];
}

struct fasti_answer agreement_run(struct agreement *a, const struct fasti_command *command) {
    const struct fasti_answer answer = engine_world_run(a->world, agreement_below(a, 2), command);
    CHECK(answer.status == FASTI_OK, "command %d: %s: %s", (int)command->kind,
          fasti_status_name(answer.status), answer.detail.text);
    return answer;
}

/* ---- puts ---- */

static void service_put(struct agreement *a, uint32_t service) {
    const struct rule_model_service *is = &a->model.services[service];
    struct fasti_command command = engine_put(FASTI_ENTITY_SERVICE, 1, service_id(service));
    command.body.put.body.service.duration_minutes = (uint16_t)is->duration_minutes;
    command.body.put.body.service.grid_minutes = (uint16_t)is->grid_minutes;
    command.body.put.body.service.offset_minutes = (uint16_t)is->offset_minutes;
    command.body.put.body.service.terms = is->terms;
    (void)agreement_run(a, &command);
}

static void schedule_put(struct agreement *a, uint32_t schedule) {
    const struct rule_model_schedule *is = &a->model.schedules[schedule];
    struct fasti_command command = engine_put(FASTI_ENTITY_SCHEDULE, 1, schedule_id(schedule));
    command.body.put.body.schedule.location = engine_id("haus");
    command.body.put.body.schedule.resolution_minutes = (uint8_t)is->resolution_minutes;
    command.body.put.body.schedule.service_count = RULE_MODEL_SERVICES;
    for (uint32_t s = 1; s <= RULE_MODEL_SERVICES; s++)
        command.body.put.body.schedule.services[s - 1] = engine_id(service_id(s));
    command.body.put.body.schedule.language_count = (uint8_t)is->language_count;
    memcpy(command.body.put.body.schedule.languages, is->languages, sizeof is->languages);
    command.body.put.body.schedule.terms = is->terms;
    (void)agreement_run(a, &command);
}

/* Services are named by 1 + a place in the put's names. */
static void openings_put(struct agreement *a, uint32_t schedule) {
    const struct rule_model_schedule *is = &a->model.schedules[schedule];
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, 1, schedule_id(schedule));
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.service_name_count = RULE_MODEL_SERVICES;
    for (uint32_t s = 1; s <= RULE_MODEL_SERVICES; s++)
        command.body.put.body.openings.service_names[s - 1] = engine_id(service_id(s));
    command.body.put.body.openings.count = is->opening_count;
    command.body.put.body.openings.openings = is->openings;
    (void)agreement_run(a, &command);
}

static void service_random(struct agreement *a, uint32_t service) {
    struct rule_model_service *is = &a->model.services[service];
    is->duration_minutes = 15 * (1 + agreement_below(a, 4));
    is->grid_minutes = 15 * (1 + agreement_below(a, 3));
    is->offset_minutes =
        agreement_one_in(a, 3) ? 15 * agreement_below(a, is->grid_minutes / 15) : 0;
    agreement_terms_random(a, &is->terms);
}

static void schedule_random(struct agreement *a, uint32_t schedule) {
    struct rule_model_schedule *is = &a->model.schedules[schedule];
    is->language_count = !a->is_tight && agreement_one_in(a, 3) ? 1 : 0;
    is->languages[0] = fasti_language_pack("de", 2);
    agreement_terms_random(a, &is->terms);
}

/* ---- the world ---- */

static void clock_set(struct agreement *a, int64_t now_ms) {
    fasti_engine_clock(a->world->engine)->offset_ms += now_ms - a->world->now_ms;
    a->world->now_ms = a->model.now_ms = now_ms;
}

static void world_open(struct agreement *a, uint32_t round) {
    static const char *const nights[] = {"2026-03-29", "2026-10-25", "2026-06-28"};
    const char *night = nights[round % 3];
    char now[FASTI_INSTANT_TEXT_BYTES];
    CHECK(fasti_date_parse(night, strlen(night), &a->first_date) == FASTI_OK, "%s", night);
    a->first_date.v -= 4;
    fasti_instant_format(
        (int64_t)a->first_date.v * FASTI_DAY_SECONDS + agreement_below(a, 86400) / 60 * 60, 0, now);
    memcpy(now + 19, "Z", 2);
    a->world = engine_world_make_small(fasti_prng_next(&a->prng), 2, now);
}

void agreement_begin(struct agreement *a, uint32_t round) {
    fasti_test_zone_berlin(&a->zone);
    world_open(a, round);
    memset(&a->model, 0, sizeof a->model);
    memset(&a->model_minutes, 0, sizeof a->model_minutes);
    memset(&a->engine_minutes, 0, sizeof a->engine_minutes);
    a->model.zone = &a->zone;
    a->model.now_ms = a->world->now_ms;
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, "Europe/Berlin");
    command.body.put.body.zone = &a->zone;
    (void)agreement_run(a, &command);
    command = engine_put(FASTI_ENTITY_ORGANIZATION, 0, "praxis");
    (void)agreement_run(a, &command);
    command = engine_put(FASTI_ENTITY_LOCATION, 1, "haus");
    command.body.put.body.location.zone = engine_id("Europe/Berlin");
    (void)agreement_run(a, &command);
    for (uint32_t s = 1; s <= RULE_MODEL_SERVICES; s++) {
        service_random(a, s);
        service_put(a, s);
    }
    for (uint32_t s = 1; s <= RULE_MODEL_SCHEDULES; s++) {
        struct rule_model_schedule *is = &a->model.schedules[s];
        is->resolution_minutes = s == 1 ? 5 : 15;
        schedule_random(a, s);
        is->opening_count = 2 + agreement_below(a, RULE_MODEL_OPENINGS - 1);
        for (uint32_t o = 0; o < is->opening_count; o++)
            agreement_opening_random(a, &is->openings[o], o);
        schedule_put(a, s);
        openings_put(a, s);
    }
}

void agreement_end(struct agreement *a) {
    engine_world_free(a->world);
    a->world = NULL;
}

void agreement_crash(struct agreement *a) {
    engine_world_settle(a->world);
    const struct fasti_hash128 before = engine_world_digest(a->world);
    engine_world_crash(a->world);
    CHECK(engine_world_open(a->world) == FASTI_OK, "%s", a->world->detail.text);
    CHECK(fasti_hash128_equal(engine_world_digest(a->world), before),
          "another digest after the crash");
    agreement_compare_lists(a);
}

/* ---- steps ---- */

/* A command with a request id: its answer once more, from whichever worker, and nothing happens. */
static void again(struct agreement *a, const struct agreement_act *act,
                  const struct fasti_answer *first) {
    const struct fasti_answer answer = agreement_run(a, &act->command);
    CHECK(answer.outcome == first->outcome && answer.record.v == first->record.v,
          "%s: %s of record %llu, the second time %s of record %llu", agreement_act_text(a, act),
          fasti_outcome_name(first->outcome), (unsigned long long)first->record.v,
          fasti_outcome_name(answer.outcome), (unsigned long long)answer.record.v);
    agreement_compare_lists(a);
}

/* Somewhere later, or to the very end of a hold: as it was before it was extended, too. */
static void clock_step(struct agreement *a, int64_t end_ms) {
    static const int64_t steps_ms[] = {1000, MINUTE_MS, 7 * MINUTE_MS, 60 * MINUTE_MS,
                                       600 * MINUTE_MS};
    const struct rule_model *model = &a->model;
    for (int i = 0; i < 10 && end_ms == 0 && model->visit_count > 0; i++)
        end_ms = model->visits[agreement_below(a, model->visit_count)].expires_ms;
    if (end_ms > model->now_ms && agreement_one_in(a, 2))
        clock_set(a, end_ms - agreement_below(a, 2));
    else
        clock_set(a, model->now_ms + (int64_t)agreement_below(a, 2) +
                         steps_ms[agreement_below(a, agreement_one_in(a, 4) ? 5 : 4)]);
}

static void act_step(struct agreement *a) {
    struct agreement_act act;
    struct rule_model_visit visit = {0};
    if (!agreement_act_random(a, &act))
        return;
    const struct rule_model_visit *target =
        act.target == AGREEMENT_NOBODY ? NULL : &a->model.visits[act.target];
    const enum fasti_outcome expected = agreement_expect(&a->model, &act, &visit);
    if (act.command.kind == FASTI_COMMAND_BOOK || act.command.kind == FASTI_COMMAND_HOLD)
        agreement_compare_explain(a, &act.question);
    const struct fasti_answer answer = agreement_run(a, &act.command);
    CHECK(agreement_holds(&a->model, &act, &answer), "%s: %s, the model says %s",
          agreement_act_text(a, &act), fasti_outcome_name(answer.outcome),
          fasti_outcome_name(expected));
    const int64_t end_ms = target == NULL ? 0 : target->expires_ms;
    agreement_apply(&a->model, &act, &answer);
    a->acts[expected]++;
    if (expected == FASTI_OUTCOME_EXTENDED && agreement_one_in(a, 2))
        clock_step(a, end_ms);
    if (target != NULL && target->service != 0) { /* is its time as free as it should be? */
        const struct rule_model_question question = {
            target->schedule, target->service, target->start_utc_s, agreement_facts_random(a)};
        agreement_compare_explain(a, &question);
    }
    if (act.command.request.high == 0 || !agreement_one_in(a, 2))
        return;
    again(a, &act, &answer);
    if (fasti_outcome_is_done(answer.outcome) && agreement_one_in(a, 8)) {
        agreement_crash(a);
        again(a, &act, &answer);
    }
}

static void terms_step(struct agreement *a) {
    if (agreement_one_in(a, 2)) {
        const uint32_t service = 1 + agreement_below(a, RULE_MODEL_SERVICES);
        agreement_terms_random(a, &a->model.services[service].terms);
        service_put(a, service);
    } else {
        const uint32_t schedule = 1 + agreement_below(a, RULE_MODEL_SCHEDULES);
        schedule_random(a, schedule);
        schedule_put(a, schedule);
    }
}

void agreement_step(struct agreement *a) {
    const uint32_t dice = agreement_below(a, 64);
    if (a->has_snapshots && agreement_one_in(a, 16)) /* written while the next steps are taken */
        engine_world_checkpoint(a->world);
    if (dice == 0)
        agreement_crash(a);
    else if (dice <= 4)
        terms_step(a);
    else if (dice <= 12)
        clock_step(a, 0);
    else
        act_step(a);
    agreement_compare_lists(a);
    const struct rule_model_question question = agreement_question_random(a);
    agreement_compare_explain(a, &question);
    if (agreement_one_in(a, 4))
        agreement_compare_availability(a);
}
