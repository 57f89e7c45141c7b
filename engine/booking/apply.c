/*
 * apply.c - effects in log order. Bytes from disk are checked, never asserted: whatever does not
 * fit the state so far is CORRUPT_STATE.
 */
#include "engine/booking/apply.h"

#include <string.h>

#include "engine/base/mutant.h"
#include "engine/base/panic.h"
#include "engine/booking/catchup.h"
#include "engine/booking/configure.h"
#include "engine/booking/draft.h"
#include "engine/booking/hold.h"
#include "engine/booking/once.h"
#include "engine/booking/parts.h"
#include "engine/booking/retire.h"
#include "engine/calendar/cell.h"
#include "engine/calendar/page.h"
#include "engine/rules/period.h"

bool fasti_effect_is_next(const struct fasti_state *state, const struct fasti_pending *pending) {
    if (state->config_emitted < pending->config_seen)
        return false;
    for (uint32_t i = 0; i < pending->cell_count && !FASTI_MUTANT(EMITTED_UNORDERED); i++)
        if (*pending->cells[i].emitted != pending->cells[i].from_version)
            return false;
    return true;
}

/* A record whose patient is known now enters the patient's chain. */
static void patient_enter(struct fasti_state *state, const struct fasti_record *record) {
    if (state->catchup == NULL || record->patient_length == 0 ||
        !fasti_is_chained_patient(state, fasti_record_bucket(record)))
        fasti_records_link_patient(&state->records, record);
}

/* A new record enters the chains of its schedules and of its patient. */
static void record_enter(struct fasti_state *state, const struct fasti_record *record) {
    for (uint32_t i = 0; i < record->item_count; i++) {
        const fasti_schedule_id id = {record->items[i].schedule};
        if (!fasti_is_chained_schedule(state, id.v))
            fasti_records_link_item(&state->records, record, i,
                                    &fasti_schedule_get(state->directory, id)->record_head);
    }
    patient_enter(state, record);
}

/* Records that the effect makes, or whose patient it names, enter their chains. */
static void records_enter(struct fasti_state *state, const struct fasti_effect *effect) {
    const enum fasti_effect_kind kind = (enum fasti_effect_kind)effect->header->kind;
    const uint8_t *body = effect->body;
    for (uint32_t i = 0; i < effect->header->cell_count; i++) {
        const struct fasti_effect_cell *cell = &effect->cells[i];
        if (fasti_cell_id_kind(cell->id) != FASTI_CELL_RECORD)
            continue;
        const enum fasti_draft_form form = fasti_draft_form_of(kind, cell->from_version);
        const struct fasti_record *record = (const struct fasti_record *)(const void *)body;
        if (form == FASTI_DRAFT_NEW)
            record_enter(state, record);
        else if (form == FASTI_DRAFT_WHOLE)
            patient_enter(state, record);
        body += fasti_draft_form_is_whole(form) ? fasti_record_bytes(record)
                                                : sizeof(struct fasti_effect_end);
    }
}

void fasti_effect_emitted(struct fasti_state *state, struct fasti_pending *pending,
                          const uint8_t *bytes) {
    for (uint32_t i = 0; i < pending->cell_count; i++)
        *pending->cells[i].emitted = pending->cells[i].from_version + 1;
    if (pending->effect_kind == FASTI_EFFECT_BOOK || pending->effect_kind == FASTI_EFFECT_HOLD ||
        pending->effect_kind == FASTI_EFFECT_CONFIRM || pending->effect_kind == FASTI_EFFECT_MOVE ||
        pending->effect_kind == FASTI_EFFECT_LOAD) {
        struct fasti_effect effect;
        const enum fasti_status status = fasti_effect_decode(bytes, pending->effect_bytes, &effect);
        FASTI_ASSERT(status == FASTI_OK);
        records_enter(state, &effect);
    }
    if (pending->appointments != 0)
        fasti_add_relaxed(&state->appointments, (uint64_t)(int64_t)pending->appointments);
}

void fasti_effect_durable(const struct fasti_pending *pending) {
    for (uint32_t i = 0; i < pending->cell_count; i++) /* pairs with wait_begin */
        fasti_store_seq_cst(pending->cells[i].durable, pending->cells[i].from_version + 1);
}

/* ---- replay ---- */

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

#define PAGE_LINES 4 /* cache lines of a page with some 25 visits */

void fasti_effect_prefetch_page(struct fasti_booking *booking, const struct fasti_effect *effect) {
    const struct fasti_day_ref ref = day_foresee(booking, effect);
    const uint64_t word = ref.chunk == NULL ? 0 : fasti_load_relaxed(&ref.chunk->cells[ref.at]);
    if (fasti_cell_index(word) == 0)
        return;
    const uint8_t *page = fasti_arena_at(&booking->state->arena, fasti_cell_index(word));
    for (uint32_t line = 0; line < PAGE_LINES; line++)
        __builtin_prefetch(page + line * 64, 1);
}

/* Which item's ticks a day's cell takes or releases: its seats, and its visit if it starts there.
 * Days come in their order, so what was seen of the item before lies before this. */
static void item_change(struct fasti_parts_item *at, struct fasti_page_change *change) {
    const struct fasti_item *item = at->item;
    const uint32_t before = item->before_minutes == 0 ? 0 : item->before_minutes / at->resolution;
    change->seats_max = item->seats_max;
    change->visit.seats = item->seats;
    if (!FASTI_MUTANT(REPLAY_FORGETS_VISIT) && item->service != 0 && at->ticks_seen <= before &&
        before < at->ticks_seen + change->count)
        change->visit =
            fasti_item_visit(item, change->tick + before - at->ticks_seen, at->resolution);
    at->ticks_seen += change->count;
}

/* What a day's cell of the effect does to the page. */
static struct fasti_page_change change_of(struct fasti_parts *parts,
                                          const struct fasti_effect_cell *cell) {
    struct fasti_page_change change = {
        .operation = FASTI_PAGE_TAKE,
        .tick = (uint16_t)fasti_effect_cell_tick(cell),
        .count = (uint16_t)fasti_effect_cell_count(cell),
    };
    if (parts == NULL) /* a touch */
        return change;
    const uint32_t record = fasti_parts_record(parts, cell);
    const void *body = parts->bodies[record];
    const uint32_t id = (uint32_t)fasti_cell_id_record_id(parts->records[record].id).v;
    if (change.count > 0)
        item_change(&parts->items[fasti_effect_cell_place(cell)], &change);
    if (fasti_effect_cell_shares(cell)) /* a LOAD, in another order than they were made in */
        change.seats_max = FASTI_SEATS_MAX;
    switch (fasti_parts_form(parts, record)) {
    case FASTI_DRAFT_NEW: {
        const struct fasti_record_hold *hold = fasti_record_hold(body);
        if (hold != NULL) {
            change.record = id;
            change.expires_ms = hold->expires_ms;
        }
        break;
    }
    case FASTI_DRAFT_STATE: {
        const struct fasti_effect_end *end = body;
        change.operation = FASTI_PAGE_RELEASE;
        change.record = fasti_state_ends_hold((enum fasti_record_state)end->state) ? id : 0;
        break;
    }
    case FASTI_DRAFT_WHOLE:
        change.operation = FASTI_PAGE_SETTLE;
        change.record = id;
        break;
    case FASTI_DRAFT_EXPIRY: {
        const struct fasti_effect_expiry *expiry = body;
        change.operation = FASTI_PAGE_EXTEND;
        change.record = id;
        change.expires_ms = expiry->expires_ms;
        break;
    }
    }
    return change;
}

/* One change of a page; *index becomes the next one's, whose predecessor is freed. */
static enum fasti_status page_replay(struct fasti_booking *booking, struct fasti_parts *parts,
                                     const struct fasti_effect_cell *cell, uint32_t *index,
                                     struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    const uint32_t old = *index;
    const struct fasti_page *page =
        old == 0 ? &fasti_page_empty : fasti_arena_at(&state->arena, old);
    const struct fasti_page_change change = change_of(parts, cell);
    if (!fasti_page_takes(page, &change))
        return fasti_corrupt(detail, "an effect takes taken time or frees free time of schedule",
                             fasti_cell_id_schedule(cell->id).v);
    if (!fasti_page_apply(&booking->arena, page, &change, index))
        return FASTI_LIMIT_MEMORY;
    if (old != 0)
        fasti_arena_free(&booking->arena, old, fasti_page_bytes(page));
    return FASTI_OK;
}

/* Swaps a day's page as its cells of the effect say, which are the same one `count` times. */
static enum fasti_status day_replay(struct fasti_booking *booking, struct fasti_parts *parts,
                                    const struct fasti_effect_cell *cells, uint32_t count,
                                    struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    const fasti_schedule_id id = fasti_cell_id_schedule(cells->id);
    struct fasti_schedule *schedule = fasti_schedule_get(state->directory, id);
    const fasti_date date = fasti_cell_id_date(cells->id);
    if (fasti_cell_id_kind(cells->id) != FASTI_CELL_DAY || schedule == NULL ||
        !fasti_date_is_bookable(date))
        return fasti_corrupt(detail, "an effect names a day of unknown schedule", id.v);
    const bool is_retired = fasti_days_is_retired(&schedule->days, date);
    if (is_retired && state->catchup == NULL)
        return fasti_corrupt(detail, "an effect names a day that retired of schedule", id.v);
    const struct fasti_day_ref ref = fasti_days_get(&booking->arena, &schedule->days, date);
    if (ref.chunk == NULL && !is_retired)
        return FASTI_LIMIT_MEMORY;
    const uint64_t word = is_retired ? 0 : fasti_load_relaxed(&ref.chunk->cells[ref.at]);
    if (is_retired || fasti_is_contained(state, fasti_cell_version(word), cells->from_version)) {
        for (uint32_t i = 0; i < count; i++) /* an item's later days count on those before */
            (void)change_of(parts, &cells[i]);
        return FASTI_OK;
    }
    if (fasti_cell_version(word) != cells->from_version ||
        fasti_cell_version(word) == FASTI_VERSION_MAX)
        return fasti_corrupt(detail, "an effect starts from another version of a day of schedule",
                             id.v);
    uint32_t index = fasti_cell_index(word);
    for (uint32_t i = 0; i < count; i++)
        FASTI_TRY(page_replay(booking, parts, &cells[i], &index, detail));
    fasti_store_relaxed(&ref.chunk->cells[ref.at],
                        fasti_cell_word(FASTI_TAG_PAGE, cells->from_version + 1, index));
    ref.chunk->emitted[ref.at] = cells->from_version + 1;
    fasti_store_relaxed(&ref.chunk->durable[ref.at], cells->from_version + 1);
    return FASTI_OK;
}

static enum fasti_status days_replay(struct fasti_booking *booking, struct fasti_parts *parts,
                                     struct fasti_detail *detail) {
    for (uint32_t i = 0, end; i < parts->day_count; i = end) {
        end = i + 1;
        while (end < parts->day_count && parts->days[end].id == parts->days[i].id)
            end++;
        FASTI_TRY(day_replay(booking, parts, &parts->days[i], end - i, detail));
    }
    return FASTI_OK;
}

static enum fasti_status guards_replay(struct fasti_booking *booking,
                                       const struct fasti_parts *parts,
                                       struct fasti_detail *detail) {
    for (uint32_t i = 0; i < parts->guard_count; i++) {
        const struct fasti_effect_cell *cell = &parts->guards[i];
        const fasti_schedule_id id = fasti_cell_id_schedule(cell->id);
        struct fasti_schedule *schedule = fasti_schedule_get(booking->state->directory, id);
        const fasti_date guard = fasti_cell_id_date(cell->id);
        if (schedule == NULL || !fasti_period_is_guard(guard) || cell->tick != 0 ||
            cell->count != 0)
            return fasti_corrupt(detail, "an effect names a period of unknown schedule", id.v);
        if (fasti_days_is_retired(&schedule->guards, guard)) {
            if (booking->state->catchup == NULL)
                return fasti_corrupt(detail, "an effect names a week that retired of schedule",
                                     id.v);
            continue;
        }
        const struct fasti_day_ref ref = fasti_days_get(&booking->arena, &schedule->guards, guard);
        if (ref.chunk == NULL)
            return FASTI_LIMIT_MEMORY;
        const uint64_t word = fasti_load_relaxed(&ref.chunk->cells[ref.at]);
        if (fasti_is_contained(booking->state, fasti_cell_version(word), cell->from_version))
            continue;
        if (fasti_cell_version(word) != cell->from_version ||
            fasti_cell_version(word) == FASTI_VERSION_MAX)
            return fasti_corrupt(
                detail, "an effect starts from another version of a period of schedule", id.v);
        fasti_store_relaxed(&ref.chunk->cells[ref.at],
                            fasti_cell_word(FASTI_TAG_PAGE, cell->from_version + 1, 0));
        ref.chunk->emitted[ref.at] = cell->from_version + 1;
        fasti_store_relaxed(&ref.chunk->durable[ref.at], cell->from_version + 1);
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
            return fasti_corrupt(detail, "a booking does not make a new record:", record->id);
        if (fasti_schedule_get(state->directory, (fasti_schedule_id){record->items[i].schedule}) ==
            NULL)
            return fasti_corrupt(detail, "a booking is of unknown schedule",
                                 record->items[i].schedule);
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
    const uint32_t index = fasti_arena_alloc(&booking->arena, fasti_record_room(record));
    if (index == 0)
        return FASTI_LIMIT_MEMORY;
    struct fasti_record *made = fasti_arena_at(&state->arena, index);
    memcpy(made, record, fasti_record_bytes(record));
    fasti_records_publish(&state->records, made, index);
    versions_store(fasti_records_find(&state->records, (fasti_record_id){record->id}), 1);
    record_enter(state, record);
    fasti_add_relaxed(&state->appointments, (uint64_t)fasti_record_is_counted(record));
    const struct fasti_record_hold *hold = fasti_record_hold(record);
    if (hold != NULL && record->state == FASTI_STATE_HELD) /* no room: whoever needs its time ... */
        (void)fasti_hold_timer_add(booking, record->id, hold->expires_ms);
    const uint64_t next = (uint64_t)record->id + record->item_count;
    if (next > fasti_load_relaxed(&state->records.next_id))
        fasti_store_relaxed(&state->records.next_id, next);
    *delta = fasti_hash128_add(*delta, fasti_record_digest(record));
    return FASTI_OK;
}

/* A private copy of what a known record becomes; 0: no memory. */
static uint32_t changed_make(struct fasti_booking *booking, const struct fasti_parts *parts,
                             uint32_t i, int64_t decided_ms) {
    const bool is_confirm = fasti_parts_form(parts, i) == FASTI_DRAFT_WHOLE;
    const struct fasti_record *source = is_confirm ? parts->bodies[i] : parts->befores[i];
    struct fasti_record_parts behind = fasti_record_parts_of(source);
    if (!is_confirm)
        behind.changed_ms = decided_ms;
    const uint32_t index = fasti_record_make(&booking->arena, source, &behind);
    if (index == 0 || is_confirm)
        return index;
    struct fasti_record *next = fasti_arena_at(&booking->state->arena, index);
    if (fasti_parts_form(parts, i) == FASTI_DRAFT_STATE) {
        const struct fasti_effect_end *end = parts->bodies[i];
        next->state = end->state;
        next->reason = end->reason;
    } else {
        const struct fasti_effect_expiry *expiry = parts->bodies[i];
        struct fasti_record_hold *hold =
            (struct fasti_record_hold *)(void *)&next->items[next->item_count];
        hold->expires_ms = expiry->expires_ms;
    }
    return index;
}

static enum fasti_status record_change_replay(struct fasti_booking *booking,
                                              const struct fasti_parts *parts, uint32_t i,
                                              int64_t decided_ms, struct fasti_hash128 *delta) {
    struct fasti_state *state = booking->state;
    const struct fasti_effect_cell *cell = &parts->records[i];
    const struct fasti_record *before = parts->befores[i];
    struct fasti_record_entry *entry =
        fasti_records_find(&state->records, fasti_cell_id_record_id(cell->id));
    const uint32_t old = fasti_cell_index(fasti_load_relaxed(&entry->cell));
    const uint32_t index = changed_make(booking, parts, i, decided_ms);
    if (index == 0)
        return FASTI_LIMIT_MEMORY;
    const struct fasti_record *next = fasti_arena_at(&state->arena, index);
    *delta = fasti_hash128_add(
        *delta, fasti_hash128_subtract(fasti_record_digest(next), fasti_record_digest(before)));
    fasti_store_relaxed(&entry->cell,
                        fasti_cell_word(FASTI_TAG_PAGE, cell->from_version + 1, index));
    versions_store(entry, cell->from_version + 1);
    fasti_add_relaxed(&state->appointments, (uint64_t)fasti_record_is_counted(next) -
                                                (uint64_t)fasti_record_is_counted(before));
    if (fasti_parts_form(parts, i) == FASTI_DRAFT_WHOLE)
        patient_enter(state, next);
    fasti_arena_free(&booking->arena, old, fasti_record_room(before));
    return FASTI_OK;
}

/* Of a record that the snapshot has as the effect leaves it: its chains may not have it yet. */
static void record_chain(struct fasti_state *state, const struct fasti_parts *parts, uint32_t i) {
    switch (fasti_parts_form(parts, i)) {
    case FASTI_DRAFT_NEW: record_enter(state, parts->bodies[i]); break;
    case FASTI_DRAFT_WHOLE: patient_enter(state, parts->bodies[i]); break;
    case FASTI_DRAFT_STATE:
    case FASTI_DRAFT_EXPIRY: break;
    }
}

/* What was answered when the effect was made: what it says, not what the record is by now. */
static enum fasti_outcome outcome_of(const struct fasti_parts *parts, uint32_t i) {
    const struct fasti_record *now = fasti_draft_form_is_whole(fasti_parts_form(parts, i))
                                         ? parts->bodies[i]
                                         : parts->befores[i];
    const bool is_block = now->kind == FASTI_RECORD_BLOCK;
    switch (fasti_parts_form(parts, i)) {
    case FASTI_DRAFT_EXPIRY: return FASTI_OUTCOME_EXTENDED;
    case FASTI_DRAFT_STATE: {
        const struct fasti_effect_end *end = parts->bodies[i];
        if (end->state == FASTI_STATE_CANCELLED)
            return is_block ? FASTI_OUTCOME_UNBLOCKED : FASTI_OUTCOME_CANCELLED;
        return end->state == FASTI_STATE_RELEASED ? FASTI_OUTCOME_RELEASED : FASTI_OUTCOME_MARKED;
    }
    case FASTI_DRAFT_NEW:
    case FASTI_DRAFT_WHOLE: break;
    }
    if (parts->kind == FASTI_EFFECT_MOVE)
        return FASTI_OUTCOME_MOVED;
    if (now->state == FASTI_STATE_HELD)
        return FASTI_OUTCOME_HELD;
    if (now->state == FASTI_STATE_PENDING)
        return FASTI_OUTCOME_REQUESTED;
    return is_block ? FASTI_OUTCOME_BLOCKED : FASTI_OUTCOME_BOOKED;
}

/* The request's answer names the first record that the effect made, else the first that it changed.
 */
static void request_restore(struct fasti_state *state, const struct fasti_effect_header *header,
                            const struct fasti_parts *parts) {
    if ((header->request_low | header->request_high) == 0 || parts->kind == FASTI_EFFECT_LOAD)
        return;
    uint32_t i = 0;
    while (i + 1 < parts->record_count && parts->befores[i] != NULL &&
           (parts->kind == FASTI_EFFECT_MOVE || parts->kind == FASTI_EFFECT_HOLD))
        i++;
    fasti_once_restore(state, header,
                       (fasti_organization_id){fasti_parts_items(parts, i)->organization},
                       outcome_of(parts, i), fasti_cell_id_record_id(parts->records[i].id).v);
}

/* An effect that changes days and records. */
static enum fasti_status claim_replay(struct fasti_booking *booking,
                                      const struct fasti_effect *effect,
                                      struct fasti_hash128 *delta, struct fasti_detail *detail) {
    struct fasti_parts parts;
    FASTI_TRY(fasti_parts_take(booking->state, effect, &parts, detail));
    for (uint32_t i = 0; i < parts.record_count; i++)
        if (parts.befores[i] == NULL && !parts.is_ahead[i])
            FASTI_TRY(entries_make(booking->state, parts.bodies[i], detail));
    /* While the records that it starts from are there: its changes free them. */
    request_restore(booking->state, effect->header, &parts);
    FASTI_TRY(days_replay(booking, &parts, detail));
    FASTI_TRY(guards_replay(booking, &parts, detail));
    for (uint32_t i = 0; i < parts.record_count; i++) {
        if (parts.is_ahead[i])
            record_chain(booking->state, &parts, i);
        else
            FASTI_TRY(
                parts.befores[i] == NULL
                    ? record_make_replay(booking, parts.bodies[i], delta)
                    : record_change_replay(booking, &parts, i, effect->header->decided_ms, delta));
    }
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
    case FASTI_EFFECT_END:
    case FASTI_EFFECT_HOLD:
    case FASTI_EFFECT_CONFIRM:
    case FASTI_EFFECT_EXTEND:
    case FASTI_EFFECT_EXPIRE:
    case FASTI_EFFECT_MOVE:
    case FASTI_EFFECT_LOAD: return claim_replay(booking, effect, delta, detail);
    case FASTI_EFFECT_TOUCH:
        if (effect->header->cell_count != 1 || effect->cells[0].tick != 0 ||
            effect->cells[0].count != 0 || effect->body_bytes != 0)
            return fasti_corrupt(detail, "a touch names cells:", effect->header->cell_count);
        return day_replay(booking, NULL, &effect->cells[0], 1, detail);
    case FASTI_EFFECT_RETIRE: return fasti_retire_replay(booking, effect, detail);
    case FASTI_EFFECT_PURGE: return fasti_purge_replay(booking, effect, delta, detail);
    }
    return fasti_detail_set(detail, FASTI_UNSUPPORTED_FORMAT,
                            "an effect of kind %u is not known to this version",
                            (unsigned)effect->header->kind);
}
