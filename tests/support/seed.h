/*
 * seed.h - where a random test gets its seed: env FASTI_SEED, else the clock; printed always, so
 * that a failure can be run again.
 */
#ifndef FASTI_TESTS_SUPPORT_SEED_H
#define FASTI_TESTS_SUPPORT_SEED_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/clock.h"
#include "engine/base/prng.h"

static inline struct fasti_prng fasti_test_prng(const char *test) {
    const char *text = getenv("FASTI_SEED");
    const uint64_t seed =
        text != NULL ? strtoull(text, NULL, 0) : (uint64_t)fasti_clock_monotonic_ns();
    fprintf(stderr, "%s: FASTI_SEED=%" PRIu64 "\n", test, seed);
    return (struct fasti_prng){seed};
}

#endif
