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

/* A new record enters the chains of its schedules and of its patient. */
static void record_enter(struct fasti_state *state, const struct fasti_record *record) {
    for (uint32_t i = 0; i < record->item_count; i++) {
        struct fasti_schedule *schedule =
            fasti_schedule_get(state->directory, (fasti_schedule_id){record->items[i].schedule});
        fasti_records_link_item(&state->records, record, i, &schedule->record_head);
    }
    fasti_records_link_patient(&state->records, record);
}

void fasti_effect_emitted(struct fasti_state *state, struct fasti_pending *pending,
                          const uint8_t *bytes) {
    for (uint32_t i = 0; i < pending->cell_count; i++)
        *pending->cells[i].emitted = pending->cells[i].from_version + 1;
    if (pending->effect_kind == FASTI_EFFECT_BOOK) {
        struct fasti_effect effect;
        const enum fasti_status status = fasti_effect_decode(bytes, pending->effect_bytes, &effect);
        FASTI_ASSERT(status == FASTI_OK);
        for (uint32_t at = 0; at < effect.body_bytes;) {
            const struct fasti_record *record =
                (const struct fasti_record *)(const void *)(effect.body + at);
            record_enter(state, record);
            at += (uint32_t)fasti_record_bytes(record);
        }
    }
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

/* An effect taken apart: its days, its records as they are named, and what the body says of each.
 */
struct parts {
    const struct fasti_effect_cell *days, *records;
    uint32_t day_count, record_count;
    const struct fasti_record *news[FASTI_CELLS_MAX]; /* NULL: the record is known */
    const struct fasti_effect_end *ends[FASTI_CELLS_MAX];
};

static enum fasti_status malformed(const struct fasti_effect *effect, struct fasti_detail *detail) {
    return fasti_detail_set(detail, FASTI_CORRUPT_STATE, "a %s is not well formed, body bytes: %u",
                            fasti_effect_kind_name((enum fasti_effect_kind)effect->header->kind),
                            effect->body_bytes);
}

/* Days, then records, ascending; the same day again only with the same version. */
static bool cells_split(const struct fasti_effect *effect, struct parts *parts) {
    const struct fasti_effect_cell *cells = effect->cells;
    const uint32_t count = effect->header->cell_count;
    uint32_t days = 0;
    while (days < count && fasti_cell_id_kind(cells[days].id) == FASTI_CELL_DAY)
        days++;
    for (uint32_t i = 1; i < count; i++) {
        const bool is_same_day = i < days && cells[i].id == cells[i - 1].id;
        if (is_same_day ? cells[i].from_version != cells[i - 1].from_version
                        : cells[i].id <= cells[i - 1].id)
            return false;
    }
    for (uint32_t i = days; i < count; i++)
        if (fasti_cell_id_kind(cells[i].id) != FASTI_CELL_RECORD)
            return false;
    parts->days = cells;
    parts->day_count = days;
    parts->records = cells + days;
    parts->record_count = count - days;
    return true;
}

/* What the body says of each record: a new one where its version is 0, else its end. */
static bool body_split(const struct fasti_effect *effect, struct parts *parts) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < parts->record_count; i++) {
        const void *here = effect->body + at;
        const uint32_t left = effect->body_bytes - at;
        parts->news[i] = NULL;
        parts->ends[i] = NULL;
        uint64_t id;
        if (parts->records[i].from_version == 0) {
            parts->news[i] = here;
            if (!fasti_record_is_sound(parts->news[i], left))
                return false;
            id = parts->news[i]->id;
            at += (uint32_t)fasti_record_bytes(parts->news[i]);
        } else {
            parts->ends[i] = here;
            if (left < sizeof *parts->ends[i] || parts->ends[i]->state != FASTI_STATE_CANCELLED ||
                parts->ends[i]->reserved != 0)
                return false;
            id = parts->ends[i]->record;
            at += (uint32_t)sizeof *parts->ends[i];
        }
        if (parts->records[i].id != fasti_cell_id_record((fasti_record_id){id}))
            return false;
    }
    return at == effect->body_bytes;
}

static bool is_item_schedule(const struct fasti_record *record, uint32_t schedule) {
    for (uint32_t i = 0; i < record->item_count; i++)
        if (record->items[i].schedule == schedule)
            return true;
    return false;
}

/* The record that a known one's cell names; NULL: the effect does not start from it. */
static const struct fasti_record *known_record(struct fasti_state *state,
                                               const struct fasti_effect_cell *cell) {
    const struct fasti_record_entry *entry =
        fasti_records_find(&state->records, fasti_cell_id_record_id(cell->id));
    const uint64_t word = entry == NULL ? 0 : fasti_load_relaxed(&entry->cell);
    return fasti_cell_index(word) == 0 || fasti_cell_tag(word) != FASTI_TAG_PAGE ||
                   fasti_cell_version(word) != cell->from_version
               ? NULL
               : fasti_arena_at(&state->arena, fasti_cell_index(word));
}

/* Does each day's change belong to an item of its record, take for a new one and release for one
 * that ends, and has every record its time? */
static enum fasti_status days_check(struct fasti_state *state, const struct parts *parts,
                                    struct fasti_detail *detail) {
    uint16_t taken[FASTI_CELLS_MAX];
    const struct fasti_record *records[FASTI_CELLS_MAX];
    for (uint32_t i = 0; i < parts->record_count; i++) {
        const fasti_record_id id = fasti_cell_id_record_id(parts->records[i].id);
        taken[i] = 0;
        records[i] = parts->news[i];
        if (parts->news[i] != NULL)
            continue;
        records[i] = known_record(state, &parts->records[i]);
        if (records[i] == NULL)
            return corrupt(detail, "a cancel starts from another version of record", id.v);
        if (records[i]->state != FASTI_STATE_BOOKED ||
            records[i]->organization != parts->ends[i]->organization)
            return corrupt(detail, "a cancel does not fit its record:", id.v);
    }
    for (uint32_t i = 0; i < parts->day_count; i++) {
        const struct fasti_effect_cell *cell = &parts->days[i];
        const uint32_t place = fasti_effect_cell_place(cell);
        if (place >= parts->record_count || fasti_effect_cell_count(cell) == 0 ||
            fasti_effect_cell_releases(cell) != (parts->news[place] == NULL) ||
            !is_item_schedule(records[place], fasti_cell_id_schedule(cell->id).v))
            return corrupt(detail, "an effect's time belongs to no record, schedule",
                           fasti_cell_id_schedule(cell->id).v);
        taken[place]++;
    }
    for (uint32_t i = 0; i < parts->record_count; i++)
        if (taken[i] < records[i]->item_count)
            return corrupt(detail, "an effect leaves out time of record", records[i]->id);
    return FASTI_OK;
}

/* One change of a page; *index becomes the next one's, whose predecessor is freed. */
static enum fasti_status page_replay(struct fasti_booking *booking,
                                     const struct fasti_effect_cell *cell, uint32_t *index,
                                     struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    const uint32_t old = *index;
    const struct fasti_page *page =
        old == 0 ? &fasti_page_empty : fasti_arena_at(&state->arena, old);
    const struct fasti_page_change change = {
        .operation = fasti_effect_cell_releases(cell) ? FASTI_PAGE_RELEASE : FASTI_PAGE_TAKE,
        .tick = (uint16_t)fasti_effect_cell_tick(cell),
        .count = (uint16_t)fasti_effect_cell_count(cell),
    };
    if (!fasti_page_takes(page, &change))
        return corrupt(detail, "an effect takes taken time or frees free time of schedule",
                       fasti_cell_id_schedule(cell->id).v);
    if (!fasti_page_apply(&booking->arena, page, &change, index))
        return FASTI_LIMIT_MEMORY;
    if (old != 0)
        fasti_arena_free(&booking->arena, old, fasti_page_bytes(page));
    return FASTI_OK;
}

/* Swaps a day's page as its cells of the effect say, which are the same one `count` times. */
static enum fasti_status day_replay(struct fasti_booking *booking,
                                    const struct fasti_effect_cell *cells, uint32_t count,
                                    struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    const fasti_schedule_id id = fasti_cell_id_schedule(cells->id);
    struct fasti_schedule *schedule = fasti_schedule_get(state->directory, id);
    const fasti_date date = fasti_cell_id_date(cells->id);
    if (fasti_cell_id_kind(cells->id) != FASTI_CELL_DAY || schedule == NULL ||
        !fasti_date_is_bookable(date))
        return corrupt(detail, "an effect names a day of unknown schedule", id.v);
    const struct fasti_day_ref ref = fasti_days_get(&booking->arena, &schedule->days, date);
    if (ref.chunk == NULL)
        return FASTI_LIMIT_MEMORY;
    const uint64_t word = fasti_load_relaxed(&ref.chunk->cells[ref.at]);
    if (fasti_cell_version(word) != cells->from_version ||
        fasti_cell_version(word) == FASTI_VERSION_MAX)
        return corrupt(detail, "an effect starts from another version of a day of schedule", id.v);
    uint32_t index = fasti_cell_index(word);
    for (uint32_t i = 0; i < count; i++)
        FASTI_TRY(page_replay(booking, &cells[i], &index, detail));
    fasti_store_relaxed(&ref.chunk->cells[ref.at],
                        fasti_cell_word(FASTI_TAG_PAGE, cells->from_version + 1, index));
    ref.chunk->emitted[ref.at] = cells->from_version + 1;
    fasti_store_relaxed(&ref.chunk->durable[ref.at], cells->from_version + 1);
    return FASTI_OK;
}

static enum fasti_status days_replay(struct fasti_booking *booking, const struct parts *parts,
                                     struct fasti_detail *detail) {
    for (uint32_t i = 0, end; i < parts->day_count; i = end) {
        end = i + 1;
        while (end < parts->day_count && parts->days[end].id == parts->days[i].id)
            end++;
        FASTI_TRY(day_replay(booking, &parts->days[i], end - i, detail));
    }
    return FASTI_OK;
}

/* The entries of a new record: made, and nobody's yet. */
static enum fasti_status entries_make(struct fasti_state *state, const struct fasti_record *record,
                                      struct fasti_detail *detail) {
    for (uint32_t i = 0; i < record->item_count; i++) {
        const struct fasti_record_entry *entry =
            fasti_records_get(&state->records, (fasti_record_id){record->id + i});
        if (entry == NULL)
            return FASTI_LIMIT_MEMORY;
        if (fasti_load_relaxed(&entry->cell) != 0)
            return corrupt(detail, "a booking does not make a new record:", record->id);
        if (fasti_schedule_get(state->directory, (fasti_schedule_id){record->items[i].schedule}) ==
            NULL)
            return corrupt(detail, "a booking is of unknown schedule", record->items[i].schedule);
    }
    return FASTI_OK;
}

static void versions_store(struct fasti_record_entry *entry, uint32_t version) {
    entry->emitted = version;
    fasti_store_relaxed(&entry->durable, version);
}

static enum fasti_status record_make_replay(struct fasti_booking *booking,
                                            const struct fasti_record *record,
                                            struct fasti_hash128 *delta) {
    struct fasti_state *state = booking->state;
    const size_t bytes = fasti_record_bytes(record);
    const uint32_t index = fasti_arena_alloc(&booking->arena, bytes);
    if (index == 0)
        return FASTI_LIMIT_MEMORY;
    struct fasti_record *made = fasti_arena_at(&state->arena, index);
    memcpy(made, record, bytes);
    fasti_records_publish(&state->records, made, index);
    versions_store(fasti_records_find(&state->records, (fasti_record_id){record->id}), 1);
    record_enter(state, record);
    fasti_add_relaxed(&state->appointments, (uint64_t)fasti_record_is_counted(record));
    const uint64_t next = record->id + record->item_count;
    if (next > fasti_load_relaxed(&state->records.next_id))
        fasti_store_relaxed(&state->records.next_id, next);
    *delta = fasti_hash128_add(*delta, fasti_record_digest(record));
    return FASTI_OK;
}

static enum fasti_status record_end_replay(struct fasti_booking *booking,
                                           const struct fasti_effect_cell *cell,
                                           const struct fasti_effect_end *end, int64_t decided_ms,
                                           struct fasti_hash128 *delta) {
    struct fasti_state *state = booking->state;
    struct fasti_record_entry *entry =
        fasti_records_find(&state->records, (fasti_record_id){end->record});
    const uint32_t old = fasti_cell_index(fasti_load_relaxed(&entry->cell));
    const struct fasti_record *record = fasti_arena_at(&state->arena, old);
    const size_t bytes = fasti_record_bytes(record);
    const uint32_t index = fasti_arena_alloc(&booking->arena, bytes);
    if (index == 0)
        return FASTI_LIMIT_MEMORY;
    struct fasti_record *next = fasti_arena_at(&state->arena, index);
    memcpy(next, record, bytes);
    next->state = end->state;
    next->reason = end->reason;
    next->changed_ms = decided_ms;
    *delta = fasti_hash128_add(
        *delta, fasti_hash128_subtract(fasti_record_digest(next), fasti_record_digest(record)));
    fasti_store_relaxed(&entry->cell,
                        fasti_cell_word(FASTI_TAG_PAGE, cell->from_version + 1, index));
    versions_store(entry, cell->from_version + 1);
    fasti_add_relaxed(&state->appointments, (uint64_t)fasti_record_is_counted(next) -
                                                (uint64_t)fasti_record_is_counted(record));
    fasti_arena_free(&booking->arena, old, bytes);
    return FASTI_OK;
}

/* An effect that changes days and records. */
static enum fasti_status claim_replay(struct fasti_booking *booking,
                                      const struct fasti_effect *effect,
                                      struct fasti_hash128 *delta, struct fasti_detail *detail) {
    struct parts parts;
    const bool is_book = effect->header->kind == FASTI_EFFECT_BOOK;
    if (!cells_split(effect, &parts) || parts.record_count == 0 || !body_split(effect, &parts))
        return malformed(effect, detail);
    for (uint32_t i = 0; i < parts.record_count; i++)
        if ((parts.news[i] != NULL) != is_book)
            return malformed(effect, detail);
    FASTI_TRY(days_check(booking->state, &parts, detail));
    for (uint32_t i = 0; i < parts.record_count; i++)
        if (parts.news[i] != NULL)
            FASTI_TRY(entries_make(booking->state, parts.news[i], detail));
    FASTI_TRY(days_replay(booking, &parts, detail));
    for (uint32_t i = 0; i < parts.record_count; i++)
        FASTI_TRY(parts.news[i] != NULL
                      ? record_make_replay(booking, parts.news[i], delta)
                      : record_end_replay(booking, &parts.records[i], parts.ends[i],
                                          effect->header->decided_ms, delta));
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
    case FASTI_EFFECT_BOOK:
    case FASTI_EFFECT_END: return claim_replay(booking, effect, delta, detail);
    case FASTI_EFFECT_TOUCH:
        if (effect->header->cell_count != 1 || effect->cells[0].tick != 0 ||
            effect->cells[0].count != 0 || effect->body_bytes != 0)
            return corrupt(detail, "a touch names cells:", effect->header->cell_count);
        return day_replay(booking, &effect->cells[0], 1, detail);
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
