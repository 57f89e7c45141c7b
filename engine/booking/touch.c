/*
 * touch.c - the claim path of edits. It never gives up: each loss is somebody's success.
 */
#include "engine/booking/touch.h"

#include "engine/base/panic.h"

static bool effect_make(struct fasti_booking *booking, struct fasti_pending *pending,
                        const struct fasti_day_look *look) {
    const struct fasti_effect_header header = {
        .kind = FASTI_EFFECT_TOUCH, .cell_count = 1, .decided_ms = pending->decided_ms};
    const struct fasti_effect_cell cell = {
        .id = fasti_cell_id_day(look->id, look->date),
        .from_version = fasti_cell_version(look->word),
    };
    struct fasti_writer writer;
    if (!fasti_pending_effect_begin(booking, pending, FASTI_EFFECT_TOUCH,
                                    sizeof header + sizeof cell, &writer))
        return false;
    fasti_effect_begin(&writer, &header, &cell);
    return fasti_effect_finish(&writer);
}

static bool touch_attempt(struct fasti_booking *booking, struct fasti_pending *pending,
                          struct fasti_day_look *look, struct fasti_summary *summary,
                          enum fasti_claim_result *result) {
    static const struct fasti_page_change nothing = {.operation = FASTI_PAGE_TAKE};
    uint32_t page_index = 0;
    fasti_day_reload(booking, look);
    if (fasti_cell_is_worn(look->word) ||
        !fasti_page_apply(&booking->arena, look->page, &nothing, &page_index))
        return false;
    *summary = fasti_look_page_finish(booking, look, page_index);
    if (!effect_make(booking, pending, look)) {
        fasti_look_page_drop(booking, page_index);
        return false;
    }
    struct fasti_claim_item item = {&look->ref.chunk->cells[look->ref.at],
                                    fasti_cell_id_day(look->id, look->date), look->word,
                                    fasti_cell_next(look->word, page_index)};
    *result = fasti_claim_swap(&booking->limbo, &item, 1);
    if (*result != FASTI_CLAIM_WON) {
        fasti_pending_effect_drop(booking, pending);
        fasti_look_page_drop(booking, page_index);
    }
    return *result != FASTI_CLAIM_MEMORY;
}

bool fasti_touch_day(struct fasti_booking *booking, fasti_schedule_id schedule, fasti_date date) {
    struct fasti_state *state = booking->state;
    struct fasti_day_look look = {.id = schedule, .date = date};
    look.schedule = fasti_schedule_get(state->directory, schedule);
    look.ref = fasti_days_find(&state->arena, &look.schedule->days, date);
    FASTI_ASSERT(look.ref.chunk != NULL); /* it is yesterday at the earliest: it does not retire */
    struct fasti_pending *pending = fasti_pending_make(booking);
    if (pending == NULL)
        return false;
    pending->decided_ms = fasti_state_now_ms(state);
    pending->config_seen = fasti_load_seq_cst(&state->config_version);
    booking->arena.uses_reserve = true; /* an edit that has begun must not stop halfway */
    enum fasti_claim_result result = FASTI_CLAIM_LOST;
    bool is_good = true;
    struct fasti_summary summary = fasti_summary_unknown;
    while (is_good && result == FASTI_CLAIM_LOST)
        is_good = fasti_limbo_reserve(&booking->limbo, 8) &&
                  touch_attempt(booking, pending, &look, &summary, &result);
    booking->arena.uses_reserve = false;
    if (!is_good) {
        fasti_pending_give(booking, pending);
        return false;
    }
    fasti_look_page_retire(booking, look.word);
    pending->cell_count = 1;
    pending->cells[0] = fasti_look_pending_cell(&look, &summary);
    fasti_effects_push(state, pending);
    return true;
}
