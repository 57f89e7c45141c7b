/*
 * draft_swap.c - a draft's effect and its claim; see draft.h.
 */
#include "engine/base/mutant.h"
#include "engine/base/panic.h"
#include "engine/booking/draft.h"

/* ---- the effect ---- */

/* The draft's days and records in ascending order of their cells. */
struct order {
    uint32_t days[FASTI_DRAFT_CHANGES_MAX];
    uint32_t records[FASTI_DRAFT_RECORDS_MAX];
    uint32_t places[FASTI_DRAFT_RECORDS_MAX]; /* of a record of the draft, among all in order */
    uint32_t items[FASTI_DRAFT_RECORDS_MAX]; /* place of its first item, among all items in order */
    uint32_t guards[FASTI_DRAFT_GUARDS_MAX];
};

static uint64_t guard_cell_id(const struct fasti_draft_guard *guard) {
    return fasti_cell_id_guard(guard->schedule, guard->guard);
}

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
    uint32_t items = 0;
    for (uint32_t i = 0; i < draft->record_count; i++) {
        order->places[order->records[i]] = i;
        order->items[order->records[i]] = items;
        items += draft->records[order->records[i]].after->item_count;
    }
    for (uint32_t i = 0; i < draft->guard_count; i++) {
        uint32_t at = i;
        for (; at > 0 && guard_cell_id(&draft->guards[order->guards[at - 1]]) >
                             guard_cell_id(&draft->guards[i]);
             at--)
            order->guards[at] = order->guards[at - 1];
        order->guards[at] = i;
    }
}

/* What the change's place in the effect says: see effect.h. */
static uint32_t change_place(const struct order *order, const struct fasti_draft_change *change) {
    const bool has_ticks = change->page.count > 0;
    return has_ticks ? order->items[change->record] + change->item : order->places[change->record];
}

/* Is the change of an item's ticks shared by more than the item says? A LOAD's alone. */
static bool change_shares(const struct fasti_draft *draft,
                          const struct fasti_draft_change *change) {
    const struct fasti_record *record = draft->records[change->record].after;
    return draft->is_load && change->page.seats_max > record->items[change->item].seats_max;
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
                                  change_place(order, change));
            if (change_shares(draft, change))
                cells[count - 1].count |= FASTI_EFFECT_CELL_SHARES;
        }
    }
    for (uint32_t r = 0; r < draft->record_count; r++) {
        const struct fasti_draft_record *record = &draft->records[order->records[r]];
        cells[count++] = (struct fasti_effect_cell){
            .id = fasti_cell_id_record((fasti_record_id){record->after->id}),
            .from_version = fasti_cell_version(record->word)};
    }
    for (uint32_t g = 0; g < draft->guard_count; g++) {
        const struct fasti_draft_guard *guard = &draft->guards[order->guards[g]];
        cells[count++] = (struct fasti_effect_cell){
            .id = guard_cell_id(guard), .from_version = fasti_cell_version(guard->word)};
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

/* Days and guards that were looked at and not changed take no part in the claim. */
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
    uint32_t guards = 0;
    for (uint32_t g = 0; g < draft->guard_count; g++)
        if (draft->guards[g].is_used)
            draft->guards[guards++] = draft->guards[g];
    draft->guard_count = guards;
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
        if (record->before == NULL || (FASTI_MUTANT(RECORD_UNCLAIMED) && draft->day_count > 0))
            continue; /* nobody knows it yet */
        items[count++] = (struct fasti_claim_item){
            .cell = &record->entry->cell,
            .cell_id = fasti_cell_id_record((fasti_record_id){record->after->id}),
            .old_word = record->word,
            .new_word = fasti_cell_next(record->word, record->index),
        };
    }
    for (uint32_t g = 0; g < draft->guard_count; g++) {
        const struct fasti_draft_guard *guard = &draft->guards[g];
        items[count++] = (struct fasti_claim_item){
            .cell = &guard->ref.chunk->cells[guard->ref.at],
            .cell_id = guard_cell_id(guard),
            .old_word = guard->word,
            .new_word = fasti_cell_next(guard->word, 0),
        };
    }
    return count;
}

static void pending_fill(const struct fasti_draft *draft, struct fasti_pending *pending) {
    pending->cell_count = draft->day_count + draft->record_count + draft->guard_count;
    struct fasti_pending_cell *cell = pending->cells;
    for (uint32_t d = 0; d < draft->day_count; d++)
        *cell++ = fasti_look_pending_cell(&draft->days[d].look, &draft->days[d].summary);
    for (uint32_t g = 0; g < draft->guard_count; g++)
        *cell++ = fasti_draft_guard_cell(&draft->guards[g]);
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
        if (FASTI_MUTANT(PAGE_FREED_EARLY))
            fasti_look_page_drop(booking, fasti_cell_index(draft->days[d].look.word));
        else
            fasti_look_page_retire(booking, draft->days[d].look.word);
    for (uint32_t r = 0; r < draft->record_count; r++) {
        const struct fasti_draft_record *record = &draft->records[r];
        if (FASTI_MUTANT(RECORD_UNCLAIMED) && record->before != NULL && draft->day_count > 0)
            fasti_store_seq_cst(&record->entry->cell, fasti_cell_next(record->word, record->index));
        if (record->before == NULL)
            fasti_records_publish(&state->records, record->after, record->index);
        else
            fasti_limbo_retire(&booking->limbo, fasti_cell_index(record->word),
                               fasti_record_room(record->before));
    }
    fasti_draft_begin(booking);
    fasti_effects_push(state, pending);
}

static int64_t state_now_ms(void *context) {
    return fasti_state_now_ms(context);
}

static enum fasti_claim_result swap(struct fasti_booking *booking, struct fasti_pending *pending,
                                    enum fasti_effect_kind kind, fasti_request_id request) {
    struct fasti_draft *draft = booking->draft;
    struct fasti_claim_item items[FASTI_CELLS_MAX];
    struct order order;
    unchanged_forget(draft);
    for (uint32_t d = 0; d < draft->day_count; d++)
        draft->days[d].summary =
            fasti_look_page_finish(booking, &draft->days[d].look, draft->days[d].page_index);
    order_make(draft, &order);
    if (!fasti_pending_cells_make(booking, pending,
                                  draft->day_count + draft->record_count + draft->guard_count) ||
        !effect_make(booking, pending, kind, request, &order))
        return FASTI_CLAIM_MEMORY;
    pending_fill(draft, pending);
    const uint32_t count = items_fill(draft, items);
    if (count == 0) /* a LOAD of records that ended: new ones, which nobody knows, and no time */
        return FASTI_CLAIM_WON;
    const struct fasti_claim_deadline deadline = {state_now_ms, booking->state, draft->until_ms};
    return fasti_claim_swap_before(&booking->limbo, items, count,
                                   draft->until_ms == INT64_MAX ? NULL : &deadline);
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
