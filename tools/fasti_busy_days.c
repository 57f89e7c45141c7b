/*
 * fasti_busy_days.c - starts of local days, asked for once each; see fasti_busy_days.h.
 */
#include "tools/fasti_busy_days.h"

#include <stdlib.h>

#include "tools/fasti_commands.h"

#define DATE_COUNT (FASTI_DATE_LAST - FASTI_DATE_FIRST + 1)

enum fasti_exit fasti_busy_days_init(struct fasti_busy_days *days, struct fasti_session *session,
                                     fasti_schedule_id schedule) {
    const struct fasti_describe_answer *answer;
    *days = (struct fasti_busy_days){.session = session, .schedule = schedule};
    const enum fasti_exit exit =
        fasti_session_describe(session, FASTI_ENTITY_SCHEDULE, schedule.v, 0, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    const uint8_t minutes = answer->put.body.schedule.resolution_minutes;
    days->tick_s = (minutes == 0 ? 5 : minutes) * INT64_C(60);
    days->starts_utc_s = malloc(DATE_COUNT * sizeof *days->starts_utc_s);
    if (days->starts_utc_s == NULL)
        return fasti_session_fail(session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY, "no memory");
    for (int32_t i = 0; i < DATE_COUNT; i++)
        days->starts_utc_s[i] = INT64_MIN;
    return exit;
}

void fasti_busy_days_deinit(struct fasti_busy_days *days) {
    free(days->starts_utc_s);
    days->starts_utc_s = NULL;
}

/* Days outside of those that can be booked start before and after all others. */
static enum fasti_exit day_start(struct fasti_busy_days *days, int32_t date, int64_t *utc_s) {
    if (date < FASTI_DATE_FIRST || date > FASTI_DATE_LAST) {
        *utc_s = date < FASTI_DATE_FIRST ? INT64_MIN : INT64_MAX;
        return FASTI_EXIT_DONE;
    }
    int64_t *known = &days->starts_utc_s[date - FASTI_DATE_FIRST];
    enum fasti_exit exit = FASTI_EXIT_DONE;
    if (*known == INT64_MIN) {
        struct fasti_civil_answer civil;
        exit = fasti_times_civil(days->session, days->schedule, (fasti_date){date}, 0, &civil);
        if (exit == FASTI_EXIT_DONE)
            *known = civil.utc_s;
    }
    *utc_s = *known;
    return exit;
}

/* The local date of an instant, and when it starts: no zone is a whole day off UTC. */
static enum fasti_exit day_of(struct fasti_busy_days *days, int64_t utc_s, int32_t *date,
                              int64_t *start_utc_s) {
    *date = fasti_date_of_utc(utc_s).v + 1;
    enum fasti_exit exit = day_start(days, *date, start_utc_s);
    for (int32_t back = 0; back < 2 && exit == FASTI_EXIT_DONE && *start_utc_s > utc_s; back++)
        exit = day_start(days, --*date, start_utc_s);
    return exit;
}

enum fasti_exit fasti_busy_days_down(struct fasti_busy_days *days, int64_t *utc_s) {
    int32_t date;
    int64_t start_s;
    const enum fasti_exit exit = day_of(days, *utc_s, &date, &start_s);
    if (exit == FASTI_EXIT_DONE && date >= FASTI_DATE_FIRST)
        *utc_s -= (*utc_s - start_s) % days->tick_s;
    return exit;
}

/* A day has whole ticks: what is rounded up stays in it, or is the start of the next one. */
enum fasti_exit fasti_busy_days_up(struct fasti_busy_days *days, int64_t *utc_s) {
    *utc_s += days->tick_s - 1;
    return fasti_busy_days_down(days, utc_s);
}

enum fasti_exit fasti_busy_days_cut(struct fasti_busy_days *days,
                                    const struct fasti_busy_time *time,
                                    struct fasti_busy_times *pieces) {
    struct fasti_busy_time piece = *time;
    while (piece.start_utc_s < time->end_utc_s) {
        int32_t date;
        int64_t limit_s;
        enum fasti_exit exit = day_of(days, piece.start_utc_s, &date, &limit_s);
        if (exit == FASTI_EXIT_DONE)
            exit = day_start(days, date + FASTI_ITEMS_MAX, &limit_s);
        if (exit != FASTI_EXIT_DONE)
            return exit;
        piece.end_utc_s = limit_s < time->end_utc_s ? limit_s : time->end_utc_s;
        if (!fasti_busy_times_add(pieces, &piece))
            return fasti_session_fail(days->session, FASTI_EXIT_FAILED, FASTI_LIMIT_MEMORY,
                                      "no memory");
        piece.start_utc_s = piece.end_utc_s;
    }
    return FASTI_EXIT_DONE;
}
