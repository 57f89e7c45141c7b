/*
 * fasti_hold.c - holds, moves and marks: hold, confirm, extend, release, move, approve and the
 * like.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fasti_commands.h"

/* ---- arguments ---- */

static enum fasti_exit number_parse(struct fasti_session *session, const char *name,
                                    const char *text, fasti_record_id *record) {
    char *end;
    record->v = strtoull(text, &end, 10);
    if (strspn(text, "0123456789") == strlen(text) && strlen(text) < 20 && record->v != 0)
        return FASTI_EXIT_DONE;
    return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_ID,
                              "%s: \"%.40s\" is not the number of a record, as hold, book and list "
                              "print it",
                              name, text);
}

/* 32 hexadecimal digits, as hold prints them. */
static enum fasti_exit token_parse(struct fasti_session *session, const char *text,
                                   struct fasti_token *token) {
    char high[17] = "", low[17] = "";
    if (text == NULL || strlen(text) != 32 || strspn(text, "0123456789abcdefABCDEF") != 32)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "--token: the 32 hexadecimal digits that hold printed");
    memcpy(high, text, 16);
    memcpy(low, text + 16, 16);
    token->high = strtoull(high, NULL, 16);
    token->low = strtoull(low, NULL, 16);
    return FASTI_EXIT_DONE;
}

/* One row of --schedule, --service, --start; what is not said is as in *row. */
static enum fasti_exit row_resolve(struct fasti_session *session, const json_t *options,
                                   struct fasti_book_item *row) {
    const char *schedule = fasti_field_text(options, "schedule", NULL);
    const char *service = fasti_field_text(options, "service", NULL);
    enum fasti_exit exit = FASTI_EXIT_DONE;
    if (schedule != NULL)
        exit = fasti_session_resolve(session, FASTI_ENTITY_SCHEDULE, schedule, &row->schedule.v);
    if (exit == FASTI_EXIT_DONE && service != NULL)
        exit = fasti_session_resolve(session, FASTI_ENTITY_SERVICE, service, &row->service.v);
    return exit != FASTI_EXIT_DONE
               ? exit
               : fasti_times_resolve(session, row->schedule, "start",
                                     fasti_field_text(options, "start", ""), &row->start_utc_s);
}

/* ---- hold ---- */

static void hold_print(const struct fasti_session *session, const struct fasti_answer *answer) {
    const struct fasti_book_answer *book = &answer->body.book;
    char token[33], until[FASTI_INSTANT_TEXT_BYTES];
    snprintf(token, sizeof token, "%016llx%016llx", (unsigned long long)book->token.high,
             (unsigned long long)book->token.low);
    fasti_instant_format(book->expires_ms / 1000, 0, until);
    if (session->is_json)
        fasti_session_print_json(
            json_pack("{s:s, s:I, s:I, s:s, s:s}", "outcome", fasti_outcome_name(answer->outcome),
                      "record", (json_int_t)answer->record.v, "as_of", (json_int_t)answer->as_of,
                      "token", token, "expires", until));
    else
        printf("held: record %llu until %s\ntoken: %s\n", (unsigned long long)answer->record.v,
               until, token);
}

enum fasti_exit fasti_run_hold(struct fasti_session *session, const struct fasti_command_spec *spec,
                               const json_t *options) {
    (void)spec;
    struct fasti_command command = {.kind = FASTI_COMMAND_HOLD};
    struct fasti_hold *hold = &command.body.hold;
    struct fasti_answer answer;
    const char *replace = fasti_field_text(options, "replace", NULL);
    const int64_t seconds = fasti_field_integer(options, "seconds", 0);
    if (seconds < 0 || seconds > FASTI_HOLD_SECONDS_MAX)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                  "--seconds: %d to %d", FASTI_HOLD_SECONDS_MIN,
                                  FASTI_HOLD_SECONDS_MAX);
    hold->seconds = (uint32_t)seconds;
    hold->book.item_count = hold->book.appointment_count = 1;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    if (replace != NULL)
        exit = number_parse(session, "--replace", replace, &hold->replaces);
    if (exit == FASTI_EXIT_DONE && replace != NULL)
        exit = token_parse(session, fasti_field_text(options, "token", NULL), &hold->token);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = row_resolve(session, options, &hold->book.items[0]);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_call(session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (!fasti_outcome_is_done(answer.outcome))
        return fasti_session_refuse(session, &answer, "hold");
    hold_print(session, &answer);
    return FASTI_EXIT_DONE;
}

/* ---- confirm, extend, release ---- */

static enum fasti_exit run_held(struct fasti_session *session, const json_t *options,
                                enum fasti_command_kind kind) {
    struct fasti_command command = {.kind = kind};
    struct fasti_held *held = &command.body.held;
    char patient[FASTI_PATIENT_BYTES_MAX], what[64];
    struct fasti_detail detail;
    held->count = 1;
    enum fasti_exit exit = number_parse(
        session, "RECORD", fasti_field_text(options, FASTI_ARGUMENT, ""), &held->records[0]);
    if (exit == FASTI_EXIT_DONE)
        exit = token_parse(session, fasti_field_text(options, "token", NULL), &held->token);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (kind == FASTI_COMMAND_CONFIRM) {
        const enum fasti_status status =
            fasti_field_patient(fasti_field_text(options, "patient", ""), patient,
                                &held->appointments[0].patient_length, &detail);
        if (status != FASTI_OK)
            return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s", detail.text);
        held->appointments[0].patient = patient;
        held->is_request = fasti_field_flag(options, "request");
    }
    const int64_t seconds = fasti_field_integer(options, "seconds", 0);
    held->seconds = seconds < 0 || seconds > FASTI_HOLD_SECONDS_MAX ? FASTI_HOLD_SECONDS_MAX
                                                                    : (uint32_t)seconds;
    exit = fasti_session_scope(session);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    snprintf(what, sizeof what, "hold %llu", (unsigned long long)held->records[0].v);
    return fasti_records_change(session, &command, what);
}

enum fasti_exit fasti_run_confirm(struct fasti_session *session,
                                  const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    return run_held(session, options, FASTI_COMMAND_CONFIRM);
}

enum fasti_exit fasti_run_extend(struct fasti_session *session,
                                 const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    return run_held(session, options, FASTI_COMMAND_EXTEND);
}

enum fasti_exit fasti_run_release(struct fasti_session *session,
                                  const struct fasti_command_spec *spec, const json_t *options) {
    (void)spec;
    return run_held(session, options, FASTI_COMMAND_RELEASE);
}

/* ---- move ---- */

enum fasti_exit fasti_run_move(struct fasti_session *session, const struct fasti_command_spec *spec,
                               const json_t *options) {
    (void)spec;
    struct fasti_command command = {.kind = FASTI_COMMAND_MOVE};
    struct fasti_move *move = &command.body.move;
    struct fasti_record_shown shown;
    enum fasti_outcome found = FASTI_OUTCOME_NONE;
    char what[64];
    enum fasti_exit exit = number_parse(
        session, "RECORD", fasti_field_text(options, FASTI_ARGUMENT, ""), &move->record);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_records_ask(session, move->record, &shown, &found);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    move->book.item_count = move->book.appointment_count = 1;
    if (found == FASTI_OUTCOME_FOUND && shown.view.item_count > 1)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "appointment %llu has %u rows: the command line moves those of "
                                  "one, the client library and the wire all",
                                  (unsigned long long)move->record.v, shown.view.item_count);
    if (found == FASTI_OUTCOME_FOUND) {
        move->book.items[0].schedule = shown.view.schedule;
        move->book.items[0].service = shown.view.service;
    }
    exit = row_resolve(session, options, &move->book.items[0]);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    snprintf(what, sizeof what, "appointment %llu", (unsigned long long)move->record.v);
    return fasti_records_change(session, &command, what);
}

/* ---- marks ---- */

enum fasti_exit fasti_run_mark(struct fasti_session *session, const struct fasti_command_spec *spec,
                               const json_t *options) {
    static const struct {
        const char *verb;
        enum fasti_record_state state;
    } marks[] = {
        {"approve", FASTI_STATE_BOOKED}, {"decline", FASTI_STATE_DECLINED},
        {"arrive", FASTI_STATE_ARRIVED}, {"fulfil", FASTI_STATE_FULFILLED},
        {"no-show", FASTI_STATE_NOSHOW},
    };
    struct fasti_command command = {.kind = FASTI_COMMAND_MARK};
    struct fasti_mark *mark = &command.body.mark;
    char what[64];
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strcmp(spec->verb, marks[i].verb) == 0)
            mark->state = (uint8_t)marks[i].state;
    enum fasti_exit exit = number_parse(
        session, "RECORD", fasti_field_text(options, FASTI_ARGUMENT, ""), &mark->record);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_records_reason(session, options, &mark->reason);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    snprintf(what, sizeof what, "appointment %llu", (unsigned long long)mark->record.v);
    return fasti_records_change(session, &command, what);
}
