/*
 * bench_pace.c - send times from a rate: the inverse of the rate summed up.
 */
#include "bench/bench_pace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- ramps ---- */

/* Digits up to `end`, at most FASTI_BENCH_RAMP_VALUE_MAX; *rest is behind end. */
static bool number_read(const char *text, const char *end, const char **rest, uint32_t *number) {
    const size_t digits = strspn(text, "0123456789");
    const size_t more = strlen(end);
    if (digits == 0 || digits > 8 || strncmp(text + digits, end, more) != 0 ||
        (more == 0 && text[digits] != '\0'))
        return false;
    *number = (uint32_t)strtoul(text, NULL, 10);
    *rest = text + digits + more;
    return *number >= 1 && *number <= FASTI_BENCH_RAMP_VALUE_MAX;
}

bool fasti_bench_ramp_parse(const char *text, struct fasti_bench_ramp *ramp, char *why,
                            size_t why_size) {
    static const char *const names[] = {"rate=", "connections="};
    const char *at = NULL;
    *ramp = (struct fasti_bench_ramp){0};
    for (uint32_t i = 0; i < 2; i++)
        if (strncmp(text, names[i], strlen(names[i])) == 0) {
            ramp->raised = i == 0 ? FASTI_BENCH_RAISED_RATE : FASTI_BENCH_RAISED_CONNECTIONS;
            at = text + strlen(names[i]);
        }
    if (at == NULL || !number_read(at, "..", &at, &ramp->first) ||
        !number_read(at, "/", &at, &ramp->last) || !number_read(at, "", &at, &ramp->steps)) {
        snprintf(why, why_size,
                 "\"%.60s\" is not like rate=1000..20000/10 or connections=1..16/5: from 1 to %d, "
                 "and in how many steps",
                 text, FASTI_BENCH_RAMP_VALUE_MAX);
        return false;
    }
    if (ramp->steps < 2 || ramp->steps > FASTI_BENCH_STEPS_MAX) {
        snprintf(why, why_size, "2 to %d steps, not %u", FASTI_BENCH_STEPS_MAX, ramp->steps);
        return false;
    }
    return true;
}

/* At a share of the way from first to last. */
static double value_at(const struct fasti_bench_ramp *ramp, double share) {
    return (double)ramp->first + ((double)ramp->last - (double)ramp->first) * share;
}

/* In the step, or, linear, in its middle. */
static double step_value(const struct fasti_bench_ramp *ramp, uint32_t step) {
    if (ramp->is_linear)
        return value_at(ramp, ((double)step + 0.5) / (double)ramp->steps);
    return ramp->steps < 2 ? ramp->first : value_at(ramp, (double)step / (double)(ramp->steps - 1));
}

uint32_t fasti_bench_ramp_value(const struct fasti_bench_ramp *ramp, uint32_t step) {
    return (uint32_t)lround(step_value(ramp, step));
}

/* ---- paces ---- */

/* When a linear rate has summed up to due: the root of (last - first) / 2T * t^2 + first * t = due,
 * in the form that does not cancel. Beyond the end: infinity. */
static double linear_when(const struct fasti_bench_pace *pace) {
    const double all_s = pace->step_s * (double)pace->rate.steps;
    const double first = (double)pace->rate.first, slope = (pace->rate.last - first) / all_s;
    const double under = first * first + 2 * slope * pace->due;
    if (under < 0)
        return INFINITY; /* a rate that falls never sums up to so much */
    const double when = 2 * pace->due / (first + sqrt(under));
    return when < all_s ? when : INFINITY;
}

/* The same for steps of constant rates. */
static double stepped_when(const struct fasti_bench_pace *pace) {
    double rest = pace->due;
    for (uint32_t step = 0; step < pace->rate.steps; step++) {
        const double rate = step_value(&pace->rate, step);
        if (rest < rate * pace->step_s)
            return (double)step * pace->step_s + rest / rate;
        rest -= rate * pace->step_s;
    }
    return INFINITY;
}

/* Exponential with mean 1: the gap between events of a Poisson process of rate 1. */
static double exponential(struct fasti_prng *prng) {
    const double uniform = (double)(fasti_prng_next(prng) >> 11) * 0x1p-53; /* [0, 1) */
    return -log1p(-uniform);
}

void fasti_bench_pace_init(struct fasti_bench_pace *pace, const struct fasti_bench_ramp *rate,
                           int64_t step_ns, bool is_even, uint32_t share, uint32_t shares,
                           uint64_t seed) {
    *pace = (struct fasti_bench_pace){
        .rate = *rate,
        .step_s = (double)step_ns / 1e9,
        .is_even = is_even,
        .shares = shares,
        .prng = {seed},
    };
    pace->due = is_even ? share : exponential(&pace->prng) * shares;
}

int64_t fasti_bench_pace_next(struct fasti_bench_pace *pace) {
    const double when = pace->rate.is_linear ? linear_when(pace) : stepped_when(pace);
    if (!isfinite(when))
        return INT64_MAX;
    pace->due += (pace->is_even ? 1 : exponential(&pace->prng)) * pace->shares;
    return (int64_t)(when * 1e9);
}
