/*
 * reserve.c - books and blocks: the claim paths that make a record and take its time.
 */
#include "engine/booking/reserve.h"

#include <string.h>

#include "engine/base/panic.h"

/* What a new record is made of, apart from id and time. */
struct new_record {
    enum fasti_record_kind kind;
    fasti_organization_id organization;
    fasti_request_id request;
    struct fasti_item item;
    struct fasti_rule_place place;
    const char *patient;
    uint8_t patient_length;
    const uint8_t *payload;
    uint16_t payload_length;
};

static uint64_t record_id_take(struct fasti_booking *booking) {
    const uint64_t spare = booking->spare_record;
    booking->spare_record = 0;
    return spare != 0 ? spare : fasti_add_relaxed(&booking->state->records.next_id, UINT64_C(1));
}

static uint32_t record_make(struct fasti_booking *booking, const struct new_record *new,
                            uint64_t id, int64_t now_ms) {
    const size_t tail = fasti_record_tail_bytes(new->patient_length, new->payload_length);
    const uint32_t index = fasti_arena_alloc(&booking->arena, sizeof(struct fasti_record) + tail);
    if (index == 0)
        return 0;
    struct fasti_record *record = fasti_arena_at(&booking->state->arena, index);
    *record = (struct fasti_record){
        .id = id,
        .organization = new->organization.v,
        .kind = (uint8_t) new->kind,
        .state = FASTI_STATE_BOOKED,
        .patient_length = new->patient_length,
        .created_ms = now_ms,
        .changed_ms = now_ms,
        .request_low = new->request.low,
        .request_high = new->request.high,
        .payload_length = new->payload_length,
        .item_count = 1,
        .items = {new->item},
    };
    memset(record->bytes, 0, tail);
    memcpy(record->bytes, new->patient, new->patient_length);
    memcpy(record->bytes + new->patient_length, new->payload, new->payload_length);
    return index;
}

/* Hands a won claim to the committer: the record becomes visible, the old page retires. */
static void take_push(struct fasti_booking *booking, struct fasti_pending *pending,
                      const struct fasti_day_look *look, const struct new_record *new,
                      struct fasti_record_entry *entry, uint64_t id, uint32_t record_index) {
    struct fasti_state *state = booking->state;
    /* The record was private until here; pairs with the loads in cell_read. */
    fasti_store_release(&entry->cell, fasti_cell_word(FASTI_TAG_PAGE, 1, record_index));
    fasti_look_page_retire(booking, look->word);
    pending->cell_count = 2;
    pending->cells[0] = fasti_look_pending_cell(look);
    pending->cells[1] =
        (struct fasti_pending_cell){.emitted = &entry->emitted, .durable = &entry->durable};
    pending->link_record = (fasti_record_id){id};
    pending->link_schedule = &look->schedule->record_head;
    pending->link_bucket =
        new->kind == FASTI_RECORD_APPOINTMENT
            ? fasti_patient_bucket(new->organization, new->patient, new->patient_length)
            : UINT64_MAX;
    pending->appointments = new->kind == FASTI_RECORD_APPOINTMENT;
    pending->answer.record = (fasti_record_id){id};
    fasti_effects_push(state, pending);
}

/* Takes the place for a new record: WON, LOST (start again) or MEMORY. */
static enum fasti_claim_result take(struct fasti_booking *booking, struct fasti_pending *pending,
                                    const struct fasti_day_look *look,
                                    const struct new_record *new) {
    struct fasti_state *state = booking->state;
    const uint64_t id = record_id_take(booking);
    struct fasti_record_entry *entry = fasti_records_get(&state->records, (fasti_record_id){id});
    const struct fasti_page_change change = {true, new->place.tick, new->place.count};
    uint32_t page_index = 0;
    const uint32_t record_index =
        entry == NULL ? 0 : record_make(booking, new, id, pending->decided_ms);
    struct fasti_record *record =
        record_index == 0 ? NULL : fasti_arena_at(&state->arena, record_index);
    if (record == NULL || !fasti_look_page_make(booking, look, &change, &page_index)) {
        if (record != NULL)
            fasti_arena_free(&booking->arena, record_index, fasti_record_bytes(record));
        booking->spare_record = id;
        return FASTI_CLAIM_MEMORY;
    }
    const struct fasti_effect_cell cells[2] = {
        fasti_look_effect_cell(look, &change),
        {.id = fasti_cell_id_record((fasti_record_id){id})},
    };
    enum fasti_claim_result result = FASTI_CLAIM_MEMORY;
    if (fasti_pending_effect_make(booking, pending, FASTI_EFFECT_BOOK, new->request, cells, 2,
                                  record, fasti_record_bytes(record))) {
        struct fasti_claim_item item = {
            .cell = &look->ref.chunk->cells[look->ref.at],
            .cell_id = cells[0].id,
            .old_word = look->word,
            .new_word = fasti_cell_next(look->word, page_index),
        };
        pending->delta = fasti_record_digest(record);
        result = fasti_claim_swap(&booking->limbo, &item, 1);
    }
    if (result == FASTI_CLAIM_WON) {
        take_push(booking, pending, look, new, entry, id, record_index);
        return result;
    }
    fasti_pending_effect_drop(booking, pending);
    fasti_look_page_drop(booking, page_index);
    fasti_arena_free(&booking->arena, record_index, fasti_record_bytes(record));
    booking->spare_record = id;
    return result;
}

/* Claims the place of a look, whatever rule allowed it. */
static enum fasti_attempt place_attempt(struct fasti_booking *booking,
                                        struct fasti_pending *pending,
                                        const struct fasti_day_look *look, struct new_record *new,
                                        enum fasti_disposition *disposition) {
    if (fasti_cell_is_worn(look->word)) {
        *disposition =
            fasti_fail(pending, FASTI_LIMIT_VERSION, fasti_status_text(FASTI_LIMIT_VERSION));
        return FASTI_ATTEMPT_END;
    }
    if (look->ref.chunk == NULL)
        return fasti_day_make(booking, look);
    const uint32_t resolution = look->config->resolution_minutes;
    const int32_t minute = (int32_t)(resolution * new->place.tick);
    new->item.schedule = look->id.v;
    new->item.start_utc_s = look->day.start_utc_s + INT64_C(60) * minute;
    new->item.offset_s = fasti_local_day_offset_s(&look->day, minute);
    new->item.minutes = resolution *new->place.count;
    /* Last of all loads: see attempt.h. */
    pending->config_seen = fasti_load_seq_cst(&booking->state->config_version);
    *disposition = FASTI_PUSHED;
    return fasti_attempt_of(take(booking, pending, look, new));
}

static enum fasti_disposition refuse_taken(struct fasti_booking *booking,
                                           struct fasti_pending *pending,
                                           const struct fasti_day_look *look) {
    return fasti_refuse(booking, pending, FASTI_OUTCOME_TAKEN,
                        &look->ref.chunk->durable[look->ref.at], fasti_cell_version(look->word));
}

/* ---- book ---- */

static enum fasti_outcome outcome_of(enum fasti_rule_verdict verdict) {
    switch (verdict) {
    case FASTI_RULE_FREE: return FASTI_OUTCOME_BOOKED;
    case FASTI_RULE_TAKEN: return FASTI_OUTCOME_TAKEN;
    case FASTI_RULE_CLOSED: return FASTI_OUTCOME_CLOSED;
    case FASTI_RULE_FULL: return FASTI_OUTCOME_FULL;
    case FASTI_RULE_PAST: return FASTI_OUTCOME_PAST;
    case FASTI_RULE_OFF_GRID: return FASTI_OUTCOME_OFF_GRID;
    }
    FASTI_UNREACHABLE_CODE();
}

static enum fasti_attempt book_attempt(struct fasti_booking *booking,
                                       const struct fasti_command *command,
                                       struct fasti_pending *pending,
                                       enum fasti_disposition *disposition) {
    const struct fasti_book *book = &command->body.book;
    struct fasti_state *state = booking->state;
    struct fasti_day_look look;
    const enum fasti_look_result looked =
        fasti_day_look(booking, command->organization, book->schedule, book->start_utc_s, &look);
    if (looked != FASTI_LOOK_OK)
        return fasti_look_refuse(booking, pending, looked, disposition);
    const struct fasti_service *terms = fasti_service_get(state->directory, book->service);
    if (terms == NULL || !fasti_schedule_offers(look.config, book->service)) {
        *disposition = fasti_refuse_config(booking, pending, FASTI_OUTCOME_NOT_OFFERED);
        return FASTI_ATTEMPT_END;
    }
    struct fasti_day_view view;
    fasti_day_view_load(state->patterns, look.config, book->service, terms, look.date,
                        look.pattern_id, &booking->scratch, &view);
    struct fasti_rule_place place = {0};
    const enum fasti_rule_verdict verdict =
        fasti_rule_check(&view, look.page, pending->decided_ms, book->start_utc_s, &place);
    if (verdict != FASTI_RULE_FREE) {
        *disposition = verdict == FASTI_RULE_TAKEN
                           ? refuse_taken(booking, pending, &look)
                           : fasti_refuse_config(booking, pending, outcome_of(verdict));
        return FASTI_ATTEMPT_END;
    }
    struct new_record new = {
        .kind = FASTI_RECORD_APPOINTMENT,
        .organization = command->organization,
        .request = command->request,
        .item.service = book->service.v,
        .place = place,
        .patient = book->patient,
        .patient_length = book->patient_length,
        .payload = book->payload,
        .payload_length = book->payload_length,
    };
    pending->answer.outcome = FASTI_OUTCOME_BOOKED;
    return place_attempt(booking, pending, &look, &new, disposition);
}

enum fasti_disposition fasti_reserve_book(struct fasti_booking *booking,
                                          const struct fasti_command *command,
                                          struct fasti_pending *pending) {
    const struct fasti_book *book = &command->body.book;
    if (book->patient_length == 0 || book->patient_length > FASTI_PATIENT_BYTES_MAX)
        return fasti_fail(pending, FASTI_INVALID_ID,
                          "a booking names a patient reference of 1 to 64 bytes");
    if (book->payload_length > FASTI_PAYLOAD_BYTES_MAX)
        return fasti_fail(pending, FASTI_INVALID_RANGE,
                          "a booking's payload has at most 1,024 bytes");
    if (book->start_utc_s % 60 != 0)
        return fasti_fail(pending, FASTI_INVALID_TIME, "a booking starts on a whole minute");
    return fasti_attempts(booking, command, pending, book_attempt, true);
}

/* ---- block ---- */

static enum fasti_disposition block_refuse(struct fasti_pending *pending,
                                           const struct fasti_day_look *look,
                                           const struct fasti_block *block) {
    const int64_t day_end_s = look->day.start_utc_s + look->day.minutes * INT64_C(60);
    if (block->end_utc_s <= block->start_utc_s || block->end_utc_s > day_end_s)
        return fasti_fail(pending, FASTI_INVALID_RANGE,
                          "a block ends after it starts and on the same local day; use one block "
                          "a day");
    pending->answer.status = fasti_detail_set(
        &pending->answer.detail, FASTI_INVALID_RESOLUTION,
        "a block of this schedule starts and ends on a multiple of %d minutes of the day",
        (int)look->config->resolution_minutes);
    return FASTI_ANSWERED;
}

static enum fasti_attempt block_attempt(struct fasti_booking *booking,
                                        const struct fasti_command *command,
                                        struct fasti_pending *pending,
                                        enum fasti_disposition *disposition) {
    const struct fasti_block *block = &command->body.block;
    struct fasti_day_look look;
    const enum fasti_look_result looked =
        fasti_day_look(booking, command->organization, block->schedule, block->start_utc_s, &look);
    if (looked != FASTI_LOOK_OK)
        return fasti_look_refuse(booking, pending, looked, disposition);
    struct new_record new = {
        .kind = FASTI_RECORD_BLOCK,
        .organization = command->organization,
        .request = command->request,
        .patient = "",
        .payload = (const uint8_t *)"",
    };
    const int64_t length_s = block->end_utc_s - block->start_utc_s;
    if (length_s <= 0 || length_s % 60 != 0 ||
        length_s > FASTI_LOCAL_DAY_MINUTES_MAX * INT64_C(60) ||
        !fasti_look_place(&look, block->start_utc_s, (uint32_t)(length_s / 60), &new.place)) {
        *disposition = block_refuse(pending, &look, block);
        return FASTI_ATTEMPT_END;
    }
    if (fasti_page_any(look.page, new.place.tick, new.place.count)) {
        *disposition = refuse_taken(booking, pending, &look);
        return FASTI_ATTEMPT_END;
    }
    pending->answer.outcome = FASTI_OUTCOME_BLOCKED;
    return place_attempt(booking, pending, &look, &new, disposition);
}

enum fasti_disposition fasti_reserve_block(struct fasti_booking *booking,
                                           const struct fasti_command *command,
                                           struct fasti_pending *pending) {
    return fasti_attempts(booking, command, pending, block_attempt, true);
}
