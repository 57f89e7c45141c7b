/*
 * probe.c - rows in a draft that is dropped; see probe.h.
 */
#include "engine/combine/probe.h"

#include "engine/booking/hold.h"

/* Expired holds that were met in the rows' way. */
struct expired {
    uint32_t count;
    uint64_t records[FASTI_ITEMS_MAX];
};

enum step { STEP_DONE, STEP_AGAIN, STEP_LOST, STEP_MEMORY };

/* A day that cannot be looked at (its schedule is paused) is lost for now. */
static enum step step_of(enum fasti_draft_result result, enum fasti_look_result looked) {
    if (looked != FASTI_LOOK_OK)
        return looked == FASTI_LOOK_AGAIN ? STEP_AGAIN : STEP_LOST;
    switch (result) {
    case FASTI_DRAFT_OK:
    case FASTI_DRAFT_AGAIN: return STEP_AGAIN;
    case FASTI_DRAFT_MEMORY: return STEP_MEMORY;
    case FASTI_DRAFT_FULL:
    case FASTI_DRAFT_WORN:
    case FASTI_DRAFT_TAKEN:
    case FASTI_DRAFT_EXPIRED: break;
    }
    return STEP_LOST;
}

/* Ends the holds in the draft. */
static enum step holds_end(struct fasti_booking *booking, struct expired *expired, int64_t now_ms) {
    for (uint32_t i = 0; i < expired->count; i++) {
        const struct fasti_record_ref ref =
            fasti_record_look_any(booking, (fasti_record_id){expired->records[i]});
        if (ref.record == NULL || ref.record->state != FASTI_STATE_HELD ||
            fasti_record_hold(ref.record)->expires_ms > now_ms) {
            expired->records[i] = expired->records[--expired->count]; /* it ended or was extended */
            return STEP_AGAIN;
        }
        enum fasti_look_result looked;
        const enum fasti_draft_result result =
            fasti_draft_end(booking, &ref, FASTI_STATE_EXPIRED, 0, now_ms, &looked);
        if (result != FASTI_DRAFT_OK)
            return step_of(result, looked);
    }
    return STEP_DONE;
}

/* What a claim of the draft's rows and their records would swap; expired holds go before it. */
static bool has_cells(const struct fasti_draft *draft, uint32_t changes_before,
                      const struct fasti_book *book) {
    return draft->change_count - changes_before + draft->guards_used + book->appointment_count <=
           FASTI_CELLS_MAX;
}

static enum step stop_of(const struct fasti_rows *rows, struct expired *expired) {
    if (rows->expired != 0) {
        if (expired->count == FASTI_ITEMS_MAX)
            return STEP_LOST;
        expired->records[expired->count++] = rows->expired;
        return STEP_AGAIN;
    }
    return step_of(rows->result, rows->looked);
}

static enum step probe_once(struct fasti_booking *booking, const struct fasti_command *command,
                            struct fasti_pending *pending, const struct fasti_book *book,
                            struct expired *expired, uint16_t *minutes) {
    struct fasti_rows rows;
    fasti_draft_begin(booking);
    const enum step ended = holds_end(booking, expired, pending->decided_ms);
    if (ended != STEP_DONE)
        return ended;
    const uint32_t changes_before = booking->draft->change_count;
    fasti_rows_begin(&rows, book, command, pending);
    for (uint32_t a = 0; a < book->appointment_count; a++) {
        if (!fasti_rows_take(booking, &rows, 0, a))
            return stop_of(&rows, expired);
        if (rows.lost_count > 0)
            return STEP_LOST;
        for (uint32_t i = 0; i < rows.item_count; i++)
            *minutes++ = rows.items[i].minutes;
    }
    return has_cells(booking->draft, changes_before, book) ? STEP_DONE : STEP_LOST;
}

enum fasti_probe_result fasti_probe(struct fasti_booking *booking,
                                    const struct fasti_command *command,
                                    struct fasti_pending *pending, const struct fasti_book *book,
                                    uint16_t *minutes) {
    struct expired expired = {0};
    for (uint32_t tries = 0; tries < FASTI_CLAIM_TRIES_MAX; tries++) {
        const enum step step = probe_once(booking, command, pending, book, &expired, minutes);
        fasti_draft_drop(booking);
        switch (step) {
        case STEP_DONE: return FASTI_PROBE_FREE;
        case STEP_LOST: return FASTI_PROBE_LOST;
        case STEP_MEMORY: return FASTI_PROBE_MEMORY;
        case STEP_AGAIN: break;
        }
    }
    return FASTI_PROBE_BUSY;
}
