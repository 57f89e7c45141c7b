/*
 * apply.c - effects in log order. Bytes from disk are checked, never asserted: whatever does not
 * fit the state so far is CORRUPT_STATE.
 */
#include "engine/booking/apply.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/booking/configure.h"
#include "engine/calendar/cell.h"
#include "engine/calendar/page.h"

bool fasti_effect_is_next(const struct fasti_state *state, const struct fasti_pending *pending) {
    if (state->config_emitted < pending->config_seen)
        return false;
    for (uint32_t i = 0; i < pending->cell_count; i++)
        if (*pending->cells[i].emitted != pending->cells[i].from_version)
            return false;
    return true;
}

void fasti_effect_emitted(struct fasti_state *state, struct fasti_pending *pending) {
    for (uint32_t i = 0; i < pending->cell_count; i++)
        *pending->cells[i].emitted = pending->cells[i].from_version + 1;
    if (pending->link_record.v != 0)
        fasti_records_link(&state->records, pending->link_record, pending->link_schedule,
                           pending->link_bucket);
    if (pending->appointments != 0)
        fasti_add_relaxed(&state->appointments, (uint64_t)(int64_t)pending->appointments);
}

void fasti_effect_durable(const struct fasti_pending *pending) {
    for (uint32_t i = 0; i < pending->cell_count; i++) /* pairs with wait_begin */
        fasti_store_seq_cst(pending->cells[i].durable, pending->cells[i].from_version + 1);
}

/* ---- replay ---- */

static enum fasti_status corrupt(struct fasti_detail *detail, const char *what, uint64_t number) {
    return fasti_detail_set(detail, FASTI_CORRUPT_STATE, "%s %llu", what,
                            (unsigned long long)number);
}

/* The day that an effect changes first, if its cell exists already. */
static struct fasti_day_ref day_foresee(struct fasti_booking *booking,
                                        const struct fasti_effect *effect) {
    static const struct fasti_day_ref nowhere = {0};
    if (effect->header->kind < FASTI_EFFECT_BOOK || effect->header->cell_count == 0)
        return nowhere; /* configuration: few, and read once */
    struct fasti_state *state = booking->state;
    const uint64_t id = effect->cells[0].id;
    struct fasti_schedule *schedule =
        fasti_schedule_get(state->directory, fasti_cell_id_schedule(id));
    const fasti_date date = fasti_cell_id_date(id);
    if (schedule == NULL || !fasti_date_is_bookable(date))
        return nowhere;
    return fasti_days_find(&state->arena, &schedule->days, date);
}

void fasti_effect_prefetch_cell(struct fasti_booking *booking, const struct fasti_effect *effect) {
    const struct fasti_day_ref ref = day_foresee(booking, effect);
    if (ref.chunk == NULL)
        return;
    __builtin_prefetch(&ref.chunk->cells[ref.at], 1);
    __builtin_prefetch(&ref.chunk->emitted[ref.at], 1);
    __builtin_prefetch(&ref.chunk->durable[ref.at], 1);
}

void fasti_effect_prefetch_page(struct fasti_booking *booking, const struct fasti_effect *effect) {
    const struct fasti_day_ref ref = day_foresee(booking, effect);
    const uint64_t word = ref.chunk == NULL ? 0 : fasti_load_relaxed(&ref.chunk->cells[ref.at]);
    if (fasti_cell_index(word) != 0)
        __builtin_prefetch(fasti_arena_at(&booking->state->arena, fasti_cell_index(word)), 1);
}

static struct fasti_page_change change_of(const struct fasti_effect_cell *cell) {
    return (struct fasti_page_change){
        .take = (cell->count & FASTI_EFFECT_CELL_RELEASES) == 0,
        .tick = cell->tick,
        .count = cell->count & (FASTI_EFFECT_CELL_RELEASES - 1),
    };
}

/* Swaps a day's page as the effect's cell says. */
static enum fasti_status day_replay(struct fasti_booking *booking,
                                    const struct fasti_effect_cell *cell,
                                    struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    const struct fasti_page_change change = change_of(cell);
    struct fasti_schedule *schedule =
        fasti_schedule_get(state->directory, fasti_cell_id_schedule(cell->id));
    const fasti_date date = fasti_cell_id_date(cell->id);
    if (fasti_cell_id_kind(cell->id) != FASTI_CELL_DAY || schedule == NULL ||
        !fasti_date_is_bookable(date))
        return corrupt(detail, "an effect names a day of unknown schedule",
                       fasti_cell_id_schedule(cell->id).v);
    const struct fasti_day_ref ref = fasti_days_get(&booking->arena, &schedule->days, date);
    if (ref.chunk == NULL)
        return FASTI_LIMIT_MEMORY;
    const uint64_t word = fasti_load_relaxed(&ref.chunk->cells[ref.at]);
    if (fasti_cell_version(word) != cell->from_version ||
        fasti_cell_version(word) == FASTI_VERSION_MAX)
        return corrupt(detail, "an effect starts from another version of a day of schedule",
                       fasti_cell_id_schedule(cell->id).v);
    const uint32_t old = fasti_cell_index(word);
    const struct fasti_page *page =
        old == 0 ? &fasti_page_empty : fasti_arena_at(&state->arena, old);
    const uint32_t end = (uint32_t)change.tick + change.count;
    if (end > FASTI_TICKS_MAX ||
        (change.count > 0 && (change.take ? fasti_page_any(page, change.tick, change.count)
                                          : !fasti_page_all(page, change.tick, change.count))))
        return corrupt(detail, "an effect takes taken time or frees free time of schedule",
                       fasti_cell_id_schedule(cell->id).v);
    uint32_t index = 0;
    if (!fasti_page_apply(&booking->arena, page, &change, &index))
        return FASTI_LIMIT_MEMORY;
    fasti_store_relaxed(&ref.chunk->cells[ref.at],
                        fasti_cell_word(FASTI_TAG_PAGE, cell->from_version + 1, index));
    ref.chunk->emitted[ref.at] = cell->from_version + 1;
    fasti_store_relaxed(&ref.chunk->durable[ref.at], cell->from_version + 1);
    if (old != 0)
        fasti_arena_free(&booking->arena, old, fasti_page_bytes(page));
    return FASTI_OK;
}

static void record_store(struct fasti_record_entry *entry, uint32_t version, uint32_t index) {
    fasti_store_relaxed(&entry->cell, fasti_cell_word(FASTI_TAG_PAGE, version, index));
    entry->emitted = version;
    fasti_store_relaxed(&entry->durable, version);
}

static enum fasti_status book_replay(struct fasti_booking *booking,
                                     const struct fasti_effect *effect, struct fasti_hash128 *delta,
                                     struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    const struct fasti_record *record = (const struct fasti_record *)(const void *)effect->body;
    if (effect->header->cell_count != 2 || !fasti_record_is_sound(record, effect->body_bytes))
        return corrupt(detail, "a booking is not well formed, body bytes:", effect->body_bytes);
    const fasti_record_id id = {record->id};
    struct fasti_record_entry *entry = fasti_records_get(&state->records, id);
    if (fasti_cell_id_schedule(effect->cells[0].id).v != record->items[0].schedule ||
        change_of(&effect->cells[0]).count == 0 || !change_of(&effect->cells[0]).take)
        return corrupt(detail, "a booking takes no time of its schedule, record", record->id);
    if (entry == NULL || effect->cells[1].id != fasti_cell_id_record(id) ||
        effect->cells[1].from_version != 0 || fasti_load_relaxed(&entry->cell) != 0)
        return corrupt(detail, "a booking does not make a new record:", record->id);
    FASTI_TRY(day_replay(booking, &effect->cells[0], detail));
    const uint32_t index = fasti_arena_alloc(&booking->arena, effect->body_bytes);
    if (index == 0)
        return FASTI_LIMIT_MEMORY;
    memcpy(fasti_arena_at(&state->arena, index), record, effect->body_bytes);
    record_store(entry, 1, index);
    struct fasti_schedule *schedule =
        fasti_schedule_get(state->directory, fasti_cell_id_schedule(effect->cells[0].id));
    const bool is_appointment = record->kind == FASTI_RECORD_APPOINTMENT;
    fasti_records_link(
        &state->records, id, &schedule->record_head,
        is_appointment ? fasti_patient_bucket((fasti_organization_id){record->organization},
                                              (const char *)record->bytes, record->patient_length)
                       : UINT64_MAX);
    fasti_add_relaxed(&state->appointments, (uint64_t)is_appointment);
    if (record->id >= fasti_load_relaxed(&state->records.next_id))
        fasti_store_relaxed(&state->records.next_id, record->id + 1);
    *delta = fasti_record_digest(record);
    return FASTI_OK;
}

static enum fasti_status end_replay(struct fasti_booking *booking,
                                    const struct fasti_effect *effect, struct fasti_hash128 *delta,
                                    struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    const struct fasti_effect_end *end =
        (const struct fasti_effect_end *)(const void *)effect->body;
    if (effect->header->cell_count != 2 || effect->body_bytes != sizeof *end ||
        end->state != FASTI_STATE_CANCELLED ||
        effect->cells[1].id != fasti_cell_id_record((fasti_record_id){end->record}))
        return corrupt(detail, "a cancel is not well formed, body bytes:", effect->body_bytes);
    struct fasti_record_entry *entry =
        fasti_records_find(&state->records, (fasti_record_id){end->record});
    const uint64_t word = entry == NULL ? 0 : fasti_load_relaxed(&entry->cell);
    const uint32_t old = fasti_cell_index(word);
    if (old == 0 || fasti_cell_version(word) != effect->cells[1].from_version)
        return corrupt(detail, "a cancel starts from another version of record", end->record);
    const struct fasti_record *record = fasti_arena_at(&state->arena, old);
    const struct fasti_page_change change = change_of(&effect->cells[0]);
    if (record->state != FASTI_STATE_BOOKED || change.take || change.count == 0 ||
        record->items[0].schedule != fasti_cell_id_schedule(effect->cells[0].id).v)
        return corrupt(detail, "a cancel does not fit its record:", end->record);
    FASTI_TRY(day_replay(booking, &effect->cells[0], detail));
    const size_t bytes = fasti_record_bytes(record);
    const uint32_t index = fasti_arena_alloc(&booking->arena, bytes);
    if (index == 0)
        return FASTI_LIMIT_MEMORY;
    struct fasti_record *next = fasti_arena_at(&state->arena, index);
    memcpy(next, record, bytes);
    next->state = end->state;
    next->reason = end->reason;
    next->changed_ms = effect->header->decided_ms;
    *delta = fasti_hash128_subtract(fasti_record_digest(next), fasti_record_digest(record));
    record_store(entry, effect->cells[1].from_version + 1, index);
    if (record->kind == FASTI_RECORD_APPOINTMENT)
        fasti_add_relaxed(&state->appointments, UINT64_MAX); /* minus one */
    fasti_arena_free(&booking->arena, old, bytes);
    return FASTI_OK;
}

enum fasti_status fasti_effect_replay(struct fasti_booking *booking,
                                      const struct fasti_effect *effect,
                                      struct fasti_hash128 *delta, struct fasti_detail *detail) {
    *delta = (struct fasti_hash128){0};
    switch ((enum fasti_effect_kind)effect->header->kind) {
    case FASTI_EFFECT_PUT:
    case FASTI_EFFECT_STAGE:
    case FASTI_EFFECT_PUBLISH:
    case FASTI_EFFECT_NOTHING:
    case FASTI_EFFECT_ABORT: return fasti_configure_replay(booking, effect, delta, detail);
    case FASTI_EFFECT_BOOK: return book_replay(booking, effect, delta, detail);
    case FASTI_EFFECT_END: return end_replay(booking, effect, delta, detail);
    case FASTI_EFFECT_TOUCH:
        if (effect->header->cell_count != 1 || effect->cells[0].count != 0)
            return corrupt(detail, "a touch names cells:", effect->header->cell_count);
        return day_replay(booking, &effect->cells[0], detail);
    case FASTI_EFFECT_HOLD:
    case FASTI_EFFECT_CONFIRM:
    case FASTI_EFFECT_EXTEND:
    case FASTI_EFFECT_EXPIRE:
    case FASTI_EFFECT_MOVE: break;
    }
    return fasti_detail_set(detail, FASTI_UNSUPPORTED_FORMAT,
                            "an effect of kind %u is not known to this version",
                            (unsigned)effect->header->kind);
}
