/*
 * fasti_series.c - series: the same time of day every so many days or weeks, all or nothing.
 *
 *   2026-03-23T09:00 +01:00    2026-03-30T09:00 +02:00    2026-04-06T09:00 +02:00
 *
 * The wall clock is kept: each start is the local time of its date, as the server reads it. Each
 * date is an appointment of its own in one booking. Where a date cannot be had, another start is
 * looked for that neither the series itself nor another date's offer takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_book.h"
#include "tools/fasti_commands.h"

#define EVERY_DAYS_MAX   366 /* a longer rhythm is no series but dates to be named */
#define NEAREST_DAYS_MAX 31  /* starts are looked at so far; beyond, the next one counts */

/* ---- the dates ---- */

/* "1w", "14d" as days; 0 if it is neither. */
static int32_t every_days(const char *text) {
    char *end;
    const long number = strtol(text, &end, 10);
    if (text[0] < '1' || text[0] > '9' || number > EVERY_DAYS_MAX || (*end != 'd' && *end != 'w') ||
        end[1] != '\0')
        return 0;
    const long days = *end == 'w' ? number * 7 : number;
    return days > EVERY_DAYS_MAX ? 0 : (int32_t)days;
}

/* With an offset the start must still be the schedule's own wall clock, since that is kept. */
static enum fasti_exit wall_check(struct fasti_book_run *run,
                                  const struct fasti_instant_text *start) {
    struct fasti_session *session = run->session;
    struct fasti_civil_answer civil;
    fasti_schedule_id id;
    char schedule[FASTI_ID_BYTES_MAX + 1];
    snprintf(schedule, sizeof schedule, "%.*s", FASTI_PRINT(run->rows.rows[0].schedule));
    if (start->second_of_day % 60 != 0)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_TIME,
                                  "--start: \"%.40s\" is not a whole minute",
                                  run->rows.rows[0].start);
    if (!start->has_offset)
        return FASTI_EXIT_DONE;
    enum fasti_exit exit = fasti_session_resolve(session, FASTI_ENTITY_SCHEDULE, schedule, &id.v);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_times_civil(session, id, start->date, (uint16_t)(start->second_of_day / 60),
                                 &civil);
    if (exit != FASTI_EXIT_DONE || civil.utc_s == fasti_instant_utc_s(start))
        return exit;
    return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_TIME,
                              "--start: a series keeps the local time of its schedule: write that, "
                              "without an offset");
}

/* Rows after the first are the first one, days later. */
static void dates_fill(struct fasti_book_run *run, const struct fasti_instant_text *start,
                       int32_t days, uint32_t count) {
    struct fasti_rows *rows = &run->rows;
    for (uint32_t i = 0; i < count; i++) {
        struct fasti_row *row = &rows->rows[i];
        char date[FASTI_DATE_TEXT_BYTES];
        *row = rows->rows[0];
        row->appointment = row->time_of = (uint8_t)i;
        rows->appointments[i] = rows->appointments[0];
        fasti_date_format((fasti_date){start->date.v + (int32_t)i * days}, date);
        snprintf(row->start, sizeof row->start, "%sT%02d:%02d", date,
                 (int)(start->second_of_day / 3600), (int)(start->second_of_day / 60 % 60));
    }
    rows->count = rows->appointment_count = count;
}

static enum fasti_exit series_decode(struct fasti_book_run *run, const json_t *options) {
    struct fasti_session *session = run->session;
    struct fasti_detail detail;
    struct fasti_instant_text start;
    const int32_t days = every_days(fasti_field_text(options, "every", ""));
    const int64_t count = fasti_field_integer(options, "count", 0);
    if (days == 0)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "--every: \"%.30s\" is not like 1w, 2w or 3d, up to %d days",
                                  fasti_field_text(options, "every", ""), EVERY_DAYS_MAX);
    if (count < 1 || count > FASTI_ITEMS_MAX)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                  "--count must be 1 to %d", FASTI_ITEMS_MAX);
    enum fasti_status status =
        fasti_rows_decode(options, FASTI_ROWS_BOOK, NULL, &run->rows, &detail);
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s", detail.text);
    const char *text = run->rows.rows[0].start;
    status = fasti_instant_parse(text, strlen(text), &start);
    FASTI_ASSERT(status == FASTI_OK); /* the rows have looked */
    enum fasti_exit exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = wall_check(run, &start);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    dates_fill(run, &start, days, (uint32_t)count);
    return fasti_book_resolve(run);
}

/* ---- other starts ---- */

/* Does a visit there get in the way of a date that the series has, or of another one's offer? */
static bool is_in_the_way(const struct fasti_book_run *run, int64_t start_s, uint32_t minutes) {
    for (uint32_t i = 0; i < run->rows.count; i++) {
        const int64_t own_s = run->fates[i].outcome == FASTI_OUTCOME_BOOKED
                                  ? run->items[i].start_utc_s
                                  : run->fates[i].free_utc_s;
        if (own_s != 0 && llabs(start_s - own_s) < (int64_t)minutes * 60)
            return true;
    }
    return false;
}

static bool is_limit(enum fasti_outcome outcome) {
    return outcome == FASTI_OUTCOME_DAY_LIMIT || outcome == FASTI_OUTCOME_WEEK_LIMIT ||
           outcome == FASTI_OUTCOME_MONTH_LIMIT;
}

/* The nearest start of the same day, else the first one of a later day; none where it is the series
 * itself that reaches a limit: the date is free without it. */
static void nearest_take(struct fasti_book_run *run, uint32_t row,
                         const struct fasti_availability_answer *answer) {
    const int64_t wanted_s = run->items[row].start_utc_s;
    struct fasti_row_fate *fate = &run->fates[row];
    int64_t found_s = 0;
    int32_t offset_s = 0;
    for (uint32_t i = 0; i < answer->total; i++) {
        const int64_t start_s = answer->base_utc_s + answer->starts[i];
        if (i >= answer->counts[0] && found_s != 0)
            break;
        if (start_s == wanted_s && is_limit(fate->outcome))
            return;
        if (is_in_the_way(run, start_s, answer->lengths_minutes[i]))
            continue;
        if (found_s == 0 || llabs(start_s - wanted_s) < llabs(found_s - wanted_s)) {
            found_s = start_s;
            offset_s = answer->offsets_minutes[i] * 60;
        }
    }
    if (answer->total == 0) {
        found_s = answer->next_slot_utc_s[0];
        offset_s = answer->next_slot_offset_s[0];
    }
    fate->free_utc_s = found_s;
    fate->free_offset_s = offset_s;
}

/* Looks for another start for each date that was lost. That none could be asked for changes nothing
 * of what became of the series: failures stay quiet. */
static void nearest_find(struct fasti_book_run *run) {
    run->session->is_quiet = true;
    for (uint32_t i = 0; i < run->rows.count; i++) {
        struct fasti_command command = {.kind = FASTI_COMMAND_AVAILABILITY};
        struct fasti_availability_query *query = &command.body.availability;
        struct fasti_answer answer;
        if (!fasti_book_is_lost(run, i) ||
            fasti_date_parse(run->rows.rows[i].start, 10, &query->first) != FASTI_OK)
            continue;
        query->service_count = 1;
        query->services[0] = run->items[i].service;
        query->facts = run->rows.appointments[run->rows.rows[i].appointment].facts;
        query->facts.is_override = false; /* what staff may force has no list */
        query->day_count = NEAREST_DAYS_MAX;
        query->schedule_count = 1;
        query->schedules[0] = run->items[i].schedule;
        if (fasti_session_call(run->session, &command, &answer) != FASTI_EXIT_DONE)
            break;
        nearest_take(run, i, answer.body.availability);
    }
    run->session->is_quiet = false;
}

/* ---- the command ---- */

/* Leaves out what was lost; false: nothing remains, or nothing was lost. */
static bool leave_out(struct fasti_book_run *run) {
    uint32_t left = 0, lost = 0;
    for (uint32_t i = 0; i < run->rows.count; i++) {
        const bool is_lost = fasti_book_is_lost(run, i);
        lost += is_lost && !run->is_left_out[i];
        left += !is_lost;
        run->is_left_out[i] = is_lost;
    }
    return left > 0 && lost > 0;
}

static enum fasti_exit series_refuse(struct fasti_book_run *run) {
    uint32_t lost = 0;
    char sentence[120];
    for (uint32_t i = 0; i < run->rows.count; i++)
        lost += fasti_book_is_lost(run, i);
    snprintf(sentence, sizeof sentence, "nothing was booked: %u of %u dates cannot be had%s", lost,
             run->rows.count, lost < run->rows.count ? "; --skip-conflicts books the others" : "");
    return fasti_book_refuse(run, sentence);
}

enum fasti_exit fasti_run_series(struct fasti_session *session,
                                 const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    struct fasti_book_run run = {
        .session = session, .is_series = true, .command.kind = FASTI_COMMAND_BOOK};
    const bool may_skip = fasti_field_flag(options, "skip-conflicts");
    enum fasti_exit exit = series_decode(&run, options);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_book_ask(&run);
    /* Others book meanwhile: each time at least one date more is left out. */
    while (exit == FASTI_EXIT_DONE && run.answer.outcome != FASTI_OUTCOME_BOOKED && may_skip &&
           leave_out(&run))
        exit = fasti_book_ask(&run);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    nearest_find(&run);
    return run.answer.outcome == FASTI_OUTCOME_BOOKED ? fasti_book_print(&run)
                                                      : series_refuse(&run);
}
