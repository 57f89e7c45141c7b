/*
 * move.c - the claim path of MOVE.
 */
#include "engine/booking/move.h"

#include "engine/base/mutant.h"
#include "engine/booking/rows.h"

/* The way of the visit stays unless another one is asked for. */
static struct fasti_facts moved_facts(const struct fasti_command *command,
                                      const struct fasti_record *old) {
    struct fasti_facts facts = command->body.move.book.appointments[0].facts;
    if (facts.modality == FASTI_MODALITY_ANY)
        facts.modality =
            (uint8_t)((old->flags & FASTI_RECORD_MODALITY) >> FASTI_RECORD_MODALITY_SHIFT);
    return facts;
}

/* The record's place in the draft is 1: the old one stands at 0. */
static enum fasti_draft_result moved_add(struct fasti_booking *booking,
                                         const struct fasti_command *command,
                                         const struct fasti_record *old,
                                         const struct fasti_rows *rows, uint64_t id) {
    const struct fasti_record head = {
        .id = (uint32_t)id,
        .organization = old->organization,
        .kind = old->kind,
        .state = old->state,
        .patient_length = old->patient_length,
        .created_ms = rows->now_ms,
        .payload_length = old->payload_length,
        .item_count = rows->item_count & FASTI_RECORD_ITEMS,
        .flags = fasti_facts_flags(rows->facts) & FASTI_RECORD_PLAIN_FLAGS,
    };
    const struct fasti_record_parts parts = {
        .items = rows->items,
        .moved_from = old->id,
        .request = command->request,
        .changed_ms = rows->now_ms,
        .patient = fasti_record_patient(old),
        .payload = fasti_record_payload(old),
    };
    uint32_t place;
    return fasti_draft_record_new(booking, &head, &parts, &place);
}

/* The appointment that is moved; record NULL: *disposition says why not. */
static struct fasti_record_ref old_look(struct fasti_booking *booking,
                                        const struct fasti_command *command,
                                        struct fasti_pending *pending,
                                        enum fasti_disposition *disposition) {
    struct fasti_record_ref ref =
        fasti_record_look(booking, command->organization, command->body.move.record);
    if (ref.record == NULL || ref.record->kind != FASTI_RECORD_APPOINTMENT ||
        (ref.record->flags & FASTI_RECORD_HOLD) != 0) {
        (void)fasti_detail_set(&pending->answer.detail, FASTI_OK,
                               "the organization has no appointment with this number");
        *disposition = fasti_refuse(booking, pending, FASTI_OUTCOME_NO_SUCH, NULL, 0);
        ref.record = NULL;
    } else if (!fasti_state_may((enum fasti_record_state)ref.record->state, FASTI_STATE_MOVED)) {
        (void)fasti_detail_set(&pending->answer.detail, FASTI_OK, "the record is %s",
                               fasti_record_state_name((enum fasti_record_state)ref.record->state));
        *disposition = fasti_refuse(booking, pending, FASTI_OUTCOME_WRONG_STATE,
                                    &ref.entry->durable, fasti_cell_version(ref.word));
        ref.record = NULL;
    }
    return ref;
}

static enum fasti_attempt move_attempt(struct fasti_booking *booking,
                                       const struct fasti_command *command,
                                       struct fasti_pending *pending,
                                       enum fasti_disposition *disposition) {
    const struct fasti_book *book = &command->body.move.book;
    struct fasti_rows rows;
    fasti_draft_begin(booking);
    fasti_rows_begin(&rows, book, command, pending);
    const struct fasti_record_ref ref = old_look(booking, command, pending, disposition);
    if (ref.record == NULL)
        return FASTI_ATTEMPT_END;
    const struct fasti_facts facts = moved_facts(command, ref.record);
    rows.facts = &facts;
    enum fasti_look_result looked;
    const enum fasti_draft_result ended =
        fasti_draft_end(booking, &ref, FASTI_STATE_MOVED, 0, pending->decided_ms, &looked);
    if (ended != FASTI_DRAFT_OK)
        return fasti_draft_stop(booking, pending, ended, looked, disposition);
    const uint32_t numbers = fasti_rows_count(book);
    const uint64_t id = fasti_draft_numbers(booking, numbers);
    if (id == 0)
        return fasti_draft_refuse(booking, pending, FASTI_DRAFT_MEMORY, disposition);
    const bool is_looked = fasti_rows_take(booking, &rows, id, 1);
    enum fasti_draft_result added = FASTI_DRAFT_OK;
    const bool is_taken = is_looked && rows.lost_count == 0;
    if (is_taken)
        added = moved_add(booking, command, ref.record, &rows, id);
    if (!is_taken || added != FASTI_DRAFT_OK)
        fasti_draft_numbers_give(booking, id, numbers);
    if (!is_looked)
        return fasti_rows_stop(booking, pending, &rows, disposition);
    if (added != FASTI_DRAFT_OK)
        return fasti_draft_refuse(booking, pending, added, disposition);
    if (!is_taken && FASTI_MUTANT(MOVE_ENDS_ANYWAY)) {
        pending->answer.outcome = rows.first;
        return fasti_draft_swap(booking, pending, FASTI_EFFECT_MOVE, command->request, disposition);
    }
    if (!is_taken)
        return fasti_rows_refuse(booking, pending, &rows, disposition);
    pending->answer.body.book.appointment_count = 1;
    pending->answer.body.book.offsets[0] = 0;
    pending->answer.record.v = id;
    pending->answer.outcome = FASTI_OUTCOME_MOVED;
    return fasti_draft_swap(booking, pending, FASTI_EFFECT_MOVE, command->request, disposition);
}

enum fasti_disposition fasti_move(struct fasti_booking *booking,
                                  const struct fasti_command *command,
                                  struct fasti_pending *pending) {
    const struct fasti_book *book = &command->body.move.book;
    enum fasti_disposition disposition = FASTI_ANSWERED;
    if (!fasti_rows_check(book, pending, &disposition))
        return disposition;
    if (book->appointment_count != 1)
        return fasti_fail(pending, FASTI_INVALID_RANGE, "a move is of one appointment");
    return fasti_attempts(booking, command, pending, move_attempt, true);
}
