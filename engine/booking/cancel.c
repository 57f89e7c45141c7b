/*
 * cancel.c - the claim path that ends a record.
 *
 * A record says when (instants); where its bits are follows from the schedule's zone and
 * resolution, which do not change while a day of it holds anything (pause.h).
 */
#include "engine/booking/cancel.h"

#include "engine/booking/draft.h"

/* The record as it is now, or what to say instead. */
static const struct fasti_record *record_look(struct fasti_booking *booking,
                                              const struct fasti_command *command,
                                              struct fasti_record_entry *entry, uint64_t *word) {
    *word = entry == NULL ? 0 : fasti_cell_read(&booking->state->arena, &entry->cell);
    if (fasti_cell_index(*word) == 0 || fasti_cell_tag(*word) != FASTI_TAG_PAGE)
        return NULL;
    const struct fasti_record *record =
        fasti_arena_at(&booking->state->arena, fasti_cell_index(*word));
    const enum fasti_record_kind kind =
        command->kind == FASTI_COMMAND_CANCEL ? FASTI_RECORD_APPOINTMENT : FASTI_RECORD_BLOCK;
    return record->organization == command->organization.v && record->kind == kind ? record : NULL;
}

static enum fasti_disposition refuse_missing(struct fasti_booking *booking,
                                             const struct fasti_command *command,
                                             struct fasti_pending *pending) {
    (void)fasti_detail_set(&pending->answer.detail, FASTI_OK,
                           "the organization has no %s with this number",
                           command->kind == FASTI_COMMAND_CANCEL ? "appointment" : "block");
    return fasti_refuse(booking, pending, FASTI_OUTCOME_NO_SUCH, NULL, 0);
}

/* A day does not hold what the record takes. Either somebody else ended the record after we looked
 * at it (then even the zone may have changed since), or a log said so that no engine wrote: replay
 * knows no zone, so it cannot compare a record's instants with its effect's ticks. */
static enum fasti_attempt
release_refuse(struct fasti_booking *booking, struct fasti_pending *pending,
               struct fasti_record_entry *entry, uint64_t word, enum fasti_draft_result result,
               enum fasti_look_result looked, enum fasti_disposition *disposition) {
    if (result == FASTI_DRAFT_TAKEN &&
        fasti_cell_read(&booking->state->arena, &entry->cell) != word)
        result = FASTI_DRAFT_AGAIN;
    if (looked == FASTI_LOOK_OK)
        return fasti_draft_refuse(booking, pending, result, disposition);
    fasti_draft_drop(booking);
    return fasti_look_refuse(booking, pending, looked, disposition);
}

static enum fasti_attempt cancel_attempt(struct fasti_booking *booking,
                                         const struct fasti_command *command,
                                         struct fasti_pending *pending,
                                         enum fasti_disposition *disposition) {
    struct fasti_record_entry *entry =
        fasti_records_find(&booking->state->records, command->body.cancel.record);
    uint64_t word;
    const struct fasti_record *record = record_look(booking, command, entry, &word);
    if (record == NULL) {
        *disposition = refuse_missing(booking, command, pending);
        return FASTI_ATTEMPT_END;
    }
    pending->answer.record = command->body.cancel.record;
    if (record->state != FASTI_STATE_BOOKED) {
        *disposition = fasti_refuse(booking, pending, FASTI_OUTCOME_ALREADY, &entry->durable,
                                    fasti_cell_version(word));
        return FASTI_ATTEMPT_END;
    }
    uint32_t place = 0;
    enum fasti_look_result looked = FASTI_LOOK_OK;
    fasti_draft_begin(booking);
    enum fasti_draft_result result = fasti_draft_record_change(booking, entry, word, &place);
    static const struct fasti_page_change change = {.operation = FASTI_PAGE_RELEASE};
    for (uint32_t i = 0; i < record->item_count && result == FASTI_DRAFT_OK; i++)
        result = fasti_draft_time(booking, command->organization, &record->items[i], place, &change,
                                  &looked);
    if (result != FASTI_DRAFT_OK)
        return release_refuse(booking, pending, entry, word, result, looked, disposition);
    struct fasti_record *after = booking->draft->records[place].after;
    after->state = FASTI_STATE_CANCELLED;
    after->reason = command->body.cancel.reason;
    after->changed_ms = pending->decided_ms;
    pending->answer.outcome =
        command->kind == FASTI_COMMAND_CANCEL ? FASTI_OUTCOME_CANCELLED : FASTI_OUTCOME_UNBLOCKED;
    return fasti_draft_swap(booking, pending, FASTI_EFFECT_END, command->request, disposition);
}

enum fasti_disposition fasti_cancel(struct fasti_booking *booking,
                                    const struct fasti_command *command,
                                    struct fasti_pending *pending) {
    booking->arena.uses_reserve = true; /* in the end it gives memory back */
    const enum fasti_disposition disposition =
        fasti_attempts(booking, command, pending, cancel_attempt, false);
    booking->arena.uses_reserve = false;
    return disposition;
}
