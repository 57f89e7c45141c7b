/*
 * linear_random.c - see linear_random.h.
 */
#include "tests/support/linear_random.h"

struct asker {
    const struct linear_history *history;
    struct fasti_prng *prng;
};

static uint32_t below(struct asker *asker, uint32_t bound) {
    return (uint32_t)fasti_prng_below(asker->prng, bound);
}

static struct linear_span start_random(struct asker *asker) {
    return asker->history->world.starts[below(asker, asker->history->world.start_count)];
}

static void rows_random(struct asker *asker, struct linear_op *op, bool may_be_apart) {
    op->row_count = below(asker, 4) == 0 ? 2 : 1;
    for (uint32_t i = 0; i < op->row_count; i++)
        op->rows[i] = start_random(asker);
    op->is_apart = may_be_apart && op->row_count > 1 && below(asker, 2) == 0;
}

static void hold_random(struct asker *asker, struct linear_op *op) {
    op->kind = LINEAR_HOLD;
    op->seconds = 10 + below(asker, 15);
    rows_random(asker, op, true);
}

static void make_random(struct asker *asker, struct linear_op *op) {
    const uint32_t dice = below(asker, 10);
    if (dice < 4) {
        op->kind = LINEAR_BOOK;
        op->is_request = below(asker, 4) == 0;
        rows_random(asker, op, true);
    } else if (dice < 9) {
        hold_random(asker, op);
    } else {
        op->kind = LINEAR_BLOCK;
        op->row_count = 1;
        op->rows[0] = start_random(asker);
        op->rows[0].first = (uint16_t)(op->rows[0].first + below(asker, 2));
        op->rows[0].end = (uint16_t)(op->rows[0].end + below(asker, 2));
    }
}

static void held_random(struct asker *asker, struct linear_op *op, uint8_t brother) {
    const uint32_t dice = below(asker, 100);
    op->is_stranger = below(asker, 25) == 0;
    if (dice < 40) {
        op->kind = LINEAR_CONFIRM;
        op->is_request = below(asker, 4) == 0;
    } else if (dice < 55) {
        op->kind = LINEAR_EXTEND;
        op->seconds = 10 + below(asker, 20);
    } else if (dice < 75) {
        op->kind = LINEAR_RELEASE;
    } else {
        hold_random(asker, op); /* instead of it */
        return;
    }
    if (brother != UINT8_MAX && below(asker, 2) == 0)
        op->targets[op->target_count++] = brother;
}

static void appointment_random(struct asker *asker, struct linear_op *op) {
    static const uint8_t states[] = {FASTI_STATE_BOOKED,    FASTI_STATE_DECLINED,
                                     FASTI_STATE_ARRIVED,   FASTI_STATE_ARRIVED,
                                     FASTI_STATE_FULFILLED, FASTI_STATE_NOSHOW};
    const uint32_t dice = below(asker, 100);
    if (dice < 40) {
        op->kind = LINEAR_CANCEL;
    } else if (dice < 80) {
        op->kind = LINEAR_MOVE;
        rows_random(asker, op, false);
    } else {
        op->kind = LINEAR_MARK;
        op->to_state = states[below(asker, 6)];
    }
}

/* What becomes of one of the last records. */
static void change_random(struct asker *asker, struct linear_op *op, struct linear_known *known) {
    const bool is_hold = known->maker == LINEAR_HOLD && !known->is_confirmed;
    const bool is_block = known->maker == LINEAR_BLOCK;
    if (below(asker, 10) == 0) {
        op->kind = LINEAR_SHOW;
    } else if (is_block) {
        op->kind = LINEAR_UNBLOCK;
        known->is_unblocked = true;
    } else if (is_hold != (below(asker, 12) == 0)) { /* now and then as what it is not */
        held_random(asker, op, known->brother);
    } else {
        appointment_random(asker, op);
    }
}

void linear_op_random(const struct linear_history *history, struct linear_naming *naming,
                      struct fasti_prng *prng, struct linear_op *op) {
    struct asker asker = {history, prng};
    const uint32_t count = history->record_count;
    *op = (struct linear_op){0};
    if (count == 0 || below(&asker, 100) < 30) {
        make_random(&asker, op);
        return;
    }
    const uint32_t target = count - 1 - below(&asker, count < 5 ? count : 5);
    op->targets[op->target_count++] = (uint8_t)target;
    change_random(&asker, op, &naming->known[target]);
}
