/*
 * rule_model.c - see rule_model.h.
 */
#include "tests/support/rule_model.h"

#include <string.h>

#include "engine/time/civil.h"
#include "tests/support/opening_model.h"

bool rule_model_counts(const struct rule_model *model, const struct rule_model_visit *visit) {
    return visit->state == FASTI_STATE_BOOKED || visit->state == FASTI_STATE_ARRIVED ||
           (visit->state == FASTI_STATE_HELD && visit->expires_ms > model->now_ms);
}

static fasti_date date_of(const struct rule_model *model, int64_t utc_s) {
    return fasti_zone_date_at(model->zone, utc_s);
}

uint32_t rule_model_taken(const struct rule_model *model, uint32_t schedule, int64_t utc_s) {
    uint32_t taken = 0;
    for (uint32_t i = 0; i < model->visit_count; i++) {
        const struct rule_model_visit *visit = &model->visits[i];
        const int64_t first = visit->start_utc_s - visit->before * INT64_C(60);
        const int64_t end = visit->start_utc_s + (visit->minutes + visit->after) * INT64_C(60);
        if (rule_model_counts(model, visit) && visit->schedule == schedule && utc_s >= first &&
            utc_s < end)
            taken += visit->seats;
    }
    return taken;
}

bool rule_model_is_free(const struct rule_model *model, uint32_t schedule, int64_t start_utc_s,
                        int64_t end_utc_s) {
    for (int64_t at_s = start_utc_s; at_s < end_utc_s; at_s += 60)
        if (rule_model_taken(model, schedule, at_s) > 0)
            return false;
    return true;
}

/* ---- who ---- */

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

/* Does a mask that says something leave this value out? Bit 0 is value 1; 0: nothing is known. */
static bool excludes(uint32_t mask, uint32_t value, uint32_t all, bool is_wish) {
    if (mask == 0)
        return false;
    if (value == 0)
        return !is_wish && mask != all;
    return (mask & 1u << (value - 1)) == 0;
}

/* A wish for nothing: is there a value that neither leaves out? */
static bool nothing_is_left(uint32_t a, uint32_t b) {
    return a != 0 && b != 0 && (a & b) == 0;
}

static bool may(uint32_t audiences, uint32_t audience) {
    return audiences == 0 || audience == FASTI_AUDIENCE_STAFF || (audiences & 1) != 0 ||
           (audiences & 1u << audience) != 0;
}

static bool age_is_wrong(const struct fasti_terms *terms, const struct fasti_facts *facts) {
    if (terms->age_min_months == 0 && terms->age_max_months == 0)
        return false;
    return !facts->has_age || facts->age_months < terms->age_min_months ||
           (terms->age_max_months != 0 && facts->age_months >= terms->age_max_months);
}

static enum fasti_outcome who(const struct rule_model *model, const struct rule_model_question *q) {
    const struct rule_model_schedule *schedule = &model->schedules[q->schedule];
    const struct fasti_terms *a = &schedule->terms, *b = &model->services[q->service].terms;
    const struct fasti_facts *facts = &q->facts;
    if ((a->flags & 1) != 0 || (b->flags & 1) != 0)
        return FASTI_OUTCOME_PAUSED;
    if (!may(a->audiences, facts->audience) || !may(b->audiences, facts->audience))
        return FASTI_OUTCOME_AUDIENCE;
    if (excludes(a->modalities, facts->modality, 15, true) ||
        excludes(b->modalities, facts->modality, 15, true) ||
        (facts->modality == 0 && nothing_is_left(a->modalities, b->modalities)))
        return FASTI_OUTCOME_MODALITY;
    if (excludes(a->sectors, facts->sector, 3, false) ||
        excludes(b->sectors, facts->sector, 3, false))
        return FASTI_OUTCOME_SECTOR;
    bool is_spoken = facts->language == 0 || schedule->language_count == 0;
    for (uint32_t i = 0; i < schedule->language_count; i++)
        is_spoken = is_spoken || schedule->languages[i] == facts->language;
    if (!is_spoken)
        return FASTI_OUTCOME_LANGUAGE;
    if (excludes(a->acquaintances, facts->acquaintance, 3, false) ||
        excludes(b->acquaintances, facts->acquaintance, 3, false))
        return FASTI_OUTCOME_ACQUAINTANCE;
    if (age_is_wrong(a, facts) || age_is_wrong(b, facts))
        return FASTI_OUTCOME_AGE;
    if (((a->flags & 2) != 0 || (b->flags & 2) != 0) && !facts->has_referral)
        return FASTI_OUTCOME_REFERRAL;
    return FASTI_OUTCOME_BOOKED;
}

/* ---- when ---- */

/* First minute of the local day at which the wall clock shows this time, or later. */
static int32_t minute_reached(const struct rule_model *model, fasti_date date,
                              const struct fasti_local_day *day, int32_t civil_minute) {
    return fasti_model_reached(model->zone, day, date.v * FASTI_DAY_SECONDS + civil_minute * 60);
}

static bool hours_exclude(const struct rule_model *model, const struct fasti_terms *terms,
                          int64_t start_s, int32_t minutes) {
    const fasti_date date = date_of(model, start_s);
    struct fasti_local_day day;
    fasti_zone_day(model->zone, date, &day);
    const int32_t at = (int32_t)((start_s - day.start_utc_s) / 60);
    const int32_t weekday = ((date.v + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    if (terms->weekdays != 0 && (terms->weekdays & 1 << weekday) == 0)
        return true;
    if (terms->from_minute != 0 && at < minute_reached(model, date, &day, terms->from_minute))
        return true;
    return terms->to_minute != 0 &&
           at + minutes > minute_reached(model, date, &day, terms->to_minute);
}

static bool horizon_excludes(const struct rule_model *model, const struct fasti_terms *terms,
                             int64_t start_s) {
    if (terms->horizon_days == 0)
        return false;
    const fasti_date opens = {date_of(model, start_s).v - terms->horizon_days};
    return model->now_ms < fasti_zone_utc(model->zone, opens, terms->horizon_minute, NULL) * 1000;
}

/* Visits in [first, last] local dates; service 0: of any. */
static uint32_t visits_between(const struct rule_model *model, uint32_t schedule, uint32_t service,
                               int32_t first, int32_t last) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->visit_count; i++) {
        const struct rule_model_visit *visit = &model->visits[i];
        const int32_t date = date_of(model, visit->start_utc_s).v;
        count += rule_model_counts(model, visit) && visit->service != 0 &&
                 visit->schedule == schedule && (service == 0 || visit->service == service) &&
                 date >= first && date <= last;
    }
    return count;
}

uint32_t rule_model_visits_on(const struct rule_model *model, uint32_t schedule, int64_t utc_s) {
    const int32_t date = date_of(model, utc_s).v;
    return visits_between(model, schedule, 0, date, date);
}

static enum fasti_outcome limits(const struct rule_model *model,
                                 const struct rule_model_question *q) {
    const struct fasti_terms *both[2] = {&model->schedules[q->schedule].terms,
                                         &model->services[q->service].terms};
    const fasti_date date = date_of(model, q->start_utc_s);
    const int32_t monday = date.v - ((date.v + 3) % 7 + 7) % 7;
    const struct fasti_civil civil = fasti_civil_of_date(date);
    const int32_t month_first = date.v - civil.day + 1;
    int32_t month_last = date.v;
    while (fasti_civil_of_date((fasti_date){month_last + 1}).month == civil.month)
        month_last++;
    for (uint32_t i = 0; i < 2; i++)
        if (both[i]->day_limit != 0 && visits_between(model, q->schedule, i * q->service, date.v,
                                                      date.v) >= both[i]->day_limit)
            return FASTI_OUTCOME_DAY_LIMIT;
    for (uint32_t i = 0; i < 2; i++)
        if (both[i]->week_limit != 0 && visits_between(model, q->schedule, i * q->service, monday,
                                                       monday + 6) >= both[i]->week_limit)
            return FASTI_OUTCOME_WEEK_LIMIT;
    for (uint32_t i = 0; i < 2; i++)
        if (both[i]->month_limit != 0 &&
            visits_between(model, q->schedule, i * q->service, month_first, month_last) >=
                both[i]->month_limit)
            return FASTI_OUTCOME_MONTH_LIMIT;
    return FASTI_OUTCOME_BOOKED;
}

static enum fasti_outcome when(const struct rule_model *model, const struct rule_model_question *q,
                               int32_t minutes) {
    const struct fasti_terms *a = &model->schedules[q->schedule].terms;
    const struct fasti_terms *b = &model->services[q->service].terms;
    const int64_t notice = larger(a->notice_minutes, b->notice_minutes);
    if (hours_exclude(model, a, q->start_utc_s, minutes) ||
        hours_exclude(model, b, q->start_utc_s, minutes))
        return FASTI_OUTCOME_HOURS;
    if (q->start_utc_s * 1000 < model->now_ms + notice * 60000)
        return FASTI_OUTCOME_NOTICE;
    if (horizon_excludes(model, a, q->start_utc_s) || horizon_excludes(model, b, q->start_utc_s))
        return FASTI_OUTCOME_HORIZON;
    return limits(model, q);
}

/* ---- time ---- */

static uint32_t taken_most(const struct rule_model *model, uint32_t schedule, int64_t first_s,
                           int64_t end_s) {
    uint32_t most = 0;
    for (int64_t at_s = first_s; at_s < end_s; at_s += 60)
        most = larger(rule_model_taken(model, schedule, at_s), most);
    return most;
}

/* May one visit more share the start and take this time? What shares the start is alone there. */
static bool is_shared(const struct rule_model *model, const struct rule_model_question *q,
                      uint32_t group, int64_t first_s, int64_t end_s) {
    uint32_t sharing = 0;
    for (uint32_t i = 0; i < model->visit_count; i++) {
        const struct rule_model_visit *visit = &model->visits[i];
        const int64_t begin_s = visit->start_utc_s - visit->before * INT64_C(60);
        const int64_t behind_s = visit->start_utc_s + (visit->minutes + visit->after) * INT64_C(60);
        if (!rule_model_counts(model, visit) || visit->schedule != q->schedule)
            continue;
        if (visit->service == q->service && visit->start_utc_s == q->start_utc_s)
            sharing++;
        else if (begin_s < end_s && first_s < behind_s)
            return false;
    }
    return sharing > 0 && sharing < group;
}

static enum fasti_outcome time_decide(const struct rule_model *model,
                                      const struct rule_model_question *q, int32_t minutes,
                                      struct rule_model_visit *visit) {
    const struct fasti_terms *a = &model->schedules[q->schedule].terms;
    const struct fasti_terms *b = &model->services[q->service].terms;
    const bool is_staff = q->facts.audience == FASTI_AUDIENCE_STAFF;
    uint32_t capacity = larger(a->capacity, 1), group = larger(b->capacity, 1);
    const uint32_t both = a->overbook < b->overbook ? a->overbook : b->overbook;
    if (is_staff && a->overbook != 0)
        capacity += b->overbook != 0 ? both : a->overbook;
    if (is_staff && b->overbook != 0 && group > 1)
        group += a->overbook != 0 ? both : b->overbook;
    const bool has_buffers = !q->facts.is_override;
    *visit = (struct rule_model_visit){
        .schedule = q->schedule,
        .service = q->service,
        .start_utc_s = q->start_utc_s,
        .minutes = minutes,
        .before = has_buffers ? (int32_t)larger(a->before_minutes, b->before_minutes) : 0,
        .after = has_buffers ? (int32_t)larger(a->after_minutes, b->after_minutes) : 0,
        .seats = 1,
        .modality = q->facts.modality,
    };
    const int64_t first_s = q->start_utc_s, end_s = first_s + minutes * INT64_C(60);
    const int64_t all_first_s = first_s - visit->before * INT64_C(60);
    const int64_t all_end_s = end_s + visit->after * INT64_C(60);
    if (is_shared(model, q, group, all_first_s, all_end_s) ||
        taken_most(model, q->schedule, all_first_s, all_end_s) < capacity)
        return FASTI_OUTCOME_BOOKED;
    return is_shared(model, q, group, first_s, end_s) ||
                   taken_most(model, q->schedule, first_s, end_s) < capacity
               ? FASTI_OUTCOME_BUFFER
               : FASTI_OUTCOME_TAKEN;
}

/* ---- openings ---- */

static bool is_on(const struct fasti_opening *opening, int32_t date) {
    const int32_t weekday = ((date + 3) % 7 + 7) % 7;
    return date >= opening->date_first.v && date <= opening->date_last.v &&
           (opening->weekdays & 1 << weekday) != 0;
}

/* The ticks of an opening on a day, before closures; false: none. */
static bool opening_ticks(const struct rule_model *model, const struct fasti_opening *opening,
                          fasti_date date, bool is_rest, int64_t resolution, int64_t *first,
                          int64_t *end) {
    struct fasti_local_day day;
    fasti_zone_day(model->zone, date, &day);
    int64_t from, to;
    if (opening->kind == FASTI_OPENING_INSTANT) {
        from = (opening->start_utc_s - day.start_utc_s) / 60;
        to = (opening->end_utc_s - day.start_utc_s) / 60;
    } else if (is_rest) { /* of the one that began on the day before */
        if (opening->end_minute <= 1440 || !is_on(opening, date.v - 1))
            return false;
        from = 0;
        to = minute_reached(model, date, &day, opening->end_minute - 1440);
    } else {
        if (!is_on(opening, date.v))
            return false;
        from = minute_reached(model, date, &day, opening->start_minute);
        to = minute_reached(model, date, &day,
                            opening->end_minute < 1440 ? opening->end_minute : 1440);
    }
    from = from < 0 ? 0 : from;
    to = to > day.minutes ? day.minutes : to;
    *first = (from + resolution - 1) / resolution;
    *end = to / resolution;
    return to > 0 && *first < *end;
}

static bool is_alike(const struct fasti_opening *a, const struct fasti_opening *b) {
    bool is_alike = a->service_count == b->service_count;
    for (uint32_t i = 0; is_alike && i < a->service_count; i++) {
        bool is_there = false;
        for (uint32_t k = 0; k < b->service_count; k++)
            is_there = is_there || a->services[i].v == b->services[k].v;
        is_alike = is_there;
    }
    return is_alike;
}

static bool names(const struct fasti_opening *opening, uint32_t service) {
    bool is_named = opening->service_count == 0;
    for (uint32_t i = 0; i < opening->service_count; i++)
        is_named = is_named || opening->services[i].v == service;
    return is_named;
}

/* Are all places of an opening, and of those with its hours and services, used on a day? */
static bool is_used_up(const struct rule_model *model, uint32_t id, uint32_t at, bool is_rest,
                       fasti_date date) {
    const struct rule_model_schedule *schedule = &model->schedules[id];
    const struct fasti_opening *opening = &schedule->openings[at];
    const int64_t r = schedule->resolution_minutes;
    int64_t first, end, other_first, other_end;
    if (opening->capacity == FASTI_CAPACITY_UNLIMITED || opening->kind == FASTI_OPENING_CLOSED ||
        !opening_ticks(model, opening, date, is_rest, r, &first, &end))
        return false;
    uint64_t places = 0;
    for (uint32_t i = 0; i < 2 * schedule->opening_count; i++) {
        const struct fasti_opening *other = &schedule->openings[i / 2];
        const bool other_rest = i % 2 == 1;
        if (other->kind != FASTI_OPENING_CLOSED &&
            !(other_rest && other->kind == FASTI_OPENING_INSTANT) &&
            (other->flags & FASTI_OPENING_FULL) == 0 &&
            !(other_rest && (other->flags & FASTI_OPENING_SINGLE) != 0) &&
            is_alike(opening, other) &&
            opening_ticks(model, other, date, other_rest, r, &other_first, &other_end) &&
            other_first == first && other_end == end)
            places += other->capacity;
    }
    struct fasti_local_day day;
    fasti_zone_day(model->zone, date, &day);
    uint64_t used = 0;
    for (uint32_t i = 0; i < model->visit_count; i++) {
        const struct rule_model_visit *visit = &model->visits[i];
        const int64_t tick = (visit->start_utc_s - day.start_utc_s) / 60 / r;
        used += rule_model_counts(model, visit) && visit->service != 0 && visit->schedule == id &&
                date_of(model, visit->start_utc_s).v == date.v && names(opening, visit->service) &&
                tick >= first && tick < end;
    }
    return used >= places;
}

/* What an opening is on a date: by what begins on it, or by the rest of the day before. */
static bool opening_part(const struct rule_model *model, const struct rule_model_question *q,
                         uint32_t at, bool is_rest, fasti_date date, bool places_matter,
                         struct fasti_opening *part) {
    const struct fasti_opening *opening = &model->schedules[q->schedule].openings[at];
    const bool has_rest = opening->kind != FASTI_OPENING_INSTANT &&
                          opening->kind != FASTI_OPENING_CLOSED && opening->end_minute > 1440;
    *part = *opening;
    if (is_rest && !has_rest)
        return false;
    if (has_rest) {
        const fasti_date first = {date.v - is_rest};
        if (!is_on(opening, first.v))
            return false;
        part->date_first = part->date_last = first;
    }
    if (places_matter && is_used_up(model, q->schedule, at, is_rest, date))
        part->flags |= FASTI_OPENING_FULL;
    return true;
}

/* What the openings leave; where places matter, those without one as FULL. */
static void day_ask(const struct rule_model *model, const struct rule_model_question *q,
                    bool places_matter, struct fasti_model_day *day) {
    const struct rule_model_schedule *schedule = &model->schedules[q->schedule];
    const struct rule_model_service *service = &model->services[q->service];
    const uint32_t r = schedule->resolution_minutes;
    const fasti_date date = date_of(model, q->start_utc_s);
    static struct fasti_opening openings[2 * RULE_MODEL_OPENINGS];
    uint32_t count = 0;
    for (uint32_t i = 0; i < 2 * schedule->opening_count; i++)
        count += opening_part(model, q, i / 2, i % 2 == 1, date, places_matter, &openings[count]);
    const struct fasti_model_question question = {
        .openings = openings,
        .opening_count = count,
        .zone = model->zone,
        .resolution_minutes = r,
        .date = date,
        .service = {q->service},
        .duration_ticks = service->duration_minutes / r,
        .grid_ticks = service->grid_minutes / r,
        .offset_ticks = service->offset_minutes / r,
    };
    fasti_model_answer(&question, day);
}

/* The next longer visit that may start at a tick; 0: none. */
static uint32_t next_length(const struct fasti_model_day *day, uint32_t tick, uint32_t normal,
                            uint32_t after) {
    uint32_t best = day->normal[tick] && normal > after ? normal : 0;
    for (uint32_t i = 0; i < day->single_count; i++)
        if (day->singles[i].tick == tick && day->singles[i].length > after &&
            (best == 0 || day->singles[i].length < best))
            best = day->singles[i].length;
    return best;
}

static enum fasti_outcome without_candidate(const struct rule_model *model,
                                            const struct rule_model_question *q,
                                            const struct fasti_model_day *day, uint32_t tick) {
    const uint32_t r = model->schedules[q->schedule].resolution_minutes;
    const uint32_t normal = model->services[q->service].duration_minutes / r;
    bool is_full = false;
    for (uint32_t i = 0; i < day->piece_count; i++) {
        const struct fasti_model_piece *piece = &day->pieces[i];
        if (tick < piece->start || tick >= piece->end)
            continue;
        if (piece->is_full)
            is_full = true;
        else if (piece->is_single || tick + normal <= piece->visit_end)
            return FASTI_OUTCOME_OFF_GRID;
    }
    return is_full ? FASTI_OUTCOME_FULL : FASTI_OUTCOME_CLOSED;
}

/* ---- all of it ---- */

static enum fasti_outcome override_decide(const struct rule_model *model,
                                          const struct rule_model_question *q,
                                          const struct fasti_model_day *day, uint32_t tick,
                                          bool is_whole, struct rule_model_visit *visit) {
    const uint32_t r = model->schedules[q->schedule].resolution_minutes;
    const uint32_t normal = model->services[q->service].duration_minutes / r;
    if (!is_whole)
        return FASTI_OUTCOME_OFF_GRID;
    const uint32_t length = next_length(day, tick, normal, 0);
    return time_decide(model, q, (int32_t)((length == 0 ? normal : length) * r), visit);
}

enum fasti_outcome rule_model_decide(const struct rule_model *model,
                                     const struct rule_model_question *q,
                                     struct rule_model_visit *visit) {
    static struct fasti_model_day open;
    struct fasti_local_day day;
    fasti_zone_day(model->zone, date_of(model, q->start_utc_s), &day);
    const uint32_t r = model->schedules[q->schedule].resolution_minutes;
    const uint32_t normal = model->services[q->service].duration_minutes / r;
    const int64_t minute = (q->start_utc_s - day.start_utc_s) / 60;
    const uint32_t tick = (uint32_t)(minute / r);
    const bool is_whole = minute % r == 0;
    if (q->start_utc_s * 1000 < model->now_ms)
        return FASTI_OUTCOME_PAST;
    if (q->facts.is_override) {
        day_ask(model, q, false, &open);
        return override_decide(model, q, &open, tick, is_whole, visit);
    }
    const enum fasti_outcome barred = who(model, q);
    if (barred != FASTI_OUTCOME_BOOKED)
        return barred;
    day_ask(model, q, true, &open);
    enum fasti_outcome first = FASTI_OUTCOME_NONE;
    for (uint32_t length = is_whole ? next_length(&open, tick, normal, 0) : 0; length != 0;
         length = next_length(&open, tick, normal, length)) {
        enum fasti_outcome outcome = when(model, q, (int32_t)(length * r));
        if (outcome == FASTI_OUTCOME_BOOKED)
            outcome = time_decide(model, q, (int32_t)(length * r), visit);
        if (outcome == FASTI_OUTCOME_BOOKED)
            return outcome;
        first = first == FASTI_OUTCOME_NONE ? outcome : first;
    }
    return first != FASTI_OUTCOME_NONE ? first : without_candidate(model, q, &open, tick);
}
