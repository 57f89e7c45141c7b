/*
 * bench_pace.h - when each command of an open loop should be sent, known before any is.
 *
 *   rate   |        ____        steps: each constant        |       .-'   linear: rising evenly
 *          |   ____|                                        |    .-'      from the first rate
 *          |__|_______ time                                 |.-'_______   to the last
 *
 *   even      commands are equally far apart                n-th command: N(t) = n
 *   poisson   each moment is as likely as any other         N(t) rises by Exp(1) from one to the
 * next
 *
 * N(t) is the rate summed up to t; a send time is where N reaches the next number, so a rate that
 * changes needs nothing else. Several paces share one rate: even ones take turns, poisson ones are
 * independent, which together is poisson again. The times do not depend on how fast anybody
 * answers: that is what an open loop is. Pure, no clock; one thread a pace.
 */
#ifndef FASTI_BENCH_PACE_H
#define FASTI_BENCH_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/prng.h"

#define FASTI_BENCH_RATE_MAX       10000000 /* commands a second */
#define FASTI_BENCH_STEPS_MAX      64
#define FASTI_BENCH_RAMP_VALUE_MAX FASTI_BENCH_RATE_MAX

enum fasti_bench_raised {
    FASTI_BENCH_RAISED_NOTHING,
    FASTI_BENCH_RAISED_RATE,
    FASTI_BENCH_RAISED_CONNECTIONS,
};

/* A run in steps of equal length, in which a number goes from first to last. */
struct fasti_bench_ramp {
    enum fasti_bench_raised raised;
    uint32_t first, last; /* at least 1; may fall */
    uint32_t steps;       /* 1 (NOTHING) or 2 to FASTI_BENCH_STEPS_MAX */
    bool is_linear;       /* RATE: it rises within each step, too */
};

/* Reads "rate=1000..20000/10" or "connections=1..16/5". false: why has a sentence. */
bool fasti_bench_ramp_parse(const char *text, struct fasti_bench_ramp *ramp, char *why,
                            size_t why_size);

/* The number in a step (0 to steps - 1) of a ramp that is not linear; linear: in its middle. */
uint32_t fasti_bench_ramp_value(const struct fasti_bench_ramp *ramp, uint32_t step);

struct fasti_bench_pace {
    struct fasti_bench_ramp rate; /* raised NOTHING: first is the rate of the whole run */
    double step_s;
    bool is_even;
    uint32_t shares; /* this pace is one of so many */
    struct fasti_prng prng;
    double due; /* N of the next command, of all shares together */
};

/* share: 0 to shares - 1. step_ns: length of a step. */
void fasti_bench_pace_init(struct fasti_bench_pace *pace, const struct fasti_bench_ramp *rate,
                           int64_t step_ns, bool is_even, uint32_t share, uint32_t shares,
                           uint64_t seed);

/* When the next command should be sent, in ns since the beginning of the run; never before the one
 * before. INT64_MAX: the run is over. */
int64_t fasti_bench_pace_next(struct fasti_bench_pace *pace);

#endif
