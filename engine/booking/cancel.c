/*
 * cancel.c - the claim path that ends a record.
 *
 * A record says when (instants); where its bits are follows from the schedule's zone and
 * resolution, which do not change while a day of it holds anything (pause.h).
 */
#include "engine/booking/cancel.h"

#include <string.h>

#include "engine/base/panic.h"

/* The record as it is now, or what to say instead. */
static const struct fasti_record *record_look(struct fasti_booking *booking,
                                              const struct fasti_command *command,
                                              struct fasti_record_entry *entry, uint64_t *word) {
    *word = entry == NULL ? 0 : fasti_cell_read(&booking->state->arena, &entry->cell);
    if (fasti_cell_index(*word) == 0)
        return NULL;
    const struct fasti_record *record =
        fasti_arena_at(&booking->state->arena, fasti_cell_index(*word));
    const enum fasti_record_kind kind =
        command->kind == FASTI_COMMAND_CANCEL ? FASTI_RECORD_APPOINTMENT : FASTI_RECORD_BLOCK;
    return record->organization == command->organization.v && record->kind == kind ? record : NULL;
}

/* A copy of a record in another state. */
static uint32_t record_change(struct fasti_booking *booking, const struct fasti_record *record,
                              uint8_t reason, int64_t now_ms) {
    const size_t bytes = fasti_record_bytes(record);
    const uint32_t index = fasti_arena_alloc(&booking->arena, bytes);
    if (index == 0)
        return 0;
    struct fasti_record *next = fasti_arena_at(&booking->state->arena, index);
    memcpy(next, record, bytes);
    next->state = FASTI_STATE_CANCELLED;
    next->reason = reason;
    next->changed_ms = now_ms;
    return index;
}

/* The record that a command ends, and the cell and word that it was seen by. */
struct ending {
    struct fasti_record_entry *entry;
    uint64_t word;
    const struct fasti_record *record;
    struct fasti_rule_place place;
};

static void release_push(struct fasti_booking *booking, struct fasti_pending *pending,
                         const struct fasti_day_look *look, const struct ending *ending) {
    fasti_look_page_retire(booking, look->word);
    fasti_limbo_retire(&booking->limbo, fasti_cell_index(ending->word),
                       fasti_record_bytes(ending->record));
    pending->cell_count = 2;
    pending->cells[0] = fasti_look_pending_cell(look);
    pending->cells[1] =
        (struct fasti_pending_cell){.emitted = &ending->entry->emitted,
                                    .durable = &ending->entry->durable,
                                    .from_version = fasti_cell_version(ending->word)};
    fasti_effects_push(booking->state, pending);
}

/* Releases the record's ticks and swaps its state: day cell and record cell in one claim. */
static enum fasti_claim_result release(struct fasti_booking *booking, struct fasti_pending *pending,
                                       const struct fasti_command *command,
                                       const struct fasti_day_look *look,
                                       const struct ending *ending) {
    const struct fasti_record *record = ending->record;
    const struct fasti_page_change change = {false, ending->place.tick, ending->place.count};
    uint32_t page_index = 0;
    if (!fasti_look_page_make(booking, look, &change, &page_index))
        return FASTI_CLAIM_MEMORY;
    const uint32_t record_index =
        record_change(booking, record, command->body.cancel.reason, pending->decided_ms);
    if (record_index == 0) {
        fasti_look_page_drop(booking, page_index);
        return FASTI_CLAIM_MEMORY;
    }
    const struct fasti_record *next = fasti_arena_at(&booking->state->arena, record_index);
    const struct fasti_effect_cell cells[2] = {
        fasti_look_effect_cell(look, &change),
        {.id = fasti_cell_id_record((fasti_record_id){record->id}),
         .from_version = fasti_cell_version(ending->word)},
    };
    const struct fasti_effect_end end = {
        .record = record->id,
        .organization = record->organization,
        .state = next->state,
        .reason = next->reason,
    };
    pending->delta = fasti_hash128_subtract(fasti_record_digest(next), fasti_record_digest(record));
    pending->appointments = -(record->kind == FASTI_RECORD_APPOINTMENT);
    enum fasti_claim_result result = FASTI_CLAIM_MEMORY;
    if (fasti_pending_effect_make(booking, pending, FASTI_EFFECT_END, command->request, cells, 2,
                                  &end, sizeof end)) {
        struct fasti_claim_item items[2] = {
            {&look->ref.chunk->cells[look->ref.at], cells[0].id, look->word,
             fasti_cell_next(look->word, page_index)},
            {&ending->entry->cell, cells[1].id, ending->word,
             fasti_cell_next(ending->word, record_index)},
        };
        result = fasti_claim_swap(&booking->limbo, items, 2);
    }
    if (result == FASTI_CLAIM_WON) {
        release_push(booking, pending, look, ending);
        return result;
    }
    fasti_pending_effect_drop(booking, pending);
    fasti_look_page_drop(booking, page_index);
    fasti_arena_free(&booking->arena, record_index, fasti_record_bytes(record));
    return result;
}

static enum fasti_disposition refuse_missing(struct fasti_booking *booking,
                                             const struct fasti_command *command,
                                             struct fasti_pending *pending) {
    (void)fasti_detail_set(&pending->answer.detail, FASTI_OK,
                           "the organization has no %s with this number",
                           command->kind == FASTI_COMMAND_CANCEL ? "appointment" : "block");
    return fasti_refuse(booking, pending, FASTI_OUTCOME_NO_SUCH, NULL, 0);
}

/* The day does not hold what the record takes. Either somebody else ended the record after we
 * looked at it (then even the zone may have changed since), or a log said so that no engine wrote:
 * replay knows no zone, so it cannot compare a record's instants with its effect's ticks. */
static enum fasti_attempt place_missing(struct fasti_booking *booking,
                                        struct fasti_pending *pending, const struct ending *ending,
                                        enum fasti_disposition *disposition) {
    if (fasti_cell_read(&booking->state->arena, &ending->entry->cell) != ending->word)
        return FASTI_ATTEMPT_AGAIN;
    *disposition = fasti_fail(pending, FASTI_CORRUPT_STATE,
                              "the day does not hold the time that the record takes");
    return FASTI_ATTEMPT_END;
}

static enum fasti_attempt cancel_attempt(struct fasti_booking *booking,
                                         const struct fasti_command *command,
                                         struct fasti_pending *pending,
                                         enum fasti_disposition *disposition) {
    struct ending ending = {
        .entry = fasti_records_find(&booking->state->records, command->body.cancel.record)};
    ending.record = record_look(booking, command, ending.entry, &ending.word);
    if (ending.record == NULL) {
        *disposition = refuse_missing(booking, command, pending);
        return FASTI_ATTEMPT_END;
    }
    pending->answer.record = command->body.cancel.record;
    if (ending.record->state != FASTI_STATE_BOOKED) {
        *disposition = fasti_refuse(booking, pending, FASTI_OUTCOME_ALREADY, &ending.entry->durable,
                                    fasti_cell_version(ending.word));
        return FASTI_ATTEMPT_END;
    }
    const struct fasti_item *item = &ending.record->items[0];
    struct fasti_day_look look;
    const enum fasti_look_result looked =
        fasti_day_look(booking, command->organization, (fasti_schedule_id){item->schedule},
                       item->start_utc_s, &look);
    if (looked != FASTI_LOOK_OK)
        return fasti_look_refuse(booking, pending, looked, disposition);
    if (fasti_cell_is_worn(look.word) || fasti_cell_is_worn(ending.word)) {
        *disposition =
            fasti_fail(pending, FASTI_LIMIT_VERSION, fasti_status_text(FASTI_LIMIT_VERSION));
        return FASTI_ATTEMPT_END;
    }
    if (!fasti_look_place(&look, item->start_utc_s, item->minutes, &ending.place) ||
        !fasti_page_all(look.page, ending.place.tick, ending.place.count))
        return place_missing(booking, pending, &ending, disposition);
    /* Last of all loads: see attempt.h. */
    pending->config_seen = fasti_load_seq_cst(&booking->state->config_version);
    pending->answer.outcome =
        command->kind == FASTI_COMMAND_CANCEL ? FASTI_OUTCOME_CANCELLED : FASTI_OUTCOME_UNBLOCKED;
    *disposition = FASTI_PUSHED;
    return fasti_attempt_of(release(booking, pending, command, &look, &ending));
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
