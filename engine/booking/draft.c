/*
 * draft.c - claims of any number of days and records; see draft.h.
 */
#include "engine/booking/draft.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/panic.h"

/* ---- begin and drop ---- */

void fasti_draft_begin(struct fasti_booking *booking) {
    struct fasti_draft *draft = booking->draft;
    draft->day_count = draft->change_count = draft->record_count = 0;
}

/* Beside those that were given back before, or in their place if these are more. */
void fasti_draft_numbers_give(struct fasti_booking *booking, uint64_t first, uint32_t items) {
    const uint64_t spare = booking->spare_record;
    const uint32_t count = booking->spare_count;
    if (count > 0 && first == spare + count) {
        booking->spare_count += items;
    } else if (count > 0 && first + items == spare) {
        booking->spare_record = first;
        booking->spare_count += items;
    } else if (items > count) {
        booking->spare_record = first;
        booking->spare_count = items;
    }
}

void fasti_draft_drop(struct fasti_booking *booking) {
    struct fasti_draft *draft = booking->draft;
    for (uint32_t i = 0; i < draft->day_count; i++)
        fasti_look_page_drop(booking, draft->days[i].page_index);
    for (uint32_t i = 0; i < draft->record_count; i++) {
        const struct fasti_draft_record *record = &draft->records[i];
        if (record->before == NULL)
            fasti_draft_numbers_give(booking, record->after->id, record->after->item_count);
        fasti_arena_free(&booking->arena, record->index, fasti_record_bytes(record->after));
    }
    fasti_draft_begin(booking);
}

/* ---- days ---- */

static bool is_day_of(const struct fasti_draft_day *day, fasti_schedule_id id, int64_t utc_s) {
    const int64_t into_day_s = utc_s - day->look.day.start_utc_s;
    return day->look.id.v == id.v && into_day_s >= 0 &&
           into_day_s < day->look.day.minutes * INT64_C(60);
}

enum fasti_look_result fasti_draft_day(struct fasti_booking *booking,
                                       fasti_organization_id organization, fasti_schedule_id id,
                                       int64_t utc_s, struct fasti_draft_day **day) {
    struct fasti_draft *draft = booking->draft;
    for (uint32_t i = 0; i < draft->day_count; i++) {
        *day = &draft->days[i];
        if (is_day_of(*day, id, utc_s))
            return FASTI_LOOK_OK;
    }
    FASTI_ASSERT(draft->day_count < FASTI_DRAFT_CHANGES_MAX);
    *day = &draft->days[draft->day_count];
    const enum fasti_look_result result =
        fasti_day_look(booking, organization, id, utc_s, &(*day)->look);
    if (result != FASTI_LOOK_OK)
        return result;
    (*day)->page = (*day)->look.page;
    (*day)->page_index = 0;
    (*day)->is_changed = false;
    draft->day_count++;
    return FASTI_LOOK_OK;
}

/* Cells of the effect: a day stands there once a change. */
static bool is_full(const struct fasti_draft *draft) {
    return draft->change_count + draft->record_count == FASTI_CELLS_MAX;
}

enum fasti_draft_result fasti_draft_change(struct fasti_booking *booking,
                                           struct fasti_draft_day *day, uint32_t record,
                                           const struct fasti_page_change *change) {
    struct fasti_draft *draft = booking->draft;
    if (fasti_cell_is_worn(day->look.word))
        return FASTI_DRAFT_WORN;
    if (is_full(draft))
        return FASTI_DRAFT_FULL;
    if (day->look.ref.chunk == NULL)
        return fasti_day_make(booking, &day->look) == FASTI_ATTEMPT_AGAIN ? FASTI_DRAFT_AGAIN
                                                                          : FASTI_DRAFT_MEMORY;
    if (!fasti_page_takes(day->page, change))
        return FASTI_DRAFT_TAKEN;
    uint32_t index = 0;
    if (!fasti_page_apply(&booking->arena, day->page, change, &index))
        return FASTI_DRAFT_MEMORY;
    fasti_look_page_drop(booking, day->page_index);
    day->page_index = index;
    day->page = index == 0 ? &fasti_page_empty : fasti_arena_at(&booking->state->arena, index);
    day->is_changed = true;
    draft->changes[draft->change_count++] = (struct fasti_draft_change){
        .day = (uint32_t)(day - draft->days), .record = record, .page = *change};
    return FASTI_DRAFT_OK;
}

/* ---- records ---- */

enum fasti_draft_result fasti_draft_time(struct fasti_booking *booking,
                                         fasti_organization_id organization,
                                         const struct fasti_item *item, uint32_t record,
                                         const struct fasti_page_change *change,
                                         enum fasti_look_result *looked) {
    const int64_t end_s = item->start_utc_s + item->minutes * INT64_C(60);
    for (int64_t at_s = item->start_utc_s; at_s < end_s;) {
        struct fasti_draft_day *day;
        *looked =
            fasti_draft_day(booking, organization, (fasti_schedule_id){item->schedule}, at_s, &day);
        if (*looked != FASTI_LOOK_OK)
            return FASTI_DRAFT_AGAIN;
        const int64_t day_end_s = day->look.day.start_utc_s + day->look.day.minutes * INT64_C(60);
        const int64_t part_end_s = day_end_s < end_s ? day_end_s : end_s;
        struct fasti_rule_place place;
        if (!fasti_look_place(&day->look, at_s, (uint32_t)((part_end_s - at_s) / 60), &place))
            return FASTI_DRAFT_TAKEN;
        struct fasti_page_change part = *change;
        part.tick = place.tick;
        part.count = place.count;
        const enum fasti_draft_result result = fasti_draft_change(booking, day, record, &part);
        if (result != FASTI_DRAFT_OK)
            return result;
        at_s = part_end_s;
    }
    return FASTI_DRAFT_OK;
}

uint64_t fasti_draft_numbers(struct fasti_booking *booking, uint32_t items) {
    struct fasti_records *records = &booking->state->records;
    uint64_t id = booking->spare_record;
    if (booking->spare_count >= items) {
        booking->spare_record += items;
        booking->spare_count -= items;
    } else {
        id = fasti_add_relaxed(&records->next_id, (uint64_t)items);
    }
    /* All entries of a record exist before anybody can come to it. */
    for (uint32_t i = 0; i < items; i++)
        if (fasti_records_get(records, (fasti_record_id){id + i}) == NULL)
            return 0;
    return id;
}

/* The next record's place in the draft; NULL: it has no more. */
static struct fasti_draft_record *record_add(struct fasti_draft *draft, uint32_t *place) {
    if (draft->record_count == FASTI_DRAFT_RECORDS_MAX || is_full(draft))
        return NULL;
    *place = draft->record_count;
    return &draft->records[*place];
}

/* A private record of a head and what stands behind it; 0: no memory. */
static uint32_t record_make(struct fasti_booking *booking, const struct fasti_record *head,
                            const struct fasti_record_parts *parts) {
    const size_t bytes = fasti_record_bytes(head);
    const uint32_t index = fasti_arena_alloc(&booking->arena, bytes);
    if (index == 0)
        return 0;
    uint8_t *to = fasti_arena_at(&booking->state->arena, index);
    struct fasti_writer writer = {.bytes = to, .capacity = bytes};
    fasti_write(&writer, head, sizeof *head);
    fasti_write(&writer, parts->items, head->item_count * sizeof *parts->items);
    if ((head->flags & FASTI_RECORD_HOLD) != 0)
        fasti_write(&writer, parts->hold, sizeof *parts->hold);
    if ((head->flags & FASTI_RECORD_MOVED) != 0)
        fasti_write(&writer, &parts->moved_from, sizeof parts->moved_from);
    fasti_write(&writer, parts->patient, head->patient_length);
    fasti_write(&writer, parts->payload, head->payload_length);
    fasti_write_pad8(&writer);
    FASTI_ASSERT(!writer.failed && writer.size == bytes);
    return index;
}

static void record_place(struct fasti_booking *booking, struct fasti_draft_record *added,
                         uint32_t index) {
    added->after = fasti_arena_at(&booking->state->arena, index);
    added->index = index;
    booking->draft->record_count++;
}

enum fasti_draft_result fasti_draft_record_new(struct fasti_booking *booking,
                                               const struct fasti_record *head,
                                               const struct fasti_record_parts *parts,
                                               uint32_t *place) {
    struct fasti_draft_record *added = record_add(booking->draft, place);
    if (added == NULL)
        return FASTI_DRAFT_FULL;
    const uint32_t index = record_make(booking, head, parts);
    if (index == 0)
        return FASTI_DRAFT_MEMORY;
    *added = (struct fasti_draft_record){
        .form = FASTI_DRAFT_NEW,
        .entry = fasti_records_find(&booking->state->records, (fasti_record_id){head->id}),
    };
    record_place(booking, added, index);
    return FASTI_DRAFT_OK;
}

enum fasti_draft_result fasti_draft_record_replace(struct fasti_booking *booking,
                                                   const struct fasti_record_ref *ref,
                                                   const struct fasti_record *head,
                                                   const struct fasti_record_parts *parts,
                                                   uint32_t *place) {
    if (fasti_cell_is_worn(ref->word))
        return FASTI_DRAFT_WORN;
    struct fasti_draft_record *added = record_add(booking->draft, place);
    if (added == NULL)
        return FASTI_DRAFT_FULL;
    const uint32_t index = record_make(booking, head, parts);
    if (index == 0)
        return FASTI_DRAFT_MEMORY;
    *added = (struct fasti_draft_record){
        .form = FASTI_DRAFT_WHOLE, .entry = ref->entry, .word = ref->word, .before = ref->record};
    record_place(booking, added, index);
    return FASTI_DRAFT_OK;
}

enum fasti_draft_result fasti_draft_record_change(struct fasti_booking *booking,
                                                  const struct fasti_record_ref *ref,
                                                  enum fasti_draft_form form, uint32_t *place) {
    const struct fasti_record *before = ref->record;
    const struct fasti_record_parts parts = {
        .items = before->items,
        .hold = fasti_record_hold(before),
        .moved_from = fasti_record_moved_from(before),
        .patient = fasti_record_patient(before),
        .payload = fasti_record_payload(before),
    };
    const enum fasti_draft_result result =
        fasti_draft_record_replace(booking, ref, before, &parts, place);
    if (result == FASTI_DRAFT_OK)
        booking->draft->records[*place].form = form;
    return result;
}

struct fasti_record_ref fasti_record_look_any(struct fasti_booking *booking, fasti_record_id id) {
    struct fasti_arena *arena = &booking->state->arena;
    struct fasti_record_ref ref = {.entry = fasti_records_find(&booking->state->records, id)};
    if (ref.entry == NULL)
        return ref;
    ref.word = fasti_cell_read(arena, &ref.entry->cell);
    /* Else nothing yet, or a part of another record. */
    if (fasti_cell_tag(ref.word) == FASTI_TAG_PAGE && fasti_cell_index(ref.word) != 0)
        ref.record = fasti_arena_at(arena, fasti_cell_index(ref.word));
    return ref;
}

struct fasti_record_ref fasti_record_look(struct fasti_booking *booking,
                                          fasti_organization_id organization, fasti_record_id id) {
    struct fasti_record_ref ref = fasti_record_look_any(booking, id);
    if (ref.record != NULL && ref.record->organization != organization.v)
        ref.record = NULL;
    return ref;
}

bool fasti_record_moved_on(struct fasti_booking *booking, const struct fasti_record_ref *ref) {
    return fasti_cell_read(&booking->state->arena, &ref->entry->cell) != ref->word;
}

enum fasti_draft_result fasti_draft_end(struct fasti_booking *booking,
                                        const struct fasti_record_ref *ref,
                                        enum fasti_record_state state, uint8_t reason,
                                        int64_t now_ms, enum fasti_look_result *looked) {
    const struct fasti_record *record = ref->record;
    const bool is_held = record->state == FASTI_STATE_HELD;
    const struct fasti_page_change change = {.operation = FASTI_PAGE_RELEASE,
                                             .record = is_held ? (uint32_t)record->id : 0};
    uint32_t place = 0;
    *looked = FASTI_LOOK_OK;
    enum fasti_draft_result result =
        fasti_draft_record_change(booking, ref, FASTI_DRAFT_STATE, &place);
    for (uint32_t i = 0; i < record->item_count && result == FASTI_DRAFT_OK; i++)
        result = fasti_draft_time(booking, (fasti_organization_id){record->organization},
                                  &record->items[i], place, &change, looked);
    if (result == FASTI_DRAFT_OK) {
        struct fasti_record *after = booking->draft->records[place].after;
        after->state = (uint8_t)state;
        after->reason = reason;
        after->changed_ms = now_ms;
    }
    /* A day does not hold what the record takes. Either somebody else ended the record after we
     * looked at it (then even the zone may have changed since), or a log said so that no engine
     * wrote: replay knows no zone, so it cannot compare instants with an effect's ticks. */
    if (result == FASTI_DRAFT_TAKEN && fasti_record_moved_on(booking, ref))
        return FASTI_DRAFT_AGAIN;
    return result;
}

/* Once a day: a second item on it finds the holds changed already. */
static bool is_day_changed(const struct fasti_draft *draft, const struct fasti_draft_day *day,
                           uint32_t place) {
    for (uint32_t c = 0; c < draft->change_count; c++)
        if (&draft->days[draft->changes[c].day] == day && draft->changes[c].record == place)
            return true;
    return false;
}

enum fasti_draft_result fasti_draft_hold_change(struct fasti_booking *booking,
                                                const struct fasti_record *record, uint32_t place,
                                                const struct fasti_page_change *change,
                                                enum fasti_look_result *looked) {
    for (uint32_t i = 0; i < record->item_count; i++) {
        const struct fasti_item *item = &record->items[i];
        const int64_t end_s = item->start_utc_s + item->minutes * INT64_C(60);
        for (int64_t at_s = item->start_utc_s; at_s < end_s;) {
            struct fasti_draft_day *day;
            *looked = fasti_draft_day(booking, (fasti_organization_id){record->organization},
                                      (fasti_schedule_id){item->schedule}, at_s, &day);
            if (*looked != FASTI_LOOK_OK)
                return FASTI_DRAFT_AGAIN;
            if (!is_day_changed(booking->draft, day, place)) {
                const enum fasti_draft_result result =
                    fasti_draft_change(booking, day, place, change);
                if (result != FASTI_DRAFT_OK)
                    return result;
            }
            at_s = day->look.day.start_utc_s + day->look.day.minutes * INT64_C(60);
        }
    }
    return FASTI_DRAFT_OK;
}

/* ---- the effect ---- */

/* The draft's days and records in ascending order of their cells. */
struct order {
    uint32_t days[FASTI_DRAFT_CHANGES_MAX];
    uint32_t records[FASTI_DRAFT_RECORDS_MAX];
    uint32_t places[FASTI_DRAFT_RECORDS_MAX]; /* of a record of the draft, among all in order */
};

static uint64_t day_cell_id(const struct fasti_draft_day *day) {
    return fasti_cell_id_day(day->look.id, day->look.date);
}

static void order_make(const struct fasti_draft *draft, struct order *order) {
    for (uint32_t i = 0; i < draft->day_count; i++) {
        uint32_t at = i;
        for (; at > 0 &&
               day_cell_id(&draft->days[order->days[at - 1]]) > day_cell_id(&draft->days[i]);
             at--)
            order->days[at] = order->days[at - 1];
        order->days[at] = i;
    }
    for (uint32_t i = 0; i < draft->record_count; i++) {
        uint32_t at = i;
        for (; at > 0 &&
               draft->records[order->records[at - 1]].after->id > draft->records[i].after->id;
             at--)
            order->records[at] = order->records[at - 1];
        order->records[at] = i;
    }
    for (uint32_t i = 0; i < draft->record_count; i++)
        order->places[order->records[i]] = i;
}

/* The effect's cells; returns how many. */
static uint32_t cells_fill(const struct fasti_draft *draft, const struct order *order,
                           struct fasti_effect_cell *cells) {
    uint32_t count = 0;
    for (uint32_t d = 0; d < draft->day_count; d++) {
        const struct fasti_draft_day *day = &draft->days[order->days[d]];
        for (uint32_t c = 0; c < draft->change_count; c++) {
            const struct fasti_draft_change *change = &draft->changes[c];
            if (change->day != order->days[d])
                continue;
            cells[count] = (struct fasti_effect_cell){
                .id = day_cell_id(day), .from_version = fasti_cell_version(day->look.word)};
            fasti_effect_cell_set(&cells[count++], change->page.tick, change->page.count,
                                  change->page.operation == FASTI_PAGE_RELEASE,
                                  order->places[change->record]);
        }
    }
    for (uint32_t r = 0; r < draft->record_count; r++) {
        const struct fasti_draft_record *record = &draft->records[order->records[r]];
        cells[count++] = (struct fasti_effect_cell){
            .id = fasti_cell_id_record((fasti_record_id){record->after->id}),
            .from_version = fasti_cell_version(record->word)};
    }
    return count;
}

static size_t body_bytes(const struct fasti_draft_record *record) {
    switch (record->form) {
    case FASTI_DRAFT_NEW:
    case FASTI_DRAFT_WHOLE: return fasti_record_bytes(record->after);
    case FASTI_DRAFT_STATE: return sizeof(struct fasti_effect_end);
    case FASTI_DRAFT_EXPIRY: return sizeof(struct fasti_effect_expiry);
    }
    FASTI_UNREACHABLE_CODE();
}

static void body_write(struct fasti_writer *writer, const struct fasti_draft_record *record) {
    const struct fasti_record *after = record->after;
    if (record->form == FASTI_DRAFT_STATE) {
        const struct fasti_effect_end end = {
            .record = after->id,
            .organization = after->organization,
            .state = after->state,
            .reason = after->reason,
        };
        fasti_write(writer, &end, sizeof end);
    } else if (record->form == FASTI_DRAFT_EXPIRY) {
        const struct fasti_effect_expiry expiry = {
            .record = after->id,
            .organization = after->organization,
            .expires_ms = fasti_record_hold(after)->expires_ms,
        };
        fasti_write(writer, &expiry, sizeof expiry);
    } else {
        fasti_write(writer, after, fasti_record_bytes(after));
    }
}

static bool effect_make(struct fasti_booking *booking, struct fasti_pending *pending,
                        enum fasti_effect_kind kind, fasti_request_id request,
                        const struct order *order) {
    const struct fasti_draft *draft = booking->draft;
    struct fasti_effect_cell cells[FASTI_CELLS_MAX];
    const struct fasti_effect_header header = {
        .kind = (uint16_t)kind,
        .cell_count = cells_fill(draft, order, cells),
        .import = pending->request_hash,
        .decided_ms = pending->decided_ms,
        .request_low = request.low,
        .request_high = request.high,
    };
    size_t bytes = sizeof header + header.cell_count * sizeof cells[0];
    for (uint32_t r = 0; r < draft->record_count; r++)
        bytes += body_bytes(&draft->records[r]);
    struct fasti_writer writer;
    if (!fasti_pending_effect_begin(booking, pending, kind, bytes, &writer))
        return false;
    fasti_effect_begin(&writer, &header, cells);
    for (uint32_t r = 0; r < draft->record_count; r++)
        body_write(&writer, &draft->records[order->records[r]]);
    const bool fits = fasti_effect_finish(&writer);
    FASTI_ASSERT(fits && writer.size == bytes);
    return true;
}

/* ---- the swap ---- */

/* Days that were looked at and not changed take no part in the claim. */
static void unchanged_forget(struct fasti_draft *draft) {
    uint32_t kept = 0;
    for (uint32_t d = 0; d < draft->day_count; d++) {
        if (!draft->days[d].is_changed)
            continue;
        for (uint32_t c = 0; c < draft->change_count && kept != d; c++)
            if (draft->changes[c].day == d)
                draft->changes[c].day = kept;
        if (kept != d)
            draft->days[kept] = draft->days[d];
        kept++;
    }
    draft->day_count = kept;
}

static uint32_t items_fill(const struct fasti_draft *draft, struct fasti_claim_item *items) {
    uint32_t count = 0;
    for (uint32_t d = 0; d < draft->day_count; d++) {
        const struct fasti_day_look *look = &draft->days[d].look;
        items[count++] = (struct fasti_claim_item){
            .cell = &look->ref.chunk->cells[look->ref.at],
            .cell_id = day_cell_id(&draft->days[d]),
            .old_word = look->word,
            .new_word = fasti_cell_next(look->word, draft->days[d].page_index),
        };
    }
    for (uint32_t r = 0; r < draft->record_count; r++) {
        const struct fasti_draft_record *record = &draft->records[r];
        if (record->before == NULL)
            continue; /* nobody knows it yet */
        items[count++] = (struct fasti_claim_item){
            .cell = &record->entry->cell,
            .cell_id = fasti_cell_id_record((fasti_record_id){record->after->id}),
            .old_word = record->word,
            .new_word = fasti_cell_next(record->word, record->index),
        };
    }
    return count;
}

static void pending_fill(const struct fasti_draft *draft, struct fasti_pending *pending) {
    pending->cell_count = draft->day_count + draft->record_count;
    struct fasti_pending_cell *cell = pending->cells;
    for (uint32_t d = 0; d < draft->day_count; d++)
        *cell++ = fasti_look_pending_cell(&draft->days[d].look);
    pending->delta = (struct fasti_hash128){0};
    pending->appointments = 0;
    for (uint32_t r = 0; r < draft->record_count; r++) {
        const struct fasti_draft_record *record = &draft->records[r];
        *cell++ = (struct fasti_pending_cell){
            .emitted = &record->entry->emitted,
            .durable = &record->entry->durable,
            .from_version = fasti_cell_version(record->word),
        };
        pending->delta = fasti_hash128_add(pending->delta, fasti_record_digest(record->after));
        pending->appointments += fasti_record_is_counted(record->after);
        if (record->before == NULL)
            continue;
        pending->delta =
            fasti_hash128_subtract(pending->delta, fasti_record_digest(record->before));
        pending->appointments -= fasti_record_is_counted(record->before);
    }
}

/* After a won claim: new records become visible, what was replaced is retired. */
static void push(struct fasti_booking *booking, struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    struct fasti_draft *draft = booking->draft;
    for (uint32_t d = 0; d < draft->day_count; d++)
        fasti_look_page_retire(booking, draft->days[d].look.word);
    for (uint32_t r = 0; r < draft->record_count; r++) {
        const struct fasti_draft_record *record = &draft->records[r];
        if (record->before == NULL)
            fasti_records_publish(&state->records, record->after, record->index);
        else
            fasti_limbo_retire(&booking->limbo, fasti_cell_index(record->word),
                               fasti_record_bytes(record->before));
    }
    fasti_draft_begin(booking);
    fasti_effects_push(state, pending);
}

static enum fasti_claim_result swap(struct fasti_booking *booking, struct fasti_pending *pending,
                                    enum fasti_effect_kind kind, fasti_request_id request) {
    struct fasti_draft *draft = booking->draft;
    struct fasti_claim_item items[FASTI_CELLS_MAX];
    struct order order;
    unchanged_forget(draft);
    for (uint32_t d = 0; d < draft->day_count; d++)
        fasti_look_page_finish(booking, &draft->days[d].look, draft->days[d].page_index);
    order_make(draft, &order);
    if (!fasti_pending_cells_make(booking, pending, draft->day_count + draft->record_count) ||
        !effect_make(booking, pending, kind, request, &order))
        return FASTI_CLAIM_MEMORY;
    pending_fill(draft, pending);
    const uint32_t count = items_fill(draft, items);
    return fasti_claim_swap(&booking->limbo, items, count);
}

enum fasti_attempt fasti_draft_swap(struct fasti_booking *booking, struct fasti_pending *pending,
                                    enum fasti_effect_kind kind, fasti_request_id request,
                                    enum fasti_disposition *disposition) {
    /* Last of all loads: see attempt.h. */
    pending->config_seen = fasti_load_seq_cst(&booking->state->config_version);
    const enum fasti_claim_result result = swap(booking, pending, kind, request);
    if (result == FASTI_CLAIM_WON) {
        push(booking, pending);
        *disposition = FASTI_PUSHED;
        return FASTI_ATTEMPT_END;
    }
    fasti_pending_effect_drop(booking, pending);
    fasti_draft_drop(booking);
    return fasti_attempt_of(result);
}

enum fasti_attempt fasti_draft_refuse(struct fasti_booking *booking, struct fasti_pending *pending,
                                      enum fasti_draft_result result,
                                      enum fasti_disposition *disposition) {
    fasti_draft_drop(booking);
    switch (result) {
    case FASTI_DRAFT_OK:
    case FASTI_DRAFT_AGAIN: return FASTI_ATTEMPT_AGAIN;
    case FASTI_DRAFT_MEMORY: return FASTI_ATTEMPT_MEMORY;
    case FASTI_DRAFT_FULL:
        *disposition = fasti_fail(pending, FASTI_INVALID_RANGE,
                                  "the command touches more days and records than one claim may");
        return FASTI_ATTEMPT_END;
    case FASTI_DRAFT_WORN:
        *disposition =
            fasti_fail(pending, FASTI_LIMIT_VERSION, fasti_status_text(FASTI_LIMIT_VERSION));
        return FASTI_ATTEMPT_END;
    case FASTI_DRAFT_TAKEN:
        *disposition = fasti_fail(pending, FASTI_CORRUPT_STATE,
                                  "the day does not hold the time that the record takes");
        return FASTI_ATTEMPT_END;
    }
    FASTI_UNREACHABLE_CODE();
}

enum fasti_attempt fasti_draft_stop(struct fasti_booking *booking, struct fasti_pending *pending,
                                    enum fasti_draft_result result, enum fasti_look_result looked,
                                    enum fasti_disposition *disposition) {
    if (looked == FASTI_LOOK_OK)
        return fasti_draft_refuse(booking, pending, result, disposition);
    fasti_draft_drop(booking);
    return fasti_look_refuse(booking, pending, looked, disposition);
}
