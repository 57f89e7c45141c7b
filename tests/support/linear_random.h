/*
 * linear_random.h - what somebody may ask next in a recorded run: something new, or something of
 * one of the last records that were made, mostly of the kind that it is.
 *
 * Threading: none; history and naming stay while it looks.
 */
#ifndef FASTI_TESTS_SUPPORT_LINEAR_RANDOM_H
#define FASTI_TESTS_SUPPORT_LINEAR_RANDOM_H

#include "engine/base/prng.h"
#include "tests/support/linear_command.h"

/* What is asked for only where somebody wants to see it go wrong. */
struct linear_risks {
    bool has_twins;    /* a hold may take two seats of one start */
    bool has_unblocks; /* a block may be unblocked by several at once */
};

/* *op is set as asked, nothing told yet. */
void linear_op_random(const struct linear_history *history, struct linear_naming *naming,
                      struct fasti_prng *prng, const struct linear_risks *risks,
                      struct linear_op *op);

#endif
