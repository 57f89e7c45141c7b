/*
 * bench_report.c - what a load came to: for people, as JSON, and as rows of a latency curve.
 */
#include <inttypes.h>
#include <math.h>

#include "bench/bench_load.h"

/* Percentiles that are told, in millionths, and what they are called. */
static const struct {
    uint32_t per_million;
    const char *head, *key;
} told[] = {
    {500000, "p50", "p50_us"},    {900000, "p90", "p90_us"},      {990000, "p99", "p99_us"},
    {999000, "p99.9", "p999_us"}, {999900, "p99.99", "p9999_us"}, {1000000, "max", "max_us"},
};
#define TOLD_COUNT (sizeof told / sizeof told[0])

const char *fasti_bench_operation_name(enum fasti_bench_operation operation) {
    static const char *const names[] = {"search", "availability", "book",
                                        "cancel", "hold",         "confirm"};
    return operation < FASTI_BENCH_OPERATIONS ? names[operation] : "all";
}

static bool is_empty(const struct fasti_bench_tally *tally) {
    return tally->done + tally->refused + tally->busy + tally->unsent == 0;
}

static double us(const struct fasti_bench_tally *tally, uint32_t per_million) {
    return (double)fasti_histogram_quantile(&tally->latency_ns, per_million) / 1e3;
}

/* How long a step took: 0 where a signal came before it. The waiting for the last answers is left
 * out. */
static double step_seconds(const struct fasti_bench_load *load,
                           const struct fasti_bench_result *result, uint32_t step) {
    const double planned = (double)load->plan.step_ns / 1e9;
    const double gone = result->seconds - planned * step;
    return gone < 0 ? 0 : gone < planned ? gone : planned;
}

static uint32_t step_rate(const struct fasti_bench_load *load, uint32_t step) {
    return fasti_bench_ramp_value(&load->plan.rate, step);
}

static uint32_t step_connections(const struct fasti_bench_load *load, uint32_t step) {
    return load->plan.ramp.raised == FASTI_BENCH_RAISED_CONNECTIONS
               ? fasti_bench_ramp_value(&load->plan.ramp, step)
               : load->connections;
}

static const char *loop_name(const struct fasti_bench_load *load) {
    return load->slots > 0 ? "rush" : load->plan.is_open ? "open" : "closed";
}

/* ---- for people ---- */

/* per_second: what is counted; of a step of an open loop commands that were due in it and answered
 * whenever that was. */
static void print_head(const char *first, const char *per_second) {
    printf("%-14s %10s", first, per_second);
    for (size_t i = 0; i < TOLD_COUNT; i++)
        printf(" %7s us", told[i].head);
    printf(" %9s %6s\n", "refused", "busy");
}

static void print_row(const char *name, const struct fasti_bench_tally *tally, double seconds) {
    printf("%-14s %10.0f", name, seconds > 0 ? (double)tally->done / seconds : 0.0);
    for (size_t i = 0; i < TOLD_COUNT; i++)
        printf(" %10.1f", us(tally, told[i].per_million));
    printf(" %9" PRIu64 " %6" PRIu64 "\n", tally->refused, tally->busy);
}

static void print_loop(const struct fasti_bench_load *load,
                       const struct fasti_bench_result *result) {
    char mix[FASTI_BENCH_MIX_TEXT_BYTES];
    fasti_bench_mix_format(&load->mix, mix);
    printf("%s, %u connections x depth %u, %.2f s, seed %" PRIu64 "\n", mix, load->connections,
           load->depth, result->seconds, load->plan.seed);
    if (result->is_stopped)
        puts("stopped by a signal before its time");
    if (load->plan.is_open)
        printf("open loop, %s, %u commands/s%s%.0u%s: sent late by p50 %.1f us, p99 %.1f us, max "
               "%.1f us\n",
               load->plan.is_even ? "even" : "poisson", load->plan.rate.first,
               load->plan.rate.last != load->plan.rate.first ? " to " : "",
               load->plan.rate.last != load->plan.rate.first ? load->plan.rate.last : 0,
               load->plan.rate.is_linear ? " rising evenly" : "",
               (double)fasti_histogram_quantile(&result->late_ns, 500000) / 1e3,
               (double)fasti_histogram_quantile(&result->late_ns, 990000) / 1e3,
               (double)fasti_histogram_quantile(&result->late_ns, 1000000) / 1e3);
}

static void print_steps(const struct fasti_bench_load *load,
                        const struct fasti_bench_result *result) {
    const bool is_rate = load->plan.ramp.raised == FASTI_BENCH_RAISED_RATE;
    print_head(is_rate ? "step, rate" : "step, connec.", load->plan.is_open ? "due/s" : "done/s");
    for (uint32_t step = 0; step < load->plan.ramp.steps; step++) {
        char name[32];
        snprintf(name, sizeof name, "%2u %11u", step + 1,
                 is_rate ? step_rate(load, step) : step_connections(load, step));
        print_row(name, &result->steps[step], step_seconds(load, result, step));
    }
}

void fasti_bench_report_text(const struct fasti_bench_load *load,
                             const struct fasti_bench_result *result) {
    uint32_t rows = 0;
    print_loop(load, result);
    print_head("", "done/s");
    for (uint32_t op = 0; op < FASTI_BENCH_OPERATIONS; op++) {
        if (is_empty(&result->tallies[op]))
            continue;
        print_row(fasti_bench_operation_name((enum fasti_bench_operation)op), &result->tallies[op],
                  result->seconds);
        rows++;
    }
    if (rows > 1 || result->all.unsent > 0)
        print_row("all", &result->all, result->seconds);
    if (result->all.unsent > 0)
        printf("%" PRIu64 " commands were given up %.0f s after their time: the server, or this "
               "client, is too slow for the rate\n",
               result->all.unsent, (double)load->plan.patience_ns / 1e9);
    if (load->plan.ramp.steps > 1)
        print_steps(load, result);
    if (load->slots > 0)
        printf("%u rounds: each of %u slots had one winner in each\n", result->rounds, load->slots);
    if (result->is_checked)
        printf("checked: %" PRIu64 " bookings were acknowledged, no two at one time; all that "
               "stand are among %" PRIu64 " that the server lists\n",
               result->sales, result->listed);
    if (result->shared_schedules > 0)
        printf("%" PRIu64 " schedules take several visits at once: only looked through for what is "
               "missing\n",
               result->shared_schedules);
    if (fasti_bench_mix_writes(&load->mix))
        printf("%" PRIu64 " bookings of this run stand, %" PRIu64 " were cancelled after it\n",
               result->left, result->cleaned);
}

/* ---- JSON ---- */

static void json_tally(const struct fasti_bench_tally *tally, double seconds) {
    printf("\"per_second\":%.0f", seconds > 0 ? (double)tally->done / seconds : 0.0);
    for (size_t i = 0; i < TOLD_COUNT; i++)
        printf(",\"%s\":%.1f", told[i].key, us(tally, told[i].per_million));
    printf(",\"done\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"busy\":%" PRIu64
           ",\"given_up\":%" PRIu64 "}",
           tally->done, tally->refused, tally->busy, tally->unsent);
}

static void json_loop(const struct fasti_bench_load *load,
                      const struct fasti_bench_result *result) {
    char mix[FASTI_BENCH_MIX_TEXT_BYTES];
    fasti_bench_mix_format(&load->mix, mix);
    printf("{\"mix\":\"%s\",\"connections\":%u,\"depth\":%u,\"threads\":%u,\"seconds\":%.3f,"
           "\"seed\":%" PRIu64 ",\"loop\":\"%s\",\"stopped\":%s",
           mix, load->connections, load->depth, load->threads, result->seconds, load->plan.seed,
           loop_name(load), result->is_stopped ? "true" : "false");
    if (load->plan.is_open)
        printf(",\"spacing\":\"%s\",\"rate\":%u,\"rate_last\":%u,\"linear\":%s,"
               "\"late_p50_us\":%.1f,\"late_p99_us\":%.1f,\"late_max_us\":%.1f",
               load->plan.is_even ? "even" : "poisson", load->plan.rate.first, load->plan.rate.last,
               load->plan.rate.is_linear ? "true" : "false",
               (double)fasti_histogram_quantile(&result->late_ns, 500000) / 1e3,
               (double)fasti_histogram_quantile(&result->late_ns, 990000) / 1e3,
               (double)fasti_histogram_quantile(&result->late_ns, 1000000) / 1e3);
}

static void json_steps(const struct fasti_bench_load *load,
                       const struct fasti_bench_result *result) {
    printf(",\"steps\":[");
    for (uint32_t step = 0; step < load->plan.ramp.steps; step++) {
        printf("%s{\"step\":%u,\"connections\":%u,", step == 0 ? "" : ",", step + 1,
               step_connections(load, step));
        if (load->plan.is_open)
            printf("\"rate\":%u,", step_rate(load, step));
        json_tally(&result->steps[step], step_seconds(load, result, step));
    }
    printf("]");
}

void fasti_bench_report_json(const struct fasti_bench_load *load,
                             const struct fasti_bench_result *result) {
    const char *comma = "";
    json_loop(load, result);
    printf(",\"operations\":[");
    for (uint32_t op = 0; op < FASTI_BENCH_OPERATIONS; op++) {
        if (is_empty(&result->tallies[op]))
            continue;
        printf("%s{\"op\":\"%s\",", comma,
               fasti_bench_operation_name((enum fasti_bench_operation)op));
        json_tally(&result->tallies[op], result->seconds);
        comma = ",";
    }
    printf("],\"all\":{");
    json_tally(&result->all, result->seconds);
    if (load->plan.ramp.steps > 1)
        json_steps(load, result);
    if (load->slots > 0)
        printf(",\"slots\":%u,\"rounds\":%u", load->slots, result->rounds);
    if (load->check)
        printf(",\"check\":{\"passed\":%s,\"bookings\":%" PRIu64 ",\"listed\":%" PRIu64
               ",\"shared_schedules\":%" PRIu64 "}",
               result->is_checked ? "true" : "false", result->sales, result->listed,
               result->shared_schedules);
    printf(",\"left\":%" PRIu64 ",\"cleaned\":%" PRIu64 "}\n", result->left, result->cleaned);
}

/* ---- the curve ---- */

uint32_t fasti_bench_curve(uint64_t count, double percentiles[FASTI_BENCH_POINTS_MAX],
                           uint64_t ranks[FASTI_BENCH_POINTS_MAX]) {
    uint32_t points = 0;
    if (count == 0)
        return 0;
    for (uint32_t tenth = 0; points < FASTI_BENCH_POINTS_MAX - 1; tenth++) {
        const double beyond = pow(10, -(double)tenth / 10); /* share of values above */
        if (beyond * (double)count < 1)
            break;
        const uint64_t rank = count - (uint64_t)(beyond * (double)count);
        percentiles[points] = 100 * (1 - beyond);
        ranks[points++] = rank == 0 ? 1 : rank;
    }
    percentiles[points] = 100;
    ranks[points++] = count;
    return points;
}

static void csv_tally(FILE *file, uint32_t step, const char *name,
                      const struct fasti_bench_tally *tally) {
    double percentiles[FASTI_BENCH_POINTS_MAX];
    uint64_t ranks[FASTI_BENCH_POINTS_MAX];
    const uint32_t points = fasti_bench_curve(tally->latency_ns.count, percentiles, ranks);
    for (uint32_t i = 0; i < points; i++)
        fprintf(file, "%u,%s,%.6f,%.1f,%" PRIu64 "\n", step, name, percentiles[i],
                (double)fasti_histogram_at(&tally->latency_ns, ranks[i]) / 1e3, ranks[i]);
}

void fasti_bench_report_csv(FILE *file, const struct fasti_bench_load *load,
                            const struct fasti_bench_result *result) {
    fputs("step,operation,percentile,latency_us,count\n", file);
    csv_tally(file, 0, "all", &result->all);
    for (uint32_t op = 0; op < FASTI_BENCH_OPERATIONS; op++)
        csv_tally(file, 0, fasti_bench_operation_name((enum fasti_bench_operation)op),
                  &result->tallies[op]);
    for (uint32_t step = 0; step < load->plan.ramp.steps && load->plan.ramp.steps > 1; step++)
        csv_tally(file, step + 1, "all", &result->steps[step]);
}
