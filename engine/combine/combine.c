/*
 * combine.c - offers in order: by the last step's start, then by the steps' before it, then by the
 * choices; see combine.h.
 *
 *   for each start of the last step, rising
 *     dates from which a chain leads there        (backwards, a date at a time)
 *       starts of step 0, 1 ... on such dates     (forwards, rising)
 *         choices of their parts, as named        -> probe -> the offer of that last start
 */
#include "engine/combine/combine.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"
#include "engine/combine/check.h"
#include "engine/combine/line.h"
#include "engine/combine/probe.h"
#include "engine/combine/series.h"

#define RUN_TRIES_MAX 16 /* of a question beside edits all the time */
#define ROWS_MAX      (FASTI_COMBINE_STEPS_MAX * FASTI_COMBINE_PARTS_MAX) /* of one offer */

struct fasti_combine {
    struct fasti_lines lines;
    struct fasti_book book; /* the offer that is tried */
    struct fasti_series series;
    struct fasti_combine_answer answer;
};

/* One question. */
struct run {
    struct fasti_lines *lines;
    struct fasti_book *book;
    struct fasti_series *series;
    struct fasti_combine_answer *answer;
    const struct fasti_combine_query *query;
    struct fasti_booking *booking;
    const struct fasti_command *command;
    struct fasti_pending *pending;
    enum fasti_probe_result failed; /* FREE and LOST: it did not */

    int32_t starts[FASTI_COMBINE_STEPS_MAX]; /* minutes of the offer that is tried */
    uint32_t dates[FASTI_COMBINE_STEPS_MAX];
    uint8_t choices[ROWS_MAX];
    uint16_t lengths[ROWS_MAX];

    uint32_t last_date; /* that `leads` is for; UINT32_MAX: for none */
    bool leads[FASTI_COMBINE_STEPS_MAX][FASTI_COMBINE_DAYS_MAX]; /* from that date there */
};

struct fasti_combine *fasti_combine_create(void) {
    return calloc(1, sizeof(struct fasti_combine));
}

void fasti_combine_destroy(struct fasti_combine *combine) {
    free(combine);
}

/* Is there anything that ends the question before its time? */
static bool is_over(const struct run *run) {
    return run->lines->is_cut || run->lines->has_changed || run->failed != FASTI_PROBE_FREE;
}

/* ---- choices ---- */

static bool is_named(const struct run *run, uint32_t first_row, uint32_t row, uint32_t choice) {
    for (uint32_t r = first_row; r < row; r++)
        if (run->query->choices[run->choices[r]].schedule.v ==
            run->query->choices[choice].schedule.v)
            return true;
    return false;
}

/* Where a step's rows begin. */
static uint32_t row_first(const struct run *run, uint32_t step) {
    return run->lines->steps[step].part_first;
}

static int32_t row_minute(const struct run *run, uint32_t step, uint32_t row) {
    return run->starts[step] + run->query->parts[row].offset_minutes;
}

/* Has all of the step before ended when the first part of this one starts? */
static bool steps_follow(const struct run *run, uint32_t step) {
    const uint32_t middle = row_first(run, step);
    const uint32_t end = middle + run->query->steps[step].part_count;
    int32_t begin = INT32_MAX, ended = 0;
    for (uint32_t r = middle; r < end; r++) {
        const int32_t minute = row_minute(run, step, r);
        begin = minute < begin ? minute : begin;
    }
    for (uint32_t r = row_first(run, step - 1); r < middle; r++) {
        const int32_t minute = row_minute(run, step - 1, r) + run->lengths[r];
        ended = minute > ended ? minute : ended;
    }
    return begin >= ended;
}

static void row_write(struct run *run, uint32_t step, uint32_t row) {
    const struct fasti_combine_choice *choice = &run->query->choices[run->choices[row]];
    run->book->items[row] = (struct fasti_book_item){
        .schedule = choice->schedule,
        .service = choice->service,
        .start_utc_s = fasti_lines_utc_s(run->lines, row_minute(run, step, row)),
        .appointment = (uint8_t)step,
    };
}

/* Would the booking take the offer as it stands? */
static bool offer_probe(struct run *run) {
    const uint32_t rows = run->query->part_count;
    if (!fasti_lines_look(run->lines, rows * FASTI_PROBE_ROW_LOOKS))
        return false;
    for (uint32_t s = 0; s < run->query->step_count; s++) {
        const uint32_t first = row_first(run, s);
        for (uint32_t r = first; r < first + run->query->steps[s].part_count; r++)
            row_write(run, s, r);
        run->book->appointments[s].facts = run->query->facts;
    }
    run->book->appointment_count = run->query->step_count;
    run->book->item_count = (uint8_t)rows;
    const enum fasti_probe_result result =
        fasti_probe(run->booking, run->command, run->pending, run->book, run->lengths);
    if (result == FASTI_PROBE_MEMORY || result == FASTI_PROBE_BUSY)
        run->failed = result;
    return result == FASTI_PROBE_FREE;
}

/* Tries a row's choices, as named, and behind each those of the rows behind it; true: there is an
 * offer with these starts. */
static bool choices_try(struct run *run, uint32_t step, uint32_t row) {
    if (row == run->query->part_count)
        return offer_probe(run);
    const uint32_t first = row_first(run, step);
    const bool is_last = row + 1 == first + run->query->steps[step].part_count;
    const int32_t minute = row_minute(run, step, row);
    for (uint32_t i = 0; i < run->query->parts[row].choice_count && !is_over(run); i++) {
        const uint32_t choice = run->lines->choice_first[row] + i;
        if (!fasti_lines_look(run->lines, 1))
            return false;
        if (is_named(run, first, row, choice) || !fasti_lines_free(run->lines, choice, minute))
            continue;
        run->choices[row] = (uint8_t)choice;
        run->lengths[row] = (uint16_t)fasti_lines_length(run->lines, choice, minute);
        if (run->lengths[row] == 0 || (is_last && step > 0 && !steps_follow(run, step)))
            continue;
        if (choices_try(run, step + is_last, row + 1))
            return true;
    }
    return false;
}

/* ---- starts ---- */

/* The first start of a step in minutes [from, end); -1: there is none. */
static int32_t start_next(struct run *run, uint32_t step, int32_t from, int32_t end) {
    if (from < 0)
        from = 0;
    for (uint32_t w = (uint32_t)from / 64; (int32_t)(w * 64) < end && !is_over(run); w++) {
        const uint64_t bits = fasti_lines_word(run->lines, step, w);
        if (bits == 0)
            continue;
        const uint64_t taken = bits & fasti_bits_mask(w, (uint32_t)from, (uint32_t)end);
        if (taken != 0)
            return (int32_t)(w * 64) + __builtin_ctzll(taken);
    }
    return -1;
}

/* From which dates of each step a chain may lead to the last one's date. */
static void dates_lead(struct run *run, uint32_t last_date) {
    if (run->last_date == last_date)
        return;
    run->last_date = last_date;
    const uint32_t last = run->query->step_count - 1u, count = run->lines->day_count;
    for (uint32_t d = 0; d < count; d++)
        run->leads[last][d] = d == last_date;
    for (uint32_t s = last; s > 0; s--) {
        const struct fasti_combine_step *gap = &run->query->steps[s];
        const int32_t *minutes = run->lines->steps[s - 1].date_minutes;
        for (uint32_t d = 0; d < count; d++) {
            bool leads = false;
            for (uint32_t to = d + gap->days_min; to <= d + gap->days_max && to < count && !leads;
                 to++)
                leads = run->leads[s][to];
            run->leads[s - 1][d] = leads && start_next(run, s - 1, minutes[d], minutes[d + 1]) >= 0;
        }
    }
}

static bool starts_try(struct run *run, uint32_t step);

/* Tries a step's starts in minutes [from, end) of one date. */
static bool date_try(struct run *run, uint32_t step, uint32_t date, int32_t from, int32_t end) {
    run->dates[step] = date;
    for (int32_t minute = from; !is_over(run); minute++) {
        minute = start_next(run, step, minute, end);
        if (minute < 0 || !fasti_lines_look(run->lines, 1))
            return false;
        run->starts[step] = minute;
        if (starts_try(run, step + 1))
            return true;
    }
    return false;
}

/* Tries the starts of a step behind those that are chosen, up to the last step's, which is fixed;
 * true: there is an offer. */
static bool starts_try(struct run *run, uint32_t step) {
    const uint32_t last = run->query->step_count - 1u;
    const struct fasti_combine_step *gap = &run->query->steps[step < last ? step : last];
    const uint32_t before = step == 0 ? 0 : run->dates[step - 1];
    if (step >= last) {
        const uint32_t days = run->last_date - before; /* wraps where it lies before */
        if (last > 0 && (run->last_date < before || days < gap->days_min || days > gap->days_max ||
                         run->starts[last] <= run->starts[last - 1]))
            return false;
        return choices_try(run, 0, 0);
    }
    const int32_t *minutes = run->lines->steps[step].date_minutes;
    const uint32_t end = step == 0 ? run->lines->day_count : before + gap->days_max + 1u;
    for (uint32_t d = before + gap->days_min; d < end && d < run->lines->day_count; d++) {
        if (is_over(run) ||
            (run->lines->steps[step].zone != NULL && minutes[d] >= run->starts[last]))
            return false;
        const int32_t from = step > 0 && run->starts[step - 1] >= minutes[d]
                                 ? run->starts[step - 1] + 1
                                 : minutes[d];
        if (run->leads[step][d] && date_try(run, step, d, from, minutes[d + 1]))
            return true;
    }
    return false;
}

/* ---- the answer ---- */

static void offer_write(struct run *run) {
    struct fasti_combine_answer *answer = run->answer;
    for (uint32_t s = 0, r = 0; s < run->query->step_count; s++)
        for (uint32_t i = 0; i < run->query->steps[s].part_count; i++, r++) {
            const struct fasti_book_item *item = &run->book->items[r];
            const struct fasti_schedule_config *config =
                run->lines->choices[run->choices[r]].config;
            answer->rows[answer->row_count++] = (struct fasti_combine_row){
                .schedule = item->schedule,
                .service = item->service,
                .start_utc_s = item->start_utc_s,
                .offset_minutes =
                    (int16_t)(fasti_zone_offset_at(config->zone, item->start_utc_s) / 60),
                .minutes = run->lengths[r],
                .appointment = (uint8_t)s,
                .choice = run->choices[r],
            };
        }
    answer->count++;
}

/* Each start of the last step, rising, up to the limit. *decided: up to which minute all were. */
static void offers_find(struct run *run, int32_t *decided) {
    const uint32_t last = run->query->step_count - 1u;
    const struct fasti_line_step *step = &run->lines->steps[last];
    const int32_t end = step->date_minutes[run->lines->day_count];
    run->last_date = UINT32_MAX;
    for (uint32_t s = 0; s <= last; s++)
        if (run->lines->steps[s].zone == NULL)
            return;
    while (run->answer->count < run->query->limit) {
        const int32_t minute = start_next(run, last, *decided + 1, end);
        if (is_over(run) || minute < 0)
            break;
        run->starts[last] = minute;
        const uint32_t date = fasti_lines_date(run->lines, last, minute);
        dates_lead(run, date);
        const bool is_found = starts_try(run, 0);
        if (is_over(run))
            break;
        *decided = minute;
        if (is_found)
            offer_write(run);
    }
    run->answer->more = run->answer->count == run->query->limit || run->lines->is_cut;
}

static void series_find(struct run *run) {
    *run->series = (struct fasti_series){.lines = run->lines,
                                         .booking = run->booking,
                                         .command = run->command,
                                         .pending = run->pending,
                                         .book = run->book,
                                         .answer = run->answer};
    fasti_series_find(run->series);
    run->failed = run->series->failed;
}

static enum fasti_status run_once(struct run *run, struct fasti_detail *detail) {
    struct fasti_combine_answer *answer = run->answer;
    memset(answer, 0, offsetof(struct fasti_combine_answer, rows));
    run->failed = FASTI_PROBE_FREE;
    fasti_lines_begin(run->lines);
    const int64_t behind_s = run->query->after_utc_s - run->lines->base_utc_s;
    int32_t decided = -1;
    if (run->query->after_utc_s != 0 && behind_s >= 0)
        decided =
            behind_s / 60 < FASTI_LINE_MINUTES ? (int32_t)(behind_s / 60) : FASTI_LINE_MINUTES - 1;
    const int32_t begun = decided;
    const bool is_series = run->query->series.count > 0;
    if (is_series)
        series_find(run);
    else
        offers_find(run, &decided);
    if (run->failed == FASTI_PROBE_MEMORY)
        return fasti_detail_set(detail, FASTI_LIMIT_MEMORY, "%s",
                                fasti_status_text(FASTI_LIMIT_MEMORY));
    if (run->failed == FASTI_PROBE_BUSY)
        return fasti_detail_set(detail, FASTI_BUSY,
                                "too many others change the same days; try again");
    if (!is_series && run->lines->is_cut && decided == begun)
        return fasti_detail_set(detail, FASTI_LIMIT_MESSAGE,
                                "there are more than %d days, starts and schedules to look at: ask "
                                "for fewer days, schedules or hours",
                                FASTI_COMBINE_LOOKS_MAX);
    answer->next_utc_s =
        decided == begun ? run->query->after_utc_s : fasti_lines_utc_s(run->lines, decided);
    answer->choice_count = run->query->choice_count;
    memcpy(answer->reasons, run->lines->reasons, sizeof answer->reasons);
    return FASTI_OK;
}

static enum fasti_status combine_run(struct run *run, struct fasti_detail *detail) {
    FASTI_TRY(fasti_combine_check(run->query, detail));
    for (uint32_t tries = 0; tries < RUN_TRIES_MAX; tries++) {
        const enum fasti_status status = run_once(run, detail);
        if (!run->lines->has_changed)
            return status;
    }
    return fasti_detail_set(detail, FASTI_BUSY, "a schedule is edited all the time; try again");
}

enum fasti_disposition fasti_combine(struct fasti_combine *combine, struct fasti_booking *booking,
                                     struct fasti_search *search,
                                     const struct fasti_command *command,
                                     struct fasti_pending *pending) {
    struct fasti_lines *lines = &combine->lines;
    pending->decided_ms = fasti_state_now_ms(booking->state);
    lines->search = search;
    lines->query = &command->body.combine;
    lines->organization = command->organization;
    lines->now_ms = pending->decided_ms;
    struct run run = {.lines = lines,
                      .book = &combine->book,
                      .series = &combine->series,
                      .answer = &combine->answer,
                      .query = &command->body.combine,
                      .booking = booking,
                      .command = command,
                      .pending = pending};
    struct fasti_detail detail = {{0}};
    pending->answer.status = combine_run(&run, &detail);
    pending->answer.detail = detail; /* probes wrote there */
    pending->answer.record.v = 0;
    pending->answer.outcome =
        pending->answer.status == FASTI_OK ? FASTI_OUTCOME_FOUND : FASTI_OUTCOME_NONE;
    pending->answer.body.combine = &combine->answer;
    return FASTI_ANSWERED;
}
