/*
 * fasti_times.c - what people write as a time, made an instant. The client has no zone table: the
 * server answers what a schedule's wall clock means.
 */
#include <stdio.h>
#include <string.h>

#include "tools/fasti_commands.h"

const char *fasti_times_weekday(fasti_date date) {
    static const char *const names[7] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    return names[fasti_date_weekday(date)];
}

void fasti_times_format_offset(int32_t offset_s, char text[16]) {
    const int32_t minutes = (offset_s < 0 ? -offset_s : offset_s) / 60;
    snprintf(text, 16, "%c%02d:%02d", offset_s < 0 ? '-' : '+', (int)(minutes / 60),
             (int)(minutes % 60));
}

void fasti_times_format(int64_t utc_s, int32_t offset_s, char text[FASTI_TIMES_TEXT_BYTES]) {
    const fasti_date date = fasti_date_of_utc(utc_s + offset_s);
    const int64_t second = utc_s + offset_s - (int64_t)date.v * FASTI_DAY_SECONDS;
    char day[FASTI_DATE_TEXT_BYTES], offset[16];
    fasti_date_format(date, day);
    fasti_times_format_offset(offset_s, offset);
    snprintf(text, FASTI_TIMES_TEXT_BYTES, "%s %s %02d:%02d %s", fasti_times_weekday(date), day,
             (int)(second / 3600), (int)(second / 60 % 60), offset);
}

enum fasti_exit fasti_times_civil(struct fasti_session *session, fasti_schedule_id schedule,
                                  fasti_date date, uint16_t minute,
                                  struct fasti_civil_answer *answer) {
    struct fasti_command command = {
        .kind = FASTI_COMMAND_CIVIL,
        .body.civil = {.schedule = schedule, .date = date, .minute = minute}};
    struct fasti_answer result;
    const enum fasti_exit exit = fasti_session_call(session, &command, &result);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (!fasti_outcome_is_done(result.outcome))
        return fasti_session_refuse(session, &result, "local time");
    *answer = result.body.civil;
    return FASTI_EXIT_DONE;
}

/* Wall clock of an instant as "02:30 on 2026-03-29". */
static void format_wall(const struct fasti_instant_text *instant, char text[48]) {
    char date[FASTI_DATE_TEXT_BYTES];
    fasti_date_format(instant->date, date);
    snprintf(text, 48, "%02d:%02d on %s", (int)(instant->second_of_day / 3600),
             (int)(instant->second_of_day / 60 % 60), date);
}

static enum fasti_exit resolve_local(struct fasti_session *session, fasti_schedule_id schedule,
                                     const char *name, const struct fasti_instant_text *instant,
                                     struct fasti_civil_answer *answer) {
    const enum fasti_exit exit = fasti_times_civil(session, schedule, instant->date,
                                                   (uint16_t)(instant->second_of_day / 60), answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    char wall[48], taken[FASTI_TIMES_TEXT_BYTES];
    format_wall(instant, wall);
    fasti_times_format(answer->utc_s, answer->offset_s, taken);
    if (answer->kind == FASTI_CIVIL_GAP)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_GAP_TIME,
                                  "%s: clocks skip %s there: the first time after it is %s", name,
                                  wall, taken);
    if (answer->kind == FASTI_CIVIL_FOLD)
        fprintf(stderr,
                "fasti: %s%s: %s happens twice there: the first is taken, %s (write the offset to "
                "choose)\n",
                session->where, name, wall, taken);
    return FASTI_EXIT_DONE;
}

enum fasti_exit fasti_times_instant(struct fasti_session *session, fasti_schedule_id schedule,
                                    const char *name, const char *text,
                                    struct fasti_civil_answer *answer) {
    struct fasti_instant_text instant;
    const enum fasti_status status = fasti_instant_parse(text, strlen(text), &instant);
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, status,
                                  "%s: \"%.40s\": %s; write 2026-11-24T09:00 or "
                                  "2026-11-24T09:00+01:00",
                                  name, text, fasti_status_text(status));
    if (!fasti_date_is_bookable(instant.date))
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_DATE,
                                  "%s: \"%.40s\" is not in the years 2000 to 2199", name, text);
    if (instant.second_of_day % 60 != 0 || instant.offset_s % 60 != 0)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_TIME,
                                  "%s: \"%.40s\" is not a whole minute", name, text);
    if (!instant.has_offset)
        return resolve_local(session, schedule, name, &instant, answer);
    *answer = (struct fasti_civil_answer){
        .utc_s = fasti_instant_utc_s(&instant),
        .offset_s = instant.offset_s,
        .kind = FASTI_CIVIL_ONCE,
    };
    return FASTI_EXIT_DONE;
}

enum fasti_exit fasti_times_resolve(struct fasti_session *session, fasti_schedule_id schedule,
                                    const char *name, const char *text, int64_t *utc_s) {
    struct fasti_civil_answer answer;
    const enum fasti_exit exit = fasti_times_instant(session, schedule, name, text, &answer);
    if (exit == FASTI_EXIT_DONE)
        *utc_s = answer.utc_s;
    return exit;
}

enum fasti_exit fasti_times_today(struct fasti_session *session, fasti_schedule_id schedule,
                                  fasti_date *date) {
    struct fasti_command command = {.kind = FASTI_COMMAND_STATUS};
    struct fasti_answer answer;
    struct fasti_civil_answer civil = {0};
    enum fasti_exit exit = fasti_session_call(session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    const int64_t now_s = answer.body.status.now_ms / 1000;
    const fasti_date utc_date = fasti_date_of_utc(now_s);
    const int64_t second = now_s - (int64_t)utc_date.v * FASTI_DAY_SECONDS;
    exit = fasti_times_civil(session, schedule, utc_date, (uint16_t)(second / 60), &civil);
    if (exit == FASTI_EXIT_DONE)
        *date = fasti_date_of_utc(now_s + civil.offset_s);
    return exit;
}

enum fasti_exit fasti_times_bound(struct fasti_session *session, fasti_schedule_id schedule,
                                  const char *name, const char *text, int64_t *utc_s) {
    fasti_date date;
    if (text == NULL)
        return FASTI_EXIT_DONE;
    if (fasti_date_parse(text, strlen(text), &date) != FASTI_OK || !fasti_date_is_bookable(date)) {
        struct fasti_instant_text instant;
        const bool is_utc = schedule.v == 0 &&
                            fasti_instant_parse(text, strlen(text), &instant) == FASTI_OK &&
                            !instant.has_offset;
        if (is_utc)
            return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_TIME,
                                      "%s: \"%.40s\" needs an offset or Z here", name, text);
        return fasti_times_resolve(session, schedule, name, text, utc_s);
    }
    if (schedule.v == 0) {
        *utc_s = (int64_t)date.v * FASTI_DAY_SECONDS;
        return FASTI_EXIT_DONE;
    }
    struct fasti_civil_answer answer;
    const enum fasti_exit exit = fasti_times_civil(session, schedule, date, 0, &answer);
    if (exit == FASTI_EXIT_DONE)
        *utc_s = answer.utc_s;
    return exit;
}
