/*
 * linear_model.c - slots as a plain list of records: every question walks all of it.
 *
 * The rules are those of api/PROTOCOL.md, written down a second time and on purpose without the
 * engine's code. See linear.h.
 */
#include <string.h>

#include "tests/support/linear.h"

/* A state that is being changed, with rows that the command has taken so far. */
struct scene {
    const struct linear_history *history;
    struct linear_state *state;
    uint32_t taken_count;
    struct linear_span taken[LINEAR_ROWS_MAX];
};

/* ---- what is taken ---- */

static bool is_live(uint8_t state) {
    return state == FASTI_STATE_BOOKED || state == FASTI_STATE_HELD ||
           state == FASTI_STATE_PENDING || state == FASTI_STATE_ARRIVED ||
           state == FASTI_STATE_FULFILLED || state == FASTI_STATE_NOSHOW;
}

static bool covers(const struct linear_span *span, uint32_t schedule, uint32_t tick) {
    return span->schedule == schedule && span->first <= tick && tick < span->end;
}

static uint32_t seats_taken(const struct scene *scene, uint32_t schedule, uint32_t tick) {
    const struct linear_history *history = scene->history;
    uint32_t seats = 0;
    for (uint32_t r = 0; r < history->record_count; r++)
        for (uint32_t i = 0; i < history->records[r].row_count; i++)
            if (is_live(scene->state->states[r]) &&
                covers(&history->records[r].rows[i], schedule, tick))
                seats +=
                    history->records[r].is_block ? history->world.schedules[schedule].capacity : 1;
    for (uint32_t i = 0; i < scene->taken_count; i++)
        seats += covers(&scene->taken[i], schedule, tick);
    return seats;
}

static bool starts_in(const struct linear_span *span, uint32_t schedule, uint32_t first,
                      uint32_t end) {
    return span->schedule == schedule && span->first >= first && span->first < end;
}

static uint32_t visits_count(const struct scene *scene, uint32_t schedule, uint32_t first,
                             uint32_t end) {
    const struct linear_history *history = scene->history;
    uint32_t count = 0;
    for (uint32_t r = 0; r < history->record_count; r++)
        for (uint32_t i = 0; i < history->records[r].row_count; i++)
            count += is_live(scene->state->states[r]) && !history->records[r].is_block &&
                     starts_in(&history->records[r].rows[i], schedule, first, end);
    for (uint32_t i = 0; i < scene->taken_count; i++)
        count += starts_in(&scene->taken[i], schedule, first, end);
    return count;
}

static bool has_room(const struct scene *scene, const struct linear_span *row, uint32_t seats) {
    for (uint32_t tick = row->first; tick < row->end; tick++)
        if (seats_taken(scene, row->schedule, tick) + seats >
            scene->history->world.schedules[row->schedule].capacity)
            return false;
    return true;
}

static enum fasti_outcome visit_verdict(const struct scene *scene, const struct linear_span *row) {
    const uint32_t day = row->first / LINEAR_DAY_TICKS * LINEAR_DAY_TICKS;
    const uint32_t day_limit = scene->history->world.schedules[row->schedule].day_limit;
    const uint32_t week_limit = scene->history->world.schedules[row->schedule].week_limit;
    if (day_limit != 0 &&
        visits_count(scene, row->schedule, day, day + LINEAR_DAY_TICKS) >= day_limit)
        return FASTI_OUTCOME_DAY_LIMIT;
    if (week_limit != 0 && visits_count(scene, row->schedule, 0, LINEAR_WEEK_TICKS) >= week_limit)
        return FASTI_OUTCOME_WEEK_LIMIT;
    return has_room(scene, row, 1) ? FASTI_OUTCOME_BOOKED : FASTI_OUTCOME_TAKEN;
}

bool linear_overlaps(const struct linear_record *record, const struct linear_op *op) {
    for (uint32_t i = 0; i < record->row_count; i++)
        for (uint32_t j = 0; j < op->row_count; j++)
            if (record->rows[i].schedule == op->rows[j].schedule &&
                record->rows[i].first < op->rows[j].end && op->rows[j].first < record->rows[i].end)
                return true;
    return false;
}

/* ---- commands: the outcome, or NONE where a part of what was told is wrong ---- */

/* Takes the rows; done: what it is called where all are free. */
static enum fasti_outcome rows_take(struct scene *scene, const struct linear_op *op,
                                    enum fasti_outcome done, uint8_t made_state) {
    enum fasti_outcome outcome = done;
    for (uint32_t i = 0; i < op->row_count; i++) {
        const enum fasti_outcome row = visit_verdict(scene, &op->rows[i]);
        if (row != (enum fasti_outcome)op->row_outcomes[i])
            return FASTI_OUTCOME_NONE;
        if (row == FASTI_OUTCOME_BOOKED)
            scene->taken[scene->taken_count++] = op->rows[i];
        else if (outcome == done)
            outcome = row;
    }
    for (uint32_t i = 0; outcome == done && i < op->made_count; i++)
        scene->state->states[op->made[i]] = made_state;
    return outcome;
}

/* A hold and who shows its token, or another one. */
static enum fasti_outcome standing(const struct scene *scene, const struct linear_op *op,
                                   uint32_t at) {
    switch (scene->state->states[op->targets[at]]) {
    case FASTI_STATE_HELD: return op->is_stranger ? FASTI_OUTCOME_NOT_OWNER : FASTI_OUTCOME_HELD;
    case FASTI_STATE_RELEASED:
        return op->is_stranger ? FASTI_OUTCOME_NOT_OWNER : FASTI_OUTCOME_ALREADY;
    case FASTI_STATE_EXPIRED:
        return op->is_stranger ? FASTI_OUTCOME_NOT_OWNER : FASTI_OUTCOME_EXPIRED;
    default: return FASTI_OUTCOME_NO_SUCH;
    }
}

static void target_end(struct scene *scene, const struct linear_op *op, uint32_t at,
                       uint8_t state) {
    scene->state->states[op->targets[at]] = state;
    scene->state->expires_ms[op->targets[at]] = 0;
}

static enum fasti_outcome hold(struct scene *scene, const struct linear_op *op, int64_t now_ms) {
    if (op->target_count > 0) {
        const enum fasti_outcome old = standing(scene, op, 0);
        if (old == FASTI_OUTCOME_HELD)
            target_end(scene, op, 0, FASTI_STATE_RELEASED);
        else if (old != FASTI_OUTCOME_EXPIRED && old != FASTI_OUTCOME_ALREADY)
            return old;
    }
    const enum fasti_outcome outcome = rows_take(scene, op, FASTI_OUTCOME_HELD, FASTI_STATE_HELD);
    if (outcome != FASTI_OUTCOME_HELD)
        return outcome;
    for (uint32_t i = 0; i < op->made_count; i++)
        scene->state->expires_ms[op->made[i]] = now_ms + op->seconds * INT64_C(1000);
    return op->expires_ms == now_ms + op->seconds * INT64_C(1000) ? outcome : FASTI_OUTCOME_NONE;
}

/* FASTI_HOLD_LIFE_SECONDS is longer than any history. */
static enum fasti_outcome extend(struct scene *scene, const struct linear_op *op, int64_t now_ms) {
    int64_t first_ms = INT64_MAX;
    for (uint32_t i = 0; i < op->target_count; i++) {
        int64_t *expires_ms = &scene->state->expires_ms[op->targets[i]];
        const int64_t asked_ms = now_ms + op->seconds * INT64_C(1000);
        *expires_ms = *expires_ms > asked_ms ? *expires_ms : asked_ms;
        first_ms = *expires_ms < first_ms ? *expires_ms : first_ms;
    }
    return op->expires_ms == first_ms ? FASTI_OUTCOME_EXTENDED : FASTI_OUTCOME_NONE;
}

static enum fasti_outcome held(struct scene *scene, const struct linear_op *op, int64_t now_ms) {
    for (uint32_t i = 0; i < op->target_count; i++) {
        const enum fasti_outcome outcome = standing(scene, op, i);
        if (outcome != FASTI_OUTCOME_HELD)
            return outcome;
    }
    if (op->kind == LINEAR_EXTEND)
        return extend(scene, op, now_ms);
    const uint8_t confirmed = op->is_request ? FASTI_STATE_PENDING : FASTI_STATE_BOOKED;
    for (uint32_t i = 0; i < op->target_count; i++)
        target_end(scene, op, i, op->kind == LINEAR_RELEASE ? FASTI_STATE_RELEASED : confirmed);
    if (op->kind == LINEAR_RELEASE)
        return FASTI_OUTCOME_RELEASED;
    return op->is_request ? FASTI_OUTCOME_REQUESTED : FASTI_OUTCOME_BOOKED;
}

/* Which state may become which: ARCHITECTURE.md has the drawing. */
static bool may_become(uint8_t from, uint8_t to) {
    const bool is_open = from == FASTI_STATE_BOOKED || from == FASTI_STATE_PENDING;
    switch (to) {
    case FASTI_STATE_MOVED: return is_open;
    case FASTI_STATE_CANCELLED: return is_open || from == FASTI_STATE_ARRIVED;
    case FASTI_STATE_BOOKED:
    case FASTI_STATE_DECLINED: return from == FASTI_STATE_PENDING;
    case FASTI_STATE_ARRIVED: return from == FASTI_STATE_BOOKED || from == FASTI_STATE_NOSHOW;
    case FASTI_STATE_FULFILLED:
        return from == FASTI_STATE_BOOKED || from == FASTI_STATE_ARRIVED ||
               from == FASTI_STATE_NOSHOW;
    case FASTI_STATE_NOSHOW: return from == FASTI_STATE_BOOKED || from == FASTI_STATE_ARRIVED;
    default: return false;
    }
}

/* An appointment or block gets another state; a hold is neither. */
static enum fasti_outcome change(struct scene *scene, const struct linear_op *op, bool is_block,
                                 uint8_t to, enum fasti_outcome done) {
    const uint8_t from = scene->state->states[op->targets[0]];
    if (from == 0 || from == FASTI_STATE_HELD || from == FASTI_STATE_RELEASED ||
        from == FASTI_STATE_EXPIRED || scene->history->records[op->targets[0]].is_block != is_block)
        return FASTI_OUTCOME_NO_SUCH;
    if (!may_become(from, to))
        return from == to && op->kind != LINEAR_MOVE ? FASTI_OUTCOME_ALREADY
                                                     : FASTI_OUTCOME_WRONG_STATE;
    scene->state->states[op->targets[0]] = to;
    return done;
}

static enum fasti_outcome move(struct scene *scene, const struct linear_op *op) {
    const uint8_t from = scene->state->states[op->targets[0]];
    const enum fasti_outcome outcome =
        change(scene, op, false, FASTI_STATE_MOVED, FASTI_OUTCOME_MOVED);
    return outcome != FASTI_OUTCOME_MOVED ? outcome
                                          : rows_take(scene, op, FASTI_OUTCOME_MOVED, from);
}

static enum fasti_outcome block(struct scene *scene, const struct linear_op *op) {
    const uint32_t all = scene->history->world.schedules[op->rows[0].schedule].capacity;
    if (!has_room(scene, &op->rows[0], all))
        return FASTI_OUTCOME_TAKEN;
    if (op->made_count > 0)
        scene->state->states[op->made[0]] = FASTI_STATE_BOOKED;
    return FASTI_OUTCOME_BLOCKED;
}

static enum fasti_outcome show(const struct scene *scene, const struct linear_op *op) {
    const uint8_t state = scene->state->states[op->targets[0]];
    if (state == 0)
        return FASTI_OUTCOME_NO_SUCH;
    const bool is_right =
        state == op->told_state &&
        (state != FASTI_STATE_HELD || scene->state->expires_ms[op->targets[0]] == op->expires_ms);
    return is_right ? FASTI_OUTCOME_FOUND : FASTI_OUTCOME_NONE;
}

static enum fasti_outcome end(const struct scene *scene, const struct linear_op *op) {
    const struct linear_world *world = &scene->history->world;
    for (uint32_t r = 0; r < scene->history->record_count; r++)
        if (scene->state->states[r] != op->end_states[r])
            return FASTI_OUTCOME_NONE;
    for (uint32_t i = 0; i < world->start_count; i++)
        if (op->end_free[i] != (visit_verdict(scene, &world->starts[i]) == FASTI_OUTCOME_BOOKED))
            return FASTI_OUTCOME_NONE;
    return FASTI_OUTCOME_FOUND;
}

static enum fasti_outcome decide(struct scene *scene, const struct linear_op *op, int64_t now_ms) {
    switch (op->kind) {
    case LINEAR_BOOK:
        return op->is_request ? rows_take(scene, op, FASTI_OUTCOME_REQUESTED, FASTI_STATE_PENDING)
                              : rows_take(scene, op, FASTI_OUTCOME_BOOKED, FASTI_STATE_BOOKED);
    case LINEAR_HOLD: return hold(scene, op, now_ms);
    case LINEAR_CONFIRM:
    case LINEAR_EXTEND:
    case LINEAR_RELEASE: return held(scene, op, now_ms);
    case LINEAR_MOVE: return move(scene, op);
    case LINEAR_MARK: return change(scene, op, false, op->to_state, FASTI_OUTCOME_MARKED);
    case LINEAR_CANCEL:
        return change(scene, op, false, FASTI_STATE_CANCELLED, FASTI_OUTCOME_CANCELLED);
    case LINEAR_BLOCK: return block(scene, op);
    case LINEAR_UNBLOCK:
        return change(scene, op, true, FASTI_STATE_CANCELLED, FASTI_OUTCOME_UNBLOCKED);
    case LINEAR_SHOW: return show(scene, op);
    case LINEAR_CLOCK: break;
    case LINEAR_END: return end(scene, op);
    }
    return FASTI_OUTCOME_NONE;
}

bool linear_step(const struct linear_history *history, const struct linear_op *op, int64_t now_ms,
                 struct linear_state *state) {
    struct linear_state after = *state;
    struct scene scene = {.history = history, .state = &after};
    const enum fasti_outcome outcome = decide(&scene, op, now_ms);
    if (outcome == FASTI_OUTCOME_NONE || outcome != op->outcome)
        return false;
    if (fasti_outcome_is_done(outcome)) /* what is refused changes nothing */
        *state = after;
    return true;
}
