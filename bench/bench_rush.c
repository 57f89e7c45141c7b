/*
 * bench_rush.c - load --rush: every connection wants the same few free slots at the same moment.
 *
 *   all:    barrier | book every slot, in an order of its own, depth at a time | barrier
 *   judge:                                                                     | one winner a slot?
 *   all:    barrier | winners cancel | barrier, and again until the time is over
 *
 * A slot that the server was too BUSY for is asked for again, so after a round each connection has
 * won or lost each slot. What the last round won stays, for --check and --clean.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench_load.h"

#define SILENCE_MS 10000

struct rush {
    const struct fasti_bench_load *load;
    struct fasti_bench_connection *connections;
    struct fasti_bench_start *slots; /* by schedule and start */
    uint32_t slot_count;
    pthread_barrier_t barrier;
    bool goes_on;
};

/* One thread with its connections. */
struct crowd {
    struct rush *rush;
    struct fasti_bench_connection *connections;
    uint32_t count;
    struct fasti_bench_tally tallies[FASTI_BENCH_OPERATIONS], all;
};

/* ---- a crowd ---- */

/* Sends what a connection still has to: bookings of its starts, or cancels of its bookings. */
static enum fasti_status push(struct fasti_bench_connection *c,
                              enum fasti_bench_operation operation) {
    while (fasti_bench_connection_has_room(c) &&
           (operation == FASTI_BENCH_BOOK ? c->start_count > 0 : c->booking_count > 0))
        FASTI_TRY(fasti_bench_connection_launch(c, operation, 0, 0));
    return fasti_bench_connection_flush(c);
}

/* Until all connections of the crowd have the answers to all that they want. */
static void crowd_push(struct crowd *crowd, enum fasti_bench_operation operation,
                       struct fasti_answer *answer) {
    struct pollfd events[FASTI_BENCH_CONNECTIONS_MAX];
    for (;;) {
        bool is_waiting = false;
        for (uint32_t i = 0; i < crowd->count; i++) {
            struct fasti_bench_connection *c = &crowd->connections[i];
            if (c->status == FASTI_OK)
                c->status = push(c, operation);
            const bool waits = c->status == FASTI_OK && fasti_bench_connection_waits(c);
            events[i] =
                (struct pollfd){.fd = waits ? fasti_client_fd(c->client) : -1, .events = POLLIN};
            is_waiting = is_waiting || waits;
        }
        if (!is_waiting)
            return;
        const int ready = poll(events, crowd->count, SILENCE_MS);
        if (ready < 0 && errno == EINTR)
            continue;
        for (uint32_t i = 0; i < crowd->count; i++) {
            struct fasti_bench_connection *c = &crowd->connections[i];
            if (ready <= 0 && events[i].fd >= 0)
                c->status = fasti_detail_set(&c->detail, FASTI_UNREACHABLE,
                                             "no answer came for ten seconds");
            else if (events[i].revents != 0)
                c->status = fasti_bench_connection_take(c, answer);
        }
    }
}

/* Every slot, in an order of the connection's own. */
static void want_all(struct fasti_bench_connection *c, const struct rush *rush) {
    if (c->status != FASTI_OK)
        return;
    memcpy(c->starts, rush->slots, rush->slot_count * sizeof *rush->slots);
    c->start_count = rush->slot_count;
    fasti_bench_stock_shuffle(c);
}

static void *crowd_run(void *argument) {
    struct crowd *crowd = argument;
    struct rush *rush = crowd->rush;
    struct fasti_answer *answer = calloc(1, sizeof *answer);
    if (answer == NULL)
        abort();
    do {
        for (uint32_t i = 0; i < crowd->count; i++)
            want_all(&crowd->connections[i], rush);
        (void)pthread_barrier_wait(&rush->barrier);
        crowd_push(crowd, FASTI_BENCH_BOOK, answer);
        (void)pthread_barrier_wait(&rush->barrier); /* the judge looks */
        (void)pthread_barrier_wait(&rush->barrier);
        if (!rush->goes_on)
            break;
        crowd_push(crowd, FASTI_BENCH_CANCEL, answer);
        (void)pthread_barrier_wait(&rush->barrier);
    } while (true);
    (void)pthread_barrier_wait(&rush->barrier); /* the check is over */
    for (uint32_t i = 0; i < crowd->count; i++)
        fasti_bench_connection_finish(&crowd->connections[i], answer);
    free(answer);
    return NULL;
}

/* ---- the judge ---- */

static int compare_slots(const void *a, const void *b) {
    const struct fasti_bench_start *x = a, *y = b;
    if (x->pair.schedule.v != y->pair.schedule.v)
        return x->pair.schedule.v < y->pair.schedule.v ? -1 : 1;
    return (x->utc_s > y->utc_s) - (x->utc_s < y->utc_s);
}

static void fault_print(const struct rush *rush, uint32_t round, uint32_t slot,
                        const struct fasti_bench_booking *const winners[2]) {
    fprintf(stderr,
            "fasti-bench: RUSH FAILED: round %u, schedule #%u, start %lld (UTC seconds): ", round,
            rush->slots[slot].pair.schedule.v, (long long)rush->slots[slot].utc_s);
    if (winners[1] != NULL)
        fprintf(stderr, "sold twice, as record %llu and as record %llu\n",
                (unsigned long long)winners[0]->record.v, (unsigned long long)winners[1]->record.v);
    else
        fputs("nobody got it, and nobody may have had it before: does somebody else book there?\n",
              stderr);
}

/* One winner a slot? false: it was told. */
static bool round_judge(const struct rush *rush, uint32_t round) {
    const struct fasti_bench_booking *winners[FASTI_BENCH_SLOTS_MAX][2] = {{NULL}};
    for (uint32_t i = 0; i < rush->load->connections; i++) {
        const struct fasti_bench_connection *c = &rush->connections[i];
        for (uint32_t b = 0; b < c->booking_count; b++) {
            const struct fasti_bench_booking *booking =
                &c->bookings[(c->booking_first + b) % FASTI_BENCH_STARTS_MAX];
            const struct fasti_bench_start *slot = bsearch(
                &booking->start, rush->slots, rush->slot_count, sizeof *slot, compare_slots);
            const struct fasti_bench_booking **found = winners[slot - rush->slots];
            found[found[0] != NULL] = booking;
        }
    }
    for (uint32_t slot = 0; slot < rush->slot_count; slot++)
        if (winners[slot][0] == NULL || winners[slot][1] != NULL) {
            fault_print(rush, round, slot, winners[slot]);
            return false;
        }
    return true;
}

static bool connections_work(const struct rush *rush) {
    for (uint32_t i = 0; i < rush->load->connections; i++) {
        const struct fasti_bench_connection *c = &rush->connections[i];
        if (c->status == FASTI_OK)
            continue;
        fprintf(stderr, "fasti-bench: connection %u: %s\n", c->index,
                c->detail.text[0] != '\0' ? c->detail.text : fasti_status_text(c->status));
        return false;
    }
    return true;
}

/* The judge's side of all rounds; the exit status. */
static int rounds_run(struct rush *rush, struct fasti_bench_result *result) {
    const int64_t begin_ns = fasti_clock_monotonic_ns();
    const int64_t stop_ns = begin_ns + rush->load->plan.step_ns;
    int exit_status = 0;
    do {
        (void)pthread_barrier_wait(&rush->barrier);
        (void)pthread_barrier_wait(&rush->barrier);
        if (!connections_work(rush))
            exit_status = FASTI_BENCH_EXIT_SERVER;
        else if (!round_judge(rush, result->rounds + 1))
            exit_status = FASTI_BENCH_EXIT_CHECK;
        else
            result->rounds++;
        rush->goes_on = exit_status == 0 && fasti_clock_monotonic_ns() < stop_ns &&
                        *rush->load->is_stopped == 0;
        (void)pthread_barrier_wait(&rush->barrier);
        if (rush->goes_on)
            (void)pthread_barrier_wait(&rush->barrier);
        if (!rush->load->is_quiet && result->rounds % 100 == 0 && rush->goes_on)
            fprintf(stderr, "%u rounds\n", result->rounds);
    } while (rush->goes_on);
    result->seconds = (double)(fasti_clock_monotonic_ns() - begin_ns) / 1e9;
    return exit_status;
}

/* ---- before and after ---- */

/* Connects all, and finds the slots. false: it was told. */
static bool prepare(struct rush *rush) {
    struct fasti_answer *answer = calloc(1, sizeof *answer);
    struct fasti_bench_connection *first = &rush->connections[0];
    if (answer == NULL)
        abort();
    for (uint32_t i = 0; i < rush->load->connections; i++) {
        struct fasti_bench_connection *c = &rush->connections[i];
        const struct fasti_bench_mix mix = c->mix;
        c->mix = (struct fasti_bench_mix){.weights = {[FASTI_BENCH_PART_PAGE] = 1}};
        fasti_bench_connection_prepare(c, answer); /* without a stock of its own */
        c->mix = mix;
    }
    bool is_good = connections_work(rush);
    if (is_good) {
        first->status = fasti_bench_stock_hot(first, answer, rush->load->slots);
        if (first->status == FASTI_OK && first->start_count < rush->load->slots)
            first->status =
                fasti_detail_set(&first->detail, FASTI_NOT_FOUND,
                                 "only %u free slots of %u in the next %d days of schedules of one "
                                 "visit at a time",
                                 first->start_count, rush->load->slots, FASTI_QUERY_DAYS_MAX);
        is_good = connections_work(rush);
    }
    if (is_good) {
        rush->slot_count = first->start_count;
        rush->slots = calloc(rush->slot_count, sizeof *rush->slots);
        if (rush->slots == NULL)
            abort();
        memcpy(rush->slots, first->starts, rush->slot_count * sizeof *rush->slots);
        qsort(rush->slots, rush->slot_count, sizeof *rush->slots, compare_slots);
    }
    for (uint32_t i = 0; i < rush->load->connections && !is_good; i++)
        fasti_bench_connection_finish(&rush->connections[i], answer);
    free(answer);
    return is_good;
}

static void crowds_start(struct rush *rush, struct crowd *crowds, pthread_t *threads) {
    const struct fasti_bench_load *load = rush->load;
    if (pthread_barrier_init(&rush->barrier, NULL, load->threads + 1) != 0)
        abort();
    fasti_bench_signals_block(true);
    for (uint32_t i = 0, first = 0; i < load->threads; i++) {
        struct crowd *crowd = &crowds[i];
        crowd->rush = rush;
        crowd->connections = rush->connections + first;
        crowd->count = (load->connections - i - 1) / load->threads + 1;
        for (uint32_t c = 0; c < crowd->count; c++) {
            crowd->connections[c].tallies = crowd->tallies;
            crowd->connections[c].steps = &crowd->all;
        }
        first += crowd->count;
        if (pthread_create(&threads[i], NULL, crowd_run, crowd) != 0)
            abort(); /* the others wait at the barrier: there is no way on */
    }
    fasti_bench_signals_block(false);
}

int fasti_bench_rush(const struct fasti_bench_load *load, const struct fasti_bench_world *world,
                     struct fasti_bench_connection *connections,
                     struct fasti_bench_result *result) {
    struct rush rush = {.load = load, .connections = connections};
    pthread_t threads[FASTI_BENCH_THREADS_MAX];
    if (!prepare(&rush))
        return FASTI_BENCH_EXIT_SERVER;
    struct crowd *crowds = calloc(load->threads, sizeof *crowds);
    if (crowds == NULL)
        abort();
    crowds_start(&rush, crowds, threads);
    int exit_status = rounds_run(&rush, result);
    if (exit_status == 0 && load->check)
        exit_status = fasti_bench_verify(load, world, connections, false, result);
    (void)pthread_barrier_wait(&rush.barrier);
    for (uint32_t i = 0; i < load->threads; i++) {
        (void)pthread_join(threads[i], NULL);
        for (uint32_t op = 0; op < FASTI_BENCH_OPERATIONS; op++)
            fasti_bench_tally_add(&result->tallies[op], &crowds[i].tallies[op]);
        fasti_bench_tally_add(&result->all, &crowds[i].all);
    }
    if (exit_status == 0 && !connections_work(&rush))
        exit_status = FASTI_BENCH_EXIT_SERVER; /* the cleaning failed */
    (void)pthread_barrier_destroy(&rush.barrier);
    free(crowds);
    free(rush.slots);
    return exit_status;
}
