/*
 * attempt.c - looks, pages and effects of the claim paths; see attempt.h for the order of loads.
 */
#include "engine/booking/attempt.h"

#include <stdlib.h>

#include "engine/base/panic.h"

/* ---- ends ---- */

enum fasti_disposition fasti_fail(struct fasti_pending *pending, enum fasti_status status,
                                  const char *text) {
    pending->answer.status = status;
    (void)fasti_detail_set(&pending->answer.detail, status, "%s", text);
    return FASTI_ANSWERED;
}

enum fasti_disposition fasti_refuse(struct fasti_booking *booking, struct fasti_pending *pending,
                                    enum fasti_outcome outcome, _Atomic uint32_t *durable,
                                    uint32_t version) {
    pending->kind = FASTI_PENDING_WAIT;
    pending->answer.outcome = outcome;
    return fasti_wait_for_one(booking, pending, durable, version) ? FASTI_ANSWERED : FASTI_WAITING;
}

enum fasti_disposition fasti_refuse_config(struct fasti_booking *booking,
                                           struct fasti_pending *pending,
                                           enum fasti_outcome outcome) {
    struct fasti_state *state = booking->state;
    return fasti_refuse(booking, pending, outcome, &state->config_durable,
                        fasti_load_seq_cst(&state->config_version));
}

enum fasti_attempt fasti_look_refuse(struct fasti_booking *booking, struct fasti_pending *pending,
                                     enum fasti_look_result result,
                                     enum fasti_disposition *disposition) {
    switch (result) {
    case FASTI_LOOK_OK:
    case FASTI_LOOK_AGAIN: return FASTI_ATTEMPT_AGAIN;
    case FASTI_LOOK_OUTSIDE:
        *disposition = fasti_refuse(booking, pending, FASTI_OUTCOME_OUTSIDE, NULL, 0);
        break;
    case FASTI_LOOK_RETIRED:
        (void)fasti_detail_set(&pending->answer.detail, FASTI_OK,
                               "the day is long past: its calendar is closed");
        *disposition = fasti_refuse(booking, pending, FASTI_OUTCOME_PAST, NULL, 0);
        break;
    case FASTI_LOOK_PAUSED:
        *disposition = fasti_fail(pending, FASTI_BUSY,
                                  "the schedule is being given another zone, place, resolution or "
                                  "limit; try again");
        break;
    case FASTI_LOOK_FULL:
        *disposition = fasti_fail(pending, FASTI_INVALID_RANGE,
                                  "the command touches more days and records than one claim may");
        break;
    case FASTI_LOOK_NO_SCHEDULE:
        (void)fasti_detail_set(&pending->answer.detail, FASTI_OK,
                               "the organization has no schedule with this id");
        *disposition = fasti_refuse_config(booking, pending, FASTI_OUTCOME_NO_SUCH);
        break;
    }
    return FASTI_ATTEMPT_END;
}

/* ---- looking ---- */

void fasti_day_reload(struct fasti_booking *booking, struct fasti_day_look *look) {
    struct fasti_arena *arena = &booking->state->arena;
    look->word = fasti_cell_read(arena, &look->ref.chunk->cells[look->ref.at]);
    const uint32_t index = fasti_cell_index(look->word);
    look->page = index == 0 ? &fasti_page_empty : fasti_arena_at(arena, index);
    look->config = fasti_load_seq_cst(&look->schedule->config);
    look->pattern_id = fasti_load_acquire(&look->ref.chunk->patterns[look->ref.at]);
}

enum fasti_look_result fasti_day_look(struct fasti_booking *booking,
                                      fasti_organization_id organization, fasti_schedule_id id,
                                      int64_t utc_s, struct fasti_day_look *look) {
    struct fasti_state *state = booking->state;
    *look = (struct fasti_day_look){
        .id = id,
        .schedule = fasti_schedule_get(state->directory, id),
        .page = &fasti_page_empty,
    };
    if (look->schedule == NULL)
        return FASTI_LOOK_NO_SCHEDULE;
    const struct fasti_schedule_config *before = fasti_load_seq_cst(&look->schedule->config);
    if (before == NULL || before->organization.v != organization.v)
        return FASTI_LOOK_NO_SCHEDULE;
    look->date = fasti_zone_date_at(before->zone, utc_s);
    if (!fasti_date_is_bookable(look->date))
        return FASTI_LOOK_OUTSIDE;
    look->ref = fasti_days_find(&state->arena, &look->schedule->days, look->date);
    if (look->ref.chunk != NULL)
        fasti_day_reload(booking, look);
    /* Between the cell and the configuration. Not paused yet: whoever pauses waits for the end of
     * this command, then looks at the cell. Not any more: the configuration is the new one. */
    if (fasti_load_seq_cst(&look->schedule->is_paused))
        return FASTI_LOOK_PAUSED;
    /* After the pattern: what was loaded in between belongs to this configuration. */
    look->config = fasti_load_seq_cst(&look->schedule->config);
    if (look->config != before)
        return FASTI_LOOK_AGAIN;
    fasti_zone_day(look->config->zone, look->date, &look->day);
    return look->ref.is_retired || fasti_cell_is_retired(look->word) ? FASTI_LOOK_RETIRED
                                                                     : FASTI_LOOK_OK;
}

bool fasti_look_place(const struct fasti_day_look *look, int64_t utc_s, uint32_t minutes,
                      struct fasti_ticks *place) {
    const uint32_t resolution = look->config->resolution_minutes;
    const int64_t into_day_s = utc_s - look->day.start_utc_s;
    if (into_day_s < 0 || into_day_s % (resolution * INT64_C(60)) != 0 ||
        minutes % resolution != 0 || into_day_s / 60 + minutes > look->day.minutes)
        return false;
    *place = (struct fasti_ticks){(uint16_t)(into_day_s / 60 / resolution),
                                  (uint16_t)(minutes / resolution)};
    return true;
}

/* ---- making ---- */

enum fasti_attempt fasti_day_make(struct fasti_booking *booking,
                                  const struct fasti_day_look *look) {
    const struct fasti_day_ref ref =
        fasti_days_get(&booking->arena, &look->schedule->days, look->date);
    return ref.chunk != NULL || ref.is_retired ? FASTI_ATTEMPT_AGAIN : FASTI_ATTEMPT_MEMORY;
}

struct fasti_summary fasti_look_page_finish(struct fasti_booking *booking,
                                            const struct fasti_day_look *look, uint32_t index) {
    struct fasti_page *page = index == 0 ? NULL : fasti_arena_at(&booking->state->arena, index);
    const struct fasti_summary summary =
        fasti_summary_of(booking->state->patterns, look->config, look->pattern_id,
                         page == NULL ? &fasti_page_empty : page);
    if (page != NULL)
        page->run_longest = summary.run;
    return summary;
}

void fasti_look_page_drop(struct fasti_booking *booking, uint32_t index) {
    if (index == 0)
        return;
    const struct fasti_page *page = fasti_arena_at(&booking->state->arena, index);
    fasti_arena_free(&booking->arena, index, fasti_page_bytes(page));
}

void fasti_look_page_retire(struct fasti_booking *booking, uint64_t word) {
    const uint32_t index = fasti_cell_index(word);
    if (index == 0)
        return;
    const struct fasti_page *page = fasti_arena_at(&booking->state->arena, index);
    fasti_limbo_retire(&booking->limbo, index, fasti_page_bytes(page));
}

bool fasti_pending_effect_begin(struct fasti_booking *booking, struct fasti_pending *pending,
                                enum fasti_effect_kind kind, size_t bytes,
                                struct fasti_writer *writer) {
    *writer = (struct fasti_writer){.capacity = bytes};
    if (bytes > FASTI_ARENA_SIZE_MAX) {
        pending->effect_heap = malloc(bytes);
        writer->bytes = pending->effect_heap;
    } else {
        pending->effect_index = fasti_arena_alloc(&booking->arena, bytes);
        if (pending->effect_index != 0)
            writer->bytes = fasti_arena_at(&booking->state->arena, pending->effect_index);
    }
    pending->effect_bytes = (uint32_t)bytes;
    pending->effect_kind = kind;
    pending->kind = FASTI_PENDING_EFFECT;
    return writer->bytes != NULL;
}

void fasti_pending_effect_drop(struct fasti_booking *booking, struct fasti_pending *pending) {
    if (pending->effect_index != 0)
        fasti_arena_free(&booking->arena, pending->effect_index, pending->effect_bytes);
    free(pending->effect_heap);
    pending->effect_heap = NULL;
    pending->effect_index = 0;
}

struct fasti_pending_cell fasti_look_pending_cell(const struct fasti_day_look *look,
                                                  const struct fasti_summary *summary) {
    return (struct fasti_pending_cell){
        .emitted = &look->ref.chunk->emitted[look->ref.at],
        .durable = &look->ref.chunk->durable[look->ref.at],
        .from_version = fasti_cell_version(look->word),
        .schedule = look->id.v,
        .date = look->date.v,
        .summary = *summary,
    };
}

/* Room in the limbo for what the largest claim retires: its pages and records, its descriptor. */
static bool limbo_is_ready(struct fasti_booking *booking) {
    const uint32_t most = 2 * FASTI_CELLS_MAX + 8;
    if (fasti_limbo_has_room(&booking->limbo, most))
        return true;
    fasti_limbo_collect(&booking->limbo, 1024);
    return fasti_limbo_has_room(&booking->limbo, most);
}

enum fasti_attempt fasti_attempt_of(enum fasti_claim_result result) {
    switch (result) {
    case FASTI_CLAIM_WON: return FASTI_ATTEMPT_END;
    case FASTI_CLAIM_LOST: return FASTI_ATTEMPT_AGAIN;
    case FASTI_CLAIM_MEMORY: return FASTI_ATTEMPT_MEMORY;
    }
    FASTI_UNREACHABLE_CODE();
}

/* ---- the loop ---- */

/* Any of the engine's conditions under which nothing may be claimed. */
static enum fasti_status claim_condition(struct fasti_booking *booking, bool takes_room) {
    if (fasti_load_relaxed(&booking->state->is_dead))
        return FASTI_UNKNOWN;
    const _Atomic bool *is_short =
        takes_room ? &booking->state->is_disk_low : &booking->state->is_disk_full;
    if (fasti_load_relaxed(is_short))
        return FASTI_DISK_LOW;
    return limbo_is_ready(booking) ? FASTI_OK : FASTI_BUSY;
}

enum fasti_disposition fasti_attempts(struct fasti_booking *booking,
                                      const struct fasti_command *command,
                                      struct fasti_pending *pending, fasti_attempt_function attempt,
                                      bool takes_room) {
    const enum fasti_status condition = claim_condition(booking, takes_room);
    if (condition == FASTI_DISK_LOW && !takes_room)
        return fasti_fail(pending, condition, "the disk is full: not even cancels are served");
    if (condition != FASTI_OK)
        return fasti_fail(pending, condition, fasti_status_text(condition));
    for (uint32_t tries = 0; tries < FASTI_CLAIM_TRIES_MAX; tries++) {
        enum fasti_disposition disposition = FASTI_ANSWERED;
        pending->decided_ms = fasti_state_now_ms(booking->state);
        switch (attempt(booking, command, pending, &disposition)) {
        case FASTI_ATTEMPT_END: return disposition;
        case FASTI_ATTEMPT_MEMORY:
            return fasti_fail(pending, FASTI_LIMIT_MEMORY, fasti_status_text(FASTI_LIMIT_MEMORY));
        case FASTI_ATTEMPT_AGAIN: break;
        }
    }
    return fasti_fail(pending, FASTI_BUSY, "too many others claim the same day; try again");
}
