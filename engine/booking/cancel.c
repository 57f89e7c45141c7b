/*
 * cancel.c - the claim paths that change a record's state.
 *
 * A record says when (instants); where its bits are follows from the schedule's zone and
 * resolution, which do not change while a day of it holds anything (pause.h).
 */
#include "engine/booking/cancel.h"

#include "engine/base/mutant.h"
#include "engine/booking/draft.h"

static enum fasti_attempt refuse_missing(struct fasti_booking *booking,
                                         struct fasti_pending *pending, enum fasti_record_kind kind,
                                         enum fasti_disposition *disposition) {
    (void)fasti_detail_set(&pending->answer.detail, FASTI_OK,
                           "the organization has no %s with this number",
                           kind == FASTI_RECORD_APPOINTMENT ? "appointment" : "block");
    *disposition = fasti_refuse(booking, pending, FASTI_OUTCOME_NO_SUCH, NULL, 0);
    return FASTI_ATTEMPT_END;
}

static enum fasti_disposition refuse_reason(struct fasti_pending *pending) {
    _Static_assert(FASTI_CANCEL_REASON_LAST == 32, "as the sentence says");
    return fasti_fail(pending, FASTI_INVALID_RANGE,
                      "reason: there is no such cancellation reason; they are 0 (none) to 32");
}

/* The outcome rests on the record as it was looked at. */
static enum fasti_attempt refuse_state(struct fasti_booking *booking, struct fasti_pending *pending,
                                       const struct fasti_record_ref *ref,
                                       enum fasti_record_state to,
                                       enum fasti_disposition *disposition) {
    const enum fasti_record_state from = (enum fasti_record_state)ref->record->state;
    const enum fasti_outcome outcome =
        from == to ? FASTI_OUTCOME_ALREADY : FASTI_OUTCOME_WRONG_STATE;
    (void)fasti_detail_set(&pending->answer.detail, FASTI_OK, "the record is %s",
                           fasti_record_state_name(from));
    *disposition = fasti_refuse(booking, pending, outcome, &ref->entry->durable,
                                fasti_cell_version(ref->word));
    return FASTI_ATTEMPT_END;
}

/* Changes a known record's state, in an END. */
static enum fasti_attempt
state_change(struct fasti_booking *booking, const struct fasti_command *command,
             struct fasti_pending *pending, const struct fasti_record_ref *ref,
             enum fasti_record_state state, uint8_t reason, enum fasti_disposition *disposition) {
    enum fasti_look_result looked = FASTI_LOOK_OK;
    fasti_draft_begin(booking);
    enum fasti_draft_result result;
    if (fasti_state_frees(state)) {
        result = fasti_draft_end(booking, ref, state, reason, pending->decided_ms, &looked);
    } else {
        uint32_t place = 0;
        result =
            fasti_draft_record_change(booking, ref, FASTI_DRAFT_STATE, pending->decided_ms, &place);
        if (result == FASTI_DRAFT_OK) {
            struct fasti_record *after = booking->draft->records[place].after;
            after->state = (uint8_t)state;
            after->reason = reason;
        }
    }
    if (result != FASTI_DRAFT_OK || looked != FASTI_LOOK_OK)
        return fasti_draft_stop(booking, pending, result, looked, disposition);
    return fasti_draft_swap(booking, pending, FASTI_EFFECT_END, command->request, disposition);
}

/* ---- cancel and unblock ---- */

static enum fasti_attempt cancel_attempt(struct fasti_booking *booking,
                                         const struct fasti_command *command,
                                         struct fasti_pending *pending,
                                         enum fasti_disposition *disposition) {
    const enum fasti_record_kind kind =
        command->kind == FASTI_COMMAND_CANCEL ? FASTI_RECORD_APPOINTMENT : FASTI_RECORD_BLOCK;
    const struct fasti_record_ref ref =
        fasti_record_look(booking, command->organization, command->body.cancel.record);
    /* A hold is no appointment yet: only who has its token ends it. */
    if (ref.record == NULL || ref.record->kind != kind ||
        (ref.record->flags & FASTI_RECORD_HOLD) != 0)
        return refuse_missing(booking, pending, kind, disposition);
    pending->answer.record = command->body.cancel.record;
    if (!FASTI_MUTANT(CANCEL_TWICE) &&
        !fasti_state_may((enum fasti_record_state)ref.record->state, FASTI_STATE_CANCELLED))
        return refuse_state(booking, pending, &ref, FASTI_STATE_CANCELLED, disposition);
    pending->answer.outcome =
        kind == FASTI_RECORD_APPOINTMENT ? FASTI_OUTCOME_CANCELLED : FASTI_OUTCOME_UNBLOCKED;
    return state_change(booking, command, pending, &ref, FASTI_STATE_CANCELLED,
                        command->body.cancel.reason, disposition);
}

enum fasti_disposition fasti_cancel(struct fasti_booking *booking,
                                    const struct fasti_command *command,
                                    struct fasti_pending *pending) {
    if (!fasti_cancel_reason_is_known(command->body.cancel.reason))
        return refuse_reason(pending);
    booking->arena.uses_reserve = true; /* in the end it gives memory back */
    const enum fasti_disposition disposition =
        fasti_attempts(booking, command, pending, cancel_attempt, false);
    booking->arena.uses_reserve = false;
    return disposition;
}

/* ---- mark ---- */

static enum fasti_attempt mark_attempt(struct fasti_booking *booking,
                                       const struct fasti_command *command,
                                       struct fasti_pending *pending,
                                       enum fasti_disposition *disposition) {
    const struct fasti_mark *mark = &command->body.mark;
    const enum fasti_record_state to = (enum fasti_record_state)mark->state;
    const struct fasti_record_ref ref =
        fasti_record_look(booking, command->organization, mark->record);
    if (ref.record == NULL || ref.record->kind != FASTI_RECORD_APPOINTMENT ||
        (ref.record->flags & FASTI_RECORD_HOLD) != 0)
        return refuse_missing(booking, pending, FASTI_RECORD_APPOINTMENT, disposition);
    pending->answer.record = mark->record;
    if (!fasti_state_may((enum fasti_record_state)ref.record->state, to))
        return refuse_state(booking, pending, &ref, to, disposition);
    pending->answer.outcome = FASTI_OUTCOME_MARKED;
    return state_change(booking, command, pending, &ref, to, mark->reason, disposition);
}

enum fasti_disposition fasti_mark(struct fasti_booking *booking,
                                  const struct fasti_command *command,
                                  struct fasti_pending *pending) {
    const uint8_t state = command->body.mark.state;
    if (state != FASTI_STATE_BOOKED && state != FASTI_STATE_DECLINED &&
        state != FASTI_STATE_ARRIVED && state != FASTI_STATE_FULFILLED &&
        state != FASTI_STATE_NOSHOW)
        return fasti_fail(
            pending, FASTI_INVALID_RANGE,
            "an appointment is marked booked (approved), declined, arrived, fulfilled "
            "or no-show");
    if (!fasti_cancel_reason_is_known(command->body.mark.reason))
        return refuse_reason(pending);
    return fasti_attempts(booking, command, pending, mark_attempt, true);
}
