/*
 * test_agreement.c - availability = what BOOK accepts = what EXPLAIN says = a naive model.
 *
 *   random terms, openings, patients and clock --> engine (simulated disk)  --> outcome
 *                                              \-> rule_model (a plain list) -> the same outcome
 *
 * Around the nights of 23 and 25 hours; visits are booked, held, confirmed, moved and cancelled,
 * time is blocked, terms change, the clock steps, the engine crashes. After each step, for some
 * question, all four say the same; and no minute is taken by more than the seats there are.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/engine_world.h"
#include "tests/support/rule_model.h"
#include "tests/support/seed.h"

#define ROUNDS    24
#define STEPS     120
#define DAYS      12
#define SERVICES  RULE_MODEL_SERVICES
#define SCHEDULES RULE_MODEL_SCHEDULES
#define MINUTE_MS 60000

static struct fasti_prng prng;
static struct engine_world *world;
static struct rule_model model;
static struct fasti_zone zone;
static fasti_date first_date;
static uint32_t seen[64]; /* verdicts, by outcome */
static uint32_t booked;

static uint32_t below(uint32_t end) {
    return (uint32_t)fasti_prng_below(&prng, end);
}
static bool one_in(uint32_t n) {
    return below(n) == 0;
}

static struct fasti_answer run(const struct fasti_command *command) {
    const struct fasti_answer answer = engine_world_run(world, below(2), command);
    cr_assert_eq(answer.status, FASTI_OK, "command %d: %s: %s", (int)command->kind,
                 fasti_status_name(answer.status), answer.detail.text);
    return answer;
}

static const char *service_id(uint32_t service) {
    static const char *const ids[] = {NULL, "s1", "s2", "s3"};
    return ids[service];
}
static const char *schedule_id(uint32_t schedule) {
    static const char *const ids[] = {NULL, "fine", "coarse"};
    return ids[schedule];
}

/* ---- random rules ---- */

/* Mostly few rules at once: with all of them nothing could ever be booked. */
static void terms_random(struct fasti_terms *terms) {
    static const uint8_t buffers[] = {15, 30, 45};
    memset(terms, 0, sizeof *terms);
    terms->before_minutes = one_in(3) ? buffers[below(3)] : 0;
    terms->after_minutes = one_in(3) ? buffers[below(3)] : 0;
    terms->capacity = (uint8_t)(one_in(3) ? 1 + below(3) : 0);
    terms->overbook = (uint8_t)(one_in(4) ? 1 + below(2) : 0);
    terms->notice_minutes = one_in(4) ? below(3000) : 0;
    terms->horizon_days = (uint16_t)(one_in(4) ? 1 + below(10) : 0);
    terms->horizon_minute = (uint16_t)(terms->horizon_days != 0 && one_in(2) ? below(1440) : 0);
    terms->day_limit = (uint16_t)(one_in(5) ? 1 + below(3) : 0);
    terms->week_limit = (uint16_t)(one_in(5) ? 1 + below(5) : 0);
    terms->month_limit = (uint16_t)(one_in(5) ? 1 + below(7) : 0);
    terms->from_minute = (uint16_t)(one_in(6) ? below(900) : 0);
    terms->to_minute = (uint16_t)(one_in(6) ? terms->from_minute + 60 + below(480) : 0);
    terms->weekdays = (uint8_t)(one_in(6) ? 1 + below(127) : 0);
    terms->modalities = (uint8_t)(one_in(12) ? 1 + below(15) : 0);
    terms->sectors = (uint8_t)(one_in(12) ? 1 + below(3) : 0);
    terms->audiences = (uint8_t)(one_in(8) ? 1 + below(7) : 0);
    terms->acquaintances = (uint8_t)(one_in(8) ? 1 + below(3) : 0);
    terms->age_min_months = (uint16_t)(one_in(10) ? below(300) : 0);
    terms->age_max_months = (uint16_t)(one_in(10) ? terms->age_min_months + 1 + below(600) : 0);
    terms->flags = (uint8_t)((one_in(20) ? 1 : 0) | (one_in(12) ? 2 : 0));
}

static struct fasti_facts facts_random(void) {
    struct fasti_facts facts = {0};
    if (one_in(2)) { /* somebody whom few rules exclude */
        facts.audience = FASTI_AUDIENCE_STAFF;
        facts.sector = FASTI_SECTOR_PUBLIC;
        facts.acquaintance = FASTI_ACQUAINTANCE_KNOWN;
        facts.has_age = facts.has_referral = true;
        facts.age_months = 400;
        return facts;
    }
    facts.audience = (uint8_t)below(4);
    facts.modality = (uint8_t)(one_in(2) ? below(5) : 0);
    facts.sector = (uint8_t)below(3);
    facts.acquaintance = (uint8_t)below(3);
    facts.language = one_in(3) ? fasti_language_pack(one_in(2) ? "de" : "fr", 2) : 0;
    facts.has_age = !one_in(4);
    facts.age_months = (uint16_t)(facts.has_age ? below(900) : 0);
    facts.has_referral = one_in(2);
    facts.is_override = facts.audience == FASTI_AUDIENCE_STAFF && one_in(4);
    return facts;
}

static void opening_random(struct fasti_opening *opening, uint32_t at) {
    char id[16];
    snprintf(id, sizeof id, "o%u", at);
    *opening = (struct fasti_opening){
        .id = engine_id(id), .kind = (uint8_t)(1 + below(4)), .capacity = FASTI_CAPACITY_UNLIMITED};
    const uint32_t start = below(80) * 15, length = 15 * (4 + below(32));
    const uint32_t end = start + length < 1440 ? start + length : 1440;
    if (opening->kind == FASTI_OPENING_INSTANT) {
        opening->start_utc_s =
            (first_date.v + (int64_t)below(DAYS)) * FASTI_DAY_SECONDS + start * INT64_C(60);
        opening->end_utc_s = opening->start_utc_s + length * INT64_C(60);
    } else {
        opening->weekdays = (uint8_t)(one_in(2) ? 127 : 1 + below(127));
        opening->start_minute = (uint16_t)start;
        opening->end_minute = (uint16_t)(one_in(2) ? end : start + length);
        opening->date_first.v = first_date.v - 1 + (int32_t)below(3);
        opening->date_last.v = first_date.v + 3 + (int32_t)below(DAYS);
    }
    if (opening->kind == FASTI_OPENING_CLOSED)
        return;
    opening->flags = (uint8_t)(one_in(5) ? 1 : one_in(8) ? 2 : 0);
    if (one_in(3))
        opening->capacity = below(4);
    if (one_in(3))
        opening->services[opening->service_count++].v = 1 + below(SERVICES);
}

/* ---- the world ---- */

static void service_put(uint32_t service) {
    const struct rule_model_service *is = &model.services[service];
    struct fasti_command command = engine_put(FASTI_ENTITY_SERVICE, 1, service_id(service));
    command.body.put.body.service.duration_minutes = (uint16_t)is->duration_minutes;
    command.body.put.body.service.grid_minutes = (uint16_t)is->grid_minutes;
    command.body.put.body.service.offset_minutes = (uint16_t)is->offset_minutes;
    command.body.put.body.service.terms = is->terms;
    (void)run(&command);
}

static void schedule_put(uint32_t schedule) {
    const struct rule_model_schedule *is = &model.schedules[schedule];
    struct fasti_command command = engine_put(FASTI_ENTITY_SCHEDULE, 1, schedule_id(schedule));
    command.body.put.body.schedule.location = engine_id("haus");
    command.body.put.body.schedule.resolution_minutes = (uint8_t)is->resolution_minutes;
    command.body.put.body.schedule.service_count = SERVICES;
    for (uint32_t s = 1; s <= SERVICES; s++)
        command.body.put.body.schedule.services[s - 1] = engine_id(service_id(s));
    command.body.put.body.schedule.language_count = (uint8_t)is->language_count;
    memcpy(command.body.put.body.schedule.languages, is->languages, sizeof is->languages);
    command.body.put.body.schedule.terms = is->terms;
    (void)run(&command);
}

/* Services are named by 1 + a place in the put's names. */
static void openings_put(uint32_t schedule) {
    const struct rule_model_schedule *is = &model.schedules[schedule];
    struct fasti_command command = engine_put(FASTI_ENTITY_OPENINGS, 1, schedule_id(schedule));
    command.body.put.body.openings.mode = FASTI_OPENINGS_REPLACE;
    command.body.put.body.openings.service_name_count = SERVICES;
    for (uint32_t s = 1; s <= SERVICES; s++)
        command.body.put.body.openings.service_names[s - 1] = engine_id(service_id(s));
    command.body.put.body.openings.count = is->opening_count;
    command.body.put.body.openings.openings = is->openings;
    (void)run(&command);
}

static void service_random(uint32_t service) {
    struct rule_model_service *is = &model.services[service];
    is->duration_minutes = 15 * (1 + below(4));
    is->grid_minutes = 15 * (1 + below(3));
    is->offset_minutes = one_in(3) ? 15 * below(is->grid_minutes / 15) : 0;
    terms_random(&is->terms);
}

static void schedule_random(uint32_t schedule) {
    struct rule_model_schedule *is = &model.schedules[schedule];
    is->language_count = one_in(3) ? 1 : 0;
    is->languages[0] = fasti_language_pack("de", 2);
    terms_random(&is->terms);
}

static void clock_set(int64_t now_ms) {
    fasti_engine_clock(world->engine)->offset_ms += now_ms - world->now_ms;
    world->now_ms = model.now_ms = now_ms;
}

static void world_make(uint32_t round) {
    static const char *const nights[] = {"2026-03-29", "2026-10-25", "2026-06-28"};
    const char *night = nights[round % 3];
    char now[FASTI_INSTANT_TEXT_BYTES];
    cr_assert_eq(fasti_date_parse(night, strlen(night), &first_date), FASTI_OK);
    first_date.v -= 4;
    fasti_instant_format((int64_t)first_date.v * FASTI_DAY_SECONDS + below(86400) / 60 * 60, 0,
                         now);
    memcpy(now + 19, "Z", 2);
    world = engine_world_make(fasti_prng_next(&prng), 2, now);
    memset(&model, 0, sizeof model);
    model.zone = &zone;
    model.now_ms = world->now_ms;
    struct fasti_command command = engine_put(FASTI_ENTITY_ZONE, 0, "Europe/Berlin");
    command.body.put.body.zone = &zone;
    (void)run(&command);
    command = engine_put(FASTI_ENTITY_ORGANIZATION, 0, "praxis");
    (void)run(&command);
    command = engine_put(FASTI_ENTITY_LOCATION, 1, "haus");
    command.body.put.body.location.zone = engine_id("Europe/Berlin");
    (void)run(&command);
    for (uint32_t s = 1; s <= SERVICES; s++) {
        service_random(s);
        service_put(s);
    }
    for (uint32_t s = 1; s <= SCHEDULES; s++) {
        model.schedules[s].resolution_minutes = s == 1 ? 5 : 15;
        schedule_random(s);
        model.schedules[s].opening_count = 2 + below(RULE_MODEL_OPENINGS - 1);
        for (uint32_t o = 0; o < model.schedules[s].opening_count; o++)
            opening_random(&model.schedules[s].openings[o], o);
        schedule_put(s);
        openings_put(s);
    }
}

/* ---- questions ---- */

static struct rule_model_question question_anywhere(void) {
    const uint32_t minutes = one_in(8) ? 5 : 15;
    return (struct rule_model_question){
        .schedule = 1 + below(SCHEDULES),
        .service = 1 + below(SERVICES),
        .start_utc_s = (first_date.v + (int64_t)below(DAYS)) * FASTI_DAY_SECONDS +
                       below(1440 / minutes) * minutes * INT64_C(60),
        .facts = facts_random(),
    };
}

/* Mostly near something that is taken: there the rules about time and numbers are. */
static struct rule_model_question question_random(void) {
    struct rule_model_question question = question_anywhere();
    if (one_in(5)) /* soon */
        question.start_utc_s = model.now_ms / 900000 * 900 + (1 + (int64_t)below(200)) * 900;
    if (model.visit_count == 0 || one_in(3))
        return question;
    const struct rule_model_visit *visit = &model.visits[below(model.visit_count)];
    question.schedule = visit->schedule;
    question.start_utc_s = visit->start_utc_s + ((int64_t)below(9) - 4) * 900;
    if (visit->service != 0 && one_in(2))
        question.service = visit->service;
    return question;
}

/* A start that the model takes, if some tries find one: else most questions would be refused. */
static struct rule_model_question question_hopeful(void) {
    struct rule_model_visit visit;
    struct rule_model_question question = question_random();
    for (int i = 0; i < 60 && rule_model_decide(&model, &question, &visit) != FASTI_OUTCOME_BOOKED;
         i++)
        question = question_random();
    return question;
}

static const char *instant(int64_t utc_s) {
    static char text[FASTI_INSTANT_TEXT_BYTES];
    fasti_instant_format(utc_s, fasti_zone_offset_at(&zone, utc_s), text);
    return text;
}

static void explain_compare(const struct rule_model_question *question) {
    struct rule_model_visit visit;
    struct fasti_command command = {.kind = FASTI_COMMAND_EXPLAIN, .organization = {1}};
    command.body.explain = (struct fasti_explain_query){.schedule = {question->schedule},
                                                        .service = {question->service},
                                                        .start_utc_s = question->start_utc_s,
                                                        .facts = question->facts};
    const enum fasti_outcome expected = rule_model_decide(&model, question, &visit);
    seen[expected]++;
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.body.explain.verdict, expected,
                 "schedule %u, service %u at %s: explain says %s, the model %s", question->schedule,
                 question->service, instant(question->start_utc_s),
                 fasti_outcome_name(answer.body.explain.verdict), fasti_outcome_name(expected));
    cr_assert_gt(strlen(answer.detail.text), 0);
    if (expected == FASTI_OUTCOME_BOOKED)
        cr_assert_eq(answer.body.explain.duration_minutes, visit.minutes);
}

/* Every minute of a window of days: offered exactly where the model would book. */
static void availability_compare(void) {
    struct rule_model_question question = question_random();
    question.facts.is_override = false;
    const uint32_t days = 1 + below(4);
    struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY, .organization = {1}};
    struct fasti_availability_query *query = &command.body.availability;
    query->service.v = question.service;
    query->facts = question.facts;
    query->first.v = first_date.v + (int32_t)below(DAYS - days);
    query->day_count = (uint16_t)days;
    query->schedule_count = 1;
    query->schedules[0].v = question.schedule;
    const struct fasti_answer answer = run(&command);
    const struct fasti_availability_answer *a = answer.body.availability;
    uint32_t at = 0;
    for (uint32_t d = 0; d < days; d++) {
        struct fasti_local_day day;
        fasti_zone_day(&zone, (fasti_date){query->first.v + (int32_t)d}, &day);
        const uint32_t end = at + a->counts[d];
        for (int32_t minute = 0; minute < day.minutes;
             minute += (int32_t)model.schedules[question.schedule].resolution_minutes) {
            struct rule_model_visit visit;
            question.start_utc_s = day.start_utc_s + minute * 60;
            const bool is_offered =
                at < end && a->base_utc_s + a->starts[at] == question.start_utc_s;
            const enum fasti_outcome expected = rule_model_decide(&model, &question, &visit);
            cr_assert_eq(is_offered, expected == FASTI_OUTCOME_BOOKED,
                         "schedule %u, service %u at %s: offered %d, the model says %s",
                         question.schedule, question.service, instant(question.start_utc_s),
                         is_offered, fasti_outcome_name(expected));
            if (is_offered)
                cr_assert_eq(a->lengths_minutes[at], visit.minutes);
            at += is_offered;
        }
        cr_assert_eq(at, end, "starts that are no ticks of the day");
        cr_assert_eq(a->counts[d] > 0, a->day_reasons[d] == FASTI_REASON_FREE);
    }
}

/* ---- steps ---- */

static struct rule_model_visit *visit_add(const struct rule_model_visit *visit) {
    cr_assert_lt(model.visit_count, RULE_MODEL_VISITS);
    model.visits[model.visit_count] = *visit;
    model.visits[model.visit_count].is_live = true;
    return &model.visits[model.visit_count++];
}

/* One that is live, held ones or booked ones; NULL: none. */
static struct rule_model_visit *visit_pick(bool is_held) {
    for (int i = 0; i < 20 && model.visit_count > 0; i++) {
        struct rule_model_visit *visit = &model.visits[below(model.visit_count)];
        if (visit->is_live && visit->service != 0 && (visit->expires_ms != 0) == is_held)
            return visit;
    }
    return NULL;
}

static void rows_fill(struct fasti_book *book, const struct rule_model_question *question) {
    book->appointment_count = book->item_count = 1;
    book->appointments[0] = (struct fasti_book_appointment){
        .facts = question->facts, .patient = "p-1", .patient_length = 3};
    book->items[0] = (struct fasti_book_item){.schedule = {question->schedule},
                                              .service = {question->service},
                                              .start_utc_s = question->start_utc_s};
}

static void book_step(void) {
    const struct rule_model_question question = question_hopeful();
    struct rule_model_visit visit = {0};
    const enum fasti_outcome expected = rule_model_decide(&model, &question, &visit);
    explain_compare(&question);
    const bool is_hold = one_in(3);
    struct fasti_command command = {.kind = is_hold ? FASTI_COMMAND_HOLD : FASTI_COMMAND_BOOK,
                                    .organization = {1}};
    struct fasti_book *book = is_hold ? &command.body.hold.book : &command.body.book;
    rows_fill(book, &question);
    if (is_hold) {
        book->appointments[0].patient_length = 0;
        command.body.hold.seconds = 10 + below(1700);
    }
    const struct fasti_answer answer = run(&command);
    const enum fasti_outcome done = is_hold ? FASTI_OUTCOME_HELD : FASTI_OUTCOME_BOOKED;
    cr_assert_eq(answer.outcome, expected == FASTI_OUTCOME_BOOKED ? done : expected,
                 "schedule %u, service %u at %s: %s, the model says %s", question.schedule,
                 question.service, instant(question.start_utc_s),
                 fasti_outcome_name(answer.outcome), fasti_outcome_name(expected));
    booked += expected == FASTI_OUTCOME_BOOKED;
    if (expected != FASTI_OUTCOME_BOOKED)
        return;
    struct rule_model_visit *added = visit_add(&visit);
    added->record = answer.record.v;
    added->expires_ms = is_hold ? answer.body.book.expires_ms : 0;
    added->token = answer.body.book.token;
}

static void cancel_step(void) {
    struct rule_model_visit *visit = visit_pick(false);
    if (visit == NULL)
        return;
    const struct fasti_command command = engine_cancel(visit->record);
    cr_assert_eq(run(&command).outcome, FASTI_OUTCOME_CANCELLED);
    visit->is_live = false;
}

/* A hold is confirmed or released; if it expired it is gone either way. */
static void held_step(void) {
    struct rule_model_visit *visit = visit_pick(true);
    if (visit == NULL)
        return;
    const bool is_confirm = !one_in(3);
    struct fasti_command command = {
        .kind = is_confirm ? FASTI_COMMAND_CONFIRM : FASTI_COMMAND_RELEASE, .organization = {1}};
    command.body.held.token = visit->token;
    command.body.held.count = 1;
    command.body.held.records[0].v = visit->record;
    command.body.held.appointments[0] =
        (struct fasti_book_appointment){.patient = "p-2", .patient_length = 3};
    const bool is_over = visit->expires_ms <= model.now_ms;
    const enum fasti_outcome expected = is_over      ? FASTI_OUTCOME_EXPIRED
                                        : is_confirm ? FASTI_OUTCOME_BOOKED
                                                     : FASTI_OUTCOME_RELEASED;
    cr_assert_eq(run(&command).outcome, expected);
    visit->is_live = !is_over && is_confirm;
    visit->expires_ms = 0;
}

/* A move never sees the visit that it moves. */
static void move_step(void) {
    struct rule_model_visit *visit = visit_pick(false);
    if (visit == NULL)
        return;
    visit->is_live = false;
    const struct rule_model_question question = question_hopeful();
    struct rule_model_visit next = {0};
    const enum fasti_outcome expected = rule_model_decide(&model, &question, &next);
    visit->is_live = true;
    struct fasti_command command = {.kind = FASTI_COMMAND_MOVE, .organization = {1}};
    command.body.move.record.v = visit->record;
    rows_fill(&command.body.move.book, &question);
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.outcome, expected == FASTI_OUTCOME_BOOKED ? FASTI_OUTCOME_MOVED : expected,
                 "move to %s: %s, the model says %s", instant(question.start_utc_s),
                 fasti_outcome_name(answer.outcome), fasti_outcome_name(expected));
    if (expected != FASTI_OUTCOME_BOOKED)
        return;
    visit->is_live = false;
    visit_add(&next)->record = answer.record.v;
}

static void block_step(void) {
    const uint32_t schedule = 1 + below(SCHEDULES);
    const struct fasti_terms *terms = &model.schedules[schedule].terms;
    const int64_t start_s =
        (first_date.v + (int64_t)below(DAYS)) * FASTI_DAY_SECONDS + below(96) * INT64_C(900);
    const int64_t end_s = start_s + (1 + below(8)) * INT64_C(900);
    struct fasti_command command = {.kind = FASTI_COMMAND_BLOCK, .organization = {1}};
    command.body.block =
        (struct fasti_block){.schedule = {schedule}, .start_utc_s = start_s, .end_utc_s = end_s};
    const bool is_free = rule_model_is_free(&model, schedule, start_s, end_s);
    const struct fasti_answer answer = run(&command);
    cr_assert_eq(answer.outcome, is_free ? FASTI_OUTCOME_BLOCKED : FASTI_OUTCOME_TAKEN);
    if (!is_free)
        return;
    const struct rule_model_visit block = {
        .schedule = schedule,
        .start_utc_s = start_s,
        .minutes = (int32_t)((end_s - start_s) / 60),
        .seats = (terms->capacity == 0 ? 1u : terms->capacity) + terms->overbook,
    };
    visit_add(&block)->record = answer.record.v;
}

static void terms_step(void) {
    if (one_in(2)) {
        const uint32_t service = 1 + below(SERVICES);
        terms_random(&model.services[service].terms);
        service_put(service);
    } else {
        const uint32_t schedule = 1 + below(SCHEDULES);
        schedule_random(schedule);
        schedule_put(schedule);
    }
}

static void clock_step(void) {
    static const int64_t steps_ms[] = {1000, MINUTE_MS, 7 * MINUTE_MS, 60 * MINUTE_MS,
                                       600 * MINUTE_MS};
    clock_set(model.now_ms + (int64_t)below(2) + steps_ms[below(one_in(4) ? 5 : 4)]);
}

static void crash_step(void) {
    engine_world_settle(world);
    const struct fasti_hash128 before = engine_world_digest(world);
    engine_world_crash(world);
    cr_assert_eq(engine_world_open(world), FASTI_OK, "%s", world->detail.text);
    cr_assert(fasti_hash128_equal(engine_world_digest(world), before));
}

static void step(void) {
    switch (below(16)) {
    case 0: cancel_step(); break;
    case 1: held_step(); break;
    case 2: move_step(); break;
    case 3: block_step(); break;
    case 4: terms_step(); break;
    case 5:
    case 6: clock_step(); break;
    case 7:
        if (one_in(4))
            crash_step();
        break;
    default: book_step();
    }
}

Test(agreement, search_claim_and_explain_say_what_the_model_says, .timeout = 600) {
    prng = fasti_test_prng("agreement");
    fasti_test_zone_berlin(&zone);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        world_make(round);
        for (uint32_t i = 0; i < STEPS; i++) {
            step();
            const struct rule_model_question question = question_random();
            explain_compare(&question);
            if (one_in(4))
                availability_compare();
        }
        engine_world_free(world);
    }
    cr_assert_gt(booked, 300);
    static const uint8_t possible[] = {
        FASTI_OUTCOME_BOOKED,     FASTI_OUTCOME_TAKEN,       FASTI_OUTCOME_CLOSED,
        FASTI_OUTCOME_FULL,       FASTI_OUTCOME_PAST,        FASTI_OUTCOME_OFF_GRID,
        FASTI_OUTCOME_PAUSED,     FASTI_OUTCOME_AUDIENCE,    FASTI_OUTCOME_MODALITY,
        FASTI_OUTCOME_SECTOR,     FASTI_OUTCOME_LANGUAGE,    FASTI_OUTCOME_ACQUAINTANCE,
        FASTI_OUTCOME_AGE,        FASTI_OUTCOME_REFERRAL,    FASTI_OUTCOME_HOURS,
        FASTI_OUTCOME_NOTICE,     FASTI_OUTCOME_HORIZON,     FASTI_OUTCOME_DAY_LIMIT,
        FASTI_OUTCOME_WEEK_LIMIT, FASTI_OUTCOME_MONTH_LIMIT, FASTI_OUTCOME_BUFFER};
    for (uint32_t i = 0; i < sizeof possible; i++)
        cr_assert_gt(seen[possible[i]], 0, "%s was never seen",
                     fasti_outcome_name((enum fasti_outcome)possible[i]));
}
