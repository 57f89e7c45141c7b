/*
 * linear_command.c - see linear_command.h.
 */
#include "tests/support/linear_command.h"

#include <string.h>

#include "tests/support/check.h"

/* ---- commands ---- */

static int64_t utc_s(const struct linear_naming *naming, uint32_t tick) {
    return naming->monday_utc_s + tick * INT64_C(1) * LINEAR_TICK_SECONDS;
}

static void book_make(const struct linear_naming *naming, const struct linear_op *op,
                      bool has_patients, struct fasti_book *book) {
    book->item_count = op->row_count;
    book->appointment_count = op->is_apart ? op->row_count : 1;
    book->is_request = op->is_request;
    for (uint32_t i = 0; i < op->row_count; i++)
        book->items[i] = (struct fasti_book_item){
            .schedule = {naming->schedules[op->rows[i].schedule]},
            .service = {naming->service},
            .start_utc_s = utc_s(naming, op->rows[i].first),
            .appointment = (uint8_t)(op->is_apart ? i : 0),
        };
    for (uint32_t a = 0; has_patients && a < book->appointment_count; a++)
        book->appointments[a] =
            (struct fasti_book_appointment){.patient = "p-1", .patient_length = 3};
}

static struct fasti_token token_of(const struct linear_naming *naming, const struct linear_op *op) {
    struct fasti_token token = {0};
    if (op->target_count > 0)
        token = naming->known[op->targets[0]].token;
    token.low ^= op->is_stranger;
    return token;
}

static void held_make(const struct linear_naming *naming, const struct linear_op *op,
                      struct fasti_held *held) {
    held->token = token_of(naming, op);
    held->seconds = op->seconds;
    held->is_request = op->is_request;
    held->count = op->target_count;
    for (uint32_t i = 0; i < op->target_count; i++) {
        held->records[i].v = naming->known[op->targets[i]].id;
        held->appointments[i] =
            (struct fasti_book_appointment){.patient = "p-2", .patient_length = 3};
    }
}

static void hold_make(const struct linear_naming *naming, const struct linear_op *op,
                      struct fasti_hold *hold) {
    hold->seconds = op->seconds;
    hold->token = token_of(naming, op);
    if (op->target_count > 0)
        hold->replaces.v = naming->known[op->targets[0]].id;
    book_make(naming, op, false, &hold->book);
}

static enum fasti_command_kind command_kind(enum linear_kind kind) {
    switch (kind) {
    case LINEAR_BOOK: return FASTI_COMMAND_BOOK;
    case LINEAR_HOLD: return FASTI_COMMAND_HOLD;
    case LINEAR_CONFIRM: return FASTI_COMMAND_CONFIRM;
    case LINEAR_EXTEND: return FASTI_COMMAND_EXTEND;
    case LINEAR_RELEASE: return FASTI_COMMAND_RELEASE;
    case LINEAR_MOVE: return FASTI_COMMAND_MOVE;
    case LINEAR_MARK: return FASTI_COMMAND_MARK;
    case LINEAR_CANCEL: return FASTI_COMMAND_CANCEL;
    case LINEAR_BLOCK: return FASTI_COMMAND_BLOCK;
    case LINEAR_UNBLOCK: return FASTI_COMMAND_UNBLOCK;
    case LINEAR_SHOW: return FASTI_COMMAND_SHOW;
    case LINEAR_CLOCK:
    case LINEAR_END: break;
    }
    CHECK(false, "%d is no command", (int)kind);
    return FASTI_COMMAND_STATUS;
}

void linear_command_make(const struct linear_naming *naming, const struct linear_op *op,
                         struct fasti_command *command) {
    const uint64_t target = op->target_count == 0 ? 0 : naming->known[op->targets[0]].id;
    memset(command, 0, sizeof *command);
    command->kind = command_kind(op->kind);
    command->organization.v = naming->organization;
    switch (op->kind) {
    case LINEAR_BOOK: book_make(naming, op, true, &command->body.book); break;
    case LINEAR_HOLD: hold_make(naming, op, &command->body.hold); break;
    case LINEAR_CONFIRM:
    case LINEAR_EXTEND:
    case LINEAR_RELEASE: held_make(naming, op, &command->body.held); break;
    case LINEAR_MOVE:
        command->body.move.record.v = target;
        book_make(naming, op, false, &command->body.move.book);
        break;
    case LINEAR_MARK:
        command->body.mark.record.v = target;
        command->body.mark.state = op->to_state;
        break;
    case LINEAR_BLOCK:
        command->body.block.schedule.v = naming->schedules[op->rows[0].schedule];
        command->body.block.start_utc_s = utc_s(naming, op->rows[0].first);
        command->body.block.end_utc_s = utc_s(naming, op->rows[0].end);
        break;
    case LINEAR_CANCEL:
    case LINEAR_UNBLOCK: command->body.cancel.record.v = target; break;
    case LINEAR_SHOW: command->body.show.v = target; break;
    case LINEAR_CLOCK:
    case LINEAR_END: break;
    }
}

/* ---- answers ---- */

static void made_add(struct linear_naming *naming, struct linear_history *history,
                     struct linear_op *op, uint64_t id, struct fasti_token token, uint32_t row,
                     uint32_t row_count) {
    CHECK(history->record_count < LINEAR_RECORDS_MAX, "more records than a history has");
    const uint32_t at = history->record_count++;
    struct linear_record *record = &history->records[at];
    naming->known[at] =
        (struct linear_known){.id = id, .token = token, .maker = op->kind, .brother = UINT8_MAX};
    if (op->made_count > 0)
        naming->known[op->made[0]].brother = (uint8_t)at;
    record->is_block = op->kind == LINEAR_BLOCK;
    record->row_count = (uint8_t)row_count;
    memcpy(record->rows, &op->rows[row], row_count * sizeof op->rows[0]);
    op->made[op->made_count++] = (uint8_t)at;
}

void linear_answer_take(struct linear_naming *naming, struct linear_history *history,
                        const struct fasti_answer *answer, struct linear_op *op) {
    const bool is_done = fasti_outcome_is_done(answer->outcome);
    const struct fasti_book_answer *book = &answer->body.book;
    op->outcome = answer->outcome;
    if (op->kind == LINEAR_BOOK || op->kind == LINEAR_HOLD || op->kind == LINEAR_MOVE) {
        memcpy(op->row_outcomes, book->outcomes, op->row_count);
        for (uint32_t a = 0; is_done && a < book->appointment_count; a++)
            made_add(naming, history, op, answer->record.v + book->offsets[a], book->token,
                     op->is_apart ? a : 0, op->is_apart ? 1 : op->row_count);
    }
    if (!is_done)
        return;
    if (op->kind == LINEAR_BLOCK)
        made_add(naming, history, op, answer->record.v, (struct fasti_token){0}, 0, 1);
    if (op->kind == LINEAR_HOLD || op->kind == LINEAR_EXTEND)
        op->expires_ms = book->expires_ms;
    for (uint32_t i = 0; op->kind == LINEAR_CONFIRM && i < op->target_count; i++)
        naming->known[op->targets[i]].is_confirmed = true;
    if (op->kind == LINEAR_SHOW) {
        op->told_state = (uint8_t)answer->body.show.view.state;
        op->expires_ms = answer->body.show.view.expires_ms;
    }
}
