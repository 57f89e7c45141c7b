/*
 * bench_live.c - a line each second on stderr while a load runs.
 *
 * Each group copies what it has counted so far under the lock, once a second; whoever watches adds
 * the copies up and tells what the last second had. On a terminal the line is rewritten.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench_load.h"

#define CLEAR_LINE "\r\033[K"
#define LATER_NS   50000000 /* groups publish on their second, each a little later */

void fasti_bench_live_init(struct fasti_bench_live *live, uint32_t group_count) {
    pthread_condattr_t attributes;
    *live = (struct fasti_bench_live){.group_count = group_count, .running = group_count};
    live->groups = calloc(group_count, sizeof *live->groups);
    if (live->groups == NULL || pthread_mutex_init(&live->mutex, NULL) != 0 ||
        pthread_condattr_init(&attributes) != 0 ||
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC) != 0 ||
        pthread_cond_init(&live->changed, &attributes) != 0)
        abort();
    (void)pthread_condattr_destroy(&attributes);
}

void fasti_bench_live_deinit(struct fasti_bench_live *live) {
    (void)pthread_cond_destroy(&live->changed);
    (void)pthread_mutex_destroy(&live->mutex);
    free(live->groups);
}

bool fasti_bench_live_publish(const struct fasti_bench_group *group, bool is_over) {
    struct fasti_bench_live *live = group->live;
    struct fasti_bench_pulse *pulse = &live->groups[group->index];
    const int64_t since_ns = fasti_clock_monotonic_ns() - group->begin_ns;
    (void)pthread_mutex_lock(&live->mutex);
    *pulse = (struct fasti_bench_pulse){0};
    for (uint32_t i = 0; i < FASTI_BENCH_OPERATIONS; i++)
        fasti_bench_tally_add(&pulse->all, &group->tallies[i]);
    for (uint32_t i = 0; i < group->plan->ramp.steps; i++)
        pulse->all.unsent += group->steps[i].unsent;
    for (uint32_t i = 0; i < group->count; i++)
        if (group->connections[i].status == FASTI_OK)
            pulse->in_flight += fasti_client_in_flight(group->connections[i].client);
    if (group->due_ns < since_ns)
        pulse->behind_ns = since_ns - group->due_ns;
    if (is_over && --live->running == 0)
        (void)pthread_cond_signal(&live->changed);
    const bool is_stopped = live->is_stopped;
    (void)pthread_mutex_unlock(&live->mutex);
    return is_stopped;
}

/* ---- watching ---- */

/* All groups together. */
static void sum_up(const struct fasti_bench_live *live, struct fasti_bench_pulse *sum) {
    *sum = (struct fasti_bench_pulse){0};
    for (uint32_t i = 0; i < live->group_count; i++) {
        const struct fasti_bench_pulse *pulse = &live->groups[i];
        fasti_bench_tally_add(&sum->all, &pulse->all);
        sum->in_flight += pulse->in_flight;
        if (pulse->behind_ns > sum->behind_ns)
            sum->behind_ns = pulse->behind_ns;
    }
}

static double us(const struct fasti_histogram *histogram, uint32_t per_million) {
    return (double)fasti_histogram_quantile(histogram, per_million) / 1e3;
}

/* What came since before. */
static void tell(const struct fasti_bench_pulse *now, const struct fasti_bench_pulse *before,
                 uint32_t second, bool is_terminal) {
    static struct fasti_histogram part; /* one thread watches */
    fasti_histogram_since(&part, &now->all.latency_ns, &before->all.latency_ns);
    fprintf(stderr,
            "%s%4u s %9" PRIu64 "/s  p50 %.0f us  p99 %.0f us  max %.0f us  %" PRIu64
            " on their way",
            is_terminal ? CLEAR_LINE : "", second, now->all.done - before->all.done,
            us(&part, 500000), us(&part, 990000), us(&part, 1000000), now->in_flight);
    const struct {
        const char *name;
        uint64_t count;
    } more[] = {{"refused", now->all.refused - before->all.refused},
                {"busy", now->all.busy - before->all.busy},
                {"given up", now->all.unsent - before->all.unsent}};
    for (uint32_t i = 0; i < sizeof more / sizeof more[0]; i++)
        if (more[i].count > 0)
            fprintf(stderr, "  %s %" PRIu64, more[i].name, more[i].count);
    if (now->behind_ns >= 1000000)
        fprintf(stderr, "  behind by %.0f ms", (double)now->behind_ns / 1e6);
    if (!is_terminal)
        fputc('\n', stderr);
    fflush(stderr);
}

void fasti_bench_live_watch(struct fasti_bench_live *live, const struct fasti_bench_load *load) {
    const bool is_terminal = isatty(STDERR_FILENO) != 0;
    struct fasti_bench_pulse *now = calloc(1, sizeof *now), *before = calloc(1, sizeof *before);
    struct timespec at;
    if (now == NULL || before == NULL)
        abort();
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_nsec += LATER_NS;
    if (at.tv_nsec >= 1000000000) {
        at.tv_nsec -= 1000000000;
        at.tv_sec++;
    }
    uint32_t second = 0;
    (void)pthread_mutex_lock(&live->mutex);
    while (live->running > 0) {
        at.tv_sec++;
        live->is_stopped = *load->is_stopped != 0;
        while (live->running > 0 && pthread_cond_timedwait(&live->changed, &live->mutex, &at) == 0)
            ;
        if (live->running == 0)
            break;
        sum_up(live, now);
        (void)pthread_mutex_unlock(&live->mutex);
        if (!load->is_quiet)
            tell(now, before, ++second, is_terminal);
        struct fasti_bench_pulse *const swapped = before;
        before = now;
        now = swapped;
        (void)pthread_mutex_lock(&live->mutex);
    }
    (void)pthread_mutex_unlock(&live->mutex);
    if (is_terminal && second > 0)
        fputs(CLEAR_LINE, stderr);
    free(now);
    free(before);
}
