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

/* *op is set as asked, nothing told yet. */
void linear_op_random(const struct linear_history *history, struct linear_naming *naming,
                      struct fasti_prng *prng, struct linear_op *op);

#endif
