/*
 * retire.c - RETIRE and PURGE; see retire.h.
 */
#include "engine/booking/retire.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/booking/catchup.h"
#include "engine/booking/parts.h"
#include "engine/rules/period.h"

fasti_date fasti_retire_bound(fasti_date today, uint32_t past_days) {
    const int64_t first = (int64_t)today.v - past_days;
    return first <= FASTI_DATE_FIRST ? (fasti_date){FASTI_DATE_FIRST}
                                     : fasti_days_chunk_of((fasti_date){(int32_t)first});
}

/* ---- a chunk ---- */

/* A chunk about to retire. */
struct retiring {
    struct fasti_days *days;
    uint64_t first_id; /* cell id of its first cell; the others follow */
    fasti_date first;
    struct fasti_day_chunk *chunk;
    uint64_t words[FASTI_CHUNK_DAYS];
};

/* Reads its cells; false: one of them takes no more versions. */
static bool words_read(struct fasti_booking *booking, struct retiring *retiring) {
    for (uint32_t at = 0; at < FASTI_CHUNK_DAYS; at++) {
        retiring->words[at] = fasti_cell_read(&booking->state->arena, &retiring->chunk->cells[at]);
        if (fasti_cell_is_worn(retiring->words[at]))
            return false;
    }
    return true;
}

static bool retire_effect(struct fasti_booking *booking, struct fasti_pending *pending,
                          const struct retiring *retiring) {
    const struct fasti_effect_header header = {
        .kind = FASTI_EFFECT_RETIRE, .cell_count = 1, .decided_ms = pending->decided_ms};
    const struct fasti_effect_cell cell = {.id = retiring->first_id,
                                           .from_version = fasti_cell_version(retiring->words[0])};
    uint32_t versions[FASTI_CHUNK_DAYS];
    struct fasti_writer writer;
    if (!fasti_pending_effect_begin(booking, pending, FASTI_EFFECT_RETIRE,
                                    sizeof header + sizeof cell + sizeof versions, &writer))
        return false;
    for (uint32_t at = 0; at < FASTI_CHUNK_DAYS; at++)
        versions[at] = fasti_cell_version(retiring->words[at]);
    fasti_effect_begin(&writer, &header, &cell);
    fasti_write(&writer, versions, sizeof versions);
    return fasti_effect_finish(&writer);
}

static enum fasti_claim_result retire_claim(struct fasti_booking *booking,
                                            struct fasti_pending *pending,
                                            const struct retiring *retiring) {
    struct fasti_claim_item items[FASTI_CHUNK_DAYS];
    struct fasti_days_retirements *retirements = &retiring->days->retirements;
    if (!fasti_limbo_reserve(&booking->limbo, FASTI_CHUNK_DAYS + 8) ||
        !fasti_pending_cells_make(booking, pending, FASTI_CHUNK_DAYS + 1) ||
        !retire_effect(booking, pending, retiring))
        return FASTI_CLAIM_MEMORY;
    pending->cell_count = FASTI_CHUNK_DAYS + 1;
    pending->cells[FASTI_CHUNK_DAYS] = (struct fasti_pending_cell){
        .emitted = &retirements->emitted,
        .durable = &retirements->durable,
        .from_version = fasti_load_seq_cst(&retirements->pushed),
    };
    for (uint32_t at = 0; at < FASTI_CHUNK_DAYS; at++) {
        items[at] = (struct fasti_claim_item){
            .cell = &retiring->chunk->cells[at],
            .cell_id = retiring->first_id + at,
            .old_word = retiring->words[at],
            .new_word = fasti_cell_retired(retiring->words[at]),
        };
        pending->cells[at] = (struct fasti_pending_cell){
            .emitted = &retiring->chunk->emitted[at],
            .durable = &retiring->chunk->durable[at],
            .from_version = fasti_cell_version(retiring->words[at]),
        };
    }
    return fasti_claim_swap(&booking->limbo, items, FASTI_CHUNK_DAYS);
}

static enum fasti_retire_result give_up(struct fasti_booking *booking,
                                        struct fasti_pending *pending) {
    fasti_pending_effect_drop(booking, pending);
    fasti_pending_give(booking, pending);
    return FASTI_RETIRE_LATER;
}

static enum fasti_retire_result chunk_retire(struct fasti_booking *booking,
                                             struct retiring *retiring,
                                             struct fasti_retired_chunk *chunk) {
    struct fasti_state *state = booking->state;
    struct fasti_pending *pending = fasti_pending_make(booking);
    if (pending == NULL)
        return FASTI_RETIRE_LATER;
    pending->decided_ms = fasti_state_now_ms(state);
    pending->config_seen = fasti_load_seq_cst(&state->config_version); /* its put's, at least */
    if (!words_read(booking, retiring) ||
        retire_claim(booking, pending, retiring) != FASTI_CLAIM_WON)
        return give_up(booking, pending);
    for (uint32_t at = 0; at < FASTI_CHUNK_DAYS; at++)
        fasti_look_page_retire(booking, retiring->words[at]);
    (void)fasti_add_seq_cst(&retiring->days->retirements.pushed, UINT32_C(1));
    chunk->index = fasti_days_retire(&state->arena, retiring->days, retiring->first);
    fasti_effects_push(state, pending);
    return FASTI_RETIRE_PUSHED;
}

/* first_id: the cell id of FASTI_DATE_FIRST in the tree. */
static enum fasti_retire_result tree_retire(struct fasti_booking *booking, struct fasti_days *days,
                                            uint64_t first_id, fasti_date bound,
                                            struct fasti_retired_chunk *chunk) {
    struct fasti_arena *arena = &booking->state->arena;
    const int32_t retired_end = fasti_load_seq_cst(&days->retired_end);
    if (bound.v <= (retired_end == 0 ? FASTI_DATE_FIRST : retired_end))
        return FASTI_RETIRE_NONE;
    struct retiring retiring = {.days = days};
    const fasti_date from = {retired_end == 0 ? FASTI_DATE_FIRST : retired_end};
    retiring.chunk = fasti_days_next_chunk(arena, days, from, &retiring.first);
    if (retiring.chunk == NULL || retiring.first.v >= bound.v)
        return fasti_days_close(&booking->arena, days, bound) ? FASTI_RETIRE_NONE
                                                              : FASTI_RETIRE_LATER;
    if (!fasti_days_close(&booking->arena, days, retiring.first))
        return FASTI_RETIRE_LATER;
    retiring.first_id = first_id + (uint64_t)(retiring.first.v - FASTI_DATE_FIRST);
    return chunk_retire(booking, &retiring, chunk);
}

enum fasti_retire_result fasti_retire_days(struct fasti_booking *booking,
                                           fasti_schedule_id schedule, fasti_date bound,
                                           struct fasti_retired_chunk *chunk) {
    static const fasti_date first = {FASTI_DATE_FIRST};
    return tree_retire(booking, &fasti_schedule_get(booking->state->directory, schedule)->days,
                       fasti_cell_id_day(schedule, first), bound, chunk);
}

enum fasti_retire_result fasti_retire_guards(struct fasti_booking *booking,
                                             fasti_schedule_id schedule, fasti_date bound,
                                             struct fasti_retired_chunk *chunk) {
    static const fasti_date first = {FASTI_DATE_FIRST};
    return tree_retire(booking, &fasti_schedule_get(booking->state->directory, schedule)->guards,
                       fasti_cell_id_guard(schedule, first), bound, chunk);
}

/* ---- purge ---- */

static bool purge_effect(struct fasti_booking *booking, struct fasti_pending *pending,
                         const struct fasti_claim_item *items, uint32_t count) {
    const struct fasti_effect_header header = {
        .kind = FASTI_EFFECT_PURGE, .cell_count = count, .decided_ms = pending->decided_ms};
    struct fasti_effect_cell cells[FASTI_PURGE_MAX];
    struct fasti_writer writer;
    for (uint32_t i = 0; i < count; i++)
        cells[i] = (struct fasti_effect_cell){
            .id = items[i].cell_id, .from_version = fasti_cell_version(items[i].old_word)};
    if (!fasti_pending_effect_begin(booking, pending, FASTI_EFFECT_PURGE,
                                    sizeof header + count * sizeof cells[0], &writer))
        return false;
    fasti_effect_begin(&writer, &header, cells);
    return fasti_effect_finish(&writer);
}

/* Fills the pending's cells and what the digest and the count of appointments lose. */
static bool purge_fill(struct fasti_booking *booking, struct fasti_pending *pending,
                       const uint64_t *records, struct fasti_claim_item *items, uint32_t count) {
    struct fasti_state *state = booking->state;
    for (uint32_t i = 0; i < count; i++) {
        struct fasti_record_entry *entry =
            fasti_records_find(&state->records, (fasti_record_id){records[i]});
        const uint64_t word = entry == NULL ? 0 : fasti_cell_read(&state->arena, &entry->cell);
        if (fasti_cell_tag(word) != FASTI_TAG_PAGE || fasti_cell_index(word) == 0 ||
            fasti_cell_is_worn(word))
            return false;
        const struct fasti_record *record = fasti_arena_at(&state->arena, fasti_cell_index(word));
        items[i] = (struct fasti_claim_item){
            .cell = &entry->cell,
            .cell_id = fasti_cell_id_record((fasti_record_id){records[i]}),
            .old_word = word,
            .new_word = fasti_cell_next(word, 0),
        };
        pending->cells[i] = (struct fasti_pending_cell){
            .emitted = &entry->emitted,
            .durable = &entry->durable,
            .from_version = fasti_cell_version(word),
        };
        pending->delta = fasti_hash128_subtract(pending->delta, fasti_record_digest(record));
        pending->appointments -= fasti_record_is_counted(record);
    }
    pending->cell_count = count;
    return true;
}

enum fasti_retire_result fasti_purge(struct fasti_booking *booking, const uint64_t *records,
                                     uint32_t count) {
    struct fasti_state *state = booking->state;
    struct fasti_claim_item items[FASTI_PURGE_MAX];
    FASTI_ASSERT(count >= 1 && count <= FASTI_PURGE_MAX);
    struct fasti_pending *pending = fasti_pending_make(booking);
    if (pending == NULL)
        return FASTI_RETIRE_LATER;
    pending->decided_ms = fasti_state_now_ms(state);
    if (!fasti_limbo_reserve(&booking->limbo, FASTI_PURGE_MAX + 8) ||
        !fasti_pending_cells_make(booking, pending, count) ||
        !purge_fill(booking, pending, records, items, count) ||
        !purge_effect(booking, pending, items, count) ||
        fasti_claim_swap(&booking->limbo, items, count) != FASTI_CLAIM_WON)
        return give_up(booking, pending);
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t index = fasti_cell_index(items[i].old_word);
        const struct fasti_record *record = fasti_arena_at(&state->arena, index);
        fasti_records_purged(&state->records, record->id, record->item_count);
        fasti_limbo_retire(&booking->limbo, index, fasti_record_room(record));
    }
    fasti_effects_push(state, pending);
    return FASTI_RETIRE_PUSHED;
}

/* ---- replay ---- */

static void chunk_free(struct fasti_booking *booking, struct fasti_day_chunk *chunk,
                       uint32_t index) {
    for (uint32_t at = 0; at < FASTI_CHUNK_DAYS; at++) {
        const uint32_t page = fasti_cell_index(fasti_load_relaxed(&chunk->cells[at]));
        if (page != 0)
            fasti_arena_free(&booking->arena, page,
                             fasti_page_bytes(fasti_arena_at(&booking->state->arena, page)));
    }
    fasti_arena_free(&booking->arena, index, sizeof *chunk);
}

void fasti_retire_alone(struct fasti_booking *booking, struct fasti_days *days, fasti_date end) {
    struct fasti_arena *arena = &booking->state->arena;
    fasti_date first = {FASTI_DATE_FIRST};
    struct fasti_day_chunk *chunk;
    while ((chunk = fasti_days_next_chunk(arena, days, first, &first)) != NULL && first.v < end.v) {
        chunk_free(booking, chunk, fasti_days_retire(arena, days, first));
    }
    if (fasti_load_relaxed(&days->retired_end) < end.v)
        fasti_store_relaxed(&days->retired_end, end.v);
}

/* May these days, or weeks, have been long past when the effect was decided? */
static bool is_past(const struct fasti_effect *effect, fasti_date first) {
    const int64_t decided_day = effect->header->decided_ms / 86400000 - (FASTI_PAST_DAYS_MIN - 2);
    const fasti_date last = {first.v + FASTI_CHUNK_DAYS - 1};
    if (fasti_cell_id_kind(effect->cells[0].id) == FASTI_CELL_DAY)
        return last.v < decided_day;
    return decided_day > FASTI_DATE_FIRST && decided_day <= FASTI_DATE_LAST &&
           last.v < fasti_period_week((fasti_date){(int32_t)decided_day}).guard.v;
}

/* The tree that a RETIRE is of; NULL: it is not well formed. */
static struct fasti_days *retire_tree(const struct fasti_state *state,
                                      const struct fasti_effect *effect, fasti_date *first) {
    const struct fasti_effect_cell *cell = effect->cells;
    if (effect->header->cell_count != 1 || cell->tick != 0 || cell->count != 0 ||
        effect->body_bytes != FASTI_CHUNK_DAYS * sizeof(uint32_t))
        return NULL;
    const enum fasti_cell_kind kind = fasti_cell_id_kind(cell->id);
    struct fasti_schedule *schedule =
        fasti_schedule_get(state->directory, fasti_cell_id_schedule(cell->id));
    *first = fasti_cell_id_date(cell->id);
    if ((kind != FASTI_CELL_DAY && kind != FASTI_CELL_GUARD) || schedule == NULL ||
        !fasti_date_is_bookable(*first) || fasti_days_chunk_of(*first).v != first->v ||
        !is_past(effect, *first))
        return NULL;
    return kind == FASTI_CELL_DAY ? &schedule->days : &schedule->guards;
}

/* Was a day (or week) before first ever changed that did not retire? The oldest retire first. */
static bool has_older(struct fasti_state *state, struct fasti_days *days, fasti_date first) {
    fasti_date older = {FASTI_DATE_FIRST};
    struct fasti_day_chunk *chunk;
    while ((chunk = fasti_days_next_chunk(&state->arena, days, older, &older)) != NULL &&
           older.v < first.v) {
        for (uint32_t at = 0; at < FASTI_CHUNK_DAYS; at++)
            if (fasti_cell_version(fasti_load_relaxed(&chunk->cells[at])) != 0)
                return true;
        older.v += FASTI_CHUNK_DAYS;
    }
    return false;
}

enum fasti_status fasti_retire_replay(struct fasti_booking *booking,
                                      const struct fasti_effect *effect,
                                      struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    fasti_date first;
    struct fasti_days *days = retire_tree(state, effect, &first);
    if (days == NULL)
        return fasti_corrupt(detail,
                             "a retirement is not well formed, body bytes:", effect->body_bytes);
    const uint32_t schedule = fasti_cell_id_schedule(effect->cells[0].id).v;
    if (fasti_days_is_retired(days, first))
        return state->catchup != NULL
                   ? FASTI_OK
                   : fasti_corrupt(detail, "days retire twice of schedule", schedule);
    const struct fasti_day_chunk *chunk = fasti_days_find(&state->arena, days, first).chunk;
    uint32_t versions[FASTI_CHUNK_DAYS];
    memcpy(versions, effect->body, sizeof versions);
    for (uint32_t at = 0; at < FASTI_CHUNK_DAYS; at++) {
        const uint64_t word = chunk == NULL ? 0 : fasti_load_relaxed(&chunk->cells[at]);
        if (fasti_cell_version(word) != versions[at])
            return fasti_corrupt(detail, "days retire from other versions of schedule", schedule);
    }
    if (state->catchup == NULL && has_older(state, days, first))
        return fasti_corrupt(detail, "older days are left behind, of schedule", schedule);
    if (versions[0] != effect->cells[0].from_version)
        return fasti_corrupt(detail, "a retirement contradicts itself, schedule", schedule);
    fasti_retire_alone(booking, days, (fasti_date){first.v + FASTI_CHUNK_DAYS});
    return FASTI_OK;
}

/* One record of a PURGE. */
static enum fasti_status record_purge(struct fasti_booking *booking,
                                      const struct fasti_effect_cell *cell,
                                      struct fasti_hash128 *delta, struct fasti_detail *detail) {
    struct fasti_state *state = booking->state;
    const fasti_record_id id = fasti_cell_id_record_id(cell->id);
    struct fasti_record_entry *entry = fasti_records_find(&state->records, id);
    const uint64_t word = entry == NULL ? 0 : fasti_load_relaxed(&entry->cell);
    if (fasti_is_contained(state, fasti_cell_version(word), cell->from_version))
        return FASTI_OK;
    if (fasti_cell_tag(word) != FASTI_TAG_PAGE || fasti_cell_index(word) == 0 ||
        fasti_cell_version(word) != cell->from_version ||
        fasti_cell_version(word) == FASTI_VERSION_MAX || cell->tick != 0 || cell->count != 0)
        return fasti_corrupt(detail, "a purge starts from another version of record", id.v);
    const struct fasti_record *record = fasti_arena_at(&state->arena, fasti_cell_index(word));
    *delta = fasti_hash128_subtract(*delta, fasti_record_digest(record));
    fasti_add_relaxed(&state->appointments, UINT64_C(0) - fasti_record_is_counted(record));
    fasti_records_purged(&state->records, id.v, record->item_count);
    fasti_store_relaxed(&entry->cell, fasti_cell_next(word, 0));
    entry->emitted = cell->from_version + 1;
    fasti_store_relaxed(&entry->durable, cell->from_version + 1);
    fasti_arena_free(&booking->arena, fasti_cell_index(word), fasti_record_room(record));
    return FASTI_OK;
}

enum fasti_status fasti_purge_replay(struct fasti_booking *booking,
                                     const struct fasti_effect *effect, struct fasti_hash128 *delta,
                                     struct fasti_detail *detail) {
    const uint32_t count = effect->header->cell_count;
    if (count < 1 || count > FASTI_PURGE_MAX || effect->body_bytes != 0)
        return fasti_corrupt(detail, "a purge is not well formed, cells:", count);
    for (uint32_t i = 0; i < count; i++) {
        if (fasti_cell_id_kind(effect->cells[i].id) != FASTI_CELL_RECORD ||
            (i > 0 && effect->cells[i].id <= effect->cells[i - 1].id))
            return fasti_corrupt(detail, "a purge is not well formed, cells:", count);
        FASTI_TRY(record_purge(booking, &effect->cells[i], delta, detail));
    }
    return FASTI_OK;
}
