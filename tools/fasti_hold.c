/*
 * fasti_hold.c - holds: hold, confirm, extend, release, each of several at once, all or nothing.
 *
 * One hold of one row is answered in few words, for a person who types the next command; of several
 * each is shown. JSON is one object for both.
 */
#include <stdio.h>
#include <string.h>

#include "tools/fasti_book.h"
#include "tools/fasti_commands.h"

/* ---- arguments ---- */

/* 32 hexadecimal digits, as hold prints them. */
static enum fasti_exit token_take(struct fasti_session *session, const json_t *options,
                                  struct fasti_token *token) {
    if (fasti_field_hex128(fasti_field_text(options, "token", ""), &token->high, &token->low))
        return FASTI_EXIT_DONE;
    return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                              "--token: the 32 hexadecimal digits that hold printed");
}

static enum fasti_exit seconds_take(struct fasti_session *session, const json_t *options,
                                    uint32_t *seconds) {
    const int64_t said = fasti_field_integer(options, "seconds", 0);
    if (said != 0 && (said < FASTI_HOLD_SECONDS_MIN || said > FASTI_HOLD_SECONDS_MAX))
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                  "--seconds: %d to %d", FASTI_HOLD_SECONDS_MIN,
                                  FASTI_HOLD_SECONDS_MAX);
    *seconds = (uint32_t)said;
    return FASTI_EXIT_DONE;
}

/* "record 5", "records 5, 6, 7". */
static void print_numbers(const fasti_record_id *records, uint32_t count) {
    printf("record%s", count == 1 ? "" : "s");
    for (uint32_t i = 0; i < count; i++)
        printf("%s %llu", i == 0 ? "" : ",", (unsigned long long)records[i].v);
}

/* ---- hold ---- */

static void hold_print_json(const struct fasti_book_run *run, const char *token,
                            const char *until) {
    const struct fasti_answer *answer = &run->answer;
    fasti_session_print_json(json_pack(
        "{s:s, s:I, s:I, s:s, s:s, s:o, s:o}", "outcome", fasti_outcome_name(answer->outcome),
        "record", (json_int_t)answer->record.v, "as_of", (json_int_t)answer->as_of, "token", token,
        "expires", until, "records", fasti_records_numbers(run->records, run->record_count), "rows",
        fasti_book_rows_json(run)));
}

static void hold_print(struct fasti_book_run *run) {
    const struct fasti_book_answer *book = &run->answer.body.book;
    char token[33], until[FASTI_INSTANT_TEXT_BYTES];
    snprintf(token, sizeof token, "%016llx%016llx", (unsigned long long)book->token.high,
             (unsigned long long)book->token.low);
    fasti_instant_format(book->expires_ms / 1000, 0, until);
    if (run->session->is_json) {
        hold_print_json(run, token, until);
        return;
    }
    fputs("held: ", stdout);
    print_numbers(run->records, run->record_count);
    printf(" until %s\ntoken: %s\n", until, token);
    if (run->rows.count > 1)
        json_decref(fasti_records_done(run->session, run->records, run->record_count));
}

/* All of the command but its rows. */
static enum fasti_exit hold_take(struct fasti_session *session, const json_t *options,
                                 struct fasti_hold *hold) {
    const char *replace = fasti_field_text(options, "replace", NULL);
    enum fasti_exit exit = seconds_take(session, options, &hold->seconds);
    if (exit != FASTI_EXIT_DONE || replace == NULL)
        return exit;
    exit = fasti_records_number(session, "--replace", replace, &hold->replaces);
    return exit != FASTI_EXIT_DONE ? exit : token_take(session, options, &hold->token);
}

enum fasti_exit fasti_run_hold(struct fasti_session *session, const struct fasti_command_spec *spec,
                               const json_t *options) {
    (void)spec;
    struct fasti_book_run run = {.session = session, .command.kind = FASTI_COMMAND_HOLD};
    struct fasti_detail detail;
    const enum fasti_status status =
        fasti_rows_decode(options, FASTI_ROWS_HOLD, NULL, &run.rows, &detail);
    if (status != FASTI_OK)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s", detail.text);
    enum fasti_exit exit = hold_take(session, options, &run.command.body.hold);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_book_resolve(&run);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_book_ask(&run);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (!fasti_outcome_is_done(run.answer.outcome)) {
        char what[40] = "hold";
        if (run.command.body.hold.replaces.v != 0)
            snprintf(what, sizeof what, "hold %llu",
                     (unsigned long long)run.command.body.hold.replaces.v);
        return fasti_book_refuse_rows(&run, what);
    }
    hold_print(&run);
    return FASTI_EXIT_DONE;
}

/* ---- confirm, extend, release ---- */

/* One patient for all of them, or one for each in the order of the records; the texts are kept in
 * patients. */
static enum fasti_exit patients_take(struct fasti_session *session, const json_t *options,
                                     struct fasti_held *held,
                                     char patients[][FASTI_PATIENT_BYTES_MAX]) {
    const size_t said = json_array_size(json_object_get(options, "patient"));
    struct fasti_detail detail;
    if (said != 1 && said != held->count)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "--patient is said %zu times for %u records: say it once for all "
                                  "of them, or once for each, in their order",
                                  said, held->count);
    for (uint32_t i = 0; i < held->count; i++) {
        struct fasti_book_appointment *appointment = &held->appointments[i];
        const enum fasti_status status =
            fasti_field_patient(fasti_field_item(options, "patient", said == 1 ? 0 : i),
                                patients[i], &appointment->patient_length, &detail);
        if (status != FASTI_OK)
            return fasti_session_fail(session, FASTI_EXIT_INVALID, status, "%s", detail.text);
        appointment->patient = patients[i];
    }
    return FASTI_EXIT_DONE;
}

/* The arguments, each the number of a hold. */
static enum fasti_exit records_take(struct fasti_session *session, const json_t *options,
                                    struct fasti_held *held) {
    const char *text;
    enum fasti_exit exit = FASTI_EXIT_DONE;
    for (size_t i = 0; (text = fasti_field_item(options, FASTI_ARGUMENT, i)) != NULL; i++) {
        if (held->count == FASTI_ITEMS_MAX)
            return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_RANGE,
                                      "RECORD: at most %d at once", FASTI_ITEMS_MAX);
        exit = fasti_records_number(session, "RECORD", text, &held->records[held->count++]);
        if (exit != FASTI_EXIT_DONE)
            break;
    }
    return exit;
}

static void held_print(struct fasti_session *session, const struct fasti_held *held,
                       const struct fasti_answer *told) {
    const struct fasti_answer answer = *told; /* showing the records asks the server again */
    const bool is_extended = answer.kind == FASTI_COMMAND_EXTEND;
    char until[FASTI_INSTANT_TEXT_BYTES] = "";
    if (is_extended)
        fasti_instant_format(answer.body.book.expires_ms / 1000, 0, until);
    if (!session->is_json) {
        printf("%s: ", fasti_outcome_text(answer.outcome));
        print_numbers(held->records, held->count);
        printf("%s%s\n", is_extended ? " until " : "", until);
    }
    json_t *shown = fasti_records_done(session, held->records, held->count);
    if (session->is_json) {
        json_t *first =
            json_array_size(shown) > 0 ? json_deep_copy(json_array_get(shown, 0)) : json_null();
        json_t *object =
            json_pack("{s:s, s:I, s:I, s:o, s:o, s:O}", "outcome",
                      fasti_outcome_name(answer.outcome), "record", (json_int_t)answer.record.v,
                      "as_of", (json_int_t)answer.as_of, "appointment", first, "records",
                      fasti_records_numbers(held->records, held->count), "appointments", shown);
        if (is_extended)
            json_object_set_new(object, "expires", json_string(until));
        fasti_session_print_json(object);
    }
    json_decref(shown);
}

/* The command is all or nothing: a refusal is about one of its records. */
static enum fasti_exit held_refuse(struct fasti_session *session, const struct fasti_held *held,
                                   const struct fasti_answer *answer) {
    char what[80];
    const fasti_record_id record = answer->record.v != 0 ? answer->record : held->records[0];
    snprintf(what, sizeof what, "%shold %llu", held->count > 1 ? "nothing was changed: " : "",
             (unsigned long long)record.v);
    return fasti_session_refuse(session, answer, what);
}

static enum fasti_exit run_held(struct fasti_session *session, const json_t *options,
                                enum fasti_command_kind kind) {
    struct fasti_command command = {.kind = kind};
    struct fasti_held *held = &command.body.held;
    struct fasti_answer answer;
    char patients[FASTI_ITEMS_MAX][FASTI_PATIENT_BYTES_MAX];
    enum fasti_exit exit = records_take(session, options, held);
    if (exit == FASTI_EXIT_DONE)
        exit = token_take(session, options, &held->token);
    if (exit == FASTI_EXIT_DONE)
        exit = seconds_take(session, options, &held->seconds);
    if (exit == FASTI_EXIT_DONE && kind == FASTI_COMMAND_CONFIRM)
        exit = patients_take(session, options, held, patients);
    held->is_request = fasti_field_flag(options, "request");
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_call(session, &command, &answer);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    if (!fasti_outcome_is_done(answer.outcome))
        return held_refuse(session, held, &answer);
    held_print(session, held, &answer);
    return FASTI_EXIT_DONE;
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
