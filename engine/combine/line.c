/*
 * line.c - fills the lines of choices and steps; see line.h.
 */
#include "engine/combine/line.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/time/civil.h"

#define FILL_DAYS                                                                   \
    16 /* of one choice at once: the next day of a view is cheaper than another one \
        */

static int32_t minute_of(const struct fasti_lines *lines, int64_t utc_s) {
    return (int32_t)((utc_s - lines->base_utc_s) / 60);
}

static void bits_set(uint64_t *words, int32_t from, int32_t end) {
    if (from >= end)
        return;
    FASTI_ASSERT(from >= 0 && end <= FASTI_LINE_MINUTES);
    for (uint32_t w = (uint32_t)from / 64; w <= (uint32_t)(end - 1) / 64; w++)
        words[w] |= fasti_bits_mask(w, (uint32_t)from, (uint32_t)end);
}

/* ---- choices ---- */

/* The choice's row as it is now; false: it is another one than at the question's beginning. */
static bool row_load(struct fasti_lines *lines, uint32_t c) {
    const struct fasti_combine_choice *asked = &lines->query->choices[c];
    lines->row.scene = (struct fasti_rule_scene){.now_ms = lines->now_ms};
    const enum fasti_reason reason =
        fasti_row_load(lines->search, lines->organization, asked->schedule, asked->service,
                       &lines->query->facts, &lines->row);
    if (reason == FASTI_REASON_FREE && lines->row.config == lines->choices[c].config)
        return true;
    lines->has_changed = true;
    return false;
}

/* The free starts of the day that the row's view holds. */
static void day_write(struct fasti_lines *lines, struct fasti_line_choice *choice) {
    const struct fasti_day_view *view = &lines->row.view;
    const int32_t resolution = view->config->resolution_minutes;
    const int32_t start_minute = minute_of(lines, view->day.start_utc_s);
    for (uint32_t w = fasti_rule_word_first(view); w < fasti_rule_word_end(view); w++)
        for (uint64_t left = lines->search->starts[w]; left != 0; left &= left - 1) {
            const int32_t tick = (int32_t)(w * 64) + __builtin_ctzll(left);
            const int32_t minute = start_minute + tick * resolution;
            FASTI_ASSERT(minute >= 0 && minute < FASTI_LINE_MINUTES);
            choice->words[minute / 64] |= UINT64_C(1) << (minute % 64);
        }
}

/* Looks at the days that come next, some at once. */
static void days_fill(struct fasti_lines *lines, uint32_t c) {
    struct fasti_line_choice *choice = &lines->choices[c];
    if (!row_load(lines, c))
        return;
    for (uint32_t d = 0; d < FILL_DAYS && choice->next.v <= choice->last.v; d++) {
        if (!fasti_lines_look(lines, 1))
            return;
        const bool is_free = fasti_row_free(lines->search, &lines->row, choice->next, d > 0);
        const struct fasti_day_view *view = &lines->row.view;
        struct fasti_line_day *day = &choice->days[choice->next.v - choice->first.v];
        day->start_minute = minute_of(lines, view->day.start_utc_s);
        day->minutes = 0;
        if (is_free) {
            day_write(lines, choice);
            if (view->plan->group_count == 1)
                day->minutes = (uint16_t)(view->plan->groups[0].length_ticks *
                                          view->config->resolution_minutes);
        }
        choice->filled_end = day->start_minute + view->day.minutes;
        choice->next.v++;
    }
    if (choice->next.v > choice->last.v)
        choice->filled_end = FASTI_LINE_MINUTES;
}

/* Fills the choice's minutes before `end`; false: that could not be done. */
static bool choice_fill(struct fasti_lines *lines, uint32_t c, int32_t end) {
    struct fasti_line_choice *choice = &lines->choices[c];
    while (choice->filled_end < end && !lines->has_changed && !lines->is_cut)
        days_fill(lines, c);
    return choice->filled_end >= end;
}

bool fasti_lines_free(struct fasti_lines *lines, uint32_t choice, int32_t minute) {
    return minute >= 0 && minute < FASTI_LINE_MINUTES && lines->choices[choice].config != NULL &&
           choice_fill(lines, choice, minute + 1) &&
           (lines->choices[choice].words[minute / 64] >> (minute % 64) & 1) != 0;
}

/* Of a day whose visits differ: looked at once more. */
static uint32_t length_look(struct fasti_lines *lines, uint32_t c, fasti_date date,
                            int32_t minute) {
    const struct fasti_line_choice *choice = &lines->choices[c];
    if (!fasti_lines_look(lines, 1) || !row_load(lines, c) ||
        !fasti_row_free(lines->search, &lines->row, date, false))
        return 0;
    const struct fasti_day_view *view = &lines->row.view;
    const uint32_t resolution = view->config->resolution_minutes;
    const uint32_t tick =
        (uint32_t)(minute - choice->days[date.v - choice->first.v].start_minute) / resolution;
    if (tick / 64 < fasti_rule_word_first(view) || tick / 64 >= fasti_rule_word_end(view) ||
        (lines->search->starts[tick / 64] >> (tick % 64) & 1) == 0)
        return 0;
    return resolution * (view->plan->group_count == 1 ? view->plan->groups[0].length_ticks
                                                      : lines->search->lengths[tick]);
}

uint32_t fasti_lines_length(struct fasti_lines *lines, uint32_t c, int32_t minute) {
    const struct fasti_line_choice *choice = &lines->choices[c];
    uint32_t low = 0, end = (uint32_t)(choice->next.v - choice->first.v);
    while (end - low > 1) { /* the last day that begins there or before */
        const uint32_t middle = low + (end - low) / 2;
        if (choice->days[middle].start_minute <= minute)
            low = middle;
        else
            end = middle;
    }
    const uint32_t minutes = choice->days[low].minutes;
    return minutes != 0
               ? minutes
               : length_look(lines, c, (fasti_date){choice->first.v + (int32_t)low}, minute);
}

/* Which days of its own zone the choice may need for minutes [from, end); none of them is filled.
 */
static void choice_begin(struct fasti_lines *lines, uint32_t c, int32_t from, int32_t end) {
    struct fasti_line_choice *choice = &lines->choices[c];
    const struct fasti_zone *zone = choice->config->zone;
    choice->first = fasti_zone_date_at(zone, fasti_lines_utc_s(lines, from));
    choice->last = fasti_zone_date_at(zone, fasti_lines_utc_s(lines, end - 1));
    if (choice->first.v < FASTI_DATE_FIRST)
        choice->first.v = FASTI_DATE_FIRST;
    if (choice->last.v > FASTI_DATE_LAST)
        choice->last.v = FASTI_DATE_LAST;
    choice->next = choice->first;
    choice->filled_end = from < end && choice->first.v <= choice->last.v ? 0 : FASTI_LINE_MINUTES;
    FASTI_ASSERT(choice->last.v - choice->first.v < FASTI_LINE_DAYS);
    /* What its days may write, and what is read around it. */
    const int32_t low = (from - FASTI_LOCAL_DAY_MINUTES_MAX) / 64 - 1;
    const int32_t high = (end + FASTI_LOCAL_DAY_MINUTES_MAX) / 64 + 2;
    const uint32_t first = low < 0 ? 0 : (uint32_t)low;
    const uint32_t past = high > FASTI_LINE_WORDS ? FASTI_LINE_WORDS : (uint32_t)high;
    memset(choice->words + first, 0, (past - first) * sizeof choice->words[0]);
}

/* Can the choice be had at all? */
static void choice_ask(struct fasti_lines *lines, uint32_t c) {
    const struct fasti_combine_choice *asked = &lines->query->choices[c];
    lines->reasons[c] = (uint8_t)fasti_row_load(lines->search, lines->organization, asked->schedule,
                                                asked->service, &lines->query->facts, &lines->row);
    lines->choices[c].config = lines->reasons[c] == FASTI_REASON_FREE ? lines->row.config : NULL;
}

/* ---- steps ---- */

/* A part of a day without a change of offset: minutes [from, end) of the line, the first of which
 * is minute `wall` of some local day. */
static void hours_set(struct fasti_line_step *step, const struct fasti_combine_query *query,
                      int32_t from, int32_t end, int32_t wall) {
    const int32_t to = query->to_minute == 0 ? FASTI_DAY_MINUTES : query->to_minute;
    for (int32_t midnight = from - wall; midnight < end; midnight += FASTI_DAY_MINUTES) {
        const int32_t first = midnight + query->from_minute, last = midnight + to;
        bits_set(step->words, first > from ? first : from, last < end ? last : end);
    }
}

static int32_t wall_minute(int64_t utc_s, int32_t offset_s) {
    const int64_t minute = (utc_s + offset_s) / 60 % FASTI_DAY_MINUTES;
    return (int32_t)(minute < 0 ? minute + FASTI_DAY_MINUTES : minute);
}

/* Where each date begins, and the minutes at which the query lets a step start. */
static void step_dates(struct fasti_lines *lines, struct fasti_line_step *step, uint32_t earliest) {
    const struct fasti_combine_query *query = lines->query;
    struct fasti_local_day day;
    for (uint32_t d = 0; d < lines->day_count; d++) {
        const fasti_date date = {query->first.v + (int32_t)d};
        fasti_zone_day(step->zone, date, &day);
        const int32_t from = minute_of(lines, day.start_utc_s), end = from + day.minutes;
        const int32_t change = day.change_minute < 0 ? end : from + day.change_minute;
        step->date_minutes[d] = from;
        step->date_minutes[d + 1] = end;
        if (d < earliest ||
            (query->weekdays != 0 && (query->weekdays >> fasti_date_weekday(date) & 1) == 0))
            continue;
        hours_set(step, query, from, change, wall_minute(day.start_utc_s, day.offset_s));
        if (change < end)
            hours_set(step, query, change, end,
                      wall_minute(fasti_lines_utc_s(lines, change), day.offset_after_s));
    }
}

/* The zone of the first schedule of the first part that can be asked. */
static const struct fasti_zone *zone_of(const struct fasti_lines *lines, uint32_t part) {
    const uint32_t first = lines->choice_first[part];
    for (uint32_t c = first; c < first + lines->query->parts[part].choice_count; c++) {
        const struct fasti_schedule *schedule =
            fasti_schedule_get(lines->search->directory, lines->query->choices[c].schedule);
        const struct fasti_schedule_config *config =
            schedule == NULL ? NULL : fasti_load_seq_cst(&schedule->config);
        if (config != NULL && config->organization.v == lines->organization.v)
            return config->zone;
    }
    return NULL;
}

/* earliest: the first date, from the query's first one on, that the step may start on. */
static void step_begin(struct fasti_lines *lines, uint32_t s, uint32_t part, uint32_t earliest) {
    const struct fasti_combine_query *query = lines->query;
    struct fasti_line_step *step = &lines->steps[s];
    step->part_first = part;
    step->zone = zone_of(lines, part);
    step->word_next = 0;
    memset(step->words, 0, sizeof step->words);
    if (step->zone != NULL)
        step_dates(lines, step, earliest);
    for (uint32_t p = part; p < part + query->steps[s].part_count; p++)
        for (uint32_t i = 0; i < query->parts[p].choice_count; i++) {
            const uint32_t c = lines->choice_first[p] + i;
            const int32_t offset = query->parts[p].offset_minutes;
            choice_ask(lines, c);
            if (step->zone == NULL)
                lines->choices[c].config = NULL;
            if (lines->choices[c].config != NULL)
                choice_begin(lines, c, step->date_minutes[earliest] + offset,
                             step->date_minutes[lines->day_count] + offset);
        }
}

/* A page that goes on need not look at the days before. */
static uint32_t earliest_of(const struct fasti_lines *lines) {
    const struct fasti_combine_query *query = lines->query;
    const struct fasti_zone *zone = zone_of(lines, 0);
    if (query->step_count > 1 || query->after_utc_s == 0 || zone == NULL)
        return 0;
    const int32_t date = fasti_zone_date_at(zone, query->after_utc_s).v - query->first.v;
    return date < 0 ? 0 : (uint32_t)date;
}

void fasti_lines_begin(struct fasti_lines *lines) {
    const struct fasti_combine_query *query = lines->query;
    lines->base_utc_s = ((int64_t)query->first.v - FASTI_LINE_MARGIN_DAYS) * FASTI_DAY_SECONDS;
    lines->day_count = (uint32_t)(query->last.v - query->first.v) + 1;
    lines->looks = 0;
    lines->is_cut = lines->has_changed = false;
    uint32_t choice = 0, part = 0;
    for (uint32_t p = 0; p < query->part_count; p++) {
        lines->choice_first[p] = choice;
        choice += query->parts[p].choice_count;
    }
    uint32_t earliest = earliest_of(lines);
    for (uint32_t s = 0; s < query->step_count; s++) {
        earliest += query->steps[s].days_min;
        earliest = earliest < lines->day_count ? earliest : lines->day_count;
        step_begin(lines, s, part, earliest);
        part += query->steps[s].part_count;
    }
}

/* 64 bits of a line from some minute on, which may lie outside. */
static uint64_t bits_from(const uint64_t *words, int32_t minute) {
    const int32_t floor = minute >= 0 ? minute / 64 : -((63 - minute) / 64);
    const uint32_t shift = (uint32_t)(minute - floor * 64);
    const uint64_t low = floor >= 0 && floor < FASTI_LINE_WORDS ? words[floor] : 0;
    const uint64_t high = floor >= -1 && floor + 1 < FASTI_LINE_WORDS ? words[floor + 1] : 0;
    return shift == 0 ? low : low >> shift | high << (64 - shift);
}

/* Of the minutes of a word: those at which some choice of the part is free. */
static uint64_t part_word(struct fasti_lines *lines, uint32_t p, uint32_t word) {
    const struct fasti_combine_part *part = &lines->query->parts[p];
    const int32_t minute = (int32_t)(word * 64) + part->offset_minutes;
    const int32_t end = minute + 64 < FASTI_LINE_MINUTES ? minute + 64 : FASTI_LINE_MINUTES;
    uint64_t bits = 0;
    for (uint32_t i = 0; i < part->choice_count; i++) {
        const uint32_t c = lines->choice_first[p] + i;
        if (lines->choices[c].config != NULL && choice_fill(lines, c, end))
            bits |= bits_from(lines->choices[c].words, minute);
    }
    return bits;
}

uint64_t fasti_lines_word(struct fasti_lines *lines, uint32_t s, uint32_t word) {
    struct fasti_line_step *step = &lines->steps[s];
    for (; step->word_next <= word && !lines->is_cut && !lines->has_changed; step->word_next++) {
        const uint32_t end = step->part_first + lines->query->steps[s].part_count;
        uint64_t *bits = &step->words[step->word_next];
        for (uint32_t p = step->part_first; p < end && *bits != 0; p++)
            *bits &= part_word(lines, p, step->word_next);
    }
    return step->word_next > word ? step->words[word] : 0;
}

uint32_t fasti_lines_date(const struct fasti_lines *lines, uint32_t s, int32_t minute) {
    const struct fasti_line_step *step = &lines->steps[s];
    uint32_t low = 0, end = lines->day_count;
    while (end - low > 1) { /* date_minutes[low] <= minute < date_minutes[end] */
        const uint32_t middle = low + (end - low) / 2;
        if (step->date_minutes[middle] <= minute)
            low = middle;
        else
            end = middle;
    }
    return low;
}
