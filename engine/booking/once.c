/*
 * once.c - see once.h.
 */
#include "engine/booking/once.h"

#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mutant.h"
#include "engine/booking/draft.h"

/* ---- the body's hash ---- */

struct body {
    uint64_t hash;
};

static void add(struct body *body, const void *bytes, size_t size) {
    body->hash = fasti_hash64_seeded(bytes, size, body->hash);
}

static void add_u64(struct body *body, uint64_t value) {
    add(body, &value, sizeof value);
}

static void add_facts(struct body *body, const struct fasti_facts *facts) {
    add_u64(body, (uint64_t)facts->audience << 24 | (uint64_t)facts->modality << 16 |
                      (uint64_t)facts->sector << 8 | facts->acquaintance);
    add_u64(body, (uint64_t)facts->language << 32 | (uint64_t)facts->age_months << 16 |
                      (uint64_t)facts->has_age << 2 | (uint64_t)facts->has_referral << 1 |
                      facts->is_override);
}

static void add_rows(struct body *body, const struct fasti_book *book) {
    const uint32_t count = book->item_count <= FASTI_ITEMS_MAX ? book->item_count : 0;
    add_u64(body, (uint64_t)book->is_fair << 1 | book->is_request);
    for (uint32_t i = 0; i < book->appointment_count && i < FASTI_ITEMS_MAX; i++)
        add_facts(body, &book->appointments[i].facts);
    for (uint32_t i = 0; i < count; i++) {
        const struct fasti_book_item *item = &book->items[i];
        add_u64(body, (uint64_t)item->schedule.v << 32 | item->service.v);
        add_u64(body, (uint64_t)item->start_utc_s);
        add_u64(body, (uint64_t)item->appointment << 1 | item->is_alternative);
    }
}

static void add_appointments(struct body *body, const struct fasti_book_appointment *appointments,
                             uint32_t count) {
    for (uint32_t i = 0; i < count && i < FASTI_ITEMS_MAX; i++) {
        const struct fasti_book_appointment *appointment = &appointments[i];
        add_u64(body, (uint64_t)appointment->patient_length << 32 | appointment->payload_length);
        if (appointment->patient_length > 0)
            add(body, appointment->patient, appointment->patient_length);
        if (appointment->payload_length > 0)
            add(body, appointment->payload, appointment->payload_length);
    }
}

static void add_held(struct body *body, const struct fasti_held *held, bool is_confirm) {
    add(body, &held->token, sizeof held->token);
    add_u64(body, (uint64_t)held->seconds << 32 | (uint64_t)held->is_request << 8 | held->count);
    for (uint32_t i = 0; i < held->count && i < FASTI_ITEMS_MAX; i++)
        add_u64(body, held->records[i].v);
    if (is_confirm)
        add_appointments(body, held->appointments, held->count);
}

uint32_t fasti_command_hash(const struct fasti_command *command) {
    struct body body = {command->kind};
    switch (command->kind) {
    case FASTI_COMMAND_BOOK:
        add_rows(&body, &command->body.book);
        add_appointments(&body, command->body.book.appointments,
                         command->body.book.appointment_count);
        break;
    case FASTI_COMMAND_BLOCK:
        add_u64(&body, command->body.block.schedule.v);
        add_u64(&body, (uint64_t)command->body.block.start_utc_s);
        add_u64(&body, (uint64_t)command->body.block.end_utc_s);
        /* Older logs have hashes of blocks that said nothing of this. */
        if (command->body.block.source != 0 || command->body.block.replaces.v != 0) {
            add_u64(&body, command->body.block.source);
            add_u64(&body, command->body.block.key);
            add_u64(&body, command->body.block.replaces.v);
        }
        break;
    case FASTI_COMMAND_CANCEL:
    case FASTI_COMMAND_UNBLOCK:
        add_u64(&body, command->body.cancel.record.v);
        add_u64(&body, command->body.cancel.reason);
        break;
    case FASTI_COMMAND_HOLD:
        add_u64(&body, command->body.hold.seconds);
        add_u64(&body, command->body.hold.replaces.v);
        add(&body, &command->body.hold.token, sizeof command->body.hold.token);
        add_rows(&body, &command->body.hold.book);
        break;
    case FASTI_COMMAND_CONFIRM:
    case FASTI_COMMAND_EXTEND:
    case FASTI_COMMAND_RELEASE:
        add_held(&body, &command->body.held, command->kind == FASTI_COMMAND_CONFIRM);
        break;
    case FASTI_COMMAND_MOVE:
        add_u64(&body, command->body.move.record.v);
        add_rows(&body, &command->body.move.book);
        break;
    case FASTI_COMMAND_MARK:
        add_u64(&body, command->body.mark.record.v);
        add_u64(&body, (uint64_t)command->body.mark.state << 8 | command->body.mark.reason);
        break;
    case FASTI_COMMAND_STATUS:
    case FASTI_COMMAND_RESOLVE:
    case FASTI_COMMAND_PUT:
    case FASTI_COMMAND_AVAILABILITY:
    case FASTI_COMMAND_SHOW:
    case FASTI_COMMAND_LIST:
    case FASTI_COMMAND_CHECKPOINT:
    case FASTI_COMMAND_IMPORT_BEGIN:
    case FASTI_COMMAND_IMPORT_COMMIT:
    case FASTI_COMMAND_IMPORT_ABORT:
    case FASTI_COMMAND_DESCRIBE:
    case FASTI_COMMAND_EXPLAIN:
    case FASTI_COMMAND_CIVIL:
    case FASTI_COMMAND_LOAD:
    case FASTI_COMMAND_EXPORT:
    case FASTI_COMMAND_SEARCH:
    case FASTI_COMMAND_NAMES:
    case FASTI_COMMAND_HEATMAP:
    case FASTI_COMMAND_COMBINE: break;
    }
    return (uint32_t)body.hash;
}

static bool is_once(enum fasti_command_kind kind) {
    return kind == FASTI_COMMAND_BOOK || kind == FASTI_COMMAND_BLOCK ||
           kind == FASTI_COMMAND_CANCEL || kind == FASTI_COMMAND_UNBLOCK ||
           (kind >= FASTI_COMMAND_HOLD && kind <= FASTI_COMMAND_MARK);
}

/* ---- the first answer once more ---- */

static const struct fasti_book *rows_of(const struct fasti_command *command) {
    switch ((int)command->kind) {
    case FASTI_COMMAND_BOOK: return &command->body.book;
    case FASTI_COMMAND_HOLD: return &command->body.hold.book;
    case FASTI_COMMAND_MOVE: return &command->body.move.book;
    default: return NULL;
    }
}

static bool has_row(const struct fasti_record *record, const struct fasti_book_item *row) {
    for (uint32_t i = 0; i < record->item_count; i++)
        if (record->items[i].schedule == row->schedule.v &&
            record->items[i].service == row->service.v &&
            record->items[i].start_utc_s == row->start_utc_s)
            return true;
    return false;
}

/* What became of each row: of alternatives the one that the record has was taken. */
static void rows_tell(struct fasti_booking *booking, const struct fasti_command *command,
                      const struct fasti_book *book, struct fasti_answer *answer) {
    struct fasti_book_answer *told = &answer->body.book;
    uint64_t number = answer->record.v;
    told->item_count = book->item_count;
    told->appointment_count = book->appointment_count;
    for (uint32_t i = 0, a = 0; a < book->appointment_count; a++) {
        const struct fasti_record_ref ref =
            fasti_record_look(booking, command->organization, (fasti_record_id){number});
        told->offsets[a] = (uint8_t)(number - answer->record.v);
        for (; i < book->item_count && book->items[i].appointment == a; i++) {
            const bool is_taken = ref.record != NULL && has_row(ref.record, &book->items[i]);
            told->outcomes[i] = is_taken ? FASTI_OUTCOME_BOOKED : FASTI_OUTCOME_NONE;
            number += !book->items[i].is_alternative;
        }
        const struct fasti_record_hold *hold =
            ref.record == NULL ? NULL : fasti_record_hold(ref.record);
        if (hold != NULL) { /* until it is confirmed */
            told->token = hold->token;
            told->expires_ms = hold->expires_ms;
        }
    }
}

static void tell_again(struct fasti_booking *booking, const struct fasti_command *command,
                       const struct fasti_request_answer *known, struct fasti_answer *answer) {
    answer->outcome = (enum fasti_outcome)known->outcome;
    answer->record.v = known->record;
    const struct fasti_book *book = rows_of(command);
    if (known->effect_kind == 0) { /* a refusal, of one row */
        answer->body.book.item_count = book != NULL;
        answer->body.book.outcomes[0] = (uint8_t)known->outcome;
        return;
    }
    if (book != NULL)
        rows_tell(booking, command, book, answer);
    if (command->kind != FASTI_COMMAND_CONFIRM && command->kind != FASTI_COMMAND_EXTEND &&
        command->kind != FASTI_COMMAND_RELEASE)
        return;
    answer->record = command->body.held.records[0];
    const struct fasti_record_ref ref =
        fasti_record_look(booking, command->organization, answer->record);
    const struct fasti_record_hold *hold =
        ref.record == NULL ? NULL : fasti_record_hold(ref.record);
    if (command->kind == FASTI_COMMAND_EXTEND && hold != NULL)
        answer->body.book.expires_ms = hold->expires_ms;
}

/* ---- begin and end ---- */

static void refuse(struct fasti_pending *pending, enum fasti_status status, const char *text) {
    pending->answer.status = fasti_detail_set(&pending->answer.detail, status, "%s", text);
}

bool fasti_once_begin(struct fasti_booking *booking, const struct fasti_command *command,
                      struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    int64_t id_ms;
    if ((command->request.low | command->request.high) == 0 || !is_once(command->kind))
        return true;
    if (!fasti_request_id_ms(command->request, &id_ms)) {
        refuse(pending, FASTI_INVALID_ID,
               "a request id is a UUID of version 7: its time says how long it is remembered");
        return false;
    }
    const struct fasti_request request = {
        .id = command->request,
        .organization = command->organization,
        .hash = fasti_command_hash(command),
    };
    struct fasti_request_answer known;
    switch (fasti_requests_begin(&state->requests, &request, booking->worker,
                                 fasti_state_now_ms(state), &known, &pending->request_slot)) {
    case FASTI_REQUEST_NEW:
        pending->has_request = true;
        pending->request_hash = request.hash;
        pending->has_rows = rows_of(command) != NULL && rows_of(command)->item_count > 1;
        return true;
    case FASTI_REQUEST_PENDING:
        refuse(pending, FASTI_BUSY, "this request is being decided: ask again for its answer");
        break;
    case FASTI_REQUEST_DONE:
        if (FASTI_MUTANT(ONCE_ACTS_AGAIN))
            return true;
        tell_again(booking, command, &known, &pending->answer);
        break;
    case FASTI_REQUEST_MISMATCH:
        refuse(pending, FASTI_MISMATCH, fasti_status_text(FASTI_MISMATCH));
        break;
    case FASTI_REQUEST_STALE:
        refuse(pending, FASTI_STALE_REQUEST, fasti_status_text(FASTI_STALE_REQUEST));
        break;
    case FASTI_REQUEST_AHEAD:
        refuse(pending, FASTI_INVALID_ID,
               "the time of the request id is more than five minutes ahead of the server's clock");
        break;
    case FASTI_REQUEST_FULL:
        refuse(pending, FASTI_BUSY, "too many requests are being decided; try again");
        break;
    }
    return false;
}

void fasti_once_end(struct fasti_booking *booking, struct fasti_pending *pending) {
    struct fasti_requests *requests = &booking->state->requests;
    const struct fasti_answer *answer = &pending->answer;
    if (!pending->has_request || answer->status == FASTI_UNKNOWN)
        return; /* UNKNOWN: the engine is dead, and only its log knows */
    pending->has_request = false;
    const bool is_effect = pending->kind == FASTI_PENDING_EFFECT;
    const struct fasti_request_answer told = {
        .record = answer->record.v,
        .decided_ms = pending->decided_ms,
        .outcome = (uint16_t)answer->outcome,
        .effect_kind = (uint16_t)(is_effect ? pending->effect_kind : 0),
    };
    /* A refusal of several rows has more to say than is remembered: it is decided again. */
    if (answer->status != FASTI_OK || (!is_effect && pending->has_rows))
        (void)!fasti_requests_forget(requests, pending->request_slot);
    else if (is_effect)
        (void)!fasti_requests_finish(requests, pending->request_slot, &told);
    else
        (void)!fasti_requests_refuse(requests, pending->request_slot, &told);
}

void fasti_once_restore(struct fasti_state *state, const struct fasti_effect_header *header,
                        fasti_organization_id organization, enum fasti_outcome outcome,
                        uint64_t record) {
    if ((header->request_low | header->request_high) == 0 || FASTI_MUTANT(ONCE_FORGETS))
        return;
    const struct fasti_request request = {
        .id = {.low = header->request_low, .high = header->request_high},
        .organization = organization,
        .hash = header->import,
    };
    const struct fasti_request_answer answer = {
        .record = record,
        .decided_ms = header->decided_ms,
        .outcome = (uint16_t)outcome,
        .effect_kind = header->kind,
    };
    fasti_requests_restore(&state->requests, &request, &answer);
}
