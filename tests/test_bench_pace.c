/*
 * test_bench_pace.c - send times of an open loop: as many as the rate says, in each step, evenly or
 * at random; ramps as they are written.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "bench/bench_pace.h"

#define SECOND INT64_C(1000000000)

static const struct fasti_bench_ramp flat = {.first = 1000, .last = 1000, .steps = 1};

Test(bench_pace, even_times_are_equally_far_apart) {
    struct fasti_bench_pace pace;
    fasti_bench_pace_init(&pace, &flat, 5 * SECOND, true, 0, 1, 0);
    for (int64_t i = 0; i < 5000; i++)
        cr_assert_leq(llabs(fasti_bench_pace_next(&pace) - i * 1000000), 1, "command %ld", (long)i);
    cr_assert_eq(fasti_bench_pace_next(&pace), INT64_MAX);
    cr_assert_eq(fasti_bench_pace_next(&pace), INT64_MAX);
}

/* Three even shares together are the whole. */
Test(bench_pace, even_shares_take_turns) {
    struct fasti_bench_pace shares[3];
    for (uint32_t i = 0; i < 3; i++)
        fasti_bench_pace_init(&shares[i], &flat, SECOND, true, i, 3, i);
    for (int64_t i = 0; i < 1000; i++)
        cr_assert_leq(llabs(fasti_bench_pace_next(&shares[i % 3]) - i * 1000000), 1);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(fasti_bench_pace_next(&shares[i]), INT64_MAX);
}

/* Counts of poisson's seconds have the rate as mean and as variance; the shares together do. */
Test(bench_pace, poisson_times_are_random) {
    enum { SECONDS = 2000, RATE = 100, SHARES = 4 };
    const struct fasti_bench_ramp rate = {.first = RATE, .last = RATE, .steps = 1};
    static uint32_t counts[SECONDS];
    double sum = 0, squares = 0;
    for (uint32_t share = 0; share < SHARES; share++) {
        struct fasti_bench_pace pace;
        int64_t before = 0, at_ns;
        fasti_bench_pace_init(&pace, &rate, SECONDS * SECOND, false, share, SHARES, share + 7);
        while ((at_ns = fasti_bench_pace_next(&pace)) != INT64_MAX) {
            cr_assert_geq(at_ns, before);
            counts[at_ns / SECOND]++;
            before = at_ns;
        }
    }
    for (uint32_t i = 0; i < SECONDS; i++) {
        sum += counts[i];
        squares += (double)counts[i] * counts[i];
    }
    const double mean = sum / SECONDS, variance = squares / SECONDS - mean * mean;
    cr_assert_lt(fabs(mean - RATE), 1, "mean %f", mean);
    cr_assert_lt(fabs(variance - RATE), 15, "variance %f", variance);
}

static void counts_of(const struct fasti_bench_ramp *ramp, bool is_even,
                      uint32_t counts[FASTI_BENCH_STEPS_MAX]) {
    struct fasti_bench_pace pace;
    int64_t before = 0, at_ns;
    memset(counts, 0, FASTI_BENCH_STEPS_MAX * sizeof *counts);
    fasti_bench_pace_init(&pace, ramp, 2 * SECOND, is_even, 0, 1, 11);
    while ((at_ns = fasti_bench_pace_next(&pace)) != INT64_MAX) {
        cr_assert_geq(at_ns, before);
        cr_assert_lt(at_ns, 2 * SECOND * ramp->steps);
        counts[at_ns / (2 * SECOND)]++;
        before = at_ns;
    }
}

/* Every step has its rate, rising and falling, in steps and linear. */
Test(bench_pace, ramps_have_their_rate_in_each_step) {
    static const struct fasti_bench_ramp ramps[] = {
        {.raised = FASTI_BENCH_RAISED_RATE, .first = 1000, .last = 9000, .steps = 5},
        {.raised = FASTI_BENCH_RAISED_RATE, .first = 5000, .last = 100, .steps = 8},
        {.raised = FASTI_BENCH_RAISED_RATE,
         .first = 1,
         .last = 8001,
         .steps = 4,
         .is_linear = true},
        {.raised = FASTI_BENCH_RAISED_RATE,
         .first = 8000,
         .last = 1,
         .steps = 4,
         .is_linear = true},
        {.raised = FASTI_BENCH_RAISED_RATE, .first = 70, .last = 70, .steps = 2, .is_linear = true},
    };
    static const uint32_t rates[][8] = {{1000, 3000, 5000, 7000, 9000},
                                        {5000, 4300, 3600, 2900, 2200, 1500, 800, 100},
                                        {1001, 3001, 5001, 7001},
                                        {7000, 5000, 3000, 1001},
                                        {70, 70}};
    uint32_t counts[FASTI_BENCH_STEPS_MAX];
    for (uint32_t r = 0; r < sizeof ramps / sizeof ramps[0]; r++)
        for (uint32_t is_even = 0; is_even < 2; is_even++) {
            counts_of(&ramps[r], is_even == 1, counts);
            for (uint32_t i = 0; i < ramps[r].steps; i++) {
                const int64_t wanted = 2 * (int64_t)rates[r][i];
                const int64_t may_miss = is_even == 1 ? 3 : 5 * (int64_t)sqrt((double)wanted);
                cr_assert_leq(llabs((int64_t)fasti_bench_ramp_value(&ramps[r], i) - rates[r][i]), 1,
                              "ramp %u, step %u", r, i);
                cr_assert_leq(llabs(counts[i] - wanted), may_miss, "ramp %u, step %u: %u", r, i,
                              counts[i]);
            }
        }
}

Test(bench_pace, ramps_are_read) {
    struct fasti_bench_ramp ramp;
    char why[160];
    cr_assert(fasti_bench_ramp_parse("rate=1000..20000/10", &ramp, why, sizeof why));
    cr_assert(ramp.raised == FASTI_BENCH_RAISED_RATE && ramp.first == 1000 && ramp.last == 20000 &&
              ramp.steps == 10 && !ramp.is_linear);
    cr_assert(fasti_bench_ramp_parse("connections=16..1/5", &ramp, why, sizeof why));
    cr_assert(ramp.raised == FASTI_BENCH_RAISED_CONNECTIONS && ramp.first == 16 && ramp.last == 1 &&
              ramp.steps == 5);
    static const char *const wrong[] = {"",
                                        "rate",
                                        "rate=",
                                        "rate=1..2",
                                        "rate=1..2/",
                                        "rate=0..2/3",
                                        "rate=1..2/3x",
                                        "rate=1.2/3",
                                        "rate=1..2/3/4",
                                        "rate=-1..2/3",
                                        "depth=1..2/3",
                                        "rate=1..20000000/3",
                                        "rate=1..999999999999999999999/3",
                                        "rate= 1..2/3"};
    for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        why[0] = '\0';
        cr_assert(!fasti_bench_ramp_parse(wrong[i], &ramp, why, sizeof why), "%s", wrong[i]);
        cr_assert(strstr(why, "is not like rate=1000..20000/10") != NULL, "%s: %s", wrong[i], why);
    }
    cr_assert(!fasti_bench_ramp_parse("rate=1..2/1", &ramp, why, sizeof why));
    cr_assert(strstr(why, "2 to 64 steps, not 1") != NULL, "%s", why);
    cr_assert(!fasti_bench_ramp_parse("rate=1..2/65", &ramp, why, sizeof why));
}
