/*
 * reserve.c - books and blocks: the claim paths that make records and take their time.
 */
#include "engine/booking/reserve.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/booking/draft.h"

/* What a refusal rests on, gathered row by row: days that were not durable as seen. */
struct reasons {
    uint32_t lost_count, day_count;
    bool rests_on_config;
    enum fasti_outcome first; /* of the first row that was lost */
    struct fasti_pending_cell days[FASTI_ITEMS_MAX];
};

static void lose(struct reasons *reasons, enum fasti_outcome outcome,
                 const struct fasti_draft_day *day) {
    if (reasons->lost_count++ == 0)
        reasons->first = outcome;
    if (outcome != FASTI_OUTCOME_TAKEN) {
        reasons->rests_on_config = reasons->rests_on_config || outcome != FASTI_OUTCOME_OUTSIDE;
        return;
    }
    /* Not a day that is taken by this very booking alone: that rests on nothing. */
    if (day->look.ref.chunk != NULL && reasons->day_count < FASTI_ITEMS_MAX)
        reasons->days[reasons->day_count++] = fasti_look_pending_cell(&day->look);
}

/* Ends a refused command; it is told when all that it rests on is durable. */
static enum fasti_attempt refuse(struct fasti_booking *booking, struct fasti_pending *pending,
                                 const struct reasons *reasons,
                                 enum fasti_disposition *disposition) {
    struct fasti_state *state = booking->state;
    fasti_draft_drop(booking);
    const uint32_t count = reasons->day_count + reasons->rests_on_config;
    if (!fasti_pending_cells_make(booking, pending, count))
        return FASTI_ATTEMPT_MEMORY;
    memcpy(pending->cells, reasons->days, reasons->day_count * sizeof reasons->days[0]);
    if (reasons->rests_on_config)
        pending->cells[reasons->day_count] = (struct fasti_pending_cell){
            .durable = &state->config_durable,
            .from_version = fasti_load_seq_cst(&state->config_version),
        };
    pending->cell_count = count;
    pending->kind = FASTI_PENDING_WAIT;
    pending->answer.outcome = reasons->first;
    *disposition = fasti_wait_begin(booking, pending) ? FASTI_ANSWERED : FASTI_WAITING;
    return FASTI_ATTEMPT_END;
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

/* How one row went. */
enum row_result { ROW_TAKEN, ROW_LOST, ROW_ENDS };
struct row {
    enum fasti_draft_result result; /* why it ends the attempt, unless looked says so */
    enum fasti_look_result looked;
    enum fasti_outcome outcome;
    struct fasti_draft_day *day;
    struct fasti_item item;
};

static enum row_result row_lose(struct row *row, enum fasti_outcome outcome) {
    row->outcome = outcome;
    return ROW_LOST;
}

/* Looks at one row and takes its time in the draft. */
static enum row_result row_take(struct fasti_booking *booking, fasti_organization_id organization,
                                const struct fasti_book_item *asked, uint32_t record,
                                int64_t now_ms, struct row *row) {
    struct fasti_state *state = booking->state;
    *row = (struct row){.result = FASTI_DRAFT_OK};
    row->looked =
        fasti_draft_day(booking, organization, asked->schedule, asked->start_utc_s, &row->day);
    if (row->looked == FASTI_LOOK_OUTSIDE)
        return row_lose(row, FASTI_OUTCOME_OUTSIDE);
    if (row->looked == FASTI_LOOK_NO_SCHEDULE)
        return row_lose(row, FASTI_OUTCOME_NO_SUCH);
    if (row->looked != FASTI_LOOK_OK)
        return ROW_ENDS;
    const struct fasti_day_look *look = &row->day->look;
    const struct fasti_service *terms = fasti_service_get(state->directory, asked->service);
    if (terms == NULL || !fasti_schedule_offers(look->config, asked->service))
        return row_lose(row, FASTI_OUTCOME_NOT_OFFERED);
    struct fasti_day_view view;
    fasti_day_view_load(state->patterns, look->config, asked->service, terms, look->date,
                        look->pattern_id, &booking->scratch, &view);
    struct fasti_rule_place place = {0};
    const enum fasti_rule_verdict verdict =
        fasti_rule_check(&view, row->day->page, now_ms, asked->start_utc_s, &place);
    if (verdict != FASTI_RULE_FREE)
        return row_lose(row, outcome_of(verdict));
    const struct fasti_page_change change = {
        .operation = FASTI_PAGE_TAKE, .tick = place.tick, .count = place.count};
    row->result = fasti_draft_change(booking, row->day, record, &change);
    if (row->result != FASTI_DRAFT_OK)
        return ROW_ENDS;
    const uint32_t resolution = look->config->resolution_minutes;
    const int32_t minute = (int32_t)(resolution * place.tick);
    row->outcome = FASTI_OUTCOME_BOOKED;
    row->item = (struct fasti_item){
        .schedule = asked->schedule.v,
        .service = asked->service.v,
        .start_utc_s = look->day.start_utc_s + INT64_C(60) * minute,
        .offset_s = fasti_local_day_offset_s(&look->day, minute),
        .minutes = resolution * place.count,
    };
    return ROW_TAKEN;
}

/* Minutes that are taken on the day of a row; UINT32_MAX where it cannot be looked at. */
static uint32_t row_load(struct fasti_booking *booking, fasti_organization_id organization,
                         const struct fasti_book_item *asked) {
    struct fasti_draft_day *day;
    if (fasti_draft_day(booking, organization, asked->schedule, asked->start_utc_s, &day) !=
        FASTI_LOOK_OK)
        return UINT32_MAX;
    uint32_t ticks = 0;
    for (uint32_t word = 0; word < day->page->word_count; word++)
        ticks += (uint32_t)__builtin_popcountll(day->page->words[word]);
    return ticks * day->look.config->resolution_minutes;
}

/* The order in which the alternatives [first, end) are tried: as given, or the least taken first.
 */
static void alternatives_order(struct fasti_booking *booking, const struct fasti_command *command,
                               uint32_t first, uint32_t end, uint8_t *order) {
    const struct fasti_book *book = &command->body.book;
    uint32_t loads[FASTI_ITEMS_MAX];
    for (uint32_t i = first; i < end; i++) {
        const bool is_fair = book->is_fair && end - first > 1;
        const uint32_t load =
            is_fair ? row_load(booking, command->organization, &book->items[i]) : 0;
        uint32_t at = i - first;
        for (; at > 0 && loads[at - 1] > load; at--) {
            loads[at] = loads[at - 1];
            order[at] = order[at - 1];
        }
        loads[at] = load;
        order[at] = (uint8_t)i;
    }
}

/* One appointment of a booking while its rows are taken. */
struct rows {
    uint32_t next;        /* row that comes next */
    uint32_t appointment; /* its record's place in the draft: appointments stand there in order */
    uint32_t item_count;  /* of the appointment, taken */
    struct fasti_item items[FASTI_ITEMS_MAX];
};

/* Takes the first free one of the next row and its alternatives. ROW_ENDS: see *row. */
static enum row_result choice_take(struct fasti_booking *booking,
                                   const struct fasti_command *command,
                                   struct fasti_pending *pending, struct rows *rows,
                                   struct reasons *reasons, struct row *row) {
    const struct fasti_book *book = &command->body.book;
    uint8_t *outcomes = pending->answer.body.book.outcomes;
    uint8_t order[FASTI_ITEMS_MAX];
    const uint32_t first = rows->next;
    uint32_t end = first + 1;
    while (end < book->item_count && book->items[end].is_alternative)
        end++;
    rows->next = end;
    alternatives_order(booking, command, first, end, order);
    struct reasons lost = {0};
    for (uint32_t i = 0; i < end - first; i++) {
        const enum row_result result =
            row_take(booking, command->organization, &book->items[order[i]], rows->appointment,
                     pending->decided_ms, row);
        if (result == ROW_ENDS)
            return ROW_ENDS;
        outcomes[order[i]] = (uint8_t)row->outcome;
        if (result == ROW_TAKEN) {
            rows->items[rows->item_count++] = row->item;
            return ROW_TAKEN;
        }
        lose(&lost, row->outcome, row->day);
    }
    /* None is free: all of them say why. */
    for (uint32_t i = 0; i < lost.day_count && reasons->day_count < FASTI_ITEMS_MAX; i++)
        reasons->days[reasons->day_count++] = lost.days[i];
    reasons->rests_on_config = reasons->rests_on_config || lost.rests_on_config;
    if (reasons->lost_count++ == 0)
        reasons->first = (enum fasti_outcome)outcomes[first];
    return ROW_LOST;
}

/* Adds the record of an appointment whose rows are all taken. */
static enum fasti_draft_result appointment_add(struct fasti_booking *booking,
                                               const struct fasti_command *command,
                                               struct fasti_pending *pending,
                                               const struct rows *rows, uint64_t id) {
    const struct fasti_book_appointment *asked =
        &command->body.book.appointments[rows->appointment];
    const struct fasti_record head = {
        .id = id,
        .organization = command->organization.v,
        .kind = FASTI_RECORD_APPOINTMENT,
        .state = FASTI_STATE_BOOKED,
        .patient_length = asked->patient_length,
        .created_ms = pending->decided_ms,
        .changed_ms = pending->decided_ms,
        .request_low = command->request.low,
        .request_high = command->request.high,
        .payload_length = asked->payload_length,
        .item_count = (uint16_t)rows->item_count,
    };
    uint32_t place;
    return fasti_draft_record_new(booking, &head, rows->items, asked->patient, asked->payload,
                                  &place);
}

/* Rows of the booking that are taken if all goes well: alternatives count once. */
static uint32_t taken_count(const struct fasti_book *book) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < book->item_count; i++)
        count += !book->items[i].is_alternative;
    return count;
}

static enum fasti_attempt book_attempt(struct fasti_booking *booking,
                                       const struct fasti_command *command,
                                       struct fasti_pending *pending,
                                       enum fasti_disposition *disposition) {
    const struct fasti_book *book = &command->body.book;
    struct fasti_book_answer *answer = &pending->answer.body.book;
    struct reasons reasons = {0};
    struct row row;
    memset(answer, 0, offsetof(struct fasti_book_answer, offsets));
    answer->item_count = book->item_count;
    fasti_draft_begin(booking);
    const uint64_t numbers = fasti_draft_numbers(booking, taken_count(book));
    if (numbers == 0)
        return FASTI_ATTEMPT_MEMORY;
    uint64_t id = numbers;
    struct rows rows = {.next = 0};
    for (uint32_t a = 0; a < book->appointment_count; a++) {
        rows.appointment = a;
        rows.item_count = 0;
        while (rows.next < book->item_count && book->items[rows.next].appointment == a)
            if (choice_take(booking, command, pending, &rows, &reasons, &row) == ROW_ENDS) {
                fasti_draft_numbers_give(booking, id, taken_count(book) - (uint32_t)(id - numbers));
                if (row.result != FASTI_DRAFT_OK)
                    return fasti_draft_refuse(booking, pending, row.result, disposition);
                fasti_draft_drop(booking);
                return fasti_look_refuse(booking, pending, row.looked, disposition);
            }
        if (reasons.lost_count > 0)
            continue; /* the others are looked at, to be named; nothing is made */
        answer->offsets[a] = (uint8_t)(id - numbers);
        const enum fasti_draft_result added = appointment_add(booking, command, pending, &rows, id);
        if (added != FASTI_DRAFT_OK) {
            fasti_draft_numbers_give(booking, id, taken_count(book) - (uint32_t)(id - numbers));
            return fasti_draft_refuse(booking, pending, added, disposition);
        }
        id += rows.item_count;
    }
    if (reasons.lost_count > 0) {
        fasti_draft_numbers_give(booking, id, taken_count(book) - (uint32_t)(id - numbers));
        return refuse(booking, pending, &reasons, disposition);
    }
    answer->appointment_count = book->appointment_count;
    pending->answer.record.v = numbers;
    pending->answer.outcome = FASTI_OUTCOME_BOOKED;
    return fasti_draft_swap(booking, pending, FASTI_EFFECT_BOOK, command->request, disposition);
}

static enum fasti_disposition rows_invalid(struct fasti_pending *pending) {
    return fasti_fail(pending, FASTI_INVALID_RANGE,
                      "a booking has 1 to 64 rows for 1 to 64 appointments: each appointment has "
                      "rows, which stand together, and its first is no alternative");
}

/* Rows stand by appointment, none is empty, and each begins with what is no alternative. */
static bool rows_are_sound(const struct fasti_book *book) {
    if (book->appointment_count < 1 || book->appointment_count > FASTI_ITEMS_MAX ||
        book->item_count < book->appointment_count || book->item_count > FASTI_ITEMS_MAX)
        return false;
    uint32_t appointment = 0;
    for (uint32_t i = 0; i < book->item_count; i++) {
        const struct fasti_book_item *item = &book->items[i];
        const bool is_first = i == 0 || item->appointment != appointment;
        if (item->appointment != appointment + (i > 0 && is_first) ||
            (is_first && item->is_alternative))
            return false;
        appointment = item->appointment;
    }
    return appointment + 1 == book->appointment_count;
}

enum fasti_disposition fasti_reserve_book(struct fasti_booking *booking,
                                          const struct fasti_command *command,
                                          struct fasti_pending *pending) {
    const struct fasti_book *book = &command->body.book;
    if (!rows_are_sound(book))
        return rows_invalid(pending);
    for (uint32_t a = 0; a < book->appointment_count; a++) {
        if (book->appointments[a].patient_length == 0 ||
            book->appointments[a].patient_length > FASTI_PATIENT_BYTES_MAX)
            return fasti_fail(pending, FASTI_INVALID_ID,
                              "a booking names a patient reference of 1 to 64 bytes");
        if (book->appointments[a].payload_length > FASTI_PAYLOAD_BYTES_MAX)
            return fasti_fail(pending, FASTI_INVALID_RANGE,
                              "a booking's payload has at most 1,024 bytes");
    }
    for (uint32_t i = 0; i < book->item_count; i++)
        if (book->items[i].start_utc_s % 60 != 0)
            return fasti_fail(pending, FASTI_INVALID_TIME, "a booking starts on a whole minute");
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

/* One item a local day, each taken in the draft. */
static enum fasti_attempt block_take(struct fasti_booking *booking,
                                     const struct fasti_command *command,
                                     struct fasti_pending *pending, struct fasti_item *items,
                                     uint32_t *item_count, struct reasons *reasons,
                                     enum fasti_disposition *disposition) {
    const struct fasti_block *block = &command->body.block;
    *item_count = 0;
    for (int64_t at_s = block->start_utc_s; at_s < block->end_utc_s;) {
        struct fasti_draft_day *day;
        const enum fasti_look_result looked =
            fasti_draft_day(booking, command->organization, block->schedule, at_s, &day);
        if (looked != FASTI_LOOK_OK) {
            fasti_draft_drop(booking);
            return fasti_look_refuse(booking, pending, looked, disposition);
        }
        const struct fasti_day_look *look = &day->look;
        const int64_t day_end_s = look->day.start_utc_s + look->day.minutes * INT64_C(60);
        const int64_t end_s = block->end_utc_s < day_end_s ? block->end_utc_s : day_end_s;
        struct fasti_rule_place place;
        if ((end_s - at_s) % 60 != 0 ||
            !fasti_look_place(look, at_s, (uint32_t)((end_s - at_s) / 60), &place)) {
            fasti_draft_drop(booking);
            return block_resolution(pending, look, disposition);
        }
        if (*item_count == FASTI_ITEMS_MAX) {
            fasti_draft_drop(booking);
            return block_range(pending, disposition);
        }
        const struct fasti_page_change change = {
            .operation = FASTI_PAGE_TAKE, .tick = place.tick, .count = place.count};
        const enum fasti_draft_result result = fasti_draft_change(booking, day, 0, &change);
        if (result == FASTI_DRAFT_TAKEN)
            lose(reasons, FASTI_OUTCOME_TAKEN, day);
        else if (result != FASTI_DRAFT_OK)
            return fasti_draft_refuse(booking, pending, result, disposition);
        items[(*item_count)++] = (struct fasti_item){
            .schedule = block->schedule.v,
            .start_utc_s = at_s,
            .offset_s = fasti_local_day_offset_s(&look->day,
                                                 (int32_t)((at_s - look->day.start_utc_s) / 60)),
            .minutes = (uint32_t)((end_s - at_s) / 60),
        };
        at_s = end_s;
    }
    return FASTI_ATTEMPT_END;
}

static enum fasti_attempt block_attempt(struct fasti_booking *booking,
                                        const struct fasti_command *command,
                                        struct fasti_pending *pending,
                                        enum fasti_disposition *disposition) {
    struct fasti_item items[FASTI_ITEMS_MAX];
    struct reasons reasons = {0};
    uint32_t item_count;
    fasti_draft_begin(booking);
    *disposition = FASTI_PUSHED; /* nothing refused it yet */
    const enum fasti_attempt taken =
        block_take(booking, command, pending, items, &item_count, &reasons, disposition);
    if (taken != FASTI_ATTEMPT_END || *disposition != FASTI_PUSHED)
        return taken;
    if (reasons.lost_count > 0)
        return refuse(booking, pending, &reasons, disposition);
    const struct fasti_record head = {
        .id = fasti_draft_numbers(booking, item_count),
        .organization = command->organization.v,
        .kind = FASTI_RECORD_BLOCK,
        .state = FASTI_STATE_BOOKED,
        .created_ms = pending->decided_ms,
        .changed_ms = pending->decided_ms,
        .request_low = command->request.low,
        .request_high = command->request.high,
        .item_count = (uint16_t)item_count,
    };
    uint32_t place;
    const enum fasti_draft_result added =
        head.id == 0 ? FASTI_DRAFT_MEMORY
                     : fasti_draft_record_new(booking, &head, items, NULL, NULL, &place);
    if (added != FASTI_DRAFT_OK)
        return fasti_draft_refuse(booking, pending, added, disposition);
    pending->answer.record.v = head.id;
    pending->answer.outcome = FASTI_OUTCOME_BLOCKED;
    return fasti_draft_swap(booking, pending, FASTI_EFFECT_BOOK, command->request, disposition);
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
    return fasti_attempts(booking, command, pending, block_attempt, true);
}
