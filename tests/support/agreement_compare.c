/*
 * agreement_compare.c - four ways to ask the same, and the sum over every minute.
 */
#include <stdio.h>
#include <string.h>

#include "tests/support/agreement.h"
#include "tests/support/check.h"

/* ---- explain and availability ---- */

void agreement_compare_explain(struct agreement *a, const struct rule_model_question *question) {
    struct rule_model_visit visit;
    struct fasti_command command = {.kind = FASTI_COMMAND_EXPLAIN, .organization = {1}};
    command.body.explain = (struct fasti_explain_query){.schedule = {question->schedule},
                                                        .service = {question->service},
                                                        .start_utc_s = question->start_utc_s,
                                                        .facts = question->facts};
    const enum fasti_outcome expected = rule_model_decide(&a->model, question, &visit);
    a->seen[expected]++;
    const struct fasti_answer answer = agreement_run(a, &command);
    CHECK(answer.body.explain.verdict == expected,
          "schedule %u, service %u at %s: explain says %s, the model %s", question->schedule,
          question->service, agreement_instant(a, question->start_utc_s),
          fasti_outcome_name(answer.body.explain.verdict), fasti_outcome_name(expected));
    CHECK(answer.detail.text[0] != '\0', "explain says nothing of %s",
          fasti_outcome_name(expected));
    CHECK(expected != FASTI_OUTCOME_BOOKED ||
              answer.body.explain.duration_minutes == (uint32_t)visit.minutes,
          "explain says %u minutes, the model %d", answer.body.explain.duration_minutes,
          visit.minutes);
}

void agreement_compare_availability(struct agreement *a) {
    struct rule_model_question question = agreement_question_random(a);
    question.facts.is_override = false;
    const uint32_t days = 1 + agreement_below(a, 4);
    struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY, .organization = {1}};
    struct fasti_availability_query *query = &command.body.availability;
    query->service_count = 1;
    query->services[0].v = question.service;
    query->facts = question.facts;
    query->first.v = a->first_date.v + (int32_t)agreement_below(a, AGREEMENT_DAYS - days);
    query->day_count = (uint16_t)days;
    query->schedule_count = 1;
    query->schedules[0].v = question.schedule;
    const struct fasti_answer answer = agreement_run(a, &command);
    const struct fasti_availability_answer *told = answer.body.availability;
    const int32_t resolution = (int32_t)a->model.schedules[question.schedule].resolution_minutes;
    uint32_t at = 0;
    for (uint32_t d = 0; d < days; d++) {
        struct fasti_local_day day;
        fasti_zone_day(&a->zone, (fasti_date){query->first.v + (int32_t)d}, &day);
        const uint32_t end = at + told->counts[d];
        for (int32_t minute = 0; minute < day.minutes; minute += resolution) {
            struct rule_model_visit visit;
            question.start_utc_s = day.start_utc_s + minute * 60;
            const bool is_offered =
                at < end && told->base_utc_s + told->starts[at] == question.start_utc_s;
            const enum fasti_outcome expected = rule_model_decide(&a->model, &question, &visit);
            CHECK(is_offered == (expected == FASTI_OUTCOME_BOOKED),
                  "schedule %u, service %u at %s: offered %d, the model says %s", question.schedule,
                  question.service, agreement_instant(a, question.start_utc_s), is_offered,
                  fasti_outcome_name(expected));
            CHECK(!is_offered || told->lengths_minutes[at] == visit.minutes,
                  "offered %u minutes, the model says %d", told->lengths_minutes[at],
                  visit.minutes);
            at += is_offered;
        }
        CHECK(at == end, "starts that are no ticks of the day");
        CHECK((told->counts[d] > 0) == (told->day_reasons[d] == FASTI_REASON_FREE),
              "a day's reason is %u", told->day_reasons[d]);
    }
}

/* ---- lists ---- */

/* What the engine lists of one schedule, beside the model. */
struct listed {
    struct agreement *a;
    const struct rule_model *model;
    uint32_t schedule;
    uint32_t minutes[RULE_MODEL_VISITS]; /* listed of each of the model's visits */
};

static void differ(const struct listed *listed, const char *what, uint64_t record) {
    char *text = listed->a->difference;
    if (text[0] == '\0')
        (void)snprintf(text, sizeof listed->a->difference,
                       "the list of schedule %u, record %llu: %s", listed->schedule,
                       (unsigned long long)record, what);
}

/* of: the first instant of the visit, without buffers, and its service. */
static void minutes_add(const struct agreement *a, struct agreement_minute *minutes,
                        int64_t start_s, int64_t end_s, const struct rule_model_visit *of) {
    const int64_t origin_s = (int64_t)(a->first_date.v - 2) * FASTI_DAY_SECONDS;
    const int64_t first = (start_s - origin_s) / 60, end = (end_s - origin_s) / 60;
    CHECK(first >= 0 && end <= AGREEMENT_MINUTES, "a minute beyond those that are counted: %s",
          agreement_instant(a, start_s));
    for (int64_t m = first; m < end; m++) {
        struct agreement_minute *at = &minutes[m];
        if (at->taken == 0)
            at->service = of->service, at->start_utc_s = of->start_utc_s;
        at->is_mixed |= at->service != of->service || at->start_utc_s != of->start_utc_s;
        at->taken = (uint16_t)(at->taken + of->seats);
    }
}

/* visit_count: none. */
static uint32_t visit_find(const struct listed *listed, const struct fasti_record_view *view) {
    const struct rule_model *model = listed->model;
    for (uint32_t i = 0; i < model->visit_count; i++)
        if (model->visits[i].record == view->record.v)
            return i;
    uint32_t at = 0;
    while (at < model->visit_count &&
           (model->visits[at].record != 0 || model->visits[at].start_utc_s != view->start_utc_s ||
            model->visits[at].service != view->service.v || listed->minutes[at] != 0))
        at++;
    return at;
}

static void view_take(struct listed *listed, const struct fasti_record_view *view) {
    const struct rule_model *model = listed->model;
    const uint32_t at = visit_find(listed, view);
    if (at == model->visit_count) {
        differ(listed, "the model knows of no such record", view->record.v);
        return;
    }
    const struct rule_model_visit *visit = &model->visits[at];
    const int64_t end_s = view->start_utc_s + view->duration_minutes * INT64_C(60);
    if (!rule_model_counts(model, visit) || visit->schedule != listed->schedule)
        differ(listed, "for the model it takes no time here", view->record.v);
    if (view->state != visit->state || view->service.v != visit->service)
        differ(listed, "another state or service", view->record.v);
    if (visit->record != 0 &&
        view->expires_ms != (visit->state == FASTI_STATE_HELD ? visit->expires_ms : 0))
        differ(listed, "held until another time", view->record.v);
    if (view->start_utc_s < visit->start_utc_s ||
        end_s > visit->start_utc_s + visit->minutes * INT64_C(60))
        differ(listed, "another time", view->record.v);
    listed->minutes[at] += view->duration_minutes;
    minutes_add(listed->a, listed->a->engine_minutes.at[listed->schedule], view->start_utc_s, end_s,
                visit);
}

static void schedule_list(struct listed *listed) {
    struct fasti_command command = {.kind = FASTI_COMMAND_LIST, .organization = {1}};
    command.body.list = (struct fasti_list_query){.by = FASTI_LIST_BY_SCHEDULE,
                                                  .schedule = {listed->schedule},
                                                  .include_blocks = true,
                                                  .from_utc_s = INT64_MIN,
                                                  .to_utc_s = INT64_MAX,
                                                  .limit = FASTI_LIST_MAX};
    const struct fasti_list_answer *list;
    do {
        list = agreement_run(listed->a, &command).body.list;
        for (uint32_t i = 0; i < list->count; i++)
            view_take(listed, &list->records[i]);
        command.body.list.before = list->next;
    } while (list->more);
}

bool agreement_lists_agree(struct agreement *a, const struct rule_model *model) {
    a->difference[0] = '\0';
    memset(&a->engine_minutes, 0, sizeof a->engine_minutes);
    for (uint32_t schedule = 1; schedule <= RULE_MODEL_SCHEDULES; schedule++) {
        struct listed listed = {.a = a, .model = model, .schedule = schedule};
        schedule_list(&listed);
        for (uint32_t i = 0; i < model->visit_count; i++) {
            const struct rule_model_visit *visit = &model->visits[i];
            if (visit->schedule == schedule && rule_model_counts(model, visit) &&
                listed.minutes[i] != (uint32_t)visit->minutes)
                differ(&listed, "not listed, or not all of its time", visit->record);
        }
    }
    return a->difference[0] == '\0';
}

/* ---- seats ---- */

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

/* By so many a minute may be taken, by whoever may take most: staff, and who shares a group. */
static uint32_t seats_max(const struct rule_model *model, uint32_t schedule) {
    const struct fasti_terms *terms = &model->schedules[schedule].terms;
    const uint32_t capacity = larger(terms->capacity, 1);
    uint32_t most = capacity + terms->overbook;
    for (uint32_t s = 1; s <= RULE_MODEL_SERVICES; s++) {
        const struct fasti_terms *service = &model->services[s].terms;
        const uint32_t both =
            terms->overbook < service->overbook ? terms->overbook : service->overbook;
        const uint32_t more = both == 0 ? larger(terms->overbook, service->overbook) : both;
        most = larger(most, larger(capacity, service->capacity) + more);
    }
    return most;
}

static void seats_check(struct agreement *a, const struct agreement_minutes *before,
                        const struct agreement_minutes *now, const char *by) {
    for (uint32_t schedule = 1; schedule <= RULE_MODEL_SCHEDULES; schedule++) {
        const uint32_t most = seats_max(&a->model, schedule);
        const struct fasti_terms *terms = &a->model.schedules[schedule].terms;
        const uint32_t own = larger(terms->capacity, 1) + terms->overbook;
        for (uint32_t m = 0; m < AGREEMENT_MINUTES; m++) {
            const struct agreement_minute *at = &now->at[schedule][m];
            const uint32_t was = before->at[schedule][m].taken;
            CHECK(at->taken == FASTI_SEATS_MAX || at->taken <= larger(most, was),
                  "by %s schedule %u is taken by %u of %u seats in minute %u", by, schedule,
                  at->taken, most, m);
            CHECK(at->taken == FASTI_SEATS_MAX || !at->is_mixed || at->taken <= larger(own, was),
                  "by %s schedule %u is taken by %u of %u seats in minute %u, and not of one start",
                  by, schedule, at->taken, own, m);
        }
    }
}

void agreement_compare_lists(struct agreement *a) {
    static struct agreement_minutes model_before, engine_before;
    model_before = a->model_minutes;
    engine_before = a->engine_minutes;
    memset(&a->model_minutes, 0, sizeof a->model_minutes);
    for (uint32_t i = 0; i < a->model.visit_count; i++) {
        const struct rule_model_visit *visit = &a->model.visits[i];
        if (rule_model_counts(&a->model, visit))
            minutes_add(a, a->model_minutes.at[visit->schedule],
                        visit->start_utc_s - visit->before * INT64_C(60),
                        visit->start_utc_s + (visit->minutes + visit->after) * INT64_C(60), visit);
    }
    CHECK(agreement_lists_agree(a, &a->model), "%s", a->difference);
    seats_check(a, &model_before, &a->model_minutes, "the model");
    seats_check(a, &engine_before, &a->engine_minutes, "the engine");
}
