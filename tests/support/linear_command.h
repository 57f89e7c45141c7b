/*
 * linear_command.h - the commands of a recorded run as the engine takes them, its answers as what
 * they told: what the model calls record 3 of schedule 1 has numbers and a token there.
 *
 * Threading: none; who has the naming may write the history's records.
 */
#ifndef FASTI_TESTS_SUPPORT_LINEAR_COMMAND_H
#define FASTI_TESTS_SUPPORT_LINEAR_COMMAND_H

#include "tests/support/linear.h"

struct linear_known {
    uint64_t id;
    struct fasti_token token;
    enum linear_kind maker;
    uint8_t brother;   /* the next record of the same command; UINT8_MAX: none */
    bool is_confirmed; /* as far as anybody was told */
    bool is_unblocked; /* or is being */
};

struct linear_naming {
    int64_t monday_utc_s;
    uint32_t organization, service;
    uint32_t schedules[LINEAR_SCHEDULES_MAX];
    struct linear_known known[LINEAR_RECORDS_MAX]; /* as many as the history's records */
};

/* CLOCK and END are no commands. The command borrows texts that stay. */
void linear_command_make(const struct linear_naming *naming, const struct linear_op *op,
                         struct fasti_command *command);

/* An answer whose status is OK: *op is told so, records that were made join the history. */
void linear_answer_take(struct linear_naming *naming, struct linear_history *history,
                        const struct fasti_answer *answer, struct linear_op *op);

#endif
