/*
 * reserve.c - books and blocks: the claim paths that make records and take their time.
 */
#include "engine/booking/reserve.h"

#include "engine/booking/rows.h"

/* ---- book ---- */

/* Adds the record of an appointment whose rows are all taken. */
static enum fasti_draft_result appointment_add(struct fasti_booking *booking,
                                               const struct fasti_command *command,
                                               const struct fasti_pending *pending,
                                               const struct fasti_rows *rows, uint32_t at,
                                               uint64_t id) {
    const struct fasti_book *book = &command->body.book;
    const struct fasti_book_appointment *asked = &book->appointments[at];
    const struct fasti_record head = {
        .id = (uint32_t)id,
        .organization = command->organization.v,
        .kind = FASTI_RECORD_APPOINTMENT,
        .state = book->is_request ? FASTI_STATE_PENDING : FASTI_STATE_BOOKED,
        .patient_length = asked->patient_length,
        .created_ms = pending->decided_ms,
        .payload_length = asked->payload_length,
        .item_count = rows->item_count & FASTI_RECORD_ITEMS,
        .flags = fasti_facts_flags(&asked->facts) & FASTI_RECORD_PLAIN_FLAGS,
    };
    const struct fasti_record_parts parts = {.items = rows->items,
                                             .request = command->request,
                                             .changed_ms = pending->decided_ms,
                                             .patient = asked->patient,
                                             .payload = asked->payload};
    uint32_t place;
    return fasti_draft_record_new(booking, &head, &parts, &place);
}

static enum fasti_attempt book_attempt(struct fasti_booking *booking,
                                       const struct fasti_command *command,
                                       struct fasti_pending *pending,
                                       enum fasti_disposition *disposition) {
    const struct fasti_book *book = &command->body.book;
    struct fasti_book_answer *answer = &pending->answer.body.book;
    struct fasti_rows rows;
    fasti_draft_begin(booking);
    const uint32_t numbers = fasti_rows_count(book);
    const uint64_t first = fasti_draft_numbers(booking, numbers);
    if (first == 0)
        return FASTI_ATTEMPT_MEMORY;
    uint64_t id = first;
    fasti_rows_begin(&rows, book, command, pending);
    enum fasti_draft_result added = FASTI_DRAFT_OK;
    bool is_looked = true;
    for (uint32_t a = 0; a < book->appointment_count && is_looked && added == FASTI_DRAFT_OK; a++) {
        is_looked = fasti_rows_take(booking, &rows, id, a);
        if (!is_looked || rows.lost_count > 0)
            continue; /* the others are looked at, to be named; nothing is made */
        answer->offsets[a] = (uint8_t)(id - first);
        added = appointment_add(booking, command, pending, &rows, a, id);
        if (added == FASTI_DRAFT_OK)
            id += rows.item_count;
    }
    fasti_draft_numbers_give(booking, id, numbers - (uint32_t)(id - first));
    if (!is_looked)
        return fasti_rows_stop(booking, pending, &rows, disposition);
    if (added != FASTI_DRAFT_OK)
        return fasti_draft_refuse(booking, pending, added, disposition);
    if (rows.lost_count > 0)
        return fasti_rows_refuse(booking, pending, &rows, disposition);
    answer->appointment_count = book->appointment_count;
    pending->answer.record.v = first;
    pending->answer.outcome = book->is_request ? FASTI_OUTCOME_REQUESTED : FASTI_OUTCOME_BOOKED;
    return fasti_draft_swap(booking, pending, FASTI_EFFECT_BOOK, command->request, disposition);
}

bool fasti_appointments_check(const struct fasti_book_appointment *appointments, uint32_t count,
                              struct fasti_pending *pending, enum fasti_disposition *disposition) {
    for (uint32_t a = 0; a < count; a++) {
        if (appointments[a].patient_length == 0 ||
            appointments[a].patient_length > FASTI_PATIENT_BYTES_MAX) {
            *disposition = fasti_fail(pending, FASTI_INVALID_ID,
                                      "a booking names a patient reference of 1 to 64 bytes");
            return false;
        }
        if (appointments[a].payload_length > FASTI_PAYLOAD_BYTES_MAX) {
            *disposition = fasti_fail(pending, FASTI_INVALID_RANGE,
                                      "a booking's payload has at most 1,024 bytes");
            return false;
        }
    }
    return true;
}

enum fasti_disposition fasti_reserve_book(struct fasti_booking *booking,
                                          const struct fasti_command *command,
                                          struct fasti_pending *pending) {
    const struct fasti_book *book = &command->body.book;
    enum fasti_disposition disposition = FASTI_ANSWERED;
    if (!fasti_rows_check(book, pending, &disposition) ||
        !fasti_appointments_check(book->appointments, book->appointment_count, pending,
                                  &disposition))
        return disposition;
    return fasti_attempts(booking, command, pending, book_attempt, true);
}

/* ---- block ---- */

static enum fasti_attempt block_range(struct fasti_pending *pending,
                                      enum fasti_disposition *disposition) {
    *disposition = fasti_fail(pending, FASTI_INVALID_RANGE,
                              "a block ends after it starts and touches at most 64 local days");
    return FASTI_ATTEMPT_END;
}

static enum fasti_attempt block_resolution(struct fasti_pending *pending,
                                           const struct fasti_day_look *look,
                                           enum fasti_disposition *disposition) {
    pending->answer.status = fasti_detail_set(
        &pending->answer.detail, FASTI_INVALID_RESOLUTION,
        "a block of this schedule starts and ends on a multiple of %d minutes of the day",
        (int)look->config->resolution_minutes);
    *disposition = FASTI_ANSWERED;
    return FASTI_ATTEMPT_END;
}

/* Ends the block that this one replaces; it stands first in the draft. */
static enum fasti_attempt block_end(struct fasti_booking *booking,
                                    const struct fasti_command *command,
                                    struct fasti_pending *pending,
                                    enum fasti_disposition *disposition) {
    const struct fasti_record_ref ref =
        fasti_record_look(booking, command->organization, command->body.block.replaces);
    if (ref.record == NULL || ref.record->kind != FASTI_RECORD_BLOCK) {
        (void)fasti_detail_set(&pending->answer.detail, FASTI_OK,
                               "the organization has no block with the number that it replaces");
        *disposition = fasti_refuse(booking, pending, FASTI_OUTCOME_NO_SUCH, NULL, 0);
        return FASTI_ATTEMPT_END;
    }
    if (!fasti_state_may((enum fasti_record_state)ref.record->state, FASTI_STATE_MOVED)) {
        (void)fasti_detail_set(&pending->answer.detail, FASTI_OK,
                               "the block that it replaces is %s",
                               fasti_record_state_name((enum fasti_record_state)ref.record->state));
        *disposition = fasti_refuse(booking, pending, FASTI_OUTCOME_WRONG_STATE,
                                    &ref.entry->durable, fasti_cell_version(ref.word));
        return FASTI_ATTEMPT_END;
    }
    enum fasti_look_result looked;
    const enum fasti_draft_result ended =
        fasti_draft_end(booking, &ref, FASTI_STATE_MOVED, 0, pending->decided_ms, &looked);
    return ended == FASTI_DRAFT_OK ? FASTI_ATTEMPT_END
                                   : fasti_draft_stop(booking, pending, ended, looked, disposition);
}

/* One item a local day, each taken in the draft. *disposition is changed where it ends here. */
static enum fasti_attempt block_take(struct fasti_booking *booking,
                                     const struct fasti_command *command,
                                     struct fasti_pending *pending, struct fasti_rows *rows,
                                     enum fasti_disposition *disposition) {
    const struct fasti_block *block = &command->body.block;
    for (int64_t at_s = block->start_utc_s; at_s < block->end_utc_s;) {
        struct fasti_draft_day *day;
        const enum fasti_look_result looked =
            fasti_draft_day(booking, command->organization, block->schedule, at_s, &day);
        if (looked != FASTI_LOOK_OK)
            return fasti_draft_stop(booking, pending, FASTI_DRAFT_OK, looked, disposition);
        const struct fasti_day_look *look = &day->look;
        const int64_t day_end_s = look->day.start_utc_s + look->day.minutes * INT64_C(60);
        const int64_t end_s = block->end_utc_s < day_end_s ? block->end_utc_s : day_end_s;
        struct fasti_ticks ticks;
        if ((end_s - at_s) % 60 != 0 ||
            !fasti_look_place(look, at_s, (uint32_t)((end_s - at_s) / 60), &ticks))
            return block_resolution(pending, look, disposition);
        if (rows->item_count == FASTI_ITEMS_MAX)
            return block_range(pending, disposition);
        const int32_t minute = (int32_t)((at_s - look->day.start_utc_s) / 60);
        struct fasti_item *item = &rows->items[rows->item_count];
        *item = (struct fasti_item){
            .schedule = block->schedule.v,
            .start_utc_s = at_s,
            .offset_minutes = (int16_t)(fasti_local_day_offset_s(&look->day, minute) / 60),
            .minutes = (uint16_t)((end_s - at_s) / 60),
            .seats = FASTI_SEATS_MAX, /* all there can ever be: whatever the rules become */
            .seats_max = FASTI_SEATS_MAX,
        };
        static const struct fasti_page_change change = {.operation = FASTI_PAGE_TAKE};
        enum fasti_look_result again;
        const enum fasti_draft_result result =
            fasti_draft_time(booking, command->organization, item, booking->draft->record_count,
                             rows->item_count, &change, rows->now_ms, &again);
        if (result == FASTI_DRAFT_EXPIRED) {
            rows->expired = booking->draft->expired;
            return fasti_rows_stop(booking, pending, rows, disposition);
        }
        if (result == FASTI_DRAFT_TAKEN)
            fasti_rows_lose(rows, booking->draft, FASTI_OUTCOME_TAKEN, day);
        else if (result != FASTI_DRAFT_OK)
            return fasti_draft_stop(booking, pending, result, again, disposition);
        rows->item_count++;
        at_s = end_s;
    }
    return FASTI_ATTEMPT_END;
}

/* Adds the block's record, whose time is taken. */
static enum fasti_draft_result block_add(struct fasti_booking *booking,
                                         const struct fasti_command *command,
                                         struct fasti_pending *pending,
                                         const struct fasti_rows *rows, uint64_t *id) {
    const struct fasti_block *block = &command->body.block;
    const struct fasti_record_source source = {.source = block->source, .key = block->key};
    const struct fasti_record head = {
        .id = (uint32_t)fasti_draft_numbers(booking, rows->item_count),
        .organization = command->organization.v,
        .kind = FASTI_RECORD_BLOCK,
        .state = FASTI_STATE_BOOKED,
        .created_ms = pending->decided_ms,
        .item_count = rows->item_count & FASTI_RECORD_ITEMS,
    };
    const struct fasti_record_parts parts = {.items = rows->items,
                                             .moved_from = block->replaces.v,
                                             .source = block->source != 0 ? &source : NULL,
                                             .request = command->request,
                                             .changed_ms = pending->decided_ms};
    uint32_t place;
    *id = head.id;
    return head.id == 0 ? FASTI_DRAFT_MEMORY
                        : fasti_draft_record_new(booking, &head, &parts, &place);
}

static enum fasti_attempt block_attempt(struct fasti_booking *booking,
                                        const struct fasti_command *command,
                                        struct fasti_pending *pending,
                                        enum fasti_disposition *disposition) {
    static const struct fasti_book none = {0};
    struct fasti_rows rows;
    fasti_draft_begin(booking);
    fasti_rows_begin(&rows, &none, command, pending);
    *disposition = FASTI_PUSHED; /* nothing refused it yet */
    const bool is_moved = command->body.block.replaces.v != 0;
    enum fasti_attempt taken = FASTI_ATTEMPT_END;
    if (is_moved)
        taken = block_end(booking, command, pending, disposition);
    if (taken == FASTI_ATTEMPT_END && *disposition == FASTI_PUSHED)
        taken = block_take(booking, command, pending, &rows, disposition);
    if (taken != FASTI_ATTEMPT_END || *disposition != FASTI_PUSHED) {
        fasti_draft_drop(booking);
        return taken;
    }
    if (rows.lost_count > 0)
        return fasti_rows_refuse(booking, pending, &rows, disposition);
    uint64_t id;
    const enum fasti_draft_result added = block_add(booking, command, pending, &rows, &id);
    if (added != FASTI_DRAFT_OK)
        return fasti_draft_refuse(booking, pending, added, disposition);
    pending->answer.record.v = id;
    pending->answer.outcome = is_moved ? FASTI_OUTCOME_MOVED : FASTI_OUTCOME_BLOCKED;
    return fasti_draft_swap(booking, pending, is_moved ? FASTI_EFFECT_MOVE : FASTI_EFFECT_BOOK,
                            command->request, disposition);
}

enum fasti_disposition fasti_reserve_block(struct fasti_booking *booking,
                                           const struct fasti_command *command,
                                           struct fasti_pending *pending) {
    const struct fasti_block *block = &command->body.block;
    if (block->end_utc_s <= block->start_utc_s ||
        block->end_utc_s - block->start_utc_s > (FASTI_ITEMS_MAX + 1) * FASTI_DAY_SECONDS) {
        enum fasti_disposition disposition;
        (void)block_range(pending, &disposition);
        return disposition;
    }
    if (block->source == 0 && block->key != 0)
        return fasti_fail(pending, FASTI_INVALID_RANGE,
                          "a block's key is of its source: say that, too, or no key");
    return fasti_attempts(booking, command, pending, block_attempt, true);
}
