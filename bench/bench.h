/*
 * bench.h - the parts of fasti-bench: one function a subcommand, and what they share.
 *
 *   bench.c             the program: picks the subcommand
 *   bench_load.c        load: options, threads, report
 *   bench_world.c       the schedules and services that a server knows
 *   bench_connection.c  one connection's closed loop
 *   bench_engine.c      engine: figures in process, on the simulated disk
 *   bench_group.c       the connections of one thread, by poll
 *   bench_histogram.c   latencies
 *   rooms.c             fasti-bench-rooms, a program of its own: the rooms below the engine
 *
 * bench/ knows api/client.h and engine/engine.h and nothing deeper but the random numbers of
 * engine/base/prng.h.
 */
#ifndef FASTI_BENCH_BENCH_H
#define FASTI_BENCH_BENCH_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/client.h"
#include "bench/bench_histogram.h"
#include "engine/base/prng.h"
#include "engine/engine.h"

#define FASTI_BENCH_CONNECTIONS_MAX 64
#define FASTI_BENCH_DEPTH_MAX       1024
#define FASTI_BENCH_SECONDS_MAX     3600
#define FASTI_BENCH_PAIRS_MAX       (UINT32_C(1) << 20)
#define FASTI_BENCH_STARTS_MAX      (UINT32_C(1) << 16) /* free starts that one connection keeps */

enum { FASTI_BENCH_EXIT_USAGE = 2, FASTI_BENCH_EXIT_SERVER = 3 };

/* A whole number between first and last, or a message and false. */
bool fasti_bench_number(const char *name, const char *text, uint32_t first, uint32_t last,
                        uint32_t *number);

/* The subcommands: arguments without the program's name; the exit status. */
int fasti_bench_load(int argc, char **argv);
int fasti_bench_engine(int argc, char **argv);

/* ---- what a server knows ---- */

/* One service that one schedule offers. */
struct fasti_bench_pair {
    fasti_schedule_id schedule;
    fasti_service_id service;
};

struct fasti_bench_world {
    fasti_organization_id organization;
    fasti_date today;               /* UTC, by the server's clock */
    int64_t ahead_ms;               /* the server's clock less our monotonic one */
    struct fasti_bench_pair *pairs; /* those of one schedule stand together */
    uint32_t pair_count;
};

/* Asks the server for all schedules of an organization (external id). */
FASTI_MUST_USE enum fasti_status fasti_bench_world_read(struct fasti_client *client,
                                                        const char *organization,
                                                        struct fasti_bench_world *world,
                                                        struct fasti_detail *detail);
void fasti_bench_world_deinit(struct fasti_bench_world *world);

/* ---- one connection ---- */

enum fasti_bench_operation {
    FASTI_BENCH_AVAILABILITY,
    FASTI_BENCH_BOOK,
    FASTI_BENCH_CANCEL,
    FASTI_BENCH_HOLD,
    FASTI_BENCH_CONFIRM,
    FASTI_BENCH_OPERATIONS,
};

enum fasti_bench_mix {
    FASTI_BENCH_MIX_AVAILABILITY,
    FASTI_BENCH_MIX_BOOK,
    FASTI_BENCH_MIX_MIXED,
    FASTI_BENCH_MIX_HOLD, /* each start is held, then confirmed */
};

struct fasti_bench_start {
    struct fasti_bench_pair pair;
    int64_t utc_s;
};

/* A start that is booked, with the record to cancel it by. */
struct fasti_bench_booking {
    struct fasti_bench_start start;
    fasti_record_id record;
    struct fasti_token token; /* while it is held */
};

struct fasti_bench_tally {
    struct fasti_histogram latency_ns; /* of answers with status OK */
    uint64_t done;                     /* outcome as asked, or an availability answer */
    uint64_t refused;                  /* another outcome: TAKEN ... */
    uint64_t busy;                     /* another status: BUSY, DISK_LOW ... */
};

struct fasti_bench_connection {
    /* given */
    const struct fasti_bench_world *world;
    const char *server;
    uint32_t index, connection_count; /* this one takes every connection_count-th schedule */
    uint32_t depth, days;
    enum fasti_bench_mix mix;
    char patient[FASTI_PATIENT_BYTES_MAX + 1]; /* of the command that is encoded next */
    struct fasti_prng prng; /* seeded apart for each connection and run: request ids too */
    bool clean;             /* cancel at the end what was booked */
    /* results, valid after the thread has ended */
    enum fasti_status status;
    struct fasti_detail detail;
    struct fasti_bench_tally tallies[FASTI_BENCH_OPERATIONS];
    uint64_t cleaned; /* bookings cancelled after the measurement */
    uint64_t left;    /* bookings of this run that stand */
    /* its thread's own */
    struct fasti_client *client;
    struct fasti_command *command;
    struct fasti_bench_flight *flights; /* depth of them; a command's tag is its index */
    uint32_t *flights_free;
    uint32_t flight_free_count;
    struct fasti_bench_start *starts;     /* free, shuffled */
    struct fasti_bench_booking *bookings; /* a ring: oldest at booking_first */
    struct fasti_bench_booking *holds;    /* to be confirmed next; at most depth */
    uint32_t start_count, booking_first, booking_count, hold_count;
};

/* Connects and collects free starts; c->status says what came of it. answer: room for one. */
void fasti_bench_connection_prepare(struct fasti_bench_connection *c, struct fasti_answer *answer);
/* Sends until depth commands are on their way. */
FASTI_MUST_USE enum fasti_status fasti_bench_connection_refill(struct fasti_bench_connection *c);
/* Takes one answer, waiting for it, and all others that are there. */
FASTI_MUST_USE enum fasti_status fasti_bench_connection_take(struct fasti_bench_connection *c,
                                                             struct fasti_answer *answer);
/* Is anything on its way? */
bool fasti_bench_connection_waits(const struct fasti_bench_connection *c);
/* Cancels this run's bookings, where asked to, and closes. */
void fasti_bench_connection_finish(struct fasti_bench_connection *c, struct fasti_answer *answer);

/* ---- the connections of one thread ---- */

struct fasti_bench_group {
    struct fasti_bench_connection *connections;
    uint32_t count;
    int64_t duration_ns;
    pthread_barrier_t *barrier; /* of all groups; passed twice: before and after measuring */
    int64_t begin_ns, end_ns;   /* results */
};

/* pthread's start function: argument is a struct fasti_bench_group. One poll for all connections,
 * so that the client costs the server's cores as little as it can. */
void *fasti_bench_group_run(void *group);

#endif
