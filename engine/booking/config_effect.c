/*
 * config_effect.c - effects that start from the configuration's version.
 */
#include "engine/booking/config_effect.h"

#include <stdlib.h>

#include "engine/base/panic.h"
#include "engine/booking/touch.h"
#include "engine/calendar/cell.h"

enum fasti_disposition fasti_config_fail(struct fasti_pending *pending, enum fasti_status status) {
    pending->answer.status = status;
    if (pending->answer.detail.text[0] == '\0')
        (void)fasti_detail_set(&pending->answer.detail, status, "%s", fasti_status_text(status));
    return FASTI_ANSWERED;
}

/* ---- effects ---- */

/* Encodes a configuration effect on the heap (puts may be long). put NULL: no body. */
bool fasti_config_effect_make(struct fasti_booking *booking, struct fasti_pending *pending,
                              enum fasti_effect_kind kind, fasti_request_id request,
                              uint32_t import, const struct fasti_put *put) {
    struct fasti_state *state = booking->state;
    const struct fasti_effect_header header = {
        .kind = (uint16_t)kind,
        .cell_count = 1,
        .import = import,
        .decided_ms = pending->decided_ms,
        .request_low = request.low,
        .request_high = request.high,
    };
    const struct fasti_effect_cell cell = {
        .id = fasti_cell_id_config(),
        .from_version = fasti_load_relaxed(&state->config_version),
    };
    const size_t capacity =
        sizeof header + sizeof cell + (put == NULL ? 0 : fasti_put_bytes_max(put)) + 8;
    struct fasti_writer writer = {.bytes = malloc(capacity), .capacity = capacity};
    if (writer.bytes == NULL)
        return false;
    fasti_effect_begin(&writer, &header, &cell);
    if (put != NULL)
        fasti_put_encode(&writer, put);
    const bool fits = fasti_effect_finish(&writer);
    FASTI_ASSERT(fits);
    pending->effect_heap = writer.bytes;
    pending->effect_bytes = (uint32_t)writer.size;
    pending->effect_kind = kind;
    pending->kind = FASTI_PENDING_EFFECT;
    pending->cell_count = 1;
    pending->cells[0] = (struct fasti_pending_cell){
        .emitted = &state->config_emitted,
        .durable = &state->config_durable,
        .from_version = cell.from_version,
    };
    return true;
}

void fasti_config_effect_drop(struct fasti_pending *pending) {
    free(pending->effect_heap);
    pending->effect_heap = NULL;
    pending->cell_count = 0;
}

/* Logs an effect of the engine's own that has no body. No memory for it: the engine stops. */
bool fasti_config_effect_own(struct fasti_booking *booking, enum fasti_effect_kind kind,
                             uint32_t import) {
    struct fasti_state *state = booking->state;
    struct fasti_pending *pending = fasti_pending_make(booking);
    if (pending != NULL)
        pending->decided_ms = fasti_state_now_ms(state);
    if (pending == NULL ||
        !fasti_config_effect_make(booking, pending, kind, (fasti_request_id){0}, import, NULL)) {
        fasti_store_relaxed(&state->is_dead, true);
        return false;
    }
    fasti_add_seq_cst(&state->config_version, UINT32_C(1));
    fasti_effects_push(state, pending);
    return true;
}

/* ---- publishing ---- */

static void touch(void *context, fasti_schedule_id schedule, fasti_date date) {
    struct fasti_booking *booking = context;
    /* An edit that cannot touch its days could let a booking slip through: stop instead. */
    if (!fasti_touch_day(booking, schedule, date))
        fasti_store_relaxed(&booking->state->is_dead, true);
}

/* At counter + 2 every command that was under way at the call is over: what it swapped is pushed.
 * It may follow, in the log, something that began meanwhile and is not pushed: at + 4 that is, too.
 */
void fasti_config_edit_begin(struct fasti_booking *booking, struct fasti_pending *pending) {
    pending->edit_epoch = fasti_load_seq_cst(&booking->state->epoch.counter) + 4;
    fasti_store_seq_cst(&booking->state->edit_epoch, pending->edit_epoch);
}

struct fasti_publish fasti_config_publish_of(struct fasti_booking *booking, int64_t now_ms,
                                             bool replay) {
    return (struct fasti_publish){
        .limbo = &booking->limbo,
        .arena = &booking->arena,
        .now_ms = now_ms,
        .replay = replay,
        .touch = touch,
        .context = booking,
    };
}

/* Unchanged: rests on what is published, which may not be durable yet. */
enum fasti_disposition fasti_config_unchanged(struct fasti_booking *booking,
                                              struct fasti_pending *pending) {
    struct fasti_state *state = booking->state;
    pending->kind = FASTI_PENDING_WAIT;
    pending->answer.outcome = FASTI_OUTCOME_UNCHANGED;
    return fasti_wait_for_one(booking, pending, &state->config_durable,
                              fasti_load_seq_cst(&state->config_version))
               ? FASTI_ANSWERED
               : FASTI_WAITING;
}
