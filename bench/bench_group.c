/*
 * bench_group.c - one thread's connections, driven by what poll(2) says.
 *
 *   prepare all -> barrier -> { send what is due; poll; take what came } -> barrier -> barrier
 *               -> finish all
 *
 *   closed loop   a connection sends when it has fewer than depth commands on their way
 *   open loop     a command is sent when its time has come, on the next connection that has room.
 *                 Where none has, it waits, and the time it waits is part of its latency; what
 * waits longer than the plan's patience is given up and counted with the time it waited. So at most
 * rate x patience commands wait, and none of them takes memory.
 *
 * After the end, which a signal may bring early, nothing new is due; what is due is sent, what is
 * on its way is waited for. A connection that fails is left out; the others go on, and the report
 * names the first.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "bench/bench_load.h"

#define SILENCE_NS INT64_C(10000000000) /* no answer for so long: the server is gone */
#define PULSE_NS   INT64_C(1000000000)

static uint32_t step_of(const struct fasti_bench_group *group, int64_t since_ns) {
    const int64_t step = since_ns / group->plan->step_ns;
    const uint32_t last = group->plan->ramp.steps - 1;
    return step < last ? (uint32_t)step : last;
}

/* May this connection send in a step? A ramp of connections begins with few. */
static bool is_active(const struct fasti_bench_group *group, const struct fasti_bench_connection *c,
                      uint32_t step) {
    return c->status == FASTI_OK && (group->plan->ramp.raised != FASTI_BENCH_RAISED_CONNECTIONS ||
                                     c->index < fasti_bench_ramp_value(&group->plan->ramp, step));
}

/* ---- sending ---- */

static void closed_send(struct fasti_bench_group *group, uint32_t step) {
    for (uint32_t i = 0; i < group->count; i++) {
        struct fasti_bench_connection *c = &group->connections[i];
        if (is_active(group, c, step) && fasti_bench_connection_has_room(c))
            c->status = fasti_bench_connection_refill(c, step);
    }
}

/* The next connection with room, in turn; NULL: there is none. */
static struct fasti_bench_connection *room_find(struct fasti_bench_group *group, uint32_t step) {
    for (uint32_t i = 0; i < group->count; i++) {
        struct fasti_bench_connection *c = &group->connections[(group->turn + i) % group->count];
        if (!is_active(group, c, step) || !fasti_bench_connection_has_room(c))
            continue;
        group->turn = (group->turn + i + 1) % group->count;
        return c;
    }
    return NULL;
}

static void give_up(struct fasti_bench_group *group, uint32_t step, int64_t waited_ns) {
    fasti_histogram_record(&group->steps[step].latency_ns, (uint64_t)waited_ns);
    group->steps[step].unsent++;
}

/* Sends what is due at since_ns as far as there is room. In a step of few connections, commands of
 * the step before may still wait: who may send is asked of now, latency counts for their own. */
static void open_send(struct fasti_bench_group *group, int64_t since_ns) {
    const uint32_t now_step = step_of(group, since_ns);
    while (group->due_ns <= since_ns) {
        const uint32_t step = step_of(group, group->due_ns);
        const int64_t waited_ns = since_ns - group->due_ns;
        if (waited_ns > group->plan->patience_ns) {
            give_up(group, step, waited_ns);
        } else {
            struct fasti_bench_connection *c = room_find(group, now_step);
            if (c == NULL)
                break;
            c->status = fasti_bench_connection_send(c, group->begin_ns + group->due_ns, step);
            fasti_histogram_record(&group->late_ns, (uint64_t)waited_ns);
        }
        group->due_ns = fasti_bench_pace_next(&group->pace);
    }
    for (uint32_t i = 0; i < group->count; i++)
        if (group->connections[i].status == FASTI_OK &&
            fasti_bench_connection_waits(&group->connections[i]))
            group->connections[i].status = fasti_bench_connection_flush(&group->connections[i]);
}

/* ---- waiting ---- */

static bool waits_for_any(const struct fasti_bench_group *group, struct pollfd *events) {
    bool is_waiting = false;
    for (uint32_t i = 0; i < group->count; i++) {
        const struct fasti_bench_connection *c = &group->connections[i];
        const bool waits = c->status == FASTI_OK && fasti_bench_connection_waits(c);
        events[i] =
            (struct pollfd){.fd = waits ? fasti_client_fd(c->client) : -1, .events = POLLIN};
        is_waiting = is_waiting || waits;
    }
    return is_waiting;
}

static int64_t earlier(int64_t a_ns, int64_t b_ns) {
    return a_ns < b_ns ? a_ns : b_ns;
}

/* When something is to be done even if no answer comes, since the beginning: the next command is
 * due, or given up where none has room; another step; the live line. */
static int64_t wake_at(struct fasti_bench_group *group, int64_t since_ns) {
    const struct fasti_bench_plan *plan = group->plan;
    int64_t at_ns = group->published_ns - group->begin_ns + PULSE_NS;
    at_ns = earlier(at_ns, (since_ns / plan->step_ns + 1) * plan->step_ns);
    if (group->due_ns == INT64_MAX)
        return at_ns;
    return earlier(at_ns, group->due_ns > since_ns ? group->due_ns
                                                   : group->due_ns + plan->patience_ns + 1);
}

static void take_all(struct fasti_bench_group *group, const struct pollfd *events,
                     struct fasti_answer *answer) {
    for (uint32_t i = 0; i < group->count; i++)
        if (events[i].revents != 0)
            group->connections[i].status =
                fasti_bench_connection_take(&group->connections[i], answer);
}

/* Is a connection left that works? */
static bool has_any(const struct fasti_bench_group *group) {
    for (uint32_t i = 0; i < group->count; i++)
        if (group->connections[i].status == FASTI_OK)
            return true;
    return false;
}

/* ---- the run ---- */

/* One round at since_ns; false: the run is over. */
static bool step_on(struct fasti_bench_group *group, struct pollfd *events,
                    struct fasti_answer *answer, int64_t since_ns) {
    const bool is_going =
        since_ns < group->plan->step_ns * group->plan->ramp.steps && !group->is_stopped;
    if (group->is_stopped)
        group->due_ns = INT64_MAX;
    if (group->plan->is_open)
        open_send(group, since_ns);
    else if (is_going)
        closed_send(group, step_of(group, since_ns));
    const bool is_waiting = waits_for_any(group, events);
    const bool has_due = group->plan->is_open ? group->due_ns != INT64_MAX : is_going;
    if (!has_any(group) || (!is_waiting && !has_due))
        return false;
    const int64_t now_ns = fasti_clock_monotonic_ns();
    if (!is_waiting)
        group->heard_ns = now_ns; /* nothing to be heard */
    if (now_ns - group->heard_ns > SILENCE_NS)
        return false;
    const int64_t wait_ns = wake_at(group, since_ns) + group->begin_ns - now_ns;
    const struct timespec wait = {.tv_sec = wait_ns > 0 ? wait_ns / 1000000000 : 0,
                                  .tv_nsec = wait_ns > 0 ? wait_ns % 1000000000 : 0};
    if (ppoll(events, group->count, &wait, NULL) > 0) {
        take_all(group, events, answer);
        group->heard_ns = fasti_clock_monotonic_ns();
    }
    return true;
}

static void measure(struct fasti_bench_group *group, struct fasti_answer *answer) {
    struct pollfd events[FASTI_BENCH_CONNECTIONS_MAX];
    group->begin_ns = group->heard_ns = group->published_ns = fasti_clock_monotonic_ns();
    group->due_ns = INT64_MAX;
    if (group->plan->is_open) {
        fasti_bench_pace_init(&group->pace, &group->plan->rate, group->plan->step_ns,
                              group->plan->is_even, group->index, group->group_count,
                              group->plan->seed + group->index + 1);
        group->due_ns = fasti_bench_pace_next(&group->pace);
    }
    while (step_on(group, events, answer, fasti_clock_monotonic_ns() - group->begin_ns)) {
        if (fasti_clock_monotonic_ns() - group->published_ns < PULSE_NS)
            continue;
        group->published_ns += PULSE_NS;
        group->is_stopped = fasti_bench_live_publish(group, false);
    }
    group->end_ns = fasti_clock_monotonic_ns();
}

void *fasti_bench_group_run(void *argument) {
    struct fasti_bench_group *group = argument;
    struct fasti_answer *answer = calloc(1, sizeof *answer);
    if (answer == NULL)
        abort();
    (void)prctl(PR_SET_TIMERSLACK, 1UL); /* of this thread: commands are sent when they are due */
    for (uint32_t i = 0; i < group->count; i++)
        fasti_bench_connection_prepare(&group->connections[i], answer);
    (void)pthread_barrier_wait(group->barrier);
    measure(group, answer);
    for (uint32_t i = 0; i < group->count; i++) {
        struct fasti_bench_connection *c = &group->connections[i];
        if (c->status == FASTI_OK && fasti_bench_connection_waits(c))
            c->status =
                fasti_detail_set(&c->detail, FASTI_UNREACHABLE, "no answer came for ten seconds");
    }
    (void)fasti_bench_live_publish(group, true);
    (void)pthread_barrier_wait(group->barrier);
    (void)pthread_barrier_wait(group->barrier);
    for (uint32_t i = 0; i < group->count; i++)
        fasti_bench_connection_finish(&group->connections[i], answer);
    free(answer);
    return NULL;
}
