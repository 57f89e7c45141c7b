/*
 * bench_group.c - one thread's connections, driven by what poll(2) says.
 *
 *   prepare all -> barrier -> refill all -> { poll; take and refill what is readable } -> drain
 *               -> barrier -> finish all
 *
 * A connection that fails is left out; the others go on, and the report names the first.
 */
#include <poll.h>
#include <stdlib.h>

#include "bench/bench.h"

/* Takes what is there; refills while the time runs. */
static void serve(struct fasti_bench_connection *c, struct fasti_answer *answer, bool is_running) {
    c->status = fasti_bench_connection_take(c, answer);
    if (c->status == FASTI_OK && is_running)
        c->status = fasti_bench_connection_refill(c);
}

/* Waits for the connections that still wait for answers; false: none does. */
static bool wait_for_any(const struct fasti_bench_group *group, struct pollfd *events) {
    bool is_waiting = false;
    for (uint32_t i = 0; i < group->count; i++) {
        const struct fasti_bench_connection *c = &group->connections[i];
        const bool waits = c->status == FASTI_OK && fasti_bench_connection_waits(c);
        events[i] =
            (struct pollfd){.fd = waits ? fasti_client_fd(c->client) : -1, .events = POLLIN};
        is_waiting = is_waiting || waits;
    }
    return is_waiting && poll(events, group->count, 10000) > 0;
}

static void measure(struct fasti_bench_group *group, struct fasti_answer *answer) {
    struct pollfd events[FASTI_BENCH_CONNECTIONS_MAX];
    group->begin_ns = fasti_clock_monotonic_ns();
    const int64_t stop_ns = group->begin_ns + group->duration_ns;
    for (uint32_t i = 0; i < group->count; i++)
        if (group->connections[i].status == FASTI_OK)
            group->connections[i].status = fasti_bench_connection_refill(&group->connections[i]);
    while (wait_for_any(group, events)) {
        const bool is_running = fasti_clock_monotonic_ns() < stop_ns;
        for (uint32_t i = 0; i < group->count; i++)
            if (events[i].revents != 0)
                serve(&group->connections[i], answer, is_running);
    }
    group->end_ns = fasti_clock_monotonic_ns();
}

void *fasti_bench_group_run(void *argument) {
    struct fasti_bench_group *group = argument;
    struct fasti_answer *answer = calloc(1, sizeof *answer);
    if (answer == NULL)
        abort();
    for (uint32_t i = 0; i < group->count; i++)
        fasti_bench_connection_prepare(&group->connections[i], answer);
    (void)pthread_barrier_wait(group->barrier);
    measure(group, answer);
    (void)pthread_barrier_wait(group->barrier);
    for (uint32_t i = 0; i < group->count; i++) {
        struct fasti_bench_connection *c = &group->connections[i];
        if (c->status == FASTI_OK && fasti_bench_connection_waits(c))
            c->status =
                fasti_detail_set(&c->detail, FASTI_UNREACHABLE, "no answer came for ten seconds");
        fasti_bench_connection_finish(c, answer);
    }
    free(answer);
    return NULL;
}
