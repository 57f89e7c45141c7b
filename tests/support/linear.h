/*
 * linear.h - was a recorded run linearizable? A naive model of slots, and a search for an order.
 *
 *   history   worker 0   |-hold-|        |--confirm--|
 *             worker 1      |----book----|
 *             clock               |step|
 *   order          hold  book  step  confirm    explains all that was told: the run is linearizable
 *
 * Wing and Gong's search (1993) over all orders in which no command comes before one that had
 * returned when it was asked for; with Lowe's memory (2017, as in Porcupine): a set of commands
 * done and a state are met once. Commands are a bit set, states are known by 128 bits of hash.
 *
 * The clock's steps are operations like the others: one order of commands and steps must explain
 * it all, unless less is asked for:
 *   OWN_TIME   a command has a time of its own, any that the clock showed while it ran, and each
 *              hold that ended meanwhile counts for it as it likes, until somebody took its time or
 *              was told that it is over
 *   TOLD_OVER  with it: that a hold is over may be told before it is extended or confirmed by a
 *              command with an older time
 *   TORN       a refusal that rests on several days or records may be any, where another command
 *              changed something while it looked at one after the other
 *
 * Time of schedules is counted in ticks of 5 minutes from a Monday, 00:00 UTC. The hour of the day
 * is such that UTC's and the schedule's date agree. Threading: none.
 */
#ifndef FASTI_TESTS_SUPPORT_LINEAR_H
#define FASTI_TESTS_SUPPORT_LINEAR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "engine/booking/command.h"

#define LINEAR_OPS_MAX       64 /* bits of a set */
#define LINEAR_RECORDS_MAX   48
#define LINEAR_SCHEDULES_MAX 2
#define LINEAR_STARTS_MAX    8
#define LINEAR_ROWS_MAX      2
#define LINEAR_TICK_SECONDS  300
#define LINEAR_DAY_TICKS     288
#define LINEAR_WEEK_TICKS    (7 * LINEAR_DAY_TICKS)
#define LINEAR_NODES_MAX     4000000

/* Ticks [first, end) of a schedule, on one day. */
struct linear_span {
    uint8_t schedule; /* index in the world */
    uint16_t first, end;
};

/* Limits: 0 = none. starts: where visits are asked for; the end of a history tells which are free.
 */
struct linear_world {
    struct {
        uint8_t capacity, day_limit, week_limit;
    } schedules[LINEAR_SCHEDULES_MAX];
    uint8_t schedule_count, start_count;
    struct linear_span starts[LINEAR_STARTS_MAX];
};

enum linear_kind {
    LINEAR_BOOK = 1,
    LINEAR_HOLD,
    LINEAR_CONFIRM,
    LINEAR_EXTEND,
    LINEAR_RELEASE,
    LINEAR_MOVE,
    LINEAR_MARK,
    LINEAR_CANCEL,
    LINEAR_BLOCK,
    LINEAR_UNBLOCK,
    LINEAR_SHOW,
    LINEAR_CLOCK, /* a step of it */
    LINEAR_END,   /* when nothing else runs: the state of all records, and which starts are free */
};

struct linear_op {
    enum linear_kind kind;
    uint8_t worker;
    int64_t invoked, returned; /* any clock that all share; invoked < returned */
    int64_t clock_ms[2];       /* the engine's clock before and after; CLOCK: steps to [1] */

    /* what was asked */
    bool is_request;  /* BOOK, CONFIRM */
    bool is_apart;    /* BOOK, HOLD: each row is a record of its own */
    bool is_stranger; /* shows a token that is not the hold's */
    uint8_t to_state; /* MARK */
    uint8_t row_count, target_count;
    struct linear_span rows[LINEAR_ROWS_MAX]; /* BOOK, HOLD, MOVE; BLOCK: one */
    uint8_t targets[LINEAR_ROWS_MAX];         /* records; HOLD: what it replaces */
    uint32_t seconds;                         /* HOLD, EXTEND */

    /* what was told */
    enum fasti_outcome outcome;
    uint8_t row_outcomes[LINEAR_ROWS_MAX];
    uint8_t made[LINEAR_ROWS_MAX], made_count; /* records */
    uint8_t told_state;                        /* SHOW */
    int64_t expires_ms;                        /* HOLD, EXTEND; SHOW of a hold */
    uint8_t end_states[LINEAR_RECORDS_MAX];    /* END */
    bool end_free[LINEAR_STARTS_MAX];
};

/* What a record takes; its state is the model's. */
struct linear_record {
    bool is_block;
    uint8_t row_count;
    struct linear_span rows[LINEAR_ROWS_MAX];
};

struct linear_history {
    struct linear_world world;
    int64_t clock_ms; /* at its begin */
    uint32_t op_count, record_count;
    struct linear_op ops[LINEAR_OPS_MAX];
    struct linear_record records[LINEAR_RECORDS_MAX];
};

/* ---- the model ---- */

struct linear_state {
    int64_t clock_ms;
    uint8_t states[LINEAR_RECORDS_MAX];     /* enum fasti_record_state; 0: not made yet */
    int64_t expires_ms[LINEAR_RECORDS_MAX]; /* of what is held; else 0 */
};

/* Does the command at this time, one after the other, tell what it told? Then *state is the one
 * after it; else it is as it was. What is HELD there counts as held, whatever the time. */
bool linear_step(const struct linear_history *history, const struct linear_op *op, int64_t now_ms,
                 struct linear_state *state);
/* Do the rows of a record and of a command share a tick? */
bool linear_overlaps(const struct linear_record *record, const struct linear_op *op);

/* ---- the search ---- */

/* What is asked for: nothing is exact, else a sum. */
enum linear_loose { LINEAR_OWN_TIME = 1, LINEAR_TOLD_OVER = 2, LINEAR_TORN = 4 };
enum linear_verdict { LINEAR_EXPLAINED, LINEAR_UNEXPLAINED, LINEAR_TOO_LARGE };

struct linear_result {
    enum linear_verdict verdict;
    uint64_t nodes;                /* states looked at */
    uint32_t length;               /* of the longest order that was found; all, when explained */
    uint8_t order[LINEAR_OPS_MAX]; /* indices of ops */
};

struct linear_result linear_check(const struct linear_history *history, uint32_t loose);

/* Pairs of commands that were under way at the same time. */
uint64_t linear_pairs_count(const struct linear_history *history);

/* The history as a table, sorted by invocation, and the longest order. */
void linear_print(FILE *file, const struct linear_history *history,
                  const struct linear_result *result);

#endif
