/*
 * opening_model.c - see opening_model.h.
 */
#include "tests/support/opening_model.h"

#include <stdio.h>
#include <string.h>

#include "engine/time/civil.h"

/* Ticks are counted from the day's start; those before it and after its end are there, too. */
#define BEFORE (2 * FASTI_TICKS_MAX)
#define ALL    (5 * FASTI_TICKS_MAX)

struct model {
    const struct fasti_model_question *question;
    struct fasti_local_day day;
    int64_t ticks;        /* of the day */
    bool closed[ALL];     /* for weekly hours */
    bool closed_all[ALL]; /* for the others, too */
    int64_t first, end;   /* ticks of the days beside this one: how far a SINGLE one looks */
    bool inside[ALL];     /* of one opening */
};

/* Minutes before those that are so far from it by the zone's largest offset cannot show it. */
int32_t fasti_model_reached(const struct fasti_zone *zone, const struct fasti_local_day *day,
                            int64_t wanted_s) {
    int32_t most_s = zone->changes[0].offset_s;
    for (uint32_t i = 1; i < zone->change_count; i++)
        most_s = zone->changes[i].offset_s > most_s ? zone->changes[i].offset_s : most_s;
    const int64_t before = (wanted_s - most_s - day->start_utc_s) / 60 - 1;
    int32_t minute = before < 0 ? 0 : before < day->minutes ? (int32_t)before : day->minutes;
    for (; minute < day->minutes; minute++) {
        const int64_t utc_s = day->start_utc_s + minute * 60;
        if (utc_s + fasti_zone_offset_at(zone, utc_s) >= wanted_s)
            return minute;
    }
    return day->minutes;
}

/* First instant of a date at which its wall clock shows this civil time, or later. */
static int64_t reached(const struct model *model, int32_t date, int32_t civil_minute) {
    struct fasti_local_day day;
    const int64_t wanted_s = date * FASTI_DAY_SECONDS + civil_minute * 60;
    fasti_zone_day(model->question->zone, (fasti_date){date}, &day);
    return day.start_utc_s +
           INT64_C(60) * fasti_model_reached(model->question->zone, &day, wanted_s);
}

static bool applies(const struct fasti_opening *opening, int32_t date) {
    const int32_t weekday = ((date + 3) % 7 + 7) % 7; /* 1970-01-01 was a Thursday */
    return date >= opening->date_first.v && date <= opening->date_last.v &&
           (opening->weekdays & 1 << weekday) != 0;
}

static bool offers(const struct fasti_opening *opening, fasti_service_id service) {
    bool found = opening->service_count == 0;
    for (uint32_t i = 0; i < opening->service_count; i++)
        found = found || opening->services[i].v == service.v;
    return found;
}

static void single_add(struct fasti_model_day *day, struct fasti_model_start start) {
    for (uint32_t i = 0; i < day->single_count; i++) {
        if (day->singles[i].tick == start.tick && day->singles[i].length == start.length)
            return; /* two openings that offer the same */
    }
    day->singles[day->single_count++] = start;
}

/* How many ticks from this one on are inside without a hole. */
static int64_t room_at(const struct model *model, int64_t tick) {
    int64_t room = 0;
    while (BEFORE + tick + room < ALL && model->inside[BEFORE + tick + room])
        room++;
    return room;
}

/* Every run of ticks of the day that are inside. */
static void pieces_add(const struct model *model, struct fasti_model_piece piece,
                       struct fasti_model_day *day) {
    for (int64_t tick = 0; tick < model->ticks; tick++) {
        if (!model->inside[BEFORE + tick])
            continue;
        const int64_t end = tick + room_at(model, tick);
        piece.start = (uint32_t)tick;
        piece.end = (uint32_t)(end < model->ticks ? end : model->ticks);
        piece.visit_end = (uint32_t)end;
        if (day->piece_count < FASTI_SPANS_MAX)
            day->pieces[day->piece_count++] = piece;
        tick = end;
    }
}

/* An opening from one instant to another. */
static void opening_add(struct model *model, const struct fasti_opening *opening, int64_t from_s,
                        int64_t to_s, struct fasti_model_day *day) {
    const int64_t r = model->question->resolution_minutes;
    const int64_t first = (from_s - model->day.start_utc_s) / 60;
    const int64_t end = (to_s - model->day.start_utc_s) / 60;
    const bool *closed = opening->kind == FASTI_OPENING_WEEKLY ? model->closed : model->closed_all;
    int64_t anchor = INT64_MIN, whole = 0, touched = 0, here = 0;
    memset(model->inside, 0, sizeof model->inside);
    for (int64_t tick = first / r - 1; tick * r < end; tick++) {
        if (tick * r < first || (tick + 1) * r > end)
            continue; /* not wholly in the opening */
        anchor = anchor == INT64_MIN ? tick : anchor;
        whole++;
        if (tick < -BEFORE || tick >= ALL - BEFORE)
            continue;
        const bool is_closed = closed[BEFORE + tick];
        touched += is_closed && tick >= model->first && tick < model->end;
        model->inside[BEFORE + tick] = !is_closed;
        here += !is_closed && tick >= 0 && tick < model->ticks;
    }
    const bool single = (opening->flags & FASTI_OPENING_SINGLE) != 0;
    if (here == 0 || (single && touched > 0) || !offers(opening, model->question->service))
        return;
    day->is_open = true;
    const bool is_rest = single && anchor < 0;
    const bool is_long = single && opening->kind == FASTI_OPENING_INSTANT && whole * r > 1440;
    const bool full = (opening->flags & FASTI_OPENING_FULL) != 0 || is_rest || is_long;
    pieces_add(model, (struct fasti_model_piece){.is_full = full, .is_single = single}, day);
    if (full)
        return;
    if (single) {
        single_add(day, (struct fasti_model_start){(uint32_t)anchor, (uint32_t)whole});
        return;
    }
    for (int64_t tick = 0; tick < model->ticks; tick++) {
        const int64_t into = tick - anchor - (int64_t)model->question->offset_ticks;
        if (room_at(model, tick) >= model->question->duration_ticks && into >= 0 &&
            into % (int64_t)model->question->grid_ticks == 0)
            day->normal[tick] = true;
    }
}

/* From where to where a rule with hours goes that begins on a date. */
static void hours(const struct model *model, const struct fasti_opening *opening, int32_t date,
                  int64_t *from_s, int64_t *to_s) {
    const bool is_over = opening->end_minute > 1440;
    *from_s = reached(model, date, opening->start_minute);
    *to_s = is_over ? reached(model, date + 1, opening->end_minute - 1440)
                    : reached(model, date, opening->end_minute);
}

static void closed_mark(struct model *model) {
    const int64_t r = model->question->resolution_minutes;
    for (uint32_t i = 0; i < model->question->opening_count; i++) {
        const struct fasti_opening *opening = &model->question->openings[i];
        for (int32_t date = model->question->date.v - 2; date <= model->question->date.v + 1;
             date++) {
            int64_t from_s, to_s;
            if (opening->kind != FASTI_OPENING_CLOSED || !applies(opening, date))
                continue;
            hours(model, opening, date, &from_s, &to_s);
            for (int64_t at_s = from_s; at_s < to_s; at_s += 60) {
                const int64_t minute = (at_s - model->day.start_utc_s) / 60;
                const int64_t tick = (minute + BEFORE * r) / r - BEFORE;
                model->closed[BEFORE + tick] = true;
                if ((opening->flags & FASTI_OPENING_ALL) != 0)
                    model->closed_all[BEFORE + tick] = true;
            }
        }
    }
}

void fasti_model_answer(const struct fasti_model_question *question, struct fasti_model_day *day) {
    static struct model model;
    memset(&model, 0, sizeof model);
    model.question = question;
    memset(day, 0, sizeof *day);
    fasti_zone_day(question->zone, question->date, &model.day);
    model.ticks = model.day.minutes / (int32_t)question->resolution_minutes;
    struct fasti_local_day before, after;
    fasti_zone_day(question->zone, (fasti_date){question->date.v - 1}, &before);
    fasti_zone_day(question->zone, (fasti_date){question->date.v + 1}, &after);
    model.first = -before.minutes / (int32_t)question->resolution_minutes;
    model.end = model.ticks + after.minutes / (int32_t)question->resolution_minutes;
    closed_mark(&model);
    for (uint32_t i = 0; i < question->opening_count; i++) {
        const struct fasti_opening *opening = &question->openings[i];
        if (opening->kind == FASTI_OPENING_INSTANT) {
            opening_add(&model, opening, opening->start_utc_s, opening->end_utc_s, day);
            continue;
        }
        for (int32_t date = question->date.v - 1; date <= question->date.v; date++) {
            int64_t from_s, to_s;
            if (opening->kind == FASTI_OPENING_CLOSED || !applies(opening, date))
                continue;
            hours(&model, opening, date, &from_s, &to_s);
            opening_add(&model, opening, from_s, to_s, day);
        }
    }
}

enum fasti_rule_verdict fasti_model_why_none(const struct fasti_model_day *day, uint32_t tick) {
    bool is_any = day->single_count > 0, is_ahead = false, is_left = false;
    for (uint32_t t = 0; t < FASTI_TICKS_MAX; t++) {
        is_any = is_any || day->normal[t];
        is_ahead = is_ahead || (t >= tick && day->normal[t]);
    }
    for (uint32_t i = 0; i < day->single_count; i++)
        is_ahead = is_ahead || day->singles[i].tick >= tick;
    for (uint32_t i = 0; i < day->piece_count; i++) {
        is_left = is_left || day->pieces[i].end > tick;
        is_ahead = is_ahead || (day->pieces[i].end > tick && day->pieces[i].is_full);
    }
    if (!day->is_open)
        return FASTI_RULE_CLOSED;
    if (!is_left)
        return FASTI_RULE_PAST;
    return is_ahead || !is_any ? FASTI_RULE_FULL : FASTI_RULE_PAST;
}

static bool plan_has(const struct fasti_plan *plan, uint32_t tick, uint32_t length) {
    for (uint32_t g = 0; g < plan->group_count; g++) {
        if (plan->groups[g].length_ticks == length)
            return plan->groups[g].starts[tick / 64] >> (tick % 64) & 1;
    }
    return false;
}

/* How many starts the plan has; 0 and *fault set if it is not well-formed. */
static uint32_t plan_count(const struct fasti_plan *plan, const char **fault) {
    uint32_t count = 0;
    for (uint32_t g = 0; g < plan->group_count; g++) {
        if (g > 0 && plan->groups[g].length_ticks <= plan->groups[g - 1].length_ticks)
            *fault = "the groups are not in order";
        for (uint32_t i = 0; i < FASTI_DAY_WORDS_MAX; i++) {
            if (plan->groups[g].starts[i] != 0 && (i < plan->word_first || i >= plan->word_end))
                *fault = "a start lies outside of word_first to word_end";
            count += (uint32_t)__builtin_popcountll(plan->groups[g].starts[i]);
        }
    }
    return count;
}

const char *fasti_model_differs(const struct fasti_model_question *question,
                                const struct fasti_model_day *day, const struct fasti_plan *plan,
                                char text[128]) {
    const char *fault = NULL;
    uint32_t starts = 0;
    if (day->is_open != plan->is_open)
        return day->is_open ? "the model is open, the plan is not"
                            : "the plan is open, the model is not";
    for (uint32_t tick = 0; tick < FASTI_TICKS_MAX; tick++) {
        starts += day->normal[tick];
        if (day->normal[tick] && !plan_has(plan, tick, question->duration_ticks)) {
            snprintf(text, 128, "the plan lacks tick %u", tick);
            return text;
        }
    }
    for (uint32_t i = 0; i < day->single_count; i++) {
        const struct fasti_model_start *single = &day->singles[i];
        starts += single->length != question->duration_ticks || !day->normal[single->tick];
        if (!plan_has(plan, single->tick, single->length)) {
            snprintf(text, 128, "the plan lacks tick %u, length %u", single->tick, single->length);
            return text;
        }
    }
    const uint32_t count = plan_count(plan, &fault);
    if (fault != NULL || count == starts)
        return fault;
    snprintf(text, 128, "the plan has %u starts, the model %u", count, starts);
    return text;
}

static int64_t instant(int32_t year, uint8_t month, uint8_t day, int32_t hour) {
    const fasti_date date = fasti_date_of_civil((struct fasti_civil){year, month, day});
    return date.v * FASTI_DAY_SECONDS + hour * 3600;
}

void fasti_test_zone_berlin(struct fasti_zone *zone) {
    memset(zone, 0, sizeof *zone);
    zone->change_count = 3;
    zone->changes[0] = (struct fasti_zone_change){0, 3600};
    zone->changes[1] = (struct fasti_zone_change){instant(2026, 3, 29, 1), 7200};
    zone->changes[2] = (struct fasti_zone_change){instant(2026, 10, 25, 1), 3600};
}

void fasti_test_zone_utc(struct fasti_zone *zone) {
    memset(zone, 0, sizeof *zone);
    zone->change_count = 1;
}
