/*
 * reserve.c - the claim paths. Order of loads in every attempt: the day's cell, then the
 * configuration, then the swap; an edit publishes its configuration before it touches the cell,
 * so an attempt that used the old one loses its swap or comes before the edit.
 */
#include "engine/booking/reserve.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/calendar/claim.h"
#include "engine/calendar/kernels.h"

/* One day of one schedule as an attempt sees it. */
struct day_look {
    struct fasti_schedule *schedule;
    const struct fasti_schedule_config *config;
    fasti_date date;
    struct fasti_day_ref ref; /* chunk NULL: never touched */
    uint64_t word;
    const struct fasti_page *page;
    uint32_t pattern_id;
    uint32_t config_seen;
};

static enum fasti_disposition fail(struct fasti_pending *pending, enum fasti_status status,
                                   const char *text) {
    pending->answer.status = status;
    (void)fasti_detail_set(&pending->answer.detail, status, "%s", text);
    return FASTI_ANSWERED;
}

/* A refusal that rests on *durable reaching version (NULL: on nothing). */
static enum fasti_disposition refuse(struct fasti_booking *booking, struct fasti_pending *pending,
                                     enum fasti_outcome outcome, _Atomic uint32_t *durable,
                                     uint32_t version) {
    pending->kind = FASTI_PENDING_WAIT;
    pending->answer.outcome = outcome;
    return fasti_wait_begin(booking, pending, durable, version) ? FASTI_ANSWERED : FASTI_WAITING;
}

static enum fasti_disposition refuse_config(struct fasti_booking *booking,
                                            struct fasti_pending *pending,
                                            enum fasti_outcome outcome, uint32_t config_seen) {
    return refuse(booking, pending, outcome, &booking->state->config_durable, config_seen);
}

/* Room for what one claim retires, before anything is claimed. */
static bool limbo_ready(struct fasti_booking *booking) {
    if (fasti_limbo_has_room(&booking->limbo, 8))
        return true;
    fasti_limbo_collect(&booking->limbo, 1024);
    return fasti_limbo_has_room(&booking->limbo, 8);
}

enum look_result { LOOK_OK, LOOK_AGAIN, LOOK_NO_SCHEDULE, LOOK_OUTSIDE };

/* The schedule's day that contains an instant: cell first, configuration after it. */
static enum look_result day_look(struct fasti_booking *booking, fasti_organization_id organization,
                                 fasti_schedule_id id, int64_t utc_s, struct day_look *look) {
    struct fasti_state *state = booking->state;
    *look = (struct day_look){0};
    look->config_seen = fasti_load_seq_cst(&state->config_version);
    look->schedule = fasti_schedule_get(state->directory, id);
    if (look->schedule == NULL)
        return LOOK_NO_SCHEDULE;
    const struct fasti_schedule_config *before = fasti_load_seq_cst(&look->schedule->config);
    if (before == NULL || before->organization.v != organization.v)
        return LOOK_NO_SCHEDULE;
    if (utc_s < (int64_t)FASTI_DATE_FIRST * FASTI_DAY_SECONDS ||
        utc_s >= ((int64_t)FASTI_DATE_LAST + 1) * FASTI_DAY_SECONDS)
        return LOOK_OUTSIDE;
    look->date = fasti_zone_date_at(before->zone, utc_s);
    if (!fasti_date_is_bookable(look->date))
        return LOOK_OUTSIDE;
    look->ref = fasti_days_find(&state->arena, &look->schedule->days, look->date);
    look->page = &fasti_page_empty;
    if (look->ref.chunk != NULL) {
        look->word = fasti_cell_read(&state->arena, &look->ref.chunk->cells[look->ref.at]);
        const uint32_t index = fasti_cell_index(look->word);
        if (index != 0)
            look->page = fasti_arena_at(&state->arena, index);
    }
    look->config_seen = fasti_load_seq_cst(&state->config_version);
    look->config = fasti_load_seq_cst(&look->schedule->config);
    if (look->config != before)
        return LOOK_AGAIN; /* the zone may have changed, and with it the date */
    if (look->ref.chunk != NULL)
        look->pattern_id = fasti_load_acquire(&look->ref.chunk->patterns[look->ref.at]);
    return LOOK_OK;
}

/* A cell that was swapped 2^30 - 1 times takes no more: its version must never recur. */
static bool is_worn(uint64_t word) {
    return fasti_cell_version(word) == FASTI_VERSION_MAX;
}

/* Makes the day's chunk; the attempt starts again after it. */
static bool day_make(struct fasti_booking *booking, const struct day_look *look) {
    return fasti_days_get(&booking->arena, &look->schedule->days, look->date).chunk != NULL;
}

static uint8_t run_longest_steps(struct fasti_booking *booking, const struct day_look *look,
                                 const struct fasti_page *page) {
    if (look->pattern_id == FASTI_PATTERN_NONE)
        return UINT8_MAX;
    const struct fasti_pattern *pattern =
        fasti_pattern_get(booking->state->patterns, look->pattern_id);
    return fasti_page_run_steps(fasti_page_run_longest_ticks(page, pattern->open),
                                look->config->resolution_minutes);
}

/* The day's next page; *index 0 with *bytes 0 when it is empty again. false: no memory. */
static bool page_make(struct fasti_booking *booking, const struct day_look *look,
                      const struct fasti_page_change *change, uint32_t *index) {
    if (!fasti_page_apply(&booking->arena, look->page, change, index))
        return false;
    if (*index != 0) {
        struct fasti_page *page = fasti_arena_at(&booking->state->arena, *index);
        page->run_longest = run_longest_steps(booking, look, page);
    }
    return true;
}

static void page_drop(struct fasti_booking *booking, uint32_t index) {
    if (index == 0)
        return;
    const struct fasti_page *page = fasti_arena_at(&booking->state->arena, index);
    fasti_arena_free(&booking->arena, index, fasti_page_bytes(page));
}

static void page_retire(struct fasti_booking *booking, uint64_t word) {
    const uint32_t index = fasti_cell_index(word);
    if (index == 0)
        return;
    const struct fasti_page *page = fasti_arena_at(&booking->state->arena, index);
    fasti_limbo_retire(&booking->limbo, index, fasti_page_bytes(page));
}

static uint64_t next_word(uint64_t word, uint32_t index) {
    return fasti_cell_word(FASTI_TAG_PAGE, fasti_cell_version(word) + 1, index);
}

static struct fasti_pending_cell day_cell(const struct day_look *look) {
    return (struct fasti_pending_cell){
        .emitted = &look->ref.chunk->emitted[look->ref.at],
        .durable = &look->ref.chunk->durable[look->ref.at],
        .from_version = fasti_cell_version(look->word),
    };
}

static struct fasti_effect_cell cell_of(uint64_t id, uint64_t word) {
    return (struct fasti_effect_cell){.id = id, .from_version = fasti_cell_version(word)};
}

/* Encodes header, cells and body into an arena object of exactly their size. */
static bool effect_make(struct fasti_booking *booking, struct fasti_pending *pending,
                        enum fasti_effect_kind kind, fasti_request_id request,
                        const struct fasti_effect_cell *cells, uint32_t cell_count,
                        const void *body, size_t body_bytes) {
    const struct fasti_effect_header header = {
        .kind = (uint16_t)kind,
        .cell_count = cell_count,
        .decided_ms = pending->decided_ms,
        .request_low = request.low,
        .request_high = request.high,
    };
    const size_t bytes = sizeof header + cell_count * sizeof *cells + (body_bytes + 7) / 8 * 8;
    pending->effect_index = fasti_arena_alloc(&booking->arena, bytes);
    if (pending->effect_index == 0)
        return false;
    struct fasti_writer writer = {
        .bytes = fasti_arena_at(&booking->state->arena, pending->effect_index), .capacity = bytes};
    fasti_effect_begin(&writer, &header, cells);
    fasti_write(&writer, body, body_bytes);
    const bool fits = fasti_effect_finish(&writer);
    FASTI_ASSERT(fits && writer.size == bytes);
    pending->effect_bytes = (uint32_t)bytes;
    pending->effect_kind = kind;
    pending->kind = FASTI_PENDING_EFFECT;
    return true;
}

static void effect_drop(struct fasti_booking *booking, struct fasti_pending *pending) {
    if (pending->effect_index != 0)
        fasti_arena_free(&booking->arena, pending->effect_index, pending->effect_bytes);
    pending->effect_index = 0;
}

/* ---- book and block ---- */

/* What a new record is made of, apart from id and time. */
struct new_record {
    enum fasti_record_kind kind;
    fasti_organization_id organization;
    fasti_request_id request;
    struct fasti_item item;
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

/* Takes the item's ticks for a new record: WON, LOST (start again) or MEMORY. */
static enum fasti_claim_result take(struct fasti_booking *booking, struct fasti_pending *pending,
                                    struct day_look *look, const struct new_record *new) {
    struct fasti_state *state = booking->state;
    const uint64_t id = record_id_take(booking);
    struct fasti_record_entry *entry = fasti_records_get(&state->records, (fasti_record_id){id});
    uint32_t page_index = 0;
    const uint32_t record_index =
        entry == NULL ? 0 : record_make(booking, new, id, pending->decided_ms);
    const struct fasti_page_change change = {true, new->item.tick, new->item.count};
    struct fasti_record *record =
        record_index == 0 ? NULL : fasti_arena_at(&state->arena, record_index);
    if (record == NULL || !page_make(booking, look, &change, &page_index)) {
        if (record != NULL)
            fasti_arena_free(&booking->arena, record_index, fasti_record_bytes(record));
        booking->spare_record = id;
        return FASTI_CLAIM_MEMORY;
    }
    const uint64_t day_id = fasti_cell_id_day((fasti_schedule_id){new->item.schedule}, look->date);
    const struct fasti_effect_cell cells[2] = {
        cell_of(day_id, look->word),
        cell_of(fasti_cell_id_record((fasti_record_id){id}), 0),
    };
    enum fasti_claim_result result = FASTI_CLAIM_MEMORY;
    if (effect_make(booking, pending, FASTI_EFFECT_BOOK, new->request, cells, 2, record,
                    fasti_record_bytes(record))) {
        struct fasti_claim_item item = {
            .cell = &look->ref.chunk->cells[look->ref.at],
            .cell_id = day_id,
            .old_word = look->word,
            .new_word = next_word(look->word, page_index),
        };
        pending->delta = fasti_record_digest(record);
        result = fasti_claim_swap(&booking->limbo, &item, 1);
    }
    if (result != FASTI_CLAIM_WON) {
        effect_drop(booking, pending);
        page_drop(booking, page_index);
        fasti_arena_free(&booking->arena, record_index, fasti_record_bytes(record));
        booking->spare_record = id;
        return result;
    }
    /* The record was private until here; pairs with the loads in cell_read. */
    fasti_store_release(&entry->cell, fasti_cell_word(FASTI_TAG_PAGE, 1, record_index));
    page_retire(booking, look->word);
    pending->cell_count = 2;
    pending->cells[0] = day_cell(look);
    pending->cells[1] =
        (struct fasti_pending_cell){.emitted = &entry->emitted, .durable = &entry->durable};
    pending->config_seen = look->config_seen;
    pending->link_record = (fasti_record_id){id};
    pending->link_schedule = &look->schedule->record_head;
    pending->link_bucket =
        new->kind == FASTI_RECORD_APPOINTMENT
            ? fasti_patient_bucket(new->organization, new->patient, new->patient_length)
            : UINT64_MAX;
    pending->appointments = new->kind == FASTI_RECORD_APPOINTMENT;
    pending->answer.record = (fasti_record_id){id};
    fasti_effects_push(state, pending);
    return FASTI_CLAIM_WON;
}

static enum fasti_disposition look_refuse(struct fasti_booking *booking,
                                          struct fasti_pending *pending, enum look_result result,
                                          const struct day_look *look) {
    if (result == LOOK_OUTSIDE)
        return refuse(booking, pending, FASTI_OUTCOME_OUTSIDE, NULL, 0);
    (void)fasti_detail_set(&pending->answer.detail, FASTI_OK,
                           "the organization has no schedule with this id");
    return refuse_config(booking, pending, FASTI_OUTCOME_NO_SUCH, look->config_seen);
}

/* Any of the engine's conditions under which nothing may be claimed. */
static enum fasti_status claim_condition(struct fasti_booking *booking, bool takes_room) {
    if (fasti_load_relaxed(&booking->state->is_dead))
        return FASTI_UNKNOWN;
    if (takes_room && fasti_load_relaxed(&booking->state->is_disk_low))
        return FASTI_DISK_LOW;
    return limbo_ready(booking) ? FASTI_OK : FASTI_BUSY;
}

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

/* One attempt to book; AGAIN when the world moved under it. */
enum attempt { ATTEMPT_AGAIN, ATTEMPT_MEMORY, ATTEMPT_END };

static enum attempt claim_attempt(enum fasti_claim_result result) {
    switch (result) {
    case FASTI_CLAIM_WON: return ATTEMPT_END;
    case FASTI_CLAIM_LOST: return ATTEMPT_AGAIN;
    case FASTI_CLAIM_MEMORY: return ATTEMPT_MEMORY;
    }
    FASTI_UNREACHABLE_CODE();
}

static struct fasti_item item_of(const struct fasti_day_view *view, fasti_schedule_id schedule,
                                 fasti_service_id service, struct fasti_rule_place place) {
    const uint32_t resolution = view->config->resolution_minutes;
    return (struct fasti_item){
        .schedule = schedule.v,
        .service = service.v,
        .date = view->date.v,
        .tick = place.tick,
        .count = place.count,
        .start_utc_s = fasti_day_view_utc_s(view, place.tick),
        .offset_s = fasti_local_day_offset_s(&view->day, (int32_t)(place.tick * resolution)),
        .minutes = place.count * resolution,
    };
}

static enum attempt book_attempt(struct fasti_booking *booking, const struct fasti_command *command,
                                 struct fasti_pending *pending,
                                 enum fasti_disposition *disposition) {
    const struct fasti_book *book = &command->body.book;
    struct fasti_state *state = booking->state;
    struct day_look look;
    const enum look_result looked =
        day_look(booking, command->organization, book->schedule, book->start_utc_s, &look);
    if (looked == LOOK_AGAIN)
        return ATTEMPT_AGAIN;
    if (looked != LOOK_OK) {
        *disposition = look_refuse(booking, pending, looked, &look);
        return ATTEMPT_END;
    }
    const struct fasti_service *terms = fasti_service_get(state->directory, book->service);
    if (terms == NULL || !fasti_schedule_offers(look.config, book->service)) {
        *disposition = refuse_config(booking, pending, FASTI_OUTCOME_NOT_OFFERED, look.config_seen);
        return ATTEMPT_END;
    }
    struct fasti_day_view view;
    fasti_day_view_load(state->patterns, look.config, book->service, terms, look.date,
                        look.pattern_id, &booking->scratch, &view);
    struct fasti_rule_place place = {0};
    const enum fasti_rule_verdict verdict =
        fasti_rule_check(&view, look.page, pending->decided_ms, book->start_utc_s, &place);
    if (verdict == FASTI_RULE_TAKEN) {
        *disposition = refuse(booking, pending, FASTI_OUTCOME_TAKEN,
                              &look.ref.chunk->durable[look.ref.at], fasti_cell_version(look.word));
        return ATTEMPT_END;
    }
    if (verdict != FASTI_RULE_FREE) {
        *disposition = refuse_config(booking, pending, outcome_of(verdict), look.config_seen);
        return ATTEMPT_END;
    }
    if (is_worn(look.word)) {
        *disposition = fail(pending, FASTI_LIMIT_VERSION, fasti_status_text(FASTI_LIMIT_VERSION));
        return ATTEMPT_END;
    }
    if (look.ref.chunk == NULL)
        return day_make(booking, &look) ? ATTEMPT_AGAIN : ATTEMPT_MEMORY;
    const struct new_record new = {
        .kind = FASTI_RECORD_APPOINTMENT,
        .organization = command->organization,
        .request = command->request,
        .item = item_of(&view, book->schedule, book->service, place),
        .patient = book->patient,
        .patient_length = book->patient_length,
        .payload = book->payload,
        .payload_length = book->payload_length,
    };
    pending->answer.outcome = FASTI_OUTCOME_BOOKED;
    *disposition = FASTI_PUSHED;
    return claim_attempt(take(booking, pending, &look, &new));
}

static enum attempt block_attempt(struct fasti_booking *booking,
                                  const struct fasti_command *command,
                                  struct fasti_pending *pending,
                                  enum fasti_disposition *disposition) {
    const struct fasti_block *block = &command->body.block;
    struct day_look look;
    const enum look_result looked =
        day_look(booking, command->organization, block->schedule, block->start_utc_s, &look);
    if (looked == LOOK_AGAIN)
        return ATTEMPT_AGAIN;
    *disposition = FASTI_ANSWERED;
    if (looked != LOOK_OK) {
        *disposition = look_refuse(booking, pending, looked, &look);
        return ATTEMPT_END;
    }
    struct fasti_day_view view = {.config = look.config, .date = look.date};
    fasti_zone_day(look.config->zone, look.date, &view.day);
    const int64_t tick_s = (int64_t)look.config->resolution_minutes * 60;
    const int64_t from_s = block->start_utc_s - view.day.start_utc_s;
    const int64_t to_s = block->end_utc_s - view.day.start_utc_s;
    if (to_s <= from_s || to_s > (int64_t)view.day.minutes * 60) {
        *disposition = fail(pending, FASTI_INVALID_RANGE,
                            "a block ends after it starts and on the same local day; use one block "
                            "a day");
        return ATTEMPT_END;
    }
    if (from_s % tick_s != 0 || to_s % tick_s != 0) {
        pending->answer.status = fasti_detail_set(
            &pending->answer.detail, FASTI_INVALID_RESOLUTION,
            "a block of this schedule starts and ends on a multiple of %d minutes of the day",
            (int)look.config->resolution_minutes);
        return ATTEMPT_END;
    }
    const struct fasti_rule_place place = {(uint16_t)(from_s / tick_s),
                                           (uint16_t)((to_s - from_s) / tick_s)};
    if (fasti_page_any(look.page, place.tick, place.count)) {
        *disposition = refuse(booking, pending, FASTI_OUTCOME_TAKEN,
                              &look.ref.chunk->durable[look.ref.at], fasti_cell_version(look.word));
        return ATTEMPT_END;
    }
    if (is_worn(look.word)) {
        *disposition = fail(pending, FASTI_LIMIT_VERSION, fasti_status_text(FASTI_LIMIT_VERSION));
        return ATTEMPT_END;
    }
    if (look.ref.chunk == NULL)
        return day_make(booking, &look) ? ATTEMPT_AGAIN : ATTEMPT_MEMORY;
    const struct new_record new = {
        .kind = FASTI_RECORD_BLOCK,
        .organization = command->organization,
        .request = command->request,
        .item = item_of(&view, block->schedule, (fasti_service_id){0}, place),
        .patient = "",
        .payload = (const uint8_t *)"",
    };
    pending->answer.outcome = FASTI_OUTCOME_BLOCKED;
    *disposition = FASTI_PUSHED;
    return claim_attempt(take(booking, pending, &look, &new));
}

/* ---- cancel and unblock ---- */

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

/* Releases the record's ticks and swaps its state: day cell and record cell in one claim. */
static enum fasti_claim_result release(struct fasti_booking *booking, struct fasti_pending *pending,
                                       const struct fasti_command *command, struct day_look *look,
                                       struct fasti_record_entry *entry, uint64_t record_word,
                                       const struct fasti_record *record) {
    struct fasti_state *state = booking->state;
    const struct fasti_item *item = &record->items[0];
    const struct fasti_page_change change = {false, item->tick, item->count};
    uint32_t page_index = 0;
    if (!page_make(booking, look, &change, &page_index))
        return FASTI_CLAIM_MEMORY;
    const uint32_t record_index =
        record_change(booking, record, command->body.cancel.reason, pending->decided_ms);
    if (record_index == 0) {
        page_drop(booking, page_index);
        return FASTI_CLAIM_MEMORY;
    }
    const struct fasti_record *next = fasti_arena_at(&state->arena, record_index);
    const uint64_t day_id = fasti_cell_id_day((fasti_schedule_id){item->schedule}, look->date);
    const uint64_t record_id = fasti_cell_id_record((fasti_record_id){record->id});
    const struct fasti_effect_cell cells[2] = {cell_of(day_id, look->word),
                                               cell_of(record_id, record_word)};
    const struct fasti_effect_end end = {
        .record = record->id,
        .organization = record->organization,
        .state = next->state,
        .reason = next->reason,
        .item_count = 1,
        .items = {*item},
    };
    pending->delta = fasti_hash128_subtract(fasti_record_digest(next), fasti_record_digest(record));
    pending->appointments = -(record->kind == FASTI_RECORD_APPOINTMENT);
    const size_t old_bytes = fasti_record_bytes(record);
    enum fasti_claim_result result = FASTI_CLAIM_MEMORY;
    if (effect_make(booking, pending, FASTI_EFFECT_END, command->request, cells, 2, &end,
                    sizeof end)) {
        struct fasti_claim_item items[2] = {
            {&look->ref.chunk->cells[look->ref.at], day_id, look->word,
             next_word(look->word, page_index)},
            {&entry->cell, record_id, record_word, next_word(record_word, record_index)},
        };
        result = fasti_claim_swap(&booking->limbo, items, 2);
    }
    if (result != FASTI_CLAIM_WON) {
        effect_drop(booking, pending);
        page_drop(booking, page_index);
        fasti_arena_free(&booking->arena, record_index, old_bytes);
        return result;
    }
    page_retire(booking, look->word);
    fasti_limbo_retire(&booking->limbo, fasti_cell_index(record_word), old_bytes);
    pending->cell_count = 2;
    pending->cells[0] = day_cell(look);
    pending->cells[1] =
        (struct fasti_pending_cell){.emitted = &entry->emitted,
                                    .durable = &entry->durable,
                                    .from_version = fasti_cell_version(record_word)};
    pending->config_seen = look->config_seen;
    fasti_effects_push(state, pending);
    return FASTI_CLAIM_WON;
}

static enum attempt end_attempt(struct fasti_booking *booking, const struct fasti_command *command,
                                struct fasti_pending *pending,
                                enum fasti_disposition *disposition) {
    struct fasti_state *state = booking->state;
    struct fasti_record_entry *entry =
        fasti_records_find(&state->records, command->body.cancel.record);
    uint64_t word;
    const struct fasti_record *record = record_look(booking, command, entry, &word);
    if (record == NULL) {
        (void)fasti_detail_set(&pending->answer.detail, FASTI_OK,
                               "the organization has no %s with this number",
                               command->kind == FASTI_COMMAND_CANCEL ? "appointment" : "block");
        *disposition = refuse(booking, pending, FASTI_OUTCOME_NO_SUCH, NULL, 0);
        return ATTEMPT_END;
    }
    pending->answer.record = command->body.cancel.record;
    if (record->state != FASTI_STATE_BOOKED) {
        *disposition = refuse(booking, pending, FASTI_OUTCOME_ALREADY, &entry->durable,
                              fasti_cell_version(word));
        return ATTEMPT_END;
    }
    const struct fasti_item *item = &record->items[0];
    struct day_look look = {.date = {item->date}};
    look.schedule = fasti_schedule_get(state->directory, (fasti_schedule_id){item->schedule});
    FASTI_ASSERT(look.schedule != NULL);
    look.ref = fasti_days_find(&state->arena, &look.schedule->days, look.date);
    FASTI_ASSERT(look.ref.chunk != NULL);
    look.word = fasti_cell_read(&state->arena, &look.ref.chunk->cells[look.ref.at]);
    look.page = fasti_cell_index(look.word) == 0
                    ? &fasti_page_empty
                    : fasti_arena_at(&state->arena, fasti_cell_index(look.word));
    look.config_seen = fasti_load_seq_cst(&state->config_version);
    look.config = fasti_load_seq_cst(&look.schedule->config);
    look.pattern_id = fasti_load_acquire(&look.ref.chunk->patterns[look.ref.at]);
    if (is_worn(look.word)) {
        *disposition = fail(pending, FASTI_LIMIT_VERSION, fasti_status_text(FASTI_LIMIT_VERSION));
        return ATTEMPT_END;
    }
    if (!fasti_page_all(look.page, item->tick, item->count))
        return ATTEMPT_AGAIN; /* somebody else ended the record after we looked at it */
    pending->answer.outcome =
        command->kind == FASTI_COMMAND_CANCEL ? FASTI_OUTCOME_CANCELLED : FASTI_OUTCOME_UNBLOCKED;
    *disposition = FASTI_PUSHED;
    return claim_attempt(release(booking, pending, command, &look, entry, word, record));
}

/* ---- the loops ---- */

typedef enum attempt (*attempt_function)(struct fasti_booking *booking,
                                         const struct fasti_command *command,
                                         struct fasti_pending *pending,
                                         enum fasti_disposition *disposition);

static enum fasti_disposition attempts(struct fasti_booking *booking,
                                       const struct fasti_command *command,
                                       struct fasti_pending *pending, attempt_function attempt,
                                       bool takes_room) {
    const enum fasti_status condition = claim_condition(booking, takes_room);
    if (condition != FASTI_OK)
        return fail(pending, condition, fasti_status_text(condition));
    for (uint32_t tries = 0; tries < FASTI_CLAIM_TRIES_MAX; tries++) {
        enum fasti_disposition disposition = FASTI_ANSWERED;
        pending->decided_ms = fasti_state_now_ms(booking->state);
        switch (attempt(booking, command, pending, &disposition)) {
        case ATTEMPT_END: return disposition;
        case ATTEMPT_MEMORY:
            return fail(pending, FASTI_LIMIT_MEMORY, fasti_status_text(FASTI_LIMIT_MEMORY));
        case ATTEMPT_AGAIN: break;
        }
    }
    return fail(pending, FASTI_BUSY, "too many others claim the same day; try again");
}

enum fasti_disposition fasti_reserve_book(struct fasti_booking *booking,
                                          const struct fasti_command *command,
                                          struct fasti_pending *pending) {
    const struct fasti_book *book = &command->body.book;
    if (book->patient_length == 0 || book->patient_length > FASTI_PATIENT_BYTES_MAX)
        return fail(pending, FASTI_INVALID_ID,
                    "a booking names a patient reference of 1 to 64 "
                    "bytes");
    if (book->payload_length > FASTI_PAYLOAD_BYTES_MAX)
        return fail(pending, FASTI_INVALID_RANGE, "a booking's payload has at most 1,024 bytes");
    if (book->start_utc_s % 60 != 0)
        return fail(pending, FASTI_INVALID_TIME, "a booking starts on a whole minute");
    return attempts(booking, command, pending, book_attempt, true);
}

enum fasti_disposition fasti_reserve_block(struct fasti_booking *booking,
                                           const struct fasti_command *command,
                                           struct fasti_pending *pending) {
    return attempts(booking, command, pending, block_attempt, true);
}

enum fasti_disposition fasti_reserve_end(struct fasti_booking *booking,
                                         const struct fasti_command *command,
                                         struct fasti_pending *pending) {
    return attempts(booking, command, pending, end_attempt, false);
}

/* ---- touch ---- */

static bool touch_attempt(struct fasti_booking *booking, struct fasti_pending *pending,
                          struct day_look *look, uint64_t day_id, enum fasti_claim_result *result) {
    const struct fasti_page_change change = {0};
    uint32_t page_index = 0;
    look->word = fasti_cell_read(&booking->state->arena, &look->ref.chunk->cells[look->ref.at]);
    look->page = fasti_cell_index(look->word) == 0
                     ? &fasti_page_empty
                     : fasti_arena_at(&booking->state->arena, fasti_cell_index(look->word));
    look->pattern_id = fasti_load_acquire(&look->ref.chunk->patterns[look->ref.at]);
    look->config = fasti_load_seq_cst(&look->schedule->config);
    if (is_worn(look->word) || !page_make(booking, look, &change, &page_index))
        return false;
    const struct fasti_effect_cell cell = cell_of(day_id, look->word);
    if (!effect_make(booking, pending, FASTI_EFFECT_TOUCH, (fasti_request_id){0}, &cell, 1, "",
                     0)) {
        page_drop(booking, page_index);
        return false;
    }
    struct fasti_claim_item item = {&look->ref.chunk->cells[look->ref.at], day_id, look->word,
                                    next_word(look->word, page_index)};
    *result = fasti_claim_swap(&booking->limbo, &item, 1);
    if (*result != FASTI_CLAIM_WON) {
        effect_drop(booking, pending);
        page_drop(booking, page_index);
    }
    return *result != FASTI_CLAIM_MEMORY;
}

bool fasti_reserve_touch(struct fasti_booking *booking, fasti_schedule_id schedule,
                         fasti_date date) {
    struct fasti_state *state = booking->state;
    struct day_look look = {.date = date};
    look.schedule = fasti_schedule_get(state->directory, schedule);
    look.ref = fasti_days_find(&state->arena, &look.schedule->days, date);
    FASTI_ASSERT(look.ref.chunk != NULL);
    struct fasti_pending *pending = fasti_pending_make(booking);
    if (pending == NULL)
        return false;
    pending->decided_ms = fasti_state_now_ms(state);
    pending->config_seen = fasti_load_seq_cst(&state->config_version);
    const uint64_t day_id = fasti_cell_id_day(schedule, date);
    enum fasti_claim_result result = FASTI_CLAIM_LOST;
    /* Each loss is somebody's success on this very day; an edit must not give up. */
    while (result == FASTI_CLAIM_LOST) {
        if (!limbo_ready(booking) || !touch_attempt(booking, pending, &look, day_id, &result)) {
            fasti_pending_give(booking, pending);
            return false;
        }
    }
    page_retire(booking, look.word);
    pending->cell_count = 1;
    pending->cells[0] = day_cell(&look);
    fasti_effects_push(state, pending);
    return true;
}
