/*
 * fasti_move.c - what becomes of an appointment: move, approve, decline, arrive, fulfil, no-show.
 *
 *   move 7 --start 10:20 [--schedule ID]     the one row; what is not said stays
 *   move 7 --start 10:20 --item 'with r-2'   these rows instead of all that it has
 *   move 7 --at 10:20                        all of its rows by the same time
 */
#include <stdio.h>
#include <string.h>

#include "tools/fasti_book.h"
#include "tools/fasti_commands.h"

/* ---- move ---- */

/* Item of the appointment as the row of a command that changes nothing of it. */
static enum fasti_exit row_keep(struct fasti_session *session, const struct fasti_item_view *item,
                                struct fasti_row *row) {
    memset(row, 0, sizeof *row);
    const enum fasti_exit exit =
        fasti_session_name(session, FASTI_ENTITY_SCHEDULE, item->schedule.v, &row->schedule);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    /* Local time, so that 10:20 is that time on its day. */
    fasti_instant_format(item->start_utc_s, item->offset_s, row->start);
    row->start[sizeof "2026-11-24T09:00" - 1] = '\0';
    row->time_of = FASTI_ROW_KEPT;
    return fasti_session_name(session, FASTI_ENTITY_SERVICE, item->service.v, &row->service);
}

/* Options that go together, and with the appointment as it is. */
static enum fasti_exit options_check(struct fasti_session *session, const json_t *options,
                                     const struct fasti_record_view *view) {
    static const char *const names[] = {"start", "schedule", "service", "item", "fair"};
    const bool has_at = json_object_get(options, "at") != NULL;
    bool is_said = false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const bool has_it = json_object_get(options, names[i]) != NULL;
        is_said |= has_it;
        if (has_at && has_it)
            return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                      "--at moves all rows of the appointment as they are: say it "
                                      "without --%s",
                                      names[i]);
    }
    if (!has_at && !is_said)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "move where to? Say --start, or --at for all rows of the "
                                  "appointment");
    if (!has_at && view->item_count > 1 && json_object_get(options, "item") == NULL)
        return fasti_session_fail(session, FASTI_EXIT_INVALID, FASTI_INVALID_OPTION,
                                  "appointment %llu has %u rows: --at TIME moves all of them by "
                                  "the same time, --item says what they are from now on",
                                  (unsigned long long)view->record.v, view->item_count);
    return FASTI_EXIT_DONE;
}

/* The rows that are said, over the first one that the appointment has. */
static enum fasti_exit rows_said(struct fasti_book_run *run, const json_t *options,
                                 const struct fasti_record_shown *shown) {
    struct fasti_row kept;
    struct fasti_detail detail;
    const enum fasti_exit exit = row_keep(run->session, &shown->items[0], &kept);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    run->kept_utc_s = shown->items[0].start_utc_s;
    run->kept_offset_s = shown->items[0].offset_s;
    const enum fasti_status status =
        fasti_rows_decode(options, FASTI_ROWS_MOVE, &kept, &run->rows, &detail);
    if (status != FASTI_OK && run->start_name != NULL)
        return fasti_session_fail(run->session, FASTI_EXIT_INVALID, status,
                                  "%s: \"%.40s\" is not a time like 09:20 or 2026-11-24T09:20",
                                  run->start_name, fasti_field_text(options, "start", ""));
    if (status != FASTI_OK)
        return fasti_session_fail(run->session, FASTI_EXIT_INVALID, status, "%s", detail.text);
    return fasti_book_resolve(run);
}

/* All rows that the appointment has, the first one at `at`, the others as long before or after it
 * as they were. */
static enum fasti_exit rows_shift(struct fasti_book_run *run, const json_t *options,
                                  const struct fasti_record_shown *shown) {
    const char *at = fasti_field_text(options, "at", "");
    json_t *first = json_copy((json_t *)(uintptr_t)options); /* it changes nothing of them */
    json_object_set_new(first, "start", json_string(at));
    run->start_name = "--at";
    enum fasti_exit exit = rows_said(run, first, shown);
    json_decref(first);
    if (exit != FASTI_EXIT_DONE || shown->view.item_count == 1)
        return exit;
    fasti_instant_format(run->items[0].start_utc_s, run->offsets_s[0], run->rows.rows[0].start);
    const int64_t shift_s = run->items[0].start_utc_s - shown->items[0].start_utc_s;
    for (uint32_t i = 1; i < shown->view.item_count && exit == FASTI_EXIT_DONE; i++) {
        struct fasti_row *row = &run->rows.rows[i];
        exit = row_keep(run->session, &shown->items[i], row);
        row->time_of = (uint8_t)i;
        fasti_instant_format(shown->items[i].start_utc_s + shift_s, run->offsets_s[0], row->start);
        run->rows.count++;
    }
    return exit != FASTI_EXIT_DONE ? exit : fasti_book_resolve(run);
}

enum fasti_exit fasti_run_move(struct fasti_session *session, const struct fasti_command_spec *spec,
                               const json_t *options) {
    (void)spec;
    struct fasti_book_run run = {.session = session, .command.kind = FASTI_COMMAND_MOVE};
    struct fasti_record_shown shown;
    fasti_record_id record;
    char what[64];
    enum fasti_exit exit = fasti_records_argument(session, options, &record);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_records_ask(session, record, &shown, &run.answer.outcome);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    snprintf(what, sizeof what, "appointment %llu", (unsigned long long)record.v);
    if (run.answer.outcome == FASTI_OUTCOME_FOUND && shown.view.kind != FASTI_RECORD_APPOINTMENT)
        run.answer.outcome = FASTI_OUTCOME_NO_SUCH;
    if (run.answer.outcome != FASTI_OUTCOME_FOUND)
        return fasti_session_refuse(session, &run.answer, what);
    run.command.body.move.record = record;
    exit = options_check(session, options, &shown.view);
    if (exit == FASTI_EXIT_DONE)
        exit = json_object_get(options, "at") == NULL ? rows_said(&run, options, &shown)
                                                      : rows_shift(&run, options, &shown);
    if (run.rows.appointments[0].facts.modality == FASTI_MODALITY_ANY) /* it stays */
        run.rows.appointments[0].facts.modality = shown.view.modality;
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_book_ask(&run);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    return fasti_outcome_is_done(run.answer.outcome) ? fasti_records_changed(session, &run.answer)
                                                     : fasti_book_refuse_rows(&run, what);
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
    enum fasti_exit exit = fasti_records_argument(session, options, &mark->record);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_records_reason(session, options, &mark->reason);
    if (exit == FASTI_EXIT_DONE)
        exit = fasti_session_scope(session);
    if (exit != FASTI_EXIT_DONE)
        return exit;
    snprintf(what, sizeof what, "appointment %llu", (unsigned long long)mark->record.v);
    return fasti_records_change(session, &command, what);
}
