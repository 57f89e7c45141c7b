/*
 * parts.c - takes effects apart and checks them.
 */
#include "engine/booking/parts.h"

#include <string.h>

#include "engine/base/panic.h"
#include "engine/booking/catchup.h"
#include "engine/calendar/cell.h"

enum fasti_status fasti_corrupt(struct fasti_detail *detail, const char *what, uint64_t number) {
    return fasti_detail_set(detail, FASTI_CORRUPT_STATE, "%s %llu", what,
                            (unsigned long long)number);
}

enum fasti_draft_form fasti_draft_form_of(enum fasti_effect_kind kind, uint32_t from_version) {
    if (kind == FASTI_EFFECT_CONFIRM)
        return FASTI_DRAFT_WHOLE;
    if (kind == FASTI_EFFECT_EXTEND)
        return FASTI_DRAFT_EXPIRY;
    return from_version == 0 ? FASTI_DRAFT_NEW : FASTI_DRAFT_STATE;
}

enum fasti_draft_form fasti_parts_form(const struct fasti_parts *parts, uint32_t i) {
    return fasti_draft_form_of(parts->kind, parts->records[i].from_version);
}

static enum fasti_status malformed(const struct fasti_effect *effect, struct fasti_detail *detail) {
    return fasti_detail_set(detail, FASTI_CORRUPT_STATE, "a %s is not well formed, body bytes: %u",
                            fasti_effect_kind_name((enum fasti_effect_kind)effect->header->kind),
                            effect->body_bytes);
}

/* Days, then records, then guards, ascending; the same day again only with the same version. */
static bool cells_split(const struct fasti_effect *effect, struct fasti_parts *parts) {
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
    uint32_t records = days;
    while (records < count && fasti_cell_id_kind(cells[records].id) == FASTI_CELL_RECORD)
        records++;
    for (uint32_t i = records; i < count; i++)
        if (fasti_cell_id_kind(cells[i].id) != FASTI_CELL_GUARD)
            return false;
    parts->days = cells;
    parts->day_count = days;
    parts->records = cells + days;
    parts->record_count = records - days;
    parts->guards = cells + records;
    parts->guard_count = count - records;
    return true;
}

/* Takes the body apart: whole records are sound, every part is of its RECORD cell. */
static bool body_split(const struct fasti_effect *effect, struct fasti_parts *parts) {
    uint32_t at = 0;
    for (uint32_t i = 0; i < parts->record_count; i++) {
        const void *here = effect->body + at;
        const uint32_t left = effect->body_bytes - at;
        const enum fasti_draft_form form = fasti_parts_form(parts, i);
        parts->bodies[i] = here;
        uint64_t id;
        if (fasti_draft_form_is_whole(form)) {
            const struct fasti_record *record = here;
            if (!(parts->kind == FASTI_EFFECT_LOAD ? fasti_record_is_load_sound(record, left)
                                                   : fasti_record_is_sound(record, left)))
                return false;
            id = record->id;
            at += (uint32_t)fasti_record_bytes(record);
        } else if (form == FASTI_DRAFT_STATE) {
            const struct fasti_effect_end *end = here;
            if (left < sizeof *end || end->reserved != 0)
                return false;
            id = end->record;
            at += (uint32_t)sizeof *end;
        } else {
            const struct fasti_effect_expiry *expiry = here;
            if (left < sizeof *expiry || expiry->reserved != 0)
                return false;
            id = expiry->record;
            at += (uint32_t)sizeof *expiry;
        }
        if (parts->records[i].id != fasti_cell_id_record((fasti_record_id){id}) ||
            (form == FASTI_DRAFT_NEW) != (parts->records[i].from_version == 0))
            return false;
    }
    return at == effect->body_bytes;
}

/* The record that a cell names, if the effect starts from it or is contained in it (*is_ahead);
 * else NULL. */
static const struct fasti_record *
known_record(struct fasti_state *state, const struct fasti_effect_cell *cell, bool *is_ahead) {
    const struct fasti_record_entry *entry =
        fasti_records_find(&state->records, fasti_cell_id_record_id(cell->id));
    const uint64_t word = entry == NULL ? 0 : fasti_load_relaxed(&entry->cell);
    *is_ahead = fasti_is_contained(state, fasti_cell_version(word), cell->from_version);
    return fasti_cell_index(word) == 0 || fasti_cell_tag(word) != FASTI_TAG_PAGE ||
                   (fasti_cell_version(word) != cell->from_version && !*is_ahead) ||
                   (fasti_cell_version(word) == FASTI_VERSION_MAX && !*is_ahead)
               ? NULL
               : fasti_arena_at(&state->arena, fasti_cell_index(word));
}

/* May an effect of this kind make such a record? */
static bool new_fits(enum fasti_effect_kind kind, const struct fasti_record *record) {
    const bool is_held = record->state == FASTI_STATE_HELD;
    const bool is_moved = (record->flags & FASTI_RECORD_MOVED) != 0;
    if (kind == FASTI_EFFECT_LOAD)
        return true;
    return is_held == (kind == FASTI_EFFECT_HOLD) && is_moved == (kind == FASTI_EFFECT_MOVE);
}

/* May an effect of this kind give a record this state? */
static bool state_fits(enum fasti_effect_kind kind, const struct fasti_record *before,
                       const struct fasti_effect_end *end) {
    const enum fasti_record_state from = (enum fasti_record_state)before->state;
    const enum fasti_record_state to = (enum fasti_record_state)end->state;
    if (before->organization != end->organization || !fasti_state_may(from, to))
        return false;
    switch (kind) {
    case FASTI_EFFECT_EXPIRE: return to == FASTI_STATE_EXPIRED;
    case FASTI_EFFECT_MOVE: return to == FASTI_STATE_MOVED;
    case FASTI_EFFECT_HOLD: return to == FASTI_STATE_RELEASED;
    case FASTI_EFFECT_END:
        return to != FASTI_STATE_EXPIRED && to != FASTI_STATE_MOVED &&
               (from != FASTI_STATE_HELD || to == FASTI_STATE_RELEASED);
    case FASTI_EFFECT_PUT:
    case FASTI_EFFECT_STAGE:
    case FASTI_EFFECT_PUBLISH:
    case FASTI_EFFECT_NOTHING:
    case FASTI_EFFECT_ABORT:
    case FASTI_EFFECT_BOOK:
    case FASTI_EFFECT_TOUCH:
    case FASTI_EFFECT_CONFIRM:
    case FASTI_EFFECT_EXTEND:
    case FASTI_EFFECT_LOAD:
    case FASTI_EFFECT_RETIRE:
    case FASTI_EFFECT_PURGE: break;
    }
    return false;
}

/* May a hold become this record? Only who and what for is new. */
static bool confirm_fits(const struct fasti_record *before, const struct fasti_record *after) {
    return before->state == FASTI_STATE_HELD && after->state != FASTI_STATE_HELD &&
           after->kind == before->kind && after->organization == before->organization &&
           after->created_ms == before->created_ms &&
           (after->flags | FASTI_RECORD_CHANGED) ==
               ((before->flags & ~FASTI_RECORD_HOLD) | FASTI_RECORD_CHANGED) &&
           after->item_count == before->item_count &&
           memcmp(after->items, before->items, before->item_count * sizeof before->items[0]) == 0;
}

static bool record_fits(const struct fasti_parts *parts, uint32_t i) {
    const struct fasti_record *before = parts->befores[i];
    switch (fasti_parts_form(parts, i)) {
    case FASTI_DRAFT_NEW: return new_fits(parts->kind, parts->bodies[i]);
    case FASTI_DRAFT_STATE: return state_fits(parts->kind, before, parts->bodies[i]);
    case FASTI_DRAFT_WHOLE: return confirm_fits(before, parts->bodies[i]);
    case FASTI_DRAFT_EXPIRY: {
        const struct fasti_effect_expiry *expiry = parts->bodies[i];
        return before->state == FASTI_STATE_HELD && before->organization == expiry->organization;
    }
    }
    return false;
}

/* Is what a MOVE makes the appointment that it ends, but for its time? */
static bool move_fits(const struct fasti_parts *parts) {
    const uint32_t made = parts->befores[0] == NULL ? 0 : 1;
    const struct fasti_record *old = parts->befores[1 - made], *now = parts->bodies[made];
    if (parts->is_ahead[1 - made])
        return true; /* its state is a later one */
    return fasti_record_moved_from(now) == old->id && now->organization == old->organization &&
           now->kind == old->kind && now->state == old->state &&
           now->patient_length == old->patient_length &&
           now->payload_length == old->payload_length &&
           memcmp(fasti_record_patient(now), fasti_record_patient(old),
                  (size_t)old->patient_length + old->payload_length) == 0;
}

/* A record of n items owns n numbers: does one of the effect's new records have a number of the one
 * before it? Their cells ascend. */
static bool numbers_overlap(const struct fasti_parts *parts) {
    uint64_t end = 0;
    for (uint32_t i = 0; i < parts->record_count; i++) {
        if (fasti_parts_form(parts, i) != FASTI_DRAFT_NEW)
            continue;
        const struct fasti_record *record = parts->bodies[i];
        if (record->id < end)
            return true;
        end = record->id + record->item_count;
    }
    return false;
}

/* Does an effect of this kind make records? All of its records are made by BOOK and LOAD. */
static bool makes_all(enum fasti_effect_kind kind) {
    return kind == FASTI_EFFECT_BOOK || kind == FASTI_EFFECT_LOAD;
}

/* The records as they are, and whether the effect may do to them what it says. */
static enum fasti_status records_check(struct fasti_state *state, struct fasti_parts *parts,
                                       struct fasti_detail *detail) {
    uint32_t made = 0;
    for (uint32_t i = 0; i < parts->record_count; i++) {
        const uint64_t id = fasti_cell_id_record_id(parts->records[i].id).v;
        const bool is_new = fasti_parts_form(parts, i) == FASTI_DRAFT_NEW;
        const struct fasti_record *known =
            known_record(state, &parts->records[i], &parts->is_ahead[i]);
        parts->befores[i] = is_new ? NULL : known;
        if (known == NULL && (!is_new || parts->is_ahead[i]))
            return fasti_corrupt(detail, "an effect starts from another version of record", id);
        if (!(parts->is_ahead[i] && !is_new) && !record_fits(parts, i))
            return fasti_corrupt(detail, "an effect does not fit its record:", id);
        made += is_new;
    }
    if (numbers_overlap(parts))
        return fasti_corrupt(detail,
                             "an effect makes records with one number, of:", parts->record_count);
    const bool must_make = parts->kind == FASTI_EFFECT_HOLD || parts->kind == FASTI_EFFECT_MOVE;
    const bool is_good = makes_all(parts->kind)             ? made == parts->record_count
                         : parts->kind == FASTI_EFFECT_MOVE ? made == 1 && parts->record_count == 2
                                                            : (made > 0) == must_make;
    if (!is_good)
        return fasti_corrupt(
            detail,
            "an effect makes or ends other records than its kind does, of:", parts->record_count);
    return parts->kind != FASTI_EFFECT_MOVE || move_fits(parts)
               ? FASTI_OK
               : fasti_corrupt(detail, "a move makes another appointment of record",
                               fasti_parts_items(parts, 0)->id);
}

/* How the time of a record changes: MARKED: only when its hold ends, LEFT: not at all. */
enum time_change { TIME_TAKEN, TIME_RELEASED, TIME_MARKED, TIME_LEFT };

static enum time_change time_of(const struct fasti_parts *parts, uint32_t i) {
    switch (fasti_parts_form(parts, i)) {
    case FASTI_DRAFT_NEW: {
        const struct fasti_record *made = parts->bodies[i]; /* a LOAD makes those that ended, too */
        return fasti_state_frees((enum fasti_record_state)made->state) ? TIME_LEFT : TIME_TAKEN;
    }
    case FASTI_DRAFT_STATE: {
        const struct fasti_effect_end *end = parts->bodies[i];
        return fasti_state_frees((enum fasti_record_state)end->state) ? TIME_RELEASED : TIME_LEFT;
    }
    case FASTI_DRAFT_WHOLE:
    case FASTI_DRAFT_EXPIRY: return TIME_MARKED;
    }
    FASTI_UNREACHABLE_CODE();
}

const struct fasti_record *fasti_parts_items(const struct fasti_parts *parts, uint32_t i) {
    return parts->befores[i] != NULL ? parts->befores[i] : parts->bodies[i];
}

/* All items in the order of their places; false: more than cells whose time the effect changes. */
static bool items_place(struct fasti_parts *parts) {
    parts->item_count = 0;
    for (uint32_t i = 0; i < parts->record_count; i++) {
        const struct fasti_record *record = fasti_parts_items(parts, i);
        const enum time_change change = time_of(parts, i);
        if (parts->item_count + record->item_count > FASTI_CELLS_MAX &&
            (change == TIME_TAKEN || change == TIME_RELEASED))
            return false;
        for (uint32_t k = 0; k < record->item_count && parts->item_count < FASTI_CELLS_MAX; k++)
            parts->items[parts->item_count++] =
                (struct fasti_parts_item){.item = &record->items[k], .record = i};
    }
    return true;
}

/* Which record a day's cell is of; record_count: of none that may change there. */
uint32_t fasti_parts_record(const struct fasti_parts *parts, const struct fasti_effect_cell *cell) {
    const uint32_t place = fasti_effect_cell_place(cell);
    const uint32_t schedule = fasti_cell_id_schedule(cell->id).v;
    if (fasti_effect_cell_count(cell) > 0)
        return place < parts->item_count && parts->items[place].item->schedule == schedule
                   ? parts->items[place].record
                   : parts->record_count;
    bool is_there = false;
    const struct fasti_record *record =
        place < parts->record_count ? fasti_parts_items(parts, place) : NULL;
    for (uint32_t i = 0; record != NULL && i < record->item_count; i++)
        is_there = is_there || record->items[i].schedule == schedule;
    return is_there ? place : parts->record_count;
}

/* Does a day's cell do what the change of its record needs? */
static bool cell_fits(const struct fasti_parts *parts, const struct fasti_effect_cell *cell,
                      uint32_t record) {
    const enum time_change change = time_of(parts, record);
    return change != TIME_LEFT && (fasti_effect_cell_count(cell) == 0) == (change == TIME_MARKED) &&
           (change != TIME_MARKED || fasti_effect_cell_tick(cell) == 0) &&
           fasti_effect_cell_releases(cell) == (change == TIME_RELEASED) &&
           (parts->kind == FASTI_EFFECT_LOAD || !fasti_effect_cell_shares(cell));
}

static uint32_t item_ticks(const struct fasti_item *item, uint32_t resolution) {
    return ((uint32_t)item->before_minutes + item->minutes + item->after_minutes) / resolution;
}

/* 0: there is no such schedule. */
static uint32_t resolution_of(const struct fasti_state *state, uint32_t id) {
    const struct fasti_schedule *schedule =
        fasti_schedule_get(state->directory, (fasti_schedule_id){id});
    return schedule == NULL ? 0 : fasti_load_relaxed(&schedule->config)->resolution_minutes;
}

/* May the day of an item have retired when an effect was decided? What is released, or
 * loaded, of it may be left out then; a zone's offset, and what draft.c takes for gone, are some
 * days at most. */
static bool may_be_gone(const struct fasti_item *item, int64_t decided_ms) {
    return item->start_utc_s < decided_ms / 1000 - (FASTI_PAST_DAYS_MIN - 5) * INT64_C(86400);
}

/* Does each day's change belong to an item of its record and do what its record's change needs, and
 * has every item all of its time? */
static enum fasti_status days_check(const struct fasti_state *state, struct fasti_parts *parts,
                                    int64_t decided_ms, struct fasti_detail *detail) {
    uint32_t ticks[FASTI_CELLS_MAX]; /* of each item */
    uint16_t marks[FASTI_CELLS_MAX]; /* of each record */
    memset(ticks, 0, parts->item_count * sizeof ticks[0]);
    memset(marks, 0, parts->record_count * sizeof marks[0]);
    for (uint32_t i = 0; i < parts->day_count; i++) {
        const struct fasti_effect_cell *cell = &parts->days[i];
        const uint32_t record = fasti_parts_record(parts, cell);
        if (record == parts->record_count || !cell_fits(parts, cell, record))
            return fasti_corrupt(detail, "an effect's time belongs to no record, schedule",
                                 fasti_cell_id_schedule(cell->id).v);
        marks[record]++;
        if (fasti_effect_cell_count(cell) > 0)
            ticks[fasti_effect_cell_place(cell)] += fasti_effect_cell_count(cell);
    }
    for (uint32_t i = 0; i < parts->item_count; i++) {
        const struct fasti_item *item = parts->items[i].item;
        const enum time_change change = time_of(parts, parts->items[i].record);
        const uint32_t resolution = resolution_of(state, item->schedule);
        const bool has_time = change == TIME_TAKEN || change == TIME_RELEASED;
        parts->items[i].resolution = resolution;
        if (resolution == 0)
            return fasti_corrupt(detail, "a booking is of unknown schedule", item->schedule);
        /* Where days are contained the schedule may have had another resolution then. */
        if (has_time && state->catchup == NULL && ticks[i] != item_ticks(item, resolution) &&
            !((change == TIME_RELEASED || parts->kind == FASTI_EFFECT_LOAD) &&
              may_be_gone(item, decided_ms)))
            return fasti_corrupt(detail, "an effect leaves out time of record",
                                 fasti_parts_items(parts, parts->items[i].record)->id);
    }
    for (uint32_t i = 0; i < parts->record_count; i++)
        if (time_of(parts, i) == TIME_MARKED && marks[i] == 0)
            return fasti_corrupt(detail, "an effect leaves out time of record",
                                 fasti_parts_items(parts, i)->id);
    return FASTI_OK;
}

enum fasti_status fasti_parts_take(struct fasti_state *state, const struct fasti_effect *effect,
                                   struct fasti_parts *parts, struct fasti_detail *detail) {
    parts->kind = (enum fasti_effect_kind)effect->header->kind;
    if (!cells_split(effect, parts) || parts->record_count == 0 || !body_split(effect, parts))
        return malformed(effect, detail);
    FASTI_TRY(records_check(state, parts, detail));
    if (!items_place(parts))
        return malformed(effect, detail);
    return days_check(state, parts, effect->header->decided_ms, detail);
}
